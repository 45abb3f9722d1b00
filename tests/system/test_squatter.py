"""Who listens on Zotero's port before Zotero does, or between it and syncd: gets no key, and nothing to write with."""

from __future__ import annotations

import http.client
import json
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from owner import show
from plugins import TITLES, knows, stopped
from syncd.handshake import HEADER, Half
from syncd.paths import data_folder
from websites import Reply, website

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from desktops import DesktopDesk, Program
    from websites import Asked, Site

ZOTERO = {"X-Zotero-Version": "11.0", "Content-Type": "application/json"}
PING = "/syncd/v1/ping"
PAIRED = {
    "syncd": "0.1.0",
    "api": 2,
    "oldest": 2,
    "paired": True,
    "server": "a-plugin",
    "database": "database",
}


@pytest.fixture
def squatter() -> Iterator[Site]:
    """Give one who plays Zotero with a plugin that knows everybody, and takes what it can get."""
    with website() as site:
        site.replies[PING] = Reply({**PAIRED, "session": "a" * 32}, 200, ZOTERO)
        nothing = {"version": 0, "items": [], "collections": [], "next": None}
        gone: dict[str, list[str]] = {"items": [], "collections": []}
        site.replies["/syncd/v1/changes"] = Reply({**nothing, "deleted": gone}, 200, ZOTERO)
        yield site


def told(site: Site) -> str:
    """Return all that somebody was told."""
    return "\n".join(
        f"{each.method} {each.path} {each.query} {each.headers} {each.body!r}" for each in site.asked
    )


def go_to(desk: DesktopDesk, site: Site) -> None:
    """Let syncd find somebody else at Zotero's address."""
    config = desk.folder / "config.toml"
    text = config.read_text(encoding="utf-8")
    config.write_text(re.sub('endpoint = ".*"', f'endpoint = "{site.address}"', text), encoding="utf-8")


def secret(program: Program) -> str:
    """Return what only the two know."""
    return program.server.key.removeprefix("pairing-")


def test_who_listens_before_zotero_gets_nothing(
    at_desktop: DesktopDesk, program: Program, squatter: Site
) -> None:
    """Neither by a push, nor by a question how things are; what it recorded does nothing in the real Zotero."""
    show(at_desktop)
    real = (at_desktop.folder / "config.toml").read_text(encoding="utf-8")
    go_to(at_desktop, squatter)
    stopped(at_desktop.run(), 4, "does not know this syncd", "syncd login --desktop")
    at_desktop.syncd("doctor")
    assert squatter.asked
    assert secret(program) not in told(squatter)
    assert "Alpha" not in told(squatter)
    assert {each.path for each in squatter.asked} == {PING}
    for asked in squatter.asked:
        status, _, content = passed_on(program.server.url, asked)
        assert (status, json.loads(content).get("server")) in {(200, None), (401, None)}
    (at_desktop.folder / "config.toml").write_text(real, encoding="utf-8")
    assert at_desktop.run().counts["create"] == 3


@pytest.mark.parametrize("status", [200, 201, 400, 403, 409, 412, 428])
def test_who_answers_in_zoteros_place_is_never_believed(
    at_desktop: DesktopDesk, squatter: Site, status: int
) -> None:
    """Whatever it says of itself, and whatever it signs with."""
    show(at_desktop)
    go_to(at_desktop, squatter)
    for more in ({}, {HEADER: "b" * 64}):
        squatter.replies[PING] = Reply(PAIRED, status, {**ZOTERO, **more})
        report = at_desktop.run()
        assert report.error is not None
        assert {each.path for each in squatter.asked} == {PING}


