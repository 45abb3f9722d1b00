"""What both service managers need: their commands run, and files written whole."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from syncd.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Mapping

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
            with tempfile.NamedTemporaryFile(dir=folder, prefix=f".{name}.", delete=False) as part:
                part.write(content)
            Path(part.name).chmod(0o644)
            Path(part.name).replace(folder / name)
        except OSError as error:
            raise ServiceError(f"{folder / name} can't be written: {error.strerror}") from None


def run(program: str, *words: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a service manager's command in the user's environment, in plain English.

    Raises:
        ServiceError: it is not installed, or doesn't come to an end.
    """
    found = shutil.which(program, path=env.get("PATH"))
    if found is None:
        raise ServiceError(
            f"there is no {program} here",
            hint="Start syncd run some other way, or syncd push every few hours: docs/running.md shows how.",
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
        raise ServiceError(f"{program} {' '.join(words)} took more than {_PATIENCE} seconds") from None
    except OSError as error:
        raise ServiceError(f"{found} can't be run: {error.strerror}") from None


def said(done: subprocess.CompletedProcess[str]) -> str:
    """Return what the service manager said, as one line."""
    return " ".join((done.stderr or done.stdout).split()) or f"exit code {done.returncode}"
