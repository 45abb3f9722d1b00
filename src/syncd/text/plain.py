"""Plain Unicode made uniform: blanks, control characters, composed letters. Knows nothing of LaTeX."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from syncd.text.patterns import pattern

if TYPE_CHECKING:
    import re

INVISIBLE = pattern(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]",
    hostile="\u200b",
)
r"""Characters that nobody sees: controls, soft hyphens, zero-width characters, directions.

>>> INVISIBLE.sub("", "so\u00adft\u200b\ufeff\x07")
'soft'
"""

BLANKS = pattern(r"[^\S ]\s*| \s+", hostile=" a")
r"""A run of blanks that is not one space.

>>> BLANKS.sub("_", "a b  c\u00a0d\n\ne")
'a b_c_d_e'
"""

_MARK = (
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u1ab0-\u1aff\u1dc0-\u1dff"
    "\u20d0-\u20ff]"
)

STACKED_MARKS = pattern(f"({_MARK}{{30}}){_MARK}+", hostile="\u0301" * 30 + "a")
r"""More marks on one letter than any language has; composing them would take quadratic time.

>>> len(STACKED_MARKS.sub(r"\1", "a" + "\u0301" * 100))
31
"""


def _blank(found: re.Match[str]) -> str:
    run = found[0]
    return "\n\n" if run.count("\n") > 1 or "\u2029" in run else " "


def clean(text: str) -> str:
    r"""Make text uniform: NFC, one space between words, one blank line between paragraphs, nothing invisible.

    A single line break counts as a space, as it does in LaTeX and on web pages.

    >>> clean(" so\u00adft \u00a0text\nruns  on\n \n\nnext")
    'soft text runs on\n\nnext'
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())  # nothing but runs of spaces can be odd; most titles, names and numbers
    text = STACKED_MARKS.sub(r"\1", INVISIBLE.sub("", text))
    return BLANKS.sub(_blank, unicodedata.normalize("NFC", text)).strip()
