"""The way to a library's server: through the proxy that the environment names, or straight.

Nothing that goes to this computer goes through a proxy. No error shows a proxy's address, which may hold a password.
Every read and write ends when the exchange has to, also between two bytes of a header.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import httpcore2
import httpx2

from syncd.clock import time_left
from syncd.config.values import is_loopback
from syncd.errors import LibraryError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

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
        self._ways: dict[str, httpx2.HTTPTransport] = {}

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request.

        Raises:
            LibraryError: the environment names a proxy that can't be used.
        """
        proxy = proxy_for(request.url)
        if proxy not in self._ways:
            self._ways[proxy] = _opened(proxy)
        return self._ways[proxy].handle_request(request)

    def close(self) -> None:
        """Close the connections."""
        for way in self._ways.values():
            way.close()


def proxy_for(url: httpx2.URL) -> str:
    """Return the address of the proxy that leads to a server; empty where there is none."""
    if is_loopback(url.host):
        return ""
    from requests.utils import get_environ_proxies, select_proxy  # noqa: PLC0415 - heavy

    proxy = select_proxy(str(url), get_environ_proxies(str(url))) or ""
    return proxy if "://" in proxy or not proxy else f"http://{proxy}"


def _opened(proxy: str) -> httpx2.HTTPTransport:
    limits = httpx2.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    try:
        way = httpx2.HTTPTransport(limits=limits, proxy=proxy or None)
    except ImportError:
        problem, hint = (
            "is a SOCKS proxy, for which the Python package socksio is missing",
            "pip install socksio",
        )
    except (ValueError, httpx2.InvalidURL):
        problem, hint = "is no proxy that syncd can use", 'It should be like "http://proxy.example.org:3128".'
    else:
        # httpx2 passes no backend on to its pool; a test with a dripping server holds it to this.
        way._pool._network_backend = _TimelyBackend()  # noqa: SLF001
        return way
    # Raised out here, for an exception that was being handled would carry the address along.
    raise LibraryError(f"what HTTPS_PROXY or ALL_PROXY names {problem}", kind="permanent", hint=hint)
