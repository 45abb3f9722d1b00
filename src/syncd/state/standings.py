"""What is to be known of papers beyond their being there: what was kept, what waits, what was left and why.

What waits for a review waits for the user's word, which stands here too. Nothing here asks the library.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from syncd.messages import kept, message, recalled
from syncd.state import tables as db
from syncd.state.rejections import Rejection, Rejections
from syncd.state.search import Records, chunks
from syncd.state.store import Store, drop, upsert
from syncd.sync.action import Question, Said, Verdict
from syncd.sync.belongs import MARK, profile_mark
from syncd.sync.match import Candidate
from syncd.text.titles import fold_title

# Causes of a paper that the library did not take.
NOT_WRITTEN = frozenset({"failed", "refused"})
# Verdicts that leave nothing to decide.
DECIDED = ("same", "different")


@dataclass(frozen=True, slots=True)
class Standing:
    """What is to be known of a paper beyond its being there.

    Attributes:
        paper: its create-once key.
        cause: "kept", "waiting", "review", "deleted", "restored" (deleted, and comes back with the next push),
            "paused", "refused", "failed".
        key: its item's key, if it has one.
        title: its title.
        detail: in words.
        record: for a review, the paper in a few words each.
        candidates: for a review, the items that it may be, as `match.Candidate` has them.
        values: for what was kept, by property the value in the library and the one of the source.
        by: for what was deleted, whose doing it was: "user", or "syncd" where an undo moved it to the trash.
        said: for a review, what its sources say of the paper, as far as that is known.
    """

    paper: str
    cause: str
    key: str | None
    title: str
    detail: str
    record: Mapping[str, str] = field(default_factory=dict)
    candidates: Sequence[Mapping[str, Any]] = ()
    values: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    by: str = "user"
    said: Said | None = None


class Standings:
    """What is to be known of the papers of one library.

    Args:
        store: the database.
        library: the library's number there.
    """

    def __init__(self, store: Store, library: int) -> None:
        self._store = store
        self._library = library

    def put(self, connection: sa.Connection, papers: Iterable[str], standings: Iterable[Standing]) -> None:
        """Put what is to be known of these papers in place of what was."""
        papers, standings = list(papers), list(standings)
        drop(connection, db.standing, self._library, "paper", papers)
        records = Records(connection, self._library)
        records.drop("asked", papers)
        for standing in standings:
            if standing.cause == "review" and standing.said:
                records.put("asked", standing.paper, standing.said)
        rows = [
            {
                "library": self._library,
                "paper": standing.paper,
                "cause": standing.cause,
                "key": standing.key,
                "title": standing.title,
                "detail": kept(standing.detail),
                "comparison": json.dumps(
                    [dict(standing.record), [_reasoned(one, kept) for one in standing.candidates]],
                    ensure_ascii=False,
                ),
                "kept": json.dumps(dict(standing.values), ensure_ascii=False),
                "said": json.dumps(asdict(standing.said), ensure_ascii=False) if standing.said else "",
            }
            for standing in standings
        ]
        if rows:
            connection.execute(sa.insert(db.standing), rows)

    def forget(self, connection: sa.Connection, profile: str) -> None:
        """Forget that a profile lists what waits, and what the user said of its times."""
        for waiting in self._waiting_of(connection, profile):
            said = waiting.said and waiting.said.without(profile)
            left = [replace(waiting, said=said)] if said and said.listed else []
            self.put(connection, [waiting.paper], left)
        drop(connection, db.decision, self._library, "key", [profile_mark(profile)])

    # Asking

    def of(
        self, cause: str | None = None, by: str | None = None, most: int | None = None, start: int = 0
    ) -> list[Standing]:
        """Return what is to be known of papers, as of the last run.

        Args:
            cause: the one that is meant; all without.
            by: whose doing it was; both without.
            most: how many.
            start: of one cause, so many are left out before them.
        """
        found: list[Standing] = []
        with self._store.reading() as connection:
            if cause != "rejected":
                which = [db.standing.c.cause == cause] if cause else []
                which += [_BY.in_([by])] if by else []
                found += self._found(connection, sa.and_(sa.true(), *which), most, start)
            if cause in {None, "rejected"} and by in {None, "user"}:
                found += map(_rejected, Rejections(connection, self._library).all(most))
        return found

    def of_item(self, key: str) -> list[Standing]:
        """Return what is to be known of the papers that are one item."""
        query = self._all(db.standing).where(db.standing.c.key == key)
        with self._store.reading() as connection:
            return [_standing(row) for row in connection.execute(query.order_by(db.standing.c.cause))]

    def numbers(self) -> dict[tuple[str, str], int]:
        """Return how many papers there are of each cause, and by whose doing: what `of` returns, counted."""
        mine = sa.select(db.standing.c.cause, _BY, sa.func.count()).where(
            db.standing.c.library == self._library
        )
        rejected = sa.select(sa.func.count()).where(db.rejection.c.library == self._library)
        with self._store.reading() as connection:
            found = {(cause, by): n for cause, by, n in connection.execute(mine.group_by("cause", "by"))}
            if number := connection.scalar(rejected):
                found["rejected", "user"] = number
        return found

    def named(self, words: str, cause: str) -> list[Standing]:
        """Return the papers of a cause that have this key, or this title as far as that is found by an index."""
        standing, record = db.standing.c, db.record.c
        titled = sa.select(record.key).where(
            record.library == self._library,
            record.kind.in_(["said", "asked"]),
            record.folded_title == fold_title(words),
        )
        meant = sa.or_(standing.key == words, standing.paper == words, standing.title == words)
        which = sa.and_(standing.cause == cause, sa.or_(meant, standing.paper.in_(titled)))
        with self._store.reading() as connection:
            return self._found(connection, which)

    def kept(self, keys: Iterable[str]) -> dict[str, list[str]]:
        """Return which properties of these items were kept as their user changed them."""
        standing = db.standing.c
        with self._store.reading() as connection:
            return {
                one.key or "": list(one.values)
                for part in chunks(keys)
                for one in self._found(connection, sa.and_(standing.cause == "kept", standing.key.in_(part)))
            }

    def listed_by(self, profile: str) -> list[Standing]:
        """Return the papers that a profile ever listed, with their items' keys and what sources said of them."""
        claim, standing, listing = db.claim, db.standing, db.listing.c
        mine = sa.and_(listing.library == self._library, listing.profile == profile)
        said = sa.and_(mine, listing.kind == "said", listing.key == claim.c.paper)
        asked = sa.and_(mine, listing.kind == "asked", listing.key == standing.c.paper)
        with self._store.reading() as connection:
            known = [
                (row.paper, row.key, said_of_text(row.said))
                for row in connection.execute(self._all(claim).where(sa.exists().where(said)))
            ]
            known += [
                (row.paper, None, said_of_text(row.said))
                for row in connection.execute(self._all(standing).where(sa.exists().where(asked)))
            ]
        return [Standing(paper, "", key, one.title, "", said=one) for paper, key, one in known if one]

    def _found(
        self,
        connection: sa.Connection,
        which: sa.ColumnElement[bool],
        most: int | None = None,
        start: int = 0,
    ) -> list[Standing]:
        standing = db.standing.c
        query = sa.select(db.standing, _BY).where(standing.library == self._library, which)
        query = query.order_by(standing.cause, standing.title, standing.paper).limit(most).offset(start)
        return [replace(_standing(row), by=row.by) for row in connection.execute(query)]

    # What was deleted

    def deleted(self, words: str | None = None) -> list[Standing]:
        """Return the papers that are deleted: as the last push found them, and what went since, an undone run's too.

        Several papers may be one item: it is there once.

        Args:
            words: a key, or a title; those that have it are returned, as far as they are found by an index.
        """
        noted = self.of("deleted") if words is None else self.named(words, "deleted")
        found = {one.key or one.paper: one for one in noted}
        claim, item, written = db.claim.c, db.index_item.c, db.written.c
        gone = sa.or_(
            *(
                sa.exists().where(table.c.library == claim.library, table.c.key == claim.key)
                for table in (db.index_deletion, db.tombstone)
            )
        )
        is_noted = sa.exists().where(
            db.standing.c.library == claim.library,
            db.standing.c.key == claim.key,
            db.standing.c.cause == "deleted",
        )
        query = (
            sa.select(claim.paper, claim.key, item.data, written.base)
            .join_from(db.claim, db.index_item, _of_claim(item), isouter=True)
            .join(db.written, _of_claim(written), isouter=True)
            .where(claim.library == self._library, sa.func.coalesce(item.trashed, gone), ~is_noted)
        )
        if words is not None:
            query = query.where(self._claim_meant(words))
        with self._store.reading() as connection:
            for row in connection.execute(query):
                title = (
                    json.loads(row.data).get("title")
                    if row.data
                    else row.base and json.loads(row.base)["fields"].get("title")
                )
                found[row.key] = Standing(row.paper, "deleted", row.key, title or "", "")
        return list(found.values())

    def _claim_meant(self, words: str) -> sa.ColumnElement[bool]:
        """Select the papers of which words are a key, or the title of the item or of what sources said."""
        claim, folded = db.claim.c, fold_title(words)
        item, record = db.index_item.c, db.record.c
        said = sa.select(record.key).where(
            record.library == self._library, record.kind == "said", record.folded_title == folded
        )
        there = sa.select(item.key).where(item.library == self._library, item.folded_title == folded)
        return sa.or_(claim.paper == words, claim.key == words, claim.paper.in_(said), claim.key.in_(there))

    # What waits for the user's word

    def reviews(self, *, answered: bool, start: int, most: int) -> tuple[int, list[Standing]]:
        """Return how many papers wait for the user's word, and some of them, in the order of their titles.

        Args:
            answered: those that the user decided about since, which the next push acts on; else the others.
            start: how many are left out.
            most: how many are returned.
        """
        standing, known = db.standing.c, is_answered()
        which = sa.and_(
            standing.library == self._library, standing.cause == "review", known if answered else ~known
        )
        query = self._all(db.standing).where(which).order_by(standing.title, standing.paper)
        with self._store.reading() as connection:
            total = connection.scalar(sa.select(sa.func.count()).select_from(db.standing).where(which)) or 0
            rows = connection.execute(query.offset(start).limit(most))
            return total, [_standing(row) for row in rows]

    def decide(
        self, paper: str, keys: Iterable[str], verdict: Verdict, *, once: bool = False
    ) -> dict[str, Verdict]:
        """Remember what the user said of items that a paper may be.

        Args:
            paper: its create-once key.
            keys: of the items.
            verdict: what was said.
            once: nothing is remembered where the paper was decided about before; two may do so at once.

        Returns:
            what was decided before, by the item.
        """
        decision, standing = db.decision.c, db.standing.c
        mine = sa.and_(
            decision.library == self._library, decision.paper == paper, decision.verdict.in_(DECIDED)
        )
        with self._store.writing() as connection:
            # On a server, two could look before either has written.
            row = sa.select(standing.paper).where(standing.library == self._library, standing.paper == paper)
            connection.execute(row.with_for_update()).all()
            before = {row.key: row.verdict for row in connection.execute(sa.select(db.decision).where(mine))}
            if not (once and before):
                said = {"library": self._library, "paper": paper, "verdict": verdict}
                upsert(connection, db.decision, [{**said, "key": key} for key in keys])
        return before

    def take_back(self, standing: Standing) -> None:
        """Forget what the user said of a paper that waits for a review."""
        keys = [str(candidate["key"]) for candidate in standing.candidates]
        which = db.decision.c
        mine = sa.and_(which.library == self._library, which.paper == standing.paper, which.key.in_(keys))
        with self._store.writing() as connection:
            connection.execute(sa.delete(db.decision).where(mine))

    def asked_in_vain(self, planned: Collection[str], read: Collection[str]) -> list[str]:
        """Return the papers that wait for an answer though no profile lists them any more, or it was given.

        Args:
            planned: create-once keys of papers that are in a plan; they are left out.
            read: the profiles that were read whole for the plan.
        """
        standing, listing = db.standing.c, db.listing.c
        listed = sa.exists().where(
            listing.library == standing.library, listing.kind == "asked", listing.key == standing.paper
        )
        waiting = self._all(db.standing).where(standing.cause == "review")
        found = []
        with self._store.reading() as connection:
            for part in chunks(read):
                rows = connection.execute(waiting.where(listed.where(listing.profile.in_(part))))
                said = ((row.paper, said_of_text(row.said)) for row in rows)
                found += [paper for paper, one in said if one and set(read).issuperset(one.listed)]
            found += [row.paper for row in connection.execute(waiting.where(is_answered()))]
        return [paper for paper in dict.fromkeys(found) if paper not in planned]

    def _waiting_of(self, connection: sa.Connection, profile: str) -> list[Standing]:
        """Return the reviews of papers that a profile lists."""
        listing, standing = db.listing.c, db.standing.c
        mine = sa.exists().where(
            listing.library == self._library,
            listing.profile == profile,
            listing.kind == "asked",
            listing.key == standing.paper,
        )
        return [
            _standing(row)
            for row in connection.execute(self._all(db.standing).where(mine, standing.cause == "review"))
        ]

    def _all(self, table: sa.Table) -> sa.Select[Any]:
        return sa.select(table).where(table.c.library == self._library)


