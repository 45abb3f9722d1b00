"""Which function answers which request, and what a request must have before one does.

Everything that is not in the tables here is refused: with 501 and its name where the real server has it. The
functions run in the threads of `database.Workers`; nothing else of the server touches the file.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import Receive, Scope, Send

from syncd.messages import message
from syncd.serve import Reason
from syncd.zotero.embedded import accounts, query, reading, writing
from syncd.zotero.embedded.database import Store, Workers
from syncd.zotero.embedded.exchange import (
    WRITES,
    Exchange,
    RefusalError,
    Request,
    Served,
    invalid,
    refused,
    unsupported,
)
from syncd.zotero.embedded.objects import Address

MAX_BODY: Final = 10 * 1024 * 1024
"""Longest body of a request, in bytes."""
_METHODS = WRITES | {"GET", "HEAD"}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Admitted:
    """A request that may be answered, and the library that it is about."""

    request: Request
    library: str
    served: Served
    workers: Workers


class _Methods:
    """What stands at an address: for each method the function that answers it.

    Args:
        functions: by method; GET answers HEAD as well.
        missing: what other methods do on the real server, and nobody does here.
        writes: whether methods other than GET write to the file.
    """

    def __init__(
        self,
        functions: Mapping[str, Callable[[Exchange], Response]],
        missing: Mapping[str, str] | None = None,
        *,
        writes: bool = True,
    ) -> None:
        self._functions = functions
        self._missing = missing or {}
        self._writes = writes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        admitted: _Admitted = scope["admitted"]
        request, served, library = admitted.request, admitted.served, admitted.library
        method = "GET" if request.method == "HEAD" else request.method
        if method in self._missing:
            raise unsupported(self._missing[method])
        if method not in self._functions:
            raise RefusalError(405, "Method not allowed", headers={"Allow": ", ".join(self._functions)})
        function = self._functions[method]
        address = Address(served.url, library)
        parts = {name: unquote(part) for name, part in scope["path_params"].items()}

        def answer(connection: sqlite3.Connection) -> Response:
            return function(Exchange(request, served, address, Store(connection, library), parts))

        work = admitted.workers.write if self._writes and method != "GET" else admitted.workers.read
        response = await asyncio.wrap_future(work(answer))
        await response(scope, receive, send)


class _Unsupported:
    """What the real server has at an address, and the embedded library has not."""

    def __init__(self, what: str) -> None:
        self._what = what

    async def __call__(self, *_: object) -> None:
        raise unsupported(self._what)


class _Nothing:
    """What stands at all other addresses."""

    async def __call__(self, *_: object) -> None:
        raise RefusalError(404, "Not found")


def _table(*routes: BaseRoute) -> Router:
    return Router([*_UNSUPPORTED, *routes], redirect_slashes=False, default=_Nothing())


_UNSUPPORTED: Final = [
    Route(path, _Unsupported(what))
    for path, what in {
        "/schema": "the whole schema",
        "/searches": "searches",
        "/searches/{key}": "searches",
        "/settings": "settings",
        "/settings/{name}": "settings",
        "/fulltext": "full texts",
        "/publications/items": "My Publications",
        "/items/unfiled": "unfiled items",
        "/items/tags": "tags of a list of items",
        "/items/top/tags": "tags of a list of items",
        "/items/{key}/file": "files",
        "/items/{key}/file/view": "files",
        "/items/{key}/fulltext": "full texts",
        "/collections/{key}/tags": "tags of a collection",
    }.items()
]
_LIBRARY: Final = _table(
    Route(
        "/items",
        _Methods({"GET": reading.items, "POST": writing.post_items, "DELETE": writing.delete_items}),
    ),
    Route("/items/top", _Methods({"GET": reading.top_items})),
    Route("/items/trash", _Methods({"GET": reading.trash})),
    Route(
        "/items/{key}",
        _Methods(
            {
                "GET": reading.item,
                "PUT": writing.put_item,
                "PATCH": writing.patch_item,
                "DELETE": writing.delete_item,
            }
        ),
    ),
    Route("/items/{key}/children", _Methods({"GET": reading.children})),
    Route("/items/{key}/tags", _Methods({"GET": reading.item_tags})),
    Route(
        "/collections",
        _Methods(
            {
                "GET": reading.collections,
                "POST": writing.post_collections,
                "DELETE": writing.delete_collections,
            }
        ),
    ),
    Route("/collections/top", _Methods({"GET": reading.top_collections})),
    Route(
        "/collections/{key}",
        _Methods(
            {
                "GET": reading.collection,
                "PUT": writing.put_collection,
                "PATCH": writing.patch_collection,
                "DELETE": writing.delete_collection,
            }
        ),
    ),
    Route("/collections/{key}/collections", _Methods({"GET": reading.subcollections})),
    Route(
        "/collections/{key}/items",
        _Methods(
            {"GET": reading.collection_items}, {"POST": "filing items by POST; write their 'collections'"}
        ),
    ),
    Route("/collections/{key}/items/top", _Methods({"GET": reading.collection_top_items})),
    Route("/collections/{key}/items/{item}", _Methods({"DELETE": writing.remove_from_collection})),
    Route("/tags", _Methods({"GET": reading.tags}, {"DELETE": "deleting tags"})),
    Route("/tags/{name}", _Methods({"GET": reading.tag})),
    Route("/deleted", _Methods({"GET": reading.deleted})),
    Route("/groups", _Methods({"GET": reading.no_groups})),
)
_KEYS: Final = _table(
    Route("/sessions", _Methods({"POST": accounts.begin}, writes=False)),
    Route("/sessions/{token}", _Methods({"GET": accounts.status, "DELETE": accounts.cancel}, writes=False)),
    Route("/{key}", _Methods({"GET": accounts.key_info, "DELETE": accounts.delete_key}, writes=False)),
)
_EVERYTHING: Final = _table(
    Mount("/users/{number}", _LIBRARY),
    Mount("/groups/{number}", _LIBRARY),
    Mount("/keys", _KEYS),
    Route("/itemTypes", _Methods({"GET": reading.item_types})),
    Route("/itemFields", _Methods({"GET": reading.item_fields})),
    Route("/itemTypeFields", _Methods({"GET": reading.item_type_fields})),
    Route("/itemTypeCreatorTypes", _Methods({"GET": reading.item_type_creator_types})),
    Route("/creatorFields", _Methods({"GET": reading.creator_fields})),
    Route("/items/new", _Methods({"GET": reading.new_item})),
)


class Application:
    """The embedded library as an ASGI application; it expects the body of a request in one piece.

    Args:
        served: what all requests share.
        workers: the threads that work on the file.
    """

    def __init__(self, served: Served, workers: Workers) -> None:
        self._served = served
        self._workers = workers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; a refusal is an answer, too."""
        try:
            request = request_of(scope, (await receive()).get("body", b""))
            segments = _segments(request.path)
            admitted = _Admitted(
                request, _admit(request, segments, self._served), self._served, self._workers
            )
            path = "/" + "/".join(quote(segment, safe="") for segment in segments)
            await _EVERYTHING({**scope, "path": path, "admitted": admitted}, receive, send)
        except RefusalError as refusal:
            await refused(refusal)(scope, receive, send)
        except sqlite3.Error as error:
            await refused(database_refusal(error))(scope, receive, send)
        except Exception:  # noqa: BLE001 - whatever it is, the client gets words
            _log.exception(message("fault-in-embedded-library", method=scope["method"]))
            await refused(RefusalError(500, "An error occurred"))(scope, receive, send)


