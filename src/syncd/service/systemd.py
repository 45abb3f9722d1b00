"""Puts syncd's units in place and has systemd start them. What they say is made in `units.systemd`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from syncd.errors import ServiceError
from syncd.paths import config_home
from syncd.service.programs import run, said, write
from syncd.service.standing import Standing
from syncd.units import systemd

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping, Sequence

    from syncd.units import Start

SYSTEM_UNITS = Path("/etc/systemd/system")


class Systemd:
    """syncd under systemd, in one of its forms.

    Args:
        form: for the whole computer or for one user.
        env: the environment, in which systemctl is looked for and run.
        folder: where units are; usually the form's own.
    """

    def __init__(self, form: systemd.Form, env: Mapping[str, str], folder: Path | None = None) -> None:
        usual = SYSTEM_UNITS if form == "system" else config_home(env) / "systemd" / "user"
        self._form: systemd.Form = form
        self._env = env
        self._folder = folder or usual
        self._mode = ["--user"] if form == "user" else []

    def require(self) -> None:
        """Make sure that there is a systemd to talk to.

        Raises:
            ServiceError: there is none, or it doesn't answer.
        """
        done = self._systemctl("show", "--property=Version")
        if done.returncode:
            raise ServiceError(
                f"systemd doesn't answer: {said(done)}",
                hint="Log in as that user itself, not by su or sudo, then try again."
                if self._form == "user"
                else "Was this computer started by systemd? A container is not; start syncd run there.",
            )

    def install(self, start: Start) -> Standing:
        """Put the units in place, take out those of the other kind, and start anew.

        Raises:
            ServiceError: systemd refused; the units are in place then, and the hint says so.
        """
        units = systemd.units(start, self._form, self._refused() if self._form == "user" else ())
        write(self._folder, {name: text.encode() for name, text in units.items()})
        self._take_out(systemd.names(timer=not start.timer))
        unit = systemd.names(timer=start.timer)[-1]
        for words in (("daemon-reload",), ("enable", unit), ("restart", unit)):
            done = self._systemctl(*words)
            if done.returncode:
                raise ServiceError(
                    f"systemctl {' '.join(words)} failed: {said(done)}",
                    hint=f"The units are in place in {self._folder}. See why with: {self.logs(timer=start.timer)}",
                )
        return self._standing(timer=start.timer)

    def uninstall(self) -> tuple[Path, ...]:
        """Stop syncd and take its units out; return those that were there.

        Raises:
            ServiceError: systemd refused to stop it; the units are still there then.
        """
        gone = [self._take_out(systemd.names(timer=timer)) for timer in (False, True)]
        return tuple(path for paths in gone for path in paths)

    def standing(self) -> Standing | None:
        """Return how the service stands, or None where none is installed."""
        timer = next((timer for timer in (False, True) if self._files(systemd.names(timer=timer))), None)
        return None if timer is None else self._standing(timer=timer)

    def logs(self, *, timer: bool) -> str:
        """Return the command that shows what the service says."""
        return " ".join(
            ["journalctl", *self._mode, "-u", systemd.names(timer=timer)[0].removesuffix(".service")]
        )

    def _standing(self, *, timer: bool) -> Standing:
        names = systemd.names(timer=timer)
        state = self._systemctl("is-active", names[-1]).stdout.strip()
        enabled = not self._systemctl("is-enabled", names[-1]).returncode
        unit = _text(self._folder / names[0])
        left_out = systemd.left_out(unit) if self._form == "user" else ()
        return Standing(timer, self._files(names), _unit_command(unit), enabled, state or "unknown", left_out)

    def _refused(self) -> list[str]:
        """Return the settings that this computer does not grant a user's service, each tried beside those it does."""
        every = systemd.confinement()
        granted = list(every) if self._grants(every) else []
        for setting in every if not granted else ():
            if self._grants((*granted, setting)):
                granted.append(setting)
        return [setting for setting in every if setting not in granted]

    def _grants(self, settings: Sequence[str]) -> bool:
        """Try on a program that does nothing whether a service with these settings can start."""
        words = [word for setting in settings for word in ("-p", setting)]
        try:
            done = run(
                "systemd-run", "--user", "--quiet", "--wait", "--collect", *words, "true", env=self._env
            )
        except ServiceError:
            return False
        return done.returncode == 0

    def _files(self, names: tuple[str, ...]) -> tuple[Path, ...]:
        return tuple(self._folder / name for name in names if (self._folder / name).is_file())

    def _take_out(self, names: tuple[str, ...]) -> tuple[Path, ...]:
        files = self._files(names)
        if files:
            # The timer goes first, or it might start the service once more.
            done = self._systemctl("disable", "--now", *reversed([path.name for path in files]))
            if done.returncode:
                raise ServiceError(
                    f"systemctl could not stop {files[-1].name}: {said(done)}",
                    hint=f"Its units are still in {self._folder}.",
                )
            for path in files:
                path.unlink()
            self._systemctl("daemon-reload")
        return files

    def _systemctl(self, *words: str) -> subprocess.CompletedProcess[str]:
        return run("systemctl", *self._mode, *words, env=self._env)


def _text(unit: Path) -> str:
    """Return what stands in a unit; nothing where it can't be read."""
    try:
        return unit.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def _unit_command(unit: str) -> tuple[str, ...]:
    """Return the command line of a unit, as `units.quoting` writes it."""
    try:
        line = next(line for line in unit.split("\n") if line.startswith("ExecStart="))
        words = shlex.split(line.removeprefix("ExecStart=").lstrip(":"))
    except (ValueError, StopIteration):
        return ()
    return tuple(word.replace("%%", "%") for word in words)
