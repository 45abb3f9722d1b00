"""BibTeX and BibLaTeX: which entry and field is which, and names and addresses as they want them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from syncd.lists.latex import latex, title
from syncd.lists.reference import Reference
from syncd.model import Creator
from syncd.text.dates import MONTHS
from syncd.text.patterns import pattern

BIBTEX: dict[str, str] = {
    "journalArticle": "article",
    "magazineArticle": "article",
    "newspaperArticle": "article",
    "conferencePaper": "inproceedings",
    "book": "book",
    "bookSection": "incollection",
    "encyclopediaArticle": "incollection",
    "dictionaryEntry": "incollection",
    "thesis": "phdthesis",
    "report": "techreport",
}
"""BibTeX's entries by Zotero's item type; all others are `misc`."""

BIBLATEX: dict[str, str] = BIBTEX | {
    "encyclopediaArticle": "inreference",
    "dictionaryEntry": "inreference",
    "thesis": "thesis",
    "report": "report",
    "computerProgram": "software",
    "webpage": "online",
    "blogPost": "online",
    "forumPost": "online",
    "presentation": "unpublished",
    "patent": "patent",
}
"""BibLaTeX's entries likewise: those that its styles have a driver for, and that Zotero reads."""

MASTERS = pattern(r"(?i)(?:master|m\.?\s?sc?\b|m\.?a\.?\b).*", hostile=("master", "a", "\n"))
"""A type of thesis that BibTeX has an entry for.

>>> [bool(MASTERS.match(text)) for text in ("Master's thesis", "MSc", "PhD thesis")]
[True, True, False]
"""

COMMON: Mapping[str, str] = {
    "edition": "edition",
    "ISBN": "isbn",
    "ISSN": "issn",
    "language": "language",
    "numPages": "pagetotal",
    "numberOfVolumes": "volumes",
    "series": "series",
    "seriesTitle": "series",
    "shortTitle": "shorttitle",
    "versionNumber": "version",
    "volume": "volume",
}
"""Fields of both by Zotero's base fields."""

PUBLISHER: Mapping[str, str] = {"thesis": "school", "report": "institution"}
INSTITUTIONS = frozenset({"thesis", "report"})
IN_BOOK = frozenset({"conferencePaper", "bookSection", "encyclopediaArticle", "dictionaryEntry"})
TITLED = frozenset({"booktitle", "eventtitle", "maintitle", "series", "shorttitle", "title", "type"})
"""Fields whose capitals the styles of BibTeX may change."""

ROLES: Mapping[str, str] = {"editor": "editor", "seriesEditor": "editor", "translator": "translator"}
BIBLATEX_ROLES: Mapping[str, str] = {
    "bookAuthor": "bookauthor",
    "editor": "editor",
    "translator": "translator",
}

ADDRESS = {sign: "".join(f"%{byte:02X}" for byte in sign.encode()) for sign in ' {}\\"\t\n'}
"""What an address must not have, and BibTeX even less."""

WORD = pattern(r"[^\W_]+", hostile="a", flags=re.ASCII)
# So many words of a title stand for an author who is missing.
MOST_WORDS = 4
AND = pattern(r"(?i)(?:^|(?<=\s))and(?=\s|$)", hostile="and")
PAGES = pattern(r"(?<=[^\s-])\s?[-–—]\s?(?=[^\s-])", hostile="1-")  # noqa: RUF001 - dashes are meant
"""What stands between two pages."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One of the two.

    Attributes:
        entries: its entries, by Zotero's item type.
        roles: its fields for those who are no authors, by what Zotero calls them.
        is_old: it is BibTeX, which counts bytes for letters, and knows neither dates nor events.
    """

    entries: Mapping[str, str]
    roles: Mapping[str, str]
    is_old: bool


OLD = Dialect(BIBTEX, ROLES, is_old=True)
NEW = Dialect(BIBLATEX, BIBLATEX_ROLES, is_old=False)


def bibtex(references: Iterable[Reference]) -> Iterator[str]:
    """Yield a file for BibTeX, an entry at a time."""
    return map(partial(_entry, to=OLD), references)


def biblatex(references: Iterable[Reference]) -> Iterator[str]:
    """Yield a file for BibLaTeX, an entry at a time."""
    return map(partial(_entry, to=NEW), references)


def _entry(reference: Reference, to: Dialect) -> str:
    kind = to.entries.get(reference.item_type, "misc")
    given = reference.fields.get("type", "")
    if kind == "phdthesis" and MASTERS.match(given):
        kind = "mastersthesis"
    fields = _people(reference, to) | _own(reference, to) | _dated(reference, to)
    if to.is_old and not {"author", "editor"} & fields.keys():
        # BibTeX sorts by people, and else by this.
        words = WORD.findall(reference.title)[:MOST_WORDS]
        fields["key"] = f"{{{' '.join(words) or reference.citation_key}}}"
    lines = [f"  {name} = {text}" for name, text in fields.items()]
    return f"@{kind}{{{reference.citation_key},\n" + ",\n".join(lines) + "\n}\n\n"


def _own(reference: Reference, to: Dialect) -> dict[str, str]:
    """Return all fields but people and dates, with braces around what they say."""
    said = reference.fields
    plain = {
        "title": reference.title,
        **_venue(reference, to),
        **{COMMON[name]: text for name, text in said.items() if name in COMMON},
        **_numbers(reference, to),
        **_publisher(reference, to),
        "pages": PAGES.sub("--", said.get("pages", "")),
        "abstract": reference.abstract,
        "keywords": ", ".join(tag.replace(",", " ") for tag in reference.tags),
        "note": " · ".join(reference.note.splitlines()),
    }
    found = {name: _field(name, text, to) for name, text in plain.items() if text}
    raw = {
        "doi": reference.doi,
        "url": reference.url,
        **_eprint(reference, to),
    }
    return found | {name: f"{{{_address(text)}}}" for name, text in raw.items() if text}


