"""The folders that are watched, by events where the system has them, else by looking at them again and again.

This is the border to the system: to Linux by `inotify`, elsewhere and for polling by watchdog. Their threads do no
more here than say whose folder something happened in; nothing that goes wrong with a folder is raised, it is told once
and tried again later.
"""

from __future__ import annotations

import errno
import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from watchdog import events
from watchdog.observers import Observer
from watchdog.observers.polling import PollingObserver

from syncd.daemon.inotify import Inotify, Watched
from syncd.daemon.watch_mounts import is_silent, mounted_now

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import PurePosixPath

    from watchdog.observers.api import BaseObserver, ObservedWatch

    Observing = BaseObserver | Inotify

# What changes a page. Opening and reading are left out, or syncd would wake itself for ever. One list for all: for a
# folder that is watched twice, the system would keep the last only.
CHANGES: list[type[events.FileSystemEvent]] = [
    events.FileCreatedEvent,
    events.FileModifiedEvent,
    events.FileAttribEvent,
    events.FileClosedEvent,
    events.FileMovedEvent,
    events.FileDeletedEvent,
    events.DirCreatedEvent,
    events.DirAttribEvent,
    events.DirMovedEvent,
    events.DirDeletedEvent,
]
LIMITS = {
    errno.ENOSPC: "fs.inotify.max_user_watches",
    errno.EMFILE: "fs.inotify.max_user_instances",
    errno.ENFILE: "fs.file-max",
}
GONE = (errno.ENOENT, errno.ENOTDIR)


@dataclass(frozen=True, slots=True)
class Interest:
    """Which profiles a folder matters to.

    Attributes:
        whole: those to which all that is in it matters.
        named: those to which one name in it matters, by that name.
        recursive: the folders inside matter, too.
        passing: it is on the way for all of them, and no more.
    """

    whole: frozenset[str]
    named: Mapping[str, frozenset[str]]
    recursive: bool
    passing: bool

    def everyone(self) -> frozenset[str]:
        """Return all profiles to which the folder matters."""
        return self.whole.union(*self.named.values())


class _Listener(events.FileSystemEventHandler):
    """Hears what happens in one folder."""

    def __init__(self, folder: str, interest: Interest, mark: Callable[[frozenset[str]], None]) -> None:
        self.interest = interest
        self.gone = False
        self._folder = folder
        self._mark = mark

    def dispatch(self, event: events.FileSystemEvent) -> None:
        """Hear of an event of watchdog's."""
        for path in filter(None, map(os.fsdecode, (event.src_path, event.dest_path))):
            folder, name = os.path.split(path)
            if path == self._folder:
                self.itself(gone=isinstance(event, events.DirDeletedEvent))
            else:
                self.inside(name if folder == self._folder else None)

    def inside(self, name: str | None) -> bool:
        """Hear that something happened to what has this name, None: further down; return whether that matters."""
        interest = self.interest
        concerned = interest.whole
        if name is not None and name in interest.named:
            concerned |= interest.named[name]
        if concerned:
            self._mark(concerned)
        return bool(concerned)

    def itself(self, *, gone: bool) -> None:
        """Hear that something happened to the folder itself."""
        self.gone |= gone
        self._mark(self.interest.everyone())


@dataclass(frozen=True, slots=True)
class _Watched:
    identity: tuple[int, int]
    listener: _Listener
    observer: Observing
    watch: ObservedWatch | Watched


