"""The one way to web servers: pages, services and enrichers are all asked through the `Web` of a run.

It keeps each host's pace, honours robots.txt (RFC 9309) for pages, sends conditional requests, and follows redirects
as far as that is safe. `get_page` reads a page as a source.
"""

from __future__ import annotations

import dataclasses
import json
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

from protego import Protego
from requests.structures import CaseInsensitiveDict

from syncd.clock import Clock, Deadline, SystemClock
from syncd.errors import SourceError
from syncd.messages import message
from syncd.model import Snapshot
from syncd.sources import cache as disk
from syncd.sources import exchange, network
from syncd.sources.exchange import Answer, Request, Visit, masked
from syncd.sources.limits import Limits
from syncd.sources.pace import Pace, retry_after
from syncd.sources.statuses import challenge, refusal

TOKEN = "syncd"  # noqa: S105 - the name that a robots.txt knows syncd by
DAY = 86_400.0
MOST_BYTES = 512_000
"""The most bytes of a robots.txt that are read. RFC 9309, 2.5, asks for 500 kibibytes."""


class Robots:
    """The rules of each site, asked for once.

    Args:
        read: fetches a robots.txt, through the session and cache of the pages themselves.
    """

    def __init__(self, read: Callable[[str], Answer]) -> None:
        self._read = read
        self._rules: dict[str, Protego | None] = {}
        self._lock = threading.Lock()

    def check(self, url: str) -> float | None:
        """Return how many seconds the site wants between two requests, if it says so.

        Raises:
            SourceError: the site does not want the page to be read by programs, or could not be asked.
        """
        rules = self._rules_of(url)
        if rules is None:
            return None
        if not rules.can_fetch(url, TOKEN):
            raise SourceError(
                message("robots-not-wanted", address=url),
                origin=url,
                hint=message("save-page-yourself"),
            )
        return rules.crawl_delay(TOKEN)

    def _rules_of(self, url: str) -> Protego | None:
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        with self._lock:
            if site in self._rules:
                return self._rules[site]
        rules = self._fetch(site)
        with self._lock:
            return self._rules.setdefault(site, rules)

    def _fetch(self, site: str) -> Protego | None:
        """Return the rules of a site, or None where it has none.

        RFC 9309, 2.3.1: a refusal (4xx) means no rules; a server that is out of order means no visit.
        """
        address = f"{site}/robots.txt"
        try:
            answer = self._read(address)
        except SourceError as error:
            if error.transient:
                raise
            return None  # a redirect that syncd does not follow, or too much of it: no rules to go by
        if answer.status == 429 or answer.status >= 500:
            raise SourceError(
                message("robots-rules-unreadable", address=address, status=answer.status),
                origin=address,
                transient=True,
            )
        return Protego.parse(answer.data.decode("utf-8", "replace")) if answer.status == 200 else None


ATTEMPTS = 4
LONGEST_WAIT = 60.0
"""The longest wait within a run, in seconds. After a longer one, the schedule tries again."""

REPEATED = frozenset({429, 500, 502, 503, 504})
"""Statuses after which the same question may get an answer."""

