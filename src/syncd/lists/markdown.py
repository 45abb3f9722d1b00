"""A list of papers in Markdown, as GitHub, pandoc and static site generators read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from syncd.lists.page import UNDATED, authors_of, links_of, venue_of
from syncd.lists.reference import Reference, web_address
from syncd.text.patterns import pattern

SIGNS = pattern(r"[\\`*_{}\[\]<>()#+!|~&$:@-]", hostile="a")
"""What may mean something in Markdown."""

IN_ADDRESS = pattern(r"[()<>\s\\]", hostile="a")


def pieces(references: Iterable[Reference], title: str, *, by_year: bool) -> Iterator[str]:
    """Yield a list, a paper at a time; see `page.pieces`."""
    yield f"# {_text(title)}\n"
    if not by_year:
        yield "\n"
        yield from map(_paper, references)
        return
    for year, papers in groupby(references, key=lambda reference: reference.year):
        yield f"\n## {year or UNDATED}\n\n"
        yield from map(_paper, papers)


def _paper(reference: Reference) -> str:
    title = f"**{_text(reference.title or '[no title]')}**"
    if address := web_address(reference.address):
        title = f"[{title}]({_address(address)})"
    parts = [
        title,
        _text(authors_of(reference)),
        f"*{_text(venue)}*" if (venue := venue_of(reference)) else "",
    ]
    links = [f"[{name}]({_address(url)})" for name, url in links_of(reference) if web_address(url)]
    return f"- {'. '.join(filter(None, parts))}.{''.join(f' {link}' for link in links)}\n"


def _text(text: str) -> str:
    r"""Return a text that means itself.

    >>> _text("*A* [b](c)")
    '\\*A\\* \\[b\\]\\(c\\)'
    """
    return SIGNS.sub(r"\\\g<0>", text)


def _address(url: str) -> str:
    return IN_ADDRESS.sub(lambda sign: f"%{ord(sign[0]):02X}", url)
