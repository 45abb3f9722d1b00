"""What users do in Zotero, done through the API, shows as it does on the real server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from syncd.zotero.embedded import EmbeddedLibrary

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _link(parent: str, title: str = "Code: a/b") -> dict[str, Any]:
    return {
        "itemType": "attachment",
        "linkMode": "linked_url",
        "parentItem": parent,
        "title": title,
        "url": "https://github.com/a/b",
    }


def test_merge_leaves_the_loser_in_the_trash_and_its_children_with_the_winner(api: Any) -> None:
    """The winner names the loser in dc:replaces; nothing is in the deletion log."""
    winner, loser = api.paper("Kept"), api.paper("Lost")
    child = api.create(_link(loser))[0]
    uri = f"http://zotero.org/users/1/items/{loser}"
    assert api.edit(winner, relations={"dc:replaces": uri}).status == 204
    assert api.edit(child, parentItem=winner).status == 204
    assert api.edit(loser, deleted=1).status == 204
    assert api.data(winner)["relations"] == {"dc:replaces": uri}
    assert api.data(child)["parentItem"] == winner
    assert api.data(loser)["deleted"] == 1
    assert api.get("deleted?since=0")["items"] == []
    assert api.erase(f"items/{loser}").status == 204
    assert api.data(winner)["relations"] == {"dc:replaces": uri}


def test_trashing_keeps_collections_and_children_and_hides_from_lists(api: Any) -> None:
    """A trashed item is in the trash and in lists with includeTrashed only; its children stay."""
    collection = api.create({"name": "C"}, kind="collections")[0]
    key = api.paper(collections=[collection])
    child = api.create(_link(key))[0]
    modified = api.data(key)["dateModified"]
    assert api.edit(key, deleted=1).status == 204
    assert api.data(key)["collections"] == [collection]
    assert api.data(key)["dateModified"] == modified
    assert "deleted" not in api.data(child)
    assert set(api.versions()) == {child}
    assert set(api.versions("items?includeTrashed=1")) == {key, child}
    assert set(api.versions("items/top?")) == set()
    assert set(api.versions("items/trash?")) == {key}
    assert api.get(f"collections/{collection}")["meta"]["numItems"] == 0


def test_restoring_takes_the_mark_away(api: Any) -> None:
    """`deleted: 0` brings an item back to the lists."""
    key = api.paper(deleted=1)
    assert set(api.versions()) == set()
    assert api.edit(key, deleted=0).status == 204
    assert "deleted" not in api.data(key)
    assert set(api.versions()) == {key}


def test_emptying_the_trash_erases_children_and_logs_all(api: Any) -> None:
    """Item and children are 404 and in the deletion log, of one version."""
    key = api.paper()
    children = api.create(_link(key), {"itemType": "note", "parentItem": key, "note": "<p>n</p>"})
    before = api("GET", "items").version
    assert api.erase(f"items/{key}").version == before + 1
    assert [api("GET", f"items/{each}").status for each in (key, *children)] == [404] * 3
    assert api.get("deleted?since=0")["items"] == sorted((key, *children))
    assert api.get(f"deleted?since={before + 1}")["items"] == []


def test_filing_elsewhere_changes_the_item_and_not_the_collection(api: Any) -> None:
    """The collection's version and the item's dateModified do not move."""
    one, two = api.create({"name": "One"}, {"name": "Two"}, kind="collections")
    key = api.paper(collections=[one])
    collections = api.versions("collections?")
    before = api.data(key)
    assert api.edit(key, collections=[two]).status == 204
    assert api.data(key)["collections"] == [two]
    assert api.data(key)["version"] > before["version"]
    assert api.data(key)["dateModified"] == before["dateModified"]
    assert api.versions("collections?") == collections
    assert set(api.versions(f"collections/{one}/items?")) == set()
    assert set(api.versions(f"collections/{two}/items?")) == {key}


def test_renaming_and_moving_a_collection_keeps_its_key(api: Any) -> None:
    """Name and parent change by a partial write."""
    one, two = api.create({"name": "One"}, {"name": "Two"}, kind="collections")
    version = api("GET", f"collections/{two}").version
    reply = api("POST", "collections", [{"key": two, "version": version, "parentCollection": one}])
    assert reply.json["success"] == {"0": two}
    version = api("GET", f"collections/{two}").version
    reply = api("PATCH", f"collections/{two}", {"name": "Zwei", "version": version})
    assert reply.status == 204
    data = api.get(f"collections/{two}")["data"]
    assert (data["name"], data["parentCollection"]) == ("Zwei", one)
    assert set(api.versions("collections/top?")) == {one}
    assert set(api.versions(f"collections/{one}/collections?")) == {two}


def test_a_collection_cannot_be_moved_into_itself(api: Any) -> None:
    """Neither directly nor through one inside it."""
    one = api.create({"name": "One"}, kind="collections")[0]
    two = api.create({"name": "Two", "parentCollection": one}, kind="collections")[0]
    for parent in (one, two):
        reply = api("POST", "collections", [{"key": one, "version": 99, "parentCollection": parent}])
        assert reply.json["failed"]["0"]["code"] == 409


def test_a_trashed_collection_is_still_listed_and_its_items_are_untouched(api: Any) -> None:
    """`deleted: true` stands in its data; children of it are not marked."""
    parent = api.create({"name": "Parent"}, kind="collections")[0]
    inner = api.create({"name": "Inner", "parentCollection": parent}, kind="collections")[0]
    key = api.paper(collections=[parent])
    version = api.data(key)["version"]
    reply = api("POST", "collections", [{"key": parent, "version": 99, "deleted": True}])
    assert reply.json["success"] == {"0": parent}
    assert set(api.versions("collections?")) == {parent, inner}
    assert api.get(f"collections/{parent}")["data"]["deleted"] is True
    assert "deleted" not in api.get(f"collections/{inner}")["data"]
    assert api.data(key)["version"] == version


def test_erasing_a_collection_empties_its_items_without_a_new_version(api: Any) -> None:
    """Collections inside it go, too; the items' versions stay."""
    parent = api.create({"name": "Parent"}, kind="collections")[0]
    inner = api.create({"name": "Inner", "parentCollection": parent}, kind="collections")[0]
    key = api.paper(collections=[parent, inner])
    version = api.data(key)["version"]
    assert api.erase(f"collections/{parent}").status == 204
    assert [api("GET", f"collections/{each}").status for each in (parent, inner)] == [404, 404]
    assert api.data(key)["collections"] == []
    assert api.data(key)["version"] == version
    assert api.get("deleted?since=0")["collections"] == sorted((parent, inner))


