"""syncd's own database: its tables, opened and migrated, with errors that a person can read.

SQLAlchemy Core over SQLite, or over PostgreSQL where the configuration names one. What stands in the tables is
described where it is used.
"""

from __future__ import annotations

import importlib
import socket
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import cache, lru_cache
from operator import itemgetter
from pathlib import Path
from types import ModuleType
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.util import LRUCache

from syncd.clock import SystemClock
from syncd.errors import StateError
from syncd.messages import message
from syncd.paths import DataFolder, keep_private

metadata = sa.MetaData()

library = sa.Table(
    "library",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    # Its address, or "embedded"; and which it is there.
    sa.Column("endpoint", sa.Text, nullable=False),
    sa.Column("prefix", sa.Text, nullable=False),
    # Of several Zoteros at one address: see `handshake.Zotero`.
    sa.Column("database", sa.Text, nullable=False, server_default=""),
    sa.Column("server", sa.Text, nullable=False, server_default=""),
    sa.Column("version", sa.Integer, nullable=False, server_default="0"),
    # Of a reading that is not at its end: the version to which it leads; where the pages of a plugin go on.
    sa.Column("target", sa.Integer, nullable=False, server_default="0"),
    sa.Column("after", sa.Text, nullable=False, server_default=""),
    sa.Index("library_is_known_by", "endpoint", "prefix", "database", "server", unique=True),
)


def _library_column() -> sa.Column[int]:
    return sa.Column("library", sa.Integer, sa.ForeignKey("library.id", ondelete="CASCADE"), primary_key=True)


