"""State on PostgreSQL, in a server of the tests' own."""

from __future__ import annotations

import os
import socket
import struct
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Thread
from typing import TYPE_CHECKING, Any, Self

import psycopg
import pytest
import sqlalchemy as sa

from doubles import Fault
from doubles.pooler import Pooler
from forks import PATIENCE
from owner import TITLES, memory_of, show
from pages import entry, page
from syncd.clock import SystemClock
from syncd.config import load
from syncd.engine.ports import Ports, Quiet
from syncd.engine.run import RunOptions, run_once
from syncd.errors import AwayError, LockedError, StateError, SyncdError
from syncd.lock import held
from syncd.state import postgres as server
from syncd.state import turn as turns
from syncd.state.move import move
from syncd.state.store import HEAD, Store, upsert
from syncd.state.tables import mark
from syncd.state.turn import turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from desk import Desk
    from postgres import Postgres
    from syncd.engine.run import Report


# Breaks the connections that hold locks of libraries, in one database.
HOLDERS = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = '{}' AND application_name LIKE '%process%'"
)

HOLDING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND application_name LIKE '%database move%'"
)
EMBEDDED = """
[libraries.main]
type = "embedded"

[profiles.ann]
source = "page.txt"
captured = 2026-06-01
"""


def name_of(url: str) -> str:
    """Return a database's name."""
    return url.split("/")[3].partition("?")[0]


def test_a_user_finds_all_of_it_there(at_server: Desk, postgres: Postgres) -> None:
    """A push, an edit that stays, a question, an undo, and what is said of them; no file is made."""
    desk, zotero = at_server, at_server.zotero
    show(desk)
    assert desk.run().counts["create"] == 3
    zotero.edit("Alpha", extra="mine")
    desk.clock.advance(86_400 * 3)
    assert desk.run().counts["create"] == 0
    runs = desk.syncd("log", "--json").json
    assert len(runs) == 2
    assert desk.syncd("status", "--json").code == 0
    assert desk.syncd("pause", "ann").code == 0
    assert "ann" in desk.syncd("status").out
    assert desk.syncd("resume", "ann").code == 0
    assert desk.syncd("review", "--json").code == 0
    undone = desk.syncd("undo", runs[-1]["run"], "--yes")
    assert undone.code == 0, undone
    assert set(zotero.papers()) == {"Alpha"}
    assert not list(desk.data.root.glob("syncd.sqlite*"))
    assert postgres.run("SELECT kind FROM run ORDER BY started DESC LIMIT 1", name_of(desk.database)) == [
        ("undo",)
    ]


def test_tables_are_made_once(bare_database: str, postgres: Postgres) -> None:
    """Also where somebody else's have such a name; texts compare byte by byte, whatever the database's order is."""
    Store(bare_database).close()
    Store(bare_database).close()
    name = name_of(bare_database)
    assert postgres.run("SELECT version_num FROM alembic_version", name) == [(HEAD,)]
    query = (
        "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public'"
        " AND table_name != 'alembic_version' AND (character_maximum_length IS NOT NULL"
        " OR data_type = 'text' AND collation_name IS DISTINCT FROM 'C')"
    )
    assert postgres.run(query, name) == [(0,)]
    postgres.run("DROP TABLE alembic_version", name)
    with pytest.raises(StateError) as caught:
        Store(bare_database)
    assert "another program" in caught.value.words


def test_a_database_of_a_newer_syncd_is_left_alone(database: str, postgres: Postgres) -> None:
    """As a file is."""
    postgres.run("UPDATE alembic_version SET version_num = '9999'", name_of(database))
    with pytest.raises(StateError) as caught:
        Store(database)
    assert "newer syncd" in caught.value.words


