"""One request to a web server and its answer: within limits, and with errors for people.

It sends no credentials but those it is given, keeps no cookies, follows no redirect and repeats nothing: `web` does
that. The settings of a proxy and of certificates are taken from the environment, as `requests` does.
"""

from __future__ import annotations

import email.message
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import SplitResult, urldefrag, urlencode, urljoin, urlsplit, urlunsplit

import requests
import urllib3.exceptions

from syncd import __version__
from syncd.clock import Deadline
from syncd.errors import SourceError
from syncd.messages import message
from syncd.model import Snapshot
from syncd.sources.limits import Limits, TooMuchError, read_json
from syncd.sources.network import InsideError, NeverError, proxies_of
from syncd.sources.pace import http_date
from syncd.sources.statuses import SAVE_IT
from syncd.text.patterns import pattern

CHUNK = 1 << 16

_CHECK = message("check-network-and-address")
_PROXY = message("check-proxies")

_Words = Callable[[str, Limits], tuple[str, str]]
_Failure = tuple[type[Exception] | tuple[type[Exception], ...], bool, _Words]

# What `requests` and `urllib3` raise: whether later it may work, what it is called and what to do, by the host and the
# limits. The first row that fits is used.
FAILURES: tuple[_Failure, ...] = (
    (
        NeverError,
        False,
        lambda host, _: (message("host-never-read", host=host), message("give-server-an-address")),
    ),
    (
        InsideError,
        False,
        lambda host, _: (message("host-in-own-network", host=host), message("allow-private-host", host=host)),
    ),
    (requests.exceptions.ProxyError, True, lambda _host, _: (message("proxy-unreachable"), _PROXY)),
    (
        (requests.exceptions.SSLError, urllib3.exceptions.SSLError),
        True,
        lambda host, _: (message("host-not-secure", host=host), message("check-address-and-clock")),
    ),
    (
        requests.ConnectTimeout,
        True,
        lambda host, limits: (message("host-timeout", host=host, seconds=f"{limits.connect:g}"), _CHECK),
    ),
    (
        (requests.Timeout, urllib3.exceptions.TimeoutError),
        True,
        lambda host, limits: (message("host-silent", host=host, seconds=f"{limits.silence:g}"), ""),
    ),
    (urllib3.exceptions.DecodeError, True, lambda _host, _: (message("page-damaged"), "")),
    (urllib3.exceptions.ProtocolError, True, lambda _host, _: (message("page-broke-off"), "")),
    (requests.ConnectionError, True, lambda host, _: (message("host-not-connected", host=host), _CHECK)),
    (Exception, False, lambda _host, _: (message("not-an-address"), "")),
)
NO_HOST: tuple[_Failure, ...] = (
    (Exception, True, lambda host, _: (message("host-not-found", host=host), _CHECK)),
)

SHOWN = 80
"""Characters of an address that are shown whole in an error."""

RAISED = (requests.RequestException, urllib3.exceptions.HTTPError, UnicodeError, InsideError)
"""Errors that an exchange may raise besides `SourceError`. The caller finds words for them with `Visit.failure`."""


