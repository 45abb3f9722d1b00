"""Puts syncd's service files in place and has the service manager start it: systemd, or launchd on macOS.

Each service manager has a module, which says what its files hold, writes and removes them, and looks at them.
Configuration and data are never touched.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from syncd.errors import ServiceError
from syncd.messages import message
from syncd.service.base import Standing
from syncd.service.launchd import Launchd
from syncd.service.systemd import Systemd

if TYPE_CHECKING:
    from syncd.service.systemd import Form

__all__ = ["Launchd", "Standing", "Systemd", "manager"]


def manager(form: Form, env: Mapping[str, str], platform: str = sys.platform) -> Systemd | Launchd:
    """Return the service manager of this computer.

    Raises:
        ServiceError: on macOS, for the whole computer: launchd is used for users alone.
    """
    if platform != "darwin":
        return Systemd(form, env)
    if form == "system":
        raise ServiceError(message("macos-only-user-service"), hint=message("leave-out-system"))
    return Launchd(env)