def _field(name: str, text: str, to: Dialect) -> str:
    if name == "pages":
        return "{" + "--".join(latex(part, ascii_only=to.is_old) for part in text.split("--")) + "}"
    return "{" + (title if name in TITLED else latex)(text, ascii_only=to.is_old) + "}"


def _venue(reference: Reference, to: Dialect) -> dict[str, str]:
    said = reference.fields
    venue = said.get("publicationTitle", "")
    event = said.get("conferenceName") or said.get("meetingName", "")
    if reference.item_type in IN_BOOK:
        found = {"booktitle": venue or event}
        return found | {"eventtitle": event} if not to.is_old else found
    if not to.is_old and reference.item_type in {"webpage", "blogPost", "forumPost"}:
        return {"titleaddon": venue}
    if not to.is_old and reference.item_type == "presentation":
        return {"eventtitle": event}
    journal = "journaltitle" if not to.is_old else "journal"
    short = {"shortjournal": said.get("journalAbbreviation", "")} if not to.is_old else {}
    return {journal: venue, **short} if venue or not to.is_old else {"howpublished": event}


def _numbers(reference: Reference, to: Dialect) -> dict[str, str]:
    """Return the number of an issue, a report or a volume of a series: BibTeX has one field for them."""
    said = reference.fields
    number = said.get("issue") or (said.get("number", "") if reference.item_type != "preprint" else "")
    return {"number": number or said.get("seriesNumber", ""), "type": _type(reference, to)}


def _type(reference: Reference, to: Dialect) -> str:
    given = reference.fields.get("type", "")
    if reference.item_type == "thesis":
        # The entries of BibTeX say it themselves; that of BibLaTeX must have it.
        return (given or "PhD thesis") if not to.is_old else ("" if MASTERS.match(given) else given)
    return given if reference.item_type in {"report", "manuscript", "presentation", "standard"} else ""


def _publisher(reference: Reference, to: Dialect) -> dict[str, str]:
    said, kind = reference.fields, reference.item_type
    publisher = said.get("publisher") or said.get("organization", "")
    if reference.arxiv and publisher.casefold() == "arxiv":
        publisher = ""
    if not to.is_old:
        place = {"location": said.get("place", ""), "venue": said.get("eventPlace", "")}
        if kind in INSTITUTIONS:
            return {"institution": publisher} | place
        return {"organization" if to.entries.get(kind) == "online" else "publisher": publisher} | place
    return {PUBLISHER.get(kind, "publisher"): publisher, "address": said.get("place", "")}


def _eprint(reference: Reference, to: Dialect) -> dict[str, str]:
    if not reference.arxiv:
        return {}
    names = ("eprinttype", "eprintclass") if not to.is_old else ("archiveprefix", "primaryclass")
    server = "arxiv" if not to.is_old else "arXiv"
    return {"eprint": reference.arxiv, names[0]: server, names[1]: reference.category}


def _dated(reference: Reference, to: Dialect) -> dict[str, str]:
    """Return the date, and when a page was looked at. BibTeX has years and macros for months."""
    looked = reference.fields.get("accessDate", "")[:10]
    access = {"urldate": f"{{{latex(looked, ascii_only=True)}}}"} if looked and reference.url else {}
    if not reference.date:
        # Such as "in press".
        text = latex(reference.fields.get("date", ""), ascii_only=to.is_old)
        return access | ({"year" if to.is_old else "pubstate": f"{{{text}}}"} if text else {})
    if not to.is_old:
        return {"date": f"{{{reference.date}}}"} | access
    year, _, rest = reference.date.partition("-")
    month, _, day = rest.partition("-")
    found = {"year": f"{{{year}}}"}
    if month:
        found["month"] = MONTHS[int(month) - 1]
    if day:
        found["day"] = f"{{{int(day)}}}"
    return found | access


def _address(text: str) -> str:
    """Return an address in which neither BibTeX nor LaTeX stumbles over a sign.

    >>> _address("https://a.org/{x} y%20_z")
    'https://a.org/%7Bx%7D%20y%20_z'
    """
    return "".join(ADDRESS.get(sign, sign) for sign in text)


# People


def _people(reference: Reference, to: Dialect) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for role, people in reference.others.items():
        if role in to.roles:
            found.setdefault(to.roles[role], []).extend(_name(one, to) for one in people)
    authors = [_name(one, to) for one in reference.authors]
    if reference.cut and authors:
        authors.append("others")
    named: Sequence[tuple[str, list[str]]] = (("author", authors), *found.items())
    return {role: "{" + " and ".join(names) + "}" for role, names in named if names}


def _name(person: Creator, to: Dialect) -> str:
    """Return a name: "von Last, Jr., First"; what is one name, in braces.

    >>> _name(Creator("Ann van Lee Jr.", "van Lee", "Ann", "Jr."), OLD)
    'van Lee, Jr., Ann'
    >>> _name(Creator("Smith and Sons", "Smith and Sons"), OLD)
    '{Smith and Sons}'
    """
    if not person.given:
        return "{" + latex(person.name, ascii_only=to.is_old) + "}"
    parts = (person.family, person.suffix, person.given) if person.suffix else (person.family, person.given)
    return ", ".join(_part(part, to) for part in parts)


def _part(text: str, to: Dialect) -> str:
    """Return a part of a name; in braces where a comma or an "and" in it would part it."""
    written = latex(text, ascii_only=to.is_old)
    return f"{{{written}}}" if "," in text or AND.search(text) else written
