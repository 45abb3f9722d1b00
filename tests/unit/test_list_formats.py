"""What a list says, whoever reads it: what is written in a form is read back, and hostile text stays text."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree  # noqa: ICN001 - its own name

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.errors import StateError
from syncd.lists import bibtex, csl_json, feed, markdown, page, ris, table
from syncd.lists.reference import Reference, reference_of
from syncd.lists.styled import styled
from syncd.model import Creator, Identifiers, Paper, Snapshot
from syncd.parse import bibtex as read_bibtex
from syncd.parse import csl_json as read_csl
from syncd.parse import feed as read_feed
from syncd.parse import ris as read_ris
from syncd.parse.markup import plain
from syncd.parse.record import Record, one_line, paper_of
from syncd.zotero.items import Policy, draft

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from syncd.model import Profile

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SIGNS = "\\{}%&#$~^_<>|`'\"@-–—:;,.=()[]*/!? \n\tabcABC019äÉñçşłøßαΩτ²₃→≤√“”’…《李》\u0301☃"
FORMS = (None, "journalArticle", "conferencePaper", "bookSection", "book", "thesis", "report")
WRITERS: dict[str, tuple[Callable[[Iterable[Reference]], Iterator[str]], Callable[[Snapshot], Profile]]] = {
    "bibtex": (bibtex.bibtex, read_bibtex.parse),
    "biblatex": (bibtex.biblatex, read_bibtex.parse),
    "csl-json": (csl_json.pieces, read_csl.parse),
    "ris": (ris.pieces, read_ris.parse),
    "atom": (lambda papers: feed.pieces(papers, "A feed", "urn:x", ""), read_feed.parse),
}


def settled(text: str) -> str:
    """Return a text as papers have it: no markup and no LaTeX is left in it that whoever reads it again would find."""
    for _ in range(20):
        paper = paper_of(Record(title=text))
        read = one_line(plain(paper.title)) if paper else ""
        if read == text:
            break
        text = read
    else:
        return "A title"
    return text or "A title"


hostile = st.text(SIGNS, min_size=1, max_size=60)
words = st.lists(
    st.sampled_from(
        [
            "DeBERTa:",
            "of",
            "50%",
            "{x}",
            "a_b",
            "R&D",
            "$5",
            "C#",
            "~3",
            "x^2",
            "Müller",
            "α-β",
            "<i>",
            "and",
            "\\foo",
            "--",
            "don't",
            '"so"',
            "“q”",
            "τ²",
            "https://a.org/b_c~d%20e",
            "&amp;",
            "@article{a,",
            "}",
            "{",
        ]
    ),
    min_size=1,
    max_size=8,
).map(" ".join)
texts = (words | hostile).map(settled)
surnames = st.sampled_from(
    ["Lee", "van der Maaten", "de la Cruz", "O'Neil", "Müller-Lüdenscheidt", "Ó Briain", "Sand", "Łuk"]
)
given_names = st.sampled_from(["Ann", "J. R.", "Jean-Luc", "Ünal", "Kim A."])
people = st.builds(
    lambda family, first, suffix: Creator(
        " ".join(filter(None, (first, family, suffix))), family, first, suffix
    ),
    surnames,
    given_names,
    st.sampled_from(["", "", "Jr.", "III"]),
) | st.sampled_from(
    ["Plato", "World Health Organization", "何鹏程", "Smith and Sons Company", "AT&T Labs", "Gemini Seven"]
).map(lambda name: Creator(name, name))
dates = st.sampled_from([None, "2021", "2021-06", "2021-06-30"])


@st.composite
def papers(draw: st.DrawFn) -> Paper:
    """Draw a paper with hostile text, as some source may have it."""
    form = draw(st.sampled_from(FORMS))
    arxiv = draw(st.sampled_from([None, "2304.12526", "math/0601001"]))
    venue = (
        settled(draw(st.sampled_from(["Nature & Co", "J. of {X}", "Proc. 50%"])))
        if form not in {None, "book", "thesis", "report"}
        else None
    )
    return Paper(
        title=draw(texts),
        creators=tuple(draw(st.lists(people, min_size=1, max_size=4))),
        creators_truncated=draw(st.booleans()),
        abstract=draw(texts | st.just("")),
        date=draw(dates),
        identifiers=Identifiers(
            draw(st.sampled_from([None, "10.1162/tacl_a_00123", "10.1002/(sici)1097<1::aid>3.0"])), arxiv
        ),
        venue=venue,
        published_as=form,
        volume=draw(st.sampled_from([None, "12", "3a"])) if venue else None,
        issue=draw(st.sampled_from([None, "4", "2-3"])) if form == "journalArticle" else None,
        pages=draw(st.sampled_from([None, "100-112", "e17"])) if venue else None,
        publisher=draw(st.sampled_from([None, "ACM & Sons"])) if form else None,
    )


def item_of(paper: Paper) -> dict[str, Any]:
    """Return the Zotero item that syncd makes of a paper."""
    made = draft(paper, Policy("ann"))
    return {"key": "ABCD2345", "itemType": made.item_type, **made.fields, "creators": list(made.creators)}


def written(form: str, *items: dict[str, Any]) -> str:
    """Return a list of items."""
    write, _ = WRITERS[form]
    return "".join(write([reference_of(item, f"key{n}", f"urn:x:{n}") for n, item in enumerate(items)]))


def read_back(form: str, text: str) -> Paper:
    """Return the one paper of a file."""
    profile = WRITERS[form][1](Snapshot(text.encode(), f"list.{form}", NOW))
    (paper,) = profile.papers
    return paper


@pytest.mark.parametrize("form", ["bibtex", "biblatex", "csl-json", "ris"])
@settings(max_examples=40)
@given(papers())
def test_what_is_written_is_read_back(form: str, paper: Paper) -> None:
    """Every field that the form has says the same, whatever signs are in it."""
    item = item_of(paper)
    text = written(form, item)
    again = item_of(read_back(form, text))
    assert {n: v for n, v in again.items() if v} == {n: v for n, v in item.items() if v}, text


@settings(max_examples=40)
@given(papers())
def test_a_feed_is_read_back(paper: Paper) -> None:
    """A feed has titles, names, dates, abstracts, identifiers and the journal."""
    paper = replace(paper, published_as="journalArticle" if paper.venue else None)
    item = item_of(paper) | {"dateAdded": "2026-06-01T10:00:00Z", "dateModified": "2026-06-02T10:00:00Z"}
    again = read_back("atom", written("atom", item))
    found = reference_of(item, "key", "urn:x")
    assert (again.title, again.identifiers) == (found.title, paper.identifiers)
    # A paper without a date came when it came into the library.
    assert again.date == (paper.date or "2026-06-01")
    assert again.abstract == paper.abstract
    if len(paper.creators) > 1:
        assert [person.name for person in again.creators] == [person.name for person in found.authors]
        assert again.creators_truncated == paper.creators_truncated
    if paper.venue:
        assert (again.venue, again.volume, again.pages) == (paper.venue, paper.volume, paper.pages)


@given(st.lists(papers(), min_size=1, max_size=3), st.sampled_from(["html", "atom"]))
@settings(max_examples=40)
def test_no_paper_becomes_markup(found: list[Paper], form: str) -> None:
    """What a page or a feed has in elements and attributes is what syncd put there."""
    references = [reference_of(item_of(paper), f"key{n}", f"urn:x:{n}") for n, paper in enumerate(found)]
    if form == "atom":
        root = ElementTree.fromstring("".join(feed.pieces(references, "A <b>", "urn:x", "")))  # noqa: S314 - our own
        entries = root.findall("{*}entry")
        assert [entry.findtext("{*}title") for entry in entries] == [one.title for one in references]
        return
    text = "".join(page.pieces(references, "A <b>", by_year=True))
    root = ElementTree.fromstring(text[text.index("<body>") : text.index("</html>")])  # noqa: S314 - our own
    assert {element.tag for element in root.iter()} <= {
        "body",
        "main",
        "h1",
        "h2",
        "ul",
        "li",
        "p",
        "a",
        "details",
        "summary",
        "i",
        "b",
        "sub",
        "sup",
    }
    assert all(str(a.get("href")).startswith(("http://", "https://")) for a in root.iter("a"))


HOSTILE = {
    "key": "ABCD2345",
    "itemType": "webpage",
    "title": '=1+1 <script>alert("x")</script> [a](javascript:x) *b* H<sub>2</sub>O',
    "url": "javascript:alert(1)",
    "creators": [{"creatorType": "author", "name": "@SUM(A1)\u202e\x00 <b>"}],
    "abstractNote": "<img src=x onerror=alert(1)>\x07",
}


def test_hostile_text_does_no_harm() -> None:
    """No script runs, no address but those of the web is linked, no cell is a formula, no sign drives a terminal."""
    paper = reference_of(HOSTILE, "a1", "urn:x")
    shown = "".join(page.pieces([paper], "P", by_year=True))
    assert "<script" not in shown
    assert "<img" not in shown
    assert "javascript:alert(1)" not in shown
    assert "H<sub>2</sub>O" in shown
    marked = "".join(markdown.pieces([paper], "P", by_year=True))
    assert "](javascript" not in marked
    assert r"\<script\>" in marked
    (_, row) = csv.reader(io.StringIO("".join(table.pieces([paper]))))
    assert row[2].startswith("'=1+1")
    assert row[3].startswith("'@SUM")
    every = shown + marked + "".join(write for form in WRITERS for write in WRITERS[form][0]([paper]))
    assert not {"\x00", "\x07", "\u202e"} & set(every)
    ElementTree.fromstring("".join(feed.pieces([paper], "P", "urn:x", "")))  # noqa: S314 - our own


def test_what_zotero_has_is_written() -> None:
    """Fields that no source of syncd's has, people other than authors, and types of libraries of other people."""
    item = {
        "key": "ABCD2345",
        "itemType": "bookSection",
        "title": "On <i>E. coli</i>",
        "bookTitle": "A Book",
        "place": "Basel",
        "publisher": "Karger",
        "series": "A Series",
        "edition": "2",
        "ISBN": "978-3-16-148410-0",
        "language": "de",
        "date": "in press",
        "extra": "Citation Key: old\narXiv:2304.12526 [cs.CV]\nPMID: 12",
        "creators": [
            {"creatorType": "author", "firstName": "Martin Luther, Jr.", "lastName": "King"},
            {"creatorType": "editor", "firstName": "Ed", "lastName": "Itor"},
            {"creatorType": "translator", "name": "Trans Co"},
        ],
        "tags": [{"tag": "a, b"}, {"tag": "c"}],
    }
    paper = reference_of(item, "k", "urn:x")
    (csl,) = json.loads("".join(csl_json.pieces([paper])))
    assert csl["type"] == "chapter"
    assert (csl["container-title"], csl["publisher-place"], csl["edition"]) == ("A Book", "Basel", "2")
    assert csl["author"] == [{"family": "King", "given": "Martin Luther, Jr."}]
    assert csl["translator"] == [{"literal": "Trans Co"}]
    assert csl["note"] == "arXiv:2304.12526 [cs.CV]\nPMID: 12"
    entry = "".join(bibtex.bibtex([paper]))
    for line in (
        "@incollection{k,",
        "author = {King, Jr., Martin Luther}",
        "editor = {Itor, Ed}",
        "translator = {{Trans Co}}",
        r"title = {On \textit{{E}. coli}}",
        "address = {Basel}",
        "year = {in press}",
        "primaryclass = {cs.CV}",
        "note = {PMID: 12}",
    ):
        assert line in entry
    assert "A3  - " not in (lines := "".join(ris.pieces([paper])))
    assert "A2  - Itor, Ed\r\n" in lines
    assert "TY  - CHAP\r\n" in lines


def test_a_citation_style_shows_text_as_text() -> None:
    """A style of CSL sets what a page shows; nothing hostile gets through it, and a style that is none is named."""
    good = {
        "key": "BBBB2345",
        "itemType": "journalArticle",
        "title": "Alpha of <i>Things</i>",
        "publicationTitle": "Nature & Co",
        "date": "2021",
        "creators": [{"creatorType": "author", "firstName": "Martin Luther, Jr.", "lastName": "King"}],
    }
    papers = [reference_of(HOSTILE, "a", "urn:x"), reference_of(good, "b", "urn:y")]
    text = "".join(page.pieces(papers, "P", by_year=True, styled=styled("harvard-cite-them-right")))
    assert "<script" not in text
    assert "<img" not in text
    assert "javascript:alert(1)" not in text
    assert "“Alpha of <i>Things</i>”, <i>Nature &amp; Co</i>" in text
    ElementTree.fromstring(text[text.index("<body>") : text.index("</html>")])  # noqa: S314 - our own
    for wrong in ("no-such-style", "gone.csl", "https://example.org/x.csl"):
        with pytest.raises(StateError, match=f"the citation style {wrong} can't be used"):
            styled(wrong)
