"""The papers of a library as people look at them: counted, searched, sorted and paged by the database.

Nothing here reads a whole table into memory, and nothing is written.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from syncd.messages import recalled
from syncd.state import store as db
from syncd.state.facts import NOBODY
from syncd.state.history import BRINGS
from syncd.text.titles import fold_title

Json = dict[str, Any]
Sort = Literal["date", "title", "score", "since"]
# A link to code, as the text of facts has it.
CODE: Final = '%": "code"%'
# The sign that lets a search mean "%" and "_" themselves.
ESCAPE: Final = "\\"


class _Json(FunctionElement[Any]):
    """A column that holds JSON as text, as JSON."""

    type = sa.JSON()
    inherit_cache = True


class _Creators(FunctionElement[Any]):
    """The creators of an item's data, a row each, in the column "value"."""

    name = "creators"
    inherit_cache = True


@compiles(_Json)
def _json_of(element: _Json, compiler: SQLCompiler, **how: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **how)} AS JSON)"


@compiles(_Json, "sqlite")
def _json_of_sqlite(element: _Json, compiler: SQLCompiler, **how: Any) -> str:
    return str(compiler.process(element.clauses, **how))


@compiles(_Creators)
def _creators_of(element: _Creators, compiler: SQLCompiler, **how: Any) -> str:
    return f"json_array_elements(CAST({compiler.process(element.clauses, **how)} AS JSON) -> 'creators')"


@compiles(_Creators, "sqlite")
def _creators_of_sqlite(element: _Creators, compiler: SQLCompiler, **how: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **how)}, '$.creators')"


@dataclass(frozen=True, slots=True)
class Listed:
    """A paper in a list.

    Attributes:
        key: of its item.
        title: as Zotero has it.
        creators: names, the first ones first.
        date: as Zotero has it.
        score: 0 to 100, or None.
        code: the address of its code, if it has one.
        profile: the profile that lists it here.
        since: ISO time since when; "" where that is not known.
        reason: why it came, in words; "" where that is not asked for.
        abstract: as Zotero has it.
    """

    key: str
    title: str
    creators: tuple[str, ...]
    date: str
    score: float | None
    code: str | None
    profile: str
    since: str
    reason: str = ""
    abstract: str = ""


