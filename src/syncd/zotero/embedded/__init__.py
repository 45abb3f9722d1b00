"""A Zotero Web API v3 server on SQLite: the library of those who have no other.

It speaks real HTTP and follows the recorded behaviour of the real server; what it does not know it refuses
by name. Importing this package is cheap: the server is loaded when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from syncd.zotero.embedded.accounts import Accounts, Grant
    from syncd.zotero.embedded.server import EmbeddedLibrary

__all__ = ["Accounts", "EmbeddedLibrary", "Grant"]

_HOMES = {"Accounts": "accounts", "EmbeddedLibrary": "server", "Grant": "accounts"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
