"""A Zotero with syncd's plugin: the double that plays it, and its own JavaScript; and what both must keep to."""

from __future__ import annotations

import http.client
import json
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import urlencode

from desk import Trouble, Zotero
from desktops import Program
from doubles import DesktopLibrary, FaultyLibrary
from doubles.ledger import Ledger
from doubles.plugin import Plugin
from plugin_host import ALLOW, CLOSE, Wire, ZoteroProcess
from syncd import __version__
from syncd.cli.console import of_report
from syncd.clock import SystemClock
from syncd.handshake import HEADER, Caller, Proof
from syncd.messages import untold
from syncd.words import WORDS
from syncd.zotero.client import Address
from syncd.zotero.desktop import plugin_at
from syncd.zotero.transport import PoliteTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from clocks import FakeClock
    from desktops import DesktopDesk
    from doubles import Fault
    from owner import Owner
    from syncd.engine.run import Report
    from syncd.zotero.embedded.exchange import Request

TITLES = ["Alpha", "Beta", "Gamma"]


class InZotero(Protocol):
    """The plugin in a Zotero, and the user at its windows."""

    program: Program

    def install(self, *, paired: bool) -> None:
        """Install it; a paired one knows the key of the configuration."""

    def reinstall(self) -> None:
        """Remove it with all that it stored, install it again, and pair."""

    def lose_file(self) -> None:
        """Let it lose the versions that it counted, and nothing else."""

    def open_other_database(self) -> None:
        """Open another database in the same profile of Zotero."""

    def sign_in(self, user: int) -> None:
        """Sign a user in to Zotero's sync."""

    def turn(self, *, on: bool) -> None:
        """Turn it off or on."""

    def revoke(self) -> None:
        """Take all pairings back."""

    def answer(self, *, allow: bool) -> None:
        """Let the user answer all further questions so."""

    def asked(self) -> list[str]:
        """Return the names of the programs that asked."""

    def codes(self) -> list[str]:
        """Return the codes that its dialogs showed."""

    def restart(self) -> None:
        """Close Zotero, and start it again."""

    def control(self) -> str:
        """Return the address of the daemon that it was told."""


@dataclass
class DoublePlugin:
    """The plugin as the embedded library plays it."""

    program: Program
    plugin: Plugin = field(default_factory=lambda: Plugin("a-plugin", version=__version__))
    names: list[str] = field(default_factory=list)

    def install(self, *, paired: bool) -> None:
        """See `InZotero`."""
        self.turn(on=True)
        if paired:
            self.plugin.grant(self.program.server.key)

    def reinstall(self) -> None:
        """See `InZotero`."""
        self.plugin = Plugin("a-plugin-again", version=__version__)
        self.install(paired=True)

    def lose_file(self) -> None:
        """See `InZotero`."""
        self.plugin.server_id = "counted-anew"
        self.plugin.ledger = Ledger()

    def open_other_database(self) -> None:
        """See `InZotero`."""
        self.plugin.database = "another"
        self.lose_file()

    def sign_in(self, user: int) -> None:
        """See `InZotero`."""
        self.plugin.user = user

    def turn(self, *, on: bool) -> None:
        """See `InZotero`."""
        self.program.server.desktop.plugin = self.plugin if on else None

    def revoke(self) -> None:
        """See `InZotero`."""
        self.plugin.revoke()

    def answer(self, *, allow: bool) -> None:
        """See `InZotero`."""

        def consent(name: str) -> bool:
            self.names.append(name)
            return allow

        self.plugin.consent = consent

    def asked(self) -> list[str]:
        """See `InZotero`."""
        return self.names

    def codes(self) -> list[str]:
        """See `InZotero`."""
        return self.plugin.codes

    def restart(self) -> None:
        """See `InZotero`."""
        self.plugin.restart()

    def control(self) -> str:
        """See `InZotero`."""
        (told,) = self.plugin.controls
        return told


