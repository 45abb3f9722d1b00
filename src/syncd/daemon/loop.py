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
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from syncd import __version__, services
from syncd.config import Config, load
from syncd.daemon.control import Answers, Control, Request
from syncd.daemon.http import Interface
from syncd.daemon.parser import Parser
from syncd.daemon.queues import Queues, place_of
from syncd.daemon.roster import Roster
from syncd.daemon.schedule import Timetable, zone
from syncd.daemon.tell import Notifier, Voice
from syncd.daemon.watch import Watcher
from syncd.daemon.work import Eyes, Look, Outcome, Pulse, StoppableClock, Waiting
from syncd.engine.ports import Ports, run_name
from syncd.engine.status import Resting
from syncd.errors import ConfigError, StateError
from syncd.sources.pace import Pace

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
# What is said of many at once names no more than these.
MOST_NAMES = 3
# A look that has given no sign of life for so long hangs: one request may take ten minutes with its repeats.
STUCK = 1200.0
RESUME = "To go on: syncd resume"
# A clock that goes back by less was only set right.
SET_BACK = 60.0


@dataclass(slots=True, eq=False)
class _Task:
    """A thread at work.

    Attributes:
        names: the profiles that it reads or pushes.
        library: that it is about.
        pulse: how far it is.
        run: the name of the run.
        thread: itself.
    """

    names: tuple[str, ...]
    library: str
    pulse: Pulse
    run: str
    thread: threading.Thread = field(init=False)


