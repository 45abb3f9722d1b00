"""Semantic Scholar: authors and papers of all fields, with identifiers of other services.

Documentation: https://api.semanticscholar.org/api-docs/graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from syncd.errors import SourceError
from syncd.messages import message
from syncd.model import Paper, Profile, Snapshot
from syncd.parse.record import Record, is_preprint_doi, is_server, paper_of
from syncd.services import Counted, Listed, records
from syncd.services.base import AUTHORS, PAPERS, Asking, Params, Part, Records, cut, words
from syncd.services.records import Document, Field, load
from syncd.text.identifiers import doi
from syncd.text.loose_json import Json, dig, number, text
from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from syncd.sources.exchange import Answer
    from syncd.sources.web import Web

AUTHOR = (
    Field("name", ("name",), records.plain_text),
    Field("h_index", ("hIndex",), number),
    Field("paper_count", ("paperCount",), number),
    Field("citations", ("citationCount",), number),
)


PAPER = (
    Field("title", ("title",), text),
    Field("creators", ("authors",), records.people),
    Field("abstract", ("abstract",), text),
    Field("date", ("publicationDate", "year"), records.date),
    Field("dois", ("externalIds.DOI",), records.texts),
    Field("arxivs", ("externalIds.ArXiv",), records.arxivs),
    Field("volume", ("journal.volume",), records.plain_text),
    Field("pages", ("journal.pages",), records.pages),
)

VENUES = {"conference": "conferencePaper", "journal": "journalArticle"}
"""Zotero's item type by the type of the venue, which is right more often than the type of the paper."""

NAMES = ("publicationVenue.name", "venue", "journal.name")
"""Where the name of the venue may be. The first name that is no preprint server's counts."""

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
"""Zotero's item type by the type of the paper. A paper may have several types: the first row that fits counts."""


def read(snapshot: Snapshot) -> Profile:
    """Read an author.

    Raises:
        ParseError: it is not what `Api.fetch` brings.
    """
    document = load(snapshot, "s2")
    papers = document.papers(document.rows, lambda row: _paper(document, row))
    return document.profile(AUTHOR, papers)


def _paper(document: Document, row: Json) -> Paper | None:
    record = Record(**document.read(row, PAPER))
    document.count_authors(record, row.get("authors"))
    record.arxivs = record.arxivs or records.arxivs(dig(row, "externalIds.DOI")) or ()
    path, record.venue = _venue(row, any(is_preprint_doi(doi(known)) for known in record.dois))
    if record.venue:
        record.form = _form(row, path, record.venue)
    else:
        record.volume = record.pages = ""
        listed = (records.plain_text(dig(row, path)) for path in NAMES)
        record.repository = next(filter(is_server, filter(None, listed)), "")
    if not record.dois and not record.arxivs:
        record.url = text(row.get("url")) or ""  # Semantic Scholar's own page: better than none
    return paper_of(record)


def _venue(row: Json, preprint: bool) -> tuple[str, str]:  # noqa: FBT001 - what its DOI says
    """Return where the name of a venue that is no preprint server stands, and the name; blank ones without."""
    names = {path: name for path in NAMES if (name := records.plain_text(dig(row, path)))}
    venues = {path: name for path, name in names.items() if not is_server(name)}
    if preprint:
        # Its DOI is a preprint server's: so is a venue that goes with one, or that is a series of SSRN's.
        venues = {} if len(venues) < len(names) else venues
        venues = {path: name for path, name in venues.items() if not SSRN_SERIES.fullmatch(name)}
    return next(iter(venues.items()), ("", ""))


def _form(row: Json, path: str, venue: str) -> str:
    """Tell Zotero's item type: by the venue's own type, by the paper's, or by the venue's name."""
    place = dig(row, "publicationVenue")
    own = path != "journal.name" and not is_server(records.plain_text(dig(place, "name")))
    known = VENUES.get(text(dig(place, "type")) or "") if own else None
    kinds = records.texts(row.get("publicationTypes")) or ()
    stated = next((form for kind, form in FORMS if kind in kinds), None)
    return known or stated or ("conferencePaper" if CONFERENCE.search(venue) else "journalArticle")


PER_PAGE = 250
AUTHOR_FIELDS = "authorId,name,url,affiliations,paperCount,citationCount,hIndex"
COUNT_FIELDS = "authorId,paperCount"
PAPER_FIELDS = (
    "paperId,externalIds,url,title,abstract,venue,publicationVenue,year,publicationDate,publicationTypes"
    ",journal,authors"
)


FIELDS = tuple(PAPER_FIELDS.split(","))

NONE_KNOWN = ("no valid paper id", "no valid author id")


