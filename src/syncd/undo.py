"""Undo a run: put back what it did, where nobody has touched it since. Planning is pure, carrying out is not.

Created items and links go to the trash, changed fields get their old values. What was touched since is listed
and left. The source still says what it said, so what was undone counts as the user's edit from now on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from syncd.config.values import write_duration
from syncd.errors import LibraryError, SyncdError
from syncd.history import Note
from syncd.journal import Entry
from syncd.session import noted
from syncd.zotero.schema import MAX_OBJECTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from syncd.match import IndexedItem, LibraryView
    from syncd.session import Session

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Left:
    """Something that is not put back, and why."""

    title: str
    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Undoing:
    """What an undo will do: objects to write, and what it leaves."""

    entries: tuple[Entry, ...]
    left: tuple[Left, ...]

    @property
    def done(self) -> int:
        """How many papers are put back."""
        return sum(entry.note is not None for entry in self.entries)


def plan_undo(
    notes: Sequence[tuple[str, Note]], view: LibraryView, versions: Mapping[str, int], run: str
) -> Undoing:
    """Return what puts back a run.

    Args:
        notes: what the run did: key and note.
        view: the library now.
        versions: each item's version after syncd's last write.
        run: the run's name.
    """
    entries: list[Entry] = []
    left: list[Left] = []
    for key, note in reversed(notes):
        item = view.items.get(key)
        if item is None or item.trashed:
            left.append(Left(note.title, key, "it is deleted or in the trash already"))
        elif key in note.created:
            _undo_creation(item, note, view, versions, run, entries, left)
        else:
            _undo_change(item, note, view, run, entries, left)
    return Undoing(tuple(entries), tuple(left))


def _undo_creation(  # noqa: PLR0913, PLR0917 - two results, each a list
    item: IndexedItem,
    note: Note,
    view: LibraryView,
    versions: Mapping[str, int],
    run: str,
    entries: list[Entry],
    left: list[Left],
) -> None:
    own = set(note.created)
    foreign = [
        child for child in view.children.get(item.key, ()) if child.key not in own and not child.trashed
    ]
    if item.version != versions.get(item.key):
        left.append(Left(note.title, item.key, "you changed it since"))
    elif foreign:
        left.append(Left(note.title, item.key, "it has notes or files of yours"))
    else:
        undone = Note("trash", note.title, f"undo of {run}")
        sent = {"key": item.key, "version": item.version, "deleted": 1}
        entries.append(Entry("undo", sent, item.key, "", note=undone))


def _undo_change(  # noqa: PLR0913, PLR0917 - two results, each a list
    item: IndexedItem, note: Note, view: LibraryView, run: str, entries: list[Entry], left: list[Left]
) -> None:
    changes = {name: change for name, change in note.changes.items() if name != "links"}
    back = {name: before for name, (before, after) in changes.items() if _is(item.data.get(name, ""), after)}
    touched = [name for name in changes if name not in back]
    if touched:
        left.append(Left(note.title, item.key, f"changed since: {', '.join(touched)}"))
    undone: Note | None = Note(
        "revert", note.title, f"undo of {run}", {name: (changes[name][1], back[name]) for name in back}
    )
    if back:
        sent = {"key": item.key, "version": item.version, **back}
        entries.append(Entry("undo", sent, item.key, "", note=undone))
        undone = None
    for key in note.created:
        child = view.items.get(key)
        if child is not None and not child.trashed:
            sent = {"key": key, "version": child.version, "deleted": 1}
            entries.append(Entry("undo", sent, item.key, "", note=undone))
            undone = None


def _is(there: object, written: object) -> bool:
    """Whether a property still is as it was written; the order of tags and of an object's names is no matter."""
    return _sorted(there) == _sorted(written)


def _sorted(value: object) -> object:
    if isinstance(value, list):
        return (
            sorted((_sorted(part) for part in value), key=repr)
            if _are_tags(value)
            else [*map(_sorted, value)]
        )
    if isinstance(value, dict):
        return sorted(value.items())
    return value


def _are_tags(values: list[object]) -> bool:
    return all(isinstance(value, dict) and "tag" in value for value in values)


def undo(session: Session, run: str, *, dry_run: bool) -> Undoing:
    """Undo a run.

    Raises:
        LibraryError: the library can't be written to, or changed meanwhile.
        SyncdError: there is no such run.
    """
    notes = session.state.history.notes(run)
    if not notes:
        kept = write_duration(session.ports.keep)
        raise SyncdError(
            f"the run {run!r} did nothing, or is not known any more",
            hint=f"See those that are known with: syncd log. They are kept for {kept} (history.keep).",
        )
    view, _ = session.refreshed()
    undoing = plan_undo(notes, view, session.state.memory().versions, run)
    version = view.version
    for start in range(0, 0 if dry_run else len(undoing.entries), MAX_OBJECTS):
        chunk = undoing.entries[start : start + MAX_OBJECTS]
        version = _write(session, chunk, version)
    return undoing


def undo_as_run(session: Session, run: str) -> Undoing:
    """Undo a run, and note that as a run of its own.

    Raises:
        LibraryError: the library can't be written to, or changed meanwhile.
        SyncdError: there is no such run.
    """
    counts: dict[str, int] = {}
    with noted(session, "undo", lambda: counts):
        undoing = undo(session, run, dry_run=False)
        notes = [entry.note.kind for entry in undoing.entries if entry.note]
        counts |= {kind: notes.count(kind) for kind in ("trash", "revert")} | {"left": len(undoing.left)}
    return undoing


def _write(session: Session, chunk: Sequence[Entry], version: int) -> int:
    """Write a chunk; return the library's version after it."""
    number = session.state.journal.begin(session.run, chunk)
    outcomes = session.client.write_items([entry.sent for entry in chunk], unmodified_since=version)
    version, alone = session.client.advanced(version, outcomes)
    with session.state.writing() as connection:
        for entry, outcome in zip(chunk, outcomes, strict=True):
            if outcome.status != "failed":
                done = outcome.version or entry.sent["version"]
                session.state.record(connection, session.run, entry, done)
        objects = [(outcome.data, outcome.version or 0) for outcome in outcomes if outcome.data]
        session.index.record(connection, items=objects, complete=version if alone else None)
        session.state.journal.settle(connection, number)
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    if failed:
        raise LibraryError(
            f"{len(failed)} of {len(chunk)} objects were not put back: {failed[0].message}",
            kind="conflict",
            hint="The rest is undone. Run it again.",
        )
    return version
