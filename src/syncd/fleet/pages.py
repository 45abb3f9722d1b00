"""What was read of profiles and waits for their library: what pages say, as JSON that is checked when it is read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError

from syncd.config import Config
from syncd.daemon.looks import TOGETHER
from syncd.daemon.work import Waiting
from syncd.engine.gather import Unread, intake_of, jobs
from syncd.engine.run import Reading
from syncd.errors import SourceError
from syncd.fleet import due
from syncd.messages import kept, recalled
from syncd.model import Profile
from syncd.state import tables as db
from syncd.state.search import chunks

# What was read waits no longer for its library: it is read anew.
STALE = timedelta(days=1)
# How ended looks are kept for who tells of them.
TOLD = timedelta(days=1)


@cache
def _profiles() -> TypeAdapter[Profile]:
    # Made where it is used first: it takes a while.
    return TypeAdapter(Profile)


def put(
    connection: sa.Connection, read: Sequence[tuple[due.Turn, Waiting]], held: due.Held, now: datetime
) -> None:
    """Put what was read of profiles, in place of what was read before.

    Nothing of one that is followed no more; nor of one that became due again meanwhile, perhaps with another source,
    and is read anew; nor where another job has read it as well, and that is pushed already.

    Args:
        connection: the transaction.
        read: what was read, with the profiles as the job took them.
        held: these profiles.
        now: the time.
    """
    due.not_being_read(connection, [waiting.profile for _, waiting in read])
    wanted = {
        waiting.profile: waiting
        for turn, waiting in read
        if (row := held.profiles.get(waiting.profile))
        and row.due
        and row.turn == turn.numbers[waiting.profile]
    }
    for part in chunks(wanted):
        due.forget_pages(connection, due.PAGE.profile.in_(part))
    rows = [
        row for waiting in wanted.values() for row in _rows(waiting, held.profiles[waiting.profile].turn, now)
    ]
    if rows:
        connection.execute(sa.insert(db.fleet_page), rows)


def _rows(waiting: Waiting, turn: int, now: datetime) -> list[dict[str, Any]]:
    """Return what was read of a profile as the table has it."""
    usual = {
        "profile": waiting.profile,
        "since": due.text_of(now),
        "turn": turn,
        "several": len(waiting.reading.intakes) + len(waiting.reading.unread) > 1,
    }
    rows = [
        {
            **usual,
            "origin": intake.origin,
            "digest": intake.digest,
            "content": _profiles().dump_json(intake.profile).decode(),
            "problem": "",
        }
        for intake in waiting.reading.intakes
    ]
    rows += [
        {
            **usual,
            "origin": unread.origin,
            "digest": "",
            "content": "",
            "problem": json.dumps([kept(unread.error.words), kept(unread.error.hint)]),
        }
        for unread in waiting.reading.unread
    ]
    return [{**row, "number": number} for number, row in enumerate(rows)]


def forget_old(connection: sa.Connection, now: datetime) -> None:
    """Forget what waited too long for its library, and was told long ago."""
    due.forget_pages(connection, due.PAGE.since < due.text_of(now - STALE))
    look = db.fleet_look
    connection.execute(sa.delete(look).where(look.c.ended < due.text_of(now - TOLD)))


def read_for(
    connection: sa.Connection, library: int, run: str, now: datetime, most: int = TOGETHER
) -> tuple[due.Turn, list[Waiting]] | None:
    """Return what was read of a library's profiles, and waits to be pushed; None where nothing does."""
    which = sa.and_(due.PROFILE.library == library, due.may_go(now), due.was_read())
    turn = due.turn_of(connection, which, most)
    if turn is None:
        return None
    query = sa.select(db.fleet_page).where(due.PAGE.profile.in_(list(turn.whys)))
    pages: dict[str, list[sa.Row[Any]]] = {}
    for row in connection.execute(query.order_by(due.PAGE.profile, due.PAGE.number)):
        pages.setdefault(row.profile, []).append(row)
    batch = []
    for name, rows in pages.items():
        try:
            reading = _reading(name, rows, turn.config)
        except ValidationError:
            # A worker of another version read it: it is read anew.
            due.forget_pages(connection, due.PAGE.profile == name)
        else:
            batch.append(Waiting(name, turn.whys[name], run, turn.config, reading))
    numbers = {name: rows[0].turn for name, rows in pages.items()}
    return (replace(turn, numbers=numbers), batch) if batch else None


def _reading(name: str, rows: Sequence[sa.Row[Any]], config: Config) -> Reading:
    (job,) = jobs(config, (name,), None)
    intakes = tuple(
        intake_of(
            job,
            config,
            _profiles().validate_json(row.content, strict=True),
            row.origin,
            row.digest,
            several=row.several,
        )
        for row in rows
        if row.content
    )
    unread = []
    for row in rows:
        if row.problem:
            words, hint = map(recalled, json.loads(row.problem))
            unread.append(Unread(name, row.origin, SourceError(words, origin=row.origin, hint=hint)))
    return Reading((job,), intakes, tuple(unread))
