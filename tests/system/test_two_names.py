"""A person's own library is one: "users/0" on a desktop that is not signed in, "users/N" online and where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import everything
from desk import Desk
from owner import forget, memory_of, pushes, rests, show, standing
from pages import entry
from syncd.zotero import items

if TYPE_CHECKING:
    from desktops import DesktopDesk, Program
    from owner import Owner

USER = 1
NAMES = (f"users/{USER}", "users/0")


def sign_in(program: Program) -> None:
    """Let Zotero's user sign in to its sync."""
    assert program.server.desktop.plugin
    program.server.desktop.plugin.user = USER


def key_of(title: str, name: str) -> str:
    """Return a paper's create-once key under a name of the library."""
    return items.item_key(name, title.lower(), "lee")


@pytest.fixture
def at_zotero(at_desktop: DesktopDesk) -> DesktopDesk:
    """Give a desk at Zotero on the desktop."""
    return at_desktop


@pytest.fixture
def online(at_desktop: DesktopDesk) -> Desk:
    """Give a desk that reaches the same library online, with a data folder of its own."""
    folder = at_desktop.folder.parent / "online"
    folder.mkdir()
    made = Desk(folder, at_desktop.zotero, at_desktop.clock)
    made.configure()
    return made


def acts(owner: Owner) -> None:
    """Let the owner edit a title, erase a paper and a link, and rename the collection."""
    owner.edit("Alpha", title="Alpha, as I call it")
    owner.zotero.erase(owner.item("Beta")["key"])
    (link,) = owner.children(owner.item("Gamma")["key"])
    owner.zotero.erase(link["key"])
    owner.change(owner.zotero.collections()["Ann Lee"]["key"], of="collections", name="Ann")


def check_as_left(owner: Owner) -> None:
    """Everything is as the owner left it, and once."""
    papers = owner.zotero.papers()
    assert sorted(papers) == ["Alpha, as I call it", "Gamma"]
    assert owner.links(papers["Gamma"]["key"]) == {}
    assert sorted(owner.zotero.collections()) == ["Ann", "Profiles"]


