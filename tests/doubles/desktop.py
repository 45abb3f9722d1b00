"""The embedded library in the part of a Zotero on the desktop that has syncd's plugin, or has it not.

What the user does in Zotero's windows is done here by the test.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from doubles import plugin
from doubles.faults import Fault
from doubles.library import FaultyLibrary, Hook
from syncd.serve import Guard
from syncd.text.patterns import pattern
from syncd.zotero.embedded import database, routes
from syncd.zotero.embedded.database import Store, Workers
from syncd.zotero.embedded.exchange import TEXT, RefusalError, Request, refused
from syncd.zotero.embedded.objects import Address

PREFIX = "users/0"
_BROWSER = pattern(r"^Mozilla/", hostile="M", flags=re.IGNORECASE)


@dataclass(slots=True)
class Desktop:
    """A Zotero on the desktop.

    Attributes:
        plugin: syncd's plugin, where it is installed and on.
    """

    plugin: plugin.Plugin | None = None


class DesktopLibrary(FaultyLibrary):
    """A Zotero on the desktop with its library in one SQLite file, and no plugin yet.

    In the file it is the library "users/1", so that an `EmbeddedLibrary` on the same file shows the same.

    Args:
        path: the file.
        options: as for `FaultyLibrary`.

    Attributes:
        desktop: which plugin it has.
    """

    def __init__(self, path: Path, **options: Any) -> None:
        super().__init__(path, **{"key": plugin.new_key(), **options})
        self.desktop = Desktop()

    def start(self) -> Self:
        """Start Zotero, and its plugin anew."""
        if self.desktop.plugin:
            self.desktop.plugin.restart()
        return super().start()

    def application(self, _: Workers) -> ASGIApp:
        """What answers the requests, and what goes wrong there."""
        return Hook(self, Guard(self._answer, replace(self.rules(), pages=True)))

    def drops(self, request: Request) -> bool:
        """Whether a request may come from a page in a browser: its connection is closed without a word."""
        headers = request.headers
        browser = "Origin" in headers or bool(_BROWSER.match(headers.get("User-Agent", "")))
        return browser and "Zotero-Allowed-Request" not in headers

    def body(self, request: Request, _: Fault) -> bytes:
        """All of a request: the plugin's are signed, so it is the plugin that lets things go wrong."""
        return request.body

    def told(self, fault: Fault, response: Response) -> Response:
        """What the client is told; of an object that failed the plugin has told, and has signed it."""
        return response if fault.action == "fail" else fault.told(response)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request: the plugin does, and nothing else is known here."""
        body = (await receive())["body"]
        try:
            request = routes.request_of(scope, body)
            response = await run_in_threadpool(self._respond, request, scope.get("fault"))
        except RefusalError as refusal:
            response = refused(refusal)
        except sqlite3.Error as error:
            response = refused(routes.database_refusal(error))
        response.headers["X-Zotero-Version"] = "11.0"
        await response(scope, receive, send)

    def _respond(self, request: Request, fault: Fault | None) -> Response:
        if self.desktop.plugin is None or not request.path.startswith(plugin.ROOT):
            return Response("No endpoint found\n", 404, media_type=TEXT)
        with closing(database.connect(self.path)) as connection:
            store, address = Store(connection, self.library), Address(self.url, PREFIX)
            exchange = plugin.Asked(request, self.served(), address, store, {}, fault)
            return plugin.respond(exchange, self.desktop.plugin)
