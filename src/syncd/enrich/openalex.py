"""OpenAlex: venue, DOI, abstract, authors, retractions.

Documentation: https://developers.openalex.org. A search costs ten times what a list by DOI costs; without a key,
which is free, a day's allowance is small.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from syncd.enrich import one
from syncd.enrich.asking import Asking
from syncd.enrich.enricher import MOST_CANDIDATES, cut, words
from syncd.parse.apis import openalex
from syncd.sources.apis.loose import dig, text
from syncd.sources.apis.openalex import WORK_FIELDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncd.enrich.complete import Field
    from syncd.enrich.enricher import Json, Records
    from syncd.model import Paper
    from syncd.sources.web import Web

ABOUT_OTHERS = frozenset({"erratum", "retraction", "book-review", "peer-review", "supplementary-materials"})
"""Types of works that have the title of the one that they are about."""

FIELDS = tuple(WORK_FIELDS.split(","))


@dataclass(frozen=True, slots=True)
class OpenAlex:
    """The API.

    Attributes:
        base: its address.
        key: an API key.
    """

    base: str = "https://api.openalex.org"
    key: str | None = field(default=None, repr=False)

    name: ClassVar[str] = "openalex"
    title: ClassVar[str] = "OpenAlex"
    per_lookup: ClassVar[int] = 50
    per_search: ClassVar[int] = 1
    gives: ClassVar[frozenset[Field]] = frozenset(
        {"creators", "abstract", "date", "identifiers", "published", "retracted"}
    )

    def identifier(self, paper: Paper) -> str | None:
        """Return the DOI, or the one that arXiv registers."""
        known = paper.identifiers
        doi = known.doi or (f"10.48550/arxiv.{known.arxiv.lower()}" if known.arxiv else None)
        # A comma or a bar would end the DOI in a filter.
        return doi if doi and not set(doi) & set(",|") else None

    def searches(self, paper: Paper) -> bool:
        """Search for what is not known to be published."""
        return paper.published_as is None

    def lookup(self, identifiers: Sequence[str], web: Web) -> list[Records]:
        """Ask for works by DOI."""
        works = self._works(f"doi:{'|'.join(identifiers)}", 2 * self.per_lookup, web)
        found: dict[str, Records] = {}
        for work in works:
            address = text(work.get("doi")) or text(dig(work, "ids.doi")) or ""
            found.setdefault(address.lower().partition("doi.org/")[2] or address.lower(), []).append(work)
        return [found.get(identifier, []) for identifier in identifiers]

    def search(self, papers: Sequence[Paper], web: Web) -> list[Records]:
        """Ask for works with a title's words."""
        return [self._works(f"title.search:{words(paper.title)}", MOST_CANDIDATES, web) for paper in papers]

    def _works(self, where: str, most: int, web: Web) -> Records:
        asking = Asking(web, self.title, credentials={"api_key": self.key} if self.key else {})
        answer = asking.json(f"{self.base}/works", {"filter": where, "per-page": most, "select": WORK_FIELDS})
        return [cut(row, FIELDS) for row in asking.rows(answer, "results", "works")]

    def read(self, record: Json) -> Paper | None:
        """Read a work; what is about another work of the same title is not that work."""
        if text(record.get("type")) in ABOUT_OTHERS:
            return None
        return one.read(record, "openalex", openalex.parse)
