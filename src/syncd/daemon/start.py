"""Starts the daemon: one in a data folder, with its log and all who are told, and ends it in order."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

from syncd.config import Config
from syncd.daemon.logs import configure
from syncd.daemon.loop import Daemon
from syncd.daemon.tell import Reporter
from syncd.engine.ports import Ports
from syncd.engine.status import Resting
from syncd.errors import LockedError
from syncd.lock import held
from syncd.messages import message


def serve(config: Config, path: Path | None, ports: Ports, stream: TextIO) -> bool:
    """Be the daemon until a signal ends it.

    Args:
        config: the settings to begin with.
        path: the file that they came from, as the user named it; None for the usual places.
        ports: the world.
        stream: where the log goes.

    Returns:
        whether every look came to its end; where not, a thread is still at work.

    Raises:
        ConfigError: the port for figures can't be listened on.
        LockedError: there is a daemon already.
        StateError: the data folder can't be used.
    """
    try:
        with held(ports.data.daemon_lock, clock=ports.clock, who=message("the-daemon")):
            configure(stream, ports.env, clock=ports.clock)
            with Resting(ports.data, ports.clock) as resting, Reporter(config, ports) as reporter:
                return Daemon(config, path, ports, reporter, resting).run()
    except LockedError as error:
        raise LockedError(
            message("daemon-runs-already", holder=error.holder),
            holder=error.holder,
            hint=message("see-status"),
        ) from None
