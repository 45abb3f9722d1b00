"""Zotero on the desktop whose plugin is installed after syncd has worked through the local API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from owner import NEWS, memory_of, pushes, rests, show
from plugins import ACTS, DoublePlugin, seen, stopped, whole
from syncd.zotero.embedded import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from desktops import DesktopDesk, Zotero10
    from owner import Owner


@pytest.fixture
def before(at_desktop: DesktopDesk) -> DesktopDesk:
    """Give a desk whose papers were pushed through the local API."""
    show(at_desktop)
    assert at_desktop.run().counts["create"] == 3
    return at_desktop


def test_what_is_known_moves_to_the_plugin(before: DesktopDesk) -> None:
    """Nothing is written, nothing is forgotten, and the next correction arrives."""
    version = before.zotero.version()
    DoublePlugin(before.program).install(paired=True)
    assert before.run().counts["unchanged"] == 3
    assert before.zotero.version() == version
    with memory_of(before) as state:
        assert len(state.memory().written) == 3
        assert len(state.history.runs()) == 2
    show(before, alpha=NEWS)
    # At once: what syncd wrote last does not count as the user's edit.
    assert before.run().counts["update"] == 1
    assert before.zotero.papers()["Alpha"]["abstractNote"] == NEWS
    rests(before)


@pytest.mark.parametrize("runs", [0, 1])
@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_what_was_taken_away_before_stays_away(
    before: DesktopDesk, owner: Owner, act: Callable[[Owner], None], runs: int
) -> None:
    """The plugin's log does not have it; syncd has seen it, or sees it when the plugin comes."""
    act(owner)
    left = seen(before)
    for _ in range(runs):
        pushes(before)
    DoublePlugin(before.program).install(paired=True)
    for _ in range(2):
        show(before, alpha=NEWS)
        pushes(before)
        assert seen(before) == left


def test_an_edit_from_before_wins(before: DesktopDesk, owner: Owner) -> None:
    """Made while syncd did not look."""
    owner.edit("Alpha", abstractNote="My own words.")
    DoublePlugin(before.program).install(paired=True)
    show(before, alpha=NEWS)
    pushes(before)
    assert owner.item("Alpha")["abstractNote"] == "My own words."
    rests(before)


@pytest.mark.parametrize("number", range(4))
def test_a_write_whose_answer_was_lost_before_is_found(
    at_desktop: DesktopDesk, program: Zotero10, number: int
) -> None:
    """Zotero gave it keys that syncd does not know yet."""
    show(at_desktop)
    program.trouble.plan("POST", *[lambda _: None] * number, Fault("drop", when="after"))
    program.trouble.plan("GET", *[Fault("drop")] * 99)
    assert at_desktop.run().error is not None
    program.trouble._coming.clear()
    with memory_of(at_desktop) as state:
        assert state.journal.unfinished()
    DoublePlugin(program).install(paired=True)
    assert at_desktop.run().error is None
    whole(at_desktop)
    rests(at_desktop)


def test_a_run_from_before_can_be_undone(before: DesktopDesk) -> None:
    """Its papers are still as syncd wrote them."""
    with memory_of(before) as state:
        run = state.history.runs()[0].name
    DoublePlugin(before.program).install(paired=True)
    before.run()
    assert "3 undone" in before.syncd("undo", run).out
    assert before.zotero.papers() == {}


def test_a_local_api_that_is_off_is_needed_once(before: DesktopDesk, program: Zotero10) -> None:
    """Nothing moves, and nothing is written, until it is certain which Zotero it is."""
    version = before.zotero.version()
    DoublePlugin(before.program).install(paired=True)
    program.server.desktop.enabled = False
    stopped(before.run(), 4, "does not let other programs in", "once more")
    assert before.zotero.version() == version
    program.server.desktop.enabled = True
    assert before.run().counts["unchanged"] == 3
    program.server.desktop.enabled = False
    assert before.run().counts["unchanged"] == 3


def test_the_plugin_of_another_zotero_is_not_pushed_to_unasked(
    before: DesktopDesk, program: Zotero10
) -> None:
    """What is known stays with the Zotero that it was learnt in."""
    version = before.zotero.version()
    DoublePlugin(before.program).install(paired=True)
    program.server.desktop.server_id = "another"
    stopped(before.run(), 8, "another Zotero", "--accept-empty")
    assert before.zotero.version() == version


def test_a_plugin_that_is_not_paired_is_not_used(before: DesktopDesk, program: Zotero10) -> None:
    """The local API goes on."""
    DoublePlugin(program).install(paired=False)
    assert before.run().counts["unchanged"] == 3
    show(before, alpha=NEWS)
    assert pushes(before).counts["update"] == 1
    assert not any(path.startswith("/syncd/v1/push") for _, path in program.server.requests)
