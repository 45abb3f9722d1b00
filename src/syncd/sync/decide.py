"""Decide about each paper: create it, bring its item up to date, adopt one that is there, or leave it. Pure.

Papers that are one item are decided together, and one record of them decides what the item says.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from syncd.messages import listed, message
from syncd.sync import merge
from syncd.sync.action import Action, Kind, Memory
from syncd.sync.belongs import Belonging, not_theirs
from syncd.sync.filing import Wanted, joined, said_of
from syncd.sync.library import IndexedItem, LibraryView
from syncd.sync.match import Candidate, record
from syncd.sync.merge import Base
from syncd.sync.recognise import Case, Doubt, Recognition, own_keys, twins
from syncd.text.links import find_links
from syncd.zotero import items
from syncd.zotero.items import PREPRINT, Draft, is_others

# What any record of a paper may correct, whatever form of it the item describes.
PLAIN = frozenset({"title", "abstractNote"})
ARXIV_DOI = "10.48550/"
Json = dict[str, Any]


class Decisions:
    """Decides about the papers of one plan.

    Args:
        view: the library.
        memory: what syncd wrote into it.
        now: for what the user edited lately.
        whole: names of the profiles that were read whole this time.
    """

    def __init__(self, view: LibraryView, memory: Memory, now: datetime, whole: frozenset[str]) -> None:
        self._view = view
        self._memory = memory
        self._now = now
        self._whole = whole
        self._rejections = Belonging(view, memory)

    @property
    def rejected(self) -> frozenset[tuple[str, str]]:
        """Profile and create-once key of what is not by the person who lists it, of the papers decided about."""
        return frozenset(self._rejections.found)

    def about(self, wanted: Sequence[Wanted]) -> Iterator[Action]:
        """Yield an action for each paper, in their order."""
        found = Recognition(self._view, self._memory, wanted, self._whole)
        actions = {doubt.paper.key: self._asked(doubt) for doubt in found.doubts}
        for case in found.cases:
            actions |= {action.paper: action for action in self._decided(case)}
        for entry in wanted:
            said = said_of(entry, self._memory.said.get(entry.key))
            yield replace(self._checked(actions[entry.key]), said=said)

    def _asked(self, doubt: Doubt) -> Action:
        """Ask about a paper that is like an item, unless its user put that off."""
        entry, candidates = self._rejections.without(doubt.paper, ""), doubt.candidates
        if entry is None:
            return not_theirs(doubt.paper, None)
        said = self._memory.decisions.get(entry.key, {})
        best = candidates[0]
        put_off = all(said.get(candidate.key) == "later" for candidate in candidates)
        return Action(
            "skip" if put_off else "review",
            entry.title,
            entry.key,
            None,
            message("possibly", title=repr(best.title), reasons=listed(best.reasons)),
            cause="review",
            candidates=candidates,
            record=record({**entry.draft.fields, "creators": entry.draft.creators}),
        )

    def _decided(self, case: Case) -> Iterator[Action]:
        """Yield an action for each paper of an item: one does what is to be done, the others are the same."""
        papers = []
        for paper in case.papers:
            if left := self._rejections.without(paper, case.key):
                papers.append(left)
            else:
                yield not_theirs(paper, None if case.is_new else case.key)
        if not papers:
            return
        entry = joined(papers, self._written(case))
        done = self._create(entry, case.key, case.reason) if case.is_new else self._known(entry, case)
        for paper in papers:
            if paper.key == entry.key:
                yield done
            elif done.cause == "deleted":
                yield replace(done, title=paper.title, paper=paper.key, base=None)
            else:
                reason = message("same-paper", title=repr(entry.title))
                yield Action("unchanged", paper.title, paper.key, done.key, reason)

    def _written(self, case: Case) -> Base | None:
        """Return what syncd wrote into an item, or into one that was merged into it."""
        keys_of_it = (case.key, *case.before)
        return next((base for key in keys_of_it if (base := self._memory.written.get(key))), None)

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

    def _known(self, entry: Wanted, case: Case) -> Action:
        """Decide about a paper whose item is in the library, or was."""
        key, reason = case.key, case.reason
        item = self._view.living(key)
        if item is None:
            if key in self._view.deleted or key in self._memory.tombstones:
                return _skip(entry, key, message("you-deleted"), "deleted")
            restored = entry.key in self._memory.restored
            reason = message("you-brought-it-back") if restored else message("item-missing")
            return self._create(entry, key, reason)
        base = self._base(entry, case, item)
        if item.trashed:
            return replace(_skip(entry, item.key, message("in-zoteros-trash"), "deleted"), base=base)
        if base.adopted and entry.first.adopt == "skip" and item.key not in self._memory.written:
            return _skip(entry, item.key, reason, "not adopted")
        return self._bring_up_to_date(entry, item, base, reason)

    def _base(self, entry: Wanted, case: Case, item: IndexedItem) -> Base:
        """Return what syncd wrote into an item, or what to take for that where it does not know.

        It is remembered even where nothing is done now: what is uncertain today would look certain tomorrow.
        """
        base = self._written(case)
        older = item.version < self._memory.versions.get(item.key, 0)
        if older or (base is None and self._is_syncds(entry, case, item)):
            # The create-once key led here, if only over a merge: syncd was here before and has forgotten it. Or
            # the library is an older one than it remembers.
            base = self._recovered(entry, item)
        elif base is None:
            base = self._adopted(entry, item)
        else:
            base = self._with_what_others_did(entry, item, base)
        if item.key not in self._memory.written and item.key not in own_keys(self._view, entry):
            base = merge.merged_away(base, item.data)
        return _with_uncertain(entry, base)

    def _is_syncds(self, entry: Wanted, case: Case, item: IndexedItem) -> bool:
        """Whether syncd made an item, or one that was merged into it."""
        own = own_keys(self._view, entry)
        winners = self._view.winners
        return not set(own).isdisjoint(case.before) or any(
            one in winners and self._view.living(one) is item for one in own
        )

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

        Nothing that is written tells who wrote it. But where an item moved on, though its user edited nothing that can
        be seen, and all but tags is as the source says, the source's new tags may have been there already.
        """
        seen = self._memory.seen.get(item.key)
        if seen is None or item.version <= self._memory.versions.get(item.key, 0):
            return base
        made = _never_worse(entry.draft_after(base, self._whole), base)
        if self._was_edited(entry, item, base, made):
            return base
        rest = merge.merge(base, item.data, made, ()).patch.keys() - {"tags"}
        if rest or self._missing_links(entry, item.key, made, base)[0]:
            return base
        return replace(base, tags=tuple(dict.fromkeys((*base.tags, *made.tags))))

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
        made = _with_known_year(entry, entry.draft_after(base, self._whole), base, item)
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
                said = message("edited-until", until=f"{until.astimezone(self._now.tzinfo):%Y-%m-%d %H:%M}")
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
            item={"key": item.key, "version": item.version, **merged.patch} if merged.patch else {},
            children=children,
            changes=changes,
            kept=merged.kept,
            values=merge.beside(merged.kept, item.data, made),
            base=after,
            **(self._look(entry, item, base, made) if kind == "unchanged" else {}),
            **({"reason": reason} | (self._offered(offer, entry, item) or self._doubled(entry, item))),
        )

    def _look(self, entry: Wanted, item: IndexedItem, base: Base, made: Draft) -> dict[str, Any]:
        """Return what is to be remembered of an item that is as it should be, where nobody but syncd has written it."""
        seen = self._memory.seen.get(item.key)
        # Of the version that syncd wrote it is what syncd saw then.
        as_seen = item.version == self._memory.versions.get(item.key)
        if seen is not None and (as_seen or not merge.changed(seen, item.data)):
            return {}
        if item.key in self._memory.written and self._was_edited(entry, item, base, made):
            return {}
        return {"seen": merge.contents(item.data), "version": item.version}

    def _with_decider(self, entry: Wanted, base: Base) -> Base:
        """Return the base with whose record decides: another's where its profile lists the paper no more."""
        owner = entry.owner(base)
        if owner is None and base.source and base.source not in self._whole:
            return base
        decides = owner or entry.first
        return replace(base, source=decides.profile, paper=decides.key)

    def _doubled(self, entry: Wanted, item: IndexedItem) -> dict[str, Any]:
        """Return what asks the user about a second item of a paper, made under another name of the library."""
        said = self._memory.decisions.get(entry.key, {})
        others = [twin for twin in twins(self._view, entry) if twin.key != item.key and twin.key not in said]
        if not others or item.key not in (entry.key, *entry.aliases):
            return {}
        reasons = (message("made-on-another-computer"), message("merge-two"))
        there = [
            Candidate(twin.key, str(twin.data.get("title")), 1.0, reasons, record(twin.data))
            for twin in others
        ]
        return {
            "cause": "review",
            "reason": message("item-twice"),
            "candidates": tuple(there),
            "record": record(item.data),
        }

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
        there = Candidate(
            item.key, entry.title, 1.0, (message("published-as", type=offer),), record(item.data)
        )
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
            once = [items.child_key(name, one, url) for name in view.names for one in parents]
            was_made = any(key in view.items or key in view.deleted for key in once)
            if url in base.links or url.casefold() in present or was_made:
                continue
            key = items.child_key(view.prefix, parent, url)
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
        reason = message("paper-refused", reason=refusal.message)
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
        if listing.profile not in base.sources and not listing.collection.certain and listing.collection.key:
            tags = () if base.adopted else listing.draft.tags
            base = replace(
                base,
                collections=tuple(dict.fromkeys((*base.collections, listing.collection.key))),
                tags=tuple(dict.fromkeys((*base.tags, *tags))),
            )
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
        leaves_arxiv = name == "libraryCatalog" and base.item_type == PREPRINT != made.item_type
        if stands or (text and _is_worse(name, fields[name], text) and not leaves_arxiv):
            fields[name] = text
    creators = made.creators
    if base.creators and creators and is_others(creators[-1]) and _begins_with(base.creators, creators[:-1]):
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
