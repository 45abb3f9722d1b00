"""The formats of lists: their names, and what writes each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from syncd.lists import bibtex, csl_json, feed, markdown, page, ris, table
from syncd.lists.selection import Papers, Selection
from syncd.lists.styled import styled

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


def format_of(file: Path | None) -> str:
    """Return the format that a file's name speaks of; BibTeX where it speaks of none.

    >>> format_of(Path("a/page.HTML")), format_of(None)
    ('html', 'bibtex')
    """
    return ENDINGS.get(file.suffix.lower(), "bibtex") if file else "bibtex"


def pieces(papers: Papers, chosen: Selection, form: str, style: str | None = None) -> Iterator[str]:
    """Yield a list of papers.

    Args:
        papers: of the selection.
        chosen: the selection, for its order.
        form: a key of `WRITERS`.
        style: for HTML, the citation style.

    Raises:
        StateError: the style can't be used.
    """
    if style:
        return page.pieces(papers, papers.title, by_year=chosen.sort == "date", styled=styled(style))
    return WRITERS[form](papers, chosen)
