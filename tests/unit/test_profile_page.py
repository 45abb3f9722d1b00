"""The profile page: the real one, read in full; broken, cut and odd ones, read right or refused with the place."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncd.cli.parse import to_json
from syncd.errors import LayoutError, ParseError
from syncd.model import Link, Profile, Snapshot
from syncd.read import parse

REAL = Path(__file__).parents[2] / "config" / "profiles" / "pengcheng-he.txt"
CAPTURED = datetime(2026, 6, 1, 12, tzinfo=UTC)

HEADER = "Ann Lee\n\nCL\nh-index17\n65papers\n26,281citations\nNovelty57%\nAI Score66\n\n2 Papers\n\n"
FIRST = "CVApr 25, 2023Code\nFirst Title\n\nAnn Lee, Bo Sand et al. · apple-ml, gatech\n\nWe do the first thing.\n\n"
SECOND = "99.4CLMay 14\nSecond Title\n\nCy Dow\n\nWe do the second thing.\n"


def read(text: str | bytes, *, charset: str | None = None, format: str = "auto") -> Profile:  # noqa: A002 - as parse
    """Parse a page that was saved on 1 June 2026."""
    data = text.encode() if isinstance(text, str) else text
    return parse(Snapshot(data, "page.txt", CAPTURED, charset=charset), format)


def codes(profile: Profile) -> list[str]:
    """The codes of the warnings."""
    return [notice.code for notice in profile.warnings]


@pytest.fixture(scope="module")
def real() -> Profile:
    """The page that the project follows."""
    return read(REAL.read_bytes())


class TestRealPage:
    """What is known about the real page, counted by hand."""

    def test_header(self, real: Profile) -> None:
        """Every figure of the header is read."""
        assert (real.name, real.field, real.h_index, real.paper_count) == ("Pengcheng He", "CL", 17, 65)
        assert (real.citations, real.novelty, real.ai_score) == (26281, 57, 66)

    def test_papers(self, real: Profile) -> None:
        """All 50 papers are there, and the page says that it is partial; nothing else is odd."""
        assert len(real.papers) == 50
        assert [(n.code, n.message) for n in real.warnings] == [
            ("partial-page", "the page lists 50 of 65 papers")
        ]
        assert all(paper.abstract and paper.creators and paper.date for paper in real.papers)

    def test_categories(self, real: Profile) -> None:
        """Categories are recorded as the page writes them."""
        assert Counter(paper.category for paper in real.papers) == {
            "CL": 34,
            "LG": 10,
            "CV": 4,
            "HC": 1,
            "AI": 1,
        }

    def test_scores(self, real: Profile) -> None:
        """Two papers have a score."""
        assert [paper.score for paper in real.papers if paper.score is not None] == [99.4, 96.0]

    def test_authors(self, real: Profile) -> None:
        """48 lists are cut, 2 are whole, and "et al." is nobody."""
        assert Counter(paper.creators_truncated for paper in real.papers) == {True: 48, False: 2}
        assert all(len(paper.creators) == 3 for paper in real.papers)
        assert not any("al." in person.name for paper in real.papers for person in paper.creators)
        assert "Dongyub Jude Lee" in {person.name for paper in real.papers for person in paper.creators}

    def test_affiliations(self, real: Profile) -> None:
        """Affiliations are slugs."""
        slugs = Counter(slug for paper in real.papers for slug in paper.affiliations)
        assert set(slugs) == {"microsoft-research", "gatech", "apple-ml"}
        assert real.papers[0].affiliations == ("apple-ml", "microsoft-research")

    def test_code(self, real: Profile) -> None:
        """25 papers have the badge; 24 name a repository, one of them five times over; Orchard names none."""
        with_code = [paper for paper in real.papers if any(link.kind == "code" for link in paper.links)]
        assert sum(paper.has_code for paper in real.papers) == 25
        assert len(with_code) == 24
        urls = Counter(link.url for paper in with_code for link in paper.links if link.kind == "code")
        assert all(url.startswith("https://github.com/") for url in urls)
        assert urls["https://github.com/namisan/mt-dnn"] == 5
        bare = [paper.title for paper in real.papers if paper.has_code and paper not in with_code]
        assert bare == ["Orchard: An Open-Source Agentic Modeling Framework"]

    def test_other_links(self, real: Profile) -> None:
        """Two project pages; the leaderboard is neither code nor project."""
        assert [link for paper in real.papers for link in paper.links if link.kind != "code"] == [
            Link("https://maszhongming.github.io/ParaKnowTransfer", "project", "ParaKnowTransfer"),
            Link("https://jegzheng.github.io/LEGODiffusion", "project", "LEGODiffusion"),
            Link("https://gluebenchmark.com/leaderboard", "other", "gluebenchmark.com/leaderboard"),
        ]

    def test_inferred_dates(self, real: Profile) -> None:
        """Three papers have no year: it is that of the snapshot."""
        assert [paper.date for paper in real.papers if paper.date_inferred] == [
            "2026-05-14",
            "2026-05-26",
            "2026-02-05",
        ]
        assert real.papers[0].date == "2023-04-25"

    def test_no_latex_is_left(self, real: Profile) -> None:
        """Titles and abstracts are plain Unicode."""
        text = " ".join(paper.title + paper.abstract for paper in real.papers)
        assert not set(text) & set("\\${}")
        assert "achieve ≥ 2× faster" in text
        assert "MoCa (Momentum Calibration)" in text
        assert "83.7% (1.5% absolute improvement (Based on the GLUE leaderboard at" in text
        assert "τ² Bench" in text

    def test_no_identifiers(self, real: Profile) -> None:
        """The page states no identifiers."""
        assert not any(paper.identifiers.doi or paper.identifiers.arxiv for paper in real.papers)

    def test_json(self, real: Profile) -> None:
        """The JSON has the fields of the interface, and survives a round trip."""
        made = json.loads(json.dumps(to_json(real)))
        assert list(made) == ["profile", "papers", "warnings"]
        first = made["papers"][0]
        assert first["authors"] == ["Zhendong Wang", "Yifan Jiang", "Huangjie Zheng"]
        assert first["links"] == [{"url": "https://github.com/Zhendong-Wang/Patch-Diffusion", "kind": "code"}]
        assert {key: first[key] for key in first if key not in {"abstract", "links", "authors", "title"}} == {
            "category": "CV",
            "date": "2023-04-25",
            "date_inferred": False,
            "authors_truncated": True,
            "affiliations": ["apple-ml", "microsoft-research"],
            "score": None,
            "has_code": True,
            "url": None,
            "venue": None,
            "published_as": None,
            "identifiers": {"doi": None, "arxiv": None},
        }

    @pytest.mark.parametrize("cut", range(0, 69_000, 1_370))
    def test_cut_anywhere(self, real: Profile, cut: int) -> None:
        """A page that was cut is read as far as it goes, or refused; what was read is what the whole page says."""
        try:
            profile = read(REAL.read_text(encoding="utf-8")[:cut])
        except ParseError:
            assert cut < 1_500
            return
        whole = profile.papers[:-1]
        assert whole == real.papers[: len(whole)]
        assert len(profile.papers) == 50 or "partial-page" in codes(profile)


def test_blanks_do_not_matter() -> None:
    """Trailing blanks, non-breaking spaces and more blank lines change nothing."""
    text = HEADER + FIRST + SECOND
    odd = (
        text.replace("\n", " \u00a0\n")
        .replace("\n \u00a0\n", "\n\n\n")
        .replace(" Title", "\u00a0Title\u200b")
    )
    assert read("\n\n" + odd) == read(text)


def test_reads_the_small_page() -> None:
    """The page of two papers, in full."""
    profile = read(HEADER + FIRST + SECOND)
    first, second = profile.papers
    assert (first.title, first.category, first.date, first.has_code, first.score) == (
        "First Title",
        "CV",
        "2023-04-25",
        True,
        None,
    )
    assert (second.title, second.date, second.date_inferred, second.score) == (
        "Second Title",
        "2026-05-14",
        True,
        99.4,
    )
    assert [person.family for person in first.creators] == ["Lee", "Sand"]
    assert second.abstract == "We do the second thing."
    assert codes(profile) == ["count-mismatch", "partial-page"]


@pytest.mark.parametrize(
    "title", ["AI", "May 14", "CL 2023", "CLFeb 5", "65 Papers", "99.4AIMay 14Code", "Code", "et al."]
)
def test_titles_that_look_like_something_else(title: str) -> None:
    """The line behind a paper's first line is its title, whatever it looks like."""
    profile = read(HEADER + FIRST.replace("First Title", title) + SECOND)
    assert [paper.title for paper in profile.papers] == [title, "Second Title"]
    assert profile.papers[0].abstract == "We do the first thing."


