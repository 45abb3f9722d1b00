"""The one engine: fetch, parse, index, plan, push. Command line, daemon and workers all call `run_once`.

It decides nothing about papers, which is the plan's part, and prints nothing. What it returns is a report for
each library, in which every error has its place.
"""

from __future__ import annotations

import re
import secrets
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from syncd import parse
from syncd.config import ProfileConfig
from syncd.errors import ConfigError, GuardError, LibraryError, SourceError, SyncdError
from syncd.plan import KINDS, Intake, Plan, plan
from syncd.push import Push
from syncd.sources import fetch
from syncd.state import State
from syncd.store import Store
from syncd.zotero.client import Address, Client, StaleError
from syncd.zotero.index import Index
from syncd.zotero.items import Policy
from syncd.zotero.transport import Counter, OutcomeUnknownError, PoliteTransport

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from syncd.clock import Clock
    from syncd.config import Config, Library
    from syncd.model import Profile, Snapshot
    from syncd.paths import DataFolder
    from syncd.plan import Action
    from syncd.push import Failure

# How often a library that changes while syncd writes is read and planned anew in one run.
ROUNDS = 4


class Progress(Protocol):
    """Is told how far a run is."""

    def stage(self, words: str) -> None:
        """Say what is being done."""
        ...

    def total(self, objects: int) -> None:
        """Say how many objects will be written."""
        ...

    def advance(self, objects: int) -> None:
        """Say how many more were."""
        ...


class Quiet:
    """Tells nobody."""

    def stage(self, words: str) -> None:
        """Ignore it."""

    def total(self, objects: int) -> None:
        """Ignore it."""

    def advance(self, objects: int) -> None:
        """Ignore it."""


@dataclass(frozen=True, slots=True)
class Ports:
    """What a run needs of the world.

    Attributes:
        env: the environment, for keys.
        data: syncd's data folder.
        clock: time.
        progress: who is told how far the run is.
    """

    env: Mapping[str, str]
    data: DataFolder
    clock: Clock
    progress: Progress = field(default_factory=Quiet)


@dataclass(frozen=True, slots=True)
class Task:
    """What to do.

    Attributes:
        names: profiles of the configuration, paths and addresses; empty for all profiles.
        library: the library's name, where the user chose one.
        dry_run: plan, and write nothing.
        max_create: overrides the guard of the configuration.
    """

    names: tuple[str, ...] = ()
    library: str | None = None
    dry_run: bool = False
    max_create: int | None = None


@dataclass(frozen=True, slots=True)
class SourceFailure:
    """A profile that could not be read; the others are not held up by it."""

    name: str
    origin: str
    error: SyncdError


@dataclass(slots=True)
class Report:
    """What a run did to one library, or would do.

    Attributes:
        run: its name, unique and sortable.
        library: the library's name in the configuration.
        dry_run: nothing was written.
        plan: the last plan; None where it did not come to one.
        actions: one a paper, with what was really done.
        failures: by create-once key, papers that were not written, or not wholly.
        sources: profiles that could not be read.
        requests: HTTP requests to the library.
        seconds: how long it took.
        error: what ended the run early.
    """

    run: str
    library: str
    dry_run: bool
    plan: Plan | None = None
    actions: list[Action] = field(default_factory=list)
    failures: dict[str, Failure] = field(default_factory=dict)
    sources: list[SourceFailure] = field(default_factory=list)
    requests: Counter = field(default_factory=Counter)
    seconds: float = 0.0
    error: SyncdError | None = None

    @property
    def counts(self) -> dict[str, int]:
        """How many papers each kind of action concerns; what failed counts as that alone."""
        done = [action.kind for action in self.actions if action.paper not in self.failures]
        return {kind: done.count(kind) for kind in KINDS} | {"failed": len(self.failures)}


@dataclass(frozen=True, slots=True)
class _Job:
    """A source to read, with the settings that apply to it."""

    name: str
    source: str
    settings: ProfileConfig
    library: Library


def run_once(config: Config, task: Task, ports: Ports) -> list[Report]:
    """Read profiles and bring their libraries up to date.

    Returns:
        a report for each library, also where it ended in an error.

    Raises:
        ConfigError: a name is not known, or there is nothing to do.
        StateError: syncd's own data can't be used.
    """
    jobs = _jobs(config, task)
    by_library: dict[str, list[_Job]] = {}
    for job in jobs:
        by_library.setdefault(job.library.name, []).append(job)
    max_create = config.guards.max_create if task.max_create is None else task.max_create
    reports = []
    for library_jobs in by_library.values():
        report = Report(_run_name(ports.clock.now()), library_jobs[0].library.name, task.dry_run)
        reports.append(report)
        _run_library(library_jobs, config, report, max_create, ports)
    return reports


