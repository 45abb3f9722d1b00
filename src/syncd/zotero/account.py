"""Zotero's `keys` addresses: what a key may do and what it lacks, giving it up, and how a person signs in and gets one.

It stores nothing, shows nothing and waits for nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx2

from syncd import __version__
from syncd.errors import LibraryError
from syncd.messages import message
from syncd.text.patterns import pattern
from syncd.zotero import shapes
from syncd.zotero.transport import PoliteTransport

ZOTERO = "https://api.zotero.org"
SHOWN = 4
# Of a shorter key the last four characters would be a good part.
LONG = 16

# What syncd needs of the user's own library, and how its lack is said.
OWN = {
    "library": message("lacks-reading"),
    "write": message("lacks-writing"),
    "notes": message("lacks-notes"),
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
        if self.name:
            return message("user-number-called", number=self.user, name=self.name)
        return message("user-number", number=self.user)

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
                return message("lacks-group", group=number)
            return None if write else message("lacks-writing-to-group", group=number)
        if number != str(self.user):
            return message("of-other-user", owner=self.owner, user=number)
        return next((words for right, words in OWN.items() if right not in self.own), None)


def named(key: str) -> str:
    """Return a key as it may be shown: its last four characters at most.

    >>> named("P9NiFoyLeZu2bZNvvuQPDWsd"), named("secret")
    ('the key ending in DWsd', 'the key')
    """
    return message("key-ending-in", letters=key[-SHOWN:]) if len(key) >= LONG else message("the-key")


def without(key: str, words: str) -> str:
    """Return a server's words without the key, for some repeat what they were sent."""
    return words.replace(key, "(the key)") if key else words


def keys_page(endpoint: str) -> str:
    """Return where the keys of a server are made and changed, in words."""
    return (
        "https://www.zotero.org/settings/keys"
        if endpoint == ZOTERO
        else message("keys-page-of", server=endpoint)
    )


TIMEOUT = httpx2.Timeout(30.0, connect=15.0)
# A server of another make than Zotero's may not have these addresses.
ABSENT = frozenset({404, 405, 501})
GONE = frozenset({403, 404})
WORDS = 200
_WORD = pattern(r"[\x21-\x7e]+", hostile="!")
AGAIN = message("run-again-for-new-page")


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in that waits for its person.

    Attributes:
        token: names it to the server; whoever has it gets the key, so it is not shown but in `page`.
        page: where the person signs in.
    """

    token: str = field(repr=False)
    page: str = field(repr=False)


class Account:
    """The `keys` addresses of one server.

    Args:
        endpoint: the server's root, such as "https://api.zotero.org".
        transport: counts, waits and retries.
    """

    def __init__(self, endpoint: str, transport: PoliteTransport) -> None:
        self._endpoint = endpoint
        self._transport = transport

    def rights(self, key: str) -> Rights | None:
        """Return what a key may do; None where the server can't say.

        Raises:
            LibraryError: the server does not know the key, or gives no usable answer.
        """
        response = self._ask("GET", "/keys/current", key=key)
        if response.status_code in ABSENT:
            return None
        answer = self._json(response, key)
        try:
            return Rights.from_json(answer)
        except ValueError:
            raise self._odd() from None

    def revoke(self, key: str) -> bool:
        """Let the server forget a key for good. Tells whether it knew it.

        Raises:
            LibraryError: it is not known whether that was done.
        """
        response = self._ask("DELETE", "/keys/current", key=key)
        if response.status_code in GONE:
            return False
        self._check(response, key)
        return True

    def begin(self, user: int | None = None) -> SignIn:
        """Begin a sign-in.

        Args:
            user: the number of the user who should sign in, so that the server can warn another.

        Raises:
            LibraryError: this server has no sign-in, or gives no usable answer.
        """
        response = self._ask("POST", "/keys/sessions", body={"userID": user} if user else {})
        if response.status_code in ABSENT:
            raise LibraryError(
                message("server-without-sign-in", server=self._endpoint),
                kind="permanent",
                status=response.status_code,
                hint=message("make-and-paste-key"),
            )
        answer = self._json(response)
        token, page = _word(answer.get("sessionToken")), _word(answer.get("loginURL"))
        if not token or not page.startswith(("https://", "http://")):
            raise self._odd()
        return SignIn(token, page)

    def key_of(self, sign_in: SignIn) -> str | None:
        """Return the key that a sign-in brought; None while its person has not finished.

        Raises:
            LibraryError: it has expired or was cancelled, or there is no usable answer.
        """
        response = self._ask("GET", f"/keys/sessions/{quote(sign_in.token, safe='')}")
        if response.status_code in {404, 410}:
            raise LibraryError(
                message("sign-in-expired"), kind="permission", status=response.status_code, hint=AGAIN
            )
        answer = self._json(response, sign_in.token)
        status, key = answer.get("status"), _word(answer.get("apiKey"))
        if status == "pending":
            return None
        if status == "cancelled":
            raise LibraryError(message("sign-in-cancelled"), kind="permission", hint=AGAIN)
        if status != "completed" or not key:
            raise self._odd()
        return key

    def cancel(self, sign_in: SignIn) -> None:
        """Tell the server that nobody waits for a sign-in any longer.

        Raises:
            LibraryError: it could not be told.
        """
        self._ask("DELETE", f"/keys/sessions/{quote(sign_in.token, safe='')}")

    def _ask(self, method: str, path: str, *, key: str = "", body: Any = None) -> httpx2.Response:
        headers = {"User-Agent": f"syncd/{__version__}", "Zotero-API-Version": "3"}
        headers |= {"Zotero-API-Key": key} if key else {}
        # The transport outlives the client, whose closing does nothing to it.
        with httpx2.Client(transport=self._transport, timeout=TIMEOUT, follow_redirects=False) as client:
            try:
                return client.request(method, self._endpoint + path, headers=headers, json=body)
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                raise self._odd(message("request-failed", error=type(error).__name__)) from None

    def _json(self, response: httpx2.Response, secret: str = "") -> dict[str, Any]:
        self._check(response, secret)
        try:
            return shapes.mapping(shapes.parsed(response.content))
        except shapes.ShapeError:
            raise self._odd() from None

    def _check(self, response: httpx2.Response, secret: str) -> None:
        if response.is_success:
            return
        words = without(secret, response.text.strip())[:WORDS]
        if secret and response.status_code in {401, 403}:
            said = message(
                "key-not-accepted",
                server=self._endpoint,
                key=named(secret),
                answer=words or message("forbidden"),
            )
            raise LibraryError(said, kind="permission", status=response.status_code)
        raise LibraryError(
            message("server-answered", server=self._endpoint, status=response.status_code, words=words),
            kind="permanent",
            status=response.status_code,
        )

    def _odd(self, what: str = message("answer-not-zoteros")) -> LibraryError:
        return LibraryError(
            message("at", place=self._endpoint, words=what),
            kind="transient",
            hint=message("check-endpoint"),
        )


def _word(value: object) -> str:
    """Return a text that can stand in a header or be shown; one with spaces or control characters is none."""
    return value if isinstance(value, str) and _WORD.fullmatch(value) else ""
