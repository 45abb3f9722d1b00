"""Where a library is, as state knows it: its endpoint, "embedded", or one Zotero on the desktop among several.

What is remembered of a library on the desktop belongs to the id of its database: versions and keys of another
mean nothing there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from syncd import store as db

if TYPE_CHECKING:
    from syncd.store import Store

# Between the address of a Zotero on the desktop and its id.
MARK = "#"


def desktop_place(store: Store, root: str, server: str) -> str:
    """Return the place of a library on the desktop.

    Args:
        store: the database.
        root: the address of its local API.
        server: the id of the Zotero; where it is not known, that of the last run is taken, and of those rather one
            that something was pushed to.
    """
    if server:
        return f"{root}{MARK}{server}"
    known, pushed = db.library.c.place, db.profile.c.name.is_not(None)
    query = (
        sa.select(known)
        .join(db.run, db.run.c.library == db.library.c.id)
        .outerjoin(db.profile, db.profile.c.library == db.library.c.id)
        .where(known.startswith(root + MARK, autoescape=True))
        .order_by(pushed.desc(), db.run.c.started.desc(), db.run.c.id.desc())
        .limit(1)
    )
    with store.reading() as connection:
        return str(connection.scalar(query) or root + MARK)


def pushed_elsewhere(store: Store, place: str) -> int:
    """Return how many papers were pushed to another Zotero on the desktop; 0 online, where there is one."""
    root, mark, _ = place.partition(MARK)
    if not mark:
        return 0
    others = db.library.c.place.startswith(root + MARK, autoescape=True)
    query = (
        sa.select(sa.func.count())
        .select_from(db.written.join(db.library))
        .where(others, db.library.c.place != place)
    )
    with store.reading() as connection:
        return int(connection.scalar(query) or 0)
