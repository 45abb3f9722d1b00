"""Merging what services know into papers: nothing that a source shows is ever lost, and nothing is guessed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import paper, person
from syncd.enrich.complete import RULES, Choice, Completed, by_identifier, by_title, complete, is_publication
from syncd.enrich.run import SERVICES, enrichers
from syncd.errors import ConfigError
from syncd.model import Creator, Identifiers, Link, Paper
from syncd.parse.record import is_server
from syncd.services.base import Part
from syncd.text.links import classify
from syncd.text.titles import fold_name

if TYPE_CHECKING:
    from syncd.services.base import Enricher

ALL: frozenset[Part] = frozenset(get_args(Part))
JOURNAL = {"published_as": "journalArticle", "venue": "Annals of Tests"}


def merged(known: Paper, record: Paper, gives: frozenset[Part] = ALL) -> Paper:
    """Return a paper completed by one record."""
    return complete(Completed(known), record, "Service", gives, known).paper


def names(of: Paper) -> list[str]:
    """Return the authors as they are shown."""
    return [creator.name for creator in of.creators]


# Authors


def test_a_full_list_replaces_a_cut_one_and_keeps_the_names_shown() -> None:
    """The names that the page writes in full stay so, though the service shortens them."""
    known = paper("T", "Zhendong Wang", "Yifan Jiang", creators_truncated=True)
    record = paper("T", "Z. Wang", "Y. Jiang", "Huangjie Zheng", "Pengcheng He")
    found = merged(known, record)
    assert names(found) == ["Zhendong Wang", "Yifan Jiang", "Huangjie Zheng", "Pengcheng He"]
    assert not found.creators_truncated


@pytest.mark.parametrize(
    "full",
    [
        ("Yifan Jiang", "Zhendong Wang", "Ann Lee"),
        ("Zhendong Wang", "Ann Lee", "Bo Sand"),
        ("Zhendong Wang", "Yuan Jiang", "Ann Lee"),
        ("X. Wang", "Yifan Jiang", "Ann Lee"),
        ("Zhendong Wang", "Yifan Jiang"),
    ],
)
def test_a_list_without_the_authors_shown_is_not_used(full: tuple[str, ...]) -> None:
    """Another order, another person of the same surname, or nobody more: the list stays cut."""
    known = paper("T", "Zhendong Wang", "Yifan Jiang", creators_truncated=True)
    assert merged(known, paper("T", *full)) == known


def test_two_people_of_one_surname_keep_their_places() -> None:
    """The author shown is not put in the place of another one with the same first letter."""
    known = paper("T", "Wei Wang", creators_truncated=True)
    assert names(merged(known, paper("T", "Wen Wang", "Wei Wang", "Bo Li"))) == [
        "Wen Wang",
        "Wei Wang",
        "Bo Li",
    ]


def test_a_list_that_is_cut_itself_or_meets_a_full_one_changes_nothing() -> None:
    """OpenAlex cuts at a hundred; a page that is not cut knows its authors."""
    cut = paper("T", "Ann Lee", creators_truncated=True)
    assert merged(cut, paper("T", "Ann Lee", "Bo Li", creators_truncated=True)) == cut
    full = paper("T", "Ann Lee")
    assert merged(full, paper("T", "Ann Lee", "Bo Li")) == full


# Abstract, date, category


def test_an_abstract_is_filled_and_never_replaced() -> None:
    """A longer one is not a better one."""
    assert merged(paper(), paper(abstract="We do.")).abstract == "We do."
    assert merged(paper(abstract="We."), paper(abstract="We do more.")).abstract == "We."


@pytest.mark.parametrize(
    ("known", "found", "kept"),
    [
        (None, "2023", "2023"),
        ("2023", "2023-04-25", "2023-04-25"),
        ("2023-04", "2023-04-25", "2023-04-25"),
        ("2023", "2024-04-25", "2023"),
        ("2023-04-25", "2023", "2023-04-25"),
        ("2023-04-25", "2023-06-01", "2023-04-25"),
        ("2023-04", None, "2023-04"),
    ],
)
def test_a_date_gets_more_precise_and_never_other(known: str, found: str, kept: str) -> None:
    """A day that lies in the year shown fills it in; another year never does."""
    assert merged(paper(date=known), paper(date=found)).date == kept


@pytest.mark.parametrize(
    ("found", "kept", "inferred"),
    [
        ("2024-05-14", "2024-05-14", False),
        ("2026-05-14", "2026-05-14", False),
        ("2024-05-15", "2026-05-14", True),
        ("2024", "2026-05-14", True),
    ],
)
def test_an_inferred_year_is_corrected_only_where_month_and_day_agree(
    found: str,
    kept: str,
    inferred: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """The first version's date has the same month and day, or it is another date."""
    known = paper(date="2026-05-14", date_inferred=True)
    now = merged(known, paper(date=found))
    assert (now.date, now.date_inferred) == (kept, inferred)


