"""Semantic Scholar: authors and papers of all fields, with identifiers of other services.

Documentation: https://api.semanticscholar.org/api-docs/graph. Without a key, everybody shares one limit, and 429
is a usual answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from syncd.sources.apis.ask import MOST_PAGES, Asking
from syncd.sources.apis.loose import dig, listed, number

if TYPE_CHECKING:
    from syncd.model import Snapshot
    from syncd.sources.web import Web

PER_PAGE = 250
AUTHOR_FIELDS = "authorId,name,url,affiliations,paperCount,citationCount,hIndex"
PAPER_FIELDS = (
    "paperId,externalIds,url,title,abstract,venue,publicationVenue,year,publicationDate,publicationTypes"
    ",journal,authors"
)


@dataclass(frozen=True, slots=True)
class SemanticScholar:
    """The API.

    Attributes:
        base: its address.
        key: an API key.
    """

    base: str = "https://api.semanticscholar.org/graph/v1"
    key: str | None = field(default=None, repr=False)

    def fetch(self, author: str, web: Web) -> Snapshot:
        """Fetch an author and all papers.

        Raises:
            SourceError: not all of it is to be had.
        """
        headers = {"x-api-key": self.key} if self.key else {}
        asking = Asking(web, "Semantic Scholar", "s2", author, headers)
        about = asking.json(f"{self.base}/author/{author}", {"fields": AUTHOR_FIELDS})
        papers, complete = self._papers(asking)
        return asking.snapshot(about, papers, complete=complete)

    def _papers(self, asking: Asking) -> tuple[list[Any], bool]:
        papers: list[Any] = []
        offset = 0
        for _ in range(MOST_PAGES):
            answer = asking.json(
                f"{self.base}/author/{asking.author}/papers",
                {"fields": PAPER_FIELDS, "offset": offset, "limit": PER_PAGE},
            )
            page = listed(answer, "data")
            if page is None:
                raise asking.error("answered with something that is no list of papers", transient=True)
            papers += page
            following = number(dig(answer, "next"))
            if following is None or following <= offset:
                return papers, True
            offset = following
        return papers, False


API = SemanticScholar
