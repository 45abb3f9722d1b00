"""What tells papers apart for good: what a source said of each, what an item held, when a chunk was sent.

With it, who trashed an item, and of what is kept the two values.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

from syncd.text.titles import digest_of_text

revision = "0004"
down_revision = "0003"

COLUMNS = (("claim", "said"), ("written", "seen"), ("index_item", "abstract"), ("journal", "sent"))


def upgrade() -> None:
    """Add the columns. What can be told from the index is, the rest comes with the next push."""
    for table, column in COLUMNS:
        op.add_column(table, sa.Column(column, sa.Text, nullable=False, server_default=""))
    op.add_column("tombstone", sa.Column("by", sa.Text, nullable=False, server_default="user"))
    op.add_column("standing", sa.Column("said", sa.Text, nullable=False, server_default=""))
    op.add_column("standing", sa.Column("kept", sa.Text, nullable=False, server_default="{}"))
    connection = op.get_bind()
    item = sa.table("index_item", *map(sa.column, ("library", "key", "data", "abstract")))
    for row in connection.execute(sa.select(item)).all():
        digest = digest_of_text(_abstract(row.data))
        here = sa.and_(item.c.library == row.library, item.c.key == row.key)
        connection.execute(sa.update(item).where(here).values(abstract=digest))
    # The plugin is reached at Zotero's own address, no longer at that of its local API.
    library = sa.table("library", sa.column("place"))
    place = sa.func.replace(library.c.place, "/api#", "#")
    connection.execute(sa.update(library).values(place=place))


def _abstract(data: str) -> str:
    """Return the abstract of an item of the index; what can't be read has none, and is read anew when it changes."""
    try:
        return str(json.loads(data)["abstractNote"])
    except (ValueError, TypeError, KeyError):
        return ""
