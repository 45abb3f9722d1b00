"""Who of the fleet is due, who may go, what was read and waits: the daemon's roster, in tables that all workers share.

Each function works in its caller's transaction, and asks no source and no library. Times are ISO texts in UTC with
whole seconds, which compare as texts.
"""

from __future__ import annotations

import json
import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from syncd.config import Config
from syncd.daemon.roster import HALF, REFUSED, Gate, Setback, delay
from syncd.daemon.work import Outcome
from syncd.fleet.settings import Entry, Shared, next_time, restored
from syncd.fleet.signs import alive
from syncd.messages import kept, recalled
from syncd.state import tables as db
from syncd.state.postgres import change
from syncd.state.search import chunks
from syncd.state.store import PATIENTLY, upsert

MARK = "fleet_settings"
# So many profiles at a time become due, and are given jobs to read them.
MOST = 1000
# So many profiles are read at one place for each worker, lest a server that hangs takes all that workers can do at a
# time, which usually is one more.
PER_WORKER = 3
# Profiles of one service that fall due within so long are asked about together.
SOON = timedelta(minutes=15)

# As an index finds them, which knows nothing of what is unlike a text.
IS_DUE = db.fleet_profile.c.due > ""
PROFILE, LIBRARY, PAGE = db.fleet_profile.c, db.fleet_library.c, db.fleet_page.c


