"""The command `syncd`: its commands and nothing else. Each imports what it needs when it runs."""

from __future__ import annotations

import codecs
import io
import sys
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
)

app = typer.Typer(
    name="syncd",
    help="Keeps a Zotero library up to date with author profiles.",
    epilog="A SOURCE is a path or an address and needs no configuration: syncd push PAGE.txt",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"syncd {__version__}")
        raise typer.Exit


@app.callback()
def _app(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Keeps a Zotero library up to date with author profiles."""


app.command("init")(init.init)
app.command("push")(push.push)
app.command("plan")(push.plan)
app.command("parse")(inspect.parse)
app.command("follow")(follow.follow)
app.command("unfollow")(follow.unfollow)
app.command("login")(login.login)
app.command("logout")(login.logout)
app.command("doctor")(doctor.doctor)
app.command("status")(status.status)
app.command("log")(history.log)
app.command("review")(amend.review)
app.command("undo")(amend.undo)
app.command("restore")(amend.restore)
app.command("resume")(daemon.resume)
app.command("run")(daemon.run)
app.command("sync-now")(daemon.sync_now)
app.command("pause")(daemon.pause)
app.command("reload")(daemon.reload)
app.add_typer(config.app, name="config")
app.add_typer(library.app, name="library")
app.add_typer(service.app, name="service")
app.add_typer(plugin.app, name="plugin")


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        _prepare(stream)
    app()


def _prepare(stream: TextIO) -> None:
    """Let every name be printed, whatever the locale is: files and pipes get UTF-8, a terminal what it can show."""
    if not isinstance(stream, io.TextIOWrapper) or codecs.lookup(stream.encoding).name == "utf-8":
        return
    if stream.isatty():
        stream.reconfigure(errors="replace")
    else:
        stream.reconfigure(encoding="utf-8")
