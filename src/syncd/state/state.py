"""What syncd remembers of a library: what it wrote, which paper is which item; and all else by its parts.

All of it but the history of runs can be rebuilt from the library. Nothing here asks the library.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from typing import Any

import sqlalchemy as sa

from syncd.clock import Clock
from syncd.handshake import ONLINE, Zotero
from syncd.messages import kept
from syncd.model import Paper
from syncd.state import tables as db
from syncd.state.authors import Authors
from syncd.state.facts import Facts
from syncd.state.history import History
from syncd.state.index import Index
from syncd.state.journal import Entry, Journal
from syncd.state.notes import Notes
from syncd.state.profiles import Profiles
from syncd.state.rejections import Rejection, Rejections
from syncd.state.search import Records, Search, chunks
from syncd.state.standings import Standings, said_of_text
from syncd.state.store import Store, drop, upsert
from syncd.sync.action import Refusal, Said
from syncd.sync.merge import Base, contents_after
from syncd.text.titles import fold_title


class State:
    """The state of one library.

    Args:
        store: the database.
        endpoint: the library's address, or "embedded".
        prefix: "users/475425".
        clock: time.
        zotero: which Zotero it is in, if that is on a computer.

    Attributes:
        number: the library's number in the database.
        history: of its runs.
        journal: of its writes.
        standings: what is to be known of papers, and the user's word on what waits for it.
        profiles: as they were pushed, and what keeps them from being pushed.
        facts: what profiles tell beside their items.
        authors: how profiles were read last.
        notes: what it wrote of each week.
    """

    def __init__(
        self, store: Store, endpoint: str, prefix: str, clock: Clock, zotero: Zotero = ONLINE
    ) -> None:
        self._store = store
        self._clock = clock
        self._names = {"endpoint": endpoint, "prefix": prefix, **asdict(zotero)}
        self._library = self.number = self._number()
        self.history = History(store, self._library, clock)
        self.journal = Journal(store, self._library, clock)
        self.standings = Standings(store, self._library)
        self.profiles = Profiles(store, self._library)
        self.facts = Facts(store, self._library)
        self.authors = Authors(store, self._library)
        self.notes = Notes(store, self._library)

    def _number(self) -> int:
        table = db.library
        known = sa.select(table.c.id).filter_by(**self._names)
        # Who only looks must not wait for one who writes, so a library that is known is only read.
        with self._store.reading() as connection:
            number = connection.scalar(known)
        if number is None:
            with self._store.writing() as connection:
                upsert(connection, table, [self._names], by=tuple(self._names))
                number = connection.execute(known).scalar_one()
        return int(number)

    def elsewhere(self) -> int:
        """Return how many papers were pushed to another Zotero on the desktop; 0 online, where there is one."""
        endpoint, names = self._names["endpoint"], ("database", "server")
        others = [db.library.c[name] != self._names[name] for name in names]
        query = sa.select(sa.func.count()).select_from(db.written.join(db.library))
        query = query.where(db.library.c.endpoint == endpoint, sa.or_(*others))
        with self._store.reading() as connection:
            return int(connection.scalar(query) or 0)

    def index(self) -> Index:
        """Return the library's index, which lives in the same database."""
        return Index(self._store, self._library)

    def reading(self, *, at_length: bool = False) -> AbstractContextManager[sa.Connection]:
        """Open a transaction in which nothing is written; see `Store.reading`."""
        return self._store.reading(at_length=at_length)

    def writing(self) -> AbstractContextManager[sa.Connection]:
        """Open a transaction: all of it is remembered, or nothing."""
        return self._store.writing()

    # What is to be known at the end of a run

    def remember(  # noqa: PLR0913 - each is a column
        self,
        connection: sa.Connection,
        *,
        run: str,
        key: str,
        paper: str,
        base: Base,
        version: int | None = None,
        seen: Mapping[str, str] | None = None,
    ) -> None:
        """Remember what an item was given, and which paper it is.

        Args:
            connection: the transaction.
            run: the run that found or wrote it.
            key: the item's key.
            paper: the paper's create-once key.
            base: what stands in the item from syncd.
            version: the item's version after syncd's write; None where nothing was written now.
            seen: what the item held then, as `merge.contents` tells it; None where that is as before.
        """
        row = {
            "key": key,
            "base": json.dumps(base.to_json(), ensure_ascii=False),
            "version": version or 0,
            "seen": "" if seen is None else json.dumps(dict(seen)),
            "run": run,
        }
        as_before = {"version": version, "seen": seen}
        keep = [name for name, value in as_before.items() if value is None]
        self._put(connection, db.written, row, keep=keep)
        self.claim(connection, paper, key)

    def claim(self, connection: sa.Connection, paper: str, key: str, said: Said | None = None) -> None:
        """Remember which item a paper is, or was; and what its sources say of it, if that is new."""
        new = {"said": json.dumps(asdict(said), ensure_ascii=False)} if said else {}
        self._put(connection, db.claim, {"paper": paper, "key": key, **new})
        if said:
            Records(connection, self._library).put("said", paper, said)

    def remember_seen(self, connection: sa.Connection, key: str, seen: Mapping[str, str]) -> None:
        """Remember what an item of syncd's holds after a write of syncd's."""
        self._change(connection, key, seen=json.dumps(dict(seen)))

    def rebase(self, connection: sa.Connection, key: str, base: Base) -> None:
        """Exchange what is remembered of an item, and nothing else."""
        self._change(connection, key, base=json.dumps(base.to_json(), ensure_ascii=False))

    def remember_version(self, connection: sa.Connection, key: str, version: int) -> None:
        """Remember that the item's newest version is of syncd's making."""
        self._change(connection, key, version=version)

    def remember_collection(self, connection: sa.Connection, path: str, key: str) -> None:
        """Remember which collection settings mean by a path."""
        self._put(connection, db.collection, {"path": path, "key": key})

    def add_tombstone(self, connection: sa.Connection, key: str, since: str, by: str = "user") -> None:
        """Remember that an item was trashed or deleted, also for when the library has forgotten it.

        Args:
            connection: the transaction.
            key: the item's.
            since: ISO time.
            by: "user", or "syncd" where an undo did it.
        """
        self._put(connection, db.tombstone, {"key": key, "since": since, "by": by})

    def remove_tombstones(self, connection: sa.Connection, keys: Iterable[str]) -> None:
        """Forget tombstones: the user wants these items, or has them back."""
        drop(connection, db.tombstone, self._library, "key", keys)

    def refuse(self, connection: sa.Connection, paper: str, refusal: Refusal) -> None:
        """Remember what the server did not take."""
        row = {"paper": paper, "digest": refusal.digest, "message": kept(refusal.message)}
        self._put(connection, db.refusal, row)

    def reject(self, connection: sa.Connection, one: Rejection) -> None:
        """Remember that a paper is not by the person of a profile, which tells nothing of it any more."""
        Rejections(connection, self._library).add(one)
        if one.key:
            self.facts.forget(connection, one.profile, one.key)

    def forget(self, connection: sa.Connection, profile: str) -> None:
        """Forget all that is kept about the person of a profile: figures, facts, which papers it lists, troubles.

        What was written into items stays known, but not on whose account.
        """
        listing = db.listing.c
        here = sa.and_(listing.library == self._library, listing.kind == "said", listing.profile == profile)
        listed = list(connection.scalars(sa.select(listing.key).where(here)))
        for part in chunks(listed):
            for row in connection.execute(self._all(db.claim).where(db.claim.c.paper.in_(part))).all():
                if said := said_of_text(row.said):
                    self.claim(connection, row.paper, row.key, said.without(profile))
                if base := self.base(connection, row.key):
                    sources = tuple(name for name in base.sources if name != profile)
                    source = "" if base.source == profile else base.source
                    self.rebase(connection, row.key, replace(base, source=source, sources=sources))
        drop(connection, db.figure, self._library, "profile", [profile])
        Rejections(connection, self._library).forget([profile])
        for part_of_it in (self.standings, self.facts, self.profiles):
            part_of_it.forget(connection, profile)

    def rejection(self, profile: str, paper: str) -> Rejection | None:
        """Return what the user said of a paper and a profile."""
        with self._store.reading() as connection:
            return Rejections(connection, self._library).of(profile, paper)

    def lift_rejections(self, connection: sa.Connection, run: str) -> None:
        """Take back what was rejected in a run."""
        Rejections(connection, self._library).lift(run)

    # What guards ask

    def papers_of(self, keys: Iterable[str]) -> dict[str, str]:
        """Return the papers that are these items, or were: each with its item's key."""
        claim = db.claim.c
        query = sa.select(claim.paper, claim.key).where(claim.library == self._library)
        with self._store.reading() as connection:
            return {
                row.paper: row.key
                for part in chunks(keys)
                for row in connection.execute(query.where(claim.key.in_(part)))
            }

    def filed(self, connection: sa.Connection, collection: str) -> dict[str, Base]:
        """Return what syncd wrote into the items that it ever filed into a collection, by their keys."""
        query = self._all(db.written).where(db.written.c.base.contains(f'"{collection}"', autoescape=True))
        found = {row.key: Base.from_json(json.loads(row.base)) for row in connection.execute(query)}
        return {key: base for key, base in found.items() if collection in base.collections}

    def has_written(self) -> bool:
        """Whether syncd ever wrote anything into this library that it remembers."""
        with self._store.reading() as connection:
            return connection.execute(self._all(db.written).limit(1)).first() is not None

    def lost(self) -> int:
        """Return how many of syncd's items nobody deleted, if none of these is left in the library; else 0."""
        written, item = db.written.c, db.index_item.c
        gone = [
            sa.exists().where(table.c.library == written.library, table.c.key == written.key)
            for table in (db.tombstone, db.index_deletion)
        ]
        known = sa.and_(written.library == self._library, ~gone[0], ~gone[1])
        there = sa.exists().where(item.library == written.library, item.key == written.key)
        with self._store.reading() as connection:
            if connection.execute(sa.select(written.key).where(known, there).limit(1)).first():
                return 0
            return int(connection.scalar(sa.select(sa.func.count()).where(known)) or 0)

    def unknown(self, papers: Iterable[Paper]) -> int:
        """Return how many of these papers neither the library nor syncd has by an identifier or the very title."""
        names = {fold_title(paper.title): paper for paper in papers}
        with self._store.reading() as connection:
            search = Search(connection, self._library)
            dois = search.by("item", "doi", [one.identifiers.doi for one in names.values()])
            arxiv = search.by("item", "arxiv", [one.identifiers.arxiv for one in names.values()])
            titles = search.by("item", "folded_title", names) | search.by("said", "folded_title", names)
        new = {
            one.identifiers.arxiv or one.identifiers.doi or name
            for name, one in names.items()
            if name not in titles and one.identifiers.doi not in dois and one.identifiers.arxiv not in arxiv
        }
        return len(new)

    def collections(self, paths: Iterable[str]) -> dict[str, str]:
        """Return by a path as settings name it, the key of its collection."""
        path = db.collection.c.path
        with self._store.reading() as connection:
            return {
                row.path: row.key
                for part in chunks(paths)
                for row in connection.execute(self._all(db.collection).where(path.in_(part)))
            }

    # Writing

    def record(
        self,
        connection: sa.Connection,
        run: str,
        entry: Entry,
        version: int,
        seen: Mapping[str, str] | None = None,
    ) -> None:
        """Remember that an object was written, and as what; `seen` as for `remember`."""
        if entry.what == "collection":
            self.remember_collection(connection, entry.paper, entry.sent["key"])
        elif entry.what == "item" and entry.base:
            self.remember(
                connection,
                run=run,
                key=entry.item,
                paper=entry.paper,
                base=entry.base,
                version=version,
                seen=seen,
            )
        elif entry.what == "note":
            self.notes.record(connection, entry.sent, seen)
        elif entry.what == "child":
            self._add_link(connection, entry.item, entry.sent["url"])
        elif entry.what == "undo" and entry.sent["key"] == entry.item:
            self.remember_version(connection, entry.item, version)
            if (before := self.seen(connection, entry.item)) is not None:
                self.remember_seen(connection, entry.item, contents_after(before, entry.sent))
            if entry.sent.get("deleted"):
                now = self._clock.now().isoformat(timespec="seconds")
                self.add_tombstone(connection, entry.item, now, by="syncd")
            elif "deleted" in entry.sent:
                self.remove_tombstones(connection, [entry.item])
        if entry.note:
            self.history.add(connection, run, entry.item, entry.note)

    def versions(self) -> dict[str, int]:
        """Return the versions at which syncd wrote items, by their keys, as far as it did not forget them."""
        written = db.written.c
        query = sa.select(written.key, written.version).where(
            written.library == self._library, written.version != 0
        )
        with self._store.reading() as connection:
            return {row.key: row.version for row in connection.execute(query)}

    def base(self, connection: sa.Connection, key: str) -> Base | None:
        """Return what stands in an item from syncd, as the caller's transaction sees it."""
        text = connection.scalar(sa.select(db.written.c.base).where(self._is_of(key)))
        return Base.from_json(json.loads(text)) if text else None

    def seen(self, connection: sa.Connection, key: str) -> dict[str, str] | None:
        """Return what an item held after syncd's last write, as the caller's transaction sees it."""
        text = connection.scalar(sa.select(db.written.c.seen).where(self._is_of(key)))
        return json.loads(text) if text else None

    def _add_link(self, connection: sa.Connection, item: str, url: str) -> None:
        base = self.base(connection, item)
        if base and url not in base.links:
            self.rebase(connection, item, replace(base, links=(*base.links, url)))

    def _is_of(self, key: str) -> sa.ColumnElement[bool]:
        """Select what syncd wrote into one item."""
        return sa.and_(db.written.c.library == self._library, db.written.c.key == key)

    def _change(self, connection: sa.Connection, key: str, **values: Any) -> None:
        """Change what is remembered of what syncd wrote into an item; nothing, if it wrote nothing."""
        connection.execute(sa.update(db.written).where(self._is_of(key)).values(**values))

    def _put(
        self, connection: sa.Connection, table: sa.Table, row: Mapping[str, Any], *, keep: Sequence[str] = ()
    ) -> None:
        """Put a row of this library in place of the one with its key; as `upsert`."""
        upsert(connection, table, [{"library": self._library, **row}], keep=keep)

    def _all(self, table: sa.Table) -> sa.Select[Any]:
        return sa.select(table).where(table.c.library == self._library)
