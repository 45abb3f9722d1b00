"""A fleet: a scheduler, workers and their PostgreSQL, as processes; the library is a server on this computer."""

from __future__ import annotations

import json
import os
import signal
import threading
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest
import sqlalchemy as sa
from test_metrics import figures, scraped

from authors import OpenAlex, identifier, title
from background import Background, looks, until, write
from boards import Reader, Shown
from desk import Desk
from doubles import Fault
from forks import Fork
from pages import entry, page
from ports import free_port
from syncd.clock import SystemClock
from syncd.config import load
from syncd.daemon.tell import Reporter
from syncd.daemon.work import Looker
from syncd.engine.ports import Ports
from syncd.errors import LockedError
from syncd.fleet import due, queue
from syncd.fleet.bucket import SharedPace
from syncd.fleet.jobs import Jobs
from syncd.fleet.settings import Shared, entries, libraries
from syncd.sources.pace import Pace
from syncd.state.store import Store
from syncd.state.turn import SCHEDULING, Presence
from websites import Asked, Reply, Site, website

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from clocks import FakeClock
    from desk import Zotero
    from postgres import Postgres
    from syncd.zotero.embedded.exchange import Request

CONFIG = """
[database]
url = "{database}"

[http]
allow_private = ["127.0.0.1"]

[libraries.main]
type = "user"
id = 1
key = {{ env = "TEST_KEY" }}
endpoint = "{library}"
"""
PROFILE = """
[profiles.{name}]
source = "{source}"
captured = 2026-06-01
"""


class Working(Background):
    """A worker of a desk's fleet."""

    words = ("worker", "--concurrency", "2")

    def _start(self, stderr: int, env: Mapping[str, str]) -> Fork:
        with Path(os.devnull).open("r+b") as nothing:
            streams = (nothing.fileno(), nothing.fileno(), stderr)
            return Fork(self.words, streams, env, self._desk.folder, clock=self._clock)

    def __enter__(self) -> Self:
        self.until_logged("the worker is at work")
        return self


class Fleet:
    """A desk whose state is in a PostgreSQL, pages on the web, and the processes that tests start.

    Attributes:
        desk: the user's.
        site: where the pages are.
        postgres: the server.
        database: the name of the desk's database there.
    """

    def __init__(self, desk: Desk, site: Site, postgres: Postgres, database: str) -> None:
        self.desk, self.site, self.postgres, self.database = desk, site, postgres, database
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def follow(self, *names: str, papers: int = 2, extra: str = "") -> None:
        """Follow people whose pages list that many papers."""
        desk = self.desk
        text = CONFIG.format(database=desk.database, library=desk.zotero.server.url) + extra
        for name in names:
            titles = [f"Paper {number} of {name}" for number in range(papers)]
            self.show(name, *titles)
            text += PROFILE.format(name=name, source=f"{self.site.address}/{name}")
        (desk.folder / "config.toml").write_text(text, encoding="utf-8")

    def show(self, name: str, *titles: str) -> None:
        """Let a page list these papers."""
        body = page(*map(entry, titles), name=f"Ann {name.title()}")
        self.site.replies[f"/{name}"] = Reply(body, headers={"Content-Type": "text/plain"})

    def scheduler(self, **env: str) -> Background:
        """Start the scheduler."""
        return self._open.enter_context(Background(self.desk, **env))

    def worker(self, **env: str) -> Working:
        """Start a worker, on a computer that knows nothing but the database."""
        there = self.desk.folder / "elsewhere"
        there.mkdir(exist_ok=True)
        settings = there / "config.toml"
        settings.write_text(f'[database]\nurl = "{self.desk.database}"\n', encoding="utf-8")
        env = {
            "SYNCD_CONFIG": str(settings),
            "SYNCD_DATA_DIR": str(there / "data"),
            # One that is killed leaves something there.
            "TMPDIR": str(there),
            **env,
        }
        return self._open.enter_context(Working(self.desk, **env))

    def minute(self) -> None:
        """Let what is due be found out, as each minute."""
        job = "ROW('default', 'each-minute', 2, NULL, NULL, '{\"timestamp\": 0}', NULL)"
        self.run(f"SELECT procrastinate_defer_jobs_v1(ARRAY[{job}::procrastinate_job_to_defer_v1])")

    def run(self, query: str) -> list[tuple[Any, ...]]:
        """Run a statement in the database."""
        return self.postgres.run(query, self.database)

    def titles(self) -> list[str]:
        """Return the titles of all papers in the library; a duplicate stands twice."""
        items = self.desk.zotero.items().values()
        return sorted(data["title"] for data in items if "parentItem" not in data)

    def until(self, what: Callable[[], Any], *speakers: Background) -> Any:
        """Wait until something is true."""
        return until(what, but=lambda: "\n".join(speaker.text for speaker in speakers))


