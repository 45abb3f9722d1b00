"""What is read of syncd's database goes by what is new and what is printed, not by how much is kept there."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

import large
from boards import Reader, with_dashboard
from desk import Desk, Zotero
from doubles import FaultyLibrary
from pages import entry, page
from syncd.cli.export import say_kept
from syncd.cli.main import app
from syncd.clock import SystemClock
from syncd.config import load
from syncd.daemon.work import Looker, LookProgress
from syncd.engine.ports import Ports, run_name
from syncd.web.alone import Alone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SIZES = (400, 2000)
# Beside each item of the library: profiles, what they tell, runs, and all that `status` may show of papers.
KEEP = """
CREATE TEMP TABLE many AS SELECT row_number() OVER (ORDER BY key) AS n, library, key FROM index_item;
INSERT INTO profile (library, name, author, origin, digest, papers, collection, run, pushed, whole, paused)
    SELECT library, 'p' || n, 'Author ' || n, 'p' || n || '.txt', 'd', 10, 'Profiles/p' || n, 'r', day, day,
        CASE n % 6 WHEN 0 THEN 'paused' ELSE '' END FROM many, (SELECT '2026-01-01' AS day) WHERE n % 5 = 0;
INSERT INTO figure (library, profile, day, papers)
    SELECT library, 'p' || n, day, 12 FROM many, (SELECT '2026-01-01' AS day UNION SELECT '2026-02-01') WHERE n % 5 = 0;
INSERT INTO trouble (library, name, since, last, times, message, hint)
    SELECT library, 'p' || n, '2026-01-01T00:00:00+00:00', '2026-01-02T00:00:00+00:00', 2, 'No.', 'Wait.' FROM many
    WHERE n % 10 = 0;
INSERT INTO fact (library, key, profile, since, facts, changed)
    SELECT library, key, 'p' || (n - n % 5), strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'),
        '{"score": 5, "affiliations": [], "links": {}}', n FROM many;
INSERT INTO collection (library, path, key)
    SELECT library, 'Profiles/p' || n, substr(10000000 + n, 1, 8) FROM many WHERE n % 5 = 0;
INSERT INTO index_collection (library, key, version, name, trashed)
    SELECT library, substr(10000000 + n, 1, 8), 1, 'p' || n, 0 FROM many WHERE n % 5 = 0;
INSERT INTO index_deletion (library, key, kind) SELECT library, substr(20000000 + n, 1, 8), 'item' FROM many;
INSERT INTO tombstone (library, key, since, by)
    SELECT library, key, '2026-01-01', CASE n % 4 WHEN 0 THEN 'user' ELSE 'syncd' END FROM many WHERE n % 2 = 0;
INSERT INTO decision (library, paper, key, verdict) SELECT library, key, key, 'later' FROM many WHERE n % 3 = 0;
INSERT INTO refusal (library, paper, digest, message) SELECT library, key, 'd', 'No.' FROM many WHERE n % 3 = 0;
INSERT INTO rejection (library, profile, paper, title, said, run, since)
    SELECT library, 'p' || n, key, 'Title', '', 'r', '2026-01-01' FROM many WHERE n % 3 = 0;
INSERT INTO standing (library, paper, cause, key, title, detail, comparison)
    SELECT library, key, cause, key, 'Title ' || n, '',
        '[{}, [{"key": "' || key || '", "title": "T", "score": 0.9, "reasons": [], "record": {}}]]'
    FROM many, (SELECT 'review' AS cause UNION SELECT 'kept' UNION SELECT 'deleted' UNION SELECT 'paused')
    WHERE n % 3 = 0;
INSERT INTO run (id, library, started, finished, counts)
    SELECT '2026-01-' || n, library, '2026-01-01T00:00:00.' || n, '2026-01-01', '{}' FROM many WHERE n % 3 = 0;
INSERT INTO action (run, place, kind, key, title, reason)
    SELECT '2026-01-' || n, place, 'create', key, 'Title', ''
    FROM many, (SELECT 0 AS place UNION SELECT 1) WHERE n % 3 = 0;
