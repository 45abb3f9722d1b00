"""What the daemon tells: log lines, figures, pings, news. It watches what happens and changes nothing.

Whatever goes wrong in telling is told once and never holds up a look.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import structlog

from syncd.daemon.archive import History
from syncd.daemon.bulletin import Bulletin
from syncd.daemon.channels import channels
from syncd.daemon.logs import get_logger, hide
from syncd.daemon.metrics import Metrics
from syncd.daemon.ping import PARTING, Pinger
from syncd.daemon.schedule import zone
from syncd.errors import StateError, SyncdError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from syncd.action import Action
    from syncd.config import Config
    from syncd.daemon.work import Look, Outcome
    from syncd.pipeline import Report
    from syncd.session import Ports

# What became of papers, in the order in which a look is summed up.
WORDS = {
    "create": "created",
    "update": "updated",
    "adopt": "adopted",
    "unchanged": "unchanged",
    "skip": "skipped",
    "review": "to review",
    "failed": "failed",
}
# Each such paper has a line of its own.
DONE = frozenset({"create", "update", "adopt"})


class Voice:
    """Tells the world.

    Args:
        config: what to tell, and whom.
        ports: the world.

    Raises:
        ConfigError: the port for figures can't be listened on.
    """

    def __init__(self, config: Config, ports: Ports) -> None:
        self._ports = ports
        self._clock = ports.clock
        self._log = get_logger()
        self._metrics = Metrics()
        self._noticed: dict[str, frozenset[str]] = {}
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

    def leave_by(self, when: float) -> None:
        """Let parting take no longer than until then, as the clock counts seconds."""
        self._leave_by = when

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
        """Open all that is told to."""
        self._textfile = Path(config.metrics.textfile) if config.metrics.textfile else None
        if config.ping.url:
            hide(config.ping.url)
        self._pinger = Pinger(config.ping.url, self._clock)
        self._open.callback(self._part_with, self._pinger)
        if config.metrics.port is not None:
            port = self._open.enter_context(self._metrics.serve(config.metrics.port))
            self._log.info("figures for Prometheus are served", address=f"http://127.0.0.1:{port}/metrics")
        self._bulletin = self._news(config)

    def _news(self, config: Config) -> Bulletin | None:
        """Return what tells of new papers, where the configuration says whom."""
        addresses = [ref.resolve(self._ports.env) for ref in config.notify.urls]
        for address in addresses:
            hide(address)
        to = channels(config.notify.command, addresses, self._ports.env)
        if not to:
            return None
        at = time.fromisoformat(config.notify.at) if config.notify.when == "daily" else None
        history = History(config.libraries, self._ports)
        bulletin = Bulletin(to, history, self._clock, at=at, timezone=zone(config.daemon.timezone))
        self._open.callback(self._part_with, bulletin)
        return bulletin

    def _part_with(self, told: Pinger | Bulletin) -> None:
        left = PARTING if self._leave_by is None else self._leave_by - self._clock.monotonic()
        told.close(max(0.0, min(PARTING, left)))

    def pulse(self) -> None:
        """Send what is due; called every few seconds."""
        if self._bulletin:
            self._bulletin.pulse()

    def say(self, level: str, words: str, **facts: Any) -> None:
        """Log a line."""
        getattr(self._log, level)(words, **facts)

    def speaking_of(self, **facts: Any) -> AbstractContextManager[object]:
        """Let all lines of this thread carry these facts."""
        return structlog.contextvars.bound_contextvars(**facts)

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
            library = self._libraries.get(look.profile, "")
            shared = look is not first and look.trouble is not None and look.trouble is first.trouble
            with self.speaking_of(run=look.run, profile=look.profile, library=library):
                if look.report is not None:
                    self._tell_papers(look.profile, look.report)
                self._tell_end(look, again.get(look.profile), shared=shared)
        ended = [look for look in outcome.looks if not look.stopped and not look.put_off]
        if not ended:
            return
        if outcome.report is not None:
            self._metrics.finished(outcome.report, [look.profile for look in ended], self._clock.now())
            self._write_figures()
            if self._bulletin:
                self._bulletin.ran(outcome.report.counts["create"])
        failed = [look for look in ended if look.error is not None]
        if failed:
            self._pinger.failure(_summed_up(failed))
        else:
            self._pinger.success(_summed_up(ended))

    def _tell_papers(self, profile: str, report: Report) -> None:
        """Log what was done about each paper, and what is odd about the page, once."""
        for action in report.actions:
            if action.paper in report.failures:
                self._log.warning(
                    f"failed: {action.title}: {report.failures[action.paper].message}", key=action.key
                )
            elif action.kind in DONE:
                self._log.info(
                    f"{WORDS[action.kind]}: {action.title}", key=action.key, reason=_reason(action)
                )
            elif action.kind == "review":
                self._log.info(f"to review: {action.title}", reason=action.reason)
        notices = (
            [notice.message for p in report.plan.profiles for notice in p.notices] if report.plan else []
        )
        before = self._noticed.get(profile, frozenset())
        for message in notices:
            if message not in before:
                self._log.warning(message)
        self._noticed[profile] = frozenset(notices)

    def _tell_end(self, look: Look, again: datetime | None, *, shared: bool) -> None:
        """Log how a look ended, in a line that says why it was begun."""
        facts: dict[str, Any] = {"why": ", ".join(sorted(look.why))}
        if look.report is not None:
            facts |= {"requests": look.report.requests.total, "seconds": round(look.report.seconds, 2)}
        if look.put_off:
            self._log.debug("put off: its library failed just now", why=", ".join(sorted(look.why)))
        elif look.error is None or look.stopped:
            self._log.info(summary(look), **facts)
        elif isinstance(look.error, SyncdError):
            level = "debug" if shared else "warning" if look.trouble and look.trouble.passing else "error"
            when = again and again.isoformat(timespec="seconds")
            getattr(self._log, level)(summary(look), hint=look.error.hint or None, again=when, **facts)
        else:
            self._log.error(f"a fault in syncd: {summary(look)}", exc_info=look.error, **facts)

    def _write_figures(self) -> None:
        if self._textfile is None:
            return
        try:
            self._metrics.write(self._textfile)
        except StateError as error:
            self._log.warning(str(error), hint=error.hint)


def summary(look: Look) -> str:
    """Return how a look ended, in a few words."""
    if look.error is not None:
        return str(look.error) or type(look.error).__name__
    if look.report is None:
        return "the pages hold what they held"
    counts = {kind: look.report.counts[kind] for kind in WORDS if look.report.counts[kind]}
    news = {kind: number for kind, number in counts.items() if kind != "unchanged"}
    words = [f"{number} {WORDS[kind]}" for kind, number in counts.items()]
    return ", ".join(words) if news else ", ".join(["nothing is new", *words])


def _summed_up(looks: Sequence[Look]) -> str:
    """Return how looks ended that ended together, a line for those that ended alike."""
    alike: dict[str, list[str]] = {}
    for look in looks:
        alike.setdefault(summary(look), []).append(look.profile)
    return "\n".join(f"{', '.join(names)}: {words}" for words, names in alike.items())


def _reason(action: Action) -> str:
    changed = f": {', '.join(action.changes)}" if action.changes and action.kind != "create" else ""
    return action.reason + changed
