"""What the daemon tells: log lines, figures, pings, news, and the service manager by sd_notify(3).

Others say what happened; here stands who is told of it, and in which words. It changes nothing, and whatever goes wrong
in telling is told once and never stops a run.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from datetime import datetime
from datetime import time as time_of_day
from pathlib import Path
from time import CLOCK_MONOTONIC, clock_gettime_ns
from typing import Any, Self

import structlog

from syncd import __version__
from syncd.config import Config
from syncd.daemon.logs import get_logger, hide
from syncd.daemon.metrics import Metrics
from syncd.daemon.news import Bulletin, History, channels
from syncd.daemon.ping import PARTING, Pinger
from syncd.daemon.schedule import zone
from syncd.daemon.work import Look, Outcome
from syncd.engine.gather import keyless
from syncd.engine.ports import Ports
from syncd.engine.run import Report
from syncd.errors import StateError, SyncdError, words_of
from syncd.lists.outputs import Written
from syncd.messages import Message, listed, message, recalled
from syncd.sync.action import Action


class Notifier:
    """Talks to the service manager.

    Args:
        env: the environment; `NOTIFY_SOCKET` names the socket, `WATCHDOG_USEC` how often it wants to hear of us.
    """

    def __init__(self, env: Mapping[str, str]) -> None:
        address = env.get("NOTIFY_SOCKET", "")
        # "@" stands for the abstract namespace.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        mine = env.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        microseconds = env.get("WATCHDOG_USEC", "") if mine else ""
        self.watchdog = int(microseconds) / 1e6 if microseconds.isdigit() and int(microseconds) else None

    def ready(self, status: str) -> None:
        """Say that the service is up, or has taken over a new configuration."""
        self._send(f"READY=1\nSTATUS={_line(status)}")

    def reloading(self) -> None:
        """Say that a new configuration is being read."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={clock_gettime_ns(CLOCK_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        """Say that the service ends."""
        self._send("STOPPING=1\nSTATUS=ending")

    def alive(self, status: str) -> None:
        """Say that it is alive, and what it does."""
        self._send(f"WATCHDOG=1\nSTATUS={_line(status)}")

    def _send(self, notification: str) -> None:
        if not self._address:
            return
        # A manager that does not listen is no reason to fail.
        with (
            suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender,
        ):
            sender.sendto(notification.encode(), self._address)


def _line(text: str) -> str:
    return " ".join(text.split())


MONDAY = 0
# What is said of many at once names no more than these.
MOST_NAMES = 3
# What became of papers, in the order in which a look is summed up.
COUNTED: Mapping[str, Callable[[int], Message]] = {
    "create": lambda count: message("counted-created", count=count),
    "update": lambda count: message("counted-updated", count=count),
    "adopt": lambda count: message("counted-adopted", count=count),
    "unchanged": lambda count: message("counted-unchanged", count=count),
    "skip": lambda count: message("counted-skipped", count=count),
    "review": lambda count: message("counted-to-review", count=count),
    "failed": lambda count: message("counted-failed", count=count),
}
# Each such paper has a line of its own.
DONE: Mapping[str, Callable[[str], Message]] = {
    "create": lambda title: message("paper-created", title=title),
    "update": lambda title: message("paper-updated", title=title),
    "adopt": lambda title: message("paper-adopted", title=title),
}


class Reporter:
    """Tells the world.

    Attributes:
        watchdog: seconds after which the service manager wants to have heard that we live; None: it does not care.

    Args:
        config: what to tell, and whom.
        ports: the world.

    Raises:
        ConfigError: the port for figures can't be listened on.
    """

    def __init__(self, config: Config, ports: Ports) -> None:
        self._ports = ports
        self._clock = ports.clock
        self._manager = Notifier(ports.env)
        self.watchdog = self._manager.watchdog
        self._log = get_logger()
        self._metrics = Metrics()
        self._noticed: dict[str, frozenset[str]] = {}
        self._unwritten: dict[str, str] = {}
        self._libraries: dict[str, str] = {}
        self._open = ExitStack()
        self._told: tuple[object, ...] = ()
        self._leave_by: float | None = None
        self._config: Config | None = None
        self._textfile: Path | None = None
        self._pinger = Pinger(None, self._clock)
        self._bulletin: Bulletin | None = None
        self.take_over(config)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Tell what is still to be told, briefly, and close."""
        self._open.close()

    def take_over(self, config: Config) -> None:
        """Tell whom the configuration names, from now on.

        Raises:
            ConfigError: the port can't be listened on, or a way to send news is not there.
            StateError: the history can't be read.
        """
        told = (config.metrics, config.ping, config.notify, config.daemon.timezone, config.libraries)
        if told == self._told:
            return
        self._open.close()
        try:
            self._connect(config)
        except SyncdError:
            # What was told before goes on being told.
            self._open.close()
            if self._config is not None:
                self._connect(self._config)
            raise
        self._told, self._config = told, config

    def _connect(self, config: Config) -> None:
        self._textfile = Path(config.metrics.textfile) if config.metrics.textfile else None
        if config.ping.url:
            hide(config.ping.url)
        self._pinger = Pinger(config.ping.url, self._clock)
        self._open.callback(self._part_with, self._pinger)
        if config.metrics.port is not None:
            port = self._open.enter_context(self._metrics.serve(config.metrics.port))
            self._log.info(message("figures-served"), address=f"http://127.0.0.1:{port}/metrics")
        self._bulletin = self._news(config)

    def _news(self, config: Config) -> Bulletin | None:
        """Return what tells of new papers, where the configuration says whom."""
        addresses = [ref.resolve(self._ports.env) for ref in config.notify.urls]
        for address in addresses:
            hide(address)
        to = channels(config.notify.command, addresses, self._ports.env)
        if not to:
            return None
        notify, history = config.notify, History(config.libraries, self._ports)
        bulletin = Bulletin(
            to,
            history,
            self._clock,
            at=None if notify.when == "at once" else time_of_day.fromisoformat(notify.at),
            timezone=zone(config.daemon.timezone),
            weekday=MONDAY if notify.when == "weekly" else None,
            abstracts=notify.abstracts,
        )
        self._open.callback(self._part_with, bulletin)
        return bulletin

    def _part_with(self, told: Pinger | Bulletin) -> None:
        left = PARTING if self._leave_by is None else self._leave_by - self._clock.monotonic()
        told.close(max(0.0, min(PARTING, left)))

    def send_due(self) -> None:
        """Send what is due; called every few seconds."""
        if self._bulletin:
            self._bulletin.send_due()

    def say(self, level: str, words: str, **facts: Any) -> None:
        """Log a line."""
        getattr(self._log, level)(words, **facts)

    def speaking_of(self, **facts: Any) -> AbstractContextManager[object]:
        """Let all lines of this thread carry these facts."""
        return structlog.contextvars.bound_contextvars(**facts)

    # What happens to the daemon

    def started(self, following: int, resting: Iterable[str], status: str) -> None:
        """Tell that it is at work.

        Args:
            following: how many profiles it follows.
            resting: those that rest; "" stands for all.
            status: what it does, in a line.
        """
        self._manager.ready(status)
        self._log.info(message("syncd-at-work"), version=__version__, following=following)
        if names := [name or message("everything") for name in sorted(resting)]:
            shown, more = listed(names[:MOST_NAMES]), len(names) - MOST_NAMES
            profiles = message("and-more", names=shown, count=more) if more > 0 else shown
            self._log.info(message("at-rest-on-your-word", profiles=profiles), hint=message("to-go-on"))

    def alive(self, status: str) -> None:
        """Tell that it lives, and what it does."""
        self._manager.alive(status)

    def hangs(self, profiles: str, run: str, stage: str) -> None:
        """Tell that a look hangs; the service manager, who hears nothing, will start syncd anew."""
        self._log.error(message("look-hangs", stage=stage), run=run, profile=profiles)

    def clock_set_back(self) -> None:
        """Tell that schedules begin anew."""
        self._log.warning(message("clock-set-back"))

    def failed(self, error: Exception) -> None:
        """Tell that the loop could not do something: syncd's own data can't be used, or syncd has a fault."""
        if isinstance(error, StateError):
            self._log.error(error.words, hint=error.hint)
        else:
            self._log.error(message("fault-because", reason=words_of(error)), exc_info=error)

    def programs_unanswered(self, error: SyncdError) -> None:
        """Tell that the port for programs can't be opened."""
        self._log.error(message("programs-unanswered", reason=error), hint=error.hint)

    def reloading(self) -> None:
        """Tell that a new configuration is being read."""
        self._manager.reloading()

    def reloaded(self, following: int) -> None:
        """Tell that a new configuration is taken over."""
        self._log.info(message("config-taken-over"), following=following)

    def not_reloaded(self, problems: Sequence[str]) -> None:
        """Tell what is wrong with a new configuration."""
        for problem in problems:
            self._log.error(message("config-not-used", problem=problem))

    def ready_again(self, status: str) -> None:
        """Tell that the new configuration was dealt with, whatever came of it."""
        self._manager.ready(status)

    def taken_over(self, config: Config) -> None:
        """Tell what a configuration lacks that most people want."""
        if not config.profiles:
            self._log.warning(message("no-profile-followed-add-one"))
        if number := keyless(config):
            self._log.warning(message("openalex-key-wanted", count=number), hint=message("get-openalex-key"))
        if config.has_stand_in:
            self._log.warning(message("no-library-named"), hint=message("to-use-yours"))

    def asked_to_end(self, signal: str, running: int) -> None:
        """Tell that a signal came, and how many profiles are being looked at."""
        self._log.info(message("ending"), signal=signal, running=running)

    def ending(self) -> None:
        """Tell that no further look begins."""
        self._manager.stopping()

    def cut_off(self, profiles: str, run: str) -> None:
        """Tell that a look is left that was writing."""
        self._log.warning(message("look-cut-off"), profile=profiles, run=run)

    def ended(self, leave_by: float) -> None:
        """Tell that it ended; all that is still to be told has to be by then, as the clock counts seconds."""
        self._log.info(message("ended"))
        self._leave_by = leave_by

    # What happens to profiles

    def follow(self, profiles: Mapping[str, str]) -> None:
        """Take over who is followed: profile and library."""
        for name, library in self._libraries.items():
            if profiles.get(name) != library:
                self._metrics.forget(name, library)
                self._noticed.pop(name, None)
        for name, library in profiles.items():
            if self._libraries.get(name) != library:
                self._metrics.follow(name, library)
        self._libraries = dict(profiles)
        self._write_figures()

    def begins(self) -> None:
        """Tell that work on a library begins."""
        self._pinger.start()

    def tell(self, outcome: Outcome, again: Mapping[str, datetime | None]) -> None:
        """Tell how looks ended: of each in the log, of their run to all others.

        Args:
            outcome: the looks, and their run.
            again: by profile, when it is tried again before its schedule.
        """
        # What is wrong with a library is said once, not of each of a hundred profiles that met it in one run.
        first = outcome.looks[0]
        for look in outcome.looks:
            # A worker follows nobody, and knows it from the look.
            library = self._libraries.get(look.profile) or look.library or ""
            shared = look is not first and look.trouble is not None and look.trouble is first.trouble
            with self.speaking_of(run=look.run, profile=look.profile, library=library):
                if look.report is not None:
                    self._tell_papers(look.profile, look.report)
                self._tell_end(look, again.get(look.profile), shared=shared)
        ended = [look for look in outcome.looks if not look.stopped and not look.put_off]
        if not ended:
            return
        if outcome.report is not None:
            for words in outcome.report.notices:
                self._log.warning(words, run=outcome.report.run, library=outcome.report.library)
            self._metrics.finished(outcome.report, [look.profile for look in ended], self._clock.now())
            self._write_figures()
            if self._bulletin:
                self._bulletin.ran(outcome.report.counts["create"])
        failed = [look for look in ended if look.error is not None]
        if failed:
            self._pinger.failure(_summed_up(failed))
        else:
            self._pinger.success(_summed_up(ended))

    def nothing_new(self, profiles: Sequence[str], run: str) -> None:
        """Tell of profiles that their service was asked about together, and that have nothing new: once, of all."""
        words = message("nothing-new-of", count=len(profiles))
        self._log.info(words, run=run)
        self._metrics.well(profiles, self._clock.now())
        self._write_figures()
        self._pinger.success(words)

    def told(self, outcomes: Sequence[Mapping[str, Any]]) -> None:
        """Tell all others of looks that workers did, who told of each paper themselves.

        Args:
            outcomes: as the workers left them: see `fleet.jobs`.
        """
        ended = [look for outcome in outcomes for look in outcome["looks"] if look["ended"]]
        if not ended:
            return
        for outcome in outcomes:
            self._log_told(outcome)
            looks, run = [look for look in outcome["looks"] if look["ended"]], outcome["run"]
            if looks and run is not None:
                self._metrics.ran(looks[0]["library"], **run)
                if self._bulletin:
                    self._bulletin.ran(run["counts"]["create"])
        failed = [look for look in ended if look["error"]]
        self._metrics.well([look["profile"] for look in ended if not look["error"]], self._clock.now())
        self._write_figures()
        alike: dict[str, list[str]] = {}
        for look in failed or ended:
            alike.setdefault(recalled(look["summary"]), []).append(look["profile"])
        (self._pinger.failure if failed else self._pinger.success)(_in_lines(alike))

    def _log_told(self, outcome: Mapping[str, Any]) -> None:
        for look in outcome["looks"]:
            if look["ended"] and not look["sifted"]:
                facts = {"why": ", ".join(look["why"]), "worker": outcome["worker"] or None}
                with self.speaking_of(run=look["run"], profile=look["profile"], library=look["library"]):
                    self._log.info(recalled(look["summary"]), **facts)

    def _tell_papers(self, profile: str, report: Report) -> None:
        """Log what was done about each paper, and what is odd about the page, once."""
        for action in report.actions:
            if action.paper in report.failures:
                reason = report.failures[action.paper].message
                words = message("paper-failed", title=action.title, reason=reason)
                self._log.warning(words, key=action.key)
            elif action.kind in DONE:
                self._log.info(DONE[action.kind](action.title), key=action.key, reason=_reason_of(action))
            elif action.kind == "review":
                self._log.info(message("paper-to-review", title=action.title), reason=action.reason)
        notices = [one.message for p in report.plan.profiles for one in p.notices] if report.plan else []
        before = self._noticed.get(profile, frozenset())
        for notice in notices:
            if notice not in before:
                self._log.warning(notice)
        self._noticed[profile] = frozenset(notices)

    def _tell_end(self, look: Look, again: datetime | None, *, shared: bool) -> None:
        """Log how a look ended, in a line that says why it was begun."""
        facts: dict[str, Any] = {"why": ", ".join(sorted(look.why))}
        if look.report is not None:
            facts |= {"requests": look.report.requests.total, "seconds": round(look.report.seconds, 2)}
        if look.put_off:
            self._log.debug(message("look-put-off"), why=", ".join(sorted(look.why)))
        elif look.error is None or look.stopped:
            self._log.info(summary(look), **facts)
        elif isinstance(look.error, SyncdError):
            level = "debug" if shared else "warning" if look.trouble and look.trouble.passing else "error"
            when = again and again.isoformat(timespec="seconds")
            getattr(self._log, level)(summary(look), hint=look.error.hint or None, again=when, **facts)
        else:
            self._log.error(message("fault-because", reason=summary(look)), exc_info=look.error, **facts)

    def lists_written(self, written: Sequence[Written]) -> None:
        """Log which lists were written, and of each that was not, why: once, until that changes."""
        for one in written:
            if one.outcome == "written":
                self._log.info(message("list-written", path=one.file, count=one.papers))
            if one.error and self._unwritten.get(one.file) != one.error.words:
                # What passes by itself is no reason to look here.
                level = "info" if one.error.sort == "temporary" else "warning"
                getattr(self._log, level)(one.error.words, hint=one.error.hint or None)
        self._unwritten = {one.file: one.error.words for one in written if one.error}

    def _write_figures(self) -> None:
        if self._textfile is None:
            return
        try:
            self._metrics.write(self._textfile)
        except StateError as error:
            self._log.warning(error.words, hint=error.hint)


def summary(look: Look) -> str:
    """Return how a look ended, in a few words."""
    if look.error is not None:
        return words_of(look.error)
    if look.report is None:
        return message("pages-as-before")
    counts = {kind: number for kind in COUNTED if (number := look.report.counts[kind])}
    words = [COUNTED[kind](number) for kind, number in counts.items()]
    return listed(words if counts.keys() - {"unchanged"} else [message("nothing-is-new"), *words])


def _summed_up(looks: Sequence[Look]) -> str:
    """Return how looks ended that ended together, a line for those that ended alike."""
    alike: dict[str, list[str]] = {}
    for look in looks:
        alike.setdefault(summary(look), []).append(look.profile)
    return _in_lines(alike)


def _in_lines(alike: Mapping[str, Sequence[str]]) -> str:
    """Return a line for each of several summaries, with the profiles that it is of."""
    return "\n".join(message("at", place=", ".join(names), words=words) for words, names in alike.items())


def _reason_of(action: Action) -> str:
    if not action.changes or action.kind == "create":
        return action.reason
    return message("reason-with-fields", reason=action.reason, fields=", ".join(action.changes))
