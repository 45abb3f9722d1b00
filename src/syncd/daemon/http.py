"""How the plugin in Zotero talks with the daemon: HTTP on loopback, JSON, signed with the key of the pairing.

It lets nothing in that a web page could send.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import asdict, replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, get_args
from urllib.parse import parse_qsl, urlsplit

from syncd import services
from syncd.config import Config, Library, edit
from syncd.daemon import views
from syncd.daemon.control import Request
from syncd.daemon.views import Asked, RefusedError
from syncd.engine.gather import apis_of, web_of
from syncd.engine.ports import Ports, run_name
from syncd.engine.review import judge
from syncd.engine.session import opened
from syncd.engine.undo import last_run, undo, undo_as_run
from syncd.errors import ConfigError, SyncdError
from syncd.handshake import HEADER, Gate, Proof
from syncd.read import fetch
from syncd.services import search
from syncd.state import pairings
from syncd.state.history import Run
from syncd.state.libraries import remembered
from syncd.sync.action import Verdict, profile_of

HOST = "127.0.0.1"
# Bytes of a request's body.
LONGEST = 1_000_000
# Seconds that a client which sends nothing may hold its thread for.
PATIENCE = 30
# Seconds after which keys are fetched anew for a program that is not known.
REFRESH = 30.0


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


class Interface:
    """The daemon's HTTP interface, which is open while the configuration or a pairing wants it.

    Args:
        path: the configuration's file, as the user named it.
        ports: the world.
        hand_over: takes what the loop has to decide.
        say: logs a line: level, words, facts.
    """

    def __init__(
        self, path: Path | None, ports: Ports, hand_over: Callable[[Request], None], say: Callable[..., None]
    ) -> None:
        self._answers = HttpAnswers(path, ports, hand_over, say)
        self._ports = ports
        self._say = say
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def take_over(self, config: Config) -> None:
        """Answer as the configuration wants it from now on.

        Raises:
            ConfigError: the port can't be listened on; what was open stays open.
            StateError: syncd's own database can't be used.
        """
        control, keys = config.control, Keys(self._ports)
        wanted = bool(keys) if control.http is None else control.http
        if self._server is None or not wanted or self._server.server_port != control.port:
            server = _Server(control.port, self._answers, keys, self._say) if wanted else None
            self.close()
            self._open(server)
        else:
            self._server.keys = keys
        self._answers.config = config

    def _open(self, server: _Server | None) -> None:
        if server is None:
            return
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="http", daemon=True)
        self._thread.start()
        self._say("info", "paired programs are answered", address=f"http://{HOST}:{server.server_port}")

    def close(self) -> None:
        """Take no request any more."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = self._thread = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # An answer that never comes must not hold up the end.
    block_on_close = False

    def __init__(self, port: int, answers: HttpAnswers, keys: Keys, say: Callable[..., None]) -> None:
        self.answers = answers
        self.keys = keys
        self.gate = Gate("daemon")
        self.say = say
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            raise ConfigError(
                [f"control.port: can't listen on {HOST}, port {port}: {error.strerror or error}"],
                hint="Choose another port, or stop the program that uses this one.",
            ) from error

    def handle_error(self, *_: Any) -> None:
        """Stay quiet: what went wrong is between a client and its connection."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "syncd", ""
    timeout = PATIENCE
    server: _Server
    proof: Proof | None = None

    def do_GET(self) -> None:
        """Answer, or refuse to; every method comes here."""
        # What a request that is refused sends besides is not read, so the connection can't go on.
        self.close_connection, self.proof = True, None
        try:
            self._check_sender()
            content = self._content() if self.command == "POST" else b""
            self._admit(content)
            address = urlsplit(self.path)
            answers = self.server.answers
            answers.check(self.command, address.path)
            body = self._body(content) if self.command == "POST" else {}
            query = dict(parse_qsl(address.query, max_num_fields=20))
            status, answer = answers.answer(self.command, address.path, Asked(query, body))
        except RefusedError as error:
            late = {"session": self.server.gate.session} if self._is_late else {}
            self._send(error.status, {"error": str(error), "hint": error.hint, **late}, error.headers)
        except SyncdError as error:
            self._send(HTTPStatus.CONFLICT, {"error": str(error), "hint": error.hint})
        except Exception as error:  # noqa: BLE001 - whatever it is, the next request may go well
            self.server.say("error", f"a fault in syncd: {error}", exc_info=error)
            words = {"error": "a fault in syncd", "hint": "The daemon's log has the whole of it."}
            self._send(HTTPStatus.INTERNAL_SERVER_ERROR, words)
        else:
            self.close_connection = False
            self._send(status, answer)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = do_GET  # noqa: N815 - the library's names

    @property
    def _is_late(self) -> bool:
        return self.proof is not None and self.proof.state == "late"

    def _check_sender(self) -> None:
        """Let in what is a program on this computer."""
        port = self.server.server_port
        names = [f"{host}:{port}" for host in (HOST, "localhost")]
        if [host.lower() for host in self.headers.get_all("Host", [])] not in [[name] for name in names]:
            raise RefusedError(HTTPStatus.FORBIDDEN, "this is not the address that was asked for")
        # Zotero itself has no site, and may say so; whatever a page is on has one.
        if (
            self.headers.get("Origin", "null") != "null"
            or self.headers.get("Sec-Fetch-Site", "none") != "none"
        ):
            raise RefusedError(HTTPStatus.FORBIDDEN, "web pages are not answered")

    def _admit(self, content: bytes) -> None:
        """Let in who was paired, and each request once."""
        request = (self.command, self.path, content)
        proof = self.server.keys.proof(self.server.gate, self.headers.get(HEADER), request)
        # Whoever sends a request a second time has not signed it, so the answer is not signed either.
        self.proof = None if proof and proof.state == "again" else proof
        if self.proof is None or self._is_late:
            raise RefusedError(
                HTTPStatus.UNAUTHORIZED,
                "this is another session" if self.proof else "not signed by a program that was paired",
                hint="" if self.proof else "Pair again: syncd login --desktop",
                headers={"WWW-Authenticate": HEADER},
            )

    def _content(self) -> bytes:
        """Return what was sent."""
        length = self.headers.get("Content-Length", "")
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdecimal()):
            raise RefusedError(HTTPStatus.LENGTH_REQUIRED, "the length of the body is not told")
        if len(length) > len(str(LONGEST)) or int(length) > LONGEST:
            raise RefusedError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is longer than {LONGEST} bytes"
            )
        return self.rfile.read(int(length))

    def _body(self, content: bytes) -> dict[str, Any]:
        """Return the JSON that was sent; nothing sent counts as none."""
        if self.headers.get_content_type() != "application/json":
            raise RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body should be application/json")
        try:
            value = json.loads(content or b"{}")
        except (ValueError, RecursionError):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "the body is not JSON") from None
        if not isinstance(value, dict):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "the body should be a JSON object")
        return value

    def _send(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(value, ensure_ascii=False).encode()
        self.send_response(status)
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.send_header("Content-Type", "application/json")
        if self.proof:
            self.send_header(HEADER, self.proof.answer(status, body))
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Stay quiet: a question is no news."""


__all__ = ["Asked", "HttpAnswers", "RefusedError"]

Json = dict[str, Any]
# Seconds that an undo waits for its turn at a library: who asked is there and waits too.
UNDO_PATIENCE = 8.0


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
        names = [n if n in followed else profile_of(n, followed) for n in _names(asked)]
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
        if not source.startswith(("http://", "https://")) and services.recognise(source) is None:
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
            with remembered(library, self._ports.data, self._ports.clock) as state:
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
            self._ports, keep=self.config.history.keep, patience=UNDO_PATIENCE, who="an undo in the daemon"
        )
        with opened(library, ports, run_name(ports.clock.now())) as session:
            undoing = undo(session, known.name, dry_run=True) if dry_run else undo_as_run(session, known.name)
        if undoing.error is not None:
            raise undoing.error
        return views.undoing(undoing)

    def _run(self, library: Library, wanted: str | None) -> Run | None:
        """Return the run of a library that may be meant."""
        with remembered(library, self._ports.data, self._ports.clock) as state:
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
