"""Which addresses of the network syncd may connect to, and connections that go nowhere else.

A host's name is resolved once, each of its addresses is checked, and the connection goes to a checked one, so
that a second answer of the name server changes nothing. Certificates are verified against the name, as always.
Whether the own network is allowed is the caller's decision; nothing here reads settings.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from requests.utils import select_proxy
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NameResolutionError, NewConnectionError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""The prefix of RFC 6052 under which IPv6 hosts reach IPv4 addresses: the last 32 bits are one."""

MOST_TRIES = 4
"""How many of a host's addresses are tried."""

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class InsideError(Exception):
    """A host is an address of the own network, or stands for one.

    Attributes:
        host: as the address names it.
        address: what it resolved to.
    """

    def __init__(self, host: str, address: str) -> None:
        super().__init__(f"{host} is {address}")
        self.host = host
        self.address = address


def is_inside(address: str) -> bool:
    """Tell whether an IP address is anything but a public one of a single host.

    Addresses that carry an IPv4 address inside (mapped, NAT64, 6to4) are judged by that.

    >>> [is_inside(a) for a in ("127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1")]
    [True, True, True, True, True, True]
    >>> [is_inside(a) for a in ("::1", "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1")]
    [True, True, True, True, True]
    >>> [is_inside(a) for a in ("8.8.8.8", "2606:4700::1", "64:ff9b::808:808", "::ffff:8.8.8.8")]
    [False, False, False, False]
    """
    ip = _embedded(ipaddress.ip_address(address.partition("%")[0]))
    return not ip.is_global or ip.is_multicast or ip.is_reserved or getattr(ip, "is_site_local", False)


def _embedded(ip: _Address) -> _Address:
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip in NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip


def outside(host: str, port: int | None) -> list[str]:
    """Resolve a host.

    Returns:
        Its addresses, each once, in the resolver's order.

    Raises:
        InsideError: one of them is in the own network.
        socket.gaierror: the name is not known.
    """
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        if is_inside(address):
            raise InsideError(host, address)
    return addresses


class _Guard:
    """Connects to a checked address of the host; mixed into urllib3's connections."""

    _dns_host: str
    port: int

    def _new_conn(self) -> socket.socket:
        host = self._dns_host
        try:
            addresses = outside(host, self.port)
        except socket.gaierror as error:
            raise NameResolutionError(host, self, error) from error  # type: ignore[arg-type]  # mixed in
        try:
            for count, address in enumerate(addresses[:MOST_TRIES], 1):
                # Only what is dialled changes: TLS and the Host header go by the name, which is put back.
                self._dns_host = address
                try:
                    return super()._new_conn()  # type: ignore[misc,no-any-return]  # urllib3's own
                except NewConnectionError:
                    if count == min(len(addresses), MOST_TRIES):
                        raise
        finally:
            self._dns_host = host
        raise AssertionError("unreachable")


class _GuardedHttp(_Guard, HTTPConnection):
    """Plain http to checked addresses."""


class _GuardedHttps(_Guard, HTTPSConnection):
    """TLS to checked addresses."""


class _GuardedHttpPool(HTTPConnectionPool):
    ConnectionCls = _GuardedHttp


class _GuardedHttpsPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedHttps


class GuardedAdapter(HTTPAdapter):
    """An adapter for `requests` whose connections never lead into the own network.

    A proxy of the environment is the user's own choice and may be anywhere; it resolves names itself, so that
    only what this computer can tell of the target is checked.
    """

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Set up the pools with guarded connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _GuardedHttpPool, "https": _GuardedHttpsPool}

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request.

        Raises:
            InsideError: its host is in the own network.
        """
        if select_proxy(request.url or "", kwargs.get("proxies")):
            _check_as_far_as_known(request.url or "")
        return super().send(request, *args, **kwargs)


def _check_as_far_as_known(url: str) -> None:
    from urllib.parse import urlsplit  # noqa: PLC0415 - only where there is a proxy

    try:
        outside(urlsplit(url).hostname or "", None)
    except (socket.gaierror, UnicodeError):
        return  # a name that only the proxy knows


def adapter(*, allow_private: bool) -> HTTPAdapter:
    """Return an adapter for a session; guarded unless the own network is allowed."""
    return HTTPAdapter() if allow_private else GuardedAdapter()


def proxies_of(session: requests.Session, url: str) -> Mapping[str, Any]:
    """Return what the environment says about proxy and certificates for an address."""
    return session.merge_environment_settings(url, {}, stream=True, verify=None, cert=None)
