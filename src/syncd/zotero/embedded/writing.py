"""Writing items and collections: one checked change of one object, and its undoing by DELETE.

Each function expects to be inside a transaction, and leaves nothing behind when it refuses.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from syncd.zotero import schema

from . import collection_store, relations
from .merging import merge
from .objects import Collection
from .refusal import RefusalError, invalid
from .validation import check_deleted, check_item

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .objects import Change, Item
    from .preconditions import Name
    from .store import Store

Json = dict[str, Any]


def find(store: Store, name: Name, key: str) -> Item | Collection | None:
    """The item or collection with this key."""
    return store.item(key) if name == "item" else collection_store.collection(store, key)


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
    if missing := collection_store.missing(store, after.collections):
        raise RefusalError(409, f"Collection {missing} not found", data={"collection": missing})


def _write_collection(store: Store, change: Change) -> bool:
    before = collection_store.collection(store, change.key)
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
        relations=relations.kept(sent["relations"]) if sent.get("relations") is not None else base.relations,
    )
    if after.parent and (before is None or after.parent != before.parent):
        _check_parent_collection(store, after.key, after.parent)
    if after == before:
        return False
    collection_store.save(store, replace(after, version=store.next_version()))
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
            relations.check(value, "collection")
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
    if collection_store.collection(store, parent) is None:
        raise RefusalError(409, f"Parent collection {parent} not found", data={"collection": parent})
    if parent == key or parent in collection_store.descendants(store, key):
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
            if collection_store.collection(store, key):
                collection_store.delete(store, key, version)
        elif item := store.item(key):
            store.delete_item(item, version)
    return version
