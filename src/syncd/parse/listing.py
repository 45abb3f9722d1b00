"""The papers of a bibliographic file as a profile. Odd entries are noted with their place, and the author is found.

Such a file has no header: the file's name or its papers say whose profile it is. Figures are not made up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from syncd.errors import ParseError
from syncd.messages import message
from syncd.model import Creator, Notice, Paper, Profile
from syncd.sources.limits import ENTRIES, TOO_MANY_FAULTY_ENTRIES, TOO_MANY_PAPERS, within
from syncd.text.patterns import pattern
from syncd.text.titles import fold_name, fold_title

MAX_NOTICES = 20
"""How many notices of one kind are spelled out. Only the number of the others is told."""

TOLD_EACH = 500
"""How many papers are read between two reports of progress, of which there are a few a second."""

NEARLY_ALL = 0.8
"""The share of papers that the author of a profile has written."""


INITIALS = pattern(r"(?:[^\W\d_]\.[\s-]*){1,4}|[A-Z]{1,2}", hostile=("A.", " ", ""))
"""Given names that are cut to their initials.

>>> [bool(INITIALS.fullmatch(text)) for text in ("P.", "J. R.", "JR", "P", "Yu", "J. Robert")]
[True, True, True, True, False, False]
"""


_told: ContextVar[Callable[[int], object]] = ContextVar("told", default=lambda _papers: None)


@contextmanager
def watched(told: Callable[[int], object]) -> Iterator[None]:
    """Call a function now and then with the number of papers that a parser has read in this block."""
    before = _told.set(told)
    try:
        yield
    finally:
        _told.reset(before)


@dataclass(slots=True)
class Listing:
    """Papers as they come out of a file, and what was odd about it.

    Attributes:
        origin: of the file.
        papers: so far.
        notices: so far, without those past `MAX_NOTICES`.
    """

    origin: str
    papers: list[Paper] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    _seen: dict[tuple[str, tuple[str, ...]], str] = field(default_factory=dict)
    _counts: Counter[str] = field(default_factory=Counter)

    def add(self, paper: Paper, place: str) -> None:
        """Take a paper; one that is listed again is kept and noted.

        Args:
            paper: the next one.
            place: where it stands, such as "line 12".

        Raises:
            TooMuchError: there are too many.
        """
        within(len(self.papers) + 1, ENTRIES, TOO_MANY_PAPERS)
        self.papers.append(paper)
        if len(self.papers) % TOLD_EACH == 0:
            _told.get()(len(self.papers))
        what = fold_title(paper.title), tuple(creator.name for creator in paper.creators)
        first = self._seen.setdefault(what, place)
        if first != place:
            self.note("listed-twice", message("listed-again", place=place, title=paper.title, first=first))

    def note(self, code: str, message: str) -> None:
        """Take a notice.

        Raises:
            TooMuchError: there are more of one kind than a source may have papers.
        """
        self._counts[code] += 1
        within(self._counts[code], ENTRIES, TOO_MANY_FAULTY_ENTRIES)
        if self._counts[code] <= MAX_NOTICES:
            self.notices.append(Notice(code, message))

    def profile(self, expected: str, title: str = "") -> Profile:
        """Make the profile.

        Args:
            expected: what the file should hold, for the error.
            title: what the file calls itself, if it does.

        Raises:
            ParseError: there is no paper.
        """
        if not self.papers:
            broken = next((notice.message for notice in self.notices), "")
            said = message("no-paper-readable", reason=broken) if broken else message("no-paper-in-it")
            raise ParseError(said, origin=self.origin, expected=expected)
        more = [
            Notice(code, message("more-notices", count=count - MAX_NOTICES, kind=code))
            for code, count in self._counts.items()
            if count > MAX_NOTICES
        ]
        return Profile(
            name=profile_name(self.papers, self.origin, title),
            papers=tuple(self.papers),
            warnings=(*self.notices, *more),
        )


def stem(origin: str) -> str:
    """The bare name of a file or of the last part of an address.

    >>> stem("lib/pengcheng-he.bib"), stem("https://a.org/~he/pubs.bib?x=1#y"), stem("https://a.org/")
    ('pengcheng-he', 'pubs', 'a.org')
    """
    path = (
        origin.partition("?")[0].partition("#")[0].rstrip("/\\") if "://" in origin else origin.rstrip("/\\")
    )
    last = path.replace("\\", "/").rpartition("/")[2]
    dot = last.rfind(".")
    is_host = path.endswith(f"://{last}")
    return (last[:dot] if dot > 0 and not is_host else last) or "papers"


def profile_name(papers: list[Paper], origin: str, title: str = "") -> str:
    """Find whose papers these are.

    Returns:
        The author whose name the file has; else the one who wrote (nearly) all of several papers; else
        what the file calls itself; else the file's bare name.
    """
    bare = stem(origin)
    folded = fold_title(bare)
    persons = _persons(papers, folded)
    for (surname, _), person in persons.items():
        if surname in folded and person.has_name(folded):
            return person.name
    written = _written(papers)
    ranked = sorted(persons.values(), key=lambda person: -person.papers)[:2]
    if ranked and written > 1 and ranked[0].papers >= NEARLY_ALL * written:
        alone = len(ranked) == 1 or ranked[0].papers > ranked[1].papers
        if alone:
            return ranked[0].name
    return title or bare


@dataclass(slots=True)
class _Person:
    """An author: the longest spelling of the name, in how many papers, all spellings."""

    name: str
    papers: int
    spellings: list[Creator]

    def has_name(self, folded: str) -> bool:
        return any(
            folded in {fold_title(creator.name), fold_title(creator.family + creator.given)}
            for creator in self.spellings
            if creator.given
        )

    def join(self, other: _Person) -> None:
        self.papers += other.papers
        self.spellings += other.spellings
        self.name = max(self.name, other.name, key=len)


def _written(papers: list[Paper]) -> int:
    return sum(1 for paper in papers if paper.creators)


def _persons(papers: list[Paper], folded: str) -> dict[tuple[str, str], _Person]:
    """The authors who may own the profile, by folded surname and given names.

    These have the surname that the file is named after, or one of those that most papers have. Bare
    initials join the only name that they fit.
    """
    surnames = Counter(name for paper in papers for name in {creator.family for creator in paper.creators})
    often = NEARLY_ALL * _written(papers) / 2  # a surname may have two spellings
    likely = {name for name, count in surnames.items() if count >= often or fold_name(name) in folded}
    counts: Counter[Creator] = Counter()
    for paper in papers:
        counts.update({creator for creator in paper.creators if creator.family in likely})
    persons: dict[tuple[str, str], _Person] = {}
    for creator, count in sorted(counts.items(), key=lambda pair: pair[0].name):
        person = _Person(creator.name, count, [creator])
        persons.setdefault((fold_name(creator.family), fold_name(creator.given)), _Person("", 0, [])).join(
            person
        )
    full: dict[tuple[str, str], list[_Person]] = {}
    short = {key for key, person in persons.items() if INITIALS.fullmatch(person.spellings[0].given)}
    for (family, given), person in persons.items():
        if given and (family, given) not in short:
            full.setdefault((family, given[0]), []).append(person)
    for family, given in short:
        fitting = full.get((family, given[:1]), [])
        if len(fitting) == 1:
            fitting[0].join(persons.pop((family, given)))
    return persons
