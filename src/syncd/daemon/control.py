"""How commands talk to the daemon: a socket in the data folder that only the user can open; one line each way, JSON."""

from __future__ import annotations

import json
import os
import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from syncd.daemon.roster import Roster
from syncd.errors import StateError, SyncdError

Json = dict[str, Any]
LONGEST = 1 << 20
# What a command waits for an answer to anything but "sync-now", which takes as long as it takes.
SECONDS = 30.0
# What each answer holds; that of a daemon of another version may not.
HOLDS = {
    "status": {"pid", "version", "since", "paused", "profiles"},
    "sync-now": {"profiles"},
    "pause": {"paused"},
    "resume": {"paused"},
    "reload": {"problems"},
}
# Longer paths don't fit into the address of a socket.
PATH_MAX = 100


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """Give a name for the socket that the system takes, also where the path is too long for it."""
    if len(os.fsencode(path)) <= PATH_MAX:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


class Request:
    """A request on its way to the loop.

    Args:
        words: what the command sent: "do", and what belongs to it.
    """

    def __init__(self, words: Json) -> None:
        self.words = words
        self._answered = threading.Event()
        self._answer: Json = {}

    def answer(self, **words: Any) -> None:
        """Answer it; only the first answer counts."""
        if not self._answered.is_set():
            self._answer = words
            self._answered.set()

    def wait(self) -> Json:
        """Wait for the answer."""
        self._answered.wait()
        return self._answer


class _Handler(socketserver.StreamRequestHandler):
    timeout = SECONDS
    server: Control

    def handle(self) -> None:
        with suppress(OSError):
            self.wfile.write(json.dumps(self._answer()).encode() + b"\n")

    def _answer(self) -> Json:
        try:
            words = json.loads(self.rfile.readline(LONGEST))
        except (ValueError, OSError, RecursionError):
            return {"error": "this is no request"}
        if not isinstance(words, dict):
            return {"error": "this is no request"}
        request = Request(words)
        self.server.hand_over(request)
        return request.wait()


class Control(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """The daemon's side.

    Args:
        path: where the socket is to be; one that a dead daemon left is replaced.
        hand_over: takes each request, in a thread of its own, and sees to it that it is answered.

    Raises:
        StateError: the socket can't be made.
    """

    daemon_threads = True
    # An answer that never comes must not hold up the end.
    block_on_close = False
    # A script may ask about a hundred profiles at a time.
    request_queue_size = 128

    def __init__(self, path: Path, hand_over: Callable[[Request], None]) -> None:
        self.hand_over = hand_over
        self._path = path
        before = os.umask(0o177)
        try:
            path.unlink(missing_ok=True)
            with _short(path) as address:
                super().__init__(address, _Handler)
        except OSError as error:
            raise StateError(
                f"the control socket {path} can't be made: {error.strerror or error}",
                hint="Another place for syncd's data can be named in SYNCD_DATA_DIR.",
            ) from error
        finally:
            os.umask(before)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.2,), name="control", daemon=True)
        self._thread.start()

    def handle_error(self, *_: Any) -> None:
        """Stay quiet: what went wrong is between a command and its connection."""

    def close(self) -> None:
        """Take no request any more."""
        self.shutdown()
        self._thread.join()
        self.server_close()
        with suppress(OSError):
            self._path.unlink(missing_ok=True)


