"""A user's edit wins for good; what the source changed is carried over; nothing taken away comes back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from builders import paper
from syncd.sync import merge
from syncd.sync.merge import Base
from syncd.zotero.items import Draft, Policy, draft, problems

COLLECTION = "CCCC2222"


def made(**facts: Any) -> Draft:
    """Return the draft of a paper."""
    facts.setdefault("abstract", "Old.")
    return draft(paper(**facts), Policy("P"))


def written(of: Draft) -> tuple[Base, dict[str, Any]]:
    """Return what syncd remembers of an item just created, and what the library then has."""
    data = {
        "itemType": "preprint",
        **of.fields,
        "creators": list(of.creators),
        "tags": [{"tag": tag, "type": 1} for tag in of.tags],
        "collections": [COLLECTION],
    }
    return merge.fresh(of, [COLLECTION]), data


def test_nothing_new_writes_nothing() -> None:
    """The same source again leaves the item alone."""
    base, data = written(made())
    merged = merge.merge(base, data, made(), [COLLECTION])
    assert merged.patch == {}
    assert merged.base == base


def test_only_the_changed_field_is_written() -> None:
    """A new abstract touches the abstract alone."""
    base, data = written(made())
    merged = merge.merge(base, data, made(abstract="New."), [COLLECTION])
    assert merged.patch == {"abstractNote": "New."}
    assert merged.changes == {"abstractNote": ("Old.", "New.")}
    assert merged.base.fields["abstractNote"] == "New."


def test_what_is_kept_stands_beside_what_the_source_has() -> None:
    """Fields, creators and the type, each with both values."""
    _, data = written(made())
    data |= {"abstractNote": "Mine.", "creators": [], "itemType": "report"}
    new = made(abstract="New.")
    assert merge.beside(("abstractNote", "creators", "itemType"), data, new) == {
        "abstractNote": ("Mine.", "New."),
        "creators": ([], list(new.creators)),
        "itemType": ("report", "preprint"),
    }


def test_a_users_edit_wins_and_is_named() -> None:
    """The source changes a field that the user edited: theirs stays, now and later."""
    base, data = written(made())
    data["abstractNote"] = "Mine."
    merged = merge.merge(base, data, made(abstract="New."), [COLLECTION])
    assert merged.patch == {}
    assert merged.kept == ("abstractNote",)
    again = merge.merge(merged.base, data, made(abstract="Newer."), [COLLECTION])
    assert (again.patch, again.kept) == ({}, ("abstractNote",))


def test_a_field_that_the_user_emptied_stays_empty() -> None:
    """Emptying is an edit."""
    base, data = written(made())
    data["abstractNote"] = ""
    assert merge.merge(base, data, made(abstract="New."), [COLLECTION]).patch == {}


def test_an_edit_elsewhere_does_not_hold_up_a_change() -> None:
    """Edits count by field."""
    base, data = written(made())
    data["title"] = "My title"
    assert merge.merge(base, data, made(abstract="New."), [COLLECTION]).patch == {"abstractNote": "New."}


def test_an_identifier_that_appears_later_is_filled_in() -> None:
    """An arXiv id brings its fields; a URL that the user set stays."""
    base, data = written(made())
    data["url"] = "https://mine.example"
    merged = merge.merge(base, data, made(arxiv="2304.12526"), [COLLECTION])
    assert merged.patch["archiveID"] == "arXiv:2304.12526"
    assert merged.patch["extra"] == "arXiv:2304.12526"
    assert merged.kept == ("url",)


def test_extra_is_merged_by_line() -> None:
    """Its own line changes; a citation key and notes of the user's stay where they are."""
    base, data = written(made(arxiv="2304.12526"))
    data["extra"] = "Citation Key: wang2023\narXiv:2304.12526\nMy note"
    merged = merge.merge(base, data, made(arxiv="2304.12526", category="CV"), [COLLECTION])
    assert merged.patch["extra"] == "Citation Key: wang2023\narXiv:2304.12526 [cs.CV]\nMy note"


def test_a_line_of_extra_that_the_user_removed_stays_away() -> None:
    """Removing syncd's line is an edit of it."""
    base, data = written(made(arxiv="2304.12526"))
    data["extra"] = "My note"
    merged = merge.merge(base, data, made(arxiv="2304.12526", category="CV"), [COLLECTION])
    assert "extra" not in merged.patch
    assert merged.kept == ("extra",)


