"""Reads a page over http(s) as a source: its bytes, its time, its type.

How servers are asked is `web`'s part; what is in the page is `parse`'s.
"""

from __future__ import annotations

import email.message
import email.utils
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from syncd.errors import SourceError
from syncd.model import Snapshot
from syncd.sources import exchange
from syncd.sources.exchange import masked
from syncd.sources.network import EVERYWHERE
from syncd.sources.pace import Pace, retry_after
from syncd.sources.statuses import refusal
from syncd.sources.web import Web

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from syncd.clock import Clock
    from syncd.sources.exchange import Answer
    from syncd.sources.limits import Limits


def get(
    address: str, *, contact: str | None, limits: Limits | None, clock: Clock, web: Web | None = None
) -> Snapshot:
    """Read one page.

    Args:
        address: of the page.
        contact: an e-mail or web address that the server is shown, where there is no `web`.
        limits: in bytes and seconds.
        clock: the time where the server names none.
        web: the session of the run. Without it the page is asked for once, wherever it is.

    Raises:
        SourceError: it can't be had; `transient` where later it may be.
    """
    if exchange.split(address) is None:
        raise SourceError(f"{masked(address)}: this is not a valid address", origin=masked(address))
    with _session(web, contact, limits, clock) as session:
        answer = session.get(address, limits=limits, page=True)
    if answer.status != 200:
        wait = retry_after(answer.headers.get("Retry-After"), clock.now())
        raise refusal(answer.status, answer.headers, masked(address), wait)
    return snapshot(answer, masked(address), clock)


def _session(
    web: Web | None, contact: str | None, limits: Limits | None, clock: Clock
) -> AbstractContextManager[Web]:
    if web is not None:
        return nullcontext(web)
    return Web(
        clock,
        contact=contact,
        limits=limits,
        pace=Pace(default=0.0),
        allow_private=EVERYWHERE,
        attempts=1,
        robots=False,
    )


def snapshot(answer: Answer, origin: str, clock: Clock, media_type: str | None = None) -> Snapshot:
    """Return an answer as a snapshot.

    Args:
        answer: with status 200.
        origin: as the user knows it.
        clock: the time where the server names none.
        media_type: instead of the one that the server states.
    """
    stated, charset = content_type(answer.headers.get("Content-Type", ""))
    captured = http_date(answer.headers.get("Date", "")) or clock.now()
    return Snapshot(
        answer.data, origin=origin, captured=captured, media_type=media_type or stated, charset=charset
    )


def content_type(header: str) -> tuple[str | None, str | None]:
    """Split a `Content-Type` header into media type and charset, each None where it is not stated.

    >>> content_type('Text/HTML; charset="UTF-8"')
    ('text/html', 'utf-8')
    """
    media_type = header.partition(";")[0].strip().lower() or None
    message = email.message.Message()
    message["Content-Type"] = header
    return media_type, message.get_content_charset()


def http_date(header: str) -> datetime | None:
    """Return the moment that a header names, or None if it names none.

    >>> http_date("Mon, 01 Jun 2026 07:30:00 GMT").hour
    7
    >>> http_date("Fri, 31 Dec 9999 23:59:59 -1400")
    """
    try:
        moment = email.utils.parsedate_to_datetime(header)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
