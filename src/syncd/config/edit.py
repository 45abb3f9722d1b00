"""Edits the configuration file and keeps its comments and its order: who is followed, and where papers go.

The new text is read as a configuration before it takes the old one's place, in one step; a file that would not
be read stays as it was.
"""

from __future__ import annotations

import os
import re
import tempfile
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomlkit
import tomlkit.exceptions
from tomlkit.items import InlineTable, Table

from syncd.config.load import find, load
from syncd.errors import ConfigError
from syncd.paths import config_home

if TYPE_CHECKING:
    from tomlkit.items import Item


# What a new configuration asks to complete papers, in the order in which they are asked.
SERVICES = ("arxiv", "semanticscholar", "openalex", "crossref", "dblp", "huggingface")


def place(path: Path | None, env: Mapping[str, str]) -> Path:
    """Return the configuration file to edit; where there is none, the user's own, yet to be made."""
    return find(path, env) or config_home(env) / "syncd" / "config.toml"


def slug(name: str) -> str:
    """Return an author's name as a profile's name in the configuration.

    >>> slug("Pengcheng He"), slug("José García-Müller"), slug("何鹏程")
    ('pengcheng-he', 'jose-garcia-muller', '何鹏程')
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", "-", plain.casefold()).strip("-") or "profile"


def follow(place: Path, env: Mapping[str, str], name: str, settings: Mapping[str, str]) -> str:
    """Add a profile.

    Args:
        place: the file; made if it is not there, with the services that complete papers.
        env: the environment, for reading the result.
        name: what the profile is to be called; a number is added if that is taken.
        settings: of the profile, `source` among them, as they stand in the file.

    Returns:
        what it is called.

    Raises:
        ConfigError: the file can't be read or written, or the source is followed already.
    """
    document = _read_or_new(place)
    profiles = _table(document, "profiles")
    for known, profile in profiles.items():
        if isinstance(profile, Table) and profile.get("source") == settings["source"]:
            raise ConfigError([f"{place}: this source is followed already, as {known!r}"])
    chosen, count = name, 2
    while chosen in profiles:
        chosen, count = f"{name}-{count}", count + 1
    table = tomlkit.table()
    for setting, value in settings.items():
        table.add(setting, value)
    profiles.add(chosen, table)
    _write(place, document, env)
    return chosen


def unfollow(place: Path, env: Mapping[str, str], words: str) -> str:
    """Remove the profile of that name or source; what it brought stays in Zotero.

    Returns:
        what it was called.

    Raises:
        ConfigError: there is no such profile, or the file can't be read or written.
    """
    document = _read(place)
    profiles = _table(document, "profiles")
    sources = {
        str(profile.get("source")): name for name, profile in profiles.items() if isinstance(profile, Table)
    }
    name = words if words in profiles else sources.get(words)
    if name is None:
        known = ", ".join(profiles) or "none"
        raise ConfigError([f"{place}: no profile {words!r} is followed; there are: {known}"])
    profiles.remove(name)
    _write(place, document, env)
    return name


def _read_or_new(place: Path) -> tomlkit.TOMLDocument:
    """Return what is in the file; where there is nothing, a configuration that completes papers."""
    document = _read(place)
    if not document:
        document.add("enrich", tomlkit.item({"services": list(SERVICES)}))
    return document


def create(place: Path, env: Mapping[str, str], text: str) -> None:
    """Make the file, of this text.

    Raises:
        ConfigError: it is there already, is no configuration, or can't be written.
    """
    if place.exists():
        raise ConfigError([f"{place}: there is a configuration already"])
    _write(place, tomlkit.parse(text), env)


def change(place: Path, env: Mapping[str, str], tables: Mapping[tuple[str, str], Mapping[str, Any]]) -> None:
    """Add libraries and profiles, or change settings of those that are there, all in one step.

    Args:
        place: the file; made if it is not there, as `follow` makes it.
        env: the environment, for reading the result.
        tables: settings by table, such as `("profiles", "ann")`; a mapping is written on one line.

    Raises:
        ConfigError: the file can't be read or written, or would be none afterwards.
    """
    document = _read_or_new(place)
    for (kind, name), settings in tables.items():
        parent = _table(document, kind)
        if name not in parent:
            parent.add(name, tomlkit.table())
        table = parent[name]
        if not isinstance(table, Table | InlineTable):
            raise ConfigError([f"{place}: {kind}.{name} should be a table; mend that by hand"])
        for setting, value in settings.items():
            _put(table, setting, value)
    _write(place, document, env)


def _put(table: Table | InlineTable, setting: str, value: Any) -> None:
    if isinstance(value, Mapping):
        line = tomlkit.inline_table()
        line.update(value)
        value = line
    if isinstance(table.get(setting), Table):
        # A table of its own can't become a line where it stands: what follows would be taken for its own.
        table.remove(setting)
    table[setting] = value


def _read(place: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(place.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return tomlkit.document()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError([f"{place}: the configuration can't be read: {reason}"]) from None
    except tomlkit.exceptions.TOMLKitError as error:
        raise ConfigError([f"{place}: this is not valid TOML: {error}"]) from None


def _table(document: tomlkit.TOMLDocument, name: str) -> Table:
    found: Item | None = document.get(name)
    if found is None:
        document.add(name, tomlkit.table(is_super_table=True))
        found = document[name]
    if not isinstance(found, Table):
        raise ConfigError(
            [f"{name} should be tables of their own, such as [{name}.somebody]; mend that by hand"]
        )
    return found


def _write(place: Path, document: tomlkit.TOMLDocument, env: Mapping[str, str]) -> None:
    """Put the new text in place of the old one, if it is a configuration."""
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = place.stat().st_mode & 0o777 if place.exists() else 0o600
        with tempfile.NamedTemporaryFile(
            "w", dir=place.parent, suffix=".toml", delete=False, encoding="utf-8"
        ) as new:
            new.write(tomlkit.dumps(document))
            new.flush()
            os.fsync(new.fileno())
        try:
            load(Path(new.name), env)
            Path(new.name).chmod(mode)
            # Where the file is a link, what it leads to is exchanged, not the link.
            Path(new.name).replace(place.resolve())
        except ConfigError as error:
            problems = [problem.replace(new.name, str(place)) for problem in error.problems]
            raise ConfigError(problems, hint="The configuration was left as it was.") from None
        finally:
            Path(new.name).unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError([f"{place}: the configuration can't be written: {error.strerror}"]) from None
