"""What is killed in the crash matrix: syncd at work in a process of its own.

The fork server imports this module once, so that each of hundreds of processes starts at once. What repairs
the damage uses the same functions in the test's own process.
"""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

import statements
from clocks import FakeClock
from syncd.config import load
from syncd.engine.ports import Ports
from syncd.engine.run import Report, RunOptions, run_once
from syncd.engine.session import noted, opened
from syncd.engine.undo import Undoing
from syncd.engine.undo import undo as carry_out
from syncd.paths import DataFolder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from multiprocessing.connection import Connection
    from pathlib import Path

statements.make()


@dataclass(frozen=True)
class Work:
    """What a process does: a push of all profiles, or the undo of a run.

    Attributes:
        folder: the user's, with configuration and page.
        env: the environment.
        undoes: the run to undo; empty for a push.
        database: the address of the state, where it is on a server.
    """

    folder: Path
    env: Mapping[str, str]
    undoes: str = ""
    database: str = ""

    @property
    def ports(self) -> Ports:
        """The world as this user has it, at the time at which every test starts."""
        return Ports(self.env, DataFolder(self.folder / "data", self.database), FakeClock())

    def push(self) -> Report:
        """Push; an error is in the report."""
        ports = self.ports
        ports.data.create()
        (report,) = run_once(load(self.folder / "config.toml", self.env), RunOptions(), ports)
        return report

    def undo(self) -> Undoing:
        """Undo the run, as the command does."""
        library, ports = load(self.folder / "config.toml", self.env).library(), self.ports
        with opened(library, ports, f"undo-{os.getpid()}") as session, noted(session, "undo", dict):
            return carry_out(session, self.undoes, dry_run=False)


def live_until_killed(work: Work, parent: Connection, last_commit: int) -> None:
    """Do the work, unless the process is killed first.

    Args:
        work: what to do.
        parent: says when to begin; is told the number of commits, if it comes to that.
        last_commit: kill the process when it is about to make this commit, counted from 1; 0 never does.
    """
    commits = 0

    def count(_: sa.Connection) -> None:
        nonlocal commits
        commits += 1
        if commits == last_commit:
            os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(sa.Engine, "commit", count)
    parent.recv()
    if work.undoes:
        work.undo()
    else:
        error = work.push().error
        if error is not None:
            raise error
    parent.send(commits)
