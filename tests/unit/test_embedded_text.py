"""Text and dates as the embedded library reads them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.zotero.embedded import text

NOW = datetime(2026, 11, 24, 10, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "parsed"),
    [
        ("2023-04-25", "2023-04-25"),
        ("2023-04", "2023-04"),
        ("2023", "2023"),
        ("Apr 25, 2023", "2023-04-25"),
        ("25 April 2023", "2023-04-25"),
        ("April 2023", "2023-04"),
        ("2023 Apr 25th", "2023-04-25"),
        ("2023/4/5", "2023-04-05"),
        ("04/25/2023", "2023-04-25"),
        ("25/04/2023", "2023-04-25"),
        ("2023-04-25T10:00:00Z", "2023-04-25"),
        ("Spring 2021", "2021"),
        ("2023-13-01", "2023"),
        ("2023-02-30", "2023-02"),
        ("n.d.", ""),
        ("", ""),
        ("12345", ""),
        ("Apr 25", ""),
    ],
)
def test_dates_are_read_from_free_text(written: str, parsed: str) -> None:
    """As far as they can be read: year, month, day."""
    assert text.parsed_date(written) == parsed


@given(
    st.text() | st.from_regex(r"[0-9 /.\-]{0,14}|(jan|may)? ?[0-9]{1,5}[ ,]{0,2}[0-9]{0,4}", fullmatch=True)
)
def test_any_text_can_be_asked_for_its_date(written: str) -> None:
    """What is read sorts as a date."""
    parsed = text.parsed_date(written)
    assert parsed == "" or len(parsed) in {4, 7, 10}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2023-04-25", "2023-04-25"),
        ("2023-04-25 10:00:00", "2023-04-25T10:00:00Z"),
        ("2023-04-25T10:00:00+02:00", "2023-04-25T08:00:00Z"),
        ("CURRENT_TIMESTAMP", "2026-11-24T10:00:05Z"),
        ("", ""),
        ("2023-04", None),
        ("Apr 25, 2023", None),
        ("2023-02-30", None),
    ],
)
def test_access_dates_are_iso(written: str, read: str | None) -> None:
    """A day, a moment, or now."""
    assert text.read_access_date(written, NOW) == read


@pytest.mark.parametrize(
    "written", ["2023-04-25", "x", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
)
def test_what_is_no_moment(written: str) -> None:
    """A day alone is none, nor is what lies before the first or after the last year."""
    assert text.read_timestamp(written) is None


@pytest.mark.parametrize(
    ("note", "title"),
    [
        ("<p>One <b>&amp;</b> two</p><p>Three</p>", "One & two"),
        ("<div><h1></h1><p>First</p></div>", "First"),
        ("plain\ntext", "plain"),
        ("", ""),
        ("x" * 200, "x" * 79),
    ],
)
def test_a_note_is_called_by_its_first_line(note: str, title: str) -> None:
    """Without markup, and not too long."""
    assert text.note_title(note) == title


@pytest.mark.parametrize(
    "note", ["plain < text", "<p>a &amp; b&nbsp;&#8230;</p>", '<a href="http://a.b">x</a>', "<br>", "1 < 2"]
)
def test_harmless_notes_stay_as_they_are(note: str) -> None:
    """To the letter, but for a lone angle bracket."""
    assert text.clean_note(note).replace("&lt;", "<") == note


@given(st.text(alphabet="<>/=\"' abonclickscriptjavascript:&;!-?", max_size=60))
def test_cleaning_is_complete_and_lasting(note: str) -> None:
    """A clean note is not changed by cleaning, and has no scripts."""
    clean = text.clean_note(note)
    assert "<script" not in clean
    assert text.clean_note(clean) == clean


def test_searches_are_split_into_words_and_phrases() -> None:
    """Folded; empty phrases do not count."""
    assert text.search_parts('Deep "Neural NETS" "" é') == ("deep", "neural nets", "e")


def test_titles_sort_without_quotation_marks() -> None:
    """Nor brackets at their start."""
    assert text.sort_title("“[Über] uns”") == "uber] uns”"
