"""Crossref: the published form as its publisher registered it, and retractions.

Documentation: https://api.crossref.org and https://www.crossref.org/documentation/retrieve-metadata/rest-api. Users
who give an e-mail address are served from a better pool.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from syncd.model import Creator, Paper
from syncd.parse.record import Record, paper_of
from syncd.services import records
from syncd.services.base import MOST_CANDIDATES, WORKS, Asking, Part, Records, cut
from syncd.text.dates import date_of
from syncd.text.loose_json import Json, dig, number, rows, text
from syncd.text.names import bare, creator, organisation
from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from syncd.sources.web import Web

FIELDS = (
    "DOI",
    "type",
    "title",
    "subtitle",
    "author",
    "container-title",
    "published",
    "issued",
    "volume",
    "issue",
    "page",
    "article-number",
    "publisher",
    "abstract",
    "update-to",
    "updated-by",
    "relation",
)

FORMS: Mapping[str, str] = {
    "journal-article": "journalArticle",
    "proceedings-article": "conferencePaper",
    "book-chapter": "bookSection",
    "book-part": "bookSection",
    "book-section": "bookSection",
    "reference-entry": "bookSection",
    "book": "book",
    "book-set": "book",
    "monograph": "book",
    "edited-book": "book",
    "reference-book": "book",
    "dissertation": "thesis",
    "report": "report",
    "report-component": "report",
    "standard": "standard",
    "dataset": "dataset",
    "database": "dataset",
}
"""Zotero's item type by the type of the work, as its own translator has it; "posted-content" is a preprint."""

UPDATES = frozenset({"retraction", "withdrawal", "removal", "partial_retraction"})
RETRACTIONS = UPDATES - {"partial_retraction"}
RELATIONS = ("is-retracted-by", "is-withdrawn-by")

PREFIX = pattern(
    r"(?i)\A\W*(?:retracted|withdrawn|removed)(?:\s+(?:article|paper|chapter))?\W*:\s*",
    hostile=("retracted", " ", ""),
)
"""What publishers put before the title of a retracted paper.

>>> PREFIX.sub("", "RETRACTED ARTICLE: On Mice"), PREFIX.sub("", "Retracted papers: a study")
('On Mice', 'Retracted papers: a study')
"""


LONG_WORD = pattern(r"[^\W\d_]{4}", hostile="a")
"""So many letters are a word and no initials."""


@dataclass(frozen=True, slots=True)
class Api:
    """Crossref.

    Attributes:
        base: its address.
        contact: an e-mail address, for the polite pool.
    """

    base: str = "https://api.crossref.org"
    contact: str | None = field(default=None, repr=False)

    name: ClassVar[str] = "crossref"
    title: ClassVar[str] = "Crossref"
    per_lookup: ClassVar[int] = 50
    per_search: ClassVar[int] = 1
    gives: ClassVar[frozenset[Part]] = frozenset(
        {"creators", "abstract", "date", "identifiers", "published", "registered", "retracted"}
    )

    def identifier(self, paper: Paper) -> str | None:
        """Return the DOI."""
        doi = paper.identifiers.doi
        return doi if doi and "," not in doi else None  # a comma would end it in a filter

    def searches(self, paper: Paper) -> bool:
        """Search for what has no DOI and is not known to be published."""
        return paper.identifiers.doi is None and paper.published_as is None

    def lookup(self, identifiers: Sequence[str], web: Web) -> list[Records]:
        """Ask for works by DOI."""
        where = ",".join(f"doi:{identifier}" for identifier in identifiers)
        found: dict[str, Records] = {}
        for work in self._works({"filter": where, "rows": len(identifiers)}, web):
            found.setdefault((text(work.get("DOI")) or "").lower(), []).append(work)
        return [found.get(identifier, []) for identifier in identifiers]

    def search(self, papers: Sequence[Paper], web: Web) -> list[Records]:
        """Ask for works that a reference with this title and author may mean."""
        return [
            self._works(
                {"query.bibliographic": f"{paper.title} {paper.surname}", "rows": MOST_CANDIDATES}, web
            )
            for paper in papers
        ]

    def _works(self, params: dict[str, str | int], web: Web) -> Records:
        # An address is nobody's business but Crossref's: it goes where keys go.
        mail = {"mailto": self.contact} if self.contact and "@" in self.contact else {}
        asking = Asking(web, self.title, credentials=mail)
        answer = asking.json(f"{self.base}/works", params | {"select": ",".join(FIELDS)})
        return [cut(row, FIELDS) for row in asking.rows(answer, "message.items", WORKS)]

    def read_paper(self, record: Json) -> Paper | None:
        """Read a work; a notice about another work is no paper."""
        if UPDATES & _kinds(record.get("update-to")):
            return None
        title = _title(record)
        paper = paper_of(
            Record(
                title=PREFIX.sub("", title),
                creators=_people(record.get("author")),
                abstract=text(record.get("abstract")) or "",
                date=_date(record.get("published")) or _date(record.get("issued")),
                dois=records.texts(record.get("DOI")) or (),
                venue=_first(record.get("container-title")),
                form=FORMS.get(text(record.get("type")) or ""),
                volume=_plain(record.get("volume")),
                issue=_plain(record.get("issue")),
                pages=_plain(record.get("page")) or _plain(record.get("article-number")),
                publisher=_plain(record.get("publisher")),
            )
        )
        if paper is None:
            return None
        related = any(rows(dig(record, f"relation.{name}")) for name in RELATIONS)
        gone = related or PREFIX.match(title) or RETRACTIONS & _kinds(record.get("updated-by"))
        return replace(paper, retracted=True) if gone else paper


def _kinds(updates: Any) -> set[str]:
    return {(text(row.get("type")) or "").lower() for row in rows(updates) or []}


def _plain(value: Any) -> str:
    return records.plain_text(value) or ""


def _first(value: Any) -> str:
    return next(iter(records.texts(value) or ()), "")


def _title(record: Json) -> str:
    """Join title and subtitle, which may repeat one another."""
    title, subtitle = _first(record.get("title")), _first(record.get("subtitle"))
    if not subtitle or subtitle.casefold() in title.casefold():
        return title
    return f"{title}: {subtitle}"


def _date(value: Any) -> str | None:
    """Read a date of one to three numbers.

    >>> _date({"date-parts": [[2012, 3]]}), _date({"date-parts": [[None]]}), _date({"date-parts": [[2020, 2, 31]]})
    ('2012-03', None, '2020-02')
    """
    year, month, day = (number(dig(value, f"date-parts.0.{place}")) or 0 for place in range(3))
    return date_of(year, month, day)


def _people(value: Any) -> tuple[Creator, ...]:
    return tuple(filter(None, map(_person, rows(value) or [])))


def _cased(name: str) -> str:
    """Write a name that is all capitals as names are written; initials stay.

    >>> _cased("O'BRIEN-SMITH"), _cased("J. R."), _cased("LI"), _cased("McKay")
    ("O'Brien-Smith", 'J. R.', 'LI', 'McKay')
    """
    return name.title() if name.isupper() and LONG_WORD.search(name) else name


def _person(row: Json) -> Creator | None:
    """Read an author: family and given names apart, one of them alone, or a group's name, which is one."""
    family, given = _cased(bare(_plain(row.get("family")))), _cased(_plain(row.get("given")))
    if family and given:
        suffix = _plain(row.get("suffix"))
        return Creator(" ".join(filter(None, (given, family, suffix))), family, given, suffix)
    if name := _plain(row.get("name")) or family:
        return organisation(name)
    return creator(given) if given else None
