"""The embedded library in the part of a Zotero on the desktop that has syncd's plugin, or has it not.

For tests of syncd, and for trying it out without Zotero. What the user does in Zotero's windows is done here by
whoever serves it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from email.message import Message
from pathlib import Path
from typing import Any, Self

from syncd.text.patterns import pattern
from syncd.zotero.embedded import plugin
from syncd.zotero.embedded.exchange import TEXT, Answer, Exchange, Served
from syncd.zotero.embedded.objects import Address
from syncd.zotero.embedded.server import EmbeddedLibrary

PREFIX = "users/0"
_BROWSER = pattern(r"^Mozilla/", hostile="M", flags=re.IGNORECASE)


@dataclass(slots=True)
class Desktop:
    """A Zotero on the desktop.

    Attributes:
        plugin: syncd's plugin, where it is installed and on.
    """

    plugin: plugin.Plugin | None = None

    def drops(self, headers: Message[str, str]) -> bool:
        """Whether a request may come from a page in a browser: its connection is closed without a word."""
        browser = "Origin" in headers or bool(_BROWSER.match(headers.get("User-Agent", "")))
        return browser and "Zotero-Allowed-Request" not in headers

    def respond(self, exchange: Exchange) -> Answer:
        """Answer a request: the plugin does, and nothing else is known here."""
        answer = Answer(404, {"Content-Type": TEXT}, b"No endpoint found\n")
        if self.plugin and exchange.request.path.startswith(plugin.ROOT):
            answer = plugin.respond(exchange, self.plugin)
        return replace(answer, headers={"X-Zotero-Version": "11.0", **answer.headers})


class DesktopLibrary(EmbeddedLibrary):
    """A Zotero on the desktop with its library in one SQLite file, and no plugin yet.

    In the file it is the library "users/1", so that an `EmbeddedLibrary` on the same file shows the same.

    Args:
        path: the file.
        options: as for `EmbeddedLibrary`.

    Attributes:
        desktop: which plugin it has.
    """

    def __init__(self, path: Path, **options: Any) -> None:
        super().__init__(path, **{"key": plugin.new_key(), **options})
        self.desktop = Desktop()

    def start(self) -> Self:
        """Start Zotero, and its plugin anew."""
        if self.desktop.plugin:
            self.desktop.plugin.restart()
        return super().start()

    def served(self) -> Served:
        """What all requests share, once the address is known."""
        return replace(super().served(), address=Address(self.url, PREFIX), desktop=self.desktop)
