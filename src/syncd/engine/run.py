"""The one engine: fetch, parse, index, plan, push. Command line and daemon call it, and nothing else pushes.

What keeps a profile from being pushed is found out here too, and kept for `status`; it never changes how a run ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from syncd.config import Config, Library
from syncd.engine.fleet import FEW, fleets, sift
from syncd.engine.gather import Job, Unread, apis_of, jobs, read, web_for
from syncd.engine.note import keep_note
from syncd.engine.ports import Ports, run_name
from syncd.engine.push import Failure, Push
from syncd.engine.session import Session, noted, opened
from syncd.errors import (
    ClosedError,
    GuardError,
    LayoutError,
    LibraryError,
    LockedError,
    SourceError,
    StateError,
    StoppedError,
    SyncdError,
)
from syncd.messages import chained, message
from syncd.model import Snapshot
from syncd.read import fetch
from syncd.state.libraries import remembered
from syncd.state.profiles import FollowedProfile
from syncd.state.state import State
from syncd.sync.action import KINDS, Action, Intake, Memory, Plan, profile_of
from syncd.sync.library import LibraryView
from syncd.sync.plan import plan
from syncd.zotero.client import StaleError
from syncd.zotero.transport import Counter, OutcomeUnknownError

# What ends a run without anything being wrong with its profiles or their library.
NOBODYS_FAULT = (ClosedError, LockedError, StoppedError)


def problems_of(
    profiles: Iterable[str], unread: Sequence[Unread], error: SyncdError | None
) -> dict[str, SyncdError | None]:
    """Return what kept each profile from being pushed, and None where nothing did.

    Args:
        profiles: those of the run.
        unread: what could not be read.
        error: what ended the run early. A profile's own problem says more than this.

    Returns:
        by profile. Those of which nothing can be said, because their turn did not come, are left out.
    """
    found: dict[str, SyncdError | None] = {}
    for profile in profiles:
        # Of several pages, each is a profile of its own.
        own = (one.error for one in unread if profile_of(one.name, [profile]) == profile)
        problem = next((e for e in own if not isinstance(e, NOBODYS_FAULT)), error)
        if not isinstance(problem, NOBODYS_FAULT):
            found[profile] = problem
    return found


def keep(found: Mapping[str, SyncdError | None], library: Library, config: Config, ports: Ports) -> None:
    """Keep for `syncd status` what went wrong, as far as the disk lets us: the report has it anyway.

    Of sources that were named by hand, and of profiles of another library, nothing is kept.
    """
    followed = {
        n for n, profile in config.profiles.items() if config.library_of(profile).name == library.name
    }
    ours = {name: error for name, error in found.items() if name in followed}
    now = ports.clock.now().isoformat(timespec="seconds")
    with suppress(StateError), remembered(library, ports.data, ports.clock) as state:
        state.profiles.note_problems(ours, now, followed)


# How often a library that changes while syncd writes is read and planned anew in one run.
ROUNDS = 4
# Of the papers of a page that the library does not have, so many may turn out to be like one that it has.
MOST_DOUBTS = 1000


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What one run is to do.

    Attributes:
        names: profiles of the configuration, paths and addresses; empty for all profiles.
        library: the library's name, where the user chose one.
        dry_run: plan, and write nothing.
        max_create: overrides the guard of the configuration.
        accept_shrunk: believe a page that lists far fewer papers than last time.
        accept_empty: push anew what a library has lost without anybody deleting it.
        run: the name of the run, where the caller gives it one; then for one library.
        apart: `max_create` holds for each reading, not for all together; one that exceeds it is left out.
    """

    names: tuple[str, ...] = ()
    library: str | None = None
    dry_run: bool = False
    max_create: int | None = None
    accept_shrunk: bool = False
    accept_empty: bool = False
    run: str | None = None
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read for a run on one library, before anything is asked of it.

    Attributes:
        jobs: the sources, at least one.
        intakes: their profiles.
        unread: those that could not be read.
    """

    jobs: tuple[Job, ...]
    intakes: tuple[Intake, ...] = ()
    unread: tuple[Unread, ...] = ()

    @property
    def names(self) -> list[str]:
        """The profiles as the configuration, or the user, names them."""
        return [job.name for job in self.jobs]


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
        unread: profiles that could not be read.
        before: the profiles by name as they were last pushed.
        unchanged: profiles of which their service said, asked about many at once, that they have nothing new.
        requests: HTTP requests to the library.
        seconds: how long it took.
        notices: what is to be said beside that.
        error: what ended the run early.
    """

    run: str
    library: str
    dry_run: bool
    plan: Plan | None = None
    actions: list[Action] = field(default_factory=list)
    failures: dict[str, Failure] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)
    before: Mapping[str, FollowedProfile] = field(default_factory=dict)
    unchanged: tuple[str, ...] = ()
    requests: Counter = field(default_factory=Counter)
    seconds: float = 0.0
    notices: list[str] = field(default_factory=list)
    error: SyncdError | None = None

    @property
    def counts(self) -> dict[str, int]:
        """How many papers each kind of action concerns; what failed counts as that alone."""
        done = [action.kind for action in self.actions if action.paper not in self.failures]
        return {kind: done.count(kind) for kind in KINDS} | {"failed": len(self.failures)}

    def of(self, reading: Reading) -> Report:
        """Return what it says of one of several readings; requests and time are those of the whole run."""
        names = {intake.name for intake in reading.intakes}
        papers: set[str] = set()
        if self.plan is not None:
            papers.update(*(self.plan.listed.get(name, ()) for name in names))
        return replace(
            self,
            plan=self.plan
            and replace(self.plan, profiles=tuple(p for p in self.plan.profiles if p.name in names)),
            actions=[action for action in self.actions if action.paper in papers],
            failures={paper: failure for paper, failure in self.failures.items() if paper in papers},
            unread=[one for one in self.unread if one.name in names.union(reading.names)],
        )


