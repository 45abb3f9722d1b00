"""The scheduler: what the daemon does where a fleet works for it.

It lets the workers know whom to follow, reads the files of its own computer, and hears how looks ended. When somebody
is due stands in the tables, so that workers go on while no scheduler runs.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import Any

import sqlalchemy as sa

from syncd.clock import Clock
from syncd.config import Config
from syncd.daemon.tell import Reporter
from syncd.daemon.work import Look, Looker
from syncd.errors import StateError, SyncdError
from syncd.fleet import due, overview, queue, signs
from syncd.fleet.jobs import Jobs
from syncd.fleet.settings import Shared, entries, libraries
from syncd.messages import message
from syncd.paths import DataFolder
from syncd.state import tables as db
from syncd.state.store import Store
from syncd.state.turn import Presence

Json = dict[str, Any]
# So many files are read at a time.
READERS = 4
# Seconds between two looks for outcomes.
PAUSE = 0.25


class Scheduler:
    """The daemon's part in a fleet. The loop's thread uses it.

    Attributes:
        names: the profiles that are left to workers.

    Args:
        database: its address.
        looker: reads files.
        reporter: tells the world.
        stop: set once the daemon is to end.
        clock: the time.

    Raises:
        LockedError: another one is the scheduler, or the state is being moved.
        StateError: the database can't be used.
    """

    def __init__(
        self, database: str, looker: Looker, reporter: Reporter, stop: threading.Event, clock: Clock
    ) -> None:
        self.names: frozenset[str] = frozenset()
        self._clock = clock
        self._presence = Presence(database, message("the-scheduler"), clock, schedules=True)
        self._presence.keep()
        self._store = Store(database)
        queue.prepare(self._store)
        self._jobs = Jobs("", self._store, looker, reporter, stop, lambda: None, tell=None)
        self._threads = ThreadPoolExecutor(READERS, "read a file")
        self._reading: set[str] = set()
        with self._store.reading() as connection:
            self._last = last_ended(connection)

    def close(self) -> None:
        """Begin nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._store.close()
        self._presence.close()

    def keep(self) -> None:
        """Make sure that this one is the scheduler still.

        Raises:
            LockedError: it is another one, since the connection to the database broke.
            AwayError: the database does not answer.
        """
        self._presence.keep()

    def take_over(self, config: Config) -> None:
        """Let workers know whom to follow, and put into the queue what is due."""
        followed = entries(config)
        now = self._clock.now()
        with self._store.writing() as connection:
            due.take_over(connection, Shared.of(config), libraries(config), followed, now)
            queue.hand_out(connection, now)
        self.names = frozenset(entry.name for entry in followed)

    def want(self, whys: Mapping[str, Iterable[str]]) -> None:
        """Note that profiles are due, and why; put into the queue what may be done for them."""
        reasons: dict[str, list[str]] = {}
        for name, why in whys.items():
            for reason in why:
                reasons.setdefault(reason, []).append(name)
        now = self._clock.now()
        with self._store.writing() as connection:
            for reason, names in reasons.items():
                # Files cost nobody anything; what is asked for is tried, whatever failed before.
                due.want(connection, names, reason, now, at_once=reason in {"asked", "files"})
            queue.hand_out(connection, now)

    def read_files(self) -> None:
        """Begin to read the files that are due."""
        with self._store.reading() as connection:
            names = due.local(connection, self._clock.now())
        for name in set(names) - self._reading:
            self._reading.add(name)
            self._threads.submit(self._read, name)

    def _read(self, name: str) -> None:
        try:
            # Where the database is away, the file is due still.
            with suppress(StateError):
                self._jobs.read(name)
        finally:
            self._reading.discard(name)

    def ended(self) -> list[Json]:
        """Return how looks ended since this was asked last: see `jobs`."""
        with self._store.reading() as connection:
            self._last, outcomes = ended_since(connection, self._last)
        return outcomes

    def live(self, names: Collection[str]) -> dict[str, Json]:
        """Return what is to be known of profiles now, by name."""
        with self._store.reading() as connection:
            return overview.live(connection, names)

    def nobody_can(self, names: Collection[str]) -> dict[str, SyncdError]:
        """Return those of these profiles that are left to workers, of whom none can look at them, and why."""
        with self._store.reading() as connection:
            return overview.nobody_can(connection, self.names & set(names))

    def workers(self) -> Json:
        """Return who works, what waits, and what nobody can do."""
        with self._store.reading() as connection:
            return overview.workers(connection)


def last_ended(connection: sa.Connection) -> int:
    """Return the number of the look that ended last."""
    return connection.scalar(sa.select(sa.func.max(db.fleet_look.c.id))) or 0


def ended_since(connection: sa.Connection, last: int) -> tuple[int, list[Json]]:
    """Return how looks ended after one, and the number of the last of them: see `jobs`."""
    look = db.fleet_look.c
    query = sa.select(look.id, look.outcome).where(look.id > last).order_by(look.id)
    rows = connection.execute(query).all()
    return (rows[-1].id if rows else last), [json.loads(row.outcome) for row in rows]


def look_now(names: Collection[str], data: DataFolder, clock: Clock) -> list[Json]:
    """Let workers look at profiles now, from a computer without a scheduler, and wait for the outcome.

    Args:
        names: profiles; those that no worker looks at are passed over.
        data: the data folder, which names the database.
        clock: is waited by.

    Raises:
        SyncdError: no worker is at work.
    """
    looks: list[Json] = []
    with closing(Store.of(data)) as store:
        with store.writing() as connection:
            last, left = last_ended(connection), due.followed(connection, names)
            due.want(connection, left, "asked", clock.now(), at_once=True)
            queue.hand_out(connection, clock.now())
        while left:
            clock.sleep(PAUSE)
            with store.reading() as connection:
                last, outcomes = ended_since(connection, last)
                if not signs.are_there(connection):
                    raise SyncdError(message("no-worker"), hint=message("asked-for-later"))
                unable = overview.nobody_can(connection, left)
            for look in (look for outcome in outcomes for look in outcome["looks"]):
                if look["profile"] in left and "asked" in look["why"]:
                    left.remove(look["profile"])
                    looks.append(look)
            for name in left & unable.keys():
                left.remove(name)
                looks.append(Look(name, frozenset(), "", error=unable[name]).to_json())
    return looks
