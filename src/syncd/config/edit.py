"""Writes the configuration: a new one from the answers of `syncd init`, and changes to one that is there.

Comments and layout stay. A new text is read as a configuration before it takes the place of the old one.
"""

from __future__ import annotations

import errno
import os
import stat
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import tomlkit

from syncd.config import toml
from syncd.config.load import find, load, not_toml
from syncd.config.model import Completing
from syncd.config.toml import written
from syncd.errors import ConfigError
from syncd.messages import message, reworded
from syncd.paths import config_home, replacing
from syncd.text.patterns import pattern

HEAD = """\
# syncd's settings. config/syncd.example.toml names all of them, with what each is for.
#
# Paths are relative to the file that names them, and ~ is your home folder.
"""
LIBRARIES = """
# ── Libraries ─────────────────────────────────────────────────────────────────────────────────────
# Where papers go. Each library has a name of your choice, here "{name}". Without any library, syncd keeps
# one of its own ("embedded"), which needs no account.
"""
PROFILES = """
# ── Profiles ──────────────────────────────────────────────────────────────────────────────────────
# Whom syncd follows. Each profile has a name of your choice.
"""
ENRICH = """
# ── Complete papers ───────────────────────────────────────────────────────────────────────────────

[enrich]
# Services that are asked for what a page leaves out: all authors, DOI, arXiv id, venue, repository. What
# each said of a paper is kept for a month, or for three days where it did not know the paper. None is
# asked unless it is named here, for each learns which papers you look at. All of them, in their order:
# [{services}]
# docs/enrichment.md says what each one gives and what it learns.
""".replace("{services}", ", ".join(f'"{name}"' for name in get_args(Completing)))
# What stands above each setting.
COMMENTS: dict[str, str] = {
    "type": """\
# user: your own library on zotero.org. group: a group's library. desktop: Zotero on this computer.
# embedded: syncd's own.
""",
    "id": """\
# Your number at zotero.org: Settings > Security > Applications shows it. For a group, the number in its
# address. desktop and embedded have none.
""",
    "key": """\
# Where the library's API key is kept. The key itself never stands in this file. One of:
#   key = { env = "ZOTERO_API_KEY" }           an environment variable
#   key = { command = ["pass", "zotero"] }     what a command prints, for password stores
#   key = { file = "zotero.key" }              a file that only you can read (chmod 600)
#   key = { keyring = true }                   the system's keyring, service syncd
#   key = { credential = "zotero-key" }        a systemd credential
""",
    "endpoint": """\
# The server, if it is not Zotero's own. It begins with https://, or with http:// on this computer.
""",
    "source": """\
# The profile's page: a file, a folder (its *.txt, *.html, *.htm, *.mhtml, *.mht, *.bib and *.ris files), a
# pattern such as "pages/*.txt", or an address that begins with https:// or http://.
""",
    "library": """\
# Which library the papers go to. Without this setting: the only one there is, or else "main".
""",
    "collection": """\
# The collection that the papers are filed in, nested by "/". It is made if it is not there. Without this
# setting: "Profiles/" and the author's name as the page has it.
""",
    "schedule": """\
# When syncd looks again while it runs in the background: "every 15m", "every 6 hours", "daily", "weekly", or
# a cron line (minute, hour, day of the month, month, day of the week). This one is on workdays at seven:
# "0 7 * * 1-5".
""",
}


@dataclass(frozen=True, slots=True)
class Answers:
    """What the user wants.

    Attributes:
        library: the library's name.
        library_settings: as they stand in the file; empty for a library that is there.
        profile: the profile's name.
        profile_settings: as they stand in the file; empty where nothing changes.
        pinned: other profiles that said no library, and the one that they go to as before.
        services: those that may be asked to complete papers; None leaves that as it is.
    """

    library: str
    profile: str
    library_settings: Mapping[str, Any] = field(default_factory=dict)
    profile_settings: Mapping[str, Any] = field(default_factory=dict)
    pinned: Mapping[str, str] = field(default_factory=dict)
    services: tuple[str, ...] | None = None

    @property
    def tables(self) -> dict[tuple[str, ...], Mapping[str, Any]]:
        """The same for `change`: only the tables in which something is to be written."""
        every: dict[tuple[str, ...], Mapping[str, Any]] = {
            ("libraries", self.library): self.library_settings,
            ("profiles", self.profile): self.profile_settings,
        }
        every |= {("profiles", name): {"library": library} for name, library in self.pinned.items()}
        if self.services is not None:
            every["enrich",] = {"services": list(self.services)}
        return {path: settings for path, settings in every.items() if settings}


