"""`kill -9` at every moment: the next run makes it as if it had not happened.

A process is killed at every request to the library before the server executes it, at every write after it has, and
before every commit of its own database. Each scenario is first played without a kill, which counts the moments and
shows what must come out.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product
from multiprocessing import forkserver
from operator import ge
from typing import TYPE_CHECKING, Any

import pytest

import everything
from crash_child import Work, live_until_killed
from doubles import Fault
from pages import entry, page
from syncd.config import load
from syncd.state.libraries import remembered
from syncd.state.postgres import engine
from syncd.zotero.embedded.exchange import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from multiprocessing.context import ForkServerContext
    from pathlib import Path

    from desk import Desk, Zotero
    from postgres import Postgres

BEFORE = page(*(entry(title) for title in ("Alpha", "Beta", "Gamma")))
AFTER = page(
    entry("Alpha", abstract="Other words on Alpha."),
    entry("Beta", abstract="Code: https://github.com/ann/beta and https://github.com/ann/beta-two"),
    entry("Gamma"),
    entry("Delta"),
    entry("Epsilon"),
)
AUTHORS = [
    {"creatorType": "author", "firstName": "Ann", "lastName": "Lee"},
    {"creatorType": "author", "firstName": "Bo", "lastName": "Chen"},
]
# Requests of each scenario, those of them that write, and commits, as docs/reliability.md counts them.
MOMENTS = {
    "first push": (6, 2, 11),
    "update": (8, 3, 13),
    "undo of the first push": (3, 1, 6),
    "undo of the update": (3, 1, 6),
}
# With the state on a server, one scenario stands for all in `make test`; `make soak-fleet` plays each.
ON_SERVER = list(MOMENTS) if "SYNCD_FLEET_ROUNDS" in os.environ else ["undo of the update"]
PATIENCE = 300


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Give a fork server that has imported syncd already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["crash_child"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
        forkserver.ensure_running()
    return context


@dataclass(frozen=True)
class Outcome:
    """All that must be the same, whatever happened on the way."""

    library: Mapping[str, Any]
    memory: Mapping[str, Any]


class Stage:
    """A scenario that can be played again and again from the same start.

    Args:
        desk: the user's.
        processes: where the work is done.
        scenario: one of `MOMENTS`.
        postgres: the server that has the desk's state; None where that is a file.
    """

    def __init__(
        self, desk: Desk, processes: ForkServerContext, scenario: str, postgres: Postgres | None = None
    ) -> None:
        self.desk = desk
        self.processes = processes
        self.scenario = scenario
        self.postgres = postgres
        self.database = desk.database.split("/")[3].partition("?")[0] if postgres else ""
        self.work = Work(desk.folder, desk.env, database=desk.database)
        # The methods of the last play's requests.
        self.requests: list[str] = []
        self.set_up()
        self.start = desk.folder.parent / "start"
        self._served(lambda: self._copy(desk.folder.parent, self.start))
        self._copy_database(self.database, f"{self.database}_start")

    def set_up(self) -> None:
        """Bring library and state to where the scenario starts, which was three days ago."""
        scenario = self.scenario
        zotero, clock, days = self.desk.zotero, self.desk.clock, 3 * 86400
        clock.set(-days)
        zotero.write({"itemType": "book", "title": "Mine"})
        self.desk.page.write_text(BEFORE, encoding="utf-8")
        run = "" if scenario == "first push" else self.desk.run().run
        if scenario == "update":
            # What it brings is told in the note of its week, and what came before in that of the week before.
            self.desk.configure('[digest]\nnote = "weekly"\n')
        if scenario.endswith("update"):
            # The page changed, and so did the library: a paper to adopt, one that is not wanted any more.
            self.desk.page.write_text(AFTER, encoding="utf-8")
            zotero.write({"itemType": "preprint", "title": "Epsilon", "date": "2023", "creators": AUTHORS})
            zotero.edit("Gamma", deleted=1)
        clock.set(days)
        if scenario == "undo of the update":
            run = self.desk.run().run
        if scenario.startswith("undo"):
            self.work = replace(self.work, undoes=run)

    def reset(self) -> None:
        """Put library and state back to the start."""
        self._served(lambda: self._copy(self.start, self.desk.folder.parent))
        self._copy_database(f"{self.database}_start", self.database)

    def _copy_database(self, source: str, target: str) -> None:
        if self.postgres:
            self._let_go()
            self.postgres.run(f"DROP DATABASE IF EXISTS {target} WITH (FORCE)")
            self.postgres.new(source, target)

    def _let_go(self) -> None:
        """Wait until the server knows that a process is gone, and has its locks back."""
        if self.postgres:
            engine(self.desk.database).dispose()
            while self.postgres.cut(self.database):
                pass

    def _served(self, change: Callable[[], None]) -> None:
        """Change files while nobody serves them; what was being served is finished first."""
        server = self.desk.zotero.server
        server.port = int(server.url.rpartition(":")[2])
        server.stop()
        change()
        server.start()

    @staticmethod
    def _copy(source: Path, target: Path) -> None:
        for old in (*target.glob("zotero.sqlite*"), *target.glob("user/data/syncd.sqlite*")):
            old.unlink()
        (target / "user/data").mkdir(parents=True, exist_ok=True)
        for part in (*source.glob("zotero.sqlite*"), *source.glob("user/data/syncd.sqlite*")):
            shutil.copyfile(part, target / part.relative_to(source))

    def play(self, *, last_commit: int = 0, last_request: int = 0, when: str = "") -> tuple[int, int]:
        """Do the work in a process of its own, which may be killed on the way.

        Args:
            last_commit: kill it at this commit; 0 at none.
            last_request: kill it at this request; 0 at none.
            when: "before" the server executes that request, "after" it, or while it does, which it finishes "later".

        Returns:
            how the process ended, and the number of commits if it came to its end.
        """
        ours, theirs = self.processes.Pipe()
        process = self.processes.Process(target=live_until_killed, args=(self.work, theirs, last_commit))
        self.requests = []

        def watch(request: Request) -> Fault | None:
            self.requests.append(request.method)
            if len(self.requests) != last_request:
                return None
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            if when == "later":
                return Fault("drop", when="later", objects=1)
            return Fault("drop", when="after" if when == "after" else "before")

        server = self.desk.zotero.server
        server._faults = watch
        process.start()
        theirs.close()
        ours.send("begin")
        process.join(PATIENCE)
        code = process.exitcode
        commits = ours.recv() if code == 0 else 0
        ours.close()
        process.close()
        server._faults = None
        self._let_go()
        if when in {"before", "after"}:
            self._served(lambda: None)
        assert code is not None
        return code, commits

    def repair(self) -> None:
        """Do what a user does after a crash: the same again; after an undo the schedule pushes too."""
        if self.work.undoes:
            self.work.undo()
        report = self.work.push()
        assert report.error is None
        assert report.failures == {}

    def outcome(self) -> Outcome:
        """Return what library and state are now; versions are compared with each other, times not at all."""
        objects = {**self.desk.zotero.items(), **self.desk.zotero.collections()}
        volatile = {"version", "dateAdded", "dateModified"}
        library = {
            data["key"]: {name: value for name, value in data.items() if name not in volatile}
            for data in objects.values()
        }
        settings = load(self.desk.folder / "config.toml", self.desk.env).library()
        with remembered(settings, self.work.ports.data, self.work.ports.clock) as state:
            memory, view = everything.memory(state), everything.view(state)
            own = {key: version for key, version in memory.versions.items() if key not in view.deleted}
            current = {key: objects[key]["version"] for key in own}
            remembers: dict[str, Any] = {
                "written": memory.written,
                "claims": memory.claims,
                "collections": memory.collections,
                "tombstones": memory.tombstones,
                "refusals": memory.refusals,
                "standings": state.standings.of(),
                "profiles": [replace(profile, run="") for profile in state.profiles.pushed()],
                "edited by others": [key for key, version in own.items() if version != current[key]],
                "history": sorted(
                    (note.kind, key, note.title, sorted(note.created))
                    for run in state.history.runs()
                    for key, note in state.history.notes(run.name)
                ),
                "index behind": [
                    key for key, item in view.items.items() if item.version != objects[key]["version"]
                ],
                "index": {key: item.trashed for key, item in view.items.items()},
                "notes": [known for key in view.items if (known := state.notes.known([key]))],
            }
        return Outcome(library, remembers)

    def unfinished(self) -> int:
        """Return how many chunks are in the journal."""
        settings = load(self.desk.folder / "config.toml", self.desk.env).library()
        with remembered(settings, self.work.ports.data, self.work.ports.clock) as state:
            return len(state.journal.unfinished())


@pytest.fixture(
    params=[*((name, "file") for name in MOMENTS), *((name, "server") for name in ON_SERVER)],
    ids=", state on a ".join,
)
def stage(request: pytest.FixtureRequest, processes: ForkServerContext) -> Iterator[Stage]:
    """Give a scenario at its start, with the state in a file or on a server."""
    scenario, place = request.param
    if place == "file":
        yield Stage(request.getfixturevalue("desk"), processes, scenario)
        return
    postgres = request.getfixturevalue("postgres")
    made = Stage(request.getfixturevalue("at_server"), processes, scenario, postgres)
    yield made
    postgres.drop(f"{made.database}_start")


@dataclass(frozen=True)
class Played:
    """A scenario without a kill: the methods of its requests, its commits, and what comes out of it."""

    requests: list[str]
    commits: int
    outcome: Outcome

    @property
    def writes(self) -> list[int]:
        """The numbers of the requests that write."""
        return [number for number, method in enumerate(self.requests, 1) if method != "GET"]


def uninterrupted(stage: Stage) -> Played:
    """Play a scenario to its end. Fewer moments than documented would be missed ones."""
    code, commits = stage.play()
    assert code == 0
    requests = stage.requests
    stage.repair()
    played = Played(requests, commits, stage.outcome())
    counted = (len(requests), len(played.writes), commits)
    assert all(map(ge, counted, MOMENTS[stage.scenario])), counted
    return played


@contextmanager
def named(moment: Mapping[str, Any]) -> Iterator[None]:
    """Let a failure say at which moment the process was killed."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"killed at {moment}")
        raise


