"""Signing in and out: a key comes, is of use, is put away, and goes again; whatever goes wrong, nothing is left."""

from __future__ import annotations

import os
import re
import select
import signal
import stat
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from background import until
from doubles import Fault
from forks import run
from owner import show
from syncd import __version__, login
from syncd.config import load
from syncd.config.secrets import keep
from syncd.errors import LibraryError
from syncd.plugin.build import xpi
from syncd.zotero.embedded import Grant
from syncd.zotero.embedded.exchange import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from clocks import FakeClock
    from desk import Desk, Zotero
    from desktops import DesktopDesk, Program
    from doubles.plugin import Plugin

KEY = "P9NiFoyLeZu2bZNvvuQPDWsd"
JANE = Grant(475425, "jane")
PAGE = re.compile(r"http://\S+/login\?session=(\w+)")
PATIENCE = 120
# A keyring of the kind that the package `keyring` gives: it keeps what it is given in a file.
KEYRING = """
import json, os, pathlib
STORE = pathlib.Path(os.environ["KEYRING_STORE"])
def _read():
    return json.loads(STORE.read_text()) if STORE.exists() else {}
def get_password(service, user):
    return _read().get(f"{service}/{user}")
def set_password(service, user, key):
    STORE.write_text(json.dumps(_read() | {f"{service}/{user}": key}))
def delete_password(service, user):
    STORE.write_text(json.dumps({name: key for name, key in _read().items() if name != f"{service}/{user}"}))
"""
BROKEN_KEYRING = """
def get_password(service, user):
    raise RuntimeError("no backend")
set_password = delete_password = get_password
"""


@pytest.fixture
def home(desk: Desk) -> Desk:
    """Give a desk without a configuration, at a server where people can sign in."""
    (desk.folder / "config.toml").unlink()
    desk.zotero.server.accounts.sign_in = True
    return desk


def target_of(desk: Desk, name: str | None = None) -> login.Target:
    """Return the library that is meant on this desk."""
    path = desk.folder / "config.toml"
    config = load(path, desk.env) if path.exists() else load(None, {})
    return login.target(config, name, desk.zotero.server.url)


def signed_in(desk: Desk, shown: Callable[[str], None]) -> str:
    """Sign in with a clock that does not wait."""
    target = target_of(desk)
    with login.account(target, desk.clock) as server:
        return login.sign_in(target, server, desk.clock, shown)


def token_of(page: str) -> str:
    """Return the token in the address of a sign-in page."""
    found = PAGE.search(page)
    assert found
    return found[1]


def void(_: object) -> None:
    """Let a lambda return nothing."""


def statuses(zotero: Zotero) -> list[str]:
    """Return how the server's sign-ins stand."""
    return [sign_in.status for sign_in in zotero.server.accounts.sign_ins().values()]


