"""Pings: an address is told how runs go, by a thread of its own. An address may be a secret, and no line shows it."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from syncd.clock import Clock, Deadline
from syncd.daemon.logs import get_logger, without_secrets
from syncd.messages import message
from syncd.sources.exchange import session
from syncd.sources.network import EVERYWHERE, GuardedAdapter, InsideError, proxies_of

MOST_WAITING = 32
MOST_BYTES = 10_000
SECONDS = 10.0
"""How long a server may take to connect, and how long it may send nothing."""

LONGEST = 30.0
"""Seconds for one ping in all, redirects included."""

PAUSE = 2.0
PARTING = 5.0
"""Seconds: before a ping is repeated, and at the end for what still waits."""

HOPS = 3
REPEATED = frozenset({429, 500, 502, 503, 504})

_log = get_logger()


@dataclass(frozen=True, slots=True)
class _Ping:
    """What is to be sent: what is put behind the address, and the text."""

    path: str
    body: bytes = b""


class _UnansweredError(Exception):
    """A ping that was not taken, in words; `again` where it may be taken a little later."""

    def __init__(self, words: str, *, again: bool) -> None:
        super().__init__(words)
        self.again = again


class Pinger:
    """Sends pings, as healthchecks.io and its like take them: https://healthchecks.io/docs/http_api/.

    Args:
        url: the address, without a slash at its end; None sends nothing.
        clock: for the pause before a repeat.
    """

    def __init__(self, url: str | None, clock: Clock) -> None:
        self._url = url
        self._clock = clock
        self._waiting: deque[_Ping] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="pings", daemon=True)
        if url is not None:
            self._thread.start()

    def start(self) -> None:
        """Tell that a run starts."""
        self._put(_Ping("/start"))

    def success(self, summary: str) -> None:
        """Tell that a run went well, and what it did."""
        self._put(_Ping("", _body(summary)))

    def failure(self, summary: str) -> None:
        """Tell that a run failed, and why."""
        self._put(_Ping("/fail", _body(summary)))

    def close(self, seconds: float = PARTING) -> None:
        """Wait so long for what is not sent yet, then give it up. Can be called twice."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _put(self, ping: _Ping) -> None:
        if self._url is None:
            return
        with self._changed:
            full = len(self._waiting) == MOST_WAITING
            if full:
                self._waiting.popleft()
            self._waiting.append(ping)
            self._changed.notify()
        if full:
            _log.warning(message("too-many-pings"), host=self._host)

    def _work(self) -> None:
        with session(None, GuardedAdapter(EVERYWHERE)) as http:
            while (ping := self._next()) is not None:
                self._deliver(http, ping)

    def _next(self) -> _Ping | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            return self._waiting.popleft() if self._waiting else None

    def _deliver(self, http: requests.Session, ping: _Ping) -> None:
        try:
            try:
                self._send_in_time(http, ping)
            except _UnansweredError as error:
                if not error.again:
                    raise
                self._clock.sleep(PAUSE)
                self._send_in_time(http, ping)
        except _UnansweredError as error:
            _log.warning(message("ping-failed", reason=error), host=self._host)
        except Exception:  # noqa: BLE001 - it is logged
            # The thread has to outlive whatever an odd server makes of the libraries.
            _log.exception(message("fault-in-ping"), host=self._host)

    def _send_in_time(self, http: requests.Session, ping: _Ping) -> None:
        with Deadline(self._clock, LONGEST).kept():
            self._send(http, ping)

    def _send(self, http: requests.Session, ping: _Ping) -> None:
        """Send a ping, and follow redirects without leaving the scheme or turning it into a GET.

        Raises:
            _UnansweredError: nobody took it.
        """
        address = f"{self._url}{ping.path}"
        for _ in range(HOPS + 1):
            try:
                status, target = _post(http, address, ping.body)
            except InsideError:
                raise _UnansweredError(message("address-never-read"), again=False) from None
            except (requests.RequestException, HTTPError, ValueError) as error:
                raise _UnansweredError(_reason(error), again=True) from None
            if target is None:
                if status >= 300:
                    raise _UnansweredError(message("http-status", status=status), again=status in REPEATED)
                return
            address = _beyond(address, target)
        raise _UnansweredError(message("too-many-redirects"), again=False)

    @property
    def _host(self) -> str | None:
        return urlsplit(self._url or "").hostname


def _post(http: requests.Session, address: str, body: bytes) -> tuple[int, str | None]:
    """Return the status, and where a redirect leads; nothing is read, for nobody knows how long a body is.

    `Session.send` would keep cookies, look into redirects, and read their bodies.
    """
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    prepared = http.prepare_request(requests.Request("POST", address, headers, data=body))
    settings = proxies_of(http, prepared.url or "")
    adapter = http.get_adapter(prepared.url or "")
    with adapter.send(
        prepared, stream=True, timeout=SECONDS, verify=settings["verify"] or True, proxies=settings["proxies"]
    ) as answer:
        return answer.status_code, answer.headers["Location"] if answer.is_redirect else None


def _body(summary: str) -> bytes:
    """Return the text without secrets, cut to the size that is sent, at a whole character."""
    cut = without_secrets(summary).encode(errors="replace")[:MOST_BYTES]
    return cut.decode(errors="ignore").encode()


def _beyond(address: str, target: str) -> str:
    try:
        there = urljoin(address, target)
        same = urlsplit(there).scheme == urlsplit(address).scheme
    except ValueError:
        raise _UnansweredError(message("redirected-to-no-address"), again=False) from None
    if not same:
        raise _UnansweredError(message("redirected-to-another-scheme"), again=False)
    return there


def _reason(error: Exception) -> str:
    """Return why there was no answer; the libraries' own words hold the address."""
    if isinstance(error, requests.Timeout):
        return message("no-answer-in-time")
    if isinstance(error, requests.exceptions.SSLError):
        return message("its-certificate-not-valid")
    if isinstance(error, requests.ConnectionError):
        return message("it-is-unreachable")
    return message("its-address-not-valid")
