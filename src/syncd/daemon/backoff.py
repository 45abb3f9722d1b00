"""How long to wait after failures: twice as long each time, never the same for two, never for ever.

Pure: chance is passed in.
"""

from __future__ import annotations

from datetime import timedelta

FIRST = timedelta(seconds=30)
LONGEST = timedelta(hours=1)
# A server that asks for more than this is believed up to here.
LONGEST_ASKED = timedelta(days=1)


def delay(failures: int, chance: float, asked: float | None = None) -> timedelta:
    """Return how long to wait.

    Args:
        failures: how many there were in a row, at least 1.
        chance: between 0 and 1; spreads those that failed together.
        asked: seconds that the other side asked for, if it did.

    >>> delay(1, 0.5), delay(2, 0.5), delay(50, 1.0)
    (datetime.timedelta(seconds=30), datetime.timedelta(seconds=60), datetime.timedelta(seconds=4500))
    >>> delay(1, 0.0, asked=120)
    datetime.timedelta(seconds=120)
    >>> delay(1, 0.0, asked=float("inf"))
    datetime.timedelta(days=1)
    """
    doublings: int = 2 ** min(failures - 1, 20)
    wait = min(FIRST * doublings, LONGEST) * (0.75 + chance / 2)
    if asked is None:
        return wait
    # Never earlier than the other side wants, and not all at the same moment.
    least = timedelta(seconds=min(asked, LONGEST_ASKED.total_seconds()))
    return max(wait, least + least * chance / 4)
