"""A run that undoes another names it in a column, where its papers' lines said so in words."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_SAID = "undo of "


def upgrade() -> None:
    """Add the column, and fill it from the words."""
    op.add_column("run", sa.Column("undoes", sa.Text))
    words = sa.func.substr(sa.column("reason"), len(_SAID) + 1)
    action = sa.table("action", sa.column("run"), sa.column("reason"))
    said = sa.select(sa.func.min(words)).select_from(action).where(action.c.reason.like(f"{_SAID}%"))
    run = sa.table("run", sa.column("id"), sa.column("kind"), sa.column("undoes"))
    named = said.where(action.c.run == run.c.id).scalar_subquery()
    op.execute(sa.update(run).where(run.c.kind == "undo").values(undoes=named))
