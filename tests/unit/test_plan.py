"""The plan: two snapshots in, actions out."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import PREFIX, intake, item, paper, view
from growth import trouble
from syncd.model import Creator, Identifiers, Link, Paper
from syncd.parse.record import Record, paper_of
from syncd.sync.action import Action, Figures, Intake, Memory, Plan, Said, Verdict
from syncd.sync.library import IndexedCollection, IndexedItem, LibraryView, indexed
from syncd.sync.paper_keys import paper_keys
from syncd.sync.plan import dump, load, plan
from syncd.text.names import creator, organisation
from syncd.zotero import items
from syncd.zotero.items import Policy

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 6, 2, tzinfo=UTC)
CODE = Link("https://github.com/a/b", "code", "a/b")


def planned(library: LibraryView, *intakes: object, memory: Memory | None = None) -> Plan:
    """Plan for the library "main"."""
    return plan("main", library, memory or Memory(), intakes, NOW)  # type: ignore[arg-type]


def carried_out(made: Plan, library: LibraryView) -> tuple[LibraryView, Memory]:
    """Return library and memory as a perfect push leaves them."""
    items = dict(library.items)
    version = library.version
    for action in made.actions:
        for sent in (action.item, *action.children):
            if sent:
                version += 1
                before = items[sent["key"]].data if sent["key"] in items else {}
                items[sent["key"]] = indexed(before | sent, version)
    collections = dict(library.collections) | {
        new.key: IndexedCollection(new.key, new.name, new.parent, trashed=False) for new in made.collections
    }
    after = LibraryView(library.prefix, version, items, collections, library.deleted)
    memory = Memory(
        written={a.key: a.base for a in made.actions if a.key and a.base},
        claims={a.paper: a.key for a in made.actions if a.key and a.base},
        said={a.paper: a.said for a in made.actions if a.said},
        collections=dict(made.places),
    )
    return after, memory


def only(made: Plan) -> Action:
    """Return the plan's one action."""
    (action,) = made.actions
    return action


def test_a_new_paper_is_created_once_in_its_collection_with_its_links() -> None:
    """Collections first, then item and child with keys of their own."""
    made = planned(view(), intake(paper(links=(CODE,))))
    assert [new.path for new in made.collections] == [("Profiles",), ("Profiles", "Pengcheng He")]
    action = only(made)
    assert action.kind == "create"
    assert action.item["version"] == 0
    assert action.item["collections"] == [made.collections[1].key]
    assert action.children[0]["parentItem"] == action.item["key"]
    assert action.children[0]["title"] == "Code: a/b"


def test_a_second_plan_of_the_same_page_does_nothing() -> None:
    """After a push nothing is new."""
    source = intake(paper(links=(CODE,)), paper("DeBERTa", "Pengcheng He"))
    library, memory = carried_out(planned(view(), source), view())
    again = planned(library, source, memory=memory)
    assert again.counts["unchanged"] == 2
    assert not again.writes


def test_a_lost_state_does_nothing_either() -> None:
    """The create-once key tells that the papers are there."""
    source = intake(paper(links=(CODE,)))
    library, _ = carried_out(planned(view(), source), view())
    assert not planned(library, source).writes


def test_a_lost_state_does_not_refile_what_the_user_took_out() -> None:
    """An item missing from syncd's own collection was taken out, even if syncd has forgotten it."""
    source = intake(paper())
    library, _ = carried_out(planned(view(), source), view())
    (key,) = library.items
    moved = replace(library, items={key: indexed(library.items[key].data | {"collections": []}, 99)})
    assert not planned(moved, source).writes


def test_a_deleted_paper_stays_deleted() -> None:
    """The deletion log knows the key, with and without state."""
    source = intake(paper())
    made = planned(view(), source)
    library, memory = carried_out(made, view())
    gone = replace(library, items={}, deleted=frozenset({only(made).key or ""}))
    for remembered in (memory, Memory()):
        action = only(planned(gone, source, memory=remembered))
        assert (action.kind, action.reason) == ("skip", "you deleted it in Zotero")


