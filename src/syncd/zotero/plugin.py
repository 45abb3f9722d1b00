"""Zotero on the desktop, through syncd's plugin in it: a client like the online one, with keys of its own choice.

The plugin sees what was erased and counts versions of its own, which are not those of the local API. Here is only
how it is asked; whether it is used is decided in `desktop_way`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import httpx2

from syncd import __version__
from syncd.errors import LibraryError
from syncd.zotero.client import Client, Deletions, Page, StaleError, outcomes_of
from syncd.zotero.desktop import PATIENCE, closed
from syncd.zotero.rights import without
from syncd.zotero.transport import OutcomeUnknownError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from syncd.zotero.client import Address, Outcome
    from syncd.zotero.transport import PoliteTransport

T = TypeVar("T")
Json = dict[str, Any]
BASE = "/syncd/v1"
TOKEN = "Syncd-Token"  # noqa: S105 - the name of a header
API = 1
# Before the id of a plugin, where the id of a Zotero would stand.
MARK = "plugin:"
LOGIN = "Let Zotero ask you again: syncd login --desktop."


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin that answers.

    Attributes:
        server: the id under which it counts versions; empty where it does not know the token.
    """

    server: str


class PluginClient(Client):
    """The own library of a Zotero that runs on this computer, with the plugin in it. Use it in one thread.

    Args:
        address: where it is, as for `DesktopClient`; its key is the plugin's token.
        transport: counts; shared by all requests of a run.
        server: the plugin's id, as `plugin_at` gives it.
    """

    def __init__(self, address: Address, transport: PoliteTransport, server: str) -> None:
        super().__init__(address, transport)
        self.server = MARK + server
        # Parts of the last answer that nobody has asked for yet: one answer tells of items, collections, deletions.
        self._parts: dict[tuple[str, int], Json] = {}
        self._after = 0

    def items_since(self, version: int) -> Page:
        """Return all items, trashed ones too, that changed after `version`."""

        def read(told: Json) -> Page:
            items = tuple({**each, "meta": {}} for each in told["items"])
            self._parts = {("collections", version): told, ("deleted", version): told}
            return Page(items, len(items), told["version"])

        return self._ask("GET", f"changes?since={version}", read)

    def item_versions_since(self, version: int) -> tuple[dict[str, int], int]:
        """Return the version of every item that changed after `version`, and the library's version."""
        page = self.items_since(version)
        return {item["key"]: item["version"] for item in page.objects}, page.version

    def items_by_key(self, keys: Sequence[str]) -> list[Json]:
        """Return items, trashed ones too; a key that is not there is left out."""
        wanted = set(keys)
        return [item for item in self.items_since(0).objects if item["key"] in wanted]

    def collections_since(self, version: int) -> Page:
        """Return all collections, trashed ones too, that changed after `version`."""

        def read(told: Json) -> Page:
            return Page(tuple(told["collections"]), len(told["collections"]), told["version"])

        return self._part("collections", version, read)

    def collections_by_key(self, keys: Sequence[str]) -> list[Json]:
        """Return collections; a key that is not there is left out."""
        wanted = set(keys)
        return [each for each in self.collections_since(0).objects if each["key"] in wanted]

    def deletions_since(self, version: int) -> Deletions:
        """Return what was erased after `version`."""

        def read(told: Json) -> Deletions:
            gone = told["deleted"]
            return Deletions(frozenset(gone["items"]), frozenset(gone["collections"]), told["version"])

        return self._part("deleted", version, read)

    def write_items(self, objects: Sequence[Json], *, unmodified_since: int | None) -> tuple[Outcome, ...]:
        """Create and update items, in this order, in one transaction; as `Client.write_items`."""
        return self._push("items", objects, unmodified_since)

    def write_collections(
        self, objects: Sequence[Json], *, unmodified_since: int | None
    ) -> tuple[Outcome, ...]:
        """Create and update collections; as `write_items`."""
        return self._push("collections", objects, unmodified_since)

    def advanced(self, version: int, outcomes: Sequence[Outcome]) -> tuple[int, bool]:  # noqa: ARG002 - as online
        """Return the library's version after a write, and whether nobody else can have written meanwhile.

        A write is one transaction in Zotero, which moves the version by one. After a larger step, which has
        somebody else's change in it, the next write is refused.
        """
        return min(max(version, self._after), version + 1), self._after <= version + 1

    def _push(self, kind: str, objects: Sequence[Json], unmodified_since: int | None) -> tuple[Outcome, ...]:
        def read(answer: Json) -> tuple[Outcome, ...]:
            found = outcomes_of(answer, len(objects), self.address.key)
            self._after = int(answer["version"])
            return found

        self._parts = {}
        sent = {"kind": kind, "objects": list(objects), "ifUnmodifiedSince": unmodified_since}
        outcomes = self._ask("POST", "push", read, sent)
        self._wrote = self._wrote or any(outcome.status == "written" for outcome in outcomes)
        return outcomes

    def _part(self, name: str, version: int, read: Callable[[Json], T]) -> T:
        """Read a part of what changed, from the answer that the items came in if it is there."""
        if told := self._parts.pop((name, version), None):
            return read(told)
        return self._ask("GET", f"changes?since={version}", read)

    def _ask(self, method: str, path: str, read: Callable[[Json], T], sent: Json | None = None) -> T:
        """Ask the plugin once, and read its answer.

        Raises:
            LibraryError: it did not answer as wanted. `OutcomeUnknownError` where something may have been written.
        """
        unclear = LibraryError if sent is None else OutcomeUnknownError
        try:
            answer = _sent(self.address, self.transport, method, path, sent)
            if answer.status_code == 200:
                return read(answer.json())
        except LibraryError as error:
            raise self._ours(error) from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise self._odd(f"the request failed: {type(error).__name__}", unclear) from error
        except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
            raise self._odd("the answer is not the plugin's: it can't be read", unclear) from error
        raise self._refused(answer)

    def _refused(self, answer: httpx2.Response) -> LibraryError:
        words = without(self.address.key, _words(answer))[:200]
        if answer.status_code == 412:
            name = self.address.name
            return StaleError(
                f"the library changed meanwhile: {words}", kind="conflict", library=name, status=412
            )
        return self._ours(_refusal(answer.status_code, words))

    def _ours(self, error: LibraryError) -> LibraryError:
        return super()._ours(closed(error))


