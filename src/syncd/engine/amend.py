"""What the user says after the fact: bring this paper back, start a new collection.

Each is remembered, and the next push acts on it. Only what is in Zotero's trash is brought back at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from syncd.engine.review import one_meant, profile_meant
from syncd.engine.session import Session
from syncd.errors import LibraryError, SyncdError
from syncd.messages import message
from syncd.state.state import Standing
from syncd.sync.filing import Filing, own_keys
from syncd.sync.library import LibraryView
from syncd.zotero import items
from syncd.zotero.client import Outcome


def restore(session: Session, words: str) -> tuple[Standing, bool]:
    """Let a paper back in that the user had trashed or deleted.

    Args:
        session: the library.
        words: the paper's title, or its item's key.

    Returns:
        the paper, and whether it is back already; else the next push brings it.

    Raises:
        SyncdError: no such paper is known to be deleted, or several are.
        LibraryError: the library can't be written to.
    """
    session.refresh()
    view = session.index.view(session.client.names)
    wanted = one_meant(words, _deleted(session, view), "deleted")
    item = view.items.get(wanted.key or "")
    if item is not None and item.trashed:
        back = {"key": item.key, "version": item.version, "deleted": 0}
        (outcome,) = session.client.write_items([back], unmodified_since=view.version)
        if outcome.status == "failed":
            raise _not_taken_out(outcome)
        with session.state.writing() as connection:
            session.state.remove_tombstones(connection, [item.key])
            session.state.remember_version(connection, item.key, outcome.version or item.version)
            session.state.set_status(connection, [wanted.paper], [])
        return wanted, True
    known = session.state.memory()
    taken = view.items.keys() | view.deleted | known.tombstones | set(known.claims.values())
    key = _unused(items.generations(view.names, wanted.paper), taken)
    with session.state.writing() as connection:
        for paper, item_key in {**known.claims, wanted.paper: wanted.key}.items():
            if item_key == wanted.key:
                session.state.claim(connection, paper, key)
        session.state.remove_tombstones(connection, [wanted.key or ""])
        # It tells the next push why the paper is missing.
        coming = Standing(wanted.paper, "restored", key, wanted.title, message("you-brought-it-back"))
        session.state.set_status(connection, [wanted.paper], [coming])
    return wanted, False


def _not_taken_out(outcome: Outcome) -> LibraryError:
    """Word why an item stays in the trash; a lost race, or a server's fault, is no matter for its owner."""
    return LibraryError(
        message("not-taken-out-of-trash", reason=outcome.message),
        kind="transient" if outcome.passes else "permanent",
        status=outcome.code,
        hint=message("nothing-written-retry") if outcome.passes else "",
    )


def _deleted(session: Session, view: LibraryView) -> Iterator[Standing]:
    """Yield the papers that are deleted: as the last push found them, and what went since, an undone run's too."""
    # Several papers may be one item: it is brought back once.
    noted = {s.key or s.paper: s for s in session.state.standings() if s.cause == "deleted"}
    yield from noted.values()
    memory = session.state.memory()
    for key, paper in {key: paper for paper, key in memory.claims.items()}.items():
        item, base = view.items.get(key), memory.written.get(key)
        gone = item.trashed if item else key in view.deleted | memory.tombstones
        if gone and key not in noted:
            title = item.data.get("title") if item else base and base.fields.get("title")
            yield Standing(paper, "deleted", key, title or "", "")


def new_collection(session: Session, profile: str) -> str:
    """Let a profile whose collection the user deleted start a fresh one; its old papers stay where they are.

    Returns:
        the collection's path.

    Raises:
        SyncdError: there is no such profile, or several are meant, or it is not paused.
    """
    session.refresh()
    view = session.index.view(session.client.names)
    path = tuple(profile_meant(session.state, profile).collection.split("/"))
    memory = session.state.memory()
    collections = dict(memory.collections)
    old = collections.get("/".join(path)) or next(own_keys(view.names, path))
    if not Filing(view, collections).collection(path).closed:
        raise SyncdError(message("collection-is-there", collection=repr("/".join(path))))
    for depth in range(1, len(path) + 1):
        part = path[:depth]
        if Filing(view, collections).collection(part).closed:
            taken = view.collections.keys() | view.deleted
            collections["/".join(part)] = _unused(own_keys(view.names, part), taken)
    new = collections["/".join(path)]
    with session.state.writing() as connection:
        for name, key in collections.items():
            session.state.remember_collection(connection, name, key)
        for key, base in memory.written.items():
            if old in base.collections:
                # Filed there once is filed for good: the fresh collection does not drag old papers back.
                after = replace(base, collections=(*base.collections, new))
                session.state.rebase(connection, key, after)
    return "/".join(path)


def _unused(candidates: Iterable[str], taken: Iterable[str]) -> str:
    used = set(taken)
    for key in candidates:
        if key not in used:
            return key
    raise SyncdError(message("restarted-too-often"))