def push_plan(config: Config, saved: Plan, ports: Ports) -> Report:
    """Carry out a plan that was made before, if library and sources are still as it saw them.

    Returns:
        the report, also where the plan is refused or ended in an error.

    Raises:
        ConfigError: the configuration has no such library.
    """
    library = config.library(saved.library)
    report = Report(_run_name(ports.clock.now()), saved.library, dry_run=False, plan=saved)
    with _timed(report, ports), _session(library, report, ports) as session:
        session.index.refresh(session.client)
        _check_still_true(saved, session, config)
        session.push(saved)
    return report


def _jobs(config: Config, task: Task) -> list[_Job]:
    """Turn the names on the command line into sources with their settings."""
    names = task.names or tuple(config.profiles)
    if not names:
        raise ConfigError(
            ["there is nothing to push: no source was named and no profile is configured"],
            hint="Name a page: syncd push PAGE.txt",
        )
    jobs = []
    for name in names:
        settings = config.profiles.get(name) or _ad_hoc(config, name)
        library = config.library(task.library or settings.library)
        jobs.append(_Job(name, settings.source, settings, library))
    return jobs


def _ad_hoc(config: Config, name: str) -> ProfileConfig:
    """Return the settings of a source that is named without configuration.

    A bare word that is no file is taken for the name of a profile, mistyped.
    """
    if not re.search(r"[./*?\[]", name) and not Path(name).exists():
        config.profile(name)
    return ProfileConfig(source=name)


def _run_library(jobs: Sequence[_Job], config: Config, report: Report, max_create: int, ports: Ports) -> None:
    """Run for one library; every error ends up in its report."""
    with _timed(report, ports):
        intakes = [intake for job in jobs for intake in _read(job, config, report, ports)]
        if intakes:
            with _session(jobs[0].library, report, ports) as session:
                session.bring_up_to_date(intakes, max_create)


@contextmanager
def _timed(report: Report, ports: Ports) -> Iterator[None]:
    """Put into the report how long it took, and the error that ended it."""
    start = ports.clock.monotonic()
    try:
        yield
    except SyncdError as error:
        report.error = error
    finally:
        report.seconds = ports.clock.monotonic() - start


def _read(job: _Job, config: Config, report: Report, ports: Ports) -> list[Intake]:
    """Fetch and parse one source, which may be several pages."""
    ports.progress.stage(f"reading {job.source}")
    try:
        snapshots = fetch(job.source, captured=job.settings.captured, contact=config.http.contact)
    except SourceError as error:
        report.sources.append(SourceFailure(job.name, job.source, error))
        return []
    intakes = []
    for snapshot in snapshots:
        try:
            profile = parse.parse(snapshot, job.settings.format)
        except SyncdError as error:
            report.sources.append(SourceFailure(job.name, snapshot.origin, error))
        else:
            intakes.append(_intake(job, snapshot, profile))
    return intakes


def _intake(job: _Job, snapshot: Snapshot, profile: Profile) -> Intake:
    settings = job.settings
    path = tuple(settings.collection.split("/")) if settings.collection else ("Profiles", profile.name)
    name = settings.name or "/".join(path)
    return Intake(
        name=name,
        profile=profile,
        origin=snapshot.origin,
        digest=snapshot.digest,
        collection=path,
        policy=Policy(profile.name, settings.tags, settings.cut_authors),
        adopt=settings.adopt,
    )


