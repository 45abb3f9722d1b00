"""Sources that third parties add: packages with an entry point in the group "syncd.sources".

A plugin that can't be loaded is named in an error and left out. The other plugins and syncd's own sources still work.
Plugins are loaded when a source may be theirs, and not before.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from syncd.errors import SourceError
from syncd.messages import Message, message
from syncd.model import Profile, Snapshot
from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from syncd.sources.web import Web

GROUP = "syncd.sources"

NAME = pattern(r"[a-z][a-z0-9_-]+", hostile="a-")
"""A plugin's name: what stands before the colon of its short forms, and its format.

>>> [bool(NAME.fullmatch(text)) for text in ("scopus", "x", "My Source")]
[True, False, False]
"""


@runtime_checkable
class Source(Protocol):
    """What an entry point gives: an object like this, or a class that makes one without arguments."""

    name: str

    def recognise(self, source: str) -> str | None:
        """Return the author's identifier if the source is one of this plugin's, else None. Asks nobody."""
        ...

    def fetch(self, author: str, web: Web) -> Snapshot:
        """Fetch an author through `web`, or raise `SourceError`."""
        ...

    def parse(self, snapshot: Snapshot) -> Profile:
        """Read what `fetch` brought, or raise `ParseError`. Does no I/O."""
        ...


@dataclass(frozen=True, slots=True)
class Plugins:
    """The plugins that are installed.

    Attributes:
        sources: by name.
        failures: by the entry point's name, why a plugin is left out.
    """

    sources: dict[str, Source] = field(default_factory=dict)
    failures: dict[str, SourceError] = field(default_factory=dict)


@lru_cache(maxsize=1)
def load() -> Plugins:
    """Load all plugins, once."""
    from importlib.metadata import entry_points  # noqa: PLC0415 - to read a source of syncd's own takes none

    found = Plugins()
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            source = _source(entry.load())
            found.sources.setdefault(source.name, source)
        except Exception as error:  # noqa: BLE001 - whatever a plugin does, the others go on
            found.failures[entry.name] = failure(entry.name, error)
    return found


def _source(loaded: object) -> Source:
    source = loaded() if isinstance(loaded, type) else loaded
    if not isinstance(source, Source):
        raise TypeError(message("plugin-incomplete"))
    if not NAME.fullmatch(source.name):
        raise ValueError(message("plugin-name-wrong", name=repr(source.name)))
    return source


def failure(name: str, error: Exception) -> SourceError:
    """Name a plugin that does not work, and why."""
    return SourceError(
        message("plugin-broken", plugin=name, reason=words(error)),
        origin=name,
        hint=message("update-or-remove-plugin"),
    )


def words(error: Exception) -> str:
    """Return what an error in the code of a plugin says, on one line."""
    kind = type(error).__name__
    if error.args and isinstance(error.args[0], Message):
        return message("at", place=kind, words=error)
    return " ".join(f"{kind}: {error}".split()).rstrip(": ")
