"""When each profile is looked at: schedules become triggers of APScheduler, which tells when one has come.

What APScheduler runs here only puts a name into a queue: no work is done in its threads, so that it can't swallow
an error of ours, nor hold up an end. Times that passed while the computer slept count once, when it is awake again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from tzlocal import get_localzone

from syncd.config.values import EVERY, cron_fields

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    from apscheduler.triggers.base import BaseTrigger

UNITS = {"m": "minutes", "h": "hours", "d": "days"}
# So that a thousand installations do not knock at once: at most this share of an interval, at most so many seconds.
JITTER_SHARE = 0.1
JITTER = 300
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def zone(name: str | None) -> tzinfo:
    """Return the time zone of that name, or the computer's."""
    return ZoneInfo(name) if name else get_localzone()


def trigger(schedule: str, timezone: tzinfo, now: datetime, *, jitter: bool) -> BaseTrigger:
    """Return APScheduler's trigger for a schedule.

    Args:
        schedule: "every 6h", or a cron line, as the configuration has checked it.
        timezone: what a cron line means.
        now: the time from which an interval is counted.
        jitter: come up to some minutes later each time.
    """
    if match := EVERY.fullmatch(schedule):
        length = {UNITS[match["unit"]]: int(match["count"])}
        plain = IntervalTrigger(**length, start_date=now, timezone=UTC)
        if not jitter:
            return plain
        most = min(JITTER, JITTER_SHARE * plain.interval_length)
        return IntervalTrigger(**length, start_date=now, timezone=UTC, jitter=most)
    return _cron(schedule, timezone, JITTER if jitter else None)


def _cron(line: str, timezone: tzinfo, jitter: int | None) -> BaseTrigger:
    """Return the trigger for a cron line."""
    minute, hour, day, month, weekday = (",".join(map(str, numbers)) for numbers in cron_fields(line))
    usual: dict[str, Any] = {
        "minute": minute,
        "hour": hour,
        "month": month,
        "timezone": timezone,
        "jitter": jitter,
    }
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

    def remove(self, name: str) -> None:
        """Forget a profile."""
        if self._scheduler.get_job(name):
            self._scheduler.remove_job(name)

    def next(self, name: str) -> datetime | None:
        """Return when a profile's time comes next, in UTC."""
        job = self._scheduler.get_job(name)
        return job.next_run_time.astimezone(UTC) if job and job.next_run_time else None

    def look(self) -> None:
        """Look at the clock now: it moves while the computer sleeps, and when somebody sets it."""
        self._scheduler.wakeup()
