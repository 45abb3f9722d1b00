"""The way to a library's server, with politeness and patience: proxies, counts, waits, and repeats of what is safe.

It stands under pyzotero, repeats reads, and writes that the server refused for now, and names what went wrong.
"""

from __future__ import annotations

import math
import random
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock
from typing import IO, Any

import httpcore2
import httpx2
from requests.utils import get_environ_proxies, select_proxy

from syncd.clock import Clock, Deadline, time_left
from syncd.config.values import is_loopback
from syncd.errors import LibraryError
from syncd.messages import message
from syncd.sources.pace import retry_after
from syncd.text.patterns import pattern

CONNECTIONS = 4


class _TimelyStream(httpcore2.NetworkStream):
    """A connection that is never waited for past the end of the exchange; see `clock.Deadline`."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _shortened(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _shortened(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left = _shortened(timeout, httpcore2.ConnectTimeout)
        return _TimelyStream(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _TimelyBackend(httpcore2.SyncBackend):
    """Opens such connections."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        left = _shortened(timeout, httpcore2.ConnectTimeout)
        return _TimelyStream(super().connect_tcp(host, port, left, local_address, socket_options))


def _shortened(timeout: float | None, late: type[Exception]) -> float | None:
    """Return how long to wait at most; raise `late` where the time is up."""
    left = time_left()
    if left <= 0:
        raise late
    shortest = min(math.inf if timeout is None else timeout, left)
    return shortest if math.isfinite(shortest) else None


class Way(httpx2.BaseTransport):
    """Sends each request by the way that the environment says, as `requests` does for sources.

    HTTPS_PROXY or ALL_PROXY, in capitals or not, names a proxy, unless NO_PROXY names the host.
    """

    def __init__(self) -> None:
        self._ways: dict[tuple[str, bool], httpx2.HTTPTransport] = {}
        self._lock = Lock()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request.

        Raises:
            LibraryError: the environment names a proxy that can't be used.
        """
        proxy = proxy_for(request.url)
        plain = request.url.scheme == "http" and not proxy
        with self._lock:
            if (proxy, plain) not in self._ways:
                self._ways[proxy, plain] = _opened(proxy, plain=plain)
        return self._ways[proxy, plain].handle_request(request)

    def close(self) -> None:
        """Close the connections."""
        for way in self._ways.values():
            way.close()


def proxy_for(url: httpx2.URL) -> str:
    """Return the address of the proxy that leads to a server; empty where there is none."""
    if is_loopback(url.host):
        return ""

    proxy = select_proxy(str(url), get_environ_proxies(str(url))) or ""
    return proxy if "://" in proxy or not proxy else f"http://{proxy}"


def _opened(proxy: str, *, plain: bool) -> httpx2.HTTPTransport:
    limits = httpx2.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    # A new context trusts nobody. Whom the system trusts takes longer to read than a library here takes to answer.
    trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if plain else True
    try:
        way = httpx2.HTTPTransport(verify=trusted, limits=limits, proxy=proxy or None)
    except ImportError:
        problem, hint = (
            message("proxy-socks-unsupported"),
            "pip install socksio",
        )
    except (ValueError, httpx2.InvalidURL):
        problem, hint = message("proxy-unusable"), message("proxy-example")
    else:
        # httpx2 passes no backend on to its pool; a test with a dripping server holds it to this.
        way._pool._network_backend = _TimelyBackend()  # noqa: SLF001
        return way
    # Raised out here, for an exception that was being handled would carry the address along.
    raise LibraryError(problem, kind="permanent", hint=hint)


ATTEMPTS = 5
# Longer waits are the schedule's business, not a run's: the user gets exit code 5 and tries later.
LONGEST_WAIT = 60.0
# Seconds for an answer, headers, body and repeats together, however steadily it drips.
LONGEST = 120.0
# Bytes of an answer, decompressed: the versions of a million items take a sixth of it.
LARGEST = 128_000_000
REFUSED = frozenset({429, 503})
# Whatever else a server or a gateway before it fails at, but for what it does not know how to do (501, 505).
UNCLEAR = frozenset(range(500, 600)) - {501, 503, 505}
JSON = "application/json"
# How a body was sent says nothing of one that has been read.
FRAMING = frozenset({"content-encoding", "content-length", "transfer-encoding"})
# Under this name of its extensions, a request may have what renews it before each time that it is sent.
RENEWED = "syncd-renewed"
# Under this one, the file into which the body goes of an answer that may be too large for the memory.
INTO = "syncd-into"
# What stands for such a body in the answer.
ELSEWHERE = b"{}"
# such as: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1006)
CERTIFICATE_WORDS = pattern(
    r"(?m)CERTIFICATE_VERIFY_FAILED\] certificate verify failed: (?P<why>.*?)(?: \(_ssl|$)",
    hostile="CERTIFICATE_VERIFY_FAILED] certificate verify failed: \n",
)
CERTIFICATE = message("check-clock-and-certificate")


@dataclass(slots=True)
class Counter:
    """HTTP requests as they went over the wire, repeats included."""

    read: int = 0
    write: int = 0
    limited: int = 0

    @property
    def total(self) -> int:
        """All requests."""
        return self.read + self.write


class OutcomeUnknownError(LibraryError):
    """A write was sent and its answer never came: it may or may not have been done."""


class UnreachableError(LibraryError):
    """Nobody answers at the server's address: nothing was sent."""


