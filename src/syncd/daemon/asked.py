"""A request to the daemon as data, read and checked; and how one is answered in JSON, or refused.

This module does not know what is asked for, nor who may.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from syncd.errors import SyncdError
from syncd.handshake import Proof
from syncd.messages import message, with_said

Json = dict[str, Any]
# Where a request has the proof of who signed it.
PROOF = "syncd.proof"


class RefusedError(Exception):
    """A request that is not answered.

    Attributes:
        words: the same as `str(error)`, with its code.
        status: of the answer.
        hint: what to do; may be empty.
    """

    def __init__(self, status: HTTPStatus, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.words = message
        self.status = status
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Asked:
    """What belongs to a request.

    Attributes:
        query: of its address.
        body: what was sent.
        proof: the program that signed it; None where the user themselves asks.
    """

    query: Mapping[str, str]
    body: Mapping[str, Any]
    proof: Proof | None = None

    def only(self, *names: str) -> None:
        """Refuse a body with other fields: with a slip in its only one, it would ask for all."""
        if others := sorted(self.body.keys() - set(names)):
            words = message("no-such-field", name=repr(others[0]), names=", ".join(names))
            raise RefusedError(HTTPStatus.BAD_REQUEST, words)

    def names(self) -> list[str]:
        """Return the profiles that are meant, and nothing else may be told; none means all."""
        self.only("names")
        names = self.body.get("names", [])
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise RefusedError(HTTPStatus.BAD_REQUEST, message("names-not-texts"))
        return names

    def is_dry(self) -> bool:
        """Whether only what would be done is to be told."""
        dry_run = self.body.get("dry_run", False)
        if not isinstance(dry_run, bool):
            raise RefusedError(HTTPStatus.BAD_REQUEST, message("dry-run-not-boolean"))
        return dry_run

    def text(self, name: str) -> str:
        """Return a field of the body, which must be there."""
        value = self.body.get(name)
        if not isinstance(value, str) or not value.strip():
            raise RefusedError(HTTPStatus.BAD_REQUEST, message("not-text", name=name))
        return value.strip()


async def asked_of(request: Request) -> Asked:
    """Return what belongs to a request.

    Raises:
        RefusedError: its body is no JSON object. Nothing sent counts as an empty one.
    """
    query = dict(parse_qsl(request.scope["query_string"].decode()))
    proof = request.scope.get(PROOF)
    if request.method != "POST":
        return Asked(query, {}, proof)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, message("body-type-not-json"))
    try:
        value = json.loads(await request.body() or b"{}")
    except (ValueError, RecursionError):
        raise RefusedError(HTTPStatus.BAD_REQUEST, message("body-not-json")) from None
    if not isinstance(value, dict):
        raise RefusedError(HTTPStatus.BAD_REQUEST, message("body-not-object"))
    return Asked(query, value, proof)


class JsonAnswer(Response):
    """JSON."""

    media_type = "application/json"

    def __init__(self, value: Any, status: int = HTTPStatus.OK, **headers: str) -> None:
        super().__init__(value, status, {"Cache-Control": "no-store"} | headers)

    def render(self, content: Any) -> bytes:
        """Return the bytes of a value."""
        try:
            return json.dumps(content, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            # A name that is no text is spelled out.
            return json.dumps(content).encode()


def told_no(words: str, hint: str = "") -> Json:
    """Return the body of a refusal."""
    return with_said({"error": words, "hint": hint}, "error", "hint")


def refusal(
    status: int, words: str, hint: str = "", sort: str = SyncdError.sort, **headers: str
) -> JsonAnswer:
    """Return an answer after which the connection is closed: what else the client sends is not read."""
    return JsonAnswer(told_no(words, hint) | {"sort": sort}, status, Connection="close", **headers)
