"""How the plugin in Zotero talks with the daemon: HTTP on loopback, JSON, signed with the key of the pairing.

It lets nothing in that a web page could send, signs what it answers, answers each request in a thread of its own, and
decides nothing: what is asked for goes to `http_answers`.
"""

from __future__ import annotations

import json
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from syncd import pairings
from syncd.daemon.http_answers import Asked, HttpAnswers, RefusedError
from syncd.errors import ConfigError, SyncdError
from syncd.handshake import HEADER, Gate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from syncd.config import Config
    from syncd.daemon.control import Request
    from syncd.handshake import Proof
    from syncd.session import Ports

HOST = "127.0.0.1"
# Bytes of a request's body.
LONGEST = 1_000_000
# Seconds that a client which sends nothing may hold its thread for.
PATIENCE = 30
# Seconds after which keys are fetched anew for a program that is not known.
REFRESH = 30.0


class Keys:
    """The keys of the pairings.

    They are fetched when they are asked for at first, and again for a program that is not known, but rarely: behind
    them may be a keyring.
    """

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._lock = threading.Lock()
        self._fetched = -REFRESH
        self._keys: tuple[str, ...] = ()
        self._references = pairings.remembered(ports.data)

    def __bool__(self) -> bool:
        """Whether any program was paired."""
        return bool(self._references)

    def proof(self, gate: Gate, header: str | None, request: tuple[str, str, bytes]) -> Proof | None:
        """Return who signed a request, as `Gate.proof` does; method, target and body are the request."""
        if header is None:
            return None
        return gate.proof(self._keys, header, *request) or gate.proof(self._again(), header, *request)

    def _again(self) -> tuple[str, ...]:
        with self._lock:
            now = self._ports.clock.monotonic()
            if now - self._fetched >= REFRESH:
                self._fetched = now
                self._keys = tuple(pairings.keys(self._references, self._ports.env))
            return self._keys


