"""The plugin's JavaScript as it is built, in a small Zotero that answers over real HTTP: a process of node.

Between it and syncd stands a wire of ours, on which all goes as it is, but for what a test lets go wrong. The
library's owner, and the user at the windows, reach Zotero without that wire.
"""

from __future__ import annotations

import json
import socket
import subprocess
import urllib.request
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Self

from starlette.datastructures import Headers

from doubles import Fault
from node import NODE
from syncd.clock import SystemClock
from syncd.plugin.build import bootstrap, source
from syncd.zotero.consent import consent
from syncd.zotero.embedded.exchange import Request

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

HOST = Path(__file__).parent / "plugin" / "host.js"
NOW = "X-Test-Now"
STOP = "X-Test-Stop"
ALLOW, CLOSE = 0, 1
_PATIENCE = 120


class ZoteroProcess:
    """Zotero with the plugin installed, and what its owner sees of the library.

    Args:
        folder: for the script as it is built.
        now: the time there.

    Attributes:
        url: where it answers.
        library: the owner's name of it.
        key: of the owner, who needs none.
    """

    library = "users/1"
    key = "the-owner-needs-none"

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        script = folder / "bootstrap.js"
        script.write_text(bootstrap(source()), encoding="utf-8")
        self.now = now
        self._process = subprocess.Popen(
            [NODE, "--no-warnings", HOST, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout
        port = self._process.stdout.readline().strip()
        assert port, "the plugin did not start"
        self.port = int(port)
        self.url = f"http://127.0.0.1:{port}"

    def do(self, what: str, value: Any = None) -> Any:
        """Let the user, or an accident, do something to Zotero; see host.js for what there is."""
        request = urllib.request.Request(f"{self.url}/test", json.dumps({what: value}).encode())  # noqa: S310
        request.add_header(NOW, self.now().isoformat())
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310 - loopback
            return json.load(answer)

    def pair(self, daemon: str | None = None) -> str:
        """Let the user allow a program, and return the key of the pairing.

        Args:
            daemon: address of the daemon's own interface, if it has one.
        """
        self.do("clicks", ALLOW)
        key = consent(self.url, SystemClock(), lambda _: None, lambda _: True, lambda: daemon)
        self.do("clicks", CLOSE)
        return key

    def stop(self) -> None:
        """Close Zotero for good."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(timeout=_PATIENCE)
        self._process.stdout.close()


class Wire:
    """The way to a Zotero, on which things go wrong as a test says.

    Args:
        zotero: where it leads.
        faults: asked about each request.

    Attributes:
        url: where it begins.
        key: the key of whoever was paired last.
        requests: method and path of the last requests.
        port: where it begins again after a stop.
    """

    def __init__(self, zotero: ZoteroProcess, faults: Callable[[Request], Fault | None]) -> None:
        self.zotero = zotero
        self.faults = faults
        self.key = "none yet"
        self.requests: deque[tuple[str, str]] = deque()
        self.url = ""
        self.port = 0
        self._server: _Server | None = None
        self._thread: Thread | None = None

    def start(self) -> Self:
        """Let requests through."""
        self._server = _Server(self)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Refuse all connections. Can be called twice."""
        if self._server and self._thread:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = self._thread = None

    def note(self, request: Request) -> Fault | None:
        """Remember a request; return what goes wrong with it."""
        self.requests.append((request.method, request.path + (f"?{request.query}" if request.query else "")))
        return self.faults(request)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        super().__init__(("127.0.0.1", wire.port), _Connection)


class _Connection(BaseHTTPRequestHandler):
    server: _Server
    timeout = _PATIENCE

    def do_GET(self) -> None:
        """Pass a request on; the name is what http.server asks for."""
        self.close_connection = True
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path, _, query = self.path.partition("?")
        fault = self.server.wire.note(
            Request(self.command, path, query, Headers(dict(self.headers.items())), body)
        )
        if fault and fault.action == "twice":
            self._pass_on(body, None)
        answer = b"" if fault and fault.prevents else self._pass_on(body, fault)
        if fault is None:
            self.wfile.write(answer)
        elif fault.action == "cut":
            head, between, text = answer.partition(b"\r\n\r\n")
            self.wfile.write(head + between + text[: len(text) // 2])
        elif fault.action == "answer":
            lines = [f"HTTP/1.0 {fault.status} x", *(f"{n}: {v}" for n, v in fault.headers.items()), "", ""]
            self.wfile.write("\r\n".join(lines).encode() + fault.body)
        elif fault.action != "drop":
            self.wfile.write(answer)

    do_POST = do_GET  # noqa: N815 - as above

    def _pass_on(self, body: bytes, fault: Fault | None) -> bytes:
        """Send a request to Zotero, and return all that it answers."""
        zotero = self.server.wire.zotero
        lines = [f"{self.command} {self.path} HTTP/1.1", *(f"{n}: {v}" for n, v in self.headers.items())]
        lines.append(f"{NOW}: {zotero.now().isoformat()}")
        if fault and fault.action == "stop":
            lines.append(f"{STOP}: {fault.objects}")
        with socket.create_connection(("127.0.0.1", zotero.port), timeout=_PATIENCE) as connection:
            connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
            parts = []
            while part := connection.recv(65_536):
                parts.append(part)
        return b"".join(parts)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