def test_a_whole_author_list_replaces_a_cut_one() -> None:
    """Unless the user has completed it already."""
    cut = made(creators_truncated=True)
    base, data = written(cut)
    whole = draft(
        paper("Patch Diffusion", "Zhendong Wang", "Pengcheng He", "Mingyuan Zhou", abstract="Old."),
        Policy("P"),
    )
    assert merge.merge(base, data, whole, [COLLECTION]).patch == {"creators": list(whole.creators)}
    data["creators"] = [{"creatorType": "author", "firstName": "Z.", "lastName": "Wang"}]
    merged = merge.merge(base, data, whole, [COLLECTION])
    assert (merged.patch, merged.kept) == ({}, ("creators",))


def test_tags_are_added_and_a_removed_one_stays_away() -> None:
    """A new affiliation is tagged; the tag that the user took off is not put back; their own stay."""
    base, data = written(made(affiliations=("apple-ml", "gatech")))
    data["tags"] = [{"tag": "to read"}, {"tag": "gatech", "type": 1}]
    merged = merge.merge(base, data, made(affiliations=("apple-ml", "gatech", "mit")), [COLLECTION])
    assert merged.patch["tags"] == [
        {"tag": "to read"},
        {"tag": "gatech", "type": 1},
        {"tag": "mit", "type": 1},
    ]
    assert merge.merge(merged.base, data, made(affiliations=("apple-ml", "gatech", "mit")), []).patch == {}


def test_a_tag_that_the_source_dropped_goes_unless_the_user_made_it_theirs() -> None:
    """An automatic tag goes with its reason; a manual one of the same name is the user's."""
    base, data = written(made(affiliations=("apple-ml", "gatech")))
    assert merge.merge(base, data, made(affiliations=("gatech",)), []).patch == {
        "tags": [{"tag": "gatech", "type": 1}]
    }
    data["tags"] = [{"tag": "apple-ml"}, {"tag": "gatech", "type": 1}]
    assert merge.merge(base, data, made(affiliations=("gatech",)), []).patch == {}


def test_nothing_is_written_because_a_score_moved() -> None:
    """Scores move every week; a library is not to be rewritten for that."""
    base, data = written(made(score=91.0))
    assert merge.merge(base, data, made(score=76.5), [COLLECTION]).patch == {}


def test_an_item_taken_out_of_its_collection_stays_out() -> None:
    """A second profile's collection is added; the first one's is not restored."""
    base, data = written(made())
    data["collections"] = []
    merged = merge.merge(base, data, made(), [COLLECTION, "DDDD2222"])
    assert merged.patch == {"collections": ["DDDD2222"]}


def test_fields_that_another_item_type_lacks_are_left_alone() -> None:
    """The user made a conference paper of it: a later `archiveID` would be refused by the server."""
    base, data = written(made())
    data["itemType"] = "conferencePaper"
    merged = merge.merge(base, data, made(arxiv="2304.12526"), [COLLECTION])
    assert "archiveID" not in merged.patch
    assert "archiveID" in merged.kept
    assert merged.patch["DOI"] == "10.48550/arXiv.2304.12526"


def test_an_adopted_item_gets_its_blanks_filled_and_nothing_else() -> None:
    """The user's record is better than ours wherever it says something."""
    data = {
        "itemType": "journalArticle",
        "title": "Patch diffusion",
        "creators": [{"creatorType": "author", "firstName": "Z", "lastName": "Wang"}],
        "tags": [{"tag": "mine"}],
        "collections": ["MMMM2222"],
    }
    wanted = made(arxiv="2304.12526", category="CV", abstract="Text.")
    merged = merge.merge(merge.adopted(data), data, wanted, [COLLECTION])
    assert merged.patch == {
        "abstractNote": "Text.",
        "date": "2023-04-25",
        "DOI": "10.48550/arXiv.2304.12526",
        "url": "http://arxiv.org/abs/2304.12526",
        "libraryCatalog": "arXiv.org",
        "extra": "arXiv:2304.12526 [cs.CV]",
        "collections": ["MMMM2222", COLLECTION],
    }


