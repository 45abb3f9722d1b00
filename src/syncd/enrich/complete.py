"""Decides whether a record is the paper that was asked about, and merges what it knows into the paper. Pure.

Each rule fills or refines one thing and removes nothing. What a user sees in Zotero is never worse than before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from syncd.model import Creator, Identifiers, Paper
from syncd.parse.record import is_preprint_doi, is_server
from syncd.services.base import Part
from syncd.services.records import MOST_YEARS
from syncd.text.links import bare_address
from syncd.text.patterns import pattern
from syncd.text.titles import fold_name, fold_title

FORMS = frozenset({"journalArticle", "conferencePaper", "bookSection", "book"})
"""Zotero's item types that a preprint is published as; a report of the same title is no better than a preprint."""


def is_publication(record: Paper) -> bool:
    """Tell whether a record is that of a published paper."""
    if record.published_as not in FORMS or is_preprint_doi(record.identifiers.doi):
        return False
    if record.published_as != "book" and not record.venue:
        return False
    return not is_server(record.venue) and not (is_server(record.publisher) and not record.venue)


Verdict = Literal["certain", "uncertain", "conflict", "nothing"]


@dataclass(frozen=True, slots=True)
class Choice:
    """What was decided about a service's records.

    Attributes:
        verdict: "certain": one of them is the paper; "uncertain": they may be other papers; "conflict": the
            identifiers of the one that is it contradict those known; "nothing": there are none.
        record: the one that is the paper, as a paper.
    """

    verdict: Verdict
    record: Paper | None = None


def by_identifier(paper: Paper, records: Iterable[Paper]) -> Choice:
    """Choose among the records that a service has under the paper's identifier.

    An identifier may be wrong, and a title may change: title or an author must be the same.
    """
    listed = list(records)
    right = [record for record in listed if not _contradict(paper, record) and _resemble(paper, record)]
    if right:
        return Choice("certain", _best(right))
    return Choice("conflict" if listed else "nothing")


def by_title(paper: Paper, records: Iterable[Paper]) -> Choice:
    """Choose among the records that a service has under a similar title."""
    listed = list(records)
    same = [record for record in listed if _same_title(paper, record) and _share_author(paper, record)]
    same = [record for record in same if _near_in_time(paper, record)]
    right = [record for record in same if not _contradict(paper, record)]
    if right:
        return Choice("certain", _best(right))
    if same:
        return Choice("conflict")
    return Choice("uncertain" if listed else "nothing")


def _best(records: list[Paper]) -> Paper:
    """Prefer what was published, then what came out first."""
    return min(records, key=lambda record: (not is_publication(record), record.date or "9999"))


def _same_title(paper: Paper, record: Paper) -> bool:
    return fold_title(paper.title) == fold_title(record.title)


def _share_author(paper: Paper, record: Paper) -> bool:
    return bool(_surnames(paper) & _surnames(record))


def _surnames(paper: Paper) -> set[str]:
    return {fold_name(creator.family) for creator in paper.creators} - {""}


def _resemble(paper: Paper, record: Paper) -> bool:
    if _same_title(paper, record) or _share_author(paper, record):
        return True
    return not paper.creators or not record.creators


def _contradict(paper: Paper, record: Paper) -> bool:
    """Tell whether both state an identifier of one kind, and not the same."""
    here, there = paper.identifiers, record.identifiers
    return any(a and b and a != b for a, b in ((here.doi, there.doi), (here.arxiv, there.arxiv)))


def _near_in_time(paper: Paper, record: Paper) -> bool:
    if paper.year is None or record.year is None or paper.date_inferred:
        return True
    return abs(paper.year - record.year) <= MOST_YEARS


Changes = dict[str, Any]

DAY = len("2023-04-25")
INITIALS = pattern(r"(?:\w(?:[\s.-]+|$))+", hostile="a. ")
"""Given names of which only the first letters are known.

>>> [bool(INITIALS.fullmatch(given)) for given in ("E.", "J.-B.", "J R", "Jo", "Esther")]
[True, True, True, False, False]
"""

OF_THE_FORM = ("published_as", "venue", "volume", "issue", "pages", "publisher")


@dataclass(frozen=True, slots=True)
class Completed:
    """A paper and where what was added to it comes from.

    Attributes:
        paper: as it is now.
        facts: field and service of each completion, in their order.
    """

    paper: Paper
    facts: tuple[tuple[str, str], ...] = ()


def complete(
    known: Completed, record: Paper, service: str, gives: frozenset[Part], shown: Paper | None = None
) -> Completed:
    """Complete a paper.

    Args:
        known: the paper so far.
        record: the same paper as a service knows it.
        service: its name.
        gives: what may be taken from it.
        shown: the paper as its source showed it; that stands whatever is registered.
    """
    paper, facts = known.paper, list(known.facts)
    for name, rule in RULES:
        changes = rule(paper, record, shown or paper) if name in gives else {}
        if changes:
            paper = replace(paper, **changes)
            facts += [(field, service) for field in changes]
    return Completed(paper, tuple(facts))


def _creators(paper: Paper, record: Paper, _: Paper) -> Changes:
    """A full list replaces a cut one that it contains; those that the source shows stay as it writes them."""
    if record.creators_truncated or len(record.creators) <= len(paper.creators):
        return {}
    if paper.creators and not paper.creators_truncated:
        return {}
    merged = _within(paper.creators, record.creators)
    if merged is None:
        return {}
    changes: Changes = {"creators": merged}
    return changes | ({"creators_truncated": False} if paper.creators_truncated else {})