class PoliteTransport(httpx2.BaseTransport):
    """An httpx2 transport that pyzotero's client is given. Several threads may use it: a pause is one for all.

    Args:
        clock: for waits.
        counter: counts the requests.
        inner: the transport that does the work.
        attempts: how often a request is sent at most.
        nearby: the server is a program on this computer: where nobody listens, waiting does not help.
        longest: seconds for an answer in all; a request that may be silent for more than `LONGEST` has that time.
    """

    def __init__(  # noqa: PLR0913 - each is a setting with a default
        self,
        clock: Clock,
        *,
        counter: Counter | None = None,
        inner: httpx2.BaseTransport | None = None,
        attempts: int = ATTEMPTS,
        nearby: bool = False,
        longest: float = LONGEST,
    ) -> None:
        self.counter = counter or Counter()
        self._clock = clock
        self._attempts = attempts
        self._nearby = nearby
        self._longest = longest
        self._not_before = 0.0
        self._lock = Lock()
        self._inner = inner or Way()

    def close(self) -> None:
        """Do nothing: pyzotero closes the client of every instance, and this transport outlives them."""

    def shutdown(self) -> None:
        """Close the connections."""
        self._inner.close()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request, with repeats where they are safe.

        Raises:
            LibraryError: no usable answer. `OutcomeUnknownError` where a write may have been done.
        """
        silence = request.extensions.get("timeout", {}).get("read") or 0.0
        # The plugin may have to look through a whole library before it says a word.
        deadline = Deadline(self._clock, silence if silence > LONGEST else self._longest)
        with deadline.kept():
            return self._patiently(request, deadline)

    def _patiently(self, request: httpx2.Request, deadline: Deadline) -> httpx2.Response:
        reading = request.method in {"GET", "HEAD"}
        for attempt in range(1, self._attempts + 1):
            self._wait_for_turn(deadline)
            try:
                response = self._send(request, reading=reading)
            except (
                httpx2.ConnectError,
                httpx2.ConnectTimeout,
                httpx2.PoolTimeout,
                httpx2.ProxyError,
            ) as error:
                failure = _unreachable(request, error)
                if self._nearby or _is_lasting(error):
                    raise failure from error
                wait = None
            except httpx2.TransportError as error:
                failure = _broken(request, error, reading=reading)
                if not reading:
                    raise failure from error
                wait = None
            else:
                if response.status_code not in REFUSED | UNCLEAR:
                    return self._checked(request, response, reading=reading)
                wait = retry_after(response.headers.get("Retry-After"), self._clock.now())
                failure = _refused(request, response, wait, reading=reading)
                if response.status_code in UNCLEAR and not reading:
                    raise failure
            if attempt == self._attempts or (wait or 0) > LONGEST_WAIT or deadline.left <= 0:
                raise failure
            # Full jitter keeps a thousand installations from knocking in step.
            deadline.wait(wait if wait is not None else random.uniform(0.5, 1.0) * 2 ** (attempt - 1))  # noqa: S311
        raise AssertionError("unreachable")

    def _wait_for_turn(self, deadline: Deadline) -> None:
        remaining = self._not_before - self._clock.monotonic()
        if remaining > LONGEST_WAIT:
            raise LibraryError(
                message("server-asks-pause", seconds=f"{remaining:.0f}"),
                kind="transient",
                retry_after=remaining,
                hint=message("nothing-wrong-retry-later"),
            )
        if remaining > 0:
            deadline.wait(remaining)

    def _send(self, request: httpx2.Request, *, reading: bool) -> httpx2.Response:
        with self._lock:
            if reading:
                self.counter.read += 1
            else:
                self.counter.write += 1
        if renew := request.extensions.get(RENEWED):
            renew(request)
        response = _whole(request, self._inner.handle_request(request), reading=reading)
        if response.status_code == 429:
            with self._lock:
                self.counter.limited += 1
        # What one thread is told to wait, all wait.
        named = ("Backoff", "Retry-After") if response.status_code in REFUSED else ("Backoff",)
        pauses = [retry_after(response.headers.get(header), self._clock.now()) for header in named]
        if pause := max((seconds for seconds in pauses if seconds), default=0.0):
            self._not_before = max(self._not_before, self._clock.monotonic() + pause)
        # pyzotero would wait a second time, with a clock of its own.
        for header in ("Backoff", "Retry-After"):
            if response.status_code not in REFUSED and header in response.headers:
                del response.headers[header]
        return response

    def _checked(
        self, request: httpx2.Request, response: httpx2.Response, *, reading: bool
    ) -> httpx2.Response:
        """Let only what Zotero itself can have said through."""
        kind = response.headers.get("Content-Type", JSON).partition(";")[0].strip().lower()
        if response.is_redirect or (response.is_success and response.content and kind != JSON):
            host = request.url.host
            words = message("answered-with-other", host=host, kind=kind[:40] or message("something"))
            if response.is_redirect:
                words = message("redirected-elsewhere", host=host)
            elif kind == "text/html":
                words = message("answered-with-web-page", host=host)
            error = LibraryError if reading else OutcomeUnknownError
            raise error(
                words,
                kind="transient",
                status=response.status_code,
                hint=message("look-between"),
            )
        return response


def _whole(request: httpx2.Request, response: httpx2.Response, *, reading: bool) -> httpx2.Response:
    """Return the answer with its body read and decompressed, or put into the file that is meant for it.

    Raises:
        LibraryError: it is too large. `OutcomeUnknownError` where it answers a write.
    """
    body, size = bytearray(), 0
    into: IO[bytes] | None = request.extensions.get(INTO) if response.is_success else None
    if into is not None:
        # Half of it may be there from an earlier time.
        into.seek(0)
        into.truncate()
        body += ELSEWHERE
    take = body.extend if into is None else into.write
    try:
        for piece in response.iter_bytes():
            take(piece)
            size += len(piece)
            if size > LARGEST:
                raise (LibraryError if reading else OutcomeUnknownError)(
                    message("server-sends-too-much", host=request.url.host, most=LARGEST // 1000000),
                    kind="transient",
                    status=response.status_code,
                    hint=message("check-the-endpoint"),
                )
    finally:
        response.close()
    headers = [(name, value) for name, value in response.headers.multi_items() if name not in FRAMING]
    return httpx2.Response(
        response.status_code, headers=headers, content=bytes(body), extensions=response.extensions
    )


def _unreachable(request: httpx2.Request, error: Exception) -> LibraryError:
    proxied = bool(proxy_for(request.url))
    hint: str = message("check-network-and-endpoint")
    if "CERTIFICATE" in str(error):
        hint = CERTIFICATE
    elif proxied:
        hint = message("check-proxy")
    host, reason = request.url.host, _reason(error)
    words = message("server-unreachable", host=host, reason=reason)
    if proxied:
        words = message("server-unreachable-by-proxy", host=host, reason=reason)
    return UnreachableError(
        words,
        kind="transient",
        hint=hint,
    )


def _is_lasting(error: Exception) -> bool:
    """Tell whether waiting some seconds can't help: a certificate that is not accepted, a proxy that says no."""
    return isinstance(error, httpx2.ProxyError) or "CERTIFICATE" in str(error)


