"""Whatever the network and the server do: no duplicate, nothing lost, and a clear word about it."""

from __future__ import annotations

import json
import resource
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest

from doubles import Fault
from owner import NEWS, TWO_DAYS, show, standing
from pages import entry, page
from syncd.cli.console import of_report
from syncd.state import sqlite
from syncd.zotero.embedded.exchange import Request

if TYPE_CHECKING:
    from desk import Desk, Zotero
    from owner import Owner

TITLES = ("Alpha", "Beta", "Gamma")


@pytest.fixture
def ready(desk: Desk) -> Desk:
    """Give a desk whose page lists three papers with a link each."""
    desk.page.write_text(page(*(entry(title) for title in TITLES)), encoding="utf-8")
    return desk


def check_whole(zotero: Zotero) -> None:
    """Every paper is there once, with its link, in the collection."""
    items = zotero.items().values()
    assert sorted(data["title"] for data in items if "parentItem" not in data) == list(TITLES)
    assert sorted(data["title"] for data in items if "parentItem" in data) == [
        "Code: ann/alpha",
        "Code: ann/beta",
        "Code: ann/gamma",
    ]
    assert sorted(zotero.collections()) == ["Ann Lee", "Profiles"]
    (collection,) = {tuple(data["collections"]) for data in zotero.papers().values()}
    assert collection == (zotero.collections()["Ann Lee"]["key"],)


LOST = {
    "the connection drops before the write": Fault("drop"),
    "the connection drops after the write": Fault("drop", when="after"),
    "the answer is cut in the middle": Fault("cut"),
    "a gateway gives up before the write": Fault("answer", status=502),
    "a gateway gives up after the write": Fault("answer", when="after", status=504),
    "a gateway of another make gives up after the write": Fault("answer", when="after", status=522),
    "the server fails half-way": Fault("stop", objects=3),
    "a login page comes instead": Fault(
        "answer", status=200, headers={"Content-Type": "text/html"}, body=b"<html>"
    ),
    "a login page comes after the write": Fault(
        "answer", when="after", status=200, headers={"Content-Type": "text/html"}, body=b"<html>"
    ),
    "a redirect leads elsewhere": Fault("answer", status=302, headers={"Location": "https://login.example/"}),
    "nonsense is answered": Fault(
        "answer", when="after", status=200, headers={"Content-Type": "application/json"}, body=b'{"ok": true}'
    ),
}


@pytest.mark.parametrize("request_number", [0, 1])
@pytest.mark.parametrize("fault", LOST.values(), ids=LOST.keys())
def test_a_write_of_unknown_outcome_is_looked_up_and_finished(
    ready: Desk, zotero: Zotero, fault: Fault, request_number: int
) -> None:
    """Collections or items: what was done is not done again, what was not is done now, in the same run."""
    zotero.trouble.plan("POST", *[lambda _: None] * request_number, fault)
    report = ready.run()
    assert zotero.trouble.happened == request_number + 1
    assert report.error is None
    assert report.counts["create"] == 3
    check_whole(zotero)
    again = ready.run()
    assert again.counts["unchanged"] == 3
    assert again.requests.write == 0


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST.keys())
def test_a_trouble_that_lasts_ends_the_run_and_the_next_one_finishes(
    ready: Desk, zotero: Zotero, fault: Fault
) -> None:
    """Exit 5; afterwards it is as if nothing had happened."""
    zotero.trouble.plan("POST", *[fault] * 4)
    report = ready.run()
    if report.error is not None:
        assert of_report(report) in {3, 5}
    zotero.trouble._coming.clear()
    ready.run()
    check_whole(zotero)
    assert ready.run().requests.total == 1


def test_an_update_that_never_arrived_is_made_by_the_next_run(pushed: Desk, owner: Owner) -> None:
    """Whole, tags too, which are not taken for removed; and only the run that made it tells of it."""
    show(pushed, alpha=NEWS, line="CVApr 25, 2023")
    pushed.zotero.trouble.plan("POST", *[Fault("drop")] * 9)
    lost = pushed.run()
    assert lost.error is not None
    pushed.zotero.trouble._coming.clear()
    made = pushed.run()
    assert made.counts["update"] == 1
    alpha = owner.item("Alpha")
    assert alpha["abstractNote"] == NEWS
    assert {"tag": "cs.CV", "type": 1} in alpha["tags"]
    told = pushed.syncd("log", lost.run)
    assert "It changed nothing in the library: 2 unchanged; it ended early: " in told.out
    assert told.code == 0
    assert pushed.syncd("log", lost.run, "--json").json == []
    assert len(pushed.syncd("log", made.run, "--json").json) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("wait", ["7", "date", None])
