"""The way to a library's server: through the proxy that the environment names, or straight.

Nothing that goes to this computer goes through a proxy. No error shows a proxy's address, which may hold a password.
"""

from __future__ import annotations

import httpx2

from syncd.config.values import is_loopback
from syncd.errors import LibraryError

CONNECTIONS = 4


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
        return httpx2.HTTPTransport(limits=limits, proxy=proxy or None)
    except ImportError:
        problem, hint = (
            "is a SOCKS proxy, for which the Python package socksio is missing",
            "pip install socksio",
        )
    except (ValueError, httpx2.InvalidURL):
        problem, hint = "is no proxy that syncd can use", 'It should be like "http://proxy.example.org:3128".'
    # Raised out here, for an exception that was being handled would carry the address along.
    raise LibraryError(f"what HTTPS_PROXY or ALL_PROXY names {problem}", kind="permanent", hint=hint)
