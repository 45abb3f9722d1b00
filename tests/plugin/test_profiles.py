"""Zotero's profiles on each system, and the plugin put into one."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from syncd.cli.main import app
from syncd.plugin.build import xpi
from syncd.plugin.profiles import is_open, profiles, roots

if TYPE_CHECKING:
    from pathlib import Path

# Holds the lock that Zotero holds as long as it runs, and says when it has it.
ZOTERO = """
import fcntl, sys
lock = open(sys.argv[1], "r+b")
fcntl.lockf(lock, fcntl.LOCK_EX)
print("open", flush=True)
sys.stdin.read()
"""
INI = """[General]
StartWithLastProfile=1

[Profile0]
Name=old
IsRelative=1
Path=Profiles/aaaaaaaa.old

[Profile1]
Name=default
IsRelative=1
Path=Profiles/bbbbbbbb.default
Default=1

[Profile2]
Name=gone
IsRelative=1
Path=Profiles/cccccccc.gone
"""


def settle(root: Path, *names: str) -> Path:
    """Make a folder of Zotero's with profiles in it."""
    root.mkdir(parents=True)
    for name in names:
        (root / "Profiles" / name).mkdir(parents=True)
    (root / "profiles.ini").write_text(INI, encoding="utf-8")
    return root


def run(home: Path, *words: str) -> tuple[int, str, str]:
    """Call syncd as a user with this home."""
    env = {"HOME": str(home), "SYNCD_DATA_DIR": str(home / "data")}
    done = CliRunner().invoke(app, ["plugin", "install", *words], env=env)
    return done.exit_code, " ".join(done.stdout.split()), " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("platform", "where"),
    [
        ("linux", ".zotero/zotero"),
        ("linux", ".var/app/org.zotero.Zotero/.zotero/zotero"),
        ("linux", "snap/zotero-snap/common/.zotero/zotero"),
        ("darwin", "Library/Application Support/Zotero"),
        ("win32", "AppData/Roaming/Zotero/Zotero"),
    ],
)
def test_profiles_are_found(tmp_path: Path, platform: str, where: str) -> None:
    """Where each system has them, the usual one first, and none that is gone."""
    root = settle(tmp_path / where, "aaaaaaaa.old", "bbbbbbbb.default")
    env = {"HOME": str(tmp_path), "APPDATA": str(tmp_path / "AppData" / "Roaming")}
    found = profiles(env, platform)
    assert [(profile.name, profile.folder) for profile in found] == [
        ("default", root / "Profiles" / "bbbbbbbb.default"),
        ("old", root / "Profiles" / "aaaaaaaa.old"),
    ]


def test_a_profile_elsewhere_is_found_by_its_whole_path(tmp_path: Path) -> None:
    """The user may have put it on another disk."""
    (tmp_path / "disk").mkdir()
    root = settle(tmp_path / ".zotero/zotero")
    (root / "profiles.ini").write_text(f"[Profile0]\nName=x\nIsRelative=0\nPath={tmp_path / 'disk'}\n")
    assert [profile.folder for profile in profiles({"HOME": str(tmp_path)}, "linux")] == [tmp_path / "disk"]


@pytest.mark.parametrize("text", ["", "no ini at all", "[Profile0]\nName=x\n", "[Profile0\n"])
def test_a_list_that_cant_be_read_is_as_none(tmp_path: Path, text: str) -> None:
    """Zotero may be writing it."""
    root = settle(tmp_path / ".zotero/zotero")
    (root / "profiles.ini").write_text(text)
    assert profiles({"HOME": str(tmp_path)}, "linux") == ()


def test_windows_without_its_folder_has_no_profiles() -> None:
    """Where nothing is known, nothing is guessed."""
    assert roots({}, "win32") == ()


def test_without_yes_nothing_is_put_into_a_profile(tmp_path: Path) -> None:
    """The user is told what to do, and with which file."""
    root = settle(tmp_path / ".zotero/zotero", "bbbbbbbb.default")
    code, said, _ = run(tmp_path)
    assert code == 0
    (place,) = (tmp_path / "data" / "cache").glob("*.xpi")
    assert place.read_bytes() == xpi()
    assert f"The plugin is in {place}" in said
    assert "Install Plugin From File" in said
    assert "bbbbbbbb.default has no plugin of syncd yet" in said
    assert list((root / "Profiles" / "bbbbbbbb.default").iterdir()) == []


def test_with_yes_the_plugin_is_put_into_the_one_profile(tmp_path: Path) -> None:
    """Again too, for an upgrade; nothing else is left there."""
    root = settle(tmp_path / ".zotero/zotero", "bbbbbbbb.default")
    for _ in range(2):
        code, said, _ = run(tmp_path, "--yes")
        assert code == 0
        assert "Start Zotero" in said
    folder = root / "Profiles" / "bbbbbbbb.default"
    assert [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()] == [
        "extensions/syncd@zotero.xpi"
    ]
    assert (folder / "extensions" / "syncd@zotero.xpi").read_bytes() == xpi()


def test_of_several_profiles_one_must_be_named(tmp_path: Path) -> None:
    """None is chosen for the user."""
    root = settle(tmp_path / ".zotero/zotero", "aaaaaaaa.old", "bbbbbbbb.default")
    code, _, said = run(tmp_path, "--yes")
    assert code == 1
    assert "several profiles" in said
    assert not list(root.rglob("*.xpi"))
    folder = root / "Profiles" / "aaaaaaaa.old"
    assert run(tmp_path, "--yes", "--profile", str(folder))[0] == 0
    assert [path.parent.parent for path in root.rglob("*.xpi")] == [folder]


def test_without_a_profile_there_is_a_sentence(tmp_path: Path) -> None:
    """And no folder is made."""
    code, _, said = run(tmp_path, "--yes")
    assert (code, "no profile of Zotero" in said) == (1, True)
    nowhere = tmp_path / "nowhere"
    code, _, said = run(tmp_path, "--yes", "--profile", str(nowhere))
    assert (code, "is no folder" in said) == (1, True)
    assert not nowhere.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Zotero's lock is of another kind there")
def test_a_profile_that_zotero_has_open_is_left_alone(tmp_path: Path) -> None:
    """Zotero would not see the file, and might not start the next time as it should."""
    root = settle(tmp_path / ".zotero/zotero", "bbbbbbbb.default")
    folder = root / "Profiles" / "bbbbbbbb.default"
    (folder / ".parentlock").write_bytes(b"")
    (profile,) = profiles({"HOME": str(tmp_path)}, "linux")
    assert not is_open(profile)
    words = [sys.executable, "-c", ZOTERO, str(folder / ".parentlock")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as zotero:
        assert zotero.stdout is not None
        assert zotero.stdout.readline() == "open\n"
        code, _, said = run(tmp_path, "--yes")
        zotero.communicate()
    assert code == 1
    assert "has the profile default open" in said
    assert not list(folder.rglob("*.xpi"))
    assert run(tmp_path, "--yes")[0] == 0