def test_only_the_first_version_corrects_a_year() -> None:
    """The day of a publication says nothing about the day on the page."""
    known = paper(date="2026-05-14", date_inferred=True)
    assert merged(known, paper(date="2024-05-14"), ALL - {"first date"}) == known


def test_a_category_is_filled_and_stays_as_the_source_writes_it() -> None:
    """'CL' is not rewritten to 'cs.CL'."""
    assert merged(paper(), paper(category="cs.CL")).category == "cs.CL"
    assert merged(paper(category="CL"), paper(category="cs.LG")).category == "CL"


# The published form


def test_a_preprint_gets_a_published_form_with_its_doi() -> None:
    """All parts of it, and the arXiv id stays."""
    record = paper(doi="10.1/x", volume="3", issue="1", pages="1-9", publisher="P", **JOURNAL)
    found = merged(paper(arxiv="2304.12526"), record)
    assert (found.published_as, found.venue, found.volume) == ("journalArticle", "Annals of Tests", "3")
    assert (found.issue, found.pages, found.publisher) == ("1", "1-9", "P")
    assert found.identifiers == Identifiers("10.1/x", "2304.12526")


def test_a_published_form_takes_nothing_from_the_preprints_repository() -> None:
    """Which Zotero would show as its publisher."""
    known = paper(publisher="bioRxiv")
    assert merged(known, paper(publisher="P", **JOURNAL)).publisher == "P"
    assert merged(known, paper(**JOURNAL)).publisher is None
    assert merged(known, paper(abstract="We.")).publisher == "bioRxiv"


@pytest.mark.parametrize(
    "record",
    [
        paper(published_as="journalArticle", venue="arXiv (Cornell University)"),
        paper(published_as="journalArticle", venue="CoRR"),
        paper(published_as="journalArticle", venue="SSRN Electronic Journal"),
        paper(published_as="journalArticle", venue="bioRxiv"),
        paper(published_as="journalArticle", venue="Research Square"),
        paper(published_as="conferencePaper", venue="OpenReview.net"),
        paper(published_as="conferencePaper"),
        paper(published_as="journalArticle", venue="X", doi="10.1101/2020.01.02.345678"),
        paper(published_as="report", venue="Reports"),
        paper(venue="Annals of Tests"),
    ],
)
def test_a_preprint_server_is_no_published_form(record: Paper) -> None:
    """Nor is a report, or a venue of no known kind."""
    assert not is_publication(record)
    assert merged(paper(arxiv="2304.12526"), record).published_as is None


def test_a_paper_never_gets_parts_of_two_published_forms() -> None:
    """Another venue's volume and DOI are not mixed in."""
    known = paper(published_as="conferencePaper", venue="Conference on Tests")
    record = paper(doi="10.1/x", volume="3", **JOURNAL)
    assert merged(known, record) == known


def test_the_same_published_form_gets_what_it_lacks() -> None:
    """It is the same where DOI or venue are."""
    known = paper(doi="10.1/x", pages="1", **JOURNAL)
    record = paper(doi="10.1/x", published_as="journalArticle", venue="Ann. Tests", volume="3", pages="1-9")
    found = merged(known, record)
    assert (found.venue, found.volume, found.pages) == ("Annals of Tests", "3", "1")
    assert merged(paper(**JOURNAL), paper(doi="10.1/y", volume="3", **JOURNAL)).identifiers.doi == "10.1/y"


