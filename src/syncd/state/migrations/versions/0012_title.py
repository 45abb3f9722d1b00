"""Words of titles have the number of the title beside them. All that papers are found by is noted anew."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

from syncd.state.index import again
from syncd.state.search import Kind, Records
from syncd.sync.action import Said

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the table anew, and fill it with what is there."""
    op.drop_table("title_word")
    op.create_table(
        "title_word",
        sa.Column("library", sa.Integer, sa.ForeignKey("library.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("word", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(8), primary_key=True),
        sa.Column("key", sa.String(8), primary_key=True),
        sa.Column("title", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    connection = op.get_bind()
    for library in connection.scalars(sa.text("SELECT id FROM library")).all():
        again(connection, library)
    _search_records(connection)


def _search_records(connection: sa.Connection) -> None:
    """Let what sources said be found."""
    kinds: dict[Kind, str] = {
        "said": "claim WHERE said != ''",
        "asked": "standing WHERE cause = 'review' AND said != ''",
    }
    for kind, rows in kinds.items():
        query = f"SELECT library, paper, said FROM {rows}"  # noqa: S608 - constants
        for row in connection.execute(sa.text(query)).all():
            Records(connection, row.library).put(kind, row.paper, Said.from_json(json.loads(row.said)))
