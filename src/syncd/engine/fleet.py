"""Which of many profiles of one service have something new: found out with one request for a hundred of them.

Once a day the service is asked how many papers each author has, and only those whose number moved are read whole. In
between it is asked what is new, where it can tell, and that is read as a part. Nothing is written to a library here.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from syncd import services
from syncd.config import Config
from syncd.engine.gather import Job, apis_of, digest_of_settings, web_of
from syncd.engine.ports import Ports
from syncd.errors import SourceError
from syncd.messages import message
from syncd.model import Snapshot
from syncd.services import FleetApi, Listed, Recognised
from syncd.services.base import RefusedError
from syncd.state.authors import Authors, KnownAuthor
from syncd.state.libraries import remembered

if TYPE_CHECKING:
    # Where nobody is asked about many, no HTTP client is needed.
    from syncd.sources.web import Web

# So few profiles of a service are read whole each time, as if there were no others: that tells more.
FEW = 10
# The numbers of papers are compared that often: once a day, though a look may come some minutes early.
COMPARED = timedelta(hours=23)
# What is not seen in these numbers, such as a corrected title, is seen when everything is read anew: after three to
# five weeks, each profile at a time of its own.
WHOLE_AFTER, SPREAD = timedelta(days=21), timedelta(days=14)
# Papers that appear under a day that is past by then are found as well.
LATE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Sifted:
    """What was found out about some profiles.

    Attributes:
        unchanged: those that have nothing new.
        parts: what is new, by profile.
        whole: those that are to be read whole.
        failed: those about whom the service could not be asked.
        error: why it could not.
    """

    unchanged: tuple[str, ...] = ()
    parts: Mapping[str, Snapshot] = field(default_factory=dict)
    whole: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    error: SourceError | None = None


def fleets(config: Config) -> dict[str, str]:
    """Return the service of each profile that is asked about together with many others, by the profile's name."""
    found: dict[str, list[str]] = {}
    for name, profile in config.profiles.items():
        author = services.recognise(profile.source)
        service = services.SOURCES.get(author.name) if author else None
        if author and service and service.together and service.together(author.author):
            found.setdefault(author.name, []).append(name)
    return {name: service for service, names in found.items() if len(names) > FEW for name in names}


def sift(jobs: Sequence[Job], config: Config, ports: Ports, *, remember: bool = True) -> Iterator[Sifted]:
    """Find out which profiles have something new, and remember of those that have nothing that they were looked at.

    A question that the service does not take is asked about each half by itself. Where it fails once, the next question
    may do better; where it fails twice in a row, it is left alone.

    Args:
        jobs: of one service.
        config: the settings.
        ports: the world.
        remember: whether what was found out is remembered.

    Yields:
        what was found out, as it comes; each profile once.

    Raises:
        SourceError: the service can't be asked. What was yielded before holds.
        StateError: what is known of the profiles can't be read.
    """
    now = ports.clock.now()
    with ExitStack() as opened, web_of(config, ports) as web:
        known: dict[str, KnownAuthor] = {}
        memories: dict[str, Authors] = {}
        for its in _by_library(jobs):
            state = opened.enter_context(remembered(its[0].library, ports.data, ports.clock))
            memories |= dict.fromkeys((job.name for job in its), state.authors)
            known |= _comparable(its, config, state.authors, now)
        if rest := tuple(job.name for job in jobs if job.name not in known):
            yield Sifted(whole=rest)
        if not known:
            return
        authors = {job.name: _author(job) for job in jobs if job.name in known}
        service = next(iter(authors.values())).name
        api = cast("FleetApi", services.api(service, apis_of(config, ports.env, ports.services)))
        sieve = _Sieve(api, web, memories, known, authors, now, remember)
        stale = [name for name, one in known.items() if sieve.is_stale(one)]
        if not api.per_count:
            yield Sifted(whole=tuple(stale))
        # Those that were compared at about the same time are asked about together.
        fresh = sorted(known.keys() - set(stale), key=lambda name: (known[name].compared, name))
        questions = [
            (names, sieve.by_count, message("asking-for-counts", service=service, count=len(names)))
            for names in _batches(stale, api.per_count)
        ]
        questions += [
            (names, sieve.by_news, message("asking-for-news", service=service, count=len(names)))
            for names in _batches(fresh, api.per_recent)
        ]
        failed = False
        for names, ask, stage in questions:
            ports.progress.stage(stage)
            try:
                found = list(_asked(names, ask))
            except SourceError as error:
                if failed or not error.transient:
                    raise
                failed = True
                found = [Sifted(failed=tuple(names), error=error)]
            else:
                failed = False
            yield from found


