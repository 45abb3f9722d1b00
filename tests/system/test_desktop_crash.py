"""`kill -9` at every write to Zotero on the desktop: no key protects a creation there, and nothing is doubled.

Smaller than the crash matrix online: every write before and after Zotero does it, and every commit of syncd's
own database, of a first push and of an update.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from multiprocessing import forkserver
from typing import TYPE_CHECKING, Any

import pytest

from crash_child import Work, live_until_killed
from pages import entry, page
from syncd.zotero.embedded import Fault, Request

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext

    from desktops import DesktopDesk, Zotero10

BEFORE = page(entry("Alpha"), entry("Beta"))
AFTER = page(
    entry("Alpha", abstract="Other words on Alpha."),
    entry("Beta", abstract="Code: https://github.com/ann/beta and https://github.com/ann/beta-two"),
    entry("Delta"),
)
LAST_WORDS = "The last words on Alpha. https://github.com/ann/alpha"
# Two levels of collections, items, links; then items and a link of an old one, then a new one's link.
WRITES = {"first push": 4, "update": 2}
COMMITS = {"first push": 15, "update": 9}
PATIENCE = 60


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Give a fork server that has imported syncd already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["crash_child"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
        forkserver.ensure_running()
    return context


class Stage:
    """A scenario at its start, in which a process is killed once."""

    def __init__(self, desk: DesktopDesk, processes: ForkServerContext, scenario: str) -> None:
        self.desk = desk
        self.processes = processes
        self.work = Work(desk.folder, desk.env)
        days = 3 * 86400
        desk.clock.set(-days)
        desk.zotero.write({"itemType": "book", "title": "Mine"})
        desk.page.write_text(BEFORE, encoding="utf-8")
        if scenario == "update":
            assert desk.run().error is None
            desk.page.write_text(AFTER, encoding="utf-8")
        desk.clock.set(days)

    def play(self, *, last_commit: int = 0, last_write: int = 0, when: str = "") -> tuple[int | None, int]:
        """Push in a process of its own, which is killed at a commit or at a write.

        Returns:
            how it ended, and the number of its commits if it came to its end.
        """
        ours, theirs = self.processes.Pipe()
        process = self.processes.Process(target=live_until_killed, args=(self.work, theirs, last_commit))
        writes = 0

        def watch(request: Request) -> Fault | None:
            nonlocal writes
            writes += request.method == "POST"
            if request.method != "POST" or writes != last_write:
                return None
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            return Fault("drop", when="after" if when == "after" else "before")

        program: Zotero10 = self.desk.program
        program.server._faults = watch
        process.start()
        theirs.close()
        ours.send("begin")
        process.join(PATIENCE)
        code = process.exitcode
        commits = ours.recv() if code == 0 else 0
        ours.close()
        process.close()
        # What is being written is finished when the server has stopped.
        program.close()
        program.server._faults = None
        program.open()
        return code, commits

    def check_repaired(self) -> None:
        """The next run makes it whole, the one after that has nothing to do, and all counts as syncd's own."""
        report = self.work.push()
        assert report.error is None
        assert report.failures == {}
        self.check_whole()
        assert self.work.push().requests.write == 0
        papers = [entry("Beta"), entry("Delta")]
        self.desk.page.write_text(page(entry("Alpha", abstract=LAST_WORDS), *papers), encoding="utf-8")
        corrected = self.work.push()
        assert corrected.error is None
        assert not [action for action in corrected.actions if action.cause]
        assert self.desk.zotero.papers()["Alpha"]["abstractNote"] == LAST_WORDS
        assert self.work.push().requests.write == 0

    def check_whole(self) -> None:
        """Every paper and link is there once, as the page says, and filed."""
        items = self.desk.zotero.items().values()
        collections = self.desk.zotero.get("/collections?limit=100")
        papers = {data["title"]: data for data in items if "parentItem" not in data}
        links = [data["url"].rpartition("/")[2] for data in items if "parentItem" in data]
        updated = self.desk.page.read_text(encoding="utf-8") == AFTER
        assert len(papers) + len(links) == len(items)
        assert set(papers) == {"Mine", "Alpha", "Beta", *(["Delta"] if updated else [])}
        expected = ["alpha", "beta", *(["beta-two", "delta"] if updated else [])]
        assert sorted(links) == expected
        assert sorted(entry["data"]["name"] for entry in collections) == ["Ann Lee", "Profiles"]
        filed = self.desk.zotero.collections()["Ann Lee"]["key"]
        assert all(data["collections"] == [filed] for title, data in papers.items() if title != "Mine")
        if updated:
            assert papers["Alpha"]["abstractNote"] == "Other words on Alpha."


@pytest.fixture(params=WRITES)
def stage(request: Any, at_desktop: DesktopDesk, processes: ForkServerContext) -> Stage:
    """Give a scenario at its start."""
    return Stage(at_desktop, processes, request.param)


def moments(numbers: dict[str, int]) -> list[tuple[str, int]]:
    """Return each scenario with each of its moments."""
    return [(scenario, number) for scenario, most in numbers.items() for number in range(1, most + 1)]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("stage", "number"), moments(WRITES), indirect=["stage"])
def test_a_process_killed_at_any_write_doubles_nothing(stage: Stage, number: int, when: str) -> None:
    """Zotero had not yet done it, or it had and nobody heard the keys."""
    assert stage.play(last_write=number, when=when)[0] == -signal.SIGKILL
    stage.check_repaired()


@pytest.mark.parametrize(("stage", "number"), moments(COMMITS), indirect=["stage"])
def test_a_process_killed_at_any_commit_doubles_nothing(stage: Stage, number: int) -> None:
    """Its database had all of a transaction, or nothing of it."""
    assert stage.play(last_commit=number)[0] == -signal.SIGKILL
    stage.check_repaired()


def test_no_moment_is_left_out(stage: Stage) -> None:
    """A scenario has just as many writes and commits."""
    scenario = "update" if stage.desk.page.read_text(encoding="utf-8") == AFTER else "first push"
    assert stage.play(last_write=WRITES[scenario] + 1, when="after") == (0, COMMITS[scenario])
    stage.check_repaired()