def test_a_server_that_is_away_is_waited_for(at_server: Desk, postgres: Postgres) -> None:
    """The run ends with words and another exit code than a fault has; the next one goes on."""
    show(at_server)
    postgres.stop(keep=True)
    try:
        with pytest.raises(AwayError) as caught:
            Store(at_server.database)
        assert caught.value.sort == "temporary"
        done = at_server.syncd("push")
        assert done.code == 5
        assert "the database is away" in done.err
        assert "Nothing was lost" in done.err
    finally:
        postgres.start()
    assert at_server.run().counts["create"] == 3


def test_connections_that_were_cut_are_made_anew(at_server: Desk, postgres: Postgres) -> None:
    """Who asks next does not notice."""
    show(at_server)
    at_server.run()
    assert postgres.cut(name_of(at_server.database)) > 0
    assert at_server.run().counts["create"] == 0


def test_a_password_is_never_shown(at_server: Desk) -> None:
    """Neither where it stands in the configuration, nor of an address that is kept elsewhere."""
    file = at_server.folder / "config.toml"
    text = file.read_text()
    file.write_text(text.replace(at_server.database, "postgresql://ann:hunter2@127.0.0.1:9/syncd"))
    done = at_server.syncd("status")
    assert done.code == 2
    assert "holds a password" in done.err
    file.write_text(text.replace(f'"{at_server.database}"', '{ env = "DATABASE" }'))
    away = "postgresql://ann:hunter2@127.0.0.1:9/syncd"
    for words in (("status",), ("config", "show"), ("doctor", "--offline"), ("log",)):
        done = at_server.syncd(*words, DATABASE=away)
        assert "hunter2" not in done.out + done.err
    assert done.code == 5
    assert at_server.syncd("status", DATABASE=at_server.database).code == 0
    assert at_server.syncd("status", DATABASE="mysql://db").code == 2
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(away)


def test_runs_of_two_computers_take_turns(at_server: Desk, tmp_path: Path) -> None:
    """Who comes second is told on which computer the first is at work."""
    show(at_server)
    other = replace(at_server, place=tmp_path / "other")
    library = load(at_server.folder / "config.toml", at_server.env).library()
    other.data.create()
    with turn(other.data, *library.whereabouts, at_server.clock, who="the daemon") as mine:
        mine.check()
        report = at_server.run()
        assert isinstance(report.error, LockedError)
        assert (
            report.error.holder == f"syncd on {socket.gethostname()}: process {os.getpid()} (the daemon)"[:63]
        )
        assert at_server.zotero.is_new()
    assert at_server.run().counts["create"] == 3


def test_a_run_whose_turn_is_lost_stops_before_its_next_chunk(at_server: Desk, postgres: Postgres) -> None:
    """What was written is remembered, and the next run writes the rest, once."""
    show(at_server)
    query = HOLDERS.format(name_of(at_server.database))

    # The collection comes first, and then the papers.
    at_server.zotero.trouble.plan("POST", lambda _: None if postgres.run(query) == [(1,)] else Fault("drop"))
    error = at_server.run().error
    assert isinstance(error, AwayError)
    assert "the turn at this library was lost" in error.words
    assert len(at_server.zotero.collections()) == 2
    assert not at_server.zotero.items()
    assert at_server.run().counts["create"] == 3
    assert len(at_server.zotero.collections()) == 2
    assert len(at_server.zotero.papers()) == 3


class Late(Quiet):
    """Lets something happen in the middle of a run, once its first papers are written and recorded.

    Args:
        then: what happens.
    """

    def __init__(self, then: Callable[[], object]) -> None:
        self._then: list[Callable[[], object]] = [then]

    def advance(self, objects: int) -> None:
        """Let it happen once."""
        assert objects
        while self._then:
            self._then.pop()()


