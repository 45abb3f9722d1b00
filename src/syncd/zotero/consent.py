"""The user's consent to writing into Zotero on the desktop: a question in Zotero's window, asked once by the plugin.

Before, the plugin must be there: who waits for it is told what is missing. Only `syncd login` lets it ask; nothing in
the background ever does. The token is given back and stored nowhere.
"""

from __future__ import annotations

import platform
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import httpx2

from syncd import __version__
from syncd.errors import LibraryError
from syncd.zotero import shapes
from syncd.zotero.client import Address
from syncd.zotero.plugin import BASE, NoPluginError, closed, gone, plugin_at
from syncd.zotero.transport import OutcomeUnknownError, PoliteTransport

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncd.clock import Clock
    from syncd.zotero.plugin import Plugin

Json = dict[str, Any]
APP = "syncd"
# How long the question may stay open, in seconds.
PATIENCE = 300.0
# How often is looked whether the plugin is there, and for how long, in seconds.
POLL = 2.0
WAIT = 600.0


@dataclass(frozen=True, slots=True, repr=False)
class Control:
    """How the plugin reaches the daemon: an address on this computer, and the token that it asks for."""

    url: str
    token: str


def awaited(
    endpoint: str, clock: Clock, say: Callable[[LibraryError], None], patience: float = WAIT
) -> Plugin:
    """Wait until a Zotero with the plugin answers, and return the plugin.

    Args:
        endpoint: Zotero's address, such as "http://127.0.0.1:23119".
        clock: time.
        say: is told what is missing at first, and whenever that has changed for longer than a moment.
        patience: how long to wait, in seconds; with 0, Zotero is asked once.

    Raises:
        LibraryError: Zotero isn't running, has no plugin that this syncd can talk to, or is no Zotero.
    """
    end = clock.monotonic() + patience
    said = before = ""
    transport = PoliteTransport(clock, attempts=1)
    try:
        while True:
            try:
                return _plugin(endpoint, transport)
            except LibraryError as error:
                passing = error.kind == "transient" or isinstance(error, NoPluginError)
                if not passing or clock.monotonic() >= end:
                    raise
                words = str(error)
                # A Zotero that has just been started answers before its plugins do.
                if words != said and (not said or words == before):
                    say(error)
                    said = words
                before = words
            clock.sleep(POLL)
    finally:
        transport.shutdown()


def _plugin(endpoint: str, transport: PoliteTransport) -> Plugin:
    plugin = plugin_at(Address("", endpoint.rstrip("/"), "users/0", ""), transport)
    if plugin is None:
        raise gone(None)
    return plugin


def consent(
    endpoint: str,
    clock: Clock,
    say: Callable[[str], None],
    control: Callable[[], Control | None] = lambda: None,
    patience: float = PATIENCE,
) -> str:
    """Let the plugin in Zotero ask the user whether syncd may write; return the plugin's token.

    Args:
        endpoint: Zotero's address, such as "http://127.0.0.1:23119".
        clock: for the transport.
        say: is told a sentence for the user, such as that they must look at Zotero now.
        control: gives how the plugin reaches the daemon, if it may; called where the plugin is there.
        patience: how long to wait for an answer, in seconds.

    Raises:
        LibraryError: Zotero isn't running, has no plugin; the user said no, or did not answer in time.
    """
    transport = PoliteTransport(clock, attempts=1)
    try:
        _plugin(endpoint, transport)
        say("Zotero asks whether syncd may work with your library: choose Allow there.")
        return _paired(endpoint.rstrip("/"), transport, control(), patience)
    finally:
        transport.shutdown()


def _paired(root: str, transport: PoliteTransport, control: Control | None, patience: float) -> str:
    """Let the plugin ask; return its token."""
    sent: Json = {"name": f"{APP} on {platform.node() or 'this computer'}"}
    if control:
        sent["control"] = asdict(control)
    headers = {"User-Agent": f"{APP}/{__version__}"}
    said = _answer(f"{root}{BASE}/pair", sent, headers, transport, patience)
    token = str(said.get("token") or "")
    if not token:
        raise _nothing(200)
    return token


def _answer(
    url: str, sent: Json, headers: dict[str, str], transport: PoliteTransport, patience: float
) -> Json:
    """Send a question and wait for the user's answer."""
    timeout = httpx2.Timeout(patience, connect=15.0)
    with httpx2.Client(transport=transport, timeout=timeout, follow_redirects=False) as client:
        try:
            answer = client.post(url, headers=headers, json=sent)
        except OutcomeUnknownError as error:
            raise _unanswered() from error
        except LibraryError as error:
            raise _limited() if error.status == 429 else closed(error) from error
    if answer.status_code == 409:
        raise LibraryError(
            "an earlier question about syncd is still open in Zotero",
            kind="transient",
            status=409,
            hint="Nothing was stored. Close that question in Zotero, then run it again.",
        )
    if answer.status_code == 403:
        raise LibraryError(
            "Zotero was told not to let syncd write",
            kind="permission",
            status=403,
            hint="Nothing was stored. Run it again if that was a mistake.",
        )
    if answer.status_code != 200:
        raise _nothing(answer.status_code)
    try:
        return shapes.mapping(shapes.parsed(answer.content))
    except shapes.ShapeError:
        raise _nothing(200) from None


def _nothing(status: int) -> LibraryError:
    return LibraryError(f"Zotero gave no key (HTTP {status})", kind="permanent", status=status)


def _unanswered() -> LibraryError:
    return LibraryError(
        "the question in Zotero was not answered",
        kind="transient",
        hint="Close it in Zotero if it is still there: a late answer reaches nobody. Then run it again.",
    )


def _limited() -> LibraryError:
    return LibraryError(
        "Zotero was asked too often and shows no further question now",
        kind="transient",
        status=429,
        hint="Wait a minute and run it again.",
    )
