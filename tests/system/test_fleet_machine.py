"""The machine of `fleet_machine.py`, run: a few rounds in each `make test`, more with `make soak-fleet`."""

from __future__ import annotations

import os
import secrets
import time
from typing import TYPE_CHECKING

from fleet_machine import FleetMachine

if TYPE_CHECKING:
    from postgres import Postgres

ROUNDS = int(os.environ.get("SYNCD_FLEET_ROUNDS", "1"))
SHELVES = int(os.environ.get("SYNCD_FLEET_LIBRARIES", "3"))


def test_a_fleet_keeps_the_promise(postgres: Postgres) -> None:
    """No duplicate, no lost edit, nothing resurrected, nothing missing, whatever happens to workers and database."""
    soak = "SYNCD_FLEET_ROUNDS" in os.environ
    seed = int(os.environ.get("SYNCD_FLEET_SEED", secrets.randbits(32) if soak else 1))
    _say(f"\nseed {seed}")
    began = time.monotonic()
    with FleetMachine(postgres, seed, SHELVES) as fleet:
        for number in range(ROUNDS):
            fleet.round()
            if soak:
                _say(f"round {number + 1} after {time.monotonic() - began:.0f} s")
        for what, count in sorted(fleet.counts.items()):
            _say(f"{count:6} {what}")
    assert fleet.counts["histories"] == ROUNDS * SHELVES


def _say(words: str) -> None:
    print(words, flush=True)  # noqa: T201 - the figures, for those who ask for them with -s
