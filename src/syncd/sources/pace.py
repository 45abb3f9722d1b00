"""How often each host may be asked. The pace is learnt from a host's answers and shared by everything that asks it.

`Pace` keeps the times and never waits itself. One `Pace` serves a whole process, from any number of threads. It knows
the names of hosts, and never what they are asked. Of keys, to which hosts give budgets, it knows digests alone.
"""

from __future__ import annotations

import email.utils
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from syncd.text.patterns import pattern

DEFAULT_INTERVAL = 0.5
"""Seconds between two requests to a host that says nothing about it."""

INTERVALS: Mapping[str, float] = {
    "arxiv.org": 3.0,  # https://info.arxiv.org/help/api/tou.html
    "api.semanticscholar.org": 1.0,
    "dblp.org": 2.0,  # https://dblp.org/faq/1474706.html: "one or two second", and 429 with Retry-After
    "dblp.uni-trier.de": 2.0,
    "dblp.dagstuhl.de": 2.0,
}
"""Hosts that state a pace in their terms of use and not in their answers."""

TOGETHER = frozenset({"arxiv.org"})
"""Domains of which all hosts keep one pace together: arXiv counts its pages, its API and its RSS as one."""

TOO_MANY = frozenset({429, 503})
"""Statuses by which a host asks to be asked less often."""

SLOWER, FASTER, SLOWEST = 2.0, 0.9, 16.0
"""The interval is multiplied by `SLOWER` after such an answer and by `FASTER` after any other, at most to `SLOWEST`."""

LONGEST_INTERVAL = 60.0
"""The longest interval, in seconds, that is believed."""

LIMITS = ("x-ratelimit-limit", "ratelimit-limit")
REMAINING = ("x-ratelimit-remaining", "x-rate-limit-remaining", "ratelimit-remaining")
RESET = ("x-ratelimit-reset", "x-rate-limit-reset", "ratelimit-reset")
LIMIT, INTERVAL = "x-rate-limit-limit", "x-rate-limit-interval"  # Crossref: 10 requests, 1s

SECONDS = pattern(r"\s*\d{1,9}(?:\.\d*)?\s*", hostile=("1", " ", "x"))
DURATION = pattern(r"(?P<number>\d{1,15}(?:\.\d{1,15})?)(?P<unit>ms|s|m|h)?", hostile=("1.", "1", ""))
"""A time as rate limits write it.

>>> [DURATION.fullmatch(text).groups() for text in ("1s", "250ms", "60")]
[('1', 's'), ('250', 'ms'), ('60', None)]
"""
UNITS = {"ms": 0.001, "s": 1.0, None: 1.0, "m": 60.0, "h": 3600.0}

LONGEST_HOLD = 86_400.0
"""Seconds for which a host is left alone at most, whatever it asks for."""

EPOCH = 1_000_000_000
"""A number of seconds that is not below this counts from 1970. A smaller one is a wait."""

TINY = 0.001
"""Shorter waits, in seconds, are rounding errors of floating point."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What a host still lets one ask for, as it said last.

    Attributes:
        host: its name.
        left: how many requests, or units of its own.
        limit: of how many.
        until: when it begins anew; None where the host does not say.
        key: the digest of the key that it belongs to; empty without one.
    """

    host: str
    left: int
    limit: int
    until: datetime | None
    key: str = ""

    def is_current(self, today: datetime) -> bool:
        """Whether it has not begun anew since."""
        return self.until is None or self.until > today

    def to_json(self) -> dict[str, Any]:
        """Return what programs are told of it."""
        until = self.until and self.until.isoformat(timespec="seconds")
        return {"host": self.host, "left": self.left, "limit": self.limit, "until": until}


@dataclass(slots=True)
class _Host:
    """One host.

    Attributes:
        interval: seconds between requests.
        slowed: how many times longer they are for now, because the host said that it was asked too often.
        next: when the next request may go, on the monotonic clock.
        held: by key, when the next one with this key may go.
        budgets: by key, what the host said last that is left.
    """

    interval: float
    slowed: float = 1.0
    next: float = 0.0
    held: dict[str, float] = field(default_factory=dict)
    budgets: dict[str, Budget] = field(default_factory=dict)


