"""Objects are written to a library a chunk at a time: into the journal, sent, recorded.

Every write of a push and of an undo goes through here. What to do about what the server refuses is up to the caller.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from syncd.engine.session import Session
from syncd.errors import LibraryError
from syncd.state.journal import Entry
from syncd.sync.merge import contents
from syncd.zotero.client import Outcome, StaleError
from syncd.zotero.schema import MAX_OBJECTS


def chunks(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """Yield entries in chunks that the server takes."""
    for start in range(0, len(entries), MAX_OBJECTS):
        yield entries[start : start + MAX_OBJECTS]


class Writer:
    """Writes what was planned against one version of a library.

    Args:
        session: the library.
        version: the library's version that the plan saw.
    """

    def __init__(self, session: Session, version: int) -> None:
        self._session = session
        # The library's version after the last write, if nobody else has written: what the next is guarded with.
        self._version = version
        self._alone = True

    def write(self, chunk: Sequence[Entry]) -> Sequence[Outcome]:
        """Write a chunk, and remember what was written.

        Args:
            chunk: at least one entry, collections or items, not both.

        Returns:
            one outcome an entry, in their order. What may succeed when it is sent again stays in the journal.

        Raises:
            StaleError: the library changed since it was read; nothing of the chunk was written.
            OutcomeUnknownError: the answer was lost; the journal has the chunk.
            LibraryError: the library can't be written to.
            AwayError: it is not this run's turn any more; nothing of the chunk was sent.
        """
        session, sent = self._session, [entry.sent for entry in chunk]
        session.turn.check()
        collections = chunk[0].what == "collection"
        write = session.client.write_collections if collections else session.client.write_items
        number = session.state.journal.begin(session.run, chunk)
        try:
            outcomes = write(sent, unmodified_since=self._version)
        except LibraryError as error:
            self._keep_open(number, chunk, error)
            raise
        self._record(number, chunk, outcomes)
        return outcomes

    def _keep_open(self, number: int, chunk: Sequence[Entry], error: LibraryError) -> None:
        """Keep in the journal what a write may have done though it ended in an error, and nothing else of it."""
        if isinstance(error, StaleError):
            # The same request may have been delivered before, and that is what changed the library.
            left = [replace(entry, there=True) for entry in chunk]
        elif error.kind == "transient":
            return
        else:
            left = []
        with self._session.state.writing() as connection:
            self._session.state.journal.settle(connection, number, left)

    def _record(self, number: int, chunk: Sequence[Entry], outcomes: Sequence[Outcome]) -> None:
        """Remember a chunk's outcome, in one transaction with taking it out of the journal."""
        session, state = self._session, self._session.state
        self._version, alone = session.client.advanced(self._version, outcomes)
        self._alone = self._alone and alone
        objects = [(outcome.data, outcome.version or 0) for outcome in outcomes if outcome.data]
        collections = chunk[0].what == "collection"
        done = list(zip(chunk, outcomes, strict=True))
        written = [(entry, outcome) for entry, outcome in done if outcome.status != "failed"]
        left = [replace(entry, there=outcome.changed) for entry, outcome in done if outcome.passes]
        with state.writing() as connection:
            for entry, outcome in written:
                version = outcome.version or entry.sent["version"]
                seen = contents(outcome.data) if outcome.data else None
                state.record(connection, session.run, entry, version, seen)
            session.index.record(
                connection,
                items=() if collections else objects,
                collections=objects if collections else (),
                complete=self._version if self._alone else None,
            )
            state.journal.settle(connection, number, left)
            state.journal.drop(connection, {entry.sent["key"] for entry, _ in written})
