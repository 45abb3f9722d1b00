"""Atom and RSS feeds, those of arXiv and of publishers above all, parsed by feedparser.

feedparser is given bytes and never an address, so that it fetches nothing. A feed shows what is new: that it
is shorter than the list of an author's papers says nothing about those papers.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import feedparser  # type: ignore[import-untyped]
from feedparser.mixin import _FeedParserMixin  # type: ignore[import-untyped]

from syncd.errors import ParseError
from syncd.messages import message
from syncd.model import Creator, Notice, Profile, Snapshot
from syncd.parse.decode import read_xml
from syncd.parse.listing import Listing
from syncd.parse.markup import plain
from syncd.parse.record import UNREADABLE, Record, addresses, one_line, paper_of
from syncd.sources.limits import ENTRIES, TOO_MANY_ENTRIES, within
from syncd.text.dates import date_of, iso_date
from syncd.text.identifiers import ARCHIVES, SUBJECTS
from syncd.text.names import ET_AL, creator, parse_authors
from syncd.text.patterns import pattern

EXPECTED = message("expected-feed")

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
# The date of the journal, as exactly as it has it; others say when the entry came.
WRITTEN_DATE = "prism_publicationdate"
DATES = ("published_parsed", "created_parsed", "updated_parsed")

ANNOUNCEMENT = pattern(r"\A\s*arXiv:\S+\s+Announce Type:\s*\S+\s+Abstract:\s*", hostile=("arXiv:", "a ", ""))
"""What arXiv's RSS writes before an abstract.

>>> ANNOUNCEMENT.sub("", "arXiv:2304.12526v1 Announce Type: new \\n Abstract: We do.")
'We do.'
"""

TITLE_NOTE = pattern(
    r"\.?(?:(?<!\s)\s+)?\((?P<id>arXiv:[^\s()]+)(?:\s+\[(?P<category>[\w.-]+)\])?(?:\s+UPDATED)?\)\s*\Z",
    hostile=(".", " ", "(arXiv:"),
)
"""What arXiv's older RSS writes behind a title.

>>> TITLE_NOTE.search("A title. (arXiv:2304.12526v1 [cs.CL])")["category"]
'cs.CL'
"""

OAI = pattern(r"\Aoai:arXiv\.org:", hostile="oai:", flags=re.IGNORECASE)
"""What stands before the arXiv id in the `guid` of arXiv's RSS."""

AUTHOR_FEED = pattern(r"(?P<name>.{1,200}?)['\u2019]s articles on arXiv", hostile="'s")
"""The title of an author's feed at arXiv.

>>> AUTHOR_FEED.match("Pengcheng He's articles on arXiv")["name"]
'Pengcheng He'
"""

FAULT = pattern(r"(?i)https?://(?:[a-z]+\.)?arxiv\.org/api/errors\b", hostile="http://")
"""The id of the entry in which arXiv's API says what is wrong with a question.

>>> bool(FAULT.match("http://arxiv.org/api/errors#incorrect_id_format_for_abc"))
True
"""

QUERY = pattern(r"(?i)arxiv (?:query|search results)\b", hostile="arxiv ")
"""The title of an answer of arXiv's API, which names nobody."""

END = pattern(
    rb"</(?:\w+:)?(?:feed|rss|rdf)\s*>(?>\s+|<!--(?>[^<-]+|-(?!->)|<(?!!--))*-->)*\Z",
    hostile=(b"</rss>", b"<!---->", b"<"),
    flags=re.IGNORECASE | re.DOTALL,
)
"""The end of a feed that was not cut off."""

ELEMENT = pattern(rb"<\w", hostile=b"<")
"""Where the first element starts."""

MAX_PROLOGUE = 16_000
"""Bytes before the first element, where feedparser looks for a declaration in quadratic time."""

BLANK_LINES = pattern(rb"\n\s+", hostile=b"\n ")
"""The end of a line, and the blanks after it."""

NO_NAME = pattern(r"[\w.+-]{200}", hostile="a" * 199 + " ")
"""A word that is too long for a name or an e-mail address."""