def _broken(request: httpx2.Request, error: Exception, *, reading: bool) -> LibraryError:
    kind = LibraryError if reading else OutcomeUnknownError
    return kind(
        message("connection-broke", host=request.url.host, reason=_reason(error)),
        kind="transient",
        hint="" if reading else message("last-write-unknown"),
    )


def _refused(
    request: httpx2.Request, response: httpx2.Response, wait: float | None, *, reading: bool
) -> LibraryError:
    unclear = response.status_code in UNCLEAR and not reading
    host, status = request.url.host, response.status_code
    words = message("server-overloaded", host=host, status=status)
    if status == 429:
        words = message("server-limits-requests", host=host, status=status)
    return (OutcomeUnknownError if unclear else LibraryError)(
        words,
        kind="transient",
        status=response.status_code,
        retry_after=wait,
        hint=message("run-again-later"),
    )


def _reason(error: Exception) -> str:
    text = str(error)
    if isinstance(error, httpx2.TimeoutException):
        return message("no-answer-in-time")
    if "Name or service not known" in text or "getaddrinfo" in text or "name resolution" in text:
        return message("name-not-resolved")
    if found := CERTIFICATE_WORDS.search(text):
        return message("certificate-not-accepted", reason=found["why"])
    if "refused" in text:
        return message("connection-refused")
    return text or type(error).__name__
