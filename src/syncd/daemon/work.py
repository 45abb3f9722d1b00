"""A look at a profile, in two parts: read its source; push what was read, together with what waits for that library.

Each part is done in a thread of its own. It can be ended at any of its waits and after any chunk, and says how far it
is, so that one that hangs is seen.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from syncd.clock import Clock
from syncd.config import Config
from syncd.daemon.roster import Setback
from syncd.engine.fleet import sift
from syncd.engine.gather import Unread, jobs, read
from syncd.engine.ports import Ports, run_name
from syncd.engine.run import Reading, Report, RunOptions, push_read
from syncd.errors import (
    ENDING,
    ClosedError,
    ConfigError,
    LibraryError,
    LockedError,
    SourceError,
    StateError,
    StoppedError,
    SyncdError,
    words_of,
)
from syncd.messages import message, with_said
from syncd.model import Snapshot
from syncd.read import fetch, is_online
from syncd.state.libraries import remembered

# What is told of papers by the number of them, and the action that it is of.
TOLD = {"created": "create", "updated": "update", "adopted": "adopt", "reviews": "review"}
# How long a look waits for its turn at a library that another process is writing to.
PATIENCE = 900.0


class StoppableClock:
    """A clock whose waits end when syncd is to end.

    Args:
        clock: the real one.
        stop: set once syncd is to end.
    """

    def __init__(self, clock: Clock, stop: threading.Event) -> None:
        self._clock = clock
        self._stop = stop

    def now(self) -> datetime:
        """Return the time of day, aware, in UTC."""
        return self._clock.now()

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start."""
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait, and raise where syncd is to end meanwhile.

        Raises:
            StoppedError: it is to end.
        """
        if self._stop.wait(seconds):
            raise StoppedError(ENDING)


class LookProgress:
    """How far a look is; a `Progress` for the engine.

    Attributes:
        words: what is done just now.
        writes: something is being written, or was, so that an end waits for it.
        last: the monotonic time of the last sign of life.

    Args:
        clock: for the time of the last sign of life.
        stop: set once syncd is to end.
        tell: is told what is done just now, how much of it is done and how much there is; 0 where that is not known.
    """

    def __init__(
        self,
        clock: Clock,
        stop: threading.Event,
        tell: Callable[[str, int, int], None] = lambda _words, _done, _total: None,
    ) -> None:
        self._clock = clock
        self._stop = stop
        self._tell = tell
        self._written = self._objects = 0
        self.words: str = message("beginning")
        self.writes = False
        self.last = clock.monotonic()

    def stage(self, words: str) -> None:
        """Say what is being done."""
        self.words = words
        self._tell(words, 0, 0)
        self._go_on()

    def reading(self, items: int, total: int) -> None:
        """Say how many items were read: a good moment to end, for reading goes on from here."""
        self.words = message("reading-items", items=items, total=total or "?")
        self._tell(self.words, items, total)
        self._go_on()

    def total(self, objects: int) -> None:
        """Say how many objects will be written."""
        self.words = message("writing-objects", count=objects)
        self._written, self._objects = 0, objects
        self._tell(self.words, 0, objects)
        self._go_on()
        self.writes = True

    def advance(self, objects: int) -> None:
        """Take note of a chunk, which is recorded: a good moment to end."""
        self._written += objects
        self._tell(self.words, self._written, self._objects)
        self._go_on()

    def alive(self) -> None:
        """Take note of a sign of life."""
        self.last = self._clock.monotonic()

    def _go_on(self) -> None:
        self.alive()
        if self._stop.is_set():
            raise StoppedError(ENDING)


class WatchedClock:
    """A clock for one look, which is alive as long as it looks at the time.

    Whatever asks a server does so before each request, also where a library of 100,000 items is read, or a service
    asked about 500 papers, which take longer than a look may hang.

    Args:
        clock: what it shows.
        progress: the look's.
    """

    def __init__(self, clock: Clock, progress: LookProgress) -> None:
        self._clock = clock
        self._progress = progress

    def now(self) -> datetime:
        """Return the time of day, aware, in UTC."""
        self._progress.alive()
        return self._clock.now()

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start."""
        self._progress.alive()
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self._progress.alive()
        self._clock.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A profile that was read, and waits for its library.

    Attributes:
        profile: its name.
        why: what it is looked at for.
        run: the name that its look began under.
        config: the settings that it was read by.
        reading: what was read.
    """

    profile: str
    why: frozenset[str]
    run: str
    config: Config
    reading: Reading


@dataclass(frozen=True, slots=True)
class Look:
    """How a look at a profile ended.

    Attributes:
        profile: its name.
        why: what it was looked at for.
        run: the name of its run, which may be that of others too.
        config: the settings that it went by; None where it was not begun.
        report: what the engine reports of it; None where it was not called, for nothing had changed.
        trouble: why it failed, if it did; the same object for all that failed together.
        error: the same as an error; of an unexpected kind where syncd has a fault.
        stopped: it was ended early, on request.
        put_off: its library did not let it in just now.
        author: whose profile it is; its own name where it has several authors, or was never read.
        sifted: its service was asked about it together with others, and has nothing new.
    """

    profile: str
    why: frozenset[str]
    run: str
    config: Config | None = None
    report: Report | None = None
    trouble: Setback | None = None
    error: Exception | None = None
    stopped: bool = False
    put_off: bool = False
    author: str = ""
    sifted: bool = False

    @property
    def library(self) -> str | None:
        """The name of its library; None where the look was not begun."""
        profile = self.config.profiles.get(self.profile) if self.config else None
        return self.config.library_of(profile).name if self.config and profile else None

    def to_json(self) -> dict[str, Any]:
        """Return what a command shows of it."""
        known = self.error if isinstance(self.error, SyncdError) else None
        counts = self.report.counts if self.report else {}
        return {
            "profile": self.profile,
            "author": self.author or self.profile,
            "library": self.library,
            "run": self.run,
            "counts": counts,
            **{name: counts.get(kind, 0) for name, kind in TOLD.items()},
            "error": {
                "message": words_of(self.error),
                "hint": known.hint if known else "",
                "sort": known.sort if known else "error",
            }
            if self.error
            else None,
        }


def with_codes(look: dict[str, Any]) -> dict[str, Any]:
    """Return what `Look.to_json` gave as programs are told of it."""
    return look | {"error": look["error"] and with_said(look["error"], "message", "hint")}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How looks ended that ended together.

    Attributes:
        looks: at least one.
        report: of their run; None where the engine was not called, or failed with a fault in syncd.
    """

    looks: tuple[Look, ...]
    report: Report | None = None


