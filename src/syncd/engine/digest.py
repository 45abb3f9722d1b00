"""What came into a library and what waits there, gathered from what is remembered. No library is asked.

The digest and the dashboard's first page tell the same; how they say it is up to them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from syncd.config import Library
from syncd.digest import Digest, ListedPaper, Moved, NewOfProfile
from syncd.engine.status import zotero_address
from syncd.state.papers import Papers
from syncd.state.standings import NOT_WRITTEN
from syncd.state.state import State
from syncd.sync.note import Came
from syncd.zotero.items import OTHERS

# So many profiles are told of, and so many papers of each.
PROFILES: Final = 20
EACH: Final = 10
# So many titles of papers that wait for a decision.
ASKED: Final = 10


def digest_of(
    state: State,
    library: Library,
    since: datetime,
    *,
    until: datetime | None = None,
    told: Collection[str] = (),
) -> Digest:
    """Return what came into a library since a time, and what waits there.

    Args:
        state: what is remembered of the library.
        library: its settings.
        since: the time, aware.
        until: what came then or later is left out; aware.
        told: keys of items that are left out.
    """
    with state.reading() as connection:
        papers = Papers(connection, state.number).number(_text(since), until=_text(until), told=told)
    profiles, new = new_in(state, library, since, until=until, profiles=PROFILES, each=EACH, told=told)
    not_written = sum(
        number for (cause, _), number in state.standings.numbers().items() if cause in NOT_WRITTEN
    )
    reviews, asked = state.standings.reviews(answered=False, start=0, most=ASKED)
    return Digest(
        library=library.name,
        since=since,
        papers=papers,
        profiles=profiles,
        new=new,
        moved=_moved(state, since, until),
        reviews=reviews,
        asked=tuple(standing.title for standing in asked),
        failed=not_written,
    )


def new_in(  # noqa: PLR0913 - how much is told is up to the caller
    state: State,
    library: Library,
    since: datetime,
    *,
    until: datetime | None = None,
    profiles: int,
    each: int,
    told: Collection[str] = (),
) -> tuple[int, tuple[NewOfProfile, ...]]:
    """Return how many profiles brought papers since a time, and of some of them the latest.

    Args:
        state: what is remembered of the library.
        library: its settings.
        since: the time, aware.
        until: what came then or later is left out; aware.
        profiles: how many are told of, those that brought something last first.
        each: how many papers of each.
        told: keys of items that are left out.
    """
    with state.reading() as connection:
        total, found = Papers(connection, state.number).new(
            _text(since), until=_text(until), profiles=profiles, each=each, told=told
        )
    authors = {one.name: one.author for one in state.profiles.pushed(name for name, *_ in found)}
    return total, tuple(
        NewOfProfile(library.name, name, authors.get(name, name), count, _papers(papers, library))
        for name, count, papers in found
    )


def came_in(state: State, since: datetime, until: datetime) -> Came:
    """Return what came since a time and before another, as far as that tells whether more came."""
    with state.reading() as connection:
        return Papers(connection, state.number).came(_text(since), _text(until))


def _papers(listed: Sequence[ListedPaper], library: Library) -> tuple[ListedPaper, ...]:
    return tuple(
        replace(
            one,
            creators=tuple("…" if name == OTHERS["lastName"] else name for name in one.creators),
            link=zotero_address(library, one.key),
        )
        for one in listed
    )


def _moved(state: State, since: datetime, until: datetime | None) -> tuple[Moved, ...]:
    """Return the figures that moved since the day of a time, and before that of another."""
    found = state.facts.moved(_day(since), PROFILES, before=_day(until) if until else "")
    authors = {one.name: one.author for one in state.profiles.pushed(found)}
    return tuple(
        Moved(authors.get(name, name), figure, before, after)
        for name, figures in found.items()
        for figure, (before, after) in figures.items()
    )


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()


def _text(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment else ""
