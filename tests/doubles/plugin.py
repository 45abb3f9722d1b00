"""syncd's plugin in an embedded Zotero: its addresses below /syncd/v1/ over the same library.

The user's answer to pairing comes from the test. The plugin itself is in JavaScript; the same tests ask both.
"""

from __future__ import annotations

import json
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import RLock
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.responses import Response

from doubles.faults import Fault
from doubles.ledger import KINDS, Kind, Ledger
from syncd.handshake import API, HEADER, OLDEST, Agreed, Gate, Half, Proof, commitment
from syncd.text.patterns import pattern
from syncd.zotero import schema
from syncd.zotero.embedded import database, query
from syncd.zotero.embedded.database import Store
from syncd.zotero.embedded.exchange import JSON, Exchange, RefusalError, invalid, server_error
from syncd.zotero.embedded.objects import Change, collection_json, item_json
from syncd.zotero.embedded.writing import Name, find, write

Json = dict[str, Any]
ROOT = "/syncd/v1/"
MOST_OBJECTS = 1000
MOST_TOLD = 1000
MOST_DIALOGS = 5
_DIGEST = pattern(r"[0-9a-f]{64}", hostile="a")
_CURSOR = pattern(r"\d{1,15}-(items|collections)-\w+", hostile=("1-items-", "a", ""))
_DIALOGS_FOR = timedelta(minutes=1)
_NAMES: Mapping[Kind, Name] = {"items": "item", "collections": "collection"}


@dataclass(frozen=True, slots=True)
class Asked(Exchange):
    """A request to the plugin.

    Attributes:
        fault: what goes wrong with it.
    """

    fault: Fault | None = None


