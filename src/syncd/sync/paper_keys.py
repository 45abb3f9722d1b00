"""The create-once key of each paper, distinct from that of every other paper. Pure.

The plain key comes from title and first surname. What is known of a key already decides whose it is: a claim, an item
of the library, its deletion log. Of papers that are known to be two, the later one gets year and a counter as well. An
order of the page can't change which paper has which key, once one of them is known.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Protocol

from syncd.model import Identifiers, Paper
from syncd.sync.action import Intake, Memory, Said, year_of
from syncd.sync.library import LibraryView
from syncd.sync.match import contradictions
from syncd.text.names import former_surnames
from syncd.text.titles import fold_name, fold_title
from syncd.zotero import items

# Gives the keys that a paper may have under a library's names.
Possible = Callable[[Paper, Sequence[str]], Iterable[tuple[str, ...]]]
# How many papers of one title and surname are looked for among what is known.
MOST_NAMESAKES = 20
# How many records of one paper are remembered, in a plan, to tell others from it: more are no page's, but an attack's.
MOST_RECORDS = 100


class Fit(IntEnum):
    """How well a paper fits what is known of a key; the best decides."""

    OTHER = 0  # the key is another paper's
    FREE = 1  # nothing is known of it
    LIKELY = 2  # its item has that name, and another year
    SURE = 3  # name and year agree
    LISTED = 4  # and its profile listed that paper before
    SAME = 5  # an identifier says so


class Record(Protocol):
    """What tells two papers of one name apart."""

    @property
    def year(self) -> int | None:
        """The year, if it is known."""
        ...

    @property
    def identifiers(self) -> Identifiers:
        """DOI and arXiv id."""
        ...


@dataclass(frozen=True, slots=True)
class PaperKey:
    """A paper's create-once key.

    Attributes:
        key: the key.
        aliases: the same paper's keys under the library's other names, and those of it as it was read once.
    """

    key: str
    aliases: tuple[str, ...] = ()


def possible_keys(paper: Paper, names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield the keys that a paper may have in a plan, each under all names that library, title and author ever had.

    Args:
        paper: from a source.
        names: the library's, the one that new keys are made under first.
    """
    return itertools.islice(_candidates(paper, names), MOST_NAMESAKES)


def paper_keys(
    view: LibraryView, memory: Memory, intakes: Sequence[Intake], possible: Possible = possible_keys
) -> dict[tuple[str, Paper], PaperKey]:
    """Return the key of each paper of a plan, by its profile and itself; the records of one paper have the same.

    Args:
        view: the library.
        memory: what syncd remembers of it.
        intakes: the profiles of the plan.
        possible: gives what `possible_keys` does, for who has made these keys before.
    """
    naming = _Naming(view, memory, intakes, possible)
    listed = [(intake.name, paper) for intake in intakes for paper in intake.papers]
    # Those with an identifier come first: it tells what the others of their name are, whichever page is read first.
    listed.sort(key=lambda entry: entry[1].identifiers == Identifiers())
    return {(profile, paper): naming.key(paper, profile) for profile, paper in listed}


