"""`syncd init`: a conversation on a real terminal, the same by flags, a second time, and when it is broken off."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from owner import show
from pages import entry, page
from syncd.config import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from desk import Desk
    from syncd.config import Config

PATIENCE = 30.0
PAUSE = 5.0
COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A command on a terminal, and the person in front of it.

    Args:
        desk: whose it is.
        words: the command's.
    """

    def __init__(self, desk: Desk, *words: str) -> None:
        self._own, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "syncd", *words],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=desk.env | {"TERM": "dumb"},
            cwd=desk.folder,
            start_new_session=True,
        )
        os.close(theirs)
        self.text = ""
        self._seen = 0

    def read_until(self, words: str) -> None:
        """Read until it has said something that was not said before."""
        end = time.monotonic() + PATIENCE
        while words not in self.text[self._seen :]:
            assert time.monotonic() < end, self.text
            assert self._read(), self.text
        self._seen = self.text.index(words, self._seen) + len(words)

    def answer(self, question: str, words: str) -> None:
        """Wait for a question, and answer it."""
        self.read_until(question)
        os.write(self._own, f"{words}\n".encode())

    def break_off(self, question: str) -> int:
        """Press Ctrl-C at a question, and return how it ended."""
        self.read_until(question)
        end = time.monotonic() + PATIENCE
        # Python misses one that comes in the moment before it waits for a key. One that comes while it ends would
        # be answered in another way, so each gets its time.
        while self.process.poll() is None:
            assert time.monotonic() < end, self.text
            self.process.send_signal(signal.SIGINT)
            while self._read(PAUSE):
                pass
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(PAUSE)
        return self.process.returncode

    def end(self) -> int:
        """Read the rest and return how it ended."""
        while self._read():
            pass
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        """Leave nothing open."""
        self.process.kill()
        self.process.wait()
        os.close(self._own)

    def _read(self, seconds: float = PATIENCE) -> bool:
        if not select.select([self._own], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._own, 65536)
        except OSError:  # how Linux says that the other side has gone
            return False
        self.text += COLOURS.sub("", data.decode(errors="replace")).replace("\r", "")
        return bool(data)


@contextmanager
def terminal(desk: Desk, *words: str) -> Iterator[Terminal]:
    """Run a command on a terminal."""
    made = Terminal(desk, *words)
    try:
        yield made
        assert "Traceback" not in made.text
        assert desk.zotero.server.key not in made.text
    finally:
        made.close()


@pytest.fixture
def newcomer(desk: Desk) -> Desk:
    """Give a desk with a page and without a configuration."""
    show(desk)
    (desk.folder / "config.toml").unlink()
    return desk


def config(desk: Desk) -> Config:
    """Read what was written."""
    return load(desk.folder / "config.toml", desk.env)


def text(desk: Desk) -> str:
    """Return what was written."""
    return (desk.folder / "config.toml").read_text(encoding="utf-8")


def test_a_conversation(newcomer: Desk) -> None:
    """Four questions; what makes no sense is asked again; it ends with a dry run and the next command."""
    (newcomer.folder / "odd.txt").write_text("hello\n", encoding="utf-8")
    with terminal(newcomer, "init") as screen:
        screen.answer("Number or word [user]:", "7")
        screen.read_until("should be one of user, group, desktop, embedded")
        screen.answer("Number or word [user]:", "4")
        screen.answer("Whom to follow", "odd.txt")
        screen.read_until("error:")
        screen.answer("Whom to follow", "page.txt")
        screen.answer("[Profiles/Ann Lee]:", "People/Ann")
        screen.answer("[every 6h]:", "now and then")
        screen.answer("[every 6h]:", "")
        assert screen.end() == 0
    assert "3 create" in screen.text
    assert "syncd push" in screen.text.splitlines()[-1]
    made = config(newcomer)
    assert made.library().type == "embedded"
    assert made.profile("ann-lee").collection == "People/Ann"
    assert "[profiles.ann-lee]\n# The profile" in text(newcomer)
    assert 'source = "page.txt"\n# The collection that the papers are filed in' in text(newcomer)
    assert (newcomer.folder / "config.toml").stat().st_mode & 0o777 == 0o600
    assert newcomer.syncd("log", "--json").json == []


@pytest.mark.parametrize("moment", ["Number or word", "Whom to follow", "[every 6h]:"])
def test_breaking_it_off_writes_nothing(newcomer: Desk, moment: str) -> None:
    """At whichever question."""
    words = () if moment == "Number or word" else ("--library", "embedded")
    with terminal(newcomer, "init", *words) as screen:
        if moment == "[every 6h]:":
            screen.answer("Whom to follow", "page.txt")
            screen.answer("[Profiles/Ann Lee]:", "")
        assert screen.break_off(moment) == 130
        assert "Nothing was written." in screen.text
    assert not (newcomer.folder / "config.toml").exists()


def test_a_second_conversation_changes_what_is_asked(desk: Desk) -> None:
    """Enter keeps; comments, other settings and the file's mode stay."""
    show(desk)
    file = desk.folder / "config.toml"
    desk.configure('settle = "2d"  # I am slow\n')
    file.chmod(0o640)
    before = text(desk)
    with terminal(desk, "init") as screen:
        screen.read_until("main (user 1)")
        screen.answer("Number or word [user]:", "")
        screen.answer("Your number at zotero.org", "")
        screen.answer("[ann]:", "")
        screen.answer("Collection", "")
        screen.answer("[every 6h]:", "every 12h")
        assert screen.end() == 0
    assert config(desk).profile("ann").schedule == "every 12h"
    assert text(desk).replace('schedule = "every 12h"\n', "") == before
    assert file.stat().st_mode & 0o777 == 0o640
    assert "3 create" in screen.text
    assert not desk.zotero.papers()
    assert desk.syncd("push").code == 0
    assert len(desk.zotero.papers()) == 3


