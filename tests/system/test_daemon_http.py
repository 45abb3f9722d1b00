"""The daemon's HTTP interface as a program on this computer meets it: who is let in, what is told, what is done."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest

from background import SECOND_PROFILE, Background, looks, titles
from doubles import DesktopLibrary
from doubles.plugin import Plugin, new_key
from owner import LONG, TITLES, pushes, show
from pages import entry, page
from plugin_host import ZoteroProcess
from plugins import Asker, coded, without_codes
from ports import free_port
from syncd.config import load
from syncd.config.secrets import SecretRef
from syncd.handshake import HEADER
from syncd.state import pairings
from syncd.state.store import Store
from websites import Reply, website

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clocks import FakeClock
    from desk import Desk, Zotero
    from owner import Owner

PREFIX = "users/1"
# What the plugin and syncd agreed on.
ALLOWED = {"TEST_TOKEN": new_key()}
TWO_WAYS = """
library = "main"

[profiles.bo]
source = "bo.txt"
captured = 2026-06-01
library = "zotero"

[libraries.zotero]
type = "desktop"
key = {{ env = "TEST_TOKEN" }}
endpoint = "{url}"

[control]
port = {port}

[http]
allow_private = ["127.0.0.1"]
"""
READING = ("/v1/status", "/v1/items", "/v1/known", "/v1/profiles", "/v1/figures", "/v1/reviews", "/v1/search")
DOING = ("/v1/sync-now", "/v1/pause", "/v1/resume", "/v1/undo", "/v1/reject", "/v1/follow", "/v1/unfollow")


def write_scored(desk: Desk, score: float) -> None:
    """Let the page list one paper with a score."""
    part = desk.page.with_suffix(".part")
    part.write_text(page(entry("Alpha", line=f"{score}CLApr 25, 2023")), encoding="utf-8")
    part.replace(desk.page)


def looked_again(daemon: Background, times: int) -> None:
    """Wait until it has looked so many times more than once."""
    daemon.until(lambda: len(looks(daemon)) > times)


@pytest.fixture
def program(desk: Desk) -> Asker:
    """Pair a program with the daemon that this desk will have."""
    port = free_port()
    desk.configure(f"[control]\nport = {port}\n")
    desk.data.create()
    return Asker(port, pair(desk, "main"))


def pair(desk: Desk, name: str) -> str:
    """Let a program be paired, as `syncd login` does; return the key."""
    key, path = new_key(), desk.folder / f"{name}.key"
    path.touch(mode=0o600)
    path.write_text(key, encoding="ascii")
    pairings.remember(desk.data, name, SecretRef(file=str(path)))
    return key


@pytest.fixture
def daemon(desk: Desk, program: Asker) -> Iterator[Background]:
    """Let the daemon bring three papers in."""
    show(desk)
    with Background(desk) as running:
        running.until(lambda: looks(running))
        yield running
        assert program.key not in running.text


# What is said comes with its code


def test_every_sentence_comes_with_its_code_and_parameters(desk: Desk, program: Asker) -> None:
    """Troubles and what to do about them, refusals of all kinds, and what is wrong with a configuration."""
    with Background(desk) as daemon:
        daemon.until(lambda: looks(daemon))
        (told,) = program.get("/v1/status")["libraries"][0]["profiles"]
        assert "page.txt" in coded(told["trouble"], "message")
        assert set(told["trouble"]) >= {"hint", "hint_said"}
        assert told["paused_said"] is None
        (shown,) = program.get("/v1/profiles", library=PREFIX)
        assert shown["trouble"]["message_said"] == told["trouble"]["message_said"]
        (live,) = program.get("/v1/daemon")["profiles"]
        assert coded(live, "trouble") == told["trouble"]["message"]
        (looked,) = program.post("/v1/sync-now?wait=yes").json["profiles"]
        assert coded(looked["error"], "message") == told["trouble"]["message"]
        refused = [
            program.send("GET", "/v1/nosuch"),
            program.send("POST", "/v1/status", b"{}"),
            program.post("/v1/undo"),
            program.post("/v1/unfollow", name="nobody"),
            program.send("POST", "/v1/pause", b"nonsense"),
            program.send("GET", "/v1/status", headers={"Origin": "https://example.org"}),
            program.send("GET", "/v1/status", headers={HEADER: None}),
        ]
        assert [answer.status for answer in refused] == [404, 405, 404, 409, 400, 403, 401]
        assert all(coded(answer.json, "error") for answer in refused)
        assert all("hint_said" in answer.json for answer in refused)
        assert coded(refused[-1].json, "hint")
        desk.configure("[nonsense]\n")
        answer = program.post("/v1/reload").json
        assert [one["words"] for one in answer["problems_said"]] == answer["problems"]
        assert answer["problems"]


# Who is let in


def test_who_is_no_paired_program_is_refused(daemon: Background, program: Asker) -> None:
    """Without the right token, from a web page, or under another name: nothing is told and nothing done."""
    strangers: tuple[tuple[int, dict[str, str | None]], ...] = (
        (401, {HEADER: None}),
        (401, {HEADER: "wrong"}),
        (401, {HEADER: program.key}),
        (401, {HEADER: None, "Authorization": f"Bearer {program.key}"}),
        (403, {"Origin": "https://example.org"}),
        (403, {"Sec-Fetch-Site": "cross-site"}),
        (403, {"sec-fetch-site": "same-origin"}),
        (403, {"Host": None}),
        (403, {"Host": "example.org"}),
        (403, {"Host": "127.0.0.1"}),
    )
    for status, headers in strangers:
        for path in (*READING, "/v1/nosuch"):
            assert program.send("GET", path, headers=headers).status == status, headers
        for path in DOING:
            assert program.send("POST", path, b"{}", headers).status == status, headers
    assert daemon.ask("status")["paused"] == []
    # Zotero itself, and the other name of this computer.
    for known in ({"Origin": "null", "Sec-Fetch-Site": "none"}, {"Host": f"LocalHost:{program.port}"}):
        assert program.send("GET", "/v1/status", headers=known).status == 200


def test_what_is_no_request_is_refused_and_the_next_is_answered(daemon: Background, program: Asker) -> None:
    """Unknown addresses, wrong methods, bodies that are too long, no JSON, or of another kind."""
    assert program.send("GET", "/").status == 404
    assert program.send("GET", "/v1/nosuch").status == 404
    assert program.send("GET", "/v1/undo").status == 405
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH", "HEAD"):
        assert program.send(method, "/v1/status", b"{}").status == 405
    long = b"a" * 1_000_001
    assert program.send("POST", "/v1/pause", b"", {"Content-Length": str(len(long))}).status == 413
    assert program.send("POST", "/v1/pause", b"{}", {"Content-Length": None}).status == 411
    assert program.send("POST", "/v1/pause", b"{}", {"Content-Type": "text/plain"}).status == 415
    for body in (b"{", b"[]", b"[" * 50_000, b'{"names": "ann"}', b'{"names": [1]}'):
        assert program.send("POST", "/v1/pause", body).status == 400
    assert program.send("GET", "/v1/items").status == 400
    assert program.send("GET", "/v1/search?name=").status == 400
    many = ",".join(["AAAA2222"] * 501)
    assert program.send("GET", f"/v1/items?library={PREFIX}&keys={many}").status == 400
    assert program.send("GET", "/v1/items?library=groups/7&keys=AAAA2222").status == 404
    assert program.get("/v1/status")["daemon"]["paused"] == []
    assert daemon.process.poll() is None


def test_it_is_off_until_a_program_was_paired_and_off_again_where_it_is_forbidden(desk: Desk) -> None:
    """A reload opens it; a key that was taken away is good no longer; the configuration has the last word."""
    show(desk)
    port = free_port()
    desk.configure(f"[control]\nport = {port}\n")
    with Background(desk) as daemon:
        daemon.until(lambda: looks(daemon))
        with pytest.raises(ConnectionRefusedError):
            Asker(port, new_key()).send("GET", "/v1/status")
        program = Asker(port, pair(desk, "main"))
        assert desk.syncd("reload").code == 0
        assert program.get("/v1/status")["libraries"][0]["library"] == "main"
        other = Asker(port, pair(desk, "other"))
        assert program.send("GET", "/v1/status").status == 200
        assert other.send("GET", "/v1/status").status == 401
        again = Asker(port, pair(desk, "main"))
        assert desk.syncd("reload").code == 0
        assert program.send("GET", "/v1/status").status == 401
        assert again.send("GET", "/v1/status").status == other.send("GET", "/v1/status").status == 200
        (desk.folder / "other.key").unlink()
        assert desk.syncd("reload").code == 0
        assert other.send("GET", "/v1/status").status == 401
        desk.configure("[control]\nhttp = false\n")
        assert desk.syncd("reload").code == 0
        with pytest.raises(ConnectionRefusedError):
            again.send("GET", "/v1/status")


def test_who_lets_the_port_change_gets_the_answer_on_the_old_one(
    desk: Desk, daemon: Background, program: Asker
) -> None:
    """The request through which it closes is answered; after it there is only the new one."""
    assert program.get("/v1/status")
    port = free_port()
    desk.configure(f"[control]\nport = {port}\n")
    assert without_codes(program.post("/v1/reload").json) == {"problems": []}
    with pytest.raises(ConnectionRefusedError):
        program.send("GET", "/v1/status")
    assert Asker(port, program.key).get("/v1/daemon")["pid"] == daemon.process.pid


def test_a_port_that_is_taken_is_told_and_the_old_one_stays(
    desk: Desk, daemon: Background, program: Asker
) -> None:
    """A reload with it changes nothing; a start with it ends with a sentence."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        desk.configure(f"[control]\nhttp = true\nport = {taken.getsockname()[1]}\n")
        assert "control.port" in desk.syncd("reload").err
        assert program.get("/v1/status")["daemon"]["pid"] == daemon.process.pid
        assert daemon.end() == 0
        done = desk.syncd("run")
        assert done.code == 2
        assert "control.port" in done.err


