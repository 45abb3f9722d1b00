"""A library read up to now, with what became of earlier writes whose outcome is not known.

Decides nothing about what to write next. A server may write late, in part, or twice: what is not seen yet stays a
possible outcome for a day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from syncd.state.excerpt import excerpt
from syncd.state.index import NOBODY, Index, Listener
from syncd.state.journal import Chunk, Entry
from syncd.state.state import State
from syncd.sync import merge
from syncd.sync.library import IndexedItem, LibraryView
from syncd.zotero.client import Client

Json = dict[str, Any]
# What became of an object: it was written; it may still be; it was not, and never will be.
Fate = Literal["written", "open", "never"]
# Properties of an object that say nothing about what is in it.
SERVERS_OWN = frozenset({"version", "dateAdded", "dateModified"})
# For so long what was sent may still arrive.
PATIENCE = timedelta(days=1)


def caught_up(
    client: Client, index: Index, state: State, now: datetime, listener: Listener = NOBODY
) -> dict[str, str]:
    """Read what changed in a library, and find out what became of writes of unknown outcome.

    Args:
        client: the library.
        index: of it.
        state: what is remembered of it.
        now: the time, aware.
        listener: see `Index.refresh`.

    Returns:
        by create-once key of each paper that turned out to have been written, its run.
    """
    index.refresh(client, listener)
    if not state.journal.unfinished():
        return {}
    return recover(state, sent_part(state, client.names), now)


def sent_part(state: State, names: Sequence[str]) -> LibraryView:
    """Return the part of a library that writes of unknown outcome may have changed.

    Args:
        state: with the journal.
        names: the library's names.
    """
    sent = [entry.sent["key"] for chunk in state.journal.unfinished() for entry in chunk.entries]
    with excerpt(state, names) as part:
        part.items(sent)
        part.collections(sent)
        return part.view()


def recover(state: State, view: LibraryView, now: datetime) -> dict[str, str]:
    """Find out from the library what became of objects whose outcome is unknown, and record it.

    Args:
        state: with the journal.
        view: the library now.
        now: the time, aware.

    Returns:
        by create-once key of each paper that turned out to have been written, its run.
    """
    chunks = state.journal.unfinished()
    if not chunks:
        return {}
    done: dict[str, str] = {}
    with state.writing() as connection:
        for chunk in chunks:
            left = []
            for entry in chunk.entries:
                fate = _fate(entry, view)
                if fate == "written":
                    _record(state, connection, chunk.run, entry, view)
                    done[entry.paper] = chunk.run
                elif fate == "open":
                    left.append(entry)
            state.journal.settle(connection, chunk.number, left if _may_arrive(chunk, now) else ())
    return done


def _may_arrive(chunk: Chunk, now: datetime) -> bool:
    return chunk.sent is not None and now - chunk.sent < PATIENCE


def _fate(entry: Entry, view: LibraryView) -> Fate:
    """Return what became of an object, as far as the library shows."""
    key = entry.sent["key"]
    if entry.what == "collection":
        return "written" if key in view.collections or key in view.deleted else "open"
    item = view.items.get(key)
    if entry.sent["version"]:
        return _fate_of_change(entry, item)
    if item is None:
        return "written" if key in view.deleted and not entry.there else "never" if entry.there else "open"
    # Where it was there already, another syncd may have made it: it is ours if it is what was sent.
    return "written" if not entry.there or _is_as_sent(entry.sent, item.data) else "never"


def _fate_of_change(entry: Entry, item: IndexedItem | None) -> Fate:
    """Return what became of a change of an item."""
    if item is None:
        return "never"
    if _has_arrived(entry, item):
        return "written"
    if item.version == entry.sent["version"]:
        return "open"
    # It was changed since, and so can't be written any more. What was added to it may have been taken away again.
    added = (
        entry.what == "item"
        and item.version > entry.sent["version"]
        and {"tags", "collections"} & entry.sent.keys()
    )
    return "written" if added else "never"


def _has_arrived(entry: Entry, item: IndexedItem) -> bool:
    """Whether a change was written: it was wholly, if any part of it is there.

    What an undo puts back may be as it was before the run for other reasons, so all of it must be there.
    """
    parts = entry.sent.keys() - SERVERS_OWN - {"key"}
    there = (_content(name, entry.sent) == _content(name, item.data) for name in parts)
    return all(there) if entry.what == "undo" else any(there)


def _record(state: State, connection: sa.Connection, run: str, entry: Entry, view: LibraryView) -> None:
    """Record an object that was written; what the library has now may hold edits of the user's already."""
    item = view.items.get(entry.sent["key"])
    if entry.sent["version"] and item and entry.base and not _has_arrived(entry, item):
        before = state.base(connection, entry.item) or entry.base
        added = replace(before, tags=entry.base.tags, collections=entry.base.collections)
        entry = replace(entry, base=added)
    version = item.version if item and _is_as_sent(entry.sent, item.data) else 0
    state.record(connection, run, entry, version, _seen(state, connection, entry))


def _seen(state: State, connection: sa.Connection, entry: Entry) -> dict[str, str] | None:
    """Return what an item held once it was written; None where that can't be told."""
    if not entry.sent["version"]:
        return merge.contents(entry.sent)
    before = state.seen(connection, entry.item)
    return None if before is None else merge.contents_after(before, entry.sent)


def _is_as_sent(sent: Json, data: Json) -> bool:
    """Whether an object still is as syncd sent it: all of a new one, of another what was sent."""
    names = sent.keys() if sent["version"] else sent.keys() | data.keys()
    return all(_content(name, sent) == _content(name, data) for name in names - SERVERS_OWN)


def _content(name: str, data: Json) -> Any:
    """Return a property's value, blank ones alike, without the order of what has none."""
    value = data.get(name)
    if name == "deleted":
        return bool(value)
    return merge.canonical(name, value) if value else None
