"""Papers are searched for by the database: indexes, words of titles, and a table of what sources said of papers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def _library() -> sa.Column[int]:
    return sa.Column("library", sa.Integer, sa.ForeignKey("library.id", ondelete="CASCADE"), primary_key=True)


def upgrade() -> None:
    """Make tables and indexes; a later revision fills them."""
    _make_tables()
    _make_indexes()


def _make_tables() -> None:
    for name in ("words", "read_anew", "authors"):
        op.add_column("index_item", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.create_table(
        "replaced",
        _library(),
        sa.Column("old", sa.Text, primary_key=True),
        sa.Column("key", sa.String(8), primary_key=True),
    )
    op.create_table(
        "title_word",
        _library(),
        sa.Column("word", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(8), primary_key=True),
        sa.Column("key", sa.String(8), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "record",
        _library(),
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
    )
    op.create_table(
        "listing",
        _library(),
        sa.Column("kind", sa.String(8), primary_key=True),
        sa.Column("profile", sa.Text, primary_key=True),
        sa.Column("key", sa.String(8), primary_key=True),
    )


def _make_indexes() -> None:
    for name, column in (
        ("item_by_parent", "parent"),
        ("item_by_title", "folded_title"),
        ("item_by_title_read_anew", "read_anew"),
        ("item_by_surname", "folded_surname"),
        ("item_by_doi", "doi"),
        ("item_by_arxiv", "arxiv"),
        ("item_by_abstract", "abstract"),
    ):
        op.create_index(name, "index_item", ["library", column])
    for name, column in (
        ("record_by_title", "folded_title"),
        ("record_by_title_read_anew", "read_anew"),
        ("record_by_surname", "folded_surname"),
        ("record_by_doi", "doi"),
        ("record_by_arxiv", "arxiv"),
        ("record_by_abstract", "abstract"),
    ):
        op.create_index(name, "record", ["library", "kind", column])
    op.create_index("replaced_by_key", "replaced", ["library", "key"])
    op.create_index("listing_by_key", "listing", ["library", "kind", "key"])
    op.create_index("collection_by_name", "index_collection", ["library", "name"])
    op.create_index("claim_by_key", "claim", ["library", "key"])
