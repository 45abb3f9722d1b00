"""What lists hold: filters, searches, sorting, pages, and parameters that are not valid."""

from __future__ import annotations

from typing import Any

import pytest


def _author(first: str, last: str) -> dict[str, str]:
    return {"creatorType": "author", "firstName": first, "lastName": last}


@pytest.fixture
def shelf(api: Any) -> dict[str, str]:
    """Three papers with distinct properties; their keys by title."""
    collection = api.create({"name": "C"}, kind="collections")[0]
    titles = {
        "Éclair": {
            "creators": [_author("Zoë", "Müller"), _author("", "others")],
            "date": "2021-05",
            "tags": [{"tag": "red"}, {"tag": "round"}],
        },
        "banana": {
            "creators": [_author("Ann", "Li")],
            "date": "Apr 3, 2023",
            "tags": [{"tag": "Red", "type": 1}],
        },
        "“Apple” pie": {"date": "2022", "collections": [collection], "itemType": "book"},
    }
    keys = {
        title: api.create({"itemType": "preprint", "title": title, **more})[0]
        for title, more in titles.items()
    }
    keys["note"] = api.create(
        {"itemType": "note", "parentItem": keys["banana"], "note": "<p>Peel <b>it</b></p>Then"}
    )[0]
    keys["collection"] = collection
    return keys


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ("q=eclair", ["Éclair"]),
        ("q=MULLER", ["Éclair"]),
        ("q=zoe%20muller", ["Éclair"]),
        ("q=%22muller%20zoe%22", []),
        ("q=2023", ["banana"]),
        ("q=peel%20it", ["note"]),
        ("q=then", []),
        ("q=ap", ["“Apple” pie"]),
        ("q=%25", []),
        ("tag=red", ["Éclair", "banana"]),
        ("tag=red&tag=round", ["Éclair"]),
        ("tag=round%20%7C%7C%20red", ["Éclair", "banana"]),
        ("tag=red&tag=-round", ["banana"]),
        ("tag=nosuch", []),
        ("itemType=book", ["“Apple” pie"]),
        ("itemType=book%20%7C%7C%20note", ["“Apple” pie", "note"]),
        ("itemType=-preprint", ["“Apple” pie", "note"]),
        ("itemKey=", ["Éclair", "banana", "“Apple” pie", "note"]),
        ("since=4", ["“Apple” pie", "note"]),
    ],
)
def test_filters(api: Any, shelf: dict[str, str], filters: str, found: list[str]) -> None:
    """Searches fold case and accents; filters of several kinds must all hold."""
    assert set(api.versions(f"items?{filters}")) == {shelf[title] for title in found}


@pytest.mark.parametrize(
    ("order", "titles"),
    [
        ("sort=title", ["“Apple” pie", "banana", "Éclair"]),
        ("sort=title&direction=desc", ["Éclair", "banana", "“Apple” pie"]),
        ("sort=date", ["banana", "“Apple” pie", "Éclair"]),
        ("sort=date&direction=asc", ["Éclair", "“Apple” pie", "banana"]),
        ("sort=creator", ["banana", "Éclair", "“Apple” pie"]),
        ("sort=itemType", ["“Apple” pie", "Éclair", "banana"]),
        ("sort=dateAdded&direction=asc", ["Éclair", "banana", "“Apple” pie"]),
    ],
)
def test_sorting(api: Any, shelf: dict[str, str], order: str, titles: list[str]) -> None:
    """Sorting folds case and accents; empty creators come last."""
    reply = api("GET", f"items/top?format=keys&{order}")
    assert reply.text.split() == [shelf[title] for title in titles]


def test_keys_sort_as_given(api: Any, shelf: dict[str, str]) -> None:
    """The sort itemKeyList keeps the order of itemKey."""
    keys = [shelf["banana"], shelf["Éclair"]]
    reply = api("GET", f"items?format=keys&sort=itemKeyList&itemKey={','.join(keys)}")
    assert reply.text.split() == keys


