"""Dates as bibliographic formats write them, in whole or in parts, to ISO 8601. What is no date is None."""

from __future__ import annotations

import re
from datetime import date

from syncd.text.dates import MONTHS
from syncd.text.patterns import pattern

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
        return joined(int(whole["year"]), int(whole["month"]), int(whole["day"] or 0))
    found = whole or YEAR.search(year)
    if not found:
        return None
    words = f"{year[: found.start()]} {year[found.end() :]}" if not whole and not month else month
    number = int(found["year"] if whole else found[0])
    name = MONTH_WORD.search(words)
    if not name:
        bare = NUMBER.fullmatch(month.strip())
        return joined(number, int(bare[0]) if bare else 0, _number(day))
    return joined(number, MONTHS.index(name[0].lower()) + 1, _number(day) or _number(words))


def _number(text: str) -> int:
    found = NUMBER.search(text)
    return int(found[0]) if found else 0


def joined(year: int, month: int = 0, day: int = 0) -> str | None:
    """Write a date with the precision that is valid; 0 stands for what is missing.

    >>> joined(2023, 4, 31), joined(2023, 10**30), joined(0)
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
