"""One run at a time on a library: a lock that the system takes back when its holder dies.

Who finds it held may wait for its turn. It never breaks a lock.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from syncd.clock import Clock
from syncd.errors import LockedError, StateError
from syncd.messages import kept, message, recalled

if TYPE_CHECKING:
    from filelock import BaseFileLock


# Seconds between two tries.
SLICE = 0.25


@contextmanager
def held(
    path: Path,
    clock: Clock,
    *,
    wait: float = 0.0,
    who: str = "",
    tell: Callable[[str], None] = lambda _words: None,
) -> Iterator[None]:
    """Hold the lock at `path`.

    Args:
        path: the lock's file.
        clock: is waited by; what its `sleep` raises ends the wait.
        wait: seconds to wait for the turn.
        who: what others are told about this holder, beside its process.
        tell: is told once whom it waits for.

    Raises:
        LockedError: another run holds it; says which process.
        StateError: the file can't be made.
    """
    from filelock import FileLock  # noqa: PLC0415 - only runs need it

    lock = FileLock(path, mode=0o600)
    # The lock's own file is the system's business; who holds it stands in a file beside it.
    holder = path.with_suffix(".pid")
    await_turn(lambda: _taken(lock), lambda: _read(holder), clock, wait, tell)
    try:
        # It only informs others: a full disk is for the run itself to meet.
        with suppress(OSError):
            _write(holder, f"{kept(this_process(who))}\n")
        yield
    finally:
        with suppress(OSError):
            holder.unlink(missing_ok=True)
        lock.release()


def this_process(who: str) -> str:
    """Return what others are told about this process."""
    process = os.getpid()
    return message("process-of", process=process, who=who) if who else message("process", process=process)


def await_turn(
    taken: Callable[[], bool],
    holder: Callable[[], str],
    clock: Clock,
    wait: float,
    tell: Callable[[str], None],
) -> None:
    """Take a lock when it is free.

    Args:
        taken: takes it, if it is free now.
        holder: says who holds it, as far as that is known.
        clock: is waited by.
        wait: seconds to wait for it.
        tell: is told once whom it waits for.

    Raises:
        LockedError: another run holds it still.
    """
    until, waiting = clock.monotonic() + wait, False
    while not taken():
        name = holder()
        left = until - clock.monotonic()
        if left <= 0:
            raise LockedError(
                message("library-busy-with", holder=name) if name else message("library-busy"),
                holder=name,
                hint=message("wait-until-ended"),
            )
        if not waiting:
            tell(message("waiting-for-holder", holder=name) if name else message("waiting-for-another-run"))
            waiting = True
        clock.sleep(min(SLICE, left))


def _taken(lock: BaseFileLock) -> bool:
    """Take the lock, if it is free now."""
    from filelock import Timeout  # noqa: PLC0415 - only runs need it

    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    except OSError as error:
        raise StateError(
            message("lock-unusable", path=lock.lock_file, reason=error.strerror or error),
            hint=message("make-data-folder-writable"),
        ) from error
    return True


def _write(holder: Path, words: str) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(holder, flags, 0o600), "w", encoding="utf-8") as file:  # noqa: PTH123 - of a descriptor
        file.write(words)


def _read(holder: Path) -> str:
    try:
        return recalled(holder.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError):
        return ""
