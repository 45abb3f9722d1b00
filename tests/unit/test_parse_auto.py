"""Which format a snapshot has: media type before name before content, and the page as text where none says."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.errors import ParseError
from syncd.model import Snapshot
from syncd.read import CONTENT, FORMATS, MEDIA_TYPES, SUFFIXES, parse, recognise, watching

CAPTURED = datetime(2026, 6, 1, tzinfo=UTC)
REAL = Path(__file__).parents[2] / "config" / "profiles" / "pengcheng-he.txt"

SAMPLES = {
    "profile-page": b"Ann Lee\n\nCL\nh-index17\n1papers\n\n1 Paper\n\nCLFeb 5, 2023\nA Title\n\nBo Sand\n\nWe do.\n",
    "html": (
        b"<!DOCTYPE html><html><body><h1>Ann Lee</h1><p>h-index17</p><h2>1 Paper</h2><p>CLFeb 5, 2023</p>"
        b"<h3>A Title</h3><p>Bo Sand</p><p>We do.</p></body></html>"
    ),
    "bibtex": b"% an export\n\n@misc{a, title = {A Title}, author = {Bo Sand}}\n",
    "ris": b"\r\nTY  - JOUR\r\nTI  - A Title\r\nAU  - Sand, Bo\r\nER  - \r\n",
    "csl-json": b'[{"id": 1, "type": "article", "title": "A Title", "author": [{"family": "Sand", "given": "Bo"}]}]',
    "feed": (
        b'<?xml version="1.0"?>\n<!-- a feed -->\n<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>'
        b"<entry><title>A Title</title><author><name>Bo Sand</name></author></entry></feed>"
    ),
}


def snapshot(data: bytes, origin: str = "page.txt", media_type: str | None = None) -> Snapshot:
    """Return a snapshot."""
    return Snapshot(data, origin, CAPTURED, media_type=media_type)


def test_there_is_a_sample_of_each() -> None:
    """Every format is tested, and every table names formats that exist."""
    assert SAMPLES.keys() == FORMATS.keys() & SAMPLES.keys()
    assert {*MEDIA_TYPES.values(), *SUFFIXES.values(), *CONTENT} <= FORMATS.keys()


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("origin", ["page.txt", "page", "https://a.org/x?y=.bib#z", "x.xml", "x.json"])
@pytest.mark.parametrize(
    "media_type", [None, "text/plain", "application/octet-stream", "application/json", "text/xml"]
)
def test_by_content(name: str, origin: str, media_type: str | None) -> None:
    """Where neither media type nor name says it, the content does; and it is read."""
    found = snapshot(SAMPLES[name], origin.replace("?y=.bib", ""), media_type)
    assert recognise(found) == name
    assert [(paper.title, paper.surname) for paper in parse(found).papers] == [("A Title", "Sand")]


@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", SAMPLES)
def test_by_content_behind_a_byte_order_mark(name: str, mark: str) -> None:
    """A byte order mark hides nothing."""
    assert parse(snapshot(SAMPLES[name].decode().encode(mark))).papers[0].title == "A Title"


@pytest.mark.parametrize(("suffix", "name"), SUFFIXES.items())
def test_by_name(suffix: str, name: str) -> None:
    """The end of the name counts before the content."""
    for origin in (f"a.{suffix}", f"A.{suffix.upper()}", f"https://a.org/a.{suffix}?x=1"):
        assert recognise(snapshot(b"anything", origin)) == name


@pytest.mark.parametrize(("media_type", "name"), MEDIA_TYPES.items())
def test_by_media_type(media_type: str, name: str) -> None:
    """What the server says counts before the name: an answer that is a login page is no BibTeX."""
    assert recognise(snapshot(b"<p>anything", "a.ris" if name != "ris" else "a.bib", media_type)) == name


def test_text_that_calls_itself_html() -> None:
    """Servers call everything HTML; text without one tag is none."""
    assert recognise(snapshot(SAMPLES["profile-page"], "https://a.org/he", "text/html")) == "profile-page"
    assert recognise(snapshot(SAMPLES["bibtex"], "https://a.org/he", "text/html")) == "bibtex"


def test_login_page_in_place_of_a_file() -> None:
    """Where a file should be and a sign-in page is, the error says so."""
    page = b"<html><title>Sign in</title><form><input type=password></form></html>"
    with pytest.raises(ParseError, match="login page"):
        parse(snapshot(page, "https://a.org/he.bib", "text/html"))


def test_the_real_page_is_text() -> None:
    """The page that the project follows is taken for what it is, also without its name."""
    assert recognise(snapshot(REAL.read_bytes(), "page")) == "profile-page"


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=60), st.text(max_size=8), st.sampled_from([None, *MEDIA_TYPES, "text/plain"]))
def test_anything_is_read_or_refused(data: bytes, origin: str, media_type: str | None) -> None:
    """Whatever comes, there is a profile or a `ParseError`."""
    try:
        parse(snapshot(data, origin, media_type))
    except ParseError as error:
        assert error.origin == origin  # noqa: PT017 - some bytes raise nothing


def test_a_large_file_shows_how_far_it_is() -> None:
    """Who waits for a parse is told the size of the file, and again and again how many papers were read."""
    record = f"TY  - JOUR\nTI  - A title\nAB  - {'word ' * 200}\nER  - \n"
    large = Snapshot((record * 1_100).encode(), "pubs.ris", datetime(2026, 6, 1, tzinfo=UTC))
    told: list[str] = []
    with watching(told.append, large):
        parse(large)
    assert told == [
        "reading pubs.ris (1 MB)",
        "reading pubs.ris (1 MB): 500 papers so far",
        "reading pubs.ris (1 MB): 1,000 papers so far",
    ]
    parse(large)
    assert len(told) == 3
