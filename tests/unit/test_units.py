"""What service managers are told: quoting, the files that come with syncd, what each form allows."""

from __future__ import annotations

import plistlib
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from syncd.errors import ConfigError
from syncd.service import launchd, systemd
from syncd.service.base import Start

if TYPE_CHECKING:
    from syncd.service.systemd import Form

SHIPPED = Path(__file__).parent.parent.parent / "systemd"

texts = st.text(
    st.characters(min_codepoint=32, exclude_categories=["Cs"], exclude_characters="\x7f"), min_size=1
)
paths = texts.map(lambda text: Path("/", text))
executables = paths.filter(lambda path: not set(str(path)) & set("\"'\\"))


def words(value: str) -> list[str]:
    """Return the words of a setting as systemd reads them: systemd.syntax(7), then systemd.unit(5), "Specifiers"."""
    found: list[str] = []
    current, quote, letters = None, "", iter(value)
    for letter in letters:
        if letter == "\\":
            current = (current or "") + next(letters)
        elif letter == quote:
            quote = ""
        elif quote:
            current = (current or "") + letter
        elif letter in "\"'":
            quote, current = letter, current or ""
        elif letter not in " \t":
            current = (current or "") + letter
        elif current is not None:
            found.append(current)
            current = None
    assert not quote, "a quotation mark is left open"
    found += [] if current is None else [current]
    assert not any("%" in word.replace("%%", "") for word in found), "a specifier"
    return [word.replace("%%", "%") for word in found]


def settings(unit: str, name: str) -> list[str]:
    """Return the values of a setting."""
    return [line.removeprefix(f"{name}=") for line in unit.split("\n") if line.startswith(f"{name}=")]


def unit(form: Form, *, timer: bool = False, config: Path | None = None, data: Path | None = None) -> str:
    """Return a service."""
    start = Start(("/opt/syncd",), timer, config, data, {})
    return systemd.unit_files(start, form)[systemd.unit_names(timer=timer)[0]]


@given(executables, paths, paths)
@example(Path("/a b/100%/$HOME/é"), Path('/$HOME/\\n "%h" it\'s'), Path("/; #/tab\\"))
def test_odd_names_mean_themselves(executable: Path, config: Path, data: Path) -> None:
    """Neither a space nor a quotation mark, a dollar, a percent sign or a backslash is more than a letter."""
    start = Start((str(executable),), timer=False, config=config, data=data, env={}, writes=(config,))
    text = systemd.unit_files(start, "user")["syncd.service"]
    (line,) = settings(text, "ExecStart")
    # The colon: no variable is replaced.
    assert words(line) == [f":{executable}", "run", "--config", str(config)]
    (line,) = settings(text, "Environment")
    assert words(line) == [f"SYNCD_DATA_DIR={data}"]
    assert [words(line) for line in settings(text, "ReadWritePaths")] == [[f"-{data}"], [f"-{config}"]]


@pytest.mark.parametrize("odd", ["/a\nExecStartPre=/bin/evil", "/a\tb", "/\x7f", "/\udcff"])
def test_what_no_unit_can_hold_is_refused(odd: str) -> None:
    """A line break in a name must not become a setting."""
    with pytest.raises(ConfigError, match="control characters"):
        Start((odd,), timer=False, config=None, data=None, env={})
    with pytest.raises(ConfigError, match="control characters"):
        Start(("/opt/syncd",), timer=False, config=None, data=Path(odd), env={})


@pytest.mark.parametrize("odd", ["/it's/syncd", '/a"b/syncd', "/a\\b/syncd"])
def test_an_executable_that_systemd_can_not_start_is_refused(odd: str) -> None:
    """It is fatal to a unit, however well it is quoted."""
    with pytest.raises(ConfigError, match="quotation mark"):
        systemd.unit_files(Start((odd,), timer=False, config=None, data=None, env={}), "user")


def test_the_units_that_come_along_are_up_to_date() -> None:
    """They are made by: make units."""
    there = {str(path.relative_to(SHIPPED)): path.read_text("utf-8") for path in SHIPPED.rglob("*.*")}
    assert there == systemd.shipped()


def test_a_users_service_keeps_its_data_where_commands_look() -> None:
    """The system's has a folder of systemd's instead."""
    mine = unit("user", data=Path("/data"))
    assert settings(mine, "Environment") == ["SYNCD_DATA_DIR=/data"]
    assert settings(mine, "ReadWritePaths") == ["-/data"]
    assert not settings(mine, "StateDirectory")
    ours = unit("system")
    assert not settings(ours, "Environment")
    assert settings(ours, "StateDirectory") == ["syncd"]


