"""`syncd digest`: what came in some time and what waits, in the terminal or for scripts. No library is asked."""

from __future__ import annotations

from typing import Annotated

import typer

from syncd.cli.console import (
    ConfigOption,
    JsonOption,
    LibraryOption,
    configuration,
    own_data,
    said_plainly,
    show_json,
    stdout,
)
from syncd.clock import SystemClock
from syncd.config.values import read_duration
from syncd.digest import as_text, titled
from syncd.engine.digest import digest_of
from syncd.errors import ConfigError
from syncd.messages import message
from syncd.state.libraries import remembered
from syncd.text.plain import json_of


def digest(
    since: Annotated[
        str, typer.Option("--since", metavar="TIME", help="How far to look back, such as 7d or 12h.")
    ] = "7d",
    config: ConfigOption = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what came in the last days, and what waits for you."""
    with said_plainly():
        try:
            length = read_duration(since)
        except ValueError as error:
            raise ConfigError([message("at", place="--since", words=error)]) from None
        settings, clock = configuration(config), SystemClock()
        begin, data = clock.now() - length, own_data(settings)
        chosen = [settings.library(library)] if library else list(settings.libraries.values())
        found = []
        for one in chosen:
            with remembered(one, data, clock) as state:
                found.append(digest_of(state, one, begin))
        if as_json:
            libraries = [{**json_of(one), "since": one.since.isoformat(timespec="seconds")} for one in found]
            show_json({"libraries": libraries})
            return
        told = [(titled(one, several=len(found) > 1), one) for one in found]
        stdout().print(as_text(told), end="", markup=False, soft_wrap=True)
