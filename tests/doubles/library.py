"""An embedded library on which things go wrong as a test says, and which remembers who asked for what.

What goes wrong happens around the library's application: the library itself knows nothing of it.
"""

from __future__ import annotations

import http.client
import json
from collections import deque
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any, cast

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from doubles.faults import Fault, Faults
from syncd.text.patterns import pattern
from syncd.zotero.embedded.accounts import Accounts
from syncd.zotero.embedded.database import Workers
from syncd.zotero.embedded.exchange import Request
from syncd.zotero.embedded.server import EmbeddedLibrary

_KEY_IN_QUERY = pattern(r"(?:^|&)key=[^&]*", hostile="&key=")
_LATE = "X-Late"
_REQUESTS_KEPT = 10_000


class FaultyLibrary(EmbeddedLibrary):
    """An embedded library with faults.

    Args:
        path: the file.
        faults: asked about every request; None: nothing goes wrong.
        accounts: the keys and their rights, where they change while the library is served; `key` and `write`
            then say nothing.
        options: as for `EmbeddedLibrary`.

    Attributes:
        requests: method and path of the last requests.
    """

    def __init__(
        self, path: Path, *, faults: Faults | None = None, accounts: Accounts | None = None, **options: Any
    ) -> None:
        super().__init__(path, **options)
        self.accounts = accounts or self.accounts
        self.requests: deque[tuple[str, str]] = deque(maxlen=_REQUESTS_KEPT)
        self._faults = faults
        # What a fault left for later: when it is due, if that is known, and the request.
        self._late: list[tuple[datetime | None, Request]] = []
        self._lock = Lock()

    def application(self, workers: Workers) -> ASGIApp:
        """What answers the requests, and what goes wrong there."""
        return Hook(self, super().application(workers))

    def drops(self, _: Request) -> bool:
        """Whether a request's connection is closed without a word before anything else."""
        return False

    def body(self, request: Request, fault: Fault) -> bytes:
        """What is executed of a request."""
        return fault.instead_of(request.body)

    def told(self, fault: Fault, response: Response) -> Response:
        """What the client is told."""
        return fault.told(response)

    def note(self, request: Request) -> Fault | None:
        """Remember a request; return what goes wrong with it."""
        path = request.path
        if query := _KEY_IN_QUERY.sub("", request.query).lstrip("&"):
            path += f"?{query}"
        self.requests.append((request.method, path))
        now = self._clock()
        self._finish(lambda due: due is not None and due <= now)
        return self._faults(request) if self._faults else None

    def write_late(self) -> None:
        """Write what a `Fault` left for later, as a server does whose client has gone."""
        self._finish(lambda _: True)

    def postpone(self, request: Request, fault: Fault) -> None:
        """Leave the rest of a request for later."""
        due = None if fault.seconds is None else self._clock() + timedelta(seconds=fault.seconds)
        with self._lock:
            self._late.append((due, _rest(request, fault.objects)))

    def _finish(self, is_due: Callable[[datetime | None], bool]) -> None:
        """Write what was left for later, as far as it is due."""
        with self._lock:
            due = [each for each in self._late if is_due(each[0])]
            self._late = [each for each in self._late if each not in due]
        for _, request in due:
            address = self.url.removeprefix("http://")
            with closing(http.client.HTTPConnection(address, timeout=60)) as connection:
                target = f"{request.path}?{request.query}"
                connection.request(request.method, target, request.body, dict(request.headers))
                connection.getresponse().read()


def _rest(request: Request, begun: int) -> Request:
    """A write of many without the objects that were written before."""
    left_out = {"host", "connection", "content-length", "zotero-write-token"}
    headers = {name: text for name, text in request.headers.items() if name not in left_out}
    if begun and "if-unmodified-since-version" in headers:
        # That was checked when the write began.
        headers["if-unmodified-since-version"] = str(10**15)
    body = json.dumps(json.loads(request.body)[begun:]).encode()
    return Request(request.method, request.path, request.query, Headers(headers | {_LATE: "1"}), body)


class Hook:
    """Lets things go wrong around an application."""

    def __init__(self, library: FaultyLibrary, app: ASGIApp) -> None:
        self.library = library
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let it fail."""
        body = await _whole(receive)
        if body is None:
            return
        path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
        request = Request(scope["method"], path, query, Headers(scope=scope), body)
        if self.library.drops(request):
            await _drop(receive)
            return
        is_late = _LATE in request.headers
        fault = None if is_late else await run_in_threadpool(self.library.note, request)
        if fault is None:
            await self.app(scope, _once(body), send)
            return
        response = Response() if fault.prevents else await self._executed(scope, request, fault)
        if fault.action == "twice":
            response = await self._executed(scope, request, fault)
        if fault.when == "later" and response.status_code == 200:
            self.library.postpone(request, fault)
        if fault.action == "cut":
            status = response.status_code
            await send({"type": "http.response.start", "status": status, "headers": response.raw_headers})
            half = bytes(response.body)[: len(response.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
        if fault.action in {"drop", "cut"}:
            await _drop(receive)
            return
        await self.library.told(fault, response)(scope, receive, send)

    async def _executed(self, scope: Scope, request: Request, fault: Fault) -> Response:
        """Let the library execute a request, and keep what it answers."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self.app({**scope, "fault": fault}, _once(self.library.body(request, fault)), keep)
        start, *pieces = messages
        headers = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
        headers.pop("content-length", None)
        return Response(b"".join(piece["body"] for piece in pieces), start["status"], headers)


async def _whole(receive: Receive) -> bytes | None:
    """The body of a request; None where the client has gone."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _once(body: bytes) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return receive


async def _drop(receive: Receive) -> None:
    """Close the connection without another word: uvicorn's part of it is behind `receive`."""
    cast("Any", receive).__self__.transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass
