"""PostgreSQL, where it holds the state: its connections, its tables, and what its errors mean.

Only who has an address of such a database comes here: a computer whose state is a file needs no driver.
"""

from __future__ import annotations

import atexit
import os
import select
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from syncd.errors import AwayError, StateError
from syncd.messages import message
from syncd.text.patterns import pattern

if TYPE_CHECKING:
    import psycopg

# Seconds for a connection to be made, and for a row that somebody else changes.
CONNECT_SECONDS = 10
LOCK_SECONDS = 30
# The server ends a transaction in which nothing happens for so many seconds, for its process was stopped, or hangs:
# before those who wait for its rows give up.
IDLE_SECONDS = 20
# Connections that a process keeps, and how many more it may have for a while.
KEPT = 5
MORE = 45
# One process at a time makes or changes the tables. A number of syncd's own.
MIGRATING = 0x73796E63
# PostgreSQL cuts a longer name of a program.
MOST_LETTERS = 63
UTF8 = "UTF8"
# Classes of SQLSTATE, and single ones, of a server that is away, busy or not for this user.
AWAY = ("08", "57P", "25P03")
TOO_MANY = "53300"
FULL = "53100"
CODE = pattern(
    rb'ErrorResponse\t S "[^"\n]*" V "[A-Z]+" C "([0-9A-Z]{5})"',
    hostile=(b'ErrorResponse\t S "', b"F", b""),
)
# Of a server that lets nobody in with this address, whenever it is asked: who asks, which database, with what rights.
REFUSES = ("28", "3D000", "42501")
# The same in words, where libpq tells no code: before PostgreSQL 18, and elsewhere than on Linux. There a server that
# speaks another language is taken for one that is away.
REFUSED = (
    "authentication failed",
    "no password supplied",
    "no pg_hba.conf entry",
    '" does not exist',
    "permission denied for database",
)
# Tables whose rows change often, and how full their pages are made.
RESTLESS = ("fleet_profile", "fleet_library")
ROOM = "fillfactor = 50"
# Of two that wait for each other's rows, the server lets one go on; and none waits for ever.
TAKES_TURNS = ("40001", "40P01", "55P03")


def connected(url: str, who: str = "", **settings: Any) -> psycopg.Connection[Any]:
    """Open a connection.

    Args:
        url: the database's address, as libpq reads it.
        who: what this connection is for; the server shows it, with this computer.
        settings: of psycopg.

    Raises:
        StateError: the driver is not installed, or the address is none.
        AwayError: the server does not answer.
    """
    if find_spec("psycopg") is None:
        raise StateError(message("fleet-not-installed"), hint=message("install-fleet"))
    import psycopg  # noqa: PLC0415 - not there on a computer whose state is a file

    usual: dict[str, Any] = {"application_name": _program(who), "client_encoding": "utf8"}
    if "connect_timeout" not in url:
        usual["connect_timeout"] = CONNECT_SECONDS
    try:
        made = psycopg.connect(url, **usual, **settings)
    except psycopg.errors.ConnectionTimeout:
        raise
    except psycopg.OperationalError as error:
        raise said(error, _code(url)) from error
    made.adapters.register_dumper(str, _text())
    try:
        _check(made, url)
    except BaseException:
        made.close()
        raise
    return made


def _code(url: str) -> str:
    """Return the SQLSTATE with which a server lets nobody in; empty where none is told.

    Messages are in the server's language. libpq keeps the code that comes with them to itself, but for its trace.
    """
    from psycopg import pq  # noqa: PLC0415 - as in `connected`

    if sys.platform != "linux":
        return ""
    # What is traced is nobody else's business.
    with os.fdopen(os.memfd_create("trace"), "rb") as trace:
        connection = pq.PGconn.connect_start(url.encode())
        try:
            connection.trace(os.dup(trace.fileno()))
            _poll(connection)
            connection.untrace()
        finally:
            connection.finish()
        trace.seek(0)
        codes = CODE.findall(trace.read())
    return codes[-1].decode() if codes else ""


def _poll(connection: psycopg.pq.abc.PGconn) -> None:
    """Let a connection be made, or fail; what takes too long is left."""
    from psycopg import pq  # noqa: PLC0415 - as in `connected`

    waits = {pq.PollingStatus.READING: select.POLLIN, pq.PollingStatus.WRITING: select.POLLOUT}
    while (event := waits.get(pq.PollingStatus(connection.connect_poll()))) is not None:
        waiter = select.poll()
        waiter.register(connection.socket, event)
        if not waiter.poll(CONNECT_SECONDS * 1000):
            return


