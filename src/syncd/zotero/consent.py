"""The user's consent to writing into Zotero on the desktop: a question in Zotero's window, asked once.

Only `syncd login` asks it; nothing in the background ever does. The key is given back and stored nowhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2

from syncd import __version__
from syncd.errors import LibraryError
from syncd.zotero.desktop import SERVER_ID, closed, server_id
from syncd.zotero.transport import OutcomeUnknownError, PoliteTransport

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncd.clock import Clock

APP = "syncd"
# How long the question may stay open, in seconds.
PATIENCE = 300.0
# How often a user is asked who allows one write only.
ASKED = 2
ONE_WRITE = (
    'You chose "Allow", which is for one write. syncd needs "Always Allow" to keep the library up to date.'
)


def authorize(endpoint: str, clock: Clock, say: Callable[[str], None], patience: float = PATIENCE) -> str:
    """Let Zotero ask its user whether syncd may write, and return the key.

    Args:
        endpoint: Zotero's address, such as "http://127.0.0.1:23119".
        clock: for the transport.
        say: is told a sentence for the user, such as that they must look at Zotero now.
        patience: how long to wait for an answer, in seconds.

    Raises:
        LibraryError: Zotero isn't running, is too old, does not let other programs in; the user said no, allowed
            one write only, or did not answer in time.
    """
    root = f"{endpoint.rstrip('/')}/api"
    transport = PoliteTransport(clock, attempts=1)
    try:
        server = server_id(root, transport)
        for _ in range(ASKED):
            say("Zotero asks whether syncd may write to your library: choose Always Allow there.")
            key = _asked(root, server, transport, patience)
            if key:
                return key
            say(ONE_WRITE)
    finally:
        transport.shutdown()
    raise LibraryError(
        "Zotero gave syncd a key for one write only",
        kind="permission",
        hint='Nothing was stored. Run it again and choose "Always Allow".',
    )


def _asked(root: str, server: str, transport: PoliteTransport, patience: float) -> str:
    """Ask once; return the key, or nothing where it is for one write only."""
    headers = {
        "User-Agent": f"{APP}/{__version__}",
        "Zotero-API-Version": "3",
        SERVER_ID: server,
    }
    timeout = httpx2.Timeout(patience, connect=15.0)
    with httpx2.Client(transport=transport, timeout=timeout, follow_redirects=False) as client:
        try:
            answer = client.post(f"{root}/local/authorize", headers=headers, json={"appName": APP})
        except OutcomeUnknownError as error:
            raise _unanswered() from error
        except LibraryError as error:
            raise _limited() if error.status == 429 else closed(error) from error
    if answer.status_code == 403:
        raise LibraryError(
            "Zotero was told not to let syncd write",
            kind="permission",
            status=403,
            hint="Nothing was stored. Run it again if that was a mistake.",
        )
    try:
        said = answer.json() if answer.status_code == 200 else {}
        key, remember = str(said.get("key") or ""), said.get("remember") is True
    except (ValueError, AttributeError):
        key, remember = "", False
    if not key:
        raise LibraryError(
            f"Zotero gave no key (HTTP {answer.status_code})", kind="permanent", status=answer.status_code
        )
    return key if remember else ""


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
