"""Reads JSON whose shape is not certain: a part that is missing or of another type is None, never an error.

Services use it to turn pages and to read records. Nothing here knows a service.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

MOST = 10**18
"""Counts and codes are smaller."""


def many(value: Any) -> list[Any]:
    """Return a list as it is, one thing as a list of it, and none as an empty one.

    >>> many([1, 2]), many({}), many(None)
    ([1, 2], [{}], [])
    """
    return value if isinstance(value, list) else [] if value is None else [value]


def dig(value: Any, path: str) -> Any:
    """Return what is at a dotted path, or None.

    >>> dig({"a": {"b": [{"c": 1}]}}, "a.b.0.c"), dig({"a": None}, "a.b"), dig([1], "a")
    (1, None, None)
    """
    for step in path.split("."):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def listed(value: Any, *names: str) -> list[Any] | None:
    """Return what an answer lists: the answer itself, or the first list under one of `names`; None without one."""
    return value if isinstance(value, list) else next(filter(_is_list, (dig(value, n) for n in names)), None)


def rows(value: Any, *names: str) -> list[Json] | None:
    """Return the records of an answer; see `listed`. What is no record in the list is left out.

    Returns:
        The records, or None where there is no such list.

    >>> rows({"papers": [{"a": 1}, None]}, "results", "papers"), rows([], "papers"), rows({"papers": 3}, "papers")
    ([{'a': 1}], [], None)
    """
    found = listed(value, *names)
    return None if found is None else [row for row in found if isinstance(row, dict)]


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def text(value: Any) -> str | None:
    r"""Return a string without blanks around it, or None for an empty one; half a character becomes a question mark.

    >>> text(" a "), text(""), text(3), text(None), text("a\ud800")
    ('a', None, None, None, 'a?')
    """
    if not isinstance(value, str):
        return None
    return value.encode("utf-8", "replace").decode("utf-8").strip() or None


def number(value: Any) -> int | None:
    """Return a whole number that is not negative, also where it is written as text.

    A number that is too large for a database is None.

    >>> number(3), number("12"), number(2.0), number(True), number(-1), number("many"), number(10**30)
    (3, 12, 2, None, None, None, None)
    """
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() and len(value) < 19:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MOST else None
