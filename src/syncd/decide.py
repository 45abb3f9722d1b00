"""Decide about each paper: create it, bring its item up to date, adopt one that is there, or leave it. Pure.

First each paper finds its item: what is known comes before what is certain by identifiers, and that before what is
like it. Papers that are one item are decided together, and one record of them decides what the item says.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from syncd import merge
from syncd.action import Action, Said
from syncd.match import (
    MAX_CANDIDATES,
    MIN_TITLE,
    Candidate,
    Match,
    Records,
    exact,
    indexed,
    near,
    record,
)
from syncd.text.links import find_links
from syncd.text.titles import digest_of_text, fold_title
from syncd.zotero import keys
from syncd.zotero.items import OTHERS, PREPRINT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from syncd.action import Adopt, Kind, Memory
    from syncd.filing import Place
    from syncd.match import IndexedItem, LibraryView, Searched
    from syncd.merge import Base
    from syncd.model import Paper
    from syncd.zotero.items import Draft, Upgrade

# What any record of a paper may correct, whatever form of it the item describes.
PLAIN = frozenset({"title", "abstractNote"})
ARXIV_DOI = "10.48550/"
NUMBER = re.compile(r"[0-9]+|\b[IVX]+\b")
"""
>>> NUMBER.findall("GPT-4 and Part IV")
['4', 'IV']
"""
Json = dict[str, Any]


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


@dataclass(slots=True)
class Case:
    """Papers of one plan that are one item.

    Attributes:
        key: of the item, there or to be created.
        reason: how it was recognised.
        papers: those that it is.
        is_new: it is to be created.
    """

    key: str
    reason: str
    papers: list[Wanted]
    is_new: bool = False


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
        self._cases: dict[str, Case] = {}
        # By profile, the items that its other papers are: what one profile lists apart are two papers.
        self._taken: defaultdict[str, set[str]] = defaultdict(set)
        self._listed: set[tuple[str, str]] = set()
        # The papers of this plan that have an item, or will; kept only where a paper is new.
        self._placed = Records()
        self._asks = False

    def about(self, wanted: Sequence[Wanted]) -> Iterator[Action]:
        """Yield an action for each paper, in their order."""
        self._listed = {(listing.key, listing.profile) for entry in wanted for listing in entry.listings}
        certain = [(entry, self._certain(entry)) for entry in wanted]
        unknown = [entry for entry, key in certain if key is None]
        self._asks = bool(unknown)
        for entry, key in certain:
            if key:
                self._is(entry, key, "syncd pushed it")
        new = [entry for entry in unknown if not self._recognised(entry)]
        asked = {entry.key: action for entry in new if (action := self._compared(entry))}
        done = {action.paper: action for case in self._cases.values() for action in self._decided(case)}
        for entry in wanted:
            action = asked.get(entry.key) or done[entry.key]
            yield replace(self._checked(action), said=self._said(entry))

    def _is(self, entry: Wanted, key: str, reason: str, *, is_new: bool = False) -> None:
        """Take a paper for an item, alive or not, or to be created."""
        item = self._view.living(key)
        target = item.key if item else key
        case = self._cases.setdefault(target, Case(target, reason, [], is_new=is_new))
        case.papers.append(entry)
        for profile in entry.profiles:
            self._taken[profile].add(target)
        if self._asks:
            self._placed.add(entry.key, _as_item(target, _said(entry, None, self._read)))

    def _certain(self, entry: Wanted) -> str | None:
        """Return the key of the item that state or the create-once key names, alive or not."""
        claimed = self._memory.claims.get(entry.key)
        if twins := self._twins(entry, claimed):
            return twins[0].key
        if claimed:
            return claimed
        said = self._memory.decisions.get(entry.key, {})
        if same := next((key for key, verdict in said.items() if verdict == "same"), None):
            return same
        known = self._view.items.keys() | self._view.deleted | self._memory.tombstones
        made = [key for key in self._own_keys(entry) if key in known]
        living = [key for key in made if key in self._view.items and not self._view.items[key].trashed]
        return next(reversed(living or made), None)

    def _own_keys(self, entry: Wanted) -> list[str]:
        """Return all keys that syncd may have given to a paper's item."""
        own = (entry.key, *entry.aliases)
        return [key for one in own for key in keys.generations(self._view.names, one)]

    def _twins(self, entry: Wanted, claimed: str | None) -> list[IndexedItem]:
        """Return a paper's items that were made under two names of the library, the older first.

        There are none where one was made, or where they were merged.
        """
        own = (entry.key, *entry.aliases)
        if not entry.aliases or (claimed and claimed not in own):
            return []
        living = {item.key: item for key in own if (item := self._view.living(key)) and not item.trashed}
        found = [item for item in living.values() if item.key in own]
        return (
            sorted(found, key=lambda i: (str(i.data.get("dateAdded", "")), i.key)) if len(found) > 1 else []
        )

    def _recognised(self, entry: Wanted) -> bool:
        """Take a paper that syncd has not seen before for the item that it certainly is, if there is one."""
        if key := self._retitled(entry):
            self._is(entry, key, "its title was corrected")
            return True
        if found := self._exact(entry):
            self._is(entry, found.key or "", f"already in the library, by {found.reason}")
            return True
        return False

    def _exact(self, entry: Wanted) -> Match | None:
        """Return what a paper certainly is: an item as it is in the library, or as a source describes it."""
        paper, taken, others = entry.first.paper, self._taken_by(entry), self._others(entry)
        for view in (self._view, self._placed, self._remembered):
            if found := exact(paper, view, taken=taken, others=others):
                return found
        return None

    def _compared(self, entry: Wanted) -> Action | None:
        """Ask whether a paper is one that it is like; else let it be created, or be one that is created already."""
        if found := self._exact(entry):
            self._is(entry, found.key or "", f"listed already, by {found.reason}")
            return None
        if candidates := self._candidates(entry):
            return self._asked(entry, candidates)
        self._is(entry, entry.key, "new in source", is_new=True)
        return None

    def _candidates(self, entry: Wanted) -> tuple[Candidate, ...]:
        """Return the items that a paper may be, best first, as they are and as sources describe them."""
        paper, excluded = entry.first.paper, self._taken_by(entry) | self._others(entry)
        # What one profile lists apart are two papers, so the papers of this plan are compared where it has several.
        views: list[Searched] = [self._view, self._remembered]
        if len(self._read) > 1:
            views.append(self._placed)
        found = [one for view in views for one in near(paper, view, excluded)]
        # What an item looks like now is said rather than what its source says.
        best = {one.key: one for one in reversed(found)}
        return tuple(sorted(best.values(), key=lambda one: (-one.score, one.key))[:MAX_CANDIDATES])

    @cached_property
    def _remembered(self) -> Records:
        """The papers of earlier plans, as their sources described them."""
        records = Records()
        for paper, said in self._memory.said.items():
            item = self._view.living(key := self._memory.claims.get(paper, paper))
            records.add(paper, _as_item(item.key if item else key, said))
        return records

    def _taken_by(self, entry: Wanted) -> frozenset[str]:
        return frozenset().union(*(self._taken[profile] for profile in entry.profiles))

    def _others(self, entry: Wanted) -> frozenset[str]:
        """Return the items that the user said are other papers."""
        said = self._memory.decisions.get(entry.key, {})
        return frozenset(key for key, verdict in said.items() if verdict == "different")

    def _asked(self, entry: Wanted, candidates: tuple[Candidate, ...]) -> Action:
        said = self._memory.decisions.get(entry.key, {})
        best = candidates[0]
        put_off = all(said.get(candidate.key) == "later" for candidate in candidates)
        return Action(
            "skip" if put_off else "review",
            entry.title,
            entry.key,
            None,
            f"possibly {best.title!r}: {', '.join(best.reasons)}",
            cause="review",
            candidates=candidates,
            record=record({**entry.draft.fields, "creators": entry.draft.creators}),
        )

    def _retitled(self, entry: Wanted) -> str | None:
        """Return the item of a paper whose title the source corrected, if that is beyond doubt.

        Its profile listed a paper of the same date and authors, with nearly the same title or the very same abstract,
        and lists it no more; and there is only one such.
        """
        from rapidfuzz import fuzz  # noqa: PLC0415 - only a paper that is new needs it

        mine = _said(entry, None, self._read)
        if not mine.date or not mine.creators:
            return None
        found = set()
        for paper, before in (known for profile in entry.profiles for known in self._dropped[profile]):
            if before.creators != mine.creators or not _same_date(entry, mine, before):
                continue
            alike = fuzz.ratio(fold_title(before.title), fold_title(mine.title)) >= MIN_TITLE * 100
            counted = _numbers(before.title) != _numbers(mine.title)
            if (alike and not counted) or (mine.abstract and before.abstract == mine.abstract):
                found.add(self._memory.claims.get(paper, paper))
        return found.pop() if len(found) == 1 else None

    @cached_property
    def _dropped(self) -> defaultdict[str, list[tuple[str, Said]]]:
        """By profile, the papers that it listed before and lists no more."""
        found: defaultdict[str, list[tuple[str, Said]]] = defaultdict(list)
        for paper, said in self._memory.said.items():
            for profile in said.profiles:
                if (paper, profile) not in self._listed:
                    found[profile].append((paper, said))
        return found

    def _said(self, entry: Wanted) -> Said:
        return _said(entry, self._memory.said.get(entry.key), self._read)

    def _decided(self, case: Case) -> Iterator[Action]:
        """Yield an action for each paper of an item: one does what is to be done, the others are the same."""
        item = self._view.living(case.key)
        base = self._memory.written.get(item.key if item else case.key)
        entry = _joined(case.papers, base)
        done = (
            self._create(entry, case.key, case.reason)
            if case.is_new
            else self._known(entry, case.key, case.reason)
        )
        for paper in case.papers:
            if paper.key == entry.key:
                yield done
            elif done.cause == "deleted":
                yield replace(done, title=paper.title, paper=paper.key, base=None)
            else:
                reason = f"the same paper as {entry.title!r}"
                yield Action("unchanged", paper.title, paper.key, done.key, reason)

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
            merge.fresh(made, entry.collections),
            source=entry.first.profile,
            sources=entry.profiles,
            paper=entry.key,
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
            restored = entry.key in self._memory.restored
            reason = "you brought it back" if restored else "missing, though nobody deleted it"
            return self._create(entry, key, reason)
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
        own = self._own_keys(entry)
        older = item.version < self._memory.versions.get(item.key, 0)
        if older or (base is None and (key in own or any(self._leads_to(one, item) for one in own))):
            # The create-once key led here, if only over a merge: syncd was here before and has forgotten it. Or
            # the library is an older one than it remembers.
            base = self._recovered(entry, item)
        elif base is None:
            base = self._adopted(entry, item)
        else:
            base = self._with_what_others_did(entry, item, base)
        return _with_uncertain(entry, base)

    def _leads_to(self, key: str, item: IndexedItem) -> bool:
        """Whether an item that syncd made was merged into another."""
        return key in self._view.winners and self._view.living(key) is item

    def _adopted(self, entry: Wanted, item: IndexedItem) -> Base:
        """Return what to take for written into an item that the user had before.

        Where it lies in the profile's collection already, another syncd has adopted it, and its owner may have taken
        away since what that brought: its blank fields are filled, and nothing is added.
        """
        base = replace(merge.adopted(item.data), source=entry.first.profile, paper=entry.key)
        here = set(entry.collections) & set(item.data.get("collections", ()))
        links = tuple(url for url, _ in entry.draft.links) if here or entry.first.adopt == "file" else ()
        if entry.first.adopt == "file":
            # Nothing but the collection: no field is known to be blank, every link is taken for present.
            base = replace(base, fields={}, creators=None)
        return replace(base, links=links)

    def _with_what_others_did(self, entry: Wanted, item: IndexedItem, base: Base) -> Base:
        """Return the base with what another syncd may have written, and the user taken away again, since.

        Nothing that is written tells who wrote it. But where the item moved on and is as it was, or has now what the
        source says and syncd did not write here, tags and collections of the source may have been there already.
        """
        seen = self._memory.seen.get(item.key)
        if not seen or item.version <= self._memory.versions.get(item.key, 0):
            return base
        made = entry.draft_after(base, self._read)
        changes = merge.changed(seen, item.data)
        theirs = [name for name in changes if merge.says(name, item.data, base, made, entry.collections)]
        if changes and not theirs:
            return base
        base = replace(base, tags=tuple(dict.fromkeys((*base.tags, *made.tags))))
        there = [key for key in entry.collections if key in self._view.collections] if theirs else []
        return replace(base, collections=tuple(dict.fromkeys((*base.collections, *there))))

    def _recovered(self, entry: Wanted, item: IndexedItem) -> Base:
        """Return what to take for written into an item of syncd's own of which nothing is remembered.

        Where the item is in none of the collections that are there already, the user may have taken it out.
        """
        there = [key for key in entry.collections if key in self._view.collections]
        base = merge.recovered(entry.draft, there, item.data)
        return replace(base, source=entry.first.profile, paper=entry.key)

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
        after = self._with_decider(
            entry, replace(merged.base, links=links, sources=_contributors(base, entry))
        )
        kind: Kind = "unchanged"
        if merged.patch or children:
            if until := self._settles(entry, item, base, made):
                said = f"you edited it; the change waits until {until:%Y-%m-%d %H:%M} UTC"
                skipped = _skip(entry, item.key, said, "waiting")
                values = merge.beside(merged.kept, item.data, made)
                return replace(skipped, changes=changes, kept=merged.kept, values=values, base=base)
            touched = item.key in self._memory.seen or self._memory.versions.get(item.key)
            kind = "adopt" if base.adopted and not touched else "update"
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
            values=merge.beside(merged.kept, item.data, made),
            base=after,
            **(self._look(entry, item, base, made) if kind == "unchanged" else {}),
            **(self._offered(offer, entry, item) or self._doubled(entry, item)),
        )

    def _look(self, entry: Wanted, item: IndexedItem, base: Base, made: Draft) -> dict[str, Any]:
        """Return what is to be remembered of an item that is as it should be, where nobody but syncd has written it."""
        seen = self._memory.seen.get(item.key)
        if seen is not None and not merge.changed(seen, item.data):
            return {}
        if item.key in self._memory.written and self._was_edited(entry, item, base, made):
            return {}
        return {"seen": merge.contents(item.data), "version": item.version}

    def _with_decider(self, entry: Wanted, base: Base) -> Base:
        """Return the base with whose record decides: another's where its profile lists the paper no more."""
        owner = entry.owner(base)
        if owner is None and base.source and base.source not in self._read:
            return base
        decides = owner or entry.first
        return replace(base, source=decides.profile, paper=decides.key)

    def _doubled(self, entry: Wanted, item: IndexedItem) -> dict[str, Any]:
        """Return what asks the user about a second item of a paper, made under another name of the library."""
        said = self._memory.decisions.get(entry.key, {})
        twins = [twin for twin in self._twins(entry, None) if twin.key != item.key and twin.key not in said]
        if not twins or item.key not in (entry.key, *entry.aliases):
            return {}
        reasons = ("made on another computer before the two met", "merge the two in Zotero")
        there = [
            Candidate(twin.key, str(twin.data.get("title")), 1.0, reasons, record(twin.data))
            for twin in twins
        ]
        return {"cause": "review", "candidates": tuple(there), "record": record(item.data)}

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

    def _settles(self, entry: Wanted, item: IndexedItem, base: Base, made: Draft) -> datetime | None:
        """Return until when an item is left alone, if its user edited it lately.

        Zotero's client shows a conflict when both sides change an item before it syncs: give it a day.
        """
        if not self._was_edited(entry, item, base, made):
            return None
        settle = max(listing.settle for listing in entry.listings)
        try:
            edited = datetime.fromisoformat(str(item.data.get("dateModified")))
        except ValueError:
            return None
        edited = min(edited.replace(tzinfo=edited.tzinfo or UTC), self._now)
        return edited + settle if edited > self._now - settle else None

    def _was_edited(self, entry: Wanted, item: IndexedItem, base: Base, made: Draft) -> bool:
        """Whether the user has changed an item since syncd's last write, as far as that can be told.

        What the source says may be another syncd's writing. An item of the user's own counts as edited, unless the
        user said just now which paper it is, or another syncd has filed it already.
        """
        seen = self._memory.seen.get(item.key)
        if seen is not None:
            changes = merge.changed(seen, item.data)
            return not all(merge.says(name, item.data, base, made, entry.collections) for name in changes)
        if written := self._memory.versions.get(item.key):
            return item.version != written
        filed = set(entry.collections) & set(item.data.get("collections", ()))
        told = any(self._memory.decisions.get(p.key, {}).get(item.key) == "same" for p in entry.listings)
        return base.adopted and not filed and not told

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
        own = {one for one in (entry.key, *entry.aliases) if (it := view.living(one)) and it.key == parent}
        parents = own | {parent}
        children = []
        for url, title in made.links:
            once = [keys.child_key(name, one, url) for name in view.names for one in parents]
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


