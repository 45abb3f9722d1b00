"""Zotero on the desktop through syncd's plugin: the promises of the online library, in a Zotero that runs here."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Literal

import httpx2
import pytest

import everything
from background import Background
from doubles import Fault
from doubles.plugin import new_key
from owner import NEWS, forget, memory_of, pushes, rests, show, standing
from pages import entry, page
from plugins import ACTS, TITLES, Asker, erase, javascript, knows, seen, signed, stopped, whole
from ports import free_port
from syncd.cli.console import of_report
from syncd.errors import LibraryError
from syncd.state import pairings
from syncd.state.state import State
from syncd.state.store import Store
from syncd.zotero.client import Address
from syncd.zotero.consent import consent
from syncd.zotero.desktop import Plugin, PluginClient, plugin_at
from syncd.zotero.transport import PoliteTransport, Way

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clocks import FakeClock
    from desk import Zotero
    from desktops import DesktopDesk, Program
    from owner import Owner
    from plugins import InZotero
    from syncd.zotero.embedded.exchange import Request

# Collections; items with their links.
POSTS = 2
THERE = Plugin("a-plugin", "a-database")
KEY = new_key()
REAL = Path(__file__).parents[2] / "config" / "profiles" / "pengcheng-he.txt"
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
    plugin: InZotero


@pytest.fixture
def side(tmp_path: Path, clock: FakeClock) -> Iterator[tuple[Zotero, InZotero]]:
    """Let a Zotero run that can have the plugin: what its owner sees, and the plugin."""
    with javascript(tmp_path, clock) as running:
        yield running


@pytest.fixture
def zotero(side: tuple[Zotero, InZotero]) -> Zotero:
    """Give the library as its owner sees it."""
    return side[0]


@pytest.fixture
def plugin(side: tuple[Zotero, InZotero]) -> InZotero:
    """Give the plugin, which is not installed yet."""
    return side[1]


@pytest.fixture
def program(plugin: InZotero) -> Program:
    """Give the Zotero that runs."""
    return plugin.program


@pytest.fixture
def ready(at_desktop: DesktopDesk, plugin: InZotero) -> Installed:
    """Give a desk whose page lists three papers with a link each."""
    show(at_desktop)
    plugin.install(paired=True)
    return Installed(at_desktop, plugin)


@pytest.fixture
def filled(ready: Installed) -> Installed:
    """Give a desk whose papers were pushed."""
    assert ready.desk.run().counts["create"] == 3
    return ready


def test_a_first_push_creates_by_keys_of_its_own(ready: Installed, program: Program) -> None:
    """In one write for collections and one for items, with the keys that a dry run told."""
    foreseen = {action.title: action.key for action in ready.desk.run(dry_run=True).actions}
    report = ready.desk.run()
    assert report.error is None
    assert report.counts["create"] == 3
    assert program.posts() == POSTS
    whole(ready.desk)
    assert foreseen == {title: data["key"] for title, data in ready.desk.zotero.papers().items()}
    rests(ready.desk)


def test_a_real_page_arrives_whole_and_rests(at_desktop: DesktopDesk, plugin: InZotero) -> None:
    """Fifty papers of all shapes, with their links and their collection; a second push writes nothing."""
    at_desktop.page.write_text(REAL.read_text(encoding="utf-8"), encoding="utf-8")
    plugin.install(paired=True)
    report = at_desktop.run()
    assert report.error is None
    assert (report.counts["create"], report.counts["failed"]) == (50, 0)
    assert len(at_desktop.zotero.papers()) == 50
    rests(at_desktop)


def test_a_push_with_nothing_new_takes_three_reads(filled: Installed) -> None:
    """Which session it is, whether the plugin knows syncd, and what changed."""
    report = filled.desk.run()
    assert report.counts["unchanged"] == 3
    assert (report.requests.read, report.requests.write) == (3, 0)


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
def test_a_lost_answer_is_safe(ready: Installed, program: Program, fault: Fault, number: int) -> None:
    """Nothing is created twice, and the run that lost the answer finishes."""
    program.trouble.plan("POST", *[lambda _: None] * number, fault)
    report = ready.desk.run()
    assert program.trouble.happened == 1 + number
    assert report.error is None
    assert report.counts["create"] == 3
    whole(ready.desk)
    show(ready.desk, alpha=NEWS)
    assert pushes(ready.desk).counts["update"] == 1
    rests(ready.desk)


@pytest.mark.parametrize("number", range(POSTS))
def test_what_the_user_adds_during_a_push_is_seen_before_the_next_write(
    ready: Installed, program: Program, owner: Owner, number: int
) -> None:
    """The plugin refuses a write to a library that moved on, and syncd plans anew."""
    keys: list[str] = []

    def add(_: Request) -> None:
        keys.append(owner.own("Alpha"))

    program.trouble.plan("POST", *[lambda _: None] * number, add)
    assert ready.desk.run().error is None
    pushes(ready.desk)
    whole(ready.desk)
    assert [ready.desk.zotero.papers()["Alpha"]["key"]] == keys


@pytest.mark.parametrize("number", range(POSTS))
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_zotero_that_closes_in_the_middle_of_a_push_is_waited_for(
    ready: Installed, program: Program, when: Literal["before", "after"], number: int
) -> None:
    """The run ends with a clear word; when Zotero is there again, the next one goes on."""
    closing: list[Thread] = []

    def close(_: Request) -> Fault:
        closing.append(Thread(target=program.close))
        closing[0].start()
        return Fault("drop", when=when)

    program.trouble.plan("POST", *[lambda _: None] * number, close)
    report = ready.desk.run()
    closing[0].join()
    assert report.error is not None
    assert of_report(report) in {3, 5}
    stopped(ready.desk.run(), 5, "Zotero isn't running", "Start Zotero")
    program.open()
    assert ready.desk.run().error is None
    whole(ready.desk)
    show(ready.desk, alpha=NEWS)
    assert pushes(ready.desk).counts["update"] == 1
    rests(ready.desk)


def test_what_the_user_does_before_a_lost_write_is_found_stays(
    ready: Installed, program: Program, owner: Owner
) -> None:
    """An edit and a deletion of papers that syncd does not know to be there yet."""
    program.trouble.plan("POST", lambda _: None, Fault("drop", when="after"))
    program.trouble.plan("GET", *[Fault("drop")] * 99)
    assert ready.desk.run().error is not None
    program.trouble._coming.clear()
    owner.edit("Alpha", abstractNote="My own words.")
    owner.edit("Beta", deleted=1)
    show(ready.desk, alpha=NEWS)
    pushes(ready.desk)
    assert owner.item("Alpha")["abstractNote"] == "My own words."
    assert set(ready.desk.zotero.papers()) == {"Alpha", "Gamma"}
    rests(ready.desk)


def test_a_refused_write_leaves_nothing_to_find(ready: Installed, program: Program, owner: Owner) -> None:
    """A paper that the user adds afterwards is theirs, though syncd had tried to write the same."""
    program.trouble.plan("POST", lambda _: None, lambda _: ready.plugin.revoke())
    refused = ready.desk.run()
    stopped(refused, 4, "does not know this syncd")
    ready.plugin.install(paired=True)
    owner.own("Alpha")
    assert [action.kind for action in pushes(ready.desk).actions] == ["adopt", "create", "create"]
    with memory_of(ready.desk) as state:
        assert state.history.notes(refused.run) == []
        assert [base.adopted for base in everything.memory(state).written.values()].count(True) == 1


def test_what_was_lost_belongs_to_the_run(ready: Installed, program: Program) -> None:
    """Its undo takes papers and links whose answer was lost for syncd's own."""
    program.trouble.plan("POST", lambda _: None, Fault("drop", when="after"))
    run = ready.desk.run().run
    assert program.trouble.happened == POSTS
    assert "3 undone" in ready.desk.syncd("undo", run).out
    assert ready.desk.zotero.papers() == {}


