"""Asking web servers: conditions and cache, repeats, the pace of each host, robots.txt, the own network."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from clocks import FakeClock
from syncd.errors import SourceError
from syncd.read import fetch
from syncd.sources import network
from syncd.sources.cache import Cache, key
from syncd.sources.limits import Limits
from syncd.sources.pace import DEFAULT_INTERVAL, Pace
from syncd.sources.web import ATTEMPTS, LONGEST_WAIT, Web
from websites import Asked, Reply, Site, conditional, dripping, website

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

QUICK = Limits(total=0.3)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask loopback servers themselves."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def site() -> Iterator[Site]:
    """A running server."""
    with website() as running:
        yield running


@pytest.fixture
def clock() -> FakeClock:
    """A clock that waits in no time."""
    return FakeClock()


def visitor(clock: FakeClock, **settings: Any) -> Web:
    """Return a session that may read loopback servers, and asks no robots.txt unless told to."""
    return Web(clock, **{"allow_private": ["127.0.0.1"], "robots": False, "pace": Pace(0.0), **settings})


def refused(ask: Callable[[], object]) -> SourceError:
    """Return the error that asking ends in: a sentence, not a traceback's text."""
    with pytest.raises(SourceError) as caught:
        ask()
    text = f"{caught.value} {caught.value.hint}"
    assert not any(word in text for word in ("Error(", "object at", "HTTPConnectionPool", "Errno"))
    return caught.value


# Conditions and cache


def test_unchanged_page_costs_one_304(site: Site, clock: FakeClock, tmp_path: Path) -> None:
    """In the same run and in the next one; the body comes from the disk."""
    site.replies["/"] = conditional(b"page", '"1"')
    for expected in (False, True):
        with visitor(clock, cache=tmp_path) as web:
            answer = web.get(site.address + "/")
            assert (answer.status, answer.data, answer.from_cache) == (200, b"page", expected)
    assert [asked.headers["If-None-Match"] for asked in site.asked] == [None, '"1"']


def test_last_modified_is_a_condition_too(site: Site, clock: FakeClock, tmp_path: Path) -> None:
    """For servers that know no ETag."""
    day = "Mon, 01 Jun 2026 07:30:00 GMT"
    site.replies["/"] = [Reply(b"page", headers={"Last-Modified": day}), Reply(b"", 304)]
    with visitor(clock, cache=tmp_path) as web:
        web.get(site.address + "/")
        assert web.get(site.address + "/").data == b"page"
    assert site.asked[1].headers["If-Modified-Since"] == day


def test_changed_page_replaces_the_stored_one(site: Site, clock: FakeClock, tmp_path: Path) -> None:
    """And is what the next condition is about."""
    with visitor(clock, cache=tmp_path) as web:
        for body, etag in ((b"one", '"1"'), (b"two", '"2"'), (b"two", '"2"')):
            site.replies["/"] = conditional(body, etag)
            assert web.get(site.address + "/").data == body
    assert [asked.headers["If-None-Match"] for asked in site.asked] == [None, '"1"', '"2"']


@pytest.mark.parametrize("headers", [{}, {"ETag": '"1"', "Cache-Control": "private, no-store"}])
def test_what_may_not_be_stored_is_not(
    site: Site, clock: FakeClock, tmp_path: Path, headers: dict[str, str]
) -> None:
    """Nothing to recognise it by, or a server that forbids it."""
    site.replies["/"] = Reply(headers=headers)
    with visitor(clock, cache=tmp_path) as web:
        web.get(site.address + "/")
        assert not web.get(site.address + "/").from_cache
    assert list(tmp_path.rglob("*.answer")) == []


@pytest.mark.parametrize("damage", [b"", b"{", b"[]\npage", b'{"sha256": "0"}\npage', b"\xff\n", None])
def test_damaged_entry_counts_as_missing(
    site: Site, clock: FakeClock, tmp_path: Path, damage: bytes | None
) -> None:
    """Cut, garbled, of another shape, or with one byte changed: the page is asked for as if for the first time."""
    site.replies["/"] = conditional(b"page", '"1"')
    with visitor(clock, cache=tmp_path) as web:
        web.get(site.address + "/")
        (entry,) = tmp_path.rglob("*.answer")
        entry.write_bytes(entry.read_bytes().replace(b"page", b"pagf") if damage is None else damage)
        answer = web.get(site.address + "/")
        assert (answer.data, answer.from_cache) == (b"page", False)
        assert web.get(site.address + "/").from_cache
    assert site.asked[1].headers["If-None-Match"] is None


def test_disk_that_can_not_be_written_costs_only_requests(
    site: Site, clock: FakeClock, tmp_path: Path
) -> None:
    """A file is where the folder should be."""
    (tmp_path / "cache").write_text("in the way")
    site.replies["/"] = conditional(b"page", '"1"')
    with visitor(clock, cache=tmp_path / "cache") as web:
        assert web.get(site.address + "/").data == b"page"
        assert not web.get(site.address + "/").from_cache