@dataclass(slots=True)
class Pairing:
    """A pairing under way: what the other side sent, and how far it is."""

    name: str
    commitment: str
    half: Half = field(default_factory=Half.new)
    number: str = field(default_factory=lambda: secrets.token_hex(16))
    agreed: Agreed | None = None
    allowed: bool = False


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
        oldest: the oldest version that it still understands.
        controls: how to reach those who were allowed, as they told it.
        codes: what its dialogs showed.
        gate: lets each request in once.
    """

    server_id: str
    database: str = "database"
    user: int | None = None
    consent: Callable[[str], bool] = lambda _: False
    version: str = "0.1.0"
    api: int = API
    oldest: int = OLDEST
    controls: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    gate: Gate = field(default_factory=lambda: Gate("plugin"))
    pairing: Pairing | None = None
    ledger: Ledger = field(default_factory=Ledger)
    lock: RLock = field(default_factory=RLock)
    _keys: list[str] = field(default_factory=list, repr=False)
    _dialogs: deque[datetime] = field(default_factory=deque)

    def grant(self, key: str = "") -> str:
        """Know a key."""
        key = key or new_key()
        self._keys.append(key)
        return key

    def revoke(self) -> None:
        """Forget all keys, as the settings offer it."""
        self._keys.clear()

    def restart(self) -> None:
        """Forget what is not written down, as when Zotero starts anew."""
        self.gate = Gate("plugin")
        self.pairing = None

    def proof(self, exchange: Asked, body: str) -> Proof | None:
        """Return who signed a request, if somebody did."""
        request, pairing = exchange.request, self.pairing
        keys = [*self._keys]
        if pairing and pairing.agreed and pairing.allowed:
            keys.append(pairing.agreed.key)
        # As Zotero tells the query to a plugin: taken apart.
        query = urlencode(parse_qsl(request.query, keep_blank_values=True))
        target = f"{request.path}?{query}" if query else request.path
        meant = request.headers.get("Syncd-Server", "")
        content = body.encode(errors="replace")
        return self.gate.proof(keys, request.headers.get(HEADER), request.method, target, content, meant)

    def is_kept(self, proof: Proof) -> bool:
        """Whether a proof is of a pairing that is over and done."""
        return proof.key in self._keys

    def may_ask(self, now: datetime) -> bool:
        """Whether another dialog may be shown."""
        with self.lock:
            while self._dialogs and now - self._dialogs[0] >= _DIALOGS_FOR:
                self._dialogs.popleft()
            if len(self._dialogs) >= MOST_DIALOGS:
                return False
            self._dialogs.append(now)
            return True


def new_key() -> str:
    """Return a key as pairing gives one."""
    return f"pairing-{secrets.token_hex(32)}"


def respond(exchange: Asked, plugin: Plugin) -> Response:
    """Answer a request; a refusal is an answer, too."""
    try:
        return _answered(exchange, plugin)
    except RefusalError as refusal:
        return _json(refusal.status, {"message": refusal.message})


def _answered(exchange: Asked, plugin: Plugin) -> Response:
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
    text = exchange.request.json().get("signed") if method == "POST" else ""
    proof = plugin.proof(exchange, text if isinstance(text, str) else "")
    if proof is None or proof.state == "again":
        if is_open:
            return act(exchange, plugin, None)
        raise RefusalError(401, "not signed with a key that is known: pair with syncd login --desktop")
    if proof.state == "late":
        told = {"message": "this is another session", "session": plugin.gate.session}
        return _signed(_json(401, told), proof)
    try:
        return _signed(_admitted(exchange, plugin, proof, text), proof)
    except RefusalError as refusal:
        return _signed(_json(refusal.status, {"message": refusal.message}), proof)


def _admitted(exchange: Asked, plugin: Plugin, proof: Proof, text: Any) -> Response:
    """Answer a paired program."""
    route = exchange.request.path.removeprefix(ROOT)
    method, is_open, act = _ROUTES[route]
    if method == "POST":
        inner = replace(exchange.request, body=str(text).encode(errors="replace"))
        exchange = replace(exchange, request=inner)
        if not isinstance(exchange.request.json(), dict):
            raise invalid("the request must be a JSON object")
    if is_open or route == "pair/keep":
        return act(exchange, plugin, proof)
    if not plugin.is_kept(proof):
        raise RefusalError(401, "the pairing is not done yet")
    meant = exchange.request.headers.get("Syncd-Server")
    if not meant:
        raise RefusalError(428, "Syncd-Server must name the Zotero that is meant, as ping tells it")
    if meant != plugin.server_id:
        message = "this is another Zotero than the one that is meant"
        return _json(412, {"message": message, "server": plugin.server_id})
    return act(exchange, plugin, proof)


def _signed(answer: Response, proof: Proof) -> Response:
    answer.headers[HEADER] = proof.answer(answer.status_code, bytes(answer.body))
    return answer


def _check_body(exchange: Asked) -> None:
    """Refuse what never reaches the plugin: Zotero's server parses a body first."""
    kind = exchange.request.headers.get("Content-Type", "").partition(";")[0].strip()
    if kind != "application/json":
        raise invalid("Endpoint does not support content-type")
    if not isinstance(exchange.request.json(), dict):
        raise invalid("the request must be a JSON object")


def _ping(_: Asked, plugin: Plugin, proof: Proof | None) -> Response:
    paired = proof is not None and plugin.is_kept(proof)
    told: Json = {
        "syncd": plugin.version,
        "api": plugin.api,
        "oldest": plugin.oldest,
        "paired": paired,
    }
    if paired:
        libraries = [{"prefix": "users/0", "editable": True}]
        ids = {"server": plugin.server_id, "database": plugin.database, "user": plugin.user}
        told |= {"zotero": "11.0", **ids, "libraries": libraries}
    return _json(200, told)


