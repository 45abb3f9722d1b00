"""The dashboard as an application: which page or act stands at which address, who is let in, what headers go along.

Pages are whole without scripts: an act is a form, and leads back to a page that says what came of it. Everything that
comes from outside is escaped, nothing is loaded from elsewhere, and no page writes anything.
"""

from __future__ import annotations

import gc
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from threading import Lock
from typing import Any, Final, cast
from urllib.parse import parse_qsl, quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request, cookie_parser
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from syncd.config import Config
from syncd.daemon.api import Api, StoppedBy
from syncd.daemon.asked import RefusedError
from syncd.daemon.events import Events
from syncd.engine.ports import Ports
from syncd.errors import SyncdError
from syncd.messages import message, told
from syncd.state.profiles import Problem
from syncd.web.strings import FOLDERS, Strings, language_of, strings
from syncd.web.visitors import Visitors
from syncd.zotero.items import OTHERS

# All of what pages load. Scripts and styles are files of the wheel; figures are a part of their page.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    # A form of a page that sends no address would have no origin either.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
KINDS: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
# The guard that stopped a profile, by the code of what to do about it.
GUARDS: Final[Mapping[str, StoppedBy]] = {
    "nothing-written-allow-create": "many",
    "nothing-used-accept-shrunk": "shrunk",
    "nothing-written-accept-empty": "emptied",
    "nothing-written-open-library": "emptied",
}
# So many outcomes of acts wait for their page.
MOST_NOTES = 200
# So many names of creators are shown.
NAMES: Final = 6
# Of a text that is sent with an act or in an address.
MOST_LETTERS = 2000