@pytest.fixture
def site() -> Iterator[Site]:
    """A running server."""
    with website() as running:
        yield running


@pytest.fixture
def fleet(
    tmp_path: Path, zotero: Zotero, clock: FakeClock, site: Site, postgres: Postgres
) -> Iterator[Fleet]:
    """Give a fleet in which nothing runs yet."""
    folder = tmp_path / "user"
    folder.mkdir()
    name = postgres.new()
    with Fleet(Desk(folder, zotero, clock, database=postgres.url(name)), site, postgres, name) as made:
        yield made
    postgres.drop(name)


NAMES = ("ann", "bo", "cy", "di")
# How a command ends where something waits for its user.
WAITING = 6


def papers(*names: str, count: int = 2) -> list[str]:
    """Return the titles that these people's pages list at first."""
    return sorted(f"Paper {number} of {name}" for name in names for number in range(count))


def test_two_workers_push_a_library_once(fleet: Fleet) -> None:
    """Whoever takes which job, each paper is there once; a worker that is told to end does so."""
    fleet.follow(*NAMES)
    one, two = fleet.worker(), fleet.worker()
    scheduler = fleet.scheduler()
    fleet.until(lambda: len(fleet.titles()) >= 8, one, two, scheduler)
    answer = scheduler.ask("sync-now", seconds=None, names=["ann"])
    assert [(look["profile"], look["error"]) for look in answer["profiles"]] == [("ann", None)]
    assert fleet.titles() == papers(*NAMES)
    assert one.end(signal.SIGTERM) == 0
    assert two.end(signal.SIGTERM) == 0
    assert one.logged("ended")
    assert two.logged("ended")
    assert not (fleet.desk.folder / "elsewhere/data").exists()


def test_what_a_worker_left_is_gone_on_with_by_another(fleet: Fleet) -> None:
    """One that is told to end does so after its chunk; of one that was killed, the job is finished as failed."""
    fleet.follow("ann", papers=80)
    trouble = fleet.desk.zotero.trouble
    zero = fleet.worker()

    def end(_request: Request) -> None:
        zero.process.terminate()
        zero.until_logged("ending")

    # The collection, and the first papers.
    trouble.plan("POST", lambda _request: None, end)
    scheduler = fleet.scheduler()
    assert zero.ended() == 0
    first = len(fleet.until(fleet.titles, zero, scheduler))
    assert first < 80
    is_known = threading.Event()

    def kill(_request: Request) -> None:
        is_known.wait()
        one.process.kill()

    # What it sends is written, and it never hears of it.
    trouble.plan("POST", kill)
    one = fleet.worker()
    is_known.set()
    assert one.ended() == -signal.SIGKILL
    fleet.until(lambda: first < len(fleet.titles()) < 80)
    # It gave no sign of life for a while.
    fleet.run("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")
    two = fleet.worker()
    fleet.minute()
    fleet.until(lambda: looks(two, "ann"), two, scheduler)
    assert fleet.titles() == papers("ann", count=80)
    # A minute that passed while it was pushed has put one more job there, which ends at once. Where a chunk takes
    # longer than a worker's end may, the first one's job is left too.
    query = "SELECT DISTINCT status::text FROM procrastinate_jobs WHERE task_name = 'push'"
    fleet.until(lambda: fleet.run(query) == [("failed",)], two, scheduler)
    assert len(fleet.desk.syncd("log", "--json").json) == 3


def test_a_page_that_fails_holds_up_nobody(fleet: Fleet) -> None:
    """It is told of, and read again at once for who asks; a paused profile is not read until it is resumed."""
    fleet.follow("ann", "bo", "cy")
    fleet.site.replies["/ann"] = Reply("no", 404)
    assert fleet.desk.syncd("pause", "cy").code == 0
    worker, scheduler = fleet.worker(), fleet.scheduler()
    fleet.until(lambda: fleet.titles() == papers("bo"), worker, scheduler)
    worker.until_logged("404", profile="ann")
    profiles = {one["name"]: one for one in fleet.desk.syncd("status", "--json").json["profiles"]}
    assert "404" in profiles["ann"]["trouble"]["message"]
    assert profiles["cy"]["paused_by_you"]
    fleet.show("ann", "Paper 0 of ann", "Paper 1 of ann")
    assert fleet.desk.syncd("sync-now", "ann").code == 0
    assert fleet.titles() == papers("ann", "bo")
    assert not any(asked.path == "/cy" for asked in fleet.site.asked)
    assert fleet.desk.syncd("resume").code == 0
    fleet.until(lambda: fleet.titles() == papers("ann", "bo", "cy"), worker, scheduler)


