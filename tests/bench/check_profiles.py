"""What many profiles of one library cost the daemon, against one: counts of threads and runs, ratios of CPU seconds."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from background import Background, until, write
from clocks import FakeClock
from desk import Desk, Zotero
from doubles import FaultyLibrary
from syncd.errors import SyncdError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MANY = 1000
# Seconds for which a daemon is watched that has nothing to do.
IDLE = 30.0
# Below this share of a processor, ratios say nothing.
LEAST = 0.002


class Plain(Background):
    """A daemon with the computer's own clock: one that can be moved looks fifty times a second whether it was."""

    def _start(self, stderr: int, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "syncd", "run"],
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            env=env,
            cwd=self._desk.folder,
        )


def cpu(daemon: Background) -> float:
    """Return the seconds of CPU that a daemon took."""
    fields = Path(f"/proc/{daemon.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def following(folder: Path, number: int) -> Iterator[Background]:
    """Let a daemon follow so many profiles of an embedded library, of one paper each."""
    folder.mkdir()
    with FaultyLibrary(folder / "zotero.sqlite") as server:
        desk = Desk(folder, Zotero(server), FakeClock())
        for name in range(number - 1):
            title = hashlib.sha256(b"%d" % name).hexdigest()  # unlike all others
            write(folder / f"p{name}.txt", title, name=f"Author {name}")
        write(desk.page, "Alpha")
        desk.configure("".join(f'[profiles.p{name}]\nsource = "p{name}.txt"\n' for name in range(number - 1)))
        with Plain(desk) as daemon:
            yield daemon


def looked(daemon: Background, number: int) -> int:
    """Wait until all profiles were looked at; return the most threads that it had meanwhile."""
    threads = []

    def done() -> bool:
        threads.append(sum(1 for _ in Path(f"/proc/{daemon.process.pid}/task").iterdir()))
        return daemon.text.count('"why"') >= number

    until(done, seconds=600, but=lambda: daemon.text)
    return max(threads)


def at_rest(daemon: Background) -> float:
    """Return the share of a processor that it takes while nothing happens."""
    time.sleep(5)
    before = cpu(daemon)
    time.sleep(IDLE)
    return (cpu(daemon) - before) / IDLE


def beside(daemon: Background, log: Path) -> float:
    """Return the share of a processor that it takes while another file in its pages' folder is written all the time."""
    before, end = cpu(daemon), time.monotonic() + IDLE / 2
    while time.monotonic() < end:
        log.write_text(log.name)
        time.sleep(0.001)
    return (cpu(daemon) - before) / (IDLE / 2)


def ended(daemon: Background) -> float:
    """Return the seconds that it takes to end though all is due: somebody asked for it, and is told that it ends."""
    with ThreadPoolExecutor(1) as somebody:
        asked = somebody.submit(daemon.ask, "sync-now", seconds=None)
        until(lambda: any(profile["running"] for profile in daemon.ask("status")["profiles"]))
        begun = time.monotonic()
        assert daemon.end() == 0
        took = time.monotonic() - begun
        assert asked.exception() is None or isinstance(asked.exception(), SyncdError)
    return took


def test_many_profiles_against_one(tmp_path: Path) -> None:
    """Threads, runs, CPU of all looks, at rest and beside a busy file, and the end; print a table."""
    rows = []
    for number in (1, MANY):
        folder = tmp_path / str(number)
        with following(folder, number) as daemon:
            begin = cpu(daemon)
            threads = looked(daemon, number)
            work = cpu(daemon) - begin
            runs = len({line["run"] for line in daemon.log if "why" in line})
            rest, busy = at_rest(daemon), beside(daemon, folder / "other.log")
            rows.append((number, threads, runs, work, rest, busy, ended(daemon)))
    head = "profiles  threads  runs  CPU of looks  at rest  beside a busy file  end"
    lines = [
        f"{number:>8}{threads:>9}{runs:>6}{work:>12.1f} s{rest:>9.2%}{busy:>20.2%}{end:>4.1f} s"
        for number, threads, runs, work, rest, busy, end in rows
    ]
    (_, one_threads, _, _, one_rest, _, _), (_, threads, runs, _, rest, busy, _) = rows
    ratios = f"{max(rest, LEAST) / max(one_rest, LEAST):.1f} at rest, {max(busy, LEAST) / max(rest, LEAST):.1f} beside"
    print("", head, *lines, f"ratios of CPU: {ratios}", sep="\n")  # noqa: T201 - the figures are what this is for
    assert threads < one_threads + 40
    assert runs < MANY / 10
    assert rest < 5 * max(one_rest, LEAST)
