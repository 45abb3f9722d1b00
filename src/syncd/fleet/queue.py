"""The queue: procrastinate's tables beside ours, its jobs, and their names.

A job says what may be done, never what is so: that stands in our tables, and each job looks there first. So a job that
is lost, or there twice, harms nobody. No job is put off to a later time and none is retried: procrastinate would let it
stand in the way of others.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from procrastinate import exceptions, jobs, manager, schema
from procrastinate.sync_psycopg_connector import SyncPsycopgConnector

from syncd.fleet import due
from syncd.services import SOURCES
from syncd.state import tables as db
from syncd.state.store import Store, upsert

T = TypeVar("T", str, int)

# What is done.
EACH_MINUTE: Final = "each-minute"
READ: Final = "read"
ASK: Final = "ask"
PUSH: Final = "push"
# Pushes go first: what was read is to be seen soon.
PRIORITIES = {EACH_MINUTE: 2, PUSH: 1, ASK: 0, READ: 0}
# Where procrastinate's own changes of its tables are noted.
MARK = "procrastinate"
WEB = "read-web"
# The queues of those who read, and of who finds out each minute what is due.
READING = ("default", WEB, *(f"read-{name}" for name in SOURCES))


def queue_of(place: str) -> str:
    """Return the queue of those who read at a place: each service has its own, for some need a key."""
    return f"read-{place}" if place in SOURCES else WEB


def queue_of_library(library: int) -> str:
    """Return the queue of those who push to a library, of which each needs a key."""
    return f"library-{library}"


def prepare(store: Store) -> None:
    """Make procrastinate's tables, or bring them up to date."""
    version = importlib.metadata.version("procrastinate")
    with store.writing() as connection:
        if prepared(connection) == version:
            return
        # Of two that come here at once, the second waits.
        connection.execute(sa.text("LOCK TABLE mark IN SHARE ROW EXCLUSIVE MODE"))
        found = prepared(connection)
        if found == version:
            return
        texts = [schema.SchemaManager.get_schema()] if found is None else _changes(found)
        for text in texts:
            driver(connection).execute(text.encode())
        upsert(connection, db.mark, [{"name": MARK, "value": version}])


def prepared(connection: sa.Connection) -> str | None:
    """Return the version of procrastinate's tables; None where there are none, for nobody of a fleet ever ran."""
    # A state that was moved here has the mark, and not the tables.
    if connection.scalar(sa.select(sa.func.to_regclass("procrastinate_jobs"))) is None:
        return None
    return connection.scalar(sa.select(db.mark.c.value).where(db.mark.c.name == MARK))


def _changes(since: str) -> list[str]:
    """Return procrastinate's changes of its tables that came after a version of it: "03.04.00_01_pre_….sql"."""
    known = tuple(map(int, since.split(".")[:3]))
    files = sorted(Path(schema.SchemaManager.get_migrations_path()).glob("*.sql"))
    newer = [file for file in files if tuple(map(int, file.name.partition("_")[0].split("."))) > known]
    return [file.read_text(encoding="utf-8") for file in newer]


def driver(connection: sa.Connection) -> Any:
    """Return the driver's connection, in whose transaction procrastinate can work."""
    return connection.connection.driver_connection


def _name(task: str, subject: str | int) -> str:
    return f"{task} {subject}"


_MANAGER = manager.JobManager(SyncPsycopgConnector())


def defer(connection: sa.Connection, task: str, queue: str, subject: str | int, **args: Any) -> bool:
    """Put a job into the queue, in the caller's transaction.

    Args:
        connection: the transaction.
        task: what is to be done.
        queue: who may do it.
        subject: of what; of those with one task and subject, one waits at most, and one is done at a time.
        args: given to the task.

    Returns:
        whether it was put there; not where one like it waits already.
    """
    name = _name(task, subject)
    job = jobs.Job(
        id=None,
        queue=queue,
        task_name=task,
        priority=PRIORITIES[task],
        lock=name,
        queueing_lock=name,
        task_kwargs=args,
    )
    try:
        with connection.begin_nested():
            _MANAGER.batch_defer_jobs([job], connection=driver(connection))
    except exceptions.AlreadyEnqueued:
        return False
    return True


def without_job(
    connection: sa.Connection, task: str, subjects: Iterable[T], states: Sequence[str] = ("todo", "doing")
) -> list[T]:
    """Return those subjects for which no job is there, waiting ("todo") or under way ("doing")."""
    query = sa.text(
        "SELECT lock FROM procrastinate_jobs WHERE task_name = :task AND status::text = ANY(:states)"
    )
    there = set(connection.scalars(query, {"task": task, "states": list(states)}))
    return [subject for subject in subjects if _name(task, subject) not in there]


def hand_out(connection: sa.Connection, now: datetime, place: str | None = None) -> None:
    """Put jobs into the queue for all that may be done now, in the caller's transaction.

    Args:
        connection: the transaction.
        now: the time.
        place: the one where there is room again; None for all that is to be done, whatever it is.
    """
    for name, where in due.to_be_read(connection, now, place):
        defer(connection, READ, queue_of(where), name, profile=name)
    if place is None:
        for service in due.to_be_asked(connection, now):
            defer(connection, ASK, queue_of(service), service, service=service)
        # While many wait, each minute would try to put all of them there once more.
        for library in without_job(connection, PUSH, due.to_be_pushed(connection, now), ("todo",)):
            push(connection, library)


def push(connection: sa.Connection, library: int) -> None:
    """Let somebody push to a library what was read for it."""
    defer(connection, PUSH, queue_of_library(library), library, library=library)
