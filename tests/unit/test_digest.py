"""A digest in its forms: as text, as a web page, and as the note that Zotero's editor would write."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from syncd.digest import (
    MOST_BYTES,
    Digest,
    ListedPaper,
    Moved,
    NewOfProfile,
    as_note,
    as_page,
    as_text,
    titled,
)

if TYPE_CHECKING:
    from collections.abc import Callable

SINCE = datetime(2026, 11, 23, tzinfo=UTC)
LINK = "zotero://select/library/items/ABCD2345"
ALPHA = ListedPaper(
    "ABCD2345",
    "Alpha",
    ("Ann Lee", "Bo Chen"),
    "2026-11-24",
    87.0,
    "https://github.com/ann/alpha",
    "new in source",
    LINK,
    "On Alpha.",
)
WEEK = Digest(
    "main",
    SINCE,
    papers=12,
    profiles=3,
    new=(NewOfProfile("main", "ann", "Ann Lee", 11, (ALPHA,)),),
    moved=(Moved("Ann Lee", "h_index", 7, 9), Moved("Ann Lee", "citations", 1234, 1300)),
    reviews=2,
    asked=("Beta", "Gamma"),
)


def test_text_tells_what_came_what_moved_and_what_waits() -> None:
    """One below the other, with the address that shows a paper in Zotero."""
    assert as_text([(titled(WEEK), WEEK)]) == (
        "New papers since 2026-11-23\n12 papers came.\n"
        "\nAnn Lee: 11 new papers\n"
        f"- Alpha\n  {LINK}\n  Ann Lee, Bo Chen\n"
        "  2026-11-24, AI Score 87, Code, new in source\n  https://github.com/ann/alpha\n"
        "and 10 more\n2 more profiles brought papers.\n"
        "\nFigures\n- Ann Lee: h-index 7 → 9, Citations 1,234 → 1,300\n"
        "\nWhat waits for you\n2 papers wait for your decision:\n- Beta\n- Gamma\n"
        "To decide what waits for you: syncd review\n"
    )


def test_a_note_is_as_zoteros_editor_writes_it() -> None:
    """Its container, its line breaks, its links: what it would write once a note was edited."""
    small = Digest("main", SINCE, 1, 1, (NewOfProfile("main", "ann", "Ann & Co", 1, (ALPHA,)),))
    link = 'rel="noopener noreferrer nofollow"'
    assert as_note("Week 48", small) == (
        '<div data-schema-version="9"><h1>Week 48</h1>\n<p>1 paper came.</p>\n'
        "<h2>Ann &amp; Co: 1 new paper</h2>\n"
        f'<ul>\n<li>\n<a href="{LINK}" {link}>Alpha</a><br>Ann Lee, Bo Chen<br>2026-11-24, AI Score 87, '
        f'<a href="https://github.com/ann/alpha" {link}>Code</a>, new in source\n</li>\n</ul>\n'
        "<p>syncd wrote this note and keeps it up to date in its week. Once you change or delete it, it is yours, and"
        " syncd leaves it.</p>\n</div>"
    )


def test_abstracts_are_told_where_they_are_wanted() -> None:
    """And nowhere else."""
    told = [("Week", WEEK)]
    assert "On Alpha." in as_text(told, abstracts=True)
    assert "On Alpha." in as_page(told, abstracts=True)
    assert "On Alpha." not in as_text(told) + as_page(told)


class Elements(HTMLParser):
    """The elements and addresses of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.links: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of one."""
        self.names.add(tag)
        self.links |= {value or "" for name, value in attrs if name == "href"}


PLAIN = {"html", "head", "meta", "title", "body", "div", "h1", "h2", "p", "ul", "li", "a", "br"}
EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)> & \u202e\x00 </li></ul>'


@settings(max_examples=20)
@example("&" * 2000, 50)
@example(EVIL, 1)
@given(st.text(), st.integers(0, 3))
def test_what_a_page_says_is_text_and_never_longer_than_what_takes_it(words: str, number: int) -> None:
    """No element, no address and no line of the reader's comes from outside, in any form."""
    bad = ListedPaper("ABCD2345", words, (words,) * 9, words, None, f"javascript:{words}", words, LINK, words)
    group = NewOfProfile(words, words, words, 2000, (bad,) * number)
    digest = Digest(words, SINCE, 2000, 1, (group,), (Moved(words, "novelty", 1, 2),), 99, (words,) * 10, 1)
    for form in (as_note(words, digest), as_page([(words, digest)], abstracts=True)):
        found = Elements(form)
        assert found.names <= PLAIN
        assert found.links <= {LINK}
        assert len(form.encode()) <= MOST_BYTES
    text = as_text([(words, digest)], abstracts=True)
    assert len(text.encode()) <= MOST_BYTES
    assert not {"\0", "\u202e", "\x1b"} & set(text)


@pytest.mark.parametrize("form", [lambda one: as_note("W", one), lambda one: as_page([("W", one)])])
def test_a_thousand_papers_are_summed_up(form: Callable[[Digest], str]) -> None:
    """The first are named, the rest is a number."""
    many = NewOfProfile("main", "ann", "Ann Lee", 1000, (ALPHA,) * 10)
    made = form(Digest("main", SINCE, 1000, 1, (many,)))
    assert made.count("Alpha") == 10
    assert "and 990 more" in made
    assert "1000 papers came" in made
