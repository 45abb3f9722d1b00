"""Following an author from the command line, up to the first push."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pages import entry, page

if TYPE_CHECKING:
    from desk import Desk


@pytest.fixture
def other(desk: Desk) -> Desk:
    """Put another author's page on the desk."""
    (desk.folder / "pages").mkdir()
    (desk.folder / "pages" / "bo.txt").write_text(page(entry("Beta"), name="Bo Chen"), encoding="utf-8")
    return desk


def test_a_page_is_followed_and_pushed(other: Desk) -> None:
    """The profile is named after its author, its path is relative to the file, its push works."""
    done = other.syncd("follow", "pages/bo.txt", "--collection", "People/Bo")
    assert done.code == 0
    assert "syncd push bo-chen" in done.out
    text = (other.folder / "config.toml").read_text(encoding="utf-8")
    assert 'source = "pages/bo.txt"' in text
    assert other.syncd("push", "bo-chen").code == 0
    assert set(other.zotero.collections()) == {"People", "Bo"}
    assert other.syncd("follow", "pages/bo.txt").code == 2


@pytest.mark.parametrize("name", ["bo.bib", "Bo Chen.TXT", "pages/bo"])
def test_a_name_that_looks_like_a_file_is_not_searched_for(other: Desk, name: str) -> None:
    """Nobody on the web learns of a file whose name was mistyped."""
    before = (other.folder / "config.toml").read_text(encoding="utf-8")
    # Whoever asks a service asks here first, and gets nowhere.
    done = other.syncd("follow", name, HTTPS_PROXY="http://127.0.0.1:9", HTTP_PROXY="http://127.0.0.1:9")
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert f"{name}: there is no such file or folder" in done.err
    assert (other.folder / "config.toml").read_text(encoding="utf-8") == before


def test_a_configuration_is_made_where_there_is_none(other: Desk) -> None:
    """The first thing that a new user does."""
    done = other.syncd("follow", "pages/bo.txt", SYNCD_CONFIG="new/config.toml")
    assert done.code == 0
    assert "[profiles.bo-chen]" in (other.folder / "new" / "config.toml").read_text(encoding="utf-8")


def test_a_page_that_can_not_be_read_is_not_followed(other: Desk) -> None:
    """What would fail in every run is refused at once."""
    before = (other.folder / "config.toml").read_text(encoding="utf-8")
    (other.folder / "none.txt").write_text("hello\n", encoding="utf-8")
    assert other.syncd("follow", "none.txt").code == 1
    assert (other.folder / "config.toml").read_text(encoding="utf-8") == before


def test_a_name_that_is_taken_is_refused(other: Desk) -> None:
    """What the user chose is not silently changed into another name."""
    done = other.syncd("follow", "pages/bo.txt", "--name", "ann")
    assert done.code == 2
    assert "there is a profile 'ann' already" in done.err


def test_unfollowing_keeps_what_came(other: Desk) -> None:
    """The profile is gone, its papers are not."""
    other.syncd("follow", "pages/bo.txt")
    other.syncd("push", "bo-chen")
    done = other.syncd("unfollow", "bo-chen")
    assert done.code == 0
    assert set(other.zotero.papers()) == {"Beta"}
    assert "bo-chen" not in (other.folder / "config.toml").read_text(encoding="utf-8")
    assert other.syncd("unfollow", "bo-chen").code == 2
    assert "not followed" in other.syncd("status").out
    assert [row["followed"] for row in other.syncd("status", "--json").json["profiles"]] == [True, False]


def test_a_configuration_that_was_made_read_only_is_left_alone(other: Desk) -> None:
    """Its folder would let it be exchanged, but that is not what its owner wants."""
    config = other.folder / "config.toml"
    before = config.read_bytes()
    config.chmod(0o444)
    done = other.as_anybody("follow", "pages/bo.txt")
    assert done.code == 2
    assert "the file is read-only" in done.err
    assert "--config" in done.err
    assert config.read_bytes() == before
