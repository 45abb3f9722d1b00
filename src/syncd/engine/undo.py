"""Undo a run: put back what it did, where nobody has touched it since.

What in an item is its user's is found by contents, never by versions. Planning is pure, carrying out is not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Any

from syncd.config.values import write_duration
from syncd.engine.session import Session, noted
from syncd.engine.write import Writer, chunks
from syncd.errors import LibraryError, SyncdError
from syncd.messages import listed, message
from syncd.state.history import Note, Run
from syncd.state.journal import Entry
from syncd.sync.filing import own_keys
from syncd.sync.library import IndexedItem, LibraryView
from syncd.sync.merge import AUTOMATIC, Base
from syncd.zotero import schema
from syncd.zotero.client import StaleError
from syncd.zotero.transport import OutcomeUnknownError

Json = dict[str, Any]
# Text of an object that says nothing about what is in it.
SERVERS_OWN = frozenset({"key", "itemType", "parentItem", "dateAdded", "dateModified"})
# Fields of which syncd writes a part: the others of its lines are the user's.
BY_LINE = frozenset({"extra"})
CHILDREN = message("notes-or-files")


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a list, or the lines of a text, that syncd wrote.

    Attributes:
        ever: all that it ever added.
        now: those that should be there, if nobody took any away.
    """

    ever: frozenset[str]
    now: frozenset[str]


def edits(item: IndexedItem, view: LibraryView, base: Base, notes: Sequence[Note]) -> tuple[str, ...]:
    """Return what of an item that syncd created is its user's, by Zotero's names of properties.

    Args:
        item: as the library has it.
        view: the library, for what hangs on the item and for its collections.
        base: what syncd wrote into it, as of the last push.
        notes: what syncd's runs did to it, oldest first, undos too.

    Returns:
        names of properties, "notes or files" for what hangs on it; empty where nobody but syncd touched it.
    """
    found = [*_texts(item.data, base, notes), *_lists(item.data, view, base, notes)]
    if _plain(item.data.get("creators")) != _plain(_last("creators", base.creators, notes)):
        found.append("creators")
    found += [name for name in ("relations", "inPublications") if item.data.get(name)]
    if _has_own_children(item.key, view, base, frozenset(key for note in notes for key in note.created)):
        found.append(CHILDREN)
    return tuple(found)


def parts(written: Iterable[str], name: str, notes: Sequence[Note]) -> Parts:
    """Return what syncd wrote of a list.

    Args:
        written: what stands in it from syncd, as of the last push.
        name: of the property.
        notes: what syncd's runs did to the item, oldest first.
    """
    ever = now = frozenset(written)
    for note in notes:
        if name in note.changes:
            before, after = (frozenset(names(name, value)) for value in note.changes[name])
            ever |= after - before
            now = now - (before - after) | (after - before)
    return Parts(ever, now)


def _filed(note: Note) -> set[str]:
    """Return the keys of the collections that a run put an item into, or took it out of."""
    return {key for value in note.changes.get("collections", ()) for key in names("collections", value)}


def names(name: str, value: Any) -> list[str]:
    """Return what a property consists of, in its order: names of tags, keys of collections, lines."""
    if name in BY_LINE:
        return [line for line in str(value or "").splitlines() if line]
    return [part["tag"] if isinstance(part, dict) else part for part in value or ()]


def _last(name: str, written: Any, notes: Sequence[Note]) -> Any:
    """Return what syncd wrote last into a property."""
    return next((note.changes[name][1] for note in reversed(notes) if name in note.changes), written)


def _texts(data: Json, base: Base, notes: Sequence[Note]) -> Iterable[str]:
    if data["itemType"] != _last("itemType", base.item_type, notes):
        yield "itemType"
    for name, there in data.items():
        if not isinstance(there, str) or name in SERVERS_OWN:
            continue
        written = base.fields.get(name, "")
        if name in BY_LINE:
            known = parts(names(name, written), name, notes)
            lines = set(names(name, there))
            if lines - known.ever or known.now - lines:
                yield name
        elif there != _last(name, written, notes):
            yield name


