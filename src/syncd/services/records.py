"""Reads the records of services by tables, with functions for values of every kind, and notes what was odd.

A field that is missing or null is not odd. Where a service lists a preprint and its publication, they become one paper.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from syncd.errors import ParseError
from syncd.messages import message
from syncd.model import Creator, Identifiers, Notice, Paper, Profile, Snapshot
from syncd.parse.markup import plain
from syncd.parse.record import UNREADABLE, Record
from syncd.sources.limits import ENTRIES, TOO_MANY_PAPERS, read_json, within
from syncd.text import loose_json
from syncd.text.dates import iso_date
from syncd.text.identifiers import arxiv_id
from syncd.text.loose_json import Json, dig
from syncd.text.names import ET_AL, creator, parse_authors
from syncd.text.patterns import pattern
from syncd.text.titles import fold_name, fold_title

SLUG = pattern(r"[^a-z0-9]+", hostile="-")


def plain_text(value: Any) -> str | None:
    """Read text, without its markup and entities.

    >>> plain_text("Q&amp;A with <i>LLMs</i>"), plain_text(["a"]), plain_text("  ")
    ('Q&A with LLMs', None, None)
    """
    found = loose_json.text(value)
    return None if found is None else loose_json.text(plain(found))


def texts(value: Any) -> tuple[str, ...] | None:
    """Read one text or a list of them.

    >>> texts("a"), texts(["a", None, "b"]), texts(3)
    (('a',), ('a', 'b'), None)
    """
    found = tuple(filter(None, map(plain_text, value if isinstance(value, list) else [value])))
    return found or None


def arxivs(value: Any) -> tuple[str, ...] | None:
    """Read one text that is or holds an arXiv id, or several of them.

    >>> arxivs(["https://example.org/", "http://arxiv.org/abs/2001.00001v2"]), arxivs("10.48550/arXiv.2001.00001")
    (('2001.00001',), ('2001.00001',))
    """
    return tuple(filter(None, map(arxiv_id, texts(value) or ()))) or None


HYPHEN = pattern(r"(?:(?<!\s)\s+)?-\s*", hostile=" ")
"""What stands between the first and the last page."""


def pages(value: Any) -> str | None:
    r"""Read a range of pages.

    >>> pages("\n 1 - 9 "), pages("e123"), pages(3)
    ('1-9', 'e123', None)
    """
    found = plain_text(value)
    return None if found is None else HYPHEN.sub("-", found)


def date(value: Any) -> str | None:
    """Read a date or a year.

    >>> date("2023-04-25T00:00:00Z"), date(2023), date(2023.0), date("soon"), date(True)
    ('2023-04-25', '2023', '2023', None, None)
    >>> date(1682380800), date({"year": 2023})
    (None, None)
    """
    number = loose_json.number(value)
    if number is not None and not 1000 <= number <= 2999:
        return None  # seconds since 1970 start like a year
    return (
        iso_date(str(number) if number is not None else value) if number or isinstance(value, str) else None
    )


def percent(value: Any) -> float | None:
    """Read a score from 0 to 100. One that is not above 1 is taken for a share of 1.

    >>> percent(0.57), percent(66), percent("0.5"), percent(1200), percent(True)
    (57.0, 66.0, 50.0, None, None)
    """
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
        return None
    return round(value * 100.0, 1) if value <= 1 else round(float(value), 1)


def whole_percent(value: Any) -> int | None:
    """Read a score as a whole number from 0 to 100.

    >>> whole_percent(0.574), whole_percent("high")
    (57, None)
    """
    found = percent(value)
    return None if found is None else round(found)


def flag(value: Any) -> bool | None:
    """Read yes or no.

    >>> flag(True), flag(0), flag("yes")
    (True, False, None)
    """
    return bool(value) if value in (True, False) else None


def slugs(value: Any) -> tuple[str, ...] | None:
    """Read names of institutions.

    >>> slugs(["Microsoft Research", None, "apple-ml", ""])
    ('microsoft-research', 'apple-ml')
    """
    names = texts(value)
    made = dict.fromkeys(SLUG.sub("-", name.lower()).strip("-") for name in names or ())
    return tuple(slug for slug in made if slug) or None


def people(value: Any) -> tuple[Creator, ...] | None:
    """Read authors: a list of names, or of records with a name, or one text with all.

    >>> [person.name for person in people(["Ann Lee", None, {"name": "Bo Li"}, "et al."])]
    ['Ann Lee', 'Bo Li']
    >>> [person.family for person in people("Ann Lee, Bo Li et al.")], people(3)
    (['Lee', 'Li'], None)
    """
    if isinstance(value, str):
        return parse_authors(plain(value))[0] or None
    return tuple(creator(name) for name in _names(value) if not ET_AL.fullmatch(name)) or None


def cut(value: Any) -> bool | None:
    """Tell whether a list of authors that `people` can read says that it was cut.

    >>> cut(["Ann Lee", "et al."]), cut(["Ann Lee"]), cut("Ann Lee et al.")
    (True, None, True)
    """
    if isinstance(value, str):
        return parse_authors(loose_json.text(value) or "")[1] or None
    return any(ET_AL.fullmatch(name) for name in _names(value)) or None


def _names(value: Any) -> list[str]:
    entries = value if isinstance(value, list) else []
    names = (plain_text(dig(entry, "name") if isinstance(entry, dict) else entry) for entry in entries)
    return [" ".join(name.split()) for name in names if name]


EMPTY: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class Field:
    """One row of a mapping.

    Attributes:
        name: the field that is filled.
        paths: where its value may be; the first that holds something usable is used.
        read: returns the value, or None for something that is no such value.
    """

    name: str
    paths: tuple[str, ...]
    read: Callable[[Any], Any]


@dataclass(slots=True)
class Document:
    """A snapshot of an API, and what was odd about it.

    Attributes:
        origin: the source's short form.
        identifier: the author's, at the API.
        author: the author's record.
        rows: the papers' records.
        complete: all of them.
        foreign: how many other things stood among them.
        odd: how many papers have an unusable value, by field.
        nameless: how many papers list authors without a name that can be read.
        notices: other oddities.
    """

    origin: str = ""
    identifier: str = ""
    author: Json = field(default_factory=dict)
    rows: list[Json] = field(default_factory=list)
    complete: bool = True
    foreign: int = 0
    odd: Counter[str] = field(default_factory=Counter)
    nameless: int = 0
    notices: list[Notice] = field(default_factory=list)

    def read(self, row: Json, table: Sequence[Field]) -> dict[str, Any]:
        """Return the fields of a record that a table maps and that are there."""
        values: dict[str, Any] = {}
        for rule in table:
            found = [value for path in rule.paths if (value := dig(row, path)) not in EMPTY]
            usable = (read for value in found if (read := rule.read(value)) is not None)
            value = next(usable, None)
            if value is not None:
                values[rule.name] = value
            elif found:
                self.odd[rule.name] += 1
        return values

    def profile(self, table: Sequence[Field], papers: Iterable[Paper], **figures: Any) -> Profile:
        """Put the profile together.

        Args:
            table: maps the author's record.
            papers: in the API's order.
            figures: fields of the profile that the table does not map.
        """
        about = figures | self.read(self.author, table)
        self._count(about.get("paper_count"))
        name = about.pop("name", None)
        if not name:
            self.notices.append(Notice("no-name", message("record-without-name", origin=self.origin)))
        odd = [
            Notice("odd-value", message("records-with-unusable-value", count=count, field=name))
            for name, count in self.odd.items()
        ]
        if self.nameless:
            odd.append(Notice("odd-value", message("authors-unreadable", count=self.nameless)))
        return Profile(name or self.origin, papers=tuple(papers), warnings=(*self.notices, *odd), **about)

    def count_authors(self, record: Record, listed: Any) -> None:
        """Note where fewer authors have names than are listed; the record's list is a cut one then."""
        if isinstance(listed, list) and len(record.creators) < len(listed):
            record.truncated = True
            self.nameless += 1

    def papers(self, records: Iterable[Json], read: Callable[[Json], Paper | None]) -> list[Paper]:
        """Read records; what has no title, or a shape that can't be read, is left out and noted.

        Args:
            records: of papers.
            read: returns a record's paper, or None where it has no title.
        """
        kept: list[Paper] = []
        untitled = unreadable = 0
        for record in records:
            try:
                paper = read(record)
            except UNREADABLE:
                unreadable += 1
                continue
            if paper is None:
                untitled += 1
            else:
                kept.append(paper)
        if untitled:
            self.notices.append(Notice("no-title", message("records-without-title", count=untitled)))
        if unreadable := unreadable + self.foreign:
            self.notices.append(Notice("odd-record", message("records-odd", count=unreadable)))
        return kept

    def _count(self, promised: int | None) -> None:
        if not self.complete:
            self.notices.append(Notice("partial-page", message("only-first-papers", papers=len(self.rows))))
        elif promised is not None and promised > len(self.rows):
            self.notices.append(
                Notice("partial-page", message("source-incomplete", papers=len(self.rows), promised=promised))
            )