def test_a_worker_without_the_key_leaves_the_library_to_others(fleet: Fleet) -> None:
    """And syncd status says what it lacks, and that nobody else has it."""
    fleet.follow("ann")
    poor, scheduler = fleet.worker(TEST_KEY=""), fleet.scheduler()
    told = fleet.until(lambda: scheduler.ask("status")["lacking"], poor, scheduler)
    assert told[0]["library"] == "main"
    assert told[0]["nobody"]
    assert "TEST_KEY" in fleet.desk.syncd("status").out
    assert "TEST_KEY" in fleet.desk.syncd("sync-now").err
    fleet.worker()
    fleet.until(lambda: fleet.titles() == papers("ann"), poor, scheduler)
    assert len(poor.logged("TEST_KEY")) == 1
    told = scheduler.ask("status")["lacking"]
    assert not told[0]["nobody"]


def test_a_worker_runs_no_command_that_the_database_names(fleet: Fleet) -> None:
    """Who can write to the database could run programs on all computers otherwise."""
    fleet.follow("ann")
    settings, ran = fleet.desk.folder / "config.toml", fleet.desk.folder / "ran"
    command = json.dumps(["touch", str(ran)])
    text = settings.read_text(encoding="utf-8").replace('env = "TEST_KEY"', f"command = {command}")
    settings.write_text(text, encoding="utf-8")
    worker, scheduler = fleet.worker(), fleet.scheduler()
    told = fleet.until(lambda: scheduler.ask("status")["lacking"], worker, scheduler)
    assert "comes from a command" in told[0]["message"]
    worker.until_logged("comes from a command")
    assert not ran.exists()


def test_a_database_that_is_started_anew_loses_nothing(fleet: Fleet) -> None:
    """Workers say once that it is away, wait, and go on."""
    fleet.follow("ann", papers=60)
    trouble = fleet.desk.zotero.trouble

    def restart(_request: Request) -> None:
        fleet.postgres.stop(keep=True)
        fleet.postgres.start()

    trouble.plan("POST", lambda _request: None, restart)
    worker, scheduler = fleet.worker(), fleet.scheduler()
    worker.until_logged("the worker goes on")
    fleet.minute()
    fleet.until(lambda: len(fleet.titles()) >= 60, worker, scheduler)
    # Nobody knows where it is asked: the scheduler is on another computer.
    scheduler.end()
    done = fleet.desk.syncd("sync-now", "ann", "--json")
    assert [look["error"] for look in done.json["profiles"]] == [None]
    assert fleet.titles() == papers("ann", count=60)
    assert len(worker.logged("the database")) == 2
    assert worker.end() == 0


def test_the_scheduler_reads_files_and_workers_push_them(fleet: Fleet) -> None:
    """A file that changes on its computer is pushed by a worker; a library of its own it pushes to itself."""
    own = PROFILE.format(name="bo", source="bo.txt") + 'library = "own"\n[libraries.own]\ntype = "embedded"\n'
    fleet.follow(extra=PROFILE.format(name="ann", source="page.txt") + own)
    write(fleet.desk.page, "Alpha")
    write(fleet.desk.folder / "bo.txt", "Gamma")
    worker, scheduler = fleet.worker(), fleet.scheduler()
    fleet.until(lambda: fleet.titles() == ["Alpha"], worker, scheduler)
    write(fleet.desk.page, "Alpha", "Beta")
    fleet.until(lambda: fleet.titles() == ["Alpha", "Beta"], worker, scheduler)
    worker.until_logged("Beta", profile="ann", library="main")
    fleet.postgres.stop(keep=True)
    assert fleet.desk.syncd("status").code == 5
    scheduler.until_logged("the database is away")
    fleet.postgres.start()
    scheduler.until_logged("the database is back")
    assert scheduler.until_logged("created", profile="bo")
    assert not worker.logged("", profile="bo")


