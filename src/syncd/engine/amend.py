"""What the user says after the fact: bring this paper back, start a new collection.

Each is remembered, and the next push acts on it. Only what is in Zotero's trash is brought back at once.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import sqlalchemy as sa

from syncd.engine.review import one_meant, profile_meant
from syncd.engine.session import Session
from syncd.errors import LibraryError, SyncdError
from syncd.messages import message
from syncd.state.standings import Standing
from syncd.sync.filing import Filing, own_keys
from syncd.sync.library import IndexedItem
from syncd.zotero import items
from syncd.zotero.client import Outcome

# So many keys are looked for at once.
SOME = 20


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
    state = session.state
    wanted = one_meant(words, "deleted", lambda: state.standings.deleted(words), state.standings.deleted)
    item, key, version = _found(session, wanted)
    if item is not None:
        if item.trashed:
            back = {"key": item.key, "version": item.version, "deleted": 0}
            (outcome,) = session.client.write_items([back], unmodified_since=version)
            if outcome.status == "failed":
                raise _not_taken_out(outcome)
        with state.writing() as connection:
            _claim(session, connection, wanted, item.key)
            if item.trashed:
                state.remember_version(connection, item.key, outcome.version or item.version)
            state.standings.put(connection, [wanted.paper], [])
        return wanted, True
    with state.writing() as connection:
        _claim(session, connection, wanted, key)
        # It tells the next push why the paper is missing.
        coming = Standing(wanted.paper, "restored", key, wanted.title, message("you-brought-it-back"))
        state.standings.put(connection, [wanted.paper], [coming])
    return wanted, False


def _claim(session: Session, connection: sa.Connection, wanted: Standing, key: str) -> None:
    """Remember which item a paper, and all others that were the same one, is from now on: it is not deleted."""
    papers = session.state.papers_of([wanted.key] if wanted.key else ())
    for paper in {**papers, wanted.paper: wanted.key}:
        session.state.claim(connection, paper, key)
    session.state.remove_tombstones(connection, [wanted.key or "", key])


def _not_taken_out(outcome: Outcome) -> LibraryError:
    """Word why an item stays in the trash; a lost race, or a server's fault, is no matter for its owner."""
    return LibraryError(
        message("not-taken-out-of-trash", reason=outcome.message),
        kind="transient" if outcome.passes else "permanent",
        status=outcome.code,
        hint=message("nothing-written-retry") if outcome.passes else "",
    )


def _found(session: Session, wanted: Standing) -> tuple[IndexedItem | None, str, int]:
    """Return the item that a deleted paper has all the same, in the trash or not, or else the key of a new one.

    What went may be back: its owner took it out of the trash, or an answer was lost that said so, or another computer
    restored it, under a later key. A second item would be a duplicate.

    Returns:
        the item, its key or the first one that nothing ever had, and the library's version.
    """
    candidates = items.generations(session.client.names, wanted.paper)
    with session.excerpt() as part:
        part.items([wanted.key] if wanted.key else ())
        view = part.view()
        if item := view.living(wanted.key or ""):
            return item, item.key, view.version
        while some := list(islice(candidates, SOME)):
            part.items(some)
            view, memory = part.view(), part.memory()
            others = set(session.state.papers_of(some).values())
            taken = view.deleted | memory.tombstones | others
            for key in some:
                if key in view.items and key not in others:
                    return view.items[key], key, view.version
                if key not in view.items and key not in taken:
                    return None, key, view.version
    raise SyncdError(message("restarted-too-often"))


def new_collection(session: Session, profile: str) -> str:
    """Let a profile whose collection the user deleted start a fresh one; its old papers stay where they are.

    Returns:
        the collection's path.

    Raises:
        SyncdError: there is no such profile, or several are meant, or it is not paused.
    """
    session.refresh()
    path = tuple(profile_meant(session.state, profile).collection.split("/"))
    parts = [path[:depth] for depth in range(1, len(path) + 1)]
    with session.excerpt() as part:
        part.file([path])
        part.collections(key for one in parts for key in own_keys(session.client.names, one))
        view, collections = part.view(), dict(part.memory().collections)
    old = collections.get("/".join(path)) or next(own_keys(view.names, path))
    if not Filing(view, collections).collection(path).closed:
        raise SyncdError(message("collection-is-there", collection=repr("/".join(path))))
    for one in parts:
        if Filing(view, collections).collection(one).closed:
            taken = view.collections.keys() | view.deleted
            free = (key for key in own_keys(view.names, one) if key not in taken)
            if (key := next(free, None)) is None:
                raise SyncdError(message("restarted-too-often"))
            collections["/".join(one)] = key
    new = collections["/".join(path)]
    with session.state.writing() as connection:
        for name, key in collections.items():
            session.state.remember_collection(connection, name, key)
        for key, base in session.state.filed(connection, old).items():
            # Filed there once is filed for good: the fresh collection does not drag old papers back.
            after = replace(base, collections=(*base.collections, new))
            session.state.rebase(connection, key, after)
    return "/".join(path)
