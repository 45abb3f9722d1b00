"""Undoing a run takes back what syncd wrote and nothing of the user's, says first what it will do, and survives."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from doubles import Fault
from owner import TITLES, TWO_DAYS, memory_of, pushes, rests, show
from pages import entry, page
from terminals import terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from desk import Desk
    from owner import Owner

NOTE = {"itemType": "note", "note": "<p>Read this.</p>"}
MINE = {"tag": "to read"}


def last(desk: Desk) -> str:
    """Return the name of the last run."""
    name: str = desk.syncd("log", "--json").json[0]["run"]
    return name


def code_for_all(desk: Desk, line: str = "CLApr 25, 2023") -> str:
    """Let a run change every paper, in a field and a link; return its name."""
    changed = [
        entry(title, abstract=f"New words. https://github.com/ann/{title.lower()}-two", line=line)
        for title in TITLES
    ]
    desk.page.write_text(page(*changed), encoding="utf-8")
    report = pushes(desk)
    assert report.counts["update"] == 3
    return report.run


def annotate(owner: Owner, title: str) -> None:
    """Tag a paper."""
    owner.edit(title, tags=[*owner.item(title)["tags"], MINE])


def hang_note(owner: Owner, title: str) -> None:
    """Write a note on a paper."""
    owner.zotero.post(NOTE | {"parentItem": owner.item(title)["key"]})


def tag_link(owner: Owner, title: str) -> None:
    """Tag a link that syncd made."""
    (link,) = [one for one in owner.children(owner.item(title)["key"]) if one["title"] == "Code: ann/beta"]
    owner.change(link["key"], tags=[MINE])


# What is the user's


@pytest.mark.parametrize(
    ("act", "said"), [(annotate, "tags"), (hang_note, "notes or files"), (tag_link, "notes or files")]
)
def test_what_the_user_added_before_an_update_stays(
    pushed: Desk, owner: Owner, act: Callable[[Owner, str], None], said: str
) -> None:
    """Also where syncd wrote to the item afterwards: an undo of its creation leaves it, and says why."""
    created = last(pushed)
    act(owner, "Beta")
    code_for_all(pushed)
    done = pushed.syncd("undo", created)
    assert f"left Beta you changed it since: {said}" in " ".join(done.out.split())
    assert "2 undone, 1 left" in done.out
    assert set(owner.zotero.papers()) == {"Beta"}


def test_an_update_and_then_the_creation_can_be_undone(pushed: Desk, owner: Owner) -> None:
    """What an undo put back is nobody's edit."""
    created, updated = last(pushed), code_for_all(pushed)
    assert "3 undone, 0 left" in pushed.syncd("undo", updated).out
    rests(pushed)
    done = pushed.syncd("undo", created)
    assert "3 undone, 0 left" in done.out, done.out
    assert owner.zotero.papers() == {}
    rests(pushed)


def test_the_creation_of_what_syncd_updated_later_can_be_undone(pushed: Desk, owner: Owner) -> None:
    """Its own updates are no reason to leave it."""
    created = last(pushed)
    code_for_all(pushed, line="CVMay 2, 2023")
    assert "3 undone, 0 left" in pushed.syncd("undo", created).out
    assert owner.zotero.papers() == {}


def test_an_earlier_undo_hides_no_edit_from_a_later_one(pushed: Desk, owner: Owner) -> None:
    """It wrote to the item after its user had."""
    created, updated = last(pushed), code_for_all(pushed)
    owner.edit("Alpha", date="2023-05-01")
    assert "3 undone" in pushed.syncd("undo", updated).out
    done = pushed.syncd("undo", created)
    assert "left Alpha you changed it since: date" in " ".join(done.out.split())
    assert set(owner.zotero.papers()) == {"Alpha"}


def test_undone_tags_leave_the_users_own(pushed: Desk, owner: Owner) -> None:
    """What the run added goes, what it took away comes back, what the user added stays."""
    before = owner.item("Alpha")["tags"]
    show(pushed, line="CVApr 25, 2023")
    updated = pushes(pushed).run
    assert owner.item("Alpha")["tags"] != before
    annotate(owner, "Alpha")
    done = pushed.syncd("undo", updated)
    assert done.code == 0, done
    after = owner.item("Alpha")["tags"]
    assert sorted(tag["tag"] for tag in after) == sorted([*(tag["tag"] for tag in before), MINE["tag"]])
    rests(pushed)


# What goes wrong


def refused(code: int, count: int = 3) -> bytes:
    """Return an answer that says no to every object."""
    failed = {str(number): {"code": code, "message": "An error occurred"} for number in range(count)}
    return json.dumps({"successful": {}, "success": {}, "unchanged": {}, "failed": failed}).encode()