def passed_on(url: str, asked: Asked) -> tuple[int, dict[str, str], bytes]:
    """Send a request on as it came."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    try:
        target = asked.path + (
            "?" + "&".join(f"{n}={v}" for n, v in asked.query.items()) if asked.query else ""
        )
        headers = {name: text for name, text in asked.headers.items() if name.lower() != "host"}
        connection.request(asked.method, target, asked.body or None, headers)
        answer = connection.getresponse()
        content = answer.read()
        kept = ("Content-Type", "X-Zotero-Version", HEADER)
        return answer.status, {name: answer.headers[name] for name in kept if answer.headers[name]}, content
    finally:
        connection.close()


CHANGES: dict[str, Callable[[Reply, Reply | None], Reply]] = {
    "body": lambda reply, _: Reply(reply.data + b" ", reply.status, reply.headers),
    "status": lambda reply, _: Reply(reply.data, 412, reply.headers),
    "signature": lambda reply, _: Reply(
        reply.data, 200, {k: v for k, v in reply.headers.items() if k != HEADER}
    ),
    "another's answer": lambda reply, before: before or reply,
    "refusal": lambda *_: Reply({"message": "no"}, 401, ZOTERO),
}


@pytest.mark.parametrize(
    ("path", "change"),
    [("push", change) for change in CHANGES]
    + [("changes", change) for change in CHANGES if change != "refusal"],
)
def test_an_answer_that_was_changed_on_its_way_is_refused(
    at_desktop: DesktopDesk, program: Program, change: str, path: str
) -> None:
    """Its words, its status, its signature, or another answer in its place: also that of a plugin that knows nobody."""
    show(at_desktop)
    earlier: list[Reply] = []

    def between(asked: Asked) -> Reply:
        status, headers, content = passed_on(program.server.url, asked)
        reply = Reply(content, status, headers)
        if status != 200 or not asked.path.endswith(path):
            return reply
        earlier.append(reply)
        # The first of them goes through, so that there is an answer to another request.
        return CHANGES[change](reply, earlier[0]) if len(earlier) > 1 else reply

    with website() as site:
        for name in ("ping", "changes", "push"):
            site.replies[f"/syncd/v1/{name}"] = between
        go_to(at_desktop, site)
        report = at_desktop.run()
        if path == "changes":
            assert report.error is None
            report = at_desktop.run()
            assert report.error is not None
            assert "signature is missing or wrong" in str(report.error)
        assert len(earlier) > 1
        assert secret(program) not in told(site)
    # What became of a write is found out, and nothing is written twice.
    assert (report.requests.read > 4) == (path == "push")
    assert sorted(d["title"] for d in at_desktop.zotero.items().values() if "parentItem" not in d) == TITLES


def test_login_believes_no_listener_whose_code_zotero_does_not_show(
    at_desktop: DesktopDesk, program: Program, squatter: Site
) -> None:
    """It may do all that the plugin does: nobody sees its code in Zotero, so the user says no."""
    halves: list[tuple[Half, str]] = []

    def begin(_: Asked) -> Reply:
        half = Half.new()
        halves.append((half, half.public))
        return Reply({"pairing": "1", "public": half.public, "session": "a" * 32}, 200, ZOTERO)

    squatter.replies["/syncd/v1/pair"] = begin
    squatter.replies["/syncd/v1/pair/ask"] = Reply({"allowed": True}, 200, ZOTERO)
    go_to(at_desktop, squatter)
    config = (at_desktop.folder / "config.toml").read_bytes()
    for answer in ("n", ""):
        done = at_desktop.answering(answer, "login", "--desktop", "--file")
        assert done.code == 4
        assert "another program answers in its place" in done.err
    assert (at_desktop.folder / "config.toml").read_bytes() == config
    assert not list(at_desktop.folder.glob("*.key"))
    assert "/syncd/v1/pair/keep" not in squatter.paths
    assert "127.0.0.1:23129" not in told(squatter)
    assert secret(program) not in told(squatter)
    assert knows(program.server.url, program.server.key)


def test_the_token_of_an_older_syncd_is_never_sent(
    at_desktop: DesktopDesk, program: Program, squatter: Site
) -> None:
    """One sentence says to pair again, whoever answers; the old token counts for nothing."""
    show(at_desktop)
    old = "ab" * 32
    at_desktop.program.server.key = old
    for site in (None, squatter):
        if site:
            go_to(at_desktop, site)
        stopped(at_desktop.run(), 4, "paired with Zotero by an older version", "syncd login --desktop")
        done = at_desktop.syncd("push")
        assert done.code == 4
        assert "Let Zotero ask you again: syncd login --desktop" in done.err
    assert old not in told(squatter)
    assert all(HEADER not in each.headers for each in squatter.asked)
    assert data_folder(at_desktop.env).state.exists()
    assert program.posts() == 0