def test_a_trashed_paper_stays_in_the_trash() -> None:
    """Trashing is a decision."""
    library = view(item("AAAA2222", deleted=1))
    action = only(planned(library, intake(paper())))
    assert (action.kind, action.reason) == ("skip", "it is in Zotero's trash")


def test_a_link_that_appears_later_is_added_and_one_that_was_removed_is_not() -> None:
    """Children are merged like fields."""
    library, memory = carried_out(planned(view(), intake(paper())), view())
    later = intake(paper(links=(CODE,)))
    made = planned(library, later, memory=memory)
    assert only(made).kind == "update"
    assert set(only(made).changes) == {"tags", "links"}
    library, memory = carried_out(made, library)
    child = items.child_key(PREFIX, only(made).key or "", CODE.url)
    gone = replace(library, items={k: v for k, v in library.items.items() if k != child})
    assert not planned(gone, later, memory=memory).writes
    trashed = replace(
        library, items=dict(library.items) | {child: indexed(library.items[child].data | {"deleted": 1}, 99)}
    )
    assert not planned(trashed, later).writes


def test_a_corrected_abstract_updates_the_item_with_its_version() -> None:
    """Only what changed is sent, guarded by the version that was seen."""
    library, memory = carried_out(planned(view(), intake(paper(abstract="Old."))), view())
    action = only(planned(library, intake(paper(abstract="New.")), memory=memory))
    (there,) = library.items.values()
    assert action.kind == "update"
    assert action.item == {"key": there.key, "version": there.version, "abstractNote": "New."}


def test_an_identifier_that_appears_later_makes_no_second_item() -> None:
    """The paper keeps its key and gains its id."""
    library, memory = carried_out(planned(view(), intake(paper())), view())
    action = only(planned(library, intake(paper(arxiv="2304.12526")), memory=memory))
    assert action.kind == "update"
    assert action.key in library.items
    assert action.item["archiveID"] == "arXiv:2304.12526"


def test_a_title_twice_with_other_authors_is_two_papers() -> None:
    """Authors tell namesakes apart."""
    made = planned(view(), intake(paper("Introduction", "Ann Lee"), paper("Introduction", "Bo Chen")))
    assert made.counts["create"] == 2
    assert len({action.key for action in made.actions}) == 2


def test_a_title_twice_with_other_identifiers_is_two_papers() -> None:
    """Identifiers tell apart what title and surname do not; the second gets a key of its own, every time."""
    source = intake(
        paper("Intro", "Ann Lee", arxiv="2304.00001"), paper("Intro", "Ann Lee", arxiv="2304.00002")
    )
    made = planned(view(), source)
    assert made.counts["create"] == 2
    library, memory = carried_out(made, view())
    assert not planned(library, source, memory=memory).writes
    turned = intake(*reversed(source.profile.papers))
    assert not planned(library, turned, memory=memory).writes
    assert not planned(library, turned).writes


def test_a_paper_listed_twice_is_one() -> None:
    """A page that repeats itself makes no second item."""
    assert planned(view(), intake(paper(), paper())).counts["create"] == 1


@pytest.mark.parametrize("told_apart", ["by nothing", "by a DOI beside one arXiv id", "by DOIs"])
def test_a_thousand_papers_of_one_name_take_no_quadratic_time(told_apart: str) -> None:
    """Those that are one paper are compared with few, and those that are not get their keys at once."""

    def naming(count: int) -> Callable[[], object]:
        arxiv = "2305.00001" if "arXiv" in told_apart else None
        dois = [None if told_apart == "by nothing" else f"10.1000/{number}" for number in range(count)]
        papers = [paper("Editorial", arxiv=arxiv, doi=doi) for doi in dois]
        return partial(paper_keys, view(), Memory(), [intake(*papers)])

    assert trouble(naming, 2000, most=5.0, trifle=0.3) is None


def test_two_profiles_share_one_item_in_both_collections() -> None:
    """A paper of two followed authors is filed twice and exists once."""
    made = planned(view(), intake(paper(), name="Zhendong Wang"), intake(paper(), name="Pengcheng He"))
    action = only(made)
    assert len(action.item["collections"]) == 2
    assert len(made.collections) == 3