@pytest.mark.parametrize(
    "fault",
    [
        Fault("answer", status=200, body=refused(500)),
        Fault("answer", status=200, body=refused(412), when="after"),
        Fault("drop"),
        Fault("drop", when="after"),
    ],
    ids=["a fault of the server's", "delivered twice", "lost before", "lost after"],
)
def test_a_passing_trouble_is_got_over(pushed: Desk, owner: Owner, fault: Fault) -> None:
    """It is sent again, or found out to have been done, and counted once."""
    owner.zotero.trouble.plan("POST", fault)
    done = pushed.syncd("undo", last(pushed))
    assert (done.code, "3 undone, 0 left" in done.out) == (0, True), done
    assert owner.zotero.papers() == {}
    assert pushed.syncd("log", "--json").json[0]["counts"] == {
        "trash": 3,
        "revert": 0,
        "left": 0,
        "failed": 0,
    }


def test_another_program_that_writes_meanwhile_is_seen(pushed: Desk, owner: Owner) -> None:
    """What it changed is left, the rest is undone."""
    created = last(pushed)
    owner.zotero.trouble.plan("POST", lambda _: annotate(owner, "Beta"))
    done = pushed.syncd("undo", created)
    assert (done.code, "2 undone, 1 left" in done.out) == (0, True), done
    assert set(owner.zotero.papers()) == {"Beta"}
    with memory_of(pushed) as state:
        assert not state.journal.unfinished()


@pytest.mark.parametrize(
    ("answers", "code"), [([refused(500)] * 4, 5), ([refused(400)], 3)], ids=["temporary", "refused"]
)
def test_a_lasting_trouble_is_said(pushed: Desk, owner: Owner, answers: list[bytes], code: int) -> None:
    """With the exit code that a push has for it; nothing is lost, and another undo does it."""
    created = last(pushed)
    owner.zotero.trouble.plan("POST", *(Fault("answer", status=200, body=body) for body in answers))
    done = pushed.syncd("undo", created)
    assert done.code == code, done
    assert "An error occurred" in done.out + done.err
    assert len(owner.zotero.papers()) == 3
    assert "3 undone" in pushed.syncd("undo", created).out


# What is said


def test_a_terminal_asks_what_will_be_done(pushed: Desk, owner: Owner) -> None:
    """With the run's date and the numbers; whoever says no has changed nothing. Other programs are asked nothing."""
    code_for_all(pushed)
    owner.edit("Beta", abstractNote="Mine.")
    owner.edit("Gamma", deleted=1)
    run = last(pushed)
    version = owner.zotero.version()
    with terminal(pushed, "undo", "--last") as screen:
        screen.read_until(f"{pushed.clock.now():%Y-%m-%d}")
        screen.answer("puts 2 back as they were, leaves 2 alone.", "")
        assert screen.end() == 0
    assert f"({run})" in " ".join(screen.text.split())
    assert "Nothing was written." in screen.text
    assert owner.zotero.version() == version
    with terminal(pushed, "undo", run) as screen:
        assert screen.break_off("Undo it?") == 130
    assert "Interrupted. Nothing was written." in screen.text
    with terminal(pushed, "undo", run) as screen:
        screen.answer("Undo it?", "y")
        assert screen.end() == 0
    assert owner.item("Alpha")["abstractNote"] != "New words."
    assert owner.zotero.version() > version


def run_again_in_name(desk: Desk) -> None:
    """Let the history credit the first push's papers to an earlier run too, as after two that were killed."""
    with closing(sqlite3.connect(desk.data.state)) as state, state:
        state.execute(
            "INSERT INTO run SELECT '0-' || id, library, kind, started, finished, counts, "
            "error, profiles, undoes FROM run"
        )
        state.execute(
            "INSERT INTO action SELECT '0-' || run, place, kind, key, title, reason, changes, created, "
            "recorded FROM action"
        )


def test_a_run_of_a_wrong_clock_is_not_the_last_for_long(desk: Desk) -> None:
    """The clock was ten days ahead, and was put right: the run after that is the one that --last means."""
    show(desk)
    desk.clock.set(5 * TWO_DAYS)
    ahead = desk.run()
    with memory_of(desk) as state:
        assert state.history.left() == state.history.run(ahead.run)
    desk.clock.set(-5 * TWO_DAYS)
    with memory_of(desk) as state:
        assert state.history.left() == state.history.run(ahead.run)
    show(desk, entry("Delta"))
    right = desk.run()
    with memory_of(desk) as state:
        assert state.history.left() == state.history.run(right.run)


