"""What people meet who type: where options may stand, what help shows, and what is said of a mistyped command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from test_docs import commands, every_command
from typer.testing import CliRunner

from owner import show
from syncd.cli.main import COMMANDS, app

if TYPE_CHECKING:
    from desk import Desk


@pytest.mark.parametrize(
    ("words", "said", "hint"),
    [
        ("push x --plan p", "a saved plan says itself what is pushed", "leave out sources"),
        ("push --plan p --max-create 3", "a saved plan says itself what is pushed", "--max-create"),
        ("push --plan p --accept-shrunk", "a saved plan says itself what is pushed", "--accept-shrunk"),
        ("login --desktop --key", "there is no key to paste", "Leave out --key."),
        ("push --foo", "no such option: --foo", "syncd push --help"),
        ("pusch", "no such command 'pusch'. Did you mean 'push'", "syncd --help"),
        ("parse", "missing argument 'SOURCE'", "syncd parse --help"),
        ("push --max-create x", "invalid value for '--max-create': it should be a whole number", "--help"),
        ("push --max-create -1", "invalid value for '--max-create': it should be 0 or more", "--help"),
        ("parse page.txt --captured now", "'--captured': 'now' is no day such as 2026-06-01", "--help"),
        ("config chekc", "no such command 'chekc'", "syncd config --help"),
        ("push page.txt page.txt", "page.txt is named twice", ""),
        ("sync-now ann ann", "ann is named twice", ""),
        ("pause ann ann", "ann is named twice", ""),
        ("review Alpha", "name one paper, and one of --same, --different, --later", ""),
        ("review Alpha --later --item K", "--item goes with --same", ""),
        ("resume ann --library main", "--library goes with --new-collection", ""),
    ],
)
def test_a_mistyped_command_gets_a_sentence(desk: Desk, words: str, said: str, hint: str) -> None:
    """What is wrong, and what shows what is right; the exit code is that of wrong usage."""
    done = desk.syncd(*words.split())
    first, *rest = done.err.splitlines()
    assert (done.code, done.out) == (2, "")
    assert said in first
    assert hint in "".join(rest)
    assert len(rest) <= 1
    assert "fault" not in done.err


def test_an_empty_name_is_no_source(desk: Desk) -> None:
    """As a variable of the shell that is not set gives it."""
    done = desk.syncd("push", "")
    assert done.code == 2
    assert done.err.startswith("error: the source is empty; it should be a file")
    assert "fault" not in done.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
@pytest.mark.parametrize("words", ["--help", "status", "config show --json"])
def test_output_without_room_gets_a_sentence(desk: Desk, words: str) -> None:
    """The disk behind `>` is full: no fault of syncd's, and no traceback, of Python's end neither."""
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "syncd", *words.split()],
            cwd=desk.folder,
            env=desk.env,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "error: syncd can't write where its output goes: No space left on device",
        "What it recorded is kept. Free some space, and run it again.",
    ]


def test_without_words_help_comes(desk: Desk) -> None:
    """Also of a group of commands; nobody is scolded."""
    assert "Usage: syncd [OPTIONS]" in desk.syncd().out
    assert "Usage: syncd config [OPTIONS]" in desk.syncd("config").out


def test_help_of_no_command_names_a_type_or_cuts_a_sentence() -> None:
    """Neither "<str>" nor "until...", where the terminal is narrow."""
    for name in ("", *commands(), "config", "library", "plugin", "service"):
        shown = CliRunner().invoke(app, [*name.removeprefix("syncd").split(), "--help"], terminal_width=40)
        assert shown.exit_code == 0, name
        assert " <" not in shown.output, name
        assert "..." not in shown.output.replace("]...", ""), name


@pytest.mark.parametrize("width", ["40", "80", "200"])
def test_help_is_plain(desk: Desk, width: str) -> None:
    """No type of Python's, no box, no line that is too long."""
    for words in (("--help",), ("push", "-h"), ("login", "-h")):
        shown = desk.on_terminal(*words, COLUMNS=width).decode()
        assert "<" not in shown
        assert "│" not in shown
        assert max(len(line.rstrip()) for line in shown.splitlines()) <= int(width)


def test_places_stand_before_a_command_and_behind_it(desk: Desk) -> None:
    """The one behind counts where both are said; the environment's counts last."""
    show(desk)
    (desk.folder / "config.toml").rename(desk.folder / "mine.toml")
    other = ("--data-dir", "elsewhere")
    assert desk.syncd("--config", "mine.toml", *other, "push", "ann").code == 0
    assert (desk.folder / "elsewhere" / "syncd.sqlite").exists()
    assert not desk.data.root.exists()
    assert desk.syncd("push", "ann", "--config", "mine.toml", *other, "--exit-code").code == 9
    assert desk.syncd("--config", "not.toml", "push", "--config", "mine.toml", *other).code == 0
    assert "not.toml: there is no such configuration file" in desk.syncd("--config", "not.toml", "push").err


def test_every_command_takes_a_data_folder() -> None:
    """Commands are added in one way, and the list of them says what each says of itself."""
    for name, command in every_command().items():
        assert [option for each in command.params for option in each.opts if option == "--data-dir"], name
        listed = COMMANDS.get(name.removeprefix("syncd "))
        assert listed is None or command.get_short_help_str() == listed[1]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands(desk: Desk, shell: str) -> None:
    """The shell asks syncd which commands there are."""
    script = desk.syncd("--show-completion", shell, _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert "_SYNCD_COMPLETE" in script.out
    asked = {"COMP_WORDS": "syncd pu", "COMP_CWORD": "1", "_TYPER_COMPLETE_ARGS": "syncd pu"}
    asked |= {"_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    done = desk.syncd(_SYNCD_COMPLETE=f"complete_{shell}", **asked)
    assert "push" in done.out
