"""Regular expressions, each beside the text that would hurt it most.

A pattern that backtracks can hold up everything, and texts come from strangers. So every regular expression of
syncd is made here, at the start, with a hostile example; a test grows the example to 100 kB and measures. Nothing
here looks at a text.
"""

from __future__ import annotations

import re
from typing import AnyStr

RECORDED: list[
    tuple[re.Pattern[str] | re.Pattern[bytes], tuple[str, str, str] | tuple[bytes, bytes, bytes]]
] = []
"""Every pattern with its hostile example: what the text starts with, what is repeated, how the text ends."""


def pattern(
    expression: AnyStr, *, hostile: AnyStr | tuple[AnyStr, AnyStr, AnyStr], flags: int = 0
) -> re.Pattern[AnyStr]:
    r"""Compile a regular expression, as `re.compile` does, and record what would hurt it.

    Args:
        expression: matched in time that grows as the text does: no quantifier within or beside another one that
            takes the same characters, and no search that could run to the end of the text from each of its
            characters. `(?>...)` helps; possessive quantifiers are wrong in Python 3.11.0 to 3.11.4.
        hostile: a short text that is repeated, such that a careless pattern for the same purpose would be slow on
            it; or three: the start of the text, what is repeated, and an end at which the match fails. The test
            tries ends of its own besides.
        flags: those of `re`.

    >>> pattern(r"[a-z]+;", hostile="a", flags=re.IGNORECASE).fullmatch("AB;")[0]
    'AB;'
    >>> pattern(rb"<!--(?>[^-]+|-(?!->))*-->", hostile=(b"<!--", b"-", b"")).search(b"<!-- a --> b")[0]
    b'<!-- a -->'
    """
    compiled = re.compile(expression, flags)
    none = expression[:0]
    RECORDED.append((compiled, hostile if isinstance(hostile, tuple) else (none, hostile, none)))
    return compiled