def test_a_limited_request_is_repeated_after_the_wait_that_the_server_asks_for(
    ready: Desk, zotero: Zotero, method: str, status: int, wait: str | None
) -> None:
    """`Retry-After` in seconds, as a date, or missing."""
    headers = {}
    if wait == "date":
        headers["Retry-After"] = format_datetime(ready.clock.now() + timedelta(seconds=7), usegmt=True)
    elif wait:
        headers["Retry-After"] = wait
    zotero.trouble.plan(method, Fault("answer", status=status, headers=headers))
    report = ready.run()
    assert report.error is None
    assert ready.clock.waits == [7.0] if wait else 0 < ready.clock.waits[0] < 2
    assert report.requests.limited == (status == 429)
    check_whole(zotero)


def test_a_login_page_is_called_by_its_name(ready: Desk, zotero: Zotero) -> None:
    """The user of a hotel's network learns what stands between, not that some answer can't be read."""
    zotero.trouble.plan("GET", LOST["a login page comes instead"])
    report = ready.run()
    assert of_report(report) == 5
    assert "answered with a web page" in str(report.error)


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("body", [b"\xff\xfe", b"[]]", b"[null]", b'{"userID": null}', b""])
def test_an_answer_that_cannot_be_read_is_a_temporary_trouble(
    ready: Desk, zotero: Zotero, body: bytes, number: int
) -> None:
    """To the question what is there, and to the one what the key may do: exit 5, nothing written."""
    headers = {"Content-Type": "application/json", "Last-Modified-Version": "1", "Total-Results": "0"}
    zotero.trouble.plan(
        "GET", *[lambda _: None] * number, Fault("answer", status=200, headers=headers, body=body)
    )
    report = ready.run()
    assert of_report(report) == 5
    assert "can't be read" in str(report.error)
    assert zotero.is_new()
    assert ready.run().counts["create"] == 3


def test_a_long_wait_is_left_to_the_schedule(ready: Desk, zotero: Zotero) -> None:
    """Nobody's terminal hangs for an hour: exit 5, with the time."""
    zotero.trouble.plan("GET", Fault("answer", status=429, headers={"Retry-After": "3600"}))
    report = ready.run()
    assert of_report(report) == 5
    assert ready.clock.waits == []
    assert zotero.is_new()


def test_backoff_is_respected_by_the_next_request(ready: Desk, zotero: Zotero) -> None:
    """The header may come with any answer."""
    zotero.trouble.plan("GET", Fault("headers", headers={"Backoff": "11"}))
    assert ready.run().error is None
    assert ready.clock.waits == [11.0]
    check_whole(zotero)


def test_endless_limits_end_the_run(ready: Desk, zotero: Zotero) -> None:
    """A bounded number of repeats, then exit 5."""
    zotero.trouble.plan("GET", *[Fault("answer", status=503)] * 50)
    report = ready.run()
    assert of_report(report) == 5
    assert report.requests.total == 5
    assert 1 < sum(ready.clock.waits) < 20


def test_somebody_else_writes_in_between(ready: Desk, zotero: Zotero) -> None:
    """The library moved on since it was read: it is read again before anything is written."""

    def other(_: Request) -> None:
        zotero.write({"itemType": "book", "title": "Mine"})

    zotero.trouble.plan("POST", other, lambda _: None, other)
    report = ready.run()
    assert report.error is None
    assert report.counts["create"] == 3
    assert zotero.papers().pop("Mine")
    assert set(zotero.papers()) >= set(TITLES)
    assert ready.run().requests.write == 0