class Hands:
    """All workers of a fleet in one thread, with a clock that does not wait.

    Args:
        fleet: whose queue it empties.
        services: addresses of services, instead of the usual ones.
    """

    def __init__(self, fleet: Fleet, services: Mapping[str, str]) -> None:
        desk = fleet.desk
        desk.data.create()
        config = load(desk.folder / "config.toml", desk.env)
        self.clock, self.store = desk.clock, Store(desk.database)
        queue.prepare(self.store)
        self._desk = desk
        self.follow()
        ports = Ports(desk.env, desk.data, desk.clock, services=services, pace=Pace(0.0, {}))

        def admits(library: str) -> bool:
            return self.jobs.admits(library)

        looker = Looker(ports, admits)
        reporter = Reporter(config, ports)
        never = threading.Event()
        self.jobs = Jobs("hands", self.store, looker, reporter, never, lambda: None, tell=None)

    def follow(self) -> None:
        """Follow whom the configuration names now, as the scheduler does."""
        config = load(self._desk.folder / "config.toml", self._desk.env)
        with self.store.writing() as connection:
            followed = (Shared.of(config), libraries(config), entries(config))
            due.take_over(connection, *followed, self.clock.now())

    def minute(self) -> int:
        """Do all that is due; return how many jobs that took."""
        done = 0
        self.jobs.each_minute()
        jobs = self.jobs
        work: dict[str, Any] = {queue.READ: jobs.read, queue.ASK: jobs.ask, queue.PUSH: jobs.push}
        while job := self._next():
            work[job.task_name](**job.args)
            done += 1
        return done

    def _next(self) -> Any:
        query = sa.text(
            "DELETE FROM procrastinate_jobs WHERE id = (SELECT id FROM procrastinate_jobs"
            " ORDER BY priority, id LIMIT 1) RETURNING task_name, args"
        )
        with self.store.writing() as connection:
            return connection.execute(query).one_or_none()


def test_what_was_read_by_other_settings_is_not_pushed(fleet: Fleet) -> None:
    """Whose source is another by the time that the old one was read: that one is read instead."""
    fleet.follow("ann", "bo")
    hands = Hands(fleet, {})
    old = fleet.site.replies["/ann"]

    def meanwhile(_: Asked) -> Reply:
        file = fleet.desk.folder / "config.toml"
        file.write_text(file.read_text().replace(f"{fleet.site.address}/ann", f"{fleet.site.address}/cy"))
        fleet.show("cy", "Paper of cy")
        hands.follow()
        assert isinstance(old, Reply)
        return old

    fleet.site.replies["/ann"] = meanwhile
    hands.minute()
    assert fleet.titles() == [*papers("bo"), "Paper of cy"]


@pytest.mark.parametrize("gone", ["profile", "library"])
def test_what_is_followed_no_more_by_the_time_it_was_read_is_not_pushed(fleet: Fleet, gone: str) -> None:
    """Neither where the profile is gone, nor with it the library; its job ends, and nothing is left of it."""
    fleet.follow("ann", extra='[libraries.own]\ntype = "embedded"\n')
    hands = Hands(fleet, {})
    old = fleet.site.replies["/ann"]

    def meanwhile(_: Asked) -> Reply:
        file = fleet.desk.folder / "config.toml"
        text = file.read_text()
        file.write_text(
            text.partition("[profiles.ann]")[0] if gone == "profile" else f'{text}\nlibrary = "own"\n'
        )
        hands.follow()
        assert isinstance(old, Reply)
        return old

    fleet.site.replies["/ann"] = meanwhile
    hands.minute()
    assert fleet.titles() == []
    for table in ("fleet_page", "fleet_profile", "procrastinate_jobs"):
        assert fleet.run(f"SELECT * FROM {table}") == []  # noqa: S608 - names of ours


def test_what_two_jobs_have_read_is_pushed_once(fleet: Fleet) -> None:
    """One of them was believed dead. What it brings late does not wait for the next time, when it would be old."""
    fleet.follow("ann")
    hands = Hands(fleet, {})
    old = fleet.site.replies["/ann"]
    assert isinstance(old, Reply)

    def meanwhile(_: Asked) -> Reply:
        fleet.site.replies["/ann"] = old
        hands.minute()
        return old

    fleet.site.replies["/ann"] = meanwhile
    hands.minute()
    assert fleet.titles() == papers("ann")
    assert fleet.run("SELECT * FROM fleet_page") == []


def test_many_authors_of_one_service_are_asked_about_together(fleet: Fleet, clock: FakeClock) -> None:
    """One request finds out who has something new, whatever their libraries; these are pushed to for those alone."""
    openalex = OpenAlex(fleet.site)
    first, second = openalex.follow(20).split("[profiles.p10]")
    settings = CONFIG.format(database="", library=fleet.desk.zotero.server.url).partition("[libraries.main]")[
        2
    ]
    others = f"[profiles.p10]{second}".replace("source =", 'library = "other"\nsource =')
    fleet.follow(extra=f"{first}{others}[libraries.other]{settings}")
    hands = Hands(fleet, {"openalex": fleet.site.address})
    hands.minute()
    assert len(fleet.titles()) == 20
    clock.sleep(1200)
    assert hands.minute() == 0
    clock.sleep(6 * 3600)
    for number in (3, 13):
        openalex.add(identifier(number), title(f"news {number}"), f"{clock.now():%Y-%m-%d}")
    openalex.asked.clear()
    assert hands.minute() == 3
    assert openalex.asked == {"works of many": 1}
    assert {title("news 3"), title("news 13")} < set(fleet.titles())
    assert fleet.run("SELECT name FROM fleet_profile WHERE due != '' OR queued != ''") == []


