"""Dates as Zotero reads them: free text to a sortable date, and timestamps to ISO 8601 in UTC.

Pure. A date that can't be read is no error: Zotero keeps the text as it is and has no date for it.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from syncd.text.patterns import pattern

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_YEAR_FIRST = pattern(
    r"(?<!\d)(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?(?!\d)", hostile="1234-1-"
)  # 2023-04-25, 2023/4
_YEAR_LAST = pattern(r"(?<!\d)(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?!\d)", hostile="1-")  # 04/25/2023
_YEAR = pattern(r"(?<!\d)(\d{4})(?!\d)", hostile="1")
_MONTH = pattern(rf"\b({'|'.join(_MONTHS)})[a-z]*", hostile="jan", flags=re.IGNORECASE)
_DAY = pattern(r"(?<!\d)(\d{1,2})(?:st|nd|rd|th)?(?!\d)", hostile="1")
_SQL_DATE = pattern(r"\d{4}-\d{2}-\d{2}", hostile="1")


def parsed_date(text: str) -> str:
    """The date in a text, as `2023-04-25`, `2023-04` or `2023`; empty where there is none.

    >>> parsed_date("Apr 25, 2023"), parsed_date("2023-04"), parsed_date("Spring 2021"), parsed_date("n.d.")
    ('2023-04-25', '2023-04', '2021', '')
    """
    if found := _YEAR_FIRST.search(text):
        return _joined(found[1], found[2], found[3])
    if found := _YEAR_LAST.search(text):
        month, day = found[1], found[2]
        return _joined(found[3], day, month) if int(month) > len(_MONTHS) else _joined(found[3], month, day)
    if not (found := _YEAR.search(text)):
        return ""
    year = found[1]
    rest = text[: found.start()] + " " + text[found.end() :]
    if not (word := _MONTH.search(rest)):
        return year
    day = _DAY.search(rest)
    return _joined(year, str(_MONTHS.index(word[1].lower()) + 1), day[1] if day else None)


def _joined(year: str, month: str | None, day: str | None) -> str:
    """The longest prefix of year, month and day that is a date."""
    if month is None or not 1 <= int(month) <= len(_MONTHS):
        return year
    if day is not None:
        try:
            return date(int(year), int(month), int(day)).isoformat()
        except ValueError:
            pass
    return f"{year}-{int(month):02}"


def timestamp(moment: datetime) -> str:
    """A moment as Zotero writes it: `2026-11-24T10:00:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_timestamp(text: str) -> str | None:
    """`2026-11-24 10:00:00` (UTC) or ISO 8601 with a time, as Zotero writes it; None if it is neither."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if _SQL_DATE.fullmatch(text):
        return None
    try:
        return timestamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except OverflowError:  # before year 1 or after 9999 in UTC
        return None


def read_access_date(text: str, now: datetime) -> str | None:
    """An `accessDate` as Zotero writes it; None if it is not one."""
    if text == "CURRENT_TIMESTAMP":
        return timestamp(now)
    if not text:
        return ""
    if _SQL_DATE.fullmatch(text):
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            return None
    return read_timestamp(text)
