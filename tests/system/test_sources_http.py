"""Pages from a real web server on loopback: what is asked, what is taken, and how each failure is told."""

from __future__ import annotations

import gzip
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from syncd import __version__, read
from syncd.errors import SourceError
from syncd.sources.limits import Limits
from syncd.sources.network import EVERYWHERE
from syncd.sources.pace import Pace
from syncd.sources.web import Web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

    from syncd.clock import Clock
    from syncd.model import Snapshot

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class FixedClock:
    """A clock that stands, but for `monotonic`, which goes a second further at each look."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        """Return noon."""
        return NOON

    def monotonic(self) -> float:
        """Return one second more than the last time."""
        self.seconds += 1
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Fail."""
        raise AssertionError(f"a fetch does not sleep, {seconds} s least of all")


@dataclass
class Answer:
    """What the server sends: a status line, these headers, this body."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"page"
    length: int | None = None
    chunks: tuple[bytes, ...] = ()


@dataclass
class Server:
    """A web server under test: answers by path, and the headers of each request that it got."""

    address: str
    answers: dict[str, Answer] = field(default_factory=dict)
    requests: list[Message] = field(default_factory=list)
    silent: threading.Event = field(default_factory=threading.Event)


def request_class(server: Server) -> type[BaseHTTPRequestHandler]:
    """Return a request handler that answers from `server.answers`."""

    class Request(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            server.requests.append(self.headers)
            if self.path == "/silent":
                server.silent.wait(10)
                return
            answer = server.answers.get(self.path, Answer(404))
            self.send_response_only(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.chunks:
                self.send_header("Transfer-Encoding", "chunked")
            else:
                self.send_header("Content-Length", str(answer.length or len(answer.body)))
            self.end_headers()
            body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in answer.chunks)
            self.wfile.write(body or answer.body)
            self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Stay quiet."""

    return Request


class Listener(ThreadingHTTPServer):
    """A server that says nothing of clients that went away, as they should in many of these tests."""

    daemon_threads = False

    def handle_error(self, *_: Any) -> None:
        """Stay quiet."""


@contextmanager
def serving() -> Iterator[Server]:
    """Run a server; it and its connections are closed at the end."""
    server = Server("")
    with Listener(("127.0.0.1", 0), request_class(server)) as listener:
        server.address = f"http://127.0.0.1:{listener.server_port}"
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.silent.set()
            listener.shutdown()
            thread.join()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A running server, without a proxy before it."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with serving() as running:
        yield running


def fetch(
    address: str,
    *,
    captured: date | None = None,
    contact: str | None = None,
    limits: Limits | None = None,
    clock: Clock | None = None,
) -> tuple[Snapshot, ...]:
    """Fetch a page once, wherever it is."""
    with Web(
        clock,
        contact=contact,
        limits=limits,
        pace=Pace(default=0.0),
        allow_private=EVERYWHERE,
        attempts=1,
        robots=False,
    ) as web:
        return read.fetch(address, captured=captured, clock=clock, web=web)


def refusal(address: str, *, limits: Limits | None = None) -> SourceError:
    """Fetch `address`, which must fail, and return the error: a sentence, not a traceback's text."""
    with pytest.raises(SourceError) as caught:
        fetch(address, limits=limits, clock=FixedClock())
    text = f"{caught.value} {caught.value.hint}"
    assert not any(word in text for word in ("Error(", "object at", "HTTPConnectionPool", "Errno"))
    return caught.value


def test_page_comes_with_its_provenance(server: Server) -> None:
    """Bytes, the server's time, media type and charset."""
    server.answers["/a"] = Answer(
        headers={"Date": "Mon, 01 Jun 2026 07:30:00 GMT", "Content-Type": 'Text/HTML; charset="UTF-8"'},
        body="何 é".encode(),
    )
    (snapshot,) = fetch(f"{server.address}/a", clock=FixedClock())
    assert snapshot.data == "何 é".encode()
    assert snapshot.origin == f"{server.address}/a"
    assert snapshot.captured == datetime(2026, 6, 1, 7, 30, tzinfo=UTC)
    assert (snapshot.media_type, snapshot.charset) == ("text/html", "utf-8")