def _lists(data: Json, view: LibraryView, base: Base, notes: Sequence[Note]) -> Iterable[str]:
    tags = parts(base.tags, "tags", notes)
    automatic = {tag["tag"] for tag in data.get("tags", ()) if tag.get("type") == AUTOMATIC}
    if set(names("tags", data.get("tags"))) - (automatic & tags.ever) or tags.now - automatic:
        yield "tags"
    filed = parts(base.collections, "collections", notes)
    there = set(data.get("collections", ()))
    # A collection that was erased is gone from its items without anybody touching them.
    missing = [key for key in filed.now - there if key in view.collections]
    if there - filed.ever or not all(_is_fresh(key, filed.now, view) for key in missing):
        yield "collections"


def _is_fresh(key: str, filed: Collection[str], view: LibraryView) -> bool:
    """Whether a collection took the place of one that an item was filed into: it takes no old papers."""
    path: list[str] = []
    above = view.collections.get(key)
    while above:
        path.insert(0, above.name)
        above = view.collections.get(above.parent) if above.parent else None
    earlier = takewhile(lambda one: one != key, own_keys(view.names, tuple(path)))
    return any(one in filed for one in earlier)


def _has_own_children(parent: str, view: LibraryView, base: Base, created: frozenset[str]) -> bool:
    """Whether a note, a file or an annotation hangs on an object that syncd did not make, or made otherwise."""
    return any(
        child.key not in created
        or any(child.data.get(name) for name in ("note", "tags", "relations"))
        or child.data.get("url", "") not in base.links
        or _has_own_children(child.key, view, base, created)
        for child in view.children.get(parent, ())
        if not child.trashed
    )


def _plain(creators: Iterable[Mapping[str, str]] | None) -> list[list[tuple[str, str]]]:
    """Return creators in one form, whatever order their properties have."""
    return [sorted(creator.items()) for creator in creators or ()]


# How often a library that changes meanwhile, or answers with a fault, is read and planned anew.
ROUNDS = 4
ALREADY = message("already-gone")
BEFORE = message("already-as-before")


