"""Fetching: bytes and where they came from. Nothing here parses.

`fetch` tells by its form what a source is (an address, a file, a folder or a pattern) and hands it to the
module that reads such sources.
"""

from __future__ import annotations

from syncd.sources.fetch import fetch
from syncd.sources.limits import Limits

__all__ = ["Limits", "fetch"]
