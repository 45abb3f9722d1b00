"""How syncd serves HTTP on this computer: Starlette applications under uvicorn's h11 protocol, in a thread.

Three things stand here. `Protocol` ends connections that send or read too slowly, and refuses what is no sound HTTP.
`Guard` refuses requests before an application sees them. `Server` serves sockets that their owner has bound.
This module never decides who is trusted. Each socket has its own application, and that application decides.
"""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate
from enum import Enum
from threading import Event, Thread
from typing import Any, Final, Self, cast

import h11
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol
from uvicorn.server import ServerState

from syncd.text.patterns import pattern

LOOPBACK_NAMES: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
_LONG_LENGTH: Final = pattern(
    rb"\ncontent-length:[ \t]*[0-9]{20,}[ \t]*\r?\n", hostile=b"\ncontent-length: 0", flags=re.IGNORECASE
)
# The header of a request for a stream of events.
STREAM: Final = (b"accept", b"text/event-stream")
_LINGER_BYTES: Final = 40 * 1024 * 1024
_log = logging.getLogger(__name__)
# Seconds after which it is tried again to accept a client, where that failed.
PAUSE: Final = 0.1
# Below errors, uvicorn reports what clients did wrong. Clients read that in their answers.
_log.setLevel(logging.ERROR)
# Nor is it an error that an answer was not waited for at the end.
_log.addFilter(lambda line: not (line.exc_info and isinstance(line.exc_info[1], asyncio.CancelledError)))


@dataclass(frozen=True, slots=True)
class Limits:
    """What one connection may take.

    Attributes:
        head_bytes: the longest request line with its headers; the line alone may take as much.
        headers: how many headers a request may have.
        head_seconds: from the first byte of a request, or from the connection, to the end of its headers.
        body_seconds: from the end of the headers to the end of the body.
        answer_seconds: how long a client may leave an answer unread.
        idle_seconds: how long a connection is kept without a request.
        linger_seconds: how long a refused client may go on sending, so that it can read its answer.
        connections: how many a socket has at once, of all clients; more wait to be accepted.
    """

    head_bytes: int = 65_536
    headers: int = 100
    head_seconds: float = 20
    body_seconds: float = 60
    answer_seconds: float = 60
    idle_seconds: int = 120
    linger_seconds: float = 2
    connections: int = 256


@dataclass(frozen=True, slots=True)
class Door:
    """A socket, and the application behind it.

    Attributes:
        socket: bound and listening. The server closes it.
        app: answers every request that comes through this socket.
        headers: further headers of every answer.
        refuse: the answer to what is no sound HTTP, from a status and a sentence. The reason is `Reason.HOST` where
            only the Host header is missing, else None.
    """

    socket: socket.socket
    app: ASGIApp
    limits: Limits = Limits()
    headers: tuple[tuple[bytes, bytes], ...] = ()
    refuse: Callable[[int, str, Reason | None], Response] = lambda status, words, _: PlainTextResponse(
        words, status
    )


