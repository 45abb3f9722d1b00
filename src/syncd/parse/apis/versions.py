"""The preprint and the publication of one paper, which some services list one beside the other, become one paper.

They are joined only where title and first author are the same and no identifier says that they are two. Pure.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from syncd.model import Identifiers
from syncd.text.titles import fold_name, fold_title

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syncd.model import Paper

BESIDE = frozenset(
    {"dataset", "computerProgram", "presentation", "document", "webpage", "blogPost", "standard"}
)
"""Item types of what lies beside a paper, often under its title: no form in which the paper was published."""

MOST_YEARS = 4
"""How many years later than its preprint a paper may be published."""


def joined(papers: Iterable[Paper]) -> list[Paper]:
    """Join preprints with their publications.

    Returns:
        The papers in their order, each of a pair at the place of the first.
    """
    kept: list[Paper] = []
    places: dict[tuple[str, str], list[int]] = {}
    for paper in papers:
        alike = places.setdefault((fold_title(paper.title), fold_name(paper.surname)), [])
        place = next((at for at in alike if _are_versions(kept[at], paper)), None)
        if place is None:
            alike.append(len(kept))
            kept.append(paper)
        else:
            kept[place] = _join(kept[place], paper)
    return kept


def _is_published(paper: Paper) -> bool:
    return bool(paper.published_as or paper.identifiers.doi)


def _are_versions(one: Paper, other: Paper) -> bool:
    """Tell whether one is the preprint of the other."""
    if {one.published_as, other.published_as} & BESIDE:
        return False
    if _is_published(one) == _is_published(other):
        return False
    published, preprint = (one, other) if _is_published(one) else (other, one)
    ids = {paper.identifiers.arxiv for paper in (one, other)} - {None}
    if len(ids) > 1:
        return False
    later = (published.year or 0) - (preprint.year or 0)
    return published.year is None or preprint.year is None or -1 <= later <= MOST_YEARS


def _join(one: Paper, other: Paper) -> Paper:
    published, preprint = (one, other) if _is_published(one) else (other, one)
    cut = published.creators_truncated and not preprint.creators_truncated
    return replace(
        published,
        creators=preprint.creators if cut else published.creators,
        creators_truncated=published.creators_truncated and preprint.creators_truncated,
        abstract=published.abstract or preprint.abstract,
        category=published.category or preprint.category,
        has_code=published.has_code or preprint.has_code,
        links=tuple({link.url: link for link in (*published.links, *preprint.links)}.values()),
        identifiers=Identifiers(
            published.identifiers.doi, published.identifiers.arxiv or preprint.identifiers.arxiv
        ),
        url=published.url or preprint.url,
    )
