"""A Zotero library over real HTTP, a data folder, and syncd as a process or as its engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from forks import PATIENCE, Fork, run
from syncd.config import load
from syncd.engine.ports import Ports
from syncd.engine.run import Report, RunOptions, run_once
from syncd.paths import DataFolder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from clocks import FakeClock
    from doubles import Fault, FaultyLibrary
    from syncd.zotero.embedded.exchange import Request

CONFIG = """
[libraries.main]
type = "user"
id = 1
key = {{ env = "TEST_KEY" }}
endpoint = "{url}"

[profiles.ann]
source = "page.txt"
captured = 2026-06-01
"""

# Gives up the rights over other people's files that root has (Linux: PR_CAPBSET_DROP of the first two capabilities).
BOUND = """
import ctypes, os, sys
if os.geteuid() == 0:
    for capability in (1, 2):
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)
os.execv(sys.executable, [sys.executable, "-m", "syncd", *sys.argv[1:]])
"""


class Trouble:
    """What goes wrong at the library, in order: each waits for its request, then happens once.

    A trouble is a `Fault`, or a function that is called with the request and may return one.
    """

    def __init__(self) -> None:
        self._coming: list[tuple[str, Fault | Callable[[Request], Fault | None]]] = []
        self.happened = 0

    def plan(self, method: str, *troubles: Fault | Callable[[Request], Fault | None]) -> None:
        """Let each trouble meet one request of this method."""
        self._coming += [(method, trouble) for trouble in troubles]

    def forget(self) -> None:
        """Let nothing more go wrong."""
        self._coming.clear()

    def __call__(self, request: Request) -> Fault | None:
        """Tell the server what goes wrong with this request."""
        if not self._coming or self._coming[0][0] != request.method:
            return None
        _, trouble = self._coming.pop(0)
        self.happened += 1
        return trouble(request) if callable(trouble) else trouble


@dataclass
class Zotero:
    """A library of a user, seen from outside: through its API alone."""

    server: FaultyLibrary
    trouble: Trouble = field(default_factory=Trouble)

    def get(self, path: str) -> Any:
        """Return what the API answers."""
        return self._send("GET", path)[0]

    def version(self) -> int:
        """Return the library's version."""
        return int(self._send("GET", "/items?format=versions&limit=1")[1] or 0)

    def is_new(self) -> bool:
        """Whether nobody has ever written to it."""
        return self.version() == 1

    def items(self) -> dict[str, dict[str, Any]]:
        """Return the data of every item, trashed ones too, by key."""
        found: dict[str, dict[str, Any]] = {}
        while True:
            page = self.get(f"/items?includeTrashed=1&limit=100&sort=dateAdded&start={len(found)}")
            found |= {entry["key"]: entry["data"] for entry in page}
            if len(page) < 100:
                return found

    def papers(self) -> dict[str, dict[str, Any]]:
        """Return the data of items that are neither children nor notes, and not in the trash, by title."""
        every = [data for data in self.items().values() if data["itemType"] != "note"]
        return {data["title"]: data for data in every if "parentItem" not in data and not data.get("deleted")}

    def collections(self) -> dict[str, dict[str, Any]]:
        """Return the data of every collection, by name."""
        return {entry["data"]["name"]: entry["data"] for entry in self.get("/collections?limit=100")}

    def write(self, *objects: dict[str, Any], to: str = "items") -> None:
        """Write as another client of the library does; every object must succeed."""
        answer = self._send("POST", f"/{to}", list(objects))[0]
        assert not answer["failed"], answer

    def post(self, item: dict[str, Any]) -> str:
        """Create one item and return the key that the server gave it."""
        key: str = self._send("POST", "/items", [item])[0]["success"]["0"]
        return key

    def edit(self, title: str, **changes: Any) -> None:
        """Change an item as its owner does."""
        data = self.papers()[title]
        self.write({"key": data["key"], "version": data["version"], **changes})

    def erase(self, key: str, of: str = "items") -> None:
        """Delete for good."""
        self._send("DELETE", f"/{of}/{key}", version=self.version())

    def _send(
        self, method: str, path: str, body: Any = None, version: int | None = None
    ) -> tuple[Any, str | None]:
        url = f"{self.server.url}/{self.server.library}{path}"
        request = urllib.request.Request(url, method=method)  # noqa: S310 - loopback
        request.add_header("Zotero-API-Key", self.server.key)
        request.add_header("Zotero-API-Version", "3")
        if version is not None:
            request.add_header("If-Unmodified-Since-Version", str(version))
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback
            text = answer.read().decode()
            return (json.loads(text) if text else None), answer.headers.get("Last-Modified-Version")


