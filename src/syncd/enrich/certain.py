"""Decides whether a service's record is the paper that was asked about. Pure.

A title counts only where it is the same and an author is shared; identifiers must not contradict those that are
known. There is no score and no threshold: what is less than certain is not used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from syncd.enrich.venues import is_publication
from syncd.text.titles import fold_name, fold_title

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syncd.model import Paper

MOST_YEARS = 4
"""How far the years of a preprint and its publication may lie apart."""

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
