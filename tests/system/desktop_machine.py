"""The machine of `machine.py` over Zotero on the desktop: the same user, sources, faults and oracle.

What only a deletion log and keys of one's own can promise is left out: that a lost state is made up for.
"""

from __future__ import annotations

from desk import Zotero
from desktops import DesktopDesk, Zotero10
from machine import Sync, all_kinds
from syncd.zotero.embedded import DesktopLibrary, EmbeddedLibrary


class AtDesktop(Sync):
    """One history."""

    def serve(self) -> None:
        """Let a Zotero run, and give its owner a desk."""
        path = self.root / "zotero.sqlite"
        self.zotero = Zotero(EmbeddedLibrary(path, clock=self.clock.now).start())
        local = DesktopLibrary(path, clock=self.clock.now, faults=self.trouble).start()
        self.program = Zotero10(local, self.trouble)
        self.desk = DesktopDesk(self.root / "desk", self.zotero, self.clock, program=self.program)

    def quiet_reads(self) -> int:
        """Return how many requests tell that nothing is new: plugin, Zotero, versions, collections, hidden ones."""
        return 4 + len(self.paused)

    def teardown(self) -> None:
        """Take the library down."""
        if hasattr(self, "program"):
            self.program.server.stop()
        super().teardown()

    # These are no rules here: see docs/desktop.md.

    def lose_state(self) -> None:
        """Keep the state."""

    def back_up_state(self) -> None:
        """Keep the state."""

    def restore_state(self) -> None:
        """Keep the state."""


def kinds_at_desktop() -> set[str]:
    """Return everything that a run of this machine must have met."""
    return all_kinds() - {"state lost", "state restored"}
