"""How HTTP is served: deadlines, limits, the guard before every application, and the end of a server."""

from __future__ import annotations

import http.client
import os
import socket
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Event
from typing import TYPE_CHECKING, Any, cast

import pytest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from forks import PATIENCE
from syncd.serve import Door, Guard, Limits, Reason, Rules, Server, bound

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.datastructures import Headers
    from starlette.types import Receive, Scope, Send

# For clients that are to be too slow; all others have their time.
QUICK, CALM = Limits(head_seconds=0.3, body_seconds=0.3), Limits()
STATUS = {Reason.HOST: 400, Reason.PAGE: 403, Reason.ENCODING: 501, Reason.LENGTH: 411, Reason.LONG: 413}


def _refuse(reason: Reason, _: Headers) -> Response:
    return PlainTextResponse(reason.value, STATUS.get(reason, 400))


async def _echo(request: Request) -> Response:
    body = await request.body()
    return PlainTextResponse(f"{request.method} {len(body)}")


async def _large(_: Request) -> Response:
    return PlainTextResponse("x" * 20_000_000)


def _app(*routes: Route) -> Guard:
    every = [Route("/large", _large), *routes, Route("/{any:path}", _echo, methods=["GET", "POST"])]
    return Guard(Starlette(routes=every), Rules(_refuse, body_bytes=1000))


@contextmanager
def served(limits: Limits = CALM, *routes: Route) -> Iterator[int]:
    """Serve on a free port, which is returned."""
    listening = bound("127.0.0.1", 0)
    server = Server([Door(listening, _app(*routes), limits)], name="test").start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.stop()


def connect(port: int) -> socket.socket:
    """Connect as a client does."""
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


def rest(connection: socket.socket) -> bytes:
    """Return what comes until the connection is closed."""
    return b"".join(iter(lambda: connection.recv(65_536), b""))


def until(connection: socket.socket, end: bytes) -> bytes:
    """Return what comes up to some bytes, and keep the connection."""
    read = b""
    while not read.endswith(end):
        piece = connection.recv(65_536)
        assert piece
        read += piece
    return read


HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\n"


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET / HT", HEAD, HEAD + b"Content-Length: 5\r\n\r\nab", HEAD + b"Content-Length: 5\r\n\r\n"],
)
def test_a_client_that_sends_too_slowly_loses_its_connection(sent: bytes) -> None:
    """Whether it stops in the header or in the body; nothing is answered."""
    with served(QUICK) as port, connect(port) as client:
        client.sendall(sent)
        assert rest(client) == b""


def test_a_header_that_comes_bit_by_bit_gets_no_more_time() -> None:
    """The deadline is for the whole header, not for the next byte."""
    with served(QUICK) as port, connect(port) as client:
        client.settimeout(0.05)
        sent, ended = 0, False
        while not ended and sent < 100:
            sent += 1
            try:
                client.sendall(b"A")
                ended = client.recv(10) == b""
            except ConnectionError:
                ended = True
            except TimeoutError:
                continue
        assert ended
        assert sent < 50


def test_a_client_that_does_not_read_loses_its_connection() -> None:
    """Its answer does not stay in memory."""
    with (
        served(Limits(head_seconds=2, answer_seconds=2)) as port,
        connect(port) as client,
        connect(port) as other,
    ):
        client.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        # The other client's connection is ended by a deadline of the same length that began later.
        other.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HT")
        assert rest(other).endswith(b"GET 0")
        read = 0
        with suppress(ConnectionResetError):
            while piece := client.recv(1_000_000):
                read += len(piece)
        assert read < 20_000_000


