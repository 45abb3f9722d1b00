"""What the APIs' answers mean: each field from where it is, and odd values left out, counted and survived."""

from __future__ import annotations

import copy
import json
import random
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd import services
from syncd.errors import ParseError
from syncd.model import Identifiers, Paper, Profile, Snapshot
from syncd.read import parse
from syncd.services.records import join_versions
from syncd.text.names import creator

Json = dict[str, Any]
WHEN = datetime(2026, 6, 2, tzinfo=UTC)
JSON_APIS = ("scholarfeed", "openalex", "s2", "orcid")


def snapshot(name: str, author: Any, papers: Any, **more: Any) -> Snapshot:
    """Return what the fetch of an API packs."""
    document = {"source": name, "id": "1", "author": author, "papers": papers, "complete": True} | more
    data = json.dumps(document).encode()
    return Snapshot(data, f"{name}:1", WHEN, f"application/vnd.syncd.{name}+json", "utf-8")


def parsed(of: Snapshot) -> Profile:
    """Parse with the format that the media type names."""
    assert services.format_of(of.media_type) is not None
    return parse(of)


def paper(name: str, record: Json, author: Any = None) -> Paper:
    """Return the one paper of a document with one record."""
    (found,) = parsed(snapshot(name, author or {}, [record])).papers
    return found


def codes(profile: Profile) -> list[str]:
    """Return the codes of a profile's warnings."""
    return [notice.code for notice in profile.warnings]


# Scholar Feed


SCHOLARFEED: Json = {
    "arxiv_id": "2111.09543v4",
    "title": "DeBERTaV3: Improving DeBERTa using $\\text{ELECTRA}$-Style Pre-Training",
    "authors": ["Pengcheng He", "Jianfeng Gao", "Weizhu Chen"],
    "published_date": "2021-11-18T06:48:00Z",
    "year": 2021,
    "categories": ["cs.CL", "cs.LG"],
    "primary_category": "cs.CL",
    "has_code": True,
    "github_url": "https://github.com/microsoft/DeBERTa.git",
    "github_stars": 2000,
    "institution_tags": ["microsoft-research", "Microsoft Azure AI"],
    "llm_summary": "Written by a machine.",
    "llm_novelty_score": 0.61,
    "rank_score": 0.824,
    "venue_name": "ICLR",
    "something_new": {"a": [1]},
}


def test_scholarfeed_paper() -> None:
    """All that it says of a paper, and no abstract that a machine wrote."""
    found = paper("scholarfeed", SCHOLARFEED)
    assert found.title == "DeBERTaV3: Improving DeBERTa using ELECTRA-Style Pre-Training"
    assert [author.name for author in found.creators] == ["Pengcheng He", "Jianfeng Gao", "Weizhu Chen"]
    assert not found.creators_truncated
    assert (found.date, found.category, found.abstract) == ("2021-11-18", "cs.CL", "")
    assert found.identifiers == Identifiers(arxiv="2111.09543")
    assert (found.affiliations, found.score) == (("microsoft-research", "microsoft-azure-ai"), 82.4)
    assert found.affiliation_names == ("microsoft-research", "Microsoft Azure AI")
    assert found.has_code
    assert [(link.kind, link.url) for link in found.links] == [
        ("code", "https://github.com/microsoft/DeBERTa")
    ]
    assert (found.venue, found.published_as) == ("ICLR", None)


def test_scholarfeed_author() -> None:
    """The figures of the profile, as far as they are known."""
    author = {"id": 7, "name": "Pengcheng He", "h_index": 17, "total_papers": 1, "total_citations": None}
    profile = parsed(snapshot("scholarfeed", author | {"primary_field": "cs.CL"}, [SCHOLARFEED]))
    assert (profile.name, profile.field, profile.h_index) == ("Pengcheng He", "cs.CL", 17)
    assert (profile.paper_count, profile.citations, profile.warnings) == (1, None, ())


@pytest.mark.parametrize(
    ("change", "truncated"),
    [
        ({"n_authors": 9}, True),
        ({"n_authors": 3}, False),
        ({"n_authors": None}, False),
        ({"n_authors": "9"}, True),
        ({"authors": ["Pengcheng He", "et al."]}, True),
        ({"authors": "Pengcheng He, Jianfeng Gao et al."}, True),
        ({"authors": [], "n_authors": 3}, True),
    ],
)
def test_scholarfeed_cut_authors(change: Json, truncated: bool) -> None:  # noqa: FBT001
    """Where the number of authors is higher than that of the names, or the list says so."""
    found = paper("scholarfeed", SCHOLARFEED | change)
    assert found.creators_truncated is truncated
    assert not any("et al" in author.name for author in found.creators)


def test_scholarfeed_code_by_its_link_alone() -> None:
    """A repository is code, whatever the mark says; a mark without a repository counts as well."""
    assert paper("scholarfeed", SCHOLARFEED | {"has_code": None}).has_code
    assert paper("scholarfeed", SCHOLARFEED | {"github_url": None}).has_code
    assert not paper("scholarfeed", SCHOLARFEED | {"github_url": None, "has_code": False}).has_code


# OpenAlex


def authorship(name: str, identifier: str = "A1", position: str = "middle", **more: Any) -> Json:
    """Return one author of a work."""
    author = {"id": f"https://openalex.org/{identifier}", "display_name": name, "orcid": None}
    return {"author_position": position, "author": author, "institutions": []} | more


