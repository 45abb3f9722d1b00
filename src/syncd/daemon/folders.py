"""The folders that are watched: by inotify(7) where Linux tells of changes, else by looking at them again and again.

This is the border to the system. One thread listens for all folders. The list of mounts shows network
drives, of whose changes nobody tells.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import select
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any

from watchdog import events
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch
from watchdog.observers.polling import PollingObserver

from syncd.messages import message
from syncd.text.patterns import pattern

MOUNTINFO = Path("/proc/self/mountinfo")

SILENT = pattern(
    r"nfs\d?|cifs|smb\d?|smbfs|ncpfs|afs|coda|9p|virtiofs|drvfs|vboxsf|prl_fs|vmhgfs|davfs|ceph|lustre|gpfs|beegfs"
    r"|glusterfs|orangefs|pvfs2|ocfs2|gfs2?|fuse(?:\..*)?",
    hostile="fuse.",
)
"""Types of file systems that others change without this machine being told.

>>> [bool(SILENT.fullmatch(kind)) for kind in ("nfs4", "smb3", "9p", "fuse.sshfs", "ext4", "fuseblk", "overlay")]
[True, True, True, True, False, False, False]
"""

ESCAPED = pattern(r"\\([0-7]{3})", hostile="\\04")  # "\040" is a space


def mounts(text: str) -> dict[PurePosixPath, str]:
    r"""Return the type of the file system by mount point, the uppermost where several are mounted on one.

    The format is that of proc_pid_mountinfo(5); lines of another form are passed over.

    >>> mounts(r"36 27 0:31 / /mnt/my\040drive rw shared:5 - cifs //nas/share rw")
    {PurePosixPath('/mnt/my drive'): 'cifs'}
    """
    found = {}
    for line in text.splitlines():
        before, dash, after = line.partition(" - ")
        fields = before.split(" ")
        if dash and len(fields) > 5 and after:
            point = ESCAPED.sub(lambda octal: chr(int(octal[1], 8)), fields[4])
            found[PurePosixPath(point)] = after.split(" ", 1)[0]
    return found


def is_silent(folder: str, mounted: Mapping[PurePosixPath, str]) -> bool:
    """Tell whether changes in a folder may come without an event. `folder` is absolute and without links."""
    path = PurePosixPath(folder)
    kinds = (mounted[point] for point in (path, *path.parents) if point in mounted)
    return bool(SILENT.fullmatch(next(kinds, "")))


def mounted_now() -> dict[PurePosixPath, str]:
    """Return what is mounted; nothing where the system does not say so."""
    try:
        return mounts(MOUNTINFO.read_text(encoding="utf-8", errors="surrogateescape"))
    except OSError:
        return {}


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


class Listener(events.FileSystemEventHandler):
    """Hears what happens in one folder, in a thread that must not wait."""

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
        """Hear that something happened to the folder itself, or that events were lost."""
        self.gone |= gone
        self._mark(self.interest.everyone())


PAUSE = 0.05
"""Seconds after something that matters until the kernel is asked again; it notes 16,384 events by default."""

LONG_PAUSE = 0.25
"""The same, after what matters to nobody."""

MOST_BYTES = 1 << 20
EVENT = struct.Struct("iIII")

MODIFY, ATTRIB, CLOSE_WRITE = 0x2, 0x4, 0x8
MOVED_FROM, MOVED_TO, CREATE, DELETE, DELETE_SELF = 0x40, 0x80, 0x100, 0x200, 0x400
UNMOUNT, OVERFLOW, IGNORED, IS_FOLDER = 0x2000, 0x4000, 0x8000, 0x40000000
ONLY_FOLDER, NO_LINK = 0x01000000, 0x02000000
# What changes a page. Opening and reading are left out, or syncd would wake itself for ever.
MASK = MODIFY | ATTRIB | CLOSE_WRITE | MOVED_FROM | MOVED_TO | CREATE | DELETE | DELETE_SELF


@dataclass(slots=True, eq=False)
class Watched:
    """A folder that is watched.

    Attributes:
        listener: hears of it.
        folder: its path.
        is_recursive: the folders inside are, too.
        folders: the path of each folder that is watched for it, by the kernel's number.
    """

    listener: Listener
    folder: bytes
    is_recursive: bool
    folders: dict[int, bytes] = field(default_factory=dict)


class Inotify:
    """Watches folders.

    Raises:
        OSError: the system has no more of these: `EMFILE`, `ENFILE`.
    """

    def __init__(self) -> None:
        self._library = ctypes.CDLL(None, use_errno=True)
        self._file = _checked(self._library.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK))
        try:
            self._end = os.eventfd(0)
        except OSError:
            os.close(self._file)
            raise
        self._lock = threading.Lock()
        self._by_number: dict[int, set[Watched]] = {}
        self._thread = threading.Thread(target=self._listen, name="watch", daemon=True)
        self._thread.start()

    def schedule(self, listener: Listener, folder: str, *, recursive: bool) -> Watched:
        """Watch a folder.

        Raises:
            OSError: it is gone, is no folder, or may not be watched; or the system watches no more: `ENOSPC`.
        """
        watched = Watched(listener, os.fsencode(folder), recursive)
        with self._lock:
            try:
                self._add(watched, watched.folder)
                self._add_inside(watched, watched.folder)
            except OSError:
                self._remove(watched)
                raise
        return watched

    def unschedule(self, watched: Watched) -> None:
        """Watch a folder no more."""
        with self._lock:
            self._remove(watched)

    def stop(self) -> None:
        """Watch nothing more; then `join`."""
        os.eventfd_write(self._end, 1)

    def join(self) -> None:
        """Wait until its thread has ended."""
        self._thread.join()
        os.close(self._file)
        os.close(self._end)

    def _listen(self) -> None:
        poll = select.poll()
        poll.register(self._file, select.POLLIN)
        poll.register(self._end, select.POLLIN)
        pause = select.poll()
        pause.register(self._end, select.POLLIN)
        while all(number != self._end for number, _ in poll.poll()):
            with self._lock:
                matters = self._hear()
            if pause.poll(1000 * (PAUSE if matters else LONG_PAUSE)):
                return

    def _hear(self) -> bool:
        """Tell listeners what happened since the last time, the same once; return whether it matters to anybody."""
        matters = False
        data = b""
        with suppress(BlockingIOError):
            data = os.read(self._file, MOST_BYTES)
        for number, mask, name in dict.fromkeys(_events(data)):
            if mask & OVERFLOW:
                for watched in set(chain.from_iterable(self._by_number.values())):
                    watched.listener.itself(gone=False)
            for watched in list(self._by_number.get(number, ())):
                matters |= self._tell(watched, number, mask, name)
            if mask & IGNORED:
                for watched in self._by_number.pop(number, set()):
                    watched.folders.pop(number, None)
        return matters

    def _tell(self, watched: Watched, number: int, mask: int, name: bytes) -> bool:
        path = watched.folders[number]
        if mask & IS_FOLDER and mask & (CREATE | MOVED_TO) and watched.is_recursive:
            # It may be gone again, or be one too many: the next round looks at everything.
            with suppress(OSError):
                self._add(watched, os.path.join(path, name))  # noqa: PTH118 - bytes
                self._add_inside(watched, os.path.join(path, name))  # noqa: PTH118 - bytes
        if path != watched.folder:
            return watched.listener.inside(None)
        if name:
            return watched.listener.inside(os.fsdecode(name))
        if not mask & IGNORED:
            watched.listener.itself(gone=bool(mask & (DELETE_SELF | UNMOUNT)))
        return True

    def _add(self, watched: Watched, folder: bytes) -> None:
        number = _checked(self._library.inotify_add_watch(self._file, folder, MASK | ONLY_FOLDER | NO_LINK))
        watched.folders[number] = folder
        self._by_number.setdefault(number, set()).add(watched)

    def _add_inside(self, watched: Watched, folder: bytes) -> None:
        """Watch the folders inside, too; those that vanish meanwhile or may not be watched are left out."""
        if not watched.is_recursive:
            return
        for here, names, _ in os.walk(folder):
            for name in names:
                try:
                    self._add(watched, os.path.join(here, name))  # noqa: PTH118 - bytes
                except OSError as error:
                    if error.errno == errno.ENOSPC:
                        raise

    def _remove(self, watched: Watched) -> None:
        for number in watched.folders:
            those = self._by_number.get(number, set())
            those.discard(watched)
            if not those and self._by_number.pop(number, None) is not None:
                # It fails where the folder is gone, which is as well.
                self._library.inotify_rm_watch(self._file, number)
        watched.folders.clear()


def _events(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield the events in what was read: the folder's number, what happened, the name in it.

    >>> list(_events(EVENT.pack(1, CREATE, 0, 8) + b"ann.txt" + bytes(1)))
    [(1, 256, b'ann.txt')]
    """
    at = 0
    while at < len(data):
        number, mask, _, length = EVENT.unpack_from(data, at)
        at += EVENT.size
        yield number, mask, data[at : at + length].rstrip(b"\0")
        at += length


