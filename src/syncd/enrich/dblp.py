"""DBLP: venues, pages and authors of computer science, kept by hand.

Documentation: https://dblp.org/faq/How+to+use+the+dblp+search+API. It has conferences that register no DOI.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from syncd.enrich.asking import Asking
from syncd.enrich.enricher import MOST_CANDIDATES, cut, words
from syncd.parse.apis import values
from syncd.parse.apis.dblp import HOMONYM
from syncd.parse.record import Record, paper_of
from syncd.sources.apis.loose import dig, many, rows, text
from syncd.text.names import creator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from syncd.enrich.complete import Field
    from syncd.enrich.enricher import Json, Records
    from syncd.model import Creator, Paper
    from syncd.sources.web import Web

FIELDS = (
    "title",
    "authors",
    "venue",
    "volume",
    "number",
    "pages",
    "publisher",
    "year",
    "type",
    "doi",
    "ee",
)

FORMS: Mapping[str, str] = {
    "Journal Articles": "journalArticle",
    "Conference and Workshop Papers": "conferencePaper",
    "Parts in Books or Collections": "bookSection",
    "Reference Works": "bookSection",
    "Data and Artifacts": "dataset",
}
"""Zotero's item type by the type of the record; informal publications are preprints."""

WITHDRAWN = "Withdrawn Items"


@dataclass(frozen=True, slots=True)
class Dblp:
    """The search.

    Attributes:
        base: its address.
    """

    base: str = "https://dblp.org"

    name: ClassVar[str] = "dblp"
    title: ClassVar[str] = "DBLP"
    per_lookup: ClassVar[int] = 1
    per_search: ClassVar[int] = 1
    gives: ClassVar[frozenset[Field]] = frozenset(
        {"creators", "date", "identifiers", "published", "retracted"}
    )

    def identifier(self, paper: Paper) -> str | None:  # noqa: ARG002 - there is no lookup
        """Return None: the search knows titles only."""
        return None

    def searches(self, paper: Paper) -> bool:
        """Search for what is not known to be published, or lacks authors."""
        return paper.published_as is None or paper.creators_truncated

    def lookup(self, identifiers: Sequence[str], web: Web) -> list[Records]:  # noqa: ARG002 - see `identifier`
        """Find nothing."""
        return [[] for _ in identifiers]

    def search(self, papers: Sequence[Paper], web: Web) -> list[Records]:
        """Ask for records with all words of a title."""
        asking = Asking(web, self.title)
        found = []
        for paper in papers:
            answer = asking.json(
                f"{self.base}/search/publ/api",
                {"q": words(paper.title), "format": "json", "h": MOST_CANDIDATES, "c": 0},
            )
            hits = dig(answer, "result.hits")
            if not isinstance(hits, dict):
                raise asking.odd("list of records")
            infos = (row.get("info") for row in rows(many(hits.get("hit"))) or [])
            found.append([cut(info, FIELDS) for info in infos if isinstance(info, dict)])
        return found

    def read(self, record: Json) -> Paper | None:
        """Read the information of a record."""
        kind = text(record.get("type")) or ""
        addresses = [*(values.texts(record.get("doi")) or ()), *(values.texts(record.get("ee")) or ())]
        volume = values.text(record.get("volume")) or ""
        paper = paper_of(
            Record(
                title=values.text(record.get("title")) or "",  # its full stop is no part of what is compared
                creators=_people(dig(record, "authors.author")),
                date=values.date(record.get("year")),
                dois=addresses,
                arxivs=values.arxivs([*addresses, f"arXiv:{volume.removeprefix('abs/')}"]) or (),
                venue=next(iter(values.texts(record.get("venue")) or ()), ""),
                form=FORMS.get(kind),
                volume=volume,
                issue=values.text(record.get("number")) or "",
                pages=values.pages(record.get("pages")) or "",
                publisher=values.text(record.get("publisher")) or "",
            )
        )
        return replace(paper, retracted=True) if paper and kind == WITHDRAWN else paper


def _people(value: Any) -> tuple[Creator, ...]:
    names = (values.text(dig(one, "text") or one) for one in many(value))
    return tuple(creator(HOMONYM.sub("", name)) for name in names if name)
