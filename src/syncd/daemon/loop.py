"""The daemon's loop: one thread that decides, a few that read sources, and one for each library that is pushed to.

Everything that happens (a time that has come, a file that changed, a profile that was read, a run that ended, a
request, a signal) is put into one queue and dealt with here, one after the other. Nothing in the loop waits for a
source or a library. Threads live as long as their work: a daemon that has nothing to do has none of them.
"""

from __future__ import annotations

import os
import queue
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from syncd import __version__
from syncd.config import Config, load
from syncd.daemon.api import Api
from syncd.daemon.events import Events
from syncd.daemon.lists import Lists
from syncd.daemon.logs import configure
from syncd.daemon.looks import Looks, some
from syncd.daemon.parser import Parser
from syncd.daemon.questions import Answers, Question
from syncd.daemon.roster import Roster
from syncd.daemon.schedule import Timetable, zone
from syncd.daemon.sockets import Interface
from syncd.daemon.tell import Reporter
from syncd.daemon.watch import Watcher
from syncd.daemon.work import Look, Looker, Outcome, StoppableClock
from syncd.engine.ports import Ports
from syncd.engine.status import Resting
from syncd.errors import AwayError, ConfigError, LockedError, StateError
from syncd.lock import held
from syncd.messages import message, with_said
from syncd.read import is_online
from syncd.sources.pace import Budget, Pace
from syncd.state import budgets
from syncd.web.serving import Dashboard

if TYPE_CHECKING:
    from syncd.fleet.scheduler import Scheduler

# How often the loop looks at the clock of its own accord: after a suspend, times may have passed unnoticed.
TICK = 5.0
# However much happens, it looks no more often than that.
BEAT = 0.1
# After SIGTERM, what is being written has this long to come to the end of its chunk.
GRACE = 8.0
# Whatever else is under way has this long: nothing is lost where it does not end.
BRIEFLY = 1.0
# All that is still to be told has to be told by then.
LAST_WORD = 9.0
# So soon it is looked again how workers' looks ended, where somebody may wait for one.
SHORTLY = 0.25
# Before the name of a list of people that is watched: no profile's name begins so.
LIST_MARK = "/"
# Profiles of one service that fall due within so long are asked about together.
SOON = timedelta(minutes=15)
# A clock that goes back by less was only set right.
SET_BACK = 60.0


