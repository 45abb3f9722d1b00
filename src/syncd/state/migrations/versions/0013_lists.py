"""Publication lists: what papers are cited by, and which files syncd wrote."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "citation",
        sa.Column("library", sa.Integer, sa.ForeignKey("library.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("key", sa.String(8), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
    )
    op.create_index("citation_by_name", "citation", ["name"])
    op.create_table(
        "output",
        sa.Column("host", sa.Text, primary_key=True),
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("basis", sa.Text, nullable=False),
        sa.Column("papers", sa.Integer, nullable=False),
    )