index_item = sa.Table(
    "index_item",
    metadata,
    _library_column(),
    sa.Column("key", sa.String(8), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("item_type", sa.Text, nullable=False),
    sa.Column("parent", sa.String(8)),
    sa.Column("trashed", sa.Boolean, nullable=False),
    sa.Column("folded_title", sa.Text, nullable=False),
    sa.Column("folded_surname", sa.Text, nullable=False),
    sa.Column("year", sa.Integer),
    sa.Column("doi", sa.Text),
    sa.Column("arxiv", sa.Text),
    sa.Column("data", sa.Text, nullable=False),
    sa.Column("abstract", sa.Text, nullable=False, server_default=""),
    sa.Column("words", sa.Text, nullable=False, server_default=""),
    sa.Column("read_anew", sa.Text, nullable=False, server_default=""),
    sa.Column("authors", sa.Text, nullable=False, server_default=""),
    sa.Index("item_by_parent", "library", "parent"),
    sa.Index("item_by_title", "library", "folded_title"),
    sa.Index("item_by_title_read_anew", "library", "read_anew"),
    sa.Index("item_by_surname", "library", "folded_surname"),
    sa.Index("item_by_doi", "library", "doi"),
    sa.Index("item_by_arxiv", "library", "arxiv"),
    sa.Index("item_by_abstract", "library", "abstract"),
)

# Of items that took the place of others in a merge: which, by the keys of the others.
replaced = sa.Table(
    "replaced",
    metadata,
    _library_column(),
    sa.Column("old", sa.Text, primary_key=True),
    sa.Column("key", sa.String(8), primary_key=True),
    sa.Index("replaced_by_key", "library", "key"),
)

# The words of titles and the authors, as numbers: of items, and of papers that sources described; see `search`. Beside
# each stands the number of its title, so that those of another length need not be fetched.
title_word = sa.Table(
    "title_word",
    metadata,
    _library_column(),
    sa.Column("word", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(8), primary_key=True),
    sa.Column("key", sa.String(8), primary_key=True),
    sa.Column("title", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# What sources said of papers, as it is searched: "said" of those with a claim, "asked" of those that wait for a review.
record = sa.Table(
    "record",
    metadata,
    _library_column(),
    sa.Column("kind", sa.String(8), primary_key=True),
    sa.Column("key", sa.String(8), primary_key=True),
    sa.Column("folded_title", sa.Text, nullable=False),
    sa.Column("folded_surname", sa.Text, nullable=False),
    sa.Column("doi", sa.Text),
    sa.Column("arxiv", sa.Text),
    sa.Column("abstract", sa.Text, nullable=False),
    sa.Column("words", sa.Text, nullable=False),
    sa.Column("read_anew", sa.Text, nullable=False),
    sa.Column("authors", sa.Text, nullable=False),
    sa.Index("record_by_title", "library", "kind", "folded_title"),
    sa.Index("record_by_title_read_anew", "library", "kind", "read_anew"),
    sa.Index("record_by_surname", "library", "kind", "folded_surname"),
    sa.Index("record_by_doi", "library", "kind", "doi"),
    sa.Index("record_by_arxiv", "library", "kind", "arxiv"),
    sa.Index("record_by_abstract", "library", "kind", "abstract"),
)

# Which profiles ever listed a paper of `record`.
listing = sa.Table(
    "listing",
    metadata,
    _library_column(),
    sa.Column("kind", sa.String(8), primary_key=True),
    sa.Column("profile", sa.Text, primary_key=True),
    sa.Column("key", sa.String(8), primary_key=True),
    sa.Index("listing_by_key", "library", "kind", "key"),
)

index_collection = sa.Table(
    "index_collection",
    metadata,
    _library_column(),
    sa.Column("key", sa.String(8), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("parent", sa.String(8)),
    sa.Column("trashed", sa.Boolean, nullable=False),
    sa.Index("collection_by_name", "library", "name"),
)

# Which items are in which collections.
item_collection = sa.Table(
    "item_collection",
    metadata,
    _library_column(),
    sa.Column("collection", sa.String(8), primary_key=True),
    sa.Column("key", sa.String(8), primary_key=True),
    sa.Index("item_collection_by_key", "library", "key"),
)

# Items that a reading still has to read.
unread = sa.Table(
    "unread",
    metadata,
    _library_column(),
    sa.Column("key", sa.String(8), primary_key=True),
)

index_deletion = sa.Table(
    "index_deletion",
    metadata,
    _library_column(),
    sa.Column("key", sa.String(8), primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
)

written = sa.Table(
    "written",
    metadata,
    _library_column(),
    sa.Column("key", sa.String(8), primary_key=True),
    sa.Column("base", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("run", sa.Text, nullable=False),
    sa.Column("seen", sa.Text, nullable=False, server_default=""),
)

claim = sa.Table(
    "claim",
    metadata,
    _library_column(),
    sa.Column("paper", sa.String(8), primary_key=True),
    sa.Column("key", sa.String(8), nullable=False),
    sa.Column("said", sa.Text, nullable=False, server_default=""),
    sa.Index("claim_by_key", "library", "key"),
)

collection = sa.Table(
    "collection",
    metadata,
    _library_column(),
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("key", sa.String(8), nullable=False),
)

profile = sa.Table(
    "profile",
    metadata,
    _library_column(),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("papers", sa.Integer, nullable=False),
    sa.Column("collection", sa.Text, nullable=False),
    sa.Column("paused", sa.Text, nullable=False, server_default=""),
    sa.Column("run", sa.Text, nullable=False),
    sa.Column("pushed", sa.Text, nullable=False, server_default=""),
    # How it was read last: see `authors`.
    sa.Column("settings", sa.Text, nullable=False, server_default=""),
    sa.Column("current", sa.Text, nullable=False, server_default=""),
    sa.Column("whole", sa.Text, nullable=False, server_default=""),
    sa.Column("compared", sa.Text, nullable=False, server_default=""),
    sa.Column("part", sa.Text, nullable=False, server_default=""),
    sa.Column("listed", sa.Integer),
)

# What keeps a profile of the configuration from being pushed at present.
trouble = sa.Table(
    "trouble",
    metadata,
    _library_column(),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("since", sa.Text, nullable=False),
    sa.Column("last", sa.Text, nullable=False),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("hint", sa.Text, nullable=False),
)

tombstone = sa.Table(
    "tombstone",
    metadata,
    _library_column(),
    sa.Column("key", sa.String(8), primary_key=True),
    sa.Column("since", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False, server_default="user"),
)

decision = sa.Table(
    "decision",
    metadata,
    _library_column(),
    sa.Column("paper", sa.String(8), primary_key=True),
    sa.Column("key", sa.String(8), primary_key=True),
    sa.Column("verdict", sa.Text, nullable=False),
)

# What the user said is not by the person of a profile.
rejection = sa.Table(
    "rejection",
    metadata,
    _library_column(),
    sa.Column("profile", sa.Text, primary_key=True),
    sa.Column("paper", sa.String(8), primary_key=True),
    sa.Column("key", sa.String(8)),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("said", sa.Text, nullable=False),
    sa.Column("run", sa.Text, nullable=False),
    sa.Column("since", sa.Text, nullable=False),
    sa.Index("rejection_of_run", "run"),
)

refusal = sa.Table(
    "refusal",
    metadata,
    _library_column(),
    sa.Column("paper", sa.String(8), primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
)

# What `status` shows of a paper beyond its being there: what was kept, what waits, what was left and why.
standing = sa.Table(
    "standing",
    metadata,
    _library_column(),
    sa.Column("paper", sa.String(8), primary_key=True),
    sa.Column("cause", sa.Text, primary_key=True),
    sa.Column("key", sa.String(8)),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("comparison", sa.Text, nullable=False, server_default="[{}, []]"),
    sa.Column("said", sa.Text, nullable=False, server_default=""),
    sa.Column("kept", sa.Text, nullable=False, server_default="{}"),
    sa.Index("standing_of_item", "library", "key"),
)

# The notes that syncd writes, one a week: see `notes`.
note = sa.Table(
    "note",
    metadata,
    _library_column(),
    sa.Column("key", sa.String(8), primary_key=True),
    sa.Column("seen", sa.Text, nullable=False, server_default="{}"),
    sa.Column("papers", sa.Integer, nullable=False, server_default="0"),
    sa.Column("last", sa.Text, nullable=False, server_default=""),
    sa.Column("refused", sa.Text, nullable=False, server_default=""),
)

run = sa.Table(
    "run",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("library", sa.Integer, sa.ForeignKey("library.id", ondelete="CASCADE"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False, server_default="push"),
    sa.Column("started", sa.Text, nullable=False),
    sa.Column("finished", sa.Text),
    sa.Column("counts", sa.Text, nullable=False, server_default="{}"),
    sa.Column("error", sa.Text),
    sa.Column("profiles", sa.Text, nullable=False, server_default="[]"),
    # The run that this one undoes, if it is an undo.
    sa.Column("undoes", sa.Text),
    sa.Index("run_of_library", "library", "started"),
)

action = sa.Table(
    "action",
    metadata,
    sa.Column("run", sa.Text, sa.ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("place", sa.Integer, key="number", primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("key", sa.String(8)),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("changes", sa.Text, nullable=False, server_default="{}"),
    sa.Column("created", sa.Text, nullable=False, server_default="[]"),
    sa.Column("recorded", sa.Text, nullable=False, server_default=""),
    sa.Index("action_recorded", "recorded"),
    sa.Index("action_of_item", "key", "run"),
)

journal = sa.Table(
    "journal",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("library", sa.Integer, sa.ForeignKey("library.id", ondelete="CASCADE"), nullable=False),
    sa.Column("run", sa.Text, nullable=False),
    sa.Column("chunk", sa.Text, nullable=False),
    sa.Column("sent", sa.Text, nullable=False, server_default=""),
)

# Profiles that rest on the user's word; the name "" stands for all of them.
pause = sa.Table(
    "pause",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("since", sa.Text, nullable=False),
)

# What hosts still let one ask for, as they said last; by the digest of the key that they were asked with.
budget = sa.Table(
    "budget",
    metadata,
    sa.Column("host", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("remaining", sa.Integer, nullable=False),
    sa.Column("most", sa.Integer, nullable=False),
    # ISO time in UTC at which it begins anew; NULL where the host does not say.
    sa.Column("until", sa.Text),
    # ISO time in UTC at which the host said so.
    sa.Column("said", sa.Text, nullable=False),
)

# Small facts of the data folder, such as up to when news were sent.
mark = sa.Table(
    "mark",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

# What profiles tell of the papers that are in the library, beside their items.
fact = sa.Table(
    "fact",
    metadata,
    _library_column(),
    sa.Column("key", sa.String(8), primary_key=True),
    sa.Column("profile", sa.Text, primary_key=True),
    sa.Column("since", sa.Text, nullable=False),
    sa.Column("facts", sa.Text, nullable=False),
    sa.Column("changed", sa.Integer, nullable=False, server_default="0"),
    sa.Column("gone", sa.Boolean, nullable=False, server_default="0"),
    # Of the facts, what is counted and sorted by.
    sa.Column("score", sa.Float),
    sa.Column("category", sa.Text, nullable=False, server_default=""),
    sa.Column("code", sa.Boolean, nullable=False, server_default="0"),
    # Of the item, what is counted, sorted and searched by: see `facts.heed`.
    sa.Column("title", sa.Text, nullable=False, server_default=""),
    sa.Column("year", sa.Integer),
    sa.Column("date", sa.Text, nullable=False, server_default=""),
    sa.Column("people", sa.Text, nullable=False, server_default=""),
    sa.Index("fact_changed", "library", "changed"),
    sa.Index("fact_of_profile", "library", "profile", "gone", "since"),
    sa.Index("fact_since", "library", "since"),
)

# The figures of profiles, as of the days on which they changed.
figure = sa.Table(
    "figure",
    metadata,
    _library_column(),
    sa.Column("profile", sa.Text, primary_key=True),
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("h_index", sa.Integer),
    sa.Column("citations", sa.Integer),
    sa.Column("novelty", sa.Integer),
    sa.Column("ai_score", sa.Integer),
    sa.Column("papers", sa.Integer),
)

# What papers are cited by in lists.
citation = sa.Table(
    "citation",
    metadata,
    _library_column(),
    sa.Column("key", sa.String(8), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Index("citation_by_name", "name"),
)

# Files that syncd wrote, by the computer that they are on: see `lists.outputs`.
output = sa.Table(
    "output",
    metadata,
    sa.Column("host", sa.Text, primary_key=True),
    sa.Column("path", sa.Text, primary_key=True),
    # SHA-256 of what was written last, and of what stood there before.
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("before", sa.Text, nullable=False),
    # What it was made of, and how many papers stand in it.
    sa.Column("basis", sa.Text, nullable=False),
    sa.Column("papers", sa.Integer, nullable=False),
)

# Of a fleet, whose workers share this database: see `fleet`. What keeps a library or a profile waiting is a `Gate`.


def host_of(*, is_shared: bool) -> str:
    """Return whose files are meant: where a state is one computer's own, that one's, whatever it is called today."""
    return socket.gethostname() if is_shared else ""


def _gate_columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("closed_until", sa.Text, nullable=False, server_default=""),
        sa.Column("closed_since", sa.Text, nullable=False, server_default=""),
        sa.Column("trouble", sa.Text, nullable=False, server_default=""),
    )


fleet_library = sa.Table(
    "fleet_library",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("settings", sa.Text, nullable=False),
    *_gate_columns(),
    sa.Index("fleet_library_by_name", "name", unique=True),
)

fleet_profile = sa.Table(
    "fleet_profile",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("library", sa.Integer, sa.ForeignKey("fleet_library.id", ondelete="CASCADE"), nullable=False),
    sa.Column("settings", sa.Text, nullable=False),
    # Where its source is read, a host or a service; empty where only the scheduler can read it.
    sa.Column("place", sa.Text, nullable=False),
    # The service that is asked about it together with others; empty without one.
    sa.Column("together", sa.Text, nullable=False, server_default=""),
    # When its schedule comes; since when it is due, and why; how often it became due.
    sa.Column("next", sa.Text, nullable=False),
    sa.Column("due", sa.Text, nullable=False, server_default=""),
    sa.Column("why", sa.Text, nullable=False, server_default="[]"),
    sa.Column("asked", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("turn", sa.Integer, nullable=False, server_default="0"),
    # Its service was asked, and it is to be read whole; since when a job is there to read it.
    sa.Column("whole", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("queued", sa.Text, nullable=False, server_default=""),
    *_gate_columns(),
    sa.Index("fleet_profile_of_library", "library"),
    sa.Index("fleet_profile_next", "next"),
    sa.Index("fleet_profile_due", "due"),
)

# What was read of profiles, and waits for their library.
fleet_page = sa.Table(
    "fleet_page",
    metadata,
    sa.Column("profile", sa.Text, sa.ForeignKey("fleet_profile.name", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("since", sa.Text, nullable=False),
    sa.Column("turn", sa.Integer, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("several", sa.Boolean, nullable=False),
    # What it says, as JSON; empty where it could not be read, and why.
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("problem", sa.Text, nullable=False),
    sa.Index("fleet_page_since", "since"),
)

fleet_worker = sa.Table(
    "fleet_worker",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("started", sa.Text, nullable=False),
    sa.Column("seen", sa.Text, nullable=False),
    sa.Column("doing", sa.Text, nullable=False, server_default="[]"),
)

# Queues that a worker leaves to others, for it has not what their jobs need.
fleet_lack = sa.Table(
    "fleet_lack",
    metadata,
    sa.Column("worker", sa.Text, sa.ForeignKey("fleet_worker.name", ondelete="CASCADE"), primary_key=True),
    sa.Column("queue", sa.Text, primary_key=True),
    sa.Column("words", sa.Text, nullable=False),
)

# How looks ended, for the scheduler to tell.
fleet_look = sa.Table(
    "fleet_look",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("ended", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
)

# When a web server may be asked next, for all workers together: by host, and by the digest of the key it is asked with.
fleet_pace = sa.Table(
    "fleet_pace",
    metadata,
    sa.Column("host", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("next", sa.Float, nullable=False, server_default="0"),
    sa.Column("interval", sa.Float, nullable=False),
    sa.Column("slowed", sa.Float, nullable=False, server_default="1"),
)

# Which revision the tables are of. Its name is Alembic's.
_revision = sa.Table(
    "alembic_version",
    metadata,
    sa.Column("version_num", sa.String(32), primary_key=True),
)

# The newest revision, and the oldest one that is migrated; a test holds both to what `migrations/versions` says.
# Revisions sort as texts.
HEAD = "0016"
OLDEST = "0004"
BUSY_MILLISECONDS = 30_000
# So many rows are put by the driver's own means.
MANY = 100
# So many statements that put rows are kept.
MOST_PUTS = 200
# Seconds between two tries where SQLite does not wait itself.
SLICE = 0.02
# A server's usual patience is for those who write.
PATIENTLY = sa.text("SET LOCAL idle_in_transaction_session_timeout = '1h'")
WRITES = "syncd_writes"
MIGRATES = "syncd_migrates"


class Sqlite(SQLiteDialect_pysqlite):
    """SQLite as SQLAlchemy knows it, and one for all files: statements that were made for one fit each."""

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    def __hash__(self) -> int:
        return hash(type(self))


DRIVER = "sqlite+syncd"
sa.dialects.registry.register(DRIVER.replace("+", "."), __name__, Sqlite.__name__)
# Each push opens the database, and making its statements takes SQLAlchemy as long as all the rest of a small push.
_COMPILED: LRUCache[Any, Any] = LRUCache(500)


class Store:
    """The database, opened and on the newest version.

    Args:
        url: as SQLAlchemy writes it.

    Raises:
        StateError: it can't be opened, is no database of syncd, or is of a newer syncd or one that is too old.
    """

    def __init__(self, url: str | sa.URL) -> None:
        self.engine = _engine(url)
        self._writer = self.engine.execution_options(**{WRITES: True})
        self._reader = self.engine
        self._guard: Callable[[sa.Connection], None] = lambda _: None
        if self.engine.dialect.name == "sqlite":
            sa.event.listen(self.engine, "connect", _prepare_sqlite)
            sa.event.listen(self.engine, "begin", _begin_sqlite)
        else:
            # All that is read in one transaction is as of one moment.
            whole = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            self._reader = self.engine.execution_options(**whole)
        try:
            with _opening(), readable_errors():
                self._migrate()
        except BaseException:
            self.close()
            raise

    @classmethod
    def at(cls, path: Path) -> Store:
        """Open the SQLite database at `path`, made for the user alone where there is none."""
        with _opening():
            keep_private(path)
        return cls(sa.URL.create(DRIVER, database=str(path)))

    @classmethod
    def of(cls, data: DataFolder) -> Store:
        """Open the database of a data folder: the file in it, or the one on a server that stands for it."""
        return cls(data.database) if data.database else cls.at(data.state)

    @property
    def is_shared(self) -> bool:
        """Whether other computers may be at work in it."""
        return self.engine.dialect.name != "sqlite"

    def close(self) -> None:
        """Close all connections; those to a server are kept for the next that opens it."""
        if self.engine.dialect.name == "sqlite":
            self.engine.dispose()

    @contextmanager
    def reading(self, *, at_length: bool = False) -> Iterator[sa.Connection]:
        """Give a connection for reading: all of it is as of one moment.

        Args:
            at_length: minutes may pass between two questions.
        """
        with readable_errors(), self._reader.connect() as connection:
            if at_length and self.is_shared:
                connection.execute(PATIENTLY)
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Give a connection in a transaction: all of it happens, or nothing."""
        with readable_errors(), self._writer.begin() as connection:
            self._guard(connection)
            yield connection

    def guard(self, guard: Callable[[sa.Connection], None]) -> None:
        """Let each transaction that writes begin with this, which may raise."""
        self._guard = guard

    @contextmanager
    def turns(self) -> Iterator[sa.Connection]:
        """Give a connection for several transactions, which the caller begins; temporary tables end with it."""
        with readable_errors(), self._writer.connect() as connection:
            connection.detach()
            yield connection

    def _migrate(self) -> None:
        with self.engine.connect() as connection:
            if self._is_current(connection):
                return
        migrator = self._writer.execution_options(**{MIGRATES: True})
        with migrator.begin() as connection:
            # Another process may have done it while this one waited for its turn.
            if not self._is_current(connection):
                self._bring_up_to_date(connection)
        # Connections that are made from now on heed foreign keys again.
        self.engine.dispose()

    def _bring_up_to_date(self, connection: sa.Connection) -> None:
        """Make the tables of a new database as they are now; change those of an earlier syncd, but copy them first."""
        # What knows PostgreSQL is not loaded where the state is a file.
        server = None if self.engine.dialect.name == "sqlite" else _postgres()
        if server:
            server.prepare(connection)
            if self._is_current(connection):
                return
        if revision := _version(connection):
            # Alembic takes a quarter of a second to import.
            from syncd.state.migrations import upgrade  # noqa: PLC0415

            _copy(self.engine.url, revision)
            upgrade(connection)
        elif server and server.is_strange(connection, metadata):
            raise StateError(message("database-of-others"), hint=message("name-empty-database"))
        else:
            for statement in _creation(connection.dialect):
                connection.exec_driver_sql(statement)
            connection.execute(_revision.insert(), {"version_num": HEAD})
        if server:
            server.settle(connection, metadata)

    def _is_current(self, connection: sa.Connection) -> bool:
        """Whether the tables are those of this syncd; what it can't read is refused, and left as it is."""
        found = _version(connection)
        if found is not None and found > HEAD:
            raise StateError(
                message("state-newer", revision=found),
                hint=message("upgrade-or-name-data-folder"),
            )
        if found is not None and found < OLDEST:
            raise StateError(
                message("state-older", revision=found),
                hint=message("move-database-away", path=self.engine.url.database),
            )
        return found == HEAD


def upsert(
    connection: sa.Connection,
    table: sa.Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    by: Sequence[str] = (),
    keep: Sequence[str] = (),
) -> None:
    """Put rows into a table, each in place of the one with its key.

    Args:
        connection: the transaction.
        table: where they go.
        rows: all with the same columns. A column that they lack stays as it is, or gets its default in a new row.
        by: the columns that tell rows apart; the primary key if none is named.
        keep: columns that only a new row gets.
    """
    if not rows:
        return
    key = tuple(by or table.primary_key.columns.keys())
    change = tuple(name for name in rows[0] if name not in {*key, *keep})
    put = _put(connection.dialect.name, table, key, change)
    if len(rows) < MANY:
        connection.execute(put, list(rows))
        return
    if connection.dialect.name != "sqlite":
        _postgres().put(connection, table, rows, key, change)
        return
    # Looking at each parameter of each row would take longer than the database does.
    compiled = put.compile(dialect=connection.dialect, column_keys=list(rows[0]))
    names = compiled.positiontup or ()
    connection.exec_driver_sql(str(compiled), list(map(itemgetter(*names), rows)))


@lru_cache(MOST_PUTS)
def _put(dialect: str, table: sa.Table, key: tuple[str, ...], change: tuple[str, ...]) -> Any:
    """Return the statement that puts a row in place of the one with its key. To make it takes longer than to run it."""
    # Each database has words of its own for it; those of this one are loaded already.
    insert = importlib.import_module(f"sqlalchemy.dialects.{dialect}").insert(table)
    named = [table.c[name] for name in key]
    if not change:
        return insert.on_conflict_do_nothing(index_elements=named)
    new = {name: insert.excluded[name] for name in change}
    return insert.on_conflict_do_update(index_elements=named, set_=new)


def _engine(url: str | sa.URL) -> sa.Engine:
    if str(url).startswith("sqlite"):
        return sa.create_engine(url, execution_options={"compiled_cache": _COMPILED})
    made: sa.Engine = _postgres().engine(str(url))
    return made


def _postgres() -> ModuleType:
    """Return what knows PostgreSQL, which a computer whose state is a file does not load."""
    return importlib.import_module("syncd.state.postgres")


def aside(table: sa.Table, *names: str) -> sa.Table:
    """Return a temporary table with some columns of another, for many rows that go there in the order of its key.

    In any other order, each would change another page of the database.
    """
    columns = [sa.Column(name, table.c[name].type, nullable=False) for name in names]
    return sa.Table(f"new_{table.name}", sa.MetaData(), *columns, prefixes=["TEMPORARY"])


def add(connection: sa.Connection, table: sa.Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Put new rows into a table; each has a value a column."""
    if rows and connection.dialect.name != "sqlite":
        _postgres().add(connection, table, rows)
    elif rows:
        compiled = sa.insert(table).compile(dialect=connection.dialect)
        connection.exec_driver_sql(str(compiled), list(rows))


@cache
def _creation(dialect: sa.Dialect) -> tuple[str, ...]:
    """Return what makes the tables. To put it together takes as long as the database takes to do it."""
    made: list[sa.ExecutableDDLElement] = []
    for table in metadata.sorted_tables:
        made.append(CreateTable(table))
        made += [CreateIndex(index) for index in table.indexes]
    return tuple(str(one.compile(dialect=dialect)) for one in made)


def _version(connection: sa.Connection) -> str | None:
    # Each push looks several times.
    there = (
        sa.inspect(connection).has_table("alembic_version")
        if connection.dialect.name == "sqlite"
        else connection.scalar(sa.text("SELECT to_regclass('alembic_version')"))
    )
    if not there:
        return None
    found: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return found


def _copy(url: sa.URL, revision: str) -> None:
    """Put a copy of a SQLite database beside it, before it is migrated: "syncd.sqlite.0004"."""
    if url.database is None or not url.drivername.startswith("sqlite"):
        return
    copy = Path(f"{url.database}.{revision}")
    unfinished = copy.with_name(f"{copy.name}.part")
    unfinished.unlink(missing_ok=True)
    keep_private(unfinished)
    try:
        with closing(sqlite3.connect(url.database)) as source, closing(sqlite3.connect(unfinished)) as target:
            source.backup(target)
        unfinished.replace(copy)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def readable_errors() -> Iterator[None]:
    """Turn the database's errors into sentences."""
    try:
        yield
    except (exc.DBAPIError, sqlite3.Error) as error:
        if isinstance(error, exc.DBAPIError) and error.orig and not isinstance(error.orig, sqlite3.Error):
            raise _postgres().said(error.orig) from error
        words = str(error.orig if isinstance(error, exc.DBAPIError) else error)
        raise StateError(message("state-failed", reason=words), hint=_hint(words)) from error


@contextmanager
def _opening() -> Iterator[None]:
    """Turn what the system says of the database's files into sentences. Later on it speaks of other files."""
    try:
        yield
    except OSError as error:
        raise StateError(
            message("state-failed", reason=error.strerror or error), hint=_hint(str(error))
        ) from error


def _hint(words: str) -> str:
    """Say what to do about the words of SQLite."""
    for sign, hint in (
        ("full", message("free-space-and-retry")),
        ("locked", message("retry-when-free")),
        ("readonly", message("make-data-folder-writable")),
        ("unable to open", message("check-data-folder")),
        ("not a database", message("move-file-away")),
        ("malformed", message("move-file-away")),
    ):
        if sign in words:
            return hint
    return ""


def _prepare_sqlite(connection: sa.engine.interfaces.DBAPIConnection, _record: object) -> None:
    # The driver would begin transactions late and leave changes of tables outside: we begin them ourselves.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    _set_wal(cursor)
    # The journal of a write must be on the disk before the write is sent, hence FULL.
    for pragma in ("synchronous = FULL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _set_wal(cursor: sa.engine.interfaces.DBAPICursor) -> None:
    """Let readers and a writer not wait for each other.

    Of several that do so to a new file at once, SQLite turns some away without waiting: here they wait.
    """
    clock = SystemClock()
    until = clock.monotonic() + BUSY_MILLISECONDS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or clock.monotonic() >= until:
                raise
            clock.sleep(SLICE)
        else:
            return


def _begin_sqlite(connection: sa.Connection) -> None:
    # Of two that read first and write then, one would fail at once: who is going to write waits for its turn.
    options = connection.get_execution_options()
    if options.get(MIGRATES):
        # SQLite makes a table anew to change it, which must not take along the rows that refer to it.
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    writes = options.get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
