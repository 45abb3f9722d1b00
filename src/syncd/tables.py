"""The tables of syncd's own database. What stands in them is described where it is used.

The index of a library is `zotero.index`'s, what was written `state`'s, runs are `history`'s. A change here is a
migration too: a test holds the two together.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

library = sa.Table(
    "library",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("prefix", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, server_default="0"),
    sa.UniqueConstraint("place", "prefix"),
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
    sa.Index("run_of_library", "library", "started"),
)

action = sa.Table(
    "action",
    metadata,
    sa.Column("run", sa.Text, sa.ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("key", sa.String(8)),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("changes", sa.Text, nullable=False, server_default="{}"),
    sa.Column("created", sa.Text, nullable=False, server_default="[]"),
    sa.Column("recorded", sa.Text, nullable=False, server_default=""),
    sa.Index("action_recorded", "recorded"),
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
