"""The history of runs: what each did to which paper, and why.

It is the one part of state that can't be rebuilt. Nothing of it is written into the library.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from syncd.clock import Clock
from syncd.messages import kept, recalled
from syncd.state import tables as db
from syncd.state.search import chunks
from syncd.state.store import Store

# Runs that did nothing are of interest for so long.
IDLE = timedelta(days=7)
# How the counts of a run say, as text, whether it left papers out that the library did not take.
COUNTS_FAILED, NONE_FAILED = '%"failed": %', '%"failed": 0%'
# What makes an item syncd's.
BRINGS = frozenset({"create", "adopt"})
# What a run can have done to a paper: each such thing is a line of its history.
WRITTEN = ("create", "update", "adopt", "reject", "trash", "revert")


@dataclass(frozen=True, slots=True)
class Note:
    """What a run did to one paper.

    Attributes:
        kind: "create", "update", "adopt", "reject"; in the history of an undo "trash" and "revert".
        title: the paper's.
        reason: why, in words.
        changes: before and after of each changed property.
        created: keys of the objects that were created for it.
    """

    kind: str
    title: str
    reason: str
    changes: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    created: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """A run on one library.

    Attributes:
        name: unique and sortable.
        kind: "push", "reject" or "undo".
        started: ISO time.
        finished: ISO time; None where it was killed, or is still at work.
        counts: papers by what happened to them.
        error: what ended it early.
        profiles: those it was for.
        undoes: the name of the run that it undoes; None where it is no undo.
    """

    name: str
    kind: str
    started: str
    finished: str | None
    counts: Mapping[str, int]
    error: str | None
    profiles: Sequence[str] = ()
    undoes: str | None = None


@dataclass(frozen=True, slots=True)
class News:
    """A paper that a run added.

    Attributes:
        run: its name.
        profiles: of the run.
        key: of the item.
        title: of the paper.
        when: ISO time at which it was recorded, in UTC with microseconds.
    """

    run: str
    profiles: Sequence[str]
    key: str
    title: str
    when: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """How an item came to be syncd's.

    Attributes:
        run: the name of the run.
        profiles: of the run.
        started: ISO time at which the run began.
        when: ISO time at which it was recorded.
        note: "create" or "adopt".
    """

    run: str
    profiles: Sequence[str]
    started: str
    when: str
    note: Note


class History:
    """The history of one library.

    Args:
        store: the database.
        library: the library's number there.
        clock: time.
    """

    def __init__(self, store: Store, library: int, clock: Clock) -> None:
        self._store = store
        self._library = library
        self._clock = clock

    def begin(
        self, run: str, kind: str, started: str, profiles: Sequence[str] = (), undoes: str | None = None
    ) -> None:
        """Note that a run begins: for which profiles, as far as that is known, and which run it undoes."""
        row = {
            "id": run,
            "library": self._library,
            "kind": kind,
            "started": started,
            "profiles": json.dumps(list(profiles), ensure_ascii=False),
            "undoes": undoes,
        }
        with self._store.writing() as connection:
            connection.execute(sa.insert(db.run).values(row))

    def finish(self, run: str, finished: str, counts: Mapping[str, int], error: str | None) -> None:
        """Note how a run ended."""
        with self._store.writing() as connection:
            change = sa.update(db.run).where(db.run.c.id == run)
            connection.execute(
                change.values(
                    finished=finished, counts=json.dumps(dict(counts)), error=kept(error) if error else error
                )
            )

    def add(self, connection: sa.Connection, run: str, key: str, note: Note) -> None:
        """Add a line to a run, in the caller's transaction."""
        last = connection.scalar(sa.select(sa.func.max(db.action.c.number)).where(db.action.c.run == run))
        connection.execute(
            sa.insert(db.action).values(
                run=run,
                number=0 if last is None else last + 1,
                kind=note.kind,
                key=key,
                title=note.title,
                reason=kept(note.reason),
                changes=json.dumps(dict(note.changes), ensure_ascii=False),
                created=json.dumps(list(note.created)),
                recorded=_exact(self._clock.now()),
            )
        )

    def runs(self, most: int | None = None, *, start: int = 0) -> list[Run]:
        """Return the latest runs, newest first.

        Args:
            most: how many; all where it is not given.
            start: how many newer ones are left out.
        """
        return self._runs(sa.true(), most, start)

    def run(self, name: str) -> Run | None:
        """Return the run of this name."""
        return next(iter(self._runs(db.run.c.id == name)), None)

    def named(self, words: str) -> list[Run]:
        """Return the run that is called so, or else those whose names have these words in them, newest first."""
        if run := self.run(words):
            return [run]
        # Databases differ in whether they tell a from A here.
        return [run for run in self._runs(db.run.c.id.contains(words, autoescape=True)) if words in run.name]

    def left(self) -> Run | None:
        """Return the newest run that did something and is not undone; None where there is none.

        An undo that was ended early has left something, for the next one to put back. A run of a day that is still to
        come began while the clock was wrong: it is older than all others.
        """
        run, undo = db.run.c, db.run.alias("undo")
        did = sa.exists().where(db.action.c.run == run.id)
        undone = sa.exists().where(
            undo.c.library == run.library,
            undo.c.undoes == run.id,
            undo.c.finished.is_not(None),
            undo.c.error.is_(None),
        )
        which = sa.and_(run.undoes.is_(None), did, ~undone)
        past = run.started <= _exact(self._clock.now())
        return next(iter(self._runs(sa.and_(which, past), 1) or self._runs(which, 1)), None)

    def _runs(self, which: sa.ColumnElement[bool], most: int | None = None, start: int = 0) -> list[Run]:
        query = sa.select(db.run).where(db.run.c.library == self._library, which)
        query = query.order_by(db.run.c.started.desc(), db.run.c.id.desc()).limit(most).offset(start)
        with self._store.reading() as connection:
            rows = connection.execute(query).all()
            written = _written(connection, [row.id for row in rows])
        return [
            Run(
                row.id,
                row.kind,
                row.started,
                row.finished,
                _counts(json.loads(row.counts), written.get(row.id, {})),
                recalled(row.error) if row.error else row.error,
                json.loads(row.profiles),
                row.undoes,
            )
            for row in rows
        ]

    def count(self) -> int:
        """Return how many runs are known."""
        query = sa.select(sa.func.count()).where(db.run.c.library == self._library)
        with self._store.reading() as connection:
            return connection.scalar(query) or 0

    def days(self, since: str) -> dict[str, tuple[int, int]]:
        """Return by day in UTC, from an ISO time on, how many runs there were, and how many did not end well.

        These ended early, were killed, or left a paper out that the library did not take.
        """
        run = db.run.c
        failed = sa.and_(run.counts.like(COUNTS_FAILED), run.counts.not_like(NONE_FAILED))
        ended_badly = sa.or_(run.error.is_not(None), run.finished.is_(None), failed)
        day = sa.func.substr(run.started, 1, 10)
        query = sa.select(day, sa.func.count(), sa.func.count(sa.case((ended_badly, 1))))
        query = query.where(run.library == self._library, run.started >= since).group_by(day).order_by(day)
        with self._store.reading() as connection:
            return {row[0]: (row[1], row[2]) for row in connection.execute(query)}

    def created_since(self, since: str) -> list[News]:
        """Return the papers that were recorded as added at this ISO time or later, oldest first.

        The time is that of the record, not of the run: a run that began earlier is not missed, nor a paper whose
        creation a later run found out.
        """
        run, action = db.run.c, db.action.c
        exact = _exact(datetime.fromisoformat(since))
        query = (
            sa.select(run.id, run.profiles, action.key, action.title, action.recorded)
            .join(db.action, run.id == action.run)
            .where(run.library == self._library, action.recorded >= exact, action.kind == "create")
            .order_by(action.recorded, run.id, action.number)
        )
        with self._store.reading() as connection:
            return [
                News(row.id, json.loads(row.profiles), row.key, row.title, row.recorded)
                for row in connection.execute(query)
            ]

    def prune(self, now: datetime, keep: timedelta) -> None:
        """Forget runs that are older than `keep`, and those that did nothing sooner.

        The newest run stays, and one whose outcome is not known yet.
        """
        table = db.run
        newest = sa.select(table.c.id).where(table.c.library == self._library)
        newest = newest.order_by(table.c.started.desc(), table.c.id.desc()).limit(1)
        # An undo that found nothing to put back did something too: the run that it names is undone.
        did = sa.or_(sa.exists().where(db.action.c.run == table.c.id), table.c.undoes.is_not(None))
        old = (now - keep).isoformat(timespec="seconds")
        idle = (now - IDLE).isoformat(timespec="seconds")
        gone = sa.or_(
            table.c.started < old,
            sa.and_(table.c.started < idle, ~did),
        )
        with self._store.writing() as connection:
            connection.execute(
                sa.delete(table).where(
                    table.c.library == self._library,
                    gone,
                    table.c.id.not_in(newest.scalar_subquery()),
                    table.c.id.not_in(sa.select(db.journal.c.run)),
                )
            )

    def notes(self, run: str, start: int = 0, most: int | None = None) -> list[tuple[str, Note]]:
        """Return what a run did: key and note, in order; of so many, from some place on."""
        return self._notes(db.action.c.run == run, start, most)

    def count_notes(self, run: str) -> int:
        """Return how many lines `notes` has."""
        with self._store.reading() as connection:
            return connection.scalar(sa.select(sa.func.count()).where(db.action.c.run == run)) or 0

    def undone_by(self, run: str) -> str | None:
        """Return the name of the run that undid this one; None where none did, or it was ended early."""
        undo = db.run.c
        well = sa.and_(undo.finished.is_not(None), undo.error.is_(None))
        query = sa.select(undo.id).where(undo.library == self._library, undo.undoes == run, well)
        with self._store.reading() as connection:
            found: str | None = connection.scalar(query.limit(1))
            return found

    def notes_of_item(self, key: str) -> list[tuple[str, Note]]:
        """Return what happened to one item: run and note, oldest first."""
        with self._store.reading() as connection:
            query = (
                sa.select(db.action)
                .join(db.run, db.run.c.id == db.action.c.run)
                .where(db.run.c.library == self._library, db.action.c.key == key)
                .order_by(db.run.c.started, db.action.c.run, db.action.c.number)
            )
            return [(row.run, _note(row)) for row in connection.execute(query)]

    def of_items(self, keys: Iterable[str]) -> dict[str, list[tuple[str, str, Note]]]:
        """Return what happened to each of these items: run, ISO time and note, oldest first."""
        query = (
            sa.select(db.action, db.run.c.started)
            .join(db.run, db.run.c.id == db.action.c.run)
            .where(db.run.c.library == self._library, db.action.c.key.in_(list(keys)))
            .order_by(db.run.c.started, db.action.c.run, db.action.c.number)
        )
        found: dict[str, list[tuple[str, str, Note]]] = {}
        with self._store.reading() as connection:
            for row in connection.execute(query):
                found.setdefault(row.key, []).append((row.run, row.recorded or row.started, _note(row)))
        return found

    def arrivals(self, keys: Iterable[str]) -> dict[str, list[Arrival]]:
        """Return how each of these items came to be syncd's, oldest first, without adoptions that were undone since.

        What was created stays so, also where an undo moved it to the trash and its user took it out again.
        """
        run, action = db.run.c, db.action.c
        query = (
            sa.select(db.action, run.profiles, run.started, run.undoes)
            .join(db.run, run.id == action.run)
            .where(run.library == self._library, action.key.in_(list(keys)))
            .order_by(run.started, action.run, action.number)
        )
        found: dict[str, list[Arrival]] = {}
        with self._store.reading() as connection:
            for row in connection.execute(query):
                there, note = found.setdefault(row.key, []), _note(row)
                if note.kind in BRINGS:
                    profiles = json.loads(row.profiles)
                    there.append(Arrival(row.run, profiles, row.started, row.recorded or row.started, note))
                elif note.kind == "revert":
                    there[:] = [one for one in there if one.run != row.undoes]
        return found

    def _notes(self, which: sa.ColumnElement[bool], start: int, most: int | None) -> list[tuple[str, Note]]:
        query = sa.select(db.action).where(which).order_by(db.action.c.number).limit(most).offset(start)
        with self._store.reading() as connection:
            return [(row.key, _note(row)) for row in connection.execute(query)]


