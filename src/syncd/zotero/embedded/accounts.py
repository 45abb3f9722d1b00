"""The users of an embedded library: their API keys, what each may do, how they sign in, and the `keys` addresses.

Accounts are in memory only. Keys stand in no message. As the real server has it (zotero/dataserver: KeysController).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Literal

from starlette.datastructures import Headers
from starlette.responses import Response

from syncd.zotero.embedded import query
from syncd.zotero.embedded.exchange import (
    WRITES,
    Exchange,
    RefusalError,
    Request,
    Served,
    invalid,
    json_response,
    unsupported,
)

USER_RIGHTS = frozenset({"library", "files", "notes", "write"})
TOKEN_BYTES = 16


@dataclass(frozen=True, slots=True)
class Grant:
    """What a key gives.

    Attributes:
        user: the number of its owner.
        name: the owner's name.
        own: what may be done to the owner's library, some of `USER_RIGHTS`.
        groups: by a group's number or "all", whether its library may be written to as well as read.
    """

    user: int = 1
    name: str = "embedded"
    own: frozenset[str] = USER_RIGHTS
    groups: Mapping[str, bool] = field(default_factory=dict)

    def may_read(self, library: str) -> bool:
        """Whether it gives access to a library, such as "users/1"."""
        kind, number = library.split("/")
        if kind == "users":
            return int(number) == self.user and "library" in self.own
        return number in self.groups or "all" in self.groups

    def may_write(self, library: str) -> bool:
        """Whether it lets a library be written to."""
        kind, number = library.split("/")
        if kind == "users":
            return self.may_read(library) and "write" in self.own
        return self.groups.get(number, self.groups.get("all", False))

    def access(self) -> dict[str, Any]:
        """The `access` block of `/keys/current`: a right to the own library that is not given is left out."""
        groups = {number: {"library": True, "write": write} for number, write in self.groups.items()}
        own = {right: True for right in ("library", "files", "notes", "write") if right in self.own}
        return ({"user": own} if own else {}) | ({"groups": groups} if groups else {})


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in: under way, or how it ended; a completed one has brought a key."""

    status: Literal["pending", "completed", "cancelled", "expired"] = "pending"
    key: str = ""


class Accounts:
    """All keys and sign-ins of one server, for all of its threads.

    Args:
        keys: the keys and what they give.

    Attributes:
        sign_in: whether people can sign in; without a person who completes it nobody can.
    """

    def __init__(self, keys: Mapping[str, Grant]) -> None:
        self.sign_in = False
        self._keys = dict(keys)
        self._sign_ins: dict[str, SignIn] = {}
        self._lock = Lock()

    def find(self, sent: str) -> Grant | None:
        """What a key gives; None for one that does not exist. Takes as long for any wrong key."""
        found = None
        with self._lock:
            for key, grant in self._keys.items():
                if secrets.compare_digest(sent.encode(errors="replace"), key.encode()):
                    found = grant
        return found

    def give(self, key: str, grant: Grant) -> None:
        """Make a key, or change what it gives."""
        with self._lock:
            self._keys[key] = grant

    def revoke(self, key: str) -> None:
        """Take a key away."""
        with self._lock:
            self._keys.pop(key, None)

    def begin(self) -> str:
        """Begin a sign-in; its token."""
        token = secrets.token_hex(TOKEN_BYTES)
        with self._lock:
            self._sign_ins[token] = SignIn()
        return token

    def sign_ins(self) -> dict[str, SignIn]:
        """All sign-ins, by token."""
        with self._lock:
            return dict(self._sign_ins)

    def end(self, token: str, how: Literal["cancelled", "expired"]) -> bool:
        """End a sign-in without a key. Tells whether it was under way."""
        return self._settle(token, SignIn(how))

    def complete(self, token: str, key: str, grant: Grant) -> bool:
        """The person signs in and makes a key. Tells whether the sign-in was under way."""
        done = self._settle(token, SignIn("completed", key))
        if done:
            self.give(key, grant)
        return done

    def _settle(self, token: str, ended: SignIn) -> bool:
        with self._lock:
            under_way = self._sign_ins.get(token) == SignIn()
            if under_way:
                self._sign_ins[token] = ended
        return under_way


