"""The profile page of a paper-intelligence site, saved as text: a header, then the papers one after another.

The header may have its parts in any order, or lack them. What can't be placed becomes a notice; it is never guessed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from syncd.errors import LayoutError, ParseError
from syncd.messages import message
from syncd.model import Notice, Paper, Profile, Snapshot
from syncd.parse.decode import decode
from syncd.parse.profile_grammar import (
    AFFILIATIONS,
    CODE_BADGE,
    FIELD,
    FIGURES,
    FURNITURE,
    HEADING,
    LABEL,
    VALUE,
    Head,
    count,
    looks_like_authors,
    read_head,
)
from syncd.parse.profile_links import Anchor, Anchors, read_anchors
from syncd.sources import limits
from syncd.sources.limits import (
    ENTRIES,
    LINES,
    TOO_MANY_CHARACTERS_IN_FIELD,
    TOO_MANY_LINES,
    TOO_MANY_PAPERS,
    within,
)
from syncd.text.dates import parse_date
from syncd.text.latex import to_unicode
from syncd.text.links import find_links, merged
from syncd.text.names import parse_authors
from syncd.text.patterns import pattern
from syncd.text.plain import clean
from syncd.text.titles import fold_title

MAX_FACT_LENGTH = 120
"""A longer line is no figure, label or heading."""


@dataclass(slots=True)
class Header:
    """What the lines before the first paper say.

    Attributes:
        name: the author's name; empty if there is none.
        field: the main field, as written.
        figures: by the profile's fields; missing ones are missing.
        listed: the number in the heading of the list.
        heading: the heading's line, counted from 1.
        notices: what was odd.
    """

    name: str = ""
    field: str | None = None
    figures: dict[str, int] = dataclasses.field(default_factory=dict)
    listed: int | None = None
    heading: int | None = None
    notices: list[Notice] = dataclasses.field(default_factory=list)

    @property
    def promised(self) -> int | None:
        """How many papers the profile has, says the header, or else the heading."""
        return self.figures.get("paper_count", self.listed)


def read_header(lines: list[str]) -> Header:
    """Read the lines before the first paper."""
    header = Header()
    unplaced: list[int] = []
    first_fact: int | None = None
    index = 0
    while index < len(lines):
        taken = _fact(header, lines, index) if lines[index] else 1
        if taken and lines[index] and first_fact is None:
            first_fact = index
        if not taken and lines[index] and not FURNITURE.fullmatch(lines[index][: MAX_FACT_LENGTH + 1]):
            unplaced.append(index)
        index += taken or 1
    named = _name_line(unplaced, first_fact)
    if named is not None:
        header.name = lines[named]
    header.notices += [
        Notice("unplaced-line", message("header-line-unknown", line=index + 1, text=lines[index][:80]))
        for index in unplaced
        if index != named
    ]
    heads = header.figures.get("paper_count"), header.listed
    if None not in heads and heads[0] != heads[1]:
        header.notices.append(
            Notice("count-mismatch", message("header-count-differs", stated=heads[0], papers=heads[1]))
        )
    return header


def _name_line(unplaced: list[int], first_fact: int | None) -> int | None:
    """The name stands right above the facts, or it is the first line that says nothing else."""
    above = [index for index in unplaced if first_fact is None or index < first_fact]
    if above:
        return above[-1]
    return unplaced[0] if unplaced else None


def _fact(header: Header, lines: list[str], index: int) -> int:
    """Take the fact that starts in this line into the header; return how many lines it takes, 0 for none."""
    line = lines[index]
    if len(line) > MAX_FACT_LENGTH:
        return 0
    heading = HEADING.fullmatch(line)
    if heading and header.heading is None:
        header.listed, header.heading = count(heading["count"]), index + 1
        return 1
    if header.field is None and FIELD.fullmatch(line):
        header.field = line
        return 1
    if _figure(header, line):
        return 1
    following = lines[index + 1] if index + 1 < len(lines) else ""
    apart = (LABEL.fullmatch(line) and VALUE.fullmatch(following)) or (
        VALUE.fullmatch(line) and LABEL.fullmatch(following)
    )
    return 2 if apart and _figure(header, f"{line} {following}") else 0


def _figure(header: Header, text: str) -> bool:
    for name, form in FIGURES.items():
        found = form.fullmatch(text)
        if found and name not in header.figures:
            header.figures[name] = count(next(value for value in found.groups() if value))
            return True
    return False


EXPECTED = message("expected-profile-page")

LINE_END = pattern(r"\r\n|\r|\n", hostile="\r")


@dataclass(slots=True)
class _Page:
    """The lines of a page, the links that markup has in them, what follows each, and the notices so far."""

    lines: list[str]
    anchors: Mapping[int, tuple[Anchor, ...]] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    following: list[int] = field(default_factory=list)  # for each line the next one that is not blank

    def __post_init__(self) -> None:
        self.following = [len(self.lines)] * (len(self.lines) + 3)
        for index in range(len(self.lines) - 1, -1, -1):
            self.following[index] = index if self.lines[index] else self.following[index + 1]

    def line(self, index: int) -> str:
        """The line, or a blank one outside of the page."""
        return self.lines[index] if 0 <= index < len(self.lines) else ""

    def notice(self, code: str, message: str) -> None:
        self.notices.append(Notice(code, message))


@dataclass(frozen=True, slots=True)
class _Entry:
    """Where a paper starts and ends, and what its first line says."""

    head: Head
    start: int
    end: int


def parse(snapshot: Snapshot) -> Profile:
    """Read a profile page.

    Raises:
        ParseError: it is not such a page, or not text.
        LayoutError: it is such a page, promises papers and shows none that could be read.
    """
    text = decode(snapshot)
    within(text.count("\n") + text.count("\r"), LINES, TOO_MANY_LINES)
    return read_lines(snapshot, [line and clean(line) for line in LINE_END.split(text)], {})


def read_lines(snapshot: Snapshot, lines: list[str], anchors: Mapping[int, tuple[Anchor, ...]]) -> Profile:
    """Read the lines of a profile page, wherever they come from.

    Args:
        snapshot: names the origin, and the day from which years are inferred.
        lines: each of them clean; blank ones stand as in the page as text.
        anchors: the links that markup has in a line, by its index. A blank line with links is one of buttons.

    Raises:
        ParseError: it is not such a page.
        LayoutError: it is such a page, promises papers and shows none that could be read.
    """
    page = _Page(lines, anchors)
    entries = list(_entries(page))
    within(len(entries), ENTRIES, TOO_MANY_PAPERS)
    header = read_header(page.lines[: entries[0].start if entries else len(page.lines)])
    _refuse_others(snapshot.origin, page, header, entries)
    page.notices.extend(header.notices)
    papers = tuple(_paper(page, entry, snapshot.captured.date()) for entry in entries)
    promised = header.promised
    if promised is not None and len(papers) < promised:
        page.notice("partial-page", message("page-incomplete", papers=len(papers), promised=promised))
    elif promised is not None and len(papers) > promised:
        page.notice("more-papers", message("page-has-more-papers", papers=len(papers), promised=promised))
    _compare(page, papers, entries)
    return Profile(
        name=header.name,
        field=header.field,
        h_index=header.figures.get("h_index"),
        paper_count=promised,
        citations=header.figures.get("citations"),
        novelty=header.figures.get("novelty"),
        ai_score=header.figures.get("ai_score"),
        papers=papers,
        warnings=tuple(page.notices),
    )


def _refuse_others(origin: str, page: _Page, header: Header, entries: list[_Entry]) -> None:
    """Refuse what is no profile page, and one whose papers can't be found."""
    if not any(page.lines):
        raise ParseError(message("page-empty"), origin=origin, line=1, expected=EXPECTED)
    known = bool(header.figures) or header.heading is not None
    if not known and (not entries or not header.name):
        line = page.following[0] + 1
        raise ParseError(message("not-a-profile-page"), origin=origin, line=line, expected=EXPECTED)
    if not header.name:
        raise ParseError(
            message("header-without-name"), origin=origin, line=1, expected=message("expected-author-name")
        )
    if not entries and header.promised != 0:
        missing = (
            message("page-without-its-papers")
            if header.promised is None
            else message("page-papers-missing", promised=header.promised)
        )
        raise LayoutError(
            missing,
            origin=origin,
            line=header.heading,
            expected=message("expected-papers"),
        )


