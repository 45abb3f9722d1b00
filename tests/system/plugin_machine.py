"""The machine of `machine.py` over Zotero on the desktop with the plugin's JavaScript in it.

All that holds online holds here. What no plugin can know is left out: what was erased before it counted anew, once
the state is lost too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from hypothesis.stateful import precondition, rule

from desk import Zotero
from desktops import DesktopDesk, Program
from machine import Sync, all_kinds, exercised
from plugin_host import Wire, ZoteroProcess

if TYPE_CHECKING:
    from doubles import DesktopLibrary, FaultyLibrary


class ThroughPlugin(Sync):
    """One history."""

    def serve(self) -> None:
        """Let a Zotero run with the plugin, and give its owner a desk."""
        self.process = ZoteroProcess(self.root, self.clock.now)
        self.wire = Wire(self.process, self.trouble).start()
        self.wire.key = self.process.pair()
        # Only what these have in common is asked for.
        self.zotero = Zotero(cast("FaultyLibrary", self.process))
        program = Program(cast("DesktopLibrary", self.wire), self.trouble)
        self.desk = DesktopDesk(self.root / "desk", self.zotero, self.clock, program=program)
        self.recounted = False

    def another(self) -> None:
        """Return nothing: the plugin knows one syncd here."""

    def quiet_reads(self) -> int:
        """Return how many requests tell that nothing is new: the plugin and its session, what changed."""
        return 3

    @precondition(lambda self: self.desk.data.state.exists())
    @rule()
    def lose_versions(self) -> None:
        """The plugin counts versions anew, and knows of no deletion any more."""
        exercised["versions lost"] += 1
        self.process.do("forget")
        self.recounted = True

    def lose_state(self) -> None:
        """Lose it, where the plugin still knows what was erased."""
        if not self.recounted:
            super().lose_state()

    def restore_state(self) -> None:
        """Put it back, where the plugin still knows what was erased."""
        if not self.recounted:
            super().restore_state()

    def teardown(self) -> None:
        """Take the library down."""
        if hasattr(self, "wire"):
            self.wire.stop()
        super().teardown()


def kinds_through_plugin() -> set[str]:
    """Return everything that a run of this machine must have met."""
    return (all_kinds() | {"versions lost"}) - {"second machine"}