def test_a_collection_created_again_leaves_the_log(api: Any) -> None:
    """A key is either alive or in the deletion log."""
    key = api.create({"key": "CCCC2222", "version": 0, "name": "C"}, kind="collections")[0]
    api.erase(f"collections/{key}")
    api.create({"key": key, "version": 0, "name": "C"}, kind="collections")
    assert api.get("deleted?since=0")["collections"] == []


def test_becoming_a_conference_paper_drops_the_archive_id_for_good(api: Any) -> None:
    """`repository` becomes `publisher` and back; `archiveID` does not survive, nor can it be written."""
    key = api.paper(repository="arXiv", archiveID="arXiv:1", genre="G", DOI="10.1/x", date="2021", extra="e")
    assert api.edit(key, itemType="conferencePaper").status == 204
    data = api.data(key)
    assert (data["publisher"], data["DOI"], data["date"], data["extra"]) == ("arXiv", "10.1/x", "2021", "e")
    assert "archiveID" not in data
    assert "repository" not in data
    reply = api.edit(key, archiveID="arXiv:1")
    assert (reply.status, reply.text) == (400, "'archiveID' is not a valid field for type 'conferencePaper'")
    assert api.edit(key, itemType="preprint").status == 204
    assert (api.data(key)["repository"], api.data(key)["archiveID"]) == ("arXiv", "")


def test_deleting_a_child_never_moves_its_parent(api: Any) -> None:
    """Trashing or erasing a link leaves the parent's version; only the count of children changes."""
    key = api.paper()
    one, two = api.create(_link(key, "One"), _link(key, "Two"))
    version = api.data(key)["version"]
    assert api.edit(one, deleted=1).status == 204
    assert api.get(f"items/{key}")["meta"]["numChildren"] == 1
    assert set(api.versions(f"items/{key}/children?")) == {two}
    assert set(api.versions(f"items/{key}/children?includeTrashed=1")) == {one, two}
    assert api.erase(f"items/{two}").status == 204
    assert api.data(key)["version"] == version


