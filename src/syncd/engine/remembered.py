"""What syncd remembers of a library of the configuration, opened without touching the library itself.

Commands that only look stop here: they load no client.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from syncd.config import Library
from syncd.config.model import DESKTOP, EMBEDDED
from syncd.engine.ports import Ports
from syncd.state.places import desktop_place
from syncd.state.state import State
from syncd.state.store import Store

EMBEDDED_PREFIX = "users/1"


def whereabouts(library: Library) -> tuple[str, str]:
    """Return where a library is and which it is there: what it is known by, whatever its name."""
    return (library.root, library.prefix) if library.root else (EMBEDDED, EMBEDDED_PREFIX)


@contextmanager
def remembered(library: Library, ports: Ports, server: str = "") -> Iterator[State]:
    """Give what is remembered of a library, without touching the library itself.

    Args:
        library: its settings.
        ports: the world.
        server: for the desktop, the id of the Zotero that is meant; the one of the last run if it is not given.
    """
    store = Store.at(ports.data.state)
    try:
        place, prefix = whereabouts(library)
        if library.type == DESKTOP:
            place = desktop_place(store, place, server)
        yield State(store, place, prefix, ports.clock)
    finally:
        store.close()
