"""What keeps profiles from being pushed, as far as it is theirs or their library's: found out, and kept for `status`.

It never changes how a run ends.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from syncd.errors import ClosedError, LockedError, StateError, StoppedError
from syncd.session import remembered

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from syncd.config import Config, Library
    from syncd.errors import SyncdError
    from syncd.intake import SourceFailure
    from syncd.session import Ports

# What ends a run without anything being wrong with its profiles or their library.
NOBODYS_FAULT = (ClosedError, LockedError, StoppedError)


def troubles(
    profiles: Iterable[str], sources: Sequence[SourceFailure], error: SyncdError | None
) -> dict[str, SyncdError | None]:
    """Return what kept each profile from being pushed, and None where nothing did.

    Args:
        profiles: those of the run.
        sources: what could not be read.
        error: what ended the run early. A profile's own trouble says more than this.

    Returns:
        by profile. Those of which nothing can be said, because their turn did not come, are left out.
    """
    found: dict[str, SyncdError | None] = {}
    for profile in profiles:
        # Of several pages, each is a profile of its own.
        own = (f.error for f in sources if f.name == profile or f.name.startswith(f"{profile}: "))
        trouble = next((e for e in own if not isinstance(e, NOBODYS_FAULT)), error)
        if not isinstance(trouble, NOBODYS_FAULT):
            found[profile] = trouble
    return found


def keep(found: Mapping[str, SyncdError | None], library: Library, config: Config, ports: Ports) -> None:
    """Keep for `syncd status` what went wrong, as far as the disk lets us: the report has it anyway.

    Of sources that were named by hand, and of profiles of another library, nothing is kept.
    """
    followed = {
        n for n, profile in config.profiles.items() if config.library_of(profile).name == library.name
    }
    ours = {name: error for name, error in found.items() if name in followed}
    now = ports.clock.now().isoformat(timespec="seconds")
    with suppress(StateError), remembered(library, ports) as state:
        state.note_troubles(ours, now, followed)
