"""Libraries as state knows them: where each is, and what is remembered of it. No library is asked anything here.

A library is known by its endpoint, or by "embedded"; on the desktop also by the Zotero that it is in: versions and keys
of another mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict

import sqlalchemy as sa

from syncd.clock import Clock
from syncd.config import Library
from syncd.config.model import DESKTOP, EMBEDDED
from syncd.errors import StateError
from syncd.handshake import ONLINE, Zotero
from syncd.messages import message
from syncd.paths import DataFolder
from syncd.state import tables as db
from syncd.state.search import chunks
from syncd.state.state import State
from syncd.state.store import Store, upsert
from syncd.state.turn import Turn


@contextmanager
def remembered(
    library: Library,
    data: DataFolder,
    clock: Clock,
    zotero: Zotero | None = None,
    turn: Turn | None = None,
) -> Iterator[State]:
    """Give what is remembered of a library, without touching the library itself.

    Args:
        library: its settings.
        data: syncd's data folder.
        clock: time.
        zotero: for the desktop, the Zotero that is meant; the one of the last run if it is not given.
        turn: of the run that is to write into it; who only looks has none.
    """
    with closing(Store.of(data)) as store:
        if turn:
            turn.take_over(store)
        endpoint, prefix = library.whereabouts
        if zotero is None:
            zotero = _last(store, endpoint) if library.type == DESKTOP else ONLINE
        yield State(store, endpoint, prefix, clock, zotero)


def claim_embedded(data: DataFolder, identity: str) -> None:
    """Let the state be of this embedded library, which other computers that share the state can't reach.

    Args:
        data: syncd's data folder.
        identity: what tells the library from other embedded ones.

    Raises:
        StateError: the state is of another one.
    """
    with closing(Store.of(data)) as store, store.writing() as connection:
        mine = {"name": EMBEDDED, "value": identity}
        upsert(connection, db.mark, [mine], keep=["value"])
        if connection.scalar(sa.select(db.mark.c.value).where(db.mark.c.name == EMBEDDED)) != identity:
            raise StateError(message("embedded-library-of-others"), hint=message("one-database-each"))


def _last(store: Store, endpoint: str) -> Zotero:
    """Return the Zotero of the last run at an address, rather one that something was pushed to."""
    known, pushed = db.library.c, db.profile.c.name.is_not(None)
    query = (
        sa.select(known.database, known.server)
        .join(db.run, db.run.c.library == known.id)
        .outerjoin(db.profile, db.profile.c.library == known.id)
        .where(known.endpoint == endpoint)
        .order_by(pushed.desc(), db.run.c.started.desc(), db.run.c.id.desc())
        .limit(1)
    )
    with store.reading() as connection:
        row = connection.execute(query).first()
    return Zotero(*row) if row else ONLINE


def known_zoteros(store: Store, endpoint: str) -> list[Zotero]:
    """Return the Zoteros at an address that something is remembered of, in order.

    Args:
        store: the database.
        endpoint: the address of Zotero on the desktop.
    """
    known = db.library.c
    query = sa.select(known.database, known.server).where(known.endpoint == endpoint, known.server != "")
    with store.reading() as connection:
        rows = connection.execute(query.distinct().order_by(known.database, known.server)).all()
    return [Zotero(*row) for row in rows]


def known_of(store: Store, endpoint: str, zotero: Zotero, keys: Iterable[str]) -> int:
    """Return of how many of these items and collections something is remembered, erased ones too."""
    tables = (db.written, db.index_item, db.index_collection, db.index_deletion)
    found = 0
    with store.reading() as connection:
        for part in chunks(keys):
            each = (
                sa.select(table.c.key).join(db.library).where(_is(endpoint, zotero), table.c.key.in_(part))
                for table in tables
            )
            known = sa.union(*each).subquery()
            found += connection.scalar(sa.select(sa.func.count()).select_from(known)) or 0
    return found


def uncounted(store: Store, endpoint: str, zotero: Zotero) -> None:
    """Forget at which version syncd wrote each item: the numbers mean nothing any more."""
    with store.writing() as connection:
        connection.execute(sa.update(db.written).where(_of(endpoint, zotero)).values(version=0))


def moved(store: Store, endpoint: str, old: Zotero, new: Zotero, versions: Mapping[str, int]) -> None:
    """Let what is remembered of a library hold for the same one where its versions are counted anew.

    Args:
        store: the database.
        endpoint: the address of Zotero on the desktop.
        old: as it was known so far.
        new: as it is known from now on; nothing is remembered of that.
        versions: by its key, the version of each item that still is as syncd wrote it.
    """
    item = db.written.c.key == sa.bindparam("item")
    change = sa.update(db.written).where(_of(endpoint, old), item).values(version=sa.bindparam("now"))
    with store.writing() as connection:
        if versions:
            connection.execute(change, [{"item": key, "now": now} for key, now in versions.items()])
        connection.execute(sa.update(db.library).where(_is(endpoint, old)).values(**asdict(new)))


def _is(endpoint: str, zotero: Zotero) -> sa.ColumnElement[bool]:
    known = db.library.c
    return sa.and_(
        known.endpoint == endpoint, known.database == zotero.database, known.server == zotero.server
    )


def _of(endpoint: str, zotero: Zotero) -> sa.ColumnElement[bool]:
    return db.written.c.library.in_(sa.select(db.library.c.id).where(_is(endpoint, zotero)))
