"""Who is due, who may go, who has to wait and until when: what the daemon knows of each profile and library.

It reads no clock and does no work: times come in, names go out. After failures the wait doubles, each with some
chance in it. Who rests, is looked at or waits behind a gate is not gone through again and again: a question costs what
may go now.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from typing import NamedTuple

FIRST = timedelta(seconds=30)
LONGEST = timedelta(hours=1)
# A server that asks for more than this is believed up to here.
LONGEST_ASKED = timedelta(days=1)


def delay(failures: int, chance: float, asked: float | None = None) -> timedelta:
    """Return how long to wait.

    Args:
        failures: how many there were in a row, at least 1.
        chance: between 0 and 1; spreads those that failed together.
        asked: seconds that the other side asked for, if it did.

    >>> delay(1, 0.5), delay(2, 0.5), delay(50, 1.0)
    (datetime.timedelta(seconds=30), datetime.timedelta(seconds=60), datetime.timedelta(seconds=4500))
    >>> delay(1, 0.0, asked=120)
    datetime.timedelta(seconds=120)
    >>> delay(1, 0.0, asked=float("inf"))
    datetime.timedelta(days=1)
    """
    doublings: int = 2 ** min(failures - 1, 20)
    wait = min(FIRST * doublings, LONGEST) * (0.75 + chance / 2)
    if asked is None:
        return wait
    # Never earlier than the other side wants, and not all at the same moment.
    least = timedelta(seconds=min(asked, LONGEST_ASKED.total_seconds()))
    return max(wait, least + least * chance / 4)


# The chance of those who are to be tried again at one time.
HALF = 0.5
# A library that refuses the key is asked again so often: the user may have mended it without telling us.
REFUSED = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Setback:
    """Why something failed, as far as it matters for when to try again.

    Attributes:
        words: one sentence.
        library: it is the library's trouble, not the profile's.
        passing: trying again soon may help.
        refused: the key or its rights: only the user can mend it.
        asked: seconds that the other side wants to be left alone.
        together: all profiles that met it are tried again at one time, for they are asked about together.
    """

    words: str
    library: bool = False
    passing: bool = False
    refused: bool = False
    asked: float | None = None
    together: bool = False

    @property
    def comes_again(self) -> bool:
        """Whether it is tried again before the schedule says so."""
        return self.passing or self.refused


@dataclass(slots=True)
class Gate:
    """What keeps a profile or a library waiting.

    Attributes:
        failures: how many there were in a row.
        closed_until: nothing is tried before; None where it is open.
        since: when it was closed.
        trouble: the last failure.
    """

    failures: int = 0
    closed_until: datetime | None = None
    since: datetime | None = None
    trouble: Setback | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether it may be tried now. A clock that was set back does not keep it closed."""
        if self.closed_until is None or self.since is None:
            return True
        return now >= self.closed_until or now < self.since

    def close(self, trouble: Setback, wait: timedelta, now: datetime) -> None:
        """Let nobody through for some time."""
        self.failures += 1
        self.since, self.closed_until, self.trouble = now, now + wait, trouble

    def open(self) -> None:
        """Forget all failures."""
        self.failures, self.closed_until, self.since, self.trouble = 0, None, None, None


class Lane(NamedTuple):
    """Where profiles wait for their turn.

    Attributes:
        place: where they are read from.
        asks: their service is asked about them first.
    """

    place: str = ""
    asks: bool = False


USUAL = Lane()


@dataclass(slots=True)
class Followed:
    """A profile as the daemon sees it.

    Attributes:
        library: the name of its library.
        lane: where it waits once it is due.
        due: why it is to be looked at; empty where it is not.
        gate: what keeps it waiting.
    """

    library: str
    lane: Lane = USUAL
    due: set[str] = field(default_factory=set)
    gate: Gate = field(default_factory=Gate)


