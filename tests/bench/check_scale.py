"""What a push and a first reading cost against the size of the library and of what is remembered of it.

SYNCD_SCALE names the sizes, the least first; SYNCD_PLOT the file for a plot of cost against size.
"""

from __future__ import annotations

import json
import math
import os
import random
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import large
from pages import entry, page
from syncd.model import Creator, Paper
from syncd.state.index import Index
from syncd.state.search import Search, Title
from syncd.state.store import Store
from syncd.sync.library import LibraryView, authors_of
from syncd.sync.match import near
from syncd.text.titles import fold_title, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SIZES = [int(size) for size in os.environ.get("SYNCD_SCALE", "1000 100000 1000000").split()]
PLOT = os.environ.get("SYNCD_PLOT")
KEY = "ThisIsTheKeyOfTheBench22"
NEW = 50
# What each figure may be at most; ratios are the largest library's against the least one's.
MOST_IDLE, MOST_NEW, MOST_MEMORY = 1.2, 1.3, 200.0
# A server on the same computer takes no time to answer: what is left to compare is syncd's own work on the items.
MOST_READING = {"near": 2.5, "far": 1.3}
LEAST_RECALL, MOST_SECONDS = 0.995, 0.005
# Titles that are looked for. Recall is measured against a search of every title, in libraries of no more than this, and
# by no more comparisons.
LOOKED_FOR, COMPARED, COMPARISONS = 300, 100_000, 6_000_000
# How often each push is made; the least counts.
TURNS = 4
# Papers in the library that clients read against each other, and seconds that a server far away takes for an answer.
RACE, FAR = 10_000, 0.1
SERVER = """
import asyncio, sys
from pathlib import Path
from syncd.zotero.embedded import EmbeddedLibrary
class Server(EmbeddedLibrary):
    def application(self, workers):
        answer = super().application(workers)
        async def late(scope, receive, send):
            await asyncio.sleep(float(sys.argv[3]) if scope["type"] == "http" else 0)
            await answer(scope, receive, send)
        return late
with Server(Path(sys.argv[1]), key=sys.argv[2]) as library:
    print(library.url, flush=True)
    sys.stdin.read()
"""
# A command with its own figures as the last line of standard error: seconds of CPU, and MB at its largest.
MEASURED = """
import atexit, json, sys, time
def tell():
    lines = open("/proc/self/status", encoding="ascii").read().splitlines()
    peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    print(json.dumps([time.process_time(), peak / 1024]), file=sys.stderr, flush=True)
atexit.register(tell)
from syncd.cli.main import main
main()
"""
READ = """
import sys, time
from pathlib import Path
from syncd.clock import SystemClock
from syncd.state.state import State
from syncd.state.store import Store
from syncd.zotero.client import Address, Client
from syncd.zotero.transport import PoliteTransport
url, key, path = sys.argv[1:]
index = State(Store.at(Path(path)), url, "users/1", SystemClock()).index()
start = time.perf_counter()
index.refresh(Client(Address("main", url, "users/1", key), PoliteTransport(SystemClock())))
print(time.perf_counter() - start)
"""
# Fetches all pages on four connections, and does no more with them than to read their JSON.
BARE = """
import json, sys, time
from concurrent.futures import ThreadPoolExecutor
import httpx2
url, key, count = sys.argv[1:]
start = time.perf_counter()
with httpx2.Client(headers={"Zotero-API-Key": key}, timeout=60) as client, ThreadPoolExecutor(4) as threads:
    def fetch(first):
        page = f"{url}/users/1/items?includeTrashed=1&limit=100&start={first}"
        return len(json.loads(client.get(page).content))
    assert sum(threads.map(fetch, range(0, int(count), 100))) == int(count)
print(time.perf_counter() - start)
"""

# The same, by the keys of items: pages cost the embedded library the more the further on they are.
BARE_BY_KEYS = """
import json, sys, time
from concurrent.futures import ThreadPoolExecutor
import httpx2
url, key, count = sys.argv[1:]
start = time.perf_counter()
with httpx2.Client(headers={"Zotero-API-Key": key}, timeout=60) as client, ThreadPoolExecutor(4) as threads:
    items = f"{url}/users/1/items?includeTrashed=1"
    keys = list(json.loads(client.get(f"{items}&format=versions").content))
    def fetch(first):
        some = ",".join(keys[first : first + 100])
        return len(json.loads(client.get(f"{items}&limit=100&itemKey={some}").content))
    assert sum(threads.map(fetch, range(0, int(count), 100))) == int(count)
print(time.perf_counter() - start)
"""


