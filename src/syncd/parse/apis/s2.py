"""Semantic Scholar's author and papers (https://api.semanticscholar.org/api-docs/graph)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncd.parse.apis import values
from syncd.parse.apis.document import Document, Field, load
from syncd.parse.record import Record, paper_of
from syncd.sources.apis.loose import dig, text

if TYPE_CHECKING:
    from syncd.model import Paper, Profile, Snapshot
    from syncd.sources.apis.loose import Json

AUTHOR = (
    Field("name", ("name",), values.text),
    Field("h_index", ("hIndex",), values.count),
    Field("paper_count", ("paperCount",), values.count),
    Field("citations", ("citationCount",), values.count),
)


PAPER = (
    Field("title", ("title",), values.text),
    Field("creators", ("authors",), values.people),
    Field("abstract", ("abstract",), values.text),
    Field("date", ("publicationDate", "year"), values.date),
    Field("dois", ("externalIds.DOI",), values.texts),
    Field("arxivs", ("externalIds.ArXiv", "externalIds.DOI"), values.arxivs),
    Field("venue", ("publicationVenue.name", "venue", "journal.name"), values.text),
    Field("volume", ("journal.volume",), values.text),
    Field("pages", ("journal.pages",), values.pages),
)

VENUES = {"conference": "conferencePaper", "journal": "journalArticle"}
"""Zotero's item type by the type of the venue, which is right more often than that of the paper."""

FORMS = (
    ("Conference", "conferencePaper"),
    ("BookSection", "bookSection"),
    ("Book", "book"),
    ("JournalArticle", "journalArticle"),
    ("Review", "journalArticle"),
    ("LettersAndComments", "journalArticle"),
)
"""Zotero's item type by the types of the paper, of which there may be several; the first row counts."""


def parse(snapshot: Snapshot) -> Profile:
    """Read an author.

    Raises:
        ParseError: it is not what `sources.apis.s2` fetches.
    """
    document = load(snapshot, "s2")
    papers = document.papers(document.rows, lambda row: _paper(document, row))
    return document.profile(AUTHOR, papers)


def _paper(document: Document, row: Json) -> Paper | None:
    record = Record(**document.read(row, PAPER))
    kinds = values.texts(row.get("publicationTypes")) or ()
    venue = VENUES.get(text(dig(row, "publicationVenue.type")) or "")
    if record.venue:
        record.form = venue or next((form for kind, form in FORMS if kind in kinds), None)
    if not record.dois and not record.arxivs:
        record.url = text(row.get("url")) or ""  # Semantic Scholar's own page: better than none
    return paper_of(record)
