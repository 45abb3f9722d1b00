"""The way to Zotero on the desktop, which is syncd's plugin in it.

What syncd remembers belongs to one plugin and its count of versions. It moves on, once, to a plugin that was installed
again, and from Zotero's local API, which an older syncd used; but only where it is certainly of the same Zotero.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from syncd.clock import Clock
from syncd.engine.recover import PATIENCE, recover, sent_part
from syncd.handshake import Zotero
from syncd.messages import message
from syncd.state.index import Index
from syncd.state.journal import Entry
from syncd.state.libraries import known_of, known_zoteros, moved, uncounted
from syncd.state.state import State
from syncd.state.store import Store
from syncd.sync.library import IndexedItem, indexed
from syncd.sync.merge import contents
from syncd.zotero.client import Address
from syncd.zotero.desktop import PluginClient, gone, plugin_at
from syncd.zotero.transport import PoliteTransport

# Later than any version of a library.
LATER = 2_000_000_000


def desktop_client(
    address: Address, transport: PoliteTransport, store: Store, clock: Clock, say: Callable[[str], None]
) -> PluginClient:
    """Return the client of a library on the desktop.

    Args:
        address: where it is; the key is a token of the plugin.
        transport: counts.
        store: where is remembered what was known so far.
        clock: time.
        say: is told what is done.

    Raises:
        LibraryError: Zotero isn't running, has no plugin, or one that does not know this syncd.
    """
    plugin = plugin_at(address, transport)
    if plugin is None or not plugin.server:
        raise gone(plugin)
    client = PluginClient(address, transport, plugin)
    known = known_zoteros(store, address.endpoint)
    if client.zotero not in known and (old := _same_zotero(client, store, known)):
        say(message("known-zotero-read-once"))
        _take_over(client, store, clock, old)
    return client


def _same_zotero(client: PluginClient, store: Store, known: Sequence[Zotero]) -> Zotero | None:
    """Return as what this Zotero was known so far, if it is certainly this one.

    It has the same database; or, by way of the local API, it held items or collections that are still here.
    """
    same = [zotero for zotero in known if zotero.database == client.zotero.database]
    if same:
        return same[-1]
    local = [zotero for zotero in known if _is_local(zotero)]
    if not local:
        return None
    objects = (*client.items_since(0).objects, *client.collections_since(0).objects)
    there = {each["key"] for each in objects}
    shared = {zotero: known_of(store, client.address.endpoint, zotero, there) for zotero in local}
    best = max(local, key=lambda zotero: shared[zotero])
    return best if shared[best] else None


def _is_local(zotero: Zotero) -> bool:
    """Whether what is known of a Zotero came through its local API."""
    return not zotero.database


def _take_over(client: PluginClient, store: Store, clock: Clock, old: Zotero) -> None:
    """Let what is remembered hold for the plugin that counts the versions now.

    No log tells what was erased while it did not count: what the index has and the library has not was. Whatever
    ends this half-way, it is done anew by the next run.
    """
    endpoint = client.address.endpoint
    state = State(store, endpoint, client.address.prefix, clock, old)
    index, sent = state.index(), [e for chunk in state.journal.unfinished() for e in chunk.entries]
    own = {item.key: _Before(item.version, _mark(item)) for item in index.as_written()}
    before = own | {
        item.key: _Before(item.version, _mark(item)) for item in index.items(e.sent["key"] for e in sent)
    }
    had = {item.key for entry in sent for item in _alike(index, entry)}
    uncounted(store, endpoint, old)
    index.reread(client, erased=True)
    if _is_local(old):
        _learn_keys(state, had)
    now = sent_part(state, client.names)
    counted = {key: replace(item, version=_counted(item, before)) for key, item in now.items.items()}
    # Nothing that was sent before can still arrive.
    recover(state, replace(now, items=counted), clock.now() + PATIENCE)
    versions = {key: one.version for key, one in own.items()} | state.versions()
    same = {i.key: i.version for i in index.items(versions) if _counted(i, before) == versions[i.key]}
    moved(store, endpoint, old, client.zotero, same)


@dataclass(frozen=True, slots=True)
class _Before:
    """What an item was before its library was read anew: its version, and a mark of its contents."""

    version: int
    mark: str


def _learn_keys(state: State, had: set[str]) -> None:
    """Record papers that the local API created under keys of its own, which syncd never learnt: the answer was lost.

    Such an item came since the library was read last, and has title and author of what was sent.

    Args:
        state: what is remembered, with the library as it is now.
        had: keys of items with such a title and author that were there before.
    """
    index = state.index()
    for chunk in state.journal.unfinished():
        for entry in chunk.entries:
            new = [item for item in _alike(index, entry) if item.key not in had]
            if not new or new[-1].key == entry.sent["key"]:
                continue
            item = new[-1]
            note = entry.note and replace(entry.note, created=(item.key,))
            real = replace(entry, sent={**entry.sent, "key": item.key}, item=item.key, note=note)
            is_as_sent = contents(real.sent).items() <= contents(item.data).items()
            with state.writing() as connection:
                state.record(connection, chunk.run, real, LATER if is_as_sent else 0)


def _alike(index: Index, entry: Entry) -> list[IndexedItem]:
    """Return the items with title and author of one that was to be created, trashed ones last."""
    if entry.what != "item" or entry.sent["version"]:
        return []
    sent = indexed(entry.sent, 0)
    found = index.titled(sent.folded_title, sent.folded_surname)
    return sorted(found, key=lambda item: (item.trashed, item.version, item.key))


def _counted(item: IndexedItem, before: Mapping[str, _Before]) -> int:
    """Return the version that an item had before, if it is what it was; else one later than all."""
    known = before.get(item.key)
    return known.version if known and known.mark == _mark(item) else LATER


def _mark(item: IndexedItem) -> str:
    """Return what tells the contents of an item from any others."""
    return hashlib.sha256(json.dumps(contents(item.data), sort_keys=True).encode()).hexdigest()