class Interface:
    """The daemon's HTTP interface, which is open while the configuration or a pairing wants it.

    Args:
        path: the configuration's file, as the user named it.
        ports: the world.
        hand_over: takes what the loop has to decide.
        say: logs a line: level, words, facts.
    """

    def __init__(
        self, path: Path | None, ports: Ports, hand_over: Callable[[Request], None], say: Callable[..., None]
    ) -> None:
        self._answers = HttpAnswers(path, ports, hand_over, say)
        self._ports = ports
        self._say = say
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def take_over(self, config: Config) -> None:
        """Answer as the configuration wants it from now on.

        Raises:
            ConfigError: the port can't be listened on; what was open stays open.
            StateError: syncd's own database can't be used.
        """
        control, keys = config.control, Keys(self._ports)
        wanted = bool(keys) if control.http is None else control.http
        if self._server is None or not wanted or self._server.server_port != control.port:
            server = _Server(control.port, self._answers, keys, self._say) if wanted else None
            self.close()
            self._open(server)
        else:
            self._server.keys = keys
        self._answers.config = config

    def _open(self, server: _Server | None) -> None:
        if server is None:
            return
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="http", daemon=True)
        self._thread.start()
        self._say("info", "paired programs are answered", address=f"http://{HOST}:{server.server_port}")

    def close(self) -> None:
        """Take no request any more."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = self._thread = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # An answer that never comes must not hold up the end.
    block_on_close = False

    def __init__(self, port: int, answers: HttpAnswers, keys: Keys, say: Callable[..., None]) -> None:
        self.answers = answers
        self.keys = keys
        self.gate = Gate("daemon")
        self.say = say
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            raise ConfigError(
                [f"control.port: can't listen on {HOST}, port {port}: {error.strerror or error}"],
                hint="Choose another port, or stop the program that uses this one.",
            ) from error

    def handle_error(self, *_: Any) -> None:
        """Stay quiet: what went wrong is between a client and its connection."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "syncd", ""
    timeout = PATIENCE
    server: _Server
    proof: Proof | None = None

    def do_GET(self) -> None:
        """Answer, or refuse to; every method comes here."""
        # What a request that is refused sends besides is not read, so the connection can't go on.
        self.close_connection, self.proof = True, None
        try:
            self._check_sender()
            content = self._content() if self.command == "POST" else b""
            self._admit(content)
            address = urlsplit(self.path)
            answers = self.server.answers
            answers.check(self.command, address.path)
            body = self._body(content) if self.command == "POST" else {}
            query = dict(parse_qsl(address.query, max_num_fields=20))
            status, answer = answers.answer(self.command, address.path, Asked(query, body))
        except RefusedError as error:
            late = {"session": self.server.gate.session} if self._is_late else {}
            self._send(error.status, {"error": str(error), "hint": error.hint, **late}, error.headers)
        except SyncdError as error:
            self._send(HTTPStatus.CONFLICT, {"error": str(error), "hint": error.hint})
        except Exception as error:  # noqa: BLE001 - whatever it is, the next request may go well
            self.server.say("error", f"a fault in syncd: {error}", exc_info=error)
            words = {"error": "a fault in syncd", "hint": "The daemon's log has the whole of it."}
            self._send(HTTPStatus.INTERNAL_SERVER_ERROR, words)
        else:
            self.close_connection = False
            self._send(status, answer)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = do_GET  # noqa: N815 - the library's names

    @property
    def _is_late(self) -> bool:
        return self.proof is not None and self.proof.state == "late"

    def _check_sender(self) -> None:
        """Let in what is a program on this computer."""
        port = self.server.server_port
        names = [f"{host}:{port}" for host in (HOST, "localhost")]
        if [host.lower() for host in self.headers.get_all("Host", [])] not in [[name] for name in names]:
            raise RefusedError(HTTPStatus.FORBIDDEN, "this is not the address that was asked for")
        # Zotero itself has no site, and may say so; whatever a page is on has one.
        if (
            self.headers.get("Origin", "null") != "null"
            or self.headers.get("Sec-Fetch-Site", "none") != "none"
        ):
            raise RefusedError(HTTPStatus.FORBIDDEN, "web pages are not answered")

    def _admit(self, content: bytes) -> None:
        """Let in who was paired, and each request once."""
        request = (self.command, self.path, content)
        proof = self.server.keys.proof(self.server.gate, self.headers.get(HEADER), request)
        # Whoever sends a request a second time has not signed it, so the answer is not signed either.
        self.proof = None if proof and proof.state == "again" else proof
        if self.proof is None or self._is_late:
            raise RefusedError(
                HTTPStatus.UNAUTHORIZED,
                "this is another session" if self.proof else "not signed by a program that was paired",
                hint="" if self.proof else "Pair again: syncd login --desktop",
                headers={"WWW-Authenticate": HEADER},
            )

    def _content(self) -> bytes:
        """Return what was sent."""
        length = self.headers.get("Content-Length", "")
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdecimal()):
            raise RefusedError(HTTPStatus.LENGTH_REQUIRED, "the length of the body is not told")
        if len(length) > len(str(LONGEST)) or int(length) > LONGEST:
            raise RefusedError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is longer than {LONGEST} bytes"
            )
        return self.rfile.read(int(length))

    def _body(self, content: bytes) -> dict[str, Any]:
        """Return the JSON that was sent; nothing sent counts as none."""
        if self.headers.get_content_type() != "application/json":
            raise RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body should be application/json")
        try:
            value = json.loads(content or b"{}")
        except (ValueError, RecursionError):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "the body is not JSON") from None
        if not isinstance(value, dict):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "the body should be a JSON object")
        return value

    def _send(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(value, ensure_ascii=False).encode()
        self.send_response(status)
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.send_header("Content-Type", "application/json")
        if self.proof:
            self.send_header(HEADER, self.proof.answer(status, body))
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Stay quiet: a question is no news."""
