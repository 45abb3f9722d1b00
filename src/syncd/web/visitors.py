"""Who may see the dashboard: a browser that opened an address which works once has a cookie since.

Of a cookie only its digest is kept, in syncd's own database, so that pages can be kept as bookmarks: it holds after a
restart, and with and without a daemon.
"""

from __future__ import annotations

import hashlib
import secrets
from contextlib import closing
from datetime import timedelta
from threading import Lock
from typing import Final

import sqlalchemy as sa

from syncd.clock import Clock
from syncd.paths import DataFolder
from syncd.state import tables as db
from syncd.state.store import Store, upsert

# Names of marks: what follows is the digest of a cookie, and the value is when it was given.
MARK: Final = "visitor:"
# A browser that opened the dashboard once may do so for this long.
KEPT: Final = timedelta(days=180)
# So many seconds an address works that nobody opens.
OPEN: Final = 600.0


class Visitors:
    """Lets browsers in. It may be used by several threads.

    Args:
        data: syncd's data folder.
        clock: time.
    """

    def __init__(self, data: DataFolder, clock: Clock) -> None:
        self._data = data
        self._clock = clock
        self._lock = Lock()
        self._invitations: dict[str, float] = {}
        self._known: set[str] = set()

    def __bool__(self) -> bool:
        """Whether any browser was let in that may come back."""
        if not self._data.database and not self._data.state.exists():
            return False
        query = sa.select(db.mark.c.name).where(
            db.mark.c.name.startswith(MARK), db.mark.c.value > self._first()
        )
        with closing(Store.of(self._data)) as store, store.reading() as connection:
            return connection.scalar(query.limit(1)) is not None

    def invite(self) -> str:
        """Return what an address needs that lets one browser in, once and soon."""
        invitation = secrets.token_urlsafe(24)
        with self._lock:
            self._invitations[invitation] = self._clock.monotonic() + OPEN
        return invitation

    def accept(self, invitation: str) -> str | None:
        """Return a cookie for an invitation; None where it is none, was used, or is too old."""
        with self._lock:
            until = self._invitations.pop(invitation, None)
        if until is None or until < self._clock.monotonic():
            return None
        cookie = secrets.token_urlsafe(24)
        row = {"name": _mark(cookie), "value": self._clock.now().isoformat(timespec="seconds")}
        old = sa.delete(db.mark).where(db.mark.c.name.startswith(MARK), db.mark.c.value <= self._first())
        with closing(Store.of(self._data)) as store, store.writing() as connection:
            connection.execute(old)
            upsert(connection, db.mark, [row])
        return cookie

    def knows(self, cookie: str) -> bool:
        """Whether a browser has this cookie from here."""
        if not cookie:
            return False
        mark = _mark(cookie)
        with self._lock:
            if mark in self._known:
                return True
        query = sa.select(db.mark.c.name).where(db.mark.c.name == mark, db.mark.c.value > self._first())
        with closing(Store.of(self._data)) as store, store.reading() as connection:
            found = connection.scalar(query) is not None
        if found:
            with self._lock:
                self._known.add(mark)
        return found

    def _first(self) -> str:
        """Return the time before which cookies were given that hold no more."""
        return (self._clock.now() - KEPT).isoformat(timespec="seconds")


def _mark(cookie: str) -> str:
    return MARK + hashlib.sha256(cookie.encode()).hexdigest()
