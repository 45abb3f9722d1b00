"""What lists of papers are counted, sorted and searched by gets columns and indexes beside what profiles tell."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from syncd.state.facts import heed

revision = "0015"
down_revision = "0014"

# How each database reads a value in a text of JSON.
_VALUE = {"sqlite": "json_extract(facts, '$.{}')", "postgresql": "facts::json ->> '{}'"}


def upgrade() -> None:
    """Make the columns and indexes, and fill them from facts and items."""
    for name in ("category", "title", "date", "people"):
        op.add_column("fact", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.add_column("fact", sa.Column("score", sa.Float))
    op.add_column("fact", sa.Column("code", sa.Boolean, nullable=False, server_default="0"))
    op.add_column("fact", sa.Column("year", sa.Integer))
    op.create_index("fact_of_profile", "fact", ["library", "profile", "gone", "since"])
    op.create_index("fact_since", "fact", ["library", "since"])
    op.create_index("action_of_item", "action", ["key", "run"])
    op.create_index("standing_of_item", "standing", ["library", "key"])
    _count_facts()
    connection = op.get_bind()
    for library in connection.scalars(sa.text("SELECT id FROM library")).all():
        heed(connection, library)


def _count_facts() -> None:
    value = _VALUE[op.get_bind().dialect.name].format
    op.execute(
        f"UPDATE fact SET score = CAST({value('score')} AS FLOAT), category = coalesce({value('category')}, ''),"  # noqa: S608 - constants
        """ code = facts LIKE '%": "code"%' WHERE facts != ''"""
    )
