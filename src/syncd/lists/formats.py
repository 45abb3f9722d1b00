"""The formats of lists: their names, and what writes each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from syncd.lists import bibtex, csl_json, feed, markdown, page, ris, table
from syncd.lists.selection import Papers, Selection
from syncd.lists.styled import styled
from syncd.text.patterns import pattern

Writer = Callable[[Papers, Selection], Iterator[str]]

WRITERS: Final[Mapping[str, Writer]] = {
    "bibtex": lambda papers, _: bibtex.bibtex(papers),
    "biblatex": lambda papers, _: bibtex.biblatex(papers),
    "csl-json": lambda papers, _: csl_json.pieces(papers),
    "ris": lambda papers, _: ris.pieces(papers),
    "html": lambda papers, chosen: page.pieces(papers, papers.title, by_year=chosen.sort == "date"),
    "atom": lambda papers, _: feed.pieces(papers, papers.title, papers.uri, papers.updated),
    "markdown": lambda papers, chosen: markdown.pieces(papers, papers.title, by_year=chosen.sort == "date"),
    "csv": lambda papers, _: table.pieces(papers),
}
"""Each yields a list piece by piece; that of `bibtex` is the usual one."""

ENDINGS: Final[Mapping[str, str]] = {
    ".bib": "bibtex",
    ".json": "csl-json",
    ".ris": "ris",
    ".html": "html",
    ".htm": "html",
    ".atom": "atom",
    ".xml": "atom",
    ".md": "markdown",
    ".csv": "csv",
}
"""Which format a file's name speaks of."""


NO_CHARACTERS = pattern(
    "[\ufdd0-\ufdef"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
    + "]",
    hostile="\ufdd0",
)
"""What Unicode never makes characters of."""


def format_of(file: Path | None) -> str:
    """Return the format that a file's name speaks of; BibTeX where it speaks of none.

    >>> format_of(Path("a/page.HTML")), format_of(None)
    ('html', 'bibtex')
    """
    return ENDINGS.get(file.suffix.lower(), "bibtex") if file else "bibtex"


def pieces(papers: Papers, chosen: Selection, form: str, style: str | None = None) -> Iterator[bytes]:
    """Yield a list of papers as UTF-8.

    Args:
        papers: of the selection.
        chosen: the selection, for its order.
        form: a key of `WRITERS`.
        style: for HTML, the citation style.

    Raises:
        StateError: the style can't be used.
    """
    if style:
        made = page.pieces(papers, papers.title, by_year=chosen.sort == "date", styled=styled(style))
    else:
        made = WRITERS[form](papers, chosen)
    return map(encoded, made)


def encoded(text: str) -> bytes:
    r"""Return a text as UTF-8, without what is no character: one of these, and biber reads nothing of a file.

    >>> encoded("a\ufdd0b"), encoded("half \ud800")
    (b'ab', b'half ?')
    """
    whole = text if text.isascii() else NO_CHARACTERS.sub("", text)
    return whole.encode("utf-8", "replace")
