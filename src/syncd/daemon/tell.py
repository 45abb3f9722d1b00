"""What the daemon tells: log lines, figures, pings, news, and the service manager by sd_notify(3).

It watches what happens and changes nothing. Whatever goes wrong in telling is told once and never stops a run. Pings
are sent by a thread of their own.
"""

from __future__ import annotations

import os
import socket
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from datetime import time as time_of_day
from pathlib import Path
from time import CLOCK_MONOTONIC, clock_gettime_ns
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import requests
import structlog
from urllib3.exceptions import HTTPError

from syncd.clock import Clock, Deadline
from syncd.config import Config
from syncd.daemon.logs import get_logger, hide, without_secrets
from syncd.daemon.metrics import Metrics
from syncd.daemon.news import Bulletin, History, channels
from syncd.daemon.schedule import zone
from syncd.daemon.work import Look, Outcome
from syncd.engine.ports import Ports
from syncd.engine.run import Report
from syncd.errors import StateError, SyncdError
from syncd.sources.exchange import session
from syncd.sources.network import EVERYWHERE, GuardedAdapter, InsideError, proxies_of
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

    def _send(self, message: str) -> None:
        if not self._address:
            return
        # A manager that does not listen is no reason to fail.
        with (
            suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender,
        ):
            sender.sendto(message.encode(), self._address)


def _line(text: str) -> str:
    return " ".join(text.split())


MOST_WAITING = 32
MOST_BYTES = 10_000
SECONDS = 10.0
"""How long a server may take to connect, and how long it may send nothing."""

LONGEST = 30.0
"""Seconds for one ping in all, redirects included."""

PAUSE = 2.0
PARTING = 5.0
"""Seconds: before a ping is repeated, and at the end for what still waits."""

HOPS = 3
REPEATED = frozenset({429, 500, 502, 503, 504})

_log = get_logger()


@dataclass(frozen=True, slots=True)
class _Ping:
    """What is to be sent: what is put behind the address, and the text."""

    path: str
    body: bytes = b""


class _UnansweredError(Exception):
    """A ping that was not taken, in words; `again` where it may be taken a little later."""

    def __init__(self, words: str, *, again: bool) -> None:
        super().__init__(words)
        self.again = again


class Pinger:
    """Sends pings, as healthchecks.io and its like take them: https://healthchecks.io/docs/http_api/.

    Args:
        url: the address, without a slash at its end; None sends nothing.
        clock: for the pause before a repeat.
    """

    def __init__(self, url: str | None, clock: Clock) -> None:
        self._url = url
        self._clock = clock
        self._waiting: deque[_Ping] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="pings", daemon=True)
        if url is not None:
            self._thread.start()

    def start(self) -> None:
        """Tell that a run starts."""
        self._put(_Ping("/start"))

    def success(self, summary: str) -> None:
        """Tell that a run went well, and what it did."""
        self._put(_Ping("", _body(summary)))

    def failure(self, summary: str) -> None:
        """Tell that a run failed, and why."""
        self._put(_Ping("/fail", _body(summary)))

    def close(self, seconds: float = PARTING) -> None:
        """Wait so long for what is not sent yet, then give it up. Can be called twice."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _put(self, ping: _Ping) -> None:
        if self._url is None:
            return
        with self._changed:
            full = len(self._waiting) == MOST_WAITING
            if full:
                self._waiting.popleft()
            self._waiting.append(ping)
            self._changed.notify()
        if full:
            _log.warning("too many pings wait for an answer: the oldest was given up", host=self._host)

    def _work(self) -> None:
        with session(None, GuardedAdapter(EVERYWHERE)) as http:
            while (ping := self._next()) is not None:
                self._deliver(http, ping)

    def _next(self) -> _Ping | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            return self._waiting.popleft() if self._waiting else None

    def _deliver(self, http: requests.Session, ping: _Ping) -> None:
        try:
            try:
                self._send_in_time(http, ping)
            except _UnansweredError as error:
                if not error.again:
                    raise
                self._clock.sleep(PAUSE)
                self._send_in_time(http, ping)
        except _UnansweredError as error:
            _log.warning(f"a ping failed: {error}", host=self._host)
        except Exception:  # noqa: BLE001 - it is logged
            # The thread has to outlive whatever an odd server makes of the libraries.
            _log.exception("a fault in syncd: a ping failed", host=self._host)

    def _send_in_time(self, http: requests.Session, ping: _Ping) -> None:
        with Deadline(self._clock, LONGEST).kept():
            self._send(http, ping)

    def _send(self, http: requests.Session, ping: _Ping) -> None:
        """Send a ping, and follow redirects without leaving the scheme or turning it into a GET.

        Raises:
            _UnansweredError: nobody took it.
        """
        address = f"{self._url}{ping.path}"
        for _ in range(HOPS + 1):
            try:
                status, target = _post(http, address, ping.body)
            except InsideError:
                raise _UnansweredError("it is an address that syncd never reads", again=False) from None
            except (requests.RequestException, HTTPError, ValueError) as error:
                raise _UnansweredError(_reason(error), again=True) from None
            if target is None:
                if status >= 300:
                    raise _UnansweredError(f"HTTP {status}", again=status in REPEATED)
                return
            address = _beyond(address, target)
        raise _UnansweredError("too many redirects", again=False)

    @property
    def _host(self) -> str | None:
        return urlsplit(self._url or "").hostname


def _post(http: requests.Session, address: str, body: bytes) -> tuple[int, str | None]:
    """Return the status, and where a redirect leads; nothing is read, for nobody knows how long a body is.

    `Session.send` would keep cookies, look into redirects, and read their bodies.
    """
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    prepared = http.prepare_request(requests.Request("POST", address, headers, data=body))
    settings = proxies_of(http, prepared.url or "")
    adapter = http.get_adapter(prepared.url or "")
    with adapter.send(
        prepared, stream=True, timeout=SECONDS, verify=settings["verify"] or True, proxies=settings["proxies"]
    ) as answer:
        return answer.status_code, answer.headers["Location"] if answer.is_redirect else None


def _body(summary: str) -> bytes:
    """Return the text without secrets, cut to the size that is sent, at a whole character."""
    cut = without_secrets(summary).encode(errors="replace")[:MOST_BYTES]
    return cut.decode(errors="ignore").encode()


def _beyond(address: str, target: str) -> str:
    try:
        there = urljoin(address, target)
        same = urlsplit(there).scheme == urlsplit(address).scheme
    except ValueError:
        raise _UnansweredError("redirected to something that is no address", again=False) from None
    if not same:
        raise _UnansweredError("redirected to another scheme", again=False)
    return there


def _reason(error: Exception) -> str:
    """Return why there was no answer; the libraries' own words hold the address."""
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not valid"
    if isinstance(error, requests.ConnectionError):
        return "it can't be reached"
    return "its address is not valid"


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
        at = time_of_day.fromisoformat(config.notify.at) if config.notify.when == "daily" else None
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
                    f"{WORDS[action.kind]}: {action.title}", key=action.key, reason=_reason_voice(action)
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


def _reason_voice(action: Action) -> str:
    changed = f": {', '.join(action.changes)}" if action.changes and action.kind != "create" else ""
    return action.reason + changed