def test_a_second_profile_files_the_first_ones_item() -> None:
    """The profile that comes later adds its collection to what is there."""
    library, memory = carried_out(planned(view(), intake(paper(), name="Zhendong Wang")), view())
    both = (intake(paper(), name="Zhendong Wang"), intake(paper(), name="Pengcheng He"))
    action = only(planned(library, *both, memory=memory))
    assert action.kind == "update"
    assert set(action.changes) == {"collections"}


def adoptable() -> IndexedItem:
    """Return an item of the user's own."""
    return item("AAAA2222", archiveID="arXiv:2304.12526", collections=["MMMM2222"], abstractNote="Mine.")


def test_a_paper_that_is_there_already_is_adopted() -> None:
    """Filed, filled, linked; nothing of the user's is changed."""
    source = intake(paper(arxiv="2304.12526", abstract="Theirs.", links=(CODE,)))
    action = only(planned(view(adoptable()), source))
    assert (action.kind, action.key, action.reason) == (
        "adopt",
        "AAAA2222",
        "already in the library, by arXiv id",
    )
    assert "abstractNote" not in action.item
    assert action.item["DOI"] == "10.48550/arXiv.2304.12526"
    assert action.item["collections"][0] == "MMMM2222"
    assert len(action.children) == 1


def test_a_link_that_the_user_has_in_another_form_is_not_added_again() -> None:
    """Their link ends in .git, ours does not: one repository."""
    own = item("BBBB2222", itemType="attachment", parentItem="AAAA2222", url="https://github.com/A/b.git")
    action = only(planned(view(adoptable(), own), intake(paper(arxiv="2304.12526", links=(CODE,)))))
    assert action.children == ()


def test_adoption_can_be_limited_to_filing_or_switched_off() -> None:
    """`adopt = "file"` changes the collections alone, `"skip"` nothing."""
    found = paper(arxiv="2304.12526", links=(CODE,))
    filed = only(planned(view(adoptable()), intake(found, adopt="file")))
    assert set(filed.changes) == {"collections"}
    assert only(planned(view(adoptable()), intake(found, adopt="skip"))).kind == "skip"


def test_an_adopted_item_is_adopted_once() -> None:
    """Afterwards it is known, and what the user takes away stays away."""
    source = intake(paper(arxiv="2304.12526", links=(CODE,)))
    start = view(adoptable())
    library, memory = carried_out(planned(start, source), start)
    assert not planned(library, source, memory=memory).writes


@pytest.mark.parametrize("held", ["waiting", "deleted"])
def test_what_is_uncertain_stays_so_while_nothing_is_done(held: str) -> None:
    """After a lost state an own item is held back once: it is not filed by the next run, as if it were new."""
    source = intake(paper())
    start = view(item("AAAA2222"))
    library, _ = carried_out(planned(start, source), start)
    data = library.items["AAAA2222"].data | {"collections": []}
    touched = data | ({"deleted": 1} if held == "deleted" else {"dateModified": "2026-06-01T23:00:00Z"})
    lost = replace(library, items={"AAAA2222": indexed(touched, 50)})
    made = planned(lost, intake(paper(arxiv="2304.12526")))
    assert only(made).cause == held
    _, memory = carried_out(made, lost)
    back = replace(library, items={"AAAA2222": indexed(data, 51)})
    assert "collections" not in only(planned(back, intake(paper(arxiv="2304.12526")), memory=memory)).changes


def test_a_near_match_waits_for_a_person() -> None:
    """A possible duplicate is neither created nor merged."""
    library = view(item("AAAA2222", "Patch Difusion: Faster Training of Diffusion Models"))
    made = planned(library, intake(paper("Patch Diffusion: Faster Training of Diffusion Models")))
    assert only(made).kind == "review"
    assert not made.writes


def test_a_sequel_is_not_taken_for_the_paper_before_it() -> None:
    """Part 1 is known to be another paper, so part 2 is no possible duplicate of it."""
    first, second = (paper(f"Benchmarks of Language Models, Part {part}") for part in (1, 2))
    library, memory = carried_out(planned(view(), intake(first)), view())
    made = planned(library, intake(first, second), memory=memory)
    assert [action.kind for action in made.actions] == ["unchanged", "create"]


