"""What syncd tells of its work, and what users say after the fact: status, log, undo, restore, resume, review."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from doubles import Fault
from owner import LONG, NEWS, TITLES, TWO_DAYS, another_machine, forget, memory_of, pushes, rests, show
from pages import entry, page
from syncd.cli.console import of_report
from syncd.state.standings import Standing
from terminals import terminal

if TYPE_CHECKING:
    from desk import Desk
    from owner import Owner


# What syncd tells


def test_status_tells_what_was_kept_what_waits_and_what_is_paused(pushed: Desk, owner: Owner) -> None:
    """For people in sections, for scripts as JSON; the words name the paper and the reason."""
    owner.edit("Alpha", abstractNote="My own words.")
    owner.edit("Gamma", deleted=1)
    pushed.clock.advance(TWO_DAYS)
    owner.edit("Beta", tags=[])
    new = [entry(title, abstract=f"New words on {title}.") for title in TITLES]
    pushed.page.write_text(page(*new), encoding="utf-8")
    pushed.run()
    shown = pushed.syncd("status")
    assert shown.code == 0
    words = " ".join(shown.out.split())
    assert "kept as you changed them: 1" in words
    assert "Alpha: abstract" in words
    assert "waiting: 1" in words
    assert "Beta: you edited it; the change waits until" in words
    assert "deleted or trashed by you: 1" in words
    told = pushed.syncd("status", "--json").json
    assert {paper["title"]: paper["cause"] for paper in told["papers"]} == {
        "Alpha": "kept", "Beta": "waiting", "Gamma": "deleted"
    }  # fmt: skip
    (profile,) = told["profiles"]
    assert (profile["name"], profile["papers"], profile["paused"]) == ("ann", 3, None)
    owner.delete_collection("Profiles")
    pushed.run()
    words = " ".join(pushed.syncd("status").out.split())
    assert "paused: the collection 'Profiles/Ann Lee' is in Zotero's trash" in words
    assert "syncd resume ann --new-collection" in words
    assert "take the collection out" in pushed.syncd("resume", "ann").err.lower()


def test_status_shows_yours_beside_the_sources(pushed: Desk, owner: Owner) -> None:
    """Each value on one line and not too long; for scripts whole; a blank one is said to be blank."""
    key = owner.item("Alpha")["key"]
    values = {
        "abstractNote": ("My own words.\n" * 9, "Theirs."),
        "creators": ([], [{"firstName": "Ann", "lastName": "Lee"}]),
    }
    with memory_of(pushed) as state, state.writing() as connection:
        kept = Standing("PPPP2222", "kept", key, "Alpha", ", ".join(values), values=values)
        state.standings.put(connection, ["PPPP2222"], [kept])
    shown = pushed.syncd("status").out
    assert f"  {key}  Alpha: abstract and authors\n" in shown
    assert '    abstract: yours is "My own words. My own' in shown
    assert '…", the source has "Theirs."\n' in shown
    assert '    authors: yours is blank, the source has "Ann Lee"\n' in shown
    (paper,) = pushed.syncd("status", "--json").json["papers"]
    assert paper["values"]["abstractNote"] == {"yours": values["abstractNote"][0], "source": "Theirs."}


def test_what_is_kept_is_shown_with_both_values(pushed: Desk, owner: Owner) -> None:
    """The user sees what the source would have written."""
    owner.edit("Alpha", abstractNote="My own words.")
    show(pushed, alpha=NEWS)
    pushes(pushed)
    (paper,) = pushed.syncd("status", "--json").json["papers"]
    assert paper["values"] == {"abstractNote": {"yours": "My own words.", "source": NEWS}}


def test_a_trashed_collection_is_said_once(pushed: Desk, owner: Owner) -> None:
    """Not once for each of its papers; their number is there, and status has the rest."""
    owner.delete_collection("Ann Lee")
    done = pushed.syncd("push")
    assert done.code == 0
    assert (done.out + done.err).count("is in Zotero's trash") == 1
    assert "3 skipped" in done.out
    assert "syncd status" in done.out
    assert len(pushed.syncd("push", "--json").json["actions"]) == 3


def test_log_tells_each_run_each_action_and_one_items_history(pushed: Desk, owner: Owner) -> None:
    """What was done, to what, and why."""
    show(pushed, alpha=NEWS)
    second = pushes(pushed).run
    key = owner.item("Alpha")["key"]
    runs = pushed.syncd("log").out
    assert second in runs
    assert "1 update" in runs
    assert "3 created" in runs
    one = pushed.syncd("log", second, "--json").json
    assert one == [
        {
            "run": second,
            "action": "update",
            "key": key,
            "title": "Alpha",
            "reason": "syncd pushed it",
            "changes": {
                "abstractNote": {
                    "before": "We present Alpha. Code is at https://github.com/ann/alpha.",
                    "after": NEWS,
                }
            },
        }
    ]
    history = pushed.syncd("log", "--item", key).out
    assert "new in source" in history
    assert "the source changed abstract" in history
    assert pushed.syncd("log", "no-such-run").code == 1


# What the user says after the fact


def test_undo_puts_back_what_a_run_did_and_leaves_what_was_touched(pushed: Desk, owner: Owner) -> None:
    """Created items and links go to the trash, fields get their old values, and the next push keeps it so."""
    before = {title: owner.item(title) for title in TITLES}
    changed = [
        entry(title, abstract=f"New words. https://github.com/ann/{title.lower()}-two") for title in TITLES
    ]
    pushed.page.write_text(page(*changed, entry("Delta"), entry("Epsilon")), encoding="utf-8")
    run = pushes(pushed).run
    owner.edit("Beta", abstractNote="My own words.")
    owner.edit("Delta", tags=[{"tag": "mine"}])
    shown = pushed.syncd("undo", run, "--dry-run")
    assert "4 would be undone, nothing was written, 2 left" in " ".join(shown.out.split())
    assert owner.item("Alpha")["abstractNote"].startswith("New words.")
    done = pushed.syncd("undo", run)
    assert done.code == 0
    assert "left Beta changed since: abstractNote" in " ".join(done.out.split())
    assert "left Delta you changed it since" in " ".join(done.out.split())
    for _ in range(2):
        papers = owner.zotero.papers()
        assert set(papers) == {*TITLES, "Delta"}
        for title in ("Alpha", "Gamma"):
            assert papers[title]["abstractNote"] == before[title]["abstractNote"]
            assert papers[title]["tags"] == before[title]["tags"]
        assert papers["Beta"]["abstractNote"] == "My own words."
        assert all(len(owner.links(before[title]["key"])) == 1 for title in TITLES)
        rests(pushed)
        forget(pushed)


def test_an_undo_of_a_first_push_is_not_undone_by_the_next_push(pushed: Desk, owner: Owner) -> None:
    """Undone papers are in the trash, and stay there until they are restored."""
    run = pushed.syncd("log", "--json").json[0]["run"]
    assert pushed.syncd("undo", run).code == 0
    rests(pushed)
    assert owner.zotero.papers() == {}
    assert "already" in pushed.syncd("undo", run).out
    forget(pushed)
    rests(pushed)
    assert owner.zotero.papers() == {}
    assert pushed.syncd("restore", "Alpha").code == 0
    rests(pushed)
    assert set(owner.zotero.papers()) == {"Alpha"}
    assert set(owner.links(owner.item("Alpha")["key"])) == {"Code: ann/alpha"}


def test_an_undone_adoption_is_not_done_again(desk: Desk, owner: Owner) -> None:
    """Filled fields are blank again, and the item is filed no more."""
    owner.own("Alpha")
    before = owner.item("Alpha")
    desk.page.write_text(page(entry("Alpha")), encoding="utf-8")
    run = pushes(desk)
    assert run.counts["adopt"] == 1
    assert len(owner.links(before["key"])) == 1
    assert desk.syncd("undo", run.run).code == 0
    rests(desk)
    after = owner.item("Alpha")
    assert {name: after[name] for name in ("abstractNote", "tags", "collections")} == {
        name: before[name] for name in ("abstractNote", "tags", "collections")
    }
    assert owner.links(before["key"]) == {}


@pytest.mark.parametrize("way", ["undone", "trashed", "erased"])
def test_restore_knows_what_went_since_the_last_push(pushed: Desk, owner: Owner, way: str) -> None:
    """No push has to notice it first."""
    if way == "undone":
        (run,) = pushed.syncd("log", "--json").json
        assert pushed.syncd("undo", run["run"]).code == 0
    elif way == "trashed":
        owner.edit("Alpha", deleted=1)
    else:
        owner.zotero.erase(owner.item("Alpha")["key"])
    assert pushed.syncd("restore", "Alpha").code == 0
    pushed.run()
    assert "Alpha" in owner.zotero.papers()
    rests(pushed)


@pytest.mark.parametrize("by", ["title", "key"])
def test_restore_takes_a_trashed_paper_out_of_the_trash_at_once(pushed: Desk, owner: Owner, by: str) -> None:
    """It follows its source again."""
    key = owner.item("Alpha")["key"]
    owner.change(key, deleted=1)
    pushes(pushed)
    done = pushed.syncd("restore", {"title": "alpha", "key": key}[by])
    assert done.code == 0
    assert "'Alpha' is back" in done.out
    assert owner.zotero.papers()["Alpha"]["key"] == key
    rests(pushed)
    show(pushed, alpha=NEWS)
    assert pushes(pushed).counts["update"] == 1
    assert pushed.syncd("restore", "Alpha").code == 1


@pytest.mark.parametrize("by", ["title", "key"])
def test_restore_brings_an_erased_paper_back_under_a_new_key(pushed: Desk, owner: Owner, by: str) -> None:
    """With the next push, once, whole; the old key stays dead; erased again it stays away again."""
    key = owner.item("Alpha")["key"]
    owner.zotero.erase(key)
    pushes(pushed)
    done = pushed.syncd("restore", {"title": "Alpha", "key": key}[by])
    assert done.code == 0
    assert "comes back with the next push" in done.out
    assert "coming back with the next push: 1" in " ".join(pushed.syncd("status").out.split())
    assert pushes(pushed).counts["create"] == 1
    assert "coming back" not in pushed.syncd("status").out
    alpha = owner.item("Alpha")
    assert alpha["key"] != key
    assert alpha["collections"] == [owner.zotero.collections()["Ann Lee"]["key"]]
    assert set(owner.links(alpha["key"])) == {"Code: ann/alpha"}
    rests(pushed)
    show(pushed, alpha=NEWS)
    assert pushes(pushed).counts["update"] == 1
    rests(another_machine(pushed))
    rests(forget(pushed))
    assert owner.item("Alpha")["key"] == alpha["key"]
    owner.zotero.erase(alpha["key"])
    rests(pushed)
    assert set(owner.zotero.papers()) == {"Beta", "Gamma"}


@pytest.mark.parametrize("way", ["untrashed", "answer lost", "by another machine"])
def test_a_paper_that_is_back_already_is_not_made_twice(pushed: Desk, owner: Owner, way: str) -> None:
    """Its owner took it out of the trash, a first try did though it did not hear so, or another computer was first."""
    key = owner.item("Alpha")["key"]
    other = another_machine(pushed)
    pushes(other)
    if way == "by another machine":
        owner.zotero.erase(key)
    else:
        owner.edit("Alpha", deleted=1)
    pushes(pushed)
    pushes(other)
    if way == "untrashed":
        owner.edit("Alpha", deleted=0)
    elif way == "answer lost":
        owner.zotero.trouble.plan("POST", Fault("drop", when="after"))
        assert pushed.syncd("restore", "Alpha").code == 5
    else:
        assert other.syncd("restore", "Alpha").code == 0
        pushes(other)
    there = owner.item("Alpha")["key"]
    done = pushed.syncd("restore", "Alpha")
    assert (done.code, "'Alpha' is back" in done.out) == (0, True), done
    rests(pushed)
    show(pushed, alpha=NEWS)
    assert pushes(pushed).counts["update"] == 1
    assert owner.item("Alpha")["key"] == there
    rests(other)


def test_a_restored_paper_is_not_said_to_be_missing(pushed: Desk, owner: Owner) -> None:
    """It was deleted, and is there because its owner wanted it."""
    owner.zotero.erase(owner.item("Alpha")["key"])
    pushes(pushed)
    assert pushed.syncd("restore", "Alpha").code == 0
    (action,) = [one for one in pushes(pushed).actions if one.kind == "create"]
    assert action.reason == "you brought it back"


@pytest.mark.parametrize(("status", "code"), [(412, 5), (500, 5), (400, 1)])
def test_a_paper_that_stays_in_the_trash_is_said(pushed: Desk, owner: Owner, status: int, code: int) -> None:
    """A lost race is no decision of the user's: it is tried again later."""
    owner.edit("Alpha", deleted=1)
    pushes(pushed)
    failed = {"0": {"code": status, "message": "An error occurred"}}
    body = json.dumps({"successful": {}, "success": {}, "unchanged": {}, "failed": failed}).encode()
    owner.zotero.trouble.plan("POST", Fault("answer", status=200, body=body))
    done = pushed.syncd("restore", "Alpha")
    assert (done.code, "An error occurred" in done.err) == (code, True), done
    assert pushed.syncd("restore", "Alpha").code == 0


