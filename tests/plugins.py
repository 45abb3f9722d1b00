"""A Zotero with syncd's plugin: the double that plays it, and its own JavaScript; and what both must keep to."""

from __future__ import annotations

import json
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, cast

from desk import Trouble, Zotero
from desktops import Zotero10
from plugin_host import ALLOW, CLOSE, Wire, ZoteroProcess
from syncd.cli.exit_codes import of_report
from syncd.zotero.embedded import DesktopLibrary, EmbeddedLibrary
from syncd.zotero.embedded.ledger import Ledger
from syncd.zotero.embedded.plugin import Plugin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from clocks import FakeClock
    from desktops import DesktopDesk
    from owner import Owner
    from syncd.pipeline import Report

TITLES = ["Alpha", "Beta", "Gamma"]


class InZotero(Protocol):
    """The plugin in a Zotero, and the user at its windows."""

    program: Zotero10

    def install(self, *, paired: bool) -> None:
        """Install it; a paired one knows the key of the configuration as its token."""

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

    def close_local_api(self) -> None:
        """Turn Zotero's local API off, if it has one."""

    def revoke(self) -> None:
        """Take all tokens back."""

    def answer(self, *, allow: bool) -> None:
        """Let the user answer all further questions so."""

    def asked(self) -> list[str]:
        """Return the names of the programs that asked."""

    def control(self) -> tuple[str, str]:
        """Return address and token of the daemon that it was told."""


@dataclass
class DoublePlugin:
    """The plugin as the embedded library plays it."""

    program: Zotero10
    plugin: Plugin = field(default_factory=lambda: Plugin("a-plugin"))
    names: list[str] = field(default_factory=list)

    def install(self, *, paired: bool) -> None:
        """See `InZotero`."""
        self.turn(on=True)
        if paired:
            self.plugin.grant(self.program.server.key)

    def reinstall(self) -> None:
        """See `InZotero`."""
        self.plugin = Plugin("a-plugin-again")
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

    def close_local_api(self) -> None:
        """See `InZotero`."""
        self.program.server.desktop.enabled = False

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

    def control(self) -> tuple[str, str]:
        """See `InZotero`."""
        (told,) = self.plugin.controls
        return told["url"], told["token"]


@dataclass
class JavaScriptPlugin:
    """The plugin's own JavaScript."""

    program: Zotero10
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

    def close_local_api(self) -> None:
        """See `InZotero`; there is none."""

    def revoke(self) -> None:
        """See `InZotero`."""
        self.process.do("revoke")

    def answer(self, *, allow: bool) -> None:
        """See `InZotero`."""
        self.process.do("clicks", ALLOW if allow else CLOSE)

    def asked(self) -> list[str]:
        """See `InZotero`."""
        return [json.loads(words.partition(" ")[2])["name"] for words in self.process.do("dialogs")]

    def control(self) -> tuple[str, str]:
        """See `InZotero`."""
        told = self.process.do("control")
        return told["url"], told["token"]


@contextmanager
def double(folder: Path, clock: FakeClock) -> Iterator[tuple[Zotero, InZotero]]:
    """Let a Zotero run with the double in it; what its owner sees, and it."""
    path, trouble = folder / "zotero.sqlite", Trouble()
    with (
        EmbeddedLibrary(path, clock=clock.now) as owned,
        DesktopLibrary(path, clock=clock.now, faults=trouble) as server,
    ):
        yield Zotero(owned), DoublePlugin(Zotero10(server, trouble))


@contextmanager
def javascript(folder: Path, clock: FakeClock) -> Iterator[tuple[Zotero, InZotero]]:
    """Let a Zotero run with the JavaScript in it; what its owner sees, and it."""
    process, trouble = ZoteroProcess(folder, clock.now), Trouble()
    wire = Wire(process, trouble).start()
    # Of the embedded library only address, name and key are asked for, and of the desktop's what the wire has.
    owned = Zotero(cast("EmbeddedLibrary", process))
    program = Zotero10(cast("DesktopLibrary", wire), trouble)
    try:
        yield owned, JavaScriptPlugin(program, process)
    finally:
        wire.stop()
        process.stop()


SIDES: list[Callable[[Path, FakeClock], Any]] = [double, javascript]


def knows(url: str, token: str) -> bool:
    """Whether the plugin at an address knows a token."""
    request = urllib.request.Request(f"{url}/syncd/v1/ping", headers={"Syncd-Token": token})  # noqa: S310
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback
        return bool(json.load(answer)["paired"])


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


ACTS: list[Callable[[Owner], None]] = [trash, erase, erase_link, erase_collection]


def seen(desk: DesktopDesk) -> set[tuple[Any, ...]]:
    """Return what the owner sees of every item."""
    every = desk.zotero.items().values()
    return {(d["key"], bool(d.get("deleted")), tuple(d.get("collections", ()))) for d in every}
