"""The way to Zotero on the desktop, which is syncd's plugin in it.

What syncd remembers belongs to one plugin and its count of versions. It moves on, once, to a plugin that was installed
again, and from Zotero's local API, which an older syncd used; but only where it is certainly of the same Zotero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncd.place import MARK, desktop_place, is_known, known_places, moved
from syncd.recovery import recover
from syncd.state import State
from syncd.zotero.plugin import PluginClient, gone, plugin_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncd.clock import Clock
    from syncd.store import Store
    from syncd.zotero.client import Address
    from syncd.zotero.transport import PoliteTransport


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
    place = desktop_place(store, address.endpoint, plugin.place)
    if not is_known(store, place) and (old := _same_zotero(client, store, clock)):
        say("the plugin counts versions anew: reading the library once")
        _take_over(client, store, clock, old, place)
    return client


def _same_zotero(client: PluginClient, store: Store, clock: Clock) -> str | None:
    """Return the place of what is known of this Zotero so far, if it is certainly this one.

    It has the same database; or, by way of the local API, it held papers that are still here.
    """
    address = client.address
    known = known_places(store, address.endpoint)
    same = [place for place in known if client.plugin.is_same_database(place)]
    if same:
        return same[-1]
    local = [place for place in known if f"#{MARK}" not in place]
    there = client.item_versions_since(0)[0].keys() if local else ()
    for place in local:
        if there & State(store, place, address.prefix, clock).memory().written.keys():
            return place
    return None


def _take_over(client: PluginClient, store: Store, clock: Clock, old: str, place: str) -> None:
    """Let what is remembered hold for the plugin that counts the versions now.

    No log tells what was erased while it did not count: what the index has and the library has not was.
    """
    state = State(store, old, client.address.prefix, clock)
    index = state.index()
    index.reread(client, erased=True)
    recover(state, index.view(client.names), clock.now())
    moved(store, old, place)
