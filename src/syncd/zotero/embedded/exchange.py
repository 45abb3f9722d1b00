"""A request to the embedded library, its answer, and its refusals, apart from sockets."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from syncd.zotero.embedded import query
    from syncd.zotero.embedded.accounts import Accounts
    from syncd.zotero.embedded.database import Store
    from syncd.zotero.embedded.desktop import Desktop
    from syncd.zotero.embedded.objects import Address


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


JSON: Final = "application/json; charset=utf-8"
TEXT: Final = "text/plain; charset=utf-8"
WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_TOKENS_KEPT = 1000


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request.

    Attributes:
        method: in capitals.
        path: with its percent-encoding, without the query.
        query: what follows the question mark, or an empty string.
        headers: names are compared without case.
    """

    method: str
    path: str
    query: str = ""
    headers: Message[str, str] = field(default_factory=Message)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered to a request."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class WriteTokens:
    """The write tokens that were used lately, by all threads; forgotten when the server stops."""

    def __init__(self) -> None:
        self._used: OrderedDict[str, None] = OrderedDict()
        self._lock = Lock()

    def check(self, token: str | None) -> None:
        """A token can be used once.

        Raises:
            RefusalError: it was used, or is none.
        """
        if not token:
            return
        if not 5 <= len(token) <= 32:
            raise invalid("Write token must be 5-32 characters in length")
        with self._lock:
            if token in self._used:
                raise RefusalError(412, "Write token already used")

    def use(self, token: str | None) -> None:
        """The request with this token succeeded."""
        if token:
            with self._lock:
                self._used[token] = None
                if len(self._used) > _TOKENS_KEPT:
                    self._used.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Served:
    """What all requests to one server share.

    Attributes:
        accounts: the API keys and what they may do.
        address: where the library is; on a server with several, the one that a request is about.
        libraries: the names of all libraries.
        public_page: whether the page for people needs no key.
        clock: the time.
        library: what the library is called in the file, which is its address but for the desktop's.
        desktop: the Zotero on a desktop that is played, if one is.
    """

    accounts: Accounts
    address: Address
    libraries: frozenset[str]
    public_page: bool
    clock: Callable[[], datetime]
    library: str
    desktop: Desktop | None = None
    tokens: WriteTokens = field(default_factory=WriteTokens)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request with all that is needed to answer it.

    Attributes:
        parts: the wildcards of the route's path, decoded.
        given: the query parameters.
        part: which objects of a write of many are written; a seam for tests.
        refused: objects of a write of many that fail, by their place; a seam for tests.
    """

    request: Request
    served: Served
    store: Store
    parts: tuple[str, ...] = ()
    given: query.Parameters = ()
    part: slice = field(default_factory=lambda: slice(None))
    refused: Mapping[int, RefusalError] = field(default_factory=dict)

    def json(self) -> Any:
        """The request's body.

        Raises:
            RefusalError: it is missing or no JSON.
        """
        if not self.request.body:
            raise invalid(f"{self.request.method} data not provided")
        try:
            text = self.request.body.decode("utf-8-sig")
            sent = json.loads(text, parse_constant=_no_constant)
            if "\\ud" in text.lower():
                json.dumps(sent, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise invalid("JSON Error: Single unpaired high surrogate in Unicode escape") from error
        except UnicodeDecodeError as error:
            raise invalid("JSON Error: Malformed UTF-8 characters, possibly incorrectly encoded") from error
        except RecursionError as error:
            raise invalid("JSON Error: Maximum stack depth exceeded") from error
        except ValueError as error:
            raise invalid("JSON Error: Syntax error, malformed JSON") from error
        return sent


def _no_constant(name: str) -> float:
    raise ValueError(name)


def json_answer(
    body: object, *, version: int | None = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """An answer in JSON, with the library's or the object's version."""
    all_headers = {"Content-Type": JSON, **(headers or {})}
    if version is not None:
        all_headers["Last-Modified-Version"] = str(version)
    return Answer(200, all_headers, json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())


def refusal_answer(refusal: RefusalError) -> Answer:
    """A refusal as an answer."""
    headers = {"Content-Type": TEXT, **refusal.headers}
    if refusal.version is not None:
        headers["Last-Modified-Version"] = str(refusal.version)
    return Answer(refusal.status, headers, refusal.message.encode(errors="replace"))
