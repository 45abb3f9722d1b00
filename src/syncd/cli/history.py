"""`syncd status` and `syncd log`: what syncd follows, what waits and why, what each run did."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncd.cli.console import (
    ConfigOption,
    JsonOption,
    LibraryOption,
    configuration,
    ports,
    said_plainly,
    stdout,
)
from syncd.errors import SyncdError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncd.history import Note, Run
    from syncd.state import FollowedProfile, Standing

# What is shown of papers, in this order: the word for each cause.
HEADINGS = {
    "kept": "kept yours",
    "waiting": "waiting",
    "review": "to review",
    "failed": "failed",
    "refused": "refused by the server",
    "paused": "paused",
    "deleted": "deleted or trashed by you",
    "not adopted": "not adopted",
}
# Of these only the number is shown: nothing waits for the user there.
QUIET = frozenset({"deleted", "paused", "not adopted"})


def status(config: ConfigOption = None, library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """Show what syncd follows, what it kept of yours, and what waits for you."""
    with said_plainly():
        from syncd.session import remembered  # noqa: PLC0415 - heavy

        settings = configuration(config).library(library)
        with remembered(settings, ports()) as state:
            profiles, standings = state.profiles(), state.standings()
            runs = {run.name: run for run in state.history.runs()}
        if as_json:
            typer.echo(
                json.dumps(
                    _status_json(settings.name, profiles, standings, runs), ensure_ascii=False, indent=1
                )
            )
        else:
            _show_status(settings.name, profiles, standings, runs)


def log(
    run: Annotated[str | None, typer.Argument(metavar="RUN", help="Show what this run did.")] = None,
    config: ConfigOption = None,
    library: LibraryOption = None,
    item: Annotated[
        str | None, typer.Option("--item", metavar="KEY", help="Show the history of one item.")
    ] = None,
    most: Annotated[int, typer.Option("-n", metavar="N", min=1, help="How many runs to show.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Show each run, what it did and why."""
    with said_plainly():
        from syncd.session import remembered  # noqa: PLC0415 - heavy

        with remembered(configuration(config).library(library), ports()) as state:
            history = state.history
            if item is not None:
                notes = [(name, item, note) for name, note in history.notes_of_item(item)]
                _print_notes(notes, as_json=as_json, empty=f"nothing is known of an item {item}")
            elif run is not None:
                notes = [(run, key, note) for key, note in history.notes(run)]
                _print_notes(notes, as_json=as_json, empty=f"there is no run {run!r} that did anything")
            else:
                _print_runs(history.runs(most), as_json=as_json)


def _status_json(
    library: str, profiles: Sequence[FollowedProfile], standings: Sequence[Standing], runs: dict[str, Run]
) -> dict[str, Any]:
    return {
        "library": library,
        "profiles": [
            {
                "name": profile.name,
                "author": profile.author,
                "source": profile.origin,
                "papers": profile.papers,
                "collection": profile.collection,
                "paused": profile.paused or None,
                "last_push": runs[profile.run].started if profile.run in runs else None,
            }
            for profile in profiles
        ],
        "papers": [
            {
                "cause": standing.cause,
                "title": standing.title,
                "paper": standing.paper,
                "key": standing.key,
                "detail": standing.detail,
            }
            for standing in standings
        ],
    }


def _show_status(
    library: str, profiles: Sequence[FollowedProfile], standings: Sequence[Standing], runs: dict[str, Run]
) -> None:
    from rich.markup import escape  # noqa: PLC0415 - `--help` does without
    from rich.table import Table  # noqa: PLC0415

    out = stdout()
    if not profiles:
        out.print(f"[bold]{escape(library)}[/]: nothing was pushed yet. Begin with: syncd push")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("profile", "papers", "collection", "last push (UTC)", "state"):
        table.add_column(name, overflow="fold", no_wrap=name.startswith("last"))
    for profile in profiles:
        pushed = runs[profile.run].started[:16].replace("T", " ") if profile.run in runs else "never"
        state = f"[yellow]paused: {escape(profile.paused)}[/]" if profile.paused else "[green]ok[/]"
        table.add_row(escape(profile.name), str(profile.papers), escape(profile.collection), pushed, state)
    out.print(f"[bold]{escape(library)}[/]")
    out.print(table)
    grouped = {cause: list(group) for cause, group in groupby(standings, key=lambda s: s.cause)}
    for cause, heading in HEADINGS.items():
        if not (group := grouped.get(cause)):
            continue
        out.print(f"\n[bold]{heading}[/]: {len(group)}")
        for standing in [] if cause in QUIET else group:
            out.print(
                f"  {standing.key or standing.paper}  {escape(standing.title)}: {escape(standing.detail)}"
            )
    for profile in profiles:
        if profile.paused:
            name = escape(profile.name)
            out.print(
                f"\nTo start a fresh collection: syncd resume {name!r} --new-collection", soft_wrap=True
            )
    if "review" in grouped:
        out.print("\nTo decide about possible duplicates: syncd review")


def _print_runs(runs: Sequence[Run], *, as_json: bool) -> None:
    from rich.markup import escape  # noqa: PLC0415 - `--help` does without
    from rich.table import Table  # noqa: PLC0415

    if as_json:
        values = [
            {
                "run": run.name,
                "kind": run.kind,
                "started": run.started,
                "finished": run.finished,
                "counts": dict(run.counts),
                "error": run.error,
            }
            for run in runs
        ]
        typer.echo(json.dumps(values, ensure_ascii=False, indent=1))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("run", "what", "outcome"):
        table.add_column(name, overflow="fold", no_wrap=name == "run")
    for run in runs:
        counts = ", ".join(f"{number} {kind}" for kind, number in run.counts.items() if number)
        outcome = counts or "nothing was done"
        if run.finished is None:
            outcome = "did not finish; the next run repaired what it left"
        elif run.error:
            outcome += f"; ended by: {run.error}"
        table.add_row(run.name, run.kind, escape(outcome))
    stdout().print(table if runs else "No run yet. Begin with: syncd push")


def _print_notes(notes: Sequence[tuple[str, str, Note]], *, as_json: bool, empty: str) -> None:
    from rich.markup import escape  # noqa: PLC0415 - `--help` does without
    from rich.table import Table  # noqa: PLC0415

    if not notes:
        raise SyncdError(empty)
    if as_json:
        values = [
            {
                "run": run,
                "action": note.kind,
                "key": key,
                "title": note.title,
                "reason": note.reason,
                "changes": {name: {"before": b, "after": a} for name, (b, a) in note.changes.items()},
            }
            for run, key, note in notes
        ]
        typer.echo(json.dumps(values, ensure_ascii=False, indent=1))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("run", "what", "key", "paper", "why"):
        table.add_column(name, overflow="fold", no_wrap=name == "run")
    for run, key, note in notes:
        why = note.reason + (f": {', '.join(note.changes)}" if note.changes else "")
        table.add_row(run, note.kind, key, escape(note.title), escape(why))
    stdout().print(table)
