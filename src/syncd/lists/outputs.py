"""Keeps the lists of the configuration up to date, after a run and when they are asked for.

One that can't be written keeps no other from being written. What was made of the same papers in the same way before is
not made again.
"""

from __future__ import annotations

import glob
import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from syncd import __version__
from syncd.clock import Clock
from syncd.config import Config
from syncd.config.model import STYLE_FILE
from syncd.errors import KeptError, LockedError, StateError, SyncdError
from syncd.lists.files import File, digest_of, place_of
from syncd.lists.formats import pieces
from syncd.lists.selection import Selection, opened, selection_of
from syncd.lock import held
from syncd.messages import message
from syncd.paths import DataFolder
from syncd.read import is_online
from syncd.sources.file import is_page
from syncd.state.store import Store

# Seconds to wait while another process writes lists.
PATIENCE = 60.0
FORCE = "syncd export --outputs --force"


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a file.

    Attributes:
        file: its path.
        outcome: kept: somebody else wrote what stands in it; failed: it could not be written.
        papers: how many stand in it; None where that is not known.
        error: why it was kept, or failed.
    """

    file: str
    outcome: Literal["written", "unchanged", "kept", "failed"]
    papers: int | None = None
    error: SyncdError | None = None


def write_outputs(config: Config, data: DataFolder, clock: Clock, *, force: bool = False) -> list[Written]:
    """Write the lists of the configuration, as far as they changed. Never raises a `SyncdError`.

    Args:
        config: names them.
        data: the data folder.
        clock: is waited by while another process writes lists.
        force: overwrite what somebody else wrote.
    """
    if not config.outputs:
        return []
    try:
        with writing(data, clock) as store:
            return list(_each(config, data, clock, store, force=force))
    except SyncdError as error:
        return [Written(output.file, "failed", error=error) for output in config.outputs]


@contextmanager
def writing(data: DataFolder, clock: Clock) -> Iterator[Store]:
    """Give the database in which it is noted what was written, while no other process writes lists.

    Raises:
        LockedError: one does still.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(held(data.lists_lock, clock, wait=PATIENCE))
        except LockedError as error:
            raise LockedError(message("lists-busy", holder=error.holder), holder=error.holder) from None
        yield stack.enter_context(closing(Store.of(data)))


def _each(config: Config, data: DataFolder, clock: Clock, store: Store, *, force: bool) -> Iterator[Written]:
    seen: set[Path] = set()
    read = what_is_read(config)
    for output in config.outputs:
        file = File(Path(output.file), store)
        try:
            check_place(file.named, read, data)
            if file.path in seen:
                raise StateError(
                    message("output-link-twice", path=output.file), hint=message("name-another-file")
                )
            seen.add(file.path)
            selection = selection_of(
                config,
                profiles=output.profiles,
                collection=output.collection,
                library=output.library,
                sort=output.sort,
            )
            yield write_list(
                file, selection, output.format, data, clock, style=output.style, force=force, command=FORCE
            )
        except KeptError as error:
            yield Written(output.file, "kept", error=error)
        except SyncdError as error:
            yield Written(output.file, "failed", error=error)


def what_is_read(config: Config) -> list[Path]:
    """Return the files, folders and patterns that the configuration is read from, or names to be read."""
    named = [
        *(profile.source for profile in config.profiles.values() if not is_online(profile.source)),
        *(group.members for group in config.groups.values()),
        *(output.style for output in config.outputs if output.style and output.style.endswith(STYLE_FILE)),
    ]
    return [*([config.path] if config.path else []), *map(Path, named)]


def check_place(named: Path, read: Iterable[Path], data: DataFolder) -> None:
    """Make sure that a list takes the place of nothing that syncd lives on, and is not read as a page itself.

    Args:
        named: where the list is to be.
        read: see `what_is_read`.
        data: the data folder.

    Raises:
        StateError: it would.
    """
    path = place_of(named)
    if path.is_relative_to(place_of(data.root)):
        words = message("output-among-data", path=named, folder=data.root)
    elif any(_means(source, path) for source in read):
        words = message("output-is-read", path=named)
    else:
        return
    raise StateError(words, hint=message("name-another-file"))


def _means(source: Path, path: Path) -> bool:
    """Tell whether a path is that of a file, of a page in a folder, or one that a pattern matches."""
    if glob.has_magic(str(source)) and not source.exists():
        return path.match(str(source))
    place = place_of(source)
    return path == place or (path.parent == place and is_page(path))


def write_list(  # noqa: PLR0913 - all that a list is
    file: File,
    selection: Selection,
    form: str,
    data: DataFolder,
    clock: Clock,
    *,
    style: str | None = None,
    force: bool = False,
    command: str,
) -> Written:
    """Write one list, if that changes its file.

    Args:
        file: where to.
        selection: which papers.
        form: a key of `formats.WRITERS`.
        data: the data folder.
        clock: time.
        style: for HTML, the citation style.
        force: overwrite what somebody else wrote.
        command: what overwrites it.

    Raises:
        KeptError: somebody else wrote what stands in it, or it would be empty.
        SyncdError: it can't be written.
    """
    with opened(selection, data, clock) as libraries:
        where = [(library.whereabouts, repr(choice)) for library, choice in selection.libraries]
        looks = [style, digest_of(Path(style)) if Path(style).is_file() else ""] if style else []
        made = [__version__, form, looks, where, selection.sort, selection.title, libraries.moment()]
        basis = json.dumps(made)
        known = file.record()
        if known and known.basis == basis and file.digest() == known.digest:
            return Written(str(file.named), "unchanged", known.papers)
        papers = libraries.papers()
        changed = file.write(
            pieces(papers, selection, form, style), papers.count, basis, command, force=force
        )
        return Written(str(file.named), "written" if changed else "unchanged", papers.count)
