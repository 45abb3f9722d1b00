"""syncd as an agent of macOS's launchd: its text, putting it in place, and having launchd start it."""

from __future__ import annotations

import os
import plistlib
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncd.errors import ServiceError
from syncd.messages import message
from syncd.paths import home
from syncd.service.base import Standing, run, said, write

if TYPE_CHECKING:
    from syncd.service.base import Start

DAEMON = "org.syncd.syncd"
TIMER = "org.syncd.push"

EVERY = 6 * 60 * 60
"""Seconds from one push to the next where a timer does it; a run that sleep held up is made up for once."""


def label(*, timer: bool) -> str:
    """Return the name that launchd knows the agent by."""
    return TIMER if timer else DAEMON


def agent(start: Start, log: Path) -> bytes:
    """Return the agent's property list.

    Args:
        start: how syncd is started.
        log: where what it says goes to; launchd has no journal.
    """
    settings: dict[str, Any] = {
        "Label": label(timer=start.timer),
        "ProgramArguments": list(start.arguments),
        "EnvironmentVariables": start.environment,
        "RunAtLoad": True,
        "ProcessType": "Background",
        "Umask": 0o077,
        "StandardErrorPath": str(log),
    }
    if start.timer:
        settings["StartInterval"] = EVERY
    else:
        # launchd can't tell one exit code from another, so it waits long before it tries again.
        settings |= {"KeepAlive": {"SuccessfulExit": False}, "ThrottleInterval": 300, "ExitTimeOut": 15}
    return plistlib.dumps(settings, sort_keys=False)


class Launchd:
    """syncd as an agent of macOS's launchd, for one user.

    Args:
        env: the environment, in which launchctl is looked for and run.
    """

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._domain = f"gui/{os.getuid()}"
        self._folder = home(env) / "Library" / "LaunchAgents"
        self.log = home(env) / "Library" / "Logs" / "syncd.log"

    def require(self) -> None:
        """Make sure that there is a launchd to talk to.

        Raises:
            ServiceError: there is none, or it doesn't answer.
        """
        done = self._launchctl("print", self._domain)
        if done.returncode:
            raise ServiceError(message("launchd-silent", reason=said(done)), hint=message("log-in-at-mac"))

    def install(self, start: Start) -> Standing:
        """Put the agent in place, take out the one of the other kind, and start anew.

        Raises:
            ServiceError: launchd refused; the agent is in place then, and the hint says so.
        """
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.uninstall()
        place = self._place(timer=start.timer)
        write(self._folder, {place.name: agent(start, self.log)})
        done = self._launchctl("bootstrap", self._domain, str(place))
        if done.returncode:
            raise ServiceError(
                message("launchctl-bootstrap-failed", reason=said(done)),
                hint=message("agent-there-see-why", path=place, command=self.logs(timer=start.timer)),
            )
        return self._standing(timer=start.timer)

    def uninstall(self) -> tuple[Path, ...]:
        """Stop syncd and take its agent out; return what was there.

        Raises:
            ServiceError: launchd refused to stop it; the agent is still there then.
        """
        gone = []
        for timer in (False, True):
            place = self._place(timer=timer)
            if not place.is_file():
                continue
            done = self._launchctl("bootout", self._target(timer=timer))
            if done.returncode and self._is_loaded(timer=timer):
                raise ServiceError(
                    message("launchctl-not-stopped", target=self._target(timer=timer), reason=said(done)),
                    hint=message("agent-still-there", path=place),
                )
            place.unlink()
            gone.append(place)
        return tuple(gone)

    def standing(self) -> Standing | None:
        """Return how the agent stands, or None where none is installed."""
        timer = next((timer for timer in (False, True) if self._place(timer=timer).is_file()), None)
        return None if timer is None else self._standing(timer=timer)

    def logs(self, *, timer: bool) -> str:  # noqa: ARG002 - daemon and timer share a file
        """Return the command that shows what the agent says."""
        return f"tail {shlex.quote(str(self.log))}"

    def _standing(self, *, timer: bool) -> Standing:
        place = self._place(timer=timer)
        try:
            command = tuple(plistlib.loads(place.read_bytes())["ProgramArguments"])
        except (OSError, KeyError, plistlib.InvalidFileException):
            command = ()
        state = "active" if self._is_loaded(timer=timer) else "inactive"
        return Standing(timer, (place,), command, enabled=True, state=state)

    def _is_loaded(self, *, timer: bool) -> bool:
        return not self._launchctl("print", self._target(timer=timer)).returncode

    def _place(self, *, timer: bool) -> Path:
        return self._folder / f"{label(timer=timer)}.plist"

    def _target(self, *, timer: bool) -> str:
        return f"{self._domain}/{label(timer=timer)}"

    def _launchctl(self, *words: str) -> subprocess.CompletedProcess[str]:
        return run("launchctl", *words, env=self._env)
