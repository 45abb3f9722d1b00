"""Routes that write: many objects at once, one object, deletions.

Each object is a transaction of its own. A request is answered when all that it wrote is on the disk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncd.zotero import schema

from . import collection_store, database, preconditions, query
from .exchange import Answer, json_answer
from .objects import Change
from .refusal import RefusalError, invalid, server_error
from .representation import collection_json, item_json
from .writing import delete, find, write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .exchange import Exchange
    from .preconditions import Name

_TOKEN = "Zotero-Write-Token"  # noqa: S105 - the name of a header


def post_items(exchange: Exchange) -> Answer:
    """POST /items."""
    return _post(exchange, "item")


def post_collections(exchange: Exchange) -> Answer:
    """POST /collections."""
    return _post(exchange, "collection")


def put_item(exchange: Exchange) -> Answer:
    """PUT /items/KEY."""
    return _write_single(exchange, "item", patch=False)


def patch_item(exchange: Exchange) -> Answer:
    """PATCH /items/KEY."""
    return _write_single(exchange, "item", patch=True)


def put_collection(exchange: Exchange) -> Answer:
    """PUT /collections/KEY."""
    return _write_single(exchange, "collection", patch=False)


def patch_collection(exchange: Exchange) -> Answer:
    """PATCH /collections/KEY."""
    return _write_single(exchange, "collection", patch=True)


def delete_item(exchange: Exchange) -> Answer:
    """DELETE /items/KEY."""
    return _delete_single(exchange, "item")


def delete_collection(exchange: Exchange) -> Answer:
    """DELETE /collections/KEY."""
    return _delete_single(exchange, "collection")


def delete_items(exchange: Exchange) -> Answer:
    """DELETE /items?itemKey=KEY,KEY."""
    return _delete_many(exchange, "item")


def delete_collections(exchange: Exchange) -> Answer:
    """DELETE /collections?collectionKey=KEY,KEY."""
    return _delete_many(exchange, "collection")


def remove_from_collection(exchange: Exchange) -> Answer:
    """DELETE /collections/KEY/items/KEY: the real server fails at it."""
    if collection_store.collection(exchange.store, exchange.parts[0]) is None:
        raise RefusalError(404, "Collection not found")
    raise server_error()


def _post(exchange: Exchange, name: Name) -> Answer:
    objects = exchange.json()
    header = preconditions.header_version(exchange.request.headers)
    if not isinstance(objects, list):
        raise invalid("Uploaded data must be a JSON array")
    if len(objects) > schema.MAX_OBJECTS:
        raise RefusalError(413, f"Cannot add more than {schema.MAX_OBJECTS} {name}s at a time")
    report: dict[str, dict[str, Any]] = {"successful": {}, "success": {}, "unchanged": {}, "failed": {}}
    connection = exchange.store.connection
    if not objects:
        preconditions.check_library(exchange.store, header)
    start = version = exchange.store.version()
    try:
        for index, sent in tuple(enumerate(objects))[exchange.part]:
            with database.transaction(connection):
                if index == 0:
                    preconditions.check_library(exchange.store, header)
                version = _post_one(exchange, name, str(index), sent, report, guarded=header is not None)
    finally:
        if version != start:
            database.settle(connection)
    if not objects or str(len(objects) - 1) not in report["failed"]:
        exchange.served.tokens.use(exchange.request.headers.get(_TOKEN))
    return json_answer(report, version=version)


def _post_one(  # noqa: PLR0913 - one place to report to, one object to report on
    exchange: Exchange,
    name: Name,
    index: str,
    sent: object,
    report: dict[str, dict[str, Any]],
    *,
    guarded: bool,
) -> int:
    """Write one object of many and report on it; returns the library's version."""
    store = exchange.store
    if refused := exchange.refused.get(int(index)):
        report["failed"][index] = refused.entry()
        return store.version()
    try:
        data = preconditions.editable(sent, name)
        key = preconditions.sent_key(data, name)
        found = find(store, name, key) if key else None
        preconditions.check_one_of_many(data, found, name, guarded=guarded)
        key = key or preconditions.new_key()
        if not write(store, name, Change(data, key, partial=True, now=exchange.served.clock())):
            report["unchanged"][index] = key
            return store.next_version()
    except RefusalError as refusal:
        if refusal.status == 500:
            raise
        report["failed"][index] = refusal.entry()
        return store.version()
    report["successful"][index] = _representation(exchange, name, key)
    report["success"][index] = key
    return store.version()


def _representation(exchange: Exchange, name: Name, key: str) -> dict[str, Any]:
    store, address = exchange.store, exchange.served.address
    if name == "item":
        item = store.items([key])[0]
        return item_json(item, address, store.count_children([key]))
    counts = collection_store.count_items(store), collection_store.count_subcollections(store)
    collection = collection_store.collection(store, key)
    return collection_json(collection, address, *counts) if collection else {}


def _write_single(exchange: Exchange, name: Name, *, patch: bool) -> Answer:
    store, key = exchange.store, exchange.parts[0]
    if not schema.is_key(key):
        raise RefusalError(404, "Not found")
    data = preconditions.editable(exchange.json(), name)
    if preconditions.sent_key(data, name) not in {None, key}:
        raise RefusalError(409, f"'key' property in JSON does not match {name} key of request")
    header = preconditions.header_version(exchange.request.headers)
    with database.transaction(store.connection):
        found = find(store, name, key)
        preconditions.check_single(data, found, name, header=header, patch=patch)
        write(store, name, Change({**data, "key": key}, key, partial=patch, now=exchange.served.clock()))
        version = store.version()
    database.settle(store.connection)
    exchange.served.tokens.use(exchange.request.headers.get(_TOKEN))
    return _no_content(version)


def _delete_single(exchange: Exchange, name: Name) -> Answer:
    store, key = exchange.store, exchange.parts[0]
    if not schema.is_key(key):
        raise RefusalError(404, "Not found")
    header = preconditions.header_version(exchange.request.headers)
    with database.transaction(store.connection):
        found = find(store, name, key)
        preconditions.check_delete(found, name, header)
        version = delete(store, name, [key]) if found else store.version()
    return _settled(exchange, version)


def _delete_many(exchange: Exchange, name: Name) -> Answer:
    store = exchange.store
    header = preconditions.header_version(exchange.request.headers)
    if header is None:
        raise RefusalError(428, f"{preconditions.HEADER} not provided")
    keys = _keys(exchange, name)
    with database.transaction(store.connection):
        preconditions.check_library(store, header)
        version = delete(store, name, keys)
    return _settled(exchange, version)


def _keys(exchange: Exchange, name: Name) -> Sequence[str]:
    keys = query.keys(exchange.given, f"{name}Key")
    if not keys:
        raise invalid(f"'{name}Key' must be provided for delete requests of many")
    if len(keys) > schema.MAX_OBJECTS:
        raise RefusalError(413, f"Cannot delete more than {schema.MAX_OBJECTS} {name}s at a time")
    return keys


def _settled(exchange: Exchange, version: int) -> Answer:
    database.settle(exchange.store.connection)
    return _no_content(version)


def _no_content(version: int) -> Answer:
    return Answer(204, {"Last-Modified-Version": str(version)})
