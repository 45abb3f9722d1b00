"""All tables, as revision 0005 left them: the oldest state that this syncd reads.

What came before is in nobody's hands any more; `store` refuses it with a sentence.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = None


def _library() -> sa.Column[int]:
    return sa.Column("library", sa.Integer, sa.ForeignKey("library.id", ondelete="CASCADE"), primary_key=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "library",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("prefix", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, server_default="0"),
        sa.UniqueConstraint("place", "prefix"),
    )
    op.create_table(
        "index_item",
        _library(),
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
    op.create_table(
        "index_collection",
        _library(),
        sa.Column("key", sa.String(8), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("parent", sa.String(8)),
        sa.Column("trashed", sa.Boolean, nullable=False),
    )
    op.create_table(
        "index_deletion",
        _library(),
        sa.Column("key", sa.String(8), primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
    )
    op.create_table(
        "written",
        _library(),
        sa.Column("key", sa.String(8), primary_key=True),
        sa.Column("base", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("seen", sa.Text, nullable=False, server_default=""),
    )
    op.create_table(
        "claim",
        _library(),
        sa.Column("paper", sa.String(8), primary_key=True),
        sa.Column("key", sa.String(8), nullable=False),
        sa.Column("said", sa.Text, nullable=False, server_default=""),
    )
    op.create_table(
        "collection",
        _library(),
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("key", sa.String(8), nullable=False),
    )
    op.create_table(
        "profile",
        _library(),
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
    op.create_table(
        "trouble",
        _library(),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("since", sa.Text, nullable=False),
        sa.Column("last", sa.Text, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("hint", sa.Text, nullable=False),
    )
    op.create_table(
        "tombstone",
        _library(),
        sa.Column("key", sa.String(8), primary_key=True),
        sa.Column("since", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False, server_default="user"),
    )
    op.create_table(
        "decision",
        _library(),
        sa.Column("paper", sa.String(8), primary_key=True),
        sa.Column("key", sa.String(8), primary_key=True),
        sa.Column("verdict", sa.Text, nullable=False),
    )
    op.create_table(
        "refusal",
        _library(),
        sa.Column("paper", sa.String(8), primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
    )
    op.create_table(
        "standing",
        _library(),
        sa.Column("paper", sa.String(8), primary_key=True),
        sa.Column("cause", sa.Text, primary_key=True),
        sa.Column("key", sa.String(8)),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("comparison", sa.Text, nullable=False, server_default="[{}, []]"),
        sa.Column("said", sa.Text, nullable=False, server_default=""),
        sa.Column("kept", sa.Text, nullable=False, server_default="{}"),
    )
    op.create_table(
        "run",
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
    op.create_table(
        "action",
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
    op.create_table(
        "journal",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("library", sa.Integer, sa.ForeignKey("library.id", ondelete="CASCADE"), nullable=False),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("chunk", sa.Text, nullable=False),
        sa.Column("sent", sa.Text, nullable=False, server_default=""),
    )
    op.create_table(
        "pause",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("since", sa.Text, nullable=False),
    )
    op.create_table(
        "mark",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "fact",
        _library(),
        sa.Column("key", sa.String(8), primary_key=True),
        sa.Column("profile", sa.Text, primary_key=True),
        sa.Column("since", sa.Text, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("changed", sa.Integer, nullable=False, server_default="0"),
        sa.Column("gone", sa.Boolean, nullable=False, server_default="0"),
        sa.Index("fact_changed", "library", "changed"),
    )
    op.create_table(
        "figure",
        _library(),
        sa.Column("profile", sa.Text, primary_key=True),
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("h_index", sa.Integer),
        sa.Column("citations", sa.Integer),
        sa.Column("novelty", sa.Integer),
        sa.Column("ai_score", sa.Integer),
        sa.Column("papers", sa.Integer),
    )
