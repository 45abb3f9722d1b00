"""`syncd worker`: one of the many workers of a fleet."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from importlib.util import find_spec
from typing import Annotated

import typer

from syncd.cli.console import ConfigOption, configuration, said_plainly
from syncd.clock import SystemClock
from syncd.errors import ConfigError, StateError
from syncd.messages import message
from syncd.paths import data_folder

MOST = 64


def worker(
    config: ConfigOption = None,
    concurrency: Annotated[
        int,
        typer.Option("--concurrency", metavar="N", min=1, max=MOST, help="How many jobs it does at a time."),
    ] = 4,
) -> None:
    """Work for a fleet, together with workers on other computers."""
    with said_plainly():
        settings = configuration(config)
        if not (database := settings.database.address(os.environ)):
            raise ConfigError([message("worker-without-database")], hint=message("name-database"))
        if find_spec("procrastinate") is None or find_spec("psycopg") is None:
            raise StateError(message("fleet-not-installed"), hint=message("install-fleet"))
        from syncd.engine.ports import Ports  # noqa: PLC0415 - heavy
        from syncd.fleet.worker import serve  # noqa: PLC0415 - it needs what is not installed everywhere

        # Nothing is kept in a data folder of this computer.
        data = replace(data_folder(os.environ), database=database)
        serve(Ports(os.environ, data, SystemClock()), concurrency, sys.stderr)
