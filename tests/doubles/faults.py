"""What may go wrong between a client and a library, made to happen on purpose.

A `FaultyLibrary` asks its `faults` function about every request, in a thread; the function may also wait there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.responses import Response

from syncd.zotero.embedded.exchange import RefusalError, Request, refused, server_error


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        action: "drop": the connection is closed without an answer. "answer": `status`, `headers` and `body`
            are answered instead. "cut": half of the real answer's body is sent, then the connection is
            closed. "headers": `headers` are added to the real answer, such as `Backoff`. "twice": the request
            arrives twice, and only the second answer is sent. Of a write of many objects: "stop": it fails
            with 500 after `objects` of them were written. "fail": the object at `place` is refused with
            `status` and not written, the others are. "omit": the answer does not mention the object at `place`.
        when: "before": the request, or the object that is omitted, is not executed. "after": it is, and what
            it wrote stays. "later": the first `objects` of a write of many are written at once, the others
            when `seconds` have passed, though the client was told by then that the write is over. For
            "drop" and "answer", the first two also for "omit"; the other actions are always after.
        objects: how many objects are written before "stop", or at once where the others are "later".
        place: of the object that is refused or omitted, counted from 0.
        seconds: how long the server takes for what it writes "later", by its clock; None: until the test calls
            `FaultyLibrary.write_late`.
    """

    action: Literal["drop", "answer", "cut", "headers", "twice", "stop", "fail", "omit"]
    when: Literal["before", "after", "later"] = "before"
    status: int = 503
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    objects: int = 0
    place: int = 0
    seconds: float | None = None

    @property
    def prevents(self) -> bool:
        """Whether the request is not executed."""
        return self.when == "before" and self.action in {"drop", "answer"}

    @property
    def most(self) -> int | None:
        """How many objects of a write of many are written before the client is answered; None: all."""
        return self.objects if self.action == "stop" or self.when == "later" else None

    @property
    def refusal(self) -> RefusalError | None:
        """How the object at `place` is refused, if it is."""
        if self.action == "fail":
            return RefusalError(self.status, "An error occurred")
        return server_error() if self.action == "omit" and self.when == "before" else None

    def instead_of(self, body: bytes) -> bytes:
        """What is executed of a request with this body: some of the objects, and something that is none."""
        objects = json.loads(body) if self.most is not None or self.refusal else None
        if not isinstance(objects, list):
            return body
        if self.refusal and self.place < len(objects):
            objects[self.place] = None
        return json.dumps(objects[: self.most]).encode()

    def told(self, response: Response) -> Response:
        """What is answered in place of the real answer, or in place of executing the request."""
        if self.action == "answer":
            return Response(self.body, self.status, self.headers)
        if self.action == "headers":
            response.headers.update(self.headers)
        if response.status_code != 200 or self.action not in {"stop", "fail", "omit"}:
            return response
        if self.action == "stop":
            return refused(server_error())
        report, place = json.loads(bytes(response.body)), str(self.place)
        if self.action == "omit":
            for part in _parts(report):
                part.pop(place, None)
        elif self.refusal and place in report["failed"]:
            report["failed"][place] = self.refusal.entry()
        return _like(response, json.dumps(report, ensure_ascii=False).encode())


def _parts(report: Any) -> list[dict[str, Any]]:
    """The parts of the answer to a write of many."""
    parts = report.values() if isinstance(report, dict) else ()
    return [part for part in parts if isinstance(part, dict)]


def _like(response: Response, body: bytes) -> Response:
    """The same answer with another body."""
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return Response(body, response.status_code, headers)


Faults = Callable[[Request], Fault | None]