def run_once(config: Config, options: RunOptions, ports: Ports) -> list[Report]:
    """Read profiles and bring their libraries up to date.

    Returns:
        a report for each library, also where it ended in an error.

    Raises:
        ConfigError: a name is not known, or there is nothing to do.
    """
    by_library: dict[str, list[Job]] = {}
    for job in jobs(config, options.names, options.library):
        by_library.setdefault(job.library.name, []).append(job)
    return [_run_library(tuple(library_jobs), config, options, ports) for library_jobs in by_library.values()]


def push_read(readings: Sequence[Reading], config: Config, options: RunOptions, ports: Ports) -> Report:
    """Bring one library up to date with what was read: the second half of `run_once`, for those who read apart.

    Args:
        readings: at least one, all for one library.
        config: the settings that they were read by.
        options: what to do; its names do not matter.
        ports: the world.

    Returns:
        the report, also where it ended in an error.
    """
    report = _report(readings[0].jobs[0].library, options, ports)
    with _timed(report, ports):
        _push_readings(readings, report, config, options, ports)
    _keep_problems(readings, report, config, ports)
    return report


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
        session.refresh()
        report.before = _as_pushed(session, [profile.name for profile in saved.profiles])
        with session.excerpt() as part:
            part.papers(action.paper for action in saved.actions)
            part.items(action.key for action in saved.actions if action.key)
            part.file({tuple(path.split("/")) for path in saved.places})
            view, memory = part.view(), part.memory()
        _check_still_true(saved, view, config, ports)
        _push(saved, memory, session, report, {})
        _keep_note(session, library, config, report)
    return report


def _run_library(library_jobs: tuple[Job, ...], config: Config, options: RunOptions, ports: Ports) -> Report:
    """Run for one library; every error ends up in its report."""
    report = _report(library_jobs[0].library, options, ports)
    reading = Reading(library_jobs)
    with _timed(report, ports):
        news = _news(library_jobs, config, options, ports)
        report.unchanged = news.unchanged
        told = set(news.unchanged)
        reading = Reading(tuple(job for job in library_jobs if job.name not in told))
        asked = [job for job in reading.jobs if job.name in news.failed]
        unread = [Unread(job.name, job.source, news.failed[job.name]) for job in asked]
        left = [job for job in reading.jobs if job.name not in news.failed]
        intakes, failures = read(left, config, ports, news.parts)
        reading = replace(reading, intakes=tuple(intakes), unread=(*unread, *failures))
        _push_readings([reading], report, config, options, ports)
    if reading.jobs:
        _keep_problems([reading], report, config, ports)
    return report


