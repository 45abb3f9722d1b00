"""A state that syncd made through Zotero's local API, years ago, goes on through the plugin: once, without a duplicate.

The states in `local_api/` were made by the last version of syncd that used that API.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sqlite3
import sys
from contextlib import closing
from dataclasses import dataclass
from multiprocessing import forkserver
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

import everything
from crash_child import Work, live_until_killed
from desktops import DesktopDesk
from doubles import Fault
from owner import NEWS, Owner, memory_of, pushes, rests, show
from plugins import ACTS, javascript, seen, stopped, whole
from syncd.paths import keep_private
from syncd.state.migrations import upgrade
from syncd.state.store import OLDEST, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.context import ForkServerContext

    from clocks import FakeClock
    from plugins import InZotero

MADE = Path(__file__).parent / "local_api"
ADDRESS = "http://127.0.0.1:23119"
# Those in which what is known moves; what follows is a run like any other.
COMMITS = 6


@dataclass
class Moving:
    """A desk with a state from before, whose Zotero has got the plugin since."""

    desk: DesktopDesk
    plugin: InZotero

    @property
    def owner(self) -> Owner:
        """The library's owner."""
        return Owner(self.desk.zotero)

    def remember(self, name: str) -> None:
        """Let syncd have the state, as the last one that used the local API left it."""
        self.desk.data.create()
        keep_private(self.desk.data.state)
        engine = sa.create_engine(sa.URL.create("sqlite", database=str(self.desk.data.state)))
        with engine.begin() as making:
            upgrade(making, OLDEST)
        engine.dispose()
        text = (MADE / f"{name}.sql").read_text(encoding="utf-8")
        with closing(sqlite3.connect(self.desk.data.state)) as connection, connection:
            connection.executescript(text.replace(ADDRESS, self.desk.program.server.url))
        Store.at(self.desk.data.state).close()

    def hold(self, name: str) -> None:
        """Let Zotero have the library."""
        held = json.loads((MADE / f"{name}.json").read_text(encoding="utf-8"))
        for kind in ("collections", "items"):
            for each in held[kind]:
                self.desk.zotero.write({**each, "version": 0}, to=kind)

    def places(self) -> set[str]:
        """Return what the state knows libraries by: the plugin, or the id that the local API told."""
        with closing(sqlite3.connect(self.desk.data.state)) as connection:
            found = connection.execute("SELECT database, server FROM library").fetchall()
        return {"plugin" if database else server for database, server in found}


@pytest.fixture
def moving(tmp_path: Path, clock: FakeClock) -> Iterator[Moving]:
    """Give a desk whose page lists the three papers; it has no state yet, and its library is empty."""
    with javascript(tmp_path, clock) as (zotero, plugin):
        folder = tmp_path / "user"
        folder.mkdir()
        desk = DesktopDesk(folder, zotero, clock, program=plugin.program)
        plugin.install(paired=True)
        desk.configure()
        show(desk)
        yield Moving(desk, plugin)


@pytest.fixture
def pushed(moving: Moving) -> Moving:
    """Give a desk whose papers were pushed through the local API."""
    moving.remember("pushed")
    moving.hold("pushed")
    return moving


def test_what_is_known_moves_to_the_plugin(pushed: Moving) -> None:
    """Nothing is written, nothing is forgotten, and the next correction arrives."""
    desk = pushed.desk
    before, version = seen(desk), desk.zotero.version()
    assert desk.run().counts["unchanged"] == 3
    assert desk.zotero.version() == version
    assert pushed.places() == {"plugin"}
    with memory_of(desk) as state:
        assert len(everything.memory(state).written) == 3
        assert len(state.history.runs()) == 2
    show(desk, alpha=NEWS)
    # At once: what syncd wrote last does not count as the user's edit.
    assert desk.run().counts["update"] == 1
    assert desk.zotero.papers()["Alpha"]["abstractNote"] == NEWS
    assert seen(desk) == before
    rests(desk)


def test_it_moves_once(pushed: Moving) -> None:
    """From then on a run asks as little as any other."""
    assert pushed.desk.run().counts["unchanged"] == 3
    assert pushed.desk.run().requests.read == 3


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_what_was_taken_away_before_stays_away(pushed: Moving, act: Callable[[Owner], None]) -> None:
    """No log has it; syncd sees it by comparing with what it knew."""
    act(pushed.owner)
    left = seen(pushed.desk)
    for _ in range(2):
        show(pushed.desk, alpha=NEWS)
        pushes(pushed.desk)
        assert seen(pushed.desk) == left


def test_an_edit_from_before_wins(pushed: Moving) -> None:
    """And the paper is not taken for syncd's own: a run from before can't undo it."""
    with memory_of(pushed.desk) as state:
        run = state.history.runs()[0].name
    pushed.owner.edit("Alpha", abstractNote="My own words.", tags=[{"tag": "mine"}])
    show(pushed.desk, alpha=NEWS)
    pushes(pushed.desk)
    assert pushed.owner.item("Alpha")["abstractNote"] == "My own words."
    rests(pushed.desk)
    assert "2 undone" in pushed.desk.syncd("undo", run).out
    assert set(pushed.desk.zotero.papers()) == {"Alpha"}


