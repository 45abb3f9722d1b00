"""A library with faults does wrong what a test says, and nothing else."""

from __future__ import annotations

import http.client
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from clocks import FakeClock
from doubles import Fault, FaultyLibrary
from syncd.zotero.embedded.exchange import Request

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TITLE = {"itemType": "preprint", "title": "x"}


def _once(fault: Fault) -> Callable[[Request], Fault | None]:
    """A fault for the first write."""
    faults = [fault]
    return lambda request: faults.pop() if faults and request.method == "POST" else None


@pytest.mark.parametrize(
    ("fault", "written"),
    [
        (Fault("drop"), 0),
        (Fault("drop", when="after"), 3),
        (Fault("cut"), 3),
    ],
)
def test_dropped_connections(
    tmp_path: Path, client_of: Callable[[FaultyLibrary], Any], fault: Fault, written: int
) -> None:
    """The client sees a broken connection; what was written before stays."""
    with FaultyLibrary(tmp_path / "l.sqlite", faults=_once(fault)) as library:
        api = client_of(library)
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            api("POST", "items", [TITLE] * 3)
        assert len(api.versions()) == written


@pytest.mark.parametrize(("when", "written"), [("before", 0), ("after", 3)])
def test_answers_in_place_of_the_real_one(
    tmp_path: Path, client_of: Callable[[FaultyLibrary], Any], when: Any, written: int
) -> None:
    """Any status, headers and body, before or after the write."""
    fault = Fault("answer", when=when, status=429, headers={"Retry-After": "7"}, body=b"Slow down")
    with FaultyLibrary(tmp_path / "l.sqlite", faults=_once(fault)) as library:
        api = client_of(library)
        reply = api("POST", "items", [TITLE] * 3)
        assert (reply.status, reply.headers["Retry-After"], reply.text) == (429, "7", "Slow down")
        assert len(api.versions()) == written


def test_headers_can_be_added_to_the_real_answer(
    tmp_path: Path, client_of: Callable[[FaultyLibrary], Any]
) -> None:
    """Such as Backoff."""
    with FaultyLibrary(
        tmp_path / "l.sqlite", faults=_once(Fault("headers", headers={"Backoff": "5"}))
    ) as library:
        reply = client_of(library)("POST", "items", [TITLE])
        assert (reply.status, reply.headers["Backoff"]) == (200, "5")


def test_a_write_of_many_can_fail_in_its_middle(
    tmp_path: Path, client_of: Callable[[FaultyLibrary], Any]
) -> None:
    """500 after two objects, which stay."""
    with FaultyLibrary(tmp_path / "l.sqlite", faults=_once(Fault("stop", objects=2))) as library:
        api = client_of(library)
        assert api("POST", "items", [TITLE] * 5).status == 500
        assert len(api.versions()) == 2


def _papers(count: int) -> list[dict[str, Any]]:
    """New papers with keys of their own."""
    return [{**TITLE, "key": f"AAAA222{'23456789'[number]}", "version": 0} for number in range(count)]


@pytest.mark.parametrize(
    "fault", [Fault("drop", when="later", objects=2), Fault("answer", when="later", status=504, objects=2)]
)
def test_a_write_goes_on_after_its_client_is_gone(
    tmp_path: Path, client_of: Callable[[FaultyLibrary], Any], fault: Fault
) -> None:
    """A read in between shows a part; others write in between; each object has a version of its own."""
    with FaultyLibrary(tmp_path / "l.sqlite", faults=_once(fault)) as library:
        api, sent = client_of(library), _papers(5)
        with suppress(http.client.HTTPException, ConnectionError):
            assert api("POST", "items", sent, headers={"If-Unmodified-Since-Version": "1"}).status == 504
        assert api.versions() == {"AAAA2222": 2, "AAAA2223": 3}
        mine = api.paper()
        library.write_late()
        library.write_late()
        rest = {"AAAA2224": 5, "AAAA2225": 6, "AAAA2226": 7}
        assert api.versions() == {"AAAA2222": 2, "AAAA2223": 3, mine: 4, **rest}


def test_a_late_write_is_over_when_its_time_has_passed(
    tmp_path: Path, client_of: Callable[[FaultyLibrary], Any]
) -> None:
    """By the library's clock, before the next request is answered."""
    clock, fault = FakeClock(), Fault("drop", when="later", objects=1, seconds=20)
    with FaultyLibrary(tmp_path / "l.sqlite", faults=_once(fault), clock=clock.now) as library:
        api = client_of(library)
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            api("POST", "items", _papers(3))
        clock.advance(19)
        assert len(api.versions()) == 1
        clock.advance(1)
        assert len(api.versions()) == 3


