"""A table of papers as CSV, for spreadsheets and programs: a paper a line, UTF-8, with a line of headings."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from syncd.lists.reference import Reference
from syncd.model import Creator

COLUMNS = (
    *("citation_key", "type", "title", "authors", "date", "venue", "volume", "issue", "pages", "publisher"),
    *("doi", "arxiv", "url", "code", "tags", "abstract", "zotero_key"),
)
FORMULA = ("=", "+", "-", "@")
"""What a spreadsheet takes for the start of a formula, which could do harm; an apostrophe makes a text of it."""


def pieces(references: Iterable[Reference]) -> Iterator[str]:
    """Yield a table, a line at a time."""
    yield _line(COLUMNS)
    for reference in references:
        said = reference.fields
        authors = [_name(person) for person in reference.authors] + (["others"] if reference.cut else [])
        code = next((link.url for link in reference.links if link.kind == "code"), "")
        yield _line(
            (
                reference.citation_key,
                reference.item_type,
                reference.title,
                "; ".join(authors),
                reference.date or said.get("date", ""),
                reference.venue,
                *(said.get(name, "") for name in ("volume", "issue", "pages", "publisher")),
                reference.doi,
                reference.arxiv,
                reference.url,
                code,
                "; ".join(reference.tags),
                reference.abstract,
                reference.key,
            )
        )


def _name(person: Creator) -> str:
    return ", ".join(filter(None, (person.family, person.given, person.suffix)))


def _line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    safe = (f"'{cell}" if cell.startswith(FORMULA) else cell for cell in cells)
    csv.writer(out, lineterminator="\r\n").writerow(safe)
    return out.getvalue()
