"""RIS, as reference managers exchange it: which type and tag is which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from syncd.lists.reference import Reference
from syncd.model import Creator
from syncd.text.patterns import pattern

TYPES: Mapping[str, str] = {
    "preprint": "UNPD",
    "manuscript": "UNPD",
    "journalArticle": "JOUR",
    "magazineArticle": "MGZN",
    "newspaperArticle": "NEWS",
    "conferencePaper": "CONF",
    "bookSection": "CHAP",
    "book": "BOOK",
    "thesis": "THES",
    "report": "RPRT",
    "dataset": "DATA",
    "computerProgram": "COMP",
    "standard": "STAND",
    "presentation": "SLIDE",
    "webpage": "ELEC",
    "blogPost": "BLOG",
    "encyclopediaArticle": "ENCYC",
    "dictionaryEntry": "DICT",
    "patent": "PAT",
    "case": "CASE",
    "bill": "BILL",
    "statute": "STAT",
    "hearing": "HEAR",
    "map": "MAP",
    "artwork": "ART",
    "film": "MPCT",
    "videoRecording": "VIDEO",
    "audioRecording": "SOUND",
    "letter": "PCOMM",
    "email": "ICOMM",
}
"""RIS's types by Zotero's item type; all others are generic."""

TAGS: tuple[tuple[str, str], ...] = (
    ("T2", "conferenceName"),
    ("T2", "meetingName"),
    ("T2", "publicationTitle"),
    ("J2", "journalAbbreviation"),
    ("ST", "shortTitle"),
    ("T3", "series"),
    ("T3", "seriesTitle"),
    ("VL", "volume"),
    ("IS", "issue"),
    ("SN", "ISSN"),
    ("SN", "ISBN"),
    ("ET", "edition"),
    ("ET", "versionNumber"),
    ("NV", "numberOfVolumes"),
    ("PB", "publisher"),
    ("PB", "organization"),
    ("CY", "place"),
    ("M3", "type"),
    ("LA", "language"),
    ("CN", "callNumber"),
    ("DB", "archive"),
    ("AN", "archiveLocation"),
    ("DP", "libraryCatalog"),
)
"""Tags with Zotero's base fields that they hold; of several the first that says something."""

NUMBERS: Mapping[str, str] = {"preprint": "AN", "report": "SN", "dataset": "NV", "patent": "SN"}
"""The tag of a number, where there is one for an item type."""

PAGED = frozenset({"book", "thesis", "manuscript"})
"""Item types that have a number of pages."""

ROLES: Mapping[str, str] = {
    "editor": "A2",
    "bookAuthor": "C2",
    "seriesEditor": "A3",
    "translator": "A4",
}
"""Tags of those who are no authors."""

RANGE = pattern(r"(?P<first>[^\s–-]+)\s*[–-]+\s*(?P<last>[^\s–-]+)", hostile=("1", " ", "-"))  # noqa: RUF001 - dashes
"""First and last page.

>>> RANGE.fullmatch("100-112").groups()
('100', '112')
"""


def pieces(references: Iterable[Reference]) -> Iterator[str]:
    """Yield a file, a record at a time."""
    for reference in references:
        lines = [f"{tag}  - {text}" for tag, text in _tags(reference) if text]
        yield "\r\n".join([*lines, "ER  - ", "", ""])


def _tags(reference: Reference) -> Iterator[tuple[str, str]]:
    said = reference.fields
    yield "TY", TYPES.get(reference.item_type, "GEN")
    yield "ID", reference.citation_key
    yield "TI", reference.title
    for person in reference.authors:
        yield "AU", _name(person)
    if reference.cut:
        yield "AU", "others"
    for role, people in reference.others.items():
        for person in people if role in ROLES else ():
            yield "A3" if (role, reference.item_type) == ("editor", "book") else ROLES[role], _name(person)
    given = {"PY", "DA"}
    yield "PY", reference.year or said.get("date", "")
    yield "DA", "/".join([*reference.date.split("-"), "", "", ""][:4]) if reference.date else ""
    if reference.item_type == "conferencePaper":
        yield "C3", said.get("publicationTitle", "")
        yield "C1", said.get("eventPlace") or said.get("place", "")
        given.add("CY")
    if number := said.get("number"):
        tag = NUMBERS.get(reference.item_type, "M1")
        given.add(tag)
        yield tag, number
    for tag, name in TAGS:
        if tag not in given and name in said:
            given.add(tag)
            yield tag, said[name]
    yield from _pages(reference)
    yield "DO", reference.doi
    yield "UR", reference.url
    yield "Y2", said.get("accessDate", "")[:10].replace("-", "/")
    yield "AB", " ".join(reference.abstract.split("\n"))
    for tag in reference.tags:
        yield "KW", tag.replace(";", ",")
    yield from _notes(reference)


def _pages(reference: Reference) -> Iterator[tuple[str, str]]:
    pages = reference.fields.get("pages", "")
    if found := RANGE.fullmatch(pages):
        yield "SP", found["first"]
        yield "EP", found["last"]
    else:
        yield "SP", pages or (reference.fields.get("numPages", "") if reference.item_type in PAGED else "")


def _notes(reference: Reference) -> Iterator[tuple[str, str]]:
    category = f" [{reference.category}]" if reference.category else ""
    yield "N1", f"arXiv:{reference.arxiv}{category}" if reference.arxiv else ""
    yield "N1", " · ".join(reference.note.splitlines())


def _name(person: Creator) -> str:
    """Return a name: "Last, First, Suffix"; behind one that is not to be parted stands a comma.

    >>> _name(Creator("Martin King Jr.", "King", "Martin", "Jr.")), _name(Creator("Smith Lab 7", "Smith Lab 7"))
    ('King, Martin, Jr.', 'Smith Lab 7,')
    """
    if not person.given:
        return f"{person.name}," if " " in person.name else person.name
    return ", ".join(filter(None, (person.family, person.given, person.suffix)))
