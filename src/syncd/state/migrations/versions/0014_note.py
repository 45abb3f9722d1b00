"""What is remembered of the notes that syncd writes, one a library and week."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "note",
        sa.Column("library", sa.Integer, sa.ForeignKey("library.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("key", sa.String(8), primary_key=True),
        sa.Column("seen", sa.Text, nullable=False, server_default="{}"),
        sa.Column("papers", sa.Integer, nullable=False, server_default="0"),
        sa.Column("refused", sa.Text, nullable=False, server_default=""),
    )
