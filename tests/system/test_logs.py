"""Lines of the daemon's log as a real process writes them: to a terminal, a pipe, the journal, and to nobody."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.daemon import logs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SETUP = """
import logging, os, sys, threading, warnings
from datetime import UTC, datetime
from syncd.daemon import logs
from structlog.contextvars import bound_contextvars
class Clock:
    def now(self): return datetime(2026, 6, 2, 12, 0, 5, tzinfo=UTC)
own = logs.configure(sys.stderr, os.environ, clock=Clock())
log = logs.get_logger()
"""
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
# A key has small and capital letters and digits.
KEYS = st.text(LETTERS, min_size=21, max_size=21).map(lambda text: f"{text[:9]}a{text[9:]}Z9")


def start(program: str, stderr: int, **env: str) -> subprocess.Popen[bytes]:
    """Start a process that logs."""
    return subprocess.Popen(
        [sys.executable, "-c", SETUP + program],
        stderr=stderr,
        stdout=subprocess.PIPE,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "TZ": "UTC-2",
            **env,
        },
    )


def through_pipe(program: str, env: dict[str, str], *, journal: bool = False) -> list[str]:
    """Return the lines that a process writes to a pipe."""
    reader, writer = os.pipe()
    if journal:
        status = os.fstat(writer)
        env = env | {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}
    with start(program, writer, **env) as process:
        os.close(writer)
        with os.fdopen(reader, encoding="utf-8") as pipe:
            text = pipe.read()
        process.communicate(timeout=120)
    assert process.returncode == 0, text
    return text.splitlines()


def as_json(program: str, **env: str) -> list[dict[str, Any]]:
    """Return the lines of a pipe, each an object by itself."""
    return [json.loads(line) for line in through_pipe(program, env)]


def on_terminal(program: str, **env: str) -> str:
    """Return what a process shows on a terminal."""
    master, slave = pty.openpty()
    with start(program, slave, **env) as process:
        os.close(slave)
        shown = b""
        try:
            while piece := os.read(master, 65536):
                shown += piece
        except OSError:  # Linux says so when the last writer has gone
            pass
        os.close(master)
        process.communicate(timeout=120)
    assert process.returncode == 0, shown
    return shown.decode()


def test_pipe_gets_an_object_a_line() -> None:
    """Time in UTC, level, sentence and run come first; what is not plain becomes words."""
    (line,) = as_json(
        'log.info("3 papers added — Gödel", papers=3, ratio=float("nan"), at={"a": [1, object]})'
    )
    assert list(line)[:4] == ["time", "level", "event", "run"]
    assert (line["time"], line["level"]) == ("2026-06-02T12:00:05.000+00:00", "info")
    assert (line["event"], line["papers"], line["ratio"]) == ("3 papers added — Gödel", 3, "nan")
    assert line["at"] == {"a": [1, "<class 'object'>"]}


def test_every_line_carries_a_run() -> None:
    """Its own within a run, the process's outside and in threads that know of none."""
    program = """
with bound_contextvars(run="R1", profile="ann"):
    log.info("in")
    thread = threading.Thread(target=lambda: log.info("beside")); thread.start(); thread.join()
log.info(own)
"""
    inside, beside, outside = as_json(program)
    assert (inside["run"], inside["profile"]) == ("R1", "ann")
    assert beside["run"] == outside["run"] == outside["event"]
    assert "profile" not in outside


def test_terminal_gets_a_readable_line_in_local_time() -> None:
    """The level is coloured, what belongs to the sentence is dim, and the sentence stands out."""
    shown = on_terminal('log.warning("the page shrank", profile="Jane Doe")', TERM="xterm")
    assert '\x1b[33mwarning\x1b[0m the page shrank \x1b[2mprofile="Jane Doe"\x1b[0m' in shown
    plain = re.sub(r"\x1b\[\d+m", "", shown)
    assert re.fullmatch(
        r'14:00:05 warning the page shrank profile="Jane Doe" run=2026-06-02T12:00:05Z-[0-9a-f]{8}\r\n', plain
    )