def test_somebody_else_writes_in_the_middle_of_a_write(ready: Desk, zotero: Zotero) -> None:
    """Their item lies between ours in the library's versions: it is read before anything is created again."""

    def interleave(request: Request) -> Fault:
        first, *rest = json.loads(request.body)
        one = zotero._send("POST", "/items", [first])[0]
        creator = {"creatorType": "author", "firstName": "Ann", "lastName": "Lee"}
        zotero.post({"itemType": "preprint", "title": "Delta", "creators": [creator], "date": "2023"})
        others = zotero._send("POST", "/items", rest)[0]
        answer = {
            part: one[part] | {str(int(n) + 1): value for n, value in others[part].items()} for part in one
        }
        headers = {"Content-Type": "application/json", "Last-Modified-Version": str(zotero.version())}
        return Fault("answer", status=200, headers=headers, body=json.dumps(answer).encode())

    zotero.trouble.plan("POST", lambda _: None, interleave)
    assert ready.run().counts["create"] == 3
    ready.page.write_text(page(*(entry(title) for title in (*TITLES, "Delta"))), encoding="utf-8")
    ready.clock.advance(2 * 86_400)
    report = ready.run()
    assert (report.counts["create"], report.counts["adopt"]) == (0, 1)
    assert sorted(zotero.papers()) == ["Alpha", "Beta", "Delta", "Gamma"]


def test_the_user_deletes_a_paper_between_reading_and_writing(ready: Desk, zotero: Zotero) -> None:
    """A key that was erased at the last moment is not brought back to life."""
    ready.run()
    key = zotero.papers()["Beta"]["key"]
    ready.page.write_text(page(*(entry(t, abstract=f"New words on {t}.") for t in TITLES)), encoding="utf-8")

    def erase(_: Request) -> None:
        zotero.erase(key)

    zotero.trouble.plan("POST", erase)
    report = ready.run()
    assert report.error is None
    assert set(zotero.papers()) == {"Alpha", "Gamma"}
    assert zotero.papers()["Alpha"]["abstractNote"] == "New words on Alpha."
    assert ready.run().requests.write == 0


def test_another_machine_pushes_the_same_page_at_the_same_time(
    ready: Desk, zotero: Zotero, tmp_path: Any
) -> None:
    """Its writes land between ours: each paper is there once, whoever came first."""
    from desk import Desk  # noqa: PLC0415 - a second desk

    folder = tmp_path / "second"
    folder.mkdir()
    second = Desk(folder, zotero, ready.clock)
    second.configure()
    second.page.write_bytes(ready.page.read_bytes())

    def push(_: Request) -> None:
        assert second.run().error is None

    zotero.trouble.plan("POST", push)
    report = ready.run()
    assert report.error is None
    check_whole(zotero)
    for desk in (ready, second):
        assert desk.run().requests.write == 0


def refusing(zotero: Zotero, title: str, code: int, message: str) -> Any:
    """Return a trouble: the server takes all objects of a write but the one of that title."""

    def refuse(request: Request) -> Fault:
        objects = json.loads(request.body)
        refused = next(n for n, sent in enumerate(objects) if sent.get("title") == title)
        rest = [sent for n, sent in enumerate(objects) if n != refused]
        answer = zotero._send("POST", "/items", rest)[0]
        places = [n for n in range(len(objects)) if n != refused]
        moved = {
            part: {str(places[int(n)]): value for n, value in answer[part].items()}
            for part in ("successful", "success", "unchanged", "failed")
        }
        moved["failed"][str(refused)] = {"code": code, "message": message}
        headers = {"Content-Type": "application/json", "Last-Modified-Version": str(zotero.version())}
        return Fault("answer", status=200, headers=headers, body=json.dumps(moved).encode())

    return refuse


@pytest.mark.parametrize(("code", "words"), [(400, "'x' is not valid"), (413, "Title too long")])
def test_one_object_that_the_server_refuses_does_not_hold_up_the_others(
    ready: Desk, zotero: Zotero, code: int, words: str
) -> None:
    """It is reported with the server's words, and sent again when its paper changes, not in every run."""
    zotero.trouble.plan("POST", lambda _: None, refusing(zotero, "Beta", code, words))
    report = ready.run()
    assert of_report(report) == 3
    assert report.counts["create"] == 2
    assert [failure.message for failure in report.failures.values()] == [words]
    assert set(zotero.papers()) == {"Alpha", "Gamma"}
    again = ready.run()
    assert again.requests.write == 0
    assert of_report(again) == 0
    (waiting,) = ready.syncd("status", "--json").json["papers"]
    assert waiting["cause"] == "refused"
    assert words in waiting["detail"]
    ready.page.write_text(
        page(
            entry("Alpha"),
            entry("Beta", abstract="Shorter. Code at https://github.com/ann/beta"),
            entry("Gamma"),
        ),
        encoding="utf-8",
    )
    assert ready.run().counts["create"] == 1
    check_whole(zotero)


