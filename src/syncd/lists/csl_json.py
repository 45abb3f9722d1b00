"""CSL-JSON, as Zotero, pandoc and citation processors read it: which field and type is which."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from syncd.lists.reference import Reference
from syncd.model import Creator

TYPES: Mapping[str, str] = {
    "preprint": "article",
    "journalArticle": "article-journal",
    "magazineArticle": "article-magazine",
    "newspaperArticle": "article-newspaper",
    "conferencePaper": "paper-conference",
    "bookSection": "chapter",
    "book": "book",
    "thesis": "thesis",
    "report": "report",
    "manuscript": "manuscript",
    "webpage": "webpage",
    "blogPost": "post-weblog",
    "forumPost": "post",
    "presentation": "speech",
    "computerProgram": "software",
    "dataset": "dataset",
    "standard": "standard",
    "encyclopediaArticle": "entry-encyclopedia",
    "dictionaryEntry": "entry-dictionary",
    "patent": "patent",
    "bill": "bill",
    "case": "legal_case",
    "statute": "legislation",
    "hearing": "hearing",
    "interview": "interview",
    "letter": "personal_communication",
    "email": "personal_communication",
    "instantMessage": "personal_communication",
    "map": "map",
    "artwork": "graphic",
    "film": "motion_picture",
    "videoRecording": "motion_picture",
    "audioRecording": "song",
    "podcast": "broadcast",
    "radioBroadcast": "broadcast",
    "tvBroadcast": "broadcast",
}
"""CSL's `type` by Zotero's item type; all others are documents."""

FIELDS: Mapping[str, str] = {
    "archive": "archive",
    "archiveLocation": "archive_location",
    "callNumber": "call-number",
    "conferenceName": "event-title",
    "edition": "edition",
    "eventPlace": "event-place",
    "ISBN": "ISBN",
    "ISSN": "ISSN",
    "issue": "issue",
    "journalAbbreviation": "container-title-short",
    "language": "language",
    "libraryCatalog": "source",
    "meetingName": "event-title",
    "number": "number",
    "numberOfVolumes": "number-of-volumes",
    "numPages": "number-of-pages",
    "organization": "authority",
    "originalPlace": "original-publisher-place",
    "originalPublisher": "original-publisher",
    "pages": "page",
    "partNumber": "part-number",
    "partTitle": "part-title",
    "place": "publisher-place",
    "PMCID": "PMCID",
    "PMID": "PMID",
    "publicationTitle": "container-title",
    "publisher": "publisher",
    "rights": "license",
    "section": "section",
    "series": "collection-title",
    "seriesNumber": "collection-number",
    "seriesTitle": "collection-title",
    "shortTitle": "title-short",
    "status": "status",
    "system": "medium",
    "type": "genre",
    "versionNumber": "version",
    "volume": "volume",
}
"""CSL's fields by Zotero's base fields."""

ROLES: Mapping[str, str] = {
    "bookAuthor": "container-author",
    "contributor": "contributor",
    "editor": "editor",
    "interviewer": "interviewer",
    "recipient": "recipient",
    "reviewedAuthor": "reviewed-author",
    "seriesEditor": "collection-editor",
    "translator": "translator",
    "organizer": "organizer",
    "chair": "chair",
    "producer": "producer",
    "scriptwriter": "script-writer",
    "performer": "performer",
    "castMember": "performer",
    "host": "host",
    "guest": "guest",
}
"""What CSL calls those who are no authors."""

OTHERS = {"literal": "others"}
"""Stands behind authors of whom there are more. Zotero has the same."""


def pieces(references: Iterable[Reference]) -> Iterator[str]:
    """Yield a list of items, an item a line."""
    before = "[\n"
    for reference in references:
        yield before + json.dumps(item_of(reference), ensure_ascii=False)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def item_of(reference: Reference) -> dict[str, Any]:
    """Return a reference as CSL has it."""
    authors: list[dict[str, str]] = [_name(one) for one in reference.authors]
    item = {
        "id": reference.citation_key,
        "citation-key": reference.citation_key,
        "type": TYPES.get(reference.item_type, "document"),
        "title": reference.title,
        "author": [*authors, OTHERS] if reference.cut else authors,
        **{
            ROLES[role]: [_name(one) for one in people]
            for role, people in reference.others.items()
            if role in ROLES
        },
        **{FIELDS[name]: text for name, text in reference.fields.items() if name in FIELDS},
        # Under a second name, which Zotero reads.
        "journalAbbreviation": reference.fields.get("journalAbbreviation"),
        "abstract": reference.abstract,
        "DOI": reference.doi,
        "URL": reference.url,
        "issued": _date(reference.date),
        "accessed": _date(reference.fields.get("accessDate", "")[:10]),
        "keyword": ", ".join(reference.tags),
        "note": _note(reference),
    }
    return {name: value for name, value in item.items() if value}


def _note(reference: Reference) -> str:
    """Return what Zotero has in `extra`, the arXiv id in the first line."""
    category = f" [{reference.category}]" if reference.category else ""
    own = f"arXiv:{reference.arxiv}{category}" if reference.arxiv else ""
    return "\n".join(filter(None, (own, reference.note)))


def _name(creator: Creator) -> dict[str, str]:
    """Return a name; Zotero and its citation processor look for a suffix behind a comma in the given names."""
    if not creator.given:
        return {"literal": creator.name}
    given = f"{creator.given}, {creator.suffix}" if creator.suffix else creator.given
    return {"family": creator.family, "given": given}


def _date(iso: str) -> dict[str, list[list[int]]] | None:
    """Return a date of ISO 8601 in parts.

    >>> _date("2023-04"), _date("")
    ({'date-parts': [[2023, 4]]}, None)
    """
    parts = [int(part) for part in iso.split("-") if part.isdigit()]
    return {"date-parts": [parts]} if parts else None
