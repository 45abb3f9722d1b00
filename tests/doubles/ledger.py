"""Versions of a library as syncd's plugin counts them: one for all that changed between two looks.

It is told what the library holds and never looks itself. What is gone stays known for good.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

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

    def since(
        self, version: int, limit: int, after: str
    ) -> tuple[dict[Kind, list[str]], dict[Kind, list[str]], str | None]:
        """Return a page of what changed after a version, in the order of versions.

        Args:
            version: the last one that the caller knows.
            limit: objects on the page.
            after: what the page before named as the next; empty for the first.

        Returns:
            by kind, the keys of what changed; by kind, the keys of what went, on the last page; the next page.
        """
        entries = sorted((at, kind, key) for kind in KINDS for key, (at, _) in self.known[kind].items())
        start = after.split("-") if after else ()
        begun = (int(start[0]), start[1], start[2]) if start else (version, "z", "")
        left = [entry for entry in entries if entry > begun and entry[0] > version]
        page = left[:limit]
        following = "-".join(map(str, page[-1])) if len(left) > len(page) else None
        changed = {kind: [key for _, of, key in page if of == kind] for kind in KINDS}
        gone: dict[Kind, list[str]] = {
            kind: [] if following else [key for key, at in self.deleted[kind].items() if at > version]
            for kind in KINDS
        }
        return changed, gone, following
