"""syncd's plugin in an embedded Zotero: its addresses below /syncd/v1/ over the same library.

For tests of syncd, and for trying it out without Zotero. The user's answer to pairing comes from whoever serves it.
"""

from __future__ import annotations

import json
import secrets
from collections import deque
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from threading import RLock
from typing import TYPE_CHECKING, Any

from syncd.text.patterns import pattern
from syncd.zotero import schema

from . import collection_store, database, query
from .exchange import JSON, Answer
from .ledger import KINDS, Kind, Ledger
from .objects import Change
from .refusal import RefusalError, invalid, server_error
from .representation import collection_json, item_json
from .writing import find, write

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from .exchange import Exchange
    from .preconditions import Name
    from .store import Store

Json = dict[str, Any]
ROOT = "/syncd/v1/"
MOST_OBJECTS = 1000
MOST_TOLD = 1000
MOST_DIALOGS = 5
_CURSOR = pattern(r"\d{1,15}-(items|collections)-\w+", hostile=("1-items-", "a", ""))
_DIALOGS_FOR = timedelta(minutes=1)
_NAMES: Mapping[Kind, Name] = {"items": "item", "collections": "collection"}


@dataclass(slots=True)
class Plugin:
    """The plugin: whom it knows, and what it remembers of the library.

    Attributes:
        server_id: under which it counts versions.
        database: the key of Zotero's database, which outlives the plugin.
        user: the number of the user who is signed in to Zotero's sync; None where nobody is.
        consent: asked with a program's name; whether the user allows it.
        version: its own, which is that of the syncd that it came with.
        api: the version of its addresses.
        controls: how to reach those who were allowed, as they told it.
    """

    server_id: str
    database: str = "database"
    user: int | None = None
    consent: Callable[[str], bool] = lambda _: False
    version: str = "0.1.0"
    api: int = 1
    controls: list[Json] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    lock: RLock = field(default_factory=RLock)
    _tokens: set[str] = field(default_factory=set)
    _dialogs: deque[datetime] = field(default_factory=deque)

    def grant(self, token: str = "") -> str:
        """Give a token."""
        token = token or secrets.token_hex(32)
        self._tokens.add(token)
        return token

    def revoke(self) -> None:
        """Take all tokens back, as the settings offer it."""
        self._tokens.clear()

    def knows(self, token: str | None) -> bool:
        """Whether a token is one of those given."""
        return token in self._tokens

    def may_ask(self, now: datetime) -> bool:
        """Whether another dialog may be shown."""
        with self.lock:
            while self._dialogs and now - self._dialogs[0] >= _DIALOGS_FOR:
                self._dialogs.popleft()
            if len(self._dialogs) >= MOST_DIALOGS:
                return False
            self._dialogs.append(now)
            return True


def respond(exchange: Exchange, plugin: Plugin) -> Answer:
    """Answer a request; a refusal is an answer, too."""
    try:
        return _answered(exchange, plugin)
    except RefusalError as refusal:
        return _json(refusal.status, {"message": refusal.message})


def _answered(exchange: Exchange, plugin: Plugin) -> Answer:
    request = exchange.request
    headers = [name.lower() for name in request.headers]
    if "origin" in headers or any(name.startswith("sec-fetch-") for name in headers):
        raise RefusalError(403, "this is not for browsers")
    route = _ROUTES.get(request.path.removeprefix(ROOT))
    if route is None:
        raise RefusalError(404, "No endpoint found")
    method, is_open, act = route
    if request.method != method:
        raise invalid("Endpoint does not support method")
    if method == "POST":
        _check_body(exchange)
    if not is_open and not plugin.knows(request.headers.get("Syncd-Token")):
        raise RefusalError(401, "no token, or one that was revoked: pair with syncd login --desktop")
    meant = request.headers.get("Syncd-Server")
    if not is_open and not meant:
        raise RefusalError(428, "Syncd-Server must name the Zotero that is meant, as ping tells it")
    if not is_open and meant != plugin.server_id:
        message = "this is another Zotero than the one that is meant"
        return _json(412, {"message": message, "server": plugin.server_id})
    return act(exchange, plugin)


