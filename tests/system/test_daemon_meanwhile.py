"""The daemon while something else is under way: settings that change during a look, ends, crowds, a broken database."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from background import SECOND_PROFILE, Background, held_up, looks, titles, write
from owner import show
from syncd.config import load
from syncd.daemon.control import ask
from syncd.daemon.work import Eyes, Pulse
from syncd.errors import SyncdError
from syncd.session import Ports, run_name
from syncd.zotero.embedded import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from desk import Desk, Zotero
    from syncd.zotero.embedded import Request

# Seconds that systemd gives the daemon to end: TimeoutStopSec of its unit. It means to be done in ten.
STOP = 15.0
CROWD = 150


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """Give what holds up the server, and let it go at the end."""
    event = threading.Event()
    yield event
    event.set()


def reload(desk: Desk, daemon: Background, extra: str = "") -> None:
    """Let the daemon take over a configuration."""
    desk.configure(extra)
    assert daemon.ask("reload")["problems"] == []


def hold_up_a_look_at_bo(desk: Desk, daemon: Background, zotero: Zotero, release: threading.Event) -> None:
    """Follow a second profile, whose first write to the library waits."""
    write(desk.folder / "bo.txt", "Zeta", name="Bo Chen")
    zotero.trouble.plan("POST", lambda _: held_up(release))
    reload(desk, daemon, SECOND_PROFILE)
    daemon.until(lambda: zotero.trouble.happened)


def test_a_profile_given_up_and_followed_again_is_looked_at_by_one(
    desk: Desk, daemon: Background, zotero: Zotero, release: threading.Event
) -> None:
    """The look that was under way comes to its end first; then there is one that goes by the new settings."""
    hold_up_a_look_at_bo(desk, daemon, zotero, release)
    reload(desk, daemon)
    reload(desk, daemon, SECOND_PROFILE)
    (_, bo) = daemon.ask("status")["profiles"]
    assert bo["running"]
    release.set()
    daemon.until(lambda: len(looks(daemon, "bo")) > 1)
    assert [look["event"] for look in looks(daemon, "bo")] == ["1 created", "nothing is new, 1 unchanged"]
    assert not daemon.logged("a fault in syncd")
    assert titles(zotero) == ["Alpha", "Beta", "Gamma", "Zeta"]


def test_who_asked_for_a_look_at_what_is_given_up_is_told(
    desk: Desk, daemon: Background, zotero: Zotero, release: threading.Event
) -> None:
    """It was to come after the look under way, and never will."""
    hold_up_a_look_at_bo(desk, daemon, zotero, release)
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(30)
        line.connect(str(desk.data.control))
        line.sendall(b'{"do": "sync-now", "names": ["ann", "bo"]}\n')
        # That ann is looked at, and waits for bo, shows that the request has arrived.
        daemon.until(lambda: daemon.ask("status")["profiles"][0]["running"])
        reload(desk, daemon)
        release.set()
        bo, ann = json.loads(line.makefile("rb").readline())["profiles"]
    assert (ann["profile"], ann["error"]) == ("ann", None)
    assert "taken out of the configuration" in bo["error"]["message"]


def test_a_key_refused_under_old_settings_does_not_close_the_library_under_new_ones(
    desk: Desk, daemon: Background, zotero: Zotero, release: threading.Event
) -> None:
    """Else who mends the key and reloads at once would wait for a day."""

    def refuse(_: Request) -> Fault:
        held_up(release)
        return Fault("answer", status=403, body=b"Invalid key")

    zotero.trouble.plan("GET", refuse)
    write(desk.page, "Alpha", "Delta")
    daemon.until(lambda: zotero.trouble.happened)
    reload(desk, daemon, "adopt = 'file'\n")
    release.set()
    daemon.until(lambda: "Delta" in titles(zotero))
    daemon.until(lambda: len(looks(daemon)) == 3)
    assert "does not know the key" in looks(daemon)[1]["event"]


def test_a_library_that_is_elsewhere_now_is_pushed_to(desk: Desk, daemon: Background) -> None:
    """The profile is as it was, but where its papers go is not."""
    place = desk.folder / "config.toml"
    text = place.read_text(encoding="utf-8")
    place.write_text(text.replace("127.0.0.1", "localhost"), encoding="utf-8")
    assert daemon.ask("reload")["problems"] == []
    daemon.until(lambda: len(looks(daemon)) > 1)
    assert looks(daemon)[1]["why"] == "settings"


def test_it_ends_in_time_though_nobody_listens(desk: Desk, zotero: Zotero, release: threading.Event) -> None:
    """The library, the address that is pinged and the command that takes news all hang at once."""
    show(desk)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        address = f"http://127.0.0.1:{deaf.getsockname()[1]}/ping"
        desk.configure(
            f'\n[ping]\nurl = "{address}"\n[notify]\ncommand = ["sleep", "60"]\nwhen = "at once"\n'
        )
        with Background(desk) as daemon:
            daemon.until(lambda: looks(daemon))
            zotero.trouble.plan("POST", lambda _: held_up(release))
            write(desk.page, "Alpha", "Delta")
            daemon.until(lambda: zotero.trouble.happened)
            asked = time.monotonic()
            assert daemon.end() == 0
            assert time.monotonic() - asked < STOP


def test_settings_that_come_at_the_end_are_left_to_the_next(
    desk: Desk, daemon: Background, zotero: Zotero, release: threading.Event
) -> None:
    """Nothing is begun any more."""
    zotero.trouble.plan("POST", lambda _: held_up(release))
    write(desk.page, "Alpha", "Delta")
    daemon.until(lambda: zotero.trouble.happened)
    daemon.process.terminate()
    daemon.until_logged("ending")
    desk.configure(SECOND_PROFILE)
    daemon.process.send_signal(signal.SIGHUP)
    assert daemon.process.wait(timeout=60) == 0
    assert not daemon.logged("a new configuration")


def test_a_long_reading_is_no_hang(desk: Desk, zotero: Zotero) -> None:
    """Each request of a look is a sign of life: a library may be so large that all of them take hours."""
    show(desk)
    for _ in range(4):
        zotero.write(*({"itemType": "note", "note": str(number)} for number in range(50)))
    silent = []

    def dawdle(_: Request) -> None:
        silent.append(desk.clock.monotonic() - pulse.last)
        desk.clock.advance(600)

    zotero.trouble.plan("GET", *[dawdle] * 4)
    desk.data.create()
    pulse = Pulse(desk.clock, threading.Event())
    eyes = Eyes(Ports(desk.env, desk.data, desk.clock), lambda _: True)
    settings = load(desk.folder / "config.toml", desk.env)
    (look,) = eyes.look("ann", frozenset({"start"}), run_name(desk.clock.now()), settings, pulse).looks
    assert look.error is None
    assert len(silent) == 4
    assert max(silent) < 600


def test_a_crowd_is_answered(desk: Desk, daemon: Background) -> None:
    """More at once than a queue of the system's holds by itself: none is turned away."""
    with ThreadPoolExecutor(CROWD) as crowd:
        answers = list(crowd.map(lambda _: ask(desk.data.control, "status"), range(3 * CROWD)))
    assert {answer["pid"] for answer in answers if answer} == {daemon.process.pid}
    assert None not in answers


