"""Which item is this paper?"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import item, paper, view
from growth import trouble
from syncd.sync.library import identifiers_of
from syncd.sync.match import Match, exact, near

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncd.model import Paper
    from syncd.sync.library import LibraryView

NONE: frozenset[str] = frozenset()


def same(paper: Paper, view: LibraryView, *, taken: frozenset[str] = NONE) -> Match | None:
    """Return the item that certainly is a paper."""
    return exact(paper, view, taken=taken, others=NONE)


def may_be(paper: Paper, view: LibraryView, *, taken: frozenset[str] = NONE) -> str:
    """Say whether a paper is an item of the library, may be one, or is none."""
    if same(paper, view, taken=taken):
        return "same"
    return "near" if near(paper, view, taken) else "none"


@pytest.mark.parametrize(
    "data",
    [
        {"archiveID": "arXiv:2304.12526"},
        {"url": "https://arxiv.org/abs/2304.12526v2"},
        {"url": "http://arxiv.org/pdf/2304.12526"},
        {"DOI": "10.48550/arXiv.2304.12526"},
        {"extra": "tex.note: x\narXiv: 2304.12526 [cs.CV]"},
    ],
)
def test_an_arxiv_id_is_found_wherever_users_and_translators_put_it(data: dict[str, Any]) -> None:
    """The same paper under another title is recognised by its id."""
    found = same(paper("Renamed", arxiv="2304.12526"), view(item("AAAA2222", "Old name", **data)))
    assert found == Match("AAAA2222", "arXiv id")


def test_a_doi_decides_over_title_and_year() -> None:
    """Other title, other year, same DOI: the same paper."""
    found = same(
        paper("X", doi="10.1162/tacl_a_1", date="2020"),
        view(item("AAAA2222", "Y", DOI="https://doi.org/10.1162/TACL_a_1")),
    )
    assert found == Match("AAAA2222", "DOI")


@pytest.mark.parametrize(
    ("year", "kind"), [("2022", "same"), ("2023", "same"), ("2024", "same"), ("2025", "near")]
)
def test_title_surname_and_year_decide_without_identifiers(year: str, kind: str) -> None:
    """A year of difference is a preprint's; two are reported for a person to judge."""
    library = view(item("AAAA2222", "Patch diffusion."))
    assert may_be(paper("Patch Diffusion", date=year), library) == kind


def test_the_same_title_by_others_is_another_paper() -> None:
    """Titles repeat; authors tell them apart."""
    library = view(item("AAAA2222", "Introduction", "Ann Lee"))
    assert may_be(paper("Introduction", "Bo Chen"), library) == "none"


def test_other_identifiers_of_one_kind_tell_two_papers_apart() -> None:
    """Same title and author, two arXiv ids: two papers, and nobody is asked."""
    library = view(item("AAAA2222", archiveID="arXiv:2001.00001"))
    assert may_be(paper(arxiv="2304.12526"), library) == "none"


def test_a_near_title_is_reported_with_its_reasons() -> None:
    """A typing error in the library does not make a second item without a question."""
    library = view(item("AAAA2222", "Patch Difusion: Faster Training of Diffusion Models", "Zhendong Wang"))
    renamed = paper("Patch Diffusion: Faster Training of Diffusion Models")
    assert same(renamed, library) is None
    assert near(renamed, library, NONE)[0].reasons[0].endswith("alike")


def test_an_endless_title_is_compared_as_far_as_titles_go() -> None:
    """Of two titles of 100 kB each letter would be compared with each, and nothing else would run meanwhile."""

    def comparing(length: int) -> Callable[[], object]:
        there = view(*(item(f"AAAAAAA{number}", f"{'deep ' * (length // 5)}{number}") for number in range(9)))
        return partial(near, paper("deed " * (length // 5)), there, frozenset())

    assert trouble(comparing, 100_000, most=2.0, trifle=0.3) is None


def test_endless_authors_are_compared_as_far_as_authors_go() -> None:
    """Of two papers of one title and thousands of authors, none in common, each name would be compared with each."""

    def comparing(count: int) -> Callable[[], object]:
        digits = [f"{number:06}" for number in range(count)]
        letters = [name.translate(str.maketrans("0123456789", "abcdefghij")) for name in digits]
        authors, others = ([f"Ann {name}" for name in names] for names in (digits, letters))
        there = view(item("AAAAAAAA", "Deep", *authors))
        return partial(near, paper("Deep", *others), there, frozenset())

    assert trouble(comparing, 10_000, most=2.0, trifle=0.3) is None


def test_items_known_to_be_other_papers_are_no_candidates() -> None:
    """Version 2 of a series is not taken for version 1."""
    library = view(item("AAAA2222", "Benchmarks of Language Models, Part 1"))
    part2 = paper("Benchmarks of Language Models, Part 2")
    assert may_be(part2, library) == "near"
    assert may_be(part2, library, taken=frozenset({"AAAA2222"})) == "none"


def test_attachments_and_notes_are_no_papers() -> None:
    """A PDF often has its paper's title."""
    library = view(item("AAAA2222", itemType="attachment"), item("AAAA3333", itemType="note"))
    assert may_be(paper(), library) == "none"


def test_what_is_in_the_trash_comes_last() -> None:
    """Of two items of one paper the living one is meant."""
    library = view(item("AAAA2222", deleted=1, version=1), item("AAAA3333", version=2))
    assert same(paper(), library) == Match("AAAA3333", "title, surname and year")


def test_a_merge_is_followed_to_its_winner() -> None:
    """`dc:replaces` leads from the item that was merged away to the one that is left, over several merges."""
    gone = item("AAAA2222", deleted=1)
    middle = item(
        "AAAA3333", deleted=1, relations={"dc:replaces": "http://zotero.org/users/1/items/AAAA2222"}
    )
    winner = item("AAAA4444", relations={"dc:replaces": ["http://zotero.org/users/1/items/AAAA3333"]})
    found = view(gone, middle, winner).living("AAAA2222")
    assert found is winner
    assert view(middle, winner).living("AAAA2222") is winner
    assert view(winner).living("BBBB2222") is None


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=40))
def test_reading_identifiers_never_fails(doi: str, url: str, extra: str) -> None:
    """Users write anything into these fields."""
    found = identifiers_of({"DOI": doi, "url": url, "extra": extra})
    assert found.doi is None or found.doi.startswith("10.")


@given(st.permutations(["AAAA2222", "AAAA3333", "AAAA4444"]))
def test_the_order_of_the_library_does_not_matter(order: list[str]) -> None:
    """Which of several equal items is taken depends on their age, not on how they were listed."""
    ages = {"AAAA2222": 3, "AAAA3333": 1, "AAAA4444": 2}
    library = view(*(item(key, version=ages[key]) for key in order))
    assert same(paper(), library) == Match("AAAA3333", "title, surname and year")
