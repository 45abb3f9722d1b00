"""News of new papers: what is new, in words, when they are sent, to whom, and how.

Each is sent once, whatever fails or restarts. No error holds an address, for an address may be a password too.
"""

from __future__ import annotations

import json
import logging
import os
import random
import signal
import subprocess
import threading
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Protocol

import sqlalchemy as sa

from syncd.clock import Clock
from syncd.config import Library
from syncd.daemon.logs import get_logger
from syncd.daemon.roster import delay
from syncd.engine.ports import Ports
from syncd.errors import ConfigError, SendError, SyncdError
from syncd.messages import message
from syncd.state import store as db
from syncd.state.libraries import remembered
from syncd.state.store import Store
from syncd.text.plain import on_one_line

MOST_TITLES = 50
MOST_PROFILES = 3
LONGEST = 300


@dataclass(frozen=True, slots=True)
class NewPaper:
    """A paper that syncd created in a library.

    Attributes:
        library: the library's name in the configuration.
        profile: whose paper it is, as people know them.
        title: the paper's.
        key: its item's key.
        link: where its item can be opened, if that is known.
    """

    library: str
    profile: str
    title: str
    key: str
    link: str | None = None

    @property
    def identity(self) -> str:
        """What tells it from every other one."""
        return f"{self.library}/{self.key}"


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent.

    Attributes:
        subject: one line.
        body: several.
    """

    subject: str
    body: str


def digest(papers: Sequence[NewPaper]) -> Message:
    r"""Return what is to be said of new papers, the profile with most of them first.

    >>> digest([NewPaper("main", "Jane Doe", "A", "K1"), NewPaper("main", "Jane Doe", "B", "K2")])
    Message(subject='2 new papers: Jane Doe', body='Jane Doe\n- A\n- B\n')
    """
    several = len({paper.library for paper in papers}) > 1
    groups: dict[str, list[NewPaper]] = {}
    for paper in papers:
        name = _one_line(paper.profile) or message("no-name")
        if several:
            name = message("name-in-library", name=name, library=_one_line(paper.library))
        groups.setdefault(name, []).append(paper)
    ordered = sorted(groups.items(), key=lambda group: -len(group[1]))
    return Message(_subject(len(papers), [(name, len(group)) for name, group in ordered]), _body(ordered))


def _subject(number: int, profiles: Sequence[tuple[str, int]]) -> str:
    if len(profiles) == 1:
        return message("new-papers-of", count=number, profiles=profiles[0][0])
    names = ", ".join(f"{name} ({count})" for name, count in profiles[:MOST_PROFILES])
    rest = len(profiles) - MOST_PROFILES
    if rest > 0:
        names = message("and-more", names=names, count=rest)
    return message("new-papers-of", count=number, profiles=names)


def _body(groups: Iterable[tuple[str, Sequence[NewPaper]]]) -> str:
    parts: list[str] = []
    room = MOST_TITLES
    left_out = 0
    for name, papers in groups:
        if shown := papers[:room]:
            parts.append("\n".join([name, *map(_entry, shown)]))
        room -= len(shown)
        left_out += len(papers) - len(shown)
    if left_out:
        parts.append(message("and-number-more", count=left_out))
    return "\n\n".join(parts) + "\n"


def _entry(paper: NewPaper) -> str:
    return f"- {_one_line(paper.title)}" + (f"\n  {paper.link}" if paper.link else "")


def _one_line(text: str) -> str:
    """Return the text in one line, cut, without what environments and mail can't carry."""
    line = "".join(c for c in " ".join(on_one_line(text).split()) if unicodedata.category(c) != "Cs")
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