def test_what_fails_is_tried_again_later_and_later(fleet: Fleet, clock: FakeClock) -> None:
    """A page by itself; a library with what was read for it, which is not read anew."""
    fleet.follow("ann", "bo")
    fleet.site.replies["/ann"] = Reply("no", 500)
    hands = Hands(fleet, {})
    waits = []
    for failures in range(1, 5):
        hands.minute()
        query = "SELECT failures, closed_since, closed_until FROM fleet_profile WHERE name = 'ann'"
        ((counted, since, until_then),) = fleet.run(query)
        assert counted == failures
        waits.append((datetime.fromisoformat(until_then) - datetime.fromisoformat(since)).total_seconds())
        before = len(fleet.site.asked)
        hands.minute()
        assert len(fleet.site.asked) == before
        clock.sleep(waits[-1] + 1)
    assert waits == sorted(waits)
    assert waits[-1] > 4 * waits[0]
    assert fleet.titles() == papers("bo")
    fleet.show("ann", "Paper 0 of ann", "Paper 1 of ann")
    trouble = fleet.desk.zotero.trouble
    trouble.plan("GET", *[Fault("answer", status=503)] * 100)
    hands.minute()
    trouble.forget()
    before = len(fleet.site.asked)
    clock.sleep(60)
    hands.minute()
    assert fleet.titles() == papers("ann", "bo")
    assert len(fleet.site.asked) == before
    assert fleet.run("SELECT sum(failures) FROM fleet_profile") == [(0,)]


def test_the_scheduler_tells_for_all_workers(fleet: Fleet, tmp_path: Path) -> None:
    """Figures, pings and news come from one place, whoever pushed; log and undo know each run of a worker."""
    letter, port, names = tmp_path / "letter", free_port(), NAMES[:2]
    fleet.site.replies["/ping"] = fleet.site.replies["/ping/fail"] = Reply(b"OK")
    fleet.follow(
        *names,
        extra=f"""
[metrics]
port = {port}
[ping]
url = "{fleet.site.address}/ping"
[notify]
command = ["sh", "-c", "cat >> {letter}"]
when = "at once"
""",
    )
    one, two, scheduler = fleet.worker(), fleet.worker(), fleet.scheduler()

    def created() -> float:
        return figures(scraped(port))["syncd_papers_total", ("main", "create")]

    fleet.until(lambda: created() == 4, one, two, scheduler)
    when = [("syncd_last_success_timestamp_seconds", ("main", name)) for name in names]
    fleet.until(lambda: figures(scraped(port)).keys() >= {*when}, scheduler)
    assert figures(scraped(port))["syncd_requests_total", ("main", "write")] > 0
    fleet.until(lambda: letter.exists() and letter.read_text().count("\n- ") == 4, scheduler)

    def pinged(name: str) -> bool:
        texts = [asked.body.decode() for asked in fleet.site.asked if asked.path == "/ping"]
        return any(name in text and "2 created" in text for text in texts)

    fleet.until(lambda: all(map(pinged, names)), scheduler)
    runs = fleet.desk.syncd("log", "--json").json
    assert sum(run["counts"]["create"] for run in runs) == 4
    fleet.site.replies["/ann"] = Reply("no", 404)
    assert scheduler.ask("sync-now", seconds=None, names=["ann"])["profiles"][0]["error"]
    fleet.until(lambda: "/ping/fail" in fleet.site.paths, scheduler)
    assert fleet.desk.syncd("pause").code == 0
    for run in runs:
        assert fleet.desk.syncd("undo", run["run"], "--yes").code == 0
    trashed = [data.get("deleted") for data in fleet.desk.zotero.items().values() if "parentItem" not in data]
    assert trashed == [1] * 4


