"""The SQLite file of an embedded library: tables, transactions, items, collections, versions, the deletion log.

Writes expect to be inside a transaction of the caller, and refuse nothing. Write-ahead logging keeps the file whole
when the process dies.
"""

from __future__ import annotations

import json
import os
import sqlite3
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import local
from typing import Any, Literal, TypeVar

from syncd.errors import StateError
from syncd.messages import message
from syncd.zotero.embedded.objects import Collection, Item
from syncd.zotero.embedded.text import fold

APPLICATION_ID = 0x73796E63
"""Marks the file as one of syncd's ("sync")."""
FORMAT = 2
"""The version of the file: 2 since versions begin where those of the real server do."""
FIRST_VERSION = 1
"""The version of a library that nobody has written to."""
BUSY_SECONDS = 30
_READERS = 4

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
_INDEXES = """
CREATE INDEX IF NOT EXISTS items_by_date ON items (library, trashed, parent, date DESC, version DESC, key);
CREATE INDEX IF NOT EXISTS items_by_words ON items (library, trashed, key, parent, version, date, title, creators)
"""
"""What came later: a list by date, a search and a large collection read these instead of items with their abstracts."""


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
            message("embedded-library-not-opened", path=path, reason=error),
            hint=message("check-folder-and-disk"),
        ) from error
    except sqlite3.DatabaseError as error:
        raise StateError(
            message("embedded-library-unreadable", path=path, reason=error),
            hint=message("name-another-file-or-restore"),
        ) from error


def identity(path: Path) -> str:
    """Return what tells this file from those of other embedded libraries; a copy of it has the same."""
    with closing(connect(path)) as connection, transaction(connection):
        connection.execute("CREATE TABLE IF NOT EXISTS identity (id TEXT NOT NULL)")
        connection.execute(
            "INSERT INTO identity SELECT lower(hex(randomblob(8))) WHERE NOT EXISTS (SELECT 1 FROM identity)"
        )
        found: str = connection.execute("SELECT id FROM identity").fetchone()[0]
        return found


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
                message("embedded-library-no-database", path=path), hint=message("name-another-file")
            )
        if version > FORMAT:
            raise StateError(
                message("embedded-library-of-newer", path=path, format=version, known=FORMAT),
                hint=message("simply-update-syncd"),
            )
        if not tables:
            for statement in _TABLES.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        for statement in _INDEXES.split(";"):
            connection.execute(statement)
        if tables and version < FORMAT:
            # They began with 0: what is written in a first version must not look like a library that is new.
            connection.execute("UPDATE libraries SET version = version + 1")
        connection.execute(f"PRAGMA user_version = {FORMAT}")
        connection.execute(
            "INSERT INTO libraries VALUES (?, ?) ON CONFLICT DO NOTHING", (library, FIRST_VERSION)
        )


def connect(path: Path) -> sqlite3.Connection:
    """A connection for one thread, to be closed when that is done. Waits for other writers up to 30 seconds.

    What is committed is on the disk.
    """
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA synchronous = FULL")
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
def part(connection: sqlite3.Connection) -> Iterator[None]:
    """A part of a transaction, which is written whole or not at all, whatever becomes of the other parts."""
    connection.execute("SAVEPOINT part")
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # SQLite gives a transaction up where the disk is full
            connection.execute("ROLLBACK TO part")
        raise
    finally:
        if connection.in_transaction:
            connection.execute("RELEASE part")


@contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """Everything read inside is of one and the same moment."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")


Result = TypeVar("Result")
Work = Callable[[sqlite3.Connection], Result]


class Workers:
    """The threads that work on the file: one writes, in the order in which the work comes, and a few read.

    SQLite lets one connection write at a time, and lets whoever waits try again later and later. So with many
    that write, the last would wait for long. A queue gives each its turn.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._own = local()
        self._connections: list[sqlite3.Connection] = []
        self._writer = ThreadPoolExecutor(1, "library-writer")
        self._readers = ThreadPoolExecutor(_READERS, "library-reader")

    def write(self, work: Work[Result]) -> Future[Result]:
        """Let the thread that writes do something, when all has been done that came before."""
        return self._writer.submit(lambda: work(self._connection()))

    def read(self, work: Work[Result]) -> Future[Result]:
        """Let a thread read something, all of one and the same moment."""

        def in_a_snapshot() -> Result:
            connection = self._connection()
            with snapshot(connection):
                return work(connection)

        return self._readers.submit(in_a_snapshot)

    def close(self) -> None:
        """Finish what was begun, and close the file."""
        for threads in (self._writer, self._readers):
            threads.shutdown()
        for connection in self._connections:
            connection.close()

    def _connection(self) -> sqlite3.Connection:
        """The connection of the calling thread."""
        if not hasattr(self._own, "connection"):
            self._own.connection = connect(self._path)
            self._connections.append(self._own.connection)
        connection: sqlite3.Connection = self._own.connection
        return connection


_COLUMNS = "key, name, version, parent, trashed, relations"


def collection(store: Store, key: str) -> Collection | None:
    """The collection, in the trash or not."""
    row = store.connection.execute(
        f"SELECT {_COLUMNS} FROM collections WHERE library = ? AND key = ?",  # noqa: S608 - constants
        (store.library, key),
    ).fetchone()
    return _collection(row) if row else None


def all_collections(store: Store) -> list[Collection]:
    """All collections, by name."""
    rows = store.connection.execute(
        f"SELECT {_COLUMNS} FROM collections WHERE library = ? ORDER BY folded, key",  # noqa: S608 - constants
        (store.library,),
    )
    return [_collection(row) for row in rows]


def count_items(store: Store) -> dict[str, int]:
    """How many items outside the trash each collection has of its own; no entry for none."""
    every = store.connection.execute(
        "SELECT collection, count(*) FROM item_collections WHERE library = ? GROUP BY collection",
        (store.library,),
    )
    counts = dict(every.fetchall())
    # To look each item up would take longer than all else of a page that shows collections.
    trashed = store.connection.execute(
        "SELECT collection, count(*) FROM items CROSS JOIN item_collections AS member"
        " ON member.library = items.library AND member.item = items.key"
        " WHERE items.library = ? AND items.trashed = 1 GROUP BY collection",
        (store.library,),
    )
    for collection, number in trashed:
        counts[collection] -= number
    return {key: number for key, number in counts.items() if number}


def count_subcollections(store: Store) -> dict[str, int]:
    """How many collections are directly in each; no entry for none."""
    rows = store.connection.execute(
        "SELECT parent, count(*) FROM collections WHERE library = ? AND parent IS NOT NULL GROUP BY parent",
        (store.library,),
    )
    return dict(rows.fetchall())


def missing(store: Store, keys: Sequence[str]) -> str | None:
    """The first of these keys that is no collection."""
    return next((key for key in keys if collection(store, key) is None), None)


def save(store: Store, saved: Collection) -> None:
    """Write a new or changed collection, and take its key out of the deletion log."""
    store.connection.execute(
        "INSERT INTO collections (library, key, version, name, folded, parent, trashed, relations)"
        " VALUES (?,?,?,?,?,?,?,?) ON CONFLICT (library, key) DO UPDATE SET version = excluded.version,"
        " name = excluded.name, folded = excluded.folded, parent = excluded.parent,"
        " trashed = excluded.trashed, relations = excluded.relations",
        (
            *(store.library, saved.key, saved.version, saved.name, fold(saved.name)),
            *(saved.parent, saved.trashed, json.dumps(saved.relations)),
        ),
    )
    store.forget_deletion("collections", saved.key)


