"""Zotero on the desktop over real HTTP, and a desk whose library it is.

Its owner is served from the same file by a server of their own, as the windows of the client show it: what they
do there does not go through the plugin.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from desk import Desk, Trouble

if TYPE_CHECKING:
    from doubles import DesktopLibrary

CONFIG = """
[libraries.main]
type = "desktop"
key = {{ env = "TEST_KEY" }}
endpoint = "{url}"

[profiles.ann]
source = "page.txt"
captured = 2026-06-01
"""


@dataclass
class Program:
    """A Zotero that runs: its server, and what goes wrong there."""

    server: DesktopLibrary
    trouble: Trouble = field(default_factory=Trouble)

    def close(self) -> None:
        """Close the program."""
        self.server.port = int(self.server.url.rpartition(":")[2])
        self.server.stop()

    def open(self) -> None:
        """Start it again."""
        self.server.start()

    def posts(self) -> int:
        """Return how often something was written."""
        return sum(method == "POST" for method, _ in self.server.requests)


@dataclass
class DesktopDesk(Desk):
    """A desk whose library is Zotero on the desktop. Its `zotero` is what the owner sees."""

    program: Program = field(kw_only=True)

    @property
    def env(self) -> dict[str, str]:
        """The environment of a command."""
        return super().env | {"TEST_KEY": self.program.server.key}

    def configure(self, extra: str = "") -> None:
        """Write the configuration."""
        text = CONFIG.format(url=self.program.server.url) + extra
        (self.folder / "config.toml").write_text(text, encoding="utf-8")