def test_what_can_not_be_done_is_answered(desk: Desk, daemon: Background) -> None:
    """Though the database fails: who asks does not wait for ever, and the daemon goes on."""
    with closing(sqlite3.connect(desk.data.state)) as database:
        database.execute("ALTER TABLE pause RENAME TO gone")
    with pytest.raises(SyncdError, match="syncd's own database"):
        daemon.ask("pause")
    with closing(sqlite3.connect(desk.data.state)) as database:
        database.execute("ALTER TABLE gone RENAME TO pause")
    assert daemon.ask("pause")["paused"] == [""]


def test_a_page_that_is_whole_again_is_well_again(desk: Desk, daemon: Background) -> None:
    """It was emptied, and then holds what it held: nothing is to be pushed, but no trouble is left."""
    whole = desk.page.read_bytes()
    desk.page.write_bytes(b"")
    daemon.until(lambda: len(looks(daemon)) > 1)
    (profile,) = desk.syncd("status", "--json").json["profiles"]
    assert "empty" in profile["trouble"]["message"]
    # It is not tried again by itself, and nobody says so.
    assert profile["trouble"]["again"] is None
    desk.page.write_bytes(whole)
    daemon.until(lambda: len(looks(daemon)) > 2)
    (profile,) = desk.syncd("status", "--json").json["profiles"]
    assert profile["trouble"] is None