def check_repaired(stage: Stage, expected: Outcome) -> None:
    """After the next run it is as if nothing had happened, and the run after that has nothing to do."""
    stage.repair()
    assert stage.unfinished() == 0
    assert stage.outcome() == expected
    version = stage.desk.zotero.version()
    again = stage.work.push()
    assert again.error is None
    assert (again.requests.total, again.requests.write) == (1, 0)
    assert stage.desk.zotero.version() == version


def test_a_process_killed_at_any_moment_leaves_no_trace(stage: Stage) -> None:
    """The server had not yet executed a request, or nobody heard its answer; a transaction was there whole, or not.

    Whether a request was executed that only reads makes no difference.
    """
    played = uninterrupted(stage)
    moments: list[dict[str, Any]] = [
        *({"last_request": number, "when": "before"} for number in range(1, len(played.requests) + 1)),
        *({"last_request": number, "when": "after"} for number in played.writes),
        *({"last_commit": number} for number in range(1, played.commits + 1)),
    ]
    for moment in moments:
        with named(moment):
            stage.reset()
            assert stage.play(**moment)[0] == -signal.SIGKILL
            check_repaired(stage, played.outcome)


def test_an_undo_leaves_nothing_of_a_first_push_but_the_trash(
    desk: Desk, zotero: Zotero, processes: ForkServerContext
) -> None:
    """What the matrix compares with is right: everything that the run created is in the trash."""
    stage = Stage(desk, processes, "undo of the first push")
    uninterrupted(stage)
    assert set(zotero.papers()) == {"Mine"}
    trashed = [data["title"] for data in zotero.items().values() if data.get("deleted")]
    assert sorted(trashed) == ["Alpha", "Beta", "Gamma"]


