"""What ten thousand profiles cost that are pages on the disk: loading, idling, memory, status, and one that changes.

To push all of them first takes many minutes, and is no part of these figures: syncd remembers that it did, and most of
them rest when the daemon starts. What it watches, schedules, remembers and shows is all of them.
"""

from __future__ import annotations

import os
import statistics
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from check_profiles import LEAST, MOST_MEGABYTES, MOST_SECONDS_TO_LOAD, Plain, at_rest, cpu, peak

from authors import identifier, title
from background import until, write
from clocks import FakeClock
from desk import Desk, Zotero
from doubles import FaultyLibrary
from syncd.config import load
from syncd.engine.status import Resting
from syncd.state.libraries import remembered
from syncd.sync.action import PlannedProfile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MANY = int(os.environ.get("SYNCD_MANY", "10000"))
AWAKE = 100
CHANGES = 5
MOST_SECONDS_TO_PUSH = 2.0
MOST_SECONDS_OF_STATUS = 1.5


def page(folder: Path, number: int) -> Path:
    """Return where a profile's page is."""
    return folder / "pages" / f"p{number}.txt"


def let_rest(desk: Desk, names: Sequence[str]) -> None:
    """Remember of all profiles that they were pushed, and let these rest."""
    config = load(desk.folder / "config.toml", desk.env)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with remembered(config.library(None), desk.data, desk.clock) as state, state.writing() as connection:
        for name, profile in config.profiles.items():
            planned = PlannedProfile(name, f"Author {name}", profile.source, "0", "", 1, 1)
            state.profiles.put(connection, "a-run", planned, now)
    with Resting(desk.data, desk.clock) as resting:
        resting.pause(names)


def loading(desk: Desk, profiles: str) -> float:
    """Return the seconds of CPU that a configuration with these profiles takes to load."""
    desk.configure()
    settings = desk.folder / "config.toml"
    library = settings.read_text(encoding="utf-8").partition("[profiles.ann]")[0]
    settings.write_text(library + profiles, encoding="utf-8")
    begin = time.process_time()
    assert len(load(settings, desk.env).profiles) == MANY
    return time.process_time() - begin


def test_ten_thousand_pages(tmp_path: Path) -> None:
    """Print the figures, and hold them against what is promised."""
    folder = tmp_path / "user"
    (folder / "pages").mkdir(parents=True)
    for number in range(MANY):
        write(page(folder, number), title(f"{number}"), name=f"Author {number}")
    rows = "".join(f"Author {n},openalex:{identifier(n)},2020,2026-05\n" for n in range(MANY))
    (folder / "people.csv").write_text(f"name,id,from,to\n{rows}", encoding="utf-8")
    pages = "".join(f'[profiles.p{n}]\nsource = "pages/p{n}.txt"\n' for n in range(MANY))
    with FaultyLibrary(tmp_path / "zotero.sqlite") as server:
        desk = Desk(folder, Zotero(server), FakeClock())
        listed = loading(desk, '[groups.lab]\nmembers = "people.csv"\ncollection = "Lab/{name}"\n')
        single = loading(desk, pages)
        desk.data.create()
        let_rest(desk, [f"p{n}" for n in range(AWAKE, MANY)])
        begin = time.monotonic()
        daemon = Plain(desk)
        until(lambda: daemon.logged("syncd is at work"), seconds=300)
        with daemon:
            until(lambda: daemon.text.count('"why"') >= AWAKE, seconds=300, but=lambda: daemon.text[-2000:])
            starting = time.monotonic() - begin
            rest = at_rest(daemon)
            begin_cpu, pushed = cpu(daemon), []
            for number in range(CHANGES):
                new = title(f"news {number}")
                begin = time.monotonic()
                write(page(folder, number), new, title(f"{number}"), name=f"Author {number}")
                until(lambda new=new: new in daemon.text, seconds=60)  # type: ignore[misc]
                pushed.append(time.monotonic() - begin)
            of_change = (cpu(daemon) - begin_cpu) / CHANGES
            memory = peak(daemon)
            begin, begin_cpu = time.monotonic(), os.times().children_user
            shown = desk.afresh("status").out.splitlines()
            status, status_cpu = time.monotonic() - begin, os.times().children_user - begin_cpu
            assert len(desk.afresh("status", "--json").json["profiles"]) == MANY
    print(  # noqa: T201 - the figures are what this is for
        "",
        "profiles  loading  of a list  until the first are looked at  at rest  peak memory",
        f"{MANY:>8}{single:>7.2f} s{listed:>9.2f} s{starting:>28.1f} s{rest:>9.2%}{memory:>10.0f} MB",
        "one changed page, saved to pushed: "
        f"{statistics.median(pushed):.2f} s (at most {max(pushed):.2f}), CPU {of_change:.2f} s",
        f"syncd status: {status:.2f} s, {status_cpu:.2f} s of CPU, {len(shown)} lines",
        sep="\n",
    )
    assert max(single, listed) < MOST_SECONDS_TO_LOAD
    assert rest < LEAST
    assert memory < MOST_MEGABYTES
    assert statistics.median(pushed) < MOST_SECONDS_TO_PUSH
    assert len(shown) < 80
    assert status_cpu < MOST_SECONDS_OF_STATUS