class _Connection(h11.Connection):
    """Reads requests as h11 does, with limits, and remembers why it refused one."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(h11.SERVER, limits.head_bytes)
        self.refusal: tuple[int, str, Reason | None] = (400, "", None)
        self._limits = limits

    def next_event(self) -> h11.Event | type[h11.NEED_DATA | h11.PAUSED]:
        head = self.trailing_data[0] if self.their_state is h11.IDLE else b""
        try:
            event = super().next_event()
            if isinstance(event, h11.Request):
                self._check(event)
        except h11.RemoteProtocolError as error:
            nameless = "Host" in str(error)
            self.refusal = (*self._reason(error, head), Reason.HOST if nameless else None)
            raise
        return event

    def _check(self, request: h11.Request) -> None:
        if request.http_version not in {b"1.0", b"1.1"}:
            raise h11.RemoteProtocolError("version", error_status_hint=505)
        if len(request.target) > self._limits.head_bytes:
            raise h11.RemoteProtocolError("target", error_status_hint=414)
        size = sum(len(name) + len(value) for name, value in request.headers)
        if len(request.headers) > self._limits.headers or size > self._limits.head_bytes:
            raise h11.RemoteProtocolError("headers", error_status_hint=431)

    def _reason(self, error: h11.RemoteProtocolError, head: bytes) -> tuple[int, str]:
        status = error.error_status_hint
        if status == 431 and b"\n" not in head:
            status = 414
        if "Content-Length" in str(error):
            # h11 takes a number that is far too large for no number.
            if _LONG_LENGTH.search(head):
                return 413, "The body is too long"
            return 400, "Invalid Content-Length"
        return status, {
            414: f"The address is longer than {self._limits.head_bytes} bytes",
            431: f"The headers are more than {self._limits.headers}, or longer than {self._limits.head_bytes} bytes",
            501: "Only the transfer encoding 'chunked' is known",
            505: "Only HTTP/1.0 and HTTP/1.1 are known",
        }.get(status, "This is no valid HTTP request")


class _Ending:
    """A transport that is closed in the protocol's way: uvicorn closes it at once, which would tear an answer up."""

    def __init__(self, inner: asyncio.Transport, close: Callable[[], None]) -> None:
        self.inner = inner
        self.close = close
        self.lingers = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def is_closing(self) -> bool:
        return self.lingers or self.inner.is_closing()


