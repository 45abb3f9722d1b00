"""The note of a week in Zotero: made once, kept up to date while nobody touched it, and its user's from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from doubles import Fault
from pages import entry, page

if TYPE_CHECKING:
    from collections.abc import Callable

    from desk import Desk, Zotero
    from syncd.engine.run import Report

DAY = 86400
FAULTS = {"away": Fault("drop"), "refused": Fault("fail", status=403)}
WEEKLY = '\n[digest]\nnote = "weekly"\n'


@pytest.fixture
def weekly(desk: Desk) -> Desk:
    """Give a desk with a note a week, on a Tuesday."""
    desk.configure(WEEKLY)
    return desk


def brings(desk: Desk, *titles: str, **task: Any) -> Report:
    """Let the page list papers, and a push bring them in."""
    desk.page.write_text(page(*(entry(title) for title in titles)), encoding="utf-8")
    report = desk.run(**task)
    assert report.error is None
    return report


def notes(zotero: Zotero) -> list[dict[str, Any]]:
    """Return all notes of the library, trashed ones too."""
    return [data for data in zotero.items().values() if data["itemType"] == "note"]


def text(zotero: Zotero) -> str:
    """Return what the only note says."""
    (note,) = notes(zotero)
    return str(note["note"])


def by_week(zotero: Zotero) -> list[str]:
    """Return what the notes say, that of the first week first."""
    return sorted(note["note"] for note in notes(zotero))


def test_a_week_has_one_note_in_its_collection(weekly: Desk, zotero: Zotero) -> None:
    """What comes later in the week is added to it; the next week has its own, and the old one stays."""
    brings(weekly, "Alpha")
    (note,) = notes(zotero)
    assert note["collections"] == [zotero.collections()["Profiles"]["key"]]
    alpha = zotero.papers()["Alpha"]["key"]
    assert f'<a href="zotero://select/library/items/{alpha}" ' in note["note"]
    weekly.clock.advance(DAY)
    brings(weekly, "Alpha", "Beta <i>& Co")
    assert {"Alpha", "Beta &lt;i&gt;&amp; Co"} <= set(text(zotero).replace("<", ">").split(">"))
    weekly.clock.advance(7 * DAY)
    brings(weekly, "Alpha", "Beta <i>& Co", "Gamma")
    first, second = sorted(notes(zotero), key=lambda one: one["dateAdded"])
    assert first["key"] == note["key"]
    assert ("Gamma" in first["note"], "Gamma" in second["note"]) == (False, True)
    assert "Alpha" not in second["note"]


def test_a_push_over_midnight_leaves_no_paper_untold(weekly: Desk, zotero: Zotero) -> None:
    """What came on Sunday is in the note of its week, though the push ends on Monday; and then there is stillness."""
    weekly.clock.advance(5 * DAY + DAY / 2 - 10)
    titles = [f"Paper {number}" for number in range(60)]
    # Collections, and papers twice, before which it strikes twelve.
    zotero.trouble.plan("POST", *[lambda _: None] * 2, lambda _: weekly.clock.advance(60))
    brings(weekly, *titles)
    assert "week 23 of 2026" in text(zotero)
    assert "60 papers came." in text(zotero)
    before = zotero.version()
    brings(weekly, *titles)
    assert zotero.version() == before


def test_without_news_nothing_is_written_nor_asked(weekly: Desk, zotero: Zotero) -> None:
    """Not in the same week, and not in one that has nothing; a dry run writes no note either."""
    brings(weekly, "Alpha", dry_run=True)
    assert notes(zotero) == []
    brings(weekly, "Alpha")
    before = zotero.version()
    for _ in range(8):
        weekly.clock.advance(DAY)
        report = brings(weekly, "Alpha")
        assert (report.requests.total, report.requests.write) == (1, 0)
    assert zotero.version() == before
    assert len(notes(zotero)) == 1


def test_it_is_off_where_nobody_wants_it(desk: Desk, zotero: Zotero) -> None:
    """That is usual."""
    brings(desk, "Alpha")
    assert notes(zotero) == []


EDITS: dict[str, Callable[[Zotero, dict[str, Any]], object]] = {
    "changed": lambda zotero, note: change(zotero, note, {"note": note["note"] + "<p>Mine</p>"}),
    "tagged": lambda zotero, note: change(zotero, note, {"tags": [{"tag": "mine"}]}),
    "moved": lambda zotero, note: change(zotero, note, {"collections": []}),
    "trashed": lambda zotero, note: change(zotero, note, {"deleted": 1}),
    "erased": lambda zotero, note: zotero.erase(note["key"]),
}


def change(zotero: Zotero, note: dict[str, Any], properties: dict[str, Any]) -> None:
    """Change a note as its owner does."""
    zotero.write({"key": note["key"], "version": note["version"], **properties})


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("forgetful", [False, True])
def test_what_its_user_did_with_it_stays(weekly: Desk, zotero: Zotero, edit: str, *, forgetful: bool) -> None:
    """For good: no later paper changes it, and none brings it back; nor where syncd lost its state."""
    brings(weekly, "Alpha")
    EDITS[edit](zotero, notes(zotero)[0])
    before = notes(zotero)
    if forgetful:
        weekly.data.state.unlink()
    weekly.clock.advance(DAY)
    brings(weekly, "Alpha", "Beta")
    assert "Beta" in zotero.papers()
    assert notes(zotero) == before


def test_what_zoteros_editor_writes_by_itself_is_no_edit(weekly: Desk, zotero: Zotero) -> None:
    """A later one puts its own version around a note that is open while a sync changes it."""
    brings(weekly, "Alpha")
    (note,) = notes(zotero)
    change(zotero, note, {"note": note["note"].replace('schema-version="9"', 'schema-version="12"')})
    brings(weekly, "Alpha", "Beta")
    assert "Beta</a>" in text(zotero)


def test_a_paper_that_was_rejected_hides_none_that_comes(weekly: Desk, zotero: Zotero) -> None:
    """One went and one came: the number is the same."""
    brings(weekly, "Alpha", "Beta")
    assert weekly.syncd("reject", "Alpha", "--profile", "ann").code == 0
    weekly.clock.advance(60)
    brings(weekly, "Alpha", "Beta", "Gamma")
    assert ("Gamma</a>" in text(zotero), "Alpha</a>" in text(zotero)) == (True, False)


def test_undo_leaves_it_and_the_next_news_bring_it_up_to_date(weekly: Desk, zotero: Zotero) -> None:
    """It tells what came; a paper that went again is no part of it once something else comes."""
    run = brings(weekly, "Alpha").run
    before = text(zotero)
    assert weekly.syncd("undo", run, "--yes").code == 0
    assert text(zotero) == before
    weekly.clock.advance(60)
    brings(weekly, "Alpha", "Beta")
    assert ("Alpha</a>" in text(zotero), "Beta</a>" in text(zotero)) == (False, True)


@pytest.mark.parametrize("written", [False, True])
def test_a_lost_answer_makes_no_second_note(weekly: Desk, zotero: Zotero, *, written: bool) -> None:
    """The run says that it is not sure; the next one finds out, and the note is kept up to date from then on."""
    fault = Fault("drop", when="after" if written else "before")
    # Collections and papers are written before it, and later a paper.
    for before, titles in ((2, ["Alpha"]), (1, ["Alpha", "Beta"])):
        zotero.trouble.plan("POST", *[lambda _: None] * before, fault)
        report = brings(weekly, *titles)
        assert report.counts["create"] == 1
        assert "2026-W23" in report.notices[0]
        weekly.clock.advance(60)
        assert brings(weekly, *titles).notices == []
        assert f"{titles[-1]}</a>" in text(zotero)
        assert brings(weekly, *titles).requests.write == 0


def test_a_library_that_refuses_it_is_asked_again_with_the_next_news(weekly: Desk, zotero: Zotero) -> None:
    """Papers arrive all the same; why there is no note is said once, for as long as that is so."""
    refused = Fault("fail", status=403)
    said = []
    for number in range(1, 4):
        zotero.trouble.plan("POST", *[lambda _: None] * (2 if number == 1 else 1), refused)
        said.append(brings(weekly, *(f"Paper {one}" for one in range(number))).notices)
        zotero.trouble.forget()
        assert brings(weekly, *(f"Paper {one}" for one in range(number))).requests.total == 1
    assert [len(one) for one in said] == [1, 0, 0]
    # A new week is a reason to try again, though nothing comes: once, and nothing is said of it.
    weekly.clock.advance(7 * DAY)
    zotero.trouble.plan("POST", refused)
    asked = [brings(weekly, *(f"Paper {one}" for one in range(3))) for _ in range(2)]
    assert [(one.notices, one.requests.write) for one in asked] == [([], 1), ([], 0)]
    assert notes(zotero) == []
    brings(weekly, *(f"Paper {one}" for one in range(4)))
    before, this = by_week(zotero)
    assert all(f"Paper {one}</a>" in before for one in range(3))
    assert ("Paper 3" in before, "Paper 3</a>" in this) == (False, True)


def test_what_keeps_it_from_being_written_is_said_once(weekly: Desk, zotero: Zotero) -> None:
    """The papers arrive all the same; once the user made room for it, it comes with the next news."""
    weekly.configure(WEEKLY + 'collection = "Digests"\n')
    brings(weekly, "Alpha")
    key = zotero.collections()["Digests"]["key"]
    zotero.erase(key, of="collections")
    weekly.clock.advance(7 * DAY)
    assert "Digests" in brings(weekly, "Alpha", "Beta").notices[0]
    weekly.clock.advance(7 * DAY)
    assert brings(weekly, "Alpha", "Beta", "Gamma").notices == []
    assert len(notes(zotero)) == 1
    weekly.configure(WEEKLY)
    brings(weekly, "Alpha", "Beta", "Gamma", "Delta")
    _, before, this = by_week(zotero)
    assert ("Beta</a>" in before, "Gamma</a>" in this, "Delta</a>" in this) == (True, True, True)


@pytest.mark.parametrize("fault", FAULTS)
def test_what_a_week_could_not_tell_is_made_up_for_in_the_next(
    weekly: Desk, zotero: Zotero, fault: str
) -> None:
    """The next push writes it, though it brings nothing: what came by then, and nothing that comes later."""
    brings(weekly, "Alpha")
    zotero.trouble.plan("POST", lambda _: None, FAULTS[fault])
    assert brings(weekly, "Alpha", "Beta").notices
    zotero.trouble.forget()
    assert "Beta" not in text(zotero)
    weekly.clock.advance(7 * DAY)
    brings(weekly, "Alpha", "Beta")
    assert "Beta</a>" in text(zotero)
    assert brings(weekly, "Alpha", "Beta").requests.write == 0
    brings(weekly, "Alpha", "Beta", "Gamma")
    before, this = by_week(zotero)
    assert ("2 papers came." in before, "Gamma" in before) == (True, False)
    assert ("1 paper came." in this, "Beta" in this) == (True, False)


@pytest.mark.parametrize("edit", ["changed", "trashed", "erased"])
def test_making_up_for_a_week_touches_no_note_of_its_users(weekly: Desk, zotero: Zotero, edit: str) -> None:
    """Nor does it bring one back."""
    brings(weekly, "Alpha")
    zotero.trouble.plan("POST", lambda _: None, FAULTS["refused"])
    brings(weekly, "Alpha", "Beta")
    zotero.trouble.forget()
    EDITS[edit](zotero, notes(zotero)[0])
    before = notes(zotero)
    weekly.clock.advance(7 * DAY)
    for _ in range(2):
        assert brings(weekly, "Alpha", "Beta").requests.write == 0
    assert notes(zotero) == before


def test_what_was_there_before_is_no_news(weekly: Desk, zotero: Zotero) -> None:
    """Papers that were only adopted are in no note, nor is there one for them."""
    people = [
        {"creatorType": "author", "firstName": a, "lastName": b} for a, b in (("Ann", "Lee"), ("Bo", "Chen"))
    ]
    zotero.write({"itemType": "preprint", "title": "Alpha", "date": "2023", "creators": people})
    weekly.clock.advance(2 * DAY)
    assert brings(weekly, "Alpha").counts["adopt"] == 1
    assert notes(zotero) == []
    brings(weekly, "Alpha", "Beta")
    assert ("Beta</a>" in text(zotero), "Alpha" in text(zotero)) == (True, False)