def test_a_corrected_title_keeps_its_item_while_the_old_one_is_gone() -> None:
    """Same date, authors and nearly the same title: the source mended it."""
    library, memory = carried_out(planned(view(), intake(paper("Benchmaks of Language Models"))), view())
    action = only(planned(library, intake(paper("Benchmarks of Language Models")), memory=memory))
    assert (action.kind, action.reason) == ("update", "its title was corrected")
    assert action.item["title"] == "Benchmarks of Language Models"


AS_ONCE_READ = {
    "markup": (r"The <scp>R</scp> package<subtitle>In use</subtitle>", Creator("Ann Lee", "Lee", "Ann")),
    "LaTeX": (r"Burning \ce{H2O} and \enquote{air}", Creator("Ann Lee", "Lee", "Ann")),
    "organisation": ("Health", Creator("World Health Organization", "Organization", "World Health")),
    "organisation, lower case": ("Life", Creator("Institutes of Health", "of Health", "Institutes")),
    "organisation, comma": ("Sun", Creator("Uni of Oslo, North", "Uni of Oslo", "North")),
    "brackets": ("Rain", Creator("Ann Lee (MIT)", "(MIT)", "Ann Lee")),
}
"""Papers as syncd once read them: the title, and the first author."""


def reread(case: str) -> tuple[Paper, Paper]:
    """Return a paper as syncd once read it, and as it does now."""
    title, author = AS_ONCE_READ[case]
    now = creator(author.name) if author.family in {"Lee", "(MIT)"} else organisation(author.name)
    record = Record(title=title, creators=(now,), date="2020-05-01", form="journalArticle", venue="Nature")
    mended = paper_of(record)
    assert mended is not None
    assert (mended.title, mended.creators) != (title, (author,))
    return replace(mended, title=title, creators=(author,), former_titles=()), mended


@pytest.mark.parametrize("case", AS_ONCE_READ)
def test_a_paper_that_is_read_better_than_before_keeps_its_item(case: str) -> None:
    """What changed is how syncd reads markup and names: the item is mended, and is no second one."""
    before, now = reread(case)
    library, memory = carried_out(planned(view(), intake(before)), view())
    action = only(planned(library, intake(now), memory=memory))
    assert (action.kind, action.key) == ("update", next(key for key in library.items))
    assert action.item.get("title", before.title) == now.title
    gone = view(deleted=library.items)
    assert only(planned(gone, intake(now), memory=memory)).cause == "deleted"


@pytest.mark.parametrize("case", [case for case in AS_ONCE_READ if case != "brackets"])
def test_a_paper_that_is_read_better_stays_erased_though_nothing_is_remembered(case: str) -> None:
    """The deletion log has the key that was made of what syncd once read."""
    before, now = reread(case)
    library, _ = carried_out(planned(view(), intake(before)), view())
    assert only(planned(view(deleted=library.items), intake(now))).cause == "deleted"
    assert only(planned(library, intake(now))).key in library.items


def test_a_paper_whose_author_is_another_organisation_is_another_paper() -> None:
    """Title and date are the same; the names are not."""
    before = replace(paper("Yearbook"), creators=(organisation("World Bank Group"),))
    now = replace(before, creators=(organisation("World Health Organization"),))
    library, memory = carried_out(planned(view(), intake(before)), view())
    assert only(planned(library, intake(now), memory=memory)).kind == "create"


def test_a_merged_item_is_followed_to_its_winner() -> None:
    """The user merged the pushed item into an own one: later changes go there, by the same rules."""
    library, memory = carried_out(planned(view(), intake(paper())), view())
    ((key, pushed),) = library.items.items()
    winner = item(
        "AAAA2222", abstractNote="", relations={"dc:replaces": f"http://zotero.org/{PREFIX}/items/{key}"}
    )
    merged = replace(library, items={"AAAA2222": winner, key: indexed(pushed.data | {"deleted": 1}, 50)})
    action = only(planned(merged, intake(paper(links=(CODE,))), memory=memory))
    assert action.key == "AAAA2222"
    assert action.children[0]["parentItem"] == "AAAA2222"


