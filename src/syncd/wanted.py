"""What profiles want of a paper: each one's record of it, and where it is to be filed. Pure data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from syncd.action import Said
from syncd.text.titles import digest_of_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from syncd.action import Adopt
    from syncd.filing import Place
    from syncd.merge import Base
    from syncd.model import Paper
    from syncd.zotero.items import Draft, Upgrade


@dataclass(frozen=True, slots=True)
class Listing:
    """A paper as one profile lists it.

    Attributes:
        key: the paper's create-once key.
        profile: the profile's name in state.
        paper: the record.
        draft: the item that it should become.
        unpublished: the same as a preprint, should it have been published.
        place: the profile's collection.
        adopt: what to do if the library has the paper already.
        settle: how long to leave an item alone after the user edited it.
    """

    key: str
    profile: str
    paper: Paper
    draft: Draft
    unpublished: Draft
    place: Place
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
        return tuple(dict.fromkeys(listing.place.key for listing in self.listings if listing.place.key))

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

    def draft_after(self, base: Base, read: frozenset[str]) -> Draft:
        """Return what the item should become, given what was written before.

        The profile whose record was written keeps deciding, so that two profiles which differ do not overwrite
        each other in turn. Where it was not read this time, its record stands, and others may only add.

        Args:
            base: what was written.
            read: names of all profiles that were read this time.
        """
        owner = self.owner(base)
        if owner is not None or not base.source or base.source in read:
            made = self._joined((owner or self.first).draft)
        else:
            made = self.draft
            standing = {name: text for name, text in base.fields.items() if text and name in made.fields}
            creators = made.creators if base.creators is None else base.creators
            made = replace(made, fields={**made.fields, **standing}, creators=creators)
        if not set(base.sources) <= read:
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