def text(answers: Answers) -> str:
    """Return a new configuration."""
    parts = [HEAD, LIBRARIES.replace("{name}", answers.library)]
    parts += _table("libraries", answers.library, answers.library_settings)
    parts.append(PROFILES)
    parts += _table("profiles", answers.profile, answers.profile_settings)
    parts += [ENRICH, _line("services", list(answers.services or ()))]
    return "".join(parts)


def _table(kind: str, name: str, settings: Mapping[str, Any]) -> Iterator[str]:
    yield f"\n[{kind}.{tomlkit.key(name).as_string()}]\n"
    for setting, value in settings.items():
        yield COMMENTS.get(setting, "") + _line(setting, value)


def _line(setting: str, value: Any) -> str:
    return f"{setting} = {written(value)}\n"


# What a new configuration says where the first library comes when somebody signs in.
TO_COME = "# Your own library on zotero.org: `syncd login` writes it here, with your number and where its key is kept."
# Some editors begin a file with it.
BOM = "\ufeff"


def config_file(path: Path | None, env: Mapping[str, str]) -> Path:
    """Return the configuration file to edit; where there is none, the user's own, yet to be made."""
    return find(path, env) or config_home(env) / "syncd" / "config.toml"


ODD = pattern(r"[\W_]+", hostile="_")
"""What a profile's name is better without."""


def slug(name: str) -> str:
    """Return an author's name as a profile's name in the configuration.

    >>> slug("Pengcheng He"), slug("José García-Müller"), slug("何鹏程")
    ('pengcheng-he', 'jose-garcia-muller', '何鹏程')
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return ODD.sub("-", plain.casefold()).strip("-") or "profile"


def follow(
    file: Path, env: Mapping[str, str], name: str, settings: Mapping[str, str], *, exact: bool = False
) -> str:
    """Add a profile.

    Args:
        file: the file; made if it is not there.
        env: the environment, for reading the result.
        name: what the profile is to be called; a number is added if that is taken.
        exact: the user chose the name, so no number is added.
        settings: of the profile, `source` among them, as they stand in the file.

    Returns:
        what it is called.

    Raises:
        ConfigError: the file can't be read or written, the source is followed already, or the name is taken.
    """
    text = _read(file)
    profiles = _profiles(file, text)
    for known, profile in profiles.items():
        if profile.get("source") == settings["source"]:
            raise ConfigError([message("source-followed-already", path=file, profile=repr(known))])
    if exact and name in profiles:
        raise ConfigError(
            [message("profile-exists", path=file, name=repr(name))], hint=message("choose-another-name")
        )
    chosen, count = name, 2
    while chosen in profiles:
        chosen, count = f"{name}-{count}", count + 1
    _write(file, _with(file, text, {("profiles", chosen): settings}), env)
    return chosen


def unfollow(file: Path, env: Mapping[str, str], words: str) -> str:
    """Remove the profile of that name or source; what it brought stays in Zotero.

    Returns:
        what it was called.

    Raises:
        ConfigError: there is no such profile, or the file can't be read or written.
    """
    text = _read(file)
    profiles = _profiles(file, text)
    sources = {str(profile.get("source")): name for name, profile in profiles.items()}
    name = words if words in profiles else sources.get(words)
    if name is None and (listed := _listed(file, env, words)):
        path, member = listed
        problem = message("profile-of-list", profile=repr(member), path=path)
        raise ConfigError([problem], hint=message("take-out-of-list", path=path))
    if name is None:
        problem = message("profile-not-followed-nor-another", path=file, name=repr(words))
        if profiles:
            known = ", ".join(profiles)
            problem = message("profile-not-followed", path=file, name=repr(words), known=known)
        raise ConfigError([problem])
    try:
        changed = toml.without(text, ("profiles", name))
    except toml.UneditableError:
        raise _by_hand(file, message("take-profile-out", profile=name)) from None
    _write(file, changed, env)
    return name


def _listed(file: Path, env: Mapping[str, str], words: str) -> tuple[str, str] | None:
    """Return the list, and the name there, of a profile that comes from a list of people."""
    settings = load(file, env) if file.exists() else None
    for profile in settings.profiles.values() if settings else ():
        if settings and profile.group and words in {profile.name, profile.source}:
            return settings.groups[profile.group].members, profile.name
    return None


def create(file: Path, env: Mapping[str, str], text: str) -> None:
    """Make the file, of this text.

    Raises:
        ConfigError: it is there already, is no configuration, or can't be written.
    """
    if file.exists():
        raise ConfigError([message("config-exists", path=file)])
    _write(file, text, env)


def change(file: Path, env: Mapping[str, str], tables: Mapping[tuple[str, ...], Mapping[str, Any]]) -> None:
    """Add libraries and profiles, or change settings of those that are there, all in one step.

    Args:
        file: the file; made if it is not there, as `follow` makes it.
        env: the environment, for reading the result.
        tables: settings by table, such as `("profiles", "ann")`; a mapping is written on one line.

    Raises:
        ConfigError: the file can't be read or written, or would be none afterwards.
    """
    _write(file, _with(file, _read(file), tables), env)


def write_list(file: Path, before: str, text: str) -> None:
    """Put a new text in place of a list of people, with its ends of lines.

    Args:
        file: the list, no link.
        before: its text as it was read.
        text: the new one.

    Raises:
        ConfigError: it can't be written, or was changed meanwhile.
    """
    try:
        data = file.read_bytes()
        if data.decode("utf-8-sig").replace("\r\n", "\n") != before:
            raise ConfigError([message("list-changed-meanwhile", path=file)], hint=message("list-left-alone"))
        _check_writable(file)
        ends = "\r\n" if b"\r\n" in data else "\n"
        with replacing(file) as new:
            new.write_bytes((_mark_of(file) + text.replace("\n", ends)).encode())
            _liken(new, file)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else message("not-utf8")
        raise ConfigError(
            [message("file-not-written", path=file, reason=reason)], hint=message("list-left-alone")
        ) from None


def _with(file: Path, text: str, tables: Mapping[tuple[str, ...], Mapping[str, Any]]) -> str:
    for table, settings in tables.items():
        try:
            text = toml.with_settings(text, table, settings, TO_COME if table[0] == "libraries" else "")
        except toml.UneditableError:
            lines = "; ".join(f"{name} = {written(value)}" for name, value in settings.items())
            raise _by_hand(file, message("write-into-table", table=".".join(table), lines=lines)) from None
    return text


def _by_hand(file: Path, words: str) -> ConfigError:
    return ConfigError(
        [message("config-not-changed-safely", path=file)], hint=message("do-by-hand", task=words)
    )


def _profiles(file: Path, text: str) -> dict[str, dict[str, Any]]:
    profiles = tomllib.loads(text).get("profiles", {})
    if not isinstance(profiles, dict) or not all(isinstance(one, dict) for one in profiles.values()):
        raise ConfigError([message("profiles-not-tables", path=file)])
    return profiles


def _read(file: Path) -> str:
    """Return the file's text with its own ends of lines; nothing where there is no file."""
    try:
        text = file.read_bytes().decode("utf-8")
        tomllib.loads(text.removeprefix(BOM))
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else message("not-utf8")
        raise ConfigError([message("config-unreadable", path=file, reason=reason)]) from None
    except tomllib.TOMLDecodeError as error:
        raise not_toml(error, str(file), text) from None
    return text.removeprefix(BOM)


