"""What users do to items in Zotero, played as the real client leaves it: each decision is read as one, and kept.

The cases are the rows of `user-actions.md`, played with syncd's memory kept, lost, and of a second machine,
wherever that could make a difference.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from owner import MEMORIES, NEWS, TITLES, TWO_DAYS, WRITERS, pushes, rests, show, standing, with_every_memory
from pages import entry, page
from syncd.clock import local

if TYPE_CHECKING:
    from collections.abc import Callable

    from desk import Desk, Zotero
    from doubles import Fault
    from owner import Json, Memory, Owner
    from syncd.zotero.embedded.exchange import Request


# Merging


@with_every_memory
def test_a_pushed_item_that_was_merged_into_an_own_one_stays_merged(
    pushed: Desk, owner: Owner, memory: Memory
) -> None:
    """The winner is the paper from now on: new links go there, own words stay, with the trash emptied too."""
    loser = owner.item("Beta")["key"]
    mine = owner.own("Beta", abstractNote="My own words.", tags=[{"tag": "mine"}])
    owner.merge(mine, loser)
    desk = memory(pushed)
    rests(desk)
    expected = {"Code: ann/beta"}
    for emptied in (False, True):
        if emptied:
            owner.empty_trash()
        expected.add(f"Code: ann/beta-{len(expected)}")
        addresses = " ".join(f"https://github.com/{title.removeprefix('Code: ')}" for title in expected)
        beta = entry("Beta", abstract=f"Code is at {addresses}")
        desk.page.write_text(page(entry("Alpha"), beta, entry("Gamma")), encoding="utf-8")
        assert pushes(desk).requests.write == 1
        rests(desk)
        winner = owner.zotero.papers()["Beta"]
        assert winner["key"] == mine
        assert winner["abstractNote"] == "My own words."
        assert {tag["tag"] for tag in winner["tags"]} == {"mine", "cs.CL", "microsoft-research", "code"}
        assert winner["collections"] == [owner.zotero.collections()["Ann Lee"]["key"]]
        assert set(owner.links(mine)) == expected
    assert sorted(owner.zotero.papers()) == ["Alpha", "Beta", "Gamma"]


@with_every_memory
def test_words_of_an_own_item_stay_after_a_merge_also_where_they_are_the_same_as_the_source_s(
    pushed: Desk, owner: Owner, memory: Memory
) -> None:
    """The user's own words that happen to be those that syncd wrote are no words of syncd's."""
    loser = owner.item("Alpha")
    same = {"abstractNote": loser["abstractNote"], "creators": loser["creators"], "date": loser["date"]}
    mine = owner.own("Alpha", **same)
    owner.merge(mine, loser["key"])
    desk = memory(pushed)
    rests(desk)
    show(desk, alpha=NEWS)
    pushes(desk)
    alpha = owner.zotero.papers()["Alpha"]
    assert alpha["key"] == mine
    assert {name: alpha[name] for name in same} == same
    rests(desk)


@with_every_memory
def test_an_own_item_that_was_merged_into_a_pushed_one_changes_nothing(
    pushed: Desk, owner: Owner, memory: Memory
) -> None:
    """The pushed item keeps following its source, with the trash emptied too."""
    winner = owner.item("Alpha")["key"]
    mine = owner.own("Alpha", tags=[{"tag": "mine"}, {"tag": "cs.CL"}])
    owner.link(mine, "Slides", "https://example.org/slides")
    owner.merge(winner, mine)
    desk = memory(pushed)
    rests(desk)
    owner.empty_trash()
    rests(desk)
    show(desk, alpha=NEWS)
    assert pushes(desk).counts["update"] == 1
    alpha = owner.item("Alpha")
    assert alpha["key"] == winner
    assert alpha["abstractNote"] == NEWS
    assert {"tag": "mine"} in alpha["tags"]
    assert {"tag": "cs.CL"} in alpha["tags"]
    assert set(owner.links(winner)) == {"Code: ann/alpha", "Slides"}
    rests(desk)


@with_every_memory
@pytest.mark.parametrize("emptied", [False, True], ids=["trash kept", "trash emptied"])
def test_a_link_that_was_merged_with_one_of_equal_title_does_not_come_back(
    pushed: Desk, owner: Owner, memory: Memory, *, emptied: bool
) -> None:
    """Zotero keeps the winner's address, whatever the loser's was."""
    loser = owner.item("Alpha")["key"]
    mine = owner.own("Alpha")
    owner.link(mine, "Code: ann/alpha", "https://example.org/mirror")
    owner.merge(mine, loser)
    if emptied:
        owner.empty_trash()
    desk = memory(pushed)
    pushes(desk)
    rests(desk)
    assert owner.links(mine) == {"Code: ann/alpha": "https://example.org/mirror"}


@with_every_memory
def test_a_merge_whose_winner_was_deleted_brings_nothing_back(
    pushed: Desk, owner: Owner, memory: Memory
) -> None:
    """Trashed or erased, the paper is not wanted."""
    mine = owner.own("Alpha")
    (loser,) = [d["key"] for d in owner.zotero.items().values() if d["title"] == "Alpha" and d["key"] != mine]
    owner.merge(mine, loser)
    owner.change(mine, deleted=1)
    desk = memory(pushed)
    rests(desk)
    owner.empty_trash()
    rests(desk)
    assert set(owner.zotero.papers()) == {"Beta", "Gamma"}


# The trash


@with_every_memory
def test_a_trashed_paper_stays_in_the_trash_and_an_erased_one_away(
    pushed: Desk, owner: Owner, memory: Memory
) -> None:
    """Whatever its source says of it meanwhile."""
    owner.edit("Alpha", deleted=1)
    desk = memory(pushed)
    rests(desk)
    show(desk, alpha=NEWS)
    rests(desk)
    assert owner.item("Alpha")["abstractNote"] != NEWS
    assert list(standing(desk, "deleted")) == ["Alpha"]
    owner.empty_trash()
    rests(desk)
    assert set(owner.zotero.papers()) == {"Beta", "Gamma"}
    assert list(standing(desk, "deleted")) == ["Alpha"]


@with_every_memory
@pytest.mark.parametrize("seen", [False, True], ids=["unseen", "seen in the trash"])
def test_a_paper_that_was_taken_out_of_the_trash_follows_its_source_again(
    pushed: Desk, owner: Owner, memory: Memory, *, seen: bool
) -> None:
    """A tombstone ends when its item is alive."""
    owner.edit("Alpha", deleted=1)
    if seen:
        pushes(pushed)
    desk = memory(pushed)
    owner.edit("Alpha", deleted=0)
    rests(desk)
    show(desk, alpha=NEWS)
    assert pushes(desk).counts["update"] == 1
    assert owner.item("Alpha")["abstractNote"] == NEWS
    assert standing(desk, "deleted") == {}


@with_every_memory
def test_an_erased_paper_is_not_created_again(pushed: Desk, owner: Owner, memory: Memory) -> None:
    """Creating its key again would bring it back silently: the deletion log is read first."""
    owner.zotero.erase(owner.item("Alpha")["key"])
    desk = memory(pushed)
    rests(desk)
    show(desk, alpha=NEWS)
    rests(desk)
    assert set(owner.zotero.papers()) == {"Beta", "Gamma"}


# Edits


@with_every_memory
def test_what_the_user_wrote_stays_and_all_else_follows_the_source(
    pushed: Desk, owner: Owner, memory: Memory
) -> None:
    """Title, authors, abstract, date: each is the user's once the user changed it; `status` says what was kept."""
    theirs: dict[str, Json] = {
        "Alpha": {"abstractNote": "My own words.", "date": "2024"},
        "Beta": {"creators": WRITERS[:1]},
        "Gamma": {"title": "Gamma, as I call it"},
    }
    for paper, changes in theirs.items():
        owner.edit(paper, **changes)
    desk = memory(pushed)
    rests(desk)
    more = {"authors": "Ann Lee, Bo Chen, Cy Diaz", "line": "CLMay 1, 2023"}
    new = [
        entry(
            title, abstract=f"New words on {title}. Code: https://github.com/ann/{title.lower()}-two", **more
        )
        for title in TITLES
    ]
    desk.page.write_text(page(*new), encoding="utf-8")
    pushes(desk)
    rests(desk)
    items = {data["key"]: data for data in owner.zotero.papers().values()}
    assert len(items) == 3
    for number, (paper, changes) in enumerate(theirs.items()):
        shown = owner.item(changes.get("title", paper))
        expected = {
            "title": paper,
            "abstractNote": f"New words on {paper}. Code: https://github.com/ann/{paper.lower()}-two",
            "date": "2023-05-01",
            **changes,
        }
        assert {name: shown[name] for name in expected} == expected
        assert len(shown["creators"]) == (3, 1, 3)[number]
        assert len(owner.links(shown["key"])) == 2
    if memory is MEMORIES["kept"]:
        kept = standing(desk, "kept")
        assert set(kept["Alpha"].split(", ")) == {"abstractNote", "date"}
        assert kept["Beta"] == "creators"


