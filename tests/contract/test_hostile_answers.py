"""Whatever is answered in a library's place is a temporary trouble with a sentence, for every question and write."""

from __future__ import annotations

import gzip
import json
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from clocks import FakeClock
from desk import Trouble
from doubles import Fault, FaultyLibrary
from doubles.plugin import new_key
from plugins import signed
from syncd.clock import SystemClock
from syncd.daemon.roster import delay
from syncd.errors import LibraryError
from syncd.zotero import transport as transport_module
from syncd.zotero.account import Account, SignIn
from syncd.zotero.client import Address, Client, Outcome
from syncd.zotero.desktop import Plugin, PluginClient
from syncd.zotero.transport import OutcomeUnknownError, PoliteTransport
from websites import dripping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Json = dict[str, Any]
KEY = "ABCD2345"
PAIRED = new_key()
PAPER = {"key": KEY, "version": 0, "itemType": "preprint", "title": "Alpha"}
SHELF = {"key": KEY, "version": 0, "name": "Shelf", "parentCollection": False}
ITEM: Json = {
    "key": KEY,
    "version": 7,
    "meta": {"parsedDate": "2023-04-25"},
    "data": {
        **PAPER,
        "version": 7,
        "creators": [{"creatorType": "author", "firstName": "Ann", "lastName": "Lee"}],
        "tags": [{"tag": "cs.CL", "type": 1}],
        "collections": ["CCCC2345"],
        "relations": {"dc:replaces": "http://zotero.org/users/1/items/BBCD2345"},
    },
}
COLLECTION: Json = {"key": KEY, "version": 7, "data": {**SHELF, "version": 7}}


@dataclass(frozen=True)
class Question:
    """A question to a library: how a client asks it, its HTTP method, and a right answer."""

    ask: Callable[[Client], Any]
    method: str
    answer: Any


def report(entry: Json) -> Json:
    """Return what a write of one object is answered."""
    return {"successful": {"0": entry}, "success": {"0": KEY}, "unchanged": {}, "failed": {}}


def each_version(client: Client, version: int) -> dict[str, int]:
    """Read a list of versions to its end."""
    with client.versions_since(version) as (versions, _):
        return dict(versions)


def each_erased(client: Client, version: int) -> list[tuple[str, str]]:
    """Read a deletion log to its end."""
    with client.erased_since(version) as (erased, _):
        return list(erased)


CHANGES = {
    "version": 7,
    "items": [ITEM],
    "collections": [COLLECTION],
    "deleted": {"items": ["BBCD2345"], "collections": []},
    "next": None,
}
ONLINE = {
    "items_since": Question(lambda client: client.items_since(3), "GET", [ITEM]),
    "held": Question(lambda client: client.held(7), "GET", [ITEM]),
    "item_versions_since": Question(lambda client: client.item_versions_since(3), "GET", {KEY: 7}),
    "versions_since": Question(lambda client: each_version(client, 3), "GET", {KEY: 7}),
    "items_by_key": Question(lambda client: client.items_by_key([KEY]), "GET", [ITEM]),
    "items_in_parts": Question(lambda client: list(client.items_in_parts([KEY], 4)), "GET", [ITEM]),
    "collections_since": Question(lambda client: client.collections_since(3), "GET", [COLLECTION]),
    "erased_since": Question(
        lambda client: each_erased(client, 3),
        "GET",
        {"items": ["BBCD2345"], "collections": [], "tags": []},
    ),
    "write_items": Question(
        lambda client: client.write_items([PAPER], unmodified_since=3), "POST", report(ITEM)
    ),
    "write_collections": Question(
        lambda client: client.write_collections([SHELF], unmodified_since=3), "POST", report(COLLECTION)
    ),
}
THROUGH_PLUGIN = {
    name: Question(
        question.ask,
        question.method,
        CHANGES if question.method == "GET" else {**question.answer, "version": 8},
    )
    for name, question in ONLINE.items()
    if name not in {"held", "versions_since", "items_in_parts", "erased_since"}
}
KINDS = {"online": ONLINE, "plugin": THROUGH_PLUGIN}
QUESTIONS = [pytest.param(kind, name, id=f"{kind} {name}") for kind, asked in KINDS.items() for name in asked]
HEADERS = {"Content-Type": "application/json", "Last-Modified-Version": "7", "Total-Results": "1"}

