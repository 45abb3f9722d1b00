"""The users of an embedded library: their API keys, what each key may do, and how they sign in.

In memory only. Who serves the library for a test gives and takes keys and rights here while it runs, and plays
the person who signs in; everybody else has the one key that the library was started with.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

USER_RIGHTS = frozenset({"library", "files", "notes", "write"})
TOKEN_BYTES = 16


@dataclass(frozen=True, slots=True)
class Grant:
    """What a key gives.

    Attributes:
        user: the number of its owner.
        name: the owner's name.
        own: what may be done to the owner's library, some of `USER_RIGHTS`.
        groups: by a group's number or "all", whether its library may be written to as well as read.
    """

    user: int = 1
    name: str = "embedded"
    own: frozenset[str] = USER_RIGHTS
    groups: Mapping[str, bool] = field(default_factory=dict)

    def may_read(self, library: str) -> bool:
        """Whether it gives access to a library, such as "users/1"."""
        kind, number = library.split("/")
        if kind == "users":
            return int(number) == self.user and "library" in self.own
        return number in self.groups or "all" in self.groups

    def may_write(self, library: str) -> bool:
        """Whether it lets a library be written to."""
        kind, number = library.split("/")
        if kind == "users":
            return self.may_read(library) and "write" in self.own
        return self.groups.get(number, self.groups.get("all", False))

    def access(self) -> dict[str, Any]:
        """The `access` block of `/keys/current`: a right to the own library that is not given is left out."""
        groups = {number: {"library": True, "write": write} for number, write in self.groups.items()}
        own = {right: True for right in ("library", "files", "notes", "write") if right in self.own}
        return ({"user": own} if own else {}) | ({"groups": groups} if groups else {})


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in: under way, or how it ended; a completed one has brought a key."""

    status: Literal["pending", "completed", "cancelled", "expired"] = "pending"
    key: str = ""


class Accounts:
    """All keys and sign-ins of one server, for all of its threads.

    Args:
        keys: the keys and what they give.
        sign_in: whether people can sign in; without a person who completes it nobody can.
    """

    def __init__(self, keys: Mapping[str, Grant] | None = None, *, sign_in: bool = False) -> None:
        self.sign_in = sign_in
        self._keys = dict(keys or {})
        self._sign_ins: dict[str, SignIn] = {}
        self._lock = Lock()

    def find(self, sent: str) -> Grant | None:
        """What a key gives; None for one that does not exist. Takes as long for any wrong key."""
        found = None
        with self._lock:
            for key, grant in self._keys.items():
                if secrets.compare_digest(sent.encode(errors="replace"), key.encode()):
                    found = grant
        return found

    def give(self, key: str, grant: Grant) -> None:
        """Make a key, or change what it gives."""
        with self._lock:
            self._keys[key] = grant

    def revoke(self, key: str) -> None:
        """Take a key away."""
        with self._lock:
            self._keys.pop(key, None)

    def begin(self) -> str:
        """Begin a sign-in; its token."""
        token = secrets.token_hex(TOKEN_BYTES)
        with self._lock:
            self._sign_ins[token] = SignIn()
        return token

    def sign_ins(self) -> dict[str, SignIn]:
        """All sign-ins, by token."""
        with self._lock:
            return dict(self._sign_ins)

    def end(self, token: str, how: Literal["cancelled", "expired"]) -> bool:
        """End a sign-in without a key. Tells whether it was under way."""
        return self._settle(token, SignIn(how))

    def complete(self, token: str, key: str, grant: Grant) -> bool:
        """The person signs in and makes a key. Tells whether the sign-in was under way."""
        done = self._settle(token, SignIn("completed", key))
        if done:
            self.give(key, grant)
        return done

    def _settle(self, token: str, ended: SignIn) -> bool:
        with self._lock:
            under_way = self._sign_ins.get(token) == SignIn()
            if under_way:
                self._sign_ins[token] = ended
        return under_way
