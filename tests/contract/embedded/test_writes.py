"""Keys, rights, versions and validity of what is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from syncd.zotero.embedded import EmbeddedLibrary

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TITLE = {"itemType": "preprint", "title": "x"}


def _failure(api: Any, **sent: Any) -> tuple[int, str]:
    """Why an item is refused."""
    failed = api("POST", "items", [{**TITLE, **sent}]).json["failed"]["0"]
    return failed["code"], failed["message"]


def test_every_object_moves_the_version_by_one_and_failed_ones_do_not(api: Any) -> None:
    """Unchanged objects count, refused ones do not."""
    key = api.paper()
    start = api("GET", "items").version
    reply = api(
        "POST",
        "items",
        [TITLE, {**TITLE, "nosuch": 1}, {"key": key, "version": 99, "title": "A paper"}, TITLE],
    )
    assert set(reply.json["success"]) == {"0", "3"}
    assert reply.json["unchanged"] == {"2": key}
    assert set(reply.json["failed"]) == {"1"}
    assert reply.version == start + 3


def test_an_object_as_a_value_fails_the_whole_write_after_earlier_objects(api: Any) -> None:
    """The real server answers 500; what stood before it in the list is written."""
    reply = api(
        "POST",
        "items",
        [{**TITLE, "title": "first"}, {**TITLE, "title": {"a": 1}}, {**TITLE, "title": "last"}],
    )
    assert (reply.status, reply.text) == (500, "An error occurred")
    assert [item["data"]["title"] for item in api.get("items")] == ["first"]


def test_the_headers_version_guards_the_first_object_only(api: Any) -> None:
    """A POST's own objects do not make it stale."""
    headers = {"If-Unmodified-Since-Version": "1"}
    assert len(api("POST", "items", [TITLE, TITLE], headers=headers).json["success"]) == 2
    assert api("POST", "items", [], headers=headers).status == 412
    assert api("POST", "items", [TITLE], headers={"If-Unmodified-Since-Version": "x"}).status == 400
    assert len(api.versions()) == 2


@pytest.mark.parametrize(
    ("sent", "code", "message"),
    [
        ({"title": ["a"]}, 400, "Unexpected array for property 'title'"),
        ({"collections": "AAAA2222"}, 400, "'collections' property must be an array"),
        ({"collections": ["x"]}, 400, "'x' is not a valid collection key"),
        ({"tags": {}}, 400, "'tags' property must be an array"),
        ({"tags": [{}]}, 400, "Tag object is empty"),
        ({"tags": [{"tag": "a", "type": "x"}]}, 400, "Invalid tag type 'x'"),
        ({"tags": [{"tag": ["a"]}]}, 400, "Invalid tag name"),
        ({"creators": {}}, 400, "'creators' property must be an array"),
        ({"creators": [{"name": "A"}]}, 400, "creator object must contain 'creatorType'"),
        ({"creators": [{"creatorType": "author", "name": "A", "x": 1}]}, 400, "Invalid creator property 'x'"),
        (
            {"creators": [{"creatorType": "commenter", "name": "A"}]},
            400,
            "'commenter' is not a valid creator type for item type 'preprint'",
        ),
        ({"relations": "x"}, 400, "'relations' property must be an object"),
        ({"relations": {"x": "y"}}, 400, "Unsupported predicate 'x'"),
        ({"deleted": "yes"}, 400, "'deleted' must be a boolean"),
        ({"parentItem": "AAAA2222"}, 400, "Child item must be note, attachment, or annotation"),
        ({"note": "x"}, 400, "'note' property is valid only for note and attachment items"),
        ({"filename": "x"}, 400, "'filename' is valid only for attachment items"),
        ({"version": 1}, 400, "'version' is valid only if item key is provided"),
        ({"key": 7, "version": 0}, 400, "'key' must be a string"),
        ({"key": "AAAA2222", "version": "x"}, 400, "'version' must be an integer"),
        ({"key": "AAAA2222", "version": True}, 400, "'version' must be an integer"),
        ({"itemType": 7}, 400, "'itemType' must be a string"),
        ({"itemType": None}, 400, "'itemType' property not provided"),
        ({"itemKey": "AAAA2222"}, 400, "'itemKey' property is now 'key'"),
        (
            {"creators": [{"creatorType": "author", "name": "n" * 256}]},
            413,
            f"Creator name '{'n' * 50}…' too long",
        ),
        ({"inPublications": True}, 501, "Not supported by the embedded library: 'inPublications'"),
    ],
)
def test_invalid_items_are_refused_in_the_real_servers_words(
    api: Any, sent: dict[str, Any], code: int, message: str
) -> None:
    """The object fails, the request does not."""
    assert _failure(api, **sent) == (code, message)
    assert api.versions() == {}


