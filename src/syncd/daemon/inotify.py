"""What happens in folders, as Linux tells it: inotify(7), with one thread for all of them.

watchdog has a thread for each folder, and makes several objects of each event before anybody can say that it does not
matter: a log that is written beside a watched page would keep it busy. Here the same name counts once however often it
was written to since the last time, and however much happens, the kernel is asked a few times a second.
It decides nothing about what an event means.
"""

from __future__ import annotations

import ctypes
import errno
import os
import select
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

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
CHANGES = MODIFY | ATTRIB | CLOSE_WRITE | MOVED_FROM | MOVED_TO | CREATE | DELETE | DELETE_SELF


class Listener(Protocol):
    """Hears what happens in one folder, in a thread that must not wait."""

    def inside(self, name: str | None) -> bool:
        """Hear that something happened to what has this name in the folder; None: further down.

        Returns:
            whether that matters to anybody.
        """
        ...

    def itself(self, *, gone: bool) -> None:
        """Hear that something happened to the folder itself, or that events were lost."""
        ...


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
        number = _checked(
            self._library.inotify_add_watch(self._file, folder, CHANGES | ONLY_FOLDER | NO_LINK)
        )
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
