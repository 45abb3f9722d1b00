"""What the user says is not by the person of a profile is remembered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "rejection",
        sa.Column("library", sa.Integer, sa.ForeignKey("library.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("profile", sa.Text, primary_key=True),
        sa.Column("paper", sa.String(8), primary_key=True),
        sa.Column("key", sa.String(8)),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("since", sa.Text, nullable=False),
    )
    op.create_index("rejection_of_run", "rejection", ["run"])
