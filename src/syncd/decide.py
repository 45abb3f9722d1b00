"""Decide about each paper: create it, bring its item up to date, adopt one that is there, or leave it. Pure.

Every paper whose item is certain is settled first, so that no other paper is matched to that item.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from syncd import merge
from syncd.action import Action
from syncd.match import MIN_TITLE, Candidate, match, record
from syncd.text.links import find_links
from syncd.text.titles import fold_title
from syncd.zotero import keys
from syncd.zotero.items import OTHERS, PREPRINT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from syncd.action import Adopt, Kind, Memory
    from syncd.filing import Place
    from syncd.match import IndexedItem, LibraryView
    from syncd.merge import Base
    from syncd.model import Paper
    from syncd.zotero.items import Draft, Upgrade

# What any record of a paper may correct, whatever form of it the item describes.
PLAIN = frozenset({"title", "abstractNote"})
ARXIV_DOI = "10.48550/"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """A paper as one profile lists it.

    Attributes:
        profile: the profile's name in state.
        paper: the record.
        draft: the item that it should become.
        unpublished: the same as a preprint, should it have been published.
        place: the profile's collection.
        adopt: what to do if the library has the paper already.
        settle: how long to leave an item alone after the user edited it.
    """

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
    """

    key: str
    listings: tuple[Listing, ...]

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

    def draft_after(self, base: Base, read: frozenset[str]) -> Draft:
        """Return what the item should become, given what was written before.

        The profile whose record was written keeps deciding, so that two profiles which differ do not overwrite
        each other in turn. Where it was not read this time, its record stands, and others may only add.

        Args:
            base: what was written.
            read: names of all profiles that were read this time.
        """
        owner = next((listing for listing in self.listings if listing.profile == base.source), None)
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