def test_a_run_of_which_nothing_is_left_is_no_longer_the_last(pushed: Desk) -> None:
    """Whoever undoes one run after the other comes to the first, whether asked or not."""
    run_again_in_name(pushed)
    assert "3 undone" in pushed.syncd("undo", "--last").out
    assert "0 undone, 3 left" in pushed.syncd("undo", "--last").out
    assert pushed.syncd("undo", "--last").code == 1


def test_an_undo_that_was_killed_is_gone_on_with(pushed: Desk) -> None:
    """And not with the run before, which nobody has asked for."""
    created, updated = last(pushed), code_for_all(pushed)
    assert "3 put back" in pushed.syncd("undo", "--last").out
    with closing(sqlite3.connect(pushed.data.state)) as state, state:
        state.execute("UPDATE run SET finished = NULL WHERE kind = 'undo'")
    assert f"({updated})" in pushed.syncd("undo", "--last", "--dry-run").out
    assert "0 undone" in pushed.syncd("undo", "--last").out
    assert f"({created})" in pushed.syncd("undo", "--last", "--dry-run").out


def test_whoever_is_asked_about_nothing_comes_to_the_run_before(pushed: Desk) -> None:
    """There is no question, and the run counts as undone."""
    run_again_in_name(pushed)
    assert "3 undone" in pushed.syncd("undo", "--last").out
    with terminal(pushed, "undo", "--last") as screen:
        assert screen.end() == 0
    assert "Nothing was written." in screen.text
    assert pushed.syncd("undo", "--last").code == 1


def test_with_no_run_left_that_is_said(desk: Desk) -> None:
    """And not that a run is unknown, which nobody named."""
    done = desk.syncd("undo", "--last")
    assert (done.code, done.err.splitlines()[0]) == (1, "error: no run is left to undo")


def test_what_goes_to_the_trash_is_not_said_to_be_put_back(pushed: Desk) -> None:
    """It is moved to the trash."""
    done = pushed.syncd("undo", "--last", "--dry-run")
    assert "moves 3 papers to the trash." in done.out
    assert "as they were" not in done.out
    assert "(3 moved to the trash)" in pushed.syncd("undo", "--last", "--yes").out


def test_a_run_is_named_by_a_part_of_its_name(pushed: Desk) -> None:
    """As far as no other has it; or as the last one. Of an undo, that is the last that is not undone."""
    created, updated = last(pushed), code_for_all(pushed)
    part = updated.rpartition("-")[2]
    assert pushed.syncd("log", part, "--json").json == pushed.syncd("log", updated, "--json").json
    assert pushed.syncd("log", "--last", "--json").json == pushed.syncd("log", updated, "--json").json
    for words in (("log", "20"), ("undo", "20")):
        several = pushed.syncd(*words)
        assert several.code == 1
        assert created in several.err
        assert updated in several.err
    assert pushed.syncd("undo").code == 2
    assert pushed.syncd("undo", part, "--last").code == 2
    assert "3 put back" in pushed.syncd("undo", part).out
    assert "3 moved to the trash" in pushed.syncd("undo", "--last").out
    assert pushed.syncd("undo", "--last").code == 1


def test_log_and_undo_count_the_same_of_a_run_that_was_interrupted(pushed: Desk) -> None:
    """A process that was killed has not counted; its lines are in the history all the same."""
    run = last(pushed)
    with closing(sqlite3.connect(pushed.data.state)) as state:
        state.execute("UPDATE run SET finished = NULL, counts = '{}'")
        state.commit()
    (told,) = pushed.syncd("log", "--json").json
    assert (told["finished"], told["counts"]) == (None, {"create": 3})
    assert "3 created; it did not finish" in " ".join(pushed.syncd("log").out.split())
    assert len(pushed.syncd("log", run, "--json").json) == 3
    assert "3 undone" in pushed.syncd("undo", run).out


def test_status_says_whose_doing_it_was(pushed: Desk, owner: Owner) -> None:
    """What an undo moved to the trash was not deleted by the user; each is listed by its title."""
    owner.edit("Gamma", deleted=1)
    pushes(pushed)
    assert "2 undone" in pushed.syncd("undo", "--last").out
    pushes(pushed)
    words = " ".join(pushed.syncd("status").out.split())
    assert "deleted or trashed by you: 1 " in words
    assert "in the trash since you undid their run or rejected them: 2 " in words
    assert words.index("Gamma:") < words.index("since you undid") < words.index("Alpha:")
    told = {paper["title"]: paper["by"] for paper in pushed.syncd("status", "--json").json["papers"]}
    assert told == {"Alpha": "syncd", "Beta": "syncd", "Gamma": "user"}
    rests(pushed)