def test_what_cannot_be_restored_or_resumed_is_said(pushed: Desk) -> None:
    """A paper that nobody deleted, a profile that is not paused or not known."""
    assert "known to be deleted" in pushed.syncd("restore", "Alpha").err
    assert "nothing keeps the profile from it" in pushed.syncd("resume", "ann", "--new-collection").err
    assert "known are: ann" in pushed.syncd("resume", "bob", "--new-collection").err


# Possible duplicates


@pytest.fixture
def doubtful(desk: Desk, owner: Owner) -> Desk:
    """Give a desk with one paper to review: the library has an item of nearly its title."""
    owner.own(LONG.replace("Their", "Thier"))
    desk.page.write_text(page(entry(LONG), entry("Beta")), encoding="utf-8")
    assert of_report(pushes(desk)) == 6
    return desk


def test_review_shows_both_records_side_by_side(doubtful: Desk) -> None:
    """With the reasons, for people and for scripts."""
    shown = doubtful.syncd("review")
    assert shown.code == 6
    assert "alike" in shown.out
    assert "authors shared" in " ".join(shown.out.split())
    (waiting,) = doubtful.syncd("review", "--json").json
    assert waiting["record"]["title"] == LONG
    (candidate,) = waiting["candidates"]
    assert candidate["record"]["title"] == LONG.replace("Their", "Thier")


