"""Scholar Feed's author and papers. It adds fields without notice; those that are not in the tables are left alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from syncd.parse.apis import values
from syncd.parse.apis.document import Document, Field, load
from syncd.parse.record import Record, paper_of
from syncd.sources.apis.loose import number, text
from syncd.text.links import find_links

if TYPE_CHECKING:
    from syncd.model import Paper, Profile, Snapshot
    from syncd.sources.apis.loose import Json

AUTHOR = (
    Field("name", ("name", "display_name"), values.text),
    Field("field", ("primary_field", "field"), values.text),
    Field("h_index", ("h_index",), values.count),
    Field("paper_count", ("total_papers", "paper_count"), values.count),
    Field("citations", ("total_citations", "citations"), values.count),
    Field("novelty", ("avg_novelty_score", "novelty_score", "novelty"), values.whole_percent),
    Field("ai_score", ("ai_score", "author_rank_score"), values.whole_percent),
)

PAPER = (
    Field("title", ("title",), text),
    Field("creators", ("authors",), values.people),
    Field("abstract", ("abstract",), text),  # never `llm_summary`, which nobody of the authors wrote
    Field("date", ("published_date", "published", "year"), values.date),
    Field("category", ("primary_category", "categories.0"), values.text),
    Field("arxivs", ("arxiv_id", "arxiv_url"), values.arxivs),
    Field("dois", ("doi",), values.texts),
    Field("venue", ("venue_name", "venue"), values.text),
)

OF_ITS_OWN = (
    Field("score", ("rank_score",), values.percent),
    Field("affiliations", ("institution_tags",), values.slugs),
    Field("has_code", ("has_code",), values.flag),
)

LINKS = ("github_url", "code_url", "project_url", "huggingface_url", "model_url", "dataset_url", "demo_url")
"""Fields that hold an address of something that belongs to the paper."""


def parse(snapshot: Snapshot) -> Profile:
    """Read an author.

    Raises:
        ParseError: it is not what `sources.apis.scholarfeed` fetches.
    """
    document = load(snapshot, "scholarfeed")
    papers = document.papers(document.rows, lambda row: _paper(document, row))
    return document.profile(AUTHOR, papers)


def _paper(document: Document, row: Json) -> Paper | None:
    addresses = [address for name in LINKS if (address := values.text(row.get(name)))]
    record = Record(**document.read(row, PAPER), texts=addresses)
    # A cut list comes with the number of all authors, or says "et al.".
    record.truncated = (number(row.get("n_authors")) or 0) > len(record.creators) or bool(
        values.cut(row.get("authors"))
    )
    paper = paper_of(record)
    if paper is None:
        return None
    own = document.read(row, OF_ITS_OWN)
    has_code = own.pop("has_code", False) or any(
        link.kind == "code" for link in find_links("\n".join(addresses))
    )
    return replace(paper, has_code=has_code, **own)
