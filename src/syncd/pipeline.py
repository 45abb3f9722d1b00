"""The one engine: fetch, parse, index, plan, push. Command line, daemon and workers all call `run_once`.

It decides nothing about papers, which is the plan's part, and prints nothing. What it returns is a report for
each library, in which every error has its place.
"""

from __future__ import annotations

import re
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from syncd import parse
from syncd.action import KINDS, Intake
from syncd.config import ProfileConfig
from syncd.errors import ConfigError, GuardError, LayoutError, LibraryError, SourceError, SyncdError
from syncd.plan import Plan, plan
from syncd.push import Push
from syncd.session import noted, opened, run_name
from syncd.sources import fetch, registry
from syncd.zotero.client import StaleError
from syncd.zotero.items import Policy
from syncd.zotero.transport import Counter, OutcomeUnknownError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from syncd.action import Action, Memory
    from syncd.config import Config, Library
    from syncd.match import LibraryView
    from syncd.model import Profile, Snapshot
    from syncd.push import Failure
    from syncd.session import Ports, Session
    from syncd.sources.registry import Api
    from syncd.sources.web import Web

# How often a library that changes while syncd writes is read and planned anew in one run.
ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Task:
    """What to do.

    Attributes:
        names: profiles of the configuration, paths and addresses; empty for all profiles.
        library: the library's name, where the user chose one.
        dry_run: plan, and write nothing.
        max_create: overrides the guard of the configuration.
        accept_shrunk: believe a page that lists far fewer papers than last time.
        accept_empty: push anew what a library has lost without anybody deleting it.
    """

    names: tuple[str, ...] = ()
    library: str | None = None
    dry_run: bool = False
    max_create: int | None = None
    accept_shrunk: bool = False
    accept_empty: bool = False


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


def web_of(config: Config, ports: Ports) -> Web:
    """Return a session with web servers as the configuration wants it."""
    from syncd.sources.web import Web  # noqa: PLC0415 - requests is slow to import

    return Web(
        ports.clock,
        contact=config.http.contact,
        cache=ports.data.cache,
        allow_private=config.http.allow_private,
    )


