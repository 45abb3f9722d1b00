"""What is to be seen of a fleet: who works, what waits, what nobody can do, and how its profiles are."""

from __future__ import annotations

import json
from collections.abc import Collection
from contextlib import closing
from typing import Any

import sqlalchemy as sa

from syncd.daemon.roster import Gate
from syncd.errors import SyncdError
from syncd.fleet import due, signs
from syncd.fleet.queue import prepared, queue_of, queue_of_library
from syncd.messages import message, recalled
from syncd.paths import DataFolder
from syncd.state import tables as db
from syncd.state.search import chunks
from syncd.state.store import Store
from syncd.state.turn import scheduler

Json = dict[str, Any]


def overview(data: DataFolder) -> Json | None:
    """Return what is to be known of a fleet; None where no scheduler has ever run, and no worker is there.

    Returns:
        "scheduled", whether a scheduler has ever run; "scheduler", which one is at work, or ""; what `workers` gives;
        and of each profile, in "profiles", what `live` gives.
    """
    with closing(Store.of(data)) as store, store.reading() as connection:
        if prepared(connection) is None:
            return None
        scheduled = due.shared_settings(connection) is not None
        names = connection.scalars(sa.select(db.fleet_profile.c.name)).all()
        return {
            "scheduled": scheduled,
            "scheduler": scheduler(connection),
            **workers(connection),
            "profiles": list(live(connection, names).values()),
        }


def workers(connection: sa.Connection) -> Json:
    """Return who works, what waits in the queue, and which libraries nobody can push to."""
    worker, library = db.fleet_worker.c, db.fleet_library.c
    jobs = sa.text(
        "SELECT count(*) FILTER (WHERE status = 'todo') AS waiting,"
        " count(*) FILTER (WHERE status = 'doing') AS running,"
        " (SELECT min(event.at) FROM procrastinate_events event JOIN procrastinate_jobs job ON job.id = event.job_id"
        " WHERE job.status = 'todo' AND event.type = 'deferred') AS oldest"
        " FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
    )
    counted = connection.execute(jobs).one()
    query = sa.select(db.fleet_worker, signs.alive().label("alive"))
    rows = connection.execute(query.order_by(worker.started, worker.name)).all()
    alive = {row.name for row in rows if row.alive}
    lacks: dict[str, dict[str, str]] = {}
    for row in connection.execute(sa.select(db.fleet_lack)):
        lacks.setdefault(row.queue, {})[row.worker] = row.words
    numbered = connection.execute(sa.select(library.id, library.name))
    names = {queue_of_library(row.id): row.name for row in numbered}
    return {
        "workers": [
            {
                "name": row.name,
                "host": row.host,
                "version": row.version,
                "since": row.started,
                "seen": row.seen,
                "alive": row.alive,
                "doing": [recalled(text) for text in json.loads(row.doing)],
            }
            for row in rows
        ],
        "queue": {
            "waiting": counted.waiting,
            "running": counted.running,
            "oldest": counted.oldest and due.text_of(counted.oldest),
        },
        "lacking": [
            {
                "library": names.get(queue),
                "queue": queue,
                "workers": sorted(by),
                "nobody": alive <= by.keys(),
                "message": recalled(next(iter(by.values()))),
            }
            for queue, by in sorted(lacks.items())
        ],
    }


def nobody_can(connection: sa.Connection, names: Collection[str]) -> dict[str, SyncdError]:
    """Return those of these profiles that no worker can look at, and why; they are looked at once one can."""
    alive = set(connection.scalars(sa.select(db.fleet_worker.c.name).where(signs.alive())))
    if not alive:
        return dict.fromkeys(names, SyncdError(message("no-worker"), hint=message("asked-for-later")))
    lacks: dict[str, dict[str, str]] = {}
    for row in connection.execute(sa.select(db.fleet_lack)):
        lacks.setdefault(row.queue, {})[row.worker] = row.words
    found: dict[str, SyncdError] = {}
    profile, library = db.fleet_profile.c, db.fleet_library.c
    query = sa.select(profile.name, profile.place, profile.library, library.name.label("of")).select_from(
        due.BOTH
    )
    for part in chunks(names) if lacks else ():
        for row in connection.execute(query.where(profile.name.in_(part))):
            needed = {queue_of_library(row.library): row.of} | (
                {queue_of(row.place): row.place} if row.place else {}
            )
            for queue, what in needed.items():
                if alive <= lacks.get(queue, {}).keys():
                    reason = recalled(next(iter(lacks[queue].values())))
                    words = message("nobody-can", what=what, reason=reason)
                    found[row.name] = SyncdError(words, hint=message("asked-for-later"))
    return found


def live(connection: sa.Connection, names: Collection[str]) -> dict[str, Json]:
    """Return what is to be known of profiles now, by name: next, running, trouble, met, again."""
    gates = {row.id: due.gate_of(row) for row in connection.execute(sa.select(db.fleet_library))}
    query = sa.select(db.fleet_profile, due.was_read().label("was_read"))
    return {
        row.name: _live(row, gates[row.library])
        for part in chunks(names)
        for row in connection.execute(query.where(db.fleet_profile.c.name.in_(part)))
    }


def _live(row: sa.Row[Any], library: Gate) -> Json:
    closed = next((gate for gate in (library, due.gate_of(row)) if gate.trouble), Gate())
    trouble, until = closed.trouble, closed.closed_until
    running = None
    if row.due and row.was_read:
        running = message("waiting-for-its-library")
    elif row.queued:
        running = message("waiting-to-be-read")
    return {
        "name": row.name,
        "next": row.next,
        "running": running,
        "trouble": trouble.words if trouble else None,
        "met": due.text_of(closed.since) if closed.since else None,
        "again": due.text_of(until) if until and trouble and trouble.comes_again else None,
    }
