"""Plan a whole run before any of it is done: papers, library and memory in, actions out.

Pure: no I/O, no clock. What `--dry-run` shows, what `plan -o` saves and what `push` sends is this same object.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from syncd import merge
from syncd.filing import Filing, NewCollection, Place
from syncd.identity import PaperKeys
from syncd.match import Candidate, match
from syncd.model import Notice
from syncd.zotero import keys
from syncd.zotero.items import Policy, draft

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from syncd.match import IndexedItem, LibraryView
    from syncd.merge import Base
    from syncd.model import Paper, Profile
    from syncd.zotero.items import Draft

Json = dict[str, Any]
Kind = Literal["create", "update", "adopt", "unchanged", "skip", "review"]
Adopt = Literal["fill", "file", "skip"]
KINDS = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Intake:
    """A profile as it was read, with the settings that apply to it.

    Attributes:
        name: what state knows it by.
        profile: what the source says.
        origin: where it was read from.
        digest: of the source's bytes.
        collection: names from the root downwards.
        policy: what shapes its items.
        adopt: what to do with papers that the library already has.
    """

    name: str
    profile: Profile
    origin: str
    digest: str
    collection: tuple[str, ...]
    policy: Policy
    adopt: Adopt = "fill"


@dataclass(frozen=True, slots=True)
class Memory:
    """What state knows of a library.

    Attributes:
        written: what syncd wrote, by the item's key.
        claims: by a paper's create-once key, the key of its item.
        collections: by a path as settings name it, the collection's key.
    """

    written: Mapping[str, Base] = field(default_factory=dict)
    claims: Mapping[str, str] = field(default_factory=dict)
    collections: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Action:
    """What to do about one paper.

    Attributes:
        kind: "create", "update", "adopt", "unchanged", "skip" or "review".
        title: the paper's.
        paper: the paper's create-once key.
        key: the item's key, where there is an item or will be one.
        reason: why, in words.
        item: the object to write for the item; empty where only children are written, or nothing.
        children: the objects to write for its links.
        changes: before and after of each property of an update, for people.
        kept: properties where the user's edit stands against a newer source.
        base: what will have been written once `item` and `children` are.
        candidates: items that may be this paper, for "review".
    """

    kind: Kind
    title: str
    paper: str
    key: str | None
    reason: str
    item: Json = field(default_factory=dict)
    children: tuple[Json, ...] = ()
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    base: Base | None = None
    candidates: tuple[Candidate, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether anything is written for it."""
        return bool(self.item or self.children)