@dataclass
class JavaScriptPlugin:
    """The plugin's own JavaScript."""

    program: Program
    process: ZoteroProcess

    def install(self, *, paired: bool) -> None:
        """See `InZotero`."""
        if paired:
            self.program.server.key = self.process.pair()

    def reinstall(self) -> None:
        """See `InZotero`."""
        self.process.do("remove")
        self.process.do("install")
        self.install(paired=True)

    def lose_file(self) -> None:
        """See `InZotero`."""
        self.process.do("forget")

    def open_other_database(self) -> None:
        """See `InZotero`."""
        self.process.do("database", "another")

    def sign_in(self, user: int) -> None:
        """See `InZotero`."""
        self.process.do("user", user)

    def turn(self, *, on: bool) -> None:
        """See `InZotero`."""
        self.process.do("install" if on else "disable")

    def revoke(self) -> None:
        """See `InZotero`."""
        self.process.do("revoke")

    def answer(self, *, allow: bool) -> None:
        """See `InZotero`."""
        self.process.do("clicks", ALLOW if allow else CLOSE)

    def asked(self) -> list[str]:
        """See `InZotero`."""
        return [told["name"] for told in self._dialogs()]

    def codes(self) -> list[str]:
        """See `InZotero`."""
        return [told["code"] for told in self._dialogs()]

    def _dialogs(self) -> list[dict[str, str]]:
        return [json.loads(words.partition(" ")[2]) for words in self.process.do("dialogs")]

    def restart(self) -> None:
        """See `InZotero`."""
        self.process.do("restart")

    def control(self) -> str:
        """See `InZotero`."""
        told: str = self.process.do("control")["url"]
        return told


@contextmanager
def double(folder: Path, clock: FakeClock) -> Iterator[tuple[Zotero, InZotero]]:
    """Let a Zotero run with the double in it; what its owner sees, and it."""
    path, trouble = folder / "zotero.sqlite", Trouble()
    with (
        FaultyLibrary(path, clock=clock.now) as owned,
        DesktopLibrary(path, clock=clock.now, faults=trouble) as server,
    ):
        yield Zotero(owned), DoublePlugin(Program(server, trouble))


@contextmanager
def javascript(folder: Path, clock: FakeClock) -> Iterator[tuple[Zotero, InZotero]]:
    """Let a Zotero run with the JavaScript in it; what its owner sees, and it."""
    process, trouble = ZoteroProcess(folder, clock.now), Trouble()
    wire = Wire(process, trouble).start()
    # Of the embedded library only address, name and key are asked for, and of the desktop's what the wire has.
    owned = Zotero(cast("FaultyLibrary", process))
    program = Program(cast("DesktopLibrary", wire), trouble)
    try:
        yield owned, JavaScriptPlugin(program, process)
    finally:
        wire.stop()
        process.stop()


SIDES: list[Callable[[Path, FakeClock], Any]] = [double, javascript]


def knows(url: str, key: str) -> bool:
    """Whether the plugin at an address knows a key."""
    transport = PoliteTransport(SystemClock(), attempts=1)
    try:
        plugin = plugin_at(Address("", url, "users/0", key), transport)
    finally:
        transport.shutdown()
    return plugin is not None and bool(plugin.server)


def signed(request: Request, key: str, fault: Fault) -> Fault:
    """Sign an answer as the plugin does to whom it knows."""
    _, nonce, _ = request.headers[HEADER].split(" ")
    header = Proof(key, "good", "plugin", nonce).answer(fault.status, fault.body)
    return replace(fault, headers={**fault.headers, HEADER: header})


@dataclass(frozen=True)
class Answer:
    """An answer: its status, and what it says."""

    status: int
    json: Any


def without_codes(told: Any) -> Any:
    """Return an answer of the daemon's as commands show it: with the words of its sentences alone."""
    if isinstance(told, list):
        return [without_codes(one) for one in told]
    if isinstance(told, dict):
        return {name: without_codes(one) for name, one in told.items() if not name.endswith("_said")}
    return told


def coded(told: Any, name: str) -> str:
    """Return a sentence of an answer; its code and parameters stand beside it, and say the same."""
    said = told[f"{name}_said"]
    assert said["code"] in WORDS
    assert (untold(said), said["words"]) == (told[name], told[name])
    return str(told[name])