OPENALEX: Json = {
    "id": "https://openalex.org/W1",
    "doi": "https://doi.org/10.1162/TACL_a_00123",
    "title": "Deep <i>Learning</i> &amp; H<sub>2</sub>O",
    "publication_date": "2020-03-04",
    "publication_year": 2020,
    "type": "article",
    "authorships": [
        authorship("Ann Lee", "A9", "first", institutions=[{"display_name": "Elsewhere"}]),
        authorship(
            "Pengcheng He", "A5023888391", "last", institutions=[{"display_name": "Microsoft Research"}, None]
        ),
    ],
    "primary_location": {
        "landing_page_url": "https://doi.org/10.1162/tacl_a_00123",
        "source": {"display_name": "TACL", "type": "journal", "host_organization_name": "MIT Press"},
    },
    "locations": [{"landing_page_url": None}, {"landing_page_url": "http://arxiv.org/abs/2001.00001v2"}],
    "biblio": {"volume": "8", "issue": None, "first_page": "100", "last_page": "112"},
    "abstract_inverted_index": {"learns.": [2], "It": [0], "deeply": [1]},
    "is_retracted": False,
}
OPENALEX_AUTHOR: Json = {
    "id": "https://openalex.org/A5023888391",
    "display_name": "Pengcheng He",
    "works_count": 65,
    "cited_by_count": 26281,
    "summary_stats": {"h_index": 17},
}


def test_openalex_work() -> None:
    """Addresses become identifiers, a list of words becomes an abstract."""
    found = paper("openalex", OPENALEX, OPENALEX_AUTHOR)
    assert found.title == "Deep Learning & H₂O"
    assert found.identifiers == Identifiers("10.1162/tacl_a_00123", "2001.00001")
    assert (found.abstract, found.date) == ("It deeply learns.", "2020-03-04")
    assert (found.venue, found.published_as, found.publisher) == ("TACL", "journalArticle", "MIT Press")
    assert (found.volume, found.issue, found.pages) == ("8", None, "100-112")
    assert found.affiliations == ("microsoft-research",)  # of the author that is followed
    assert found.affiliation_names == ("Microsoft Research",)


def test_openalex_author() -> None:
    """Figures, and a note that works are missing."""
    profile = parsed(snapshot("openalex", OPENALEX_AUTHOR, [OPENALEX]))
    assert (profile.name, profile.h_index, profile.paper_count) == ("Pengcheng He", 17, 65)
    assert profile.citations == 26281
    assert profile.warnings[0].message == "the source lists 1 of 65 papers"


@pytest.mark.parametrize(
    ("count", "last", "more", "truncated"),
    [
        (100, "middle", {}, True),
        (100, "last", {}, False),
        (99, "middle", {}, False),
        (3, "middle", {"is_authors_truncated": True}, True),
    ],
)
def test_openalex_cuts_at_a_hundred(count: int, last: str, more: Json, truncated: bool) -> None:  # noqa: FBT001
    """It may say so; without the last author it shows."""
    listed = [authorship(f"Ann L{number}") for number in range(count - 1)] + [
        authorship("Bo Z", position=last)
    ]
    found = paper("openalex", OPENALEX | {"authorships": listed} | more)
    assert len(found.creators) == count
    assert found.creators_truncated is truncated


def test_openalex_preprint() -> None:
    """A repository is no venue, and arXiv's own DOI no DOI."""
    found = paper(
        "openalex",
        OPENALEX
        | {
            "type": "preprint",
            "doi": "https://doi.org/10.48550/arXiv.2001.00002",
            "locations": None,
            "primary_location": {"source": {"display_name": "arXiv (Cornell)", "type": "repository"}},
        },
    )
    assert found.identifiers == Identifiers(arxiv="2001.00002")
    assert (found.venue, found.published_as, found.publisher) == (None, None, None)


@pytest.mark.parametrize(
    ("kind", "container", "form"),
    [
        ("article", "conference", "conferencePaper"),
        ("book-chapter", "ebook platform", "bookSection"),
        ("dissertation", None, "thesis"),
        ("article", None, None),
        ("a new type", "journal", None),
        (None, "journal", None),
    ],
)
def test_openalex_forms(kind: str | None, container: str | None, form: str | None) -> None:
    """By the types of the work and of its container; what is new has none."""
    location = {"source": {"display_name": "Somewhere", "type": container}}
    assert paper("openalex", OPENALEX | {"type": kind, "primary_location": location}).published_as == form


ALL_TYPES = {
    **dict.fromkeys(
        [
            *("data-paper", "software-paper", "book-review", "review", "editorial", "letter", "erratum"),
            "retraction",
        ],
        "journalArticle",
    ),
    **dict.fromkeys(["conference-paper", "conference-abstract"], "conferencePaper"),
    **dict.fromkeys(["book-chapter", "reference-entry"], "bookSection"),
    "book": "book",
    "dissertation": "thesis",
    "report": "report",
    "preprint": None,
    "dataset": "dataset",
    "software": "computerProgram",
    "standard": "standard",
    "other": "document",
}
NO_PAPERS = ("peer-review", "paratext", "supplementary-materials", "grant", "libguides")


@pytest.mark.parametrize(("kind", "form"), ALL_TYPES.items())
def test_every_type_of_openalex_has_a_form(kind: str, form: str | None) -> None:
    """Where nothing is known of what it appeared in; a journal makes articles of what may stand in one."""
    nowhere = OPENALEX | {"type": kind, "primary_location": {"source": None}, "locations": None}
    assert paper("openalex", nowhere).published_as == form
    stays = {
        "reference-entry",
        "book",
        "dissertation",
        "report",
        "preprint",
        "dataset",
        "software",
        "standard",
        "other",
    }
    assert paper("openalex", OPENALEX | {"type": kind}).published_as == (
        form if kind in stays else "journalArticle"
    )


