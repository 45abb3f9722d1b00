"""ORCID's researcher and works (https://github.com/ORCID/orcid-model, record_3.0): values wrapped in records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncd.parse.apis import values
from syncd.parse.apis.document import Document, Field, load
from syncd.parse.apis.versions import joined
from syncd.parse.dates_of import joined as joined_date
from syncd.parse.record import Record, paper_of
from syncd.sources.apis.loose import dig, number, rows, text
from syncd.text.names import creator
from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncd.model import Creator, Paper, Profile, Snapshot
    from syncd.sources.apis.loose import Json

FORMS: Mapping[str, str] = {
    "journal-article": "journalArticle",
    "review": "journalArticle",
    "book-review": "journalArticle",
    "magazine-article": "magazineArticle",
    "newsletter-article": "magazineArticle",
    "newspaper-article": "magazineArticle",
    "conference-paper": "conferencePaper",
    "conference-abstract": "conferencePaper",
    "conference-proceedings": "conferencePaper",
    "conference-poster": "presentation",
    "conference-presentation": "presentation",
    "conference-output": "conferencePaper",
    "lecture-speech": "presentation",
    "book": "book",
    "edited-book": "book",
    "book-chapter": "bookSection",
    "dictionary-entry": "bookSection",
    "encyclopedia-entry": "bookSection",
    "dissertation": "thesis",
    "dissertation-thesis": "thesis",
    "report": "report",
    "working-paper": "report",
    "manual": "report",
    "data-set": "dataset",
    "software": "computerProgram",
    "standards-and-policy": "standard",
    "technical-standard": "standard",
    "online-resource": "webpage",
    "website": "webpage",
    "blog-post": "blogPost",
}
"""Zotero's item type by the type of the work. What is not here is a document, a preprint apart."""

PREPRINTS = frozenset({"", "preprint"})

OTHERS = pattern(
    r"(?i)editor|translat|\bchair\b|review(?:er)?\Z|assignee|illustrat|compiler|sponsor|funder\Z",
    hostile="chair",
)
"""Roles of contributors that are no author's. All other words and CRediT addresses say what an author did.

>>> roles = "editor", "chair-or-translator", "peer-reviewer", "co-investigator", "writing-review-editing", "AUTHOR"
>>> [bool(OTHERS.search(role)) for role in roles]
[True, True, True, False, False, False]
"""

PUBLISHED_BY = frozenset({"book", "thesis", "report", "dataset", "computerProgram", "standard", "document"})
"""Item types of works whose "journal title" is what ORCID asks for in its place: a publisher or an institution."""

SELF = frozenset({"", "self"})
"""How an identifier relates to the work: others are those of the book that it is in, or of a version."""


def _date(value: Any) -> str | None:
    """Read a date in three records.

    >>> _date({"year": {"value": "2018"}, "month": {"value": "07"}, "day": None})
    '2018-07'
    """
    year, month, day = (number(dig(value, f"{part}.value")) for part in ("year", "month", "day"))
    return joined_date(year, month or 0, day or 0) if year else None


def _people(value: Any) -> tuple[Creator, ...] | None:
    """Read contributors; one who had several roles is listed once for each. There may be none but editors."""
    listed = rows(value)
    if listed is None:
        return None
    found: dict[str, str] = {}
    for row in listed:
        role = (
            (text(dig(row, "contributor-attributes.contributor-role")) or "").rstrip("/").rpartition("/")[2]
        )
        name = values.text(dig(row, "credit-name.value"))
        if name and not OTHERS.search(role):
            found.setdefault(text(dig(row, "contributor-orcid.path")) or f"{name} {len(found)}", name)
    return tuple(creator(name) for name in found.values())


WORK = (
    Field("title", ("title.title.value",), text),
    Field("creators", ("contributors.contributor",), _people),
    Field("abstract", ("short-description",), text),
    Field("date", ("publication-date",), _date),
    Field("url", ("url.value",), values.text),
    Field("venue", ("journal-title.value",), values.text),
)


def parse(snapshot: Snapshot) -> Profile:
    """Read a researcher.

    Raises:
        ParseError: it is not what `sources.apis.orcid` fetches.
    """
    document = load(snapshot, "orcid")
    name = _name(document.author.get("name"))
    papers = document.papers(document.rows, lambda row: _paper(document, row, name))
    return document.profile((), joined(papers), name=name)


def _name(value: Any) -> str | None:
    given, family = (values.text(dig(value, f"{part}.value")) for part in ("given-names", "family-name"))
    return values.text(dig(value, "credit-name.value")) or " ".join(filter(None, (given, family))) or None


def _paper(document: Document, row: Json, owner: str | None) -> Paper | None:
    record = Record(**document.read(row, WORK))
    subtitle = values.text(dig(row, "title.subtitle.value"))
    if record.title and subtitle and subtitle.casefold() not in record.title.casefold():
        record.title = f"{record.title}: {subtitle}"
    kind = (text(row.get("type")) or "").lower().replace("_", "-")
    record.form = None if kind in PREPRINTS else FORMS.get(kind, "document")
    if record.form in PUBLISHED_BY:
        record.venue, record.publisher = "", record.venue
    for kind, value in _identifiers(row):
        if kind == "doi":
            record.dois = [*record.dois, value]
    record.arxivs = (
        values.arxivs([value for kind, value in _identifiers(row) if kind in ("doi", "arxiv")]) or ()
    )
    if not record.creators and owner:
        # Who lists a work is one of its authors: enough to look for the others.
        record.creators, record.truncated = (creator(owner),), True
    return paper_of(record)


def _identifiers(row: Json) -> list[tuple[str, str]]:
    """Return kind and value of the identifiers of the work itself."""
    listed = rows(dig(row, "external-ids.external-id")) or []
    found = [
        (text(entry.get("external-id-type")) or "", text(entry.get("external-id-value")) or "")
        for entry in listed
        if (text(entry.get("external-id-relationship")) or "").lower() in SELF
    ]
    return [
        (kind.lower(), f"arXiv:{value}" if kind.lower() == "arxiv" else value)
        for kind, value in found
        if value
    ]
