"""State on PostgreSQL, in a server of the tests' own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from postgres import Postgres


def test_a_server_that_was_restarted_has_what_was_in_it(postgres: Postgres) -> None:
    """Connections are cut, databases stay."""
    database = postgres.new()
    postgres.run("CREATE TABLE x (a text)", database)
    with psycopg.connect(postgres.url(database)) as connection:
        postgres.stop(keep=True)
        postgres.start()
        assert connection.closed or _is_broken(connection)
    assert postgres.run("SELECT count(*) FROM x", database) == [(0,)]
    postgres.drop(database)


def _is_broken(connection: psycopg.Connection) -> bool:
    try:
        connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return True
    return False
