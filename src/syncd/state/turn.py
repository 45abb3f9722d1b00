"""Whose turn it is at a library: one run's at a time, on whichever computer.

On one computer a file is locked. Where several share the state, a lock of the database stands behind it, on a
connection of its own: what ends the connection ends the turn. That two runs are not at work at once is a courtesy; what
keeps them from harm are create-once keys, the guards of versions and the journal.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from syncd.clock import Clock
from syncd.errors import AwayError
from syncd.lock import await_turn, held, this_process
from syncd.messages import message
from syncd.paths import DataFolder

if TYPE_CHECKING:
    import psycopg

# Who holds a lock of 64 bits, as the server shows its connection.
HOLDER = """
SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND classid::bigint = %s AND objid::bigint = %s AND objsubid = 1
"""
# Within a minute or two, the server notices a computer that went without a word, and the other way round.
ALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}


class Turn:
    """The turn of a run at a library.

    Args:
        connection: what holds it; None where the state is on this computer, and the turn with it.
    """

    def __init__(self, connection: psycopg.Connection[Any] | None = None) -> None:
        self._connection = connection

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
            raise AwayError(message("turn-lost"), hint=message("written-is-recorded")) from error


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
    with held(data.lock(endpoint, prefix), clock, wait=wait, who=who, tell=tell):
        if not data.database:
            yield Turn()
            return
        from syncd.state.postgres import connected, readable  # noqa: PLC0415 - as above

        with readable():
            connection = connected(data.database, this_process(who), autocommit=True, **ALIVE)
        with closing(connection):
            with readable():
                _take(connection, _number(endpoint, prefix), clock, wait, tell)
            yield Turn(connection)


def _take(
    connection: psycopg.Connection[Any], number: int, clock: Clock, wait: float, tell: Callable[[str], None]
) -> None:
    """Take a lock on a connection, which is the server's as long as it lasts."""
    for name, value in ALIVE.items():
        connection.execute("SELECT set_config(%s, %s, false)", [f"tcp_{name}", str(value)])

    def taken() -> bool:
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", [number]).fetchone()
        return bool(row and row[0])

    def holder() -> str:
        halves = [number >> 32 & 0xFFFF_FFFF, number & 0xFFFF_FFFF]
        row = connection.execute(HOLDER, halves).fetchone()
        return str(row[0]) if row else ""

    await_turn(taken, holder, clock, wait, tell)


def _number(endpoint: str, prefix: str) -> int:
    """Return what stands for a library among the locks: 64 bits with a sign.

    >>> _number("https://api.zotero.org", "users/1") == _number("https://api.zotero.org", "users/2")
    False
    """
    both = json.dumps([endpoint, prefix]).encode()
    return int.from_bytes(hashlib.sha256(both).digest()[:8], "big", signed=True)
