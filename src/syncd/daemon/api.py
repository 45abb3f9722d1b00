"""The daemon's interface: the same addresses for commands, over a Unix socket, and for programs such as Zotero.

Each socket has an application of its own. That of the Unix socket trusts whoever can open it, which is its user. That
of loopback answers only what was signed with the key of a pairing, and lets nothing in that a web page could send.
What the loop decides is handed to the loop; what reads a database or asks others is done in threads.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from asyncio import wrap_future
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import partial
from http import HTTPStatus
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from syncd import services
from syncd.config import Config, Library, edit
from syncd.daemon import views
from syncd.daemon.ask import short
from syncd.daemon.events import Events
from syncd.daemon.questions import Do, Question
from syncd.daemon.views import Asked, Json, RefusedError
from syncd.daemon.work import LookProgress
from syncd.engine.amend import new_collection, restore
from syncd.engine.forget import forget
from syncd.engine.gather import apis_of, web_of
from syncd.engine.ports import Ports, run_name
from syncd.engine.reject import reject_as_run, rejection
from syncd.engine.review import judge
from syncd.engine.run import RunOptions, run_once
from syncd.engine.session import opened
from syncd.engine.undo import undo, undo_as_run
from syncd.errors import ConfigError, SourceError, StateError, SyncdError
from syncd.handshake import HEADER, Gate, Proof
from syncd.messages import message, with_said
from syncd.model import Paper
from syncd.read import fetch
from syncd.serve import Door, Guard, Limits, Reason, Rules, Server, bound, replayed
from syncd.services import search
from syncd.services.base import FoundAuthor
from syncd.state import pairings
from syncd.state.history import Run
from syncd.state.libraries import remembered
from syncd.sync.action import Verdict, profile_of

HOST = "127.0.0.1"
# Bytes of a request's body.
LONGEST = 1_000_000
# Seconds that a client which sends nothing may hold its connection for.
PATIENCE = 30
# Seconds that the end waits for what is being answered.
PARTING = 1.0
# Seconds after which keys are fetched anew for a program that is not known.
REFRESH = 30.0
# Seconds that an undo waits for its turn at a library: who asked is there and waits too.
UNDO_PATIENCE = 8.0
LIMITS = Limits(head_seconds=PATIENCE, body_seconds=PATIENCE, idle_seconds=PATIENCE, connections=64)
# A script may ask about a hundred profiles at a time.
QUEUE = 1024

StoppedBy = Literal["many", "shrunk", "emptied"]


# What is answered


class JsonAnswer(Response):
    """JSON."""

    media_type = "application/json"

    def __init__(self, value: Any, status: int = HTTPStatus.OK, **headers: str) -> None:
        super().__init__(value, status, {"Cache-Control": "no-store"} | headers)

    def render(self, content: Any) -> bytes:
        """Return the bytes of a value."""
        try:
            return json.dumps(content, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            # A name that is no text is spelled out.
            return json.dumps(content).encode()


def _no(words: str, hint: str = "") -> Json:
    return with_said({"error": words, "hint": hint}, "error", "hint")


def _refusal(
    status: int, words: str, hint: str = "", sort: str = SyncdError.sort, **headers: str
) -> JsonAnswer:
    """Return an answer after which the connection is closed: what else the client sends is not read."""
    return JsonAnswer(_no(words, hint) | {"sort": sort}, status, Connection="close", **headers)


def _refused(error: RefusedError) -> JsonAnswer:
    return _refusal(error.status, error.words, error.hint, **error.headers)


class Api:
    """Answers requests, wherever they come from: who may ask was decided before.

    What waits for the loop is a coroutine. All else is done in threads.

    Args:
        config: the settings at present.
        path: the configuration's file, as the user named it.
        ports: the world.
        hand_over: takes what the loop has to decide.
        say: logs a line: level, words, facts.
        events: what happens.

    Attributes:
        invite: gives an address that opens the dashboard; whoever has one puts it here.
        amended: is called after somebody undid a run or rejected a paper; whoever wants to know puts it here.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what answers need of the world
        self,
        config: Config,
        path: Path | None,
        ports: Ports,
        hand_over: Callable[[Question], None],
        say: Callable[..., None],
        events: Events,
    ) -> None:
        self.config = config
        self._path = path
        self._ports = ports
        self._hand_over = hand_over
        self._say = say
        self._events = events
        self.invite: Callable[[str], str] = _no_dashboard
        self.amended: Callable[[], None] = lambda: None

    def app(self) -> ASGIApp:
        """Return what answers at all addresses, and trusts everybody who comes to it."""
        routes = [Route(path, self._answering(act), methods=[method]) for method, path, act in ADDRESSES]
        for route in routes:
            # Starlette lets HEAD in wherever GET is.
            route.methods = (route.methods or set()) - {"HEAD"}
        app = Starlette(
            routes=routes,
            exception_handlers={
                HTTPStatus.NOT_FOUND: _nothing_there,
                HTTPStatus.METHOD_NOT_ALLOWED: _wrong_method,
            },
        )
        app.router.redirect_slashes = False
        return app

    def _answering(self, act: Act) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            try:
                asked = await _asked(request)
                if iscoroutinefunction(act):
                    told = await act(self, asked)
                else:
                    told = await run_in_threadpool(act, self, asked)
            except RefusedError as error:
                return _refused(error)
            except SyncdError as error:
                return _refusal(HTTPStatus.CONFLICT, error.words, error.hint, error.sort)
            except Exception as error:  # noqa: BLE001 - whatever it is, the next request may go well
                self._say("error", message("fault-because", reason=error), exc_info=error)
                return _refusal(
                    HTTPStatus.INTERNAL_SERVER_ERROR,
                    message("fault"),
                    message("daemons-log-has-whole"),
                )
            if asked.proof and request.method == "POST" and not asked.body.get("dry_run"):
                self._say("info", message("asked-by-program"), asked=request.scope["path"].rpartition("/")[2])
            return told if isinstance(told, Response) else JsonAnswer(told)

        return answer

    # What the loop knows and decides

    def _ask(self, do: Do, names: Sequence[str] = ()) -> Future[Json]:
        """Ask the loop."""
        question = Question(do, names)
        self._hand_over(question)
        return question.answer

    def live(self) -> Json:
        """Return what the loop does just now. To be called in a thread."""
        return self._ask("status").result()

    async def daemon(self, _asked: Asked) -> Json:
        """Tell what the daemon does just now."""
        return await wrap_future(self._ask("status"))

    def status(self, _asked: Asked) -> Json:
        """Tell how all is, as `syncd status` does."""
        return views.status(self.config, self._ports, self.live())

    async def sync_now(self, asked: Asked) -> Any:
        """Let the loop look; wait for its end if that is asked for, else for nothing."""
        names = _names(asked)
        if "wait" in asked.query:
            return await wrap_future(self._ask("sync-now", names))
        begun = await run_in_threadpool(self.begin, names)
        return JsonAnswer({"profiles": begun}, HTTPStatus.ACCEPTED)

    def begin(self, names: Sequence[str]) -> list[str]:
        """Let the loop look at profiles, all where none is named; return whom. To be called in a thread.

        Raises:
            RefusedError: one is not followed.
        """
        followed = [profile["name"] for profile in self.live()["profiles"]]
        # A page of a folder is looked at with the folder.
        names = [n if n in followed else profile_of(n, followed) for n in names]
        if unknown := [name for name in names if name not in followed]:
            raise RefusedError(
                HTTPStatus.NOT_FOUND, message("no-profile-of-that-name", profile=repr(unknown[0]))
            )
        self._ask("sync-now", names)
        return list(names) or followed

    def rest(self, do: Literal["pause", "resume"], names: Sequence[str]) -> Json:
        """Let profiles rest or go on, all where none is named. To be called in a thread."""
        return self._ask(do, names).result()

    async def pause(self, asked: Asked) -> Json:
        """Let profiles rest, all where none is named."""
        return await wrap_future(self._ask("pause", _names(asked)))

    async def resume(self, asked: Asked) -> Json:
        """Let profiles go on."""
        return await wrap_future(self._ask("resume", _names(asked)))

    async def reload(self, _asked: Asked) -> Json:
        """Take the configuration over; tell what is wrong with it."""
        return with_said(await wrap_future(self._ask("reload")), "problems")

    def _take_over(self) -> None:
        """Let the loop take over a configuration that was just written."""
        if problems := self._ask("reload").result()["problems"]:
            raise ConfigError(problems)

    async def events(self, asked: Asked) -> Response:
        """Tell what happens, as it happens."""
        if self._events.is_full:
            raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, message("too-many-listeners"))

        async def lines() -> AsyncIterator[str]:
            number = 0
            async for event in self._events.heard():
                sign = f" {asked.proof.event(number, event.name, event.data)}" if asked.proof else ""
                yield f"event: {event.name}\nid: {number}{sign}\ndata: {event.data}\n\n"
                number += 1

        return StreamingResponse(
            lines(), headers={"Cache-Control": "no-store"}, media_type="text/event-stream"
        )

    # What syncd's own records tell

    def items(self, asked: Asked) -> Json:
        """Tell what is known of items."""
        return views.items(asked, self.config, self._ports)

    def known(self, asked: Asked) -> Json:
        """Tell score and code of all items, page by page."""
        return views.known(asked, self.config, self._ports)

    def profiles(self, asked: Asked) -> list[Json]:
        """Tell the profiles of a library."""
        return views.profiles(asked, self.config, self._ports, self.live())

    def figures(self, asked: Asked) -> Json:
        """Tell the figures of a profile, drawn."""
        return views.figures(asked, self.config, self._ports)

    def reviews(self, _asked: Asked) -> list[Json]:
        """Tell what waits for a decision."""
        return views.reviews(self.config, self._ports)

    # Whom to follow

    def search(self, asked: Asked) -> list[Json]:
        """Search the services for an author."""
        name = asked.query.get("name", "").strip()
        if not name:
            raise RefusedError(HTTPStatus.BAD_REQUEST, message("no-name-given"))
        return [asdict(author) for author in self.authors(name)[0]]

    def authors(self, name: str) -> tuple[list[FoundAuthor], list[SourceError]]:
        """Search the services for an author; return who was found, and why some services could not be searched.

        Raises:
            SourceError: none could.
        """
        failures: list[SourceError] = []
        with web_of(self.config, self._ports) as web:
            found = search(name, web, apis=self._apis(), failures=failures)
        for failure in failures:
            self._say("warning", message("not-searched", reason=failure))
        return found, failures

    def latest(self, source: str) -> list[Paper]:
        """Ask a service for the papers that an author published last, so that one sees who it is.

        Raises:
            RefusedError: of this one they can't be asked for.
            SourceError: there is no answer.
        """
        if not services.shows_latest(source):
            raise RefusedError(HTTPStatus.NOT_FOUND, message("nothing-at-address"))
        with web_of(self.config, self._ports) as web:
            return services.latest(source, web, self._apis())

    def follow(self, asked: Asked) -> Json:
        """Add a profile to the configuration, once its source was read."""
        library = views.library_for(_text(asked, "library"), asked.body.get("user"), self.config)
        return self.follow_into(library, _text(asked, "source"))

    def follow_into(self, library: Library, source: str) -> Json:
        """Add a profile to the configuration, once its source was read; its papers go into this library.

        Raises:
            RefusedError: the source is a file. Who may look and decide may not have files of this computer read.
            SyncdError: it can't be read, or is followed already.
        """
        if not source.startswith(("http://", "https://")) and services.recognise(source) is None:
            raise RefusedError(HTTPStatus.BAD_REQUEST, message("source-no-address-or-author"))
        env = self._ports.env
        with web_of(self.config, self._ports) as web:
            snapshot, *_ = fetch(source, web=web, apis=self._apis())
        profile = self._ports.parse(snapshot, "auto", self._ports.clock)
        settings = {"source": source, "library": library.name}
        name = edit.follow(edit.config_file(self._path, env), env, edit.slug(profile.name), settings)
        self._take_over()
        return {"name": name, "author": profile.name, "papers": len(profile.papers)}

    def _apis(self) -> dict[str, services.Api]:
        return apis_of(self.config, self._ports.env, self._ports.services)

    def unfollow(self, asked: Asked) -> Json:
        """Take a profile out of the configuration."""
        env = self._ports.env
        name = edit.unfollow(edit.config_file(self._path, env), env, _text(asked, "name"))
        self._take_over()
        return {"name": name}

    def forget(self, profile: str) -> None:
        """Forget what is kept about a person who is followed no longer.

        Raises:
            RefusedError: the person is followed, or nothing is kept.
        """
        followed = self.config.profiles
        if profile_of(profile, followed) in followed:
            raise RefusedError(HTTPStatus.CONFLICT, message("is-followed-still", profile=repr(profile)))
        if not forget(profile, self.config.libraries.values(), self._patient()):
            raise RefusedError(HTTPStatus.NOT_FOUND, message("nothing-kept-about", profile=repr(profile)))

    # Where pages are

    def open_dashboard(self, asked: Asked) -> Json:
        """Tell an address that opens the dashboard in one browser, once; on another page than the first with `to`."""
        _only(asked, "to")
        return {"url": self.invite(_text(asked, "to") if "to" in asked.body else "/")}

    # What the user says after the fact

    def judge(self, asked: Asked, *, once: bool = False) -> Json:
        """Take the user's word on a review; with `once` only where it was not decided meanwhile."""
        paper, said, key = _text(asked, "paper"), asked.body.get("verdict"), asked.body.get("key")
        verdict: Verdict | None = next((one for one in get_args(Verdict) if one == said), None)
        if verdict is None or not (key is None or isinstance(key, str)):
            raise RefusedError(HTTPStatus.BAD_REQUEST, message("verdict-wrong"))
        # Of two libraries that are one, both may ask about a paper, each with candidates of its own.
        named = asked.body.get("library")
        for library in (one for one in self.config.libraries.values() if named in {None, one.name}):
            with remembered(library, self._ports.data, self._ports.clock) as state:
                if any(one.paper == paper for one in state.standings.named(paper, "review")):
                    return {"title": judge(state, paper, verdict, key, once=once).title, "verdict": verdict}
        raise RefusedError(HTTPStatus.NOT_FOUND, message("paper-not-waiting", paper=repr(paper)))

    def undo(self, asked: Asked) -> Json:
        """Undo a run, or tell what that would do; where none is named, the last that did something and is left."""
        _only(asked, "run", "dry_run")
        run, dry_run = asked.body.get("run"), _is_dry(asked)
        if not (run is None or isinstance(run, str)):
            raise RefusedError(HTTPStatus.BAD_REQUEST, message("run-not-text"))
        found = [(known, one) for one in self.config.libraries.values() if (known := self._run(one, run))]
        if not found:
            words = message("no-such-run", run=repr(run)) if run else message("no-run-to-be-undone")
            raise RefusedError(HTTPStatus.NOT_FOUND, words)
        known, library = max(found, key=lambda one: (one[0].started, one[0].name))
        with opened(library, self._patient(), run_name(self._ports.clock.now())) as session:
            undoing = undo(session, known.name, dry_run=True) if dry_run else undo_as_run(session, known.name)
        if not dry_run:
            self.amended()
        if undoing.error is not None:
            raise undoing.error
        return views.undoing(undoing)

    def reject(self, asked: Asked) -> Json:
        """Take the user's word that a paper is not by the person of a profile, or tell what that would do."""
        _only(asked, "paper", "profile", "library", "user", "dry_run")
        paper, profile, dry_run = _text(asked, "paper"), _text(asked, "profile"), _is_dry(asked)
        meant = list(self.config.libraries.values())
        if "library" in asked.body:
            meant = views.libraries_of(asked.body["library"], asked.body.get("user"), self.config)
        return self.reject_in(meant, paper, profile, dry_run=dry_run)

    def reject_in(
        self, libraries: Sequence[Library], paper: str, profile: str, *, dry_run: bool = False
    ) -> Json:
        """Do so in that of these libraries to which the profile was pushed last."""
        library = self._pushed_to(profile, libraries)
        with opened(library, self._patient(), run_name(self._ports.clock.now())) as session:
            done = (rejection if dry_run else reject_as_run)(session, paper, profile)
        if not dry_run:
            self.amended()
        return {
            "title": done.title,
            "profile": done.profile,
            "collection": done.collection,
            "item": done.fate,
            "run": done.run,
        }

    def restore_in(self, library: Library, paper: str) -> Json:
        """Let a paper back in that the user had deleted; tell whether it is back already, else the next push brings it.

        Raises:
            SyncdError: no such paper is known to be deleted, or the library can't be written to.
        """
        with opened(library, self._patient(), run_name(self._ports.clock.now())) as session:
            restored, is_back = restore(session, paper)
        return {"title": restored.title, "back": is_back}

    def start_anew(self, library: Library, profile: str) -> str:
        """Let a profile whose collection the user deleted go on in a fresh one, and look at it; return its path.

        Raises:
            SyncdError: its collection is there, or the library can't be read.
        """
        with opened(library, self._patient(), run_name(self._ports.clock.now())) as session:
            path = new_collection(session, profile)
        followed = self.config.profiles
        if (whole := profile_of(profile, followed)) in followed:
            self.begin([whole])
        return path

    def push_past(self, guard: StoppedBy, profile: str, papers: int = 0) -> dict[str, int]:
        """Push a profile once past a guard that stopped it; return how many papers each kind of action concerned.

        Args:
            guard: "many": so many `papers` may be added; "shrunk": its page is believed; "emptied": what the library
                has lost is pushed anew.
            profile: its name in the configuration.
            papers: for "many".

        Raises:
            SyncdError: it can't be read or written, or another guard stops it.
        """
        name, clock = run_name(self._ports.clock.now()), self._ports.clock
        options = {
            "many": RunOptions((profile,), max_create=papers, run=name),
            "shrunk": RunOptions((profile,), accept_shrunk=True, run=name),
            "emptied": RunOptions((profile,), accept_empty=True, run=name),
        }[guard]
        tell = partial(self._events.progress, (profile,), name)
        progress = LookProgress(clock, threading.Event(), tell)
        try:
            (report,) = run_once(self.config, options, replace(self._patient(), progress=progress))
        finally:
            self._events.tell("ended", profile=profile)
        if error := report.error or next((one.error for one in report.unread), None):
            raise error
        return report.counts

    def _pushed_to(self, profile: str, libraries: Sequence[Library]) -> Library:
        """Return the library that a profile was pushed to last, of those that are meant."""
        found: list[tuple[str, Library]] = []
        for library in libraries:
            with remembered(library, self._ports.data, self._ports.clock) as state:
                found += [(one.pushed, library) for one in state.profiles.called(profile)]
        if not found:
            raise RefusedError(
                HTTPStatus.NOT_FOUND, message("no-profile-of-that-name", profile=repr(profile))
            )
        return max(found, key=lambda one: one[0])[1]

    def _patient(self) -> Ports:
        """Return the world for what somebody asks for who waits."""
        return replace(
            self._ports, keep=self.config.history.keep, patience=UNDO_PATIENCE, who=message("undo-in-daemon")
        )

    def _run(self, library: Library, wanted: str | None) -> Run | None:
        """Return the run of a library that may be meant."""
        with remembered(library, self._ports.data, self._ports.clock) as state:
            return state.history.left() if wanted is None else state.history.run(wanted)