def test_an_abstract_line_that_looks_like_a_paper() -> None:
    """Such a line stays in the abstract when no title and authors follow, and a notice names it."""
    abstract = "We do the first thing.\n\nCVApr 25, 2023Code\n\nWe do more.\nCLFeb 5\nand more"
    profile = read(HEADER + FIRST.replace("We do the first thing.", abstract) + SECOND)
    assert [paper.title for paper in profile.papers] == ["First Title", "Second Title"]
    assert (
        profile.papers[0].abstract
        == "We do the first thing.\n\nCVApr 25, 2023Code\n\nWe do more. CLFeb 5 and more"
    )
    assert [n.message for n in profile.warnings if n.code == "odd-line"] == [
        "line 19 looks like a paper and was read as part of an abstract",
        "line 22 looks like a paper and was read as part of an abstract",
    ]


def test_paragraphs_and_links_of_an_abstract() -> None:
    """Paragraphs are kept; links come from the raw text; a link to a paper is no identifier."""
    abstract = (
        r"One \emph{a}.  "
        "\n\n\n"
        r"See \url{https://github.com/a/b\_c} and https://arxiv.org/abs/2304.12526."
    )
    paper = read(HEADER + FIRST.replace("We do the first thing.", abstract) + SECOND).papers[0]
    assert paper.abstract == "One a.\n\nSee https://github.com/a/b_c and https://arxiv.org/abs/2304.12526."
    assert [link.kind for link in paper.links] == ["code", "paper"]
    assert paper.identifiers.arxiv is None