def test_the_schedulers_lists_follow_what_workers_push(fleet: Fleet) -> None:
    """After each run, and what was pushed while it was away; what somebody else wrote is kept, and said."""
    outputs = '[[outputs]]\nfile = "papers.{}"\nformat = "{}"\n'
    fleet.follow("ann", "bo", extra=outputs.format("bib", "bibtex") + outputs.format("html", "html"))
    bib, html = (fleet.desk.folder / name for name in ("papers.bib", "papers.html"))

    def lists(*titles: str) -> bool:
        return all(file.exists() and all(t in file.read_text() for t in titles) for file in (bib, html))

    worker, scheduler = fleet.worker(), fleet.scheduler()
    fleet.until(lambda: lists(*papers("ann", "bo")), worker, scheduler)
    scheduler.until_logged("papers.bib: 4 papers")
    # Two runs, one right after the other.
    fleet.show("ann", *papers("ann"), "Third of ann")
    fleet.show("bo", *papers("bo"), "Third of bo")
    for name in ("ann", "bo"):
        assert fleet.desk.syncd("sync-now", name).code == 0
    fleet.until(lambda: lists("Third of ann", "Third of bo"), worker, scheduler)
    assert scheduler.end() == 0
    fleet.show("ann", *papers("ann"), "Third of ann", "Fourth of ann")
    assert fleet.desk.syncd("sync-now", "ann").code == 0
    assert not lists("Fourth of ann")
    html.write_text("mine", encoding="utf-8")
    scheduler = fleet.scheduler()
    fleet.until(lambda: "Fourth of ann" in bib.read_text(), worker, scheduler)
    scheduler.until_logged("papers.html was changed since syncd wrote it")
    assert html.read_text(encoding="utf-8") == "mine"
    assert fleet.desk.syncd("export", "--outputs").code == WAITING
    assert fleet.desk.syncd("export", "--outputs", "--force").code == 0
    assert lists("Fourth of ann")


def test_the_dashboard_speaks_for_all_workers(fleet: Fleet) -> None:
    """Its pages show how each profile is, wherever it was paused; what is asked for there is done at once."""
    port = free_port()
    fleet.follow("ann", "bo", extra=f"[dashboard]\nport = {port}\n")
    fleet.site.replies["/bo"] = Reply("no", 500)
    scheduler = fleet.scheduler()
    with Shown(replace(fleet.desk, place=fleet.desk.folder / "second")) as shown:
        alone = Reader(shown.told["url"], port)
        assert "no worker is at work" in alone.follow(alone.post("/sync"))
    worker = fleet.worker()
    reader = Reader(fleet.desk.syncd("dashboard", "--no-browser", "--json").json["url"], port)
    fleet.until(lambda: fleet.titles() == papers("ann"), worker, scheduler)
    fleet.until(lambda: "500" in reader.get("/profiles/main/bo").text, worker, scheduler)
    elsewhere = {"SYNCD_DATA_DIR": str(fleet.desk.folder / "second")}
    assert fleet.desk.syncd("pause", "ann", "bo", **elsewhere).code == 0
    fleet.until(lambda: scheduler.ask("status")["paused"] == ["ann", "bo"])
    assert "Resume" in reader.get("/profiles/main/bo").text
    # It goes on, and yet is not tried for long: who asks for it does not wait for that.
    fleet.run("UPDATE fleet_profile SET closed_until = '2099-01-01T00:00:00+00:00' WHERE name = 'bo'")
    reader.follow(reader.post("/resume"))
    fleet.show("bo", *papers("bo"))
    reader.follow(reader.post("/sync", {"name": "bo"}))
    fleet.until(lambda: fleet.titles() == papers("ann", "bo"), worker, scheduler)
    fleet.until(lambda: "500" not in reader.get("/").text, worker, scheduler)
    keys = {data["title"]: key for key, data in fleet.desk.zotero.items().items() if "parentItem" not in data}
    paper = keys["Paper 0 of ann"]
    told = reader.post("/reject", {"library": "main", "paper": paper, "profile": "ann"})
    assert "was rejected" in reader.follow(told)
    run = f"/runs/main/{fleet.desk.syncd('log', '--json').json[0]['run']}"
    for path in ("/", "/runs", run, f"{run}/undo", "/profiles", f"/papers/main/{paper}", "/exceptions"):
        assert reader.get(path).status == 200
    assert "is undone" in reader.follow(reader.post(f"{run}/undo"))
    assert len(fleet.desk.zotero.papers()) == 4