@dataclass(frozen=True, slots=True)
class Note:
    """What came of an act, to be said on the next page.

    Attributes:
        words: a sentence.
        hint: what to do; may be empty.
        failed: it was not done.
        back: the address at which it can be taken back, with what has to be sent there; None where it can't.
    """

    words: str
    hint: str = ""
    failed: bool = False
    back: tuple[str, Mapping[str, str]] | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """A request, as pages and acts see it.

    Attributes:
        config: the settings at present.
        ports: the world.
        api: what the daemon, or whoever stands in for it, does.
        say: what is said in the reader's language.
        query: of the address.
        form: what was sent.
        path: the parts of the address that are names.
        live: a daemon runs.
    """

    config: Config
    ports: Ports
    api: Api
    say: Strings
    query: Mapping[str, str]
    form: Mapping[str, str]
    path: Mapping[str, str]
    live: bool

    def number(self, name: str) -> int:
        """Return a number of the address, 0 where it is none."""
        text = self.query.get(name, "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else 0


@dataclass(frozen=True, slots=True)
class Page:
    """What a page shows.

    Attributes:
        template: its name.
        title: of the page.
        facts: what the template gets.
        status: of the answer.
    """

    template: str
    title: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    status: int = HTTPStatus.OK


@dataclass(frozen=True, slots=True)
class Download:
    """A file that is made on request."""

    name: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """An act that was done, or not.

    Attributes:
        to: the address to go on at.
        note: what is said there; None where the page itself shows it.
    """

    to: str
    note: Note | None = None


Show = Callable[[Ask], "Page | Download"]
Act = Callable[[Ask], Done]


class Board:
    """The dashboard's pages and acts.

    Args:
        api: what acts are done by.
        ports: the world.
        visitors: who may see it.
        events: what happens.
        say: logs a line: level, words, facts.
        live: whether a daemon serves it.
    """

    def __init__(  # noqa: PLR0913 - what pages need of the world
        self,
        api: Api,
        ports: Ports,
        visitors: Visitors,
        events: Events,
        say: Callable[..., None],
        *,
        live: bool,
    ) -> None:
        self._api = api
        self._log = say
        self._heard = events
        self._ports = ports
        self._visitors = visitors
        self._live = live
        self._notes: dict[str, Note] = {}
        self._lock = Lock()

    def app(self, pages: Mapping[str, Show], acts: Mapping[str, Act], port: int) -> Starlette:
        """Return the application.

        Args:
            pages: by address.
            acts: likewise; they are done by POST.
            port: the one that it is served on. The cookie's name bears it: browsers keep those of all ports together.
        """
        self._jar = f"syncd-dashboard-{port}"
        routes = [Route("/open", self._enter), Route("/events", self._let_in(self._events))]
        routes += [Route("/static/{name}", _static)]
        for path, act in acts.items():
            routes.append(Route(path, self._let_in(self._acting(act)), methods=["POST"]))
        for path, show in pages.items():
            routes.append(Route(path, self._let_in(self._showing(show))))
        missing = dict.fromkeys((HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED), self._missing)
        app = Starlette(routes=routes, exception_handlers={**missing, SyncdError: self._unreadable})
        app.router.redirect_slashes = False
        return app

    # Who may come in

    def _let_in(
        self, answer: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def guarded(request: Request) -> Response:
            if not self._is_signed_in(request) and not await run_in_threadpool(self._has_cookie, request):
                return self._locked(request)
            return await answer(request)

        return guarded

    def _is_signed_in(self, request: Request) -> bool:
        """Whether the reader signed in at the web server before the dashboard, and comes through that."""
        proxy = self._api.config.dashboard.proxy
        if proxy is None or request.headers.get("host", "").lower() != proxy.host.lower():
            return False
        return bool(request.headers.get(proxy.header, "").strip())

    def _has_cookie(self, request: Request) -> bool:
        return self._visitors.knows(cookie_parser(request.headers.get("Cookie", "")).get(self._jar, ""))

    async def _enter(self, request: Request) -> Response:
        """Lead to a page without the secret in the address, which would stay in the browser's history."""
        cookie = await run_in_threadpool(self._visitors.accept, request.query_params.get("once", ""))
        if cookie is None and not await run_in_threadpool(self._has_cookie, request):
            return self._locked(request)
        to = request.query_params.get("to", "")
        response = RedirectResponse(to if to in {"/", "/library"} else "/", HTTPStatus.SEE_OTHER, HEADERS)
        if cookie is not None:
            age = 180 * 86400
            response.set_cookie(self._jar, cookie, max_age=age, httponly=True, samesite="strict")
        return response

    def _locked(self, request: Request) -> Response:
        ask = self._ask(request, {})
        page = Page("locked.html", ask.say.label("syncd-dashboard-locked"), status=HTTPStatus.FORBIDDEN)
        return self._drawn(ask, page, None, "/")

    # Answers

    def _showing(self, show: Show) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            return await run_in_threadpool(self._shown, show, request)

        return answer

    def _shown(self, show: Show, request: Request) -> Response:
        ask = self._ask(request, {})
        with self._lock:
            note = self._notes.pop(ask.query.get("note", ""), None)
        try:
            shown = show(ask)
        except RefusedError as error:
            shown, note = _trouble(ask, error.status), Note(error.words, error.hint, failed=True)
        except SyncdError as error:
            shown, note = _trouble(ask, HTTPStatus.CONFLICT), Note(error.words, error.hint, failed=True)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next request may go well
            shown, note = _trouble(ask, HTTPStatus.INTERNAL_SERVER_ERROR), self._fault(error)
        if isinstance(shown, Download):
            headers = {**HEADERS, "Content-Disposition": f"attachment; filename*=UTF-8''{quote(shown.name)}"}
            return Response(shown.text, headers=headers, media_type=shown.kind)
        return self._drawn(ask, shown, note, request.url.path)

    def _acting(self, act: Act) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            # A form of a page of ours says where it is from. A page can hide that, in a frame or by its policy, and a
            # browser sends our cookie along with what comes from another port of this computer.
            if request.headers.get("origin", "null") == "null":
                return self._foreign(request)
            sent = parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True)
            form = {name: value[:MOST_LETTERS] for name, value in sent}
            return await run_in_threadpool(self._acted, act, request, form)

        return answer

    def _acted(self, act: Act, request: Request, form: Mapping[str, str]) -> Response:
        ask = self._ask(request, form)
        try:
            done = act(ask)
        except (RefusedError, SyncdError) as error:
            done = Done(own(form.get("back", "")), Note(error.words, error.hint, failed=True))
        except Exception as error:  # noqa: BLE001 - as above
            done = Done(own(form.get("back", "")), self._fault(error))
        return RedirectResponse(self._with_note(done), HTTPStatus.SEE_OTHER, HEADERS)

    def _fault(self, error: Exception) -> Note:
        self._log("error", message("fault-because", reason=error), exc_info=error)
        return Note(message("fault"), message("daemons-log-has-whole") if self._live else "", failed=True)

    def _with_note(self, done: Done) -> str:
        if done.note is None:
            return done.to
        name = secrets.token_urlsafe(8)
        with self._lock:
            self._notes[name] = done.note
            while len(self._notes) > MOST_NOTES:
                del self._notes[next(iter(self._notes))]
        path, mark, query = done.to.partition("?")
        return f"{path}?{query}{'&' if mark else ''}{urlencode({'note': name})}"

    async def _events(self, request: Request) -> Response:
        """Tell what happens as it happens, in the reader's language: a page is out of date, a run is so far."""
        if self._heard.is_full:
            return Response(status_code=HTTPStatus.SERVICE_UNAVAILABLE, headers=HEADERS)
        say = strings(language_of(request.headers.get("accept-language", "")))

        async def lines() -> AsyncIterator[str]:
            async for event in self._heard.heard():
                told: dict[str, Any] = {}
                if event.name == "progress":
                    who = ", ".join(event.facts["profiles"][:NAMES])
                    told = {"words": f"{who}: {say.sentence(event.facts['words'])}"}
                    told |= {name: event.facts[name] for name in ("done", "total")}
                yield f"event: {event.name}\ndata: {json.dumps(told)}\n\n"

        return StreamingResponse(lines(), headers=HEADERS, media_type="text/event-stream")

    def _ask(self, request: Request, form: Mapping[str, str]) -> Ask:
        return Ask(
            config=self._api.config,
            ports=self._ports,
            api=self._api,
            say=strings(language_of(request.headers.get("accept-language", ""))),
            query={name: value[:MOST_LETTERS] for name, value in request.query_params.items()},
            form=form,
            path=request.path_params,
            live=self._live,
        )

    async def _unreadable(self, request: Request, error: Exception) -> Response:
        """Say what keeps syncd from telling who may come in: its own database can't be read."""
        known = cast("SyncdError", error)
        ask, note = self._ask(request, {}), Note(known.words, known.hint, failed=True)
        return self._drawn(ask, _trouble(ask, HTTPStatus.CONFLICT), note, "")

    def _foreign(self, request: Request) -> Response:
        ask, note = self._ask(request, {}), Note(message("web-pages-not-answered"), failed=True)
        return self._drawn(ask, _trouble(ask, HTTPStatus.FORBIDDEN), note, "")

    async def _missing(self, request: Request, _error: Exception) -> Response:
        ask = self._ask(request, {})
        if not self._is_signed_in(request) and not await run_in_threadpool(self._has_cookie, request):
            return self._locked(request)
        note = Note(message("nothing-at-address"), failed=True)
        return self._drawn(ask, _trouble(ask, HTTPStatus.NOT_FOUND), note, "")

    def _drawn(self, ask: Ask, page: Page, note: Note | None, path: str) -> Response:
        facts = {
            "say": ask.say,
            "label": ask.say.label,
            "title": page.title,
            "note": note,
            "place": path.split("/")[1] if path else None,
            "live": ask.live,
            "here": path,
            **page.facts,
        }
        text = _templates().get_template(page.template).render(facts)
        return Response(text, page.status, HEADERS, "text/html; charset=utf-8")


def prepare() -> None:
    """Load what pages are made of, so that the first one does not wait for it."""
    templates = _templates()
    for name in templates.list_templates():
        templates.get_template(name)
    for language in FOLDERS:
        strings(language)
    # So much was loaded that Python soon looks through all of it for what is no longer needed.
    gc.collect()


def own(address: str) -> str:
    """Return an address of a page of ours; the first page's, where it is none.

    >>> own("/runs?page=2"), own("//example.org/"), own("https://example.org/")
    ('/runs?page=2', '/', '/')
    """
    is_own = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if is_own else "/"


def _trouble(ask: Ask, status: int) -> Page:
    return Page("trouble.html", ask.say.label("syncd-dashboard-trouble"), status=status)


async def _static(request: Request) -> Response:
    """Answer with a part of the pages; they are all that is told to who was not let in."""
    name = request.path_params["name"]
    content = _parts().get(name)
    if content is None:
        return Response(status_code=HTTPStatus.NOT_FOUND, headers=HEADERS)
    headers = {**HEADERS, "Cache-Control": "no-cache"}
    return Response(content, headers=headers, media_type=KINDS[name[name.rindex(".") :]])


@cache
def _parts() -> dict[str, bytes]:
    folder = files("syncd.web") / "static"
    return {file.name: file.read_bytes() for file in folder.iterdir() if "." in file.name}


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("syncd.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"part": _part, "names": _names, "web": _web, "drawn": Markup}
    environment.filters |= {"guard": _guard, "code": _code}
    return environment


def _part(name: str) -> str:
    """Return a name as a part of an address."""
    return quote(name, safe="")


def _code(words: str) -> str | None:
    """Return the code of a sentence; None for what somebody else said."""
    code: str | None = told(words)["code"]
    return code


def _guard(problem: Problem | None) -> tuple[str, int] | None:
    """Return the guard that stopped a profile, and how many papers it is about; None where none did."""
    if problem is None:
        return None
    said = told(problem.hint)
    return (GUARDS[said["code"]], said["params"].get("papers", 0)) if said["code"] in GUARDS else None


def _names(creators: Sequence[str]) -> str:
    """Return the first few of many names; a list that its source cut ends so too."""
    known = [name for name in creators if name != OTHERS["lastName"]]
    shown = ", ".join(known[:NAMES])
    return f"{shown}, …" if len(known) > NAMES or len(known) < len(creators) else shown


def _web(address: str | None) -> str:
    """Return an address from outside that may become a link, or an empty text: only `http` and `https`."""
    return address if address and address.startswith(("http://", "https://")) else ""
