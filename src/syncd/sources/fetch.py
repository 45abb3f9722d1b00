"""Tells what a source is by its form, and reads it through the module for such sources.

It never looks into what it fetched.
"""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from syncd.clock import SystemClock
from syncd.errors import SourceError
from syncd.sources.limits import Limits

if TYPE_CHECKING:
    from syncd.clock import Clock
    from syncd.model import Snapshot

SCHEME = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9+.-]*)://")  # "https://", "ftp://"


def fetch(
    source: str,
    *,
    captured: date | None = None,
    contact: str | None = None,
    limits: Limits | None = None,
    clock: Clock | None = None,
) -> tuple[Snapshot, ...]:
    """Fetch a source: one snapshot of a file or address, several of a folder or pattern.

    Args:
        source: a file, a folder (its `*.txt` files), a pattern such as `pages/*.txt`, an http(s) address.
        captured: the day on which the pages were saved; without it, the file's or the server's time.
        contact: an e-mail or web address that servers are shown.
        limits: in bytes and seconds.
        clock: the time where a server names none.

    Raises:
        SourceError: it can't be fetched, whole and within the limits. Of several pages, all or none come.
    """
    source = source.strip()
    limits = limits or Limits()
    scheme = SCHEME.match(source)
    if scheme is None:
        from syncd.sources import file  # noqa: PLC0415 - imported where it is used

        snapshots = file.read(source, limits)
    elif scheme["name"].casefold() in ("http", "https"):
        from syncd.sources import http  # noqa: PLC0415 - requests is slow to import

        snapshots = (http.get(source, contact=contact, limits=limits, clock=clock or SystemClock()),)
    else:
        raise _unknown_scheme(source, scheme["name"])
    if captured is None:
        return snapshots
    # The end of the day, for the page may show what appeared in the course of it.
    moment = datetime.combine(captured, time(23, 59, 59), tzinfo=UTC)
    return tuple(dataclasses.replace(snapshot, captured=moment) for snapshot in snapshots)


def _unknown_scheme(source: str, scheme: str) -> SourceError:
    hint = "Name the file itself, without file://." if scheme.casefold() == "file" else ""
    # An address of another scheme may hold a password too.
    shown = re.sub(r"://[^/]*@", "://***@", source)
    return SourceError(
        f"{shown}: {scheme}:// is no kind of source; files, http:// and https:// are", origin=shown, hint=hint
    )
