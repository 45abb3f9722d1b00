"""Who gets to see the dashboard, and where: with and without a daemon, and behind a proxy; and no other site's page."""

from __future__ import annotations

import http.client
import re
import socket
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from background import Background, looks
from boards import Reader, Shown, with_dashboard
from owner import Owner, show
from pages import entry, page
from syncd.daemon.events import MOST_LISTENERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from desk import Desk

PROXY = """
[dashboard.proxy]
host = "papers.example.org"
header = "X-Remote-User"
"""


@pytest.fixture
def shown(desk: Desk) -> Iterator[tuple[Desk, Shown, int]]:
    """Give a desk on which `syncd dashboard` runs."""
    port = with_dashboard(desk)
    show(desk)
    desk.run()
    with Shown(desk) as made:
        yield desk, made, port


def test_an_address_opens_it_once(shown: tuple[Desk, Shown, int]) -> None:
    """The address becomes a cookie of this port that scripts can't read; who has none is told the command."""
    _, made, port = shown
    url = made.told["url"]
    nobody = Reader("", port)
    locked = nobody.get("/runs")
    assert (locked.status, "<code>syncd dashboard</code>" in locked.text) == (403, True)
    assert "Today" not in locked.text
    opened = nobody.get(url.partition(str(port))[2])
    cookie = opened.headers["Set-Cookie"]
    assert cookie.startswith(f"syncd-dashboard-{port}=")
    assert all(part in cookie for part in ("HttpOnly", "SameSite=strict"))
    assert nobody.get(url.partition(str(port))[2]).status == 403
    nobody.cookie = cookie.partition(";")[0]
    page = nobody.get("/")
    assert (page.status, "3 new papers" in page.text) == (200, False)
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"
    assert nobody.get("/nowhere").status == 404


def test_addresses_can_be_kept(shown: tuple[Desk, Shown, int]) -> None:
    """The same cookie opens the same address after the command has ended, and where the daemon shows it then."""
    desk, made, port = shown
    reader = Reader(made.told["url"], port)
    assert made.end() == 0
    with Background(desk) as daemon:
        daemon.until(lambda: looks(daemon))
        page = reader.get("/profiles/main/ann")
        assert (page.status, "Ann Lee" in page.text, "syncd run" in page.text) == (200, True, False)
        again = desk.syncd("dashboard", "--no-browser", "--json")
        assert Reader(again.json["url"], port).get("/").status == 200


def test_no_page_of_another_site_gets_in(shown: tuple[Desk, Shown, int]) -> None:
    """Neither by a name that points here, nor by a form of theirs that the browser sends along with the cookie."""
    _, made, port = shown
    reader = Reader(made.told["url"], port)
    assert reader.get("/", Host="evil.example.org").status == 403
    assert reader.get("/", Host=f"localhost:{port}").status == 200
    assert reader.get("/", Sec_Fetch_Site="cross-site").status == 403
    assert reader.post("/pause", {}, Origin="https://evil.example.org").status == 403
    assert reader.post("/pause", {}, Sec_Fetch_Site="same-site").status == 403
    assert reader.post("/pause", {}, Cookie="").status == 403
    assert reader.post("/pause", {}, Origin="null", Sec_Fetch_Site="none").status == 403
    assert "Resume" not in reader.get("/").text
    assert "Resume" in reader.follow(reader.post("/pause", {"back": "//evil.example.org"}))


def test_a_reader_may_go_through_many_pages(shown: tuple[Desk, Shown, int]) -> None:
    """Each page listens to what happens; one that was left does so no longer, and takes nobody's place."""
    _, made, port = shown
    reader = Reader(made.told["url"], port)
    for _ in range(2 * MOST_LISTENERS):
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as line:
            line.request("GET", "/events", headers={"Cookie": reader.cookie, "Accept": "text/event-stream"})
            answer = line.getresponse()
            assert (answer.status, answer.readline()) == (200, b"event: alive\n")


def test_an_act_on_what_is_not_there_does_nothing(shown: tuple[Desk, Shown, int]) -> None:
    """A page that was open for long, or a form that somebody made up: it is said, and no file is read for it."""
    desk, made, port = shown
    reader = Reader(made.told["url"], port)
    before = (desk.folder / "config.toml").read_text(encoding="utf-8")
    page = str(desk.folder / "other.txt")
    (desk.folder / "other.txt").write_text(desk.page.read_text(encoding="utf-8"), encoding="utf-8")
    acts = {
        "/follow": {"source": page, "library": "main"},
        "/pause": {"name": "bo"},
        "/unfollow": {"name": "bo"},
        "/reviews": {"paper": "\0", "verdict": "same", "library": "main"},
    }
    for path, form in acts.items():
        told = reader.follow(reader.post(path, form))
        assert 'class="note failed"' in told, path
        assert "Traceback" not in told
    assert (desk.folder / "config.toml").read_text(encoding="utf-8") == before
    assert "syncd resume" not in desk.syncd("status").out


def test_a_state_that_cannot_be_read_is_said(shown: tuple[Desk, Shown, int]) -> None:
    """Also to a browser that is not known yet, as all are after a restart: what it is, and what to do."""
    desk, _, port = shown
    for file in desk.data.state.parent.glob("syncd.sqlite*"):
        file.write_bytes(b"no database")
    told = Reader("", port).get("/", Cookie=f"syncd-dashboard-{port}=of-before")
    assert (told.status, "Move the file away" in told.text) == (409, True)