def test_the_users_own_collection_of_that_name_is_used() -> None:
    """A collection is found by name before one is made."""
    own = (
        IndexedCollection("PPPP2222", "Profiles", None, trashed=False),
        IndexedCollection("HHHH2222", "Pengcheng He", "PPPP2222", trashed=False),
    )
    made = planned(view(collections=own), intake(paper()))
    assert made.collections == ()
    assert only(made).item["collections"] == ["HHHH2222"]


def test_a_renamed_or_moved_collection_is_followed_by_its_key() -> None:
    """With state and without."""
    library, memory = carried_out(planned(view(), intake(paper())), view())
    renamed = {k: replace(c, name="My people", parent=None) for k, c in library.collections.items()}
    for remembered in (memory, Memory()):
        made = planned(
            replace(library, collections=renamed), intake(paper(), paper("New")), memory=remembered
        )
        assert made.collections == ()
        assert made.counts["create"] == 1


def test_a_deleted_collection_is_not_made_again() -> None:
    """Trashed, erased, or its parent trashed: the profile rests, and says why."""
    library, memory = carried_out(planned(view(), intake(paper())), view())
    both = set(library.collections)
    cases = [
        replace(library, collections={}, deleted=frozenset(both)),
        *(
            replace(
                library,
                collections={k: replace(c, trashed=k == gone) for k, c in library.collections.items()},
            )
            for gone in both
        ),
    ]
    for changed in cases:
        for remembered in (memory, Memory()):
            made = planned(changed, intake(paper(), paper("New")), memory=remembered)
            assert made.counts["skip"] == 2, changed
            assert not made.writes
            assert made.profiles[0].paused


def test_an_inferred_year_stays_once_it_is_in_the_library() -> None:
    """Next year's snapshot infers another year for the same line of the page; the paper keeps its own."""
    first = paper(date="2026-05-14", date_inferred=True)
    library, memory = carried_out(planned(view(), intake(first)), view())
    later = intake(paper(date="2027-05-14", date_inferred=True))
    for remembered in (memory, Memory()):
        assert not planned(library, later, memory=remembered).writes
    stated = intake(paper(date="2025-05-14"))
    assert only(planned(library, stated, memory=memory)).item["date"] == "2025-05-14"


PUBLISHED = {"doi": "10.1162/tacl_a_1", "published_as": "journalArticle", "venue": "TACL", "volume": "11"}


def upgrading(upgrade: str, *papers: Paper) -> Intake:
    """Return a profile that says what to do with preprints that were published."""
    made = intake(*papers)
    return replace(made, policy=Policy("Pengcheng He", upgrade=upgrade))  # type: ignore[arg-type]


def test_a_published_preprint_becomes_its_venues_type_under_the_same_key() -> None:
    """Type, venue and DOI change; the arXiv id stays in extra; repository and catalogue are no longer arXiv's."""
    preprint = paper(arxiv="2304.12526", category="CL")
    library, memory = carried_out(planned(view(), intake(preprint)), view())
    published = upgrading("auto", paper(arxiv="2304.12526", category="CL", **PUBLISHED))
    action = only(planned(library, published, memory=memory))
    assert action.kind == "update"
    assert action.key in library.items
    assert action.item["itemType"] == "journalArticle"
    assert action.item["publicationTitle"] == "TACL"
    assert action.item["DOI"] == "10.1162/tacl_a_1"
    assert action.item["publisher"] == ""
    assert action.item["libraryCatalog"] == ""  # MLA would print that the article is in arXiv.org's catalogue
    assert not {"repository", "archiveID", "extra"} & action.item.keys()
    after, memory = carried_out(planned(library, published, memory=memory), library)
    assert not planned(after, published, memory=memory).writes
    assert not planned(after, intake(preprint), memory=memory).writes


def test_by_default_the_user_is_asked_and_the_rest_goes_on() -> None:
    """`upgrade = "ask"`: other changes arrive; the answer decides about the type."""
    library, memory = carried_out(planned(view(), intake(paper(arxiv="2304.12526"))), view())
    published = intake(paper(arxiv="2304.12526", abstract="New.", **PUBLISHED))
    action = only(planned(library, published, memory=memory))
    assert "itemType" not in action.item
    assert action.item["abstractNote"] == "New."
    assert (action.cause, action.candidates[0].key) == ("review", action.key)
    yes = replace(memory, decisions={action.paper: {action.key or "": "same"}})
    assert only(planned(library, published, memory=yes)).item["itemType"] == "journalArticle"
    no = replace(memory, decisions={action.paper: {action.key or "": "different"}})
    left = only(planned(library, published, memory=no))
    assert ("itemType" in left.item, left.cause) == (False, "")