# By whose doing a paper is gone: see `Standing`.
_BY = sa.case(
    (
        sa.exists().where(
            db.tombstone.c.library == db.standing.c.library,
            db.tombstone.c.key == db.standing.c.key,
            db.tombstone.c.by == "syncd",
        ),
        "syncd",
    ),
    else_="user",
).label("by")


def is_answered() -> sa.ColumnElement[bool]:
    """Select the rows of `standing` of papers about which the user decided."""
    standing, decision = db.standing.c, db.decision.c
    return sa.exists().where(
        decision.library == standing.library,
        decision.paper == standing.paper,
        decision.verdict.in_(DECIDED),
    )


def _of_claim(of: Any) -> sa.ColumnElement[bool]:
    """Select the row of the item that a paper is, by the columns of a table."""
    return sa.and_(of.library == db.claim.c.library, of.key == db.claim.c.key)


def _rejected(one: Rejection) -> Standing:
    """Return what a rejection says of a paper."""
    words = message("not-by-profile", profile=one.profile)
    return Standing(one.paper, "rejected", one.key, one.title, words)


def _standing(row: sa.Row[Any]) -> Standing:
    """Return what a row of `standing` says."""
    about = (row.paper, row.cause, row.key, row.title, recalled(row.detail))
    made = Standing(*about, *_comparison(row.comparison))
    return replace(made, values=json.loads(row.kept), said=said_of_text(row.said))


def said_of_text(text: str) -> Said | None:
    """Return what sources said of a paper, as a row has it; None where nothing is known."""
    return Said.from_json(json.loads(text)) if text else None


def _comparison(text: str) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Return the paper of a review, and its candidates."""
    record, candidates = json.loads(text)
    return record, [_reasoned(one, recalled) for one in candidates]


def _reasoned(candidate: Mapping[str, Any], way: Callable[[str], str]) -> dict[str, Any]:
    """Return a candidate whose reasons went one way between sentences and texts."""
    return {**candidate, "reasons": [way(reason) for reason in candidate["reasons"]]}


def question_of(row: sa.Row[Any]) -> Question | None:
    """Return which item a row of `standing` asks for; None where it is none, or what sources said is not known."""
    said, candidates = said_of_text(row.said), _candidates(row.comparison)
    of_profile = candidates and all(one.key.startswith(MARK) for one in candidates)
    return Question(said, candidates) if said and not of_profile else None


def _candidates(comparison: str) -> tuple[Candidate, ...]:
    """Return the candidates of a review as they were asked about."""
    _, candidates = _comparison(comparison)
    return tuple(Candidate(**{**one, "reasons": tuple(one["reasons"])}) for one in candidates)
