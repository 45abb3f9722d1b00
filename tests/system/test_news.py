"""News as they leave: through a real command, and through apprise to a server on this computer."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from background import until
from clocks import FakeClock
from syncd.daemon.news import Bulletin, Command, Message, NewPaper, Service, channels
from syncd.errors import ConfigError, SendError, SyncdError
from websites import Reply, Site, website

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from syncd.digest import Digest

# Apprise tries a module of the standard library that later Pythons have not, and does without it there.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

MESSAGE = Message("1 new paper: Kurt Gödel", "Kurt Gödel\n- On Formally…\n")
SECRET = "t0ken-of-nobody"  # noqa: S105 - as it says


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask loopback servers themselves."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], list[str]]:
    """Make commands of shell scripts."""

    def make(text: str) -> list[str]:
        path = tmp_path / "script"
        path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        path.chmod(0o700)
        return [str(path)]

    return make


@pytest.fixture
def site() -> Iterator[Site]:
    """A running server."""
    with website() as running:
        yield running


def env(folder: Path) -> dict[str, str]:
    """Return a command's environment."""
    return {"PATH": os.environ["PATH"], "OUT": str(folder)}


def test_command_gets_subject_and_body(script: Callable[[str], list[str]], tmp_path: Path) -> None:
    """In its environment, and the body on its standard input; its arguments are no shell's."""
    words = script('cat > "$OUT/in"; printf "%s" "$SYNCD_SUBJECT|$SYNCD_BODY|$1" > "$OUT/env"')
    Command([*words, "$(id) *"], env(tmp_path)).send(MESSAGE)
    assert (tmp_path / "in").read_text(encoding="utf-8") == MESSAGE.body
    assert (tmp_path / "env").read_text(encoding="utf-8") == f"{MESSAGE.subject}|{MESSAGE.body}|$(id) *"


def test_command_need_not_read(script: Callable[[str], list[str]], tmp_path: Path) -> None:
    """A long body that nobody wants is no failure."""
    Command(script("exec <&-; exit 0"), env(tmp_path)).send(Message("x", "y" * 100_000))


def failure(send: Callable[[Message], None]) -> SyncdError:
    """Return the error that sending ends in."""
    with pytest.raises(SyncdError) as caught:
        send(MESSAGE)
    assert SECRET not in f"{caught.value} {caught.value.hint} {caught.value.__cause__}"
    return caught.value


def test_command_that_fails(script: Callable[[str], list[str]], tmp_path: Path) -> None:
    """The sentence has its exit code and not what it printed."""
    error = failure(Command(script(f"echo {SECRET} >&2; exit 3"), env(tmp_path)).send)
    assert isinstance(error, SendError)
    assert str(error) == "notify.command failed with exit code 3"


def test_command_that_hangs_is_ended_with_its_children(
    script: Callable[[str], list[str]], tmp_path: Path
) -> None:
    """Nothing of it is left."""
    words = script('sleep 60 & echo $! > "$OUT/child"; wait')
    error = failure(Command(words, env(tmp_path), seconds=3).send)
    assert str(error) == "notify.command did not end within 3 seconds"
    child = Path("/proc") / (tmp_path / "child").read_text(encoding="ascii").strip() / "stat"
    until(lambda: not child.exists() or child.read_text(encoding="ascii").split()[2] == "Z")


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("/no/such/command", "notify.command: /no/such/command can't be run: No such file or directory"),
        ("/dev/null", "notify.command: /dev/null can't be run: Permission denied"),
        ("a\0b", "notify.command: a word of it holds a NUL character"),
    ],
)
def test_command_that_cannot_be_run(word: str, sentence: str) -> None:
    """That is a problem of the configuration."""
    error = failure(Command([word], {}).send)
    assert isinstance(error, ConfigError)
    assert str(error) == sentence


def test_apprise_sends_to_a_service(site: Site) -> None:
    """The real library to a real server."""
    site.replies[f"/{SECRET}"] = Reply(b"")
    Service(f"{site.address.replace('http', 'json')}/{SECRET}", 1).send(MESSAGE)
    (asked,) = site.asked
    sent = json.loads(asked.body)
    assert (sent["title"], sent["message"].strip()) == (MESSAGE.subject, MESSAGE.body.strip())


