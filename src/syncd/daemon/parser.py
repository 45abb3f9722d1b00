"""The one process in which the daemon parses: what hangs or grows in a parser is ended with it, and nothing else is.

It is started when first needed, and anew once it was ended. It gets pages and gives profiles back as JSON, which is
checked: it holds no lock, no socket of the daemon's and no key, and it ends when the daemon does, however that ends.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import queue
import resource
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from functools import lru_cache
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from syncd import errors, read
from syncd.clock import Clock
from syncd.errors import ParseError, SyncdError
from syncd.messages import kept, message, recalled
from syncd.model import Profile, Snapshot
from syncd.sources import limits

if TYPE_CHECKING:
    from pydantic import TypeAdapter

STEP = 0.25
"""Seconds between two looks at the process while it is at work."""

BYTES_A_SECOND = 1_000_000
"""How fast a page is expected to be parsed that has never been."""

COURTESY = 10.0
"""For a second more that a page costs, it lets those go first who come up to so many seconds later."""

MOST_ORIGINS = 10_000
"""Of so many pages it is remembered how long they took."""

TRIES = 2
"""How often a page is given to the process before the page is blamed for its end: somebody else may have ended it."""

ADDRESSES = 1_000_000_000
"""Bytes of addresses that Python and its libraries set aside at most."""

KEPT = (
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LD_LIBRARY_PATH",
    "PATH",
    "PYTHONHOME",
    "PYTHONPATH",
    "TMPDIR",
    "TZ",
)
"""What the process gets of the environment: enough for Python to find itself. Keys stand in other variables."""

# Python, without the folder that it is started in among those from which it imports.
COMMAND = (sys.executable, "-P", "-m", "syncd.daemon.parser")


@dataclass(frozen=True, slots=True)
class _Job:
    """A page to parse, all but its bytes.

    Attributes:
        format: as for `parse.parse`.
        origin: of the snapshot, like the next three.
        captured: its time.
        media_type: or None.
        charset: or None.
        seconds: how long parsing may take.
        memory: how many bytes it may take.
    """

    format: str
    origin: str
    captured: str
    media_type: str | None
    charset: str | None
    seconds: float
    memory: int


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Why there is no profile.

    Attributes:
        kind: the error's class; "fault" for one that syncd does not raise on purpose.
        message: see the error, like the next three; as `messages.kept` keeps a sentence, like all that is said here.
        hint: what to do.
        line: or None.
        expected: what should have been there.
        trace: of a fault, where it happened.
    """

    kind: Literal["ParseError", "LayoutError", "SyncdError", "fault"]
    message: str
    hint: str = ""
    line: int | None = None
    expected: str = ""
    trace: str = ""


@dataclass(frozen=True, slots=True)
class _Answer:
    """A profile, or why there is none."""

    profile: Profile | None = None
    refusal: _Refusal | None = None


@lru_cache(maxsize=1)
def _answers() -> TypeAdapter[_Answer]:
    """Return what checks answers; the models stand in the code, so nothing is executed."""
    from pydantic import TypeAdapter  # noqa: PLC0415 - the process does without, and starts in half the time

    return TypeAdapter(_Answer)


# In the daemon


@dataclass(frozen=True, slots=True)
class _Child:
    """The process, and the line to it."""

    process: subprocess.Popen[bytes]
    line: Connection

    def end(self) -> int:
        """End it at once; return how it ended, as `Popen` says it."""
        self.line.close()
        self.process.kill()
        return self.process.wait()


