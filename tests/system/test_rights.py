"""What a key may do is known before the first write; what it loses in the middle is said, and nothing is lost."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from desk import Desk, Trouble, Zotero
from doubles import Fault, FaultyLibrary
from owner import show
from pages import entry, page
from syncd.cli.console import of_report
from syncd.zotero.embedded import Grant
from syncd.zotero.embedded.exchange import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from clocks import FakeClock

OWN = Grant(1, "jane", groups={"5": True})
MANY = tuple(f"Paper {number}" for number in range(60))
LAB = """library = "main"

[libraries.lab]
type = "group"
id = 5
key = {{ env = "TEST_KEY" }}
endpoint = "{url}"

[profiles.bo]
source = "bo.txt"
captured = 2026-06-01
library = "lab"
"""


@pytest.fixture
def zotero(tmp_path: Path, clock: FakeClock) -> Iterator[Zotero]:
    """Serve a user's library and that of a group, with one key for both."""
    trouble = Trouble()
    path = tmp_path / "zotero.sqlite"
    with FaultyLibrary(path, also=("groups/5",), clock=clock.now, faults=trouble) as server:
        server.accounts.give(server.key, OWN)
        yield Zotero(server, trouble)


@pytest.fixture
def group(desk: Desk) -> Zotero:
    """Let all papers go to the group, and give its library."""
    config = desk.folder / "config.toml"
    text = config.read_text(encoding="utf-8").replace('"user"', '"group"').replace("id = 1", "id = 5")
    config.write_text(text, encoding="utf-8")
    return group_of(desk)


def group_of(desk: Desk) -> Zotero:
    """Return the group's library as seen from outside."""
    server = desk.zotero.server
    seen = SimpleNamespace(url=server.url, library="groups/5", key=server.key)
    return Zotero(cast("FaultyLibrary", seen))


def asked(desk: Desk) -> list[str]:
    """Return the requests so far, with those about the key by their path."""
    requests = desk.zotero.server.requests
    return ["keys" if path.startswith("/keys") else method for method, path in requests]


def list_many(desk: Desk) -> None:
    """Let the page list more papers than go into one write."""
    desk.page.write_text(page(*(entry(title) for title in MANY)), encoding="utf-8")


def at_write(number: int, what: Callable[[], None]) -> list[Callable[[Request], None]]:
    """Return troubles that do something just before a write, counted from 1."""

    def happen(_: Request) -> None:
        what()

    return [lambda _: None] * (number - 1) + [happen]


# Before the first write


def test_the_key_is_asked_about_once_and_before_the_first_write(desk: Desk) -> None:
    """A run with nothing new asks nothing but what changed, and neither does a dry run."""
    show(desk)
    desk.run(dry_run=True)
    assert "keys" not in asked(desk)
    desk.zotero.server.requests.clear()
    assert desk.run().error is None
    requests = asked(desk)
    assert requests.count("keys") == 1
    assert requests.index("keys") < requests.index("POST")
    desk.zotero.server.requests.clear()
    assert desk.run().requests.total == 1
    assert asked(desk) == ["GET"]


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ({"library", "notes"}, "may read the library, but not write to it"),
        ({"library", "write"}, "may not see notes"),
        (set(), "may not read the library"),
    ],
)
def test_a_key_that_may_not_do_enough_is_refused(desk: Desk, own: set[str], words: str) -> None:
    """Exit 4; which library, which key, where to change it, and that nothing was written."""
    show(desk)
    key = desk.zotero.server.key
    desk.zotero.server.accounts.give(key, Grant(1, "jane", frozenset(own)))
    report = desk.run()
    assert of_report(report) == 4
    assert report.error
    assert str(report.error).startswith(f"library 'main': the key ending in {key[-4:]} ")
    assert words in str(report.error)
    assert f"the page for keys of {desk.zotero.server.url}" in report.error.hint
    assert "syncd login main" in report.error.hint
    assert "Nothing was written" in report.error.hint
    assert "POST" not in asked(desk)
    desk.zotero.server.accounts.give(key, OWN)
    assert desk.run().counts["create"] == 3


