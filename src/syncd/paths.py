"""The one place for paths: where configuration and data are, what the data folder holds, how a file is written whole.

Everything here is computed from the environment that is passed in; only `DataFolder.create`, `DataFolder.check`,
`keep_private`, `write_whole` and `replacing` touch the disk. Nobody else can change what is in the data folder, or read
its databases, and nothing is written through a symbolic link in it.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import pwd
import shlex
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from syncd.errors import StateError
from syncd.messages import message
from syncd.text.patterns import pattern

# What a file's name is better without.
_ODD = pattern(r"[^A-Za-z0-9.]+", hostile="/")
# Libraries whose names stay apart without what is odd in them; all others, and long ones, get a digest besides.
_PLAIN = pattern(
    r"(?:https://[a-z0-9]+(?:\.[a-z0-9]+)+|embedded) (?:users|groups)/[0-9]+", hostile=("https://", "a.", "")
)
_LONGEST = 200
_HINT = message("name-data-folder")
# SQLite gives these the permissions of the database, where it makes them.
_BESIDE = ("-wal", "-shm", "-journal")
# What Docker and Podman leave in a container.
CONTAINER = (Path("/.dockerenv"), Path("/run/.containerenv"))
# What begins a computer; a container begins with something else.
_INITS = frozenset({"systemd", "init", "runit", "openrc-init", "dinit", "s6-svscan"})


@dataclass(frozen=True, slots=True)
class DataFolder:
    """syncd's data folder and what is in it.

    Attributes:
        root: the folder itself.
        database: the address of the PostgreSQL that holds the state, where that is not in the folder. It may hold a
            password, and is never shown.
    """

    root: Path
    database: str = field(default="", repr=False)

    @property
    def state(self) -> Path:
        """The file of what was written, the library index and the runs; `store.Store.of` opens it."""
        return self.root / "syncd.sqlite"

    @property
    def library(self) -> Path:
        """The database of the embedded library."""
        return self.root / "library.sqlite"

    @property
    def cache(self) -> Path:
        """A folder of what can be fetched again."""
        return self.root / "cache"

    def lock(self, endpoint: str, prefix: str) -> Path:
        """The file that one run at a time on a library holds.

        Args:
            endpoint: the library's address, or "embedded".
            prefix: which it is there, such as "users/475425".
        """
        name = _ODD.sub("-", f"{endpoint.partition('://')[2] or endpoint}-{prefix}")
        if len(name) > _LONGEST or not _PLAIN.fullmatch(f"{endpoint} {prefix}"):
            both = json.dumps([endpoint, prefix]).encode()
            name = f"{name[:_LONGEST]}_{hashlib.sha256(both).hexdigest()[:16]}"
        return self.root / f"{name}.lock"

    @property
    def daemon_lock(self) -> Path:
        """The file that one daemon at a time holds."""
        return self.root / "daemon.lock"

    @property
    def lists_lock(self) -> Path:
        """The file that one process at a time holds while it writes publication lists."""
        return self.root / "lists.lock"

    @property
    def control(self) -> Path:
        """The socket on which the daemon listens."""
        return self.root / "control.sock"

    def create(self) -> None:
        """Make the folder and its cache, for the user alone, and make sure that both can be written to by nobody else.

        Raises:
            StateError: that is not possible; the sentence says why, the hint what mends it.
        """
        for folder in (self.root, self.cache):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                _check(folder)
                with tempfile.TemporaryFile(dir=folder) as probe:
                    probe.write(b"syncd")
            except OSError as error:
                raise StateError(
                    message("data-folder-wrong", path=folder, problem=_reason(error)), hint=_HINT
                ) from error

    def check(self) -> None:
        """Make sure that nobody else can change what is in the folder, as far as it is there.

        Raises:
            StateError: somebody can; the hint says what mends it.
        """
        for folder in (self.root, self.cache):
            try:
                if folder.is_dir():
                    _check(folder)
            except OSError as error:
                raise StateError(
                    message("data-folder-wrong", path=folder, problem=_reason(error)), hint=_HINT
                ) from error


PART = ".part"
"""How the name of a file ends that is being written; a crash may leave one behind."""
# A name has 255 bytes at most.
MOST_OF_NAME = 40


def write_whole(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Write a file whole: whoever reads it sees what was there before or all of `data`, also after a crash.

    Args:
        path: the file; its folder is there. A pipe or a device is written to; nothing takes its place.
        data: its new content.
        mode: its permissions.

    Raises:
        OSError: that is not possible; the file stays as it was.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        path.write_bytes(data)
        return
    with replacing(path) as part:
        part.write_bytes(data)
        part.chmod(mode)


def part_of(path: Path) -> str:
    """Return how the name of a file begins that is to take the place of `path`."""
    return f".{path.name[:MOST_OF_NAME]}."


@contextmanager
def replacing(path: Path, *, durable: bool = True) -> Iterator[Path]:
    """Give a new file beside `path`, for its owner alone; it takes the place of `path` at the end of the context.

    Args:
        path: the file; its folder is there.
        durable: wait until the new file is on the disk, so that it is whole after a loss of power too.

    Raises:
        OSError: that is not possible; like any other error in the context it leaves `path` as it was.
    """
    descriptor, name = tempfile.mkstemp(prefix=part_of(path), suffix=PART, dir=path.parent)
    part = Path(name)
    try:
        try:
            yield part
            if durable:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


def keep_private(database: Path) -> None:
    """Let only the user read and write an SQLite database, and what lies beside it. Makes it where it is not there.

    A database that is there is never opened here: to close it would let go of SQLite's own locks on it.

    Raises:
        OSError: it can't be made, or is a symbolic link.
    """
    with suppress(FileExistsError):
        _make_private(database)
    for path in (database, *(database.with_name(database.name + ending) for ending in _BESIDE)):
        with suppress(FileNotFoundError, PermissionError):
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode):
                raise OSError(errno.ELOOP, message("is-symbolic-link", path=path))
            if mode & 0o077:
                path.chmod(stat.S_IMODE(mode) & 0o700)


def _make_private(file: Path) -> None:
    try:
        os.mknod(file, stat.S_IFREG | 0o600)
    except FileExistsError:
        raise
    except OSError:
        # macOS lets only root do it so; or the folder can't be written to, which is said here.
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _check(folder: Path) -> None:
    _check_own(folder)
    _check_links(folder)


def _check_own(folder: Path) -> None:
    """Raise where somebody else could change what is in the folder, or it is somebody else's."""
    status, us = folder.stat(), os.geteuid()
    shown = shlex.quote(str(folder))
    if status.st_mode & stat.S_IWOTH:
        raise StateError(
            message("data-folder-open-to-all", path=folder),
            hint=message("mend-with-chmod", path=shown),
        )
    if status.st_uid == us or (us == 0 and _in_container()):
        return
    owner = _named(status.st_uid)
    mend = f"sudo chown -R {_named(us)} {shown}"
    if us == 0:
        mend = message("run-as-user", owner=owner)
    raise StateError(
        message("data-folder-of-another-user", path=folder, owner=owner),
        hint=message("mend-or-name-data-folder", mend=mend, other=_HINT),
    )


