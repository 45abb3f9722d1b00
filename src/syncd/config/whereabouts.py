"""Says how a secret stands without fetching it: a variable is set, a file is there and private, a command exists.

No command is run, no keyring is asked, no file is opened. Where that can't tell, it says so.
"""

from __future__ import annotations

import shutil
import stat
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncd.config.secrets import SecretRef


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """How a secret stands.

    Attributes:
        words: for people.
        found: it is where the reference says; None where only fetching it would tell.
        mend: the command that mends it, where there is one.
    """

    words: str
    found: bool | None = None
    mend: str = ""


def look(ref: SecretRef, env: Mapping[str, str]) -> Whereabouts:
    """Return how a secret stands, as far as that can be told without fetching it."""
    if ref.env is not None:
        is_set = bool(env.get(ref.env, "").strip())
        standing = "set" if is_set else "empty" if ref.env in env else "not set"
        words = f"the environment variable {ref.env} is {standing}"
        return Whereabouts(words, is_set, "" if is_set else f"export {ref.env}=…")
    if ref.command is not None:
        return _program(ref.command[0], env)
    if ref.file is not None:
        return _file(Path(ref.file))
    if ref.credential is not None:
        return _credential(ref.credential, env)
    if find_spec("keyring") is None:
        return Whereabouts(
            "the Python package keyring is not installed", found=False, mend="pip install keyring"
        )
    return Whereabouts("in the system's keyring, which was not asked")


def _program(name: str, env: Mapping[str, str]) -> Whereabouts:
    if shutil.which(name, path=env.get("PATH")) is None:
        return Whereabouts(f"there is no command {name}", found=False)
    return Whereabouts(f"the command {name} is there; it was not run")


def _file(path: Path) -> Whereabouts:
    try:
        status = path.stat()
    except OSError as error:
        return Whereabouts(f"the file {path} can't be read: {error.strerror}", found=False)
    if not stat.S_ISREG(status.st_mode):
        return Whereabouts(f"{path} is no regular file", found=False)
    if status.st_mode & 0o077:
        return Whereabouts(
            f"the file {path} can be read or written by others, so it is not used",
            found=False,
            mend=f"chmod 600 {quote(str(path))}",
        )
    return Whereabouts(f"the file {path} is there, and yours alone", found=True)


def _credential(name: str, env: Mapping[str, str]) -> Whereabouts:
    folder = env.get("CREDENTIALS_DIRECTORY")
    if not folder:
        return Whereabouts(f"the credential {name} is for the service, which systemd gives it to")
    found = (Path(folder) / name).is_file()
    return Whereabouts(f"the credential {name} is {'there' if found else 'not there'}", found)