def pack(
    name: str, author: Any, papers: Sequence[Any], *, identifier: str = "", complete: bool = True
) -> bytes:
    """Write what `load` reads.

    Args:
        name: the API's.
        author: the author's record, or None.
        papers: the papers' records.
        identifier: the author's, at the API.
        complete: there are no more papers than these.
    """
    document = {
        "source": name,
        "id": identifier,
        "author": author if isinstance(author, dict) else None,
        "papers": papers,
        "complete": complete,
    }
    # Sorted, so that the same content is the same bytes.
    packed = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return packed.encode("utf-8", "replace")


def load(snapshot: Snapshot, name: str) -> Document:
    """Read the document that the API's fetch packed.

    Args:
        snapshot: what it brought.
        name: the API's.

    Raises:
        ParseError: it is no such document.
        TooMuchError: it goes past a limit.
    """
    try:
        whole = read_json(snapshot.data)
    except ValueError:
        whole = None
    papers = dig(whole, "papers")
    if dig(whole, "source") != name or not isinstance(papers, list):
        raise ParseError(
            message("not-an-api-answer"),
            origin=snapshot.origin,
            expected=message("expected-document", name=name),
        )
    within(len(papers), ENTRIES, TOO_MANY_PAPERS)
    author = dig(whole, "author")
    rows = [row for row in papers if isinstance(row, dict)]
    return Document(
        origin=snapshot.origin,
        identifier=str(dig(whole, "id") or ""),
        author=author if isinstance(author, dict) else {},
        rows=rows,
        complete=dig(whole, "complete") is not False,
        foreign=len(papers) - len(rows),
    )


