"""What `syncd status` shows, as data: whom syncd follows, how that goes, what comes next, what waits, who is paused.

It reads syncd's own records and asks no library.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import sqlalchemy as sa

from syncd.clock import Clock
from syncd.config import Config, Library
from syncd.config.model import DESKTOP, EMBEDDED
from syncd.paths import DataFolder
from syncd.state import tables as db
from syncd.state.libraries import remembered
from syncd.state.profiles import FollowedProfile, Problem
from syncd.state.standings import Standing
from syncd.state.state import State
from syncd.state.store import Store, upsert
from syncd.sync.action import profile_of
from syncd.text.plain import json_of

ALL = ""


class Resting:
    """The profiles that rest; the name "" stands for all of them.

    Args:
        data: syncd's data folder.
        clock: time.
    """

    def __init__(self, data: DataFolder, clock: Clock) -> None:
        self._store = Store.of(data)
        self._clock = clock

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._store.close()

    def paused(self) -> frozenset[str]:
        """Return who rests."""
        with self._store.reading() as connection:
            return frozenset(connection.scalars(sa.select(db.pause.c.name)))

    def pause(self, names: Iterable[str]) -> frozenset[str]:
        """Let profiles rest, or all where none is named; return who rests now."""
        now = self._clock.now().isoformat(timespec="seconds")
        rows = [{"name": name, "since": now} for name in names or [ALL]]
        with self._store.writing() as connection:
            upsert(connection, db.pause, rows, keep=["since"])
        return self.paused()

    def resume(self, names: Iterable[str]) -> frozenset[str]:
        """Let profiles go on, or all where none is named; return who rests still."""
        with self._store.writing() as connection:
            query = sa.delete(db.pause)
            connection.execute(query.where(db.pause.c.name.in_(list(names))) if names else query)
        return self.paused()


Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """A profile, with all that is to be known of it.

    Attributes:
        name: in the configuration; of what was pushed without one, its collection.
        source: where its page is.
        pushed: as it was last pushed; None if it never was.
        problem: what keeps it from being pushed.
        resting: the user let it rest.
        followed: it is in the configuration, or a page of one that is.
        live: what the daemon says of it; empty without one.
    """

    name: str
    source: str
    pushed: FollowedProfile | None
    problem: Problem | None
    resting: bool
    followed: bool
    live: Mapping[str, Any] = field(default_factory=dict)

    @property
    def last_success(self) -> str | None:
        """ISO time at which all of it was last done."""
        return (self.pushed and self.pushed.pushed) or None

    def to_json(self) -> Json:
        """Return what scripts rely on."""
        pushed, problem = self.pushed, self.problem
        return {
            "name": self.name,
            "author": pushed.author if pushed else None,
            "source": pushed.origin if pushed else self.source,
            "papers": pushed.papers if pushed else None,
            "collection": pushed.collection if pushed else None,
            "paused": (pushed.paused or None) if pushed else None,
            "paused_by_you": self.resting,
            "followed": self.followed,
            "last_push": self.last_success,
            "last_success": self.last_success,
            "next": self.live.get("next"),
            "running": self.live.get("running"),
            "trouble": {
                **json_of(problem, "since", "last", "count", "message", "hint"),
                "again": self.live.get("again"),
            }
            if problem
            else None,
        }


@dataclass(frozen=True, slots=True)
class Shelf:
    """A library with its profiles, and what is to be known of papers.

    Attributes:
        library: its name.
        prefix: "users/12", "groups/77", "users/0" on the desktop; None where no Zotero has it.
        rows: its profiles.
        standings: of its papers, or the first of each sort.
        numbers: how many papers there are of each sort, as `State.numbers` has them.
    """

    library: str
    prefix: str | None
    rows: Sequence[Row]
    standings: Sequence[Standing]
    numbers: Mapping[tuple[str, str], int]

    def to_json(self) -> Json:
        """Return what scripts rely on."""
        return {
            "library": self.library,
            "prefix": self.prefix,
            "profiles": [row.to_json() for row in self.rows],
            "papers": [
                {
                    **json_of(standing, "cause", "title", "paper", "key", "detail", "by"),
                    "values": {
                        name: {"yours": yours, "source": source}
                        for name, (yours, source) in standing.values.items()
                    },
                }
                for standing in self.standings
            ],
        }


def shelf(  # noqa: PLR0913, PLR0917 - all that is told comes from one of these
    library: Library,
    settings: Config,
    data: DataFolder,
    clock: Clock,
    live: Json | None,
    most: int | None = None,
) -> Shelf:
    """Return what is to be known of a library's profiles and papers.

    Args:
        library: the library.
        settings: the configuration.
        data: syncd's data folder.
        clock: time.
        live: what the daemon answers to "status"; None without one.
        most: of so many papers of each sort; of all without.
    """
    with remembered(library, data, clock) as state, Resting(data, clock) as resting:
        rows, numbers = rows_of(library, settings, state, resting.paused(), live), state.standings.numbers()
        standings = _standings(state, most)
    return Shelf(library.name, prefix_in_zotero(library), rows, standings, numbers)


def prefix_in_zotero(library: Library) -> str | None:
    """Return what a Zotero calls a library; None where none has it."""
    return library.prefix if library.type == DESKTOP or library.id is not None else None


def zotero_address(library: Library, key: str) -> str | None:
    """Return the address that shows an item in Zotero; None for a library that Zotero does not have."""
    prefix = prefix_in_zotero(library)
    if prefix is None or library.type == EMBEDDED:
        return None
    place = prefix if prefix.startswith("groups/") else "library"
    return f"zotero://select/{place}/items/{key}"


def rows_of(
    library: Library, settings: Config, state: State, paused: frozenset[str], live: Json | None
) -> list[Row]:
    """Return a library's profiles, those of the configuration first.

    Args:
        library: the library.
        settings: the configuration.
        state: what is remembered of the library.
        paused: who rests.
        live: what the daemon answers to "status"; None without one.
    """
    pushed = {profile.name: profile for profile in state.profiles.pushed()}
    problems = {problem.name: problem for problem in state.profiles.problems()}
    own = library.name
    followed = {
        name: profile.source
        for name, profile in settings.profiles.items()
        if settings.library_of(profile).name == own
    }
    told = {row["name"]: row for row in live["profiles"]} if live else {}
    # A folder of pages is one profile in the configuration and several here; what is pushed by hand is in none.
    in_pages = {profile_of(name, followed) for name in pushed if name not in followed}
    names = [name for name in followed if name in pushed or name not in in_pages]
    rows = []
    for name in [*names, *(other for other in pushed if other not in followed)]:
        whole = name if name in followed else profile_of(name, followed)
        live_row = told.get(whole, {})
        known = problems.get(whole) or _problem_told(whole, live_row, pushed.get(name))
        is_followed = whole in followed
        rests = bool(paused & {whole, ALL}) and is_followed
        rows.append(Row(name, followed.get(name, ""), pushed.get(name), known, rests, is_followed, live_row))
    return rows


def _standings(state: State, most: int | None) -> list[Standing]:
    """Return what is to be known of papers, of no more than so many of each sort."""
    if most is None:
        return state.standings.of()
    sorts = {
        cause: ("user", "syncd") if cause == "deleted" else (None,) for cause, _ in state.standings.numbers()
    }
    return [
        one for cause, sides in sorts.items() for by in sides for one in state.standings.of(cause, by, most)
    ]


def _problem_told(name: str, live: Mapping[str, Any], pushed: FollowedProfile | None) -> Problem | None:
    """Return what keeps a profile waiting that the daemon alone knows of: the disk is full, or its library refuses."""
    met = live.get("met")
    if not live.get("trouble") or not met or (pushed and pushed.pushed >= met):
        return None
    return Problem(name, met, met, 1, live["trouble"], "")