@pytest.mark.parametrize("kind", NO_PAPERS)
def test_openalex_types_that_are_no_papers(kind: str) -> None:
    """What belongs to papers, or tells about them."""
    assert parsed(snapshot("openalex", {"display_name": "A"}, [OPENALEX | {"type": kind}])).papers == ()


@pytest.mark.parametrize(
    ("kind", "place", "venue", "form"),
    [
        (
            "article",
            {"source": None, "raw_source_name": "Annals of Tests", "raw_type": "journal-article"},
            "Annals of Tests",
            "journalArticle",
        ),
        (
            "conference-paper",
            {
                "source": {"display_name": "Lecture notes in X", "type": "book series"},
                "raw_source_name": "Lecture Notes in X",
            },
            "Lecture Notes in X",
            "conferencePaper",
        ),
        ("preprint", {"source": {"display_name": "ENLIGHTEN", "type": "journal"}}, None, None),
        (
            "article",
            {"source": None, "raw_source_name": "SSRN Electronic Journal", "raw_type": "journal-article"},
            None,
            None,
        ),
    ],
)
def test_openalex_names_what_a_work_appeared_in(
    kind: str, place: Json, venue: str | None, form: str | None
) -> None:
    """By its source, else as the publisher does; a preprint's source is no venue, whatever it calls itself."""
    work = OPENALEX | {"type": kind, "primary_location": place}
    profile = parsed(
        snapshot("openalex", {"display_name": "A"}, [work, work | {"primary_location": {"source": None}}])
    )
    assert (profile.papers[0].venue, profile.papers[0].published_as) == (venue, form)
    assert profile.warnings == ()


@pytest.mark.parametrize(
    ("name", "change", "repository"),
    [
        (
            "openalex",
            {"display_name": "bioRxiv (Cold Spring Harbor Laboratory)", "type": "repository"},
            "bioRxiv",
        ),
        ("openalex", {"display_name": "arXiv (Cornell University)", "type": "repository"}, None),
        ("openalex", {"display_name": "DSpace@MIT (Massachusetts Institute)", "type": "repository"}, None),
        ("s2", {"name": "SSRN Electronic Journal", "type": "journal"}, "Social Science Research Network"),
    ],
)
def test_a_preprint_has_its_repository(name: str, change: Json, repository: str | None) -> None:
    """As Zotero's own translators call it; arXiv's is told by its identifier."""
    places: dict[str, Json] = {
        "openalex": {"primary_location": {"source": change}},
        "s2": {"publicationVenue": change, "venue": ""},
    }
    found = paper(name, RECORDS[name] | places[name])
    assert (found.publisher, found.venue, found.published_as) == (repository, None, None)


@pytest.mark.parametrize(
    ("name", "titled"),
    [
        ("scholarfeed", {"title": "The <scp>R</scp> Package"}),
        ("openalex", {"title": "The <scp>R</scp> Package", "display_name": "The <scp>R</scp> Package"}),
        ("s2", {"title": "The <scp>R</scp> Package"}),
        ("orcid", {"title": {"title": {"value": "The <scp>R</scp> Package"}}}),
    ],
)
def test_a_title_with_markup_is_known_as_it_was_read_once(name: str, titled: Json) -> None:
    """Keys of items that syncd made then were made of it."""
    found = paper(name, RECORDS[name] | titled)
    assert (found.title, found.former_titles) == ("The R Package", ("The <scp>R</scp> Package",))


@pytest.mark.parametrize(
    ("shown", "printed", "name"),
    [
        ("Melissa Ochoa Frias", "Ndiaye, Matar", "Matar Ndiaye"),
        ("David Val‐Laillet", "Rasse, Michel", "Michel Rasse"),
        ("Wei Zhang", "Lei Zhang", "Lei Zhang"),
        ("Juan Pablo Alperín", "Juan P. Alperin", "Juan Pablo Alperín"),
        ("Jevin D. West", "WEST, J", "Jevin D. West"),
        ("Wei Wang", "王伟", "Wei Wang"),
        ("Ann Lee", None, "Ann Lee"),
        (None, "Lee, Ann (MIT)", "Ann Lee"),
    ],
)
def test_openalex_authors_are_who_is_printed(shown: str | None, printed: str | None, name: str) -> None:
    """The name that OpenAlex shows may be another person's."""
    work = OPENALEX | {"authorships": [{"author": {"display_name": shown}, "raw_author_name": printed}]}
    assert [author.name for author in paper("openalex", work).creators] == [name]


def test_openalex_new_year_means_the_year() -> None:
    """Where only the year is known, OpenAlex writes its first day."""
    assert paper("openalex", OPENALEX | {"publication_date": "2020-01-01"}).date == "2020"
    assert paper("openalex", OPENALEX | {"publication_date": None}).date == "2020"


def test_openalex_retraction_is_noticed_and_paratext_left_out() -> None:
    """Covers and reviewers' reports are no papers."""
    works = [OPENALEX | {"is_retracted": True}, OPENALEX | {"type": "paratext", "title": "Front Matter"}]
    profile = parsed(snapshot("openalex", {"display_name": "A"}, works))
    assert [p.title for p in profile.papers] == ["Deep Learning & H₂O"]
    assert codes(profile) == ["retracted"]


# Semantic Scholar


