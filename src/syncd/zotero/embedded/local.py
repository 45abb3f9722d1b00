"""The local API of Zotero on the desktop: what differs from the Web API in which requests are answered, and how.

Its checks stand in the order in which the real client was seen to make them. What is read and written is the
same as online; what the local API does not have is not found here either.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from . import plugin, query
from .exchange import TEXT, WRITES, Answer, json_answer, refusal_answer
from .refusal import RefusalError, invalid
from .routes import LIBRARY, SCHEMA, answer, segments_of

if TYPE_CHECKING:
    from email.message import Message

    from .desktop import Desktop
    from .exchange import Exchange

ROOT = "/api"
PREFIX = ("users", "0")
SERVER_ID = "Zotero-Server-ID"
_METHODS = WRITES | {"GET", "HEAD"}
_BODIES = frozenset({"POST", "PUT", "PATCH"})
_BROWSER = re.compile(r"^Mozilla/", re.IGNORECASE)
_LISTS = {path: methods for path, methods in SCHEMA.items() if path != ("items", "new")}
_OBJECTS = {path: methods for path, methods in LIBRARY.items() if path != ("deleted",)}


def is_browser(headers: Message[str, str]) -> bool:
    """Whether a request may come from a page in a browser: its connection is closed without a word."""
    if "Zotero-Allowed-Request" in headers:
        return False
    return "Origin" in headers or bool(_BROWSER.match(headers.get("User-Agent", "")))


def respond(exchange: Exchange, desktop: Desktop) -> Answer:
    """Answer a request; a refusal is an answer, too."""
    if desktop.plugin and exchange.request.path.startswith(plugin.ROOT):
        return plugin.respond(exchange, desktop.plugin)
    try:
        return _checked(exchange, desktop)
    except RefusalError as refusal:
        return refusal_answer(refusal)


def _checked(exchange: Exchange, desktop: Desktop) -> Answer:
    request = exchange.request
    writes = request.method in WRITES
    if request.method not in _METHODS or (writes and not desktop.writable):
        raise invalid("Endpoint does not support method")
    if request.method in _BODIES and request.headers.get_content_type() != "application/json":
        raise invalid("Endpoint does not support content-type")
    if not desktop.enabled:
        raise RefusalError(403, "Local API is not enabled")
    if desktop.writable:
        _check_server(request.headers, desktop, writes=writes)
    if not request.path.startswith(f"{ROOT}/"):
        raise RefusalError(404, "No endpoint found")
    if request.path == f"{ROOT}/":
        return Answer(200, {"Content-Type": TEXT}, b"Nothing to see here.")
    given = query.parameters(request.query)
    version = request.headers.get("Zotero-API-Version") or query.first(given, "v") or "3"
    if version != "3":
        raise RefusalError(501, f"API version not implemented: {version}")
    # Addresses in answers are made of the path without the root, and of the library's address with it.
    request = replace(request, path=request.path.removeprefix(ROOT))
    exchange = replace(exchange, request=request, given=given)
    return _answered(exchange, desktop, segments_of(request.path), writes=writes)


def _check_server(headers: Message[str, str], desktop: Desktop, *, writes: bool) -> None:
    """A request must mean this instance of Zotero, if it names one; a write must name it.

    Raises:
        RefusalError: it does not.
    """
    sent = headers.get(SERVER_ID)
    if sent is None and writes:
        raise RefusalError(428, f"{SERVER_ID} not provided")
    if sent is not None and sent != desktop.server_id:
        raise RefusalError(412, f"{SERVER_ID} does not match")


def _answered(exchange: Exchange, desktop: Desktop, segments: tuple[str, ...], *, writes: bool) -> Answer:
    if segments == ("local", "authorize") and exchange.request.method == "POST":
        return _authorize(exchange, desktop)
    if not segments or segments[0] not in {"users", "groups"}:
        return answer(exchange, _LISTS, segments)
    if segments[0] == "groups":
        raise RefusalError(404, "Not found")
    if segments[:2] != PREFIX:
        raise invalid("Only data for the logged-in user is available locally -- use userID 0")
    if writes:
        _check_key(exchange.request.headers, desktop)
        exchange.served.tokens.check(exchange.request.headers.get("Zotero-Write-Token"))
    return answer(exchange, _OBJECTS, segments[2:])


def _check_key(headers: Message[str, str], desktop: Desktop) -> None:
    """A write needs a key; one for a single write is spent, whatever becomes of that write.

    Raises:
        RefusalError: there is none, or it is spent.
    """
    sent = headers.get("Zotero-API-Key") or ""
    if not sent:
        raise RefusalError(401, "API key required -- POST /api/local/authorize to obtain one")
    if not desktop.spend(sent):
        raise RefusalError(401, "Invalid or expired API key -- POST /api/local/authorize to obtain one")


def _authorize(exchange: Exchange, desktop: Desktop) -> Answer:
    """Show the user the question, and wait for the answer."""
    sent = exchange.json()
    name = sent.get("appName") if isinstance(sent, dict) else None
    if not isinstance(name, str) or not name.strip():
        raise invalid("'appName' must be provided")
    if not desktop.may_ask(exchange.served.clock()):
        raise RefusalError(429, "Too many authorization requests")
    said = desktop.consent(name)
    if said == "deny":
        body = json.dumps({"denied": True}).encode()
        return Answer(403, {"Content-Type": "application/json"}, body)
    return json_answer({"key": desktop.grant(remember=said == "always"), "remember": said == "always"})
