"""The dashboard without a daemon: what the daemon's loop would decide is done here, as the commands do it.

A profile is looked at when its reader asks for it, one after the other, and never by itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Self

from syncd import __version__
from syncd.config import Config, load
from syncd.daemon.api import Api
from syncd.daemon.events import Events
from syncd.daemon.questions import Question
from syncd.daemon.work import Looker, LookProgress, StoppableClock
from syncd.engine.ports import Ports, run_name
from syncd.engine.status import Resting
from syncd.errors import ConfigError, StateError, SyncdError
from syncd.lists.outputs import Written, write_outputs
from syncd.messages import message
from syncd.web.serving import Dashboard

Json = dict[str, Any]


class Alone:
    """The dashboard, served by a command.

    Args:
        config: the settings to begin with.
        path: the file that they came from, as the user named it.
        ports: the world.
        tell: is told, by the thread of an act or a look, what became of the lists of the configuration after it.
    """

    def __init__(
        self, config: Config, path: Path | None, ports: Ports, tell: Callable[[Sequence[Written]], None]
    ) -> None:
        self._tell = tell
        self._path = path
        self._ports = ports
        self._stop = threading.Event()
        self._events = Events()
        self._running: dict[str, LookProgress] = {}
        self._looks = ThreadPoolExecutor(1, "looks")
        clock = StoppableClock(ports.clock, self._stop)
        self._looker = Looker(replace(ports, clock=clock), lambda _library: True)
        self._api = Api(config, path, ports, self._answer, _say, self._events)
        self._api.amended = self._keep_lists
        self._dashboard = Dashboard(self._api, ports, self._events, _say, live=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._events.close()
        self._dashboard.close()
        self._looks.shutdown(cancel_futures=True)

    def invite(self, to: str = "/") -> str:
        """Return an address that opens a page in one browser, once.

        Raises:
            ConfigError: the port can't be listened on.
        """
        return self._dashboard.invite(to)

    # What a loop would decide

    def _answer(self, question: Question) -> None:
        """Answer a question; those who ask are threads, one for each request."""
        try:
            if question.do == "status":
                question.answer.set_result(self._status())
            elif question.do == "reload":
                question.answer.set_result({"problems": self._reload()})
            elif question.do == "sync-now":
                self._check_workers()
                self._looks.submit(self._look_at, list(question.names or self._api.config.profiles))
                question.answer.set_result({"profiles": []})
            else:
                question.answer.set_result({"paused": self._rest(question)})
        except SyncdError as error:
            question.answer.set_exception(error)

    def _check_workers(self) -> None:
        """Refuse to look where that is the work of workers, and there are none.

        Raises:
            SyncdError: so it is.
        """
        fleet = self._fleet()
        if fleet and not any(worker["alive"] for worker in fleet["workers"]):
            raise SyncdError(message("no-worker"))

    def _look_at(self, names: Sequence[str]) -> None:
        """Look at profiles one after the other, or let workers do so, where there are any."""
        left = list(names)
        if self._ports.data.database:
            from syncd.fleet.scheduler import look_now  # noqa: PLC0415 - it needs what is not installed everywhere

            with suppress(SyncdError):
                for look in look_now(names, self._ports.data, self._ports.clock):
                    left.remove(look["profile"])
                    self._events.tell("ended", profile=look["profile"])
        for name in left:
            self._look(name)

    def _fleet(self) -> Json:
        """Return what is to be known of the workers; nothing, where there are none."""
        if not self._ports.data.database:
            return {}
        from syncd.fleet.overview import overview  # noqa: PLC0415 - as above

        return overview(self._ports.data) or {}

    def _status(self) -> Json:
        fleet = self._fleet()
        known = {row["name"]: row for row in fleet.get("profiles", ())}
        with Resting(self._ports.data, self._ports.clock) as resting:
            paused = resting.paused()
        return {
            "pid": None,
            "version": __version__,
            "since": None,
            "paused": sorted(paused),
            "http": None,
            "budgets": [],
            "workers": len(fleet.get("workers", ())),
            "profiles": [
                known.get(name, {"name": name, "running": self._words_of(name)})
                for name in self._api.config.profiles
            ],
        }

    def _words_of(self, name: str) -> str | None:
        progress = self._running.get(name)
        return progress.words if progress else None

    def _reload(self) -> list[str]:
        try:
            config = load(self._path, self._ports.env)
            self._api.config = config
            self._dashboard.take_over(config)
        except ConfigError as error:
            return list(error.problems)
        except StateError as error:
            return [error.words]
        self._events.tell("reloaded", profiles=list(config.profiles))
        return []

    def _rest(self, question: Question) -> list[str]:
        pausing = question.do == "pause"
        with Resting(self._ports.data, self._ports.clock) as resting:
            change = resting.pause if pausing else resting.resume
            paused = sorted(change(question.names))
        self._events.tell("paused" if pausing else "resumed", profiles=list(question.names), paused=paused)
        return paused

    def _look(self, name: str) -> None:
        """Look at a profile, as the daemon would."""
        config = self._api.config
        if name not in config.profiles:
            return
        run = run_name(self._ports.clock.now())
        tell = partial(self._events.progress, (name,), run)
        self._running[name] = progress = LookProgress(self._ports.clock, self._stop, tell)
        self._events.tell(
            "began", profile=name, library=config.library_of(config.profiles[name]).name, run=run
        )
        try:
            outcome = self._looker.look(name, frozenset({"asked"}), run, config, progress)
        finally:
            del self._running[name]
        for look in outcome.looks:
            self._events.ended(look)
        self._keep_lists()

    def _keep_lists(self) -> None:
        """Bring the lists of the configuration up to date, as the commands do."""
        self._tell(write_outputs(self._api.config, self._ports.data, self._ports.clock))


def _say(_level: str, _words: str, **_facts: Any) -> None:
    """Log nothing: who looks at the pages sees what came of what they did."""
