"""The desktop's local API as the embedded library plays it: the rules that the real client was seen to have."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from clocks import FakeClock
from desk import Zotero
from syncd.zotero.embedded import DesktopLibrary, EmbeddedLibrary

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BOOK = {"itemType": "book", "title": "A book"}
ITEMS = "/api/users/0/items"
DENIED = json.dumps({"denied": True})


@dataclass
class Reply:
    """An answer."""

    status: int
    reason: str
    headers: http.client.HTTPMessage
    text: str

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.text)


@dataclass
class Local:
    """A client of the local API that sends just what it is told to."""

    server: DesktopLibrary

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """Send one request; "_" in a header's name stands for "-"."""
        address = urlsplit(self.server.url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
        sent = {"Content-Type": "application/json"} | {n.replace("_", "-"): v for n, v in headers.items()}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), sent)
            answer = connection.getresponse()
            return Reply(answer.status, answer.reason, answer.headers, answer.read().decode())
        finally:
            connection.close()

    @property
    def server_id(self) -> dict[str, str]:
        """The header that every write needs."""
        return {"Zotero_Server_ID": self.server.desktop.server_id}

    def write(self, *objects: dict[str, Any], key: str = "", to: str = "items", **headers: str) -> Reply:
        """POST as a program does that has a key."""
        path = f"/api/users/0/{to}"
        return self(
            "POST", path, list(objects), Zotero_API_Key=key or self.server.key, **self.server_id, **headers
        )

    def ask(self, **headers: str) -> Reply:
        """Ask the user for a key."""
        return self("POST", "/api/local/authorize", {"appName": "syncd"}, **(headers or self.server_id))


@pytest.fixture
def clock() -> FakeClock:
    """Give the time."""
    return FakeClock()


@pytest.fixture
def local(tmp_path: Path, clock: FakeClock) -> Iterator[Local]:
    """Give a client of an empty library."""
    with DesktopLibrary(tmp_path / "zotero.sqlite", clock=clock.now) as server:
        yield Local(server)


@pytest.fixture
def owned(local: Local) -> Iterator[Zotero]:
    """Give what its owner sees."""
    with EmbeddedLibrary(local.server.path) as server:
        yield Zotero(server)


def test_a_write_is_checked_in_the_real_clients_order(local: Local) -> None:
    """Each request puts one more thing right, and the next thing is refused."""
    desktop, headers = local.server.desktop, {"Host": "evil.example", "Content_Type": "text/plain"}
    headers |= {"Zotero_API_Version": "2"}
    desktop.enabled = False
    path, seen = "/api/users/7/items", []

    def step() -> None:
        reply = local("POST", path, [BOOK], **headers)
        seen.append((reply.status, reply.reason))

    step()
    headers["Host"] = "localhost"
    step()
    headers["Content_Type"] = "application/json"
    step()
    desktop.enabled = True
    step()
    headers["Zotero_Server_ID"] = "another"
    step()
    headers["Zotero_Server_ID"] = desktop.server_id
    step()
    headers["Zotero_API_Version"] = "3"
    step()
    path = ITEMS
    step()
    headers["Zotero_API_Key"] = "wrong"
    step()
    headers["Zotero_API_Key"] = local.server.key
    step()
    assert [status for status, _ in seen] == [400, 400, 403, 428, 412, 501, 400, 401, 401, 200]
    assert {reason for status, reason in seen if status != 200} == {"undefined"}


@pytest.mark.parametrize("header", [{"Origin": "http://localhost"}, {"User_Agent": "Mozilla/5.0 (X11)"}])
def test_a_browser_gets_no_answer(local: Local, header: dict[str, str]) -> None:
    """Its connection is closed."""
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        local("GET", "/api/", **header)


def test_every_answer_names_the_zotero_and_reads_may_name_it_too(local: Local) -> None:
    """Errors too; a read that means another one is refused."""
    for path in ("/api/", ITEMS, "/api/nothing"):
        assert local("GET", path).headers["Zotero-Server-ID"] == local.server.desktop.server_id
    assert local("GET", ITEMS, Zotero_Server_ID="another").status == 412
    assert local("GET", "/api").status == 404


@pytest.mark.parametrize(
    "path",
    ["/api/users/0/deleted?since=0", "/api/keys/current", "/api/items/new?itemType=book", "/users/0/items"],
)
def test_what_the_local_api_has_not_is_not_found(local: Local, path: str) -> None:
    """No deletion log, no rights, no templates."""
    assert local("GET", path).status == 404


