"""Which papers are one: years that move, titles worded anew, several profiles and machines, what the owner does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import everything
from owner import another_machine, forget, memory_of, pushes, rests, show, standing
from pages import entry, page

if TYPE_CHECKING:
    from desk import Desk
    from owner import Owner

BO = '\n[profiles.bo]\nsource = "bo.txt"\ncaptured = 2026-06-01\n'
LATER = "CLApr 25, 2025"
LONG = (
    "We show at some length what this paper is about, so that nobody takes its abstract for a mere placeholder,"
    " and say what we found. Code is at https://github.com/ann/found."
)


@pytest.fixture
def two(desk: Desk) -> Desk:
    """Give a desk with a second profile, whose page lists nothing of the first one's."""
    desk.configure(BO)
    show(desk)
    lists(desk, "bo", entry("Delta"))
    return desk


def lists(desk: Desk, profile: str, *entries: str) -> None:
    """Let a profile's page list these papers alone."""
    name, file = ("Ann Lee", "page.txt") if profile == "ann" else ("Bo Chen", "bo.txt")
    (desk.folder / file).write_text(page(*entries, name=name), encoding="utf-8")


def titles(owner: Owner) -> list[str]:
    """Return the titles of all papers in the library, trashed ones left out, in order."""
    every = owner.zotero.items().values()
    return sorted(d["title"] for d in every if "parentItem" not in d and not d.get("deleted"))


# The year is evidence, and no gate


def test_an_adopted_paper_that_is_merged_with_its_later_version_stops_nothing(
    desk: Desk, owner: Owner
) -> None:
    """The published version is of two years later; the library goes on for as many pushes as one likes."""
    mine = owner.own("Alpha")
    show(desk)
    pushes(desk)
    published = owner.own("Alpha", itemType="journalArticle", date="2025-05-01")
    owner.merge(published, mine)
    pushes(desk)
    for _ in range(25):
        assert pushes(desk).requests.write == 0
    assert titles(owner) == ["Alpha", "Beta", "Gamma"]
    with memory_of(desk) as state:
        assert len(everything.memory(state).claims) == 3


@pytest.mark.parametrize("title", ["Alpha", "Alpha, Corrected by Its Owner"])
@pytest.mark.parametrize("origin", ["created", "adopted"])
def test_a_year_that_the_owner_corrects_makes_no_other_paper(
    desk: Desk, owner: Owner, origin: str, title: str
) -> None:
    """Nobody is asked, and nothing is created, whatever the owner makes of the title as well."""
    if origin == "adopted":
        owner.own("Alpha")
    show(desk)
    pushes(desk)
    owner.edit("Alpha", date="2020", title=title)
    for _ in range(2):
        assert pushes(desk).counts["review"] == 0
    assert titles(owner) == sorted([title, "Beta", "Gamma"])
    assert owner.item(title)["date"] == "2020"


def test_a_year_that_was_edited_is_no_other_paper_after_the_state_was_lost(desk: Desk, owner: Owner) -> None:
    """The create-once key lies in the library."""
    show(desk)
    pushes(desk)
    owner.edit("Alpha", date="2019")
    forget(desk)
    assert pushes(desk).counts["review"] == 0
    rests(desk)
    assert titles(owner) == ["Alpha", "Beta", "Gamma"]
    assert owner.item("Alpha")["date"] == "2019"


@pytest.mark.parametrize("origin", ["created", "adopted"])
def test_a_date_that_the_page_moves_is_a_correction(desk: Desk, owner: Owner, origin: str) -> None:
    """By two years: the item stays the paper's, and gets the date unless it is the owner's."""
    if origin == "adopted":
        owner.own("Alpha")
    show(desk)
    pushes(desk)
    show(desk, line=LATER)
    assert pushes(desk).counts["review"] == 0
    rests(desk)
    assert titles(owner) == ["Alpha", "Beta", "Gamma"]
    assert owner.item("Alpha")["date"] == ("2025-04-25" if origin == "created" else "2023-04-25")


