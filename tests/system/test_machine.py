"""The machine of `machine.py`, run: every act with faults in turn, then random histories (`make soak` for more)."""

from __future__ import annotations

import os
from itertools import cycle, zip_longest

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from plugin_machine import ThroughPlugin, kinds_through_plugin

from machine import ACTS, FAULTS, Sync, all_kinds, exercised
from turn_machine import InTurn, kinds_in_turn

HISTORIES = int(os.environ.get("SYNCD_HISTORIES", "12"))
# The rules are the same through the plugin, and most of what can go wrong was met online.
DESKTOP_HISTORIES = max(5, HISTORIES // 4)


def play_all(machine: type[Sync]) -> None:
    """Play each act of the user's, two a history, and each fault."""
    faults = cycle(FAULTS)
    acts = list(ACTS)
    for first, second in zip_longest(acts[::2], acts[1::2], fillvalue=acts[0]):
        play((first, second), (next(faults), next(faults)), machine)


def play(acts: tuple[str, str], faults: tuple[str, str], machine: type[Sync]) -> None:
    """Play two acts of the user's between pushes: with faults, with a change at the source, with the state lost.

    Each is done to a paper of one profile and, later, to one of both, or the other way round.
    """
    history = machine()
    history.begin()
    try:
        history.push_all()
        history.back_up_state()
        history.user(2, "own copy")
        for number, act in enumerate(acts):
            history.user(number, "trash" if act in {"untrash", "erase"} else act)
            history.user(number, act)
        history.list_paper("ann", 0, 1, linked=True)
        history.list_paper("bo", 2, 0, linked=True)
        history.push((), None, 0, "POST")
        # What was edited rests no longer, so that there is something to write.
        history.days_pass()
        history.push((), faults[0], 0, "POST")
        history.list_paper("ann", 1, 1, linked=True)
        history.list_paper("bo", 2, 1, linked=True)
        history.push((), faults[1], 0, "POST")
        history.push_all()
        history.second_push()
        history.reword("bo", 1)
        history.move_year(0, 2025)
        history.push_all()
        history.trash_collection("bo")
        history.change_on_both_sides(1, 2)
        history.push_all()
        history.restore_collection("bo")
        history.restore_state()
        history.push_all()
        for number, act in enumerate(reversed(acts)):
            history.user(number, act)
        history.lose_state()
        history.push_all()
    finally:
        history.teardown()


def test_every_history_keeps_the_promise() -> None:
    """No duplicate, no lost edit, nothing resurrected, nothing missing; and every kind of event was met."""
    exercised.clear()
    play_all(Sync)
    run_state_machine_as_test(Sync, settings=chosen(HISTORIES))
    assert all_kinds() <= exercised.keys(), sorted(all_kinds() - exercised.keys())


def test_every_history_keeps_the_promise_through_the_plugin() -> None:
    """The same over the plugin's JavaScript, which begins to count anew now and then."""
    exercised.clear()
    play_all(ThroughPlugin)
    run_state_machine_as_test(ThroughPlugin, settings=chosen(DESKTOP_HISTORIES))
    assert kinds_through_plugin() <= exercised.keys(), sorted(kinds_through_plugin() - exercised.keys())


def test_every_history_keeps_the_promise_on_the_desktop_and_online_in_turn() -> None:
    """The same library under two names, each with a state of its own."""
    exercised.clear()
    play_all(InTurn)
    run_state_machine_as_test(InTurn, settings=chosen(DESKTOP_HISTORIES))
    assert kinds_in_turn() <= exercised.keys(), sorted(kinds_in_turn() - exercised.keys())


def chosen(histories: int) -> settings:
    """Return how many histories are played, and how long they are."""
    return settings(
        max_examples=histories,
        phases=[Phase.explicit, Phase.generate],
        stateful_step_count=40,
        deadline=None,
        derandomize="SYNCD_HISTORIES" not in os.environ,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
