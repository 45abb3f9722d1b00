"""What syncd remembers of a library: what it wrote, which paper is which item, its runs, and a journal.

All of it but the history of runs can be rebuilt from the library. A chunk is put into the journal before it is
sent and leaves it in the same transaction in which its outcome is recorded; what is still in the journal when a
run starts was sent with an unknown outcome, and the library tells what became of it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from syncd import store as db
from syncd.merge import Base
from syncd.plan import Memory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager

    from syncd.match import LibraryView
    from syncd.plan import Action, PlannedProfile
    from syncd.store import Store

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One object of a chunk, with what is to be remembered once it is written.

    Attributes:
        what: "item", "child" or "collection".
        sent: the object as it is sent.
        item: the key of the paper's item; for a collection "".
        paper: the paper's create-once key; for a collection its path.
        base: for an item, what is written once `sent` is.
        note: the line of the run's history, with the first object of each paper.
    """

    what: str
    sent: Json
    item: str
    paper: str
    base: Base | None = None
    note: Note | None = None

    def to_json(self) -> Json:
        """Return it as JSON values."""
        return {
            "what": self.what,
            "sent": self.sent,
            "item": self.item,
            "paper": self.paper,
            "base": self.base.to_json() if self.base else None,
            "note": [self.note.kind, self.note.title, self.note.reason, self.note.changes]
            if self.note
            else None,
        }

    @classmethod
    def from_json(cls, value: Json) -> Entry:
        """Read what `to_json` gave."""
        return cls(
            what=value["what"],
            sent=value["sent"],
            item=value["item"],
            paper=value["paper"],
            base=Base.from_json(value["base"]) if value["base"] else None,
            note=Note(*value["note"]) if value["note"] else None,
        )


@dataclass(frozen=True, slots=True)
class Note:
    """What the history of a run says of one paper."""

    kind: str
    title: str
    reason: str
    changes: Mapping[str, Any]


