"""Versions and keys in what a client sends: who may write over what.

Nothing is written when one of these refuses. The wording is the real server's.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Literal

from syncd.zotero import schema

from .refusal import RefusalError, invalid

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import Message

    from .objects import Collection, Item
    from .store import Store

Name = Literal["item", "collection"]
HEADER = "If-Unmodified-Since-Version"
_NUMBER_NEEDED = f"Either {HEADER} or object version property must be provided for key-based writes"


def header_version(headers: Message[str, str]) -> int | None:
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
