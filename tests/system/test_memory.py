"""State and library of another time: backups, a second machine, a restored or emptied library, a shrunken page."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from owner import NEWS, TITLES, another_machine, pushes, rests, show
from pages import entry, page
from syncd.cli.console import of_report

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from desk import Desk, Zotero
    from owner import Owner


def keep_files(folder: Path, pattern: str, kept: Path) -> None:
    """Copy files away."""
    kept.mkdir()
    for part in folder.glob(pattern):
        shutil.copy2(part, kept / part.name)


def put_back(folder: Path, pattern: str, kept: Path) -> None:
    """Put what was copied away in the place of what is there now."""
    for part in folder.glob(pattern):
        part.unlink()
    for part in kept.iterdir():
        shutil.copy2(part, folder / part.name)


def while_stopped(zotero: Zotero, act: Callable[[], None]) -> None:
    """Act while nobody serves the library; afterwards it is at the same address."""
    zotero.server.port = int(zotero.server.url.rpartition(":")[2])
    zotero.server.stop()
    act()
    zotero.server.start()


def test_an_older_backup_of_the_state_brings_nothing_back(pushed: Desk, owner: Owner, tmp_path: Path) -> None:
    """All that happened since is read from the library: creations, deletions, merges, edits."""
    keep_files(pushed.data.root, "syncd.sqlite*", tmp_path / "kept")
    show(pushed, entry("Delta"), entry("Epsilon"), entry("Zeta"))
    pushes(pushed)
    beta, delta, epsilon = (owner.item(title)["key"] for title in ("Beta", "Delta", "Epsilon"))
    owner.edit("Alpha", deleted=1)
    owner.merge(owner.own("Beta"), beta)
    owner.zotero.erase(delta)
    owner.empty_trash()
    (link,) = owner.children(epsilon)
    owner.change(link["key"], deleted=1)
    owner.change(epsilon, tags=[], abstractNote="")
    owner.edit("Gamma", tags=[{"tag": "mine"}])
    pushes(pushed)
    before = owner.zotero.items()
    put_back(pushed.data.root, "syncd.sqlite*", tmp_path / "kept")
    rests(pushed)
    assert owner.zotero.items() == before
    show(pushed, entry("Delta"), entry("Epsilon"), entry("Zeta"), alpha=NEWS)
    rests(pushed)


def test_two_machines_in_turn_keep_a_paper_out_of_the_collection(pushed: Desk, owner: Owner) -> None:
    """The first has never seen the paper that the second pushed and the user took out; nor has a backup."""
    second = another_machine(pushed)
    pushes(second)
    show(second, entry("Delta"))
    pushes(second)
    owner.edit("Delta", collections=[])
    show(pushed, entry("Delta"))
    pushes(pushed)
    assert owner.item("Delta")["collections"] == []


def test_a_library_of_an_older_version_gets_what_it_lacks_but_nothing_deleted(
    desk: Desk, owner: Owner, tmp_path: Path
) -> None:
    """Papers that are missing without a deletion come again under their keys; what the user had erased does not."""
    folder = owner.zotero.server.path.parent
    desk.page.write_text(page(entry("Alpha")), encoding="utf-8")
    desk.run()
    while_stopped(owner.zotero, lambda: keep_files(folder, "zotero.sqlite*", tmp_path / "kept"))
    show(desk)
    pushes(desk)
    beta = owner.item("Beta")["key"]
    owner.zotero.erase(owner.item("Gamma")["key"])
    pushes(desk)
    while_stopped(owner.zotero, lambda: put_back(folder, "zotero.sqlite*", tmp_path / "kept"))
    assert set(owner.zotero.papers()) == {"Alpha"}
    assert pushes(desk).counts["create"] == 1
    assert set(owner.zotero.papers()) == {"Alpha", "Beta"}
    assert owner.item("Beta")["key"] == beta
    assert owner.links(beta) == {"Code: ann/beta": "https://github.com/ann/beta"}
    assert owner.item("Beta")["collections"] == [owner.zotero.collections()["Ann Lee"]["key"]]
    rests(desk)


@pytest.mark.parametrize("rest", [(), ("Mine",)], ids=["empty", "of other items"])
def test_a_library_that_lost_all_that_syncd_knows_stops_the_run(
    desk: Desk, owner: Owner, tmp_path: Path, rest: tuple[str, ...]
) -> None:
    """Exit 8 and nothing written, until the user says that it is meant so."""
    folder = owner.zotero.server.path.parent
    for title in rest:
        owner.own(title)
    while_stopped(owner.zotero, lambda: keep_files(folder, "zotero.sqlite*", tmp_path / "kept"))
    show(desk)
    desk.run()
    while_stopped(owner.zotero, lambda: put_back(folder, "zotero.sqlite*", tmp_path / "kept"))
    for _ in range(2):
        report = desk.run()
        assert of_report(report) == 8
        assert "none of the 3 papers" in str(report.error)
        assert set(owner.zotero.papers()) == set(rest)
    assert pushes(desk, accept_empty=True).counts["create"] == 3
    assert set(owner.zotero.papers()) == {*TITLES, *rest}
    rests(desk)


def lose(zotero: Zotero, *titles: str) -> None:
    """Let the library lose papers with their links, or all that it holds, as where it is restored or emptied.

    Its versions go on, and no log says what went.
    """
    with closing(sqlite3.connect(zotero.server.path)) as connection, connection:
        gone = [data["key"] for title, data in zotero.papers().items() if title in titles or not titles]
        for key in gone:
            connection.execute("DELETE FROM items WHERE key = ? OR parent = ?", (key, key))
        if not titles:
            connection.execute("DELETE FROM collections")
        connection.execute("UPDATE libraries SET version = version + 7")


def test_an_emptied_library_whose_versions_go_on_stops_the_run(pushed: Desk, owner: Owner) -> None:
    """Exit 8 and nothing written, until the user says that it is meant so."""
    lose(owner.zotero)
    for _ in range(2):
        report = pushed.run()
        assert of_report(report) == 8
        assert "none of the 3 papers" in str(report.error)
        assert owner.zotero.items() == {}
    assert pushes(pushed, accept_empty=True).counts["create"] == 3
    assert set(owner.zotero.papers()) == set(TITLES)
    rests(pushed)


def test_a_library_that_lost_a_part_gets_it_again_and_that_is_told(pushed: Desk, owner: Owner) -> None:
    """Where its versions go on, too: what nobody deleted comes again under its key."""
    before = owner.item("Beta")["key"]
    lose(owner.zotero, "Beta")
    report = pushes(pushed)
    (told,) = [action for action in report.actions if action.writes]
    assert (told.kind, told.title, told.reason) == ("create", "Beta", "missing, though nobody deleted it")
    assert owner.item("Beta")["key"] == before
    assert len(owner.links(before)) == 1
    rests(pushed)


def test_whether_a_library_lost_something_is_asked_where_it_moved_alone(pushed: Desk, owner: Owner) -> None:
    """One request more then, and none where nothing is new."""
    assert pushed.run().requests.total == 1
    owner.own("Mine")
    assert pushed.run().requests.total == 4
    assert pushed.run().requests.total == 1


def test_a_user_who_erased_every_paper_stops_no_run(pushed: Desk, owner: Owner) -> None:
    """There the deletions explain why nothing is left."""
    for title in TITLES:
        owner.zotero.erase(owner.item(title)["key"])
    rests(pushed)
    show(pushed, entry("Delta"))
    assert pushes(pushed).counts["create"] == 1


def test_a_page_that_shrinks_by_more_than_half_is_a_layout_alarm(desk: Desk, owner: Owner) -> None:
    """Exit 7 and nothing written; papers that vanish from a page stay in the library either way."""
    titles = ("Alpha", "Beta", "Gamma", "Delta", "Epsilon")
    desk.page.write_text(page(*map(entry, titles)), encoding="utf-8")
    desk.run()
    desk.page.write_text(page(entry("Alpha", abstract=NEWS), entry("Zeta")), encoding="utf-8")
    before = owner.zotero.items()
    for _ in range(2):
        assert of_report(desk.run()) == 7
        assert owner.zotero.items() == before
    report = pushes(desk, accept_shrunk=True)
    assert (report.counts["create"], report.counts["update"]) == (1, 1)
    assert set(owner.zotero.papers()) == {*titles, "Zeta"}
    rests(desk)


def test_a_page_of_half_the_papers_is_believed(desk: Desk, owner: Owner) -> None:
    """The alarm is for more than half."""
    desk.page.write_text(page(*map(entry, ("Alpha", "Beta", "Gamma", "Delta"))), encoding="utf-8")
    desk.run()
    desk.page.write_text(page(entry("Alpha"), entry("Beta")), encoding="utf-8")
    rests(desk)
    assert len(owner.zotero.papers()) == 4
