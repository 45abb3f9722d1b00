"""syncd's own database: migrations that fit the tables, and words for what is wrong with a file."""

from __future__ import annotations

import json
import multiprocessing
import signal
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from clocks import FakeClock
from store_child import open_and_die, open_when_told
from syncd.errors import StateError
from syncd.handshake import Zotero
from syncd.state import store
from syncd.state import tables as db
from syncd.state.history import History
from syncd.state.libraries import known_zoteros
from syncd.state.migrations import known_revisions, upgrade
from syncd.state.papers import Papers
from syncd.state.store import Store

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext

    from syncd.paths import DataFolder

PATIENCE = 60
CROWD = 6
ITEM = {
    "key": "AAAA2222",
    "itemType": "preprint",
    "title": "Alpha of Things",
    "creators": [{"creatorType": "author", "firstName": "Bo", "lastName": "Lee"}],
    "date": "2021-04-05",
}
# What tells libraries apart.
KNOWN_BY = ("endpoint", "prefix", "database", "server")


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Give a fork server that has imported syncd already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["crash_child", "store_child"])
    return context


def revision(path: Path) -> str:
    """Return which revision a database is of."""
    with closing(sqlite3.connect(path)) as connection:
        (found,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(found)


def tables(path: Path) -> set[str]:
    """Return the names of a database's tables."""
    with closing(sqlite3.connect(path)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def described(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return by table its columns, indexes and references, wherever they stand, and what the first rows are."""
    with closing(sqlite3.connect(path)) as connection:
        indexes = sorted(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index'"))
        return {"": indexes} | {
            table: [
                *sorted(row[1:] for row in connection.execute(f"PRAGMA table_info({table})")),
                *sorted(row[2:] for row in connection.execute(f"PRAGMA foreign_key_list({table})")),
                *connection.execute(f"SELECT * FROM {table}"),  # noqa: S608 - a name of ours
            ]
            for table in tables(path)
        }


def test_the_migrations_make_just_the_tables_that_the_code_uses(tmp_path: Path) -> None:
    """A column that one of the two forgot would show in some user's library first."""
    made, migrated = tmp_path / "made.sqlite", tmp_path / "migrated.sqlite"
    Store.at(made).close()
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(migrated)))
    with engine.begin() as connection:
        upgrade(connection)
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []
    engine.dispose()
    assert described(made) == described(migrated)


def test_a_new_database_has_just_the_tables_that_the_code_uses(place: DataFolder) -> None:
    """On a server as in a file."""
    opened = Store.of(place)
    try:
        with opened.reading() as connection:
            # On a server all texts are of any length.
            context = MigrationContext.configure(connection, opts={"compare_type": not place.database})
            assert compare_metadata(context, db.metadata) == []
    finally:
        opened.close()


def test_the_newest_revision_is_the_one_that_is_looked_for() -> None:
    """Else every start would migrate, or none; and what is older than the first can't be read."""
    newest, *_, oldest = known_revisions()
    assert (newest, oldest) == (store.HEAD, store.OLDEST)


def older(path: Path) -> None:
    """Make a database of the oldest revision that is migrated, with a push that was undone."""
    path.touch(mode=0o600)
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)))
    with engine.begin() as connection:
        upgrade(connection, store.OLDEST)
        connection.execute(
            sa.text("INSERT INTO library (id, place, prefix) VALUES (1, 'p#plugin:d.s', 'users/1')")
        )
        connection.execute(
            sa.text(
                "INSERT INTO index_item (library, key, version, item_type, trashed, folded_title, folded_surname, year,"
                " data) VALUES (1, 'AAAA2222', 1, 'preprint', false, 'alpha of things', 'lee', 2021, :data)"
            ),
            {"data": json.dumps(ITEM)},
        )
        connection.execute(
            sa.text("INSERT INTO fact VALUES (1, 'AAAA2222', 'ann', '2026-11-20T10:00:00', :facts)"),
            {"facts": json.dumps({"score": 57, "affiliations": [], "links": {"https://a.b": "code"}})},
        )
        runs = [("push-1", "push"), ("push-2", "push"), ("undo-2", "undo")]
        for number, (name, kind) in enumerate(runs):
            connection.execute(
                sa.text(
                    "INSERT INTO run (id, library, kind, started, finished)"
                    " VALUES (:name, 1, :kind, :started, :started)"
                ),
                {"name": name, "kind": kind, "started": f"2026-11-2{number}T10:00:00"},
            )
            connection.execute(
                sa.text(
                    "INSERT INTO action (run, place, kind, title, reason) VALUES (:run, 0, :kind, 'A', :reason)"
                ),
                {
                    "run": name,
                    "kind": "trash",
                    "reason": "undo of push-2" if kind == "undo" else "new in source",
                },
            )
    engine.dispose()


