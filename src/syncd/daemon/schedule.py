"""When a schedule comes: intervals and cron lines become triggers of APScheduler, in the time zone that they mean.

Nothing waits here; `timetable` does. The configuration reads cron lines, for it can say which field of one is wrong.
"""

from __future__ import annotations

import io
import os
import random
import struct
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from tzlocal import reload_localzone

from syncd.config.values import EVERY, cron_fields
from syncd.errors import ConfigError
from syncd.messages import message

UNITS = {"m": "minutes", "h": "hours", "d": "days"}
# So that a thousand installations do not knock at once: at most this share of an interval, at most so many seconds.
JITTER_SHARE = 0.1
JITTER = 300
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def zone(name: str | None) -> tzinfo:
    """Return the time zone of that name, or the computer's.

    Raises:
        ConfigError: the computer's can't be made out.
    """
    if name:
        return ZoneInfo(name)
    rule = os.environ.get("TZ", "")
    try:
        # Anew each time: a computer that travels changes it.
        return reload_localzone()
    except ZoneInfoNotFoundError:
        try:
            return from_rule(rule)
        except ValueError:
            problem = message("time-zone-unknown", rule=repr(rule))
    except ValueError as error:
        problem = message("time-zone-not-found", reason=error)
    raise ConfigError([problem], hint=message("name-time-zone"))


def from_rule(rule: str) -> ZoneInfo:
    """Return the time zone of a rule such as `$TZ` may hold where no names are installed.

    Such a rule also ends each file of the time zone database, which is how `zoneinfo` comes to read it: RFC 8536,
    section 3.3.

    Raises:
        ValueError: it is none.

    >>> datetime(2026, 7, 1, 12, tzinfo=from_rule("CET-1CEST,M3.5.0,M10.5.0/3")).isoformat()
    '2026-07-01T12:00:00+02:00'
    """
    # A header and a block that hold one kind of time and no change of it: once for version 1, once for version 2.
    block = b"TZif2" + bytes(15) + struct.pack(">6l", 0, 0, 0, 0, 1, 1) + bytes(7)
    text = rule.removeprefix(":").encode("ascii", errors="strict")
    if not text:
        raise ValueError(rule)
    return ZoneInfo.from_file(io.BytesIO(block * 2 + b"\n" + text + b"\n"), key=rule)


class _Onward(BaseTrigger):  # type: ignore[misc]  # apscheduler has no types
    """A trigger that goes on from now, later by chance each time.

    APScheduler by itself goes through all that was missed, one by one, which takes minutes where it is years. And where
    a jitter of its own takes it into the hour that comes twice, it comes out an hour earlier, again and again.

    Args:
        trigger: without a jitter.
        jitter: seconds, at most.
    """

    def __init__(self, trigger: BaseTrigger, jitter: float) -> None:
        self._trigger = trigger
        self._jitter = jitter

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        """Return the first time, in UTC, that is neither before now nor the previous one."""
        start = now.astimezone(UTC)
        if previous is not None:
            start = max(start, previous.astimezone(UTC) + timedelta(microseconds=1))
        following: datetime | None = self._trigger.get_next_fire_time(None, start)
        if following is None:
            return None
        # In UTC, for in local time a sum forgets which of two hours it is in.
        late = timedelta(seconds=random.uniform(0, self._jitter))  # noqa: S311 - no secret
        return following.astimezone(UTC) + late


def trigger(schedule: str, timezone: tzinfo, now: datetime, *, jitter: bool) -> BaseTrigger:
    """Return a trigger for a schedule.

    Args:
        schedule: "every 6h", or a cron line, as the configuration has checked it.
        timezone: what a cron line means.
        now: the time from which an interval is counted.
        jitter: come up to some minutes later each time.
    """
    if match := EVERY.fullmatch(schedule):
        length = {UNITS[match["unit"]]: int(match["count"])}
        interval = IntervalTrigger(**length, start_date=now, timezone=UTC)
        return _Onward(interval, min(JITTER, JITTER_SHARE * interval.interval_length) if jitter else 0)
    return _Onward(_cron(schedule, timezone), JITTER if jitter else 0)


def _cron(line: str, timezone: tzinfo) -> BaseTrigger:
    minute, hour, day, month, weekday = (",".join(map(str, numbers)) for numbers in cron_fields(line))
    usual: dict[str, Any] = {"minute": minute, "hour": hour, "month": month, "timezone": timezone}
    # Cron counts Sunday as 0, APScheduler counts Monday as 0: in words they agree.
    days_of_week = ",".join(WEEKDAYS[int(number)] for number in weekday.split(","))
    if any(field.startswith("*") for field in line.split(" ")[2::2]):
        return CronTrigger(day=day, day_of_week=days_of_week, **usual)
    # Where both are restricted, either will do: crontab(5).
    return OrTrigger([CronTrigger(day=day, **usual), CronTrigger(day_of_week=days_of_week, **usual)])


class Timetable:
    """The schedules of all profiles.

    Attributes:
        timezone: what cron lines mean that are put in from now on.

    Args:
        timezone: what cron lines mean.
        due: called with a profile's name when its time has come, in a thread of the timetable's.
    """

    def __init__(self, timezone: tzinfo, due: Callable[[str], None]) -> None:
        self._due = due
        self.timezone = timezone
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": DebugExecutor()},
            # What was missed counts, once, however late it is.
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def start(self) -> None:
        """Begin to tell what is due."""
        self._scheduler.start()

    def stop(self) -> None:
        """Tell nothing any more."""
        self._scheduler.shutdown(wait=False)

    def put(self, name: str, schedule: str, *, jitter: bool) -> None:
        """Set a profile's schedule, in place of the one it had."""
        when = trigger(schedule, self.timezone, datetime.now(UTC), jitter=jitter)
        # An interval begins now, but the first run is not the timetable's business.
        first = when.get_next_fire_time(datetime.now(UTC), datetime.now(UTC))
        self._scheduler.add_job(
            self._due, when, args=[name], id=name, replace_existing=True, next_run_time=first
        )

    def forward(self, names: Collection[str], within: timedelta) -> list[str]:
        """Let times come now that would come soon anyway; return whose.

        Args:
            names: the profiles that are meant.
            within: how soon.
        """
        until = datetime.now(UTC) + within
        # APScheduler keeps them in the order of their times.
        soon = takewhile(
            lambda job: job.next_run_time and job.next_run_time <= until, self._scheduler.get_jobs()
        )
        brought = [job for job in soon if job.id in names]
        for job in brought:
            job.modify(next_run_time=job.trigger.get_next_fire_time(job.next_run_time, datetime.now(UTC)))
        return [job.id for job in brought]

    def remove(self, name: str) -> None:
        """Forget a profile."""
        if self._scheduler.get_job(name):
            self._scheduler.remove_job(name)

    def next(self, name: str) -> datetime | None:
        """Return when a profile's time comes next, in UTC."""
        job = self._scheduler.get_job(name)
        return job.next_run_time.astimezone(UTC) if job and job.next_run_time else None

    def soonest(self) -> datetime | None:
        """Return when anybody's time comes next, in UTC."""
        jobs = self._scheduler.get_jobs()
        # APScheduler keeps them in the order of their times.
        return jobs[0].next_run_time.astimezone(UTC) if jobs and jobs[0].next_run_time else None

    def look(self) -> None:
        """Look at the clock now: it moves while the computer sleeps, and when somebody sets it."""
        self._scheduler.wakeup()
