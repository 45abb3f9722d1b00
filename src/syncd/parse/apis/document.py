"""Reads the JSON document of an API's snapshot by tables, and collects what was odd about it.

A field that is missing or null is no news. One of a kind that the table does not expect is left out and counted, so
that nothing is dropped in silence and nothing fails for one bad value.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from syncd.errors import ParseError
from syncd.model import Notice, Profile
from syncd.parse.record import UNREADABLE
from syncd.sources.apis.loose import dig
from syncd.sources.limits import ENTRIES, read_json, within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from syncd.model import Paper, Snapshot
    from syncd.parse.record import Record
    from syncd.sources.apis.loose import Json

EMPTY: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class Field:
    """One row of a mapping.

    Attributes:
        name: the field that is filled.
        paths: where its value may be; the first that holds something usable is used.
        read: returns the value, or None for something that is no such value.
    """

    name: str
    paths: tuple[str, ...]
    read: Callable[[Any], Any]


@dataclass(slots=True)
class Document:
    """A snapshot of an API, and what was odd about it.

    Attributes:
        origin: the source's short form.
        identifier: the author's, at the API.
        author: the author's record.
        rows: the papers' records.
        complete: all of them.
        foreign: how many other things stood among them.
        odd: how many papers have an unusable value, by field.
        nameless: how many papers list authors without a name that can be read.
        notices: other oddities.
    """

    origin: str
    identifier: str
    author: Json
    rows: list[Json]
    complete: bool
    foreign: int = 0
    odd: Counter[str] = field(default_factory=Counter)
    nameless: int = 0
    notices: list[Notice] = field(default_factory=list)

    def read(self, row: Json, table: Sequence[Field]) -> dict[str, Any]:
        """Return the fields of a record that a table maps and that are there."""
        values: dict[str, Any] = {}
        for rule in table:
            found = [value for path in rule.paths if (value := dig(row, path)) not in EMPTY]
            usable = (read for value in found if (read := rule.read(value)) is not None)
            value = next(usable, None)
            if value is not None:
                values[rule.name] = value
            elif found:
                self.odd[rule.name] += 1
        return values

    def profile(self, table: Sequence[Field], papers: Iterable[Paper], **figures: Any) -> Profile:
        """Put the profile together.

        Args:
            table: maps the author's record.
            papers: in the API's order.
            figures: fields of the profile that the table does not map.
        """
        about = figures | self.read(self.author, table)
        self._count(about.get("paper_count"))
        name = about.pop("name", None)
        if not name:
            self.notices.append(Notice("no-name", f"{self.origin} has no name"))
        odd = [
            Notice("odd-value", f"{count} records have an unusable '{name}', which was left out")
            for name, count in self.odd.items()
        ]
        if self.nameless:
            papers_listed = "1 paper lists" if self.nameless == 1 else f"{self.nameless} papers list"
            odd.append(
                Notice("odd-value", f"{papers_listed} authors whose names can't be read; they were left out")
            )
        return Profile(name or self.origin, papers=tuple(papers), warnings=(*self.notices, *odd), **about)

    def count_authors(self, record: Record, listed: Any) -> None:
        """Note where fewer authors have names than are listed; the record's list is a cut one then."""
        if isinstance(listed, list) and len(record.creators) < len(listed):
            record.truncated = True
            self.nameless += 1

    def papers(self, records: Iterable[Json], read: Callable[[Json], Paper | None]) -> list[Paper]:
        """Read records; what has no title, or a shape that can't be read, is left out and noted.

        Args:
            records: of papers.
            read: returns a record's paper, or None where it has no title.
        """
        kept: list[Paper] = []
        untitled = unreadable = 0
        for record in records:
            try:
                paper = read(record)
            except UNREADABLE:
                unreadable += 1
                continue
            if paper is None:
                untitled += 1
            else:
                kept.append(paper)
        if untitled:
            self.notices.append(Notice("no-title", _have(untitled, "no title")))
        if unreadable := unreadable + self.foreign:
            self.notices.append(Notice("odd-record", _have(unreadable, "a form that syncd can't read")))
        return kept

    def _count(self, promised: int | None) -> None:
        if not self.complete:
            self.notices.append(
                Notice("partial-page", f"only the first {len(self.rows)} papers were fetched")
            )
        elif promised is not None and promised > len(self.rows):
            self.notices.append(
                Notice("partial-page", f"the source lists {len(self.rows)} of {promised} papers")
            )


def _have(count: int, what: str) -> str:
    """Say of records why they were left out.

    >>> _have(1, "no title"), _have(2, "no title")
    ('1 record has no title and was left out', '2 records have no title and were left out')
    """
    return (
        f"{count} record has {what} and was left out"
        if count == 1
        else f"{count} records have {what} and were left out"
    )


def load(snapshot: Snapshot, name: str) -> Document:
    """Read the document that the API's fetch packed.

    Args:
        snapshot: what it brought.
        name: the API's.

    Raises:
        ParseError: it is no such document.
        TooMuchError: it goes past a limit.
    """
    try:
        whole = read_json(snapshot.data)
    except ValueError:
        whole = None
    papers = dig(whole, "papers")
    if dig(whole, "source") != name or not isinstance(papers, list):
        raise ParseError(
            "this is not what syncd fetched from the API",
            origin=snapshot.origin,
            expected=f"a document of '{name}'",
        )
    within(len(papers), ENTRIES, "papers")
    author = dig(whole, "author")
    rows = [row for row in papers if isinstance(row, dict)]
    return Document(
        origin=snapshot.origin,
        identifier=str(dig(whole, "id") or ""),
        author=author if isinstance(author, dict) else {},
        rows=rows,
        complete=dig(whole, "complete") is not False,
        foreign=len(papers) - len(rows),
    )