def test_a_command_asks_a_server_at_the_pace_of_the_workers(fleet: Fleet) -> None:
    """Who is told to wait waits with all others, and who asks is counted with them."""
    fleet.follow("ann")
    host = fleet.site.address.removeprefix("http://")
    # What such a server wants to be left alone for is more than a command waits.
    later = "extract(epoch FROM now()) + 50000"
    Store(fleet.desk.database).close()
    fleet.run(f"INSERT INTO fleet_pace (host, key, next, interval) VALUES ('{host}', '', {later}, 0.1)")  # noqa: S608 - ours
    waits = fleet.desk.syncd("push", "ann")
    assert waits.code == 5
    assert fleet.site.asked == []
    fleet.run("UPDATE fleet_pace SET next = 0")
    assert fleet.desk.syncd("push", "ann").code == 0
    assert fleet.titles() == papers("ann")
    assert fleet.run("SELECT next > 0 FROM fleet_pace") == [(True,)]


def test_one_computer_schedules_at_a_time(fleet: Fleet) -> None:
    """Another one is told which; it goes on where its connections broke, and ends where another took its place."""
    fleet.follow("ann")
    scheduler = fleet.scheduler()
    (fleet.desk.folder / "second").mkdir()
    elsewhere = {"SYNCD_DATA_DIR": str(fleet.desk.folder / "second")}
    refused = fleet.desk.syncd("run", **elsewhere)
    assert refused.code == 11
    assert "another scheduler is at work" in refused.err
    assert "the scheduler" in fleet.desk.syncd("status").out
    moved = fleet.desk.syncd("database", "move", "--to", "file", **elsewhere)
    assert moved.code == 11
    assert "the state is in use by" in moved.err
    fleet.postgres.cut(fleet.database)
    query = f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = {SCHEDULING}"  # noqa: S608 - ours
    # Whatever it is asked, it looks around.
    fleet.until(lambda: scheduler.ask("status") and fleet.run(query) == [(1,)], scheduler)
    with closing(Presence(fleet.desk.database, "a test", SystemClock(), schedules=True)) as other:
        with pytest.raises(LockedError):
            other.keep()
        scheduler.process.send_signal(signal.SIGSTOP)
        fleet.postgres.cut(fleet.database)
        other.keep()
        scheduler.process.send_signal(signal.SIGCONT)
        assert scheduler.ended() == 11


def test_doctor_says_what_a_fleet_lacks(fleet: Fleet) -> None:
    """Who schedules, who works, whether the queue moves, and what nobody can push to."""
    fleet.follow("ann")

    def told() -> dict[str, str]:
        checks = fleet.desk.syncd("doctor", "--json").json["checks"]
        return {one["message"]: one["level"] for one in checks if one["name"] == "fleet"}

    scheduler = fleet.scheduler()
    assert any("no worker is at work" in words and level == "failure" for words, level in told().items())
    assert "no worker is at work" in fleet.desk.syncd("sync-now").err
    poor = fleet.worker(TEST_KEY="")
    fleet.until(lambda: scheduler.ask("status")["lacking"], poor, scheduler)
    found = told()
    assert any("1 worker is at work" in words and level == "ok" for words, level in found.items())
    assert any(
        "main: no worker has what it takes" in words for words, level in found.items() if level != "ok"
    )
    scheduler.end()
    assert "TEST_KEY" in fleet.desk.syncd("sync-now").err
    # Else it would give signs of life.
    poor.end(signal.SIGKILL)
    fleet.run("UPDATE fleet_worker SET seen = '2026-01-01T00:00:00+00:00'")
    fleet.run("UPDATE procrastinate_events SET at = at - interval '1 hour'")
    levels = told()
    for words in ("no scheduler is at work", "no sign of life", "the oldest waits since"):
        assert any(words in one and level == "warning" for one, level in levels.items()), words


def test_a_worker_that_was_killed_leaves_nothing_on_the_disk(fleet: Fleet) -> None:
    """Its folder goes when the next one starts, and that of one that is at work stays; neither knows a library."""
    fleet.follow("ann")
    place = fleet.desk.folder / "temporary"
    place.mkdir()
    env = {"TMPDIR": str(place)}
    killed, living, scheduler = fleet.worker(**env), fleet.worker(**env), fleet.scheduler()
    fleet.until(lambda: fleet.titles() == papers("ann"), killed, living, scheduler)
    files = [path for path in place.rglob("*") if path.is_file()]
    assert {path.parent.parent.name for path in files} <= {"cache"}
    killed.process.kill()
    killed.process.wait()
    folders = set(place.iterdir())
    assert len(folders) == 2
    for folder in folders:
        os.utime(folder, (0, 0))
    third = fleet.worker(**env)
    assert len(folders & set(place.iterdir())) == 1
    assert third.end() == living.end() == 0
    assert list(place.iterdir()) == []


