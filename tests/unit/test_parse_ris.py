"""RIS: records as reference managers and publishers write them, right or not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from syncd.errors import ParseError
from syncd.model import Creator, Identifiers, Paper, Profile, Snapshot
from syncd.read import parse

CAPTURED = datetime(2026, 6, 1, tzinfo=UTC)


def read(text: str | bytes, origin: str = "pubs.ris") -> Profile:
    """Parse a RIS file."""
    data = text.encode() if isinstance(text, str) else text
    return parse(Snapshot(data, origin, CAPTURED), "ris")


def one(*lines: str, kind: str = "JOUR") -> Paper:
    """Parse one record."""
    (paper,) = read("\n".join([f"TY  - {kind}", "TI  - A Title", *lines, "ER  - "])).papers
    return paper


def notices(profile: Profile) -> list[tuple[str, str]]:
    """The warnings."""
    return [(notice.code, notice.message) for notice in profile.warnings]


WHOLE = """Provider: somebody
Database: something

TY  - JOUR
AU  - He, Pengcheng
AU  - van der Maaten, Laurens
AU  - King, Martin Luther, Jr.
A2  - Editor, Ed
TI  - DeBERTa: Attention & <i>BERT</i>
T2  - Transactions of the ACL
VL  - 9
IS  - 2
SP  - 100
EP  - 112
PY  - 2021
DA  - 2021/06/07/
PB  - MIT Press
DO  - 10.1162/TACL_a_00123
UR  - https://aclanthology.org/2021.tacl-1.7
AB  - We reach 90 %
      over two lines. See https://github.com/microsoft/DeBERTa.
KW  - ignored
ER  -

"""


def test_organisations_and_brackets() -> None:
    """One name each, and no surname in brackets."""
    paper = one("AU  - World Health Organization", "AU  - Lee, Ann (MIT)")
    assert [(person.family, person.given) for person in paper.creators] == [
        ("World Health Organization", ""),
        ("Lee", "Ann"),
    ]


def test_reads_a_whole_record() -> None:
    """Every tag that has a place is there."""
    profile = read(WHOLE)
    (paper,) = profile.papers
    assert paper.title == "DeBERTa: Attention & BERT"
    assert paper.creators == (
        Creator("Pengcheng He", "He", "Pengcheng"),
        Creator("Laurens van der Maaten", "van der Maaten", "Laurens"),
        Creator("Martin Luther King Jr.", "King", "Martin Luther", "Jr."),
    )
    assert (paper.venue, paper.published_as) == ("Transactions of the ACL", "journalArticle")
    assert (paper.date, paper.volume, paper.issue, paper.pages) == ("2021-06-07", "9", "2", "100-112")
    assert (paper.publisher, paper.identifiers) == ("MIT Press", Identifiers("10.1162/tacl_a_00123"))
    assert paper.url == "https://aclanthology.org/2021.tacl-1.7"
    assert paper.abstract == "We reach 90 % over two lines. See https://github.com/microsoft/DeBERTa."
    assert [link.name for link in paper.links] == ["microsoft/DeBERTa"]
    assert not profile.warnings


@pytest.mark.parametrize(
    ("kind", "form", "venue"),
    [
        ("JOUR", "journalArticle", "V"),
        ("CONF", "conferencePaper", "V"),
        ("CPAPER", "conferencePaper", "V"),
        ("CHAP", "bookSection", "V"),
        ("BOOK", "book", None),
        ("THES", "thesis", None),
        ("RPRT", "report", None),
        ("UNPB", None, "V"),
        ("XXXX", None, "V"),
    ],
)
def test_forms(kind: str, form: str | None, venue: str | None) -> None:
    """The type of a record becomes Zotero's; an unknown one says nothing."""
    paper = one("T2  - V", kind=kind)
    assert (paper.published_as, paper.venue) == (form, venue)


@pytest.mark.parametrize(
    "line",
    [
        "UR  - https://arxiv.org/abs/2304.12526v1",
        "DO  - 10.48550/arXiv.2304.12526",
        "N1  - arXiv:2304.12526 [cs]",
        "AN  - arXiv:2304.12526",
        "JO  - arXiv preprint arXiv:2304.12526",
        "M3  - arXiv:2304.12526 [cs.CV]",
    ],
)
def test_preprints(line: str) -> None:
    """An arXiv id is found wherever a record states its own."""
    paper = one(line, "PB  - arXiv")
    assert paper.identifiers == Identifiers(None, "2304.12526")
    assert (paper.published_as, paper.venue, paper.publisher) == (None, None, None)


def test_notes_about_other_papers() -> None:
    """A note that mentions a preprint does not identify the record."""
    assert one("N1  - Extends arXiv:2304.12526", "T2  - V").identifiers == Identifiers()


@pytest.mark.parametrize(
    ("lines", "date"),
    [
        (["PY  - 2023"], "2023"),
        (["PY  - 2023/04//"], "2023-04"),
        (["Y1  - 2023/04/25/Spring"], "2023-04-25"),
        (["DA  - 2023-04-25", "PY  - 2023"], "2023-04-25"),
        (["DA  - Spring", "PY  - 2023"], "2023"),
        (["DA  - April 2023"], "2023-04"),
        (["PY  - in press"], None),
        ([], None),
    ],
)
def test_dates(lines: list[str], date: str | None) -> None:
    """A date is as exact as its parts make sense."""
    assert one(*lines).date == date


def test_cut_author_lists() -> None:
    """The mark of a cut list is nobody."""
    paper = one("AU  - Lee, Ann", "AU  - et al.")
    assert ([person.name for person in paper.creators], paper.creators_truncated) == (["Ann Lee"], True)


def test_broken_records() -> None:
    """A record without its end is noticed; one that is cut off is left out, for it may lack its authors."""
    text = "TY  - JOUR\nTI  - A\n\nTY  - JOUR\nTI  - B\nER  - \nTY  - JOUR\nAU  - X\nER  - \nTY  - JOUR\nTI  - C\n"
    profile = read(text)
    assert [paper.title for paper in profile.papers] == ["A", "B"]
    assert notices(profile) == [
        ("broken-entry", "the record in line 1 has no end; it was read up to the next one"),
        ("no-title", "the record in line 7 has no title; it was left out"),
        ("broken-entry", "the record in line 10 has no end; it was left out"),
    ]


def test_one_blank_for_two() -> None:
    """Some programs write one blank where the format wants two."""
    assert read(WHOLE.replace("  - ", " - ")).papers == read(WHOLE).papers


def test_authors_stand_in_the_order_of_their_lines() -> None:
    """Some programs call the first author A1 and the others AU, others write A1 last."""
    assert [c.family for c in one("A1  - Lee, Ann", "AU  - Sand, Bo", "A1  - Doe, Cy").creators] == [
        "Lee",
        "Sand",
        "Doe",
    ]


@pytest.mark.parametrize("data", [b"TY  - JOUR\nTI  - A", b"ER  - \n"])
def test_other_files_are_refused(data: bytes) -> None:
    """A file without a whole record is refused."""
    with pytest.raises(ParseError) as caught:
        read(data)
    assert caught.value.origin == "pubs.ris"


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        ("DATA", "dataset"),
        ("COMP", "computerProgram"),
        ("STAND", "standard"),
        ("SLIDE", "presentation"),
        ("MGZN", "magazineArticle"),
        ("GOVDOC", "report"),
        ("UNPB", None),
    ],
)
def test_what_is_no_article_has_the_form_that_zotero_gives_it(kind: str, form: str | None) -> None:
    """Data and software are no preprints."""
    assert one("T2  - Where it is", "PB  - Zenodo", kind=kind).published_as == form
