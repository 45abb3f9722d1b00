"""What every kind of library must do for its client, online and on the desktop: the same suite for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pytest

import everything
from clocks import FakeClock
from desk import Trouble, Zotero
from doubles import DesktopLibrary, Fault, FaultyLibrary
from doubles.plugin import Plugin
from plugin_host import Wire, ZoteroProcess
from syncd.errors import LibraryError
from syncd.state.state import State
from syncd.state.store import Store
from syncd.zotero.client import Address, Client, StaleError
from syncd.zotero.desktop import PluginClient, plugin_at
from syncd.zotero.transport import OutcomeUnknownError, PoliteTransport

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "ABCD2345"


def paper(title: str = "Alpha", **more: Any) -> dict[str, Any]:
    """Return a new paper as a plan has it."""
    return {"key": KEY, "version": 0, "itemType": "preprint", "title": title, **more}


def content(data: dict[str, Any]) -> dict[str, Any]:
    """Return an item's data without its version, which the plugin counts by itself."""
    return {name: value for name, value in data.items() if name != "version"}


@dataclass
class Kind:
    """A kind of library: its client, what its owner sees, and what goes wrong there."""

    client: Client
    zotero: Zotero
    trouble: Trouble
    server: FaultyLibrary | Wire

    def create(self, *objects: dict[str, Any]) -> list[str]:
        """Create items in one write; their keys."""
        outcomes = self.client.write_items(objects, unmodified_since=self.version())
        assert [outcome.status for outcome in outcomes] == ["written"] * len(objects)
        return [outcome.data["key"] for outcome in outcomes if outcome.data]

    def version(self) -> int:
        """Return the library's version as its client counts it."""
        return self.client.item_versions_since(0)[1]

    def version_of(self, key: str) -> int:
        """Return an item's version as the client counts it."""
        return self.client.item_versions_since(0)[0][key]

    def erased_since(self, version: int) -> set[str]:
        """Return the items that were erased after a version, as a reading of the library is told."""
        if isinstance(self.client, PluginClient):
            return set(self.client.page_since(version, None).deletions.items)
        with self.client.erased_since(version) as (erased, _):
            return {key for kind, key in erased if kind == "items"}

    def with_key(self, key: str) -> Client:
        """Return a client with another key."""
        old = self.client
        address = Address(old.address.name, old.address.endpoint, old.address.prefix, key)
        if isinstance(old, PluginClient):
            return PluginClient(address, old.transport, old.plugin)
        return Client(address, old.transport)


@pytest.fixture(params=["online", "plugin", "javascript"])
def library(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kind]:
    """Give an empty library of one kind."""
    path, trouble, clock = tmp_path / "zotero.sqlite", Trouble(), FakeClock()
    transport = PoliteTransport(clock, attempts=1)
    if request.param == "javascript":
        process = ZoteroProcess(tmp_path, clock.now)
        wire = Wire(process, trouble).start()
        zotero = Zotero(cast("FaultyLibrary", process))
        yield Kind(through_plugin(wire.url, process.pair(), transport), zotero, trouble, wire)
        wire.stop()
        process.stop()
        transport.shutdown()
        return
    with FaultyLibrary(path) as owned, DesktopLibrary(path, faults=trouble) as desktop:
        if request.param == "online":
            with FaultyLibrary(path, faults=trouble) as server:
                client = Client(Address("main", server.url, "users/1", server.key), transport)
                yield Kind(client, Zotero(owned), trouble, server)
        else:
            desktop.desktop.plugin = Plugin("a plugin")
            client = through_plugin(desktop.url, desktop.desktop.plugin.grant(), transport)
            yield Kind(client, Zotero(owned), trouble, desktop)
        transport.shutdown()


def through_plugin(url: str, token: str, transport: PoliteTransport) -> PluginClient:
    """Return a client of the plugin at an address."""
    address = Address("main", url, "users/0", token)
    plugin = plugin_at(address, transport)
    assert plugin
    return PluginClient(address, transport, plugin)


