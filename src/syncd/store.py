"""syncd's own database: opened, migrated, and with errors that a person can read.

Its tables are in `tables`. SQLite by default, PostgreSQL by URL for teams. This module never touches a library.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import exc

from syncd.clock import SystemClock
from syncd.errors import StateError
from syncd.paths import keep_private

if TYPE_CHECKING:
    from collections.abc import Iterator

# The newest migration; a test holds it to what `migrations/versions` says.
HEAD = "0004"
BUSY_MILLISECONDS = 30_000
# Seconds between two tries where SQLite does not wait itself.
SLICE = 0.02
WRITES = "syncd_writes"


class Store:
    """The database, opened and on the newest version.

    Args:
        url: as SQLAlchemy writes it.

    Raises:
        StateError: it can't be opened, is no database of syncd, or is of a newer syncd.
    """

    def __init__(self, url: str | sa.URL) -> None:
        self.engine = sa.create_engine(url)
        self._writer = self.engine.execution_options(**{WRITES: True})
        if self.engine.dialect.name == "sqlite":
            sa.event.listen(self.engine, "connect", _prepare_sqlite)
            sa.event.listen(self.engine, "begin", _begin_sqlite)
        try:
            with readable_errors():
                self._migrate()
        except BaseException:
            self.engine.dispose()
            raise

    @classmethod
    def at(cls, path: Path) -> Store:
        """Open the SQLite database at `path`, made for the user alone where there is none."""
        with readable_errors():
            keep_private(path)
        return cls(sa.URL.create("sqlite", database=str(path)))

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection for reading."""
        with readable_errors(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Give a connection in a transaction: all of it happens, or nothing."""
        with readable_errors(), self._writer.begin() as connection:
            yield connection

    def _migrate(self) -> None:
        with self.engine.connect() as connection:
            found = _version(connection)
        if found == HEAD:
            return
        # Alembic takes a quarter of a second to import: only where there is something to do.
        from syncd.migrations import known_revisions, upgrade  # noqa: PLC0415

        with self._writer.begin() as connection:
            # Another process may have done it while this one waited for its turn.
            found = _version(connection)
            if found == HEAD:
                return
            if found is not None and found not in known_revisions():
                raise StateError(
                    f"the state is of a newer syncd (revision {found})",
                    hint="Upgrade syncd, or set another data folder.",
                )
            if found is not None:
                self._back_up(found)
            upgrade(connection)

    def _back_up(self, version: str) -> None:
        """Leave a copy beside an SQLite database, whole or not at all. The caller keeps others from writing."""
        path = self.engine.url.database
        if self.engine.dialect.name != "sqlite" or not path:
            return
        backup = Path(f"{path}.{version}.backup")
        part = backup.with_name(f"{backup.name}.part")
        part.unlink(missing_ok=True)
        try:
            part.touch(0o600, exist_ok=False)
            self._copy(part)
            part.replace(backup)
        except BaseException:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise

    def _copy(self, part: Path) -> None:
        """Write what is committed into an empty file, and that to the disk."""
        # Not by the engine's connections, which are in a transaction: SQLite makes such a copy outside of one.
        source = self.engine.raw_connection()
        try:
            source.cursor().execute("VACUUM INTO ?", (str(part),))
        finally:
            source.close()
        with part.open("rb+") as file:
            os.fsync(file.fileno())


def _version(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return found


@contextmanager
def readable_errors() -> Iterator[None]:
    """Turn the database's errors into sentences."""
    try:
        yield
    except (exc.DBAPIError, sqlite3.Error) as error:
        words = str(error.orig if isinstance(error, exc.DBAPIError) else error)
        raise StateError(f"syncd's own database: {words}", hint=_hint(words)) from error
    except OSError as error:
        raise StateError(
            f"syncd's own database: {error.strerror or error}", hint=_hint(str(error))
        ) from error


def _hint(words: str) -> str:
    """Say what to do about the words of SQLite."""
    for sign, hint in (
        ("full", "Free some space and run it again; what was pushed is safe in Zotero."),
        ("locked", "Another program holds it; run it again when that has ended."),
        ("readonly", "Make the data folder writable."),
        ("unable to open", "Check that the data folder exists and is writable."),
        ("not a database", "Move the file away: syncd rebuilds it from the library."),
        ("malformed", "Move the file away: syncd rebuilds it from the library."),
    ):
        if sign in words:
            return hint
    return ""


def _prepare_sqlite(connection: sa.engine.interfaces.DBAPIConnection, _record: object) -> None:
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


def _begin_sqlite(connection: sa.Connection) -> None:
    # Of two that read first and write then, one would fail at once: who is going to write waits for its turn.
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