def _no_dashboard(_to: str) -> str:
    raise RefusedError(HTTPStatus.NOT_FOUND, message("nothing-at-address"))


Act = Callable[[Api, Asked], Any]
# All that may be asked for: how, where, and what is done about it.
ADDRESSES: tuple[tuple[str, str, Act], ...] = (
    ("GET", "/v1/daemon", Api.daemon),
    ("GET", "/v1/status", Api.status),
    ("GET", "/v1/items", Api.items),
    ("GET", "/v1/known", Api.known),
    ("GET", "/v1/profiles", Api.profiles),
    ("GET", "/v1/figures", Api.figures),
    ("GET", "/v1/reviews", Api.reviews),
    ("POST", "/v1/reviews", Api.judge),
    ("GET", "/v1/search", Api.search),
    ("POST", "/v1/sync-now", Api.sync_now),
    ("POST", "/v1/pause", Api.pause),
    ("POST", "/v1/resume", Api.resume),
    ("POST", "/v1/reload", Api.reload),
    ("POST", "/v1/undo", Api.undo),
    ("POST", "/v1/reject", Api.reject),
    ("POST", "/v1/follow", Api.follow),
    ("POST", "/v1/unfollow", Api.unfollow),
    ("POST", "/v1/dashboard", Api.open_dashboard),
    ("GET", "/events", Api.events),
)


