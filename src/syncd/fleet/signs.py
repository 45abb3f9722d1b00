"""Who works: workers' signs of life, and what they lack.

Signs are told by the database's clock alone: those of workers' computers differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import sqlalchemy as sa

from syncd.messages import kept
from syncd.state import tables as db
from syncd.state.store import upsert

# A worker that gave no sign of life for so long is believed dead; and forgotten after that.
DEAD, FORGOTTEN = timedelta(minutes=1), timedelta(minutes=10)
SEEN = db.fleet_worker.c.seen


def before(length: timedelta) -> sa.ColumnElement[str]:
    """Of a query: the time so long ago, by the database's clock, as the tables have times."""
    moment = sa.func.timezone("UTC", sa.func.clock_timestamp() - length)
    return sa.func.to_char(moment, 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"')


def sign(connection: sa.Connection, worker: Mapping[str, str]) -> None:
    """Take note of a worker's sign of life.

    Args:
        connection: the transaction.
        worker: the columns of `fleet_worker`, without times.
    """
    now = connection.scalar(sa.select(before(timedelta())))
    upsert(connection, db.fleet_worker, [{**worker, "started": now, "seen": now}], keep=["started"])
    connection.execute(sa.delete(db.fleet_worker).where(before(FORGOTTEN) > SEEN))


def sign_off(connection: sa.Connection, worker: str) -> None:
    """Take note that a worker ended."""
    connection.execute(sa.delete(db.fleet_worker).where(db.fleet_worker.c.name == worker))


def note_lack(connection: sa.Connection, worker: str, queue: str, words: str) -> None:
    """Note that a worker leaves a queue to others, and why."""
    upsert(connection, db.fleet_lack, [{"worker": worker, "queue": queue, "words": kept(words)}])


def forget_lacks(connection: sa.Connection, worker: str) -> None:
    """Forget what a worker lacked."""
    connection.execute(sa.delete(db.fleet_lack).where(db.fleet_lack.c.worker == worker))


def library_numbers(connection: sa.Connection) -> list[int]:
    """Return the numbers of all libraries."""
    return list(connection.scalars(sa.select(db.fleet_library.c.id)))


def alive() -> sa.ColumnElement[bool]:
    """Of workers: whether they gave a sign of life lately."""
    return before(DEAD) <= SEEN


def are_there(connection: sa.Connection) -> bool:
    """Whether any worker is at work."""
    return connection.scalar(sa.select(sa.func.count()).where(alive())) != 0
