"""The embedded library in the part of Zotero on the desktop: the local API on a library of its own.

For tests of syncd, and for trying it out without Zotero. What the user does in Zotero's windows (the settings,
the answer to a request for a key) is done here by whoever serves it.
"""

from __future__ import annotations

import secrets
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

from .local import PREFIX, ROOT, SERVER_ID
from .representation import Address
from .server import EmbeddedLibrary

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from .exchange import Served
    from .plugin import Plugin

Consent = Literal["always", "once", "deny"]
MOST_PROMPTS = 5
_PROMPTS_FOR = timedelta(minutes=1)


@dataclass(slots=True)
class Desktop:
    """A Zotero on the desktop: its settings, and the keys that its user gave.

    Attributes:
        server_id: of its database.
        consent: asked with a program's name; gives the user's answer, and may take its time.
        enabled: other applications may communicate with it.
        writable: it is Zotero 10 or later; 7 to 9 only answer reads, and have no server id.
        plugin: syncd's plugin, where it is installed.
    """

    server_id: str
    consent: Callable[[str], Consent]
    enabled: bool = True
    writable: bool = True
    plugin: Plugin | None = None
    _kept: set[str] = field(default_factory=set)
    _once: set[str] = field(default_factory=set)
    _prompts: deque[datetime] = field(default_factory=deque)
    _lock: Lock = field(default_factory=Lock)

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers of every answer."""
        return {SERVER_ID: self.server_id} if self.writable else {}

    def phrase(self, status: int) -> str:
        """What stands behind the number in a status line."""
        return "OK" if status == 200 else "undefined"

    def grant(self, key: str = "", *, remember: bool) -> str:
        """Give a key: for good, or for one write."""
        key = key or secrets.token_urlsafe(24)
        (self._kept if remember else self._once).add(key)
        return key

    def revoke(self) -> None:
        """Take all keys back, as the settings offer it."""
        self._kept.clear()
        self._once.clear()

    def spend(self, key: str) -> bool:
        """Whether a key permits a write, which one of two kinds does only once."""
        with self._lock:
            if key in self._once:
                self._once.remove(key)
                return True
            return key in self._kept

    def may_ask(self, now: datetime) -> bool:
        """Whether another question may be shown."""
        with self._lock:
            while self._prompts and now - self._prompts[0] >= _PROMPTS_FOR:
                self._prompts.popleft()
            if len(self._prompts) >= MOST_PROMPTS:
                return False
            self._prompts.append(now)
            return True


class DesktopLibrary(EmbeddedLibrary):
    """A Zotero on the desktop with its library in one SQLite file.

    In the file it is the library "users/1", so that an `EmbeddedLibrary` on the same file shows the same.

    Args:
        path: the file.
        server_id: of the database; a random one unless given.
        consent: the user's answer to a request for a key.
        options: as for `EmbeddedLibrary`.

    Attributes:
        desktop: its settings.
    """

    def __init__(
        self,
        path: Path,
        *,
        server_id: str = "",
        consent: Callable[[str], Consent] = lambda _: "deny",
        **options: Any,
    ) -> None:
        super().__init__(path, **options)
        self.desktop = Desktop(server_id or secrets.token_urlsafe(12), consent)
        self.desktop.grant(self.key, remember=True)

    def served(self) -> Served:
        """What all requests share, once the address is known."""
        address = Address(self.url + ROOT, "/".join(PREFIX), isolates=True)
        return replace(super().served(), address=address, desktop=self.desktop)