# No question has one of these as its answer.
NONSENSE: dict[str, tuple[bytes, dict[str, str]]] = {
    "nothing": (b"", {}),
    "no text": (b'{"a": "\xff\xfe"}', {}),
    "no JSON": (b"Bad gateway", {}),
    "cut": (b'[{"key": "ABC', {}),
    "null": (b"null", {}),
    "a number": (b"42", {}),
    "a word": (b'"text"', {}),
    "a list of nothing": (b"[null]", {}),
    "a list of words": (b'["x"]', {}),
    "a list of lists": (b"[[]]", {}),
    "an empty object in a list": (b"[{}]", {}),
    "an object of nothing": (b'{"0": null, "items": null, "successful": null}', {}),
    "endless depth": (b"[" * 100_000, {}),
    "a picture": (b"\x89PNG", {"Content-Type": "image/png"}),
    "BibTeX": (b"@article{a, title = {b}}", {"Content-Type": "application/x-bibtex"}),
    "a feed": (b"<feed/>", {"Content-Type": "application/atom+xml"}),
    "a broken archive": (b"no gzip", {"Content-Encoding": "gzip"}),
}
# What is wrong with an object: where in it, and what stands there instead; `...` takes it out.
WRONG_ENTRY: list[tuple[str, Any]] = [
    ("", None),
    ("", []),
    ("key", ...),
    ("key", None),
    ("key", 7),
    ("key", "../../../keys"),
    ("version", ...),
    ("version", "7"),
    ("version", True),
    ("version", -1),
    ("version", 7.5),
    ("version", float("nan")),
    ("version", 10**30),
    ("data", ...),
    ("data", None),
    ("data", []),
    ("data.key", ...),
    ("data.key", "BBCD2345"),
]
WRONG_ITEM: list[tuple[str, Any]] = [
    *WRONG_ENTRY,
    ("meta", []),
    ("meta.parsedDate", 2023),
    ("data.itemType", ...),
    ("data.itemType", None),
    ("data.title", None),
    ("data.title", ["Alpha"]),
    ("data.title", "\ud83d"),
    ("data.date", 2023),
    ("data.parentItem", 7),
    ("data.creators", None),
    ("data.creators", {}),
    ("data.creators", [None]),
    ("data.creators", [{"lastName": 7}]),
    ("data.tags", ["cs.CL"]),
    ("data.tags", [{"tag": None}]),
    ("data.collections", "CCCC2345"),
    ("data.collections", [7]),
    ("data.relations", []),
    ("data.relations", {"dc:replaces": 7}),
    ("data.relations", {"dc:replaces": [7]}),
]
WRONG_COLLECTION: list[tuple[str, Any]] = [
    *WRONG_ENTRY,
    ("data.name", ...),
    ("data.name", None),
    ("data.name", ["Shelf"]),
    ("data.parentCollection", 7),
]
# The same for an answer as a whole, by question.
WRONG: dict[str, list[tuple[str, Any]]] = {
    "items_since": [("", {}), ("", {"items": []})],
    "item_versions_since": [("", []), (KEY, None), (KEY, "7"), (KEY, [7]), ("x", 7)],
    "versions_since": [("", []), (KEY, None), (KEY, "7"), (KEY, [7]), (KEY, 7.5), (KEY, -7), ("x", 7)],
    "erased_since": [
        *[("", []), ("items", ...), ("items", {}), ("items", [7]), ("items", [None])],
        *[("collections", ...), ("collections", "ABCD2345"), ("collections", ["x"])],
    ],
    "write_items": [
        *[(part, None) for part in ("successful", "unchanged", "failed")],
        *[(part, []) for part in ("successful", "unchanged", "failed")],
        *[(part, ...) for part in ("successful", "unchanged", "failed")],
        ("successful.0.key", "BBCD2345"),
    ],
}
WRONG_CHANGES: list[tuple[str, Any]] = [
    *[(part, ...) for part in CHANGES if part != "next"],
    *[(part, None) for part in CHANGES if part != "next"],
    *[(part, 7.5) for part in CHANGES],
    *[(part, "x") for part in CHANGES if part != "next"],
    *[("deleted.items", ...), ("deleted.items", {}), ("deleted.items", [7])],
    *[("deleted.collections", ...), ("deleted.collections", None), ("deleted.collections", ["x"])],
]
WRONG_HEADERS = (None, "", "abc", "-1", "7.5", "7, 7", "9" * 30)