@dataclass(slots=True)
class Looker:
    """What looks at profiles; shared by all threads.

    Attributes:
        ports: the world, with a clock whose waits can be ended and one pace for all.
        admits: whether a library may be asked now, by name.
        seen: by profile, the digests of the pages that were last pushed.
        authors: by profile, whose it is; its own name where that is not one author, or not known.
        patience: seconds to wait for the turn at a library that another process is writing to.
        who: what others are told of who writes.
    """

    ports: Ports
    admits: Callable[[str], bool]
    seen: dict[str, frozenset[str]] = field(default_factory=dict)
    authors: dict[str, str] = field(default_factory=dict)
    patience: float = PATIENCE
    who: str = field(default_factory=lambda: message("the-daemon"))

    def sift(
        self, whys: Mapping[str, frozenset[str]], run: str, config: Config, progress: LookProgress
    ) -> Iterator[tuple[Outcome | None, dict[str, Snapshot | None]]]:
        """Find out who has something new of many profiles of one service and one library. Never raises.

        Args:
            whys: what each profile is looked at for, by its name.
            run: the name that their look began under.
            config: the settings to go by.
            progress: how far it is.

        Yields:
            how looks ended; and who is to be read, with what is new, or with None for those who are to be read whole.
        """
        rest = dict(whys)
        try:
            for found in sift(jobs(config, tuple(whys), None), config, self._ports(config, progress)):
                to_read: dict[str, Snapshot | None] = {**found.parts, **dict.fromkeys(found.whole)}
                looks = [
                    Look(name, whys[name], run, config, author=self.authors.get(name, name), sifted=True)
                    for name in found.unchanged
                ]
                if found.error:
                    failed = {name: whys[name] for name in found.failed}
                    looks += self._not_asked(failed, run, config, found.error)
                for name in (*found.unchanged, *found.failed, *to_read):
                    del rest[name]
                yield Outcome(tuple(looks)) if looks else None, to_read
            yield None, dict.fromkeys(rest)
        except Exception as error:  # noqa: BLE001 - one service's trouble is not the daemon's
            looks = self._not_asked(rest, run, config, error)
            yield Outcome(tuple(looks)) if looks else None, {}

    def _not_asked(
        self, whys: Mapping[str, frozenset[str]], run: str, config: Config, error: Exception
    ) -> list[Look]:
        """Return how looks ended at those about whom their service could not be asked."""
        stopped = isinstance(error, StoppedError)
        trouble = None if stopped else replace(setback_of(error), together=True)
        return [
            Look(name, why, run, config, None, trouble, error, stopped, author=self.authors.get(name, name))
            for name, why in whys.items()
        ]

    def look(
        self, profile: str, why: frozenset[str], run: str, config: Config, progress: LookProgress
    ) -> Outcome:
        """Read a profile and push what was read by itself. Never raises."""
        seen = self.read(profile, why, run, config, progress)
        return seen if isinstance(seen, Outcome) else next(self.push([seen], run, progress))

    def read(  # noqa: PLR0913, PLR0917 - all that a look is
        self,
        profile: str,
        why: frozenset[str],
        run: str,
        config: Config,
        progress: LookProgress,
        part: Snapshot | None = None,
    ) -> Waiting | Outcome:
        """Read a profile, or the part of it that was fetched. Never raises: whatever happens is in what it returns.

        Returns:
            what is to be pushed; or how the look ended, where there is nothing to push.
        """
        try:
            reading = self._reading(profile, why, config, progress, part)
            if reading is None:
                return Outcome((self._ended(profile, why, run, config),))
            waiting = Waiting(profile, why, run, config, reading)
            if reading.intakes:
                return waiting
            return next(self.push([waiting], run, progress))
        except StoppedError as error:
            return Outcome((self._ended(profile, why, run, config, error=error, stopped=True),))
        except Exception as error:  # noqa: BLE001 - one profile's trouble is not the daemon's
            trouble = setback_of(error)
            return Outcome((self._ended(profile, why, run, config, trouble=trouble, error=error),))

    def push(self, batch: Sequence[Waiting], run: str, progress: LookProgress) -> Iterator[Outcome]:
        """Push what was read of profiles of one library and one configuration, in one run. Never raises.

        A fault in syncd that one of them brings to light is not to stop the others: they are tried again in halves.
        """
        ports = self._ports(batch[0].config, progress)
        readings = [waiting.reading for waiting in batch]
        try:
            report = push_read(readings, batch[0].config, RunOptions(run=run, apart=True), ports)
            yield Outcome(tuple(self._looks(batch, report)), report)
        except Exception as error:  # noqa: BLE001 - one profile's trouble is not the daemon's
            if len(batch) == 1:
                (one,) = batch
                stopped = isinstance(error, StoppedError)
                trouble = None if stopped else setback_of(error)
                look = self._ended(
                    one.profile, one.why, run, one.config, trouble=trouble, error=error, stopped=stopped
                )
                yield Outcome((look,))
                return
            half = len(batch) // 2
            for part in (batch[:half], batch[half:]):
                yield from self.push(part, run_name(self.ports.clock.now()), progress)

    def _reading(
        self,
        profile: str,
        why: frozenset[str],
        config: Config,
        progress: LookProgress,
        part: Snapshot | None,
    ) -> Reading | None:
        """Read a profile; None where its files changed and its pages hold what was pushed last."""
        (job,) = jobs(config, (profile,), None)
        # Where this look fails, pages that are what they were before have to be pushed again to mend that.
        pushed = self.seen.pop(profile, None)
        fetched: dict[str, tuple[Snapshot, ...]] = {} if part is None else {profile: (part,)}
        try:
            if why == {"files"} and not is_online(job.source):
                pages = fetch(job.source, captured=job.settings.captured, clock=self.ports.clock)
                if frozenset(page.digest for page in pages) == pushed:
                    self.seen[profile] = pushed
                    return None
                fetched[job.name] = pages
            intakes, failures = read((job,), config, self._ports(config, progress), fetched)
        except StoppedError:
            raise
        except SyncdError as error:
            return Reading((job,), unread=(Unread(job.name, job.source, error),))
        return Reading((job,), tuple(intakes), tuple(failures))

    def _looks(self, batch: Sequence[Waiting], report: Report) -> Iterator[Look]:
        shared = setback_of(report.error, library=True) if report.error else None
        for one in batch:
            part = report.of(one.reading)
            failed = report.error or next((failure.error for failure in part.unread), None)
            ended = (one.profile, one.why, report.run, one.config)
            if isinstance(failed, ClosedError):
                yield self._ended(*ended, error=failed, put_off=True)
            elif isinstance(failed, StoppedError):
                yield self._ended(*ended, part, error=failed, stopped=True)
            else:
                if failed is None and part.plan is not None:
                    self.seen[one.profile] = frozenset(p.digest for p in part.plan.profiles)
                trouble = shared or (setback_of(failed) if failed else None)
                yield self._ended(*ended, part, trouble=trouble, error=failed)

    def _ended(
        self,
        profile: str,
        why: frozenset[str],
        run: str,
        config: Config,
        report: Report | None = None,
        **how: Any,
    ) -> Look:
        """Return how a look ended, with the author's name: who reads of it knows profiles by their authors."""
        if report and report.plan and report.plan.profiles:
            authors = {planned.author for planned in report.plan.profiles}
            self.authors[profile] = authors.pop() if len(authors) == 1 else profile
        elif profile not in self.authors:
            self.authors[profile] = self._remembered_author(profile, config)
        return Look(profile, why, run, config, report, author=self.authors[profile], **how)

    def _remembered_author(self, profile: str, config: Config) -> str:
        """Return whose profile it was when it was last pushed."""
        library, ports = config.library_of(config.profiles[profile]), self.ports
        with suppress(StateError), remembered(library, ports.data, ports.clock) as state:
            authors = {one.author for one in state.profiles.pages(profile)}
            if len(authors) == 1:
                return authors.pop()
        return profile

    def _ports(self, config: Config, progress: LookProgress) -> Ports:
        return replace(
            self.ports,
            clock=WatchedClock(self.ports.clock, progress),
            progress=progress,
            keep=config.history.keep,
            patience=self.patience,
            who=self.who,
            admit=self._admit,
        )

    def _admit(self, library: str) -> None:
        if not self.admits(library):
            raise ClosedError(
                message("library-failed-for-another-profile"), kind="transient", library=library
            )


def setback_of(error: Exception, *, library: bool = False) -> Setback:
    """Return what an error means for when to try again."""
    words = words_of(error)
    if isinstance(error, LibraryError):
        return Setback(
            words,
            library=True,
            passing=error.kind in {"transient", "conflict"},
            refused=error.kind == "permission",
            asked=error.retry_after,
        )
    if isinstance(error, SourceError):
        return Setback(words, passing=error.transient, asked=error.retry_after)
    if isinstance(error, (LockedError, StateError)):
        return Setback(words, library=True, passing=True)
    if isinstance(error, ConfigError):
        # The key can't be had: a keyring may still be locked, a password store be asleep.
        return Setback(words, library=library, passing=True)
    return Setback(words)
