"""Whether an item that a client sent is valid, as the real server checks it, and what it becomes by a valid change.

Properties and lists are checked one by one. What is sent partially leaves the rest as it is. Whether parents and
collections exist is known to `writing`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from syncd.zotero import schema
from syncd.zotero.embedded import objects
from syncd.zotero.embedded.exchange import RefusalError, invalid, server_error, unsupported
from syncd.zotero.embedded.objects import Change, Item
from syncd.zotero.embedded.text import clean_note, fold, read_access_date, read_timestamp, timestamp

_NAME_PARTS = ("firstName", "lastName", "name")


def check_tags(value: object) -> None:
    """Check an item's `tags`, but for their length.

    Raises:
        RefusalError: they are not valid.
    """
    if not isinstance(value, list):
        raise invalid("'tags' property must be an array")
    for tag in value:
        if not isinstance(tag, dict):
            raise invalid("Tag must be an object")
        if not tag:
            raise invalid("Tag object is empty")
        for name, part in tag.items():
            if name == "tag":
                if part is None or isinstance(part, (dict, list)):
                    raise invalid("Invalid tag name")
            elif name == "type":
                if part not in (0, 1, "0", "1") or isinstance(part, bool):
                    raise invalid(f"Invalid tag type '{part}'")
            else:
                raise invalid(f"Invalid tag property '{name}'")


def kept_tags(value: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Tags as they are kept: trimmed, sorted, each name once; a manual one rather than an automatic one.

    Raises:
        RefusalError: one is too long.
    """
    types: dict[str, int] = {}
    for tag in value:
        name = str(tag.get("tag", "")).strip()
        if len(name) > schema.MAX_TAG_LENGTH:
            raise RefusalError(413, f"Tag '{name[:50]}…' too long", data={"tag": name})
        if name:
            types[name] = min(types.get(name, 1), int(tag.get("type", 0)))
    names = sorted(types, key=lambda name: (fold(name), name))
    return [{"tag": name, "type": 1} if types[name] else {"tag": name} for name in names]


def check_creators(value: object, item_type: str, *, is_new: bool) -> None:
    """Check an item's `creators`, but for the length of their names.

    Raises:
        RefusalError: they are not valid.
    """
    if not isinstance(value, list):
        raise invalid("'creators' property must be an array")
    for creator in value:
        if not isinstance(creator, dict):
            raise server_error()
        if creator.get("creatorType") is None:
            raise invalid("creator object must contain 'creatorType'")
        if any(isinstance(creator.get(part), (dict, list)) for part in _NAME_PARTS):
            raise server_error()
        if not any(_part(creator, part) for part in _NAME_PARTS):
            # The template of a new item has one nameless creator.
            if is_new and len(value) == 1:
                continue
            raise invalid("creator object must contain 'firstName'/'lastName' or 'name'")
        for name in creator:
            _check_creator_property(creator, name, item_type)


def _check_creator_property(creator: dict[str, Any], name: str, item_type: str) -> None:
    if name == "creatorType":
        _check_creator_type(creator[name], item_type)
    elif name not in _NAME_PARTS:
        raise invalid(f"Invalid creator property '{name}'")
    elif name == "name":
        for other in ("firstName", "lastName"):
            if creator.get(other) is not None:
                raise invalid(f"'{other}' and 'name' creator fields are mutually exclusive")
    else:
        other = "lastName" if name == "firstName" else "firstName"
        if creator.get(other) is None and not (creator.get("name") is not None and name == "lastName"):
            raise invalid(f"'{other}' creator field must be set if '{name}' is set")
        if creator.get("name") is not None:
            raise invalid(f"'{name}' and 'name' creator fields are mutually exclusive")


def _check_creator_type(value: object, item_type: str) -> None:
    if not isinstance(value, str) or not schema.is_creator_type(value):
        raise invalid(f"'{value}' is not a valid creator type")
    if not schema.is_item_type(item_type):
        return  # said where the type is checked
    if value != "author" and value not in schema.creator_types(item_type):
        raise invalid(f"'{value}' is not a valid creator type for item type '{item_type}'")