def test_a_known_doi_is_not_joined_with_a_venue_that_has_none() -> None:
    """The paper's DOI may be that of a later journal version."""
    known = paper(doi="10.1/x")
    assert merged(known, paper(**JOURNAL)) == known


def test_what_is_registered_replaces_what_other_services_said() -> None:
    """But not what the page shows."""
    shown = paper(arxiv="2304.12526")
    first = complete(Completed(shown), paper(doi="10.1/x", **JOURNAL), "S2", ALL, shown)
    record = paper(doi="10.1/x", published_as="conferencePaper", venue="Proceedings of Tests", pages="1-2")
    found = complete(first, record, "Crossref", ALL, shown)
    assert (found.paper.published_as, found.paper.venue) == ("conferencePaper", "Proceedings of Tests")
    assert ("venue", "S2") in found.facts
    assert found.facts[-1][1] == "Crossref"
    page = paper(doi="10.1/x", **JOURNAL)
    assert merged(page, record).venue == "Annals of Tests"


def test_a_second_preprints_doi_does_not_stand_in_the_way() -> None:
    """A paper at arXiv does not become one at SSRN; a paper that is nowhere else may."""
    record = paper(doi="10.2139/ssrn.1")
    assert merged(paper(arxiv="2304.12526"), record).identifiers.doi is None
    assert merged(paper(), record).identifiers.doi == "10.2139/ssrn.1"


# Links, retraction, facts


def test_links_are_added_once() -> None:
    """A repository is the same in whatever case."""
    here, there = classify("https://github.com/a/b"), classify("https://github.com/A/B")
    page = classify("https://a.github.io/b")
    assert here
    assert there
    assert page
    found = merged(paper(links=(here,)), paper(links=(there, page)))
    assert found.links == (here, page)


def test_a_retraction_is_taken_and_never_taken_back() -> None:
    """Another service may not know of it yet."""
    assert merged(paper(), paper(retracted=True)).retracted
    assert merged(paper(retracted=True), paper()).retracted


def test_facts_name_field_and_service() -> None:
    """In the order in which they were added."""
    first = complete(Completed(paper()), paper(abstract="We."), "arXiv", ALL)
    second = complete(first, paper(category="cs.CL", arxiv="2304.12526"), "S2", ALL)
    assert second.facts == (("abstract", "arXiv"), ("category", "S2"), ("identifiers", "S2"))


def test_what_a_service_does_not_give_is_not_taken() -> None:
    """Hugging Face's copy of an abstract is no source."""
    record = paper(abstract="We.", category="cs.CL", arxiv="2304.12526", retracted=True)
    assert merged(paper(), record, frozenset({"links"})) == paper()


def test_there_is_one_rule_for_each_thing_that_services_give() -> None:
    """No field of the table is without effect."""
    assert sorted(name for name, _ in RULES) == sorted(get_args(Part))


# Which record is the paper


def test_a_title_counts_only_with_an_author_in_common() -> None:
    """Equal when folded; nearly equal is not equal."""
    known = paper("Deep  Learning—again", "Ann Müller")
    assert by_title(known, [paper("Deep learning: again", "A. Muller")]).verdict == "certain"
    assert by_title(known, [paper("Deep learning: again", "Bo Li")]).verdict == "uncertain"
    assert by_title(known, [paper("Deep learning again!!s", "Ann Müller")]).verdict == "uncertain"
    assert by_title(known, []).verdict == "nothing"


def test_an_old_paper_of_the_same_title_is_another_one() -> None:
    """Unless the year on the page was inferred."""
    record = paper("T", "Ann Lee", date="2009")
    assert by_title(paper("T", "Ann Lee"), [record]).verdict == "uncertain"
    inferred = paper("T", "Ann Lee", date_inferred=True)
    assert by_title(inferred, [record]).verdict == "certain"