def test_a_poorer_record_takes_nothing_away() -> None:
    """A service is silent today: authors, abstract, DOI and the day stay as they were."""
    rich = paper(
        "T", "Ann Lee", "Bo Chen", "Cy Dee", abstract="Text.", arxiv="2304.12526", doi="10.1162/tacl_a_1"
    )
    library, memory = carried_out(planned(view(), intake(rich)), view())
    poor = paper("T", "Ann Lee", creators_truncated=True, date="2023-04", arxiv="2304.12526")
    assert not planned(library, intake(poor), memory=memory).writes
    longer = paper("T", "Ann Lee", "Bo Chen", "Cy Dee", "Di Eng", date="2023-04-26")
    assert set(only(planned(library, intake(longer), memory=memory)).item) >= {"creators", "date"}


def test_a_retraction_is_tagged() -> None:
    """Whatever the tag templates say."""
    library, memory = carried_out(planned(view(), intake(paper())), view())
    action = only(planned(library, intake(paper(retracted=True)), memory=memory))
    assert action.item["tags"] == [{"tag": "retracted", "type": 1}]


def test_a_type_that_the_user_chose_stays() -> None:
    """They made a conference paper of it: nothing makes an article of that."""
    library, memory = carried_out(planned(view(), intake(paper(arxiv="2304.12526"))), view())
    ((key, there),) = library.items.items()
    theirs = {k: v for k, v in there.data.items() if k not in {"archiveID", "repository"}}
    changed = replace(library, items={key: indexed(theirs | {"itemType": "conferencePaper"}, 50)})
    published = upgrading("auto", paper(arxiv="2304.12526", **PUBLISHED))
    action = only(planned(changed, published, memory=memory))
    assert "itemType" not in action.item
    assert "itemType" in action.kept


def test_a_plan_survives_being_saved() -> None:
    """`plan -o` and `push --plan` speak of the same plan."""
    library = view(
        adoptable(), item("BBBB2222", "Patch Difusion: Faster Training of Diffusion Models", version=2)
    )
    source = intake(
        paper(arxiv="2304.12526", links=(CODE,)),
        paper("Patch Diffusion: Faster Training of Diffusion Models"),
        paper("New", links=(CODE,)),
    )
    made = planned(library, source)
    assert {action.kind for action in made.actions} == {"adopt", "review", "create"}
    assert load(dump(made), "plan.json") == made
    assert any(fact.links for fact in made.facts)


def test_what_is_told_of_a_paper_names_institutions_as_their_source_does() -> None:
    """Its tags have their slugs; where the source has no names, slugs are all that is known."""
    both = {"affiliations": ("mit-csail", "apple-ml"), "affiliation_names": ("MIT CSAIL", "apple-ml")}
    named, slugs = (
        planned(view(), intake(paper(**given))) for given in (both, {"affiliations": ("gatech",)})
    )
    assert [fact.affiliations for fact in (*named.facts, *slugs.facts)] == [
        ("MIT CSAIL", "apple-ml"),
        ("gatech",),
    ]
    assert {"mit-csail", "apple-ml"} <= {tag["tag"] for tag in named.actions[0].item["tags"]}


def test_a_plan_that_was_saved_before_there_were_facts_is_read() -> None:
    """All that it would write is the same; it has no facts and figures to tell."""
    made = planned(view(), intake(paper(links=(CODE,))))
    saved = json.loads(dump(made))
    del saved["plan"]["facts"]
    for profile in saved["plan"]["profiles"]:
        del profile["figures"]
    profiles = tuple(replace(profile, figures=Figures()) for profile in made.profiles)
    old = load(json.dumps(saved), "plan.json")
    assert old == replace(made, facts=(), profiles=profiles)


