"""The command `syncd`: its commands, each of which is loaded when it is asked for."""

from __future__ import annotations

import codecs
import errno
import gc
import importlib
import io
import shutil
import sys
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from syncd import __version__
from syncd.cli import console
from syncd.cli.console import NO_ROOM, DataDirOption, Exit, Group, command, group, say, say_no_room
from syncd.errors import ConfigError

app = typer.Typer(
    name="syncd",
    help="Keeps a Zotero library up to date with author profiles.",
    epilog="A SOURCE is a path or an address and needs no configuration: syncd push PAGE.txt",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    # Plain text keeps its lines at any width; boxes do not fit into 40 columns.
    rich_markup_mode=None,
    context_settings={
        "help_option_names": ["-h", "--help"],
        # As wide as the terminal, but no wider than one likes to read; left alone, it would be 50 to 80.
        "terminal_width": min(max(shutil.get_terminal_size().columns, 30), 100),
    },
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"syncd {__version__}")
        raise typer.Exit


COMMANDS = {
    "init": (("init", "init"), "Set syncd up in a short conversation."),
    "push": (("push", "push"), "Bring new papers of profiles into a Zotero library."),
    "plan": (("push", "plan"), "Show what a push would do, and save it with -o."),
    "parse": (("parse", "parse"), "Show what syncd sees in a source; touch no library."),
    "follow": (("follow", "follow"), "Follow an author: add a profile to the configuration."),
    "unfollow": (("follow", "unfollow"), "Follow an author no longer."),
    "login": (("login", "login"), "Sign in to a Zotero library."),
    "logout": (("login", "logout"), "Take a library's key away from where syncd finds it."),
    "doctor": (("doctor", "doctor"), "Look at everything that can be wrong, and say what mends it."),
    "dashboard": (
        ("dashboard", "dashboard"),
        "Open what is new, what waits for you and how it goes, in the browser.",
    ),
    "status": (("status", "status"), "Show what syncd follows, how that goes, and what waits for you."),
    "log": (("status", "log"), "Show each run, what it did and why."),
    "digest": (("digest", "digest"), "Show what came in the last days, and what waits for you."),
    "figures": (("figures", "figures"), "Show how a profile's figures moved, or write them to a file."),
    "export": (("export", "export"), "Write a publication list: BibTeX, a web page, a feed and so on."),
    "review": (("review", "review"), "Decide about possible duplicates."),
    "undo": (("amend", "undo"), "Put back what a run did, where nobody touched it since."),
    "restore": (("amend", "restore"), "Let a paper back in that you had deleted in Zotero."),
    "reject": (("amend", "reject"), "Say that a paper is not by the person of a profile."),
    "resume": (("daemon", "resume"), "Let profiles go on that rest."),
    "run": (("daemon", "run"), "Run the daemon: it stays and keeps the libraries up to date."),
    "worker": (("worker", "worker"), "Work for a fleet, together with workers on other computers."),
    "sync-now": (("daemon", "sync_now"), "Look at profiles now, through the daemon where one runs."),
    "pause": (("daemon", "pause"), "Let profiles rest until syncd resume."),
    "reload": (("daemon", "reload"), "Let the daemon take over the configuration as it is now."),
    "config": (("config", "app"), "Look at the configuration."),
    "library": (("library", "app"), "The embedded library."),
    "database": (("database", "app"), "Where the state is kept."),
    "service": (("service", "app"), "syncd as a service, started by the computer itself."),
    "plugin": (("plugin", "app"), "syncd inside of Zotero: its plugin."),
}
"""Each command: its module and the function or group in there; and what the list of commands says of it."""


class Commands(Group):
    """The commands, each of which is loaded when it is asked for."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        # Typer suggests one of these names for a mistyped one, and takes none of them from here.
        self.commands = dict.fromkeys(COMMANDS)  # type: ignore[assignment]

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]  # noqa: ARG002
        """Return their names, in the order of the list."""
        return list(COMMANDS)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]  # noqa: ARG002
        """Load one; None where there is none of this name."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name][0]
        # All that is imported stays: to look for garbage meanwhile would take a sixth of the time.
        gc.disable()
        try:
            found = getattr(importlib.import_module(f"syncd.cli.{module}"), name)
        finally:
            gc.freeze()
            gc.enable()
        if isinstance(found, typer.Typer):
            return typer.main.get_group(found)
        alone = group("")
        command(alone, cmd_name)(found)
        return typer.main.get_command(alone)

    def format_commands(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]  # noqa: ARG002
        """Write the list without loading any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in COMMANDS.items()])


@app.callback(cls=Commands)
def _app(
    config: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help="The configuration, instead of the usual places."),
    ] = None,
    data_dir: DataDirOption = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Keeps a Zotero library up to date with author profiles."""


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        _prepare(stream)
    try:
        code = app(prog_name="syncd", standalone_mode=False)
    except console.UsageError as error:
        if text := console.helped(error):
            typer.echo(text)
        else:
            words, hint = console.told(error)
            say(ConfigError([words], hint=hint))
        sys.exit(Exit.USAGE)
    except typer.Abort:
        # A command is loaded before it does anything.
        console.stderr().print(console.INTERRUPTED)
        sys.exit(Exit.INTERRUPTED)
    except OSError as error:
        # Help is printed before a command begins.
        if error.errno not in {*NO_ROOM, errno.EPIPE}:
            raise
        if error.errno == errno.EPIPE:
            sys.stdout = None  # whoever read it has gone
        else:
            say_no_room(error)
        sys.exit(Exit.ERROR)
    sys.exit(code)


def _prepare(stream: TextIO) -> None:
    """Let every name be printed, whatever the locale is: files and pipes get UTF-8, a terminal what it can show."""
    if not isinstance(stream, io.TextIOWrapper) or codecs.lookup(stream.encoding).name == "utf-8":
        return
    if stream.isatty():
        stream.reconfigure(errors="replace")
    else:
        stream.reconfigure(encoding="utf-8")