@pytest.mark.parametrize("headers", [{}, {"Date": "yesterday"}, {"Date": "Mon, 99 Jun 2026 07:30:00 GMT"}])
def test_without_a_date_the_clock_says_it(server: Server, headers: dict[str, str]) -> None:
    """The server names no time, or none that there is; it names no type either."""
    server.answers["/"] = Answer(headers=headers)
    (snapshot,) = fetch(server.address, clock=FixedClock())
    assert snapshot.captured == NOON
    assert (snapshot.media_type, snapshot.charset) == (None, None)


def test_captured_day_overrides_the_time_of_the_server(server: Server) -> None:
    """As it does a file's."""
    server.answers["/"] = Answer(headers={"Date": "Mon, 01 Jun 2026 07:30:00 GMT"})
    assert fetch(server.address, captured=date(2025, 1, 2))[0].captured.date() == date(2025, 1, 2)


def test_syncd_introduces_itself(server: Server) -> None:
    """With its version and, where configured, how to reach the user."""
    server.answers["/"] = Answer()
    fetch(server.address)
    fetch(server.address, contact="me@example.org")
    agents = [request["User-Agent"] for request in server.requests]
    assert agents == [f"syncd/{__version__}", f"syncd/{__version__} (+me@example.org)"]


def test_no_credentials_are_sent(server: Server, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even those that a ~/.netrc has for the host."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server.answers["/"] = Answer(302, {"Location": "/b", "Set-Cookie": "a=b"})
    server.answers["/b"] = Answer()
    fetch(server.address)
    assert len(server.requests) == 2
    assert not any(request["Authorization"] or request["Cookie"] for request in server.requests)


def test_compressed_and_chunked_bodies(server: Server) -> None:
    """Come as what they hold."""
    packed = gzip.compress(b"page" * 1000)
    server.answers["/gzip"] = Answer(headers={"Content-Encoding": "gzip"}, body=packed)
    server.answers["/chunks"] = Answer(chunks=(b"pa", b"ge", b""))
    assert fetch(f"{server.address}/gzip")[0].data == b"page" * 1000
    assert fetch(f"{server.address}/chunks")[0].data == b"page"


def test_size_limit_counts_what_is_unpacked(server: Server) -> None:
    """A small body that unpacks to more is stopped; one of just the limit passes."""
    packed = gzip.compress(b"\0" * 1_000_000)
    server.answers["/bomb"] = Answer(headers={"Content-Encoding": "gzip"}, body=packed)
    server.answers["/plain"] = Answer(body=b"x" * 1001)
    address = f"{server.address}/bomb"
    assert len(packed) < 2000
    assert "larger than 999999 bytes" in str(refusal(address, limits=Limits(size=999_999)))
    assert "larger than 1000 bytes" in str(refusal(f"{server.address}/plain", limits=Limits(size=1000)))
    assert len(fetch(address, limits=Limits(size=1_000_000))[0].data) == 1_000_000


def test_fifty_megabytes_pass(server: Server) -> None:
    """With the limits as they are."""
    server.answers["/"] = Answer(body=b"x" * 50_000_000)
    assert len(fetch(server.address)[0].data) == 50_000_000


def test_time_limit_counts_the_whole_page(server: Server) -> None:
    """However steadily it trickles in."""
    server.answers["/"] = Answer(body=b"x" * 1_000_000)
    error = refusal(server.address, limits=Limits(total=4))
    assert "did not arrive within 4 seconds" in str(error)
    assert error.transient


@pytest.mark.parametrize(
    ("status", "words", "transient"),
    [
        (401, "asks for a sign-in", False),
        (403, "refuses to show the page", False),
        (404, "there is no such page (404)", False),
        (410, "was removed", False),
        (418, "did not give the page (418)", False),
        (204, "did not give the page (204)", False),
        (304, "did not give the page (304)", False),
        (408, "gave up waiting", True),
        (429, "too many requests", True),
        (500, "a problem of its own (500)", True),
        (503, "a problem of its own (503)", True),
    ],
)
def test_each_status_is_a_sentence(server: Server, status: int, words: str, transient: bool) -> None:  # noqa: FBT001
    """And says whether trying again may help."""
    body = b"" if status in (204, 304) else b"no"
    server.answers["/"] = Answer(status, body=body)
    error = refusal(server.address)
    assert words in str(error)
    assert error.transient is transient
    assert error.origin == server.address


def test_redirects_are_followed(server: Server) -> None:
    """Relative and absolute ones, up to five; the origin stays what the user named."""
    for number in range(5):
        to = f"/{number + 1}" if number % 2 else f"{server.address}/{number + 1}"
        server.answers[f"/{number}"] = Answer(301 + number % 2, {"Location": to})
    server.answers["/5"] = Answer(body=b"there")
    (snapshot,) = fetch(f"{server.address}/0")
    assert (snapshot.data, snapshot.origin) == (b"there", f"{server.address}/0")


def test_redirect_in_a_circle_ends(server: Server) -> None:
    """After five."""
    server.answers["/"] = Answer(302, {"Location": "/"})
    assert "redirects more than 5 times" in str(refusal(server.address))
    assert len(server.requests) == 6


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("https://127.0.0.1/a", "redirects to another scheme: https://127.0.0.1/a"),
        ("ftp://127.0.0.1/a", "redirects to another scheme: ftp://127.0.0.1/a"),
        ("file:///etc/passwd", "redirects to something that is no address"),
        ("http://[::1", "redirects to something that is no address"),
        ("http://me:secret@127.0.0.1/", "the address holds a user name or password"),
        ("javascript:alert(1)", "redirects to something that is no address"),
    ],
)
def test_other_redirects_are_refused(server: Server, location: str, words: str) -> None:
    """Another scheme, no address, credentials."""
    server.answers["/"] = Answer(302, {"Location": location})
    error = refusal(server.address)
    assert words in str(error)
    assert "secret" not in f"{error} {vars(error)}"


