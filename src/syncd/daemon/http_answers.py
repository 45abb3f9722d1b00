"""What the daemon answers over HTTP: which address means what, and what is done about it.

What the loop decides is handed to the loop; what only reads is read here; the rest is the engine's, in the thread
of the request.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, get_args

from syncd.action import Verdict
from syncd.amend import judge
from syncd.config import edit
from syncd.daemon import http_views as views
from syncd.daemon.control import Request
from syncd.daemon.http_views import Asked, RefusedError
from syncd.errors import ConfigError, SyncdError
from syncd.intake import apis_of, web_of
from syncd.session import opened, remembered, run_name
from syncd.sources import fetch, registry
from syncd.undo import last_run, undo, undo_as_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from syncd.config import Config, Library
    from syncd.history import Run
    from syncd.session import Ports

__all__ = ["Asked", "HttpAnswers", "RefusedError"]

Json = dict[str, Any]
# Seconds that an undo waits for its turn at a library: who asked is there and waits too.
PATIENCE = 8.0


class HttpAnswers:
    """Answers requests.

    Args:
        path: the configuration's file, as the user named it.
        ports: the world.
        hand_over: takes what the loop has to decide.
        say: logs a line: level, words, facts.

    Attributes:
        config: the settings at present.
    """

    config: Config

    def __init__(
        self, path: Path | None, ports: Ports, hand_over: Callable[[Request], None], say: Callable[..., None]
    ) -> None:
        self._path = path
        self._ports = ports
        self._hand_over = hand_over
        self._say = say
        self._routes: dict[str, dict[str, Callable[[Asked], Any]]] = {
            "/v1/status": {"GET": self._status},
            "/v1/items": {"GET": lambda asked: views.items(asked, self.config, self._ports)},
            "/v1/known": {"GET": lambda asked: views.known(asked, self.config, self._ports)},
            "/v1/profiles": {"GET": self._profiles},
            "/v1/reviews": {"GET": self._reviews, "POST": self._judge},
            "/v1/search": {"GET": self._search},
            "/v1/sync-now": {"POST": self._sync_now},
            "/v1/pause": {"POST": self._pause},
            "/v1/resume": {"POST": self._resume},
            "/v1/undo": {"POST": self._undo},
            "/v1/follow": {"POST": self._follow},
            "/v1/unfollow": {"POST": self._unfollow},
        }

    def check(self, method: str, path: str) -> None:
        """Make sure that there is such an address, and that it is asked in the right way.

        Raises:
            RefusedError: that is not so.
        """
        if path not in self._routes:
            raise RefusedError(HTTPStatus.NOT_FOUND, "there is nothing at this address")
        methods = self._routes[path]
        if method not in methods:
            allowed = ", ".join(methods)
            raise RefusedError(
                HTTPStatus.METHOD_NOT_ALLOWED, f"here goes only {allowed}", headers={"Allow": allowed}
            )

    def answer(self, method: str, path: str, asked: Asked) -> tuple[HTTPStatus, Any]:
        """Answer a request that was checked: status and JSON.

        Raises:
            RefusedError: it can't be understood.
            SyncdError: it can't be done.
        """
        answer = self._routes[path][method](asked)
        if method == "POST" and not asked.body.get("dry_run"):
            self._say("info", "done as a program asked", asked=path.rpartition("/")[2])
        return (HTTPStatus.ACCEPTED if path == "/v1/sync-now" else HTTPStatus.OK), answer

    # What the loop knows and decides

    def _ask(self, do: str, **words: Any) -> Json:
        """Ask the loop, and wait for its answer."""
        request = Request({"do": do, **words})
        self._hand_over(request)
        answer = request.wait()
        if "error" in answer:
            raise SyncdError(answer["error"], hint=answer.get("hint", ""))
        return answer

    def _status(self, _asked: Asked) -> Json:
        return views.status(self.config, self._ports, self._ask("status"))

    def _profiles(self, asked: Asked) -> list[Json]:
        return views.profiles(asked, self.config, self._ports, self._ask("status"))

    def _sync_now(self, asked: Asked) -> Json:
        """Let the loop look, and wait for nothing."""
        followed = [profile["name"] for profile in self._ask("status")["profiles"]]
        # A page of a folder is looked at with the folder.
        names = [n if n in followed else n.partition(": ")[0] for n in _names(asked)]
        if unknown := [name for name in names if name not in followed]:
            raise RefusedError(HTTPStatus.NOT_FOUND, f"syncd follows no profile {unknown[0]!r}")
        self._hand_over(Request({"do": "sync-now", "names": names}))
        return {"profiles": names or followed}

    def _pause(self, asked: Asked) -> Json:
        return self._ask("pause", names=_names(asked))

    def _resume(self, asked: Asked) -> Json:
        return self._ask("resume", names=_names(asked))

    def _reload(self) -> None:
        """Let the loop take over a configuration that was just written."""
        if problems := self._ask("reload")["problems"]:
            raise ConfigError(problems)

    # Whom to follow

    def _search(self, asked: Asked) -> list[Json]:
        from syncd.sources.apis import search  # noqa: PLC0415 - only where somebody searches

        name = asked.query.get("name", "").strip()
        if not name:
            raise RefusedError(HTTPStatus.BAD_REQUEST, "no name is given")
        failures: list[Any] = []
        with web_of(self.config, self._ports) as web:
            found = search(name, web, apis=apis_of(self.config, self._ports.env), failures=failures)
        for failure in failures:
            self._say("warning", f"not searched for an author: {failure}")
        return [asdict(author) for author in found]

    def _follow(self, asked: Asked) -> Json:
        """Add a profile to the configuration, once its source was read."""
        source = _text(asked, "source")
        if not source.startswith(("http://", "https://")) and registry.recognise(source) is None:
            raise RefusedError(HTTPStatus.BAD_REQUEST, "the source is no address and no author at a service")
        library = views.library_for(_text(asked, "library"), asked.body.get("user"), self.config)
        with web_of(self.config, self._ports) as web:
            snapshot, *_ = fetch(source, web=web, apis=apis_of(self.config, self._ports.env))
        profile = self._ports.parse(snapshot, "auto", self._ports.clock)
        settings = {"source": source, "library": library.name}
        env = self._ports.env
        name = edit.follow(edit.place(self._path, env), env, edit.slug(profile.name), settings)
        self._reload()
        return {"name": name, "author": profile.name, "papers": len(profile.papers)}

    def _unfollow(self, asked: Asked) -> Json:
        env = self._ports.env
        name = edit.unfollow(edit.place(self._path, env), env, _text(asked, "name"))
        self._reload()
        return {"name": name}

    # What the user says after the fact

    def _reviews(self, _asked: Asked) -> list[Json]:
        return views.reviews(self.config, self._ports)

    def _judge(self, asked: Asked) -> Json:
        paper, said, key = _text(asked, "paper"), asked.body.get("verdict"), asked.body.get("key")
        verdict: Verdict | None = next((one for one in get_args(Verdict) if one == said), None)
        if verdict is None or not (key is None or isinstance(key, str)):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "a verdict is same, different or later; a key is text")
        # Of two libraries that are one, both may ask about a paper, each with candidates of its own.
        named = asked.body.get("library")
        for library in (one for one in self.config.libraries.values() if named in {None, one.name}):
            with remembered(library, self._ports) as state:
                if any(s.cause == "review" and s.paper == paper for s in state.standings()):
                    return {"title": judge(state, paper, verdict, key).title, "verdict": verdict}
        raise RefusedError(HTTPStatus.NOT_FOUND, f"no paper {paper!r} waits for a review")

    def _undo(self, asked: Asked) -> Json:
        """Undo a run, or tell what that would do; where none is named, the last that did something and is left."""
        run, dry_run = asked.body.get("run"), asked.body.get("dry_run", False)
        if not (run is None or isinstance(run, str)):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "run should be a text, or null")
        if not isinstance(dry_run, bool):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "dry_run should be true or false")
        found = [(known, one) for one in self.config.libraries.values() if (known := self._run(one, run))]
        if not found:
            words = f"no run {run!r} is known" if run else "no run is left to be undone"
            raise RefusedError(HTTPStatus.NOT_FOUND, words)
        known, library = max(found, key=lambda one: (one[0].started, one[0].name))
        ports = replace(
            self._ports, keep=self.config.history.keep, patience=PATIENCE, who="an undo in the daemon"
        )
        with opened(library, ports, run_name(ports.clock.now())) as session:
            undoing = undo(session, known.name, dry_run=True) if dry_run else undo_as_run(session, known.name)
        if undoing.error is not None:
            raise undoing.error
        return views.undoing(undoing)

    def _run(self, library: Library, wanted: str | None) -> Run | None:
        """Return the run of a library that may be meant."""
        with remembered(library, self._ports) as state:
            if wanted is None:
                return last_run(state.history)
            return next((run for run in state.history.runs() if run.name == wanted), None)


def _names(asked: Asked) -> list[str]:
    names = asked.body.get("names", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise RefusedError(HTTPStatus.BAD_REQUEST, "names should be a list of texts")
    return names


def _text(asked: Asked, name: str) -> str:
    value = asked.body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise RefusedError(HTTPStatus.BAD_REQUEST, f"{name} should be a text")
    return value.strip()