def _checked(value: int) -> int:
    """Return what a call gave.

    Raises:
        OSError: it failed.
    """
    if value < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return value


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
class _Watched:
    identity: tuple[int, int]
    listener: Listener
    observer: BaseObserver | Inotify
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
        self._observers: dict[bool, BaseObserver | Inotify] = {}
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
                self._tell(folder, message("changes-noticed-late", folder=folder, reason=_reason(error)))
            return False

    def _suits(self, there: _Watched, interest: Interest) -> bool:
        polled = there.observer is self._observers.get(True)
        return there.watch.is_recursive == interest.recursive and not (polled and interest.passing)

    def _arm(self, folder: str, interest: Interest, identity: tuple[int, int]) -> bool:
        os.scandir(folder).close()  # watchdog says nothing where this is not permitted
        polled = is_silent(folder, self._mounted()) if self._polling is None else self._polling
        listener = Listener(folder, interest, self._mark)
        try:
            armed = self._schedule(listener, folder, interest, polled=polled)
        except OSError as error:
            if polled or error.errno not in LIMITS:
                raise
            self._polling = True
            self._say(
                message(
                    "folders-not-watched",
                    folder=folder,
                    seconds=f"{self._poll_every:g}",
                    limit=LIMITS[error.errno],
                )
            )
            armed = self._schedule(listener, folder, interest, polled=True)
        if armed:
            self._watched[folder] = _Watched(identity, listener, *armed)
            self._said.discard(folder)
        return armed is not None

    def _schedule(
        self, listener: Listener, folder: str, interest: Interest, *, polled: bool
    ) -> tuple[BaseObserver | Inotify, ObservedWatch | Watched] | None:
        if polled and interest.passing:
            return None  # looking at all that is in it, for one folder that hardly ever changes, is too dear
        observer = self._observer(polled=polled)
        if isinstance(observer, Inotify):
            return observer, observer.schedule(listener, folder, recursive=interest.recursive)
        return observer, observer.schedule(
            listener, folder, recursive=interest.recursive, event_filter=CHANGES
        )

    def _observer(self, *, polled: bool) -> BaseObserver | Inotify:
        if polled not in self._observers:
            # Started before it has anything to watch: what is refused later is then raised here, not in its thread.
            self._observers[polled] = self._polling_observer() if polled else _events_observer()
        return self._observers[polled]

    def _polling_observer(self) -> BaseObserver | Inotify:
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


def _events_observer() -> BaseObserver | Inotify:
    if platform.system() == "Linux":
        return Inotify()
    observer: BaseObserver = Observer()
    observer.start()
    return observer


def _reason(error: OSError) -> str:
    return message("folder-not-listed") if isinstance(error, PermissionError) else str(error.strerror)
