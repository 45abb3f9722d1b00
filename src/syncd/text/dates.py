"""Dates as pages, bibliographic files and services write them, to ISO 8601.

Where a profile page leaves the year out, it is inferred from the day on which the page was saved. That day is always
an argument: nothing here reads a clock.
"""

from __future__ import annotations

import re
from datetime import date

from syncd.text.patterns import pattern

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
"""An English month, in full or cut; a dot may follow it.

>>> all(re.fullmatch(MONTH, month) for month in ("Jan", "May", "Sept", "September", "June"))
True
"""

DATE = rf"{MONTH}\.?\s+\d{{1,2}}(?:,?\s+\d{{4}})?(?!\d)"
"""A date as the profile page writes it, with or without its year.

>>> [re.match(DATE, text)[0] for text in ("Apr 25, 2023Code", "May 14Code")]
['Apr 25, 2023', 'May 14']
"""

_FORMS = tuple(
    pattern(form, hostile=("May", " ", ""), flags=re.IGNORECASE)
    for form in (
        rf"(?P<month>{MONTH})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(?P<year>\d{{4}}))?",
        rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\.?\s+(?P<month>{MONTH})\.?(?:,?\s+(?P<year>\d{{4}}))?",
        rf"(?P<month>{MONTH})\.?,?\s+(?P<year>\d{{4}})",
        r"(?P<year>\d{4})-(?P<number>\d{2})-(?P<day>\d{2})",
    )
)
"""The forms that `parse_date` takes: "Apr 25, 2023", "25 April 2023", "April 2023", "2023-04-25"."""

_OLDEST_LEAP = 8
"""Leap years are at most this far apart (1896 to 1904)."""


def infer(month: int, day: int, captured: date) -> str:
    """Complete a date without a year: the latest such day that is not after the page was saved.

    Args:
        month: 1 to 12.
        day: 1 to 31.
        captured: the day on which the page was saved.

    Returns:
        The date in ISO 8601.

    Raises:
        ValueError: no year has such a day.

    >>> infer(12, 30, date(2026, 1, 5)), infer(2, 29, date(2026, 1, 5))
    ('2025-12-30', '2024-02-29')
    """
    for year in range(captured.year, captured.year - _OLDEST_LEAP - 1, -1):
        try:
            candidate = date(year, month, day)
        except ValueError:
            continue
        if candidate <= captured:
            return candidate.isoformat()
    raise ValueError(f"no year has a day {day} in month {month}")


def parse_date(text: str, captured: date) -> tuple[str, bool] | None:
    """Read a date.

    Args:
        text: the date and nothing else.
        captured: the day on which the page was saved; used only where the year is missing.

    Returns:
        The date in ISO 8601, with the precision that the text has, and whether its year was inferred; None
        if the text is not a date. A year in the text is kept even when it lies in the future.

    >>> parse_date("Apr 25, 2023", date(2026, 6, 1)), parse_date("May 14", date(2026, 6, 1))
    (('2023-04-25', False), ('2026-05-14', True))
    >>> parse_date("Feb 30", date(2026, 6, 1)) is None
    True
    """
    for form in _FORMS:
        found = form.fullmatch(text.strip())
        if found:
            return _dated(found.groupdict(), captured)
    return None


def _dated(parts: dict[str, str | None], captured: date) -> tuple[str, bool] | None:
    name = parts.get("month")
    month = MONTHS.index(name[:3].lower()) + 1 if name else int(parts["number"] or 0)
    day, year = parts.get("day"), parts.get("year")
    try:
        if day is None:
            return f"{year}-{month:02}", False
        if year is None:
            return infer(month, int(day), captured), True
        return date(int(year), month, int(day)).isoformat(), False
    except ValueError:
        return None


# Bibliographic files and services

NUMERIC = pattern(
    r"(?P<year>\d{4})(?:[-/.](?P<month>\d{1,2})(?!\d)(?:[-/.](?P<day>\d{1,2})(?!\d))?)?",
    hostile="1234-1-",
    flags=re.ASCII,
)
"""A date that starts with its year.

>>> [NUMERIC.match(text).groups() for text in ("2023-04-25T01:00", "2023/04//", "2023-04/2023-05", "2023")]
[('2023', '04', '25'), ('2023', '04', None), ('2023', '04', None), ('2023', None, None)]
"""

YEAR = pattern(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)", hostile="19", flags=re.ASCII)
"""A year somewhere in a text.

>>> [bool(YEAR.search(text)) for text in ("c. 1998", "2023a", "in press", "12023")]
[True, True, False, False]
"""

MONTH_WORD = pattern(rf"(?<![a-z])(?:{'|'.join(MONTHS)})", hostile="ja", flags=re.IGNORECASE)
"""The name of a month, in full or cut.

>>> [MONTH_WORD.search(text)[0] for text in ("10 April", "Sept.", "jul/aug")]
['Apr', 'Sep', 'jul']
"""

NUMBER = pattern(r"(?<!\d)\d{1,2}(?!\d)", hostile="1", flags=re.ASCII)


def iso_date(year: str, month: str = "", day: str = "") -> str | None:
    """Join the parts of a date as far as they make sense.

    Args:
        year: a whole date may stand here, too.
        month: a number, or a name; a day may stand beside the name.
        day: a number.

    >>> iso_date("2023", "April", "25"), iso_date("2023", "10 January"), iso_date("2023", "Spring")
    ('2023-04-25', '2023-01-10', '2023')
    >>> iso_date("2023/04/25/"), iso_date("25 April 2023"), iso_date("2023-02-30"), iso_date("in press")
    ('2023-04-25', '2023-04-25', '2023-02', None)
    """
    whole = NUMERIC.match(year.strip())
    if whole and whole["month"]:
        return date_of(int(whole["year"]), int(whole["month"]), int(whole["day"] or 0))
    found = whole or YEAR.search(year)
    if not found:
        return None
    words = f"{year[: found.start()]} {year[found.end() :]}" if not whole and not month else month
    number = int(found["year"] if whole else found[0])
    name = MONTH_WORD.search(words)
    if not name:
        bare = NUMBER.fullmatch(month.strip())
        return date_of(number, int(bare[0]) if bare else 0, _number(day))
    return date_of(number, MONTHS.index(name[0].lower()) + 1, _number(day) or _number(words))


def _number(text: str) -> int:
    found = NUMBER.search(text)
    return int(found[0]) if found else 0


def date_of(year: int, month: int = 0, day: int = 0) -> str | None:
    """Write a date of numbers, as precise as they make sense; 0 stands for what is missing.

    >>> date_of(2023, 4, 31), date_of(2023, 10**30), date_of(0)
    ('2023-04', '2023', None)
    """
    if not 1000 <= year <= 9999:
        return None
    try:
        date(year, month, 1)
    except (ValueError, OverflowError):
        return str(year)
    try:
        return date(year, month, day).isoformat()
    except (ValueError, OverflowError):
        return f"{year}-{month:02}"