@dataclass(frozen=True, slots=True)
class _News:
    """What was found out about many profiles together, before any is read.

    Attributes:
        unchanged: those that have nothing new.
        parts: of others what is new, by the job's name; all others are read whole.
        failed: those about whom their service could not be asked, by the job's name.
    """

    unchanged: tuple[str, ...] = ()
    parts: Mapping[str, tuple[Snapshot, ...]] = field(default_factory=dict)
    failed: Mapping[str, SyncdError] = field(default_factory=dict)


def _news(jobs: Sequence[Job], config: Config, options: RunOptions, ports: Ports) -> _News:
    """Ask services that can be asked about many who has something new, and remember that, but for a dry run.

    Who names a few profiles wants them looked at as thoroughly as can be, and so does who overrules a guard. Of a dry
    run what is new is read whole: its plan is compared with the sources once more before it is carried out.
    """
    by_service: dict[str, list[Job]] = {}
    if not (options.accept_shrunk or options.accept_empty):
        services = fleets(config)
        for job in jobs:
            if job.name in services:
                by_service.setdefault(services[job.name], []).append(job)
    unchanged: list[str] = []
    parts: dict[str, tuple[Snapshot, ...]] = {}
    failed: dict[str, SyncdError] = {}
    for together in by_service.values():
        if options.names and len(together) <= FEW:
            continue
        rest = dict.fromkeys(job.name for job in together)
        try:
            for found in sift(together, config, ports, remember=not options.dry_run):
                unchanged += found.unchanged
                parts |= {name: (part,) for name, part in found.parts.items()}
                failed |= {name: found.error for name in found.failed if found.error}
                for name in (*found.unchanged, *found.parts, *found.whole, *found.failed):
                    del rest[name]
        except SourceError as error:
            failed |= dict.fromkeys(rest, error)
    return _News(tuple(unchanged), {} if options.dry_run else parts, failed)


def _report(library: Library, options: RunOptions, ports: Ports) -> Report:
    return Report(options.run or run_name(ports.clock.now()), library.name, options.dry_run)


def _push_readings(
    readings: Sequence[Reading], report: Report, config: Config, options: RunOptions, ports: Ports
) -> None:
    """Open the library and bring it up to date with what was read, if anything was."""
    report.unread = [one for reading in readings for one in reading.unread]
    if options.max_create is None:
        options = replace(options, max_create=config.guards.max_create)
    if not any(reading.intakes for reading in readings):
        return
    profiles = [name for reading in readings for name in reading.names]
    with _session(readings[0].jobs[0].library, report, ports, profiles) as session:
        report.before = _as_pushed(session, [intake.name for intake in _intakes(readings)])
        if not options.accept_shrunk:
            readings = _without_shrunken(readings, report)
        if any(reading.intakes for reading in readings):
            _bring_up_to_date(readings, session, report, options)
            if not options.dry_run:
                _keep_note(session, readings[0].jobs[0].library, config, report)


def _keep_problems(readings: Sequence[Reading], report: Report, config: Config, ports: Ports) -> None:
    if not report.dry_run:
        names = [name for reading in readings for name in reading.names]
        found = problems_of(names, report.unread, report.error)
        keep(found, readings[0].jobs[0].library, config, ports)


@contextmanager
def _session(
    library: Library, report: Report, ports: Ports, profiles: Sequence[str] = ()
) -> Iterator[Session]:
    """Open a library for a run. A dry run leaves no trace in the history."""
    with opened(library, ports, report.run, report.requests) as session:
        history = (
            nullcontext()
            if report.dry_run
            else noted(session, "push", lambda: report.counts, profiles=profiles)
        )
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


