"""What the user said is not by the person of a profile.

It stands until the run that it was said in is undone, or the person is forgotten. Nothing here asks the library.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from syncd.state import tables as db
from syncd.state.search import chunks
from syncd.state.store import upsert
from syncd.sync.action import Said


@dataclass(frozen=True, slots=True)
class Rejection:
    """A paper that is not by the person of a profile.

    Attributes:
        profile: what state knows it by.
        paper: the paper's create-once key.
        key: its item's key, if it had one.
        title: its title.
        said: what sources said of it; None where that was not known.
        run: the name of the run in which it was said.
        since: ISO time.
    """

    profile: str
    paper: str
    key: str | None
    title: str
    said: Said | None
    run: str
    since: str


class Rejections:
    """The rejections of one library, in a transaction.

    Args:
        connection: the transaction.
        library: the library's number.
    """

    def __init__(self, connection: sa.Connection, library: int) -> None:
        self._connection = connection
        self._library = library

    def add(self, one: Rejection) -> None:
        """Remember one; it is taken back with the run in which it was said last."""
        said = json.dumps(asdict(one.said), ensure_ascii=False) if one.said else ""
        row = {**asdict(one), "said": said, "library": self._library}
        upsert(self._connection, db.rejection, [row], keep=["since"])

    def all(self, most: int | None = None, start: int = 0) -> list[Rejection]:
        """Return all of the library, or so many, without the first few."""
        return self._found(sa.true(), most, start)

    def of(self, profile: str, paper: str) -> Rejection | None:
        """Return that of a paper for a profile."""
        which = sa.and_(db.rejection.c.profile == profile, db.rejection.c.paper == paper)
        return next(iter(self._found(which)), None)

    def by_profile(self, profiles: Iterable[str]) -> dict[str, Mapping[str, Said | None]]:
        """Return by profile, for each paper what sources said of it."""
        found: dict[str, dict[str, Said | None]] = {}
        for part in chunks(profiles):
            for one in self._found(db.rejection.c.profile.in_(part)):
                found.setdefault(one.profile, {})[one.paper] = one.said
        return dict(found)

    def lift(self, run: str) -> None:
        """Forget those of a run."""
        self._connection.execute(sa.delete(db.rejection).where(self._mine(db.rejection.c.run == run)))

    def forget(self, profiles: Iterable[str]) -> None:
        """Forget those of profiles."""
        for part in chunks(profiles):
            which = self._mine(db.rejection.c.profile.in_(part))
            self._connection.execute(sa.delete(db.rejection).where(which))

    def _found(
        self, which: sa.ColumnElement[bool], most: int | None = None, start: int = 0
    ) -> list[Rejection]:
        table = db.rejection
        query = sa.select(table).where(self._mine(which)).limit(most).offset(start)
        query = query.order_by(table.c.profile, table.c.title, table.c.paper)
        return [
            Rejection(
                row.profile,
                row.paper,
                row.key,
                row.title,
                Said.from_json(json.loads(row.said)) if row.said else None,
                row.run,
                row.since,
            )
            for row in self._connection.execute(query)
        ]

    def _mine(self, which: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
        return sa.and_(db.rejection.c.library == self._library, which)
