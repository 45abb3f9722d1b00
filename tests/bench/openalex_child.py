"""A daemon or a worker for which OpenAlex is elsewhere, at the address that is named.

A daemon may ask it without a pause; workers find out its pace.
"""

from __future__ import annotations

import dataclasses
import sys

from syncd.cli.console import configuration, ports
from syncd.daemon import loop
from syncd.sources.pace import Pace

if __name__ == "__main__":
    address = sys.argv[1]
    settings = configuration(None)
    world = dataclasses.replace(ports(settings=settings), services={"openalex": address})
    if sys.argv[2:] == ["worker"]:
        from syncd.fleet.worker import serve

        serve(world, 4, sys.stderr)
    else:
        loop.Pace = lambda: Pace(0.0, {})  # type: ignore[attr-defined,assignment,misc]
        loop.serve(settings, None, world, sys.stderr)
