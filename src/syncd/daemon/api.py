"""What the daemon can be asked for: the same addresses for commands and for programs such as Zotero.

Who may ask was decided before, by the socket that a request came in by. What the loop decides is handed to the loop;
what reads a database or asks others is done in threads.
"""

from __future__ import annotations

import threading
from asyncio import wrap_future
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import Future
from dataclasses import asdict, replace
from functools import partial
from http import HTTPStatus
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any, Literal, get_args

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from syncd import services
from syncd.config import Config, Library, edit
from syncd.daemon import views
from syncd.daemon.asked import Asked, Json, JsonAnswer, RefusedError, asked_of, refusal
from syncd.daemon.events import Events
from syncd.daemon.questions import Do, Question
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
from syncd.errors import ConfigError, SourceError, SyncdError
from syncd.messages import message, with_said
from syncd.model import Paper
from syncd.read import fetch
from syncd.services import search
from syncd.services.base import FoundAuthor
from syncd.state.history import Run
from syncd.state.libraries import remembered
from syncd.sync.action import Verdict, profile_of

# Seconds that an undo waits for its turn at a library: who asked is there and waits too.
UNDO_PATIENCE = 8.0

StoppedBy = Literal["many", "shrunk", "emptied"]


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
        amended: is called after somebody changed a library here; whoever wants to know puts it here.
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
                asked = await asked_of(request)
                if iscoroutinefunction(act):
                    told = await act(self, asked)
                else:
                    told = await run_in_threadpool(act, self, asked)
            except RefusedError as error:
                return refusal(error.status, error.words, error.hint)
            except SyncdError as error:
                return refusal(HTTPStatus.CONFLICT, error.words, error.hint, error.sort)
            except Exception as error:  # noqa: BLE001 - whatever it is, the next request may go well
                self._say("error", message("fault-because", reason=error), exc_info=error)
                return refusal(
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
        names = asked.names()
        if "wait" in asked.query:
            return await wrap_future(self._ask("sync-now", names))
        begun = await run_in_threadpool(self.begin, names)
        return JsonAnswer({"profiles": begun}, HTTPStatus.ACCEPTED)

    def begin(self, names: Sequence[str]) -> list[str]:
        """Let the loop look at profiles, all where none is named; return whom. To be called in a thread.

        Raises:
            RefusedError: one is not followed.
            SyncdError: nobody can look, as far as that is known at once.
        """
        followed = [profile["name"] for profile in self.live()["profiles"]]
        # A page of a folder is looked at with the folder.
        names = [n if n in followed else profile_of(n, followed) for n in names]
        if unknown := [name for name in names if name not in followed]:
            raise RefusedError(
                HTTPStatus.NOT_FOUND, message("no-profile-of-that-name", profile=repr(unknown[0]))
            )
        if (answer := self._ask("sync-now", names)).done():
            answer.result()
        return list(names) or followed

    def rest(self, do: Literal["pause", "resume"], names: Sequence[str]) -> Json:
        """Let profiles rest or go on, all where none is named. To be called in a thread."""
        return self._ask(do, names).result()

    async def pause(self, asked: Asked) -> Json:
        """Let profiles rest, all where none is named."""
        return await wrap_future(self._ask("pause", asked.names()))

    async def resume(self, asked: Asked) -> Json:
        """Let profiles go on."""
        return await wrap_future(self._ask("resume", asked.names()))

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
        library = views.library_for(asked.text("library"), asked.body.get("user"), self.config)
        return self.follow_into(library, asked.text("source"))

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
        name = edit.unfollow(edit.config_file(self._path, env), env, asked.text("name"))
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
        asked.only("to")
        return {"url": self.invite(asked.text("to") if "to" in asked.body else "/")}

    # What the user says after the fact

    def judge(self, asked: Asked, *, once: bool = False) -> Json:
        """Take the user's word on a review; with `once` only where it was not decided meanwhile."""
        paper, said, key = asked.text("paper"), asked.body.get("verdict"), asked.body.get("key")
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
        asked.only("run", "dry_run")
        run, dry_run = asked.body.get("run"), asked.is_dry()
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
        asked.only("paper", "profile", "library", "user", "dry_run")
        paper, profile, dry_run = asked.text("paper"), asked.text("profile"), asked.is_dry()
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
        self.amended()
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
    return refusal(HTTPStatus.NOT_FOUND, message("nothing-at-address"))


async def _wrong_method(request: Request, _error: Exception) -> Response:
    allowed = ", ".join(method for method, path, _ in ADDRESSES if path == request.scope["path"])
    return refusal(
        HTTPStatus.METHOD_NOT_ALLOWED, message("only-allowed-here", allowed=allowed), Allow=allowed
    )
