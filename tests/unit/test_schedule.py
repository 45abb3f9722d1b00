"""Schedules: intervals, cron lines, time zones and the nights on which clocks are changed."""

from __future__ import annotations

import queue
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import example, given
from hypothesis import strategies as st

from background import until
from syncd.config.values import read_schedule
from syncd.daemon.loop import SOON
from syncd.daemon.schedule import JITTER, Timetable, trigger, zone
from syncd.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOW, HIGH = datetime.fromisoformat("2026-01-01"), datetime.fromisoformat("2027-12-31")
BERLIN = ZoneInfo("Europe/Berlin")


def times(schedule: str, start: datetime, end: datetime, *, jitter: bool = False) -> list[datetime]:
    """Return when a schedule comes between two times, in local time."""
    when = trigger(schedule, BERLIN, start, jitter=jitter)
    found: list[datetime] = []
    before = start
    while (following := when.get_next_fire_time(before, before)) is not None and following < end:
        assert len(found) < 1000, "it goes round"
        found.append(following.astimezone(BERLIN))
        before = following
    return found


def local(text: str) -> datetime:
    """Return a time in Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def clocks(found: list[datetime]) -> list[str]:
    """Return days and clock times alone."""
    return [f"{time:%d %H:%M}" for time in found]


def test_an_interval_is_counted_in_hours_that_pass() -> None:
    """Also over the night that has an hour more."""
    found = times("every 6h", local("2026-10-24T20:00"), local("2026-10-25T20:00"))
    assert clocks(found) == ["25 02:00", "25 07:00", "25 13:00", "25 19:00"]


@pytest.mark.parametrize(
    ("line", "days"),
    [
        ("0 7 * * 1-5", "Mon Tue Wed Thu Fri Mon Tue"),
        ("0 7 * * 0", "Sun Sun"),
        ("0 7 * * 7", "Sun Sun"),
        ("0 7 * * 5-7", "Fri Sat Sun Fri Sat Sun"),
        ("0 7 * * mon,Wed", "Mon Wed Mon"),
        ("0 7 * * */3", "Wed Sat Sun Wed Sat Sun"),
        ("0 7 * * *", "Mon Tue Wed Thu Fri Sat Sun Mon Tue Wed Thu Fri Sat Sun"),
    ],
)
def test_days_of_the_week_are_those_of_cron(line: str, days: str) -> None:
    """Sunday is 0 and 7; a library that counts from Monday would be a day off."""
    found = [f"{time:%a}" for time in times(line, local("2026-06-01T00:00"), local("2026-06-15T00:00"))]
    assert " ".join(found)[: len(days)] == days


def test_a_day_of_the_month_or_of_the_week_will_do() -> None:
    """Where a cron line restricts both, crontab(5) says that either counts."""
    found = times("0 7 3 * 1", local("2026-06-01T00:00"), local("2026-06-09T00:00"))
    assert clocks(found) == ["01 07:00", "03 07:00", "08 07:00"]


@pytest.mark.parametrize("line", ["0 0 30 2 *", "0 0 31 4,6 *"])
def test_a_day_that_never_comes_is_refused(line: str) -> None:
    """A schedule without a next time would be silence."""
    with pytest.raises(ValueError, match="never comes"):
        read_schedule(line)


def test_a_clock_time_stays_what_it_is_over_a_change_of_clocks() -> None:
    """Seven in the morning is seven in the morning."""
    found = times("0 7 * * *", local("2026-03-28T00:00"), local("2026-03-31T00:00"))
    assert clocks(found) == ["28 07:00", "29 07:00", "30 07:00"]


def test_a_clock_time_that_a_night_lacks_is_not_lost() -> None:
    """On 29 March there is no half past two; the run comes when it would have been."""
    found = times("30 2 * * *", local("2026-03-28T00:00"), local("2026-03-31T00:00"))
    assert [f"{time.astimezone(UTC):%d %H:%M}" for time in found] == ["28 01:30", "29 01:30", "30 00:30"]


@given(
    st.sampled_from(
        ["every 1m", "every 6h", "every 2d", "0 7 * * 1-5", "*/15 * * * *", "30 2 * * *", "0 0 1 1 *"]
    ),
    st.datetimes(LOW, HIGH),
)
@example("30 2 * * *", datetime.fromisoformat("2027-10-30T01:00"))
def test_jitter_only_delays_and_by_little(schedule: str, start: datetime) -> None:
    """No run comes earlier than its time, and none is lost or doubled by the delay."""
    begin = start.replace(tzinfo=UTC)
    plain, jittered = (trigger(schedule, BERLIN, begin, jitter=j) for j in (False, True))
    exact = plain.get_next_fire_time(begin, begin)
    late = jittered.get_next_fire_time(begin, begin)
    assert exact is not None
    assert late is not None
    assert timedelta(0) <= late - exact <= timedelta(seconds=JITTER)
    following, after = plain.get_next_fire_time(exact, exact), jittered.get_next_fire_time(late, late)
    assert following is not None
    assert after is not None
    assert after > late
    assert after >= following - timedelta(microseconds=1)


@pytest.mark.parametrize("schedule", ["30 2 * * *", "*/10 * * * *", "every 1h"])
def test_jitter_does_not_go_round_in_the_hour_that_comes_twice(schedule: str) -> None:
    """On 25 October: a time that a schedule gives is never before the one it gave last, whatever chance adds."""
    end = local("2026-10-26T00:00").astimezone(UTC)
    exact, late = (
        times(schedule, local("2026-10-25T00:00").astimezone(UTC), end, jitter=jitter)
        for jitter in (False, True)
    )
    moments = [moment.astimezone(UTC) for moment in late]
    assert moments == sorted(moments)
    assert 0 < len(late) <= len(exact)


@pytest.mark.parametrize("schedule", ["every 1m", "*/5 * * * *", "0 7 3 * 1"])
def test_what_was_missed_is_passed_over(schedule: str) -> None:
    """A computer without a clock of its own wakes up in 1970: to count all runs since then would take minutes."""
    start, now = local("1970-01-01T00:00"), local("2026-06-01T00:00:01")
    following = trigger(schedule, BERLIN, start, jitter=False).get_next_fire_time(start, now)
    assert following is not None
    assert now <= following <= now + timedelta(days=7)


@pytest.fixture
def computer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Let the computer be in another time zone."""

    def move(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield move
    monkeypatch.undo()
    time.tzset()


def test_a_time_zone_may_be_a_rule(computer: Callable[[str], None]) -> None:
    """As POSIX has it, and as small systems without the time zone database set it."""
    computer("CET-1CEST,M3.5.0,M10.5.0/3")
    when = trigger("0 7 * * *", zone(None), local("2026-03-28T00:00"), jitter=False)
    start = local("2026-03-28T00:00")
    first = when.get_next_fire_time(None, start)
    assert first == local("2026-03-28T07:00")
    assert when.get_next_fire_time(first, first) == local("2026-03-29T07:00")
    for rule, offset in (("UTC0", 0), ("<+0330>-3:30", 210), ("EST5EDT", -240)):
        computer(rule)
        assert start.astimezone(zone(None)).utcoffset() == timedelta(minutes=offset)


@pytest.mark.parametrize("name", ["Nowhere/Foo", "/no/such/file", "\xe9t\xe9"])
def test_a_time_zone_that_nobody_knows_is_told(computer: Callable[[str], None], name: str) -> None:
    """A daemon that can't tell when seven o'clock is says so; a name in the configuration helps."""
    computer(name)
    with pytest.raises(ConfigError, match="time zone"):
        zone(None)
    assert zone("Europe/Berlin") == BERLIN


FIELDS = [
    st.one_of(st.just("*"), st.integers(low, high).map(str), st.builds("*/{}".format, st.integers(1, high)))
    for low, high in ((0, 59), (0, 23), (1, 29), (1, 12), (0, 7))
]


@given(st.tuples(*FIELDS).map(" ".join))
def test_every_cron_line_that_the_configuration_takes_has_a_next_time(line: str) -> None:
    """What is accepted in the file must not fail in the night."""
    start = local("2026-06-01T00:00")
    found = trigger(read_schedule(line), BERLIN, start, jitter=False).get_next_fire_time(start, start)
    assert found is not None
    assert found > start


def test_times_that_come_soon_can_come_now() -> None:
    """Of those that are meant; each comes again when its schedule says so, and not twice."""
    timetable = Timetable(BERLIN, lambda _name: None)
    timetable.start()
    try:
        for name, schedule in (("soon", "every 10m"), ("other", "every 10m"), ("later", "every 6h")):
            timetable.put(name, schedule, jitter=False)
        before = timetable.next("soon")
        assert timetable.forward({"soon", "later"}, timedelta(minutes=15)) == ["soon"]
        after = timetable.next("soon")
        assert before is not None
        assert after is not None
        assert timedelta(minutes=9) < after - before < timedelta(minutes=11)
        assert timetable.forward({"soon"}, timedelta(minutes=15)) == []
    finally:
        timetable.stop()


def test_over_a_day_profiles_of_one_service_come_together() -> None:
    """Those whose times lie within a quarter of an hour come at one time, each as often as its schedule says."""
    often = {f"interval {number}": ("every 6h", 3) for number in range(20)}
    often |= {f"line {number}": ("0 */6 * * *", 4) for number in range(10)}
    often |= {f"night {number}": ("30 2 * * *", 1) for number in range(5)}
    fell_due: queue.SimpleQueue[str] = queue.SimpleQueue()
    timetable = Timetable(BERLIN, fell_due.put)
    occasions: list[list[str]] = []
    # Each comes up to five minutes late, and intervals begin ten minutes before the hours of the lines.
    start = local("2026-06-01T05:50")
    with time_machine.travel(start, tick=False) as clock:
        timetable.start()
        try:
            for name, (schedule, _) in often.items():
                timetable.put(name, read_schedule(schedule), jitter=True)
            while (soonest := timetable.soonest() or start) < start + timedelta(hours=23, minutes=30):
                clock.move_to(soonest + timedelta(seconds=1))
                timetable.look()
                until(lambda soonest=soonest: (timetable.soonest() or start) > soonest + timedelta(seconds=1))  # type: ignore[misc]
                came = [fell_due.get() for _ in range(fell_due.qsize())]
                occasions.append([*came, *timetable.forward(often.keys() - set(came), SOON)])
        finally:
            timetable.stop()
    assert len(occasions) == 5
    assert Counter(name for came in occasions for name in came) == {name: n for name, (_, n) in often.items()}
