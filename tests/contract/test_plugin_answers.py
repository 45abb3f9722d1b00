"""What the plugin answers, word for word of docs/plugin.md: its JavaScript and the double that plays it alike."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from clocks import FakeClock
from plugins import SIDES
from syncd.zotero.client import Address
from syncd.zotero.plugin import PluginClient, plugin_at
from syncd.zotero.transport import PoliteTransport

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from desk import Zotero
    from plugins import InZotero

KEY, OTHER, LOST = "ABCD2345", "BBCD2345", "ZZZZ2345"
PAPER = {"key": KEY, "version": 0, "itemType": "preprint", "title": "Alpha"}


@dataclass
class Caller:
    """A program that was allowed, and sends just what it is told to."""

    url: str
    token: str
    zotero: Zotero
    plugin: InZotero

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, Any]:
        """Send a request; status and body, and 0 where the connection is closed without a word."""
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
        said = {"Content-Type": "application/json"} if method == "POST" else {}
        try:
            named = {name.replace("_", "-"): text for name, text in headers.items()}
            connection.request(method, f"/syncd/v1/{path}", body, said | named)
            answer = connection.getresponse()
            text = answer.read()
        except (ConnectionError, http.client.HTTPException):
            return 0, None
        finally:
            connection.close()
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, None

    @property
    def known(self) -> dict[str, str]:
        """The headers of one who knows this Zotero."""
        token = {"Syncd_Token": self.token}
        return token | {"Syncd_Server": self.send("GET", "ping", None, **token)[1]["server"]}

    def push(self, *objects: Any, kind: str = "items", since: Any = None) -> tuple[int, Any]:
        """Write."""
        sent = {"kind": kind, "objects": objects, "ifUnmodifiedSince": since}
        return self.send("POST", "push", json.dumps(sent).encode(), **self.known)

    def changes(self, query: str = "since=0") -> tuple[int, Any]:
        """Read."""
        return self.send("GET", f"changes?{query}", None, **self.known)


@pytest.fixture(params=SIDES, ids=lambda side: side.__name__)
def caller(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Caller]:
    """Give a program that was allowed."""
    with request.param(tmp_path, FakeClock()) as (zotero, plugin):
        plugin.install(paired=True)
        server = plugin.program.server
        yield Caller(server.url, server.key, zotero, plugin)


def test_ping_tells_a_stranger_only_that_it_is_there(caller: Caller) -> None:
    """A program with a token learns the ids and the libraries."""
    assert caller.send("GET", "ping") == (200, {"syncd": "0.1.0", "api": 1, "paired": False})
    status, told = caller.send("GET", "ping", Syncd_Token=caller.token)
    assert (status, told["paired"]) == (200, True)
    assert told.keys() >= {"zotero", "server", "database", "libraries"}
    assert told["libraries"][0] == {"prefix": "users/0", "editable": True}


def names(caller: Caller) -> tuple[str, ...]:
    """Return what syncd calls the library."""
    transport = PoliteTransport(FakeClock(), attempts=1)
    address = Address("main", caller.url, "users/0", caller.token)
    try:
        plugin = plugin_at(address, transport)
        assert plugin
        return PluginClient(address, transport, plugin).names
    finally:
        transport.shutdown()


def test_a_library_has_another_name_once_its_user_signs_in(caller: Caller) -> None:
    """The plugin tells the number while it runs, to those that were allowed; both names are good from then on."""
    known = caller.known
    assert caller.send("GET", "ping", None, **known)[1]["user"] is None
    assert names(caller) == ("users/0",)
    for name, status in (("users/0", 200), ("users/117", 404), ("users/null", 404), ("groups/5", 404)):
        assert caller.changes(f"since=0&library={name}")[0] == status, name
    caller.plugin.sign_in(117)
    assert "user" not in caller.send("GET", "ping")[1]
    assert caller.send("GET", "ping", None, **known)[1]["user"] == 117
    assert names(caller) == ("users/117", "users/0")
    for name, status in (("users/0", 200), ("users/117", 200), ("users/118", 404)):
        assert caller.changes(f"since=0&library={name}")[0] == status, name
        sent = json.dumps({"kind": "items", "objects": [], "library": name}).encode()
        assert caller.send("POST", "push", sent, **known)[0] == status, name


@pytest.mark.parametrize(
    ("asked", "body", "headers", "status"),
    [
        ("GET nothing", None, {}, 404),
        ("POST ping", b"{}", {}, 400),
        ("GET push", None, {}, 400),
        ("POST push", b"{", {}, 400),
        ("POST push", b"{}", {"Content_Type": "text/plain"}, 400),
        ("GET ping", None, {"Host": "evil.example"}, 400),
        ("GET ping", None, {"User_Agent": "Mozilla/5.0"}, 0),
        ("GET ping", None, {"Origin": "http://127.0.0.1"}, 0),
        ("GET ping", None, {"Origin": "null", "Zotero_Allowed_Request": "1"}, 403),
        ("GET ping", None, {"Sec_Fetch_Mode": "cors"}, 403),
        ("GET changes?since=0", None, {}, 401),
        ("POST push", b"{}", {"Syncd_Token": "wrong"}, 401),
        ("POST pair", b"{}", {}, 400),
        ("POST pair", b"[]", {}, 400),
    ],
)
def test_who_does_not_belong_is_refused(
    caller: Caller, asked: str, body: bytes | None, headers: dict[str, str], status: int
) -> None:
    """By Zotero's server, or by the plugin."""
    method, path = asked.split()
    assert caller.send(method, path, body, **headers)[0] == status


