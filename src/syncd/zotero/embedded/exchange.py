"""A request to the embedded library, its answer, and its refusals, as the functions see them that answer.

Nothing here decides anything.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from starlette.datastructures import Headers
from starlette.responses import Response

if TYPE_CHECKING:
    from syncd.zotero.embedded.accounts import Accounts
    from syncd.zotero.embedded.database import Store
    from syncd.zotero.embedded.objects import Address
    from syncd.zotero.embedded.query import Parameters


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
        given: the parameters in the query.
    """

    method: str
    path: str
    query: str = ""
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    given: Parameters = ()

    def json(self) -> Any:
        """The body.

        Raises:
            RefusalError: it is missing or no JSON.
        """
        if not self.body:
            raise invalid(f"{self.method} data not provided")
        try:
            text = self.body.decode("utf-8-sig")
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
        url: the server's, without a slash at the end.
        library: the one that is meant where an address names none.
        libraries: the names of all libraries.
        accounts: the API keys and what they may do.
        clock: the time.
    """

    url: str
    library: str
    libraries: frozenset[str]
    accounts: Accounts
    clock: Callable[[], datetime]
    tokens: WriteTokens = field(default_factory=WriteTokens)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request with all that is needed to answer it, in the thread that answers it.

    Attributes:
        address: where the library is that the request is about.
        store: that library.
        parts: what stands for the names in the route's path, decoded.
    """

    request: Request
    served: Served
    address: Address
    store: Store
    parts: Mapping[str, str]

    @property
    def given(self) -> Parameters:
        """The parameters in the request's query."""
        return self.request.given


def json_response(
    body: object, *, status: int = 200, version: int | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """An answer in JSON, with the library's or the object's version."""
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    response = Response(content, status, headers, JSON)
    if version is not None:
        response.headers["Last-Modified-Version"] = str(version)
    return response


def refused(refusal: RefusalError) -> Response:
    """A refusal as an answer."""
    response = Response(
        refusal.message.encode(errors="replace"), refusal.status, refusal.headers, media_type=TEXT
    )
    if refusal.version is not None:
        response.headers["Last-Modified-Version"] = str(refusal.version)
    return response
