"""The machine of `machine.py` with Zotero on the desktop and the library online in turn, of one and the same library.

The first desk writes through the plugin, the second one online, each with a state of its own. Zotero's user signs in
at some time, until when the library has another name on the desktop.
"""

from __future__ import annotations

from hypothesis.stateful import precondition, rule

from desk import Desk, Zotero
from desktops import DesktopDesk, Program
from doubles import DesktopLibrary, FaultyLibrary
from machine import Sync, all_kinds, exercised
from plugins import DoublePlugin

USER = 1


class InTurn(Sync):
    """One history."""

    def serve(self) -> None:
        """Let a Zotero run whose library is served online as well, and give its owner a desk at it."""
        path = self.root / "zotero.sqlite"
        self.zotero = Zotero(FaultyLibrary(path, clock=self.clock.now).start())
        local = DesktopLibrary(path, clock=self.clock.now, faults=self.trouble).start()
        self.program = Program(local, self.trouble)
        self.plugin = DoublePlugin(self.program)
        self.plugin.install(paired=True)
        self.desk = DesktopDesk(self.root / "desk", self.zotero, self.clock, program=self.program)

    def another(self) -> Desk:
        """Return a desk of the same user online; by then they have signed in."""
        self.sign_in()
        folder = self.root / "second"
        folder.mkdir()
        return Desk(folder, self.zotero, self.clock)

    @precondition(lambda self: self.plugin.plugin.user is None)
    @rule()
    def sign_in(self) -> None:
        """The user signs in to Zotero's sync."""
        exercised["signed in"] += 1
        self.plugin.sign_in(USER)

    def quiet_reads(self) -> int:
        """Return how many requests tell that nothing is new: the plugin and its session, what changed."""
        return 3

    def teardown(self) -> None:
        """Take the library down."""
        if hasattr(self, "program"):
            self.program.server.stop()
        super().teardown()


def kinds_in_turn() -> set[str]:
    """Return everything that a run of this machine must have met."""
    return all_kinds() | {"signed in"}