class _Naming:
    """Gives keys to the papers of one plan, one after the other."""

    def __init__(
        self, view: LibraryView, memory: Memory, intakes: Sequence[Intake], possible: Possible
    ) -> None:
        self._view = view
        self._memory = memory
        self._possible = possible
        # By key, the records that got it, each with the profile that lists it. Of those that are told apart by
        # nothing one is kept: a page may list ten thousand papers under one name.
        self._given: defaultdict[str, dict[tuple[str, Identifiers, int | None], Paper]] = defaultdict(dict)
        # By name and year, how many of their keys are taken at least; none is ever given back.
        self._taken: Counter[tuple[str, str, int | None]] = Counter()
        self._crowded = _crowded(intakes)
        self._parts = {intake.name for intake in intakes if not intake.profile.whole}

    def key(self, paper: Paper, profile: str) -> PaperKey:
        """Return the paper's key; a second record of one paper gets the same.

        Args:
            paper: from a source.
            profile: what state knows the profile by that lists it.
        """
        best = Fit.OTHER
        chosen: tuple[str, Sequence[str]] | None = None
        for made in self._possible(paper, self._view.names):
            for at, key in enumerate(made):
                fit = self._fit(paper, profile, key)
                # Nothing new is made under another name of the library, or one as it was read once.
                if fit > best and (fit > Fit.FREE or at == 0):
                    best, chosen = fit, (key, made)
            if best is Fit.SAME or (best is Fit.LISTED and paper.identifiers == Identifiers()):
                break
        if best < Fit.SURE:
            chosen = self._moved(paper, profile) or chosen
        key, aliases = chosen or self._first_free(paper)
        if len(given := self._given[key]) < MOST_RECORDS:
            given.setdefault((profile, paper.identifiers, paper.year), paper)
        return PaperKey(key, tuple(other for other in aliases if other != key))

    def _moved(self, paper: Paper, profile: str) -> tuple[str, Sequence[str]] | None:
        """Return the key of a paper whose date its profile has moved: the year is evidence, and no gate.

        It is the only paper of that name that the profile listed before, and lists now.
        """
        if self._is_crowded(profile, paper):
            return None
        before = [
            key
            for key, said in self._listed[(profile, *_name(paper.title, paper.surname))]
            if not _are_distinct(paper, said)
            and not any(_are_distinct(paper, record) for record in self._given.get(key, {}).values())
        ]
        return (before[0], before) if len(before) == 1 else None

    @cached_property
    def _listed(self) -> defaultdict[tuple[str, str, str], list[tuple[str, Said]]]:
        """What profiles listed before, by profile, title and surname."""
        found: defaultdict[tuple[str, str, str], list[tuple[str, Said]]] = defaultdict(list)
        for key, said in self._memory.said.items():
            name = _name(said.title, said.surname)
            for profile in said.listed:
                found[(profile, *name)].append((key, said))
        return found

    def _first_free(self, paper: Paper) -> tuple[str, Sequence[str]]:
        name = (*_name(paper.title, paper.surname), paper.year)
        for made in _candidates(paper, self._view.names, max(MOST_NAMESAKES, self._taken[name])):
            self._taken[name] = max(MOST_NAMESAKES, self._taken[name]) + 1
            if made[0] not in self._given:
                return made[0], made
        raise AssertionError("unreachable")

    def _fit(self, paper: Paper, profile: str, key: str) -> Fit:
        """Return how well a paper fits what is known of a key."""
        said, given = self._memory.said.get(key), self._given.get(key, {})
        if any(name == profile and not one_paper(paper, record) for (name, *_), record in given.items()):
            # What one profile lists apart are two papers.
            return Fit.OTHER
        records: list[Record] = [*([said] if said else []), *given.values()]
        distinct = {_are_distinct(paper, record) for record in records}
        if True in distinct:
            return Fit.OTHER
        if False in distinct:
            return Fit.SAME
        years = [record.year for record in records]
        if said is not None:
            if profile in said.listed and _near(paper, year_of(said.listed[profile])):
                return Fit.LISTED
            years += map(year_of, said.listed.values())
        if records:
            return Fit.SURE if any(_near(paper, year) for year in years) else Fit.OTHER
        return self._fit_of_key(paper, profile, key)

    def _fit_of_key(self, paper: Paper, profile: str, key: str) -> Fit:
        """Return how well a paper fits a key of which nothing is remembered that sources said."""
        item = self._view.items.get(self._memory.claims.get(key, key))
        if item is None:
            gone = key in self._view.deleted or key in self._memory.tombstones
            known = key in self._memory.claims or key in self._memory.decisions
            return Fit.LIKELY if gone or known else Fit.FREE
        if contradictions(paper, item):
            return Fit.OTHER
        base = self._memory.written.get(item.key)
        year = year_of(base.fields.get("date", "")) if base else None
        if _near(paper, item.year if year is None else year):
            return Fit.SURE
        return Fit.OTHER if self._is_crowded(profile, paper) else Fit.LIKELY

    def _is_crowded(self, profile: str, paper: Paper) -> bool:
        """Whether a profile lists several papers of this name, or may: nobody knows it of one that was read in part."""
        return profile in self._parts or (profile, *_name(paper.title, paper.surname)) in self._crowded


def _candidates(paper: Paper, libraries: Sequence[str], start: int = 0) -> Iterator[tuple[str, ...]]:
    """Yield the keys that a paper can have, without end, from a count on."""
    former = former_surnames(paper.creators[0]) if paper.creators else ()
    names = [
        _name(title, surname)
        for title in (paper.title, *paper.former_titles)
        for surname in (paper.surname, *former)
    ]
    named = [(library, *name) for name in names for library in libraries]
    if not start:
        yield tuple(items.item_key(*one) for one in named)
    for count in itertools.count(max(1, start)):
        distinct = (str(paper.year), str(count))
        yield tuple(items.item_key(*one, *distinct) for one in named)


def _name(title: str, surname: str) -> tuple[str, str]:
    return fold_title(title), fold_name(surname)


def _crowded(intakes: Iterable[Intake]) -> set[tuple[str, str, str]]:
    """Return profile, title and surname where a profile lists several papers of that name."""
    named: defaultdict[tuple[str, str, str], list[Paper]] = defaultdict(list)
    for intake in intakes:
        for paper in intake.papers:
            named[(intake.name, *_name(paper.title, paper.surname))].append(paper)
    return {
        name for name, papers in named.items() if any(not one_paper(papers[0], paper) for paper in papers[1:])
    }


def one_paper(paper: Paper, other: Record) -> bool:
    """Whether two records of one title and surname are one paper: identifiers decide, else the year."""
    distinct = _are_distinct(paper, other)
    return _near(paper, other.year) if distinct is None else not distinct


def is_one_paper(paper: Paper, said: Said) -> bool:
    """Whether a record is of a paper of which sources said this: by an identifier, else by name and year."""
    distinct = _are_distinct(paper, said)
    if distinct is not None:
        return not distinct
    return _name(paper.title, paper.surname) == _name(said.title, said.surname) and _near(paper, said.year)


def _are_distinct(paper: Paper, other: Record) -> bool | None:
    """Whether identifiers of the same kind say that two records are two papers; None where they say nothing."""
    for ours, theirs in (
        (paper.identifiers.arxiv, other.identifiers.arxiv),
        (paper.identifiers.doi, other.identifiers.doi),
    ):
        if ours and theirs:
            return ours != theirs
    return None


def _near(paper: Paper, year: int | None) -> bool:
    return paper.year is None or year is None or paper.date_inferred or abs(paper.year - year) <= 1