@dataclass(frozen=True, slots=True)
class Left:
    """Something that is not put back, and why."""

    title: str
    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Undoing:
    """What an undo will do, or what it did.

    Attributes:
        run: the run that is undone.
        notes: a line of the history for each paper, "trash" or "revert".
        left: what it leaves alone.
        failed: what the library did not take, with its words.
        error: what ended it early, after something had been written.
    """

    run: Run
    notes: tuple[Note, ...]
    left: tuple[Left, ...]
    failed: tuple[Left, ...] = ()
    error: SyncdError | None = None

    @property
    def trashed(self) -> int:
        """How many papers go to the trash."""
        return sum(note.kind == "trash" for note in self.notes)

    @property
    def reverted(self) -> int:
        """How many papers get back what they were."""
        return sum(note.kind == "revert" for note in self.notes)


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of the items that a run wrote to.

    Attributes:
        written: what syncd wrote, by key.
        notes: what all of its runs did, by key, oldest first.
    """

    written: Mapping[str, Base]
    notes: Mapping[str, Sequence[Note]]


@dataclass(slots=True)
class _Plan:
    """What an undo will do, as far as it is planned: objects to write, and what it leaves."""

    view: LibraryView
    record: Record
    run: str
    entries: list[Entry] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)

    def add(self, key: str, note: Note) -> None:
        """Plan what puts back all that the run did to one item."""
        item = self.view.items.get(key)
        if note.kind == "trash":
            self._leave(note, key, message("undo-trashed-it"))
        elif note.kind == "reject":
            self._undo_rejection(key, item, note)
        elif item is None or item.trashed:
            self._leave(note, key, ALREADY)
        elif key in note.created:
            self._undo_creation(item, note)
        else:
            self._undo_change(item, note)

    def _leave(self, note: Note, key: str, reason: str) -> None:
        self.left.append(Left(note.title, key, reason))

    def _undo_rejection(self, key: str, item: IndexedItem | None, note: Note) -> None:
        """Plan to take back a rejection, which may need no write."""
        back: Json = {}
        if item is not None and item.trashed and "deleted" in note.changes:
            back = {"deleted": 0}
        elif item is not None and not item.trashed and "collections" in note.changes:
            before, after = note.changes["collections"]
            there = [one for one in before if one in self.view.collections]
            back, _ = _put_back(item.data, {"collections": (there, after)})
        changes = {name: (item.data.get(name, 0), value) for name, value in back.items()} if item else {}
        undone = Note("revert", note.title, message("undo-of", run=self.run), changes)
        if item is not None and back:
            self._write(item, key, back, undone)
        else:
            self.entries.append(Entry("undo", {}, key, "", note=undone))

    def _undo_creation(self, item: IndexedItem, note: Note) -> None:
        base = self.record.written.get(item.key)
        if base is None:
            self._leave(note, item.key, message("forgotten-what-it-wrote"))
        elif touched := edits(item, self.view, base, self.record.notes.get(item.key, ())):
            self._leave(note, item.key, message("you-changed-since", fields=listed(touched)))
        else:
            undone = Note("trash", note.title, message("undo-of", run=self.run))
            self._write(item, item.key, {"deleted": 1}, undone)

    def _undo_change(self, item: IndexedItem, note: Note) -> None:
        back, touched = _put_back(item.data, note.changes)
        links = [child for key in note.created if (child := self._own_link(key, item))]
        if touched:
            self._leave(note, item.key, message("changed-since", fields=listed(touched)))
        elif not back and not links:
            self._leave(note, item.key, BEFORE)
        changes = {name: (item.data.get(name, ""), value) for name, value in back.items()}
        undone: Note | None = Note("revert", note.title, message("undo-of", run=self.run), changes)
        if back:
            self._write(item, item.key, back, undone)
            undone = None
        for child in links:
            self._write(child, item.key, {"deleted": 1}, undone)
            undone = None

    def _own_link(self, key: str, item: IndexedItem) -> IndexedItem | None:
        """Return a link that the run added, if it is there still and nothing of the user's hangs on it."""
        child = self.view.items.get(key)
        if child is None or child.trashed or child.parent != item.key:
            return None
        mine = any(child.data.get(name) for name in ("note", "tags", "relations"))
        return None if mine or any(not one.trashed for one in self.view.children.get(key, ())) else child

    def _write(self, item: IndexedItem, of: str, properties: Json, note: Note | None) -> None:
        sent = {"key": item.key, "version": item.version, **properties}
        self.entries.append(Entry("undo", sent, of, "", note=note))


def plan_undo(
    notes: Sequence[tuple[str, Note]], view: LibraryView, record: Record, run: str
) -> tuple[tuple[Entry, ...], tuple[Left, ...]]:
    """Return what puts back a run: objects to write, and what is left alone.

    What is only to be taken back in memory has nothing to send.

    Args:
        notes: what the run did: key and note.
        view: the library now.
        record: what is known of the items.
        run: the run's name.
    """
    plan = _Plan(view, record, run)
    for key, note in reversed(_by_item(notes).items()):
        plan.add(key, note)
    return tuple(plan.entries), tuple(plan.left)


def _by_item(notes: Sequence[tuple[str, Note]]) -> dict[str, Note]:
    """Return one note for each item, also of a paper that took the run two rounds."""
    found: dict[str, Note] = {}
    for key, note in notes:
        first = found.get(key)
        if first is None:
            found[key] = note
            continue
        changes = dict(first.changes)
        for name, (before, after) in note.changes.items():
            changes[name] = (changes[name][0] if name in changes else before, after)
        found[key] = replace(first, changes=changes, created=[*first.created, *note.created])
    return found


