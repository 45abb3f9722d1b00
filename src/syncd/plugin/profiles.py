"""Where Zotero keeps its profiles on this computer, whether it has one open, and the plugin put into one.

Nothing but `<profile>/extensions/<id>.xpi` is ever written.
"""

from __future__ import annotations

import configparser
import contextlib
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from syncd.errors import PluginError
from syncd.paths import home
from syncd.plugin import ID

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Below the user's home: as a package, from Flathub, and as a snap.
_LINUX = (
    ".zotero/zotero",
    ".var/app/org.zotero.Zotero/.zotero/zotero",
    "snap/zotero-snap/common/.zotero/zotero",
    "snap/zotero-snap/current/.zotero/zotero",
)
_MACOS = ("Library/Application Support/Zotero",)


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile of Zotero's.

    Attributes:
        name: Zotero's for it.
        folder: where it is.
    """

    name: str
    folder: Path

    @property
    def plugin(self) -> Path:
        """Where the plugin lies when it is installed."""
        return self.folder / "extensions" / f"{ID}.xpi"


def roots(env: Mapping[str, str], platform: str) -> tuple[Path, ...]:
    """Return the folders in which Zotero may list its profiles.

    Args:
        env: the user's environment.
        platform: as `sys.platform` has it.
    """
    if platform == "win32":
        return (Path(env["APPDATA"]) / "Zotero" / "Zotero",) if env.get("APPDATA") else ()
    return tuple(home(env) / part for part in (_MACOS if platform == "darwin" else _LINUX))


def profiles(env: Mapping[str, str], platform: str) -> tuple[Profile, ...]:
    """Return the profiles of this user that exist, the ones that Zotero opens by itself first."""
    found: dict[Path, tuple[bool, Profile]] = {}
    for root in roots(env, platform):
        for usual, profile in _listed(root):
            # A snap lists the same folder twice, under two names.
            found.setdefault(profile.folder.resolve(), (usual, profile))
    return tuple(profile for _, profile in sorted(found.values(), key=lambda each: not each[0]))


def _listed(root: Path) -> Iterator[tuple[bool, Profile]]:
    """Yield what a profiles.ini lists, and whether it is the one that Zotero opens by itself."""
    ini = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        ini.read_string((root / "profiles.ini").read_text(encoding="utf-8-sig", errors="replace"))
    except (OSError, configparser.Error):
        return
    for section in ini.values():
        path = section.get("Path")
        if not section.name.startswith("Profile") or not path:
            continue
        folder = root / path  # which is the path itself, where it is a whole one
        if folder.is_dir():
            yield section.get("Default") == "1", Profile(section.get("Name", folder.name), folder)


def is_open(profile: Profile) -> bool:
    """Whether a Zotero has this profile open: it holds a lock on a file as long as it runs."""
    if sys.platform == "win32":
        try:
            with (profile.folder / "parent.lock").open("r+b"):
                return False
        except FileNotFoundError:
            return False
        except OSError:
            return True
    import fcntl  # noqa: PLC0415 - not on every system

    try:
        with (profile.folder / ".parentlock").open("r+b") as lock:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def install(profile: Profile, content: bytes) -> Path:
    """Put the plugin into a profile, from where Zotero takes it when it starts.

    Returns:
        The file.

    Raises:
        PluginError: there is no such profile, Zotero has it open, or the file can't be written.
    """
    if not profile.folder.is_dir():
        raise PluginError(
            f"{profile.folder} is no folder", hint="--profile takes the folder of a Zotero profile."
        )
    if is_open(profile):
        raise PluginError(
            f"Zotero has the profile {profile.name} open",
            hint="Close Zotero and try again, or install the file in Zotero itself: syncd plugin install",
        )
    write(profile.plugin, content)
    return profile.plugin


def write(place: Path, content: bytes) -> None:
    """Write a file whole, or leave what was there.

    Raises:
        PluginError: that is not possible.
    """
    part: Path | None = None
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=place.parent, prefix=f".{place.name}.", delete=False) as file:
            part = Path(file.name)
            file.write(content)
        part.chmod(0o644)
        part.replace(place)
    except OSError as error:
        if part is not None:
            with contextlib.suppress(OSError):
                part.unlink()
        raise PluginError(
            f"{place} can't be written: {error.strerror}", hint="Nothing was changed."
        ) from None