class Protocol(H11Protocol):
    """One connection. A client that is too slow loses it without a word.

    The deadlines stand here because a header that is sent by half never reaches an application.
    """

    def __init__(self, config: Config, state: ServerState, door: Door) -> None:
        super().__init__(config, state, {})
        self.logger = _log
        self.access_log = False
        self.conn: _Connection = _Connection(door.limits)
        self._limits = door.limits
        self._headers = list(door.headers)
        self._refuse = door.refuse
        self.gone: asyncio.Future[None] = self.loop.create_future()
        self._ending: _Ending | None = None
        self._dropped = 0
        self._phase = ""
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._ending = _Ending(transport, self._close)
        self.transport = cast("asyncio.Transport", self._ending)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        self._phase = "lost"
        self.gone.set_result(None)
        if self._deadline is not None:
            self._deadline.cancel()

    def data_received(self, data: bytes) -> None:
        """Take what a client sends; drop it where the client was refused."""
        if self._ending is None or self._ending.lingers:
            self._dropped += len(data)
            if self._dropped > _LINGER_BYTES:
                self.transport.abort()
            return
        self.server_state.default_headers = [
            (b"date", formatdate(usegmt=True).encode()),
            (b"x-content-type-options", b"nosniff"),
            *self._headers,
        ]
        super().data_received(data)
        self._watch()

    def eof_received(self) -> bool:  # type: ignore[override]
        """Keep the connection of a client that sent a whole request and waits for its answer, which has an end.

        Returns:
            Whether the connection is kept.
        """
        if self.cycle is None or self.cycle.response_complete or self.cycle.more_body:
            return False
        if STREAM in self.cycle.scope["headers"]:
            # A stream never ends by itself, and a browser that left its page would count as one who listens.
            return False
        self.cycle.keep_alive = False
        return True

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        super().on_response_complete()
        self._watch()

    def pause_writing(self) -> None:
        """Begin to wait for the client to read."""
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        """The client has read."""
        super().resume_writing()
        self._watch()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no sound HTTP; uvicorn's name and sentence are the same for all of it."""
        status, words, reason = self.conn.refusal
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            answer = self._refuse(status, words or msg, reason)
            answer.headers["Connection"] = "close"
            response = h11.Response(
                status_code=answer.status_code,
                headers=[*self.server_state.default_headers, *answer.raw_headers],
                reason=STATUS_PHRASES[answer.status_code],
            )
            for event in (response, h11.Data(data=bytes(answer.body)), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self._close(unread=True)

    def shutdown(self) -> None:
        """Answer a request that has arrived, and close the connection."""
        if self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body:
            self.cycle.keep_alive = False
        elif self._ending is not None and not self._ending.lingers:
            self._ending.inner.close()

    def _close(self, *, unread: bool = False) -> None:
        """Close the connection once everything is written.

        To close it while the client is sending would reset it, and the client would lose its answer.
        """
        ending = self._ending
        if ending is None or ending.is_closing():
            return
        if unread or self.conn.their_state in (h11.SEND_BODY, h11.ERROR):
            ending.lingers = True
            with suppress(OSError):  # the client has gone
                ending.inner.write_eof()
            ending.inner.resume_reading()
        else:
            ending.inner.close()
        self._watch()

    def _watch(self) -> None:
        """Let the client have some time for what it has to do next. It gets no more for doing it bit by bit."""
        phase, seconds = self._next()
        if self._phase in {phase, "lost"}:
            return
        self._phase = phase
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(seconds, self.transport.abort) if phase else None

    def _next(self) -> tuple[str, float]:
        limits = self._limits
        if self.transport.is_closing():
            return "end", limits.linger_seconds
        if self.flow.write_paused:
            return "answer", limits.answer_seconds
        if self.conn.their_state is h11.SEND_BODY:
            return "body", limits.body_seconds
        # Between two requests, uvicorn's own timer closes the connection.
        if self.conn.their_state is h11.IDLE and (self.cycle is None or self.conn.trailing_data[0]):
            return "head", limits.head_seconds
        return "", 0


class Server:
    """Serves sockets in one thread with one event loop; it never touches signals and keeps no access log.

    Args:
        doors: the sockets and their applications.
        name: of the thread.
        stop_seconds: how long `stop` waits for requests that are being answered.
    """

    def __init__(self, doors: Sequence[Door], *, name: str, stop_seconds: float = 10) -> None:
        self._doors = doors
        self._stop_seconds = stop_seconds
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._begun = Event()
        self._closed = Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None
        self._failure: Exception | None = None

    def start(self) -> Self:
        """Serve; a client can connect when this returns.

        Raises:
            OSError: a socket can't be served.
        """
        self._thread.start()
        self._begun.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def close(self) -> None:
        """Let nobody connect any more, begin to end, and wait for no request. Can be called twice."""
        if self._loop is not None and self._over is not None:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._over.set)
            self._closed.wait(self._stop_seconds)

    def stop(self) -> None:
        """Answer the requests that have arrived, and close everything. Can be called twice."""
        self.close()
        self._thread.join(self._stop_seconds + 2)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:  # noqa: BLE001 - whoever starts the server gets it
            self._failure = error
        finally:
            for door in self._doors:
                door.socket.close()
            self._begun.set()
            self._closed.set()

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        states = [ServerState() for _ in self._doors]
        accepting = [
            asyncio.create_task(_accept(door, state)) for door, state in zip(self._doors, states, strict=True)
        ]
        self._begun.set()
        await self._over.wait()
        for task in accepting:
            task.cancel()
        await asyncio.gather(*accepting, return_exceptions=True)
        for door in self._doors:
            door.socket.close()
        self._closed.set()
        await asyncio.gather(*(_end(state, self._stop_seconds) for state in states))


async def _accept(door: Door, state: ServerState) -> None:
    """Let clients connect, as many as there is room for: asyncio's own server would take all descriptors."""
    loop, make = asyncio.get_running_loop(), _protocols(door, state)
    room = asyncio.Semaphore(door.limits.connections)
    door.socket.setblocking(False)  # noqa: FBT003 - the only way to call it
    while True:
        await room.acquire()
        try:
            connection, _ = await loop.sock_accept(door.socket)
            _, protocol = await loop.connect_accepted_socket(make, connection)
        except OSError:
            # The client has gone, or the process may open no more files: others close theirs meanwhile.
            room.release()
            await asyncio.sleep(PAUSE)
        else:
            protocol.gone.add_done_callback(lambda _: room.release())


def _protocols(door: Door, state: ServerState) -> Callable[[], Protocol]:
    config = Config(
        door.app,
        http=Protocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        proxy_headers=False,
        timeout_keep_alive=door.limits.idle_seconds,
    )
    config.load()
    return lambda: Protocol(config, state, door)