def _put_back(data: Json, changes: Mapping[str, Sequence[Any]]) -> tuple[Json, list[str]]:
    """Return the properties that get back their old values, and the names of those that were changed since."""
    back: Json = {}
    touched = []
    for name, (before, after) in changes.items():
        if name == "links":
            continue
        there = data.get(name, "")
        value = _undone(name, there, before, after)
        if value is None:
            touched.append(name)
        elif value != there:
            back[name] = value
    if "itemType" in back:
        # The former type lacks what the type that was written has.
        valid = {*schema.fields(back["itemType"]), "itemType", "creators", "tags", "collections"}
        back = {name: value for name, value in back.items() if name in valid}
    return back, touched


def _undone(name: str, there: Any, before: Any, after: Any) -> Any:
    """Return a property without what a run did to it; None where it was changed since."""
    if name in {"tags", "collections"}:
        return _without(name, there or [], before, after)
    if name in BY_LINE:
        return _lines_without(there, before, after)
    if _plain_undo(there) == _plain_undo(after):
        return before
    return there if _plain_undo(there) == _plain_undo(before) else None


def _without(name: str, there: list[Any], before: list[Any], after: list[Any]) -> list[Any]:
    """Take out of a list what a run added, and put in again what it took out; all else is the user's."""
    added = set(names(name, after)) - set(names(name, before))
    now = names(name, there)
    # A tag that the user made their own is no automatic one any more.
    kept = [part for part in there if names(name, [part])[0] not in added or not _is_syncds(part)]
    again = [part for part in before if names(name, [part])[0] not in {*names(name, after), *now}]
    return [*kept, *again]


def _is_syncds(part: Any) -> bool:
    return not isinstance(part, dict) or part.get("type") == AUTOMATIC


def _lines_without(there: str, before: str, after: str) -> str | None:
    """Exchange the lines that a run wrote; None where one of them is not there any more."""
    now, old, new = there.splitlines(), before.splitlines(), after.splitlines()
    added = [line for line in new if line not in old]
    again = [line for line in old if line not in new]
    if not any(line in now for line in added):
        return there if all(line in now for line in again) else None
    first = min(now.index(line) for line in added if line in now)
    kept = [line for line in now if line not in added]
    return "\n".join([*kept[:first], *(line for line in again if line not in kept), *kept[first:]])


def _plain_undo(value: object) -> object:
    """Return a property in one form, whatever order the names in its objects have."""
    if isinstance(value, (list, tuple)):
        return [_plain_undo(part) for part in value]
    return sorted(value.items()) if isinstance(value, dict) else value


def undo(session: Session, run: str, *, dry_run: bool) -> Undoing:
    """Undo a run.

    Args:
        session: the library.
        run: the run's name, in full.
        dry_run: find out what would be done, and write nothing.

    Returns:
        what was done. Where an error ended it after something had been written, the error is in there.

    Raises:
        LibraryError: the library can't be read or written to; nothing was written.
        SyncdError: there is no such run.
    """
    known = _known(session, run)
    work = _Work(session, known)
    if dry_run:
        entries, left = work.planned()
        return Undoing(known, tuple(entry.note for entry in entries if entry.note), left)
    error: SyncdError | None = None
    try:
        work.carry_out()
    except LibraryError as caught:
        error = caught
    done = work.done()
    if error is not None and not done:
        raise error
    keys = {key for key, _ in done}
    # What was put back in an earlier round looks in a later one as if it had been before.
    left = tuple(one for one in work.left if one.key not in keys or one.reason not in {ALREADY, BEFORE})
    return Undoing(known, tuple(note for _, note in done), left, tuple(work.failed.values()), error)


def _known(session: Session, name: str) -> Run:
    run = session.state.history.run(name)
    if run is None:
        kept = write_duration(session.ports.keep)
        raise SyncdError(
            message("run-not-known", run=repr(name)),
            hint=message("see-runs-known", keep=kept),
        )
    return run


