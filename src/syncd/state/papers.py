"""The papers of a library as people look at them: counted, searched, sorted and paged by the database.

Nothing here reads a whole table into memory, and nothing is written. What is looked for stands in `facts`, a narrow row
each; of items only those are read that are shown.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import sqlalchemy as sa

from syncd.digest import ListedPaper
from syncd.messages import recalled
from syncd.state import tables as db
from syncd.state.facts import NOBODY, named
from syncd.sync.note import Came
from syncd.text.titles import fold_title

Json = dict[str, Any]
Sort = Literal["date", "title", "score", "since"]
# The sign that lets a search mean "%" and "_" themselves.
ESCAPE: Final = "\\"
# The kind of an action that brings a paper into the library. One that is adopted was there.
CREATES: Final = "create"
# So many rows are taken from the database at once.
AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Counted:
    """How many papers have what.

    Attributes:
        years: of their dates, or None.
        scores: AI Scores, or None.
        categories: of the source; "" where it has none.
        code: whether code is known.
        creators: names; "" where there is nobody.
    """

    years: Counter[int | None] = field(default_factory=Counter)
    scores: Counter[float | None] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)
    code: Counter[bool] = field(default_factory=Counter)
    creators: Counter[str] = field(default_factory=Counter)


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
    ) -> tuple[int, list[ListedPaper]]:
        """Return how many papers of a profile there are, and some of them.

        Args:
            profile: its name in state.
            search: words that title or authors have; all where it is empty.
            sort: titles come from A on, all else from the largest on.
            start: how many are left out.
            most: how many are returned.
        """
        fact = db.fact.c
        where = sa.and_(*self._mine(profile), *_has(search))
        total = self._connection.scalar(sa.select(sa.func.count()).select_from(db.fact).where(where)) or 0
        orders = {
            "date": (fact.year.desc().nulls_last(), fact.date.desc()),
            "title": (fact.title,),
            "score": (fact.score.desc().nulls_last(),),
            "since": (fact.since.desc(),),
        }
        # What is sorted is the keys alone.
        query = sa.select(fact.key).where(where).order_by(*orders[sort], fact.key).offset(start).limit(most)
        return total, self._listed(profile, self._connection.scalars(query).all())

    def number(self, since: str, *, until: str = "", told: Collection[str] = ()) -> int:
        """Return how many papers came since an ISO time in UTC; `until` and `told` as for `new`."""
        query = sa.select(sa.func.count(db.fact.c.key.distinct()))
        return self._connection.scalar(query.where(*self._mine(None), *self._came(since, until, told))) or 0

    def came(self, since: str, until: str) -> Came:
        """Return how many papers came between ISO times in UTC, those that went again too, and when the last did."""
        fact = db.fact.c
        query = sa.select(sa.func.count(fact.key.distinct()), sa.func.max(fact.since))
        query = query.where(fact.library == self._library, *self._came(since, until))
        number, last = self._connection.execute(query).one()
        return Came(number, last or "")

    def new(
        self, since: str, *, until: str = "", profiles: int, each: int, told: Collection[str] = ()
    ) -> tuple[int, list[tuple[str, int, list[ListedPaper]]]]:
        """Return what came since an ISO time in UTC: profiles with how many papers, and the latest of these.

        Args:
            since: the time.
            until: what came then or later is left out, where it is given.
            profiles: how many profiles are told of, those that brought something last first.
            each: how many papers of a profile.
            told: keys of items that are left out.

        Returns:
            how many profiles there are, and of those that are told of: name, number of papers, papers.
        """
        fact = db.fact.c
        came = sa.and_(*self._mine(None), *self._came(since, until, told))
        last = sa.func.max(fact.since)
        # A fleet may have thousands of profiles: of most, only their number is fetched.
        total = sa.func.count().over()
        counts = sa.select(fact.profile, sa.func.count(), total).where(came).group_by(fact.profile)
        brought = self._connection.execute(counts.order_by(last.desc(), fact.profile).limit(profiles)).all()
        order = (fact.since.desc(), fact.score.desc().nulls_last(), fact.key)
        latest = sa.select(fact.key).where(came).order_by(*order).limit(each)
        found = []
        for name, number, _ in brought:
            keys = self._connection.scalars(latest.where(fact.profile == name)).all()
            found.append((name, number, self._listed(name, keys, self._reasons(since, keys))))
        return (brought[0][2] if brought else 0), found

    def _listed(
        self, profile: str, keys: Sequence[str], reasons: Mapping[str, str] | None = None
    ) -> list[ListedPaper]:
        """Return papers of a profile, in the order of these keys."""
        fact, item = db.fact.c, db.index_item.c
        # While a library is read anew, what its items hold is not known.
        there = sa.join(
            db.fact,
            db.index_item,
            sa.and_(item.library == fact.library, item.key == fact.key),
            isouter=True,
        )
        query = sa.select(fact.key, fact.profile, fact.facts, item.data).select_from(there)
        # Few other profiles list the same papers. With its name, SQLite would go through all of this one's.
        rows = self._connection.execute(query.where(fact.library == self._library, fact.key.in_(keys)))
        mine = (row for row in rows if row.profile == profile)
        found = {row.key: _listed(row, (reasons or {}).get(row.key, "")) for row in mine}
        return [found[key] for key in keys]

    def _reasons(self, since: str, keys: Sequence[str]) -> dict[str, str]:
        """Return why items came since an ISO time."""
        action, run = db.action.c, db.run.c
        came = sa.and_(action.recorded >= since, action.key.in_(keys), action.kind == CREATES)
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

    def counted(self, profile: str) -> Counted:
        """Return what is to be counted of a profile's papers, all of it in one go through them."""
        fact = db.fact.c
        query = sa.select(fact.year, fact.score, fact.category, fact.code, fact.people)
        found = Counted()
        # Some papers have thousands of creators.
        for several in self._connection.execute(query.where(*self._mine(profile))).partitions(AT_ONCE):
            years, scores, categories, code, people = zip(*several, strict=True)
            found.years.update(years)
            found.scores.update(scores)
            found.categories.update(categories)
            found.code.update(code)
            found.creators.update([name for names in people for name in names.split("\n")])
        return found

    # Selecting

    def _mine(self, profile: str | None) -> Sequence[sa.ColumnElement[bool]]:
        """Select what is there and a profile lists; what any lists, where none is named."""
        fact = db.fact.c
        whose = fact.profile != NOBODY if profile is None else fact.profile == profile
        return fact.library == self._library, whose, fact.gone.is_(False)

    def _came(
        self, since: str, until: str = "", told: Collection[str] = ()
    ) -> Sequence[sa.ColumnElement[bool]]:
        """Select what a run created since an ISO time in UTC."""
        fact, action, run = db.fact.c, db.action.c, db.run.c
        made = sa.exists().where(
            action.key == fact.key,
            action.kind == CREATES,
            action.recorded >= since,
            run.id == action.run,
            run.library == fact.library,
        )
        parts = [fact.since >= since, made]
        if until:
            parts.append(fact.since < until)
        if told:
            parts.append(fact.key.not_in(told))
        return parts


def _has(search: str) -> list[sa.ColumnElement[bool]]:
    """Select what has all words in its title, or all among its creators."""
    words = search.split()
    if not words:
        return []
    fact = db.fact.c
    folded = [fold_title(word) for word in words]
    titled = [fact.title.like(_like(word)) for word in folded if word]
    made = [sa.func.lower(fact.people).like(_like(word.lower()), escape=ESCAPE) for word in words]
    return [sa.or_(sa.and_(*titled) if titled else sa.false(), sa.and_(*made))]


def _like(word: str) -> str:
    for sign in (ESCAPE, "%", "_"):
        word = word.replace(sign, ESCAPE + sign)
    return f"%{word}%"


def _listed(row: Any, reason: str) -> ListedPaper:
    data, told = json.loads(row.data or "{}"), json.loads(row.facts)
    return ListedPaper(
        key=row.key,
        title=str(data.get("title") or ""),
        creators=tuple(named(one) for one in data.get("creators", ())),
        date=str(data.get("date") or ""),
        score=told["score"],
        code=next((url for url, kind in told["links"].items() if kind == "code"), None),
        reason=reason,
        abstract=str(data.get("abstractNote") or ""),
    )