def _within(shown: Sequence[Creator], full: Sequence[Creator]) -> tuple[Creator, ...] | None:
    """Put the names that are shown in their places in the full list, or return None where one has no place."""
    left = list(shown)
    merged = [left.pop(0) if left and _is_same_person(left[0], creator) else creator for creator in full]
    return None if left else tuple(merged)


def _is_same_person(one: Creator, other: Creator) -> bool:
    """Compare names that may be shortened: "E. Duflo" may be "Esther Duflo", "Ann Duflo" is not."""
    if fold_name(one.name) == fold_name(other.name):
        return True
    if fold_name(one.family) != fold_name(other.family):
        return False
    here, there = fold_name(one.given), fold_name(other.given)
    if INITIALS.fullmatch(one.given) or INITIALS.fullmatch(other.given):
        return here[:1] == there[:1]
    return here.startswith(there) or there.startswith(here)


def _abstract(paper: Paper, record: Paper, _: Paper) -> Changes:
    return {"abstract": record.abstract} if record.abstract and not paper.abstract else {}


def _date(paper: Paper, record: Paper, _: Paper) -> Changes:
    """A date is filled, or gets the month or day that it lacks."""
    if not record.date or (paper.date and not record.date.startswith(f"{paper.date}-")):
        return {}
    return {"date": record.date}


def _first_date(paper: Paper, record: Paper, _: Paper) -> Changes:
    """A year that was inferred becomes that of the first version, if month and day are its."""
    if not (paper.date_inferred and paper.date and record.date):
        return {}
    if len(record.date) != DAY or record.date[4:] != paper.date[4:]:
        return {}
    changes: Changes = {"date_inferred": False}
    return changes | ({"date": record.date} if record.date != paper.date else {})


def _category(paper: Paper, record: Paper, _: Paper) -> Changes:
    return {"category": record.category} if record.category and not paper.category else {}


def _published(paper: Paper, record: Paper, _: Paper) -> Changes:
    """A paper without a published form gets the record's and its DOI; the same form gets what it lacks."""
    if not is_publication(record):
        return {}
    known, doi = paper.identifiers, record.identifiers.doi
    has_form = paper.published_as or paper.venue
    if has_form and not _is_same_form(paper, record):
        return {}
    if not has_form and known.doi and known.doi != doi:
        return {}  # a DOI of one form and the venue of another
    repository = not has_form and is_server(paper.publisher)  # the preprint's; the published form has none
    changes: Changes = {"publisher": None} if repository else {}
    changes |= {
        name: value
        for name in OF_THE_FORM
        if (value := getattr(record, name)) and (getattr(paper, name) is None or name in changes)
    }
    return changes | ({"identifiers": replace(known, doi=doi)} if doi and not known.doi else {})


def _registered(paper: Paper, record: Paper, shown: Paper) -> Changes:
    """What other services made of the published form becomes what is registered under its DOI."""
    same = record.identifiers.doi and record.identifiers.doi == paper.identifiers.doi
    if not same or not is_publication(record) or shown.published_as or shown.venue:
        return {}
    return {
        name: value
        for name in OF_THE_FORM
        if (value := getattr(record, name)) and value != getattr(paper, name) and getattr(shown, name) is None
    }


def _is_same_form(paper: Paper, record: Paper) -> bool:
    if paper.identifiers.doi and record.identifiers.doi:
        return paper.identifiers.doi == record.identifiers.doi
    if not paper.venue or not record.venue or fold_title(paper.venue) != fold_title(record.venue):
        return False
    return paper.published_as in (None, record.published_as)


def _identifiers(paper: Paper, record: Paper, _: Paper) -> Changes:
    """Identifiers are filled; a DOI only where no published form is known that may have another."""
    known, found = paper.identifiers, record.identifiers
    doi = known.doi or (found.doi if _takes_doi(paper, record) else None)
    filled = Identifiers(doi, known.arxiv or found.arxiv)
    return {"identifiers": filled} if filled != known else {}


def _takes_doi(paper: Paper, record: Paper) -> bool:
    if is_publication(record) or paper.published_as or paper.venue:
        return False  # that of a published form comes with it
    # The DOI of a second preprint would stand in the way of the published one.
    has_arxiv = paper.identifiers.arxiv or record.identifiers.arxiv
    return not (has_arxiv and is_preprint_doi(record.identifiers.doi))


def _links(paper: Paper, record: Paper, _: Paper) -> Changes:
    known = {bare_address(link) for link in paper.links}
    added = tuple(link for link in record.links if bare_address(link) not in known)
    return {"links": (*paper.links, *added)} if added else {}


def _retracted(paper: Paper, record: Paper, _: Paper) -> Changes:
    return {"retracted": True} if record.retracted and not paper.retracted else {}


RULES: tuple[tuple[Part, Callable[[Paper, Paper, Paper], Changes]], ...] = (
    ("creators", _creators),
    ("abstract", _abstract),
    ("first date", _first_date),
    ("date", _date),
    ("category", _category),
    ("published", _published),
    ("registered", _registered),
    ("identifiers", _identifiers),
    ("links", _links),
    ("retracted", _retracted),
)
"""The rules in their order: a published form comes with its DOI, before a DOI alone is looked at."""