STORABLE = frozenset({200, 404, 410})
"""Statuses that may be stored for as long as the caller says."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Web:
    """A session with web servers; may be used by several threads. Close it, or use it with `with`.

    Args:
        clock: time, and waits.
        contact: an e-mail or web address that servers are shown.
        limits: in bytes and seconds, of each fetch.
        cache: the folder for stored answers; without it nothing is stored.
        pace: the pace of each host; share one among all `Web`s of a process.
        allow_private: hosts of the own network that addresses may lead to: names, addresses, networks.
        attempts: how often a question is asked that a server could not answer.
        robots: honour robots.txt where a page is read.
    """

    def __init__(  # noqa: PLR0913 - each is a setting with a default
        self,
        clock: Clock | None = None,
        *,
        contact: str | None = None,
        limits: Limits | None = None,
        cache: Path | None = None,
        pace: Pace | None = None,
        allow_private: Sequence[str] = (),
        attempts: int = ATTEMPTS,
        robots: bool = True,
    ) -> None:
        self.clock = clock or SystemClock()
        self.limits = limits or Limits()
        self._pace = pace or Pace()
        self._attempts = attempts
        self._cache = disk.Cache(cache / "http", self.clock) if cache else None
        self._session = exchange.session(contact, network.GuardedAdapter(allow_private))
        self._robots = Robots(self._robots_txt) if robots else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def get(  # noqa: PLR0913 - each is a part of the question
        self,
        url: str,
        *,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        credentials: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        fresh: float = 0.0,
        page: bool = False,
    ) -> Answer:
        """Ask for something.

        Args:
            url: an http(s) address.
            params: added to its query.
            headers: sent to this server only; a redirect to another one goes without them.
            credentials: parameters that are sent likewise, and never shown or stored.
            limits: instead of those of the session.
            fresh: seconds for which a stored answer, also a 404, does without asking.
            page: it is made for people, so that robots.txt is honoured.

        Returns:
            The answer, whatever its status, after redirects and repeats. See `checked`.

        Raises:
            SourceError: there is none; `transient` where later there may be one.
        """
        query = f"{'&' if urlsplit(url).query else '?'}{urlencode(params)}" if params else ""
        request = Request(url + query, headers or {}, credentials or {})
        return self._follow(request, limits or self.limits, fresh=fresh, page=page)

    def post(
        self,
        url: str,
        *,
        json_body: Any,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        credentials: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask for something with a question that is sent as JSON. It is repeated like a `get`, and not stored."""
        query = f"?{urlencode(params)}" if params else ""
        headers = {"Content-Type": "application/json", **(headers or {})}
        request = Request(url + query, headers, credentials or {}, json.dumps(json_body).encode())
        return self._follow(request, self.limits, fresh=0.0, page=False)

    def checked(self, answer: Answer) -> Answer:
        """Return the answer if it is what was asked for.

        Raises:
            SourceError: any status but 200, in words.
        """
        if answer.status == 200:
            return answer
        raise refusal(answer.status, answer.headers, masked(answer.url), self.clock.now())

    def _follow(self, request: Request, limits: Limits, *, fresh: float, page: bool) -> Answer:
        visit = Visit(masked(request.url), limits, Deadline(self.clock, limits.total))
        parts = exchange.split(request.url)
        if parts is None or parts.scheme.lower() not in ("http", "https"):
            raise visit.error(message("not-an-address"))
        exchange.refuse_credentials(parts, visit)
        for _ in range(limits.redirects + 1):
            if page and self._robots:
                self._obey(request.url, visit)
            answer = self._remembered(request, visit, fresh)
            if answer.status not in REDIRECTS or "Location" not in answer.headers:
                return answer
            location = _without(answer.headers["Location"], request.credentials)
            target = exchange.redirected(request.url, location, visit)
            request = _onward(request, target, answer.status)
        raise visit.error(message("redirected-too-often", most=limits.redirects))

    def _remembered(self, request: Request, visit: Visit, fresh: float) -> Answer:
        """Ask, unless what is stored is fresh enough, and only for what changed."""
        if self._cache is None or request.method != "GET":
            return self._patiently(request, visit)
        secrets = [f"{name}={value}" for name, value in sorted(request.credentials.items())]
        asked = [f"{name.lower()}:{value}" for name, value in sorted(request.headers.items())]
        name = disk.key(request.url, *asked, *secrets)
        stored = self._cache.find(name)
        if stored and stored.age < fresh:
            return Answer(
                stored.status, CaseInsensitiveDict(stored.headers), stored.data, request.url, from_cache=True
            )
        conditions = stored.conditions if stored and stored.status == 200 else {}
        answer = self._patiently(
            dataclasses.replace(request, headers={**request.headers, **conditions}), visit
        )
        if answer.status == 304 and stored and conditions:
            self._cache.confirm(name)
            headers = CaseInsensitiveDict({**stored.headers, **_lower(answer.headers)})
            return Answer(stored.status, headers, stored.data, answer.url, from_cache=True)
        if _may_store(answer, fresh):
            self._cache.keep(name, answer.status, answer.headers, answer.data)
        return answer

    def _patiently(self, request: Request, visit: Visit) -> Answer:
        """Ask at the host's pace, and again where the server could not answer just now."""
        host, key = urlsplit(request.url).netloc.lower(), request.key
        for attempt in range(1, self._attempts + 1):
            self._wait_for_turn(host, visit, key)
            wait = None
            try:
                answer = exchange.send(self._session, request, visit)
            except exchange.RAISED as error:
                visit.check_time()
                if attempt == self._attempts or not exchange.broke_off(error):
                    raise visit.failure(error, request.url) from error
            else:
                now, today = self.clock.monotonic(), self.clock.now()
                self._pace.learn(host, answer.headers, now, today, answer.status, key)
                wait = retry_after(answer.headers.get("Retry-After"), today)
                if (
                    answer.status not in REPEATED
                    or attempt == self._attempts
                    or (wait or 0) > LONGEST_WAIT
                    or challenge(answer.status, answer.headers)
                ):
                    return answer
            if wait is None:
                # Jitter keeps a thousand installations from knocking in step.
                wait = random.uniform(0.5, 1.0) * 2.0**attempt  # noqa: S311
            self._pace.hold(host, self.clock.monotonic(), wait, key)
        raise AssertionError("unreachable")

    def _wait_for_turn(self, host: str, visit: Visit, key: str) -> None:
        while wait := self._pace.turn(host, self.clock.monotonic(), key):
            if wait > LONGEST_WAIT:
                error = visit.error(
                    message("host-asks-pause", host=host, seconds=f"{wait:.0f}"),
                    transient=True,
                    hint=message("nothing-wrong-retry-later"),
                )
                error.retry_after = wait
                raise error
            visit.deadline.wait(wait)

    def _obey(self, url: str, visit: Visit) -> None:
        assert self._robots is not None  # noqa: S101 - tells the type checker what the caller knows
        with visit.deadline.kept():
            delay = self._robots.check(url)
        if delay:
            self._pace.slow(urlsplit(url).netloc.lower(), delay)

    def _robots_txt(self, address: str) -> Answer:
        limits = dataclasses.replace(self.limits, size=min(self.limits.size, MOST_BYTES))
        return self.get(address, limits=limits, fresh=DAY)


