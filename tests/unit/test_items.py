"""What a paper becomes in Zotero."""

from __future__ import annotations

from dataclasses import replace

import pytest

from builders import paper, person
from syncd.model import DEFAULT_TAGS, Creator, Link
from syncd.zotero.items import OTHERS, Policy, draft, problems

POLICY = Policy(profile="Pengcheng He")


def test_title_abstract_and_date_are_taken_over() -> None:
    """The plain fields keep their text."""
    made = draft(paper("Patch Diffusion", abstract="Diffusion models…"), POLICY)
    assert made.item_type == "preprint"
    assert made.fields["title"] == "Patch Diffusion"
    assert made.fields["abstractNote"] == "Diffusion models…"
    assert made.fields["date"] == "2023-04-25"


def test_an_arxiv_id_fills_the_fields_as_zoteros_own_translator_does() -> None:
    """A paper of known arXiv id looks as if Zotero had saved it."""
    fields = draft(paper(arxiv="2304.12526", category="CV"), POLICY).fields
    assert fields["repository"] == "arXiv"
    assert fields["archiveID"] == "arXiv:2304.12526"
    assert fields["DOI"] == "10.48550/arXiv.2304.12526"
    assert fields["url"] == "http://arxiv.org/abs/2304.12526"
    assert fields["libraryCatalog"] == "arXiv.org"
    assert fields["extra"] == "arXiv:2304.12526 [cs.CV]"


def test_a_published_paper_gets_its_venues_item_type() -> None:
    """Journal, proceedings, thesis: each has fields of its own; the arXiv id stays in extra."""
    article = paper(
        arxiv="2304.12526", doi="10.1162/tacl_a_1", category="CL", published_as="journalArticle",
        venue="TACL", volume="11", issue="2", pages="1-20", publisher="MIT Press",
    )  # fmt: skip
    made = draft(article, POLICY)
    assert made.item_type == "journalArticle"
    assert made.fields["publicationTitle"] == "TACL"
    assert (made.fields["volume"], made.fields["issue"], made.fields["pages"]) == ("11", "2", "1-20")
    assert made.fields["DOI"] == "10.1162/tacl_a_1"
    assert made.fields["extra"] == "arXiv:2304.12526 [cs.CL]"
    assert not {"repository", "archiveID"} & made.fields.keys()
    talk = draft(paper(published_as="conferencePaper", venue="Proc. ACL"), POLICY)
    assert talk.fields["proceedingsTitle"] == "Proc. ACL"
    chapter = draft(paper(published_as="bookSection", venue="A Book", issue="2"), POLICY)
    assert chapter.fields["bookTitle"] == "A Book"
    assert "issue" not in chapter.fields
    thesis = draft(paper(published_as="thesis", publisher="MIT"), POLICY)
    assert thesis.fields["university"] == "MIT"


@pytest.mark.parametrize(
    "kind", ["journalArticle", "conferencePaper", "bookSection", "book", "thesis", "report"]
)
def test_every_published_form_fits_zoteros_schema(kind: str) -> None:
    """No field is sent that the type does not have."""
    made = draft(
        paper(arxiv="2304.12526", published_as=kind, venue="V", volume="1", issue="1", pages="1"), POLICY
    )
    assert problems({"itemType": kind, "creators": list(made.creators), **made.fields}) == []


def test_nothing_of_syncds_own_goes_into_an_item() -> None:
    """Without an arXiv id `extra` stays clean, for it is printed in bibliographies."""
    fields = draft(paper(score=99.4, category="AI"), POLICY).fields
    assert fields["extra"] == ""
    assert fields["libraryCatalog"] == ""


def test_the_papers_page_is_its_address_when_nothing_better_is_known() -> None:
    """An arXiv address or a DOI is better than the page of a feed."""
    page = "https://www.scholarfeed.org/paper/1"
    assert draft(paper(url=page), POLICY).fields["url"] == page
    assert draft(paper(url=page, arxiv="2304.12526"), POLICY).fields["url"].startswith("http://arxiv.org")


def test_a_cut_author_list_ends_with_others() -> None:
    """Citations of a cut list must not read as if it were whole."""
    cut = paper("T", "Zhendong Wang", "Yifan Jiang", creators_truncated=True)
    assert draft(cut, POLICY).creators[-1] == OTHERS
    assert OTHERS not in draft(paper("T", "Zhendong Wang"), POLICY).creators
    assert OTHERS not in draft(cut, Policy("P", cut_authors="omit")).creators


@pytest.mark.parametrize(
    ("creator", "expected"),
    [
        (person("Zhendong Wang"), {"firstName": "Zhendong", "lastName": "Wang"}),
        (Creator("Plato", "Plato"), {"name": "Plato"}),
        (
            Creator("Martin Luther King Jr.", "King", "Martin Luther", "Jr."),
            {"firstName": "Martin Luther, Jr.", "lastName": "King"},
        ),
    ],
)
def test_names_take_zoteros_forms(creator: Creator, expected: dict[str, str]) -> None:
    """Two parts, or one where the name has one; a suffix where citation styles look for it."""
    made = draft(paper(creators_truncated=False), POLICY)
    made = draft(type(paper())(title="T", creators=(creator,)), POLICY)
    assert made.creators == ({"creatorType": "author", **expected},)


