"""What an item becomes when a checked change is applied to it.

Pure. What is sent partially leaves the rest as it is; lists are replaced as a whole; a change of type
carries fields over under their new names and drops those that the new type does not have.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from syncd.zotero import schema

from . import relations
from .dates import read_access_date, read_timestamp, timestamp
from .objects import Item
from .parts import kept_creators, kept_tags, retyped_creators
from .refusal import RefusalError, invalid
from .text import clean_note
from .validation import scalar

if TYPE_CHECKING:
    from .objects import Change

Json = dict[str, Any]
# What the real server, in PHP, takes off both ends of a field; other blanks stay.
_TRIMMED = " \t\n\r\0\x0b"
_NOT_DATA = frozenset(
    {
        *("key", "version", "itemType", "parentItem", "deleted", "collections", "inPublications"),
        *("dateAdded", "dateModified"),
    }
)
_ATTACHMENT_DATA = frozenset({"linkMode", "contentType", "charset", "filename", "md5", "path"})
_UNCOUNTED = ("collections", "trashed")
"""Attributes whose change does not move `dateModified`; nor do relations."""


def merge(before: Item | None, change: Change, item_type: str) -> Item:
    """The item after a change, with the version of before it.

    Args:
        before: the item that is changed, or None for a new one.
        change: what `validation.check_item` passed.
        item_type: the type that the item then has.

    Raises:
        RefusalError: a field is not one of this type, or a value is too long.
    """
    sent, partial = change.sent, change.partial
    start = before or Item(change.key, item_type, date_added=timestamp(change.now))
    base = _retyped(start, item_type) if partial else replace(start, item_type=item_type, data=_kept(start))
    data = dict(base.data)
    for name, value in sent.items():
        if name not in _NOT_DATA:
            _apply(data, name, value, item_type, change)
    parent = _parent(base, change)
    collections = base.collections if partial else ()
    if sent.get("collections") is not None:
        collections = tuple(sorted(set(sent["collections"])))
    after = replace(
        base,
        parent=parent,
        trashed=bool(sent["deleted"]) if sent.get("deleted") is not None else base.trashed and partial,
        collections=() if parent else collections,
        data={name: value for name, value in data.items() if value not in ("", None, [], {})},
        date_added=_sent_time(sent, "dateAdded") or base.date_added,
    )
    return replace(after, date_modified=_modified(before, after, change))


def _kept(item: Item) -> dict[str, Any]:
    """What a full replacement keeps: the link mode, which can't be changed."""
    return {name: item.data[name] for name in ("linkMode",) if name in item.data}


def _retyped(item: Item, item_type: str) -> Item:
    if item.item_type == item_type:
        return item
    data: dict[str, Any] = {}
    for name, value in item.data.items():
        if name == "creators":
            data[name] = retyped_creators(value, item_type)
        elif name in {"tags", "relations"}:
            data[name] = value
        elif new_name := schema.counterpart(name, item_type):
            data[new_name] = value
    return replace(item, item_type=item_type, data=data)


def _apply(data: Json, name: str, value: Any, item_type: str, change: Change) -> None:
    if name == "creators":
        if value and not schema.creator_types(item_type):
            raise invalid(f"'creators' is not a valid field for type '{item_type}'")
        data[name] = kept_creators(value, item_type) if value else []
    elif name == "tags":
        data[name] = kept_tags(value)
    elif name == "relations":
        data[name] = relations.kept(value)
    elif name == "note":
        data[name] = clean_note(scalar(value, name))
    elif name == "mtime":
        data[name] = value
    elif name in _ATTACHMENT_DATA:
        data[name] = scalar(value, name)
    elif name in schema.fields(item_type):
        data[name] = _field(name, scalar(value, name).strip(_TRIMMED), change)
    elif scalar(value, name):
        raise invalid(f"'{name}' is not a valid field for type '{item_type}'")


def _field(name: str, text: str, change: Change) -> str:
    if len(text.encode()) > schema.MAX_FIELD_BYTES:
        label = schema.label(name)
        raise RefusalError(
            413,
            f"{label} field value '{text[:50]}…' too long for item '{change.key}'",
            data={"field": label, "value": f"{text[:50]}…"},
        )
    return read_access_date(text, change.now) or "" if name == "accessDate" else text


def _parent(base: Item, change: Change) -> str | None:
    if change.sent.get("parentItem") is not None:
        return change.sent["parentItem"] or None
    if not change.partial or change.sent.get("collections"):
        return None
    return base.parent


def _sent_time(sent: Json, name: str) -> str | None:
    return read_timestamp(str(sent[name])) if sent.get(name) else None


def _modified(before: Item | None, after: Item, change: Change) -> str:
    """`dateModified`: what the client says if it says something new, else now if the content changed."""
    stated = _sent_time(change.sent, "dateModified")
    if before is None:
        return stated or timestamp(change.now)
    if stated and stated != before.date_modified:
        return stated
    restored = {name: getattr(before, name) for name in _UNCOUNTED}
    same_links = {**after.data, "relations": before.data.get("relations")}
    counted = replace(after, data={k: v for k, v in same_links.items() if v is not None}, **restored)
    return before.date_modified if before.same_content(counted) else timestamp(change.now)