@pytest.mark.parametrize(
    ("field", "value"), [("dateAdded", "yesterday"), ("accessDate", "Apr 1"), ("accessDate", "2023-13-01")]
)
def test_dates_that_must_be_iso_are_checked(api: Any, field: str, value: str) -> None:
    """`date` is free text, the others are not."""
    code, message = _failure(api, **{field: value})
    assert code == 400
    assert message.startswith(f"'{field}' must be in ISO 8601 or UTC")


def test_values_are_kept_as_the_real_server_keeps_them(api: Any) -> None:
    """Numbers become text; nameless creators of a template are dropped; names are trimmed."""
    creators = [{"creatorType": "author", "firstName": "", "lastName": ""}]
    data = api.data(api.paper(volume="", date=2023, accessDate="2023-04-05 06:07:08", creators=creators))
    assert (data["date"], data["accessDate"], data["creators"]) == ("2023", "2023-04-05T06:07:08Z", [])
    creators = [{"creatorType": "author", "firstName": " A ", "lastName": " B "}]
    assert api.data(api.paper(creators=creators))["creators"][0]["lastName"] == "B"
    others = [{"creatorType": "author", "firstName": "", "lastName": "others"}]
    assert api.data(api.paper(creators=others))["creators"] == others


def test_a_manual_tag_replaces_an_automatic_one_of_the_same_name(api: Any) -> None:
    """As in the client."""
    automatic, manual = {"tag": "a", "type": 1}, {"tag": "a"}
    for tags in ([automatic, manual, {"tag": "  "}], [manual, automatic]):
        assert api.data(api.paper(tags=tags))["tags"] == [manual]


def test_children_need_a_parent_that_can_have_some(api: Any) -> None:
    """A note can't be in a note; children are in no collection."""
    collection = api.create({"name": "C"}, kind="collections")[0]
    key = api.paper()
    note = api.create({"itemType": "note", "note": "n", "parentItem": key})[0]
    sent = {"itemType": "note", "note": "n", "title": ""}
    assert _failure(api, **sent, parentItem=note)[1] == f"Parent item {note} cannot be a note or attachment"
    assert _failure(api, **sent, parentItem=key, collections=[collection])[0] == 400
    standalone = api.create({"itemType": "note", "note": "n", "collections": [collection]})[0]
    assert api.edit(standalone, parentItem=key).status == 204
    assert set(api.versions(f"collections/{collection}/items?")) == set()
    assert api.edit(standalone, parentItem=False).status == 204
    assert "parentItem" not in api.data(standalone)


def test_notes_are_kept_without_scripts(api: Any) -> None:
    """Notes are HTML of a few elements; harmless ones are kept to the letter."""
    dirty = (
        '<p onclick="x()">a &amp; b</p><script>bad()</script><a href="javascript:x">l</a><iframe>t</iframe>'
    )
    key = api.create({"itemType": "note", "note": dirty})[0]
    assert api.data(key)["note"] == "<p>a &amp; b</p><a>l</a>t"
    clean = '<h1>T</h1>\n<p class="x">1 &lt; 2&nbsp;</p><a href="https://a.b/?x=1&amp;y=2" rel="noopener">l</a><br/>'
    assert api.data(api.create({"itemType": "note", "note": clean})[0])["note"] == clean


