"""Publication lists while the daemon runs: a thread that brings them up to date after runs.

Runs that end while it writes cost one more writing together. It rests ten times as long as it wrote, so that lists of
large libraries do not take the computer from the looks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from syncd.config import Config
from syncd.engine.ports import Ports
from syncd.lists.outputs import Written, write_outputs

# How many times as long as it wrote it rests.
REST = 10.0


class Lists:
    """Keeps the lists of the configuration up to date.

    Args:
        ports: the world.
        tell: is told, in this thread, what became of the files.
        failed: is told of a fault in syncd.
    """

    def __init__(
        self, ports: Ports, tell: Callable[[Sequence[Written]], None], failed: Callable[[Exception], None]
    ) -> None:
        self._ports = ports
        self._tell = tell
        self._failed = failed
        self._config: Config | None = None
        self._wanted = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def take_over(self, config: Config) -> None:
        """Write the lists that this configuration names, from now on."""
        self._config = config
        self.want()

    def want(self) -> None:
        """Bring the lists up to date soon: something may have changed."""
        if self._config is None or not self._config.outputs:
            return
        self._wanted.set()
        if self._thread is None:
            # A writing that was cut off leaves every file as it was: the process need not wait for it.
            self._thread = threading.Thread(target=self._run, name="lists", daemon=True)
            self._thread.start()

    def close(self, patience: float) -> None:
        """Begin no more writing; wait so many seconds for the one under way."""
        self._stop.set()
        self._wanted.set()
        if self._thread:
            self._thread.join(patience)

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._stop.is_set() or self._config is None:
                return
            begun = self._ports.clock.monotonic()
            try:
                self._tell(write_outputs(self._config, self._ports.data, self._ports.clock))
            except Exception as error:  # noqa: BLE001 - the next time may go well
                self._failed(error)
            self._stop.wait(REST * (self._ports.clock.monotonic() - begun))