class _Work:
    """One undo on its way, over several rounds where the library changes meanwhile or fails.

    Attributes:
        left: what the last round left alone.
        failed: by key, what the library did not take in the last round.
    """

    def __init__(self, session: Session, run: Run) -> None:
        self._session = session
        self._run = run
        self._version = 0
        self._titles: dict[str, str] = {}
        self._again = 0
        self._words = ""
        self.left: tuple[Left, ...] = ()
        self.failed: dict[str, Left] = {}

    def planned(self) -> tuple[tuple[Entry, ...], tuple[Left, ...]]:
        """Read the library, find out what became of earlier writes, and plan."""
        session, state = self._session, self._session.state
        session.refresh()
        # Only now is it known all that the run did: its last answer may have been lost.
        notes = state.history.notes(self._run.name)
        self._titles = {key: note.title for key, note in notes}
        every = state.history.of_items({key for key, _ in notes})
        with session.excerpt() as part:
            part.items(key for key, _ in notes)
            part.items(key for _, note in notes for key in note.created)
            written = part.memory().written
            part.collections(key for base in written.values() for key in base.collections)
            part.collections(key for key, note in notes for key in _filed(note))
            view = part.view()
        self._version = view.version
        record = Record(written, {key: [note for *_, note in told] for key, told in every.items()})
        return plan_undo(notes, view, record, self._run.name)

    def carry_out(self) -> None:
        """Write until all is put back that can be.

        Raises:
            LibraryError: the library can't be written to, or fails or changes all the time.
        """
        for turn in range(1, ROUNDS + 1):
            entries, self.left = self.planned()
            self.failed = {}
            self._again = 0
            writer = Writer(self._session, self._version)
            try:
                for chunk in chunks([entry for entry in entries if entry.sent]):
                    self._write(writer, chunk)
            except (StaleError, OutcomeUnknownError):
                if turn == ROUNDS:
                    raise
            else:
                if not self._again:
                    self._take_back([entry for entry in entries if not entry.sent])
                    return
            self._session.await_server()
        raise LibraryError(
            message("objects-not-put-back", objects=self._again, reason=self._words),
            kind="transient",
            hint=message("undo-again-later"),
        )

    def _take_back(self, entries: Sequence[Entry]) -> None:
        """Forget what the run remembered: what it rejected."""
        state = self._session.state
        with state.writing() as connection:
            state.lift_rejections(connection, self._run.name)
            for entry in entries:
                if entry.note:
                    state.history.add(connection, self._session.run, entry.item, entry.note)

    def done(self) -> list[tuple[str, Note]]:
        """Return what the history says that this undo did: key and note."""
        return list(_by_item(self._session.state.history.notes(self._session.run)).items())

    def _write(self, writer: Writer, chunk: Sequence[Entry]) -> None:
        """Write a chunk, and take down what is refused and what may succeed when it is sent again."""
        for entry, outcome in zip(chunk, writer.write(chunk), strict=True):
            if outcome.passes:
                self._again += 1
                self._words = outcome.message
            elif outcome.status == "failed":
                title = self._titles[entry.item]
                self.failed[entry.item] = Left(title, entry.sent["key"], outcome.message)


def note_nothing_to_undo(session: Session, run: str) -> None:
    """Note that a run is undone by what happened since, so that the one before it is the last."""
    with noted(session, "undo", dict, undoes=run):
        pass


def undo_as_run(session: Session, run: str) -> Undoing:
    """Undo a run, and note that as a run of its own; as `undo`."""
    counts: dict[str, int] = {}
    with noted(session, "undo", lambda: counts, undoes=run):
        undoing = undo(session, run, dry_run=False)
        counts |= {
            "trash": undoing.trashed,
            "revert": undoing.reverted,
            "left": len(undoing.left),
            "failed": len(undoing.failed),
        }
    return undoing
