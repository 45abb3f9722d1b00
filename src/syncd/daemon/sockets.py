"""The sockets on which the daemon is asked: a Unix socket for commands, loopback for programs such as Zotero.

Each has an application of its own. That of the Unix socket trusts whoever can open it, which is its user. That of
loopback answers only what was signed with the key of a pairing, and lets nothing in that a web page could send.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from starlette.responses import Response
from starlette.types import ASGIApp

from syncd.config import Config
from syncd.daemon.api import Api
from syncd.daemon.ask import short
from syncd.daemon.asked import Json, refusal
from syncd.daemon.signed import Keys, Signed
from syncd.engine.ports import Ports
from syncd.errors import ConfigError, StateError
from syncd.messages import message, with_said
from syncd.serve import Door, Guard, Limits, Reason, Rules, Server, bound

HOST = "127.0.0.1"
# Bytes of a request's body.
LONGEST = 1_000_000
# Seconds that a client which sends nothing may hold its connection for.
PATIENCE = 30
# Seconds that the end waits for what is being answered.
PARTING = 1.0
LIMITS = Limits(head_seconds=PATIENCE, body_seconds=PATIENCE, idle_seconds=PATIENCE, connections=64)
# A script may ask about a hundred profiles at a time.
QUEUE = 1024
_REASONS = {
    Reason.HOST: (HTTPStatus.FORBIDDEN, message("not-address-asked")),
    Reason.PAGE: (HTTPStatus.FORBIDDEN, message("web-pages-not-answered")),
    Reason.ENCODING: (HTTPStatus.LENGTH_REQUIRED, message("body-length-not-told")),
    Reason.LENGTH: (HTTPStatus.LENGTH_REQUIRED, message("body-length-not-told")),
    Reason.LONG: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message("body-too-long", most=LONGEST)),
    Reason.READING: (HTTPStatus.METHOD_NOT_ALLOWED, message("only-post-has-body")),
}


def _unheard(reason: Reason) -> Response:
    """Refuse a request of which no application hears."""
    return refusal(*_REASONS[reason])


def _unsound(status: int, words: str, reason: Reason | None) -> Response:
    """Refuse what is no sound HTTP."""
    return _unheard(reason) if reason else refusal(status, words)


class Interface:
    """The sockets on which the daemon is asked.

    Loopback is open while the configuration or a pairing wants it; the Unix socket always.

    Args:
        api: what answers.
        ports: the world.
        say: logs a line: level, words, facts.

    Raises:
        StateError: the Unix socket can't be made.
    """

    def __init__(self, api: Api, ports: Ports, say: Callable[..., None]) -> None:
        self._api = api
        self._ports = ports
        self._say = say
        self._commands = _served(_bound(ports.data.control), api.app(), None, "control")
        self._programs: _Programs | None = None
        self._wanted: int | None = None
        self._trouble: str | None = None

    @property
    def is_kept_from_programs(self) -> bool:
        """Whether programs should be answered, and the port for that can't be had."""
        return self._trouble is not None

    def told(self) -> Json:
        """Return where programs are answered, or should be (None: nowhere), and what keeps them from it."""
        told = {
            "address": None if self._wanted is None else f"http://{HOST}:{self._wanted}",
            "trouble": self._trouble,
            "hint": message("free-port") if self._trouble else None,
        }
        return with_said(told, "trouble", "hint")

    def take_over(self, config: Config) -> None:
        """Answer as the configuration wants it from now on.

        Raises:
            ConfigError: the port can't be listened on; what was open stays open.
            StateError: syncd's own database can't be used.
        """
        control, keys = config.control, Keys(self._ports)
        wanted = bool(keys) if control.http is None else control.http
        self._wanted, self._trouble = control.port if wanted else None, None
        if self._programs is not None and wanted and self._programs.port == control.port:
            self._programs.signed.keys = keys
        else:
            before, self._programs = self._programs, self._opened(control.port, keys) if wanted else None
            if before:
                # Whoever asked for all this there may still wait for the answer.
                before.server.close()
        self._api.config = config

    def _opened(self, port: int, keys: Keys) -> _Programs:
        try:
            listening = bound(HOST, port)
        except OSError as error:
            reason = error.strerror or error
            self._trouble = message("control-port-taken", host=HOST, port=port, reason=reason)
            raise ConfigError([self._trouble], hint=message("choose-another-port")) from error
        signed = Signed(self._api.app(), keys)
        server = _served(listening, signed, frozenset({f"{HOST}:{port}", f"localhost:{port}"}), "http")
        self._say("info", message("programs-answered"), address=f"http://{HOST}:{port}")
        return _Programs(port, signed, server)

    def close(self) -> None:
        """Take no request any more, and let those end that are being answered, briefly."""
        servers = [self._commands, *([self._programs.server] if self._programs else [])]
        for server in servers:
            server.close()
        for server in servers:
            server.stop()
        with suppress(OSError):
            self._ports.data.control.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class _Programs:
    """What is open for programs."""

    port: int
    signed: Signed
    server: Server


def _served(listening: socket.socket, app: ASGIApp, hosts: frozenset[str] | None, name: str) -> Server:
    """Serve an application to whoever calls this computer by one of these names; None stands for any."""
    rules = Rules(lambda reason, _: _unheard(reason), hosts, own_page=False, body_bytes=LONGEST)
    door = Door(listening, Guard(app, rules), LIMITS, ((b"server", b"syncd"),), _unsound)
    return Server([door], name=name, stop_seconds=PARTING).start()


def _bound(path: Path) -> socket.socket:
    """Return a socket that only the user can open; one that a dead daemon left is replaced.

    Raises:
        StateError: it can't be made.
    """
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        path.unlink(missing_ok=True)
        with short(path) as address:
            listening.bind(address)
        listening.listen(QUEUE)
    except OSError as error:
        listening.close()
        raise StateError(
            message("control-socket-not-made", path=path, reason=error.strerror or error),
            hint=message("name-data-folder"),
        ) from error
    finally:
        os.umask(before)
    return listening
