"""RIS files, as reference managers and publishers export them: each record is parsed by rispy on its own.

Editors, keywords, files and addresses are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rispy import RisParser  # type: ignore[import-untyped]
from rispy.config import TAG_KEY_MAPPING  # type: ignore[import-untyped]

from syncd.messages import message
from syncd.model import Creator, Profile, Snapshot
from syncd.parse.decode import read_text
from syncd.parse.listing import Listing
from syncd.parse.markup import plain
from syncd.parse.record import ARXIV_NOTE, Record, one_line, paper_of
from syncd.sources.limits import CREATORS, TOO_MANY_AUTHORS_OF_PAPER, within
from syncd.text.dates import iso_date
from syncd.text.names import ET_AL, creator, organisation
from syncd.text.patterns import pattern

EXPECTED = message("expected-ris")

LINE = pattern(
    r"[ \t]*(?P<tag>[A-Z][A-Z0-9])[ \t]{1,2}-(?:[ \t]+(?P<text>(?:[^ \t\n].*)?))?",
    hostile=("TY  -", " ", "\n"),
)
"""A line with a tag; some programs write one blank where the format wants two.

>>> LINE.fullmatch("AU  - Lee, Ann")["text"], LINE.fullmatch("ER  -")["tag"], LINE.fullmatch("and so on")
('Lee, Ann', 'ER', None)
"""

FORMS = {
    "JOUR": "journalArticle",
    "JFULL": "journalArticle",
    "EJOUR": "journalArticle",
    "INPR": "journalArticle",
    "ABST": "journalArticle",
    "MGZN": "magazineArticle",
    "NEWS": "magazineArticle",
    "CONF": "conferencePaper",
    "CPAPER": "conferencePaper",
    "CHAP": "bookSection",
    "ECHAP": "bookSection",
    "BOOK": "book",
    "EBOOK": "book",
    "EDBOOK": "book",
    "THES": "thesis",
    "RPRT": "report",
    "GOVDOC": "report",
    "ENCYC": "bookSection",
    "DICT": "bookSection",
    "DATA": "dataset",
    "AGGR": "dataset",
    "COMP": "computerProgram",
    "STAND": "standard",
    "SLIDE": "presentation",
    "BLOG": "blogPost",
}
"""Zotero's item type by `TY`; all others (`UNPB`, `GEN`, `ELEC`) are preprints."""

NAMES = TAG_KEY_MAPPING | {"BT": "book_title"}
"""What the tags are called here: rispy's names, and one that it lacks."""

FIELDS = {
    "title": ("TI", "T1", "CT"),
    "abstract": ("AB", "N2"),
    "url": ("UR",),
    "venue": ("T2", "JO", "JF", "BT", "JA", "J2"),
    "volume": ("VL",),
    "issue": ("IS",),
    "publisher": ("PB",),
}
"""The tags that make a field of a record: the first one that is there."""

DATES = ("DA", "Y1", "PY")
AUTHORS = "AU"
FIRST_AUTHORS = "A1"
"""Some programs write the first author or all authors with this tag. Authors keep the order of the lines."""

DOIS = ("DO", "M3", "UR")
ANYTHING = pattern(r".+", hostile="a")
ARXIVS = {
    "AN": ARXIV_NOTE,
    "JO": ARXIV_NOTE,
    "T2": ARXIV_NOTE,
    "M1": ARXIV_NOTE,
    "M3": ARXIV_NOTE,
    "N1": ARXIV_NOTE,
    "UR": ANYTHING,
    "DO": ANYTHING,
}
"""Tags that may hold the record's arXiv id, the best first, each with the form that its text has then."""

NO_VENUE = frozenset({"book", "thesis", "report", "standard", "dataset", "computerProgram"})


@dataclass(frozen=True, slots=True)
class _Part:
    """A record's lines, where it starts, and how it ends: with its own last line, with another record, or not."""

    line: int
    text: str
    ended: bool
    last: bool = False


def parse(snapshot: Snapshot) -> Profile:
    """Read a RIS file.

    Raises:
        ParseError: it is no text, or holds no record.
    """
    text = read_text(snapshot)
    listing = Listing(snapshot.origin)
    parser = RisParser(mapping=NAMES, skip_unknown_tags=True, delimiter_tags_mapping={})
    for part in _parts(text):
        if part.last and not part.ended:
            listing.note("broken-entry", message("record-without-end-left-out", line=part.line))
            continue
        if not part.ended:
            listing.note("broken-entry", message("record-without-end", line=part.line))
        paper = next(map(paper_of, map(_record, parser.parse(part.text))), None)
        if paper:
            listing.add(paper, message("line-number", line=part.line))
        else:
            listing.note("no-title", message("record-in-line-without-title", line=part.line))
    return listing.profile(EXPECTED)


def _parts(text: str) -> Iterator[_Part]:
    """Cut a file into records, their lines written as the format wants them."""
    lines: list[str] = []
    start = 0
    for number, line in enumerate(text.split("\n"), 1):
        tagged = LINE.fullmatch(line)
        tag = tagged["tag"] if tagged else ""
        tag = AUTHORS if tag == FIRST_AUTHORS else tag
        written = f"{tag}  - {tagged['text'] or ''}" if tagged else line
        if tag == "TY":
            if lines:
                yield _Part(start, "\n".join([*lines, "ER  - "]), ended=False)
            lines, start = [written], number
        elif lines:
            lines.append(written)
            if tag == "ER":
                yield _Part(start, "\n".join(lines), ended=True)
                lines = []
    if lines:
        yield _Part(start, "\n".join(lines), ended=False, last=True)


def _texts(found: Mapping[str, Any], tag: str) -> list[str]:
    value = found.get(NAMES[tag]) if tag in NAMES else None
    return [text for text in (value if isinstance(value, list) else [value]) if text and text.strip()]


def _first(found: Mapping[str, Any], tags: tuple[str, ...]) -> str:
    return next((text for tag in tags for text in _texts(found, tag)), "")


def _creator(name: str) -> Creator:
    """Return a person; a name with a comma behind it, and no other, is never parted: an institution's."""
    alone = name.removesuffix(",")
    return organisation(alone) if alone != name and "," not in alone else creator(name)


def _record(found: Mapping[str, Any]) -> Record:
    form = FORMS.get(found[NAMES["TY"]].strip().upper())
    named = _texts(found, AUTHORS)
    within(len(named), CREATORS, TOO_MANY_AUTHORS_OF_PAPER)
    names = [one_line(plain(name)) for name in named]
    fields = {name: _first(found, tags) for name, tags in FIELDS.items()}
    if form in NO_VENUE:
        fields["venue"] = ""
    elif form == "conferencePaper":
        # The proceedings, where the conference has a name of its own beside them.
        fields["venue"] = _first(found, ("C3",)) or fields["venue"]
    pages = [text for tag in ("SP", "EP") for text in _texts(found, tag)]
    return Record(
        creators=tuple(map(_creator, (name for name in names if name and not ET_AL.fullmatch(name)))),
        truncated=any(ET_AL.fullmatch(name) for name in names),
        date=next(filter(None, (iso_date(text) for tag in DATES for text in _texts(found, tag))), None),
        dois=[text for tag in DOIS for text in _texts(found, tag)],
        arxivs=[text for tag, form in ARXIVS.items() for text in _texts(found, tag) if form.fullmatch(text)],
        texts=_texts(found, "N1"),
        form=form,
        pages="-".join(dict.fromkeys(pages)) or _first(found, ("C7",)),
        **fields,
    )