class Asker:
    """A program on this computer that was paired with a daemon.

    Attributes:
        port: of the daemon.
        key: of the pairing.
    """

    def __init__(self, port: int, key: str) -> None:
        self.port = port
        self.key = key
        self._caller = Caller(key, "daemon")

    def headers(self, method: str, path: str, body: bytes | None = None) -> dict[str, str | None]:
        """Return the headers of a signed request."""
        return {HEADER: self._caller.sign(method, path, (body or b"") if method == "POST" else b"")}

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Answer:
        """Send a request, which is signed unless the headers say otherwise; a header of None is left out."""
        answer, signature, text = self._sent(method, path, body, headers or {})
        told: Any = json.loads(text) if text else None
        if signature and answer == 401 and HEADER not in (headers or {}):
            self._caller.session = told["session"]
            answer, signature, text = self._sent(method, path, body, headers or {})
            told = json.loads(text) if text else None
        if answer == 200 and HEADER not in (headers or {}):
            assert self._caller.knows(signature, answer, text)
        return Answer(answer, told)

    def _sent(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str | None]
    ) -> tuple[int, str | None, bytes]:
        said: dict[str, str | None] = {"Host": f"127.0.0.1:{self.port}", **self.headers(method, path, body)}
        if body is not None:
            said |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            line.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in (said | dict(headers)).items():
                if value is not None:
                    line.putheader(name, value)
            line.endheaders(body)
            answer = line.getresponse()
            return answer.status, answer.getheader(HEADER), answer.read()
        finally:
            line.close()

    def get(self, path: str, **query: str) -> Any:
        """Return what is told; it must be."""
        answer = self.send("GET", f"{path}?{urlencode(query)}" if query else path)
        assert answer.status == 200, answer
        return answer.json

    def post(self, path: str, **words: Any) -> Answer:
        """Ask for something to be done."""
        return self.send("POST", path, json.dumps(words).encode())


def whole(desk: DesktopDesk) -> None:
    """Every paper is there once, with its link, in the collection."""
    items = desk.zotero.items().values()
    assert sorted(data["title"] for data in items if "parentItem" not in data) == TITLES
    papers = desk.zotero.papers()
    links = {(data["parentItem"], data["url"]) for data in items if "parentItem" in data}
    assert links == {(papers[t]["key"], f"https://github.com/ann/{t.lower()}") for t in TITLES}
    assert len(items) == 6
    assert sorted(desk.zotero.collections()) == ["Ann Lee", "Profiles"]


def stopped(report: Report, code: int, *words: str) -> None:
    """The run ended with this exit code and these words."""
    assert report.error is not None
    assert of_report(report) == code
    said = f"{report.error} {report.error.hint}"
    for part in words:
        assert part in said


def trash(owner: Owner) -> None:
    """Move a paper to the trash."""
    owner.edit("Alpha", deleted=1)


def erase(owner: Owner) -> None:
    """Erase a paper with its link."""
    owner.zotero.erase(owner.item("Alpha")["key"])


def erase_link(owner: Owner) -> None:
    """Erase a link."""
    (link,) = owner.children(owner.item("Alpha")["key"])
    owner.zotero.erase(link["key"])


def erase_collection(owner: Owner) -> None:
    """Erase the profile's collection, and leave the items."""
    owner.zotero.erase(owner.zotero.collections()["Ann Lee"]["key"], of="collections")


def trash_collection(owner: Owner) -> None:
    """Delete the profile's collection with all that is in it."""
    owner.delete_collection("Ann Lee", with_items=True)


def merge_into_own(owner: Owner) -> None:
    """Merge a paper into an own item, and erase it."""
    mine, theirs = owner.own("My Alpha"), owner.item("Alpha")["key"]
    owner.merge(mine, theirs)
    owner.zotero.erase(theirs)


ACTS: list[Callable[[Owner], None]] = [
    trash,
    erase,
    erase_link,
    erase_collection,
    trash_collection,
    merge_into_own,
]


def seen(desk: DesktopDesk) -> set[tuple[Any, ...]]:
    """Return what the owner sees of every item."""
    every = desk.zotero.items().values()
    return {(d["key"], bool(d.get("deleted")), tuple(d.get("collections", ()))) for d in every}