@dataclass(frozen=True, slots=True)
class PlannedProfile:
    """What the plan took from one source, for the report and for state.

    Attributes:
        name: what state knows it by.
        author: whose profile it is.
        origin: where it was read from.
        digest: of the source's bytes.
        collection: its path as settings name it.
        papers: how many the source lists here.
        listed: how many it says that there are.
        notices: what the user should know about it.
    """

    name: str
    author: str
    origin: str
    digest: str
    collection: str
    papers: int
    listed: int | None
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a run will do to one library.

    Attributes:
        library: the library's name in the configuration.
        prefix: "users/475425".
        version: the library's version that the plan was made against.
        profiles: the sources that it was made from.
        collections: to be created first, parents before children.
        places: by a path as settings name it, the key of its collection, there or to be created.
        actions: one a paper, in the sources' order.
    """

    library: str
    prefix: str
    version: int
    profiles: tuple[PlannedProfile, ...]
    collections: tuple[NewCollection, ...]
    places: Mapping[str, str]
    actions: tuple[Action, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many papers each kind of action concerns."""
        return {kind: sum(action.kind == kind for action in self.actions) for kind in KINDS}

    @property
    def writes(self) -> bool:
        """Whether anything would be written to the library."""
        return bool(self.collections) or any(action.writes for action in self.actions)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A paper with all that the profiles which list it want of it."""

    key: str
    paper: Paper
    draft: Draft
    adopt: Adopt
    places: tuple[Place, ...]

    @property
    def collections(self) -> tuple[str, ...]:
        """Keys of the collections that the paper is filed into."""
        return tuple(dict.fromkeys(place.key for place in self.places if place.key))

    def joined(self, other: _Wanted) -> _Wanted:
        """Return this with the other profile's collection and tags; the record is the first profile's."""
        tags = tuple(dict.fromkeys((*self.draft.tags, *other.draft.tags)))
        places = (*self.places, *other.places)
        return replace(self, draft=replace(self.draft, tags=tags), places=places)


def plan(library: str, view: LibraryView, memory: Memory, intakes: Sequence[Intake]) -> Plan:
    """Compare what the sources list with what the library has.

    Args:
        library: the library's name in the configuration.
        view: the library now.
        memory: what syncd wrote into it before.
        intakes: the profiles that go into it.
    """
    filing = Filing(view, memory.collections)
    paper_keys = PaperKeys(view, memory.claims, memory.written)
    wanted: dict[str, _Wanted] = {}
    closed: dict[str, Action] = {}
    places: dict[str, str] = {}
    profiles: list[PlannedProfile] = []
    for intake in intakes:
        place = filing.place(intake.collection)
        if place.key:
            places["/".join(intake.collection)] = place.key
        notices = list(intake.profile.warnings)
        for paper in intake.profile.papers:
            key = paper_keys.key(paper)
            if place.closed:
                closed[key] = Action("skip", paper.title, key, None, place.closed)
                continue
            entry = _Wanted(key, paper, draft(paper, intake.policy), intake.adopt, (place,))
            notices += entry.draft.notices
            wanted[key] = wanted[key].joined(entry) if key in wanted else entry
        if place.closed:
            notices.append(Notice("collection-deleted", f"{place.closed}; nothing is filed there any more"))
        profiles.append(_planned(intake, notices))
    actions = [*_actions(wanted.values(), view, memory)]
    actions += [action for key, action in closed.items() if key not in wanted]
    used = {key for action in actions for key in action.item.get("collections", ())}
    new = filing.new(used)
    there = {*view.collections, *(collection.key for collection in new)}
    return Plan(
        library=library,
        prefix=view.prefix,
        version=view.version,
        profiles=tuple(profiles),
        collections=new,
        places={path: key for path, key in places.items() if key in there},
        actions=tuple(actions),
    )


def _planned(intake: Intake, notices: Sequence[Notice]) -> PlannedProfile:
    return PlannedProfile(
        name=intake.name,
        author=intake.profile.name,
        origin=intake.origin,
        digest=intake.digest,
        collection="/".join(intake.collection),
        papers=len(intake.profile.papers),
        listed=intake.profile.paper_count,
        notices=tuple(dict.fromkeys(notices)),
    )


def _actions(wanted: Iterable[_Wanted], view: LibraryView, memory: Memory) -> Iterator[Action]:
    """Decide about each paper: those whose item is certain first, so that no other paper is matched to it."""
    wanted = list(wanted)
    certain = {entry.key: key for entry in wanted if (key := _certain(entry.key, view, memory))}
    taken = frozenset(certain.values())
    for entry in wanted:
        if key := certain.get(entry.key):
            yield _existing(entry, key, "syncd pushed it", view, memory)
            continue
        found = match(entry.paper, view, taken=taken)
        if found.kind == "same" and found.key:
            taken |= {found.key}
            yield _existing(entry, found.key, f"already in the library, by {found.reason}", view, memory)
        elif found.kind == "near":
            best = found.candidates[0]
            reason = f"possibly {best.title!r}: {', '.join(best.reasons)}"
            yield Action("review", entry.paper.title, entry.key, None, reason, candidates=found.candidates)
        else:
            yield _create(entry, view)


def _certain(paper: str, view: LibraryView, memory: Memory) -> str | None:
    """Return the key of the item that state or the create-once key names, alive or not."""
    if claimed := memory.claims.get(paper):
        return claimed
    return paper if paper in view.items or paper in view.deleted else None


def _create(entry: _Wanted, view: LibraryView) -> Action:
    made = entry.draft
    item: Json = {
        "key": entry.key,
        "version": 0,
        "itemType": made.item_type,
        **{name: text for name, text in made.fields.items() if text},
        "creators": list(made.creators),
        "tags": [{"tag": tag, "type": merge.AUTOMATIC} for tag in made.tags],
        "collections": list(entry.collections),
    }
    base = merge.fresh(made, entry.collections)
    children, links = _missing_links(entry.key, made, base, view)
    base = replace(base, links=links)
    title = entry.paper.title
    return Action("create", title, entry.key, entry.key, "new in source", item, children, base=base)


def _existing(entry: _Wanted, key: str, reason: str, view: LibraryView, memory: Memory) -> Action:
    """Decide about a paper whose item is in the library, or was."""
    title = entry.paper.title
    item = view.living(key)
    if item is None:
        return Action("skip", title, entry.key, key, "you deleted it in Zotero")
    if item.trashed:
        return Action("skip", title, entry.key, item.key, "it is in Zotero's trash")
    remembered = memory.written.get(item.key) or memory.written.get(key)
    if remembered is None and item.key != entry.key and entry.adopt == "skip":
        return Action("skip", title, entry.key, item.key, reason)
    base = remembered or _assumed(entry, item)
    made = _with_known_year(entry, base, item)
    merged = merge.merge(base, item.data, made, entry.collections)
    children, links = _missing_links(item.key, made, base, view)
    changes = dict(merged.changes)
    if children:
        changes["links"] = ([], [child["title"] for child in children])
    kind: Kind = "unchanged"
    if merged.patch or children:
        kind = "adopt" if remembered is None and base.adopted else "update"
    return Action(
        kind=kind,
        title=title,
        paper=entry.key,
        key=item.key,
        reason=reason,
        item={"key": item.key, "version": item.version, **merged.patch} if merged.patch else {},
        children=children,
        changes=changes,
        kept=merged.kept,
        base=replace(merged.base, links=links),
    )


def _assumed(entry: _Wanted, item: IndexedItem) -> Base:
    """Return what to take for written where state knows nothing of the item."""
    missing_is_removed = tuple(place.key for place in entry.places if place.key and not place.certain)
    if item.key == entry.key:
        return merge.recovered(entry.draft, missing_is_removed, item.data)
    base = replace(merge.adopted(item.data), collections=missing_is_removed)
    if entry.adopt == "file":
        # Nothing but the collection: no field is known to be blank, every link is taken for present.
        return replace(base, fields={}, creators=None, links=tuple(url for url, _ in entry.draft.links))
    return base


def _with_known_year(entry: _Wanted, base: Base, item: IndexedItem) -> Draft:
    """Keep the year that was once inferred for a paper: a later snapshot would infer another."""
    made, date = entry.draft, entry.draft.fields["date"]
    if entry.paper.date_inferred:
        for known in (base.fields.get("date", ""), str(item.data.get("date", ""))):
            if known[4:] == date[4:]:
                return replace(made, fields={**made.fields, "date": known})
    return made


def _missing_links(
    parent: str, made: Draft, base: Base, view: LibraryView
) -> tuple[tuple[Json, ...], tuple[str, ...]]:
    """Return the children to create, and all addresses that will have been dealt with."""
    present = {child.data.get("url") for child in view.children.get(parent, ())}
    children = []
    for url, title in made.links:
        key = keys.child_key(view.prefix, parent, url)
        if url in base.links or url in present or key in view.items or key in view.deleted:
            continue
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
