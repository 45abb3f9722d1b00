"""Which objects a query selects, in which order: a query as SQL.

Reads keys and versions only; the store reads the objects of the page that is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .text import fold

if TYPE_CHECKING:
    from .query import Query, Terms
    from .store import Store

Rows = list[tuple[str, int]]
_SORTS = {
    "dateAdded": "date_added",
    "addedBy": "date_added",
    "dateModified": "date_modified",
    "serverDateModified": "version",
    "title": "title",
    "creator": "creator",
    "date": "date",
    "itemType": "type_label",
}
_EMPTY_AT_ITS_PLACE = ("title", "date", "itemKeyList")
"""Sorts in which an item without the value comes before "A"; in the others it comes after "Z"."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which part of the library a list is of.

    Attributes:
        top: only items that are in no other item.
        trash: only items in the trash.
        parent: only the children of this item.
        collection: only the items of this collection and their children.
    """

    top: bool = False
    trash: bool = False
    parent: str | None = None
    collection: str | None = None


class _Conditions:
    """SQL conditions with their values."""

    def __init__(self) -> None:
        self.sql: list[str] = []
        self.values: list[Any] = []

    def add(self, sql: str, *values: Any) -> None:
        self.sql.append(sql)
        self.values += values

    def text(self) -> str:
        return " AND ".join(self.sql)


def select_items(store: Store, query: Query, scope: Scope) -> tuple[Rows, int]:
    """Keys and versions of the items on the page that is asked for, and how many there are on all pages."""
    conditions = _Conditions()
    conditions.add("library = ?", store.library)
    _add_scope(conditions, store.library, scope)
    if scope.trash:
        conditions.add("trashed = 1")
    elif not query.include_trashed:
        conditions.add("trashed = 0")
    if query.since:
        conditions.add("version > ?", query.since)
    matching = _matching(store.library, query)
    if matching.sql and scope.top:
        # A child that matches stands for its parent.
        trash = "" if query.include_trashed else " AND trashed = 0"
        conditions.add(
            f"key IN (SELECT coalesce(parent, key) FROM items WHERE library = ?{trash}"  # noqa: S608 - constants
            f" AND {matching.text()})",
            *(store.library, *matching.values),
        )
    elif matching.sql:
        conditions.add(matching.text(), *matching.values)
    total = store.connection.execute(
        f"SELECT count(*) FROM items WHERE {conditions.text()}",  # noqa: S608 - constants
        conditions.values,
    ).fetchone()[0]
    order, values = _order(query)
    rows = store.connection.execute(
        f"SELECT key, version FROM items WHERE {conditions.text()} ORDER BY {order} LIMIT ? OFFSET ?",  # noqa: S608 - constants
        (*conditions.values, *values, -1 if query.limit is None else query.limit, query.start),
    ).fetchall()
    return rows, int(total)


def _add_scope(conditions: _Conditions, library: str, scope: Scope) -> None:
    if scope.top:
        conditions.add("parent IS NULL")
    if scope.parent is not None:
        conditions.add("parent = ?", scope.parent)
    if scope.collection is not None:
        members = "(SELECT item FROM item_collections WHERE library = ? AND collection = ?)"
        ids = (library, scope.collection)
        if scope.top:
            conditions.add(f"key IN {members}", *ids)
        else:
            conditions.add(f"(key IN {members} OR parent IN {members})", *ids, *ids)


def _matching(library: str, query: Query) -> _Conditions:
    conditions = _Conditions()
    if query.keys is not None:
        conditions.add(f"key IN ({_marks(query.keys)})", *query.keys)
    if query.item_types:
        negation = "NOT " if query.item_types.negated else ""
        values = query.item_types.values
        conditions.add(f"item_type {negation}IN ({_marks(values)})", *values)
    for part in query.search:
        conditions.add("(instr(title, ?) OR instr(creators, ?) OR substr(date, 1, 4) = ?)", part, part, part)
    for terms in query.tags:
        _add_tags(conditions, library, terms)
    return conditions


def _add_tags(conditions: _Conditions, library: str, terms: Terms) -> None:
    negation = "NOT " if terms.negated else ""
    conditions.add(
        f"key {negation}IN (SELECT item FROM item_tags"  # noqa: S608 - constants
        f" WHERE library = ? AND folded IN ({_marks(terms.values)}))",
        *(library, *map(fold, terms.values)),
    )


def _order(query: Query) -> tuple[str, list[str]]:
    direction = "DESC" if query.descending else "ASC"
    values: list[str] = []
    if query.sort == "itemKeyList":
        expression, values = "instr(?, key)", [",".join(query.keys or ())]
    elif query.sort in _SORTS:
        expression = _SORTS[query.sort]
    else:
        expression, values = "json_extract(data, ?) COLLATE NOCASE", [f"$.{query.sort}"]
    order = f"{expression} {direction}, version {direction}, key"
    if query.sort not in _EMPTY_AT_ITS_PLACE and not query.sort.startswith("date"):
        order = f"ifnull({expression}, '') = '' {direction}, {order}"
        values = values * 2
    return order, values


def select_collections(store: Store, query: Query, *, top: bool, parent: str | None) -> tuple[Rows, int]:
    """Keys and versions of the collections on the page that is asked for, and how many there are in all."""
    conditions = _Conditions()
    conditions.add("library = ?", store.library)
    if top:
        conditions.add("parent IS NULL")
    if parent is not None:
        conditions.add("parent = ?", parent)
    if query.since:
        conditions.add("version > ?", query.since)
    if query.keys is not None:
        conditions.add(f"key IN ({_marks(query.keys)})", *query.keys)
    for part in query.search:
        conditions.add("instr(folded, ?)", part)
    direction = "DESC" if query.descending else "ASC"
    order = f"folded {direction}" if query.sort == "title" else f"version {direction}"
    rows = store.connection.execute(
        f"SELECT key, version FROM collections WHERE {conditions.text()} ORDER BY {order}, key",  # noqa: S608 - constants
        conditions.values,
    ).fetchall()
    end = None if query.limit is None else query.start + query.limit
    return rows[query.start : end], len(rows)


def select_tags(
    store: Store, query: Query, *, item: str | None, name: str | None
) -> list[tuple[str, int, int]]:
    """Tags with their type and the number of their items, by name."""
    conditions = _Conditions()
    conditions.add("library = ?", store.library)
    if item is not None:
        conditions.add("item = ?", item)
    if name is not None:
        conditions.add("tag = ?", name)
    for part in query.search:
        conditions.add("instr(folded, ?)", part)
    rows = store.connection.execute(
        f"SELECT tag, type, count(*) FROM item_tags WHERE {conditions.text()}"  # noqa: S608 - constants
        " GROUP BY tag, type ORDER BY folded, tag, type",
        conditions.values,
    )
    return rows.fetchall()


def _marks(values: tuple[str, ...]) -> str:
    return ", ".join("?" for _ in values)
