"""Plan a whole run before any of it is done: papers, library and memory in, actions out.

Pure: no I/O, no clock. What `--dry-run` shows, what `plan -o` saves and what `push` sends is this same object.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from syncd.action import KINDS, Action
from syncd.decide import Decisions
from syncd.filing import Filing, NewCollection
from syncd.identity import paper_keys
from syncd.model import Notice
from syncd.wanted import Listing, Wanted
from syncd.zotero.items import PREPRINT, draft

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from syncd.action import Intake, Memory
    from syncd.filing import Place
    from syncd.library import LibraryView
    from syncd.model import LinkKind, Paper
    from syncd.zotero.items import Draft


@dataclass(frozen=True, slots=True)
class Fact:
    """What a profile tells of a paper that is to be known beside its item, and is never written into it.

    Attributes:
        paper: the paper's create-once key.
        profile: what state knows the profile by.
        score: 0 to 100, or None.
        affiliations: slugs such as "microsoft-research".
        links: addresses and what they lead to.
    """

    paper: str
    profile: str
    score: float | None = None
    affiliations: tuple[str, ...] = ()
    links: tuple[tuple[str, LinkKind], ...] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures in a profile's header; None where it has none.

    Attributes:
        h_index: Hirsch index.
        citations: citations in all.
        novelty: in percent.
        ai_score: 0 to 100.
    """

    h_index: int | None = None
    citations: int | None = None
    novelty: int | None = None
    ai_score: int | None = None


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
        paused: why nothing of it is filed any more; usually empty.
        notices: what the user should know about it.
        figures: those of its header.
    """

    name: str
    author: str
    origin: str
    digest: str
    collection: str
    papers: int
    listed: int | None
    paused: str = ""
    notices: tuple[Notice, ...] = ()
    figures: Figures = Figures()


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
        facts: what the profiles tell of their papers, for those who look.
        listed: by profile, the create-once keys of its papers.
    """

    library: str
    prefix: str
    version: int
    profiles: tuple[PlannedProfile, ...]
    collections: tuple[NewCollection, ...]
    places: Mapping[str, str]
    actions: tuple[Action, ...]
    facts: tuple[Fact, ...] = ()
    listed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """How many papers each kind of action concerns."""
        return {kind: sum(action.kind == kind for action in self.actions) for kind in KINDS}

    @property
    def writes(self) -> bool:
        """Whether anything would be written to the library."""
        return bool(self.collections) or any(action.writes for action in self.actions)


def plan(library: str, view: LibraryView, memory: Memory, intakes: Sequence[Intake], now: datetime) -> Plan:
    """Compare what the sources list with what the library has.

    Args:
        library: the library's name in the configuration.
        view: the library now.
        memory: what syncd wrote into it before.
        intakes: the profiles that go into it.
        now: the time, aware; decides whether an edit of the user's is recent.
    """
    filing = Filing(view, memory.collections)
    named = paper_keys(view, memory, intakes)
    listings: dict[str, list[Listing]] = {}
    paused: dict[str, Action] = {}
    places: dict[str, str] = {}
    profiles: list[PlannedProfile] = []
    facts: list[Fact] = []
    listed: dict[str, list[str]] = {}
    for intake in intakes:
        place = filing.place(intake.collection)
        if place.key:
            places["/".join(intake.collection)] = place.key
        notices = list(intake.profile.warnings)
        if place.closed:
            notices.append(Notice("paused", f"{place.closed}; nothing is filed there any more"))
        for paper in intake.profile.papers:
            key = named[intake.name, paper].key
            listed.setdefault(intake.name, []).append(key)
            made = draft(paper, intake.policy)
            notices += made.notices
            if place.closed:
                paused[key] = Action("skip", paper.title, key, None, place.closed, cause="paused")
            else:
                listings.setdefault(key, []).append(_listing(intake, key, paper, made, place))
                facts.append(_fact(intake, paper, key))
        profiles.append(_planned(intake, place.closed, notices))
    aliases = {one.key: one.aliases for one in named.values()}
    wanted = [Wanted(key, tuple(entries), aliases[key]) for key, entries in listings.items()]
    read = frozenset(intake.name for intake in intakes)
    actions = list(Decisions(view, memory, now, read).about(wanted))
    actions += [action for key, action in paused.items() if key not in listings]
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
        facts=tuple(facts),
        listed={name: tuple(papers) for name, papers in listed.items()},
    )


def _fact(intake: Intake, paper: Paper, key: str) -> Fact:
    links = tuple((link.url, link.kind) for link in paper.links)
    return Fact(key, intake.name, paper.score, paper.affiliations, links)


def _listing(intake: Intake, key: str, paper: Paper, made: Draft, place: Place) -> Listing:
    unpublished = (
        made
        if made.item_type == PREPRINT
        else draft(replace(paper, published_as=None, publisher=None), intake.policy)
    )
    return Listing(
        key=key,
        profile=intake.name,
        paper=paper,
        draft=made,
        unpublished=unpublished,
        place=place,
        adopt=intake.adopt,
        settle=intake.settle,
        upgrade=intake.policy.upgrade,
    )


def _planned(intake: Intake, paused: str, notices: Sequence[Notice]) -> PlannedProfile:
    return PlannedProfile(
        name=intake.name,
        author=intake.profile.name,
        origin=intake.origin,
        digest=intake.digest,
        collection="/".join(intake.collection),
        papers=len(intake.profile.papers),
        listed=intake.profile.paper_count,
        paused=paused,
        notices=tuple(dict.fromkeys(notices)),
        figures=Figures(
            h_index=intake.profile.h_index,
            citations=intake.profile.citations,
            novelty=intake.profile.novelty,
            ai_score=intake.profile.ai_score,
        ),
    )
