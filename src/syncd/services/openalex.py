"""OpenAlex: authors and works of all fields, with venues, abstracts and retractions.

Documentation: https://developers.openalex.org.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from syncd.messages import message
from syncd.model import Creator, Notice, Paper, Profile, Snapshot
from syncd.parse.record import Record, is_server, paper_of
from syncd.services import Counted, Listed, records
from syncd.services.base import (
    AUTHORS,
    MOST_CANDIDATES,
    MOST_LATEST,
    MOST_TOPICS,
    WORKS,
    Asking,
    FoundAuthor,
    Params,
    Part,
    Records,
    cut,
    newest,
    topics,
    words,
)
from syncd.services.records import Document, Field, join_versions, load
from syncd.text.loose_json import Json, dig, number, rows, text
from syncd.text.names import creator, same_person
from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from syncd.sources.web import Web

CUT_AT = 100
"""Lists of authors are cut after so many. A list of works does not always say so."""

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
"""Types of works that Zotero's own translator takes for articles where they appeared in a journal."""

FORMS: Mapping[tuple[str, str], str] = {
    **{(kind, "journal"): "journalArticle" for kind in IN_JOURNALS},
    **{(kind, "conference"): "conferencePaper" for kind in ("article", "review", "book-chapter")},
    ("article", "book series"): "conferencePaper",
    ("article", "ebook platform"): "bookSection",
}
"""Zotero's item type by the types of the work and of its container. A repository publishes nothing."""

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
"""Types of works that stay what they are in a repository. All other works in a repository are preprints."""

RAW_FORMS: Mapping[str, str] = {
    "journal-article": "journalArticle",
    "proceedings-article": "conferencePaper",
    "book-chapter": "bookSection",
}
"""Zotero's item type of an article without a source, by what its publisher registered it as."""

NEW_YEAR = pattern(r"(?P<year>\d{4})-01-01", hostile="1")
"""The first of January: the date of works of which only the year is known, and of few others.

>>> NEW_YEAR.fullmatch("2020-01-01")["year"]
'2020'
"""


def _date(value: Any) -> str | None:
    found = records.date(value)
    only = NEW_YEAR.fullmatch(found or "")
    return only["year"] if only else found


def _people(value: Any) -> tuple[Creator, ...] | None:
    return tuple(filter(None, map(_person, rows(value) or []))) or None


def _person(row: Json) -> Creator | None:
    """Read an author: by the name that OpenAlex shows, or the printed one where it shows another person's."""
    shown, printed = (
        records.plain_text(dig(row, "author.display_name")),
        records.plain_text(row.get("raw_author_name")),
    )
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
        records.plain_text(dig(value, "source.display_name")),
        records.plain_text(dig(value, "raw_source_name")),
    )
    if not shown or not printed:
        return shown or printed
    alike = shown.casefold() == printed.casefold() and printed not in (printed.upper(), printed.lower())
    return printed if alike else shown


def _pages(value: Any) -> str | None:
    first, last = records.plain_text(dig(value, "first_page")), records.plain_text(dig(value, "last_page"))
    return f"{first}-{last}" if first and last and first != last else first


AUTHOR = (
    Field("name", ("display_name",), records.plain_text),
    Field("h_index", ("summary_stats.h_index",), number),
    Field("paper_count", ("works_count",), number),
    Field("citations", ("cited_by_count",), number),
)

WORK = (
    Field("title", ("title", "display_name"), text),
    Field("creators", ("authorships",), _people),
    Field("abstract", ("abstract_inverted_index",), _abstract),
    Field("date", ("publication_date", "publication_year"), _date),
    Field("dois", ("doi", "ids.doi"), records.texts),
    Field("url", ("primary_location.landing_page_url",), records.plain_text),
    Field("publisher", ("primary_location.source.host_organization_name",), records.plain_text),
    Field("volume", ("biblio.volume",), records.plain_text),
    Field("issue", ("biblio.issue",), records.plain_text),
)


def read(snapshot: Snapshot) -> Profile:
    """Read an author.

    Raises:
        ParseError: it is not what `Api.fetch` brings.
    """
    document = load(snapshot, "openalex")
    author = _bare(document.author.get("id")) or document.identifier
    works = [row for row in document.rows if text(row.get("type")) not in NO_PAPERS]
    papers = document.papers(works, lambda row: _paper(document, row, author))
    return document.profile(AUTHOR, join_versions(papers))


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
    record.arxivs = records.arxivs([row.get("doi"), *_addresses(row)]) or ()
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
        document.notices.append(Notice("retracted", message("paper-retracted", title=paper.title)))
    own = next((row for row in listed if _bare(dig(row, "author.id")) == author), {})
    names = [dig(place, "display_name") for place in rows(own.get("institutions")) or []]
    return replace(
        paper, affiliations=records.slugs(names) or (), affiliation_names=records.texts(names) or ()
    )


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