async def _nothing_there(_request: Request, _error: Exception) -> Response:
    return _refusal(HTTPStatus.NOT_FOUND, message("nothing-at-address"))


async def _wrong_method(request: Request, _error: Exception) -> Response:
    allowed = ", ".join(method for method, path, _ in ADDRESSES if path == request.scope["path"])
    return _refusal(
        HTTPStatus.METHOD_NOT_ALLOWED, message("only-allowed-here", allowed=allowed), Allow=allowed
    )


async def _asked(request: Request) -> Asked:
    """Return what belongs to a request.

    Raises:
        RefusedError: its body is no JSON object. Nothing sent counts as an empty one.
    """
    query = dict(parse_qsl(request.scope["query_string"].decode()))
    proof = request.scope.get(PROOF)
    if request.method != "POST":
        return Asked(query, {}, proof)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, message("body-type-not-json"))
    try:
        value = json.loads(await request.body() or b"{}")
    except (ValueError, RecursionError):
        raise RefusedError(HTTPStatus.BAD_REQUEST, message("body-not-json")) from None
    if not isinstance(value, dict):
        raise RefusedError(HTTPStatus.BAD_REQUEST, message("body-not-object"))
    return Asked(query, value, proof)


def _only(asked: Asked, *names: str) -> None:
    """Refuse a body with other fields: with a slip in its only one, it would ask for all."""
    if others := sorted(asked.body.keys() - set(names)):
        words = message("no-such-field", name=repr(others[0]), names=", ".join(names))
        raise RefusedError(HTTPStatus.BAD_REQUEST, words)


