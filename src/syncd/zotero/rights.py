"""What an API key may do to a library, as Zotero says, and what is missing for syncd. Pure.

It words what is missing; how the key's rights are fetched is `account`'s part.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

ZOTERO = "https://api.zotero.org"
SHOWN = 4
# Of a shorter key the last four characters would be a good part.
LONG = 16

# What syncd needs of the user's own library, and how its lack is said.
OWN = {
    "library": "may not read the library",
    "write": "may read the library, but not write to it",
    "notes": "may not see notes, so that syncd could not tell which items carry notes of yours",
}


@dataclass(frozen=True, slots=True)
class Rights:
    """What a key may do.

    Attributes:
        user: the number of the key's owner.
        name: the owner's name.
        own: rights to the owner's library: "library", "notes", "write", "files".
        groups: by a group's number or "all", whether its library may be written to as well as read.
    """

    user: int
    name: str
    own: frozenset[str] = frozenset()
    groups: Mapping[str, bool] = field(default_factory=dict)

    @classmethod
    def from_json(cls, answer: Any) -> Rights:
        """Read the answer of `/keys/current`.

        Raises:
            ValueError: it is none.
        """
        user = answer.get("userID") if isinstance(answer, dict) else None
        if not isinstance(user, int) or isinstance(user, bool) or user < 1:
            raise ValueError("no user in it")
        access = answer.get("access")
        access = access if isinstance(access, dict) else {}
        own, groups = access.get("user"), access.get("groups")
        return cls(
            user,
            str(answer.get("username") or ""),
            frozenset(right for right, given in own.items() if given)
            if isinstance(own, dict)
            else frozenset(),
            {
                str(number): bool(given.get("write"))
                for number, given in (groups.items() if isinstance(groups, dict) else ())
                if isinstance(given, dict) and given.get("library")
            },
        )

    @property
    def owner(self) -> str:
        """The key's owner in words: "user 475425 (jane)"."""
        return f"user {self.user}" + (f" ({self.name})" if self.name else "")

    def missing(self, prefix: str) -> str | None:
        """Return what the key lacks to keep a library up to date, as the end of a sentence, or None.

        >>> Rights(1, "jane", frozenset({"library", "notes"})).missing("users/1")
        'may read the library, but not write to it'
        >>> Rights(1, "jane", groups={"all": True}).missing("groups/12")
        >>> Rights(475425, "jane").missing("users/1")
        'belongs to user 475425 (jane); the configuration says 1'
        """
        kind, _, number = prefix.partition("/")
        if kind == "groups":
            write = self.groups.get(number, self.groups.get("all"))
            if write is None:
                return f"gives no access to group {number}"
            return None if write else f"may read the library of group {number}, but not write to it"
        if number != str(self.user):
            return f"belongs to {self.owner}; the configuration says {number}"
        return next((words for right, words in OWN.items() if right not in self.own), None)


def named(key: str) -> str:
    """Return a key as it may be shown: its last four characters at most.

    >>> named("P9NiFoyLeZu2bZNvvuQPDWsd"), named("secret")
    ('the key ending in DWsd', 'the key')
    """
    return f"the key ending in {key[-SHOWN:]}" if len(key) >= LONG else "the key"


def without(key: str, words: str) -> str:
    """Return a server's words without the key, for some repeat what they were sent."""
    return words.replace(key, "(the key)") if key else words


def keys_page(endpoint: str) -> str:
    """Return where the keys of a server are made and changed, in words."""
    return (
        "https://www.zotero.org/settings/keys" if endpoint == ZOTERO else f"the page for keys of {endpoint}"
    )
