"""A paper as a list has it: what stands between the items of a library and the formats of lists.

Zotero has one field under several names, such as the university of a thesis and the publisher of a book. Here each has
one name, that of Zotero's base field.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from syncd.model import Creator, Link
from syncd.sync.library import identifiers_of
from syncd.text.dates import iso_date
from syncd.text.links import classify
from syncd.text.names import SUFFIX
from syncd.text.patterns import pattern
from syncd.text.plain import harmless
from syncd.zotero import schema
from syncd.zotero.items import LINK_TITLES, is_others

Json = Mapping[str, Any]
FIRST = frozenset(
    {
        *("author", "artist", "cartographer", "composer", "director", "interviewee", "inventor", "podcaster"),
        *("presenter", "programmer", "sponsor"),
    }
)
"""What the authors of some item type are called."""

CITATION_KEY = pattern(r"(?i)citation key\s*:\s*(\S.*)", hostile=("citation key", " ", ""))
"""A line of `extra` that holds the item's citation key, as older Zoteros and Better BibTeX keep it.

>>> CITATION_KEY.fullmatch("Citation Key: he2021deberta")[1]
'he2021deberta'
"""

ARXIV_LINE = pattern(
    r"(?i)arxiv\s*:\s*\S+(?:\s+\[(?P<category>[\w.-]+)\])?\s*", hostile=("arxiv:", " ", "\n")
)
"""A line of `extra` that says nothing but the paper's own arXiv id.

>>> ARXIV_LINE.fullmatch("arXiv:2304.12526 [cs.CV]")["category"]
'cs.CV'
"""

WEB = pattern(r"(?i)https?://[^\s/]", hostile=("https://", "a", ""))
ODD = {sign: f"%{ord(sign):02X}" for sign in ' "<>\\^`{|}'}
"""Signs that an address must not have."""

APART = frozenset(
    {
        *("abstractNote", "citationKey", "creators", "DOI", "extra", "tags", "url"),
        *("collections", "dateAdded", "dateModified", "deleted", "itemType", "key", "relations", "version"),
    }
)
"""Properties of an item that are no field, or have an attribute of their own in a `Reference`."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A paper.

    Attributes:
        key: Zotero's key of its item.
        uri: the address that means this item and no other.
        citation_key: what LaTeX documents cite it by; unique in its list.
        item_type: Zotero's name of the type.
        title: as Zotero has it, on one line.
        authors: in their order; a name of one part is its `family`.
        cut: there are more authors than these.
        others: editors, translators and so on, by what Zotero calls them.
        date: ISO 8601 with day, month or year precision; empty where there is none that can be read, as of "in press".
        abstract: paragraphs are separated by line breaks.
        doi: as Zotero has it, bare.
        arxiv: the arXiv id.
        category: of arXiv.
        url: its page.
        note: what else stands in `extra`.
        fields: all other fields that say something, by the name of Zotero's base field.
        links: code, data and so on, as attachments of the item lead to them.
        tags: names.
        added: ISO time at which it came into the library; empty where that is not known.
        modified: ISO time of its last change; likewise.
    """

    key: str
    uri: str
    citation_key: str
    item_type: str
    title: str
    authors: tuple[Creator, ...] = ()
    cut: bool = False
    others: Mapping[str, tuple[Creator, ...]] = field(default_factory=dict)
    date: str = ""
    abstract: str = ""
    doi: str = ""
    arxiv: str = ""
    category: str = ""
    url: str = ""
    note: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    tags: tuple[str, ...] = ()
    added: str = ""
    modified: str = ""

    @property
    def year(self) -> str:
        """The year of `date`; empty where there is none."""
        return self.date[:4]

    @property
    def venue(self) -> str:
        """What it appeared in: journal, proceedings, book, or the conference."""
        names = ("publicationTitle", "conferenceName", "meetingName")
        return next((self.fields[name] for name in names if name in self.fields), "")

    @property
    def address(self) -> str:
        """Where it is best read: its page, or its DOI's."""
        return self.url or (f"https://doi.org/{self.doi}" if self.doi else "")


