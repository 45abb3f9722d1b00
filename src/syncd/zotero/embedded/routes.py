"""Which function answers which request, and what a request must have before one does.

Everything that is not in the tables here is refused: with 501 and its name where the real server has it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from . import access, changing, database, page, query, reading, schema_routes
from .exchange import WRITES, Answer, Exchange, refusal_answer
from .refusal import RefusalError, invalid, unsupported

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Route = Callable[[Exchange], Answer]
    Table = Mapping[tuple[str, ...], Mapping[str, Route]]

_SCHEMA: Table = {
    ("itemTypes",): {"GET": schema_routes.item_types},
    ("itemFields",): {"GET": schema_routes.item_fields},
    ("itemTypeFields",): {"GET": schema_routes.item_type_fields},
    ("itemTypeCreatorTypes",): {"GET": schema_routes.item_type_creator_types},
    ("creatorFields",): {"GET": schema_routes.creator_fields},
    ("items", "new"): {"GET": schema_routes.new_item},
    ("keys", "*"): {"GET": access.key_info},
}
_LIBRARY: Table = {
    ("items",): {"GET": reading.items, "POST": changing.post_items, "DELETE": changing.delete_items},
    ("items", "top"): {"GET": reading.top_items},
    ("items", "trash"): {"GET": reading.trash},
    ("items", "*"): {
        "GET": reading.item,
        "PUT": changing.put_item,
        "PATCH": changing.patch_item,
        "DELETE": changing.delete_item,
    },
    ("items", "*", "children"): {"GET": reading.children},
    ("items", "*", "tags"): {"GET": reading.item_tags},
    ("collections",): {
        "GET": reading.collections,
        "POST": changing.post_collections,
        "DELETE": changing.delete_collections,
    },
    ("collections", "top"): {"GET": reading.top_collections},
    ("collections", "*"): {
        "GET": reading.collection,
        "PUT": changing.put_collection,
        "PATCH": changing.patch_collection,
        "DELETE": changing.delete_collection,
    },
    ("collections", "*", "collections"): {"GET": reading.subcollections},
    ("collections", "*", "items"): {"GET": reading.collection_items},
    ("collections", "*", "items", "top"): {"GET": reading.collection_top_items},
    ("collections", "*", "items", "*"): {"DELETE": changing.remove_from_collection},
    ("tags",): {"GET": reading.tags},
    ("tags", "*"): {"GET": reading.tag},
    ("deleted",): {"GET": reading.deleted},
    ("groups",): {"GET": reading.no_groups},
}
_UNSUPPORTED: Mapping[tuple[str, ...], str] = {
    ("schema",): "the whole schema",
    ("keys", "sessions"): "signing in",
    ("searches",): "searches",
    ("searches", "*"): "searches",
    ("settings",): "settings",
    ("settings", "*"): "settings",
    ("fulltext",): "full texts",
    ("publications", "items"): "My Publications",
    ("items", "unfiled"): "unfiled items",
    ("items", "tags"): "tags of a list of items",
    ("items", "top", "tags"): "tags of a list of items",
    ("items", "*", "file"): "files",
    ("items", "*", "file", "view"): "files",
    ("items", "*", "fulltext"): "full texts",
    ("collections", "*", "tags"): "tags of a collection",
}
_UNSUPPORTED_METHODS: Mapping[tuple[tuple[str, ...], str], str] = {
    (("tags",), "DELETE"): "deleting tags",
    (("collections", "*", "items"), "POST"): "filing items by POST; write their 'collections'",
}
_METHODS = WRITES | {"GET", "HEAD"}


def respond(exchange: Exchange) -> Answer:
    """Answer a request; a refusal is an answer, too."""
    try:
        if exchange.request.method not in _METHODS:
            raise unsupported(f"{exchange.request.method} requests")
        given = query.parameters(exchange.request.query)
        return _route(replace(exchange, given=given), _segments(exchange.request.path))
    except RefusalError as refusal:
        return refusal_answer(refusal)


def _segments(path: str) -> tuple[str, ...]:
    if not path.startswith("/"):
        raise invalid("Invalid path")
    try:
        parts = tuple(unquote(part, errors="strict") for part in path.split("/") if part)
    except UnicodeDecodeError as error:
        raise invalid("Invalid path") from error
    return parts


def _route(exchange: Exchange, segments: tuple[str, ...]) -> Answer:
    if segments in page.PATHS:
        return page.respond(exchange, segments)
    version = exchange.request.headers.get("Zotero-API-Version") or query.first(exchange.given, "v") or "3"
    if version != "3":
        raise unsupported(f"API version {version}")
    if segments[0] not in {"users", "groups"}:
        access.check(exchange, needed=False)
        return _answer(exchange, _SCHEMA, segments)
    access.check(exchange, needed=True)
    if "/".join(segments[:2]) != exchange.served.address.library:
        raise RefusalError(403, "Forbidden")
    return _answer(exchange, _LIBRARY, segments[2:])


def _answer(exchange: Exchange, table: Table, segments: tuple[str, ...]) -> Answer:
    method = "GET" if exchange.request.method == "HEAD" else exchange.request.method
    for pattern, what in _UNSUPPORTED.items():
        if _wildcards(pattern, segments) is not None:
            raise unsupported(what)
    for pattern, methods in table.items():
        parts = _wildcards(pattern, segments)
        if parts is None:
            continue
        if what := _UNSUPPORTED_METHODS.get((pattern, method), ""):
            raise unsupported(what)
        if method not in methods:
            raise RefusalError(405, "Method not allowed", headers={"Allow": ", ".join(methods)})
        if method != "GET":
            return methods[method](replace(exchange, parts=parts))
        with database.snapshot(exchange.store.connection):
            return methods[method](replace(exchange, parts=parts))
    raise RefusalError(404, "Not found")


def _wildcards(pattern: tuple[str, ...], segments: tuple[str, ...]) -> tuple[str, ...] | None:
    """What stands for the pattern's asterisks, or None where the path is another."""
    if len(pattern) != len(segments):
        return None
    if any(wanted not in ("*", got) for wanted, got in zip(pattern, segments, strict=True)):
        return None
    return tuple(got for wanted, got in zip(pattern, segments, strict=True) if wanted == "*")
