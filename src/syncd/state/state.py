"""What syncd remembers of a library: what it wrote, which paper is which item, what the user decided.

All of it but the history of runs can be rebuilt from the library. Nothing here asks the library.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from syncd.clock import Clock
from syncd.errors import SyncdError
from syncd.handshake import ONLINE, Zotero
from syncd.messages import kept, message, recalled
from syncd.model import Paper
from syncd.state import tables as db
from syncd.state.authors import Authors
from syncd.state.facts import Facts
from syncd.state.history import History
from syncd.state.index import Index
from syncd.state.journal import Entry, Journal
from syncd.state.notes import Notes
from syncd.state.rejections import Rejection, Rejections
from syncd.state.search import Records, Search, chunks
from syncd.state.store import Store, upsert
from syncd.sync.action import (
    Memory,
    PlannedProfile,
    Question,
    Refusal,
    Said,
    Verdict,
    page_name,
    profile_of,
)
from syncd.sync.belongs import MARK, profile_mark
from syncd.sync.match import Candidate
from syncd.sync.merge import Base, contents_after
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


@dataclass(frozen=True, slots=True)
class FollowedProfile:
    """A profile as it was last pushed.

    Attributes:
        papers: how many its page listed.
        listed: how many it said that there are, or the same number where it did not say.
    """

    name: str
    author: str
    origin: str
    papers: int
    collection: str
    paused: str
    run: str
    pushed: str = ""
    listed: int = 0

    @property
    def is_partial(self) -> bool:
        """Whether the page listed fewer papers than it said that there are."""
        return self.papers < self.listed


@dataclass(frozen=True, slots=True)
class Problem:
    """What keeps a profile of the configuration from being pushed at present.

    Attributes:
        name: the profile's.
        since: ISO time of the first failure in a row.
        last: that of the last one.
        count: how many there were.
        message: one sentence.
        hint: what to do; may be empty.
    """

    name: str
    since: str
    last: str
    count: int
    message: str
    hint: str


class State:
    """The state of one library.

    Args:
        store: the database.
        endpoint: the library's address, or "embedded".
        prefix: "users/475425".
        clock: time.
        zotero: which Zotero it is in, if that is on a computer.

    Attributes:
        number: the library's number in the database.
        history: of its runs.
        journal: of its writes.
        facts: what profiles tell beside their items.
        authors: how profiles were read last.
        notes: what it wrote of each week.
    """

    def __init__(
        self, store: Store, endpoint: str, prefix: str, clock: Clock, zotero: Zotero = ONLINE
    ) -> None:
        self._store = store
        self._prefix = prefix
        self._clock = clock
        self._names = {"endpoint": endpoint, "prefix": prefix, **asdict(zotero)}
        self._library = self.number = self._number()
        self.history = History(store, self._library, clock)
        self.journal = Journal(store, self._library, clock)
        self.facts = Facts(store, self._library)
        self.authors = Authors(store, self._library)
        self.notes = Notes(store, self._library)

    def _number(self) -> int:
        table = db.library
        known = sa.select(table.c.id).filter_by(**self._names)
        # Who only looks must not wait for one who writes, so a library that is known is only read.
        with self._store.reading() as connection:
            number = connection.scalar(known)
        if number is None:
            with self._store.writing() as connection:
                upsert(connection, table, [self._names], by=tuple(self._names))
                number = connection.execute(known).scalar_one()
        return int(number)

    def elsewhere(self) -> int:
        """Return how many papers were pushed to another Zotero on the desktop; 0 online, where there is one."""
        endpoint, names = self._names["endpoint"], ("database", "server")
        others = [db.library.c[name] != self._names[name] for name in names]
        query = sa.select(sa.func.count()).select_from(db.written.join(db.library))
        query = query.where(db.library.c.endpoint == endpoint, sa.or_(*others))
        with self._store.reading() as connection:
            return int(connection.scalar(query) or 0)

    def index(self) -> Index:
        """Return the library's index, which lives in the same database."""
        return Index(self._store, self._library, self._prefix)

    def reading(self, *, at_length: bool = False) -> AbstractContextManager[sa.Connection]:
        """Open a transaction in which nothing is written; see `Store.reading`."""
        return self._store.reading(at_length=at_length)

    def writing(self) -> AbstractContextManager[sa.Connection]:
        """Open a transaction: all of it is remembered, or nothing."""
        return self._store.writing()

    # What planning needs to know

    def memory(self) -> Memory:
        """Return all that planning needs to know."""
        with self._store.reading() as connection:
            written = connection.execute(self._all(db.written)).all()
            claims = connection.execute(self._all(db.claim)).all()
            waiting = connection.execute(self._all(db.standing).where(db.standing.c.cause == "review"))
            asked = [(row.paper, question_of(row)) for row in waiting]
            decisions: dict[str, dict[str, Verdict]] = {}
            dated: dict[str, dict[str, Verdict]] = {}
            for row in connection.execute(self._all(db.decision)):
                words = dated if row.key.startswith(MARK) else decisions
                words.setdefault(row.paper, {})[row.key] = row.verdict
            rejections = Rejections(connection, self._library)
            rejecting = {one.profile for one in rejections.all()}
            return Memory(
                written={row.key: Base.from_json(json.loads(row.base)) for row in written},
                versions={row.key: row.version for row in written},
                seen={row.key: json.loads(row.seen) for row in written if row.seen},
                claims={row.paper: row.key for row in claims},
                said={row.paper: said for row in claims if (said := said_of_text(row.said))},
                questions={paper: question for paper, question in asked if question},
                collections={row.path: row.key for row in connection.execute(self._all(db.collection))},
                tombstones=frozenset(row.key for row in connection.execute(self._all(db.tombstone))),
                decisions=decisions,
                dated=dated,
                rejected=rejections.by_profile(rejecting),
                refusals={
                    row.paper: Refusal(row.digest, recalled(row.message))
                    for row in connection.execute(self._all(db.refusal))
                },
                restored=frozenset(
                    connection.scalars(
                        sa.select(db.standing.c.paper).where(
                            db.standing.c.library == self._library, db.standing.c.cause == "restored"
                        )
                    )
                ),
            )

    # What is to be known at the end of a run

    def remember(  # noqa: PLR0913 - each is a column
        self,
        connection: sa.Connection,
        *,
        run: str,
        key: str,
        paper: str,
        base: Base,
        version: int | None = None,
        seen: Mapping[str, str] | None = None,
    ) -> None:
        """Remember what an item was given, and which paper it is.

        Args:
            connection: the transaction.
            run: the run that found or wrote it.
            key: the item's key.
            paper: the paper's create-once key.
            base: what stands in the item from syncd.
            version: the item's version after syncd's write; None where nothing was written now.
            seen: what the item held then, as `merge.contents` tells it; None where that is as before.
        """
        row = {
            "key": key,
            "base": json.dumps(base.to_json(), ensure_ascii=False),
            "version": version or 0,
            "seen": "" if seen is None else json.dumps(dict(seen)),
            "run": run,
        }
        as_before = {"version": version, "seen": seen}
        keep = [name for name, value in as_before.items() if value is None]
        self._put(connection, db.written, row, keep=keep)
        self.claim(connection, paper, key)

    def claim(self, connection: sa.Connection, paper: str, key: str, said: Said | None = None) -> None:
        """Remember which item a paper is, or was; and what its sources say of it, if that is new."""
        new = {"said": json.dumps(asdict(said), ensure_ascii=False)} if said else {}
        self._put(connection, db.claim, {"paper": paper, "key": key, **new})
        if said:
            Records(connection, self._library).put("said", paper, said)

    def remember_seen(self, connection: sa.Connection, key: str, seen: Mapping[str, str]) -> None:
        """Remember what an item of syncd's holds after a write of syncd's."""
        self._change(connection, key, seen=json.dumps(dict(seen)))

    def rebase(self, connection: sa.Connection, key: str, base: Base) -> None:
        """Exchange what is remembered of an item, and nothing else."""
        self._change(connection, key, base=json.dumps(base.to_json(), ensure_ascii=False))

    def remember_version(self, connection: sa.Connection, key: str, version: int) -> None:
        """Remember that the item's newest version is of syncd's making."""
        self._change(connection, key, version=version)

    def remember_collection(self, connection: sa.Connection, path: str, key: str) -> None:
        """Remember which collection settings mean by a path."""
        self._put(connection, db.collection, {"path": path, "key": key})

    def remember_profile(
        self, connection: sa.Connection, run: str, profile: PlannedProfile, now: str
    ) -> None:
        """Remember what a profile listed, and that all of it was done by now."""
        row = {
            "name": profile.name,
            "author": profile.author,
            "origin": profile.origin,
            "digest": profile.digest,
            "papers": profile.papers,
            "collection": profile.collection,
            "paused": kept(profile.paused),
            "run": run,
            "pushed": now,
            "settings": profile.settings,
        }
        if profile.whole:
            read = {"whole": now, "compared": now, "listed": profile.listed, "part": ""}
            self._put(connection, db.profile, {**row, **read})
        else:
            # Of a part nothing is known about the whole, which is as it was.
            self._put(connection, db.profile, {**row, "part": profile.digest}, keep=("digest", "papers"))

    def add_tombstone(self, connection: sa.Connection, key: str, since: str, by: str = "user") -> None:
        """Remember that an item was trashed or deleted, also for when the library has forgotten it.

        Args:
            connection: the transaction.
            key: the item's.
            since: ISO time.
            by: "user", or "syncd" where an undo did it.
        """
        self._put(connection, db.tombstone, {"key": key, "since": since, "by": by})

    def remove_tombstones(self, connection: sa.Connection, keys: Iterable[str]) -> None:
        """Forget tombstones: the user wants these items, or has them back."""
        self._drop(connection, db.tombstone, "key", keys)

    def refuse(self, connection: sa.Connection, paper: str, refusal: Refusal) -> None:
        """Remember what the server did not take."""
        row = {"paper": paper, "digest": refusal.digest, "message": kept(refusal.message)}
        self._put(connection, db.refusal, row)

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
                for key in keys:
                    self._put(connection, db.decision, {"paper": paper, "key": key, "verdict": verdict})
        return before

    def take_back(self, standing: Standing) -> None:
        """Forget what the user said of a paper that waits for a review."""
        keys = [str(candidate["key"]) for candidate in standing.candidates]
        which = db.decision.c
        mine = sa.and_(which.library == self._library, which.paper == standing.paper, which.key.in_(keys))
        with self._store.writing() as connection:
            connection.execute(sa.delete(db.decision).where(mine))

    def set_status(
        self, connection: sa.Connection, papers: Iterable[str], standings: Iterable[Standing]
    ) -> None:
        """Put what is to be known of these papers in place of what was."""
        papers, standings = list(papers), list(standings)
        self._drop(connection, db.standing, "paper", papers)
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

    def reject(self, connection: sa.Connection, one: Rejection) -> None:
        """Remember that a paper is not by the person of a profile, which tells nothing of it any more."""
        Rejections(connection, self._library).add(one)
        if one.key:
            self.facts.forget(connection, one.profile, one.key)

    def forget(self, connection: sa.Connection, profile: str) -> None:
        """Forget all that is kept about the person of a profile: figures, facts, which papers it lists, troubles.

        What was written into items stays known, but not on whose account.
        """
        for waiting in self._waiting_of(connection, profile):
            said = waiting.said and _without(waiting.said, profile)
            self.set_status(connection, [waiting.paper], [replace(waiting, said=said)] if said else [])
        listing = db.listing.c
        here = sa.and_(listing.library == self._library, listing.kind == "said", listing.profile == profile)
        listed = list(connection.scalars(sa.select(listing.key).where(here)))
        for part in chunks(listed):
            for row in connection.execute(self._all(db.claim).where(db.claim.c.paper.in_(part))).all():
                if said := said_of_text(row.said):
                    left = replace(said, listed=_others(said, profile))
                    self.claim(connection, row.paper, row.key, left)
                if base := self.base(connection, row.key):
                    sources = tuple(name for name in base.sources if name != profile)
                    source = "" if base.source == profile else base.source
                    self.rebase(connection, row.key, replace(base, source=source, sources=sources))
        self.facts.forget(connection, profile)
        Rejections(connection, self._library).forget([profile])
        self._drop(connection, db.decision, "key", [profile_mark(profile)])
        self._drop(connection, db.figure, "profile", [profile])
        for table in (db.trouble, db.profile):
            self._drop(connection, table, "name", [profile])

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

    def rejection(self, profile: str, paper: str) -> Rejection | None:
        """Return what the user said of a paper and a profile."""
        with self._store.reading() as connection:
            return Rejections(connection, self._library).of(profile, paper)

    def lift_rejections(self, connection: sa.Connection, run: str) -> None:
        """Take back what was rejected in a run."""
        Rejections(connection, self._library).lift(run)

    # What status and guards ask

    def standings(
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
                found += self._standings(connection, sa.and_(sa.true(), *which), most, start)
            if cause in {None, "rejected"} and by in {None, "user"}:
                found += map(_rejected, Rejections(connection, self._library).all(most))
        return found

    def numbers(self) -> dict[tuple[str, str], int]:
        """Return how many papers there are of each cause, and by whose doing: what `standings` returns, counted."""
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
            return self._standings(connection, which)

    def kept(self, keys: Iterable[str]) -> dict[str, list[str]]:
        """Return which properties of these items were kept as their user changed them."""
        standing = db.standing.c
        with self._store.reading() as connection:
            return {
                one.key or "": list(one.values)
                for part in chunks(keys)
                for one in self._standings(
                    connection, sa.and_(standing.cause == "kept", standing.key.in_(part))
                )
            }

    def deleted(self, words: str | None = None) -> list[Standing]:
        """Return the papers that are deleted: as the last push found them, and what went since, an undone run's too.

        Several papers may be one item: it is there once.

        Args:
            words: a key, or a title; those that have it are returned, as far as they are found by an index.
        """
        noted = self.standings("deleted") if words is None else self.named(words, "deleted")
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

    def _standings(
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

    def reviews(self, *, answered: bool, start: int, most: int) -> tuple[int, list[Standing]]:
        """Return how many papers wait for the user's word, and some of them, in the order of their titles.

        Args:
            answered: those that the user decided about since, which the next push acts on; else the others.
            start: how many are left out.
            most: how many are returned.
        """
        standing, known = db.standing.c, self._is_answered()
        which = sa.and_(
            standing.library == self._library, standing.cause == "review", known if answered else ~known
        )
        query = self._all(db.standing).where(which).order_by(standing.title, standing.paper)
        with self._store.reading() as connection:
            total = connection.scalar(sa.select(sa.func.count()).select_from(db.standing).where(which)) or 0
            rows = connection.execute(query.offset(start).limit(most))
            return total, [_standing(row) for row in rows]

    def _is_answered(self) -> sa.ColumnElement[bool]:
        """Select the papers about which the user decided."""
        standing, decision = db.standing.c, db.decision.c
        return sa.exists().where(
            decision.library == standing.library,
            decision.paper == standing.paper,
            decision.verdict.in_(DECIDED),
        )

    def standings_of(self, key: str) -> list[Standing]:
        """Return what is to be known of the papers that are one item."""
        query = self._all(db.standing).where(db.standing.c.key == key)
        with self._store.reading() as connection:
            return [_standing(row) for row in connection.execute(query.order_by(db.standing.c.cause))]

    def names_of(self, profile: str) -> list[str]:
        """Return the names under which anything of a profile is kept: its own, and those of its pages."""
        columns = (
            *(table.c.profile for table in (db.listing, db.fact, db.figure, db.rejection)),
            *(table.c.name for table in (db.profile, db.trouble)),
        )
        with self._store.reading() as connection:
            found = {
                name
                for column in columns
                for name in connection.scalars(
                    sa.select(column)
                    .distinct()
                    .where(column.table.c.library == self._library, _is_of_profile(column, profile))
                )
            }
        # Databases differ in whether they tell a from A in the beginning of a name.
        return sorted(name for name in found if profile_of(name, [profile]) == profile)

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

    def profiles(self, names: Iterable[str] | None = None) -> list[FollowedProfile]:
        """Return the profiles that were pushed, in the order of their names; of these names, if any are given."""
        parts = [sa.true()] if names is None else [db.profile.c.name.in_(part) for part in chunks(names)]
        return [one for part in parts for one in self._profiles(part)]

    def pages(self, profile: str) -> list[FollowedProfile]:
        """Return a profile of the configuration as it was pushed; several, where it has several pages."""
        found = self._profiles(_is_of_profile(db.profile.c.name, profile))
        return [one for one in found if profile_of(one.name, [profile]) == profile]

    def called(self, words: str) -> list[FollowedProfile]:
        """Return the profile of this name, or else those of this author or collection."""
        profile = db.profile.c
        by_other_words = sa.or_(profile.author == words, profile.collection == words)
        return self._profiles(profile.name == words) or self._profiles(by_other_words)

    def _profiles(self, which: sa.ColumnElement[bool]) -> list[FollowedProfile]:
        figure, profile = db.figure.c, db.profile.c
        counted = (
            sa.select(figure.papers)
            .where(figure.library == profile.library, figure.profile == profile.name)
            .order_by(figure.day.desc())
            .limit(1)
            .scalar_subquery()
        )
        query = sa.select(db.profile, counted.label("counted")).where(profile.library == self._library, which)
        with self._store.reading() as connection:
            return [
                FollowedProfile(
                    r.name,
                    r.author,
                    r.origin,
                    r.papers,
                    r.collection,
                    recalled(r.paused),
                    r.run,
                    r.pushed,
                    r.counted or r.papers,
                )
                for r in connection.execute(query.order_by(profile.name))
            ]

    def papers_of(self, keys: Iterable[str]) -> dict[str, str]:
        """Return the papers that are these items, or were: each with its item's key."""
        claim = db.claim.c
        query = sa.select(claim.paper, claim.key).where(claim.library == self._library)
        with self._store.reading() as connection:
            return {
                row.paper: row.key
                for part in chunks(keys)
                for row in connection.execute(query.where(claim.key.in_(part)))
            }

    def filed(self, connection: sa.Connection, collection: str) -> dict[str, Base]:
        """Return what syncd wrote into the items that it ever filed into a collection, by their keys."""
        query = self._all(db.written).where(db.written.c.base.contains(f'"{collection}"', autoescape=True))
        found = {row.key: Base.from_json(json.loads(row.base)) for row in connection.execute(query)}
        return {key: base for key, base in found.items() if collection in base.collections}

    def has_written(self) -> bool:
        """Whether syncd ever wrote anything into this library that it remembers."""
        with self._store.reading() as connection:
            return connection.execute(self._all(db.written).limit(1)).first() is not None

    def lost(self) -> int:
        """Return how many of syncd's items nobody deleted, if none of these is left in the library; else 0."""
        written, item = db.written.c, db.index_item.c
        gone = [
            sa.exists().where(table.c.library == written.library, table.c.key == written.key)
            for table in (db.tombstone, db.index_deletion)
        ]
        known = sa.and_(written.library == self._library, ~gone[0], ~gone[1])
        there = sa.exists().where(item.library == written.library, item.key == written.key)
        with self._store.reading() as connection:
            if connection.execute(sa.select(written.key).where(known, there).limit(1)).first():
                return 0
            return int(connection.scalar(sa.select(sa.func.count()).where(known)) or 0)

    def unknown(self, papers: Iterable[Paper]) -> int:
        """Return how many of these papers neither the library nor syncd has by an identifier or the very title."""
        names = {fold_title(paper.title): paper for paper in papers}
        with self._store.reading() as connection:
            search = Search(connection, self._library)
            dois = search.by("item", "doi", [one.identifiers.doi for one in names.values()])
            arxiv = search.by("item", "arxiv", [one.identifiers.arxiv for one in names.values()])
            titles = search.by("item", "folded_title", names) | search.by("said", "folded_title", names)
        new = {
            one.identifiers.arxiv or one.identifiers.doi or name
            for name, one in names.items()
            if name not in titles and one.identifiers.doi not in dois and one.identifiers.arxiv not in arxiv
        }
        return len(new)

    def asked_in_vain(self, planned: Collection[str], read: Collection[str]) -> list[str]:
        """Return the papers that wait for an answer though no profile lists them any more, or it was given.

        Args:
            planned: create-once keys of papers that are in a plan; they are left out.
            read: the profiles that were read whole for the plan.
        """
        standing, listing, decision = db.standing.c, db.listing.c, db.decision.c
        listed = sa.exists().where(
            listing.library == standing.library, listing.kind == "asked", listing.key == standing.paper
        )
        answer = sa.exists().where(decision.library == standing.library, decision.paper == standing.paper)
        answered = answer.where(decision.verdict.in_(["same", "different"]))
        waiting = self._all(db.standing).where(standing.cause == "review")
        found = []
        with self._store.reading() as connection:
            for part in chunks(read):
                rows = connection.execute(waiting.where(listed.where(listing.profile.in_(part))))
                said = ((row.paper, said_of_text(row.said)) for row in rows)
                found += [paper for paper, one in said if one and set(read).issuperset(one.listed)]
            found += [row.paper for row in connection.execute(waiting.where(answered))]
        return [paper for paper in dict.fromkeys(found) if paper not in planned]

    def collections(self, paths: Iterable[str]) -> dict[str, str]:
        """Return by a path as settings name it, the key of its collection."""
        path = db.collection.c.path
        with self._store.reading() as connection:
            return {
                row.path: row.key
                for part in chunks(paths)
                for row in connection.execute(self._all(db.collection).where(path.in_(part)))
            }

    def problems(self) -> list[Problem]:
        """Return what keeps profiles from being pushed."""
        with self._store.reading() as connection:
            query = self._all(db.trouble).order_by(db.trouble.c.name)
            return [
                Problem(r.name, r.since, r.last, r.times, recalled(r.message), recalled(r.hint))
                for r in connection.execute(query)
            ]

    def note_problems(
        self, errors: Mapping[str, SyncdError | None], now: str, followed: Collection[str]
    ) -> None:
        """Note what keeps profiles from being pushed.

        Args:
            errors: by profile, what did in the last run, or None where nothing does any more.
            now: ISO time.
            followed: the profiles that the library has in the configuration; of all others it is forgotten.
        """
        query = sa.select(db.trouble.c.name, db.trouble.c.times).where(db.trouble.c.library == self._library)
        with self._store.reading() as connection:
            known = {row.name: row.times for row in connection.execute(query)}
        found = {name: error for name, error in errors.items() if error is not None}
        gone = [name for name in known if name not in followed or (name in errors and name not in found)]
        if not gone and not found:
            return
        with self._store.writing() as connection:
            self._drop(connection, db.trouble, "name", gone)
            for name, error in found.items():
                times = known.get(name, 0) + 1
                row = {"name": name, "since": now, "last": now, "times": times}
                words = {"message": kept(error.words), "hint": kept(error.hint)}
                self._put(connection, db.trouble, {**row, **words}, keep=["since"])

    # Writing

    def record(
        self,
        connection: sa.Connection,
        run: str,
        entry: Entry,
        version: int,
        seen: Mapping[str, str] | None = None,
    ) -> None:
        """Remember that an object was written, and as what; `seen` as for `remember`."""
        if entry.what == "collection":
            self.remember_collection(connection, entry.paper, entry.sent["key"])
        elif entry.what == "item" and entry.base:
            self.remember(
                connection,
                run=run,
                key=entry.item,
                paper=entry.paper,
                base=entry.base,
                version=version,
                seen=seen,
            )
        elif entry.what == "note":
            self.notes.record(connection, entry.sent, seen)
        elif entry.what == "child":
            self._add_link(connection, entry.item, entry.sent["url"])
        elif entry.what == "undo" and entry.sent["key"] == entry.item:
            self.remember_version(connection, entry.item, version)
            if (before := self.seen(connection, entry.item)) is not None:
                self.remember_seen(connection, entry.item, contents_after(before, entry.sent))
            if entry.sent.get("deleted"):
                now = self._clock.now().isoformat(timespec="seconds")
                self.add_tombstone(connection, entry.item, now, by="syncd")
            elif "deleted" in entry.sent:
                self.remove_tombstones(connection, [entry.item])
        if entry.note:
            self.history.add(connection, run, entry.item, entry.note)

    def versions(self) -> dict[str, int]:
        """Return the versions at which syncd wrote items, by their keys, as far as it did not forget them."""
        written = db.written.c
        query = sa.select(written.key, written.version).where(
            written.library == self._library, written.version != 0
        )
        with self._store.reading() as connection:
            return {row.key: row.version for row in connection.execute(query)}

    def base(self, connection: sa.Connection, key: str) -> Base | None:
        """Return what stands in an item from syncd, as the caller's transaction sees it."""
        text = connection.scalar(sa.select(db.written.c.base).where(self._is_of(key)))
        return Base.from_json(json.loads(text)) if text else None

    def seen(self, connection: sa.Connection, key: str) -> dict[str, str] | None:
        """Return what an item held after syncd's last write, as the caller's transaction sees it."""
        text = connection.scalar(sa.select(db.written.c.seen).where(self._is_of(key)))
        return json.loads(text) if text else None

    def _add_link(self, connection: sa.Connection, item: str, url: str) -> None:
        base = self.base(connection, item)
        if base and url not in base.links:
            self.rebase(connection, item, replace(base, links=(*base.links, url)))

    def _is_of(self, key: str) -> sa.ColumnElement[bool]:
        """Select what syncd wrote into one item."""
        return sa.and_(db.written.c.library == self._library, db.written.c.key == key)

    def _change(self, connection: sa.Connection, key: str, **values: Any) -> None:
        """Change what is remembered of what syncd wrote into an item; nothing, if it wrote nothing."""
        connection.execute(sa.update(db.written).where(self._is_of(key)).values(**values))

    def _put(
        self, connection: sa.Connection, table: sa.Table, row: Mapping[str, Any], *, keep: Sequence[str] = ()
    ) -> None:
        """Put a row of this library in place of the one with its key; as `upsert`."""
        upsert(connection, table, [{"library": self._library, **row}], keep=keep)

    def _drop(self, connection: sa.Connection, table: sa.Table, name: str, values: Iterable[str]) -> None:
        gone = [{"gone": value} for value in values]
        if gone:
            which = sa.and_(table.c.library == self._library, table.c[name] == sa.bindparam("gone"))
            connection.execute(sa.delete(table).where(which), gone)

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


def _of_claim(of: Any) -> sa.ColumnElement[bool]:
    """Select the row of the item that a paper is, by the columns of a table."""
    return sa.and_(of.library == db.claim.c.library, of.key == db.claim.c.key)


def _is_of_profile(column: sa.ColumnElement[str], profile: str) -> sa.ColumnElement[bool]:
    """Select the name of a profile, and those of its pages."""
    return sa.or_(column == profile, column.startswith(page_name(profile, ""), autoescape=True))


def _rejected(one: Rejection) -> Standing:
    """Return what a rejection says of a paper."""
    words = message("not-by-profile", profile=one.profile)
    return Standing(one.paper, "rejected", one.key, one.title, words)


def _standing(row: sa.Row[Any]) -> Standing:
    """Return what a row of `standing` says."""
    about = (row.paper, row.cause, row.key, row.title, recalled(row.detail))
    made = Standing(*about, *_comparison(row.comparison))
    return replace(made, values=json.loads(row.kept), said=said_of_text(row.said))


def _others(said: Said, profile: str) -> dict[str, str]:
    """Return which profiles list a paper beside one, with the dates that they give."""
    return {name: date for name, date in said.listed.items() if name != profile}


def _without(said: Said, profile: str) -> Said | None:
    """Return what the other profiles say of a paper; None where there are none."""
    left = _others(said, profile)
    return replace(said, listed=left) if left else None


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