def test_what_zotero_refuses_is_sent_again_when_it_changes(ready: Installed, program: Program) -> None:
    """It is reported with Zotero's words, and the next run leaves it."""
    ready.desk.page.write_text(page(entry("Alpha")), encoding="utf-8")
    failed = {str(n): {"key": None, "code": 400, "message": "'x' is not valid"} for n in range(2)}
    told = {"successful": {}, "unchanged": {}, "failed": failed, "version": 1}
    answer = Fault(
        "answer", status=200, headers={"Content-Type": "application/json"}, body=json.dumps(told).encode()
    )
    key = program.server.key
    program.trouble.plan("POST", lambda _: None, lambda request: signed(request, key, answer))
    report = ready.desk.run()
    assert {failure.message for failure in report.failures.values()} == {"'x' is not valid"}
    assert pushes(ready.desk).requests.write == 0
    show(ready.desk, alpha=NEWS)
    assert pushes(ready.desk).counts["create"] == 3
    assert ready.desk.zotero.papers()["Alpha"]["abstractNote"] == NEWS


def test_a_paper_that_the_user_has_is_adopted(ready: Installed, owner: Owner) -> None:
    """It is filed and gets its link, and is created no second time."""
    key = owner.own("Alpha")
    assert pushes(ready.desk).counts["adopt"] == 1
    whole(ready.desk)
    assert ready.desk.zotero.papers()["Alpha"]["key"] == key