def test_contradicting_identifiers_are_no_match() -> None:
    """Neither by title nor by identifier."""
    known = paper(arxiv="2304.12526", doi="10.1/x")
    for record in (paper(arxiv="2304.99999"), paper(arxiv="2304.12526", doi="10.1/y")):
        assert by_title(known, [record]) == Choice("conflict")
        assert by_identifier(known, [record]) == Choice("conflict")


def test_an_identifier_counts_while_title_or_author_are_the_same() -> None:
    """Titles change between versions; a wrong identifier leads to strangers."""
    known = paper("Old title", "Ann Lee", arxiv="2304.12526")
    assert by_identifier(known, [paper("New title", "Ann Lee")]).record
    assert by_identifier(known, [paper("Old title", "Bo Li")]).record
    assert by_identifier(known, [paper("New title", "Bo Li")]).verdict == "conflict"


def test_the_published_one_of_several_is_chosen() -> None:
    """DBLP has a record of the preprint beside it."""
    preprint, published = paper(arxiv="2304.12526"), paper(date="2024", **JOURNAL)
    assert by_title(paper(), [preprint, published]).record == published


# The services


def test_services_come_in_their_order_and_by_name() -> None:
    """Whatever the order in the configuration; an unknown one is an error that names all."""
    made = enrichers(["dblp", "arxiv"])
    assert [one.name for one in made] == ["arxiv", "dblp"]
    assert [one.name for one in enrichers()] == list(SERVICES)
    with pytest.raises(ConfigError, match=r'no service "doi".*huggingface'):
        enrichers(["doi"])


def test_keys_are_not_shown() -> None:
    """Not even by a service that is printed."""
    made = enrichers(contact="me@example.org", keys={"openalex": "secret", "s2": "secret"})
    assert "secret" not in repr(made)
    assert [getattr(one, "key", None) for one in made].count("secret") == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = (
    *("title", "authors", "id", "summary", "published", "comment", "doi", "category", "abstract", "venue"),
    *("externalIds", "publicationVenue", "journal", "publicationTypes", "authorships", "biblio", "type"),
    *("primary_location", "abstract_inverted_index", "DOI", "author", "container-title", "updated-by"),
    *("update-to", "relation", "subtitle", "page", "volume", "ee", "year", "githubRepo", "projectPage"),
)


@given(
    record=st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=8), name=st.sampled_from(sorted(SERVICES))
)
def test_any_record_is_read_without_an_error(record: dict[str, Any], name: str) -> None:
    """A service may answer anything; what is no paper is None."""
    (service,) = enrichers([name])
    found = service.read_paper(record)
    assert found is None or found.title


# Nothing visible is ever lost


WORDS = st.sampled_from(["A", "Annals of Tests", "Conference on Tests", "arXiv"])
MAYBE = st.none() | WORDS
PEOPLE = st.lists(st.sampled_from(["Ann Lee", "A. Lee", "Bo Li", "Wei Wang", "Wen Wang"]), max_size=4)
DATES = st.sampled_from([None, "2023", "2023-04", "2023-04-25", "2024-04-25", "2024"])
LINKS = st.lists(
    st.sampled_from(
        [
            Link("https://github.com/a/b", "code", "a/b"),
            Link("https://github.com/A/B", "code", "A/B"),
            Link("https://example.org/x", "project", "example.org/x"),
        ]
    ),
    max_size=2,
    unique=True,
)
FORMS = st.sampled_from([None, "journalArticle", "conferencePaper", "thesis"])


