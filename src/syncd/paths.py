"""The one place for paths: where configuration and data are, and what the data folder holds.

Everything here is computed from the environment that is passed in; only `DataFolder.create` touches the disk.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from syncd.errors import StateError
from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

# What a file's name is better without.
_ODD = pattern(r"[^A-Za-z0-9.]+", hostile="/")
# Libraries whose names stay apart without what is odd in them; all others, and long ones, get a digest besides.
_PLAIN = pattern(
    r"(?:https://[a-z0-9]+(?:\.[a-z0-9]+)+|embedded) (?:users|groups)/[0-9]+", hostile=("https://", "a.", "")
)
_LONGEST = 200
_HINT = "Another place for syncd's data can be named in SYNCD_DATA_DIR."


@dataclass(frozen=True, slots=True)
class DataFolder:
    """syncd's data folder and what is in it.

    Attributes:
        root: the folder itself.
    """

    root: Path

    @property
    def state(self) -> Path:
        """The database of what was written, the library index and the runs."""
        return self.root / "syncd.sqlite"

    @property
    def library(self) -> Path:
        """The database of the embedded library."""
        return self.root / "library.sqlite"

    @property
    def cache(self) -> Path:
        """A folder of what can be fetched again."""
        return self.root / "cache"

    def lock(self, place: str, prefix: str) -> Path:
        """The file that one run at a time on a library holds.

        Args:
            place: where the library is: its address, or "embedded".
            prefix: which it is there, such as "users/475425".
        """
        name = _ODD.sub("-", f"{place.partition('://')[2] or place}-{prefix}")
        if len(name) > _LONGEST or not _PLAIN.fullmatch(f"{place} {prefix}"):
            both = json.dumps([place, prefix]).encode()
            name = f"{name[:_LONGEST]}_{hashlib.sha256(both).hexdigest()[:16]}"
        return self.root / f"{name}.lock"

    @property
    def daemon_lock(self) -> Path:
        """The file that one daemon at a time holds."""
        return self.root / "daemon.lock"

    @property
    def control(self) -> Path:
        """The socket on which the daemon listens."""
        return self.root / "control.sock"

    def create(self) -> None:
        """Make the folder and its cache, for the user alone, and make sure that both can be written to.

        Raises:
            StateError: that is not possible; the sentence says why.
        """
        for folder in (self.root, self.cache):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                with tempfile.TemporaryFile(dir=folder) as probe:
                    probe.write(b"syncd")
            except OSError as error:
                raise StateError(f"the data folder {folder} {_reason(error)}", hint=_HINT) from error


# What the system says, and how the sentence about the data folder goes on.
_REASONS: dict[int, str] = {
    errno.EEXIST: "can't be made: a file of that name is in the way",
    errno.ENOTDIR: "can't be made: a file is in the way",
    errno.EACCES: "can't be written to: permission denied",
    errno.EPERM: "can't be written to: permission denied",
    errno.EROFS: "can't be written to: the file system is read-only",
    errno.ENOSPC: "can't be written to: the disk is full",
    errno.EDQUOT: "can't be written to: your disk quota is used up",
}


def _reason(error: OSError) -> str:
    return _REASONS.get(error.errno or 0, f"can't be used: {error.strerror}")


def data_dir(env: Mapping[str, str]) -> Path:
    """Return the data folder: `$SYNCD_DATA_DIR`, `$STATE_DIRECTORY` (systemd), `$XDG_DATA_HOME/syncd`."""
    if env.get("SYNCD_DATA_DIR"):
        return expand(env["SYNCD_DATA_DIR"], env)
    # systemd names several folders with colons between them; the first is the service's own.
    if first := env.get("STATE_DIRECTORY", "").split(":")[0]:
        return Path(first)
    return _xdg("XDG_DATA_HOME", ".local/share", env) / "syncd"


def data_folder(env: Mapping[str, str]) -> DataFolder:
    """Return the data folder with the names of its files; see `data_dir`."""
    return DataFolder(data_dir(env))


def config_home(env: Mapping[str, str]) -> Path:
    """Return the folder of the user's configuration files: `$XDG_CONFIG_HOME`, else `~/.config`."""
    return _xdg("XDG_CONFIG_HOME", ".config", env)


def _xdg(variable: str, default: str, env: Mapping[str, str]) -> Path:
    # The XDG base directory specification says to ignore a relative path.
    value = env.get(variable, "")
    return Path(value) if os.path.isabs(value) else home(env) / default  # noqa: PTH117 - value may be empty


def home(env: Mapping[str, str]) -> Path:
    """Return the user's home folder."""
    return Path(env["HOME"]) if env.get("HOME") else Path("~").expanduser()


def expand(path: str, env: Mapping[str, str]) -> Path:
    """Return `path` with `~` or `~user` at its start replaced by that home folder."""
    if path == "~" or path.startswith("~/"):
        return home(env) / path[2:]
    return Path(os.path.expanduser(path))  # noqa: PTH111 - unlike pathlib's it leaves an unknown user alone
