"""OpenAlex's author and works (https://developers.openalex.org): addresses as identifiers, abstracts as word lists."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from syncd.model import Notice
from syncd.parse.apis import values
from syncd.parse.apis.document import Document, Field, load
from syncd.parse.apis.versions import joined
from syncd.parse.record import Record, paper_of
from syncd.sources.apis.loose import dig, rows, text
from syncd.text.names import creator
from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncd.model import Creator, Paper, Profile, Snapshot
    from syncd.sources.apis.loose import Json

CUT_AT = 100
"""Lists of authors are cut there, which a list of works does not always say."""

NO_PAPERS = frozenset({"paratext", "peer-review", "grant", "supplementary-materials"})
"""Types of works that are no papers: covers and contents, reviewers' reports, grants."""

FORMS: Mapping[tuple[str, str], str] = {
    ("article", "journal"): "journalArticle",
    ("review", "journal"): "journalArticle",
    ("letter", "journal"): "journalArticle",
    ("editorial", "journal"): "journalArticle",
    ("article", "conference"): "conferencePaper",
    ("article", "book series"): "conferencePaper",
    ("article", "ebook platform"): "bookSection",
}
"""Zotero's item type by the type of the work and of what it appeared in; a repository makes no publication."""

FORMS_ALONE: Mapping[str, str] = {
    "book-chapter": "bookSection",
    "book": "book",
    "dissertation": "thesis",
    "report": "report",
}
"""Types of works that say all by themselves."""

NEW_YEAR = pattern(r"(?P<year>\d{4})-01-01", hostile="1")
"""The date of a work of which only the year is known, and of few others.

>>> NEW_YEAR.fullmatch("2020-01-01")["year"]
'2020'
"""


def _date(value: Any) -> str | None:
    found = values.date(value)
    only = NEW_YEAR.fullmatch(found or "")
    return only["year"] if only else found


def _people(value: Any) -> tuple[Creator, ...] | None:
    names = (
        values.text(dig(row, "author.display_name")) or values.text(row.get("raw_author_name"))
        for row in rows(value) or []
    )
    return tuple(creator(name) for name in names if name) or None


def _abstract(value: Any) -> str | None:
    """Put the words of an abstract in their places.

    >>> _abstract({"is": [1, 4], "This": [0], "what": [2], "it": [3]}), _abstract({"a": None}), _abstract([])
    ('This is what it is', None, None)
    """
    places = value.items() if isinstance(value, dict) else ()
    words = sorted(
        (place, word)
        for word, at in places
        for place in (at if isinstance(at, list) else [])
        if isinstance(place, int)
    )
    return values.text(" ".join(word for _, word in words))


def _pages(value: Any) -> str | None:
    first, last = values.text(dig(value, "first_page")), values.text(dig(value, "last_page"))
    return f"{first}-{last}" if first and last and first != last else first


AUTHOR = (
    Field("name", ("display_name",), values.text),
    Field("h_index", ("summary_stats.h_index",), values.count),
    Field("paper_count", ("works_count",), values.count),
    Field("citations", ("cited_by_count",), values.count),
)

WORK = (
    Field("title", ("title", "display_name"), values.text),
    Field("creators", ("authorships",), _people),
    Field("abstract", ("abstract_inverted_index",), _abstract),
    Field("date", ("publication_date", "publication_year"), _date),
    Field("dois", ("doi", "ids.doi"), values.texts),
    Field("url", ("primary_location.landing_page_url",), values.text),
    Field("venue", ("primary_location.source.display_name",), values.text),
    Field("publisher", ("primary_location.source.host_organization_name",), values.text),
    Field("volume", ("biblio.volume",), values.text),
    Field("issue", ("biblio.issue",), values.text),
)


def parse(snapshot: Snapshot) -> Profile:
    """Read an author.

    Raises:
        ParseError: it is not what `sources.apis.openalex` fetches.
    """
    document = load(snapshot, "openalex")
    author = _bare(document.author.get("id")) or document.identifier
    works = [row for row in document.rows if text(row.get("type")) not in NO_PAPERS]
    papers = document.untitled([_paper(document, row, author) for row in works])
    return document.profile(AUTHOR, joined(papers))


def _bare(identifier: Any) -> str:
    return (text(identifier) or "").rpartition("/")[2].upper()


def _paper(document: Document, row: Json, author: str) -> Paper | None:
    record = Record(**document.read(row, WORK))
    listed = rows(row.get("authorships")) or []
    record.truncated = row.get("is_authors_truncated") is True or (
        len(listed) >= CUT_AT and listed[-1].get("author_position") != "last"
    )
    record.pages = _pages(row.get("biblio")) or ""
    record.arxivs = values.arxivs([row.get("doi"), *_addresses(row)]) or ()
    kind, container = text(row.get("type")) or "", text(dig(row, "primary_location.source.type")) or ""
    record.form = FORMS_ALONE.get(kind) or FORMS.get((kind, container))
    if container == "repository":
        record.venue = record.publisher = ""
    paper = paper_of(record)
    if paper is None:
        return None
    if row.get("is_retracted") is True:
        document.notices.append(Notice("retracted", f"'{paper.title}' was retracted"))
    own = next((row for row in listed if _bare(dig(row, "author.id")) == author), {})
    names = [dig(place, "display_name") for place in rows(own.get("institutions")) or []]
    return replace(paper, affiliations=values.slugs(names) or ())


def _addresses(row: Json) -> list[str]:
    """Where the work can be read: one of these may be arXiv."""
    places = rows(row.get("locations")) or []
    found = (text(place.get(name)) for place in places for name in ("landing_page_url", "pdf_url"))
    return [address for address in found if address]
