"""Routes that write: versions and keys checked, then the objects one by one, in one transaction a request.

An object that is refused leaves the others alone. A request is answered when all that it wrote is on the disk. The
wording of refusals is the real server's.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from starlette.datastructures import Headers
from starlette.responses import Response

from syncd.zotero import schema
from syncd.zotero.embedded import database, objects, query
from syncd.zotero.embedded.database import Store
from syncd.zotero.embedded.exchange import Exchange, RefusalError, invalid, json_response, server_error
from syncd.zotero.embedded.objects import Change, Collection, Item, collection_json, item_json
from syncd.zotero.embedded.validation import check_deleted, check_item, merge

Name = Literal["item", "collection"]
HEADER = "If-Unmodified-Since-Version"
_NUMBER_NEEDED = f"Either {HEADER} or object version property must be provided for key-based writes"


def header_version(headers: Headers) -> int | None:
    """The version in the request's header, if there is one.

    Raises:
        RefusalError: it is no number.
    """
    text = headers.get(HEADER)
    if text is None:
        return None
    if not text.strip().isdecimal():
        raise invalid(f"Invalid {HEADER} value '{text}'")
    return int(text)


def check_library(store: Store, version: int | None) -> None:
    """The library must not have changed since `version`, if one is given.

    Raises:
        RefusalError: it has.
    """
    if version is not None and (found := store.version()) > version:
        raise RefusalError(
            412, f"Library has been modified since specified version (expected {version}, found {found})"
        )


def editable(sent: object, name: Name) -> dict[str, Any]:
    """The part of an object that can be written: its `data`, if it was sent as it had been received.

    Raises:
        RefusalError: it is no object.
    """
    if isinstance(sent, dict) and isinstance(sent.get("data"), dict):
        sent = sent["data"]
    if not isinstance(sent, dict):
        raise invalid(f"Invalid {name} object")
    return sent


def sent_key(sent: Mapping[str, Any], name: Name) -> str | None:
    """The key in an object of a write of many, if there is one.

    Raises:
        RefusalError: it is no key.
    """
    key: object = sent.get("key")
    if key is None:
        return None
    if not isinstance(key, str):
        raise invalid("'key' must be a string")
    if not schema.is_key(key):
        raise invalid(f"'{key}' is not a valid {name} key")
    return key


def new_key() -> str:
    """A random key."""
    return "".join(secrets.choice(schema.KEY_ALPHABET) for _ in range(schema.KEY_LENGTH))


def check_one_of_many(
    sent: Mapping[str, Any], found: Item | Collection | None, name: Name, *, guarded: bool
) -> None:
    """Check the version of one object of a write of many.

    Args:
        sent: its editable JSON.
        found: the object with its key, if there is one.
        name: for the message.
        guarded: the request had a version in its header.

    Raises:
        RefusalError: the version is missing, stale or too new.
    """
    version = _sent_version(sent)
    if version is None:
        if sent.get("key") is not None and not guarded:
            raise RefusalError(
                428, f"Either {HEADER} or 'version' property must be provided for 'key'-based writes"
            )
        return
    if sent.get("key") is None:
        raise invalid(f"'version' is valid only if {name} key is provided")
    if found and found.version > version:
        raise _modified(name, version, found.version)
    if version > 0 and not found:
        raise RefusalError(
            404, f"{name.capitalize()} doesn't exist (expected version {version}; use 0 instead)"
        )


def check_single(
    sent: Mapping[str, Any], found: Item | Collection | None, name: Name, *, header: int | None, patch: bool
) -> None:
    """Check the version of the object of a PUT or PATCH.

    Args:
        sent: its editable JSON.
        found: the object with the address's key, if there is one.
        name: for the message.
        header: the version in the request's header.
        patch: what is not sent stays as it is.

    Raises:
        RefusalError: the version is missing, stale or too new.
    """
    in_json = _sent_version(sent)
    if header is not None and in_json is not None and header != in_json:
        raise invalid(f"{HEADER} value does not match JSON 'version' property ({header} != {in_json})")
    version = in_json if header is None else header
    if found is None:
        if patch and version is None:
            raise RefusalError(
                404,
                f"{name.capitalize()} not found"
                f" (to create, use {HEADER}: 0, JSON 'version' 0, or PUT method)",
            )
        if version:
            raise RefusalError(404, f"{name.capitalize()} not found (expected version {version})")
    elif version is None:
        raise RefusalError(428, _NUMBER_NEEDED)
    elif found.version > version:
        raise _modified(name, version, found.version)


def check_delete(found: Item | Collection | None, name: Name, header: int | None) -> None:
    """Check the version of a DELETE of one object.

    Raises:
        RefusalError: the version is missing or stale.
    """
    if header is None:
        raise RefusalError(428, f"{HEADER} must be provided for delete requests")
    if found is None and header > 0:
        raise RefusalError(404, f"{name.capitalize()} not found (expected version {header})")
    if found and found.version > header:
        raise _modified(name, header, found.version)


def _sent_version(sent: Mapping[str, Any]) -> int | None:
    version = sent.get("version")
    if version is None:
        return None
    if isinstance(version, str) and version.isdecimal() and len(version) < 20:
        return int(version)
    if isinstance(version, bool) or not isinstance(version, int) or version < 0:
        raise invalid("'version' must be an integer")
    return version


def _modified(name: Name, expected: int, found: int) -> RefusalError:
    return RefusalError(
        412,
        f"{name.capitalize()} has been modified since specified version (expected {expected}, found {found})",
        version=found,
    )


Json = dict[str, Any]


def find(store: Store, name: Name, key: str) -> Item | Collection | None:
    """The item or collection with this key."""
    return store.item(key) if name == "item" else database.collection(store, key)


def write(store: Store, name: Name, change: Change) -> bool:
    """Check and write one object.

    Returns:
        Whether anything changed. If not, nothing was written.

    Raises:
        RefusalError: it is not valid, or what it refers to does not exist.
    """
    return _WRITERS[name](store, change)


def _write_item(store: Store, change: Change) -> bool:
    before = store.item(change.key)
    change = replace(change, partial=change.partial and before is not None)
    after = merge(before, change, check_item(change, before))
    _check_references(store, before, after)
    if before and after.same_content(before) and after.date_modified == before.date_modified:
        return False
    store.save_item(replace(after, version=store.next_version()))
    return True


def _check_references(store: Store, before: Item | None, after: Item) -> None:
    if after.parent and (before is None or after.parent != before.parent):
        parent = store.item(after.parent)
        if parent is None:
            raise RefusalError(
                409, f"Parent item {after.parent} not found", data={"parentItem": after.parent}
            )
        if parent.item_type in schema.CHILD_TYPES:
            raise invalid(f"Parent item {after.parent} cannot be a note or attachment")
    if missing := database.missing(store, after.collections):
        raise RefusalError(409, f"Collection {missing} not found", data={"collection": missing})


def _write_collection(store: Store, change: Change) -> bool:
    before = database.collection(store, change.key)
    partial = change.partial and before is not None
    sent = change.sent
    _check_collection(sent, partial=partial)
    base = before if before and partial else Collection(change.key, "", before.version if before else 0)
    after = replace(
        base,
        name=sent["name"] if sent.get("name") is not None else base.name,
        parent=(sent["parentCollection"] or None)
        if sent.get("parentCollection") is not None
        else base.parent,
        trashed=bool(sent["deleted"]) if sent.get("deleted") is not None else base.trashed,
        relations=objects.kept(sent["relations"]) if sent.get("relations") is not None else base.relations,
    )
    if after.parent and (before is None or after.parent != before.parent):
        _check_parent_collection(store, after.key, after.parent)
    if after == before:
        return False
    database.save(store, replace(after, version=store.next_version()))
    return True


def _check_collection(sent: Json, *, partial: bool) -> None:
    if not partial and sent.get("name") is None:
        raise invalid("'name' property not provided")
    for name, value in sent.items():
        if name == "name":
            _check_name(value)
        elif name == "parentCollection":
            if value not in (False, None, "") and not schema.is_key(value):
                raise invalid("'parentCollection' must be a collection key or FALSE")
        elif name == "relations":
            objects.check(value, "collection")
        elif name == "deleted":
            check_deleted(value)
        elif name not in {"key", "version"}:
            raise invalid(f"Invalid property '{name}'")


def _check_name(value: object) -> None:
    if not isinstance(value, str):
        raise invalid("'name' must be a string")
    if not value:
        raise invalid("Collection name cannot be empty")
    if len(value) > schema.MAX_NAME_LENGTH:
        raise RefusalError(413, f"Collection name '{value[:50]}…' too long")


def _check_parent_collection(store: Store, key: str, parent: str) -> None:
    if database.collection(store, parent) is None:
        raise RefusalError(409, f"Parent collection {parent} not found", data={"collection": parent})
    if parent == key or parent in database.descendants(store, key):
        raise RefusalError(409, f"Collection {key} cannot be moved into itself or a collection inside it")


_WRITERS: dict[Name, Callable[[Store, Change], bool]] = {"item": _write_item, "collection": _write_collection}


def delete(store: Store, name: Name, keys: Sequence[str]) -> int:
    """Delete items or collections for good; keys of none are passed over.

    Returns:
        The library's version then.
    """
    version = store.next_version()
    for key in keys:
        if name == "collection":
            if database.collection(store, key):
                database.delete(store, key, version)
        elif item := store.item(key):
            store.delete_item(item, version)
    return version


_TOKEN = "Zotero-Write-Token"  # noqa: S105 - the name of a header


def post_items(exchange: Exchange) -> Response:
    """POST /items."""
    return _post(exchange, "item")


def post_collections(exchange: Exchange) -> Response:
    """POST /collections."""
    return _post(exchange, "collection")


def put_item(exchange: Exchange) -> Response:
    """PUT /items/KEY."""
    return _write_single(exchange, "item", patch=False)


def patch_item(exchange: Exchange) -> Response:
    """PATCH /items/KEY."""
    return _write_single(exchange, "item", patch=True)


def put_collection(exchange: Exchange) -> Response:
    """PUT /collections/KEY."""
    return _write_single(exchange, "collection", patch=False)


def patch_collection(exchange: Exchange) -> Response:
    """PATCH /collections/KEY."""
    return _write_single(exchange, "collection", patch=True)


def delete_item(exchange: Exchange) -> Response:
    """DELETE /items/KEY."""
    return _delete_single(exchange, "item")


def delete_collection(exchange: Exchange) -> Response:
    """DELETE /collections/KEY."""
    return _delete_single(exchange, "collection")


def delete_items(exchange: Exchange) -> Response:
    """DELETE /items?itemKey=KEY,KEY."""
    return _delete_many(exchange, "item")


def delete_collections(exchange: Exchange) -> Response:
    """DELETE /collections?collectionKey=KEY,KEY."""
    return _delete_many(exchange, "collection")


def remove_from_collection(exchange: Exchange) -> Response:
    """DELETE /collections/KEY/items/KEY: the real server fails at it."""
    if database.collection(exchange.store, exchange.parts["key"]) is None:
        raise RefusalError(404, "Collection not found")
    raise server_error()


def _post(exchange: Exchange, name: Name) -> Response:
    objects = exchange.request.json()
    header = header_version(exchange.request.headers)
    if not isinstance(objects, list):
        raise invalid("Uploaded data must be a JSON array")
    if len(objects) > schema.MAX_OBJECTS:
        raise RefusalError(413, f"Cannot add more than {schema.MAX_OBJECTS} {name}s at a time")
    report: dict[str, dict[str, Any]] = {"successful": {}, "success": {}, "unchanged": {}, "failed": {}}
    failure: RefusalError | None = None
    with database.transaction(exchange.store.connection):
        check_library(exchange.store, header)
        version = exchange.store.version()
        try:
            for index, sent in enumerate(objects):
                version = _post_one(exchange, name, str(index), sent, report, guarded=header is not None)
        except RefusalError as refusal:
            # What was written before stays, as on the real server.
            failure = refusal
    if failure:
        raise failure
    if not objects or str(len(objects) - 1) not in report["failed"]:
        exchange.served.tokens.use(exchange.request.headers.get(_TOKEN))
    return json_response(report, version=version)


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
    try:
        data = editable(sent, name)
        key = sent_key(data, name)
        found = find(store, name, key) if key else None
        check_one_of_many(data, found, name, guarded=guarded)
        key = key or new_key()
        change = Change(data, key, partial=True, now=exchange.served.clock())
        with database.part(store.connection):
            changed = write(store, name, change)
        if not changed:
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
    store, address = exchange.store, exchange.address
    if name == "item":
        item = store.items([key])[0]
        return item_json(item, address, store.count_children([key]))
    counts = database.count_items(store), database.count_subcollections(store)
    collection = database.collection(store, key)
    return collection_json(collection, address, *counts) if collection else {}


def _write_single(exchange: Exchange, name: Name, *, patch: bool) -> Response:
    store, key = exchange.store, exchange.parts["key"]
    if not schema.is_key(key):
        raise RefusalError(404, "Not found")
    data = editable(exchange.request.json(), name)
    if sent_key(data, name) not in {None, key}:
        raise RefusalError(409, f"'key' property in JSON does not match {name} key of request")
    header = header_version(exchange.request.headers)
    with database.transaction(store.connection):
        found = find(store, name, key)
        check_single(data, found, name, header=header, patch=patch)
        write(store, name, Change({**data, "key": key}, key, partial=patch, now=exchange.served.clock()))
        version = store.version()
    exchange.served.tokens.use(exchange.request.headers.get(_TOKEN))
    return _no_content(version)


def _delete_single(exchange: Exchange, name: Name) -> Response:
    store, key = exchange.store, exchange.parts["key"]
    if not schema.is_key(key):
        raise RefusalError(404, "Not found")
    header = header_version(exchange.request.headers)
    with database.transaction(store.connection):
        found = find(store, name, key)
        check_delete(found, name, header)
        version = delete(store, name, [key]) if found else store.version()
    return _no_content(version)


def _delete_many(exchange: Exchange, name: Name) -> Response:
    store = exchange.store
    header = header_version(exchange.request.headers)
    if header is None:
        raise RefusalError(428, f"{HEADER} not provided")
    keys = _keys(exchange, name)
    with database.transaction(store.connection):
        check_library(store, header)
        version = delete(store, name, keys)
    return _no_content(version)


def _keys(exchange: Exchange, name: Name) -> Sequence[str]:
    keys = query.keys(exchange.given, f"{name}Key")
    if not keys:
        raise invalid(f"'{name}Key' must be provided for delete requests of many")
    if len(keys) > schema.MAX_OBJECTS:
        raise RefusalError(413, f"Cannot delete more than {schema.MAX_OBJECTS} {name}s at a time")
    return keys


def _no_content(version: int) -> Response:
    return Response(status_code=204, headers={"Last-Modified-Version": str(version)})
