"""Which item is each paper of a plan? What is known comes first, then what is certain, then what is alike. Pure.

Every paper whose item is certain is placed before any other is compared, for what one profile lists apart are two
papers. Nothing is written or asked here: what is alike comes back as a doubt.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property

from syncd.messages import message
from syncd.model import Identifiers
from syncd.sync.action import Memory, Said, Verdict
from syncd.sync.filing import Wanted, said_of
from syncd.sync.library import IndexedItem, LibraryView, Records, Searched, indexed
from syncd.sync.match import MAX_CANDIDATES, MIN_TITLE, Candidate, Match, contradictions, exact, near
from syncd.text.patterns import pattern
from syncd.text.titles import MOST_LETTERS, WORD, fold_title
from syncd.zotero import items
from syncd.zotero.items import PREPRINT

NUMBER = pattern(r"[0-9]+|\b[IVX]+\b", hostile="I")
"""
>>> NUMBER.findall("GPT-4 and Part IV")
['4', 'IV']
"""


@dataclass(slots=True)
class Case:
    """Papers of one plan that are one item.

    Attributes:
        key: of the item, there or to be created.
        reason: how it was recognised.
        papers: those that it is.
        is_new: it is to be created.
        before: keys that lead to it, such as those of items that were merged into it.
    """

    key: str
    reason: str
    papers: list[Wanted]
    is_new: bool = False
    before: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Doubt:
    """A paper that may be an item that is there, or that will be.

    Attributes:
        paper: the paper.
        candidates: the items that it may be, best first.
    """

    paper: Wanted
    candidates: tuple[Candidate, ...]


class Recognition:
    """Finds the items of the papers of one plan.

    Args:
        view: the library.
        memory: what syncd remembers of it.
        wanted: the papers.
        whole: names of the profiles that were read whole this time.

    Attributes:
        cases: the items, with the papers that each is.
        doubts: the papers that may be one of these, or an item of the library.
    """

    def __init__(
        self, view: LibraryView, memory: Memory, wanted: Sequence[Wanted], whole: frozenset[str]
    ) -> None:
        self._view = view
        self._memory = memory
        self._whole = whole
        self._by_item: dict[str, Case] = {}
        # By profile, the items that its other papers are.
        self._taken: defaultdict[str, set[str]] = defaultdict(set)
        self._listed = {(listing.key, listing.profile) for entry in wanted for listing in entry.listings}
        self._papers = {entry.key for entry in wanted}
        self._profiles = {profile for entry in wanted for profile in entry.profiles}
        certain = [(entry, self._certain(entry)) for entry in wanted]
        unknown = [entry for entry, key in certain if key is None]
        # The papers of this plan that have an item, or will; kept only where a paper is new.
        self._placed = Records()
        # What sources say of a paper is most often what they said before.
        self._as_item = cache(as_item)
        self._compares = bool(unknown)
        for entry, key in certain:
            if key:
                self._is(entry, key, message("item-pushed"))
        new = [entry for entry in unknown if not self._recognised(entry)]
        self.doubts = self._compared(new)
        self.cases = list(self._by_item.values())

    def _is(self, entry: Wanted, key: str, reason: str, *, is_new: bool = False) -> None:
        """Take a paper for an item, alive or not, or to be created."""
        item = self._view.living(key)
        target = item.key if item else key
        case = self._by_item.setdefault(target, Case(target, reason, [], is_new=is_new))
        case.papers.append(entry)
        case.before.append(key)
        for profile in entry.profiles:
            self._taken[profile].add(target)
        if self._compares:
            self._placed.add(entry.key, self._as_item(target, said_of(entry)))

    def _certain(self, entry: Wanted) -> str | None:
        """Return the key of the item that state or the create-once key names, alive or not."""
        claimed = self._memory.claims.get(entry.key)
        # Where the user has done away with one of two, the other is the paper's.
        has_twin = entry.aliases and claimed in {None, entry.key, *entry.aliases}
        if has_twin and (found := living_own(self._view, entry)):
            return found[0].key
        if claimed:
            return claimed
        said = self._memory.decisions.get(entry.key, {})
        if same := next((key for key, verdict in sorted(said.items()) if verdict == "same"), None):
            return same
        made = [key for key in own_keys(self._view, entry) if self._is_known(key)]
        living = [key for key in made if key in self._view.items and not self._view.items[key].trashed]
        return next(reversed(living or made), None)

    def _is_known(self, key: str) -> bool:
        return key in self._view.items or key in self._view.deleted or key in self._memory.tombstones

    def _recognised(self, entry: Wanted) -> bool:
        """Take a paper that syncd has not seen before for the item that it certainly is, if there is one."""
        if key := self._retitled(entry):
            self._is(entry, key, message("item-retitled"))
            return True
        if found := self._exact(entry):
            self._is(entry, found.key, message("item-known-by", by=found.reason))
            return True
        return False

    def _exact(self, entry: Wanted) -> Match | None:
        """Return what a paper certainly is: an item as it is in the library, or as a source describes it."""
        paper, taken, others = entry.first.paper, self._taken_by(entry), self._others(entry)
        for view in (self._view, self._placed, self._remembered, self._read_anew):
            if found := exact(paper, view, taken=taken, others=others):
                return found
        return None

    @cached_property
    def _read_anew(self) -> Records:
        """Papers whose title has markup left that an earlier syncd did not know, by the title as it is read now."""
        records = Records()
        for searched in (self._view, self._remembered):
            for name, item in sorted(searched.items.items()):
                if item.read_anew and not item.parent:
                    records.add(name, replace(item, folded_title=item.read_anew))
        return records

    def _compared(self, new: Sequence[Wanted]) -> list[Doubt]:
        """Let new papers be created, unless they are like one that is there or that another profile brings.

        Which papers come first on their pages is no matter: what is placed later may tell what an earlier one is.
        """
        doubts: list[Doubt] = []
        placed = True
        while placed:
            placed, doubts = False, []
            named = _by_identifier(new)
            for entry in new:
                if found := self._exact(entry):
                    self._is(entry, found.key, message("item-listed-by", by=found.reason))
                elif candidates := self._candidates_of_all(entry, named):
                    doubts.append(Doubt(entry, candidates))
                    continue
                else:
                    self._is(entry, entry.key, message("new-in-source"), is_new=True)
                placed = True
            new = [doubt.paper for doubt in doubts]
        return doubts

    def _candidates_of_all(
        self, entry: Wanted, named: Mapping[str, Sequence[Wanted]]
    ) -> tuple[Candidate, ...]:
        """Return the items that a paper may be, or that another record of it may be: one with its identifier."""
        ids = entry.first.paper.identifiers
        same = {one.key: one for name in (ids.doi, ids.arxiv) for one in named.get(name or "", ())}
        same[entry.key] = entry
        found = [candidate for one in same.values() for candidate in self._candidates(one)]
        others = self._others(entry)
        for paper, question in sorted(self._memory.questions.items()):
            # A paper that waits, though it is not read this time, is asked about together with this one.
            if paper not in self._papers and _share(question.said.identifiers, ids):
                denied = others | self._answered(paper, "different")
                found += [one for one in question.candidates if one.key not in denied]
        return _best(found)

    def _candidates(self, entry: Wanted) -> tuple[Candidate, ...]:
        """Return the items that a paper may be, best first, as they are and as sources describe them."""
        paper, excluded = entry.first.paper, self._taken_by(entry) | self._others(entry)
        # An item may not have yet by which identifier another record of its name tells it apart.
        named = self._placed.by_title.get(fold_title(paper.title), ())
        excluded |= {one.key for one in named if contradictions(paper, one)}
        # What one profile lists apart are two papers, so the papers of this plan are compared where it has several.
        views: list[Searched] = [self._view, self._remembered]
        if len(self._profiles) > 1:
            views.append(self._placed)
        found = [self._told(one) for view in views for one in near(paper, view, excluded)]
        return _best(found)

    def _told(self, candidate: Candidate) -> Candidate:
        """Return a candidate that says so if its item is deleted."""
        gone = candidate.key in self._view.deleted or candidate.key in self._memory.tombstones
        if not gone or candidate.key in self._view.items:
            return candidate
        return replace(candidate, reasons=(*candidate.reasons, message("deleted-in-zotero")))

    @cached_property
    def _remembered(self) -> Records:
        """The papers of earlier plans, as their sources described them."""
        records = Records()
        for paper, said in sorted(self._memory.said.items()):
            item = self._view.living(key := self._memory.claims.get(paper, paper))
            records.add(paper, self._as_item(item.key if item else key, said))
        for paper, question in sorted(self._memory.questions.items()):
            for key in self._answered(paper, "same") if paper not in self._papers else ():
                item = self._view.living(key)
                records.add(paper, as_item(item.key if item else key, question.said))
        return records

    def _taken_by(self, entry: Wanted) -> frozenset[str]:
        return frozenset().union(*(self._taken[profile] for profile in entry.profiles))

    def _others(self, entry: Wanted) -> frozenset[str]:
        """Return the items that the user said are other papers."""
        return self._answered(entry.key, "different")

    def _answered(self, paper: str, verdict: Verdict) -> frozenset[str]:
        said = self._memory.decisions.get(paper, {})
        return frozenset(key for key, one in said.items() if one == verdict)

    def _retitled(self, entry: Wanted) -> str | None:
        """Return the item of a paper whose title the source corrected, if that is beyond doubt.

        Its profile listed a paper of the same date and authors, with nearly the same title or the very same abstract,
        and lists it no more; and there is only one such. Or title and date are the same, and the authors' names are
        split elsewhere, or lost what stood in brackets.
        """
        from rapidfuzz import fuzz  # noqa: PLC0415 - only a paper that is new needs it

        mine = said_of(entry)
        if not mine.date or not mine.creators:
            return None
        found, title, numbers = set(), fold_title(mine.title), _numbers(mine.title)
        for paper, before, folded in (
            known for profile in entry.profiles for known in self._dropped[profile]
        ):
            if not _same_date(entry, mine, before):
                continue
            if before.creators != mine.creators:
                if folded == title and _same_names(mine, before):
                    found.add(self._memory.claims.get(paper, paper))
                continue
            alike = fuzz.ratio(folded[:MOST_LETTERS], title[:MOST_LETTERS]) >= MIN_TITLE * 100
            if (alike and _numbers(before.title) == numbers) or (
                mine.abstract and before.abstract == mine.abstract
            ):
                found.add(self._memory.claims.get(paper, paper))
        return found.pop() if len(found) == 1 else None

    @cached_property
    def _dropped(self) -> defaultdict[str, list[tuple[str, Said, str]]]:
        """By profile that was read whole, the papers that it listed before and lists no more; with the folded title."""
        found: defaultdict[str, list[tuple[str, Said, str]]] = defaultdict(list)
        for paper, said in self._memory.said.items():
            for profile in said.listed:
                if profile in self._whole and (paper, profile) not in self._listed:
                    found[profile].append((paper, said, fold_title(said.title)))
        return found


def _best(found: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Return the best candidates, each once; what is said first of an item is said of it."""
    once = {one.key: one for one in reversed(found)}
    return tuple(sorted(once.values(), key=lambda one: (-one.score, one.key))[:MAX_CANDIDATES])


