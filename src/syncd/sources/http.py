"""Reads a page over http(s) with `requests`: politely, within limits, and with errors for people.

It sends no credentials, keeps no cookies, and follows a redirect only within one scheme. The settings of a
proxy and of certificates are taken from the environment, as `requests` does.
"""

from __future__ import annotations

import email.message
import email.utils
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urldefrag, urljoin, urlsplit, urlunsplit

import requests
import urllib3.exceptions

from syncd import __version__
from syncd.errors import SourceError
from syncd.model import Snapshot

if TYPE_CHECKING:
    from syncd.clock import Clock
    from syncd.sources.limits import Limits

CHUNK = 1 << 16

_SAVE_IT = "Open the page in a browser, save it, and name the saved file as the source."

# What a status says about the page, whether later it may be another one, and what to do.
STATUSES: dict[int, tuple[str, bool, str]] = {
    401: ("the server asks for a sign-in, which syncd can't do", False, _SAVE_IT),
    403: ("the server refuses to show the page", False, _SAVE_IT),
    404: ("there is no such page", False, "Check the address in a browser."),
    408: ("the server gave up waiting", True, ""),
    410: ("the page was removed", False, "Check the address in a browser."),
    425: ("the server asks to come back later", True, ""),
    429: ("the server says that it gets too many requests", True, "Try again later, and less often."),
    451: ("the server may not show the page for legal reasons", False, ""),
}


_CHECK = "Check the network and the address."
_PROXY = "Check HTTPS_PROXY and HTTP_PROXY."

_Failure = tuple[type[Exception] | tuple[type[Exception], ...], str, bool, str]

# What `requests` and `urllib3` raise, told as above. The first row that fits is used.
FAILURES: tuple[_Failure, ...] = (
    (requests.exceptions.ProxyError, "the proxy can't be reached", True, _PROXY),
    (
        (requests.exceptions.SSLError, urllib3.exceptions.SSLError),
        "no secure connection to {host}: its certificate or its encryption is not accepted",
        True,
        "Check the address, and this computer's clock.",
    ),
    (requests.ConnectTimeout, "{host} did not answer within {connect} seconds", True, _CHECK),
    (
        (requests.Timeout, urllib3.exceptions.TimeoutError),
        "{host} sent nothing for {silence} seconds",
        True,
        "",
    ),
    (urllib3.exceptions.DecodeError, "the page arrived damaged: it can't be decompressed", True, ""),
    (urllib3.exceptions.ProtocolError, "the connection broke off in the middle of the page", True, ""),
    (requests.ConnectionError, "no connection to {host}", True, _CHECK),
    (Exception, "this is not a valid address", False, ""),
)
NO_HOST: tuple[_Failure, ...] = ((Exception, "the host {host} can't be found", True, _CHECK),)


@dataclass(frozen=True, slots=True)
class _Visit:
    """One fetch under way: what stays the same while redirects are followed."""

    address: str
    contact: str | None
    limits: Limits
    clock: Clock
    deadline: float

    def error(self, message: str, *, transient: bool = False, hint: str = "") -> SourceError:
        return SourceError(f"{self.address}: {message}", origin=self.address, transient=transient, hint=hint)

    def check_time(self) -> None:
        if self.clock.monotonic() > self.deadline:
            raise self.error(f"the page did not arrive within {self.limits.total:g} seconds", transient=True)


def get(address: str, *, contact: str | None, limits: Limits, clock: Clock) -> Snapshot:
    """Read one page.

    Raises:
        SourceError: it can't be had; `transient` where later it may be.
    """
    parts = _split(address)
    if parts is None:
        raise SourceError(f"{masked(address)}: this is not a valid address", origin=masked(address))
    visit = _Visit(masked(address), contact, limits, clock, clock.monotonic() + limits.total)
    _refuse_credentials(parts, visit)
    try:
        with requests.Session() as session:
            # One page is read, so a connection that is kept open serves nobody.
            session.headers.update({"User-Agent": user_agent(contact), "Connection": "close"})
            # With an `auth` of its own, even one that does nothing, `requests` leaves ~/.netrc alone.
            session.auth = _without_credentials
            return _follow(session, address, visit)
    except (requests.RequestException, urllib3.exceptions.HTTPError, UnicodeError) as error:
        raise _failure(error, visit) from error


def user_agent(contact: str | None) -> str:
    """Return how syncd introduces itself.

    >>> user_agent("me@example.org").partition("/")[0]
    'syncd'
    """
    return f"syncd/{__version__}" + (f" (+{contact})" if contact else "")


