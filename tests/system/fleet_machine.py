"""Several libraries, three workers, one PostgreSQL, and all that can go wrong with them at once.

Sources, the libraries' users and the troubles of a fleet are played at random, while workers push and commands push and
undo beside them. What each library must look like is known by the oracle of `machine.py`: no duplicate, no lost edit,
nothing resurrected at any time; once all is calm, nothing missing, and another round that writes nothing.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import tempfile
import threading
import time
import urllib.error
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import psycopg
import sqlalchemy as sa

from background import Background
from desk import Desk, Trouble, Zotero
from doubles import FaultyLibrary
from forks import Fork
from machine import ACTS, FAULTS, PROFILES, TITLES, Facts, Sync
from pages import entry, page
from syncd.config import load
from syncd.errors import SyncdError
from syncd.fleet import due, queue
from syncd.fleet.settings import Shared, entries, libraries
from syncd.state.libraries import remembered
from syncd.state.postgres import engine
from syncd.state.store import Store
from websites import Reply, website

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from doubles import Fault
    from postgres import Postgres
    from syncd.zotero.embedded.exchange import Request
    from websites import Site

CONFIG = """
[database]
url = "{database}"

[http]
allow_private = ["127.0.0.1"]

[digest]
note = "weekly"
"""
LIBRARY = """
[libraries.lib{number}]
type = "user"
id = 1
key = {{ env = "KEY_{number}" }}
endpoint = "{url}"
"""
PROFILE = """
[profiles.{name}{number}]
source = "{site}/{name}{number}"
library = "lib{number}"
captured = 2026-06-01
settle = "0s"
"""
WORKERS = 3
# Seconds by which the clock of each worker's computer is wrong.
SKEWS = (0, 240, -240)
# Seconds within which a fleet in which nothing goes wrong any more must have done all.
PATIENCE = 150.0
# Seconds after which a sign of life is late, which usually comes each ten; and those between two looks at what is left.
LATE, PAUSE = 12, 2.0
SELDOM = 0.3
CHANGED = 412
TRIES = 20
# What a user does in one step, at any time; and what takes several, while nobody writes.
AT_ONCE = tuple(
    act
    for act, (name, *_) in ACTS.items()
    if name
    in {
        "edit_field",
        "add_tag",
        "remove_tag",
        "take_out_of_collection",
        "file_elsewhere",
        "remove_link",
        "trash",
    }
)
IN_PEACE = ("untrash", "erase", "own copy", *(act for act in ACTS if act.startswith("merge")))
# Who holds a library, which nobody shares: the server's process, and its own.
HOLDERS = """
SELECT activity.pid, substring(application_name from 'process ([0-9]+)')::int
FROM pg_stat_activity activity JOIN pg_locks USING (pid)
WHERE datname = current_database() AND locktype = 'advisory' AND mode = 'ExclusiveLock'
  AND application_name LIKE '%process%'
"""


class MovedClock:
    """The time of this computer, moved."""

    def __init__(self) -> None:
        self.moved = 0.0

    def now(self) -> datetime:
        """Return the time of day."""
        return datetime.now(UTC) + timedelta(seconds=self.moved)

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class Working(Background):
    """A worker with a clock that may be wrong."""

    def __init__(self, desk: Desk, skew: int, **env: str) -> None:
        self._skew = skew
        super().__init__(desk, **env)

    def _start(self, stderr: int, env: Mapping[str, str]) -> Fork:
        folder = Path(tempfile.mkdtemp(dir=self._desk.folder))
        env = {**env, "TMPDIR": str(folder)}
        self._clock = folder / "clock"
        self._clock.write_text(str(self._skew), encoding="ascii")
        with Path(os.devnull).open("r+b") as nothing:
            streams = (nothing.fileno(), nothing.fileno(), stderr)
            words = ("worker", "--concurrency", "2")
            return Fork(words, streams, env, self._desk.folder, clock=self._clock)

    def __enter__(self) -> Self:
        return self


class TheirTrouble(Trouble):
    """Trouble that meets no request of the user's own."""

    def __call__(self, request: Request) -> Fault | None:
        """Tell the server what goes wrong with this request."""
        if request.headers.get("user-agent", "").startswith("Python-urllib"):
            return None
        return super().__call__(request)