class Roster:
    """All profiles and libraries. May be used by several threads.

    Args:
        chance: gives numbers between 0 and 1, which spread what failed together.
    """

    def __init__(self, chance: Callable[[], float] = random.random) -> None:
        self._chance = chance
        self._lock = threading.RLock()
        self._profiles: dict[str, Followed] = {}
        self._libraries: dict[str, Gate] = {}
        # Who is due, first come first served.
        self._due: dict[str, None] = {}
        # Of these, who may go as far as it lies with them, by library and lane; and who waits behind a gate of their
        # own, with the time at which it opens: the last that a profile has here is the one that counts.
        self._lanes: dict[tuple[str, Lane], dict[str, None]] = {}
        self._closed: list[tuple[datetime, str]] = []
        # The time that was told last: a clock may be set back.
        self._told = datetime.min.replace(tzinfo=UTC)
        # Who is looked at now, given up or not: one that is followed anew meanwhile has to wait for that.
        self._running: dict[str, None] = {}
        self._paused: frozenset[str] = frozenset()

    @property
    def paused(self) -> frozenset[str]:
        """The profiles that the user lets rest; "" stands for all."""
        return self._paused

    @paused.setter
    def paused(self, names: frozenset[str]) -> None:
        with self._lock:
            self._paused = names
            self._place_all()

    def follow(self, profiles: Mapping[str, str]) -> set[str]:
        """Take over the profiles of the configuration: name and library. Return the names that are new.

        What is given up while it is looked at is looked at to the end. All gates are opened: the user may have mended
        what was wrong.
        """
        with self._lock:
            new = {
                name
                for name, library in profiles.items()
                if name not in self._profiles or self._profiles[name].library != library
            }
            for name in self._profiles.keys() - profiles.keys():
                del self._profiles[name]
                self._due.pop(name, None)
            for name in new:
                known = self._profiles.setdefault(name, Followed(profiles[name]))
                known.library = profiles[name]
            for followed in self._profiles.values():
                followed.gate.open()
            self._libraries = {library: Gate() for library in profiles.values()}
            self._place_all()
            return new

    def sort(self, lanes: Mapping[str, Lane]) -> None:
        """Let profiles wait in these lanes from now on; those that are unknown are passed over."""
        with self._lock:
            for name, lane in lanes.items():
                followed = self._profiles.get(name)
                if followed and followed.lane != lane:
                    self._leave(name)
                    followed.lane = lane
                    self._place(name)

    def want(self, names: Iterable[str], why: str, *, at_once: bool = False) -> None:
        """Note that profiles are due.

        Args:
            names: those that are unknown are passed over.
            why: "start", "schedule", "files", "asked".
            at_once: whatever failed before; what is asked for by the user, and files, which cost nobody anything.
        """
        with self._lock:
            for name in names:
                if followed := self._profiles.get(name):
                    if at_once:
                        followed.gate.closed_until = None
                    self._add(name, {why})

    def _add(self, name: str, why: Iterable[str]) -> None:
        followed = self._profiles[name]
        followed.due.update(why)
        if followed.due:
            self._due[name] = None
        self._place(name)

    def _place_all(self) -> None:
        self._lanes, self._closed = {}, []
        for name in self._due:
            self._place(name)

    def _place(self, name: str) -> None:
        """Let a profile wait where it belongs: in its lane, behind its gate, or nowhere if it rests or is looked at."""
        followed = self._profiles[name]
        rests = self.is_paused(name) and "asked" not in followed.due
        if not followed.due or name in self._running or rests:
            return
        if followed.gate.closed_until is None:
            self._lanes.setdefault((followed.library, followed.lane), {})[name] = None
        else:
            heappush(self._closed, (followed.gate.closed_until, name))

    def _leave(self, name: str) -> None:
        """Let a profile wait in its lane no more; the lane's others come after those of other lanes."""
        followed = self._profiles[name]
        lane = followed.library, followed.lane
        if name in self._lanes.get(lane, {}):
            others = self._lanes.pop(lane)
            del others[name]
            if others:
                self._lanes[lane] = others

    def _let_in(self, now: datetime) -> None:
        """Let those into their lanes whose gates are open by now."""
        was_set_back, self._told = now < self._told, now
        closed: list[tuple[datetime, str]] = []
        while self._closed and (was_set_back or self._closed[0][0] <= now):
            time, name = heappop(self._closed)
            followed = self._profiles.get(name)
            if followed is None or followed.gate.closed_until != time:
                continue
            if followed.gate.is_open(now):
                followed.gate.closed_until = None
                self._place(name)
            else:
                closed.append((time, name))
        # Those came in the order of their times, which is how a heap may lie.
        self._closed = closed or self._closed

    def lift(self, names: Iterable[str]) -> None:
        """Let the libraries of these profiles be tried again, whatever they said before."""
        with self._lock:
            for name in names:
                if followed := self._profiles.get(name):
                    self._libraries[followed.library].closed_until = None

    def ready(self, now: datetime, lane: Lane | None = None) -> list[str]:
        """Return all who are due and may go now.

        Args:
            now: the time.
            lane: of those that wait there; of all without.
        """
        with self._lock:
            self._let_in(now)
            return [
                name
                for (library, one), names in self._lanes.items()
                if (lane is None or one == lane) and self.admits(library, now)
                for name in names
            ]

    def first(self, now: datetime, has_room: Callable[[str, Lane], bool]) -> str | None:
        """Return who goes first of those who may go now: the lanes take turns.

        Args:
            now: the time.
            has_room: tells of a library and a lane whether one more may go.
        """
        with self._lock:
            self._let_in(now)
            return next(
                (
                    next(iter(names))
                    for (library, lane), names in self._lanes.items()
                    if has_room(library, lane) and self.admits(library, now)
                ),
                None,
            )

    def is_paused(self, name: str) -> bool:
        """Whether the user wants it to rest: alone, or with all others."""
        return name in self.paused or "" in self.paused

    def admits(self, library: str, now: datetime) -> bool:
        """Whether a library may be asked now."""
        with self._lock:
            gate = self._libraries.get(library)
            return gate is None or gate.is_open(now)

    def why(self, name: str) -> frozenset[str]:
        """Return why a profile is due."""
        with self._lock:
            return frozenset(self._profiles[name].due)

    def begin(self, name: str) -> frozenset[str]:
        """Note that a profile is looked at now; return why."""
        with self._lock:
            followed = self._profiles[name]
            self._leave(name)
            self._running[name] = None
            why, followed.due = frozenset(followed.due), set()
            self._due.pop(name, None)
            return why

    def asked(self, names: Iterable[str]) -> list[str]:
        """Return those of these profiles that somebody asked for."""
        with self._lock:
            return [name for name in names if "asked" in self._profiles[name].due]

    def put_off(self, name: str, why: Iterable[str]) -> None:
        """Note that a look at a profile does not count: it stays due."""
        with self._lock:
            del self._running[name]
            if name in self._profiles:
                self._add(name, why)

    def finish(self, name: str, trouble: Setback | None, now: datetime) -> datetime | None:
        """Note how a look at a profile ended.

        Args:
            name: of the profile.
            trouble: what kept it from being pushed; the same object for all who met it in one run.
            now: the time.

        Returns:
            when it is tried again by itself, before its schedule says so; None where it is not.
        """
        with self._lock:
            self._let_in(now)
            del self._running[name]
            followed = self._profiles.get(name)
            if followed is None:
                return None
            library = self._libraries[followed.library]
            if trouble is None:
                followed.gate.open()
                library.open()
                self._place(name)
                return None
            gate = library if trouble.library else followed.gate
            # Those who were in one run share its trouble, which is one failure of their library's.
            if gate.trouble is not trouble:
                chance = HALF if trouble.together else self._chance()
                wait = REFUSED if trouble.refused else delay(gate.failures + 1, chance, trouble.asked)
                gate.close(trouble, wait, now)
            self._add(name, {"again"} if trouble.comes_again else ())
            return gate.closed_until if trouble.comes_again else None

    def next_opening(self, now: datetime) -> datetime | None:
        """Return when the next gate opens for somebody who waits before it."""
        with self._lock:
            self._let_in(now)
            libraries = {library for library, _ in self._lanes if not self.admits(library, now)}
            times = [self._libraries[library].closed_until for library in libraries]
            return min(filter(None, (*times, *(time for time, _ in self._closed[:1]))), default=None)

    def setback_of(self, name: str) -> tuple[Setback, datetime | None, datetime | None] | None:
        """Return what keeps a profile from being up to date, when that was met last, and when it is tried again."""
        with self._lock:
            followed = self._profiles.get(name)
            if followed is None:
                return None
            gates = (self._libraries[followed.library], followed.gate)
            found = next((gate for gate in gates if gate.trouble), None)
            if found is None or found.trouble is None:
                return None
            return found.trouble, found.since, found.closed_until if found.trouble.comes_again else None

    def running(self) -> list[str]:
        """Return who is being looked at now."""
        with self._lock:
            return list(self._running)

    def is_running(self, name: str) -> bool:
        """Whether a profile is being looked at now."""
        with self._lock:
            return name in self._running

    def names(self) -> list[str]:
        """Return all profiles."""
        with self._lock:
            return list(self._profiles)

    def library_of(self, name: str) -> str | None:
        """Return the name of a profile's library."""
        with self._lock:
            followed = self._profiles.get(name)
            return followed.library if followed else None
