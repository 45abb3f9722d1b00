"""The SQLite file of an embedded library: its tables, how it is opened, what a transaction is.

Write-ahead logging keeps the file whole when the process is killed at any moment, and lets readers read
while one process writes. Knows nothing of items; `store` does.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

from syncd.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

APPLICATION_ID = 0x73796E63
"""Marks the file as one of syncd's ("sync")."""
FORMAT = 2
"""The version of the file: 2 since versions begin where those of the real server do."""
FIRST_VERSION = 1
"""The version of a library that nobody has written to."""
BUSY_SECONDS = 30

_TABLES = """
CREATE TABLE libraries (name TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE items (
    library TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL,
    item_type TEXT NOT NULL, parent TEXT, trashed INTEGER NOT NULL,
    date_added TEXT NOT NULL, date_modified TEXT NOT NULL,
    data TEXT NOT NULL,       -- fields, creators, tags and relations as JSON
    title TEXT NOT NULL,      -- folded, to sort and search by
    creators TEXT NOT NULL,   -- folded, one a line, to search
    creator TEXT NOT NULL,    -- folded summary, to sort by
    date TEXT NOT NULL,       -- sortable
    type_label TEXT NOT NULL,
    UNIQUE (library, key)
);
CREATE INDEX items_by_change ON items (library, trashed, date_modified, version, key, parent);
CREATE INDEX items_by_version ON items (library, version, trashed, key);
CREATE INDEX items_by_parent ON items (library, parent, trashed, key);
CREATE TABLE item_collections (
    library TEXT NOT NULL, collection TEXT NOT NULL, item TEXT NOT NULL,
    PRIMARY KEY (library, collection, item)
) WITHOUT ROWID;
CREATE INDEX collections_of_item ON item_collections (library, item);
CREATE TABLE item_tags (
    library TEXT NOT NULL, item TEXT NOT NULL, tag TEXT NOT NULL, type INTEGER NOT NULL, folded TEXT NOT NULL,
    PRIMARY KEY (library, item, tag)
) WITHOUT ROWID;
CREATE INDEX items_of_tag ON item_tags (library, folded, item);
CREATE TABLE collections (
    library TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL,
    name TEXT NOT NULL, folded TEXT NOT NULL, parent TEXT, trashed INTEGER NOT NULL, relations TEXT NOT NULL,
    PRIMARY KEY (library, key)
) WITHOUT ROWID;
CREATE INDEX collections_by_parent ON collections (library, parent);
CREATE TABLE deletions (
    library TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL,
    PRIMARY KEY (library, kind, key)
) WITHOUT ROWID;
CREATE INDEX deletions_by_version ON deletions (library, version);
"""


def prepare(path: Path, library: str) -> None:
    """Create the file and its tables where they are missing, and check that they are ours.

    Raises:
        StateError: it can't be opened or written, is something else, or is of a newer syncd.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _keep_private(path)
        with closing(connect(path)) as connection:
            _create(connection, path, library)
    except (OSError, sqlite3.OperationalError) as error:
        raise StateError(
            f"the embedded library {path} can't be opened: {error}",
            hint="Check that its folder exists, that it may be written to, and that the disk is not full.",
        ) from error
    except sqlite3.DatabaseError as error:
        raise StateError(
            f"{path} is no library that syncd can read: {error}",
            hint="Name another file, or restore this one from a backup.",
        ) from error


def _keep_private(path: Path) -> None:
    """Let only its owner read and write the file; what SQLite makes beside it gets the same permissions.

    A file that is there is never opened here: to close it would let go of SQLite's own locks on it.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    for each in (path, *(path.with_name(path.name + ending) for ending in ("-wal", "-shm", "-journal"))):
        with suppress(FileNotFoundError, PermissionError):
            mode = each.lstat().st_mode
            if stat.S_ISREG(mode) and mode & 0o077:
                each.chmod(stat.S_IMODE(mode) & 0o700)


def _create(connection: sqlite3.Connection, path: Path, library: str) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    with transaction(connection):
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if tables and application != APPLICATION_ID:
            raise StateError(
                f"{path} is a database, but not an embedded library of syncd", hint="Name another file."
            )
        if version > FORMAT:
            raise StateError(
                f"{path} was written by a newer version of syncd (format {version}, known is {FORMAT})",
                hint="Update syncd.",
            )
        if not tables:
            for statement in _TABLES.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        elif version < FORMAT:
            # They began with 0: what is written in a first version must not look like a library that is new.
            connection.execute("UPDATE libraries SET version = version + 1")
        connection.execute(f"PRAGMA user_version = {FORMAT}")
        connection.execute(
            "INSERT INTO libraries VALUES (?, ?) ON CONFLICT DO NOTHING", (library, FIRST_VERSION)
        )


def connect(path: Path) -> sqlite3.Connection:
    """A connection for one thread, which must close it. Waits for other writers up to 30 seconds.

    A commit reaches the operating system at once, so a killed process loses nothing that was committed;
    `settle` puts it on the disk.
    """
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = NORMAL")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing, with no other writer in between."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """Everything read inside is of one and the same moment."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")


def settle(connection: sqlite3.Connection) -> None:
    """Put everything committed so far on the disk: one sync for a request, however many objects it wrote."""
    connection.execute("PRAGMA synchronous = FULL")
    try:
        with transaction(connection):
            connection.execute("UPDATE libraries SET version = version")
    finally:
        connection.execute("PRAGMA synchronous = NORMAL")