@pytest.mark.parametrize("code", [409, 412])
def test_an_object_that_changed_meanwhile_is_looked_at_again(ready: Desk, zotero: Zotero, code: int) -> None:
    """The same run plans anew and succeeds."""
    zotero.trouble.plan("POST", lambda _: None, refusing(zotero, "Beta", code, "changed"))
    report = ready.run()
    assert report.failures == {}
    assert report.counts["create"] == 3
    check_whole(zotero)


@pytest.mark.parametrize("whole", [True, False], ids=["the request", "its object"])
def test_a_race_that_is_lost_all_the_time_is_a_temporary_trouble(
    ready: Desk, zotero: Zotero, *, whole: bool
) -> None:
    """Exit 5: another program writes all the time, and nobody has to decide anything."""
    ready.run()
    show(ready, alpha=NEWS)
    ready.clock.advance(TWO_DAYS)
    failed = {"0": {"code": 412, "message": "Item has been modified since specified version"}}
    body = json.dumps({"successful": {}, "success": {}, "unchanged": {}, "failed": failed}).encode()
    lost = Fault("answer", status=412) if whole else Fault("answer", status=200, body=body)
    zotero.trouble.plan("POST", *[lost] * 4)
    assert of_report(ready.run()) == 5
    assert ready.run().counts["update"] == 1


def test_a_name_that_does_not_resolve_is_a_temporary_trouble(ready: Desk) -> None:
    """Exit 5, and the host is named."""
    config = ready.folder / "config.toml"
    text = config.read_text(encoding="utf-8").replace(ready.zotero.server.url, "https://zotero.invalid")
    config.write_text(text, encoding="utf-8")
    report = ready.run()
    assert of_report(report) == 5
    assert "zotero.invalid" in str(report.error)


def test_a_full_disk_is_said_and_repaired_by_the_next_run(ready: Desk, zotero: Zotero) -> None:
    """Its own database can't grow: one sentence, no traceback; with room again all is as it should be."""
    ready.data.create()
    done = subprocess.run(
        [sys.executable, "-m", "syncd", "push"],
        capture_output=True,
        text=True,
        env=ready.env,
        cwd=ready.folder,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000)),
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "own database: disk I/O error" in done.stderr
    assert "whether the disk is full or failing" in done.stderr
    assert ready.run().error is None
    check_whole(zotero)


