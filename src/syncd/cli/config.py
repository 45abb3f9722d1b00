"""`syncd config`: is the configuration right, and what is in effect."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer

from syncd.cli.console import (
    ConfigOption,
    Exit,
    JsonOption,
    command,
    configuration,
    escape,
    group,
    said_plainly,
    say,
    show_json,
    stderr,
    tell,
)
from syncd.clock import SystemClock
from syncd.config import Config, find, load
from syncd.config.load import Effective, effective
from syncd.config.secrets import look
from syncd.config.toml import BARE_KEY
from syncd.config.values import masked
from syncd.doctor.finding import Scene
from syncd.doctor.settings import advice
from syncd.errors import ConfigError
from syncd.messages import message
from syncd.paths import data_dir, data_folder

app = group("Look at the configuration.")


@command(app, "check")
def check(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Say all that is wrong with the configuration. The command exits with 2 if anything is."""
    with said_plainly():
        seen = scene(config, offline=True)
        notes = list(advice(seen))
        if as_json:
            value = {
                "file": str(seen.file) if seen.file else None,
                "problems": list(seen.problems),
                "warnings": [{"message": note.words, "mend": note.mend or None} for note in notes],
            }
            show_json(value)
            raise typer.Exit(Exit.USAGE if seen.problems else Exit.DONE)
        if seen.problems:
            say(ConfigError(list(seen.problems)))
            raise typer.Exit(Exit.USAGE)
        for note in notes:
            _warn(note.words, note.mend)
        tell(_verdict(seen.file, len(notes)))


def scene(config: Path | None, command: tuple[str, ...] = (), *, offline: bool) -> Scene:
    """Return what there is to look at, also where the configuration is wrong.

    Args:
        config: the file that the user named, if any.
        command: starts this syncd.
        offline: no other computer is asked.
    """
    settings: Config | None = None
    problems: tuple[str, ...] = ()
    data = data_folder(os.environ)
    try:
        settings = load(config, os.environ)
        data = replace(data, database=settings.database.address(os.environ))
    except ConfigError as error:
        problems = tuple(error.problems)
    return Scene(
        env=os.environ,
        data=data,
        clock=SystemClock(),
        file=find(config, os.environ),
        config=settings,
        problems=problems,
        command=command,
        offline=offline,
    )


def _verdict(file: Path | None, warnings: int) -> str:
    if file is None:
        return message("config-none-usual")
    if warnings:
        return message("config-warnings", path=file, count=warnings)
    return message("config-nothing-wrong", path=file)


@command(app, "show")
def show(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show every setting that is in effect, and where it comes from."""
    with said_plainly():
        settings = configuration(config)
        listed = effective(settings)
        if as_json:
            value = {"places": _places(config, settings), "settings": [_json(each) for each in listed]}
            show_json(value)
            return
        for place in _places(config, settings):
            tell(f"# {place['name']}: {place['path']} ({place['origin']})")
        _list(listed)


def _warn(words: str, mend: str) -> None:
    stderr().print(f"[yellow]warning:[/] {escape(words)}", soft_wrap=True)
    if mend:
        stderr().print(escape(f"  → {mend}"), soft_wrap=True)


def _places(config: Path | None, settings: Config) -> list[dict[str, str]]:
    """Return the file and the folder that are used, and who says so."""
    file = "--config" if config else "SYNCD_CONFIG" if os.environ.get("SYNCD_CONFIG") else "the usual place"
    names = ("SYNCD_DATA_DIR", "STATE_DIRECTORY", "XDG_DATA_HOME")
    folder = next((name for name in names if os.environ.get(name)), "the usual place")
    return [
        {
            "name": "configuration",
            "path": str(settings.path or "none"),
            "origin": file if settings.path else "default",
        },
        {"name": "data folder", "path": str(data_dir(os.environ)), "origin": folder},
    ]


def _list(listed: list[Effective]) -> None:
    """Print settings as TOML would have them, with their origin behind a #."""
    table: tuple[str | int, ...] = ()
    for each in listed:
        if each.path[:-1] != table:
            table = each.path[:-1]
            is_one_of_many = isinstance(table[-1], int) if table else False
            tell(f"\n[[{_dotted(table[:-1])}]]" if is_one_of_many else f"\n[{_dotted(table)}]")
        line = f"{_dotted(each.path[-1:])} = {_value(each)}"
        tell(f"{line:<60}  # {', '.join((_origin(each), *_standing(each)))}")


def _dotted(path: tuple[str | int, ...]) -> str:
    names = (str(part) for part in path)
    return ".".join(n if BARE_KEY.fullmatch(n) else json.dumps(n, ensure_ascii=False) for n in names)


def _value(each: Effective) -> str:
    if each.secrets:
        return ", ".join(f"({ref})" for ref in each.secrets)
    return masked(json.dumps(each.value, ensure_ascii=False))


def _origin(each: Effective) -> str:
    return f"line {each.line}" if each.line else "default"


def _standing(each: Effective) -> Iterator[str]:
    """Yield how each secret stands, as far as that can be told without fetching it."""
    for ref in each.secrets:
        yield look(ref, os.environ).words


def _json(each: Effective) -> dict[str, Any]:
    found = [look(ref, os.environ) for ref in each.secrets]
    value: dict[str, Any] = {
        "setting": list(each.path),
        "value": each.value,
        "origin": "file" if each.line else "default",
        "line": each.line,
    }
    return value | ({"secrets": [{"found": s.found, "message": s.words} for s in found]} if found else {})
