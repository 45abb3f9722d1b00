"""syncd's own database: opened and migrated, how rows are put into its tables, with errors that a person can read.

SQLAlchemy Core over SQLite, or over PostgreSQL where the configuration names one.
"""

from __future__ import annotations

import importlib
import socket
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from operator import itemgetter
from pathlib import Path
from types import ModuleType
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.schema import CreateIndex, CreateTable

from syncd.errors import StateError
from syncd.messages import message
from syncd.paths import DataFolder, keep_private
from syncd.state import sqlite
from syncd.state.tables import metadata, revision

# The newest revision, and the oldest one that is migrated; a test holds both to what `migrations/versions` says.
# Revisions sort as texts.
HEAD = "0016"
OLDEST = "0004"
# So many rows are put by the driver's own means.
MANY = 100
# So many statements that put rows are kept.
MOST_PUTS = 200
# A server's usual patience is for those who write.
PATIENTLY = sa.text("SET LOCAL idle_in_transaction_session_timeout = '1h'")


class Store:
    """The database, opened and on the newest version.

    Args:
        url: as SQLAlchemy writes it.

    Raises:
        StateError: it can't be opened, is no database of syncd, or is of a newer syncd or one that is too old.
    """

    def __init__(self, url: str | sa.URL) -> None:
        self.engine = _engine(url)
        self._writer = self.engine.execution_options(**{sqlite.WRITES: True})
        self._reader = self.engine
        self._guard: Callable[[sa.Connection], None] = lambda _: None
        if self.is_shared:
            # All that is read in one transaction is as of one moment.
            whole = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            self._reader = self.engine.execution_options(**whole)
        try:
            with _opening(), readable_errors():
                self._migrate()
        except BaseException:
            self.close()
            raise

    @classmethod
    def at(cls, path: Path) -> Store:
        """Open the SQLite database at `path`, made for the user alone where there is none."""
        with _opening():
            keep_private(path)
        return cls(sqlite.address(path))

    @classmethod
    def of(cls, data: DataFolder) -> Store:
        """Open the database of a data folder: the file in it, or the one on a server that stands for it."""
        return cls(data.database) if data.database else cls.at(data.state)

    @property
    def is_shared(self) -> bool:
        """Whether other computers may be at work in it."""
        return self.engine.dialect.name != "sqlite"

    def close(self) -> None:
        """Close all connections; those to a server are kept for the next that opens it."""
        if not self.is_shared:
            self.engine.dispose()

    @contextmanager
    def reading(self, *, at_length: bool = False) -> Iterator[sa.Connection]:
        """Give a connection for reading: all of it is as of one moment.

        Args:
            at_length: minutes may pass between two questions.
        """
        with readable_errors(), self._reader.connect() as connection:
            if at_length and self.is_shared:
                connection.execute(PATIENTLY)
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Give a connection in a transaction: all of it happens, or nothing."""
        with readable_errors(), self._writer.begin() as connection:
            self._guard(connection)
            yield connection

    def guard(self, guard: Callable[[sa.Connection], None]) -> None:
        """Let each transaction that writes begin with this, which may raise."""
        self._guard = guard

    @contextmanager
    def turns(self) -> Iterator[sa.Connection]:
        """Give a connection for several transactions, which the caller begins; temporary tables end with it."""
        with readable_errors(), self._writer.connect() as connection:
            connection.detach()
            yield connection

    def _migrate(self) -> None:
        with self.engine.connect() as connection:
            if self._is_current(connection):
                return
        migrator = self._writer.execution_options(**{sqlite.MIGRATES: True})
        with migrator.begin() as connection:
            # Another process may have done it while this one waited for its turn.
            if not self._is_current(connection):
                self._bring_up_to_date(connection)
        # Connections that are made from now on heed foreign keys again.
        self.engine.dispose()

    def _bring_up_to_date(self, connection: sa.Connection) -> None:
        """Make the tables of a new database as they are now; change those of an earlier syncd, but copy them first."""
        # What knows PostgreSQL is not loaded where the state is a file.
        server = _postgres() if self.is_shared else None
        if server:
            server.prepare(connection)
            if self._is_current(connection):
                return
        if found := _version(connection):
            # Alembic takes a quarter of a second to import.
            from syncd.state.migrations import upgrade  # noqa: PLC0415

            if not server and self.engine.url.database:
                sqlite.copy(Path(self.engine.url.database), found)
            upgrade(connection)
        elif server and server.is_strange(connection, metadata):
            raise StateError(message("database-of-others"), hint=message("name-empty-database"))
        else:
            for statement in _creation(connection.dialect):
                connection.exec_driver_sql(statement)
            connection.execute(revision.insert(), {"version_num": HEAD})
        if server:
            server.settle(connection, metadata)

    def _is_current(self, connection: sa.Connection) -> bool:
        """Whether the tables are those of this syncd; what it can't read is refused, and left as it is."""
        found = _version(connection)
        if found is not None and found > HEAD:
            raise StateError(
                message("state-newer", revision=found),
                hint=message("upgrade-or-name-data-folder"),
            )
        if found is not None and found < OLDEST:
            raise StateError(
                message("state-older", revision=found),
                hint=message("move-database-away", path=self.engine.url.database),
            )
        return found == HEAD


