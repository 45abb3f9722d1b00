"""Which item of a library is this paper? Identifiers decide, then title, surname and year, then a score.

Pure. A near match is only ever reported with its reasons: syncd merges nothing on a guess. Nor does it make a second
item of a title and surname that are there, unless identifiers say that these are two papers.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Literal, Protocol

from syncd.model import Identifiers
from syncd.text.arxiv import arxiv_id
from syncd.text.doi import doi
from syncd.text.patterns import pattern
from syncd.text.titles import digest_of_text, fold_name, fold_title

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from syncd.model import Paper

NO_PAPER = frozenset({"attachment", "note", "annotation"})


@dataclass(frozen=True)
class IndexedItem:
    """An item of a library, as the local index holds it.

    Attributes:
        key: Zotero's key.
        version: the item's version.
        item_type: Zotero's name of the type.
        parent: the key of the item that it is a child of.
        trashed: it is in the trash.
        folded_title: `fold_title` of its title.
        folded_surname: `fold_name` of its first creator's surname.
        year: of its date, if that has one.
        identifiers: its DOI and arXiv id.
        raw: the item's data as JSON text.
        abstract: `digest_of_text` of its abstract.
    """

    key: str
    version: int
    item_type: str
    parent: str | None
    trashed: bool
    folded_title: str
    folded_surname: str
    year: int | None
    identifiers: Identifiers
    raw: str = field(repr=False)
    abstract: str = ""

    @cached_property
    def data(self) -> dict[str, Any]:
        """The item's fields as Zotero has them; parsed on first use."""
        parsed: dict[str, Any] = json.loads(self.raw)
        return parsed


def indexed(data: Mapping[str, Any], version: int, parsed_date: str | None = None) -> IndexedItem:
    """Return the index entry of an item's data."""
    creators = data.get("creators") or [{}]
    first = creators[0]
    year = (parsed_date or str(data.get("date", "")))[:4]
    return IndexedItem(
        key=data["key"],
        version=version,
        item_type=data.get("itemType", ""),
        parent=data.get("parentItem") or None,
        trashed=bool(data.get("deleted")),
        folded_title=fold_title(data.get("title", "")) if data.get("title") else "",
        folded_surname=fold_name(first.get("lastName") or first.get("name") or ""),
        year=int(year) if year.isdigit() and len(year) == 4 else None,
        identifiers=identifiers_of(data),
        raw=json.dumps(data, ensure_ascii=False),
        abstract=digest_of_text(str(data.get("abstractNote", ""))),
    )


def identifiers_of(data: Mapping[str, Any]) -> Identifiers:
    """Read DOI and arXiv id from wherever users and translators put them."""
    lines = str(data.get("extra", "")).splitlines()
    extra_doi = next((line.partition(":")[2] for line in lines if line.lower().startswith("doi:")), "")
    extra_arxiv = next((line for line in lines if line.lower().startswith("arxiv")), "")
    places = (
        data.get("archiveID", ""),
        data.get("DOI", ""),
        data.get("url", "") if "arxiv.org" in str(data.get("url", "")) else "",
        extra_arxiv,
        extra_doi,
    )
    return Identifiers(
        doi=doi(str(data.get("DOI", ""))) or doi(extra_doi),
        arxiv=next((found for place in places if (found := arxiv_id(str(place)))), None),
    )


@dataclass(frozen=True, slots=True)
class IndexedCollection:
    """A collection of a library."""

    key: str
    name: str
    parent: str | None
    trashed: bool