class Daemon:
    """syncd in the background.

    Args:
        config: the settings to begin with.
        path: the file that they are read from again on a reload, as the user named it.
        ports: the world; the daemon's lock in the data folder is the caller's business.
        voice: tells the world what happens.
        resting: remembers which profiles the user let rest.
    """

    def __init__(
        self, config: Config, path: Path | None, ports: Ports, voice: Voice, resting: Resting
    ) -> None:
        self._config = config
        self._path = path
        self._ports = ports
        self._clock = clock = ports.clock
        self._voice = voice
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._nudged = threading.Event()
        self._roster = Roster()
        self._roster.paused = resting.paused()
        self._timetable = Timetable(zone(config.daemon.timezone), self._time_has_come)
        self._watcher: Watcher | None = None
        self._looked = self._next_look = clock.monotonic()
        self._notifier = Notifier(ports.env)
        self._queues = Queues()
        self._places: dict[str, str] = {}
        # By profile, the thread that is at work on it; one that waits for its library has none.
        self._tasks: dict[str, _Task] = {}
        self._answers = Answers(
            self._roster, status=self._status, pause=resting.pause, resume=resting.resume, reload=self._reload
        )
        self._started = clock.now()
        self._offset = self._wall_offset()
        self._next_alive = 0.0
        self._parser = Parser()
        world = replace(ports, clock=StoppableClock(clock, self._stop), pace=Pace(), parse=self._parser.parse)
        self._eyes = Eyes(world, self._admits)
        self._interface = Interface(path, world, self._hand_over, voice.say)

    # Its life

    def run(self) -> bool:
        """Run until a signal ends it.

        Returns:
            whether all came to its end; where not, a thread is still at work.

        Raises:
            StateError: the control socket can't be made.
            ConfigError: the port for programs can't be listened on.
        """
        control = Control(self._ports.data.control, self._hand_over)
        finished = False
        try:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, self._signalled)
            self._timetable.start()
            self._answer_programs()
            self._take_over(self._config)
            self._notifier.ready(self._words())
            self._voice.say(
                "info", "syncd is at work", version=__version__, following=len(self._roster.names())
            )
            if resting := [name or "everything" for name in sorted(self._roster.paused)]:
                self._voice.say("info", f"at rest on your word: {', '.join(resting)}", hint=RESUME)
            self._begin_what_may()
            while not self._stop.is_set():
                self._turn()
        finally:
            finished = self._end(control)
        return finished

    def _answer_programs(self) -> None:
        """Open the port for programs. Where nobody asked for it by name, papers don't have to wait for a free one."""
        try:
            self._interface.take_over(self._config)
        except ConfigError as error:
            if self._config.control.http:
                raise
            self._voice.say("error", f"programs such as Zotero get no answer: {error}", hint=error.hint)

    def _turn(self) -> None:
        """Deal with all that happened, and begin what may begin."""
        with suppress(queue.Empty):
            self._deal_with(self._inbox.get(timeout=self._patience()))
            self._next_look = min(self._next_look, self._looked + BEAT)
            while not self._stop.is_set():
                self._deal_with(self._inbox.get_nowait())
        if self._clock.monotonic() >= self._next_look:
            self._deal_with(self._look_around)
        self._deal_with(self._begin_what_may)

    def _deal_with(self, happened: Callable[[], object]) -> None:
        """Do what there is to do now. Never raises."""
        try:
            happened()
        except StateError as error:
            self._voice.say("error", str(error), hint=error.hint)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next thing may go well
            self._voice.say("error", f"a fault in syncd: {error}", exc_info=error)

    def _patience(self) -> float:
        """Return how many seconds may pass until the loop has to do something of its own accord."""
        monotonic = self._clock.monotonic()
        waits = [self._next_look - monotonic]
        if not self._queues.is_full:
            # Where it is, the next that was read wakes the loop.
            now = self._clock.now()
            opening = self._roster.next_opening(now)
            waits += [(opening - now).total_seconds()] if opening else []
        turn = self._queues.patience(monotonic)
        waits += [turn] if turn is not None else []
        return max(0.05, min(waits))

    def _look_around(self) -> None:
        """Look at the clock, and at files that have become quiet; tell that all is well."""
        self._looked = self._clock.monotonic()
        self._next_look = self._looked + TICK
        self._mind_the_clock()
        if self._watcher:
            changed, quiet_in = self._watcher.due()
            self._roster.want(changed, "files", at_once=True)
            if quiet_in is not None:
                self._next_look = min(self._next_look, self._looked + quiet_in)
        self._voice.pulse()
        if self._clock.monotonic() >= self._next_alive:
            self._say_alive()

    def _mind_the_clock(self) -> None:
        """Let the timetable see that the clock moved: forward in sleep, back because somebody set it."""
        offset = self._wall_offset()
        if offset < self._offset - SET_BACK:
            self._voice.say("warning", "the clock was set back: schedules begin anew")
            for name in self._roster.names():
                self._schedule(name)
        self._offset = offset
        self._timetable.look()

    def _wall_offset(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()

    def _say_alive(self) -> None:
        """Tell the service manager that we live, unless a look hangs: then it is to start us anew."""
        now = self._clock.monotonic()
        self._next_alive = now + min(4 * TICK, (self._notifier.watchdog or 60.0) / 3)
        for task in self._tasks.values():
            if now - task.pulse.last > STUCK:
                self._voice.say(
                    "error",
                    f"this look hangs at: {task.pulse.words}",
                    run=task.run,
                    profile=_some(task.names),
                )
                return
        self._notifier.alive(self._words())

    def _words(self) -> str:
        """Return what the daemon does, in a line."""
        if running := self._roster.running():
            return f"looking at {_some(running)}"
        number, soonest = len(self._roster.names()), self._timetable.soonest()
        following = f"following {number} profile{'s' * (number != 1)}"
        return following + (f", next look at {soonest.astimezone():%H:%M}" if soonest else "")

    def _end(self, control: Control) -> bool:
        """End: no new look, the chunk in hand to its end, an answer to all who wait."""
        self._stop.set()
        begun = self._clock.monotonic()
        self._notifier.stopping()
        self._timetable.stop()
        self._stop_watching()
        tasks = set(self._tasks.values())
        for until, some in ((GRACE, [task for task in tasks if task.pulse.writes]), (BRIEFLY, tasks)):
            for task in some:
                task.thread.join(max(0.0, begun + until - self._clock.monotonic()))
        while not self._inbox.empty():
            self._deal_with(self._inbox.get())
        self._parser.close()
        self._answers.close()
        self._interface.close()
        control.close()
        for task in set(self._tasks.values()):
            if task.pulse.writes:
                self._voice.say(
                    "warning",
                    "this look did not come to its end; the next start finds out what was written",
                    profile=_some(task.names),
                    run=task.run,
                )
        self._voice.say("info", "ended")
        self._voice.leave_by(begun + LAST_WORD)
        return not self._tasks

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
        self._voice.say("info", "ending", signal=name, running=len(self._roster.running()))
        self._stop.set()

    def _time_has_come(self, name: str) -> None:
        self._inbox.put(partial(self._roster.want, [name], "schedule"))

    def _nudge(self) -> None:
        """Wake the loop because files changed; ten thousand events wake it once."""
        if not self._nudged.is_set():
            self._nudged.set()
            self._inbox.put(self._nudged.clear)

    def _hand_over(self, request: Request) -> None:
        self._inbox.put(partial(self._answers.answer, request))

    def _admits(self, library: str) -> bool:
        return self._roster.admits(library, self._clock.now())

    # Looks

    def _begin_what_may(self) -> None:
        """Begin to read who is due, and to push what was read, as far as there is room."""
        if not self._queues.is_full:
            for name in self._roster.ready(self._clock.now(), self._has_room):
                # Each that is begun takes room from those behind it.
                if self._has_room(name, self._roster.library_of(name) or ""):
                    self._read(name)
        for library, batch in self._queues.batches(self._clock.monotonic()):
            self._push(library, batch)

    def _has_room(self, name: str, library: str) -> bool:
        return self._queues.has_room(library, self._places[name])

    def _read(self, name: str) -> None:
        """Begin to read a profile."""
        library = self._roster.library_of(name) or ""
        if self._queues.is_idle(library):
            self._voice.begins()
        why = self._roster.begin(name)
        self._queues.reads(name, library, self._places[name])
        task = self._task((name,), library)
        config = self._config

        def read() -> None:
            with self._voice.speaking_of(run=task.run, profile=name):
                seen = self._eyes.read(name, why, task.run, config, task.pulse)
            self._inbox.put(partial(self._was_read, task, seen))

        self._start(task, read)

    def _push(self, library: str, batch: Sequence[Waiting]) -> None:
        """Begin to push what was read of profiles of one library."""
        task = self._task(tuple(waiting.profile for waiting in batch), library)

        def push() -> None:
            try:
                with self._voice.speaking_of(run=task.run, profile=_some(task.names)):
                    for outcome in self._eyes.push(batch, task.run, task.pulse):
                        self._inbox.put(partial(self._finished, outcome))
            finally:
                self._inbox.put(partial(self._was_pushed, task))

        self._start(task, push)

    def _task(self, names: tuple[str, ...], library: str) -> _Task:
        return _Task(names, library, Pulse(self._clock, self._stop), run_name(self._clock.now()))

    def _start(self, task: _Task, work: Callable[[], None]) -> None:
        self._tasks |= dict.fromkeys(task.names, task)
        task.thread = threading.Thread(target=work, name=f"look at {_some(task.names)}", daemon=True)
        task.thread.start()

    def _was_read(self, task: _Task, seen: Waiting | Outcome) -> None:
        """Take note that a profile was read: it waits for its library now, or its look has ended."""
        task.thread.join()
        (name,) = task.names
        del self._tasks[name]
        waiting = seen if isinstance(seen, Waiting) else None
        self._queues.was_read(name, waiting, self._clock.monotonic())
        if isinstance(seen, Outcome):
            self._finished(seen)

    def _was_pushed(self, task: _Task) -> None:
        """Take note that a run ended: its library's next may begin."""
        task.thread.join()
        for name in task.names:
            # Its look ended before, so that the next may be under way.
            if self._tasks.get(name) is task:
                del self._tasks[name]
        self._queues.pushed(task.library)

    def _finished(self, outcome: Outcome) -> None:
        """Take note of how looks ended, tell of it, and answer who asked for them."""
        now = self._clock.now()
        again = {look.profile: self._when_again(look, now) for look in outcome.looks}
        self._voice.tell(outcome, again)
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
        self._voice.follow(libraries)
        self._places = {name: place_of(profile.source) for name, profile in config.profiles.items()}
        changed = {name for name in libraries if _settings_of(name, before) != _settings_of(name, config)}
        if before.daemon != config.daemon:
            self._timetable.timezone = zone(config.daemon.timezone)
            self._stop_watching()
        for name in libraries if before.daemon != config.daemon else new | changed:
            self._schedule(name)
        self._roster.want(new, "start")
        self._roster.want(changed, "settings")
        if not libraries:
            self._voice.say("warning", "no profile is followed yet; syncd follow SOURCE adds one")
        if config.has_stand_in:
            hint = "To use yours: syncd login"
            self._voice.say("warning", "no library is named: papers go into syncd's own", hint=hint)
        self._watch({name: profile.source for name, profile in config.profiles.items()})

    def _schedule(self, name: str) -> None:
        profile = self._config.profiles[name]
        online = "://" in profile.source or services.recognise(profile.source) is not None
        self._timetable.put(name, profile.schedule, jitter=online)

    def _watch(self, sources: Mapping[str, str]) -> None:
        if self._watcher:
            self._watcher.replace(sources)
        elif self._config.daemon.watch != "off":
            polling = True if self._config.daemon.watch == "poll" else None
            self._watcher = Watcher(
                sources, self._nudge, self._clock, say=partial(self._voice.say, "warning"), polling=polling
            )
            self._watcher.start()

    def _stop_watching(self) -> None:
        if self._watcher:
            self._watcher.stop()
            self._watcher = None

    def _reload(self) -> list[str]:
        """Read the configuration again; keep the old one where it has problems, and return them."""
        if self._stop.is_set():
            return ["the daemon was asked to end"]
        self._notifier.reloading()
        try:
            config = load(self._path, self._ports.env)
            zone(config.daemon.timezone)
            self._interface.take_over(config)
            self._voice.take_over(config)
        except (ConfigError, StateError) as error:
            with suppress(ConfigError, StateError):
                self._interface.take_over(self._config)
            problems = error.problems if isinstance(error, ConfigError) else [str(error)]
            for problem in problems:
                self._voice.say("error", f"the new configuration is not used: {problem}")
            return problems
        else:
            self._take_over(config)
            self._voice.say("info", "a new configuration is taken over", following=len(self._roster.names()))
            return []
        finally:
            self._notifier.ready(self._words())

    def _status(self) -> dict[str, Any]:
        """Return what a command shows of the daemon."""
        return {
            "pid": os.getpid(),
            "version": __version__,
            "now": self._clock.now().isoformat(timespec="seconds"),
            "since": self._started.isoformat(timespec="seconds"),
            "paused": sorted(self._roster.paused),
            "profiles": [self._status_of(name) for name in self._roster.names()],
        }

    def _status_of(self, name: str) -> dict[str, Any]:
        known = self._roster.trouble_of(name)
        following = self._timetable.next(name)
        task = self._tasks.get(name)
        waits = "waiting for its library" if self._roster.is_running(name) else None
        return {
            "name": name,
            "library": self._roster.library_of(name),
            "paused": self._roster.is_paused(name),
            "running": task.pulse.words if task else waits,
            "next": following.isoformat(timespec="seconds") if following else None,
            "trouble": known[0].words if known else None,
            "met": known[1].isoformat(timespec="seconds") if known and known[1] else None,
            "again": known[2].isoformat(timespec="seconds") if known and known[2] else None,
        }


def _some(names: Collection[str]) -> str:
    """Return the names, or the first of them and how many more there are."""
    more = len(names) - MOST_NAMES
    return ", ".join(islice(names, MOST_NAMES)) + (f" and {more} more" if more > 0 else "")


def _settings_of(name: str, config: Config) -> tuple[object, object] | None:
    """Return all that a configuration says of a profile and of its library; None where it names no such profile."""
    profile = config.profiles.get(name)
    return None if profile is None else (profile, config.library_of(profile))


def _given_up(name: str) -> dict[str, Any]:
    """Return what is told to those who asked for a look at a profile that is followed no more."""
    error = ConfigError([f"profile {name!r} was taken out of the configuration"])
    return Look(name, frozenset(), "", error=error).to_json()
