"""The Zotero library over its API: the only module that imports pyzotero.

It reads what changed and writes chunks, and tells the outcome of each object of a chunk by its place in it.
It decides nothing: what to write is the plan's business, what to make of a failure the push's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

import httpx2
from pyzotero import errors as pyzotero_errors
from pyzotero import zotero as pyzotero

from syncd.errors import LibraryError
from syncd.zotero.schema import MAX_KEYS
from syncd.zotero.transport import OutcomeUnknownError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from syncd.zotero.transport import PoliteTransport

T = TypeVar("T")
Json = dict[str, Any]
PAGE = 100
# A chunk of 50 items takes the real server several seconds when it is busy.
TIMEOUT = httpx2.Timeout(60.0, connect=15.0)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a library is.

    Attributes:
        name: its name in the configuration.
        endpoint: the server's root, such as "https://api.zotero.org".
        prefix: the library on it, "users/475425" or "groups/12".
        key: the API key; never shown.
    """

    name: str
    endpoint: str
    prefix: str
    key: str

    def __repr__(self) -> str:
        return f"Address({self.name!r}, {self.endpoint!r}, {self.prefix!r})"


@dataclass(frozen=True, slots=True)
class Page:
    """The first page of a list: objects, how many there are in all, and the library's version."""

    objects: tuple[Json, ...]
    total: int
    version: int