class State:
    """The state of one library.

    Args:
        store: the database.
        place: where the library is: its endpoint, or "embedded".
        prefix: "users/475425".
    """

    def __init__(self, store: Store, place: str, prefix: str) -> None:
        self._store = store
        self.library = self._number(place, prefix)

    def _number(self, place: str, prefix: str) -> int:
        table = db.library
        here = sa.and_(table.c.place == place, table.c.prefix == prefix)
        with self._store.writing() as connection:
            number = connection.scalar(sa.select(table.c.id).where(here))
            if number is None:
                new = sa.insert(table).values(place=place, prefix=prefix)
                number = connection.execute(new.returning(table.c.id)).scalar_one()
        return int(number)

    def memory(self) -> Memory:
        """Return all that planning needs to know."""
        with self._store.reading() as connection:
            return Memory(
                written={
                    row.key: Base.from_json(json.loads(row.base))
                    for row in connection.execute(self._all(db.written))
                },
                claims={row.paper: row.key for row in connection.execute(self._all(db.claim))},
                collections={row.path: row.key for row in connection.execute(self._all(db.collection))},
            )

    # Runs

    def begin_run(self, run: str, started: str) -> None:
        """Note that a run begins."""
        with self._store.writing() as connection:
            connection.execute(sa.insert(db.run).values(id=run, library=self.library, started=started))

    def finish_run(self, run: str, finished: str, counts: Mapping[str, int], error: str | None) -> None:
        """Note how a run ended."""
        with self._store.writing() as connection:
            change = sa.update(db.run).where(db.run.c.id == run)
            connection.execute(change.values(finished=finished, counts=json.dumps(dict(counts)), error=error))

    # Writing

    def journal(self, run: str, chunk: Sequence[Entry]) -> int:
        """Put a chunk into the journal, on the disk, before it is sent; return its number there."""
        with self._store.writing() as connection:
            text = json.dumps([entry.to_json() for entry in chunk], ensure_ascii=False)
            new = sa.insert(db.journal).values(library=self.library, run=run, chunk=text)
            return int(connection.execute(new.returning(db.journal.c.id)).scalar_one())

    def writing(self) -> AbstractContextManager[sa.Connection]:
        """Open the transaction in which the outcome of a chunk is recorded."""
        return self._store.writing()

    def settle(self, connection: sa.Connection, number: int) -> None:
        """Take a chunk out of the journal."""
        connection.execute(sa.delete(db.journal).where(db.journal.c.id == number))

    def record(self, connection: sa.Connection, run: str, entry: Entry, version: int) -> None:
        """Remember that an object was written, and as what."""
        if entry.what == "collection":
            self.remember_collection(connection, entry.paper, entry.sent["key"])
            return
        if entry.what == "item" and entry.base:
            self.remember(
                connection, run=run, key=entry.item, paper=entry.paper, base=entry.base, version=version
            )
        elif entry.what == "child":
            self._add_link(connection, entry.item, entry.sent["url"])
        if entry.note:
            self._add_note(connection, run, entry.item, entry.note)

    def remember(  # noqa: PLR0913 - each is a column
        self,
        connection: sa.Connection,
        *,
        run: str,
        key: str,
        paper: str,
        base: Base,
        version: int | None = None,
    ) -> None:
        """Remember what an item was given, and which paper it is.

        Args:
            connection: the transaction.
            run: the run that found or wrote it.
            key: the item's key.
            paper: the paper's create-once key.
            base: what stands in the item from syncd.
            version: the item's version after syncd's write; None where nothing was written now.
        """
        text = json.dumps(base.to_json(), ensure_ascii=False)
        if version is None:
            here = sa.and_(db.written.c.library == self.library, db.written.c.key == key)
            version = connection.scalar(sa.select(db.written.c.version).where(here)) or 0
        row = {"library": self.library, "key": key, "base": text, "version": version, "run": run}
        self._put(connection, db.written, row, "key")
        self._put(connection, db.claim, {"library": self.library, "paper": paper, "key": key}, "paper")

    def remember_collection(self, connection: sa.Connection, path: str, key: str) -> None:
        """Remember which collection settings mean by a path."""
        self._put(connection, db.collection, {"library": self.library, "path": path, "key": key}, "path")

    def remember_profile(self, connection: sa.Connection, run: str, profile: PlannedProfile) -> None:
        """Remember what a profile listed."""
        row = {
            "library": self.library,
            "name": profile.name,
            "author": profile.author,
            "origin": profile.origin,
            "digest": profile.digest,
            "papers": profile.papers,
            "run": run,
        }
        self._put(connection, db.profile, row, "name")

    def recover(self, view: LibraryView) -> dict[str, str]:
        """Find out from the library what became of chunks whose outcome is unknown, and record it.

        Returns:
            by the create-once key of each paper that turns out to have been written, the run that wrote it.
        """
        done: dict[str, str] = {}
        with self._store.writing() as connection:
            query = self._all(db.journal).order_by(db.journal.c.id)
            for row in connection.execute(query).all():
                for value in json.loads(row.chunk):
                    entry = Entry.from_json(value)
                    if self._recovered(connection, row.run, entry, view):
                        done[entry.paper] = row.run
                self.settle(connection, row.id)
        return done

    def _recovered(self, connection: sa.Connection, run: str, entry: Entry, view: LibraryView) -> bool:
        """Record one object of the journal as far as the library shows that it was written."""
        key = entry.sent["key"]
        if entry.what == "collection":
            there = key in view.collections or key in view.deleted
        else:
            there = key in view.items or key in view.deleted
        if not there:
            return False
        item = view.items.get(key)
        if entry.sent["version"] and entry.base and item:
            if item.version <= entry.sent["version"]:
                return False
            before = self._base(connection, entry.item)
            entry = replace(entry, base=_as_far_as_written(before or entry.base, entry, item.data))
        self.record(connection, run, entry, item.version if item else 0)
        return True

    def _base(self, connection: sa.Connection, key: str) -> Base | None:
        table = db.written
        query = sa.select(table.c.base).where(table.c.library == self.library, table.c.key == key)
        text = connection.scalar(query)
        return Base.from_json(json.loads(text)) if text else None

    def _add_link(self, connection: sa.Connection, item: str, url: str) -> None:
        base = self._base(connection, item)
        if base and url not in base.links:
            base = replace(base, links=(*base.links, url))
            here = sa.and_(db.written.c.library == self.library, db.written.c.key == item)
            text = json.dumps(base.to_json(), ensure_ascii=False)
            connection.execute(sa.update(db.written).where(here).values(base=text))

    def _add_note(self, connection: sa.Connection, run: str, key: str, note: Note) -> None:
        last = connection.scalar(sa.select(sa.func.max(db.action.c.place)).where(db.action.c.run == run))
        connection.execute(
            sa.insert(db.action).values(
                run=run,
                place=0 if last is None else last + 1,
                kind=note.kind,
                key=key,
                title=note.title,
                reason=note.reason,
                changes=json.dumps(note.changes, ensure_ascii=False),
            )
        )

    def _put(self, connection: sa.Connection, table: sa.Table, row: Json, name: str) -> None:
        """Put a row in place of the one with its key."""
        which = sa.and_(table.c.library == self.library, table.c[name] == row[name])
        connection.execute(sa.delete(table).where(which))
        connection.execute(sa.insert(table).values(row))

    def _all(self, table: sa.Table) -> sa.Select[Any]:
        return sa.select(table).where(table.c.library == self.library)


def _as_far_as_written(before: Base, entry: Entry, data: Json) -> Base:
    """Return the base after an update of which the library shows what arrived; the rest is the user's."""
    after = entry.base
    if after is None:
        return before
    arrived = {
        name: text
        for name, text in after.fields.items()
        if name not in entry.sent or data.get(name, "") == entry.sent[name]
    }
    return replace(after, fields={**before.fields, **arrived})


def note_of(action: Action) -> Note:
    """Return the line of the history for an action."""
    return Note(action.kind, action.title, action.reason, action.changes)
