"""The tables of syncd's own database. What stands in them is described where it is used."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

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
revision = sa.Table(
    "alembic_version",
    metadata,
    sa.Column("version_num", sa.String(32), primary_key=True),
)
