"""What is remembered of the notes that syncd writes into a library, one a week. Nothing here asks the library."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from syncd.messages import kept, recalled
from syncd.state import tables as db
from syncd.state.store import Store, upsert
from syncd.sync.merge import contents_after
from syncd.sync.note import Came, KnownNote


class Notes:
    """The notes of one library.

    Args:
        store: the database.
        library: the library's number there.
    """

    def __init__(self, store: Store, library: int) -> None:
        self._store = store
        self._library = library

    def known(self, keys: Sequence[str]) -> KnownNote | None:
        """Return what is remembered of a note, by the keys that it may have."""
        note = db.note.c
        query = sa.select(db.note).where(note.library == self._library, note.key.in_(keys))
        with self._store.reading() as connection:
            row = connection.execute(query).first()
        return _note(row) if row else None

    def was_refused(self, words: str) -> bool:
        """Whether a note was not written for this reason before."""
        note = db.note.c
        query = sa.select(note.key).where(note.library == self._library, note.refused == kept(words)).limit(1)
        with self._store.reading() as connection:
            return connection.execute(query).first() is not None

    def record(
        self,
        connection: sa.Connection,
        sent: Mapping[str, Any],
        seen: Mapping[str, str] | None,
    ) -> None:
        """Remember that a note was written, in the caller's transaction.

        Args:
            connection: the transaction.
            sent: what was sent.
            seen: what it held then, as `merge.contents` tells it; None where that follows from what was sent.
        """
        note = db.note.c
        here = sa.and_(note.library == self._library, note.key == sent["key"])
        if seen is None:
            before = connection.scalar(sa.select(note.seen).where(here))
            seen = contents_after(json.loads(before) if before else {}, dict(sent))
        self._put(connection, {"key": sent["key"], "seen": json.dumps(dict(seen))})
        # Nothing keeps the others from being written either: they have all to tell.
        refused = sa.and_(note.library == self._library, note.refused != "")
        connection.execute(sa.update(db.note).where(refused).values(papers=0, last="", refused=""))

    def remember(self, key: str, came: Came) -> None:
        """Remember what had come when a note was brought up to date, or left to its user."""
        with self._store.writing() as connection:
            self._put(connection, {"key": key, "papers": came.papers, "last": came.last})

    def refuse(self, key: str, came: Came, words: str) -> None:
        """Remember why no note was written, and what had come in the week by then.

        Args:
            key: of the note of that week.
            came: what had come.
            words: why.
        """
        row = {"key": key, "papers": came.papers, "last": came.last, "refused": kept(words)}
        with self._store.writing() as connection:
            self._put(connection, row)

    def _put(self, connection: sa.Connection, row: Mapping[str, Any]) -> None:
        upsert(connection, db.note, [{"library": self._library, **row}])


def _note(row: sa.Row[Any]) -> KnownNote:
    return KnownNote(row.key, json.loads(row.seen), Came(row.papers, row.last), recalled(row.refused))
