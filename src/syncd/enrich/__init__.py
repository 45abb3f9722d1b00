"""Completes papers from public services: authors, abstract, identifiers, venue, repository, retraction.

Each service is optional. It is asked in batches where it takes them, and never twice for what it said lately. A paper
loses nothing that its source showed, and a service that fails leaves all papers as they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from syncd import services
from syncd.enrich.complete import Completed
from syncd.enrich.run import Answers, completed, enrich
from syncd.errors import ConfigError
from syncd.messages import message
from syncd.services.base import Enricher

__all__ = ["SERVICES", "Answers", "Completed", "completed", "enrich", "enrichers"]

SERVICES = tuple(service.name for service in services.SERVICES if service.completes)
"""The services that complete papers, in the order in which they are asked."""


def enrichers(
    names: Iterable[str] = SERVICES,
    *,
    contact: str | None = None,
    keys: Mapping[str, str] | None = None,
    bases: Mapping[str, str] | None = None,
) -> tuple[Enricher, ...]:
    """Make the enrichers that a configuration names; a service is loaded when it is wanted.

    Args:
        names: of `SERVICES`; they are asked in its order, whatever the order here.
        contact: an e-mail or web address; Crossref serves those better whom it can write to.
        keys: API keys by their names in the configuration, see `services.SOURCES`.
        bases: addresses by name, instead of the usual ones.

    Raises:
        ConfigError: there is no such service.
    """
    wanted = set(names)
    if unknown := sorted(wanted - set(SERVICES)):
        known = ", ".join(SERVICES)
        raise ConfigError([message("no-such-service", name=name, known=known) for name in unknown])
    made = []
    for service in services.SERVICES:
        name = service.name
        if not service.completes or name not in wanted:
            continue
        settings: dict[str, Any] = {}
        if base := (bases or {}).get(name):
            settings["base"] = base
        if key := (keys or {}).get(service.source):
            settings["key"] = key
        if name == "crossref":
            settings["contact"] = contact
        made.append(service.module().Api(**settings))
    return tuple(made)
