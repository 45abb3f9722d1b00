"""`syncd config check` and `show`: all that is wrong at once, and where each value comes from."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from owner import show

if TYPE_CHECKING:
    from desk import Desk


def test_nothing_is_wrong(desk: Desk) -> None:
    """It says so, on standard output alone."""
    show(desk)
    done = desk.syncd("config", "check")
    assert (done.code, done.err) == (0, "")
    assert "nothing is wrong" in done.out


def loaded_by(desk: Desk, *words: str) -> set[str]:
    """Return the modules that a command loads."""
    code = f"import sys, runpy; sys.argv = ['syncd', *{words!r}]\n"
    code += "try: runpy.run_module('syncd', run_name='__main__')\nexcept SystemExit: pass\n"
    code += "print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=desk.env, check=True
    )
    return set(done.stderr.splitlines()[-1].split())


def test_looking_at_the_configuration_needs_neither_a_database_nor_a_client(desk: Desk) -> None:
    """It asks nobody; and a doctor who meets no library on a server needs no client either."""
    (desk.folder / "config.toml").write_text('[profiles.ann]\nsource = "page.txt"\n', encoding="utf-8")
    clients = {"pyzotero", "httpx2", "requests"}
    for words in (("config", "check"), ("config", "show"), ("doctor",)):
        loaded = loaded_by(desk, *words)
        assert "syncd.config.load" in loaded
        assert not loaded & (clients if words == ("doctor",) else clients | {"sqlalchemy"})


def test_every_problem_is_named_with_its_line(desk: Desk) -> None:
    """Not only the first one, and with what was probably meant."""
    desk.configure('schedul = "every 6h"\nadopt = "maybe"\n\n[guards]\nmax_create = "many"\n')
    done = desk.syncd("config", "check")
    file = desk.folder / "config.toml"
    lines = done.err.splitlines()
    assert done.code == 2
    assert lines[0].startswith(f"error: {file}:11: ")
    assert 'did you mean "schedule"?' in lines[0]
    assert [line.split(":")[2] for line in lines] == ["11", "12", "15"]
    assert len(desk.syncd("config", "check", "--json").json["problems"]) == 3


def test_what_is_no_error_but_hardly_meant_is_a_warning(desk: Desk) -> None:
    """The exit code stays 0, for syncd can work with it."""
    (desk.folder / "s2.key").write_text("secret", encoding="ascii")
    (desk.folder / "s2.key").chmod(0o644)
    desk.configure('schedule = "0 0 29 2 *"\n\n[services.s2]\nkey = { file = "s2.key" }\n')
    (desk.folder / "config.toml").chmod(0o666)
    done = desk.syncd("config", "check", "--json")
    assert done.code == 0
    found = [warning["message"] for warning in done.json["warnings"]]
    for words in (
        "others may change this file",
        ":9: profiles.ann.source: there is no",
        ":11: profiles.ann.schedule: it comes not before 2028-02-29",
        "services.s2.key: the file",
    ):
        assert sum(words in message for message in found) == 1, found
    assert len(found) == 4
    assert "chmod 600" in desk.syncd("config", "check").err


def test_a_missing_file_is_said(desk: Desk) -> None:
    """One that was named is an error; where none is, the usual settings apply."""
    assert desk.syncd("config", "check", "--config", "none.toml").code == 2
    done = desk.syncd("config", "check", SYNCD_CONFIG="")
    assert done.code == 0
    assert "syncd init" in done.out


def test_each_value_has_its_origin(desk: Desk) -> None:
    """A line of the file, or the default; places may come from the environment."""
    desk.configure('schedule = "every 12h"\n')
    done = desk.syncd("config", "show", "--json")
    settings = {".".join(each["setting"]): each for each in done.json["settings"]}
    assert settings["profiles.ann.schedule"]["value"] == "every 12h"
    assert settings["profiles.ann.schedule"]["line"] == 11
    assert settings["guards.max_create"] == {
        "setting": ["guards", "max_create"],
        "value": 500,
        "origin": "default",
        "line": None,
    }
    places = {place["name"]: place for place in done.json["places"]}
    assert places["data folder"] == {
        "name": "data folder",
        "path": str(desk.data.root),
        "origin": "SYNCD_DATA_DIR",
    }
    text = desk.syncd("config", "show").out
    assert '\n[profiles.ann]\nsource = "' in text
    assert 'schedule = "every 12h"' in text
    assert "# line 11\n" in text


def test_secrets_are_shown_as_what_they_refer_to(desk: Desk) -> None:
    """The key is not fetched: no command is run."""
    ran = desk.folder / "ran"
    desk.configure(
        f'\n[services.s2]\nkey = {{ command = ["touch", "{ran}"] }}\n'
        '[ping]\nurl = "https://hc.example.org/hidden-part"\n'
        '[notify]\ncommand = ["mail", "hidden-word"]\nurls = [{ file = "none" }]\n'
    )
    out = desk.syncd("config", "show").out
    assert "(environment variable TEST_KEY)" in out
    assert "the environment variable TEST_KEY is set" in out
    assert "the command touch is there; it was not run" in out
    assert "No such file" in out
    assert "hidden" not in out
    assert not ran.exists()
    (secret,) = [
        each
        for each in desk.syncd("config", "show", "--json", TEST_KEY="").json["settings"]
        if each["setting"] == ["libraries", "main", "key"]
    ]
    assert secret["secrets"][0]["found"] is False


def test_one_library_under_two_names_is_a_warning(desk: Desk) -> None:
    """Its papers would be pushed, and shown, twice."""
    show(desk)
    text = (desk.folder / "config.toml").read_text(encoding="utf-8")
    again = text.split("[profiles", maxsplit=1)[0].replace("main", "again")
    (desk.folder / "config.toml").write_text(f'{text}library = "main"\n{again}', encoding="utf-8")
    done = desk.syncd("config", "check")
    assert done.code == 0
    assert "libraries.main and libraries.again are one library under two names" in done.err
    assert "1 warning" in done.out


@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_variable_is_called_empty(desk: Desk, value: str) -> None:
    """By the check as by the push."""
    show(desk)
    assert "TEST_KEY is empty" in desk.syncd("config", "check", TEST_KEY=value).err
    assert "TEST_KEY is empty" in desk.syncd("push", TEST_KEY=value).err