@with_every_memory
def test_a_tag_that_was_removed_stays_removed_and_an_added_one_stays(
    pushed: Desk, owner: Owner, memory: Memory
) -> None:
    """Also when the source brings another."""
    tags = [tag for tag in owner.item("Alpha")["tags"] if tag["tag"] != "microsoft-research"]
    owner.edit("Alpha", tags=[*tags, {"tag": "mine"}])
    desk = memory(pushed)
    rests(desk)
    show(desk, line="CVApr 25, 2023")
    pushes(desk)
    rests(desk)
    assert {tag["tag"] for tag in owner.item("Alpha")["tags"]} == {"mine", "cs.CV", "code"}


@with_every_memory
def test_deleting_all_automatic_tags_is_a_decision(pushed: Desk, owner: Owner, memory: Memory) -> None:
    """`dateModified` does not tell of it; what the source brings later is new and comes."""
    for title in TITLES:
        data = owner.item(title)
        owner.edit(title, tags=[{"tag": "mine"}], dateModified=data["dateModified"])
    desk = memory(pushed)
    rests(desk)
    assert all(owner.item(title)["tags"] == [{"tag": "mine"}] for title in TITLES)
    show(desk, line="CVApr 25, 2023", alpha=NEWS)
    assert pushes(desk).counts["update"] == 1
    assert {tag["tag"] for tag in owner.item("Alpha")["tags"]} == {"mine", "cs.CV"}
    rests(desk)


