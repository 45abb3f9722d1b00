"""Figures as Prometheus gets them: over HTTP from this computer, and from a file."""

from __future__ import annotations

import http.client
import os
import re
import socket
import stat
import threading
import urllib.error
import urllib.request
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from forks import PATIENCE
from owner import show
from ports import free_port
from syncd.daemon.metrics import Metrics
from syncd.engine.gather import Unread
from syncd.engine.push import Failure
from syncd.engine.run import Report
from syncd.errors import ConfigError, LibraryError, SourceError, StateError
from syncd.sync.action import Action
from syncd.zotero.transport import Counter

if TYPE_CHECKING:
    from pathlib import Path

    from desk import Desk

NOW = datetime(2026, 6, 2, 12, tzinfo=UTC)
Figures = dict[tuple[str, tuple[str, ...]], float]


def figures(text: str) -> Figures:
    """Return all samples by name and the values of their labels, in the order of the labels' names."""
    return {
        (sample.name, tuple(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scraped(port: int) -> str:
    """Return what the server answers."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE) as answer:
        body: str = answer.read().decode()
        return body


@pytest.fixture
def metrics() -> Metrics:
    """Figures of two profiles of one library and one of another."""
    made = Metrics()
    for profile, library in (("ann", "main"), ("bob", "main"), ("eve", "lab")):
        made.follow(profile, library)
    return made


def run(**parts: object) -> Report:
    """Return the report of a run that created two papers, one of which failed, with some requests."""
    create = Action("create", "A", "P1", "K1", "new")
    report = Report("R1", "main", dry_run=False, actions=[create, Action("create", "B", "P2", "K2", "new")])
    report.failures = {"P2": Failure("B", "K2", 413, "refused")} if "failures" not in parts else {}
    report.requests = Counter(read=3, write=2, limited=1)
    report.seconds = 0.7
    for name, value in parts.items():
        setattr(report, name, value)
    return report


def test_figures_of_a_run(metrics: Metrics) -> None:
    """Papers by outcome, requests by method, 429s, seconds, result, and when it went well."""
    metrics.finished(run(), ["ann"], NOW)
    metrics.finished(run(), ["ann"], NOW)
    with metrics.serve(0) as port:
        seen = figures(scraped(port))
    assert seen["syncd_papers_total", ("main", "create")] == 2
    assert seen["syncd_papers_total", ("main", "failed")] == 2
    assert seen["syncd_requests_total", ("main", "read")] == 6
    assert seen["syncd_requests_total", ("main", "write")] == 4
    assert seen["syncd_rate_limited_total", ("main",)] == 2
    assert seen["syncd_run_seconds_sum", ("main",)] == 1.4
    assert seen["syncd_run_seconds_bucket", ("0.5", "main")] == 0
    assert seen["syncd_run_seconds_bucket", ("1.0", "main")] == 2
    assert seen["syncd_runs_total", ("main", "ok")] == 2
    assert seen["syncd_last_success_timestamp_seconds", ("main", "ann")] == NOW.timestamp()
    assert ("syncd_last_success_timestamp_seconds", ("main", "bob")) not in seen


def test_everything_is_there_before_it_happens(metrics: Metrics) -> None:
    """A rate needs a first value; what never happened is 0, apart from a success that never was."""
    metrics.follow("fay", "lab", last_success=NOW)
    with metrics.serve(0) as port:
        text = scraped(port)
    seen = figures(text)
    assert seen["syncd_runs_total", ("lab", "failed")] == 0
    assert seen["syncd_papers_total", ("lab", "review")] == 0
    assert seen["syncd_last_success_timestamp_seconds", ("lab", "fay")] == NOW.timestamp()
    assert "created" not in text
    assert re.search(r'^syncd_info\{version="[^"]+"\} 1.0$', text, re.MULTILINE)


def test_failed_runs_are_no_success(metrics: Metrics) -> None:
    """Neither an error of the library nor one of the source; another profile of the run may still have one."""
    metrics.finished(run(error=LibraryError("gone", kind="transient")), ["ann"], NOW)
    unread = Unread("ann", "page.txt", SourceError("no such file", origin="page.txt"))
    metrics.finished(run(unread=[unread]), ["ann", "bob"], NOW)
    with metrics.serve(0) as port:
        seen = figures(scraped(port))
    assert seen["syncd_runs_total", ("main", "failed")] == 2
    assert seen["syncd_runs_total", ("main", "ok")] == 0
    assert ("syncd_last_success_timestamp_seconds", ("main", "ann")) not in seen
    assert seen["syncd_last_success_timestamp_seconds", ("main", "bob")] == NOW.timestamp()


def test_dry_run_does_not_count(metrics: Metrics) -> None:
    """It did nothing."""
    metrics.finished(run(dry_run=True), ["ann"], NOW)
    with metrics.serve(0) as port:
        assert figures(scraped(port))["syncd_papers_total", ("main", "create")] == 0


def test_forgotten_profiles_leave_nothing(metrics: Metrics) -> None:
    """The library's figures go with its last profile, and a run that ends late brings nothing back."""
    metrics.finished(run(), ["ann", "bob"], NOW)
    with metrics.serve(0) as port:
        metrics.forget("ann", "main")
        metrics.finished(run(), ["ann"], NOW)
        seen = figures(scraped(port))
        assert ("syncd_last_success_timestamp_seconds", ("main", "ann")) not in seen
        assert seen["syncd_papers_total", ("main", "create")] == 2
        metrics.forget("bob", "main")
        metrics.finished(run(), ["bob"], NOW)
        assert 'library="main"' not in scraped(port)
        assert 'library="lab"' in scraped(port)


def test_a_real_run_is_counted(desk: Desk) -> None:
    """The engine's own report."""
    metrics = Metrics()
    metrics.follow("ann", "main")
    show(desk)
    report = desk.run()
    metrics.finished(report, ["ann"], desk.clock.now())
    with metrics.serve(0) as port:
        seen = figures(scraped(port))
    assert seen["syncd_papers_total", ("main", "create")] == 3
    assert seen["syncd_requests_total", ("main", "write")] == report.requests.write > 0
    assert seen["syncd_last_success_timestamp_seconds", ("main", "ann")] == desk.clock.now().timestamp()


def test_server_is_for_this_computer_and_ends_clean(metrics: Metrics) -> None:
    """It listens on 127.0.0.1 alone; afterwards thread and port are free, and it can be started again."""
    with metrics.serve(free_port()) as port:
        scraped(port)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", port), timeout=5)
    assert "metrics" not in {thread.name for thread in threading.enumerate()}
    with pytest.raises(urllib.error.URLError):
        scraped(port)
    with metrics.serve(port) as again:
        assert again == port


@pytest.mark.parametrize(
    ("headers", "method", "status"),
    [
        ({}, "GET", 200),
        ({"Host": "LocalHost:9"}, "GET", 200),
        ({"Host": "example.org"}, "GET", 403),
        ({"Host": "127.0.0.1.example.org:80"}, "GET", 403),
        ({"Origin": "https://example.org"}, "GET", 403),
        ({"Sec-Fetch-Site": "cross-site"}, "GET", 403),
        ({}, "POST", 405),
        ({}, "DELETE", 405),
    ],
)
def test_no_web_page_reads_them(metrics: Metrics, headers: dict[str, str], method: str, status: int) -> None:
    """Neither under a name of its own for this computer, nor from elsewhere; and nobody writes."""
    with (
        metrics.serve(0) as port,
        closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as line,
    ):
        line.request(method, "/metrics", b"" if method == "POST" else None, headers)
        answer = line.getresponse()
        assert (answer.status, b"syncd_" in answer.read()) == (status, status == 200)


def test_client_that_goes_away_is_no_news(metrics: Metrics, capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing is printed for it, nor for a request."""
    with metrics.serve(0) as port:
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"GET /metrics")
            # Closing with a reset.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        scraped(port)
    assert capfd.readouterr() == ("", "")


def test_taken_port_is_a_problem_of_the_configuration(metrics: Metrics) -> None:
    """The sentence names the setting."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            ConfigError, match=rf"^metrics\.port: can't listen on 127\.0\.0\.1, port {port}: Addr"
        ):
            metrics.serve(port).__enter__()


def test_textfile_is_for_everybody_and_whole(metrics: Metrics, tmp_path: Path) -> None:
    """Readable under a narrow umask, replaced at once, with nothing left beside it."""
    path = tmp_path / "syncd.prom"
    path.write_text("old", encoding="ascii")
    with path.open(encoding="ascii") as reader:
        before = os.umask(0o077)
        try:
            metrics.write(path)
        finally:
            os.umask(before)
        assert reader.read() == "old"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    with metrics.serve(0) as port:
        assert path.read_text(encoding="utf-8") == scraped(port)
    assert list(tmp_path.iterdir()) == [path]


def test_textfile_that_cannot_be_written(metrics: Metrics, tmp_path: Path) -> None:
    """A sentence says why; nothing is left behind."""
    with pytest.raises(StateError, match=r"can't be written to .*: No such file or directory") as caught:
        metrics.write(tmp_path / "none" / "syncd.prom")
    assert "metrics.textfile" in caught.value.hint
    (tmp_path / "syncd.prom").mkdir()
    with pytest.raises(StateError, match="Is a directory"):
        metrics.write(tmp_path / "syncd.prom")
    assert [path.name for path in tmp_path.iterdir()] == ["syncd.prom"]