@pytest.mark.parametrize("name", ["collections-lost", "items-lost", "links-lost"])
def test_what_was_written_with_an_unknown_outcome_is_there_once(moving: Moving, name: str) -> None:
    """Zotero had given it keys that syncd never learnt."""
    moving.remember(name)
    moving.hold(name)
    with memory_of(moving.desk) as state:
        assert state.journal.unfinished()
    for _ in range(2):
        pushes(moving.desk)
        whole(moving.desk)
    with memory_of(moving.desk) as state:
        assert not state.journal.unfinished()
    rests(moving.desk)
    # They are syncd's own, not adopted ones.
    show(moving.desk, alpha=NEWS)
    assert pushes(moving.desk).counts["update"] == 1
    assert moving.desk.zotero.papers()["Alpha"]["abstractNote"] == NEWS


def test_an_update_whose_answer_was_lost_before_is_found(moving: Moving) -> None:
    """It counts as written by syncd, so the next one may follow."""
    moving.remember("update-lost")
    moving.hold("update-lost")
    assert moving.desk.zotero.papers()["Alpha"]["abstractNote"] == NEWS
    show(moving.desk, alpha=f"{NEWS} And again.")
    assert pushes(moving.desk).counts["update"] == 1
    assert moving.desk.zotero.papers()["Alpha"]["abstractNote"] == f"{NEWS} And again."
    rests(moving.desk)


def test_a_run_from_before_can_be_undone(pushed: Moving) -> None:
    """Its papers are still as syncd wrote them."""
    with memory_of(pushed.desk) as state:
        run = state.history.runs()[0].name
    pushed.desk.run()
    assert "3 undone" in pushed.desk.syncd("undo", run).out
    assert pushed.desk.zotero.papers() == {}


def test_another_zotero_is_not_pushed_to_unasked(moving: Moving) -> None:
    """What is known stays with the one that it was learnt in, and goes on when that is open."""
    moving.remember("pushed")
    moving.owner.own("Mine")
    stopped(moving.desk.run(), 8, "another Zotero", "--accept-empty")
    assert set(moving.desk.zotero.papers()) == {"Mine"}
    moving.plugin.open_other_database()
    moving.hold("pushed")
    assert moving.desk.run().counts["unchanged"] == 3
    rests(moving.desk)


def test_the_state_of_another_zotero_is_left_alone(pushed: Moving) -> None:
    """Of two that are known, the one goes on whose papers are there."""
    with closing(sqlite3.connect(pushed.desk.data.state)) as connection, connection:
        connection.execute(
            "INSERT INTO library (id, endpoint, prefix, server, version) VALUES (7, ?, 'users/0', '0-another', 40)",
            (pushed.desk.program.server.url,),
        )
        connection.execute(
            "INSERT INTO written SELECT 7, 'ABCD2345', base, 40, run, '' FROM written WHERE library = 1 LIMIT 1"
        )
    assert pushed.desk.run().counts["unchanged"] == 3
    assert pushed.places() == {"plugin", "0-another"}


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Give a fork server that has imported syncd already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["crash_child"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
        forkserver.ensure_running()
    return context


def push(moving: Moving, processes: ForkServerContext, last_commit: int) -> int | None:
    """Push in a process of its own, which is killed at a commit; return how it ended."""
    ours, theirs = processes.Pipe()
    work = Work(moving.desk.folder, moving.desk.env)
    process = processes.Process(target=live_until_killed, args=(work, theirs, last_commit))
    process.start()
    theirs.close()
    ours.send("begin")
    process.join(60)
    code = process.exitcode
    ours.close()
    process.close()
    return code


@pytest.mark.parametrize("number", range(1, COMMITS + 1))
def test_a_move_that_is_killed_is_done_by_the_next_run(
    pushed: Moving, processes: ForkServerContext, number: int
) -> None:
    """At whichever commit: what was erased stays away, and what was edited is its owner's."""
    with memory_of(pushed.desk) as state:
        run = state.history.runs()[0].name
    with closing(sqlite3.connect(pushed.desk.data.state)) as connection, connection:
        # The versions of both ways may be the same by chance.
        connection.execute("UPDATE written SET version = 1")
        connection.execute("UPDATE index_item SET version = 1")
    pushed.owner.edit("Alpha", abstractNote="My own words.")
    pushed.desk.zotero.erase(pushed.owner.item("Beta")["key"])
    assert push(pushed, processes, number) == -signal.SIGKILL
    for _ in range(2):
        pushes(pushed.desk)
        assert set(pushed.desk.zotero.papers()) == {"Alpha", "Gamma"}
    pushed.desk.syncd("undo", run)
    assert "Alpha" in pushed.desk.zotero.papers()


@pytest.mark.parametrize("number", range(2, 5))
def test_a_move_that_breaks_off_is_done_by_the_next_run(pushed: Moving, number: int) -> None:
    """Whichever of its reads is the last."""
    act: Any = lambda _: None  # noqa: E731 - a request that nothing happens to
    erase = pushed.owner.item("Beta")["key"]
    pushed.desk.zotero.erase(erase)
    trouble = pushed.desk.program.trouble
    trouble.plan("GET", *[act] * number, *[Fault("drop")] * 20)
    assert pushed.desk.run().error is not None
    assert trouble.happened > number
    trouble._coming.clear()
    for _ in range(2):
        pushes(pushed.desk)
        assert set(pushed.desk.zotero.papers()) == {"Alpha", "Gamma"}
    rests(pushed.desk)
