"""Following and unfollowing edit the configuration as a person would: comments and order stay."""

from __future__ import annotations

import os
import resource
import stat
import tomllib
from typing import TYPE_CHECKING

import pytest

from syncd.config import load
from syncd.config.edit import TO_COME, Answers, change, config_file, follow, slug, text, unfollow
from syncd.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

TEXT = """# my settings
[libraries.main]   # the one
type = "embedded"

[profiles.ann]
source = "https://example.org/ann"  # a friend
schedule = "every 12h"

# the end
"""

# One configuration in every layout that TOML has for it, each with a comment that is about nothing of Ann's.
LAYOUTS = {
    "headers in any order": """
[profiles.ann]
source = "ann.txt"
# settle = "0"

# kept: the library
[libraries.main]
type = "user"
id = 1
key = { env = "K" }  # how

[profiles.bob]
source = "bob.txt"
# kept: the end
""",
    "a header for the key": """
[libraries.main]
type = "user"
id = 1
[libraries.main.key]
env = "K"

# kept: about ann
[profiles.ann]
source = "ann.txt"
# kept: about bob
[profiles.bob]
source = "bob.txt"
""",
    "dotted keys": """
libraries.main.type = "user"
libraries.main.id = 1
libraries.main.key.env = "K"
profiles.ann.source = "ann.txt"
profiles.bob.source = "bob.txt"  # kept
""",
    "dotted keys under headers": """
[libraries]  # kept
main.type = "user"
main.id = 1
main.key.env = "K"
[profiles]
ann.source = "ann.txt"
bob.source = "bob.txt"
""",
    "one line each": """
[libraries]
main = { type = "user", id = 1, key = { env = "K" } }  # kept
[profiles]
ann = { source = "ann.txt" }
bob = { source = "bob.txt" }
""",
    "everything on one line": """
libraries = { main = { type = "user", id = 1, key = { env = "K" } } }  # kept
profiles = { ann = { source = "ann.txt" }, bob = { source = "bob.txt" } }
""",
    "tabs and quotes": """
\t['libraries'."main"]
\ttype\t=\t'user'
\tid\t=\t1
\tkey\t=\t{ command = [
\t\t"pass",
\t\t"zotero",
\t] }
\t[profiles."ann"]\t# hers
\tsource\t=\t'ann.txt'
\t[profiles.bob]\t# kept
\tsource\t=\t"bob.txt"
""",
}


@pytest.fixture(params=["\n", "\r\n", "mark"])
def ending(request: pytest.FixtureRequest) -> str:
    """Give how lines end; "mark" stands for a byte order mark and plain ends."""
    return str(request.param)


@pytest.fixture(params=LAYOUTS)
def laid_out(request: pytest.FixtureRequest, tmp_path: Path, ending: str) -> Path:
    """Give a configuration of one of the layouts."""
    plain = LAYOUTS[request.param]
    path = tmp_path / "config.toml"
    whole = f"\ufeff{plain}" if ending == "mark" else plain.replace("\n", ending)
    path.write_bytes(whole.encode())
    return path


def tables(path: Path) -> dict[str, Any]:
    """Return what a file says."""
    return tomllib.loads(path.read_bytes().decode("utf-8-sig"))


def lines(path: Path) -> list[bytes]:
    """Return the lines of a file with their ends."""
    return path.read_bytes().splitlines(keepends=True)


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
    path = config_file(None, env)
    follow(path, env, "bo", {"source": "https://example.org/bo"})
    assert load(None, env).profile("bo").source == "https://example.org/bo"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("words", ["ann", "https://example.org/ann"])
def test_a_profile_is_removed_by_name_or_source(file: Path, words: str) -> None:
    """Everything else stays."""
    assert unfollow(file, {}, words) == "ann"
    assert load(file, {}).profiles == {}
    assert "# my settings" in file.read_text(encoding="utf-8")
    with pytest.raises(ConfigError, match="nor is any other"):
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


def test_following_changes_no_other_line_of_any_layout(laid_out: Path, ending: str) -> None:
    """Only the new profile comes in; a table on one line grows on its line."""
    before, said = lines(laid_out), tables(laid_out)
    follow(laid_out, {}, "zoe", {"source": "zoe.txt", "collection": "Z"})
    said["profiles"]["zoe"] = {"source": "zoe.txt", "collection": "Z"}
    assert tables(laid_out) == said
    assert [line for line in before[:-1] if line not in lines(laid_out)] == []
    assert b"kept" in laid_out.read_bytes()
    if ending == "\r\n":
        assert laid_out.read_bytes().count(b"\r\n") == laid_out.read_bytes().count(b"\n")


