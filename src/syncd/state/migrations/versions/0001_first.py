"""The first tables: index, what was written, profiles, runs, journal."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
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
    )
    op.create_table(
        "claim",
        _library(),
        sa.Column("paper", sa.String(8), primary_key=True),
        sa.Column("key", sa.String(8), nullable=False),
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
    )
    op.create_table(
        "tombstone",
        _library(),
        sa.Column("key", sa.String(8), primary_key=True),
        sa.Column("since", sa.Text, nullable=False),
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
    )
    op.create_table(
        "journal",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("library", sa.Integer, sa.ForeignKey("library.id", ondelete="CASCADE"), nullable=False),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("chunk", sa.Text, nullable=False),
    )
