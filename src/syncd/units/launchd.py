"""syncd as an agent of macOS's launchd: the property list that starts it, as text.

Nothing is written and nothing is started here. The keys are those of launchd.plist(5).
"""

from __future__ import annotations

import plistlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from syncd.units.start import Start

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
