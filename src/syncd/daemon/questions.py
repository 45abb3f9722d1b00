"""What the daemon's loop is asked, and its answers. They come by futures, so that nobody who asks holds up the loop.

This module does not know where a question comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Literal

from syncd.daemon.events import Events
from syncd.daemon.roster import Roster
from syncd.daemon.work import with_codes
from syncd.errors import SyncdError, words_of
from syncd.messages import message

Json = dict[str, Any]
Do = Literal["status", "sync-now", "pause", "resume", "reload"]


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What the loop is asked.

    Attributes:
        do: what it is to do.
        names: of the profiles that are meant; none means all.
        answer: what becomes of it.
    """

    do: Do
    names: Sequence[str] = ()
    answer: Future[Json] = field(default_factory=Future)

    def __post_init__(self) -> None:
        """Let nobody who waits take the question back: the loop may be at work on it."""
        self.answer.set_running_or_notify_cancel()


@dataclass(slots=True)
class _Waiting:
    """A question that is answered once looks end."""

    question: Question
    left: set[str]
    looks: list[Json] = field(default_factory=list)


class Answers:
    """Answers questions, in the loop's thread.

    Args:
        roster: who is followed.
        events: is told of what was done.
        status: gives what "status" answers.
        pause: remembers which profiles rest, all where none is named; returns who rests then.
        resume: likewise which rest no more.
        reload: reads the configuration again; returns what is wrong with it.
    """

    def __init__(  # noqa: PLR0913 - what the loop can do
        self,
        roster: Roster,
        events: Events,
        *,
        status: Callable[[], Json],
        pause: Callable[[Iterable[str]], frozenset[str]],
        resume: Callable[[Iterable[str]], frozenset[str]],
        reload: Callable[[], list[str]],
    ) -> None:
        self._roster = roster
        self._events = events
        self._pause = pause
        self._resume = resume
        self._waiting: list[_Waiting] = []
        self._answers: dict[Do, Callable[[Question], None]] = {
            "status": lambda question: question.answer.set_result(status()),
            "reload": lambda question: question.answer.set_result({"problems": reload()}),
            "sync-now": self._sync_now,
            "pause": self._rest,
            "resume": self._rest,
        }

    @property
    def awaited(self) -> frozenset[str]:
        """The profiles for whose looks to end somebody waits."""
        return frozenset().union(*(waiting.left for waiting in self._waiting))

    def answer(self, question: Question) -> None:
        """Answer a question, or see to it that it will be."""
        followed = frozenset(self._roster.names())
        unknown = [name for name in question.names if name not in followed]
        if unknown:
            error = SyncdError(
                message("daemon-follows-no-such-profile", profile=repr(unknown[0])),
                hint=message("reload-if-just-added"),
            )
            question.answer.set_exception(error)
            return
        try:
            self._answers[question.do](question)
        except Exception as error:
            # Whatever it is, who asked must not wait for ever; the loop sees to the rest.
            words = words_of(error)
            known = isinstance(error, SyncdError)
            told = error if known else SyncdError(words, hint=message("see-daemon-log"))
            question.answer.set_exception(told)
            raise

    def ended(self, profile: str, look: Json) -> None:
        """Tell those who asked for a look how it ended."""
        for waiting in [one for one in self._waiting if profile in one.left]:
            waiting.left.discard(profile)
            waiting.looks.append(with_codes(look))
            self._answer_if_done(waiting)

    def close(self) -> None:
        """Tell those who still wait that the daemon ends."""
        for waiting in self._waiting:
            error = SyncdError(
                message("daemon-ended-early"),
                hint=message("recorded-see-log"),
            )
            waiting.question.answer.set_exception(error)
        self._waiting.clear()

    def _sync_now(self, question: Question) -> None:
        names = list(question.names or self._roster.names())
        self._roster.lift(names)
        self._roster.want(names, "asked", at_once=True)
        waiting = _Waiting(question, set(names))
        self._waiting.append(waiting)
        self._answer_if_done(waiting)

    def _answer_if_done(self, waiting: _Waiting) -> None:
        if not waiting.left:
            self._waiting.remove(waiting)
            waiting.question.answer.set_result({"profiles": waiting.looks})

    def _rest(self, question: Question) -> None:
        """Let profiles rest, or go on; where none is named, all."""
        pausing = question.do == "pause"
        self._roster.paused = (self._pause if pausing else self._resume)(question.names)
        if not pausing:
            self._roster.want(question.names or self._roster.names(), "resumed")
        resting = sorted(self._roster.paused)
        question.answer.set_result({"paused": resting})
        self._events.tell("paused" if pausing else "resumed", profiles=list(question.names), paused=resting)
