"""Where the papers of a profile are filed: the collection by its key, its name, or to be created. Pure.

A collection that the user deleted is never made again: its profile rests until the user says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncd.zotero import keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from syncd.library import LibraryView

# How often a profile whose collection was deleted can start a fresh one.
MOST_STARTS = 100


@dataclass(frozen=True, slots=True)
class NewCollection:
    """A collection to create: its key, its parent's key, and its names from the root downwards."""

    key: str
    parent: str | None
    path: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its own name."""
        return self.path[-1]


@dataclass(frozen=True, slots=True)
class Place:
    """The collection of a profile.

    Attributes:
        key: the collection's; None where the user deleted it.
        closed: why it must not be used, in words; else empty.
        certain: what is missing from it was never in it. False where the collection is syncd's own and its state
            is lost: a paper that is not in it may have been taken out by the user.
    """

    key: str | None
    closed: str = ""
    certain: bool = True


class Filing:
    """Finds the collections for one plan.

    Args:
        view: the library.
        known: by a path as the settings name it, the key of the collection that was made or found for it.
    """

    def __init__(self, view: LibraryView, known: Mapping[str, str]) -> None:
        self._view = view
        self._known = known
        self._new: dict[str, NewCollection] = {}

    def place(self, path: tuple[str, ...]) -> Place:
        """Return the collection that settings call `path`, wherever the user has moved it since."""
        name = "/".join(path)
        if known := self._known.get(name):
            return self._known_place(known, path)
        parent: str | None = None
        for depth, part in enumerate(path, start=1):
            key = self._named(part, parent) or self._own(path[:depth])
            if key in self._view.collections or key in self._view.deleted:
                if closed := self._closed(key, name):
                    return Place(None, closed)
            elif key not in self._new:
                self._new[key] = NewCollection(key, parent, path[:depth])
            parent = key
        there = parent is not None and parent in self._view.collections
        return Place(parent, certain=not there or parent not in set(own_keys(self._view.names, path)))

    def _known_place(self, key: str, path: tuple[str, ...]) -> Place:
        """Return a collection that syncd made or found before."""
        if key in self._view.collections or key in self._view.deleted:
            closed = self._closed(key, "/".join(path))
            return Place(None, closed) if closed else Place(key)
        # It is missing, though nobody deleted it: the library is an older one, or a new collection is wanted.
        above = self.place(path[:-1]) if len(path) > 1 else Place(None)
        if above.closed:
            return above
        self._new.setdefault(key, NewCollection(key, above.key, path))
        return Place(key)

    def new(self, used: set[str]) -> tuple[NewCollection, ...]:
        """Return the collections to create, parents first, without those into which nothing is filed."""
        needed = set(used)
        for collection in reversed(self._new.values()):
            if collection.key in needed and collection.parent:
                needed.add(collection.parent)
        return tuple(collection for key, collection in self._new.items() if key in needed)

    def _named(self, name: str, parent: str | None) -> str | None:
        """Return the collection of that name under `parent`, existing or planned."""
        for there in self._view.collections.values():
            if (there.name, there.parent, there.trashed) == (name, parent, False):
                return there.key
        planned = (new.key for new in self._new.values() if (new.name, new.parent) == (name, parent))
        return next(planned, None)

    def _own(self, path: tuple[str, ...]) -> str:
        """Return the key of the collection that syncd made for a path under any name of the library, or will make."""
        made = [keys.collection_key(name, path) for name in self._view.names]
        return next((k for k in made if k in self._view.collections or k in self._view.deleted), made[0])

    def _closed(self, key: str, name: str) -> str:
        """Return why a collection must not be used: it, or one above it, was deleted by the user."""
        step: str | None = key
        while step:
            collection = self._view.collections.get(step)
            if collection is None:
                return f"the collection {name!r} was deleted in Zotero"
            if collection.trashed:
                return f"the collection {name!r} is in Zotero's trash"
            step = collection.parent
        return ""


def own_keys(names: Sequence[str], path: tuple[str, ...]) -> Iterator[str]:
    """Yield the keys of the collections that syncd makes for a path: the first, and one a fresh start.

    Args:
        names: the library's names, the one that new keys are made under first.
        path: names of collections from the root downwards.
    """
    for name in names:
        yield keys.collection_key(name, path)
    for count in range(1, MOST_STARTS):
        for name in names:
            yield keys.collection_key(name, path, str(count))
