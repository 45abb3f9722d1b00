"""Which addresses of the network syncd may connect to, and connections that go nowhere else and end in time.

A host's name is resolved once, each of its addresses is checked, and the connection goes to a checked one, so
that a second answer of the name server changes nothing. Certificates are verified against the name, as always.
Which hosts of the own network are allowed is the caller's decision; nothing here reads settings. Every read ends
when the exchange has to (see `clock.Deadline`), also between two bytes of a header.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import math
import socket
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import select_proxy
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.poolmanager import PoolManager

from syncd.clock import time_left

NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
"""The prefixes of RFC 6052 and 8215 under which IPv6 hosts reach IPv4 addresses: the last 32 bits are one."""

WRAPPED = (*NAT64, ipaddress.ip_network("::/96"), ipaddress.ip_network("::ffff:0:0:0/96"))
"""All prefixes that have an IPv4 address in their last 32 bits, besides `::ffff:0:0/96`; old ones too."""

NEVER = tuple(
    ipaddress.ip_network(network)
    for network in (
        "169.254.0.0/16",  # link-local; 169.254.169.254 hands a cloud's keys to whoever asks
        "fe80::/10",  # link-local
        "fd00:ec2::/32",  # Amazon's metadata
        "fd20:ce::254/128",  # Google's
        "100.100.100.200/32",  # Alibaba's
        "168.63.129.16/32",  # Azure's
        "192.0.0.192/32",  # Oracle's
    )
)
"""Networks that no setting lets syncd reach: link-local ones, and those where clouds keep metadata and keys."""

EVERYWHERE = ("0.0.0.0/0", "::/0")
"""Allows every address but those of `NEVER`."""

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


class NeverError(InsideError):
    """A host is an address that no setting allows."""


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
    ip = _judged(_ip(address))
    return not ip.is_global or ip.is_multicast or ip.is_reserved or getattr(ip, "is_site_local", False)


def is_never(address: str) -> bool:
    """Tell whether an IP address, or one that it carries inside, is of `NEVER`.

    >>> [is_never(a) for a in ("169.254.169.254", "fe80::1%eth0", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe")]
    [True, True, True, True]
    >>> [is_never(a) for a in ("2002:a9fe:a9fe::1", "::a9fe:a9fe", "64:ff9b:1::6464:64c8", "fd00:ec2::254")]
    [True, True, True, True]
    >>> [is_never(a) for a in ("127.0.0.1", "192.168.1.1", "::1", "fd00::1", "8.8.8.8")]
    [False, False, False, False, False]
    """
    return any(ip in network for ip in _readings(_ip(address)) for network in NEVER)


def _ip(address: str) -> _Address:
    return ipaddress.ip_address(address.partition("%")[0])


def _judged(ip: _Address) -> _Address:
    """Return the address that a connection to `ip` ends at."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip in NAT64[0]:
        return _last(ip)
    return ip.ipv4_mapped or ip.sixtofour or ip


def _readings(ip: _Address) -> Iterator[_Address]:
    """Yield an address and every IPv4 address that a router may read from it."""
    yield ip
    if isinstance(ip, ipaddress.IPv6Address):
        yield from (inner for inner in (ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())) if inner)
        if any(ip in network for network in WRAPPED):
            yield _last(ip)


def _last(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)


class Allowed:
    """The hosts of the own network that may be reached.

    Args:
        hosts: names, addresses, and networks such as "192.168.1.0/24".
    """

    def __init__(self, hosts: Sequence[str] = ()) -> None:
        self._names: set[str] = set()
        self._networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
        for host in hosts:
            try:
                self._networks.append(ipaddress.ip_network(host, strict=False))
            except ValueError:
                self._names.add(_named(host))

    def check(self, host: str, address: str) -> None:
        """Raise where a host may not be reached at one of its addresses.

        Raises:
            InsideError: the address is in the own network, and neither it nor the host is allowed.
            NeverError: nobody may reach it.
        """
        if is_never(address):
            raise NeverError(host, address)
        if not is_inside(address) or _named(host) in self._names:
            return
        ip = _judged(_ip(address))
        if not any(ip in network for network in self._networks):
            raise InsideError(host, address)

    def addresses(self, host: str, port: int | None) -> list[str]:
        """Resolve a host.

        Returns:
            Its addresses, each once, in the resolver's order.

        Raises:
            InsideError: one of them may not be reached.
            socket.gaierror: the name is not known.
        """
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        for address in addresses:
            self.check(host, address)
        return addresses


def _named(host: str) -> str:
    return host.strip("[]").casefold().removesuffix(".")


class _TimelyReader(io.RawIOBase):
    """Reads from a socket, and never past the end of the exchange."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        self._raw = raw
        self._sock = sock
        self._silence = sock.gettimeout()

    def readable(self) -> bool:
        """Say that it is one."""
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        """Read what is there, or wait as long as the time allows.

        Raises:
            TimeoutError: it is up.
        """
        left = time_left()
        if left <= 0:
            raise TimeoutError
        # A connection that is kept is read by several exchanges, of which each has its own end.
        silence = left if self._silence is None else min(self._silence, left)
        self._sock.settimeout(silence if math.isfinite(silence) else None)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Let go of the socket."""
        self._raw.close()
        super().close()


class _TimelyResponse(http.client.HTTPResponse):
    """An answer whose status line, headers and body are read in time."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_TimelyReader(self.fp.detach(), sock))


class _Timely:
    """Reads answers in time; mixed into urllib3's connections."""

    response_class = _TimelyResponse


class _Guard(_Timely):
    """Connects to a checked address of the host; mixed into urllib3's connections."""

    _dns_host: str
    port: int
    allowed: Allowed

    def _new_conn(self) -> socket.socket:
        host = self._dns_host
        try:
            addresses = self.allowed.addresses(host, self.port)
        except socket.gaierror as error:
            raise NameResolutionError(host, self, error) from error  # type: ignore[arg-type]  # mixed in
        try:
            for count, address in enumerate(addresses[:MOST_TRIES], 1):
                if time_left() <= 0:
                    raise ConnectTimeoutError(self, f"no connection to {host} in time")
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


class GuardedAdapter(HTTPAdapter):
    """An adapter for `requests` whose connections lead only where they may, and end in time.

    A proxy of the environment is the user's own choice and may be anywhere; it resolves names itself, so that
    only what this computer can tell of the target is checked.

    Args:
        hosts: of the own network that may be reached: names, addresses, networks.
    """

    def __init__(self, hosts: Sequence[str] = ()) -> None:
        self._allowed = Allowed(hosts)
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Set up the pools with guarded connections."""
        super().init_poolmanager(*args, **kwargs)
        guard = type("_Allowing", (_Guard,), {"allowed": self._allowed})
        self.poolmanager.pool_classes_by_scheme = _pools(self.poolmanager, guard)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> PoolManager:
        """Return the pools for a proxy, whose connections end in time and may go anywhere."""
        known = proxy in self.proxy_manager
        manager: PoolManager = super().proxy_manager_for(proxy, **kwargs)
        if not known:
            manager.pool_classes_by_scheme = _pools(manager, _Timely)
        return manager

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request.

        Raises:
            InsideError: its host may not be reached.
        """
        if select_proxy(request.url or "", kwargs.get("proxies")):
            self._check_as_far_as_known(request.url or "")
        return super().send(request, *args, **kwargs)

    def _check_as_far_as_known(self, url: str) -> None:
        try:
            self._allowed.addresses(urlsplit(url).hostname or "", None)
        except (socket.gaierror, UnicodeError):
            return  # a name that only the proxy knows


def _pools(manager: PoolManager, kind: type) -> dict[str, type[HTTPConnectionPool]]:
    """Return the manager's classes of pools, a SOCKS proxy's too, with `kind` mixed into their connections."""
    usual: dict[str, Any] = manager.pool_classes_by_scheme
    mixed = {scheme: type("_Connection", (kind, pool.ConnectionCls), {}) for scheme, pool in usual.items()}
    return {
        scheme: type("_Pool", (pool,), {"ConnectionCls": mixed[scheme]}) for scheme, pool in usual.items()
    }


def proxies_of(session: requests.Session, url: str) -> Mapping[str, Any]:
    """Return what the environment says about proxy and certificates for an address."""
    return session.merge_environment_settings(url, {}, stream=True, verify=None, cert=None)