def test_an_older_database_is_copied_and_brought_up_to_date(tmp_path: Path) -> None:
    """What it knew is known after that, such as which run was undone."""
    path = tmp_path / "s.sqlite"
    older(path)
    with closing(Store.at(path)) as opened:
        found = History(opened, 1, FakeClock()).left()
        zoteros = known_zoteros(opened, "p")
        with opened.reading() as connection:
            papers = Papers(connection, 1)
            listed = papers.page("ann", search="ann alpha"), papers.page("ann", search="bo lee")
            counted = papers.counted("ann")
    assert found is not None
    assert found.name == "push-1"
    assert zoteros == [Zotero("d", "s")]
    assert [total for total, _ in listed] == [0, 1]
    assert (counted.years, counted.scores, counted.code) == ({2021: 1}, {57.0: 1}, {True: 1})
    assert counted.creators == {"Bo Lee": 1}
    assert revision(path) == store.HEAD
    copy = tmp_path / f"s.sqlite.{store.OLDEST}"
    assert revision(copy) == store.OLDEST
    assert copy.stat().st_mode & 0o777 == 0o600
    assert set(tmp_path.iterdir()) == {path, copy}


def test_an_older_database_that_cant_be_copied_stays_as_it_is(tmp_path: Path) -> None:
    """Nothing is changed without a copy beside it."""
    path = tmp_path / "s.sqlite"
    older(path)
    (tmp_path / f"s.sqlite.{store.OLDEST}.part").mkdir()
    with pytest.raises(StateError):
        Store.at(path)
    assert revision(path) == store.OLDEST


@pytest.mark.parametrize(
    ("found", "words", "hint"),
    [
        ("9999", "newer syncd", "Upgrade syncd"),
        (
            "0003",
            "older syncd (revision 0003), which this one can't read; it was kept as it is",
            "push again",
        ),
    ],
)
def test_a_database_of_another_syncd_is_refused(tmp_path: Path, found: str, words: str, hint: str) -> None:
    """What it holds is not understood, so it is not touched."""
    path = tmp_path / "s.sqlite"
    Store.at(path).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (found,))
    before = path.read_bytes()
    with pytest.raises(StateError) as caught:
        Store.at(path)
    assert words in str(caught.value)
    assert hint in caught.value.hint
    assert path.read_bytes() == before
    assert set(tmp_path.iterdir()) == {path}


def test_what_is_no_database_is_refused_with_what_to_do(tmp_path: Path) -> None:
    """The state can be rebuilt, and the error says so."""
    path = tmp_path / "s.sqlite"
    path.write_bytes(b"something else altogether" * 100)
    with pytest.raises(StateError) as caught:
        Store.at(path)
    assert "rebuilds it" in caught.value.hint


def test_a_transaction_that_fails_leaves_nothing(place: DataFolder) -> None:
    """All of it is remembered, or nothing."""
    opened = Store.of(place)
    try:
        row = {"endpoint": "p", "prefix": "users/1"}
        with pytest.raises(StateError), opened.writing() as connection:
            connection.execute(sa.insert(db.library), [row, row])
        with opened.reading() as connection:
            assert connection.scalar(sa.select(sa.func.count()).select_from(db.library)) == 0
    finally:
        opened.close()