@pytest.mark.parametrize("authors", ["Anne Lee, Bo Chen", "Ann Leigh, Bo Chen", "Ann Lea"])
def test_a_date_that_moves_while_an_author_is_respelt_makes_no_second_item(
    desk: Desk, owner: Owner, authors: str
) -> None:
    """The title is the very same: at most the user is asked."""
    lists(
        desk,
        "ann",
        entry("Alpha", authors="Ann Lee, Bo Chen" if "," in authors else "Ann Lee"),
        entry("Beta"),
    )
    pushes(desk)
    lists(desk, "ann", entry("Alpha", line=LATER, authors=authors), entry("Beta"))
    pushes(desk)
    rests(desk)
    assert titles(owner) == ["Alpha", "Beta"]


def test_two_papers_of_one_name_in_one_profile_stay_two_whatever_is_lost(desk: Desk, owner: Owner) -> None:
    """An editorial of each volume: the profile lists them apart, so they are two, and stay the same two."""
    both = (entry("Editorial", line="CLApr 25, 2019"), entry("Editorial", line="CLApr 25, 2023"))
    lists(desk, "ann", *both)
    assert pushes(desk).counts["create"] == 2
    rests(desk)
    for order in (both, both[::-1]):
        lists(desk, "ann", *order)
        forget(desk)
        rests(desk)
    lists(desk, "ann", both[1])
    rests(desk)
    lists(desk, "ann", *both)
    rests(desk)
    assert sorted(d["date"] for d in owner.zotero.items().values() if "date" in d) == [
        "2019-04-25",
        "2023-04-25",
    ]