def test_cache_keeps_within_its_size(clock: FakeClock, tmp_path: Path) -> None:
    """What was confirmed longest ago goes first; what is larger than all of it is not stored."""
    cache = Cache(tmp_path, clock, most_bytes=10_000)
    for number in range(20):
        cache.keep(key(str(number)), 200, {}, b"x" * 900)
        cache.confirm(key("0"))
        clock.advance(1)
    cache.keep(key("large"), 200, {}, b"x" * 10_001)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 10_000
    kept = [number for number in range(20) if cache.find(key(str(number)))]
    assert kept[0] == 0
    assert kept[1:] == list(range(20 - len(kept) + 1, 20))
    assert len(kept) > 5
    assert cache.find(key("large")) is None


def test_half_written_files_of_the_dead_are_cleared_away(clock: FakeClock, tmp_path: Path) -> None:
    """After an hour; younger ones may still be written."""
    old, young = tmp_path / "old.part", tmp_path / "young.part"
    old.write_bytes(b"x")
    young.write_bytes(b"x")
    for path, age in ((old, 4000), (young, 10)):
        moment = clock.now().timestamp() - age
        os.utime(path, (moment, moment))
    Cache(tmp_path, clock).keep(key("a"), 200, {}, b"page")
    assert not old.exists()
    assert young.exists()


def test_entries_are_whole_whoever_writes_at_once(clock: FakeClock, tmp_path: Path) -> None:
    """Eight threads write the same entry; whoever reads gets one of the versions."""
    bodies = [bytes([65 + number]) * 50_000 for number in range(8)]
    name = key("a")

    def work(body: bytes) -> bool:
        cache = Cache(tmp_path, clock)
        for _ in range(30):
            cache.keep(name, 200, {"ETag": body[:1].decode()}, body)
            entry = cache.find(name)
            if entry is None or entry.data not in bodies or entry.headers["etag"] != entry.data[:1].decode():
                return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, bodies))


def test_killed_writer_leaves_whole_entries(clock: FakeClock, tmp_path: Path) -> None:
    """A process that writes without end is killed in the midst of it."""
    code = (
        "import sys, itertools\n"
        "from pathlib import Path\n"
        "from syncd.clock import SystemClock\n"
        "from syncd.sources.cache import Cache, key\n"
        "cache = Cache(Path(sys.argv[1]), SystemClock())\n"
        "for turn in itertools.count():\n"
        "    cache.keep(key('a'), 200, {}, bytes([65 + turn % 26]) * 300_000)\n"
        "    print(turn, flush=True)\n"
    )
    for turns in (1, 4, 9):
        with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            for _ in range(turns):
                process.stdout.readline()
            process.send_signal(signal.SIGKILL)
        entry = Cache(tmp_path, clock).find(key("a"))
        assert entry is not None
        assert len(entry.data) == 300_000
        assert len(set(entry.data)) == 1


def test_fresh_answer_is_not_asked_for_again(site: Site, clock: FakeClock, tmp_path: Path) -> None:
    """Until its time is up, a 404 likewise; a clock that was put back makes it stale."""
    site.replies["/a"] = Reply(b"{}")
    with visitor(clock, cache=tmp_path) as web:
        for path, status in (("/a", 200), ("/b", 404)):
            site.asked.clear()
            for advance, requests in ((0, 1), (50, 1), (51, 2), (99, 2)):
                clock.advance(advance)
                assert web.get(site.address + path, fresh=100).status == status
                assert len(site.asked) == requests, (path, advance)
            clock.set(-500)
            web.get(site.address + path, fresh=100)
            assert len(site.asked) == 3


def test_confirmed_answer_is_fresh_anew(site: Site, clock: FakeClock, tmp_path: Path) -> None:
    """Its time runs from when the server last said that it is still right."""
    site.replies["/"] = conditional(b"page", '"1"')
    with visitor(clock, cache=tmp_path) as web:
        for advance, requests in ((0, 1), (101, 2), (99, 2), (2, 3)):
            clock.advance(advance)
            assert web.get(site.address + "/", fresh=100).data == b"page"
            assert len(site.asked) == requests


def test_keys_are_sent_and_never_stored_or_shared(site: Site, clock: FakeClock, tmp_path: Path) -> None:
    """Neither the parameter nor the header is on the disk, and each key has answers of its own."""
    site.replies["/a"] = lambda asked: conditional(asked.query.get("api_key", "").encode(), '"1"')(asked)
    with visitor(clock, cache=tmp_path) as web:
        for secret in ("sesame", "mellon", "sesame"):
            headers = {"Authorization": f"Bearer {secret}-header"}
            answer = web.get(
                f"{site.address}/a", params={"q": 1}, headers=headers, credentials={"api_key": secret}
            )
            assert answer.data == secret.encode()
            assert secret not in answer.url
    assert [asked.headers["Authorization"] for asked in site.asked] == [
        "Bearer sesame-header",
        "Bearer mellon-header",
        "Bearer sesame-header",
    ]
    assert site.asked[2].headers["If-None-Match"] == '"1"'
    heads = [path.read_bytes().split(b"\n", 1)[0] for path in tmp_path.rglob("*.answer")]
    assert len(heads) == 2
    assert not any(b"sesame" in head or b"mellon" in head for head in heads)
    assert not any("sesame" in path.name for path in tmp_path.rglob("*"))


