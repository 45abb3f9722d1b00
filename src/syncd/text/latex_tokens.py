"""LaTeX cut into tokens, and which of its braces and dollar signs belong together.

A dollar sign is mathematics only where its partner makes it so: prices remain prices. Nothing here
converts anything.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, cast

from syncd.text.patterns import pattern
from syncd.text.urls import ADDRESS

Kind = Literal[
    "text", "address", "paragraph", "fence", "macro", "open", "close", "script", "tilde", "dash", "quote"
]

TOKEN = pattern(
    rf"""(?x)
      (?P<address>{ADDRESS.pattern})
    | (?P<paragraph>\n\n)
    | (?P<fence>\$\$?|\\[()\[\]])
    | (?P<macro>\\(?:[A-Za-z]+|.|$))
    | (?P<open>\{{) | (?P<close>\}})
    | (?P<script>[\^_])
    | (?P<tilde>~)
    | (?P<dash>--+)
    | (?P<quote>``|'')
    """,
    hostile="a.",
    flags=re.DOTALL,
)
r"""What has a meaning of its own in LaTeX; the rest is text.

>>> [m.lastgroup for m in TOKEN.finditer(r"``a'' \emph{{b}}, $x^2$ -- http://c.d/e_f~g")]
['quote', 'quote', 'macro', 'open', 'open', 'close', 'close', 'fence', 'script', 'fence', 'dash', 'address']
"""

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
    """Cut a text into tokens; their texts together are the source."""
    cut: list[Token] = []
    end = 0
    for found in TOKEN.finditer(source):
        if found.start() > end:
            cut.append(Token("text", source[end : found.start()], end))
        cut.append(Token(cast("Kind", found.lastgroup), found[0], found.start()))
        end = found.end()
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
