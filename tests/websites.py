"""A web server on loopback that answers as a test says, and remembers what it was asked."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from email.message import Message
    from pathlib import Path

Json = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: Message
    body: bytes


@dataclass(frozen=True)
class Reply:
    """One answer: bytes or text as they are, anything else as JSON; None breaks the connection off."""

    body: Any = b"page"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> bytes:
        """The body as it is sent."""
        if isinstance(self.body, bytes):
            return self.body
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


Answers = Reply | list[Reply] | Callable[[Asked], Reply]


@dataclass
class Site:
    """A server under test.

    Attributes:
        address: "http://127.0.0.1:4711".
        replies: by path: one, several in turn of which the last stays, or what computes one.
        asked: in order.
        times: when, on the monotonic clock.
    """

    address: str
    replies: dict[str, Answers] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [asked.path for asked in self.asked]

    def reply(self, asked: Asked) -> Reply:
        """Return the answer to a request."""
        with self.lock:
            self.asked.append(asked)
            self.times.append(time.monotonic())
            answers = self.replies.get(asked.path, Reply(b"no such page", 404))
            if isinstance(answers, list):
                return answers.pop(0) if len(answers) > 1 else answers[0]
        return answers if isinstance(answers, Reply) else answers(asked)


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Request(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        timeout = 10

        def answer(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            reply = site.reply(Asked(self.command, parts.path, query, self.headers, body))
            if reply.body is None:
                self.close_connection = True
                return
            self.send_response_only(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.status != 304:
                self.send_header("Content-Length", str(len(reply.data)))
            self.end_headers()
            if reply.status != 304:
                self.wfile.write(reply.data)

        do_GET = do_POST = answer  # noqa: N815 - http.server's names

        def log_message(self, *_: Any) -> None:
            """Stay quiet."""

    return Request


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: Any) -> None:
        """Stay quiet of clients that went away."""


@contextmanager
def website(certificate: Path | None = None) -> Iterator[Site]:
    """Run a server; it and its connections are closed at the end.

    Args:
        certificate: a file with key and certificate, for https.
    """
    site = Site("")
    with _Listener(("127.0.0.1", 0), _handler(site)) as listener:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            listener.socket = context.wrap_socket(listener.socket, server_side=True)
        site.address = f"{'https' if certificate else 'http'}://127.0.0.1:{listener.server_port}"
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield site
        finally:
            listener.shutdown()
            thread.join()


def conditional(body: bytes, etag: str) -> Callable[[Asked], Reply]:
    """Return what answers 304 to whoever has this version already."""

    def reply(asked: Asked) -> Reply:
        if asked.headers["If-None-Match"] == etag:
            return Reply(b"", 304, {"ETag": etag})
        return Reply(body, headers={"ETag": etag})

    return reply


@contextmanager
def dripping(start: bytes) -> Iterator[str]:
    """Run a server that sends this at once, and then the letter x again and again, 50 times a second.

    A start that is a whole message, as an interim answer is, is repeated instead.
    """
    ended = threading.Event()
    drop = start if start.startswith(b"HTTP/1.1 1") else b"x"

    class Request(BaseHTTPRequestHandler):
        def handle(self) -> None:
            self.request.recv(1 << 16)
            self.wfile.write(start)
            while not ended.wait(0.02):
                self.wfile.write(drop)

    with _Listener(("127.0.0.1", 0), Request) as listener:
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.server_port}"
        finally:
            ended.set()
            listener.shutdown()
            thread.join()
