"""What every service manager needs to know of syncd, and what the modules for them share."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from syncd.errors import ConfigError, ServiceError
from syncd.messages import message
from syncd.paths import write_whole


@dataclass(frozen=True, slots=True)
class Start:
    """How syncd is started.

    Attributes:
        command: the executable, absolute, and its first arguments.
        timer: a push now and then instead of the daemon.
        config: the configuration, absolute, or None: it is looked for in the usual places.
        data: the data folder, absolute, or None: the service manager gives it one.
        env: variables that it needs besides.
        writes: folders, absolute, that it writes to besides its data folder.

    Raises:
        ConfigError: a text holds a control character or bytes that are no text, which no unit can hold.
    """

    command: tuple[str, ...]
    timer: bool
    config: Path | None
    data: Path | None
    env: Mapping[str, str]
    writes: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        for text in (*self.arguments, *self.environment.values(), *map(str, self.writes)):
            if any(ord(letter) < ord(" ") or letter == "\x7f" or _is_surrogate(letter) for letter in text):
                raise ConfigError(
                    [message("service-name-control-characters", name=repr(text))],
                    hint=message("rename-and-retry"),
                )

    @property
    def arguments(self) -> tuple[str, ...]:
        """The command line: `run` for the daemon, `push` for the timer."""
        named = () if self.config is None else ("--config", str(self.config))
        return (*self.command, "push" if self.timer else "run", *named)

    @property
    def environment(self) -> dict[str, str]:
        """The variables, with the data folder among them."""
        data = {} if self.data is None else {"SYNCD_DATA_DIR": str(self.data)}
        return {**self.env, **data}


def _is_surrogate(letter: str) -> bool:
    # What Python makes of bytes in a file name that are not UTF-8.
    return "\ud800" <= letter <= "\udfff"


@dataclass(frozen=True, slots=True)
class Standing:
    """A service that is installed.

    Attributes:
        timer: it is a push now and then, not the daemon.
        files: what was written for it.
        command: what it starts; empty where the file does not tell.
        enabled: it comes back when the computer, or the user's session, starts anew.
        state: the service manager's word for how it is: "active" is well, "failed" is not.
        left_out: settings that would shut it in further, and that this computer does not grant a user's services.
    """

    timer: bool
    files: tuple[Path, ...]
    command: tuple[str, ...]
    enabled: bool
    state: str
    left_out: tuple[str, ...] = ()

    @property
    def active(self) -> bool:
        """Whether the daemon runs, or the timer waits for its hour."""
        return self.state == "active"


# Seconds; longer than systemd gives the daemon to be ready.
_PATIENCE = 180


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write each file whole or not at all.

    Raises:
        ServiceError: that is not possible.
    """
    for name, content in files.items():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_whole(folder / name, content, mode=0o644)
        except OSError as error:
            raise ServiceError(
                message("file-not-written", path=folder / name, reason=error.strerror)
            ) from None


def run(program: str, *words: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a service manager's command in the user's environment, in plain English.

    Raises:
        ServiceError: it is not installed, or doesn't come to an end.
    """
    found = shutil.which(program, path=env.get("PATH"))
    if found is None:
        raise ServiceError(
            message("program-missing", program=program),
            hint=message("start-otherwise"),
        )
    try:
        return subprocess.run(  # noqa: S603 - the words are ours
            [found, *words],
            env={**env, "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ServiceError(
            message("program-timeout", program=program, arguments=" ".join(words), seconds=_PATIENCE)
        ) from None
    except OSError as error:
        raise ServiceError(message("program-not-run", program=found, reason=error.strerror)) from None


def said(done: subprocess.CompletedProcess[str]) -> str:
    """Return what the service manager said, as one line."""
    return " ".join((done.stderr or done.stdout).split()) or message("exit-code", status=done.returncode)
