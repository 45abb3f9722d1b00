"""Scholar Feed: authors and their arXiv papers with scores, institutions and repositories.

Its API is public and adds fields without notice, so nothing of an answer is taken for granted. A key is optional.
Source: https://github.com/YGao2005/scholar-feed-mcp (what its client asks for), and answers seen.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from syncd.sources.apis.ask import MOST_PAGES, Asking
from syncd.sources.apis.found import FoundAuthor
from syncd.sources.apis.loose import dig, listed, number, rows, text

if TYPE_CHECKING:
    from syncd.model import Snapshot
    from syncd.sources.web import Web

PER_PAGE = 50
LISTS = ("papers", "results", "items", "data")
AUTHORS = ("authors", "results", "items", "data")


@dataclass(frozen=True, slots=True)
class ScholarFeed:
    """The API.

    Attributes:
        base: its address.
        key: `sf_…`, for more requests a day.
    """

    base: str = "https://api.scholarfeed.org/api/v1"
    key: str | None = field(default=None, repr=False)

    def fetch(self, author: str, web: Web) -> Snapshot:
        """Fetch an author and all papers.

        Raises:
            SourceError: not all of it is to be had.
        """
        asking = self._asking(author, web)
        about = asking.json(f"{self.base}/public/authors/{author}")
        about = dig(about, "author") or about
        papers, complete = self._papers(asking)
        return asking.snapshot(about, papers, complete=complete)

    def search(self, name: str, web: Web) -> list[FoundAuthor]:
        """Find authors by name."""
        asking = self._asking(name, web)
        answer = asking.json(f"{self.base}/public/authors/discover", {"q": name, "limit": 20})
        found = (_found(row) for row in rows(answer, *AUTHORS) or [])
        return [author for author in found if author]

    def _asking(self, author: str, web: Web) -> Asking:
        headers = {"Accept": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        return Asking(web, "Scholar Feed", "scholarfeed", author, headers)

    def _papers(self, asking: Asking) -> tuple[list[Any], bool]:
        """Turn pages until one brings nothing new: the number of papers may be unknown, or wrong."""
        papers: list[Any] = []
        seen: set[str] = set()
        for page in range(1, MOST_PAGES + 1):
            answer = asking.json(
                f"{self.base}/public/authors/{asking.author}/papers", {"limit": PER_PAGE, "page": page}
            )
            shown = listed(answer, *LISTS)
            if shown is None:
                raise asking.error("answered with something that is no list of papers", transient=True)
            new = {mark: row for row in shown if (mark := _mark(row)) not in seen}
            seen |= new.keys()
            papers += new.values()
            total = number(dig(answer, "total"))
            if not new or (total is not None and len(papers) >= total):
                return papers, True
        return papers, False


def _mark(row: Any) -> str:
    return text(dig(row, "arxiv_id")) or json.dumps(row, sort_keys=True)


def _found(row: Any) -> FoundAuthor | None:
    identifier = number(dig(row, "id")) or number(dig(row, "author_id"))
    name = text(dig(row, "name"))
    if identifier is None or name is None:
        return None
    return FoundAuthor(
        source=f"scholarfeed:{identifier}",
        name=name,
        service="Scholar Feed",
        affiliation=text(dig(row, "affiliation")) or text(dig(row, "institution_tags.0")),
        field=text(dig(row, "primary_field")) or text(dig(row, "research_topics.0")),
        papers=number(dig(row, "total_papers")),
        citations=number(dig(row, "total_citations")),
        h_index=number(dig(row, "h_index")),
    )


API = ScholarFeed
