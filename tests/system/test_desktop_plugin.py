"""Zotero on the desktop through syncd's plugin: the promises of the online library, in a Zotero that runs here."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from background import Background
from owner import NEWS, forget, memory_of, pushes, rests, show, standing
from ports import free_port
from syncd import tokens
from syncd.cli.exit_codes import of_report
from syncd.errors import LibraryError
from syncd.zotero.client import Address
from syncd.zotero.consent import Control, consent
from syncd.zotero.embedded import Fault
from syncd.zotero.embedded.plugin import Plugin
from syncd.zotero.plugin import PluginClient
from syncd.zotero.transport import PoliteTransport

if TYPE_CHECKING:
    from collections.abc import Callable

    from clocks import FakeClock
    from desktops import DesktopDesk, Zotero10
    from owner import Owner
    from syncd.pipeline import Report
    from syncd.zotero.embedded import Request

TITLES = ["Alpha", "Beta", "Gamma"]
# Collections; items with their links.
POSTS = 2
LOST = {
    "before": Fault("drop"),
    "after": Fault("drop", when="after"),
    "cut": Fault("cut"),
    "half-way": Fault("stop", objects=1),
    "504 after": Fault("answer", when="after", status=504),
    "unreadable": Fault("answer", when="after", status=200, body=b"?"),
}


@dataclass
class Installed:
    """A desk whose Zotero has the plugin."""

    desk: DesktopDesk
    plugin: Plugin

    def whole(self) -> None:
        """Every paper is there once, with its link, in the collection."""
        items = self.desk.zotero.items().values()
        assert sorted(data["title"] for data in items if "parentItem" not in data) == TITLES
        papers = self.desk.zotero.papers()
        links = {(data["parentItem"], data["url"]) for data in items if "parentItem" in data}
        assert links == {(papers[t]["key"], f"https://github.com/ann/{t.lower()}") for t in TITLES}
        assert len(items) == 6
        assert sorted(self.desk.zotero.collections()) == ["Ann Lee", "Profiles"]


def install(desk: DesktopDesk, *, paired: bool = True) -> Plugin:
    """Install the plugin; a paired one knows the key of the configuration as its token."""
    plugin = desk.program.server.desktop.plugin = Plugin("a-plugin")
    if paired:
        plugin.grant(desk.program.server.key)
    return plugin


@pytest.fixture
def ready(at_desktop: DesktopDesk) -> Installed:
    """Give a desk whose page lists three papers with a link each."""
    show(at_desktop)
    return Installed(at_desktop, install(at_desktop))


@pytest.fixture
def filled(ready: Installed) -> Installed:
    """Give a desk whose papers were pushed."""
    assert ready.desk.run().counts["create"] == 3
    return ready


def stopped(report: Report, code: int, *words: str) -> None:
    """The run ended with this exit code and these words."""
    assert report.error is not None
    assert of_report(report) == code
    said = f"{report.error} {report.error.hint}"
    for part in words:
        assert part in said


def test_a_first_push_creates_by_keys_of_its_own(ready: Installed, program: Zotero10) -> None:
    """In one write for collections and one for items, with the keys that a dry run told."""
    foreseen = {action.title: action.key for action in ready.desk.run(dry_run=True).actions}
    report = ready.desk.run()
    assert report.error is None
    assert report.counts["create"] == 3
    assert program.posts() == POSTS
    ready.whole()
    assert foreseen == {title: data["key"] for title, data in ready.desk.zotero.papers().items()}
    assert not any(path.startswith("/api/") for _, path in program.server.requests)
    rests(ready.desk)


def test_a_push_with_nothing_new_takes_two_reads(filled: Installed) -> None:
    """Whether the plugin is there, and what changed."""
    report = filled.desk.run()
    assert report.counts["unchanged"] == 3
    assert (report.requests.read, report.requests.write) == (2, 0)


def test_the_users_edit_wins(filled: Installed, owner: Owner) -> None:
    """Also against a newer source, which is said."""
    owner.edit("Alpha", abstractNote="My own words.", tags=[{"tag": "mine"}])
    show(filled.desk, alpha=NEWS)
    pushes(filled.desk)
    assert owner.item("Alpha")["abstractNote"] == "My own words."
    assert standing(filled.desk, "kept")["Alpha"] == "abstractNote"
    assert {tag["tag"] for tag in owner.item("Alpha")["tags"]} == {"mine"}
    rests(filled.desk)


def test_a_correction_of_the_source_arrives(filled: Installed) -> None:
    """What syncd wrote is syncd's to change."""
    show(filled.desk, alpha=NEWS)
    assert pushes(filled.desk).counts["update"] == 1
    assert filled.desk.zotero.papers()["Alpha"]["abstractNote"] == NEWS
    rests(filled.desk)