def test_a_port_that_another_user_has_keeps_no_paper_waiting(
    desk: Desk, program: Asker, zotero: Zotero
) -> None:
    """The daemon says so and does its work: the port was never named, only a program was paired.

    Status and doctor say so too, with what to do; once the port is free, the program is answered.
    """
    show(desk)
    taken = f"can't listen on 127.0.0.1, port {program.port}"
    with socket.create_server(("127.0.0.1", program.port)) as other, Background(desk) as daemon:
        daemon.until_logged("programs such as Zotero get no answer")
        daemon.until(lambda: looks(daemon))
        assert titles(zotero) == sorted(TITLES)
        http = daemon.ask("status")["http"]
        assert http["address"] == f"http://127.0.0.1:{program.port}"
        assert taken in coded(http, "trouble")
        assert "control.port" in coded(http, "hint")
        shown = desk.syncd("status")
        assert shown.code == 0
        assert f"programs such as Zotero get no answer: control.port: {taken}" in shown.out
        assert http["hint"] in shown.out
        assert desk.syncd("status", "--json").json["daemon"]["http"] == without_codes(http)
        found = desk.syncd("doctor", "--offline", "--json").json["checks"]
        (finding,) = [one for one in found if "get no answer" in one["message"]]
        assert (finding["name"], finding["level"], finding["mend"]) == ("daemon", "warning", http["hint"])
        other.close()
        daemon.until_logged("paired programs are answered")
        assert program.get("/v1/status")["daemon"]["http"]["trouble"] is None
        assert "get no answer" not in desk.syncd("status").out