def _written(connection: sa.Connection, runs: Iterable[str]) -> dict[str, dict[str, int]]:
    """Return by run how many papers each thing was done to."""
    action, found = db.action.c, dict[str, dict[str, int]]()
    for part in chunks(runs):
        # A paper that took two rounds was created, though the second only added its link.
        lines = sa.select(action.run, sa.func.min(action.number).label("number")).where(action.run.in_(part))
        first = lines.group_by(action.run, action.key).subquery()
        line = sa.and_(action.run == first.c.run, action.number == first.c.number)
        query = sa.select(action.run, action.kind, sa.func.count()).select_from(first.join(db.action, line))
        for run, kind, number in connection.execute(query.group_by(action.run, action.kind)):
            found.setdefault(run, {})[kind] = number
    return found


def _counts(counted: Mapping[str, int], written: Mapping[str, int]) -> dict[str, int]:
    """Return how many papers each thing happened to: what was written is counted by the run's own lines.

    They tell more than the run did where it was killed, or where the last answer was lost: a later run found out.
    """
    told = {kind: number for kind, number in counted.items() if kind not in WRITTEN}
    return {kind: written.get(kind, 0) for kind in WRITTEN if kind in {*counted, *written}} | told


def _exact(moment: datetime) -> str:
    """Return a time so that the order of texts is that of times."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _note(row: sa.Row[Any]) -> Note:
    return Note(row.kind, row.title, recalled(row.reason), json.loads(row.changes), json.loads(row.created))
