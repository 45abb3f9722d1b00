"""What profiles tell beside their items: facts of papers, figures over time. Kept for those who look at them.

Nothing of it is written into the library, and no plan depends on it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from syncd import tables as db

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from syncd.action import Action
    from syncd.plan import Fact, Plan, PlannedProfile
    from syncd.store import Store

Json = dict[str, Any]
# Actions that bring an item to a profile.
BRINGS = frozenset({"create", "adopt"})
# The names of figures, as columns have them.
FIGURES = ("h_index", "citations", "novelty", "ai_score", "papers")


@dataclass(frozen=True, slots=True)
class Told:
    """What the profiles tell of an item.

    Attributes:
        profiles: by the name of each profile that lists it, the ISO time since when; "" where that is not known.
        score: 0 to 100, or None.
        affiliations: slugs such as "microsoft-research".
        links: by address, what it leads to.
    """

    profiles: Mapping[str, str]
    score: float | None
    affiliations: Sequence[str]
    links: Mapping[str, str]

    @property
    def code(self) -> str | None:
        """The address of its code, if it has one."""
        return next((url for url, kind in self.links.items() if kind == "code"), None)


class Facts:
    """The facts and figures of one library.

    Args:
        store: the database.
        library: the library's number there.
    """

    def __init__(self, store: Store, library: int) -> None:
        self._store = store
        self._library = library

    # Learning

    def learn(self, connection: sa.Connection, plan: Plan, actions: Iterable[Action], now: datetime) -> None:
        """Remember what the profiles of a plan tell; what is as before is not written.

        Args:
            connection: the transaction.
            plan: as it was carried out.
            actions: those about papers whose items are in the library, with real keys.
            now: the time.
        """
        items = {action.paper: action for action in actions if action.key}
        told: dict[tuple[str, str], Fact] = {}
        for fact in plan.facts:
            if (action := items.get(fact.paper)) and action.key:
                told.setdefault((fact.profile, action.key), fact)
        brought = {a.key for a in items.values() if a.kind in BRINGS or "collections" in a.changes}
        for profile in plan.profiles:
            self._note_figures(connection, profile, now.date().isoformat())
            known = self._known(connection, profile.name)
            for key, fact in ((key, fact) for (name, key), fact in told.items() if name == profile.name):
                since, text = known.get(key, (None, ""))
                if since is None:
                    since = now.isoformat(timespec="seconds") if key in brought else ""
                if text != _text(fact):
                    row = {"key": key, "profile": profile.name, "since": since, "facts": _text(fact)}
                    self._put(connection, db.fact, row, ("key", "profile"))

    def _known(self, connection: sa.Connection, profile: str) -> dict[str, tuple[str, str]]:
        """Return what is remembered of a profile's papers: since when, and the text."""
        table = db.fact
        query = sa.select(table).where(table.c.library == self._library, table.c.profile == profile)
        return {row.key: (row.since, row.facts) for row in connection.execute(query)}

    def _note_figures(self, connection: sa.Connection, profile: PlannedProfile, day: str) -> None:
        """Remember a profile's figures of a day, if they are others than the last ones."""
        table = db.figure
        listed = profile.papers if profile.listed is None else profile.listed
        figures = {**asdict(profile.figures), "papers": listed}
        here = sa.and_(table.c.library == self._library, table.c.profile == profile.name)
        columns = [table.c[name] for name in FIGURES]
        query = sa.select(*columns).where(here).order_by(table.c.day.desc()).limit(1)
        last = connection.execute(query).mappings().first()
        if last is None or dict(last) != figures:
            row = {"profile": profile.name, "day": day, **figures}
            self._put(connection, table, row, ("profile", "day"))

    def _put(
        self, connection: sa.Connection, table: sa.Table, row: Mapping[str, Any], names: Sequence[str]
    ) -> None:
        """Put a row in place of the one with its key."""
        same = [table.c[name] == row[name] for name in names]
        connection.execute(sa.delete(table).where(table.c.library == self._library, *same))
        connection.execute(sa.insert(table).values(library=self._library, **row))

    # Asking

    def about(self, keys: Iterable[str]) -> dict[str, Told]:
        """Return what is told of these items; the unknown are left out."""
        return self._told(db.fact.c.key.in_(list(keys)))

    def after(self, key: str, most: int) -> dict[str, Told]:
        """Return what is told of the items whose keys follow this one, in their order.

        Args:
            key: "" for the first.
            most: how many.
        """
        table = db.fact
        mine = sa.and_(table.c.library == self._library, table.c.key > key)
        page = sa.select(table.c.key).distinct().where(mine).order_by(table.c.key).limit(most)
        return self._told(table.c.key.in_(page.scalar_subquery()))

    def figures(self, profile: str) -> list[Json]:
        """Return a profile's figures, each as of the day on which it came to be so, oldest first."""
        table = db.figure
        here = sa.and_(table.c.library == self._library, table.c.profile == profile)
        columns = [table.c.day, *(table.c[name] for name in FIGURES)]
        with self._store.reading() as connection:
            query = sa.select(*columns).where(here).order_by(table.c.day)
            return [dict(row) for row in connection.execute(query).mappings()]

    def years(self, profile: str) -> dict[int, int]:
        """Return how many papers of a profile are in the library, by their year."""
        item, fact = db.index_item.c, db.fact.c
        there = sa.and_(item.library == fact.library, item.key == fact.key)
        mine = sa.and_(fact.library == self._library, fact.profile == profile)
        query = (
            sa.select(item.year, sa.func.count())
            .select_from(sa.join(db.fact, db.index_item, there))
            .where(mine, item.year.is_not(None), item.trashed.is_(False))
            .group_by(item.year)
            .order_by(item.year)
        )
        with self._store.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def _told(self, which: sa.ColumnElement[bool]) -> dict[str, Told]:
        table = db.fact
        query = sa.select(table).where(table.c.library == self._library, which)
        rows: dict[str, list[sa.Row[Any]]] = {}
        with self._store.reading() as connection:
            for row in connection.execute(query.order_by(table.c.key, table.c.since, table.c.profile)):
                rows.setdefault(row.key, []).append(row)
        return {key: _joined(several) for key, several in rows.items()}


def _text(fact: Fact) -> str:
    value = {"score": fact.score, "affiliations": fact.affiliations, "links": dict(fact.links)}
    return json.dumps(value, ensure_ascii=False)


def _joined(rows: Sequence[sa.Row[Any]]) -> Told:
    """Return what several profiles tell of one item; where they differ, the one that came first."""
    told = [json.loads(row.facts) for row in rows]
    links: dict[str, str] = {}
    for one in told:
        links = one["links"] | links
    return Told(
        profiles={row.profile: row.since for row in rows},
        score=next((one["score"] for one in told if one["score"] is not None), None),
        affiliations=tuple(dict.fromkeys(slug for one in told for slug in one["affiliations"])),
        links=links,
    )
