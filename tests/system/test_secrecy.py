"""The key is where the user put it, and nowhere else: not in a log, an error, a journal, a report, a database."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from doubles import Fault
from forks import run
from owner import NEWS, show
from pages import entry, page
from syncd.zotero.embedded import Grant
from syncd.zotero.embedded.exchange import Request

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from desk import Desk

KEY = "P9NiFoyLeZu2bZNvvuQPDWsd"
# Four characters may be shown; a few more are a beginning of the whole.
PART = KEY[:8].encode()
KEY_FILE = "main.key"


def files(folder: Path) -> Iterator[Path]:
    """Yield all files that syncd may have written, the library's own and its key file left out."""
    for path in folder.rglob("*"):
        if path.is_file() and path.name != KEY_FILE:
            yield path


def leaks(desk: Desk) -> list[str]:
    """Return the files in which a good part of the key stands."""
    return [str(path) for path in files(desk.folder) if PART in path.read_bytes()]


class Mouth:
    """Runs commands and remembers all that they say.

    Args:
        desk: where.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.said = ""

    def __call__(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command, in the mode in which it tells most."""
        done = run(words, self.desk.env | {"SYNCD_DEBUG": "1"}, self.desk.folder, stdin)
        self.said += done.stdout + done.stderr
        return done


@pytest.fixture
def mouth(desk: Desk) -> Mouth:
    """Give a desk whose user has pasted a key, which lies in a file."""
    desk.zotero.server.accounts.give(KEY, Grant(1, "jane"))
    made = Mouth(desk)
    assert made("login", "--key", "--file", stdin=KEY).returncode == 0
    show(desk)
    return made


def test_the_search_finds_a_key(mouth: Mouth) -> None:
    """It is not vacuous: the key is in its file, and would be found anywhere else."""
    assert PART in (mouth.desk.folder / KEY_FILE).read_bytes()
    (mouth.desk.folder / "data").mkdir(exist_ok=True)
    (mouth.desk.folder / "data" / "x.log").write_text(f"GET /items?key={KEY}", encoding="utf-8")
    assert len(leaks(mouth.desk)) == 1


def test_a_life_with_syncd_leaves_the_key_nowhere(mouth: Mouth) -> None:
    """Pushes that succeed, fail, are refused, are told the key by the server, are killed; plans, reports, undo."""
    desk, trouble, accounts = mouth.desk, mouth.desk.zotero.trouble, mouth.desk.zotero.server.accounts
    echo = f"Key '{KEY}' not found; Authorization: Bearer {KEY}".encode()
    assert mouth("plan", "-o", "plan.json").returncode == 0
    for status in (400, 403, 404, 429, 500):
        trouble.plan("POST", Fault("answer", status=status, body=echo, headers={"Retry-After": "999"}))
        mouth("push", "--json")
    assert trouble.happened == 5
    assert mouth("push", "--json").returncode == 0
    assert mouth("push", "--dry-run").returncode == 0
    accounts.revoke(KEY)
    assert mouth("push").returncode == 4
    accounts.give(KEY, Grant(1, "jane", frozenset({"library"})))
    desk.page.write_text(page(entry("Alpha", abstract=NEWS), entry("Beta"), entry("Gamma"), entry("Delta")))
    assert mouth("push").returncode == 4
    accounts.give(KEY, Grant(1, "jane"))
    trouble.plan("POST", refusing)
    assert mouth("push", "--json").returncode in {0, 3}
    runs = json.loads(mouth("log", "--json").stdout)
    (pushed,) = [run["run"] for run in runs if run["counts"].get("create") == 3]
    for words in (("status", "--json"), ("log",), ("log", pushed), ("undo", pushed)):
        assert mouth(*words).returncode == 0, words
    mouth("logout", "--revoke")
    assert PART.decode() not in mouth.said
    assert leaks(desk) == []


def refusing(request: Request) -> Fault:
    """Refuse every object of a write with words that hold the key."""
    count = len(json.loads(request.body))
    failed = {str(n): {"code": 400, "message": f"'{KEY}' is not valid"} for n in range(count)}
    answer = {"successful": {}, "success": {}, "unchanged": {}, "failed": failed}
    headers = {"Content-Type": "application/json", "Last-Modified-Version": "1"}
    return Fault("answer", status=200, headers=headers, body=json.dumps(answer).encode())


def test_a_crash_leaves_no_key_in_the_journal(mouth: Mouth) -> None:
    """With the databases and their logs as the killed process left them."""
    desk = mouth.desk
    process: list[subprocess.Popen[bytes]] = []

    def kill(_: Request) -> Fault:
        os.kill(process[0].pid, signal.SIGKILL)
        return Fault("drop")

    gate = [lambda _: None, kill]
    desk.zotero.trouble.plan("POST", *gate)
    with subprocess.Popen(
        [sys.executable, "-m", "syncd", "push"], env=desk.env, cwd=desk.folder, stderr=subprocess.PIPE
    ) as pushing:
        process.append(pushing)
        assert pushing.wait(30) == -signal.SIGKILL
    assert desk.zotero.trouble.happened == 2
    assert (desk.data.root / "syncd.sqlite-wal").exists()
    assert leaks(desk) == []


def test_the_embedded_library_keeps_its_key_to_itself(desk: Desk) -> None:
    """A key for each start, shown to whoever asks for it and written nowhere."""
    with subprocess.Popen(
        [sys.executable, "-m", "syncd", "library", "serve", "--json"],
        env=desk.env,
        stdout=subprocess.PIPE,
        text=True,
    ) as serving:
        try:
            assert serving.stdout
            key = json.loads(serving.stdout.readline())["key"]
        finally:
            serving.terminate()
    assert [path for path in files(desk.folder) if key.encode() in path.read_bytes()] == []
