"""What the plugin answers, word for word of docs/plugin.md: its JavaScript and the double that plays it alike."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from clocks import FakeClock
from plugins import SIDES
from syncd.handshake import HEADER, Caller
from syncd.zotero.client import Address
from syncd.zotero.desktop import PluginClient, plugin_at
from syncd.zotero.transport import PoliteTransport

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from desk import Zotero
    from plugins import InZotero

KEY, OTHER, LOST = "ABCD2345", "BBCD2345", "ZZZZ2345"
PAPER = {"key": KEY, "version": 0, "itemType": "preprint", "title": "Alpha"}


@dataclass
class Program:
    """A program that was paired, and sends just what it is told to."""

    url: str
    key: str
    zotero: Zotero
    plugin: InZotero

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, Any]:
        """Send a request; status and body, and 0 where the connection is closed without a word."""
        status, _, text = self.raw(method, path, body, **headers)
        try:
            return status, json.loads(text)
        except ValueError:
            return status, None

    def raw(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, str | None, bytes]:
        """Send a request; status, signature and content of the answer."""
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
        said = {"Content-Type": "application/json"} if method == "POST" else {}
        try:
            named = {name.replace("_", "-"): text for name, text in headers.items()}
            connection.request(method, f"/syncd/v1/{path}", body, said | named)
            answer = connection.getresponse()
            text = answer.read()
        except (ConnectionError, http.client.HTTPException):
            return 0, None, b""
        finally:
            connection.close()
        return answer.status, answer.getheader(HEADER), text

    @cached_property
    def caller(self) -> Caller:
        """What signs, in the session that is now."""
        found = Caller(self.key, "plugin")
        _, told = self.send("GET", "ping", None, **{HEADER: found.sign("GET", "/syncd/v1/ping", b"")})
        found.session = told["session"]
        return found

    @property
    def server(self) -> str:
        """The Zotero that is there."""
        server: str = self.signed("GET", "ping", server="")[1]["server"]
        return server

    def request(
        self, method: str, path: str, sent: Any = None, server: str | None = None
    ) -> tuple[bytes | None, dict[str, str]]:
        """Return body and headers of a signed request."""
        meant = self.server if server is None else server
        name, _, query = path.partition("?")
        target = f"/syncd/v1/{name}" + (
            f"?{urlencode(parse_qsl(query, keep_blank_values=True))}" if query else ""
        )
        text = "" if sent is None else json.dumps(sent)
        header = self.caller.sign(method, target, text.encode(), meant)
        body = None if sent is None else json.dumps({"signed": text}).encode()
        return body, {HEADER: header} | ({"Syncd_Server": meant} if meant else {})

    def signed(self, method: str, path: str, sent: Any = None, server: str | None = None) -> tuple[int, Any]:
        """Send a signed request; the answer must be signed, too."""
        body, headers = self.request(method, path, sent, server)
        status, signature, text = self.raw(method, path, body, **headers)
        assert self.caller.knows(signature, status, text)
        return status, json.loads(text)

    def push(self, *objects: Any, kind: str = "items", since: Any = None) -> tuple[int, Any]:
        """Write."""
        return self.signed("POST", "push", {"kind": kind, "objects": objects, "ifUnmodifiedSince": since})

    def changes(self, query: str = "since=0") -> tuple[int, Any]:
        """Read."""
        return self.signed("GET", f"changes?{query}")


@pytest.fixture(params=SIDES, ids=lambda side: side.__name__)
def program(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Program]:
    """Give a program that was allowed."""
    with request.param(tmp_path, FakeClock()) as (zotero, plugin):
        plugin.install(paired=True)
        server = plugin.program.server
        yield Program(server.url, server.key, zotero, plugin)


def test_ping_tells_a_stranger_only_that_it_is_there(program: Program) -> None:
    """A program that was paired learns the ids and the libraries."""
    stranger = {"syncd": "0.1.0", "api": 2, "oldest": 2, "paired": False}
    assert program.send("GET", "ping") == (200, stranger)
    assert program.send("GET", "ping", None, Syncd_Token=program.key) == (200, stranger)
    status, told = program.signed("GET", "ping", server="")
    assert (status, told["paired"]) == (200, True)
    assert told.keys() >= {"zotero", "server", "database", "libraries"}
    assert told["libraries"][0] == {"prefix": "users/0", "editable": True}


def names(program: Program) -> tuple[str, ...]:
    """Return what syncd calls the library."""
    transport = PoliteTransport(FakeClock(), attempts=1)
    address = Address("main", program.url, "users/0", program.key)
    try:
        plugin = plugin_at(address, transport)
        assert plugin
        return PluginClient(address, transport, plugin).names
    finally:
        transport.shutdown()


def test_a_library_has_another_name_once_its_user_signs_in(program: Program) -> None:
    """The plugin tells the number while it runs, to those that were allowed; both names are good from then on."""
    assert program.signed("GET", "ping")[1]["user"] is None
    assert names(program) == ("users/0",)
    for name, status in (("users/0", 200), ("users/117", 404), ("users/null", 404), ("groups/5", 404)):
        assert program.changes(f"since=0&library={name}")[0] == status, name
    program.plugin.sign_in(117)
    assert "user" not in program.send("GET", "ping")[1]
    assert program.signed("GET", "ping")[1]["user"] == 117
    assert names(program) == ("users/117", "users/0")
    for name, status in (("users/0", 200), ("users/117", 200), ("users/118", 404)):
        assert program.changes(f"since=0&library={name}")[0] == status, name
        sent = {"kind": "items", "objects": [], "library": name}
        assert program.signed("POST", "push", sent)[0] == status, name


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
        ("POST push", b"{}", {"Syncd_Signature": "wrong"}, 401),
        ("POST push", b"{}", {"Syncd_Signature": f"- {32 * '0'} {64 * '0'}"}, 401),
        ("POST pair/keep", b"{}", {}, 401),
        ("POST pair/ask", b"{}", {}, 400),
        ("POST pair", b"{}", {}, 400),
        ("POST pair", b'{"name": "old"}', {}, 400),
        ("POST pair", b"[]", {}, 400),
    ],
)
def test_who_does_not_belong_is_refused(
    program: Program, asked: str, body: bytes | None, headers: dict[str, str], status: int
) -> None:
    """By Zotero's server, or by the plugin."""
    method, path = asked.split()
    assert program.send(method, path, body, **headers)[0] == status


