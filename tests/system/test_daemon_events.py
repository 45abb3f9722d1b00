"""What the daemon tells at once, as it happens, to those who listen at /events."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import socket
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any

import pytest

from background import Background, looks, write
from doubles.plugin import new_key
from forks import PATIENCE
from owner import LONG, show
from pages import entry, page
from plugins import Asker, coded, without_codes
from ports import free_port
from syncd.config.secrets import SecretRef
from syncd.daemon import events
from syncd.handshake import HEADER
from syncd.state import pairings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from desk import Desk
    from owner import Owner

# As in test_daemon_meanwhile: what the daemon's end may take.
STOP = 40.0


@dataclass(frozen=True)
class Told:
    """An event as it arrived."""

    name: str
    id: str
    data: str

    @property
    def facts(self) -> Any:
        """What it says."""
        return json.loads(self.data)


class Listener:
    """One who listens.

    Attributes:
        answer: whose body are the events.
    """

    def __init__(self, answer: HTTPResponse) -> None:
        self.answer = answer

    def next(self) -> Told | None:
        """Return the next event; None where there will be none any more.

        That the daemon is alive still is passed over, for it is said only where nothing else was for a while.
        """
        while fields := self._fields():
            if fields["event"] != "alive" or fields["id"].partition(" ")[0] == "0":
                return Told(fields["event"], fields["id"], fields["data"])
        return None

    def _fields(self) -> dict[str, str]:
        fields = {}
        for line in iter(lambda: self.answer.readline().decode().rstrip("\n"), ""):
            name, _, value = line.partition(": ")
            fields[name] = value
        return fields

    def until(self, name: str) -> Told:
        """Return the next event of that name."""
        while (told := self.next()) is not None:
            if told.name == name:
                return told
        raise AssertionError(name)


@contextmanager
def listening(line: socket.socket, headers: Mapping[str, str | None] | None = None) -> Iterator[Listener]:
    """Listen on a connection."""
    said = "".join(f"{name}: {value}\r\n" for name, value in ({"Host": "x"} | dict(headers or {})).items())
    with line, HTTPResponse(line) as answer:
        line.settimeout(PATIENCE)
        line.sendall(f"GET /events HTTP/1.1\r\n{said}\r\n".encode())
        answer.begin()
        yield Listener(answer)


def to_daemon(desk: Desk) -> socket.socket:
    """Connect as a command does."""
    line = socket.socket(socket.AF_UNIX)
    line.connect(str(desk.data.control))
    return line


def test_whoever_listens_is_told_what_happens(desk: Desk, daemon: Background) -> None:
    """Runs that begin and end, a pause and its end, new settings."""
    with listening(to_daemon(desk)) as listener:
        assert listener.answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        first = listener.next()
        assert first == Told("alive", "0", "{}")
        write(desk.page, "Alpha", "Delta")
        began = listener.until("began")
        steps = []
        while (ended := listener.next()) and ended.name == "progress":
            steps.append(ended.facts)
        assert ended
        # The paper and its link, in one chunk.
        written = [(step["done"], step["total"]) for step in steps if step["total"]]
        assert written == [(0, 2), (2, 2)]
        assert {tuple(step["profiles"]) for step in steps} == {("ann",)}
        assert coded(steps[-1], "words") == "writing 2 objects"
        assert (began.facts["profile"], began.facts["library"]) == ("ann", "main")
        assert (ended.facts["profile"], ended.facts["counts"]["create"]) == ("ann", 1)
        assert (ended.facts["author"], ended.facts["library"], ended.facts["created"]) == (
            "Ann Lee",
            "main",
            1,
        )
        assert began.facts["run"] == ended.facts["run"] == desk.syncd("log", "--json").json[0]["run"]
        daemon.ask("pause", names=["ann"])
        paused = listener.next()
        assert paused
        assert (paused.name, paused.facts) == ("paused", {"profiles": ["ann"], "paused": ["ann"]})
        assert int(paused.id) > int(ended.id)
        daemon.ask("resume")
        assert listener.until("resumed").facts == {"profiles": [], "paused": []}
        assert without_codes(daemon.ask("reload")) == {"problems": []}
        assert listener.until("reloaded").facts == {"profiles": ["ann"]}
        desk.page.unlink()
        daemon.ask("sync-now", names=["ann"])
        while not (error := listener.until("ended").facts["error"]):
            pass
        assert "page.txt" in coded(error, "message")
    assert daemon.ask("status")["profiles"]


def test_a_review_is_told_once(desk: Desk, owner: Owner) -> None:
    """When it comes, not with each run that meets it."""
    desk.page.write_text(page(entry("Beta")), encoding="utf-8")
    owner.own(LONG.replace("Their", "Thier"))
    with Background(desk) as daemon:
        daemon.until(lambda: looks(daemon))
        with listening(to_daemon(desk)) as listener:
            write(desk.page, LONG, "Beta")
            review = listener.until("review")
            assert (review.facts["profile"], review.facts["title"]) == ("ann", LONG)
            write(desk.page, LONG, "Beta", "Gamma")
            assert listener.until("ended").facts["counts"]["review"] == 1
            daemon.ask("pause")
            after = listener.next()
            assert after
            assert after.name == "paused"


def test_a_program_listens_where_it_was_paired(desk: Desk) -> None:
    """It signs its request; the head of the answer is signed, and each event."""
    show(desk)
    port, key, path = free_port(), new_key(), desk.folder / "main.key"
    path.touch(mode=0o600)
    path.write_text(key, encoding="ascii")
    desk.configure(f"[control]\nport = {port}\n")
    desk.data.create()
    pairings.remember(desk.data, "main", SecretRef(file=str(path)))
    program = Asker(port, key)
    with Background(desk) as daemon:
        daemon.until(lambda: looks(daemon))
        assert program.send("GET", "/events", headers={HEADER: None}).status == 401
        assert program.get("/v1/status")
        headers = {"Host": f"127.0.0.1:{port}", **program.headers("GET", "/events")}
        nonce = str(headers[HEADER]).split()[1]
        with listening(socket.create_connection(("127.0.0.1", port)), headers) as listener:
            assert program._caller.knows(listener.answer.headers[HEADER], 200, b"")
            daemon.ask("pause")
            for name in ("alive", "paused"):
                told = listener.next()
                assert told
                number = told.id.partition(" ")[0]
                said = ("syncd 2", "event of daemon", nonce, number, name)
                digest = hashlib.sha256(told.data.encode()).hexdigest()
                secret = bytes.fromhex(key.removeprefix("pairing-"))
                mac = hmac.new(secret, "\n".join((*said, digest)).encode(), "sha256").hexdigest()
                assert (told.name, told.id) == (name, f"{number} {mac}")


def test_who_listens_keeps_no_daemon_from_its_end(desk: Desk, daemon: Background) -> None:
    """The stream ends; half a request, half a body and an idle connection beside it don't matter either."""
    slow = [to_daemon(desk) for _ in range(3)]
    slow[0].sendall(b"GET /v1/da")
    slow[1].sendall(b"POST /v1/pause HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
    with listening(to_daemon(desk)) as listener:
        assert listener.next()
        asked = time.monotonic()
        assert daemon.end() == 0
        assert listener.next() is None
        assert time.monotonic() - asked < STOP
    for line in slow:
        line.close()


def test_silence_is_no_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing happens, an event says that the daemon is there."""
    monkeypatch.setattr(events, "HEARTBEAT", 0.01)

    async def listen() -> list[str]:
        heard = events.Events().heard()
        return [(await anext(heard)).name for _ in range(3)]

    assert asyncio.run(listen()) == ["alive"] * 3


def test_who_does_not_read_has_to_begin_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for a listener has a bound; the others go on."""
    monkeypatch.setattr(events, "MOST_WAITING", 3)

    async def listen() -> tuple[list[str], list[str]]:
        told = events.Events()
        slow, quick = told.heard(), told.heard()
        await anext(slow)
        seen: list[str] = [(await anext(quick)).name]
        for _ in range(5):
            told.tell("reloaded")
            seen.append((await anext(quick)).name)
        async with asyncio.timeout(10):
            return [event.name async for event in slow], seen

    assert asyncio.run(listen()) == ([], ["alive", *["reloaded"] * 5])