def test_a_saved_plan_is_carried_out(ready: Installed) -> None:
    """With the keys that it has."""
    desk = ready.desk
    assert desk.syncd("plan", "-o", "plan.json").code == 0
    done = desk.syncd("push", "--plan", "plan.json", "--json")
    assert done.code == 0, done.err
    whole(desk)
    assert {a["key"] for a in done.json["actions"]} == {d["key"] for d in desk.zotero.papers().values()}
    rests(desk)


def test_an_erased_paper_can_be_restored(filled: Installed, owner: Owner) -> None:
    """It is created anew, and stays."""
    erase(owner)
    pushes(filled.desk)
    assert filled.desk.syncd("restore", "Alpha").code == 0
    assert pushes(filled.desk).counts["create"] == 1
    whole(filled.desk)
    rests(filled.desk)


def test_a_fresh_collection_does_not_drag_old_papers_along(filled: Installed, owner: Owner) -> None:
    """New papers go into it, and the old ones stay where they are."""
    desk = filled.desk
    owner.delete_collection("Ann Lee")
    pushes(desk)
    assert desk.syncd("resume", "ann", "--new-collection").code == 0
    show(desk, entry("Delta"))
    pushes(desk)
    fresh = desk.zotero.papers()["Delta"]["collections"]
    assert len(fresh) == 1
    for title in TITLES:
        assert desk.zotero.papers()[title]["collections"] != fresh
        assert len(desk.zotero.papers()[title]["collections"]) == 1
    rests(desk)


def test_a_token_that_was_revoked_is_explained(filled: Installed) -> None:
    """Nothing is written."""
    version = filled.desk.zotero.version()
    filled.plugin.revoke()
    show(filled.desk, alpha=NEWS)
    stopped(filled.desk.run(), 4, "does not know this syncd", "syncd login --desktop")
    assert filled.desk.zotero.version() == version


def test_a_plugin_that_is_turned_off_is_waited_for(filled: Installed) -> None:
    """One sentence says how it comes back; when it does, all goes on."""
    filled.plugin.turn(on=False)
    stopped(filled.desk.run(), 5, "Zotero runs without the syncd plugin", "Tools > Plugins", "syncd login")
    filled.plugin.turn(on=True)
    assert filled.desk.run().counts["unchanged"] == 3


def test_without_a_key_the_way_to_one_is_told(ready: Installed) -> None:
    """Nothing can be seen in Zotero before its user allowed it."""
    config = ready.desk.folder / "config.toml"
    config.write_text(config.read_text(encoding="utf-8").replace("key = {", "# key = {"), encoding="utf-8")
    done = ready.desk.syncd("push", "--dry-run")
    assert done.code in {2, 4}
    assert "syncd login" in done.err


