"""Zotero's schema as facts."""

from __future__ import annotations

import json
from importlib import resources

import pytest

from syncd.zotero import schema


def test_the_listed_item_types_are_those_of_the_data() -> None:
    """The constant and the data file agree."""
    text = resources.files("syncd.zotero").joinpath("item-fields.json").read_text(encoding="utf-8")
    assert tuple(json.loads(text)) == schema.ITEM_TYPES


def test_fields_and_creator_types_come_in_zoteros_order() -> None:
    """The first creator type is the primary one."""
    assert schema.fields("preprint")[:5] == ("title", "abstractNote", "genre", "repository", "archiveID")
    assert schema.creator_types("presentation")[0] == "presenter"
    assert schema.fields("attachment") == ("title", "accessDate", "url")
    assert schema.fields("note") == schema.creator_types("note") == ()


def test_every_type_has_a_title_and_creators() -> None:
    """So that items of any type can be shown."""
    for item_type in schema.ITEM_TYPES:
        assert "title" in schema.fields(item_type)
        assert schema.creator_types(item_type)


def test_an_unknown_type_is_an_error_of_the_caller() -> None:
    """Ask is_item_type before."""
    assert not schema.is_item_type("podcast")
    with pytest.raises(KeyError):
        schema.fields("podcast")


@pytest.mark.parametrize(
    ("field", "item_type", "found"),
    [
        ("repository", "conferencePaper", "publisher"),
        ("publisher", "preprint", "repository"),
        ("archiveID", "conferencePaper", None),
        ("archiveID", "report", "reportNumber"),
        ("genre", "thesis", "thesisType"),
        ("proceedingsTitle", "journalArticle", "publicationTitle"),
        ("title", "book", "title"),
        ("DOI", "note", None),
    ],
)
def test_fields_have_counterparts_in_other_types(field: str, item_type: str, found: str | None) -> None:
    """What a field becomes when the type of its item changes."""
    assert schema.counterpart(field, item_type) == found


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("abstractNote", "Abstract"),
        ("archiveID", "Archive ID"),
        ("DOI", "DOI"),
        ("numberOfVolumes", "# of Volumes"),
        ("reviewedAuthor", "Reviewed Author"),
        ("journalArticle", "Journal Article"),
    ],
)
def test_labels(name: str, label: str) -> None:
    """Labels are the name's words, but for those that are not."""
    assert schema.label(name) == label


@pytest.mark.parametrize("text", ["ABCD2345", "22222222", "ZZZZZZZZ"])
def test_keys(text: str) -> None:
    """Eight letters and digits."""
    assert schema.is_key(text)


@pytest.mark.parametrize(
    "text",
    ["", "ABCD234", "ABCD23456", "abcd2345", "ABCDO345", "ABCD1345", "ABCD2340", "ABCD2345\n", 7, None],
)
def test_what_is_no_key(text: object) -> None:
    """Letters and digits that are easily confused are in no key."""
    assert not schema.is_key(text)