class Decisions:
    """Decides about the papers of one plan.

    Args:
        view: the library.
        memory: what syncd wrote into it.
        now: for what the user edited lately.
        read: names of all profiles that were read this time.
    """

    def __init__(self, view: LibraryView, memory: Memory, now: datetime, read: frozenset[str]) -> None:
        self._view = view
        self._memory = memory
        self._now = now
        self._read = read

    def about(self, wanted: Sequence[Wanted]) -> Iterator[Action]:
        """Yield an action for each paper, in their order."""
        certain = {entry.key: key for entry in wanted if (key := self._certain(entry.key))}
        taken = frozenset(certain.values())
        for entry in wanted:
            key, reason = certain.get(entry.key), "syncd pushed it"
            if key is None:
                key, reason = self._retitled(entry, taken), "its title was corrected"
            if key is not None:
                taken |= {key}
                yield self._checked(self._known(entry, key, reason))
                continue
            action = self._checked(self._unknown(entry, taken))
            taken |= {action.key} if action.key else set()
            yield action

    def _certain(self, paper: str) -> str | None:
        """Return the key of the item that state or the create-once key names, alive or not."""
        if claimed := self._memory.claims.get(paper):
            return claimed
        said = self._memory.decisions.get(paper, {})
        if same := next((key for key, verdict in said.items() if verdict == "same"), None):
            return same
        known = self._view.items.keys() | self._view.deleted | self._memory.tombstones
        made = [key for key in keys.generations(self._view.prefix, paper) if key in known]
        return made[-1] if made else None

    def _retitled(self, entry: Wanted, taken: frozenset[str]) -> str | None:
        """Return the item of a paper whose title the source corrected, if that is beyond doubt.

        It is an item that syncd created, whose paper no profile lists any more, of the same date and authors, with
        nearly the same title or the very same abstract; and there is only one such.
        """
        from rapidfuzz import fuzz  # noqa: PLC0415 - only a paper that is new needs it

        made, found = entry.draft, []
        for key, base in self._memory.written.items():
            if key in taken or base.adopted or not made.fields["date"] or not made.creators:
                continue
            if base.fields.get("date") != made.fields["date"] or base.creators != made.creators:
                continue
            if not set(base.sources) & set(entry.profiles):
                continue
            old, new = fold_title(base.fields.get("title", "")), fold_title(entry.title)
            abstract = made.fields["abstractNote"]
            same_abstract = bool(abstract) and base.fields.get("abstractNote") == abstract
            if same_abstract or fuzz.ratio(old, new) >= MIN_TITLE * 100:
                found.append(key)
        return found[0] if len(found) == 1 else None

    def _unknown(self, entry: Wanted, taken: frozenset[str]) -> Action:
        """Decide about a paper that syncd has not seen before."""
        said = self._memory.decisions.get(entry.key, {})
        others = {key for key, verdict in said.items() if verdict == "different"}
        found = match(entry.first.paper, self._view, taken=taken | others)
        if found.kind == "same" and found.key:
            return self._known(entry, found.key, f"already in the library, by {found.reason}")
        if found.kind == "near":
            best = found.candidates[0]
            reason = f"possibly {best.title!r}: {', '.join(best.reasons)}"
            put_off = all(said.get(candidate.key) == "later" for candidate in found.candidates)
            return Action(
                "skip" if put_off else "review",
                entry.title,
                entry.key,
                None,
                reason,
                cause="review",
                candidates=found.candidates,
                record=record({**entry.draft.fields, "creators": entry.draft.creators}),
            )
        return self._create(entry, entry.key, "new in source")

    def _create(self, entry: Wanted, key: str, reason: str) -> Action:
        made = entry.draft
        item: Json = {
            "key": key,
            "version": 0,
            "itemType": made.item_type,
            **{name: text for name, text in made.fields.items() if text},
            "creators": list(made.creators),
            "tags": [{"tag": tag, "type": merge.AUTOMATIC} for tag in made.tags],
            "collections": list(entry.collections),
        }
        base = replace(
            merge.fresh(made, entry.collections), source=entry.first.profile, sources=entry.profiles
        )
        children, links = self._missing_links(entry, key, made, base)
        return Action(
            "create",
            entry.title,
            entry.key,
            key,
            reason,
            item=item,
            children=children,
            base=replace(base, links=links),
        )

    def _known(self, entry: Wanted, key: str, reason: str) -> Action:
        """Decide about a paper whose item is in the library, or was."""
        item = self._view.living(key)
        if item is None:
            if key in self._view.deleted or key in self._memory.tombstones:
                return _skip(entry, key, "you deleted it in Zotero", "deleted")
            return self._create(entry, key, "missing, though nobody deleted it")
        base = self._base(entry, key, item)
        if item.trashed:
            return replace(_skip(entry, item.key, "it is in Zotero's trash", "deleted"), base=base)
        if base.adopted and entry.first.adopt == "skip" and item.key not in self._memory.written:
            return _skip(entry, item.key, reason, "not adopted")
        return self._bring_up_to_date(entry, item, base, reason)

    def _base(self, entry: Wanted, key: str, item: IndexedItem) -> Base:
        """Return what syncd wrote into an item, or what to take for that where it does not know.

        It is remembered even where nothing is done now: what is uncertain today would look certain tomorrow.
        """
        base = self._memory.written.get(item.key) or self._memory.written.get(key)
        ours = key in keys.generations(self._view.prefix, entry.key)
        if (base is None and ours) or item.version < self._memory.versions.get(item.key, 0):
            # The create-once key led here, if only over a merge: syncd was here before and has forgotten it. Or
            # the library is an older one than it remembers.
            base = self._recovered(entry, item)
        return _with_uncertain(entry, base or _adopted(entry, item))

    def _recovered(self, entry: Wanted, item: IndexedItem) -> Base:
        """Return what to take for written into an item of syncd's own of which nothing is remembered.

        Where the item is in none of the collections that are there already, the user may have taken it out.
        """
        there = [key for key in entry.collections if key in self._view.collections]
        base = merge.recovered(entry.draft, there, item.data)
        return replace(base, source=entry.first.profile)

    def _bring_up_to_date(self, entry: Wanted, item: IndexedItem, base: Base, reason: str) -> Action:
        offer = self._offer(entry, base, item)
        if offer:
            entry = entry.as_preprint()
        made = _with_known_year(entry, entry.draft_after(base, self._read), base, item)
        made = _never_worse(made, base)
        merged = merge.merge(base, item.data, made, entry.collections)
        children, links = self._missing_links(entry, item.key, made, base)
        changes = dict(merged.changes)
        if children:
            changes["links"] = ([], [child["title"] for child in children])
        after = replace(merged.base, links=links, sources=_contributors(base, entry))
        kind: Kind = "unchanged"
        if merged.patch or children:
            if until := self._settles(entry, item):
                said = f"you edited it; the change waits until {until:%Y-%m-%d %H:%M} UTC"
                skipped = _skip(entry, item.key, said, "waiting")
                return replace(skipped, changes=changes, kept=merged.kept, base=base)
            kind = "adopt" if base.adopted and not self._memory.versions.get(item.key) else "update"
        return Action(
            kind=kind,
            title=entry.title,
            paper=entry.key,
            key=item.key,
            reason=reason,
            item={"key": item.key, "version": item.version, **merged.patch} if merged.patch else {},
            children=children,
            changes=changes,
            kept=merged.kept,
            base=after,
            **self._offered(offer, entry, item),
        )

    def _offer(self, entry: Wanted, base: Base, item: IndexedItem) -> str:
        """Return the item type that a published preprint is not given yet: the user is asked, or said no."""
        wanted = entry.draft.item_type
        changes = wanted != PREPRINT and base.item_type == PREPRINT == item.item_type and not base.adopted
        said = self._memory.decisions.get(entry.key, {}).get(item.key)
        upgrade = entry.first.upgrade
        allowed = upgrade == "auto" or (upgrade == "ask" and said == "same")
        return wanted if changes and not allowed else ""

    def _offered(self, offer: str, entry: Wanted, item: IndexedItem) -> dict[str, Any]:
        """Return what asks the user about a published preprint; nothing where they have answered."""
        said = self._memory.decisions.get(entry.key, {}).get(item.key)
        if not offer or entry.first.upgrade == "never" or said == "different":
            return {}
        there = Candidate(item.key, entry.title, 1.0, (f"published, as {offer}",), record(item.data))
        return {"cause": "review", "candidates": (there,), "record": {"title": entry.title, "type": offer}}

    def _settles(self, entry: Wanted, item: IndexedItem) -> datetime | None:
        """Return until when an item is left alone, if its user edited it lately.

        Zotero's client shows a conflict when both sides change an item before it syncs: give it a day.
        """
        settle = max(listing.settle for listing in entry.listings)
        if item.version == self._memory.versions.get(item.key):
            return None
        try:
            edited = datetime.fromisoformat(str(item.data.get("dateModified")))
        except ValueError:
            return None
        until = edited.replace(tzinfo=edited.tzinfo or UTC) + settle
        return until if self._now < until else None

    def _missing_links(
        self, entry: Wanted, parent: str, made: Draft, base: Base
    ) -> tuple[tuple[Json, ...], tuple[str, ...]]:
        """Return the children to create, and all addresses that will have been dealt with."""
        view = self._view
        urls = [str(child.data.get("url", "")) for child in view.children.get(parent, ())]
        # The user's own link may end in .git, lead into a folder of the repository, or be of other case.
        known = [*urls, *(link.url for url in urls for link in find_links(url))]
        present = {url.casefold() for url in known}
        # Where the paper's own item was merged into this one, its links had keys of that item.
        merged = view.living(entry.key)
        parents = {parent, entry.key} if merged is not None and merged.key == parent else {parent}
        children = []
        for url, title in made.links:
            once = [keys.child_key(view.prefix, one, url) for one in parents]
            was_made = any(key in view.items or key in view.deleted for key in once)
            if url in base.links or url.casefold() in present or was_made:
                continue
            key = keys.child_key(view.prefix, parent, url)
            children.append(
                {
                    "key": key,
                    "version": 0,
                    "itemType": "attachment",
                    "linkMode": "linked_url",
                    "parentItem": parent,
                    "title": title,
                    "url": url,
                }
            )
        return tuple(children), tuple(dict.fromkeys((*base.links, *(url for url, _ in made.links))))

    def _checked(self, action: Action) -> Action:
        """Leave out what the server refused before, until it changes."""
        refusal = self._memory.refusals.get(action.paper)
        if not action.writes or refusal is None or refusal.digest != digest(action):
            return action
        reason = f"the server refused it: {refusal.message}; it is sent again when it changes"
        return Action("skip", action.title, action.paper, action.key, reason, cause="refused")


