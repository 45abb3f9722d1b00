"""Which way leads to Zotero on the desktop: through syncd's plugin where it answers, else through the local API.

What syncd remembers belongs to one of the two, whose versions differ. It moves to the plugin's once, and to those of
a plugin that was installed again, when that is certainly in the same Zotero; else nothing is asked of the library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncd.errors import LibraryError
from syncd.place import desktop_place, is_known, known_places, moved
from syncd.recovery import caught_up, recover
from syncd.state import State
from syncd.zotero.desktop import DesktopClient, server_id
from syncd.zotero.plugin import MARK, PluginClient, gone, plugin_at
from syncd.zotero.recount import Recount

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from syncd.clock import Clock
    from syncd.match import LibraryView
    from syncd.store import Store
    from syncd.zotero.client import Address, Client
    from syncd.zotero.transport import PoliteTransport

MOVE = "What syncd knows of it so far came through Zotero's local API, which it asks once more to be sure."


def desktop_client(
    address: Address, transport: PoliteTransport, store: Store, clock: Clock, say: Callable[[str], None]
) -> Client:
    """Return the client of a library on the desktop.

    Args:
        address: where it is; the key is a token of the plugin, or one of the local API.
        transport: counts.
        store: where is remembered which way was taken so far.
        clock: time.
        say: is told which way it is.

    Raises:
        LibraryError: Zotero isn't running, or lets syncd in by another way only than the one that was taken.
    """
    plugin = plugin_at(address, transport)
    if plugin and plugin.server:
        client = PluginClient(address, transport, plugin)
        _take_over(client, store, clock, say)
        say("asking Zotero through its syncd plugin")
        return client
    if MARK in desktop_place(store, address.endpoint, ""):
        raise gone(plugin)
    say("asking Zotero through its local API")
    return DesktopClient(address, transport, server_id(address.endpoint, transport))


def _take_over(client: PluginClient, store: Store, clock: Clock, say: Callable[[str], None]) -> None:
    """Move what is remembered of the same library to the plugin that counts its versions now, if that is new."""
    root = client.address.endpoint
    place = desktop_place(store, root, client.server)
    known = known_places(store, root)
    if is_known(store, place):
        return
    before = [other for other in known if client.plugin.is_same_database(other)]
    local = [other for other in known if MARK not in other]
    if before:
        say("the plugin counts versions anew: reading the library once")
        _from_plugin(client, State(store, before[-1], client.address.prefix, clock), store, before[-1])
    elif local:
        say("moving what is known of the library to the syncd plugin")
        _from_local_api(client, store, clock, local)


def _from_plugin(client: PluginClient, state: State, store: Store, old: str) -> None:
    """Take over what was known by a plugin that was removed, or lost its file.

    What was erased, edited or written with an unknown outcome meanwhile is told by comparing.
    """
    index = state.index()
    recount = Recount(client, index.view())
    index.refresh(recount)
    view = index.view()
    recover(state, view, names_keys=True)
    _move(client, store, old, state, view)


def _from_local_api(client: PluginClient, store: Store, clock: Clock, local: Sequence[str]) -> None:
    """Take over what was known by way of the local API, if that is in the same Zotero.

    The local API is read once more: what was erased until now is in no log of the plugin's, and what was written
    with an unknown outcome can be found only by the versions that it was written at.
    """
    root, prefix = client.address.endpoint, client.address.prefix
    try:
        server = server_id(root, client.transport)
    except LibraryError as error:
        error.hint = f"{error.hint} {MOVE}".lstrip()
        raise
    old = desktop_place(store, root, server)
    if old not in local:
        return
    state = State(store, old, prefix, clock)
    view, _ = caught_up(DesktopClient(client.address, client.transport, server), state.index(), state)
    _move(client, store, old, state, view)


def _move(client: PluginClient, store: Store, old: str, state: State, view: LibraryView) -> None:
    """Let what is remembered hold for the plugin's versions; what syncd wrote last stays known as its own."""
    versions = state.memory().versions
    own = {key: item.data for key, item in view.items.items() if item.version == versions.get(key)}
    now = {item["key"]: item for item in client.items_since(0).objects}
    same = {
        key: now[key]["version"]
        for key, data in own.items()
        if key in now and now[key]["data"].get("dateModified") == data.get("dateModified")
    }
    moved(store, old, desktop_place(store, client.address.endpoint, client.server), same)