def test_a_key_of_another_user_is_called_by_its_owner(desk: Desk) -> None:
    """Whose it is, and whose the configuration says."""
    show(desk)
    desk.zotero.server.accounts.give(desk.zotero.server.key, Grant(475425, "bob"))
    report = desk.run()
    assert of_report(report) == 4
    assert "belongs to user 475425 (bob); the configuration says 1" in str(report.error)
    assert desk.zotero.server.requests[-1][1] == "/keys/current"


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ({"5": False}, "may read the library of group 5, but not write to it"),
        ({"all": False}, "may read the library of group 5, but not write to it"),
        ({"6": True}, "gives no access to group 5"),
    ],
)
def test_a_group_that_may_not_be_written_to_is_refused(
    desk: Desk, group: Zotero, groups: dict[str, bool], words: str
) -> None:
    """Before anything is sent to it."""
    show(desk)
    desk.zotero.server.accounts.give(desk.zotero.server.key, Grant(1, "jane", groups=groups))
    report = desk.run()
    assert of_report(report) == 4
    assert words in str(report.error)
    assert "POST" not in asked(desk)
    desk.zotero.server.accounts.give(desk.zotero.server.key, Grant(1, "jane", groups={"all": True}))
    assert desk.run().counts["create"] == 3
    assert len(group.papers()) == 3


def test_a_server_that_can_not_say_is_believed_when_it_writes(desk: Desk) -> None:
    """A server of another make may not know the address."""
    show(desk)

    def absent(request: Request) -> Fault | None:
        return Fault("answer", status=404) if request.path == "/keys/current" else None

    desk.zotero.trouble.plan("GET", *[absent] * 9)
    assert desk.run().counts["create"] == 3


@pytest.mark.parametrize("body", [b"[]", b"{}", b"hello", b'{"userID": "1"}'])
def test_an_answer_about_the_key_that_is_not_zoteros_writes_nothing(desk: Desk, body: bytes) -> None:
    """Exit 5: a proxy may stand between."""
    show(desk)

    def odd(request: Request) -> Fault | None:
        return Fault("answer", status=200, body=body) if request.path == "/keys/current" else None

    desk.zotero.trouble.plan("GET", *[odd] * 9)
    assert of_report(desk.run()) == 5
    assert "POST" not in asked(desk)


# In the middle of a push


@pytest.mark.parametrize("write", [1, 2, 3, 4])
def test_a_key_that_is_revoked_in_the_middle(desk: Desk, write: int) -> None:
    """What was written stays and is known; with a new key the next run goes on from there."""
    list_many(desk)
    server, key = desk.zotero.server, desk.zotero.server.key
    desk.zotero.trouble.plan("POST", *at_write(write, lambda: server.accounts.revoke(key)))
    report = desk.run()
    assert report.error
    assert of_report(report) == (3 if report.counts["create"] else 4)
    assert f"does not know the key ending in {key[-4:]}: Invalid key" in str(report.error)
    assert ("What was written before is recorded" in report.error.hint) == (write > 1)
    server.accounts.give(key, OWN)
    assert len(desk.zotero.papers()) == report.counts["create"]
    again = desk.run()
    assert again.error is None
    assert again.counts["create"] + report.counts["create"] == len(MANY)
    assert sorted(desk.zotero.papers()) == sorted(MANY)
    assert desk.run().requests.total == 1


def test_a_group_that_loses_its_write_access_in_the_middle(desk: Desk, group: Zotero) -> None:
    """The key no longer allows it: what is missing is said."""
    list_many(desk)
    server = desk.zotero.server
    lost = Grant(1, "jane", groups={"5": False})
    desk.zotero.trouble.plan("POST", *at_write(3, lambda: server.accounts.give(server.key, lost)))
    report = desk.run()
    assert of_report(report) == 3
    assert report.error
    assert "may read the library of group 5, but not write to it" in str(report.error)
    assert "What was written before is recorded" in report.error.hint
    server.accounts.give(server.key, OWN)
    assert desk.run().error is None
    assert sorted(group.papers()) == sorted(MANY)


