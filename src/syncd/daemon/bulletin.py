"""When news of new papers are sent, and to whom they still have to be: once each, whatever fails or restarts.

What is new is read from the history. For each channel a mark tells how far it was told; the mark moves only when
a message has been sent. Without new papers nothing is sent.
"""

from __future__ import annotations

import json
import random
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from syncd.daemon.backoff import delay
from syncd.daemon.logs import get_logger
from syncd.daemon.news import digest
from syncd.errors import SyncdError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import time, tzinfo

    from syncd.clock import Clock
    from syncd.daemon.channels import Channel
    from syncd.daemon.news import NewPaper

# A paper is recorded a moment before others can see it, and clocks are set back: what was recorded within this time
# before the mark is looked at again, and what was told of it is known.
OVERLAP = timedelta(hours=2)
PARTING = 5.0

_log = get_logger()


class Archive(Protocol):
    """What was done, and how far was told of it; used by one thread at a time."""

    def created_since(self, since: str) -> Sequence[NewPaper]:
        """Return the papers that were recorded as created at this ISO time or later, in all libraries."""
        ...

    def mark(self, name: str) -> str | None:
        """Return a mark, or None where there is none yet."""
        ...

    def set_mark(self, name: str, value: str) -> None:
        """Keep a mark."""
        ...


@dataclass(slots=True)
class _Subscriber:
    """A channel, and what it was told.

    Attributes:
        until: when it was last told, or told that nothing is new.
        told: papers of runs since `OVERLAP` before `until`.
        pending: there may be something to tell.
        failures: in a row.
        again: when to try again after them.
    """

    channel: Channel
    until: datetime
    told: frozenset[str]
    pending: bool = True
    failures: int = 0
    again: datetime | None = None


class Bulletin:
    """Tells channels of new papers.

    Args:
        channels: to whom.
        archive: what was done.
        clock: time.
        at: the time of day of a daily message; None: after each run that created papers.
        timezone: what `at` means.

    Raises:
        StateError: the archive can't be read or written.
    """

    def __init__(
        self,
        channels: Sequence[Channel],
        archive: Archive,
        clock: Clock,
        *,
        at: time | None,
        timezone: tzinfo,
    ) -> None:
        self._archive = archive
        self._clock = clock
        self._at = at
        self._timezone = timezone
        self._thread: threading.Thread | None = None
        self._subscribers = [self._subscriber(channel) for channel in channels]

    def ran(self, created: int) -> None:
        """Take note that a run created so many papers."""
        if created:
            for subscriber in self._subscribers:
                subscriber.pending = True

    def due(self) -> datetime | None:
        """Return when the next message is due, if there is something to tell by then; None: after a run."""
        times = [when for subscriber in self._subscribers if (when := self._due(subscriber))]
        return min(times, default=None)

    def pulse(self) -> None:
        """Send what is due, in a thread of its own. Call it every few seconds."""
        if self._thread is not None and self._thread.is_alive():
            return
        for subscriber in self._subscribers:
            self._mind_the_clock(subscriber)
        due = self.due()
        if due is not None and due <= self._clock.now():
            self._thread = threading.Thread(target=self.publish, name="news", daemon=True)
            self._thread.start()

    def publish(self) -> None:
        """Send what is due, and wait for that. Never raises: what fails is logged and tried again later."""
        for subscriber in self._subscribers:
            due = self._due(subscriber)
            if due is None or due > self._clock.now():
                continue
            try:
                self._tell(subscriber)
            except SyncdError as error:
                again = self._put_off(subscriber)
                _log.warning(f"news were not sent: {error}", hint=error.hint or None, again=again)
            except Exception:  # noqa: BLE001 - it is logged
                again = self._put_off(subscriber)
                _log.exception("a fault in syncd: news were not sent", again=again)

    def close(self, seconds: float = PARTING) -> None:
        """Wait so long for a message that is being sent; what is not sent by then is sent after a restart."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _due(self, subscriber: _Subscriber) -> datetime | None:
        if subscriber.again is not None:
            return subscriber.again
        if self._at is None:
            return self._clock.now() if subscriber.pending else None
        return next_time(subscriber.until, self._at, self._timezone)

    def _tell(self, subscriber: _Subscriber) -> None:
        """Send what a channel does not know yet, then move its mark."""
        subscriber.pending = False
        now = self._clock.now()
        papers = self._archive.created_since(_iso(subscriber.until - OVERLAP))
        new = [paper for paper in papers if paper.identity not in subscriber.told]
        if new:
            subscriber.channel.send(digest(new))
            _log.info("news were sent", papers=len(new), to=subscriber.channel.name)
        # Remembered here first: if the mark can't be kept, this process at least sends nothing twice.
        subscriber.until, subscriber.told = now, frozenset(paper.identity for paper in papers)
        self._keep(subscriber)
        subscriber.failures, subscriber.again = 0, None

    def _put_off(self, subscriber: _Subscriber) -> str:
        subscriber.failures += 1
        wait = delay(subscriber.failures, random.random())  # noqa: S311 - no secret
        subscriber.again = self._clock.now() + wait
        return _iso(subscriber.again)

    def _subscriber(self, channel: Channel) -> _Subscriber:
        """Return a channel with what it was told; a new one has nothing to catch up on."""
        if (mark := self._archive.mark(_name(channel))) is not None:
            try:
                subscriber = _Subscriber(channel, *_read(mark))
            except (ValueError, TypeError, KeyError):
                _log.warning("what news were sent is not known any more: they begin anew", to=channel.name)
            else:
                self._mind_the_clock(subscriber)
                return subscriber
        now = self._clock.now()
        known = frozenset(paper.identity for paper in self._archive.created_since(_iso(now - OVERLAP)))
        subscriber = _Subscriber(channel, now, known)
        self._keep(subscriber)
        return subscriber

    def _mind_the_clock(self, subscriber: _Subscriber) -> None:
        """Where the clock was set back, begin anew from now: else nothing is told until the old time comes again."""
        now = self._clock.now()
        if subscriber.until <= now:
            return
        recent = {paper.identity for paper in self._archive.created_since(_iso(subscriber.until - OVERLAP))}
        known = {paper.identity for paper in self._archive.created_since(_iso(now - OVERLAP))} - recent
        subscriber.until, subscriber.again = now, None
        subscriber.told |= known

    def _keep(self, subscriber: _Subscriber) -> None:
        value = {"until": subscriber.until.isoformat(), "told": sorted(subscriber.told)}
        self._archive.set_mark(_name(subscriber.channel), json.dumps(value))


def _read(mark: str) -> tuple[datetime, frozenset[str]]:
    """Return how far a channel was told; `ValueError`, `TypeError` or `KeyError` where the mark is none."""
    value = json.loads(mark)
    return datetime.fromisoformat(value["until"]).astimezone(UTC), frozenset(map(str, value["told"]))


def _name(channel: Channel) -> str:
    return f"news: {channel.name}"


def _iso(when: datetime) -> str:
    return when.isoformat(timespec="seconds")


def next_time(after: datetime, at: time, timezone: tzinfo) -> datetime:
    """Return when it is next that time of day, in UTC.

    On the day on which clocks go forward, a time that does not exist comes as much later; on the day on which
    they go back, the first of two is meant.
    """
    day = after.astimezone(timezone).date()
    while True:
        moment = datetime.combine(day, at, tzinfo=timezone).astimezone(after.tzinfo)
        if moment > after:
            return moment
        day += timedelta(days=1)
