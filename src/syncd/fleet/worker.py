"""A worker: takes jobs from the queue until it is told to end. It keeps nothing on this computer beyond its life.

What is under way when it is to end goes on to the end of its chunk. Where the database is away, the worker waits, says
so once, and goes on when it is back.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import logging
import os
import secrets
import shutil
import signal
import socket
import stat
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

import psycopg
import psycopg_pool
from procrastinate import App, PsycopgConnector, exceptions, manager
from procrastinate.jobs import DeleteJobCondition, Status
from procrastinate.worker import Worker as Taker

from syncd import __version__
from syncd.clock import Clock
from syncd.config.load import defaults
from syncd.daemon.logs import configure
from syncd.daemon.parser import Parser
from syncd.daemon.tell import Reporter
from syncd.daemon.work import Looker, StoppableClock
from syncd.engine.ports import Ports
from syncd.errors import AwayError, LockedError, StateError, SyncdError
from syncd.fleet import queue, signs
from syncd.fleet.bucket import SharedPace
from syncd.fleet.jobs import Jobs
from syncd.messages import message
from syncd.paths import DataFolder
from syncd.state.store import Store
from syncd.state.turn import Presence

# Seconds between two signs of life.
SIGN = 10.0
# A worker that gave none for so long is believed dead, and what it did is left to others.
DEAD = 30.0
# What is lacking here may have come meanwhile: so many signs of life later it is tried again.
TRIED_AGAIN = 60
# Seconds between two tries to reach the database: the first, and the longest.
SOON, LATER = 0.5, 15.0
# What is being written has this long to come to the end of its chunk.
GRACE = 8.0
# Seconds that a library is waited for which another run is at work on; then others get their turn.
PATIENCE = 5.0
# The queue tells at once of a new job, and nobody of one whose turn comes when another ends: it is looked for so often.
POLLING = 1.0
# Failed jobs are kept for those who look into the database.
KEPT_HOURS = 24
# What a worker fetched and may need again is in a folder of this name, as long as it lives; one that is younger may be
# without its lock still.
FOLDER, YOUNG = "syncd-worker-", 60.0
# Threads beside those of the jobs: signs of life, and what falls due each minute.
SPARE = 2

CONNECTION = {"connect_timeout": 10, "application_name": "syncd worker"}
GONE = (
    AwayError,
    LockedError,
    exceptions.ConnectorException,
    psycopg.OperationalError,
    psycopg_pool.PoolTimeout,
    OSError,
)


class Worker:
    """A worker.

    Args:
        ports: the world; its data folder names the database, and is a private one.
        concurrency: how many jobs it does at a time.
        reporter: tells the world what happens.
    """

    def __init__(self, ports: Ports, concurrency: int, reporter: Reporter) -> None:
        self._stop = threading.Event()
        self._parser = Parser()
        self._database = ports.data.database
        self._concurrency = concurrency
        self._reporter = reporter
        clock = StoppableClock(ports.clock, self._stop)
        self._ports = replace(ports, clock=clock, parse=self._parser.parse)
        host = socket.gethostname()
        self._name = f"{host}-{os.getpid()}-{secrets.token_hex(2)}"
        self._told = {
            "name": self._name,
            "host": host,
            "version": __version__,
        }
        self._presence = Presence(self._database, message("a-worker"), ports.clock)
        self._taker: Taker | None = None
        # The number of the one before, whose end could not be noted.
        self._former: int | None = None
        self._is_away = False
        # Why it ends by itself.
        self._failed: StateError | None = None
        self._wake = asyncio.Event()

    def run(self) -> None:
        """Take jobs until a signal ends it.

        Raises:
            StateError: the database can't be used, though it answers.
        """
        try:
            asyncio.run(self._live())
        finally:
            self._presence.close()
            self._parser.close()
        if self._failed is not None:
            raise self._failed

    async def _live(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(self._concurrency + SPARE))
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._asked_to_end, signal.Signals(number).name)
        loop.set_exception_handler(self._unheard)
        wait = SOON
        while not self._stop.is_set():
            try:
                await self._take_jobs()
            except GONE as error:
                self._gone(error)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), wait)
                wait = min(2 * wait, LATER) if self._is_away else SOON
        self._reporter.say("info", message("ended"))

    def _unheard(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Take an error that nobody awaits: of a job whose end can't be noted, for the database is away or noted it."""
        error = context.get("exception")
        if isinstance(error, Exception) and not isinstance(error, GONE):
            self._reporter.failed(error)

    def _gone(self, error: Exception) -> None:
        """Say once that the database is away."""
        reason = error.words if isinstance(error, SyncdError) else message("database-lost")
        if not self._is_away and not self._stop.is_set():
            self._is_away = True
            self._reporter.say("warning", reason, hint=message("worker-waits"))
            # A worker that waits is up: whoever started it must not give it up.
            self._reporter.ready_again(reason)
        self._reporter.alive(reason)

    async def _take_jobs(self) -> None:
        """Take jobs until the end, or until the database is away."""
        await asyncio.to_thread(self._presence.keep)
        store = await asyncio.to_thread(Store, self._database)
        await asyncio.to_thread(queue.prepare, store)
        jobs = self._jobs(store)
        app = self._app(jobs)
        async with app.open_async():
            await self._end_former(app.job_manager)
            self._taker = taker = Taker(
                app,
                concurrency=self._concurrency,
                delete_jobs=DeleteJobCondition.SUCCESSFUL,
                install_signal_handlers=False,
                fetch_job_polling_interval=POLLING,
                update_heartbeat_interval=SIGN,
                stalled_worker_timeout=DEAD,
            )
            if self._stop.is_set():
                return
            await asyncio.to_thread(self._sign, store, jobs)
            self._began()
            signs = asyncio.create_task(self._show_signs(store, jobs))
            try:
                await taker.run()  # type: ignore[no-untyped-call]
            finally:
                signs.cancel()
                self._former, self._taker = taker.worker_id, None
            await asyncio.to_thread(self._sign_off, store)
        if not self._stop.is_set():
            raise AwayError(message("database-lost"))

    def _began(self) -> None:
        words = message("worker-goes-on") if self._is_away else message("worker-at-work")
        self._is_away = False
        self._reporter.ready_again(words)
        self._reporter.say("info", words, worker=self._name, concurrency=self._concurrency)

    def _jobs(self, store: Store) -> Jobs:
        def admits(library: str) -> bool:
            return jobs.admits(library)

        ports = replace(self._ports, pace=SharedPace(self._database))
        looker = Looker(ports, admits, patience=PATIENCE, who=message("a-worker"))

        def lacks() -> None:
            self._choose_queues(store, jobs)

        jobs = Jobs(self._name, store, looker, self._reporter, self._stop, lacks, self._reporter.tell)
        return jobs

    def _app(self, jobs: Jobs) -> App:
        """Return procrastinate's application, with our tasks."""
        app = App(
            connector=PsycopgConnector(
                conninfo=self._database, kwargs=CONNECTION, min_size=1, max_size=3, timeout=GRACE
            )
        )
        for task, job in ((queue.READ, jobs.read), (queue.ASK, jobs.ask), (queue.PUSH, jobs.push)):
            app.task(name=task)(self._guarded(job))

        @app.periodic(cron="* * * * *", priority=queue.PRIORITIES[queue.EACH_MINUTE])
        @app.task(name=queue.EACH_MINUTE)
        async def each_minute(timestamp: int = 0) -> None:  # noqa: ARG001 - procrastinate gives it
            await _end_stalled(app.job_manager)
            await asyncio.to_thread(self._guarded(jobs.each_minute))

        return app

    def _guarded(self, job: Callable[..., None]) -> Callable[..., None]:
        """Let a fault be told, and no more: what is to be done stands in the tables, and comes again."""

        def run(**args: Any) -> None:
            try:
                job(**args)
            except AwayError:
                pass  # the worker notices it as well, and says so once
            except Exception as error:  # noqa: BLE001 - one job's trouble is not the worker's
                self._reporter.failed(error)

        return run

    async def _end_former(self, jobs: manager.JobManager) -> None:
        """Note the end of jobs that ended while the database was away."""
        if self._former is not None:
            for job in await jobs.list_jobs_async(status=Status.DOING.value, worker_id=self._former):
                await jobs.finish_job(job, Status.FAILED, delete_job=False)
            await jobs.unregister_worker(self._former)
            self._former = None

    # Signs of life

    async def _show_signs(self, store: Store, jobs: Jobs) -> None:
        count = 0
        while True:
            await asyncio.sleep(SIGN)
            count += 1
            try:
                if count % TRIED_AGAIN == 0:
                    await asyncio.to_thread(self._try_again, store, jobs)
                await asyncio.to_thread(self._sign, store, jobs)
            except AwayError:
                pass  # the queue notices it too
            except LockedError:
                # The state was moved while the connection was broken: the worker waits.
                if self._taker is not None:
                    self._taker.stop()  # type: ignore[no-untyped-call]
            except StateError as error:
                self._failed = error
                self._end()
            if words := jobs.hanging:
                # Who started the worker, and hears nothing from now on, will start it anew.
                self._reporter.say("error", message("look-hangs", stage=words))
            else:
                self._reporter.alive(message("worker-at-work"))

    def _sign(self, store: Store, jobs: Jobs) -> None:
        # A newer syncd may have changed the tables meanwhile: this worker is to be upgraded too.
        Store(self._database).close()
        self._presence.keep()
        with store.writing() as connection:
            signs.sign(connection, {**self._told, "doing": json.dumps(jobs.words)})
        self._choose_queues(store, jobs)

    def _sign_off(self, store: Store) -> None:
        with store.writing() as connection:
            signs.sign_off(connection, self._name)

    def _try_again(self, store: Store, jobs: Jobs) -> None:
        jobs.lacking.clear()
        with store.writing() as connection:
            signs.forget_lacks(connection, self._name)

    def _choose_queues(self, store: Store, jobs: Jobs) -> None:
        """Take no jobs from queues whose jobs need what is not here."""
        if self._taker is None:
            return
        if not jobs.lacking:
            self._taker.queues = None
            return
        with store.reading() as connection:
            libraries = signs.library_numbers(connection)
        every = [*queue.READING, *map(queue.queue_of_library, libraries)]
        self._taker.queues = [name for name in every if name not in jobs.lacking]

    # Its end

    def _asked_to_end(self, name: str) -> None:
        """End: no new job, those under way to the end of their chunk."""
        if self._stop.is_set():
            os._exit(1)
        self._reporter.say("info", message("ending"), signal=name)
        self._end()

    def _end(self) -> None:
        self._reporter.ending()
        self._stop.set()
        self._wake.set()
        if self._taker is not None:
            self._taker.stop()  # type: ignore[no-untyped-call]
        asyncio.get_running_loop().call_later(GRACE, self._leave)

    def _leave(self) -> None:
        """Leave what does not end: the journal knows what it was about to do, and others repair it."""
        self._reporter.say("warning", message("worker-cut-off"))
        self._parser.close()
        shutil.rmtree(self._ports.data.root, ignore_errors=True)
        sys.stderr.flush()
        os._exit(0)