@cache
def _text() -> type[psycopg.abc.Dumper]:
    """Return what gives a text to the server: without NUL, which a file takes, and which Zotero leaves out too."""
    from psycopg.types.string import StrDumperUnknown  # noqa: PLC0415 - as in `connected`

    class Text(StrDumperUnknown):
        def dump(self, obj: str) -> psycopg.abc.Buffer | None:
            return super().dump(obj.replace("\0", ""))

    return Text


def _check(connection: psycopg.Connection[Any], url: str) -> None:
    """Set up a session, and make sure that it is one.

    Raises:
        StateError: a pooler gives what belongs to a session to others.
    """
    # What stands between has another number than the server's process.
    if _ready(connection) != connection.info.backend_pid and _is_shared(connection, url):
        raise StateError(message("pooler-in-transactions"), hint=message("name-server-itself"))


def _ready(connection: psycopg.Connection[Any]) -> int:
    """Set up a session, and return the number of the server's process that serves it."""
    query = (
        "SELECT pg_backend_pid(), set_config('lock_timeout', %s, false),"
        " set_config('idle_in_transaction_session_timeout', %s, false)"
    )
    row = connection.execute(query, [f"{LOCK_SECONDS}s", f"{IDLE_SECONDS}s"]).fetchone()
    if not connection.autocommit:
        connection.commit()
    return int(row[0]) if row else 0


def _is_shared(first: psycopg.Connection[Any], url: str) -> bool:
    """Whether a pooler gives one session of the server to several of its clients, a transaction each.

    Locks, and whatever else belongs to a session, mean nothing there. A session of one's own is never another's while
    both are open, and stays the same.
    """
    import psycopg  # noqa: PLC0415 - as in `connected`

    mine = _ready(first)
    with psycopg.connect(url) as second:
        theirs = second.execute("SELECT pg_backend_pid()").fetchone()
        # In its transaction it keeps what it has.
        return theirs is None or theirs[0] == mine or _ready(first) != mine


def _program(who: str) -> str:
    """Return what the server calls a connection: "syncd on db7: the daemon, process 4711"."""
    words = f"syncd on {socket.gethostname()}" + (f": {who}" if who else "")
    return words.encode("ascii", "replace").decode()[:MOST_LETTERS]


@cache
def engine(url: str) -> sa.Engine:
    """Return the connections of this process to a database; all that open it share them."""
    made = sa.create_engine(
        "postgresql+psycopg://",
        creator=lambda: connected(url),
        pool_size=KEPT,
        max_overflow=MORE,
        # The server may have been started anew meanwhile.
        pool_pre_ping=True,
        use_native_hstore=False,
    )
    atexit.register(made.dispose)
    return made


def prepare(connection: sa.Connection) -> None:
    """Wait until nobody else makes or changes tables, in the caller's transaction.

    Raises:
        StateError: texts can't be kept there.
    """
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATING)))
    # What changes rows one by one may take its time.
    connection.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    encoding = connection.scalar(sa.text("SHOW server_encoding"))
    if encoding != UTF8:
        raise StateError(message("database-not-utf8", encoding=encoding), hint=message("create-utf8"))


def is_strange(connection: sa.Connection, tables: sa.MetaData) -> bool:
    """Whether a database without a revision has tables of these names: they are somebody else's."""
    return not set(sa.inspect(connection).get_table_names()).isdisjoint(tables.tables)


def settle(connection: sa.Connection, tables: sa.MetaData) -> None:
    """Let all texts of new columns be of any length, and compare byte by byte, as they do in SQLite.

    Rows that change several times an hour have room beside them for the next version.
    """
    query = sa.text(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
        " AND data_type IN ('text', 'character varying') AND collation_name IS DISTINCT FROM 'C'"
    )
    changes: dict[str, list[str]] = {}
    for table, column in connection.execute(query).all():
        if table in tables.tables:
            changes.setdefault(table, []).append(f'ALTER COLUMN "{column}" TYPE text COLLATE "C"')
    for table, parts in changes.items():
        connection.execute(sa.text(f'ALTER TABLE "{table}" {", ".join(parts)}'))
    for table in RESTLESS:
        connection.execute(sa.text(f'ALTER TABLE "{table}" SET ({ROOM})'))