class Shelf(Sync):
    """One library of the fleet, its user, and what its two profiles list.

    Args:
        number: of the library.
        root: a folder for it.
        site: where pages are.
        clock: the server's time.
    """

    def __init__(self, number: int, root: Path, site: Site, clock: MovedClock) -> None:
        self.number, self.root, self.site = number, root, site
        self.trouble = TheirTrouble()
        server = FaultyLibrary(root / f"zotero{number}.sqlite", clock=clock.now, faults=self.trouble)
        self.zotero = Zotero(server.start())
        self.listed: dict[str, dict[int, tuple[int, bool]]] = {
            "ann": {0: (0, True), 1: (0, False)},
            "bo": {1: (0, False)},
        }
        self.versions = {0: (0, True), 1: (0, False), 2: (0, False)}
        self.facts: dict[str, Facts] = {}
        self.homes: dict[int, set[str]] = {number: set() for number in range(len(TITLES))}
        self.trashed: dict[int, str] = {}
        self.erased: set[int] = set()
        self.rejected: set[tuple[str, int]] = set()
        self.unclear: set[int] = set()
        self.forgetful = False
        self.paused: set[str] = set()
        self.adopted: set[int] = set()
        self.worded = {name: [0] * len(TITLES) for name in PROFILES}
        self.years = [2023] * len(TITLES)
        self.waiting: set[str] = set()
        self.second = None
        self.notes: dict[str, dict[str, Any] | None] = {}
        self._write_pages()

    @property
    def names(self) -> list[str]:
        """The names of its profiles."""
        return [f"{name}{self.number}" for name in PROFILES]

    def close(self) -> None:
        """Serve it no more."""
        self.zotero.server.stop()

    def _write_pages(self) -> None:
        for profile, author in PROFILES.items():
            papers = []
            for number, (abstract, linked) in sorted(self.listed[profile].items()):
                text = f"Version {abstract} of what we found."
                text += f" https://github.com/x/{number}" if linked else ""
                line = f"CLApr 25, {self.years[number]}"
                papers.append(entry(self._title(profile, number), abstract=text, line=line))
            body = page(*papers, name=author)
            self.site.replies[f"/{profile}{self.number}"] = Reply(
                body, headers={"Content-Type": "text/plain"}
            )

    def change_source(self, chance: random.Random) -> str:
        """Let a page change; return how."""
        profile, number = chance.choice(sorted(PROFILES)), chance.randrange(len(TITLES))
        what = chance.choice(
            ["record", "record", "record", "unlisted", "reworded", "year moved", "both sides"]
        )
        if what == "record":
            self.list_paper(profile, number, chance.randrange(3), chance.random() < SELDOM)
        elif what == "unlisted":
            # One that loses most of its papers at once is not believed.
            if len(self.listed[profile]) == len(TITLES):
                self.unlist_paper(profile, number)
        elif what == "reworded":
            self.reword(profile, number)
        elif what == "year moved":
            self.move_year(number, chance.choice([2020, 2023, 2025]))
        else:
            self.change_on_both_sides(number, chance.choice([1, 2]))
        return what

    def change_on_both_sides(self, number: int, abstract: int) -> None:
        """The source gets a new abstract, and the user writes one too."""
        self.act(number, "abstractNote is edited")
        for profile in [name for name, papers in self.listed.items() if number in papers]:
            self.list_paper(profile, number, abstract, linked=False)

    def act(self, number: int, act: str) -> None:
        """Do what a user does; where somebody else wrote just then, look again first."""
        for _ in range(TRIES):
            try:
                self.user(number, act)
            except AssertionError as error:
                if str(CHANGED) not in str(error):
                    raise
            except urllib.error.HTTPError as error:
                if error.code != CHANGED:
                    raise
            else:
                return
        raise AssertionError(f"{act} never came through")

    def take_out_of_trash(self, number: int) -> None:
        """The user takes it out again, if it is still there."""
        key = self.trashed.get(number)
        if key and self.zotero.items().get(key, {}).get("deleted"):
            self._edit(self.zotero.items()[key], deleted=0)
            del self.trashed[number]

    def own_copy(self, number: int) -> None:
        """The user saves a paper that nobody lists yet: of two who make one at once, none can know of the other."""
        if not any(number in papers for papers in self.listed.values()):
            super().own_copy(number)

    def note(self) -> None:
        """Remember which items papers are."""
        items = self.zotero.items()
        for number in range(len(TITLES)):
            self.homes[number] |= {data["key"] for data in self._living(number, items)}

    def note_undone(self) -> None:
        """Take note of what an undo took back: it stays away, or waits for a newer word of its source."""
        items = self.zotero.items()
        for number in range(len(TITLES)):
            self.unclear.add(number)
            gone = [key for key in sorted(self.homes[number]) if items.get(key, {}).get("deleted")]
            if gone and number not in self.trashed and not self._living(number, items):
                self.trashed[number] = gone[0]
        names = self.zotero.collections()
        self.paused |= {
            name for name, author in PROFILES.items() if author not in names or names[author].get("deleted")
        }