def test_without_memory_whatever_differs_is_taken_for_the_users() -> None:
    """A lost state loses no edit: what equals the source is ours, the rest theirs."""
    _, data = written(made(affiliations=("gatech",)))
    data["title"] = "My title"
    data["tags"] = []
    base = merge.recovered(made(affiliations=("gatech",)), [COLLECTION], data)
    same = merge.merge(base, data, made(affiliations=("gatech",)), [COLLECTION])
    assert (same.patch, same.kept) == ({}, ("title",))
    merged = merge.merge(base, data, made(affiliations=("gatech",), abstract="New."), [COLLECTION])
    assert merged.patch == {"abstractNote": "New."}


def test_a_base_survives_being_saved() -> None:
    """What is remembered is what was written."""
    base, _ = written(made(arxiv="2304.12526", affiliations=("gatech",)))
    for kept in (base, replace(base, creators=None, links=("https://github.com/a/b",), adopted=True)):
        assert Base.from_json(kept.to_json()) == kept


VALUE = st.sampled_from(["", "a", "b", "c"])


@given(VALUE, VALUE, VALUE)
def test_every_combination_of_base_library_and_source(was: str, there: str, wanted: str) -> None:
    """The oracle of a three-way merge, for one field: only (source changed, library did not) writes."""
    base, data = written(made(abstract=was))
    data["abstractNote"] = there
    merged = merge.merge(base, data, made(abstract=wanted), [COLLECTION])
    assert merged.patch == ({"abstractNote": wanted} if there == was != wanted else {})
    assert merged.kept == (("abstractNote",) if wanted not in {was, there} and there != was else ())


@given(*[st.sets(st.sampled_from(["t1", "t2", "t3"]))] * 3)
def test_every_combination_of_tags(was: set[str], there: set[str], wanted: set[str]) -> None:
    """What the source adds is added, what it drops is dropped, what the user removed stays removed."""
    base, data = written(made(affiliations=tuple(sorted(was))))
    data["tags"] = [{"tag": tag, "type": 1} for tag in sorted(there)] + [{"tag": "own"}]
    merged = merge.merge(base, data, made(affiliations=tuple(sorted(wanted))), [COLLECTION])
    after = {entry["tag"] for entry in merged.patch.get("tags", data["tags"])}
    assert after == {"own"} | (there - (was - wanted)) | (wanted - was)


def test_a_preprint_that_is_software_gets_its_programmers() -> None:
    """Whatever type the item has in the end, what is written fits it."""
    base, data = written(made())
    software = made(abstract="Old.", published_as="computerProgram", publisher="Zenodo")
    merged = merge.merge(base, data, software, [COLLECTION])
    assert merged.patch["itemType"] == "computerProgram"
    assert {creator["creatorType"] for creator in merged.patch["creators"]} == {"programmer"}
    after = {
        name: text for name, text in data.items() if name not in {"repository", "archiveID"}
    } | merged.patch
    sent = {name: after[name] for name in ("itemType", "creators", "title", "company", "abstractNote")}
    assert problems(sent) == []
    assert merge.merge(merged.base, after, software, [COLLECTION]).patch == {}
    data["itemType"] = "report"  # the user's
    assert "creators" not in merge.merge(base, data, software, [COLLECTION]).patch


def test_the_users_authors_stay_authors_where_the_new_type_calls_them_otherwise() -> None:
    """The server makes contributors of authors that are not sent with the type."""
    base, data = written(made())
    own = [
        {"creatorType": "author", "firstName": "My", "lastName": "Own"},
        {"creatorType": "editor", "name": "Ed"},
    ]
    published = made(published_as="computerProgram")
    merged = merge.merge(base, data | {"creators": own}, published, [COLLECTION])
    assert merged.patch["creators"] == [
        {"creatorType": "programmer", "firstName": "My", "lastName": "Own"},
        {"creatorType": "contributor", "name": "Ed"},
    ]
    assert (
        "creators" not in merge.merge(base, data | {"creators": own[:1]}, made(published_as="book"), []).patch
    )
    forgotten = replace(base, creators=None)
    merged = merge.merge(forgotten, data | {"creators": own[:1]}, published, [COLLECTION])
    assert [one["creatorType"] for one in merged.patch["creators"]] == ["programmer"]
