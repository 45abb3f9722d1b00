"""`syncd plugin`: the Zotero plugin as one file, and how it gets into Zotero.

Nothing is put into a profile of Zotero's: Zotero does not look for new plugins there, and leaves those that it finds
turned off.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from syncd import __version__
from syncd.cli.console import command, group, own_data, said_plainly, tell
from syncd.messages import message
from syncd.plugin.build import write

app = group("syncd inside of Zotero: its plugin.")

NAME = f"syncd-{__version__}.xpi"


@command(app, "build")
def build(
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to, instead of here.")
    ] = None,
) -> None:
    """Write the plugin as one file, for Zotero 8 to 11."""
    with said_plainly():
        place = output or Path(NAME)
        write(place)
        tell(message("wrote", path=place))


@command(app, "install")
def install() -> None:
    """Write the plugin, and say how it gets into Zotero."""
    with said_plainly():
        tell(by_hand())
        tell(message("let-zotero-know"))


def by_hand() -> str:
    """Put the plugin into the data folder; return the clicks that bring it into Zotero, or update it there.

    Raises:
        PluginError: it can't be written.
    """
    place = own_data().cache / NAME
    write(place)
    return message("install-by-hand", path=place)