BESIDE = frozenset(
    {"dataset", "computerProgram", "presentation", "document", "webpage", "blogPost", "standard"}
)
"""Item types of things that lie beside a paper, often under its title. They are no published form of it."""

MOST_YEARS = 4
"""How many years a paper may be published after its preprint."""


def join_versions(papers: Iterable[Paper]) -> list[Paper]:
    """Join preprints with their publications.

    Returns:
        The papers in their order, each of a pair at the place of the first.
    """
    kept: list[Paper] = []
    places: dict[tuple[str, str], list[int]] = {}
    for paper in papers:
        alike = places.setdefault((fold_title(paper.title), fold_name(paper.surname)), [])
        place = next((at for at in alike if _are_versions(kept[at], paper)), None)
        if place is None:
            alike.append(len(kept))
            kept.append(paper)
        else:
            kept[place] = _join(kept[place], paper)
    return kept


def _is_published(paper: Paper) -> bool:
    return bool(paper.published_as or paper.identifiers.doi)


def _are_versions(one: Paper, other: Paper) -> bool:
    if {one.published_as, other.published_as} & BESIDE:
        return False
    if _is_published(one) == _is_published(other):
        return False
    published, preprint = (one, other) if _is_published(one) else (other, one)
    ids = {paper.identifiers.arxiv for paper in (one, other)} - {None}
    if len(ids) > 1:
        return False
    later = (published.year or 0) - (preprint.year or 0)
    return published.year is None or preprint.year is None or -1 <= later <= MOST_YEARS


def _join(one: Paper, other: Paper) -> Paper:
    published, preprint = (one, other) if _is_published(one) else (other, one)
    cut = published.creators_truncated and not preprint.creators_truncated
    return replace(
        published,
        creators=preprint.creators if cut else published.creators,
        creators_truncated=published.creators_truncated and preprint.creators_truncated,
        abstract=published.abstract or preprint.abstract,
        category=published.category or preprint.category,
        has_code=published.has_code or preprint.has_code,
        links=tuple({link.url: link for link in (*published.links, *preprint.links)}.values()),
        identifiers=Identifiers(
            published.identifiers.doi, published.identifiers.arxiv or preprint.identifiers.arxiv
        ),
        url=published.url or preprint.url,
    )
