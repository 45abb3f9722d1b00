"""Dates become ISO 8601, and a missing year is the latest that fits."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.text.dates import date_of, infer, parse_date

CAPTURED = date(2026, 6, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Apr 25, 2023", ("2023-04-25", False)),
        ("April 25, 2023", ("2023-04-25", False)),
        ("25 April 2023", ("2023-04-25", False)),
        ("Apr 2023", ("2023-04", False)),
        ("2023-04-25", ("2023-04-25", False)),
        ("May 14", ("2026-05-14", True)),
        ("Sept 3", ("2025-09-03", True)),
        ("Jun 1", ("2026-06-01", True)),
        ("Jun 2", ("2025-06-02", True)),
        ("Feb 29", ("2024-02-29", True)),
        ("Dec 30, 2027", ("2027-12-30", False)),
        ("Feb 30", None),
        ("Feb 29, 2023", None),
        ("Foo 3", None),
        ("", None),
    ],
)
def test_reads_a_date(text: str, expected: tuple[str, bool] | None) -> None:
    """Each form of a date is read, and what is no date is None."""
    assert parse_date(text, CAPTURED) == expected


def test_a_month_of_thirty_digits_is_no_month() -> None:
    """Services have sent such things; the year is known all the same."""
    assert date_of(2023, 10**30) == date_of(2023) == "2023"
    assert date_of(2023, 4, 10**30) == "2023-04"


def test_december_in_january_is_last_year() -> None:
    """A page saved in January shows December of the year before."""
    assert infer(12, 30, date(2026, 1, 5)) == "2025-12-30"


def test_no_year_has_such_a_day() -> None:
    """30 February is refused rather than moved."""
    with pytest.raises(ValueError, match="no year"):
        infer(2, 30, CAPTURED)


@settings(deadline=None, max_examples=150)
@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(0, 365))
def test_infers_the_latest_date_not_after_the_snapshot(captured: date, days: int) -> None:
    """A date within the year before the snapshot is found again from its month and day."""
    day = captured - timedelta(days=days)
    found = date.fromisoformat(infer(day.month, day.day, captured))
    assert found <= captured
    assert found >= day
    assert (found.month, found.day) == (day.month, day.day)
