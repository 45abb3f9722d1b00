"""The daemon's work without its waiting: a process that looks at profiles again and again, a quarter of an hour apart.

It keeps the books as the daemon's loop does, with a thread a look, lets the page change and go missing now and then,
and writes what the process holds: as JSON, a line whenever standard input names a number of rounds.
"""

from __future__ import annotations

import gc
import json
import os
import sqlite3
import sys
import threading
import tracemalloc
import urllib.parse
from contextlib import closing, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from clocks import FakeClock
from pages import entry, page
from syncd.config import load
from syncd.daemon.logs import configure
from syncd.daemon.roster import Roster
from syncd.daemon.tell import Reporter
from syncd.daemon.work import Look, Looker, LookProgress, Outcome
from syncd.engine.ports import Ports, run_name
from syncd.paths import DataFolder
from syncd.sources.pace import Pace

QUARTER = 900.0
# Rounds between two events of a kind; all have been before the hundredth.
NEW_PAPER, NEWS, MISSING, OTHER = 100, 30, 40, 10


class Life:
    """A daemon's days.

    Args:
        folder: the user's, with the configuration.
        start: the time at which it begins.
    """

    def __init__(self, folder: Path, start: datetime) -> None:
        self._folder = folder
        self._page = folder / "page.txt"
        self._clock = FakeClock(start)
        self._config = load(folder / "config.toml", os.environ)
        self._data = DataFolder(Path(os.environ["SYNCD_DATA_DIR"]))
        self._data.create()
        self._stop = threading.Event()
        self._roster = Roster()
        ports = Ports(os.environ, self._data, self._clock)
        # Waits of the engine are the fake clock's: a real daemon's would end with the daemon.
        self._looker = Looker(replace(ports, pace=Pace()), self._admits)
        configure(sys.stderr, os.environ, clock=self._clock)
        self._reporter = Reporter(self._config, ports)
        libraries = {name: profile.library or "main" for name, profile in self._config.profiles.items()}
        self._roster.follow(libraries)
        self._reporter.follow(libraries)
        self.rounds = 0
        self.looks = 0
        self.ends: dict[str, int] = {}
        self.papers = 3
        self._ended: list[Outcome] = []

    def live(self, rounds: int) -> None:
        """Let time pass until so many rounds were."""
        while self.rounds < rounds:
            self.rounds += 1
            self._clock.advance(QUARTER)
            why = self._what_happens()
            self._roster.want(["ann"], why, at_once=why == "files")
            if self.rounds % OTHER == 1:
                self._roster.want(["bo"], "schedule")
            self._look(self._roster.ready(self._clock.now()))
            self._reporter.send_due()

    def _what_happens(self) -> str:
        """Change the page or not; return what a look is for."""
        if self.rounds % MISSING == MISSING // 2:
            self._page.unlink()
            return "schedule"
        self.papers += self.rounds % NEW_PAPER == NEW_PAPER // 2
        papers = [entry(f"Paper{number}") for number in range(1, self.papers)]
        news = entry("Paper0", abstract=f"Edition {self.rounds // NEWS}.")
        text = page(news, *papers)
        changed = not self._page.exists() or self._page.read_text(encoding="utf-8") != text
        if changed:
            self._page.write_text(text, encoding="utf-8")
        return "files" if changed or self.rounds % OTHER == 0 else "schedule"

    def _look(self, names: list[str]) -> None:
        """Look at profiles, each in a thread of its own; then take note of how it ended."""
        threads = [threading.Thread(target=self._look_at, args=self._begin(name)) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        while self._ended:
            self._finished(self._ended.pop())

    def _begin(self, name: str) -> tuple[str, frozenset[str], str]:
        self._reporter.begins()
        return name, self._roster.begin(name), run_name(self._clock.now())

    def _look_at(self, name: str, why: frozenset[str], run: str) -> None:
        with self._reporter.speaking_of(run=run, profile=name):
            progress = LookProgress(self._clock, self._stop)
            self._ended.append(self._looker.look(name, why, run, self._config, progress))

    def _finished(self, outcome: Outcome) -> None:
        (look,) = outcome.looks
        again = self._roster.finish(look.profile, look.trouble, self._clock.now())
        self._reporter.tell(outcome, {look.profile: again})
        self.looks += 1
        for end in _ends(look):
            self.ends[end] = self.ends.get(end, 0) + 1

    def _admits(self, library: str) -> bool:
        return self._roster.admits(library, self._clock.now())

    def held(self) -> dict[str, Any]:
        """Return what the process holds now, and what its data folder does."""
        self._clock.waits.clear()
        # It keeps the last 256 addresses, and would take some hundred rounds to be full. Typeshed leaves it out.
        urllib.parse.clear_cache()  # type: ignore[attr-defined]
        gc.collect()
        return {
            "rounds": self.rounds,
            "looks": self.looks,
            "ends": self.ends,
            "papers": self.papers,
            "traced": tracemalloc.get_traced_memory()[0] if tracemalloc.is_tracing() else 0,
            "objects": sys.getallocatedblocks(),
            "resident": _resident(),
            "files": len(list(Path("/proc/self/fd").iterdir())),
            "threads": threading.active_count(),
            "disk": {path.name: path.stat().st_size for path in sorted(self._data.root.rglob("*"))},
            "rows": _rows(self._data.state),
        }


def _ends(look: Look) -> list[str]:
    """Return what kinds of look it was."""
    if look.error is not None:
        return ["library failed" if look.trouble and look.trouble.library else "source failed"]
    if look.report is None:
        return ["as before"]
    return [kind for kind in ("create", "update") if look.report.counts[kind]] or ["nothing new"]


def _resident() -> int:
    """Return the bytes that the process has in memory."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _rows(database: Path) -> dict[str, int]:
    """Return how many rows each table has."""
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        names = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        return {
            name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608 - our own
            for name in names
        }


def main() -> None:
    """Live as long as there are numbers to read."""
    if "traced" in sys.argv:
        tracemalloc.start()
    life = Life(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]))
    with suppress(BrokenPipeError):
        for line in sys.stdin:
            life.live(int(line))
            print(json.dumps(life.held()), flush=True)  # noqa: T201 - for the test


if __name__ == "__main__":
    main()