def test_tags_come_from_the_templates_and_missing_values_give_none() -> None:
    """The default templates give category, affiliations, code and score band."""
    rich = paper(category="CV", affiliations=("apple-ml", "microsoft-research"), has_code=True, score=99.4)
    assert draft(rich, POLICY).tags == ("cs.CV", "apple-ml", "microsoft-research", "code", "AI Score 90+")
    assert draft(paper(), POLICY).tags == ()


def test_other_templates_are_filled() -> None:
    """Category name, profile and year, and fixed words."""
    policy = Policy("Pengcheng He", ("{category_name}", "by {profile}", "{year}/{affiliation}", "to read"))
    made = draft(paper(category="CL", affiliations=("gatech", "apple-ml")), policy)
    assert made.tags == (
        "Computer Science - Computation and Language",
        "by Pengcheng He",
        "2023/gatech",
        "2023/apple-ml",
        "to read",
    )


def test_default_templates_are_those_of_the_configuration() -> None:
    """A page pushed without configuration gets the same tags as a configured profile."""
    from syncd.config import ProfileConfig  # noqa: PLC0415 - only this test needs it

    assert ProfileConfig(source="page.txt").tags == DEFAULT_TAGS


def test_links_become_attachments_with_distinct_titles() -> None:
    """Zotero merges links of equal titles; other works' addresses are no attachments of this one."""
    made = draft(
        paper(
            links=(
                Link("https://github.com/a/b", "code", "a/b"),
                Link("https://gitlab.com/a/b", "code", "a/b"),
                Link("https://x.github.io/P", "project", "P"),
                Link("https://doi.org/10.1/x", "paper", "10.1/x"),
                Link("https://gluebenchmark.com/leaderboard", "other", "gluebenchmark.com/leaderboard"),
            )
        ),
        POLICY,
    )
    assert made.links == (
        ("https://github.com/a/b", "Code: a/b"),
        ("https://gitlab.com/a/b", "Code: a/b (https://gitlab.com/a/b)"),
        ("https://x.github.io/P", "Project: P"),
    )


def test_what_is_too_long_for_zotero_is_cut_and_said() -> None:
    """A field has 65,535 bytes, a tag 255 characters."""
    made = draft(paper(abstract="é " * 40_000, affiliations=("a" * 256,)), POLICY)
    assert len(made.fields["abstractNote"].encode()) <= 65_535
    assert made.fields["abstractNote"].endswith("é…")
    assert {notice.code for notice in made.notices} == {"field-cut", "tag-left-out"}


def test_problems_are_found_before_anything_is_sent() -> None:
    """One field of the wrong type makes the server stop half-way with HTTP 500."""
    good = {"key": "A", "version": 0, "itemType": "preprint", "title": "T", "creators": [], "tags": []}
    assert problems(good) == []
    assert problems(good | {"publicationTitle": "Nature"}) == ["publicationTitle is no field of preprint"]
    assert problems(good | {"title": {"x": 1}}) == ["title is no text"]
    wizard = {"creatorType": "wizard", "name": "M"}
    assert problems(good | {"creators": [wizard]}) == ["wizard is no creator type of preprint"]


@pytest.mark.parametrize(
    ("form", "where", "role"),
    [
        ("dataset", {"repository": "Zenodo"}, "author"),
        ("computerProgram", {"company": "Zenodo"}, "programmer"),
        ("presentation", {"meetingName": "Somewhere"}, "presenter"),
        ("standard", {"organization": "Zenodo"}, "author"),
        ("magazineArticle", {"publicationTitle": "Somewhere", "publisher": "Zenodo"}, "author"),
        ("document", {"publisher": "Zenodo"}, "author"),
        ("webpage", {"websiteTitle": "Somewhere"}, "author"),
        ("blogPost", {"blogTitle": "Somewhere"}, "author"),
    ],
)
def test_what_is_no_paper_has_its_own_fields(form: str, where: dict[str, str], role: str) -> None:
    """Each type's names for where it appeared and for who made it, and nothing that Zotero would refuse."""
    made = draft(
        replace(
            paper("T", "Ann Lee"),
            published_as=form,
            venue="Somewhere",
            publisher="Zenodo",
            creators_truncated=True,
        ),
        POLICY,
    )
    assert {name: made.fields[name] for name in where} == where
    assert [creator["creatorType"] for creator in made.creators] == [role, role]
    assert problems({"itemType": form, "creators": list(made.creators), **made.fields}) == []


def test_a_preprint_that_is_not_at_arxiv_has_its_repository() -> None:
    """As Zotero's own translators save it; arXiv's identifier comes before it."""
    preprint = paper(doi="10.1101/2020.01.01.1", publisher="bioRxiv")
    assert draft(preprint, POLICY).fields["repository"] == "bioRxiv"
    assert draft(paper(arxiv="2304.12526", publisher="bioRxiv"), POLICY).fields["repository"] == "arXiv"
