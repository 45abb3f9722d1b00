"""The daemon while something else is under way: settings that change during a look, ends, crowds, a broken database."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from background import SECOND_PROFILE, Background, held_up, looks, titles, until, write
from doubles import Fault
from forks import PATIENCE
from owner import show
from syncd.config import load
from syncd.daemon.ask import ask
from syncd.daemon.news import History
from syncd.daemon.work import Looker, LookProgress, Waiting
from syncd.engine import run
from syncd.engine.ports import Ports, run_name
from syncd.errors import SyncdError
from websites import Reply, website

if TYPE_CHECKING:
    from collections.abc import Iterator

    from desk import Desk, Zotero
    from syncd.daemon.work import Look
    from syncd.zotero.embedded.exchange import Request
    from syncd.zotero.items import Policy
    from websites import Asked

# As many profiles as the largest users have, and more threads than they may need.
PROFILES = 300
THREADS = 40
# It means to end within ten seconds, and systemd gives it 15. What hangs here does so for a minute; a busy computer
# takes its time.
STOP = 40.0
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
    assert bo["running_said"]["code"] == "writing-objects"
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
    with ThreadPoolExecutor(1) as user:
        asked = user.submit(daemon.ask, "sync-now", names=["ann", "bo"])
        # That ann is looked at, and waits for bo, shows that the request has arrived.
        daemon.until(lambda: daemon.ask("status")["profiles"][0]["running"])
        reload(desk, daemon)
        release.set()
        bo, ann = asked.result()["profiles"]
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
    assert daemon.ended() == 0
    assert not daemon.logged("a new configuration")


def test_a_long_reading_is_no_hang(desk: Desk, zotero: Zotero) -> None:
    """Each request of a look is a sign of life: a library may be so large that all of them take hours."""
    show(desk)
    for _ in range(4):
        zotero.write(*({"itemType": "note", "note": str(number)} for number in range(50)))
    silent = []

    def dawdle(_: Request) -> None:
        silent.append(desk.clock.monotonic() - progress.last)
        desk.clock.advance(100)

    zotero.trouble.plan("GET", *[dawdle] * 4)
    desk.data.create()
    progress = LookProgress(desk.clock, threading.Event())
    looker = Looker(Ports(desk.env, desk.data, desk.clock), lambda _: True)
    settings = load(desk.folder / "config.toml", desk.env)
    (look,) = looker.look("ann", frozenset({"start"}), run_name(desk.clock.now()), settings, progress).looks
    assert look.error is None
    assert len(silent) == 4
    assert max(silent) < 100


@pytest.fixture
def opened() -> Iterator[list[str]]:
    """Give the names of the files that this process opens, as it opens them."""
    names: list[str] = []
    noted: list[list[str]] = [names]

    def note(event: str, arguments: tuple[object, ...]) -> None:
        # Python tells of `open` itself, too, with a mode, where that calls what opens.
        if event == "open" and arguments[1] is None and noted:
            names.append(str(arguments[0]))

    sys.addaudithook(note)
    yield names
    noted.clear()  # a hook can't be taken away


def test_a_look_reads_a_page_once(desk: Desk, opened: list[str]) -> None:
    """Also to find out that it is what it was, for which it has to be read."""
    show(desk)
    desk.data.create()
    looker = Looker(Ports(desk.env, desk.data, desk.clock), lambda _: True)
    settings = load(desk.folder / "config.toml", desk.env)
    reads, ends = [], []
    for titles_, why in ((), "start"), ((), "files"), (("Alpha", "Delta"), "files"):
        if titles_:
            write(desk.page, *titles_)
        opened.clear()
        progress = LookProgress(desk.clock, threading.Event())
        run = run_name(desk.clock.now())
        (look,) = looker.look("ann", frozenset({why}), run, settings, progress).looks
        reads.append(opened.count(str(desk.page)))
        ends.append(look.report.counts["create"] if look.report else None)
    assert ends == [3, None, 1]
    assert reads == [1, 1, 1]


def test_a_crowd_is_answered(desk: Desk, daemon: Background) -> None:
    """More at once than a queue of the system's holds by itself: none is turned away."""
    with ThreadPoolExecutor(CROWD) as crowd:
        answers = list(
            crowd.map(lambda _: ask(desk.data.control, "status", seconds=PATIENCE), range(3 * CROWD))
        )
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


