"""syncd's own database: migrations that fit the tables, and words for what is wrong with a file."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from syncd import store
from syncd.errors import StateError
from syncd.migrations import known_revisions
from syncd.store import Store

if TYPE_CHECKING:
    from pathlib import Path


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