def changed(answer: Any, where: str, what: Any) -> Any:
    """Return an answer with something else at a place in it."""
    if not where:
        return what
    made = deepcopy(answer)
    *path, last = where.split(".")
    spot = made
    for step in path:
        spot = spot[int(step) if isinstance(spot, list) else step]
    last_step = int(last) if isinstance(spot, list) else last
    if what is ...:
        del spot[last_step]
    else:
        spot[last_step] = what
    return made


@dataclass
class Stage:
    """A library that answers what it is told to; each question is asked by a new client."""

    clients: dict[str, Callable[[], Client]]
    trouble: Trouble

    def ask(self, kind: str, name: str, body: bytes, headers: Mapping[str, str | None] | None = None) -> Any:
        """Ask a question that is answered so."""
        question = KINDS[kind][name]
        said = {each: text for each, text in {**HEADERS, **(headers or {})}.items() if text is not None}
        fault = Fault("answer", status=200, headers=said, body=body)
        # What is signed is read, whatever it is.
        self.trouble.plan(
            question.method, lambda request: signed(request, PAIRED, fault) if kind == "plugin" else fault
        )
        return question.ask(self.clients[kind]())

    def check_refused(
        self, kind: str, name: str, body: bytes, headers: Mapping[str, str | None] | None = None
    ) -> LibraryError:
        """An answer is a temporary trouble, and of a write the outcome is unknown; return the error."""
        with pytest.raises(LibraryError) as refused:
            self.ask(kind, name, body, headers)
        assert refused.value.kind == "transient"
        assert refused.value.hint
        assert (KINDS[kind][name].method == "POST") == isinstance(refused.value, OutcomeUnknownError)
        return refused.value


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Give clients of each kind, for all of these tests: what they are answered leaves nothing behind."""
    trouble = Trouble()
    transport = PoliteTransport(FakeClock(), attempts=1)
    with FaultyLibrary(tmp_path_factory.mktemp("library") / "zotero.sqlite", faults=trouble) as server:
        address = Address("main", server.url, "users/1", server.key)
        plugin, here = Plugin("a plugin", "a database"), Address("main", server.url, "users/0", PAIRED)
        clients: dict[str, Callable[[], Client]] = {
            "online": lambda: Client(address, transport),
            "plugin": lambda: PluginClient(here, transport, plugin),
        }
        yield Stage(clients, trouble)
    transport.shutdown()


@pytest.mark.parametrize(("kind", "name"), QUESTIONS)
def test_a_right_answer_is_taken(stage: Stage, kind: str, name: str) -> None:
    """What the others of these tests change is an answer."""
    found = stage.ask(kind, name, json.dumps(KINDS[kind][name].answer).encode())
    if name.startswith("write"):
        assert [outcome.status for outcome in found] == ["written"]
    else:
        assert found


@pytest.mark.parametrize("nonsense", NONSENSE.values(), ids=NONSENSE.keys())
@pytest.mark.parametrize(("kind", "name"), QUESTIONS)
def test_nonsense_is_a_temporary_trouble(
    stage: Stage, kind: str, name: str, nonsense: tuple[bytes, dict[str, str]]
) -> None:
    """Never a fault in syncd."""
    body, headers = nonsense
    stage.check_refused(kind, name, body, dict(headers))


@pytest.mark.parametrize(("kind", "name"), QUESTIONS)
def test_an_answer_of_another_shape_is_a_temporary_trouble(stage: Stage, kind: str, name: str) -> None:
    """Whatever is missing in it, or of another type."""
    question = KINDS[kind][name]
    place = {
        "items_since": ("0", WRONG_ITEM),
        "held": ("0", WRONG_ITEM),
        "items_by_key": ("0", WRONG_ITEM),
        "items_in_parts": ("0", WRONG_ITEM),
        "collections_since": ("0", WRONG_COLLECTION),
        "write_items": ("successful.0", WRONG_ITEM),
        "write_collections": ("successful.0", WRONG_COLLECTION),
    }
    wrong = list(WRONG.get(name, ()))
    where, wrong_entry = place.get(name, ("", []))
    if kind == "plugin" and question.method == "GET":
        wrong = [*WRONG_CHANGES, *((f"items.0.{at}".strip("."), what) for at, what in WRONG_ITEM)]
        where, wrong_entry = "collections.0", WRONG_COLLECTION
    if kind == "plugin" and question.method == "POST":
        wrong += [("version", each) for each in (..., None, "8", -1, 8.5)]
    wrong += [(f"{where}.{at}".strip("."), what) for at, what in wrong_entry]
    for at, what in wrong:
        body = json.dumps(changed(question.answer, at, what)).encode()
        try:
            stage.check_refused(kind, name, body)
        except BaseException as error:
            error.add_note(f"{at or 'all'} is {what!r}")
            raise


@pytest.mark.parametrize("said", WRONG_HEADERS)
@pytest.mark.parametrize(
    ("name", "header"),
    [
        *[(name, "Total-Results") for name in ("items_since", "held", "collections_since")],
        *[(name, "Last-Modified-Version") for name in ONLINE if "_since" in name or name == "held"],
    ],
)
def test_a_count_or_version_that_is_none_is_a_temporary_trouble(
    stage: Stage, name: str, header: str, said: str | None
) -> None:
    """They come in headers."""
    body = json.dumps(ONLINE[name].answer).encode()
    stage.check_refused("online", name, body, {header: said})


@pytest.mark.parametrize(
    ("answer", "outcome", "transient"),
    [
        (
            {"code": 500, "message": "An error occurred"},
            Outcome("failed", code=500, message="An error occurred"),
            True,
        ),
        ({"code": 429, "message": "Slow down"}, Outcome("failed", code=429, message="Slow down"), True),
        ({"code": 503}, Outcome("failed", code=503), True),
        ({"message": "?"}, Outcome("failed", message="?"), True),
        ({}, Outcome("failed"), True),
        (None, Outcome("failed", message="the server's answer does not mention this object"), True),
        ({"code": 400, "message": "no"}, Outcome("failed", code=400, message="no"), False),
        ({"code": 412, "message": "no"}, Outcome("failed", code=412, message="no"), False),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_what_failed_for_now_is_told_from_what_was_refused(
    stage: Stage,
    kind: str,
    answer: Json | None,
    outcome: Outcome,
    transient: bool,  # noqa: FBT001 - what is expected
) -> None:
    """A fault of the server, a limit, no status and no word on an object are nothing that lasts."""
    failed = {} if answer is None else {"0": answer}
    body = {**KINDS[kind]["write_items"].answer, "successful": {}, "failed": failed}
    assert stage.ask(kind, "write_items", json.dumps(body).encode()) == (outcome,)
    assert outcome.transient == transient
    assert not Outcome("written").transient


@pytest.mark.parametrize(
    "told", [None, [], "x", {"code": "500"}, {"code": True}, {"code": 400, "message": 7}]
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_failure_of_another_shape_is_a_temporary_trouble(stage: Stage, kind: str, told: Any) -> None:
    """What became of the object is not known then."""
    body = {**KINDS[kind]["write_items"].answer, "successful": {}, "failed": {"0": told}}
    stage.check_refused(kind, "write_items", json.dumps(body).encode())


def test_pages_without_end_are_a_temporary_trouble(stage: Stage) -> None:
    """A server that names a page after the last, and a plugin that names pages in a circle."""
    for place in ("7-items-ABCD2345", "8-items-ABCD2345"):
        again = json.dumps({**CHANGES, "next": place}).encode()
        fault = Fault("answer", status=200, headers=HEADERS, body=again)
        stage.trouble.plan("GET", partial(signed, key=PAIRED, fault=fault))
    stage.check_refused("plugin", "items_since", json.dumps({**CHANGES, "next": "7-items-ABCD2345"}).encode())
    link = '<http://127.0.0.1/users/1/collections?start=1>; rel="next"'
    body = json.dumps([COLLECTION]).encode()
    assert stage.ask("online", "collections_since", body, {"Link": link}).total == 1


@pytest.mark.parametrize("later", [[], [COLLECTION]])
def test_no_more_pages_are_asked_for_than_the_total_allows(stage: Stage, later: list[Json]) -> None:
    """By the length of the first one; a server that has more to show then is no library."""
    headers = {**HEADERS, "Link": '<http://127.0.0.1/users/1/collections?start=2>; rel="next"'}
    for page in ([COLLECTION, COLLECTION], later):
        answer = Fault(
            "answer", status=200, headers={**headers, "Total-Results": "6"}, body=json.dumps(page).encode()
        )
        stage.trouble.plan("GET", answer)
    error = stage.check_refused(
        "online", "collections_since", json.dumps(later).encode(), {**headers, "Total-Results": "6"}
    )
    assert "go on after the 6 that it has by its own words" in str(error)


@pytest.mark.parametrize("link", ["@zotero.invalid/x", ".zotero.invalid/x", "0/x"])
def test_a_next_page_elsewhere_is_not_asked_for(stage: Stage, link: str) -> None:
    """It would be put behind the server's address, and the key be sent to whom that names then."""
    headers = {"Link": f'<{link}>; rel="next"', "Total-Results": "2"}
    body = json.dumps([COLLECTION]).encode()
    error = stage.check_refused("online", "collections_since", body, headers)
    assert "it can't be read" in str(error)


