"""Who works: workers' signs of life, and what they lack."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from syncd.fleet.due import DEAD, text_of
from syncd.messages import kept
from syncd.state import store as db


def sign(connection: sa.Connection, worker: Mapping[str, str]) -> None:
    """Take note of a worker's sign of life: the columns of `fleet_worker`."""
    db.upsert(connection, db.fleet_worker, [worker], keep=["started"])


def sign_off(connection: sa.Connection, worker: str) -> None:
    """Take note that a worker ended."""
    connection.execute(sa.delete(db.fleet_worker).where(db.fleet_worker.c.name == worker))


def forget_workers(connection: sa.Connection, before: datetime) -> None:
    """Forget workers that have given no sign of life since then."""
    connection.execute(sa.delete(db.fleet_worker).where(db.fleet_worker.c.seen < text_of(before)))


def note_lack(connection: sa.Connection, worker: str, queue: str, words: str) -> None:
    """Note that a worker leaves a queue to others, and why."""
    db.upsert(connection, db.fleet_lack, [{"worker": worker, "queue": queue, "words": kept(words)}])


def forget_lacks(connection: sa.Connection, worker: str) -> None:
    """Forget what a worker lacked."""
    connection.execute(sa.delete(db.fleet_lack).where(db.fleet_lack.c.worker == worker))


def library_numbers(connection: sa.Connection) -> list[int]:
    """Return the numbers of all libraries."""
    return list(connection.scalars(sa.select(db.fleet_library.c.id)))


def are_there(connection: sa.Connection, now: datetime) -> bool:
    """Whether any worker is at work."""
    seen = db.fleet_worker.c.seen
    return connection.scalar(sa.select(sa.func.count()).where(seen >= text_of(now - DEAD))) != 0