def test_confirmed_page_is_as_new_as_its_confirmation(site: Site, clock: FakeClock, tmp_path: Path) -> None:
    """Years are inferred from when the page was seen last, not from when it was sent."""
    site.replies["/"] = [
        Reply(
            b"page",
            headers={"ETag": "1", "Date": "Mon, 01 Jun 2026 07:30:00 GMT", "Content-Type": "text/plain"},
        ),
        Reply(b"", 304, {"Date": "Mon, 08 Jun 2026 07:30:00 GMT"}),
    ]
    with visitor(clock, cache=tmp_path) as web:
        fetch(site.address + "/", web=web)
        (snapshot,) = fetch(site.address + "/", web=web)
    assert (snapshot.data, snapshot.media_type) == (b"page", "text/plain")
    assert snapshot.captured == datetime(2026, 6, 8, 7, 30, tzinfo=UTC)


# Repeats


def test_retry_after_is_waited_for(site: Site, clock: FakeClock) -> None:
    """In seconds, and as a date; on 429 and on 503."""
    site.replies["/"] = [
        Reply(b"", 429, {"Retry-After": "7"}),
        Reply(b"", 503, {"Retry-After": "Tue, 02 Jun 2026 12:00:20 GMT"}),
        Reply(b"page"),
    ]
    with visitor(clock) as web:
        assert web.get(site.address + "/").data == b"page"
    assert clock.waits == [7.0, 13.0]


def test_without_retry_after_the_waits_grow(site: Site, clock: FakeClock) -> None:
    """And end; the last answer is told as it is."""
    site.replies["/"] = Reply(b"", 502)
    with visitor(clock) as web:
        answer = web.get(site.address + "/")
        assert answer.status == 502
        error = refused(lambda: web.checked(answer))
    assert len(site.asked) == ATTEMPTS
    assert [1 <= clock.waits[0] <= 2, 2 <= clock.waits[1] <= 4, 4 <= clock.waits[2] <= 8] == [True] * 3
    assert error.transient


def test_long_wait_is_the_schedules_business(site: Site, clock: FakeClock) -> None:
    """The error says how long, and nobody asks that host again before."""
    site.replies["/"] = Reply(b"", 429, {"Retry-After": "3600"})
    with visitor(clock) as web:
        error = refused(lambda: fetch(site.address + "/", web=web))
        again = refused(lambda: web.get(site.address + "/other"))
        assert (error.retry_after, again.retry_after) == (3600.0, 3600.0)
        assert error.transient
        assert again.transient
        assert (len(site.asked), clock.waits) == (1, [])
        clock.advance(3600)
        site.replies["/"] = Reply(b"page")
        assert web.get(site.address + "/").data == b"page"


def test_connection_that_breaks_is_tried_again(site: Site, clock: FakeClock) -> None:
    """The server hung up without an answer."""
    site.replies["/"] = [Reply(None), Reply(b"page")]
    with visitor(clock) as web:
        assert web.get(site.address + "/").data == b"page"
    assert len(site.asked) == 2


def test_what_will_not_change_is_not_repeated(site: Site, clock: FakeClock) -> None:
    """A page that is not there, and a server that is not there."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    with visitor(clock) as web:
        assert web.get(site.address + "/").status == 404
        assert "no connection" in str(refused(lambda: web.get(nowhere)))
    assert (len(site.asked), clock.waits) == (1, [])


def test_questions_that_are_sent_are_repeated_whole(site: Site, clock: FakeClock) -> None:
    """The same JSON arrives twice."""
    site.replies["/batch"] = [Reply(b"", 503, {"Retry-After": "1"}), Reply({"found": [None]})]
    with visitor(clock) as web:
        answer = web.post(f"{site.address}/batch", json_body={"ids": ["é"]}, params={"fields": "title"})
        assert answer.json() == {"found": [None]}
    assert [(asked.method, asked.body, asked.query) for asked in site.asked] == [
        ("POST", b'{"ids": ["\\u00e9"]}', {"fields": "title"})
    ] * 2


@pytest.mark.parametrize("body", [b"<html>log in</html>", b"", b"\xff\xfe"])
def test_what_is_no_json_is_told(site: Site, clock: FakeClock, body: bytes) -> None:
    """As behind a network's login page: later it may be another answer."""
    site.replies["/"] = Reply(body)
    with visitor(clock) as web:
        error = refused(lambda: web.get(site.address + "/").json())
    assert "not JSON" in str(error)
    assert error.transient


