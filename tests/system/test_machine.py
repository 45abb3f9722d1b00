"""The machine of `machine.py`, run: a few dozen histories here, thousands with `make soak`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from machine import Sync, all_kinds, exercised

HISTORIES = int(os.environ.get("SYNCD_HISTORIES", "60"))


def test_every_history_keeps_the_promise() -> None:
    """No duplicate, no lost edit, nothing resurrected, nothing missing; and every kind of event was met."""
    chosen = settings(
        max_examples=HISTORIES,
        stateful_step_count=40,
        deadline=None,
        derandomize="SYNCD_HISTORIES" not in os.environ,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    run_state_machine_as_test(Sync, settings=chosen)
    assert all_kinds() <= exercised.keys(), sorted(all_kinds() - exercised.keys())