def kept_creators(value: list[dict[str, Any]], item_type: str) -> list[dict[str, str]]:
    """Creators as they are kept: trimmed; "author" is the primary type of types that have no authors.

    Raises:
        RefusalError: a name is too long.
    """
    types = schema.creator_types(item_type)
    kept = []
    for creator in value:
        if not any(_part(creator, part) for part in _NAME_PARTS):
            continue
        kind = creator["creatorType"]
        parts = ("name",) if creator.get("name") is not None else ("firstName", "lastName")
        names = {part: _part(creator, part) for part in parts}
        for name in names.values():
            if len(name) > schema.MAX_NAME_LENGTH:
                raise RefusalError(413, f"Creator name '{name[:50]}…' too long", data={"creator": name})
        kept.append({"creatorType": kind if kind in types else types[0], **names})
    return kept


def retyped_creators(kept: list[dict[str, str]], item_type: str) -> list[dict[str, str]]:
    """Creators of an item that becomes one of another type: whom that does not have is a contributor, authors too."""
    types = schema.creator_types(item_type)
    return [one if one["creatorType"] in types else {**one, "creatorType": "contributor"} for one in kept]


def _part(creator: dict[str, Any], name: str) -> str:
    value = creator.get(name)
    return "" if value is None else str(value).strip()


Json = dict[str, Any]
_NO_LONGER = ("attachments", "notes")
_OLD_NAMES = {"itemKey": "key", "itemVersion": "version"}


@dataclass(frozen=True, slots=True)
class _Context:
    """What a property is checked against: the change that it is part of.

    Attributes:
        item_type: the type that the item will have, valid or not.
        is_child: whether it will be in another item.
    """

    change: Change
    existing: Item | None
    item_type: str
    is_child: bool

    @property
    def link_mode(self) -> str:
        """The link mode that an attachment will have."""
        kept = self.existing.data.get("linkMode", "") if self.existing else ""
        return str(self.change.sent.get("linkMode") or kept)


def check_item(change: Change, existing: Item | None) -> str:
    """Check what was sent.

    Args:
        change: an item as it was sent.
        existing: the item that it changes.

    Returns:
        The type that the item then has.

    Raises:
        RefusalError: the first property that is not valid.
    """
    sent = change.sent
    is_child = _will_be_child(change, existing)
    _check_required(change, existing, is_child=is_child)
    item_type = sent.get("itemType")
    if item_type is None and existing:
        item_type = existing.item_type
    context = _Context(change, existing, str(item_type), is_child)
    for name, value in sent.items():
        _CHECKS.get(name, _check_field)(name, value, context)
    return context.item_type


def scalar(value: object, name: str) -> str:
    """A field's value as text, as the real server casts it.

    Raises:
        RefusalError: an array; or an object, at which the real server fails as a whole.
    """
    if isinstance(value, list):
        raise invalid(f"Unexpected array for property '{name}'")
    if isinstance(value, dict):
        raise server_error()
    if value is None or value is False:
        return ""
    return "1" if value is True else str(value)


def check_deleted(value: object) -> None:
    """`deleted` is a boolean, 0 or 1.

    Raises:
        RefusalError: it is something else.
    """
    if not isinstance(value, bool) and value not in (0, 1):
        raise invalid("'deleted' must be a boolean")


def _will_be_child(change: Change, existing: Item | None) -> bool:
    if change.sent.get("parentItem") is not None:
        return change.sent["parentItem"] is not False
    if existing is None or existing.parent is None or not change.partial:
        return False
    return not change.sent.get("collections")


def _check_required(change: Change, existing: Item | None, *, is_child: bool) -> None:
    if change.partial and existing:
        required: tuple[str, ...] = ()
    elif change.sent.get("itemType") == "attachment":
        required = ("linkMode",)
    elif existing is None:
        required = ("itemType",)
    else:
        required = ("itemType", "tags", "relations") + (() if is_child else ("collections",))
    for name in required:
        if change.sent.get(name) is None:
            raise invalid(f"'{name}' property not provided")


def _check_type(_: str, value: object, context: _Context) -> None:
    if not isinstance(value, str):
        raise invalid("'itemType' must be a string")
    if not schema.is_item_type(value):
        raise invalid(f"'{value}' is not a valid itemType")
    if context.is_child and value not in schema.CHILD_TYPES:
        raise invalid("Child item must be note, attachment, or annotation")
    before = context.existing.item_type if context.existing else value
    if value != before and (value in schema.CHILD_TYPES or before in schema.CHILD_TYPES):
        raise invalid(f"Cannot change item type from '{before}' to '{value}'")


