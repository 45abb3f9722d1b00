"""Whose turn it is to be read, and what is pushed together."""

from __future__ import annotations

import pytest

from syncd.config import Config
from syncd.config.model import Library, ProfileConfig
from syncd.daemon.looks import AT_ONE_PLACE, LINGER, READERS, TOGETHER, Queues
from syncd.daemon.work import Waiting
from syncd.engine.gather import Job
from syncd.engine.run import Reading

SETTINGS = Config()
NOW = 100.0


def read(queues: Queues, *names: str, library: str = "main", config: Config = SETTINGS) -> None:
    """Let profiles be read, one after the other."""
    for name in names:
        queues.reads(name, library, "pages")
        job = Job(name, f"{name}.txt", ProfileConfig(source=f"{name}.txt"), Library(type="embedded"))
        queues.was_read(name, Waiting(name, frozenset({"start"}), "a-run", config, Reading((job,))), NOW)


def pushed(queues: Queues, now: float = NOW) -> list[tuple[str, list[str]]]:
    """Return what is to be pushed now: libraries, and the names of profiles."""
    return [(library, [one.profile for one in batch]) for library, batch in queues.batches(now)]


def test_what_is_due_together_is_pushed_together() -> None:
    """Whoever is read while others of the library still are waits for them, and comes in the same run."""
    queues = Queues()
    queues.reads("slow", "main", "pages")
    read(queues, "ann", "bo")
    assert pushed(queues) == []
    queues.was_read("slow", None, NOW)
    assert pushed(queues) == [("main", ["ann", "bo"])]
    assert pushed(queues) == []


def test_nobody_waits_long_for_one_who_is_slow() -> None:
    """After a second those that were read go, and the loop is told when that is."""
    queues = Queues()
    queues.reads("slow", "main", "pages")
    read(queues, "ann")
    assert pushed(queues, NOW + LINGER / 2) == []
    assert queues.patience(NOW + LINGER / 2) == pytest.approx(LINGER / 2)
    assert pushed(queues, NOW + LINGER) == [("main", ["ann"])]
    assert queues.patience(NOW) is None


def test_one_library_does_not_wait_for_another() -> None:
    """Neither while it is read nor while it is pushed to."""
    queues = Queues()
    queues.reads("slow", "main", "pages")
    read(queues, "bo", library="other")
    assert pushed(queues) == [("other", ["bo"])]
    queues.was_read("slow", None, NOW)
    read(queues, "ann")
    assert pushed(queues) == [("main", ["ann"])]


def test_a_library_is_pushed_to_by_one_run_at_a_time() -> None:
    """What is read meanwhile comes next, all of it."""
    queues = Queues()
    read(queues, "ann")
    assert pushed(queues) == [("main", ["ann"])]
    read(queues, "bo", "cy")
    assert pushed(queues, NOW + 2 * LINGER) == []
    assert queues.patience(NOW) is None
    assert not queues.is_idle("main")
    queues.pushed("main")
    assert pushed(queues) == [("main", ["bo", "cy"])]
    queues.pushed("main")
    assert queues.is_idle("main")


def test_profiles_of_two_configurations_are_not_pushed_together() -> None:
    """Each run goes by the settings that its profiles were read by."""
    queues = Queues()
    read(queues, "ann")
    read(queues, "bo", config=Config())
    assert pushed(queues) == [("main", ["ann"])]
    queues.pushed("main")
    assert pushed(queues) == [("main", ["bo"])]


def test_a_run_and_what_waits_for_it_are_bounded() -> None:
    """A thousand profiles are read as fast as their library takes them, so that they don't fill the memory."""
    queues = Queues()
    read(queues, *(f"p{number}" for number in range(TOGETHER + 1)))
    assert not queues.has_room("main", "pages")
    assert queues.has_room("other", "pages")
    ((_, batch),) = pushed(queues)
    assert len(batch) == TOGETHER
    assert queues.has_room("main", "pages")


def test_a_place_that_hangs_takes_not_all_readers() -> None:
    """Only so many are read at one place, and only so many at all."""
    queues = Queues()
    for number in range(AT_ONE_PLACE):
        queues.reads(f"slow {number}", "main", "example.org")
    assert not queues.has_room("main", "example.org")
    assert queues.has_room("main", "pages")
    for number in range(READERS - AT_ONE_PLACE):
        queues.reads(f"other {number}", "main", f"host {number}")
    assert not queues.has_room("main", "pages")
    assert queues.is_full
    queues.was_read("slow 0", None, NOW)
    assert queues.has_room("main", "example.org")