def test_a_proxy_lets_in_who_signed_in_there(desk: Desk) -> None:
    """Under the proxy's name and with its header alone; without one in the configuration the header says nothing."""
    port = with_dashboard(desk)
    named = {"Host": "papers.example.org", "X_Remote_User": "ann"}
    with Shown(desk):
        assert Reader("", port).get("/", **named).status == 403
    desk.configure(f"[dashboard]\nport = {port}\n{PROXY}")
    with Background(desk):
        nobody = Reader("", port)
        assert nobody.get("/", **named).status == 200
        assert nobody.get("/", Host="papers.example.org").status == 403
        assert nobody.get("/", X_Remote_User="ann").status == 403
        sent = nobody.post("/pause", {}, **named, Origin="https://papers.example.org")
        assert sent.status == 303


def test_a_port_that_is_taken_is_said(desk: Desk) -> None:
    """By a sentence with what to do; a daemon works on."""
    port = with_dashboard(desk)
    with socket.create_server(("127.0.0.1", port)):
        done = desk.syncd("dashboard", "--no-browser")
        assert (done.code, str(port) in done.err, "[dashboard]" in done.err) == (2, True, True)
        show(desk)
        with Background(desk) as daemon:
            daemon.until(lambda: looks(daemon))
            assert desk.syncd("dashboard", "--no-browser").code == 2


def test_the_embedded_library_is_shown_there(desk: Desk) -> None:
    """`syncd library serve` leads to its page in the dashboard, which shows papers and makes no markup of them."""
    port = with_dashboard(desk)
    text = (desk.folder / "config.toml").read_text(encoding="utf-8")
    (desk.folder / "config.toml").write_text(
        text.replace('type = "user"\nid = 1', 'type = "embedded"')
        .replace('key = { env = "TEST_KEY" }\n', "")
        .replace(f'endpoint = "{desk.zotero.server.url}"\n', "")
        + '\n[digest]\nnote = "weekly"\n',
        encoding="utf-8",
    )
    show(desk)
    assert desk.syncd("push").code == 0
    assert "holds 3 papers" in desk.syncd("doctor", "--offline").out
    with Shown(desk, "library", "serve", "--json") as served:
        assert served.told["key"]
        assert "to=%2Flibrary" in served.told["page"]
        reader = Reader(served.told["page"].replace("&to=%2Flibrary", ""), port)
        page = reader.get("/library")
        # The note of the week stands beside the papers.
        assert page.text.count('class="paper"') == 4
        assert "Ann Lee" in page.text
        assert reader.get("/library?q=nothing").text.count('class="paper"') == 0


def test_a_paper_is_decided_once(desk: Desk) -> None:
    """Of two browsers that show one question, the second hears that it was answered, and how; the answer stays."""
    port = with_dashboard(desk)
    Owner(desk.zotero).own(
        "Gamma of Things", date="1999", creators=[{"creatorType": "author", "name": "Ann Lee"}]
    )
    desk.page.write_text(page(entry("Gamma of Things", line="CLMay 2, 2020")), encoding="utf-8")
    desk.run()
    with Shown(desk) as made:
        reader = Reader(made.told["url"], port)
        shown = reader.get("/reviews").text
        form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', shown))
        assert "is another one" in reader.follow(reader.post("/reviews", {**form, "verdict": "different"}))
        for verdict in ("same", "different", "later"):
            told = reader.follow(reader.post("/reviews", {**form, "verdict": verdict}))
            assert "was decided already: it is another paper" in told
            assert "Take Back" in told
        taken = {"paper": form["paper"], "library": form["library"]}
        reader.follow(reader.post("/reviews/back", taken))
        assert "is the same" in reader.follow(reader.post("/reviews", {**form, "verdict": "same"}))
        told = reader.follow(reader.post("/reviews", {**form, "verdict": "different"}, Accept_Language="de"))
        assert "it is the same as" in told


def test_what_no_page_answers_is_said_in_the_readers_language(shown: tuple[Desk, Shown, int]) -> None:
    """A form that is too long, an address without a page or of another computer, a browser that was not let in."""
    _, made, port = shown
    reader = Reader(made.told["url"], port)
    german = {"Accept_Language": "de"}
    long = reader.post("/follow", {"source": "x" * 200_000}, **german)
    assert (long.status, "länger als" in long.text) == (413, True)
    assert "is longer than" in reader.post("/follow", {"source": "x" * 200_000}).text
    foreign = reader.get("/", Host="evil.example.org", **german)
    assert (foreign.status, "Adresse" in foreign.text) == (403, True)
    assert "gibt es nichts" in reader.get("/nowhere", **german).text
    assert "gibt es nichts" in reader.get("/sync", **german).text
    assert 'lang="de"' in Reader("", port).get("/", **german).text


def test_an_undo_that_was_killed_can_be_gone_on_with(shown: tuple[Desk, Shown, int]) -> None:
    """Its page says what it is, and leads to what is left to undo; once that is done, there is no rest."""
    desk, made, port = shown
    reader = Reader(made.told["url"], port)
    run = next(one["run"] for one in desk.syncd("log", "--json").json)
    assert desk.syncd("undo", run, "--yes").code == 0
    with closing(sqlite3.connect(desk.data.state)) as state, state:
        state.execute("UPDATE run SET finished = NULL WHERE kind = 'undo'")
        (undo,) = state.execute("SELECT id FROM run WHERE kind = 'undo'").fetchone()
    there = reader.get(f"/runs/main/{undo}").text
    rest = f"/runs/main/{run}/undo"
    assert "something ended it early" in there
    assert f'href="{rest}"' in there.replace("%3A", ":")
    assert reader.get(rest).status == 200
    assert "This run was undone" in reader.follow(reader.post(rest))
    assert "Undo the Rest" not in reader.get(f"/runs/main/{undo}").text