PAPERS = st.builds(
    paper,
    st.sampled_from(["A", "B", "A?"]),
    st.sampled_from(["Ann Lee", "Bo Chen"]),
    arxiv=st.sampled_from([None, "2304.00001", "2304.00002"]),
    date=st.sampled_from([None, "2019", "2023-04-25", "2024-01-01"]),
    abstract=st.sampled_from(["", "x"]),
    links=st.sampled_from([(), (CODE,)]),
)


@given(st.lists(PAPERS, max_size=5), st.booleans())
def test_planning_twice_is_planning_once(papers: list[object], lost: bool) -> None:  # noqa: FBT001
    """Whatever the page lists, a second plan of it creates nothing and no key is given twice."""
    source = intake(*papers)  # type: ignore[arg-type]
    made = planned(view(), source)
    created = [action.key for action in made.actions if action.kind == "create"]
    assert len(created) == len(set(created))
    library, memory = carried_out(made, view())
    again = planned(library, source, memory=Memory() if lost else memory)
    assert again.counts["create"] == 0
    assert lost or not again.writes


@given(st.lists(PAPERS, max_size=4), st.lists(PAPERS, max_size=4))
def test_what_the_source_no_longer_lists_is_never_touched(before: list[object], after: list[object]) -> None:
    """A paper that vanished from the page stays as it is."""
    library, memory = carried_out(planned(view(), intake(*before)), view())  # type: ignore[arg-type]
    made = planned(library, intake(*after), memory=memory)  # type: ignore[arg-type]
    named = {action.key for action in made.actions}
    touched = {sent["key"] for a in made.actions for sent in (a.item,) if sent}
    assert touched <= named
    assert not any("deleted" in sent for action in made.actions for sent in (action.item, *action.children))


def test_what_a_profile_lists_apart_is_two_papers_whatever_the_first_was_before() -> None:
    """One got another year, and a namesake of its old year comes: the identifier says which is which."""
    before, library = paper("Editorial", date="2020", arxiv="2304.00001"), view()
    library, memory = carried_out(planned(library, intake(before)), library)
    page = intake(paper("Editorial", date="2023", arxiv="2304.00001"), paper("Editorial", date="2020"))
    made = planned(library, page, memory=memory)
    assert [action.kind for action in made.actions] == ["update", "create"]


WORDINGS = ("Calibration for Text Generation", "Calibrating for Generating Text")
NAMESAKE = "Editorial"


def works(titles: tuple[str, ...], arxiv: str) -> st.SearchStrategy[Paper]:
    """Return records of one work: worded in these ways, of moving years, with or without its id."""
    return st.builds(
        lambda title, year, known: paper(title, "Ann Lee", "Bo Chen", date=f"{year}-04-25", arxiv=known),
        st.sampled_from(titles),
        st.sampled_from([2020, 2023, 2025]),
        st.sampled_from([None, arxiv]),
    )


RECORDS = st.one_of(works(WORDINGS, "2304.12526"), works((NAMESAKE,), "2304.00001"))
# What one page lists apart are two papers: here it lists none twice.
PAGE = st.lists(
    RECORDS, max_size=3, unique_by=(lambda one: one.title, lambda one: one.identifiers.arxiv or one)
)
PROFILES = ("ann", "bo", "cy")
PAGES = st.dictionaries(st.sampled_from(PROFILES), PAGE, min_size=1)
VERDICTS = st.sampled_from(["same", "different", "later", None])


def remembering(made: Plan, memory: Memory) -> Memory:
    """Return what is remembered after a perfect push, on top of what was."""
    done = [action for action in made.actions if action.key and action.kind != "review"]
    return replace(
        memory,
        written={**memory.written, **{a.key: a.base for a in done if a.key and a.base}},
        claims={**memory.claims, **{a.paper: a.key for a in done if a.key}},
        said={**memory.said, **{a.paper: a.said for a in done if a.said}},
        seen={**memory.seen, **{a.key: a.seen for a in done if a.key and a.seen}},
        collections={**memory.collections, **made.places},
    )