def test_workers_keep_the_pace_of_a_server_together(database: str) -> None:
    """What one of them takes, or is told, holds for all that have its key."""
    today = datetime(2026, 6, 1, tzinfo=UTC)
    one, two = (SharedPace(database, 1000.0, {}) for _ in range(2))
    assert one.turn("api.example.org", 0.0) == 0.0
    assert 500 < two.turn("api.example.org", 0.0) <= 1000
    assert two.turn("api.example.org", 0.0, "another key") == 0.0
    assert two.turn("other.example.org", 0.0) == 0.0
    one.learn("other.example.org", {"retry-after": "3000"}, 0.0, today, 429)
    assert 2500 < two.turn("other.example.org", 0.0) <= 3000
    one.learn("busy.example.org", {"x-rate-limit-limit": "10", "x-rate-limit-interval": "10m"}, 0.0, today)
    assert one.turn("busy.example.org", 0.0) == 0.0
    assert 30 < two.turn("busy.example.org", 0.0) <= 60


def test_who_asks_waits_for_no_profile_with_a_library_of_another(fleet: Fleet) -> None:
    """How looks ended is noted library first; who took the profile first would be ended by the database, or end it."""
    fleet.follow("ann")
    hands = Hands(fleet, {})
    fleet.run("UPDATE fleet_library SET closed_until = '2026-01-01'")

    def ask() -> None:
        with hands.store.writing() as connection:
            due.want(connection, ["ann"], "asked", fleet.desk.clock.now(), at_once=True)

    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    asks = threading.Thread(target=ask)
    with hands.store.writing() as connection:
        connection.execute(sa.text("SELECT FROM fleet_library FOR UPDATE"))
        asks.start()
        fleet.until(lambda: fleet.run(waiting))
        connection.execute(sa.text("SELECT FROM fleet_profile FOR UPDATE NOWAIT"))
    asks.join()
    assert fleet.run("SELECT asked FROM fleet_profile") == [(True,)]


def test_a_page_that_takes_longer_than_its_schedule_is_pushed(fleet: Fleet) -> None:
    """It falls due anew while it is read, each time; what was read is new enough."""
    fleet.follow("ann")
    its = fleet.site.replies["/ann"]
    assert isinstance(its, Reply)
    hands = Hands(fleet, {})

    def slowly(_: Asked) -> Reply:
        fleet.run("UPDATE fleet_profile SET next = '2026-01-01'")
        hands.jobs.each_minute()
        fleet.run("DELETE FROM procrastinate_jobs")
        return its

    fleet.site.replies["/ann"] = slowly
    hands.minute()
    assert fleet.titles() == papers("ann")


def test_a_worker_needs_a_database(desk: Desk) -> None:
    """Without PostgreSQL there is nothing to share, and syncd says what to write where."""
    done = desk.syncd("worker")
    assert done.code == 2
    assert "[database] url" in done.err


def test_a_worker_that_is_not_let_in_does_not_wait(fleet: Fleet) -> None:
    """A database that is not there comes no sooner for being waited for; doctor takes no worker for half set up."""
    settings = fleet.desk.folder / "config.toml"
    settings.write_text(f'[database]\nurl = "{fleet.desk.database}"\n', encoding="utf-8")
    told = fleet.desk.syncd("doctor", "--offline", "--json").json
    assert [one for one in told["checks"] if one["level"] != "ok"] == []
    fleet.worker()
    assert "embedded" not in fleet.desk.syncd("status").out
    assert "syncd run" in fleet.desk.syncd("status").out
    settings.write_text(f'[database]\nurl = "{fleet.postgres.url("elsewhere")}"\n', encoding="utf-8")
    done = fleet.desk.syncd("worker")
    assert done.code == 1
    assert 'database "elsewhere" does not exist' in done.err
    assert "[database] url" in done.err


def test_a_fleets_state_goes_to_another_server(fleet: Fleet) -> None:
    """Its queue is no part of the state, and is made there anew."""
    fleet.follow("ann")
    worker = fleet.worker()
    name = fleet.postgres.new()
    refused = fleet.desk.syncd("database", "move", "--to", fleet.postgres.url(name))
    assert refused.code != 0
    assert "in use by" in refused.err
    assert "a worker" in refused.err
    assert worker.end() == 0
    assert fleet.desk.syncd("database", "move", "--to", fleet.postgres.url(name)).code == 0
    fleet.desk.database = fleet.postgres.url(name)
    fleet.follow("ann")
    assert fleet.desk.syncd("status").code == 0
    worker, scheduler = fleet.worker(), fleet.scheduler()
    fleet.until(lambda: fleet.titles() == papers("ann"), worker, scheduler)
    assert len(worker.logged("the worker is at work")) == 1