@pytest.mark.parametrize("together", [True, False])
def test_one_name_and_two_years_in_two_profiles_is_a_question(
    two: Desk,
    owner: Owner,
    together: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """It may be one paper, so a person says; and what they say is kept."""
    lists(two, "ann", entry("Editorial", line="CLApr 25, 2019"))
    lists(two, "bo", entry("Editorial", line="CLApr 25, 2023"))
    if not together:
        pushes(two, names=("ann",))
    assert pushes(two).counts["review"] == 1
    assert titles(owner) == ["Editorial"]
    two.syncd("review", "--different", "Editorial")
    assert pushes(two).counts["create"] == 1
    rests(two)
    assert titles(owner) == ["Editorial", "Editorial"]


# Titles that are worded anew


PAIRS = [
    (
        "Guiding Large Language Models with Directional Stimulus Prompts",
        "Guiding Large Language Models via Directional Stimulus Prompting",
    ),
    ("Momentum Calibration for Text Generation", "Momentum Calibration for Generating Text"),
    ("Efficient Transformers for Reading Long Documents", "Efficient Transformers for Long Document Reading"),
    ("What Is in a Name", "An Entirely Different Heading"),
]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[1])
@pytest.mark.parametrize("together", [True, False])
def test_near_titles_of_two_profiles_are_a_question(
    two: Desk,
    owner: Owner,
    pair: tuple[str, str],
    together: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """Whether they come in one push or in two; and a decision that was put off holds in every later push."""
    lists(two, "ann", entry(pair[0], abstract=LONG))
    lists(two, "bo", entry(pair[1], abstract=LONG))
    if not together:
        pushes(two, names=("ann",))
        assert pushes(two, names=("bo",)).counts["review"] == 1
    report = pushes(two)
    assert report.counts["review"] == 1
    assert titles(owner) == [pair[0]]
    two.syncd("review", "--later", pair[1])
    for names in ((), ("bo",), ("ann",)):
        assert pushes(two, names=names).requests.write == 0
    assert titles(owner) == [pair[0]]


def test_one_profile_lists_its_near_titles_apart(two: Desk) -> None:
    """What one profile lists as two papers is two papers."""
    lists(two, "ann", entry(PAIRS[1][0]), entry(PAIRS[1][1]))
    assert pushes(two).counts["create"] == 3
    rests(two)


@pytest.mark.parametrize("first", ["ann", "bo"])
def test_after_the_user_says_same_one_record_decides(two: Desk, owner: Owner, first: str) -> None:
    """The item keeps the title that it had, whichever profiles are pushed, and nothing is written any more."""
    shown = {"ann": PAIRS[1][0], "bo": PAIRS[1][1]}
    lists(two, "ann", entry(shown["ann"], abstract=LONG))
    lists(two, "bo", entry(shown["bo"], abstract=LONG))
    pushes(two, names=(first,))
    pushes(two)
    (other,) = shown.keys() - {first}
    assert two.syncd("review", "--same", shown[other]).code == 0
    pushes(two)
    for names in ((), ("ann",), ("bo",), (), ("bo", "ann")):
        assert pushes(two, names=names).requests.write == 0
    assert titles(owner) == [shown[first]]
    homes = {owner.zotero.collections()[name]["key"] for name in ("Ann Lee", "Bo Chen")}
    assert set(owner.item(shown[first])["collections"]) == homes


def test_the_other_record_decides_once_the_first_ones_profile_lists_it_no_more(
    two: Desk, owner: Owner
) -> None:
    """Once, and for good: which profiles are pushed afterwards is no matter."""
    lists(two, "ann", entry("Beta", abstract="Ann's words."), entry("Alpha"))
    lists(two, "bo", entry("Beta", abstract="Bo's words."))
    pushes(two)
    lists(two, "ann", entry("Alpha"))
    pushes(two)
    assert owner.item("Beta")["abstractNote"] == "Bo's words."
    for names in (("ann",), ("bo",), ()):
        assert pushes(two, names=names).requests.write == 0


# Papers whose items are gone


@pytest.mark.parametrize("origin", ["created", "adopted"])
def test_what_is_known_of_an_erased_paper_is_kept_up_with_its_source(
    desk: Desk, owner: Owner, origin: str
) -> None:
    """Its date changes, later a letter of its title: it stays erased."""
    long, mended = "Benchmaks of Language Models", "Benchmarks of Language Models"
    if origin == "adopted":
        owner.own(long)
    lists(desk, "ann", entry(long), entry("Beta"))
    pushes(desk)
    owner.edit(long, deleted=1)
    owner.empty_trash()
    for title, line in ((long, LATER), (mended, LATER)):
        lists(desk, "ann", entry(title, line=line), entry("Beta"))
        pushes(desk)
        assert titles(owner) == ["Beta"]


def test_an_erased_paper_that_changes_much_at_once_is_asked_about(desk: Desk, owner: Owner) -> None:
    """Date and title in one go: it may be another paper, so a person says."""
    lists(desk, "ann", entry("Benchmaks of Language Models"), entry("Beta"))
    pushes(desk)
    owner.edit("Benchmaks of Language Models", deleted=1)
    owner.empty_trash()
    lists(desk, "ann", entry("Benchmarks of Language Models", line="CLApr 25, 2024"), entry("Beta"))
    assert pushes(desk).counts["review"] == 1
    assert titles(owner) == ["Beta"]


# A second machine, and edits that are none


def test_a_second_machine_puts_back_no_tag_that_the_first_had_brought(desk: Desk, owner: Owner) -> None:
    """The source adds a tag, the first machine brings it, the owner takes it away, the second machine looks."""
    show(desk)
    pushes(desk)
    second = another_machine(desk)
    pushes(second)
    shown = page(
        entry("Alpha", line="CLApr 25, 2023"),
        entry("Beta").replace("research", "research, mit"),
        entry("Gamma"),
    )
    for machine in (desk, second):
        machine.page.write_text(shown, encoding="utf-8")
    pushes(desk)
    tags = owner.item("Beta")["tags"]
    assert any(tag["tag"] == "mit" for tag in tags)
    owner.edit("Beta", tags=[tag for tag in tags if tag["tag"] != "mit"])
    for machine in (second, desk):
        rests(machine)
    assert "mit" not in {tag["tag"] for tag in owner.item("Beta")["tags"]}


def test_a_second_machine_adds_nothing_to_what_the_first_has_adopted(desk: Desk, owner: Owner) -> None:
    """It lies in the profile's collection already: what its owner took away since stays away, blanks are filled."""
    key = owner.own("Alpha", abstractNote="My own words.")
    show(desk)
    pushes(desk)
    (link,) = owner.children(key)
    owner.zotero.erase(link["key"])
    owner.edit("Alpha", abstractNote="")
    second = another_machine(desk)
    pushes(second)
    rests(second)
    assert owner.links(key) == {}
    assert owner.item("Alpha")["abstractNote"].startswith("We present Alpha")


def test_a_second_machine_brings_no_link_that_the_owner_had_and_took_away(desk: Desk, owner: Owner) -> None:
    """The first machine found the owner's own link and made none, so no deletion of its own is known."""
    key = owner.own("Alpha")
    link = {"itemType": "attachment", "linkMode": "linked_url", "title": "Repository"}
    owner.zotero.post(link | {"parentItem": key, "url": "https://github.com/ann/alpha"})
    show(desk)
    pushes(desk)
    (mine,) = owner.children(key)
    assert mine["title"] == "Repository"
    owner.zotero.erase(mine["key"])
    second = another_machine(desk)
    pushes(second)
    rests(second)
    assert owner.children(key) == []


def test_another_machines_writes_are_no_edits_of_the_owners(desk: Desk, owner: Owner) -> None:
    """Two machines look in turn, within a day: nothing waits, nothing is kept."""
    show(desk)
    pushes(desk)
    second = another_machine(desk)
    second.run()
    for number, first in enumerate((desk, second, desk, second)):
        words = f"Version {number} of what Alpha says."
        for machine in sorted((desk, second), key=lambda one: one is not first):
            show(machine, alpha=words, line=f"CLApr {number + 10}, 2023")
            machine.run()
            assert owner.item("Alpha")["abstractNote"] == words
            assert standing(machine, "waiting") == standing(machine, "kept") == {}


def test_what_the_user_decides_acts_at_once(desk: Desk, owner: Owner) -> None:
    """After `review --same` the next push files the item, though it was saved a minute ago."""
    owner.own("Benchmaks of Language Models")
    lists(desk, "ann", entry("Benchmarks of Language Models"))
    assert desk.run().counts["review"] == 1
    desk.syncd("review", "--same", "Benchmarks of Language Models")
    assert desk.run().counts["adopt"] == 1
    assert owner.item("Benchmaks of Language Models")["collections"]


def test_an_item_that_was_only_trashed_and_restored_waits_for_nothing(desk: Desk, owner: Owner) -> None:
    """Its content is as syncd left it: nobody edited it."""
    show(desk)
    pushes(desk)
    owner.edit("Alpha", deleted=1)
    owner.edit("Alpha", deleted=0)
    show(desk, alpha="Other words.")
    assert desk.run().counts["update"] == 1


def test_a_paper_whose_identifier_says_so_is_one_whatever_its_title(two: Desk, owner: Owner) -> None:
    """One arXiv id in two profiles, under two titles, in one push: one item."""
    record = "@misc{{a, title={{{}}}, author={{Lee, Ann}}, eprint={{2304.12526}}, archivePrefix={{arXiv}}}}"
    two.configure(
        BO.replace("bo.txt", "bo.bib") + '[profiles.cy]\nsource = "cy.bib"\ncaptured = 2026-06-01\n'
    )
    (two.folder / "bo.bib").write_text(record.format("Patch Diffusion"), encoding="utf-8")
    (two.folder / "cy.bib").write_text(record.format("Faster Training in Patches"), encoding="utf-8")
    assert pushes(two).counts["create"] == 4
    rests(two)
    assert len(titles(owner)) == 4


RECORD = "@article{{a, title={{{}}}, author={{Lee, Ann and Chen, Bo}}, year={{2023}}, doi={{10.1234/abc}}}}"


@pytest.mark.parametrize("order", ["bo cy", "cy bo"])
def test_a_question_about_a_paper_is_one_about_all_that_have_its_identifier(
    two: Desk, owner: Owner, order: str
) -> None:
    """One profile words the title like a paper that is there, another quite otherwise, with the same DOI."""
    first, second = order.split()
    two.configure(
        "".join(
            f'[profiles.{name}]\nsource = "{name}.bib"\ncaptured = 2026-06-01\n' for name in (first, second)
        )
    )
    lists(two, "ann", entry("Reading Long Document with Sparse Attention"))
    shown = {
        "bo": "Reading Long Documents with Sparse Attention",
        "cy": "SparseReader, an Efficient Transformer",
    }
    for name, title in shown.items():
        (two.folder / f"{name}.bib").write_text(RECORD.format(title), encoding="utf-8")
    pushes(two, names=("ann",))
    assert pushes(two).counts["review"] == 2
    assert titles(owner) == ["Reading Long Document with Sparse Attention"]
    two.syncd("review", "--same", shown["bo"])
    pushes(two)
    rests(two)
    assert titles(owner) == ["Reading Long Document with Sparse Attention"]


def test_a_paper_that_waits_is_remembered_while_its_profile_is_not_read(two: Desk, owner: Owner) -> None:
    """Each profile is pushed by itself: the second one of that DOI waits as well, and follows the answer."""
    two.configure('[profiles.bo]\nsource = "bo.bib"\n[profiles.cy]\nsource = "cy.bib"\n')
    there = "Reading Long Document with Sparse Attention"
    lists(two, "ann", entry(there))
    shown = {
        "bo": "Reading Long Documents with Sparse Attention",
        "cy": "SparseReader, an Efficient Transformer",
    }
    for name, title in shown.items():
        (two.folder / f"{name}.bib").write_text(RECORD.format(title), encoding="utf-8")
    for name in ("ann", "bo", "cy"):
        pushes(two, names=(name,))
    assert titles(owner) == [there]
    assert sorted(standing(two, "review")) == sorted(shown.values())
    two.syncd("review", "--same", shown["bo"])
    for name in ("cy", "bo", "cy"):
        pushes(two, names=(name,))
    rests(two)
    assert titles(owner) == [there]
    assert standing(two, "review") == {}


@pytest.mark.parametrize("answer", [None, "--same", "--different"])
def test_nobody_is_asked_about_a_paper_that_no_profile_lists_any_more(
    two: Desk, owner: Owner, answer: str | None
) -> None:
    """Its page mended the title, and the question went with it, answered or not."""
    lists(two, "ann", entry(PAIRS[1][0]))
    lists(two, "bo", entry(PAIRS[1][1]))
    pushes(two)
    assert PAIRS[1][1] in standing(two, "review")
    if answer:
        two.syncd("review", answer, PAIRS[1][1])
    lists(two, "bo", entry(PAIRS[1][0]))
    pushes(two)
    assert standing(two, "review") == {}
    assert titles(owner) == [PAIRS[1][0]]


@pytest.mark.parametrize("act", ["trashed and restored", "edited and back"])
def test_a_new_tag_arrives_though_the_item_moved_on(desk: Desk, owner: Owner, act: str) -> None:
    """Nobody had brought it: its link and its words are not there either."""
    show(desk, alpha="Without code.")
    pushes(desk)
    if act == "edited and back":
        owner.edit("Alpha", title="Other")
        owner.edit("Other", title="Alpha")
    else:
        owner.edit("Alpha", deleted=1)
        owner.change(owner.item("Alpha")["key"], deleted=0)
    show(desk)
    pushes(desk)
    assert "code" in {tag["tag"] for tag in owner.item("Alpha")["tags"]}


def test_a_retitled_paper_that_is_merged_stays_out_of_the_collection(desk: Desk, owner: Owner) -> None:
    """What syncd wrote into the item that was merged away holds for the one that is left."""
    lists(desk, "ann", entry("Benchmaks of Language Models"), entry("Beta"))
    pushes(desk)
    title = "Benchmarks of Language Models"
    lists(desk, "ann", entry(title), entry("Beta"))
    pushes(desk)
    loser = owner.item(title)
    owner.change(loser["key"], collections=[])
    winner = owner.own("As I Saved It", date="2026")
    owner.merge(winner, loser["key"])
    for _ in range(2):
        pushes(desk)
    rests(desk)
    assert owner.item("As I Saved It")["collections"] == []