def test_what_was_created_is_there_under_its_key(library: Kind) -> None:
    """The answer has the key, the version and the data."""
    (outcome,) = library.client.write_items([paper()], unmodified_since=library.version())
    assert outcome.status == "written"
    assert outcome.data
    assert outcome.data["key"] == KEY
    (found,) = library.client.items_by_key([KEY])
    assert found["data"]["title"] == "Alpha"
    assert library.client.item_versions_since(0) == ({KEY: outcome.version}, outcome.version)


def test_a_key_creates_once(library: Kind) -> None:
    """A second creation under it is refused, and the item stays as it was."""
    library.create(paper())
    (again,) = library.client.write_items([paper("Beta")], unmodified_since=None)
    assert (again.status, again.code) == ("failed", 412)
    assert set(library.zotero.papers()) == {"Alpha"}


def test_an_erased_key_is_told_as_erased(library: Kind) -> None:
    """The deletion log has it, and nobody has to compare."""
    library.create(paper())
    before = library.version()
    library.zotero.erase(KEY)
    assert library.erased_since(before) == {KEY}


def test_a_child_follows_its_parent(library: Kind) -> None:
    """By the key of the parent."""
    (parent,) = library.create(paper())
    link = {
        "itemType": "attachment",
        "linkMode": "linked_url",
        "title": "Code",
        "url": "https://github.com/a/b",
    }
    (child,) = library.create({"key": "BBCD2345", "version": 0, "parentItem": parent, **link})
    assert library.zotero.items()[child]["parentItem"] == parent


def test_collections_are_nested(library: Kind) -> None:
    """A parent first, then what is in it, by its key."""
    new = {"key": KEY, "version": 0, "name": "Profiles", "parentCollection": False}
    (outcome,) = library.client.write_collections([new], unmodified_since=library.version())
    assert outcome.data
    parent = outcome.data["key"]
    inner = {"key": "BBCD2345", "version": 0, "name": "Ann", "parentCollection": parent}
    (outcome,) = library.client.write_collections([inner], unmodified_since=library.version())
    assert outcome.data
    listed = {entry["key"]: entry["data"]["name"] for entry in library.client.collections_since(0).objects}
    assert listed == {parent: "Profiles", outcome.data["key"]: "Ann"}


def test_only_what_is_sent_of_an_item_changes(library: Kind) -> None:
    """A write of key, version and one field leaves the others."""
    (key,) = library.create(paper(abstractNote="Kept."))
    version = library.version_of(key)
    sent = {"key": key, "version": version, "title": "Beta"}
    (outcome,) = library.client.write_items([sent], unmodified_since=library.version())
    assert outcome.status == "written"
    data = library.zotero.items()[key]
    assert (data["title"], data["abstractNote"]) == ("Beta", "Kept.")


def test_an_object_of_an_older_version_fails_alone(library: Kind) -> None:
    """412 for it; the others of that write are done."""
    first, second = library.create(paper(), paper("Beta", key="BBCD2345"))
    known, old = library.version_of(first), library.zotero.items()[first]["version"]
    library.zotero.write({"key": first, "version": old, "title": "Mine"})
    sent = [
        {"key": first, "version": known, "title": "Theirs"},
        {"key": second, "version": library.version_of(second), "title": "New"},
    ]
    stale, done = library.client.write_items(sent, unmodified_since=library.version())
    assert (stale.status, stale.code, done.status) == ("failed", 412, "written")
    assert {data["title"] for data in library.zotero.items().values()} == {"Mine", "New"}


def test_a_write_that_is_based_on_an_older_library_is_refused(library: Kind) -> None:
    """Nothing of it is done."""
    version = library.version()
    library.zotero.write({"itemType": "book", "title": "Mine"})
    with pytest.raises(StaleError):
        library.client.write_items([paper()], unmodified_since=version)
    with pytest.raises(StaleError):
        library.client.write_collections(
            [{"key": KEY, "version": 0, "name": "A", "parentCollection": False}], unmodified_since=version
        )
    assert set(library.zotero.papers()) == {"Mine"}
    assert library.zotero.collections() == {}


