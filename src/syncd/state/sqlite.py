"""SQLite, where a file holds the state: how it is opened and copied, and what its errors mean."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

from syncd.clock import SystemClock
from syncd.errors import StateError
from syncd.messages import message
from syncd.paths import keep_private

BUSY_MILLISECONDS = 30_000
# Seconds between two tries where SQLite does not wait itself.
SLICE = 0.02
# What a transaction is for, as an option of its connection.
WRITES = "syncd_writes"
MIGRATES = "syncd_migrates"


class Sqlite(SQLiteDialect_pysqlite):
    """SQLite as SQLAlchemy knows it, and one for all files: statements that were made for one fit each."""

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    def __hash__(self) -> int:
        return hash(type(self))


DRIVER = "sqlite+syncd"
sa.dialects.registry.register(DRIVER.replace("+", "."), __name__, Sqlite.__name__)
# Each push opens the database, and making its statements takes SQLAlchemy as long as all the rest of a small push.
_COMPILED: LRUCache[Any, Any] = LRUCache(500)


def engine(url: str | sa.URL) -> sa.Engine:
    """Return what opens a database; its transactions begin as their options say."""
    made = sa.create_engine(url, execution_options={"compiled_cache": _COMPILED})
    sa.event.listen(made, "connect", _prepare)
    sa.event.listen(made, "begin", _begin)
    return made


def address(path: Path) -> sa.URL:
    """Return the address of the database at `path`."""
    return sa.URL.create(DRIVER, database=str(path))


def copy(database: Path, revision: str) -> None:
    """Put a copy of a database beside it, before it is migrated: "syncd.sqlite.0004"."""
    target = Path(f"{database}.{revision}")
    unfinished = target.with_name(f"{target.name}.part")
    unfinished.unlink(missing_ok=True)
    keep_private(unfinished)
    try:
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(unfinished)) as made:
            source.backup(made)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def said(error: BaseException) -> StateError:
    """Return what an error of the database or of the system means."""
    words = getattr(error, "strerror", None) or str(error)
    return StateError(message("state-failed", reason=words), hint=_hint(str(error)))


def _hint(words: str) -> str:
    """Say what to do about the words of SQLite."""
    for sign, hint in (
        ("full", message("free-space-and-retry")),
        ("I/O", message("look-at-disk-and-retry")),
        ("locked", message("retry-when-free")),
        ("readonly", message("make-data-folder-writable")),
        ("unable to open", message("check-data-folder")),
        ("not a database", message("move-file-away")),
        ("malformed", message("move-file-away")),
    ):
        if sign in words:
            return hint
    return ""


def _prepare(connection: sa.engine.interfaces.DBAPIConnection, _record: object) -> None:
    # The driver would begin transactions late and leave changes of tables outside: we begin them ourselves.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    _set_wal(cursor)
    # The journal of a write must be on the disk before the write is sent, hence FULL.
    for pragma in ("synchronous = FULL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _set_wal(cursor: sa.engine.interfaces.DBAPICursor) -> None:
    """Let readers and a writer not wait for each other.

    Of several that do so to a new file at once, SQLite turns some away without waiting: here they wait.
    """
    clock = SystemClock()
    until = clock.monotonic() + BUSY_MILLISECONDS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or clock.monotonic() >= until:
                raise
            clock.sleep(SLICE)
        else:
            return


def _begin(connection: sa.Connection) -> None:
    # Of two that read first and write then, one would fail at once: who is going to write waits for its turn.
    options = connection.get_execution_options()
    if options.get(MIGRATES):
        # SQLite makes a table anew to change it, which must not take along the rows that refer to it.
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    writes = options.get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