def trash(owner: Owner) -> None:
    """Move a paper to the trash."""
    owner.edit("Alpha", deleted=1)


def erase(owner: Owner) -> None:
    """Erase a paper with its link."""
    owner.zotero.erase(owner.item("Alpha")["key"])


def erase_link(owner: Owner) -> None:
    """Erase a link."""
    (link,) = owner.children(owner.item("Alpha")["key"])
    owner.zotero.erase(link["key"])


def erase_collection(owner: Owner) -> None:
    """Erase the profile's collection, and leave the items."""
    owner.zotero.erase(owner.zotero.collections()["Ann Lee"]["key"], of="collections")


ACTS: list[Callable[[Owner], None]] = [trash, erase, erase_link, erase_collection]


def seen(desk: DesktopDesk) -> set[tuple[Any, ...]]:
    """Return what the owner sees of every item."""
    every = desk.zotero.items().values()
    return {(d["key"], bool(d.get("deleted")), tuple(d.get("collections", ()))) for d in every}


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_what_the_user_takes_away_stays_away(
    filled: Installed, owner: Owner, act: Callable[[Owner], None]
) -> None:
    """In whatever runs follow, also after the source has changed."""
    act(owner)
    before = seen(filled.desk)
    rests(filled.desk)
    show(filled.desk, alpha=NEWS)
    for _ in range(2):
        pushes(filled.desk)
        assert seen(filled.desk) == before


@pytest.mark.parametrize("number", range(POSTS))
@pytest.mark.parametrize("fault", LOST.values(), ids=LOST.keys())
def test_a_lost_answer_is_safe(ready: Installed, program: Zotero10, fault: Fault, number: int) -> None:
    """Nothing is created twice, and the run that lost the answer finishes."""
    program.trouble.plan("POST", *[lambda _: None] * number, fault)
    report = ready.desk.run()
    assert program.trouble.happened == 1 + number
    assert report.error is None
    assert report.counts["create"] == 3
    ready.whole()
    show(ready.desk, alpha=NEWS)
    assert pushes(ready.desk).counts["update"] == 1
    rests(ready.desk)


@pytest.mark.parametrize("number", range(POSTS))
def test_what_the_user_adds_during_a_push_is_seen_before_the_next_write(
    ready: Installed, program: Zotero10, owner: Owner, number: int
) -> None:
    """The plugin refuses a write to a library that moved on, and syncd plans anew."""
    keys: list[str] = []

    def add(_: Request) -> None:
        keys.append(owner.own("Alpha"))

    program.trouble.plan("POST", *[lambda _: None] * number, add)
    assert ready.desk.run().error is None
    pushes(ready.desk)
    ready.whole()
    assert [ready.desk.zotero.papers()["Alpha"]["key"]] == keys


def test_a_token_that_was_revoked_is_explained(filled: Installed) -> None:
    """Nothing is written, and the local API is not taken instead."""
    version = filled.desk.zotero.version()
    filled.plugin.revoke()
    show(filled.desk, alpha=NEWS)
    stopped(filled.desk.run(), 4, "does not know this syncd", "syncd login --desktop")
    assert filled.desk.zotero.version() == version


def test_a_plugin_that_is_turned_off_is_waited_for(filled: Installed, program: Zotero10) -> None:
    """The local API is not taken instead: its versions are others."""
    program.server.desktop.plugin = None
    stopped(filled.desk.run(), 5, "plugin in it does not answer", "Tools > Plugins")
    program.server.desktop.plugin = filled.plugin
    assert filled.desk.run().counts["unchanged"] == 3


def test_a_plugin_of_another_version_is_said(filled: Installed) -> None:
    """Both are to be updated."""
    filled.plugin.api = 2
    stopped(filled.desk.run(), 1, "another version", "Update both")


def test_a_change_between_two_writes_is_seen(program: Zotero10, clock: FakeClock) -> None:
    """A version that moved by more than this write is not taken for one's own."""
    written = {
        "successful": {"0": {"key": "ABCD2345", "version": 7, "data": {}}},
        "unchanged": {},
        "failed": {},
    }
    body = json.dumps({**written, "version": 7}).encode()
    headers = {"Content-Type": "application/json"}
    program.trouble.plan("POST", Fault("answer", status=200, headers=headers, body=body))
    transport = PoliteTransport(clock)
    client = PluginClient(Address("main", f"{program.server.url}/api", "users/0", "t"), transport, "a-plugin")
    outcomes = client.write_items([{"key": "ABCD2345", "version": 0}], unmodified_since=5)
    transport.shutdown()
    assert client.advanced(5, outcomes) == (6, False)
    assert client.advanced(6, outcomes) == (7, True)


