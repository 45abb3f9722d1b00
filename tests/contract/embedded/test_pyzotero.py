"""pyzotero works with the embedded library as with the real one."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import pytest
from pyzotero import errors, zotero

from doubles import FaultyLibrary

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def library(tmp_path: Path) -> Iterator[FaultyLibrary]:
    """An empty library that counts requests."""
    with FaultyLibrary(tmp_path / "library.sqlite") as served:
        yield served


@pytest.fixture
def zot(library: FaultyLibrary) -> Iterator[Any]:
    """A pyzotero client of the empty library."""
    client = zotero.Zotero("1", "user", library.key)
    client.endpoint = library.url
    yield client
    assert client.client
    client.client.close()
    del client
    gc.collect()


def _papers(count: int) -> list[dict[str, Any]]:
    return [{"itemType": "preprint", "title": f"Paper {n:03}", "tags": [{"tag": "t"}]} for n in range(count)]


def test_pages_follow_each_other_to_the_end(zot: Any, library: FaultyLibrary) -> None:
    """everything() reads 250 items in three requests, each once."""
    for _ in range(5):
        zot.create_items(_papers(50))
    before = len(library.requests)
    items = zot.everything(zot.items(sort="title"))
    assert len({item["key"] for item in items}) == len(items) == 250
    assert len(library.requests) - before == 3


def test_follow_ends_with_none(zot: Any) -> None:
    """follow() returns None after the last page."""
    zot.create_items(_papers(7))
    assert len(zot.top(limit=5)) == 5
    assert len(zot.follow()) == 2
    assert zot.follow() is None


def test_versions_come_whole(zot: Any) -> None:
    """item_versions() has no limit; since leaves out what is old."""
    for _ in range(3):
        zot.create_items(_papers(50))
    assert len(zot.item_versions()) == 150
    assert len(zot.item_versions(since=101)) == 50
    assert zot.last_modified_version() == 151


def test_items_are_created_updated_and_deleted(zot: Any) -> None:
    """create_items passes keys and versions on; failures are reported by index."""
    report = zot.create_items([{**_papers(1)[0], "key": "AAAA2222", "version": 0}, {"itemType": "nosuch"}])
    assert report["success"] == {"0": "AAAA2222"}
    assert report["failed"]["1"]["code"] == 400
    item = zot.item("AAAA2222")
    assert zot.update_item({**item["data"], "title": "Changed"})
    assert zot.item("AAAA2222")["data"]["title"] == "Changed"
    assert zot.delete_item(zot.item("AAAA2222"))
    with pytest.raises(errors.ResourceNotFoundError):
        zot.item("AAAA2222")
    assert zot.deleted(since=0)["items"] == ["AAAA2222"]


def test_collections_are_nested_and_filled(zot: Any) -> None:
    """Collections, their trees and their items."""
    parent = zot.create_collections([{"name": "Profiles"}])["success"]["0"]
    child = zot.create_collections([{"name": "Somebody", "parentCollection": parent}])["success"]["0"]
    key = zot.create_items(_papers(1))["success"]["0"]
    assert zot.addto_collection(child, zot.item(key))
    assert [item["key"] for item in zot.collection_items(child)] == [key]
    assert [each["key"] for each in zot.all_collections()] == [parent, child]
    assert zot.num_collectionitems(child) == 1
    assert zot.deletefrom_collection(child, zot.item(key))
    assert zot.num_collectionitems(child) == 0
    assert zot.delete_collection(zot.collection(parent))
    assert zot.collections() == []


def test_counts_tags_and_rights(zot: Any, library: FaultyLibrary) -> None:
    """The small questions that pyzotero asks."""
    zot.create_items(_papers(3))
    assert (zot.num_items(), zot.count_items()) == (3, 3)
    assert zot.tags() == ["t"]
    assert zot.groups() == []
    assert zot.key_info()["key"] == library.key
    assert zot.item_template("preprint")["itemType"] == "preprint"
    assert [item["data"]["title"] for item in zot.items(q="001")] == ["Paper 001"]
