"""What is known of authors from the looks before: enough to tell, with a few requests for many, who has something new.

It stands with the profiles, and only a push that did all of its work writes it: what failed is read again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from syncd.state import tables as db
from syncd.state.search import chunks
from syncd.state.standings import is_answered
from syncd.state.store import Store

# Of papers that stand so, a push may have something to do, though nothing of their source changed.
UNSETTLED = ("failed", "restored", "waiting")


@dataclass(frozen=True, slots=True)
class KnownAuthor:
    """A profile of one author, as it was looked at last.

    Attributes:
        name: the profile's.
        author: the author's name, as the service writes it.
        origin: the source: "openalex:A5023888391".
        settings: the digest of the settings that it was read by.
        current: see `identifier`.
        listed: how many papers the service counted when it was read whole; None where it did not say.
        whole: ISO time of the last whole reading.
        compared: ISO time at which that number was last compared.
        part: the digest of the part that was read last; empty after a whole reading.
    """

    name: str
    author: str
    origin: str
    settings: str
    current: str
    listed: int | None
    whole: str
    compared: str
    part: str

    def identifier(self, author: str) -> str:
        """Return what the service calls an author now, who is the source's: another one where two were merged."""
        before, _, now = self.current.partition(" ")
        return now if before == author else author


class Authors:
    """The authors of one library's profiles.

    Args:
        store: the database.
        library: the library's number there.
    """

    def __init__(self, store: Store, library: int) -> None:
        self._store = store
        self._library = library

    def known(self, names: Iterable[str]) -> dict[str, KnownAuthor]:
        """Return the profiles of these names that were read whole and pushed, by name."""
        table = db.profile.c
        query = sa.select(db.profile).where(table.library == self._library, table.whole != "")
        with self._store.reading() as connection:
            rows = [
                row for part in chunks(names) for row in connection.execute(query.where(table.name.in_(part)))
            ]
        return {
            r.name: KnownAuthor(
                r.name,
                r.author,
                r.origin,
                r.settings,
                r.current,
                r.listed,
                r.whole,
                r.compared,
                r.part,
            )
            for r in rows
        }

    def unsettled(self, names: Iterable[str]) -> set[str]:
        """Return those of these profiles for which a push may have something to do, whatever their source says.

        It rests for its collection is gone; or a paper that it lists failed, is to come back, waits for its user's edit
        to settle, or was decided about. A profile that failed is none of these: what a push did not do is still new.
        """
        standing, listing = db.standing.c, db.listing.c
        open_ones = sa.or_(standing.cause.in_(UNSETTLED), sa.and_(standing.cause == "review", is_answered()))
        papers = sa.and_(listing.library == standing.library, listing.key == standing.paper)
        waiting = (
            sa.select(listing.profile)
            .select_from(sa.join(db.standing, db.listing, papers))
            .where(standing.library == self._library, open_ones)
        )
        profile = db.profile.c
        closed = sa.select(profile.name).where(profile.library == self._library, profile.paused != "")
        with self._store.reading() as connection:
            return {
                name
                for part in chunks(names)
                for name in connection.scalars(
                    sa.union(
                        waiting.where(listing.profile.in_(part)),
                        closed.where(profile.name.in_(part)),
                    )
                )
            }

    def note_unchanged(self, names: Collection[str], now: str, *, compared: bool) -> None:
        """Remember that profiles have nothing new, and forget what kept them from being pushed.

        Args:
            names: the profiles.
            now: ISO time.
            compared: the number of their papers was compared.
        """
        values = {"pushed": now, **({"compared": now} if compared else {})}
        self._change([{"known": name} for name in names], values)
        trouble = db.trouble.c
        those = sa.and_(trouble.library == self._library, trouble.name == sa.bindparam("known"))
        with self._store.reading() as connection:
            troubled = connection.scalar(
                sa.select(trouble.name).where(trouble.library == self._library).limit(1)
            )
        if troubled and names:
            with self._store.writing() as connection:
                connection.execute(sa.delete(db.trouble).where(those), [{"known": name} for name in names])

    def note_merged(self, merged: Mapping[str, tuple[str, str]]) -> None:
        """Remember who was merged, by profile: the source's identifier and the new one. They are read whole."""
        rows = [{"known": name, "new": " ".join(identifiers)} for name, identifiers in merged.items()]
        self._change(rows, {"current": sa.bindparam("new"), "listed": None})

    def _change(self, rows: list[dict[str, str]], values: Mapping[str, object]) -> None:
        table = db.profile
        which = sa.and_(table.c.library == self._library, table.c.name == sa.bindparam("known"))
        if rows:
            with self._store.writing() as connection:
                connection.execute(sa.update(table).where(which).values(**values), rows)