def test_a_locked_database_is_said(ready: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program holds it: nothing is written to the library."""
    ready.run(dry_run=True)
    monkeypatch.setattr(sqlite, "BUSY_MILLISECONDS", 20)
    holder = sqlite3.connect(ready.data.state)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        report = ready.run()
    finally:
        holder.close()
    assert of_report(report) == 1
    assert "locked" in str(report.error)
    assert ready.zotero.is_new()
    assert ready.run().error is None


@pytest.mark.parametrize("content", [b"no database at all, just some text in its place" * 50, b""])
def test_a_broken_database_is_said_and_an_empty_one_is_rebuilt(
    ready: Desk, zotero: Zotero, content: bytes
) -> None:
    """State is a cache: without it nothing is pushed twice."""
    ready.run()
    for part in ready.data.root.glob("syncd.sqlite*"):
        part.unlink()
    ready.data.state.write_bytes(content)
    report = ready.run()
    if content:
        assert "Move the file away" in report.error.hint if report.error else False
    else:
        assert report.counts["unchanged"] == 3
    check_whole(zotero)


def test_a_clock_that_was_set_back_changes_nothing(ready: Desk, zotero: Zotero) -> None:
    """A year back, an hour on: nothing is new."""
    ready.run()
    for seconds in (-365 * 86400, 3600):
        ready.clock.set(seconds)
        report = ready.run()
        assert report.error is None
        assert report.counts["unchanged"] == 3
        assert report.requests.total == 1
    check_whole(zotero)


def failing(title: str, code: int) -> Any:
    """Return a trouble: the server fails at the one object of that title or name."""

    def fail(request: Request) -> Fault | None:
        objects = json.loads(request.body)
        places = [n for n, sent in enumerate(objects) if title in {sent.get("title"), sent.get("name")}]
        return Fault("fail", place=places[0], status=code) if places else None

    return fail


FOR_NOW = {
    "500": Fault("fail", status=500),
    "503": Fault("fail", status=503),
    "429": Fault("fail", status=429),
    "not mentioned, not written": Fault("omit"),
    "not mentioned, but written": Fault("omit", when="after"),
}


@pytest.mark.parametrize(("request_number", "place"), [(0, 0), (0, 1), (1, 0), (1, 5)])
@pytest.mark.parametrize("fault", FOR_NOW.values(), ids=FOR_NOW.keys())
def test_an_object_that_failed_for_now_is_sent_again_in_the_same_run(
    ready: Desk, zotero: Zotero, fault: Fault, request_number: int, place: int
) -> None:
    """A paper, a link, a collection: a deadlock in the server is no refusal."""
    zotero.trouble.plan("POST", *[lambda _: None] * request_number, replace(fault, place=place))
    report = ready.run()
    assert of_report(report) == 0
    assert report.counts["create"] == 3
    check_whole(zotero)
    again = ready.run()
    assert (again.counts["unchanged"], again.requests.write) == (3, 0)


@pytest.mark.parametrize("code", [429, 500, 503])
def test_an_object_that_always_fails_for_now_is_never_remembered_as_refused(
    ready: Desk, zotero: Zotero, code: int
) -> None:
    """Exit 3 where anything was written, else 5; each push sends it again, until it arrives."""
    zotero.trouble.plan("POST", *[failing("Beta", code)] * 50)
    assert of_report(ready.run()) == 3
    assert set(zotero.papers()) == {"Alpha", "Gamma"}
    for _ in range(2):
        report = ready.run()
        assert of_report(report) == 5
        assert report.requests.write
        assert standing(ready, "refused") == {}
    zotero.trouble._coming.clear()
    report = ready.run()
    assert (of_report(report), report.counts["create"]) == (0, 1)
    check_whole(zotero)
    assert ready.run().requests.total == 1


def test_a_collection_that_always_fails_for_now_is_a_temporary_trouble(ready: Desk, zotero: Zotero) -> None:
    """Exit 5, and nobody is told to name another collection."""
    zotero.trouble.plan("POST", *[failing("Profiles", 500)] * 50)
    report = ready.run()
    assert of_report(report) == 5
    assert report.error
    assert "nother collection" not in f"{report.error} {report.error.hint}"
    assert zotero.is_new()
    zotero.trouble._coming.clear()
    assert of_report(ready.run()) == 0
    check_whole(zotero)


MANY = tuple(f"Study Number {number}" for number in range(48))


def study(desk: Desk, words: str) -> None:
    """Let the page list many papers, each with these words in its abstract."""
    papers = (entry(title, abstract=f"{words} on {title}.") for title in MANY)
    desk.page.write_text(page(*papers), encoding="utf-8")


@pytest.fixture
def studied(desk: Desk) -> Desk:
    """Give a desk that has pushed many papers, whose abstracts have changed since."""
    study(desk, "First words")
    assert desk.run().counts["create"] == len(MANY)
    desk.clock.advance(2 * 86_400)
    study(desk, "New words")
    return desk


def check_nothing_is_yours(desk: Desk, zotero: Zotero, words: str) -> None:
    """Every paper is as its source says, a push is quiet, and another change arrives at once, on the same day."""
    report = desk.run()
    assert of_report(report) == 0
    assert (report.counts["unchanged"], report.requests.write) == (len(MANY), 0)
    assert standing(desk, "kept") == standing(desk, "waiting") == {}
    assert {data["abstractNote"] for data in zotero.papers().values()} == {
        f"{words} on {title}." for title in MANY
    }
    study(desk, "Last words")
    assert desk.run().counts["update"] == len(MANY)
    assert {data["abstractNote"] for data in zotero.papers().values()} == {
        f"Last words on {title}." for title in MANY
    }


LATE = {
    "the connection drops": Fault("drop", when="later", objects=5),
    "a gateway gives up": Fault("answer", when="later", status=504, objects=5),
    "nothing is written at first": Fault("drop", when="later"),
}


@pytest.mark.parametrize("fault", LATE.values(), ids=LATE.keys())
def test_an_update_whose_rest_is_written_seconds_later_is_not_yours(
    studied: Desk, zotero: Zotero, fault: Fault
) -> None:
    """The server goes on when its client is gone, and is done before the run is."""
    zotero.trouble.plan("POST", replace(fault, seconds=20))
    assert of_report(studied.run()) == 0
    check_nothing_is_yours(studied, zotero, "New words")


@pytest.mark.parametrize("fault", LATE.values(), ids=LATE.keys())
def test_an_update_whose_rest_is_written_before_the_next_write_is_not_yours(
    studied: Desk, zotero: Zotero, fault: Fault
) -> None:
    """It comes between the reading and the next write, which is refused: that settles nothing."""
    zotero.trouble.plan("POST", fault, lambda _: zotero.server.write_late())
    assert of_report(studied.run()) == 0
    check_nothing_is_yours(studied, zotero, "New words")


@pytest.mark.parametrize("fault", LATE.values(), ids=LATE.keys())
def test_an_update_whose_rest_is_written_after_the_run_is_not_yours(
    studied: Desk, zotero: Zotero, fault: Fault
) -> None:
    """The run ends without knowing; the next one finds what the server did meanwhile."""
    zotero.trouble.plan("POST", fault, *[Fault("drop")] * 50)
    studied.run()
    zotero.trouble._coming.clear()
    zotero.server.write_late()
    assert of_report(studied.run()) == 0
    check_nothing_is_yours(studied, zotero, "New words")


def test_an_update_that_is_written_after_its_source_took_it_back_is_not_yours(
    studied: Desk, zotero: Zotero
) -> None:
    """The run in between has nothing to write, and does not send it again: what was sent may still come."""
    zotero.trouble.plan("POST", Fault("drop", when="later"), *[Fault("drop")] * 50)
    studied.run()
    zotero.trouble.forget()
    study(studied, "First words")
    assert studied.run().requests.write == 0
    zotero.server.write_late()
    assert studied.run().counts["update"] > 0
    check_nothing_is_yours(studied, zotero, "First words")


@pytest.mark.parametrize("fault", LATE.values(), ids=LATE.keys())
def test_papers_whose_rest_is_created_late_are_there_once(desk: Desk, zotero: Zotero, fault: Fault) -> None:
    """Before the next write, or after it: each is there once, and nobody's edit."""
    study(desk, "New words")
    zotero.trouble.plan("POST", lambda _: None, fault, lambda _: zotero.server.write_late())
    assert of_report(desk.run()) == 0
    check_nothing_is_yours(desk, zotero, "New words")


def test_an_edit_while_a_write_goes_on_is_yours(studied: Desk, zotero: Zotero) -> None:
    """The server refuses what is written late over it, and so does syncd."""

    def edit(_: Request) -> None:
        zotero.edit(MANY[40], abstractNote="My own words.")
        zotero.server.write_late()

    zotero.trouble.plan("POST", Fault("drop", when="later", objects=5), edit)
    studied.run()
    for _ in range(3):
        studied.clock.advance(2 * 86_400)
        report = studied.run()
        assert of_report(report) == 0
    assert report.requests.write == 0
    assert zotero.papers()[MANY[40]]["abstractNote"] == "My own words."
    assert list(standing(studied, "kept")) == [MANY[40]]


def test_an_update_that_arrives_twice_is_not_yours(studied: Desk, zotero: Zotero) -> None:
    """The second answer says that the library changed; it was syncd that changed it, so nothing waits a day."""
    zotero.trouble.plan("POST", Fault("twice"))
    assert of_report(studied.run()) == 0
    check_nothing_is_yours(studied, zotero, "New words")


@pytest.mark.parametrize("request_number", [0, 1])
def test_papers_that_arrive_twice_are_there_once(desk: Desk, zotero: Zotero, request_number: int) -> None:
    """Collections and papers, of which none waits."""
    study(desk, "New words")
    zotero.trouble.plan("POST", *[lambda _: None] * request_number, Fault("twice"))
    report = desk.run()
    assert (of_report(report), report.counts["create"]) == (0, len(MANY))
    check_nothing_is_yours(desk, zotero, "New words")