def test_slow_clients_keep_nobody_else_waiting() -> None:
    """Hundreds of half-sent headers, and a request beside them."""
    with served() as port:
        slow = [connect(port) for _ in range(200)]
        for each in slow:
            each.sendall(b"GET / HTTP/1.1\r\nHost:")
        with connect(port) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert rest(client).endswith(b"GET 0")
        for each in slow:
            each.close()


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        (b"nonsense\r\n\r\n", 400, b"no valid HTTP"),
        (b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", 505, b"HTTP/1.1"),
        (b"GET / HTTP/1.1\r\n\r\n", 400, b"no valid HTTP"),
        (b"GET " + b"/a" * 40_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414, b"longer than 65536"),
        (b"GET " + b"/a" * 40_000, 414, b"longer than 65536"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"A: b\r\n" * 200 + b"\r\n", 431, b"headers"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nA: " + b"b" * 70_000, 431, b"headers"),
        (HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc", 400, b"Invalid Content-Length"),
        (HEAD + b"Content-Length: 2, 3\r\n\r\nabc", 400, b"Invalid Content-Length"),
        (HEAD + b"Content-Length: -2\r\n\r\nabc", 400, b"Invalid Content-Length"),
        (HEAD + b"Content-Length: " + b"9" * 30 + b"\r\n\r\nabc", 413, b"too long"),
        (HEAD + b"Content-Length: 1001\r\n\r\nabc", 413, b"too long"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 501, b"transfer encoding"),
        (HEAD + b"Transfer-Encoding: gzip\r\n\r\nabc", 501, b"chunked"),
        (HEAD + b"\r\n", 411, b"no Content-Length"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\na", 400, b"has a body"),
    ],
)
def test_what_is_no_sound_request_is_refused_in_words(sent: bytes, status: int, words: bytes) -> None:
    """The connection is closed: what follows may be anything."""
    with served() as port, connect(port) as client:
        client.sendall(sent)
        answer = rest(client)
        assert int(answer.split(b" ")[1]) == status
        assert b"connection: close" in answer.lower()
        assert words in answer.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("ending", [b"", b"Connection: close\r\n"])
def test_a_body_that_is_too_long_gets_its_answer(ending: bytes) -> None:
    """The connection is not torn down while the client is sending."""
    with served(Limits(linger_seconds=PATIENCE)) as port, connect(port) as client:
        client.sendall(HEAD + ending + b"Content-Length: 20000000\r\n\r\n" + b"x" * 20_000_000)
        client.shutdown(socket.SHUT_WR)
        assert b" 413 " in rest(client)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 400),
        ({"Host": ""}, 400),
        ({"Host": "localhost.evil:80"}, 400),
        ({"Host": "LocalHost:1234"}, 200),
        ({"Host": "[::1]"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "none"}, 200),
        ({"Host": "localhost:80", "Origin": "http://localhost:80", "Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
def test_who_may_send(headers: dict[str, str], status: int) -> None:
    """Programs on this computer, and pages that are served here."""
    with served() as port:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        client.request("GET", "/", headers=headers)
        answer = client.getresponse()
        answer.read()
        client.close()
        assert answer.status == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "null", "Sec-Fetch-Site": "none"}, 200),
        ({"Origin": "http://localhost:80"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 403),
    ],
)
def test_where_no_page_is_served_none_may_send(headers: dict[str, str], status: int) -> None:
    """Not even one that says that it comes from here."""
    listening = bound("127.0.0.1", 0)
    app = Guard(Starlette(routes=[Route("/", _echo)]), Rules(_refuse, own_page=False))
    server = Server([Door(listening, app)], name="test").start()
    client = http.client.HTTPConnection("127.0.0.1", listening.getsockname()[1], timeout=PATIENCE)
    try:
        client.request("GET", "/", headers={"Host": "localhost:80", **headers})
        assert client.getresponse().status == status
    finally:
        client.close()
        server.stop()


def test_what_is_no_sound_request_can_be_refused_in_the_applications_words() -> None:
    """They learn whether only the Host header is missing."""

    def refuse(status: int, _words: str, reason: Reason | None) -> Response:
        return PlainTextResponse(f"mine: {reason}", 403 if reason else status)

    listening = bound("127.0.0.1", 0)
    server = Server([Door(listening, _app(), refuse=refuse)], name="test").start()
    try:
        for sent, status, reason in (
            (b"GET / HTTP/1.1\r\n\r\n", b"403", b"Reason.HOST"),
            (b"nonsense\r\n\r\n", b"400", b"None"),
        ):
            with connect(listening.getsockname()[1]) as client:
                client.sendall(sent)
                head, _, words = rest(client).partition(b"\r\n\r\n")
                assert head.split(b" ")[1] == status
                assert b"connection: close" in head.lower()
                assert words == b"mine: " + reason
    finally:
        server.stop()


def test_a_socket_has_so_many_connections_and_the_others_wait() -> None:
    """Strangers that hold connections take no descriptors from the rest of the program."""
    listening = bound("127.0.0.1", 0)
    port = listening.getsockname()[1]
    server = Server([Door(listening, _app(), Limits(connections=3))], name="test").start()
    request = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    try:
        strangers = [connect(port) for _ in range(3)]
        with connect(port) as client:
            client.sendall(request)
            client.settimeout(0.3)
            with pytest.raises(TimeoutError):
                client.recv(1)
            client.settimeout(PATIENCE)
            strangers.pop().close()
            assert rest(client).startswith(b"HTTP/1.1 200")
        for each in strangers:
            each.close()
    finally:
        server.stop()


def test_a_client_that_is_done_sending_gets_its_answer() -> None:
    """It may close its half of the connection."""
    with served() as port, connect(port) as client:
        client.sendall(HEAD + b"Content-Length: 3\r\n\r\nabc")
        client.shutdown(socket.SHUT_WR)
        assert rest(client).endswith(b"POST 3")


