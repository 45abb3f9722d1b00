"""What a run needs of the world, given by whoever starts it; and the names of runs.

No library and no database is opened here.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from syncd import read
from syncd.clock import Clock
from syncd.model import Profile, Snapshot
from syncd.paths import DataFolder
from syncd.sources.pace import Pace

# No two runs of a process have one name, however many begin in a second; those of two processes are told apart
# by 32 random bits.
_numbers = itertools.count(secrets.randbits(32))


class Progress(Protocol):
    """Is told how far a run is."""

    def stage(self, words: str) -> None:
        """Say what is being done."""
        ...

    def reading(self, items: int, total: int) -> None:
        """Say how many items of the library were read, and of how many; 0 where that is not known."""
        ...

    def total(self, objects: int) -> None:
        """Say how many objects will be written."""
        ...

    def advance(self, objects: int) -> None:
        """Say how many more were."""
        ...


class Quiet:
    """Tells nobody."""

    def stage(self, words: str) -> None:
        """Ignore it."""

    def reading(self, items: int, total: int) -> None:
        """Ignore it."""

    def total(self, objects: int) -> None:
        """Ignore it."""

    def advance(self, objects: int) -> None:
        """Ignore it."""


def parse_here(snapshot: Snapshot, form: str, _clock: Clock) -> Profile:
    """Read a snapshot in this process; see `parse.parse`."""
    return read.parse(snapshot, form)


@dataclass(frozen=True, slots=True)
class Ports:
    """What a run needs of the world.

    Attributes:
        env: the environment, for keys.
        data: syncd's data folder.
        clock: time.
        progress: who is told how far the run is.
        services: addresses of services, instead of the usual ones, by name.
        pace: the pace of each web server; it outlives the run.
        keep: for how long the history is kept.
        patience: seconds to wait for one's turn at a library that another run is at work on.
        who: what this process is, for those who wait for it.
        admit: called with a library's name before anything is asked of it; may raise `ClosedError`.
        parse: reads a snapshot in a format; commands do so in their own process, the daemon in another.
    """

    env: Mapping[str, str]
    data: DataFolder
    clock: Clock
    progress: Progress = field(default_factory=Quiet)
    services: Mapping[str, str] = field(default_factory=dict)
    pace: Pace = field(default_factory=Pace)
    keep: timedelta = timedelta(days=364)
    patience: float = 0.0
    who: str = ""
    admit: Callable[[str], None] = lambda _library: None
    parse: Callable[[Snapshot, str, Clock], Profile] = parse_here


def run_name(now: datetime) -> str:
    """Return a new name for a run, such as "2026-11-24T10:00:00Z-3f2a91c7"."""
    return f"{now:%Y-%m-%dT%H:%M:%SZ}-{next(_numbers) % 2**32:08x}"
