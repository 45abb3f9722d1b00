"""One run at a time on a library, many in a data folder: the lock, and two writers of one database."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from clocks import FakeClock
from syncd.errors import LockedError, StoppedError
from syncd.lock import held
from syncd.state import tables as db
from syncd.state.state import State
from syncd.state.store import Store

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

    from desk import Desk

CONTEXT = multiprocessing.get_context("spawn")
ROUNDS = 60


class Stopping(FakeClock):
    """A clock whose waits are ended."""

    def sleep(self, seconds: float) -> None:
        """End the wait."""
        raise StoppedError(f"after {seconds} s")


def hold(path: Path, parent: Connection) -> None:
    """Hold a lock until this process is killed."""
    with held(path, FakeClock(), who="the daemon"):
        parent.send("held")
        parent.recv()


def write_much(path: Path, prefix: str) -> None:
    """Read first and write then, again and again, as runs do."""
    opened = Store.at(path)
    try:
        state = State(opened, "https://example.org", prefix, FakeClock())
        for number in range(ROUNDS):
            with state.writing() as connection:
                connection.scalar(sa.select(sa.func.count()).select_from(db.claim))
                state.claim(connection, f"{number:08}", "AAAA2222")
    finally:
        opened.close()


def test_who_waits_is_told_for_whom_and_gives_up_in_time(tmp_path: Path) -> None:
    """Once, with the process and what it is; then the error names the same holder."""
    path, clock, told = tmp_path / "a.lock", FakeClock(), list[str]()
    ours, theirs = CONTEXT.Pipe()
    process = CONTEXT.Process(target=hold, args=(path, theirs))
    process.start()
    try:
        assert ours.recv() == "held"
        with pytest.raises(LockedError) as caught, held(path, clock, wait=2.0, tell=told.append):
            pass
        name = f"process {process.pid} (the daemon)"
        assert caught.value.holder == name
        assert told == [f"waiting for {name}"]
        assert sum(clock.waits) == pytest.approx(2.0)
        assert max(clock.waits) <= 0.25
        with pytest.raises(StoppedError), held(path, Stopping(), wait=2.0):
            pass
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()
        theirs.close()
    # The system took the lock back from the dead process, whatever it had written about itself.
    with held(path, FakeClock()):
        pass


def test_the_turn_comes_when_the_other_has_ended(tmp_path: Path) -> None:
    """Who waits goes on as soon as the lock is free."""
    path, have, let_go = tmp_path / "a.lock", threading.Event(), threading.Event()

    class Patient(FakeClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            let_go.set()
            other.join()

    def work() -> None:
        with held(path, FakeClock()):
            have.set()
            let_go.wait(30)

    other = threading.Thread(target=work)
    other.start()
    assert have.wait(30)
    clock = Patient()
    with held(path, clock, wait=30.0):
        assert len(clock.waits) == 1


def test_two_processes_and_two_threads_share_one_database(tmp_path: Path) -> None:
    """Each has its library; whoever reads first and writes then waits for its turn, and none fails."""
    path = tmp_path / "s.sqlite"
    Store.at(path).close()
    processes = [CONTEXT.Process(target=write_much, args=(path, f"users/{n}")) for n in (1, 2)]
    threads = [threading.Thread(target=write_much, args=(path, f"users/{n}")) for n in (3, 4)]
    for process in processes:
        process.start()
    for thread in threads:
        thread.start()
    for process in processes:
        process.join(60)
    for thread in threads:
        thread.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    with sqlite3.connect(path) as connection:
        counts = connection.execute("SELECT count(*) FROM claim GROUP BY library").fetchall()
    connection.close()
    assert counts == [(ROUNDS,)] * 4


def test_who_only_looks_does_not_wait_for_a_writer(pushed: Desk) -> None:
    """A run that writes for long keeps nobody from seeing how things are."""
    with closing(sqlite3.connect(pushed.data.state, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        shown = pushed.syncd("status", "--json")
    assert shown.code == 0, shown.err
    assert [profile["papers"] for profile in shown.json["profiles"]] == [3]
