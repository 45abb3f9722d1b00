"""arXiv: the papers of an author, and of single papers authors, abstract, first day, category and withdrawal.

Documentation: https://info.arxiv.org/help/api/user-manual.html, https://info.arxiv.org/help/author_identifiers.html.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, ClassVar
from xml.etree import ElementTree as ET

from syncd.messages import message
from syncd.model import Paper, Profile, Snapshot
from syncd.parse import feed
from syncd.parse.decode import check_xml
from syncd.parse.record import Record, paper_of
from syncd.services import ARXIV_IDENTIFIER, Counted, Listed, media_type, records
from syncd.services.base import Asking, Params, Part, Records, words
from syncd.sources.limits import TooMuchError
from syncd.text.identifiers import arxiv_id
from syncd.text.loose_json import Json, number
from syncd.text.names import creator
from syncd.text.patterns import pattern
from syncd.text.titles import fold_name, fold_title

if TYPE_CHECKING:
    from syncd.sources.exchange import Answer
    from syncd.sources.web import Web


def read(snapshot: Snapshot) -> Profile:
    """Read a feed.

    Raises:
        ParseError: it is no feed, or has no entry with a title.
    """
    profile = feed.parse(snapshot)
    searched = snapshot.origin.removeprefix("arxiv:")
    nameless = profile.name in {"", snapshot.origin} and not ARXIV_IDENTIFIER.fullmatch(searched)
    return replace(profile, name=searched) if nameless else profile


MOST = 2000
"""The most entries that one request may bring, as the manual says. Few people have written more papers."""

NEWEST: Params = {"sortBy": "submittedDate", "sortOrder": "descending"}
MOST_RECENT = 500
"""The most entries of several people that are asked for at once."""

NAMES = {
    "a": "http://www.w3.org/2005/Atom",
    "x": "http://arxiv.org/schemas/atom",
    "o": "http://a9.com/-/spec/opensearch/1.1/",
}
ELEMENTS = {
    "id": "a:id",
    "title": "a:title",
    "summary": "a:summary",
    "published": "a:published",
    "comment": "x:comment",
    "doi": "x:doi",
}
"""Which element of an entry fills which part of the record."""

PER_TITLE = 10
"""How many entries are asked for with one title. Few other titles hold the same phrase."""

WITHDRAWN = pattern(
    r"(?i)(?:\A\W*|[.;!]\s+)(?:(?:this|the|our)\s+)?(?:(?:arxiv\s+)?(?:paper|article|manuscript|submission|preprint))"
    r"\s+(?:(?:has|had)\s+(?:now\s+)?been\s+|is\s+|was\s+|is\s+being\s+)?(?:\w+ly\s+)?(?:withdrawn|retracted)\b"
    r"|\A\W*(?:withdrawn|retracted)\b",
    hostile=(".", " ", "this paper is "),
)
"""What the authors of a withdrawn paper write in place of its abstract, or in the comment.

