"""The plugin in a real Gecko and a real daemon: they are paired by `syncd login`, and the one asks the other."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from background import Background
from owner import show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from desk import Desk
    from windows import Client


pytest_plugins = ("windows",)


@pytest.fixture
def daemon(desk: Desk) -> Iterator[Background]:
    """Let a daemon bring three papers in."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    desk.configure(f"[control]\nport = {port}\n")
    show(desk)
    with Background(desk) as running:
        running.until(lambda: len(desk.zotero.papers()) == 3)
        yield running


@pytest.fixture
def served(client: Client) -> Iterator[str]:
    """Serve the plugin's addresses with Gecko's own server, as Zotero does."""
    port = client.run("globalThis.server = z.serve(); return globalThis.server.port;")
    yield f"http://127.0.0.1:{port}"
    client.run("await globalThis.server.stop();")


def login(desk: Desk, endpoint: str) -> int:
    """Ask for a pairing, and return how that ended."""
    return desk.answering("y", "login", "zotero", "--desktop", "--file", "--endpoint", endpoint).code


def test_a_refusal_pairs_nobody(client: Client, daemon: Background, desk: Desk, served: str) -> None:
    """The window of the question is closed."""
    assert daemon.ask("status")
    client.run('z.answerNext("close");')
    assert login(desk, served) == 4
    assert client.run("return [Syncd.keys.list(), Syncd.keys.control()];") == [[], None]


def test_the_plugin_asks_the_daemon_that_it_was_paired_with(
    client: Client, daemon: Background, desk: Desk, served: str
) -> None:
    """What Gecko sends along is not taken for a web page's; what is answered is shown."""
    client.run('z.answerNext("accept");')
    assert login(desk, served) == 0
    daemon.until_logged("paired programs are answered")
    papers, known, asked = client.run("""
        const status = await z.until(() => Syncd.daemon.status().catch(() => (Syncd.daemon.forget(), null)));
        const known = await Syncd.daemon.known(Syncd.libraryPrefix(1));
        const asked = await Syncd.daemon.pause();
        return [status.libraries[0].profiles[0].papers, Object.keys(known.items).length, asked];
    """)
    assert (papers, known) == (3, 3)
    assert asked is not None
    assert daemon.ask("status")["paused"] == [""]
    shown = client.run("""
        Syncd.daemon.forget();
        Syncd.status.open(w);
        const { document } = await z.dialog("status");
        await z.until(() => document.documentElement.textContent.includes("Ann Lee"));
        return document.documentElement.textContent;
    """)
    assert "Ann Lee" in shown
    assert "syncd is paused" in shown


def test_the_key_is_with_the_secrets_and_outlives_the_plugins_end(client: Client) -> None:
    """Gecko's login manager has it, and the preferences have not; taken back, it is nowhere."""
    key, before, written, after, left = client.run(
        """
        const key = "cd".repeat(32);
        await Syncd.keys.add(key, "syncd", null);
        const written = Services.prefs.getStringPref("extensions.syncd.pairings");
        await plugin.call("shutdown", "APP_SHUTDOWN");
        const before = Syncd.keys.all();
        Syncd.keys._keys.clear();
        await Syncd.keys.load();
        const after = Syncd.keys.all();
        await Syncd.keys.revoke(Syncd.keys.list()[0].id);
        Syncd.keys._keys.clear();
        await Syncd.keys.load();
        return [key, before, written, after, Syncd.keys.all()];
        """
    )
    assert before == after == [key]
    assert key not in written
    assert left == []


def test_a_daemon_that_is_gone_is_one_quiet_line(client: Client) -> None:
    """No answer is no error in Gecko's console."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    shown = client.run(
        """
        await Syncd.keys.add("ab".repeat(32), "syncd", `http://127.0.0.1:${words[0]}`);
        Syncd.status.open(w);
        const { document } = await z.dialog("status");
        await z.until(() => document.documentElement.textContent.includes("running"));
        return document.documentElement.textContent;
        """,
        port,
    )
    assert "syncd is not running. Start it in a terminal: syncd run" in shown