PER_PAGE = 100
AUTHOR_FIELDS = (
    "id,display_name,orcid,works_count,cited_by_count,summary_stats,last_known_institutions,topics"
)
COUNT_FIELDS = "id,works_count"
# Without counts of citations, which change daily and say nothing that is pushed.
WORK_FIELDS = (
    "id,doi,ids,title,publication_year,publication_date,type,language,authorships,primary_location,locations"
    ",biblio,abstract_inverted_index,is_retracted"
)


FIELDS = tuple(WORK_FIELDS.split(","))

ABOUT_OTHERS = frozenset({"erratum", "retraction", "book-review", "peer-review", "supplementary-materials"})
"""Types of works that have the title of the one that they are about."""


@dataclass(frozen=True, slots=True)
class Api:
    """OpenAlex.

    Attributes:
        base: its address.
        key: an API key.
    """

    base: str = "https://api.openalex.org"
    key: str | None = field(default=None, repr=False)

    name: ClassVar[str] = "openalex"
    title: ClassVar[str] = "OpenAlex"
    per_lookup: ClassVar[int] = 50
    per_search: ClassVar[int] = 1
    per_count: ClassVar[int] = 100
    per_recent: ClassVar[int] = 100
    gives: ClassVar[frozenset[Part]] = frozenset(
        {"creators", "abstract", "date", "identifiers", "published", "retracted"}
    )

    def fetch(self, author: str, web: Web) -> Snapshot:
        """Fetch an author and all works.

        Raises:
            SourceError: not all of it is to be had.
        """
        asking = self._asking(web, author)
        about = asking.json(f"{self.base}/authors/{author}", {"select": AUTHOR_FIELDS})
        # OpenAlex merges authors and redirects from the old identifier, which no work has any more.
        current = (text(dig(about, "id")) or author).rpartition("/")[2]
        params: Params = {
            "filter": f"author.id:{current}",
            "sort": "publication_date:desc",
            "per-page": PER_PAGE,
            "cursor": "*",
            "select": WORK_FIELDS,
        }
        works: list[Any] = []
        for page in asking.pages(f"{self.base}/works", params, _next_page):
            works += asking.listed(page, "results", what=WORKS)
        return asking.snapshot(about, works)

    def find(self, name: str, web: Web) -> list[FoundAuthor]:
        """Find authors by name."""
        params: Params = {"search": name, "per-page": 20, "select": AUTHOR_FIELDS}
        answer = self._asking(web, name).json(f"{self.base}/authors", params)
        found = (_found(row) for row in rows(answer, "results") or [])
        return [author for author in found if author]

    def latest(self, author: str, web: Web) -> list[Paper]:
        """Ask for the papers that an author published last."""
        asking, document = self._asking(web, author), Document()
        params: Params = {
            "filter": f"author.id:{author}",
            "sort": "publication_date:desc",
            "per-page": 2 * MOST_LATEST,
            "select": WORK_FIELDS,
        }
        listed = asking.rows(asking.json(f"{self.base}/works", params), "results", WORKS)
        works = [row for row in listed if text(row.get("type")) not in NO_PAPERS]
        return newest(join_versions(document.papers(works, lambda row: _paper(document, row, author))))

    def counts(self, authors: Sequence[str], web: Web) -> dict[str, Counted]:
        """Ask how many works authors have. Those who are listed no more were merged, or are gone."""
        asking = self._asking(web)
        params: Params = {
            "filter": f"openalex:{'|'.join(authors)}",
            "per-page": self.per_count,
            "select": COUNT_FIELDS,
        }
        listed = asking.rows(asking.json(f"{self.base}/authors", params), "results", AUTHORS)
        found = {counted.current: counted for counted in map(_counted, listed)}
        for author in authors:
            if author not in found:
                # One author costs nothing, and the answer comes from where the old identifier leads to.
                for row in asking.known(f"{self.base}/authors/{author}", {"select": COUNT_FIELDS}):
                    found[author] = _counted(row)
        return found

    def recent(self, authors: Sequence[Listed], since: date, web: Web) -> dict[str, Snapshot]:
        """Ask for the works that authors published since a day.

        What was created since would be asked for with a paid plan only; what was added or assigned to an author late
        is seen by their number of works.
        """
        asking = self._asking(web)
        params: Params = {
            "filter": f"author.id:{'|'.join(one.current for one in authors)},from_publication_date:{since}",
            "sort": "publication_date:desc",
            "per-page": PER_PAGE,
            "cursor": "*",
            "select": WORK_FIELDS,
        }
        works: defaultdict[str, dict[str, Json]] = defaultdict(dict)
        for page in asking.pages(f"{self.base}/works", params, _next_of_full_page):
            for work in asking.rows(page, "results", WORKS):
                for row in rows(work.get("authorships")) or ():
                    works[_bare(dig(row, "author.id"))][_bare(work.get("id"))] = work
        found = {}
        for one in authors:
            if own := works.get(one.current):
                record = {"id": one.current, "display_name": one.name}
                about = replace(asking, author=one.author)
                found[one.author] = about.snapshot(record, [own[key] for key in sorted(own)], whole=False)
        return found

    def identifier(self, paper: Paper) -> str | None:
        """Return the DOI, or the one that arXiv registers."""
        known = paper.identifiers
        doi = known.doi or (f"10.48550/arxiv.{known.arxiv.lower()}" if known.arxiv else None)
        # A comma or a bar would end the DOI in a filter.
        return doi if doi and not set(doi) & set(",|") else None

    def searches(self, paper: Paper) -> bool:
        """Search for what is not known to be published."""
        return paper.published_as is None

    def lookup(self, identifiers: Sequence[str], web: Web) -> list[Records]:
        """Ask for works by DOI."""
        works = self._works(f"doi:{'|'.join(identifiers)}", 2 * self.per_lookup, web)
        found: dict[str, Records] = {}
        for work in works:
            address = text(work.get("doi")) or text(dig(work, "ids.doi")) or ""
            found.setdefault(address.lower().partition("doi.org/")[2] or address.lower(), []).append(work)
        return [found.get(identifier, []) for identifier in identifiers]

    def search(self, papers: Sequence[Paper], web: Web) -> list[Records]:
        """Ask for works with a title's words."""
        return [self._works(f"title.search:{words(paper.title)}", MOST_CANDIDATES, web) for paper in papers]

    def read_paper(self, record: Json) -> Paper | None:
        """Read a work; what is about another work of the same title is not that work."""
        if text(record.get("type")) in ABOUT_OTHERS | NO_PAPERS:
            return None
        document = Document()
        paper = _paper(document, record, author="")
        return replace(paper, retracted=True) if paper and document.notices else paper

    def _asking(self, web: Web, author: str = "") -> Asking:
        credentials = {"api_key": self.key} if self.key else {}
        return Asking(web, self.title, "openalex", author, credentials=credentials)

    def _works(self, where: str, most: int, web: Web) -> Records:
        asking = self._asking(web)
        answer = asking.json(f"{self.base}/works", {"filter": where, "per-page": most, "select": WORK_FIELDS})
        return [cut(row, FIELDS) for row in asking.rows(answer, "results", WORKS)]


