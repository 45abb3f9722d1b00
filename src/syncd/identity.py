"""The create-once key of each paper, distinct from that of every other paper. Pure.

The plain key comes from title and first surname. What is known of a key already decides whose it is: a claim, an item
of the library, its deletion log. Of papers that are known to be two, the later one gets year and a counter as well. An
order of the page can't change which paper has which key, once one of them is known.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Protocol

from syncd.match import contradictions
from syncd.text.titles import fold_name, fold_title
from syncd.zotero import keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from syncd.action import Intake, Memory, Said
    from syncd.match import IndexedItem, LibraryView
    from syncd.model import Identifiers, Paper

# How many papers of one title and surname are looked for among what is known.
MOST_NAMESAKES = 20
# How well a paper fits a key: it is the key's paper; it is, if no other fits better; the key is another paper's;
# nothing is known of the key.
Fit = Literal["sure", "likely", "other", "free"]


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
        aliases: the same paper's keys under the library's other names.
    """

    key: str
    aliases: tuple[str, ...] = ()


class PaperKeys:
    """Gives keys to the papers of one plan.

    Args:
        view: the library.
        memory: what syncd remembers of it.
        intakes: the profiles of the plan.
    """

    def __init__(self, view: LibraryView, memory: Memory, intakes: Sequence[Intake]) -> None:
        self._view = view
        self._memory = memory
        self._given: dict[str, Paper] = {}
        self._crowded = _crowded(intakes)

    def key(self, paper: Paper, profile: str) -> PaperKey:
        """Return the paper's key; a second record of one paper gets the same.

        Args:
            paper: from a source.
            profile: what state knows the profile by that lists it.
        """
        likely, free = None, None
        for made in itertools.islice(self._candidates(paper), MOST_NAMESAKES):
            for at, key in enumerate(made):
                fit = self._fit(paper, profile, key)
                if fit == "sure":
                    return self._give(paper, key, made)
                if fit == "likely":
                    likely = likely or (key, made)
                # Nothing new is made under another name of the library.
                if fit == "free" and at == 0:
                    free = free or (key, made)
        chosen = self._moved(paper, profile) or likely or free or self._first_free(paper)
        return self._give(paper, *chosen)

    def _moved(self, paper: Paper, profile: str) -> tuple[str, Sequence[str]] | None:
        """Return the key of a paper whose date its profile has moved: the year is evidence, and no gate.

        It is the only paper of that name that the profile listed before, and lists now.
        """
        if self._is_crowded(profile, paper):
            return None
        name = _name(paper.title, paper.surname)
        before = [
            key
            for key, said in self._listed[profile]
            if _name(said.title, said.surname) == name and not _are_distinct(paper, said)
        ]
        return (before[0], before) if len(before) == 1 else None

    @cached_property
    def _listed(self) -> defaultdict[str, list[tuple[str, Said]]]:
        """What profiles listed before, by profile."""
        found: defaultdict[str, list[tuple[str, Said]]] = defaultdict(list)
        for key, said in self._memory.said.items():
            for profile in said.profiles:
                found[profile].append((key, said))
        return found

    def _give(self, paper: Paper, key: str, made: Sequence[str]) -> PaperKey:
        self._given.setdefault(key, paper)
        return PaperKey(key, tuple(other for other in made if other != key))

    def _first_free(self, paper: Paper) -> tuple[str, Sequence[str]]:
        candidates = itertools.islice(self._candidates(paper), MOST_NAMESAKES, None)
        return next((made[0], made) for made in candidates if made[0] not in self._given)

    def _candidates(self, paper: Paper) -> Iterator[tuple[str, ...]]:
        """Yield the keys that a paper can have, each under all names of the library, without end."""
        name = _name(paper.title, paper.surname)
        yield tuple(keys.item_key(library, *name) for library in self._view.names)
        for count in itertools.count(1):
            distinct = (str(paper.year), str(count))
            yield tuple(keys.item_key(library, *name, *distinct) for library in self._view.names)

    def _fit(self, paper: Paper, profile: str, key: str) -> Fit:
        """Return how well a paper fits what is known of a key."""
        given = self._given.get(key)
        if given is not None:
            return "sure" if one_paper(paper, given) else "other"
        said = self._memory.said.get(key)
        if said is not None:
            return "sure" if one_paper(paper, said) else "other"
        item = self._view.items.get(self._memory.claims.get(key, key))
        if item is not None:
            return self._fits_item(paper, profile, item)
        gone = key in self._view.deleted or key in self._memory.tombstones
        known = key in self._memory.claims or key in self._memory.decisions
        return "likely" if gone or known else "free"

    def _fits_item(self, paper: Paper, profile: str, item: IndexedItem) -> Fit:
        """Return how well a paper fits the item of its key, where nothing is remembered of what sources said."""
        if contradictions(paper, item):
            return "other"
        base = self._memory.written.get(item.key)
        date = base.fields.get("date", "") if base else ""
        if _near(paper, int(date[:4]) if date[:4].isdigit() else item.year):
            return "sure"
        return "other" if self._is_crowded(profile, paper) else "likely"

    def _is_crowded(self, profile: str, paper: Paper) -> bool:
        """Whether a profile lists several papers of this name."""
        return (profile, *_name(paper.title, paper.surname)) in self._crowded


def _name(title: str, surname: str) -> tuple[str, str]:
    return fold_title(title), fold_name(surname)


def _crowded(intakes: Iterable[Intake]) -> set[tuple[str, str, str]]:
    """Return profile, title and surname where a profile lists several papers of that name."""
    named: defaultdict[tuple[str, str, str], list[Paper]] = defaultdict(list)
    for intake in intakes:
        for paper in intake.profile.papers:
            named[(intake.name, *_name(paper.title, paper.surname))].append(paper)
    return {
        name for name, papers in named.items() if any(not one_paper(papers[0], paper) for paper in papers[1:])
    }


def one_paper(paper: Paper, other: Record) -> bool:
    """Whether two records of one title and surname are one paper: identifiers decide, else the year."""
    distinct = _are_distinct(paper, other)
    return _near(paper, other.year) if distinct is None else not distinct


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