@st.composite
def papers(draw: st.DrawFn) -> Paper:
    """Draw a paper from small pools, so that two often agree and often not."""
    date = draw(DATES)
    return Paper(
        title=draw(st.sampled_from(["T", "U"])),
        creators=tuple(map(person, draw(PEOPLE))),
        creators_truncated=draw(st.booleans()),
        abstract=draw(st.sampled_from(["", "We.", "We do more."])),
        date=date,
        date_inferred=bool(date and len(date) == 10 and draw(st.booleans())),
        category=draw(st.sampled_from([None, "CL", "cs.LG"])),
        has_code=draw(st.booleans()),
        links=tuple(draw(LINKS)),
        identifiers=Identifiers(
            draw(st.sampled_from([None, "10.1/x", "10.1/y", "10.2139/ssrn.1"])),
            draw(st.sampled_from([None, "2304.12526", "2304.99999"])),
        ),
        venue=draw(MAYBE),
        published_as=draw(FORMS),
        volume=draw(MAYBE),
        pages=draw(MAYBE),
        publisher=draw(MAYBE),
        retracted=draw(st.booleans()),
    )


def is_part(some: tuple[Creator, ...], of: tuple[Creator, ...]) -> bool:
    """Tell whether all are there, in their order, as they were written."""
    rest = iter(of)
    return all(creator in rest for creator in some)


@given(known=papers(), records=st.lists(papers(), max_size=4))
def test_nothing_that_a_source_shows_is_ever_lost(known: Paper, records: list[Paper]) -> None:
    """Whatever services say, in whatever order: what was there is there, and only more precise."""
    now = Completed(known)
    for record in records:
        now = complete(now, record, "Service", ALL, known)
    found = now.paper
    assert is_part(known.creators, found.creators)
    if not known.creators_truncated and known.creators:
        assert found.creators == known.creators
    if found.creators_truncated != known.creators_truncated:
        assert len(found.creators) > len(known.creators)
    assert set(known.links) <= set(found.links)
    assert (known.retracted, found.retracted) != (True, False)
    if known.date and not known.date_inferred:
        assert (found.date or "").startswith(known.date)
    if known.date_inferred:
        assert (found.date or "")[4:] == (known.date or "")[4:]
    for name in ("title", "affiliations", "score", "has_code", "url"):
        assert getattr(found, name) == getattr(known, name)
    kept = ["abstract", "category", "venue", "published_as", "volume", "pages"]
    # The repository of a preprint is no publisher of what it was published as.
    kept += ["publisher"] * (not is_server(known.publisher))
    for name in kept:
        assert getattr(known, name) in (None, "", getattr(found, name))
    for name in ("doi", "arxiv"):
        assert getattr(known.identifiers, name) in (None, getattr(found.identifiers, name))


@given(known=papers(), record=papers())
def test_completing_twice_changes_nothing_more(known: Paper, record: Paper) -> None:
    """A second run says the same."""
    once = complete(Completed(known), record, "Service", ALL, known)
    assert complete(once, record, "Service", ALL, known) == once


@given(known=papers(), record=papers())
def test_facts_are_what_changed(known: Paper, record: Paper) -> None:
    """Neither more nor less."""
    found = complete(Completed(known), record, "Service", ALL, known)
    changed = {name for name in Paper.__slots__ if getattr(known, name) != getattr(found.paper, name)}
    assert {name for name, _ in found.facts} == changed


@given(known=papers(), record=papers())
def test_a_published_form_is_the_papers_or_the_records(known: Paper, record: Paper) -> None:
    """Kind, venue and DOI of a paper that had no form are all of one record."""
    if known.published_as or known.venue:
        return
    found = merged(known, record)
    if found.published_as:
        assert (found.published_as, found.venue) == (record.published_as, record.venue)
        assert found.identifiers.doi == record.identifiers.doi


def test_surnames_are_compared_folded() -> None:
    """An accent more or less makes nobody else."""
    known = replace(paper("T"), creators=(Creator("José Pérez", "Pérez", "José"),), creators_truncated=True)
    found = merged(known, paper("T", "Jose Perez", "Bo Li"))
    assert names(found) == ["José Pérez", "Bo Li"]
    assert fold_name("Pérez") == fold_name("Perez")


def test_each_service_is_an_enricher() -> None:
    """With an address, batches of one at least, and something to give."""
    services: tuple[Enricher, ...] = enrichers()
    for service in services:
        assert service.base.startswith("https://")
        assert service.per_lookup >= 1
        assert service.per_search >= 1
        assert service.gives <= ALL
