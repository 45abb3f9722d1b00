"""Whose turn it is: who may be read, and the queue of each library, in which what was read waits to be pushed together.

It reads no clock and starts no thread: times come in, names and batches go out. It is for one thread.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from syncd import services
from syncd.daemon.work import Waiting

# So many profiles are read at a time: reading is mostly waiting for others, and parsing takes turns anyway.
READERS = 16
# Of these, so many at one place, lest a server or a disk that hangs takes them all.
AT_ONE_PLACE = 4
# So many profiles are pushed in one run, and so many wait for it in memory.
TOGETHER = 100
# Seconds for which those that were read wait for others that are still being read.
LINGER = 1.0


def place_of(source: str) -> str:
    """Return where a source is read from: a host, a service, or a folder.

    >>> place_of("https://example.org/a"), place_of("dblp:h/PengchengHe"), place_of("pages/ann.txt")
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