def request_of(scope: Scope, body: bytes) -> Request:
    """The request of an ASGI scope.

    Raises:
        RefusalError: its method is not known, or its query is malformed.
    """
    method: str = scope["method"]
    if method not in _METHODS:
        raise unsupported(f"{method} requests")
    asked = scope["query_string"].decode("latin-1").partition("#")[0]
    given = query.parameters(asked)
    return Request(method, scope["raw_path"].decode("latin-1"), asked, Headers(scope=scope), body, given)


def refuse(reason: Reason, _: Headers) -> Response:
    """The answer to a request that is refused before it is looked at."""
    return refused(_REFUSALS[reason])


_REFUSALS: Final = {
    Reason.HOST: invalid("The Host header must name this computer, such as 'localhost'"),
    Reason.PAGE: RefusalError(
        403, "Pages of other sites are not answered: type the address into your browser"
    ),
    Reason.ENCODING: unsupported("bodies without Content-Length"),
    Reason.LENGTH: RefusalError(411, "Content-Length must be provided"),
    Reason.LONG: RefusalError(413, f"The body is longer than {MAX_BODY} bytes"),
    Reason.READING: invalid("A request that reads has no body"),
}


def _segments(path: str) -> tuple[str, ...]:
    """The decoded parts of a path."""
    if not path.startswith("/"):
        raise invalid("Invalid path")
    try:
        return tuple(unquote(part, errors="strict") for part in path.split("/") if part)
    except UnicodeDecodeError as error:
        raise invalid("Invalid path") from error


def _admit(request: Request, segments: tuple[str, ...], served: Served) -> str:
    """Check version and key of a request; return the library that it is about."""
    if not segments:
        return served.library
    version = request.headers.get("Zotero-API-Version") or query.first(request.given, "v") or "3"
    if version != "3":
        raise unsupported(f"API version {version}")
    if segments[:2] == ("keys", "sessions"):
        # Whoever signs in has no key yet.
        return served.library
    if segments[0] not in {"users", "groups"}:
        accounts.check(request, served, needed=False)
        return served.library
    accounts.check(request, served, needed=True)
    library = "/".join(segments[:2])
    if library not in served.libraries:
        raise RefusalError(403, "Forbidden")
    accounts.check_rights(request, served, library)
    return library


def database_refusal(error: sqlite3.Error) -> RefusalError:
    """What a client is told where the database fails."""
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return RefusalError(
            503, "The library is being written by another process", headers={"Retry-After": "5"}
        )
    if name.startswith("SQLITE_FULL"):
        return RefusalError(503, "The disk is full; nothing of this object was written")
    return RefusalError(500, f"The library's database can't be used: {error}")
