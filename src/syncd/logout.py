"""Signing out of a library: takes its key away from where `login` puts keys, and on request from the server.

The configuration stays as it is, so that everything else in it goes on working.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncd.config import keep
from syncd.errors import ConfigError
from syncd.login import Target, account
from syncd.zotero.rights import keys_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncd.clock import Clock
    from syncd.config import Config, Library

WITHDRAW = "To take the permission back, look into Zotero's Settings > syncd."


def sign_out(config: Config, name: str | None, env: Mapping[str, str], clock: Clock, *, revoke: bool) -> str:
    """Take a library's key away, and on request let the server forget it.

    Returns:
        what was done, in a sentence.

    Raises:
        ConfigError: the key is not syncd's to take away.
        LibraryError: the server could not be told; nothing was taken away.
    """
    library = config.library(name)
    if library.key is None or library.root is None:
        raise ConfigError([f"library {library.name!r} has no key"])
    if library.type == "desktop" and revoke:
        raise ConfigError(
            [f"library {library.name!r}: Zotero takes no word about keys from outside"], hint=WITHDRAW
        )
    if not revoke or library.key.file or library.key.keyring:
        _check_not_shared(config, library)
    done = "It still exists on the server: delete it at " + keys_page(library.root)
    if library.type == "desktop":
        done = WITHDRAW.removesuffix(".")
    if revoke:
        key = library.resolve_key(env) or ""
        there = Target(library.name, library.type, library.id, library.root)
        with account(there, clock) as server:
            known = server.revoke(key)
        done = "The server has deleted it" if known else "The server did not know it any longer"
    if revoke and not library.key.file and not library.key.keyring:
        return f"{done}. Take it out of the {library.key} too."
    found = keep.forget(library.key, library.name)
    taken = "was taken out of" if found else "was not in"
    return f"The key of library {library.name!r} {taken} the {library.key}. {done}."


def _check_not_shared(config: Config, library: Library) -> None:
    if library.key is None or library.key.file is None:
        return
    others = [n for n, other in config.libraries.items() if n != library.name and other.key == library.key]
    if others:
        raise ConfigError(
            [f"the {library.key} is the key of library {others[0]!r} too"],
            hint="Remove it by hand if neither shall be used any longer.",
        )