class Parser:
    """Parses in a process of its own, one page at a time; any thread may ask."""

    def __init__(self) -> None:
        self._turn = threading.Condition()
        # Who waits for a turn: by when it should have come, and a number that grows.
        self._waiting: list[tuple[float, int]] = []
        self._busy = False
        self._came = itertools.count()
        # By origin, the seconds that a page took last.
        self._took: dict[str, float] = {}
        self._child: _Child | None = None
        self._closed = False

    def parse(self, snapshot: Snapshot, form: str, clock: Clock) -> Profile:
        """Read a snapshot, as `parse.parse` does.

        Args:
            snapshot: what a fetch brought.
            form: its format, or "auto".
            clock: asked to wait no time whenever nothing happened, so that who waits can be ended and is seen to live.

        Raises:
            ParseError: it can't be read, or takes more time or memory than it may.
            SyncdError: a plugin says so.
            StoppedError: the clock says that it is time to end.
        """
        size = len(snapshot.data)
        job = _Job(
            form,
            snapshot.origin,
            snapshot.captured.isoformat(),
            snapshot.media_type,
            snapshot.charset,
            limits.PARSING_SECONDS + size * limits.PARSING_SECONDS_PER_MB / 1_000_000,
            limits.PARSING_MEMORY + size * limits.PARSING_MEMORY_PER_BYTE,
        )
        with self._its_turn(job, size, clock):
            answer = self._answer(job, snapshot, clock)
        if answer.profile is not None:
            return answer.profile
        raise _error(answer.refusal, snapshot.origin)

    def close(self) -> None:
        """End the process. Who still waits for it is told that it ended."""
        self._closed = True
        if child := self._child:
            child.process.kill()
            child.process.wait()

    @contextmanager
    def _its_turn(self, job: _Job, size: int, clock: Clock) -> Iterator[None]:
        """Wait until the process is free, and it is this page's turn: one that hangs comes after those that don't.

        What a page costs is what it took the last time; of one that is new only its size is known. Who costs a
        second more lets those go first who come up to so much later, and no others.
        """
        cost = self._took.get(job.origin, size / BYTES_A_SECOND)
        mine = (clock.monotonic() + cost * COURTESY, next(self._came))
        with self._turn:
            self._waiting.append(mine)
            try:
                while self._busy or min(self._waiting) != mine:
                    self._turn.wait(STEP)
                    clock.sleep(0)
            finally:
                self._waiting.remove(mine)
            self._busy = True
        begun = clock.monotonic()
        try:
            yield
        finally:
            with self._turn:
                if len(self._took) >= MOST_ORIGINS:
                    self._took.clear()
                self._took[job.origin] = clock.monotonic() - begun
                self._busy = False
                self._turn.notify_all()

    def _answer(self, job: _Job, snapshot: Snapshot, clock: Clock) -> _Answer:
        """Give a page to the process, and again to a new one where the first ends over it."""
        code = 0
        for _ in range(TRIES):
            child = self._child = self._running()
            try:
                child.line.send_bytes(json.dumps(asdict(job)).encode())
                child.line.send_bytes(snapshot.data)
                return _answers().validate_json(self._awaited(child, job, clock), strict=True)
            except (EOFError, OSError):
                code = self._end(child)
                if self._closed:
                    raise errors.StoppedError(errors.ENDING) from None
            except BaseException:
                self._end(child)
                raise
        raise ParseError(
            _ended_over_it(code),
            origin=snapshot.origin,
            hint=read.REFUSED,
        )

    def _running(self) -> _Child:
        """Return the process; start it if there is none."""
        if self._child and self._child.process.poll() is None:
            return self._child
        if self._child:
            self._end(self._child)
        if self._closed:
            raise errors.StoppedError(errors.ENDING)
        ours, theirs = Pipe()
        try:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [*COMMAND, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={name: os.environ[name] for name in KEPT if name in os.environ},
                pass_fds=(theirs.fileno(),),
                start_new_session=True,  # Ctrl-C in a terminal is for the daemon
            )
        except OSError as error:
            ours.close()
            raise SyncdError(message("parser-not-started", reason=error.strerror)) from error
        finally:
            theirs.close()
        return _Child(process, ours)

    def _end(self, child: _Child) -> int:
        self._child = None
        return child.end()

    @staticmethod
    def _awaited(child: _Child, job: _Job, clock: Clock) -> bytes:
        """Wait for the answer, within the limits. Time that the computer sleeps does not count."""
        waited = 0.0
        while not child.line.poll(STEP):
            waited += STEP
            clock.sleep(0)
            if waited > job.seconds:
                raise ParseError(
                    message("parsing-too-slow", seconds=f"{job.seconds:.0f}"),
                    origin=job.origin,
                    hint=read.REFUSED,
                )
            if resident(child.process.pid) > job.memory:
                raise read.out_of_memory(job.origin)
        return child.line.recv_bytes()


def resident(pid: int) -> int:
    """Return how many bytes of memory a process takes; 0 where nobody says so."""
    statistics = Path(f"/proc/{pid}/statm")
    with suppress(OSError, ValueError, IndexError):
        if statistics.exists():
            return int(statistics.read_text(encoding="ascii").split()[1]) * resource.getpagesize()
        shown = subprocess.run(  # noqa: S603 - a number is all that varies
            ["ps", "-o", "rss=", "-p", str(pid)],  # noqa: S607 - macOS has it, in /bin
            capture_output=True,
            check=False,
            timeout=10,
        )
        return int(shown.stdout) * 1024
    return 0


