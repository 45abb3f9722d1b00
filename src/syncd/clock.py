"""The one place for time. Everything that reads a clock or waits takes a `Clock`, so that tests hold it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the rest of syncd knows of time."""

    def now(self) -> datetime:
        """Return the time of day, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start; never goes back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the time of day, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


def local(moment: str | datetime) -> str:
    """Return a moment as the clock on the wall shows it, such as "2026-11-25 22:39".

    Args:
        moment: a time with its zone, also as ISO 8601.
    """
    time = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return f"{time.astimezone():%Y-%m-%d %H:%M}"