def test_requests_that_come_together_are_answered_in_turn() -> None:
    """On one connection."""
    with served() as port, connect(port) as client:
        client.sendall(
            b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 3 + HEAD + b"Content-Length: 1\r\n\r\na"
        )
        assert until(client, b"POST 1").count(b"GET 0") == 3


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_no_body_waits_until_its_head_was_acknowledged(host: str) -> None:
    """A client acknowledges after 40 ms what is no whole answer."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        there = cast("Any", receive).__self__.transport.get_extra_info("socket")
        at_once = there.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        await PlainTextResponse("at once" if at_once else "late")(scope, receive, send)

    try:
        listening = bound(host, 0)
    except OSError:
        pytest.skip(f"{host} is no address here")
    server = Server([Door(listening, app)], name="test").start()
    try:
        client = http.client.HTTPConnection(host, listening.getsockname()[1], timeout=PATIENCE)
        client.request("GET", "/")
        assert client.getresponse().read() == b"at once"
        client.close()
    finally:
        server.stop()


def test_a_unix_socket_is_its_owners_and_has_its_own_application(tmp_path: Path) -> None:
    """What comes through it never meets the application of another socket."""
    path = tmp_path / "control.sock"
    private = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        private.bind(str(path))
    finally:
        os.umask(before)
    private.listen()

    async def trusted(_: Request) -> Response:
        return PlainTextResponse("trusted")

    public = bound("127.0.0.1", 0)
    port = public.getsockname()[1]
    app = _app(Route("/who", trusted))
    server = Server([Door(private, app), Door(public, _app())], name="test").start()
    ask = b"GET /who HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    try:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with socket.socket(socket.AF_UNIX) as client, connect(port) as other:
            client.settimeout(PATIENCE)
            client.connect(str(path))
            client.sendall(ask)
            other.sendall(ask)
            assert (rest(client)[-7:], rest(other)[-5:]) == (b"trusted", b"GET 0")
    finally:
        server.stop()


@pytest.fixture
def held() -> Iterator[tuple[Route, Event, Event]]:
    """A route whose answer waits, the sign that it was asked, and the one to go on."""
    asked, proceed = Event(), Event()

    def wait() -> None:
        asked.set()
        proceed.wait(PATIENCE)

    async def hold(_: Request) -> Response:
        await run_in_threadpool(wait)
        return PlainTextResponse("held")

    yield Route("/hold", hold), asked, proceed
    proceed.set()


def test_stopping_waits_for_answers_and_ends_everything_else(held: tuple[Route, Event, Event]) -> None:
    """A request that has arrived is answered; idle connections and half requests are closed."""
    route, asked, proceed = held
    listening = bound("127.0.0.1", 0)
    port = listening.getsockname()[1]
    server = Server([Door(listening, _app(route))], name="test").start()
    with connect(port) as client, connect(port) as idle, connect(port) as half, ThreadPoolExecutor(1) as pool:
        idle.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert until(idle, b"GET 0")
        half.sendall(HEAD + b"Content-Length: 9\r\n\r\nab")
        client.sendall(b"GET /hold HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert asked.wait(PATIENCE)
        stopped = pool.submit(server.stop)
        assert rest(idle) == b""
        with pytest.raises(TimeoutError):
            stopped.result(0.2)
        proceed.set()
        assert rest(client).endswith(b"held")
        stopped.result(PATIENCE)
        server.stop()
    with pytest.raises(ConnectionRefusedError):
        connect(port)


def test_who_closes_a_server_waits_for_no_answer(held: tuple[Route, Event, Event]) -> None:
    """Nobody connects any more; what was asked before is answered."""
    route, asked, proceed = held
    listening = bound("127.0.0.1", 0)
    port = listening.getsockname()[1]
    server = Server([Door(listening, _app(route))], name="test").start()
    with connect(port) as client:
        client.sendall(b"GET /hold HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert asked.wait(PATIENCE)
        server.close()
        with pytest.raises(ConnectionRefusedError):
            connect(port)
        proceed.set()
        assert rest(client).endswith(b"held")
    server.stop()


def test_an_answer_that_was_given_up_is_no_error(
    held: tuple[Route, Event, Event], caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is logged where the end does not wait for it."""
    route, asked, _ = held
    listening = bound("127.0.0.1", 0)
    server = Server([Door(listening, _app(route))], name="test", stop_seconds=0.1).start()
    with connect(listening.getsockname()[1]) as client:
        client.sendall(b"GET /hold HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert asked.wait(PATIENCE)
        server.stop()
    assert not caplog.records


def test_stopping_takes_a_bounded_time(held: tuple[Route, Event, Event]) -> None:
    """An answer that never comes does not keep the program."""
    route, asked, _ = held
    listening = bound("127.0.0.1", 0)
    server = Server([Door(listening, _app(route))], name="test", stop_seconds=0.1).start()
    with connect(listening.getsockname()[1]) as client, ThreadPoolExecutor(1) as pool:
        client.sendall(b"GET /hold HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert asked.wait(PATIENCE)
        pool.submit(server.stop).result(PATIENCE / 2)
