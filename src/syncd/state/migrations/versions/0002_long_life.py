"""What a service needs over years: troubles, pauses, marks, whom a run was for, when each thing was done."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables and columns, and take over what is known."""
    op.add_column("profile", sa.Column("pushed", sa.Text, nullable=False, server_default=""))
    op.add_column("run", sa.Column("profiles", sa.Text, nullable=False, server_default="[]"))
    op.add_column("action", sa.Column("recorded", sa.Text, nullable=False, server_default=""))
    op.create_index("run_of_library", "run", ["library", "started"])
    op.create_index("action_recorded", "action", ["recorded"])
    op.execute(
        "UPDATE profile SET pushed = COALESCE((SELECT started FROM run WHERE run.id = profile.run), '')"
    )
    op.create_table(
        "trouble",
        sa.Column("library", sa.Integer, sa.ForeignKey("library.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("since", sa.Text, nullable=False),
        sa.Column("last", sa.Text, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("hint", sa.Text, nullable=False),
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
