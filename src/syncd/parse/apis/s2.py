"""Semantic Scholar's author and papers (https://api.semanticscholar.org/api-docs/graph)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncd.parse.apis import values
from syncd.parse.apis.document import Document, Field, load
from syncd.parse.record import Record, is_preprint_doi, is_server, paper_of
from syncd.sources.apis.loose import dig, text
from syncd.text.doi import doi
from syncd.text.patterns import pattern

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
    Field("title", ("title",), text),
    Field("creators", ("authors",), values.people),
    Field("abstract", ("abstract",), text),
    Field("date", ("publicationDate", "year"), values.date),
    Field("dois", ("externalIds.DOI",), values.texts),
    Field("arxivs", ("externalIds.ArXiv",), values.arxivs),
    Field("volume", ("journal.volume",), values.text),
    Field("pages", ("journal.pages",), values.pages),
)

VENUES = {"conference": "conferencePaper", "journal": "journalArticle"}
"""Zotero's item type by the type of the venue, which is right more often than that of the paper."""

NAMES = ("publicationVenue.name", "venue", "journal.name")
"""Where the name of the venue may be; the first that is no preprint server counts."""

CONFERENCE = pattern(
    r"(?i)\b(?:conference|conf\.|proceedings|proc\.|symposium|workshop|meeting)", hostile="conferenc"
)
"""The name of a conference, where nothing else says that it is one.

>>> [bool(CONFERENCE.search(name)) for name in ("2018 IEEE/CVF Conference on X", "Journal of Applied Physics")]
[True, False]
"""

SSRN_SERIES = pattern(r"(?i).*\bejournal", hostile="ejourna")
"""What SSRN calls its collections of preprints."""

FORMS = (
    ("Conference", "conferencePaper"),
    ("BookSection", "bookSection"),
    ("Book", "book"),
    ("JournalArticle", "journalArticle"),
    ("Review", "journalArticle"),
    ("LettersAndComments", "journalArticle"),
    ("Editorial", "journalArticle"),
    ("CaseReport", "journalArticle"),
    ("ClinicalTrial", "journalArticle"),
    ("MetaAnalysis", "journalArticle"),
    ("Study", "journalArticle"),
    ("News", "magazineArticle"),
    ("Dataset", "dataset"),
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
    document.count_authors(record, row.get("authors"))
    record.arxivs = record.arxivs or values.arxivs(dig(row, "externalIds.DOI")) or ()
    path, record.venue = _venue(row, any(is_preprint_doi(doi(known)) for known in record.dois))
    if record.venue:
        record.form = _form(row, path, record.venue)
    else:
        record.volume = record.pages = ""
        listed = (values.text(dig(row, path)) for path in NAMES)
        record.repository = next(filter(is_server, filter(None, listed)), "")
    if not record.dois and not record.arxivs:
        record.url = text(row.get("url")) or ""  # Semantic Scholar's own page: better than none
    return paper_of(record)


def _venue(row: Json, preprint: bool) -> tuple[str, str]:  # noqa: FBT001 - what its DOI says
    """Return where the name of a venue that is no preprint server stands, and the name; blank ones without."""
    names = {path: name for path in NAMES if (name := values.text(dig(row, path)))}
    venues = {path: name for path, name in names.items() if not is_server(name)}
    if preprint:
        # Its DOI is a preprint server's: so is a venue that goes with one, or that is a series of SSRN's.
        venues = {} if len(venues) < len(names) else venues
        venues = {path: name for path, name in venues.items() if not SSRN_SERIES.fullmatch(name)}
    return next(iter(venues.items()), ("", ""))


def _form(row: Json, path: str, venue: str) -> str:
    """Tell Zotero's item type: by the venue's own type, by the paper's, or by the venue's name."""
    place = dig(row, "publicationVenue")
    own = path != "journal.name" and not is_server(values.text(dig(place, "name")))
    known = VENUES.get(text(dig(place, "type")) or "") if own else None
    kinds = values.texts(row.get("publicationTypes")) or ()
    stated = next((form for kind, form in FORMS if kind in kinds), None)
    return known or stated or ("conferencePaper" if CONFERENCE.search(venue) else "journalArticle")
