"""Following and unfollowing edit the configuration as a person would: comments and order stay."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from syncd.config import load
from syncd.config.edit import follow, place, slug, unfollow
from syncd.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """# my settings
[libraries.main]   # the one
type = "embedded"

[profiles.ann]
source = "https://example.org/ann"  # a friend
schedule = "every 12h"

# the end
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give a configuration with comments."""
    path = tmp_path / "config.toml"
    path.write_text(TEXT, encoding="utf-8")
    path.chmod(0o640)
    return path


def test_a_profile_is_added_and_comments_stay(file: Path) -> None:
    """The new table is there, every old line too."""
    assert follow(file, {}, "bo", {"source": "https://example.org/bo"}) == "bo"
    text = file.read_text(encoding="utf-8")
    assert all(line in text for line in TEXT.splitlines())
    assert load(file, {}).profile("bo").source == "https://example.org/bo"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_a_name_that_is_taken_gets_a_number(file: Path) -> None:
    """Two authors may share a name."""
    assert follow(file, {}, "ann", {"source": "https://example.org/other"}) == "ann-2"


def test_a_source_is_followed_once(file: Path) -> None:
    """The name under which it is followed is said, and nothing is written."""
    with pytest.raises(ConfigError, match="'ann'"):
        follow(file, {}, "x", {"source": "https://example.org/ann"})
    assert file.read_text(encoding="utf-8") == TEXT


def test_a_file_is_made_where_there_is_none(tmp_path: Path) -> None:
    """For the user alone, in the usual place."""
    env = {"XDG_CONFIG_HOME": str(tmp_path / "new")}
    path = place(None, env)
    follow(path, env, "bo", {"source": "https://example.org/bo"})
    assert load(None, env).profile("bo").source == "https://example.org/bo"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("words", ["ann", "https://example.org/ann"])
def test_a_profile_is_removed_by_name_or_source(file: Path, words: str) -> None:
    """Everything else stays."""
    assert unfollow(file, {}, words) == "ann"
    assert load(file, {}).profiles == {}
    assert "# my settings" in file.read_text(encoding="utf-8")
    with pytest.raises(ConfigError, match="there are: none"):
        unfollow(file, {}, words)


@pytest.mark.parametrize("text", ["not toml", "profiles = 3\n", "[profiles.x]\nshedule = 1\nsource='a'\n"])
def test_a_file_that_is_not_right_is_left_as_it_is(tmp_path: Path, text: str) -> None:
    """The problem is named; nothing is written."""
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"config\.toml|profiles"):
        follow(path, {}, "bo", {"source": "https://example.org/bo"})
    assert path.read_text(encoding="utf-8") == text
    assert [entry.name for entry in tmp_path.iterdir()] == ["config.toml"]


def test_a_link_to_the_file_stays_a_link(file: Path, tmp_path: Path) -> None:
    """Dotfiles are often links into a repository."""
    link = tmp_path / "link.toml"
    link.symlink_to(file)
    follow(link, {}, "bo", {"source": "https://example.org/bo"})
    assert link.is_symlink()
    assert "bo" in load(file, {}).profiles


def test_a_name_without_letters_still_gives_a_slug() -> None:
    """A profile must be called something."""
    assert slug("???") == "profile"
