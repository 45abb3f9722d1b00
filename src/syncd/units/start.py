"""What a service manager has to know to start syncd."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncd.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


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
                    [f"a service can't be started with a name that holds control characters: {text!r}"],
                    hint="Rename the file or folder, then try again.",
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