def test_a_run_that_comes_late_changes_nothing_that_is_remembered(
    at_server: Desk, postgres: Postgres, tmp_path: Path
) -> None:
    """Its turn went to another run while it slept. What that one wrote stays syncd's own, and is kept up to date."""
    desk = at_server
    desk.page.write_text(page(entry("Alpha", abstract="First words.")), encoding="utf-8")
    desk.run()
    other = replace(desk, folder=tmp_path / "other")
    other.folder.mkdir()
    other.configure()
    desk.page.write_text(page(entry("Alpha", abstract="First words."), entry("Beta")), encoding="utf-8")

    def overtake() -> None:
        postgres.run(HOLDERS.format(name_of(desk.database)))
        newer = page(entry("Alpha", abstract="Second words."), entry("Beta"))
        other.page.write_text(newer, encoding="utf-8")
        assert other.syncd("push").code == 0
        assert desk.zotero.papers()["Alpha"]["abstractNote"] == "Second words."

    ports = Ports(desk.env, desk.data, desk.clock, progress=Late(overtake))
    (late,) = run_once(load(desk.folder / "config.toml", desk.env), RunOptions(), ports)
    assert isinstance(late.error, AwayError)
    assert "the turn at this library was lost" in late.error.words
    desk.page.write_text(page(entry("Alpha", abstract="Third words."), entry("Beta")), encoding="utf-8")
    desk.clock.advance(86_400 * 3)
    assert [action.kept for action in desk.run().actions if action.title == "Alpha"] == [()]
    assert desk.zotero.papers()["Alpha"]["abstractNote"] == "Third words."
    assert len(desk.zotero.papers()) == 2
    assert desk.run().requests.write == 0


class Cut:
    """Breaks the connection as soon as the server has carried out one of many commits, and nobody heard of it.

    Args:
        postgres: the server.
        number: of the commit, counted from 1; 0 for none.
    """

    def __init__(self, postgres: Postgres, number: int) -> None:
        self._postgres, self._number = postgres, number
        self.commits = 0

    def __enter__(self) -> Self:
        sa.event.listen(sa.Engine, "commit", self._meet)
        return self

    def __exit__(self, *_: object) -> None:
        sa.event.remove(sa.Engine, "commit", self._meet)

    def _meet(self, connection: sa.Connection) -> None:
        self.commits += 1
        if self.commits == self._number:
            driver: Any = connection.connection.driver_connection
            driver.commit()
            self._postgres.run(f"SELECT pg_terminate_backend({driver.info.backend_pid})")
            broken = psycopg.OperationalError("server closed the connection unexpectedly")
            raise sa.exc.OperationalError("COMMIT", {}, broken)


def test_a_commit_of_unknown_outcome_does_no_harm(at_server: Desk, postgres: Postgres) -> None:
    """At each commit of a push the connection breaks after the server did it: the next push makes it good."""
    desk = at_server

    def push(number: int) -> Report:
        titles = [
            entry("Alpha", abstract=f"Version {number}."),
            *(entry(f"Paper {n}") for n in range(number)),
        ]
        desk.page.write_text(page(*titles), encoding="utf-8")
        return desk.run()

    push(1)
    with Cut(postgres, 0) as none:
        push(2)
    assert none.commits >= 5
    for number in range(1, none.commits + 1):
        with Cut(postgres, number) as cut:
            error = push(number + 2).error
        assert cut.commits >= number
        assert error is None or isinstance(error, AwayError)
        desk.clock.advance(86_400 * 3)
        report = push(number + 2)
        assert report.error is None
        assert not any(action.kept for action in report.actions)
        papers = desk.zotero.papers()
        assert papers["Alpha"]["abstractNote"] == f"Version {number + 2}."
        assert len(desk.zotero.items()) == 2 * len(papers) - 1 == 2 * number + 5
        assert desk.run().requests.write == 0


def test_a_pooler_in_transaction_mode_is_refused(postgres: Postgres, database: str) -> None:
    """A lock there would be somebody else's with the next transaction."""
    with Pooler(postgres.folder, name_of(database)) as pooler, pytest.raises(StateError) as caught:
        Store(pooler.url)
    assert "transaction mode" in caught.value.words