def apis_of(config: Config, env: Mapping[str, str]) -> dict[str, Api]:
    """Return the services' APIs for which the configuration has a key."""
    keys = config.services.keys(env)
    return {name: replace(registry.api(name), key=key) for name, key in keys.items()}  # type: ignore[type-var]


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
    """
    jobs = _jobs(config, task)
    by_library: dict[str, list[_Job]] = {}
    for job in jobs:
        by_library.setdefault(job.library.name, []).append(job)
    if task.max_create is None:
        task = replace(task, max_create=config.guards.max_create)
    return [_run_library(library_jobs, config, task, ports) for library_jobs in by_library.values()]


def push_plan(config: Config, saved: Plan, ports: Ports) -> Report:
    """Carry out a plan that was made before, if library and sources are still as it saw them.

    Returns:
        the report, also where the plan is refused or ended in an error.

    Raises:
        ConfigError: the configuration has no such library.
    """
    library = config.library(saved.library)
    report = Report(run_name(ports.clock.now()), saved.library, dry_run=False, plan=saved)
    with _timed(report, ports), _session(library, report, ports) as session:
        view, _ = session.refreshed()
        _check_still_true(saved, view, config, ports)
        _push(saved, session, report, {})
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
    if not re.search(r"[./*?:\[]", name) and not registry.recognise(name) and not Path(name).exists():
        try:
            config.profile(name)
        except ConfigError as error:
            raise ConfigError([f"{error}, and no file of that name"]) from None
    return ProfileConfig(source=name)


def _run_library(jobs: Sequence[_Job], config: Config, task: Task, ports: Ports) -> Report:
    """Run for one library; every error ends up in its report."""
    library = jobs[0].library
    report = Report(run_name(ports.clock.now()), library.name, task.dry_run)
    with _timed(report, ports):
        intakes = _read_all(jobs, config, report, ports)
        if intakes:
            with _session(library, report, ports) as session:
                if not task.accept_shrunk:
                    intakes = _without_shrunken(intakes, session, report)
                if intakes:
                    _bring_up_to_date(intakes, session, report, task)
    return report


@contextmanager
def _session(library: Library, report: Report, ports: Ports) -> Iterator[Session]:
    """Open a library for a run. A dry run leaves no trace in the history."""
    with opened(library, ports, report.run, report.requests) as session:
        history = nullcontext() if report.dry_run else noted(session, "push", lambda: report.counts)
        with history:
            yield session


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


def _read_all(jobs: Sequence[_Job], config: Config, report: Report, ports: Ports) -> list[Intake]:
    """Read all sources, those on the web in one session."""
    with _web_for([job.source for job in jobs], config, ports) as web:
        apis = apis_of(config, ports.env) if web else {}
        return [intake for job in jobs for intake in _read(job, web, apis, report, ports)]


def _web_for(sources: Sequence[str], config: Config, ports: Ports) -> AbstractContextManager[Web | None]:
    """Return a session, if one of the sources is on the web."""
    online = any("://" in source or registry.recognise(source) for source in sources)
    return web_of(config, ports) if online else nullcontext()


def _read(job: _Job, web: Web | None, apis: Mapping[str, Api], report: Report, ports: Ports) -> list[Intake]:
    """Fetch and parse one source, which may be several pages."""
    ports.progress.stage(f"reading {job.source}")
    try:
        snapshots = fetch(job.source, captured=job.settings.captured, clock=ports.clock, web=web, apis=apis)
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
            intakes.append(_intake(job, snapshot, profile, several=len(snapshots) > 1))
    return intakes


def _intake(job: _Job, snapshot: Snapshot, profile: Profile, *, several: bool) -> Intake:
    settings = job.settings
    path = tuple(settings.collection.split("/")) if settings.collection else ("Profiles", profile.name)
    name = settings.name or "/".join(path)
    if several and settings.name:
        name = f"{name}: {profile.name}"
    return Intake(
        name=name,
        profile=profile,
        origin=snapshot.origin,
        digest=snapshot.digest,
        collection=path,
        policy=Policy(profile.name, settings.tags, settings.cut_authors, settings.upgrade),
        adopt=settings.adopt,
        settle=settings.settle,
    )


def _bring_up_to_date(intakes: Sequence[Intake], session: Session, report: Report, task: Task) -> None:
    """Plan and push until the library is as the plan wants it, or stays as it is for a reason."""
    done: dict[str, Action] = {}
    planned: dict[str, Action] = {}
    for turn in range(1, ROUNDS + 1):
        view, recovered = session.refreshed()
        done |= {p: planned[p] for p, run in recovered.items() if run == report.run and p in planned}
        memory = session.state.memory()
        if not task.accept_empty:
            _check_not_emptied(view, memory, report.library)
        now = session.ports.clock.now()
        report.plan = current = plan(report.library, view, memory, intakes, now)
        planned |= {action.paper: action for action in current.actions}
        if task.dry_run:
            report.actions = list(current.actions)
        _check_size(current, task.max_create)
        if task.dry_run:
            return
        try:
            push = _push(current, session, report, done)
        except (StaleError, OutcomeUnknownError):
            if turn == ROUNDS:
                raise
        else:
            if not any(failure.changed for failure in push.failures.values()):
                return


def _push(current: Plan, session: Session, report: Report, done: dict[str, Action]) -> Push:
    """Carry out one plan; tell the report what was really done, and what needed nothing."""
    progress = session.ports.progress
    progress.total(sum(bool(action.item) + len(action.children) for action in current.actions))
    push = Push(session.client, session.index, session.state, report.run, progress.advance)
    try:
        push.carry_out(current, session.ports.clock.now())
    finally:
        for action in current.actions:
            if action.paper in push.written:
                # A paper that took two rounds was created, though the second only added its link.
                done.setdefault(action.paper, action)
        report.failures = push.failures
        report.actions = [
            done.get(action.paper, action)
            for action in current.actions
            if action.paper in done or action.paper in push.failures or not action.writes
        ]
    return push


def _without_shrunken(intakes: Sequence[Intake], session: Session, report: Report) -> list[Intake]:
    """Leave out pages that list far fewer papers than last time: their layout has probably changed."""
    before = {profile.name: profile.papers for profile in session.state.profiles()}
    kept = []
    for intake in intakes:
        papers, known = len(intake.profile.papers), before.get(intake.name, 0)
        if papers * 2 >= known:
            kept.append(intake)
            continue
        message = f"{papers} papers were found, {known} last time: the page's layout has probably changed"
        hint = "Nothing of it was used. If the page is right, run it again with --accept-shrunk."
        error = LayoutError(message, origin=intake.origin, hint=hint)
        report.sources.append(SourceFailure(intake.name, intake.origin, error))
    return kept


def _check_not_emptied(view: LibraryView, memory: Memory, library: str) -> None:
    """Stop where nothing is left of what syncd knows, and no deletion explains it."""
    known = memory.written.keys() - memory.tombstones - view.deleted
    if known and not known & view.items.keys():
        raise GuardError(
            f"library {library!r} has none of the {len(known)} papers that syncd pushed, and nobody deleted them:"
            " it is another library, or an old copy of it",
            hint="Nothing was written. If it is meant to be so, push them anew with --accept-empty.",
        )


def _check_size(current: Plan, most: int | None) -> None:
    creating = current.counts["create"]
    if most is not None and creating > most:
        raise GuardError(
            f"{creating} papers would be added, more than the {most} that are allowed in one run",
            hint=f"Nothing was written. Look at them with --dry-run; allow it with --max-create {creating}.",
        )


def _check_still_true(saved: Plan, view: LibraryView, config: Config, ports: Ports) -> None:
    """Refuse a plan that was made against another library, version or source."""
    stale = []
    if view.prefix != saved.prefix:
        stale.append(f"the library is {view.prefix}, the plan's was {saved.prefix}")
    elif view.version != saved.version:
        stale.append(f"the library is at version {view.version}, the plan was made at {saved.version}")
    with _web_for([profile.origin for profile in saved.profiles], config, ports) as web:
        apis = apis_of(config, ports.env) if web else {}
        for profile in saved.profiles:
            now = {snapshot.digest for snapshot in fetch(profile.origin, web=web, apis=apis)}
            if profile.digest not in now:
                stale.append(f"{profile.origin} changed since the plan was made")
    if stale:
        raise LibraryError(
            f"the plan is out of date: {'; '.join(stale)}",
            kind="conflict",
            library=saved.library,
            hint="Nothing was written. Make a new plan with: syncd plan -o FILE",
        )