@pytest.mark.parametrize(
    "category", ["cs.CL", "stat.ML", "hep-th", "physics.optics", "cond-mat.mtrl-sci", "q-bio.QM"]
)
def test_full_categories(category: str) -> None:
    """Full categories are accepted in a paper's first line."""
    profile = read(HEADER + FIRST.replace("CVApr", f"{category}Apr") + SECOND)
    assert [paper.category for paper in profile.papers] == [category, "CL"]


def test_what_may_be_missing() -> None:
    """Without affiliations, abstract, score, badge or authors a paper is still a paper."""
    page = (
        "CLFeb 5\nNo Abstract\n\nAnn Lee\n\nCLFeb 6\nNo Authors\n\nWe have an abstract, but nobody wrote it.\n\n"
        + SECOND
    )
    profile = read(HEADER + page)
    assert [(p.title, len(p.creators), p.abstract) for p in profile.papers] == [
        ("No Abstract", 1, ""),
        ("No Authors", 0, "We have an abstract, but nobody wrote it."),
        ("Second Title", 1, "We do the second thing."),
    ]
    assert codes(profile).count("no-authors") == 1


def test_header_figures_may_be_missing_or_move() -> None:
    """The header is read in any order; what is missing is None; navigation around it is no name."""
    page = (
        "Scholar Feed\nSign in\n\nAnn Lee\n26.3Kcitations\nh-index: 17\n\n2 Papers\nSort by date\n\n"
        + FIRST
        + SECOND
    )
    profile = read(page)
    assert (profile.name, profile.field, profile.citations, profile.h_index) == ("Ann Lee", None, 26300, 17)
    assert (profile.novelty, profile.ai_score, profile.paper_count) == (None, None, 2)
    assert codes(profile) == []


def test_the_name_stands_right_above_the_figures() -> None:
    """Of several lines above the figures the nearest is the name; the others are named in the warnings."""
    profile = read("Paper Things\n\nAnn Lee\nh-index17\n2 Papers\n\n" + FIRST + SECOND)
    assert profile.name == "Ann Lee"
    assert codes(profile) == ["unplaced-line"]