def test_terminal_without_colours() -> None:
    """$NO_COLOR and a dumb terminal get the words alone."""
    for env in ({"NO_COLOR": "1", "TERM": "xterm"}, {"TERM": "dumb"}):
        assert on_terminal('log.error("x", a=1)', **env).startswith("14:00:05 error   x a=1 run=")


def test_title_cannot_write_on_the_terminal() -> None:
    """Control characters are spelt out, in sentences and in what belongs to them."""
    shown = on_terminal(r'log.info("a\x1b[2Jb\nc", title="\x1b]0;x\x07\u202e")', NO_COLOR="1")
    assert "\x1b" not in shown
    assert r"a\x1b[2Jb\nc title=\x1b]0;x\x07\u202e" in shown
    assert shown.count("\n") == 1


def test_journal_gets_priorities() -> None:
    """Each line starts with the one of its level; the rest is the same JSON."""
    program = 'for name in ("debug", "info", "warning", "error", "critical"): getattr(log, name)("x")'
    lines = through_pipe(program, {"SYNCD_DEBUG": "1"}, journal=True)
    assert [line[:3] for line in lines] == ["<7>", "<6>", "<4>", "<3>", "<2>"]
    assert [json.loads(line[3:])["level"] for line in lines][:2] == ["debug", "info"]


def test_journal_of_another_stream_is_not_this_one() -> None:
    """A pipe is a pipe though systemd once connected something else."""
    (line,) = as_json('log.info("x")', JOURNAL_STREAM="1:2")
    assert line["event"] == "x"


def test_debug_lines_are_for_those_who_ask() -> None:
    """Without $SYNCD_DEBUG there are none."""
    assert as_json('log.debug("x")') == []


def test_libraries_warnings_go_the_same_way() -> None:
    """Warnings and errors of the standard library's loggers and `warnings`; nothing below, nothing broken."""
    program = """
logging.getLogger("urllib3").info("quiet")
logging.getLogger("urllib3").warning("slow: %s", "a key Abcdefghijklmnopqrstuvw1")
logging.getLogger("apscheduler").error("wrong %d", "x")
warnings.warn("old", stacklevel=1)
try: 1 / 0
except ZeroDivisionError: logging.getLogger("watchdog").exception("failed")
"""
    slow, wrong, old, failed = as_json(program)
    assert (slow["level"], slow["logger"], slow["event"]) == (
        "warning",
        "urllib3",
        "slow: a key (a key, not shown)",
    )
    assert (wrong["level"], wrong["event"]) == ("error", "wrong %d")
    assert old["logger"] == "py.warnings"
    assert failed["exception"].startswith("ZeroDivisionError: division by zero (")


FAULT = """
def inner(): raise KeyError("Abcdefghijklmnopqrstuvw1")
def outer():
    try: inner()
    except KeyError as error: raise ValueError("second") from error
try: outer()
except ValueError: log.exception("a fault in syncd")
"""


def test_exception_is_one_line() -> None:
    """Type, message, where, and the cause; without what looks like a key."""
    (line,) = as_json(FAULT)
    second, first = line["exception"].split("; caused by ")
    assert re.match(r"ValueError: second \(<string>:\d+ outer < <string>:\d+ <module>\)", second)
    assert re.match(r"KeyError: '\(a key, not shown\)' \(<string>:\d+ inner < <string>:\d+ outer\)", first)
    shown = on_terminal(FAULT, NO_COLOR="1")
    assert shown.count("\n") == 1
    assert 'fault="ValueError: second (' in shown


def test_value_that_has_no_words_does_no_harm() -> None:
    """A broken `__str__` costs its words, not the line."""
    program = """
class Broken:
    def __str__(self): raise RuntimeError
log.info("x", it=Broken())
"""
    (line,) = as_json(program)
    assert line["it"] == "(a Broken)"


def test_lone_surrogates_and_poor_locales_stay_json() -> None:
    """File names hold anything, and a service may run without a locale."""
    (line,) = as_json(
        r'log.info("caf\xe9", file="\udcff")', LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0"
    )
    assert (line["event"], line["file"]) == ("café", "\udcff")