@dataclass(frozen=True)
class Cost:
    """What a command cost: seconds of CPU, MB at its largest, seconds."""

    cpu: float
    memory: float
    seconds: float


@dataclass
class Figures:
    """What was measured at one size."""

    size: int
    costs: dict[str, Cost] = field(default_factory=dict)
    search: float = 0.0


class Bench:
    """A library of a size, and a user's folder beside it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        (folder / "config.toml").write_text(
            f'[libraries.main]\ntype = "user"\nid = 1\nkey = {{ env = "TEST_KEY" }}\nendpoint = "{url}"\n\n'
            '[profiles.ann]\nsource = "page.txt"\n',
            encoding="utf-8",
        )

    @property
    def state(self) -> Path:
        """The database of syncd."""
        return self.folder / "data" / "syncd.sqlite"

    def push(self, *words: str) -> Cost:
        """Push what the page lists; return what it cost."""
        env = {
            **{name: os.environ.get(name, "") for name in ("PATH", "PYTHONPATH")},
            "HOME": str(self.folder),
            "SYNCD_DATA_DIR": str(self.folder / "data"),
            "TEST_KEY": KEY,
            "SYNCD_CONFIG": str(self.folder / "config.toml"),
        }
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, "push", *words],
            env=env,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - start
        assert done.returncode in {0, 6}, done.stdout + done.stderr
        cpu, memory = json.loads(done.stderr.splitlines()[-1])
        return Cost(cpu, memory, seconds)

    def list_papers(self, first: int) -> None:
        """Let the page list new papers."""
        made = large.items(NEW, first)
        entries = [entry(item.data["title"], abstract=item.data["abstractNote"]) for item in made]
        (self.folder / "page.txt").write_text(page(*entries), encoding="utf-8")


@contextmanager
def served(path: Path, pause: float = 0) -> Iterator[str]:
    """Serve a library in a process of its own, with a pause before each answer; give its address."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, str(path), KEY, str(pause)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout
        yield server.stdout.readline().strip()
        assert server.stdin
        server.stdin.close()


def least(costs: list[Cost]) -> Cost:
    """Return the least of several, for what else the computer does adds to them."""
    return Cost(*(min(getattr(cost, name) for cost in costs) for name in ("cpu", "memory", "seconds")))


def read_first(bench: Bench, size: int) -> Figures:
    """Read a library of a size for the first time, and let state know all of it."""
    bench.list_papers(size)
    found = Figures(size, {"first reading": bench.push("--dry-run")})
    large.remember_all(bench.state)
    found.search = seconds_a_title(bench.state)
    return found


def push_in_turns(benches: Mapping[int, Bench]) -> dict[int, dict[str, Cost]]:
    """Push new papers, and nothing new, in libraries of several sizes, one after the other and again.

    A processor is faster at one time than at another, so that what is compared is measured side by side.
    """
    costs: dict[int, dict[str, list[Cost]]] = {
        size: {"push of 50 new": [], "push of nothing new": []} for size in benches
    }
    for turn in range(TURNS):
        for size, bench in benches.items():
            bench.list_papers(size + turn * NEW)
            for each in costs[size].values():
                each.append(bench.push())
    return {size: {what: least(several) for what, several in each.items()} for size, each in costs.items()}