def test_status_tells_of_troubles_that_only_the_daemon_knows(
    desk: Desk, daemon: Background, zotero: Zotero
) -> None:
    """A library that refuses the key holds up all of its profiles, also those that were not looked at since."""
    zotero.trouble.plan("GET", Fault("answer", status=403, body=b"Invalid key"))
    write(desk.page, "Alpha", "Delta")
    daemon.until(lambda: len(looks(daemon)) > 1)
    with closing(sqlite3.connect(desk.data.state, isolation_level=None)) as database:
        # As where the disk was too full to take note of it.
        database.execute("DELETE FROM trouble")
    (profile,) = desk.syncd("status", "--json").json["profiles"]
    assert "does not know the key" in profile["trouble"]["message"]
    assert "does not know the key" in desk.syncd("status").out
    assert desk.syncd("sync-now").code == 0
    (profile,) = desk.syncd("status", "--json").json["profiles"]
    assert profile["trouble"] is None


def test_status_tells_of_the_pages_of_a_folder_what_holds_for_the_folder(desk: Desk) -> None:
    """When they come next, that they rest, and what is wrong."""
    show(desk)
    folder = desk.folder / "pages"
    folder.mkdir()
    for name, title in (("Bo Chen", "Zeta"), ("Cy Chen", "Eta")):
        write(folder / f"{name}.txt", title, name=name)
    desk.configure("\n[profiles.all]\nsource = 'pages'\n")
    with Background(desk) as daemon:
        daemon.until(lambda: looks(daemon, "all"))
        assert desk.syncd("pause", "all").code == 0
        _, *pages = desk.syncd("status", "--json").json["profiles"]
        assert [page["name"] for page in pages] == ["all: Bo Chen", "all: Cy Chen"]
        assert all(page["next"] and page["paused_by_you"] and not page["trouble"] for page in pages)
        assert desk.syncd("resume", "all").code == 0
        (folder / "Cy Chen.txt").write_text("no page", encoding="utf-8")
        daemon.until(lambda: any("not a profile page" in look["event"] for look in looks(daemon, "all")))
        _, *pages = desk.syncd("status", "--json").json["profiles"]
        assert all("Cy Chen.txt" in page["trouble"]["message"] for page in pages)


def test_a_daemon_of_another_version_is_told_of(desk: Desk) -> None:
    """Its answer may lack what this syncd looks for."""
    desk.data.create()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(desk.data.control))
        other.listen()

        def answer() -> None:
            line, _ = other.accept()
            with line:
                line.recv(1000)
                line.sendall(b'{"pid": 1, "version": "9.9"}\n')

        thread = threading.Thread(target=answer)
        thread.start()
        done = desk.syncd("status")
        thread.join()
    assert done.code == 1
    assert "another version" in done.err


def test_a_name_that_is_no_text_is_read_all_the_same(desk: Desk, zotero: Zotero) -> None:
    """Files from an old computer may have such names; the log, the state and the status spell them out."""
    folder = desk.folder / "pages"
    folder.mkdir()
    show(desk)
    odd: Path = folder / os.fsdecode(b"Andr\xe9.txt")
    desk.page.replace(odd)
    desk.configure("\n[profiles.all]\nsource = 'pages'\n")
    with Background(desk) as daemon:
        daemon.until(lambda: looks(daemon, "all"))
        assert titles(zotero) == ["Alpha", "Beta", "Gamma"]
        odd.write_bytes(b"")
        daemon.until(lambda: len(looks(daemon, "all")) > 1)
        assert "Andr\\xe9.txt" in looks(daemon, "all")[1]["event"]
        assert "Andr\\xe9.txt" in desk.syncd("status").out
