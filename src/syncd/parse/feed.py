"""Atom and RSS feeds, those of arXiv and of publishers above all, parsed by feedparser.

feedparser is given bytes and never an address, so that it fetches nothing. A feed shows what is new: that it
is shorter than the list of an author's papers says nothing about those papers.
"""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import feedparser  # type: ignore[import-untyped]

from syncd.errors import ParseError
from syncd.model import Notice
from syncd.parse.charsets import read_xml
from syncd.parse.dates_of import joined
from syncd.parse.listing import Listing
from syncd.parse.markup import plain
from syncd.parse.record import Record, one_line, paper_of
from syncd.sources.limits import ENTRIES, within
from syncd.text.arxiv import ARCHIVES, SUBJECTS
from syncd.text.names import ET_AL, creator, parse_authors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncd.model import Creator, Profile, Snapshot

EXPECTED = "an Atom or RSS feed with entries"

FIELDS = {
    "url": ("link", "id"),
    "venue": ("arxiv_journal_ref", "arxiv_journal_reference", "prism_publicationname"),
    "volume": ("prism_volume",),
    "issue": ("prism_number",),
    "publisher": ("prism_publisher", "publisher"),
}
"""The elements, as feedparser names them, that make a field of a record: the first one that is there."""

DOIS = ("arxiv_doi", "prism_doi", "dc_identifier", "link", "id")
ARXIVS = ("id", "link", "arxiv_doi", "title")
DATES = ("published_parsed", "created_parsed", "updated_parsed")

ANNOUNCEMENT = re.compile(r"\A\s*arXiv:\S+\s+Announce Type:\s*\S+\s+Abstract:\s*")
"""What arXiv's RSS writes before an abstract.

>>> ANNOUNCEMENT.sub("", "arXiv:2304.12526v1 Announce Type: new \\n Abstract: We do.")
'We do.'
"""

TITLE_NOTE = re.compile(r"\.?\s*\((?P<id>arXiv:\S+)(?:\s+\[(?P<category>[\w.-]+)\])?(?:\s+UPDATED)?\)\s*\Z")
"""What arXiv's older RSS writes behind a title.

>>> TITLE_NOTE.search("A title. (arXiv:2304.12526v1 [cs.CL])")["category"]
'cs.CL'
"""

OAI = re.compile(r"\Aoai:arXiv\.org:", re.IGNORECASE)
"""What stands before the arXiv id in the `guid` of arXiv's RSS."""

AUTHOR_FEED = re.compile(r"(?P<name>.{1,200}?)['\u2019]s articles on arXiv")
"""The title of an author's feed at arXiv.

>>> AUTHOR_FEED.match("Pengcheng He's articles on arXiv")["name"]
'Pengcheng He'
"""

QUERY = re.compile(r"(?i)arxiv query\b")
"""The title of an answer of arXiv's API, which names nobody."""

END = re.compile(rb"</(?:\w+:)?(?:feed|rss|rdf)\s*>\s*(?:<!--.*?-->\s*)*\Z", re.IGNORECASE | re.DOTALL)
"""How a whole feed ends."""


def parse(snapshot: Snapshot) -> Profile:
    """Read a feed.

    Raises:
        ParseError: it is no feed, or has no entry with a title.
        TooMuchError: it declares entities, or goes past another limit.
    """
    found = _feed(snapshot)
    entries = list(found["entries"])
    within(len(entries), ENTRIES, "entries")
    listing = Listing(snapshot.origin)
    if found.get("bozo") and not END.search(snapshot.data[-1000:].replace(b"\0", b"")) and entries:
        entries.pop()
        listing.note("broken-feed", "the feed is cut off; its last entry was left out")
    elif found.get("bozo") and "SAX" in type(found.get("bozo_exception")).__name__:
        listing.note("broken-feed", "the feed is no well-formed XML and was read as well as it goes")
    for number, entry in enumerate(entries, 1):
        paper = paper_of(_record(entry))
        if paper:
            listing.add(paper, f"entry {number}")
        else:
            listing.note("no-title", f"entry {number} has no title; it was left out")
    title = one_line(plain(_string(found["feed"].get("title"))))
    profile = listing.profile(EXPECTED, "" if QUERY.match(title) else title)
    return _counted(profile, title, _string(found["feed"].get("opensearch_totalresults")))


