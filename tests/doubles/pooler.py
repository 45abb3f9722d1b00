"""A pooler before PostgreSQL that gives each client a session of the server for one transaction, as PgBouncer may."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path

PORT = 6432
STARTUP = 196608
# After these, a client waits for an answer.
ASKS = b"QS"
# The server's numbers, which are not those of its processes here.
KEY = b"K" + struct.pack("!III", 12, 1, 1)


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise ConnectionError
        data += more
    return data


def _message(connection: socket.socket) -> bytes:
    """Return one message, whole."""
    head = _exactly(connection, 5)
    return head + _exactly(connection, struct.unpack("!I", head[1:])[0] - 4)


class Pooler:
    """Listens in the folder of a server's socket, at another port.

    Args:
        folder: where the server's socket is.
        database: the one that it leads to.
    """

    def __init__(self, folder: Path, database: str) -> None:
        self._folder = folder
        self._database = database
        self._free: list[socket.socket] = []
        self._lock = threading.Lock()
        self._listening = socket.socket(socket.AF_UNIX)
        self._path = folder / f".s.PGSQL.{PORT}"
        self._threads: list[threading.Thread] = []
        self._clients: list[socket.socket] = []

    @property
    def url(self) -> str:
        """Its address."""
        return f"postgresql://syncd@/{self._database}?host={self._folder}&port={PORT}"

    def __enter__(self) -> Self:
        self._listening.bind(str(self._path))
        self._listening.listen()
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        for one in (self._listening, *self._clients):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join()
        for server in self._free:
            server.close()
        self._path.unlink()

    def _start(self, task: object, *args: object) -> None:
        thread = threading.Thread(target=task, args=args)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                self._clients.append(client)
                self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        server: socket.socket | None = None
        with suppress(OSError):
            size = struct.unpack("!I", _exactly(client, 4))[0]
            _exactly(client, size - 4)
            client.sendall(b"R" + struct.pack("!II", 8, 0) + KEY + b"Z" + struct.pack("!I", 5) + b"I")
            while (asked := _message(client))[:1] != b"X":
                server = server or self._take()
                server.sendall(asked)
                if asked[:1] in ASKS:
                    ready = self._answer(client, server)
                    if ready[-1:] == b"I":
                        # Free before its client knows, who may ask for it at once.
                        self._free.append(server)
                        server = None
                    client.sendall(ready)
        if server:
            server.close()

    def _answer(self, client: socket.socket, server: socket.socket) -> bytes:
        """Pass on an answer, and return its end, which says whether the server is in a transaction."""
        while (told := _message(server))[:1] != b"Z":
            client.sendall(told)
        return told

    def _take(self) -> socket.socket:
        """Return a session of the server, the one that was used last if one is free."""
        with self._lock:
            if self._free:
                return self._free.pop()
        server = socket.socket(socket.AF_UNIX)
        server.connect(str(self._folder / ".s.PGSQL.5432"))
        names = b"\0".join([b"user", b"syncd", b"database", self._database.encode(), b"", b""])
        server.sendall(struct.pack("!II", 8 + len(names), STARTUP) + names)
        while _message(server)[:1] != b"Z":
            pass
        return server