def _onward(request: Request, target: str, status: int) -> Request:
    """Return the request that a redirect asks for; what was meant for one server stays there."""
    here, there = urlsplit(request.url), urlsplit(target)
    same = (here.scheme, here.netloc) == (there.scheme, there.netloc)
    return Request(
        target,
        request.headers if same else {n: v for n, v in request.headers.items() if n.lower() == "accept"},
        request.credentials if same else {},
        request.body if status in (307, 308) and same else None,
    )


def _without(location: str, names: Mapping[str, str]) -> str:
    """Return where a redirect leads without the credentials that some servers repeat there."""
    if not names:
        return location
    head, mark, query = location.partition("?")
    kept = [pair for pair in query.split("&") if pair.partition("=")[0] not in names]
    return head + (mark + "&".join(kept) if kept else "")


def _may_store(answer: Answer, fresh: float) -> bool:
    if "no-store" in answer.headers.get("Cache-Control", "").lower():
        return False
    if answer.status == 200 and any(name in answer.headers for name in disk.VALIDATORS):
        return True
    return fresh > 0 and answer.status in STORABLE


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items() if name.lower() in disk.KEPT_HEADERS}


def get_page(address: str, web: Web, clock: Clock) -> Snapshot:
    """Read one page.

    Args:
        address: of the page.
        web: the session of the run.
        clock: the time where the server names none.

    Raises:
        SourceError: it can't be had; `transient` where later it may be.
    """
    if exchange.split(address) is None:
        raise SourceError(message("address-not-valid", address=masked(address)), origin=masked(address))
    answer = web.get(address, page=True)
    if answer.status != 200:
        raise refusal(answer.status, answer.headers, masked(address), clock.now())
    return answer.snapshot(masked(address), clock.now())
