"""Who may do what: the API key of a request, and the rights that it gives.

Whose key it is and what it gives is known to `accounts`. Keys stand in no message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import query
from .exchange import WRITES
from .refusal import RefusalError, invalid

if TYPE_CHECKING:
    from email.message import Message

    from .exchange import Exchange


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
        RefusalError: the key is missing or wrong; the write token was used.
    """
    request, served = exchange.request, exchange.served
    key = sent_key(request.headers, exchange.given)
    if key and served.accounts.find(key) is None:
        raise RefusalError(403, "Invalid key")
    if request.method in WRITES:
        if not key:
            raise RefusalError(403, "An API key is required for write requests.")
        served.tokens.check(request.headers.get("Zotero-Write-Token"))
    elif needed and not key:
        raise RefusalError(403, "Forbidden")


def check_rights(exchange: Exchange, library: str) -> None:
    """Check what the key of a request may do to a library.

    Raises:
        RefusalError: the key gives no access to it, or none to write.
    """
    grant = exchange.served.accounts.find(sent_key(exchange.request.headers, exchange.given))
    if grant is None or not grant.may_read(library):
        raise RefusalError(403, "Forbidden")
    if exchange.request.method in WRITES and not grant.may_write(library):
        raise RefusalError(403, "Write access denied")
