"""Which profiles rest on the user's word: remembered in the data folder, with a daemon and without one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import sqlalchemy as sa

from syncd import tables as db
from syncd.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syncd.clock import Clock
    from syncd.paths import DataFolder

ALL = ""


class Resting:
    """The profiles that rest; the name "" stands for all of them.

    Args:
        data: syncd's data folder.
        clock: time.
    """

    def __init__(self, data: DataFolder, clock: Clock) -> None:
        self._store = Store.at(data.state)
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
        new = set(names or [ALL]) - self.paused()
        now = self._clock.now().isoformat(timespec="seconds")
        with self._store.writing() as connection:
            for name in new:
                connection.execute(sa.insert(db.pause).values(name=name, since=now))
        return self.paused()

    def resume(self, names: Iterable[str]) -> frozenset[str]:
        """Let profiles go on, or all where none is named; return who rests still."""
        with self._store.writing() as connection:
            query = sa.delete(db.pause)
            connection.execute(query.where(db.pause.c.name.in_(list(names))) if names else query)
        return self.paused()
