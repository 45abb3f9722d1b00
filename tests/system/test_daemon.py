"""syncd in the background, as a real process: files change, the network breaks, clocks move, signals come."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from background import HOUR, SECOND_PROFILE, Background, held_up, looks, titles, write
from desk import Zotero
from doubles import Fault, FaultyLibrary
from forks import PATIENCE
from owner import show
from ports import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from desk import Desk
    from syncd.zotero.embedded.exchange import Request


def test_a_saved_page_that_changes_is_in_zotero_at_once(
    desk: Desk, daemon: Background, zotero: Zotero
) -> None:
    """Without any schedule: the file is watched."""
    assert titles(zotero) == ["Alpha", "Beta", "Gamma"]
    write(desk.page, "Alpha", "Beta", "Gamma", "Delta")
    daemon.until(lambda: len(looks(daemon)) > 1)
    assert titles(zotero) == ["Alpha", "Beta", "Delta", "Gamma"]
    (created,) = daemon.logged("Delta")
    assert created["run"] == looks(daemon)[1]["run"]


def test_a_page_that_is_saved_unchanged_is_no_work(desk: Desk, daemon: Background, zotero: Zotero) -> None:
    """The library is not even asked."""
    asked = len(zotero.server.requests)
    write(desk.page, "Alpha", "Beta", "Gamma")
    daemon.until(lambda: len(looks(daemon)) > 1)
    assert looks(daemon)[1]["event"] == "the pages hold what they held"
    assert len(zotero.server.requests) == asked


def test_schedules_are_kept_and_what_sleep_missed_comes_once(daemon: Background) -> None:
    """A computer that slept through two runs does one when it wakes."""
    daemon.move_clock(6.1 * HOUR)
    daemon.until(lambda: len(looks(daemon)) == 2)
    daemon.move_clock(20 * HOUR)
    daemon.until(lambda: len(looks(daemon)) == 3)
    daemon.move_clock(1 * HOUR)
    assert [look["why"] for look in looks(daemon)] == ["start", "schedule", "schedule"]


def test_a_clock_that_is_set_back_does_not_silence_it(daemon: Background) -> None:
    """Else nothing would happen until the old time comes again."""
    daemon.move_clock(-300 * 24 * HOUR)
    daemon.until_logged("the clock was set back")
    daemon.move_clock(6.1 * HOUR)
    daemon.until(lambda: len(looks(daemon)) == 2)


def test_offline_at_start_is_normal(desk: Desk, zotero: Zotero) -> None:
    """It says so, waits, and does its work once the network is there."""
    show(desk)
    zotero.server.stop()
    port = free_port()
    settings = desk.folder / "config.toml"
    text = settings.read_text(encoding="utf-8").replace(zotero.server.url, f"http://127.0.0.1:{port}")
    settings.write_text(text, encoding="utf-8")
    with Background(desk) as daemon:
        daemon.until(lambda: looks(daemon))
        assert "refused" in looks(daemon)[0]["event"]
        with FaultyLibrary(zotero.server.path, port=port, key=zotero.server.key) as server:
            daemon.move_clock(2 * 60)
            daemon.until(lambda: titles(Zotero(server)) == ["Alpha", "Beta", "Gamma"])
        assert daemon.end() == 0


def test_a_source_in_trouble_holds_up_no_other_and_recovers(desk: Desk, zotero: Zotero) -> None:
    """Its page is missing; the other's papers arrive; then the page appears."""
    show(desk)
    desk.configure(SECOND_PROFILE)
    with Background(desk) as daemon:
        daemon.until(lambda: looks(daemon, "ann") and looks(daemon, "bo"))
        assert titles(zotero) == ["Alpha", "Beta", "Gamma"]
        assert "no such file" in looks(daemon, "bo")[0]["event"]
        write(desk.folder / "bo.txt", "Beta", "Zeta", name="Bo Chen")
        daemon.until(lambda: titles(zotero) == ["Alpha", "Beta", "Gamma", "Zeta"])


def test_a_revoked_key_stops_the_library_and_says_so(desk: Desk, daemon: Background, zotero: Zotero) -> None:
    """It is not asked again by schedule or by change; a word of the user's starts it anew."""
    zotero.trouble.plan("GET", Fault("answer", status=403, body=b"Invalid key"))
    daemon.move_clock(6.1 * HOUR)
    daemon.until(lambda: len(looks(daemon)) == 2)
    assert "does not know the key" in looks(daemon)[1]["event"]
    asked = len(zotero.server.requests)
    write(desk.page, "Alpha", "Delta")
    daemon.move_clock(6.1 * HOUR)
    (profile,) = daemon.ask("status")["profiles"]
    assert "does not know the key" in profile["trouble"]
    assert len(zotero.server.requests) == asked
    done = desk.syncd("sync-now")
    assert done.code == 0, done.err
    assert "1 created" in done.out
    assert titles(zotero) == ["Alpha", "Beta", "Delta", "Gamma"]


