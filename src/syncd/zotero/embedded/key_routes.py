"""The `keys` addresses of the embedded library: what a key may do, giving it up, and signing in.

As the real server has them (zotero/dataserver: KeysController, LoginSessionsController), as far as a program
uses them. Signing in is refused by name where there is nobody who could complete it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from . import access
from .exchange import Answer, json_answer
from .refusal import RefusalError, invalid, unsupported

if TYPE_CHECKING:
    from .accounts import SignIn
    from .exchange import Exchange


def key_info(exchange: Exchange) -> Answer:
    """GET /keys/current, and GET /keys/KEY."""
    key = _named(exchange)
    if not key:
        raise RefusalError(403, "Forbidden")
    grant = exchange.served.accounts.find(key)
    if grant is None:
        raise RefusalError(404, "Key not found")
    about = {"key": key, "userID": grant.user, "username": grant.name}
    given = grant.access()
    return json_answer(about | ({"access": given} if given else {}))


def delete_key(exchange: Exchange) -> Answer:
    """DELETE /keys/current, and DELETE /keys/KEY."""
    key = _named(exchange)
    if not key:
        raise invalid("DELETE requests must include a key")
    if exchange.served.accounts.find(key) is None:
        raise RefusalError(404, "Key does not exist")
    exchange.served.accounts.revoke(key)
    return Answer(204)


def begin(exchange: Exchange) -> Answer:
    """POST /keys/sessions."""
    _check_sign_in(exchange)
    token = exchange.served.accounts.begin()
    url = f"{exchange.served.address.url}/login?session={token}"
    return replace(json_answer({"sessionToken": token, "loginURL": url}), status=201)


def status(exchange: Exchange) -> Answer:
    """GET /keys/sessions/TOKEN."""
    sign_in = _sign_in(exchange)
    if sign_in.status == "expired":
        raise RefusalError(410, "Session expired")
    if sign_in.status != "completed":
        return json_answer({"status": sign_in.status})
    grant = exchange.served.accounts.find(sign_in.key)
    if grant is None:
        raise RefusalError(404, "Session not found")
    return json_answer(
        {"status": "completed", "apiKey": sign_in.key, "userID": grant.user, "username": grant.name}
    )


def cancel(exchange: Exchange) -> Answer:
    """DELETE /keys/sessions/TOKEN."""
    _sign_in(exchange)
    if not exchange.served.accounts.end(exchange.parts[0], "cancelled"):
        raise RefusalError(409, "Session already completed, expired, or cancelled")
    return Answer(204)


def _named(exchange: Exchange) -> str:
    name = exchange.parts[0]
    return access.sent_key(exchange.request.headers, exchange.given) if name == "current" else name


def _check_sign_in(exchange: Exchange) -> None:
    if not exchange.served.accounts.sign_in:
        raise unsupported("signing in")


def _sign_in(exchange: Exchange) -> SignIn:
    _check_sign_in(exchange)
    found = exchange.served.accounts.sign_ins().get(exchange.parts[0])
    if found is None:
        raise RefusalError(404, "Session not found")
    return found
