"""What SQLAlchemy makes of syncd's statements, made once for all forks of a process that has imported syncd already.

It takes longer than all the rest of a push of three papers, and a fork would make each of them anew.
"""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path

from builders import intake, paper
from clocks import FakeClock
from syncd.state.excerpt import excerpt
from syncd.state.state import State
from syncd.state.store import Store


def make() -> None:
    """Plan three papers beside a database of nothing, which is gone afterwards."""
    papers = [paper(f"Title {number}", "Ann Lee") for number in range(3)]
    with tempfile.TemporaryDirectory() as folder, closing(Store.at(Path(folder) / "s.sqlite")) as store:
        state = State(store, "https://example.org", "users/1", FakeClock())
        with excerpt(state, ("users/1", "users/0")) as part:
            for some in (papers[:1], papers):
                part.plan([intake(*some, name="ann")])
            part.memory()