def test_sigterm_ends_it_within_ten_seconds_and_loses_nothing(desk: Desk, zotero: Zotero) -> None:
    """In the middle of a push of 180 papers: the chunk in hand is recorded, the next start does the rest."""
    many = [f"Paper {number:03}" for number in range(180)]
    write(desk.page, *many)
    with Background(desk) as daemon:
        daemon.until(lambda: any(method == "POST" for method, _ in zotero.server.requests))
        assert daemon.end() == 0
        daemon.until_logged("ended")
    with Background(desk) as daemon:
        daemon.until(lambda: looks(daemon))
        assert titles(zotero) == many


def test_a_look_that_never_ends_does_not_keep_it(desk: Desk, zotero: Zotero) -> None:
    """A server that holds the line for a minute: it ends all the same, and the next start finds out."""
    show(desk)
    release = threading.Event()
    zotero.trouble.plan("POST", lambda _: held_up(release))
    with Background(desk) as daemon:
        daemon.until(lambda: zotero.trouble.happened)
        assert daemon.end() == 0
        daemon.until_logged("did not come to its end")
    release.set()
    with Background(desk) as daemon:
        daemon.until(lambda: looks(daemon))
        assert titles(zotero) == ["Alpha", "Beta", "Gamma"]


def test_killed_in_the_middle_it_starts_again(desk: Desk, zotero: Zotero) -> None:
    """No lock is left behind, and what was under way is found out."""
    show(desk)
    is_known = threading.Event()

    def kill(_: Request) -> None:
        is_known.wait()
        os.kill(killed.process.pid, signal.SIGKILL)

    zotero.trouble.plan("POST", lambda _: None, kill)
    with Background(desk) as killed:
        is_known.set()
        killed.until(lambda: killed.process.poll() is not None)
    with Background(desk) as again:
        again.until(lambda: looks(again))
        assert titles(zotero) == ["Alpha", "Beta", "Gamma"]


def test_a_new_configuration_is_taken_over_on_sighup(desk: Desk, daemon: Background, zotero: Zotero) -> None:
    """And one with a mistake is not: the old one goes on, and the log says why."""
    desk.configure("\n[profiles.bo]\nsuorce = 'bo.txt'\n")
    daemon.process.send_signal(signal.SIGHUP)
    daemon.until_logged('did you mean "source"')
    assert [p["name"] for p in daemon.ask("status")["profiles"]] == ["ann"]
    write(desk.folder / "bo.txt", "Zeta", name="Bo Chen")
    desk.configure(SECOND_PROFILE)
    daemon.process.send_signal(signal.SIGHUP)
    daemon.until(lambda: looks(daemon, "bo"))
    assert titles(zotero) == ["Alpha", "Beta", "Gamma", "Zeta"]
    assert len(looks(daemon, "ann")) == 1


def test_reload_says_what_is_wrong(desk: Desk, daemon: Background) -> None:
    """The command fails with the problems, and the daemon goes on."""
    desk.configure("\n[profiles.bo]\nsuorce = 'bo.txt'\n")
    done = desk.syncd("reload")
    assert done.code == 2
    assert "did you mean" in done.err
    desk.configure()
    done = desk.syncd("reload")
    assert done.code == 0, done.err
    assert daemon.process.poll() is None


def test_the_control_socket_is_the_users_alone(desk: Desk, daemon: Background) -> None:
    """Mode 0600; and nonsense on it harms nobody."""
    assert stat.S_IMODE(desk.data.control.stat().st_mode) == 0o600
    for nonsense in (
        b"\n",
        b"[]\n\n",
        b"\xff\xfe\n\n",
        b"[" * 200_000 + b"\n",
        b'{"do": "dance"}\n\n',
        b"GET /v1/dance HTTP/1.1\r\nHost: x\r\n\r\n",
        posted(b"[" * 200_000),
        posted(b"{"),
        posted(b'{"names": 3}'),
    ):
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(PATIENCE)
            line.connect(str(desk.data.control))
            line.sendall(nonsense)
            answer = b"".join(iter(lambda: line.recv(65_536), b""))
            assert "error" in json.loads(answer.partition(b"\r\n\r\n")[2])
    assert daemon.ask("status")["profiles"]


def posted(body: bytes) -> bytes:
    """Return a request to pause that has this body."""
    head = f"POST /v1/pause HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Content-Type: application/json\r\n\r\n".encode() + body