S2: Json = {
    "paperId": "649def34f8be52c8b66281af98ae884c09aef38b",
    "externalIds": {"ArXiv": "2006.03654", "DBLP": "journals/corr/abs-2006-03654", "CorpusId": 219531210},
    "url": "https://www.semanticscholar.org/paper/649def",
    "title": "DeBERTa: Decoding-enhanced BERT with Disentangled Attention",
    "abstract": "Recent progress.",
    "venue": "International Conference on Learning Representations",
    "publicationVenue": {
        "name": "International Conference on Learning Representations",
        "type": "conference",
    },
    "year": 2020,
    "publicationDate": "2020-06-05",
    "publicationTypes": ["JournalArticle"],
    "journal": {"name": "ArXiv", "volume": "abs/2006.03654"},
    "authors": [{"authorId": "1", "name": "Pengcheng He"}, {"authorId": None, "name": "Xiaodong Liu"}],
}


def test_s2_paper() -> None:
    """The venue says what it is; what arXiv's papers have as a volume is none."""
    found = paper("s2", S2)
    assert found.identifiers == Identifiers(arxiv="2006.03654")
    assert (found.date, found.abstract) == ("2020-06-05", "Recent progress.")
    assert (found.published_as, found.volume) == ("conferencePaper", None)
    assert found.venue == "International Conference on Learning Representations"
    assert [author.family for author in found.creators] == ["He", "Liu"]
    assert found.url is None  # the arXiv id says it better


def test_s2_preprint_and_journal() -> None:
    """Preprints are articles of journals there, too; the venue tells."""
    preprint = paper("s2", S2 | {"publicationVenue": None, "venue": "arXiv.org"})
    assert (preprint.published_as, preprint.venue) == (None, None)
    article = S2 | {
        "externalIds": {"DOI": "10.1000/J.1"},
        "publicationVenue": None,
        "venue": "Nature",
        "journal": {"name": "Nature", "volume": "5", "pages": "1 - 9"},
    }
    found = paper("s2", article)
    assert (found.published_as, found.volume, found.pages) == ("journalArticle", "5", "1-9")
    assert found.identifiers == Identifiers("10.1000/j.1")


@pytest.mark.parametrize(
    ("change", "form", "venue"),
    [
        (
            {"venue": "", "journal": {"name": "Journal of Tests", "volume": "1"}},
            "journalArticle",
            "Journal of Tests",
        ),
        ({"venue": "bioRxiv", "journal": {"name": "Cell Tests"}}, "journalArticle", "Cell Tests"),
        (
            {"venue": "", "journal": {"name": "2018 IEEE Conference on Tests"}},
            "conferencePaper",
            "2018 IEEE Conference on Tests",
        ),
        (
            {"venue": "", "journal": {"name": "Tests eJournal"}, "externalIds": {"DOI": "10.2139/ssrn.1"}},
            None,
            None,
        ),
        (
            {
                "venue": "Social Science Research Network",
                "publicationVenue": {"name": "SSRN Electronic Journal", "type": "journal"},
            },
            None,
            None,
        ),
        (
            {
                "venue": "medRxiv",
                "journal": {"name": "Nature"},
                "externalIds": {"DOI": "10.1101/2020.01.01.1"},
            },
            None,
            None,
        ),
    ],
)
def test_s2_venue_is_no_preprint_server(change: Json, form: str | None, venue: str | None) -> None:
    """It may stand before the journal; types may be missing, and SSRN is a repository that calls itself a journal."""
    known = {"externalIds": {"DOI": "10.1016/j.x"}, "publicationVenue": None, "publicationTypes": None}
    profile = parsed(snapshot("s2", {"name": "A"}, [S2 | known | change]))
    assert [(p.published_as, p.venue) for p in profile.papers] == [(form, venue)]
    assert profile.warnings == ()


def test_s2_without_identifiers_has_its_own_page() -> None:
    """Better than no address."""
    found = paper("s2", S2 | {"externalIds": None, "publicationDate": None})
    assert (found.url, found.date) == ("https://www.semanticscholar.org/paper/649def", "2020")


def test_s2_author() -> None:
    """As documented; counts may come as text."""
    author = {"authorId": "1", "name": "P. He", "paperCount": "1", "citationCount": 5, "hIndex": 2}
    profile = parsed(snapshot("s2", author, [S2]))
    assert (profile.name, profile.paper_count, profile.citations, profile.h_index) == ("P. He", 1, 5, 2)


# ORCID


def external(kind: str, value: Any, relationship: Any = "self") -> Json:
    """Return an identifier as ORCID wraps it."""
    return {"external-id-type": kind, "external-id-value": value, "external-id-relationship": relationship}


ORCID: Json = {
    "put-code": 733535,
    "title": {"title": {"value": "Cosine Contours"}, "subtitle": {"value": "A Representation"}},
    "journal-title": {"value": "ISMIR"},
    "short-description": "About melodies.",
    "type": "conference-paper",
    "publication-date": {"year": {"value": "2021"}, "month": {"value": "11"}, "day": None},
    "external-ids": {
        "external-id": [
            external("isbn", "978-1"),
            external("doi", "10.5281/BOOK", "part-of"),
            external("doi", "https://doi.org/10.5281/ZENODO.5624531"),
            external("arxiv", "2111.00001", None),
        ]
    },
    "url": {"value": "https://example.org/paper"},
    "contributors": {
        "contributor": [
            {"credit-name": {"value": "Ann Lee"}, "contributor-attributes": {"contributor-role": "author"}},
            {"credit-name": {"value": "Ed Itor"}, "contributor-attributes": {"contributor-role": "editor"}},
            {"credit-name": None, "contributor-attributes": None},
            {"credit-name": {"value": "Josiah Carberry"}, "contributor-attributes": None},
        ]
    },
}
ORCID_PERSON: Json = {"name": {"given-names": {"value": "Josiah"}, "family-name": {"value": "Carberry"}}}


