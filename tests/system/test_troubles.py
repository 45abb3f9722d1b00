"""What keeps profiles from being pushed: whose trouble it is, since when, and when it is forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from doubles import Fault
from owner import memory_of, show
from pages import entry, page
from syncd.config import load
from syncd.engine.ports import Ports
from syncd.engine.run import Report, RunOptions, run_once
from syncd.errors import ClosedError, LockedError, StoppedError, SyncdError
from syncd.messages import Message
from syncd.state.store import Store

if TYPE_CHECKING:
    from desk import Desk, Zotero
    from syncd.state.profiles import Problem

BO = '[profiles.bo]\nsource = "bo.txt"\ncaptured = 2026-06-01\n'
OTHER = '[libraries.other]\ntype = "embedded"\n'
# What ends a run though nothing is wrong with profiles or library.
NOBODYS_FAULT = [
    ClosedError("it is left alone", kind="transient"),
    LockedError("another run is at work"),
    StoppedError("the run was asked to end"),
]


def troubles(desk: Desk) -> dict[str, Problem]:
    """Return what is kept, by profile."""
    with memory_of(desk) as state:
        return {trouble.name: trouble for trouble in state.profiles.problems()}


def turned_away(desk: Desk, error: SyncdError) -> Report:
    """Run, and be turned away before the library is asked."""

    def admit(_library: str) -> None:
        raise error

    desk.data.create()
    config = load(desk.folder / "config.toml", desk.env)
    (report,) = run_once(config, RunOptions(), Ports(desk.env, desk.data, desk.clock, admit=admit))
    return report


def test_a_missing_page_is_shown_until_it_is_there(desk: Desk) -> None:
    """With how often it was missed and what to do, as the command tells it."""
    for times in (1, 2):
        assert desk.syncd("push").code != 0
        (profile,) = desk.syncd("status", "--json").json["profiles"]
        trouble = profile["trouble"]
        assert trouble["count"] == times
        assert trouble["since"] <= trouble["last"]
        assert "page.txt" in trouble["message"]
    assert "it failed a moment ago" in desk.syncd("status").out
    show(desk)
    assert desk.syncd("push").code == 0
    (profile,) = desk.syncd("status", "--json").json["profiles"]
    assert profile["trouble"] is None


def test_a_trouble_is_kept_with_its_code_and_one_from_before_with_its_words(desk: Desk) -> None:
    """The command and the checkup show the words of both."""
    assert desk.syncd("push").code != 0
    (trouble,) = troubles(desk).values()
    assert isinstance(trouble.message, Message)
    (shown,) = desk.syncd("status", "--json").json["profiles"]
    assert shown["trouble"]["message"] == trouble.message
    assert any(trouble.message in one["message"] for one in desk.syncd("doctor", "--json").json["checks"])
    store = Store.at(desk.data.state)
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE trouble SET message = 'as it was said before'")
    store.close()
    (trouble,) = troubles(desk).values()
    assert trouble.message == "as it was said before"
    assert not isinstance(trouble.message, Message)
    (shown,) = desk.syncd("status", "--json").json["profiles"]
    assert shown["trouble"]["message"] == trouble.message


def test_a_trouble_knows_its_first_and_last_failure(desk: Desk) -> None:
    """In a row: after a success it begins anew."""
    for _ in range(3):
        desk.clock.advance(60)
        desk.run()
    trouble = troubles(desk)["ann"]
    assert (trouble.since, trouble.last, trouble.count) == (
        "2026-06-02T12:01:00+00:00",
        "2026-06-02T12:03:00+00:00",
        3,
    )
    show(desk)
    desk.run()
    assert troubles(desk) == {}
    desk.page.unlink()
    desk.clock.advance(60)
    desk.run()
    trouble = troubles(desk)["ann"]
    assert (trouble.since, trouble.count) == ("2026-06-02T12:04:00+00:00", 1)


def test_a_profiles_own_trouble_weighs_more_than_its_librarys(desk: Desk, zotero: Zotero) -> None:
    """Whose page is missing must find the page, whatever is wrong with the key; the others must mend the key."""
    desk.configure(BO)
    show(desk)
    zotero.trouble.plan("GET", Fault("answer", status=403, body=b"Forbidden"))
    report = desk.run()
    assert report.error is not None
    found = troubles(desk)
    assert found["ann"].message == str(report.error)
    assert found["ann"].hint == report.error.hint
    assert "bo.txt" in found["bo"].message


@pytest.mark.parametrize("error", NOBODYS_FAULT, ids=lambda error: type(error).__name__)
def test_who_is_turned_away_has_no_trouble_but_a_missing_page_is_one(desk: Desk, error: SyncdError) -> None:
    """Of a profile whose turn did not come nothing is known: what was known of it stays."""
    desk.run()
    desk.configure(BO)
    show(desk)
    assert turned_away(desk, error).error is error
    found = troubles(desk)
    assert found["ann"].count == 1
    assert "bo.txt" in found["bo"].message
    desk.run()
    assert turned_away(desk, error).error is error
    assert {name: trouble.count for name, trouble in troubles(desk).items()} == {"bo": 3}


def test_one_page_of_several_is_a_trouble_of_its_profile(desk: Desk) -> None:
    """Of a folder of pages each has a name of its own."""
    desk.configure('[profiles.all]\nsource = "pages/*.txt"\ncaptured = 2026-06-01\n')
    show(desk)
    (desk.folder / "pages").mkdir()
    for name, text in (("a", page(entry("Alpha"))), ("b", "This is no profile page.")):
        (desk.folder / "pages" / f"{name}.txt").write_text(text, encoding="utf-8")
    desk.run()
    assert {name: "b.txt" in trouble.message for name, trouble in troubles(desk).items()} == {"all": True}


def test_a_page_with_far_fewer_papers_is_a_trouble(desk: Desk) -> None:
    """It is found out late, after the library was opened; of several pages it is named with its author."""
    desk.configure('[profiles.all]\nsource = "pages/*.txt"\ncaptured = 2026-06-01\n')
    show(desk)
    (desk.folder / "pages").mkdir()
    for name in ("Ann Lee", "Bo Chen"):
        text = page(entry(f"Alpha of {name}"), entry(f"Beta of {name}"), entry(f"Gamma of {name}"), name=name)
        (desk.folder / "pages" / f"{name[0]}.txt").write_text(text, encoding="utf-8")
    desk.run()
    assert troubles(desk) == {}
    text = page(entry("Alpha of Bo Chen"), name="Bo Chen")
    (desk.folder / "pages" / "B.txt").write_text(text, encoding="utf-8")
    desk.run()
    assert {name: "1 papers" in trouble.message for name, trouble in troubles(desk).items()} == {"all": True}


def test_who_is_not_followed_any_more_has_no_trouble(desk: Desk) -> None:
    """Neither one that left the configuration, nor one that now has another library."""
    show(desk)
    desk.configure(BO)
    desk.run()
    assert set(troubles(desk)) == {"bo"}
    desk.configure()
    desk.run()
    assert troubles(desk) == {}
    desk.configure(BO)
    desk.run()
    desk.configure(f'{BO}library = "other"\n{OTHER}')
    desk.run(names=("ann",))
    assert troubles(desk) == {}


def test_of_what_is_named_by_hand_nothing_is_kept(desk: Desk) -> None:
    """Nobody follows it, so nothing keeps it from being pushed next time; nor does a dry run leave a trace."""
    report = desk.run(names=("elsewhere.txt",))
    assert len(report.unread) == 1
    assert len(desk.run(dry_run=True).unread) == 1
    assert troubles(desk) == {}


def test_a_trouble_that_can_not_be_kept_hides_nothing(desk: Desk) -> None:
    """The command still tells what is wrong with the page."""
    desk.data.create()
    desk.data.state.write_bytes(b"something else altogether" * 100)
    done = desk.syncd("push")
    assert done.code != 0
    assert "page.txt" in done.out + done.err
    assert len(desk.run().unread) == 1
