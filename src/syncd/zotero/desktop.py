"""Zotero on the desktop, through syncd's plugin in it: a client like the online one, with keys of its own choice.

The plugin sees what was erased and counts versions of its own. Here is only how it is asked; what syncd remembers of
a Zotero is `engine.desktop`'s.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx2

from syncd import __version__
from syncd.errors import LibraryError
from syncd.handshake import API, HEADER, OLDEST, Caller, Zotero, is_key
from syncd.messages import message
from syncd.zotero import shapes
from syncd.zotero.account import without
from syncd.zotero.client import Address, Changes, Client, Deletions, Outcome, Page, StaleError, outcomes_of
from syncd.zotero.transport import RENEWED, OutcomeUnknownError, PoliteTransport, UnreachableError

APP = "syncd"
T = TypeVar("T")
Json = dict[str, Any]
BASE = "/syncd/v1"
# A Zotero that is busy answers late. One that is still at a write must not be taken for one that never began.
PATIENCE = httpx2.Timeout(600.0, connect=15.0)
CLOSED = message("start-zotero")
SERVER = "Syncd-Server"
# How Zotero calls its user's own library, whether or not they signed in.
OWN = "users/0"
IDS = ("server", "database")
# How many objects one answer may tell of.
PAGE = 1000
LOGIN = message("let-zotero-ask-again")
UPDATE = message("update-syncd")
# Every answer of Zotero's server has this header.
ZOTERO = "X-Zotero-Version"


class NoPluginError(LibraryError):
    """Zotero runs without the plugin that this syncd needs: there is none, it is off, or it speaks otherwise."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin that answers.

    Attributes:
        server: the id under which it counts versions; empty where it does not know the key.
        database: the key of Zotero's database, which stays when the plugin is removed and installed again.
        version: its own; where all is well, that of the syncd that it came with.
        user: the number of the user who is signed in to Zotero's sync; None where nobody is, or where it is not told.
            In one database it comes once and stays.
        session: what it calls the time since it started; a request has to name it.
    """

    server: str
    database: str
    version: str = ""
    user: int | None = None
    session: str = ""

    @property
    def zotero(self) -> Zotero:
        """The Zotero that it is in."""
        return Zotero(self.database, self.server)


class PluginClient(Client):
    """The own library of a Zotero that runs on this computer, with the plugin in it. Use it in one thread.

    Args:
        address: where it is, such as "http://127.0.0.1:23119"; its key is that of the pairing.
        transport: counts; shared by all requests of a run.
        plugin: as `plugin_at` gives it; another one is never written to.

    Attributes:
        page: how many objects one answer may tell of.
    """

    page = PAGE
    # The plugin begins to count when the library has long been written to.
    never_written = 0
    in_pages = True

    def __init__(self, address: Address, transport: PoliteTransport, plugin: Plugin) -> None:
        super().__init__(address, transport)
        self.plugin = plugin
        self.zotero = plugin.zotero
        self._caller = Caller(address.key, "plugin", plugin.session)
        # The last answer, and to which version, until somebody asks it for collections: it tells of them too.
        self._told: tuple[int, Json] | None = None
        self._after = 0

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the library, the one first that new keys are made under; see `Client.names`."""
        user = self.plugin.user
        return (OWN,) if user is None else (f"users/{user}", OWN)

    def items_since(self, version: int) -> Page:
        """Return all items, trashed ones too, that changed after `version`."""
        told = self._changes(version)
        self._told = (version, told)
        items = tuple({**each, "meta": {}} for each in told["items"])
        return Page(items, len(items), told["version"])

    def held(self, version: int) -> None:
        """Return nothing: the plugin compares all that there is, so that its answers never miss what went."""

    def item_versions_since(self, version: int) -> tuple[dict[str, int], int]:
        """Return the version of every item that changed after `version`, and the library's version."""
        page = self.items_since(version)
        return {item["key"]: item["version"] for item in page.objects}, page.version

    def items_by_key(self, keys: Sequence[str]) -> list[Json]:
        """Return items, trashed ones too; a key that is not there is left out."""
        wanted = set(keys)
        return [item for item in self.items_since(0).objects if item["key"] in wanted]

    def collections_since(self, version: int) -> Page:
        """Return all collections, trashed ones too, that changed after `version`."""
        known, self._told = self._told, None
        told = known[1] if known and known[0] == version else self._changes(version)
        return Page(tuple(told["collections"]), len(told["collections"]), told["version"])

    def write_items(self, objects: Sequence[Json], *, unmodified_since: int | None) -> tuple[Outcome, ...]:
        """Create and update items, in this order, in one transaction; as `Client.write_items`."""
        return self._push("items", objects, unmodified_since)

    def write_collections(
        self, objects: Sequence[Json], *, unmodified_since: int | None
    ) -> tuple[Outcome, ...]:
        """Create and update collections; as `write_items`."""
        return self._push("collections", objects, unmodified_since)

    def advanced(self, version: int, outcomes: Sequence[Outcome]) -> tuple[int, bool]:
        """Return the library's version after a write, and whether nobody else can have written meanwhile.

        A write is one transaction in Zotero, which moves the version by one. After a larger step, which has
        somebody else's change in it, the next write is refused. What the answer says nothing about may have been
        written too.
        """
        alone = self._after <= version + 1 and not any(outcome.transient for outcome in outcomes)
        return min(max(version, self._after), version + 1), alone

    def _push(self, kind: str, objects: Sequence[Json], unmodified_since: int | None) -> tuple[Outcome, ...]:
        shape = shapes.item if kind == "items" else shapes.collection

        def read(answer: object) -> tuple[Outcome, ...]:
            found = outcomes_of(answer, objects, shape, self.address.key)
            self._after = shapes.number(shapes.mapping(answer).get("version"))
            return found

        self._told = None
        sent = {"kind": kind, "objects": list(objects), "ifUnmodifiedSince": unmodified_since}
        outcomes = self._ask("POST", "push", read, sent)
        self._wrote = self._wrote or any(outcome.status == "written" for outcome in outcomes)
        return outcomes

    def page_since(self, version: int, after: str | None) -> Changes:
        """Return a page of what changed after a version.

        What changes meanwhile comes again, on a later page or after the version of the last one.

        Args:
            version: that of the first page too.
            after: what the page before said; None for the first.
        """
        query = {"since": version, "limit": self.page} | ({"after": after} if after else {})
        told = self._ask("GET", f"changes?{urlencode(query)}", _page_of_changes)
        if told["next"] == after and after:
            raise self._odd(message("plugin-answer-endless"), LibraryError)
        gone = Deletions(told["deleted"]["items"], told["deleted"]["collections"], told["version"])
        return Changes(tuple(told["items"]), tuple(told["collections"]), gone, told["next"])

    def _changes(self, version: int) -> Json:
        """Return what changed after a version, from all pages; the last one alone tells what went."""
        found: dict[str, dict[str, Json]] = {"items": {}, "collections": {}}
        asked: set[str] = set()
        page = self.page_since(version, None)
        while True:
            found["items"] |= {each["key"]: each for each in page.items}
            found["collections"] |= {each["key"]: each for each in page.collections}
            if page.after is None:
                break
            if page.after in asked:
                raise self._odd(message("plugin-answer-endless"), LibraryError)
            asked.add(page.after)
            page = self.page_since(version, page.after)
        gone = {"items": page.deletions.items, "collections": page.deletions.collections}
        kept = {
            kind: [each for key, each in objects.items() if key not in gone[kind]]
            for kind, objects in found.items()
        }
        return {**kept, "version": page.deletions.version}

    def _ask(self, method: str, path: str, read: Callable[[object], T], sent: Json | None = None) -> T:
        """Ask the plugin once, and read its answer.

        Raises:
            LibraryError: it did not answer as wanted. `OutcomeUnknownError` where something may have been written.
        """
        unclear = LibraryError if sent is None else OutcomeUnknownError
        _check_key(self.address.key)
        request = Asked(method, path, sent, self.plugin.server)
        try:
            answer, is_its_own = sent_to(self.address.endpoint, self.transport, request, self._caller)
            if answer.status_code == 200 and is_its_own:
                return read(shapes.parsed(answer.content))
        except LibraryError as error:
            raise self._ours(error) from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise self._odd(message("request-failed", error=type(error).__name__), unclear) from error
        except shapes.ShapeError as error:
            raise self._odd(message("plugin-answer-unreadable"), unclear) from error
        # A plugin that does not know the key, or is not there, can't sign that. But whoever stands between can say it
        # of a write that was done.
        if not is_its_own and (sent is not None or answer.status_code not in {401, 404}):
            raise self._odd(message("plugin-answer-unsigned"), unclear)
        raise self._refused(answer)

    def _refused(self, answer: httpx2.Response) -> LibraryError:
        words = without(self.address.key, _words(answer))[:200]
        if answer.status_code == 412 and "server" in _said(answer):
            return self._ours(_exchanged(412))
        if answer.status_code == 412:
            name = self.address.name
            return StaleError(
                message("library-changed-meanwhile", answer=words), kind="conflict", library=name, status=412
            )
        return self._ours(_refusal(answer.status_code, words))

    def _ours(self, error: LibraryError) -> LibraryError:
        return super()._ours(closed(error))


