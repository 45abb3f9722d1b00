"""What profiles want of a paper, and the collection where each files it. Pure.

A collection that the user deleted is never made anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from syncd.messages import message
from syncd.model import Paper
from syncd.sync.action import Adopt, NewCollection, Said
from syncd.sync.library import LibraryView
from syncd.sync.merge import Base
from syncd.text.titles import digest_of_text
from syncd.zotero import items
from syncd.zotero.items import Draft, Upgrade

# How often a profile whose collection was deleted can start a fresh one.
MOST_STARTS = 100


@dataclass(frozen=True, slots=True)
class ProfileCollection:
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

    def collection(self, path: tuple[str, ...]) -> ProfileCollection:
        """Return the collection that settings call `path`, wherever the user has moved it since."""
        name = "/".join(path)
        if known := self._known.get(name):
            return self._known_collection(known, path)
        parent: str | None = None
        for depth, part in enumerate(path, start=1):
            key = self._named(part, parent) or self._own(path[:depth])
            if key in self._view.collections or key in self._view.deleted:
                if closed := self._closed(key, name):
                    return ProfileCollection(None, closed)
            elif key not in self._new:
                self._new[key] = NewCollection(key, parent, path[:depth])
            parent = key
        there = parent is not None and parent in self._view.collections
        return ProfileCollection(
            parent, certain=not there or parent not in set(own_keys(self._view.names, path))
        )

    def _known_collection(self, key: str, path: tuple[str, ...]) -> ProfileCollection:
        """Return a collection that syncd made or found before."""
        if key in self._view.collections or key in self._view.deleted:
            closed = self._closed(key, "/".join(path))
            return ProfileCollection(None, closed) if closed else ProfileCollection(key)
        # It is missing, though nobody deleted it: the library is an older one, or a new collection is wanted.
        above = self.collection(path[:-1]) if len(path) > 1 else ProfileCollection(None)
        if above.closed:
            return above
        self._new.setdefault(key, NewCollection(key, above.key, path))
        return ProfileCollection(key)

    def new(self, used: set[str]) -> tuple[NewCollection, ...]:
        """Return the collections to create, parents first, without those into which nothing is filed."""
        needed = set(used)
        for collection in reversed(self._new.values()):
            if collection.key in needed and collection.parent:
                needed.add(collection.parent)
        return tuple(collection for key, collection in self._new.items() if key in needed)

    def _named(self, name: str, parent: str | None) -> str | None:
        """Return the collection of that name under `parent`, existing or planned."""
        for _, there in sorted(self._view.collections.items()):
            if (there.name, there.parent, there.trashed) == (name, parent, False):
                return there.key
        planned = (new.key for new in self._new.values() if (new.name, new.parent) == (name, parent))
        return next(planned, None)

    def _own(self, path: tuple[str, ...]) -> str:
        """Return the key of the collection that syncd made for a path under any name of the library, or will make."""
        made = [items.collection_key(name, path) for name in self._view.names]
        return next((k for k in made if k in self._view.collections or k in self._view.deleted), made[0])

    def _closed(self, key: str, name: str) -> str:
        """Return why a collection must not be used: it, or one above it, was deleted by the user."""
        step: str | None = key
        while step:
            collection = self._view.collections.get(step)
            if collection is None:
                return message("collection-deleted", name=repr(name))
            if collection.trashed:
                return message("collection-in-trash", name=repr(name))
            step = collection.parent
        return ""


def own_keys(names: Sequence[str], path: tuple[str, ...]) -> Iterator[str]:
    """Yield the keys of the collections that syncd makes for a path: the first, and one a fresh start.

    Args:
        names: the library's names, the one that new keys are made under first.
        path: names of collections from the root downwards.
    """
    for name in names:
        yield items.collection_key(name, path)
    for count in range(1, MOST_STARTS):
        for name in names:
            yield items.collection_key(name, path, str(count))


@dataclass(frozen=True, slots=True)
class Listing:
    """A paper as one profile lists it.

    Attributes:
        key: the paper's create-once key.
        profile: the profile's name in state.
        paper: the record.
        draft: the item that it should become.
        unpublished: the same as a preprint, should it have been published.
        collection: the profile's.
        adopt: what to do if the library has the paper already.
        settle: how long to leave an item alone after the user edited it.
    """

    key: str
    profile: str
    paper: Paper
    draft: Draft
    unpublished: Draft
    collection: ProfileCollection
    adopt: Adopt
    settle: timedelta
    upgrade: Upgrade = "ask"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A paper with all that the profiles which list it want of it.

    Attributes:
        key: the paper's create-once key.
        listings: one a profile.
        aliases: keys of the same paper under other names of the library.
    """

    key: str
    listings: tuple[Listing, ...]
    aliases: tuple[str, ...] = ()

    @property
    def first(self) -> Listing:
        """The listing that decides where profiles differ and nothing is written yet."""
        return self.listings[0]

    @property
    def title(self) -> str:
        """The paper's title."""
        return self.first.paper.title

    @property
    def profiles(self) -> tuple[str, ...]:
        """Names of the profiles that list it."""
        return tuple(dict.fromkeys(listing.profile for listing in self.listings))

    @property
    def collections(self) -> tuple[str, ...]:
        """Keys of the collections that it is filed into."""
        return tuple(
            dict.fromkeys(listing.collection.key for listing in self.listings if listing.collection.key)
        )

    @property
    def draft(self) -> Draft:
        """The first profile's record with the tags and links of all."""
        return self._joined(self.first.draft)

    def as_preprint(self) -> Wanted:
        """Return this with all records as preprints."""
        listings = (replace(listing, draft=listing.unpublished) for listing in self.listings)
        return replace(self, listings=tuple(listings))

    def owner(self, base: Base) -> Listing | None:
        """Return the listing whose record was written, if it is among these."""
        theirs = [listing for listing in self.listings if listing.profile == base.source]
        return next(
            (listing for listing in theirs if listing.key == base.paper), theirs[0] if theirs else None
        )

    def draft_after(self, base: Base, whole: frozenset[str]) -> Draft:
        """Return what the item should become, given what was written before.

        The profile whose record was written keeps deciding, so that two profiles which differ do not overwrite
        each other in turn. Where it was not read whole this time, its record stands, and others may only add.

        Args:
            base: what was written.
            whole: names of the profiles that were read whole this time.
        """
        owner = self.owner(base)
        if owner is not None or not base.source or base.source in whole:
            made = self._joined((owner or self.first).draft)
        else:
            made = self.draft
            standing = {name: text for name, text in base.fields.items() if text and name in made.fields}
            creators = made.creators if base.creators is None else base.creators
            made = replace(made, fields={**made.fields, **standing}, creators=creators)
        if not set(base.sources) <= whole.union(self.profiles):
            made = replace(made, tags=tuple(dict.fromkeys((*base.tags, *made.tags))))
        return made

    def _joined(self, record: Draft) -> Draft:
        tags = dict.fromkeys(tag for listing in self.listings for tag in listing.draft.tags)
        links: dict[str, str] = {}
        for listing in self.listings:
            links = dict(listing.draft.links) | links
        return replace(record, tags=tuple(tags), links=tuple(links.items()))


def joined(papers: Sequence[Wanted], base: Base | None) -> Wanted:
    """Return the papers of one item as one: that whose record was written decides, else the first."""
    first = papers[0]
    if base is not None:
        first = next((entry for entry in papers if entry.key == base.paper and entry.owner(base)), first)
    rest = [entry for entry in papers if entry is not first]
    listings = (*first.listings, *(listing for entry in rest for listing in entry.listings))
    others = (alias for entry in rest for alias in (entry.key, *entry.aliases))
    return Wanted(first.key, listings, (*first.aliases, *others)) if rest else first


def said_of(entry: Wanted, before: Said | None = None) -> Said:
    """Return what sources say of a paper, and which profiles ever listed it."""
    paper = entry.first.paper
    return Said(
        title=paper.title,
        date=paper.date or "",
        creators=tuple((creator.family, creator.given) for creator in paper.creators),
        abstract=digest_of_text(paper.abstract),
        identifiers=paper.identifiers,
        listed={
            **(before.listed if before else {}),
            **{listing.profile: listing.paper.date or "" for listing in entry.listings},
        },
    )