def _names(asked: Asked) -> list[str]:
    _only(asked, "names")
    names = asked.body.get("names", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise RefusedError(HTTPStatus.BAD_REQUEST, message("names-not-texts"))
    return names


def _is_dry(asked: Asked) -> bool:
    """Whether only what would be done is to be told."""
    dry_run = asked.body.get("dry_run", False)
    if not isinstance(dry_run, bool):
        raise RefusedError(HTTPStatus.BAD_REQUEST, message("dry-run-not-boolean"))
    return dry_run


def _text(asked: Asked, name: str) -> str:
    value = asked.body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise RefusedError(HTTPStatus.BAD_REQUEST, message("not-text", name=name))
    return value.strip()


# Who may ask

PROOF = "syncd.proof"


class Keys:
    """The keys of the pairings.

    They are fetched when they are asked for at first, and again for a program that is not known, but rarely: behind
    them may be a keyring.
    """

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._lock = threading.Lock()
        self._fetched = -REFRESH
        self._keys: tuple[str, ...] = ()
        self._references = pairings.remembered(ports.data)

    def __bool__(self) -> bool:
        """Whether any program was paired."""
        return bool(self._references)

    def proof(self, gate: Gate, header: str | None, request: tuple[str, str, bytes]) -> Proof | None:
        """Return who signed a request, as `Gate.proof` does; method, target and body are the request."""
        if header is None:
            return None
        return gate.proof(self._keys, header, *request) or gate.proof(self._again(), header, *request)

    def _again(self) -> tuple[str, ...]:
        with self._lock:
            now = self._ports.clock.monotonic()
            if now - self._fetched >= REFRESH:
                self._fetched = now
                self._keys = tuple(pairings.keys(self._references, self._ports.env))
            return self._keys


class Signed:
    """Lets in who was paired, each request once, and signs what is answered.

    Args:
        app: what answers.
        keys: of the pairings.
    """

    def __init__(self, app: ASGIApp, keys: Keys) -> None:
        self.app = app
        self.keys = keys
        self._gate = Gate("daemon")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        request = Request(scope, receive)
        content = await request.body()
        target, query = scope["raw_path"].decode(), scope["query_string"].decode()
        target += f"?{query}" if query else ""
        signed = (request.method, target, content if request.method == "POST" else b"")
        header = request.headers.get(HEADER)
        proof = await run_in_threadpool(self.keys.proof, self._gate, header, signed)
        if proof is None or proof.state == "again":
            # Whoever sends a request a second time has not signed it, so the answer is not signed either.
            refusal = _unknown(_no(message("not-signed-by-paired"), message("pair-again")))
            await refusal(scope, receive, send)
            return
        app = self.app
        if proof.state == "late":
            app = _unknown(_no(message("another-session")) | {"session": self._gate.session})
        await app({**scope, PROOF: proof}, replayed(content, receive), _signing(proof, send))


def _unknown(told: Json) -> JsonAnswer:
    headers = {"WWW-Authenticate": HEADER, "Connection": "close"}
    return JsonAnswer(told, HTTPStatus.UNAUTHORIZED, **headers)


def _signing(proof: Proof, send: Send) -> Send:
    """Return what sends an answer with its signature; that of a stream is over an empty body."""
    heads: list[Message] = []

    async def sign(message: Message) -> None:
        if message["type"] == "http.response.start":
            heads.append(message)
            return
        if heads:
            head = heads.pop()
            body = b"" if message.get("more_body") else message.get("body", b"")
            signature = proof.answer(head["status"], body)
            head["headers"] = [*head["headers"], (HEADER.lower().encode(), signature.encode())]
            await send(head)
        await send(message)

    return sign


_REASONS = {
    Reason.HOST: (HTTPStatus.FORBIDDEN, message("not-address-asked")),
    Reason.PAGE: (HTTPStatus.FORBIDDEN, message("web-pages-not-answered")),
    Reason.ENCODING: (HTTPStatus.LENGTH_REQUIRED, message("body-length-not-told")),
    Reason.LENGTH: (HTTPStatus.LENGTH_REQUIRED, message("body-length-not-told")),
    Reason.LONG: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message("body-too-long", most=LONGEST)),
    Reason.READING: (HTTPStatus.METHOD_NOT_ALLOWED, message("only-post-has-body")),
}


