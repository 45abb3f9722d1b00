"""What the daemon tells: status, figures, pings, news, and lines on a terminal."""

from __future__ import annotations

import os
import pty
import re
import resource
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from test_metrics import scraped

from background import HOUR, SECOND_PROFILE, Background, held_up, looks, titles, until, write
from desk import Zotero
from doubles import FaultyLibrary
from forks import PATIENCE
from owner import show
from ports import free_port
from websites import Reply, website

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from desk import Desk
    from desktops import DesktopDesk
    from websites import Site


@pytest.fixture
def site() -> Iterator[Site]:
    """Give a web server that takes pings."""
    with website() as running:
        running.replies = {path: Reply(b"OK") for path in ("/ping", "/ping/start", "/ping/fail")}
        yield running


def test_status_shows_at_a_glance_how_each_profile_is(desk: Desk) -> None:
    """With a daemon: what comes next and what fails; without one: the same from memory."""
    show(desk)
    desk.configure(SECOND_PROFILE)
    before = desk.syncd("status")
    assert "not pushed yet" in before.out
    assert "No daemon runs" in before.out
    with Background(desk) as daemon:
        daemon.until(lambda: looks(daemon, "ann") and looks(daemon, "bo"))
        told = desk.syncd("status", "--json").json
        ann, bo = told["profiles"]
        assert told["daemon"]["pid"] == daemon.process.pid
        assert ann["papers"] == 3
        assert ann["last_success"]
        assert ann["next"] > ann["last_success"]
        assert ann["trouble"] is None
        assert bo["trouble"]["count"] == 1
        assert "no such file" in bo["trouble"]["message"]
        shown = desk.syncd("status").out
        assert f"process {daemon.process.pid}" in shown
    after = desk.syncd("status")
    assert "ok" in after.out
    assert re.search("it failed a moment ago|failing for", after.out)
    assert desk.syncd("status", "--json").json["daemon"] is None


def test_a_trouble_is_over_when_it_is_over(desk: Desk) -> None:
    """Its count rises with each failure, its beginning stays, and a success takes it away."""
    for count in (1, 2):
        assert desk.syncd("push").code == 1
        (profile,) = desk.syncd("status", "--json").json["profiles"]
        assert profile["trouble"]["count"] == count
    show(desk)
    assert desk.syncd("push").code == 0
    (profile,) = desk.syncd("status", "--json").json["profiles"]
    assert profile["trouble"] is None


def test_figures_pings_and_news_follow_each_run(desk: Desk, site: Site, tmp_path: Path) -> None:
    """An address hears of start and success, Prometheus sees the papers, a command gets their titles."""
    show(desk)
    letter, figures = tmp_path / "letter", tmp_path / "syncd.prom"
    desk.configure(f"""
[metrics]
textfile = "{figures}"
[ping]
url = "{site.address}/ping"
[notify]
command = ["tee", "{letter}"]
when = "at once"
""")
    with Background(desk) as daemon:
        daemon.until(lambda: letter.exists() and "Gamma" in letter.read_text(encoding="utf-8"))
        assert letter.read_text(encoding="utf-8") == "Ann Lee\n- Alpha\n- Beta\n- Gamma\n"
        daemon.until(lambda: site.paths == ["/ping/start", "/ping"])
        assert site.asked[1].body == b"ann: 3 created"
        told = figures.read_text(encoding="utf-8")
        assert 'syncd_papers_total{library="main",outcome="create"} 3.0' in told
        assert 'syncd_last_success_timestamp_seconds{library="main",profile="ann"}' in told
        key = desk.zotero.server.key.encode()
        assert not [path for path in desk.folder.rglob("*") if path.is_file() and key in path.read_bytes()]


def test_a_daily_digest_comes_at_its_time_and_not_for_nothing(desk: Desk, tmp_path: Path) -> None:
    """Once, with all that the day brought; the day after, which brought nothing, is quiet."""
    show(desk)
    letters = tmp_path / "letters"
    # Half a day from now, so that it does not come while the test begins.
    at = f"{datetime.now(UTC) + timedelta(hours=12):%H:%M}"
    desk.configure(f"""
[daemon]
timezone = "UTC"
[notify]
command = ["sh", "-c", "echo $SYNCD_SUBJECT >> {letters}"]
at = "{at}"
""")
    with Background(desk) as daemon:
        daemon.until(lambda: looks(daemon))
        write(desk.page, "Alpha", "Beta", "Gamma", "Delta")
        daemon.until(lambda: len(looks(daemon)) > 1)
        assert not letters.exists()
        daemon.move_clock(24 * HOUR)
        daemon.until(letters.exists)
        daemon.until_logged("news were sent", papers=4)
        daemon.move_clock(24 * HOUR)
        daemon.until(lambda: looks(daemon)[-1]["event"].startswith("nothing is new"))
        daemon.move_clock(1)
        assert letters.read_text(encoding="utf-8") == "4 new papers: Ann Lee\n"