class Folders:
    """Watches the folders that it is told to.

    Args:
        mark: called in other threads with the profiles that an event concerns; it must not wait for anything.
        say: takes a sentence for the user.
        polling: True to look again and again everywhere; None to do so only where there are no events.
        poll_every: how often, in seconds.
        mounted: gives the type of the file system by mount point.
    """

    def __init__(
        self,
        mark: Callable[[frozenset[str]], None],
        say: Callable[[str], None],
        *,
        polling: bool | None,
        poll_every: float,
        mounted: Callable[[], Mapping[PurePosixPath, str]] = mounted_now,
    ) -> None:
        self._mark = mark
        self._say = say
        self._polling = polling
        self._poll_every = poll_every
        self._mounted = mounted
        self._watched: dict[str, _Watched] = {}
        self._observers: dict[bool, Observing] = {}
        self._said: set[str] = set()

    def watch(self, wanted: Mapping[str, Interest]) -> bool:
        """Watch these folders, and no others; those that were replaced by others of the same name, anew.

        Returns:
            Whether something is watched now that was not before, and may have changed in between.
        """
        for folder in [folder for folder in self._watched if folder not in wanted]:
            self._leave(folder)
        # Those that are only passed through last: should the system's limit be reached, they can be done without.
        in_turn = sorted(wanted.items(), key=lambda item: item[1].passing)
        armed = [folder for folder, interest in in_turn if self._keep(folder, interest)]
        return bool(armed)

    def stop(self) -> None:
        """Watch nothing, and end all threads."""
        for observer in self._observers.values():
            observer.stop()
            observer.join()
        self._observers.clear()
        self._watched.clear()
        self._said.clear()

    def _keep(self, folder: str, interest: Interest) -> bool:
        there = self._watched.get(folder)
        try:
            status = Path(folder).stat()
            identity = (status.st_dev, status.st_ino)
            # An inode may be used again at once, so a folder that was deleted is told by the event.
            if (
                there
                and there.identity == identity
                and not there.listener.gone
                and self._suits(there, interest)
            ):
                there.listener.interest = interest
                return False
            if there:
                self._leave(folder)
            return self._arm(folder, interest, identity)
        except OSError as error:
            if there and folder in self._watched:
                self._leave(folder)
            if error.errno in GONE:
                return True  # it was there a moment ago: look again
            if not interest.passing:
                self._tell(folder, f"{folder}: changes in this folder are noticed late: {_reason(error)}.")
            return False

    def _suits(self, there: _Watched, interest: Interest) -> bool:
        polled = there.observer is self._observers.get(True)
        return there.watch.is_recursive == interest.recursive and not (polled and interest.passing)

    def _arm(self, folder: str, interest: Interest, identity: tuple[int, int]) -> bool:
        os.scandir(folder).close()  # watchdog says nothing where this is not permitted
        polled = is_silent(folder, self._mounted()) if self._polling is None else self._polling
        listener = _Listener(folder, interest, self._mark)
        try:
            armed = self._schedule(listener, folder, interest, polled=polled)
        except OSError as error:
            if polled or error.errno not in LIMITS:
                raise
            self._polling = True
            self._say(
                f"{folder}: the system watches no more folders, so syncd looks at this one and further ones every "
                f"{self._poll_every:g} seconds. Raise the limit {LIMITS[error.errno]} and restart syncd."
            )
            armed = self._schedule(listener, folder, interest, polled=True)
        if armed:
            self._watched[folder] = _Watched(identity, listener, *armed)
            self._said.discard(folder)
        return armed is not None

    def _schedule(
        self, listener: _Listener, folder: str, interest: Interest, *, polled: bool
    ) -> tuple[Observing, ObservedWatch | Watched] | None:
        if polled and interest.passing:
            return None  # looking at all that is in it, for one folder that hardly ever changes, is too dear
        observer = self._observer(polled=polled)
        if isinstance(observer, Inotify):
            return observer, observer.schedule(listener, folder, recursive=interest.recursive)
        return observer, observer.schedule(
            listener, folder, recursive=interest.recursive, event_filter=CHANGES
        )

    def _observer(self, *, polled: bool) -> Observing:
        if polled not in self._observers:
            # Started before it has anything to watch: what is refused later is then raised here, not in its thread.
            self._observers[polled] = self._polling_observer() if polled else _events_observer()
        return self._observers[polled]

    def _polling_observer(self) -> Observing:
        observer = PollingObserver(timeout=self._poll_every)
        observer.start()
        return observer

    def _leave(self, folder: str) -> None:
        there = self._watched.pop(folder)
        observer: Any = there.observer
        observer.unschedule(there.watch)

    def _tell(self, about: str, sentence: str) -> None:
        if about not in self._said:
            self._said.add(about)
            self._say(sentence)


def _events_observer() -> Observing:
    if platform.system() == "Linux":
        return Inotify()
    observer: BaseObserver = Observer()
    observer.start()
    return observer


def _reason(error: OSError) -> str:
    return "you may not list it" if isinstance(error, PermissionError) else str(error.strerror)
