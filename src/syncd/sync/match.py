"""Which item of a library is this paper? Identifiers decide, then title, surname and year, then a score.

Pure. A near match is only ever reported with its reasons: syncd merges nothing on a guess. Nor does it make a second
item of a title and surname that are there, unless identifiers say that these are two papers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from syncd.messages import message
from syncd.model import Paper
from syncd.sync.library import IndexedItem, Searched
from syncd.text.titles import MOST_LETTERS, digest_of_text, fold_name, fold_title, words_of


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
    """The item that certainly is a paper.

    Attributes:
        key: the item's key.
        reason: how it was recognised: "DOI", "arXiv id", "title, surname and year".
    """

    key: str
    reason: str


def exact(paper: Paper, view: Searched, *, taken: frozenset[str], others: frozenset[str]) -> Match | None:
    """Return the item that certainly is this paper, if there is one.

    Args:
        paper: from a source.
        view: where it is looked for.
        taken: keys of items that are other papers of the same profile: another identifier than the title must say
            that they are this one.
        others: keys of items that the user said are other papers.
    """
    for found, reason in (
        (view.by_doi.get(paper.identifiers.doi or ""), message("by-doi")),
        (view.by_arxiv.get(paper.identifiers.arxiv or ""), message("by-arxiv-id")),
    ):
        if free := [item for item in found or () if item.key not in others]:
            return Match(free[0].key, reason)
    for item in view.by_title.get(fold_title(paper.title), ()):
        free_to_be = item.key not in taken | others and not contradictions(paper, item)
        if free_to_be and _same_surname(paper, item) and _years_agree(paper, item):
            return Match(item.key, message("by-title-surname-year"))
    return None


def contradictions(paper: Paper, item: IndexedItem) -> list[str]:
    """Return the identifiers that say that these are two papers."""
    found: list[str] = []
    if paper.identifiers.arxiv and item.identifiers.arxiv not in {None, paper.identifiers.arxiv}:
        found.append(message("other-arxiv-id", id=item.identifiers.arxiv))
    if paper.identifiers.doi and item.identifiers.doi not in {None, paper.identifiers.doi}:
        found.append(message("other-doi", doi=item.identifiers.doi))
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
# Of more authors so many are compared: the time grows with the square.
MOST_NAMES = 100
# From here on two surnames may be spellings of one.
MIN_NAME = 0.6


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
    alike = message("same-title") if title == 1 else message("title-alike", percent=f"{title:.0%}"[:-1])
    reasons: list[str] = [alike]
    if len(paper.abstract) >= MIN_ABSTRACT and digest_of_text(paper.abstract) == item.abstract:
        reasons.append(message("same-abstract"))
    reasons.append(
        message("shared-authors", shared=len(shared), count=len(ours))
        if theirs
        else message("no-authors-there")
    )
    if paper.year and item.year:
        differ = message("years-differ", ours=paper.year, theirs=item.year)
        reasons.append(message("same-year") if paper.year == item.year else differ)
    reasons += contradictions(paper, item)
    if item.trashed:
        reasons.append(message("in-the-trash"))
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