def test_a_matching_child_stands_for_its_parent_among_top_items(api: Any, shelf: dict[str, str]) -> None:
    """Searching /top for a note's words finds the paper."""
    assert set(api.versions("items/top?q=peel")) == {shelf["banana"]}
    assert set(api.versions(f"items/top?itemKey={shelf['note']}")) == {shelf["banana"]}


def test_items_of_a_collection_include_children_but_not_at_the_top(api: Any, shelf: dict[str, str]) -> None:
    """A child belongs to the collections of its parent."""
    api.edit(shelf["banana"], collections=[shelf["collection"]])
    everything = {shelf["banana"], shelf["note"], shelf["“Apple” pie"]}
    assert set(api.versions(f"collections/{shelf['collection']}/items?")) == everything
    assert set(api.versions(f"collections/{shelf['collection']}/items/top?")) == everything - {shelf["note"]}


def test_what_an_item_tells_of_itself(api: Any, shelf: dict[str, str]) -> None:
    """Creators are summed up, dates read, children counted; addresses lead back."""
    item = api.get(f"items/{shelf['Éclair']}")
    assert item["meta"] == {"creatorSummary": "Müller and others", "parsedDate": "2021-05", "numChildren": 0}
    assert item["library"]["type"] == "user"
    assert item["links"]["self"]["href"] == f"{api.library.url}/users/1/items/{shelf['Éclair']}"
    note = api.get(f"items/{shelf['note']}")
    assert note["links"]["up"]["href"].endswith(f"/items/{shelf['banana']}")


def test_three_creators_are_summed_up_as_et_al(api: Any) -> None:
    """Editors count where there are no authors."""
    names = [_author("A", name) for name in ("Wang", "Jiang", "Zheng")]
    assert api.get(f"items/{api.paper(creators=names)}")["meta"]["creatorSummary"] == "Wang et al."
    editors = [{**name, "creatorType": "editor"} for name in names[:1]]
    assert api.get(f"items/{api.paper(creators=editors)}")["meta"]["creatorSummary"] == "Wang"


def test_pages_are_linked(api: Any) -> None:
    """The links of a list lead to its first, previous, next and last page, without the key."""
    api.create(*[{"itemType": "preprint", "title": f"P{n}"} for n in range(7)])
    reply = api("GET", f"items?limit=3&start=3&tag=&key={api.library.key}")
    assert reply.headers["Total-Results"] == "7"
    links = dict(part.split("; ")[::-1] for part in reply.headers["Link"].split(", "))
    base = f"<{api.library.url}/users/1/items?limit=3&tag="
    assert links['rel="next"'] == f"{base}&start=6>"
    assert links['rel="prev"'] == f"{base}>"
    assert links['rel="first"'] == f"{base}>"
    assert links['rel="last"'] == f"{base}&start=6>"
    assert "Link" not in api("GET", "items").headers
    assert 'start=6>; rel="last"' in api("GET", "items?limit=2").headers["Link"]
    api.paper()
    assert 'start=6>; rel="last"' in api("GET", "items?limit=2").headers["Link"]


@pytest.mark.parametrize(("limit", "shown"), [("", 25), ("limit=3", 3), ("limit=0", 25), ("limit=1000", 100)])
def test_pages_of_json_are_limited(api: Any, limit: str, shown: int) -> None:
    """25 objects are on a page by default, 100 at most; keys and versions come whole."""
    for _ in range(3):
        api.create(*[{"itemType": "preprint", "title": f"P{n}"} for n in range(40)])
    assert len(api.get(f"items?{limit}")) == shown
    assert len(api.versions()) == 120


def test_at_most_a_hundred_keys_are_answered(api: Any) -> None:
    """The parameter itemKey takes 100 keys; a limit does not count then."""
    keys = [key for _ in range(3) for key in api.create(*[{"itemType": "preprint", "title": "P"}] * 40)]
    assert len(api.get(f"items?itemKey={','.join(keys[:100])}&limit=1")) == 100
    assert len(api.versions(f"items?itemKey={','.join(keys)}")) == 100