class Daemon:
    """syncd in the background.

    Args:
        config: the settings to begin with.
        path: the file that they are read from again on a reload, as the user named it.
        ports: the world; the daemon's lock in the data folder is the caller's business.
        reporter: tells the world what happens.
        resting: remembers which profiles the user let rest.
    """

    def __init__(
        self, config: Config, path: Path | None, ports: Ports, reporter: Reporter, resting: Resting
    ) -> None:
        self._config = config
        self._path = path
        self._ports = ports
        self._clock = clock = ports.clock
        self._reporter = reporter
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._nudged = threading.Event()
        self._roster = Roster()
        self._resting = resting
        self._roster.paused = resting.paused()
        self._timetable = Timetable(zone(config.daemon.timezone), self._time_has_come)
        self._watcher: Watcher | None = None
        self._looked = self._next_look = clock.monotonic()
        self._events = Events()
        self._answers = Answers(
            self._roster,
            self._events,
            status=self._status,
            pause=resting.pause,
            resume=resting.resume,
            reload=self._reload,
        )
        self._started = clock.now()
        self._offset = self._wall_offset()
        self._next_alive = 0.0
        self._parser = Parser()
        # With a database, all that share it ask a server at one pace.
        self._pace = ports.pace if ports.data.database else Pace()
        world = replace(
            ports, clock=StoppableClock(clock, self._stop), pace=self._pace, parse=self._parser.parse
        )
        looker = Looker(world, self._admits)
        self._fleet: Scheduler | None = None
        self._fleet_is_away = False
        # Why it ends by itself.
        self._failed: LockedError | None = None
        if ports.data.database:
            # What it needs is not installed on a computer whose state is a file.
            from syncd.fleet.scheduler import Scheduler  # noqa: PLC0415

            self._fleet = Scheduler(ports.data.database, looker, reporter, self._stop, clock)
        self._looks = Looks(
            config,
            self._roster,
            looker,
            reporter,
            self._events,
            clock,
            self._stop,
            self._inbox.put,
            self._finished,
        )
        self._api = Api(config, path, world, self._hand_over, reporter.say, self._events)
        self._lists = Lists(
            ports,
            lambda written: self._inbox.put(partial(reporter.lists_written, written)),
            lambda error: self._inbox.put(partial(reporter.failed, error)),
        )
        self._api.amended = self._lists.want
        self._dashboard = Dashboard(self._api, world, self._events, reporter.say, live=True)
        self._api.invite = self._dashboard.invite

    # Its life

    def run(self) -> bool:
        """Run until a signal ends it.

        Returns:
            whether all came to its end; where not, a thread is still at work.

        Raises:
            StateError: the control socket can't be made.
            ConfigError: the port for programs can't be listened on.
            LockedError: another one became the fleet's scheduler while the database was away.
        """
        self._interface = Interface(self._api, self._ports, self._reporter.say)
        finished = False
        try:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, self._signalled)
            self._timetable.start()
            self._answer_programs()
            self._take_over(self._config)
            self._reporter.started(len(self._roster.names()), self._roster.paused, self._words())
            self._leave_to_workers()
            self._looks.begin()
            while not self._stop.is_set():
                self._turn()
        finally:
            finished = self._end()
        if self._failed is not None:
            raise self._failed
        return finished

    def _answer_programs(self) -> None:
        """Open the port for programs. Where nobody asked for it by name, papers don't have to wait for a free one."""
        try:
            self._interface.take_over(self._config)
        except ConfigError as error:
            if self._config.control.http:
                raise
            self._reporter.programs_unanswered(error)
        self._show_dashboard()

    def _show_dashboard(self) -> None:
        """Open the dashboard's port, if anybody looks at it. Where that can't be had, papers don't have to wait."""
        try:
            self._dashboard.take_over(self._config)
        except ConfigError as error:
            self._reporter.say("warning", error.problems[0], hint=error.hint)

    def _turn(self) -> None:
        """Deal with all that happened, and begin what may begin."""
        with suppress(queue.Empty):
            self._deal_with(self._inbox.get(timeout=self._patience()))
            self._next_look = min(self._next_look, self._looked + BEAT)
            while not self._stop.is_set():
                self._deal_with(self._inbox.get_nowait())
        if self._clock.monotonic() >= self._next_look:
            self._deal_with(self._look_around)
        self._deal_with(self._leave_to_workers)
        self._deal_with(self._looks.begin)

    def _deal_with(self, happened: Callable[[], object]) -> None:
        """Do what there is to do now. Never raises."""
        try:
            happened()
        except Exception as error:  # noqa: BLE001 - whatever it is, the next thing may go well
            self._reporter.failed(error)

    def _patience(self) -> float:
        """Return how many seconds may pass until the loop has to do something of its own accord."""
        next_look = self._next_look - self._clock.monotonic()
        begin = self._looks.patience()
        return max(0.05, next_look if begin is None else min(next_look, begin))

    def _look_around(self) -> None:
        """Look at the clock, and at files that have become quiet; tell that all is well."""
        self._looked = self._clock.monotonic()
        self._next_look = self._looked + TICK
        self._mind_the_clock()
        if self._watcher:
            changed, quiet_in = self._watcher.due()
            lists = {name for name in changed if name.startswith(LIST_MARK)}
            self._roster.want(changed - lists, "files", at_once=True)
            if lists:
                self._reload()
            if quiet_in is not None:
                self._next_look = min(self._next_look, self._looked + quiet_in)
        if self._interface.is_kept_from_programs:
            # The port may be free by now.
            with suppress(ConfigError, StateError):
                self._interface.take_over(self._config)
        if self._dashboard.is_kept_away:
            # Likewise.
            with suppress(ConfigError, StateError):
                self._dashboard.take_over(self._config)
        self._stay_scheduler()
        self._hear_of_pauses()
        self._hear_of_workers()
        self._reporter.send_due()
        if self._clock.monotonic() >= self._next_alive:
            self._say_alive()

    # The fleet, where there is one

    def _leave_to_workers(self) -> None:
        """Let workers look at those who are due and are theirs."""
        if self._fleet is None:
            return
        fleet, now = self._fleet, self._clock.now()
        if names := [name for name in self._roster.ready(now) if name in fleet.names]:
            with self._while_it_answers():
                fleet.want({name: self._roster.why(name) for name in names})
                for name in names:
                    # It stands in the fleet's tables now. Whoever asks once more is to be heard there too: what a
                    # library refused may wait for long.
                    self._roster.begin(name)
                    self._roster.finish(name, None, now)
                self._hear_of_workers()

    def _stay_scheduler(self) -> None:
        """End where another one became the scheduler while the database was away."""
        if self._fleet is None:
            return
        with self._while_it_answers():
            try:
                self._fleet.keep()
            except LockedError as error:
                self._failed = error
                self._stop.set()

    def _hear_of_pauses(self) -> None:
        """Hear who was paused, or resumed, on another computer."""
        if self._fleet is None:
            return
        with self._while_it_answers():
            before, paused = self._roster.paused, self._resting.paused()
            if paused != before:
                self._roster.paused = paused
                self._events.tell(
                    "paused" if paused - before else "resumed", profiles=[], paused=sorted(paused)
                )

    def _hear_of_workers(self) -> None:
        """Read files that are due, and take note of how workers' looks ended."""
        if self._fleet is None:
            return
        with self._while_it_answers():
            self._fleet.read_files()
            outcomes = self._fleet.ended()
            self._reporter.told(outcomes)
            looks = [look for outcome in outcomes for look in outcome["looks"]]
            for look in looks:
                self._worker_ended(look)
            if not all(look["sifted"] for look in looks):
                self._lists.want()
            if awaited := self._answers.awaited:
                self._next_look = min(self._next_look, self._clock.monotonic() + SHORTLY)
                for name, error in self._fleet.nobody_can(awaited).items():
                    self._answers.ended(name, Look(name, frozenset(), "", error=error).to_json())

    def _worker_ended(self, look: dict[str, Any]) -> None:
        name = look["profile"]
        if not look["sifted"]:
            self._events.tell("ended", **look)
        if "asked" in look["why"]:
            self._answers.ended(name, look)

    @contextmanager
    def _while_it_answers(self) -> Iterator[None]:
        """Say once that the database is away; what was to be done is done when it is back."""
        try:
            yield
        except AwayError as error:
            if not self._fleet_is_away:
                self._fleet_is_away = True
                self._reporter.failed(error)
        else:
            if self._fleet_is_away:
                self._fleet_is_away = False
                self._reporter.say("info", message("database-back"))

    def _mind_the_clock(self) -> None:
        """Let the timetable see that the clock moved: forward in sleep, back because somebody set it."""
        offset = self._wall_offset()
        if offset < self._offset - SET_BACK:
            self._reporter.clock_set_back()
            for name in self._own(self._roster.names()):
                self._schedule(name)
        self._offset = offset
        self._timetable.look()

    def _wall_offset(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()

    def _say_alive(self) -> None:
        """Tell the service manager that we live, unless a look hangs: then it is to start us anew."""
        now = self._clock.monotonic()
        self._next_alive = now + min(4 * TICK, (self._reporter.watchdog or 60.0) / 3)
        if worker := self._looks.hanging():
            self._reporter.hangs(some(worker.names), worker.run, worker.progress.words)
        else:
            self._reporter.alive(self._words())

    def _words(self) -> str:
        """Return what the daemon does, in a line."""
        if running := self._roster.running():
            return message("looking-at", profiles=some(running))
        number, soonest = len(self._roster.names()), self._timetable.soonest()
        if soonest is None:
            return message("following", count=number)
        return message("following-next-look", count=number, time=f"{soonest.astimezone():%H:%M}")

    def _end(self) -> bool:
        """End: no new look, the chunk in hand to its end, an answer to all who wait."""
        self._stop.set()
        begun = self._clock.monotonic()
        self._reporter.ending()
        self._timetable.stop()
        self._stop_watching()
        under_way = self._looks.under_way
        self._looks.wait([worker for worker in under_way if worker.progress.writes], begun + GRACE)
        self._looks.wait(under_way, begun + BRIEFLY)
        self._lists.close(BRIEFLY)
        while not self._inbox.empty():
            self._deal_with(self._inbox.get())
        self._parser.close()
        if self._fleet:
            self._fleet.close()
        self._answers.close()
        self._events.close()
        self._dashboard.close()
        self._interface.close()
        for worker in self._looks.under_way:
            if worker.progress.writes:
                self._reporter.cut_off(some(worker.names), worker.run)
        self._reporter.ended(leave_by=begun + LAST_WORD)
        return not self._looks.under_way

    # What happens

    def _signalled(self, number: int, _frame: object) -> None:
        """Note a signal; a `SimpleQueue` may be put into from here. Who asks twice for the end gets it at once."""
        if number == signal.SIGHUP:
            self._inbox.put(self._signalled_to_reload)
        elif self._stop.is_set():
            raise KeyboardInterrupt
        else:
            self._inbox.put(partial(self._asked_to_end, signal.Signals(number).name))

    def _signalled_to_reload(self) -> None:
        self._reload()

    def _asked_to_end(self, name: str) -> None:
        self._reporter.asked_to_end(name, len(self._roster.running()))
        self._stop.set()

    def _time_has_come(self, name: str) -> None:
        self._inbox.put(partial(self._fell_due, name))

    def _fell_due(self, name: str) -> None:
        """Note that a profile is due, and with it those of its service whose times come soon."""
        self._roster.want([name, *self._timetable.forward(self._looks.alongside(name), SOON)], "schedule")

    def _nudge(self) -> None:
        """Wake the loop because files changed; ten thousand events wake it once."""
        if not self._nudged.is_set():
            self._nudged.set()
            self._inbox.put(self._nudged.clear)

    def _hand_over(self, question: Question) -> None:
        self._inbox.put(partial(self._answers.answer, question))

    def _admits(self, library: str) -> bool:
        return self._roster.admits(library, self._clock.now())

    def _finished(self, outcome: Outcome) -> None:
        """Take note of how looks ended, tell of it, and answer who asked for them."""
        now = self._clock.now()
        again = {look.profile: self._when_again(look, now) for look in outcome.looks}
        told = [look for look in outcome.looks if not look.sifted]
        if told:
            self._reporter.tell(replace(outcome, looks=tuple(told)), again)
            self._lists.want()
        for look in told:
            self._events.ended(look)
        for look in outcome.looks:
            if "asked" in look.why:
                self._answers.ended(look.profile, look.to_json())

    def _when_again(self, look: Look, now: datetime) -> datetime | None:
        """Let the roster know how a look ended; return when it is tried again by itself."""
        if look.stopped or look.put_off:
            self._roster.put_off(look.profile, look.why - {"asked"})
            return None
        if look.trouble and look.config is not self._config:
            # Settings were taken over meanwhile, which may have mended it: it is not held against them.
            self._roster.put_off(look.profile, {"settings"})
            return now
        return self._roster.finish(look.profile, look.trouble, now)

    # Settings

    def _take_over(self, config: Config) -> None:
        """Follow whom the configuration names. What it says anew of a profile is looked at now."""
        before, self._config = self._config, config
        libraries = {name: config.library(profile.library).name for name, profile in config.profiles.items()}
        for name in set(self._roster.names()) - libraries.keys():
            self._timetable.remove(name)
            self._answers.ended(name, _given_up(name))
        new = self._roster.follow(libraries)
        self._reporter.follow(libraries)
        self._looks.take_over(config)
        self._lists.take_over(config)
        if self._fleet:
            self._fleet.take_over(config)
            for name in self._fleet.names:
                self._timetable.remove(name)
        changed = {name for name in libraries if _settings_of(name, before) != _settings_of(name, config)}
        if before.daemon != config.daemon:
            self._timetable.timezone = zone(config.daemon.timezone)
            self._stop_watching()
        for name in self._own(libraries if before.daemon != config.daemon else new | changed):
            self._schedule(name)
        self._roster.want(self._own(new), "start")
        self._roster.want(self._own(changed), "settings")
        self._reporter.taken_over(config)
        lists = {f"{LIST_MARK}{name}": group.members for name, group in config.groups.items()}
        self._watch({name: profile.source for name, profile in config.profiles.items()} | lists)

    def _own(self, names: Iterable[str]) -> list[str]:
        """Return those profiles that no worker looks at."""
        return [name for name in names if self._fleet is None or name not in self._fleet.names]

    def _schedule(self, name: str) -> None:
        profile = self._config.profiles[name]
        self._timetable.put(name, profile.schedule, jitter=is_online(profile.source))

    def _watch(self, sources: Mapping[str, str]) -> None:
        if self._watcher:
            self._watcher.replace(sources)
        elif self._config.daemon.watch != "off":
            polling = True if self._config.daemon.watch == "poll" else None
            self._watcher = Watcher(
                sources, self._nudge, self._clock, say=partial(self._reporter.say, "warning"), polling=polling
            )
            self._watcher.start()

    def _stop_watching(self) -> None:
        if self._watcher:
            self._watcher.stop()
            self._watcher = None

    def _reload(self) -> list[str]:
        """Read the configuration again; keep the old one where it has problems, and return them."""
        if self._stop.is_set():
            return [message("daemon-asked-to-end")]
        self._reporter.reloading()
        try:
            config = load(self._path, self._ports.env)
            zone(config.daemon.timezone)
            self._interface.take_over(config)
            self._dashboard.take_over(config)
            self._reporter.take_over(config)
        except (ConfigError, StateError) as error:
            with suppress(ConfigError, StateError):
                self._interface.take_over(self._config)
                self._dashboard.take_over(self._config)
            problems = error.problems if isinstance(error, ConfigError) else [error.words]
            self._reporter.not_reloaded(problems)
            return problems
        else:
            self._take_over(config)
            self._reporter.reloaded(len(self._roster.names()))
            self._events.tell("reloaded", profiles=self._roster.names())
            return []
        finally:
            self._reporter.ready_again(self._words())

    def _status(self) -> dict[str, Any]:
        return {
            "pid": os.getpid(),
            "version": __version__,
            "now": self._clock.now().isoformat(timespec="seconds"),
            "since": self._started.isoformat(timespec="seconds"),
            "paused": sorted(self._roster.paused),
            "http": self._interface.told(),
            "dashboard": self._dashboard.address(),
            "budgets": [budget.to_json() for budget in self._budgets()],
            "profiles": self._status_of_all(),
            **(self._fleet.workers() if self._fleet else {}),
        }

    def _budgets(self) -> list[Budget]:
        """Return what servers still let one ask for; with workers, as any of them was told."""
        now = self._clock.now()
        return budgets.known(self._ports.data, now) if self._fleet else self._pace.budgets(now)

    def _status_of_all(self) -> list[dict[str, Any]]:
        rows = [self._status_of(name) for name in self._roster.names()]
        if self._fleet is None:
            return rows
        live = self._fleet.live(self._fleet.names)
        return [
            row | with_said(live[row["name"]], "running", "trouble") if row["name"] in live else row
            for row in rows
        ]

    def _status_of(self, name: str) -> dict[str, Any]:
        known = self._roster.setback_of(name)
        following = self._timetable.next(name)
        worker = self._looks.worker_of(name)
        waits = message("waiting-for-its-library") if self._roster.is_running(name) else None
        told = {
            "name": name,
            "library": self._roster.library_of(name),
            "paused": self._roster.is_paused(name),
            "running": worker.progress.words if worker else waits,
            "next": following.isoformat(timespec="seconds") if following else None,
            "trouble": known[0].words if known else None,
            "met": known[1].isoformat(timespec="seconds") if known and known[1] else None,
            "again": known[2].isoformat(timespec="seconds") if known and known[2] else None,
        }
        return with_said(told, "running", "trouble")


def _settings_of(name: str, config: Config) -> tuple[object, object] | None:
    """Return all that a configuration says of a profile and of its library; None where it names no such profile."""
    profile = config.profiles.get(name)
    return None if profile is None else (profile, config.library_of(profile))


def _given_up(name: str) -> dict[str, Any]:
    """Return what is told to those who asked for a look at a profile that is followed no more."""
    error = ConfigError([message("profile-removed-from-config", profile=repr(name))])
    return Look(name, frozenset(), "", error=error).to_json()


def serve(config: Config, path: Path | None, ports: Ports, stream: TextIO) -> bool:
    """Be the daemon until a signal ends it.

    Args:
        config: the settings to begin with.
        path: the file that they came from, as the user named it; None for the usual places.
        ports: the world.
        stream: where the log goes.

    Returns:
        whether every look came to its end; where not, a thread is still at work.

    Raises:
        ConfigError: the port for figures can't be listened on.
        LockedError: there is a daemon already, or a scheduler of the same database.
        StateError: the data folder can't be used.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(held(ports.data.daemon_lock, clock=ports.clock, who=message("the-daemon")))
        except LockedError as error:
            raise LockedError(
                message("daemon-runs-already", holder=error.holder),
                holder=error.holder,
                hint=message("see-status"),
            ) from None
        configure(stream, ports.env, clock=ports.clock)
        resting = stack.enter_context(Resting(ports.data, ports.clock))
        reporter = stack.enter_context(Reporter(config, ports))
        return Daemon(config, path, ports, reporter, resting).run()
