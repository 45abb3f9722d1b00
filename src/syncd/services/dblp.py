"""DBLP: authors and publications of computer science, kept and told apart by hand.

Documentation: https://dblp.org/faq/How+can+I+fetch+DBLP+data, https://dblp.org/xml/dblp.dtd,
https://dblp.org/faq/How+to+use+the+dblp+search+API.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar
from xml.etree import ElementTree as ET

from syncd.errors import ParseError
from syncd.messages import message
from syncd.model import Creator, Notice, Paper, Profile, Snapshot
from syncd.parse.decode import read_xml
from syncd.parse.record import UNREADABLE, Record, paper_of
from syncd.services import media_type, records
from syncd.services.base import MOST_CANDIDATES, Asking, Part, Records, cut, words
from syncd.services.records import join_versions
from syncd.sources.limits import ENTRIES, TOO_MANY_RECORDS, within
from syncd.text.dates import iso_date
from syncd.text.loose_json import Json, dig, many, rows, text
from syncd.text.names import creator
from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from syncd.sources.web import Web

HOMONYM = pattern(r"(?<!\s)\s+\d{4}$", hostile=" ")
"""The number behind a name that several people have.

>>> HOMONYM.sub("", "Wei Wang 0001")
'Wei Wang'
"""

FORMS: Mapping[str, str] = {
    "article": "journalArticle",
    "inproceedings": "conferencePaper",
    "incollection": "bookSection",
    "book": "book",
    "phdthesis": "thesis",
    "mastersthesis": "thesis",
    "data": "dataset",
}
"""Zotero's item type by the element of the record. Proceedings, which people edit, and homepages are left out."""

INFORMAL = frozenset({"informal", "informal withdrawn", "withdrawn"})
"""Values of `publtype` that mean a preprint."""

FIELDS: Mapping[str, tuple[str, ...]] = {
    "date": ("year",),
    "venue": ("journal", "booktitle"),
    "volume": ("volume",),
    "issue": ("number",),
    "pages": ("pages",),
    "publisher": ("publisher", "school"),
}
"""The elements that may fill a field. The first one that is there counts."""


def read(snapshot: Snapshot) -> Profile:
    """Read a person.

    Raises:
        ParseError: it is no such document.
        TooMuchError: it declares entities that could grow, or goes past another limit.
    """
    root = _root(snapshot)
    records = [entry for wrapper in root.iter("r") for entry in wrapper if entry.tag in FORMS]
    within(len(records), ENTRIES, TOO_MANY_RECORDS)
    notices: list[Notice] = []
    papers: list[Paper] = []
    for entry in records:
        try:
            paper = _paper(entry)
        except UNREADABLE:
            said = message("record-odd", record=entry.get("key"))
            notices.append(Notice("odd-record", said))
            continue
        if paper is None:
            notices.append(Notice("no-title", message("record-without-title", record=entry.get("key"))))
        else:
            papers.append(paper)
        if "withdrawn" in (entry.get("publtype") or ""):
            notices.append(
                Notice(
                    "retracted", message("paper-withdrawn", title=paper.title if paper else entry.get("key"))
                )
            )
    name = HOMONYM.sub("", (root.get("name") or "").strip())
    if not name:
        notices.append(Notice("no-name", message("record-without-name", origin=snapshot.origin)))
    return Profile(name or snapshot.origin, papers=tuple(join_versions(papers)), warnings=tuple(notices))


def _root(snapshot: Snapshot) -> ET.Element:
    expected = message("expected-dblp")
    text = read_xml(snapshot)
    try:
        root = ET.fromstring(text)  # noqa: S314 - it declares no entities that could grow, and is within limits
    except ET.ParseError as error:
        line = error.position[0]
        raise ParseError(message("not-xml"), origin=snapshot.origin, line=line, expected=expected) from None
    if root.tag != "dblpperson":
        raise ParseError(message("this-is-element", tag=root.tag), origin=snapshot.origin, expected=expected)
    return root


def _paper(entry: ET.Element) -> Paper | None:
    for name, sign in (("sup", "^"), ("sub", "_")):
        for part in entry.iter(name):  # as LaTeX has it
            part.text, part.tail = f"{sign}{{{part.text or ''}", f"}}{part.tail or ''}"
    record = Record(title=next(_texts(entry, "title"), ""))
    record.creators = tuple(creator(HOMONYM.sub("", name)) for name in _texts(entry, "author"))
    for name, elements in FIELDS.items():
        value = next((text for element in elements for text in _texts(entry, element)), None)
        if value:
            setattr(record, name, value)
    record.date = iso_date(record.date or "")
    addresses = list(_texts(entry, "ee"))
    record.dois = addresses
    # Of arXiv's papers the volume is "abs/2304.12526".
    volumes = [
        f"arXiv:{volume.removeprefix('abs/')}" for volume in _texts(entry, "volume") if "abs/" in volume
    ]
    record.arxivs = records.arxivs([*addresses, *volumes]) or ()
    record.url = addresses[0] if addresses else ""
    record.form = FORMS[entry.tag]
    if entry.get("publtype") in INFORMAL:
        record.form, record.venue, record.volume, record.publisher = None, "", "", ""
    return paper_of(record)


