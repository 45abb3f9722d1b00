"""Whether an item that a client sent is valid: its properties, one by one, as the real server checks them.

Pure. Whether parents and collections exist, and whether the version is right, is checked elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from syncd.zotero import schema

from . import relations
from .dates import read_access_date, read_timestamp
from .parts import check_creators, check_tags
from .refusal import RefusalError, invalid, server_error, unsupported

if TYPE_CHECKING:
    from collections.abc import Callable

    from .objects import Change, Item

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
    "relations": lambda _, value, __: relations.check(value, "item"),
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
