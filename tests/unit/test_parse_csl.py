"""CSL-JSON: items as Zotero, Crossref and pandoc write them, right or not."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.cli.parse import to_json
from syncd.errors import ParseError
from syncd.model import Creator, Identifiers, Paper, Profile, Snapshot
from syncd.read import parse

CAPTURED = datetime(2026, 6, 1, tzinfo=UTC)


def read(data: Any, origin: str = "pubs.json") -> Profile:
    """Parse a CSL-JSON file: bytes, or what becomes JSON."""
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return parse(Snapshot(raw, origin, CAPTURED), "csl-json")


def one(**fields: Any) -> Paper:
    """Parse one item."""
    names = {name.replace("_", "-"): value for name, value in fields.items()}
    (paper,) = read([{"type": "article-journal", "title": "A Title", **names}]).papers
    return paper


def notices(profile: Profile) -> list[tuple[str, str]]:
    """The warnings."""
    return [(notice.code, notice.message) for notice in profile.warnings]


WHOLE = {
    "id": "ignored",
    "type": "article-journal",
    "title": "DeBERTa: Attention &amp; <i>BERT</i><sup>2</sup>",
    "author": [
        {"family": "He", "given": "Pengcheng"},
        {"family": "Maaten", "given": "Laurens", "non-dropping-particle": "van der"},
        {"family": "Humboldt", "given": "Alexander", "dropping-particle": "von"},
        {"family": "King", "given": "Martin Luther", "suffix": "Jr."},
        {"literal": "Gemini Team"},
    ],
    "container-title": "Transactions of the ACL",
    "volume": 9,
    "issue": "2",
    "page": "100–112",
    "publisher": "MIT Press",
    "issued": {"date-parts": [[2021, "6", 7]]},
    "DOI": "10.1162/TACL_a_00123",
    "URL": "https://aclanthology.org/2021.tacl-1.7",
    "abstract": "<jats:title>Abstract</jats:title><jats:p>One.</jats:p><jats:p>https://github.com/a/b</jats:p>",
    "unknown": {"ignored": [1]},
}


@pytest.mark.parametrize(
    "around", [[WHOLE], WHOLE, {"items": [WHOLE]}, {"message": {"items": [WHOLE]}}, {"message": WHOLE}]
)
def test_reads_a_whole_item(around: Any) -> None:
    """Every field that has a place is there, in whatever the items are wrapped."""
    (paper,) = read(around).papers
    assert paper.title == "DeBERTa: Attention & BERT²"
    assert paper.creators == (
        Creator("Pengcheng He", "He", "Pengcheng"),
        Creator("Laurens van der Maaten", "van der Maaten", "Laurens"),
        Creator("Alexander von Humboldt", "Humboldt", "Alexander von"),
        Creator("Martin Luther King Jr.", "King", "Martin Luther", "Jr."),
        Creator("Gemini Team", "Gemini Team"),
    )
    assert (paper.venue, paper.published_as) == ("Transactions of the ACL", "journalArticle")
    assert (paper.date, paper.volume, paper.issue, paper.pages) == ("2021-06-07", "9", "2", "100-112")
    assert (paper.publisher, paper.identifiers) == ("MIT Press", Identifiers("10.1162/tacl_a_00123"))
    assert (paper.url, paper.abstract) == (
        "https://aclanthology.org/2021.tacl-1.7",
        "One.\n\nhttps://github.com/a/b",
    )
    assert [link.name for link in paper.links] == ["a/b"]


def test_organisations_and_brackets() -> None:
    """A name in one piece stays so, whatever it looks like; what is in brackets is no surname."""
    paper = one(
        author=[
            {"literal": "Ann Lee Fund"},
            {"name": "World Health Organization"},
            {"family": "Lee (MIT)", "given": "Ann"},
        ]
    )
    assert paper.creators == (
        Creator("Ann Lee Fund", "Ann Lee Fund"),
        Creator("World Health Organization", "World Health Organization"),
        Creator("Ann Lee", "Lee", "Ann"),
    )


@pytest.mark.parametrize(
    ("kind", "form", "venue", "publisher"),
    [
        ("dataset", "dataset", None, "Zenodo"),
        ("software", "computerProgram", None, "Zenodo"),
        ("standard", "standard", None, "Zenodo"),
        ("speech", "presentation", "Somewhere", "Zenodo"),
        ("document", "document", None, "Zenodo"),
        ("article-magazine", "magazineArticle", "Somewhere", "Zenodo"),
        ("article", None, "Somewhere", "Zenodo"),
    ],
)
def test_what_is_no_paper_has_a_form_of_its_own(
    kind: str, form: str | None, venue: str | None, publisher: str
) -> None:
    """As Zotero imports it."""
    paper = one(type=kind, container_title="Somewhere", publisher="Zenodo")
    assert (paper.published_as, paper.venue, paper.publisher) == (form, venue, publisher)


def test_crossrefs_own_form() -> None:
    """Crossref has lists where CSL has text, and types of its own."""
    paper = one(
        type="proceedings-article",
        title=["A", "B"],
        container_title=["Proc. X"],
        published_print={"date-parts": [[2020]]},
    )
    assert (paper.title, paper.venue, paper.published_as, paper.date) == (
        "A",
        "Proc. X",
        "conferencePaper",
        "2020",
    )


@pytest.mark.parametrize(
    ("fields", "arxiv"),
    [
        ({"type": "article", "number": "arXiv:2304.12526", "publisher": "arXiv"}, "2304.12526"),
        ({"note": "tex.key: x\narXiv:2304.12526 [cs]"}, "2304.12526"),
        ({"note": "extends arXiv:2304.12526", "container_title": "J"}, None),
        ({"URL": "http://arxiv.org/abs/2304.12526"}, "2304.12526"),
        ({"DOI": "10.48550/arXiv.2304.12526"}, "2304.12526"),
        ({"container_title": "arXiv:2304.12526"}, "2304.12526"),
    ],
)
def test_preprints(fields: dict[str, Any], arxiv: str | None) -> None:
    """An arXiv id is found wherever an item states its own; arXiv is no journal and no publisher."""
    paper = one(**fields)
    assert paper.identifiers == Identifiers(None, arxiv)
    assert (paper.published_as is None) is (arxiv is not None)
    assert paper.publisher is None


@pytest.mark.parametrize(
    ("issued", "date"),
    [
        ({"date-parts": [[2023, 4]]}, "2023-04"),
        ({"date-parts": [["2023"]]}, "2023"),
        ({"date-parts": [[2023, 4, 25], [2023, 5]]}, "2023-04-25"),
        ({"date-parts": [[None]]}, None),
        ({"date-parts": [[]]}, None),
        ({"date-parts": []}, None),
        ({"date-parts": [[2023, 4, 31]]}, "2023-04"),
        ({"raw": "April 2023"}, "2023-04"),
        ({"literal": "2023"}, "2023"),
        ("2023-04-25", "2023-04-25"),
        (2023, "2023"),
        ([2023], "2023"),
        (None, None),
        ({"date-parts": [[10**30]]}, None),
    ],
)
def test_dates(issued: Any, date: str | None) -> None:
    """A date is as exact as its parts make sense."""
    assert one(issued=issued).date == date


def test_cut_author_lists() -> None:
    """The mark of a cut list is nobody; what is no name is left out."""
    paper = one(author=[{"family": "Lee", "given": "Ann"}, {"literal": "others"}, {}, None, "Bo Sand", 7])
    assert [person.name for person in paper.creators] == ["Ann Lee", "Bo Sand", "7"]
    assert paper.creators_truncated


def test_broken_items() -> None:
    """What is no item is noticed, and the rest is kept."""
    profile = read([{"title": "A"}, 7, {"type": "book"}, {"title": {"x": 1}}, {"title": "a."}])
    assert [paper.title for paper in profile.papers] == ["A", "a"]
    assert notices(profile) == [
        ("broken-entry", "item 2 is no object; it was left out"),
        ("no-title", "item 3 has no title; it was left out"),
        ("no-title", "item 4 has no title; it was left out"),
        ("listed-twice", "item 5 lists 'a' again, after item 1"),
    ]


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b'[\n{"title": "A"\n"type": "book"}]', 3),
        (b"{}", None),
        (b"7", None),
        (b'{"title": ' + b"1" * 10_000 + b"}", None),
    ],
)
def test_other_files_are_refused(data: bytes, line: int | None) -> None:
    """What is no JSON, or holds no item, is refused, with the line where there is one."""
    with pytest.raises(ParseError) as caught:
        read(data)
    assert (caught.value.origin, caught.value.line) == ("pubs.json", line)


def test_lone_surrogates() -> None:
    """Half a character, which JSON can hold and no file can, becomes the sign for an unknown one."""
    paper = read(b'[{"title": "A \\ud800 b", "author": [{"family": "\\udfffx"}]}]').papers[0]
    assert paper.title.encode() == "A \ufffd b".encode()
    assert paper.creators[0].family.encode() == "\ufffdx".encode()


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    [*WHOLE, "published", "note", "number", "archive_location", "event-title", "article-number"]
)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.dictionaries(FIELDS, JSON, max_size=6), max_size=3) | JSON)
def test_any_json_is_read_or_refused(data: Any) -> None:
    """No JSON raises anything but a `ParseError`, and no text that comes of it is unwritable."""
    try:
        profile = read(data)
    except ParseError as error:
        assert error.origin == "pubs.json"  # noqa: PT017 - some raise nothing
        return
    assert json.dumps(to_json(profile), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("institution", "repository"), [([{"name": "bioRxiv"}], "bioRxiv"), ([], None), ("odd", None)]
)
def test_the_server_of_a_posted_paper_is_its_repository(institution: Any, repository: str | None) -> None:
    """Crossref names the server as an institution, and who runs it as the publisher."""
    paper = one(type="posted-content", institution=institution, publisher="Cold Spring Harbor Laboratory")
    assert (paper.published_as, paper.publisher) == (None, repository)
