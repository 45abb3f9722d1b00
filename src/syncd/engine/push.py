"""Carry out a plan: journal, write, record, a chunk at a time.

Every object has a key and a version, so that sending one twice does nothing twice. What the server refuses is
reported with its words; what changed meanwhile is left for the next plan to look at again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from syncd.engine.recover import keep_open
from syncd.errors import LibraryError
from syncd.state.history import Note
from syncd.state.index import Index
from syncd.state.journal import Entry
from syncd.state.state import Standing, State
from syncd.sync.action import Action, Memory, Plan, Refusal
from syncd.sync.decide import digest
from syncd.sync.merge import Base, contents
from syncd.zotero.client import Client, Outcome, StaleError
from syncd.zotero.items import problems
from syncd.zotero.schema import MAX_OBJECTS
from syncd.zotero.transport import OutcomeUnknownError

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Failure:
    """A paper that was not written, or not wholly.

    Attributes:
        title: the paper's.
        key: the key of the object that was refused.
        code: the HTTP status of the object; None where it was never sent.
        message: the server's words, or ours.
        changed: the library changed meanwhile, so that a new plan may succeed.
        transient: the server was busy, or did not say what became of it.
    """

    title: str
    key: str
    code: int | None
    message: str
    changed: bool = False
    transient: bool = False

    @property
    def passes(self) -> bool:
        """Whether sending it again may succeed."""
        return self.changed or self.transient


class Push:
    """One push of one plan. What it did can be read after an error too.

    Args:
        client: the library.
        index: its index, which takes over what the writes return.
        state: what is remembered.
        run: the run's name.
        progress: called with the number of objects that were just dealt with.

    Attributes:
        written: create-once keys of the papers of which something was written.
        failures: by create-once key, what was not.
    """

    def __init__(
        self, client: Client, index: Index, state: State, run: str, progress: Callable[[int], None]
    ) -> None:
        self._client = client
        self._index = index
        self._state = state
        self._run = run
        self._progress = progress
        # The library's version after the last write, if nobody else has written: what the next is guarded with.
        self._version = 0
        self._alone = True
        self.written: set[str] = set()
        self.failures: dict[str, Failure] = {}

    def carry_out(self, plan: Plan, now: datetime) -> None:
        """Write all of a plan.

        Args:
            plan: what to do.
            now: the time, for tombstones.

        Raises:
            StaleError: the library changed since the plan; what was written before that is recorded.
            OutcomeUnknownError: an answer was lost; the journal has the chunk.
            LibraryError: the library can't be written to.
        """
        self._version = plan.version
        self._make_collections(plan)
        titles = {action.paper: action.title for action in plan.actions}
        entries = [entry for action in plan.actions for entry in self._entries(action)]
        for chunk in self._chunks(entries):
            self._write(self._without_orphans(chunk), titles)
            self._progress(len(chunk))
        self._remember_the_rest(plan, now)

    def _make_collections(self, plan: Plan) -> None:
        entries = [
            Entry(
                what="collection",
                sent={
                    "key": new.key,
                    "version": 0,
                    "name": new.name,
                    "parentCollection": new.parent or False,
                },
                item="",
                paper="/".join(new.path),
            )
            for new in plan.collections
        ]
        for chunk in self._chunks(entries):
            self._write(chunk, {})
        for failure in self.failures.values():
            raise _no_collection(failure)

    def _entries(self, action: Action) -> Iterator[Entry]:
        """Yield the objects of an action, unless Zotero would choke on one."""
        key = action.key or ""
        wrong = problems(action.item) if action.item else []
        if wrong:
            self.failures[action.paper] = Failure(action.title, key, None, "; ".join(wrong))
            return
        objects = (action.item, *action.children)
        created = [sent["key"] for sent in objects if sent and not sent["version"]]
        note: Note | None = Note(action.kind, action.title, action.reason, action.changes, created)
        if action.item:
            yield Entry("item", action.item, key, action.paper, _before_children(action), note)
            note = None
        for child in action.children:
            yield Entry("child", child, key, action.paper, note=note)
            note = None

    def _without_orphans(self, chunk: Sequence[Entry]) -> list[Entry]:
        """Leave out children whose parent was refused in an earlier chunk."""
        refused = {failure.key for failure in self.failures.values()}
        return [entry for entry in chunk if entry.what != "child" or entry.item not in refused]

    def _chunks(self, entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
        """Yield entries in chunks that the server takes."""
        for start in range(0, len(entries), MAX_OBJECTS):
            yield entries[start : start + MAX_OBJECTS]

    def _write(self, chunk: Sequence[Entry], titles: dict[str, str]) -> None:
        if not chunk:
            return
        number = self._state.journal.begin(self._run, chunk)
        client, sent = self._client, [entry.sent for entry in chunk]
        write = client.write_collections if chunk[0].what == "collection" else client.write_items
        try:
            outcomes = write(sent, unmodified_since=self._version)
        except LibraryError as error:
            keep_open(self._state, number, chunk, error)
            raise
        self._record(number, chunk, outcomes, titles)

    def _record(
        self, number: int, chunk: Sequence[Entry], outcomes: Sequence[Outcome], titles: dict[str, str]
    ) -> None:
        """Remember a chunk's outcome, in one transaction with taking it out of the journal."""
        self._version, alone = self._client.advanced(self._version, outcomes)
        self._alone = self._alone and alone
        objects = [(outcome.data, outcome.version or 0) for outcome in outcomes if outcome.data]
        collections = chunk[0].what == "collection"
        left = []
        with self._state.writing() as connection:
            for entry, outcome in zip(chunk, outcomes, strict=True):
                if outcome.status == "failed":
                    title = titles.get(entry.paper, entry.paper)
                    failure = Failure(
                        title,
                        entry.sent["key"],
                        outcome.code,
                        outcome.message,
                        changed=outcome.changed,
                        transient=outcome.transient,
                    )
                    self.failures.setdefault(entry.paper, failure)
                    if outcome.passes:
                        left.append(replace(entry, there=outcome.changed))
                else:
                    self.written.add(entry.paper)
                    version = outcome.version or entry.sent["version"]
                    seen = contents(outcome.data) if outcome.data else None
                    self._state.record(connection, self._run, entry, version, seen)
            done = zip(chunk, outcomes, strict=True)
            written = {entry.sent["key"] for entry, outcome in done if outcome.status != "failed"}
            self._index.record(
                connection,
                items=() if collections else objects,
                collections=objects if collections else (),
                complete=self._version if self._alone else None,
            )
            self._state.journal.settle(connection, number, left)
            self._state.journal.drop(connection, written)

    def _remember_the_rest(self, plan: Plan, now: datetime) -> None:
        """Remember what needed no write, and what is to be known of each paper from now on."""
        memory, state = self._state.memory(), self._state
        actions = plan.actions
        with state.writing() as connection:
            for action in actions:
                self._remember_quiet(connection, action, memory)
                self._claim(connection, action, memory)
                if action.cause == "deleted" and action.key and action.key not in memory.tombstones:
                    state.bury(connection, action.key, now.isoformat(timespec="seconds"))
                failure = self.failures.get(action.paper)
                if failure and not failure.passes:
                    state.refuse(connection, action.paper, Refusal(digest(action), failure.message))
            alive = {a.key for a in actions if a.key and a.base and a.cause != "deleted"}
            state.dig_up(connection, alive & memory.tombstones)
            standings = [s for action in actions for s in _standings(action, self.failures.get(action.paper))]
            papers = [action.paper for action in actions]
            state.stand(connection, [*papers, *self._asked_in_vain(plan, memory)], standings)
            for path, key in plan.places.items():
                if memory.collections.get(path) != key:
                    state.remember_collection(connection, path, key)
            for profile in plan.profiles:
                state.remember_profile(connection, self._run, profile, now.isoformat(timespec="seconds"))
            ours = [a for a in actions if a.cause != "deleted" and (a.base or a.key in memory.written)]
            state.facts.learn(connection, plan, [a for a in ours if a.paper not in self.failures], now)

    def _asked_in_vain(self, plan: Plan, memory: Memory) -> Iterator[str]:
        """Yield the papers that wait for an answer though no profile lists them any more, or it was given."""
        planned = {action.paper for action in plan.actions}
        read = {profile.name for profile in plan.profiles}
        for standing in self._state.standings():
            if standing.cause == "review" and standing.paper not in planned:
                answers = set(memory.decisions.get(standing.paper, {}).values())
                dropped = standing.said is not None and read.issuperset(standing.said.listed)
                if dropped or answers & {"same", "different"}:
                    yield standing.paper

    def _claim(self, connection: sa.Connection, action: Action, memory: Memory) -> None:
        """Remember which item a paper is, or was, and what its sources say of it."""
        known = action.base or action.cause == "deleted" or action.kind == "unchanged"
        if action.key is None or not known or action.paper in self.failures:
            return
        if memory.claims.get(action.paper) != action.key or memory.said.get(action.paper) != action.said:
            self._state.claim(connection, action.paper, action.key, action.said)

    def _remember_quiet(self, connection: sa.Connection, action: Action, memory: Memory) -> None:
        """Remember a paper that was found as it should be."""
        if action.item or action.base is None or action.key is None or action.paper in self.failures:
            return
        if memory.written.get(action.key) != action.base or action.seen:
            self._state.remember(
                connection,
                run=self._run,
                key=action.key,
                paper=action.paper,
                base=action.base,
                version=action.version or None,
                seen=action.seen or None,
            )