def _write(file: Path, text: str, env: Mapping[str, str]) -> None:
    """Put the new text in place of the old one, if it is a configuration."""
    # Where the file is a link, what it leads to is exchanged, not the link.
    target = file.resolve()
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_writable(target)
        with replacing(target) as new:
            new.write_bytes((_mark_of(target) + text).encode())
            _check(new, file, env)
            _liken(new, target)
    except OSError as error:
        raise ConfigError(
            [message("config-not-written", path=file, reason=error.strerror)],
            hint=message("nothing-changed-name-config"),
        ) from None


def _check(new: Path, file: Path, env: Mapping[str, str]) -> None:
    try:
        load(new, env)
    except ConfigError as error:
        problems = [
            reworded(problem, lambda words: words.replace(str(new), str(file))) for problem in error.problems
        ]
        raise ConfigError(problems, hint=message("config-left-alone")) from None


def _check_writable(target: Path) -> None:
    """Respect a file that was made read-only, though the folder would let it be exchanged."""
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, message("file-is-read-only"))


def _mark_of(target: Path) -> str:
    """Return the byte order mark that the file begins with, if it does."""
    try:
        with target.open("rb") as file:
            return BOM if file.read(len(BOM.encode())) == BOM.encode() else ""
    except FileNotFoundError:
        return ""


def _liken(new: Path, old: Path) -> None:
    """Let the new file belong to whom the old one belonged, and be readable for whom that was."""
    if not old.exists():
        new.chmod(0o600)
        return
    status = old.stat()
    with suppress(PermissionError):
        os.chown(new, status.st_uid, status.st_gid)
    new.chmod(stat.S_IMODE(status.st_mode))