def _by_identifier(papers: Sequence[Wanted]) -> Mapping[str, list[Wanted]]:
    """Return papers by each of their identifiers."""
    found: defaultdict[str, list[Wanted]] = defaultdict(list)
    for entry in papers:
        ids = entry.first.paper.identifiers
        for name in (ids.doi, ids.arxiv):
            if name:
                found[name].append(entry)
    return found


def _share(one: Identifiers, other: Identifiers) -> bool:
    return bool((one.doi and one.doi == other.doi) or (one.arxiv and one.arxiv == other.arxiv))


def own_keys(view: LibraryView, entry: Wanted) -> list[str]:
    """Return all keys that syncd may have given to a paper's item."""
    own = (entry.key, *entry.aliases)
    return [key for one in own for key in items.generations(view.names, one)]


def twins(view: LibraryView, entry: Wanted) -> list[IndexedItem]:
    """Return a paper's items that were made under two names of the library, the older first.

    There are none where one was made, or where they were merged.
    """
    found = living_own(view, entry) if entry.aliases else []
    return found if len(found) > 1 else []


def living_own(view: LibraryView, entry: Wanted) -> list[IndexedItem]:
    """Return the items that syncd made of a paper, under whatever name, and that are there, the older first."""
    own = (entry.key, *entry.aliases)
    living = {item.key: item for key in own if (item := view.living(key)) and not item.trashed}
    found = [item for item in living.values() if item.key in own]
    return sorted(found, key=lambda item: (str(item.data.get("dateAdded", "")), item.key))


