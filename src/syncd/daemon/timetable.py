"""Tells when a profile's time has come.

What APScheduler runs here only puts a name into a queue: no work is done in its threads, so that it can't swallow
an error of ours, nor hold up an end. Times that passed while the computer slept count once, when it is awake again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo

from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from syncd.daemon.schedule import trigger


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

    def soonest(self) -> datetime | None:
        """Return when anybody's time comes next, in UTC."""
        jobs = self._scheduler.get_jobs()
        # APScheduler keeps them in the order of their times.
        return jobs[0].next_run_time.astimezone(UTC) if jobs and jobs[0].next_run_time else None

    def look(self) -> None:
        """Look at the clock now: it moves while the computer sleeps, and when somebody sets it."""
        self._scheduler.wakeup()
