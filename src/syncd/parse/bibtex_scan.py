"""A BibTeX file cut into its entries, one at a time, without a look at their fields.

A broken entry ends where the next one starts, so that it costs nothing but itself. Nothing is held in memory
besides the text and the piece at hand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = Literal["entry", "string", "preamble", "comment", "broken"]

OPENING = pattern(r"@[ \t\r\n]*(?P<type>[A-Za-z][\w+:.-]*)[ \t\r\n]*(?P<open>[{(])", hostile=("@", " ", ""))
"""How everything in a BibTeX file starts; what stands outside is a comment.

>>> OPENING.search("text @ Article {key,")["type"]
'Article'
"""

_NEXT = (
    r"\n[ \t]*@[ \t]*(?:(?:string|preamble|comment)\b"
    r"|[A-Za-z]+[ \t]*[{(][ \t]*(?:[^\s,={}\"@]+[ \t]*)?,[ \t]*(?:$|\n|[A-Za-z_]+[ \t]*=))"
)

BRACED = pattern(rf"[{{}}]|(?P<next>{_NEXT})", hostile=("\n@a{", " ", ""), flags=re.IGNORECASE | re.MULTILINE)
"""What counts within an entry in braces: braces, and the start of another entry, in a line of its own."""

PARENTHESISED = pattern(
    rf"[{{}}\")]|(?P<next>{_NEXT})", hostile=("\n@a(", " ", ""), flags=re.IGNORECASE | re.MULTILINE
)
"""The same within an entry in parentheses."""

LEFTOVER = pattern(r"(?m)^[ \t]*(?:,[ \t]*)?[A-Za-z][\w-]*[ \t]*=[ \t]*[{\"\d]", hostile=" ")
"""A field outside of any entry: the entry before it ended too early.

>>> [bool(LEFTOVER.search(text)) for text in ('  year = {2023},', "a comment: x = y")]
[True, False]
"""

SPECIAL: dict[str, Kind] = {"string": "string", "preamble": "preamble", "comment": "comment"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a BibTeX file.

    Attributes:
        kind: "broken" where it does not end as it should.
        text: as it stands, from its "@" to its end.
        line: where it starts, counted from 1.
        lost: the line of a field behind it that belongs to no entry, or 0.
    """

    kind: Kind
    text: str
    line: int
    lost: int = 0


def pieces(text: str) -> Iterator[Piece]:
    r"""Cut a BibTeX file.

    >>> [(p.kind, p.line) for p in pieces("@string{a = {b}}\n\n@misc{k, title={T}}\n@misc{j, title={\n@book{l, x=1}")]
    [('string', 1), ('entry', 3), ('broken', 4), ('entry', 5)]
    """
    line, at = 1, 0
    opening = OPENING.search(text)
    while opening:
        line += text.count("\n", at, opening.start())
        at = opening.start()
        end, whole = _end(text, opening)
        kind = SPECIAL.get(opening["type"].lower(), "entry") if whole else "broken"
        following = OPENING.search(text, end)
        gap_end = following.start() if following else len(text)
        lost = LEFTOVER.search(text, end, gap_end) if kind == "entry" else None
        lines_to_lost = text.count("\n", at, lost.end()) if lost else 0
        yield Piece(kind, text[at:end], line, line + lines_to_lost if lost else 0)
        opening = following


def _end(text: str, opening: re.Match[str]) -> tuple[int, bool]:
    """Find where a piece ends, and whether it ends as it should."""
    braced = opening["open"] == "{"
    depth, quoted = 0, False
    for found in (BRACED if braced else PARENTHESISED).finditer(text, opening.end()):
        sign = found[0]
        if found["next"]:
            return found.start() + 1, False
        if sign == "{":
            depth += 1
        elif sign == "}":
            if braced and depth == 0:
                return found.end(), True
            depth = max(depth - 1, 0)
        elif sign == '"':
            quoted = quoted != (depth == 0)
        elif depth == 0 and not quoted:
            return found.end(), True
    return len(text), False
