"""Where a library is, as state knows it: its endpoint, "embedded", or one Zotero on the desktop among several.

What is remembered of a library on the desktop belongs to the id of its database: versions and keys of another
mean nothing there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from syncd import tables as db

if TYPE_CHECKING:
    from syncd.store import Store

# Between the address of a Zotero on the desktop and what tells it from others there.
SEPARATOR = "#"
MARK = "plugin:"


def desktop_place(store: Store, root: str, server: str) -> str:
    """Return the place of a library on the desktop.

    Args:
        store: the database.
        root: the address of Zotero there.
        server: the id of the Zotero; where it is not known, that of the last run is taken, and of those rather one
            that something was pushed to.
    """
    if server:
        return f"{root}{SEPARATOR}{server}"
    known, pushed = db.library.c.place, db.profile.c.name.is_not(None)
    query = (
        sa.select(known)
        .join(db.run, db.run.c.library == db.library.c.id)
        .outerjoin(db.profile, db.profile.c.library == db.library.c.id)
        .where(known.startswith(root + SEPARATOR, autoescape=True))
        .order_by(pushed.desc(), db.run.c.started.desc(), db.run.c.id.desc())
        .limit(1)
    )
    with store.reading() as connection:
        return str(connection.scalar(query) or root + SEPARATOR)


def pushed_elsewhere(store: Store, place: str) -> int:
    """Return how many papers were pushed to another Zotero on the desktop; 0 online, where there is one."""
    root, mark, _ = place.partition(SEPARATOR)
    if not mark:
        return 0
    others = db.library.c.place.startswith(root + SEPARATOR, autoescape=True)
    query = (
        sa.select(sa.func.count())
        .select_from(db.written.join(db.library))
        .where(others, db.library.c.place != place)
    )
    with store.reading() as connection:
        return int(connection.scalar(query) or 0)


def known_places(store: Store, root: str) -> list[str]:
    """Return the places of libraries on the desktop that something is remembered of, in order.

    Args:
        store: the database.
        root: the address of Zotero there.
    """
    query = sa.select(db.library.c.place).where(
        db.library.c.place.startswith(root + SEPARATOR, autoescape=True)
    )
    with store.reading() as connection:
        return sorted(connection.scalars(query.where(db.library.c.place != root + SEPARATOR)))


def is_known(store: Store, place: str) -> bool:
    """Whether anything is remembered of a library."""
    with store.reading() as connection:
        return bool(connection.scalar(sa.select(db.library.c.id).where(db.library.c.place == place)))


def moved(store: Store, old: str, new: str) -> None:
    """Let what is remembered of a library hold for the same one where its versions are counted anew.

    Args:
        store: the database.
        old: the place so far.
        new: the place from now on, of which nothing is remembered.
    """
    here = sa.select(db.library.c.id).where(db.library.c.place == old).scalar_subquery()
    with store.writing() as connection:
        connection.execute(sa.update(db.written).where(db.written.c.library == here).values(version=0))
        connection.execute(sa.update(db.library).where(db.library.c.place == old).values(place=new))