KEY_HEADERS = frozenset({"authorization", "x-api-key"})
KEY_DIGITS = 16
"""Of a digest of a key, which only has to tell it from others."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked.

    Attributes:
        url: without credentials.
        headers: besides those of the session.
        credentials: parameters that are sent and never shown or stored, such as an API key.
        body: JSON to send; then the request is a POST.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = None

    @property
    def key(self) -> str:
        """What tells the key that is sent from others, and does not tell it; empty where none is sent."""
        headers = (value for name, value in sorted(self.headers.items()) if name.lower() in KEY_HEADERS)
        keys = [*(value for _, value in sorted(self.credentials.items())), *headers]
        return hashlib.sha256("\n".join(keys).encode()).hexdigest()[:KEY_DIGITS] if keys else ""

    @property
    def method(self) -> str:
        """GET, or POST where there is something to send."""
        return "GET" if self.body is None else "POST"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered, whatever the status.

    Attributes:
        status: HTTP status; 200 where it came from the cache.
        headers: names in any case.
        data: the body, decompressed.
        url: the address that answered, after redirects and without credentials.
        from_cache: the body was not sent again.
    """

    status: int
    headers: Mapping[str, str]
    data: bytes
    url: str
    from_cache: bool = False

    def json(self) -> Any:
        """Return the body as JSON.

        Raises:
            SourceError: it is none, as behind a network's login page, or goes past a limit.
        """
        shown = masked(self.url)
        try:
            return read_json(self.data)
        except TooMuchError as error:
            raise SourceError(message("answer-unusable", address=shown, reason=error), origin=shown) from None
        except ValueError as error:
            raise SourceError(
                message("answer-not-json", address=shown),
                origin=shown,
                transient=True,
                hint=message("look-for-proxy"),
            ) from error

    def snapshot(self, origin: str, now: datetime, media_type: str | None = None) -> Snapshot:
        """Return the body as a snapshot.

        Args:
            origin: as the user knows it.
            now: the time where the server names none.
            media_type: instead of the one that the server states.
        """
        stated, charset = content_type(self.headers.get("Content-Type", ""))
        captured = http_date(self.headers.get("Date", "")) or now
        return Snapshot(self.data, origin, captured, media_type=media_type or stated, charset=charset)


def content_type(header: str) -> tuple[str | None, str | None]:
    """Split a `Content-Type` header into media type and charset, each None where it is not stated.

    >>> content_type('Text/HTML; charset="UTF-8"')
    ('text/html', 'utf-8')
    """
    media_type = header.partition(";")[0].strip().lower() or None
    message = email.message.Message()
    message["Content-Type"] = header
    return media_type, message.get_content_charset()


@dataclass(slots=True)
class Visit:
    """One fetch under way: what its redirects and repeats share.

    Attributes:
        address: as the user knows it.
        limits: in bytes and seconds.
        deadline: of all of it; waiting on purpose moves it.
    """

    address: str
    limits: Limits
    deadline: Deadline

    def error(self, said: str, *, transient: bool = False, hint: str = "") -> SourceError:
        """Return an error about this fetch."""
        # What a service is asked may be as long as a page.
        shown = self.address if len(self.address) <= SHOWN else self.address.partition("?")[0] + "?…"
        return SourceError(
            message("at", place=shown, words=said),
            origin=self.address,
            transient=transient,
            hint=hint,
        )

    def check_time(self) -> None:
        """Raise where the time is up."""
        if self.deadline.left <= 0:
            raise self.error(message("page-too-slow", seconds=f"{self.limits.total:g}"), transient=True)

    def failure(self, error: Exception, url: str) -> SourceError:
        """Find words for an error of `requests` or `urllib3`, whose own texts are for programmers."""
        nameless = isinstance(error, requests.ConnectionError) and _is_nameless(error)
        _, transient, words = next(
            row for row in (NO_HOST if nameless else FAILURES) if isinstance(error, row[0])
        )
        host = error.host if isinstance(error, InsideError) else urlsplit(url).hostname
        said, hint = words(str(host), self.limits)
        found = self.error(said, transient=transient, hint=hint)
        found.unreached = nameless or type(error) in {requests.ConnectTimeout, requests.ConnectionError}
        return found