@with_every_memory
@pytest.mark.parametrize("emptied", [False, True], ids=["trashed", "erased"])
def test_a_link_that_was_deleted_stays_away(
    pushed: Desk, owner: Owner, memory: Memory, *, emptied: bool
) -> None:
    """Its paper goes on, and gets the next link."""
    alpha = owner.item("Alpha")["key"]
    (link,) = owner.children(alpha)
    owner.change(link["key"], deleted=1)
    if emptied:
        owner.empty_trash()
    desk = memory(pushed)
    rests(desk)
    assert owner.links(alpha) == {}
    show(desk, alpha=f"{NEWS} And https://github.com/ann/alpha-two")
    pushes(desk)
    rests(desk)
    assert list(owner.links(alpha)) == ["Code: ann/alpha-two"]


@with_every_memory
@pytest.mark.parametrize("name", ["abstractNote", "date", "title"])
def test_a_field_that_was_emptied_stays_empty(pushed: Desk, owner: Owner, memory: Memory, name: str) -> None:
    """Whatever the source says later."""
    key = owner.item("Alpha")["key"]
    owner.change(key, **{name: ""})
    desk = memory(pushed)
    rests(desk)
    show(desk, alpha=NEWS, line="CLMay 1, 2023")
    pushes(desk)
    rests(desk)
    assert owner.zotero.items()[key][name] == ""
    assert len(owner.zotero.papers()) == 3