def parse(snapshot: Snapshot) -> Profile:
    """Read a feed.

    Raises:
        ParseError: it is no feed, or has no entry with a title.
        TooMuchError: it declares entities that could grow, or goes past another limit.
    """
    found = _feed(snapshot)
    entries = list(found["entries"])
    within(len(entries), ENTRIES, TOO_MANY_ENTRIES)
    listing = Listing(snapshot.origin)
    if found.get("bozo") and not END.search(snapshot.data[-1000:].replace(b"\0", b"")) and entries:
        entries.pop()
        listing.note("broken-feed", message("feed-cut-off"))
    elif found.get("bozo") and "SAX" in type(found.get("bozo_exception")).__name__:
        listing.note("broken-feed", message("feed-not-well-formed"))
    for number, entry in enumerate(entries, 1):
        if FAULT.match(_string(entry.get("id"))):
            fault = one_line(plain(_string(entry.get("summary")))) or message("does-not-say-what")
            listing.note("source-error", message("arxiv-reports-error", reason=fault))
            continue
        try:
            paper = paper_of(_record(entry))
        except UNREADABLE:
            listing.note("odd-record", message("entry-odd", number=number))
            continue
        if paper:
            listing.add(paper, message("entry-number", number=number))
        else:
            listing.note("no-title", message("entry-without-title", number=number))
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
            io.BytesIO(_calm(text.encode("utf-8", "replace"), snapshot.origin)),
            response_headers=headers,
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # it promises no particular ones
        raise ParseError(
            message("feed-unreadable", reason=error), origin=snapshot.origin, expected=EXPECTED
        ) from error
    if not found.get("version") and not found["entries"]:
        raise ParseError(message("not-a-feed"), origin=snapshot.origin, expected=EXPECTED)
    return found


def _calm(data: bytes, origin: str) -> bytes:
    """Change what stands before the first element such that feedparser's own patterns take linear time over it.

    Raises:
        ParseError: there is no element, or too much before it.
    """
    element = ELEMENT.search(data)
    if not element:
        raise ParseError(message("not-a-feed"), origin=origin, expected=EXPECTED)
    at = element.start()
    if at > MAX_PROLOGUE:
        what = message("feed-begins-late", most=f"{MAX_PROLOGUE:,}")
        raise ParseError(what, origin=origin, expected=EXPECTED)
    first, *others = BLANK_LINES.sub(b"\n", data[:at]).replace(b"?>", b"?>\n", 1).split(b"\n")
    if b"?>" not in first:  # it declares nothing
        first = first.replace(b"encoding", b"\nencoding", 1)
    return b"\n".join((first, *others, data[at:]))


_find_email = _FeedParserMixin._sync_author_detail  # noqa: SLF001 - see below


def _find_email_in_name(self: _FeedParserMixin, key: str = "author") -> None:
    """Let feedparser look for an e-mail address in an author's name: it takes quadratic time over a long word."""
    if not NO_NAME.search(_string(self._get_context().get(key))):
        _find_email(self, key)


# feedparser offers no way to set or leave out this step, and no other library reads so many kinds of feeds.
_FeedParserMixin._sync_author_detail = _find_email_in_name  # noqa: SLF001


def _counted(profile: Profile, title: str, total: str) -> Profile:
    """Complete a profile by what the feed says of itself: whose it is, and how many papers there are in all."""
    named = AUTHOR_FEED.match(title)
    profile = replace(profile, name=named["name"]) if named else profile
    count = int(total) if total.isascii() and total.isdigit() and len(total) < 10 else 0
    if count <= len(profile.papers):
        return profile
    partial = Notice("partial-page", message("feed-incomplete", papers=len(profile.papers), promised=count))
    return replace(profile, paper_count=count, warnings=(*profile.warnings, partial))


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _first(entry: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next(filter(None, (_string(entry.get(name)) for name in names)), "")


def _record(entry: Mapping[str, Any]) -> Record:
    title, abstract = _string(entry.get("title")), _string(entry.get("summary")) or _body(entry)
    note = TITLE_NOTE.search(title)
    creators, cut = _authors(entry)
    fields = {name: _first(entry, names) for name, names in FIELDS.items()}
    pages = [_string(entry.get(name)) for name in ("prism_startingpage", "prism_endingpage")]
    return Record(
        title=title[: note.start()] if note else title,
        creators=creators,
        truncated=cut,
        abstract=ANNOUNCEMENT.sub("", plain(abstract)),
        date=iso_date(_string(entry.get(WRITTEN_DATE)))
        or next(filter(None, (_date(entry.get(name)) for name in DATES if name in entry)), None),
        category=_category(entry) or (note["category"] if note else None),
        dois=[_string(entry.get(name)) for name in DOIS],
        arxivs=[
            *(OAI.sub("arXiv:", _string(entry.get(name))) for name in ARXIVS),
            note["id"] if note else "",
        ],
        texts=[_string(entry.get("arxiv_comment")), *addresses(abstract)],
        form="journalArticle" if entry.get("prism_publicationname") else None,
        pages="-".join(filter(None, pages)),
        **fields,
    )


def _body(entry: Mapping[str, Any]) -> str:
    contents = entry.get("content")
    return _string(contents[0].get("value")) if isinstance(contents, list) and contents else ""


def _date(value: Any) -> str | None:
    """Feedparser's time, in UTC."""
    return date_of(value.tm_year, value.tm_mon, value.tm_mday) if value else None


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
