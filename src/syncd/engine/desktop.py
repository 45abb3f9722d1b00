"""The way to Zotero on the desktop, which is syncd's plugin in it.

What syncd remembers belongs to one plugin and its count of versions. It moves on, once, to a plugin that was installed
again, and from Zotero's local API, which an older syncd used; but only where it is certainly of the same Zotero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from syncd.clock import Clock
from syncd.engine.recover import PATIENCE, recover
from syncd.handshake import Zotero
from syncd.messages import message
from syncd.state.libraries import known_keys, known_zoteros, moved, uncounted
from syncd.state.state import State
from syncd.state.store import Store
from syncd.sync.library import IndexedItem, LibraryView, indexed
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
    shared = {zotero: len(there & known_keys(store, client.address.endpoint, zotero)) for zotero in local}
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
    index, versions = state.index(), state.memory().versions
    before = index.view(client.names)
    uncounted(store, endpoint, old)
    index.reread(client, erased=True)
    now = index.view(client.names)
    recounted = replace(now, items={key: _recounted(item, before) for key, item in now.items.items()})
    if _is_local(old):
        _learn_keys(state, now, before)
    # Nothing that was sent before can still arrive.
    recover(state, recounted, clock.now() + PATIENCE)
    versions = {**versions, **{key: version for key, version in state.memory().versions.items() if version}}
    own = [key for key, item in recounted.items.items() if item.version == versions.get(key)]
    moved(store, endpoint, old, client.zotero, {key: now.items[key].version for key in own})


def _learn_keys(state: State, now: LibraryView, before: LibraryView) -> None:
    """Record papers that the local API created under keys of its own, which syncd never learnt: the answer was lost.

    Such an item came since the library was read last, and has title and author of what was sent.
    """
    new = {
        (item.folded_title, item.folded_surname): item for item in now.papers if item.key not in before.items
    }
    with state.writing() as connection:
        for chunk in state.journal.unfinished():
            for entry in chunk.entries:
                sent = indexed(entry.sent, 0) if entry.what == "item" and not entry.sent["version"] else None
                item = new.get((sent.folded_title, sent.folded_surname)) if sent else None
                if item is None or item.key == entry.sent["key"]:
                    continue
                note = entry.note and replace(entry.note, created=(item.key,))
                real = replace(entry, sent={**entry.sent, "key": item.key}, item=item.key, note=note)
                is_as_sent = contents(real.sent).items() <= contents(item.data).items()
                state.record(connection, chunk.run, real, LATER if is_as_sent else 0)


def _recounted(item: IndexedItem, before: LibraryView) -> IndexedItem:
    """Return an item with the version that it had before, if it is what it was; else with one later than all."""
    known = before.items.get(item.key)
    same = known is not None and contents(known.data) == contents(item.data)
    return replace(item, version=known.version if known and same else LATER)
