"""What profiles tell beside their items: facts of papers, figures over time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables; the next push of each profile fills them."""
    op.create_table(
        "fact",
        sa.Column("library", sa.Integer, sa.ForeignKey("library.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("key", sa.String(8), primary_key=True),
        sa.Column("profile", sa.Text, primary_key=True),
        sa.Column("since", sa.Text, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
    )
    op.create_table(
        "figure",
        sa.Column("library", sa.Integer, sa.ForeignKey("library.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("profile", sa.Text, primary_key=True),
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("h_index", sa.Integer),
        sa.Column("citations", sa.Integer),
        sa.Column("novelty", sa.Integer),
        sa.Column("ai_score", sa.Integer),
        sa.Column("papers", sa.Integer),
    )