class FleetMachine:
    """A fleet at work.

    Args:
        postgres: the server.
        seed: of the random numbers.
        shelves: how many libraries there are.

    Attributes:
        counts: what was met, and how often.
    """

    def __init__(self, postgres: Postgres, seed: int, shelves: int) -> None:
        self.chance = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.postgres = postgres
        self._open = ExitStack()
        self.root = Path(tempfile.mkdtemp(prefix="syncd-fleet-"))
        self._open.callback(shutil.rmtree, self.root, ignore_errors=True)
        self.database = postgres.new()
        self._open.callback(postgres.drop, self.database)
        self.clock = MovedClock()
        site = self._open.enter_context(website())
        self.shelves = []
        for number in range(shelves):
            shelf = Shelf(number, self.root, site, self.clock)
            self._open.callback(shelf.close)
            self.shelves.append(shelf)
        url = postgres.url(self.database)
        self._open.callback(engine(url).dispose)
        (self.root / "desk").mkdir()
        self.desk = Desk(self.root / "desk", self.shelves[0].zotero, self.clock, database=url)  # type: ignore[arg-type]
        text = CONFIG.format(database=url)
        for shelf in self.shelves:
            text += LIBRARY.format(number=shelf.number, url=shelf.zotero.server.url)
            for name in PROFILES:
                text += PROFILE.format(name=name, number=shelf.number, site=site.address)
        (self.desk.folder / "config.toml").write_text(text, encoding="utf-8")
        self.env = self.desk.env | {f"KEY_{s.number}": s.zotero.server.key for s in self.shelves}
        self.config = load(self.desk.folder / "config.toml", self.env)
        self.store = Store(url)
        queue.prepare(self.store)
        with self.store.writing() as connection:
            followed = (Shared.of(self.config), libraries(self.config), entries(self.config))
            due.take_over(connection, *followed, self.clock.now())
            # Pages on this computer need no pause between two requests.
            connection.execute(
                sa.text(
                    "INSERT INTO fleet_pace (host, key, next, interval, slowed) VALUES ('127.0.0.1', '', 0, 0, 1)"
                )
            )
        self.workers: list[Working] = []
        self._open.callback(self._end_workers)
        self.stopped: dict[int, threading.Timer] = {}
        self.away = threading.RLock()
        self._man()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    def _end_workers(self) -> None:
        for worker in self.workers:
            worker.__exit__(None, None, None)
        self.workers.clear()

    def _man(self) -> None:
        """Let as many workers be at work as there should be."""
        for place, worker in enumerate(self.workers):
            if worker.process.poll() is not None:
                worker.__exit__(None, None, None)
                assert worker.process.returncode == -signal.SIGKILL, worker.text
                self.workers[place] = self._worker(place)
        while len(self.workers) < WORKERS:
            self.workers.append(self._worker(len(self.workers)))

    def _worker(self, place: int) -> Working:
        return Working(self.desk, SKEWS[place], **self.env)

    # What goes wrong

    def kill(self, pids: set[int] | None = None) -> None:
        """End workers at once: those, or any one."""
        some = [
            w for w in self.workers if w.process.poll() is None and (pids is None or w.process.pid in pids)
        ]
        if pids is None:
            some = some and [self.chance.choice(some)]
        for worker in some:
            self.counts["workers killed" if pids is None else "workers killed during a push"] += 1
            worker.process.kill()

    def stop(self, pids: set[int], seconds: float) -> None:
        """Let workers sleep for a while, as a computer does."""
        for worker in self.workers:
            if worker.process.pid in pids and worker.process.poll() is None:
                self.counts["workers put to sleep during a push"] += 1
                worker.process.send_signal(signal.SIGSTOP)
                timer = threading.Timer(seconds, worker.process.send_signal, [signal.SIGCONT])
                timer.start()
                self.stopped[worker.process.pid] = timer

    def cut(self) -> None:
        """Break all connections to the database."""
        self.counts["connections cut"] += self._ask(lambda: self.postgres.cut(self.database))
        self.counts["cuts"] += 1

    def restart(self) -> None:
        """Start the database server anew."""
        with self.away:
            self.postgres.stop(keep=True)
            time.sleep(self.chance.random() / 2)
            self.postgres.start()
        self.counts["database restarted"] += 1

    def holders(self) -> set[int]:
        """Return the processes that hold libraries."""
        return {pid for _, pid in self.query(HOLDERS)}

    def break_locks(self) -> None:
        """Break the connections that hold locks of libraries, behind the backs of who holds them."""
        query = f"SELECT count(pg_terminate_backend(pid)) FROM ({HOLDERS}) AS held"  # noqa: S608 - our own
        self.counts["locks broken"] += self.query(query)[0][0]

    def query(self, text: str) -> list[tuple[Any, ...]]:
        """Run a statement in the database."""
        rows: list[tuple[Any, ...]] = self._ask(lambda: self.postgres.run(text, self.database))
        return rows

    def _ask(self, what: Callable[[], Any]) -> Any:
        """Ask the database, which may just be on its way."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                with self.away:
                    return what()
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def plan_trouble(self, shelf: Shelf) -> None:
        """Let something go wrong in the middle of a push to a library."""
        what = self.chance.choice(["kill", "kill", "sleep", "break", "cut", "fault", "fault"])
        before = self.chance.choice([0, 0, 1])
        nothing: list[Callable[[Request], Fault | None]] = [lambda _: None] * before
        if what == "fault":
            name = self.chance.choice([n for n in FAULTS if n != "late"])

            def fail(_: Request) -> Fault | None:
                self.counts[f"fault: {name}"] += 1
                return FAULTS[name]

            shelf.trouble.plan("POST", *nothing, fail)
            return
        executed = self.chance.random() < SELDOM

        def meet(_: Request) -> Fault | None:
            if what == "cut":
                self.cut()
                return None
            pids = self.holders()
            if what == "kill":
                self.kill(pids)
                return None if executed else FAULTS["drop before"]
            if what == "sleep":
                self.stop(pids, 1 + 2 * self.chance.random())
            self.break_locks()
            return None

        shelf.trouble.plan("POST", *nothing, meet)

    # What is done beside the workers

    def command(self, *words: str) -> int:
        """Run a command on another computer, which has its own folder."""
        folder = Path(tempfile.mkdtemp(dir=self.root))
        env = self.env | {"SYNCD_DATA_DIR": str(folder)}
        done = self.desk.syncd(*words, **env)
        assert done.code in {0, 1, 3, 4, 5, 6}, done
        shutil.rmtree(folder)
        return done.code

    def push(self, shelf: Shelf) -> None:
        """Push from the command line."""
        self.counts["pushes by a command"] += 1
        self.command("push", *shelf.names)

    def undo(self, shelf: Shelf) -> None:
        """Undo a run from the command line, while workers go on with other libraries."""
        # What follows is our own.
        query = (
            "SELECT run.id FROM run JOIN library ON library.id = run.library"  # noqa: S608
            f" WHERE endpoint = '{shelf.zotero.server.url}' AND undoes IS NULL"
            " AND EXISTS (SELECT 1 FROM action WHERE run = run.id) ORDER BY started DESC LIMIT 3"
        )
        runs = self.query(query)
        # What an undo takes back is known by where it was, also in the first round.
        shelf.note()
        if (
            runs
            and self.command("undo", self.chance.choice(runs)[0], "--yes", "--library", f"lib{shelf.number}")
            == 0
        ):
            self.counts["undone by a command"] += 1
        shelf.note_undone()

    # Rounds

    def want(self, shelves: list[Shelf], why: str = "schedule") -> None:
        """Let libraries be looked at."""
        names = [name for shelf in shelves for name in shelf.names]

        def tell() -> None:
            with self.store.writing() as connection:
                due.want(connection, names, why, self.clock.now(), at_once=True)
                queue.hand_out(connection, self.clock.now())

        self._patiently(tell)

    def _patiently(self, what: Callable[[], None]) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                with self.away:
                    what()
            except (SyncdError, psycopg.Error):
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
            else:
                return

    def _open_gates(self) -> None:
        """Let what failed be tried again at once."""
        for table in ("fleet_library", "fleet_profile"):
            self.query(f"UPDATE {table} SET closed_until = '' WHERE closed_until != ''")  # noqa: S608 - our own

    def minute(self, silent: int = 0) -> None:
        """Let a minute pass, after which workers are believed dead that gave no sign of life for so many seconds."""
        job = "ROW('default', 'each-minute', 2, NULL, NULL, '{\"timestamp\": 0}', NULL)"

        def tell() -> None:
            self.postgres.run(
                "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '40 seconds'"  # noqa: S608 - our own
                f" WHERE last_heartbeat < now() - interval '{silent} seconds'",
                self.database,
            )
            self.postgres.run(
                f"SELECT procrastinate_defer_jobs_v1(ARRAY[{job}::procrastinate_job_to_defer_v1])",
                self.database,
            )

        self._patiently(tell)

    def round(self) -> None:
        """Play one round: all at once, then calm, then what must be so."""
        self._play(self.chance)
        self.calm()
        if self.chance.random() < SELDOM:
            self.want(self.shelves[1:])
            self.undo(self.shelves[0])
        self.check()
        self.counts["histories"] += len(self.shelves)

    def _play(self, chance: random.Random) -> None:
        for shelf in self.shelves:
            if chance.random() < SELDOM:
                act = chance.choice(IN_PEACE)
                self.counts[f"act: {act}"] += 1
                shelf.act(chance.randrange(len(TITLES)), act)
        troubles = threading.Thread(target=self._trouble, args=(random.Random(chance.random()),), daemon=True)
        for shelf in self.shelves:
            for _ in range(chance.choice([1, 2, 3])):
                self.counts[f"source: {shelf.change_source(chance)}"] += 1
            if chance.random() < 1 - SELDOM:
                self.plan_trouble(shelf)
        self.want(self.shelves)
        troubles.start()
        for _ in range(2 * len(self.shelves)):
            shelf = chance.choice(self.shelves)
            act = chance.choice(AT_ONCE)
            self.counts[f"act: {act}"] += 1
            shelf.act(chance.randrange(len(TITLES)), act)
            if chance.random() < SELDOM / 3:
                self.push(shelf)
            shelf.check_promise()
            time.sleep(chance.random() / 4)
        troubles.join()

    def _trouble(self, chance: random.Random) -> None:
        for _ in range(chance.choice([1, 2])):
            time.sleep(chance.random())
            chance.choice([self.kill, self.kill, self.cut, self.restart, self.break_locks])()
            self.minute()

    def calm(self) -> None:
        """Let nothing more go wrong, and wait until all is done."""
        for timer in self.stopped.values():
            timer.join()
        self.stopped.clear()
        self._man()
        until = time.monotonic() + PATIENCE
        asked = time.monotonic()
        while left := self._left():
            assert time.monotonic() < until, (left, [worker.text[-3000:] for worker in self.workers])
            if time.monotonic() - asked > PAUSE:
                asked = time.monotonic()
                self._open_gates()
                self.minute(silent=LATE)
                self._man()
            time.sleep(0.05)
        for shelf in self.shelves:
            shelf.trouble.forget()

    def _left(self) -> list[Any]:
        queries = (
            "SELECT name FROM fleet_profile WHERE due != '' OR queued != ''",
            "SELECT profile FROM fleet_page",
            "SELECT lock FROM procrastinate_jobs WHERE status IN ('todo', 'doing')",
        )
        return [row[0] for query in queries for row in self.query(query)]

    def check(self) -> None:
        """Once all is calm: nothing broken, nothing missing, and nothing more to do."""
        for shelf in self.shelves:
            shelf.trouble.forget()
        self.calm()
        # Whatever was refused, or was unknown, had its second chance.
        for _ in range(2):
            self.want(self.shelves)
            self.calm()
        for shelf in self.shelves:
            shelf.note()
            shelf.check_promise()
            self._heed_questions(shelf)
            shelf.check_complete()
        before = [shelf.zotero.version() for shelf in self.shelves]
        self.want(self.shelves)
        self.calm()
        assert [shelf.zotero.version() for shelf in self.shelves] == before, "it does not come to rest"
        query = "SELECT count(*) FROM journal"
        assert self.postgres.run(query, self.database) == [(0,)]

    def _heed_questions(self, shelf: Shelf) -> None:
        library = self.config.libraries[f"lib{shelf.number}"]
        with remembered(library, self.desk.data, self.clock) as state:
            shelf.waiting = {s.title for s in state.standings.of() if s.cause == "review" and s.key is None}