def test_a_worker_writes_nowhere_but_to_a_folder_of_its_own() -> None:
    """It is as confined as the daemon, and has no data folder."""
    ours, daemon = systemd.worker_unit("/opt/syncd"), unit("system")
    kept = {"ExecReload", "ExecStart", "StateDirectory", "StateDirectoryMode", "User", "Description"}
    lost = {
        line.partition("=")[0] for line in set(daemon.splitlines()) - set(ours.splitlines()) if line[0] != "#"
    }
    assert lost == kept
    assert not settings(ours, "ReadWritePaths")
    assert settings(ours, "ExecStart") == [":/opt/syncd worker --config /etc/syncd/worker.toml"]


def test_what_a_computer_may_refuse_can_be_left_out() -> None:
    """And nothing else goes with it; what is left out is told by the unit."""
    whole = unit("user", data=Path("/data"))
    assert systemd.left_out_of(whole) == ()
    start = Start(("/opt/syncd",), timer=False, config=None, data=Path("/data"), env={})
    for refused in (*((setting,) for setting in systemd.confinement()), systemd.confinement()):
        text = systemd.unit_files(start, "user", refused)["syncd.service"]
        assert systemd.left_out_of(text) == refused
        gone = set(whole.splitlines()) - set(text.splitlines()) - set(refused)
        assert gone <= {"ReadWritePaths=-/data"}
    # Exceptions to what is not refused any more would ask for the namespace that is.
    assert not settings(text, "ReadWritePaths")


@pytest.mark.parametrize("form", ["user", "system"])
def test_the_daemon_is_watched_and_started_again_only_where_that_can_help(form: Form) -> None:
    """Not after a wrong configuration, a wrong key or a changed page."""
    text = unit(form)
    assert settings(text, "Type") == ["notify"]
    assert settings(text, "WatchdogSec") == ["120"]
    assert settings(text, "Restart") == ["on-failure"]
    assert settings(text, "RestartPreventExitStatus") == ["2 4 7"]


def test_of_a_timers_pushes_only_those_are_repeated_that_lacked_the_network() -> None:
    """Of the exit codes of failures, 5 alone leads to another try; 6 and 11 are none."""
    text = unit("user", timer=True)
    assert settings(text, "RestartPreventExitStatus") == ["1 2 3 4 7 8"]
    assert settings(text, "SuccessExitStatus") == ["6 11"]
    assert " push" in settings(text, "ExecStart")[0]


def test_the_timer_spreads_pushes_and_makes_up_for_missed_ones() -> None:
    """Both are the same for every form."""
    timer = systemd.unit_files(Start(("/opt/syncd",), timer=True, config=None, data=None, env={}), "user")[
        systemd.TIMER
    ]
    assert settings(timer, "Persistent") == ["yes"]
    assert settings(timer, "RandomizedDelaySec") == ["30min"]


@given(texts, paths)
def test_an_agent_of_launchd_says_the_same(word: str, data: Path) -> None:
    """Its property list can be read back."""
    start = Start(("/opt/syncd", word), timer=False, config=None, data=data, env={})
    agent = plistlib.loads(launchd.agent(start, Path("/log")))
    assert agent["ProgramArguments"] == ["/opt/syncd", word, "run"]
    assert agent["EnvironmentVariables"] == {"SYNCD_DATA_DIR": str(data)}
    assert agent["KeepAlive"] == {"SuccessfulExit": False}
    assert agent["StandardErrorPath"] == "/log"


def test_an_agent_of_launchd_can_push_now_and_then() -> None:
    """It is started every six hours and ends by itself."""
    start = Start(("/opt/syncd",), timer=True, config=Path("/c"), data=None, env={})
    agent = plistlib.loads(launchd.agent(start, Path("/log")))
    assert agent["Label"] == "org.syncd.push"
    assert agent["ProgramArguments"] == ["/opt/syncd", "push", "--config", "/c"]
    assert agent["StartInterval"] == 6 * 60 * 60
    assert "KeepAlive" not in agent


def test_a_daemon_is_told_to_reload_without_further_programs() -> None:
    """A small Debian has no program `kill`; the shell knows how."""
    (line,) = settings(unit("user"), "ExecReload")
    # As systemd does: quotation marks group, two dollars are one, and the process is in the environment.
    command = [word.replace("$$", "$") for word in words(line)]
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as daemon:
        subprocess.run(command, env={"MAINPID": str(daemon.pid), "PATH": ""}, check=True)
        assert daemon.wait(30) == -signal.SIGHUP
