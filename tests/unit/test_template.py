"""A new configuration says the same about its settings as the example does."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncd.config import load
from syncd.config.edit import COMMENTS, ENRICH, LIBRARIES, PROFILES, Answers, text

EXAMPLE = (Path(__file__).parents[2] / "config" / "syncd.example.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("block", [LIBRARIES, PROFILES, ENRICH, *COMMENTS.values()])
def test_comments_are_those_of_the_example(block: str) -> None:
    """Word for word, so that one is not mended without the other."""
    assert block.replace("{name}", "main").strip() in EXAMPLE


def test_what_was_answered_is_read_again(tmp_path: Path) -> None:
    """Also with names and texts that TOML must quote."""
    answers = Answers(
        "my library",
        "何鹏程",
        {"type": "group", "id": 12, "key": {"file": "my library.key"}},
        {"source": 'a "page".txt', "collection": "Profiles/何鹏程"},
        services=("arxiv", "dblp"),
    )
    (tmp_path / "config.toml").write_text(text(answers), encoding="utf-8")
    config = load(tmp_path / "config.toml", {})
    assert config.library().prefix == "groups/12"
    assert config.enrich.services == ("arxiv", "dblp")
    assert config.profile("何鹏程").source == str(tmp_path / 'a "page".txt')
    assert config.profile("何鹏程").collection == "Profiles/何鹏程"


def test_a_library_that_nobody_has_signed_in_to_is_written_as_it_was_chosen(tmp_path: Path) -> None:
    """Number and key come with the sign-in; until then the file is right without them."""
    answers = Answers("main", "ann", {"type": "user"}, {"source": "page.txt"})
    (tmp_path / "config.toml").write_text(text(answers), "utf-8")
    made = load(tmp_path / "config.toml", {}).library()
    assert (made.type, made.id, made.key) == ("user", None, None)