def _asked(names: Sequence[str], ask: Callable[[Sequence[str]], Sifted]) -> Iterator[Sifted]:
    """Ask about profiles; about each half by itself where the question is not taken."""
    try:
        yield ask(names)
    except RefusedError:
        if len(names) == 1:
            yield Sifted(whole=tuple(names))
            return
        middle = len(names) // 2
        yield from _asked(names[:middle], ask)
        yield from _asked(names[middle:], ask)


def _batches(names: Sequence[str], most: int) -> Iterator[Sequence[str]]:
    """Yield names in parts; none where a service takes none."""
    for start in range(0, len(names) if most else 0, most or 1):
        yield names[start : start + most]


def _author(job: Job) -> Recognised:
    author = services.recognise(job.source)
    assert author is not None  # noqa: S101 - `fleets` saw it
    return author


def _by_library(jobs: Sequence[Job]) -> list[list[Job]]:
    found: dict[str, list[Job]] = {}
    for job in jobs:
        found.setdefault(job.library.name, []).append(job)
    return list(found.values())


def _comparable(
    jobs: Sequence[Job], config: Config, authors: Authors, now: datetime
) -> dict[str, KnownAuthor]:
    """Return what is known of the profiles for which it is enough to know what is new."""
    known = authors.known(job.name for job in jobs)
    unsettled = authors.unsettled(known)
    return {
        job.name: one
        for job in jobs
        if (one := known.get(job.name))
        and job.name not in unsettled
        and one.origin == _author(job).source
        and one.settings == digest_of_settings(job.settings, config)
        and job.settings.captured is None
        and timedelta(0) <= now - datetime.fromisoformat(one.whole) < _lasts(job.name)
    }


def _lasts(name: str) -> timedelta:
    """Return after how long a profile is read anew."""
    return WHOLE_AFTER + SPREAD * (zlib.crc32(name.encode()) / 2**32)


@dataclass(frozen=True, slots=True)
class _Sieve:
    """Asks a service about profiles, and compares.

    Attributes:
        api: the service.
        web: the session.
        memories: by profile, what remembers what was found.
        known: by profile, what is known of it.
        sources: by profile, the author.
        now: the time.
        remember: whether what was found is remembered.
    """

    api: FleetApi
    web: Web
    memories: Mapping[str, Authors]
    known: Mapping[str, KnownAuthor]
    sources: Mapping[str, Recognised]
    now: datetime
    remember: bool

    @property
    def _time(self) -> str:
        return self.now.isoformat(timespec="seconds")

    def _identifier(self, name: str) -> str:
        return self.known[name].identifier(self.sources[name].author)

    def is_stale(self, one: KnownAuthor) -> bool:
        """Whether the number of an author's papers is to be compared."""
        compared = datetime.fromisoformat(one.compared)
        return not self.api.per_recent or not timedelta(0) <= self.now - compared < COMPARED

    def _by_memory(self, names: Iterable[str]) -> Iterator[tuple[Authors, list[str]]]:
        """Yield what remembers profiles, with these; nothing where nothing is to be remembered."""
        found: dict[Authors, list[str]] = {}
        for name in names if self.remember else ():
            found.setdefault(self.memories[name], []).append(name)
        yield from found.items()

    def _note_unchanged(self, names: Sequence[str], *, compared: bool) -> None:
        for memory, its in self._by_memory(names):
            memory.note_unchanged(its, self._time, compared=compared)

    def by_count(self, names: Sequence[str]) -> Sifted:
        """Compare the numbers of papers."""
        current = {name: self._identifier(name) for name in names}
        counts = self.api.counts(list(dict.fromkeys(current.values())), self.web)
        same: list[str] = []
        merged: dict[str, tuple[str, str]] = {}
        for name, identifier in current.items():
            counted = counts.get(identifier)
            if counted and counted.current != identifier:
                merged[name] = (self.sources[name].author, counted.current)
            elif counted and counted.papers is not None and counted.papers == self.known[name].listed:
                same.append(name)
        for memory, its in self._by_memory(merged):
            memory.note_merged({name: merged[name] for name in its})
        self._note_unchanged(same, compared=True)
        return Sifted(unchanged=tuple(same), whole=tuple(sorted(set(names).difference(same))))

    def by_news(self, names: Sequence[str]) -> Sifted:
        """Ask what is new."""
        listed = [
            Listed(self.sources[name].author, self._identifier(name), self.known[name].author)
            for name in names
        ]
        # The same day all day long: what was read as a part before comes again as the same part, and is known by that.
        since = min(datetime.fromisoformat(self.known[name].compared) for name in names) - LATE
        news = self.api.recent(listed, since.date(), self.web)
        parts = {
            name: part
            for name in names
            if (part := news.get(self.sources[name].author)) and part.digest != self.known[name].part
        }
        same = tuple(name for name in names if name not in parts)
        self._note_unchanged(same, compared=False)
        return Sifted(unchanged=same, parts=parts)
