"""What the daemon answers to commands: status, sync-now, pause, resume, reload.

Each request is answered in the loop's thread, at once, but for "sync-now", which is answered when its looks have ended.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from syncd.errors import SyncdError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from syncd.daemon.control import Request
    from syncd.daemon.roster import Roster

Json = dict[str, Any]


@dataclass(slots=True)
class _Asked:
    """A command that waits for looks to end."""

    request: Request
    left: set[str]
    looks: list[Json] = field(default_factory=list)


class Answers:
    """Answers requests.

    Args:
        roster: who is followed.
        status: gives what "status" answers.
        pause: remembers which profiles rest, all where none is named; returns who rests then.
        resume: likewise which rest no more.
        reload: reads the configuration again; returns what is wrong with it.
    """

    def __init__(
        self,
        roster: Roster,
        *,
        status: Callable[[], Json],
        pause: Callable[[Iterable[str]], frozenset[str]],
        resume: Callable[[Iterable[str]], frozenset[str]],
        reload: Callable[[], list[str]],
    ) -> None:
        self._roster = roster
        self._pause = pause
        self._resume = resume
        self._waiting: list[_Asked] = []
        self._answers: dict[str, Callable[[Request], None]] = {
            "status": lambda request: request.answer(**status()),
            "reload": lambda request: request.answer(problems=reload()),
            "sync-now": self._sync_now,
            "pause": self._rest,
            "resume": self._rest,
        }

    def answer(self, request: Request) -> None:
        """Answer a request, or see to it that it will be."""
        do, names = str(request.words.get("do")), request.words.get("names", [])
        if not isinstance(names, list):
            request.answer(error="names should be a list")
            return
        if do not in self._answers:
            request.answer(
                error=f"the daemon does not know how to {do!r}", hint="Restart it after an upgrade."
            )
            return
        try:
            self._answers[do](request)
        except Exception as error:
            # Whatever it is, who asked must not wait for ever; the loop sees to the rest.
            hint = error.hint if isinstance(error, SyncdError) else "The daemon's log says more."
            request.answer(error=str(error) or type(error).__name__, hint=hint)
            raise

    def ended(self, profile: str, look: Json) -> None:
        """Tell those who asked for a look how it ended."""
        for asked in [waiting for waiting in self._waiting if profile in waiting.left]:
            asked.left.discard(profile)
            asked.looks.append(look)
            self._answer_if_done(asked)

    def close(self) -> None:
        """Tell those who still wait that the daemon ends."""
        for asked in self._waiting:
            asked.request.answer(
                error="the daemon was asked to end before all was done",
                hint="What was written is recorded. See what was done with: syncd log",
            )

    def _sync_now(self, request: Request) -> None:
        names = self._named(request)
        if names is None:
            return
        self._roster.lift(names)
        self._roster.want(names, "asked", at_once=True)
        asked = _Asked(request, set(names))
        self._waiting.append(asked)
        self._answer_if_done(asked)

    def _answer_if_done(self, asked: _Asked) -> None:
        if not asked.left:
            self._waiting.remove(asked)
            asked.request.answer(profiles=asked.looks)

    def _rest(self, request: Request) -> None:
        """Let profiles rest, or go on; where none is named, all."""
        names = self._named(request)
        if names is None:
            return
        chosen = names if request.words.get("names") else []
        pausing = request.words["do"] == "pause"
        self._roster.paused = self._pause(chosen) if pausing else self._resume(chosen)
        if not pausing:
            self._roster.want(names, "resumed")
        request.answer(paused=sorted(self._roster.paused))

    def _named(self, request: Request) -> list[str] | None:
        """Return the profiles that a request names, or all; None where it was answered with an error."""
        known = dict.fromkeys(self._roster.names())
        names = [str(name) for name in request.words.get("names") or known]
        unknown = [name for name in names if name not in known]
        if unknown:
            request.answer(
                error=f"the daemon follows no profile {unknown[0]!r}",
                hint="If it was added just now, tell the daemon: syncd reload",
            )
            return None
        return names