def plugin_at(address: Address, transport: PoliteTransport) -> Plugin | None:
    """Ask whether a plugin answers in the Zotero on this computer; None where there is none.

    Args:
        address: as for `PluginClient`; the key may be empty.
        transport: counts.

    Raises:
        NoPluginError: the plugin is too old for this syncd.
        LibraryError: Zotero isn't running, or another program answers; this syncd is too old for the plugin; the key
            is one of an older syncd.
    """
    caller = Caller(address.key, "plugin") if is_key(address.key) else None
    try:
        answer, is_its_own = sent_to(address.endpoint, transport, Asked("GET", "ping"), caller)
    except LibraryError as error:
        raise closed(error) from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise _stranger(address.endpoint) from error
    told = _said(answer)
    if HEADER in answer.headers and not is_its_own:
        raise _stranger(address.endpoint)
    if answer.status_code != 200 or "api" not in told:
        if ZOTERO not in answer.headers:
            raise _stranger(address.endpoint)
        return None
    _check_versions(told)
    if address.key:
        _check_key(address.key)
    # Whatever else it tells, who does not sign it does not know the key.
    server, database = (str(told.get(name) or "") if is_its_own else "" for name in IDS)
    session = caller.session if caller else ""
    return Plugin(server, database, str(told.get("syncd") or ""), _user(told.get("user")), session)


