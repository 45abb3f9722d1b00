"""A plugin whose parser does what the author says: "trouble:hang" never ends, "trouble:grow" takes all memory."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from syncd.errors import LayoutError, SyncdError
from syncd.model import Paper, Profile, Snapshot
from syncd.sources import limits

if TYPE_CHECKING:
    from syncd.sources.web import Web

# What the daemon lets a page take, for a test that can't wait.
limits.PARSING_SECONDS = float(os.environ.get("TROUBLE_SECONDS", limits.PARSING_SECONDS))

# How Python learns of a plugin.
ENTRY_POINTS = "[syncd.sources]\ntrouble = trouble_source:Trouble\n"


class Trouble:
    """The source."""

    name = "trouble"

    def recognise(self, source: str) -> str | None:
        """Take "trouble:..."."""
        return source.removeprefix("trouble:") if source.startswith("trouble:") else None

    def fetch(self, author: str, web: Web) -> Snapshot:  # noqa: ARG002 - part of the protocol
        """Bring what the parser is to do."""
        return Snapshot(author.encode(), f"trouble:{author}", datetime.now(UTC))

    def parse(self, snapshot: Snapshot) -> Profile:
        """Do it."""
        return DEEDS[snapshot.data.decode()](snapshot)


def hang(_: Snapshot) -> Profile:
    """Never end; a command can be told to say when it begins."""
    if mark := os.environ.get("TROUBLE_MARK"):
        Path(mark).touch()
    while True:
        pass


def grow(snapshot: Snapshot) -> Profile:
    """Take all memory there is, and don't mind being refused more."""
    held = []
    while True:
        try:
            held.append(bytearray(b"x" * 10_000_000))
        except MemoryError:
            return hang(snapshot)


def ask_for_too_much(_: Snapshot) -> Profile:
    """Ask for more memory at once than there may be."""
    return Profile(str(len(bytearray(50_000_000_000))))


def die(_: Snapshot) -> Profile:
    """End as a fault in C does."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def change(_: Snapshot) -> Profile:
    """Say that the layout changed."""
    raise LayoutError("no paper was found", origin="elsewhere", line=3, expected="papers", hint="Look.")


def complain(_: Snapshot) -> Profile:
    """Fail in the plugin's own words."""
    raise SyncdError("it rains", hint="Wait.")


def tell(_: Snapshot) -> Profile:
    """Tell what the process has of the one that started it."""
    held = [str(path.readlink()) for path in Path("/proc/self/fd").iterdir() if path.exists()]
    facts = [*os.environ, *(name for name in held if not name.startswith("/proc"))]
    return Profile("A process", papers=tuple(Paper(fact) for fact in facts))


DEEDS = {
    "hang": hang,
    "grow": grow,
    "ask": ask_for_too_much,
    "die": die,
    "change": change,
    "complain": complain,
    "tell": tell,
}


def install(folder: Path) -> str:
    """Install the plugin into a folder; return the path that Python is to import from."""
    about = folder / "trouble_source-1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Name: trouble_source\nVersion: 1\n", encoding="utf-8")
    (about / "entry_points.txt").write_text(ENTRY_POINTS, encoding="utf-8")
    return os.pathsep.join([str(folder), str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