def _bring_up_to_date(
    readings: Sequence[Reading], session: Session, report: Report, options: RunOptions
) -> None:
    """Plan and push until the library is as the plan wants it, or stays as it is for a reason."""
    done: dict[str, Action] = {}
    planned: dict[str, Action] = {}
    for turn in range(1, ROUNDS + 1):
        recovered = session.refresh()
        if not options.accept_empty:
            _check_not_another(session.state, report.library)
            _check_not_emptied(session.state, report.library)
        readings = _without_floods(readings, session.state, options, report)
        with session.excerpt() as part:
            part.plan(_intakes(readings))
            view, memory = part.view(), part.memory()
        ours = [paper for paper, run in recovered.items() if run == report.run and paper in planned]
        done |= {p: replace(planned[p], key=memory.claims.get(p, planned[p].key)) for p in ours}
        # A plan names times as the clock on the wall shows them.
        now = session.ports.clock.now().astimezone()
        readings, current = _planned(readings, view, memory, now, options, report)
        planned |= {action.paper: action for action in current.actions}
        if options.dry_run:
            report.actions = list(current.actions)
        _check_size(current, readings, options)
        if options.dry_run:
            return
        try:
            push = _push(current, memory, session, report, done)
        except (StaleError, OutcomeUnknownError) as error:
            if turn == ROUNDS:
                raise _unrest(error) from error
        else:
            if turn == ROUNDS or not any(failure.passes for failure in push.failures.values()):
                return
        session.await_server()


def _planned(  # noqa: PLR0913, PLR0917 - all that a plan is made of
    readings: Sequence[Reading],
    view: LibraryView,
    memory: Memory,
    now: datetime,
    options: RunOptions,
    report: Report,
) -> tuple[Sequence[Reading], Plan]:
    """Plan what was read, and let the report have it; return the readings that it is of, and it."""
    report.plan = current = plan(report.library, view, memory, _intakes(readings), now)
    if len(kept := _without_too_many(readings, current, options, report)) < len(readings):
        readings = kept
        report.plan = current = plan(report.library, view, memory, _intakes(readings), now)
    return readings, current


def _unrest(error: LibraryError) -> LibraryError:
    """Return the error of a library that changed whenever syncd was about to write: nothing is wrong with it."""
    if not isinstance(error, StaleError):
        return error
    return LibraryError(
        message("library-keeps-changing", rounds=ROUNDS),
        kind="transient",
        library=error.library,
        status=error.status,
        hint=message("retry-after-other-program"),
    )


def _push(current: Plan, memory: Memory, session: Session, report: Report, done: dict[str, Action]) -> Push:
    """Carry out one plan; tell the report what was really done, and what needed nothing."""
    progress = session.ports.progress
    progress.total(sum(bool(action.item) + len(action.children) for action in current.actions))
    push = Push(session, current, memory)
    try:
        push.carry_out()
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


def _keep_note(session: Session, library: Library, config: Config, report: Report) -> None:
    """Bring the note of this week up to date with what came."""
    report.notices += keep_note(session, library, config.digest)


def _as_pushed(session: Session, names: Sequence[str]) -> dict[str, FollowedProfile]:
    """Return profiles by name as they were last pushed."""
    return {profile.name: profile for profile in session.state.profiles.pushed(names)}


def _intakes(readings: Sequence[Reading]) -> list[Intake]:
    return [intake for reading in readings for intake in reading.intakes]


def _without_shrunken(readings: Sequence[Reading], report: Report) -> list[Reading]:
    """Leave out whole pages that list far fewer papers than last time: their layout has probably changed."""
    known = {name: profile.papers for name, profile in report.before.items()}
    whole = [intake for intake in _intakes(readings) if intake.profile.whole]
    shrunken = [i for i in whole if len(i.profile.papers) * 2 < known.get(i.name, 0)]
    for intake in shrunken:
        papers, before = len(intake.profile.papers), known[intake.name]
        said = message("papers-shrunk", papers=papers, before=before)
        hint = message("nothing-used-accept-shrunk")
        error = LayoutError(said, origin=intake.origin, hint=hint)
        report.unread.append(Unread(intake.name, intake.origin, error))
    gone = {id(intake) for intake in shrunken}
    return [replace(r, intakes=tuple(i for i in r.intakes if id(i) not in gone)) for r in readings]


