"""The process in which the daemon parses: hostile pages end it, and nothing and nobody else."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from background import Background, looks, titles, until, write
from clocks import FakeClock
from forks import PATIENCE
from pages import REAL_PAGE
from syncd import read
from syncd.clock import SystemClock
from syncd.daemon import parser as parsing
from syncd.daemon.parser import Parser
from syncd.errors import LayoutError, ParseError, StoppedError, SyncdError
from syncd.messages import told
from syncd.model import Snapshot
from syncd.sources import limits
from trouble_source import install

if TYPE_CHECKING:
    from collections.abc import Iterator

    from desk import Desk, Zotero

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="there is no /proc here (Linux has it)"
)
CLOCK = SystemClock()
PAGE = "Ann Lee\n\n1 Paper\n\nCLFeb 5, 2023\nA title\n\nAnn Lee, Bo Sand\n"


def profiles(*deeds: str) -> str:
    """Return profiles of the plugin that makes trouble."""
    return "".join(f'\n[profiles.{deed}]\nsource = "trouble:{deed}"\n' for deed in deeds)


def of_process(pid: int) -> list[str]:
    """Return what Linux tells of a process behind its name: state, parent, …; nothing where it is gone."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return (
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        )
    return []


def children(pid: int) -> list[int]:
    """Return the processes that a process started."""
    running = [int(place.name) for place in Path("/proc").iterdir() if place.name.isdigit()]
    return [one for one in running if of_process(one)[1:2] == [str(pid)]]


def gone(pid: int) -> bool:
    """Whether a process ended."""
    return of_process(pid)[:1] in ([], ["Z"])


def is_deaf(pid: int) -> bool:
    """Whether a process has come so far that it hears no request to end."""
    found = re.search(
        r"^SigIgn:\s*(\w+)", Path(f"/proc/{pid}/status").read_text(encoding="ascii"), re.MULTILINE
    )
    return bool(found and int(found[1], 16) >> (signal.SIGTERM - 1) & 1)


def snapshot(text: str, form: str = "") -> Snapshot:
    """Return a page, or what the plugin fetched."""
    media_type = f"application/vnd.syncd.{form}" if form else None
    return Snapshot(text.encode(), "a-source", datetime(2026, 6, 1, tzinfo=UTC), media_type)


@pytest.fixture
def parser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Parser]:
    """Give a process with the plugin."""
    monkeypatch.setenv("PYTHONPATH", install(tmp_path / "plugins"))
    monkeypatch.setattr(limits, "PARSING_SECONDS", 60.0)
    found = Parser()
    yield found
    found.close()


# In the daemon


def test_a_page_that_hangs_or_grows_stops_no_other(desk: Desk, zotero: Zotero, tmp_path: Path) -> None:
    """The good profile is pushed before and after, the daemon answers meanwhile, and the others' trouble is said."""
    write(desk.page, "Alpha")
    desk.configure(profiles("hang", "grow", "die"))
    with Background(desk, PYTHONPATH=install(tmp_path / "plugins"), TROUBLE_SECONDS="10") as daemon:
        daemon.until(lambda: all(looks(daemon, name) for name in ("ann", "hang", "grow", "die")))
        assert titles(zotero) == ["Alpha"]
        troubles = {profile["name"]: profile["trouble"] for profile in daemon.ask("status")["profiles"]}
        assert troubles["ann"] is None
        assert (
            "parsing took longer than 10 seconds and was stopped; the papers of before stay"
            in troubles["hang"]
        )
        assert "parsing took more memory than it may have" in troubles["grow"]
        assert "the process that parses ended over it (signal 9)" in troubles["die"]
        write(desk.page, "Alpha", "Beta")
        daemon.until(lambda: titles(zotero) == ["Alpha", "Beta"])
        assert daemon.end() == 0


def test_it_can_be_asked_and_ended_while_a_page_hangs(desk: Desk, tmp_path: Path) -> None:
    """Status is told, SIGTERM is heard, and the process, which hears none itself, goes with the daemon."""
    desk.configure(profiles("hang"))
    with Background(desk, PYTHONPATH=install(tmp_path / "plugins")) as daemon:
        (child,) = daemon.until(lambda: children(daemon.process.pid))
        until(lambda: is_deaf(child))
        os.kill(child, signal.SIGINT)
        os.kill(child, signal.SIGTERM)
        status = {profile["name"]: profile["running"] for profile in daemon.ask("status")["profiles"]}
        assert "reading trouble:hang" in status["hang"]
        assert not gone(child)
        assert daemon.end() == 0
        until(lambda: gone(child))
        (look,) = looks(daemon, "hang")
        assert "syncd was asked to end" in look["event"]


def test_it_ends_with_a_daemon_that_is_killed(desk: Desk, tmp_path: Path) -> None:
    """Also in the middle of a page that hangs."""
    desk.configure(profiles("hang"))
    with Background(desk, PYTHONPATH=install(tmp_path / "plugins")) as daemon:
        (child,) = daemon.until(lambda: children(daemon.process.pid))
        daemon.until(lambda: "reading trouble:hang" in str(daemon.ask("status")))
        daemon.process.kill()
        until(lambda: gone(child))


def test_a_process_that_is_killed_is_started_anew(desk: Desk, daemon: Background, zotero: Zotero) -> None:
    """Nobody has to know; and there is one, however many looks there were."""
    (first,) = children(daemon.process.pid)
    write(desk.page, "Alpha", "Delta")
    daemon.until(lambda: "Delta" in titles(zotero))
    assert children(daemon.process.pid) == [first]
    os.kill(first, signal.SIGKILL)
    write(desk.page, "Alpha", "Zeta")
    daemon.until(lambda: "Zeta" in titles(zotero))
    (second,) = children(daemon.process.pid)
    assert second != first


