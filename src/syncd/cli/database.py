"""`syncd database`: where the state is kept."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import Annotated

import typer

from syncd.cli.console import (
    ConfigOption,
    JsonOption,
    command,
    configuration,
    group,
    own_data,
    said_plainly,
    show_json,
    stderr,
    tell,
)
from syncd.clock import SystemClock
from syncd.config.model import Database
from syncd.config.secrets import SecretRef
from syncd.config.values import is_database, read_database
from syncd.errors import ConfigError
from syncd.messages import message
from syncd.state.move import move

FILE = "file"

app = group("Where the state is kept.")


@command(app, "move")
def move_state(
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="ADDRESS|VARIABLE|file",
            help="An empty PostgreSQL database, or the environment variable that holds its address; file: back into"
            " the data folder.",
        ),
    ],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take all that syncd remembers to another database. The old one is left as it was."""
    with said_plainly():
        settings = configuration(config)
        source = own_data(settings)
        database = _database(to)
        target = replace(source, database=database.address(os.environ))
        if target == source:
            raise ConfigError([message("state-is-there")])
        with stderr().status("") as shown:
            counts = move(source, target, SystemClock(), shown.update)
        rows = sum(counts.values())
        setting = _setting(database)
        if as_json:
            show_json({"rows": counts, "setting": setting})
            return
        tell(message("state-moved", count=rows))
        file = settings.path or "config.toml"
        if setting:
            tell(message("put-database-setting", path=file, setting=setting))
        else:
            tell(message("drop-database-setting", path=file))


def _database(to: str) -> Database:
    """Return what the configuration says of a database that was named on the command line.

    Raises:
        ConfigError: it is none, or holds a password, which others would see among the computer's processes.
    """
    if to == FILE:
        return Database()
    if to in os.environ and not is_database(to):
        return Database(url=SecretRef(env=to))
    try:
        return Database(url=read_database(to))
    except ValueError as error:
        raise ConfigError([message("at", place="--to", words=error.args[0])]) from None


def _setting(database: Database) -> str:
    """Return the line that names a database in the configuration; "" for the file."""
    if isinstance(database.url, SecretRef):
        return f"url = {{ env = {json.dumps(database.url.env)} }}"
    return f"url = {json.dumps(database.url)}" if database.url else ""