def test_orcid_work() -> None:
    """Its own identifiers, not those of the book that it is in; authors and no editors."""
    found = paper("orcid", ORCID, ORCID_PERSON)
    assert found.title == "Cosine Contours: A Representation"
    assert found.identifiers == Identifiers("10.5281/zenodo.5624531", "2111.00001")
    assert (found.date, found.abstract) == ("2021-11", "About melodies.")
    assert (found.venue, found.published_as) == ("ISMIR", "conferencePaper")
    assert [author.name for author in found.creators] == ["Ann Lee", "Josiah Carberry"]
    assert not found.creators_truncated


@pytest.mark.parametrize("contributors", [None, {"contributor": []}, {"contributor": None}])
def test_orcid_work_without_authors(contributors: Any) -> None:
    """Its owner is one of them, and there are others."""
    found = paper("orcid", ORCID | {"contributors": contributors}, ORCID_PERSON)
    assert [author.name for author in found.creators] == ["Josiah Carberry"]
    assert found.creators_truncated


def contributor(name: str, role: Any, orcid: str | None = None) -> Json:
    """Return a contributor as ORCID wraps one."""
    return {
        "contributor-orcid": {"path": orcid} if orcid else None,
        "credit-name": {"value": name},
        "contributor-attributes": {"contributor-sequence": "additional", "contributor-role": role},
    }


def test_orcid_contributors_are_authors_unless_their_role_is_anothers() -> None:
    """Words, addresses of CRediT's roles, lists; who had two roles is one person."""
    credit = "http://credit.niso.org/contributor-roles"
    listed = [
        contributor("A One", f"{credit}/writing-original-draft/", "0000-1"),
        contributor("A One", f"{credit}/software/", "0000-1"),
        contributor("B Two", f"{credit}/writing-review-editing/"),
        contributor("C Three", "co-investigator"),
        contributor("D Four", "support-staff"),
        contributor("E Five", ["author"]),
        contributor("F Six", "editor"),
        contributor("G Seven", "chair-or-translator"),
        contributor("H Eight", "AUTHOR"),
    ]
    found = paper("orcid", ORCID | {"contributors": {"contributor": listed}}, ORCID_PERSON)
    assert [author.family for author in found.creators] == ["One", "Two", "Three", "Four", "Five", "Eight"]


@pytest.mark.parametrize(
    ("kind", "form", "venue", "publisher"),
    [
        ("data-set", "dataset", None, "ISMIR"),
        ("dissertation-thesis", "thesis", None, "ISMIR"),
        ("lecture-speech", "presentation", "ISMIR", None),
        ("BOOK_CHAPTER", "bookSection", "ISMIR", None),
        ("patent", "document", None, "ISMIR"),
        ("preprint", None, "ISMIR", None),
    ],
)
def test_orcid_forms(kind: str, form: str | None, venue: str | None, publisher: str | None) -> None:
    """ORCID asks for a publisher or an institution where a work has no journal, under the same name."""
    found = paper("orcid", ORCID | {"type": kind}, ORCID_PERSON)
    assert (found.published_as, found.venue, found.publisher) == (form, venue, publisher)


def test_orcid_work_with_editors_alone() -> None:
    """Nothing is odd about that, and who lists the work is taken for an author of it."""
    work = ORCID | {"contributors": {"contributor": [contributor("Ed Itor", "editor")]}}
    profile = parsed(snapshot("orcid", ORCID_PERSON, [work]))
    assert [author.name for author in profile.papers[0].creators] == ["Josiah Carberry"]
    assert profile.warnings == ()


def test_orcid_dates_that_are_none_cost_nothing_else() -> None:
    """A month of thirty digits ended runs."""
    odd = {"year": {"value": "2021"}, "month": {"value": 10**30}, "day": {"value": "31"}}
    assert paper("orcid", ORCID | {"publication-date": odd}).date == "2021"


def test_orcid_name() -> None:
    """The name that the researcher goes by comes first; some hide theirs."""
    credit = {"name": {"credit-name": {"value": "J. Carberry"}} | ORCID_PERSON["name"]}
    assert parsed(snapshot("orcid", ORCID_PERSON, [])).name == "Josiah Carberry"
    assert parsed(snapshot("orcid", credit, [])).name == "J. Carberry"
    hidden = parsed(snapshot("orcid", {"name": None}, [ORCID]))
    assert (hidden.name, codes(hidden)) == ("orcid:1", ["no-name"])


# DBLP


def dblp(*records: str, name: str = "Wei Wang 0001") -> Snapshot:
    """Return DBLP's XML of a person."""
    body = "".join(f"<r>{record}</r>\n" for record in records)
    person = '<person key="homepages/w/WeiWang1"><author pid="w/WeiWang-1">Wei Wang 0001</author></person>'
    homonym = '<homonyms n="1"><h f="w"><person><author>Wei Wang 0002</author></person></h></homonyms>'
    xml = (
        f'<?xml version="1.0"?>\n<dblpperson name="{name}" pid="w/WeiWang-1" n="{len(records)}">\n'
        f"{person}{homonym}{body}<coauthors n='1'><co><na>Ann Lee</na></co></coauthors></dblpperson>"
    )
    return Snapshot(xml.encode(), "dblp:w/WeiWang-1", WHEN, "application/vnd.syncd.dblp+xml")