def test_a_member_who_may_not_write_any_longer_is_sent_to_the_owner(desk: Desk, group: Zotero) -> None:
    """The group's own rules changed; the key says nothing of them."""
    list_many(desk)
    denied = Fault("answer", status=403, body=b"Write access denied")
    desk.zotero.trouble.plan("POST", lambda _: None, lambda _: None, denied)
    report = desk.run()
    assert of_report(report) == 3
    assert report.error
    assert "may not write to groups/5: Write access denied" in str(report.error)
    assert "Ask the group's owner" in report.error.hint
    assert desk.run().error is None
    assert sorted(group.papers()) == sorted(MANY)


def test_a_storm_of_limits_is_waited_out(desk: Desk) -> None:
    """Every request is refused three times: the waits are the server's, and each paper is there once."""
    list_many(desk)
    storm = [Fault("answer", status=429, headers={"Retry-After": "11"})] * 3
    desk.zotero.trouble.plan("GET", *storm)
    desk.zotero.trouble.plan("POST", *storm, lambda _: None, *storm, lambda _: None, *storm)
    report = desk.run()
    assert report.error is None
    assert report.requests.limited == 12
    assert desk.clock.waits == [11.0] * 12
    assert sorted(desk.zotero.papers()) == sorted(MANY)
    assert desk.run().requests.total == 1


def test_a_storm_that_does_not_end_is_left_to_another_day(desk: Desk) -> None:
    """Exit 5 or 3, with the library's name and what was kept; the next run finishes."""
    list_many(desk)
    endless = [Fault("answer", status=429, headers={"Retry-After": "2"})] * 5
    desk.zotero.trouble.plan("POST", lambda _: None, lambda _: None, lambda _: None, *endless)
    report = desk.run()
    assert of_report(report) == 3
    assert report.error
    assert str(report.error) == "library 'main': 127.0.0.1 limits requests (HTTP 429)"
    assert report.error.hint == (
        "What was written before is recorded; the next run goes on from there. Run it again later."
    )
    assert desk.run().error is None
    assert sorted(desk.zotero.papers()) == sorted(MANY)


# Several libraries


@pytest.fixture
def two(desk: Desk) -> Desk:
    """Give a desk with two profiles, one for the own library and one for the group's; both list Beta."""
    desk.configure(LAB.format(url=desk.zotero.server.url))
    show(desk)
    bo = page(entry("Beta"), entry("Delta"), name="Bo Chen")
    (desk.folder / "bo.txt").write_text(bo, encoding="utf-8")
    return desk


def test_profiles_go_to_the_libraries_that_they_name(two: Desk) -> None:
    """Each with a collection of its own; a second push writes to neither."""
    done = two.syncd("push", "--json")
    assert done.code == 0, done.err
    assert [(run["library"], run["counts"]["create"]) for run in done.json["runs"]] == [
        ("main", 3),
        ("lab", 2),
    ]
    assert set(two.zotero.papers()) == {"Alpha", "Beta", "Gamma"}
    assert set(group_of(two).papers()) == {"Beta", "Delta"}
    assert set(group_of(two).collections()) == {"Profiles", "Bo Chen"}
    again = two.syncd("push", "--json").json["runs"]
    assert [run["requests"]["total"] for run in again] == [1, 1]


def test_a_library_that_refuses_does_not_hold_up_the_other(two: Desk) -> None:
    """Exit 3; what is wrong with which is said."""
    two.zotero.server.accounts.give(two.zotero.server.key, Grant(1, "jane", groups={"5": False}))
    done = two.syncd("push")
    assert done.code == 3
    assert "library 'lab'" in done.err
    assert len(two.zotero.papers()) == 3


# A server that repeats what it was sent


@pytest.mark.parametrize("before", [0, 185])
@pytest.mark.parametrize("status", [400, 403, 404])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_server_that_repeats_the_key_does_not_make_syncd_show_it(
    desk: Desk, method: str, status: int, before: int
) -> None:
    """Also where its words are long and cut in the middle of the key."""
    show(desk)
    key = desk.zotero.server.key
    words = f"{'x' * before} Key '{key}' not found"
    desk.zotero.trouble.plan(method, Fault("answer", status=status, body=words.encode()))
    report = desk.run()
    assert report.error
    said: Any = f"{report.error} {report.error.hint}"
    assert key[:5] not in said
