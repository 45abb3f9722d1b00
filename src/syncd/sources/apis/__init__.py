"""Authors' papers from public APIs, one module an API: each fetches an author into one snapshot.

The snapshot holds the records as the API gives them, unknown fields included, without what changes from one
request to the next. What they mean is for the parsers in `parse.apis`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncd.sources.apis.found import FoundAuthor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncd.errors import SourceError
    from syncd.sources.registry import Api
    from syncd.sources.web import Web

__all__ = ["FoundAuthor", "search"]

SEARCHED = ("scholarfeed", "openalex")
"""The APIs that are searched for authors by name, the ones with more about a paper first."""


def search(
    name: str,
    web: Web,
    *,
    apis: Mapping[str, Api] | None = None,
    failures: list[SourceError] | None = None,
) -> list[FoundAuthor]:
    """Find authors by name.

    Args:
        name: as people write it: "Pengcheng He".
        web: the session.
        apis: instances to use instead of the usual ones, by name.
        failures: gets the errors of APIs that could not be searched.

    Returns:
        Candidates, API by API, each API's most likely ones first; `source` is what to follow.

    Raises:
        SourceError: no API could be searched.
    """
    from syncd.errors import SourceError  # noqa: PLC0415 - as light as possible
    from syncd.sources import registry  # noqa: PLC0415

    found: list[FoundAuthor] = []
    errors: list[SourceError] = []
    for api in SEARCHED:
        try:
            found += registry.searchable(api, apis).search(name, web)
        except SourceError as error:
            errors.append(error)
    if len(errors) == len(SEARCHED):
        raise errors[0]
    if failures is not None:
        failures += errors
    return found