def killed_after_its_last_write(stage: Stage) -> str:
    """Kill the scenario when all of it is done and none of it is known; return the run's name."""
    assert stage.play(last_request=MOMENTS["first push"][0], when="after")[0] == -signal.SIGKILL
    assert stage.unfinished() == 1
    (run,) = (run["run"] for run in stage.desk.syncd("log", "--json").json)
    return str(run)


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_note_of_a_week_that_ended_in_a_kill_comes_in_the_next(
    desk: Desk, zotero: Zotero, processes: ForkServerContext, when: str
) -> None:
    """The last push of the week was killed when it wrote the note: it is made up for, once."""
    desk.configure('[digest]\nnote = "weekly"\n')
    stage = Stage(desk, processes, "first push")
    assert stage.play()[0] == 0
    stage.reset()
    assert stage.play(last_request=len(stage.requests), when=when)[0] == -signal.SIGKILL
    desk.clock.advance(7 * 86400)
    for _ in range(2):
        report = desk.run()
        (note,) = (data["note"] for data in zotero.items().values() if data["itemType"] == "note")
        assert ("week 23 of 2026" in note, "3 papers came." in note) == (True, True)
    assert report.requests.write == 0


def test_what_the_user_does_between_crash_and_repair_stays(
    desk: Desk, zotero: Zotero, processes: ForkServerContext
) -> None:
    """An edit, a tag and a deletion are decisions, though syncd does not yet know that it wrote the items."""
    stage = Stage(desk, processes, "first push")
    killed_after_its_last_write(stage)
    zotero.edit("Alpha", abstractNote="My own words.")
    zotero.edit("Beta", tags=[{"tag": "mine"}])
    zotero.edit("Gamma", deleted=1)
    desk.clock.advance(2 * 86400)
    assert desk.run().requests.write == 0
    desk.page.write_text(AFTER, encoding="utf-8")
    assert desk.run().error is None
    papers = zotero.papers()
    assert set(papers) == {"Mine", "Alpha", "Beta", "Delta", "Epsilon"}
    assert papers["Alpha"]["abstractNote"] == "My own words."
    assert papers["Beta"]["tags"] == [{"tag": "mine"}]
    assert papers["Beta"]["abstractNote"].startswith("Code:")


