"""The local index of a library: what it holds, kept current by asking only for what changed.

One request tells that nothing changed. The version to which the index is complete moves only when everything
up to it has been read, or when the versions of syncd's own writes leave no gap in which another writer fits.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

import sqlalchemy as sa

from syncd.errors import StateError
from syncd.messages import message
from syncd.model import Identifiers
from syncd.state import tables as db
from syncd.state.facts import heed
from syncd.state.search import Search, chunks, note_words
from syncd.state.store import Store, add, aside, upsert
from syncd.sync.library import NO_PAPER, IndexedItem, indexed, replaced_by

if TYPE_CHECKING:
    # State is read by commands that load no client.
    from syncd.zotero.client import Client, Page
    from syncd.zotero.desktop import PluginClient

Json = dict[str, Any]
# So many items are stored anew at once.
AGAIN = 1000
T = TypeVar("T")
# So many objects are written in one transaction while a library is read. One answer holds up to PART of them.
BATCH = 1000
PART = 100
# How many requests are on their way at once where a library is read that was not read before.
CONNECTIONS = 4
# So many items come in faster while their table has no indexes but the one of its key.
LARGE = 20_000


class Listener(Protocol):
    """Is told how far a reading is; whatever it raises ends the reading, which goes on from there the next time."""

    def stage(self, words: str) -> None:
        """Take note of what is done with what was read."""
        ...

    def reading(self, items: int, total: int) -> None:
        """Take note of how many items were read, of how many; 0 where that is not known."""
        ...


class Nobody:
    """Listens to nothing."""

    def stage(self, words: str) -> None:
        """Ignore it."""

    def reading(self, items: int, total: int) -> None:
        """Ignore it."""


NOBODY = Nobody()


class Index:
    """The index of one library.

    Args:
        store: the database that it lives in.
        library: the library's number there.
    """

    def __init__(self, store: Store, library: int) -> None:
        self._store = store
        self._library = library

    def version(self) -> int:
        """Return the library's version up to which the index is complete."""
        with self._store.reading() as connection:
            query = sa.select(db.library.c.version).where(db.library.c.id == self._library)
            return int(connection.execute(query).scalar_one())

    def refresh(self, client: Client, listener: Listener = NOBODY) -> None:
        """Read what changed in the library since last time, and first what an earlier reading left unread.

        Args:
            client: the library.
            listener: is told how far it is, where there are more than a few items.
        """
        known = self.version()
        self._go_on(client, known, listener)
        reached = self.version()
        if self._read_since(client, reached, listener) < reached or self._has_too_much(client, known):
            # Restored from a backup or emptied, or another library at this address: no log says what went.
            self.forget()
            self.reread(client, listener=listener)

    def _has_too_much(self, client: Client, known: int) -> bool:
        """Ask whether the library holds what the index has, where it moved on from the version `known`.

        The versions of a library that was restored or emptied go on, and what went is in no answer about changes.
        """
        version = self.version()
        if known <= client.never_written or version == known:
            return False
        held = client.held(version)
        return held is not None and held != self._count()

    def reread(self, client: Client, *, erased: bool = False, listener: Listener = NOBODY) -> None:
        """Read all of the library anew.

        Args:
            client: the library.
            erased: what the index has and the library has not was erased, though no log says so.
            listener: see `refresh`.
        """
        with self._store.writing() as connection:
            if erased:
                self._log_all(connection)
            self._empty(connection)
            self._complete(connection, 0)
            if erased:
                heed(connection, self._library)
        self._read_since(client, 0, listener)

    def _log_all(self, connection: sa.Connection) -> None:
        """Put all that the index has into the deletion log: what is still there is taken out of it when it is read."""
        log = db.index_deletion
        for table, kind in ((db.index_item, "item"), (db.index_collection, "collection")):
            is_logged = sa.exists().where(log.c.library == self._library, log.c.key == table.c.key)
            rows = sa.select(table.c.library, table.c.key, sa.literal(kind)).where(
                table.c.library == self._library, ~is_logged
            )
            connection.execute(sa.insert(log).from_select(["library", "key", "kind"], rows))

    def _go_on(self, client: Client, known: int, listener: Listener) -> None:
        """Read what an earlier reading left unread. What changed since comes after it."""
        target, after = self._reading()
        if target:
            self._read_listed(client, known, listener)
        elif after:
            self._read_pages(cast("PluginClient", client), known, listener)

    def _read_since(self, client: Client, known: int, listener: Listener) -> int:
        """Take over what changed after the version `known`; return the library's version."""
        if client.in_pages:
            return self._read_pages(cast("PluginClient", client), known, listener)
        page = client.items_since(known)
        if page.version <= known and known:
            return page.version
        if page.version <= client.never_written and not page.objects:
            # There are no collections and no deletions to ask for.
            with self._store.writing() as connection:
                self._complete(connection, page.version)
        elif page.total <= len(page.objects):
            collections = client.collections_since(known)
            with client.erased_since(known) as (erased, _), self._store.writing() as connection:
                self._store_items(connection, _entries(page.objects))
                self._finish(connection, known, page.version, collections.objects, erased)
        else:
            self._list(client, known, page)
            self._read_listed(client, known, listener)
        return page.version

    def _list(self, client: Client, known: int, page: Page) -> None:
        """Note what is to be read: where one page does not hold it, the list of versions, which has no limit.

        It is the snapshot: what changes while the items are read is newer than it and comes again.
        """
        read = {entry["key"]: entry for entry in page.objects}
        with (
            client.versions_since(known) as (versions, version),
            self._store.writing() as connection,
        ):
            self._drop_reading(connection)
            as_read, new = [], aside(db.unread, "library", "key")
            new.create(connection)
            for part in _batches(versions, BATCH):
                rows = []
                for key, now in part:
                    if key in read and read[key]["version"] == now:
                        as_read.append(read[key])
                    else:
                        rows.append((self._library, key))
                add(connection, new, rows)
            # In the order in which they are taken away again.
            in_order = sa.select(new).group_by(*new.c).order_by(new.c.key)
            connection.execute(sa.insert(db.unread).from_select(new.c.keys(), in_order))
            new.drop(connection)
            self._store_items(connection, _entries(as_read), first=not known)
            self._set(connection, target=version)

    def _read_listed(self, client: Client, known: int, listener: Listener) -> None:
        """Read what was listed and was not read yet; each part of it is kept, whatever ends this.

        Args:
            client: the library.
            known: the version after which it changed.
            listener: see `refresh`.
        """
        table = db.unread
        query = sa.select(sa.func.count()).where(table.c.library == self._library)
        with self._store.reading() as connection:
            total = int(connection.scalar(query) or 0)
        if not known and total >= LARGE:
            self._drop_indexes()
        # More than one connection at a time only for a library that was never read.
        parts = client.items_in_parts(self._unread(), 1 if known else CONNECTIONS)
        target, _ = self._reading()
        done = 0
        for several in _batches(parts, BATCH // PART):
            keys = [key for part, _ in several for key in part]
            with self._store.writing() as connection:
                told = _entries(entry for _, items in several for entry in items)
                self._store_items(connection, told, first=not known)
                _remove(connection, self._library, table, keys)
            done += len(keys)
            listener.reading(done, total)
        if not known:
            self._let_find(listener)
        collections = client.collections_since(known)
        with client.erased_since(known) as (erased, _), self._store.writing() as connection:
            self._check_alone(connection, known, listed=True)
            self._finish(connection, known, target, collections.objects, erased)

    def _read_pages(self, client: PluginClient, known: int, listener: Listener) -> int:
        """Take over what changed, page by page; each is kept, whatever ends this. Return the library's version."""
        after = self._reading()[1] or None
        done = 0
        while True:
            page = client.page_since(known, after)
            version = page.deletions.version
            if after is None and page.after is None and version <= known and known:
                return version
            first = not known and not (after is None and page.after is None)
            told = _entries({**each, "meta": {}} for each in page.items)
            if first and page.after is None:
                with self._store.writing() as connection:
                    self._store_items(connection, told, first=True)
                self._let_find(listener)
                told = []
            with self._store.writing() as connection:
                self._store_items(connection, told, first=first)
                if page.after is None:
                    gone = page.deletions
                    erased = (("items", gone.items), ("collections", gone.collections))
                    each = ((kind, key) for kind, keys in erased for key in keys)
                    self._finish(connection, known, version, page.collections, each)
                    return version
                self._store_collections(
                    connection, [(each["data"], each["version"]) for each in page.collections]
                )
                self._set(connection, after=page.after)
            after = page.after
            done += len(page.items)
            listener.reading(done, 0)

    def _drop_indexes(self) -> None:
        """Drop the indexes of items, unless another library has items that are found by them, or may have soon."""
        if self._store.is_shared:
            return
        others = sa.select(db.index_item.c.key).where(db.index_item.c.library != self._library).limit(1)
        with self._store.writing() as connection:
            if connection.execute(others).first() is None:
                for index in db.index_item.indexes:
                    index.drop(connection, checkfirst=True)

    def _let_find(self, listener: Listener) -> None:
        """Let all items be found by what they say: while a library is read first, they are stored without."""
        note_words(
            self._store, self._library, lambda items: listener.stage(message("noting-titles", items=items))
        )
        listener.stage(message("sorting-index"))
        # They may be missing from a reading of another library, which was never ended.
        for index in sorted(db.index_item.indexes, key=lambda index: str(index.name)):
            with self._store.writing() as connection:
                index.create(connection, checkfirst=True)

    def _finish(
        self,
        connection: sa.Connection,
        known: int,
        version: int,
        collections: Iterable[Json],
        erased: Iterable[tuple[str, str]],
    ) -> None:
        """Take over what else changed after the version `known`: the index is complete up to `version` then."""
        self._check_alone(connection, known)
        self._store_collections(connection, [(each["data"], each["version"]) for each in collections])
        for part in _batches(erased, BATCH):
            self._erase(
                connection,
                [key for kind, key in part if kind == "items"],
                [key for kind, key in part if kind == "collections"],
            )
        if not known:
            # What is not there any more was in no answer, where the index was emptied before.
            heed(connection, self._library)
        self._drop_reading(connection)
        self._complete(connection, version)

    def _check_alone(self, connection: sa.Connection, known: int, *, listed: bool = False) -> None:
        """Make sure that no other run read the library meanwhile: its turn is no more than a courtesy.

        Raises:
            StateError: one did. What both read is kept, and the index is complete up to where it was.
        """
        here = sa.select(db.library.c.version).where(db.library.c.id == self._library).with_for_update()
        left = sa.select(db.unread.c.key).where(db.unread.c.library == self._library).limit(1)
        if connection.scalar(here) != known or (listed and connection.scalar(left)):
            raise StateError(message("library-read-by-another"), hint=message("written-is-recorded"))

    def _unread(self) -> Iterator[str]:
        """Yield the keys of what is still to be read, in order; meanwhile they may be taken away."""
        table, last = db.unread, ""
        query = sa.select(table.c.key).where(table.c.library == self._library).order_by(table.c.key)
        while True:
            with self._store.reading() as connection:
                keys = list(connection.scalars(query.where(table.c.key > last).limit(BATCH)))
            if not keys:
                return
            yield from keys
            last = keys[-1]

    def _drop_reading(self, connection: sa.Connection) -> None:
        """Forget where a reading was."""
        connection.execute(sa.delete(db.unread).where(db.unread.c.library == self._library))
        self._set(connection, target=0, after="")

    def _reading(self) -> tuple[int, str]:
        """Return where a reading is that is not at its end.

        The version up to which the index is complete once all that was listed is read, 0 where nothing was; and what
        the next page of a plugin is asked with, "" where none is.
        """
        query = sa.select(db.library.c.target, db.library.c.after).where(db.library.c.id == self._library)
        with self._store.reading() as connection:
            target, after = connection.execute(query).one()
        return target, after

    def _set(self, connection: sa.Connection, **values: object) -> None:
        connection.execute(sa.update(db.library).where(db.library.c.id == self._library).values(**values))

    def _count(self) -> int:
        query = sa.select(sa.func.count()).where(db.index_item.c.library == self._library)
        with self._store.reading() as connection:
            return int(connection.scalar(query) or 0)

    def items(self, keys: Iterable[str]) -> Iterator[IndexedItem]:
        """Yield those of these items that are in the library, some at a time."""
        query, key = self._all(db.index_item), db.index_item.c.key
        for part in chunks(keys):
            with self._store.reading() as connection:
                rows = connection.execute(query.where(key.in_(part))).all()
            yield from map(item_of, rows)

    def as_written(self) -> Iterator[IndexedItem]:
        """Yield the items that nobody has changed since syncd wrote them, some at a time."""
        item, written, last = db.index_item.c, db.written.c, ""
        is_as_written = sa.exists().where(
            written.library == item.library, written.key == item.key, written.version == item.version
        )
        query = self._all(db.index_item).where(is_as_written).order_by(item.key).limit(BATCH)
        while True:
            with self._store.reading() as connection:
                rows = connection.execute(query.where(item.key > last)).all()
            if not rows:
                return
            yield from map(item_of, rows)
            last = rows[-1].key

    def titled(self, folded_title: str, folded_surname: str) -> list[IndexedItem]:
        """Return the papers of this title and first author."""
        item = db.index_item.c
        which = (item.folded_title == folded_title, item.folded_surname == folded_surname)
        with self._store.reading() as connection:
            found = map(item_of, connection.execute(self._all(db.index_item).where(*which)).all())
        return [one for one in found if not one.parent and one.item_type not in NO_PAPER]

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
        self._drop_reading(connection)
        for table in (db.index_item, db.index_collection, db.replaced, db.item_collection):
            connection.execute(sa.delete(table).where(table.c.library == self._library))
        word = db.title_word.c
        connection.execute(sa.delete(db.title_word).where(word.library == self._library, word.kind == "item"))

    def _store_items(
        self, connection: sa.Connection, items: Iterable[tuple[Json, int, Json]], *, first: bool = False
    ) -> None:
        """Store items; where a library is read `first`, what they are found by comes at its end, see `_let_find`."""
        told = list(items)
        entries = [indexed(data, version, meta.get("parsedDate")) for data, version, meta in told]
        if not first:
            Search(connection, self._library).put("item", entries)
        _keep(connection, self._library, entries)
        if not first:
            heed(connection, self._library, [entry.key for entry in entries])
        self._store_places(connection, [data for data, _, _ in told])

    def _store_places(self, connection: sa.Connection, items: Sequence[Json]) -> None:
        """Note the collections that items are in."""
        _remove(connection, self._library, db.item_collection, [data["key"] for data in items])
        rows = [
            {"library": self._library, "collection": collection, "key": data["key"]}
            for data in items
            for collection in data.get("collections") or ()
        ]
        upsert(connection, db.item_collection, rows)

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

    def _erase(self, connection: sa.Connection, items: Sequence[str], collections: Sequence[str]) -> None:
        Search(connection, self._library).drop_words("item", items)
        for table in (db.replaced, db.item_collection, db.index_item):
            _remove(connection, self._library, table, items)
        heed(connection, self._library, items)
        _remove(connection, self._library, db.index_collection, collections)
        for keys, kind in ((items, "item"), (collections, "collection")):
            rows = [{"library": self._library, "key": key, "kind": kind} for key in keys]
            upsert(connection, db.index_deletion, rows)
        for key in collections:
            self._take_out(connection, key)

    def _take_out(self, connection: sa.Connection, collection: str) -> None:
        """Take an erased collection out of its items: the server does so without giving them a new version."""
        table, place = db.index_item, db.item_collection
        within = sa.and_(place.c.library == self._library, place.c.collection == collection)
        inside = connection.scalars(sa.select(place.c.key).where(within)).all()
        for part in chunks(inside):
            which = sa.and_(table.c.library == self._library, table.c.key.in_(part))
            for row in connection.execute(sa.select(table.c.key, table.c.data).where(which)).all():
                data = json.loads(row.data)
                data["collections"] = [key for key in data.get("collections", ()) if key != collection]
                change = sa.update(table).where(table.c.library == self._library, table.c.key == row.key)
                connection.execute(change.values(data=json.dumps(data, ensure_ascii=False)))
        connection.execute(sa.delete(place).where(within))

    def _complete(self, connection: sa.Connection, version: int) -> None:
        self._set(connection, version=version)

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
    _replace(connection, library, db.index_item, rows)
    _keep_replaced(connection, library, entries)


def _keep_replaced(connection: sa.Connection, library: int, entries: Sequence[IndexedItem]) -> None:
    """Note the keys of the items that these took the place of in a merge."""
    _remove(connection, library, db.replaced, [entry.key for entry in entries])
    rows = [
        {"library": library, "old": old, "key": entry.key}
        for entry in entries
        if not entry.parent
        for old in replaced_by(entry)
    ]
    upsert(connection, db.replaced, rows)


def _replace(connection: sa.Connection, library: int, table: sa.Table, rows: list[Json]) -> None:
    """Put rows in place of those with their keys; what exists is in the deletion log no longer."""
    upsert(connection, table, rows)
    _remove(connection, library, db.index_deletion, [row["key"] for row in rows])


def _remove(connection: sa.Connection, library: int, table: sa.Table, keys: Iterable[str]) -> None:
    for part in chunks(keys):
        connection.execute(sa.delete(table).where(table.c.library == library, table.c.key.in_(part)))


def again(connection: sa.Connection, library: int) -> None:
    """Store all items of a library anew, as they are: an earlier syncd noted less of each."""
    table, last = db.index_item, ""
    columns = [table.c[name] for name in ("key", "version", "year", "data")]
    mine = sa.select(*columns).where(table.c.library == library).order_by(table.c.key).limit(AGAIN)
    while rows := connection.execute(mine.where(table.c.key > last)).all():
        # The year came from the server, which reads dates better.
        entries = [replace(indexed(json.loads(row.data), row.version), year=row.year) for row in rows]
        Search(connection, library).put("item", entries)
        _keep(connection, library, entries)
        last = rows[-1].key


def _entries(objects: Iterable[Json]) -> list[tuple[Json, int, Json]]:
    """Return objects as answers have them as data, version and what the server adds."""
    return [(entry["data"], entry["version"], entry.get("meta", {})) for entry in objects]


def _batches(each: Iterable[T], most: int) -> Iterator[list[T]]:
    rest = iter(each)
    while batch := list(islice(rest, most)):
        yield batch


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