def _check_collections(_: str, value: object, context: _Context) -> None:
    if not isinstance(value, list):
        raise invalid("'collections' property must be an array")
    if context.is_child and value:
        raise invalid("Child items cannot be assigned to collections")
    for key in value:
        if not schema.is_key(key):
            raise invalid(f"'{key}' is not a valid collection key")


def _check_parent(name: str, value: object, context: _Context) -> None:
    if value is False or value is None:
        return
    if not schema.is_key(value):
        raise invalid(f"'{name}' must be a valid item key or false")
    if value == context.change.key:
        raise invalid(f"Item {value} cannot be a child of itself")


def _check_creators(_: str, value: object, context: _Context) -> None:
    check_creators(value, context.item_type, is_new=context.existing is None)


def _check_link_mode(_: str, value: object, context: _Context) -> None:
    if value == "embedded_image":
        raise unsupported("embedded images")
    if not isinstance(value, str) or value not in schema.LINK_MODES:
        raise invalid(f"'{value}' is not a valid linkMode")
    if context.existing and value != context.existing.data.get("linkMode"):
        raise invalid("Cannot change attachment linkMode")


def _check_attachment_property(name: str, value: object, context: _Context) -> None:
    if context.item_type != "attachment":
        raise invalid(f"'{name}' is valid only for attachment items")
    mode = context.link_mode
    if name == "path" and mode != "linked_file":
        raise invalid("'path' is valid only for linked file attachment items")
    if name in {"filename", "md5", "mtime"} and not mode.startswith("imported_"):
        raise invalid(f"'{name}' is valid only for imported and embedded-image attachments")
    scalar(value, name)


def _check_note(name: str, value: object, context: _Context) -> None:
    if context.item_type not in schema.CHILD_TYPES:
        raise invalid("'note' property is valid only for note and attachment items")
    text = scalar(value, name)
    if len(text) > schema.MAX_NOTE_LENGTH:
        raise RefusalError(413, f"Note '{text[:50]}…' too long")


def _check_access_date(name: str, value: object, context: _Context) -> None:
    if read_access_date(scalar(value, name), context.change.now) is None:
        raise invalid(
            f"'{name}' must be in ISO 8601 or UTC 'YYYY-MM-DD[ hh:mm:ss]' format"
            f" or 'CURRENT_TIMESTAMP' ({value})"
        )


def _check_date(name: str, value: object, _: _Context) -> None:
    if read_timestamp(scalar(value, name)) is None:
        raise invalid(f"'{name}' must be in ISO 8601 or UTC 'YYYY-MM-DD hh:mm:ss' format ({value})")


def _check_publications(name: str, value: object, _: _Context) -> None:
    if value:
        raise unsupported(f"'{name}'")


def _check_field(name: str, value: object, _: _Context) -> None:
    if name in _NO_LONGER:
        raise invalid(f"'{name}' property is no longer supported")
    if name in _OLD_NAMES:
        raise invalid(f"'{name}' property is now '{_OLD_NAMES[name]}'")
    if not schema.is_field(name):
        raise invalid(f"Invalid property '{name}'")
    scalar(value, name)


_CHECKS: dict[str, Callable[[str, Any, _Context], None]] = {
    "key": lambda *_: None,  # checked with the version, before
    "version": lambda *_: None,
    "itemType": _check_type,
    "parentItem": _check_parent,
    "collections": _check_collections,
    "creators": _check_creators,
    "tags": lambda _, value, __: check_tags(value),
    "relations": lambda _, value, __: objects.check(value, "item"),
    "deleted": lambda _, value, __: check_deleted(value),
    "inPublications": _check_publications,
    "linkMode": _check_link_mode,
    "contentType": _check_attachment_property,
    "charset": _check_attachment_property,
    "filename": _check_attachment_property,
    "md5": _check_attachment_property,
    "mtime": _check_attachment_property,
    "path": _check_attachment_property,
    "note": _check_note,
    "accessDate": _check_access_date,
    "dateAdded": _check_date,
    "dateModified": _check_date,
}

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
        data[name] = objects.kept(value)
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
