"""What the first push of a process costs, paid once for all forks of one that has imported syncd already.

SQLAlchemy makes syncd's statements, pydantic its readers of answers, and so on. That takes longer than all the rest of
a push of three papers, and each fork would do it anew.
"""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path

from clocks import FakeClock
from desk import Desk, Zotero
from doubles import FaultyLibrary
from pages import entry, page
from syncd.config import load
from syncd.engine.ports import Ports
from syncd.engine.session import noted, opened
from syncd.engine.status import shelf
from syncd.engine.undo import undo
from syncd.state.libraries import remembered

DAY = 86_400
PATIENCE = 60.0


def make() -> None:
    """Push, look and undo in a small world that is gone afterwards, with its threads."""
    clock = FakeClock()
    with tempfile.TemporaryDirectory() as name, FaultyLibrary(Path(name) / "z", clock=clock.now) as server:
        desk = Desk(Path(name), Zotero(server), clock)
        desk.configure()
        desk.zotero.write({"itemType": "preprint", "title": "Beta", "date": "2023"})
        desk.page.write_text(page(entry("Alpha"), entry("Beta"), entry("Gamma")), encoding="utf-8")
        desk.run()
        clock.advance(DAY)
        desk.zotero.edit("Alpha", extra="mine")
        desk.page.write_text(page(entry("Alpha", abstract="New."), entry("Delta")), encoding="utf-8")
        run = desk.run(accept_shrunk=True).run
        _look(desk)
        library = load(desk.folder / "config.toml", desk.env).library()
        ports = Ports(desk.env, desk.data, clock)
        with opened(library, ports, "undo") as session, noted(session, "undo", dict, undoes=run):
            undo(session, run, dry_run=False)
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            # Nobody waits for those that answered requests, which end a moment after their server.
            thread.join(PATIENCE)
    assert threading.active_count() == 1, threading.enumerate()


def _look(desk: Desk) -> None:
    """Ask what commands ask that only look."""
    settings = load(desk.folder / "config.toml", desk.env)
    library = settings.library()
    shelf(library, settings, desk.data, desk.clock, None)
    shelf(library, settings, desk.data, desk.clock, None, 10)
    with remembered(library, desk.data, desk.clock) as state:
        state.facts.years("ann")
        for run in state.history.runs():
            state.history.notes(run.name)
