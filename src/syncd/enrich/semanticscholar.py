"""Semantic Scholar: identifiers of other services, authors, abstract, venue.

Documentation: https://api.semanticscholar.org/api-docs/graph. Without a key everybody shares one limit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from syncd.enrich import one
from syncd.enrich.asking import Asking
from syncd.enrich.enricher import cut, words
from syncd.errors import SourceError
from syncd.parse.apis import s2
from syncd.sources.apis.loose import dig, text
from syncd.sources.apis.s2 import PAPER_FIELDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncd.enrich.complete import Field
    from syncd.enrich.enricher import Json, Records
    from syncd.model import Paper
    from syncd.sources.exchange import Answer
    from syncd.sources.web import Web

NONE_KNOWN = "no valid paper id"

FIELDS = tuple(PAPER_FIELDS.split(","))


@dataclass(frozen=True, slots=True)
class SemanticScholar:
    """The API.

    Attributes:
        base: its address.
        key: an API key.
    """

    base: str = "https://api.semanticscholar.org/graph/v1"
    key: str | None = field(default=None, repr=False)

    name: ClassVar[str] = "semanticscholar"
    title: ClassVar[str] = "Semantic Scholar"
    per_lookup: ClassVar[int] = 500
    per_search: ClassVar[int] = 1
    gives: ClassVar[frozenset[Field]] = frozenset(
        {"creators", "abstract", "date", "identifiers", "published"}
    )

    def identifier(self, paper: Paper) -> str | None:
        """Return the arXiv id or the DOI, as the API wants it."""
        known = paper.identifiers
        if known.arxiv:
            return f"ARXIV:{known.arxiv}"
        return f"DOI:{known.doi}" if known.doi else None

    def searches(self, paper: Paper) -> bool:
        """Search for what has no identifier."""
        return not (paper.identifiers.arxiv or paper.identifiers.doi)

    def lookup(self, identifiers: Sequence[str], web: Web) -> list[Records]:
        """Ask for papers by identifier: the answer keeps their order, with null for what is not known."""
        asking = self._asking(web)
        answer = asking.post(f"{self.base}/paper/batch", {"ids": list(identifiers)}, {"fields": PAPER_FIELDS})
        if answer.status == 400 and _says_none_known(answer):
            return [[] for _ in identifiers]
        found = asking.checked(answer).json()
        if not isinstance(found, list) or len(found) != len(identifiers):
            raise asking.odd("list of as many papers as were asked for")
        return [[cut(row, FIELDS)] if isinstance(row, dict) else [] for row in found]

    def search(self, papers: Sequence[Paper], web: Web) -> list[Records]:
        """Ask for the paper whose title is the nearest."""
        asking = self._asking(web)
        found = []
        for paper in papers:
            params = {"query": words(paper.title), "fields": PAPER_FIELDS}
            answers = asking.known(f"{self.base}/paper/search/match", params)
            listed = (row for answer in answers for row in asking.rows(answer, "data", "papers"))
            found.append([cut(row, FIELDS) for row in listed])
        return found

    def read(self, record: Json) -> Paper | None:
        """Read a paper."""
        return one.read(record, "s2", s2.parse)

    def _asking(self, web: Web) -> Asking:
        return Asking(web, self.title, {"x-api-key": self.key} if self.key else {})


def _says_none_known(answer: Answer) -> bool:
    """Tell whether a refusal means that no paper of a batch is known: "No valid paper ids given"."""
    try:
        return (text(dig(answer.json(), "error")) or "").lower().startswith(NONE_KNOWN)
    except SourceError:
        return False