def _check_body(exchange: Exchange) -> None:
    """Refuse what never reaches the plugin: Zotero's server parses a body first."""
    kind = exchange.request.headers.get("Content-Type", "").partition(";")[0].strip()
    if kind != "application/json":
        raise invalid("Endpoint does not support content-type")
    if not isinstance(exchange.json(), dict):
        raise invalid("the request must be a JSON object")


def _ping(exchange: Exchange, plugin: Plugin) -> Answer:
    told: Json = {
        "syncd": plugin.version,
        "api": plugin.api,
        "paired": plugin.knows(exchange.request.headers.get("Syncd-Token")),
    }
    if told["paired"]:
        libraries = [{"prefix": "users/0", "editable": True}]
        ids = {"server": plugin.server_id, "database": plugin.database, "user": plugin.user}
        told |= {"zotero": "11.0", **ids, "libraries": libraries}
    return _json(200, told)


def _pair(exchange: Exchange, plugin: Plugin) -> Answer:
    sent = exchange.json()
    name = sent.get("name")
    if not isinstance(name, str) or not name.strip():
        raise invalid("name must say who asks")
    if not plugin.may_ask(exchange.served.clock()):
        raise RefusalError(429, "Zotero asked often enough just now; try again in a minute")
    if not plugin.consent(name):
        return _json(403, {"denied": True})
    if sent.get("control"):
        plugin.controls.append(sent["control"])
    return _json(200, {"token": plugin.grant()})


def _changes(exchange: Exchange, plugin: Plugin) -> Answer:
    asked = query.parameters(exchange.request.query)
    since, limit = query.first(asked, "since") or "0", query.first(asked, "limit") or str(MOST_TOLD)
    after = query.first(asked, "after") or ""
    _check_library(query.first(asked, "library") or None, plugin)
    if not since.isdecimal():
        raise invalid("since must be a version")
    if not limit.isdecimal() or limit == "0" or (after and not _CURSOR.fullmatch(after)):
        raise invalid("limit must be a number, and after what the page before had as next")
    with plugin.lock, database.snapshot(exchange.store.connection):
        plugin.ledger.catch_up(_held(exchange.store))
        page = plugin.ledger.since(int(since), min(int(limit), MOST_TOLD), after)
        told: Json = {"version": plugin.ledger.version, "deleted": page[1], "next": page[2]}
        for kind, keys in page[0].items():
            told[kind] = [_told(exchange, plugin.ledger, kind, key) for key in keys]
    return _json(200, told)


def _check_library(name: Any, plugin: Plugin) -> None:
    """Refuse another library than the user's own, which has two names once they signed in."""
    if name not in [None, "users/0", *([f"users/{plugin.user}"] if plugin.user else [])]:
        raise RefusalError(404, "there is no such library")


def _push(exchange: Exchange, plugin: Plugin) -> Answer:
    sent = exchange.json()
    kind, objects, since = sent.get("kind"), sent.get("objects"), sent.get("ifUnmodifiedSince")
    _check_library(sent.get("library"), plugin)
    if kind not in KINDS:
        raise invalid('kind must be "items" or "collections"')
    if not isinstance(objects, list) or not isinstance(since, int | None):
        raise invalid("objects must be a list, and ifUnmodifiedSince a version")
    if len(objects) > MOST_OBJECTS:
        raise RefusalError(413, f"a request may hold {MOST_OBJECTS} objects at most")
    with plugin.lock:
        before = deepcopy(plugin.ledger)
        try:
            with database.transaction(exchange.store.connection):
                return _written(exchange, plugin.ledger, kind, objects, since)
        except BaseException:
            # Nothing was written, so nothing has a new version.
            plugin.ledger = before
            raise