def test_there_is_one_daemon_a_data_folder(desk: Desk, daemon: Background) -> None:
    """The second says who is there, and ends."""
    done = desk.syncd("run")
    assert done.code == 11
    assert str(daemon.process.pid) in done.err


def test_a_push_waits_for_its_turn_or_says_who_has_it(desk: Desk, daemon: Background, zotero: Zotero) -> None:
    """While the daemon writes, a push does not: it waits as long as it may, and says for whom."""
    release = threading.Event()
    zotero.trouble.plan("POST", lambda _: held_up(release))
    write(desk.page, "Alpha", "Delta")
    daemon.until(lambda: zotero.trouble.happened)
    refused = desk.syncd("push", "--wait", "0")
    assert refused.code == 11
    assert "daemon" in refused.err
    release.set()
    done = desk.syncd("push")
    assert done.code == 0, done.err
    assert titles(zotero) == ["Alpha", "Beta", "Delta", "Gamma"]


def test_pausing_outlives_the_daemon(desk: Desk, zotero: Zotero) -> None:
    """What the user said to one holds for the next; what is asked for is done all the same."""
    show(desk)
    assert desk.syncd("pause").code == 0
    with Background(desk) as daemon:
        daemon.until_logged("at rest on your word: everything")
        daemon.move_clock(7 * HOUR)
        assert not looks(daemon)
        assert titles(zotero) == []
        assert desk.syncd("sync-now", "ann").code == 0
        assert titles(zotero) == ["Alpha", "Beta", "Gamma"]
        write(desk.page, "Alpha", "Delta")
        assert "ann is paused." in desk.syncd("pause", "ann").out
        assert desk.syncd("resume").code == 0
        daemon.until(lambda: len(looks(daemon)) > 1)
    assert "Delta" in titles(zotero)


def test_sync_now_does_without_a_daemon(desk: Desk, zotero: Zotero) -> None:
    """The same command, the same answer; it says whether there was one."""
    show(desk)
    done = desk.syncd("sync-now", "--json")
    assert done.code == 0, done.err
    assert done.json["daemon"] is False
    assert done.json["profiles"][0]["counts"]["create"] == 3
    assert titles(zotero) == ["Alpha", "Beta", "Gamma"]
    with Background(desk) as daemon:
        daemon.until(lambda: looks(daemon))
        again = desk.syncd("sync-now", "--json")
        assert again.json["daemon"] is True
        assert again.json["profiles"][0]["counts"]["unchanged"] == 3


def test_a_service_manager_is_told(desk: Desk, tmp_path: Path) -> None:
    """Ready once it is at work, reloading and ready again, alive, stopping: sd_notify(3)."""
    show(desk)
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        manager.settimeout(PATIENCE)
        told: list[str] = []

        def hear(word: str) -> None:
            while not any(word in message for message in told):
                told.append(manager.recv(4096).decode())

        with Background(desk, NOTIFY_SOCKET=str(address), WATCHDOG_USEC="600000") as daemon:
            hear("READY=1")
            hear("WATCHDOG=1")
            told.clear()
            daemon.process.send_signal(signal.SIGHUP)
            hear("RELOADING=1")
            hear("READY=1")
            daemon.end()
            hear("STOPPING=1")


def test_every_line_is_json_with_a_run(daemon: Background) -> None:
    """Where no terminal is: a log that programs read."""
    lines = daemon.text.splitlines()
    assert all(json.loads(line)["run"] for line in lines)


def test_a_new_time_zone_and_way_to_watch_are_taken_over(
    desk: Desk, daemon: Background, zotero: Zotero
) -> None:
    """A reload is enough for them, too."""
    at_seven = '"0 7 * * *"'
    desk.configure(f"schedule = {at_seven}\n[daemon]\ntimezone = 'Asia/Tokyo'\nwatch = 'poll'\n")
    assert desk.syncd("reload").code == 0
    assert "T22:00:00" in daemon.ask("status")["profiles"][0]["next"]
    desk.configure(f"schedule = {at_seven}\n[daemon]\ntimezone = 'UTC'\n")
    assert desk.syncd("reload").code == 0
    assert "T07:00:00" in daemon.ask("status")["profiles"][0]["next"]
    write(desk.page, "Alpha", "Delta")
    daemon.until(lambda: "Delta" in titles(zotero))


def test_a_data_folder_may_lie_deep(desk: Desk, zotero: Zotero) -> None:
    """A socket's address is short; the path of a folder need not be."""
    show(desk)
    deep = desk.folder / ("d" * 100) / ("e" * 100)
    with Background(replace(desk, place=deep)) as daemon:
        daemon.until(lambda: looks(daemon))
        assert desk.syncd("sync-now", SYNCD_DATA_DIR=str(deep)).code == 0
    assert titles(zotero) == ["Alpha", "Beta", "Gamma"]
