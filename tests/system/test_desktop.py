"""Zotero on the desktop: the same promises as online, over an API that can do less."""

from __future__ import annotations

import json
import re
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from owner import NEWS, forget, memory_of, pushes, rests, show, standing
from pages import entry, page
from syncd.cli.exit_codes import of_report
from syncd.zotero.embedded import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from desktops import DesktopDesk, Zotero10
    from owner import Owner
    from syncd.pipeline import Report
    from syncd.zotero.embedded import Request

TITLES = ("Alpha", "Beta", "Gamma")
LOST = {
    "before": Fault("drop"),
    "after": Fault("drop", when="after"),
    "cut": Fault("cut"),
    "half-way": Fault("stop", objects=2),
    "504 after": Fault("answer", when="after", status=504),
}
# Two levels of collections, items, links.
POSTS = 4


@pytest.fixture
def ready(at_desktop: DesktopDesk) -> DesktopDesk:
    """Give a desk whose page lists three papers with a link each."""
    show(at_desktop)
    return at_desktop


@pytest.fixture
def filled(ready: DesktopDesk) -> DesktopDesk:
    """Give a desk whose papers were pushed."""
    assert ready.run().counts["create"] == 3
    return ready


def check_whole(desk: DesktopDesk) -> None:
    """Every paper is there once, with its link, in the collection."""
    items = desk.zotero.items().values()
    assert sorted(data["title"] for data in items if "parentItem" not in data) == list(TITLES)
    papers = desk.zotero.papers()
    links = {(data["parentItem"], data["url"]) for data in items if "parentItem" in data}
    assert links == {(papers[t]["key"], f"https://github.com/ann/{t.lower()}") for t in TITLES}
    assert len(items) == 6
    collections = desk.zotero.collections()
    assert sorted(collections) == ["Ann Lee", "Profiles"]
    assert len(desk.zotero.get("/collections?limit=100")) == 2
    assert collections["Ann Lee"]["parentCollection"] == collections["Profiles"]["key"]
    assert {tuple(data["collections"]) for data in papers.values()} == {(collections["Ann Lee"]["key"],)}


def check_still_syncds(desk: DesktopDesk) -> None:
    """What was pushed counts as syncd's own: a correction of the source arrives."""
    desk.page.write_text(page(entry("Alpha", abstract=NEWS), entry("Beta"), entry("Gamma")), encoding="utf-8")
    assert pushes(desk).counts["update"] == 1
    assert desk.zotero.papers()["Alpha"]["abstractNote"] == NEWS
    rests(desk)


def test_a_first_push_takes_few_writes(ready: DesktopDesk, program: Zotero10) -> None:
    """Each moves the user's selection. The keys are Zotero's, and the report has them."""
    report = ready.run()
    assert report.error is None
    assert report.counts["create"] == 3
    assert program.posts() == POSTS
    check_whole(ready)
    assert {action.key for action in report.actions} == {d["key"] for d in ready.zotero.papers().values()}
    check_still_syncds(ready)


def test_a_push_with_nothing_new_takes_four_reads(filled: DesktopDesk) -> None:
    """Whether the plugin is there, which Zotero it is, all versions, all collections."""
    report = pushes(filled)
    assert report.counts["unchanged"] == 3
    assert (report.requests.read, report.requests.write) == (4, 0)


def test_a_hundred_papers_take_as_few_writes_as_the_limit_allows(
    ready: DesktopDesk, program: Zotero10
) -> None:
    """50 objects each: two for items, two for links, after two for collections."""
    ready.page.write_text(page(*(entry(f"Paper Number {n}") for n in range(100))), encoding="utf-8")
    assert ready.run().counts["create"] == 100
    assert program.posts() == 6


def test_the_users_edit_wins(filled: DesktopDesk, owner: Owner) -> None:
    """Also against a newer source, which is said."""
    owner.edit("Alpha", abstractNote="My own words.", tags=[{"tag": "mine"}])
    show(filled, alpha=NEWS)
    pushes(filled)
    assert owner.item("Alpha")["abstractNote"] == "My own words."
    assert standing(filled, "kept")["Alpha"] == "abstractNote"
    assert {tag["tag"] for tag in owner.item("Alpha")["tags"]} == {"mine"}
    rests(filled)


def trash(owner: Owner) -> None:
    """Move a paper to the trash."""
    owner.edit("Alpha", deleted=1)


def erase(owner: Owner) -> None:
    """Erase a paper with its link."""
    owner.zotero.erase(owner.item("Alpha")["key"])


def trash_collection(owner: Owner) -> None:
    """Delete the profile's collection with all that is in it."""
    owner.delete_collection("Ann Lee", with_items=True)


