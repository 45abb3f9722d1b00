"""`syncd figures`: how a profile's figures moved and what its papers are, in the terminal or as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from syncd.cli import output
from syncd.cli.console import (
    ConfigOption,
    LibraryOption,
    configuration,
    escape,
    own_data,
    said_plainly,
    stdout,
    tell,
)
from syncd.cli.output import Column
from syncd.clock import SystemClock
from syncd.engine.figures import figures_of
from syncd.engine.review import profile_meant
from syncd.errors import ConfigError, StateError, SyncdError
from syncd.figures import Figure, sheet, spark, table
from syncd.messages import message
from syncd.paths import write_whole
from syncd.state.libraries import remembered

# Values that are shown as signs, the latest ones.
MOST_SIGNS = 24


def figures(
    profile: Annotated[str, typer.Argument(metavar="PROFILE", help="Its name, author or collection.")],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write a file: .svg or .csv."),
    ] = None,
    config: ConfigOption = None,
    library: LibraryOption = None,
) -> None:
    """Show how a profile's figures moved, or write them to a file."""
    with said_plainly():
        if out is not None and out.suffix.lower() not in {".svg", ".csv"}:
            raise ConfigError([message("figures-file-type", path=out)], hint=message("figures-file-name"))
        settings = configuration(config)
        with remembered(settings.library(library), own_data(settings), SystemClock()) as state:
            meant = profile_meant(state, profile)
            found = figures_of(state, meant.name, meant.author)
        if not found:
            raise SyncdError(message("no-figures-yet", profile=meant.name))
        if out is None:
            _show(found)
            return
        drawn = sheet(found, meant.author) if out.suffix.lower() == ".svg" else table(found)
        try:
            write_whole(out, drawn.encode(), mode=0o644)
        except OSError as error:
            raise StateError(message("file-not-written", path=out, reason=error.strerror)) from None
        tell(message("figures-written", path=out))


def _show(found: tuple[Figure, ...]) -> None:
    rows = []
    for figure in found:
        values = [value for _, value in figure.values]
        if figure.kind in {"course", "bars"}:
            (first, _), (last, value) = figure.values[0], figure.values[-1]
            named = f"{first} to {last}" if first != last else last
            latest = figure.said(value) if figure.kind == "course" else figure.said(sum(values))
            rows.append((escape(figure.title), latest, spark(values[-MOST_SIGNS:]), escape(named)))
        else:
            told = ", ".join(f"{label} {figure.said(value)}" for label, value in figure.values)
            rows.append((escape(figure.title), "", "", escape(told)))
    columns = (Column("figure"), Column("value"), Column(""), Column("of", 1))
    output.show(stdout(), columns, rows)