def _check_versions(told: Json) -> None:
    """Refuse a plugin with which this syncd shares no version of the interface.

    Raises:
        LibraryError: which of the two is to be updated.
    """
    newest, oldest = told["api"], told.get("oldest", told["api"])
    if not (isinstance(newest, int) and isinstance(oldest, int)) or newest < OLDEST:
        raise NoPluginError(
            message("plugin-too-old"),
            kind="permanent",
            hint=message("update-plugin"),
        )
    if oldest > API:
        raise LibraryError(message("syncd-too-old-for-plugin"), kind="permanent", hint=UPDATE)


def _check_key(key: str) -> None:
    """Refuse a key that an older syncd got: it told it to whoever answered in Zotero's place.

    Raises:
        LibraryError: it is one.
    """
    if not is_key(key):
        raise LibraryError(
            message("pairing-outdated"),
            kind="permission",
            status=401,
            hint=message("nothing-sent", hint=LOGIN),
        )


def _user(told: object) -> int | None:
    """Return the number of a user, if it is one: an older plugin tells none."""
    return told if isinstance(told, int) and not isinstance(told, bool) and told > 0 else None


def closed(error: LibraryError) -> LibraryError:
    """Return an error in the words for a desktop: where nobody answers, Zotero is not running."""
    if isinstance(error, UnreachableError):
        return UnreachableError(message("zotero-not-running"), kind="transient", hint=CLOSED)
    return error


def gone(plugin: Plugin | None) -> LibraryError:
    """Return why a Zotero that runs can't be used: its plugin is missing, or does not know this syncd."""
    return _refusal(401 if plugin else 404, "")


