"""Who may do what: the API key of a request, and the rights that it gives.

Keys are compared in constant time, and stand in no message.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from . import query
from .exchange import WRITES, json_answer
from .refusal import RefusalError, invalid

if TYPE_CHECKING:
    from email.message import Message

    from .exchange import Answer, Exchange


def sent_key(headers: Message[str, str], given: query.Parameters) -> str:
    """The key of a request, or an empty string.

    Raises:
        RefusalError: two keys that differ, or a malformed header.
    """
    in_header, in_query = headers.get("Zotero-API-Key", ""), query.first(given, "key")
    if in_header and in_query and in_header != in_query:
        raise invalid("Zotero-API-Key header and 'key' parameter differ")
    authorization = headers.get("Authorization", "")
    if in_header or in_query or not authorization.lower().startswith("bearer"):
        return in_header or in_query
    scheme, _, key = authorization.partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise invalid("Invalid Authorization header format")
    return key.strip()


def check(exchange: Exchange, *, needed: bool) -> None:
    """Check the key of a request, and its write token.

    Args:
        exchange: the request.
        needed: whether it must have a key.

    Raises:
        RefusalError: the key is missing or wrong, or gives no right to write; the write token was used.
    """
    request, served = exchange.request, exchange.served
    key = sent_key(request.headers, exchange.given)
    if key and not is_key(key, served.key):
        raise RefusalError(403, "Invalid key")
    if request.method in WRITES:
        if not key:
            raise RefusalError(403, "An API key is required for write requests.")
        served.tokens.check(request.headers.get("Zotero-Write-Token"))
        if not served.write:
            raise RefusalError(403, "Write access denied")
    elif needed and not key:
        raise RefusalError(403, "Forbidden")


def is_key(sent: str, key: str) -> bool:
    """Whether a key that was sent is the key."""
    return secrets.compare_digest(sent.encode(errors="replace"), key.encode())


def key_info(exchange: Exchange) -> Answer:
    """GET /keys/current, and GET /keys/KEY."""
    served, name = exchange.served, exchange.parts[0]
    key = sent_key(exchange.request.headers, exchange.given) if name == "current" else name
    if not key:
        raise RefusalError(403, "Forbidden")
    if not is_key(key, served.key):
        raise RefusalError(404, "Key not found")
    kind, number = served.address.library.split("/")
    rights: dict[str, Any] = {"library": True}
    if kind == "users":
        rights |= {"files": True, "notes": True}
    if served.write:
        rights["write"] = True
    access = {"user": rights} if kind == "users" else {"groups": {number: rights}}
    user = int(number) if kind == "users" else 1
    return json_answer({"key": served.key, "userID": user, "username": "embedded", "access": access})
