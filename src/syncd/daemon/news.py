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
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any, Protocol

import sqlalchemy as sa

from syncd.clock import Clock
from syncd.config import Library
from syncd.daemon.logs import get_logger
from syncd.daemon.roster import delay
from syncd.digest import Digest, as_page, as_text, on_line, titled
from syncd.engine.digest import digest_of
from syncd.engine.ports import Ports
from syncd.errors import ConfigError, SendError, StateError, SyncdError
from syncd.messages import message
from syncd.state import tables as db
from syncd.state.libraries import remembered
from syncd.state.store import Store, upsert

MOST_TITLES = 50
MOST_PROFILES = 3


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
        page: the same as a web page; empty where there is none.
    """

    subject: str
    body: str
    page: str = ""


def digest(papers: Sequence[NewPaper]) -> Message:
    r"""Return what is to be said of new papers, the profile with most of them first.

    >>> digest([NewPaper("main", "Jane Doe", "A", "K1"), NewPaper("main", "Jane Doe", "B", "K2")]).body
    'Jane Doe\n- A\n- B\n'
    """
    several = len({paper.library for paper in papers}) > 1
    groups: dict[str, list[NewPaper]] = {}
    for paper in papers:
        name = on_line(paper.profile) or message("no-name")
        if several:
            name = message("name-in-library", name=name, library=on_line(paper.library))
        groups.setdefault(name, []).append(paper)
    ordered = sorted(groups.items(), key=lambda group: -len(group[1]))
    return Message(_subject(len(papers), [(name, len(group)) for name, group in ordered]), _body(ordered))


def weekly(papers: Sequence[NewPaper], digests: Sequence[Digest], *, abstracts: bool = False) -> Message:
    """Return what is to be said of a week's new papers: the digest of each library, under the subject of `digest`.

    Args:
        papers: the new ones.
        digests: of the libraries that they came into.
        abstracts: tell them too.
    """
    told = [(titled(one, several=len(digests) > 1), one) for one in digests]
    body, page = as_text(told, abstracts=abstracts), as_page(told, abstracts=abstracts)
    return Message(digest(papers).subject, body, page)


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
    return f"- {on_line(paper.title)}" + (f"\n  {paper.link}" if paper.link else "")


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

    Where there is a web page of it, `$SYNCD_HTML` has that.

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
        if news.page:
            env["SYNCD_HTML"] = news.page
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
            body, form = (news.page, "html") if news.page and self._takes_html() else (news.body, "text")
            taken = self._apprise.notify(body, title=news.subject, body_format=form)
        except Exception as error:  # noqa: BLE001 - each service raises its own, with the address in it
            raise SendError(message("apprise-failed", hook=self.name, error=type(error).__name__)) from None
        if not taken:
            raise SendError(
                message("apprise-refused", hook=self.name),
                hint=message("check-notify-address"),
            )

    def _takes_html(self) -> bool:
        """Whether the service shows web pages: mail does, and gets a text along with it from apprise."""
        formats: Any = self._apprise[0].notify_format
        return "html" in (formats if isinstance(formats, tuple | list) else (formats,))


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
# A process that began to send so long ago, and did not say what came of it, is gone.
LEASE = timedelta(minutes=10)
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

    def set_mark(self, name: str, value: str, instead_of: str | None) -> bool:
        """Keep a mark in place of another; return whether that was still there, and nobody else's."""
        ...

    def digests(self, since: datetime, told: Collection[str]) -> Sequence[Digest]:
        """Return the digests of libraries into which papers came since a time, but for those that were told of."""
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
            authors = {profile.name: profile.author for profile in state.profiles.pushed(names)}
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

    def set_mark(self, name: str, value: str, instead_of: str | None) -> bool:
        """Keep a mark, if no other process did meanwhile."""
        mark = db.mark.c
        store = Store.of(self._ports.data)
        try:
            with store.writing() as connection:
                if instead_of is None:
                    upsert(connection, db.mark, [{"name": name, "value": value}], keep=["value"])
                else:
                    change = sa.update(db.mark).where(mark.name == name, mark.value == instead_of)
                    connection.execute(change.values(value=value))
                kept: str | None = connection.scalar(sa.select(mark.value).where(mark.name == name))
                return kept == value
        finally:
            store.close()

    def digests(self, since: datetime, told: Collection[str]) -> list[Digest]:
        """Return the digests of libraries into which papers came."""
        found = []
        for name, library in self._libraries.items():
            keys = {one.rpartition("/")[2] for one in told if one.rpartition("/")[0] == name}
            with remembered(library, self._ports.data, self._ports.clock) as state:
                found.append(digest_of(state, library, since, told=keys))
        return [one for one in found if one.papers]


@dataclass(slots=True)
class _Subscriber:
    """A channel, and what it was told.

    Attributes:
        until: when it was last told, or told that nothing is new.
        told: papers of runs since `OVERLAP` before `until`.
        mark: what is kept of that.
        pending: there may be something to tell.
        failures: in a row.
        again: when to try again after them.
    """

    channel: Channel
    until: datetime
    told: frozenset[str]
    mark: str | None = None
    pending: bool = True
    failures: int = 0
    again: datetime | None = None


