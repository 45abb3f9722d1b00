"""What came into a library in some time and what waits there: as data, and as text, a web page or a note. Pure.

Whatever comes from outside is escaped and on one line, and no form grows with how much came: the rest is a number.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import groupby
from typing import Final, Literal

from syncd.figures import TITLES
from syncd.messages import message
from syncd.text.plain import on_one_line

# Characters of a title, a name or a line, and of an abstract.
LONGEST: Final = 300
LONGEST_ABSTRACT: Final = 1500
NAMES: Final = 6
# Characters of the address of a paper's code; a longer one is left out.
LONGEST_LINK: Final = 500
# So many papers are shown; where that is too long, fewer.
MOST_PAPERS: Final = 50
FEWER: Final = (20, 5, 0)
# Bytes of a form. Zotero takes notes of 250,000 characters, and Linux variables of 131,072 bytes.
MOST_BYTES: Final = 100_000
# What Zotero's editor of notes, since 2022, writes around a note that has nothing newer in it: so it finds nothing to
# change where a note is open there.
NOTE: Final = ('<div data-schema-version="9">', "</div>")
LINK: Final = 'rel="noopener noreferrer nofollow"'
UNITS: Final = {"novelty": "%"}


@dataclass(frozen=True, slots=True)
class ListedPaper:
    """A paper as a list shows it.

    Attributes:
        key: of its item.
        title: as Zotero has it.
        creators: names, the first ones first.
        date: as Zotero has it.
        score: 0 to 100, or None.
        code: the address of its code, if it has one.
        reason: why it came, in words; empty where that is not known, or not asked for.
        link: the address that shows it in Zotero; None where no Zotero has it, or that is not asked for.
        abstract: as Zotero has it.
    """

    key: str
    title: str
    creators: tuple[str, ...] = ()
    date: str = ""
    score: float | None = None
    code: str | None = None
    reason: str = ""
    link: str | None = None
    abstract: str = ""


@dataclass(frozen=True, slots=True)
class NewOfProfile:
    """What a profile brought.

    Attributes:
        library: the library's name in the configuration.
        profile: its name in state.
        author: whose profile it is.
        count: how many papers it brought.
        papers: the latest of these.
    """

    library: str
    profile: str
    author: str
    count: int
    papers: tuple[ListedPaper, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """A figure of a profile that is another than it was.

    Attributes:
        author: whose profile it is.
        figure: its name, such as "h_index".
        before: the value at the beginning of the time.
        after: the value now.
    """

    author: str
    figure: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Digest:
    """What came into a library in some time, and what waits there now.

    Attributes:
        library: its name in the configuration.
        since: when that time began.
        papers: how many papers came.
        profiles: how many profiles brought them.
        new: of some of these profiles, what they brought.
        moved: figures that moved.
        reviews: how many papers wait for a decision.
        asked: titles of some of these.
        failed: how many papers the library did not take.
    """

    library: str
    since: datetime
    papers: int = 0
    profiles: int = 0
    new: tuple[NewOfProfile, ...] = ()
    moved: tuple[Moved, ...] = ()
    reviews: int = 0
    asked: tuple[str, ...] = ()
    failed: int = 0


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a line: text, and where it leads."""

    text: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class _Block:
    """A heading, a paragraph or an entry of a list, with its lines."""

    kind: Literal["h1", "h2", "p", "li"]
    lines: tuple[tuple[_Part, ...], ...]


Shape = Callable[[Sequence[_Block]], str]


def as_text(digests: Sequence[tuple[str, Digest]], *, abstracts: bool = False) -> str:
    """Return digests as text, each under its title.

    Args:
        digests: title and digest.
        abstracts: tell them too, as far as there is room.
    """
    return _fitted(_text, digests, abstracts=abstracts)


def as_page(digests: Sequence[tuple[str, Digest]], *, abstracts: bool = False) -> str:
    """Return digests as a web page, for mail; as `as_text`."""

    def page(blocks: Sequence[_Block]) -> str:
        title = escape(on_line(digests[0][0]) if digests else "")
        head = f'<!doctype html>\n<html><head><meta charset="utf-8"><title>{title}</title></head><body>\n'
        return f"{head}{_html(blocks)}</body></html>\n"

    return _fitted(page, digests, abstracts=abstracts)


def as_note(title: str, digest: Digest) -> str:
    """Return a digest as Zotero's editor of notes would write it."""

    def note(blocks: Sequence[_Block]) -> str:
        last = _Block("p", ((_Part(message("digest-is-yours")),),))
        return unicodedata.normalize("NFC", f"{NOTE[0]}{_html([*blocks, last])}{NOTE[1]}")

    return _fitted(note, [(title, digest)], abstracts=False)


def titled(digest: Digest, *, several: bool = False) -> str:
    """Return the title of a digest, with its library's name where there are several."""
    title = message("digest-since", day=f"{digest.since:%Y-%m-%d}")
    return message("name-in-library", name=title, library=digest.library) if several else title


def on_line(text: str, longest: int = LONGEST) -> str:
    """Return the text in one line, cut, without what drives a terminal or what mail can't carry."""
    # What is blank or nobody sees is a small part of a text, or the text is an attack.
    words = " ".join(on_one_line(text[: 4 * longest]).split())
    line = "".join(c for c in words if unicodedata.category(c) != "Cs")
    return line if len(line) <= longest else line[: longest - 1] + "…"


