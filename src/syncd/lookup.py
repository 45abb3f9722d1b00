"""What became of writes of unknown outcome in a library that gives its keys itself. Pure.

There a second attempt would create a second item. So what was sent is looked up among what is there and was
neither there nor known when it was sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncd.match import indexed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syncd.action import Memory
    from syncd.journal import Entry
    from syncd.match import IndexedItem, LibraryView

Json = dict[str, Any]
CONTENT = ("abstractNote", "date", "itemType", "url")


def real_keys(entries: Iterable[Entry], view: LibraryView, memory: Memory) -> dict[str, str]:
    """Return the real key of each object that was created, by its planned key.

    Args:
        entries: what was sent, parents before children.
        view: the library now.
        memory: what was known of it before.
    """
    names: dict[str, str] = {}
    taken = {*memory.written, *memory.claims.values(), *memory.collections.values()}
    for entry in entries:
        planned = entry.sent["key"]
        if entry.sent["version"]:
            continue
        sent = entry.named(names).sent
        found = {"collection": _collection, "child": _child}.get(entry.what, _item)(
            sent, entry.after, view, taken
        )
        if found:
            names[planned] = found
            taken.add(found)
    return names


def _item(sent: Json, after: int, view: LibraryView, taken: set[str]) -> str | None:
    """Return the new item that is this paper; the one most like it, should there be several."""
    mine = indexed(sent, 0)
    new = [item for item in view.papers if item.version > after and item.key not in taken]
    same = [item for item in new if _one_paper(mine, item)]
    best = max(same, key=lambda item: _likeness(sent, item), default=None)
    return best.key if best else None


def _one_paper(mine: IndexedItem, item: IndexedItem) -> bool:
    """Whether an item is of the same paper: identifiers decide, else title, surname and year."""
    ours, theirs = mine.identifiers, item.identifiers
    for one, other in ((ours.doi, theirs.doi), (ours.arxiv, theirs.arxiv)):
        if one and other:
            return one == other
    names = (mine.folded_title, mine.folded_surname, mine.year)
    return names == (item.folded_title, item.folded_surname, item.year)


def _likeness(sent: Json, item: IndexedItem) -> int:
    return sum(item.data.get(name, "") == sent.get(name, "") for name in CONTENT)


def _child(sent: Json, _: int, view: LibraryView, taken: set[str]) -> str | None:
    """Return the link to that address below that parent, in the trash or not."""
    for child in view.children.get(sent["parentItem"], ()):
        if child.data.get("url") == sent["url"] and child.key not in taken:
            return child.key
    return None


def _collection(sent: Json, _: int, view: LibraryView, taken: set[str]) -> str | None:
    """Return the collection of that name in that place."""
    for there in view.collections.values():
        if (there.name, there.parent) == (sent["name"], sent["parentCollection"] or None):
            return None if there.key in taken else there.key
    return None