@contextmanager
def started(desk: Desk, *words: str, **env: str) -> Iterator[subprocess.Popen[str]]:
    """Run a command and leave it running; it is killed in the end."""
    with subprocess.Popen(
        [sys.executable, "-m", "syncd", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=desk.env | env,
        cwd=desk.folder,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def page_of(process: subprocess.Popen[str]) -> str:
    """Read what a command says until it names the page; return the token."""
    assert process.stderr
    for line in process.stderr:
        if found := PAGE.search(line):
            return found[1]
    raise AssertionError("no page was named")


def pasted(desk: Desk, *words: str, key: str = KEY, **env: str) -> Any:
    """Run `syncd login --key` with a key from a pipe."""
    done = run(["login", "--key", *words], desk.env | env, desk.folder, f"{key}\n")
    assert "Traceback" not in done.stderr, done.stderr
    assert key not in done.stdout + done.stderr
    return done


def read_until(words: bytes, terminal: int) -> bytes:
    """Read from a terminal until it shows these words; return all that it showed."""
    shown = b""
    while words not in shown:
        assert select.select([terminal], [], [], PATIENCE)[0], shown
        shown += os.read(terminal, 1000)
    return shown


def check_nothing_stored(desk: Desk, before: str | None = None) -> None:
    """Neither a key nor a reference to one is there; the configuration is as it was."""
    path = desk.folder / "config.toml"
    assert (path.read_text(encoding="utf-8") if path.exists() else None) == before
    assert not [entry.name for entry in desk.folder.iterdir() if "key" in entry.name]


def keyring(desk: Desk, code: str = KEYRING) -> dict[str, str]:
    """Put a keyring where Python finds it; return the environment for it."""
    folder = desk.folder.parent / "packages"
    folder.mkdir(exist_ok=True)
    (folder / "keyring.py").write_text(code, encoding="utf-8")
    path = os.pathsep.join(filter(None, (str(folder), desk.env["PYTHONPATH"])))
    return {"PYTHONPATH": path, "KEYRING_STORE": str(desk.folder.parent / "keyring.json")}


# Waiting for the person


def test_the_server_is_asked_every_three_seconds_until_the_person_has_signed_in(home: Desk) -> None:
    """No oftener; the key is the one that the person made."""
    accounts = home.zotero.server.accounts
    tokens: list[str] = []

    def complete(_: Request) -> None:
        accounts.complete(tokens[0], KEY, JANE)

    home.zotero.trouble.plan("GET", *[lambda _: None] * 3, complete)
    assert signed_in(home, lambda page: tokens.append(token_of(page))) == KEY
    assert home.clock.waits == [3.0] * 4
    assert [method for method, _ in home.zotero.server.requests] == ["POST", *["GET"] * 4]


def test_nobody_comes(home: Desk, clock: FakeClock) -> None:
    """After ten minutes syncd gives up and tells the server."""
    pages: list[str] = []
    with pytest.raises(LibraryError, match="nobody signed in within 10 minutes") as caught:
        signed_in(home, pages.append)
    assert caught.value.kind == "permission"
    assert "Nothing was stored" in caught.value.hint
    assert sum(clock.waits) == 600
    assert statuses(home.zotero) == ["cancelled"]


@pytest.mark.parametrize(("how", "words"), [("expired", "has expired"), ("cancelled", "was cancelled")])
def test_a_sign_in_that_ends_without_a_key(home: Desk, how: Any, words: str) -> None:
    """It is said at once, and nothing is waited for."""
    accounts = home.zotero.server.accounts
    with pytest.raises(LibraryError, match=words) as caught:
        signed_in(home, lambda page: void(accounts.end(token_of(page), how)))
    assert caught.value.kind == "permission"
    assert home.clock.waits == [3.0]


def test_a_server_that_limits_requests_is_waited_for(home: Desk) -> None:
    """Its pause is respected, and the sign-in goes on."""
    accounts = home.zotero.server.accounts
    home.zotero.trouble.plan("GET", Fault("answer", status=429, headers={"Retry-After": "7"}))
    assert signed_in(home, lambda page: void(accounts.complete(token_of(page), KEY, JANE))) == KEY
    assert home.clock.waits == [3.0, 7.0]


def test_a_server_without_sign_in_names_the_other_way(home: Desk) -> None:
    """A key can be pasted."""
    home.zotero.server.accounts.sign_in = False
    with pytest.raises(LibraryError, match="has no sign-in") as caught:
        signed_in(home, lambda _: None)
    assert "syncd login --key" in caught.value.hint


@pytest.mark.parametrize(
    "body",
    [
        b'{"sessionToken": "abc", "loginURL": "file:///etc/passwd"}',
        b'{"sessionToken": "abc", "loginURL": "https://a\\u001b[2J.example/"}',
        b'{"sessionToken": null, "loginURL": "https://a.example/"}',
        b"[]",
        b"hello",
    ],
)
def test_an_answer_that_is_not_zoteros_opens_no_page(home: Desk, body: bytes) -> None:
    """Neither a file nor what would play tricks on a terminal."""
    home.zotero.trouble.plan("POST", Fault("answer", status=201, body=body))
    with pytest.raises(LibraryError, match="not Zotero's"):
        signed_in(home, pytest.fail)


# The command


def test_a_first_sign_in_makes_a_configuration_with_which_a_push_works(home: Desk) -> None:
    """Page, key, key file, configuration, push: all that a new user needs."""
    accounts, url = home.zotero.server.accounts, home.zotero.server.url
    with started(home, "login", "--no-browser", "--file", "--endpoint", url) as process:
        assert accounts.complete(page_of(process), KEY, Grant(1, "jane"))
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    assert KEY not in out + err
    assert "user 1 (jane)" in out
    key = home.folder / "main.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert key.read_text() == f"{KEY}\n"
    library = load(home.folder / "config.toml", home.env).library("main")
    assert (library.type, library.id, library.root) == ("user", 1, url)
    assert KEY not in (home.folder / "config.toml").read_text(encoding="utf-8")
    show(home)
    assert home.syncd("push", "page.txt").code == 0
    assert len(home.zotero.papers()) == 3


def test_the_page_is_opened_in_a_browser(home: Desk) -> None:
    """In the user's own, with the address that is also printed."""
    opened = home.folder / "opened"
    browser = home.folder / "browser"
    browser.write_text(
        f'#!/bin/sh\necho "$1" > {opened}.part && mv {opened}.part {opened}\n', encoding="utf-8"
    )
    browser.chmod(0o700)
    with started(home, "login", "--endpoint", home.zotero.server.url, BROWSER=f"{browser} %s") as process:
        token = page_of(process)
        until(opened.exists)
    assert token_of(opened.read_text(encoding="utf-8")) == token


def test_a_browser_in_the_terminal_is_left_alone(home: Desk) -> None:
    """On a server it would take the terminal over, and nobody would see when the person has signed in."""
    called = home.folder / "called"
    programs = home.folder / "bin"
    programs.mkdir()
    for name in ("www-browser", "lynx", "links", "elinks", "w3m"):
        (programs / name).write_text(f"#!/bin/sh\ntouch {called}\nexec sleep 60\n", encoding="utf-8")
        (programs / name).chmod(0o700)
    env = {"PATH": f"{programs}:{os.environ['PATH']}", "TERM": "xterm"}
    with started(home, "login", "--file", "--endpoint", home.zotero.server.url, **env) as process:
        token = page_of(process)
        assert home.zotero.server.accounts.complete(token, KEY, JANE)
        out, _ = process.communicate(timeout=PATIENCE)
    assert "is ready" in out
    assert not called.exists()


def test_ctrl_c_gives_the_sign_in_up(home: Desk) -> None:
    """The server is told, nothing is stored, exit 130."""
    with started(home, "login", "--no-browser", "--endpoint", home.zotero.server.url) as process:
        page_of(process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "Nothing was stored" in err
    assert "Traceback" not in err
    assert statuses(home.zotero) == ["cancelled"]
    check_nothing_stored(home)


def test_a_pasted_key_is_not_shown(home: Desk) -> None:
    """On a terminal, which would show what is typed into it."""
    home.zotero.server.accounts.give(KEY, JANE)
    ours, theirs = os.openpty()
    command = [
        sys.executable,
        "-m",
        "syncd",
        "login",
        "--key",
        "--file",
        "--endpoint",
        home.zotero.server.url,
    ]
    try:
        with subprocess.Popen(
            command,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=home.env,
            cwd=home.folder,
            start_new_session=True,
        ) as process:
            os.close(theirs)
            # The blank comes once the terminal has stopped showing what is typed.
            shown = read_until(b"(not shown): ", ours)
            os.write(ours, f"{KEY}\n".encode())
            shown += read_until(b"is ready", ours)
            assert process.wait(PATIENCE) == 0
    finally:
        os.close(ours)
    assert KEY.encode() not in shown
    assert load(home.folder / "config.toml", home.env).library().resolve_key({}) == KEY


# What is kept of a configuration


def test_a_key_takes_the_old_ones_place_and_all_else_stays(desk: Desk) -> None:
    """Comments, profiles and the file's mode; where the key came from before is said."""
    config = desk.folder / "config.toml"
    text = "# mine\n" + config.read_text(encoding="utf-8").replace("id = 1", "id = 1  # that is me")
    config.write_text(text, encoding="utf-8")
    config.chmod(0o640)
    desk.zotero.server.accounts.give(KEY, Grant(1, "jane"))
    done = pasted(desk, "--file")
    assert done.returncode == 0, done.stderr
    assert "environment variable TEST_KEY, which is used no longer" in done.stdout
    after = config.read_text(encoding="utf-8")
    assert after == text.replace('{ env = "TEST_KEY" }', '{ file = "main.key" }')
    assert stat.S_IMODE(config.stat().st_mode) == 0o640
    show(desk)
    assert desk.syncd("push", TEST_KEY="").code == 0


def test_a_linked_configuration_stays_a_link_and_the_key_does_not_follow_it(desk: Desk) -> None:
    """Dotfiles are often links into a repository, where no key should be."""
    repository = desk.folder.parent / "dotfiles"
    repository.mkdir()
    (desk.folder / "config.toml").rename(repository / "syncd.toml")
    (desk.folder / "config.toml").symlink_to(repository / "syncd.toml")
    desk.zotero.server.accounts.give(KEY, Grant(1, "jane"))
    assert pasted(desk, "--file").returncode == 0
    assert (desk.folder / "config.toml").is_symlink()
    assert (desk.folder / "main.key").exists()
    assert [entry.name for entry in repository.iterdir()] == ["syncd.toml"]
    assert "main.key" in (repository / "syncd.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("grant", "words"),
    [
        (Grant(2, "bob"), "belongs to user 2 (bob); the configuration says 1"),
        (Grant(1, "jane", frozenset({"library", "notes"})), "but not write to it"),
        (Grant(1, "jane", frozenset({"library", "write"})), "may not see notes"),
        (Grant(1, "jane", frozenset()), "may not read the library"),
        (None, "does not accept the key ending in DWsd: Invalid key"),
    ],
)
def test_a_key_that_is_of_no_use_is_not_stored(desk: Desk, grant: Grant | None, words: str) -> None:
    """Exit 4 with what it lacks; the configuration and the key on the server are left alone."""
    before = (desk.folder / "config.toml").read_text(encoding="utf-8")
    if grant:
        desk.zotero.server.accounts.give(KEY, grant)
    done = pasted(desk)
    assert done.returncode == 4
    assert words in done.stderr
    assert "Nothing was stored" in done.stderr
    check_nothing_stored(desk, before)
    assert desk.zotero.server.accounts.find(KEY) == grant


def test_a_key_that_was_made_for_nothing_is_given_up(home: Desk) -> None:
    """Whoever signs in and gives no right to write has no stray key on the server afterwards."""
    accounts, target = home.zotero.server.accounts, target_of(home)
    accounts.give(KEY, Grant(1, "jane", frozenset({"library"})))
    with (
        pytest.raises(LibraryError, match="not write") as caught,
        login.account(target, home.clock) as server,
    ):
        login.accept(KEY, target, server, made=True)
    assert "deleted on the server" in caught.value.hint
    assert accounts.find(KEY) is None


def test_a_library_that_was_chosen_before_is_opened_where_it_stands(desk: Desk) -> None:
    """Its number and its key are written into it, and a push works; the server may be named with the sign-in."""
    show(desk)
    text = "[libraries.main]\ntype = 'user'  # mine\n\n[profiles.ann]\nsource = 'page.txt'\n"
    (desk.folder / "config.toml").write_text(text, encoding="utf-8")
    assert "Sign in with: syncd login main" in desk.syncd("push").err
    desk.zotero.server.accounts.give(KEY, Grant(1, "jane"))
    done = pasted(desk, "--file", "--endpoint", desk.zotero.server.url)
    assert done.returncode == 0, done.stderr
    library = load(desk.folder / "config.toml", desk.env).library()
    assert (library.name, library.prefix, library.root) == ("main", "users/1", desk.zotero.server.url)
    assert "# mine" in (desk.folder / "config.toml").read_text(encoding="utf-8")
    assert desk.syncd("push").code == 0
    assert len(desk.zotero.papers()) == 3


@pytest.mark.parametrize(
    "library", ["type = 'user'\nid = 1", "type = 'group'\nid = 7"], ids=["a user's", "a group's"]
)
def test_a_library_whose_key_is_still_missing_gets_one(desk: Desk, library: str) -> None:
    """The configuration is right without a key; doctor names the command that stores one, and that stores it."""
    file = desk.folder / "config.toml"
    file.write_text(f"[libraries.main]\n{library}\nendpoint = '{desk.zotero.server.url}'\n", encoding="utf-8")
    doctor = desk.syncd("doctor", "--offline")
    assert "syncd has no key for library 'main' yet\n         → syncd login main\n" in doctor.out
    rights = Grant(1, "jane", groups={"7": True})
    desk.zotero.server.accounts.give(KEY, rights)
    done = pasted(desk, "main", "--file")
    assert (done.returncode, done.stderr) == (0, "")
    assert str(desk.folder / "main.key") in done.stdout
    assert load(file, desk.env).library().resolve_key(desk.env) == KEY


def test_a_configuration_that_can_not_be_written_keeps_no_key(desk: Desk) -> None:
    """Both are stored, or neither."""
    before = "[libraries.main]\ntype = 'group'\n"
    (desk.folder / "config.toml").write_text(before, encoding="utf-8")
    desk.zotero.server.accounts.give(KEY, Grant(1, "jane"))
    assert pasted(desk, "--file").returncode == 2
    check_nothing_stored(desk, before)
    storage = login.Storage(desk.folder / "config.toml", desk.env, "file")
    target = login.Target("other", "user", None, desk.zotero.server.url)
    keep("old", "other", desk.folder, "file")
    with login.account(target, desk.clock) as server:
        rights = login.accept(KEY, target, server, made=False)
    with pytest.raises(Exception, match="libraries"):
        login.store(KEY, rights, target, storage)
    assert (desk.folder / "other.key").read_text() == "old\n"


@pytest.mark.parametrize("words", ["", " ", "two words", "ünïcode"])
def test_what_is_no_key_is_refused(desk: Desk, words: str) -> None:
    """Nothing is sent to the server."""
    done = run(["login", "--key"], desk.env, desk.folder, f"{words}\n")
    assert done.returncode == 2
    assert not desk.zotero.server.requests


# Several libraries


def test_a_new_library_does_not_take_profiles_from_another(desk: Desk) -> None:
    """Where a profile goes is said in the configuration, or nothing is changed."""
    config = desk.folder / "config.toml"
    text = config.read_text(encoding="utf-8").replace("[libraries.main]", "[libraries.home]")
    config.write_text(text, encoding="utf-8")
    desk.zotero.server.accounts.give(KEY, JANE)
    done = pasted(desk, "main", "--endpoint", desk.zotero.server.url)
    assert done.returncode == 2
    assert "ann" in done.stderr
    check_nothing_stored(desk, text)
    config.write_text(text.replace("captured", 'library = "home"\ncaptured'), encoding="utf-8")
    done = pasted(desk, "main", "--file", "--endpoint", desk.zotero.server.url)
    assert done.returncode == 0, done.stderr
    assert load(config, desk.env).library_of(load(config, desk.env).profile("ann")).name == "home"


def test_profiles_that_leave_the_embedded_library_are_named(home: Desk) -> None:
    """The first account changes where they go; that is said."""
    show(home)
    assert home.syncd("follow", "page.txt").code == 0
    home.zotero.server.accounts.give(KEY, JANE)
    done = pasted(home, "--file", "--endpoint", home.zotero.server.url)
    assert done.returncode == 0, done.stderr
    assert "From now on ann-lee will go to 'main'" in done.stdout


def test_a_groups_library_is_signed_in_to_with_its_members_key(desk: Desk) -> None:
    """The group keeps its number; a key without access to it is refused."""
    config = desk.folder / "config.toml"
    text = (
        config.read_text(encoding="utf-8")
        .replace('type = "user"', 'type = "group"')
        .replace("id = 1", "id = 5")
    )
    config.write_text(text, encoding="utf-8")
    desk.zotero.server.accounts.give(KEY, JANE)
    refused = pasted(desk)
    assert refused.returncode == 4
    assert "gives no access to group 5" in refused.stderr
    desk.zotero.server.accounts.give(KEY, Grant(475425, "jane", groups={"5": True}))
    assert pasted(desk, "--file").returncode == 0
    assert load(config, desk.env).library().prefix == "groups/5"


@pytest.mark.parametrize(
    ("extra", "words", "message"),
    [
        ("", ("--endpoint", "https://other.example"), "not at https://other.example"),
        ("", ("--endpoint", "http://other.example"), "should begin with https"),
        ('\n[libraries.box]\ntype = "embedded"\n', ("box",), "is of type embedded"),
    ],
)
def test_what_can_not_be_signed_in_to_is_said(
    desk: Desk, extra: str, words: tuple[str, ...], message: str
) -> None:
    """Exit 2, and nobody is asked anything."""
    desk.configure('library = "main"\n' + extra)
    done = pasted(desk, *words)
    assert done.returncode == 2
    assert message in done.stderr
    assert not desk.zotero.server.requests


# Where keys are kept


def test_a_key_goes_into_the_keyring_and_out_of_it(desk: Desk) -> None:
    """Where there is one it is used unasked; a push finds the key there, until somebody signs out."""
    env = keyring(desk)
    desk.zotero.server.accounts.give(KEY, Grant(1, "jane"))
    done = pasted(desk, **env)
    assert done.returncode == 0, done.stderr
    assert "the system's keyring" in done.stdout
    assert "key = { keyring = true }" in (desk.folder / "config.toml").read_text(encoding="utf-8")
    assert not (desk.folder / "main.key").exists()
    show(desk)
    assert desk.syncd("push", **env).code == 0
    out = desk.syncd("logout", **env)
    assert out.code == 0
    assert "was taken out of the system keyring" in out.out
    assert KEY not in (desk.folder.parent / "keyring.json").read_text(encoding="utf-8")
    again = desk.syncd("push", **env)
    assert again.code == 2
    assert "syncd login main" in again.err


def test_a_keyring_that_does_not_work_gives_way_to_a_file(desk: Desk) -> None:
    """It is said where the key went; whoever insists on the keyring is refused."""
    env = keyring(desk, BROKEN_KEYRING)
    before = (desk.folder / "config.toml").read_text(encoding="utf-8")
    desk.zotero.server.accounts.give(KEY, Grant(1, "jane"))
    refused = pasted(desk, "--keyring", **env)
    assert refused.returncode == 2
    assert "keyring can't be used" in refused.stderr
    check_nothing_stored(desk, before)
    done = pasted(desk, **env)
    assert done.returncode == 0
    assert f"the file {desk.folder / 'main.key'}, which only you can read" in done.stdout


def test_signing_out_removes_the_file_and_leaves_the_configuration(desk: Desk) -> None:
    """A second time there is nothing to take away; what to do on the server is said."""
    desk.zotero.server.accounts.give(KEY, Grant(1, "jane"))
    pasted(desk, "--file")
    before = (desk.folder / "config.toml").read_text(encoding="utf-8")
    done = desk.syncd("logout")
    assert done.code == 0
    assert "It still exists on the server" in done.out
    check_nothing_stored(desk, before)
    assert "was not in" in desk.syncd("logout").out
    assert desk.zotero.server.accounts.find(KEY)


def test_signing_out_can_delete_the_key_on_the_server(desk: Desk) -> None:
    """Then nobody can use it any more."""
    desk.zotero.server.accounts.give(KEY, Grant(1, "jane"))
    pasted(desk, "--file")
    done = desk.syncd("logout", "--revoke")
    assert done.code == 0
    assert "The server has deleted it" in done.out
    assert desk.zotero.server.accounts.find(KEY) is None
    assert not (desk.folder / "main.key").exists()


def test_a_key_that_can_not_be_deleted_on_the_server_stays(desk: Desk) -> None:
    """With its answer lost the key is kept, so that it can be tried again."""
    desk.zotero.server.accounts.give(KEY, Grant(1, "jane"))
    pasted(desk, "--file")
    desk.zotero.trouble.plan("DELETE", Fault("answer", status=502))
    assert desk.syncd("logout", "--revoke").code == 5
    assert (desk.folder / "main.key").exists()


def test_a_key_that_is_not_syncds_is_not_taken_away(desk: Desk) -> None:
    """That of a variable, and one that another library needs."""
    done = desk.syncd("logout")
    assert done.code == 2
    assert "environment variable TEST_KEY, where syncd can't take it away" in done.err
    desk.zotero.server.accounts.give(KEY, Grant(1, "jane"))
    pasted(desk, "--file")
    lab = '\n[libraries.lab]\ntype = "group"\nid = 5\nkey = { file = "main.key" }\n'
    with (desk.folder / "config.toml").open("a", encoding="utf-8") as config:
        config.write(lab)
    done = desk.syncd("logout")
    assert done.code == 2
    assert "the key of library 'lab' too" in done.err
    assert (desk.folder / "main.key").exists()


# Zotero on this computer


def plugin_of(program: Program) -> Plugin:
    """Return the plugin in a Zotero."""
    assert program.server.desktop.plugin
    return program.server.desktop.plugin


def without_plugin(program: Program) -> Plugin:
    """Take the plugin out of a Zotero; return it."""
    plugin, program.server.desktop.plugin = plugin_of(program), None
    return plugin


def check_leads_to_the_file(words: str, desk: Desk) -> None:
    """The clicks are told, and the file for them is there."""
    assert "Tools > Plugins" in words
    assert "Install Plugin From File" in words
    (place,) = desk.data.cache.glob("*.xpi")
    assert str(place) in words
    assert place.read_bytes() == xpi()


def test_zotero_on_this_computer_gives_its_key_by_consent(at_desktop: DesktopDesk, program: Program) -> None:
    """A library of type desktop with the key of the pairing; after a refusal nothing is stored."""
    config = at_desktop.folder / "config.toml"
    config.unlink()
    words = ("login", "--desktop", "--file", "--endpoint", program.server.url)
    assert at_desktop.answering("y", *words).code == 4
    check_nothing_stored(at_desktop)
    plugin_of(program).consent = lambda _: True
    done = at_desktop.answering("y", *words)
    assert done.code == 0, done.err
    library = load(config, at_desktop.env).library()
    assert (library.type, library.id) == ("desktop", None)
    assert (library.resolve_key({}) or "") not in done.out + done.err
    show(at_desktop)
    assert at_desktop.syncd("push", "page.txt").code == 0


def test_a_zotero_without_the_plugin_is_led_to_it(at_desktop: DesktopDesk, program: Program) -> None:
    """By what is to be clicked, and the file for that; then the same command goes on."""
    config = at_desktop.folder / "config.toml"
    before = config.read_text(encoding="utf-8")
    plugin = without_plugin(program)
    done = at_desktop.answering("y", "login", "--desktop", "--file")
    assert done.code == 5
    assert "Zotero runs without the syncd plugin" in done.err
    check_leads_to_the_file(done.err, at_desktop)
    check_nothing_stored(at_desktop, before)
    program.server.desktop.plugin = plugin
    plugin.consent = lambda _: True
    assert at_desktop.answering("y", "login", "--desktop", "--file").code == 0


def test_a_zotero_that_is_closed_is_to_be_started(at_desktop: DesktopDesk, program: Program) -> None:
    """One sentence, and nothing is stored."""
    before = (at_desktop.folder / "config.toml").read_text(encoding="utf-8")
    program.close()
    done = at_desktop.answering("y", "login", "--desktop", "--file")
    assert done.code == 5
    assert "Zotero isn't running" in done.err
    assert "Start Zotero. Then run it again." in done.err
    check_nothing_stored(at_desktop, before)


def test_a_plugin_of_another_version_is_told_how_to_be_updated(
    at_desktop: DesktopDesk, program: Program
) -> None:
    """One that can be talked to is paired all the same; doctor says so too."""
    plugin = plugin_of(program)
    plugin.consent = lambda _: True
    plugin.version = "0.0.9"
    done = at_desktop.answering("y", "login", "--desktop", "--file")
    assert done.code == 0, done.err
    assert f"The syncd plugin in Zotero is 0.0.9, and syncd is {__version__}." in done.err
    check_leads_to_the_file(done.err, at_desktop)
    show(at_desktop)
    checked = at_desktop.syncd("doctor")
    assert "the syncd plugin in Zotero is 0.0.9" in checked.out
    assert "syncd login --desktop main" in checked.out
    plugin.version = __version__
    assert "All is well." in at_desktop.syncd("doctor").out
    plugin.api = plugin.oldest = 1
    done = at_desktop.answering("y", "login", "--desktop", "--file")
    assert done.code == 1
    assert "the syncd plugin in Zotero is too old for this syncd" in done.err
    check_leads_to_the_file(done.err, at_desktop)
    plugin.api = plugin.oldest = 3
    done = at_desktop.answering("y", "login", "--desktop", "--file")
    assert done.code == 1
    assert "this syncd is too old for its plugin in Zotero" in done.err
    assert "Update syncd" in done.err
    # The one that comes still speaks as this one does.
    plugin.oldest = 2
    assert at_desktop.answering("y", "login", "--desktop", "--file").code == 0


def test_on_a_terminal_login_waits_for_the_plugin_and_goes_on(
    at_desktop: DesktopDesk, program: Program
) -> None:
    """Who does what is said needs to run nothing again."""
    plugin = without_plugin(program)
    plugin.consent = lambda _: True
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "syncd", "login", "--desktop", "--file"]
    try:
        with subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=at_desktop.env, cwd=at_desktop.folder
        ) as process:
            os.close(theirs)
            shown = read_until(b"Waiting for you", ours)
            assert b"Zotero runs without the syncd plugin" in shown
            assert b"Install Plugin From File" in shown
            program.server.desktop.plugin = plugin
            read_until(b"[y/N]", ours)
            os.write(ours, b"y\n")
            read_until(b"is ready", ours)
            assert process.wait(PATIENCE) == 0
    finally:
        os.close(ours)


def test_a_library_on_this_computer_needs_no_flag(at_desktop: DesktopDesk, program: Program) -> None:
    """`syncd login LIBRARY` is right for every library; advice names the flag besides."""
    plugin_of(program).consent = lambda _: True
    for words in (("login",), ("login", "main", "--file")):
        done = at_desktop.answering("y", *words)
        assert done.code == 0, done.err
    assert at_desktop.syncd("logout").out.rstrip().endswith("syncd login --desktop main")
    show(at_desktop)
    failed = at_desktop.syncd("push")
    assert failed.code == 2
    assert "syncd login --desktop main" in failed.err
    assert at_desktop.answering("y", "login", "main").code == 0
    assert at_desktop.syncd("push").code == 0


def test_the_only_library_on_this_computer_is_meant_whatever_its_name(tmp_path: Path) -> None:
    """All of syncd's advice says `syncd login --desktop`, also where an online library is the usual one."""
    place = tmp_path / "config.toml"
    place.write_text('[libraries.main]\ntype = "user"\n[libraries.laptop]\ntype = "desktop"\n')
    assert login.desktop_target(load(place, {}), None, None).name == "laptop"


# Breaking off


def test_breaking_off_at_the_prompt_for_a_key_says_that_nothing_was_stored(home: Desk) -> None:
    """Nothing was written that a next run could go on from."""
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "syncd", "login", "--key", "--endpoint", home.zotero.server.url]
    process = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=home.env,
        cwd=home.folder,
        start_new_session=True,
    )
    try:
        os.close(theirs)
        # The blank comes once the terminal has stopped showing what is typed.
        shown = read_until(b"(not shown): ", ours)
        os.write(ours, b"\x04")
        shown += read_until(b"Nothing was stored", ours)
        assert process.wait(PATIENCE) == 130
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    assert b"next run" not in shown
    check_nothing_stored(home)


def test_signing_out_and_pushing_says_how_to_sign_in(desk: Desk) -> None:
    """What the key's own error has no remedy for."""
    desk.zotero.server.accounts.give(KEY, Grant(1, "jane"))
    assert pasted(desk, "--file").returncode == 0
    assert desk.syncd("logout").code == 0
    show(desk)
    failed = desk.syncd("push")
    assert failed.code == 2
    assert "syncd login main" in failed.err


@pytest.mark.parametrize("how", ["cancelled", "expired"])
def test_a_sign_in_that_ended_without_a_key_says_what_to_do(desk: Desk, how: Any) -> None:
    """A new page comes with a new attempt."""
    desk.zotero.server.accounts.sign_in = True
    with pytest.raises(LibraryError) as error:
        signed_in(desk, lambda page: void(desk.zotero.server.accounts.end(token_of(page), how)))
    assert "Run it again" in error.value.hint