@pytest.mark.parametrize(
    ("sent", "code", "message"),
    [
        ({}, 400, "'name' property not provided"),
        ({"name": ""}, 400, "Collection name cannot be empty"),
        ({"name": 7}, 400, "'name' must be a string"),
        ({"name": "n" * 256}, 413, f"Collection name '{'n' * 50}…' too long"),
        ({"name": "n", "parentCollection": "ZZZZ2345"}, 409, "Parent collection ZZZZ2345 not found"),
        (
            {"name": "n", "parentCollection": ["x"]},
            400,
            "'parentCollection' must be a collection key or FALSE",
        ),
        ({"name": "n", "colour": "red"}, 400, "Invalid property 'colour'"),
    ],
)
def test_invalid_collections_are_refused(api: Any, sent: dict[str, Any], code: int, message: str) -> None:
    """The object fails, the request does not."""
    failed = api("POST", "collections", [sent]).json["failed"]["0"]
    assert (failed["code"], failed["message"]) == (code, message)


def test_many_can_be_deleted_at_once(api: Any) -> None:
    """One version for all; keys of nothing are passed over; the header is compulsory."""
    keys = api.create(TITLE, TITLE, TITLE)
    path = f"items?itemKey={keys[0]},{keys[1]},ZZZZ2345"
    assert api("DELETE", path).status == 428
    assert api("DELETE", path, headers={"If-Unmodified-Since-Version": "3"}).status == 412
    assert api("DELETE", path, headers={"If-Unmodified-Since-Version": "4"}).version == 5
    assert set(api.versions()) == {keys[2]}
    assert api("DELETE", "items", headers={"If-Unmodified-Since-Version": "9"}).status == 400


def test_taking_an_item_out_of_a_collection_by_delete_fails_as_it_does(api: Any) -> None:
    """500, and nothing changes."""
    collection = api.create({"name": "C"}, kind="collections")[0]
    key = api.paper(collections=[collection])
    assert api.erase(f"collections/{collection}/items/{key}").status == 500
    assert api.data(key)["collections"] == [collection]


def test_deleting_what_is_not_there(api: Any) -> None:
    """404 unless version 0 is expected, at which nothing happens."""
    assert api.erase("items/ZZZZ2345").status == 404
    assert api("DELETE", "items/ZZZZ2345", headers={"If-Unmodified-Since-Version": "0"}).status == 204
    assert api("GET", "items").version == 1


def test_a_write_token_can_be_used_once_and_does_not_protect_a_failed_write(api: Any) -> None:
    """It is remembered when the last object succeeded."""
    headers = {"Zotero-Write-Token": "0123456789"}
    bad = {**TITLE, "nosuch": 1}
    assert api("POST", "items", [TITLE, bad], headers=headers).status == 200
    assert api("POST", "items", [bad, TITLE], headers=headers).status == 200
    reply = api("POST", "items", [TITLE], headers=headers)
    assert (reply.status, reply.text) == (412, "Write token already used")
    assert api("POST", "items", [TITLE], headers={"Zotero-Write-Token": "abc"}).status == 400


def test_a_single_item_can_be_created_by_put_and_patch(api: Any) -> None:
    """PUT needs no version for a new key, PATCH needs version 0."""
    assert api("PUT", "items/AAAA2222", TITLE).status == 204
    assert api("PATCH", "items/AAAA3333", TITLE).status == 404
    assert api("PATCH", "items/AAAA3333", {**TITLE, "version": 0}).status == 204
    assert api("PUT", "items/AAAA4444", {**TITLE, "version": 5}).status == 404
    assert api("PUT", "items/AAAA4444", {**TITLE, "key": "AAAA5555"}).status == 409
    assert set(api.versions()) == {"AAAA2222", "AAAA3333"}