def test_a_plugin_of_another_version_is_said(filled: Installed, program: Program) -> None:
    """How both are brought together is told."""
    headers = {"Content-Type": "application/json"}
    program.trouble.plan("GET", Fault("answer", status=200, headers=headers, body=b'{"api": 1}'))
    stopped(filled.desk.run(), 1, "too old for this syncd", "syncd login --desktop")
    newer = b'{"api": 4, "oldest": 3}'
    program.trouble.plan("GET", Fault("answer", status=200, headers=headers, body=newer))
    stopped(filled.desk.run(), 1, "this syncd is too old", "Update syncd")


def test_a_change_between_two_writes_is_seen(program: Program, clock: FakeClock) -> None:
    """A version that moved by more than this write is not taken for one's own."""
    written = {
        "successful": {
            "0": {"key": "ABCD2345", "version": 7, "data": {"key": "ABCD2345", "itemType": "preprint"}}
        },
        "unchanged": {},
        "failed": {},
    }
    body = json.dumps({**written, "version": 7}).encode()
    headers = {"Content-Type": "application/json"}
    fault = Fault("answer", status=200, headers=headers, body=body)
    program.trouble.plan("POST", lambda request: signed(request, KEY, fault))
    transport = PoliteTransport(clock)
    client = PluginClient(Address("main", program.server.url, "users/0", KEY), transport, THERE)
    outcomes = client.write_items([{"key": "ABCD2345", "version": 0}], unmodified_since=5)
    transport.shutdown()
    assert client.advanced(5, outcomes) == (6, False)
    assert client.advanced(6, outcomes) == (7, True)


def test_a_zotero_that_closes_after_it_answered_is_said(program: Program, clock: FakeClock) -> None:
    """Nothing was sent to it, so there is nothing to find out."""
    transport = PoliteTransport(clock, nearby=True)
    client = PluginClient(Address("main", program.server.url, "users/0", KEY), transport, THERE)
    program.close()
    with pytest.raises(LibraryError, match="Zotero isn't running") as error:
        client.write_items([], unmodified_since=5)
    transport.shutdown()
    assert "Start Zotero" in error.value.hint


def test_a_closed_zotero_is_said(filled: Installed, program: Program) -> None:
    """Status asks nobody meanwhile."""
    program.close()
    stopped(filled.desk.run(), 5, "Zotero isn't running")
    status = filled.desk.syncd("status", "--json")
    assert [profile["papers"] for profile in status.json["profiles"]] == [3]
    assert len(filled.desk.syncd("log", "--json").json) == 1
    assert filled.desk.syncd("push").code == 5


def test_without_a_state_nothing_is_created_twice(filled: Installed) -> None:
    """Their keys tell that they are syncd's own."""
    forget(filled.desk)
    assert pushes(filled.desk).counts["create"] == 0
    whole(filled.desk)
    rests(filled.desk)


def test_a_run_can_be_undone(ready: Installed) -> None:
    """What was created goes to the trash, and stays there."""
    run = ready.desk.run().run
    assert "3 undone" in ready.desk.syncd("undo", run).out
    assert ready.desk.zotero.papers() == {}
    assert pushes(ready.desk).requests.write == 0


def test_doctor_says_that_the_plugin_answers(filled: Installed) -> None:
    """It is of this syncd's own version, too."""
    checks = filled.desk.syncd("doctor", "--json").json["checks"]
    messages = {check["message"]: check["level"] for check in checks if "library main" in check["name"]}
    assert messages["Zotero runs, and its syncd plugin answers"] == "ok"
    assert set(messages.values()) == {"ok"}


# A plugin that begins anew, or in another database


