"""The embedded library as an HTTP server on this computer: connections, requests in, answers out.

Whatever a client sends, it gets words and a status, or a closed connection. What is answered is decided in `routes`.
"""

from __future__ import annotations

import ipaddress
import logging
import secrets
import socket
import sqlite3
import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any, Final, Self

from syncd.errors import LibraryError
from syncd.text.patterns import pattern
from syncd.zotero.embedded import database
from syncd.zotero.embedded.accounts import USER_RIGHTS, Accounts, Grant
from syncd.zotero.embedded.database import Store
from syncd.zotero.embedded.exchange import (
    TEXT,
    Answer,
    Exchange,
    RefusalError,
    Request,
    Served,
    invalid,
    refusal_answer,
    unsupported,
)
from syncd.zotero.embedded.faults import Fault, Faults
from syncd.zotero.embedded.objects import Address
from syncd.zotero.embedded.routes import respond

MAX_BODY: Final = 10 * 1024 * 1024
"""Longest body of a request, in bytes."""
_IDLE_SECONDS: Final = 120
_DISCARD_SECONDS: Final = 2
_LOOPBACK_NAMES: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
_log = logging.getLogger(__name__)


class _DroppedError(Exception):
    """The connection is to be closed without a word."""


class Connection(BaseHTTPRequestHandler):
    """One client's connection; lives in a thread of its own, as does its connection to the database."""

    server: HttpServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = _IDLE_SECONDS

    def setup(self) -> None:
        """Open the database."""
        super().setup()
        self._database: sqlite3.Connection | None = None
        self._unread = False

    def finish(self) -> None:
        """Close the database, and the connection so that the last answer arrives."""
        if self._database is not None:
            self._database.close()
        if self._unread:
            with suppress(OSError):
                self._discard()
        super().finish()

    def _discard(self) -> None:
        """Read what a refused request still sends: closing at once would tear its answer up."""
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(_DISCARD_SECONDS)
        left = 4 * MAX_BODY
        while left > 0 and (data := self.connection.recv(65_536)):
            left -= len(data)

    def do_GET(self) -> None:
        """Serve a request; the name is what http.server asks for."""
        try:
            self._serve()
        except (_DroppedError, ConnectionError, TimeoutError):
            self.close_connection = True

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET  # noqa: N815 - as above

    def _serve(self) -> None:
        try:
            self._check_host()
            body = self._body()
        except RefusalError as refusal:
            self.close_connection = self._unread = True
            self._send(refusal_answer(refusal))
            return
        desktop = self.server.served.desktop
        if desktop and desktop.drops(self.headers):
            raise _DroppedError
        path, _, query = self.path.partition("?")
        request = Request(self.command, path, query.partition("#")[0], self.headers, body)
        fault = self.server.note(request)
        if fault is None:
            self._send(self._execute(request))
        else:
            self._fail(request, fault)

    def _execute(self, request: Request, fault: Fault | None = None) -> Answer:
        try:
            if self._database is None:
                self._database = database.connect(self.server.path)
            served = self.server.served
            exchange = Exchange(request, served, Store(self._database, served.library))
            if fault:
                exchange = replace(exchange, part=fault.part, refused=fault.refused)
            return served.desktop.respond(exchange) if served.desktop else respond(exchange)
        except sqlite3.Error as error:
            return refusal_answer(_database_refusal(error))
        except Exception:  # noqa: BLE001 - whatever it is, the client gets words
            _log.exception("%s failed in the embedded library", request.method)
            return refusal_answer(RefusalError(500, "An error occurred"))

    def _fail(self, request: Request, fault: Fault) -> None:
        answer = Answer(fault.status) if fault.prevents else self._execute(request, fault)
        if fault.action == "twice":
            answer = self._execute(request)
        if fault.when == "later" and answer.status == HTTPStatus.OK:
            self.server.postpone(request, fault)
        if fault.action == "drop":
            raise _DroppedError
        self._send(fault.instead_of(answer), cut=fault.action == "cut")

    def _check_host(self) -> None:
        """Only requests to this computer by its own name: a page in a browser can't get around that."""
        if self.server.allow_remote:
            return
        name = self.headers.get("Host", "").rpartition(":")
        host = name[0] if name[0] and name[2].isdecimal() else self.headers.get("Host", "")
        if host.lower() not in _LOOPBACK_NAMES | {self.server.host.lower()}:
            raise invalid("The Host header must name this computer, such as 'localhost'")

    def _body(self) -> bytes:
        if "Transfer-Encoding" in self.headers:
            raise unsupported("bodies without Content-Length")
        lengths = self.headers.get_all("Content-Length", [])
        if not lengths:
            if self.command in {"POST", "PUT", "PATCH"}:
                raise RefusalError(411, "Content-Length must be provided")
            return b""
        if len(set(lengths)) != 1 or not (lengths[0].isascii() and lengths[0].isdecimal()):
            raise invalid("Invalid Content-Length")
        if len(lengths[0]) > 12 or int(lengths[0]) > MAX_BODY:
            raise RefusalError(413, f"The body is longer than {MAX_BODY} bytes")
        body = self.rfile.read(int(lengths[0]))
        if len(body) < int(lengths[0]):
            raise _DroppedError
        return body

    def _send(self, answer: Answer, *, cut: bool = False) -> None:
        self.send_response_only(answer.status)
        for name, value in {
            "Zotero-API-Version": "3",
            "Zotero-Schema-Version": "41",
            **answer.headers,
        }.items():
            self.send_header(name, value)
        self.send_header("Date", self.date_time_string())
        self.send_header("X-Content-Type-Options", "nosniff")
        if answer.status not in {204, 304}:
            self.send_header("Content-Length", str(len(answer.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and answer.status not in {204, 304}:
            self.wfile.write(answer.body[: len(answer.body) // 2] if cut else answer.body)
        self.wfile.flush()
        if cut:
            raise _DroppedError

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer a request that is no HTTP in plain words, instead of a page."""
        self.close_connection = self._unread = True
        if not getattr(self, "command", None):
            self.command = "GET"
        if self.request_version == "HTTP/0.9":
            self.request_version = "HTTP/1.1"
        words = explain or message or HTTPStatus(code).phrase
        self._send(Answer(code, {"Content-Type": TEXT}, words.encode(errors="replace")))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Log nothing: addresses may hold keys."""


def _database_refusal(error: sqlite3.Error) -> RefusalError:
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return RefusalError(
            503, "The library is being written by another process", headers={"Retry-After": "5"}
        )
    if name.startswith("SQLITE_FULL"):
        return RefusalError(503, "The disk is full; nothing of this object was written")
    return RefusalError(500, f"The library's database can't be used: {error}")


def close_for_reading(connection: socket.socket) -> None:
    """Let a connection's thread finish what it does, and then end."""
    with suppress(OSError):  # closed by then
        connection.shutdown(socket.SHUT_RD)


_LIBRARY = pattern(r"(?:users|groups)/[1-9][0-9]{0,17}", hostile=("users/", "1", ""))
_KEY_IN_QUERY = pattern(r"(?:^|&)key=[^&]*", hostile="&key=")
_REQUESTS_KEPT = 10_000
_STOP_SECONDS = 10


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