def test_items_can_be_sent_back_as_they_were_received(api: Any) -> None:
    """An object with `data` is taken for its data."""
    key = api.paper()
    item = api.get(f"items/{key}")
    item["data"]["title"] = "Changed"
    assert api("POST", "items", [item]).json["success"] == {"0": key}
    assert api.data(key)["title"] == "Changed"


def test_the_key_tells_its_rights(api: Any) -> None:
    """As the real server's /keys/current, by any of three ways to send the key."""
    expected = {
        "key": api.library.key,
        "userID": 1,
        "username": "embedded",
        "access": {"user": {"library": True, "files": True, "notes": True, "write": True}},
    }
    assert api.get("/keys/current") == expected
    assert api.get(f"/keys/{api.library.key}") == expected
    assert api("GET", "/keys/nosuch").status == 404


@pytest.mark.parametrize("way", ["Zotero-API-Key", "Authorization", "query"])
def test_the_key_can_be_sent_in_three_ways(library: EmbeddedLibrary, api: Any, way: str) -> None:
    """In its header, as a bearer token, or in the address."""
    headers = {"Zotero-API-Key": ""} | {
        "Zotero-API-Key": {"Zotero-API-Key": library.key},
        "Authorization": {"Authorization": f"Bearer {library.key}"},
        "query": {},
    }[way]
    suffix = f"?key={library.key}" if way == "query" else ""
    assert api("GET", f"items{suffix}", headers=headers).status == 200
    assert api("POST", f"items{suffix}", [TITLE], headers=headers).status == 200


def test_two_keys_that_differ_are_refused(api: Any) -> None:
    """400 as on the real server; a malformed bearer token, too."""
    assert api("GET", "items?key=other").status == 400
    assert api("GET", "items", headers={"Zotero-API-Key": "", "Authorization": "Bearer"}).status == 400


def test_a_read_only_key_reads_and_does_not_write(
    tmp_path: Path, client_of: Callable[[EmbeddedLibrary], Any]
) -> None:
    """403 in the real server's words; `write` is absent from its rights."""
    with EmbeddedLibrary(tmp_path / "l.sqlite", write=False) as library:
        api = client_of(library)
        assert api.get("items") == []
        assert "write" not in api.get("/keys/current")["access"]["user"]
        for method, path in (
            ("POST", "items"),
            ("DELETE", "items/AAAA2222"),
            ("PUT", "collections/AAAA2222"),
        ):
            reply = api(method, path, [])
            assert (reply.status, reply.text) == (403, "Write access denied")


def test_a_group_library_is_one_of_its_own(
    tmp_path: Path, client_of: Callable[[EmbeddedLibrary], Any]
) -> None:
    """Libraries in one file share nothing, and a key is for its own library."""
    path = tmp_path / "l.sqlite"
    with EmbeddedLibrary(path) as own, EmbeddedLibrary(path, library="groups/5") as group:
        api, group_api = client_of(own), client_of(group)
        key = group_api.paper()
        assert set(group_api.versions()) == {key}
        assert api.versions() == {}
        assert api("GET", "items").version == 1
        assert api("GET", "/groups/5/items").status == 403
        assert group_api.get("/keys/current")["access"] == {"groups": {"5": {"library": True, "write": True}}}


def test_schema_routes_need_no_key(api: Any) -> None:
    """Item types, fields and templates are the same for all."""
    headers = {"Zotero-API-Key": ""}
    types = api("GET", "/itemTypes", headers=headers).json
    assert {"itemType": "journalArticle", "localized": "Journal Article"} in types
    assert api("GET", "/itemFields", headers=headers).status == 200
    assert api("GET", "/creatorFields", headers=headers).json[0] == {
        "field": "firstName",
        "localized": "First",
    }
    assert api("GET", "/items/new?itemType=attachment", headers=headers).status == 400
    template = api("GET", "/items/new?itemType=attachment&linkMode=imported_url", headers=headers).json
    assert {"filename", "md5", "mtime"} < set(template)