def test_long_text_is_cut() -> None:
    """A line stays one line of the journal."""
    (line,) = as_json('log.info("x", answer="y" * 100_000)')
    assert len(line["answer"]) == logs.LONGEST + 1


WRITES = """
for number in range(1000): log.info("x" * 100)
logging.getLogger("y").error("z")
print("alive", flush=True)
"""


def test_closed_pipe_does_not_stop_the_process() -> None:
    """Nor does it change the exit code."""
    reader, writer = os.pipe()
    os.close(reader)
    with start(WRITES, writer) as process:
        os.close(writer)
        out, _ = process.communicate(timeout=120)
    assert (out, process.returncode) == (b"alive\n", 0)


def test_full_disk_does_not_stop_the_process() -> None:
    """/dev/full answers every write as a full disk does."""
    full = os.open("/dev/full", os.O_WRONLY)
    with start(WRITES, full) as process:
        os.close(full)
        out, _ = process.communicate(timeout=120)
    assert (out, process.returncode) == (b"alive\n", 0)


def test_without_standard_error_nothing_else_is_written_to(tmp_path: Path) -> None:
    """The number of a closed standard error goes to the next file that is opened."""
    taken = f"file = open({str(tmp_path / 'data')!r}, 'w'); assert file.fileno() == 2"
    program = f'{taken}\n{SETUP}\nassert sys.stderr is None; log.error("x"); print("alive")'
    words = ["sh", "-c", 'exec "$0" -c "$1" 2>&-', sys.executable, program]
    assert subprocess.run(words, stdout=subprocess.PIPE, timeout=120, check=True).stdout == b"alive\n"
    assert (tmp_path / "data").read_text(encoding="utf-8") == ""


ECHO = """
import json
for asked in sys.stdin:
    text, place, secret = json.loads(asked)
    logs._hidden = ()
    logs.hide(secret)
    if place == "event": log.info(text)
    elif place == "fact": log.info("x", fact=text)
    elif place == "deep": log.info("x", deep={"a": [(text,)], text: 1})
    elif place == "foreign": logging.getLogger("x").error("%s", text)
    else: log.error("x", exc_info=ValueError(text))
"""
PLACES = st.sampled_from(["event", "fact", "deep", "foreign", "error"])


@pytest.fixture(scope="module")
def logged() -> Iterator[Callable[[str, str, str], str]]:
    """Give what a process writes when it logs a text in one of several places, with a secret hidden."""
    reader, writer = os.pipe()
    program = [sys.executable, "-c", SETUP + ECHO]
    with (
        subprocess.Popen(program, stdin=subprocess.PIPE, stderr=writer, text=True) as process,
        os.fdopen(reader, encoding="utf-8") as pipe,
    ):
        os.close(writer)
        assert process.stdin

        def ask(text: str, place: str, secret: str = "") -> str:
            print(json.dumps([text, place, secret]), file=process.stdin, flush=True)
            return pipe.readline()

        yield ask
        process.stdin.close()


@settings(max_examples=200, deadline=None)
@given(KEYS, st.text(max_size=20), st.text(max_size=20), PLACES)
def test_no_key_gets_into_a_line(
    logged: Callable[[str, str, str], str], key: str, before: str, after: str, place: str
) -> None:
    """Wherever it stands, also beside other text."""
    line = logged(f"{before} {key} {after}", place, "")
    assert key not in line
    assert "(a key, not shown)" in line


@settings(max_examples=200, deadline=None)
@given(st.text('abc123/+=&?% ü"\\', min_size=6, max_size=30), PLACES)
def test_no_hidden_secret_gets_into_a_line(
    logged: Callable[[str, str, str], str], secret: str, place: str
) -> None:
    """Whatever it is made of: JSON writes quotes and backslashes in its own way, addresses spaces in theirs."""
    for form in (secret, quote(secret)):
        line = logged(f"<{form}>", place, secret)
        assert form not in words(json.loads(line))
        assert "<(a secret, not shown)>" in line


def words(value: Any) -> str:
    """Return every string of a line, keys and values."""
    if isinstance(value, dict):
        return "\n".join(words(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return "\n".join(map(words, value))
    return str(value)