PROCEEDINGS_PAPER = """<inproceedings key="conf/iclr/WangL23" mdate="2024-01-01">
<author pid="w/WeiWang-1">Wei Wang 0001</author><author>Zo&#235; L&amp;eacute;vy</author>
<title>Learning H<sub>2</sub>O &amp;amp; more: <i>Why</i>?</title><pages>1-9</pages><year>2023</year>
<booktitle>ICLR</booktitle><ee type="oa">https://openreview.net/forum?id=x</ee>
<ee>https://doi.org/10.1000/ICLR.7</ee><crossref>conf/iclr/2023</crossref></inproceedings>"""
COUNTERPART = """<article publtype="informal" key="journals/corr/abs-2201-00001">
<author>Wei Wang 0001</author><author>Zo&#235; L&#233;vy</author>
<title>Learning H<sub>2</sub>O &amp; more: Why?</title><year>2022</year><volume>abs/2201.00001</volume>
<journal>CoRR</journal><ee>https://doi.org/10.48550/arXiv.2201.00001</ee></article>"""
PREPRINT = COUNTERPART.replace("Why?", "The Sequel.").replace("2201", "2203")


def test_dblp_publication() -> None:
    """Numbers of homonyms go, as does markup; the question mark stays."""
    profile = parsed(dblp(PROCEEDINGS_PAPER))
    (found,) = profile.papers
    assert (profile.name, profile.warnings) == ("Wei Wang", ())
    assert found.title == "Learning H₂O & more: Why?"
    assert [author.name for author in found.creators] == ["Wei Wang", "Zoë Lévy"]
    assert found.identifiers == Identifiers("10.1000/iclr.7")
    assert (found.venue, found.published_as, found.pages) == ("ICLR", "conferencePaper", "1-9")
    assert (found.date, found.url) == ("2023", "https://openreview.net/forum?id=x")


def test_dblp_preprint() -> None:
    """CoRR is arXiv: no venue and no volume; the full stop goes."""
    (found,) = parsed(dblp(PREPRINT)).papers
    assert found.title == "Learning H₂O & more: The Sequel"
    assert found.identifiers == Identifiers(arxiv="2203.00001")
    assert (found.venue, found.published_as, found.volume) == (None, None, None)


def test_dblp_preprint_and_publication_are_one_paper() -> None:
    """With both identifiers, at the place of the first."""
    found = parsed(dblp(PREPRINT, COUNTERPART, PROCEEDINGS_PAPER)).papers
    assert [p.identifiers.arxiv for p in found] == ["2203.00001", "2201.00001"]
    assert (found[1].identifiers.doi, found[1].published_as) == ("10.1000/iclr.7", "conferencePaper")


def test_dblp_data_sets_are_no_preprints_and_no_versions() -> None:
    """They lie in a repository, often under the title of their paper."""
    data = (
        PREPRINT.replace("article", "data")
        .replace('publtype="informal"', "")
        .replace("<journal>CoRR</journal>", "<publisher>Zenodo</publisher>")
    )
    data = data.replace(
        "https://doi.org/10.48550/arXiv.2203.00001", "https://doi.org/10.5281/zenodo.1"
    ).replace("abs/2203.00001", "1")
    found = parsed(dblp(data, PREPRINT)).papers
    assert [(p.published_as, p.publisher) for p in found] == [("dataset", "Zenodo"), (None, None)]


def test_dblp_leaves_out_what_is_no_paper() -> None:
    """Homepages, volumes that the person edited, records without title; withdrawn ones are noticed."""
    homepage = "<www key='homepages/w'><author>Wei Wang 0001</author><title>Home Page</title></www>"
    volume = "<proceedings key='p'><editor>Wei Wang 0001</editor><title>Proceedings.</title></proceedings>"
    empty = "<article key='journals/x/1'><author>Wei Wang 0001</author><title/></article>"
    withdrawn = PREPRINT.replace('publtype="informal"', 'publtype="informal withdrawn"')
    profile = parsed(dblp(homepage, volume, empty, withdrawn))
    assert len(profile.papers) == 1
    assert codes(profile) == ["no-title", "retracted"]


@pytest.mark.parametrize(
    "data",
    [
        b"<html/>",
        b"<dblpperson name='x'>",
    ],
)
def test_dblp_refuses_other_documents(data: bytes) -> None:
    """And says what it expected."""
    with pytest.raises(ParseError) as caught:
        parsed(Snapshot(data, "dblp:x/1", WHEN, "application/vnd.syncd.dblp+xml"))
    assert "DBLP's XML" in str(caught.value)


# Preprints and publications