@pytest.mark.parametrize(
    ("line", "authors"),
    [
        ("danah boyd, bell hooks, ann lee · apple-ml", 3),
        ("Maria de los Angeles de la Cruz, Ann Lee", 2),
        ("A New Deep Learning Method For Natural Language Processing Of Many Texts", 0),
        ("We study, at length, two models", 0),
    ],
)
def test_authors_are_told_from_an_abstract(line: str, authors: int) -> None:
    """A line behind the title is a list of authors or the abstract's first line, by its looks."""
    paper = read(HEADER + FIRST.replace("Ann Lee, Bo Sand et al. · apple-ml, gatech", line) + SECOND).papers[
        0
    ]
    assert len(paper.creators) == authors
    assert paper.abstract.startswith(line) == (authors == 0)


def test_header_with_labels_on_their_own_lines() -> None:
    """A copy that breaks figures and labels apart is read as well."""
    profile = read("Ann Lee\nCL\nh-index\n17\npapers\n2\ncitations\n1,234\n\n2 Papers\n\n" + FIRST + SECOND)
    assert (profile.name, profile.h_index, profile.paper_count, profile.citations) == ("Ann Lee", 17, 2, 1234)
    assert codes(profile) == []


def test_header_lines_without_meaning_are_named() -> None:
    """A line of the header that can't be placed is in the warnings, with its number."""
    profile = read(
        HEADER.replace("CL\n", "Professor of Things\nCL\n").replace("Ann Lee\n\n", "") + FIRST + SECOND
    )
    assert profile.name == "Professor of Things"
    profile = read(HEADER.replace("h-index17", "h-index17\nVerified author") + FIRST + SECOND)
    assert profile.name == "Ann Lee"
    assert [n.message for n in profile.warnings if n.code == "unplaced-line"] == [
        "line 5 of the header has no known meaning: 'Verified author'"
    ]


def test_footer_is_no_abstract() -> None:
    """Navigation behind the last paper is not part of its abstract."""
    profile = read(HEADER + FIRST + SECOND + "\nLoad more\n\n© 2026 Scholar Feed\n")
    assert profile.papers[-1].abstract == "We do the second thing."


def test_unknown_badges_do_not_hide_a_paper() -> None:
    """A badge that did not exist before is noticed, and the paper is read."""
    profile = read(HEADER + FIRST.replace("2023Code", "2023CodeHot") + SECOND)
    assert profile.papers[0].has_code
    assert "unknown-badge" in codes(profile)
    assert len(profile.papers) == 2


def test_impossible_date_is_noticed() -> None:
    """30 February is no date: the paper is kept without one."""
    profile = read(HEADER + FIRST.replace("Apr 25", "Feb 30") + SECOND)
    assert profile.papers[0].date is None
    assert "no-date" in codes(profile)


def test_listed_twice() -> None:
    """Two entries of one paper both stay, and are noticed; one title by different authors is not."""
    twice = read(HEADER + FIRST + FIRST.replace("First Title", "First  title!") + SECOND)
    assert len(twice.papers) == 3
    assert [n.message for n in twice.warnings if n.code == "listed-twice"] == [
        "line 19 lists 'First title!' again, after line 12"
    ]
    apart = read(HEADER + FIRST + FIRST.replace("Bo Sand", "Di Wang") + SECOND)
    assert "listed-twice" not in codes(apart)


@pytest.mark.parametrize(
    ("rest", "titles", "message"),
    [
        (
            "CLFeb 5\nThird Title\n",
            ["Third Title"],
            "the last paper, in line 26, has no authors and no abstract: the page may be cut",
        ),
        (
            "CLFeb 5\nThird Title\n\nAnn Lee\n",
            ["Third Title"],
            "the last paper, in line 26, has no abstract: the page may be cut",
        ),
        ("CLFeb 5\n", [], "line 26 starts a paper, and nothing follows: 'CLFeb 5'"),
        ("CLFeb 5", [], "line 26 starts a paper, and nothing follows: 'CLFeb 5'"),
    ],
)
def test_cut_at_the_end(rest: str, titles: list[str], message: str) -> None:
    """A last paper with a title is kept; a first line without one is named; the abstract before stays clean."""
    profile = read(HEADER + FIRST + SECOND.rstrip() + "\n\n" + rest)
    assert [paper.title for paper in profile.papers] == ["First Title", "Second Title", *titles]
    assert profile.papers[1].abstract == "We do the second thing."
    assert [n.message for n in profile.warnings if n.code == "cut-paper"] == [message]


