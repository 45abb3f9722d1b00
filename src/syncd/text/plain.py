"""Plain Unicode made uniform: blanks, control characters, composed letters; and data as JSON shows them.

Knows nothing of LaTeX.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from syncd.text.patterns import pattern

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


_BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
_CONTROLS = [*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "\u2028", "\u2029"]
_DIRECTIONS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
DRIVES_TERMINAL = frozenset({*_CONTROLS, *_DIRECTIONS})
"""Characters that move the cursor, colour the screen, break the line or turn the direction of writing."""

# Half a character, as JSON or the name of a file can hold, is none that a terminal takes.
_HALVES = dict.fromkeys(map(chr, range(0xD800, 0xE000)), "\N{REPLACEMENT CHARACTER}")
_GONE = str.maketrans({**dict.fromkeys(DRIVES_TERMINAL), **_HALVES, "\n": "\n", "\t": " "})
_ON_ONE_LINE = str.maketrans(
    {**dict.fromkeys(DRIVES_TERMINAL), **_HALVES, **dict.fromkeys([*_BREAKS, "\t"], " ")}
)
_SPELT = str.maketrans({each: ascii(each)[1:-1] for each in DRIVES_TERMINAL})
_SPELT_IN_JSON = str.maketrans(
    {each: f"\\u{ord(each):04x}" for each in (DRIVES_TERMINAL - {"\n"}).union(_HALVES)}
)


def harmless(text: str) -> str:
    r"""Return the text without the characters that drive a terminal; its lines stay.

    >>> harmless("a" + chr(27) + "[2J" + chr(0x202E) + "b" + chr(10) + "c")
    'a[2Jb\nc'
    """
    return text.translate(_GONE)


def on_one_line(text: str) -> str:
    r"""Return the text on one line, without the characters that drive a terminal.

    >>> on_one_line("a" + chr(10) + "b" + chr(0x9B) + "c")
    'a bc'
    """
    return text.translate(_ON_ONE_LINE)


def spelt_out(text: str) -> str:
    r"""Return the text with the characters that drive a terminal spelt out, so that a reader sees them.

    >>> spelt_out("a" + chr(27) + "[2J" + chr(10))
    'a\\x1b[2J\\n'
    """
    return text.translate(_SPELT)


def spelt_in_json(text: str) -> str:
    r"""Return JSON of the same value that drives no terminal; its own line breaks stay.

    >>> spelt_in_json('"a' + chr(0x202E) + chr(0x7F) + '"')
    '"a\\u202e\\u007f"'
    """
    return text.translate(_SPELT_IN_JSON)


def json_of(value: Any, *names: str) -> Any:
    """Return a value as JSON shows it, with every dataclass in it as an object.

    Args:
        value: a dataclass, or what JSON has anyway.
        names: which attributes of the dataclass are shown, in this order; all of its fields if none is named.

    >>> from syncd.model import Notice
    >>> json_of((Notice("odd", "It is odd."),)), json_of(Notice("odd", "It is odd."), "message")
    ([{'code': 'odd', 'message': 'It is odd.'}], {'message': 'It is odd.'})
    """
    if is_dataclass(value):
        return {name: json_of(getattr(value, name)) for name in names or [one.name for one in fields(value)]}
    if isinstance(value, Mapping):
        return {name: json_of(each) for name, each in value.items()}
    return [json_of(each) for each in value] if isinstance(value, list | tuple) else value