def threads_of(daemon: Background) -> int:
    """Return how many threads a daemon has."""
    return sum(1 for _ in Path(f"/proc/{daemon.process.pid}/task").iterdir())


def test_hundreds_of_profiles_of_one_library_take_turns(desk: Desk, zotero: Zotero) -> None:
    """All are looked at, in a few runs and by a few threads; and though all are due, it ends when it is told to."""
    names = {f"p{number}" for number in range(PROFILES)} | {"ann"}
    for name in names - {"ann"}:
        write(desk.folder / f"{name}.txt", "Alpha", name=name)
    desk.configure(
        "".join(
            f'[profiles.{name}]\nsource = "{name}.txt"\ncollection = "All"\nschedule = "every 1m"\n'
            for name in names - {"ann"}
        )
    )
    show(desk)
    threads = []
    with Background(desk) as daemon:

        def done() -> bool:
            threads.append(threads_of(daemon))
            # Where a computer takes its time, some are due anew before others were looked at once.
            return daemon.text.count('"why"') > PROFILES and {line["profile"] for line in ended()} >= names

        def ended() -> list[dict[str, Any]]:
            return [line for line in daemon.log if "why" in line]

        until(done, seconds=300, but=lambda: daemon.text)
        assert max(threads) < THREADS
        assert titles(zotero) == ["Alpha", "Beta", "Gamma"]
        assert {line["profile"] for line in ended()} == names
        assert not [line for line in ended() if line["level"] != "info"]
        assert len({line["run"] for line in ended()}) < PROFILES / 10
        daemon.move_clock(61)
        assert daemon.end() == 0
        assert not daemon.logged("did not come to its end")


def test_a_slow_source_holds_up_no_other_and_no_end(desk: Desk, release: threading.Event) -> None:
    """A server never answers for a hundred profiles: few wait for it, the library's others go on, the daemon ends."""
    show(desk)
    with website() as site:
        asked = threading.Event()

        def hang(_: Asked) -> Reply:
            asked.set()
            held_up(release)
            return Reply(b"")

        site.replies["/bo"] = hang
        slow = "".join(f'[profiles.bo{number}]\nsource = "{site.address}/bo"\n' for number in range(100))
        desk.configure(f'{slow}[http]\nallow_private = ["127.0.0.1"]\n')
        with Background(desk) as daemon:
            daemon.until(lambda: looks(daemon))
            assert looks(daemon)[0]["event"] == "3 created"
            assert asked.wait(PATIENCE)
            assert threads_of(daemon) < THREADS
            write(desk.page, "Alpha", "Delta")
            daemon.until(lambda: len(looks(daemon)) > 1)
            assert looks(daemon)[1]["event"] == "1 created, 1 unchanged"
            assert daemon.end() == 0
            assert not daemon.logged("did not come to its end")
        release.set()


def together(desk: Desk, break_: str = "", name_of_bo: str = "Bo Chen") -> dict[str, Look]:
    """Read ann and bo, of whom one may have a fault of syncd's to meet, and push both; return how each look ended."""
    show(desk)
    write(desk.folder / "bo.txt", "Zeta", name=name_of_bo)
    desk.data.create()
    progress = LookProgress(desk.clock, threading.Event())
    looker = Looker(Ports(desk.env, desk.data, desk.clock), lambda _: True)
    settings = load(desk.folder / "config.toml", desk.env)
    batch = []
    for name in ("ann", "bo"):
        run = run_name(desk.clock.now())
        waiting = looker.read(name, frozenset({"start"}), run, settings, progress)
        assert isinstance(waiting, Waiting)
        if name == break_:
            (intake,) = waiting.reading.intakes
            broken = replace(waiting.reading, intakes=(replace(intake, policy=cast("Policy", None)),))
            waiting = replace(waiting, reading=broken)
        batch.append(waiting)
    outcomes = looker.push(batch, run_name(desk.clock.now()), progress)
    return {look.profile: look for outcome in outcomes for look in outcome.looks}


