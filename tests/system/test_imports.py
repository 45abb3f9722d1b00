"""Commands that only look load what they use: no migrations, and nothing that could reach a library."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from desk import Desk

MODULES = """
import sys
from syncd.cli.main import main
try:
    main()
finally:
    print("modules:", *sys.modules)
"""
HEAVY = {
    "alembic",
    "httpcore2",
    "httpx2",
    "pyzotero",
    "requests",
    "syncd.engine.run",
    "syncd.engine.session",
    "syncd.zotero.client",
    "urllib3",
}

FLEET = {"procrastinate", "psycopg", "syncd.fleet", "syncd.state.postgres"}


@pytest.mark.parametrize("command", ["status", "log", "review", "digest"])
def test_a_command_that_looks_loads_no_client(pushed: Desk, command: str) -> None:
    """Whoever looks at it often should not wait for what only a push uses."""
    done = subprocess.run(
        [sys.executable, "-c", MODULES, command],
        cwd=pushed.folder,
        env=pushed.env,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.partition("modules:")[2].split())
    assert "syncd.state.state" in loaded
    assert not loaded & (HEAVY | FLEET)


def test_one_computer_alone_loads_nothing_of_a_fleet(pushed: Desk) -> None:
    """A push, and what the daemon is made of, do without PostgreSQL, the queue and its workers."""
    done = subprocess.run(
        [sys.executable, "-c", f"import syncd.daemon.loop\n{MODULES}", "push", "ann"],
        cwd=pushed.folder,
        env=pushed.env,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.partition("modules:")[2].split())
    assert "syncd.engine.run" in loaded
    assert not loaded & FLEET
