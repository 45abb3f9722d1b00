"""The embedded library as an HTTP server on this computer, in a thread.

Starts, stops and counts; what is answered is decided elsewhere. It listens on the loopback interface, and
on another only when told so.
"""

from __future__ import annotations

import ipaddress
import logging
import secrets
import socket
import sys
from collections import deque
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.server import ThreadingHTTPServer
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Self

from syncd.errors import LibraryError
from syncd.text.patterns import pattern

from . import database
from .accounts import USER_RIGHTS, Accounts, Grant
from .exchange import Exchange, Served
from .representation import Address
from .routes import respond
from .store import Store
from .wire import Connection, close_for_reading

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from .exchange import Request
    from .faults import Fault, Faults

_LIBRARY = pattern(r"(?:users|groups)/[1-9][0-9]{0,17}", hostile=("users/", "1", ""))
_KEY_IN_QUERY = pattern(r"(?:^|&)key=[^&]*", hostile="&key=")
_REQUESTS_KEPT = 10_000
_STOP_SECONDS = 10
_log = logging.getLogger(__name__)


class EmbeddedLibrary:
    """A Zotero library in one SQLite file, served over HTTP while the context is open.

    Args:
        path: the file; created where it is missing.
        host: where to listen.
        port: 0 takes a free one.
        key: the API key; a random one unless given.
        allow_remote: listen on another interface than loopback.
        library: "users/1" or "groups/5".
        write: whether the key may write.
        also: further libraries on the same server, such as a group's.
        accounts: a seam for tests: the keys and their rights, where they change while the library is served;
            `key` and `write` then say nothing.
        clock: the time.
        faults: a seam for tests, see `faults`.

    Attributes:
        url: such as "http://127.0.0.1:8080", once started.
        library: such as "users/1".
        key: the API key.
        accounts: the keys and what they may do.
        requests: method and path of the last requests, for tests.

    Raises:
        ValueError: `host` is not of this computer, or `library` is none.
    """

    def __init__(  # noqa: PLR0913 - each is a choice of whoever serves the library
        self,
        path: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        key: str | None = None,
        allow_remote: bool = False,
        library: str = "users/1",
        write: bool = True,
        also: Sequence[str] = (),
        accounts: Accounts | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        faults: Faults | None = None,
    ) -> None:
        if not allow_remote and not _is_loopback(host):
            raise ValueError(
                f"The embedded library listens on this computer only, not on {host};"
                " allow remote access explicitly if others shall reach it."
            )
        for name in (library, *also):
            if not _LIBRARY.fullmatch(name):
                raise ValueError(f"A library is called 'users/1' or 'groups/5', not {name!r}.")
        self.path = path
        self.host = host
        self.port = port
        self.key = key or secrets.token_urlsafe(18)
        self.library = library
        self.url = ""
        self.requests: deque[tuple[str, str]] = deque(maxlen=_REQUESTS_KEPT)
        self._allow_remote = allow_remote
        self.accounts = accounts or Accounts({self.key: _grant(library, write=write)})
        self._also = tuple(also)
        self._clock = clock
        self._faults = faults
        # What a fault left for later: when it is due, if that is known, the request, and which of its objects.
        self._late: list[tuple[datetime | None, Request, slice]] = []
        self._lock = Lock()
        self._server: HttpServer | None = None
        self._thread: Thread | None = None

    def start(self) -> Self:
        """Open the file and serve it.

        Raises:
            StateError: the file can't be used.
            LibraryError: the address can't be listened on.
        """
        for library in (self.library, *self._also):
            database.prepare(self.path, library)
        try:
            server = HttpServer(self)
        except OSError as error:
            raise LibraryError(
                f"the embedded library can't listen on {self.host}, port {self.port}:"
                f" {error.strerror or error}",
                kind="permanent",
                library=self.library,
                hint="Choose another port, or stop the program that uses this one.",
            ) from error
        host = f"[{self.host}]" if ":" in self.host else self.host
        self.url = f"http://{host}:{server.server_address[1]}"
        server.served = self.served()
        self._server = server
        self._thread = Thread(target=server.serve_forever, args=(0.05,), name="embedded library", daemon=True)
        self._thread.start()
        return self

    def served(self) -> Served:
        """What all requests share, once the address is known."""
        return Served(
            accounts=self.accounts,
            address=Address(self.url, self.library),
            libraries=frozenset({self.library, *self._also}),
            public_page=not self._allow_remote,
            clock=self._clock,
            library=self.library,
        )

    def stop(self) -> None:
        """Finish the requests that are being served, and close everything. Can be called twice."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _note(self, request: Request) -> Fault | None:
        path = request.path
        if query := _KEY_IN_QUERY.sub("", request.query).lstrip("&"):
            path += f"?{query}"
        self.requests.append((request.method, path))
        now = self._clock()
        self._finish(lambda due: due is not None and due <= now)
        return self._faults(request) if self._faults else None

    def write_late(self) -> None:
        """A seam for tests: write what a `Fault` left for later, as a server does whose client has gone."""
        self._finish(lambda _: True)

    def _postpone(self, request: Request, fault: Fault) -> None:
        due = None if fault.seconds is None else self._clock() + timedelta(seconds=fault.seconds)
        with self._lock:
            self._late.append((due, request, slice(fault.objects, None)))

    def _finish(self, is_due: Callable[[datetime | None], bool]) -> None:
        """Write what was left for later, as far as it is due."""
        with self._lock:
            due = [each for each in self._late if is_due(each[0])]
            self._late = [each for each in self._late if each not in due]
        for _, request, part in due:
            with closing(database.connect(self.path)) as connection:
                served = self.served()
                respond(Exchange(request, served, Store(connection, served.library), part=part))


class HttpServer(ThreadingHTTPServer):
    """Listens, and gives each connection a thread that ends with the server."""

    served: Served
    daemon_threads = True
    request_queue_size = 64
    # Elsewhere, address reuse would let two servers share a port on Windows.
    allow_reuse_address = sys.platform != "win32"

    def __init__(self, library: EmbeddedLibrary) -> None:
        self.path = library.path
        self.host = library.host
        self.allow_remote = library._allow_remote  # noqa: SLF001 - two halves of one thing
        self.note = library._note  # noqa: SLF001
        self.postpone = library._postpone  # noqa: SLF001
        self._connections: dict[Thread, socket.socket] = {}
        self._lock = Lock()
        self.address_family = socket.AF_INET6 if ":" in library.host else socket.AF_INET
        super().__init__((library.host, library.port), Connection)

    def server_bind(self) -> None:
        """Bind without looking the host's name up, which can take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(self.allow_reuse_address))
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own."""
        thread = Thread(target=self._serve_connection, args=(request, client_address), daemon=True)
        with self._lock:
            self._connections[thread] = request
        thread.start()

    def _serve_connection(self, request: socket.socket, client_address: Any) -> None:
        try:
            self.process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._connections = {t: s for t, s in self._connections.items() if s is not request}

    def server_close(self) -> None:
        """Stop listening and wait for the connections' threads."""
        super().server_close()
        with self._lock:
            connections = dict(self._connections)
        for connection in connections.values():
            close_for_reading(connection)
        for thread in connections:
            thread.join(_STOP_SECONDS)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - http.server's names
        """A client that goes away is no error; anything else is logged without what it sent."""
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            _log.exception("a connection to the embedded library failed")


def _grant(library: str, *, write: bool) -> Grant:
    """What the one key of a library gives."""
    kind, number = library.split("/")
    if kind == "groups":
        return Grant(own=frozenset(), groups={number: write})
    return Grant(int(number), own=USER_RIGHTS if write else USER_RIGHTS - {"write"})


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