def _ended_over_it(code: int) -> str:
    return message("parser-killed", signal=-code) if code < 0 else message("parser-ended", status=code)


def _error(refusal: _Refusal | None, origin: str) -> Exception:
    if refusal is None or refusal.kind == "fault":
        error = RuntimeError(refusal.message if refusal else message("parser-said-nothing"))
        error.add_note(refusal.trace if refusal else "")
        return error
    if refusal.kind == "SyncdError":
        return SyncdError(recalled(refusal.message), hint=recalled(refusal.hint))
    kind = errors.LayoutError if refusal.kind == "LayoutError" else ParseError
    return kind(
        recalled(refusal.message),
        origin=origin,
        line=refusal.line,
        expected=recalled(refusal.expected),
        hint=recalled(refusal.hint),
    )


# In the process


def main() -> None:
    """Parse what comes, until the daemon ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # they are the daemon's; it ends us
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    line = Connection(int(sys.argv[1]))
    jobs: queue.SimpleQueue[tuple[_Job, bytes]] = queue.SimpleQueue()
    threading.Thread(target=_take, args=(line, jobs), daemon=True).start()
    while True:
        job, data = jobs.get()
        answer = _worked(job, data)
        signal.alarm(0)
        line.send_bytes(answer)
        unit = 1 if sys.platform == "darwin" else 1024
        if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit > job.memory // 2:
            return  # so much memory is given back only by a process that ends


def _take(line: Connection, jobs: queue.SimpleQueue[tuple[_Job, bytes]]) -> None:
    """Take what the daemon sends; end with it."""
    try:
        while True:
            job = _Job(**json.loads(line.recv_bytes()))
            # Whatever holds up this process, and whoever is left to see it: the system ends it.
            signal.alarm(math.ceil(job.seconds) + 5)
            with suppress(OSError, ValueError):  # macOS and a service's sandbox may not let us
                _, most = resource.getrlimit(resource.RLIMIT_AS)
                # Addresses, of which more are set aside than are used; `_awaited` looks at what is used.
                resource.setrlimit(resource.RLIMIT_AS, (2 * job.memory + ADDRESSES, most))
            jobs.put((job, line.recv_bytes()))
    except (EOFError, OSError, MemoryError):
        os._exit(0)


def _worked(job: _Job, data: bytes) -> bytes:
    """Parse a page, and write what came of it."""
    try:
        snapshot = Snapshot(
            data, job.origin, datetime.fromisoformat(job.captured), job.media_type, job.charset
        )
        return _written(_Answer(profile=read.parse(snapshot, job.format)))
    except MemoryError:
        return _written(_refused(read.out_of_memory(job.origin)))
    except Exception as error:  # noqa: BLE001 - whatever it is, the daemon tells of it
        return _written(_refused(error))


def _written(answer: _Answer) -> bytes:
    """Write an answer as JSON."""

    def parts(of: Any) -> dict[str, Any]:
        return {each.name: getattr(of, each.name) for each in fields(of)}

    return json.dumps(answer, default=parts, ensure_ascii=False).encode()


def _refused(error: Exception) -> _Answer:
    if isinstance(error, ParseError):
        kind: Literal["ParseError", "LayoutError"] = (
            "LayoutError" if isinstance(error, errors.LayoutError) else "ParseError"
        )
        return _Answer(
            refusal=_Refusal(
                kind,
                _plain(kept(error.message)),
                _plain(kept(error.hint)),
                error.line,
                _plain(kept(error.expected)),
            )
        )
    if isinstance(error, SyncdError):
        return _Answer(refusal=_Refusal("SyncdError", _plain(kept(error.words)), _plain(kept(error.hint))))
    words = _plain(f"{type(error).__name__}: {error}")
    return _Answer(refusal=_Refusal("fault", words, trace=_plain("".join(traceback.format_exception(error)))))


def _plain(text: str) -> str:
    """Take out what JSON can't hold: halves of characters."""
    return text.encode("utf-8", "replace").decode("utf-8")


if __name__ == "__main__":
    main()