def test_no_key_is_kept(desk: Desk, program: Asker) -> None:
    """The data folder has the place of its file alone."""
    files = [path.read_bytes() for path in desk.data.root.rglob("*") if path.is_file()]
    key = program.key.removeprefix("pairing-").encode()
    assert any(b"main.key" in content for content in files)
    assert not any(key in content for content in files)


def test_a_question_counts_once_and_as_it_was_signed(daemon: Background, program: Asker) -> None:
    """Recorded, changed, or sent to a daemon that started anew, it is refused."""
    assert program.get("/v1/status")
    recorded = program.headers("POST", "/v1/pause", b"{}")
    assert program.send("POST", "/v1/pause", b"{}", recorded).status == 200
    assert program.post("/v1/resume").status == 200
    for path, body in (("/v1/pause", b"{}"), ("/v1/pause", b'{"names": []}'), ("/v1/undo", b"{}")):
        assert program.send("POST", path, body, recorded).status == 401
    fresh = program.headers("POST", "/v1/pause", b"{}")
    assert program.send("POST", "/v1/pause?x=1", b"{}", fresh).status == 401
    assert program.send("POST", "/v1/pause", b'{"names": []}', fresh).status == 401
    assert daemon.ask("status")["paused"] == []


# What is told


def test_items_tell_who_brought_them_and_what_was_changed_since(
    desk: Desk, owner: Owner, daemon: Background, program: Asker
) -> None:
    """Profile, affiliations, links, code, reason, each change, what is the user's; others are left out."""
    key = owner.item("Alpha")["key"]
    told = program.get("/v1/items", library=PREFIX, keys=f"{key},AAAA2222")["items"]
    assert set(told) == {key}
    (profile,) = told[key].pop("profiles")
    assert [way.pop("when") >= profile["since"] for way in told[key]["why"]] == [True]
    assert (profile["name"], profile["author"]) == ("ann", "Ann Lee")
    assert profile["since"]
    code = "https://github.com/ann/alpha"
    # A person reads its name; the tag is what the page says.
    assert "microsoft-research" in {tag["tag"] for tag in owner.item("Alpha")["tags"]}
    assert without_codes(told[key]) == {
        "score": None,
        "affiliations": ["Microsoft Research"],
        "links": [{"url": code, "kind": "code"}],
        "code": code,
        "reason": "new in source",
        "changed": [],
        "kept": [],
        "why": [
            {
                "profile": "ann",
                "author": "Ann Lee",
                "source": str(desk.page),
                "kind": "create",
                "run": looks(daemon)[0]["run"],
                "reason": "new in source",
                "filled": [],
            }
        ],
        "undone": None,
    }
    show(desk, alpha="Told anew, at https://github.com/ann/alpha and https://github.com/ann/more.")
    looked_again(daemon, 1)
    after = program.get("/v1/items", library=PREFIX, keys=key)["items"][key]
    assert after["profiles"] == [profile]
    assert len(after["links"]) == 2
    assert coded(after, "reason") == "new in source"
    (change,) = after["changed"]
    assert set(change["fields"]) == {"abstractNote", "children"}
    assert change["run"] == looks(daemon)[-1]["run"]
    assert change["when"] >= profile["since"]


def test_scores_reach_the_columns_and_never_the_items(desk: Desk, program: Asker) -> None:
    """As they move; within a band no item is written for it."""
    write_scored(desk, 81.5)
    with Background(desk) as daemon:
        daemon.until(lambda: looks(daemon))
        version = desk.zotero.version()
        (key,) = program.get("/v1/known", library=PREFIX)["items"]
        told = {"score": 81.5, "code": "https://github.com/ann/alpha"}
        assert program.get("/v1/known", library=PREFIX)["items"] == {key: told}
        write_scored(desk, 82.5)
        looked_again(daemon, 1)
        page_of_them = program.get("/v1/known", library=PREFIX)
        assert page_of_them["items"] == {key: told | {"score": 82.5}}
        assert page_of_them["next"] is None
        assert program.get("/v1/known", library=PREFIX, since=key)["items"] == {}
        assert desk.zotero.version() == version


def ways_of(program: Asker, key: str) -> list[dict[str, Any]]:
    """Return what is told of why an item is there."""
    found: list[dict[str, Any]] = program.get("/v1/items", library=PREFIX, keys=key)["items"][key]["why"]
    return found