def _next_of_full_page(page: Any, params: Params) -> Params | None:
    """A page that is not full is the last one, though it names a next one: of many authors that saves a request."""
    return _next_page(page, params) if len(rows(page, "results") or ()) >= PER_PAGE else None


def _counted(row: Any) -> Counted:
    return Counted(_bare(dig(row, "id")), number(dig(row, "works_count")))


def _next_page(page: Any, params: Params) -> Params | None:
    cursor = text(dig(page, "meta.next_cursor"))
    return {"cursor": cursor} if cursor and cursor != params["cursor"] and dig(page, "results") else None


def _found(row: Any) -> FoundAuthor | None:
    identifier = (text(dig(row, "id")) or "").rpartition("/")[2]
    name = text(dig(row, "display_name"))
    if not identifier or name is None:
        return None
    return FoundAuthor(
        source=f"openalex:{identifier}",
        name=name,
        service=Api.title,
        affiliation=text(dig(row, "last_known_institutions.0.display_name")),
        field=text(dig(row, "topics.0.field.display_name")),
        papers=number(dig(row, "works_count")),
        citations=number(dig(row, "cited_by_count")),
        h_index=number(dig(row, "summary_stats.h_index")),
        topics=topics(*(text(dig(row, f"topics.{place}.display_name")) for place in range(MOST_TOPICS))),
    )