def digest(action: Action) -> str:
    """Return what tells whether an action writes the same as before."""
    text = json.dumps([action.item, action.children], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _skip(entry: Wanted, key: str, reason: str, cause: Any) -> Action:
    return Action("skip", entry.title, entry.key, key, reason, cause=cause)


def _contributors(base: Base, entry: Wanted) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*base.sources, *entry.profiles)))


def _with_uncertain(entry: Wanted, base: Base) -> Base:
    """Return the base with what the user may have taken away, for all that is known of a profile.

    Where a profile is forgotten and its collection is not, the item may have been in it, with its tags.
    """
    for listing in entry.listings:
        if listing.profile not in base.sources and not listing.place.certain and listing.place.key:
            tags = () if base.adopted else listing.draft.tags
            base = replace(
                base,
                collections=tuple(dict.fromkeys((*base.collections, listing.place.key))),
                tags=tuple(dict.fromkeys((*base.tags, *tags))),
            )
    return base


def _adopted(entry: Wanted, item: IndexedItem) -> Base:
    """Return what to take for written into an item that the user had before."""
    base = replace(merge.adopted(item.data), source=entry.first.profile)
    if entry.first.adopt == "file":
        # Nothing but the collection: no field is known to be blank, every link is taken for present.
        links = tuple(url for url, _ in entry.draft.links)
        return replace(base, fields={}, creators=None, links=links)
    return base