def test_metrics_are_served_to_this_computer(desk: Desk) -> None:
    """On the port that the configuration names."""
    show(desk)
    port = free_port()
    desk.configure(f"[metrics]\nport = {port}\n")
    with Background(desk) as daemon:
        daemon.until(lambda: looks(daemon))
        # The figures come after the look's line in the log.
        daemon.until(lambda: 'syncd_runs_total{library="main",result="ok"} 1.0' in scraped(port))


def test_on_a_terminal_its_lines_are_for_people(desk: Desk) -> None:
    """Time, level and a sentence; Ctrl-C ends it in order."""
    show(desk)
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "syncd", "run"],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=desk.env | {"NO_COLOR": "1", "TERM": "xterm"},
        cwd=desk.folder,
        start_new_session=True,
    )
    os.close(slave)
    text = ""

    def heard(words: str) -> bool:
        nonlocal text
        text += os.read(master, 4096).decode()
        return words in text

    until(lambda: heard("3 created"))
    process.send_signal(signal.SIGINT)
    until(lambda: heard("ended"))
    assert process.wait(PATIENCE) == 0
    os.close(master)
    assert "info    created: Alpha" in text
    assert "{" not in text


def test_a_full_disk_is_said_and_got_over(desk: Desk, zotero: Zotero) -> None:
    """What can't be recorded is not written; once there is room again, all arrives."""
    show(desk)
    with Background(desk) as daemon:
        daemon.until(lambda: looks(daemon))
        _, hard = resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (1, hard))
        write(desk.page, "Alpha", "Beta", "Gamma", "Delta")
        daemon.until(lambda: len(looks(daemon)) > 1)
        assert "syncd's own database" in looks(daemon)[1]["event"]
        assert titles(zotero) == ["Alpha", "Beta", "Gamma"]
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
        daemon.move_clock(120)
        daemon.until(lambda: "Delta" in titles(zotero))


def test_a_desktop_that_is_closed_gets_its_papers_once_it_is_open(at_desktop: DesktopDesk) -> None:
    """The daemon tries later; the command says with exit code 5 that Zotero isn't running."""
    show(at_desktop)
    at_desktop.program.close()
    done = at_desktop.syncd("push")
    assert done.code == 5
    assert "Zotero isn't running" in done.err
    with Background(at_desktop) as daemon:
        daemon.until(lambda: looks(daemon))
        assert looks(daemon)[0]["event"] == "Zotero isn't running"
        at_desktop.program.open()
        daemon.move_clock(120)
        daemon.until(lambda: titles(at_desktop.zotero) == ["Alpha", "Beta", "Gamma"])


def test_two_libraries_do_not_wait_for_each_other(desk: Desk, tmp_path: Path) -> None:
    """While one library's server holds the line, the other gets its papers."""
    show(desk)
    write(desk.folder / "bo.txt", "Delta", name="Bo Chen")
    with FaultyLibrary(tmp_path / "other.sqlite", key=desk.zotero.server.key) as other:
        library = f'[libraries.other]\ntype = "user"\nid = 1\nkey = {{env = "TEST_KEY"}}\nendpoint = "{other.url}"\n'
        desk.configure(f'library = "main"\n{SECOND_PROFILE}library = "other"\n{library}')
        release = threading.Event()
        desk.zotero.trouble.plan("POST", lambda _: held_up(release))
        with Background(desk) as daemon:
            daemon.until(lambda: looks(daemon, "bo"))
            assert titles(Zotero(other)) == ["Delta"]
            assert not looks(daemon, "ann")
            release.set()
            daemon.until(lambda: looks(daemon, "ann"))
            assert titles(desk.zotero) == ["Alpha", "Beta", "Gamma"]
