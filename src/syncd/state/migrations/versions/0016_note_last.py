"""When the last paper came that the note of a week tells of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the column: a note that is there is looked at once more."""
    op.add_column("note", sa.Column("last", sa.Text, nullable=False, server_default=""))
