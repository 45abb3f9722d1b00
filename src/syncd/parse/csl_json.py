"""CSL-JSON, as Zotero, Crossref and pandoc write it: a list of items, one item, or Crossref's answer.

Unknown fields are left alone. What can't be read as an item is left out and noted; the other items are read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from syncd.errors import ParseError
from syncd.messages import message
from syncd.model import Creator, Profile, Snapshot
from syncd.parse.decode import read_text
from syncd.parse.listing import Listing
from syncd.parse.markup import plain
from syncd.parse.record import ARXIV_NOTE, Record, one_line, paper_of
from syncd.sources.limits import CREATORS, ENTRIES, TOO_MANY_ITEMS, read_json, within
from syncd.text.dates import date_of, iso_date
from syncd.text.names import ET_AL, bare, creator, organisation

EXPECTED = message("expected-csl-json")

FORMS = {
    "article-journal": "journalArticle",
    "article-magazine": "magazineArticle",
    "article-newspaper": "magazineArticle",
    "journal-article": "journalArticle",
    "paper-conference": "conferencePaper",
    "proceedings-article": "conferencePaper",
    "chapter": "bookSection",
    "book-chapter": "bookSection",
    "entry-encyclopedia": "bookSection",
    "book": "book",
    "monograph": "book",
    "edited-book": "book",
    "thesis": "thesis",
    "dissertation": "thesis",
    "report": "report",
    "standard": "standard",
    "dataset": "dataset",
    "software": "computerProgram",
    "speech": "presentation",
    "webpage": "webpage",
    "post-weblog": "blogPost",
    "document": "document",
}
"""Zotero's item type by CSL's `type`, or Crossref's; all others (`article`, `posted-content`) are preprints."""

FIELDS = {
    "title": ("title",),
    "abstract": ("abstract",),
    "url": ("URL",),
    "venue": ("container-title", "event-title"),
    "volume": ("volume",),
    "issue": ("issue",),
    "pages": ("page", "article-number"),
    "publisher": ("publisher",),
}
"""The fields of CSL that make a field of a record: the first one that is there."""

DATES = ("issued", "published", "published-print", "published-online", "posted")
DOIS = ("DOI", "URL")
ARXIVS = ("number", "archive_location", "archive-location", "note", "container-title")
"""Fields that hold the arXiv id in a line of its own, as Zotero writes them."""

NO_VENUE = frozenset({"book", "thesis", "report", "standard", "dataset", "computerProgram", "document"})


def parse(snapshot: Snapshot) -> Profile:
    """Read a CSL-JSON file.

    Raises:
        ParseError: it is no JSON, or holds no item with a title.
    """
    text = read_text(snapshot)
    listing = Listing(snapshot.origin)
    for number, item in enumerate(_items(text, snapshot.origin), 1):
        if not isinstance(item, dict):
            listing.note("broken-entry", message("item-no-object", number=number))
            continue
        paper = paper_of(_record(item))
        if paper:
            listing.add(paper, message("item-number", number=number))
        else:
            listing.note("no-title", message("item-without-title", number=number))
    return listing.profile(EXPECTED)


def _items(text: str, origin: str) -> list[Any]:
    try:
        found = read_json(text.encode("utf-8", "surrogatepass"))
    except json.JSONDecodeError as error:
        raise ParseError(
            message("json-wrong", reason=error.msg), origin=origin, line=error.lineno, expected=EXPECTED
        ) from None
    except ValueError:
        raise ParseError(message("json-unreadable"), origin=origin, expected=EXPECTED) from None
    for name in ("message", "items"):
        found = found.get(name, found) if isinstance(found, dict) else found
    items = found if isinstance(found, list) else [found]
    within(len(items), ENTRIES, TOO_MANY_ITEMS)
    return items


def _text(value: Any) -> str:
    """A field as text; of a list the first, as Crossref has titles."""
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _first(item: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next(filter(None, (_text(item.get(name)) for name in names)), "")


def _record(item: Mapping[str, Any]) -> Record:
    form = FORMS.get(_text(item.get("type")))
    fields = {name: _first(item, names) for name, names in FIELDS.items()}
    if form in NO_VENUE:
        fields["venue"] = ""
    authors = item.get("author")
    people = [_creator(name) for name in authors[: CREATORS + 1]] if isinstance(authors, list) else []
    lines = [line.strip() for name in ARXIVS for line in _text(item.get(name)).splitlines()]
    return Record(
        creators=tuple(person for person in people if person.name and not ET_AL.fullmatch(person.name)),
        truncated=any(ET_AL.fullmatch(person.name) for person in people),
        date=next(filter(None, (_date(item.get(name)) for name in DATES)), None),
        dois=[_text(item.get(name)) for name in DOIS],
        arxivs=[*filter(ARXIV_NOTE.fullmatch, lines), _text(item.get("URL")), _text(item.get("DOI"))],
        texts=[_text(item.get("note"))],
        form=form,
        repository=_institution(item.get("institution")),
        **fields,
    )


def _institution(value: Any) -> str:
    """Read what Crossref calls the institution of a posted paper: the server that it lies on."""
    first = value[0] if isinstance(value, list) and value else None
    return _text(first.get("name")) if isinstance(first, dict) else ""


def _date(value: Any) -> str | None:
    """Read a date: parts as numbers or as text, or a text as people write it."""
    if not isinstance(value, dict):
        return iso_date(_text(value))
    parts = value.get("date-parts")
    first = parts[0] if isinstance(parts, list) and parts else None
    if isinstance(first, list):
        numbers = [_text(part) for part in first[:3]]
        whole = [int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0 for text in numbers]
        return date_of(*whole) if whole else None
    return iso_date(_text(value.get("raw")) or _text(value.get("literal")))


def _creator(value: Any) -> Creator:
    """Read a name in parts; particles that are dropped in sorting stay with the given names, as in CSL."""
    if not isinstance(value, dict):
        return creator(one_line(_text(value)))
    part = {name: one_line(plain(_text(text))) for name, text in value.items()}
    whole = part.get("literal") or part.get("name")
    family = bare(" ".join(filter(None, (part.get("non-dropping-particle"), part.get("family")))))
    given = " ".join(filter(None, (part.get("given"), part.get("dropping-particle"))))
    if whole and not family:
        return organisation(whole)
    if not family:
        return creator(given)
    suffix = part.get("suffix", "")
    return Creator(" ".join(filter(None, (given, family, suffix))), family, given, suffix)
