"""Scholar Feed: authors and their arXiv papers with scores, institutions and repositories.

Its API answers at https://api.scholarfeed.org/api/v1, and nothing is published about it. It adds fields without notice,
so nothing that is not in the tables matters.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from syncd.model import Paper, Profile, Snapshot
from syncd.parse.record import Record, paper_of
from syncd.services import records
from syncd.services.base import MOST_TOPICS, PAPERS, Asking, FoundAuthor, Params, newest, topics
from syncd.services.records import Document, Field, load
from syncd.text.links import find_links
from syncd.text.loose_json import Json, dig, number, rows, text

if TYPE_CHECKING:
    from syncd.sources.web import Web

AUTHOR = (
    Field("name", ("name", "display_name"), records.plain_text),
    Field("field", ("primary_field", "field"), records.plain_text),
    Field("h_index", ("h_index",), number),
    Field("paper_count", ("total_papers", "paper_count"), number),
    Field("citations", ("total_citations", "citations"), number),
    Field("novelty", ("avg_novelty_score", "novelty_score", "novelty"), records.whole_percent),
    Field("ai_score", ("ai_score", "author_rank_score"), records.whole_percent),
)

PAPER = (
    Field("title", ("title",), text),
    Field("creators", ("authors",), records.people),
    Field("abstract", ("abstract",), text),  # never `llm_summary`, which nobody of the authors wrote
    Field("date", ("published_date", "published", "year"), records.date),
    Field("category", ("primary_category", "categories.0"), records.plain_text),
    Field("arxivs", ("arxiv_id", "arxiv_url"), records.arxivs),
    Field("dois", ("doi",), records.texts),
    Field("venue", ("venue_name", "venue"), records.plain_text),
)

OF_ITS_OWN = (
    Field("score", ("rank_score",), records.percent),
    Field("affiliations", ("institution_tags",), records.slugs),
    Field("affiliation_names", ("institution_tags",), records.texts),
    Field("has_code", ("has_code",), records.flag),
)

LINKS = ("github_url", "code_url", "project_url", "huggingface_url", "model_url", "dataset_url", "demo_url")
"""Fields that hold an address of something that belongs to the paper."""


def read(snapshot: Snapshot) -> Profile:
    """Read an author.

    Raises:
        ParseError: it is not what `Api.fetch` brings.
    """
    document = load(snapshot, "scholarfeed")
    papers = document.papers(document.rows, lambda row: _paper(document, row))
    return document.profile(AUTHOR, papers)


def _paper(document: Document, row: Json) -> Paper | None:
    addresses = [address for name in LINKS if (address := records.plain_text(row.get(name)))]
    record = Record(**document.read(row, PAPER), texts=addresses)
    # A cut list comes with the number of all authors, or says "et al.".
    record.truncated = (number(row.get("n_authors")) or 0) > len(record.creators) or bool(
        records.cut(row.get("authors"))
    )
    paper = paper_of(record)
    if paper is None:
        return None
    own = document.read(row, OF_ITS_OWN)
    has_code = own.pop("has_code", False) or any(
        link.kind == "code" for link in find_links("\n".join(addresses))
    )
    return replace(paper, has_code=has_code, **own)


PER_PAGE = 50
LISTS = ("papers", "results", "items", "data")
AUTHORS = ("authors", "results", "items", "data")


@dataclass(frozen=True, slots=True)
class Api:
    """Scholar Feed.

    Attributes:
        base: its address.
        key: `sf_…`, for more requests a day.
    """

    base: str = "https://api.scholarfeed.org/api/v1"
    key: str | None = field(default=None, repr=False)

    title: ClassVar[str] = "Scholar Feed"

    def fetch(self, author: str, web: Web) -> Snapshot:
        """Fetch an author and all papers.

        Raises:
            SourceError: not all of it is to be had.
        """
        asking = self._asking(web, author)
        about = asking.json(f"{self.base}/public/authors/{author}")
        about = dig(about, "author") or about
        return asking.snapshot(about, self._papers(asking))

    def find(self, name: str, web: Web) -> list[FoundAuthor]:
        """Find authors by name."""
        answer = self._asking(web, name).json(
            f"{self.base}/public/authors/discover", {"q": name, "limit": 20}
        )
        found = (_found(row) for row in rows(answer, *AUTHORS) or [])
        return [author for author in found if author]

    def latest(self, author: str, web: Web) -> list[Paper]:
        """Ask for an author's papers, and return those that were published last."""
        asking, document = self._asking(web, author), Document()
        address = f"{self.base}/public/authors/{author}/papers"
        page = asking.json(address, {"limit": PER_PAGE, "page": 1})
        listed = [row for row in asking.listed(page, *LISTS, what=PAPERS) if isinstance(row, dict)]
        return newest(document.papers(listed, lambda row: _paper(document, row)))

    def _asking(self, web: Web, author: str) -> Asking:
        headers = {"Accept": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        return Asking(web, self.title, "scholarfeed", author, headers)

    def _papers(self, asking: Asking) -> list[Any]:
        """Turn pages until one brings nothing new: the number of papers may be unknown, or wrong."""
        address = f"{self.base}/public/authors/{asking.author}/papers"
        papers: dict[str, Any] = {}
        for page in asking.pages(address, {"limit": PER_PAGE, "page": 1}, _next_page):
            before = len(papers)
            for row in asking.listed(page, *LISTS, what=PAPERS):
                papers.setdefault(_mark(row), row)
            total = number(dig(page, "total"))
            if len(papers) == before or (total is not None and len(papers) >= total):
                break
        return list(papers.values())


def _next_page(_: Any, params: Params) -> Params:
    return {"page": int(params["page"]) + 1}


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
        service=Api.title,
        affiliation=text(dig(row, "affiliation")) or text(dig(row, "institution_tags.0")),
        field=text(dig(row, "primary_field")) or text(dig(row, "research_topics.0")),
        papers=number(dig(row, "total_papers")),
        citations=number(dig(row, "total_citations")),
        h_index=number(dig(row, "h_index")),
        topics=topics(*(text(dig(row, f"research_topics.{place}")) for place in range(MOST_TOPICS))),
    )
