"""What was read of a source in part: it brings what is new, and what it lacks is not gone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from builders import intake, paper
from syncd.config import load
from syncd.engine.gather import jobs
from syncd.engine.ports import Ports
from syncd.engine.run import Reading, Report, RunOptions, push_read
from syncd.errors import LayoutError
from syncd.state.libraries import remembered

if TYPE_CHECKING:
    from desk import Desk, Zotero
    from syncd.model import Paper
    from syncd.state.state import State

TITLES = ("Alpha Waves in Sleep", "Beta Decay of Nuclei", "Gamma Rays from Pulsars", "Delta Rivers and Silt")


def read(desk: Desk, *papers: Paper, whole: bool = True, count: int | None = None) -> Report:
    """Push what was read of Ann's profile."""
    desk.data.create()
    config = load(desk.folder / "config.toml", desk.env)
    listed = intake(*papers, name="ann")
    listed = replace(listed, profile=replace(listed.profile, name="Ann Lee", whole=whole, paper_count=count))
    reading = Reading(tuple(jobs(config, ("ann",), None)), (listed,))
    return push_read([reading], config, RunOptions(), Ports(desk.env, desk.data, desk.clock))


def known(desk: Desk) -> State:
    """Return what is remembered of the library; good to look at while the test lasts."""
    library = load(desk.folder / "config.toml", desk.env).library(None)
    with remembered(library, desk.data, desk.clock) as state:
        return state


def four() -> list[Paper]:
    """Return four papers that nobody takes for each other."""
    return [paper(title, "Ann Lee", date="2023-04-25") for title in TITLES]


def test_one_new_paper_of_many_is_no_alarm(desk: Desk, zotero: Zotero) -> None:
    """A whole page with so few papers would be one."""
    read(desk, *four())
    report = read(desk, paper("Epsilon Aurigae", "Ann Lee"), whole=False)
    assert (report.unread, report.counts["create"]) == ([], 1)
    assert len(zotero.papers()) == 5
    (failure,) = read(desk, paper("Epsilon Aurigae", "Ann Lee")).unread
    assert isinstance(failure.error, LayoutError)


def test_how_many_papers_there_are_is_told_by_whole_readings_alone(desk: Desk) -> None:
    """Also that a source lists 4 of 65."""
    read(desk, *four(), count=65)
    read(desk, paper("Epsilon Aurigae", "Ann Lee"), whole=False)
    (profile,) = known(desk).profiles.pushed(["ann"])
    assert (profile.papers, profile.listed, profile.is_partial) == (4, 65, True)
    assert [figures["papers"] for figures in known(desk).facts.figures("ann")] == [65]


def test_a_paper_that_waits_goes_on_waiting(desk: Desk, zotero: Zotero) -> None:
    """Its profile still lists it, as far as anybody knows; a whole reading without it would end the question."""
    zotero.post({"itemType": "preprint", "title": f"{TITLES[0]} Stages", "date": "2023-04-25"})
    asked = paper(f"{TITLES[0]} Stage", "Ann Lee")
    assert read(desk, asked, *four()[1:]).counts["review"] == 1
    read(desk, paper("Epsilon Aurigae", "Ann Lee"), whole=False)
    assert [standing.cause for standing in known(desk).standings.of()] == ["review"]
    read(desk, *four()[1:])
    assert known(desk).standings.of() == []


@pytest.mark.parametrize(("whole", "kind"), [(True, "update"), (False, "review")])
def test_a_paper_that_a_part_lacks_was_not_retitled(desk: Desk, whole: bool, kind: str) -> None:  # noqa: FBT001
    """Of a whole page it is known which paper is gone; of a part its user is asked."""
    before, *others = four()
    read(desk, before, *others)
    after = replace(before, title=before.title.replace("Waves", "Wave"))
    listed = [after, *others] if whole else [after]
    (action,) = [action for action in read(desk, *listed, whole=whole).actions if action.title == after.title]
    assert action.kind == kind


def test_a_namesake_of_another_year_is_another_paper(desk: Desk, zotero: Zotero) -> None:
    """That the profile lists both can't be seen in a part."""
    read(desk, paper("Editorial", "Ann Lee", date="2019-01-01"), *four())
    read(desk, paper("Editorial", "Ann Lee", date="2025-01-01"), whole=False)
    (data,) = (item for item in zotero.items().values() if item["title"] == "Editorial")
    assert data["date"] == "2019-01-01"


def test_a_part_speaks_for_the_papers_that_it_lists(desk: Desk, zotero: Zotero) -> None:
    """A category that changed takes the place of the one before, as from a whole page."""
    first = replace(four()[0], category="CL")
    read(desk, first, *four()[1:])
    assert tags(zotero) == {"cs.CL"}
    read(desk, replace(first, category="LG"), whole=False)
    assert tags(zotero) == {"cs.LG"}


def tags(zotero: Zotero) -> set[str]:
    """Return the tags of the first paper."""
    return {tag["tag"] for tag in zotero.papers()[TITLES[0]]["tags"]}