def erase_collection(owner: Owner) -> None:
    """Erase the profile's collection, and leave the items."""
    owner.zotero.erase(owner.zotero.collections()["Ann Lee"]["key"], of="collections")


def erase_link(owner: Owner) -> None:
    """Erase a link."""
    (link,) = owner.children(owner.item("Alpha")["key"])
    owner.zotero.erase(link["key"])


def merge_into_own(owner: Owner) -> None:
    """Merge a paper into an own item, and empty the trash."""
    owner.merge(owner.own("My Alpha"), owner.item("Alpha")["key"])
    owner.empty_trash()


ACTS: list[Callable[[Owner], None]] = [
    trash,
    erase,
    trash_collection,
    erase_collection,
    erase_link,
    merge_into_own,
]


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_what_the_user_decides_stays(filled: DesktopDesk, owner: Owner, act: Callable[[Owner], None]) -> None:
    """Nothing comes back, in whatever runs follow, also after the source has changed."""

    def seen() -> set[tuple[Any, ...]]:
        every = filled.zotero.items().values()
        return {(d["key"], bool(d.get("deleted")), tuple(d.get("collections", ()))) for d in every}

    act(owner)
    before = seen()
    rests(filled)
    show(filled, alpha=NEWS)
    for _ in range(2):
        pushes(filled)
        assert seen() == before


def test_a_paper_that_the_user_has_is_adopted(ready: DesktopDesk, owner: Owner) -> None:
    """It is filed and gets its link, and is created no second time."""
    key = owner.own("Alpha")
    report = ready.run()
    ready.clock.advance(2 * 86400)
    report = ready.run()
    assert report.counts["create"] == 0
    check_whole(ready)
    assert ready.zotero.papers()["Alpha"]["key"] == key


@pytest.mark.parametrize("look", [4, 5, 6])
def test_what_the_user_adds_during_a_push_is_seen_before_the_next_write(
    ready: DesktopDesk, program: Zotero10, owner: Owner, look: int
) -> None:
    """Zotero does not refuse a write to a library that moved on: syncd looks before each, and plans anew."""
    keys: list[str] = []

    def add(_: Request) -> None:
        keys.append(owner.own("Alpha"))

    program.trouble.plan("GET", *[lambda _: None] * look, add)
    assert ready.run().error is None
    pushes(ready)
    check_whole(ready)
    assert [ready.zotero.papers()["Alpha"]["key"]] == keys


@pytest.mark.parametrize("number", range(POSTS))
@pytest.mark.parametrize("fault", LOST.values(), ids=LOST.keys())
def test_a_write_of_unknown_outcome_is_looked_up_and_finished(
    ready: DesktopDesk, program: Zotero10, fault: Fault, number: int
) -> None:
    """Nothing is created twice, though no key protects it; the run that lost the answer finishes."""
    program.trouble.plan("POST", *[lambda _: None] * number, fault)
    report = ready.run()
    assert program.trouble.happened == number + 1
    assert report.error is None
    assert report.counts["create"] == 3
    assert {a.key for a in report.actions} == {d["key"] for d in ready.zotero.papers().values()}
    check_whole(ready)
    check_still_syncds(ready)


@pytest.mark.parametrize("number", range(POSTS))
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_zotero_that_closes_in_the_middle_of_a_push_is_waited_for(
    ready: DesktopDesk, program: Zotero10, when: str, number: int
) -> None:
    """The run ends with a clear word; when Zotero is there again, the next one goes on."""
    closing: list[Thread] = []

    def close(_: Request) -> Fault:
        closing.append(Thread(target=program.close))
        closing[0].start()
        return Fault("drop", when="after" if when == "after" else "before")

    program.trouble.plan("POST", *[lambda _: None] * number, close)
    report = ready.run()
    closing[0].join()
    assert report.error is not None
    assert re.search("isn't running|broke", str(report.error))
    assert of_report(report) in {3, 5}
    closed = ready.run()
    assert "Zotero isn't running" in str(closed.error)
    assert closed.error
    assert "Start Zotero" in closed.error.hint
    assert of_report(closed) == 5
    program.open()
    assert ready.run().error is None
    check_whole(ready)
    check_still_syncds(ready)


def test_what_the_user_does_before_a_lost_write_is_looked_up_stays(
    ready: DesktopDesk, program: Zotero10, owner: Owner
) -> None:
    """An edit, a deletion, an own link: found by what identifies the paper, they are the user's."""
    program.trouble.plan("POST", *[lambda _: None] * 2, Fault("drop", when="after"), *[Fault("drop")] * 9)
    assert ready.run().error is not None
    program.trouble._coming.clear()
    owner.edit("Alpha", abstractNote="My own words.")
    owner.edit("Beta", deleted=1)
    show(ready, alpha=NEWS)
    pushes(ready)
    assert owner.item("Alpha")["abstractNote"] == "My own words."
    assert set(ready.zotero.papers()) == {"Alpha", "Gamma"}
    rests(ready)


