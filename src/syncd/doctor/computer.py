"""The computer: Python, packages, time, proxies, the data folder and its disk; and syncd in the background."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from syncd import __version__
from syncd.daemon.ask import ask
from syncd.daemon.schedule import zone
from syncd.doctor.finding import Check, Finding, Scene
from syncd.errors import ConfigError, ServiceError, StateError
from syncd.messages import message
from syncd.paths import DataFolder
from syncd.service import Standing, manager
from syncd.service.systemd import Form

PYTHON = (3, 11)
# Bytes: below this, a database that grows may fill the disk.
LITTLE = 200_000_000
# Bytes: below this, no run can keep its journal.
NOTHING = 1_000_000
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
FIX = "syncd doctor --fix"


def checks(scene: Scene) -> Iterator[Check]:
    """Yield the checks of the computer."""
    yield Check("syncd", lambda: _versions(metadata.requires("syncd") or []))
    yield Check("time", lambda: _time(scene))
    yield Check("proxies", lambda: _proxies(scene.env))
    yield Check("data folder", lambda: _data_folder(scene))
    yield Check("disk", lambda: _disk(scene.data.root))


def _versions(requirements: list[str]) -> Iterator[Finding]:
    python = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < PYTHON:
        needed = ".".join(map(str, PYTHON))
        yield Finding("syncd", "failure", message("python-too-old", python=python, needed=needed))
    wrong = [problem for text in requirements if (problem := _requirement(text))]
    for problem in wrong:
        yield Finding("syncd", "failure", problem, "pip install --upgrade syncd")
    if not wrong:
        words = message("syncd-complete", version=__version__, python=python)
        yield Finding("syncd", "ok", words)


def _requirement(text: str) -> str | None:
    """Return what is wrong with a package that syncd needs, if something is."""
    needed = Requirement(text)
    if needed.marker is not None and not needed.marker.evaluate({"extra": ""}):
        return None
    try:
        found = metadata.version(needed.name)
    except metadata.PackageNotFoundError:
        return message("package-missing", package=needed.name)
    if needed.specifier.contains(found, prereleases=True):
        return None
    return message("package-of-wrong-version", package=needed.name, version=found, needed=needed.specifier)


def _time(scene: Scene) -> Iterator[Finding]:
    name = scene.config.daemon.timezone if scene.config else None
    try:
        here = scene.clock.now().astimezone(zone(name))
    except (ConfigError, LookupError, ValueError, OSError):
        mend = message("write-time-zone")
        yield Finding("time", "warning", message("no-time-zone"), mend)
        return
    yield Finding("time", "ok", message("time-zone-is", now=f"{here:%Y-%m-%d %H:%M}", zone=here.tzname()))


def _proxies(env: Mapping[str, str]) -> Iterator[Finding]:
    """Name proxies, for they explain much; only their names, for their addresses may hold passwords."""
    found = [name for name in PROXIES if env.get(name) or env.get(name.lower())]
    words = message("environment-sets", names=", ".join(found)) if found else message("no-proxies")
    yield Finding("proxies", "ok", words)


def _data_folder(scene: Scene) -> Iterator[Finding]:
    root = scene.data.root
    if not root.exists():
        yield _to_come(scene)
        return
    if not root.is_dir():
        yield Finding("data folder", "failure", message("not-a-folder", path=root), f"mv {root} {root}.old")
        return
    if not os.access(root, os.W_OK | os.X_OK):
        yield Finding("data folder", "failure", message("not-writable", path=root), f"chmod u+rwx {root}")
        return
    try:
        scene.data.check()
    except StateError as error:
        if root.stat().st_mode & 0o002:
            yield Finding("data folder", "failure", str(error), FIX, lambda: _closed(root))
        else:
            yield Finding("data folder", "failure", str(error), error.hint)
        return
    closed = [found for path in _written(scene.data) if (found := _closed_to_us(path, root))]
    yield from closed
    if root.stat().st_mode & 0o077:
        words = message("folder-open-to-others", path=root)
        yield Finding("data folder", "warning", words, FIX, lambda: _closed(root))
    elif not closed:
        yield Finding("data folder", "ok", message("folder-yours-alone", path=root))


def _to_come(scene: Scene) -> Finding:
    """Say whether the data folder can be made."""
    root = scene.data.root
    above = next(folder for folder in root.absolute().parents if folder.exists())
    problem = ""
    if root.is_symlink():
        problem = message("leads-nowhere")
    elif not above.is_dir():
        problem = message("not-a-folder", path=above)
    elif not os.access(above, os.W_OK | os.X_OK):
        problem = message("not-writable", path=above)
    if problem:
        mend = message("make-right-or-name-data-folder")
        return Finding("data folder", "failure", message("folder-not-made", path=root, reason=problem), mend)
    words = message("folder-not-made-yet", path=root)
    return Finding("data folder", "ok", words, repair=lambda: _made(scene))


def _written(data: DataFolder) -> Iterator[Path]:
    """Yield what every command needs to write to, as far as it is there."""
    for path in (data.state, data.library):
        yield from (path.with_name(path.name + ending) for ending in ("", "-wal", "-shm"))
    yield data.cache
    yield from sorted(data.root.glob("*.lock"))


def _closed_to_us(path: Path, root: Path) -> Finding | None:
    """Return what is wrong with a part of the data folder: a command that was run as another user left it behind."""
    if not os.path.lexists(path):
        return None
    if path == root / "cache" and not path.is_dir():
        return Finding("data folder", "failure", message("not-a-folder", path=path), f"rm {path}")
    if os.access(path, os.R_OK | os.W_OK):
        return None
    if path.lstat().st_uid != os.getuid():
        words = message("path-of-another-user", path=path)
        return Finding("data folder", "failure", words, f'sudo chown -R "$(id -un)" {root}')
    return Finding("data folder", "failure", message("not-writable", path=path), f"chmod u+rw {path}")


def _made(scene: Scene) -> str:
    scene.data.create()
    return message("folder-made", path=scene.data.root)


def _closed(root: Path) -> str:
    root.chmod(0o700)
    return message("made-yours-alone", path=root)


def _disk(root: Path) -> Iterator[Finding]:
    there = next(folder for folder in (root, *root.absolute().parents) if folder.exists())
    free = shutil.disk_usage(there).free
    words = (
        message("gigabytes-free", free=f"{free / 1000000000.0:.1f}")
        if free >= 1e9
        else message("megabytes-free", free=free // 1_000_000)
    )
    if free < NOTHING:
        yield Finding("disk", "failure", message("disk-full", path=root), message("free-space"))
    elif free < LITTLE:
        yield Finding(
            "disk", "warning", message("disk-nearly-full", free=words, path=root), message("free-space")
        )
    else:
        yield Finding("disk", "ok", words)


DAEMON = "daemon"
SERVICE = "service"
SECONDS = 10.0


def background(scene: Scene) -> Iterator[Check]:
    """Yield the checks of the background."""
    yield Check(DAEMON, lambda: _daemon(scene))
    yield Check(SERVICE, lambda: _service(scene))


def _daemon(scene: Scene) -> Iterator[Finding]:
    path = scene.data.control
    status = ask(path, "status", seconds=SECONDS, whole=False)
    if status is None and path.exists():
        words = message("daemon-left-socket")
        yield Finding(DAEMON, "warning", words, FIX, lambda: _removed(path))
    elif status is None:
        yield Finding(DAEMON, "ok", message("no-daemon-runs"))
    elif (version := status.get("version")) != __version__:
        words = message("daemon-of-other-version", version=version, own=__version__)
        yield Finding(DAEMON, "warning", words, "syncd service install")
    else:
        yield Finding(
            DAEMON,
            "ok",
            message(
                "daemon-runs",
                process=status.get("pid"),
                count=len(status.get("profiles", ())),
            ),
        )
    http = (status or {}).get("http")
    if http and http["trouble"]:
        words = message("programs-unanswered", reason=http["trouble"])
        yield Finding(DAEMON, "warning", words, http["hint"])


def _removed(path: Path) -> str:
    path.unlink(missing_ok=True)
    return message("removed", path=path)


def _service(scene: Scene) -> Iterator[Finding]:
    try:
        form, standing = _installed(scene)
    except ServiceError as error:
        yield Finding(SERVICE, "ok", message("service-not-installed-because", reason=error))
        return
    if standing is None:
        yield Finding(SERVICE, "ok", message("service-not-installed"))
        return
    kind = "timer" if standing.timer else "daemon"
    again = f"syncd service install --{form}" + (" --timer" if standing.timer else "")
    if not _can_start(standing):
        words = message("service-starts-nothing", command=shlex.join(standing.command))
        yield Finding(SERVICE, "failure", words, again)
    elif not standing.active:
        yield Finding(
            SERVICE,
            "failure",
            message("service-not-running", manager=form, state=standing.state),
            again,
        )
    elif not standing.enabled:
        yield Finding(SERVICE, "warning", message("service-not-enabled"), again)
    elif standing.command[: len(scene.command)] != scene.command:
        words = message("service-starts-another", command=shlex.join(standing.command))
        yield Finding(SERVICE, "warning", words, again)
    else:
        yield Finding(SERVICE, "ok", message("service-runs", manager=form, kind=kind))


def _installed(scene: Scene) -> tuple[Form, Standing | None]:
    """Return the first form of the service that is installed, and how it stands."""
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
