"""A seam for tests: what may go wrong between a client and a library, made to happen on purpose.

An `EmbeddedLibrary` asks its `faults` function about every request, in the thread that serves it; the
function may also wait there. Without one, nothing here is used.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from syncd.zotero.embedded.exchange import Answer, RefusalError, Request, refusal_answer, server_error


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
            `EmbeddedLibrary.write_late`.
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
    def part(self) -> slice:
        """Which objects of a write of many are written before the client is answered."""
        return slice(self.objects if self.action == "stop" or self.when == "later" else None)

    @property
    def refused(self) -> Mapping[int, RefusalError]:
        """Objects of a write of many that fail, by their place."""
        if self.action == "fail":
            return {self.place: RefusalError(self.status, "An error occurred")}
        return {self.place: server_error()} if self.action == "omit" and self.when == "before" else {}

    def instead_of(self, answer: Answer) -> Answer:
        """What is answered in place of the real answer, or in place of executing the request."""
        if self.action == "answer":
            return Answer(self.status, self.headers, self.body)
        if self.action == "headers":
            return replace(answer, headers={**answer.headers, **self.headers})
        if self.action == "stop" and answer.status == 200:
            return refusal_answer(server_error())
        if self.action == "omit" and answer.status == 200:
            return replace(answer, body=_without(answer.body, str(self.place)))
        return answer


def _without(body: bytes, place: str) -> bytes:
    """The answer to a write of many, without one of its objects."""
    report = json.loads(body)
    for part in report.values() if isinstance(report, dict) else ():
        if isinstance(part, dict):
            part.pop(place, None)
    return json.dumps(report, ensure_ascii=False).encode()


Faults = Callable[[Request], Fault | None]
