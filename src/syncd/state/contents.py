"""What a library holds for lists: the papers of profiles, of a collection or of all of it, and what they are cited by.

Papers come some at a time, however many there are. What is in the trash is left out. No library is asked.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from syncd.state import tables as db
from syncd.state.search import chunks
from syncd.state.store import upsert
from syncd.sync.action import page_name
from syncd.sync.library import NO_PAPER

Json = dict[str, Any]
# What stands between the name of a profile and that of its page.
JOINT = page_name("", "")
# So many items are read at once.
SOME = 1000


@dataclass(frozen=True, slots=True)
class Choice:
    """Which papers of a library are meant; all of them where nothing is said.

    Attributes:
        profiles: names of profiles that list them.
        collection: the path of the collection that holds them, or one within it.
    """

    profiles: tuple[str, ...] = ()
    collection: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A paper that was found, as far as it is sorted and cited by that.

    Attributes:
        key: of its item.
        folded_title: see `IndexedItem`.
        folded_surname: likewise.
        data: the item's properties.
    """

    key: str
    folded_title: str
    folded_surname: str
    data: Json


class Contents:
    """What one library holds.

    Args:
        connection: a transaction, as of one moment.
        library: the library's number.
    """

    def __init__(self, connection: sa.Connection, library: int) -> None:
        self._connection = connection
        self._library = library

    def version(self) -> int | None:
        """Return the version up to which the index is complete; None where a reading is not at its end."""
        known = db.library.c
        query = sa.select(known.version, known.target, known.after).where(known.id == self._library)
        version, target, after = self._connection.execute(query).one()
        return None if target or after else int(version)

    def moment(self) -> str:
        """Return what changes whenever the library, or what profiles list, does."""
        known, fact = db.library.c, db.fact.c
        version = self._connection.scalar(sa.select(known.version).where(known.id == self._library))
        changed = self._connection.scalar(
            sa.select(sa.func.max(fact.changed)).where(fact.library == self._library)
        )
        return f"{version}.{changed or 0}"

    def collections(self, path: str) -> list[str]:
        """Return the keys of the collection at `path` and of those within it; none where there is none.

        The collection that syncd made for this path is meant, whatever it is called now; else each that is called so.
        """
        table = db.index_collection.c
        query = sa.select(table.key, table.name, table.parent).where(
            table.library == self._library, table.trashed.is_(False)
        )
        within: dict[str | None, list[Any]] = {}
        rows = self._connection.execute(query).all()
        for row in rows:
            within.setdefault(row.parent, []).append(row)
        own = sa.select(db.collection.c.key).where(
            db.collection.c.library == self._library, db.collection.c.path == path
        )
        made = self._connection.scalar(own)
        found = [row.key for row in rows if row.key == made] or _called(within, path.split("/"))
        for key in found:  # grows meanwhile
            found += [row.key for row in within.get(key, ()) if row.key not in found]
        return found

    def papers(self, choice: Choice, collections: Sequence[str] = ()) -> Iterator[Found]:
        """Yield papers, in the order of their keys.

        Args:
            choice: which.
            collections: the keys of the collections that are meant, where a collection is.
        """
        item = db.index_item.c
        columns = (item.key, item.folded_title, item.folded_surname, item.data)
        which = (
            item.library == self._library,
            item.trashed.is_(False),
            item.parent.is_(None),
            item.item_type.not_in(NO_PAPER),
            *self._chosen(choice, collections),
        )
        query, last = sa.select(*columns).where(*which).order_by(item.key).limit(SOME), ""
        while rows := self._connection.execute(query.where(item.key > last)).all():
            for row in rows:
                yield Found(row.key, row.folded_title, row.folded_surname, json.loads(row.data))
            last = rows[-1].key

    def _chosen(self, choice: Choice, collections: Sequence[str]) -> list[sa.ColumnElement[bool]]:
        item, fact, place = db.index_item.c, db.fact.c, db.item_collection.c
        if choice.profiles:
            mine = (fact.library == self._library, fact.gone.is_(False))
            known = self._connection.scalars(sa.select(fact.profile).distinct().where(*mine))
            names = [name for name in known if is_of(name, frozenset(choice.profiles))]
            return [item.key.in_(sa.select(fact.key).where(*mine, fact.profile.in_(names)))]
        if choice.collection:
            inside = place.collection.in_(collections)
            return [item.key.in_(sa.select(place.key).where(place.library == self._library, inside))]
        return []

    def some(self, keys: Iterable[str]) -> dict[str, tuple[Json, list[tuple[str, str]]]]:
        """Return items by key: their properties, and address and title of each link attached to them."""
        item = db.index_item.c
        found: dict[str, tuple[Json, list[tuple[str, str]]]] = {}
        for part in chunks(keys):
            mine = item.library == self._library
            query = sa.select(item.key, item.data).where(mine, item.key.in_(part))
            for row in self._connection.execute(query):
                found[row.key] = (json.loads(row.data), [])
            attached = sa.select(item.parent, item.data).where(
                mine, item.parent.in_(part), item.item_type == "attachment", item.trashed.is_(False)
            )
            for row in self._connection.execute(attached.order_by(item.parent, item.key)):
                data = json.loads(row.data)
                if data.get("linkMode") == "linked_url":
                    found[row.parent][1].append((str(data.get("url") or ""), str(data.get("title") or "")))
        return found

    def citations(self) -> dict[str, str]:
        """Return by key what papers are cited by so far."""
        citation = db.citation.c
        query = sa.select(citation.key, citation.name).where(citation.library == self._library)
        return {row.key: row.name for row in self._connection.execute(query)}


def is_of(page: str, profiles: Collection[str]) -> bool:
    """Tell whether a name in state is that of one of these profiles, or of a page of it.

    >>> [is_of(name, {"lab: a"}) for name in ("lab: a", "lab: a: Ann Lee", "lab", "lab: ab")]
    [True, True, False, False]
    """
    parts = page.split(JOINT)
    return any(JOINT.join(parts[:end]) in profiles for end in range(len(parts), 0, -1))


def taken(connection: sa.Connection, names: Iterable[str]) -> set[str]:
    """Return those of these names by which some paper is cited already, of whatever library."""
    name = db.citation.c.name
    return {
        found for part in chunks(names) for found in connection.scalars(sa.select(name).where(name.in_(part)))
    }


def cite(connection: sa.Connection, library: int, names: Mapping[str, str]) -> None:
    """Note what papers of a library are cited by, by key."""
    rows = [{"library": library, "key": key, "name": name} for key, name in names.items()]
    upsert(connection, db.citation, rows)


def _called(within: Mapping[str | None, Sequence[Any]], names: Sequence[str]) -> list[str]:
    """Return the keys of the collections of these names, from the outermost inwards."""
    parents: list[str | None] = [None]
    for name in names:
        parents = [row.key for parent in parents for row in within.get(parent, ()) if row.name == name]
    return [key for key in parents if key]