def _without_floods(
    readings: Sequence[Reading], state: State, options: RunOptions, report: Report
) -> Sequence[Reading]:
    """Leave out readings that would add far more than a run may, before a plan of them keeps the others waiting."""
    if not options.apart or options.max_create is None:
        return readings
    most = options.max_create + MOST_DOUBTS
    large = [r for r in readings if sum(len(intake.papers) for intake in r.intakes) > most]
    if not large:
        return readings
    flooding = set()
    for reading in large:
        new = state.unknown(paper for intake in reading.intakes for paper in intake.papers)
        if new > most and (error := _too_many(new, options)):
            report.unread.append(Unread(reading.jobs[0].name, reading.jobs[0].source, error))
            flooding.add(id(reading))
    return [reading for reading in readings if id(reading) not in flooding]


def _without_too_many(
    readings: Sequence[Reading], current: Plan, options: RunOptions, report: Report
) -> Sequence[Reading]:
    """Leave out readings that would add more papers than a run may, where that is asked of each alone."""
    if not options.apart or len(readings) == 1:
        return readings
    created = {action.paper for action in current.actions if action.kind == "create"}
    kept = []
    for reading in readings:
        papers: set[str] = set()
        papers.update(*(current.listed.get(intake.name, ()) for intake in reading.intakes))
        if error := _too_many(len(papers & created), options):
            job = reading.jobs[0]
            report.unread.append(Unread(job.name, job.source, error))
        else:
            kept.append(reading)
    return kept


def _check_not_another(state: State, library: str) -> None:
    """Stop where Zotero on the desktop is another than the one that syncd knows."""
    if not state.has_written() and (papers := state.elsewhere()):
        raise GuardError(
            message("library-in-another-zotero", library=repr(library), papers=papers),
            hint=message("nothing-written-open-library"),
        )


def _check_not_emptied(state: State, library: str) -> None:
    """Stop where nothing is left of what syncd knows, and no deletion explains it."""
    if papers := state.lost():
        raise GuardError(
            message("library-emptied", library=repr(library), papers=papers),
            hint=message("nothing-written-accept-empty"),
        )


def _check_size(current: Plan, readings: Sequence[Reading], options: RunOptions) -> None:
    """Stop where too many papers would be added; of several that count apart, none is left for which that is so."""
    error = _too_many(current.counts["create"], options)
    if error and not (options.apart and len(readings) > 1):
        raise error


def _too_many(creating: int, options: RunOptions) -> GuardError | None:
    if options.max_create is None or creating <= options.max_create:
        return None
    return GuardError(
        message("too-many-papers", papers=creating, most=options.max_create),
        hint=message("nothing-written-allow-create", papers=creating),
    )


def _check_still_true(saved: Plan, view: LibraryView, config: Config, ports: Ports) -> None:
    """Refuse a plan that was made against another library, version or source."""
    stale: list[str] = []
    if view.prefix != saved.prefix:
        stale.append(message("plan-of-other-library", prefix=view.prefix, planned=saved.prefix))
    elif view.version != saved.version:
        stale.append(message("plan-of-other-version", version=view.version, planned=saved.version))
    with web_for([profile.origin for profile in saved.profiles], config, ports) as web:
        apis = apis_of(config, ports.env) if web else {}
        for profile in saved.profiles:
            now = {snapshot.digest for snapshot in fetch(profile.origin, web=web, apis=apis)}
            if profile.digest not in now:
                stale.append(message("source-changed-since-plan", source=profile.origin))
    if stale:
        raise LibraryError(
            message("plan-stale", reasons=chained(stale)),
            kind="conflict",
            library=saved.library,
            hint=message("nothing-written-plan-anew"),
        )
