"""ORCID: the works that researchers list themselves, or let others list for them.

Documentation: https://info.orcid.org/documentation/api-tutorials;
shapes: https://github.com/ORCID/orcid-model, record_3.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from syncd.messages import message
from syncd.model import Creator, Paper, Profile, Snapshot
from syncd.parse.record import Record, paper_of
from syncd.services import records
from syncd.services.base import WORKS, Asking
from syncd.services.records import Document, Field, join_versions, load
from syncd.text.dates import date_of
from syncd.text.identifiers import is_orcid
from syncd.text.loose_json import Json, dig, number, rows, text
from syncd.text.names import creator
from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from syncd.sources.web import Web

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
"""Roles of contributors who are no authors. All other words, and CRediT's addresses, say what an author did.

>>> roles = "editor", "chair-or-translator", "peer-reviewer", "co-investigator", "writing-review-editing", "AUTHOR"
>>> [bool(OTHERS.search(role)) for role in roles]
[True, True, True, False, False, False]
"""

PUBLISHED_BY = frozenset({"book", "thesis", "report", "dataset", "computerProgram", "standard", "document"})
"""Item types of works without a journal. Their "journal title" at ORCID is a publisher or an institution."""

SELF = frozenset({"", "self"})
"""The relations of a work's own identifiers. Others belong to the book that the work is in, or to another version."""


def _date(value: Any) -> str | None:
    """Read a date in three records.

    >>> _date({"year": {"value": "2018"}, "month": {"value": "07"}, "day": None})
    '2018-07'
    """
    year, month, day = (number(dig(value, f"{part}.value")) for part in ("year", "month", "day"))
    return date_of(year, month or 0, day or 0) if year else None


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
        name = records.plain_text(dig(row, "credit-name.value"))
        if name and not OTHERS.search(role):
            found.setdefault(text(dig(row, "contributor-orcid.path")) or f"{name} {len(found)}", name)
    return tuple(creator(name) for name in found.values())


WORK = (
    Field("title", ("title.title.value",), text),
    Field("creators", ("contributors.contributor",), _people),
    Field("abstract", ("short-description",), text),
    Field("date", ("publication-date",), _date),
    Field("url", ("url.value",), records.plain_text),
    Field("venue", ("journal-title.value",), records.plain_text),
)


def read(snapshot: Snapshot) -> Profile:
    """Read a researcher.

    Raises:
        ParseError: it is not what `Api.fetch` brings.
    """
    document = load(snapshot, "orcid")
    name = _name(document.author.get("name"))
    papers = document.papers(document.rows, lambda row: _paper(document, row, name))
    return document.profile((), join_versions(papers), name=name)


def _name(value: Any) -> str | None:
    given, family = (
        records.plain_text(dig(value, f"{part}.value")) for part in ("given-names", "family-name")
    )
    return (
        records.plain_text(dig(value, "credit-name.value")) or " ".join(filter(None, (given, family))) or None
    )


def _paper(document: Document, row: Json, owner: str | None) -> Paper | None:
    record = Record(**document.read(row, WORK))
    subtitle = records.plain_text(dig(row, "title.subtitle.value"))
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
        records.arxivs([value for kind, value in _identifiers(row) if kind in ("doi", "arxiv")]) or ()
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


PER_REQUEST = 100


@dataclass(frozen=True, slots=True)
class Api:
    """ORCID's public API.

    Attributes:
        base: its address.
    """

    base: str = "https://pub.orcid.org/v3.0"

    title: ClassVar[str] = "ORCID"

    def fetch(self, author: str, web: Web) -> Snapshot:
        """Fetch a researcher and all works that are public.

        Raises:
            SourceError: not all of it is to be had, or the identifier has a typing error.
        """
        asking = Asking(web, self.title, "orcid", author, {"Accept": "application/json"})
        if not is_orcid(author):
            raise asking.error(
                message("identifier-mistyped", service=self.title), hint=message("copy-once-more")
            )
        person = asking.json(f"{self.base}/{author}/person")
        groups = asking.listed(asking.json(f"{self.base}/{author}/works"), "group", what=WORKS)
        # A group without a summary goes along as it is, so that what can't be read is counted.
        summaries = [_preferred(group) or group for group in groups]
        whole = self._whole(asking, [code for s in summaries if (code := number(dig(s, "put-code")))])
        papers = [whole.get(number(dig(s, "put-code")) or 0, s) for s in summaries]
        return asking.snapshot({"name": dig(person, "name")}, papers)

    def _whole(self, asking: Asking, codes: list[int]) -> dict[int, Json]:
        """Return the whole records by their codes; those that can't be shown are missing."""
        found: dict[int, Json] = {}
        for start in range(0, len(codes), PER_REQUEST):
            some = ",".join(str(code) for code in codes[start : start + PER_REQUEST])
            for row in rows(asking.json(f"{self.base}/{asking.author}/works/{some}"), "bulk") or []:
                work = row.get("work")
                code = number(dig(work, "put-code"))
                if isinstance(work, dict) and code:
                    found[code] = work
        return found


def _preferred(group: Any) -> Json | None:
    """Return the summary of a work that its researcher prefers, where several sources have one."""
    summaries = rows(group, "work-summary") or []
    return max(summaries, key=lambda summary: number(summary.get("display-index")) or 0, default=None)
