"""Whose turn it is at a library: one run's at a time, on whichever computer; and who is at work in a shared state.

Where the state is on one computer, a file is locked. Where several share it, it is a lock of the database, on a
connection of its own: what ends the connection ends the turn, and a process that is stopped loses it within a minute.
That two runs are not at work at once is a courtesy; what keeps the library from harm are create-once keys, the guards
of versions and the journal. What keeps the state from harm is a mark that each run puts in place of the one before: who
finds another's writes nothing more, however late it comes.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from syncd.clock import Clock
from syncd.errors import AwayError, LockedError
from syncd.lock import await_turn, held, this_process
from syncd.messages import message
from syncd.paths import DataFolder
from syncd.state import tables as db
from syncd.state.store import Store, upsert

if TYPE_CHECKING:
    import psycopg

# Who holds a lock of 64 bits, as the server shows their connections.
HOLDERS = """
SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND classid::bigint = %s AND objid::bigint = %s AND objsubid = 1
ORDER BY backend_start
"""
# Whoever has a turn shares this lock, and so does who is at work in a shared state; who moves it has the lock alone.
# The other one is the scheduler's. Numbers of syncd's own.
MOVING, SCHEDULING = 0x73796D76, 0x73796D73
TRY, SHARE = "pg_try_advisory_lock", "pg_try_advisory_lock_shared"
# Within a minute or two, the server notices a computer that went without a word, and the other way round.
ALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
# A process that is stopped says nothing, and its computer answers for it: the server ends a connection that holds locks
# after so many seconds without a word. One that is at work says something that often.
SILENT, WORD = 60, 10.0
# Seconds that the end waits for a word that is just being said.
PARTING = 1.0
# The server takes so many seconds at most to notice that a process has ended, and to take its locks back.
NOTICED = 2.0
# Not there before PostgreSQL 14: then who is stopped keeps its locks.
END_SILENT = "SELECT set_config(name, %s, false) FROM pg_settings WHERE name = 'idle_session_timeout'"


class Turn:
    """The turn of a run at a library.

    Args:
        connection: what holds it; None where the state is on this computer, and the turn with it.
        number: what stands for the library among the locks.
    """

    def __init__(self, connection: psycopg.Connection[Any] | None = None, number: int = 0) -> None:
        self._connection = connection
        self._mark = {"name": f"turn {number}", "value": secrets.token_hex(8)}

    def take_over(self, store: Store) -> None:
        """Let runs whose turn it was before write nothing more into the state, and this one only while it is its turn.

        Args:
            store: this run's own.
        """
        if self._connection is None:
            return
        # What a run before is just writing is waited for.
        with store.writing() as connection:
            upsert(connection, db.mark, [self._mark])
        store.guard(self._guard)

    def _guard(self, connection: sa.Connection) -> None:
        mark = db.mark.c
        query = sa.select(mark.value).where(mark.name == self._mark["name"]).with_for_update(read=True)
        if connection.scalar(query) != self._mark["value"]:
            raise _lost()

    def check(self) -> None:
        """Make sure that it is still this run's.

        Raises:
            AwayError: it is not, for the connection broke.
        """
        if self._connection is None:
            return
        import psycopg  # noqa: PLC0415 - not there on a computer whose state is a file

        try:
            self._connection.execute("SELECT")
        except psycopg.Error as error:
            raise _lost() from error


@contextmanager
def turn(  # noqa: PLR0913 - as `lock.held`, and which library
    data: DataFolder,
    endpoint: str,
    prefix: str,
    clock: Clock,
    *,
    wait: float = 0.0,
    who: str = "",
    tell: Callable[[str], None] = lambda _words: None,
) -> Iterator[Turn]:
    """Hold the turn at a library.

    Args:
        data: the data folder, which knows where the state is.
        endpoint: the library's address, or "embedded".
        prefix: which it is there, such as "users/475425".
        clock: is waited by; what its `sleep` raises ends the wait.
        wait: seconds to wait for the turn.
        who: what others are told about this holder, beside its computer and process.
        tell: is told once whom it waits for.

    Raises:
        LockedError: another run has it; says which, and on which computer.
        StateError: the lock can't be had.
        AwayError: the server does not answer.
    """
    if not data.database:
        with held(data.lock(endpoint, prefix), clock, wait=wait, who=who, tell=tell):
            yield Turn()
        return
    from syncd.state.postgres import readable  # noqa: PLC0415 - as above

    with _locking(data.database, who) as connection:
        number = _number(endpoint, prefix)
        with readable():
            _take(connection, MOVING, clock, wait, tell, SHARE)
            _take(connection, number, clock, wait, tell)
        yield Turn(connection, number)


@contextmanager
def every_turn(
    data: DataFolder, libraries: Iterable[tuple[str, str]], clock: Clock, *, who: str
) -> Iterator[None]:
    """Hold the turns at all libraries.

    Args:
        data: the data folder, which knows where the state is.
        libraries: those that are known, by endpoint and prefix.
        clock: time.
        who: what others are told about this holder.

    Raises:
        LockedError: a run has one; says which, and on which computer.
        StateError: a lock can't be had.
        AwayError: the server does not answer.
    """
    with ExitStack() as stack:
        if data.database:
            from syncd.state.postgres import readable  # noqa: PLC0415 - as above

            # One lock, for a server has room for some thousands.
            connection = stack.enter_context(_locking(data.database, who))
            with readable():
                try:
                    _take(connection, MOVING, clock, NOTICED)
                except LockedError:
                    names = ", ".join(_holders(connection, MOVING))
                    words = message("database-in-use", names=names)
                    raise LockedError(words, holder=names, hint=message("stop-all-to-move")) from None
        else:
            for endpoint, prefix in libraries:
                stack.enter_context(held(data.lock(endpoint, prefix), clock, who=who))
        yield


@contextmanager
def _locking(database: str, who: str) -> Iterator[psycopg.Connection[Any]]:
    """Give a connection for locks, which are the server's as long as it lasts."""
    from syncd.state.postgres import connected, readable  # noqa: PLC0415 - as above

    with readable():
        connection = connected(database, this_process(who), autocommit=True, **ALIVE)
    with closing(connection):
        with readable():
            for name, value in ALIVE.items():
                connection.execute("SELECT set_config(%s, %s, false)", [f"tcp_{name}", str(value)])
            connection.execute(END_SILENT, [f"{SILENT}s"])
        with _speaking(connection):
            yield connection