def _unheard(reason: Reason) -> Response:
    """Refuse a request of which no application hears."""
    return _refusal(*_REASONS[reason])


def _unsound(status: int, words: str, reason: Reason | None) -> Response:
    """Refuse what is no sound HTTP."""
    return _unheard(reason) if reason else _refusal(status, words)


# Where they ask


class Interface:
    """The sockets on which the daemon is asked.

    Loopback is open while the configuration or a pairing wants it; the Unix socket always.

    Args:
        api: what answers.
        ports: the world.
        say: logs a line: level, words, facts.

    Raises:
        StateError: the Unix socket can't be made.
    """

    def __init__(self, api: Api, ports: Ports, say: Callable[..., None]) -> None:
        self._api = api
        self._ports = ports
        self._say = say
        self._commands = _served(_bound(ports.data.control), api.app(), None, "control")
        self._programs: _Programs | None = None
        self._wanted: int | None = None
        self._trouble: str | None = None

    @property
    def is_kept_from_programs(self) -> bool:
        """Whether programs should be answered, and the port for that can't be had."""
        return self._trouble is not None

    def told(self) -> Json:
        """Return where programs are answered, or should be (None: nowhere), and what keeps them from it."""
        told = {
            "address": None if self._wanted is None else f"http://{HOST}:{self._wanted}",
            "trouble": self._trouble,
            "hint": message("free-port") if self._trouble else None,
        }
        return with_said(told, "trouble", "hint")

    def take_over(self, config: Config) -> None:
        """Answer as the configuration wants it from now on.

        Raises:
            ConfigError: the port can't be listened on; what was open stays open.
            StateError: syncd's own database can't be used.
        """
        control, keys = config.control, Keys(self._ports)
        wanted = bool(keys) if control.http is None else control.http
        self._wanted, self._trouble = control.port if wanted else None, None
        if self._programs is not None and wanted and self._programs.port == control.port:
            self._programs.signed.keys = keys
        else:
            before, self._programs = self._programs, self._opened(control.port, keys) if wanted else None
            if before:
                # Whoever asked for all this there may still wait for the answer.
                before.server.close()
        self._api.config = config

    def _opened(self, port: int, keys: Keys) -> _Programs:
        try:
            listening = bound(HOST, port)
        except OSError as error:
            reason = error.strerror or error
            self._trouble = message("control-port-taken", host=HOST, port=port, reason=reason)
            raise ConfigError([self._trouble], hint=message("choose-another-port")) from error
        signed = Signed(self._api.app(), keys)
        server = _served(listening, signed, frozenset({f"{HOST}:{port}", f"localhost:{port}"}), "http")
        self._say("info", message("programs-answered"), address=f"http://{HOST}:{port}")
        return _Programs(port, signed, server)

    def close(self) -> None:
        """Take no request any more, and let those end that are being answered, briefly."""
        servers = [self._commands, *([self._programs.server] if self._programs else [])]
        for server in servers:
            server.close()
        for server in servers:
            server.stop()
        with suppress(OSError):
            self._ports.data.control.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class _Programs:
    """What is open for programs."""

    port: int
    signed: Signed
    server: Server


def _served(listening: socket.socket, app: ASGIApp, hosts: frozenset[str] | None, name: str) -> Server:
    """Serve an application to whoever calls this computer by one of these names; None stands for any."""
    rules = Rules(lambda reason, _: _unheard(reason), hosts, own_page=False, body_bytes=LONGEST)
    door = Door(listening, Guard(app, rules), LIMITS, ((b"server", b"syncd"),), _unsound)
    return Server([door], name=name, stop_seconds=PARTING).start()


def _bound(path: Path) -> socket.socket:
    """Return a socket that only the user can open; one that a dead daemon left is replaced.

    Raises:
        StateError: it can't be made.
    """
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        path.unlink(missing_ok=True)
        with short(path) as address:
            listening.bind(address)
        listening.listen(QUEUE)
    except OSError as error:
        listening.close()
        raise StateError(
            message("control-socket-not-made", path=path, reason=error.strerror or error),
            hint=message("name-data-folder"),
        ) from error
    finally:
        os.umask(before)
    return listening