def test_a_write_that_is_refused_whole_leaves_nothing_for_later(
    tmp_path: Path, client_of: Callable[[FaultyLibrary], Any]
) -> None:
    """The library had changed before it came."""
    fault = Fault("drop", when="later", objects=1)
    with FaultyLibrary(tmp_path / "l.sqlite", faults=_once(fault)) as library:
        api = client_of(library)
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            api("POST", "items", _papers(3), headers={"If-Unmodified-Since-Version": "0"})
        library.write_late()
        assert api.versions() == {}


@pytest.mark.parametrize("kind", ["items", "collections"])
@pytest.mark.parametrize("code", [500, 429])
def test_one_object_can_fail_where_the_others_are_written(
    tmp_path: Path, client_of: Callable[[FaultyLibrary], Any], kind: str, code: int
) -> None:
    """As where the server's database has a deadlock; sent again it succeeds."""
    fault = Fault("fail", place=1, status=code)
    sent: list[dict[str, Any]] = [
        {"key": key, "version": 0, "name": key} for key in ("AAAA2222", "AAAA2223", "AAAA2224")
    ]
    sent = sent if kind == "collections" else _papers(3)
    with FaultyLibrary(tmp_path / "l.sqlite", faults=_once(fault)) as library:
        api = client_of(library)
        reply = api("POST", kind, sent)
        assert (reply.status, reply.version) == (200, 3)
        assert reply.json["failed"] == {"1": {"code": code, "message": "An error occurred"}}
        assert sorted(reply.json["success"]) == ["0", "2"]
        assert sorted(api.versions(f"{kind}?")) == ["AAAA2222", "AAAA2224"]
        assert api("POST", kind, [sent[1]]).json["success"] == {"0": "AAAA2223"}


@pytest.mark.parametrize(("when", "written"), [("before", 2), ("after", 3)])
def test_an_answer_can_leave_an_object_out(
    tmp_path: Path, client_of: Callable[[FaultyLibrary], Any], when: Any, written: int
) -> None:
    """Whether it was written or not."""
    with FaultyLibrary(tmp_path / "l.sqlite", faults=_once(Fault("omit", when=when, place=2))) as library:
        api = client_of(library)
        reply = api("POST", "items", _papers(3))
        assert sorted(reply.json["success"]) == sorted(reply.json["successful"]) == ["0", "1"]
        assert reply.json["failed"] == reply.json["unchanged"] == {}
        assert len(api.versions()) == written


@pytest.mark.parametrize("since", ["1", None])
def test_a_request_can_arrive_twice(
    tmp_path: Path, client_of: Callable[[FaultyLibrary], Any], since: str | None
) -> None:
    """The client sees the second answer: 412 for all by the library's version, or for each by its own."""
    with FaultyLibrary(tmp_path / "l.sqlite", faults=_once(Fault("twice"))) as library:
        api = client_of(library)
        reply = api(
            "POST", "items", _papers(3), headers={"If-Unmodified-Since-Version": since} if since else {}
        )
        if since:
            assert reply.status == 412
        else:
            assert [each["code"] for each in reply.json["failed"].values()] == [412] * 3
        assert sorted(api.versions().values()) == [2, 3, 4]


def test_faults_see_the_whole_request(tmp_path: Path, client_of: Callable[[FaultyLibrary], Any]) -> None:
    """Method, path, query, headers without case, and body."""
    seen: list[Request] = []

    def watch(request: Request) -> None:
        seen.append(request)

    with FaultyLibrary(tmp_path / "l.sqlite", faults=watch) as library:
        client_of(library)("POST", "items?a=b", [TITLE], headers={"Zotero-Write-Token": "token"})
    assert (seen[0].method, seen[0].path, seen[0].query) == ("POST", "/users/1/items", "a=b")
    assert seen[0].headers["zotero-write-token"] == "token"
    assert json.loads(seen[0].body) == [TITLE]


def test_a_key_in_an_address_is_not_recorded(
    tmp_path: Path, client_of: Callable[[FaultyLibrary], Any]
) -> None:
    """The record of requests may be printed."""
    with FaultyLibrary(tmp_path / "l.sqlite") as library:
        client_of(library).get(f"items?key={library.key}&limit=1")
        assert library.requests[-1] == ("GET", "/users/1/items?limit=1")
        assert library.key not in str(library.requests)