class Bulletin:
    """Tells channels of new papers.

    Args:
        channels: to whom.
        archive: what was done.
        clock: time.
        at: the time of day of a daily or weekly message; None: after each run that created papers.
        timezone: what `at` means.
        weekday: the day of a weekly message, from 0 for Monday; None: each day.
        abstracts: a weekly message tells them too.

    Raises:
        StateError: the archive can't be read or written.
    """

    def __init__(  # noqa: PLR0913 - what is told when is up to the settings
        self,
        channels: Sequence[Channel],
        archive: Archive,
        clock: Clock,
        *,
        at: time | None,
        timezone: tzinfo,
        weekday: int | None = None,
        abstracts: bool = False,
    ) -> None:
        self._weekday = weekday
        self._abstracts = abstracts
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
        return next_time(subscriber.until, self._at, self._timezone, self._weekday)

    def _tell(self, subscriber: _Subscriber) -> None:
        """Send what a channel does not know yet, then move its mark."""
        subscriber.pending = False
        now = self._clock.now()
        papers = self._archive.created_since(_iso(subscriber.until - OVERLAP))
        new = [paper for paper in papers if paper.identity not in subscriber.told]
        if new and not self._claim(subscriber, now):
            return
        if new:
            self._send(subscriber, new)
            _log.info(message("news-sent"), papers=len(new), to=subscriber.channel.name)
        # Remembered here first: if the mark can't be kept, this process at least sends nothing twice.
        subscriber.until, subscriber.told = now, frozenset(paper.identity for paper in papers)
        self._keep(subscriber)
        subscriber.failures, subscriber.again = 0, None

    def _send(self, subscriber: _Subscriber, new: Sequence[NewPaper]) -> None:
        try:
            subscriber.channel.send(self._message(subscriber, new))
        except Exception:
            # Whoever tries again, here or after a restart, need not wait for what ended.
            with suppress(StateError):
                self._keep(subscriber)
            raise

    def _message(self, subscriber: _Subscriber, new: Sequence[NewPaper]) -> Message:
        if self._weekday is None:
            return digest(new)
        since = subscriber.until
        found = self._archive.digests(since - OVERLAP, subscriber.told)
        digests = [replace(one, since=since) for one in found]
        return weekly(new, digests, abstracts=self._abstracts) if digests else digest(new)

    def _claim(self, subscriber: _Subscriber, now: datetime) -> bool:
        """Note that a message is being sent, unless another process told the channel, or is about to.

        Several may tell one channel where they share their state.
        """
        mark = self._archive.mark(_name(subscriber.channel))
        if mark != subscriber.mark and mark is not None:
            with suppress(ValueError, TypeError, KeyError):
                known = _read(mark)
                subscriber.until, subscriber.told, subscriber.mark = known.until, known.told, mark
                subscriber.again = known.sending and known.sending + LEASE
                subscriber.pending = True
                return False
        claimed = _Mark(subscriber.until, subscriber.told, now).text
        if not self._archive.set_mark(_name(subscriber.channel), claimed, mark):
            subscriber.pending = True
            return False
        subscriber.mark = claimed
        return True

    def _put_off(self, subscriber: _Subscriber) -> str:
        subscriber.failures += 1
        wait = delay(subscriber.failures, random.random())  # noqa: S311 - no secret
        subscriber.again = self._clock.now() + wait
        return _iso(subscriber.again)

    def _subscriber(self, channel: Channel) -> _Subscriber:
        """Return a channel with what it was told; a new one has nothing to catch up on."""
        if (mark := self._archive.mark(_name(channel))) is not None:
            try:
                known = _read(mark)
            except (ValueError, TypeError, KeyError):
                _log.warning(message("news-begin-anew"), to=channel.name)
            else:
                again = known.sending and known.sending + LEASE
                subscriber = _Subscriber(channel, known.until, known.told, mark, again=again)
                self._mind_the_clock(subscriber)
                return subscriber
        now = self._clock.now()
        there = frozenset(paper.identity for paper in self._archive.created_since(_iso(now - OVERLAP)))
        subscriber = _Subscriber(channel, now, there, mark)
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
        mark = _Mark(subscriber.until, subscriber.told).text
        if self._archive.set_mark(_name(subscriber.channel), mark, subscriber.mark):
            subscriber.mark = mark


@dataclass(frozen=True, slots=True)
class _Mark:
    """How far a channel was told.

    Attributes:
        until: as for `_Subscriber`.
        told: likewise.
        sending: since when a process sends it a message; None where none does.
    """

    until: datetime
    told: frozenset[str]
    sending: datetime | None = None

    @property
    def text(self) -> str:
        """Return it as it is kept."""
        value: dict[str, Any] = {"until": self.until.isoformat(), "told": sorted(self.told)}
        return json.dumps(value | ({"sending": self.sending.isoformat()} if self.sending else {}))


def _read(mark: str) -> _Mark:
    """Return how far a channel was told; `ValueError`, `TypeError` or `KeyError` where the mark is none."""
    value = json.loads(mark)
    until, told = datetime.fromisoformat(value["until"]).astimezone(UTC), frozenset(map(str, value["told"]))
    sending = value.get("sending")
    return _Mark(until, told, datetime.fromisoformat(sending).astimezone(UTC) if sending else None)


def _name(channel: Channel) -> str:
    return f"news: {channel.name}"


def _iso(when: datetime) -> str:
    return when.isoformat(timespec="seconds")


def next_time(after: datetime, at: time, timezone: tzinfo, weekday: int | None = None) -> datetime:
    """Return when it is next that time of day, in UTC; on a day of the week, from 0 for Monday, where one is given.

    On the day on which clocks go forward, a time that does not exist comes as much later; on the day on which
    they go back, the first of two is meant.
    """
    day = after.astimezone(timezone).date()
    while True:
        moment = datetime.combine(day, at, tzinfo=timezone).astimezone(after.tzinfo)
        if moment > after and weekday in {None, day.weekday()}:
            return moment
        day += timedelta(days=1)
