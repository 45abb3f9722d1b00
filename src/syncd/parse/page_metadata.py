"""What a page of no known layout tells machines about papers: Highwire's tags, JSON-LD, BibTeX, COinS.

Of the kinds that a page has, the one that tells of most papers is taken; nothing is put together from two.
A list that the page only links is named and left to whoever fetches.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

from selectolax.lexbor import LexborHTMLParser

from syncd.errors import ParseError
from syncd.messages import message
from syncd.model import Creator, Paper, Profile, Snapshot
from syncd.parse.html_blocks import absolute
from syncd.parse.listing import Listing
from syncd.parse.record import Record, one_line, paper_of
from syncd.sources.limits import TooMuchError, read_json
from syncd.text.dates import iso_date
from syncd.text.loose_json import many
from syncd.text.names import ET_AL, creator
from syncd.text.patterns import pattern

EXPECTED = message("expected-metadata")

LIST_LINK = pattern(r"\.(?:bib|bibtex|ris)(?:[?#]|\Z)", hostile=".bib", flags=re.IGNORECASE)
"""The end of the address of a bibliographic file.

>>> [bool(LIST_LINK.search(text)) for text in ("https://a.org/he.bib?x=1", "https://a.org/biblio.html")]
[True, False]
"""

MOST_LISTS = 3
"""How many linked files may be lists of papers. A page that links more has a file for each paper."""

MOST_FIELDS = 300
"""Fields of one COinS: an author is one."""


def metadata(tree: LexborHTMLParser, snapshot: Snapshot, base: str) -> Profile | None:
    """Read the papers that a page tells machines about.

    Args:
        tree: the page.
        snapshot: names the origin.
        base: the address that its links are relative to.

    Returns:
        The profile, with a notice of what it was read from; None where there is no paper.
    """
    found = [(name, read(tree, snapshot)) for name, read in KINDS.items()]
    name, papers = max(found, key=lambda pair: len(pair[1]))
    if not papers:
        return None
    listing = Listing(snapshot.origin)
    listing.note("page-metadata", message("read-from-metadata", kind=name))
    for url in linked_lists(tree, base):
        listing.note("linked-list", message("page-links-list", address=url))
    for number, paper in enumerate(papers, 1):
        listing.add(paper, message("paper-number", number=number))
    title = tree.css_first("title")
    return listing.profile(EXPECTED, one_line(title.text()) if title else "")


def linked_lists(tree: LexborHTMLParser, base: str) -> list[str]:
    """Return the addresses of the bibliographic files that a page links, if they are few."""
    links = (node.attributes.get("href") or "" for node in tree.css("a[href], link[href]"))
    whole = dict.fromkeys(absolute(link, base) for link in links if LIST_LINK.search(link))
    urls = [url for url in whole if "://" in url]
    return urls if len(urls) <= MOST_LISTS else []


def _people(names: Sequence[str]) -> tuple[tuple[Creator, ...], bool]:
    """Return the authors, and whether the list says that it is cut."""
    lines = [one_line(name) for name in names]
    kept = tuple(creator(line) for line in lines if line and not ET_AL.fullmatch(line))
    return kept, any(ET_AL.fullmatch(line) for line in lines)


# Highwire


FORMS = {
    "journal_title": "journalArticle",
    "conference_title": "conferencePaper",
    "conference": "conferencePaper",
    "inbook_title": "bookSection",
    "book_title": "bookSection",
    "dissertation_institution": "thesis",
    "technical_report_institution": "report",
}
"""Zotero's item type by the tag that names the paper's container. The first tag that is there counts."""

INSTITUTIONS = frozenset({"dissertation_institution", "technical_report_institution"})

DATES = ("publication_date", "date", "cover_date", "online_date", "year")

CITATION = pattern(
    r"(?:bepress_)?citation_(?P<name>[a-z_]+)", hostile=("citation_", "a", "-"), flags=re.IGNORECASE
)
"""The name of a tag (https://scholar.google.com/intl/en/scholar/inclusion.html#indexing).

>>> CITATION.fullmatch("bepress_citation_author")["name"]
'author'
"""


def _highwire(tree: LexborHTMLParser, _: Snapshot) -> list[Paper]:
    """The paper that the page is about."""
    tags: dict[str, list[str]] = {}
    for node in tree.css("meta[name][content]"):
        named = CITATION.fullmatch((node.attributes["name"] or "").strip())
        text = (node.attributes["content"] or "").strip()
        if named and text:
            tags.setdefault(named["name"].lower(), []).append(text)
    first = {name: texts[0] for name, texts in tags.items()}
    kind = next((name for name in FORMS if name in first), None)
    names = tags.get("author") or [name for text in tags.get("authors", ()) for name in text.split(";")]
    creators, cut = _people(names)
    pages = [first[name] for name in ("firstpage", "lastpage") if name in first]
    record = Record(
        title=first.get("title", ""),
        creators=creators,
        truncated=cut,
        abstract=first.get("abstract", ""),
        date=next(filter(None, (iso_date(first[name]) for name in DATES if name in first)), None),
        dois=tags.get("doi", ()),
        arxivs=[f"arXiv:{number}" for number in tags.get("arxiv_id", ())],
        url=first.get("abstract_html_url") or first.get("public_url") or "",
        texts=tags.get("github_url", ()),
        venue=first[kind] if kind and kind not in INSTITUTIONS else "",
        form=FORMS[kind] if kind else None,
        volume=first.get("volume", ""),
        issue=first.get("issue", ""),
        pages="-".join(dict.fromkeys(pages)),
        publisher=first[kind] if kind in INSTITUTIONS else first.get("publisher", ""),
    )
    paper = paper_of(record)
    return [paper] if paper else []


# JSON-LD


LD_FORMS = {
    "ScholarlyArticle": None,
    "MedicalScholarlyArticle": None,
    "Thesis": "thesis",
    "Chapter": "bookSection",
}
"""Types of schema.org that are papers, and Zotero's item type where the type says it."""

ELSEWHERE = frozenset(
    {
        "citation",
        "isPartOf",
        "isBasedOn",
        "mentions",
        "isRelatedTo",
        "relatedLink",
        "comment",
        "review",
        "about",
    }
)
"""Properties that lead from a work to other works."""

REFERENCE = frozenset({"@id", "@type"})
"""The keys of an object that only refers to another one."""

CONTAINERS = {"Periodical": "journalArticle", "Book": "bookSection"}

PROCEEDINGS = pattern(
    r"\b(?:proceedings|conference|workshop|symposium)\b", hostile="conference", flags=re.IGNORECASE
)
"""A name of what papers of a conference are in.

>>> bool(PROCEEDINGS.search("Proceedings of the 5th ACL")), bool(PROCEEDINGS.search("Nature"))
(True, False)
"""

MOST_CONTAINERS = 5
"""Containers within containers: an issue, a volume, a journal."""


def _json_ld(tree: LexborHTMLParser, _: Snapshot) -> list[Paper]:
    documents: list[Any] = []
    for node in tree.css('script[type="application/ld+json" i]'):
        try:
            documents.append(read_json(node.text().encode("utf-8", "surrogatepass")))
        except (ValueError, TooMuchError):
            continue
    nodes = list(_nodes(documents))
    named = {str(node["@id"]): node for node in nodes if "@id" in node and not node.keys() <= REFERENCE}
    works = [node for node in nodes if not LD_FORMS.keys().isdisjoint(_types(node))]
    return list(filter(None, (paper_of(_ld_record(node, named)) for node in works)))


def _nodes(documents: list[Any]) -> Iterator[dict[str, Any]]:
    """Every object in its order, but for works that others only refer to."""
    waiting = documents[::-1]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting += [part for name, part in value.items() if name not in ELSEWHERE][::-1]
        elif isinstance(value, list):
            waiting += value[::-1]


def _types(node: Mapping[str, Any]) -> list[str]:
    return [str(name).rpartition("/")[2] for name in many(node.get("@type"))]


def _said(node: Any, *names: str) -> str:
    """The first text under one of these names."""
    values = [value for name in names for value in many(node.get(name))] if isinstance(node, dict) else []
    return next((str(value) for value in values if isinstance(value, str | int) and str(value).strip()), "")


def _ld_record(node: dict[str, Any], named: Mapping[str, dict[str, Any]]) -> Record:
    people = [_known(person, named) for person in many(node.get("author") or node.get("creator"))]
    names = [person if isinstance(person, str) else _full_name(person) for person in people]
    creators, cut = _people([name for name in names if name])
    identifiers = [
        _said(value, "value", "@id") if isinstance(value, dict) else value
        for name in ("identifier", "sameAs", "@id", "url", "doi")
        for value in many(node.get(name))
    ]
    texts = [text for text in identifiers if isinstance(text, str)]
    containers = list(_containers(node, named))
    kind = next(filter(None, (LD_FORMS.get(name) for name in _types(node))), None)
    known = next((c for c in containers if not CONTAINERS.keys().isdisjoint(_types(c))), None)
    holder = known or next((container for container in containers if _said(container, "name")), {})
    venue = _said(holder, "name")
    if venue and not kind:
        types = _types(holder)
        kind = next((form for name, form in CONTAINERS.items() if name in types), "journalArticle")
        kind = "conferencePaper" if PROCEEDINGS.search(venue) else kind
    pages = [_said(node, name) for name in ("pageStart", "pageEnd")]
    return Record(
        title=_said(node, "name", "headline"),
        creators=creators,
        truncated=cut,
        abstract=_said(node, "abstract", "description"),
        date=iso_date(_said(node, "datePublished", "dateCreated")),
        dois=texts,
        arxivs=texts,
        url=_said(node, "url", "@id"),
        venue=venue if kind != "thesis" else "",
        form=kind,
        volume=next(filter(None, (_said(c, "volumeNumber") for c in containers)), ""),
        issue=next(filter(None, (_said(c, "issueNumber") for c in containers)), ""),
        pages=_said(node, "pagination") or "-".join(filter(None, pages)),
        publisher=_said(_known(node.get("publisher"), named), "name"),
    )


def _known(value: Any, named: Mapping[str, dict[str, Any]]) -> Any:
    """The object that is meant where only its `@id` stands."""
    if isinstance(value, dict) and value.keys() <= REFERENCE:
        return named.get(str(value.get("@id")), value)
    return value


def _full_name(person: Any) -> str:
    family, given = _said(person, "familyName"), _said(person, "givenName")
    return f"{family}, {given}" if family and given else _said(person, "name") or family or given


def _containers(node: dict[str, Any], named: Mapping[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What a work is part of, and what that is part of."""
    level = [node]
    for _ in range(MOST_CONTAINERS):
        parts = [_known(part, named) for work in level for part in many(work.get("isPartOf"))][
            :MOST_CONTAINERS
        ]
        level = [part for part in parts if isinstance(part, dict)]
        yield from level


# BibTeX and COinS


BIBTEX_PLACES = ("pre", "textarea", 'script[type*="bibtex" i]', '[class*="bibtex" i]')
"""Where pages hold BibTeX. The first kind of place with an entry counts."""

BIBTEX_ENTRY = pattern(r"@[A-Za-z]{3,20}\s{0,9}\{[^{}=,]{0,200},", hostile=("@abc", " ", ""))
"""The start of an entry.

>>> bool(BIBTEX_ENTRY.search("Cite as: @article{he2021, title = {A}}")), bool(BIBTEX_ENTRY.search("a@b.org {x}"))
(True, False)
"""


def _bibtex(tree: LexborHTMLParser, snapshot: Snapshot) -> list[Paper]:
    for place in BIBTEX_PLACES:
        texts = dict.fromkeys(node.text() for node in tree.css(place))
        text = "\n\n".join(text for text in texts if BIBTEX_ENTRY.search(text))
        if text:
            from syncd.parse import bibtex  # noqa: PLC0415 - heavy, and few pages have any

            try:
                return list(
                    bibtex.parse(dataclasses.replace(snapshot, data=text.encode(), charset="utf-8")).papers
                )
            except ParseError:
                continue
    return []


COINS_FORMS = {
    "article": "journalArticle",
    "proceeding": "conferencePaper",
    "conference": "conferencePaper",
    "bookitem": "bookSection",
    "book": "book",
    "dissertation": "thesis",
    "report": "report",
}
"""Zotero's item type by the genre of OpenURL (https://www.niso.org/publications/z39-88)."""


def _coins(tree: LexborHTMLParser, _: Snapshot) -> list[Paper]:
    papers = []
    for node in tree.css("span.Z3988[title]"):
        try:
            fields = parse_qs(node.attributes["title"] or "", max_num_fields=MOST_FIELDS)
        except ValueError:
            continue
        papers.append(paper_of(_coins_record(fields)))
    return [paper for paper in papers if paper]


def _coins_record(fields: Mapping[str, list[str]]) -> Record:
    first = {name.removeprefix("rft."): texts[0] for name, texts in fields.items()}
    title = first.get("atitle") or first.get("title") or first.get("btitle") or ""
    leading = [f"{first['aulast']}, {first.get('aufirst', '')}"] if "aulast" in first else []
    creators, cut = _people(fields.get("rft.au") or leading)
    form = COINS_FORMS.get(first.get("genre", ""))
    venue = (
        first.get("jtitle") or (first.get("btitle") or first.get("title") if "atitle" in first else "") or ""
    )
    pages = [first[name] for name in ("spage", "epage") if name in first]
    return Record(
        title=title,
        creators=creators,
        truncated=cut,
        date=iso_date(first.get("date", "")),
        dois=fields.get("rft_id", ()),
        arxivs=fields.get("rft_id", ()),
        url=next((text for text in fields.get("rft_id", ()) if text.startswith("http")), ""),
        venue=venue,
        form=form or ("journalArticle" if venue else None),
        volume=first.get("volume", ""),
        issue=first.get("issue", ""),
        pages=first.get("pages") or "-".join(dict.fromkeys(pages)),
        publisher=first.get("pub", ""),
    )


KINDS: dict[str, Callable[[LexborHTMLParser, Snapshot], list[Paper]]] = {
    "citation_* tags": _highwire,
    "JSON-LD": _json_ld,
    "BibTeX": _bibtex,
    "COinS": _coins,
}
"""What pages tell, by its name; where several tell of equally many papers, the first one is taken."""