class Refusing:
    """A server that lets nobody in, and says so in German.

    Args:
        folder: where its socket is.
        code: the SQLSTATE that it tells.
    """

    def __init__(self, folder: Path, code: str) -> None:
        self.url = f"postgresql://syncd@/syncd?host={folder}"
        told = [("S", "FATAL"), ("V", "FATAL"), ("C", code), ("M", "Anmeldung »syncd« scheiterte")]
        fields = b"".join(f"{name}{words}\0".encode() for name, words in told) + b"\0"
        self._answer = b"E" + struct.pack("!I", len(fields) + 4) + fields
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(folder / ".s.PGSQL.5432"))
        self._listening.listen()
        self._thread = Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                with connection:
                    connection.recv(1000)
                    connection.sendall(self._answer)

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listening.close()


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        ("28P01", StateError, "does not let syncd in"),
        ("3D000", StateError, "does not let syncd in"),
        ("57P03", AwayError, "is away"),
        ("53300", AwayError, "is away"),
    ],
)
def test_a_server_is_understood_in_any_language(
    postgres: Postgres, code: str, kind: type[StateError], words: str
) -> None:
    """Its codes say whether it is worth waiting; what it writes is shown as it is."""
    with (
        tempfile.TemporaryDirectory(dir=postgres.folder.parent) as folder,
        Refusing(Path(folder), code) as it,
        pytest.raises(StateError) as caught,
    ):
        Store(it.url)
    assert type(caught.value) is kind
    assert words in caught.value.words
    assert "Anmeldung »syncd« scheiterte" in caught.value.words


