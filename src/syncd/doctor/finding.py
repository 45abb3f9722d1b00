"""What a check finds, what a check is, and what checks may look at. Nothing is looked at here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from syncd.clock import Clock
from syncd.config import Config
from syncd.paths import DataFolder

Level = Literal["ok", "warning", "failure"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found.

    Attributes:
        name: of the check.
        level: "ok", "warning" (works, but look at it) or "failure".
        words: a sentence without its full stop.
        mend: the command that mends it, or a sentence that says what to do; may be empty.
        repair: mends it without asking anybody, and returns what was done; only what is safe.
    """

    name: str
    level: Level
    words: str
    mend: str = ""
    repair: Callable[[], str] | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A thing to look at.

    Attributes:
        name: for people.
        look: finds out; may raise.
        online: it asks another computer.
    """

    name: str
    look: Callable[[], Iterable[Finding]]
    online: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """What checks may look at.

    Attributes:
        env: the environment.
        data: the data folder.
        clock: time.
        file: the configuration file; None where there is none.
        config: the settings; None where they can't be read.
        problems: what is wrong with the configuration, a sentence each.
        command: starts this syncd.
        offline: no other computer is asked.
        services: addresses of services, instead of the usual ones, by name.
    """

    env: Mapping[str, str]
    data: DataFolder
    clock: Clock
    file: Path | None
    config: Config | None
    problems: tuple[str, ...]
    command: tuple[str, ...]
    offline: bool
    services: Mapping[str, str] = field(default_factory=dict)