def test_a_run_that_was_killed_can_be_undone_but_for_what_was_touched_since(
    desk: Desk, zotero: Zotero, processes: ForkServerContext
) -> None:
    """Its history is complete, and an item that the user tagged or filled in is theirs."""
    stage = Stage(desk, processes, "first push")
    run = killed_after_its_last_write(stage)
    zotero.edit("Alpha", extra="a note of mine")
    zotero.edit("Beta", tags=[{"tag": "mine"}])
    assert desk.run().requests.write == 0
    undone = desk.syncd("undo", run)
    assert undone.code == 0
    assert "1 undone, 2 left" in undone.out
    assert set(zotero.papers()) == {"Mine", "Alpha", "Beta"}


def test_a_server_that_goes_on_writing_for_a_killed_process_leaves_no_trace(stage: Stage) -> None:
    """It had written the first object when the process was killed; the others come later, or are there already."""
    played = uninterrupted(stage)
    server = stage.desk.zotero.server
    for number, arrives in product(played.writes, ("before the next run", "after the next run")):
        with named({"request": number, "the others arrive": arrives}):
            stage.reset()
            assert stage.play(last_request=number, when="later")[0] == -signal.SIGKILL
            if arrives == "before the next run":
                server.write_late()
            stage.repair()
            server.write_late()
            assert stage.work.push().error is None
            assert stage.outcome().library == played.outcome.library
            assert stage.outcome().memory["standings"] == played.outcome.memory["standings"]
            version = stage.desk.zotero.version()
            assert stage.work.push().requests.write == 0
            assert stage.desk.zotero.version() == version