class Pace:
    """The pace of each host.

    Args:
        default: seconds between two requests to a host of which nothing is known.
        intervals: seconds for those of which something is.
    """

    def __init__(self, default: float = DEFAULT_INTERVAL, intervals: Mapping[str, float] = INTERVALS) -> None:
        self._default = default
        self._intervals = intervals
        self._hosts: dict[str, _Host] = {}
        self._news: dict[tuple[str, str], Budget] = {}
        self._lock = threading.Lock()

    def turn(self, host: str, now: float, key: str = "") -> float:
        """Take the next turn at a host, if it has come.

        Args:
            host: host name, with its port where that is not the usual one.
            now: the monotonic clock.
            key: the digest of the key that the host is asked with.

        Returns:
            0.0 where the turn is taken, else the seconds until there may be one: ask again then.
        """
        with self._lock:
            known = self._host(host)
            wait = max(known.next, known.held.get(key, 0.0)) - now
            if wait > TINY:
                return wait
            known.next = now + min(known.interval * known.slowed, LONGEST_INTERVAL)
            return 0.0

    def hold(self, host: str, now: float, seconds: float, key: str = "") -> None:
        """Let nobody ask a host with a key for some time."""
        with self._lock:
            held = self._host(host).held
            held[key] = max(held.get(key, 0.0), now + min(seconds, LONGEST_HOLD))

    def slow(self, host: str, interval: float) -> None:
        """Ask a host no more often than each `interval` seconds, within reason."""
        with self._lock:
            known = self._host(host)
            known.interval = max(known.interval, min(interval, LONGEST_INTERVAL))

    def learn(  # noqa: PLR0913, PLR0917 - what an answer says, and when
        self,
        host: str,
        headers: Mapping[str, str],
        now: float,
        today: datetime,
        status: int = 200,
        key: str = "",
    ) -> None:
        """Take from an answer what it says about the pace.

        A host that says that it is asked too often is asked at half the pace from then on; each answer that does
        not say so brings a little of the pace back.

        Args:
            host: who answered.
            headers: of the answer; names in any case, as `requests` gives them.
            now: the monotonic clock.
            today: the time of day.
            status: of the answer.
            key: the digest of the key that the host was asked with.
        """
        with self._lock:
            known = self._host(host)
            known.slowed = (
                min(known.slowed * SLOWER, SLOWEST) if status in TOO_MANY else max(known.slowed * FASTER, 1.0)
            )
        if wait := retry_after(headers.get("retry-after"), today):
            self.hold(host, now, wait, key)
        left = _number(_first(headers, REMAINING))
        reset = _number(_first(headers, RESET))
        if left is not None and left <= 0 and reset is not None:
            self.hold(host, now, _until(reset, today), key)
        most = _number(_first(headers, LIMITS))
        if left is not None and most:
            until = (
                None if reset is None else today + timedelta(seconds=min(_until(reset, today), LONGEST_HOLD))
            )
            self._note(Budget(together(host), int(left), int(most), until, key))
        limit, span = _number(headers.get(LIMIT)), _number(headers.get(INTERVAL))
        if limit and span:
            with self._lock:
                self._host(host).interval = min(span / limit, LONGEST_INTERVAL)

    def budgets(self, today: datetime) -> list[Budget]:
        """Return what hosts said that is left, of those whose budgets have not begun anew since."""
        with self._lock:
            known = [budget for host in self._hosts.values() for budget in host.budgets.values()]
        return [budget for budget in known if budget.is_current(today)]

    def remember(self, budgets: Iterable[Budget], now: float, today: datetime) -> None:
        """Take over what hosts said to others: a budget that is used up is used up for all who have its key."""
        for budget in budgets:
            with self._lock:
                self._host(budget.host).budgets.setdefault(budget.key, budget)
            if budget.left <= 0 and budget.until is not None:
                self.hold(budget.host, now, (budget.until - today).total_seconds(), budget.key)

    def news(self) -> list[Budget]:
        """Return the budgets that hosts told of since this was asked last."""
        with self._lock:
            news, self._news = self._news, {}
        return list(news.values())

    def _note(self, budget: Budget) -> None:
        with self._lock:
            self._host(budget.host).budgets[budget.key] = budget
            self._news[budget.host, budget.key] = budget

    def _host(self, host: str) -> _Host:
        name = together(host)
        return self._hosts.setdefault(name, _Host(self._intervals.get(name, self._default)))


def together(host: str) -> str:
    """Return the name under which a host's pace is kept: its own, or that of a domain in `TOGETHER`.

    >>> [together(host) for host in ("export.arxiv.org", "rss.arxiv.org:443", "arxiv.org", "notarxiv.org")]
    ['arxiv.org', 'arxiv.org', 'arxiv.org', 'notarxiv.org']
    """
    bare = host.partition(":")[0]
    return next((domain for domain in TOGETHER if f".{bare}".endswith(f".{domain}")), host)


def retry_after(value: str | None, now: datetime) -> float | None:
    """Return the seconds that a `Retry-After` or `Backoff` header asks for: a number or a date (RFC 9110, 10.2.3).

    >>> from datetime import datetime
    >>> retry_after("30", datetime(2026, 1, 1, tzinfo=UTC))
    30.0
    >>> retry_after("Thu, 01 Jan 2026 00:01:00 GMT", datetime(2026, 1, 1, tzinfo=UTC))
    60.0
    >>> [retry_after(value, datetime(2026, 1, 1, tzinfo=UTC)) for value in ("soon", "inf", "-1")]
    [None, None, None]
    """
    if not value:
        return None
    if SECONDS.fullmatch(value):
        return float(value)
    moment = http_date(value)
    return None if moment is None else max(0.0, (moment - now).total_seconds())


def _first(headers: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((headers[name] for name in names if name in headers), None)


def _number(value: str | None) -> float | None:
    found = DURATION.fullmatch((value or "").strip())
    return float(found["number"]) * UNITS[found["unit"]] if found else None


def _until(reset: float, today: datetime) -> float:
    """Return the seconds until a limit starts anew, which some give as a wait and some as a time of day."""
    if reset >= EPOCH * 1000:
        reset /= 1000
    return max(0.0, reset - today.timestamp()) if reset >= EPOCH else reset


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