def _is_nameless(error: requests.ConnectionError) -> bool:
    """Tell whether the host's name could not be resolved; `requests` keeps the reason inside."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, urllib3.exceptions.NameResolutionError)


def broke_off(error: Exception) -> bool:
    """Tell whether an answer was under way, so that asking again at once makes sense."""
    if isinstance(error, requests.ConnectionError) and error.args:
        return isinstance(error.args[0], urllib3.exceptions.ProtocolError)
    kinds = (requests.ReadTimeout, urllib3.exceptions.ReadTimeoutError, urllib3.exceptions.ProtocolError)
    return isinstance(error, kinds)


def user_agent(contact: str | None) -> str:
    """Return how syncd introduces itself.

    >>> user_agent("me@example.org").partition("/")[0]
    'syncd'
    """
    return f"syncd/{__version__}" + (f" (+{contact})" if contact else "")


USER = pattern(r"^([^/?#]*//)[^/?#]*@", hostile=("//", "a", ""))
"""The user name and the password of an address."""


def masked(address: str) -> str:
    """Return the address without user name, password and fragment.

    >>> masked("https://me:secret@example.org/a#b")
    'https://***@example.org/a'
    """
    return USER.sub(r"\1***@", urldefrag(address).url)


def split(address: str) -> SplitResult | None:
    """Take an address apart, or return None if it is none."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.hostname else None


def refuse_credentials(parts: SplitResult, visit: Visit) -> None:
    """Raise where the address holds a user name or password."""
    if parts.username is not None or parts.password is not None:
        raise visit.error(message("address-holds-password"), hint=SAVE_IT)


def redirected(address: str, location: str, visit: Visit) -> str:
    """Return where a redirect leads, if syncd goes there."""
    try:
        target = urljoin(address, location)
    except ValueError:
        target = ""
    parts = split(target)
    if parts is None:
        raise visit.error(message("redirected-nowhere"))
    refuse_credentials(parts, visit)
    if parts.scheme != urlsplit(address).scheme:
        shown = masked(urlunsplit(parts))
        hint = message("make-it-the-source", address=shown) if parts.scheme == "https" else ""
        raise visit.error(message("redirected-to-scheme", address=shown), hint=hint)
    return target


def session(contact: str | None, adapter: requests.adapters.HTTPAdapter) -> requests.Session:
    """Return a session that introduces itself and knows no credentials."""
    fresh = requests.Session()
    fresh.headers["User-Agent"] = user_agent(contact)
    # With an `auth` of its own, even one that does nothing, `requests` leaves ~/.netrc alone.
    fresh.auth = _without_credentials
    for scheme in ("http://", "https://"):
        fresh.mount(scheme, adapter)
    return fresh


def _without_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def send(on: requests.Session, request: Request, visit: Visit) -> Answer:
    """Send one request and read the answer.

    Raises:
        SourceError: it is larger or slower than the limits allow.
        requests.RequestException, urllib3.exceptions.HTTPError, InsideError: there is none; see `RAISED`.
    """
    visit.check_time()
    with visit.deadline.kept(), _response(on, request, visit) as response:
        data = b"" if response.is_redirect else _body(response, visit)
        return Answer(response.status_code, response.headers, data, request.url)


def _response(on: requests.Session, request: Request, visit: Visit) -> requests.Response:
    """Send the request and return the answer with its body unread.

    `Session.send` would keep cookies, look into redirects, and read their bodies without a limit.
    """
    url = request.url
    if request.credentials:
        url += ("&" if urlsplit(url).query else "?") + urlencode(request.credentials)
    prepared = on.prepare_request(requests.Request(request.method, url, request.headers, data=request.body))
    settings = proxies_of(on, prepared.url or "")
    return on.get_adapter(url).send(
        prepared,
        stream=True,
        timeout=(min(visit.limits.connect, visit.deadline.left), visit.limits.silence),
        verify=settings["verify"] or True,
        proxies=settings["proxies"],
    )


def _body(response: requests.Response, visit: Visit) -> bytes:
    """Read the body as it arrives, so that a slow or endless one is noticed between two pieces."""
    limits = visit.limits
    data = bytearray()
    while piece := response.raw.read1(CHUNK, decode_content=True):
        data += piece
        if len(data) > limits.size:
            raise visit.error(message("page-too-large", most=limits.size_in_words))
        visit.check_time()
    return bytes(data)
