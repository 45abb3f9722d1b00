"""The query parameters of a request for a list, checked and put into one frozen object.

Pure. What the embedded library does not know it refuses by name; it ignores no parameter that would change
the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qsl

from syncd.zotero import schema

from .refusal import invalid, unsupported
from .text import search_parts

if TYPE_CHECKING:
    from collections.abc import Sequence

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