@pytest.mark.parametrize("path", ["changes?since=0", "push"])
def test_who_means_another_zotero_is_refused(caller: Caller, path: str) -> None:
    """And learns which one it is."""
    push = json.dumps({"kind": "items", "objects": [PAPER]}).encode()
    method, body = ("POST", push) if path == "push" else ("GET", None)
    known = caller.known
    assert caller.send(method, path, body, Syncd_Token=caller.token)[0] == 428
    status, told = caller.send(method, path, body, **known | {"Syncd_Server": "another"})
    assert (status, told["server"]) == (412, known["Syncd_Server"])
    assert caller.zotero.items() == {}


def test_requests_that_are_none_are_refused_whole(caller: Caller) -> None:
    """Nothing of them is done."""
    assert caller.push(kind="searches")[0] == 400
    assert caller.push(since="1")[0] == 400
    assert caller.push(*[PAPER] * 1001)[0] == 413
    for query in ("since=x", "since=-1", "since=0&limit=0", "since=0&limit=x", "since=0&after=x"):
        assert caller.changes(query)[0] == 400, query
    assert caller.zotero.items() == {}


def test_each_object_that_is_refused_has_its_code(caller: Caller) -> None:
    """Those of the web API; the others are written."""
    status, answer = caller.push(PAPER, {**PAPER, "key": OTHER})
    assert (status, sorted(answer["successful"])) == (200, ["0", "1"])
    caller.zotero.erase(OTHER)
    refused = [
        ({"version": 0, "itemType": "note", "note": ""}, 400),
        (None, 400),
        ({**PAPER, "key": "short"}, 400),
        ({**PAPER, "key": "CBCD2345", "nonsense": 1}, 400),
        ({**PAPER, "key": "DBCD2345", "itemType": "nonsense"}, 400),
        ({**PAPER, "key": "EBCD2345", "version": "1"}, 400),
        ({**PAPER, "key": "FBCD2345", "collections": [LOST]}, 409),
        ({"key": "GBCD2345", "version": 0, "itemType": "note", "note": "", "parentItem": LOST}, 409),
        ({"key": "HBCD2345", "version": 0, "itemType": "attachment", "linkMode": "linked_file"}, 400),
        ({"key": LOST, "version": 3, "title": "New"}, 404),
        ({"key": KEY, "title": "New"}, 428),
        (PAPER, 412),
        ({**PAPER, "key": OTHER}, 412),
    ]
    new = {**PAPER, "key": "IBCD2345"}
    sent = [*(each for each, _ in refused), new, new]
    status, answer = caller.push(*sent)
    assert status == 200
    codes = dict(enumerate(code for _, code in refused)) | {len(sent) - 1: 412}
    assert {int(place): told["code"] for place, told in answer["failed"].items()} == codes
    assert list(answer["successful"]) == [str(len(refused))]
    assert all(told["message"] for told in answer["failed"].values())
    assert set(caller.zotero.items()) == {KEY, "IBCD2345"}


def test_what_changed_has_the_shape_of_the_web_api(caller: Caller) -> None:
    """Each object with key, version and data; keys of what went; the page after this one."""
    caller.push({"key": KEY, "version": 0, "name": "Shelf", "parentCollection": False}, kind="collections")
    _, written = caller.push({**PAPER, "key": OTHER}, {**PAPER, "key": LOST})
    caller.zotero.erase(LOST)
    status, told = caller.changes()
    assert status == 200
    assert told.keys() == {"version", "items", "collections", "deleted", "next"}
    (item,), (shelf,) = told["items"], told["collections"]
    assert item == written["successful"]["0"]
    assert (item["key"], item["data"]["version"]) == (OTHER, item["version"])
    assert (shelf["data"]["name"], shelf["data"]["parentCollection"]) == ("Shelf", False)
    assert (told["deleted"], told["next"]) == ({"items": [LOST], "collections": []}, None)
    assert caller.changes(f"since={told['version']}")[1] == {
        "version": told["version"],
        "items": [],
        "collections": [],
        "deleted": {"items": [], "collections": []},
        "next": None,
    }
    _, first = caller.changes("since=0&limit=1")
    _, second = caller.changes(f"since=0&limit=1&after={first['next']}")
    assert [len(page["items"]) + len(page["collections"]) for page in (first, second)] == [1, 1]
    assert (first["deleted"]["items"], second["deleted"]["items"], second["next"]) == ([], [LOST], None)


def test_a_change_that_is_none_is_unchanged(caller: Caller) -> None:
    """And moves no version."""
    _, answer = caller.push(PAPER)
    _, again = caller.push({"key": KEY, "version": answer["version"], "title": "Alpha"})
    assert (again["unchanged"], again["version"]) == ({"0": KEY}, answer["version"])


def test_a_batch_for_an_older_library_is_refused_whole(caller: Caller) -> None:
    """And learns the version."""
    _, answer = caller.push(PAPER)
    caller.zotero.write({"itemType": "book", "title": "Mine"})
    status, told = caller.push({**PAPER, "key": OTHER}, since=answer["version"])
    assert (status, told["version"]) == (412, answer["version"] + 1)
    assert "server" not in told
