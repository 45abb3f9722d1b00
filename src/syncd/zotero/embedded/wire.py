"""HTTP/1.1 on one connection of the embedded library: requests in, answers out.

Whatever a client sends, it gets words and a status, or a closed connection; never a traceback. A body that
does not arrive whole is not executed.
"""

from __future__ import annotations

import logging
import socket
import sqlite3
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, Final

from . import database
from .exchange import TEXT, Answer, Exchange, Request, refusal_answer
from .refusal import RefusalError, invalid, unsupported
from .routes import respond
from .store import Store

if TYPE_CHECKING:
    from .faults import Fault
    from .server import HttpServer

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
