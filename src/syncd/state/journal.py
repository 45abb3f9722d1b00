"""The journal: what is about to be written, on the disk before it is sent.

An object leaves it in the same transaction in which its outcome is recorded. What is still in it when a run starts was
sent with an unknown outcome; `engine.recover` finds out from the library what became of it. A server may write late,
and what it refuses may be what it did write when it got the same request before. So an object stays until it is seen,
or for a day.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from syncd.clock import Clock
from syncd.messages import kept, recalled
from syncd.state import tables as db
from syncd.state.history import Note
from syncd.state.store import Store
from syncd.sync.merge import Base

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One object of a chunk, with what is to be remembered once it is written.

    Attributes:
        what: "item", "child", "collection", "note" or "undo".
        sent: the object as it is sent.
        item: the key of the paper's item; for a collection "".
        paper: the paper's create-once key; for a collection its path; for a note or an undo "".
        base: for an item, what is written once `sent` is.
        note: the line of the run's history, with the first object of each paper.
        there: the server said that it was not as expected: perhaps because of this very request, delivered twice.
    """

    what: str
    sent: Json
    item: str
    paper: str
    base: Base | None = None
    note: Note | None = None
    there: bool = False

    def to_json(self) -> Json:
        """Return it as JSON values."""
        note = self.note
        return {
            "what": self.what,
            "sent": self.sent,
            "item": self.item,
            "paper": self.paper,
            "base": self.base.to_json() if self.base else None,
            "note": [note.kind, note.title, kept(note.reason), dict(note.changes), list(note.created)]
            if note
            else None,
            "there": self.there,
        }

    @classmethod
    def from_json(cls, value: Json) -> Entry:
        """Read what `to_json` gave."""
        base = Base.from_json(value["base"]) if value["base"] else None
        note = None
        if value["note"]:
            kind, title, reason, changes, created = value["note"]
            note = Note(kind, title, recalled(reason), changes, created)
        there = value.get("there", False)
        return cls(value["what"], value["sent"], value["item"], value["paper"], base, note, there)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Objects that were sent together, with an unknown outcome.

    Attributes:
        number: the chunk's in the journal.
        run: that sent it.
        entries: what was sent, in its order.
        sent: when, in UTC; None where that is not known.
    """

    number: int
    run: str
    entries: Sequence[Entry]
    sent: datetime | None = None


class Journal:
    """The journal of one library.

    Args:
        store: the database.
        library: the library's number there.
        clock: time.
    """

    def __init__(self, store: Store, library: int, clock: Clock) -> None:
        self._store = store
        self._library = library
        self._clock = clock

    def begin(self, run: str, entries: Sequence[Entry]) -> int:
        """Put a chunk into the journal, on the disk, before it is sent; return its number there."""
        row = {"library": self._library, "run": run, "chunk": _text(entries)}
        with self._store.writing() as connection:
            new = sa.insert(db.journal).values(**row, sent=self._clock.now().isoformat())
            return int(connection.execute(new.returning(db.journal.c.id)).scalar_one())

    def settle(self, connection: sa.Connection, number: int, left: Sequence[Entry] = ()) -> None:
        """Take a chunk out of the journal, in the caller's transaction, but for what is left of it."""
        here = db.journal.c.id == number
        if left:
            connection.execute(sa.update(db.journal).where(here).values(chunk=_text(left)))
        else:
            connection.execute(sa.delete(db.journal).where(here))

    def drop(self, connection: sa.Connection, keys: Collection[str]) -> None:
        """Take objects out of all chunks, in the caller's transaction: it is known by now what became of them."""
        for row in connection.execute(self._unfinished()).all():
            entries = [Entry.from_json(value) for value in json.loads(row.chunk)]
            left = [entry for entry in entries if entry.sent["key"] not in keys]
            if len(left) < len(entries):
                self.settle(connection, row.id, left)

    def unfinished(self) -> list[Chunk]:
        """Return what was sent with an unknown outcome, in its order."""
        with self._store.reading() as connection:
            rows = connection.execute(self._unfinished()).all()
        return [
            Chunk(
                row.id,
                row.run,
                [Entry.from_json(value) for value in json.loads(row.chunk)],
                datetime.fromisoformat(row.sent) if row.sent else None,
            )
            for row in rows
        ]

    def _unfinished(self) -> sa.Select[Any]:
        return sa.select(db.journal).where(db.journal.c.library == self._library).order_by(db.journal.c.id)


def _text(entries: Sequence[Entry]) -> str:
    return json.dumps([entry.to_json() for entry in entries], ensure_ascii=False)
