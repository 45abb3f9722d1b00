"""The looks under way: a thread for each source that is read, and one for each library that is pushed to.

Threads live as long as their work. What was read waits in a queue for its library. Whatever a thread brings comes back
through the loop's queue, and only the loop's thread uses what is here. Nothing here waits for a thread but the end.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

from syncd import services
from syncd.clock import Clock
from syncd.config import Config
from syncd.daemon.events import Events
from syncd.daemon.roster import Lane, Roster
from syncd.daemon.tell import MOST_NAMES, Reporter
from syncd.daemon.work import Looker, LookProgress, Outcome, Waiting
from syncd.engine.fleet import FEW, fleets
from syncd.engine.ports import run_name
from syncd.messages import message
from syncd.model import Snapshot

# So many profiles are read at a time: reading is mostly waiting for others, and parsing takes turns anyway.
READERS = 16
# Of these, so many at one place, lest a server or a disk that hangs takes them all.
AT_ONE_PLACE = 4
# So many profiles are pushed in one run, and so many wait for it in memory.
TOGETHER = 100
# So many profiles of a service are asked about in one go, and so many that have something new wait to be read.
MOST_SIFTED = 1000
# Seconds for which those that were read wait for others that are still being read.
LINGER = 1.0


def host_of(source: str) -> str:
    """Return where a source is read from: a host, a service, or a folder.

    >>> host_of("https://example.org/a"), host_of("dblp:h/PengchengHe"), host_of("pages/ann.txt")
    ('example.org', 'dblp', 'pages')
    """
    if "://" in source:
        try:
            return urlsplit(source).hostname or ""
        except ValueError:
            return ""
    author = services.recognise(source)
    return author.name if author else str(Path(source).parent)


@dataclass(frozen=True, slots=True)
class _Read:
    """A profile that was read, and the monotonic time of that."""

    waiting: Waiting
    since: float


class Queues:
    """Who is being read, who waits for their library, and which libraries are being pushed to."""

    def __init__(self) -> None:
        self._reading: dict[str, tuple[str, str]] = {}
        self._places: Counter[str] = Counter()
        self._read_for: Counter[str] = Counter()
        self._waiting: defaultdict[str, deque[_Read]] = defaultdict(deque)
        self._pushing: set[str] = set()

    @property
    def is_full(self) -> bool:
        """Whether nobody at all may be read just now."""
        return len(self._reading) >= READERS

    def has_room(self, library: str, place: str) -> bool:
        """Whether one more may be read: of this library, at this place."""
        coming = self._read_for[library] + len(self._waiting.get(library, ()))
        return not self.is_full and self._places[place] < AT_ONE_PLACE and coming < TOGETHER

    def is_idle(self, library: str) -> bool:
        """Whether nothing of a library is under way."""
        return not (self._read_for[library] or self._waiting.get(library) or library in self._pushing)

    def reads(self, profile: str, library: str, place: str) -> None:
        """Note that a profile is being read."""
        self._reading[profile] = (library, place)
        self._places[place] += 1
        self._read_for[library] += 1

    def was_read(self, profile: str, waiting: Waiting | None, now: float) -> None:
        """Note that a profile was read.

        Args:
            profile: its name.
            waiting: what is to be pushed; None where there is nothing.
            now: the monotonic time.
        """
        library, place = self._reading.pop(profile)
        self._places[place] -= 1
        self._read_for[library] -= 1
        if waiting is not None:
            self._waiting[library].append(_Read(waiting, now))

    def batches(self, now: float) -> Iterator[tuple[str, list[Waiting]]]:
        """Yield what is to be pushed now, and note that it is: each library's name, and profiles of one configuration.

        A library is pushed to by one run at a time. It waits until all of its profiles that are being read have been,
        until a run is full, or for a second: then those who are slow come later.
        """
        for library, queue in list(self._waiting.items()):
            if library not in self._pushing and self._is_time(library, queue, now):
                self._pushing.add(library)
                yield library, self._batch(queue)
                if not queue:
                    del self._waiting[library]

    def pushed(self, library: str) -> None:
        """Note that a library is not being pushed to any more."""
        self._pushing.discard(library)

    def patience(self, now: float) -> float | None:
        """Return after how many seconds the next library is pushed to, whoever is still read; None: nothing waits."""
        times = [
            queue[0].since + LINGER - now
            for library, queue in self._waiting.items()
            if library not in self._pushing
        ]
        return max(0.0, min(times)) if times else None

    def _is_time(self, library: str, queue: deque[_Read], now: float) -> bool:
        return not self._read_for[library] or len(queue) >= TOGETHER or now - queue[0].since >= LINGER

    def _batch(self, queue: deque[_Read]) -> list[Waiting]:
        config = queue[0].waiting.config
        batch: list[Waiting] = []
        while queue and len(batch) < TOGETHER and queue[0].waiting.config is config:
            batch.append(queue.popleft().waiting)
        return batch


# A look that has given no sign of life for so long hangs: one request may take ten minutes with its repeats.
STUCK = 1200.0


@dataclass(slots=True, eq=False)
class Worker:
    """A thread at work.

    Attributes:
        names: the profiles that it reads or pushes.
        library: the library that these belong to.
        progress: how far it is.
        run: the name of the run.
        thread: itself.
    """

    names: tuple[str, ...]
    library: str
    progress: LookProgress
    run: str
    thread: threading.Thread = field(init=False)


class Looks:
    """Begins looks as far as there is room, and knows which are under way.

    Args:
        config: the settings.
        roster: who is due.
        looker: does the work, in threads.
        reporter: is told when work on a library begins.
        events: is told when a look begins.
        clock: the time.
        stop: set once syncd is to end.
        later: puts something to do into the loop's queue; called in all threads.
        finished: takes how looks ended, in the loop's thread.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what the loop is made of
        self,
        config: Config,
        roster: Roster,
        looker: Looker,
        reporter: Reporter,
        events: Events,
        clock: Clock,
        stop: threading.Event,
        later: Callable[[Callable[[], None]], None],
        finished: Callable[[Outcome], None],
    ) -> None:
        self._roster = roster
        self._looker = looker
        self._reporter = reporter
        self._events = events
        self._clock = clock
        self._stop = stop
        self._later = later
        self._finished = finished
        self._queues = Queues()
        # By service, the thread that asks it about many; and of those about whom one was asked, who is to be read:
        # with what is new, or whole.
        self._asking: dict[str, Worker] = {}
        self._sifted: dict[str, Snapshot | None] = {}
        # By profile, the thread that is at work on it; one that waits for its library has none.
        self._workers: dict[str, Worker] = {}
        self.take_over(config)

    def take_over(self, config: Config) -> None:
        """Go by these settings from the next look on."""
        self._config = config
        self._places = {name: host_of(profile.source) for name, profile in config.profiles.items()}
        self._fleets = fleets(config)
        # Others may be read now, and by other settings.
        self._sifted.clear()
        self._roster.sort({name: self._lane_of(name) for name in config.profiles})

    def _lane_of(self, name: str) -> Lane:
        return Lane(self._places[name], asks=name in self._fleets and name not in self._sifted)

    @property
    def under_way(self) -> set[Worker]:
        """The threads at work."""
        return {*self._workers.values(), *self._asking.values()}

    def worker_of(self, profile: str) -> Worker | None:
        """Return the thread that is at work on a profile."""
        return self._workers.get(profile)

    def hanging(self) -> Worker | None:
        """Return a thread that has given no sign of life for too long, if there is one."""
        now = self._clock.monotonic()
        return next((worker for worker in self._workers.values() if now - worker.progress.last > STUCK), None)

    def patience(self) -> float | None:
        """Return after how many seconds a look may begin by itself; None where only what happens can begin one."""
        waits = [self._queues.patience(self._clock.monotonic())]
        if not self._queues.is_full:
            # Where it is, the next that was read wakes the loop.
            now = self._clock.now()
            opening = self._roster.next_opening(now)
            waits.append((opening - now).total_seconds() if opening else None)
        return min((wait for wait in waits if wait is not None), default=None)

    def begin(self) -> None:
        """Begin to read who is due, and to push what was read, as far as there is room.

        Where many of one service are due, it is asked first who of them has something new.
        """
        for service in set(self._fleets.values()) - self._asking.keys():
            if len(self._sifted) < MOST_SIFTED:
                self._sift(service)
        while not self._queues.is_full and (name := self._roster.first(self._clock.now(), self._has_room)):
            self._read(name)
        for library, batch in self._queues.batches(self._clock.monotonic()):
            self._push(library, batch)

    def wait(self, workers: Collection[Worker], until: float) -> None:
        """Wait for threads to end, no longer than until this monotonic time."""
        for worker in workers:
            worker.thread.join(max(0.0, until - self._clock.monotonic()))

    def _has_room(self, library: str, lane: Lane) -> bool:
        return not lane.asks and self._queues.has_room(library, lane.place)

    def _is_to_read(self, names: Mapping[str, Snapshot | None]) -> None:
        """Note that these of a service are to be read: with what is new, or whole."""
        self._sifted |= names
        self._roster.sort({name: self._lane_of(name) for name in names})

    def alongside(self, name: str) -> set[str]:
        """Return the profiles that are asked about together with one."""
        service = self._fleets.get(name)
        return {other for other, one in self._fleets.items() if one == service} - {name} if service else set()

    def _sift(self, service: str) -> None:
        """Begin to ask a service who of those that are due has something new."""
        ready = self._roster.ready(self._clock.now(), Lane(service, asks=True))
        if len(asked := self._roster.asked(ready)) <= FEW:
            # Who asks for a few wants them looked at as thoroughly as can be.
            self._is_to_read(dict.fromkeys(asked))
            ready = [name for name in ready if name not in self._sifted]
        if not ready:
            return
        library = self._roster.library_of(ready[0]) or ""
        names = [name for name in ready if self._roster.library_of(name) == library][:MOST_SIFTED]
        whys = {name: self._roster.begin(name) for name in names}
        worker = self._worker(tuple(names), library, run_name(self._clock.now()))
        config = self._config
        self._asking[service] = worker

        def ask() -> None:
            unchanged: list[str] = []
            try:
                with self._reporter.speaking_of(run=worker.run, profile=some(names)):
                    for outcome, to_read in self._looker.sift(whys, worker.run, config, worker.progress):
                        unchanged += (
                            [look.profile for look in outcome.looks if look.sifted] if outcome else ()
                        )
                        self._later(partial(self._was_sifted, whys, config, outcome, to_read))
            finally:
                self._later(partial(self._was_asked, worker, service, unchanged))

        self._start(worker, ask)

    def _was_sifted(
        self,
        whys: Mapping[str, frozenset[str]],
        config: Config,
        outcome: Outcome | None,
        to_read: Mapping[str, Snapshot | None],
    ) -> None:
        """Take note of who has something new, and is due still; the looks at all others have ended."""
        for name in (*to_read, *(look.profile for look in (outcome.looks if outcome else ()))):
            self._workers.pop(name, None)
        for name in to_read:
            self._roster.put_off(name, whys[name])
        if config is self._config:
            self._is_to_read(to_read)
        if outcome:
            self._finished(outcome)

    def _was_asked(self, worker: Worker, service: str, unchanged: Sequence[str]) -> None:
        worker.thread.join()
        if unchanged:
            self._reporter.nothing_new(unchanged, worker.run)
        for name in worker.names:
            if self._workers.get(name) is worker:
                del self._workers[name]
        del self._asking[service]

    def _read(self, name: str) -> None:
        library = self._roster.library_of(name) or ""
        if self._queues.is_idle(library):
            self._reporter.begins()
        why = self._roster.begin(name)
        self._queues.reads(name, library, self._places[name])
        worker = self._worker((name,), library, run_name(self._clock.now()))
        self._events.tell("began", profile=name, library=library, run=worker.run)
        config, part = self._config, self._sifted.pop(name, None)
        self._roster.sort({name: self._lane_of(name)})

        def read() -> None:
            with self._reporter.speaking_of(run=worker.run, profile=name):
                seen = self._looker.read(name, why, worker.run, config, worker.progress, part)
            self._later(partial(self._was_read, worker, seen))

        self._start(worker, read)

    def _push(self, library: str, batch: Sequence[Waiting]) -> None:
        # What began as several looks goes on as one run, under the name of the first.
        worker = self._worker(tuple(waiting.profile for waiting in batch), library, batch[0].run)

        def push() -> None:
            try:
                with self._reporter.speaking_of(run=worker.run, profile=some(worker.names)):
                    for outcome in self._looker.push(batch, worker.run, worker.progress):
                        self._later(partial(self._finished, outcome))
            finally:
                self._later(partial(self._was_pushed, worker))

        self._start(worker, push)

    def _worker(self, names: tuple[str, ...], library: str, run: str) -> Worker:
        tell = partial(self._events.progress, names, run)
        return Worker(names, library, LookProgress(self._clock, self._stop, tell), run)

    def _start(self, worker: Worker, work: Callable[[], None]) -> None:
        self._workers |= dict.fromkeys(worker.names, worker)
        worker.thread = threading.Thread(target=work, name=f"look at {some(worker.names)}", daemon=True)
        worker.thread.start()

    def _was_read(self, worker: Worker, seen: Waiting | Outcome) -> None:
        """Take note that a profile was read: it waits for its library now, or its look has ended."""
        worker.thread.join()
        (name,) = worker.names
        del self._workers[name]
        waiting = seen if isinstance(seen, Waiting) else None
        self._queues.was_read(name, waiting, self._clock.monotonic())
        if isinstance(seen, Outcome):
            self._finished(seen)

    def _was_pushed(self, worker: Worker) -> None:
        """Take note that a run ended: its library's next may begin."""
        worker.thread.join()
        for name in worker.names:
            # Its look ended before, so that the next may be under way.
            if self._workers.get(name) is worker:
                del self._workers[name]
        self._queues.pushed(worker.library)


def some(names: Collection[str]) -> str:
    """Return the names, or the first of them and how many more there are.

    >>> some(["ann", "bo"]), some(["ann", "bo", "cy", "di", "ed"])
    ('ann, bo', 'ann, bo, cy and 2 more')
    """
    first, more = ", ".join(islice(names, MOST_NAMES)), len(names) - MOST_NAMES
    return message("and-more", names=first, count=more) if more > 0 else first
