"""What in an item is its user's: what the library has of it and syncd did not write. Pure.

Contents are compared, never versions: an item that syncd wrote to after its user had edited it is the user's
all the same, and one that syncd wrote to twice is still nobody's but its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from syncd.merge import AUTOMATIC

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from syncd.history import Note
    from syncd.library import IndexedItem, LibraryView
    from syncd.merge import Base

Json = dict[str, Any]
# Text of an object that says nothing about what is in it.
SERVERS_OWN = frozenset({"key", "itemType", "parentItem", "dateAdded", "dateModified"})
# Fields of which syncd writes a part: the others of its lines are the user's.
BY_LINE = frozenset({"extra"})
CHILDREN = "notes or files"


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a list, or the lines of a text, that syncd wrote.

    Attributes:
        ever: all that it ever added.
        now: those that should be there, if nobody took any away.
    """

    ever: frozenset[str]
    now: frozenset[str]


def edits(item: IndexedItem, view: LibraryView, base: Base, notes: Sequence[Note]) -> tuple[str, ...]:
    """Return what of an item that syncd created is its user's, by Zotero's names of properties.

    Args:
        item: as the library has it.
        view: the library, for what hangs on the item and for its collections.
        base: what syncd wrote into it, as of the last push.
        notes: what syncd's runs did to it, oldest first, undos too.

    Returns:
        names of properties, "notes or files" for what hangs on it; empty where nobody but syncd touched it.
    """
    found = [*_texts(item.data, base, notes), *_lists(item.data, view, base, notes)]
    if _plain(item.data.get("creators")) != _plain(_last("creators", base.creators, notes)):
        found.append("creators")
    found += [name for name in ("relations", "inPublications") if item.data.get(name)]
    if _has_own_children(item.key, view, base, frozenset(key for note in notes for key in note.created)):
        found.append(CHILDREN)
    return tuple(found)


def parts(written: Iterable[str], name: str, notes: Sequence[Note]) -> Parts:
    """Return what syncd wrote of a list.

    Args:
        written: what stands in it from syncd, as of the last push.
        name: of the property.
        notes: what syncd's runs did to the item, oldest first.
    """
    ever = now = frozenset(written)
    for note in notes:
        if name in note.changes:
            before, after = (frozenset(names(name, value)) for value in note.changes[name])
            ever |= after - before
            now = now - (before - after) | (after - before)
    return Parts(ever, now)


def names(name: str, value: Any) -> list[str]:
    """Return what a property consists of, in its order: names of tags, keys of collections, lines."""
    if name in BY_LINE:
        return [line for line in str(value or "").splitlines() if line]
    return [part["tag"] if isinstance(part, dict) else part for part in value or ()]


def _last(name: str, written: Any, notes: Sequence[Note]) -> Any:
    """Return what syncd wrote last into a property."""
    return next((note.changes[name][1] for note in reversed(notes) if name in note.changes), written)


def _texts(data: Json, base: Base, notes: Sequence[Note]) -> Iterable[str]:
    if data["itemType"] != _last("itemType", base.item_type, notes):
        yield "itemType"
    for name, there in data.items():
        if not isinstance(there, str) or name in SERVERS_OWN:
            continue
        written = base.fields.get(name, "")
        if name in BY_LINE:
            known = parts(names(name, written), name, notes)
            lines = set(names(name, there))
            if lines - known.ever or known.now - lines:
                yield name
        elif there != _last(name, written, notes):
            yield name


def _lists(data: Json, view: LibraryView, base: Base, notes: Sequence[Note]) -> Iterable[str]:
    tags = parts(base.tags, "tags", notes)
    automatic = {tag["tag"] for tag in data.get("tags", ()) if tag.get("type") == AUTOMATIC}
    if set(names("tags", data.get("tags"))) - (automatic & tags.ever) or tags.now - automatic:
        yield "tags"
    filed = parts(base.collections, "collections", notes)
    there = set(data.get("collections", ()))
    # A collection that was erased is gone from its items without anybody touching them. What was read of the base
    # may never have been filed (a fresh collection takes no old papers), so only being in none of them says something.
    missing = {key for key in filed.now if key in view.collections}
    if there - filed.ever or (missing and not there):
        yield "collections"


def _has_own_children(parent: str, view: LibraryView, base: Base, created: frozenset[str]) -> bool:
    """Whether a note, a file or an annotation hangs on an object that syncd did not make, or made otherwise."""
    return any(
        child.key not in created
        or any(child.data.get(name) for name in ("note", "tags", "relations"))
        or child.data.get("url", "") not in base.links
        or _has_own_children(child.key, view, base, created)
        for child in view.children.get(parent, ())
        if not child.trashed
    )


def _plain(creators: Iterable[Mapping[str, str]] | None) -> list[list[tuple[str, str]]]:
    """Return creators in one form, whatever order their properties have."""
    return [sorted(creator.items()) for creator in creators or ()]