@dataclass(frozen=True)
class LibraryView:
    """A library at one version, as the local index knows it.

    Attributes:
        prefix: "users/475425".
        version: the library's version that this is a view of.
        items: by key, children and trashed ones too.
        collections: by key.
        deleted: keys in the library's deletion log.
        others: other names of the same library, under which keys may have been made: a person's own library is
            "users/0" on a desktop that is not signed in.
    """

    prefix: str
    version: int
    items: Mapping[str, IndexedItem]
    collections: Mapping[str, IndexedCollection]
    deleted: frozenset[str]
    others: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The library's names; new keys are made under the first."""
        return (self.prefix, *self.others)

    @cached_property
    def papers(self) -> tuple[IndexedItem, ...]:
        """Items that can be a paper, trashed ones last."""
        found = [item for item in self.items.values() if not item.parent and item.item_type not in NO_PAPER]
        return tuple(sorted(found, key=lambda item: (item.trashed, item.version)))

    @cached_property
    def by_doi(self) -> Mapping[str, list[IndexedItem]]:
        """Papers by DOI."""
        return _grouped((item.identifiers.doi, item) for item in self.papers)

    @cached_property
    def by_arxiv(self) -> Mapping[str, list[IndexedItem]]:
        """Papers by arXiv id."""
        return _grouped((item.identifiers.arxiv, item) for item in self.papers)

    @cached_property
    def by_title(self) -> Mapping[str, list[IndexedItem]]:
        """Papers by folded title."""
        return _grouped((item.folded_title, item) for item in self.papers)

    @cached_property
    def by_abstract(self) -> Mapping[str, list[IndexedItem]]:
        """Papers by the digest of their abstract."""
        return _grouped((item.abstract, item) for item in self.papers)

    @cached_property
    def titles(self) -> Mapping[str, str]:
        """The folded titles of papers, by key, as far as they are compared."""
        return {item.key: item.folded_title[:MOST_LETTERS] for item in self.papers if item.folded_title}

    @cached_property
    def words(self) -> Mapping[str, str]:
        """The words of the same titles, as `words_of` gives them."""
        return {key: words_of(str(self.items[key].data["title"])) for key in self.titles}

    @cached_property
    def children(self) -> Mapping[str, list[IndexedItem]]:
        """Children by their parent's key, trashed ones too."""
        return _grouped((item.parent, item) for item in self.items.values())

    @cached_property
    def winners(self) -> Mapping[str, str]:
        """For an item that was merged away, the key of the item that took its place."""
        found: dict[str, str] = {}
        for item in self.papers:
            if "dc:replaces" in item.raw:
                uris = item.data.get("relations", {}).get("dc:replaces", [])
                for uri in [uris] if isinstance(uris, str) else uris:
                    found[uri.rsplit("/", 1)[-1]] = item.key
        return found

    def living(self, key: str) -> IndexedItem | None:
        """Return the item that `key` leads to, merges followed; None where it is gone for good."""
        seen: set[str] = set()
        while key not in seen:
            seen.add(key)
            item = self.items.get(key)
            if item is not None and not item.trashed:
                return item
            key = self.winners.get(key, key)
        return self.items.get(key)


class Searched(Protocol):
    """Items in which a paper is looked for: a library's, or records of papers."""

    @property
    def items(self) -> Mapping[str, IndexedItem]:
        """All, by a name of their own."""
        ...

    @property
    def by_doi(self) -> Mapping[str, list[IndexedItem]]:
        """Those with a DOI, by it."""
        ...

    @property
    def by_arxiv(self) -> Mapping[str, list[IndexedItem]]:
        """Those with an arXiv id, by it."""
        ...

    @property
    def by_title(self) -> Mapping[str, list[IndexedItem]]:
        """By folded title."""
        ...

    @property
    def by_abstract(self) -> Mapping[str, list[IndexedItem]]:
        """Those with an abstract, by its digest."""
        ...

    @property
    def titles(self) -> Mapping[str, str]:
        """The folded titles, by name."""
        ...

    @property
    def words(self) -> Mapping[str, str]:
        """The words of the same titles, as `words_of` gives them."""
        ...


class Records:
    """Papers as their sources describe them, each with the key of its item: that may look otherwise, or be gone."""

    def __init__(self) -> None:
        self.items: dict[str, IndexedItem] = {}
        self.by_doi: defaultdict[str, list[IndexedItem]] = defaultdict(list)
        self.by_arxiv: defaultdict[str, list[IndexedItem]] = defaultdict(list)
        self.by_title: defaultdict[str, list[IndexedItem]] = defaultdict(list)
        self.by_abstract: defaultdict[str, list[IndexedItem]] = defaultdict(list)
        self.titles: dict[str, str] = {}
        self._words: dict[str, str] = {}

    def add(self, paper: str, record: IndexedItem) -> None:
        """Add a paper's record by its create-once key."""
        self.items[paper] = record
        self.titles[paper] = record.folded_title[:MOST_LETTERS]
        for group, name in (
            (self.by_doi, record.identifiers.doi),
            (self.by_arxiv, record.identifiers.arxiv),
            (self.by_title, record.folded_title),
            (self.by_abstract, record.abstract),
        ):
            if name:
                group[name].append(record)

    @property
    def words(self) -> Mapping[str, str]:
        """The words of all titles, as `words_of` gives them."""
        for paper in self.items.keys() - self._words.keys():
            self._words[paper] = words_of(str(self.items[paper].data["title"]))
        return self._words