def _compare(page: _Page, papers: tuple[Paper, ...], entries: list[_Entry]) -> None:
    """Notice papers that are listed twice; both stay."""
    seen: dict[tuple[str, tuple[str, ...]], int] = {}
    for paper, entry in zip(papers, entries, strict=True):
        what = fold_title(paper.title), tuple(creator.name for creator in paper.creators)
        first = seen.setdefault(what, entry.start + 1)
        if first != entry.start + 1:
            page.notice(
                "listed-twice",
                message("line-lists-again", line=entry.start + 1, title=paper.title, first=first),
            )


# Which lines start a paper


def _entries(page: _Page) -> Iterator[_Entry]:
    head, start = None, 0
    listing = False  # past the heading, or past a paper: a category alone may start one
    index = page.following[0]
    while index < len(page.lines):
        found = _head_at(page, index)
        if found and (listing or found.whole):
            if head:
                yield _Entry(head, start, index)
            head, start = found, index
        listing = listing or head is not None or bool(HEADING.fullmatch(page.line(index)))
        index = page.following[index + 1]
    if head:
        yield _Entry(head, start, len(page.lines))


def _head_at(page: _Page, index: int) -> Head | None:
    """Read a line as a paper's first if what follows it bears that out: a title, a blank line, authors."""
    head = read_head(page.lines[index])
    title = page.line(index + 1)
    if not head or not title or page.line(index + 2):
        return None
    third = page.following[index + 2]
    ends = third == len(page.lines) or _starts_paper(page, third)
    if not ends and looks_like_authors(page.lines[third]):
        return head
    stands_alone = not page.line(index - 1) and (ends or not title.endswith("."))
    return head if head.whole and stands_alone else None