def _texts(entry: ET.Element, tag: str) -> Iterator[str]:
    for element in entry.iterfind(tag):
        if text := " ".join(html.unescape("".join(element.itertext())).split()):
            yield text


PAPER_FIELDS = (
    "title",
    "authors",
    "venue",
    "volume",
    "number",
    "pages",
    "publisher",
    "year",
    "type",
    "doi",
    "ee",
)

PAPER_FORMS: Mapping[str, str] = {
    "Journal Articles": "journalArticle",
    "Conference and Workshop Papers": "conferencePaper",
    "Parts in Books or Collections": "bookSection",
    "Reference Works": "bookSection",
    "Data and Artifacts": "dataset",
}
"""Zotero's item type by the type of the record; informal publications are preprints."""

WITHDRAWN = "Withdrawn Items"


@dataclass(frozen=True, slots=True)
class Api:
    """DBLP: pages of persons, and the search for publications.

    Attributes:
        base: its address.
    """

    base: str = "https://dblp.org"

    name: ClassVar[str] = "dblp"
    title: ClassVar[str] = "DBLP"
    per_lookup: ClassVar[int] = 1
    per_search: ClassVar[int] = 1
    gives: ClassVar[frozenset[Part]] = frozenset(
        {"creators", "date", "identifiers", "published", "retracted"}
    )

    def fetch(self, author: str, web: Web) -> Snapshot:
        """Fetch an author and all publications.

        Raises:
            SourceError: it is not to be had.
        """
        asking = Asking(web, self.title, "dblp", author)
        answer = asking.answer(f"{self.base}/pid/{author}.xml")
        return answer.snapshot(asking.origin, web.clock.now(), media_type("dblp", "xml"))

    def identifier(self, paper: Paper) -> str | None:  # noqa: ARG002 - there is no lookup
        """Return None: the search knows titles only."""
        return None

    def searches(self, paper: Paper) -> bool:
        """Search for what is not known to be published, or lacks authors."""
        return paper.published_as is None or paper.creators_truncated

    def lookup(self, identifiers: Sequence[str], web: Web) -> list[Records]:  # noqa: ARG002 - see `identifier`
        """Find nothing."""
        return [[] for _ in identifiers]

    def search(self, papers: Sequence[Paper], web: Web) -> list[Records]:
        """Ask for records with all words of a title."""
        asking = Asking(web, self.title)
        found = []
        for paper in papers:
            answer = asking.json(
                f"{self.base}/search/publ/api",
                {"q": words(paper.title), "format": "json", "h": MOST_CANDIDATES, "c": 0},
            )
            hits = dig(answer, "result.hits")
            if not isinstance(hits, dict):
                raise asking.odd(message("list-of", what=message("of-records")))
            infos = (row.get("info") for row in rows(many(hits.get("hit"))) or [])
            found.append([cut(info, PAPER_FIELDS) for info in infos if isinstance(info, dict)])
        return found

    def read_paper(self, record: Json) -> Paper | None:
        """Read the information of a record."""
        kind = text(record.get("type")) or ""
        addresses = [*(records.texts(record.get("doi")) or ()), *(records.texts(record.get("ee")) or ())]
        volume = records.plain_text(record.get("volume")) or ""
        paper = paper_of(
            Record(
                title=records.plain_text(record.get("title"))
                or "",  # its full stop is no part of what is compared
                creators=_people(dig(record, "authors.author")),
                date=records.date(record.get("year")),
                dois=addresses,
                arxivs=records.arxivs([*addresses, f"arXiv:{volume.removeprefix('abs/')}"]) or (),
                venue=next(iter(records.texts(record.get("venue")) or ()), ""),
                form=PAPER_FORMS.get(kind),
                volume=volume,
                issue=records.plain_text(record.get("number")) or "",
                pages=records.pages(record.get("pages")) or "",
                publisher=records.plain_text(record.get("publisher")) or "",
            )
        )
        return replace(paper, retracted=True) if paper and kind == WITHDRAWN else paper


def _people(value: Any) -> tuple[Creator, ...]:
    names = (records.plain_text(dig(one, "text") or one) for one in many(value))
    return tuple(creator(HOMONYM.sub("", name)) for name in names if name)