def ask(
    path: Path, do: str, *, seconds: float | None = SECONDS, whole: bool = True, **words: Any
) -> Json | None:
    """Ask the daemon for something; the commands' side.

    Args:
        path: of its socket.
        do: "status", "sync-now", "pause", "resume", "reload".
        seconds: how long to wait for the answer; None for ever.
        whole: take no answer that lacks something, as that of another version may.
        words: what belongs to the request.

    Returns:
        its answer; None where no daemon runs.

    Raises:
        SyncdError: it does not answer, or says that it can't.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        try:
            # With a timeout of Python's, connect(2) would not wait for room in a full queue.
            line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(SECONDS), 0))
            with _short(path) as address:
                line.connect(address)
        except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
            return None
        except OSError as error:
            raise SyncdError(f"the daemon can't be reached: {error.strerror or error}") from error
        line.settimeout(seconds)
        try:
            line.sendall(json.dumps({"do": do, **words}).encode() + b"\n")
            with line.makefile("rb") as answers:
                answer = json.loads(answers.readline())
        except (OSError, ValueError) as error:
            raise SyncdError(
                "the daemon gave no answer; it may have ended just now", hint="Look at it with: syncd status"
            ) from error
    if isinstance(answer, dict) and "error" in answer:
        raise SyncdError(answer["error"], hint=answer.get("hint", ""))
    if not isinstance(answer, dict) or (whole and not HOLDS[do] <= answer.keys()):
        raise SyncdError(
            "the daemon is of another version than this command, and its answer can't be read",
            hint="Restart it after an upgrade.",
        )
    return answer


@dataclass(slots=True)
class _Asked:
    """A command that waits for looks to end."""

    request: Request
    left: set[str]
    looks: list[Json] = field(default_factory=list)


class Answers:
    """Answers requests.

    Args:
        roster: who is followed.
        status: gives what "status" answers.
        pause: remembers which profiles rest, all where none is named; returns who rests then.
        resume: likewise which rest no more.
        reload: reads the configuration again; returns what is wrong with it.
    """

    def __init__(
        self,
        roster: Roster,
        *,
        status: Callable[[], Json],
        pause: Callable[[Iterable[str]], frozenset[str]],
        resume: Callable[[Iterable[str]], frozenset[str]],
        reload: Callable[[], list[str]],
    ) -> None:
        self._roster = roster
        self._pause = pause
        self._resume = resume
        self._waiting: list[_Asked] = []
        self._answers: dict[str, Callable[[Request], None]] = {
            "status": lambda request: request.answer(**status()),
            "reload": lambda request: request.answer(problems=reload()),
            "sync-now": self._sync_now,
            "pause": self._rest,
            "resume": self._rest,
        }

    def answer(self, request: Request) -> None:
        """Answer a request, or see to it that it will be."""
        do, names = str(request.words.get("do")), request.words.get("names", [])
        if not isinstance(names, list):
            request.answer(error="names should be a list")
            return
        if do not in self._answers:
            request.answer(
                error=f"the daemon does not know how to {do!r}", hint="Restart it after an upgrade."
            )
            return
        try:
            self._answers[do](request)
        except Exception as error:
            # Whatever it is, who asked must not wait for ever; the loop sees to the rest.
            hint = error.hint if isinstance(error, SyncdError) else "The daemon's log says more."
            request.answer(error=str(error) or type(error).__name__, hint=hint)
            raise

    def ended(self, profile: str, look: Json) -> None:
        """Tell those who asked for a look how it ended."""
        for asked in [waiting for waiting in self._waiting if profile in waiting.left]:
            asked.left.discard(profile)
            asked.looks.append(look)
            self._answer_if_done(asked)

    def close(self) -> None:
        """Tell those who still wait that the daemon ends."""
        for asked in self._waiting:
            asked.request.answer(
                error="the daemon was asked to end before all was done",
                hint="What was written is recorded. See what was done with: syncd log",
            )

    def _sync_now(self, request: Request) -> None:
        names = self._named(request)
        if names is None:
            return
        self._roster.lift(names)
        self._roster.want(names, "asked", at_once=True)
        asked = _Asked(request, set(names))
        self._waiting.append(asked)
        self._answer_if_done(asked)

    def _answer_if_done(self, asked: _Asked) -> None:
        if not asked.left:
            self._waiting.remove(asked)
            asked.request.answer(profiles=asked.looks)

    def _rest(self, request: Request) -> None:
        """Let profiles rest, or go on; where none is named, all."""
        names = self._named(request)
        if names is None:
            return
        chosen = names if request.words.get("names") else []
        pausing = request.words["do"] == "pause"
        self._roster.paused = self._pause(chosen) if pausing else self._resume(chosen)
        if not pausing:
            self._roster.want(names, "resumed")
        request.answer(paused=sorted(self._roster.paused))

    def _named(self, request: Request) -> list[str] | None:
        """Return the profiles that a request names, or all; None where it was answered with an error."""
        known = dict.fromkeys(self._roster.names())
        names = [str(name) for name in request.words.get("names") or known]
        unknown = [name for name in names if name not in known]
        if unknown:
            request.answer(
                error=f"the daemon follows no profile {unknown[0]!r}",
                hint="If it was added just now, tell the daemon: syncd reload",
            )
            return None
        return names
