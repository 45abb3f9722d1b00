"""What hosts still let one ask for is kept, for it holds for all who ask with the same key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the table: hosts tell what is left with their next answers."""
    op.create_table(
        "budget",
        sa.Column("host", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("remaining", sa.Integer, nullable=False),
        sa.Column("most", sa.Integer, nullable=False),
        sa.Column("until", sa.Text),
        sa.Column("said", sa.Text, nullable=False),
    )