def _starts_paper(page: _Page, index: int) -> bool:
    head = read_head(page.lines[index])
    return bool(head and head.whole and page.line(index + 1))


# One paper


def _paper(page: _Page, entry: _Entry, captured: date) -> Paper:
    head, line = entry.head, entry.start + 1
    at = page.following[entry.start + 2]
    authors, affiliations = "", ""
    if at < entry.end and looks_like_authors(page.lines[at]):
        authors, affiliations, *_ = [*AFFILIATIONS.split(page.lines[at], maxsplit=1), ""]
        at += 1
    raw = "\n".join(_body(page, entry, at))
    for text in (page.lines[entry.start + 1], authors, raw):
        within(len(text), limits.FIELD, TOO_MANY_CHARACTERS_IN_FIELD)
    if entry.end == len(page.lines) and not (authors and raw):
        cut = message("last-paper-without-authors-and-abstract", line=line)
        if authors or raw:
            cut = (
                message("last-paper-without-abstract", line=line)
                if authors
                else message("last-paper-without-authors", line=line)
            )
        page.notice("cut-paper", cut)
    elif not authors:
        page.notice("no-authors", message("paper-without-authors", line=line))
    if head.badges not in {"", CODE_BADGE}:
        page.notice("unknown-badge", message("badge-unknown", line=line, badges=head.badges))
    creators, truncated = parse_authors(to_unicode(authors))
    dated = parse_date(head.date, captured) if head.date else None
    if not dated:
        page.notice("no-date", message("paper-without-date", line=line))
    marked = read_anchors(_anchors(page, entry, at), CODE_BADGE)
    return Paper(
        title=to_unicode(page.lines[entry.start + 1]),
        creators=creators,
        creators_truncated=truncated,
        abstract=to_unicode(raw),
        date=dated[0] if dated else None,
        date_inferred=bool(dated and dated[1]),
        category=head.category,
        affiliations=tuple(slug.strip() for slug in affiliations.split(",") if slug.strip()),
        score=head.score,
        has_code=CODE_BADGE in head.badges or marked.code,
        links=merged(find_links(raw), marked.links),
        identifiers=marked.identifiers,
        url=marked.url,
    )


def _anchors(page: _Page, entry: _Entry, body: int) -> Anchors:
    """The links of a paper's lines, by what each line is; those of its authors lead to persons."""
    buttons = [index for index in range(entry.start + 2, entry.end) if not page.lines[index]]
    texts = [index for index in range(body, entry.end) if page.lines[index]]
    found = [
        tuple(anchor for index in lines for anchor in page.anchors.get(index, ()))
        for lines in ([entry.start + 1], [entry.start, *buttons], texts)
    ]
    return Anchors(*found)


def _body(page: _Page, entry: _Entry, start: int) -> list[str]:
    """The lines of the abstract: without the page's footer, and without a last line that starts a paper."""
    end = entry.end
    while end > start and not page.lines[end - 1]:
        end -= 1
    last = end
    while end > start and _trails(page, end - 1, last=entry.end == len(page.lines)):
        end -= 1
        while end > start and not page.lines[end - 1]:
            end -= 1
    for index in range(end, last):
        if read_head(page.lines[index]):
            page.notice("cut-paper", message("line-starts-nothing", line=index + 1, text=page.lines[index]))
    for index in range(start, end):
        head = read_head(page.lines[index])
        if head and head.whole:
            page.notice("odd-line", message("line-read-as-abstract", line=index + 1))
    return page.lines[start:end]


def _trails(page: _Page, index: int, *, last: bool) -> bool:
    """Whether the line that ends an abstract is none of it: a paper that was cut off, or the page's footer."""
    head = read_head(page.lines[index])
    if head and head.whole:
        return True
    return last and not page.line(index - 1) and bool(FURNITURE.fullmatch(page.lines[index]))
