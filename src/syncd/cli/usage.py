"""What all commands share for those who type them: `--config`, `--data-dir`, and a sentence where one is misused.

Both options may stand before the command and behind it.
"""

from __future__ import annotations

import functools
import inspect
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer
from typer.core import TyperCommand, TyperGroup

from syncd.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
        raise ConfigError([f"{name} is named twice" for name in twice])
    return tuple(names)


def told(error: Exception) -> tuple[str, str]:
    """Return what is wrong with a command line, and the command that shows what is right."""
    context = getattr(error, "ctx", None)
    words = " ".join(str(error.format_message()).split()).removesuffix(".")  # type: ignore[attr-defined]
    for theirs, ours in PLAIN.items():
        words = words.replace(theirs, ours)
    path = context.command_path if context is not None else "syncd"
    return words[:1].lower() + words[1:], f"See what it takes: {path} --help"


def helped(error: Exception) -> str | None:
    """Return the help that was asked for by naming no command at all; None where something else is wrong."""
    context = getattr(error, "ctx", None)
    if type(error).__name__ != "NoArgsIsHelpError" or context is None:
        return None
    text: str = context.get_help()
    return text