def test_json_that_is_too_deep_is_refused(site: Site, clock: FakeClock) -> None:
    """It is no answer that another try would better."""
    site.replies["/"] = Reply(b"[" * 100_000)
    with visitor(clock) as web:
        error = refused(lambda: web.get(site.address + "/").json())
    assert "nested more than" in str(error)
    assert not error.transient


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (403, {"cf-mitigated": "challenge"}, "Cloudflare asks for proof that a person reads the page (403)"),
        (503, {"CF-Mitigated": "challenge", "Retry-After": "1"}, "Cloudflare asks for proof"),
        (405, {"x-amzn-waf-action": "captcha"}, "Amazon's firewall asks for proof"),
        (429, {"x-vercel-mitigated": "challenge"}, "Vercel asks for proof"),
        (401, {}, "asks for a sign-in"),
    ],
)
def test_guards_of_websites_are_named(
    site: Site, clock: FakeClock, status: int, headers: dict[str, str], words: str
) -> None:
    """Trying again would not help; saving the page does."""
    site.replies["/"] = Reply(b"<html>", status, headers)
    with visitor(clock) as web:
        error = refused(lambda: fetch(site.address + "/", web=web))
    assert words in str(error)
    assert not error.transient
    assert "save it" in error.hint
    assert len(site.asked) == 1


# Pace


def test_host_is_asked_at_its_pace_by_all_together(site: Site, clock: FakeClock) -> None:
    """Two sessions that share a pace, as two profiles of one process do; another host is not held up."""
    site.replies["/"] = Reply()
    pace = Pace()
    with visitor(clock, pace=pace) as one, visitor(clock, pace=pace) as other, website() as elsewhere:
        one.get(site.address + "/")
        other.get(site.address + "/")
        other.get(elsewhere.address + "/")
        one.get(site.address + "/")
    assert clock.waits == pytest.approx([DEFAULT_INTERVAL, DEFAULT_INTERVAL])


def test_one_turn_is_given_to_one_of_many() -> None:
    """Eight threads ask for a turn at once: one has it."""
    pace = Pace(1.0)
    together = threading.Barrier(8)

    def ask(_: int) -> float:
        together.wait(60)
        return pace.turn("host", 0.0)

    with ThreadPoolExecutor(8) as pool:
        waits = sorted(pool.map(ask, range(8)))
    assert waits == [0.0] + [1.0] * 7


def test_stated_rate_is_learnt(site: Site, clock: FakeClock) -> None:
    """Crossref says so many requests in so much time with each answer."""
    site.replies["/"] = Reply(headers={"x-rate-limit-limit": "4", "x-rate-limit-interval": "1s"})
    with visitor(clock, pace=Pace(10.0)) as web:
        web.get(site.address + "/")
        clock.advance(10)
        web.get(site.address + "/")
        web.get(site.address + "/")
    assert clock.waits == pytest.approx([0.25])