def _grouped(pairs: Iterable[tuple[str | None, IndexedItem]]) -> Mapping[str, list[IndexedItem]]:
    groups: defaultdict[str, list[IndexedItem]] = defaultdict(list)
    for name, item in pairs:
        if name:
            groups[name].append(item)
    return groups


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that may be the paper, with the reasons for and against.

    Attributes:
        key: the item's key.
        title: its title.
        score: 0 to 1.
        reasons: in words, the weightiest first.
        record: the item in a few words each, to be compared with the paper's.
    """

    key: str
    title: str
    score: float
    reasons: tuple[str, ...]
    record: Mapping[str, str] = field(default_factory=dict)


def record(data: Mapping[str, Any]) -> dict[str, str]:
    """Return an item's data in a few words each, for people who compare two."""
    names = [
        str(c.get("name") or f"{c.get('firstName', '')} {c.get('lastName', '')}")
        for c in data.get("creators", ())
    ]
    words = {
        "title": data.get("title", ""),
        "authors": ", ".join(name.strip() for name in names),
        "date": data.get("date", ""),
        "type": data.get("itemType", ""),
        "DOI": data.get("DOI", ""),
        "url": data.get("url", ""),
    }
    return {name: str(text) for name, text in words.items() if text}


@dataclass(frozen=True, slots=True)
class Match:
    """What was found for a paper.

    Attributes:
        kind: "same" (it is this item), "near" (it may be one of the candidates), "none".
        key: the item's key, for "same".
        reason: how it was recognised: "DOI", "arXiv id", "title, surname and year".
        candidates: for "near", best first.
    """

    kind: Literal["same", "near", "none"]
    key: str | None = None
    reason: str = ""
    candidates: tuple[Candidate, ...] = ()


def match(
    paper: Paper,
    view: LibraryView,
    *,
    taken: frozenset[str] = frozenset(),
    others: frozenset[str] = frozenset(),
) -> Match:
    """Find the item of the library that is this paper.

    Args:
        paper: from a source.
        view: where it is looked for.
        taken: keys of items that are other papers of the same profile: another identifier than the title must say
            that they are this one.
        others: keys of items that the user said are other papers.
    """
    if found := exact(paper, view, taken=taken, others=others):
        return found
    candidates = near(paper, view, taken | others)
    return Match("near", candidates=candidates) if candidates else Match("none")


def exact(paper: Paper, view: Searched, *, taken: frozenset[str], others: frozenset[str]) -> Match | None:
    """Return the item that certainly is this paper; as `match`."""
    for found, reason in (
        (view.by_doi.get(paper.identifiers.doi or ""), "DOI"),
        (view.by_arxiv.get(paper.identifiers.arxiv or ""), "arXiv id"),
    ):
        if free := [item for item in found or () if item.key not in others]:
            return Match("same", free[0].key, reason)
    for item in view.by_title.get(fold_title(paper.title), ()):
        free_to_be = item.key not in taken | others and not contradictions(paper, item)
        if free_to_be and _same_surname(paper, item) and _years_agree(paper, item):
            return Match("same", item.key, "title, surname and year")
    return None


def contradictions(paper: Paper, item: IndexedItem) -> list[str]:
    """Return the identifiers that say that these are two papers."""
    found = []
    if paper.identifiers.arxiv and item.identifiers.arxiv not in {None, paper.identifiers.arxiv}:
        found.append(f"other arXiv id ({item.identifiers.arxiv})")
    if paper.identifiers.doi and item.identifiers.doi not in {None, paper.identifiers.doi}:
        found.append(f"other DOI ({item.identifiers.doi})")
    return found


def _same_surname(paper: Paper, item: IndexedItem) -> bool:
    return fold_name(paper.surname) == item.folded_surname


def _years_agree(paper: Paper, item: IndexedItem) -> bool:
    return paper.year is None or item.year is None or abs(paper.year - item.year) <= 1


# Weights of the near match, data rather than code: how much each agreement counts.
WEIGHTS: Mapping[str, float] = {"title": 0.65, "authors": 0.25, "year": 0.1}
# Below the first a title is another title; below the second the whole is not worth a person's time.
MIN_TITLE = 0.88
MIN_SCORE = 0.85
MAX_CANDIDATES = 3
# Shorter abstracts are such as "No abstract available."
MIN_ABSTRACT = 100
# Endings that tell forms of one word apart, the longest first; what is left of a word has four letters at least.
WORD = pattern(r"\w+", hostile="a")
ENDINGS = ("ings", "ions", "ing", "ion", "ers", "ed", "er", "es", "s", "e")
MIN_STEM = 4
# Of longer titles so many characters are compared, and of more authors so many: the time grows with the square, and a
# title that long is none.
MOST_LETTERS = 1000
MOST_NAMES = 100
# From here on two surnames may be spellings of one.
MIN_NAME = 0.6


@cache
def _stem(word: str) -> str:
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= MIN_STEM:
            return word.removesuffix(ending)
    return word