COMMAND_SECONDS = 30.0
# What a command gets of syncd's environment, in which keys may be: who and where it is, and the way to a desktop.
PASSED_ON = frozenset(
    {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ", "LANG", "LANGUAGE", "XDG_RUNTIME_DIR"}
    | {"DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY"}
)


class Channel(Protocol):
    """A way to send news.

    Attributes:
        name: what it is called in sentences; always the same for the same setting.
    """

    name: str

    def send(self, message: Message) -> None:
        """Send a message.

        Raises:
            SendError: it may not have arrived; trying again later may help.
            ConfigError: it can't be sent as things are.
        """
        ...


class Command:
    """Sends news with a command: the body on its standard input, `$SYNCD_SUBJECT`, `$SYNCD_BODY` beside it.

    Args:
        words: the command and its arguments; no shell reads them.
        env: its environment.
        seconds: how long it may take.
    """

    def __init__(
        self, words: Sequence[str], env: Mapping[str, str], *, seconds: float = COMMAND_SECONDS
    ) -> None:
        self.name = "notify.command"
        self._words = list(words)
        self._env = dict(env)
        self._seconds = seconds

    def send(self, news: Message) -> None:
        """Run the command.

        Raises:
            SendError: it failed, or took too long and was ended with all that it had started.
            ConfigError: it can't be run.
        """
        env = self._env | {"SYNCD_SUBJECT": news.subject, "SYNCD_BODY": news.body}
        try:
            code = self._run(env, news.body.encode())
        except OSError as error:
            problem = message(
                "hook-not-run", hook=self.name, command=self._words[0], reason=error.strerror or error
            )
            raise ConfigError([problem]) from None
        except ValueError:
            raise ConfigError([message("hook-holds-nul", hook=self.name)]) from None
        if code is None:
            raise SendError(message("hook-timeout", hook=self.name, seconds=f"{self._seconds:g}"))
        if code != 0:
            raise SendError(message("hook-failed", hook=self.name, status=code), hint=message("run-by-hand"))

    def _run(self, env: Mapping[str, str], body: bytes) -> int | None:
        """Return the command's exit code, or None where it took too long."""
        with subprocess.Popen(  # noqa: S603 - the user's own command
            self._words,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            try:
                process.communicate(body, timeout=self._seconds)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                return None
            return process.returncode


class Service:
    """Sends news to an address of apprise's, see https://github.com/caronc/apprise/wiki.

    Args:
        address: such as "mailto://…" or "ntfy://…"; a secret.
        place: its number among the addresses of the configuration, from 1.

    Raises:
        ConfigError: apprise is not installed, or does not know such an address.
    """

    def __init__(self, address: str, place: int) -> None:
        self.name: str = message("notify-address", number=place)
        try:
            import apprise  # noqa: PLC0415 - an extra
        except ImportError:
            raise ConfigError(
                [message("apprise-not-installed")],
                hint=message("install-notify"),
            ) from None
        # It logs addresses. What went wrong is in our own line.
        logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
        asset = apprise.AppriseAsset(
            app_id="syncd", app_desc="syncd", async_mode=False, storage_mode="memory"
        )
        self._apprise = apprise.Apprise(asset=asset)
        if not self._apprise.add(address):
            raise ConfigError([message("apprise-address-unknown", hook=self.name)])

    def send(self, news: Message) -> None:
        """Send a message.

        Raises:
            SendError: the service did not take it.
        """
        try:
            taken = self._apprise.notify(news.body, title=news.subject, body_format="text")
        except Exception as error:  # noqa: BLE001 - each service raises its own, with the address in it
            raise SendError(message("apprise-failed", hook=self.name, error=type(error).__name__)) from None
        if not taken:
            raise SendError(
                message("apprise-refused", hook=self.name),
                hint=message("check-notify-address"),
            )


def channels(
    command: Sequence[str] | None, addresses: Sequence[str], env: Mapping[str, str]
) -> list[Channel]:
    """Return all channels that are configured.

    Args:
        command: of `notify.command`.
        addresses: of `notify.urls`, in order.
        env: the environment, of which the command gets `PASSED_ON` and the locale.

    Raises:
        ConfigError: see `Service`.
    """
    clean = {name: value for name, value in env.items() if name in PASSED_ON or name.startswith("LC_")}
    made: list[Channel] = [Command(command, clean)] if command else []
    return made + [Service(address, place) for place, address in enumerate(addresses, 1)]


# A paper is recorded a moment before others can see it, and clocks are set back: what was recorded within this time
# before the mark is looked at again, and what was told of it is known.
OVERLAP = timedelta(hours=2)
PARTING = 5.0

_log = get_logger()


class Archive(Protocol):
    """What was done, and how far was told of it; used by one thread at a time."""

    def created_since(self, since: str) -> Sequence[NewPaper]:
        """Return the papers that were recorded as created at this ISO time or later, in all libraries."""
        ...

    def mark(self, name: str) -> str | None:
        """Return a mark, or None where there is none yet."""
        ...

    def set_mark(self, name: str, value: str) -> None:
        """Keep a mark."""
        ...


class History:
    """What was done in some libraries, from syncd's own records.

    Args:
        libraries: by name.
        ports: the world.
    """

    def __init__(self, libraries: Mapping[str, Library], ports: Ports) -> None:
        self._libraries = dict(libraries)
        self._ports = ports

    def created_since(self, since: str) -> list[NewPaper]:
        """Return the papers that runs created since then."""
        return [paper for name in self._libraries for paper in self._created_in(name, since)]

    def _created_in(self, name: str, since: str) -> list[NewPaper]:
        with remembered(self._libraries[name], self._ports.data, self._ports.clock) as state:
            created = state.history.created_since(since)
            told = state.facts.about(news.key for news in created)
            # A run may be for a hundred profiles, of which few list a paper.
            whose = {
                news.key: told[news.key].profiles if news.key in told else news.profiles for news in created
            }
            names = {name for several in whose.values() for name in several}
            authors = {profile.name: profile.author for profile in state.profiles(names)}
            return [
                NewPaper(
                    name,
                    ", ".join(authors.get(profile, profile) for profile in whose[news.key]) or name,
                    news.title,
                    news.key,
                )
                for news in created
            ]

    def mark(self, name: str) -> str | None:
        """Return a mark."""
        store = Store.of(self._ports.data)
        try:
            with store.reading() as connection:
                value: str | None = connection.scalar(
                    sa.select(db.mark.c.value).where(db.mark.c.name == name)
                )
                return value
        finally:
            store.close()

    def set_mark(self, name: str, value: str) -> None:
        """Keep a mark."""
        store = Store.of(self._ports.data)
        try:
            with store.writing() as connection:
                db.upsert(connection, db.mark, [{"name": name, "value": value}])
        finally:
            store.close()


@dataclass(slots=True)
class _Subscriber:
    """A channel, and what it was told.

    Attributes:
        until: when it was last told, or told that nothing is new.
        told: papers of runs since `OVERLAP` before `until`.
        pending: there may be something to tell.
        failures: in a row.
        again: when to try again after them.
    """

    channel: Channel
    until: datetime
    told: frozenset[str]
    pending: bool = True
    failures: int = 0
    again: datetime | None = None


class Bulletin:
    """Tells channels of new papers.

    Args:
        channels: to whom.
        archive: what was done.
        clock: time.
        at: the time of day of a daily message; None: after each run that created papers.
        timezone: what `at` means.

    Raises:
        StateError: the archive can't be read or written.
    """

    def __init__(
        self,
        channels: Sequence[Channel],
        archive: Archive,
        clock: Clock,
        *,
        at: time | None,
        timezone: tzinfo,
    ) -> None:
        self._archive = archive
        self._clock = clock
        self._at = at
        self._timezone = timezone
        self._thread: threading.Thread | None = None
        self._subscribers = [self._subscriber(channel) for channel in channels]

    def ran(self, created: int) -> None:
        """Take note that a run created so many papers."""
        if created:
            for subscriber in self._subscribers:
                subscriber.pending = True

    def due(self) -> datetime | None:
        """Return when the next message is due, if there is something to tell by then; None: after a run."""
        times = [when for subscriber in self._subscribers if (when := self._due(subscriber))]
        return min(times, default=None)

    def send_due(self) -> None:
        """Send what is due, in a thread of its own. Call it every few seconds."""
        if self._thread is not None and self._thread.is_alive():
            return
        for subscriber in self._subscribers:
            self._mind_the_clock(subscriber)
        due = self.due()
        if due is not None and due <= self._clock.now():
            self._thread = threading.Thread(target=self.publish, name="news", daemon=True)
            self._thread.start()

    def publish(self) -> None:
        """Send what is due, and wait for that. Never raises: what fails is logged and tried again later."""
        for subscriber in self._subscribers:
            due = self._due(subscriber)
            if due is None or due > self._clock.now():
                continue
            try:
                self._tell(subscriber)
            except SyncdError as error:
                again = self._put_off(subscriber)
                _log.warning(message("news-not-sent", reason=error), hint=error.hint or None, again=again)
            except Exception:  # noqa: BLE001 - it is logged
                again = self._put_off(subscriber)
                _log.exception(message("fault-in-news"), again=again)

    def close(self, seconds: float = PARTING) -> None:
        """Wait so long for a message that is being sent; what is not sent by then is sent after a restart."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _due(self, subscriber: _Subscriber) -> datetime | None:
        if subscriber.again is not None:
            return subscriber.again
        if self._at is None:
            return self._clock.now() if subscriber.pending else None
        return next_time(subscriber.until, self._at, self._timezone)

    def _tell(self, subscriber: _Subscriber) -> None:
        """Send what a channel does not know yet, then move its mark."""
        subscriber.pending = False
        now = self._clock.now()
        papers = self._archive.created_since(_iso(subscriber.until - OVERLAP))
        new = [paper for paper in papers if paper.identity not in subscriber.told]
        if new:
            subscriber.channel.send(digest(new))
            _log.info(message("news-sent"), papers=len(new), to=subscriber.channel.name)
        # Remembered here first: if the mark can't be kept, this process at least sends nothing twice.
        subscriber.until, subscriber.told = now, frozenset(paper.identity for paper in papers)
        self._keep(subscriber)
        subscriber.failures, subscriber.again = 0, None

    def _put_off(self, subscriber: _Subscriber) -> str:
        subscriber.failures += 1
        wait = delay(subscriber.failures, random.random())  # noqa: S311 - no secret
        subscriber.again = self._clock.now() + wait
        return _iso(subscriber.again)

    def _subscriber(self, channel: Channel) -> _Subscriber:
        """Return a channel with what it was told; a new one has nothing to catch up on."""
        if (mark := self._archive.mark(_name(channel))) is not None:
            try:
                subscriber = _Subscriber(channel, *_read(mark))
            except (ValueError, TypeError, KeyError):
                _log.warning(message("news-begin-anew"), to=channel.name)
            else:
                self._mind_the_clock(subscriber)
                return subscriber
        now = self._clock.now()
        known = frozenset(paper.identity for paper in self._archive.created_since(_iso(now - OVERLAP)))
        subscriber = _Subscriber(channel, now, known)
        self._keep(subscriber)
        return subscriber

    def _mind_the_clock(self, subscriber: _Subscriber) -> None:
        """Where the clock was set back, begin anew from now: else nothing is told until the old time comes again."""
        now = self._clock.now()
        if subscriber.until <= now:
            return
        recent = {paper.identity for paper in self._archive.created_since(_iso(subscriber.until - OVERLAP))}
        known = {paper.identity for paper in self._archive.created_since(_iso(now - OVERLAP))} - recent
        subscriber.until, subscriber.again = now, None
        subscriber.told |= known

    def _keep(self, subscriber: _Subscriber) -> None:
        value = {"until": subscriber.until.isoformat(), "told": sorted(subscriber.told)}
        self._archive.set_mark(_name(subscriber.channel), json.dumps(value))


def _read(mark: str) -> tuple[datetime, frozenset[str]]:
    """Return how far a channel was told; `ValueError`, `TypeError` or `KeyError` where the mark is none."""
    value = json.loads(mark)
    return datetime.fromisoformat(value["until"]).astimezone(UTC), frozenset(map(str, value["told"]))


def _name(channel: Channel) -> str:
    return f"news: {channel.name}"


def _iso(when: datetime) -> str:
    return when.isoformat(timespec="seconds")


def next_time(after: datetime, at: time, timezone: tzinfo) -> datetime:
    """Return when it is next that time of day, in UTC.

    On the day on which clocks go forward, a time that does not exist comes as much later; on the day on which
    they go back, the first of two is meant.
    """
    day = after.astimezone(timezone).date()
    while True:
        moment = datetime.combine(day, at, tzinfo=timezone).astimezone(after.tzinfo)
        if moment > after:
            return moment
        day += timedelta(days=1)