@dataclass(slots=True)
class _Session:
    """One library, opened for one run."""

    library: Library
    client: Client
    index: Index
    state: State
    report: Report
    ports: Ports

    def bring_up_to_date(self, intakes: Sequence[Intake], max_create: int) -> None:
        """Plan and push until the library is as the plan wants it, or stays as it is for a reason."""
        done: dict[str, Action] = {}
        planned: dict[str, Action] = {}
        for turn in range(1, ROUNDS + 1):
            self.ports.progress.stage("reading the library")
            self.index.refresh(self.client)
            view = self.index.view()
            recovered = self.state.recover(view)
            done |= {p: planned[p] for p, run in recovered.items() if run == self.report.run and p in planned}
            self.report.plan = current = plan(self.library.name, view, self.state.memory(), intakes)
            planned |= {action.paper: action for action in current.actions}
            if self.report.dry_run:
                self.report.actions = list(current.actions)
            _guard(current, max_create)
            if self.report.dry_run:
                return
            push = self._push(current)
            try:
                push.carry_out(current)
            except (StaleError, OutcomeUnknownError):
                if turn == ROUNDS:
                    raise
                again = True
            else:
                again = turn < ROUNDS and any(failure.changed for failure in push.failures.values())
            finally:
                done |= {paper: planned[paper] for paper in push.written if paper in planned}
                self._tell(current, done, push)
            if not again:
                return

    def _tell(self, current: Plan, done: Mapping[str, Action], push: Push) -> None:
        """Put into the report what was really done so far, and what needed nothing."""
        self.report.failures = push.failures
        self.report.actions = [
            done.get(action.paper, action)
            for action in current.actions
            if action.paper in done or action.paper in push.failures or not action.writes
        ]

    def push(self, saved: Plan) -> None:
        """Carry out one plan as it is."""
        push = self._push(saved)
        try:
            push.carry_out(saved)
        finally:
            done = {action.paper: action for action in saved.actions if action.paper in push.written}
            self._tell(saved, done, push)

    def _push(self, current: Plan) -> Push:
        objects = sum(bool(action.item) + len(action.children) for action in current.actions)
        self.ports.progress.total(objects)
        return Push(self.client, self.index, self.state, self.report.run, self.ports.progress.advance)


def _guard(current: Plan, max_create: int) -> None:
    creating = current.counts["create"]
    if creating > max_create:
        raise GuardError(
            f"{creating} papers would be added, more than the {max_create} that are allowed in one run",
            hint=f"Nothing was written. Look at them with --dry-run; allow it with --max-create {creating}.",
        )


def _check_still_true(saved: Plan, session: _Session, config: Config) -> None:
    """Refuse a plan that was made against another library, version or source."""
    version = session.index.version()
    stale = []
    if session.library.prefix != saved.prefix:
        stale.append(f"the library is {session.library.prefix}, the plan's was {saved.prefix}")
    elif version != saved.version:
        stale.append(f"the library is at version {version}, the plan was made at {saved.version}")
    for profile in saved.profiles:
        now = {snapshot.digest for snapshot in fetch(profile.origin, contact=config.http.contact)}
        if profile.digest not in now:
            stale.append(f"{profile.origin} changed since the plan was made")
    if stale:
        raise LibraryError(
            f"the plan is out of date: {'; '.join(stale)}",
            kind="conflict",
            library=saved.library,
            hint="Nothing was written. Make a new plan with: syncd plan -o FILE",
        )


@contextmanager
def _session(library: Library, report: Report, ports: Ports) -> Iterator[_Session]:
    """Open a library with its index and state, and note the run's beginning and end."""
    store = Store.at(ports.data.state)
    try:
        with _opened(library, ports) as (address, place):
            transport = PoliteTransport(ports.clock)
            report.requests = transport.counter
            state = State(store, place, address.prefix)
            index = Index(store, state.library, address.prefix)
            client = Client(address, transport)
            session = _Session(library, client, index, state, report, ports)
            try:
                with _noted(session):
                    yield session
            finally:
                transport.shutdown()
    finally:
        store.close()


@contextmanager
def _noted(session: _Session) -> Iterator[None]:
    """Keep the history of the run, however it ends. A dry run leaves no trace."""
    if session.report.dry_run:
        yield
        return
    clock, report = session.ports.clock, session.report
    session.state.begin_run(report.run, clock.now().isoformat(timespec="seconds"))
    error: BaseException | None = None
    try:
        yield
    except BaseException as caught:
        error = caught
        raise
    finally:
        words = None if error is None else str(error) or type(error).__name__
        session.state.finish_run(report.run, clock.now().isoformat(timespec="seconds"), report.counts, words)


@contextmanager
def _opened(library: Library, ports: Ports) -> Iterator[tuple[Address, str]]:
    """Give the address of a library, with the embedded one started, and what state calls its place."""
    if library.type == "embedded":
        from syncd.zotero.embedded import EmbeddedLibrary  # noqa: PLC0415

        with EmbeddedLibrary(ports.data.library) as server:
            yield Address(library.name, server.url, server.library, server.key), "embedded"
        return
    if library.type == "desktop":
        raise ConfigError([f"library {library.name!r}: the desktop client is not supported yet"])
    key = library.resolve_key(ports.env)
    if library.root is None or key is None:
        raise ConfigError([f"library {library.name!r} has no key"])
    yield Address(library.name, library.root, library.prefix, key), library.root


def _run_name(now: datetime) -> str:
    return f"{now:%Y-%m-%dT%H:%M:%SZ}-{secrets.token_hex(2)}"
