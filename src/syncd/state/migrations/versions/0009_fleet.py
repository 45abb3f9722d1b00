"""Profiles know how they were read last, so that it can be found out with few requests who has something new."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the columns: each profile is read whole once before anything is in them."""
    for name in ("settings", "current", "whole", "compared", "part"):
        op.add_column("profile", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.add_column("profile", sa.Column("listed", sa.Integer))