def test_why_a_paper_is_there_is_told_of_all_who_brought_it(desk: Desk, owner: Owner, program: Asker) -> None:
    """Their page, how it came and what was filled; not of who lists it since, nor of what was undone."""
    own = owner.own("Gamma", abstractNote="", url="https://arxiv.org/abs/2304.00001")
    bo = desk.folder / "bo.txt"
    desk.configure(f"[control]\nport = {program.port}\n" + SECOND_PROFILE)
    show(desk)
    desk.page.write_text(page(entry("Alpha"), entry("Beta"), entry("Gamma")), encoding="utf-8")
    bo.write_text(page(entry("Beta"), entry("Delta"), name="Bo Chen"), encoding="utf-8")
    pushes(desk)
    bo.write_text(page(entry("Alpha"), entry("Beta"), entry("Delta"), name="Bo Chen"), encoding="utf-8")
    pushes(desk)
    with Background(desk) as daemon:
        daemon.until(lambda: looks(daemon) and looks(daemon, "bo"))
        (run,) = {
            one["run"] for title in ("Alpha", "Beta") for one in ways_of(program, owner.item(title)["key"])
        }
        ways = {
            title: ways_of(program, owner.item(title)["key"]) for title in ("Alpha", "Beta", "Delta", "Gamma")
        }
        names = {title: [one["profile"] for one in found] for title, found in ways.items()}
        assert names == {"Alpha": ["ann"], "Beta": ["ann", "bo"], "Delta": ["bo"], "Gamma": ["ann"]}
        assert ways["Beta"][1] | {"when": ""} == ways["Delta"][0] | {"when": ""}
        assert ways["Delta"][0]["source"] == str(bo)
        assert (ways["Delta"][0]["author"], ways["Delta"][0]["kind"]) == ("Bo Chen", "create")
        (adopted,) = ways["Gamma"]
        assert adopted["kind"] == "adopt"
        assert coded(adopted, "reason") == "already in the library, by title, surname and year"
        assert adopted["filled"] == ["abstractNote"]
        assert owner.item("Gamma")["key"] == own
        program.post("/v1/pause")
        assert program.post("/v1/undo", run=run).status == 200
        assert ways_of(program, own) == []
        told = program.get("/v1/items", library=PREFIX, keys=own)["items"][own]
        assert told["undone"] > adopted["when"]


def test_an_address_is_told_without_a_password(
    desk: Desk, daemon: Background, program: Asker, owner: Owner
) -> None:
    """Whatever stands in the state."""
    program.post("/v1/pause")
    store = Store.at(desk.data.state)
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE profile SET origin = 'https://me:secret@example.org/ann#top'")
    store.close()
    (way,) = ways_of(program, owner.item("Alpha")["key"])
    assert way["source"] == "https://***@example.org/ann#top"
    assert daemon.process.poll() is None


class Columns:
    """What a program keeps of a library's columns: all of it once, then what changed.

    Args:
        program: asks.
        query: names the library.
    """

    def __init__(self, program: Asker, **query: str) -> None:
        self._program = program
        self._query = query
        self._until = ""
        self.kept: dict[str, Any] = {}
        self.read()

    def whole(self) -> dict[str, Any]:
        """Return all that the daemon tells, page by page; the last page's moment is to go on from."""
        found: dict[str, Any] = {}
        since: dict[str, str] = {}
        while True:
            told = self._program.get("/v1/known", **self._query, **since)
            assert told["gone"] == []
            found |= told["items"]
            self._until = told["until"]
            if told["next"] is None:
                return found
            since = {"since": told["next"]}

    def read(self) -> None:
        """Begin anew."""
        self.kept = self.whole()

    def changed(self) -> tuple[set[str], set[str]]:
        """Take over what changed, as if all were read anew; return the keys with news, and those that are gone."""
        told = self._program.get("/v1/known", **self._query, changed=self._until)
        assert told["next"] is None
        self.kept |= told["items"]
        for key in told["gone"]:
            self.kept.pop(key, None)
        assert self.kept == self.whole()
        self._until = told["until"]
        return set(told["items"]), set(told["gone"])

    @property
    def refusal(self) -> tuple[int, str]:
        """The status and the words with which it is told that it has to begin anew."""
        query = urlencode({**self._query, "changed": self._until})
        answer = self._program.send("GET", f"/v1/known?{query}")
        return answer.status, coded(answer.json, "error")


def test_only_what_changed_is_told_of_again(
    desk: Desk, owner: Owner, daemon: Background, program: Asker
) -> None:
    """A new paper, a score, another title, what was trashed, came back, was undone, or is followed no more."""
    program.post("/v1/pause")
    keys = {title: owner.item(title)["key"] for title in TITLES}
    columns = Columns(program, library=PREFIX)
    assert set(columns.kept) == set(keys.values())
    assert columns.changed() == (set(), set())

    def push() -> tuple[set[str], set[str]]:
        assert desk.syncd("push").code == 0
        return columns.changed()

    assert push() == (set(), set())
    show(desk, line="81.5CLApr 25, 2023")
    assert push() == ({keys["Alpha"]}, set())
    assert columns.kept[keys["Alpha"]]["score"] == 81.5
    show(desk, entry("Delta"), line="81.5CLApr 25, 2023")
    new, _ = push()
    assert new == {owner.item("Delta")["key"]}
    assert program.post("/v1/undo").json["trashed"] == 1
    assert columns.changed() == (set(), new)
    owner.edit("Beta", deleted=1)
    desk.zotero.erase(keys["Gamma"])
    assert push() == (set(), {keys["Beta"], keys["Gamma"]})
    owner.edit("Beta", deleted=0)
    assert push() == ({keys["Beta"]}, set())
    text = desk.page.read_text(encoding="utf-8").replace("\nAlpha\n", "\nAlpha, Corrected\n")
    desk.page.write_text(text, encoding="utf-8")
    assert push() == (set(), set())
    assert owner.item("Alpha, Corrected")["key"] == keys["Alpha"]
    assert program.post("/v1/unfollow", name="ann").status == 200
    assert columns.changed() == (set(), set())
    assert set(columns.kept) == {keys["Alpha"], keys["Beta"]}
    assert daemon.process.poll() is None