def test_of_what_is_pushed_together_each_profile_is_told_its_own(desk: Desk, zotero: Zotero) -> None:
    """One run, and one look at the library; but the counts, the news and the guard are of each."""
    desk.configure(SECOND_PROFILE + "[guards]\nmax_create = 3\n")
    ended = together(desk)
    assert {name: look.to_json()["counts"]["create"] for name, look in ended.items()} == {"ann": 3, "bo": 1}
    assert len({look.run for look in ended.values()}) == 1
    assert sum("since" in path for method, path in zotero.server.requests if method == "GET") <= 4
    settings = load(desk.folder / "config.toml", desk.env)
    history = History(settings.libraries, Ports(desk.env, desk.data, desk.clock))
    news = {paper.title: paper.profile for paper in history.created_since("2000-01-01T00:00:00+00:00")}
    assert news == dict.fromkeys(("Alpha", "Beta", "Gamma"), "Ann Lee") | {"Zeta": "Bo Chen"}


def test_the_guard_holds_for_each_profile_of_a_run(desk: Desk, zotero: Zotero) -> None:
    """The one with too many new papers is left out, and the other goes on."""
    desk.configure(SECOND_PROFILE + "[guards]\nmax_create = 2\n")
    ended = together(desk)
    assert titles(zotero) == ["Zeta"]
    assert "3 papers would be added" in str(ended["ann"].error)
    assert ended["bo"].error is None


def test_a_name_too_long_for_a_collection_stops_no_other(desk: Desk, zotero: Zotero) -> None:
    """A page calls its author by a name of 300 letters: the collection gets the first of them."""
    desk.configure(SECOND_PROFILE)
    ended = together(desk, name_of_bo="Bo " + 300 * "C")
    assert [look.error for look in ended.values()] == [None, None]
    assert titles(zotero) == ["Alpha", "Beta", "Gamma", "Zeta"]


def test_a_flood_of_papers_is_refused_before_it_is_planned(
    desk: Desk, zotero: Zotero, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan of 200,000 papers takes an hour, in which nobody else's would be made; this one would meet a fault."""
    monkeypatch.setattr(run, "MOST_DOUBTS", 0)
    desk.configure(SECOND_PROFILE + "[guards]\nmax_create = 2\n")
    ended = together(desk, "ann")
    assert titles(zotero) == ["Zeta"]
    assert "3 papers would be added" in str(ended["ann"].error)
    assert ended["bo"].error is None


def test_a_fault_that_one_profile_meets_stops_no_other_of_its_run(desk: Desk, zotero: Zotero) -> None:
    """They are tried again without it."""
    desk.configure(SECOND_PROFILE)
    ended = together(desk, "ann")
    assert not isinstance(ended["ann"].error, SyncdError | None)
    assert ended["bo"].error is None
    assert titles(zotero) == ["Zeta"]


@pytest.mark.parametrize(
    "told",
    [
        # One that talks as this one does, and one from before HTTP.
        b'HTTP/1.1 200 OK\r\nContent-Length: 28\r\n\r\n{"pid": 1, "version": "9.9"}',
        b'{"pid": 1, "version": "9.9"}\n',
        b'{"error": "this is no request"}\n',
    ],
)
def test_a_daemon_of_another_version_is_told_of(desk: Desk, told: bytes) -> None:
    """Its answer may lack what this syncd looks for."""
    desk.data.create()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(desk.data.control))
        other.listen()

        def answer() -> None:
            line, _ = other.accept()
            with line:
                line.recv(1000)
                line.sendall(told)

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
