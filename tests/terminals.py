"""A command on a real terminal, and the person in front of it."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from forks import PATIENCE, Fork

if TYPE_CHECKING:
    from collections.abc import Iterator

    from desk import Desk

PAUSE = 5.0
COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A command on a terminal, and the person in front of it.

    Args:
        desk: whose it is.
        words: the command's.
    """

    def __init__(self, desk: Desk, *words: str) -> None:
        self._own, theirs = pty.openpty()
        streams = (theirs, theirs, theirs)
        self.process = Fork(words, streams, desk.env | {"TERM": "dumb"}, desk.folder, leads=True)
        os.close(theirs)
        self.text = ""
        self._seen = 0

    def read_until(self, words: str) -> None:
        """Read until it has said something that was not said before."""
        end = time.monotonic() + PATIENCE
        while words not in self.text[self._seen :]:
            assert time.monotonic() < end, self.text
            assert self._read(), self.text
        self._seen = self.text.index(words, self._seen) + len(words)

    def answer(self, question: str, words: str) -> None:
        """Wait for a question, and answer it."""
        self.read_until(question)
        os.write(self._own, f"{words}\n".encode())

    def break_off(self, question: str) -> int:
        """Press Ctrl-C at a question, and return how it ended."""
        self.read_until(question)
        end = time.monotonic() + PATIENCE
        # Python misses one that comes in the moment before it waits for a key. One that comes while it ends would
        # be answered in another way, so each gets its time.
        while self.process.poll() is None:
            assert time.monotonic() < end, self.text
            self.process.send_signal(signal.SIGINT)
            while self._read(PAUSE):
                pass
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(PAUSE)
        return self.process.wait()

    def end(self) -> int:
        """Read the rest and return how it ended."""
        while self._read():
            pass
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        """Leave nothing open."""
        self.process.kill()
        self.process.wait()
        os.close(self._own)

    def _read(self, seconds: float = PATIENCE) -> bool:
        if not select.select([self._own], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._own, 65536)
        except OSError:  # how Linux says that the other side has gone
            return False
        self.text += COLOURS.sub("", data.decode(errors="replace")).replace("\r", "")
        return bool(data)


@contextmanager
def terminal(desk: Desk, *words: str) -> Iterator[Terminal]:
    """Run a command on a terminal."""
    made = Terminal(desk, *words)
    try:
        yield made
        assert "Traceback" not in made.text
        assert desk.zotero.server.key not in made.text
    finally:
        made.close()
