"""What the commands share: consoles, options, and errors said in a sentence."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncd.cli.exit_codes import Exit, of_error
from syncd.cli.usage import UsageError
from syncd.errors import ConfigError, SyncdError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from syncd.config import Config
    from syncd.session import Ports, Progress

# Seconds for which a command waits for its turn, where another run is at work.
PATIENCE = 30.0
# Columns of a line that is never broken.
UNBROKEN = 100_000
LibraryOption = Annotated[
    str | None, typer.Option("--library", metavar="NAME", help="A library of the configuration.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]


def stdout() -> Console:
    """Return the console for results."""
    from rich.console import Console  # noqa: PLC0415 - `--help` does without

    return _unbroken(Console(highlight=False))


def _unbroken(console: Console) -> Console:
    """Let no line be broken that goes into a file or a pipe: whoever reads it there finds sentences whole."""
    if not console.is_terminal:
        console.width = UNBROKEN
    return console


def stderr() -> Console:
    """Return the console for everything else."""
    from rich.console import Console  # noqa: PLC0415 - `--help` does without

    return _unbroken(Console(stderr=True, highlight=False))


def configuration(path: Path | None) -> Config:
    """Read the configuration that a command is to use."""
    from syncd.config import load  # noqa: PLC0415 - `--help` does without

    return load(path, os.environ)


def ports(
    progress: Progress | None = None, settings: Config | None = None, *, patience: float = PATIENCE
) -> Ports:
    """Return the world as commands meet it: environment, data folder, clock.

    Args:
        progress: who is told how far a run is.
        settings: the configuration; without it, the history is kept as long as usual.
        patience: seconds to wait for one's turn at a library.
    """
    from syncd.clock import SystemClock  # noqa: PLC0415 - imported where it is used
    from syncd.paths import data_folder  # noqa: PLC0415
    from syncd.session import Ports, Quiet  # noqa: PLC0415 - heavy

    data = data_folder(os.environ)
    data.create()
    world = Ports(os.environ, data, SystemClock(), progress or Quiet(), patience=patience)
    return replace(world, keep=settings.history.keep) if settings else world


@contextmanager
def said_plainly() -> Iterator[None]:
    """End the command with a sentence and an exit code where it fails, never with a traceback."""
    try:
        yield
    except SyncdError as error:
        say(error)
        raise typer.Exit(of_error(error)) from None
    except (KeyboardInterrupt, typer.Abort):
        stderr().print("Interrupted. What was written is recorded; the next run goes on from there.")
        raise typer.Exit(Exit.INTERRUPTED) from None
    except BrokenPipeError:
        # The reader of our output has gone; there is nobody to tell.
        sys.stdout = None
        raise typer.Exit(Exit.ERROR) from None
    except (typer.Exit, UsageError):
        raise
    except Exception as error:  # noqa: BLE001 - the last resort before the user's eyes
        if os.environ.get("SYNCD_DEBUG"):
            traceback.print_exc()
        stderr().print(
            f"[bold red]error:[/] this is a fault in syncd: {type(error).__name__}: {error}",
            "Set SYNCD_DEBUG=1 and run it again for the details to report.",
            sep="\n",
        )
        raise typer.Exit(Exit.ERROR) from None


def say(error: SyncdError) -> None:
    """Print an error: what happened, and what to do."""
    from rich.markup import escape  # noqa: PLC0415 - `--help` does without

    console = stderr()
    problems = error.problems if isinstance(error, ConfigError) else [str(error)]
    for problem in problems:
        console.print(f"[bold red]error:[/] {escape(problem)}", soft_wrap=True)
    if error.hint:
        console.print(escape(error.hint), soft_wrap=True)
