"""What only a source with identifiers shows, and titles that change: the item stays the same one, of whatever type."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from owner import LONG, MEMORIES, TITLES, forget, pushes, rests, show, with_every_memory
from pages import entry
from syncd import read
from syncd.model import Creator, Identifiers, Paper, Profile

if TYPE_CHECKING:
    from desk import Desk
    from owner import Memory, Owner
    from syncd.model import Snapshot


RECORDS = 'format = "records"\n'


def records(*papers: Paper) -> str:
    """Return what `read_records` reads."""
    values = [
        {
            "title": paper.title,
            "abstract": paper.abstract,
            "doi": paper.identifiers.doi,
            "arxiv": paper.identifiers.arxiv,
        }
        for paper in papers
    ]
    return json.dumps(values)


def read_records(snapshot: Snapshot) -> Profile:
    """Read papers that have identifiers, as a source other than the page gives them."""
    authors = (Creator("Ann Lee", "Lee", "Ann"), Creator("Bo Chen", "Chen", "Bo"))
    papers = [
        Paper(
            value["title"],
            authors,
            abstract=value["abstract"],
            date="2023-04-25",
            category="cs.CL",
            identifiers=Identifiers(value["doi"], value["arxiv"]),
        )
        for value in json.loads(snapshot.data)
    ]
    return Profile(name="Ann Lee", papers=tuple(papers))


ARXIV = Paper("Alpha", abstract="Words.", identifiers=Identifiers(arxiv="2304.12526"))
PLAIN = replace(ARXIV, identifiers=Identifiers())


@pytest.fixture
def recorded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Give a desk whose source knows identifiers; one paper of arXiv was pushed."""
    monkeypatch.setitem(read.FORMATS, "records", read_records)
    desk.configure(RECORDS)
    desk.page.write_text(records(ARXIV), encoding="utf-8")
    assert desk.run().counts["create"] == 1
    return desk


@with_every_memory
def test_a_preprint_that_was_made_a_conference_paper_stays_one(
    recorded: Desk, owner: Owner, memory: Memory
) -> None:
    """Fields that its type has not are never written; other changes still arrive."""
    before = owner.item("Alpha")
    assert (before["archiveID"], before["repository"]) == ("arXiv:2304.12526", "arXiv")
    owner.edit("Alpha", itemType="conferencePaper")
    assert "archiveID" not in owner.item("Alpha")
    desk = memory(recorded)
    rests(desk)
    news = replace(ARXIV, abstract="Other words.", identifiers=Identifiers("10.1000/alpha", "2304.99999"))
    desk.page.write_text(records(news), encoding="utf-8")
    pushes(desk)
    rests(desk)
    after = owner.item("Alpha")
    assert (after["key"], after["itemType"], after["abstractNote"]) == (
        before["key"], "conferencePaper", "Other words."
    )  # fmt: skip
    assert "archiveID" not in after
    owner.edit("Alpha", itemType="preprint")
    rests(desk)
    assert owner.item("Alpha")["archiveID"] == ""


@with_every_memory
def test_an_arxiv_id_that_appears_later_goes_only_where_the_changed_type_has_a_field_for_it(
    recorded: Desk, owner: Owner, memory: Memory
) -> None:
    """The server would refuse the whole object for one field too many."""
    plain = replace(PLAIN, title="Beta")
    recorded.page.write_text(records(ARXIV, plain), encoding="utf-8")
    recorded.run()
    owner.edit("Beta", itemType="conferencePaper")
    desk = memory(recorded)
    rests(desk)
    late = replace(plain, identifiers=Identifiers(arxiv="2305.00001"))
    desk.page.write_text(records(ARXIV, late), encoding="utf-8")
    assert pushes(desk).counts["update"] == 1
    rests(desk)
    beta = owner.item("Beta")
    assert (beta["itemType"], beta["DOI"]) == ("conferencePaper", "10.48550/arXiv.2305.00001")
    assert "archiveID" not in beta


@pytest.mark.parametrize("identifiers", [Identifiers(arxiv="2304.12526"), Identifiers("10.1000/alpha")])
@with_every_memory
def test_an_identifier_that_appears_later_makes_no_second_item(
    recorded: Desk, owner: Owner, memory: Memory, identifiers: Identifiers
) -> None:
    """The item keeps its key and gets the identifier."""
    plain = replace(PLAIN, title="Beta")
    recorded.page.write_text(records(ARXIV, plain), encoding="utf-8")
    recorded.run()
    key = owner.item("Beta")["key"]
    desk = memory(recorded)
    late = replace(plain, identifiers=replace(identifiers, arxiv=identifiers.arxiv and "2305.00001"))
    desk.page.write_text(records(ARXIV, late), encoding="utf-8")
    pushes(desk)
    rests(desk)
    beta = owner.item("Beta")
    assert beta["key"] == key
    if memory is MEMORIES["kept"]:
        assert beta["DOI"] == (identifiers.doi or "10.48550/arXiv.2305.00001")
    assert len(owner.zotero.papers()) == 2


@with_every_memory
def test_a_title_that_the_source_corrected_changes_the_same_item(
    pushed: Desk, owner: Owner, memory: Memory
) -> None:
    """Same date, same authors, same abstract: it is that paper, not a new one."""
    text = "What we found on long titles. Code: https://github.com/ann/long"
    show(pushed, entry(LONG, abstract=text))
    pushes(pushed)
    key = owner.item(LONG)["key"]
    desk = memory(pushed)
    rests(desk)
    corrected = LONG.replace("Long", "Lengthy")
    for _ in range(2):
        show(desk, entry(corrected, abstract=text))
        pushes(desk)
        rests(desk)
        assert owner.item(corrected)["key"] == key
        assert len(owner.zotero.papers()) == 4
        desk = forget(desk)


def test_a_title_that_the_user_changed_stays_when_the_source_corrects_it(pushed: Desk, owner: Owner) -> None:
    """The user wins, and there is no second item."""
    show(pushed, entry(LONG))
    pushes(pushed)
    owner.edit(LONG, title="My title for it")
    show(pushed, entry(LONG.replace("Long", "Lengthy")))
    pushes(pushed)
    rests(pushed)
    assert set(owner.zotero.papers()) == {*TITLES, "My title for it"}
