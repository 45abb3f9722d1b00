"""A daemon that runs for months holds on to nothing: memory, files, threads, rows and bytes are what they were.

Months are lived by a process that does the daemon's work without its waiting (`make soak` for more of them); what
the daemon adds to that, sockets and schedules and reloads, is looked at in the real one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import life_child
from background import SECOND_PROFILE, Background, looks, write
from desk import Desk, Zotero
from doubles import Fault, FaultyLibrary
from owner import show
from ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clocks import FakeClock

Json = dict[str, Any]
KIB = 1024
MIB = 1024 * KIB

RUNS = int(os.environ.get("SYNCD_RUNS", "250"))
WARM = 100
# Tracing triples the time: only where there is time.
TRACED = "SYNCD_RUNS" in os.environ

# Objects: fewer than one a look, already in the shortest life. Caches that fill up slowly take some 200.
MOST_OBJECTS = 380
MOST_TRACED = 64 * KIB
# What looks at 100 more papers took, and the allocator keeps: some 8 MiB after 10,000 rounds. Tracing takes its own.
MOST_RESIDENT = (32 if TRACED else 16) * MIB
# Rows: a day is not always of the same number of looks. An item and its link are two for a paper.
MOST_ROWS, ROWS_A_PAPER = 12, 2
# SQLite takes whole pages.
MOST_BYTES, BYTES_A_PAPER = 64 * KIB, 12 * KIB

SETTINGS = """
library = "main"

[libraries.home]
type = "embedded"

[profiles.bo]
source = "bo.txt"
library = "home"

[history]
keep = "1d"

[metrics]
textfile = "figures.prom"
"""
ENDS = {"create", "update", "nothing new", "as before", "source failed", "library failed"}
# A server that is overloaded now and then, and wants to be left alone for two hours.
OVERLOADED = Fault("answer", status=503, headers={"Retry-After": "7200"})


@pytest.fixture
def flaky(tmp_path: Path, clock: FakeClock) -> Iterator[Desk]:
    """Give a desk with two profiles, whose libraries are a server in trouble now and then, and the embedded one."""
    requests = count(1)
    with FaultyLibrary(
        tmp_path / "zotero.sqlite",
        clock=clock.now,
        faults=lambda _: None if next(requests) % 77 else OVERLOADED,
    ) as server:
        made = Desk(tmp_path / "user", Zotero(server), clock)
        made.folder.mkdir()
        made.configure(SETTINGS)
        write(made.folder / "bo.txt", "Zeta", name="Bo Chen")
        yield made


def live(desk: Desk, log: Path, *rounds: int) -> list[Json]:
    """Let a process live; return what it held after so many rounds each."""
    command = [sys.executable, life_child.__file__, str(desk.folder), desk.clock.now().isoformat()]
    with log.open("wb") as stream:
        done = subprocess.run(
            command + ["traced"] * TRACED,
            input="".join(f"{number}\n" for number in rounds),
            stdout=subprocess.PIPE,
            stderr=stream,
            text=True,
            env=desk.env,
            cwd=desk.folder,
            timeout=120 + RUNS,
            check=False,
        )
    assert done.returncode == 0, log.read_text(encoding="utf-8")[-4000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_long_life_leaves_nothing_behind(flaky: Desk, tmp_path: Path) -> None:
    """After months of looks, with news and failures among them, syncd holds what it held after a day."""
    log = tmp_path / "log"
    young, old = live(flaky, log, WARM, RUNS)
    print(f"{young}\n{old}")  # noqa: T201 - the figures, for those who ask for them with -s
    lines = log.read_text(encoding="utf-8")
    assert "a fault in syncd" not in lines, lines[-4000:]
    assert flaky.zotero.server.key not in lines
    assert {end for end in ENDS if old["ends"][end] > young["ends"][end] > 0} == ENDS
    assert old["looks"] - young["looks"] > (RUNS - WARM) * 0.8

    assert (old["files"], old["threads"]) == (young["files"], young["threads"])
    assert old["objects"] < young["objects"] + MOST_OBJECTS
    assert old["traced"] < young["traced"] + MOST_TRACED
    assert old["resident"] < young["resident"] + MOST_RESIDENT

    papers = old["papers"] - young["papers"]
    more = {table: rows - young["rows"][table] for table, rows in old["rows"].items()}
    assert {table for table, rows in more.items() if rows > MOST_ROWS + ROWS_A_PAPER * papers} == set()
    assert old["disk"].keys() == young["disk"].keys()
    bytes_more = sum(old["disk"].values()) - sum(young["disk"].values())
    assert bytes_more < MOST_BYTES + BYTES_A_PAPER * papers
    assert lines.count("\n") < 2 * old["looks"]


def held(daemon: Background) -> tuple[int, int]:
    """Return how many files and threads the daemon has."""
    process = Path(f"/proc/{daemon.process.pid}")
    return len(list((process / "fd").iterdir())), len(list((process / "task").iterdir()))


def at_rest(daemon: Background) -> tuple[int, int]:
    """Return the fewest files and threads that it has: a thread that has just answered is not counted."""
    samples = [held(daemon) for _ in range(200)]
    return min(files for files, _ in samples), min(threads for _, threads in samples)


def is_as(daemon: Background, before: tuple[int, int]) -> bool:
    """Whether it has no more files and threads than before."""
    files, threads = held(daemon)
    return files <= before[0] and threads <= before[1]


@pytest.fixture
def daemon(desk: Desk) -> Iterator[Background]:
    """Give a daemon that looks at a page each minute."""
    show(desk)
    desk.configure('schedule = "every 1m"\n')
    with Background(desk) as made:
        made.until(lambda: looks(made))
        yield made


def test_schedules_leave_no_file_and_no_thread_behind(daemon: Background) -> None:
    """Fifty looks, as the clock has them."""

    def pass_minute() -> None:
        seen = len(looks(daemon))
        daemon.move_clock(61)
        daemon.until(lambda: looks(daemon)[seen:])

    for _ in range(5):
        pass_minute()
    before = at_rest(daemon)
    for _ in range(45):
        pass_minute()
    daemon.until(lambda: is_as(daemon, before))


def test_commands_leave_no_file_and_no_thread_behind(daemon: Background) -> None:
    """Two hundred times `syncd sync-now`, four at a time: each opens a line to it, and some share a look."""
    with ThreadPoolExecutor(4) as users:

        def ask(number: int) -> None:
            for answer in users.map(lambda _: daemon.ask("sync-now"), range(number)):
                assert not answer["profiles"][0]["error"]

        ask(8)
        before = at_rest(daemon)
        ask(200)
        daemon.until(lambda: is_as(daemon, before))


def test_reloads_leave_no_file_and_no_thread_behind(desk: Desk, daemon: Background) -> None:
    """Fifty times, with a profile and figures that come and go."""
    port = free_port()

    def reload(number: int) -> None:
        for turn in range(number):
            desk.configure("" if turn % 2 else f"{SECOND_PROFILE}\n[metrics]\nport = {port}\n")
            assert not daemon.ask("reload")["problems"]

    reload(1)
    # The first trouble that is told opens a connection to the database, which stays.
    daemon.until(lambda: looks(daemon, "bo"))
    reload(6)
    before = at_rest(daemon)
    reload(50)
    daemon.until(lambda: is_as(daemon, before))
