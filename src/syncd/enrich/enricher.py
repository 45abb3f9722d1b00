"""What the engine needs of a service: what to ask about a paper, how, and what the records mean.

A record is JSON as the service gave it, cut to the fields that are read, so that it can be kept. Asking it and
reading it are apart: what is asked goes to a server, what is read is pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from syncd.enrich.complete import Field
    from syncd.model import Paper
    from syncd.sources.web import Web

Json = dict[str, Any]
Records = list[Json]

MOST_CANDIDATES = 5
"""How many records with a similar title are looked at for one paper."""

SIGNS = pattern(r"[\W_]+", hostile="_")
"""What search engines give a meaning of their own, and titles do not need.

>>> SIGNS.sub(" ", "C++, or: what |we| (don't) know?").strip()
'C or what we don t know'
"""


class Enricher(Protocol):
    """A service.

    Attributes:
        name: in the configuration.
        title: as people know it.
        base: its address.
        per_lookup: how many identifiers one request takes.
        per_search: how many titles one request takes.
        gives: what a paper may be completed with.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - see above
    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def base(self) -> str: ...  # noqa: D102
    @property
    def per_lookup(self) -> int: ...  # noqa: D102
    @property
    def per_search(self) -> int: ...  # noqa: D102
    @property
    def gives(self) -> frozenset[Field]: ...  # noqa: D102

    def identifier(self, paper: Paper) -> str | None:
        """Return what the service knows the paper by, or None where there is no use in looking it up."""
        ...

    def searches(self, paper: Paper) -> bool:
        """Tell whether to search by title where the paper could not be looked up."""
        ...

    def lookup(self, identifiers: Sequence[str], web: Web) -> Sequence[Records]:
        """Ask for papers by identifier; returns the records of each, none for what is not known.

        Raises:
            SourceError: there is no answer, or none that makes sense.
        """
        ...

    def search(self, papers: Sequence[Paper], web: Web) -> Sequence[Records]:
        """Ask for papers by title; returns candidates for each.

        Raises:
            SourceError: likewise.
        """
        ...

    def read(self, record: Json) -> Paper | None:
        """Return the paper that a record is about, or None for what is no paper."""
        ...


def words(title: str) -> str:
    """Return a title for search engines: its words alone."""
    return SIGNS.sub(" ", title).strip()


def cut(record: Json, fields: Iterable[str]) -> Json:
    """Return a record with no more than the fields that are read.

    >>> cut({"title": "T", "cited": 3}, ("title", "year"))
    {'title': 'T'}
    """
    return {name: record[name] for name in fields if name in record}