def test_flags_ask_nothing(newcomer: Desk) -> None:
    """And the library's key may be in a variable: then the dry run asks the library itself."""
    done = newcomer.syncd(
        *("init", "--library", "user", "--id", "1", "--key-env", "TEST_KEY"),
        *("--endpoint", newcomer.zotero.server.url, "--profile", "page.txt"),
        *("--collection", "A/B", "--schedule", "0 7 * * 1-5"),
    )
    assert done.code == 0, done.err
    assert "main: 3 create" in done.out
    assert newcomer.zotero.server.requests
    assert not newcomer.zotero.items()
    made = config(newcomer)
    assert made.library().prefix == "users/1"
    assert (made.profile("ann-lee").collection, made.profile("ann-lee").schedule) == ("A/B", "0 7 * * 1-5")


def test_missing_answers_are_named(newcomer: Desk) -> None:
    """All of them, where there is nobody to ask."""
    done = newcomer.syncd("init")
    assert done.code == 2
    assert "--library, --profile" in done.err
    assert "--id" in newcomer.syncd("init", "--library", "group", "--profile", "page.txt").err
    done = newcomer.syncd("init", "--library", "moon", "--profile", "page.txt")
    assert (done.code, "--library 'moon' should be one of" in done.err) == (2, True)
    assert not (newcomer.folder / "config.toml").exists()


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--library", "embedded", "--id", "3"), "--id has no meaning for the library embedded"),
        (("--library", "user", "--key-env", "TEST_KEY"), "--key-env needs the user's number"),
        (("--library", "user", "--id", "1", "--schedule", "often"), "--schedule 'often' should be like"),
    ],
)
def test_a_flag_that_makes_no_sense_is_refused(newcomer: Desk, words: tuple[str, ...], problem: str) -> None:
    """None goes by unnoticed, and nothing is written."""
    done = newcomer.syncd("init", "--profile", "page.txt", *words)
    assert (done.code, problem in done.err) == (2, True), done.err
    assert not (newcomer.folder / "config.toml").exists()


def test_without_a_key_the_page_is_shown(newcomer: Desk) -> None:
    """The way to the key is named, and nothing is asked of a library."""
    done = newcomer.syncd("init", "--yes", "--profile", "page.txt")
    assert done.code == 0
    assert "Alpha" in done.out
    assert "Next: syncd login\n" in done.out
    assert "`syncd login` writes it here" in text(newcomer)
    assert config(newcomer).library().type == "embedded"
    done = newcomer.syncd("init", "--library", "group", "--id", "12", "--profile", "ann-lee")
    assert "Next: syncd login main\n" in done.out
    assert config(newcomer).library().prefix == "groups/12"


def test_who_pushes_before_signing_in_is_told_where_papers_go(newcomer: Desk) -> None:
    """Into syncd's own library, which is not what was chosen; one that is named is no surprise."""
    newcomer.syncd("init", "--library", "user", "--profile", "page.txt")
    asks_nobody = re.sub(r"services = \[.*\]", "services = []", text(newcomer))
    (newcomer.folder / "config.toml").write_text(asks_nobody, encoding="utf-8")
    pushed = newcomer.syncd("push", "--json")
    assert pushed.json["library"] == "embedded"
    assert "config.toml names no library: papers go into syncd's own" in pushed.err
    assert "syncd login" in pushed.err
    newcomer.syncd("init", "--library", "embedded", "--profile", "ann-lee")
    assert "names no library" not in newcomer.syncd("push").err


def test_the_same_again_changes_nothing(desk: Desk) -> None:
    """Also when the profile is named by its page."""
    show(desk)
    before = text(desk)
    done = desk.syncd("init", "--library", "user", "--profile", "page.txt")
    assert done.code == 0
    assert "is as it was" in done.out
    assert text(desk) == before


def test_another_library_takes_no_profile_away(desk: Desk) -> None:
    """Who went to the only library there was goes there still."""
    show(desk)
    (desk.folder / "bo.txt").write_text(page(entry("Beta"), name="Bo Chen"), encoding="utf-8")
    file = desk.folder / "config.toml"
    file.write_text(text(desk).replace("libraries.main", "libraries.mine"), encoding="utf-8")
    done = desk.syncd("init", "--library", "embedded", "--profile", "bo.txt")
    assert done.code == 0, done.err
    made = config(desk)
    assert made.library_of(made.profile("ann")).name == "mine"
    assert made.library_of(made.profile("bo-chen")).type == "embedded"


def test_a_second_file_is_made_whatever_the_first_says(desk: Desk) -> None:
    """A configuration that is named starts from nothing."""
    show(desk)
    usual = desk.folder / ".config" / "syncd"
    usual.mkdir(parents=True)
    (usual / "config.toml").write_text("odd", encoding="utf-8")
    done = desk.syncd("init", "--config", "new.toml", "--library", "embedded", "--profile", "page.txt")
    assert done.code == 0, done.err
    assert "[profiles.ann-lee]" in (desk.folder / "new.toml").read_text(encoding="utf-8")
