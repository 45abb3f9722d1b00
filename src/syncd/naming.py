"""Real keys in place of planned ones. Pure.

A plan names what it creates. Where the library gives the keys itself, as Zotero on the desktop does, what the
plan said of those names is put right here, once the answer tells them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from syncd.action import Action
    from syncd.merge import Base

Json = dict[str, Any]
SINGLE = ("key", "parentItem", "parentCollection")


def of_keys(keys: Iterable[str], names: Mapping[str, str]) -> tuple[str, ...]:
    """Return keys, planned ones exchanged.

    >>> of_keys(["AAAA2222", "BBBB2222"], {"AAAA2222": "CCCC2222"})
    ('CCCC2222', 'BBBB2222')
    """
    return tuple(names.get(key, key) for key in keys)


def of_object(data: Json, names: Mapping[str, str]) -> Json:
    """Return an item or a collection with its own key and those that it refers to exchanged."""
    changed: Json = {name: names[data[name]] for name in SINGLE if data.get(name) in names}
    if data.get("collections"):
        changed["collections"] = list(of_keys(data["collections"], names))
    return {**data, **changed}


def of_base(base: Base, names: Mapping[str, str]) -> Base:
    """Return what was written into an item with the keys of its collections exchanged."""
    return replace(base, collections=of_keys(base.collections, names))


def of_action(action: Action, names: Mapping[str, str]) -> Action:
    """Return an action with all planned keys exchanged that are known by now."""
    return replace(
        action,
        key=names.get(action.key, action.key) if action.key else None,
        item=of_object(action.item, names),
        children=tuple(of_object(child, names) for child in action.children),
        base=of_base(action.base, names) if action.base else None,
    )