def text_of(moment: datetime) -> str:
    """Return a time as the tables have it."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


# What the scheduler tells


def take_over(
    connection: sa.Connection,
    shared: Shared,
    libraries: Mapping[str, str],
    entries: Sequence[Entry],
    now: datetime,
) -> None:
    """Follow whom the scheduler's configuration names. Who is new or has other settings is due.

    All gates are opened: the user may have mended what was wrong.

    Args:
        connection: the transaction.
        shared: what holds for all profiles.
        libraries: settings by name.
        entries: the profiles.
        now: the time.
    """
    # When each of a hundred thousand comes next takes a while to find out.
    connection.execute(PATIENTLY)
    known = shared_settings(connection)
    upsert(connection, db.mark, [{"name": MARK, "value": json.dumps(asdict(shared))}])
    connection.execute(sa.delete(db.fleet_library).where(LIBRARY.name.not_in(list(libraries))))
    rows = [{"name": name, "settings": settings} for name, settings in libraries.items()]
    known_ones = connection.execute(sa.select(LIBRARY.name, LIBRARY.settings))
    before = {row.name: row.settings for row in known_ones}
    upsert(connection, db.fleet_library, rows, by=["name"])
    for table in (db.fleet_library, db.fleet_profile):
        connection.execute(sa.update(table).where(table.c.closed_until != "").values(closed_until=""))
    numbered = connection.execute(sa.select(LIBRARY.name, LIBRARY.id))
    numbers = {row.name: row.id for row in numbered}
    moved = {name for name, settings in libraries.items() if before.get(name) != settings}
    _follow(connection, shared, [replace(e, library=str(numbers[e.library])) for e in entries], now)
    changed = {numbers[name] for name in moved if name in before}
    if known is not None and known != shared:
        changed = set(numbers.values())
    if changed:
        which = sa.select(PROFILE.name).where(PROFILE.library.in_(changed))
        want(connection, connection.scalars(which).all(), "settings", now)
        forget_pages(connection, PAGE.profile.in_(which))


def _follow(connection: sa.Connection, shared: Shared, entries: Sequence[Entry], now: datetime) -> None:
    """Take over profiles, whose libraries are numbers by now."""
    columns = (PROFILE.settings, PROFILE.library, PROFILE.place, PROFILE.together)
    known = {row[0]: tuple(row[1:]) for row in connection.execute(sa.select(PROFILE.name, *columns))}
    names = {entry.name for entry in entries}
    for part in chunks(known.keys() - names):
        connection.execute(sa.delete(db.fleet_profile).where(PROFILE.name.in_(part)))
    found = {e.name: (e.settings, int(e.library), e.place, e.together) for e in entries}
    other = [name for name, row in found.items() if known.get(name) != row]
    timezone = shared.timezone
    rows = [
        {
            "name": name,
            **dict(zip(("settings", "library", "place", "together"), found[name], strict=True)),
            "next": text_of(next_time(found[name][0], timezone, now)),
        }
        for name in other
    ]
    upsert(connection, db.fleet_profile, rows)
    for part in chunks(other):
        forget_pages(connection, PAGE.profile.in_(part))
    new = [name for name in other if name not in known]
    want(connection, new, "start", now)
    # Whom others are asked about together with may change without a change of its own.
    same = {name for name in other if name in known and known[name][:2] == found[name][:2]}
    want(connection, [name for name in other if name in known and name not in same], "settings", now)


def shared_settings(connection: sa.Connection) -> Shared | None:
    """Return what holds for all profiles; None where no scheduler has told."""
    told = connection.scalar(sa.select(db.mark.c.value).where(db.mark.c.name == MARK))
    return Shared(**json.loads(told)) if told else None


def want(
    connection: sa.Connection, names: Iterable[str], why: str, now: datetime, *, at_once: bool = False
) -> None:
    """Note that profiles are due.

    Args:
        connection: the transaction.
        names: those that are unknown are passed over.
        why: "start", "schedule", "files", "asked".
        now: the time.
        at_once: whatever failed before, also of their libraries.
    """
    names = sorted(names)
    if at_once:
        _open_libraries(connection, names)
    changes = [(row, _wanted(row, why, now)) for row in _held(connection, names).values()]
    if at_once:
        changes = [(row, values | {"closed_until": ""}) for row, values in changes]
    _change(connection, changes)


def _wanted(row: sa.Row[Any], why: str, now: datetime) -> dict[str, Any]:
    """Return what a profile is that is due, and why."""
    values: dict[str, Any] = {
        "why": json.dumps(sorted({*json.loads(row.why), why})),
        "due": row.due or text_of(now),
    }
    # What is being read just now is new enough: else who takes longer than that would never come to an end.
    if why != "schedule" or not row.due:
        values["turn"] = row.turn + 1
    if why == "asked":
        values["asked"] = True
    return values


def _held(connection: sa.Connection, names: Iterable[str]) -> dict[str, sa.Row[Any]]:
    """Return profiles by name, in one order, that nobody else changes until the end of the transaction."""
    query = sa.select(db.fleet_profile).order_by(PROFILE.name).with_for_update()
    return {
        row.name: row
        for part in chunks(names)
        for row in connection.execute(query.where(PROFILE.name.in_(part)))
    }


def _change(connection: sa.Connection, changes: Iterable[tuple[sa.Row[Any], Mapping[str, Any]]]) -> None:
    """Change profiles that are held; what stays as it is costs nothing.

    Args:
        connection: the transaction.
        changes: each profile as it was, and what is to be of it.
    """
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row, values in changes:
        if any(getattr(row, name) != value for name, value in values.items()):
            alike.setdefault(tuple(values), []).append({"name": row.name, **values})
    for rows in alike.values():
        change(connection, db.fleet_profile, "name", rows)


def _open_libraries(connection: sa.Connection, names: Iterable[str]) -> None:
    """Let the libraries of profiles be asked, whatever failed before.

    As everywhere here, rows of libraries are taken before those of profiles, and both in one order: who took them the
    other way round would wait for one who waits for it.
    """
    theirs: set[int] = set()
    for part in chunks(names):
        theirs.update(connection.scalars(sa.select(PROFILE.library).where(PROFILE.name.in_(part))))
    for library in sorted(theirs):
        its = sa.and_(LIBRARY.id == library, LIBRARY.closed_until != "")
        connection.execute(sa.update(db.fleet_library).where(its).values(closed_until=""))


def followed(connection: sa.Connection, names: Iterable[str]) -> set[str]:
    """Return those of these profiles that workers look at."""
    query = sa.select(PROFILE.name)
    return {n for part in chunks(names) for n in connection.scalars(query.where(PROFILE.name.in_(part)))}


# Who is due, and who may go


def fall_due(connection: sa.Connection, now: datetime) -> int:
    """Note whose schedules have come, and with them those of their services whose times come soon; return how many."""
    shared = shared_settings(connection)
    if shared is None:
        return 0
    come = sa.select(PROFILE.name).where(PROFILE.next <= text_of(now))
    services = sa.select(PROFILE.together).where(PROFILE.next <= text_of(now), PROFILE.together != "")
    soon = sa.select(PROFILE.name).where(
        PROFILE.together.in_(services.distinct()), PROFILE.next <= text_of(now + SOON)
    )
    # Those that are left come with the next.
    names = connection.scalars(sa.union(come, soon).subquery().select().limit(MOST)).all()
    timezone = shared.timezone
    _change(
        connection,
        [
            (row, {"next": text_of(next_time(row.settings, timezone, now)), **_wanted(row, "schedule", now)})
            for row in _held(connection, names).values()
        ],
    )
    return len(names)


def _is_open(gate: Any, now: str) -> sa.ColumnElement[bool]:
    # A clock that was set back keeps no gate closed.
    return sa.or_(gate.closed_until <= now, gate.closed_since > now)


def may_go(now: datetime) -> sa.ColumnElement[bool]:
    """Of profiles joined with their libraries: who is due and may go now."""
    moment = text_of(now)
    pause = db.pause.c.name
    rests = sa.exists().where(sa.or_(pause == "", pause == PROFILE.name))
    return sa.and_(
        IS_DUE,
        sa.or_(PROFILE.asked, sa.not_(rests)),
        _is_open(PROFILE, moment),
        _is_open(LIBRARY, moment),
    )


def was_read() -> sa.ColumnElement[bool]:
    """Of profiles: whether what was read of them waits for their library."""
    return sa.exists().where(PAGE.profile == PROFILE.name)


BOTH = sa.join(db.fleet_profile, db.fleet_library)


def to_be_read(connection: sa.Connection, now: datetime, place: str | None = None) -> list[tuple[str, str]]:
    """Note that jobs read profiles now, as far as there is room at each place.

    Args:
        connection: the transaction.
        now: the time.
        place: the only one that is meant, if not all.

    Returns:
        name and place of each such profile.
    """
    ready = sa.and_(
        may_go(now),
        sa.not_(was_read()),
        PROFILE.queued == "",
        PROFILE.place != "" if place is None else PROFILE.place == place,
        sa.or_(PROFILE.together == "", PROFILE.whole),
    )
    number = sa.func.row_number().over(partition_by=PROFILE.place, order_by=(PROFILE.due, PROFILE.name))
    ranked = sa.select(PROFILE.name, PROFILE.place, number.label("number")).select_from(BOTH).where(ready)
    ready_ones = ranked.subquery()
    busy = (
        sa.select(PROFILE.place, sa.func.count().label("count"))
        .where(IS_DUE, PROFILE.queued != "")
        .group_by(PROFILE.place)
        .subquery()
    )
    room = PER_WORKER * _workers() - sa.func.coalesce(busy.c.count, 0)
    chosen = (
        sa.select(ready_ones.c.name)
        .select_from(ready_ones.outerjoin(busy, busy.c.place == ready_ones.c.place))
        .where(ready_ones.c.number <= room)
        .limit(MOST)
    )
    update = (
        sa.update(db.fleet_profile)
        # Of two who chose the same one, the second finds it taken.
        .where(PROFILE.name.in_(chosen), PROFILE.queued == "")
        .values(queued=text_of(now))
        .returning(PROFILE.name, PROFILE.place)
    )
    return [(row.name, row.place) for row in connection.execute(update)]


def _workers() -> Any:
    """Of a query: how many workers there are, at least one."""
    return sa.select(sa.func.greatest(sa.func.count(), 1)).where(alive()).scalar_subquery()


def are_due_again(connection: sa.Connection, names: Collection[str], now: datetime) -> bool:
    """Whether any of these profiles became due while it was looked at."""
    ready = sa.and_(may_go(now), sa.not_(was_read()), PROFILE.queued == "")
    query = sa.select(PROFILE.name).select_from(BOTH).where(ready).limit(1)
    return any(connection.scalar(query.where(PROFILE.name.in_(part))) for part in chunks(names))


def not_being_read(connection: sa.Connection, names: Collection[str]) -> None:
    """Note that no job reads these profiles any more."""
    for part in chunks(names):
        those = sa.and_(PROFILE.name.in_(part), PROFILE.queued != "")
        connection.execute(sa.update(db.fleet_profile).where(those).values(queued=""))


def being_read(connection: sa.Connection) -> list[str]:
    """Return the profiles for which a job to read them should be there."""
    return list(connection.scalars(sa.select(PROFILE.name).where(IS_DUE, PROFILE.queued != "")))


def to_be_asked(connection: sa.Connection, now: datetime) -> list[str]:
    """Return the services that are to be asked about many."""
    query = sa.select(PROFILE.together).select_from(BOTH).where(_together(now)).distinct()
    return list(connection.scalars(query))


def _together(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(
        may_go(now),
        PROFILE.together != "",
        sa.not_(PROFILE.whole),
        sa.not_(was_read()),
        PROFILE.queued == "",
    )


def to_be_pushed(connection: sa.Connection, now: datetime, library: int | None = None) -> list[int]:
    """Return the numbers of libraries for which something was read; only of one, if it is named."""
    query = sa.select(PROFILE.library).select_from(BOTH).where(may_go(now), was_read()).distinct()
    if library is not None:
        query = query.where(PROFILE.library == library)
    return list(connection.scalars(query))


def local(connection: sa.Connection, now: datetime) -> list[str]:
    """Return who may go, and is a file that only the scheduler can read."""
    ready = sa.and_(may_go(now), sa.not_(was_read()), PROFILE.place == "")
    return list(connection.scalars(sa.select(PROFILE.name).select_from(BOTH).where(ready).limit(MOST)))


# What a job takes


@dataclass(frozen=True, slots=True)
class Turn:
    """Profiles of one library, as a job takes them.

    Attributes:
        library: its number.
        config: the settings, with this library and these profiles alone.
        whys: what each is looked at for, by name.
        numbers: how often each had become due; who became due again meanwhile is looked at again.
    """

    library: int
    config: Config
    whys: Mapping[str, frozenset[str]]
    numbers: Mapping[str, int]

    def without(self, names: Collection[str]) -> Turn:
        """Return it without some profiles."""
        return replace(self, whys={name: why for name, why in self.whys.items() if name not in names})


def one(connection: sa.Connection, name: str, now: datetime) -> Turn | None:
    """Return a profile that is to be read; None where it is so no more."""
    return turn_of(connection, sa.and_(PROFILE.name == name, may_go(now), sa.not_(was_read())))


def many(connection: sa.Connection, service: str, now: datetime, most: int) -> list[Turn]:
    """Return profiles that a service is to be asked about together, those of one library each."""
    return turns_of(connection, sa.and_(_together(now), PROFILE.together == service), most)


def turn_of(connection: sa.Connection, which: sa.ColumnElement[bool], most: int = 1) -> Turn | None:
    """Return the profiles of one library for which this holds, as a job takes them; None where there is none."""
    return next(iter(turns_of(connection, which, most)), None)


def turns_of(connection: sa.Connection, which: sa.ColumnElement[bool], most: int) -> list[Turn]:
    """Return the profiles for which this holds, those that are due longest; those of one library each."""
    shared = shared_settings(connection)
    query = (
        sa.select(db.fleet_profile, LIBRARY.name.label("of"), LIBRARY.settings.label("settings_of"))
        .select_from(BOTH)
        .where(which)
        .order_by(PROFILE.due, PROFILE.name)
        .limit(most)
    )
    by_library: dict[int, list[sa.Row[Any]]] = {}
    for row in connection.execute(query) if shared else ():
        by_library.setdefault(row.library, []).append(row)
    return [
        Turn(
            number,
            restored(shared, {rows[0].of: rows[0].settings_of}, {row.name: row.settings for row in rows}),
            {row.name: frozenset(json.loads(row.why)) for row in rows},
            {row.name: row.turn for row in rows},
        )
        for number, rows in by_library.items()
        if shared
    ]


def asked(connection: sa.Connection, names: Collection[str]) -> list[str]:
    """Return those of these profiles that somebody asked for."""
    query = sa.select(PROFILE.name).where(PROFILE.asked)
    return [n for part in chunks(names) for n in connection.scalars(query.where(PROFILE.name.in_(part)))]


def note_whole(connection: sa.Connection, names: Collection[str]) -> None:
    """Note that profiles are to be read whole."""
    for part in chunks(names):
        those = sa.and_(PROFILE.name.in_(part), sa.not_(PROFILE.whole))
        connection.execute(sa.update(db.fleet_profile).where(those).values(whole=True))


def forget_pages(connection: sa.Connection, which: sa.ColumnElement[bool]) -> None:
    """Forget what was read."""
    connection.execute(sa.delete(db.fleet_page).where(which))


# How looks ended


@dataclass(frozen=True, slots=True)
class Held:
    """What nobody else changes until the end of a transaction.

    Attributes:
        libraries: by number.
        profiles: by name.
    """

    libraries: Mapping[int, sa.Row[Any]]
    profiles: Mapping[str, sa.Row[Any]]


def hold(connection: sa.Connection, libraries: Collection[int], names: Iterable[str]) -> Held:
    """Let nobody else change libraries and profiles until the end of the transaction; all in the usual order."""
    query = (
        sa.select(db.fleet_library).where(LIBRARY.id.in_(libraries)).order_by(LIBRARY.id).with_for_update()
    )
    return Held({row.id: row for row in connection.execute(query)}, _held(connection, names))


def finish(
    connection: sa.Connection, ended: Sequence[tuple[Turn, Outcome]], held: Held, now: datetime
) -> dict[str, datetime | None]:
    """Note how looks ended; return who is tried again by itself, and when.

    Args:
        connection: the transaction.
        ended: the looks that ended together, with the profiles as the job took them.
        held: their libraries and profiles.
        now: the time.
    """
    gates = {number: gate_of(row) for number, row in held.libraries.items()}
    again: dict[str, datetime | None] = {}
    changes: list[tuple[sa.Row[Any], dict[str, Any]]] = []
    done: list[str] = []
    # Of a library that is gone nothing is noted; nor of a profile.
    for turn, outcome in ((turn, outcome) for turn, outcome in ended if turn.library in gates):
        met: Setback | None = None
        for look in (look for look in outcome.looks if look.profile in held.profiles):
            row, gate, trouble = held.profiles[look.profile], gates[turn.library], look.trouble
            if look.stopped or look.put_off:
                changes.append((row, {"queued": "", "asked": False}))
                continue
            own = gate_of(row)
            closed = _pass(own, gate, trouble, now, is_known=trouble is met)
            met = trouble
            stays = trouble is not None and trouble.comes_again
            again[look.profile] = closed.closed_until if stays else None
            is_same = row.turn == turn.numbers.get(look.profile)
            changes.append((row, {**_columns(own), **_after(row, is_same=is_same, stays=stays)}))
            # What its library did not take is kept for the next time.
            if not (stays and closed is gate):
                done.append(look.profile)
    _change(connection, changes)
    for part in chunks(done):
        forget_pages(connection, PAGE.profile.in_(part))
    for number, row in held.libraries.items():
        if (columns := _columns(gates[number])) != _columns(gate_of(row)):
            connection.execute(sa.update(db.fleet_library).where(LIBRARY.id == number).values(columns))
    return again


def _pass(own: Gate, library: Gate, trouble: Setback | None, now: datetime, *, is_known: bool) -> Gate:
    """Open or close the gates of a profile and of its library after a look; return the one that it waits at, if any.

    Args:
        own: the profile's.
        library: its library's.
        trouble: what kept it from being pushed.
        now: the time.
        is_known: another look has met the same trouble.
    """
    if trouble is None:
        own.open()
        library.open()
    elif not trouble.library:
        _close(own, trouble, now)
    elif not is_known:
        _close(library, trouble, now)
    return library if trouble and trouble.library else own


def _after(row: sa.Row[Any], *, is_same: bool, stays: bool) -> dict[str, Any]:
    """Return what a profile is after a look.

    Args:
        row: as it was.
        is_same: it did not become due again meanwhile.
        stays: it is tried again by itself.
    """
    values: dict[str, Any] = {"queued": "", "asked": row.asked and not is_same}
    if stays:
        values["why"] = json.dumps(sorted({*json.loads(row.why), "again"} - {"asked"}))
    elif is_same:
        values |= {"due": "", "why": "[]", "whole": False}
    return values


def _close(gate: Gate, trouble: Setback, now: datetime) -> None:
    chance = HALF if trouble.together else random.random()  # noqa: S311 - no secret
    wait = REFUSED if trouble.refused else delay(gate.failures + 1, chance, trouble.asked)
    gate.close(trouble, wait, now)


def gate_of(row: sa.Row[Any]) -> Gate:
    """Return what keeps a profile or a library waiting."""
    trouble = None
    if row.trouble:
        told = json.loads(row.trouble)
        trouble = Setback(**{**told, "words": recalled(told["words"])})
    return Gate(row.failures, _moment(row.closed_until), _moment(row.closed_since), trouble)


def _columns(gate: Gate) -> dict[str, Any]:
    trouble = ""
    if gate.trouble:
        trouble = json.dumps(asdict(gate.trouble) | {"words": kept(gate.trouble.words)})
    return {
        "failures": gate.failures,
        "closed_until": text_of(gate.closed_until) if gate.closed_until else "",
        "closed_since": text_of(gate.since) if gate.since else "",
        "trouble": trouble,
    }


def admits(connection: sa.Connection, library: str, now: datetime) -> bool:
    """Whether a library may be asked now, by its name."""
    query = sa.select(LIBRARY.id).where(LIBRARY.name == library, _is_open(LIBRARY, text_of(now)))
    return connection.scalar(query) is not None
