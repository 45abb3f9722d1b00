"""Pings to a server on this computer: in order, once each, and never in the way."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from clocks import FakeClock
from syncd.daemon import ping
from syncd.daemon.ping import Pinger
from websites import Asked, Reply, Site, website

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "/a1b2-secret"  # noqa: S105 - of nobody


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask loopback servers themselves."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def site() -> Iterator[Site]:
    """A running server that takes pings."""
    with website() as running:
        running.replies = {SECRET + end: Reply(b"OK") for end in ("", "/start", "/fail")}
        yield running


PROGRAM = """
import json, os, sys
from syncd.clock import SystemClock
from syncd.daemon import logs, ping
class Hasty(SystemClock):
    def sleep(self, seconds): pass
logs.configure(sys.stderr, os.environ, clock=Hasty())
pinger = ping.Pinger(sys.argv[1], Hasty())
for _ in range(int(sys.argv[2])): pinger.success("fine")
pinger.close()
"""


def lines(address: str, pings: int = 1) -> list[dict[str, Any]]:
    """Return what a process logs that sends pings to an address."""
    env = {name: os.environ.get(name, "") for name in ("PATH", "PYTHONPATH")}
    command = [sys.executable, "-c", PROGRAM, address, str(pings)]
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=60, check=True)
    assert SECRET not in done.stderr
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_start_success_and_failure(site: Site) -> None:
    """The convention of healthchecks.io: a path behind the address, the words as the body."""
    pinger = Pinger(site.address + SECRET, FakeClock())
    pinger.start()
    pinger.success("3 papers — Gödel")
    pinger.failure("the page shrank")
    pinger.close(60)
    assert [(asked.method, asked.path, asked.body.decode()) for asked in site.asked] == [
        ("POST", SECRET + "/start", ""),
        ("POST", SECRET, "3 papers — Gödel"),
        ("POST", SECRET + "/fail", "the page shrank"),
    ]
    assert site.asked[0].headers["User-Agent"].startswith("syncd/")
    assert "pings" not in {thread.name for thread in threading.enumerate()}


def test_without_an_address_nothing_happens() -> None:
    """No thread either."""
    pinger = Pinger(None, FakeClock())
    pinger.start()
    assert "pings" not in {thread.name for thread in threading.enumerate()}
    pinger.close(60)


def test_long_and_secret_words(site: Site) -> None:
    """The body ends at a whole character, and holds no key."""
    with_key = "Abcdefghijklmnopqrstuvw1 " + "ü" * 10_000
    pinger = Pinger(site.address + SECRET, FakeClock())
    pinger.success(with_key)
    pinger.close(60)
    body = site.asked[0].body
    assert ping.MOST_BYTES - 1 <= len(body) <= ping.MOST_BYTES
    assert body.decode().startswith("(a key, not shown) üü")


def test_busy_server_is_asked_once_more(site: Site) -> None:
    """After a pause, and not a third time."""
    clock = FakeClock()
    site.replies[SECRET] = [Reply(b"", 503), Reply(b"OK")]
    site.replies[SECRET + "/fail"] = Reply(b"", 503)
    pinger = Pinger(site.address + SECRET, clock)
    pinger.success("")
    pinger.failure("")
    pinger.close(60)
    assert site.paths == [SECRET, SECRET, SECRET + "/fail", SECRET + "/fail"]
    assert clock.waits == [ping.PAUSE, ping.PAUSE]


@pytest.mark.parametrize(
    ("reply", "words", "asked"),
    [
        (Reply(b"", 404), "HTTP 404", 1),
        (Reply(b"", 500), "HTTP 500", 2),
        (Reply(None), "it can't be reached", 2),
        (Reply(b"", 302, {"Location": "https://127.0.0.1/"}), "redirected to another scheme", 1),
        (
            Reply(b"", 302, {"Location": "http://169.254.169.254/"}),
            "it is an address that syncd never reads",
            1,
        ),
        (Reply(b"", 302, {"Location": "//[x"}), "redirected to something that is no address", 1),
        (Reply(b"", 307, {"Location": SECRET}), "too many redirects", 4),
    ],
    ids=["refused", "broken", "broken off", "scheme", "never", "nowhere", "circle"],
)
def test_failure_is_one_line_without_the_address(site: Site, reply: Reply, words: str, asked: int) -> None:
    """It says why, and the host."""
    site.replies[SECRET] = reply
    (line,) = lines(site.address + SECRET)
    assert (line["event"], line["host"]) == (f"a ping failed: {words}", "127.0.0.1")
    assert (line["level"], len(site.asked)) == ("warning", asked)


def test_unreachable_server_is_one_line() -> None:
    """Nobody listens there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    (line,) = lines(f"http://127.0.0.1:{port}{SECRET}")
    assert line["event"] == "a ping failed: it can't be reached"


def test_redirect_within_the_scheme_is_followed(site: Site) -> None:
    """As the same POST with the same words."""
    site.replies["/new"] = Reply(b"OK")
    site.replies[SECRET] = Reply(b"", 301, {"Location": "/new"})
    pinger = Pinger(site.address + SECRET, FakeClock())
    pinger.success("fine")
    pinger.close(60)
    assert [(asked.method, asked.path, asked.body) for asked in site.asked][1:] == [("POST", "/new", b"fine")]


def test_slow_server_holds_up_nobody(site: Site) -> None:
    """Who pings goes on at once; the oldest that wait are given up, the newest are sent."""
    entered, released = threading.Event(), threading.Event()

    def slow(_: Asked) -> Reply:
        entered.set()
        released.wait(60)
        return Reply(b"OK")

    site.replies[SECRET + "/start"] = slow
    pinger = Pinger(site.address + SECRET, FakeClock())
    pinger.start()
    assert entered.wait(60)
    for number in range(ping.MOST_WAITING + 5):
        pinger.success(str(number))
    released.set()
    pinger.close(60)
    assert [asked.body for asked in site.asked[1:]] == [
        str(number).encode() for number in range(5, ping.MOST_WAITING + 5)
    ]


def test_close_gives_up_on_a_server_that_hangs(site: Site) -> None:
    """An end takes a few seconds at most."""
    entered, released = threading.Event(), threading.Event()

    def hanging(_: Asked) -> Reply:
        entered.set()
        released.wait(30)
        return Reply(b"OK")

    site.replies[SECRET] = hanging
    pinger = Pinger(site.address + SECRET, FakeClock())
    pinger.success("")
    assert entered.wait(10)
    pinger.close(0.1)
    assert site.paths == [SECRET]
    released.set()
    pinger.close(60)
    assert "pings" not in {thread.name for thread in threading.enumerate()}
