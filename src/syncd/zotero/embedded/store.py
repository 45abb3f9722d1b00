"""Items of one library in SQLite, its version and its deletion log. Collections are in `collection_store`.

Writes expect to be inside a transaction of the caller. What is written was checked before: nothing here
refuses anything.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from .objects import Item
from .text import fold

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

Kind = Literal["items", "collections"]
_COLUMNS = "key, item_type, version, parent, trashed, date_added, date_modified, data"


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
            f"SELECT {_COLUMNS} FROM items WHERE library = ? AND key IN ({_marks(keys)})",  # noqa: S608 - constants
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
            f"SELECT key FROM items WHERE library = ? AND trashed = 0 AND parent IN ({_marks(keys)})"  # noqa: S608 - constants
            " ORDER BY title",
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
            f" AND item IN ({_marks(keys)}) ORDER BY collection",
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
