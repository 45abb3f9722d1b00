"""The lists of an item, creators and tags: whether they are valid, and how they are kept.

Pure. Both are replaced as a whole when they are sent.
"""

from __future__ import annotations

from typing import Any

from syncd.zotero import schema

from .refusal import RefusalError, invalid, server_error
from .text import fold

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
