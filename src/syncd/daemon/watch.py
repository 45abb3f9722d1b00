"""Tells which profiles' files changed and are quiet now, so that a half-written page starts no run.

Events only say that it is time to look; whether something changed is seen on the disk. What was missed by an event is
found by looking at everything now and then. It never opens a page, and never writes.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncd.daemon.places import Look, is_on_disk, look
from syncd.daemon.watch_folders import Folders, Interest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from syncd.clock import Clock
    from syncd.daemon.places import Page, Place

ROUND = 300.0
"""Seconds after which everything is looked at, events or none: they get lost in storms, and mounting sends none."""


@dataclass(slots=True)
class _Source:
    """A profile's source.

    Attributes:
        known: its pages as they were when last told of.
        look: the last look at it.
        looked: when that was.
        since: when it became uneasy; None while nothing stirs.
    """

    text: str
    known: tuple[Page, ...]
    look: Look
    looked: float
    since: float | None


class Watcher:
    """Watches the files, folders and patterns of profiles.

    All methods are for one thread; `wake` is called in others, and must not wait for anything.

    Args:
        sources: by name of the profile, as in the configuration; addresses and authors are left out.
        wake: called when `due` has something to look at.
        clock: the time.
        say: takes a sentence for the user, about what can't be watched as it should.
        quiet: seconds for which pages have to stay as they are, without an event.
        longest: seconds after which events don't count any more, but only the pages themselves.
        polling: True to look again and again instead of waiting for events; None to do so where there are none.
        poll_every: how often, in seconds.
    """

    def __init__(  # noqa: PLR0913 - each is a setting with a default
        self,
        sources: Mapping[str, str],
        wake: Callable[[], None],
        clock: Clock,
        *,
        say: Callable[[str], None],
        quiet: float = 1.0,
        longest: float = 60.0,
        polling: bool | None = None,
        poll_every: float = 10.0,
    ) -> None:
        self._texts = _on_disk(sources)
        self._wake = wake
        self._clock = clock
        self._quiet = quiet
        self._longest = longest
        self._folders = Folders(self._mark, say, polling=polling, poll_every=poll_every)
        self._sources: dict[str, _Source] = {}
        # Those among them that stir: a thousand that don't are not asked.
        self._uneasy: set[str] = set()
        self._round = 0.0
        self._lock = threading.Lock()
        self._marked: set[str] = set()

    def start(self) -> None:
        """Take the sources as they are now for known, and watch from here on. Then ask `due`."""
        self._round = self._clock.monotonic() + ROUND
        self.replace(self._texts)

    def stop(self) -> None:
        """Watch nothing more, and end all threads."""
        self._folders.stop()
        self._sources.clear()
        self._uneasy.clear()
        self._marked.clear()

    def replace(self, sources: Mapping[str, str]) -> None:
        """Watch these sources instead; those that are new are known as they are now. Then ask `due`."""
        self._texts = _on_disk(sources)
        kept = {name: there for name, there in self._sources.items() if self._texts.get(name) == there.text}
        self._sources = kept | {
            name: self._new(text) for name, text in self._texts.items() if name not in kept
        }
        self._uneasy = {name for name, source in self._sources.items() if source.since is not None}
        self._watch()

    def due(self) -> tuple[set[str], float | None]:
        """Return the profiles whose pages changed and are quiet, each change once; and when to ask again.

        Returns:
            Names of profiles, and seconds, None if nothing is watched. Ask earlier when woken.
        """
        now = self._clock.monotonic()
        if now >= self._round:
            self._round = now + ROUND
            with self._lock:
                self._marked.update(self._sources)
        with self._lock:
            new = self._marked & self._sources.keys() - self._uneasy
        old = {name for name in self._uneasy if now >= self._sources[name].looked + self._quiet}
        changed = self._look_at({name: self._sources[name] for name in new | old})
        if not self._sources:
            return changed, None
        uneasy = [self._sources[name].looked + self._quiet for name in self._uneasy]
        return changed, max(0.0, min([self._round, *uneasy]) - self._clock.monotonic())

    def _look_at(self, sources: Mapping[str, _Source]) -> set[str]:
        with self._lock:
            stirred = self._marked & sources.keys()
            self._marked -= sources.keys()
        before = {name: source.look.pages for name, source in sources.items()}
        for source in sources.values():
            source.look, source.looked = look(source.text), self._clock.monotonic()
        armed = bool(sources) and self._watch()
        changed = {
            name
            for name, source in sources.items()
            if self._settles(source, before[name], stirred=name in stirred, armed=armed)
        }
        self._uneasy.update(name for name, source in sources.items() if source.since is not None)
        self._uneasy.difference_update(name for name, source in sources.items() if source.since is None)
        return changed

    def _settles(self, source: _Source, before: tuple[Page, ...], *, stirred: bool, armed: bool) -> bool:
        """Tell whether a source that was looked at is quiet, and not as it was known."""
        if source.since is None:
            source.since = source.looked
            return False
        late = source.looked - source.since >= self._longest
        if armed or source.look.pages != before or (stirred and not late):
            return False
        source.since = None
        changed, source.known = source.known != before, before
        return changed

    def _new(self, text: str) -> _Source:
        # Uneasy at first: something may change before it is watched.
        seen, now = look(text), self._clock.monotonic()
        return _Source(text, seen.pages, seen, looked=now, since=now)

    def _mark(self, names: frozenset[str]) -> None:
        with self._lock:
            new = not names <= self._marked
            self._marked |= names
        if new:
            self._wake()

    def _watch(self) -> bool:
        return self._folders.watch(
            _interests(
                (place, name) for name, source in self._sources.items() for place in source.look.places
            )
        )


def _on_disk(sources: Mapping[str, str]) -> dict[str, str]:
    return {name: source for name, source in sources.items() if is_on_disk(source)}


def _interests(places: Iterable[tuple[Place, str]]) -> dict[str, Interest]:
    """Return the folders to watch, each once, with the profiles to which they matter."""
    by_folder: dict[str, list[tuple[Place, str]]] = defaultdict(list)
    for place, profile in places:
        by_folder[place.folder].append((place, profile))
    return {folder: _interest(found) for folder, found in by_folder.items()}


def _interest(found: list[tuple[Place, str]]) -> Interest:
    named: dict[str, frozenset[str]] = {}
    for place, profile in found:
        if place.name is not None:
            named[place.name] = named.get(place.name, frozenset()) | {profile}
    return Interest(
        whole=frozenset(profile for place, profile in found if place.name is None),
        named=named,
        recursive=any(place.recursive for place, _ in found),
        passing=all(place.passing for place, _ in found),
    )
