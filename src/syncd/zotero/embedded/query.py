"""The query of a request for a list, checked and put into one frozen object, and the SQL that selects what it asks for.

What the embedded library does not know it refuses by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl

from syncd.zotero import schema
from syncd.zotero.embedded.database import Store
from syncd.zotero.embedded.exchange import invalid, unsupported
from syncd.zotero.embedded.text import fold, search_parts

Format = Literal["json", "keys", "versions"]
Parameters = tuple[tuple[str, str], ...]
_FORMATS: tuple[Format, ...] = ("json", "keys", "versions")
_OTHER_FORMATS = frozenset(
    {
        *("atom", "bib", "biblatex", "bibtex", "bookmarks", "coins", "csljson", "csv", "globalKeys", "mods"),
        *("rdf_bibliontology", "rdf_dc", "rdf_zotero", "refer", "ris", "tei", "wikipedia"),
    }
)
_OTHER_INCLUDES = _OTHER_FORMATS | {"citation", "html", "none"}
_SORTS = frozenset(
    {
        *(
            "title",
            "creator",
            "itemType",
            "date",
            "dateAdded",
            "dateModified",
            "serverDateModified",
            "addedBy",
        ),
        *("accessDate", "callNumber", "extra", "journalAbbreviation", "language", "libraryCatalog"),
        *("publicationTitle", "publisher", "rights", "itemKeyList"),
    }
)
_DEFAULT_LIMIT = 25
_MAX_NUMBER = 2**53
_SEARCH_MODES = frozenset({"titlecreatoryear", "everything", "contains", "startswith"})


@dataclass(frozen=True, slots=True)
class Terms:
    """Alternatives of a filter: one of them must hold, or with `negated` none."""

    values: tuple[str, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Query:
    """What a list shall hold.

    Attributes:
        keys: only objects with these keys; None is no restriction.
        limit: None is no limit.
        search: folded words, all of which must be found.
        given: the parameters as they were sent, without `key`, for the links to other pages.
    """

    given: Parameters = ()
    format: Format = "json"
    since: int = 0
    start: int = 0
    limit: int | None = _DEFAULT_LIMIT
    sort: str = "dateModified"
    descending: bool = True
    keys: tuple[str, ...] | None = None
    item_types: Terms | None = None
    tags: tuple[Terms, ...] = ()
    search: tuple[str, ...] = ()
    include_trashed: bool = False


def parameters(query_string: str) -> Parameters:
    """Split a query string.

    Raises:
        RefusalError: it is malformed.
    """
    try:
        return tuple(parse_qsl(query_string, keep_blank_values=True, errors="strict", max_num_fields=500))
    except ValueError as error:
        raise invalid("Invalid query string") from error


def first(given: Parameters, name: str) -> str:
    """The first value of a parameter, or an empty string."""
    return next((value for key, value in given if key == name), "")


def parse(given: Parameters) -> Query:
    """Read the parameters of a list.

    Args:
        given: as they were sent.

    Raises:
        RefusalError: one is not valid, or not supported.
    """
    given = tuple((name, value) for name, value in given if name != "key")
    list_format = _format(given)
    sort, descending = _order(given)
    wanted = keys(given, "itemKey") or keys(given, "collectionKey")
    mode = first(given, "qmode").lower()
    if mode and mode not in _SEARCH_MODES:
        raise invalid(f"Invalid 'qmode' value '{first(given, 'qmode')}'")
    return Query(
        given=given,
        format=list_format,
        since=number(given, "since") or 0,
        start=number(given, "start") or 0,
        limit=_limit(given, list_format, keys=bool(wanted)),
        sort=sort,
        descending=descending,
        keys=wanted,
        item_types=_item_types(given),
        tags=_terms(given, "tag"),
        search=search_parts(first(given, "q")),
        include_trashed=first(given, "includeTrashed") not in {"", "0"},
    )


def number(given: Parameters, name: str) -> int | None:
    """A parameter that is a number of 0 or more; None where it is missing or empty.

    Raises:
        RefusalError: it is something else.
    """
    text = first(given, name)
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()):
        raise invalid(f"Invalid value for '{name}' parameter")
    return min(int(text[:20]), _MAX_NUMBER)


def keys(given: Parameters, name: str) -> tuple[str, ...] | None:
    """The keys in a parameter, each once; None where it is missing or empty, which restricts nothing.

    Raises:
        RefusalError: one is no key.
    """
    value = first(given, name).strip(",")
    if not value:
        return None
    found = tuple(value.split(","))
    if not all(map(schema.is_key, found)):
        raise invalid(f"Invalid '{name}' value '{value}'")
    return tuple(dict.fromkeys(found))


def _format(given: Parameters) -> Format:
    if first(given, "content"):
        raise unsupported("'content', which is for format=atom")
    for include in filter(None, first(given, "include").split(",")):
        if include in _OTHER_INCLUDES:
            raise unsupported(f"include={include}")
        if include != "data":
            raise invalid(f"Invalid 'include' value '{include}'")
    name = first(given, "format") or "json"
    for known in _FORMATS:
        if name == known:
            return known
    raise (
        unsupported(f"format={name}")
        if name in _OTHER_FORMATS
        else invalid(f"Invalid 'format' value '{name}'")
    )


def _limit(given: Parameters, list_format: Format, *, keys: bool) -> int | None:
    limit = number(given, "limit") or None
    if keys:
        return schema.MAX_KEYS
    if list_format != "json":
        return limit
    return min(limit or _DEFAULT_LIMIT, schema.MAX_KEYS)


def _order(given: Parameters) -> tuple[str, bool]:
    sort, direction = first(given, "sort"), first(given, "direction")
    if sort in {"asc", "desc"}:
        sort, direction = "", sort
    if sort and sort not in _SORTS:
        raise invalid(f"Invalid 'sort' value '{sort}'")
    if direction not in {"", "asc", "desc"}:
        raise invalid(f"Invalid 'direction' value '{direction}'")
    sort = sort or "dateModified"
    return sort, direction == "desc" if direction else sort.startswith("date")


def _terms(given: Parameters, name: str) -> tuple[Terms, ...]:
    found = []
    for key, value in given:
        text = value.strip()
        if key == name and text:
            negated = text.startswith("-")
            text = text[1:] if negated or text.startswith("\\-") else text
            found.append(Terms(tuple(_alternatives(text)), negated))
    return tuple(found)


def _alternatives(text: str) -> Sequence[str]:
    return [part for part in (part.strip() for part in text.split(" || ")) if part]


def _item_types(given: Parameters) -> Terms | None:
    terms = _terms(given, "itemType")
    if len(terms) > 1:
        raise invalid("Cannot specify 'itemType' more than once")
    if not terms:
        return None
    for name in terms[0].values:
        if not schema.is_item_type(name):
            raise invalid(f"Invalid itemType '{name}'")
    return terms[0]


Rows = list[tuple[str, int]]
_SORTS_SELECTION = {
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
    # Who looks for few papers must not go through all of them in the order of their dates.
    order, values = _order_selection(query, by_index=scope.collection is None and not matching.sql)
    # SQLite would rather go through the whole library in an index that has all columns.
    by_key = "" if query.keys is None or scope.top else " INDEXED BY sqlite_autoindex_items_1"
    rows = store.connection.execute(
        f"SELECT key, version FROM items{by_key} WHERE {conditions.text()} ORDER BY {order} LIMIT ? OFFSET ?",  # noqa: S608 - constants
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


def _order_selection(query: Query, *, by_index: bool) -> tuple[str, list[str]]:
    direction = "DESC" if query.descending else "ASC"
    values: list[str] = []
    if query.sort == "itemKeyList":
        expression, values = "instr(?, key)", [",".join(query.keys or ())]
    elif query.sort in _SORTS_SELECTION:
        expression = _SORTS_SELECTION[query.sort] if by_index else f"+{_SORTS_SELECTION[query.sort]}"
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
