"""Figures for Prometheus: when each profile last went well, papers, requests, how long runs take.

They are kept in a registry of their own, served to this computer only, or written to a file for node_exporter.
Labels are names from the configuration and words of syncd's, so that there are never more than that.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import prometheus_client as prometheus
from prometheus_client.metrics import MetricWrapperBase
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from syncd import __version__
from syncd.engine.run import Report
from syncd.errors import ConfigError, StateError
from syncd.messages import message
from syncd.paths import write_whole
from syncd.serve import Door, Guard, Limits, Reason, Rules, Server, bound
from syncd.sync.action import KINDS

HOST = "127.0.0.1"
OUTCOMES = (*KINDS, "failed")
SECONDS = (0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800)
# A client that sends nothing may hold its connection for so long.
PATIENCE = 10
# Seconds that the end waits for who is being answered.
PARTING = 1.0
LIMITS = Limits(head_seconds=PATIENCE, body_seconds=PATIENCE, idle_seconds=PATIENCE, connections=16)


class Metrics:
    """All figures of a process; may be used by several threads."""

    def __init__(self) -> None:
        # It would tell beside each figure when that began, as one more that nobody asked for.
        prometheus.disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = registry = prometheus.CollectorRegistry()
        self._lock = threading.Lock()
        # By profile its library, and of each library how many.
        self._followed: dict[str, str] = {}
        self._libraries: Counter[str] = Counter()
        prometheus.Info("syncd", "The syncd that runs.", registry=registry).info({"version": __version__})
        self._success = prometheus.Gauge(
            "syncd_last_success_timestamp_seconds",
            "When a profile was last read and its library brought up to date.",
            ("library", "profile"),
            registry=registry,
        )
        self._papers = prometheus.Counter(
            "syncd_papers", "Papers by what runs did about them.", ("library", "outcome"), registry=registry
        )
        self._requests = prometheus.Counter(
            "syncd_requests", "HTTP requests to the library.", ("library", "method"), registry=registry
        )
        self._limited = prometheus.Counter(
            "syncd_rate_limited", "Requests that were answered with 429.", ("library",), registry=registry
        )
        self._runs = prometheus.Counter("syncd_runs", "Runs.", ("library", "result"), registry=registry)
        self._seconds = prometheus.Histogram(
            "syncd_run_seconds", "How long runs took.", ("library",), registry=registry, buckets=SECONDS
        )

    def follow(self, profile: str, library: str, last_success: datetime | None = None) -> None:
        """Count for a profile from now on; its library's figures are there, as 0, before anything happens.

        Args:
            profile: its name.
            library: its library's name.
            last_success: as it is known from before this process.
        """
        with self._lock:
            if self._followed.get(profile) != library:
                self._followed[profile] = library
                self._libraries[library] += 1
            if last_success is not None:
                self._success.labels(library, profile).set(last_success.timestamp())
            for metric, labels in self._of_library(library):
                metric.labels(*labels)

    def forget(self, profile: str, library: str) -> None:
        """Drop the figures of a profile, and those of a library that no profile has any more."""
        with self._lock:
            if self._followed.pop(profile, None):
                self._libraries[library] -= 1
            self._success.remove(library, profile)
            if not self._libraries[library]:
                for metric, labels in self._of_library(library):
                    metric.remove(*labels)

    def _of_library(self, library: str) -> Iterator[tuple[MetricWrapperBase, tuple[str, ...]]]:
        """Yield all that is counted for a library: metric and labels."""
        yield from ((self._papers, (library, outcome)) for outcome in OUTCOMES)
        yield from ((self._requests, (library, method)) for method in ("read", "write"))
        yield from ((self._runs, (library, result)) for result in ("ok", "failed"))
        yield self._limited, (library,)
        yield self._seconds, (library,)

    def finished(self, report: Report, profiles: Iterable[str], now: datetime) -> None:
        """Count a run, once for all its profiles. A profile that is forgotten meanwhile is not brought back.

        Args:
            report: of the run; a dry run does not count.
            profiles: names of those that it was about.
            now: the time.
        """
        if report.dry_run:
            return
        unread = {failure.name for failure in report.unread}
        requests = (report.requests.read, report.requests.write, report.requests.limited)
        failed = bool(report.error or unread)
        self.ran(report.library, report.counts, requests, report.seconds, failed=failed)
        if report.error is None:
            self.well(set(profiles) - unread, now)

    def ran(
        self,
        library: str,
        counts: Mapping[str, int],
        requests: Sequence[int],
        seconds: float,
        *,
        failed: bool,
    ) -> None:
        """Count a run.

        Args:
            library: the name of its library.
            counts: papers by outcome.
            requests: how many read, how many wrote, and how many of all were answered with 429.
            seconds: how long it took.
            failed: whether anything went wrong.
        """
        read, write, limited = requests
        with self._lock:
            if not self._libraries[library]:
                return
            for outcome, number in counts.items():
                self._papers.labels(library, outcome).inc(number)
            self._requests.labels(library, "read").inc(read)
            self._requests.labels(library, "write").inc(write)
            self._limited.labels(library).inc(limited)
            self._seconds.labels(library).observe(seconds)
            self._runs.labels(library, "failed" if failed else "ok").inc()

    def well(self, profiles: Iterable[str], now: datetime) -> None:
        """Note that all is well with profiles."""
        with self._lock:
            for profile in profiles:
                if library := self._followed.get(profile):
                    self._success.labels(library, profile).set(now.timestamp())

    @contextmanager
    def serve(self, port: int) -> Iterator[int]:
        """Serve the figures over HTTP to this computer while the context is open.

        Args:
            port: where; 0 takes a free one.

        Yields:
            the port.

        Raises:
            ConfigError: the port can't be listened on.
        """
        try:
            listening = bound(HOST, port)
        except OSError as error:
            raise ConfigError(
                [
                    message(
                        "metrics-port-taken",
                        host=HOST,
                        port=port,
                        reason=error.strerror or error,
                    )
                ],
                hint=message("choose-another-port"),
            ) from error
        port = listening.getsockname()[1]
        app = Guard(_reading(prometheus.make_asgi_app(self._registry)), Rules(_refused, own_page=False))
        server = Server([Door(listening, app, LIMITS)], name="metrics", stop_seconds=PARTING).start()
        try:
            yield port
        finally:
            server.stop()

    def write(self, path: Path) -> None:
        """Write the figures to a file that everybody may read and nobody ever sees half written.

        Args:
            path: of the file, ending in ".prom", as node_exporter's textfile collector wants it.

        Raises:
            StateError: that is not possible; the file stays as it was.
        """
        text = prometheus.generate_latest(self._registry)
        try:
            # The user of node_exporter is another one, and services often have a narrow umask.
            write_whole(path, text, mode=0o644)
        except OSError as error:
            raise StateError(
                message("figures-not-written", path=path, reason=error.strerror or error),
                hint=message("check-metrics-folder"),
            ) from error


def _reading(figures: ASGIApp) -> ASGIApp:
    """Return what tells the figures to those who read them, and refuses other methods."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        wrong = PlainTextResponse("Only GET is allowed here", 405, {"Allow": "GET, HEAD"})
        await (figures if scope["method"] in {"GET", "HEAD"} else wrong)(scope, receive, send)

    return app


def _refused(reason: Reason, _: Headers) -> Response:
    return PlainTextResponse(reason.value, 403 if reason in {Reason.HOST, Reason.PAGE} else 400)
