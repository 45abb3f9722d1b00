"""Tokens of programs on this computer that may ask the daemon over HTTP. Only their hashes are kept.

A token is told once, to the one who asked for it; it is never logged or stored.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from contextlib import closing
from typing import TYPE_CHECKING

import sqlalchemy as sa

from syncd import tables as db
from syncd.store import Store

if TYPE_CHECKING:
    from syncd.paths import DataFolder

# Marks of this name hold a token's SHA-256; behind it is whose token it is.
MARK = "control token "


def issue(data: DataFolder, holder: str) -> str:
    """Return a new token, which is good from now on beside those that the holder has.

    Whether the holder takes it is not known yet: `settle` leaves it alone, `withdraw` takes it back.

    Args:
        data: syncd's data folder.
        holder: who is to have it, such as the library's name in the configuration.

    Raises:
        StateError: syncd's own database can't be used.
    """
    token = secrets.token_urlsafe(32)
    name = f"{MARK}{holder}\n{secrets.token_hex(8)}"
    with closing(Store.at(data.state)) as store, store.writing() as connection:
        connection.execute(sa.insert(db.mark).values(name=name, value=_hash(token)))
    return token


def settle(data: DataFolder, holder: str, token: str) -> None:
    """Let a holder have this token and no other."""
    mark = db.mark.c
    # One of an older syncd has no number behind its holder.
    theirs = sa.or_(mark.name == MARK + holder, mark.name.startswith(f"{MARK}{holder}\n", autoescape=True))
    with closing(Store.at(data.state)) as store, store.writing() as connection:
        connection.execute(sa.delete(db.mark).where(theirs, mark.value != _hash(token)))


def withdraw(data: DataFolder, token: str) -> None:
    """Take a token back that nobody got."""
    with closing(Store.at(data.state)) as store, store.writing() as connection:
        connection.execute(sa.delete(db.mark).where(db.mark.c.value == _hash(token)))


def issued(data: DataFolder) -> bool:
    """Whether anybody has a token."""
    return bool(_hashes(data))


def is_good(data: DataFolder, token: str) -> bool:
    """Whether a token is one that was issued. Takes as long for a wrong one as for a right one."""
    asked, good = _hash(token), False
    for known in _hashes(data):
        good = hmac.compare_digest(asked, known) or good
    return good


def _hashes(data: DataFolder) -> list[str]:
    with closing(Store.at(data.state)) as store, store.reading() as connection:
        query = sa.select(db.mark.c.value).where(db.mark.c.name.startswith(MARK, autoescape=True))
        return list(connection.scalars(query))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