@contextmanager
def _speaking(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Say something on a connection now and then, for as long as this process is not stopped."""
    import psycopg  # noqa: PLC0415 - as above

    done = threading.Event()

    def speak() -> None:
        # Whoever needs the connection notices that it broke.
        with suppress(psycopg.Error, OSError):
            while not done.wait(WORD):
                connection.execute("SELECT")

    speaker = threading.Thread(target=speak, name="a lock", daemon=True)
    speaker.start()
    try:
        yield
    finally:
        done.set()
        speaker.join(PARTING)


def _take(  # noqa: PLR0913, PLR0917 - as `lock.await_turn`
    connection: psycopg.Connection[Any],
    number: int,
    clock: Clock,
    wait: float = 0.0,
    tell: Callable[[str], None] = lambda _words: None,
    function: str = TRY,
) -> None:
    """Take a lock on a connection."""

    def taken() -> bool:
        row = connection.execute(f"SELECT {function}(%s)", [number]).fetchone()
        return bool(row and row[0])

    def holder() -> str:
        return next(iter(_holders(connection, number)), "")

    await_turn(taken, holder, clock, wait, tell)


def _holders(connection: psycopg.Connection[Any], number: int) -> list[str]:
    """Return who holds a lock, those first that came first."""
    rows = connection.execute(HOLDERS, _halves(number)).fetchall()
    return list(dict.fromkeys(str(name) for (name,) in rows))


def _halves(number: int) -> tuple[int, int]:
    return number >> 32 & 0xFFFF_FFFF, number & 0xFFFF_FFFF


def scheduler(connection: sa.Connection) -> str:
    """Return who is the scheduler of a shared state now, and on which computer; empty where nobody is."""
    return str(connection.exec_driver_sql(HOLDERS, _halves(SCHEDULING)).scalar() or "")


class Presence:
    """That a process is at work in a shared state: nobody moves it meanwhile, and of schedulers there is one.

    Args:
        database: its address.
        who: what others are told about this process.
        clock: time.
        schedules: whether it is the scheduler.
    """

    def __init__(self, database: str, who: str, clock: Clock, *, schedules: bool = False) -> None:
        self._database, self._who, self._clock, self._schedules = database, who, clock, schedules
        self._open = ExitStack()
        self._connection: psycopg.Connection[Any] | None = None

    def keep(self) -> None:
        """Be present from now on; where the connection broke, anew.

        Raises:
            LockedError: somebody moves the state, or another one is its scheduler; says who.
            AwayError: the server does not answer.
        """
        import psycopg  # noqa: PLC0415 - as above

        from syncd.state.postgres import readable  # noqa: PLC0415 - as above

        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.execute("SELECT")
                return
        self.close()
        made = self._open.enter_context(_locking(self._database, self._who))
        with readable():
            if self._schedules:
                self._take(made, SCHEDULING, TRY)
            self._take(made, MOVING, SHARE)
        self._connection = made

    def _take(self, connection: psycopg.Connection[Any], number: int, function: str) -> None:
        try:
            _take(connection, number, self._clock, function=function)
        except LockedError as error:
            if number == SCHEDULING:
                words, hint = message("other-scheduler", holder=error.holder), message("one-scheduler")
            else:
                words, hint = message("state-being-moved", holder=error.holder), message("wait-until-moved")
            raise LockedError(words, holder=error.holder, hint=hint) from None

    def close(self) -> None:
        """Be present no more."""
        self._connection = None
        self._open.close()


def _lost() -> AwayError:
    return AwayError(message("turn-lost"), hint=message("written-is-recorded"))


def _number(endpoint: str, prefix: str) -> int:
    """Return what stands for a library among the locks: 64 bits with a sign.

    >>> _number("https://api.zotero.org", "users/1") == _number("https://api.zotero.org", "users/2")
    False
    """
    both = json.dumps([endpoint, prefix]).encode()
    return int.from_bytes(hashlib.sha256(both).digest()[:8], "big", signed=True)