@pytest.mark.parametrize("reset", ["30", str(int(FakeClock().now().timestamp()) + 30)])
def test_used_up_quota_is_waited_for(site: Site, clock: FakeClock, reset: str) -> None:
    """The reset is a wait with some services, and a time of day with others."""
    headers = {"X-RateLimit-Limit": "30", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
    site.replies["/"] = [
        Reply(headers={**headers, "X-RateLimit-Remaining": "1"}),
        Reply(headers=headers),
        Reply(),
    ]
    with visitor(clock) as web:
        web.get(site.address + "/")
        web.get(site.address + "/")
        assert clock.waits == []
        web.get(site.address + "/")
    assert clock.waits == pytest.approx([30.0])


@pytest.mark.parametrize(
    "headers",
    [
        {"X-RateLimit-Remaining": "0"},
        {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "soon"},
        {"Retry-After": "whenever"},
        {"x-rate-limit-limit": "0", "x-rate-limit-interval": "1s"},
        {"x-rate-limit-limit": "many", "x-rate-limit-interval": ""},
    ],
)
def test_headers_that_say_nothing_change_nothing(
    site: Site, clock: FakeClock, headers: dict[str, str]
) -> None:
    """Odd values are not waited for, and not divided by."""
    site.replies["/"] = Reply(headers=headers)
    with visitor(clock) as web:
        web.get(site.address + "/")
        web.get(site.address + "/")
    assert clock.waits == []


def test_arxiv_is_asked_each_three_seconds() -> None:
    """As its terms of use ask; its answers do not say so."""
    pace = Pace()
    assert [pace.turn("export.arxiv.org", now) for now in (0.0, 1.0, 3.0)] == [0.0, 2.0, 0.0]


def test_all_hosts_of_arxiv_are_one() -> None:
    """Its page, its API, its RSS: its terms speak of requests to arXiv, whatever the address."""
    pace = Pace()
    assert pace.turn("arxiv.org", 0.0) == 0.0
    assert pace.turn("export.arxiv.org", 1.0) == pytest.approx(2.0)
    assert pace.turn("rss.arxiv.org", 2.0) == pytest.approx(1.0)
    assert pace.turn("notarxiv.org", 2.0) == 0.0


def test_a_host_that_is_asked_too_often_is_asked_less_often(site: Site, clock: FakeClock) -> None:
    """DBLP says 429 with the seconds to wait: after these it is asked at half the pace, and by and by as before."""
    refusal = Reply(status=429, headers={"Retry-After": "5"})
    site.replies["/"] = [Reply(), refusal, *[Reply() for _ in range(9)]]
    host = site.address.partition("://")[2]
    with visitor(clock, pace=Pace(0.0, {host: 2.0})) as web:
        for _ in range(10):
            web.get(site.address + "/")
    assert clock.waits[:3] == pytest.approx([2.0, 5.0, 4.0])
    assert clock.waits[-1] == pytest.approx(2.0)


def test_one_session_serves_many_threads(site: Site, clock: FakeClock, tmp_path: Path) -> None:
    """Each gets the answer to its own question."""
    for number in range(40):
        site.replies[f"/{number}"] = conditional(str(number).encode(), f'"{number}"')
    with visitor(clock, cache=tmp_path) as web, ThreadPoolExecutor(8) as pool:
        for _ in range(2):
            bodies = pool.map(lambda number: web.get(f"{site.address}/{number}").data, range(40))
            assert list(bodies) == [str(number).encode() for number in range(40)]


# robots.txt


def test_page_that_programs_may_not_read_is_left_alone(site: Site, clock: FakeClock) -> None:
    """It is said why, and what else can be done; an API there is not concerned."""
    site.replies |= {"/robots.txt": Reply(b"User-agent: *\nDisallow: /author"), "/author/1": Reply(b"{}")}
    with visitor(clock, robots=True) as web:
        error = refused(lambda: fetch(f"{site.address}/author/1", web=web))
        assert "robots.txt" in str(error)
        assert not error.transient
        assert "save it" in error.hint
        assert site.paths == ["/robots.txt"]
        assert web.get(f"{site.address}/author/1").status == 200


@pytest.mark.parametrize(
    ("rules", "allowed"),
    [
        ("User-agent: *\nDisallow: /\nAllow: /author/", True),  # the longest rule counts
        ("User-agent: *\nDisallow: /*/1$", False),
        ("User-agent: *\nDisallow: /*/1$\nUser-agent: syncd\nAllow: /", True),
        ("User-agent: syncd\nDisallow: /author\nUser-agent: *\nAllow: /", False),
        ("User-agent: otherbot\nDisallow: /", True),
        ("\xff\x00 nonsense", True),
        ("", True),
    ],
)
def test_rules_are_read_as_the_standard_says(site: Site, clock: FakeClock, rules: str, allowed: bool) -> None:  # noqa: FBT001
    """RFC 9309: the longest match, wildcards, the group that names syncd before that of all."""
    site.replies |= {"/robots.txt": Reply(rules.encode("latin-1")), "/author/1": Reply()}
    with visitor(clock, robots=True) as web:
        if allowed:
            assert fetch(f"{site.address}/author/1", web=web)[0].data == b"page"
        else:
            refused(lambda: fetch(f"{site.address}/author/1", web=web))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_refused_rules_are_no_rules(site: Site, clock: FakeClock, status: int) -> None:
    """RFC 9309, 2.3.1.3."""
    site.replies |= {"/robots.txt": Reply(b"User-agent: *\nDisallow: /", status), "/": Reply()}
    with visitor(clock, robots=True) as web:
        assert fetch(site.address + "/", web=web)[0].data == b"page"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_rules_that_can_not_be_read_now_hold_the_page_up(site: Site, clock: FakeClock, status: int) -> None:
    """RFC 9309, 2.3.1.4: a server that is out of order is not visited; later it may be."""
    site.replies |= {"/robots.txt": Reply(b"", status), "/": Reply()}
    with visitor(clock, robots=True, attempts=1) as web:
        error = refused(lambda: fetch(site.address + "/", web=web))
    assert "can't be read now" in str(error)
    assert error.transient
    assert "/" not in site.paths


def test_rules_are_asked_for_once_a_day(site: Site, clock: FakeClock, tmp_path: Path) -> None:
    """By all runs together."""
    site.replies |= {"/robots.txt": Reply(b"User-agent: *\nDisallow: /a"), "/": Reply()}
    for hours, asked in ((0, 1), (12, 1), (13, 2)):
        clock.advance(hours * 3600)
        with visitor(clock, robots=True, cache=tmp_path) as web:
            fetch(site.address + "/", web=web)
            fetch(site.address + "/", web=web)
        assert site.paths.count("/robots.txt") == asked, hours


def test_delay_that_a_site_asks_for_is_kept(site: Site, clock: FakeClock) -> None:
    """Crawl-delay is no standard, and polite."""
    site.replies |= {"/robots.txt": Reply(b"User-agent: *\nCrawl-delay: 5"), "/": Reply()}
    with visitor(clock, robots=True) as web:
        fetch(site.address + "/", web=web)
        fetch(site.address + "/", web=web)
    assert clock.waits == pytest.approx([5.0])


def test_rules_count_where_a_redirect_leads(site: Site, clock: FakeClock) -> None:
    """Each site has its own, and each page on the way is one."""
    with website() as target:
        target.replies |= {"/robots.txt": Reply(b"User-agent: *\nDisallow: /"), "/b": Reply()}
        site.replies["/a"] = Reply(b"", 302, {"Location": f"{target.address}/b"})
        with visitor(clock, robots=True) as web:
            assert "robots.txt" in str(refused(lambda: fetch(f"{site.address}/a", web=web)))
        assert target.paths == ["/robots.txt"]


# The own network


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]"]
)
def test_own_network_is_not_read_unless_allowed(site: Site, clock: FakeClock, host: str) -> None:
    """However loopback is written; nothing is sent there."""
    address = site.address.replace("127.0.0.1", host)
    with Web(clock, pace=Pace(0.0)) as web:
        error = refused(lambda: web.get(address + "/"))
    assert "own network" in str(error)
    assert f'add "{host.strip("[]")}" to the list allow_private' in error.hint
    assert not error.transient
    assert site.asked == []


