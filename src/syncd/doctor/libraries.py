"""Each library: how its last runs ended, and whether it is there.

What asks a server stands in `servers`, which is loaded where a library is on one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from shlex import quote

from syncd.clock import local
from syncd.config import Library
from syncd.config.model import DESKTOP, EMBEDDED
from syncd.doctor import memory
from syncd.doctor.finding import Check, Finding, Scene
from syncd.messages import message

# What is said of many profiles at once names no more than these.
MOST_NAMES = 3


def checks(scene: Scene) -> Iterator[Check]:
    """Yield the checks of the libraries."""
    for library in scene.config.libraries.values() if scene.config else ():
        name = f"library {library.name}"
        yield Check(f"{name}: runs", partial(_runs, library, scene))
        if library.type == EMBEDDED:
            yield Check(name, partial(_embedded, name, scene))
        else:
            yield from _elsewhere(name, library, scene)


def _elsewhere(name: str, library: Library, scene: Scene) -> Iterator[Check]:
    from syncd.doctor import servers  # noqa: PLC0415 - an HTTP client is slow to import

    if library.type != DESKTOP or library.key is not None:
        yield Check(f"{name}: key", partial(servers.check_key, library, scene))
    if library.type == DESKTOP:
        # It asks this computer alone, so it is no matter of being online.
        yield Check(name, partial(servers.check_desktop, name, library, scene))
    else:
        yield Check(name, partial(servers.check_online, name, library, scene), online=True)


def _some(names: Sequence[str]) -> str:
    """Return the names, or the first of many and how many more there are."""
    first, more = ", ".join(names[:MOST_NAMES]), len(names) - MOST_NAMES
    return message("and-more", names=first, count=more) if more > 0 else first


def _runs(library: Library, scene: Scene) -> Iterator[Finding]:
    """Say what the last runs ended with, which is no matter of whether the library answers."""
    for one in memory.failing(scene, library):
        words = message(
            "runs-failed",
            count=one.times,
            profiles=_some(one.profiles),
            since=local(one.since),
            error=one.message,
        )
        yield Finding(
            f"library {library.name}: runs",
            "failure",
            words,
            f"syncd push --library {quote(library.name)}",
        )


def _embedded(name: str, scene: Scene) -> Iterator[Finding]:
    there = scene.data.library.exists()
    words = message("embedded-library-there") if there else message("embedded-library-not-yet")
    yield Finding(name, "ok", words)
