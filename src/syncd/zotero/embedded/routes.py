"""Which function answers which request, and what a request must have before one does.

Everything that is not in the tables here is refused: with 501 and its name where the real server has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from syncd.zotero.embedded import accounts, database, page, query, reading, writing
from syncd.zotero.embedded.database import Store
from syncd.zotero.embedded.exchange import (
    WRITES,
    Answer,
    Exchange,
    RefusalError,
    invalid,
    refusal_answer,
    unsupported,
)
from syncd.zotero.embedded.objects import Address

if TYPE_CHECKING:
    Route = Callable[[Exchange], Answer]
    Table = Mapping[tuple[str, ...], Mapping[str, Route]]

SCHEMA: Table = {
    ("itemTypes",): {"GET": reading.item_types},
    ("itemFields",): {"GET": reading.item_fields},
    ("itemTypeFields",): {"GET": reading.item_type_fields},
    ("itemTypeCreatorTypes",): {"GET": reading.item_type_creator_types},
    ("creatorFields",): {"GET": reading.creator_fields},
    ("items", "new"): {"GET": reading.new_item},
}
_KEYS: Table = {
    ("keys", "sessions"): {"POST": accounts.begin},
    ("keys", "sessions", "*"): {"GET": accounts.status, "DELETE": accounts.cancel},
    ("keys", "*"): {"GET": accounts.key_info, "DELETE": accounts.delete_key},
}
LIBRARY: Table = {
    ("items",): {"GET": reading.items, "POST": writing.post_items, "DELETE": writing.delete_items},
    ("items", "top"): {"GET": reading.top_items},
    ("items", "trash"): {"GET": reading.trash},
    ("items", "*"): {
        "GET": reading.item,
        "PUT": writing.put_item,
        "PATCH": writing.patch_item,
        "DELETE": writing.delete_item,
    },
    ("items", "*", "children"): {"GET": reading.children},
    ("items", "*", "tags"): {"GET": reading.item_tags},
    ("collections",): {
        "GET": reading.collections,
        "POST": writing.post_collections,
        "DELETE": writing.delete_collections,
    },
    ("collections", "top"): {"GET": reading.top_collections},
    ("collections", "*"): {
        "GET": reading.collection,
        "PUT": writing.put_collection,
        "PATCH": writing.patch_collection,
        "DELETE": writing.delete_collection,
    },
    ("collections", "*", "collections"): {"GET": reading.subcollections},
    ("collections", "*", "items"): {"GET": reading.collection_items},
    ("collections", "*", "items", "top"): {"GET": reading.collection_top_items},
    ("collections", "*", "items", "*"): {"DELETE": writing.remove_from_collection},
    ("tags",): {"GET": reading.tags},
    ("tags", "*"): {"GET": reading.tag},
    ("deleted",): {"GET": reading.deleted},
    ("groups",): {"GET": reading.no_groups},
}
_UNSUPPORTED: Mapping[tuple[str, ...], str] = {
    ("schema",): "the whole schema",
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
        return _route(replace(exchange, given=given), segments_of(exchange.request.path))
    except RefusalError as refusal:
        return refusal_answer(refusal)


def segments_of(path: str) -> tuple[str, ...]:
    """Split a path into its decoded parts.

    Raises:
        RefusalError: it is malformed.
    """
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
    if segments[:2] == ("keys", "sessions"):
        # Whoever signs in has no key yet.
        return answer(exchange, _KEYS, segments)
    if segments[0] not in {"users", "groups"}:
        accounts.check(exchange, needed=False)
        return answer(exchange, _KEYS if segments[0] == "keys" else SCHEMA, segments)
    accounts.check(exchange, needed=True)
    library = "/".join(segments[:2])
    if library not in exchange.served.libraries:
        raise RefusalError(403, "Forbidden")
    accounts.check_rights(exchange, library)
    return answer(_within(exchange, library), LIBRARY, segments[2:])


def _within(exchange: Exchange, library: str) -> Exchange:
    """The request, about one of several libraries."""
    address = Address(exchange.served.address.url, library)
    store = Store(exchange.store.connection, library)
    return replace(exchange, served=replace(exchange.served, address=address), store=store)


def answer(exchange: Exchange, table: Table, segments: tuple[str, ...]) -> Answer:
    """Answer a request by what a table has for its path and method.

    Raises:
        RefusalError: there is nothing, or it refuses.
    """
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