@pytest.mark.parametrize("words", ["ann", "ann.txt"])
def test_unfollowing_takes_out_that_profile_alone(laid_out: Path, words: str) -> None:
    """What is about others stays, also where it stands between the profile and the next."""
    before, said = lines(laid_out), tables(laid_out)
    assert unfollow(laid_out, {}, words) == "ann"
    del said["profiles"]["ann"]
    assert tables(laid_out) == said
    gone = b"".join(line for line in before if line not in lines(laid_out))
    assert b"ann" in gone
    if b"profiles = {" not in gone:
        assert not any(word in gone for word in (b"kept", b"bob", b"libraries"))
        assert b"settle" not in laid_out.read_bytes()


def test_a_key_can_move_in_any_layout(laid_out: Path) -> None:
    """Signing in exchanges where the key is, and nothing else."""
    before, said = lines(laid_out), tables(laid_out)
    change(laid_out, {}, {("libraries", "main"): {"key": {"file": "main.key"}}})
    said["libraries"]["main"]["key"] = {"file": "main.key"}
    assert tables(laid_out) == said
    gone = b"".join(line for line in before if line not in lines(laid_out))
    assert b"profiles" not in gone
    assert laid_out.read_bytes().startswith(b"\xef\xbb\xbf") == before[0].startswith(b"\xef\xbb\xbf")


def test_a_library_and_a_setting_can_come_in_any_layout(laid_out: Path) -> None:
    """Both in one step, as a second login does it."""
    said = tables(laid_out)
    new = {"type": "desktop", "key": {"file": "desktop.key"}}
    change(laid_out, {}, {("libraries", "desk"): new, ("profiles", "ann"): {"library": "main"}})
    said["libraries"]["desk"] = new
    said["profiles"]["ann"]["library"] = "main"
    assert tables(laid_out) == said
    assert b"kept" in laid_out.read_bytes()


def test_a_setting_does_not_get_into_a_table_inside_of_its_own(laid_out: Path) -> None:
    """A server's address is the library's, though the header of its key comes last."""
    said = tables(laid_out)
    change(laid_out, {}, {("libraries", "main"): {"endpoint": "http://127.0.0.1:8080"}})
    said["libraries"]["main"]["endpoint"] = "http://127.0.0.1:8080"
    assert tables(laid_out) == said


def test_the_first_library_comes_where_the_file_says_so(tmp_path: Path) -> None:
    """An earlier syncd left the place of a library that signing in writes."""
    path = tmp_path / "config.toml"
    made = text(Answers("main", "ann", {"type": "embedded"}, {"source": "ann.txt"}))
    before, _, after = made.partition("[libraries.main]")
    rest = after[after.index("\n\n") :]
    path.write_text(f"{before}{TO_COME}{rest}", encoding="utf-8")
    change(path, {}, {("libraries", "main"): {"type": "user", "id": 1, "key": {"file": "main.key"}}})
    written = path.read_text(encoding="utf-8")
    assert written.index("syncd login") < written.index("[libraries.main]") < written.index("Profiles ──")
    unfollow(path, {}, "ann")
    assert "Complete papers" in path.read_text(encoding="utf-8")


def test_a_file_of_another_owner_stays_theirs(file: Path) -> None:
    """A service reads what its administrator edits."""
    try:
        os.chown(file, 12345, 23456)
    except PermissionError:
        pytest.skip("only an administrator can give files away")
    follow(file, {}, "bo", {"source": "https://example.org/bo"})
    assert (file.stat().st_uid, file.stat().st_gid) == (12345, 23456)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_a_disk_that_is_full_leaves_the_file_as_it_was_and_nothing_beside_it(file: Path) -> None:
    """A half-written file would look like a configuration of its own."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        with pytest.raises(ConfigError, match="can't be written"):
            follow(file, {}, "bo", {"source": "https://example.org/bo"})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert file.read_text(encoding="utf-8") == TEXT
    assert [entry.name for entry in file.parent.iterdir()] == ["config.toml"]
