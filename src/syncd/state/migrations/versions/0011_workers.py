"""What the workers of a fleet share: whom they follow, who is due, what was read, who works."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def _gate() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("closed_until", sa.Text, nullable=False, server_default=""),
        sa.Column("closed_since", sa.Text, nullable=False, server_default=""),
        sa.Column("trouble", sa.Text, nullable=False, server_default=""),
    )


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "fleet_library",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        *_gate(),
    )
    op.create_index("fleet_library_by_name", "fleet_library", ["name"], unique=True)
    op.create_table(
        "fleet_profile",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column(
            "library", sa.Integer, sa.ForeignKey("fleet_library.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("together", sa.Text, nullable=False, server_default=""),
        sa.Column("next", sa.Text, nullable=False),
        sa.Column("due", sa.Text, nullable=False, server_default=""),
        sa.Column("why", sa.Text, nullable=False, server_default="[]"),
        sa.Column("asked", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("turn", sa.Integer, nullable=False, server_default="0"),
        sa.Column("whole", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("queued", sa.Text, nullable=False, server_default=""),
        *_gate(),
    )
    op.create_index("fleet_profile_of_library", "fleet_profile", ["library"])
    op.create_index("fleet_profile_next", "fleet_profile", ["next"])
    op.create_index("fleet_profile_due", "fleet_profile", ["due"])
    op.create_table(
        "fleet_page",
        sa.Column(
            "profile", sa.Text, sa.ForeignKey("fleet_profile.name", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("since", sa.Text, nullable=False),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("several", sa.Boolean, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
    )
    op.create_index("fleet_page_since", "fleet_page", ["since"])
    op.create_table(
        "fleet_worker",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("started", sa.Text, nullable=False),
        sa.Column("seen", sa.Text, nullable=False),
        sa.Column("doing", sa.Text, nullable=False, server_default="[]"),
    )
    op.create_table(
        "fleet_lack",
        sa.Column(
            "worker", sa.Text, sa.ForeignKey("fleet_worker.name", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("queue", sa.Text, primary_key=True),
        sa.Column("words", sa.Text, nullable=False),
    )
    op.create_table(
        "fleet_look",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("ended", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
    )
    op.create_table(
        "fleet_pace",
        sa.Column("host", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("next", sa.Float, nullable=False, server_default="0"),
        sa.Column("interval", sa.Float, nullable=False),
        sa.Column("slowed", sa.Float, nullable=False, server_default="1"),
    )