def test_an_item_is_left_alone_for_a_day_after_an_edit(pushed: Desk, owner: Owner) -> None:
    """The change waits, which `status` says, and arrives afterwards; other papers' changes do not wait."""
    pushed.clock.advance(TWO_DAYS)
    owner.edit("Alpha", tags=[*owner.item("Alpha")["tags"], {"tag": "mine"}])
    show(pushed, entry("Delta"), alpha=f"{NEWS} And https://github.com/ann/alpha-two")
    before = owner.item("Alpha")
    assert pushed.run().counts == {
        "create": 1, "update": 0, "adopt": 0, "unchanged": 2, "skip": 1, "review": 0, "failed": 0
    }  # fmt: skip
    assert owner.item("Alpha") == before
    assert len(owner.links(before["key"])) == 1
    assert standing(pushed, "waiting") == {
        "Alpha": "you edited it; the change waits until " + local("2026-06-05T12:00:00+00:00")
    }
    assert pushed.run().requests.total == 1
    pushed.clock.advance(TWO_DAYS)
    assert pushed.run().counts["update"] == 1
    assert owner.item("Alpha")["abstractNote"].startswith(NEWS)
    assert {"tag": "mine"} in owner.item("Alpha")["tags"]
    assert len(owner.links(before["key"])) == 2
    assert standing(pushed, "waiting") == {}


# Both sides at once


def during_the_next_write(zotero: Zotero, act: Callable[[], None]) -> None:
    """Let the owner act when syncd has read the library and is about to write."""

    def happens(_: Request) -> Fault | None:
        act()
        return None

    zotero.trouble.plan("POST", happens)


@pytest.mark.parametrize("what", ["edits it", "trashes it", "erases it", "tags it"])
def test_the_user_acts_on_a_paper_while_syncd_writes_to_it(pushed: Desk, owner: Owner, what: str) -> None:
    """The write is refused, and decided again: the user is never overwritten, and nothing comes back."""
    key = owner.item("Alpha")["key"]
    acts: dict[str, Callable[[], None]] = {
        "edits it": lambda: owner.change(key, abstractNote="My own words."),
        "trashes it": lambda: owner.change(key, deleted=1),
        "erases it": lambda: owner.zotero.erase(key),
        "tags it": lambda: owner.change(key, tags=[{"tag": "mine"}]),
    }
    show(pushed, alpha=f"{NEWS} And https://github.com/ann/alpha-two")
    during_the_next_write(owner.zotero, acts[what])
    pushes(pushed)
    pushes(pushed)
    rests(pushed)
    if what == "edits it":
        assert owner.item("Alpha")["abstractNote"] == "My own words."
    elif what == "tags it":
        assert owner.item("Alpha")["abstractNote"].startswith(NEWS)
        assert owner.item("Alpha")["tags"] == [{"tag": "mine"}]
    else:
        assert set(owner.zotero.papers()) == {"Beta", "Gamma"}
    assert len([data for data in owner.zotero.items().values() if data.get("parentItem") == key]) == {
        "edits it": 2, "tags it": 2, "trashes it": 1, "erases it": 0
    }[what]  # fmt: skip


def test_only_what_changed_is_written_and_nothing_for_a_score(desk: Desk, owner: Owner) -> None:
    """A moved score alone touches no item; a new abstract touches one, and no other property of it."""
    show(desk, line="91.0CLApr 25, 2023")
    desk.run()
    show(desk, line="78.5CLApr 25, 2023")
    rests(desk)
    assert {"tag": "AI Score 90+", "type": 1} in owner.item("Alpha")["tags"]
    sent: list[Json] = []
    show(desk, line="78.5CLApr 25, 2023", alpha=NEWS)

    def look(request: Request) -> Fault | None:
        sent.extend(json.loads(request.body))
        return None

    owner.zotero.trouble.plan("POST", look)
    pushes(desk)
    (patch,) = sent
    assert set(patch) == {"key", "version", "abstractNote"}
