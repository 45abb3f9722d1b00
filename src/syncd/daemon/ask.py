"""How a command asks the daemon: HTTP over a socket in the data folder that only its user can open.

This module does not decide what a command does where no daemon runs.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from syncd.errors import SyncdError
from syncd.messages import message

Json = dict[str, Any]
# What a command waits for an answer to anything but "sync-now", which takes as long as it takes.
SECONDS = 30.0
# Longer paths don't fit into the address of a socket.
PATH_MAX = 100
UPGRADED = message("restart-after-upgrade")


@dataclass(frozen=True, slots=True)
class _Address:
    """Where something is asked for.

    Attributes:
        holds: what the answer holds; that of a daemon of another version may not.
    """

    method: str
    path: str
    holds: frozenset[str]


_ADDRESSES = {
    "status": _Address("GET", "/v1/daemon", frozenset({"pid", "version", "since", "paused", "profiles"})),
    "sync-now": _Address("POST", "/v1/sync-now?wait=yes", frozenset({"profiles"})),
    "pause": _Address("POST", "/v1/pause", frozenset({"paused"})),
    "resume": _Address("POST", "/v1/resume", frozenset({"paused"})),
    "reload": _Address("POST", "/v1/reload", frozenset({"problems"})),
    "dashboard": _Address("POST", "/v1/dashboard", frozenset({"url"})),
}


@contextmanager
def short(path: Path) -> Iterator[str]:
    """Give a name for the socket that the system takes, also where the path is too long for it."""
    if len(os.fsencode(path)) <= PATH_MAX:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


class _Line(http.client.HTTPConnection):
    """A connection to the daemon."""

    def __init__(self, path: Path, seconds: float | None) -> None:
        super().__init__("localhost", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # With a timeout of Python's, connect(2) would not wait for room in a full queue.
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(SECONDS), 0))
        with short(self._path) as address:
            self.sock.connect(address)
        self.sock.settimeout(self.timeout)


def ask(
    path: Path, do: str, *, seconds: float | None = SECONDS, whole: bool = True, **words: Any
) -> Json | None:
    """Ask the daemon for something.

    Args:
        path: of its socket.
        do: "status", "sync-now", "pause", "resume", "reload", "dashboard".
        seconds: how long to wait for the answer; None for ever.
        whole: take no answer that lacks something, as that of another version may.
        words: what belongs to the request.

    Returns:
        its answer; None where no daemon runs.

    Raises:
        SyncdError: it does not answer, or says that it can't.
    """
    address = _ADDRESSES[do]
    with closing(_Line(path, seconds)) as line:
        try:
            line.connect()
        except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
            return None
        except OSError as error:
            raise SyncdError(message("daemon-unreachable", reason=error.strerror or error)) from error
        status, answer = _answer(line, address, words)
    if status in {404, 405}:
        raise SyncdError(message("daemon-unable", verb=repr(do)), hint=UPGRADED)
    if isinstance(answer, dict) and "error" in answer:
        failed = SyncdError(answer["error"], hint=answer.get("hint", ""))
        failed.sort = answer.get("sort", failed.sort)
        raise failed
    if not isinstance(answer, dict) or (whole and not address.holds <= answer.keys()):
        raise _of_another_version()
    return answer


def _answer(line: _Line, address: _Address, words: Json) -> tuple[int, Any]:
    """Return status and JSON of the answer."""
    try:
        if address.method == "GET":
            line.request("GET", address.path)
        else:
            line.request("POST", address.path, json.dumps(words), {"Content-Type": "application/json"})
        answer = line.getresponse()
        return answer.status, json.loads(answer.read())
    except OSError as error:
        raise SyncdError(message("daemon-silent"), hint=message("look-at-status")) from error
    except (http.client.HTTPException, ValueError) as error:
        raise _of_another_version() from error


def _of_another_version() -> SyncdError:
    return SyncdError(message("daemon-answer-unreadable"), hint=UPGRADED)
