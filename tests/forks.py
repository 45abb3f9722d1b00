"""syncd as a process that starts at once.

Python spends half a second on what syncd imports, and hundreds of tests start it. So one process imports it once, and
each program is a fork of that one: its own process, with its own environment, folder, streams and signals. What
depends on how an interpreter starts, such as its encoding, is no fork's to test.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SERVER = Path(__file__).with_name("fork_server.py")
# What comes in a second on a computer with nothing else to do may take a hundred times as long on a busy one.
PATIENCE = 120.0
_LOCK = threading.Lock()


@cache
def _line() -> socket.socket:
    """Start the process that forks, and return the line to it."""
    ours, theirs = socket.socketpair()
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    process = subprocess.Popen(
        [sys.executable, SERVER, str(theirs.fileno())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env=env,
        pass_fds=(theirs.fileno(),),
    )
    theirs.close()

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


class Fork:
    """A process of syncd; what it has in common with `subprocess.Popen` has the same names.

    Args:
        words: the command's.
        streams: its standard input, output and error.
        env: its whole environment.
        folder: where it starts.
        clock: a file that moves its clock, as `clock_child` says.
        leads: whether it leads a session of its own.

    Attributes:
        pid: its number.
        returncode: how it ended; None while it runs.
    """

    def __init__(
        self,
        words: Sequence[str],
        streams: tuple[int, int, int],
        env: Mapping[str, str],
        folder: Path,
        *,
        clock: Path | None = None,
        leads: bool = False,
    ) -> None:
        self.returncode: int | None = None
        task = {
            "words": words,
            "env": dict(env),
            "folder": str(folder),
            "clock": str(clock or ""),
            "leads": leads,
        }
        self._channel, theirs = socket.socketpair()
        with _LOCK, theirs:
            socket.send_fds(_line(), [b"f"], [theirs.fileno(), *streams])
        self._channel.sendall(json.dumps(task).encode() + b"\n")
        self.pid = self._number()

    def _number(self) -> int:
        return int.from_bytes(self._channel.recv(4, socket.MSG_WAITALL), "big", signed=True)

    def poll(self) -> int | None:
        """Return how it ended, if it has ended."""
        if self.returncode is None and select.select([self._channel], [], [], 0)[0]:
            self._note_end()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, and return how it ended.

        Raises:
            subprocess.TimeoutExpired: it runs on after so many seconds.
        """
        if self.returncode is None:
            if timeout is not None and not select.select([self._channel], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("syncd", timeout)
            self._note_end()
        assert self.returncode is not None
        return self.returncode

    def _note_end(self) -> None:
        self.returncode = self._number()
        self._channel.close()

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


def run(
    words: Sequence[str],
    env: Mapping[str, str],
    folder: Path,
    typed: str | None = None,
    clock: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Let syncd run to its end, and return what it printed.

    Args:
        words: the command's.
        env: its whole environment.
        folder: where it starts.
        typed: what its standard input says, if it is not the tests'.
        clock: a file that moves its clock.

    Raises:
        subprocess.TimeoutExpired: it runs on after two minutes.
    """
    with ExitStack() as files:
        stdin, out, err = (
            files.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8")) for _ in range(3)
        )
        stdin.write(typed or "")
        stdin.seek(0)
        streams = (0 if typed is None else stdin.fileno(), out.fileno(), err.fileno())
        process = Fork(words, streams, env, folder, clock=clock)
        try:
            code = process.wait(PATIENCE)
        finally:
            process.kill()
        for file in (out, err):
            file.seek(0)
        return subprocess.CompletedProcess(words, code, out.read(), err.read())
