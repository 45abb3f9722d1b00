"""Libraries as state knows them: where each is, and what is remembered of it. No library is asked anything here.

A library is known by its endpoint, by "embedded", or as one Zotero on the desktop among several: what is remembered
there belongs to the id of its database, since versions and keys of another mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager

import sqlalchemy as sa

from syncd.clock import Clock
from syncd.config import Library
from syncd.config.model import DESKTOP
from syncd.handshake import SEPARATOR
from syncd.paths import DataFolder
from syncd.state import store as db
from syncd.state.state import State
from syncd.state.store import Store


@contextmanager
def remembered(library: Library, data: DataFolder, clock: Clock, server: str = "") -> Iterator[State]:
    """Give what is remembered of a library, without touching the library itself.

    Args:
        library: its settings.
        data: syncd's data folder.
        clock: time.
        server: for the desktop, the id of the Zotero that is meant; the one of the last run if it is not given.
    """
    with closing(Store.at(data.state)) as store:
        place, prefix = library.whereabouts
        if library.type == DESKTOP:
            place = desktop_place(store, place, server)
        yield State(store, place, prefix, clock)


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


def known_keys(store: Store, place: str) -> set[str]:
    """Return the keys of all items and collections that something is remembered of, erased ones too.

    Args:
        store: the database.
        place: of a library.
    """
    tables = (db.written, db.index_item, db.index_collection, db.index_deletion)
    each = (sa.select(table.c.key).join(db.library).where(db.library.c.place == place) for table in tables)
    with store.reading() as connection:
        return set(connection.scalars(sa.union(*each)))


def uncounted(store: Store, place: str) -> None:
    """Forget at which version syncd wrote each item of a library: the numbers mean nothing any more."""
    with store.writing() as connection:
        connection.execute(sa.update(db.written).where(_of(place)).values(version=0))


def moved(store: Store, old: str, new: str, versions: Mapping[str, int]) -> None:
    """Let what is remembered of a library hold for the same one where its versions are counted anew.

    Args:
        store: the database.
        old: the place so far.
        new: the place from now on, of which nothing is remembered.
        versions: by its key, the version of each item that still is as syncd wrote it.
    """
    item = db.written.c.key == sa.bindparam("item")
    change = sa.update(db.written).where(_of(old), item).values(version=sa.bindparam("now"))
    with store.writing() as connection:
        if versions:
            connection.execute(change, [{"item": key, "now": now} for key, now in versions.items()])
        connection.execute(sa.update(db.library).where(db.library.c.place == old).values(place=new))


def _of(place: str) -> sa.ColumnElement[bool]:
    return db.written.c.library.in_(sa.select(db.library.c.id).where(db.library.c.place == place))
