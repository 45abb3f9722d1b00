"""A paper that the user rejects for a profile ("not hers") stays away, and an undo takes that back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from doubles import Fault
from owner import LONG, forget, memory_of, pushes, rests, show, standing
from pages import entry, page

if TYPE_CHECKING:
    from collections.abc import Callable

    from desk import Desk
    from owner import Owner

BO = '[profiles.bo]\nsource = "bo.txt"\ncaptured = 2026-06-01\n'
MINE = {"tag": "to read"}


def reject(desk: Desk, paper: str = "Beta", profile: str = "ann") -> str:
    """Reject a paper; return what syncd says."""
    done = desk.syncd("reject", paper, "--profile", profile)
    assert done.code == 0, done
    return " ".join(done.out.split())


def last(desk: Desk) -> str:
    """Return the name of the last run."""
    name: str = desk.syncd("log", "--json").json[0]["run"]
    return name


@pytest.fixture
def shared(desk: Desk) -> Desk:
    """Give a desk with two profiles that both list Beta, pushed."""
    desk.configure(BO)
    show(desk)
    bo = page(entry("Beta"), entry("Delta"), name="Bo Chen")
    (desk.folder / "bo.txt").write_text(bo, encoding="utf-8")
    pushes(desk)
    return desk


# What becomes of the item


def test_what_syncd_made_and_nobody_touched_goes_to_the_trash(pushed: Desk, owner: Owner) -> None:
    """It stays there, push after push, and status says why."""
    assert "'Beta' is not by ann: its item is in Zotero's trash" in reject(pushed)
    assert set(owner.zotero.papers()) == {"Alpha", "Gamma"}
    rests(pushed)
    assert set(owner.zotero.papers()) == {"Alpha", "Gamma"}
    status = pushed.syncd("status").out
    assert "not by whom a source says: 1" in status
    assert "Beta: not by ann, as you said" in status
    assert "deleted or trashed" not in status


@pytest.mark.parametrize("emptied", [False, True], ids=["in the trash", "erased"])
def test_another_record_of_it_is_not_offered_either(desk: Desk, owner: Owner, *, emptied: bool) -> None:
    """Where the source corrects its title."""
    show(desk, entry(LONG))
    pushes(desk)
    reject(desk, LONG)
    if emptied:
        owner.empty_trash()
    show(desk, entry(LONG.replace("Uses", "Use")))
    rests(desk)
    assert set(owner.zotero.papers()) == {"Alpha", "Beta", "Gamma"}
    assert standing(desk, "review") == {}


def test_another_record_of_what_stays_is_not_filed(desk: Desk, owner: Owner) -> None:
    """The item is another profile's, and the source of the first corrects the title."""
    desk.configure(BO)
    show(desk, entry(LONG))
    (desk.folder / "bo.txt").write_text(page(entry(LONG), name="Bo Chen"), encoding="utf-8")
    pushes(desk)
    reject(desk, LONG)
    before = owner.item(LONG)["collections"]
    show(desk, entry(LONG.replace("Uses", "Use")))
    for names in (("ann",), (), ("bo",)):
        pushes(desk, names=names)
        assert owner.item(LONG)["collections"] == before
    assert len(owner.zotero.papers()) == 4
    rests(desk)


@pytest.mark.parametrize("touch", ["tag", "note", "field"])
def test_what_the_user_touched_stays_and_leaves_the_collection(
    pushed: Desk, owner: Owner, touch: str
) -> None:
    """The user's work is never thrown away with syncd's."""
    key = owner.item("Beta")["key"]
    acts: dict[str, Callable[[], object]] = {
        "tag": lambda: owner.edit("Beta", tags=[*owner.item("Beta")["tags"], MINE]),
        "note": lambda: owner.zotero.post({"itemType": "note", "note": "Mine.", "parentItem": key}),
        "field": lambda: owner.edit("Beta", abstractNote="My own words."),
    }
    acts[touch]()
    before = owner.item("Beta")
    assert "left the collection 'Profiles/Ann Lee'" in reject(pushed)
    after = owner.item("Beta")
    assert after["collections"] == []
    assert {**after, "collections": before["collections"]} == {
        **before,
        **{n: after[n] for n in ("version", "dateModified")},
    }
    rests(pushed)
    assert owner.item("Beta") == after


@pytest.mark.parametrize("edited", [False, True])
def test_where_the_history_is_lost_nothing_is_thrown_away(desk: Desk, owner: Owner, *, edited: bool) -> None:
    """What of an item is its user's can't be told any more."""
    show(desk, entry("Delta", abstract="It has no link."))
    pushes(desk)
    if edited:
        owner.edit("Delta", abstractNote="My own words.")
    forget(desk)
    pushes(desk)
    reject(desk, "Delta")
    after = owner.item("Delta")
    assert (after.get("deleted"), after["collections"]) == (None, [])
    rests(desk)
    assert owner.item("Delta") == after


def test_what_the_user_had_before_stays(desk: Desk, owner: Owner) -> None:
    """Syncd adopted it, and so takes it out of the collection only."""
    owner.own("Beta")
    show(desk)
    pushes(desk)
    assert "stays in the library" in reject(desk)
    assert owner.item("Beta")["collections"] == []
    rests(desk)