def reference_of(data: Json, citation_key: str, uri: str, links: Iterable[tuple[str, str]] = ()) -> Reference:
    """Return the reference of an item.

    Args:
        data: the item's properties, as Zotero's API has them.
        citation_key: what it is cited by.
        uri: its address.
        links: address and title of each of its linked attachments.
    """
    given = {schema.base(name): one_line(text) for name, text in data.items() if name not in APART}
    fields = {name: text for name, text in given.items() if text}
    if day := iso_date(fields.get("date", "")):
        del fields["date"]
    extra = str(data.get("extra") or "").splitlines()
    own = [line for line in map(ARXIV_LINE.fullmatch, extra) if line]
    identifiers = identifiers_of(data)
    creators = [one for one in data.get("creators") or () if isinstance(one, dict)]
    authors = [one for one in creators if one.get("creatorType") in FIRST]
    return Reference(
        key=str(data.get("key", "")),
        uri=uri,
        citation_key=citation_key,
        item_type=str(data.get("itemType", "")),
        title=fields.pop("title", ""),
        authors=tuple(_creator(one) for one in authors if not is_others(one)),
        cut=any(is_others(one) for one in authors),
        others=_others(creators),
        date=day or "",
        abstract=_lines(data.get("abstractNote")),
        doi=one_line(data.get("DOI")) or identifiers.doi or "",
        arxiv=identifiers.arxiv or "",
        category=next((line["category"] for line in own if line["category"]), ""),
        url=one_line(data.get("url")),
        note="\n".join(
            line for line in extra if not (CITATION_KEY.fullmatch(line) or ARXIV_LINE.fullmatch(line))
        ),
        fields=fields,
        links=tuple(_links(links)),
        tags=tuple(one_line(tag.get("tag")) for tag in data.get("tags") or () if isinstance(tag, dict)),
        added=str(data.get("dateAdded") or ""),
        modified=str(data.get("dateModified") or ""),
    )


def own_citation_key(data: Json) -> str:
    r"""Return the citation key that somebody gave an item in Zotero; empty where nobody did.

    >>> own_citation_key({"citationKey": "a1"}), own_citation_key({"extra": "DOI: 10.1/x\nCitation Key: b2"})
    ('a1', 'b2')
    """
    given = str(data.get("citationKey") or "").strip()
    lines = map(CITATION_KEY.fullmatch, str(data.get("extra") or "").splitlines())
    return given or next((line[1].strip() for line in lines if line), "")


def web_address(url: str) -> str:
    """Return an address of the web; empty where it is another: one that runs a script, or none at all.

    >>> web_address("https://a.org/b c"), web_address("javascript:alert(1)")
    ('https://a.org/b%20c', '')
    """
    return "".join(ODD.get(sign, sign) for sign in url) if WEB.match(url) else ""


def one_line(text: object) -> str:
    """Return a text on one line, without signs that nobody sees."""
    return " ".join(harmless(text).split()) if isinstance(text, str) else ""


def _lines(text: object) -> str:
    if not isinstance(text, str):
        return ""
    return "\n".join(line.strip() for line in harmless(text.replace("\r\n", "\n")).split("\n")).strip()


def _others(creators: Iterable[Json]) -> dict[str, tuple[Creator, ...]]:
    found: dict[str, list[Creator]] = {}
    for one in creators:
        if (role := str(one.get("creatorType"))) not in FIRST:
            found.setdefault(role, []).append(_creator(one))
    return {role: tuple(people) for role, people in found.items()}


def _creator(one: Json) -> Creator:
    """Return a person of Zotero's; a suffix stands behind a comma in the given names.

    >>> _creator({"firstName": "Martin Luther, Jr.", "lastName": "King"})
    Creator(name='Martin Luther King Jr.', family='King', given='Martin Luther', suffix='Jr.')
    >>> _creator({"name": "World Health Organization"}).family
    'World Health Organization'
    """
    whole = one_line(one.get("name"))
    family, given = one_line(one.get("lastName")), one_line(one.get("firstName"))
    if whole or not (family and given):
        whole = whole or family or given
        return Creator(whole, whole)
    first, comma, last = given.rpartition(",")
    suffix = last.strip() if comma and SUFFIX.fullmatch(last.strip()) else ""
    given = first.strip() if suffix else given
    return Creator(" ".join(filter(None, (given, family, suffix))), family, given, suffix)


def _links(links: Iterable[tuple[str, str]]) -> Iterable[Link]:
    """Yield the links that lead to code, data and so on: each address once."""
    seen = set()
    for url, _ in links:
        found = classify(url)
        if found and found.kind in LINK_TITLES and found.url not in seen:
            seen.add(found.url)
            yield found
