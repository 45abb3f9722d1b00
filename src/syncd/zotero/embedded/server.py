"""The embedded library as a server on this computer: its file, its address, its keys, its start and its end.

What is answered is decided in `routes`, and how it is served in `syncd.serve`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

from starlette.types import ASGIApp

from syncd import serve
from syncd.errors import LibraryError
from syncd.messages import message
from syncd.text.patterns import pattern
from syncd.zotero.embedded import database, routes
from syncd.zotero.embedded.accounts import USER_RIGHTS, Accounts, Grant
from syncd.zotero.embedded.database import Workers
from syncd.zotero.embedded.exchange import Served

# It listens on this computer only.
_HOST: Final = "127.0.0.1"
_LIBRARY = pattern(r"(?:users|groups)/[1-9][0-9]{0,17}", hostile=("users/", "1", ""))
_HEADERS: Final = ((b"zotero-api-version", b"3"), (b"zotero-schema-version", b"41"))


class EmbeddedLibrary:
    """A Zotero library in one SQLite file, served over HTTP while the context is open.

    Args:
        path: the file; created where it is missing.
        port: 0 takes a free one.
        key: the API key; a random one unless given.
        library: "users/1" or "groups/5".
        write: whether the key may write.
        also: further libraries on the same server, such as a group's.
        clock: the time.

    Attributes:
        url: such as "http://127.0.0.1:8080", once started.
        library: such as "users/1".
        key: the API key.
        accounts: the keys and what they may do.

    Raises:
        ValueError: `library` or one of `also` is no library.
    """

    def __init__(  # noqa: PLR0913 - each is a choice of whoever serves the library
        self,
        path: Path,
        *,
        port: int = 0,
        key: str | None = None,
        library: str = "users/1",
        write: bool = True,
        also: Sequence[str] = (),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        for name in (library, *also):
            if not _LIBRARY.fullmatch(name):
                raise ValueError(f"A library is called 'users/1' or 'groups/5', not {name!r}.")
        self.path = path
        self.port = port
        self.key = key or secrets.token_urlsafe(18)
        self.library = library
        self.url = ""
        self.accounts = Accounts({self.key: _grant(library, write=write)})
        self._also = tuple(also)
        self._clock = clock
        self._workers: Workers | None = None
        self._server: serve.Server | None = None

    def start(self) -> Self:
        """Open the file and serve it.

        Raises:
            StateError: the file can't be used.
            LibraryError: the address can't be listened on.
        """
        for library in (self.library, *self._also):
            database.prepare(self.path, library)
        try:
            listening = serve.bound(_HOST, self.port)
        except OSError as error:
            raise LibraryError(
                message(
                    "embedded-library-port-taken",
                    host=_HOST,
                    port=self.port,
                    reason=error.strerror or error,
                ),
                kind="permanent",
                library=self.library,
                hint=message("choose-another-port"),
            ) from error
        self.url = f"http://{_HOST}:{listening.getsockname()[1]}"
        self._workers = Workers(self.path)
        door = serve.Door(listening, self.application(self._workers), headers=_HEADERS)
        self._server = serve.Server([door], name="embedded library").start()
        return self

    def identity(self) -> str:
        """Return what tells its file from those of other embedded libraries, once started."""
        return database.identity(self.path)

    def application(self, workers: Workers) -> ASGIApp:
        """What answers the requests.

        Args:
            workers: the threads that work on the file.
        """
        return serve.Guard(routes.Application(self.served(), workers), self.rules())

    def rules(self) -> serve.Rules:
        """Which requests are answered at all."""
        return serve.Rules(routes.refuse, own_page=False, body_bytes=routes.MAX_BODY)

    def served(self) -> Served:
        """What all requests share, once the address is known."""
        return Served(
            url=self.url,
            library=self.library,
            libraries=frozenset({self.library, *self._also}),
            accounts=self.accounts,
            clock=self._clock,
        )

    def stop(self) -> None:
        """Finish the requests that are being served, and close everything. Can be called twice."""
        if self._server is None or self._workers is None:
            return
        self._server.stop()
        self._workers.close()
        self._server = self._workers = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def _grant(library: str, *, write: bool) -> Grant:
    """What the one key of a library gives."""
    kind, number = library.split("/")
    if kind == "groups":
        return Grant(own=frozenset(), groups={number: write})
    return Grant(int(number), own=USER_RIGHTS if write else USER_RIGHTS - {"write"})
