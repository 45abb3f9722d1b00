"""OpenAlex's author and works (https://developers.openalex.org): addresses as identifiers, abstracts as word lists."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from syncd.model import Notice
from syncd.parse.apis import values
from syncd.parse.apis.document import Document, Field, load
from syncd.parse.apis.versions import joined
from syncd.parse.record import Record, is_server, paper_of
from syncd.sources.apis.loose import dig, rows, text
from syncd.text.names import creator, same_person
from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncd.model import Creator, Paper, Profile, Snapshot
    from syncd.sources.apis.loose import Json

CUT_AT = 100
"""Lists of authors are cut there, which a list of works does not always say."""

NO_PAPERS = frozenset({"paratext", "peer-review", "grant", "supplementary-materials", "libguides"})
"""Types of works that are no papers: covers and contents, reviewers' reports, grants, guides of libraries."""

IN_JOURNALS = frozenset(
    [
        *(
            "article",
            "review",
            "letter",
            "editorial",
            "erratum",
            "retraction",
            "data-paper",
            "software-paper",
        ),
        *("book-review", "book-chapter", "conference-paper", "conference-abstract"),
    ]
)
"""Types of works that are articles where they appeared in a journal, as Zotero's own translator has it."""

FORMS: Mapping[tuple[str, str], str] = {
    **{(kind, "journal"): "journalArticle" for kind in IN_JOURNALS},
    **{(kind, "conference"): "conferencePaper" for kind in ("article", "review", "book-chapter")},
    ("article", "book series"): "conferencePaper",
    ("article", "ebook platform"): "bookSection",
}
"""Zotero's item type by the type of the work and of what it appeared in; a repository makes no publication."""

FORMS_ALONE: Mapping[str, str] = {
    "conference-paper": "conferencePaper",
    "conference-abstract": "conferencePaper",
    "data-paper": "journalArticle",
    "software-paper": "journalArticle",
    "book-review": "journalArticle",
    "book-chapter": "bookSection",
    "reference-entry": "bookSection",
    "book": "book",
    "dissertation": "thesis",
    "report": "report",
    "review": "journalArticle",
    "letter": "journalArticle",
    "editorial": "journalArticle",
    "erratum": "journalArticle",
    "retraction": "journalArticle",
    "dataset": "dataset",
    "software": "computerProgram",
    "standard": "standard",
    "other": "document",
}
"""Zotero's item type by the type of the work alone; an article without a source may be a preprint."""

ANYWHERE = frozenset({"book", "dissertation", "report", "dataset", "software", "standard", "other"})
"""Types of works that stay what they are in a repository, of which the others there are preprints."""

RAW_FORMS: Mapping[str, str] = {
    "journal-article": "journalArticle",
    "proceedings-article": "conferencePaper",
    "book-chapter": "bookSection",
}
"""Zotero's item type of an article without a source, by what its publisher registered it as."""

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
    return tuple(filter(None, map(_person, rows(value) or []))) or None


def _person(row: Json) -> Creator | None:
    """Read an author: by the name that OpenAlex shows, or the printed one where it shows another person's."""
    shown, printed = values.text(dig(row, "author.display_name")), values.text(row.get("raw_author_name"))
    if shown and printed and not same_person(shown, printed):
        return creator(printed)
    name = shown or printed
    return creator(name) if name else None


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
    return text(" ".join(word for _, word in words))


def _venue(value: Any) -> str | None:
    """Read the name of what a work appeared in; as it is printed where the two differ in nothing but case.

    >>> _venue({"source": {"display_name": "Lecture notes in X"}, "raw_source_name": "Lecture Notes in X"})
    'Lecture Notes in X'
    >>> _venue({"source": None, "raw_source_name": "Nature"}), _venue({"source": None})
    ('Nature', None)
    """
    shown, printed = (
        values.text(dig(value, "source.display_name")),
        values.text(dig(value, "raw_source_name")),
    )
    if not shown or not printed:
        return shown or printed
    alike = shown.casefold() == printed.casefold() and printed not in (printed.upper(), printed.lower())
    return printed if alike else shown


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
    Field("title", ("title", "display_name"), text),
    Field("creators", ("authorships",), _people),
    Field("abstract", ("abstract_inverted_index",), _abstract),
    Field("date", ("publication_date", "publication_year"), _date),
    Field("dois", ("doi", "ids.doi"), values.texts),
    Field("url", ("primary_location.landing_page_url",), values.text),
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
    papers = document.papers(works, lambda row: _paper(document, row, author))
    return document.profile(AUTHOR, joined(papers))


def _bare(identifier: Any) -> str:
    return (text(identifier) or "").rpartition("/")[2].upper()


def _paper(document: Document, row: Json, author: str) -> Paper | None:
    record = Record(**document.read(row, WORK))
    listed = rows(row.get("authorships")) or []
    record.truncated = row.get("is_authors_truncated") is True or (
        len(listed) >= CUT_AT and listed[-1].get("author_position") != "last"
    )
    document.count_authors(record, row.get("authorships"))
    record.pages = _pages(row.get("biblio")) or ""
    record.arxivs = values.arxivs([row.get("doi"), *_addresses(row)]) or ()
    record.venue = _venue(row.get("primary_location")) or ""
    record.form = _form(row)
    if record.form == "dataset":
        record.publisher = record.venue or record.publisher  # the repository that it lies in
    elif (
        text(dig(row, "primary_location.source.type")) == "repository" or text(row.get("type")) == "preprint"
    ):
        kept = record.form == "thesis" and not is_server(record.venue)
        record.publisher, record.repository = record.publisher if kept else "", record.venue
        record.venue = ""
    paper = paper_of(record)
    if paper is None:
        return None
    if row.get("is_retracted") is True:
        document.notices.append(Notice("retracted", f"'{paper.title}' was retracted"))
    own = next((row for row in listed if _bare(dig(row, "author.id")) == author), {})
    names = [dig(place, "display_name") for place in rows(own.get("institutions")) or []]
    return replace(paper, affiliations=values.slugs(names) or ())


def _form(row: Json) -> str | None:
    """Tell Zotero's item type: None for a preprint."""
    kind, place = text(row.get("type")) or "", dig(row, "primary_location")
    container = text(dig(place, "source.type")) or ""
    if kind not in ANYWHERE and (container == "repository" or is_server(text(dig(place, "raw_source_name")))):
        return None
    raw = text(dig(place, "raw_type")) if kind == "article" and not dig(place, "source") else None
    return FORMS.get((kind, container)) or FORMS_ALONE.get(kind) or RAW_FORMS.get(raw or "")


def _addresses(row: Json) -> list[str]:
    """Where the work can be read: one of these may be arXiv."""
    places = rows(row.get("locations")) or []
    found = (text(place.get(name)) for place in places for name in ("landing_page_url", "pdf_url"))
    return [address for address in found if address]