@pytest.mark.usefixtures("daemon")
def test_who_asks_for_changes_of_another_state_has_to_begin_anew(desk: Desk, program: Asker) -> None:
    """One that was lost, put back from a copy, or is of another library; and what is no moment at all."""
    program.post("/v1/pause")
    columns = Columns(program, library=PREFIX)
    known = columns._until
    for wrong in (
        "x",
        "0",
        known + "0",
        f"{known}-{known}",
        known.replace(".1.", ".2."),
        known[:-1] + "\u0664",
    ):
        columns._until = wrong
        assert columns.refusal == (410, "what changed since then is not known here"), wrong
    columns._until = known
    assert columns.changed() == (set(), set())
    store = Store.at(desk.data.state)
    with store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM mark")
    store.close()
    assert columns.refusal[0] == 410
    columns.read()
    assert columns.changed() == (set(), set())


@pytest.mark.usefixtures("daemon")
def test_a_page_of_columns_goes_on_from_before_the_first(desk: Desk, owner: Owner, program: Asker) -> None:
    """What changes while the pages are read is told of again, also where it is on the first."""
    program.post("/v1/pause")
    desk.page.write_text(page(*(entry(f"P{n}") for n in range(1001))), encoding="utf-8")
    desk.configure(f"[control]\nport = {program.port}\n[guards]\nmax_create = 2000\n")
    assert desk.syncd("push").code == 0
    first = program.get("/v1/known", library=PREFIX)
    assert len(first["items"]) == 1000
    key = min(first["items"])
    owner.change(key, deleted=1)
    assert desk.syncd("push").code == 0
    second = program.get("/v1/known", library=PREFIX, since=first["next"])
    assert (len(second["items"]), second["next"], second["until"]) == (4, None, first["until"])
    told = program.get("/v1/known", library=PREFIX, changed=second["until"])
    assert (told["items"], told["gone"]) == ({}, [key])


def test_profiles_tell_runs_and_their_figures_are_drawn(
    desk: Desk, daemon: Background, program: Asker
) -> None:
    """In the language that is asked for. A day has one value, the latest; figures that did not move have one day."""
    (ann,) = program.get("/v1/profiles", library=PREFIX)
    collections = desk.zotero.collections()
    assert (ann["name"], ann["author"], ann["trouble"]) == ("ann", "Ann Lee", None)
    assert ann["collection"] == collections["Ann Lee"]["key"]
    assert ann["next"] > ann["last"]
    # Zotero calls its user's library so, whatever the number at zotero.org.
    assert program.get("/v1/profiles", library="users/0") == [ann]
    day = ann["last"][:10]

    def labels(**asked: str) -> dict[str, str]:
        """Return what each figure is called, with its values."""
        figures = program.get("/v1/figures", profile="ann", **asked)["figures"]
        return {one["name"]: ET.fromstring(one["svg"]).attrib["aria-label"] for one in figures}  # noqa: S314 - our own

    german = labels(library="users/0", language="de")
    assert (german["citations"], german["years"]) == (
        f"Zitationen: {day} 1\u202f234",
        "Artikel nach Jahr: 2023 3",
    )
    text = desk.page.read_text(encoding="utf-8")
    for looked, score in ((1, 66), (2, 67)):
        desk.page.write_text(text.replace("AI Score66", f"AI Score{score}") + "\n" * score, encoding="utf-8")
        looked_again(daemon, looked)
        told = labels(library=PREFIX, language="fr")
        assert (told["ai_score"], told["h_index"]) == (f"AI Score: {day} {score}", f"h-index: {day} 7")
    assert program.send("GET", f"/v1/figures?{urlencode({'library': PREFIX, 'profile': 'bo'})}").status == 404


def test_status_tells_all_libraries_as_the_command_does(
    desk: Desk, daemon: Background, program: Asker
) -> None:
    """With the daemon, and how many reviews wait."""
    told = program.get("/v1/status")
    shown = desk.syncd("status", "--json").json
    assert without_codes(told["daemon"]) == shown["daemon"]
    assert told["daemon"]["http"] == {
        "address": f"http://127.0.0.1:{program.port}",
        **dict.fromkeys(("trouble", "trouble_said", "hint", "hint_said")),
    }
    assert without_codes(told["libraries"]) == [
        {name: shown[name] for name in ("library", "prefix", "profiles", "papers")}
    ]
    assert shown["prefix"] == PREFIX
    assert (told["reviews"], told["dashboard"]) == (0, "http://127.0.0.1:23130/")
    assert daemon.process.pid == told["daemon"]["pid"]


# The library of a person, whose names are users/0 and users/N


@pytest.fixture
def in_zotero(tmp_path: Path, clock: FakeClock, desk: Desk, program: Asker) -> Iterator[ZoteroProcess]:
    """Let the plugin's own JavaScript run, in a Zotero that knows the daemon."""
    zotero = ZoteroProcess(tmp_path, clock.now)
    try:
        key = zotero.pair(f"http://127.0.0.1:{program.port}")
        (desk.folder / "main.key").write_text(key, encoding="ascii")
        yield zotero
    finally:
        zotero.stop()


@pytest.mark.usefixtures("daemon")
def test_zotero_shows_what_is_known_of_its_users_library_and_of_no_other(
    desk: Desk, owner: Owner, in_zotero: ZoteroProcess
) -> None:
    """Section, panel and columns are there where the user of the library is signed in, or nobody is."""
    item = owner.item("Alpha")["key"]
    keys = {"item": item, "collection": desk.zotero.collections()["Ann Lee"]["key"]}
    in_zotero.do("user", 2)
    assert in_zotero.do("shown", keys) == {"section": None, "panel": None, "figures": [], "columns": None}
    for user in (None, 1):
        in_zotero.do("user", user)
        shown = in_zotero.do("shown", keys)
        assert [profile["author"] for profile in shown["section"]["profiles"]] == ["Ann Lee"]
        assert shown["panel"]["author"] == "Ann Lee"
        assert any("1\u202f234" in svg for svg in shown["figures"])
        assert shown["columns"]["code"] == "https://github.com/ann/alpha"