def _check_links(folder: Path) -> None:
    """Raise where something in the folder is a symbolic link, through which syncd would write elsewhere."""
    with os.scandir(folder) as entries:
        link = next((entry.path for entry in entries if entry.is_symlink()), None)
    if link is not None:
        raise StateError(
            message("data-folder-holds-link", path=link),
            hint=message("take-link-away", path=shlex.quote(link)),
        )


def _in_container() -> bool:
    """Tell whether this computer is a container, where root is often the only user."""
    if any(mark.exists() for mark in CONTAINER):
        return True
    try:
        return Path("/proc/1/comm").read_text(encoding="utf-8").strip() not in _INITS
    except OSError:
        return False


def _named(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)


# What the system says, and how the sentence about the data folder goes on.
_REASONS: dict[int, str] = {
    errno.EEXIST: message("not-made-name-taken"),
    errno.ENOTDIR: message("not-made-file-in-way"),
    errno.EACCES: message("not-written-denied"),
    errno.EPERM: message("not-written-denied"),
    errno.EROFS: message("not-written-read-only"),
    errno.ENOSPC: message("not-written-disk-full"),
    errno.EDQUOT: message("not-written-quota-full"),
}


def _reason(error: OSError) -> str:
    return _REASONS.get(error.errno or 0, message("not-usable", reason=error.strerror))


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
    # Unlike pathlib's it leaves an unknown user alone.
    return Path(os.path.expanduser(path) if path.startswith("~") else path)  # noqa: PTH111
