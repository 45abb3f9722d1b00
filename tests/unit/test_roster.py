"""Who may be looked at, and when again after a failure."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.daemon.roster import FIRST, LONGEST, LONGEST_ASKED, REFUSED, Lane, Roster, Setback, delay

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SOON, LATER = timedelta(seconds=1), timedelta(hours=30)
OFFLINE = Setback("no network", library=True, passing=True)
BAD_PAGE = Setback("no page of this kind")
SLOW_SOURCE = Setback("the server is busy", passing=True, asked=600)
REVOKED = Setback("the key is refused", library=True, refused=True)


def roster(*names: str) -> Roster:
    """Give a roster of profiles, all due, with one library for those with the same first letter."""
    made = Roster(chance=lambda: 0.5)
    made.follow({name: name[0] for name in names})
    made.want(names, "start")
    return made


def fail(made: Roster, name: str, trouble: Setback, now: datetime = NOW) -> datetime | None:
    """Let a look at a profile fail."""
    made.begin(name)
    return made.finish(name, trouble, now)


def test_what_is_due_may_go_once() -> None:
    """A look that has begun is not begun again, and what came meanwhile is not lost."""
    made = roster("a1")
    assert made.ready(NOW) == ["a1"]
    made.begin("a1")
    made.want(["a1"], "files")
    assert made.ready(NOW) == []
    made.finish("a1", None, NOW)
    assert made.ready(NOW) == ["a1"]
    assert made.begin("a1") == {"files"}


def test_a_profile_in_trouble_holds_up_no_other() -> None:
    """Its own gate is closed, and that of nobody else."""
    made = roster("a1", "a2")
    again = fail(made, "a1", SLOW_SOURCE)
    assert again is not None
    assert again >= NOW + timedelta(seconds=600)
    assert made.ready(NOW) == ["a2"]
    assert set(made.ready(again)) == {"a1", "a2"}


def test_a_library_in_trouble_holds_up_all_its_profiles_and_no_other_library() -> None:
    """So that a server in trouble is not asked by each of a hundred profiles."""
    made = roster("a1", "a2", "b1")
    again = fail(made, "a1", OFFLINE)
    assert made.ready(NOW + SOON) == ["b1"]
    assert not made.admits("a", NOW + SOON)
    assert again is not None
    assert set(made.ready(again)) == {"a1", "a2", "b1"}


def test_one_success_opens_the_library() -> None:
    """Then all go at once."""
    made = roster("a1", "a2")
    again = fail(made, "a1", OFFLINE) or NOW
    made.begin("a2")
    made.finish("a2", None, again)
    assert made.setback_of("a1") is None
    assert made.ready(again) == ["a1"]


def test_a_library_that_refuses_the_key_is_left_alone_for_a_day() -> None:
    """Schedules and changed files change nothing about that; the user's word does."""
    made = roster("a1")
    assert fail(made, "a1", REVOKED) == NOW + REFUSED
    made.want(["a1"], "schedule")
    made.want(["a1"], "files", at_once=True)
    assert made.ready(NOW + timedelta(hours=23)) == []
    made.lift(["a1"])
    assert made.ready(NOW + SOON) == ["a1"]


def test_a_page_that_is_wrong_waits_for_its_schedule_or_for_a_change() -> None:
    """Trying again soon would not mend it; a changed file may."""
    made = roster("a1")
    assert fail(made, "a1", BAD_PAGE) is None
    assert made.ready(NOW + LATER) == []
    made.want(["a1"], "files", at_once=True)
    assert made.ready(NOW + SOON) == ["a1"]


def test_pausing_holds_back_all_but_what_is_asked_for() -> None:
    """One profile, or all; a user who asks for a look gets it."""
    made = roster("a1", "b1")
    made.paused = frozenset({"a1"})
    assert made.ready(NOW) == ["b1"]
    made.paused = frozenset({""})
    assert made.ready(NOW) == []
    made.want(["a1"], "asked", at_once=True)
    assert made.ready(NOW) == ["a1"]


def test_a_new_configuration_opens_every_gate() -> None:
    """Who changes it has probably mended something."""
    made = roster("a1", "b1")
    fail(made, "a1", REVOKED)
    assert made.follow({"a1": "a", "c1": "c"}) == {"c1"}
    assert made.names() == ["a1", "c1"]
    assert made.ready(NOW + SOON) == ["a1"]


def test_a_profile_that_is_given_up_while_it_runs_is_forgotten() -> None:
    """Its look ends, and that is all."""
    made = roster("a1")
    made.begin("a1")
    made.follow({})
    assert made.finish("a1", OFFLINE, NOW) is None
    assert made.ready(NOW + LATER) == []


def test_a_clock_that_was_set_back_keeps_no_gate_closed() -> None:
    """Who mends a clock that was a year ahead does not wait for a year."""
    made = roster("a1")
    fail(made, "a1", OFFLINE, NOW + timedelta(days=365))
    assert made.ready(NOW) == ["a1"]


def test_the_next_opening_is_the_earliest_that_somebody_waits_for() -> None:
    """The loop sleeps until then."""
    made = roster("a1", "b1")
    first = fail(made, "a1", OFFLINE)
    fail(made, "b1", SLOW_SOURCE)
    assert made.next_opening(NOW) == first
    assert roster("a1").next_opening(NOW) is None


def test_who_was_due_first_goes_first() -> None:
    """Who was looked at goes to the end of the queue, so that nobody is passed over for ever."""
    made = roster("a1", "a2", "a3")
    made.begin("a1")
    made.want(["a1"], "schedule")
    made.finish("a1", None, NOW)
    assert made.ready(NOW) == ["a2", "a3", "a1"]


