"""The dashboard as a reader's browser meets it, without a browser: requests, the cookie, forms."""

from __future__ import annotations

import http.client
import json
import os
import signal
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode, urlsplit

from forks import PATIENCE, Fork
from ports import free_port

if TYPE_CHECKING:
    from desk import Desk


class Answer:
    """What came back: status, headers, text."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.text = response.read().decode()


class Reader:
    """A reader at a dashboard.

    Args:
        url: an address that opens it; none is opened where it is empty.
        port: the dashboard's.
    """

    def __init__(self, url: str, port: int) -> None:
        self.port = port
        self.cookie = ""
        if url:
            parts = urlsplit(url)
            came = self.get(f"{parts.path}?{parts.query}")
            assert (came.status, came.headers["Location"]) == (303, "/"), came.text
            self.cookie = came.headers["Set-Cookie"].partition(";")[0]

    def get(self, path: str, **headers: str) -> Answer:
        """Ask for a page."""
        return self._ask("GET", path, None, headers)

    def post(self, path: str, form: dict[str, str] | None = None, **headers: str) -> Answer:
        """Send a form, as a page of the dashboard does."""
        own = {"Origin": f"http://127.0.0.1:{self.port}", "Sec-Fetch-Site": "same-origin"}
        own["Content-Type"] = "application/x-www-form-urlencoded"
        return self._ask("POST", path, urlencode(form or {}), own | headers)

    def follow(self, answer: Answer) -> str:
        """Go where an act leads, and return the page there."""
        assert answer.status == 303, answer.text
        page = self.get(answer.headers["Location"])
        assert page.status == 200, page.text
        return page.text

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)) as line:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            line.request(method, path, body, {"Cookie": self.cookie} | named)
            return Answer(line.getresponse())


class Shown:
    """`syncd dashboard` at work where no daemon runs, or another command that shows its address first.

    Args:
        desk: whose it is.
        words: the command's.
    """

    def __init__(self, desk: Desk, *words: str) -> None:
        out, theirs = os.pipe()
        self._out = os.fdopen(out, encoding="utf-8")
        with Path(os.devnull).open("r+b") as nothing:
            words = words or ("dashboard", "--no-browser", "--json")
            self.process = Fork(words, (nothing.fileno(), theirs, 2), desk.env, desk.folder)
        os.close(theirs)
        line = self._out.readline()
        self.told: dict[str, Any] = json.loads(line) if line else {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> int:
        """Press Ctrl-C, and return how it ended."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=PATIENCE)
        self._out.close()
        return code


def with_dashboard(desk: Desk, extra: str = "") -> int:
    """Configure a desk with a port of its own for the dashboard, and return that."""
    port = free_port()
    desk.configure(f"{extra}\n[dashboard]\nport = {port}\n")
    return port