@pytest.mark.parametrize(
    "addresses",
    [
        ["10.0.0.1"],
        ["192.168.1.1"],
        ["fd00::1"],
        ["64:ff9b::10.0.0.1"],
        ["2002:7f00:1::"],
        ["93.184.216.34", "10.0.0.1"],  # one of several is enough
    ],
)
def test_name_of_an_own_address_is_seen_through(
    monkeypatch: pytest.MonkeyPatch, clock: FakeClock, addresses: list[str]
) -> None:
    """Every address that the name stands for is looked at, and none is dialled."""
    resolve(monkeypatch, {"site.test": [addresses]})
    with Web(clock) as web:
        assert "site.test is in your own network" in str(refused(lambda: web.get("http://site.test/")))


@pytest.mark.parametrize(
    ("allowed", "reached"),
    [
        (["site.test"], True),
        (["SITE.test."], True),
        (["127.0.0.1"], True),
        (["127.0.0.0/8"], True),
        (["other.test", "127.0.0.2", "10.0.0.0/8"], False),
    ],
)
def test_hosts_of_the_list_are_reached_and_no_others(
    monkeypatch: pytest.MonkeyPatch, site: Site, clock: FakeClock, allowed: list[str], *, reached: bool
) -> None:
    """A name, an address or a network."""
    resolve(monkeypatch, {"site.test": [["127.0.0.1"]]})
    site.replies["/"] = Reply()
    address = f"http://site.test:{site.address.rpartition(':')[2]}/"
    with visitor(clock, allow_private=allowed) as web:
        if reached:
            assert web.get(address).data == b"page"
        else:
            assert "own network" in str(refused(lambda: web.get(address)))
            assert site.asked == []


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "fe80::1",
        "fd00:ec2::254",
        "100.100.100.200",
        "168.63.129.16",
        "::ffff:169.254.169.254",
        "64:ff9b::169.254.169.254",
        "2002:a9fe:a9fe::1",
    ],
)
def test_metadata_of_clouds_is_never_reached(
    monkeypatch: pytest.MonkeyPatch, clock: FakeClock, address: str
) -> None:
    """Neither as an address nor behind a name, also where somebody listed all that there is."""
    resolve(monkeypatch, {"site.test": [[address]]})
    literal = f"[{address}]" if ":" in address else address
    with visitor(clock, allow_private=["site.test", address, *network.EVERYWHERE]) as web:
        for host in ("site.test", literal):
            error = refused(partial(web.get, f"http://{host}/"))
            assert "metadata, which syncd never reads" in str(error)


def test_proxy_is_not_asked_for_metadata(
    monkeypatch: pytest.MonkeyPatch, site: Site, clock: FakeClock
) -> None:
    """A proxy may stand in the cloud and be let through."""
    monkeypatch.setenv("http_proxy", site.address)
    with visitor(clock, allow_private=network.EVERYWHERE) as web:
        assert "never reads" in str(refused(lambda: web.get("http://169.254.169.254/latest")))
    assert site.asked == []


def resolve(monkeypatch: pytest.MonkeyPatch, names: dict[str, list[list[str]]]) -> list[str]:
    """Answer for names in place of the name server, each time with the next list; return what was asked."""
    real = socket.getaddrinfo
    asked: list[str] = []

    def fake(host: str, port: Any, *args: Any, **settings: Any) -> Any:
        if host not in names:
            return real(host, port, *args, **settings)
        asked.append(host)
        turns = names[host]
        addresses = turns.pop(0) if len(turns) > 1 else turns[0]
        return [found for address in addresses for found in real(address, port, *args, **settings)]

    monkeypatch.setattr(socket, "getaddrinfo", fake)
    return asked


