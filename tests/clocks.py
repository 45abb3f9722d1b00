"""A clock that tests hold: waiting takes no time and is remembered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Time that passes only by waiting or by `advance`."""

    def __init__(self, start: datetime = datetime(2026, 6, 2, 12, tzinfo=UTC)) -> None:
        self._now = start
        self._seconds = 0.0
        self.waits: list[float] = []

    def now(self) -> datetime:
        """Return the time of day."""
        return self._now

    def monotonic(self) -> float:
        """Return the seconds that passed."""
        return self._seconds

    def sleep(self, seconds: float) -> None:
        """Let time pass, and remember that somebody waited."""
        self.waits.append(seconds)
        self.advance(seconds)

    def set(self, seconds: float) -> None:
        """Set the time of day by this much, as somebody does who mends a clock: no time passes."""
        self._now += timedelta(seconds=seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += timedelta(seconds=seconds)
        self._seconds += seconds