"""


class _Rows(sqlite3.Cursor):
    """A cursor that counts the rows that are fetched."""

    count = 0

    def fetchone(self) -> Any:
        """Fetch one."""
        row = super().fetchone()
        _Rows.count += row is not None
        return row

    def fetchmany(self, size: int | None = None) -> list[Any]:
        """Fetch some."""
        rows = super().fetchmany(self.arraysize if size is None else size)
        _Rows.count += len(rows)
        return rows

    def fetchall(self) -> list[Any]:
        """Fetch all."""
        rows = super().fetchall()
        _Rows.count += len(rows)
        return rows


class _Counting(sqlite3.Connection):
    """A connection whose cursors count."""

    def cursor(self, factory: Any = None) -> Any:
        """Return a cursor."""
        return super().cursor(factory or _Rows)


@contextmanager
def counted() -> Iterator[None]:
    """Count the rows that are fetched from databases that are opened meanwhile."""

    def connect(_dialect: object, _record: object, _words: object, options: dict[str, Any]) -> None:
        options["factory"] = _Counting

    sa.event.listen(sa.Engine, "do_connect", connect)
    try:
        yield
    finally:
        sa.event.remove(sa.Engine, "do_connect", connect)


class World:
    """A desk whose library has so many items, and whose state knows as much."""

    def __init__(self, folder: Path, server: FaultyLibrary) -> None:
        (folder / "user").mkdir()
        self.desk = Desk(folder / "user", Zotero(server), SystemClock())  # type: ignore[arg-type]
        self.port = with_dashboard(self.desk, '[profiles.bo]\nsource = "bo.txt"\n[digest]\nnote = "weekly"\n')
        self.titles: list[str] = []
        (self.desk.folder / "bo.txt").write_text(page(entry("Beholden"), name="Bo Chen"), encoding="utf-8")
        self.lists("Aardvarks", "Badgers", "Caracals", "Dormice")
        self.syncd("push", "--dry-run")
        large.remember_all(self.desk.data.state)
        with closing(sqlite3.connect(self.desk.data.state)) as connection:
            connection.executescript(f"BEGIN; {KEEP} COMMIT;")
        self.syncd("push")

    def lists(self, *titles: str) -> None:
        """Let the page list more papers."""
        self.titles += titles
        self.desk.page.write_text(page(*map(entry, self.titles)), encoding="utf-8")

    def syncd(self, *words: str) -> str:
        """Run a command; return what it prints."""
        done = CliRunner().invoke(app, words, env=self.desk.env)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.output
        assert done.exit_code in {0, 6}, done.output
        return done.stdout

    def look(self) -> None:
        """Look at a profile as the daemon does."""
        desk, clock = self.desk, SystemClock()
        looker = Looker(Ports(desk.env, desk.data, clock), lambda _: True)
        settings = load(desk.folder / "config.toml", desk.env)
        progress = LookProgress(clock, threading.Event())
        (look,) = looker.look("ann", frozenset({"due"}), run_name(clock.now()), settings, progress).looks
        assert look.error is None

    @contextmanager
    def board(self) -> Iterator[Reader]:
        """Give a reader of the dashboard, in this process."""
        desk, clock = self.desk, SystemClock()
        path = desk.folder / "config.toml"
        with Alone(load(path, desk.env), path, Ports(desk.env, desk.data, clock), say_kept) as alone:
            yield Reader(alone.invite(), self.port)

    def profiles(self) -> int:
        """Return how many profiles were pushed."""
        with closing(sqlite3.connect(self.desk.data.state)) as connection:
            return int(connection.execute("SELECT count(*) FROM profile").fetchone()[0])

    def trash(self, title: str) -> None:
        """Let the owner put a paper into the trash."""
        self.desk.zotero.edit(title, deleted=1)

    def erase(self, title: str) -> None:
        """Let the owner erase a paper."""
        self.desk.zotero.erase(self.desk.zotero.papers()[title]["key"])

    def trash_collection(self) -> None:
        """Let the owner erase the collection of a profile."""
        self.desk.zotero.erase(self.desk.zotero.collections()["Ann Lee"]["key"], of="collections")


# Pages of the dashboard, and whether each profile is looked at there, as in `status`.
PAGES = {"/": True, "/reviews": False, "/runs": False, "/profiles": True}


def shown(reader: Reader, path: str) -> None:
    """Look at a page of the dashboard."""
    answer = reader.get(path)
    assert answer.status == 200, answer.text


def _measured(world: World, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Return how many rows each command fetches, without those that it prints."""
    found: dict[str, int] = {}

    def measure(name: str, act: Callable[[], Any], printed: Callable[[Any], int] = lambda _: 0) -> None:
        _Rows.count = 0
        shown = act()
        found[name] = _Rows.count - printed(shown)

    monkeypatch.chdir(world.desk.folder)

    def command(*words: str, printed: Callable[[Any], int] = lambda _: 0) -> None:
        measure(" ".join(words), lambda: world.syncd(*words), printed)

    command("push")
    world.lists("Elephants", "Fishers", "Gibbons")
    measure("push of three new", lambda: world.syncd("push"))
    world.lists("Hedgehogs")
    measure("look", world.look)
    # Each profile is looked at, to find those that matter most.
    command("status", printed=lambda _: world.profiles())
    command(
        "status", "--json", printed=lambda out: sum(len(json.loads(out)[n]) for n in ("profiles", "papers"))
    )
    command("review", "--json", printed=lambda out: len(json.loads(out)))
    command("digest", "--since", "9999d")
    command("digest", "--json")
    with world.board() as reader:
        for path, each in PAGES.items():
            looked_at = world.profiles() if each else 0
            measure(f"page {path}", lambda: shown(reader, path), lambda _: looked_at)  # noqa: B023 - called at once
    command("review", "Title 30", "--different")
    command("log")
    command("log", "--last")
    world.lists("Ibexes")
    command("plan", "-o", "plan.json")
    command("push", "--plan", "plan.json")
    command("undo", "--last")
    world.trash("Aardvarks")
    command("restore", "Aardvarks")
    world.erase("Badgers")
    command("restore", "Badgers")
    command("push")
    world.trash_collection()
    world.syncd("push")
    command("resume", "ann", "--new-collection")
    measure("push into a fresh collection", lambda: world.syncd("push"))
    command("reject", "Caracals", "--profile", "ann")
    command("unfollow", "bo", "--forget")
    return found


Rows = dict[str, tuple[int, ...]]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """Give for each command how many rows it fetches where there is little, and where there is ten times as much."""
    several = []
    with counted():
        for size in SIZES:
            folder = tmp_path_factory.mktemp(f"of-{size}")
            large.fill(folder / "zotero.sqlite", size)
            with pytest.MonkeyPatch.context() as patch, FaultyLibrary(folder / "zotero.sqlite") as server:
                several.append(_measured(World(folder, server), patch))
    return {name: tuple(found[name] for found in several) for name in several[0]}


def test_what_is_fetched_does_not_grow_with_what_is_there(rows: Rows) -> None:
    """In a library of ten times the items, with ten times the profiles, runs, questions and decisions."""
    assert {name: counts for name, counts in rows.items() if counts[1] > counts[0]} == {}
