"""What the commands share: consoles, options, and errors said in a sentence.

All that is printed goes through here, and nothing that came from outside (a server's words, a title, a file's name)
drives the terminal or begins a line of its own: a console takes control characters and direction marks out,
`escape` and `tell` make one line of what they are given, and `show_json` spells them out.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import traceback
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncd.cli.exit_codes import Exit, of_error
from syncd.cli.usage import UsageError
from syncd.errors import ConfigError, SyncdError
from syncd.text.plain import harmless, on_one_line, spelt_in_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment

    from syncd.config import Config
    from syncd.paths import DataFolder
    from syncd.session import Ports, Progress

# Seconds for which a command waits for its turn, where another run is at work.
PATIENCE = 30.0
# What the system calls a full disk, and one of which the user has no more.
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
# Columns of a line that is never broken.
UNBROKEN = 100_000
LibraryOption = Annotated[
    str | None, typer.Option("--library", metavar="NAME", help="A library of the configuration.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]


@cache
def _harmless_console() -> type[Console]:
    from rich.console import Console  # noqa: PLC0415 - `--help` does without
    from rich.segment import Segment  # noqa: PLC0415

    class Harmless(Console):
        def render(
            self, renderable: RenderableType, options: ConsoleOptions | None = None
        ) -> Iterable[Segment]:
            for text, style, control in super().render(renderable, options):
                # A control is rich's own: of a progress bar.
                yield Segment(text if control else harmless(text), style, control)

    return Harmless


def stdout() -> Console:
    """Return the console for results."""
    return _unbroken(_harmless_console()(highlight=False))


def _unbroken(console: Console) -> Console:
    """Let no line be broken that goes into a file or a pipe: whoever reads it there finds sentences whole."""
    if not console.is_terminal:
        console.width = UNBROKEN
    return console


def stderr() -> Console:
    """Return the console for everything else."""
    return _unbroken(_harmless_console()(stderr=True, highlight=False))


def papers_in_words(number: int) -> str:
    """Return how many papers there are, such as "1 paper".

    >>> papers_in_words(1), papers_in_words(50)
    ('1 paper', '50 papers')
    """
    return f"{number} paper{'s' * (number != 1)}"


def escape(words: str) -> str:
    r"""Return words from outside as a part of a line with markup of our own.

    >>> escape("a [b]" + chr(10) + "c")
    'a \\[b] c'
    """
    from rich.markup import escape as without_markup  # noqa: PLC0415 - `--help` does without

    return without_markup(on_one_line(words))


def tell(words: str, *, err: bool = False) -> None:
    """Print a line without markup; empty lines before and after it stay."""
    before = len(words) - len(words.lstrip("\n"))
    after = len(words) - len(words.rstrip("\n"))
    line = "\n" * before + on_one_line(words.strip("\n")) + "\n" * after
    (stderr() if err else stdout()).print(line, markup=False, soft_wrap=True)


def show_json(value: Any) -> None:
    """Print JSON on standard output."""
    typer.echo(spelt_in_json(json.dumps(value, ensure_ascii=False, indent=1)))


def configuration(path: Path | None) -> Config:
    """Read the configuration that a command is to use."""
    from syncd.config import load  # noqa: PLC0415 - `--help` does without

    return load(path, os.environ)


def to_be_edited(path: Path | None) -> tuple[Path, Config]:
    """Return the file that a command is to change, and what it says now."""
    from syncd.config import defaults, edit, load  # noqa: PLC0415 - `--help` does without

    place = edit.place(path, os.environ)
    return place, load(place, os.environ) if place.exists() else defaults()


def own_data() -> DataFolder:
    """Return the data folder; it is there then."""
    from syncd.paths import data_folder  # noqa: PLC0415 - imported where it is used

    data = data_folder(os.environ)
    data.create()
    return data


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
    from syncd.session import Ports, Quiet  # noqa: PLC0415 - heavy

    world = Ports(os.environ, own_data(), SystemClock(), progress or Quiet(), patience=patience)
    return replace(world, keep=settings.history.keep) if settings else world


@contextmanager
def said_plainly() -> Iterator[None]:
    """End the command with a sentence and an exit code where it fails, never with a traceback."""
    try:
        yield
    except SyncdError as error:
        say(error)
        raise typer.Exit(of_error(error)) from None
    except typer.Abort:
        # At a question, whose line has no end yet.
        stderr().print("\nInterrupted. What was asked about was not done; what was done before is kept.")
        raise typer.Exit(Exit.INTERRUPTED) from None
    except KeyboardInterrupt:
        stderr().print("Interrupted. What was written is recorded; the next run goes on from there.")
        raise typer.Exit(Exit.INTERRUPTED) from None
    except BrokenPipeError:
        # The reader of our output has gone; there is nobody to tell.
        sys.stdout = None
        raise typer.Exit(Exit.ERROR) from None
    except (typer.Exit, UsageError):
        raise
    except OSError as error:
        if error.errno not in NO_ROOM:
            _say_fault(error)
        else:
            say_no_room(error)
        raise typer.Exit(Exit.ERROR) from None
    except Exception as error:  # noqa: BLE001 - the last resort before the user's eyes
        _say_fault(error)
        raise typer.Exit(Exit.ERROR) from None


def _say_fault(error: Exception) -> None:
    if os.environ.get("SYNCD_DEBUG"):
        stderr().print(traceback.format_exc(), markup=False, soft_wrap=True)
    stderr().print(
        f"[bold red]error:[/] this is a fault in syncd: {type(error).__name__}: {escape(str(error))}",
        soft_wrap=True,
    )
    tell("Set SYNCD_DEBUG=1 and run it again for the details to report.", err=True)


def say_no_room(error: OSError) -> None:
    """Say that there is no room for what syncd prints or writes, and print no more."""
    # Python would try once more at its end, and say so in words of its own.
    sys.stdout = None
    where = f" in {error.filename}" if error.filename else " where its output goes"
    say(
        SyncdError(
            f"syncd can't write{where}: {error.strerror}",
            hint="What it recorded is kept. Free some space, and run it again.",
        )
    )


def say(error: SyncdError) -> None:
    """Print an error: what happened, and what to do."""
    console = stderr()
    problems = error.problems if isinstance(error, ConfigError) else [str(error)]
    for problem in problems:
        console.print(f"[bold red]error:[/] {escape(problem)}", soft_wrap=True)
    if error.hint:
        console.print(escape(error.hint), soft_wrap=True)