def test_who_hangs_in_a_transaction_holds_up_nobody(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server ends it, as of a process that is stopped; what it wrote is taken back, and it is told."""
    monkeypatch.setattr(server, "IDLE_SECONDS", 3)
    store = Store(database)

    def write(value: str) -> None:
        with store.writing() as connection:
            upsert(connection, mark, [{"name": "a", "value": value}])

    def hang() -> None:
        with store.writing() as connection:
            upsert(connection, mark, [{"name": "a", "value": "hangs"}])
            write("second")
            connection.scalar(sa.select(mark.c.value))

    write("first")
    with pytest.raises(AwayError):
        hang()
    query = sa.select(mark.c.value).where(mark.c.name == "a")
    with store.reading(at_length=True) as connection:
        assert connection.scalar(query) == "second"
        # Whoever reads at length says nothing for as long as it takes to end somebody else.
        with pytest.raises(AwayError):
            hang()
        assert connection.scalar(query) == "second"


def test_who_is_stopped_loses_its_turn(at_server: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its computer keeps the connection, over which nothing comes any more; who is at work keeps its turn."""
    library = load(at_server.folder / "config.toml", at_server.env).library()
    clock = SystemClock()
    monkeypatch.setattr(turns, "SILENT", 3)
    monkeypatch.setattr(turns, "WORD", 0.2)

    def take(seconds: float) -> None:
        with turn(at_server.data, *library.whereabouts, clock, wait=seconds):
            pass

    with turn(at_server.data, *library.whereabouts, clock) as mine:
        with pytest.raises(LockedError):
            take(4.0)
        mine.check()
    monkeypatch.setattr(turns, "WORD", 60.0)
    with turn(at_server.data, *library.whereabouts, clock) as mine:
        take(PATIENCE)
        with pytest.raises(AwayError):
            mine.check()


def run_names(desk: Desk) -> list[str]:
    """Return the runs that are remembered."""
    with memory_of(desk) as state:
        return [run.name for run in state.history.runs()]


def test_a_state_moves_to_a_server_and_back(pushed: Desk, bare_database: str) -> None:
    """All of it is there, new rows get numbers of their own, and what was pushed before can be undone."""
    file = pushed.data.state
    runs = run_names(pushed)
    moved = pushed.syncd("database", "move", "--to", "THERE", THERE=bare_database)
    assert moved.code == 0, moved
    assert 'url = { env = "THERE" }' in moved.out + moved.err
    assert bare_database not in moved.out + moved.err
    assert run_names(pushed) == runs
    pushed.database = bare_database
    pushed.configure()
    assert run_names(pushed) == runs
    show(pushed, entry("Delta"))
    assert pushed.run().counts["create"] == 1
    refused = pushed.syncd("database", "move", "--to", "file")
    assert refused.code == 1
    assert "holds a state already" in refused.err
    file.rename(file.with_suffix(".old"))
    assert pushed.syncd("database", "move", "--to", "file", "--json").json["setting"] == ""
    pushed.database = ""
    pushed.configure()
    assert len(run_names(pushed)) == 2
    assert pushed.syncd("undo", runs[0], "--yes").code == 0
    assert set(pushed.zotero.papers()) == {"Delta"}


def test_lists_move_along(desk: Desk, bare_database: str) -> None:
    """What syncd wrote it knows again, there and back, though papers came meanwhile."""
    outputs = '[[outputs]]\nfile = "all.csv"\nformat = "csv"\n'

    def kept(*more: str) -> None:
        desk.configure(outputs)
        show(desk, *map(entry, more))
        done = desk.syncd("push", "--json", THERE=bare_database)
        assert (done.code, [one["outcome"] for one in done.json["outputs"]]) == (0, ["written"]), done
        text = (desk.folder / "all.csv").read_text(encoding="utf-8")
        assert all(title in text for title in (*TITLES, *more))

    kept()
    assert desk.syncd("database", "move", "--to", "THERE", THERE=bare_database).code == 0
    desk.database = bare_database
    kept("Delta")
    desk.data.state.rename(desk.data.state.with_suffix(".old"))
    assert desk.syncd("database", "move", "--to", "file").code == 0
    desk.database = ""
    kept("Delta", "Epsilon")


def test_a_text_with_a_nul_ends_no_run(desk: Desk, bare_database: str) -> None:
    """A file takes it and a server does not: a library's title with one is read there, and a move leaves it out."""
    show(desk)
    desk.run()
    data = desk.zotero.papers()["Alpha"]
    desk.zotero.write({"key": data["key"], "version": data["version"], "title": "Al\0pha", "extra": "mi\0ne"})
    desk.zotero.write({"name": "Re\0ad"}, to="collections")
    assert desk.run().counts["create"] == 0
    move(desk.data, replace(desk.data, database=bare_database), desk.clock)
    desk.database = bare_database
    desk.configure()
    desk.zotero.edit("Al\0pha", extra="mine\0")
    desk.zotero.write({"name": "Unre\0ad"}, to="collections")
    assert desk.run().error is None
    assert set(desk.zotero.papers()) == {"Al\0pha", "Beta", "Gamma"}
    assert desk.run().requests.write == 0


def test_who_has_to_let_another_go_first_comes_again(database: str, postgres: Postgres) -> None:
    """Of two that wait for each other's rows the server ends one: that is nobody's fault, and no lasting one."""
    postgres.run(f"ALTER DATABASE {name_of(database)} SET deadlock_timeout = '10ms'")
    store = Store(database)
    with store.writing() as connection:
        connection.execute(sa.insert(mark), [{"name": name, "value": ""} for name in "ab"])
    change, ready = sa.update(mark).values(value="new"), Barrier(2)

    def both(first: str, second: str) -> str:
        try:
            with store.writing() as connection:
                connection.execute(change.where(mark.c.name == first))
                ready.wait(PATIENCE)
                connection.execute(change.where(mark.c.name == second))
        except AwayError as error:
            return error.words
        return ""

    with ThreadPoolExecutor() as threads:
        said = sorted(threads.map(both, "ab", "ba"))
    assert said[0] == ""
    assert "lets another program go first" in said[1]


def test_an_embedded_library_of_another_computer_is_refused(at_server: Desk, tmp_path: Path) -> None:
    """What is remembered of one would be taken for what the other lost."""
    file = at_server.folder / "config.toml"
    file.write_text(f'[database]\nurl = "{at_server.database}"\n{EMBEDDED}', encoding="utf-8")
    show(at_server)
    assert at_server.syncd("push").code == 0
    other = replace(at_server, place=tmp_path / "other")
    other.data.create()
    refused = other.syncd("push")
    assert refused.code == 1
    assert "another embedded library" in refused.err
    assert "a database of its own for each" in refused.err
    assert at_server.syncd("push").code == 0


def test_a_move_needs_one_connection_for_all_libraries(
    at_server: Desk, tmp_path: Path, postgres: Postgres
) -> None:
    """However many there are; and a run anywhere keeps the state from being moved."""
    name = name_of(at_server.database)
    Store(at_server.database).close()
    postgres.run(
        "INSERT INTO library (endpoint, prefix) SELECT 'http://z', 'users/' || n FROM generate_series(1, 300) n",
        name,
    )
    target = replace(at_server.data, database="", root=tmp_path / "moved")
    target.create()
    at_server.data.create()
    elsewhere = replace(at_server.data, root=tmp_path / "elsewhere")
    elsewhere.create()
    with (
        turn(elsewhere, "http://z", "users/7", at_server.clock, who="a worker"),
        pytest.raises(LockedError) as caught,
    ):
        move(at_server.data, target, at_server.clock)
    assert "a worker" in caught.value.holder
    locks: set[int] = set()

    def look(_: str) -> None:
        locks.update(postgres.run(HOLDING.format(name))[0])
        with pytest.raises(LockedError), turn(elsewhere, "http://z", "users/7", at_server.clock):
            pass

    assert move(at_server.data, target, at_server.clock, look)["library"] == 300
    assert locks == {1}


def test_a_move_that_fails_leaves_both_as_they_were(
    pushed: Desk, bare_database: str, postgres: Postgres
) -> None:
    """Where the server breaks off, where not all of it arrived, and where somebody is at work."""
    target, name = replace(pushed.data, database=bare_database), name_of(bare_database)

    def moved(tell: Callable[[str], None]) -> SyncdError:
        with pytest.raises(SyncdError) as caught:
            move(pushed.data, target, pushed.clock, tell)
        assert postgres.run("SELECT count(*) FROM library", name) == [(0,)]
        return caught.value

    def cut(words: str) -> None:
        if "action" in words:
            postgres.cut(name)

    assert isinstance(moved(cut), AwayError)
    # Somebody's trigger changes what it is given.
    postgres.run(
        "CREATE FUNCTION odd() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.title := 'odd'; RETURN NEW; END $$;"
        "CREATE TRIGGER odd BEFORE INSERT ON action FOR EACH ROW EXECUTE FUNCTION odd()",
        name,
    )
    assert "did not arrive" in moved(lambda _: None).words
    library = load(pushed.folder / "config.toml", pushed.env).library()
    with turn(pushed.data, *library.whereabouts, pushed.clock):
        assert isinstance(moved(lambda _: None), LockedError)
    with held(pushed.data.daemon_lock, pushed.clock):
        assert "a daemon runs already" in moved(lambda _: None).words
    assert pushed.run().counts["create"] == 0


def test_the_doctor_asks_the_server(at_server: Desk, postgres: Postgres) -> None:
    """What the state knows of a profile that does not get on is said, and a server that is away."""
    at_server.run()
    assert at_server.syncd("pause", "ann").code == 0
    done = at_server.syncd("doctor")
    assert "PostgreSQL holds it, and answers" in done.out
    assert "syncd resume ann" in done.out
    postgres.stop(keep=True)
    try:
        assert "the database is away" in at_server.syncd("doctor").out
    finally:
        postgres.start()