def test_tags_are_listed_with_their_type_and_count(api: Any, shelf: dict[str, str]) -> None:
    """All tags, one tag, and the tags of an item."""
    listed = [(tag["tag"], tag["meta"]) for tag in api.get("tags")]
    assert listed == [
        ("Red", {"type": 1, "numItems": 1}),
        ("red", {"type": 0, "numItems": 1}),
        ("round", {"type": 0, "numItems": 1}),
    ]
    assert [tag["tag"] for tag in api.get("tags/round")] == ["round"]
    assert [tag["tag"] for tag in api.get("tags?q=ou")] == ["round"]
    assert [tag["tag"] for tag in api.get(f"items/{shelf['banana']}/tags")] == ["Red"]


def test_lists_are_not_modified_since_their_version(api: Any, shelf: dict[str, str]) -> None:
    """304 comes for lists, not for single objects, nor for deletions."""
    version = str(api("GET", "items").version)
    headers = {"If-Modified-Since-Version": version}
    for path, status in {
        "items": 304,
        "items/top": 304,
        "collections": 304,
        "tags": 304,
        f"items/{shelf['note']}": 200,
        "deleted?since=0": 200,
    }.items():
        assert api("GET", path, headers=headers).status == status, path
    headers = {"If-Modified-Since-Version": str(int(version) - 1)}
    assert api("GET", "items", headers=headers).status == 200


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("items?since=-1", "Invalid value for 'since' parameter"),
        ("items?since=x", "Invalid value for 'since' parameter"),
        ("items?limit=ten", "Invalid value for 'limit' parameter"),
        ("items?start=-5", "Invalid value for 'start' parameter"),
        ("items?start=٣", "Invalid value for 'start' parameter"),
        ("items?sort=nosuch", "Invalid 'sort' value 'nosuch'"),
        ("items?direction=up", "Invalid 'direction' value 'up'"),
        ("items?format=nosuch", "Invalid 'format' value 'nosuch'"),
        ("items?itemKey=abc", "Invalid 'itemKey' value 'abc'"),
        ("items?itemType=nosuch", "Invalid itemType 'nosuch'"),
        ("items?itemType=book&itemType=note", "Cannot specify 'itemType' more than once"),
        ("items?qmode=nosuch", "Invalid 'qmode' value 'nosuch'"),
        ("items?include=nosuch", "Invalid 'include' value 'nosuch'"),
        ("items?q=%ff", "Invalid query string"),
        ("items/%ff", "Invalid path"),
        ("deleted?since=x", "Invalid value for 'since' parameter"),
    ],
)
def test_bad_parameters_are_refused_in_words(api: Any, path: str, message: str) -> None:
    """400, never a traceback or a hang."""
    reply = api("GET", path.replace("٣", "%D9%A3"))
    assert (reply.status, reply.text) == (400, message)


@pytest.mark.parametrize("number", ["9" * 30, "9" * 5000])
def test_huge_numbers_are_only_numbers(api: Any, number: str) -> None:
    """No version is that high."""
    assert api.get(f"items?since={number}&start={number}&limit={number}") == []


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("searches", "searches"),
        ("settings", "settings"),
        ("fulltext?since=0", "full texts"),
        ("publications/items", "My Publications"),
        ("items/AAAA2222/file", "files"),
        ("items/top/tags", "tags of a list of items"),
        ("items?format=bibtex", "format=bibtex"),
        ("items?format=atom", "format=atom"),
        ("items?include=bib", "include=bib"),
        ("items?include=data,citation", "include=citation"),
        ("items?content=json", "'content', which is for format=atom"),
        ("/schema", "the whole schema"),
        ("items?v=2", "API version 2"),
    ],
)
def test_what_is_missing_is_refused_by_name(api: Any, path: str, what: str) -> None:
    """501 says what the embedded library can't do."""
    reply = api("GET", path)
    assert (reply.status, reply.text) == (501, f"Not supported by the embedded library: {what}")