def test_breaking_a_review_off_decides_nothing(doubtful: Desk) -> None:
    """And says that on a line of its own, not that something was written."""
    with terminal(doubtful, "review") as screen:
        assert screen.break_off("[l]ater") == 130
        assert "\nInterrupted. What was asked about was not done" in screen.text
    assert len(doubtful.syncd("review", "--json").json) == 1


@pytest.mark.parametrize("by", ["title", "key"])
def test_a_paper_judged_the_same_is_filed_and_no_second_item_made(
    doubtful: Desk, owner: Owner, by: str
) -> None:
    """The owner's title stays."""
    mine = owner.item(LONG.replace("Their", "Thier"))["key"]
    (waiting,) = doubtful.syncd("review", "--json").json
    assert doubtful.syncd("review", {"title": LONG, "key": waiting["paper"]}[by], "--same").code == 0
    assert pushes(doubtful).counts["adopt"] == 1
    papers = owner.zotero.papers()
    assert set(papers) == {LONG.replace("Their", "Thier"), "Beta"}
    assert papers[LONG.replace("Their", "Thier")]["key"] == mine
    assert len(papers[LONG.replace("Their", "Thier")]["collections"]) == 1
    rests(doubtful)
    assert "Nothing waits" in doubtful.syncd("review").out


def test_a_paper_judged_different_is_added(doubtful: Desk, owner: Owner) -> None:
    """And stays apart from then on, also when the state is lost."""
    assert doubtful.syncd("review", LONG, "--different").code == 0
    assert pushes(doubtful).counts["create"] == 1
    rests(doubtful)
    forget(doubtful)
    rests(doubtful)
    assert set(owner.zotero.papers()) == {LONG, LONG.replace("Their", "Thier"), "Beta"}
    assert owner.item(LONG.replace("Their", "Thier"))["collections"] == []


def test_a_paper_judged_later_waits_without_a_fuss(doubtful: Desk, owner: Owner) -> None:
    """It is still listed, but ends no run with exit code 6; another answer can follow."""
    assert doubtful.syncd("review", LONG, "--later").code == 0
    assert of_report(pushes(doubtful)) == 0
    assert set(owner.zotero.papers()) == {LONG.replace("Their", "Thier"), "Beta"}
    assert len(doubtful.syncd("review", "--json").json) == 1
    assert doubtful.syncd("review", LONG, "--different").code == 0
    assert pushes(doubtful).counts["create"] == 1
