"""What the embedded library says when it does not do what it was asked.

A refusal is raised wherever the reason is found and becomes an HTTP answer, or the `failed` entry of one
object in a write of many. It carries words for people, never a traceback.
"""

from __future__ import annotations

from typing import Any


class RefusalError(Exception):
    """A request, or one object of it, is refused.

    Attributes:
        status: the HTTP status.
        message: the text of the answer, in the real server's words where they are known.
        data: what was wrong, for `failed` entries.
        version: `Last-Modified-Version` of the answer, where it has one.
        headers: further headers of the answer.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        data: dict[str, Any] | None = None,
        version: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.data = data
        self.version = version
        self.headers = headers or {}

    def entry(self) -> dict[str, Any]:
        """The `failed` entry of an object that was refused."""
        entry: dict[str, Any] = {"code": self.status, "message": self.message}
        if self.data is not None:
            entry["data"] = self.data
        return entry


def invalid(message: str) -> RefusalError:
    """What was sent is not valid."""
    return RefusalError(400, message)


def unsupported(what: str) -> RefusalError:
    """The real server can do this, the embedded library can't."""
    return RefusalError(501, f"Not supported by the embedded library: {what}")


def server_error() -> RefusalError:
    """The real server fails here; so the embedded library fails alike."""
    return RefusalError(500, "An error occurred")
