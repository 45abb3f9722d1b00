"""How an installed service stands. Nothing is asked here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Standing:
    """A service that is installed.

    Attributes:
        timer: it is a push now and then, not the daemon.
        files: what was written for it.
        command: what it starts; empty where the file does not tell.
        enabled: it comes back when the computer, or the user's session, starts anew.
        state: the service manager's word for how it is: "active" is well, "failed" is not.
        left_out: settings that would shut it in further, and that this computer does not grant a user's services.
    """

    timer: bool
    files: tuple[Path, ...]
    command: tuple[str, ...]
    enabled: bool
    state: str
    left_out: tuple[str, ...] = ()

    @property
    def active(self) -> bool:
        """Whether the daemon runs, or the timer waits for its hour."""
        return self.state == "active"