# By itself


def test_it_reads_what_a_command_reads(parser: Parser) -> None:
    """The profile is the same, to the last link and warning."""
    real = Snapshot(REAL_PAGE.read_bytes(), str(REAL_PAGE), datetime(2026, 6, 1, tzinfo=UTC))
    assert parser.parse(real, "auto", CLOCK) == read.parse(real)


def test_errors_are_those_of_a_command(parser: Parser) -> None:
    """Class, words, place and hint come through, and all that is said keeps its code."""
    with pytest.raises(ParseError) as here:
        read.parse(snapshot("hello"), "auto")
    with pytest.raises(ParseError) as there:
        parser.parse(snapshot("hello"), "auto", CLOCK)
    assert (str(there.value), there.value.hint, there.value.line) == (
        str(here.value),
        here.value.hint,
        here.value.line,
    )
    assert [told(words) for words in (there.value.words, there.value.hint)] == [
        told(words) for words in (here.value.words, here.value.hint)
    ]
    assert told(there.value.expected)["code"] == "expected-profile-page"
    with pytest.raises(LayoutError, match="a-source:3: no paper was found; expected papers") as changed:
        parser.parse(snapshot("change", "trouble"), "auto", CLOCK)
    assert changed.value.hint == "Look."
    with pytest.raises(SyncdError, match="it rains"):
        parser.parse(snapshot("complain", "trouble"), "auto", CLOCK)


def test_it_has_no_key_no_lock_and_no_socket_but_its_own(
    parser: Parser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can find Python, and read its line to the daemon."""
    monkeypatch.setenv("SOME_KEY", "secret")
    with (tmp_path / "a-lock").open("w", encoding="utf-8") as lock:
        os.set_inheritable(lock.fileno(), bool(lock))
        facts = [paper.title for paper in parser.parse(snapshot("tell", "trouble"), "auto", CLOCK).papers]
    assert "PATH" in facts
    assert "SOME_KEY" not in facts
    assert sum("socket" in fact for fact in facts) == 1
    assert not any("a-lock" in fact for fact in facts)


def test_memory_has_a_limit_and_is_watched_besides(parser: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Macs and the sandbox of a service may set no limit: then what the process takes is what counts."""
    monkeypatch.setattr(limits, "PARSING_MEMORY", 200_000_000)
    monkeypatch.setattr(parsing, "STEP", 0.02)
    with pytest.raises(ParseError, match="took more memory"):
        parser.parse(snapshot("grow", "trouble"), "auto", CLOCK)
    with pytest.raises(ParseError, match="took more memory"):
        parser.parse(snapshot("ask", "trouble"), "auto", CLOCK)
    assert parser.parse(snapshot(PAGE), "auto", CLOCK).name == "Ann Lee"


def test_pages_take_turns(parser: Parser) -> None:
    """Eight threads, one process, each its own profile."""
    names = [f"Ann Lee{letter}" for letter in "abcdefgh"]
    found: list[str] = []

    def read(name: str) -> None:
        found.append(parser.parse(snapshot(PAGE.replace("Ann Lee\n", f"{name}\n", 1)), "auto", CLOCK).name)

    threads = [threading.Thread(target=read, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == names


def test_a_page_that_hung_lets_others_go_first(parser: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two that wait, the one that took long the last time comes last, though it came first."""
    ended: list[str] = []

    class Waits(SystemClock):
        def __init__(self) -> None:
            self.has_waited = threading.Event()

        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            self.has_waited.set()

    def read(name: str, text: str, form: str, clock: Waits) -> None:
        with suppress(ParseError):
            parser.parse(replace(snapshot(text, form), origin=name), form or "auto", clock)
        ended.append(name)

    monkeypatch.setattr(limits, "PARSING_SECONDS", 0.5)
    read("hung before", "hang", "trouble", Waits())
    threads = []
    for name, text, form in (
        ("at work", "hang", "trouble"),
        ("hung before", "hang", "trouble"),
        ("good", PAGE, ""),
    ):
        monkeypatch.setattr(limits, "PARSING_SECONDS", 3.0 if name == "at work" else 0.5)
        clock = Waits()
        threads.append(threading.Thread(target=read, args=(name, text, form, clock)))
        threads[-1].start()
        assert clock.has_waited.wait(PATIENCE)
    for thread in threads:
        thread.join()
    assert ended == ["hung before", "at work", "good", "hung before"]


def test_who_waits_can_be_ended(parser: Parser) -> None:
    """Where syncd is to end, a page that hangs is not waited for; the next one finds another process."""

    class Ended(FakeClock):
        def sleep(self, seconds: float) -> None:
            raise StoppedError(str(seconds))

    with pytest.raises(StoppedError):
        parser.parse(snapshot("hang", "trouble"), "auto", Ended())
    assert parser.parse(snapshot(PAGE), "auto", CLOCK).name == "Ann Lee"


# In a command


def test_ctrl_c_ends_a_command_that_parses(desk: Desk, tmp_path: Path) -> None:
    """At once, with the exit code that scripts know, and a sentence."""
    mark = tmp_path / "begun"
    with subprocess.Popen(
        [sys.executable, "-m", "syncd", "push", "trouble:hang"],
        stderr=subprocess.PIPE,
        text=True,
        env=desk.env | {"PYTHONPATH": install(tmp_path / "plugins"), "TROUBLE_MARK": str(mark)},
        cwd=desk.folder,
    ) as process:
        assert process.stderr is not None
        until(mark.exists)
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    assert process.returncode == 130
    assert "Interrupted" in said
    assert "Traceback" not in said
