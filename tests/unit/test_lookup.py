"""What became of lost writes is told by what came into the library since, and by that alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from builders import item, view
from syncd.action import Memory
from syncd.journal import Entry
from syncd.lookup import real_keys
from syncd.match import IndexedCollection

if TYPE_CHECKING:
    from syncd.match import IndexedItem

PLANNED = "PLANNED2"
AFTER = 5
WANG = [{"creatorType": "author", "firstName": "Zhendong", "lastName": "Wang"}]
LINK = "https://github.com/x/y"


def sent(**more: Any) -> Entry:
    """Return a paper that was sent when the library was at version 5."""
    data = {"key": PLANNED, "version": 0, "itemType": "preprint", "title": "Patch Diffusion"}
    data |= {"creators": WANG, "date": "2023-04-25", **more}
    return Entry("item", data, PLANNED, PLANNED, after=AFTER)


def link(parent: str = PLANNED) -> Entry:
    """Return its link."""
    data = {"key": "PLANNED3", "version": 0, "itemType": "attachment", "parentItem": parent, "url": LINK}
    return Entry("child", data, parent, PLANNED, after=AFTER)


def found(*items: IndexedItem, entry: Entry | None = None, memory: Memory | None = None) -> str | None:
    """Return the key of the item that the sent one turns out to be."""
    return real_keys([entry or sent()], view(*items), memory or Memory()).get(PLANNED)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({}, {}),
        ({}, {"abstractNote": "The user's words."}),
        ({}, {"deleted": 1}),
        ({"DOI": "10.1000/a"}, {"DOI": "10.1000/a", "title": "Another title", "creators": []}),
        ({"archiveID": "arXiv:2304.12526"}, {"extra": "arXiv:2304.12526 [cs.CV]", "title": "Another"}),
        ({}, {"DOI": "10.1000/a"}),
    ],
)
def test_a_new_item_of_the_same_paper_is_it(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Identifiers decide, else title, surname and year; whatever the user did to the rest since."""
    assert found(item("NEW22222", version=6, **theirs), entry=sent(**ours)) == "NEW22222"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({}, {"title": "Another Paper"}),
        ({}, {"date": "2024"}),
        ({}, {"creators": [{"creatorType": "author", "firstName": "A", "lastName": "Lee"}]}),
        ({"DOI": "10.1000/a"}, {"DOI": "10.1000/b"}),
        ({"archiveID": "arXiv:2304.12526"}, {"archiveID": "arXiv:2304.99999"}),
    ],
)
def test_another_paper_is_not(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """One identifier that differs is enough."""
    assert found(item("NEW22222", version=6, **theirs), entry=sent(**ours)) is None


def test_what_was_there_when_it_was_sent_is_not() -> None:
    """An item of the user's that the paper was judged to differ from."""
    assert found(item("OLD22222", version=AFTER)) is None
    assert found(item("OLD22222", version=AFTER), item("NEW22222", version=6)) == "NEW22222"


@pytest.mark.parametrize(
    "memory", [Memory(claims={"OTHER222": "NEW22222"}), Memory(collections={"A": "NEW22222"})]
)
def test_what_is_known_to_be_something_else_is_not(memory: Memory) -> None:
    """Another paper's item is changed now and then, too."""
    assert found(item("NEW22222", version=6), memory=memory) is None


def test_of_several_the_one_most_like_it_is_taken() -> None:
    """The user may have added the same paper just then."""
    mine = item("MINE2222", version=6, abstractNote="Mine.")
    ours = item("OURS2222", version=7, abstractNote="As sent.")
    assert found(mine, ours, entry=sent(abstractNote="As sent.")) == "OURS2222"


def test_two_of_one_name_are_two() -> None:
    """Each sent paper is another item."""
    first, second = sent(), Entry("item", {**sent().sent, "key": "PLANNED4"}, "PLANNED4", "PLANNED4", after=5)
    there = view(item("NEW22222", version=6), item("NEW33333", version=7))
    names = real_keys([first, second], there, Memory())
    assert sorted(names.values()) == ["NEW22222", "NEW33333"]


def test_a_link_is_found_below_the_real_parent() -> None:
    """Also in the trash; not below another item."""
    parent = item("NEW22222", version=6)
    below = item("LINK2222", version=7, itemType="attachment", parentItem="NEW22222", url=LINK, deleted=1)
    names = real_keys([sent(), link()], view(parent, below), Memory())
    assert names == {PLANNED: "NEW22222", "PLANNED3": "LINK2222"}
    elsewhere = item("LINK2222", version=7, itemType="attachment", parentItem="ANOTHER2", url=LINK)
    assert real_keys([sent(), link()], view(parent, elsewhere), Memory()) == {PLANNED: "NEW22222"}


def test_collections_are_found_by_their_place() -> None:
    """The inner one below the real key of the outer."""
    outer = Entry(
        "collection", {"key": "P2", "version": 0, "name": "Profiles", "parentCollection": False}, "", ""
    )
    inner = Entry("collection", {"key": "P3", "version": 0, "name": "Ann", "parentCollection": "P2"}, "", "")
    there = (
        IndexedCollection("ELSE2222", "Ann", None, trashed=False),
        IndexedCollection("OUTER222", "Profiles", None, trashed=False),
        IndexedCollection("INNER222", "Ann", "OUTER222", trashed=False),
    )
    names = real_keys([outer, inner], view(collections=there), Memory())
    assert names == {"P2": "OUTER222", "P3": "INNER222"}


def test_an_update_has_its_key_already() -> None:
    """Nothing is looked up for it."""
    update = Entry("item", {"key": "OLD22222", "version": 4, "title": "Patch Diffusion"}, "OLD22222", "P")
    assert real_keys([update], view(item("NEW22222", version=9)), Memory()) == {}
