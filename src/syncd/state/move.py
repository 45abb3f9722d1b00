"""Takes all that is remembered from one database to another: from a file to a server, and back.

Nobody writes meanwhile, what arrived is read again and compared, and only then it is kept. The old database is left as
it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from typing import Any

import sqlalchemy as sa

from syncd.clock import Clock
from syncd.errors import LockedError, StateError
from syncd.lock import held
from syncd.messages import message
from syncd.paths import DataFolder
from syncd.state import tables as db
from syncd.state.store import Store, host_of, upsert
from syncd.state.turn import every_turn

# So many rows are taken at a time.
AT_ONCE = 1000
WHO = "syncd database move"


def move(
    source: DataFolder, target: DataFolder, clock: Clock, tell: Callable[[str], None] = lambda _: None
) -> Mapping[str, int]:
    """Copy a state into a database that holds none.

    Args:
        source: where it is.
        target: where it is to be.
        clock: time.
        tell: is told which table is taken.

    Returns:
        how many rows there were, by table.

    Raises:
        LockedError: the daemon, the scheduler, a worker or a run is at work.
        StateError: the target holds something already, can't be written to, or did not take all; it stays empty then.
    """
    with ExitStack() as stack:
        stack.enter_context(_daemon_away(source, clock))
        old = stack.enter_context(closing(Store.of(source)))
        stack.enter_context(every_turn(source, _libraries(old), clock, who=WHO))
        # A file that is only looked at would be made.
        new = stack.enter_context(closing(Store.of(target)))
        reading = stack.enter_context(old.writing())
        _hold(reading, "SHARE")
        writing = stack.enter_context(new.writing())
        _hold(writing, "EXCLUSIVE")
        # The revision is there already, in a table of Alembic's.
        tables = [table for table in db.metadata.sorted_tables if table.name != "alembic_version"]
        if any(writing.execute(sa.select(sa.literal(1)).select_from(one).limit(1)).first() for one in tables):
            raise StateError(message("target-not-empty"), hint=message("name-empty-target"))
        counts = {table.name: _copy(reading, writing, table, tell) for table in tables}
        _take_files_along(writing, old, new)
        return counts


def _take_files_along(connection: sa.Connection, old: Store, new: Store) -> None:
    """Let the lists of this computer be its own under the name that it has in the other database."""
    before, after = (host_of(is_shared=store.is_shared) for store in (old, new))
    if before != after:
        host = db.output.c.host
        connection.execute(sa.delete(db.output).where(host == after))
        connection.execute(sa.update(db.output).where(host == before).values(host=after))


def _libraries(store: Store) -> list[tuple[str, str]]:
    """Return where the libraries are that something is remembered of."""
    known = db.library.c
    with store.reading() as connection:
        rows = connection.execute(sa.select(known.endpoint, known.prefix).distinct()).all()
    return sorted((row.endpoint, row.prefix) for row in rows)


def _daemon_away(source: DataFolder, clock: Clock) -> ExitStack:
    """Hold the place of the daemon, which has the state open."""
    stack = ExitStack()
    try:
        stack.enter_context(held(source.daemon_lock, clock, who=WHO))
    except LockedError as error:
        words = message("daemon-runs-already", holder=error.holder)
        raise LockedError(words, holder=error.holder, hint=message("stop-daemon-to-move")) from None
    return stack


def _hold(connection: sa.Connection, mode: str) -> None:
    """Let nobody else write in the tables of a server; a file has one writer anyway."""
    if connection.dialect.name != "sqlite":
        # It waits for the other database.
        connection.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        names = ", ".join(f'"{table.name}"' for table in db.metadata.sorted_tables)
        connection.execute(sa.text(f"LOCK TABLE {names} IN {mode} MODE"))


def _copy(
    reading: sa.Connection, writing: sa.Connection, table: sa.Table, tell: Callable[[str], None]
) -> int:
    """Copy a table, compare what arrived, and return how many rows there are."""
    tell(message("moving-table", table=table.name))
    count, digest = 0, hashlib.sha256()
    columns = [column.name for column in table.c]
    keys = table.c.keys()
    for found in _rows(reading, table):
        # A server takes no NUL.
        part = [tuple(one.replace("\0", "") if isinstance(one, str) else one for one in row) for row in found]
        rows = [dict(zip(keys, row, strict=True)) for row in part]
        upsert(writing, table, rows)
        count += len(part)
        for row in part:
            digest.update(repr(row).encode())
    arrived, check = 0, hashlib.sha256()
    for there in _rows(writing, table):
        arrived += len(there)
        for row in there:
            check.update(repr(tuple(row)).encode())
    if (arrived, check.digest()) != (count, digest.digest()):
        raise StateError(message("move-differs", table=table.name), hint=message("old-state-untouched"))
    if writing.dialect.name != "sqlite" and "id" in columns and isinstance(table.c.id.type, sa.Integer):
        last = sa.select(sa.func.max(table.c.id)).scalar_subquery()
        counter = sa.func.pg_get_serial_sequence(table.name, "id")
        writing.execute(sa.select(sa.func.setval(counter, last)).where(last.is_not(None)))
    return count


def _rows(connection: sa.Connection, table: sa.Table) -> Iterator[list[sa.Row[Any]]]:
    """Yield all rows in the order of their keys."""
    key = table.primary_key.columns
    query = sa.select(table).order_by(*key).limit(AT_ONCE)
    places = [table.c.keys().index(name) for name in key.keys()]  # noqa: SIM118 - no dict
    rows = list(connection.execute(query))
    while rows:
        yield rows
        last = sa.tuple_(*(sa.literal(rows[-1][place]) for place in places))
        rows = list(connection.execute(query.where(sa.tuple_(*key) > last)))