@pytest.mark.parametrize("path", ["changes?since=0", "push"])
def test_who_means_another_zotero_is_refused(program: Program, path: str) -> None:
    """And learns which one it is."""
    method, sent = ("POST", {"kind": "items", "objects": [PAPER]}) if path == "push" else ("GET", None)
    assert program.signed(method, path, sent, server="")[0] == 428
    status, told = program.signed(method, path, sent, server="another")
    assert (status, told["server"]) == (412, program.server)
    assert program.zotero.items() == {}


PUSH: dict[str, Any] = {"kind": "items", "objects": [PAPER]}


def test_a_request_counts_once_and_not_after_a_restart_of_zotero(program: Program) -> None:
    """Who recorded it can send it again, and gets nothing for it."""
    body, headers = program.request("POST", "push", PUSH)
    assert program.raw("POST", "push", body, **headers)[0] == 200
    program.zotero.erase(KEY)
    assert program.raw("POST", "push", body, **headers)[:2] == (401, None)
    kept = program.request("POST", "push", {**PUSH, "objects": [{**PAPER, "key": OTHER}]})
    program.plugin.restart()
    for recorded in ((body, headers), kept):
        assert program.raw("POST", "push", recorded[0], **recorded[1])[0] == 401
    assert program.zotero.items() == {}


def test_a_request_that_was_changed_on_its_way_is_refused(program: Program) -> None:
    """Its body, its address, its session, and which Zotero it means."""
    body, headers = program.request("POST", "push", PUSH)
    assert body
    session, nonce, mac = headers[HEADER].split(" ")
    for path, sent, said in (
        ("push", body.replace(b"Alpha", b"Omega"), headers),
        ("push", json.dumps(PUSH).encode(), headers),
        ("push?x=1", body, headers),
        ("push", body, {**headers, "Syncd_Server": "another"}),
        ("push", body, {**headers, HEADER: f"{session} {nonce[::-1]} {mac}"}),
        ("push", body, {**headers, HEADER: f"{32 * 'a'} {nonce} {mac}"}),
        ("push", body, {**headers, HEADER: f"{session} {nonce} {mac[:-1]}"}),
        ("push", body, {HEADER: headers[HEADER]}),
    ):
        assert program.raw("POST", path, sent, **said)[:2] == (401, None), (path, said)
    read = program.request("GET", "changes?since=1")[1]
    assert program.raw("GET", "changes?since=0", None, **read)[:2] == (401, None)
    assert program.zotero.items() == {}


