"""The shapes of answers: what must be in one before anything else looks into it. Pure.

A proxy, a server of another make or a cut line can answer anything. What passes here has all that the index and the
push read, each of its own type; more may be in it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from syncd.text.patterns import pattern
from syncd.zotero import schema

Json = dict[str, Any]
# What the database of the index can hold.
MOST = 2**63 - 1
_KEY = pattern(r"[A-Z0-9]{8}", hostile="A")
_NUMBER = pattern(r"[0-9]{1,18}", hostile="1")
# What an item has as text, if it has it.
TEXTS = frozenset(
    {"itemType", "note", "linkMode", "dateAdded", "dateModified", *schema.ATTACHMENT_FIELDS}
    | {name for kind in schema.ITEM_TYPES for name in schema.fields(kind)}
)
# Made once: `json.dumps` would make one for each object.
_as_text = json.JSONEncoder(ensure_ascii=False).encode
CREATOR = frozenset({"creatorType", "firstName", "lastName", "name"})


class ShapeError(ValueError):
    """An answer is not of the shape that it must have."""


def parsed(body: bytes) -> Any:
    """Return the JSON of an answer.

    Raises:
        ShapeError: it is none, or not text.
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ShapeError from error


def mapping(told: object) -> Json:
    """Return a JSON object if it is one.

    Raises:
        ShapeError: it is not.
    """
    if not isinstance(told, dict):
        raise ShapeError
    return told


def number(told: object) -> int:
    """Return a version or a count if it is one.

    Raises:
        ShapeError: it is not.
    """
    if not isinstance(told, int) or isinstance(told, bool) or not 0 <= told <= MOST:
        raise ShapeError
    return told


def number_in(header: str | None) -> int:
    """Return the number that a header holds.

    Raises:
        ShapeError: it is missing, or holds none.
    """
    if header is None or not _NUMBER.fullmatch(header):
        raise ShapeError
    return int(header)


def key(told: object) -> str:
    """Return the key of an object if it is one.

    Raises:
        ShapeError: it is not.
    """
    if not isinstance(told, str) or not _KEY.fullmatch(told):
        raise ShapeError
    return told


def item(told: object) -> Json:
    """Return an item with its key, version and data.

    Raises:
        ShapeError: it is not one.
    """
    entry, data = _entry(told)
    _check(isinstance(data.get("itemType"), str))
    _check(all(isinstance(data[name], str) for name in TEXTS & data.keys()))
    _check_optional(data, "parentItem", key)
    _check_each(data, "creators", _creator)
    _check_each(data, "tags", lambda tag: _text(mapping(tag).get("tag")))
    _check_each(data, "collections", key)
    for uris in mapping(data.get("relations", {})).values():
        _check(isinstance(uris, str) or all(isinstance(uri, str) for uri in _listed(uris)))
    _check(isinstance(mapping(entry.get("meta", {})).get("parsedDate", ""), str))
    return entry


def collection(told: object) -> Json:
    """Return a collection with its key, version and data.

    Raises:
        ShapeError: it is not one.
    """
    entry, data = _entry(told)
    _text(data.get("name"))
    _check_optional(data, "parentCollection", key)
    return entry


def items(told: object) -> list[Json]:
    """Return a list of items.

    Raises:
        ShapeError: it is not one.
    """
    return [item(each) for each in _listed(told)]


def collections(told: object) -> list[Json]:
    """Return a list of collections.

    Raises:
        ShapeError: it is not one.
    """
    return [collection(each) for each in _listed(told)]


def versions(told: object) -> dict[str, int]:
    """Return versions by key.

    Raises:
        ShapeError: it is something else.
    """
    return {key(name): number(version) for name, version in mapping(told).items()}


def keys(told: object) -> frozenset[str]:
    """Return a list of keys as a set.

    Raises:
        ShapeError: it is not one.
    """
    return frozenset(key(each) for each in _listed(told))


def failure(told: object) -> tuple[int | None, str]:
    """Return the HTTP status, if there is one, and the words of one object of a write that failed.

    Raises:
        ShapeError: it is something else.
    """
    failed = mapping(told)
    code = failed.get("code")
    message = _text(failed.get("message") or "")
    return None if code is None else number(code), message.encode(errors="replace").decode()


def _listed(told: object) -> list[Any]:
    if not isinstance(told, list):
        raise ShapeError
    return told


def _text(told: object) -> str:
    if not isinstance(told, str):
        raise ShapeError
    return told


def _entry(told: object) -> tuple[Json, Json]:
    """Return an object of a library, and its data."""
    entry = mapping(told)
    data = mapping(entry.get("data"))
    _check(key(entry.get("key")) == data.get("key"))
    number(entry.get("version"))
    try:
        # Half a character, as only an escape can name it, is no text that a database takes.
        _as_text(data).encode()
    except UnicodeEncodeError as error:
        raise ShapeError from error
    return entry, data


def _creator(told: object) -> None:
    creator = mapping(told)
    _check(all(isinstance(creator[part], str) for part in CREATOR & creator.keys()))


def _check(right: bool) -> None:  # noqa: FBT001 - what is checked
    if not right:
        raise ShapeError


def _check_optional(data: Json, name: str, check: Callable[[object], object]) -> None:
    """Check a property that may be missing, or false where there is none."""
    if data.get(name):
        check(data[name])


def _check_each(data: Json, name: str, check: Callable[[object], object]) -> None:
    """Check each part of a list that may be missing."""
    parts: Iterable[object] = _listed(data.get(name, []))
    for part in parts:
        check(part)
