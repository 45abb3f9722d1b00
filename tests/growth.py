"""Tells whether the time that something takes grows faster than the text it is given.

The time that counts is the processor's, so that a busy machine changes little, and only the growth of it beyond a
generous share: what takes quadratic time needs sixteen times as long for four times the text.
"""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

GROWTH = 8.0  # for four times the text; linear is 4, quadratic is 16


def trouble(
    run: Callable[[int], Callable[[], object]], length: int, most: float, trifle: float
) -> str | None:
    """Say what is wrong if the time grows faster than the text.

    Args:
        run: makes what is measured, for a text of so many characters; the making does not count.
        length: of the longest text.
        most: seconds of the processor that it may take for it.
        trifle: seconds whose growth is not looked at.
    """
    took = 0.0
    for size in (length // 1000, length // 100, length // 10, length):
        took = _cost(run(size), 2 * most)
        if took > most:
            return f"it takes {took:.1f} s for {size} characters"
    if took > trifle:
        # Something else may have slowed one of them down.
        grown = min(_cost(run(length)) / max(_cost(run(length // 4)), 1e-9) for _ in range(4))
        if grown > GROWTH:
            return f"it takes {grown:.0f} times as long for four times the text"
    return None


def _cost(act: Callable[[], object], limit: float = 0) -> float:
    """Return the seconds of the processor that it takes; it is ended at the limit, if there is one."""

    def stop(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, limit)
    start = time.process_time()
    try:
        act()
    except TimeoutError:
        return limit
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    return time.process_time() - start
