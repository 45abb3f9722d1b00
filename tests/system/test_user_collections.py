"""What users do to collections in Zotero: they are followed by their keys, and a deleted one pauses its profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from owner import NEWS, forget, is_paper, pause_of, pushes, rests, show, with_every_memory
from pages import entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from desk import Desk
    from owner import Memory, Owner


@with_every_memory
def test_a_paper_that_was_taken_out_of_its_collection_stays_out_and_is_kept_current(
    pushed: Desk, owner: Owner, memory: Memory
) -> None:
    """It is filed where the user filed it."""
    owner.zotero.write({"name": "Reading"}, to="collections")
    reading = owner.zotero.collections()["Reading"]["key"]
    owner.edit("Alpha", collections=[reading])
    owner.edit("Beta", collections=[])
    desk = memory(pushed)
    rests(desk)
    show(desk, alpha=NEWS)
    assert pushes(desk).counts["update"] == 1
    papers = owner.zotero.papers()
    assert papers["Alpha"]["abstractNote"] == NEWS
    assert papers["Alpha"]["collections"] == [reading]
    assert papers["Beta"]["collections"] == []
    rests(desk)


@with_every_memory
@pytest.mark.parametrize("what", ["renamed", "moved to the top", "parent renamed", "moved elsewhere"])
def test_a_collection_that_was_renamed_or_moved_is_followed_by_its_key(
    pushed: Desk, owner: Owner, memory: Memory, what: str
) -> None:
    """New papers go into it; no second one is made under the old name."""
    key = owner.zotero.collections()["Ann Lee"]["key"]
    if what == "renamed":
        owner.change(key, of="collections", name="Ann")
    elif what == "moved to the top":
        owner.change(key, of="collections", parentCollection=False)
    elif what == "parent renamed":
        owner.change(owner.zotero.collections()["Profiles"]["key"], of="collections", name="People")
    else:
        owner.zotero.write({"name": "Mine"}, to="collections")
        mine = owner.zotero.collections()["Mine"]["key"]
        owner.change(key, of="collections", parentCollection=mine)
    before = owner.zotero.collections()
    desk = memory(pushed)
    show(desk, entry("Delta"))
    assert pushes(desk).counts["create"] == 1
    assert owner.item("Delta")["collections"] == [key]
    assert owner.zotero.collections() == before
    rests(desk)


DELETIONS: dict[str, Callable[[Owner], None]] = {
    "keeping the items": lambda owner: owner.delete_collection("Ann Lee"),
    "with its items": lambda owner: owner.delete_collection("Ann Lee", with_items=True),
    "by its parent": lambda owner: owner.delete_collection("Profiles"),
    "for good": lambda owner: owner.zotero.erase(
        owner.zotero.collections()["Ann Lee"]["key"], of="collections"
    ),
    "for good with its parent": lambda owner: owner.zotero.erase(
        owner.zotero.collections()["Profiles"]["key"], of="collections"
    ),
}


@with_every_memory
@pytest.mark.parametrize("delete", DELETIONS.values(), ids=DELETIONS.keys())
def test_a_profile_whose_collection_was_deleted_pauses(
    pushed: Desk, owner: Owner, memory: Memory, delete: Callable[[Owner], None]
) -> None:
    """No paper is added, filed or changed any more, and `status` says so."""
    delete(owner)
    before, collections = owner.zotero.items(), owner.zotero.collections()
    desk = memory(pushed)
    show(desk, entry("Delta"), alpha=NEWS)
    rests(desk)
    assert owner.zotero.items() == before
    assert owner.zotero.collections() == collections
    assert "'Profiles/Ann Lee'" in pause_of(desk)


@with_every_memory
def test_a_collection_that_was_taken_out_of_the_trash_is_used_again(
    pushed: Desk, owner: Owner, memory: Memory
) -> None:
    """The pause ends by itself."""
    key = owner.zotero.collections()["Profiles"]["key"]
    owner.delete_collection("Profiles")
    desk = memory(pushed)
    show(desk, entry("Delta"))
    rests(desk)
    owner.change(key, of="collections", deleted=False)
    assert pushes(desk).counts["create"] == 1
    assert owner.item("Delta")["collections"] == [owner.zotero.collections()["Ann Lee"]["key"]]
    assert pause_of(desk) == ""


@pytest.mark.parametrize("state", ["kept", "lost"])
@pytest.mark.parametrize("delete", DELETIONS.values(), ids=DELETIONS.keys())
def test_resume_starts_a_fresh_collection_and_drags_nothing_back(
    pushed: Desk, owner: Owner, delete: Callable[[Owner], None], state: str
) -> None:
    """Old papers stay where they are, and go on being kept current; new ones are filed in the new collection."""
    old = owner.zotero.collections()["Ann Lee"]["key"]
    delete(owner)
    filed = {data["key"]: data["collections"] for data in owner.zotero.items().values() if is_paper(data)}
    pushes(pushed)
    resumed = pushed.syncd("resume", "ann", "--new-collection")
    assert resumed.code == 0
    assert "fresh collection 'Profiles/Ann Lee'" in resumed.out
    rests(pushed)
    show(pushed, entry("Delta"))
    assert pushes(pushed).counts["create"] == 1
    if state == "lost":
        forget(pushed)
    rests(pushed)
    (fresh,) = owner.item("Delta")["collections"]
    assert fresh != old
    made = owner.zotero.get(f"/collections/{fresh}")["data"]
    parent = owner.zotero.get(f"/collections/{made['parentCollection']}")["data"]
    assert (made["name"], parent["name"]) == ("Ann Lee", "Profiles")
    assert not parent.get("deleted")
    now = owner.zotero.items()
    assert {key: now[key]["collections"] for key in filed} == filed