def test_what_is_known_follows_a_plugin_that_is_installed_again(filled: Installed) -> None:
    """Nothing is offered again, and the next correction arrives at once: its papers are still syncd's own."""
    version = filled.desk.zotero.version()
    filled.plugin.reinstall()
    assert filled.desk.run().counts["unchanged"] == 3
    assert filled.desk.zotero.version() == version
    show(filled.desk, alpha=NEWS)
    assert filled.desk.run().counts["update"] == 1
    assert filled.desk.zotero.papers()["Alpha"]["abstractNote"] == NEWS
    rests(filled.desk)


def test_versions_that_were_lost_are_counted_anew(filled: Installed) -> None:
    """Without a word to the user, and once only."""
    filled.plugin.lose_file()
    assert filled.desk.run().counts["unchanged"] == 3
    assert filled.desk.run().requests.read == 3


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_what_was_taken_away_while_the_plugin_was_gone_stays_away(
    filled: Installed, owner: Owner, act: Callable[[Owner], None]
) -> None:
    """No log has it; syncd sees it by comparing with what it knew."""
    filled.plugin.turn(on=False)
    act(owner)
    left = seen(filled.desk)
    filled.plugin.reinstall()
    for _ in range(2):
        show(filled.desk, alpha=NEWS)
        pushes(filled.desk)
        assert seen(filled.desk) == left


def test_an_edit_while_the_plugin_was_gone_wins(filled: Installed, owner: Owner) -> None:
    """And the paper is not taken for syncd's own: a run can't undo it."""
    with memory_of(filled.desk) as state:
        run = state.history.runs()[0].name
    filled.plugin.turn(on=False)
    owner.edit("Alpha", abstractNote="My own words.")
    filled.plugin.reinstall()
    show(filled.desk, alpha=NEWS)
    pushes(filled.desk)
    assert owner.item("Alpha")["abstractNote"] == "My own words."
    assert "2 undone" in filled.desk.syncd("undo", run).out
    assert set(filled.desk.zotero.papers()) == {"Alpha"}


def test_an_update_whose_answer_was_lost_before_is_found(filled: Installed, program: Program) -> None:
    """It counts as written by syncd, so the next one may follow."""
    show(filled.desk, alpha=NEWS)
    program.trouble.plan("POST", Fault("drop", when="after"))
    program.trouble.plan("GET", *[Fault("drop")] * 99)
    filled.desk.clock.advance(2 * 86400)
    assert filled.desk.run().error is not None
    program.trouble._coming.clear()
    filled.plugin.reinstall()
    show(filled.desk, alpha=f"{NEWS} And again.")
    assert pushes(filled.desk).counts["update"] == 1
    assert filled.desk.zotero.papers()["Alpha"]["abstractNote"] == f"{NEWS} And again."
    rests(filled.desk)


def test_another_database_is_not_pushed_to_unasked(filled: Installed) -> None:
    """What is known stays with the one that it was learnt in, until the user says so."""
    desk = filled.desk
    version = desk.zotero.version()
    filled.plugin.open_other_database()
    for _ in range(2):
        stopped(desk.run(), 8, "another Zotero", "--accept-empty", "Nothing was written")
    assert desk.zotero.version() == version
    assert pushes(desk, accept_empty=True).counts["create"] == 0
    whole(desk)
    rests(desk)


@pytest.mark.parametrize("number", range(POSTS))
def test_nothing_is_written_into_a_zotero_that_took_the_place_of_another(
    ready: Installed, program: Program, number: int
) -> None:
    """The next write names the one that was read."""
    before: list[int] = []

    def exchange(_: Request) -> None:
        ready.plugin.open_other_database()
        before.append(ready.desk.zotero.version())

    program.trouble.plan("POST", *[lambda _: None] * number, exchange)
    stopped(ready.desk.run(), 6, "another Zotero is running now")
    assert [ready.desk.zotero.version()] == before


def test_a_zotero_that_is_exchanged_before_it_is_read_is_not_read(ready: Installed, program: Program) -> None:
    """It is not the one that ping told of."""

    def exchange(_: Request) -> None:
        ready.plugin.open_other_database()

    program.trouble.plan("GET", *[lambda _: None] * 2, exchange)
    stopped(ready.desk.run(), 6, "another Zotero is running now")
    assert ready.desk.zotero.items() == {}


