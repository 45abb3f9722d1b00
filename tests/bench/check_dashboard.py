"""What pages of the dashboard cost until their first byte, and what they weigh, with 10,000 papers.

A process of its own shows them, as `syncd dashboard` does. What is held to the promise is its CPU time, for a computer
may have other work: of the first look at a page, and of later ones.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

import large
from boards import Reader
from clocks import FakeClock
from ports import free_port
from syncd.config import load
from syncd.paths import DataFolder
from syncd.state import tables as db
from syncd.state.libraries import remembered
from syncd.state.standings import Standing
from syncd.state.state import State
from syncd.sync.action import Action, Fact, Figures, Plan, PlannedProfile
from syncd.zotero.embedded import database as embedded
from syncd.zotero.embedded.objects import Collection, Item

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SHAPES: Final = {"many": (200, 50), "one": (1, 10_000)}
# Milliseconds of CPU until the first byte, and bytes with all parts.
MOST, HEAVIEST = 100.0, 300_000
TIMES: Final = 9
# Runs after the first one, the papers that each changed, and papers that wait for a decision.
RUNS, EACH_RUN, WAITING = 300, 5, 200
CATEGORIES: Final = ("cs.CL", "cs.CV", "cs.LG", "stat.ML", "eess.AS")
HEAD: Final = (
    f"{'page':45} {'first':>6} {'median':>6} {'worst':>6} {'CPU, ms':>7} {'median':>6} {'worst':>6} {'kB':>6}"
)
PARTS: Final = ("board.css", "board.js", "icon.svg")


@dataclass(frozen=True)
class World:
    """What is looked at.

    Attributes:
        folder: of the configuration.
        data: syncd's.
        port: the dashboard's.
        profiles: how many there are.
        each: how many papers each has.
    """

    folder: Path
    data: DataFolder
    port: int
    profiles: int
    each: int

    @property
    def env(self) -> dict[str, str]:
        """The environment of commands."""
        own = {"SYNCD_DATA_DIR": str(self.data.root), "SYNCD_CONFIG": str(self.folder / "config.toml")}
        return {**os.environ, **own}


def paper(number: int, each: int) -> dict[str, Any]:
    """Return an item, as the API has it."""
    chance = random.Random(number)
    words, sums = large.vocabulary()
    names = {
        f"{chance.choice(words)} {chance.choice(words[:300])}".title() for _ in range(chance.randint(2, 9))
    }
    creators = [{"creatorType": "author", "firstName": "Ann B.", "lastName": f"Lee {number // each}"}]
    creators += [{"creatorType": "author", "name": name} for name in sorted(names)]
    return {
        "key": large.key(number),
        "itemType": "preprint",
        "title": large.title(chance),
        "date": f"{1995 + number % 31}-{number % 12 + 1:02}-{number % 28 + 1:02}",
        "creators": creators,
        "abstractNote": " ".join(chance.choices(words, cum_weights=sums, k=160)),
        "DOI": f"10.5555/{number}",
        "url": f"https://example.org/{number}",
        "tags": [{"tag": word, "type": 1} for word in chance.sample(large.KNOWN, 3)],
        "collections": [large.key(10**6 + number // each)],
    }


def fill_library(world: World, items: Sequence[dict[str, Any]], library: str) -> None:
    """Make the embedded library: every other paper has a link to code, every hundredth is in the trash."""
    embedded.prepare(world.data.library, library)
    own = frozenset({"key", "itemType", "collections"})
    with closing(embedded.connect(world.data.library)) as connection, embedded.transaction(connection):
        store = embedded.Store(connection, library)
        for profile in range(world.profiles):
            embedded.save(store, Collection(large.key(10**6 + profile), f"Author {profile}", 2))
        for number, item in enumerate(items):
            date = f"2025-01-01T00:{number // 60 % 60:02}:{number % 60:02}Z"
            data = {name: value for name, value in item.items() if name not in own}
            about: dict[str, Any] = {"version": number + 2, "date_added": date, "date_modified": date}
            filed, is_trash = tuple(item["collections"]), number % 100 == 99
            kept = Item(item["key"], "preprint", data=data, collections=filed, trashed=is_trash, **about)
            store.save_item(kept)
            if number % 2:
                link = {
                    "title": "Code: ann/things",
                    "url": "https://github.com/ann/things",
                    "linkMode": "linked_url",
                }
                store.save_item(
                    Item(large.key(2 * 10**6 + number), "attachment", parent=item["key"], data=link, **about)
                )


def fill_state(world: World, state: State, items: Sequence[dict[str, Any]], now: datetime) -> None:
    """Let all profiles have been pushed: half a year ago, since then, and this week."""
    index = state.index()
    with state.writing() as connection:
        for start in range(0, len(items), 1000):
            index.record(connection, items=[(item, 1) for item in items[start : start + 1000]], complete=1)
        for profile in range(world.profiles):
            mine = items[profile * world.each : (profile + 1) * world.each]
            name = f"p{profile:03}"
            for days, h_index in ((180, 10), (90, 11), (3, 12)):
                figures = Figures(h_index, 100 * h_index, 50, 60)
                planned = PlannedProfile(
                    name, f"Author {profile}", f"{name}.txt", "", name, world.each, None, figures=figures
                )
                # What came this week is most of it: nothing costs more.
                told = tuple(
                    Fact(
                        item["key"],
                        name,
                        number * 7 % 101,
                        ("mit",),
                        (("https://a.b/c", "code"),) * (number % 2),
                        CATEGORIES[number % 5],
                    )
                    for number, item in enumerate(mine[: len(mine) // 10] if days > 3 else mine)
                )
                plan = Plan("main", "users/1", 1, (planned,), (), {}, (), told)
                actions = [Action("create", one["title"], one["key"], one["key"], "new") for one in mine]
                state.facts.learn(connection, plan, actions, now - timedelta(days=days))
                state.profiles.put(connection, "run", planned, now.isoformat())


def fill_history(state: State, items: Sequence[dict[str, Any]], now: datetime) -> None:
    """Let one run have created everything, and others have changed some of it; some papers wait, more were kept."""
    names = ["first", *(f"run-{number:03}" for number in range(RUNS))]
    for number, name in enumerate(names):
        started = (now - timedelta(hours=2 * (len(names) - number))).isoformat(timespec="seconds")
        state.history.begin(name, "push", started, ["p000"])
        state.history.finish(name, started, {"create": len(items) if name == "first" else 0}, None)
    day = now.isoformat(timespec="microseconds")
    created = [(item, "create", "new in source", {"title": ("", item["title"])}) for item in items]
    lines = {"first": created}
    for number, name in enumerate(names[1:]):
        lines[name] = [
            (item, "update", "changed in source", {"abstractNote": ("", item["abstractNote"])})
            for item in items[number : number + EACH_RUN]
        ]
    rows = [
        {
            "run": run,
            "number": number,
            "kind": kind,
            "key": item["key"],
            "title": item["title"],
            "reason": reason,
            "changes": json.dumps(changes),
            "recorded": day,
        }
        for run, several in lines.items()
        for number, (item, kind, reason, changes) in enumerate(several)
    ]
    with state.writing() as connection:
        connection.execute(sa.insert(db.action), rows)
        record = {"title": "T", "authors": "Ann B. Lee", "date": "2021", "abstract": "We study things. " * 60}
        about = {"score": 0.9, "reasons": ["the same first author"], "record": record}
        waiting = [
            Standing(
                f"W{n:07}",
                "review",
                None,
                one["title"],
                "",
                record,
                ({"key": one["key"], "title": "T", **about},),
            )
            for n, one in enumerate(items[:WAITING])
        ]
        kept = [
            Standing(
                f"K{n:07}", "kept", one["key"], one["title"], "title", values={"title": ("A", one["title"])}
            )
            for n, one in enumerate(items[:1000])
        ]
        state.standings.put(connection, [one.paper for one in (*waiting, *kept)], [*waiting, *kept])


def built(folder: Path, shape: str, database: str) -> World:
    """Make a world."""
    profiles, each = SHAPES[shape]
    world = World(folder, DataFolder(folder / "data", database), free_port(), profiles, each)
    world.data.create()
    followed = "".join(f'[profiles.p{n:03}]\nsource = "p{n:03}.txt"\n' for n in range(profiles))
    where = f'[database]\nurl = "{database}"\n' if database else ""
    settings = f'[libraries.main]\ntype = "embedded"\n{where}[dashboard]\nport = {world.port}\n{followed}'
    (folder / "config.toml").write_text(settings, encoding="utf-8")
    config = load(folder / "config.toml", world.env)
    library = config.library("main")
    items = [paper(number, each) for number in range(profiles * each)]
    fill_library(world, items, library.whereabouts[1])
    clock = FakeClock(datetime.now(UTC))
    with remembered(library, world.data, clock) as state:
        fill_state(world, state, items, clock.now())
        fill_history(state, items, clock.now())
    return world


def pages(world: World) -> list[str]:
    """Return what a reader opens."""
    last = world.profiles * world.each // 50
    profile = "/profiles/main/p000"
    return [
        *("/", "/reviews", "/reviews?at=150"),
        *(
            "/runs",
            "/runs?page=11",
            "/runs/main/first",
            f"/runs/main/first?page={last // 2}",
            "/runs/main/run-001",
        ),
        *("/profiles", "/profiles?page=2", "/profiles?q=author+1", "/profiles?q=qqq"),
        *(profile, f"{profile}?sort=score", f"{profile}?sort=title", f"{profile}?sort=since"),
        *(
            f"{profile}?page={-(-world.each // 50)}",
            f"{profile}?q=learning",
            f"{profile}?q=qqq",
            f"{profile}?q=lee",
        ),
        f"/papers/main/{large.key(7)}",
        *("/library", f"/library?page={last}", "/library?q=learning", "/library?q=qqq", "/library?trash=1"),
        f"/library?collection={large.key(10**6)}",
        "/follow",
    ]


class Shown:
    """A dashboard in a process of its own.

    Args:
        world: what it shows.
    """

    def __init__(self, world: World) -> None:
        words = [sys.executable, "-m", "syncd", "dashboard", "--no-browser", "--json"]
        self._process = subprocess.Popen(words, env=world.env, stdout=subprocess.PIPE, cwd=world.folder)
        assert self._process.stdout is not None
        with self._process.stdout as told:
            url = json.loads(told.readline())["url"]
        self.reader = Reader(url, world.port)
        self.weight = sum(len(self.reader.get(f"/static/{name}").text) for name in PARTS)
        assert urlsplit(url).port == world.port

    def look(self, path: str) -> tuple[float, float, int]:
        """Look at a page; return milliseconds until its first byte, those of CPU until its last, and its bytes."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.reader.port, timeout=60)) as line:
            line.connect()
            cpu, begun = self._cpu(), time.perf_counter()
            line.request("GET", path, headers={"Cookie": self.reader.cookie})
            answer = line.getresponse()
            took = time.perf_counter() - begun
            text = answer.read()
            assert answer.status == 200, text
            return took * 1000, (self._cpu() - cpu) * 1000, len(text)

    def _cpu(self) -> float:
        """Return the seconds of CPU that the process had, by the clock that Linux has for it."""
        return time.clock_gettime(~self._process.pid << 3 | 2)

    def end(self) -> None:
        """End it."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(timeout=30)


@contextmanager
def shown(world: World) -> Iterator[Shown]:
    """Show a world."""
    made = Shown(world)
    try:
        yield made
    finally:
        made.end()


@pytest.mark.parametrize("where", ["file", "server"])
@pytest.mark.parametrize("shape", list(SHAPES))
def test_pages_begin_at_once(request: pytest.FixtureRequest, tmp_path: Path, shape: str, where: str) -> None:
    """Each page that a reader opens, in each order and part; and those of which nothing is found."""
    database = request.getfixturevalue("database") if where == "server" else ""
    world = built(tmp_path, shape, database)
    lines = [f"{world.profiles} profiles of {world.each} papers, the state in a {where}", HEAD]
    slow = []
    with shown(world) as board:
        for path in pages(world):
            looks = [board.look(path) for _ in range(TIMES + 1)]
            waits, cpu = [one[0] for one in looks], [one[1] for one in looks]
            weight = max(one[2] for one in looks) + board.weight
            usual = statistics.median(cpu[1:])
            lines.append(
                f"{path:45} {waits[0]:6.0f} {statistics.median(waits[1:]):6.0f} {max(waits[1:]):6.0f}"
                f" {cpu[0]:7.0f} {usual:6.0f} {max(cpu[1:]):6.0f} {weight / 1000:6.0f}"
            )
            if usual > MOST or weight > HEAVIEST:
                slow.append(path)
    print("", *lines, sep="\n")  # noqa: T201 - what is measured
    assert not slow
