"""Behind a proxy: libraries are reached as sources are, by the way that the environment names."""

from __future__ import annotations

import socketserver
import threading
from typing import TYPE_CHECKING

import httpx2
import pytest

from owner import show
from syncd.errors import LibraryError
from syncd.zotero.transport import PoliteTransport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clocks import FakeClock
    from desk import Desk

PASSWORD = "geheim"  # noqa: S105 - of nothing
EXPIRED = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1006)"


class Proxy(socketserver.ThreadingTCPServer):
    """A proxy that lets nobody through, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        self.heard: list[str] = []
        super().__init__(("127.0.0.1", 0), Refusal)

    @property
    def url(self) -> str:
        """What a user writes into the environment."""
        return f"http://ann:{PASSWORD}@127.0.0.1:{self.server_address[1]}"


class Refusal(socketserver.StreamRequestHandler):
    """One request to the proxy."""

    server: Proxy

    def handle(self) -> None:
        """Read the head, and refuse."""
        lines = []
        while line := self.rfile.readline().decode().strip():
            lines.append(line)
        self.server.heard.append("\n".join(lines))
        self.wfile.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """Let a proxy run."""
    with Proxy() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def far(desk: Desk) -> Desk:
    """Give a desk whose library is at a server elsewhere."""
    config = desk.folder / "config.toml"
    text = config.read_text(encoding="utf-8").replace(desk.zotero.server.url, "https://zotero.invalid")
    config.write_text(text, encoding="utf-8")
    show(desk)
    return desk


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_library_is_asked_through_the_proxy(far: Desk, proxy: Proxy, name: str) -> None:
    """A proxy that says no is named, its password and the key are not; nobody waits for it to change its mind."""
    done = far.syncd("push", **{name: proxy.url})
    assert done.code == 5
    assert "can't reach zotero.invalid through the proxy: 407" in done.err
    assert "check HTTPS_PROXY" in done.err
    assert [heard.split()[:2] for heard in proxy.heard] == [["CONNECT", "zotero.invalid:443"]]
    assert PASSWORD not in done.err + done.out
    assert far.zotero.server.key not in "".join(proxy.heard)


@pytest.mark.parametrize("words", [("doctor",), ("login", "--no-browser")])
def test_doctor_and_login_take_the_same_way(far: Desk, proxy: Proxy, words: tuple[str, ...]) -> None:
    """Else doctor would call a way open that a push does not take."""
    done = far.syncd(*words, HTTPS_PROXY=proxy.url)
    assert "through the proxy" in done.out + done.err
    assert proxy.heard


def test_what_needs_no_proxy_gets_none(far: Desk, proxy: Proxy) -> None:
    """NO_PROXY is a list of hosts."""
    done = far.syncd("doctor", HTTPS_PROXY=proxy.url, NO_PROXY="localhost,.invalid")
    assert "can't reach zotero.invalid: " in done.out
    assert proxy.heard == []


def test_nothing_on_this_computer_goes_through_a_proxy(desk: Desk, proxy: Proxy) -> None:
    """Neither a server of one's own here nor the embedded library, which send a key in clear."""
    show(desk)
    env = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), proxy.url)
    assert desk.syncd("push", **env).code == 0
    assert desk.syncd("push", "page.txt", **env, SYNCD_CONFIG="/dev/null").code == 0
    assert proxy.heard == []


def test_a_proxy_of_an_unknown_kind_is_refused(far: Desk) -> None:
    """The words name the variable, not what is in it."""
    done = far.syncd("push", HTTPS_PROXY=f"gopher://ann:{PASSWORD}@proxy.invalid")
    assert done.code == 1
    assert "HTTPS_PROXY" in done.err
    assert PASSWORD not in done.err


def test_a_certificate_that_is_not_accepted_is_said_at_once(clock: FakeClock) -> None:
    """In words, and with what is usually the reason; waiting would not help."""
    asked = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        raise httpx2.ConnectError(EXPIRED)

    transport = PoliteTransport(clock, inner=httpx2.MockTransport(answer))
    with pytest.raises(
        LibraryError, match=r"its certificate is not accepted: certificate has expired$"
    ) as caught:
        transport.handle_request(httpx2.Request("GET", "https://api.zotero.org/keys/current"))
    assert "clock" in caught.value.hint
    assert len(asked) == 1
