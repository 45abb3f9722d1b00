"""syncd's own database: migrations that fit the tables, and words for what is wrong with a file."""

from __future__ import annotations

import multiprocessing
import signal
import sqlite3
import threading
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from store_child import open_and_die, open_when_told
from syncd.errors import StateError
from syncd.state import store
from syncd.state.migrations import known_revisions, upgrade
from syncd.state.store import Store

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext

PATIENCE = 60
CROWD = 6


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Give a fork server that has imported syncd already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["crash_child", "store_child"])
    return context


def old_database(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Make a database of the first revision with two rows in every table but one; return them by table."""
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)))
    metadata, rows = sa.MetaData(), dict[str, list[dict[str, Any]]]()
    with engine.begin() as connection:
        upgrade(connection, "0001")
        metadata.reflect(connection)
        for table in metadata.sorted_tables:
            if table.name != "alembic_version":
                rows[table.name] = [_row(table, number) for number in (1, 2)]
                connection.execute(sa.insert(table), rows[table.name])
    engine.dispose()
    return rows


def _row(table: sa.Table, number: int) -> dict[str, Any]:
    """Return a row of which every value is known again; what refers to others refers to the first or second."""
    kinds: dict[type, Any] = {int: number, bool: bool(number % 2)}
    row = {c.name: kinds.get(c.type.python_type, f"{c.name} {number}") for c in table.columns}
    return row | {name: f"id {number}" for name in ("run",) if name in row}


def found_in(path: Path, like: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """Return what these columns of these tables hold now."""
    with closing(sqlite3.connect(path)) as connection:
        return {
            name: [
                dict(zip(rows[0], values, strict=True))
                for values in connection.execute(
                    f"SELECT {', '.join(map(_quoted, rows[0]))} FROM {_quoted(name)} ORDER BY rowid"  # noqa: S608
                )
            ]
            for name, rows in like.items()
        }


def _quoted(name: str) -> str:
    return f'"{name}"'


def revision(path: Path) -> str:
    """Return which revision a database is of."""
    with closing(sqlite3.connect(path)) as connection:
        (found,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(found)


def backup_of(path: Path) -> Path:
    """Return where the copy from before the second revision is."""
    return Path(f"{path}.0001.backup")


def test_the_migrations_make_just_the_tables_that_the_code_uses(tmp_path: Path) -> None:
    """A column that one of the two forgot would show in some user's library first."""
    opened = Store.at(tmp_path / "s.sqlite")
    try:
        with opened.reading() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, store.metadata) == []
    finally:
        opened.close()


def test_the_newest_revision_is_the_one_that_is_looked_for() -> None:
    """Else every start would migrate, or none."""
    assert max(known_revisions()) == store.HEAD


def test_a_database_of_a_newer_syncd_is_refused(tmp_path: Path) -> None:
    """What it holds is not understood, so it is not touched."""
    path = tmp_path / "s.sqlite"
    Store.at(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StateError, match="newer syncd"):
        Store.at(path)
    assert path.read_bytes() == before


def test_what_is_no_database_is_refused_with_what_to_do(tmp_path: Path) -> None:
    """The state can be rebuilt, and the error says so."""
    path = tmp_path / "s.sqlite"
    path.write_bytes(b"something else altogether" * 100)
    with pytest.raises(StateError) as caught:
        Store.at(path)
    assert "rebuilds it" in caught.value.hint


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """All of it is remembered, or nothing."""
    opened = Store.at(tmp_path / "s.sqlite")
    try:
        row = {"place": "p", "prefix": "users/1"}
        with pytest.raises(StateError), opened.writing() as connection:
            connection.execute(sa.insert(store.library), [row, row])
        with opened.reading() as connection:
            assert connection.scalar(sa.select(sa.func.count()).select_from(store.library)) == 0
    finally:
        opened.close()


def test_an_old_database_is_migrated_and_kept_beside(tmp_path: Path) -> None:
    """All rows stay, the last success comes from the run, and a copy for the user alone is left."""
    path = tmp_path / "s.sqlite"
    rows = old_database(path)
    backup_of(path).with_name("s.sqlite.0001.backup.part").write_bytes(
        b"half of it, by a process that was killed"
    )
    Store.at(path).close()
    assert found_in(path, rows) == rows
    pushed = {"profile": [{"pushed": "started 1"}, {"pushed": "started 2"}]}
    assert found_in(path, pushed) == pushed
    assert backup_of(path).stat().st_mode & 0o777 == 0o600
    assert (revision(path), revision(backup_of(path))) == (store.HEAD, "0001")
    assert found_in(backup_of(path), rows) == rows
    assert set(tmp_path.iterdir()) == {path, backup_of(path)}


def test_the_copy_has_what_is_not_in_the_main_file_yet(tmp_path: Path) -> None:
    """What a process that is still alive wrote last is in the log beside the file, and counts."""
    path = tmp_path / "s.sqlite"
    old_database(path)
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("PRAGMA wal_autocheckpoint = 0")
        other.execute("INSERT INTO library (id, place, prefix) VALUES (3, 'late', 'users/3')")
        other.commit()
        Store.at(path).close()
    last = {"library": [{"place": "place 1"}, {"place": "place 2"}, {"place": "late"}]}
    assert found_in(backup_of(path), last) == found_in(path, last) == last


def test_without_a_copy_nothing_is_migrated(tmp_path: Path) -> None:
    """The database stays as it was, and nothing half lies about."""
    path = tmp_path / "s.sqlite"
    rows = old_database(path)
    backup_of(path).mkdir()
    with pytest.raises(StateError, match="database"):
        Store.at(path)
    assert revision(path) == "0001"
    assert found_in(path, rows) == rows
    assert set(tmp_path.iterdir()) == {path, backup_of(path)}


def test_a_migration_that_is_killed_is_made_anew(tmp_path: Path, processes: ForkServerContext) -> None:
    """Between any two statements: the next start has every row, and a copy of the old database."""
    for moment in count(1):
        path = tmp_path / str(moment) / "s.sqlite"
        path.parent.mkdir()
        rows = old_database(path)
        process = processes.Process(target=open_and_die, args=(path, moment))
        process.start()
        process.join(PATIENCE)
        died = process.exitcode == -signal.SIGKILL
        process.close()
        if not died:
            break
        Store.at(path).close()
        assert found_in(path, rows) == rows, moment
        assert found_in(backup_of(path), rows) == rows, moment
        assert (revision(path), revision(backup_of(path))) == (store.HEAD, "0001"), moment
    assert moment > 15
    assert revision(path) == store.HEAD


@pytest.mark.parametrize("old", [False, True])
def test_several_that_open_it_at_once_all_succeed(
    tmp_path: Path, processes: ForkServerContext, *, old: bool
) -> None:
    """One of them makes or migrates it, the others wait; the copy is of what was before."""
    path = tmp_path / "s.sqlite"
    rows = old_database(path) if old else {}
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
    assert found_in(path, rows) == rows
    assert set(tmp_path.iterdir()) == ({path, backup_of(path)} if old else {path})
    if old:
        assert revision(backup_of(path)) == "0001"


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
