"""A reading of a library goes on where it was ended; an erased collection is found in its items without a search."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

# So many items at a time.
MOST = 1000


def _library() -> sa.Column[int]:
    return sa.Column("library", sa.Integer, sa.ForeignKey("library.id", ondelete="CASCADE"), primary_key=True)


def upgrade() -> None:
    """Make the tables, and note which items are in which collections."""
    op.add_column("library", sa.Column("target", sa.Integer, nullable=False, server_default="0"))
    op.add_column("library", sa.Column("after", sa.Text, nullable=False, server_default=""))
    op.create_table("unread", _library(), sa.Column("key", sa.String(8), primary_key=True))
    places = op.create_table(
        "item_collection",
        _library(),
        sa.Column("collection", sa.String(8), primary_key=True),
        sa.Column("key", sa.String(8), primary_key=True),
    )
    op.create_index("item_collection_by_key", "item_collection", ["library", "key"])
    connection = op.get_bind()
    for library in connection.scalars(sa.text("SELECT id FROM library")).all():
        _note_places(connection, library, places)


def _note_places(connection: sa.Connection, library: int, places: sa.Table) -> None:
    query = sa.text(
        "SELECT key, data FROM index_item WHERE library = :library AND key > :last ORDER BY key LIMIT :most"
    )
    last = ""
    while rows := connection.execute(query, {"library": library, "last": last, "most": MOST}).all():
        last = rows[-1].key
        found = [
            {"library": library, "collection": collection, "key": row.key}
            for row in rows
            for collection in dict.fromkeys(json.loads(row.data).get("collections") or ())
        ]
        if found:
            connection.execute(sa.insert(places), found)