def test_a_refused_write_leaves_nothing_to_look_up(
    ready: DesktopDesk, program: Zotero10, owner: Owner
) -> None:
    """A paper that the user adds afterwards is theirs, though syncd had tried to write the same."""
    program.trouble.plan("POST", *[lambda _: None] * 2, lambda _: program.server.desktop.revoke())
    refused = ready.run()
    assert of_report(refused) == 4
    program.server.desktop.grant(program.server.key, remember=True)
    owner.own("Alpha")
    assert [action.kind for action in pushes(ready).actions] == ["adopt", "create", "create"]
    with memory_of(ready) as state:
        assert state.history.notes(refused.run) == []
        assert [base.adopted for base in state.memory().written.values()].count(True) == 1


def test_links_whose_answer_was_lost_belong_to_the_run(ready: DesktopDesk, program: Zotero10) -> None:
    """Its undo takes them for syncd's own."""
    program.trouble.plan("POST", *[lambda _: None] * 3, Fault("drop", when="after"))
    run = ready.run().run
    assert program.trouble.happened == POSTS
    assert "3 undone" in ready.syncd("undo", run).out
    assert ready.zotero.papers() == {}


def test_what_zotero_refuses_is_sent_again_when_it_changes(ready: DesktopDesk, program: Zotero10) -> None:
    """It is reported with Zotero's words, its link is not sent without it, and the next run leaves it."""
    ready.page.write_text(page(entry("Alpha")), encoding="utf-8")
    failed = {"0": {"code": 400, "message": "'x' is not valid"}}
    body = json.dumps({"successful": {}, "success": {}, "unchanged": {}, "failed": failed}).encode()
    refusal = Fault("answer", status=200, headers={"Content-Type": "application/json"}, body=body)
    program.trouble.plan("POST", *[lambda _: None] * 2, refusal)
    report = ready.run()
    assert [failure.message for failure in report.failures.values()] == ["'x' is not valid"]
    assert program.posts() == 3
    assert pushes(ready).requests.write == 0
    show(ready, alpha=NEWS)
    assert pushes(ready).counts["create"] == 3


def stopped(report: Report, code: int, *words: str) -> None:
    """The run ended with this exit code and these words."""
    assert report.error is not None
    assert of_report(report) == code
    said = f"{report.error} {report.error.hint}"
    for part in words:
        assert part in said


def test_another_profile_of_zotero_is_not_pushed_to_unasked(filled: DesktopDesk, program: Zotero10) -> None:
    """Another database is another library: nothing is written until the user says so."""
    version = filled.zotero.version()
    program.server.desktop.server_id = "another"
    stopped(filled.run(), 8, "another Zotero", "--accept-empty", "Nothing was written")
    assert filled.zotero.version() == version
    assert pushes(filled, accept_empty=True).counts["create"] == 0
    rests(filled)
    program.server.desktop.server_id = "a third"
    stopped(filled.run(), 8, "pushed")
    assert [profile["papers"] for profile in filled.syncd("status", "--json").json["profiles"]] == [3]


@pytest.mark.parametrize(("method", "number"), [("GET", 2), ("GET", 3), ("GET", 4), ("POST", 0)])
def test_a_zotero_that_is_exchanged_in_the_middle_is_not_written_to(
    ready: DesktopDesk, program: Zotero10, method: str, number: int
) -> None:
    """Every write names the one that was read."""

    def exchange(_: Request) -> None:
        program.server.desktop.server_id = "another"

    program.trouble.plan(method, *[lambda _: None] * number, exchange)
    stopped(ready.run(), 6, "another Zotero is running", "Nothing was written")
    assert ready.zotero.is_new()


def test_a_switched_off_api_is_explained(filled: DesktopDesk, program: Zotero10) -> None:
    """Where to switch it on."""
    program.server.desktop.enabled = False
    stopped(filled.run(), 4, "does not let other programs in", "Settings > Advanced")


def test_an_old_zotero_is_explained(ready: DesktopDesk, program: Zotero10) -> None:
    """Which version, and what to use instead."""
    program.server.desktop.writable = False
    stopped(ready.run(), 1, "Zotero 7 to 9", "Zotero 10", 'type = "user"')


def test_a_spent_key_is_explained(ready: DesktopDesk, program: Zotero10) -> None:
    """Nothing was written, or what was is recorded."""
    program.server.desktop.revoke()
    stopped(ready.run(), 4, "no such key", "syncd login --desktop", "Nothing was written")
    assert ready.zotero.is_new()
    program.server.desktop.grant(program.server.key, remember=False)
    stopped(ready.run(), 4, "for one write only")
    program.server.desktop.grant(program.server.key, remember=True)
    assert ready.run().error is None
    check_whole(ready)


