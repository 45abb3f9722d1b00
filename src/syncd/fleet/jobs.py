"""What a worker's jobs do: find out what is due, read a source, ask a service about many authors, push to a library.

Each looks first whether that is still to be done. How a look is done is the daemon's `Looker`'s business, and the
engine's behind it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from syncd.clock import Clock
from syncd.config import Config
from syncd.daemon.looks import MOST_SIFTED, STUCK, some
from syncd.daemon.tell import Reporter, summary
from syncd.daemon.work import Look, Looker, LookProgress, Outcome, Waiting, with_codes
from syncd.engine.fleet import FEW
from syncd.engine.ports import run_name
from syncd.errors import ConfigError, LockedError, StateError
from syncd.fleet import due, pages, queue, signs
from syncd.fleet.due import Turn
from syncd.fleet.settings import check_runs_nothing, place_of, together, with_keys_for
from syncd.messages import kept
from syncd.state import tables as db
from syncd.state.store import Store

# A service is asked about many for no longer than this by one job, so that others get their turn.
SECONDS = 60.0
# What is held against no library.
NOT_THEIRS = (LockedError, StateError)


class Jobs:
    """The jobs of one worker, for all of its threads.

    Attributes:
        lacking: the queues that are left to others, for what their jobs need is not here.

    Args:
        worker: its name.
        store: the database.
        looker: looks at profiles.
        reporter: is told how looks end.
        stop: set once the worker is to end.
        lacks: called when something is found to be lacking.
        tell: takes how looks ended, and who is tried again when; None where the scheduler tells of it anyway.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what a worker is made of
        self,
        worker: str,
        store: Store,
        looker: Looker,
        reporter: Reporter,
        stop: threading.Event,
        lacks: Callable[[], None],
        tell: Callable[[Outcome, Mapping[str, datetime | None]], None] | None,
    ) -> None:
        self.lacking: set[str] = set()
        self._worker = worker
        self._store = store
        self._looker = looker
        self._reporter = reporter
        self._stop = stop
        self._lacks = lacks
        self._tell = tell
        self._under_way: dict[str, LookProgress] = {}

    @property
    def _clock(self) -> Clock:
        return self._looker.ports.clock

    @property
    def words(self) -> list[str]:
        """What is being done, a sentence each, with its code."""
        return [kept(progress.words) for progress in list(self._under_way.values())]

    @property
    def hanging(self) -> str | None:
        """What hangs, if anything has given no sign of life for too long."""
        now = self._clock.monotonic()
        stuck = (progress for progress in list(self._under_way.values()) if now - progress.last > STUCK)
        return next((progress.words for progress in stuck), None)

    def each_minute(self) -> None:
        """Find out who is due, and put into the queue what may be done."""
        now = self._clock.now()
        with self._store.writing() as connection:
            pages.forget_old(connection, now)
        # Each some hundred in a transaction of their own: whoever takes note of looks waits for these.
        while self._fall_due(now) >= due.MOST:
            pass
        with self._store.writing() as connection:
            lost = queue.without_job(connection, queue.READ, due.being_read(connection))
            due.not_being_read(connection, lost)
            queue.hand_out(connection, now)

    def _fall_due(self, now: datetime) -> int:
        with self._store.writing() as connection:
            return due.fall_due(connection, now)

    def read(self, profile: str) -> None:
        """Read a profile's source, and let its library be pushed to."""
        with self._store.reading() as connection:
            turn = due.one(connection, profile, self._clock.now())
        if turn is None:
            with self._store.writing() as connection:
                due.not_being_read(connection, [profile])
            return
        source = turn.config.profiles[profile].source
        place = place_of(source)
        config = self._with_keys(turn.config, queue.queue_of(place), queue.READ, profile, profile=profile)
        if config is None:
            return
        run = run_name(self._clock.now())
        with self._looking(run, [profile]) as progress:
            seen = self._looker.read(profile, turn.whys[profile], run, config, progress)
        self._note([(turn, seen)])
        with self._store.writing() as connection:
            queue.hand_out(connection, self._clock.now(), place)

    def ask(self, service: str) -> None:
        """Ask a service who of many has something new, whatever their libraries."""
        until = self._clock.monotonic() + SECONDS
        while not self._stop.is_set() and self._clock.monotonic() < until:
            with self._store.writing() as connection:
                turns = due.many(connection, service, self._clock.now(), MOST_SIFTED)
                names = [name for turn in turns for name in turn.whys]
                if len(asked := due.asked(connection, names)) <= FEW:
                    # Who asks for a few wants them looked at as thoroughly as can be.
                    due.note_whole(connection, asked)
                    turns = [turn.without(asked) for turn in turns]
            if not names or not self._ask(service, [turn for turn in turns if turn.whys]):
                break
        with self._store.writing() as connection:
            queue.hand_out(connection, self._clock.now())

    def _ask(self, service: str, turns: Sequence[Turn]) -> bool:
        """Ask about profiles; return whether that went well."""
        if not turns:
            return True
        whole = together(turn.config for turn in turns)
        config = self._with_keys(whole, queue.queue_of(service), queue.ASK, service, service=service)
        if config is None:
            return False
        whys = {name: why for turn in turns for name, why in turn.whys.items()}
        run, unchanged, well = run_name(self._clock.now()), list[str](), True
        with self._looking(run, list(whys)) as progress:
            for outcome, to_read in self._looker.sift(whys, run, config, progress):
                looks = outcome.looks if outcome else ()
                parts = {name: part for name, part in to_read.items() if part is not None}
                read = {
                    name: self._looker.read(name, whys[name], run, config, progress, part)
                    for name, part in parts.items()
                }
                # One transaction a question, however many libraries it was about.
                self._note(_by_turn(looks, read, turns), whole=to_read.keys() - parts.keys())
                unchanged += [look.profile for look in looks if look.sifted]
                well = well and all(look.sifted for look in looks)
        if unchanged:
            self._reporter.nothing_new(unchanged, run)
        return well

    def push(self, library: int) -> None:
        """Push to a library what was read of its profiles."""
        run = run_name(self._clock.now())
        with self._store.writing() as connection:
            found = pages.read_for(connection, library, run, self._clock.now())
        if found is None:
            return
        turn, batch = found
        try:
            check_runs_nothing(turn.config)
            turn.config.library().resolve_key(self._looker.ports.env)
        except ConfigError as error:
            self._leave(queue.queue_of_library(library), error, queue.PUSH, library, library=library)
            return
        put_off = False
        with self._looking(run, [one.profile for one in batch]) as progress:
            for outcome in self._looker.push(batch, run, progress):
                # A command or another worker is at work there, or the database fails: it is not the library's fault.
                looks = [
                    replace(look, put_off=True, trouble=None) if isinstance(look.error, NOT_THEIRS) else look
                    for look in outcome.looks
                ]
                put_off = put_off or any(look.put_off for look in looks)
                self._note([(turn, replace(outcome, looks=tuple(looks)))])
        with self._store.writing() as connection:
            if not put_off and due.to_be_pushed(connection, self._clock.now(), library):
                queue.push(connection, library)

    def _note(
        self, seen: Sequence[tuple[Turn, Waiting | Outcome]], whole: Collection[str] = frozenset()
    ) -> None:
        """Put what was read where its library's next push finds it, and take note of how looks ended, all at once.

        Args:
            seen: what came of looks, with the profiles as the job took them.
            whole: other profiles that are to be read whole.
        """
        read = [(turn, one) for turn, one in seen if isinstance(one, Waiting)]
        ended = [(turn, one) for turn, one in seen if isinstance(one, Outcome)]
        names = [look.profile for _, outcome in ended for look in outcome.looks]
        with self._store.writing() as connection:
            now = self._clock.now()
            libraries = {turn.library for turn, _ in seen}
            held = due.hold(
                connection, libraries, [*names, *whole, *(waiting.profile for _, waiting in read)]
            )
            pages.put(connection, read, held, now)
            again = due.finish(connection, ended, held, now)
            due.note_whole(connection, whole)
            told = [
                {"ended": due.text_of(now), "outcome": json.dumps(_told(outcome, self._worker))}
                for _, outcome in ended
            ]
            if told:
                connection.execute(sa.insert(db.fleet_look), told)
            for library in sorted({turn.library for turn, _ in read}):
                queue.push(connection, library)
            if due.are_due_again(connection, names, now):
                queue.hand_out(connection, now)
        for _, outcome in ended:
            looks = tuple(look for look in outcome.looks if not look.sifted)
            if looks and self._tell:
                self._tell(replace(outcome, looks=looks), again)

    def _with_keys(self, config: Config, of: str, task: str, subject: str, **args: str) -> Config | None:
        """Return a configuration with the keys that its sources need; None where this worker lacks one."""
        config = with_keys_for(config, [profile.source for profile in config.profiles.values()])
        try:
            check_runs_nothing(config)
            config.services.keys(self._looker.ports.env)
        except ConfigError as error:
            self._leave(of, error, task, subject, **args)
            return None
        return config

    def _leave(self, of: str, error: ConfigError, task: str, subject: str | int, **args: str | int) -> None:
        """Leave a job to others, for what it needs is not here; whoever has it takes it."""
        is_new = of not in self.lacking
        self.lacking.add(of)
        self._lacks()
        with self._store.writing() as connection:
            signs.note_lack(connection, self._worker, of, error.words)
            queue.defer(connection, task, of, subject, **args)
        if is_new:
            self._reporter.say("warning", error.words, hint=error.hint or None)

    @contextmanager
    def _looking(self, run: str, names: Sequence[str]) -> Iterator[LookProgress]:
        """Give what tells how far a look is."""
        progress = LookProgress(self._clock, self._stop)
        self._under_way[run] = progress
        try:
            with self._reporter.speaking_of(run=run, profile=some(names)):
                yield progress
        finally:
            self._under_way.pop(run, None)

    def admits(self, library: str) -> bool:
        """Whether a library may be asked now, by its name."""
        with self._store.reading() as connection:
            return due.admits(connection, library, self._clock.now())


