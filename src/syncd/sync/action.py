"""What planning takes and gives: profiles as they were read, what syncd remembers, the plan with an action a paper.

Pure data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Literal, get_args

from syncd.model import ALWAYS, Identifiers, LinkKind, Notice, Paper, Profile, Span
from syncd.sync.match import Candidate
from syncd.sync.merge import Base
from syncd.zotero.items import Policy

Json = dict[str, Any]
Kind = Literal["create", "update", "adopt", "unchanged", "skip", "review"]
Adopt = Literal["fill", "file", "skip"]
Verdict = Literal["same", "different", "later"]
# Why a paper was skipped, for `status`: the user deleted it, its collection, edited it just now, or the server
# refused it, the user wants to judge it later.
Cause = Literal["", "deleted", "paused", "waiting", "refused", "review", "not adopted"]
KINDS: tuple[Kind, ...] = get_args(Kind)


def page_name(profile: str, author: str) -> str:
    """Return what state knows one page by, of a profile of the configuration that has several."""
    return f"{profile}: {author}"


def profile_of(page: str, profiles: Iterable[str]) -> str:
    """Return which of these profiles a page is of; its own name where it is of none.

    >>> profile_of(page_name("team", "Ann Lee"), ["ann", "team"]), profile_of("ann", ["ann", "team"])
    ('team', 'ann')
    """
    return next((profile for profile in profiles if page.startswith(page_name(profile, ""))), page)


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
        settle: how long an item is left alone after the user edited it.
        span: the time for which papers are wanted.
        settings: the digest of the settings that it was read by.
    """

    name: str
    profile: Profile
    origin: str
    digest: str
    collection: tuple[str, ...]
    policy: Policy
    adopt: Adopt = "fill"
    settle: timedelta = timedelta(days=1)
    span: Span = ALWAYS
    settings: str = ""

    @property
    def papers(self) -> tuple[Paper, ...]:
        """The papers of that time, and those without a date."""
        if self.span.is_open:
            return self.profile.papers
        return tuple(paper for paper in self.profile.papers if self.span.holds(paper.date) is not False)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An object that the server did not take: not sent again until it changes.

    Attributes:
        digest: of the objects that were refused.
        message: the server's words.
    """

    digest: str
    message: str


def year_of(date: str) -> int | None:
    """Return the year of an ISO date, if there is one."""
    return int(date[:4]) if date[:4].isdigit() else None


@dataclass(frozen=True, slots=True)
class Said:
    """What sources said of a paper last: it tells the paper from others, also where no item of it is left.

    Attributes:
        title: as the source has it.
        date: ISO 8601, or empty; that of the record that decides.
        creators: family and given name of each.
        abstract: `digest_of_text` of it.
        identifiers: DOI and arXiv id.
        listed: by what state knows each profile that ever listed it, the date that it gave.
    """

    title: str
    date: str = ""
    creators: tuple[tuple[str, str], ...] = ()
    abstract: str = ""
    identifiers: Identifiers = field(default_factory=Identifiers)
    listed: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def year(self) -> int | None:
        """The year of the date, if there is one."""
        return year_of(self.date)

    @property
    def surname(self) -> str:
        """The first author's surname, or an empty string."""
        return self.creators[0][0] if self.creators else ""

    def without(self, profile: str) -> Said:
        """Return what is left of it where a profile is forgotten."""
        return replace(self, listed={name: date for name, date in self.listed.items() if name != profile})

    @classmethod
    def from_json(cls, value: Json) -> Said:
        """Read what `dataclasses.asdict` gave."""
        return cls(
            title=value["title"],
            date=value["date"],
            creators=tuple((family, given) for family, given in value["creators"]),
            abstract=value["abstract"],
            identifiers=Identifiers(**value["identifiers"]),
            listed=value["listed"],
        )


