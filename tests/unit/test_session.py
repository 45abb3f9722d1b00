"""What a run is called."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from syncd.engine.ports import run_name

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)


def test_runs_of_one_second_have_names_of_their_own() -> None:
    """A daemon that is asked again and again begins many at once, in several threads."""
    with ThreadPoolExecutor(4) as threads:
        names = list(threads.map(lambda _: run_name(NOW), range(5_000)))
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("2026-11-24T10:00:00Z-[0-9a-f]{8}", name) for name in names)
