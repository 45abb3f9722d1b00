"""syncd for which OpenAlex is elsewhere, at the address that is named, and may be asked without a pause.

A command where its words follow, else a daemon. A worker finds out its pace.
"""

from __future__ import annotations

import dataclasses
import sys
from typing import Any

from syncd.cli import console
from syncd.cli.console import configuration, ports
from syncd.cli.main import main
from syncd.daemon import loop
from syncd.engine.ports import Ports
from syncd.sources.pace import Pace


def elsewhere(*given: Any, **named: Any) -> Ports:
    """Return the world as commands meet it, but for OpenAlex."""
    return dataclasses.replace(ports(*given, **named), services={"openalex": ADDRESS}, pace=Pace(0.0, {}))


if __name__ == "__main__":
    ADDRESS = sys.argv[1]
    words = sys.argv[2:]
    settings = configuration(None)
    if words == ["worker"]:
        from syncd.fleet.worker import serve

        world = ports(settings=settings)
        serve(dataclasses.replace(world, services={"openalex": ADDRESS}, pace=Pace()), 4, sys.stderr)
    elif words:
        # Commands are loaded when they are asked for, and find this.
        console.ports = elsewhere
        sys.argv[1:] = words
        main()
    else:
        loop.Pace = lambda: Pace(0.0, {})  # type: ignore[attr-defined,assignment,misc]
        loop.serve(settings, None, elsewhere(settings=settings), sys.stderr)
