"""The pace at which all workers together ask a web server: a bucket a server, and a key that it is asked with.

A bucket holds one request, and is full again after the server's interval. It is emptied in a short transaction before
each request, by the database's clock, for the clocks of computers differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from syncd.sources.pace import (
    DEFAULT_INTERVAL,
    FASTER,
    INTERVALS,
    LONGEST_HOLD,
    LONGEST_INTERVAL,
    SLOWER,
    SLOWEST,
    TINY,
    TOO_MANY,
    Pace,
    together,
)
from syncd.state import tables as db
from syncd.state.store import Store

# What follows is made of our own words alone.
# ruff: noqa: S608
NOW = "extract(epoch FROM clock_timestamp())"
# Of two who come at once, the second waits for the first, and finds the bucket empty.
TAKE = sa.text(
    "INSERT INTO fleet_pace AS bucket (host, key, next, interval, slowed)"
    f" VALUES (:host, :key, {NOW} + :interval, :interval, 1) ON CONFLICT (host, key)"
    f" DO UPDATE SET next = {NOW} + least(bucket.interval * bucket.slowed, {LONGEST_INTERVAL})"
    f" WHERE bucket.next <= {NOW} RETURNING 1"
)
LEFT = sa.text(f"SELECT next - {NOW} FROM fleet_pace WHERE host = :host AND key = :key")
HOLD = sa.text(
    "INSERT INTO fleet_pace AS bucket (host, key, next, interval, slowed)"
    f" VALUES (:host, :key, {NOW} + :seconds, :interval, 1) ON CONFLICT (host, key)"
    f" DO UPDATE SET next = greatest(bucket.next, {NOW} + :seconds)"
)


class SharedPace(Pace):
    """The pace of each host, shared by all that use one database.

    Args:
        database: its address. It is opened when something is asked for.
        default: seconds between two requests to a host of which nothing is known.
        intervals: seconds for those of which something is.
    """

    def __init__(
        self, database: str, default: float = DEFAULT_INTERVAL, intervals: Mapping[str, float] = INTERVALS
    ) -> None:
        super().__init__(default, intervals)
        self._database = database

    @cached_property
    def _store(self) -> Store:
        return Store(self._database)

    def turn(self, host: str, now: float, key: str = "") -> float:
        """Take the next turn at a host, if it has come: see `Pace.turn`.

        Raises:
            AwayError: the database does not answer.
        """
        with self._lock:
            known = self._host(host)
            wait, interval = known.held.get(key, 0.0) - now, known.interval
        if wait > TINY:
            return wait
        bucket = {"host": together(host), "key": key}
        with self._store.writing() as connection:
            if connection.scalar(TAKE, {**bucket, "interval": interval}):
                return 0.0
            left: float | None = connection.scalar(LEFT, bucket)
            return max(float(left or 0.0), TINY)

    def hold(self, host: str, now: float, seconds: float, key: str = "") -> None:
        """Let no worker ask a host with a key for some time."""
        super().hold(host, now, seconds, key)
        with self._lock:
            interval = self._host(host).interval
        values = {"host": together(host), "key": key, "seconds": min(seconds, LONGEST_HOLD)}
        with self._store.writing() as connection:
            connection.execute(HOLD, {**values, "interval": interval})

    def slow(self, host: str, interval: float) -> None:
        """Ask a host no more often than each `interval` seconds, within reason."""
        with self._lock:
            before = self._host(host).interval
        super().slow(host, interval)
        self._share_interval(host, before)

    def learn(  # noqa: PLR0913, PLR0917 - as `Pace.learn`
        self,
        host: str,
        headers: Mapping[str, str],
        now: float,
        today: datetime,
        status: int = 200,
        key: str = "",
    ) -> None:
        """Take from an answer what it says about the pace, for all workers: see `Pace.learn`."""
        with self._lock:
            before = self._host(host).interval
        super().learn(host, headers, now, today, status, key)
        self._share_interval(host, before)
        bucket = db.fleet_pace.c
        slowed: sa.ColumnElement[Any]
        if status in TOO_MANY:
            slowed = sa.func.least(bucket.slowed * SLOWER, SLOWEST)
            change = sa.update(db.fleet_pace)
        else:
            slowed = sa.func.greatest(bucket.slowed * FASTER, 1.0)
            change = sa.update(db.fleet_pace).where(bucket.slowed > 1.0)
        change = change.where(bucket.host == together(host), bucket.key == key).values(slowed=slowed)
        with self._store.writing() as connection:
            connection.execute(change)

    def _share_interval(self, host: str, before: float) -> None:
        """Let all know of an interval that was learnt just now."""
        with self._lock:
            interval = self._host(host).interval
        if interval != before:
            change = sa.update(db.fleet_pace).where(db.fleet_pace.c.host == together(host))
            with self._store.writing() as connection:
                connection.execute(change.values(interval=interval))