def test_one_object_that_is_refused_does_not_hold_up_the_others(library: Kind) -> None:
    """Outcomes stand in the order of the objects."""
    lost = paper("Beta", key="BBCD2345", collections=["ZZZZ2345"])
    refused, done = library.client.write_items([lost, paper()], unmodified_since=library.version())
    assert (refused.status, done.status) == ("failed", "written")
    assert set(library.zotero.papers()) == {"Alpha"}


def test_hundreds_of_items_are_read_whole(library: Kind) -> None:
    """Trashed ones too."""
    for start in range(0, 150, 50):
        library.zotero.write(*({"itemType": "book", "title": f"{start + n}"} for n in range(50)))
    library.zotero.edit("7", deleted=1)
    versions, _ = library.client.item_versions_since(0)
    assert len(versions) == 150
    found = {entry["key"]: entry["data"]["title"] for entry in library.client.items_by_key(list(versions))}
    assert sorted(found.values(), key=int) == [str(number) for number in range(150)]


@pytest.mark.parametrize("fault", [Fault("drop", when="after"), Fault("cut"), Fault("drop")])
def test_a_lost_answer_is_called_unknown(library: Kind, fault: Fault) -> None:
    """The caller has to find out."""
    library.trouble.plan("POST", fault)
    with pytest.raises(OutcomeUnknownError):
        library.client.write_items([paper()], unmodified_since=library.version())


def test_a_wrong_key_is_a_matter_of_permission(library: Kind) -> None:
    """Nothing is written, and the key is not shown."""
    client = library.with_key("WrongKey22222222")
    with pytest.raises(LibraryError) as refused:
        client.write_items([paper()], unmodified_since=None)
    assert refused.value.kind == "permission"
    assert refused.value.hint
    assert "WrongKey" not in f"{refused.value} {refused.value.hint}"
    assert library.zotero.items() == {}


def test_a_library_that_does_not_answer_is_a_temporary_trouble(library: Kind) -> None:
    """Reading or writing, it can be tried later."""
    library.server.stop()
    for ask in (
        lambda: library.client.item_versions_since(0),
        lambda: library.client.write_items([paper()], unmodified_since=None),
    ):
        with pytest.raises(LibraryError) as refused:
            ask()
        assert refused.value.kind == "transient"
        assert not isinstance(refused.value, OutcomeUnknownError)


def test_an_index_follows_whatever_the_owner_does(library: Kind, tmp_path: Path) -> None:
    """New, edited, trashed, restored, erased; items and collections."""
    zotero, store = library.zotero, Store.at(tmp_path / "state.sqlite")
    state = State(store, "here", library.client.address.prefix, FakeClock())
    index = state.index()

    def check(*deleted: str) -> None:
        index.refresh(library.client)
        view = everything.view(state)
        assert {key: content(item.data) for key, item in view.items.items()} == {
            key: content(data) for key, data in zotero.items().items()
        }
        assert {key: (c.name, c.trashed) for key, c in view.collections.items()} == {
            c["key"]: (c["name"], bool(c.get("deleted"))) for c in zotero.collections().values()
        }
        assert view.deleted == set(deleted)

    try:
        zotero.write({"name": "Own"}, {"name": "Other"}, to="collections")
        own, other = (zotero.collections()[name]["key"] for name in ("Own", "Other"))
        keys = [zotero.post({"itemType": "book", "title": t, "collections": [own]}) for t in "abc"]
        note = zotero.post({"itemType": "note", "note": "<p>n</p>", "parentItem": keys[2]})
        check()
        zotero.edit("a", deleted=1)
        zotero.write({"key": other, "version": 99, "deleted": True}, to="collections")
        check()
        zotero.write({"key": other, "version": 99, "deleted": False}, to="collections")
        zotero.write({"key": keys[0], "version": zotero.items()[keys[0]]["version"], "deleted": 0})
        check()
        zotero.erase(keys[2])
        zotero.erase(own, of="collections")
        check(keys[2], note, own)
        check(keys[2], note, own)
    finally:
        store.close()