@pytest.mark.parametrize("drip", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\n\r\n"])
@pytest.mark.parametrize("name", ["items_since", "write_items"])
def test_a_dripping_library_is_left_in_time(name: str, drip: bytes) -> None:
    """Though no byte is late, and with all repeats; whether a write was done is not known then."""
    transport = PoliteTransport(SystemClock(), longest=0.3)
    with dripping(drip) as endpoint, pytest.raises(LibraryError, match="no answer in time") as refused:
        ONLINE[name].ask(Client(Address("main", endpoint, "users/1", "a-key"), transport))
    transport.shutdown()
    assert refused.value.kind == "transient"
    assert isinstance(refused.value, OutcomeUnknownError) == (name == "write_items")


def test_a_dripping_proxy_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was sent by then."""
    transport = PoliteTransport(SystemClock(), longest=0.3)
    with dripping(b"HTTP/1.1 200 OK\r\nX-Slow: ") as proxy:
        monkeypatch.setenv("https_proxy", proxy)
        client = Client(Address("main", "https://zotero.invalid", "users/1", "a-key"), transport)
        with pytest.raises(LibraryError, match="no answer in time"):
            client.write_items([PAPER], unmodified_since=3)
    transport.shutdown()


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", ["items_since", "write_items"])
def test_an_endless_answer_is_a_temporary_trouble(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, name: str, *, packed: bool
) -> None:
    """Counted as it is when it is unpacked."""
    monkeypatch.setattr(transport_module, "LARGEST", 1_000_000)
    body = b"[" + b" " * 1_000_000 + b"]"
    headers = {"Content-Encoding": "gzip"} if packed else {}
    error = stage.check_refused("online", name, gzip.compress(body) if packed else body, headers)
    assert "more than 1 MB at once" in str(error)


ODD: tuple[Any, ...] = (None, True, 0, -1, 7, "", "x", [], [None], {}, {"a": 1}, "\ud800")
FIELDS = (
    "userID",
    "username",
    "access",
    "sessionToken",
    "loginURL",
    "status",
    "apiKey",
    "token",
    "api",
    "user",
)
ACCOUNT: dict[str, Any] = {
    "rights": lambda account: account.rights("a-key"),
    "begin": lambda account: account.begin(),
    "key_of": lambda account: account.key_of(SignIn("a-token", "https://zotero.invalid")),
}


@pytest.mark.parametrize("name", ACCOUNT)
def test_an_account_of_another_shape_is_a_trouble_of_the_library(stage: Stage, name: str) -> None:
    """Of keys and of signing in: a sentence each, and never a key that is none."""
    client = stage.clients["online"]()
    account = Account(client.address.endpoint, client.transport)
    bodies = [b"<html>", b"null", b"[]", b'"x"', b"{", b"[" * 100_000, b"\xff", b"9" * 5000]
    bodies += [json.dumps({field: odd}).encode() for field in FIELDS for odd in ODD]
    bodies += [json.dumps(dict.fromkeys(FIELDS, odd)).encode() for odd in ODD if odd != 7]
    method = "POST" if name == "begin" else "GET"
    for body in bodies:
        if name == "rights" and body == b'{"userID": 7}':
            continue  # it is right, and may do nothing
        stage.trouble.plan(method, Fault("answer", status=200, headers=HEADERS, body=body))
        with pytest.raises(LibraryError) as refused:
            ACCOUNT[name](account)
        assert str(refused.value).startswith(client.address.endpoint), body


@pytest.mark.parametrize("value", ["9" * 30, "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
@pytest.mark.parametrize("header", ["Retry-After", "Backoff"])
def test_a_pause_without_end_is_a_day_to_the_daemon(stage: Stage, header: str, value: str) -> None:
    """It asks again tomorrow, whatever a server says."""
    transport = PoliteTransport(FakeClock(), attempts=1)
    client = Client(stage.clients["online"]().address, transport)
    fault = Fault("answer", status=503, headers={**HEADERS, header: value}, body=b"")
    stage.trouble.plan("GET", fault)
    with pytest.raises(LibraryError) as refused:
        client.version()
    transport.shutdown()
    assert delay(1, 0.0, refused.value.retry_after) <= timedelta(days=1)
