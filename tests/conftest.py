"""A Zotero library over real HTTP, and a user's desk with syncd on it."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from background import Background, looks
from clocks import FakeClock
from desk import Desk, Trouble, Zotero
from desktops import DesktopDesk, Program
from doubles import DesktopLibrary, FaultyLibrary
from doubles.plugin import Plugin
from owner import Owner, show
from postgres import NoPostgresError, Postgres
from syncd import __version__
from syncd.paths import DataFolder
from syncd.state.postgres import engine
from syncd.state.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

# A shell that starts the tests in the background makes them deaf to Ctrl-C, and with them all that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A commit of SQLite waits for a disk, and tests make tens of thousands. What they tell stays true in memory: they kill
# processes, not computers.
MEMORY = Path("/dev/shm")  # noqa: S108 - the system's own name
ROOM = 1 << 30

if "TMPDIR" not in os.environ and MEMORY.is_dir() and os.access(MEMORY, os.W_OK):
    found = os.statvfs(MEMORY)
    if found.f_bavail * found.f_frsize >= ROOM and not found.f_flag & getattr(os, "ST_NOEXEC", 0):
        tempfile.tempdir = str(MEMORY)

# What takes longest begins first, so that no worker has it left when the others are done.
LONGEST = {"test_crash.py", "test_long_life.py", "test_machine.py"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let each worker begin with its share of the longest tests; all others stay as they are."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    longest = [item for item in items if item.path.name in LONGEST]
    others = [item for item in items if item.path.name not in LONGEST]
    left = len(items)
    items.clear()
    for worker in range(workers):
        # `worksteal` gives each as many, in the order in which they stand.
        size = left // (workers - worker)
        own = longest[worker::workers]
        room = max(0, size - len(own))
        items += [*own, *others[:room]]
        del others[:room]
        left -= size
    items += others


# No test depends on how fast a computer is, and what else it does meanwhile.
settings.register_profile("any speed", deadline=None)
settings.load_profile("any speed")


@pytest.fixture
def clock() -> FakeClock:
    """Give the time that library and engine share."""
    return FakeClock()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Start a PostgreSQL of this process's own, once; without its programs the tests that need it are skipped."""
    try:
        server = Postgres()
    except NoPostgresError as error:
        pytest.skip(f"no PostgreSQL: {error}")
    with server:
        yield server


@pytest.fixture(scope="session")
def template(postgres: Postgres) -> str:
    """Make a database with the tables of the state once, and return its name."""
    name = postgres.new()
    Store(postgres.url(name)).close()
    engine(postgres.url(name)).dispose()
    return name


@pytest.fixture
def database(postgres: Postgres, template: str) -> Iterator[str]:
    """Give the address of a new database with the tables of the state."""
    yield from _given(postgres, template)


@pytest.fixture
def bare_database(postgres: Postgres) -> Iterator[str]:
    """Give the address of a new, empty database."""
    yield from _given(postgres, "template0")


@pytest.fixture(params=["file", "server"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> DataFolder:
    """Give a data folder of which nothing is remembered: in a file, and on a server."""
    url = request.getfixturevalue("database") if request.param == "server" else ""
    return DataFolder(tmp_path, url)


def _given(postgres: Postgres, template: str) -> Iterator[str]:
    name = postgres.new(template)
    url = postgres.url(name)
    yield url
    engine(url).dispose()
    postgres.drop(name)


@pytest.fixture
def zotero(tmp_path: Path, clock: FakeClock) -> Iterator[Zotero]:
    """Serve an empty library."""
    trouble = Trouble()
    with FaultyLibrary(tmp_path / "zotero.sqlite", clock=clock.now, faults=trouble) as server:
        yield Zotero(server, trouble)


@pytest.fixture
def desk(tmp_path: Path, zotero: Zotero, clock: FakeClock) -> Desk:
    """Give a configured folder whose profile has no page yet."""
    folder = tmp_path / "user"
    folder.mkdir()
    made = Desk(folder, zotero, clock)
    made.configure()
    return made


@pytest.fixture
def program(tmp_path: Path, zotero: Zotero, clock: FakeClock) -> Iterator[Program]:
    """Let a Zotero run whose owner sees what `zotero` shows, with the plugin in it, which knows its key."""
    trouble = Trouble()
    path = tmp_path / zotero.server.path.name
    with DesktopLibrary(path, clock=clock.now, faults=trouble) as server:
        server.desktop.plugin = Plugin("a-plugin", version=__version__)
        server.desktop.plugin.grant(server.key)
        yield Program(server, trouble)


@pytest.fixture
def at_server(tmp_path: Path, zotero: Zotero, clock: FakeClock, database: str) -> Desk:
    """Give a configured folder whose state is on a server, and whose profile has no page yet."""
    folder = tmp_path / "user"
    folder.mkdir()
    made = Desk(folder, zotero, clock, database=database)
    made.configure()
    return made


@pytest.fixture
def at_desktop(tmp_path: Path, zotero: Zotero, program: Program, clock: FakeClock) -> DesktopDesk:
    """Give a configured folder whose library is the Zotero that runs, and whose profile has no page yet."""
    folder = tmp_path / "user"
    folder.mkdir()
    made = DesktopDesk(folder, zotero, clock, program=program)
    made.configure()
    return made


@pytest.fixture
def owner(zotero: Zotero) -> Owner:
    """Give the library's owner."""
    return Owner(zotero)


@pytest.fixture(scope="session")
def first_push(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Push three papers, with a link each: hundreds of tests begin where this ended."""
    root = tmp_path_factory.mktemp("first-push")
    clock = FakeClock()
    with FaultyLibrary(root / "zotero.sqlite", clock=clock.now) as server:
        made = Desk(root, Zotero(server), clock)
        made.configure()
        show(made)
        assert made.run().counts["create"] == 3
    return made


@pytest.fixture
def pushed(desk: Desk, first_push: Desk) -> Desk:
    """Give a desk whose three papers, with a link each, were pushed."""
    show(desk)
    shutil.copytree(first_push.data.root, desk.data.root)
    with closing(sqlite3.connect(desk.data.state)) as state, state:
        state.execute("UPDATE library SET endpoint = ?", (desk.zotero.server.url,))
    first, mine = first_push.zotero.server.path, desk.zotero.server.path
    with closing(sqlite3.connect(first)) as there, closing(sqlite3.connect(mine)) as here:
        there.backup(here)
    return desk


@pytest.fixture
def daemon(desk: Desk) -> Iterator[Background]:
    """Give a daemon that has pushed three papers."""
    show(desk)
    with Background(desk) as made:
        made.until(lambda: looks(made))
        yield made