@given(PAGES, st.lists(st.tuples(st.sets(st.sampled_from(PROFILES)), VERDICTS), min_size=1, max_size=5))
def test_a_push_right_after_a_push_writes_nothing_and_asks_nothing_new(
    pages: dict[str, list[Paper]], pushes: list[tuple[set[str], Verdict | None]]
) -> None:
    """Whatever the profiles list, whichever of them are pushed in which order, and whatever the user says."""
    library, memory = view(), Memory()
    for names, verdict in pushes:
        intakes = [intake(*papers, name=name) for name, papers in pages.items() if name in names]
        made = planned(library, *intakes, memory=memory)
        library, _ = carried_out(made, library)
        memory = remembering(made, memory)
        again = planned(library, *intakes, memory=memory)
        assert not again.writes, [action for action in again.actions if action.writes]
        assert asked(again) <= asked(made)
        for action in made.actions:
            if action.kind == "review" and verdict:
                said = {action.candidates[0].key: verdict}
                before = memory.decisions.get(action.paper, {})
                memory = replace(memory, decisions={**memory.decisions, action.paper: {**before, **said}})


def asked(made: Plan) -> set[str]:
    """Return the papers that wait for the user's word."""
    return {action.paper for action in made.actions if action.cause == "review"}


@given(PAGES)
def test_one_paper_is_one_item(pages: dict[str, list[Paper]]) -> None:
    """No two items have one arXiv id, whatever profiles call the paper; nor one title, year and author without it."""
    made = planned(view(), *(intake(*papers, name=name) for name, papers in pages.items()))
    library, _ = carried_out(made, view())
    held = [item.identifiers.arxiv for item in library.papers if item.identifiers.arxiv]
    assert len(held) == len(set(held))
    plain = [(item.folded_title, item.year) for item in library.papers if not item.identifiers.arxiv]
    assert len(plain) == len(set(plain))


@pytest.mark.parametrize("kind", ["doi", "arxiv"])
def test_namesakes_of_two_profiles_are_two_papers(kind: str) -> None:
    """Identifiers of one kind tell them apart, whichever was pushed first, and with a lost state."""
    names = {"doi": ("10.1145/1234", "10.1145/5678"), "arxiv": ("2304.00001", "2304.00002")}[kind]
    one, other = (intake(paper(**{kind: name}), name=name) for name in names)
    assert [action.kind for action in planned(view(), one, other).actions] == ["create", "create"]
    library, memory = carried_out(planned(view(), one), view())
    for remembered in (memory, Memory()):
        action = only(planned(library, other, memory=remembered))
        assert action.kind == "create"
        assert action.key not in library.items


def test_the_profile_that_took_over_a_paper_keeps_deciding() -> None:
    """Where the profile whose record was written lists it no more, the next one decides, whoever is read later."""
    ann, bo, cid = (
        intake(paper(arxiv="2304.00001", abstract=f"As {name} tells it."), name=name)
        for name in ("Ann", "Bo", "Cid")
    )
    library, memory = carried_out(planned(view(), ann), view())
    ann = intake(paper("Another"), name="Ann")
    made = planned(library, ann, bo, cid, memory=memory)
    library, memory = carried_out(made, library)
    assert "As Bo tells it." in {item.data.get("abstractNote") for item in library.items.values()}
    for order in ((ann, cid), (cid, ann)):
        assert {action.kind for action in planned(library, *order, memory=memory).actions} == {"unchanged"}


@pytest.mark.parametrize(("doi", "arxiv"), [("10.1000/a", None), (None, "2301.00001")])
@pytest.mark.parametrize("listed", ["Patch Diffusion", "Diffusion of Patches"])
def test_another_record_of_what_was_rejected_is_known_by_its_identifier(
    doi: str | None, arxiv: str | None, listed: str
) -> None:
    """Also under another title; no item of it was ever there. With another identifier it is another paper."""
    said = Said("Patch Diffusion", "2020", (("Wang", "Zhendong"),), identifiers=Identifiers(doi, arxiv))
    memory = Memory(rejected={"Pengcheng He": {"ABCD2345": said}})
    again = only(planned(view(), intake(paper(listed, doi=doi, arxiv=arxiv)), memory=memory))
    assert (again.kind, again.key) == ("unchanged", None)
    other = paper(listed, doi=doi and f"{doi}b", arxiv=arxiv and "2301.00002")
    assert only(planned(view(), intake(other), memory=memory)).kind == "create"
