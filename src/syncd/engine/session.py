"""A library opened for one command: its client, its index, what is remembered of it, and the history of the run.

Nothing here decides what is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass

from syncd.config import Library
from syncd.config.model import DESKTOP, EMBEDDED
from syncd.engine.desktop import desktop_client
from syncd.engine.ports import Ports
from syncd.engine.recover import caught_up
from syncd.errors import ConfigError, LibraryError, StateError, in_words
from syncd.messages import message
from syncd.state.excerpt import Excerpt, excerpt
from syncd.state.index import Index
from syncd.state.libraries import claim_embedded, remembered
from syncd.state.state import State
from syncd.state.store import Store
from syncd.state.turn import Turn, turn
from syncd.zotero.client import Address, Client
from syncd.zotero.transport import Counter, PoliteTransport

# Seconds between two looks at a library that may still be written to; together half a minute.
PACE = (0.5, 1.5, 4.0, 8.0, 16.0)


@dataclass(frozen=True, slots=True)
class Session:
    """A library, opened.

    Attributes:
        run: the name of this run, unique and sortable.
        client: the library itself.
        index: what it holds, as of the last refresh.
        state: what is remembered of it.
        ports: the world.
        turn: that it is this run's turn at the library.
    """

    run: str
    client: Client
    index: Index
    state: State
    ports: Ports
    turn: Turn

    def refresh(self) -> dict[str, str]:
        """Read what changed in the library, and find out what became of writes of unknown outcome.

        Returns:
            by create-once key of each paper that turned out to have been written, its run.
        """
        self.ports.progress.stage(message("reading-library"))
        now, listener = self.ports.clock.now(), self.ports.progress
        return caught_up(self.client, self.index, self.state, now, listener)

    def excerpt(self) -> AbstractContextManager[Excerpt]:
        """Give an excerpt of the library as it was read last, and of what is remembered of it."""
        return excerpt(self.state, self.client.names)

    def await_server(self) -> None:
        """Wait until the library is at rest, half a minute at most: a server may still be at work on a lost write."""
        before = self.client.version()
        for seconds in PACE:
            self.ports.clock.sleep(seconds)
            now = self.client.version()
            if now == before:
                return
            before = now


@contextmanager
def opened(library: Library, ports: Ports, run: str, counter: Counter | None = None) -> Iterator[Session]:
    """Open a library.

    Args:
        library: its settings.
        ports: the world.
        run: the name of the run.
        counter: counts the requests, if the caller wants to see them whatever happens.

    Raises:
        ClosedError: it is to be left alone just now.
        ConfigError: its key can't be had.
        LockedError: another run is at work on it.
        StateError: syncd's own database can't be used, or knows another embedded library than this one.
        LibraryError: Zotero on the desktop isn't running, or can't be written to.
    """
    transport = PoliteTransport(ports.clock, counter=counter, nearby=library.type == DESKTOP)
    try:
        with turn(
            ports.data,
            *library.whereabouts,
            ports.clock,
            wait=ports.patience,
            who=ports.who,
            tell=ports.progress.stage,
        ) as mine:
            ports.admit(library.name)
            with (
                _client(library, ports, transport) as client,
                remembered(library, ports.data, ports.clock, client.zotero, mine) as state,
            ):
                yield Session(run, client, state.index(), state, ports, mine)
    finally:
        transport.shutdown()


@contextmanager
def noted(
    session: Session,
    kind: str,
    counts: Callable[[], Mapping[str, int]],
    *,
    profiles: Sequence[str] = (),
    undoes: str | None = None,
) -> Iterator[None]:
    """Keep the history of a run, however it ends.

    Args:
        session: the library.
        kind: "push", "undo".
        counts: asked at the end.
        profiles: those that the run is for.
        undoes: the run that it undoes.
    """
    clock = session.ports.clock
    history = session.state.history
    history.begin(session.run, kind, clock.now().isoformat(timespec="milliseconds"), profiles, undoes)
    error: BaseException | None = None
    try:
        yield
    except BaseException as caught:
        error = caught
        raise
    finally:
        words = None if error is None else in_words(error)
        ended = clock.now().isoformat(timespec="seconds")
        # What ended the run weighs more than a history that can't be written for the same reason.
        with suppress(StateError) if error else nullcontext():
            history.finish(session.run, ended, counts(), words)
            history.prune(clock.now(), session.ports.keep)


@contextmanager
def _client(library: Library, ports: Ports, transport: PoliteTransport) -> Iterator[Client]:
    """Give the client of a library, with the embedded one started."""
    if library.type == EMBEDDED:
        from syncd.zotero.embedded import EmbeddedLibrary  # noqa: PLC0415 - only where it is used

        with EmbeddedLibrary(ports.data.library) as server:
            if ports.data.database:
                claim_embedded(ports.data, server.identity())
            yield Client(Address(library.name, server.url, server.library, server.key), transport)
        return
    library.check_open()
    key = library.resolve_key(ports.env)
    if library.type == DESKTOP and library.root:
        yield _desktop(Address(library.name, library.root, library.prefix, key or ""), ports, transport)
        return
    if library.root is None or key is None:
        raise ConfigError([message("library-without-key", library=repr(library.name))])
    yield Client(Address(library.name, library.root, library.prefix, key, check_rights=True), transport)


def _desktop(address: Address, ports: Ports, transport: PoliteTransport) -> Client:
    store = Store.of(ports.data)
    try:
        return desktop_client(address, transport, store, ports.clock, ports.progress.stage)
    except LibraryError as error:
        error.library = address.name
        raise
    finally:
        store.close()
