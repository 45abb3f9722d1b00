"""Where two texts differ, word by word, so that a reader sees at once what is not the same. Pure."""

from __future__ import annotations

from typing import Final

from rapidfuzz.distance import LCSseq

from syncd.text.patterns import pattern

WORD: Final = pattern(r"\w+\s*|[^\w\s]\s*|\s+", hostile="a")
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
    ours: list[Part] = []
    theirs: list[Part] = []
    for step in LCSseq.opcodes(first, second):
        for pieces, words in (
            (ours, first[step.src_start : step.src_end]),
            (theirs, second[step.dest_start : step.dest_end]),
        ):
            if words:
                pieces.append(("".join(words), step.tag != "equal"))
    return _joined(ours), _joined(theirs)


def _joined(pieces: list[Part]) -> list[Part]:
    """Put pieces together that follow each other and are alike."""
    found: list[Part] = []
    for text, differs in pieces:
        if found and found[-1][1] == differs:
            found[-1] = (found[-1][0] + text, differs)
        else:
            found.append((text, differs))
    return found
