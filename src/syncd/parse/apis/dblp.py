"""DBLP's XML of a person (https://dblp.org/xml/dblp.dtd): entities, numbered homonyms, titles with a full stop."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from syncd.errors import ParseError
from syncd.model import Notice, Profile
from syncd.parse.apis import values
from syncd.parse.apis.versions import joined
from syncd.parse.charsets import read_xml
from syncd.parse.dates_of import iso_date
from syncd.parse.record import UNREADABLE, Record, paper_of
from syncd.sources.limits import ENTRIES, within
from syncd.text.names import creator
from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncd.model import Paper, Snapshot

HOMONYM = pattern(r"(?<!\s)\s+\d{4}$", hostile=" ")
"""The number by which DBLP tells people of one name apart.

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
"""Which elements fill which field; the first that is there counts."""


def parse(snapshot: Snapshot) -> Profile:
    """Read a person.

    Raises:
        ParseError: it is no such document.
        TooMuchError: it declares entities that could grow, or goes past another limit.
    """
    root = _root(snapshot)
    records = [entry for wrapper in root.iter("r") for entry in wrapper if entry.tag in FORMS]
    within(len(records), ENTRIES, "records")
    notices: list[Notice] = []
    papers: list[Paper] = []
    for entry in records:
        try:
            paper = _paper(entry)
        except UNREADABLE:
            message = f"the record {entry.get('key')} has a form that syncd can't read and was left out"
            notices.append(Notice("odd-record", message))
            continue
        if paper is None:
            notices.append(Notice("no-title", f"the record {entry.get('key')} has no title and was left out"))
        else:
            papers.append(paper)
        if "withdrawn" in (entry.get("publtype") or ""):
            notices.append(
                Notice("retracted", f"'{paper.title if paper else entry.get('key')}' was withdrawn")
            )
    name = HOMONYM.sub("", (root.get("name") or "").strip())
    if not name:
        notices.append(Notice("no-name", f"{snapshot.origin} has no name"))
    return Profile(name or snapshot.origin, papers=tuple(joined(papers)), warnings=tuple(notices))


def _root(snapshot: Snapshot) -> ET.Element:
    expected = "DBLP's XML of a person"
    text = read_xml(snapshot)
    try:
        root = ET.fromstring(text)  # noqa: S314 - it declares no entities that could grow, and is within limits
    except ET.ParseError as error:
        line = error.position[0]
        raise ParseError("this is not XML", origin=snapshot.origin, line=line, expected=expected) from None
    if root.tag != "dblpperson":
        raise ParseError(f"this is <{root.tag}>", origin=snapshot.origin, expected=expected)
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
    record.arxivs = values.arxivs([*addresses, *volumes]) or ()
    record.url = addresses[0] if addresses else ""
    record.form = FORMS[entry.tag]
    if entry.get("publtype") in INFORMAL:
        record.form, record.venue, record.volume, record.publisher = None, "", "", ""
    return paper_of(record)


def _texts(entry: ET.Element, tag: str) -> Iterator[str]:
    """Yield the text of the elements of that name."""
    for element in entry.iterfind(tag):
        if text := " ".join(html.unescape("".join(element.itertext())).split()):
            yield text