def test_words_in_any_letters_have_the_same_signature_on_both_sides(program: Program) -> None:
    """Also those that JSON and UTF-8 write in several ways."""
    title = 'Ångström 𝔘nicode 中文 \u2028 "quoted" \x7f'
    status, answer = program.push({**PAPER, "title": title})
    assert (status, answer["successful"]["0"]["data"]["title"]) == (200, title)
    assert program.changes("since=0&limit=1000&library=users/0")[1]["items"][0]["data"]["title"] == title


def test_requests_that_are_none_are_refused_whole(program: Program) -> None:
    """Nothing of them is done."""
    assert program.push(kind="searches")[0] == 400
    assert program.push(since="1")[0] == 400
    assert program.push(*[PAPER] * 1001)[0] == 413
    for query in ("since=x", "since=-1", "since=0&limit=0", "since=0&limit=x", "since=0&after=x"):
        assert program.changes(query)[0] == 400, query
    assert program.zotero.items() == {}


def test_each_object_that_is_refused_has_its_code(program: Program) -> None:
    """Those of the web API; the others are written."""
    status, answer = program.push(PAPER, {**PAPER, "key": OTHER})
    assert (status, sorted(answer["successful"])) == (200, ["0", "1"])
    program.zotero.erase(OTHER)
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
    status, answer = program.push(*sent)
    assert status == 200
    codes = dict(enumerate(code for _, code in refused)) | {len(sent) - 1: 412}
    assert {int(place): told["code"] for place, told in answer["failed"].items()} == codes
    assert list(answer["successful"]) == [str(len(refused))]
    assert all(told["message"] for told in answer["failed"].values())
    assert set(program.zotero.items()) == {KEY, "IBCD2345"}


def test_what_changed_has_the_shape_of_the_web_api(program: Program) -> None:
    """Each object with key, version and data; keys of what went; the page after this one."""
    program.push({"key": KEY, "version": 0, "name": "Shelf", "parentCollection": False}, kind="collections")
    _, written = program.push({**PAPER, "key": OTHER}, {**PAPER, "key": LOST})
    program.zotero.erase(LOST)
    status, told = program.changes()
    assert status == 200
    assert told.keys() == {"version", "items", "collections", "deleted", "next"}
    (item,), (shelf,) = told["items"], told["collections"]
    assert item == written["successful"]["0"]
    assert (item["key"], item["data"]["version"]) == (OTHER, item["version"])
    assert (shelf["data"]["name"], shelf["data"]["parentCollection"]) == ("Shelf", False)
    assert (told["deleted"], told["next"]) == ({"items": [LOST], "collections": []}, None)
    assert program.changes(f"since={told['version']}")[1] == {
        "version": told["version"],
        "items": [],
        "collections": [],
        "deleted": {"items": [], "collections": []},
        "next": None,
    }
    _, first = program.changes("since=0&limit=1")
    _, second = program.changes(f"since=0&limit=1&after={first['next']}")
    assert [len(page["items"]) + len(page["collections"]) for page in (first, second)] == [1, 1]
    assert (first["deleted"]["items"], second["deleted"]["items"], second["next"]) == ([], [LOST], None)


def test_a_change_that_is_none_is_unchanged(program: Program) -> None:
    """And moves no version."""
    _, answer = program.push(PAPER)
    _, again = program.push({"key": KEY, "version": answer["version"], "title": "Alpha"})
    assert (again["unchanged"], again["version"]) == ({"0": KEY}, answer["version"])


def test_a_batch_for_an_older_library_is_refused_whole(program: Program) -> None:
    """And learns the version."""
    _, answer = program.push(PAPER)
    program.zotero.write({"itemType": "book", "title": "Mine"})
    status, told = program.push({**PAPER, "key": OTHER}, since=answer["version"])
    assert (status, told["version"]) == (412, answer["version"] + 1)
    assert "server" not in told
