"""Checks how settings fit together: a library's type and what it needs, a profile and its library.

They run over the raw tables, not over the model, so that they find their problems even where a setting
elsewhere is malformed and no model could be built. Malformed settings are left to the model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from syncd.config import values
from syncd.config.model import default_library
from syncd.config.problems import MISSING, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Needs(NamedTuple):
    """What a type of library needs and what makes no sense for it."""

    required: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


# Without a key, a library is chosen and nobody has signed in to it yet: `syncd login` adds the key.
NEEDS: dict[str, Needs] = {
    "user": Needs(),
    "group": Needs(required=("id",)),
    "desktop": Needs(refused=("id",)),
    "embedded": Needs(refused=("id", "key", "endpoint")),
}


def cross_check(raw: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what does not fit together in `raw`, the tables as TOML gives them."""
    libraries = _tables(raw, "libraries")
    for name, library in libraries.items():
        yield from _check_library(name, library)
    for name, profile in _tables(raw, "profiles").items():
        yield from _check_reference(name, profile, libraries)


def _check_library(name: str, library: Mapping[str, Any]) -> Iterator[Problem]:
    kind = library.get("type")
    if not isinstance(kind, str) or kind not in NEEDS:
        return
    # Signing in also finds the number of a user's own library, where that is not known yet.
    required = ("id",) if kind == "user" and "key" in library else NEEDS[kind].required
    for setting in required:
        if setting not in library:
            yield Problem(("libraries", name, setting), f"{MISSING}; it is the number of the {kind}")
    for setting in NEEDS[kind].refused:
        if setting in library:
            yield Problem(("libraries", name, setting), f'has no meaning for type = "{kind}", leave it out')


def _check_reference(
    name: str, profile: Mapping[str, Any], libraries: Mapping[str, Mapping[str, Any]]
) -> Iterator[Problem]:
    path = ("profiles", name, "library")
    wanted = profile.get("library")
    if wanted is None and libraries and default_library(libraries) is None:
        yield Problem(path, f"{MISSING}, and there are several libraries: {', '.join(libraries)}")
    if isinstance(wanted, str) and wanted not in (libraries or {"embedded": {}}):
        known = values.did_you_mean(values.closest(wanted, libraries))
        yield Problem(path, f'there is no library "{wanted}"{known}')


def _tables(raw: Mapping[str, Any], name: str) -> dict[str, Mapping[str, Any]]:
    tables = raw.get(name)
    if not isinstance(tables, dict):
        return {}
    return {key: table for key, table in tables.items() if isinstance(table, dict)}
