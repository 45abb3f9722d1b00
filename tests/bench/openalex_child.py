"""A daemon for which OpenAlex is elsewhere, at the address that is named, and may be asked without a pause."""

from __future__ import annotations

import dataclasses
import sys

from syncd.cli.console import configuration, ports
from syncd.daemon import loop
from syncd.sources.pace import Pace

if __name__ == "__main__":
    address = sys.argv[1]
    loop.Pace = lambda: Pace(0.0, {})  # type: ignore[attr-defined,assignment,misc]
    world = dataclasses.replace(ports(), services={"openalex": address})
    loop.serve(configuration(None), None, world, sys.stderr)
