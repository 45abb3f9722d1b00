"""What the user says is not by the person of a profile: remembered, and taken back with `undo`.

An item of syncd's own that nobody else lists and nobody touched goes to the trash. Any other leaves the profile's
collection, and stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from syncd.engine.review import one_meant, profile_meant
from syncd.engine.session import Session, noted
from syncd.engine.undo import ROUNDS, edits
from syncd.engine.write import Writer
from syncd.errors import LibraryError
from syncd.messages import message
from syncd.state.history import Note
from syncd.state.journal import Entry
from syncd.state.profiles import FollowedProfile
from syncd.state.rejections import Rejection
from syncd.state.standings import Standing
from syncd.sync.library import IndexedItem
from syncd.zotero.client import StaleError
from syncd.zotero.transport import OutcomeUnknownError

Fate = Literal["trashed", "taken out", "left"]


@dataclass(frozen=True, slots=True)
class Rejected:
    """What a rejection did.

    Attributes:
        title: the paper's.
        profile: what state knows the profile by.
        collection: its path.
        fate: what became of the item: it went to the trash, or left the collection, or there was nothing to do.
        run: the name of the run, for `undo`; None where it is only foreseen.
    """

    title: str
    profile: str
    collection: str
    fate: Fate
    run: str | None


def rejection(session: Session, words: str, profile: str) -> Rejected:
    """Return what `reject_as_run` would do now. Nothing is done or remembered.

    Raises:
        SyncdError: as there.
    """
    session.refresh()
    who = profile_meant(session.state, profile)
    paper = _meant(session, words, who)
    return Rejected(paper.title, who.name, who.collection, _Rejecting(session, who, paper).foreseen(), None)


def reject_as_run(session: Session, words: str, profile: str) -> Rejected:
    """Reject a paper, and note that as a run of its own.

    Args:
        session: the library.
        words: the paper's title, its own key or its item's.
        profile: what state knows the profile by, or its author's name.

    Returns:
        what it did. What was said before, and leaves nothing to do, is no run: the earlier one is to be undone.

    Raises:
        SyncdError: there is no such profile, or it has no such paper, or several of either are meant.
        LibraryError: the library can't be read or written to. What the user said is remembered nevertheless, once
            it is known what is meant.
    """
    session.refresh()
    who = profile_meant(session.state, profile)
    paper = _meant(session, words, who)
    rejecting = _Rejecting(session, who, paper)
    earlier = session.state.rejection(who.name, paper.paper)
    if earlier and rejecting.foreseen() == "left":
        return Rejected(paper.title, who.name, who.collection, "left", earlier.run)
    counts: dict[str, int] = {}
    with noted(session, "reject", lambda: counts, profiles=[who.name]):
        fate = rejecting.carry_out()
        counts["reject"] = 1
    return Rejected(paper.title, who.name, who.collection, fate, session.run)


def _meant(session: Session, words: str, who: FollowedProfile) -> Standing:
    """Return the paper that is meant; several records that are one item are one."""
    listed = session.state.standings.listed_by(who.name)
    of_item = [one for one in listed if words in {one.key, one.paper}] or _merged(session, words, listed)
    return (
        of_item[0]
        if of_item
        else one_meant(words, message("listed-by", profile=who.name), lambda: _once(listed))
    )


def _merged(session: Session, key: str, listed: Sequence[Standing]) -> list[Standing]:
    """Return the papers whose items were merged into the one of this key."""
    with session.excerpt() as part:
        part.items([key])
        if key not in part.view().items:
            return []
        part.items(one.key for one in listed if one.key)
        view = part.view()
    return [one for one in listed if one.key and (item := view.living(one.key)) and item.key == key]


def _once(papers: Iterable[Standing]) -> list[Standing]:
    return list({(one.key or one.paper, one.title): one for one in papers}.values())


class _Rejecting:
    """One rejection on its way, over several rounds where the library changes meanwhile."""

    def __init__(self, session: Session, who: FollowedProfile, paper: Standing) -> None:
        self._session = session
        self._state = session.state
        self._who = who
        self._paper = paper
        self._reason = message("not-by-profile", profile=who.name)
        self._others: set[str] = set()

    def foreseen(self) -> Fate:
        """Return what would become of the item as it is now."""
        item, _ = self._item()
        self._others = self._listing(item) - {self._who.name}
        return self._entry(item)[1]

    def carry_out(self) -> Fate:
        """Remember it, and do what follows of it in the library."""
        item, version = self._item()
        self._others = self._listing(item) - {self._who.name}
        entry, fate = self._entry(item)
        self._remember(item, noted_apart=entry is None)
        for turn in range(1, ROUNDS + 1):
            if entry is None:
                return fate
            try:
                (outcome,) = Writer(self._session, version).write([entry])
            except (StaleError, OutcomeUnknownError):
                if turn == ROUNDS:
                    raise
            else:
                if outcome.status != "failed":
                    return fate
                if turn == ROUNDS or not outcome.passes:
                    raise LibraryError(
                        message("not-moved", title=repr(self._paper.title), reason=outcome.message),
                        kind="transient" if outcome.passes else "permanent",
                        status=outcome.code,
                        hint=message("rejection-remembered"),
                    )
            self._session.await_server()
            if self._session.run in self._session.refresh().values():
                return fate
            item, version = self._item()
            entry, fate = self._entry(item)
        raise AssertionError("unreachable")

    def _item(self) -> tuple[IndexedItem | None, int]:
        """Return the paper's item as it is in the library, and the library's version."""
        with self._session.excerpt() as part:
            part.papers([self._paper.paper])
            view, memory = part.view(), part.memory()
        key = memory.claims.get(self._paper.paper)
        item = view.living(key) if key else None
        return (item if item and not item.trashed else None), view.version

    def _listing(self, item: IndexedItem | None) -> set[str]:
        """Return the profiles that list the paper, as far as its item tells; else as far as sources did."""
        if item is None:
            return set(self._paper.said.listed if self._paper.said else ())
        return set(told.profiles) if (told := self._state.facts.about([item.key]).get(item.key)) else set()

    def _entry(self, item: IndexedItem | None) -> tuple[Entry | None, Fate]:
        """Return what is written to the library, if anything is."""
        if item is None:
            return None, "left"
        if not self._others and self._is_untouched(item):
            return self._change(item, {"deleted": 1}, {"deleted": (0, 1)}), "trashed"
        others = [one.collection for one in self._state.profiles.pushed(self._others)]
        places = self._state.collections([self._who.collection, *others])
        own = places.get(self._who.collection)
        theirs = {places.get(path) for path in others}
        before = list(item.data.get("collections", ()))
        if own not in before or own in theirs:
            return None, "left"
        after = [key for key in before if key != own]
        return self._change(item, {"collections": after}, {"collections": (before, after)}), "taken out"

    def _is_untouched(self, item: IndexedItem) -> bool:
        """Whether syncd made an item, and nobody touched it since."""
        with self._session.excerpt() as part:
            part.items([item.key])
            base = part.memory().written.get(item.key)
            if base is None or base.adopted:
                return False
            part.collections(base.collections)
            view = part.view()
        notes = [note for *_, note in self._state.history.of_items([item.key]).get(item.key, ())]
        # Where the history does not know of its creation, neither does it know all that syncd wrote.
        made = any(note.kind == "create" and item.key in note.created for note in notes)
        return made and not edits(item, view, base, notes)

    def _change(self, item: IndexedItem, sent: dict[str, Any], changes: dict[str, tuple[Any, Any]]) -> Entry:
        note = Note("reject", self._paper.title, self._reason, changes)
        return Entry("undo", {"key": item.key, "version": item.version, **sent}, item.key, "", note=note)

    def _remember(self, item: IndexedItem | None, *, noted_apart: bool) -> None:
        """Remember what the user said; with a line in the history, where no write brings one."""
        session, state, paper = self._session, self._state, self._paper
        key = item.key if item else None
        now = session.ports.clock.now().isoformat(timespec="seconds")
        one = Rejection(self._who.name, paper.paper, key, paper.title, paper.said, session.run, now)
        with state.writing() as connection:
            state.reject(connection, one)
            if not self._others:
                state.standings.put(connection, [paper.paper], [])
            if noted_apart:
                note = Note("reject", paper.title, self._reason)
                state.history.add(connection, session.run, key or paper.paper, note)