def plugin_at(address: Address, transport: PoliteTransport) -> Plugin | None:
    """Ask whether a plugin answers in the Zotero on this computer; None where there is none.

    Args:
        address: as for `PluginClient`; the key may be empty, or one of the local API.
        transport: counts.

    Raises:
        LibraryError: Zotero isn't running, or the plugin is of another version of syncd.
    """
    try:
        answer = _sent(address, transport, "GET", "ping")
        told = answer.json() if answer.status_code == 200 else {}
        api, server = told.get("api"), str(told.get("server") or "") if told.get("paired") else ""
    except LibraryError as error:
        raise closed(error) from error
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, AttributeError):
        return None
    if api is None:
        return None
    if api != API:
        raise LibraryError(
            "the syncd plugin in Zotero is of another version than syncd",
            kind="permanent",
            hint="Update both: syncd, and the plugin in Zotero under Tools > Plugins.",
        )
    return Plugin(server)


def gone(plugin: Plugin | None) -> LibraryError:
    """Return why a library that syncd knows through the plugin can't be used."""
    if plugin:
        return _refusal(401, "")
    return _refusal(404, "")


def _sent(
    address: Address, transport: PoliteTransport, method: str, path: str, sent: Json | None = None
) -> httpx2.Response:
    """Send a request to the plugin; what it refuses is an answer, too."""
    url = f"{address.endpoint.removesuffix('/api')}{BASE}/{path}"
    headers = {"User-Agent": f"syncd/{__version__}"} | ({TOKEN: address.key} if address.key else {})
    # The transport outlives the client, whose closing does nothing to it.
    with httpx2.Client(transport=transport, timeout=PATIENCE, follow_redirects=False) as client:
        return client.request(method, url, headers=headers, json=sent)


def _words(answer: httpx2.Response) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return answer.text.strip()


def _refusal(status: int, words: str) -> LibraryError:
    """Return what a refusal of the plugin means."""
    if status == 401:
        message = "the syncd plugin in Zotero does not know this syncd"
        return LibraryError(message, kind="permission", status=status, hint=LOGIN)
    if status == 404:
        return LibraryError(
            "Zotero runs, but the syncd plugin in it does not answer",
            kind="transient",
            status=status,
            hint="Turn it on in Zotero under Tools > Plugins. In the background syncd tries again by itself.",
        )
    return LibraryError(
        f"the syncd plugin in Zotero answered HTTP {status}: {words}",
        kind="permission" if status == 403 else "permanent",
        status=status,
    )
