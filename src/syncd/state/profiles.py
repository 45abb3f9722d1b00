"""The profiles of a library as they were pushed, and what keeps some of them from being pushed.

Nothing here asks the library, or a source.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from syncd.errors import SyncdError
from syncd.messages import kept, recalled
from syncd.state import tables as db
from syncd.state.search import chunks
from syncd.state.store import Store, drop, upsert
from syncd.sync.action import PlannedProfile, page_name, profile_of


@dataclass(frozen=True, slots=True)
class FollowedProfile:
    """A profile as it was last pushed.

    Attributes:
        papers: how many its page listed.
        listed: how many it said that there are, or the same number where it did not say.
    """

    name: str
    author: str
    origin: str
    papers: int
    collection: str
    paused: str
    run: str
    pushed: str = ""
    listed: int = 0

    @property
    def is_partial(self) -> bool:
        """Whether the page listed fewer papers than it said that there are."""
        return self.papers < self.listed


@dataclass(frozen=True, slots=True)
class Problem:
    """What keeps a profile of the configuration from being pushed at present.

    Attributes:
        name: the profile's.
        since: ISO time of the first failure in a row.
        last: that of the last one.
        count: how many there were.
        message: one sentence.
        hint: what to do; may be empty.
    """

    name: str
    since: str
    last: str
    count: int
    message: str
    hint: str


class Profiles:
    """The profiles of one library.

    Args:
        store: the database.
        library: the library's number there.
    """

    def __init__(self, store: Store, library: int) -> None:
        self._store = store
        self._library = library

    def put(self, connection: sa.Connection, run: str, profile: PlannedProfile, now: str) -> None:
        """Remember what a profile listed, and that all of it was done by now."""
        row = {
            "library": self._library,
            "name": profile.name,
            "author": profile.author,
            "origin": profile.origin,
            "digest": profile.digest,
            "papers": profile.papers,
            "collection": profile.collection,
            "paused": kept(profile.paused),
            "run": run,
            "pushed": now,
            "settings": profile.settings,
        }
        if profile.whole:
            read = {"whole": now, "compared": now, "listed": profile.listed, "part": ""}
            upsert(connection, db.profile, [{**row, **read}])
        else:
            # Of a part nothing is known about the whole, which is as it was.
            part = {**row, "part": profile.digest}
            upsert(connection, db.profile, [part], keep=("digest", "papers"))

    def pushed(self, names: Iterable[str] | None = None) -> list[FollowedProfile]:
        """Return the profiles that were pushed, in the order of their names; of these names, if any are given."""
        parts = [sa.true()] if names is None else [db.profile.c.name.in_(part) for part in chunks(names)]
        return [one for part in parts for one in self._found(part)]

    def pages(self, profile: str) -> list[FollowedProfile]:
        """Return a profile of the configuration as it was pushed; several, where it has several pages."""
        found = self._found(_is_of_profile(db.profile.c.name, profile))
        return [one for one in found if profile_of(one.name, [profile]) == profile]

    def called(self, words: str) -> list[FollowedProfile]:
        """Return the profile of this name, or else those of this author or collection."""
        profile = db.profile.c
        by_other_words = sa.or_(profile.author == words, profile.collection == words)
        return self._found(profile.name == words) or self._found(by_other_words)

    def _found(self, which: sa.ColumnElement[bool]) -> list[FollowedProfile]:
        figure, profile = db.figure.c, db.profile.c
        counted = (
            sa.select(figure.papers)
            .where(figure.library == profile.library, figure.profile == profile.name)
            .order_by(figure.day.desc())
            .limit(1)
            .scalar_subquery()
        )
        query = sa.select(db.profile, counted.label("counted")).where(profile.library == self._library, which)
        with self._store.reading() as connection:
            return [
                FollowedProfile(
                    r.name,
                    r.author,
                    r.origin,
                    r.papers,
                    r.collection,
                    recalled(r.paused),
                    r.run,
                    r.pushed,
                    r.counted or r.papers,
                )
                for r in connection.execute(query.order_by(profile.name)).all()
            ]

    def names_of(self, profile: str) -> list[str]:
        """Return the names under which anything of a profile is kept: its own, and those of its pages."""
        columns = (
            *(table.c.profile for table in (db.listing, db.fact, db.figure, db.rejection)),
            *(table.c.name for table in (db.profile, db.trouble)),
        )
        with self._store.reading() as connection:
            found = {
                name
                for column in columns
                for name in connection.scalars(
                    sa.select(column)
                    .distinct()
                    .where(column.table.c.library == self._library, _is_of_profile(column, profile))
                )
            }
        # Databases differ in whether they tell a from A in the beginning of a name.
        return sorted(name for name in found if profile_of(name, [profile]) == profile)

    def problems(self) -> list[Problem]:
        """Return what keeps profiles from being pushed."""
        with self._store.reading() as connection:
            query = (
                sa.select(db.trouble).where(db.trouble.c.library == self._library).order_by(db.trouble.c.name)
            )
            return [
                Problem(r.name, r.since, r.last, r.times, recalled(r.message), recalled(r.hint))
                for r in connection.execute(query)
            ]

    def note_problems(
        self, errors: Mapping[str, SyncdError | None], now: str, followed: Collection[str]
    ) -> None:
        """Note what keeps profiles from being pushed.

        Args:
            errors: by profile, what did in the last run, or None where nothing does any more.
            now: ISO time.
            followed: the profiles that the library has in the configuration; of all others it is forgotten.
        """
        query = sa.select(db.trouble.c.name, db.trouble.c.times).where(db.trouble.c.library == self._library)
        with self._store.reading() as connection:
            known = {row.name: row.times for row in connection.execute(query)}
        found = {name: error for name, error in errors.items() if error is not None}
        gone = [name for name in known if name not in followed or (name in errors and name not in found)]
        if not gone and not found:
            return
        with self._store.writing() as connection:
            drop(connection, db.trouble, self._library, "name", gone)
            for name, error in found.items():
                times = known.get(name, 0) + 1
                row = {"library": self._library, "name": name, "since": now, "last": now, "times": times}
                words = {"message": kept(error.words), "hint": kept(error.hint)}
                upsert(connection, db.trouble, [{**row, **words}], keep=["since"])

    def forget(self, connection: sa.Connection, profile: str) -> None:
        """Forget a profile, and what keeps it from being pushed."""
        for table in (db.trouble, db.profile):
            drop(connection, table, self._library, "name", [profile])


def _is_of_profile(column: sa.ColumnElement[str], profile: str) -> sa.ColumnElement[bool]:
    """Select the name of a profile, and those of its pages."""
    return sa.or_(column == profile, column.startswith(page_name(profile, ""), autoescape=True))