def version(year: int | None, doi: str | None = None, arxiv: str | None = None, **more: Any) -> Paper:
    """Return a paper of one title."""
    date = str(year) if year else None
    return Paper(
        "One Title",
        (creator(more.pop("author", "Ann Lee")),),
        date=date,
        identifiers=Identifiers(doi, arxiv),
        **more,
    )


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [
        (version(2020, arxiv="2001.00001"), version(2021, "10.1/a"), 1),
        (version(2021, "10.1/a"), version(2020, arxiv="2001.00001"), 1),
        (version(None), version(2021, "10.1/a"), 1),
        (version(2020, arxiv="2001.00001"), version(2021, "10.1/a", "2001.00001"), 1),
        (version(2020, arxiv="2001.00001"), version(2021, "10.1/a", "2001.00002"), 2),
        (version(2020, arxiv="2001.00001"), version(2030, "10.1/a"), 2),
        (version(2023, arxiv="2301.00001"), version(2020, "10.1/a"), 2),
        (version(2020, "10.1/b"), version(2021, "10.1/a"), 2),
        (version(2020, arxiv="2001.00001"), version(2020, arxiv="2001.00002"), 2),
        (version(2020, arxiv="2001.00001"), version(2021, "10.1/a", author="Bo Li"), 2),
    ],
)
def test_versions_are_joined_where_nothing_says_otherwise(one: Paper, other: Paper, count: int) -> None:
    """Title and first author alone are not enough where identifiers or years disagree."""
    found = join_versions([one, other])
    assert len(found) == count
    if count == 1:
        assert found[0].identifiers.doi == "10.1/a"
        assert found[0].date == "2021"


def test_join_keeps_what_either_knows() -> None:
    """The whole list of authors, the abstract, the links' papers."""
    whole = (creator("Ann Lee"), creator("Bo Li"))
    preprint = version(2020, arxiv="2001.00001", abstract="Text.", category="cs.CL", has_code=True)
    published = version(2021, "10.1/a", creators_truncated=True, published_as="journalArticle", venue="J")
    found = join_versions([Paper(**{**fields(preprint), "creators": whole}), published])[0]
    assert (found.creators, found.creators_truncated) == (whole, False)
    assert (found.abstract, found.category, found.has_code) == ("Text.", "cs.CL", True)
    assert found.identifiers == Identifiers("10.1/a", "2001.00001")
    assert (found.venue, found.published_as) == ("J", "journalArticle")


def fields(of: Paper) -> Json:
    """Return a paper's fields."""
    return {name: getattr(of, name) for name in of.__dataclass_fields__}


# Odd values, everywhere

RECORDS = {"scholarfeed": SCHOLARFEED, "openalex": OPENALEX, "s2": S2, "orcid": ORCID}
TITLES = {"scholarfeed": "title", "openalex": "title", "s2": "title", "orcid": "title"}
ODD: tuple[Any, ...] = (
    None,
    "",
    [],
    {},
    0,
    -1,
    3.5,
    True,
    "x",
    ["x", None, 3],
    [[]],
    {"a": None},
    [{"a": 1}],
    "\ud800",
)


@pytest.mark.parametrize("name", JSON_APIS)
@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_no_odd_value_costs_more_than_its_field(name: str, odd: Any) -> None:
    """In each field in turn, at the top and one level down: the paper stays, unless it is its title."""
    record = RECORDS[name]
    for field in record:
        variants = [record | {field: odd}]
        if isinstance(record[field], dict):
            variants += [record | {field: record[field] | {inner: odd}} for inner in record[field]]
        for variant in variants:
            profile = parsed(snapshot(name, {"name": "A"}, [variant, record]))
            if field != TITLES[name]:
                assert len(profile.papers) >= 1, (field, odd)
                assert all(p.title for p in profile.papers)


@pytest.mark.parametrize("name", JSON_APIS)
def test_missing_fields_are_no_news(name: str) -> None:
    """A record of nothing but a title is a paper, without a word about what it lacks."""
    title = {"title": {"title": {"value": "T"}}} if name == "orcid" else {"title": "T"}
    profile = parsed(snapshot(name, {"name": "A", "display_name": "A"}, [title]))
    assert [p.title for p in profile.papers] == ["T"]
    assert not {"odd-value", "no-title"} & set(codes(profile))


@pytest.mark.parametrize("name", JSON_APIS)
@pytest.mark.parametrize("title", [None, 7, ["T"], "<i></i>"])
def test_records_without_title_are_counted(name: str, title: Any) -> None:
    """They are left out, and that is said."""
    empty = {"title": {"title": {"value": title}}} if name == "orcid" else {"title": title}
    profile = parsed(snapshot(name, {"name": "A"}, [RECORDS[name], empty, empty]))
    assert len(profile.papers) == 1
    assert "2 records have no title and were left out" in [notice.message for notice in profile.warnings]


def test_unusable_values_are_counted() -> None:
    """By field, so that a change of the API shows."""
    odd = SCHOLARFEED | {"published_date": {"y": 1}, "year": [2020], "rank_score": "high"}
    profile = parsed(snapshot("scholarfeed", {"name": "A", "h_index": "many"}, [odd, odd, SCHOLARFEED]))
    messages = [notice.message for notice in profile.warnings if notice.code == "odd-value"]
    assert "2 records have an unusable 'date', which was left out" in messages
    assert "2 records have an unusable 'score', which was left out" in messages
    assert any("'h_index'" in message for message in messages)


@pytest.mark.parametrize(("name", "people"), [("openalex", "authorships"), ("s2", "authors")])
def test_authors_without_a_name_are_said(name: str, people: str) -> None:
    """The others are kept, and the list is a cut one."""
    odd = RECORDS[name] | {people: [*RECORDS[name][people], {"name": 7}, None]}
    profile = parsed(snapshot(name, {"name": "A", "display_name": "A"}, [odd, RECORDS[name]]))
    assert [(len(p.creators), p.creators_truncated) for p in profile.papers] == [(2, True), (2, False)]
    message = "1 paper lists authors whose names can't be read; they were left out"
    assert [notice.message for notice in profile.warnings] == [message]


def test_second_place_of_a_value_is_tried() -> None:
    """Where the first is unusable, nothing is odd."""
    profile = parsed(snapshot("scholarfeed", {"name": "A"}, [SCHOLARFEED | {"published_date": "soon"}]))
    assert profile.papers[0].date == "2021"
    assert profile.warnings == ()


