"""Create-once keys are the same for ever, everywhere."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from syncd.zotero import items, schema

TEXT = st.text(max_size=30)


def test_keys_are_what_they_always_were() -> None:
    """A changed derivation would push every paper of every library a second time."""
    assert items.item_key("users/1", "patchdiffusion", "wang") == "JHZX9V92"
    assert items.item_key("groups/1", "patchdiffusion", "wang") == "8HIRTJLH"
    assert items.item_key("users/1", "patchdiffusion", "wang", "2023", "1") == "HA4R45WG"
    assert items.child_key("users/1", "ABCD2345", "https://github.com/a/b") == "DKCKVSDY"
    assert items.collection_key("users/1", ("Profiles", "Pengcheng He")) == "YSISVTDK"


@given(st.lists(TEXT, min_size=3, max_size=5))
def test_every_key_is_one_that_zotero_takes(parts: list[str]) -> None:
    """Any title and name give a key of Zotero's alphabet and length."""
    assert schema.is_key(items.item_key(*parts))


def test_parts_do_not_run_together() -> None:
    """A letter that moves from title to surname makes another key."""
    assert items.item_key("users/1", "ab", "c") != items.item_key("users/1", "a", "bc")
