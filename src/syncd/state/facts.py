"""What profiles tell of papers beside their items, such as a score; and which of it changed since when.

Nothing of it is written into the library, and nothing here asks the library. A row is never deleted: what changed
after a moment includes what is there no more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from secrets import token_hex
from typing import Any

import sqlalchemy as sa

from syncd.state import tables as db
from syncd.state.history import BRINGS
from syncd.state.search import chunks
from syncd.state.store import Store, upsert
from syncd.sync.action import Action, Fact, Plan, PlannedProfile

Json = dict[str, Any]
# Marks the state, so that a moment of one that was lost is known for what it is.
EPOCH = "facts"
# In the place of a profile of which everything was forgotten.
NOBODY = ""
# Of the number of a change.
MOST_DIGITS = 15
# How many keys are asked about in one question to the database.
AT_ONCE = 1000
# What is kept of an item beside what profiles tell of it: its folded title, its creators one a line.
DESCRIBED = ("title", "year", "date", "people")
# The names of figures, as columns have them.
FIGURES = ("h_index", "citations", "novelty", "ai_score", "papers")


@dataclass(frozen=True, slots=True)
class Told:
    """What the profiles tell of an item.

    Attributes:
        profiles: by the name of each profile that lists it, the ISO time since when; "" where that is not known.
        score: 0 to 100, or None.
        affiliations: names such as "Microsoft Research", or slugs where the source has no names.
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


def heed(connection: sa.Connection, library: int, keys: Iterable[str] | None = None) -> None:
    """Take over from the index which items are there, and what lists need of them.

    What is in the trash or erased is gone until it is back.

    Args:
        connection: the transaction in which the index changed.
        library: the library's number.
        keys: of the items that changed; all of the library without.
    """
    fact, item = db.fact, db.index_item.c
    is_there = sa.exists().where(
        item.library == fact.c.library, item.key == fact.c.key, item.trashed.is_(False)
    )
    turned = sa.and_(fact.c.library == library, fact.c.gone == is_there)
    if keys is None:
        keys = connection.scalars(sa.select(fact.c.key).distinct().where(fact.c.library == library)).all()
    for part in chunks(keys):
        change = sa.update(fact).where(turned, fact.c.key.in_(part))
        connection.execute(change.values(gone=~fact.c.gone, changed=_last(connection, library) + 1))
        _describe(connection, library, part)


def _describe(connection: sa.Connection, library: int, keys: Sequence[str]) -> None:
    """Take over what lists sort, search and count by of these items, as far as it is another."""
    fact, item = db.fact, db.index_item.c
    there = sa.and_(item.library == fact.c.library, item.key == fact.c.key)
    shown = [fact.c[name] for name in DESCRIBED]
    query = sa.select(*shown, item.key, item.folded_title, item.year, item.data)
    query = query.select_from(sa.join(fact, db.index_item, there))
    mine = sa.and_(fact.c.library == library, fact.c.key.in_(keys), fact.c.profile != NOBODY)
    changes = {}
    for *before, key, title, year, text in connection.execute(query.where(mine)):
        data = json.loads(text)
        people = "\n".join(named(one) for one in data.get("creators", ()))
        now = (title, year, str(data.get("date") or ""), people)
        if now != tuple(before):
            changes[key] = {
                "of": key,
                **{f"now_{name}": value for name, value in zip(DESCRIBED, now, strict=True)},
            }
    if changes:
        values: Json = {name: sa.bindparam(f"now_{name}") for name in DESCRIBED}
        change = sa.update(fact).where(fact.c.library == library, fact.c.key == sa.bindparam("of"))
        connection.execute(change.values(values), list(changes.values()))


def named(creator: Mapping[str, Any]) -> str:
    """Return the name of a creator as people read it, in one line."""
    parts = (creator.get("firstName"), creator.get("lastName"))
    name = creator.get("name") or " ".join(str(part) for part in parts if part)
    return " ".join(str(name).split())


