"""Answers of web servers on disk, so that what did not change is not sent again.

Each answer is one file, written whole or not at all; one that is damaged counts as missing. Several processes may
use one folder. A fault of the disk here costs a request and never fails a fetch. Nothing that
identifies the user, and no key, is stored.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from syncd.clock import Clock
from syncd.paths import PART, replacing

MOST_BYTES = 256_000_000
"""The most bytes in the folder. Between two looks at the folder it may grow by `LOOK_EVERY` more."""

LOOK_EVERY = MOST_BYTES // 16
"""How many bytes are written between two looks at the folder's size."""

SUFFIX = ".answer"
ABANDONED = 3600.0
"""Seconds after which a half-written file belongs to a process that died."""

KEPT_HEADERS = frozenset({"content-type", "etag", "last-modified", "date", "link"})

VALIDATORS = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
"""Headers by which an answer is recognised, and headers that ask the server whether it is still the same."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored answer.

    Attributes:
        status: of the answer.
        headers: those of `KEPT_HEADERS`, in lower case.
        data: the body, decompressed.
        age: seconds since the server last said that it is like this.
    """

    status: int
    headers: Mapping[str, str]
    data: bytes
    age: float

    @property
    def conditions(self) -> dict[str, str]:
        """The headers that ask for the answer only if it changed."""
        return {ask: self.headers[name] for name, ask in VALIDATORS.items() if name in self.headers}


def key(*parts: str) -> str:
    """Return the name under which an answer is stored.

    >>> key("https://example.org/", "text/html") == key("https://example.org/", "text/html", "")
    False
    """
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


class Cache:
    """A folder of answers.

    Args:
        folder: made when something is stored.
        clock: tells how old an answer is.
        most_bytes: the size to keep within; the answers that were confirmed longest ago go first.
    """

    def __init__(self, folder: Path, clock: Clock, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self._clock = clock
        self._most_bytes = most_bytes
        self._unseen = LOOK_EVERY  # the first answer that is stored looks at what earlier runs left

    def find(self, name: str) -> Entry | None:
        """Return what is stored under `name`, if it is whole."""
        try:
            with (self._folder / (name + SUFFIX)).open("rb") as file:
                confirmed = os.fstat(file.fileno()).st_mtime
                head = json.loads(file.readline())
                data = file.read()
            if hashlib.sha256(data).hexdigest() != head["sha256"]:
                return None
            headers = {str(header): str(value) for header, value in head["headers"].items()}
            status = int(head["status"])
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return None
        age = self._clock.now().timestamp() - confirmed
        # A clock that was put back makes an answer of the future, whose age nobody knows.
        return Entry(status, headers, data, age if age >= 0 else float("inf"))

    def keep(self, name: str, status: int, headers: Mapping[str, str], data: bytes) -> None:
        """Store an answer."""
        kept = {header.lower(): value for header, value in headers.items() if header.lower() in KEPT_HEADERS}
        head = {"status": status, "headers": kept, "sha256": hashlib.sha256(data).hexdigest()}
        whole = json.dumps(head).encode() + b"\n" + data
        if len(whole) > self._most_bytes:
            return
        with suppress(OSError):
            self._write(self._folder / (name + SUFFIX), whole)
            self._unseen += len(whole)
            if self._unseen >= min(LOOK_EVERY, self._most_bytes // 16):
                self._unseen = 0
                self._make_room()

    def confirm(self, name: str) -> None:
        """Note that the server says that what is stored is still right."""
        moment = self._clock.now().timestamp()
        with suppress(OSError):
            os.utime(self._folder / (name + SUFFIX), (moment, moment))

    def _write(self, place: Path, whole: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # What a loss of power damages is told by its hash, so there is nothing to wait for.
        with replacing(place, durable=False) as part:
            part.write_bytes(whole)
            moment = self._clock.now().timestamp()
            os.utime(part, (moment, moment))

    def _make_room(self) -> None:
        """Delete what is over the limit, and what dead processes left half-written."""
        now = self._clock.now().timestamp()
        total, found = 0, []
        for path in self._folder.iterdir():
            with suppress(OSError):  # another process may have deleted it just now
                status = path.stat()
                if path.suffix == PART and now - status.st_mtime > ABANDONED:
                    path.unlink(missing_ok=True)
                elif path.suffix == SUFFIX:
                    total += status.st_size
                    found.append((status.st_mtime, status.st_size, path))
        for _, size, path in sorted(found):
            if total <= self._most_bytes:
                return
            path.unlink(missing_ok=True)
            total -= size
