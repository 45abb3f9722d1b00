"""Libraries on a server or in Zotero: the key and what it may do, whether the server answers, its clock, the index.

One request tells what the key may do, one the library's version; each has ten seconds, and none is repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from shlex import quote

import httpx2

from syncd import __version__
from syncd.clock import Clock
from syncd.config import Library, secrets
from syncd.doctor import memory
from syncd.doctor.computer import FIX
from syncd.doctor.finding import Finding, Scene
from syncd.doctor.settings import private
from syncd.errors import ConfigError, LibraryError
from syncd.messages import message
from syncd.state.state import State
from syncd.state.store import Store
from syncd.state.turn import turn
from syncd.zotero.account import Account, keys_page, named
from syncd.zotero.client import Address, Client
from syncd.zotero.desktop import gone, plugin_at
from syncd.zotero.transport import PoliteTransport, Way

SECONDS = 10.0
# A clock that is off by more spoils dates, and signatures of connections.
OFF = timedelta(minutes=2)
# Later than any version of a library: the answer is its version and nothing else.
NEWEST = 2_000_000_000


class Watched(Way):
    """Sends requests with a short patience, and remembers how the last answer came.

    Args:
        clock: time.

    Attributes:
        took: seconds until the last answer.
        date: what its server takes for the time, if it said so.
        off: by how much that differs from the clock here.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self.took = 0.0
        self.date: datetime | None = None
        self.off = timedelta()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request."""
        request.extensions["timeout"] = dict.fromkeys(("connect", "read", "write", "pool"), SECONDS)
        begun = self._clock.monotonic()
        response = super().handle_request(request)
        self.took = self._clock.monotonic() - begun
        self.date = _moment(response.headers.get("Date", ""))
        if self.date is not None:
            self.off = self._clock.now() - self.date
        return response


def _moment(date: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def check_key(library: Library, scene: Scene) -> Iterator[Finding]:
    """Yield what is to be said of a library's key, without asking the server."""
    name = f"library {library.name}: key"
    try:
        library.check_open()
        key = library.resolve_key(scene.env)
    except ConfigError as error:
        seen = secrets.look(library.key, scene.env) if library.key else None
        mend = (seen and seen.mend) or library.login
        yield Finding(name, "failure", error.words, mend, private(library.key) if library.key else None)
        return
    words = message("key-from", key=named(key or ""), origin=library.key)
    yield Finding(name, "ok", words)


@contextmanager
def _watched(scene: Scene) -> Iterator[tuple[Watched, PoliteTransport]]:
    watched = Watched(scene.clock)
    transport = PoliteTransport(scene.clock, inner=watched, attempts=1)
    try:
        yield watched, transport
    finally:
        transport.shutdown()


def check_online(name: str, library: Library, scene: Scene) -> Iterator[Finding]:
    """Yield what a library's server says: whether it answers, what the key may do, how current the index is."""
    try:
        key = library.resolve_key(scene.env)
    except ConfigError:  # said by the key's own check
        return
    if library.root is None or key is None:
        return
    with _watched(scene) as (watched, transport):
        yield from _asked(name, library, key, scene, transport)
    if watched.date is not None:
        yield Finding(
            name,
            "ok",
            message("server-answers", server=library.root, milliseconds=f"{watched.took * 1000:.0f}"),
        )
        if abs(watched.off) > OFF:
            yield _clock(name, watched.off)


def _asked(
    name: str, library: Library, key: str, scene: Scene, transport: PoliteTransport
) -> Iterator[Finding]:
    try:
        yield from _rights(name, library, key, transport)
        client = Client(Address(library.name, library.root or "", library.prefix, key), transport)
        _, version = client.item_versions_since(NEWEST)
    except LibraryError as error:
        yield _refused(name, library, error)
        return
    known = memory.index_version(scene, library)
    yield _index(name, known, version, lambda: _emptied(scene, library))


def _rights(name: str, library: Library, key: str, transport: PoliteTransport) -> Iterator[Finding]:
    root = library.root or ""
    rights = Account(root, transport).rights(key)
    if rights is None:
        yield Finding(name, "ok", message("server-hides-rights", server=root))
        return
    missing = rights.missing(library.prefix)
    if missing:
        mend = message("change-that-or-login", address=keys_page(root), library=quote(library.name))
        yield Finding(name, "failure", message("key-lacks", key=named(key), lack=missing), mend)
    else:
        yield Finding(
            name, "ok", message("key-may-write", key=named(key), owner=rights.owner, prefix=library.prefix)
        )


def _refused(name: str, library: Library, error: LibraryError) -> Finding:
    mend = f"syncd login {quote(library.name)}" if error.kind == "permission" else error.hint
    return Finding(name, "failure", error.words, mend)


def _clock(name: str, off: timedelta) -> Finding:
    minutes = f"{abs(off).total_seconds() / 60:.0f}"
    ahead = off > timedelta()
    words = message("clock-ahead", minutes=minutes) if ahead else message("clock-behind", minutes=minutes)
    return Finding(name, "warning", words, "timedatectl set-ntp true")


def _index(name: str, known: int | None, version: int, repair: Callable[[], str]) -> Finding:
    if known is None:
        return Finding(name, "ok", message("library-not-read-yet", version=version))
    if known > version:
        words = message("library-older-than-read", version=version, known=known)
        return Finding(name, "warning", words, FIX, repair)
    if known == version:
        return Finding(name, "ok", message("library-read", version=version))
    return Finding(name, "ok", message("library-partly-read", version=version, known=known))


def _emptied(scene: Scene, library: Library) -> str:
    """Empty the index of a library; a run that is at work on it is not disturbed."""
    store = Store.of(scene.data)
    try:
        with turn(scene.data, library.root or "", library.prefix, scene.clock, who="syncd doctor"):
            State(store, library.root or "", library.prefix, scene.clock).index().forget()
    finally:
        store.close()
    return message("index-emptied")


def check_desktop(name: str, library: Library, scene: Scene) -> Iterator[Finding]:
    """Yield whether Zotero runs on this computer with syncd's plugin in it."""
    try:
        key = library.resolve_key(scene.env)
    except ConfigError:  # said by the key's own check
        return
    with _watched(scene) as (_, transport):
        try:
            address = Address(library.name, library.root or "", library.prefix, key or "")
            plugin = plugin_at(address, transport)
            if plugin is None or not plugin.server:
                raise gone(plugin)
        except LibraryError as error:
            yield _refused(name, library, error)
            return
        yield Finding(name, "ok", message("plugin-answers"))
        if plugin.version != __version__:
            words = message("plugin-of-other-version", version=plugin.version, own=__version__)
            yield Finding(name, "warning", words, f"syncd login --desktop {quote(library.name)}")