def test_apprise_that_fails_says_no_address(
    site: Site, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Not in the error, and apprise's own log is silent."""
    site.replies[f"/{SECRET}"] = Reply(b"", 500)
    service = Service(f"{site.address.replace('http', 'json')}/{SECRET}", 2)
    with caplog.at_level(logging.DEBUG):
        error = failure(service.send)
    assert isinstance(error, SendError)
    assert str(error) == "notify.urls, address 2: the service did not take it"
    assert not [record for record in caplog.records if record.name == "apprise"]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("address", [f"nosuch://{SECRET}", SECRET, "", "mailto://"])
def test_address_that_apprise_does_not_know(address: str, capfd: pytest.CaptureFixture[str]) -> None:
    """It is found at the start, not at the first news."""
    with pytest.raises(ConfigError, match=r"^notify\.urls, address 1: apprise knows no such address$"):
        channels(None, [address], {})
    assert capfd.readouterr() == ("", "")


def test_command_gets_no_key(tmp_path: Path, script: Callable[[str], list[str]]) -> None:
    """Of the environment only what says who and where it is; more is the command's own business."""
    kept = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C.UTF-8", "DISPLAY": ":0"}
    lost = {
        "ZOTERO_API_KEY": SECRET,
        "CREDENTIALS_DIRECTORY": "/run",
        "SYNCD_DATA_DIR": "/d",
        "HTTPS_PROXY": "x",
    }
    (command,) = channels(script('env > "$HOME/env"'), [], {**kept, **lost})
    command.send(MESSAGE)
    got = (tmp_path / "env").read_text(encoding="utf-8")
    assert all(f"{name}={value}\n" in got for name, value in kept.items())
    assert not any(f"{name}=" in got for name in lost)
    assert f"SYNCD_SUBJECT={MESSAGE.subject}\n" in got


def test_missing_apprise_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra."""
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(ConfigError, match="apprise is not installed") as caught:
        channels(["x"], [f"json://{SECRET}"], {})
    assert 'pip install "syncd[notify]"' in caught.value.hint
    assert [channel.name for channel in channels(["x"], [], {})] == ["notify.command"]


class Shelf:
    """An archive that has one paper, and a mark of before it."""

    def __init__(self) -> None:
        self.marks: dict[str, str] = {}
        self.papers: list[NewPaper] = []

    def created_since(self, since: str) -> list[NewPaper]:
        """Return its paper."""
        assert datetime.fromisoformat(since) < datetime(2026, 6, 2, 11, tzinfo=UTC)
        return self.papers

    def mark(self, name: str) -> str | None:
        """Return a mark."""
        return self.marks.get(name)

    def set_mark(self, name: str, value: str, instead_of: str | None) -> bool:
        """Keep a mark."""
        assert self.marks.get(name) == instead_of
        self.marks[name] = value
        return True

    def digests(self, since: datetime, told: object) -> list[Digest]:
        """Nobody asks for them."""
        raise AssertionError((since, told))


def test_bulletin_sends_without_holding_up_its_caller(
    script: Callable[[str], list[str]], tmp_path: Path
) -> None:
    """What is due starts a thread, once; closing waits for it, and nothing is left of it."""
    os.mkfifo(tmp_path / "gate")
    command = Command(script('read x < "$OUT/gate"; echo "$SYNCD_SUBJECT" >> "$OUT/sent"'), env(tmp_path))
    shelf = Shelf()
    clock = FakeClock()
    news = Bulletin([command], shelf, clock, at=datetime.min.time(), timezone=UTC)
    shelf.papers = [NewPaper("main", "Jane Doe", "A", "KEYA")]
    clock.advance(43_200)
    news.send_due()
    news.send_due()
    news.close(0.05)
    assert [thread.name for thread in threading.enumerate()].count("news") == 1
    assert not (tmp_path / "sent").exists()
    (tmp_path / "gate").write_text("go\n", encoding="ascii")
    news.close(20)
    assert "news" not in {thread.name for thread in threading.enumerate()}
    assert (tmp_path / "sent").read_text(encoding="ascii") == "1 new paper: Jane Doe\n"
    assert "main/KEYA" in shelf.marks["news: notify.command"]
