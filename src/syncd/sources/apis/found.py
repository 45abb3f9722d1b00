"""Candidates of a search for an author, as data for whoever lets the user choose."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FoundAuthor:
    """An author that a search found.

    Attributes:
        source: what to follow: "scholarfeed:123".
        name: as the API writes it.
        service: the API's name as people know it.
        affiliation: where they work, as far as the API knows.
        field: what they work on.
        papers: how many papers the API knows.
        citations: of all papers.
        h_index: Hirsch index.
    """

    source: str
    name: str
    service: str
    affiliation: str | None = None
    field: str | None = None
    papers: int | None = None
    citations: int | None = None
    h_index: int | None = None
