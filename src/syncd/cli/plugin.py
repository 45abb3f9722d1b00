"""`syncd plugin`: the Zotero plugin as one file, and how it gets into Zotero."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncd import __version__
from syncd.cli.console import said_plainly
from syncd.errors import PluginError

if TYPE_CHECKING:
    from syncd.plugin.profiles import Profile

app = typer.Typer(help="syncd inside of Zotero: its plugin.", no_args_is_help=True)

NAME = f"syncd-{__version__}.xpi"


@app.command("build")
def build(
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to, instead of here.")
    ] = None,
) -> None:
    """Write the plugin as one file, for Zotero 7 to 11."""
    with said_plainly():
        from syncd.plugin.build import xpi  # noqa: PLC0415 - imported where it is used
        from syncd.plugin.profiles import write  # noqa: PLC0415

        place = output or Path(NAME)
        write(place, xpi())
        typer.echo(f"Wrote {place}")


@app.command("install")
def install(
    profile: Annotated[
        Path | None, typer.Option("--profile", metavar="DIR", help="The folder of a Zotero profile.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Put it into the profile; Zotero must be closed.")
    ] = False,
) -> None:
    """Say how the plugin gets into Zotero, or put it there."""
    with said_plainly():
        from syncd.plugin.build import xpi  # noqa: PLC0415 - imported where it is used
        from syncd.plugin.profiles import Profile, profiles  # noqa: PLC0415

        found = profiles(os.environ, sys.platform) if profile is None else (Profile(profile.name, profile),)
        if yes:
            _put(found, xpi())
        else:
            _explain(found, xpi())


def _put(found: tuple[Profile, ...], content: bytes) -> None:
    from syncd.plugin.profiles import install as put  # noqa: PLC0415 - imported where it is used

    if len(found) != 1:
        folders = "".join(f"\n  {profile.folder}" for profile in found)
        raise PluginError(
            f"Zotero has several profiles here:{folders}" if found else "no profile of Zotero was found here",
            hint="Name the one to use: syncd plugin install --yes --profile DIR",
        )
    place = put(found[0], content)
    typer.echo(f"Wrote {place}")
    typer.echo("Start Zotero; Tools > Plugins lists syncd. Then pair it: syncd login --desktop")


def _explain(found: tuple[Profile, ...], content: bytes) -> None:
    from syncd.paths import data_folder  # noqa: PLC0415 - imported where it is used
    from syncd.plugin.profiles import write  # noqa: PLC0415

    data = data_folder(os.environ)
    data.create()
    place = data.cache / NAME
    write(place, content)
    typer.echo(f"The plugin is in {place}")
    typer.echo(
        "In Zotero: Tools > Plugins, the gear at the top right, Install Plugin From File, and choose it."
    )
    typer.echo("Then pair it: syncd login --desktop")
    if not found:
        typer.echo("No profile of Zotero was found here; start Zotero once, or name one with --profile.")
    for profile in found:
        state = "has the plugin" if profile.plugin.exists() else "has no plugin of syncd yet"
        typer.echo(f"The profile {profile.name} in {profile.folder} {state}.")
    if found:
        typer.echo("With Zotero closed, syncd plugin install --yes does it for you.")
