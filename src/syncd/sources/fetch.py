"""Tells what a source is by its form, and reads it through the module for such sources.

It never looks into what it fetched.
"""

from __future__ import annotations

import dataclasses
from contextlib import nullcontext
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from syncd.clock import SystemClock
from syncd.errors import SourceError
from syncd.sources import registry
from syncd.sources.limits import Limits
from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncd.clock import Clock
    from syncd.model import Snapshot
    from syncd.sources.registry import Api, Recognised
    from syncd.sources.web import Web

FILE_BYTES = 256_000_000
"""A file on the own disk may be larger than a page: 100,000 BibTeX entries with abstracts take 111 MB."""

USER = pattern(r"://[^/]*@", hostile="://")  # "://me:secret@"
SCHEME = pattern(r"(?P<name>[A-Za-z][A-Za-z0-9+.-]*)://", hostile="a+")  # "https://", "ftp://"


def fetch(  # noqa: PLR0913 - each is a setting with a default
    source: str,
    *,
    captured: date | None = None,
    contact: str | None = None,
    limits: Limits | None = None,
    clock: Clock | None = None,
    web: Web | None = None,
    apis: Mapping[str, Api] | None = None,
) -> tuple[Snapshot, ...]:
    """Fetch a source: one snapshot of a file, address or author, several of a folder or pattern.

    Args:
        source: a file, a folder (its pages, by their suffix), a pattern such as `pages/*.txt`, an http(s) address, an
            author at an API (see `registry`).
        captured: the day on which the pages were saved; without it, the file's or the server's time.
        contact: an e-mail or web address that servers are shown.
        limits: in bytes and seconds.
        clock: the time where a server names none.
        web: the session of the run; then `contact` and `limits` for servers are its own.
        apis: instances of APIs to use instead of the usual ones, by name.

    Raises:
        SourceError: it can't be fetched, whole and within the limits. Of several pages, all or none come.
    """
    source = source.strip()
    scheme = SCHEME.match(source)
    author = registry.recognise(source)
    snapshots: tuple[Snapshot, ...]
    if author is not None:
        snapshots = (_author(author, contact, limits, clock, web, apis),)
    elif scheme is None:
        from syncd.sources import file  # noqa: PLC0415 - imported where it is used

        try:
            snapshots = file.read(source, limits or Limits(size=FILE_BYTES))
        except SourceError as error:
            error.hint = error.hint or registry.hint(source)
            raise
    elif scheme["name"].casefold() in ("http", "https"):
        from syncd.sources import http  # noqa: PLC0415 - requests is slow to import

        clock = clock or (web.clock if web else SystemClock())
        snapshots = (http.get(source, contact=contact, limits=limits, clock=clock, web=web),)
    else:
        raise _unknown_scheme(source, scheme["name"])
    if captured is None:
        return snapshots
    # The end of the day, for the page may show what appeared in the course of it.
    moment = datetime.combine(captured, time(23, 59, 59), tzinfo=UTC)
    return tuple(dataclasses.replace(snapshot, captured=moment) for snapshot in snapshots)


def _author(  # noqa: PLR0913, PLR0917 - passed on as they came
    author: Recognised,
    contact: str | None,
    limits: Limits | None,
    clock: Clock | None,
    web: Web | None,
    apis: Mapping[str, Api] | None,
) -> Snapshot:
    from syncd.sources.web import Web  # noqa: PLC0415 - requests is slow to import

    with nullcontext(web) if web else Web(clock, contact=contact, limits=limits) as session:
        return registry.fetch(author, session, apis)


def _unknown_scheme(source: str, scheme: str) -> SourceError:
    hint = "Name the file itself, without file://." if scheme.casefold() == "file" else ""
    # An address of another scheme may hold a password too.
    shown = USER.sub("://***@", source)
    return SourceError(
        f"{shown}: {scheme}:// is no kind of source; files, http:// and https:// are", origin=shown, hint=hint
    )