def _last(connection: sa.Connection, library: int) -> int:
    """Return the number of the last change."""
    query = sa.select(sa.func.max(db.fact.c.changed)).where(db.fact.c.library == library)
    return connection.scalar(query) or 0


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
        number = _last(connection, self._library) + 1
        brought = {a.key for a in items.values() if a.kind in BRINGS or "collections" in a.changes}
        for profile in plan.profiles:
            if profile.whole:
                self._note_figures(connection, profile, now.date().isoformat())
            known = self._known(connection, profile.name)
            mine = {key: fact for (name, key), fact in told.items() if name == profile.name}
            cut_off = self._cut_off(connection, mine.keys() - known.keys() - brought)
            rows = []
            for key, fact in mine.items():
                since, text = known.get(key, (None, ""))
                if since is None:
                    since = now.isoformat(timespec="seconds") if key in brought else cut_off.get(key, "")
                if text != _text(fact):
                    row = {"key": key, "profile": profile.name, "since": since, **_columns(fact)}
                    rows.append({"library": self._library, **row, "changed": number})
            upsert(connection, db.fact, rows)
            for part in chunks(row["key"] for row in rows):
                _describe(connection, self._library, part)

    def _known(self, connection: sa.Connection, profile: str) -> dict[str, tuple[str, str]]:
        """Return what is remembered of a profile's papers: since when, and the text."""
        table = db.fact.c
        query = sa.select(table.key, table.since, table.facts)
        query = query.where(table.library == self._library, table.profile == profile)
        return {row.key: (row.since, row.facts) for row in connection.execute(query)}

    def _cut_off(self, connection: sa.Connection, keys: Iterable[str]) -> dict[str, str]:
        """Return when items came in runs that were cut off: nobody learnt then what is told of them. ISO times."""
        action, run = db.action.c, db.run.c
        query = sa.select(action.key, action.recorded).join(db.run, run.id == action.run)
        cut = sa.and_(run.library == self._library, sa.or_(run.finished.is_(None), run.error.is_not(None)))
        query = query.where(cut, action.kind.in_(BRINGS)).order_by(action.recorded)
        rows = (row for part in chunks(keys) for row in connection.execute(query.where(action.key.in_(part))))
        return {row.key: _to_the_second(row.recorded) for row in rows}

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
            row = {"library": self._library, "profile": profile.name, "day": day, **figures}
            upsert(connection, table, [row])

    def forget(self, connection: sa.Connection, profile: str, key: str | None = None) -> None:
        """Forget what a profile told of one item, or of all; who asks what changed hears of these items.

        A row without a profile stays for that.
        """
        fact = db.fact.c
        mine = sa.and_(fact.library == self._library, fact.profile == profile)
        mine = sa.and_(mine, fact.key == key) if key else mine
        keys = list(connection.scalars(sa.select(fact.key).where(mine)))
        left = {"library": self._library, "profile": NOBODY, "since": "", "facts": "", "gone": False}
        number = _last(connection, self._library) + 1
        upsert(connection, db.fact, [{**left, "key": one, "changed": number} for one in keys])
        connection.execute(sa.delete(db.fact).where(mine))

    # Asking

    def about(self, keys: Iterable[str]) -> dict[str, Told]:
        """Return what is told of these items; the unknown are left out."""
        return self._of(keys, sa.true())

    def after(self, key: str, most: int) -> dict[str, Told]:
        """Return what is told of the items that are there and whose keys follow this one, in their order.

        Args:
            key: "" for the first.
            most: how many.
        """
        table = db.fact
        mine = sa.and_(
            table.c.library == self._library,
            table.c.key > key,
            table.c.gone.is_(False),
            table.c.profile != NOBODY,
        )
        page = sa.select(table.c.key).distinct().where(mine).order_by(table.c.key).limit(most)
        return self._told(table.c.key.in_(page.scalar_subquery()))

    def there(self, keys: Iterable[str]) -> dict[str, Told]:
        """Return what is told of those of these items that are there; the unknown are left out."""
        return self._of(keys, db.fact.c.gone.is_(False))

    def moment(self) -> str:
        """Return what stands for now in this library: `number_of` reads it, `changed_after` goes on from it."""
        epoch = self._epoch()
        with self._store.reading() as connection:
            return f"{epoch}.{self._library}.{_last(connection, self._library)}"

    def number_of(self, moment: str) -> int | None:
        """Return the number of the last change before a moment; None where it is of another state or library."""
        epoch, _, rest = moment.partition(".")
        library, _, number = rest.partition(".")
        sound = number.isascii() and number.isdecimal() and len(number) <= MOST_DIGITS
        if not sound or (epoch, library) != (self._epoch(), str(self._library)):
            return None
        with self._store.reading() as connection:
            # A state that was put back from a copy has not come so far.
            return int(number) if int(number) <= _last(connection, self._library) else None

    def changed_after(self, number: int) -> set[str]:
        """Return the keys of the items of which something else is told since this change, and of those that went."""
        table = db.fact.c
        query = sa.select(table.key).where(table.library == self._library, table.changed > number)
        with self._store.reading() as connection:
            return set(connection.scalars(query.distinct()))

    def _epoch(self) -> str:
        """Return the mark of this state, which it gets when it is asked for first."""
        mark = db.mark
        query = sa.select(mark.c.value).where(mark.c.name == EPOCH)
        with self._store.reading() as connection:
            found = connection.scalar(query)
        if found is None:
            with self._store.writing() as connection:
                upsert(connection, mark, [{"name": EPOCH, "value": token_hex(4)}], keep=["value"])
                found = connection.scalar(query)
        return str(found)

    def figures(self, profile: str) -> list[Json]:
        """Return a profile's figures, each as of the day on which it came to be so, oldest first."""
        table = db.figure
        here = sa.and_(table.c.library == self._library, table.c.profile == profile)
        columns = [table.c.day, *(table.c[name] for name in FIGURES)]
        with self._store.reading() as connection:
            query = sa.select(*columns).where(here).order_by(table.c.day)
            return [dict(row) for row in connection.execute(query).mappings()]

    def moved(self, day: str, most: int, *, before: str = "") -> dict[str, dict[str, tuple[int, int]]]:
        """Return the figures of profiles that moved from a day on, with what they were before and are now.

        Args:
            day: ISO date.
            most: how many profiles; those that moved last come first.
            before: ISO date; figures of this day and later ones are not looked at, where there is one.

        Returns:
            by profile and figure.
        """
        table = db.figure
        last = sa.func.max(table.c.day)
        query = sa.select(table.c.profile).where(table.c.library == self._library, table.c.day >= day)
        if before:
            query = query.where(table.c.day < before)
        query = query.group_by(table.c.profile).order_by(last.desc(), table.c.profile).limit(most)
        with self._store.reading() as connection:
            names = list(connection.scalars(query))
        found: dict[str, dict[str, tuple[int, int]]] = {}
        for name in names:
            told = [one for one in self.figures(name) if not before or one["day"] < before]
            first = [one for one in told if one["day"] < day]
            if first:
                moves = {one: (first[-1][one], told[-1][one]) for one in FIGURES}
                found[name] = {one: (a, b) for one, (a, b) in moves.items() if None not in {a, b} and a != b}
        return {name: moves for name, moves in found.items() if moves}

    def years(self, *profiles: str) -> dict[str, dict[int, int]]:
        """Return how many papers of each of these profiles are in the library, by their year."""
        fact = db.fact.c
        counted: dict[str, dict[int, int]] = {name: {} for name in profiles}
        query = (
            sa.select(fact.profile, fact.year, sa.func.count())
            .where(fact.library == self._library, fact.gone.is_(False), fact.year.is_not(None))
            .group_by(fact.profile, fact.year)
            .order_by(fact.profile, fact.year)
        )
        with self._store.reading() as connection:
            for part in chunks(profiles):
                for name, year, number in connection.execute(query.where(fact.profile.in_(part))):
                    counted[name][year] = number
        return counted

    def _of(self, keys: Iterable[str], which: sa.ColumnElement[bool]) -> dict[str, Told]:
        several, found = sorted(keys), dict[str, Told]()
        for start in range(0, len(several), AT_ONCE):
            found |= self._told(sa.and_(db.fact.c.key.in_(several[start : start + AT_ONCE]), which))
        return found

    def _told(self, which: sa.ColumnElement[bool]) -> dict[str, Told]:
        table = db.fact
        query = sa.select(table).where(table.c.library == self._library, table.c.profile != NOBODY, which)
        rows: dict[str, list[sa.Row[Any]]] = {}
        with self._store.reading() as connection:
            for row in connection.execute(query.order_by(table.c.key, table.c.since, table.c.profile)):
                rows.setdefault(row.key, []).append(row)
        return {key: _joined(several) for key, several in rows.items()}


def _columns(fact: Fact) -> Json:
    """Return what a row has of a fact."""
    code = any(kind == "code" for _, kind in fact.links)
    return {"facts": _text(fact), "score": fact.score, "category": fact.category, "code": code}


def _to_the_second(moment: str) -> str:
    return datetime.fromisoformat(moment).isoformat(timespec="seconds")


def _text(fact: Fact) -> str:
    value: Json = {"score": fact.score, "affiliations": fact.affiliations, "links": dict(fact.links)}
    if fact.category:
        value["category"] = fact.category
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
