"""The command `syncd`: its commands and nothing else. Each imports what it needs when it runs."""

from __future__ import annotations

import codecs
import errno
import io
import shutil
import sys
from pathlib import Path
from typing import Annotated, TextIO

import typer

from syncd import __version__
from syncd.cli import (
    amend,
    config,
    daemon,
    doctor,
    follow,
    history,
    init,
    inspect,
    library,
    login,
    plugin,
    push,
    service,
    status,
    usage,
)
from syncd.cli.console import NO_ROOM, say, say_no_room
from syncd.cli.exit_codes import Exit
from syncd.cli.usage import DataDirOption, command
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


@app.callback()
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


command(app, "init")(init.init)
command(app, "push")(push.push)
command(app, "plan")(push.plan)
command(app, "parse")(inspect.parse)
command(app, "follow")(follow.follow)
command(app, "unfollow")(follow.unfollow)
command(app, "login")(login.login)
command(app, "logout")(login.logout)
command(app, "doctor")(doctor.doctor)
command(app, "status")(status.status)
command(app, "log")(history.log)
command(app, "review")(amend.review)
command(app, "undo")(amend.undo)
command(app, "restore")(amend.restore)
command(app, "resume")(daemon.resume)
command(app, "run")(daemon.run)
command(app, "sync-now")(daemon.sync_now)
command(app, "pause")(daemon.pause)
command(app, "reload")(daemon.reload)
app.add_typer(config.app, name="config")
app.add_typer(library.app, name="library")
app.add_typer(service.app, name="service")
app.add_typer(plugin.app, name="plugin")


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        _prepare(stream)
    try:
        code = app(prog_name="syncd", standalone_mode=False)
    except usage.UsageError as error:
        if text := usage.helped(error):
            typer.echo(text)
        else:
            words, hint = usage.told(error)
            say(ConfigError([words], hint=hint))
        sys.exit(Exit.USAGE)
    except typer.Abort:
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
