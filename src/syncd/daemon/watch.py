"""Tells which profiles' files changed and are quiet now, so that a half-written page starts no run.

An event only says that it is time to look. Names, links and times then tell whether a page may have changed, and two
looks alike that it is quiet. No page is opened here: whether it holds something new is for who reads it.
"""

from __future__ import annotations

import glob
import os
import stat
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from syncd.clock import Clock
from syncd.daemon.folders import Folders, Interest
from syncd.errors import SourceError
from syncd.read import is_online
from syncd.sources import file

MOST_LINKS = 40  # as many as Linux follows in one path
MOST_LINKED = 64
"""So many linked pages, or linked folders, of one source are followed to where they lead: each costs a watch."""


@dataclass(frozen=True, slots=True)
class Place:
    """A name in a folder that a source depends on, there or not; or all that is in a folder.

    Attributes:
        folder: absolute and without links.
        name: None for whatever is in the folder.
        recursive: what is in the folders inside, too.
        passing: just a folder on the way, of which matters only whether it is still the same.
    """

    folder: str
    name: str | None = None
    recursive: bool = False
    passing: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page as the disk has it: whatever is done to it, one of these differs. All are 0 where it is missing.

    Attributes:
        modified: in nanoseconds, as is `changed`, which also tells of new permissions.
    """

    path: str
    device: int = 0
    inode: int = 0
    size: int = 0
    modified: int = 0
    changed: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What a source looked like at one moment.

    Attributes:
        pages: its signature; empty where there is nothing to read.
        places: what to watch, lest a change of the signature be missed.
    """

    pages: tuple[Page, ...]
    places: frozenset[Place]


def is_on_disk(source: str) -> bool:
    """Tell whether a source is a file, a folder or a pattern, and neither an address nor an author.

    >>> [is_on_disk(text) for text in ("~/pages/*.txt", "https://example.org/a", "dblp:h/PengchengHe", "")]
    [True, False, False, False]
    """
    return bool(source) and not ("\0" in source or is_online(source))


def look(source: str) -> Seen:
    """Look at a source that is on the disk, without opening its pages; a missing one is no error."""
    path = file.expand(source.strip()).absolute()
    try:
        pages = file.pages(path)
    except (SourceError, OSError):
        pages = []
    pattern = glob.has_magic(str(path)) and not os.path.exists(path)  # noqa: PTH110 - never raises
    places = _of_pattern(path) if pattern else _of_path(path)
    linked = islice((page for page in pages if os.path.islink(page)), MOST_LINKED)  # noqa: PTH114 - never raises
    followed = chain.from_iterable(walk(page)[0] for page in linked)
    return Seen(tuple(map(_page, pages)), frozenset(chain(places, followed)))


def walk(path: Path) -> tuple[list[Place], str | None]:
    """Go along an absolute path as the system does, through every link.

    Returns:
        What the way depends on, up to the first name that is missing; and where it leads, None if nowhere.
    """
    places: list[Place] = []
    here, names, links = path.anchor, list(reversed(path.parts[1:])), 0
    while names:
        name = names.pop()
        if name == "..":
            here = os.path.dirname(here)  # noqa: PTH120 - plain text is much faster here
            continue
        entry = os.path.join(here, name)  # noqa: PTH118 - as above
        try:
            mode = os.lstat(entry).st_mode
            target = Path(os.readlink(entry)) if stat.S_ISLNK(mode) else None  # noqa: PTH115 - as above
        except OSError:
            return [*places, Place(here, name)], None
        places.append(Place(here, name, passing=stat.S_ISDIR(mode)))
        if target is not None:
            links += 1
            if links > MOST_LINKS:
                return places, None
            here = target.anchor or here
            names += reversed(target.parts[1:] if target.anchor else target.parts)
        elif stat.S_ISDIR(mode):
            here = entry
        else:
            return places, None if names else entry
    return places, here


def _page(path: Path) -> Page:
    try:
        status = path.stat()
    except OSError:
        return Page(str(path))
    return Page(
        str(path), status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
    )


def _of_path(path: Path) -> Iterator[Place]:
    places, real = walk(path)
    yield from places
    if real is not None and os.path.isdir(real):  # noqa: PTH112 - never raises
        yield Place(real)


def _of_pattern(pattern: Path) -> Iterator[Place]:
    first = next(number for number, part in enumerate(pattern.parts) if glob.has_magic(part))
    base, magic = Path(*pattern.parts[:first]), pattern.parts[first:]
    deep = len(magic) > 1 or "**" in magic
    places, real = walk(base)
    yield from places
    if real is None:
        return
    yield Place(real, recursive=deep)
    for folder in islice(_linked_folders(base, magic, Path(real)), MOST_LINKED):
        places, there = walk(folder)
        yield from places
        if there is not None:
            yield Place(there, recursive=deep)


