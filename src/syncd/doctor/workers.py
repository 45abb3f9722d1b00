"""A fleet: who schedules, who works, whether the queue moves, and what nobody can do.

Only the database is asked, where the configuration names one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from syncd.clock import local
from syncd.doctor.finding import Check, Finding, Scene
from syncd.messages import message

Json = dict[str, Any]
NAME = "fleet"
# A job that waits for longer tells that there are too few workers, or that none can do it.
LONG = timedelta(minutes=15)
MOST_NAMES = 10


def checks(scene: Scene) -> Iterator[Check]:
    """Yield the check of the fleet."""
    if scene.data.database:
        yield Check(NAME, lambda: _fleet(scene), online=True)


def _fleet(scene: Scene) -> Iterator[Finding]:
    from syncd.fleet.overview import overview  # noqa: PLC0415 - it needs what is not installed everywhere

    fleet = overview(scene.data)
    if fleet is None:
        return
    if fleet["scheduler"]:
        yield Finding(NAME, "ok", message("scheduler-is", scheduler=fleet["scheduler"]))
    else:
        words = message("scheduler-away") if fleet["scheduled"] else message("no-scheduler")
        yield Finding(NAME, "warning", words, "syncd run")
    alive = [worker for worker in fleet["workers"] if worker["alive"]]
    if alive:
        words = message("workers-are", count=len(alive), names=_some([one["name"] for one in alive]))
        yield Finding(NAME, "ok", words)
    else:
        yield Finding(NAME, "failure", message("no-worker"), "syncd worker")
    for worker in fleet["workers"]:
        if not worker["alive"]:
            words = message("worker-silent", worker=worker["name"], seen=local(worker["seen"]))
            yield Finding(NAME, "warning", words)
    yield _queue(fleet["queue"], scene.clock.now())
    for lack in fleet["lacking"]:
        if lack["nobody"]:
            what = lack["library"] or lack["queue"]
            yield Finding(NAME, "failure", message("nobody-can", what=what, reason=lack["message"]))


def _queue(queue: Json, now: datetime) -> Finding:
    """Say whether jobs are done."""
    words = message("queue-holds", waiting=queue["waiting"], running=queue["running"])
    if queue["oldest"] is None or now - datetime.fromisoformat(queue["oldest"]) < LONG:
        return Finding(NAME, "ok", words)
    words = message("queue-since", words=words, since=local(queue["oldest"]))
    return Finding(NAME, "warning", words, message("more-workers"))


def _some(names: list[str]) -> str:
    """Return the names, or the first of many and how many more there are."""
    first, more = ", ".join(names[:MOST_NAMES]), len(names) - MOST_NAMES
    return message("and-more", names=first, count=more) if more > 0 else first
