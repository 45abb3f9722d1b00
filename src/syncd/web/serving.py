"""The dashboard's port: opened when somebody wants to see it, on the port that the configuration names.

The daemon has one of these, and `syncd dashboard` has one where no daemon runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock, Thread
from typing import Final
from urllib.parse import urlencode

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response

from syncd.config import Config
from syncd.config.model import Dashboard as DashboardSettings
from syncd.daemon.api import Api
from syncd.daemon.events import Events
from syncd.daemon.sockets import HOST
from syncd.engine.ports import Ports
from syncd.errors import ConfigError
from syncd.messages import message
from syncd.serve import Door, Guard, Limits, Reason, Rules, Server, bound
from syncd.web.addresses import ACTS, PAGES
from syncd.web.board import HEADERS, Board, prepare
from syncd.web.strings import language_of, strings
from syncd.web.visitors import Visitors

LIMITS: Final = Limits(connections=64)
# Bytes of a form.
LONGEST: Final = 100_000
# Seconds that the end waits for what is being answered.
PARTING: Final = 1.0
REFUSALS: Final[Mapping[Reason, tuple[int, str]]] = {
    Reason.HOST: (403, message("not-address-asked")),
    Reason.PAGE: (403, message("web-pages-not-answered")),
    Reason.LENGTH: (411, message("body-length-not-told")),
    Reason.LONG: (413, message("body-too-long", most=LONGEST)),
}


class Dashboard:
    """Where the dashboard is served, if it is. It may be used by several threads.

    Args:
        api: what acts are done by.
        ports: the world.
        events: what happens.
        say: logs a line: level, words, facts.
        live: whether a daemon serves it.
    """

    def __init__(
        self, api: Api, ports: Ports, events: Events, say: Callable[..., None], *, live: bool
    ) -> None:
        self._api = api
        self._say = say
        self._visitors = Visitors(ports.data, ports.clock)
        self._board = Board(api, ports, self._visitors, events, say, live=live)
        self._lock = Lock()
        self._server: Server | None = None
        self._settings: DashboardSettings | None = None
        self._wanted = False
        self._preparing = Thread(target=prepare, name="dashboard-prepares", daemon=True)

    @property
    def is_kept_away(self) -> bool:
        """Whether its port should be open, and can't be had."""
        return self._wanted and self._server is None

    def address(self) -> str:
        """Return where it is, or would be."""
        return f"http://{HOST}:{self._api.config.dashboard.port}/"

    def take_over(self, config: Config) -> None:
        """Serve as the configuration wants it from now on, if anybody was ever let in.

        Raises:
            ConfigError: the port can't be listened on.
        """
        with self._lock:
            self._wanted = (
                self._server is not None or config.dashboard.proxy is not None or bool(self._visitors)
            )
            if self._wanted:
                self._open(config)

    def invite(self, to: str = "/") -> str:
        """Return an address that opens a page in one browser, once; the port is open then.

        Raises:
            ConfigError: it can't be listened on.
        """
        with self._lock:
            self._wanted = True
            self._open(self._api.config)
        self._preparing.join()
        once = {"once": self._visitors.invite()} | ({"to": to} if to != "/" else {})
        return f"{self.address()}open?{urlencode(once)}"

    def close(self) -> None:
        """Serve it no longer."""
        with self._lock:
            server, self._server = self._server, None
        if server is not None:
            server.close()
            server.stop()

    def _open(self, config: Config) -> None:
        before, self._settings = self._settings, config.dashboard
        port, proxy = config.dashboard.port, config.dashboard.proxy
        if self._server is not None and before == config.dashboard:
            return
        if self._server is not None:
            # Whoever changed its settings there may still wait for the answer.
            self._server.close()
            self._server = None
        try:
            listening = bound(HOST, port)
        except OSError as error:
            reason = error.strerror or error
            raise ConfigError(
                [message("dashboard-port-taken", host=HOST, port=port, reason=reason)],
                hint=message("free-dashboard-port"),
            ) from error
        hosts = {f"{HOST}:{port}", f"localhost:{port}"} | ({proxy.host.lower()} if proxy else set())
        origins = {f"{scheme}://{proxy.host.lower()}" for scheme in ("http", "https")} if proxy else set()
        rules = Rules(_refused, frozenset(hosts), origins=frozenset(origins), body_bytes=LONGEST)
        guarded = Guard(self._board.app(PAGES, ACTS, port), rules)
        self._server = Server(
            [Door(listening, guarded, LIMITS)], name="dashboard", stop_seconds=PARTING
        ).start()
        self._say("info", message("dashboard-served"), address=self.address())
        if self._preparing.ident is None:
            self._preparing.start()


def _refused(reason: Reason, headers: Headers) -> Response:
    status, words = REFUSALS.get(reason, (400, message("request-not-understood")))
    say = strings(language_of(headers.get("accept-language", "")))
    return PlainTextResponse(say.sentence(words), status, HEADERS)