def spelt_otherwise(number: int) -> Paper:
    """Return a paper of the library as another source spells it: a letter, a word, the order or the end differ."""
    (item,) = large.items(1, number)
    chance = random.Random(number)
    words = item.data["title"].split()
    at = chance.randrange(len(words))
    word = words[at]
    kind = chance.randrange(6)
    if kind == 0:
        words[at] = word[:-1] + chance.choice("aeinrst")
    elif kind == 1:
        words[at] = word[: len(word) // 2] + word[len(word) // 2 + 1 :]
    elif kind == 2:
        words[at] = f"{word}s"
    elif kind == 3 and len(words) > 5:
        del words[at]
    elif kind == 4:
        words.insert(at, "the")
    else:
        half = len(words) // 2
        words = words[half:] + words[:half]
    creators = tuple(
        Creator(f"{c['firstName']} {c['lastName']}", c["lastName"], c["firstName"])
        for c in item.data["creators"]
    )
    return Paper(title=" ".join(words), creators=creators, date=item.data["date"])


@contextmanager
def searching(state: Path) -> Iterator[tuple[Search, Store]]:
    """Give what looks for papers among the items of the one library."""
    store = Store.at(state)
    with store.reading() as connection:
        yield Search(connection, 1), store
    store.close()


def alike(search: Search, paper: Paper) -> set[str]:
    """Return the keys of the items that are looked at for a paper."""
    authors = authors_of(creator.family for creator in paper.creators)
    title = Title(fold_title(paper.title), words_of(paper.title), authors)
    there = search.by("item", "folded_title", [title.folded])
    return there.get(title.folded, set()) | search.alike([title])["item"][title]


def seconds_a_title(state: Path) -> float:
    """Return the seconds of CPU that it takes to look for a title that is new, on average; the least of three times."""
    papers = [spelt_otherwise(number) for number in range(LOOKED_FOR)]
    taken = []
    with searching(state) as (search, _):
        alike(search, papers[0])
        for _ in range(3):
            start = time.process_time()
            for paper in papers:
                alike(search, paper)
            taken.append((time.process_time() - start) / len(papers))
    return min(taken)


def recall(state: Path, view: LibraryView) -> tuple[int, int]:
    """Return how many pairs the search found of those that a comparison with every title finds."""
    pairs = found = 0
    chance = random.Random(7)
    with searching(state) as (search, _):
        size = len(view.items)
        for number in chance.sample(range(size), min(size, LOOKED_FOR, COMPARISONS // size)):
            paper = spelt_otherwise(number)
            like = {candidate.key for candidate in near(paper, view, frozenset())}
            pairs += len(like)
            found += len(like & alike(search, paper))
    return found, pairs


def compared(state: Path, size: int) -> tuple[int, int]:
    """Return `recall` of a library of a size."""
    store = Store.at(state)
    items = {one.key: one for one in Index(store, 1).items(map(large.key, range(size)))}
    store.close()
    return recall(state, LibraryView("users/1", 0, items, {}, frozenset()))


def race(folder: Path, pause: float) -> dict[str, float]:
    """Return how long syncd and bare clients take for a first reading, the best of three turns each."""
    folder.mkdir()
    large.fill(folder / "library.sqlite", RACE)
    taken: dict[str, list[float]] = {"bare": [], "bare, by keys": [], "syncd": []}
    with served(folder / "library.sqlite", pause) as url:
        for turn in range(3):
            for name, words in (
                ("bare", [BARE, url, KEY, str(RACE)]),
                ("bare, by keys", [BARE_BY_KEYS, url, KEY, str(RACE)]),
                ("syncd", [READ, url, KEY, str(folder / f"{turn}.sqlite")]),
            ):
                done = subprocess.run(
                    [sys.executable, "-c", *words], capture_output=True, text=True, check=True
                )
                taken[name].append(float(done.stdout))
    return {name: min(seconds) for name, seconds in taken.items()}


def plot(figures: list[Figures]) -> str:
    """Return a picture, as SVG: seconds of CPU and MB against the size of the library."""
    colours = {"push of nothing new": "#2a7", "push of 50 new": "#27c", "first reading": "#c52"}
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 300" font-family="sans-serif" font-size="12">',
        '<rect width="760" height="300" fill="#fff"/>',
    ]
    for place, (title, name) in enumerate((("seconds of CPU", "cpu"), ("MB at most", "memory"))):
        left, width, bottom, height = 60 + place * 380, 290, 240, 190
        every = [getattr(cost, name) for one in figures for cost in one.costs.values()]
        low, high = math.floor(math.log10(min(every))), math.ceil(math.log10(max(every)))
        first, last = math.log10(figures[0].size), math.log10(figures[-1].size)

        def across(size: int, left: int = left, first: float = first, last: float = last) -> float:
            return left + 290 * (math.log10(size) - first) / ((last - first) or 1)

        def up(value: float, low: int = low, high: int = high) -> float:
            return 240 - 190 * (math.log10(value) - low) / (high - low)

        parts.append(f'<text x="{left}" y="30" font-weight="bold">{title}</text>')
        for power in range(low, high + 1):
            y = up(10**power)
            parts.append(f'<path d="M{left} {y:.0f}h{width}" stroke="#ddd"/>')
            parts.append(f'<text x="{left - 6}" y="{y + 4:.0f}" text-anchor="end">{10.0**power:g}</text>')
        for one in figures:
            x = across(one.size)
            parts.append(f'<text x="{x:.0f}" y="{bottom + 18}" text-anchor="middle">{one.size:,}</text>')
        for what, colour in colours.items():
            points = [(across(one.size), up(getattr(one.costs[what], name))) for one in figures]
            line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]
        assert height
    for at, (what, colour) in enumerate(colours.items()):
        parts.append(f'<text x="{60 + at * 190}" y="285" fill="{colour}">{what}</text>')
    return "\n".join([*parts, "</svg>", ""])


def rows_of(
    figures: list[Figures], found: int, pairs: int, races: dict[str, dict[str, float]]
) -> list[tuple[Any, ...]]:
    """Return the table: what, what it is, at most (or at least), whether it holds."""
    small, big = figures[0], figures[-1]
    rows: list[tuple[Any, ...]] = []
    for what, most in (("push of nothing new", MOST_IDLE), ("push of 50 new", MOST_NEW)):
        for name in ("cpu", "memory"):
            ratio = getattr(big.costs[what], name) / getattr(small.costs[what], name)
            rows.append(
                (f"{what}: {name}, {big.size:,} items against {small.size:,}", ratio, most, ratio <= most)
            )
    reading = big.costs["first reading"].memory
    rows.append((f"first reading: MB, {big.size:,} items", reading, MOST_MEMORY, reading <= MOST_MEMORY))
    for where, taken in races.items():
        ratio, most = taken["syncd"] / taken["bare"], MOST_READING[where]
        what = f"first reading of {RACE:,}, server {where}: seconds against a bare client"
        rows.append((what, ratio, most, ratio <= most))
    share = found / pairs
    rows.append((f"near matches: recall, {pairs} pairs", share, LEAST_RECALL, share >= LEAST_RECALL))
    took = big.search * 1000
    rows.append(
        (
            f"near matches: ms a paper, {big.size:,} items",
            took,
            MOST_SECONDS * 1000,
            took <= MOST_SECONDS * 1000,
        )
    )
    return rows


def test_cost_grows_with_what_is_new(tmp_path: Path) -> None:
    """And not with the library, nor with what is remembered of it."""
    races = {name: race(tmp_path / name, pause) for name, pause in (("near", 0.0), ("far", FAR))}
    for where, taken in races.items():
        for name, seconds in taken.items():
            print(f"\nfirst reading of {RACE:,}, server {where}, {name}: {seconds:.1f} s", end="")  # noqa: T201
    print()  # noqa: T201
    figures, found, pairs = [], 0, 0
    with ExitStack() as stack:
        benches: dict[int, Bench] = {}
        for size in SIZES:
            folder = tmp_path / str(size)
            folder.mkdir()
            large.fill(folder / "library.sqlite", size)
            url = stack.enter_context(served(folder / "library.sqlite"))
            bench = benches[size] = Bench(folder, url)
            figures.append(read_first(bench, size))
            if size <= COMPARED:
                one_found, one_pairs = compared(bench.state, size)
                found, pairs = found + one_found, pairs + one_pairs
        pushes = push_in_turns(benches)
    for one in figures:
        one.costs |= pushes[one.size]
        for what, cost in one.costs.items():
            print(  # noqa: T201
                f"{one.size:>9,} {what:<20}{cost.cpu:>8.2f} s of CPU{cost.memory:>6.0f} MB{cost.seconds:>8.2f} s"
            )
        print(f"{one.size:>9,} {'a near match':<20}{one.search * 1000:>8.2f} ms", flush=True)  # noqa: T201
    rows = rows_of(figures, found, pairs, races)
    for what, value, most, holds in rows:
        print(f"| {what} | {value:.3g} | {most:g} | {'yes' if holds else 'NO'} |")  # noqa: T201
    if PLOT:
        Path(PLOT).write_text(plot(figures), encoding="utf-8")
    assert [what for what, _, _, holds in rows if not holds] == []