def _written(
    exchange: Exchange, ledger: Ledger, kind: Kind, objects: list[Json], since: int | None
) -> Answer:
    """Write objects in the caller's transaction; one that is refused fails alone."""
    ledger.catch_up(_held(exchange.store))
    if since is not None and since < ledger.version:
        return _json(412, {"message": "the library changed meanwhile", "version": ledger.version})
    report: dict[str, Json] = {"successful": {}, "unchanged": {}, "failed": {}}
    done = []
    for index, sent in enumerate(objects):
        if exchange.part.stop is not None and index >= exchange.part.stop:
            raise server_error()
        try:
            if refused := exchange.refused.get(index):
                raise refused
            if _write_one(exchange, ledger, kind, sent, since):
                done.append(index)
            else:
                report["unchanged"][str(index)] = sent["key"]
        except RefusalError as refusal:
            report["failed"][str(index)] = {
                "key": sent.get("key") if isinstance(sent, dict) else None,
                "code": refusal.status,
                "message": refusal.message,
            }
    ledger.catch_up(_held(exchange.store))
    for index in done:
        report["successful"][str(index)] = _told(exchange, ledger, kind, objects[index]["key"])
    return _json(200, {**report, "version": ledger.version})


def _write_one(exchange: Exchange, ledger: Ledger, kind: Kind, sent: Json, since: int | None) -> bool:
    """Write one object; whether that changed anything."""
    key = str(sent.get("key")) if isinstance(sent, dict) else ""
    if not schema.is_key(key):
        raise invalid("an object needs a key of Zotero's form")
    name, version = _NAMES[kind], sent.get("version")
    present = find(exchange.store, name, key)
    if present and key not in ledger.known[kind]:
        raise RefusalError(412, f"{key} stands in this request twice")
    known = ledger.known[kind][key][0] if present else 0
    if version is None:
        if since is None and present:
            raise RefusalError(428, "a change needs the version that it is made to")
    elif not isinstance(version, int):
        raise invalid("version must be a version")
    elif known > version:
        raise RefusalError(412, f"{key} is there in version {known}, and {version} was expected")
    elif not present and version > 0:
        raise RefusalError(404, f"{key} is not there; version 0 would create it")
    if not present and key in ledger.deleted[kind]:
        raise RefusalError(412, f"{key} was erased")
    if sent.get("itemType") == "attachment" and sent.get("linkMode") != "linked_url":
        raise invalid("an attachment must be a linked_url")
    return write(exchange.store, name, Change(sent, key, partial=True, now=exchange.served.clock()))


def _held(store: Store) -> dict[Kind, dict[str, str]]:
    """Return a print of every object, which moves with each of its changes."""
    held: dict[Kind, dict[str, str]] = {}
    for kind in KINDS:
        rows = store.connection.execute(
            f"SELECT key, version FROM {kind} WHERE library = ?",  # noqa: S608 - constants
            (store.library,),
        )
        held[kind] = {key: str(version) for key, version in rows}
    return held


def _told(exchange: Exchange, ledger: Ledger, kind: Kind, key: str) -> Json:
    """Return an object with the ledger's version."""
    store, address = exchange.store, exchange.served.address
    version = ledger.known[kind][key][0]
    if kind == "items":
        data = item_json(store.items([key])[0], address, {})["data"]
    else:
        collection = collection_store.collection(store, key)
        data = collection_json(collection, address, {}, {})["data"] if collection else {}
    return {"key": key, "version": version, "data": {**data, "version": version}}


def _json(status: int, body: Json) -> Answer:
    return Answer(status, {"Content-Type": JSON}, json.dumps(body, ensure_ascii=False).encode())


# What each address does, by which method, and whether it does so without a token.
_ROUTES: Mapping[str, tuple[str, bool, Callable[[Exchange, Plugin], Answer]]] = {
    "ping": ("GET", True, _ping),
    "pair": ("POST", True, _pair),
    "changes": ("GET", False, _changes),
    "push": ("POST", False, _push),
}
