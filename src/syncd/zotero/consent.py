"""The user's consent to writing into Zotero on the desktop: a question in Zotero's window, asked once by the plugin.

Before, the plugin must be there: who waits for it is told what is missing. Only `syncd login` lets it ask; nothing in
the background ever does. Both sides show a code, which is the same only where nobody else answers in Zotero's place.
The key is given back and stored nowhere.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any

import httpx2

from syncd.clock import Clock
from syncd.errors import LibraryError
from syncd.handshake import API, Agreed, Caller, Half
from syncd.messages import message
from syncd.zotero import shapes
from syncd.zotero.client import Address
from syncd.zotero.desktop import APP, Asked, NoPluginError, Plugin, closed, gone, plugin_at, sent_to
from syncd.zotero.transport import OutcomeUnknownError, PoliteTransport

Json = dict[str, Any]
# How long the question may stay open, in seconds.
PATIENCE = 300.0
# How often is looked whether the plugin is there, and for how long, in seconds.
POLL = 2.0
WAIT = 600.0


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


def consent(  # noqa: PLR0913, PLR0917 - each is the caller's to decide
    endpoint: str,
    clock: Clock,
    say: Callable[[str], None],
    is_same: Callable[[str], bool],
    control: Callable[[], str | None] = lambda: None,
    patience: float = PATIENCE,
) -> str:
    """Let the plugin in Zotero ask the user whether syncd may write; return the key of the pairing.

    Args:
        endpoint: Zotero's address, such as "http://127.0.0.1:23119".
        clock: for the transport.
        say: is told a sentence for the user, such as that they must look at Zotero now.
        is_same: asks the user whether Zotero shows this code.
        control: gives the daemon's address, if the plugin may ask there; called where both have said yes.
        patience: how long to wait for an answer, in seconds.

    Raises:
        LibraryError: Zotero isn't running, has no plugin; the user said no, or did not answer in time.
    """
    root, transport = endpoint.rstrip("/"), PoliteTransport(clock, attempts=1)

    def ask(path: str, sent: Json, caller: Caller | None = None) -> Json:
        return _answer(root, Asked("POST", path, sent), transport, patience, caller)

    try:
        _plugin(endpoint, transport)
        number, agreed, caller = _begun(ask)
        say(message("zotero-asks"))
        say(message("allow-if-code-shown", code=agreed.code))
        ask("pair/ask", number)
        if not is_same(agreed.code):
            raise LibraryError(
                message("code-not-confirmed"),
                kind="permission",
                hint=message("earlier-pairing-stays-other-program"),
            )
        ask("pair/keep", {"control": control()}, caller)
        return agreed.key
    finally:
        transport.shutdown()


def _begun(ask: Callable[[str, Json], Json]) -> tuple[Json, Agreed, Caller]:
    """Agree on a key; return what makes the plugin show its dialog, and who signs with the key, too.

    This side says first which half it has, without showing it: so nobody between can choose halves for which both
    sides see one code.
    """
    half = Half.new()
    name = f"{APP} on {platform.node() or 'this computer'}"
    told = ask("pair", {"name": name, "api": API, "commitment": half.commitment})
    agreed = half.agreed(str(told.get("public")), asked=True)
    if agreed is None:
        raise _nothing(200)
    caller = Caller(agreed.key, "plugin", str(told.get("session") or ""))
    return {"pairing": told.get("pairing"), "public": half.public}, agreed, caller


def _answer(
    root: str, asked: Asked, transport: PoliteTransport, patience: float, caller: Caller | None
) -> Json:
    """Send a question and wait for the user's answer."""
    timeout = httpx2.Timeout(patience, connect=15.0)
    try:
        answer, is_its_own = sent_to(root, transport, asked, caller, timeout)
    except OutcomeUnknownError as error:
        raise _unanswered() from error
    except LibraryError as error:
        raise _limited() if error.status == 429 else closed(error) from error
    except (httpx2.HTTPError, httpx2.InvalidURL):
        raise _nothing(0) from None
    if answer.status_code == 409:
        raise LibraryError(
            message("question-still-open"),
            kind="transient",
            status=409,
            hint=message("nothing-stored-close-question"),
        )
    if answer.status_code == 403:
        raise LibraryError(
            message("zotero-told-not-to-write"),
            kind="permission",
            status=403,
            hint=message("nothing-stored-retry"),
        )
    if answer.status_code != 200 or (caller and not is_its_own):
        raise _nothing(answer.status_code)
    try:
        return shapes.mapping(shapes.parsed(answer.content))
    except shapes.ShapeError:
        raise _nothing(200) from None


def _nothing(status: int) -> LibraryError:
    return LibraryError(
        message("zotero-agreed-on-no-key", status=status),
        kind="permanent",
        status=status,
        hint=message("earlier-pairing-stays"),
    )


def _unanswered() -> LibraryError:
    return LibraryError(
        message("question-not-answered"),
        kind="transient",
        hint=message("close-question-and-retry"),
    )


def _limited() -> LibraryError:
    return LibraryError(
        message("zotero-asked-too-often"),
        kind="transient",
        status=429,
        hint=message("wait-a-minute"),
    )