@pytest.mark.parametrize("signed_in", [True, False], ids=["signed in", "not signed in"])
def test_what_came_through_the_plugin_is_known_online(
    at_zotero: DesktopDesk,
    online: Desk,
    owner: Owner,
    program: Program,
    signed_in: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """From another data folder, as soon as Zotero has synced: nothing is written, nothing waits."""
    if signed_in:
        sign_in(program)
    show(at_zotero)
    pushes(at_zotero)
    acts(owner)
    show(online)
    rests(online)
    check_as_left(owner)
    assert standing(online, "waiting") == {}
    rests(at_zotero)


def test_what_came_online_is_known_through_the_plugin(
    at_zotero: DesktopDesk, online: Desk, owner: Owner, program: Program
) -> None:
    """The reverse, where Zotero is signed in, and the plugin in it while its owner acts."""
    sign_in(program)
    for desk in (online, at_zotero):
        show(desk)
    pushes(online)
    at_zotero.run(dry_run=True)
    forget(at_zotero)
    acts(owner)
    rests(at_zotero)
    check_as_left(owner)
    rests(online)


def test_new_keys_are_made_under_the_number_once_it_is_known(
    at_zotero: DesktopDesk, owner: Owner, program: Program
) -> None:
    """What is there goes on; what is new has the key that it would have online, as have its link and collection."""
    show(at_zotero)
    pushes(at_zotero)
    assert owner.item("Alpha")["key"] == key_of("Alpha", NAMES[1])
    sign_in(program)
    rests(at_zotero)
    show(at_zotero, entry("Delta"), alpha="Other words. https://github.com/ann/other")
    report = pushes(at_zotero)
    assert (report.counts["create"], report.counts["update"]) == (1, 1)
    assert owner.item("Delta")["key"] == key_of("Delta", NAMES[0])
    assert owner.item("Alpha")["abstractNote"].startswith("Other words")
    made = items.child_key(NAMES[0], owner.item("Alpha")["key"], "https://github.com/ann/other")
    assert made in {child["key"] for child in owner.children(owner.item("Alpha")["key"])}
    rests(at_zotero)


def test_an_erased_paper_is_restored_under_the_number(
    at_zotero: DesktopDesk, owner: Owner, program: Program
) -> None:
    """Its old keys stay dead, whatever they were made under."""
    show(at_zotero)
    pushes(at_zotero)
    dead = owner.item("Alpha")["key"]
    owner.zotero.erase(dead)
    sign_in(program)
    rests(at_zotero)
    assert at_zotero.syncd("restore", "Alpha").code == 0
    assert pushes(at_zotero).counts["create"] == 1
    assert owner.item("Alpha")["key"] not in {dead, key_of("Alpha", NAMES[0])}
    rests(at_zotero)


def test_two_items_that_came_into_being_before_a_sync_are_a_question(
    at_zotero: DesktopDesk, online: Desk, owner: Owner, program: Program
) -> None:
    """The older one stays the paper's, on both sides; the other waits to be merged in Zotero."""
    show(at_zotero)
    pushes(at_zotero)
    older = owner.item("Alpha")["key"]
    at_zotero.clock.advance(60)
    newer = key_of("Alpha", NAMES[0])
    writers = owner.item("Alpha")["creators"]
    twin = {"itemType": "preprint", "title": "Alpha", "date": "2023-04-25", "creators": writers}
    owner.zotero.write({"key": newer, "version": 0, **twin})
    sign_in(program)
    for desk in (online, at_zotero):
        show(desk)
        pushes(desk)
        show(desk, alpha="Other words.")
        pushes(desk)
        items = owner.zotero.items()
        assert items[older]["abstractNote"] == "Other words."
        assert items[newer]["abstractNote"] == ""
        assert "Alpha" in standing(desk, "review")
        with memory_of(desk) as state:
            assert everything.memory(state).claims[newer if desk is online else older] == older
        show(desk)
        pushes(desk)
    owner.merge(older, newer)
    for desk in (online, at_zotero):
        rests(desk)
        assert standing(desk, "review") == {}
    assert sorted(owner.zotero.papers()) == ["Alpha", "Beta", "Gamma"]


@pytest.mark.parametrize("erased", [True, False], ids=["erased", "trashed"])
@pytest.mark.parametrize("gone", ["older", "newer"])
def test_of_two_items_the_one_that_the_owner_keeps_is_the_papers(
    at_zotero: DesktopDesk,
    owner: Owner,
    program: Program,
    gone: str,
    erased: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """Corrections arrive there, nothing is told as deleted, and nothing is asked any more."""
    show(at_zotero)
    pushes(at_zotero)
    items = {"older": owner.item("Alpha")["key"], "newer": key_of("Alpha", NAMES[0])}
    at_zotero.clock.advance(60)
    # As another computer made it from the same page.
    volatile = {"version", "dateAdded", "dateModified"}
    twin = {name: value for name, value in owner.item("Alpha").items() if name not in volatile}
    owner.zotero.write({**twin, "key": items["newer"], "version": 0})
    sign_in(program)
    pushes(at_zotero)
    assert at_zotero.syncd("push").code == 6
    owner.change(items.pop(gone), deleted=1)
    if erased:
        owner.empty_trash()
    # Its link comes, if it has none yet.
    pushes(at_zotero)
    rests(at_zotero)
    show(at_zotero, alpha="Other words.")
    pushes(at_zotero)
    rests(at_zotero)
    (kept,) = items.values()
    assert owner.zotero.items()[kept]["abstractNote"] == "Other words."
    assert standing(at_zotero, "deleted") == standing(at_zotero, "review") == {}


def test_a_paper_of_two_names_is_restored_once(
    at_zotero: DesktopDesk, online: Desk, owner: Owner, program: Program
) -> None:
    """Both of its keys lead to the item that comes back."""
    show(at_zotero)
    pushes(at_zotero)
    sign_in(program)
    show(online)
    for desk in (online, at_zotero):
        pushes(desk)
    owner.zotero.erase(owner.item("Alpha")["key"])
    pushes(online)
    assert online.syncd("restore", "Alpha").code == 0
    assert pushes(online).counts["create"] == 1
    for desk in (at_zotero, online):
        rests(desk)
    assert sorted(owner.zotero.papers()) == ["Alpha", "Beta", "Gamma"]
