"""Relations of items and collections: which may be sent, and how they are kept.

Pure. A relation leads to another object in Zotero, by its address at zotero.org.
"""

from __future__ import annotations

from typing import Any, Literal

from syncd.text.patterns import pattern

from .refusal import invalid, server_error

_PREDICATES = {
    "item": ("owl:sameAs", "dc:replaces", "dc:relation", "mendeleyDB:documentUUID"),
    "collection": ("owl:sameAs", "mendeleyDB:remoteFolderUUID"),
}
_ADDRESS = pattern(
    r"http://zotero\.org/(?:users|groups)/[0-9]+/(?:publications/)?(items|collections)/[A-Z0-9]{8}",
    hostile=("http://zotero.org/users/", "1", ""),
)
"""Such as http://zotero.org/users/1/items/ABCD2345"""


def check(value: object, kind: Literal["item", "collection"]) -> None:
    """Check the `relations` of an item or a collection.

    Raises:
        RefusalError: they are not valid.
    """
    if value == []:
        return
    if not isinstance(value, dict):
        raise invalid("'relations' property must be an object")
    for predicate, targets in value.items():
        if predicate not in _PREDICATES[kind]:
            raise invalid(f"Unsupported predicate '{predicate}'")
        for target in targets if isinstance(targets, list) else [targets]:
            if not isinstance(target, str):
                raise server_error()
            found = _ADDRESS.fullmatch(target)
            if not predicate.startswith("mendeleyDB:") and (not found or found[1] != f"{kind}s"):
                raise invalid(f"'relations' values currently must be Zotero {kind} URIs")


def kept(value: Any) -> dict[str, Any]:
    """Relations as they are kept: one target plain, several as a list, none not at all."""
    relations: dict[str, Any] = {}
    for predicate, targets in (value or {}).items():
        several = list(dict.fromkeys(targets)) if isinstance(targets, list) else [targets]
        if several:
            relations[predicate] = several[0] if len(several) == 1 else several
    return relations