async def _end(state: ServerState, seconds: float) -> None:
    """End all connections: those that wait at once, the others with their answer or when the time is over."""
    connections = cast("list[Protocol]", list(state.connections))
    tasks = list(state.tasks)
    for connection in connections:
        connection.shutdown()
    pending = [*tasks, *(connection.gone for connection in connections)]
    if pending:
        await asyncio.wait(pending, timeout=seconds)
    for task in tasks:
        task.cancel()
    for connection in connections:
        connection.transport.abort()


def bound(host: str, port: int) -> socket.socket:
    """A listening TCP socket.

    Args:
        host: an address of this computer, not looked up anywhere.
        port: 0 takes a free one.

    Raises:
        OSError: it can't be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Where TCP is not named, asyncio lets each answer's body wait until its head was acknowledged: 40 ms.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # On Windows this would let two programs share a port.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(sys.platform != "win32"))
        listening.bind((host, port))
        listening.listen(1024)
    except OSError:
        listening.close()
        raise
    return listening


class Reason(Enum):
    """Why `Guard` refuses a request. Each application has its own words and status for it."""

    HOST = "the Host header names another computer"
    PAGE = "a web page sends it"
    ENCODING = "the body has no Content-Length but a transfer encoding"
    LENGTH = "the body has no Content-Length"
    LONG = "the body is too long"
    READING = "a request to read has a body"


@dataclass(frozen=True, slots=True)
class Rules:
    """What `Guard` lets through.

    Attributes:
        refuse: the answer to a request that is refused, from the reason and the request's headers.
        hosts: what a Host header may be, in small letters, with or without a port; None lets every name through.
        pages: whether pages of other sites may send requests.
        own_page: whether a page that is served here may.
        origins: as what else a browser knows such a page, such as "https://papers.example.org" behind a proxy.
        body_bytes: the longest body.
    """

    refuse: Callable[[Reason, Headers], Response]
    hosts: frozenset[str] | None = LOOPBACK_NAMES
    pages: bool = False
    own_page: bool = True
    origins: frozenset[str] = frozenset()
    body_bytes: int = 1_000_000


class Guard:
    """The one middleware of all applications: it checks Host, Origin and body, and reads the body whole.

    An application behind it gets each body in one piece, or no request at all.
    """

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self.app = app
        self.rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        headers = Headers(scope=scope)
        reason = self._reason(scope["method"], headers)
        if reason is not None:
            response = self.rules.refuse(reason, headers)
            response.headers["Connection"] = "close"
            await response(scope, receive, send)
            return
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        await self.app(scope, replayed(bytes(body), receive), send)

    def _reason(self, method: str, headers: Headers) -> Reason | None:
        host = headers.get("host", "").lower()
        if not self._is_known(host):
            return Reason.HOST
        if not self.rules.pages and not self._is_of_no_page(headers, host):
            return Reason.PAGE
        if "transfer-encoding" in headers:
            return Reason.ENCODING
        length = int(headers.get("content-length", "-1"))  # h11 lets only digits through
        if length < 0:
            return Reason.LENGTH if method in {"POST", "PUT", "PATCH"} else None
        if length > self.rules.body_bytes:
            return Reason.LONG
        return Reason.READING if length and method in {"GET", "HEAD"} else None

    def _is_known(self, host: str) -> bool:
        """Whether a request is to this computer by its own name: a page that points its name here can't say so."""
        hosts = self.rules.hosts
        if hosts is None or host in hosts:
            return True
        name, _, port = host.rpartition(":")
        return port.isdecimal() and name in hosts

    def _is_of_no_page(self, headers: Headers, host: str) -> bool:
        """Whether no browser sends a request for a page, or only for one that is served here and may."""
        origin, site = headers.get("origin", "null").lower(), headers.get("sec-fetch-site", "none")
        own = self.rules.own_page
        is_own = origin == f"http://{host}" or origin in self.rules.origins
        return (origin == "null" or (own and is_own)) and (site == "none" or (own and site == "same-origin"))


def replayed(body: bytes, receive: Receive) -> Receive:
    """Return what gives a body that was read, and after it whatever else comes."""
    message: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return message.pop() if message else await receive()

    return next_message