def test_first_line_alone_in_the_middle() -> None:
    """A paper's first line that another one follows at once is named, and hides nothing."""
    profile = read(HEADER + FIRST + "CLFeb 5\n" + SECOND)
    assert [paper.title for paper in profile.papers] == ["First Title", "Second Title"]
    assert "cut-paper" in codes(profile)


def test_more_papers_than_promised() -> None:
    """More papers than the header promises are all read, and noticed."""
    profile = read(HEADER.replace("65papers", "1papers").replace("2 Papers", "1 Paper") + FIRST + SECOND)
    assert len(profile.papers) == 2
    assert codes(profile) == ["more-papers"]


REFUSED = [
    (b"", 1, "profile page"),
    (b" \n\n\t\n", 1, "profile page"),
    (b'\n\n{"json": true}\n', 3, "profile page"),
    (FIRST.encode(), 1, "profile page"),
    (b"65papers\n\n65 Papers\n\n" + FIRST.encode(), 1, "author's name"),
    (b"Ann\nJos\xe9\n" + FIRST.encode(), 2, "UTF-8"),
    (b"\xef\xbb\xbfAnn\n\nJos\xe9\n", 3, "UTF-8"),
    (b"Ann\n\0\0", 2, "text"),
    (b"%PDF-1.7\n", None, "text page"),
    ("Ann Lee".encode("utf-16")[:-1], 1, "UTF-16"),
]


@pytest.mark.parametrize(("data", "line", "expected"), REFUSED)
def test_refuses_what_is_no_profile_page(data: bytes, line: int | None, expected: str) -> None:
    """What can't be read is refused, with the file, the line and what should have been there."""
    with pytest.raises(ParseError) as caught:
        read(data)
    assert caught.value.origin == "page.txt"
    assert caught.value.line == line
    assert expected in caught.value.expected
    assert str(caught.value).startswith("page.txt:")
    assert not isinstance(caught.value, LayoutError)


def test_names_the_byte_of_a_wrong_encoding() -> None:
    """A page in Windows-1252 is refused with the place and a way out, never mangled."""
    with pytest.raises(ParseError, match=r"page\.txt:1: byte 4 \(0xe9\) is not UTF-8") as caught:
        read("José Lee\n".encode("cp1252"))
    assert "iconv" in caught.value.hint
    assert (
        read((HEADER + FIRST + SECOND).replace("Ann", "Zoé").encode("cp1252"), charset="cp1252").name
        == "Zoé Lee"
    )


@pytest.mark.parametrize("charset", ["klingon", "base64", "rot13", "\0"])
def test_unknown_character_sets_are_refused(charset: str) -> None:
    """A character set that nobody knows is an error with a name, not a traceback."""
    with pytest.raises(ParseError, match="unknown character set"):
        read(HEADER, charset=charset)


@pytest.mark.parametrize("rest", ["", "Nothing here that is a paper.\n", FIRST.replace("\n\n", "\n")])
def test_a_header_without_papers_is_a_layout_alarm(rest: str) -> None:
    """A page that promises papers and shows none is not an empty profile."""
    with pytest.raises(LayoutError, match="65 papers and none was found") as caught:
        read(HEADER + rest)
    assert caught.value.line == 10


def test_a_profile_without_papers() -> None:
    """A page that promises nothing may be empty."""
    profile = read("Ann Lee\n\nCL\nh-index0\n0papers\n\n0 Papers\n")
    assert (profile.papers, profile.paper_count, codes(profile)) == ((), 0, [])


def test_unknown_format() -> None:
    """An unknown format is refused with the names of the known ones."""
    with pytest.raises(ParseError, match="unknown format 'profil-page'") as caught:
        read(HEADER, format="profil-page")
    assert "profile-page" in caught.value.hint
