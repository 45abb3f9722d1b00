"""A library read up to now, with what became of earlier writes whose answers were lost.

Decides nothing about what to write next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncd.lookup import real_keys

if TYPE_CHECKING:
    from syncd.match import LibraryView
    from syncd.state import State
    from syncd.zotero.client import Client
    from syncd.zotero.index import Index


def caught_up(client: Client, index: Index, state: State) -> tuple[LibraryView, dict[str, str]]:
    """Read what changed in a library, and find out what became of writes of unknown outcome.

    Returns:
        the library now; by create-once key of each paper that turned out to have been written, its run.
    """
    index.refresh(client)
    view = index.view()
    names: dict[str, str] = {}
    if not client.names_keys and (sent := state.unfinished()):
        names = real_keys(sent, view, state.memory())
    return view, state.recover(view, names)