async def _end_stalled(jobs: manager.JobManager) -> None:
    """Note the end of jobs whose workers died: what they were to do stands in our tables, and is put in anew."""
    for job in await jobs.get_stalled_jobs(seconds_since_heartbeat=DEAD):
        # Another worker may have done so, or it lives after all and has ended it.
        with suppress(exceptions.ConnectorException):
            await jobs.finish_job(job, Status.FAILED, delete_job=False)
    await jobs.delete_old_jobs(KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True)


@contextmanager
def _folder() -> Iterator[Path]:
    """Give a private folder for answers of web servers, which can be fetched again; nothing of a library goes there."""
    with tempfile.TemporaryDirectory(prefix=FOLDER) as folder:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield Path(folder)
        finally:
            os.close(descriptor)


def _sweep(clock: Clock) -> None:
    """Remove the folders of workers that were killed: nobody has their locks any more."""
    old = clock.now().timestamp() - YOUNG
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER}*"):
        # Another worker may sweep as well.
        with suppress(OSError):
            status = folder.lstat()
            if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mtime > old:
                continue
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
            finally:
                os.close(descriptor)


def serve(ports: Ports, concurrency: int, stream: TextIO) -> None:
    """Be a worker until a signal ends it.

    Args:
        ports: the world. Of its data folder only the database is used.
        concurrency: how many jobs it does at a time.
        stream: where the log goes.

    Raises:
        StateError: the database can't be used, though it answers.
    """
    configure(stream, ports.env, clock=ports.clock)
    # What is to be said of jobs is said by us.
    logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)
    _sweep(ports.clock)
    with _folder() as folder:
        world = replace(ports, data=DataFolder(folder, ports.data.database))
        with Reporter(defaults(), world) as reporter:
            Worker(world, concurrency, reporter).run()