@pytest.mark.usefixtures("filled")
def test_a_large_library_is_read_page_by_page(program: Program, owner: Owner, clock: FakeClock) -> None:
    """It is told whole, though its owner works meanwhile."""
    address = Address("main", program.server.url, "users/0", program.server.key)
    transport = PoliteTransport(clock)
    plugin = plugin_at(address, transport)
    assert plugin
    client = PluginClient(address, transport, plugin)
    client.page = 3
    kept = owner.item("Beta")["key"]

    def work(_: Request) -> None:
        erase(owner)
        owner.edit("Beta", title="Delta")
        owner.own("Epsilon")

    program.trouble.plan("GET", *[lambda _: None] * 2, work)
    page = client.items_since(0)
    assert program.trouble.happened == 3
    collections = client.collections_since(0).objects
    later = client.items_since(page.version)
    there = owner.zotero.items()
    assert {each["key"]: each["data"]["title"] for each in (*page.objects, *later.objects)} == {
        key: data["title"] for key, data in there.items()
    }
    assert kept in there
    assert {each["data"]["name"] for each in collections} == {"Ann Lee", "Profiles"}
    assert client.items_since(later.version).objects == ()
    transport.shutdown()


@pytest.mark.usefixtures("filled")
def test_a_reading_page_by_page_goes_on_where_it_was(
    program: Program, owner: Owner, clock: FakeClock, tmp_path: Path
) -> None:
    """What was kept is not asked for again, and what its owner did meanwhile is told."""
    asked: list[str] = []

    class Noting(Way):
        def handle_request(self, request: httpx2.Request) -> httpx2.Response:
            asked.append(request.url.query.decode())
            return super().handle_request(request)

    address = Address("main", program.server.url, "users/0", program.server.key)
    transport = PoliteTransport(clock, attempts=1, inner=Noting())
    plugin = plugin_at(address, transport)
    assert plugin
    client = PluginClient(address, transport, plugin)
    client.page = 3
    store = Store.at(tmp_path / "other.sqlite")
    state = State(store, address.endpoint, address.prefix, clock, client.zotero)
    index = state.index()
    program.trouble.plan("GET", *[lambda _: None] * 2, Fault("drop"))
    with pytest.raises(LibraryError):
        index.refresh(client)
    kept = everything.view(state)
    assert (index.version(), len(kept.items) + len(kept.collections)) == (0, 6)
    erase(owner)
    owner.edit("Beta", title="Delta")
    asked.clear()
    index.refresh(client)
    view, there = everything.view(state), owner.zotero.items()
    assert {key: item.data["title"] for key, item in view.items.items()} == {
        key: data["title"] for key, data in there.items()
    }
    assert len(view.deleted) == 2
    assert all("after=" in query for query in asked if "since=0" in query)
    index.refresh(client)
    assert everything.view(state).version == view.version
    transport.shutdown()
    store.close()


# Pairing


def test_login_asks_the_plugin_first(at_desktop: DesktopDesk, plugin: InZotero, program: Program) -> None:
    """What both agree on becomes the library's key; after a refusal, or a dialog that is closed, nothing is stored."""
    show(at_desktop)
    plugin.install(paired=False)
    plugin.answer(allow=False)
    config = at_desktop.folder / "config.toml"
    config.unlink()
    words = ("login", "--desktop", "--file", "--endpoint", program.server.url)
    refused = at_desktop.answering("y", *words)
    assert refused.code == 4
    assert "told not to" in refused.err
    assert not config.exists()
    plugin.answer(allow=True)
    done = at_desktop.answering("y", *words)
    assert done.code == 0, done.err
    assert f"Choose Allow there if it shows this code: {plugin.codes()[-1]}" in done.err
    assert [name.startswith("syncd on ") for name in plugin.asked()] == [True, True]
    pushed = at_desktop.syncd("push", "page.txt")
    assert pushed.code == 0, pushed.err
    assert sorted(at_desktop.zotero.papers()) == TITLES
    # A refusal takes two steps, a pairing three.
    assert program.posts() == 2 + 3 + POSTS