def _joined(papers: Sequence[Wanted], base: Base | None) -> Wanted:
    """Return the papers of one item as one: that whose record was written decides, else the first."""
    first = papers[0]
    if base is not None:
        first = next((entry for entry in papers if entry.key == base.paper and entry.owner(base)), first)
    rest = [entry for entry in papers if entry is not first]
    listings = (*first.listings, *(listing for entry in rest for listing in entry.listings))
    others = (alias for entry in rest for alias in (entry.key, *entry.aliases))
    return Wanted(first.key, listings, (*first.aliases, *others)) if rest else first


def _said(entry: Wanted, before: Said | None, read: frozenset[str]) -> Said:
    """Return what sources say of a paper; profiles that were not read say what they said before."""
    paper = entry.first.paper
    unread = [name for name in before.profiles if name not in read] if before else []
    return Said(
        title=paper.title,
        date=paper.date or "",
        creators=tuple((creator.family, creator.given) for creator in paper.creators),
        abstract=digest_of_text(paper.abstract),
        identifiers=paper.identifiers,
        profiles=tuple(dict.fromkeys((*unread, *entry.profiles))),
    )


def _numbers(title: str) -> list[str]:
    """Return the numbers in a title, which tell parts and editions apart.

    >>> _numbers("Benchmarks, Part II (v2)")
    ['II', '2']
    """
    return NUMBER.findall(title)


def _same_date(entry: Wanted, mine: Said, before: Said) -> bool:
    """Whether a paper has the date that it had; an inferred year may be another one."""
    start = 4 if entry.first.paper.date_inferred else 0
    return mine.date[start:] == before.date[start:]


def _as_item(key: str, said: Said) -> IndexedItem:
    """Return an item as its sources described it."""
    creators = [{"firstName": given, "lastName": family} for family, given in said.creators]
    arxiv = f"arXiv:{said.identifiers.arxiv}" if said.identifiers.arxiv else ""
    made = {"key": key, "itemType": PREPRINT, "title": said.title, "date": said.date, "creators": creators}
    item = indexed({**made, "DOI": said.identifiers.doi or "", "archiveID": arxiv}, 0)
    return replace(item, abstract=said.abstract)


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
