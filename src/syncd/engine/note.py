"""The note of a week is written into the library, by the journal and the writer of a push.

A run is never ended by it: what keeps a note from being written is said once, and what passes is tried again by the
next run.
"""

from __future__ import annotations

from dataclasses import dataclass

from syncd.config import Library
from syncd.config.model import Digest as Settings
from syncd.digest import as_note
from syncd.engine.digest import came_in, digest_of
from syncd.engine.session import Session
from syncd.engine.write import Writer
from syncd.errors import LibraryError
from syncd.messages import message
from syncd.state.journal import Entry
from syncd.sync.action import NewCollection
from syncd.sync.filing import Filing
from syncd.sync.note import Came, KnownNote, Week, change, draft, step, week_of
from syncd.zotero.client import StaleError
from syncd.zotero.items import note_key

# How often a library that changes meanwhile is read anew.
ROUNDS = 3


def keep_note(session: Session, library: Library, settings: Settings) -> list[str]:
    """Bring the note of this week up to date, and that of the week before, if more came than they tell.

    So what the last push of a week could not write is made up for, and what comes in a push over midnight has its note.

    Args:
        session: the library, after a push.
        library: its settings.
        settings: whether and where there is a note.

    Returns:
        what is to be said, usually nothing.
    """
    if settings.note != "weekly":
        return []
    state, week = session.state, week_of(session.ports.clock.now())
    this, before = (_Work(session, library, settings, one) for one in (week, week.before))
    known, came = this.known, this.came
    if known and known.refused and not came.is_more_than(known.came):
        return []  # What was refused is tried again with the next news, or in another week.
    for work in (this, before):
        try:
            work.keep()
        except LibraryError as error:
            if error.kind == "transient" or isinstance(error, StaleError):
                return [message("digest-note-later", week=work.week.name, reason=error)]
            said = state.notes.was_refused(error.words)
            state.notes.refuse(known.key if known else this.keys[0], came, error.words)
            return [] if said else [message("digest-note-not-written", week=work.week.name, reason=error)]
    return []


@dataclass(frozen=True, slots=True)
class _Work:
    """What one note is made of.

    Attributes:
        session: the library.
        library: its settings.
        settings: of the note.
        week: the note's.
    """

    session: Session
    library: Library
    settings: Settings
    week: Week

    @property
    def keys(self) -> list[str]:
        """The keys that the note may have, under each of the library's names, the one for a new note first."""
        return [note_key(name, self.week.name) for name in self.session.client.names]

    @property
    def known(self) -> KnownNote | None:
        """What is remembered of it."""
        return self.session.state.notes.known(self.keys)

    @property
    def came(self) -> Came:
        """What came in its week."""
        return came_in(self.session.state, self.week.start, self.week.end)

    def keep(self) -> None:
        """Write the note, if more came than it tells.

        Raises:
            StaleError: the library changes all the time.
            LibraryError: as `write` does.
        """
        known, came = self.known, self.came
        if not came.is_more_than(known.told if known else Came()):
            return
        for turn in range(1, ROUNDS + 1):
            try:
                key = self.write(self.known)
            except StaleError:
                if turn == ROUNDS:
                    raise
                self.session.refresh()
            else:
                self.session.state.notes.remember(key, came)
                return

    def write(self, known: KnownNote | None) -> str:
        """Make the note, or bring it up to date, or leave it; return its key.

        Raises:
            StaleError: the library changed since it was read.
            OutcomeUnknownError: the answer was lost; the journal has the note.
            LibraryError: it can't be written.
        """
        path = tuple(self.settings.collection.split("/"))
        with self.session.excerpt() as part:
            part.items(self.keys)
            part.file({path})
            view, memory = part.view(), part.memory()
        item = next((view.items[key] for key in self.keys if key in view.items), None)
        todo = step(known, item, was_there=any(key in view.deleted for key in self.keys))
        if todo == "leave":
            return known.key if known else item.key if item else self.keys[0]
        writer = Writer(self.session, view.version)
        if todo == "update" and item:
            html = self._html()
            if html != item.data["note"]:
                self._send(writer, Entry("note", change(item, html), item.key, ""))
            return item.key
        filing = Filing(view, memory.collections)
        place = filing.collection(path)
        if place.key is None:
            raise LibraryError(place.closed, kind="permanent", library=self.library.name)
        for new in filing.new({place.key}):
            self._send(writer, _collection(new))
        sent = draft(self.keys[0], self._html(), place.key)
        self._send(writer, Entry("note", sent, sent["key"], ""))
        return str(sent["key"])

    def _html(self) -> str:
        digest = digest_of(self.session.state, self.library, self.week.start, until=self.week.end)
        title = message("digest-of-week", week=self.week.number, year=self.week.year)
        return as_note(title, digest)

    def _send(self, writer: Writer, entry: Entry) -> None:
        """Write one object; whatever becomes of it that is no success is an error."""
        (outcome,) = writer.write([entry])
        if outcome.changed:
            raise StaleError(outcome.message, kind="conflict", status=outcome.code)
        if outcome.status == "failed":
            raise LibraryError(
                outcome.message,
                kind="transient" if outcome.transient else "permanent",
                library=self.library.name,
                status=outcome.code,
            )


def _collection(new: NewCollection) -> Entry:
    sent = {"key": new.key, "version": 0, "name": new.name, "parentCollection": new.parent or False}
    return Entry("collection", sent, "", "/".join(new.path))
