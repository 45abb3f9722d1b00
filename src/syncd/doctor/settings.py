"""The configuration: what is wrong in it, and what is hardly meant. Nothing is written unless it is to be mended."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from shlex import quote

from syncd.config import Config, secrets
from syncd.config.load import effective, lines_of
from syncd.config.model import EMBEDDED
from syncd.config.secrets import SecretRef
from syncd.config.toml import Path as Setting
from syncd.config.toml import line_of
from syncd.daemon.schedule import trigger, zone
from syncd.doctor.finding import Check, Finding, Scene
from syncd.engine.gather import keyless
from syncd.messages import message
from syncd.read import is_online

NAME = "configuration"
# A schedule that comes more rarely than this was hardly meant.
RARE = timedelta(days=62)


def checks(scene: Scene) -> Iterator[Check]:
    """Yield the checks of the configuration."""
    yield Check(NAME, lambda: _configuration(scene))


def _configuration(scene: Scene) -> Iterator[Finding]:
    for problem in scene.problems:
        yield Finding(NAME, "failure", problem, "syncd config check")
    if scene.config is None:
        return
    if scene.file is None:
        yield Finding(NAME, "warning", message("no-config-yet"), "syncd init")
        return
    yield Finding(NAME, "ok", message("config-fine", path=scene.file))
    yield from advice(scene, keys=False)


def advice(scene: Scene, *, keys: bool = True) -> Iterator[Finding]:
    """Yield what is no error but hardly meant, each with its line, in their order.

    Args:
        scene: what there is to look at.
        keys: look at the keys of libraries and at sources too, which have checks of their own.
    """
    config, file = scene.config, scene.file
    if config is None or file is None:
        return
    lines = lines_of(file)
    noted = [
        *_secrets(scene, config),
        *_profiles(config, scene.clock.now()),
        *_outputs(scene, config),
        *_parts(config, lines),
    ]
    noted = [each for each in noted if keys or (each[0][:1] != ("libraries",) and each[0][2:] != ("source",))]
    placed = [(line_of(path, lines), finding) for path, finding in noted]
    if file.stat().st_mode & 0o022:
        words = message("config-writable-by-others")
        mend = f"chmod go-w {quote(str(file))}"
        placed.append((None, Finding(NAME, "warning", words, mend, lambda: _guarded(file))))
    if number := keyless(config):
        words = message("openalex-key-wanted", count=number)
        placed.append((None, Finding(NAME, "warning", words, message("get-openalex-key"))))
    for line, finding in sorted(placed, key=lambda pair: pair[0] or 0):
        where = f"{file}:{line}" if line else str(file)
        yield Finding(
            NAME,
            "warning",
            message("at", place=where, words=finding.words),
            finding.mend,
            finding.repair,
        )


def _guarded(file: Path) -> str:
    file.chmod(file.stat().st_mode & ~0o022)
    return message("config-made-yours", path=file)


def _secrets(scene: Scene, config: Config) -> Iterator[tuple[Setting, Finding]]:
    for setting in effective(config):
        for ref in setting.secrets:
            found = secrets.look(ref, scene.env)
            if found.found is False:
                name = ".".join(map(str, setting.path))
                words = message("at", place=name, words=found.words)
                yield setting.path, Finding(NAME, "warning", words, found.mend, private(ref))


def private(ref: SecretRef) -> Callable[[], str] | None:
    """Return what makes a key file private, where it is a file that others can read."""
    path = Path(ref.file or "")
    if ref.file is None or not path.is_file() or not path.stat().st_mode & 0o077:
        return None

    def close() -> str:
        path.chmod(0o600)
        return message("key-file-made-yours", path=path)

    return close


def _profiles(config: Config, now: datetime) -> Iterator[tuple[Setting, Finding]]:
    timezone = zone(config.daemon.timezone)
    for name, profile in config.profiles.items():
        if not _is_there(profile.source):
            words = message("profile-source-missing", profile=name, path=profile.source)
            yield ("profiles", name, "source"), Finding(NAME, "warning", words)
        first = trigger(profile.schedule, timezone, now, jitter=False).get_next_fire_time(None, now)
        if first is None or first - now > RARE:
            words = message("profile-schedule-never", profile=name)
            if first:
                words = message("profile-schedule-late", profile=name, day=f"{first:%Y-%m-%d}")
            yield ("profiles", name, "schedule"), Finding(NAME, "warning", words)


def _outputs(scene: Scene, config: Config) -> Iterator[tuple[Setting, Finding]]:
    """Yield which lists can't be written where they are to be."""
    if not config.outputs:
        return
    from syncd.doctor.lists import hindrance  # noqa: PLC0415 - a database is slow to import, and few have lists

    for number, output in enumerate(config.outputs):
        if found := hindrance(output, config, scene.data):
            yield ("outputs", number, "file"), Finding(NAME, "warning", *found)


def _is_there(source: str) -> bool:
    if is_online(source) or Path(source).exists():
        return True
    return glob.has_magic(source) and bool(glob.glob(source, recursive=True))  # noqa: PTH207 - as sources do


def _parts(config: Config, lines: dict[Setting, int]) -> Iterator[tuple[Setting, Finding]]:
    if config.is_a_workers:
        return
    if not config.profiles:
        yield (), Finding(NAME, "warning", message("no-profile-followed"), "syncd init")
    if ("libraries",) not in lines:
        words = message("library-not-configured", library=EMBEDDED)
        yield (), Finding(NAME, "warning", words, "syncd login")
    first: dict[tuple[str, str], str] = {}
    for library in config.libraries.values():
        other = first.setdefault((library.root or EMBEDDED, library.prefix), library.name)
        if other != library.name:
            words = message("library-named-twice", other=other, library=library.name)
            yield (
                (),
                Finding(NAME, "warning", words, message("take-one-library-out", other=other)),
            )
    if config.notify.urls and find_spec("apprise") is None:
        words = message("apprise-not-installed")
        yield ("notify", "urls"), Finding(NAME, "warning", words, 'pip install "syncd[notify]"')