def _stranger(endpoint: str) -> LibraryError:
    return LibraryError(
        message("not-zotero", address=endpoint),
        kind="permanent",
        hint=message("end-other-program"),
    )


def _exchanged(status: int) -> LibraryError:
    return LibraryError(
        message("another-zotero-now"),
        kind="conflict",
        status=status,
        hint=message("zotero-differs-open-other"),
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """What the plugin is asked.

    Attributes:
        method: "GET" or "POST".
        path: below the plugin's root, with a query as a form writes it.
        body: for "POST".
        server: which Zotero is meant.
    """

    method: str
    path: str
    body: Json | None = None
    server: str = ""


def sent_to(
    endpoint: str,
    transport: httpx2.BaseTransport,
    asked: Asked,
    caller: Caller | None = None,
    patience: httpx2.Timeout = PATIENCE,
) -> tuple[httpx2.Response, bool]:
    """Send a request to the plugin; return its answer, be it a refusal, and whether it is signed as it should be.

    Args:
        endpoint: where Zotero is.
        transport: takes it there.
        asked: the request.
        caller: signs it; None: nobody does, for there is no key yet.
        patience: how long to wait.

    Raises:
        httpx2.HTTPError: there is no answer.
    """
    target = f"{BASE}/{asked.path}"
    text = "" if asked.body is None else json.dumps(asked.body, ensure_ascii=False)
    headers = {"User-Agent": f"{APP}/{__version__}"}
    if asked.server:
        headers[SERVER] = asked.server
    # Zotero gives a plugin no more than the parsed body, so what is signed is a text in it.
    body = {"signed": text} if caller else asked.body

    def sign(request: httpx2.Request) -> None:
        if caller:
            request.headers[HEADER] = caller.sign(asked.method, target, text.encode(), asked.server)

    # The transport outlives the client, whose closing does nothing to it.
    with httpx2.Client(transport=transport, timeout=patience, follow_redirects=False) as client:
        for _ in range(2):
            answer = client.request(
                asked.method,
                f"{endpoint}{target}",
                headers=headers,
                json=None if asked.body is None else body,
                extensions={RENEWED: sign},
            )
            header = answer.headers.get(HEADER)
            is_its_own = caller is not None and caller.knows(header, answer.status_code, answer.content)
            session = _said(answer).get("session") if is_its_own and answer.status_code == 401 else None
            if caller is None or not isinstance(session, str):
                break
            # It started anew, or nothing was asked of it before: it has done nothing.
            caller.session = session
    return answer, is_its_own


def _page_of_changes(told: object) -> Json:
    """Return an answer about changes if it is one.

    Raises:
        ShapeError: it is something else.
    """
    page = shapes.mapping(told)
    gone = shapes.mapping(page.get("deleted"))
    if not isinstance(page.get("next"), str | None):
        raise shapes.ShapeError
    return {
        "version": shapes.number(page.get("version")),
        "items": shapes.items(page.get("items")),
        "collections": shapes.collections(page.get("collections")),
        "deleted": {kind: shapes.keys(gone.get(kind)) for kind in ("items", "collections")},
        "next": page.get("next"),
    }


def _said(answer: httpx2.Response) -> Json:
    """Return what the plugin says in a refusal; nothing where somebody else refuses."""
    try:
        return shapes.mapping(shapes.parsed(answer.content))
    except shapes.ShapeError:
        return {}


def _words(answer: httpx2.Response) -> str:
    return str(_said(answer).get("message") or answer.text.strip())


def _refusal(status: int, words: str) -> LibraryError:
    """Return what a refusal of the plugin means."""
    if status == 401:
        said = message("plugin-does-not-know-syncd")
        return LibraryError(said, kind="permission", status=status, hint=LOGIN)
    if status == 404:
        return NoPluginError(
            message("plugin-missing"),
            kind="transient",
            status=status,
            hint=message("install-plugin"),
        )
    return LibraryError(
        message("plugin-answered", status=status, answer=words),
        kind="permission" if status == 403 else "permanent",
        status=status,
    )
