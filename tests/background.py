"""syncd in the background as tests meet it: a real process, what it logs, and a clock that a test can move."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from forks import PATIENCE, Fork
from pages import entry, page
from syncd.daemon.ask import ask

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from desk import Desk, Zotero

Json = dict[str, Any]
HOUR = 3600.0
SECOND_PROFILE = """
[profiles.bo]
source = "bo.txt"
captured = 2026-06-01
"""


def until(
    what: Callable[[], Any],
    *,
    seconds: float = PATIENCE,
    but: Callable[[], str] = lambda: "",
    pause: float = 0.02,
) -> Any:
    """Wait until something is true, and return it."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, f"it never came. {but()}"
        time.sleep(pause)
    return found


class Background:
    """A daemon at work on a desk.

    Args:
        desk: whose it is.
        env: on top of the desk's environment.
    """

    def __init__(self, desk: Desk, **env: str) -> None:
        self._desk = desk
        self._clock = desk.folder / "clock"
        self._clock.write_text("0", encoding="ascii")
        self._lines: list[str] = []
        shown, stderr = os.pipe()
        self._shown = os.fdopen(shown, encoding="utf-8")
        self.process = self._start(stderr, desk.env | env)
        os.close(stderr)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _start(self, stderr: int, env: Mapping[str, str]) -> Fork | subprocess.Popen[bytes]:
        with Path(os.devnull).open("r+b") as nothing:
            streams = (nothing.fileno(), nothing.fileno(), stderr)
            return Fork(["run"], streams, env, self._desk.folder, clock=self._clock)

    def _read(self) -> None:
        for line in self._shown:
            self._lines.append(line)

    def __enter__(self) -> Self:
        self.until_logged("syncd is at work")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait()
        self._reader.join()
        self._shown.close()
        if kind is None:
            assert "Traceback" not in self.text
            assert self._desk.zotero.server.key not in self.text

    @property
    def text(self) -> str:
        """All that it wrote."""
        return "".join(self._lines)

    @property
    def log(self) -> list[Json]:
        """All that it logged."""
        return [json.loads(line) for line in list(self._lines) if line.startswith("{")]

    def logged(self, words: str, **facts: Any) -> list[Json]:
        """Return the lines that say this, with these facts."""
        return [line for line in self.log if words in line["event"] and facts.items() <= line.items()]

    def until(self, what: Callable[[], Any]) -> Any:
        """Wait until something is true."""
        return until(what, but=lambda: self.text)

    def until_logged(self, words: str, times: int = 1, **facts: Any) -> list[Json]:
        """Wait until it has said something, so many times."""
        found: list[Json] = self.until(lambda: (f := self.logged(words, **facts))[times - 1 :] and f)
        return found

    def ask(self, do: str, **words: Any) -> Json:
        """Ask it through its socket."""
        answer = ask(self._desk.data.control, do, **{"seconds": PATIENCE, **words})
        assert answer is not None
        return answer

    def move_clock(self, seconds: float) -> None:
        """Move its clock, and let it see that."""
        moved = float(self._clock.read_text(encoding="ascii")) + seconds
        part = self._clock.with_suffix(".part")
        part.write_text(str(moved), encoding="ascii")
        part.replace(self._clock)
        self.until(lambda: self._sees(moved))

    def _sees(self, moved: float) -> bool:
        from datetime import UTC, datetime  # noqa: PLC0415 - here alone

        shown = datetime.fromisoformat(self.ask("status")["now"]).timestamp()
        return abs(shown - datetime.now(UTC).timestamp() - moved) < 5

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return how it ended, with all that it said."""
        self.process.send_signal(number)
        return self.ended()

    def ended(self) -> int:
        """Wait for its end and return how it ended, with all that it said."""
        code = self.process.wait(timeout=PATIENCE)
        self._reader.join()
        return code


def write(path: Path, *titles: str, name: str = "Ann Lee") -> None:
    """Save a page that lists these papers, as an editor does: beside the old one, then in its place."""
    part = path.with_suffix(".part")
    part.write_text(page(*map(entry, titles), name=name), encoding="utf-8")
    part.replace(path)


def titles(zotero: Zotero) -> list[str]:
    """Return the titles of all papers in the library; a duplicate stands twice."""
    return sorted(data["title"] for data in zotero.items().values() if "parentItem" not in data)


def looks(daemon: Background, profile: str = "ann") -> list[dict[str, Any]]:
    """Return how each look at a profile ended."""
    return [line for line in daemon.log if line.get("profile") == profile and "why" in line]


def held_up(release: threading.Event) -> None:
    """Let the server answer only once it is released."""
    release.wait(60)
