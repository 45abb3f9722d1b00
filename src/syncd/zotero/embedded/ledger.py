"""Versions of a library as syncd's plugin counts them: one for all that changed between two looks.

It is told what the library holds and never looks itself. What is gone stays known for good.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["items", "collections"]
KINDS: tuple[Kind, ...] = ("items", "collections")


class Ledger:
    """The ledger of one library, kept in memory.

    Attributes:
        version: the newest one.
        known: by kind and key, the version of each object and the print that it had then.
        deleted: by kind and key, the version in which an object went.
    """

    def __init__(self) -> None:
        self.version = 0
        self.known: dict[Kind, dict[str, tuple[int, str]]] = {kind: {} for kind in KINDS}
        self.deleted: dict[Kind, dict[str, int]] = {kind: {} for kind in KINDS}

    def catch_up(self, held: Mapping[Kind, Mapping[str, str]]) -> None:
        """Compare with what the library holds now.

        Args:
            held: by kind and key, a print that moves with every change of an object.
        """
        following, changed = self.version + 1, False
        for kind in KINDS:
            known = self.known[kind]
            for key, mark in held[kind].items():
                if key not in known or known[key][1] != mark:
                    known[key] = (following, mark)
                    self.deleted[kind].pop(key, None)
                    changed = True
            for key in known.keys() - held[kind].keys():
                del known[key]
                self.deleted[kind][key] = following
                changed = True
        self.version += changed

    def since(self, version: int, kind: Kind) -> list[str]:
        """Return the keys of what changed after a version."""
        return [key for key, (at, _) in self.known[kind].items() if at > version]

    def gone(self, version: int, kind: Kind) -> list[str]:
        """Return the keys of what went after a version."""
        return [key for key, at in self.deleted[kind].items() if at > version]