def _never_worse(made: Draft, base: Base) -> Draft:
    """Keep what an earlier record knew better: a service that is silent today takes nothing away.

    Nothing becomes blank, no date less precise, no whole list of authors a cut one, and a published paper no
    preprint: of that only title and abstract are taken.
    """
    unpublished = base.item_type != PREPRINT == made.item_type
    fields = dict(made.fields)
    for name, text in base.fields.items():
        if name not in fields:
            continue
        # A blank field may be filled, but for the catalogue: a published paper is none of arXiv.org's.
        stands = unpublished and name not in PLAIN and (text or name == "libraryCatalog")
        if stands or (text and _is_worse(name, fields[name], text)):
            fields[name] = text
    creators = made.creators
    if base.creators and creators and creators[-1] == OTHERS and _begins_with(base.creators, creators[:-1]):
        creators = base.creators
    item_type = base.item_type if unpublished else made.item_type
    return replace(made, item_type=item_type, fields=fields, creators=creators)


def _is_worse(name: str, newer: str, older: str) -> bool:
    """Whether a field says less than before."""
    if name == "DOI" and newer.startswith(ARXIV_DOI):
        return not older.startswith(ARXIV_DOI)
    return not newer or (name == "date" and older.startswith(newer))


def _begins_with(creators: tuple[Json, ...], visible: tuple[Json, ...]) -> bool:
    return creators[: len(visible)] == visible


def _with_known_year(entry: Wanted, made: Draft, base: Base, item: IndexedItem) -> Draft:
    """Keep the year that was once inferred for a paper: a later snapshot would infer another."""
    date = made.fields["date"]
    if entry.first.paper.date_inferred:
        for known in (base.fields.get("date", ""), str(item.data.get("date", ""))):
            if known[4:] == date[4:]:
                return replace(made, fields={**made.fields, "date": known})
    return made
