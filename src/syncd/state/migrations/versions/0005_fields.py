"""What stood in texts gets columns: which Zotero a library is in, and which run another one undoes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_SAID = "undo of "
_PLUGIN = "plugin:"


def upgrade() -> None:
    """Add the columns, and fill them from the texts."""
    _tell_zoteros_apart()
    _name_what_is_undone()
    _count_changes_of_facts()


def _tell_zoteros_apart() -> None:
    """Take the place of a library apart: "ROOT#plugin:DATABASE.SERVER", "ROOT#SERVER" or just "ROOT"."""
    # Without the old constraint, for which SQLite has no name.
    before = sa.Table(
        "library",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("prefix", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, server_default="0"),
    )
    with op.batch_alter_table("library", copy_from=before, recreate="always") as batch:
        batch.alter_column("place", new_column_name="endpoint")
        batch.add_column(sa.Column("database", sa.Text, nullable=False, server_default=""))
        batch.add_column(sa.Column("server", sa.Text, nullable=False, server_default=""))
    names = ["endpoint", "prefix", "database", "server"]
    op.create_index("library_is_known_by", "library", names, unique=True)
    table = sa.table("library", *(sa.column(name) for name in ("id", "endpoint", "database", "server")))
    connection = op.get_bind()
    for row in connection.execute(sa.select(table.c.id, table.c.endpoint)).all():
        endpoint, mark, rest = row.endpoint.partition("#")
        database, server = "", rest
        if rest.startswith(_PLUGIN):
            database, _, server = rest.removeprefix(_PLUGIN).partition(".")
        if mark:
            values = {"endpoint": endpoint, "database": database, "server": server}
            connection.execute(sa.update(table).where(table.c.id == row.id).values(values))


def _name_what_is_undone() -> None:
    op.add_column("run", sa.Column("undoes", sa.Text))
    words = sa.func.substr(sa.column("reason"), len(_SAID) + 1)
    action = sa.table("action", sa.column("run"), sa.column("reason"))
    said = sa.select(sa.func.min(words)).select_from(action).where(action.c.reason.like(f"{_SAID}%"))
    run = sa.table("run", sa.column("id"), sa.column("kind"), sa.column("undoes"))
    named = said.where(action.c.run == run.c.id).scalar_subquery()
    op.execute(sa.update(run).where(run.c.kind == "undo").values(undoes=named))


def _count_changes_of_facts() -> None:
    op.add_column("fact", sa.Column("changed", sa.Integer, nullable=False, server_default="0"))
    op.add_column("fact", sa.Column("gone", sa.Boolean, nullable=False, server_default="0"))
    op.create_index("fact_changed", "fact", ["library", "changed"])