def host_of(*, is_shared: bool) -> str:
    """Return whose files are meant: where a state is one computer's own, that one's, whatever it is called today."""
    return socket.gethostname() if is_shared else ""


def upsert(
    connection: sa.Connection,
    table: sa.Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    by: Sequence[str] = (),
    keep: Sequence[str] = (),
) -> None:
    """Put rows into a table, each in place of the one with its key.

    Args:
        connection: the transaction.
        table: where they go.
        rows: all with the same columns. A column that they lack stays as it is, or gets its default in a new row.
        by: the columns that tell rows apart; the primary key if none is named.
        keep: columns that only a new row gets.
    """
    if not rows:
        return
    key = tuple(by or table.primary_key.columns.keys())
    change = tuple(name for name in rows[0] if name not in {*key, *keep})
    put = _put(connection.dialect.name, table, key, change)
    if len(rows) < MANY:
        connection.execute(put, list(rows))
        return
    if connection.dialect.name != "sqlite":
        _postgres().put(connection, table, rows, key, change)
        return
    # Looking at each parameter of each row would take longer than the database does.
    compiled = put.compile(dialect=connection.dialect, column_keys=list(rows[0]))
    names = compiled.positiontup or ()
    connection.exec_driver_sql(str(compiled), list(map(itemgetter(*names), rows)))


def drop(connection: sa.Connection, table: sa.Table, library: int, name: str, values: Iterable[str]) -> None:
    """Take the rows of a library out of a table that have one of these values in a column."""
    if gone := [{"gone": value} for value in values]:
        which = sa.and_(table.c.library == library, table.c[name] == sa.bindparam("gone"))
        connection.execute(sa.delete(table).where(which), gone)


@lru_cache(MOST_PUTS)
def _put(dialect: str, table: sa.Table, key: tuple[str, ...], change: tuple[str, ...]) -> Any:
    """Return the statement that puts a row in place of the one with its key. To make it takes longer than to run it."""
    # Each database has words of its own for it; those of this one are loaded already.
    insert = importlib.import_module(f"sqlalchemy.dialects.{dialect}").insert(table)
    named = [table.c[name] for name in key]
    if not change:
        return insert.on_conflict_do_nothing(index_elements=named)
    new = {name: insert.excluded[name] for name in change}
    return insert.on_conflict_do_update(index_elements=named, set_=new)


def _engine(url: str | sa.URL) -> sa.Engine:
    if str(url).startswith("sqlite"):
        return sqlite.engine(url)
    made: sa.Engine = _postgres().engine(str(url))
    return made


def _postgres() -> ModuleType:
    """Return what knows PostgreSQL, which a computer whose state is a file does not load."""
    return importlib.import_module("syncd.state.postgres")


def aside(table: sa.Table, *names: str) -> sa.Table:
    """Return a temporary table with some columns of another, for many rows that go there in the order of its key.

    In any other order, each would change another page of the database.
    """
    columns = [sa.Column(name, table.c[name].type, nullable=False) for name in names]
    return sa.Table(f"new_{table.name}", sa.MetaData(), *columns, prefixes=["TEMPORARY"])


def add(connection: sa.Connection, table: sa.Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Put new rows into a table; each has a value a column."""
    if rows and connection.dialect.name != "sqlite":
        _postgres().add(connection, table, rows)
    elif rows:
        compiled = sa.insert(table).compile(dialect=connection.dialect)
        connection.exec_driver_sql(str(compiled), list(rows))


@cache
def _creation(dialect: sa.Dialect) -> tuple[str, ...]:
    """Return what makes the tables. To put it together takes as long as the database takes to do it."""
    made: list[sa.ExecutableDDLElement] = []
    for table in metadata.sorted_tables:
        made.append(CreateTable(table))
        made += [CreateIndex(index) for index in table.indexes]
    return tuple(str(one.compile(dialect=dialect)) for one in made)


def _version(connection: sa.Connection) -> str | None:
    # Each push looks several times.
    there = (
        sa.inspect(connection).has_table("alembic_version")
        if connection.dialect.name == "sqlite"
        else connection.scalar(sa.text("SELECT to_regclass('alembic_version')"))
    )
    if not there:
        return None
    found: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return found


@contextmanager
def readable_errors() -> Iterator[None]:
    """Turn the database's errors into sentences."""
    try:
        yield
    except (exc.DBAPIError, sqlite3.Error) as error:
        if isinstance(error, exc.DBAPIError) and error.orig and not isinstance(error.orig, sqlite3.Error):
            raise _postgres().said(error.orig) from error
        raise sqlite.said((isinstance(error, exc.DBAPIError) and error.orig) or error) from error


@contextmanager
def _opening() -> Iterator[None]:
    """Turn what the system says of the database's files into sentences. Later on it speaks of other files."""
    try:
        yield
    except OSError as error:
        raise sqlite.said(error) from error