def test_redirect_to_https_says_what_to_write(server: Server) -> None:
    """The better address is the hint."""
    server.answers["/"] = Answer(301, {"Location": "https://127.0.0.1/a"})
    assert refusal(server.address).hint == "If that is right, make it the source: https://127.0.0.1/a"


def test_body_that_breaks_off_is_no_page(server: Server) -> None:
    """Less than the server announced, cut chunks, damaged compression: never half a page."""
    server.answers["/short"] = Answer(body=b"half a pa", length=100)
    server.answers["/chunks"] = Answer(chunks=(b"half", b"a page"))  # the last, empty chunk is missing
    server.answers["/gzip"] = Answer(headers={"Content-Encoding": "gzip"}, body=b"no gzip at all")
    for path, words in (("short", "broke off"), ("chunks", "broke off"), ("gzip", "damaged")):
        error = refusal(f"{server.address}/{path}")
        assert words in str(error), path
        assert error.transient


def test_silent_server_is_given_up(server: Server) -> None:
    """It accepts the connection and says nothing."""
    error = refusal(f"{server.address}/silent", limits=Limits(silence=0.05))
    assert "127.0.0.1 sent nothing for 0.05 seconds" in str(error)
    assert error.transient


def test_server_that_is_not_there() -> None:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        error = refusal(f"http://127.0.0.1:{listener.getsockname()[1]}/")
    assert "no connection to 127.0.0.1" in str(error)
    assert error.transient


def test_server_that_speaks_no_tls(server: Server) -> None:
    """Https to a port of plain http."""
    error = refusal(server.address.replace("http:", "https:"))
    assert "no secure connection to 127.0.0.1" in str(error)
    assert error.transient


def test_host_that_is_not_known(server: Server) -> None:
    """Names under .invalid never exist."""
    del server  # only so that no proxy is asked
    error = refusal("http://syncd.invalid/")
    assert "the host syncd.invalid can't be found" in str(error)
    assert error.transient


def test_proxy_of_the_environment_is_asked(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets the request, and when it is not there, it is the proxy that the sentence is about."""
    server.answers["http://example.invalid/a"] = Answer(body=b"through")
    monkeypatch.setenv("http_proxy", server.address)
    assert fetch("http://example.invalid/a")[0].data == b"through"
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    error = refusal("http://example.invalid/a")
    assert "the proxy can't be reached" in str(error)
    assert error.transient


@pytest.mark.parametrize(
    "address", ["http://", "https:///a", "http://[::1", "http://h:port/", "http://a b/", "http://é..x/"]
)
def test_what_is_no_address(address: str) -> None:
    """Is told at once and is not tried again."""
    error = refusal(address)
    assert "not a valid address" in str(error)
    assert not error.transient


def test_credentials_in_an_address_are_refused_and_masked() -> None:
    """Nothing is sent, and nothing is shown."""
    for address in (
        "https://me:secret@example.org/a?b#c",
        "http://secret@example.org/",
        "HTTP://:secret@h:p/",
    ):
        error = refusal(address)
        assert "secret" not in f"{error} {error.hint} {vars(error)} {error.__context__}"
        assert "***@" in error.origin
