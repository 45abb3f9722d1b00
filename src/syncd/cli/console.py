"""What the commands share: consoles, options, exit codes, and errors said in a sentence.

All that is printed goes through here, and nothing that came from outside drives the terminal. Scripts rely on the exit
codes: `docs/` lists them.
"""

from __future__ import annotations

import errno
import functools
import inspect
import json
import os
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer
from typer.core import TyperCommand, TyperGroup

from syncd.clock import SystemClock
from syncd.errors import ConfigError, SyncdError
from syncd.messages import message
from syncd.paths import DataFolder, data_folder
from syncd.text.plain import harmless, on_one_line, spelt_in_json

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment

    from syncd.config import Config
    from syncd.engine.ports import Ports, Progress
    from syncd.engine.run import Report


class Exit(IntEnum):
    """What syncd tells the shell."""

    DONE = 0
    ERROR = 1
    USAGE = 2
    PARTLY = 3
    PERMISSION = 4
    TEMPORARY = 5
    WAITING = 6
    LAYOUT = 7
    GUARD = 8
    NOTHING_NEW = 9
    LOCKED = 11
    INTERRUPTED = 130


# What each sort of error means to the shell.
OF_SORT = {
    "error": Exit.ERROR,
    "configuration": Exit.USAGE,
    "permission": Exit.PERMISSION,
    "temporary": Exit.TEMPORARY,
    "waiting": Exit.WAITING,
    "layout": Exit.LAYOUT,
    "guard": Exit.GUARD,
    "locked": Exit.LOCKED,
}


def of_error(error: SyncdError) -> Exit:
    """Return the exit code of an error that ended a command."""
    return OF_SORT[error.sort]


def of_report(report: Report, *, tell_nothing_new: bool = False) -> Exit:
    """Return the exit code of a run on one library.

    Args:
        report: of the run.
        tell_nothing_new: give `Exit.NOTHING_NEW` where nothing was to be done (`--exit-code`).
    """
    if report.error is not None:
        written = any(report.counts[kind] for kind in ("create", "update", "adopt"))
        return Exit.PARTLY if written and not report.dry_run else of_error(report.error)
    if report.unread:
        return (
            Exit.PARTLY if report.plan is not None or report.unchanged else of_error(report.unread[0].error)
        )
    if report.failures:
        written = any(report.counts[kind] for kind in ("create", "update", "adopt"))
        passes = all(failure.passes for failure in report.failures.values())
        return Exit.TEMPORARY if passes and not written else Exit.PARTLY
    if any(action.cause == "review" and action.kind != "skip" for action in report.actions):
        return Exit.WAITING
    changed = any(report.counts[kind] for kind in ("create", "update", "adopt"))
    return Exit.NOTHING_NEW if tell_nothing_new and not changed else Exit.DONE


def of_reports(reports: Iterable[Report], *, tell_nothing_new: bool = False) -> Exit:
    """Return the exit code of a run on several libraries: theirs if they agree, else `Exit.PARTLY`."""
    codes = {of_report(report, tell_nothing_new=tell_nothing_new) for report in reports}
    codes = codes - {Exit.NOTHING_NEW} or codes
    return codes.pop() if len(codes) == 1 else Exit.PARTLY


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
    return message("papers", count=number)


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

    place = edit.config_file(path, os.environ)
    return place, load(place, os.environ) if place.exists() else defaults()


def own_data(settings: Config | None = None) -> DataFolder:
    """Return the data folder; it is there then. State is opened in it with the settings alone: they say where it is."""
    data = data_folder(os.environ)
    data.create()
    return replace(data, database=settings.database.address(os.environ)) if settings else data


def ports(
    progress: Progress | None = None, settings: Config | None = None, *, patience: float = PATIENCE
) -> Ports:
    """Return the world as commands meet it: environment, data folder, clock.

    Args:
        progress: who is told how far a run is.
        settings: the configuration; without it, no state is opened.
        patience: seconds to wait for one's turn at a library.
    """
    from syncd.engine.ports import Ports, Quiet  # noqa: PLC0415 - heavy

    world = Ports(os.environ, own_data(settings), SystemClock(), progress or Quiet(), patience=patience)
    if world.data.database:
        # It is asked at one pace by all that share the state.
        from syncd.fleet.bucket import SharedPace  # noqa: PLC0415 - not where the state is a file

        world = replace(world, pace=SharedPace(world.data.database))
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
        tell("\n" + message("interrupted-at-question"), err=True)
        raise typer.Exit(Exit.INTERRUPTED) from None
    except KeyboardInterrupt:
        stderr().print(INTERRUPTED)
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
    words = message("this-is-fault", kind=type(error).__name__, reason=str(error))
    stderr().print(f"[bold red]error:[/] {escape(words)}", soft_wrap=True)
    tell(message("set-debug"), err=True)


def say_no_room(error: OSError) -> None:
    """Say that there is no room for what syncd prints or writes, and print no more."""
    # Python would try once more at its end, and say so in words of its own.
    sys.stdout = None
    words = message("output-not-written", reason=error.strerror)
    if error.filename:
        words = message("not-written-in", path=error.filename, reason=error.strerror)
    say(SyncdError(words, hint=message("records-kept-free-space")))