def test_what_another_profile_lists_stays_in_its_collection(shared: Desk, owner: Owner) -> None:
    """Whoever is pushed afterwards, alone or with the other."""
    homes = {name: owner.zotero.collections()[name]["key"] for name in ("Ann Lee", "Bo Chen")}
    reject(shared)
    assert owner.item("Beta")["collections"] == [homes["Bo Chen"]]
    for names in (("ann",), ("bo",), ()):
        pushes(shared, names=names)
        assert owner.item("Beta")["collections"] == [homes["Bo Chen"]]
    rests(shared)
    reject(shared, profile="bo")
    assert "Beta" not in owner.zotero.papers()
    rests(shared)


def test_of_two_profiles_with_one_collection_none_takes_the_others_paper(desk: Desk, owner: Owner) -> None:
    """The collection is the other one's too."""
    desk.configure('collection = "Lab"\n' + BO + 'collection = "Lab"\n')
    show(desk)
    (desk.folder / "bo.txt").write_text(page(entry("Beta"), name="Bo Chen"), encoding="utf-8")
    pushes(desk)
    before = owner.item("Beta")
    assert "Nothing in the library was changed" in reject(desk)
    assert owner.item("Beta") == before
    rests(desk)


def test_what_waits_for_a_review_can_be_rejected(desk: Desk, owner: Owner) -> None:
    """It is asked about no more, and never created."""
    owner.own("Beta Revisited in Depth")
    desk.page.write_text(page(entry("Beta Revisited in Deep")), encoding="utf-8")
    pushes(desk)
    assert standing(desk, "review").keys() == {"Beta Revisited in Deep"}
    reject(desk, "Beta Revisited in Deep")
    assert standing(desk, "review") == {}
    rests(desk)
    assert standing(desk, "review") == {}
    assert set(owner.zotero.papers()) == {"Beta Revisited in Depth"}
    assert "1 undone" in desk.syncd("undo", "--last").out
    pushes(desk)
    assert standing(desk, "review").keys() == {"Beta Revisited in Deep"}


# Taking it back


@pytest.mark.parametrize("touched", [False, True])
def test_an_undo_takes_it_back(shared: Desk, owner: Owner, *, touched: bool) -> None:
    """The item is as it was, and the next push finds it so."""
    paper, profile = ("Alpha", "ann")
    if touched:
        owner.edit(paper, tags=[*owner.item(paper)["tags"], MINE])
        pushes(shared)
    before = owner.item(paper)
    reject(shared, paper, profile)
    run = last(shared)
    assert [(note["action"], note["title"]) for note in shared.syncd("log", run, "--json").json] == [
        ("reject", "Alpha")
    ]
    assert "1 put back" in shared.syncd("undo", run).out
    after = owner.item(paper)
    assert not after.get("deleted")
    assert after["collections"] == before["collections"]
    rests(shared)
    assert standing(shared, "rejected") == {}
    assert standing(shared, "deleted") == {}
    assert "Alpha" in owner.zotero.papers()


def test_what_is_said_twice_is_taken_back_once(pushed: Desk, owner: Owner) -> None:
    """The first word moved the item; the second finds nothing to do, and names the run of the first."""
    reject(pushed)
    run = last(pushed)
    assert f"To take that back: syncd undo {run}" in reject(pushed)
    assert last(pushed) == run
    assert "1 put back" in pushed.syncd("undo", run).out
    assert "Beta" in owner.zotero.papers()
    assert standing(pushed, "rejected") == {}
    rests(pushed)


def test_an_undo_of_what_was_erased_since_forgets_the_word(pushed: Desk, owner: Owner) -> None:
    """The item is gone, as its owner wanted; that it is not by her is said no more."""
    reject(pushed)
    owner.empty_trash()
    assert "1 undone" in pushed.syncd("undo", "--last").out
    assert standing(pushed, "rejected") == {}
    rests(pushed)


# What goes wrong


@pytest.mark.parametrize("fault", [Fault("drop"), Fault("drop", when="after")], ids=["before", "after"])
def test_a_lost_answer_is_looked_up(pushed: Desk, owner: Owner, fault: Fault) -> None:
    """The item goes to the trash once, and the history has one line."""
    pushed.zotero.trouble.plan("POST", fault)
    reject(pushed)
    assert "Beta" not in owner.zotero.papers()
    assert len(pushed.syncd("log", "--last", "--json").json) == 1
    rests(pushed)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("Omega", "--profile", "ann"), "'Omega'"),
        (("Beta", "--profile", "cleo"), "'cleo'"),
        (("Delta", "--profile", "ann"), "listed by ann"),
    ],
)
def test_what_is_not_known_is_said(shared: Desk, owner: Owner, words: tuple[str, ...], said: str) -> None:
    """Nothing is written, nor noted."""
    version, run = owner.zotero.version(), last(shared)
    done = shared.syncd("reject", *words)
    assert done.code == 1
    assert said in done.err
    assert (owner.zotero.version(), last(shared)) == (version, run)


def test_facts_of_a_rejected_paper_are_told_no_more(pushed: Desk, owner: Owner) -> None:
    """Neither in the trash nor, where it stays, beside the item."""
    owner.edit("Beta", tags=[*owner.item("Beta")["tags"], MINE])
    key = owner.item("Beta")["key"]
    with memory_of(pushed) as state:
        moment = state.facts.number_of(state.facts.moment())
        assert state.facts.there([key])
    reject(pushed)
    pushes(pushed)
    with memory_of(pushed) as state:
        assert not state.facts.there([key])
        assert state.facts.changed_after(moment or 0) == {key}
        assert key not in state.facts.after("", 100)