def test_edited_lists_are_replaced_as_a_whole(api: Any) -> None:
    """A removed tag or creator leaves no trace; what was not sent stays."""
    author = {"creatorType": "author", "firstName": "A", "lastName": "B"}
    key = api.paper(tags=[{"tag": "a"}, {"tag": "b", "type": 1}], creators=[author], url="https://a.b")
    assert api.edit(key, tags=[{"tag": "c"}], creators=[{"creatorType": "author", "name": "C"}]).status == 204
    data = api.data(key)
    assert data["tags"] == [{"tag": "c"}]
    assert data["creators"] == [{"creatorType": "author", "name": "C"}]
    assert data["url"] == "https://a.b"
    assert [tag["tag"] for tag in api.get("tags")] == ["c"]


def test_a_full_replacement_clears_what_is_not_sent(api: Any) -> None:
    """PUT replaces: fields that are not sent become empty, and lists must be sent."""
    key = api.paper(url="https://a.b", tags=[{"tag": "a"}])
    full = {"key": key, "version": 99, "itemType": "preprint", "title": "New"}
    assert api("PUT", f"items/{key}", full).text == "'tags' property not provided"
    lists: dict[str, Any] = {"tags": [], "collections": [], "relations": {}}
    assert api("PUT", f"items/{key}", {**full, **lists}).status == 204
    data = api.data(key)
    assert (data["title"], data["url"], data["tags"]) == ("New", "", [])


@pytest.mark.parametrize(
    ("change", "moves"),
    [
        ({"title": "New"}, True),
        ({"tags": [{"tag": "x"}]}, True),
        ({"deleted": 1}, False),
        ({"collections": []}, False),
        ({"relations": {"dc:relation": "http://zotero.org/users/1/items/AAAA2222"}}, False),
    ],
)
def test_only_changes_of_content_move_date_modified(
    tmp_path: Path, client_of: Callable[[EmbeddedLibrary], Any], change: dict[str, Any], *, moves: bool
) -> None:
    """Filing, trashing and relating leave `dateModified`; fields and tags move it to now."""
    now = [datetime(2026, 1, 1, tzinfo=UTC)]
    with EmbeddedLibrary(tmp_path / "l.sqlite", clock=lambda: now[0]) as library:
        api = client_of(library)
        collection = api.create({"name": "C"}, kind="collections")[0]
        key = api.paper(collections=[collection])
        now[0] += timedelta(days=1)
        assert api.edit(key, **change).status == 204
        data = api.data(key)
    assert data["dateAdded"] == "2026-01-01T00:00:00Z"
    assert data["dateModified"] == ("2026-01-02T00:00:00Z" if moves else "2026-01-01T00:00:00Z")


def test_dates_given_by_the_client_are_kept(api: Any) -> None:
    """`dateAdded` and `dateModified` of a client are honoured, in UTC."""
    key = api.paper(dateAdded="2020-01-01 10:00:00", dateModified="2021-01-01T10:00:00+02:00")
    data = api.data(key)
    assert data["dateAdded"] == "2020-01-01T10:00:00Z"
    assert data["dateModified"] == "2021-01-01T08:00:00Z"
    assert api.edit(key, title="T", dateAdded="2019-01-01T00:00:00Z").status == 204
    assert api.data(key)["dateAdded"] == "2019-01-01T00:00:00Z"


def test_creators_that_a_new_type_lacks_become_contributors(api: Any) -> None:
    """Authors too, unless they are sent with the type: then they are its primary creators."""
    people = [{"creatorType": "author", "name": "A"}, {"creatorType": "editor", "name": "E"}]
    (key,) = api.create({"itemType": "preprint", "title": "T", "creators": people})
    version = api.get(f"items/{key}")["version"]
    api("POST", "items", [{"key": key, "version": version, "itemType": "presentation"}])
    found = api.get(f"items/{key}")["data"]["creators"]
    assert [one["creatorType"] for one in found] == ["contributor", "contributor"]
    (key,) = api.create({"itemType": "presentation", "title": "T", "creators": people[:1]})
    assert api.get(f"items/{key}")["data"]["creators"] == [{"creatorType": "presenter", "name": "A"}]


def test_blanks_around_a_field_are_not_kept(api: Any) -> None:
    """Plain blanks and line breaks; a no-break space stays."""
    (key,) = api.create({"itemType": "preprint", "title": " T \u00a0", "abstractNote": "a\n "})
    data = api.get(f"items/{key}")["data"]
    assert (data["title"], data["abstractNote"]) == ("T \u00a0", "a")
