"""One run at a time in a data folder: a lock that the system takes back when its holder dies."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from syncd.errors import LockedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the lock at `path`.

    Raises:
        LockedError: another run holds it; says which process.
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415 - only runs need it

    lock = FileLock(path)
    # The lock's own file is the system's business; who holds it stands in a file beside it.
    holder = path.with_suffix(".pid")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        name = _read(holder)
        raise LockedError(
            "another run is at work in this data folder" + (f": {name}" if name else ""),
            holder=name,
            hint="Wait until it has ended and run this again; nothing was written.",
        ) from None
    try:
        holder.write_text(f"process {os.getpid()}\n", encoding="ascii")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _read(holder: Path) -> str:
    try:
        return holder.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
