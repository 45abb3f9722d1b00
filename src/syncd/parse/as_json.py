"""A profile as the JSON of `syncd parse --json`. Scripts rely on its names: add, never rename."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from syncd.model import Paper, Profile


def to_json(profile: Profile) -> dict[str, Any]:
    """Make the object that `syncd parse --json` prints; figures that the source lacks are None."""
    return {
        "profile": {
            "name": profile.name,
            "field": profile.field,
            "h_index": profile.h_index,
            "paper_count": profile.paper_count,
            "citations": profile.citations,
            "novelty": profile.novelty,
            "ai_score": profile.ai_score,
        },
        "papers": [_paper(paper) for paper in profile.papers],
        "warnings": [{"code": notice.code, "message": notice.message} for notice in profile.warnings],
    }


def _paper(paper: Paper) -> dict[str, Any]:
    return {
        "title": paper.title,
        "category": paper.category,
        "date": paper.date,
        "date_inferred": paper.date_inferred,
        "authors": [creator.name for creator in paper.creators],
        "authors_truncated": paper.creators_truncated,
        "affiliations": list(paper.affiliations),
        "abstract": paper.abstract,
        "score": paper.score,
        "has_code": paper.has_code,
        "url": paper.url,
        "venue": paper.venue,
        "published_as": paper.published_as,
        "identifiers": {"doi": paper.identifiers.doi, "arxiv": paper.identifiers.arxiv},
        "links": [{"url": link.url, "kind": link.kind} for link in paper.links],
    }
