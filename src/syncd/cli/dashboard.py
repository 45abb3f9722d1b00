"""`syncd dashboard`: open the pages that show what is new, what waits and how it goes."""

from __future__ import annotations

import json
import signal
import threading
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from syncd.cli.console import (
    ConfigOption,
    JsonOption,
    configuration,
    own_data,
    ports,
    said_plainly,
    stdout,
    tell,
)
from syncd.daemon.ask import ask
from syncd.messages import message


def dashboard(
    config: ConfigOption = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address; open no browser.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Open what is new, what waits for you and how it goes, in the browser."""
    with said_plainly(), invited("/", config) as (url, is_served_here):
        ended = interrupted()
        if as_json:
            typer.echo(json.dumps({"url": url}))
        elif no_browser or not webbrowser.open(url):
            stdout().print(message("open-in-browser", address=f"[bold]{url}[/]"), soft_wrap=True)
            tell(message("address-works-once"))
        else:
            tell(message("dashboard-opened"))
        if is_served_here:
            if not as_json:
                tell(message("dashboard-ends-with"))
            ended.wait()


@contextmanager
def invited(to: str, config: Path | None) -> Iterator[tuple[str, bool]]:
    """Give an address that opens a page of the dashboard in one browser, once; and whether this process serves it.

    It does so while the context is open, where no daemon does.
    """
    settings = configuration(config)
    if answer := ask(own_data().control, "dashboard", to=to):
        yield answer["url"], False
        return
    # Heavy, and of no use where a daemon runs.
    from syncd.cli.export import say_kept  # noqa: PLC0415
    from syncd.web.alone import Alone  # noqa: PLC0415

    with Alone(settings, config, ports(settings=settings), say_kept) as alone:
        yield alone.invite(to), True


def interrupted() -> threading.Event:
    """Return what is set on Ctrl-C, or when somebody else wants this process to end."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    return ended