def _feed(snapshot: Snapshot) -> Any:
    """Let feedparser read the bytes, and nothing but these."""
    headers = {"content-location": snapshot.origin} if "://" in snapshot.origin else {}
    # What was looked at is what is parsed: feedparser has its own ways to find out a character set.
    text = read_xml(snapshot)
    headers["content-type"] = "application/xml; charset=utf-8"
    try:
        found = feedparser.parse(
            io.BytesIO(text.encode("utf-8", "replace")),
            response_headers=headers,
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # it promises no particular ones
        raise ParseError(
            f"this feed can't be read: {error}", origin=snapshot.origin, expected=EXPECTED
        ) from error
    if not found.get("version") and not found["entries"]:
        raise ParseError("this is no feed", origin=snapshot.origin, expected=EXPECTED)
    return found


def _counted(profile: Profile, title: str, total: str) -> Profile:
    """Complete a profile by what the feed says of itself: whose it is, and how many papers there are in all."""
    named = AUTHOR_FEED.match(title)
    profile = replace(profile, name=named["name"]) if named else profile
    count = int(total) if total.isascii() and total.isdigit() and len(total) < 10 else 0
    if count <= len(profile.papers):
        return profile
    partial = Notice("partial-page", f"the feed lists {len(profile.papers)} of {count} papers")
    return replace(profile, paper_count=count, warnings=(*profile.warnings, partial))


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _first(entry: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next(filter(None, (_string(entry.get(name)) for name in names)), "")


def _record(entry: Mapping[str, Any]) -> Record:
    """Map the elements of an entry."""
    title, abstract = _content(entry, "title"), _content(entry, "summary") or _body(entry)
    note = TITLE_NOTE.search(title)
    creators, cut = _authors(entry)
    fields = {name: plain(_first(entry, names)) for name, names in FIELDS.items()}
    pages = [_string(entry.get(name)) for name in ("prism_startingpage", "prism_endingpage")]
    return Record(
        title=title[: note.start()] if note else title,
        creators=creators,
        truncated=cut,
        abstract=ANNOUNCEMENT.sub("", abstract),
        date=next(filter(None, (_date(entry.get(name)) for name in DATES)), None),
        category=_category(entry) or (note["category"] if note else None),
        dois=[_string(entry.get(name)) for name in DOIS],
        arxivs=[
            *(OAI.sub("arXiv:", _string(entry.get(name))) for name in ARXIVS),
            note["id"] if note else "",
        ],
        texts=[_string(entry.get("arxiv_comment"))],
        form="journalArticle" if entry.get("prism_publicationname") else None,
        pages="-".join(filter(None, pages)),
        **fields,
    )


def _content(entry: Mapping[str, Any], name: str) -> str:
    """A text, without its markup where it says that it has some."""
    detail = entry.get(f"{name}_detail")
    text = _string(entry.get(name))
    marked = isinstance(detail, dict) and "html" in _string(detail.get("type"))
    return plain(text) if marked else text


def _body(entry: Mapping[str, Any]) -> str:
    contents = entry.get("content")
    return plain(_string(contents[0].get("value"))) if isinstance(contents, list) and contents else ""


def _date(value: Any) -> str | None:
    """Feedparser's time, in UTC."""
    return joined(value.tm_year, value.tm_mon, value.tm_mday) if value else None


def _category(entry: Mapping[str, Any]) -> str | None:
    """The first category that is one of arXiv's."""
    primary = entry.get("arxiv_primary_category")
    tags = entry.get("tags")
    terms = [primary, *(tags if isinstance(tags, list) else [])]
    known = (_string(term.get("term")) for term in terms if isinstance(term, dict))
    return next((term for term in known if term in SUBJECTS or term in ARCHIVES), None)


def _authors(entry: Mapping[str, Any]) -> tuple[tuple[Creator, ...], bool]:
    """The authors: an element each, or all of them in one, as in arXiv's RSS."""
    people = entry.get("authors")
    listed = [
        one_line(plain(_string(person.get("name")))) for person in people or () if isinstance(person, dict)
    ]
    names = [name for name in listed if name]
    if len(names) == 1 and not _is_one_name(names[0]):
        return parse_authors(names[0])
    return (
        tuple(creator(name) for name in names if not ET_AL.fullmatch(name)),
        any(ET_AL.fullmatch(name) for name in names),
    )


def _is_one_name(text: str) -> bool:
    """Tell "Lee, Ann" from "Ann Lee, Bo Sand"."""
    parts = text.split(",")
    return (len(parts) == 2 and " " not in parts[0].strip()) or (len(parts) == 1 and " and " not in text)