@pytest.mark.usefixtures("daemon")
def test_the_number_of_another_user_is_refused_and_what_is_no_number_too(program: Asker) -> None:
    """Whatever is asked about."""
    for user, status in (("1", 200), ("2", 404), ("x", 400), ("0", 400), ("9" * 16, 400)):
        for path in ("/v1/items", "/v1/known", "/v1/profiles"):
            query = urlencode({"library": "users/0", "user": user})
            assert program.send("GET", f"{path}?{query}").status == status, (path, user)
    for number, status in ((2, 404), ("1", 400), (True, 400), (-1, 400)):
        refused = program.post("/v1/follow", source="https://example.org", library="users/0", user=number)
        assert refused.status == status, number
    assert program.send("GET", "/v1/items").status == 400


@pytest.fixture
def both_ways(desk: Desk, program: Asker, clock: FakeClock) -> Iterator[Background]:
    """Let a daemon write to one library in two ways, a profile each; both list one paper."""
    show(desk)
    (desk.folder / "bo.txt").write_text(
        page(entry("Alpha"), entry("Delta"), name="Bo Chen"), encoding="utf-8"
    )
    plugin = Plugin("a-plugin", user=1)
    plugin.grant(ALLOWED["TEST_TOKEN"])
    with DesktopLibrary(desk.zotero.server.path, clock=clock.now) as at_desktop:
        at_desktop.desktop.plugin = plugin
        desk.configure(TWO_WAYS.format(port=program.port, url=at_desktop.url))
        assert desk.syncd("push", "ann", **ALLOWED).code == 0
        with Background(desk, **ALLOWED) as running:
            running.until(lambda: looks(running, "ann") and looks(running, "bo"))
            yield running


@pytest.mark.usefixtures("both_ways")
def test_two_ways_to_one_library_are_answered_as_one(owner: Owner, program: Asker) -> None:
    """Where the user is another one, only what goes through the desktop is told."""
    alpha, delta = owner.item("Alpha")["key"], owner.item("Delta")["key"]
    for user, names in ({"user": "1"}, {"ann", "bo"}), ({}, {"ann", "bo"}), ({"user": "2"}, {"bo"}):
        query = {"library": "users/0", **user}
        assert {one["name"] for one in program.get("/v1/profiles", **query)} == names
        told = program.get("/v1/items", **query, keys=f"{alpha},{delta}")["items"]
        assert {one["name"] for one in told[alpha]["profiles"]} == names
        assert {one["name"] for one in told[delta]["profiles"]} == {"bo"}
        assert len(program.get("/v1/known", **query)["items"]) == (4 if "ann" in names else 2)
    told = program.get("/v1/items", library="users/0", user="1", keys=alpha)["items"][alpha]
    assert told["code"] == "https://github.com/ann/alpha"
    assert {one["name"] for one in program.get("/v1/profiles", library=PREFIX)} == {"ann"}
    prefixes = {one["library"]: one["prefix"] for one in program.get("/v1/status")["libraries"]}
    assert prefixes == {"main": PREFIX, "zotero": "users/0"}
    every = sorted(program.get("/v1/known", library="users/0", user="1")["items"])
    rest = program.get("/v1/known", library="users/0", user="1", since=every[0])
    assert (sorted(rest["items"]), rest["next"]) == (every[1:], None)


def test_what_changed_on_two_ways_to_one_library_is_told_as_one(
    desk: Desk, owner: Owner, both_ways: Background, program: Asker
) -> None:
    """An item is there as long as either way has it; who asks for one way alone has other moments."""
    program.post("/v1/pause")
    query = {"library": "users/0", "user": "1"}
    columns, one = Columns(program, **query), Columns(program, library=PREFIX)
    alpha, beta = owner.item("Alpha")["key"], owner.item("Beta")["key"]
    assert columns.changed() == (set(), set())
    show(desk, line="81.5CLApr 25, 2023")
    assert desk.syncd("push", "ann", **ALLOWED).code == 0
    assert columns.changed() == ({alpha}, set())
    assert columns.kept[alpha]["score"] == 81.5
    owner.edit("Alpha", deleted=1)
    owner.edit("Beta", deleted=1)
    assert desk.syncd("push", "ann", **ALLOWED).code == 0
    assert columns.changed() == ({alpha}, {beta})
    assert desk.syncd("push", "bo", **ALLOWED).code == 0
    assert columns.changed() == (set(), {alpha})
    columns._until, one._until = one._until, columns._until
    assert columns.refusal[0] == one.refusal[0] == 410
    assert both_ways.process.poll() is None


@pytest.mark.usefixtures("both_ways")
def test_a_profile_that_went_two_ways_brought_a_paper_once(desk: Desk, owner: Owner, program: Asker) -> None:
    """Since the earlier day, with its links once."""
    alpha = owner.item("Alpha")["key"]
    query = {"library": "users/0", "user": "1", "keys": alpha}
    before = program.get("/v1/items", **query)["items"][alpha]
    assert desk.syncd("push", "ann", "--library", "zotero", **ALLOWED).code == 0
    assert len(program.get("/v1/profiles", library="users/0", user="2")) == 2
    after = program.get("/v1/items", **query)["items"][alpha]
    assert {one["name"]: one["since"] for one in after["profiles"]} == {
        one["name"]: one["since"] for one in before["profiles"]
    }
    assert (len(after["profiles"]), after["links"]) == (2, before["links"])


