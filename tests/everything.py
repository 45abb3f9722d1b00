"""All that the index has of a library, and all that is remembered of it: what an excerpt of both is compared with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from syncd.messages import recalled
from syncd.state import tables as db
from syncd.state.index import item_of
from syncd.state.rejections import Rejections
from syncd.state.standings import question_of, said_of_text
from syncd.sync.action import Memory, Refusal, Verdict
from syncd.sync.belongs import MARK
from syncd.sync.library import IndexedCollection, LibraryView
from syncd.sync.merge import Base

if TYPE_CHECKING:
    from syncd.state.state import State


def view(state: State, names: Sequence[str] = ("",)) -> LibraryView:
    """Return the library as the index has it; under its names, the one that new keys are made under first."""
    with state.reading() as connection:

        def rows(table: sa.Table) -> sa.CursorResult[Any]:
            return connection.execute(sa.select(table).where(table.c.library == state.number))

        items = {row.key: item_of(row) for row in rows(db.index_item)}
        collections = {
            row.key: IndexedCollection(row.key, row.name, row.parent, row.trashed)
            for row in rows(db.index_collection)
        }
        deleted = frozenset(row.key for row in rows(db.index_deletion))
    first, *others = names
    return LibraryView(first, state.index().version(), items, collections, deleted, tuple(others))


def memory(state: State) -> Memory:
    """Return all that is remembered."""
    with state.reading() as connection:

        def rows(table: sa.Table) -> Sequence[sa.Row[Any]]:
            return connection.execute(sa.select(table).where(table.c.library == state.number)).all()

        written, claims, standings = rows(db.written), rows(db.claim), rows(db.standing)
        questions = {row.paper: question_of(row) for row in standings if row.cause == "review"}
        decisions: dict[str, dict[str, Verdict]] = {}
        dated: dict[str, dict[str, Verdict]] = {}
        for row in rows(db.decision):
            words = dated if row.key.startswith(MARK) else decisions
            words.setdefault(row.paper, {})[row.key] = row.verdict
        rejections = Rejections(connection, state.number)
        return Memory(
            written={row.key: Base.from_json(json.loads(row.base)) for row in written},
            versions={row.key: row.version for row in written},
            seen={row.key: json.loads(row.seen) for row in written if row.seen},
            claims={row.paper: row.key for row in claims},
            said={row.paper: said for row in claims if (said := said_of_text(row.said))},
            questions={paper: question for paper, question in questions.items() if question},
            collections={row.path: row.key for row in rows(db.collection)},
            tombstones=frozenset(row.key for row in rows(db.tombstone)),
            decisions=decisions,
            dated=dated,
            rejected=rejections.by_profile({one.profile for one in rejections.all()}),
            refusals={row.paper: Refusal(row.digest, recalled(row.message)) for row in rows(db.refusal)},
            restored=frozenset(row.paper for row in standings if row.cause == "restored"),
        )
