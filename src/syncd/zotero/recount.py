"""A library whose versions are counted anew, told in the versions of before.

The plugin's versions begin again when it is installed again. What is as the index has it keeps the version that it
had, all else gets the next one: so what changed meanwhile can be told, and what is gone was erased.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from syncd.zotero.client import Client, Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncd.match import LibraryView
    from syncd.zotero.plugin import PluginClient

Json = dict[str, Any]


class Recount(Client):
    """The library of another client, read once and compared with what was known of it. It can't be written to.

    Args:
        client: tells what the library holds now.
        known: what it held, in the versions of before.
    """

    names_keys: ClassVar[bool] = False

    def __init__(self, client: PluginClient, known: LibraryView) -> None:
        super().__init__(client.address, client.transport)
        self._next = known.version + 1
        self._held = {entry["key"]: self._told(entry, known) for entry in client.items_since(0).objects}
        self._collections = client.collections_since(0).objects

    def item_versions_since(self, version: int) -> tuple[dict[str, int], int]:
        """Return the version of every item that changed after `version`, and the library's version."""
        versions = {key: entry["version"] for key, entry in self._held.items()}
        return {key: at for key, at in versions.items() if at > version}, self._next

    def items_by_key(self, keys: Sequence[str]) -> list[Json]:
        """Return items, trashed ones too; a key that is not there is left out."""
        return [self._held[key] for key in keys if key in self._held]

    def collections_since(self, version: int) -> Page:  # noqa: ARG002 - all count as changed
        """Return all collections: the index does not know enough of them to tell which changed."""
        found = tuple({**entry, "version": self._next} for entry in self._collections)
        return Page(found, len(found), self._next)

    def collections_by_key(self, keys: Sequence[str]) -> list[Json]:
        """Return collections; a key that is not there is left out."""
        wanted = set(keys)
        return [entry for entry in self.collections_since(0).objects if entry["key"] in wanted]

    def _told(self, entry: Json, known: LibraryView) -> Json:
        """Return an item with the version that it had, if it is what it was."""
        before = known.items.get(entry["key"])
        same = before is not None and _content(before.data) == _content(entry["data"])
        return {**entry, "version": before.version if before and same else self._next}


def _content(data: Json) -> Json:
    return {name: value for name, value in data.items() if name != "version"}