class Papers:
    """The papers of one library that profiles list.

    Args:
        connection: a transaction.
        library: the library's number.
    """

    def __init__(self, connection: sa.Connection, library: int) -> None:
        self._connection = connection
        self._library = library

    # Lists

    def page(
        self, profile: str, *, search: str = "", sort: Sort = "date", start: int = 0, most: int = 50
    ) -> tuple[int, list[Listed]]:
        """Return how many papers of a profile there are, and some of them.

        Args:
            profile: its name in state.
            search: words that title or authors have; all where it is empty.
            sort: titles come from A on, all else from the largest on.
            start: how many are left out.
            most: how many are returned.
        """
        item, fact = db.index_item.c, db.fact.c
        where = sa.and_(*self._mine(profile), *self._has(search))
        joined = self._joined()
        total = self._connection.scalar(sa.select(sa.func.count()).select_from(joined).where(where)) or 0
        date = _Json(item.data)["date"].as_string()
        orders = {
            "date": (item.year.desc().nulls_last(), date.desc().nulls_last()),
            "title": (item.folded_title,),
            "score": (_score().desc().nulls_last(),),
            "since": (fact.since.desc(),),
        }
        query = sa.select(fact.key, fact.profile, fact.since, fact.facts, item.data).select_from(joined)
        query = query.where(where).order_by(*orders[sort], fact.key).offset(start).limit(most)
        return total, [_listed(row) for row in self._connection.execute(query)]

    def number(self, since: str, *, told: Collection[str] = (), gone: bool = False) -> int:
        """Return how many papers came since an ISO time in UTC.

        Args:
            since: the time.
            told: keys of items that are left out.
            gone: count those too that are there no more.
        """
        fact = db.fact.c
        mine = fact.library == self._library if gone else sa.and_(*self._mine(None))
        query = sa.select(sa.func.count(fact.key.distinct())).where(mine, fact.since >= since)
        return self._connection.scalar(query.where(fact.key.not_in(told)) if told else query) or 0

    def new(
        self, since: str, *, profiles: int, each: int, told: Collection[str] = ()
    ) -> tuple[int, list[tuple[str, int, list[Listed]]]]:
        """Return what came since an ISO time in UTC: profiles with how many papers, and the latest of these.

        Args:
            since: the time.
            profiles: how many profiles are told of, those that brought something last first.
            each: how many papers of a profile.
            told: keys of items that are left out.

        Returns:
            how many profiles there are, and of those that are told of: name, number of papers, papers.
        """
        fact, item = db.fact.c, db.index_item.c
        came = sa.and_(*self._mine(None), fact.since >= since)
        if told:
            came = sa.and_(came, fact.key.not_in(told))
        last = sa.func.max(fact.since)
        counts = sa.select(fact.profile, sa.func.count(), last).where(came).group_by(fact.profile)
        # A fleet may have thousands: of these only the number is fetched.
        query = sa.select(sa.func.count(fact.profile.distinct())).where(came)
        total = self._connection.scalar(query) or 0
        rows = self._connection.execute(counts.order_by(last.desc(), fact.profile).limit(profiles))
        brought = {row[0]: row[1] for row in rows}
        order = (fact.since.desc(), _score().desc().nulls_last(), fact.key)
        place = sa.func.row_number().over(partition_by=fact.profile, order_by=order).label("place")
        ranked = sa.select(fact.library, fact.key, fact.profile, fact.since, fact.facts, place)
        first = ranked.where(came, fact.profile.in_(brought)).subquery()
        there = sa.and_(item.library == first.c.library, item.key == first.c.key)
        papers = sa.select(first, item.data).join(db.index_item, there).where(first.c.place <= each)
        found: dict[str, list[Any]] = {name: [] for name in brought}
        for row in self._connection.execute(papers.order_by(first.c.profile, first.c.place)):
            found[row.profile].append(row)
        reasons = self._reasons(since, [row.key for rows in found.values() for row in rows])
        return total, [
            (name, brought[name], [_listed(row, reasons.get(row.key, "")) for row in rows])
            for name, rows in found.items()
        ]

    def _reasons(self, since: str, keys: Sequence[str]) -> dict[str, str]:
        """Return why items came since an ISO time."""
        action, run = db.action.c, db.run.c
        came = sa.and_(action.recorded >= since, action.key.in_(keys), action.kind.in_(BRINGS))
        query = sa.select(action.key, action.reason).join(db.run, run.id == action.run)
        rows = self._connection.execute(
            query.where(run.library == self._library, came).order_by(action.recorded)
        )
        return {row.key: recalled(row.reason) for row in rows}

    def item(self, key: str) -> Json | None:
        """Return an item as the library had it last; None where it is not known."""
        item = db.index_item.c
        query = sa.select(item.data).where(item.library == self._library, item.key == key)
        text = self._connection.scalar(query)
        return json.loads(text) if text else None

    # Figures

    def scores(self, profile: str) -> dict[float, int]:
        """Return how many papers of a profile have which AI Score."""
        return dict(self._counted(profile, _score()))

    def categories(self, profile: str) -> list[tuple[str, int]]:
        """Return how many papers of a profile its source puts into which category, the most frequent first."""
        found = self._counted(profile, _Json(db.fact.c.facts)["category"].as_string())
        return sorted(found, key=lambda one: (-one[1], one[0]))

    def with_code(self, profile: str) -> tuple[int, int]:
        """Return how many papers of a profile have code, and how many have none that is known."""
        has_code = db.fact.c.facts.like(CODE)
        query = sa.select(sa.func.count(), sa.func.count(sa.case((has_code, 1))))
        query = query.select_from(self._joined()).where(*self._mine(profile))
        total, coded = self._connection.execute(query).one()
        return coded, total - coded

    def creators(self, profile: str, most: int) -> list[tuple[str, int]]:
        """Return who made most of a profile's papers, with how many, the most frequent first."""
        one = _Creators(db.index_item.c.data).table_valued("value")
        person = sa.cast(one.c.value, sa.Text)
        number = sa.func.count()
        query = sa.select(person, number).select_from(self._joined().join(one, sa.true()))
        query = query.where(*self._mine(profile)).group_by(person).order_by(number.desc(), person).limit(most)
        return [(named(json.loads(row[0])), row[1]) for row in self._connection.execute(query)]

    def _counted(self, profile: str, what: sa.ColumnElement[Any]) -> list[tuple[Any, int]]:
        """Return each value that papers of a profile have there, with how many have it."""
        query = sa.select(what, sa.func.count()).select_from(self._joined()).where(*self._mine(profile))
        rows = self._connection.execute(query.group_by(what))
        return [(row[0], row[1]) for row in rows if row[0] is not None]

    # Selecting

    def _joined(self) -> sa.Join:
        item, fact = db.index_item.c, db.fact.c
        return sa.join(db.fact, db.index_item, sa.and_(item.library == fact.library, item.key == fact.key))

    def _mine(self, profile: str | None) -> Sequence[sa.ColumnElement[bool]]:
        """Select what is there and a profile lists; what any lists, where none is named."""
        fact = db.fact.c
        whose = fact.profile != NOBODY if profile is None else fact.profile == profile
        return fact.library == self._library, whose, fact.gone.is_(False)

    def _has(self, search: str) -> list[sa.ColumnElement[bool]]:
        """Select what has all words in its title, or all among its creators."""
        words = search.split()
        if not words:
            return []
        item = db.index_item.c
        creators = sa.func.lower(_Json(item.data)["creators"].as_string())
        titled = [item.folded_title.like(_like(fold_title(word))) for word in words if fold_title(word)]
        made = [creators.like(_like(word.lower()), escape=ESCAPE) for word in words]
        return [sa.or_(sa.and_(*titled) if titled else sa.false(), sa.and_(*made))]


def named(creator: Mapping[str, Any]) -> str:
    """Return the name of a creator as people read it."""
    parts = (creator.get("firstName"), creator.get("lastName"))
    return str(creator.get("name") or " ".join(str(part) for part in parts if part))


def _like(word: str) -> str:
    for sign in (ESCAPE, "%", "_"):
        word = word.replace(sign, ESCAPE + sign)
    return f"%{word}%"


def _score() -> sa.ColumnElement[float]:
    score: sa.ColumnElement[float] = _Json(db.fact.c.facts)["score"].as_float()
    return score


def _listed(row: Any, reason: str = "") -> Listed:
    data, told = json.loads(row.data), json.loads(row.facts)
    return Listed(
        key=row.key,
        title=str(data.get("title") or ""),
        creators=tuple(named(one) for one in data.get("creators", ())),
        date=str(data.get("date") or ""),
        score=told["score"],
        code=next((url for url, kind in told["links"].items() if kind == "code"), None),
        profile=row.profile,
        since=row.since,
        reason=reason,
        abstract=str(data.get("abstractNote") or ""),
    )