def sent_key(headers: Headers, given: query.Parameters) -> str:
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


def check(request: Request, served: Served, *, needed: bool) -> None:
    """Check the key of a request, and its write token.

    Args:
        request: the request.
        served: whose accounts and tokens they are.
        needed: whether it must have a key.

    Raises:
        RefusalError: the key is missing or wrong; the write token was used.
    """
    key = sent_key(request.headers, request.given)
    if key and served.accounts.find(key) is None:
        raise RefusalError(403, "Invalid key")
    if request.method in WRITES:
        if not key:
            raise RefusalError(403, "An API key is required for write requests.")
        served.tokens.check(request.headers.get("Zotero-Write-Token"))
    elif needed and not key:
        raise RefusalError(403, "Forbidden")


def check_rights(request: Request, served: Served, library: str) -> None:
    """Check what the key of a request may do to a library.

    Raises:
        RefusalError: the key gives no access to it, or none to write.
    """
    grant = served.accounts.find(sent_key(request.headers, request.given))
    if grant is None or not grant.may_read(library):
        raise RefusalError(403, "Forbidden")
    if request.method in WRITES and not grant.may_write(library):
        raise RefusalError(403, "Write access denied")


def key_info(exchange: Exchange) -> Response:
    """GET /keys/current, and GET /keys/KEY."""
    key = _named(exchange)
    if not key:
        raise RefusalError(403, "Forbidden")
    grant = exchange.served.accounts.find(key)
    if grant is None:
        raise RefusalError(404, "Key not found")
    about = {"key": key, "userID": grant.user, "username": grant.name}
    given = grant.access()
    return json_response(about | ({"access": given} if given else {}))


def delete_key(exchange: Exchange) -> Response:
    """DELETE /keys/current, and DELETE /keys/KEY."""
    key = _named(exchange)
    if not key:
        raise invalid("DELETE requests must include a key")
    if exchange.served.accounts.find(key) is None:
        raise RefusalError(404, "Key does not exist")
    exchange.served.accounts.revoke(key)
    return Response(status_code=204)


def begin(exchange: Exchange) -> Response:
    """POST /keys/sessions."""
    _check_sign_in(exchange)
    token = exchange.served.accounts.begin()
    url = f"{exchange.served.url}/login?session={token}"
    return json_response({"sessionToken": token, "loginURL": url}, status=201)


def status(exchange: Exchange) -> Response:
    """GET /keys/sessions/TOKEN."""
    sign_in = _sign_in(exchange)
    if sign_in.status == "expired":
        raise RefusalError(410, "Session expired")
    if sign_in.status != "completed":
        return json_response({"status": sign_in.status})
    grant = exchange.served.accounts.find(sign_in.key)
    if grant is None:
        raise RefusalError(404, "Session not found")
    return json_response(
        {"status": "completed", "apiKey": sign_in.key, "userID": grant.user, "username": grant.name}
    )


def cancel(exchange: Exchange) -> Response:
    """DELETE /keys/sessions/TOKEN."""
    _sign_in(exchange)
    if not exchange.served.accounts.end(exchange.parts["token"], "cancelled"):
        raise RefusalError(409, "Session already completed, expired, or cancelled")
    return Response(status_code=204)


def _named(exchange: Exchange) -> str:
    name = exchange.parts["key"]
    return sent_key(exchange.request.headers, exchange.given) if name == "current" else name


def _check_sign_in(exchange: Exchange) -> None:
    if not exchange.served.accounts.sign_in:
        raise unsupported("signing in")


def _sign_in(exchange: Exchange) -> SignIn:
    _check_sign_in(exchange)
    found = exchange.served.accounts.sign_ins().get(exchange.parts["token"])
    if found is None:
        raise RefusalError(404, "Session not found")
    return found