@dataclass(frozen=True, slots=True)
class Api:
    """Semantic Scholar.

    Attributes:
        base: its address.
        key: an API key.
    """

    base: str = "https://api.semanticscholar.org/graph/v1"
    key: str | None = field(default=None, repr=False)

    name: ClassVar[str] = "semanticscholar"
    title: ClassVar[str] = "Semantic Scholar"
    per_lookup: ClassVar[int] = 500
    per_search: ClassVar[int] = 1
    per_count: ClassVar[int] = 1000
    per_recent: ClassVar[int] = 0
    gives: ClassVar[frozenset[Part]] = frozenset({"creators", "abstract", "date", "identifiers", "published"})

    def fetch(self, author: str, web: Web) -> Snapshot:
        """Fetch an author and all papers.

        Raises:
            SourceError: not all of it is to be had.
        """
        asking = self._asking(web, author)
        about = asking.json(f"{self.base}/author/{author}", {"fields": AUTHOR_FIELDS})
        params: Params = {"fields": PAPER_FIELDS, "offset": 0, "limit": PER_PAGE}
        papers: list[Any] = []
        for page in asking.pages(f"{self.base}/author/{author}/papers", params, _next_page):
            papers += asking.listed(page, "data", what=PAPERS)
        return asking.snapshot(about, papers)

    def counts(self, authors: Sequence[str], web: Web) -> dict[str, Counted]:
        """Ask how many papers authors have: the answer keeps their order, with null for who is not known."""
        asking = self._asking(web)
        answer = asking.post(f"{self.base}/author/batch", {"ids": list(authors)}, {"fields": COUNT_FIELDS})
        if answer.status == 400 and _says_none_known(answer):
            return {}
        found = asking.checked(answer).json()
        if not isinstance(found, list) or len(found) != len(authors):
            raise asking.odd(message("list-of", what=AUTHORS))
        return {
            author: Counted(text(row.get("authorId")) or author, number(row.get("paperCount")))
            for author, row in zip(authors, found, strict=True)
            if isinstance(row, dict)
        }

    def recent(self, authors: Sequence[Listed], since: date, web: Web) -> dict[str, Snapshot]:  # noqa: ARG002 - see below
        """There is no such request: `per_recent` is 0."""
        return {}

    def identifier(self, paper: Paper) -> str | None:
        """Return the arXiv id or the DOI, as the API wants it."""
        known = paper.identifiers
        if known.arxiv:
            return f"ARXIV:{known.arxiv}"
        return f"DOI:{known.doi}" if known.doi else None

    def searches(self, paper: Paper) -> bool:
        """Search for what has no identifier."""
        return not (paper.identifiers.arxiv or paper.identifiers.doi)

    def lookup(self, identifiers: Sequence[str], web: Web) -> list[Records]:
        """Ask for papers by identifier: the answer keeps their order, with null for what is not known."""
        asking = self._asking(web)
        answer = asking.post(f"{self.base}/paper/batch", {"ids": list(identifiers)}, {"fields": PAPER_FIELDS})
        if answer.status == 400 and _says_none_known(answer):
            return [[] for _ in identifiers]
        found = asking.checked(answer).json()
        if not isinstance(found, list) or len(found) != len(identifiers):
            raise asking.odd(message("list-of", what=message("of-all-papers")))
        return [[cut(row, FIELDS)] if isinstance(row, dict) else [] for row in found]

    def search(self, papers: Sequence[Paper], web: Web) -> list[Records]:
        """Ask for the paper whose title is the nearest."""
        asking = self._asking(web)
        found = []
        for paper in papers:
            params = {"query": words(paper.title), "fields": PAPER_FIELDS}
            answers = asking.known(f"{self.base}/paper/search/match", params)
            listed = (row for answer in answers for row in asking.rows(answer, "data", PAPERS))
            found.append([cut(row, FIELDS) for row in listed])
        return found

    def read_paper(self, record: Json) -> Paper | None:
        """Read a paper."""
        return _paper(Document(), record)

    def _asking(self, web: Web, author: str = "") -> Asking:
        return Asking(web, self.title, "s2", author, {"x-api-key": self.key} if self.key else {})


def _next_page(page: Any, params: Params) -> Params | None:
    offset = number(dig(page, "next"))
    return {"offset": offset} if offset is not None and offset > int(params["offset"]) else None


def _says_none_known(answer: Answer) -> bool:
    """Tell whether a refusal means that nothing of a batch is known: "No valid paper ids given"."""
    try:
        return (text(dig(answer.json(), "error")) or "").lower().startswith(NONE_KNOWN)
    except SourceError:
        return False