def masked(address: str) -> str:
    """Return the address without user name, password and fragment.

    >>> masked("https://me:secret@example.org/a#b")
    'https://***@example.org/a'
    """
    return re.sub(r"^([^/?#]*//)[^/?#]*@", r"\1***@", urldefrag(address).url)


def _split(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.hostname else None


def _refuse_credentials(parts: SplitResult, visit: _Visit) -> None:
    if parts.username is not None or parts.password is not None:
        raise visit.error(
            "the address holds a user name or password, which would show up in logs", hint=_SAVE_IT
        )


def _without_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _follow(session: requests.Session, address: str, visit: _Visit) -> Snapshot:
    for _ in range(visit.limits.redirects + 1):
        visit.check_time()
        with _answer(session, address, visit) as response:
            if not response.is_redirect:
                return _snapshot(response, visit)
            address = _redirected(address, response.headers["Location"], visit)
    raise visit.error(f"the server redirects more than {visit.limits.redirects} times")


def _answer(session: requests.Session, address: str, visit: _Visit) -> requests.Response:
    """Send one request and return the answer with its body unread.

    `Session.send` would keep cookies, look into redirects, and read their bodies without a limit.
    """
    request = session.prepare_request(requests.Request("GET", address))
    settings = session.merge_environment_settings(request.url or "", {}, stream=True, verify=None, cert=None)
    return session.get_adapter(address).send(
        request,
        stream=True,
        timeout=(visit.limits.connect, visit.limits.silence),
        verify=settings["verify"] or True,
        proxies=settings["proxies"],
    )


def _redirected(address: str, location: str, visit: _Visit) -> str:
    try:
        target = urljoin(address, location)
    except ValueError:
        target = ""
    parts = _split(target)
    if parts is None:
        raise visit.error("the server redirects to something that is no address")
    _refuse_credentials(parts, visit)
    if parts.scheme != urlsplit(address).scheme:
        shown = masked(urlunsplit(parts))
        hint = f"If that is right, make it the source: {shown}" if parts.scheme == "https" else ""
        raise visit.error(f"the server redirects to another scheme: {shown}", hint=hint)
    return target


def _snapshot(response: requests.Response, visit: _Visit) -> Snapshot:
    status = response.status_code
    if status != requests.codes.ok:
        words, transient, hint = STATUSES.get(status, _other_status(status))
        raise visit.error(f"{words} ({status})", transient=transient, hint=hint)
    data = _body(response, visit)
    media_type, charset = content_type(response.headers.get("Content-Type", ""))
    captured = _http_date(response.headers.get("Date", "")) or visit.clock.now()
    return Snapshot(data, origin=visit.address, captured=captured, media_type=media_type, charset=charset)


def _other_status(status: int) -> tuple[str, bool, str]:
    if status >= 500:
        return "the server has a problem of its own", True, ""
    return "the server did not give the page", False, ""


def _body(response: requests.Response, visit: _Visit) -> bytes:
    """Read the body as it arrives, so that a slow or endless one is noticed between two pieces."""
    limits = visit.limits
    data = bytearray()
    while piece := response.raw.read1(CHUNK, decode_content=True):
        data += piece
        if len(data) > limits.size:
            raise visit.error(f"the page is larger than {limits.size_in_words}")
        visit.check_time()
    return bytes(data)


def content_type(header: str) -> tuple[str | None, str | None]:
    """Split a `Content-Type` header into media type and charset, each None where it is not stated.

    >>> content_type('Text/HTML; charset="UTF-8"')
    ('text/html', 'utf-8')
    """
    media_type = header.partition(";")[0].strip().lower() or None
    message = email.message.Message()
    message["Content-Type"] = header
    return media_type, message.get_content_charset()


def _http_date(header: str) -> datetime | None:
    try:
        moment = email.utils.parsedate_to_datetime(header)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _failure(error: Exception, visit: _Visit) -> SourceError:
    """Word what `requests` or `urllib3` raised; their own texts are for programmers."""
    failures = NO_HOST if isinstance(error, requests.ConnectionError) and _is_nameless(error) else FAILURES
    _, words, transient, hint = next(row for row in failures if isinstance(error, row[0]))
    limits = visit.limits
    host = urlsplit(visit.address).hostname
    message = words.format(host=host, connect=f"{limits.connect:g}", silence=f"{limits.silence:g}")
    return visit.error(message, transient=transient, hint=hint)


def _is_nameless(error: requests.ConnectionError) -> bool:
    """Tell whether the host's name could not be resolved; `requests` keeps the reason inside."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, urllib3.exceptions.NameResolutionError)