def test_pairing_tells_the_plugin_how_to_reach_the_daemon(
    plugin: InZotero, program: Program, clock: FakeClock
) -> None:
    """Its address, if there is one; it shares the key."""
    plugin.install(paired=False)
    plugin.answer(allow=True)
    key = consent(program.server.url, clock, lambda _: None, lambda _: True, lambda: "http://127.0.0.1:8123")
    assert knows(program.server.url, key)
    assert plugin.control() == "http://127.0.0.1:8123"


def test_login_lets_the_plugin_ask_a_daemon_that_runs(at_desktop: DesktopDesk, plugin: InZotero) -> None:
    """With the key that both have; one that was refused is good for nothing."""
    show(at_desktop)
    port = free_port()
    at_desktop.configure(f"[control]\nport = {port}\n")
    plugin.install(paired=False)
    plugin.answer(allow=False)
    with Background(at_desktop) as daemon:
        assert at_desktop.answering("y", "login", "--desktop", "--file").code == 4
        assert not pairings.remembered(at_desktop.data)
        plugin.answer(allow=True)
        done = at_desktop.answering("y", "login", "--desktop", "--file")
        assert done.code == 0, done.err
        daemon.until_logged("paired programs are answered")
        assert plugin.control() == f"http://127.0.0.1:{port}"
        (key,) = pairings.keys(pairings.remembered(at_desktop.data), at_desktop.env)
        assert _libraries(port, key) == ["main"]
        # A second time the user says no: what was allowed before goes on.
        plugin.answer(allow=False)
        assert at_desktop.answering("y", "login", "--desktop", "--file").code == 4
        assert at_desktop.syncd("reload").code == 0
        assert _libraries(port, key) == ["main"]
        assert at_desktop.syncd("logout", "main").code == 0
        daemon.until(lambda: not _is_answered(port, key))


def _is_answered(port: int, key: str) -> bool:
    """Whether the daemon still answers a program with a key."""
    with suppress(ConnectionError):
        return Asker(port, key).send("GET", "/v1/status").status == 200
    return False  # the daemon answers nobody any more, so that its port is closed


def _libraries(port: int, key: str) -> list[str]:
    """Return the libraries that the daemon tells of to a program with a key."""
    return [one["library"] for one in Asker(port, key).get("/v1/status")["libraries"]]


@pytest.mark.parametrize("answer", ["n", "", "what"])
def test_where_the_codes_are_not_the_same_the_old_pairing_goes_on(
    at_desktop: DesktopDesk, plugin: InZotero, program: Program, answer: str
) -> None:
    """Also where nobody is there to say so; neither side keeps anything."""
    plugin.install(paired=True)
    old = program.server.key
    config = (at_desktop.folder / "config.toml").read_bytes()
    plugin.answer(allow=True)
    done = at_desktop.answering(answer, "login", "--desktop", "--file")
    assert done.code == 4
    assert "it was not confirmed that Zotero shows the same code" in done.err
    assert "an earlier pairing goes on" in done.err
    assert (at_desktop.folder / "config.toml").read_bytes() == config
    assert not list(at_desktop.folder.glob("*.key"))
    assert knows(program.server.url, old)
    show(at_desktop)
    assert at_desktop.syncd("push").code == 0


def test_too_many_dialogs_are_said(plugin: InZotero, program: Program, clock: FakeClock) -> None:
    """Wait a minute."""
    plugin.install(paired=False)
    plugin.answer(allow=False)
    for _ in range(5):
        with pytest.raises(LibraryError, match="told not to"):
            consent(program.server.url, clock, lambda _: None, lambda _: True)
    with pytest.raises(LibraryError, match="too often") as error:
        consent(program.server.url, clock, lambda _: None, lambda _: True)
    assert "Wait a minute" in error.value.hint