@pytest.mark.parametrize("to", ["items", "collections"])
def test_nobody_can_name_the_key_of_something_new(local: Local, to: str) -> None:
    """Without one it is created, and the answer tells its key."""
    new = BOOK if to == "items" else {"name": "Mine"}
    report = local.write({**new, "key": "ABCD2345", "version": 0}, new, to=to).json
    assert "'primaryData' not loaded" in report["failed"]["0"]["message"]
    assert report["success"]["1"] == report["successful"]["1"]["key"] != "ABCD2345"


def test_a_write_of_an_existing_key_changes_what_is_sent(local: Local) -> None:
    """With its version: without one, or with an old one, that object fails alone."""
    key = local.write({**BOOK, "extra": "kept"}).json["success"]["0"]
    report = local.write(
        {"key": key, "title": "x"},
        {"key": key, "version": 1, "title": "Changed"},
        {"key": key, "version": 1, "title": "Too late"},
    ).json
    assert [report["failed"][number]["code"] for number in ("0", "2")] == [428, 412]
    data = local("GET", f"{ITEMS}/{key}").json["data"]
    assert (data["title"], data["extra"]) == ("Changed", "kept")
    assert local.write(*[BOOK] * 51).status == 413


def test_the_version_of_the_library_does_not_guard_a_write_of_many(local: Local) -> None:
    """Whoever relies on it there is not protected."""
    local.write(BOOK)
    assert local.write(BOOK, If_Unmodified_Since_Version="0").status == 200


def test_lists_are_as_long_as_one_wants(local: Local) -> None:
    """No limit unless one is asked for."""
    for _ in range(3):
        local.write(*[BOOK] * 50)
    assert len(local("GET", ITEMS).json) == 150
    assert len(local("GET", f"{ITEMS}?limit=120").json) == 120


def test_names_in_a_summary_are_marked(local: Local) -> None:
    """Between U+2068 and U+2069, where there are several."""
    names = [{"creatorType": "author", "firstName": "A", "lastName": name} for name in ("Lee", "Chen")]
    local.write({**BOOK, "creators": names})
    local.write({**BOOK, "creators": names[:1]})
    summaries = {item["meta"]["creatorSummary"] for item in local("GET", ITEMS).json}
    assert summaries == {"\u2068Lee\u2069 and \u2068Chen\u2069", "Lee"}


def test_a_trashed_collection_is_in_no_list_but_there(local: Local, owned: Zotero) -> None:
    """Its own address has it."""
    key = local.write({"name": "Mine"}, to="collections").json["success"]["0"]
    owned.write({"key": key, "version": 1, "deleted": True}, to="collections")
    assert local("GET", "/api/users/0/collections").json == []
    assert local("GET", f"/api/users/0/collections/{key}").json["data"]["deleted"] is True


def test_a_key_for_one_write_is_spent_by_a_write_that_fails(local: Local) -> None:
    """One for good is not."""
    local.server.desktop.consent = lambda _: "once"
    once = local.ask().json
    assert once["remember"] is False
    assert local.write({"itemType": "nonsense"}, key=once["key"]).json["failed"]
    assert local.write(BOOK, key=once["key"]).status == 401
    local.server.desktop.consent = lambda _: "always"
    always = local.ask().json
    assert always["remember"] is True
    assert [local.write(BOOK, key=always["key"]).status for _ in range(2)] == [200, 200]
    local.server.desktop.revoke()
    assert local.write(BOOK, key=always["key"]).status == 401


def test_the_user_may_say_no_and_is_not_asked_without_end(local: Local, clock: FakeClock) -> None:
    """Five questions a minute."""
    assert local.ask(Accept="*/*").status == 428
    assert [(reply.status, reply.text) for reply in (local.ask(), local.ask())] == [(403, DENIED)] * 2
    assert [local.ask().status for _ in range(4)] == [403, 403, 403, 429]
    clock.advance(61)
    assert local.ask().status == 403


def test_zotero_7_to_9_can_only_be_read(local: Local) -> None:
    """No id, no write, no question."""
    local.server.desktop.writable = False
    root = local("GET", "/api/")
    assert root.status == 200
    assert "Zotero-Server-ID" not in root.headers
    assert local("GET", ITEMS).json == []
    assert local.write(BOOK).status == 400
    assert local.ask().status == 400


def test_a_write_token_can_be_used_once(local: Local) -> None:
    """As online."""
    headers = {"Zotero_Write_Token": "0123456789"}
    assert [local.write(BOOK, **headers).status for _ in range(2)] == [200, 412]
