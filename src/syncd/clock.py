"""The one place for time. Everything that reads a clock or waits takes a `Clock`, so that tests hold it."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
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


class Deadline:
    """The end of an exchange with a server: of its connections, redirects, repeats and bodies together.

    One that is made while another is kept ends no later than that.

    Args:
        clock: time, and waits.
        seconds: from now on.
    """

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._outer = _deadline.get()
        self._end = clock.monotonic() + seconds
        # A server that asks for one pause after the other does not put it off for ever.
        self._last = self._end + 2 * seconds

    @property
    def left(self) -> float:
        """Seconds until the end; negative after it."""
        own = self._end - self._clock.monotonic()
        return own if self._outer is None else min(own, self._outer.left)

    def wait(self, seconds: float) -> None:
        """Wait on purpose: the end comes so much later, but in all by no more than twice the time that there was."""
        self._clock.sleep(seconds)
        self._put_off(seconds)

    def _put_off(self, seconds: float) -> None:
        self._end = min(self._end + seconds, self._last)
        if self._outer is not None:
            self._outer._put_off(seconds)  # noqa: SLF001 - one of its own kind

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Let every read and write of this thread end in time; see `time_left`."""
        token = _deadline.set(self)
        try:
            yield
        finally:
            _deadline.reset(token)


_deadline: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


def time_left() -> float:
    """Return the seconds that the exchange has left that this thread is at; infinite where none is limited."""
    deadline = _deadline.get()
    return math.inf if deadline is None else deadline.left