def _standings(action: Action, failure: Failure | None) -> Iterator[Standing]:
    """Yield what is to be known of a paper beyond its being there."""
    about = (action.key, action.title)
    if action.kept:
        yield Standing(action.paper, "kept", *about, ", ".join(action.kept), values=action.values)
    if action.cause:
        comparison = [asdict(candidate) for candidate in action.candidates]
        said = action.said if action.cause == "review" and action.key is None else None
        yield Standing(
            action.paper, action.cause, *about, action.reason, action.record, comparison, said=said
        )
    if failure:
        yield Standing(action.paper, "failed", failure.key, action.title, failure.message)


def _no_collection(failure: Failure) -> LibraryError:
    if failure.changed:
        return StaleError(f"the collection {failure.title!r} was made meanwhile", kind="conflict")
    if failure.transient:
        return OutcomeUnknownError(
            f"the collection {failure.title!r} could not be made just now: {failure.message}",
            kind="transient",
            status=failure.code,
            hint="Nothing was filed there. Run it again later.",
        )
    return LibraryError(
        f"the collection {failure.title!r} can't be made: {failure.message}",
        kind="permanent",
        status=failure.code,
        hint="Nothing was pushed. Name another collection in the configuration.",
    )


def _before_children(action: Action) -> Base | None:
    """Return an item's base without the links that its children bring: each adds its own once it is written."""
    if action.base is None:
        return None
    new = {child["url"] for child in action.children}
    return replace(action.base, links=tuple(url for url in action.base.links if url not in new))
