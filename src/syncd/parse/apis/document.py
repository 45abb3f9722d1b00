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
from syncd.sources.apis.loose import dig
from syncd.sources.limits import ENTRIES, read_json, within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from syncd.model import Paper, Snapshot
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
        odd: how many papers have an unusable value, by field.
        notices: other oddities.
    """

    origin: str
    identifier: str
    author: Json
    rows: list[Json]
    complete: bool
    odd: Counter[str] = field(default_factory=Counter)
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
        return Profile(name or self.origin, papers=tuple(papers), warnings=(*self.notices, *odd), **about)

    def untitled(self, papers: Iterable[Paper | None]) -> list[Paper]:
        """Return the papers that have a title, and note how many have none."""
        every = list(papers)
        kept = [paper for paper in every if paper is not None]
        if len(kept) < len(every):
            missing = len(every) - len(kept)
            self.notices.append(Notice("no-title", f"{missing} records have no title and were left out"))
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
    return Document(
        origin=snapshot.origin,
        identifier=str(dig(whole, "id") or ""),
        author=author if isinstance(author, dict) else {},
        rows=[row for row in papers if isinstance(row, dict)],
        complete=dig(whole, "complete") is not False,
    )