@pytest.mark.usefixtures("both_ways")
def test_whom_zotero_follows_goes_to_the_usual_library_of_the_two(desk: Desk, program: Asker) -> None:
    """It is that of all profiles whose library is not named; the other one where Zotero's user is another."""
    with website() as site:
        for number, library in ((1, "main"), (2, "zotero")):
            site.replies[f"/{number}"] = Reply(page(entry(f"Epsilon {number}"), name=f"Cy {number}"))
            address = f"{site.address}/{number}"
            answer = program.post("/v1/follow", source=address, library="users/0", user=number)
            assert answer.status == 200, answer
            name = answer.json["name"]
            config = load(desk.folder / "config.toml", desk.env)
            assert config.profiles[name].library == library


# What is done


def test_a_sync_is_answered_at_once_and_a_pause_is_remembered(
    desk: Desk, daemon: Background, program: Asker
) -> None:
    """All profiles, and one by name; a name that nobody has is refused."""
    answer = program.post("/v1/sync-now", names=["ann"])
    assert (answer.status, answer.json) == (202, {"profiles": ["ann"]})
    daemon.until(lambda: any("asked" in look["why"] for look in looks(daemon)))
    assert program.post("/v1/sync-now").status == 202
    refused = program.post("/v1/sync-now", names=["nobody"])
    assert refused.status == 404
    assert "nobody" in refused.json["error"]
    assert program.post("/v1/pause").json == {"paused": [""]}
    assert desk.syncd("status", "--json").json["daemon"]["paused"] == [""]
    assert program.post("/v1/resume").json == {"paused": []}
    assert program.post("/v1/pause", names=["ann"]).json == {"paused": ["ann"]}
    assert program.post("/v1/pause", profiles=["ann"]).status == 400
    refused = program.post("/v1/pause", names=["nobody"])
    assert refused.status == 409
    assert "nobody" in refused.json["error"]


def test_a_sync_that_is_waited_for_tells_what_came_of_it_and_of_whom(
    desk: Desk, owner: Owner, daemon: Background, program: Asker
) -> None:
    """By each author's name, also where nothing changed, the page is gone, or the daemon is another one."""
    numbers = ("created", "updated", "adopted", "reviews")

    def told() -> tuple[str, str, *tuple[int, ...]]:
        (look,) = program.post("/v1/sync-now?wait=yes").json["profiles"]
        return look["author"], look["library"], *(look[name] for name in numbers)

    assert told() == ("Ann Lee", "main", 0, 0, 0, 0)
    program.post("/v1/pause")
    owner.own("Delta")
    owner.own(LONG.replace("Their", "Thier"))
    show(desk, entry("Delta"), entry(LONG), entry("Epsilon"), entry("Zeta"), alpha="Told anew.")
    assert told() == ("Ann Lee", "main", 2, 1, 1, 1)
    desk.page.unlink()
    assert told() == ("Ann Lee", "main", 0, 0, 0, 0)
    assert daemon.end() == 0
    with Background(desk):
        assert told() == ("Ann Lee", "main", 0, 0, 0, 0)


def test_the_last_run_that_did_something_is_undone_once(
    desk: Desk, owner: Owner, daemon: Background, program: Asker
) -> None:
    """What the owner touched is left with a reason; the undo stands in the history; then nothing is left.

    Whoever asks first what it would do is told when the run was and how many papers it moves, and nothing is done.
    """
    owner.edit("Beta", title="Beta, mine")
    (created,) = [look["run"] for look in looks(daemon)]
    version = desk.zotero.version()
    would = program.post("/v1/undo", run=None, dry_run=True).json
    (began,) = [run["started"] for run in desk.syncd("log", "--json").json if run["run"] == created]
    assert (would["run"], would["kind"], would["started"]) == (created, "push", began)
    assert (would["trashed"], would["reverted"], len(would["left"])) == (2, 0, 1)
    assert desk.zotero.version() == version
    answer = program.post("/v1/undo", run=None)
    assert answer.status == 200, answer
    assert (answer.json["run"], answer.json["undone"]) == (created, 2)
    assert [coded(left, "reason") for left in answer.json["left"]] == ["you changed it since: title"]
    assert [coded(left, "reason") for left in would["left"]] == ["you changed it since: title"]
    assert (answer.json["trashed"], answer.json["reverted"]) == (2, 0)
    assert set(desk.zotero.papers()) == {"Beta, mine"}
    assert {run["kind"] for run in desk.syncd("log", "--json").json} == {"push", "undo"}
    assert program.post("/v1/undo").status == 404
    assert program.post("/v1/undo", run="nosuch").status == 404
    assert program.post("/v1/undo", run=1).status == 400
    assert program.post("/v1/undo", runs="nosuch").status == 400
    assert program.post("/v1/undo", run=None, dry_run="yes").status == 400


