"""The daemon's loop: one thread that decides, and a thread for each look at a profile.

Everything that happens (a time that has come, a file that changed, a look that ended, a request, a signal) is put
into one queue and dealt with here, one after the other. Nothing in the loop waits for a source or a library.
"""

from __future__ import annotations

import os
import queue
import signal
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from syncd import __version__
from syncd.config import load
from syncd.daemon.answers import Answers
from syncd.daemon.control import Control
from syncd.daemon.http import Interface
from syncd.daemon.parsing import Parser
from syncd.daemon.roster import Roster
from syncd.daemon.schedule import Timetable, zone
from syncd.daemon.systemd import Notifier
from syncd.daemon.watch import Watcher
from syncd.daemon.work import Eyes, Look, Pulse, StoppableClock
from syncd.errors import ConfigError, StateError
from syncd.session import run_name
from syncd.sources import registry
from syncd.sources.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from syncd.config import Config
    from syncd.daemon.control import Request
    from syncd.daemon.rest import Resting
    from syncd.daemon.voice import Voice
    from syncd.session import Ports

# How often the loop looks at the clock of its own accord: after a suspend, times may have passed unnoticed.
TICK = 5.0
# After SIGTERM, a look has this long to come to the end of its chunk.
GRACE = 8.0
# All that is still to be told has to be told by then.
LAST_WORD = 9.0
# A look that has given no sign of life for so long hangs: one request may take ten minutes with its repeats.
STUCK = 1200.0
RESUME = "To go on: syncd resume"
# A clock that goes back by less was only set right.
SET_BACK = 60.0


@dataclass(frozen=True, slots=True)
class _Running:
    """A look under way, and the settings that it goes by."""

    thread: threading.Thread
    pulse: Pulse
    run: str
    config: Config


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
        self._quiet_in: float | None = None
        self._notifier = Notifier(ports.env)
        self._running: dict[str, _Running] = {}
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
            whether every look came to its end; where not, a thread is still at work.

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
            self._begin_ready()
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
        """Deal with the next thing that happens, and begin what may begin."""
        now = self._clock.now()
        try:
            happened = self._inbox.get(timeout=self._patience(now))
        except queue.Empty:
            happened = None
        if happened:
            self._deal_with(happened)
        self._deal_with(self._look_around)
        self._deal_with(self._begin_ready)

    def _deal_with(self, happened: Callable[[], object]) -> None:
        """Do what there is to do now. Never raises."""
        try:
            happened()
        except StateError as error:
            self._voice.say("error", str(error), hint=error.hint)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next thing may go well
            self._voice.say("error", f"a fault in syncd: {error}", exc_info=error)

    def _patience(self, now: datetime) -> float:
        """Return how many seconds may pass until the loop has to look around."""
        opening = self._roster.next_opening(now)
        waits = [TICK, (opening - now).total_seconds() if opening else TICK]
        if self._quiet_in is not None:
            waits.append(self._quiet_in)
        return max(0.05, min(waits))

    def _look_around(self) -> None:
        """Look at the clock, and at files that have become quiet; tell that all is well."""
        self._mind_the_clock()
        if self._watcher:
            changed, self._quiet_in = self._watcher.due()
            self._roster.want(changed, "files", at_once=True)
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
        for name, running in self._running.items():
            if now - running.pulse.last > STUCK:
                self._voice.say(
                    "error", f"this look hangs at: {running.pulse.words}", profile=name, run=running.run
                )
                return
        self._notifier.alive(self._words())

    def _words(self) -> str:
        """Return what the daemon does, in a line."""
        names = self._roster.names()
        if running := self._roster.running():
            return f"looking at {', '.join(running)}"
        times = [time for name in names if (time := self._timetable.next(name))]
        following = f"following {len(names)} profile{'s' * (len(names) != 1)}"
        return following + (f", next look at {min(times).astimezone():%H:%M}" if times else "")

    def _end(self, control: Control) -> bool:
        """End: no new look, the chunk in hand to its end, an answer to all who wait."""
        self._stop.set()
        begun = self._clock.monotonic()
        self._notifier.stopping()
        self._timetable.stop()
        self._stop_watching()
        for running in self._running.values():
            running.thread.join(max(0.0, begun + GRACE - self._clock.monotonic()))
        while not self._inbox.empty():
            self._deal_with(self._inbox.get())
        self._parser.close()
        self._answers.close()
        self._interface.close()
        control.close()
        for name, running in self._running.items():
            self._voice.say(
                "warning",
                "this look did not come to its end; the next start finds out what was written",
                profile=name,
                run=running.run,
            )
        self._voice.say("info", "ended")
        self._voice.leave_by(begun + LAST_WORD)
        return not self._running

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
        self._voice.say("info", "ending", signal=name, running=self._roster.running())
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

    def _begin_ready(self) -> None:
        for name in self._roster.ready(self._clock.now()):
            self._begin(name)

    def _begin(self, name: str) -> None:
        """Begin a look in a thread of its own."""
        why = self._roster.begin(name)
        run = run_name(self._clock.now())
        pulse = Pulse(self._clock, self._stop)
        thread = threading.Thread(
            target=self._look, args=(name, why, run, self._config, pulse), name=f"look at {name}", daemon=True
        )
        self._running[name] = _Running(thread, pulse, run, self._config)
        self._voice.begins()
        thread.start()

    def _look(self, name: str, why: frozenset[str], run: str, config: Config, pulse: Pulse) -> None:
        with self._voice.speaking_of(run=run, profile=name):
            look = self._eyes.look(name, why, run, config, pulse)
        self._inbox.put(partial(self._finished, look))

    def _finished(self, look: Look) -> None:
        """Take note of how a look ended, tell of it, and answer who asked for it."""
        running = self._running.pop(look.profile)
        running.thread.join()
        now, again = self._clock.now(), None
        if look.stopped or look.put_off:
            self._roster.put_off(look.profile, look.why - {"asked"})
        elif look.trouble and running.config is not self._config:
            # Settings were taken over meanwhile, which may have mended it: it is not held against them.
            self._roster.put_off(look.profile, {"settings"})
            again = now
        else:
            again = self._roster.finish(look.profile, look.trouble, now)
        self._voice.tell(look, again)
        if "asked" in look.why:
            self._answers.ended(look.profile, look.to_json())

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
        online = "://" in profile.source or registry.recognise(profile.source) is not None
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
        running = self._running.get(name)
        return {
            "name": name,
            "library": self._roster.library_of(name),
            "paused": self._roster.is_paused(name),
            "running": running.pulse.words if running else None,
            "next": following.isoformat(timespec="seconds") if following else None,
            "trouble": known[0].words if known else None,
            "met": known[1].isoformat(timespec="seconds") if known and known[1] else None,
            "again": known[2].isoformat(timespec="seconds") if known and known[2] else None,
        }


def _settings_of(name: str, config: Config) -> tuple[object, object] | None:
    """Return all that a configuration says of a profile and of its library; None where it names no such profile."""
    profile = config.profiles.get(name)
    return None if profile is None else (profile, config.library_of(profile))


def _given_up(name: str) -> dict[str, Any]:
    """Return what is told to those who asked for a look at a profile that is followed no more."""
    error = ConfigError([f"profile {name!r} was taken out of the configuration"])
    return Look(name, frozenset(), "", error=error).to_json()