def descendants(store: Store, key: str) -> list[str]:
    """The keys of all collections inside a collection, at any depth."""
    rows = store.connection.execute(
        "WITH RECURSIVE inside (key) AS"
        " (SELECT key FROM collections WHERE library = :library AND parent = :key"
        " UNION SELECT collections.key FROM collections JOIN inside ON collections.parent = inside.key"
        " WHERE collections.library = :library) SELECT key FROM inside",
        {"library": store.library, "key": key},
    )
    return [row[0] for row in rows]


def delete(store: Store, key: str, version: int) -> None:
    """Delete a collection and those inside it, and log them. Their items stay, unchanged in version."""
    for each in (key, *descendants(store, key)):
        store.connection.execute(
            "DELETE FROM item_collections WHERE library = ? AND collection = ?", (store.library, each)
        )
        store.connection.execute(
            "DELETE FROM collections WHERE library = ? AND key = ?", (store.library, each)
        )
        store.log_deletion("collections", each, version)


def _collection(row: tuple[Any, ...]) -> Collection:
    key, name, version, parent, trashed, relations = row
    return Collection(key, name, version, parent, bool(trashed), json.loads(relations))


Kind = Literal["items", "collections"]
_COLUMNS_STORE = "key, item_type, version, parent, trashed, date_added, date_modified, data"