@dataclass(frozen=True, slots=True)
class Question:
    """A paper that waits for the user's word on whether it is an item that is there.

    Attributes:
        said: what its sources say of it.
        candidates: the items that it may be.
    """

    said: Said
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Memory:
    """What state knows of a library.

    Attributes:
        written: what syncd wrote, by the item's key.
        versions: the item's version at that time, by its key.
        seen: what an item held after syncd's last write, or when syncd first found it as it should be, by its key,
            as `merge.contents` tells it.
        claims: by a paper's create-once key, the key of its item.
        said: by a paper's create-once key, what sources said of it last.
        collections: by a path as settings name it, the collection's key.
        tombstones: keys of items that the user trashed or deleted, also where the library has forgotten it.
        decisions: by a paper's create-once key, what the user said of items that it may be.
        refusals: by a paper's create-once key.
        questions: by a paper's create-once key, what the user was asked about it, answered or not.
        dated: by a paper's create-once key, what the user said of it by `belongs.profile_mark`, where it has no date.
        rejected: by profile, the papers that are not by its person, by create-once key, with what sources said of
            each; None where that is not known.
        restored: create-once keys of deleted papers that the user wants back, and that no push has brought yet.
    """

    written: Mapping[str, Base] = field(default_factory=dict)
    versions: Mapping[str, int] = field(default_factory=dict)
    seen: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    claims: Mapping[str, str] = field(default_factory=dict)
    said: Mapping[str, Said] = field(default_factory=dict)
    collections: Mapping[str, str] = field(default_factory=dict)
    tombstones: frozenset[str] = frozenset()
    decisions: Mapping[str, Mapping[str, Verdict]] = field(default_factory=dict)
    refusals: Mapping[str, Refusal] = field(default_factory=dict)
    questions: Mapping[str, Question] = field(default_factory=dict)
    dated: Mapping[str, Mapping[str, Verdict]] = field(default_factory=dict)
    rejected: Mapping[str, Mapping[str, Said | None]] = field(default_factory=dict)
    restored: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Action:
    """What to do about one paper.

    Attributes:
        kind: "create", "update", "adopt", "unchanged", "skip" or "review".
        title: the paper's.
        paper: the paper's create-once key.
        key: the item's key, where there is an item or will be one.
        reason: why, in words.
        cause: why it was skipped, for `status`.
        item: the object to write for the item; empty where only children are written, or nothing.
        children: the objects to write for its links.
        changes: before and after of each property of an update, for people.
        kept: properties where the user's edit stands against a newer source.
        values: of these, the value in the library and the one of the source.
        base: what will have been written once `item` and `children` are.
        candidates: items that may be this paper, for "review".
        record: the paper in a few words each, to be compared with the candidates'.
        said: what its sources say of the paper, to be remembered.
        seen: what an item holds that is as it should be, where something else is remembered, as `merge.contents`.
        version: of such an item.
    """

    kind: Kind
    title: str
    paper: str
    key: str | None
    reason: str
    cause: Cause = ""
    item: Json = field(default_factory=dict)
    children: tuple[Json, ...] = ()
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    base: Base | None = None
    candidates: tuple[Candidate, ...] = ()
    record: Mapping[str, str] = field(default_factory=dict)
    said: Said | None = None
    seen: Mapping[str, str] = field(default_factory=dict)
    version: int = 0
    values: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)

    @property
    def writes(self) -> bool:
        """Whether anything is written for it."""
        return bool(self.item or self.children)


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
class Fact:
    """What a profile tells of a paper that is to be known beside its item, and is never written into it.

    Attributes:
        paper: the paper's create-once key.
        profile: what state knows the profile by.
        score: 0 to 100, or None.
        affiliations: names such as "Microsoft Research", or slugs where the source has no names.
        links: addresses and what they lead to.
        category: the arXiv category, such as "cs.CL", or what else the source calls it.
    """

    paper: str
    profile: str
    score: float | None = None
    affiliations: tuple[str, ...] = ()
    links: tuple[tuple[str, LinkKind], ...] = ()
    category: str = ""


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
        whole: it was read whole; of a part, `papers`, `listed` and `figures` say nothing about the source.
        settings: the digest of the settings that it was read by.
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
    whole: bool = True
    settings: str = ""


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
