"""Carry out a plan: write its objects, and remember what needed no write.

Every object has a key and a version, so that sending one twice does nothing twice. What the server refuses is
reported with its words; what changed meanwhile is left for the next plan to look at again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from syncd.engine.session import Session
from syncd.engine.write import Writer, chunks
from syncd.errors import LibraryError
from syncd.messages import chained, message
from syncd.state.history import Note
from syncd.state.journal import Entry
from syncd.state.standings import Standing
from syncd.sync.action import Action, Memory, Plan, Refusal
from syncd.sync.decide import digest
from syncd.sync.merge import Base
from syncd.zotero.client import StaleError
from syncd.zotero.items import problems
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
        session: the library.
        plan: what to do.
        memory: what was remembered when it was made.

    Attributes:
        written: create-once keys of the papers of which something was written.
        failures: by create-once key, what was not.
    """

    def __init__(self, session: Session, plan: Plan, memory: Memory) -> None:
        self._session = session
        self._state = session.state
        self._plan = plan
        self._memory = memory
        self._titles = {action.paper: action.title for action in plan.actions}
        self._writer = Writer(session, plan.version)
        self.written: set[str] = set()
        self.failures: dict[str, Failure] = {}

    def carry_out(self) -> None:
        """Write all of the plan.

        Raises:
            StaleError: the library changed since the plan; what was written before that is recorded.
            OutcomeUnknownError: an answer was lost; the journal has the chunk.
            LibraryError: the library can't be written to.
        """
        progress, now = self._session.ports.progress, self._session.ports.clock.now()
        self._make_collections()
        entries = [entry for action in self._plan.actions for entry in self._entries(action)]
        for chunk in chunks(entries):
            self._write(self._without_orphans(chunk))
            progress.advance(len(chunk))
        self._remember_the_rest(now)

    def _make_collections(self) -> None:
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
            for new in self._plan.collections
        ]
        for chunk in chunks(entries):
            self._write(chunk)
        for failure in self.failures.values():
            raise _no_collection(failure)

    def _entries(self, action: Action) -> Iterator[Entry]:
        """Yield the objects of an action, unless Zotero would choke on one."""
        key = action.key or ""
        wrong = problems(action.item) if action.item else []
        if wrong:
            self.failures[action.paper] = Failure(action.title, key, None, chained(wrong))
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

    def _write(self, chunk: Sequence[Entry]) -> None:
        """Write a chunk, and take down of which papers something was written, and what was not."""
        for entry, outcome in zip(chunk, self._writer.write(chunk) if chunk else (), strict=True):
            if outcome.status != "failed":
                self.written.add(entry.paper)
                continue
            failure = Failure(
                self._titles.get(entry.paper, entry.paper),
                entry.sent["key"],
                outcome.code,
                outcome.message,
                changed=outcome.changed,
                transient=outcome.transient,
            )
            self.failures.setdefault(entry.paper, failure)

    def _remember_the_rest(self, now: datetime) -> None:
        """Remember what needed no write, and what is to be known of each paper from now on."""
        # What was written since is remembered already. Of it this is older, and remembers the same once more.
        plan, state, memory = self._plan, self._state, self._memory
        actions = plan.actions
        read = {profile.name for profile in plan.profiles if profile.whole}
        in_vain = state.standings.asked_in_vain({action.paper for action in actions}, read)
        with state.writing() as connection:
            for action in actions:
                self._remember_quiet(connection, action)
                self._claim(connection, action)
                if action.cause == "deleted" and action.key and action.key not in memory.tombstones:
                    state.add_tombstone(connection, action.key, now.isoformat(timespec="seconds"))
                failure = self.failures.get(action.paper)
                if failure and not failure.passes:
                    state.refuse(connection, action.paper, Refusal(digest(action), failure.message))
            alive = {a.key for a in actions if a.key and a.base and a.cause != "deleted"}
            state.remove_tombstones(connection, alive & memory.tombstones)
            standings = [s for action in actions for s in _standings(action, self.failures.get(action.paper))]
            papers = [action.paper for action in actions]
            state.standings.put(connection, [*papers, *in_vain], standings)
            for path, key in plan.places.items():
                if memory.collections.get(path) != key:
                    state.remember_collection(connection, path, key)
            for profile in plan.profiles:
                state.profiles.put(connection, self._session.run, profile, now.isoformat(timespec="seconds"))
            ours = [a for a in actions if a.cause != "deleted" and (a.base or a.key in memory.written)]
            state.facts.learn(connection, plan, [a for a in ours if a.paper not in self.failures], now)

    def _claim(self, connection: sa.Connection, action: Action) -> None:
        """Remember which item a paper is, or was, and what its sources say of it."""
        known = action.base or action.cause == "deleted" or action.kind == "unchanged"
        if action.key is None or not known or action.paper in self.failures:
            return
        memory = self._memory
        if memory.claims.get(action.paper) != action.key or memory.said.get(action.paper) != action.said:
            self._state.claim(connection, action.paper, action.key, action.said)

    def _remember_quiet(self, connection: sa.Connection, action: Action) -> None:
        """Remember a paper that was found as it should be."""
        if action.item or action.base is None or action.key is None or action.paper in self.failures:
            return
        if self._memory.written.get(action.key) != action.base or action.seen:
            self._state.remember(
                connection,
                run=self._session.run,
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
        return StaleError(
            message("collection-made-meanwhile", collection=repr(failure.title)), kind="conflict"
        )
    if failure.transient:
        return OutcomeUnknownError(
            message("collection-not-made-now", collection=repr(failure.title), reason=failure.message),
            kind="transient",
            status=failure.code,
            hint=message("nothing-filed-retry"),
        )
    return LibraryError(
        message("collection-not-made", collection=repr(failure.title), reason=failure.message),
        kind="permanent",
        status=failure.code,
        hint=message("nothing-pushed-name-collection"),
    )


def _before_children(action: Action) -> Base | None:
    """Return an item's base without the links that its children bring: each adds its own once it is written."""
    if action.base is None:
        return None
    new = {child["url"] for child in action.children}
    return replace(action.base, links=tuple(url for url in action.base.links if url not in new))
