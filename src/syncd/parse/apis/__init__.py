"""What the APIs' snapshots say: one module an API, each with its mapping tables. Pure.

Formats carry the APIs' names; a snapshot says by its media type which one it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncd.model import Profile, Snapshot

MEDIA_TYPE = pattern(
    r"application/vnd\.syncd\.(?P<name>[a-z][a-z0-9_-]+)(?:\+\w+)?",
    hostile=("application/vnd.syncd.", "a", ""),
)
"""The media type of what an API's fetch, or a plugin's, brought.

>>> MEDIA_TYPE.fullmatch("application/vnd.syncd.openalex+json")["name"]
'openalex'
"""


def _scholarfeed(snapshot: Snapshot) -> Profile:
    from syncd.parse.apis import scholarfeed  # noqa: PLC0415 - a format is loaded when it is met

    return scholarfeed.parse(snapshot)


def _openalex(snapshot: Snapshot) -> Profile:
    from syncd.parse.apis import openalex  # noqa: PLC0415

    return openalex.parse(snapshot)


def _s2(snapshot: Snapshot) -> Profile:
    from syncd.parse.apis import s2  # noqa: PLC0415

    return s2.parse(snapshot)


def _dblp(snapshot: Snapshot) -> Profile:
    from syncd.parse.apis import dblp  # noqa: PLC0415

    return dblp.parse(snapshot)


def _orcid(snapshot: Snapshot) -> Profile:
    from syncd.parse.apis import orcid  # noqa: PLC0415

    return orcid.parse(snapshot)


def _arxiv(snapshot: Snapshot) -> Profile:
    from syncd.parse.apis import arxiv  # noqa: PLC0415

    return arxiv.parse(snapshot)


FORMATS: dict[str, Callable[[Snapshot], Profile]] = {
    "scholarfeed": _scholarfeed,
    "openalex": _openalex,
    "s2": _s2,
    "dblp": _dblp,
    "orcid": _orcid,
    "arxiv": _arxiv,
}
"""The parsers by name."""


def format_of(media_type: str | None) -> str | None:
    """Return the format that a media type names, if it is one of an API or a plugin.

    >>> format_of("application/vnd.syncd.dblp+xml"), format_of("text/html"), format_of(None)
    ('dblp', None, None)
    """
    found = MEDIA_TYPE.fullmatch(media_type or "")
    return found["name"] if found else None


def parser(name: str) -> Callable[[Snapshot], Profile] | None:
    """Return the parser of a format of an API or a plugin; None if there is none of that name.

    Errors that a plugin's parser was not meant to raise become a `ParseError` that names it.
    """
    if name in FORMATS:
        return FORMATS[name]
    from syncd.sources import plugins  # noqa: PLC0415 - looks through everything that is installed

    plugin = plugins.load().sources.get(name)
    if plugin is None:
        return None

    def parse(snapshot: Snapshot) -> Profile:
        from syncd.errors import ParseError, SyncdError  # noqa: PLC0415 - as light as possible

        try:
            return plugin.parse(snapshot)
        except (SyncdError, MemoryError, RecursionError):
            raise  # they are told of alike, whoever parses
        except Exception as error:
            raise ParseError(
                f"the plugin '{name}' failed: {plugins.words(error)}",
                origin=snapshot.origin,
                hint="Tell its author; syncd itself is not at fault.",
            ) from error

    return parse