def words_of(title: str) -> str:
    """Return the words of a title without their endings, in the order of the alphabet.

    >>> words_of("Reading Long Documents") == words_of("Long Document Reading")
    True
    >>> words_of("Calibration for Text Generation") == words_of("Calibrating for Generating Texts")
    True
    """
    words = WORD.findall(title[:MOST_LETTERS].casefold())
    return " ".join(sorted(_stem(word) for word in words))


def near(paper: Paper, view: Searched, excluded: frozenset[str]) -> tuple[Candidate, ...]:
    """Return the items that may be this paper, best first, each with its reasons.

    Such are items with nearly the same title, in whatever order and form of its words, and much else in common; with
    the very same title and an author in common; with the same abstract and an author in common.
    """
    found = {item.key: _weighed(paper, item) for item in _alike(paper, view) if item.key not in excluded}
    return tuple(
        sorted(found.values(), key=lambda candidate: (-candidate.score, candidate.key))[:MAX_CANDIDATES]
    )


def _alike(paper: Paper, view: Searched) -> Iterator[IndexedItem]:
    """Yield the items that may be a paper, some of them twice."""
    from rapidfuzz import fuzz, process  # noqa: PLC0415 - only a paper that is new needs it

    folded, words = fold_title(paper.title), words_of(paper.title)
    for item in view.by_title.get(folded, ()):
        if _same_surname(paper, item):
            # Another paper of that name has another identifier.
            if not contradictions(paper, item):
                yield item
        elif _shared(paper, item):
            yield item
    for ours, titles in ((folded[:MOST_LETTERS], view.titles), (words, view.words)):
        for _, _, key in process.extract(
            ours, titles, scorer=fuzz.ratio, score_cutoff=MIN_TITLE * 100, limit=20
        ):
            item = view.items[key]
            if item.folded_title != folded and _weighed(paper, item).score >= MIN_SCORE:
                yield item
    if len(paper.abstract) >= MIN_ABSTRACT:
        same = view.by_abstract.get(digest_of_text(paper.abstract), ())
        yield from (item for item in same if _shared(paper, item))


def _surnames(data: Mapping[str, Any]) -> set[str]:
    return {fold_name(c.get("lastName") or c.get("name") or "") for c in data.get("creators", ())}


def _shared(paper: Paper, item: IndexedItem) -> bool:
    """Whether a paper and an item have an author in common, if only nearly so spelt."""
    from rapidfuzz import fuzz  # noqa: PLC0415 - as above

    ours = {fold_name(creator.family) for creator in paper.creators}
    theirs = _surnames(item.data)
    return bool(ours & theirs) or any(
        fuzz.ratio(one[:MOST_LETTERS], other[:MOST_LETTERS]) >= MIN_NAME * 100
        for one in sorted(ours)[:MOST_NAMES]
        for other in sorted(theirs)[:MOST_NAMES]
    )


def _weighed(paper: Paper, item: IndexedItem) -> Candidate:
    """Return an item as one that may be the paper."""
    title = _likeness(paper, item)
    theirs = _surnames(item.data)
    ours = {fold_name(creator.family) for creator in paper.creators}
    shared = ours & theirs
    authors = 1.0 if not ours or not theirs else len(shared) / min(len(ours), len(theirs))
    years = _years_agree(paper, item)
    reasons = ["same title" if title == 1 else f"title {title:.0%} alike"]
    if len(paper.abstract) >= MIN_ABSTRACT and digest_of_text(paper.abstract) == item.abstract:
        reasons.append("same abstract")
    reasons.append(f"{len(shared)} of {len(ours)} authors shared" if theirs else "no authors there")
    if paper.year and item.year:
        reasons.append("same year" if paper.year == item.year else f"years {paper.year} and {item.year}")
    reasons += contradictions(paper, item)
    if item.trashed:
        reasons.append("in the trash")
    score = WEIGHTS["title"] * title + WEIGHTS["authors"] * authors + WEIGHTS["year"] * years
    title_there = str(item.data.get("title", ""))
    return Candidate(item.key, title_there, round(score, 3), tuple(reasons), record(item.data))


def _likeness(paper: Paper, item: IndexedItem) -> float:
    """Return how much a paper's title is like an item's, 0 to 1; only the very same title gives 1."""
    from rapidfuzz import fuzz  # noqa: PLC0415 - as above

    folded = fold_title(paper.title)
    if folded == item.folded_title:
        return 1.0
    words = fuzz.ratio(words_of(paper.title), words_of(str(item.data.get("title", ""))))
    whole = fuzz.ratio(folded[:MOST_LETTERS], item.folded_title[:MOST_LETTERS])
    return min(0.99, max(words, whole) / 100)
