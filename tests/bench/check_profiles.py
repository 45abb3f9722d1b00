"""What many profiles of one library cost the daemon, against one: counts of threads and runs, ratios of CPU seconds."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from authors import OpenAlex, identifier, title
from background import Background, until, write
from clocks import FakeClock
from desk import Desk, Zotero
from doubles import FaultyLibrary
from syncd.config import load
from syncd.engine.gather import digest_of_settings
from syncd.errors import SyncdError
from syncd.state.libraries import remembered
from syncd.sync.action import PlannedProfile
from websites import website

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncd.config import Config

MANY = 1000
# Seconds for which a daemon is watched that has nothing to do.
IDLE = 30.0
# Below this share of a processor, ratios say nothing.
LEAST = 0.002
ALLOWED = '[http]\nallow_private = ["127.0.0.1"]\n'
NOTHING_NEW = re.compile(r"nothing is new of (\d+) profile")


class Plain(Background):
    """A daemon with the computer's own clock: one that can be moved looks fifty times a second whether it was."""

    def _start(self, stderr: int, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "syncd", "run"],
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            env=env,
            cwd=self._desk.folder,
        )


def cpu(daemon: Background) -> float:
    """Return the seconds of CPU that a daemon took."""
    fields = Path(f"/proc/{daemon.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def following(folder: Path, number: int) -> Iterator[Background]:
    """Let a daemon follow so many profiles of an embedded library, of one paper each."""
    folder.mkdir()
    with FaultyLibrary(folder / "zotero.sqlite") as server:
        desk = Desk(folder, Zotero(server), FakeClock())
        for name in range(number - 1):
            title = hashlib.sha256(b"%d" % name).hexdigest()  # unlike all others
            write(folder / f"p{name}.txt", title, name=f"Author {name}")
        write(desk.page, "Alpha")
        desk.configure("".join(f'[profiles.p{name}]\nsource = "p{name}.txt"\n' for name in range(number - 1)))
        with Plain(desk) as daemon:
            yield daemon


def looked(daemon: Background, number: int) -> int:
    """Wait until all profiles were looked at; return the most threads that it had meanwhile."""
    threads = []

    def done() -> bool:
        threads.append(sum(1 for _ in Path(f"/proc/{daemon.process.pid}/task").iterdir()))
        return daemon.text.count('"why"') >= number

    until(done, seconds=600, but=lambda: daemon.text)
    return max(threads)


def at_rest(daemon: Background) -> float:
    """Return the share of a processor that it takes while nothing happens."""
    time.sleep(5)
    before = cpu(daemon)
    time.sleep(IDLE)
    return (cpu(daemon) - before) / IDLE


def beside(daemon: Background, log: Path) -> float:
    """Return the share of a processor that it takes while another file in its pages' folder is written all the time."""
    before, end = cpu(daemon), time.monotonic() + IDLE / 2
    while time.monotonic() < end:
        log.write_text(log.name)
        time.sleep(0.001)
    return (cpu(daemon) - before) / (IDLE / 2)


def ended(daemon: Background) -> float:
    """Return the seconds that it takes to end though all is due: somebody asked for it, and is told that it ends."""
    with ThreadPoolExecutor(1) as somebody:
        asked = somebody.submit(daemon.ask, "sync-now", seconds=None)
        until(lambda: any(profile["running"] for profile in daemon.ask("status")["profiles"]))
        begun = time.monotonic()
        assert daemon.end() == 0
        took = time.monotonic() - begun
        assert asked.exception() is None or isinstance(asked.exception(), SyncdError)
    return took


def test_many_profiles_against_one(tmp_path: Path) -> None:
    """Threads, runs, CPU of all looks, at rest and beside a busy file, and the end; print a table."""
    rows = []
    for number in (1, MANY):
        folder = tmp_path / str(number)
        with following(folder, number) as daemon:
            begin = cpu(daemon)
            threads = looked(daemon, number)
            work = cpu(daemon) - begin
            runs = len({line["run"] for line in daemon.log if "why" in line})
            rest, busy = at_rest(daemon), beside(daemon, folder / "other.log")
            rows.append((number, threads, runs, work, rest, busy, ended(daemon)))
    head = "profiles  threads  runs  CPU of looks  at rest  beside a busy file  end"
    lines = [
        f"{number:>8}{threads:>9}{runs:>6}{work:>12.1f} s{rest:>9.2%}{busy:>20.2%}{end:>4.1f} s"
        for number, threads, runs, work, rest, busy, end in rows
    ]
    (_, one_threads, _, _, one_rest, _, _), (_, threads, runs, _, rest, busy, _) = rows
    ratios = f"{max(rest, LEAST) / max(one_rest, LEAST):.1f} at rest, {max(busy, LEAST) / max(rest, LEAST):.1f} beside"
    print("", head, *lines, f"ratios of CPU: {ratios}", sep="\n")  # noqa: T201 - the figures are what this is for
    assert threads < one_threads + 40
    assert runs < MANY / 10
    assert rest < 5 * max(one_rest, LEAST)


AUTHORS = int(os.environ.get("SYNCD_MANY", "10000"))
# So many of them have something new.
WITH_NEWS = 200
MOST_REQUESTS = 250
CHILD = Path(__file__).with_name("openalex_child.py")
MOST_SECONDS_TO_LOAD = 1.0
MOST_MEGABYTES = 250.0


def test_ten_thousand_authors_of_openalex(tmp_path: Path) -> None:
    """How long the configuration takes; the requests of a look in between, of which some bring papers; memory; idle."""
    folder = tmp_path / "user"
    folder.mkdir()
    with website() as site, FaultyLibrary(tmp_path / "zotero.sqlite") as server:
        openalex = OpenAlex(site)
        desk = Desk(folder, Zotero(server), FakeClock())
        desk.configure()
        settings = folder / "config.toml"
        library = settings.read_text(encoding="utf-8").partition("[profiles.ann]")[0]
        settings.write_text(library + ALLOWED + openalex.follow(AUTHORS), encoding="utf-8")
        begin = time.process_time()
        config = load(settings, desk.env)
        loading = time.process_time() - begin
        desk.data.create()
        read_whole(desk, config)
        publish(openalex, "news")
        with Elsewhere(desk, site.address) as daemon:
            begin = cpu(daemon)
            until(lambda: created(daemon) >= WITH_NEWS, seconds=600, but=lambda: daemon.text[-3000:])
            until(lambda: told(daemon) >= AUTHORS - WITH_NEWS, seconds=600, but=lambda: daemon.text[-3000:])
            work, requests = cpu(daemon) - begin, sum(openalex.asked.values())
            rest, memory = at_rest(daemon), peak(daemon)
            begin_status = os.times().children_user
            shown = desk.afresh("status").out
            status = os.times().children_user - begin_status
        asked = dict(openalex.asked)
        publish(openalex, "more")
        begin_push = os.times().children_user
        done = pushed(desk, site.address)
        push, by_hand = os.times().children_user - begin_push, dict(openalex.asked)
    print(  # noqa: T201 - the figures are what this is for
        "",
        "authors  configuration  requests of a look  CPU of it  at rest  peak memory  CPU of syncd status",
        f"{AUTHORS:>7}{loading:>13.2f} s{requests:>20}{work:>9.1f} s{rest:>9.2%}{memory:>10.0f} MB{status:>19.1f} s",
        f"of these requests: {asked}; lines of status: {len(shown.splitlines())}",
        f"syncd push by hand, as many with something new: {by_hand}, {push:.1f} s of CPU: {done.splitlines()[-1:]}",
        sep="\n",
    )
    assert max(requests, sum(by_hand.values())) <= MOST_REQUESTS
    assert str(WITH_NEWS) in done.splitlines()[-1]
    assert loading < MOST_SECONDS_TO_LOAD
    assert memory < MOST_MEGABYTES
    assert rest < LEAST


def publish(openalex: OpenAlex, what: str) -> None:
    """Let some of the authors have published something, and count requests from here on."""
    for number in range(WITH_NEWS):
        author = identifier(number * (AUTHORS // WITH_NEWS))
        openalex.add(author, title(f"{what} {number}"), f"{datetime.now(UTC):%Y-%m-%d}")
    openalex.asked.clear()


def pushed(desk: Desk, address: str) -> str:
    """Push by the command, and return what it says."""
    done = subprocess.run(
        [sys.executable, str(CHILD), address, "push", "--max-create", str(WITH_NEWS)],
        env={**desk.env, **{name: os.environ.get(name, "") for name in ("PATH", "PYTHONPATH")}},
        cwd=desk.folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done
    return done.stdout


class Elsewhere(Plain):
    """A daemon for which OpenAlex is on loopback, and may be asked without a pause."""

    def __init__(self, desk: Desk, address: str) -> None:
        self._address = address
        super().__init__(desk)

    def _start(self, stderr: int, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, str(CHILD), self._address],
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            env=env,
            cwd=self._desk.folder,
        )


def read_whole(desk: Desk, config: Config) -> None:
    """Let all profiles have been read whole and pushed before, as far as syncd remembers: reading them takes hours."""
    library = config.library(None)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with remembered(library, desk.data, desk.clock) as state, state.writing() as connection:
        for name, profile in config.profiles.items():
            author = profile.source.removeprefix("openalex:")
            planned = PlannedProfile(
                name,
                f"Ann {author}",
                profile.source,
                "0",
                "",
                1,
                1,
                settings=digest_of_settings(profile, config),
            )
            state.profiles.put(connection, "a-run", planned, now)


def created(daemon: Background) -> int:
    """Return how many papers the daemon added."""
    return daemon.text.count('"event": "created')


def told(daemon: Background) -> int:
    """Return of how many profiles the daemon said that nothing is new."""
    return sum(int(found) for found in NOTHING_NEW.findall(daemon.text))


def peak(daemon: Background) -> float:
    """Return the most memory that a daemon had, in megabytes; its parser is a process of its own."""
    status = Path(f"/proc/{daemon.process.pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
