"""LaTeX cut into tokens, and which of its braces and dollar signs belong together.

A dollar sign is mathematics only where its partner makes it so: prices remain prices. Nothing here
converts anything.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, cast

from syncd.text.patterns import pattern
from syncd.text.urls import ADDRESS, may_hold_address

Kind = Literal[
    "text", "address", "paragraph", "fence", "macro", "open", "close", "script", "tilde", "dash", "quote"
]

TOKEN = pattern(r"\n\n|\$\$?|\\(?:[A-Za-z]+|.|$)|\{|\}|\^|_|~|--+|``|''", hostile="-", flags=re.DOTALL)
r"""What has a meaning of its own in LaTeX; the rest is text, or an address.

Each alternative starts with a character of its own: `re` then skips what starts with none of them.

>>> TOKEN.findall(r"``a'' \emph{{b}}, $x^2$ -- c")
['``', "''", '\\emph', '{', '{', '}', '}', '$', '^', '$', '--']
"""

KINDS: dict[str, Kind] = {
    "\n": "paragraph",
    "$": "fence",
    "\\": "macro",
    "{": "open",
    "}": "close",
    "^": "script",
    "_": "script",
    "~": "tilde",
    "-": "dash",
    "`": "quote",
    "'": "quote",
}
"""What a token is, by its first character."""

FENCES = frozenset({r"\(", r"\)", r"\[", r"\]"})
"""Macros that stand around mathematics."""

MATH_SIGN = pattern(r"[\\^_{}]", hostile="a")
"""A sign that what stands between two dollar signs is mathematics."""

PRICE = pattern(r"\d.*?(?:\s[a-z]{2,}\s|[\s(~/–-]$)", hostile=("1", " aa", ""), flags=re.DOTALL)  # noqa: RUF001 - an en dash joins prices, too
"""What stands between the dollar signs of two prices.

>>> [bool(PRICE.match(text)) for text in ("5 to ", "5-", "5 and twice as much (", "64 \\\\times 64")]
[True, True, True, False]
"""


class Token(NamedTuple):
    """A piece of the source: what it is, how it is written, where it starts."""

    kind: Kind
    text: str
    start: int


def tokens(source: str) -> list[Token]:
    r"""Cut a text into tokens; their texts together are the source.

    >>> [token.kind for token in tokens(r"\(x\) http://c.d/e_f~g")]
    ['fence', 'text', 'fence', 'text', 'address']
    """
    cut: list[Token] = []
    end = 0
    single = -1  # where the last dollar sign stands that may open mathematics
    sign = TOKEN.search(source)
    address = ADDRESS.search(source) if may_hold_address(source) else None
    kind: Kind
    while sign or address:
        if address and (sign is None or address.start() <= sign.start()):
            found, kind = address, "address"
        else:
            found = cast("re.Match[str]", sign)
            kind = "fence" if found[0] in FENCES else KINDS[found[0][0]]
        if found.start() > end:
            cut.append(Token("text", source[end : found.start()], end))
        text, (start, end) = found[0], found.span()
        closes = text in {"$", "$$"} and single >= 0 and _is_math(source, single, start)
        if closes and text == "$$":
            cut.append(Token(kind, "$", start))  # one formula ends, and the next one starts
            start, text, closes = start + 1, "$", False
        cut.append(Token(kind, text, start))
        if closes or kind == "paragraph":
            single = -1
        elif text == "$":
            single = start
        if sign and sign.start() < end:
            sign = TOKEN.search(source, end)
        if address and address.start() < end:
            address = ADDRESS.search(source, end)
    if end < len(source):
        cut.append(Token("text", source[end:], end))
    return cut


def pairs(source: str, cut: list[Token]) -> dict[int, int]:
    """Pair braces, and the signs around mathematics.

    Returns:
        For each token of a pair the index of its partner; unpaired ones are missing.
    """
    partner: dict[int, int] = {}
    braces: list[int] = []
    fences: dict[str, int] = {}
    for index, token in enumerate(cut):
        if token.kind == "open":
            braces.append(index)
        elif token.kind == "close" and braces:
            _join(partner, braces.pop(), index)
        elif token.kind == "fence":
            _fence(source, cut, index, fences, partner)
        elif token.kind == "paragraph":
            fences.clear()
    return partner


def _join(partner: dict[int, int], opening: int, closing: int) -> None:
    partner[opening] = closing
    partner[closing] = opening


def _fence(
    source: str, cut: list[Token], index: int, fences: dict[str, int], partner: dict[int, int]
) -> None:
    r"""Join a dollar sign, or `\)` or `\]`, with the one before it; or note it as one that may open."""
    sign = {r"\)": r"\(", r"\]": r"\["}.get(cut[index].text, cut[index].text)
    before = fences.pop(sign, None)
    if before is not None and (sign != "$" or _is_math(source, cut[before].start, cut[index].start)):
        _join(partner, before, index)
    elif cut[index].text == sign:
        fences[sign] = index


def _is_math(source: str, opening: int, closing: int) -> bool:
    content = source[opening + 1 : closing]
    price_follows = source[closing + 1 : closing + 2].isdigit() and content[-1:] in tuple(" (~/–-")  # noqa: RUF001
    if content[:1].isdigit() and (price_follows or PRICE.match(content)):
        return False
    if MATH_SIGN.search(content):
        return True
    flush = bool(content) and not content[0].isspace() and not content[-1].isspace()
    return flush and not source[closing + 1 : closing + 2].isdigit()