def test_a_zotero_that_closes_after_it_answered_is_said(program: Zotero10, clock: FakeClock) -> None:
    """Nothing was sent to it, so there is nothing to find out."""
    transport = PoliteTransport(clock, nearby=True)
    client = PluginClient(Address("main", f"{program.server.url}/api", "users/0", "t"), transport, "a-plugin")
    program.close()
    with pytest.raises(LibraryError, match="Zotero isn't running") as error:
        client.write_items([], unmodified_since=5)
    transport.shutdown()
    assert "Start Zotero" in error.value.hint


def test_a_closed_zotero_is_said(filled: Installed, program: Zotero10) -> None:
    """Status asks nobody meanwhile."""
    program.close()
    stopped(filled.desk.run(), 5, "Zotero isn't running")
    status = filled.desk.syncd("status", "--json")
    assert [profile["papers"] for profile in status.json["profiles"]] == [3]


def test_without_a_state_nothing_is_created_twice(filled: Installed) -> None:
    """Their keys tell that they are syncd's own."""
    forget(filled.desk)
    assert pushes(filled.desk).counts["create"] == 0
    filled.whole()
    rests(filled.desk)


def test_a_run_can_be_undone(ready: Installed) -> None:
    """What was created goes to the trash, and stays there."""
    run = ready.desk.run().run
    assert "3 undone" in ready.desk.syncd("undo", run).out
    assert ready.desk.zotero.papers() == {}
    assert pushes(ready.desk).requests.write == 0


def test_doctor_says_that_the_plugin_answers(filled: Installed, program: Zotero10) -> None:
    """The local API may be off then."""
    program.server.desktop.enabled = False
    checks = filled.desk.syncd("doctor", "--json").json["checks"]
    messages = {check["message"]: check["level"] for check in checks if "library main" in check["name"]}
    assert messages["Zotero runs, and its syncd plugin answers"] == "ok"
    assert "failure" not in messages.values()


# A plugin that is installed after syncd has worked through the local API


@pytest.fixture
def before(at_desktop: DesktopDesk) -> DesktopDesk:
    """Give a desk whose papers were pushed through the local API."""
    show(at_desktop)
    assert at_desktop.run().counts["create"] == 3
    return at_desktop


def test_what_is_known_moves_to_the_plugin(before: DesktopDesk) -> None:
    """Nothing is written, nothing is forgotten, and the next correction arrives."""
    version = before.zotero.version()
    install(before)
    assert before.run().counts["unchanged"] == 3
    assert before.zotero.version() == version
    with memory_of(before) as state:
        assert len(state.memory().written) == 3
        assert len(state.history.runs()) == 2
    show(before, alpha=NEWS)
    # At once: what syncd wrote last does not count as the user's edit.
    assert before.run().counts["update"] == 1
    assert before.zotero.papers()["Alpha"]["abstractNote"] == NEWS
    rests(before)


@pytest.mark.parametrize("runs", [0, 1])
@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_what_was_taken_away_before_stays_away(
    before: DesktopDesk, owner: Owner, act: Callable[[Owner], None], runs: int
) -> None:
    """The plugin's log does not have it; syncd has seen it, or sees it when the plugin comes."""
    act(owner)
    left = seen(before)
    for _ in range(runs):
        pushes(before)
    install(before)
    for _ in range(2):
        show(before, alpha=NEWS)
        pushes(before)
        assert seen(before) == left


def test_an_edit_from_before_wins(before: DesktopDesk, owner: Owner) -> None:
    """Made while syncd did not look."""
    owner.edit("Alpha", abstractNote="My own words.")
    install(before)
    show(before, alpha=NEWS)
    pushes(before)
    assert owner.item("Alpha")["abstractNote"] == "My own words."
    rests(before)


@pytest.mark.parametrize("number", range(4))
def test_a_write_whose_answer_was_lost_before_is_found(
    at_desktop: DesktopDesk, program: Zotero10, number: int
) -> None:
    """Zotero gave it keys that syncd does not know yet."""
    show(at_desktop)
    program.trouble.plan("POST", *[lambda _: None] * number, Fault("drop", when="after"))
    program.trouble.plan("GET", *[Fault("drop")] * 99)
    assert at_desktop.run().error is not None
    program.trouble._coming.clear()
    with memory_of(at_desktop) as state:
        assert state.journal.unfinished()
    install(at_desktop)
    assert at_desktop.run().error is None
    Installed(at_desktop, Plugin("")).whole()
    rests(at_desktop)


def test_a_run_from_before_can_be_undone(before: DesktopDesk) -> None:
    """Its papers are still as syncd wrote them."""
    with memory_of(before) as state:
        run = state.history.runs()[0].name
    install(before)
    before.run()
    assert "3 undone" in before.syncd("undo", run).out
    assert before.zotero.papers() == {}