def test_there_may_be_no_room_for_some() -> None:
    """Those are left out, and stay due."""
    made = roster("a1", "a2", "b1")
    made.sort({"a2": Lane("busy")})
    assert set(made.ready(NOW, Lane())) == {"a1", "b1"}
    assert made.first(NOW, lambda library, lane: library == "a" and lane.place != "busy") == "a1"
    assert made.first(NOW, lambda *_: False) is None
    assert set(made.ready(NOW)) == {"a1", "a2", "b1"}


def test_lanes_take_turns() -> None:
    """A thousand at one place hold up nobody who is elsewhere."""
    made = roster("a1", "a2", "a3", "a4")
    made.sort({"a4": Lane("elsewhere")})
    went = []
    while name := made.first(NOW, lambda *_: True):
        made.begin(name)
        went.append(name)
    assert went == ["a1", "a4", "a2", "a3"]


def test_who_failed_again_or_rests_is_not_let_in_by_what_was_said_before() -> None:
    """Of the times at which somebody's gate was to open, the last one counts."""
    made = roster("a1", "a2")
    fail(made, "a2", SLOW_SOURCE)
    made.paused = frozenset({"a2"})
    first = fail(made, "a1", SLOW_SOURCE)
    made.want(["a1"], "files", at_once=True)
    second = fail(made, "a1", replace(SLOW_SOURCE), NOW + SOON)
    assert first is not None
    assert second is not None
    assert first < second
    assert made.ready(first) == []
    assert made.next_opening(first) == second
    assert made.ready(second) == ["a1"]
    made.paused = frozenset()
    assert set(made.ready(second)) == {"a1", "a2"}


@pytest.mark.parametrize("hold", ["pause", "gate", "room"])
def test_what_may_not_go_costs_nothing(hold: str) -> None:
    """Else a thousand profiles that rest would be gone through each time that anything happens."""
    names = [f"a{number}" for number in range(1000)]
    made = roster(*names, "b1")
    asked: list[Lane] = []
    if hold == "pause":
        made.paused = frozenset(names)
    elif hold == "gate":
        for name in names:
            fail(made, name, SLOW_SOURCE)

    def has_room(library: str, lane: Lane) -> bool:
        asked.append(lane)
        return library == "b"

    steps = 0

    def count(*_: object) -> None:
        nonlocal steps
        steps += 1

    sys.setprofile(count)
    try:
        assert made.first(NOW, has_room) == "b1"
        made.next_opening(NOW)
    finally:
        sys.setprofile(None)
    assert len(asked) <= 2
    assert steps < 100


def test_a_run_that_failed_for_many_is_one_failure_of_their_library() -> None:
    """Else a hundred profiles that met it together would close the library for the longest time at once."""
    made, names = roster("a1", "a2", "a3"), ("a1", "a2", "a3")
    for name in names:
        made.begin(name)
    again = {made.finish(name, OFFLINE, NOW) for name in names}
    assert again == {NOW + delay(1, 0.5)}
    assert made.ready(NOW + SOON) == []
    assert set(made.ready(NOW + delay(1, 0.5))) == set(names)


@given(st.integers(1, 10_000), st.floats(0, 1), st.one_of(st.none(), st.floats(0, 1e9)))
def test_a_delay_grows_within_limits(failures: int, chance: float, asked: float | None) -> None:
    """Never none, never for ever, and never shorter than the server wants, within reason."""
    wait = delay(failures, chance, asked)
    assert wait >= FIRST / 2
    assert wait <= max(LONGEST, LONGEST_ASKED) * 1.5
    if asked is not None:
        assert wait >= min(timedelta(seconds=asked), LONGEST_ASKED)
    assert delay(failures + 1, chance, asked) >= wait


@pytest.mark.parametrize("failures", [1, 2, 5])
def test_two_that_failed_together_do_not_come_back_together(failures: int) -> None:
    """Chance spreads them."""
    assert delay(failures, 0.1) != delay(failures, 0.9)


def test_who_is_followed_anew_waits_for_the_look_under_way() -> None:
    """Two looks at one profile would be one too many."""
    made = roster("a1")
    made.begin("a1")
    made.follow({})
    assert made.running() == ["a1"]
    made.follow({"a1": "a"})
    made.want(["a1"], "start")
    assert made.ready(NOW) == []
    made.finish("a1", None, NOW)
    assert made.ready(NOW) == ["a1"]


def test_only_what_is_tried_again_has_a_time_for_that() -> None:
    """A page that can't be read waits for its schedule, or for somebody who mends it."""
    made = roster("a1", "b1")
    fail(made, "a1", BAD_PAGE)
    again = fail(made, "b1", SLOW_SOURCE)
    assert made.setback_of("a1") == (BAD_PAGE, NOW, None)
    assert made.setback_of("b1") == (SLOW_SOURCE, NOW, again)


def test_those_who_are_asked_about_together_are_tried_again_together() -> None:
    """Spread by chance, each would cost a request of its own."""
    chances = iter((0.1, 0.9, 0.2, 0.8))
    roster = Roster(lambda: next(chances))
    roster.follow({"ann": "main", "bo": "main"})
    for together in (True, False):
        trouble = Setback("the server answered 503", passing=True, together=together)
        times = set()
        for name in ("ann", "bo"):
            roster.want([name], "schedule")
            roster.begin(name)
            times.add(roster.finish(name, trouble, NOW))
        assert len(times) == (1 if together else 2)
