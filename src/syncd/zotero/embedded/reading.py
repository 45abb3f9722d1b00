"""Routes that read: lists of items, collections and tags, single objects, deletions, and Zotero's schema.

Each function answers one request, from one snapshot of the database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from syncd.zotero import schema
from syncd.zotero.embedded import database, query
from syncd.zotero.embedded.exchange import TEXT, Exchange, RefusalError, invalid, json_response, unsupported
from syncd.zotero.embedded.objects import collection_json, item_json, item_template, tag_json
from syncd.zotero.embedded.query import Query, Rows, Scope


def item_types(_: Exchange) -> Response:
    """GET /itemTypes."""
    return json_response(_labelled("itemType", (*schema.ITEM_TYPES, *schema.CHILD_TYPES)))


def item_fields(_: Exchange) -> Response:
    """GET /itemFields."""
    return json_response(_labelled("field", schema.all_fields()))


def item_type_fields(exchange: Exchange) -> Response:
    """GET /itemTypeFields?itemType=TYPE."""
    return json_response(_labelled("field", schema.fields(_item_type(exchange))))


def item_type_creator_types(exchange: Exchange) -> Response:
    """GET /itemTypeCreatorTypes?itemType=TYPE."""
    return json_response(_labelled("creatorType", schema.creator_types(_item_type(exchange))))


def creator_fields(_: Exchange) -> Response:
    """GET /creatorFields."""
    labels = {"firstName": "First", "lastName": "Last", "name": "Name"}
    return json_response([{"field": name, "localized": label} for name, label in labels.items()])


def new_item(exchange: Exchange) -> Response:
    """GET /items/new?itemType=TYPE."""
    item_type, link_mode = _item_type(exchange), query.first(exchange.given, "linkMode")
    if item_type == "attachment":
        if not link_mode:
            raise invalid("linkMode required for itemType=attachment")
        if link_mode == "embedded_image":
            raise unsupported("embedded images")
        if link_mode not in schema.LINK_MODES:
            raise invalid(f"Invalid linkMode '{link_mode}'")
    return json_response(item_template(item_type, link_mode if item_type == "attachment" else ""))


def _labelled(name: str, values: Iterable[str]) -> list[dict[str, str]]:
    return [{name: value, "localized": schema.label(value)} for value in values]


def _item_type(exchange: Exchange) -> str:
    item_type = query.first(exchange.given, "itemType")
    if not item_type:
        raise invalid("'itemType' not provided")
    if not schema.is_item_type(item_type):
        raise invalid(f"Invalid item type '{item_type}'")
    return item_type


def items(exchange: Exchange) -> Response:
    """GET /items."""
    return _item_list(exchange, Scope())


def top_items(exchange: Exchange) -> Response:
    """GET /items/top."""
    return _item_list(exchange, Scope(top=True))


def trash(exchange: Exchange) -> Response:
    """GET /items/trash."""
    return _item_list(exchange, Scope(trash=True))


def children(exchange: Exchange) -> Response:
    """GET /items/KEY/children."""
    key = exchange.parts["key"]
    found = exchange.store.item(key)
    if found is None:
        raise RefusalError(404, "Item not found")
    if found.item_type == "attachment" and found.data.get("contentType") != "application/pdf":
        raise invalid("/children cannot be called on non-PDF attachments")
    return _item_list(exchange, Scope(parent=key))


def collection_items(exchange: Exchange) -> Response:
    """GET /collections/KEY/items."""
    return _item_list(exchange, Scope(collection=_existing_collection(exchange)))


def collection_top_items(exchange: Exchange) -> Response:
    """GET /collections/KEY/items/top."""
    return _item_list(exchange, Scope(collection=_existing_collection(exchange), top=True))


def item(exchange: Exchange) -> Response:
    """GET /items/KEY."""
    found = exchange.store.item(exchange.parts["key"]) if schema.is_key(exchange.parts["key"]) else None
    if found is None:
        raise RefusalError(404, "Item does not exist")
    _single_format(exchange)
    counts = exchange.store.count_children([found.key])
    return json_response(item_json(found, exchange.address, counts), version=found.version)


def collections(exchange: Exchange) -> Response:
    """GET /collections."""
    return _collection_list(exchange)


def top_collections(exchange: Exchange) -> Response:
    """GET /collections/top."""
    return _collection_list(exchange, top=True)


def subcollections(exchange: Exchange) -> Response:
    """GET /collections/KEY/collections."""
    return _collection_list(exchange, parent=_existing_collection(exchange))


def collection(exchange: Exchange) -> Response:
    """GET /collections/KEY."""
    found = database.collection(exchange.store, exchange.parts["key"])
    if found is None:
        raise RefusalError(404, "Collection not found")
    _single_format(exchange)
    store = exchange.store
    counts = database.count_items(store), database.count_subcollections(store)
    return json_response(collection_json(found, exchange.address, *counts), version=found.version)


def tags(exchange: Exchange) -> Response:
    """GET /tags."""
    return _tag_list(exchange)


def item_tags(exchange: Exchange) -> Response:
    """GET /items/KEY/tags."""
    if exchange.store.item(exchange.parts["key"]) is None:
        raise RefusalError(404, "Item not found")
    return _tag_list(exchange, item=exchange.parts["key"])


def tag(exchange: Exchange) -> Response:
    """GET /tags/NAME."""
    return _tag_list(exchange, name=exchange.parts["name"])


def deleted(exchange: Exchange) -> Response:
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
    return json_response(body, version=exchange.store.version())


def no_groups(exchange: Exchange) -> Response:
    """GET /groups: the owner of an embedded library is in no groups."""
    return json_response([], version=exchange.store.version(), headers={"Total-Results": "0"})


def _item_list(exchange: Exchange, scope: Scope) -> Response:
    asked = query.parse(exchange.given)
    if answer := _not_modified(exchange):
        return answer
    rows, total = query.select_items(exchange.store, asked, scope)

    def full() -> list[Any]:
        keys = [key for key, _ in rows]
        counts = exchange.store.count_children(keys)
        return [item_json(item, exchange.address, counts) for item in exchange.store.items(keys)]

    return _list_answer(exchange, asked, rows, total, full)


def _collection_list(exchange: Exchange, *, top: bool = False, parent: str | None = None) -> Response:
    asked = query.parse(exchange.given)
    if answer := _not_modified(exchange):
        return answer
    store = exchange.store
    rows, total = query.select_collections(store, asked, top=top, parent=parent)

    def full() -> list[Any]:
        counts = database.count_items(store), database.count_subcollections(store)
        found = (database.collection(store, key) for key, _ in rows)
        return [collection_json(each, exchange.address, *counts) for each in found if each]

    return _list_answer(exchange, asked, rows, total, full)


def _tag_list(exchange: Exchange, *, item: str | None = None, name: str | None = None) -> Response:
    asked = query.parse(exchange.given)
    if asked.format != "json":
        raise unsupported(f"tags with format={asked.format}")
    if asked.since:
        raise unsupported("tags with 'since'")
    if answer := _not_modified(exchange):
        return answer
    rows = query.select_tags(exchange.store, asked, item=item, name=name)
    shown = rows[asked.start : asked.start + (asked.limit or len(rows))]
    headers = _list_headers(exchange, asked, len(rows))
    body = [tag_json(*row, exchange.address) for row in shown]
    return json_response(body, version=exchange.store.version(), headers=headers)


def _list_answer(
    exchange: Exchange, asked: Query, rows: Rows, total: int, full: Callable[[], Sequence[Any]]
) -> Response:
    headers = _list_headers(exchange, asked, total)
    version = exchange.store.version()
    if asked.format == "versions":
        return json_response(dict(rows), version=version, headers=headers)
    if asked.format == "keys":
        text = "".join(f"{key}\n" for key, _ in rows) or "\n"
        return Response(text, 200, headers | {"Last-Modified-Version": str(version)}, TEXT)
    return json_response(full(), version=version, headers=headers)


def _list_headers(exchange: Exchange, asked: Query, total: int) -> dict[str, str]:
    headers = {"Total-Results": str(total)}
    if links := _links(asked, total):
        url = exchange.served.url + exchange.request.path
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


def _not_modified(exchange: Exchange) -> Response | None:
    text = exchange.request.headers.get("If-Modified-Since-Version")
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal()):
        raise invalid("Invalid If-Modified-Since-Version value")
    # The real server sends no version with it.
    return Response(status_code=304) if exchange.store.version() <= int(text[:20]) else None


def _single_format(exchange: Exchange) -> None:
    asked = query.parse(exchange.given)
    if asked.format != "json":
        raise invalid(f"Invalid 'format' value '{asked.format}'")


def _existing_collection(exchange: Exchange) -> str:
    key = exchange.parts["key"]
    if database.collection(exchange.store, key) is None:
        raise RefusalError(404, "Collection not found")
    return key