def _numbers(title: str) -> list[str]:
    """Return the numbers in a title, which tell parts and editions apart.

    >>> _numbers("Benchmarks, Part II (v2)")
    ['II', '2']
    """
    return NUMBER.findall(title)


def _same_names(mine: Said, before: Said) -> bool:
    """Whether two lists of authors have the same names, though split elsewhere, or without words that one has."""
    if len(mine.creators) != len(before.creators):
        return False
    pairs = zip(mine.creators, before.creators, strict=True)
    words = ([set(WORD.findall(" ".join(name).casefold())) for name in pair] for pair in pairs)
    return all(one <= other or other <= one for one, other in words)


def _same_date(entry: Wanted, mine: Said, before: Said) -> bool:
    """Whether a paper has the date that it had; an inferred year may be another one."""
    start = 4 if entry.first.paper.date_inferred else 0
    return mine.date[start:] == before.date[start:]


def as_item(key: str, said: Said) -> IndexedItem:
    """Return an item as its sources described it."""
    creators = [{"firstName": given, "lastName": family} for family, given in said.creators]
    arxiv = f"arXiv:{said.identifiers.arxiv}" if said.identifiers.arxiv else ""
    made = {"key": key, "itemType": PREPRINT, "title": said.title, "date": said.date, "creators": creators}
    item = indexed({**made, "DOI": said.identifiers.doi or "", "archiveID": arxiv}, 0)
    return replace(item, abstract=said.abstract)