def test_a_local_api_that_is_off_is_needed_once(before: DesktopDesk, program: Zotero10) -> None:
    """Nothing moves, and nothing is written, until it is certain which Zotero it is."""
    version = before.zotero.version()
    install(before)
    program.server.desktop.enabled = False
    stopped(before.run(), 4, "does not let other programs in", "once more")
    assert before.zotero.version() == version
    program.server.desktop.enabled = True
    assert before.run().counts["unchanged"] == 3
    program.server.desktop.enabled = False
    assert before.run().counts["unchanged"] == 3


def test_the_plugin_of_another_zotero_is_not_pushed_to_unasked(
    before: DesktopDesk, program: Zotero10
) -> None:
    """What is known stays with the Zotero that it was learnt in."""
    version = before.zotero.version()
    install(before)
    program.server.desktop.server_id = "another"
    stopped(before.run(), 8, "another Zotero", "--accept-empty")
    assert before.zotero.version() == version


def test_a_plugin_that_is_not_paired_is_not_used(before: DesktopDesk, program: Zotero10) -> None:
    """The local API goes on."""
    install(before, paired=False)
    assert before.run().counts["unchanged"] == 3
    show(before, alpha=NEWS)
    assert pushes(before).counts["update"] == 1
    assert not any(path.startswith("/syncd/v1/push") for _, path in program.server.requests)


# Pairing


def test_login_asks_the_plugin_first(at_desktop: DesktopDesk, program: Zotero10) -> None:
    """Its token becomes the library's key; after a refusal nothing is stored."""
    show(at_desktop)
    plugin = install(at_desktop, paired=False)
    config = at_desktop.folder / "config.toml"
    config.unlink()
    words = ("login", "--desktop", "--file", "--endpoint", program.server.url)
    refused = at_desktop.syncd(*words)
    assert refused.code == 4
    assert "told not to" in refused.err
    assert not config.exists()
    names: list[str] = []

    def allow(name: str) -> bool:
        names.append(name)
        return True

    plugin.consent = allow
    done = at_desktop.syncd(*words)
    assert done.code == 0, done.err
    assert "choose Allow" in done.err
    assert names[0].startswith("syncd on ")
    pushed = at_desktop.syncd("push", "page.txt")
    assert pushed.code == 0, pushed.err
    assert sorted(at_desktop.zotero.papers()) == TITLES
    assert program.posts() == 2 + POSTS
    assert not any(path.startswith("/api/") for _, path in program.server.requests)


def test_pairing_tells_the_plugin_how_to_reach_the_daemon(
    at_desktop: DesktopDesk, program: Zotero10, clock: FakeClock
) -> None:
    """An address and a token, if there are any."""
    plugin = install(at_desktop, paired=False)
    plugin.consent = lambda _: True
    control = Control("http://127.0.0.1:8123", "a token")
    token = consent(program.server.url, clock, lambda _: None, lambda: control)
    assert plugin.knows(token)
    assert plugin.controls == [{"url": "http://127.0.0.1:8123", "token": "a token"}]
    assert "a token" not in repr(control)


def test_login_lets_the_plugin_ask_a_daemon_that_runs(at_desktop: DesktopDesk) -> None:
    """With the token that it got; one that nobody took, after a refusal, is good for nothing."""
    show(at_desktop)
    port = free_port()
    at_desktop.configure(f"[control]\nport = {port}\n")
    plugin = install(at_desktop, paired=False)
    with Background(at_desktop) as daemon:
        assert at_desktop.syncd("login", "--desktop", "--file").code == 4
        assert not tokens.issued(at_desktop.data)
        plugin.consent = lambda _: True
        done = at_desktop.syncd("login", "--desktop", "--file")
        assert done.code == 0, done.err
        daemon.until_logged("programs with a token are answered")
        (control,) = plugin.controls
        request = urllib.request.Request(f"{control['url']}/v1/status")  # noqa: S310 - loopback
        request.add_header("Authorization", f"Bearer {control['token']}")
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - loopback
            assert json.load(answer)["libraries"][0]["library"] == "main"


def test_too_many_dialogs_are_said(at_desktop: DesktopDesk, program: Zotero10, clock: FakeClock) -> None:
    """Wait a minute."""
    install(at_desktop, paired=False)
    for _ in range(5):
        with pytest.raises(LibraryError, match="told not to"):
            consent(program.server.url, clock, lambda _: None)
    with pytest.raises(LibraryError, match="too often") as error:
        consent(program.server.url, clock, lambda _: None)
    assert "Wait a minute" in error.value.hint
