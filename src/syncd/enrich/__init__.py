"""Completes papers from public services: authors, abstract, identifiers, venue, repository, retraction.

Each service is optional, asked in batches where it has them, and never twice for what it said lately. A paper never
loses anything here that its source showed, and a service that fails leaves all papers as they were.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from syncd.enrich.answers import Answers
from syncd.enrich.complete import Completed
from syncd.enrich.run import completed, enrich
from syncd.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from syncd.enrich.enricher import Enricher

__all__ = ["SERVICES", "Answers", "Completed", "completed", "enrich", "enrichers"]

SERVICES: Mapping[str, str] = {
    "arxiv": "Arxiv",
    "semanticscholar": "SemanticScholar",
    "openalex": "OpenAlex",
    "crossref": "Crossref",
    "dblp": "Dblp",
    "huggingface": "HuggingFace",
}
"""The services in the order in which they are asked: name in the configuration, which is its module, and class."""

KEYS: Mapping[str, str] = {"semanticscholar": "s2", "openalex": "openalex"}
"""Services that take an API key, and the names that their keys have under `services` in the configuration."""


def enrichers(
    names: Iterable[str] = tuple(SERVICES),
    *,
    contact: str | None = None,
    keys: Mapping[str, str] | None = None,
    bases: Mapping[str, str] | None = None,
) -> tuple[Enricher, ...]:
    """Make the enrichers that a configuration names; a service is loaded when it is wanted.

    Args:
        names: of `SERVICES`; they are asked in its order, whatever the order here.
        contact: an e-mail or web address; Crossref serves those better whom it can write to.
        keys: API keys by their names in the configuration, see `KEYS`.
        bases: addresses by name, instead of the usual ones.

    Raises:
        ConfigError: there is no such service.
    """
    wanted = set(names)
    if unknown := sorted(wanted - SERVICES.keys()):
        known = ", ".join(SERVICES)
        raise ConfigError([f'there is no service "{name}"; there are: {known}' for name in unknown])
    made = []
    for name, kind in SERVICES.items():
        if name not in wanted:
            continue
        settings: dict[str, Any] = {}
        if base := (bases or {}).get(name):
            settings["base"] = base
        if name in KEYS and (key := (keys or {}).get(KEYS[name])):
            settings["key"] = key
        if name == "crossref":
            settings["contact"] = contact
        made.append(getattr(import_module(f"syncd.enrich.{name}"), kind)(**settings))
    return tuple(made)