class Store:
    """One library of a database.

    Attributes:
        connection: of the calling thread.
        library: such as "users/1".
    """

    def __init__(self, connection: sqlite3.Connection, library: str) -> None:
        self.connection = connection
        self.library = library

    def version(self) -> int:
        """The library's version."""
        row = self.connection.execute(
            "SELECT version FROM libraries WHERE name = ?", (self.library,)
        ).fetchone()
        return int(row[0])

    def next_version(self) -> int:
        """Move the library's version on by one."""
        row = self.connection.execute(
            "UPDATE libraries SET version = version + 1 WHERE name = ? RETURNING version", (self.library,)
        ).fetchone()
        return int(row[0])

    def item(self, key: str) -> Item | None:
        """The item, in the trash or not."""
        return next(iter(self.items([key])), None)

    def items(self, keys: Sequence[str]) -> list[Item]:
        """The items that exist, in the order of their keys."""
        rows = self.connection.execute(
            f"SELECT {_COLUMNS_STORE} FROM items WHERE library = ? AND key IN ({_marks(keys)})",  # noqa: S608 - constants
            (self.library, *keys),
        ).fetchall()
        collections = self._collections(keys)
        found = {row[0]: _item(row, collections.get(row[0], ())) for row in rows}
        return [found[key] for key in keys if key in found]

    def children(self, key: str) -> list[Item]:
        """The item's notes and attachments, in the trash or not."""
        rows = self.connection.execute(
            "SELECT key FROM items WHERE library = ? AND parent = ?", (self.library, key)
        )
        return self.items(sorted(row[0] for row in rows))

    def children_of(self, keys: Sequence[str]) -> dict[str, list[Item]]:
        """The notes and attachments outside the trash of each of these items."""
        rows = self.connection.execute(
            # SQLite would rather go through the whole library in an index that has all columns.
            "SELECT key FROM items INDEXED BY items_by_parent WHERE library = ? AND trashed = 0"  # noqa: S608 - constants
            f" AND parent IN ({_marks(keys)}) ORDER BY title",
            (self.library, *keys),
        ).fetchall()
        children: dict[str, list[Item]] = {}
        for child in self.items([row[0] for row in rows]):
            children.setdefault(child.parent or "", []).append(child)
        return children

    def count_children(self, keys: Sequence[str]) -> dict[str, int]:
        """How many notes and attachments outside the trash each item has; no entry for none."""
        rows = self.connection.execute(
            f"SELECT parent, count(*) FROM items WHERE library = ? AND trashed = 0"  # noqa: S608 - constants
            f" AND parent IN ({_marks(keys)}) GROUP BY parent",
            (self.library, *keys),
        )
        return dict(rows.fetchall())

    def save_item(self, item: Item) -> None:
        """Write a new or changed item, and take its key out of the deletion log."""
        search = item.search_columns()
        self.connection.execute(
            "INSERT INTO items (library, key, item_type, version, parent, trashed, date_added, date_modified,"
            " data, title, creators, creator, date, type_label) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
            " ON CONFLICT (library, key) DO UPDATE SET item_type = excluded.item_type,"
            " version = excluded.version, parent = excluded.parent, trashed = excluded.trashed,"
            " date_added = excluded.date_added, date_modified = excluded.date_modified, data = excluded.data,"
            " title = excluded.title, creators = excluded.creators, creator = excluded.creator,"
            " date = excluded.date, type_label = excluded.type_label",
            (
                *(self.library, item.key, item.item_type, item.version, item.parent, item.trashed),
                *(item.date_added, item.date_modified, json.dumps(item.data, ensure_ascii=False)),
                *search,
            ),
        )
        self._forget_links(item.key)
        self.connection.executemany(
            "INSERT INTO item_collections (library, collection, item) VALUES (?, ?, ?)",
            [(self.library, collection, item.key) for collection in item.collections],
        )
        self.connection.executemany(
            "INSERT INTO item_tags (library, item, tag, type, folded) VALUES (?, ?, ?, ?, ?)",
            [
                (self.library, item.key, tag["tag"], tag.get("type", 0), fold(tag["tag"]))
                for tag in item.data.get("tags", [])
            ],
        )
        self.forget_deletion("items", item.key)

    def delete_item(self, item: Item, version: int) -> None:
        """Delete an item and its children for good, and log them."""
        for each in (item, *self.children(item.key)):
            self.connection.execute(
                "DELETE FROM items WHERE library = ? AND key = ?", (self.library, each.key)
            )
            self._forget_links(each.key)
            self.log_deletion("items", each.key, version)

    def log_deletion(self, kind: Kind, key: str, version: int) -> None:
        """Remember that an object was deleted."""
        self.connection.execute(
            "INSERT INTO deletions (library, kind, key, version) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (library, kind, key) DO UPDATE SET version = excluded.version",
            (self.library, kind, key, version),
        )

    def forget_deletion(self, kind: Kind, key: str) -> None:
        """An object with this key exists again."""
        self.connection.execute(
            "DELETE FROM deletions WHERE library = ? AND kind = ? AND key = ?", (self.library, kind, key)
        )

    def deletions(self, since: int) -> dict[Kind, list[str]]:
        """Keys deleted after a version, sorted."""
        logged: dict[Kind, list[str]] = {"items": [], "collections": []}
        rows = self.connection.execute(
            "SELECT kind, key FROM deletions WHERE library = ? AND version > ? ORDER BY key",
            (self.library, since),
        )
        for kind, key in rows:
            logged[kind].append(key)
        return logged

    def count_trash(self) -> int:
        """How many items are in the trash."""
        row = self.connection.execute(
            "SELECT count(*) FROM items WHERE library = ? AND trashed = 1", (self.library,)
        ).fetchone()
        return int(row[0])

    def _collections(self, keys: Sequence[str]) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        rows = self.connection.execute(
            f"SELECT item, collection FROM item_collections WHERE library = ?"  # noqa: S608 - constants
            f" AND item IN ({_marks(keys)}) ORDER BY +collection",  # by the index of items
            (self.library, *keys),
        )
        for item, collection in rows:
            found[item] = (*found.get(item, ()), collection)
        return found

    def _forget_links(self, key: str) -> None:
        for table in ("item_collections", "item_tags"):
            self.connection.execute(
                f"DELETE FROM {table} WHERE library = ? AND item = ?",  # noqa: S608 - constants
                (self.library, key),
            )


def _item(row: tuple[Any, ...], collections: tuple[str, ...]) -> Item:
    key, item_type, version, parent, trashed, added, modified, data = row
    return Item(
        key, item_type, version, parent, bool(trashed), added, modified, json.loads(data), collections
    )


def _marks(values: Iterable[object]) -> str:
    """Placeholders for so many values."""
    return ", ".join("?" for _ in values)
