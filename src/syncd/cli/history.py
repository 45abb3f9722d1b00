"""`syncd log`: what each run did, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from syncd.cli.console import (
    JsonOption,
    LibraryOption,
    configuration,
    escape,
    ports,
    said_plainly,
    show_json,
    stdout,
)
from syncd.cli.usage import ConfigOption
from syncd.errors import ConfigError, SyncdError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from syncd.history import History, Note, Run


RunName = Annotated[
    str | None,
    typer.Argument(metavar="RUN", help="A run, by any part of its name in syncd log that no other has."),
]
NOTHING = "nothing was done"
LastOption = Annotated[bool, typer.Option("--last", help="The last run, whatever its name.")]


def log(
    run: RunName = None,
    config: ConfigOption = None,
    library: LibraryOption = None,
    item: Annotated[
        str | None, typer.Option("--item", metavar="KEY", help="Show the history of one item.")
    ] = None,
    most: Annotated[int, typer.Option("-n", metavar="N", min=1, help="How many runs to show.")] = 20,
    last: LastOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show each run, what it did and why."""
    with said_plainly():
        from syncd.session import remembered  # noqa: PLC0415 - heavy

        settings = configuration(config)
        with remembered(settings.library(library), ports()) as state:
            history = state.history
            if item is not None:
                notes = [(name, item, note) for name, note in history.notes_of_item(item)]
                if not notes:
                    raise SyncdError(f"nothing is known of an item {item}")
                _print_notes(notes, as_json=as_json)
            elif run is not None or last:
                newest = next(iter(history.runs(1)), None)
                meant = chosen(history, run, newest if last else None, settings.history.keep)
                notes = [(meant.name, key, note) for key, note in history.notes(meant.name)]
                _print_notes(notes, as_json=as_json, run=meant)
            else:
                _print_runs(history.runs(most), as_json=as_json, followed=bool(settings.profiles))


def chosen(history: History, words: str | None, last: Run | None, keep: timedelta) -> Run:
    """Return the run that is meant.

    Args:
        history: of the library.
        words: what the user called it.
        last: the run that --last means here; None without this option, or where there is none.
        keep: for how long runs are kept.

    Raises:
        SyncdError: none is meant, or it is not clear which.
    """
    from syncd.config.values import write_duration  # noqa: PLC0415 - imported where it is used

    if words is not None and last is not None:
        raise ConfigError(["name a run, or say --last, not both"])
    found = history.named(words) if words else [last] if last else []
    if len(found) == 1:
        return found[0]
    if found:
        first = ", ".join(run.name for run in found[:5])
        raise SyncdError(
            f"several runs are meant by {words!r}: {first}", hint="Name more of the one you mean."
        )
    raise SyncdError(
        f"the run {words!r} did nothing, or is not known any more" if words else "there is no run yet",
        hint=f"See those that are known with: syncd log. They are kept for {write_duration(keep)} (history.keep).",
    )


def _print_runs(runs: Sequence[Run], *, as_json: bool, followed: bool) -> None:
    if as_json:
        values = [
            {
                "run": run.name,
                "kind": run.kind,
                "profiles": list(run.profiles),
                "started": run.started,
                "finished": run.finished,
                "counts": dict(run.counts),
                "error": run.error,
            }
            for run in runs
        ]
        show_json(values)
        return

    from syncd.cli import grid  # noqa: PLC0415 - imports rich
    from syncd.cli.grid import Column  # noqa: PLC0415
    from syncd.clock import local  # noqa: PLC0415 - imported where it is used

    columns = (Column("began"), Column("run"), Column("what"), Column("outcome", 1))
    rows = [(local(run.started), run.name, run.kind, escape(_outcome(run))) for run in runs]
    grid.show(stdout(), columns, rows)
    if not runs:
        stdout().print(f"No run yet. Begin with: syncd {'push' if followed else 'init'}")


def _outcome(run: Run) -> str:
    from syncd.cli.tables import counted  # noqa: PLC0415 - heavy

    done = counted(run.counts)
    if run.finished is None:
        return (f"{done}; " if done else "") + "it did not finish, and the next run repaired what it left"
    return (done or NOTHING) + (f"; it ended early: {run.error}" if run.error else "")


def _print_notes(notes: Sequence[tuple[str, str, Note]], *, as_json: bool, run: Run | None = None) -> None:
    """Print what was done; of one run, its name stands above, not in each row."""
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
        show_json(values)
        return
    from syncd.cli import grid  # noqa: PLC0415 - imports rich
    from syncd.cli.grid import Column  # noqa: PLC0415
    from syncd.cli.tables import reasons  # noqa: PLC0415
    from syncd.clock import local  # noqa: PLC0415 - imported where it is used

    out = stdout()
    if run is not None:
        out.print(f"[bold]{run.name}[/]: {run.kind} of {local(run.started)}", soft_wrap=True)
        if not notes:
            words = _outcome(run).removeprefix(f"{NOTHING}; ")
            out.print(escape(f"It changed nothing in the library: {words}"), soft_wrap=True)
    columns = (Column("run"), Column("what"), Column("key"), Column("paper", 3), Column("why", 2))
    rows = [
        (
            name,
            note.kind,
            key,
            escape(note.title),
            escape(reasons(note.kind, note.reason, note.changes)),
        )
        for name, key, note in notes
    ]
    first = 0 if run is None else 1
    grid.show(out, columns[first:], [row[first:] for row in rows])
