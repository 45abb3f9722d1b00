"""Merges what a service knows into a paper. Pure; each rule fills or refines one thing and removes nothing.

What a user sees in Zotero is never worse than what the source showed: names stay as they were written, dates get
more precise only, and a paper has one published form, never parts of two.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from syncd.enrich.venues import is_publication
from syncd.model import Identifiers
from syncd.parse.record import is_preprint_doi, is_server
from syncd.text.patterns import pattern
from syncd.text.titles import fold_name, fold_title

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from syncd.model import Creator, Link, Paper

Changes = dict[str, Any]
Field = Literal[
    "creators",
    "abstract",
    "date",
    "first date",
    "category",
    "published",
    "registered",
    "identifiers",
    "links",
    "retracted",
]
"""What a service may give. "first date": the day of the preprint's first version. "registered": the published form
as its publisher registered it, which is better than what others made of it."""

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
    known: Completed, record: Paper, service: str, gives: frozenset[Field], shown: Paper | None = None
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
    known = {_address(link) for link in paper.links}
    added = tuple(link for link in record.links if _address(link) not in known)
    return {"links": (*paper.links, *added)} if added else {}


def _address(link: Link) -> str:
    bare = link.url.partition("://")[2].rstrip("/")
    return bare.lower() if link.kind == "code" else bare


def _retracted(paper: Paper, record: Paper, _: Paper) -> Changes:
    return {"retracted": True} if record.retracted and not paper.retracted else {}


RULES: tuple[tuple[Field, Callable[[Paper, Paper, Paper], Changes]], ...] = (
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