@dataclass(frozen=True, slots=True)
class Deletions:
    """Keys from the library's deletion log, and the library's version."""

    items: frozenset[str]
    collections: frozenset[str]
    version: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one object of a write.

    Attributes:
        status: "written", "unchanged" (the library had just that) or "failed".
        data: the object as the library has it now; only for "written".
        version: its version; only for "written".
        code: the HTTP status of this object's failure.
        message: the server's words.
    """

    status: Literal["written", "unchanged", "failed"]
    data: Json | None = None
    version: int | None = None
    code: int | None = None
    message: str = ""


class StaleError(LibraryError):
    """The library changed since the version that a write was based on; nothing of that write was done."""


class Client:
    """One library. Use it in one thread.

    Args:
        address: where it is.
        transport: counts, waits and retries; shared by all requests of a run.
    """

    def __init__(self, address: Address, transport: PoliteTransport) -> None:
        self.address = address
        self.transport = transport

    def items_since(self, version: int) -> Page:
        """Return the first page of items, trashed ones too, that changed after `version`."""
        return self._call(
            lambda zot: _page(zot, zot.items(since=version, includeTrashed=1, limit=PAGE, sort="dateAdded"))
        )

    def item_versions_since(self, version: int) -> tuple[dict[str, int], int]:
        """Return the version of every item that changed after `version`, and the library's version."""

        def read(zot: pyzotero.Zotero) -> tuple[dict[str, int], int]:
            versions = zot.item_versions(since=version, includeTrashed=1, limit=None)
            return versions, _version(zot)

        return self._call(read)

    def items_by_key(self, keys: Sequence[str]) -> list[Json]:
        """Return items, trashed ones too; a key that is not there is left out."""
        found: list[Json] = []
        for start in range(0, len(keys), MAX_KEYS):
            wanted = ",".join(keys[start : start + MAX_KEYS])
            found += self._call(lambda zot, w=wanted: zot.items(itemKey=w, includeTrashed=1, limit=PAGE))  # type: ignore[misc]
        return found

    def collections_since(self, version: int) -> Page:
        """Return all collections that changed after `version`, deleted ones that are still listed too."""

        def read(zot: pyzotero.Zotero) -> Page:
            first = zot.collections(since=version, limit=PAGE)
            library_version = _version(zot)
            every = zot.everything(first)
            return Page(tuple(every), len(every), library_version)

        return self._call(read)

    def deletions_since(self, version: int) -> Deletions:
        """Return what was erased after `version`."""

        def read(zot: pyzotero.Zotero) -> Deletions:
            log = zot.deleted(since=version)
            return Deletions(frozenset(log["items"]), frozenset(log["collections"]), _version(zot))

        return self._call(read)

    def write_items(self, objects: Sequence[Json], *, unmodified_since: int | None) -> tuple[Outcome, ...]:
        """Create and update at most 50 items, in this order.

        Args:
            objects: each with `key` and `version` (0 creates once).
            unmodified_since: refuse all if the library changed after this version.

        Returns:
            one outcome an object, in the objects' order.

        Raises:
            StaleError: the library changed; nothing was written.
            OutcomeUnknownError: the answer was lost.
        """

        def write(zot: pyzotero.Zotero) -> tuple[Outcome, ...]:
            answer = zot.create_items(list(objects), last_modified=unmodified_since)
            return _outcomes(answer, len(objects))

        return self._call(write, unclear=OutcomeUnknownError)

    def write_collections(
        self, objects: Sequence[Json], *, unmodified_since: int | None
    ) -> tuple[Outcome, ...]:
        """Create and update at most 50 collections; as `write_items`."""

        def write(zot: pyzotero.Zotero) -> tuple[Outcome, ...]:
            answer = zot.create_collections(list(objects), last_modified=unmodified_since)
            return _outcomes(answer, len(objects))

        return self._call(write, unclear=OutcomeUnknownError)

    def _call(self, use: Callable[[pyzotero.Zotero], T], unclear: type[LibraryError] = LibraryError) -> T:
        """Run one request on an instance of its own: parameters of a failed one leak into the next.

        Args:
            use: the request.
            unclear: what to raise where the answer can't be understood.
        """
        kind, _, number = self.address.prefix.partition("/")
        client = httpx2.Client(transport=self.transport, timeout=TIMEOUT, follow_redirects=False)
        zot = pyzotero.Zotero(number, kind.removesuffix("s"), self.address.key, client=client)
        zot.endpoint = self.address.endpoint
        try:
            return use(zot)
        except LibraryError as error:
            error.library = self.address.name
            raise
        except pyzotero_errors.PyZoteroError as error:
            raise self._named(error, zot.request) from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise self._odd(f"the request failed: {type(error).__name__}", unclear) from error
        except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            raise self._odd("the answer is not Zotero's: it can't be read", unclear) from error

    def _odd(self, message: str, unclear: type[LibraryError]) -> LibraryError:
        return unclear(
            f"{self.address.endpoint}: {message}",
            kind="transient",
            library=self.address.name,
            hint="Check the library's endpoint; a proxy may stand between.",
        )

    def _named(self, error: pyzotero_errors.PyZoteroError, response: object) -> LibraryError:
        cause = error.__cause__
        if isinstance(cause, httpx2.HTTPStatusError):
            response = cause.response
        status = response.status_code if isinstance(response, httpx2.Response) else None
        words = response.text.strip()[:200] if isinstance(response, httpx2.Response) else ""
        name = self.address.name
        if status == 412:
            return StaleError(
                f"the library changed meanwhile: {words}", kind="conflict", library=name, status=412
            )
        if status in {401, 403}:
            return LibraryError(
                f"library {name!r}: the server refuses the key: {words or 'forbidden'}",
                kind="permission",
                library=name,
                status=status,
                hint="Check the key and what it may do at zotero.org/settings/keys; nothing was written.",
            )
        if status == 404:
            return LibraryError(
                f"library {name!r}: {self.address.prefix} is not at {self.address.endpoint}: {words}",
                kind="permanent",
                library=name,
                status=404,
                hint="Check the library's type and id in the configuration.",
            )
        return LibraryError(
            f"library {name!r}: the server answered HTTP {status}: {words}",
            kind="permanent",
            library=name,
            status=status,
        )


def _version(zot: pyzotero.Zotero) -> int:
    return int(cast("httpx2.Response", zot.request).headers["Last-Modified-Version"])


def _page(zot: pyzotero.Zotero, objects: list[Json]) -> Page:
    response = cast("httpx2.Response", zot.request)
    return Page(tuple(objects), int(response.headers["Total-Results"]), _version(zot))


def _outcomes(answer: Json, count: int) -> tuple[Outcome, ...]:
    """Map the answer of a multi-object write by index: failures carry no key."""
    outcomes = []
    for index in map(str, range(count)):
        if index in answer["successful"]:
            written = answer["successful"][index]
            outcomes.append(Outcome("written", written["data"], written["version"]))
        elif index in answer["unchanged"]:
            outcomes.append(Outcome("unchanged"))
        elif index in answer["failed"]:
            failure = answer["failed"][index]
            outcomes.append(Outcome("failed", code=failure["code"], message=failure["message"]))
        else:
            outcomes.append(Outcome("failed", message="the server's answer does not mention this object"))
    return tuple(outcomes)
