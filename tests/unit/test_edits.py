"""What in an item is its user's: compared with what syncd wrote, whatever the versions say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from builders import paper
from syncd.engine.undo import CHILDREN, edits
from syncd.state.history import Note
from syncd.sync import merge
from syncd.sync.library import IndexedCollection, LibraryView, indexed
from syncd.zotero.items import Policy, collection_key, draft

if TYPE_CHECKING:
    from syncd.sync.merge import Base

ITEM, LINK = "AAAA2222", "LLLL2222"
# The profile's collection, that of another profile, and the one in which the profile began anew.
COLLECTION, OTHER = (collection_key("users/1", (name,)) for name in ("Ann Lee", "Bo Chen"))
FRESH = collection_key("users/1", ("Ann Lee",), "1")
ADDRESS = "https://github.com/ann/alpha"
TAG = {"tag": "cs.CL", "type": 1}
MINE = {"tag": "to read"}
CREATED = Note("create", "Alpha", "new in source", created=(ITEM, LINK))
Json = dict[str, Any]


def made() -> tuple[Base, Json]:
    """Return what syncd remembers of an item that it created, and what the library has."""
    of = draft(paper(abstract="Old."), Policy("P", tags=()))
    base = replace(merge.fresh(of, [COLLECTION]), tags=("cs.CL",), links=(ADDRESS,))
    base = replace(base, fields={**base.fields, "extra": "arXiv:2304.12526"})
    data = {
        "key": ITEM,
        "itemType": "preprint",
        **base.fields,
        "creators": list(of.creators),
        "tags": [TAG],
        "collections": [COLLECTION],
        "relations": {},
        "dateAdded": "2026-11-24T10:00:00Z",
        "dateModified": "2026-11-25T10:00:00Z",
    }
    return base, data


def link(**more: Any) -> Json:
    """Return the item's link."""
    return {"key": LINK, "itemType": "attachment", "parentItem": ITEM, "url": ADDRESS, **more}


def theirs(
    base: Base, data: Json, *notes: Note, children: tuple[Json, ...] = (), erased: bool = False
) -> tuple[str, ...]:
    """Return what is the user's, in a library that has this item and what hangs on it."""
    items = {one["key"]: indexed(one, 7) for one in (data, *(children or (link(),)))}
    filed = {} if erased else {COLLECTION: "Ann Lee", OTHER: "Bo Chen", FRESH: "Ann Lee"}
    there = {key: IndexedCollection(key, name, None, trashed=False) for key, name in filed.items()}
    view = LibraryView("users/1", 7, items, there, frozenset())
    return edits(items[ITEM], view, base, (CREATED, *notes))


def update(changes: Json, kind: str = "update") -> Note:
    """Return the note of a run that changed these properties."""
    return Note(kind, "Alpha", "syncd pushed it", changes)


def test_nothing_is_the_users_in_what_syncd_made() -> None:
    """Dates, keys and blank fields say nothing."""
    assert theirs(*made()) == ()


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"title": "Alpha, mine"}, "title"),
        ({"abstractNote": ""}, "abstractNote"),
        ({"shortTitle": "A"}, "shortTitle"),
        ({"itemType": "report"}, "itemType"),
        ({"creators": []}, "creators"),
        ({"tags": [TAG, MINE]}, "tags"),
        ({"tags": []}, "tags"),
        ({"tags": [{"tag": "cs.CL"}]}, "tags"),
        ({"collections": [COLLECTION, "DDDD2222"]}, "collections"),
        ({"collections": []}, "collections"),
        ({"relations": {"dc:relation": ["http://zotero.org/users/1/items/BBBB2222"]}}, "relations"),
        ({"inPublications": True}, "inPublications"),
        ({"extra": "arXiv:2304.12526\nCitation Key: lee"}, "extra"),
        ({"extra": ""}, "extra"),
    ],
)
def test_each_kind_of_edit_is_seen(change: Json, name: str) -> None:
    """Whatever the user added, changed or took away."""
    base, data = made()
    assert theirs(base, data | change) == (name,)


