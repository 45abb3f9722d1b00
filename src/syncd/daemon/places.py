"""What a source on the disk is made of: its pages as they are now, and each place that decides what these are.

It looks at names, links and times, and never opens a page.
"""

from __future__ import annotations

import glob
import os
import stat
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from syncd.errors import SourceError
from syncd.sources import file, registry

if TYPE_CHECKING:
    from collections.abc import Iterator

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
class Look:
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
    return bool(source) and not ("://" in source or "\0" in source or registry.recognise(source))


def look(source: str) -> Look:
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
    return Look(tuple(map(_page, pages)), frozenset(chain(places, followed)))


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