def _linked_folders(base: Path, magic: tuple[str, ...], real: Path) -> Iterator[Path]:
    """Yield the folders in which a pattern looks though they are not in its own: links led there."""
    for depth in range(1, len(magic) + ("**" in magic)):
        inside = os.path.join(base, *magic[:depth], "")  # noqa: PTH118 - a slash at the end: folders only
        for name in glob.iglob(inside, recursive=True):  # noqa: PTH207 - pathlib's does not follow links
            folder = Path(name)
            if not Path(os.path.realpath(folder)).is_relative_to(real):
                yield folder


ROUND = 300.0
"""Seconds after which everything is looked at, events or none: they get lost in storms, and mounting sends none."""


@dataclass(slots=True)
class _Source:
    """A profile's source.

    Attributes:
        known: its pages as they were when last told of.
        seen: what the last look at it saw.
        looked: when that was.
    """

    text: str
    known: tuple[Page, ...]
    seen: Seen
    looked: float


class Watcher:
    """Watches the files, folders and patterns of profiles.

    All methods are for one thread; `wake` is called in others, and must not wait for anything.

    Args:
        sources: by name of the profile, as in the configuration; addresses and authors are left out.
        wake: called when `due` has something to look at.
        clock: the time.
        say: takes a sentence for the user, about what can't be watched as it should.
        quiet: seconds for which pages have to stay as they are.
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
        polling: bool | None = None,
        poll_every: float = 10.0,
    ) -> None:
        self._texts = _on_disk(sources)
        self._wake = wake
        self._clock = clock
        self._quiet = quiet
        self._folders = Folders(self._mark, say, polling=polling, poll_every=poll_every)
        self._sources: dict[str, _Source] = {}
        # Those among them that are looked at again soon, for something happened: a thousand others are not asked.
        self._uneasy: set[str] = set()
        # What is to be watched for them; None where that is to be put together anew.
        self._wanted: dict[str, Interest] | None = None
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
        self._wanted = None
        # Something may change before they are watched.
        self._uneasy = (self._uneasy & kept.keys()) | (self._sources.keys() - kept.keys())
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
        changed = self._look_at(new | old)
        if not self._sources:
            return changed, None
        uneasy = [self._sources[name].looked + self._quiet for name in self._uneasy]
        return changed, max(0.0, min([self._round, *uneasy]) - self._clock.monotonic())

    def _look_at(self, names: set[str]) -> set[str]:
        """Look at sources; return those that are quiet now, and not as they were known."""
        with self._lock:
            self._marked -= names
        before = {name: self._sources[name].seen.pages for name in names}
        for name in names:
            source = self._sources[name]
            places = source.seen.places
            source.seen, source.looked = look(source.text), self._clock.monotonic()
            if source.seen.places != places:
                self._wanted = None
        # What is watched only now may have changed since the look.
        unwatched = bool(names) and self._watch()
        quiet = {
            name
            for name in names & self._uneasy
            if not unwatched and self._sources[name].seen.pages == before[name]
        }
        self._uneasy = (self._uneasy | names) - quiet
        changed = {name for name in quiet if self._sources[name].known != before[name]}
        for name in changed:
            self._sources[name].known = before[name]
        return changed

    def _new(self, text: str) -> _Source:
        seen = look(text)
        return _Source(text, seen.pages, seen, self._clock.monotonic())

    def _mark(self, names: frozenset[str]) -> None:
        with self._lock:
            new = not names <= self._marked
            self._marked |= names
        if new:
            self._wake()

    def _watch(self) -> bool:
        if self._wanted is None:
            self._wanted = _interests(
                (place, name) for name, source in self._sources.items() for place in source.seen.places
            )
        return self._folders.watch(self._wanted)


def _on_disk(sources: Mapping[str, str]) -> dict[str, str]:
    return {name: source for name, source in sources.items() if is_on_disk(source)}


def _interests(places: Iterable[tuple[Place, str]]) -> dict[str, Interest]:
    """Return the folders to watch, each once, with the profiles to which they matter."""
    by_folder: dict[str, list[tuple[Place, str]]] = defaultdict(list)
    for place, profile in places:
        by_folder[place.folder].append((place, profile))
    return {folder: _interest(found) for folder, found in by_folder.items()}


def _interest(found: list[tuple[Place, str]]) -> Interest:
    named: defaultdict[str, set[str]] = defaultdict(set)
    for place, profile in found:
        if place.name is not None:
            named[place.name].add(profile)
    return Interest(
        whole=frozenset(profile for place, profile in found if place.name is None),
        named={name: frozenset(profiles) for name, profiles in named.items()},
        recursive=any(place.recursive for place, _ in found),
        passing=all(place.passing for place, _ in found),
    )