@pytest.mark.usefixtures("daemon")
def test_a_paper_is_rejected_by_its_item_and_that_is_undone(desk: Desk, owner: Owner, program: Asker) -> None:
    """The answer names the run, which is undone as any other; status tells of it with its code."""
    beta = owner.item("Beta")["key"]
    told = {"title": "Beta", "profile": "ann", "collection": "Profiles/Ann Lee", "item": "trashed"}
    before = owner.zotero.version()
    would = program.post("/v1/reject", paper=beta, profile="ann", library=PREFIX, dry_run=True)
    assert would.json == told | {"run": None}
    assert owner.zotero.version() == before
    answer = program.post("/v1/reject", paper=beta, profile="ann", library=PREFIX)
    assert answer.status == 200, answer
    run = answer.json.pop("run")
    assert answer.json == told
    assert set(desk.zotero.papers()) == {"Alpha", "Gamma"}
    (paper,) = program.get("/v1/status")["libraries"][0]["papers"]
    assert (paper["cause"], coded(paper, "detail")) == ("rejected", "not by ann, as you said")
    assert program.post("/v1/reject", paper="nosuch", profile="ann").status == 409
    assert program.post("/v1/reject", paper=beta, profile="nobody").status == 404
    assert program.post("/v1/reject", paper=beta, profile="ann", library="groups/404").status == 404
    assert program.post("/v1/reject", paper=beta, profile="ann", dry_run="yes").status == 400
    assert program.post("/v1/reject", paper=beta).status == 400
    assert program.post("/v1/reject", paper=beta, profile="ann", why="so").status == 400
    assert program.post("/v1/undo", run=run).json["reverted"] == 1
    assert set(desk.zotero.papers()) == set(TITLES)
    assert program.get("/v1/status")["libraries"][0]["papers"] == []


def test_an_author_is_followed_and_followed_no_longer(desk: Desk, program: Asker) -> None:
    """The configuration has the profile, the daemon brings its papers at once, and keeps them after."""
    show(desk)
    text = (desk.folder / "config.toml").read_text(encoding="utf-8")
    (desk.folder / "config.toml").write_text(
        text + '[http]\nallow_private = ["127.0.0.1"]\n', encoding="utf-8"
    )
    with website() as site, Background(desk) as daemon:
        daemon.until(lambda: looks(daemon))
        site.replies["/bo"] = Reply(page(entry("Delta"), name="Bo Chen"))
        address = f"{site.address}/bo"
        answer = program.post("/v1/follow", source=address, library="users/0")
        assert answer.json == {"name": "bo-chen", "author": "Bo Chen", "papers": 1}
        daemon.until(lambda: looks(daemon, "bo-chen"))
        assert titles(desk.zotero) == ["Alpha", "Beta", "Delta", "Gamma"]
        twice = program.post("/v1/follow", source=address, library="users/0")
        assert twice.status == 409
        assert "followed already" in twice.json["error"]
        assert program.post("/v1/follow", source=str(desk.page), library="users/0").status == 400
        assert program.post("/v1/unfollow", name="bo-chen").json == {"name": "bo-chen"}
        assert "bo-chen" not in (desk.folder / "config.toml").read_text(encoding="utf-8")
        assert [profile["name"] for profile in daemon.ask("status")["profiles"]] == ["ann"]
        assert len(titles(desk.zotero)) == 4
        assert program.post("/v1/unfollow", name="bo-chen").status == 409


def test_reviews_are_shown_and_decided(desk: Desk, owner: Owner, program: Asker) -> None:
    """As the command shows them; the next look acts on it."""
    owner.own(LONG.replace("Their", "Thier"))
    desk.page.write_text(page(entry(LONG), entry("Beta")), encoding="utf-8")
    with Background(desk) as daemon:
        daemon.until(lambda: looks(daemon))
        (waiting,) = program.get("/v1/reviews")
        (shown,) = desk.syncd("review", "--json").json
        assert without_codes(waiting) == {**shown, "library": "main"}
        assert program.get("/v1/status")["reviews"] == 1
        (candidate,) = waiting["candidates"]
        said = zip(candidate["reasons"], candidate["reasons_said"], strict=True)
        assert all(coded({"reason": one, "reason_said": told}, "reason") == one for one, told in said)
        (paper_told,) = program.get("/v1/status")["libraries"][0]["papers"]
        assert coded(paper_told, "detail") == "possibly " + repr(candidate["title"]) + ": " + ", ".join(
            candidate["reasons"]
        )
        paper, key = waiting["paper"], candidate["key"]
        assert program.post("/v1/reviews", paper=paper, verdict="perhaps", key=None).status == 400
        assert program.post("/v1/reviews", paper=paper, verdict="same", key="AAAA2222").status == 409
        assert program.post("/v1/reviews", paper="AAAA2222", verdict="same").status == 404
        other = program.post("/v1/reviews", paper=paper, verdict="same", key=key, library="another")
        assert other.status == 404
        answer = program.post("/v1/reviews", paper=paper, verdict="same", key=key, library="main")
        assert answer.json == {"title": LONG, "verdict": "same"}
        program.post("/v1/sync-now", names=["ann"])
        daemon.until(lambda: any("asked" in look["why"] for look in looks(daemon)))
        assert program.get("/v1/reviews") == []
        assert set(desk.zotero.papers()) == {LONG.replace("Their", "Thier"), "Beta"}


def test_a_database_from_before_facts_gets_them_with_the_next_push(desk: Desk, program: Asker) -> None:
    """Nothing is lost; since when a profile lists what was there before is not known, and not made up."""
    show(desk)
    assert desk.syncd("push").code == 0
    store = Store.at(desk.data.state)
    with store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM fact")
    store.close()
    with Background(desk) as daemon:
        daemon.until(lambda: looks(daemon))
        keys = ",".join(program.get("/v1/known", library=PREFIX)["items"])
        told = program.get("/v1/items", library=PREFIX, keys=keys)["items"]
    assert len(told) == len(TITLES)
    assert {profile["since"] for item in told.values() for profile in item["profiles"]} == {None}
