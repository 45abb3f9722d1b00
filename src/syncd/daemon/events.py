"""What happens in the daemon, told at once to whoever listens: server-sent events for a dashboard.

An event says that something changed. What is so now stands in the other answers.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from syncd.daemon.work import Look, with_codes
from syncd.messages import with_said

# Seconds without any event, after which one says that the daemon is there.
HEARTBEAT: Final = 15.0
# Events that wait for a listener who does not read them; then the listener has to begin anew.
MOST_WAITING: Final = 1000
MOST_LISTENERS: Final = 24

Name = Literal["alive", "began", "progress", "ended", "paused", "resumed", "reloaded", "review"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Attributes:
        name: of its kind.
        facts: what belongs to it.
    """

    name: Name
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def data(self) -> str:
        """The facts in one line."""
        return json.dumps(self.facts)


class _Listener:
    """One who listens, in an event loop of a server.

    Args:
        loop: the one.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue()

    def tell(self, event: Event | None) -> None:
        """Let an event come; None is the end."""
        with suppress(RuntimeError):  # the server has ended
            self._loop.call_soon_threadsafe(self._put, event)

    def _put(self, event: Event | None) -> None:
        if self._queue.qsize() >= MOST_WAITING:
            # Who missed one event may rely on none.
            while not self._queue.empty():
                self._queue.get_nowait()
            event = None
        self._queue.put_nowait(event)

    async def next(self) -> Event | None:
        """Wait for the next event, or for some time."""
        try:
            return await asyncio.wait_for(self._queue.get(), HEARTBEAT)
        except TimeoutError:
            return Event("alive")


class Events:
    """Passes on what happens. It may be used by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: set[_Listener] = set()
        self._closed = False
        # By profile, the papers of which it is known that they wait for a decision.
        self._reviews: dict[str, frozenset[str]] = {}

    @property
    def is_full(self) -> bool:
        """Whether nobody else may listen."""
        return len(self._listeners) >= MOST_LISTENERS

    def tell(self, name: Name, **facts: Any) -> None:
        """Tell all who listen."""
        self._tell(Event(name, facts))

    def progress(self, names: Sequence[str], run: str, words: str, done: int, total: int) -> None:
        """Tell how far a look at profiles is: what is done, and how much of how much; 0 where that is not known."""
        told = with_said({"words": words}, "words")
        self.tell("progress", profiles=list(names), run=run, **told, done=done, total=total)

    def ended(self, look: Look) -> None:
        """Tell how a look ended, and of each paper that it brought before the user. The loop's thread calls this."""
        self.tell("ended", **with_codes(look.to_json()))
        if look.report is None or look.report.error is not None:
            return
        waiting = {action.paper: action.title for action in look.report.actions if action.kind == "review"}
        for paper in waiting.keys() - self._reviews.get(look.profile, frozenset()):
            self.tell("review", profile=look.profile, paper=paper, title=waiting[paper])
        self._reviews[look.profile] = frozenset(waiting)

    def close(self) -> None:
        """Tell all who listen that the daemon ends."""
        self._closed = True
        self._tell(None)

    def _tell(self, event: Event | None) -> None:
        with self._lock:
            for listener in self._listeners:
                listener.tell(event)

    async def heard(self) -> AsyncIterator[Event]:
        """Yield what happens from now on; the first event says so. It ends with the daemon."""
        listener = _Listener(asyncio.get_running_loop())
        with self._lock:
            self._listeners.add(listener)
        try:
            event: Event | None = Event("alive")
            while event is not None and not self._closed:
                yield event
                event = await listener.next()
        finally:
            with self._lock:
                self._listeners.discard(listener)
