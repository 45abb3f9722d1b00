"""The note of a week in a library: which week it is, and what is to be done about its note. Pure.

It is made once, and brought up to date as long as nobody but syncd touched it. One that its user changed, trashed or
deleted is the user's, for good.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from syncd.sync.library import IndexedItem
from syncd.sync.merge import contents

Json = dict[str, Any]
# What is to be done about a note.
Step = Literal["create", "update", "leave"]


@dataclass(frozen=True, slots=True)
class Week:
    """A week as ISO 8601 counts them, in UTC: it is the same on all computers that write into a library.

    Attributes:
        year: the year that it is counted in.
        number: from 1.
        start: when its Monday begins.
    """

    year: int
    number: int
    start: datetime

    @property
    def end(self) -> datetime:
        """When the next one begins."""
        return self.start + timedelta(days=7)

    @property
    def before(self) -> Week:
        """The week before."""
        return week_of(self.start - timedelta(days=7))

    @property
    def name(self) -> str:
        """Its name, such as "2026-W48"."""
        return f"{self.year}-W{self.number:02}"


def week_of(moment: datetime) -> Week:
    """Return the week of a moment.

    >>> week_of(datetime(2027, 1, 1, tzinfo=UTC)).name
    '2026-W53'
    """
    day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    year, number, weekday = day.isocalendar()
    return Week(year, number, day - timedelta(days=weekday - 1))


@dataclass(frozen=True, slots=True)
class Came:
    """What came in a week, as far as that tells whether more came since.

    Attributes:
        papers: how many; those that their user rejects, or whose profile is forgotten, are none of them any more.
        last: ISO time of the last one; "" without one.
    """

    papers: int = 0
    last: str = ""

    def is_more_than(self, known: Came) -> bool:
        """Whether anything came since `known`: papers of one second are told by their number."""
        return self.papers > known.papers or self.last > known.last


@dataclass(frozen=True, slots=True)
class KnownNote:
    """What is remembered of a note.

    Attributes:
        key: its item's.
        seen: what the item held after syncd's last write, as `merge.contents` tells it; empty where syncd wrote none.
        came: what had come in its week when it was looked at.
        refused: why a note could not be written in its week, in words; else empty.
    """

    key: str
    seen: Mapping[str, str] = field(default_factory=dict)
    came: Came = Came()
    refused: str = ""

    @property
    def told(self) -> Came:
        """What the note tells, or is not to tell because it is its user's."""
        return Came() if self.refused else self.came


def step(known: KnownNote | None, item: IndexedItem | None, *, was_there: bool) -> Step:
    """Return what is to be done about a note.

    Args:
        known: what is remembered of it.
        item: as the library has it.
        was_there: the library's deletion log has it.
    """
    if known is None or not known.seen:
        # One that syncd does not remember may be somebody's by now: a lost state, or another computer's.
        return "leave" if item or was_there else "create"
    if item is None or item.trashed or item.parent or contents(item.data) != known.seen:
        return "leave"
    return "update"


def draft(key: str, html: str, collection: str) -> Json:
    """Return a note as it is created."""
    return {
        "key": key,
        "version": 0,
        "itemType": "note",
        "note": html,
        "tags": [],
        "collections": [collection],
        "relations": {},
    }


def change(item: IndexedItem, html: str) -> Json:
    """Return what brings a note up to date."""
    return {"key": item.key, "version": item.version, "note": html}