def _pair(exchange: Asked, plugin: Plugin, _: Proof | None) -> Response:
    """Begin: the other side is bound to its half from now on."""
    sent = exchange.request.json()
    name, bound = sent.get("name"), sent.get("commitment")
    if not isinstance(name, str) or not name.strip():
        raise invalid("name must say who asks")
    if sent.get("api") != API or not isinstance(bound, str) or not _DIGEST.fullmatch(bound):
        raise invalid("this program and the plugin have no version in common: update the older one")
    if not plugin.may_ask(exchange.served.clock()):
        raise RefusalError(429, "Zotero asked often enough just now; try again in a minute")
    plugin.pairing = Pairing(name, bound)
    begun = {"pairing": plugin.pairing.number, "public": plugin.pairing.half.public}
    return _json(200, {**begun, "session": plugin.gate.session})


def _ask(exchange: Asked, plugin: Plugin, _: Proof | None) -> Response:
    """Let the user compare the code, and decide."""
    sent, pairing = exchange.request.json(), plugin.pairing
    if pairing is None or pairing.agreed or sent.get("pairing") != pairing.number:
        raise invalid("there is no such pairing: begin anew")
    public = str(sent.get("public"))
    is_bound = commitment(public) == pairing.commitment
    agreed = pairing.half.agreed(public, asked=False) if is_bound else None
    if agreed is None:
        plugin.pairing = None
        raise invalid("this is not what was announced: begin anew")
    pairing.agreed = agreed
    plugin.codes.append(agreed.code)
    if not plugin.consent(pairing.name):
        plugin.pairing = None
        return _json(403, {"denied": True})
    pairing.allowed = True
    return _json(200, {"allowed": True})


def _keep(exchange: Asked, plugin: Plugin, proof: Proof | None) -> Response:
    """Keep the key: both sides have said that the codes are the same."""
    pairing, plugin.pairing = plugin.pairing, None
    if not (proof and pairing and pairing.agreed and pairing.agreed.key == proof.key):
        raise invalid("there is no such pairing: begin anew")
    plugin.grant(proof.key)
    if control := exchange.request.json().get("control"):
        plugin.controls.append(control)
    return _json(200, {"kept": True})


def _changes(exchange: Asked, plugin: Plugin, _: Proof | None) -> Response:
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


def _push(exchange: Asked, plugin: Plugin, _: Proof | None) -> Response:
    sent = exchange.request.json()
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


def _written(exchange: Asked, ledger: Ledger, kind: Kind, objects: list[Json], since: int | None) -> Response:
    """Write objects in the caller's transaction; one that is refused fails alone."""
    ledger.catch_up(_held(exchange.store))
    if since is not None and since < ledger.version:
        return _json(412, {"message": "the library changed meanwhile", "version": ledger.version})
    report: dict[str, Json] = {"successful": {}, "unchanged": {}, "failed": {}}
    done = []
    fault = exchange.fault
    for index, sent in enumerate(objects):
        if fault and fault.most is not None and index >= fault.most:
            raise server_error()
        try:
            if fault and fault.refusal and index == fault.place:
                raise fault.refusal
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


def _write_one(exchange: Asked, ledger: Ledger, kind: Kind, sent: Json, since: int | None) -> bool:
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


def _told(exchange: Asked, ledger: Ledger, kind: Kind, key: str) -> Json:
    """Return an object with the ledger's version."""
    store, address = exchange.store, exchange.address
    version = ledger.known[kind][key][0]
    if kind == "items":
        data = item_json(store.items([key])[0], address, {})["data"]
    else:
        collection = database.collection(store, key)
        data = collection_json(collection, address, {}, {})["data"] if collection else {}
    return {"key": key, "version": version, "data": {**data, "version": version}}


def _json(status: int, body: Json) -> Response:
    return Response(json.dumps(body, ensure_ascii=False).encode(), status, media_type=JSON)


# What each address does, by which method, and whether it does so without a signature.
_ROUTES: Mapping[str, tuple[str, bool, Callable[[Asked, Plugin, Proof | None], Response]]] = {
    "ping": ("GET", True, _ping),
    "pair": ("POST", True, _pair),
    "pair/ask": ("POST", True, _ask),
    "pair/keep": ("POST", False, _keep),
    "changes": ("GET", False, _changes),
    "push": ("POST", False, _push),
}
