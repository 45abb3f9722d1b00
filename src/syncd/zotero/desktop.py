"""Zotero on the desktop, over its local API: a client like the online one, where that API allows it.

It can't name the keys of what it creates, nor read what was erased. Its versions belong to one Zotero, whose id
goes with every request, so that nothing is ever written into another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import httpx2

from syncd import __version__
from syncd.errors import LibraryError
from syncd.zotero.client import Client, StaleError
from syncd.zotero.transport import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncd.zotero.client import Address, Outcome
    from syncd.zotero.transport import PoliteTransport

Json = dict[str, Any]
SERVER_ID = "Zotero-Server-ID"
# A Zotero that is busy answers late. One that is still at a write must not be taken for one that never began.
PATIENCE = httpx2.Timeout(600.0, connect=15.0)
SETTING = 'Settings > Advanced > "Allow other applications on this computer to communicate with Zotero"'
CLOSED = "Start Zotero and run it again. In the background syncd tries again by itself."


class DesktopClient(Client):
    """The own library of a Zotero that runs on this computer. Use it in one thread.

    Args:
        address: where it is; the endpoint ends in "/api".
        transport: counts; shared by all requests of a run.
        server: the id of the Zotero that is meant, as `server_id` gives it.
    """

    names_keys: ClassVar[bool] = False
    _page: ClassVar[int | None] = None
    _timeout: ClassVar[httpx2.Timeout] = PATIENCE

    def __init__(self, address: Address, transport: PoliteTransport, server: str) -> None:
        super().__init__(address, transport)
        self.server = server

    def write_items(self, objects: Sequence[Json], *, unmodified_since: int | None) -> tuple[Outcome, ...]:
        """Create and update at most 50 items; the keys of new ones are left to Zotero.

        Args:
            objects: each with `version`, and if that is not 0 with `key`.
            unmodified_since: refuse all if the library changed after this version.

        Returns:
            one outcome an object, in the objects' order; its `data` has the key.

        Raises:
            StaleError: the library changed; nothing was written.
            OutcomeUnknownError: the answer was lost.
        """
        self._check_unmodified(unmodified_since)
        return super().write_items(_as_new(objects), unmodified_since=unmodified_since)

    def write_collections(
        self, objects: Sequence[Json], *, unmodified_since: int | None
    ) -> tuple[Outcome, ...]:
        """Create and update at most 50 collections; as `write_items`."""
        self._check_unmodified(unmodified_since)
        return super().write_collections(_as_new(objects), unmodified_since=unmodified_since)

    def advanced(self, version: int, outcomes: Sequence[Outcome]) -> tuple[int, bool]:
        """Return the library's version after a write; whether somebody else wrote meanwhile is never known."""
        return max(version, *(outcome.version or 0 for outcome in outcomes)), False

    def _check_unmodified(self, version: int | None) -> None:
        """Look whether the library is at a version: a write of many is not refused by Zotero itself.

        Raises:
            StaleError: it has moved on.
        """
        if version is None:
            return
        _, now = self.item_versions_since(version)
        if now > version:
            words = f"the library changed meanwhile: it is at version {now}, not {version}"
            raise StaleError(words, kind="conflict", library=self.address.name, status=412)

    def _access(self) -> Json:
        return {"local": True, "server_id": self.server, "local_api_key": self.address.key}

    def _ours(self, error: LibraryError) -> LibraryError:
        return super()._ours(closed(error))

    def _special(self, answer: httpx2.Response) -> LibraryError | None:
        return _refusal(answer, self.server)


def server_id(root: str, transport: PoliteTransport) -> str:
    """Return the id of the Zotero that runs on this computer.

    Args:
        root: of its local API, such as "http://127.0.0.1:23119/api".
        transport: counts.

    Raises:
        LibraryError: Zotero isn't running, does not let other programs in, or is too old to be written to.
    """
    headers = {"User-Agent": f"syncd/{__version__}", "Zotero-API-Version": "3"}
    # The transport outlives the client, whose closing does nothing to it.
    with httpx2.Client(transport=transport, timeout=PATIENCE, follow_redirects=False) as client:
        try:
            answer = client.get(f"{root}/", headers=headers)
        except LibraryError as error:
            raise closed(error) from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise _no_zotero(root) from error
    if refusal := _refusal(answer, ""):
        raise refusal
    if answer.status_code != 200 or "Zotero-API-Version" not in answer.headers:
        raise _no_zotero(root)
    found = answer.headers.get(SERVER_ID)
    if not found:
        raise LibraryError(
            "Zotero 7 to 9 can only be read from by other programs",
            kind="permanent",
            hint='Upgrade to Zotero 10 or later, or push to your library online: type = "user" and its number.',
        )
    return str(found)


def closed(error: LibraryError) -> LibraryError:
    """Return an error in the words for a desktop: where nobody answers, Zotero is not running."""
    if isinstance(error, UnreachableError):
        return UnreachableError("Zotero isn't running", kind="transient", hint=CLOSED)
    return error


def _refusal(answer: httpx2.Response, server: str) -> LibraryError | None:
    """Return what a refusal of the local API means; None where it has no meaning of its own."""
    status = answer.status_code
    if status == 401:
        return LibraryError(
            "Zotero has no such key, or it was for one write only",
            kind="permission",
            status=status,
            hint='Let Zotero ask you again, and choose "Always Allow": syncd login --desktop.',
        )
    if status == 403:
        return LibraryError(
            "Zotero does not let other programs in",
            kind="permission",
            status=status,
            hint=f"In Zotero, turn on {SETTING}.",
        )
    if status == 412 and answer.headers.get(SERVER_ID, server) != server:
        return exchanged(status)
    return None


def exchanged(status: int) -> LibraryError:
    """Return that what answers is not what was read, in words."""
    return LibraryError(
        "another Zotero is running now than the one that was read",
        kind="conflict",
        status=status,
        hint="It has another profile or database. Open the one that syncd pushes to and run it again.",
    )


def _no_zotero(root: str) -> LibraryError:
    return LibraryError(
        f"what answers at {root} is not Zotero",
        kind="permanent",
        hint="Check the library's endpoint. Zotero's own is http://127.0.0.1:23119.",
    )


def _as_new(objects: Sequence[Json]) -> list[Json]:
    """Return objects as they are sent: a new one has neither key nor version."""
    named = {"key", "version"}
    return [
        sent if sent["version"] else {name: value for name, value in sent.items() if name not in named}
        for sent in objects
    ]
