"""Where two texts differ, word by word, so that a reader sees at once what is not the same. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Final

from syncd.text.patterns import pattern

WORD: Final = pattern(r"\s+|\w+|[^\w\s]", hostile="a")
# Of longer texts only the beginnings are compared.
MOST_LETTERS: Final = 4000

Part = tuple[str, bool]
"""A piece of a text, and whether the other text has something else there."""


def difference(one: str, other: str) -> tuple[list[Part], list[Part]]:
    """Return both texts in pieces.

    >>> difference("Deep nets", "Deep Nets")
    ([('Deep ', False), ('nets', True)], [('Deep ', False), ('Nets', True)])
    """
    first, second = WORD.findall(one[:MOST_LETTERS]), WORD.findall(other[:MOST_LETTERS])
    same = SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks()
    return (
        list(_pieces(first, [(block.a, block.size) for block in same])),
        list(_pieces(second, [(block.b, block.size) for block in same])),
    )


def _pieces(words: list[str], same: list[tuple[int, int]]) -> Iterator[Part]:
    at = 0
    for start, size in same:
        if start > at:
            yield "".join(words[at:start]), True
        if size:
            yield "".join(words[start : start + size]), False
        at = start + size
