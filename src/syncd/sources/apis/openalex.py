"""OpenAlex: authors and works of all fields, with institutions, venues and abstracts.

Documentation: https://developers.openalex.org. Lists of authors are cut at 100. Since February 2026 more than a
few requests a day need a key, which is free.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from syncd.sources.apis.ask import MOST_PAGES, Asking
from syncd.sources.apis.found import FoundAuthor
from syncd.sources.apis.loose import dig, listed, number, rows, text

if TYPE_CHECKING:
    from syncd.model import Snapshot
    from syncd.sources.web import Web

PER_PAGE = 100
AUTHOR_FIELDS = (
    "id,display_name,orcid,works_count,cited_by_count,summary_stats,last_known_institutions,topics"
)
# Without counts of citations, which change daily and say nothing that is pushed.
WORK_FIELDS = (
    "id,doi,ids,title,publication_year,publication_date,type,language,authorships,primary_location,locations"
    ",biblio,abstract_inverted_index,is_retracted"
)


@dataclass(frozen=True, slots=True)
class OpenAlex:
    """The API.

    Attributes:
        base: its address.
        key: an API key.
    """

    base: str = "https://api.openalex.org"
    key: str | None = field(default=None, repr=False)

    def fetch(self, author: str, web: Web) -> Snapshot:
        """Fetch an author and all works.

        Raises:
            SourceError: not all of it is to be had.
        """
        asking = self._asking(author, web)
        about = asking.json(f"{self.base}/authors/{author}", {"select": AUTHOR_FIELDS})
        # OpenAlex merges authors and redirects from the old identifier, which no work has any more.
        current = (text(dig(about, "id")) or author).rpartition("/")[2]
        papers, complete = self._works(asking, current)
        return asking.snapshot(about, papers, complete=complete)

    def search(self, name: str, web: Web) -> list[FoundAuthor]:
        """Find authors by name."""
        params: dict[str, str | int] = {"search": name, "per-page": 20, "select": AUTHOR_FIELDS}
        answer = self._asking(name, web).json(f"{self.base}/authors", params)
        found = (_found(row) for row in rows(answer, "results") or [])
        return [author for author in found if author]

    def _asking(self, author: str, web: Web) -> Asking:
        credentials = {"api_key": self.key} if self.key else {}
        return Asking(web, "OpenAlex", "openalex", author, credentials=credentials)

    def _works(self, asking: Asking, author: str) -> tuple[list[Any], bool]:
        works: list[Any] = []
        cursor = "*"
        for _ in range(MOST_PAGES):
            answer = asking.json(
                f"{self.base}/works",
                {
                    "filter": f"author.id:{author}",
                    "sort": "publication_date:desc",
                    "per-page": PER_PAGE,
                    "cursor": cursor,
                    "select": WORK_FIELDS,
                },
            )
            page = listed(answer, "results")
            if page is None:
                raise asking.error("answered with something that is no list of works", transient=True)
            works += page
            following = text(dig(answer, "meta.next_cursor"))
            if not page or following in (None, cursor):
                return works, True
            cursor = str(following)
        return works, False


def _found(row: Any) -> FoundAuthor | None:
    identifier = (text(dig(row, "id")) or "").rpartition("/")[2]
    name = text(dig(row, "display_name"))
    if not identifier or name is None:
        return None
    return FoundAuthor(
        source=f"openalex:{identifier}",
        name=name,
        service="OpenAlex",
        affiliation=text(dig(row, "last_known_institutions.0.display_name")),
        field=text(dig(row, "topics.0.field.display_name")),
        papers=number(dig(row, "works_count")),
        citations=number(dig(row, "cited_by_count")),
        h_index=number(dig(row, "summary_stats.h_index")),
    )


API = OpenAlex
