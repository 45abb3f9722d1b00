"""The journal: what is about to be written, on the disk before it is sent.

A chunk leaves it in the same transaction in which its outcome is recorded. What is still in it when a run starts
was sent with an unknown outcome; `recovery` finds out from the library what became of it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from syncd import tables as db
from syncd.history import Note
from syncd.merge import Base

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncd.store import Store

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One object of a chunk, with what is to be remembered once it is written.

    Attributes:
        what: "item", "child", "collection" or "undo".
        sent: the object as it is sent.
        item: the key of the paper's item; for a collection "".
        paper: the paper's create-once key; for a collection its path; for an undo "".
        base: for an item, what is written once `sent` is.
        note: the line of the run's history, with the first object of each paper.
        after: the library's version when it was sent.
    """

    what: str
    sent: Json
    item: str
    paper: str
    base: Base | None = None
    note: Note | None = None
    after: int = 0

    def to_json(self) -> Json:
        """Return it as JSON values."""
        note = self.note
        return {
            "what": self.what,
            "sent": self.sent,
            "item": self.item,
            "paper": self.paper,
            "base": self.base.to_json() if self.base else None,
            "note": [note.kind, note.title, note.reason, dict(note.changes), list(note.created)]
            if note
            else None,
            "after": self.after,
        }

    @classmethod
    def from_json(cls, value: Json) -> Entry:
        """Read what `to_json` gave."""
        base = Base.from_json(value["base"]) if value["base"] else None
        note = Note(*value["note"]) if value["note"] else None
        after = value.get("after", 0)
        return cls(value["what"], value["sent"], value["item"], value["paper"], base, note, after)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Objects that were sent together, with an unknown outcome.

    Attributes:
        number: the chunk's in the journal.
        run: that sent it.
        entries: what was sent, in its order.
    """

    number: int
    run: str
    entries: Sequence[Entry]


class Journal:
    """The journal of one library.

    Args:
        store: the database.
        library: the library's number there.
    """

    def __init__(self, store: Store, library: int) -> None:
        self._store = store
        self._library = library

    def begin(self, run: str, entries: Sequence[Entry]) -> int:
        """Put a chunk into the journal, on the disk, before it is sent; return its number there."""
        with self._store.writing() as connection:
            text = json.dumps([entry.to_json() for entry in entries], ensure_ascii=False)
            new = sa.insert(db.journal).values(library=self._library, run=run, chunk=text)
            return int(connection.execute(new.returning(db.journal.c.id)).scalar_one())

    def settle(self, connection: sa.Connection, number: int) -> None:
        """Take a chunk out of the journal, in the caller's transaction."""
        connection.execute(sa.delete(db.journal).where(db.journal.c.id == number))

    def unfinished(self) -> list[Chunk]:
        """Return what was sent with an unknown outcome, in its order."""
        query = sa.select(db.journal).where(db.journal.c.library == self._library).order_by(db.journal.c.id)
        with self._store.reading() as connection:
            rows = connection.execute(query).all()
        return [
            Chunk(row.id, row.run, [Entry.from_json(value) for value in json.loads(row.chunk)])
            for row in rows
        ]