def test_without_a_key_one_can_look_but_not_write(ready: DesktopDesk) -> None:
    """A dry run needs no consent."""
    config = ready.folder / "config.toml"
    config.write_text(config.read_text(encoding="utf-8").replace("key = {", "# key = {"), encoding="utf-8")
    assert ready.run(dry_run=True).counts["create"] == 3
    stopped(ready.run(), 4, "syncd login --desktop")


def test_a_saved_plan_is_carried_out(ready: DesktopDesk) -> None:
    """Its planned keys become Zotero's; a dry run shows none that nothing will have."""
    shown = ready.syncd("push", "--dry-run", "--json").json
    assert {action["key"] for action in shown["actions"]} == {None}
    assert ready.syncd("plan", "-o", "plan.json").code == 0
    done = ready.syncd("push", "--plan", "plan.json", "--json")
    assert done.code == 0
    check_whole(ready)
    assert {a["key"] for a in done.json["actions"]} == {d["key"] for d in ready.zotero.papers().values()}
    check_still_syncds(ready)


def test_what_is_known_can_be_seen_while_zotero_is_closed(filled: DesktopDesk, program: Zotero10) -> None:
    """Status and log ask nobody."""
    program.close()
    status = filled.syncd("status", "--json")
    assert status.code == 0
    assert [profile["papers"] for profile in status.json["profiles"]] == [3]
    assert len(filled.syncd("log", "--json").json) == 1
    closed = filled.syncd("push")
    assert closed.code == 5
    assert "Zotero isn't running" in closed.err


def test_a_run_can_be_undone_with_its_links(ready: DesktopDesk) -> None:
    """The history has the real keys of all that was created."""
    run = ready.run().run
    undone = ready.syncd("undo", run)
    assert undone.code == 0
    assert "3 undone" in undone.out
    assert ready.zotero.papers() == {}
    assert pushes(ready).requests.write == 0


def test_an_erased_paper_can_be_restored(filled: DesktopDesk, owner: Owner) -> None:
    """It is created anew, and stays."""
    owner.zotero.erase(owner.item("Alpha")["key"])
    pushes(filled)
    assert filled.syncd("restore", "Alpha").code == 0
    assert pushes(filled).counts["create"] == 1
    check_whole(filled)
    rests(filled)


def test_a_fresh_collection_does_not_drag_old_papers_along(filled: DesktopDesk, owner: Owner) -> None:
    """Its key is Zotero's, and the old papers stay where they are."""
    owner.delete_collection("Ann Lee")
    pushes(filled)
    assert filled.syncd("resume", "ann", "--new-collection").code == 0
    # The old papers are on no page when the collection gets its key.
    filled.page.write_text(page(entry("Delta")), encoding="utf-8")
    pushes(filled, accept_shrunk=True)
    show(filled, entry("Delta"))
    pushes(filled)
    fresh = filled.zotero.papers()["Delta"]["collections"]
    assert len(fresh) == 1
    for title in TITLES:
        assert filled.zotero.papers()[title]["collections"] != fresh
        assert len(filled.zotero.papers()[title]["collections"]) == 1
    rests(filled)


def test_an_older_copy_of_the_database_is_not_taken_for_deletions(
    ready: DesktopDesk, program: Zotero10
) -> None:
    """The library has a version below the known one: nobody deleted what is missing."""
    ready.zotero.write({"itemType": "book", "title": "Mine"})
    path = program.server.path
    copy = path.read_bytes()
    wal = path.with_name(f"{path.name}-wal")
    more = wal.read_bytes()
    ready.run()
    ready.run()
    program.close()
    port = int(ready.zotero.server.url.rpartition(":")[2])
    ready.zotero.server.stop()
    for part in path.parent.glob(f"{path.name}*"):
        part.unlink()
    path.write_bytes(copy)
    wal.write_bytes(more)
    ready.zotero.server.port = port
    ready.zotero.server.start()
    program.open()
    assert set(ready.zotero.papers()) == {"Mine"}
    stopped(ready.run(), 8, "none of the 3 papers", "--accept-empty")
    assert pushes(ready, accept_empty=True).counts["create"] == 3
    assert set(ready.zotero.papers()) == {"Mine", *TITLES}
    rests(ready)


def test_without_a_state_nothing_is_created_twice(filled: DesktopDesk) -> None:
    """Papers are known again by what identifies them; from then on they count as the user's."""
    forget(filled)
    assert pushes(filled).counts["create"] == 0
    check_whole(filled)
    rests(filled)