@pytest.mark.parametrize(
    "children",
    [
        (link(), {"key": "NNNN2222", "itemType": "note", "parentItem": ITEM}),
        (link(), {"key": "FFFF2222", "itemType": "annotation", "parentItem": LINK}),
        (link(tags=[MINE]),),
        (link(note="Look here."),),
        (link(url="https://github.com/ann/beta"),),
    ],
)
def test_what_hangs_on_it_is_the_users(children: tuple[Json, ...]) -> None:
    """Notes and files, annotations below a file, and what was done to a link of syncd's."""
    assert theirs(*made(), children=children) == (CHILDREN,)


def test_what_lies_in_the_trash_does_not_count() -> None:
    """Neither a note of the user's, nor a link of syncd's that an undo moved there."""
    note = {"key": "NNNN2222", "itemType": "note", "parentItem": ITEM, "deleted": 1}
    assert theirs(*made(), children=(link(deleted=1), note)) == ()


def test_what_syncd_updated_later_is_not_the_users() -> None:
    """A tag, a collection, a line, a link that a later run added are as much its own."""
    base, data = made()
    after: Json = {
        "abstractNote": "New.",
        "tags": [TAG, {"tag": "code", "type": 1}],
        "collections": [COLLECTION, "DDDD2222"],
        "extra": "arXiv:2304.12526 [cs.CL]",
    }
    note = replace(
        update({name: (data[name], value) for name, value in after.items()}), created=("MMMM2222",)
    )
    more = link(key="MMMM2222", url="https://github.com/ann/two")
    base = replace(
        base,
        fields={**base.fields, "abstractNote": "New.", "extra": after["extra"]},
        tags=("cs.CL", "code"),
        collections=(COLLECTION, "DDDD2222"),
        links=(ADDRESS, "https://github.com/ann/two"),
    )
    assert theirs(base, data | after, note, children=(link(), more)) == ()


def test_an_update_does_not_make_the_users_part_syncds() -> None:
    """What stood there before an update, and was written again with it, stays the user's."""
    base, data = made()
    before: Json = {"tags": [TAG, MINE], "extra": "arXiv:2304.12526\nCitation Key: lee"}
    after: Json = {
        "tags": [TAG, MINE, {"tag": "code", "type": 1}],
        "extra": "arXiv:2304.12526 [cs.CL]\nCitation Key: lee",
    }
    note = update({name: (before[name], after[name]) for name in after})
    base = replace(base, fields={**base.fields, "extra": "arXiv:2304.12526 [cs.CL]"}, tags=("cs.CL", "code"))
    assert theirs(base, data | after, note) == ("extra", "tags")


def test_what_an_undo_put_back_is_syncds_own() -> None:
    """Though syncd goes on taking the update for what it wrote."""
    base, data = made()
    new: Json = {"abstractNote": "New.", "tags": [TAG, {"tag": "code", "type": 1}], "extra": "arXiv:1"}
    done = update({name: (data[name], value) for name, value in new.items()})
    undone = update({name: (value, data[name]) for name, value in new.items()}, "revert")
    base = replace(
        base, fields={**base.fields, "abstractNote": "New.", "extra": "arXiv:1"}, tags=("cs.CL", "code")
    )
    assert theirs(base, data, done, undone) == ()
    assert theirs(base, data | {"abstractNote": "New."}, done, undone) == ("abstractNote",)


def test_who_takes_an_item_out_of_one_of_two_collections_edits_it() -> None:
    """Two profiles list it, and its owner wants it in one of their collections."""
    base, data = made()
    base = replace(base, collections=(COLLECTION, OTHER))
    assert theirs(base, data | {"collections": [COLLECTION, OTHER]}) == ()
    assert theirs(base, data) == ("collections",)
    assert theirs(base, data | {"collections": [OTHER]}) == ("collections",)


def test_a_paper_that_was_there_before_a_fresh_collection_is_not_edited() -> None:
    """A profile that begins anew leaves its old papers where they are."""
    base, data = made()
    base = replace(base, collections=(COLLECTION, FRESH))
    assert theirs(base, data) == ()
    assert theirs(base, data | {"collections": []}) == ("collections",)


def test_a_collection_that_was_erased_is_no_edit() -> None:
    """It is gone from its items without anybody having touched them."""
    base, data = made()
    assert theirs(base, data | {"collections": []}, erased=True) == ()