>>> texts = "This paper has been withdrawn by the author.", "12 pages. Paper withdrawn", "Withdrawn: error in (3)"
>>> [bool(WITHDRAWN.search(text)) for text in texts]
[True, True, True]
>>> bool(WITHDRAWN.search("This paper studies withdrawn articles. The drug was withdrawn."))
False
"""


@dataclass(frozen=True, slots=True)
class Api:
    """arXiv: its API, and the feeds of authors.

    Attributes:
        base: address of the API.
        feeds: address of the feeds by author's identifier.
    """

    base: str = "https://export.arxiv.org/api/query"
    feeds: str = "https://arxiv.org/a"

    name: ClassVar[str] = "arxiv"
    title: ClassVar[str] = "arXiv"
    per_lookup: ClassVar[int] = 100
    per_search: ClassVar[int] = 10
    per_count: ClassVar[int] = 0
    per_recent: ClassVar[int] = 20
    gives: ClassVar[frozenset[Part]] = frozenset(
        {"creators", "abstract", "date", "first date", "category", "identifiers", "links", "retracted"}
    )

    def fetch(self, author: str, web: Web) -> Snapshot:
        """Fetch an author's papers, the newest first.

        Raises:
            SourceError: they are not to be had.
        """
        asking = Asking(web, self.title, "arxiv", author)
        if ARXIV_IDENTIFIER.fullmatch(author):
            answer = asking.answer(f"{self.feeds}/{author}.atom2")
        else:
            params: Params = {"search_query": f'au:"{author}"', **NEWEST, "max_results": MOST}
            answer = asking.answer(self.base, params)
        return answer.snapshot(asking.origin, web.clock.now(), media_type("arxiv", "xml"))

    def counts(self, authors: Sequence[str], web: Web) -> dict[str, Counted]:  # noqa: ARG002 - see below
        """There is no such request: `per_count` is 0."""
        return {}

    def recent(self, authors: Sequence[Listed], since: date, web: Web) -> dict[str, Snapshot]:
        """Ask for what people of these names submitted since a day; each half by itself where that is too much."""
        query = " OR ".join(f'au:"{one.author}"' for one in authors)
        params: Params = {"search_query": query, **NEWEST, "max_results": MOST_RECENT}
        root, answer = self._feed(Asking(web, self.title), params)
        entries = root.findall("a:entry", NAMES)
        recent = [entry for entry in entries if entry.findtext("a:published", "", NAMES) >= str(since)]
        if len(recent) == MOST_RECENT and len(authors) > 1:
            middle = len(authors) // 2
            return self.recent(authors[:middle], since, web) | self.recent(authors[middle:], since, web)
        by_name: defaultdict[str, list[ET.Element]] = defaultdict(list)
        for entry in recent:
            for name in {fold_name(name) for name in _record(entry)["authors"]}:
                by_name[name].append(entry)
        return {
            one.author: replace(
                answer.snapshot(f"arxiv:{one.author}", web.clock.now(), media_type("arxiv", "xml")),
                data=_feed_of(root, own),
                charset="utf-8",
                whole=False,
            )
            for one in authors
            if (own := by_name.get(fold_name(one.author)))
        }

    def identifier(self, paper: Paper) -> str | None:
        """Return the arXiv id."""
        return paper.identifiers.arxiv

    def searches(self, paper: Paper) -> bool:
        """Search for what has no arXiv id."""
        return paper.identifiers.arxiv is None

    def lookup(self, identifiers: Sequence[str], web: Web) -> list[Records]:
        """Ask for entries by arXiv id."""
        params: Params = {"id_list": ",".join(identifiers), "max_results": len(identifiers)}
        entries, _ = self._entries(params, web)
        known = {arxiv_id(entry["id"]): entry for entry in entries}
        return [[known[identifier]] if identifier in known else [] for identifier in identifiers]

    def search(self, papers: Sequence[Paper], web: Web) -> list[Records]:
        """Ask for entries with one of these titles; each half by itself where there are too many."""
        most = PER_TITLE * len(papers)
        phrases = (f'ti:"{words(paper.title)}"' for paper in papers)
        entries, total = self._entries({"search_query": " OR ".join(phrases), "max_results": most}, web)
        if len(papers) == 1:
            return [entries]
        if total > most:
            middle = len(papers) // 2
            return self.search(papers[:middle], web) + self.search(papers[middle:], web)
        folded = [(fold_title(entry["title"]), entry) for entry in entries]
        return [[e for title, e in folded if fold_title(paper.title) in title] for paper in papers]

    def _entries(self, params: Params, web: Web) -> tuple[Records, int]:
        """Ask, and return the entries and how many there are in all."""
        asking = Asking(web, self.title)
        feed, _ = self._feed(asking, params)
        entries = [_record(entry) for entry in feed.iterfind("a:entry", NAMES)]
        total = number(feed.findtext("o:totalResults", "0", NAMES)) or 0
        if total and not entries:
            raise asking.odd(message("one-whole-feed"))  # it happens to arXiv at times, and passes
        return [entry for entry in entries if arxiv_id(entry["id"])], total

    def _feed(self, asking: Asking, params: Params) -> tuple[ET.Element, Answer]:
        """Ask, and return the feed, read and as it came."""
        answer = asking.answer(self.base, params)
        try:
            text = answer.data.decode("utf-8-sig")
            check_xml(text)
            feed = ET.fromstring(text)  # noqa: S314 - it declares no entities that could grow, and is within limits
        except (ET.ParseError, UnicodeDecodeError, TooMuchError):
            feed = None
        if feed is None or not feed.tag.endswith("}feed"):
            raise asking.odd(message("one-feed"))
        return feed, answer

    def read_paper(self, record: Json) -> Paper | None:
        """Read an entry."""
        text = {name: records.plain_text(record.get(name)) or "" for name in ELEMENTS}
        withdrawn = bool(WITHDRAWN.search(text["comment"]) or WITHDRAWN.search(text["summary"]))
        paper = paper_of(
            Record(
                title=text["title"],
                creators=tuple(map(creator, records.texts(record.get("authors")) or ())),
                abstract="" if withdrawn else text["summary"],
                date=records.date(text["published"]),
                category=records.plain_text(record.get("category")),
                dois=(text["doi"],),
                arxivs=(text["id"],),
                texts=(text["comment"],),
            )
        )
        return replace(paper, retracted=True) if paper and withdrawn else paper


def _feed_of(feed: ET.Element, entries: Sequence[ET.Element]) -> bytes:
    """Return a feed with these entries of another one."""
    made = ET.Element(feed.tag)
    made.extend([*feed.findall("a:title", NAMES), *entries])
    data: bytes = ET.tostring(made, encoding="utf-8", xml_declaration=True)
    return data


def _record(entry: ET.Element) -> Json:
    found: Json = {name: " ".join(entry.findtext(path, "", NAMES).split()) for name, path in ELEMENTS.items()}
    category = entry.find("x:primary_category", NAMES)
    found["category"] = category.get("term") if category is not None else None
    found["authors"] = [name.text for name in entry.iterfind("a:author/a:name", NAMES) if name.text]
    return found
