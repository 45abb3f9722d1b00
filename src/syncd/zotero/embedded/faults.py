"""A seam for tests: what may go wrong between a client and a library, made to happen on purpose.

An `EmbeddedLibrary` asks its `faults` function about every request, in the thread that serves it; the
function may also wait there. Without one, nothing here is used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from .exchange import Answer, Request

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        action: "drop": the connection is closed without an answer. "answer": `status`, `headers` and `body`
            are answered instead. "cut": half of the real answer's body is sent, then the connection is
            closed. "headers": `headers` are added to the real answer, such as `Backoff`. "stop": a write of
            many objects fails with 500 after `objects` of them were written.
        when: "before": the request is not executed. "after": it is, and what it wrote stays. For "drop" and
            "answer"; the others are always after.
        objects: how many objects are written before "stop".
    """

    action: Literal["drop", "answer", "cut", "headers", "stop"]
    when: Literal["before", "after"] = "before"
    status: int = 503
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    objects: int = 0

    @property
    def prevents(self) -> bool:
        """Whether the request is not executed."""
        return self.when == "before" and self.action in {"drop", "answer"}

    def instead_of(self, answer: Answer) -> Answer:
        """What is answered in place of the real answer, or in place of executing the request."""
        if self.action == "answer":
            return Answer(self.status, self.headers, self.body)
        if self.action == "headers":
            return Answer(answer.status, {**answer.headers, **self.headers}, answer.body)
        return answer


Faults = Callable[[Request], Fault | None]