@dataclass
class Done:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


@dataclass
class Desk:
    """A folder with a configuration, a page and a data folder: a user's whole world of syncd.

    Attributes:
        place: of the data folder, where it is not the usual one.
        database: the address of the database that holds the state, where that is not in the data folder.
    """

    folder: Path
    zotero: Zotero
    clock: FakeClock
    place: Path | None = None
    database: str = ""

    @property
    def page(self) -> Path:
        """The profile's page."""
        return self.folder / "page.txt"

    @property
    def data(self) -> DataFolder:
        """Its data folder."""
        return DataFolder(self.place or self.folder / "data", self.database)

    @property
    def env(self) -> dict[str, str]:
        """The environment of a command."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "SYNCD_DATA_DIR": str(self.data.root),
            "SYNCD_CONFIG": str(self.folder / "config.toml"),
            "TEST_KEY": self.zotero.server.key,
            "COLUMNS": "200",
            # Where a planted fault is tested, the commands must run the code that it is planted in.
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        }

    def configure(self, extra: str = "") -> None:
        """Write the configuration."""
        text = CONFIG.format(url=self.zotero.server.url) + extra
        if self.database:
            text += f'\n[database]\nurl = "{self.database}"\n'
        (self.folder / "config.toml").write_text(text, encoding="utf-8")

    def syncd(self, *words: str, **env: str) -> Done:
        """Run the command as a process."""
        return self._done(run(words, self.env | env, self.folder))

    def afresh(self, *words: str, **env: str) -> Done:
        """Run the command with an interpreter of its own."""
        return self._ran(["-m", "syncd", *words], env)

    def answering(self, answer: str, *words: str, **env: str) -> Done:
        """Run the command as a process, and answer what it asks."""
        return self._done(run(words, self.env | env, self.folder, f"{answer}\n"))

    def as_anybody(self, *words: str, **env: str) -> Done:
        """Run the command as somebody whom permissions bind, also where the tests run as root."""
        return self._ran(["-c", BOUND, *words], env)

    def on_terminal(self, *words: str, afresh: bool = False, **env: str) -> bytes:
        """Run the command on a terminal, where nobody types, and return all that it shows there.

        Args:
            words: the command's.
            afresh: whether it is to have an interpreter of its own.
            env: on top of the desk's environment.
        """
        own, theirs = os.openpty()
        shown = b""
        process: Fork | subprocess.Popen[bytes]
        if afresh:
            process = subprocess.Popen(
                [sys.executable, "-m", "syncd", *words],
                stdin=theirs,
                stdout=theirs,
                stderr=theirs,
                env=self.env | env,
                cwd=self.folder,
            )
        else:
            process = Fork(words, (theirs, theirs, theirs), self.env | env, self.folder)
        os.close(theirs)
        with suppress(OSError):  # how Linux says that the other side has gone
            while data := os.read(own, 65536):
                shown += data
        os.close(own)
        assert b"Traceback" not in shown, shown
        assert process.wait(PATIENCE) == 0, shown
        return shown

    def _ran(self, words: list[str], env: dict[str, str]) -> Done:
        return self._done(
            subprocess.run(
                [sys.executable, *words],
                capture_output=True,
                text=True,
                env=self.env | env,
                cwd=self.folder,
                timeout=120,
                check=False,
            )
        )

    def _done(self, ended: subprocess.CompletedProcess[str]) -> Done:
        assert "Traceback" not in ended.stderr, ended.stderr
        assert self.zotero.server.key not in ended.stdout + ended.stderr
        return Done(ended.returncode, ended.stdout, ended.stderr)

    def run(self, **task: Any) -> Report:
        """Run the engine in this process, with a clock that does not wait, for the one library there is."""
        self.data.create()
        config = load(self.folder / "config.toml", self.env)
        (report,) = run_once(config, RunOptions(**task), Ports(self.env, self.data, self.clock))
        return report