def _by_turn(
    looks: Sequence[Look], read: Mapping[str, Waiting | Outcome], turns: Sequence[Turn]
) -> list[tuple[Turn, Waiting | Outcome]]:
    """Return what came of a question about several libraries, with the profiles of each."""
    found: list[tuple[Turn, Waiting | Outcome]] = []
    for turn in turns:
        if its := tuple(look for look in looks if look.profile in turn.whys):
            found.append((turn, Outcome(its)))
        found += [(turn, one) for name, one in read.items() if name in turn.whys]
    return found


def _told(outcome: Outcome, worker: str) -> dict[str, Any]:
    """Return what the scheduler tells of how looks ended.

    Returns:
        the worker's name; of each look what `Look.to_json` gives, and more; of their run what `Metrics.ran` takes.
    """
    report = outcome.report
    return {
        "worker": worker,
        "looks": [
            {
                **with_codes(look.to_json()),
                "why": sorted(look.why),
                "sifted": look.sifted,
                "ended": not (look.stopped or look.put_off),
                "summary": kept(summary(look)),
            }
            for look in outcome.looks
        ],
        "run": report
        and {
            "counts": report.counts,
            "requests": [report.requests.read, report.requests.write, report.requests.limited],
            "seconds": report.seconds,
            "failed": bool(report.error or report.unread),
        },
    }
