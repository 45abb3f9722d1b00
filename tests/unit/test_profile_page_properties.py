"""Pages are made from papers and read back: whatever the papers, nothing is lost or invented."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from string import ascii_letters

from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.errors import ParseError
from syncd.model import Snapshot
from syncd.read import parse

CAPTURED = datetime(2026, 6, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Entry:
    """A paper as a page shows it."""

    title: str
    category: str
    day: date
    year_shown: bool
    score: float | None
    code: bool
    authors: tuple[str, ...]
    cut: bool
    affiliations: tuple[str, ...]
    paragraphs: tuple[str, ...]


def render(name: str, entries: list[Entry], *, end: str = "\n", figures: tuple[str, ...] = ()) -> str:
    """Write the page of a profile."""
    lines = [name, "", *figures, "", f"{len(entries)} Papers", ""]
    for entry in entries:
        day = f"{entry.day:%b} {entry.day.day}" + (f", {entry.day.year}" if entry.year_shown else "")
        score = "" if entry.score is None else f"{entry.score:.1f}"
        byline = ", ".join(entry.authors) + (" et al." if entry.cut else "")
        byline += f" · {', '.join(entry.affiliations)}" if entry.affiliations else ""
        lines += [f"{score}{entry.category}{day}{'Code' if entry.code else ''}", entry.title, "", byline, ""]
        for paragraph in entry.paragraphs:
            lines += [paragraph, ""]
    return end.join(lines)


WORD = st.text(ascii_letters, min_size=2, max_size=8)
NAME = st.tuples(
    st.text("abcdefgh", min_size=3, max_size=8).map(str.capitalize),
    st.text("jklmnopqr", min_size=3, max_size=7).map(lambda word: f"{word.capitalize()}son"),
)
TITLES = st.one_of(
    st.lists(WORD, min_size=1, max_size=6).map(" ".join),
    st.sampled_from(
        [
            "AI",
            "May 14",
            "CL 2023",
            "CLFeb 5",
            "CVApr 25, 2023Code",
            "65 Papers",
            "h-index17",
            "Load more",
            "C++",
        ]
    ),
)
PARAGRAPHS = st.lists(WORD, min_size=4, max_size=12).map(lambda words: f"We {' '.join(words)}.")
ENTRIES = st.builds(
    Entry,
    title=TITLES,
    category=st.sampled_from(
        ["CL", "CV", "LG", "AI", "HC", "ML", "cs.CL", "stat.ML", "hep-th", "physics.optics", "XX"]
    ),
    day=st.dates(date(2025, 6, 2), date(2026, 6, 1)),
    year_shown=st.booleans(),
    score=st.none() | st.integers(0, 1000).map(lambda tenths: tenths / 10),
    code=st.booleans(),
    authors=st.lists(NAME.map(" ".join), min_size=1, max_size=4).map(tuple),
    cut=st.booleans(),
    affiliations=st.lists(st.sampled_from(["apple-ml", "gatech", "microsoft-research"]), max_size=2).map(
        tuple
    ),
    paragraphs=st.lists(PARAGRAPHS, max_size=3).map(tuple),
)
FIGURES = st.lists(
    st.sampled_from(["CL", "h-index17", "26,281citations", "Novelty57%", "AI Score66"]),
    unique=True,
    max_size=5,
).map(tuple)


@settings(deadline=None, max_examples=150)
@given(
    st.lists(ENTRIES, min_size=1, max_size=5),
    NAME.map(" ".join),
    FIGURES,
    st.sampled_from(["\n", "\r\n", "\r", " \n", "\u00a0\n"]),
)
def test_reads_back_what_was_written(
    entries: list[Entry], name: str, figures: tuple[str, ...], end: str
) -> None:
    """Every field of every paper comes back as it was rendered."""
    profile = parse(Snapshot(render(name, entries, end=end, figures=figures).encode(), "x", CAPTURED))
    assert profile.name == name
    assert profile.paper_count == len(entries)
    assert (profile.h_index == 17) == ("h-index17" in figures)
    assert (profile.citations == 26281) == ("26,281citations" in figures)
    assert (profile.field == "CL") == ("CL" in figures)
    for paper, entry in zip(profile.papers, entries, strict=True):
        assert paper.title == entry.title
        assert paper.category == entry.category
        assert (paper.date, paper.date_inferred) == (entry.day.isoformat(), not entry.year_shown)
        assert paper.score == entry.score
        assert paper.has_code is entry.code
        assert tuple(person.name for person in paper.creators) == entry.authors
        assert paper.creators_truncated is entry.cut
        assert paper.affiliations == entry.affiliations
        assert paper.abstract == "\n\n".join(entry.paragraphs)
    assert {notice.code for notice in profile.warnings} <= {"listed-twice", "cut-paper"}


LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "",
                "",
                "CLFeb 5",
                "CVApr 25, 2023Code",
                "65 Papers",
                "h-index17",
                "65papers",
                "Ann Lee, Bo Sand et al.",
            ]
        ),
        st.sampled_from(
            [
                "Title",
                "Ann Lee",
                "We do things.",
                "Load more",
                "99.4AIMay 14Code",
                "CL",
                "et al.",
                "·",
                "\u200b",
            ]
        ),
        st.text(max_size=12),
    ),
    max_size=30,
)


@settings(deadline=None, max_examples=250)
@given(
    LINES,
    st.sampled_from(
        ["", "Ann Lee\nh-index17\n9 Papers\n", "Ann Lee\nh-index17\n9 Papers\nCLFeb 5\nA\n\nBo Sand\n\n"]
    ),
)
def test_any_lines_are_read_or_refused(lines: list[str], start: str) -> None:
    """No page raises anything but a `ParseError`; of a page that is read, every line is somewhere."""
    try:
        profile = parse(Snapshot((start + "\n".join(lines)).encode("utf-8", "replace"), "x", CAPTURED))
    except ParseError as error:
        assert str(error).startswith("x")  # noqa: PT017 - most texts raise nothing
        return
    shown = repr(profile)
    for word in ("things", "Title", "Lee"):
        assert word in shown or not any(word in line for line in lines)
    assert profile.name
