"""A library read up to now, with what became of earlier writes whose answers were lost.

Decides nothing about what to write next.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlalchemy as sa

    from syncd.journal import Entry
    from syncd.match import LibraryView
    from syncd.merge import Base
    from syncd.state import State
    from syncd.zotero.client import Client
    from syncd.zotero.index import Index

Json = dict[str, Any]
# Properties of an object that say nothing about what is in it.
SERVERS_OWN = frozenset({"version", "dateAdded", "dateModified"})


def caught_up(client: Client, index: Index, state: State) -> tuple[LibraryView, dict[str, str]]:
    """Read what changed in a library, and find out what became of writes of unknown outcome.

    Returns:
        the library now; by create-once key of each paper that turned out to have been written, its run.
    """
    index.refresh(client)
    view = index.view()
    return view, recover(state, view)


def recover(state: State, view: LibraryView) -> dict[str, str]:
    """Find out from the library what became of chunks whose outcome is unknown, and record it.

    Args:
        state: with the journal.
        view: the library now, in the versions that the chunks were sent at.

    Returns:
        by create-once key of each paper that turned out to have been written, its run.
    """
    chunks = state.journal.unfinished()
    if not chunks:
        return {}
    done: dict[str, str] = {}
    with state.writing() as connection:
        for chunk in chunks:
            for entry in chunk.entries:
                if _recovered(state, connection, chunk.run, entry, view):
                    done[entry.paper] = chunk.run
            state.journal.settle(connection, chunk.number)
    return done


def _recovered(state: State, connection: sa.Connection, run: str, entry: Entry, view: LibraryView) -> bool:
    """Record one object of the journal as far as the library shows that it was written."""
    key = entry.sent["key"]
    known = view.collections if entry.what == "collection" else view.items
    if key not in known and key not in view.deleted:
        return False
    item = view.items.get(key)
    if entry.sent["version"] and item:
        if item.version <= entry.sent["version"]:
            return False
        if entry.base:
            before = state.base(connection, entry.item) or entry.base
            entry = replace(entry, base=_as_far_as_written(before, entry.base, entry.sent, item.data))
    # What the library has now may hold edits of the user's already: only a creation's first version is ours.
    version = item.version if item and _is_as_sent(entry.sent, item.data) else 0
    state.record(connection, run, entry, version)
    return True


def _as_far_as_written(before: Base, after: Base, sent: Json, data: Json) -> Base:
    """Return the base after an update of which the library shows what arrived; the rest is the user's."""
    arrived = {
        name: text
        for name, text in after.fields.items()
        if name not in sent or data.get(name, "") == sent[name]
    }
    creators = (
        after.creators
        if "creators" not in sent or data.get("creators") == sent["creators"]
        else before.creators
    )
    return replace(after, fields={**before.fields, **arrived}, creators=creators)


def _is_as_sent(sent: Json, data: Json) -> bool:
    """Whether an object still is as syncd sent it: all of a new one, of another what was sent."""
    names = sent.keys() if sent["version"] else sent.keys() | data.keys()
    return all(_content(name, sent) == _content(name, data) for name in names - SERVERS_OWN)


def _content(name: str, data: Json) -> Any:
    """Return a property's value, blank ones alike, without the order of what has none."""
    if name in {"tags", "collections"}:
        return sorted(json.dumps(part, sort_keys=True) for part in data.get(name, ()))
    return data.get(name) or None
