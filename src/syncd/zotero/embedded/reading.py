"""Routes that read: lists of items, collections and tags, single objects, deletions.

Each function answers one request, from one snapshot of the database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from syncd.zotero import schema

from . import collection_store, query, selection
from .exchange import TEXT, Answer, json_answer
from .refusal import RefusalError, invalid, unsupported
from .representation import collection_json, item_json, tag_json
from .selection import Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .exchange import Exchange
    from .query import Query
    from .selection import Rows


def items(exchange: Exchange) -> Answer:
    """GET /items."""
    return _item_list(exchange, Scope())


def top_items(exchange: Exchange) -> Answer:
    """GET /items/top."""
    return _item_list(exchange, Scope(top=True))


def trash(exchange: Exchange) -> Answer:
    """GET /items/trash."""
    return _item_list(exchange, Scope(trash=True))


def children(exchange: Exchange) -> Answer:
    """GET /items/KEY/children."""
    key = exchange.parts[0]
    found = exchange.store.item(key)
    if found is None:
        raise RefusalError(404, "Item not found")
    if found.item_type == "attachment" and found.data.get("contentType") != "application/pdf":
        raise invalid("/children cannot be called on non-PDF attachments")
    return _item_list(exchange, Scope(parent=key))


def collection_items(exchange: Exchange) -> Answer:
    """GET /collections/KEY/items."""
    return _item_list(exchange, Scope(collection=_existing_collection(exchange)))


def collection_top_items(exchange: Exchange) -> Answer:
    """GET /collections/KEY/items/top."""
    return _item_list(exchange, Scope(collection=_existing_collection(exchange), top=True))


def item(exchange: Exchange) -> Answer:
    """GET /items/KEY."""
    found = exchange.store.item(exchange.parts[0]) if schema.is_key(exchange.parts[0]) else None
    if found is None:
        raise RefusalError(404, "Item does not exist")
    _single_format(exchange)
    counts = exchange.store.count_children([found.key])
    return json_answer(item_json(found, exchange.served.address, counts), version=found.version)


def collections(exchange: Exchange) -> Answer:
    """GET /collections."""
    return _collection_list(exchange)


def top_collections(exchange: Exchange) -> Answer:
    """GET /collections/top."""
    return _collection_list(exchange, top=True)


def subcollections(exchange: Exchange) -> Answer:
    """GET /collections/KEY/collections."""
    return _collection_list(exchange, parent=_existing_collection(exchange))


def collection(exchange: Exchange) -> Answer:
    """GET /collections/KEY."""
    found = collection_store.collection(exchange.store, exchange.parts[0])
    if found is None:
        raise RefusalError(404, "Collection not found")
    _single_format(exchange)
    store = exchange.store
    counts = collection_store.count_items(store), collection_store.count_subcollections(store)
    return json_answer(collection_json(found, exchange.served.address, *counts), version=found.version)


def tags(exchange: Exchange) -> Answer:
    """GET /tags."""
    return _tag_list(exchange)


def item_tags(exchange: Exchange) -> Answer:
    """GET /items/KEY/tags."""
    if exchange.store.item(exchange.parts[0]) is None:
        raise RefusalError(404, "Item not found")
    return _tag_list(exchange, item=exchange.parts[0])


def tag(exchange: Exchange) -> Answer:
    """GET /tags/NAME."""
    return _tag_list(exchange, name=exchange.parts[0])


def deleted(exchange: Exchange) -> Answer:
    """GET /deleted."""
    since = query.number(exchange.given, "since")
    if since is None:
        raise invalid("'since' parameter must be provided")
    logged = exchange.store.deletions(since)
    body = {
        "collections": logged["collections"],
        "items": logged["items"],
        "searches": [],
        "tags": [],
        "settings": [],
    }
    return json_answer(body, version=exchange.store.version())


def no_groups(exchange: Exchange) -> Answer:
    """GET /groups: the owner of an embedded library is in no groups."""
    return json_answer([], version=exchange.store.version(), headers={"Total-Results": "0"})


def _item_list(exchange: Exchange, scope: Scope) -> Answer:
    asked = query.parse(exchange.given)
    if answer := _not_modified(exchange):
        return answer
    rows, total = selection.select_items(exchange.store, asked, scope)

    def full() -> list[Any]:
        keys = [key for key, _ in rows]
        counts = exchange.store.count_children(keys)
        return [item_json(item, exchange.served.address, counts) for item in exchange.store.items(keys)]

    return _list_answer(exchange, asked, rows, total, full)


def _collection_list(exchange: Exchange, *, top: bool = False, parent: str | None = None) -> Answer:
    asked = query.parse(exchange.given)
    if answer := _not_modified(exchange):
        return answer
    store = exchange.store
    rows, total = selection.select_collections(store, asked, top=top, parent=parent)

    def full() -> list[Any]:
        counts = collection_store.count_items(store), collection_store.count_subcollections(store)
        found = (collection_store.collection(store, key) for key, _ in rows)
        return [collection_json(each, exchange.served.address, *counts) for each in found if each]

    return _list_answer(exchange, asked, rows, total, full)


def _tag_list(exchange: Exchange, *, item: str | None = None, name: str | None = None) -> Answer:
    asked = query.parse(exchange.given)
    if asked.format != "json":
        raise unsupported(f"tags with format={asked.format}")
    if asked.since:
        raise unsupported("tags with 'since'")
    if answer := _not_modified(exchange):
        return answer
    rows = selection.select_tags(exchange.store, asked, item=item, name=name)
    shown = rows[asked.start : asked.start + (asked.limit or len(rows))]
    headers = _list_headers(exchange, asked, len(rows))
    body = [tag_json(*row, exchange.served.address) for row in shown]
    return json_answer(body, version=exchange.store.version(), headers=headers)


def _list_answer(
    exchange: Exchange, asked: Query, rows: Rows, total: int, full: Callable[[], Sequence[Any]]
) -> Answer:
    headers = _list_headers(exchange, asked, total)
    version = exchange.store.version()
    if asked.format == "versions":
        return json_answer(dict(rows), version=version, headers=headers)
    if asked.format == "keys":
        text = "".join(f"{key}\n" for key, _ in rows) or "\n"
        headers |= {"Content-Type": TEXT, "Last-Modified-Version": str(version)}
        return Answer(200, headers, text.encode())
    return json_answer(full(), version=version, headers=headers)


def _list_headers(exchange: Exchange, asked: Query, total: int) -> dict[str, str]:
    headers = {"Total-Results": str(total)}
    if links := _links(asked, total):
        url = exchange.served.address.url + exchange.request.path
        headers["Link"] = ", ".join(
            f'<{url}?{_page(asked, start)}>; rel="{name}"' for name, start in links.items()
        )
    return headers


def _links(asked: Query, total: int) -> dict[str, int]:
    """The first objects of the other pages."""
    if asked.limit is None:
        return {}
    links = {}
    if asked.start:
        links["first"] = 0
        links["prev"] = max(0, asked.start - asked.limit)
    if asked.start + asked.limit < total:
        links["next"] = asked.start + asked.limit
    if total > asked.limit:
        links["last"] = (total - 1) // asked.limit * asked.limit
    return {name: start for name, start in links.items() if name != "last" or start != asked.start}


def _page(asked: Query, start: int) -> str:
    given = [(name, value) for name, value in asked.given if name != "start"]
    return urlencode([*given, ("start", str(start))] if start else given)


def _not_modified(exchange: Exchange) -> Answer | None:
    text = exchange.request.headers.get("If-Modified-Since-Version")
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal()):
        raise invalid("Invalid If-Modified-Since-Version value")
    # The real server sends no version with it.
    return Answer(304) if exchange.store.version() <= int(text[:20]) else None


def _single_format(exchange: Exchange) -> None:
    asked = query.parse(exchange.given)
    if asked.format != "json":
        raise invalid(f"Invalid 'format' value '{asked.format}'")


def _existing_collection(exchange: Exchange) -> str:
    key = exchange.parts[0]
    if collection_store.collection(exchange.store, key) is None:
        raise RefusalError(404, "Collection not found")
    return key
