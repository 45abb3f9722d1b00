"""Collections of one library in SQLite.

Writes expect to be inside a transaction of the caller, and refuse nothing.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .objects import Collection
from .text import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .store import Store

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
    rows = store.connection.execute(
        "SELECT collection, count(*) FROM item_collections JOIN items"
        " ON items.library = item_collections.library AND items.key = item_collections.item"
        " WHERE item_collections.library = ? AND items.trashed = 0 GROUP BY collection",
        (store.library,),
    )
    return dict(rows.fetchall())


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
