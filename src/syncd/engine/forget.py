"""What is kept about a person whom nobody follows any more is forgotten. Items stay, and so does the history of runs.

No library is asked anything.
"""

from __future__ import annotations

from collections.abc import Iterable

from syncd.config import Library
from syncd.engine.ports import Ports
from syncd.engine.status import Resting
from syncd.messages import message
from syncd.state.libraries import remembered
from syncd.state.turn import turn


def forget(profile: str, libraries: Iterable[Library], ports: Ports) -> bool:
    """Forget what is kept about a profile, and about its pages where it has several.

    Args:
        profile: its name in the configuration, where it is no more.
        libraries: those in which papers of it may be.
        ports: the world.

    Returns:
        whether anything was known of it.

    Raises:
        LockedError: a run is at work on one of the libraries.
        StateError: syncd's own database can't be used.
    """
    found = False
    for library in libraries:
        with (
            turn(
                ports.data,
                *library.whereabouts,
                ports.clock,
                wait=ports.patience,
                who=message("forgetting"),
                tell=ports.progress.stage,
            ) as mine,
            remembered(library, ports.data, ports.clock, turn=mine) as state,
        ):
            names = state.profiles.names_of(profile)
            with state.writing() as connection:
                for name in names:
                    state.forget(connection, name)
            found = found or bool(names)
    with Resting(ports.data, ports.clock) as resting:
        if profile in resting.paused():
            resting.resume([profile])
    return found
