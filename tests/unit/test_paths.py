"""Where syncd keeps its data, and what is said when it can't."""

from __future__ import annotations

import errno
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from syncd import paths
from syncd.clock import SystemClock
from syncd.errors import StateError
from syncd.lock import held
from syncd.paths import DataFolder, data_dir, data_folder, expand, replacing, write_whole
from syncd.state.store import Store
from syncd.zotero.embedded import EmbeddedLibrary


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


def test_folder_that_everybody_can_write_to_is_refused(tmp_path: Path) -> None:
    """With the command that mends it."""
    folder = DataFolder(tmp_path / "my data")
    folder.create()
    folder.root.chmod(0o777)
    with pytest.raises(StateError, match="everybody on this computer can write to the data folder") as caught:
        folder.create()
    assert caught.value.hint == f"Mend it with: chmod o-w '{folder.root}'"
    subprocess.run(["/bin/sh", "-c", caught.value.hint.partition(": ")[2]], check=True)
    folder.create()


def test_folder_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though it can be written to just now."""
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000)
    with pytest.raises(StateError, match="belongs to another user") as caught:
        DataFolder(tmp_path).create()
    assert caught.value.hint.startswith(f"sudo chown -R 4000000 {tmp_path}. ")


@pytest.mark.parametrize("contained", [False, True])
def test_root_uses_no_folder_of_others_but_in_a_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, contained: bool
) -> None:
    """There it is often the only user, and the folder is mounted from outside."""
    if os.geteuid() == 0:
        os.chown(tmp_path, 12345, -1)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(paths, "CONTAINER", (tmp_path,) if contained else ())
    monkeypatch.setattr(paths, "_INITS", {Path("/proc/1/comm").read_text(encoding="utf-8").strip()})
    if contained:
        DataFolder(tmp_path).create()
        return
    with pytest.raises(StateError, match="belongs to another user") as caught:
        DataFolder(tmp_path).create()
    assert caught.value.hint.startswith("Run syncd as that user: sudo -u ")


@pytest.mark.parametrize("name", ["syncd.sqlite", "daemon.pid", "cache", "cache/http"])
def test_symbolic_link_in_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    """Nothing is written through it; the folder itself may be one."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "data").symlink_to(tmp_path / "real")
    (tmp_path / "real").mkdir(mode=0o700)
    folder = DataFolder(tmp_path / "data")
    if name != "cache":
        folder.create()
    (folder.root / name).symlink_to(outside)
    with pytest.raises(StateError, match=f"{name} is a symbolic link") as caught:
        folder.create()
    assert caught.value.hint == f"Take it away with: rm {folder.root / name}"
    assert list(outside.iterdir()) == []


def test_databases_are_the_users_alone(tmp_path: Path) -> None:
    """With what SQLite writes beside them, also those of an older syncd, which everybody could read."""
    before = os.umask(0o022)
    try:
        for path in (tmp_path / "new.sqlite", tmp_path / "old.sqlite"):
            if path.name.startswith("old"):
                path.touch(0o644)
                path.with_name("old.sqlite-journal").touch(0o644)
            store = Store.at(path)
            with store.writing() as connection:
                connection.exec_driver_sql("CREATE TABLE a (b)")
                modes = {each.name: each.stat().st_mode & 0o777 for each in tmp_path.glob(f"{path.name}*")}
            store.close()
            assert set(modes.values()) == {0o600}
            assert f"{path.name}-wal" in modes
        with EmbeddedLibrary(tmp_path / "library.sqlite"):
            modes = {each.name: each.stat().st_mode & 0o777 for each in tmp_path.glob("library.sqlite*")}
        assert set(modes.values()) == {0o600}
    finally:
        os.umask(before)


def test_database_is_not_made_through_a_symbolic_link(tmp_path: Path) -> None:
    """One that was put there after the folder was looked at."""
    (tmp_path / "state.sqlite").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StateError, match="is a symbolic link"):
        Store.at(tmp_path / "state.sqlite")
    assert not (tmp_path / "elsewhere").exists()


def test_lock_is_the_users_alone(tmp_path: Path) -> None:
    """Nor is the note of its holder written through a link."""
    (tmp_path / "a.pid").symlink_to(tmp_path / "elsewhere")
    with held(tmp_path / "a.lock", SystemClock()):
        assert (tmp_path / "a.lock").stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "elsewhere").exists()
    with held(tmp_path / "a.lock", SystemClock()):
        assert (tmp_path / "a.pid").stat().st_mode & 0o777 == 0o600


def test_a_file_is_written_whole_with_its_permissions(tmp_path: Path) -> None:
    """Whether it was there or not; nothing else is left in the folder."""
    file = tmp_path / "file"
    for data, mode in ((b"first", 0o600), (b"second", 0o644)):
        write_whole(file, data, mode=mode)
        assert file.read_bytes() == data
        assert file.stat().st_mode & 0o777 == mode
        assert list(tmp_path.iterdir()) == [file]


def interrupted(file: Path) -> None:
    """Write half of a file."""
    with replacing(file) as part:
        part.write_bytes(b"half")
        assert part.stat().st_mode & 0o777 == 0o600
        raise KeyboardInterrupt


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    """As with `syncd plan -o /dev/stdout`: whoever is root would lose a device otherwise."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_whole(pipe, b"new")
        assert os.read(reader, 10) == b"new"
    finally:
        os.close(reader)
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_file_that_can_not_be_written_stays_as_it_was(tmp_path: Path) -> None:
    """However writing ends, the new one is gone."""
    file = tmp_path / "file"
    file.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt):
        interrupted(file)
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "no folder" / "file", b"new")
    (tmp_path / "taken").mkdir()
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path / "taken", b"new")
    assert {path.name for path in tmp_path.iterdir()} == {"file", "taken"}
