"""The local index of a library: what it holds, kept current by asking only for what changed.

One request tells that nothing changed. The version to which the index is complete moves only when everything
up to it has been read, or when the versions of syncd's own writes leave no gap in which another writer fits.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from syncd.model import Identifiers
from syncd.state import store as db
from syncd.state.facts import heed
from syncd.state.search import Search
from syncd.state.store import Store
from syncd.sync.library import IndexedCollection, IndexedItem, LibraryView, indexed, replaced_by

if TYPE_CHECKING:
    # State is read by commands that load no client.
    from syncd.zotero.client import Client, Page

Json = dict[str, Any]
# So many items are stored anew at once.
AGAIN = 1000


class Index:
    """The index of one library.

    Args:
        store: the database that it lives in.
        library: the library's number there.
        prefix: "users/475425".
    """

    def __init__(self, store: Store, library: int, prefix: str) -> None:
        self._store = store
        self._library = library
        self._prefix = prefix

    def version(self) -> int:
        """Return the library's version up to which the index is complete."""
        with self._store.reading() as connection:
            query = sa.select(db.library.c.version).where(db.library.c.id == self._library)
            return int(connection.execute(query).scalar_one())

    def refresh(self, client: Client) -> None:
        """Read what changed in the library since last time."""
        known = self.version()
        page = client.items_since(known)
        if page.version > known:
            self._read(client, known, page)
        if page.version < known or self._has_too_much(client, known):
            # Restored from a backup or emptied, or another library at this address: no log says what went.
            self.forget()
            self.reread(client)

    def _has_too_much(self, client: Client, known: int) -> bool:
        """Ask whether the library holds what the index has, where it moved on from the version `known`.

        The versions of a library that was restored or emptied go on, and what went is in no answer about changes.
        """
        version = self.version()
        if known <= client.never_written or version == known:
            return False
        held = client.held(version)
        return held is not None and held != self._count()

    def reread(self, client: Client, *, erased: bool = False) -> None:
        """Read all of the library anew.

        Args:
            client: the library.
            erased: what the index has and the library has not was erased, though no log says so.
        """
        before = [self._keys(table) for table in (db.index_item, db.index_collection)] if erased else []
        with self._store.writing() as connection:
            self._empty(connection)
            self._complete(connection, 0)
            if erased:
                self._erase(connection, *before)
        self._read(client, 0, client.items_since(0))

    def _read(self, client: Client, known: int, page: Page) -> None:
        """Take over what changed after the version `known`, of which `page` is the first page."""
        if page.version <= client.never_written and not page.objects:
            # There are no collections and no deletions to ask for.
            with self._store.writing() as connection:
                self._complete(connection, page.version)
            return
        version, items = self._changed(client, known, page)
        collections = client.collections_since(known)
        deletions = client.deletions_since(known)
        with self._store.writing() as connection:
            self._store_items(
                connection, [(entry["data"], entry["version"], entry.get("meta", {})) for entry in items]
            )
            self._store_collections(connection, [(c["data"], c["version"]) for c in collections.objects])
            self._erase(connection, deletions.items, deletions.collections)
            if not known:
                # What is not there any more was in no answer, where the index was emptied before.
                heed(connection, self._library)
            self._complete(connection, version)

    def _keys(self, table: sa.Table) -> list[str]:
        query = sa.select(table.c.key).where(table.c.library == self._library)
        with self._store.reading() as connection:
            return list(connection.scalars(query))

    def _count(self) -> int:
        query = sa.select(sa.func.count()).where(db.index_item.c.library == self._library)
        with self._store.reading() as connection:
            return int(connection.scalar(query) or 0)

    def view(self, names: Sequence[str] = ()) -> LibraryView:
        """Return the library as the index has it; under its names, the one that new keys are made under first."""
        with self._store.reading() as connection:
            items = {row.key: item_of(row) for row in connection.execute(self._all(db.index_item))}
            collections = {
                row.key: IndexedCollection(row.key, row.name, row.parent, row.trashed)
                for row in connection.execute(self._all(db.index_collection))
            }
            deleted = frozenset(row.key for row in connection.execute(self._all(db.index_deletion)))
        first, *others = names or (self._prefix,)
        return LibraryView(first, self.version(), items, collections, deleted, tuple(others))

    def record(
        self,
        connection: sa.Connection,
        *,
        items: Sequence[tuple[Json, int]] = (),
        collections: Sequence[tuple[Json, int]] = (),
        complete: int | None,
    ) -> None:
        """Take over what a write returned, in the caller's transaction.

        Args:
            connection: the transaction.
            items: data and version of items written.
            collections: data and version of collections written.
            complete: the version up to which nothing else happened, if that is known.
        """
        self._store_items(connection, [(data, version, {}) for data, version in items])
        self._store_collections(connection, collections)
        if complete is not None:
            self._complete(connection, complete)

    def _changed(self, client: Client, known: int, page: Page) -> tuple[int, list[Json]]:
        """Return every changed item, and the version up to which that is all.

        Where one page does not hold them, the list of versions, which has no limit, is the snapshot: what
        changes while the items are read is newer than it and comes again next time.
        """
        if page.total <= len(page.objects):
            return page.version, list(page.objects)
        versions, version = client.item_versions_since(known)
        read = {entry["key"] for entry in page.objects}
        rest = [key for key in versions if key not in read]
        return version, [*page.objects, *client.items_by_key(rest)]

    def forget(self) -> None:
        """Empty the index: the next refresh reads the library anew."""
        with self._store.writing() as connection:
            self._empty(connection)
            connection.execute(
                sa.delete(db.index_deletion).where(db.index_deletion.c.library == self._library)
            )
            self._complete(connection, 0)

    def _empty(self, connection: sa.Connection) -> None:
        """Forget items and collections, and all that was noted of them."""
        for table in (db.index_item, db.index_collection, db.replaced):
            connection.execute(sa.delete(table).where(table.c.library == self._library))
        word = db.title_word.c
        connection.execute(sa.delete(db.title_word).where(word.library == self._library, word.kind == "item"))

    def _store_items(self, connection: sa.Connection, items: Iterable[tuple[Json, int, Json]]) -> None:
        _keep(
            connection,
            self._library,
            [indexed(data, version, meta.get("parsedDate")) for data, version, meta in items],
        )

    def _store_collections(self, connection: sa.Connection, collections: Iterable[tuple[Json, int]]) -> None:
        rows = [
            {
                "library": self._library,
                "key": data["key"],
                "version": version,
                "name": data["name"],
                "parent": data.get("parentCollection") or None,
                "trashed": bool(data.get("deleted")),
            }
            for data, version in collections
        ]
        _replace(connection, self._library, db.index_collection, rows)

    def _erase(self, connection: sa.Connection, items: Iterable[str], collections: Iterable[str]) -> None:
        for table, keys, kind in (
            (db.index_item, list(items), "item"),
            (db.index_collection, list(collections), "collection"),
        ):
            if kind == "item":
                Search(connection, self._library).drop_words("item", keys)
                _remove(connection, self._library, db.replaced, keys)
            _remove(connection, self._library, table, keys)
            if kind == "item":
                heed(connection, self._library, keys)
            rows = [{"library": self._library, "key": key, "kind": kind} for key in keys]
            db.upsert(connection, db.index_deletion, rows)
        for key in collections:
            self._take_out(connection, key)

    def _take_out(self, connection: sa.Connection, collection: str) -> None:
        """Take an erased collection out of its items: the server does so without giving them a new version."""
        table = db.index_item
        within = sa.and_(table.c.library == self._library, table.c.data.contains(f'"{collection}"'))
        for row in connection.execute(sa.select(table.c.key, table.c.data).where(within)).all():
            data = json.loads(row.data)
            data["collections"] = [key for key in data.get("collections", ()) if key != collection]
            change = sa.update(table).where(table.c.library == self._library, table.c.key == row.key)
            connection.execute(change.values(data=json.dumps(data, ensure_ascii=False)))

    def _complete(self, connection: sa.Connection, version: int) -> None:
        connection.execute(
            sa.update(db.library).where(db.library.c.id == self._library).values(version=version)
        )

    def _all(self, table: sa.Table) -> sa.Select[Any]:
        return sa.select(table).where(table.c.library == self._library)