def put(
    connection: sa.Connection,
    table: sa.Table,
    rows: Sequence[Mapping[str, Any]],
    key: Sequence[str],
    change: Sequence[str],
) -> None:
    """Put many rows at once, each in place of the one with its key: a column of them is one value of the statement.

    Args:
        connection: the transaction.
        table: where they go.
        rows: all with the same columns.
        key: the columns that tell rows apart.
        change: the columns that take the place of those of a row that is there.
    """
    several: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for row in rows:
        # Of two with one key the later one counts, as if it came in a statement of its own.
        here = tuple(row[name] for name in key)
        before = several.get(here)
        several[here] = row if before is None else {**before, **{name: row[name] for name in change}}
    keys = ", ".join(f'"{table.c[name].name}"' for name in key)
    new = ", ".join(f'"{table.c[name].name}" = excluded."{table.c[name].name}"' for name in change)
    then = f"UPDATE SET {new}" if new else "NOTHING"
    columns = {table.c[name]: [row[name] for row in several.values()] for name in rows[0]}
    _insert(connection, table, columns, f"ON CONFLICT ({keys}) DO {then}")


def add(connection: sa.Connection, table: sa.Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Put new rows into a table; each has a value a column."""
    _insert(connection, table, dict(zip(table.c, map(list, zip(*rows, strict=True)), strict=True)))


def change(connection: sa.Connection, table: sa.Table, key: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Change many rows at once.

    Args:
        connection: the transaction.
        table: where they are.
        key: the column that tells them apart.
        rows: all with the same columns, this one among them; each once.
    """
    columns = {table.c[name]: [row[name] for row in rows] for name in rows[0]}
    names = ", ".join(f'"{one.name}"' for one in columns)
    values = ", ".join(f"%s::{_sort(one.type)}[]" for one in columns)
    new = ", ".join(f'"{one.name}" = new."{one.name}"' for one in columns if one.name != key)
    query = (
        f'UPDATE "{table.name}" SET {new} FROM unnest({values}) AS new ({names})'  # noqa: S608 - names of ours
        f' WHERE "{table.name}"."{key}" = new."{key}"'
    )
    connection.exec_driver_sql(query, tuple(columns.values()))


def _insert(
    connection: sa.Connection, table: sa.Table, columns: Mapping[sa.Column[Any], list[Any]], rest: str = ""
) -> None:
    """Insert rows, given by their columns: each of these is one value of the statement."""
    names = ", ".join(f'"{one.name}"' for one in columns)
    values = ", ".join(f"%s::{_sort(one.type)}[]" for one in columns)
    query = f'INSERT INTO "{table.name}" ({names}) SELECT * FROM unnest({values}) {rest}'  # noqa: S608 - names of ours
    connection.exec_driver_sql(query, tuple(columns.values()))


def _sort(of: sa.types.TypeEngine[Any]) -> str:
    """Return what PostgreSQL calls the type of a column."""
    if isinstance(of, sa.Boolean):
        return "boolean"
    if isinstance(of, sa.Float):
        return "double precision"
    return "bigint" if isinstance(of, sa.Integer) else "text"


@contextmanager
def readable() -> Iterator[None]:
    """Turn the driver's errors into sentences."""
    import psycopg  # noqa: PLC0415 - as in `connected`

    try:
        yield
    except psycopg.Error as error:
        raise said(error) from error


def said(error: BaseException, code: str = "") -> StateError:
    """Return what an error of the driver means.

    Args:
        error: the driver's.
        code: the SQLSTATE, where no connection was made and it is known still.
    """
    state = getattr(error, "sqlstate", None) or ""
    words = " ".join(str(error).split())
    # Where no connection was made, or it broke, the driver has no code.
    unanswered = type(error).__name__ in {"OperationalError", "ConnectionTimeout"} and not state
    refused = code.startswith(REFUSES) if code else any(sign in words for sign in REFUSED)
    if unanswered and refused:
        return StateError(message("database-refuses", reason=words), hint=message("check-database-address"))
    if unanswered or state.startswith(AWAY) or state == TOO_MANY:
        return AwayError(message("database-away", reason=words), hint=message("nothing-lost"))
    if state in TAKES_TURNS:
        return AwayError(message("database-busy", reason=words), hint=message("nothing-lost"))
    hint = message("free-space-and-retry") if state == FULL else ""
    return StateError(message("state-failed", reason=words), hint=hint)