def _fitted(shape: Shape, digests: Sequence[tuple[str, Digest]], *, abstracts: bool) -> str:
    """Return digests in a shape, with as much as there is room for."""
    tries = [(MOST_PAPERS, abstracts), (MOST_PAPERS, False), *((most, False) for most in FEWER)]
    made = ""
    for most, told in tries:
        blocks: list[_Block] = []
        for title, digest in digests:
            blocks += _blocks(title, digest, most, abstracts=told)
        made = shape(blocks)
        if len(made.encode()) <= MOST_BYTES:
            break
    return made


def _blocks(title: str, digest: Digest, most: int, *, abstracts: bool) -> Iterator[_Block]:
    yield _said("h1", title)
    papers = message("digest-papers", count=digest.papers) if digest.papers else message("digest-nothing")
    yield _said("p", papers)
    room = most
    for group in digest.new:
        name = on_line(group.author) or message("no-name")
        yield _said("h2", message("digest-of-profile", profile=name, count=group.count))
        shown = group.papers[:room]
        room -= len(shown)
        yield from (_Block("li", tuple(_lines(paper, abstracts=abstracts))) for paper in shown)
        if group.count > len(shown):
            yield _said("p", message("and-number-more", count=group.count - len(shown)))
    if digest.profiles > len(digest.new):
        yield _said("p", message("digest-more-profiles", count=digest.profiles - len(digest.new)))
    if digest.moved:
        yield _said("h2", message("digest-figures"))
        yield from (_said("li", words) for words in _moves(digest.moved))
    if digest.reviews or digest.failed:
        yield _said("h2", message("digest-waits"))
    if digest.reviews:
        yield _said("p", message("digest-reviews", count=digest.reviews))
        yield from (_said("li", asked) for asked in digest.asked)
        if digest.reviews > len(digest.asked):
            yield _said("p", message("and-number-more", count=digest.reviews - len(digest.asked)))
        yield _said("p", message("decide-waiting"))
    if digest.failed:
        yield _said("p", message("digest-failed", count=digest.failed))


def _said(kind: Literal["h1", "h2", "p", "li"], words: str) -> _Block:
    return _Block(kind, ((_Part(on_line(words)),),))


def _lines(paper: ListedPaper, *, abstracts: bool) -> Iterator[tuple[_Part, ...]]:
    """Yield what is told of a paper: its title, its authors, what else is known, and its abstract."""
    yield (_Part(on_line(paper.title) or paper.key, paper.link or ""),)
    names = [on_line(name) for name in paper.creators[:NAMES]]
    if names:
        yield (_Part(on_line(", ".join([*names, "…"] if len(paper.creators) > NAMES else names))),)
    parts = [_Part(on_line(paper.date))] if paper.date else []
    if paper.score is not None:
        parts.append(_Part(message("digest-score", score=f"{paper.score:g}")))
    if paper.code and paper.code.startswith(("http://", "https://")) and len(paper.code) <= LONGEST_LINK:
        parts.append(_Part(message("digest-code"), on_line(paper.code, LONGEST_LINK)))
    if paper.reason:
        parts.append(_Part(on_line(paper.reason)))
    if parts:
        yield tuple(parts)
    if abstracts and paper.abstract:
        yield (_Part(on_line(paper.abstract, LONGEST_ABSTRACT)),)


def _moves(moved: Iterable[Moved]) -> Iterator[str]:
    """Yield a line for each profile whose figures moved: "Jane Doe: h-index 7 → 9, Citations 210 → 260"."""
    for author, figures in groupby(moved, lambda one: one.author):
        told = ", ".join(
            message(
                "digest-arrow",
                figure=TITLES[one.figure],
                before=_number(one, one.before),
                after=_number(one, one.after),
            )
            for one in figures
        )
        yield message("at", place=on_line(author), words=told)


def _number(moved: Moved, value: int) -> str:
    return f"{value:,}" + UNITS.get(moved.figure, "")


# Shapes


def _text(blocks: Sequence[_Block]) -> str:
    pieces: list[str] = []
    for block in blocks:
        rows: list[str] = []
        for line in block.lines:
            rows.append(", ".join(part.text for part in line))
            rows += [part.link for part in line if part.link]
        if block.kind in {"h1", "h2"}:
            pieces.append(("\n" if pieces else "") + rows[0])
        elif block.kind == "li":
            pieces.append("- " + "\n  ".join(rows))
        else:
            pieces.append("\n".join(rows))
    return "\n".join(pieces) + "\n"


def _html(blocks: Sequence[_Block]) -> str:
    """Return blocks with the line breaks that Zotero's editor of notes puts between them."""
    made = ""
    for is_list, several in groupby(blocks, lambda block: block.kind == "li"):
        entries = [(block.kind, "<br>".join(map(_line, block.lines))) for block in several]
        if is_list:
            made += "<ul>\n" + "".join(f"<li>\n{words}\n</li>\n" for _, words in entries) + "</ul>\n"
        else:
            made += "".join(f"<{kind}>{words}</{kind}>\n" for kind, words in entries)
    return made


def _line(parts: Sequence[_Part]) -> str:
    return ", ".join(
        f'<a href="{_attribute(part.link)}" {LINK}>{_escaped(part.text)}</a>'
        if part.link
        else _escaped(part.text)
        for part in parts
    )


def _escaped(text: str) -> str:
    # As browsers write text: quotation marks need nothing there.
    return escape(text, quote=False).replace("\N{NO-BREAK SPACE}", "&nbsp;")


def _attribute(text: str) -> str:
    return _escaped(text).replace('"', "&quot;")