def counted(opened: Store) -> list[tuple[int, str, str]]:
    """Return the rows of `trouble`."""
    with opened.reading() as connection:
        rows = connection.execute(sa.select(db.trouble).order_by(db.trouble.c.name)).all()
    return [(row.times, row.since, row.message) for row in rows]


def test_a_row_takes_the_place_of_the_one_with_its_key(place: DataFolder) -> None:
    """What is kept stays, what is not named stays, and a new row gets all of it."""
    names = {"library": 1, "name": "ann"}
    first = {**names, "since": "1", "last": "1", "times": 1, "message": "no", "hint": ""}
    later = {**first, "since": "2", "times": 2}
    with closing(Store.of(place)) as opened:
        with opened.writing() as connection:
            store.upsert(connection, db.library, [{"endpoint": "p", "prefix": "q"}], by=KNOWN_BY)
            store.upsert(connection, db.trouble, [first])
            store.upsert(connection, db.trouble, [later, {**later, "name": "bo"}], keep=["since"])
        assert counted(opened) == [(2, "1", "no"), (2, "2", "no")]
        with opened.writing() as connection:
            store.upsert(connection, db.library, [{"endpoint": "p", "prefix": "q"}], by=KNOWN_BY)
            store.upsert(connection, db.trouble, [])
            assert connection.scalars(sa.select(db.library.c.id)).all() == [1]


def statements(path: Path) -> int:
    """Return how many statements and commits make the tables."""
    seen: list[object] = []

    def see(*what: object) -> None:
        seen.append(what)

    for event in ("before_cursor_execute", "commit"):
        sa.event.listen(sa.Engine, event, see)
    try:
        Store.at(path).close()
    finally:
        for event in ("before_cursor_execute", "commit"):
            sa.event.remove(sa.Engine, event, see)
    return len(seen)


def test_tables_whose_making_was_killed_are_made_anew(tmp_path: Path, processes: ForkServerContext) -> None:
    """At its first statements, now and then among its tables, and at its last: the next start has every table."""
    last = statements(tmp_path / "s.sqlite")
    assert last > 50
    for moment in (*range(1, 6), *range(6, last - 2, 12), *range(last - 2, last + 2)):
        path = tmp_path / str(moment) / "s.sqlite"
        path.parent.mkdir()
        process = processes.Process(target=open_and_die, args=(path, moment))
        process.start()
        process.join(PATIENCE)
        died = process.exitcode == -signal.SIGKILL
        process.close()
        assert died == (moment <= last), moment
        if died:
            Store.at(path).close()
        assert tables(path) == db.metadata.tables.keys(), moment
    assert revision(path) == store.HEAD


def test_several_that_open_it_at_once_all_succeed(tmp_path: Path, processes: ForkServerContext) -> None:
    """One of them makes the tables, the others wait."""
    path = tmp_path / "s.sqlite"
    pipes = [processes.Pipe() for _ in range(CROWD)]
    crowd = [processes.Process(target=open_when_told, args=(path, theirs)) for _, theirs in pipes]
    for process in crowd:
        process.start()
    for ours, _ in pipes:
        ours.send("now")
    for process, ends in zip(crowd, pipes, strict=True):
        process.join(PATIENCE)
        for end in ends:
            end.close()
    assert [process.exitcode for process in crowd] == [0] * CROWD
    assert revision(path) == store.HEAD
    assert set(tmp_path.iterdir()) == {path}


def test_who_meets_another_that_just_makes_it_waits(tmp_path: Path) -> None:
    """SQLite itself would turn it away at once."""
    path = tmp_path / "s.sqlite"
    opening = threading.Thread(target=lambda: Store.at(path).close())
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        opening.start()
        opening.join(0.2)
        assert opening.is_alive()
    opening.join(PATIENCE)
    assert revision(path) == store.HEAD
