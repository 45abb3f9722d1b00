"""syncd in the background: whether a daemon runs, which syncd it is, and whether the computer starts it."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from typing import TYPE_CHECKING

from syncd import __version__
from syncd.daemon import control
from syncd.doctor.finding import Check, Finding
from syncd.doctor.machine import FIX
from syncd.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from syncd.doctor.finding import Scene
    from syncd.service import Standing
    from syncd.units.systemd import Form

DAEMON = "daemon"
SERVICE = "service"
SECONDS = 10.0


def checks(scene: Scene) -> Iterator[Check]:
    """Yield the checks of the background."""
    yield Check(DAEMON, lambda: _daemon(scene))
    yield Check(SERVICE, lambda: _service(scene))


def _daemon(scene: Scene) -> Iterator[Finding]:
    path = scene.data.control
    status = control.ask(path, "status", seconds=SECONDS, whole=False)
    if status is None and path.exists():
        words = "no daemon runs, but one that ended badly left its socket behind"
        yield Finding(DAEMON, "warning", words, FIX, lambda: _removed(path))
    elif status is None:
        yield Finding(DAEMON, "ok", "none runs; syncd does what you type and nothing else")
    elif (version := status.get("version")) != __version__:
        words = f"the daemon that runs is syncd {version}, this one is {__version__}"
        yield Finding(DAEMON, "warning", words, "syncd service install")
    else:
        following = len(status.get("profiles", ()))
        yield Finding(
            DAEMON,
            "ok",
            f"it runs as process {status.get('pid')} and follows {following} profile{'s' * (following != 1)}",
        )


def _removed(path: Path) -> str:
    path.unlink(missing_ok=True)
    return f"removed {path}"


def _service(scene: Scene) -> Iterator[Finding]:
    try:
        form, standing = _installed(scene)
    except ServiceError as error:
        yield Finding(SERVICE, "ok", f"not installed, and {error}")
        return
    if standing is None:
        yield Finding(SERVICE, "ok", "not installed; to have the computer start syncd: syncd service install")
        return
    kind = "timer" if standing.timer else "daemon"
    again = f"syncd service install --{form}" + (" --timer" if standing.timer else "")
    if not _can_start(standing):
        words = f"it starts {shlex.join(standing.command)}, which is not there"
        yield Finding(SERVICE, "failure", words, again)
    elif not standing.active:
        yield Finding(
            SERVICE, "failure", f"the {form} service is installed and does not run ({standing.state})", again
        )
    elif not standing.enabled:
        yield Finding(SERVICE, "warning", "it runs, but won't start again with the computer", again)
    elif standing.command[: len(scene.command)] != scene.command:
        words = f"it starts another syncd than this one: {shlex.join(standing.command)}"
        yield Finding(SERVICE, "warning", words, again)
    else:
        yield Finding(SERVICE, "ok", f"the {form} service, a {kind}, runs")


def _installed(scene: Scene) -> tuple[Form, Standing | None]:
    """Return the first form of the service that is installed, and how it stands."""
    from syncd.service import manager  # noqa: PLC0415 - only here

    forms: tuple[Form, ...] = ("user",) if sys.platform == "darwin" else ("user", "system")
    for form in forms:
        standing = manager(form, scene.env).standing()
        if standing is not None:
            return form, standing
    return forms[0], None


def _can_start(standing: Standing) -> bool:
    if not standing.command:
        return True
    program = standing.command[0]
    return shutil.which(program) is not None and os.access(shutil.which(program) or program, os.X_OK)
