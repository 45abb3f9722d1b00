"""Processes that open syncd's own database: several at once, and one that is killed while it makes the tables.

The fork server imports this module once, so that each process starts at once.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import sqlalchemy as sa

# What makes the tables is imported here, before the fork.
import syncd.state.migrations  # noqa: F401
from syncd.state.store import Store

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path


def open_when_told(path: Path, parent: Connection) -> None:
    """Open the database as soon as the parent says so."""
    parent.recv()
    Store.at(path).close()


def open_and_die(path: Path, last: int) -> None:
    """Open the database; kill the process when it is about to run a statement, counted from 1."""
    statements = 0

    def count(*_: object) -> None:
        nonlocal statements
        statements += 1
        if statements == last:
            os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(sa.Engine, "before_cursor_execute", count)
    sa.event.listen(sa.Engine, "commit", count)
    Store.at(path).close()