def test_incomplete_fetch_is_told() -> None:
    """Where there were more pages than syncd turns."""
    profile = parsed(snapshot("s2", {"name": "A"}, [S2], complete=False))
    assert codes(profile) == ["partial-page"]


@pytest.mark.parametrize("name", JSON_APIS)
@pytest.mark.parametrize("data", [b"{}", b'{"source": "x", "papers": []}', b"\xff"])
def test_other_documents_are_refused(name: str, data: bytes) -> None:
    """And the error names the source."""
    with pytest.raises(ParseError) as caught:
        parsed(Snapshot(data, f"{name}:1", WHEN, f"application/vnd.syncd.{name}+json"))
    assert caught.value.origin == f"{name}:1"


WRONG: tuple[Any, ...] = (
    None,
    [],
    {},
    ["x"],
    {"a": 1},
    0,
    -3,
    10**30,
    1e308,
    True,
    "",
    "x" * 50,
    "\ud800",
    [[None]],
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every place in a document, as container and key."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    return [place for key in keys for place in [(value, key), *places(value[key])]]


def mutated(record: Json, chance: random.Random) -> Json:
    """Return a record with one to three of its parts gone or something else."""
    wrapped = copy.deepcopy({"record": record})
    for _ in range(chance.randint(1, 3)):
        where = [place for place in places(wrapped["record"]) if place[0]]
        if not where:
            break
        container, key = chance.choice(where)
        if chance.random() < 0.2:
            container.pop(key)
        else:
            container[key] = copy.deepcopy(chance.choice(WRONG))
    return wrapped["record"]


@pytest.mark.parametrize("name", JSON_APIS)
def test_no_shape_ends_a_run_or_costs_another_record(name: str) -> None:
    """Hundreds of records with parts of other kinds: the records beside them are read, and a record keeps its title."""
    chance = random.Random(name)
    for _ in range(400):
        odd = mutated(RECORDS[name], chance)
        before, after = (
            {**copy.deepcopy(RECORDS[name]), "title": title(name, text)} for text in ("One", "Two")
        )
        profile = parsed(
            snapshot(name, mutated({"name": "A", "h_index": 3}, chance), [before, odd, None, after])
        )
        assert {"One", "Two"} <= {found.title for found in profile.papers}
        (said,) = (notice.message for notice in profile.warnings if notice.code == "odd-record")
        assert said.startswith("1 record has")  # the one that is null
        if odd.get("title") == RECORDS[name]["title"] and odd.get("type") == RECORDS[name].get("type"):
            assert len(profile.papers) == 3


def test_no_shape_of_dblps_records_costs_another() -> None:
    """Elements that are missing, empty, nested, or hold something else."""
    chance = random.Random(1)
    pieces = re.findall(r"<[^<>]+>|[^<>]+", PROCEEDINGS_PAPER)
    wrong = (
        "",
        "x",
        "9" * 40,
        "<author/>",
        "<year><b>2020</b></year>",
        "<title>T</title>",
        "&amp;#99999999999;",
        "<ee>http://[</ee>",
    )
    kept = 0
    for _ in range(300):
        odd = list(pieces)
        place = chance.randrange(1, len(odd) - 1)
        odd[place] = (
            chance.choice(wrong) if not odd[place].startswith("<") else odd[place] + chance.choice(wrong)
        )
        other = (
            PROCEEDINGS_PAPER.replace("Learning", "Other")
            .replace("iclr.7", "iclr.8")
            .replace("ICLR.7", "ICLR.8")
        )
        profile = parsed(dblp(other, "".join(odd), PREPRINT))
        assert {"Other H₂O & more: Why?", "Learning H₂O & more: The Sequel"} <= {
            p.title for p in profile.papers
        }
        assert "odd-record" not in codes(profile)
        kept += len(profile.papers) == 3
    assert kept > 200


def title(name: str, text: str) -> Any:
    """Return a title as an API wraps it."""
    return {"title": {"value": text}} if name == "orcid" else text


def test_a_number_of_thousands_of_digits_costs_only_itself() -> None:
    """Python refuses a whole document for one."""
    whole = snapshot("s2", {"name": "A"}, [S2 | {"year": 7777, "publicationDate": None}, S2])
    profile = parsed(replace(whole, data=whole.data.replace(b"7777", b"7" * 5000)))
    assert [p.date for p in profile.papers] == [None, "2020-06-05"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None)  # the first parser that is met is loaded
@given(st.data())
def test_nothing_that_a_server_may_send_breaks_a_parser(data: st.DataObject) -> None:
    """Known fields with any JSON in them."""
    name = data.draw(st.sampled_from(JSON_APIS))
    known = sorted(RECORDS[name])
    record = data.draw(st.dictionaries(st.sampled_from(known), json_values, max_size=6))
    about = data.draw(
        st.dictionaries(st.sampled_from(["name", "id", "h_index", "display_name"]), json_values)
    )
    profile = parsed(snapshot(name, about, [RECORDS[name] | record]))
    assert profile.name
    assert all(found.title and (found.date is None or found.year) for found in profile.papers)


def test_formats_and_media_types() -> None:
    """Each parser is found by the media type of its fetch; others are none of these."""
    for name in (*JSON_APIS, "dblp", "arxiv"):
        assert services.parser(name) == services.SOURCES[name].read
    assert services.parser("atom") is None
    assert services.format_of("application/atom+xml") is None
