"""The plugin as one file: always the same bytes, and what Zotero needs in it."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

from typer.testing import CliRunner

import syncd
from node import NODE
from syncd.cli.main import app
from syncd.cli.plugin import NAME
from syncd.plugin import ID
from syncd.plugin.build import APART, LOCALES, WORDS_FILE, bootstrap, contents, scripts, source, xpi
from syncd.words import WORDS

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

# What Zotero calls.
CALLED = ("install", "startup", "shutdown", "uninstall", "onMainWindowLoad", "onMainWindowUnload")


def test_the_same_source_gives_the_same_bytes(tmp_path: Path) -> None:
    """Also in another process, with other hashes and another hour."""
    other = tmp_path / "other.xpi"
    words = [sys.executable, "-m", "syncd", "plugin", "build", "-o", str(other)]
    env = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}
    subprocess.run(words, check=True, capture_output=True, env=env)
    assert other.read_bytes() == xpi() == xpi()


def test_the_manifest_has_what_zotero_demands() -> None:
    """An address for updates that is not https turns a plugin off without a word."""
    about = json.loads(contents()["manifest.json"])
    assert about["manifest_version"] == 2
    assert about["version"] == syncd.__version__
    zotero = about["applications"]["zotero"]
    assert zotero["id"] == ID
    assert re.fullmatch(r"[a-z0-9-._]+@[a-z0-9-._]+", ID)
    assert zotero["update_url"].startswith("https://")
    assert (zotero["strict_min_version"], zotero["strict_max_version"]) == ("8.0", "11.*")
    assert set(about["icons"].values()) <= contents().keys()


def test_the_file_is_a_zip_of_fixed_times_in_order() -> None:
    """Names sorted, no folder above them."""
    with zipfile.ZipFile(io.BytesIO(xpi())) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert names == sorted(names)
    assert {"bootstrap.js", "manifest.json", "prefs.js", "locale/en-US/syncd.ftl"} <= set(names)


def test_no_language_of_zoteros_is_without_strings() -> None:
    """Where the plugin does not speak it, they are English; one that is missing would make all of Zotero English."""
    found = contents()
    own = {"en-US", "de"}
    files = {name.rpartition("/")[2] for name in found if name.startswith("locale/en-US/")} - {WORDS_FILE}
    assert own <= set(LOCALES)
    assert len(files) == 2
    for locale in LOCALES:
        like = locale if locale in own else "en-US"
        for file in files:
            said = (source() / "locale" / like / file).read_bytes()
            assert found[f"locale/{locale}/{file}"] == said


def test_what_syncd_says_is_there_in_each_language_that_the_plugin_speaks() -> None:
    """All of it. It is ASCII, for its reader may take it for Latin."""
    found = contents()
    there = {name for name in found if name.endswith(f"/{WORDS_FILE}")}
    assert there == {"locale/en-US/messages.json", "locale/de/messages.json"}
    assert json.loads(found["locale/en-US/messages.json"]) == WORDS
    german = (source() / "locale" / "de" / WORDS_FILE).read_text(encoding="utf-8")
    assert json.loads(found["locale/de/messages.json"]) == json.loads(german)
    assert all(found[name].isascii() for name in there)


def test_every_script_is_in_the_one_that_zotero_loads() -> None:
    """The one that defines the plugin's object comes first; Zotero loads no other."""
    names = [name for name, _ in scripts(source())]
    there = {str(path.name) for path in source().iterdir() if path.name.endswith(".js")} - APART
    assert names[0] == "lifecycle.js"
    assert there <= set(names)
    assert not any(name.endswith(".js") for name in contents().keys() - APART - {"bootstrap.js"})
    assert contents().keys() >= APART


def test_the_one_script_has_what_zotero_calls_and_no_other_name_but_its_own(tmp_path: Path) -> None:
    """What a part defines stays in it."""
    script = tmp_path / "bootstrap.js"
    script.write_text(bootstrap(source()), encoding="utf-8")
    look = (
        "const vm = require('node:vm'), scope = vm.createContext({});"
        "vm.runInContext(require('node:fs').readFileSync(process.argv[1], 'utf8'), scope);"
        "console.log(JSON.stringify(Object.keys(scope)))"
    )
    done = subprocess.run([NODE, "-e", look, script], capture_output=True, text=True, check=True)
    assert set(json.loads(done.stdout)) == {"Syncd", *CALLED}


def test_build_writes_into_the_folder_where_it_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under a name that tells the version."""
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["plugin", "build"])
    assert (done.exit_code, done.stdout) == (0, f"Wrote {NAME}\n")
    assert (tmp_path / NAME).read_bytes() == xpi()


def test_build_says_plainly_that_it_cant_write(tmp_path: Path) -> None:
    """A sentence, and nothing half-written."""
    (tmp_path / "file").write_text("")
    done = CliRunner().invoke(app, ["plugin", "build", "-o", str(tmp_path / "file" / "x.xpi")])
    assert done.exit_code == 1
    assert "can't be written" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_install_writes_the_plugin_and_says_what_to_click(tmp_path: Path) -> None:
    """The file lies in the data folder, and Zotero's own folders are left alone."""
    env = {"HOME": str(tmp_path), "SYNCD_DATA_DIR": str(tmp_path / "data")}
    done = CliRunner().invoke(app, ["plugin", "install"], env=env)
    assert done.exit_code == 0
    place = tmp_path / "data" / "cache" / NAME
    assert place.read_bytes() == xpi()
    assert f"Install Plugin From File…, and choose {place} there" in done.stdout
    assert "syncd login --desktop" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