def _keep(connection: sa.Connection, library: int, entries: Sequence[IndexedItem]) -> None:
    rows = [
        {
            "library": library,
            "key": entry.key,
            "version": entry.version,
            "item_type": entry.item_type,
            "parent": entry.parent,
            "trashed": entry.trashed,
            "folded_title": entry.folded_title,
            "folded_surname": entry.folded_surname,
            "year": entry.year,
            "doi": entry.identifiers.doi,
            "arxiv": entry.identifiers.arxiv,
            "data": entry.raw,
            "abstract": entry.abstract,
            "words": entry.words,
            "read_anew": entry.read_anew,
            "authors": entry.authors,
        }
        for entry in entries
    ]
    Search(connection, library).put("item", entries)
    _replace(connection, library, db.index_item, rows)
    _keep_replaced(connection, library, entries)
    heed(connection, library, [entry.key for entry in entries])


def _keep_replaced(connection: sa.Connection, library: int, entries: Sequence[IndexedItem]) -> None:
    """Note the keys of the items that these took the place of in a merge."""
    _remove(connection, library, db.replaced, [entry.key for entry in entries])
    rows = [
        {"library": library, "old": old, "key": entry.key}
        for entry in entries
        if not entry.parent
        for old in replaced_by(entry)
    ]
    db.upsert(connection, db.replaced, rows)


def _replace(connection: sa.Connection, library: int, table: sa.Table, rows: list[Json]) -> None:
    """Put rows in place of those with their keys; what exists is in the deletion log no longer."""
    db.upsert(connection, table, rows)
    _remove(connection, library, db.index_deletion, [row["key"] for row in rows])


def _remove(connection: sa.Connection, library: int, table: sa.Table, keys: list[str]) -> None:
    if keys:
        which = sa.delete(table).where(table.c.library == library, table.c.key == sa.bindparam("gone"))
        connection.execute(which, [{"gone": key} for key in keys])


def again(connection: sa.Connection, library: int) -> None:
    """Store all items of a library anew, as they are: an earlier syncd noted less of each."""
    table, last = db.index_item, ""
    columns = [table.c[name] for name in ("key", "version", "year", "data")]
    mine = sa.select(*columns).where(table.c.library == library).order_by(table.c.key).limit(AGAIN)
    while rows := connection.execute(mine.where(table.c.key > last)).all():
        # The year came from the server, which reads dates better.
        entries = [replace(indexed(json.loads(row.data), row.version), year=row.year) for row in rows]
        _keep(connection, library, entries)
        last = rows[-1].key


def item_of(row: sa.Row[Any]) -> IndexedItem:
    """Return the item of a row of `index_item`."""
    return IndexedItem(
        key=row.key,
        version=row.version,
        item_type=row.item_type,
        parent=row.parent,
        trashed=row.trashed,
        folded_title=row.folded_title,
        folded_surname=row.folded_surname,
        year=row.year,
        identifiers=Identifiers(row.doi, row.arxiv),
        raw=row.data,
        abstract=row.abstract,
        words=row.words,
        read_anew=row.read_anew,
        authors=row.authors,
    )