def say(error: SyncdError) -> None:
    """Print an error: what happened, and what to do."""
    console = stderr()
    problems = error.problems if isinstance(error, ConfigError) else [str(error)]
    for problem in problems:
        console.print(f"[bold red]error:[/] {escape(problem)}", soft_wrap=True)
    if error.hint:
        console.print(escape(error.hint), soft_wrap=True)


# What Typer says in the words of the library that it checks values with.
PLAIN = {
    "Input should be a valid integer, unable to parse string as an integer": "it should be a whole number",
    "Input should be a valid number, unable to parse string as a number": "it should be a number",
    "Input should be": "it should be",
    "greater than or equal to 0": "0 or more",
    "greater than or equal to": "at least",
    "less than or equal to": "at most",
    "Value error, ": "",
    "does not match the formats '%Y-%m-%d'": "is no day such as 2026-06-01",
}
# Characters that no summary of a command has: it is never cut.
INTERRUPTED = message("interrupted-goes-on")
WHOLE = 1000
# Typer brings its own copy of click in later versions; what is common to both is what Typer itself gives out.
UsageError: type[Exception] = typer.BadParameter.__bases__[0]


def _data_dir(folder: Path | None) -> Path | None:
    # Whoever asks where data is asks the environment; what is started from here asks there as well.
    if folder is not None:
        os.environ["SYNCD_DATA_DIR"] = str(folder.absolute())
    return folder


def _config(context: typer.Context, file: Path | None) -> Path | None:
    """Return the file that stands behind the command, else the one before it."""
    before = context.find_root().params.get("config")
    return file or (Path(before) if before else None)


ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="FILE", callback=_config, help="The configuration, instead of the usual places."
    ),
]
CollectionOption = Annotated[
    str | None, typer.Option("--collection", metavar="PATH", help="The collection to file in.")
]
EndpointOption = Annotated[
    str | None, typer.Option("--endpoint", metavar="URL", help="The server, if it is not Zotero's own.")
]
ScheduleOption = Annotated[
    str | None, typer.Option("--schedule", metavar="WHEN", help='Such as "every 6 hours".')
]
DataDirOption = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="FOLDER",
        callback=_data_dir,
        help="Where syncd keeps its data, instead of the usual place.",
    ),
]


def command(app: typer.Typer, name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return what makes a function a command of `app`, with `--data-dir` among its options."""

    def add(function: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(function)
        def work(*, data_dir: Path | None = None, **options: Any) -> None:  # noqa: ARG001 - its callback did the work
            function(**options)

        # Later versions of Typer look at the signature, earlier ones at the annotations too.
        hints = get_type_hints(function, include_extras=True) | {"data_dir": DataDirOption}
        signature = inspect.signature(function)
        parameters = [
            each.replace(annotation=hints[each.name], kind=inspect.Parameter.KEYWORD_ONLY)
            for each in signature.parameters.values()
        ]
        folder = inspect.Parameter(
            "data_dir", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=DataDirOption
        )
        work.__annotations__ = hints
        vars(work)["__signature__"] = signature.replace(
            parameters=[*parameters, folder], return_annotation=None
        )
        del work.__wrapped__
        app.command(name, cls=Command)(work)
        return function

    return add


class Group(TyperGroup):
    """A group of commands that is summed up in a whole sentence."""

    def get_short_help_str(self, limit: int = WHOLE) -> str:  # noqa: ARG002 - what is longer is broken by words
        """Return what a list of commands says of it."""
        return super().get_short_help_str(WHOLE)


def group(words: str) -> typer.Typer:
    """Return a group of commands for `command` to add to; `words` is its help."""
    return typer.Typer(
        help=words,
        cls=Group,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )


class Command(TyperCommand):
    """A command whose help names its arguments, and not how Python calls what they hold."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        for each in self.params:
            if each.param_type_name == "argument":
                # Typer 0.26 and later would put "<list[str]>" behind it.
                vars(each)["display_type_rich"] = lambda ctx: ""  # noqa: ARG005 - called by this name

    def get_short_help_str(self, limit: int = WHOLE) -> str:  # noqa: ARG002 - what is longer is broken by words
        """Return what a list of commands says of it."""
        return super().get_short_help_str(WHOLE)


def each_once(names: Sequence[str]) -> tuple[str, ...]:
    """Return names as they were given.

    Raises:
        ConfigError: one was given twice, which was hardly meant.
    """
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise ConfigError([message("named-twice", name=name) for name in twice])
    return tuple(names)


def told(error: Exception) -> tuple[str, str]:
    """Return what is wrong with a command line, and the command that shows what is right."""
    context = getattr(error, "ctx", None)
    words = " ".join(str(error.format_message()).split()).removesuffix(".")  # type: ignore[attr-defined]
    for theirs, ours in PLAIN.items():
        words = words.replace(theirs, ours)
    path = context.command_path if context is not None else "syncd"
    return words[:1].lower() + words[1:], message("see-help", command=path)


def helped(error: Exception) -> str | None:
    """Return the help that was asked for by naming no command at all; None where something else is wrong."""
    context = getattr(error, "ctx", None)
    if type(error).__name__ != "NoArgsIsHelpError" or context is None:
        return None
    text: str = context.get_help()
    return text
