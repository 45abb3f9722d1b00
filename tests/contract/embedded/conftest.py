"""An embedded library over real HTTP, and a plain client for it."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from syncd.zotero.embedded import EmbeddedLibrary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Reply:
    """An answer."""

    status: int
    headers: http.client.HTTPMessage
    text: str

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.text)

    @property
    def version(self) -> int:
        """`Last-Modified-Version`."""
        return int(self.headers["Last-Modified-Version"])


class Api:
    """Sends requests to a library; addresses are relative to the library, or begin with a slash."""

    def __init__(self, library: EmbeddedLibrary) -> None:
        self.library = library
        self.address = urlsplit(library.url)

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        key: str = "",
    ) -> Reply:
        """Send one request on a connection of its own."""
        connection = http.client.HTTPConnection(self.address.hostname or "", self.address.port, timeout=30)
        data = None if body is None else json.dumps(body)
        all_headers = {"Zotero-API-Key": key or self.library.key, **(headers or {})}
        full = path if path.startswith("/") else f"/{self.library.library}/{path}"
        try:
            connection.request(method, full, data, all_headers)
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read().decode())
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        """The JSON at an address."""
        reply = self("GET", path)
        assert reply.status == 200, reply.text
        return reply.json

    def versions(self, path: str = "items?") -> dict[str, int]:
        """Keys and versions in a list."""
        found: dict[str, int] = self.get(f"{path}&format=versions")
        return found

    def create(self, *objects: dict[str, Any], kind: str = "items") -> list[str]:
        """Write objects that must succeed; their keys."""
        reply = self("POST", kind, list(objects))
        assert reply.status == 200, reply.text
        assert reply.json["failed"] == {}
        return [reply.json["success"][str(index)] for index in range(len(objects))]

    def paper(self, title: str = "A paper", **more: Any) -> str:
        """Write a preprint; its key."""
        return self.create({"itemType": "preprint", "title": title, **more})[0]

    def edit(self, key: str, **changes: Any) -> Reply:
        """PATCH an item, whatever its version is."""
        version = str(self("GET", f"items/{key}").version)
        return self("PATCH", f"items/{key}", changes, headers={"If-Unmodified-Since-Version": version})

    def data(self, key: str) -> dict[str, Any]:
        """An item's `data`."""
        data: dict[str, Any] = self.get(f"items/{key}")["data"]
        return data

    def erase(self, path: str) -> Reply:
        """DELETE, whatever the version is."""
        return self("DELETE", path, headers={"If-Unmodified-Since-Version": "999999"})


@pytest.fixture
def library(tmp_path: Path) -> Iterator[EmbeddedLibrary]:
    """An empty library."""
    with EmbeddedLibrary(tmp_path / "library.sqlite") as served:
        yield served


@pytest.fixture
def api(library: EmbeddedLibrary) -> Api:
    """A client of the empty library."""
    return Api(library)


@pytest.fixture
def client_of() -> Callable[[EmbeddedLibrary], Api]:
    """Makes clients of other libraries."""
    return Api