@pytest.fixture
def one_is_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let 127.0.0.1 stand for the world, and all else for the own network."""
    monkeypatch.setattr(network, "is_inside", lambda address: address != "127.0.0.1")


@pytest.mark.usefixtures("one_is_outside")
def test_second_answer_of_the_name_server_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, site: Site, clock: FakeClock
) -> None:
    """The connection goes to the address that was checked, under the name that was asked for."""
    asked = resolve(monkeypatch, {"site.test": [["127.0.0.1"], ["127.0.0.9"]]})
    port = site.address.rpartition(":")[2]
    site.replies["/"] = Reply()
    with Web(clock) as web:
        assert web.get(f"http://site.test:{port}/").data == b"page"
    assert asked == ["site.test"]
    assert site.asked[0].headers["Host"] == f"site.test:{port}"


@pytest.mark.usefixtures("one_is_outside")
def test_redirect_into_the_own_network_is_not_followed(site: Site, clock: FakeClock) -> None:
    """Where the first page was outside."""
    site.replies["/"] = Reply(b"", 302, {"Location": site.address.replace("127.0.0.1", "127.0.0.2") + "/b"})
    with Web(clock) as web:
        assert "127.0.0.2 is in your own network" in str(refused(lambda: web.get(site.address + "/")))
    assert site.paths == ["/"]


def test_proxy_may_be_near_and_the_page_not(
    monkeypatch: pytest.MonkeyPatch, site: Site, clock: FakeClock
) -> None:
    """The proxy is the user's choice; what it is asked for is checked as far as this computer knows it."""
    monkeypatch.setenv("http_proxy", site.address)
    site.replies["/a"] = Reply(b"through")
    with Web(clock, pace=Pace(0.0)) as web:
        assert web.get("http://example.invalid/a").data == b"through"
        assert "own network" in str(refused(lambda: web.get("http://192.168.1.1/a")))
    assert len(site.asked) == 1


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for site.test that vouches for itself."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    command = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=site.test"
    subprocess.run(
        [
            openssl,
            *command.split(),
            "-addext",
            "subjectAltName=DNS:site.test",
            "-keyout",
            "key",
            "-out",
            "cert",
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    both = folder / "both.pem"
    both.write_bytes((folder / "key").read_bytes() + (folder / "cert").read_bytes())
    return both


@pytest.mark.usefixtures("one_is_outside")
def test_certificates_are_verified_against_the_name(
    monkeypatch: pytest.MonkeyPatch, clock: FakeClock, certificate: Path
) -> None:
    """Though an address is dialled: the right name passes, another one of the same server does not."""
    resolve(monkeypatch, {"site.test": [["127.0.0.1"]], "other.test": [["127.0.0.1"]]})
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with website(certificate) as secure, Web(clock, pace=Pace(0.0)) as web:
        secure.replies["/"] = Reply()
        port = secure.address.rpartition(":")[2]
        assert web.get(f"https://site.test:{port}/").data == b"page"
        error = refused(lambda: web.get(f"https://other.test:{port}/"))
    assert "no secure connection to other.test" in str(error)
    assert len(secure.asked) == 1


# The end of a fetch


@pytest.mark.parametrize(
    "start", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"]
)
def test_dripping_server_is_left_in_time(start: bytes) -> None:
    """Though no byte is late: in a header, before the answer, in the body."""
    with dripping(start) as address, Web(limits=QUICK, robots=False, allow_private=["127.0.0.1"]) as web:
        error = refused(lambda: web.get(f"{address}/"))
    assert "did not arrive within 0.3 seconds" in str(error)
    assert error.transient


def test_dripping_greeting_is_left_in_time() -> None:
    """A record of TLS that takes minutes to be whole."""
    with dripping(b"\x16\x03\x03\x40\x00") as address, Web(limits=QUICK, allow_private=["127.0.0.1"]) as web:
        error = refused(lambda: web.get(address.replace("http:", "https:")))
    assert "did not arrive within 0.3 seconds" in str(error)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_dripping_proxy_is_left_in_time(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    """Also while it makes the tunnel."""
    with dripping(b"HTTP/1.1 200 OK\r\nX-Slow: ") as address, Web(limits=QUICK, robots=False) as web:
        monkeypatch.setenv(f"{scheme}_proxy", address)
        error = refused(lambda: web.get(f"{scheme}://site.invalid/"))
    assert "did not arrive within 0.3 seconds" in str(error)


def test_dripping_rules_count_as_well() -> None:
    """A site's robots.txt is part of the way to its page."""
    web = Web(limits=QUICK, allow_private=["127.0.0.1"])
    with dripping(b"HTTP/1.1 200 OK\r\n\r\n") as address, web:
        error = refused(lambda: fetch(f"{address}/", web=web))
    assert "robots.txt: the page did not arrive" in str(error)


def test_server_that_always_asks_for_a_pause_is_left(site: Site, clock: FakeClock) -> None:
    """Waits on purpose put the end off by so much, and no more, over all redirects."""
    busy = Reply(b"", 503, {"Retry-After": "50"})
    for hop in range(4):
        site.replies[f"/{hop}"] = [busy, busy, busy, Reply(b"", 302, {"Location": f"/{hop + 1}"})]
    with visitor(clock) as web:
        error = refused(lambda: web.get(f"{site.address}/0"))
    assert "did not arrive within 120 seconds" in str(error)
    assert sum(clock.waits) < 450


# Redirects, limits, introduction


def test_keys_stay_with_the_server_that_they_are_for(site: Site, clock: FakeClock) -> None:
    """A redirect to another server goes without headers and credentials, and nobody sees the key."""
    with website() as target:
        target.replies["/b"] = Reply(b"there")
        location = f"{target.address}/b?api_key=sesame&q=1"
        site.replies["/a"] = Reply(b"", 307, {"Location": location})
        with visitor(clock) as web:
            answer = web.get(
                f"{site.address}/a",
                headers={"Authorization": "Bearer sesame", "Accept": "application/json"},
                credentials={"api_key": "sesame"},
            )
        assert (answer.data, answer.url) == (b"there", f"{target.address}/b?q=1")
        (asked,) = target.asked
        assert (asked.headers["Authorization"], asked.headers["Accept"]) == (None, "application/json")
        assert asked.query == {"q": "1"}
    assert site.asked[0].query == {"api_key": "sesame"}


def test_keys_go_along_within_a_server(site: Site, clock: FakeClock) -> None:
    """As where an author was merged with another."""
    site.replies |= {"/a": Reply(b"", 301, {"Location": "/b"}), "/b": Reply()}
    with visitor(clock) as web:
        web.get(f"{site.address}/a", headers={"x-api-key": "k"}, credentials={"api_key": "sesame"})
    assert [(asked.headers["x-api-key"], asked.query) for asked in site.asked] == [
        ("k", {"api_key": "sesame"})
    ] * 2


def test_no_error_shows_a_key(site: Site, clock: FakeClock) -> None:
    """Not of a redirect that repeats it, a refusal, or a server that hangs up."""
    location = site.address.replace("http:", "https:") + "/?api_key=sesame"

    def ask(web: Web, path: str) -> None:
        web.checked(web.get(site.address + path, credentials={"api_key": "sesame"}))

    site.replies |= {
        "/moved": Reply(b"", 302, {"Location": location}),
        "/no": Reply(b"", 403),
        "/gone": Reply(None),
    }
    with visitor(clock, attempts=1) as web:
        errors = [refused(partial(ask, web, path)) for path in ("/moved", "/no", "/gone")]
    assert not any("sesame" in f"{error} {error.hint} {error.origin}" for error in errors)
    assert all(asked.query == {"api_key": "sesame"} for asked in site.asked)


def test_limits_hold_for_each_answer(site: Site, clock: FakeClock) -> None:
    """Those of the session, or those of one question."""
    site.replies["/"] = Reply(b"x" * 1001)
    with visitor(clock, limits=Limits(size=1000)) as web:
        assert "larger than 1000 bytes" in str(refused(lambda: web.get(site.address + "/")))
        assert len(web.get(site.address + "/", limits=Limits(size=1001)).data) == 1001


def test_waiting_on_purpose_is_no_slowness(site: Site, clock: FakeClock) -> None:
    """A page for which the server asked to wait longer than a page may take still comes."""
    site.replies["/"] = [Reply(b"", 503, {"Retry-After": "50"})] * 3 + [Reply(b"page")]
    with visitor(clock, limits=Limits(total=100)) as web:
        assert web.get(site.address + "/").data == b"page"
    assert sum(clock.waits) == 150.0
    assert max(clock.waits) < LONGEST_WAIT


def test_session_introduces_itself_everywhere(site: Site, clock: FakeClock) -> None:
    """Also to robots.txt, and with what is sent."""
    site.replies |= {"/": Reply(), "/batch": Reply()}
    with visitor(clock, robots=True, contact="me@example.org") as web:
        fetch(site.address + "/", web=web)
        web.post(f"{site.address}/batch", json_body=[])
    assert site.paths == ["/robots.txt", "/", "/batch"]
    assert all("(+me@example.org)" in asked.headers["User-Agent"] for asked in site.asked)


@pytest.mark.parametrize("address", ["ftp://127.0.0.1/", "file:///etc/passwd", "http://", "127.0.0.1"])
def test_other_addresses_are_none(clock: FakeClock, address: str) -> None:
    """Whoever asks for them."""
    with visitor(clock) as web:
        assert "not a valid address" in str(refused(lambda: web.get(address)))


def test_connections_are_used_again(site: Site, clock: FakeClock) -> None:
    """Two questions, one connection."""
    ports: list[str] = []

    def reply(asked: Asked) -> Reply:
        ports.append(threading.current_thread().name)  # the server has a thread for each connection
        return Reply(asked.path)

    site.replies |= {"/a": reply, "/b": reply}
    with visitor(clock) as web:
        web.get(f"{site.address}/a")
        web.get(f"{site.address}/b")
    assert len(ports) == 2
    assert len(set(ports)) == 1
