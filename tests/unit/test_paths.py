"""Where syncd keeps its data, and what is said when it can't."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from syncd.errors import StateError
from syncd.paths import DataFolder, data_dir, data_folder, expand


def test_data_dir_variable_comes_first() -> None:
    """`$SYNCD_DATA_DIR`, relative or with `~`, before everything else."""
    env = {"SYNCD_DATA_DIR": ".demo", "STATE_DIRECTORY": "/var/lib/syncd", "HOME": "/home/jane"}
    assert data_dir(env) == Path(".demo")
    assert data_dir({**env, "SYNCD_DATA_DIR": "~/data"}) == Path("/home/jane/data")


def test_systemd_state_directory_comes_second() -> None:
    """The first of several, before `$XDG_DATA_HOME`; an empty variable counts as none."""
    env = {"SYNCD_DATA_DIR": "", "STATE_DIRECTORY": "/var/lib/syncd:/var/lib/x", "XDG_DATA_HOME": "/x"}
    assert data_dir(env) == Path("/var/lib/syncd")


def test_xdg_data_home_comes_third_and_its_default_last() -> None:
    """A relative path is ignored, as the specification wants it."""
    assert data_dir({"XDG_DATA_HOME": "/x", "HOME": "/home/jane"}) == Path("/x/syncd")
    assert data_dir({"XDG_DATA_HOME": "x", "HOME": "/home/jane"}) == Path("/home/jane/.local/share/syncd")
    assert data_dir({"HOME": "/home/jane"}) == Path("/home/jane/.local/share/syncd")


def test_names_inside_the_folder() -> None:
    """Each file has one name, here."""
    folder = data_folder({"SYNCD_DATA_DIR": "/d"})
    names = (folder.state, folder.library, folder.cache, folder.daemon_lock)
    assert [str(name) for name in names] == [
        "/d/syncd.sqlite",
        "/d/library.sqlite",
        "/d/cache",
        "/d/daemon.lock",
    ]


def test_the_lock_of_a_library_is_named_after_it() -> None:
    """Whoever sees the file knows which library it is for."""
    folder = data_folder({"SYNCD_DATA_DIR": "/d"})
    assert str(folder.lock("https://api.zotero.org", "users/475425")) == "/d/api.zotero.org-users-475425.lock"
    assert str(folder.lock("embedded", "users/1")) == "/d/embedded-users-1.lock"


ODD = st.text(st.sampled_from("aA1.:/-_ é\n"), max_size=6)
PLACES = st.one_of(st.builds("{}{}".format, st.sampled_from(["", "https://", "http://"]), ODD), st.text())
PREFIXES = st.one_of(st.builds("{}/{}".format, st.sampled_from(["users", "groups"]), st.integers(0, 99)), ODD)


@given(one=st.tuples(PLACES, PREFIXES), other=st.tuples(PLACES, PREFIXES))
@example(one=("https://a.b", "users/1"), other=("http://a.b", "users/1"))
@example(one=("https://a.b/c", "users/1"), other=("https://a.b-c", "users/1"))
@example(one=("https://a.b", "users/1"), other=("https://A.b", "users/1"))
@example(one=("https://embedded", "users/1"), other=("embedded", "users/1"))
@example(one=("https://a.b\n", "users/1"), other=("https://a.b", "users/1"))
@example(one=("x", "-y"), other=("x-", "y"))
@example(one=("https://a.b users", "1"), other=("https://a.b", "users 1"))
@example(one=("https://a.b" + "c" * 300, "users/1"), other=("https://a.b" + "c" * 300, "users/2"))
def test_two_libraries_never_share_a_lock(one: tuple[str, str], other: tuple[str, str]) -> None:
    """Whatever is in their addresses, also where a file system takes large letters for small ones."""
    names = [DataFolder(Path("/d")).lock(*library) for library in (one, other)]
    assert (str(names[0]).casefold() == str(names[1]).casefold()) == (one == other)
    assert all(name.parent == Path("/d") and len(name.name.encode()) <= 255 for name in names)


def test_folder_is_made_for_the_user_alone(tmp_path: Path) -> None:
    """With what leads to it; a second time changes nothing and leaves nothing behind."""
    folder = DataFolder(tmp_path / "a" / "b")
    folder.create()
    folder.create()
    assert folder.root.stat().st_mode & 0o777 == 0o700
    assert folder.cache.stat().st_mode & 0o777 == 0o700
    assert list(folder.root.iterdir()) == [folder.cache]


@pytest.mark.parametrize("where", ["data", "data/inside"])
def test_file_in_the_way(tmp_path: Path, where: str) -> None:
    """A file that has the folder's name, or that of one above it."""
    (tmp_path / "data").write_text("")
    with pytest.raises(StateError, match=r"file.* is in the way") as caught:
        DataFolder(tmp_path / where).create()
    assert "SYNCD_DATA_DIR" in caught.value.hint


def test_folder_that_nobody_can_write_to() -> None:
    """/proc takes no folders, not even root's."""
    with pytest.raises(StateError, match=r"^the data folder /proc/syncd can't"):
        DataFolder(Path("/proc/syncd")).create()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EROFS, "the file system is read-only"),
        (errno.EACCES, "permission denied"),
        (errno.EDQUOT, "quota"),
        (errno.EIO, "can't be used: Input/output error"),
    ],
)
def test_folder_that_is_there_and_can_not_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str
) -> None:
    """A full or read-only disk is found out before a run, and named."""

    def fail(**_: Any) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(tempfile, "TemporaryFile", fail)
    with pytest.raises(StateError, match=words):
        DataFolder(tmp_path).create()


def test_home_folder_of_the_environment_is_used() -> None:
    """`~` alone and at the start; elsewhere it is a letter like others."""
    env = {"HOME": "/home/jane"}
    assert expand("~", env) == Path("/home/jane")
    assert expand("~/a", env) == Path("/home/jane/a")
    assert expand("a/~", env) == Path("a/~")
    assert expand("~nobody-of-that-name/a", env) == Path("~nobody-of-that-name/a")
