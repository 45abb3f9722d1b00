"""Lists of people: what a CSV file says, and what is wrong with it, line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from builders import intake, paper, view
from clocks import FakeClock
from syncd.config import load
from syncd.config.load import effective
from syncd.errors import ConfigError
from syncd.model import Identifiers, Span
from syncd.sync.action import Memory, Said
from syncd.sync.belongs import profile_mark
from syncd.sync.plan import plan

if TYPE_CHECKING:
    from pathlib import Path

    from syncd.config import Config
    from syncd.model import Paper
    from syncd.sync.action import Plan


ANN, BO = "0000-0002-1825-0097", "openalex:A5023888391"


def listed(folder: Path, people: str, more: str = "", *, collection: str = "Lab/{name}") -> Config:
    """Load a configuration with a list of these people."""
    (folder / "people.csv").write_bytes(people.encode())
    group = f'[groups.lab]\nmembers = "people.csv"\ncollection = "{collection}"\nschedule = "daily"\n'
    (folder / "config.toml").write_text(group + more, encoding="utf-8")
    return load(folder / "config.toml", {})


def problems(folder: Path, people: str, more: str = "") -> list[str]:
    """Return what is wrong with a list, without the path of its folder."""
    with pytest.raises(ConfigError) as caught:
        listed(folder, people, more)
    return [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_each_row_is_a_profile(tmp_path: Path, delimiter: str, mark: str) -> None:
    """With the settings of the list, whatever a spreadsheet puts between cells and before them."""
    rows = (
        ("Name", "ORCID", "from", "to", "room"),
        ("Ann Lee", ANN, "2021-05-01", "", "12"),
        ("Bo Chen", BO, "", "2022", ""),
    )
    config = listed(tmp_path, mark + "\r\n".join(delimiter.join(row) for row in rows))
    ann, bo = config.profile("Ann Lee"), config.profile("Bo Chen")
    assert (ann.source, ann.collection, ann.schedule, ann.span) == (
        ANN,
        "Lab/Ann Lee",
        "every 1d",
        Span("2021-05-01"),
    )
    assert (bo.source, bo.collection, bo.group, bo.span) == (BO, "Lab/Bo Chen", "lab", Span("", "2022"))


def test_one_collection_for_all(tmp_path: Path) -> None:
    """A collection without {name} is everybody's."""
    config = listed(tmp_path, f"name,id\nAnn,{ANN}\nBo,{BO}\n", collection="Lab")
    assert {profile.collection for profile in config.profiles.values()} == {"Lab"}


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    """With its line, also behind a blank one and behind a cell of two lines."""
    rows = (
        "name,id,from,to,note",
        "A/B,,,,",
        'Ann,0000-0002-1825-0098,2021-13,,"two\nlines"',
        "",
        "Ann,twelve,2022,2021-05,",
        f",{BO},,,",
        f"Lee, Bo,{BO},,,",
        f"Eve,{BO},,,",
        f"Eve,{BO},2021,,",
    )
    found = problems(tmp_path, "\n".join(rows), '[profiles.Eve]\nsource = "eve.txt"\n')
    assert [problem.partition(": ")[0].removeprefix("people.csv:") for problem in found] == [
        "2",
        "2",
        "3",
        "3",
        "6",
        "6",
        "6",
        "7",
        "8",
        "8",
        "8",
        "9",
        "10",
    ]
    for words in (
        "slash",
        "syncd follow --list",
        "mistyped",
        "'2021-13'",
        "in line 3 already",
        "'twelve'",
        "later than",
        "name is missing",
        "quotes",
        "'Bo'",
        "called 'Eve'",
        "the same person is in line 9 already",
    ):
        assert sum(words in problem for problem in found) == 1, (words, found)


@pytest.mark.parametrize(
    ("people", "words"),
    [
        ("", 'people.csv:1: there is no column called "name"'),
        (f"Ann,{ANN}", 'people.csv:1: there is no column called "id"'),
        (
            f"name,id,form\nAnn,{ANN},2021",
            "people.csv:1: there is no such column: 'form', did you mean \"from\"?",
        ),
        (f"name,id,orcid\nAnn,{ANN},{ANN}", 'people.csv:1: the column "id" is there twice'),
        (f'name,id\nAnn,{ANN}\n"Bo,{BO}', "people.csv:3: this is no CSV: unexpected end of data"),
    ],
)
def test_what_is_no_list_is_said(tmp_path: Path, people: str, words: str) -> None:
    """A mistyped column would else let dates be ignored."""
    assert words in problems(tmp_path, people)


def test_a_list_that_a_spreadsheet_saved_in_another_encoding(tmp_path: Path) -> None:
    """The line of the first umlaut is told, and what to do."""
    (tmp_path / "people.csv").write_bytes(f"name;id\nAnn;{ANN}\nJörg;{BO}\n".encode("cp1252"))
    (tmp_path / "config.toml").write_text('[groups.lab]\nmembers = "people.csv"\n', encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        load(tmp_path / "config.toml", {})
    assert raised.value.problems == [f"{tmp_path}/people.csv:3: the file is not UTF-8"]
    assert "UTF-8" in raised.value.hint


def test_lists_that_share_a_name_and_one_that_is_missing(tmp_path: Path) -> None:
    """Both lists are named."""
    (tmp_path / "more.csv").write_text(f"id,name\n{ANN},Ann\n", encoding="utf-8")
    more = '[groups.b]\nmembers = "more.csv"\n[groups.c]\nmembers = "none.csv"\n'
    assert problems(tmp_path, f"name,id\nAnn,{ANN}\n", more) == [
        "more.csv:2: the name 'Ann' is in people.csv already, in line 2",
        "none.csv: the list can't be read: No such file or directory",
    ]


def test_a_brace_that_is_no_name_is_refused(tmp_path: Path) -> None:
    """Else papers would be filed under it."""
    with pytest.raises(ConfigError, match=r"groups\.lab\.collection: has a brace"):
        listed(tmp_path, f"name,id\nAnn,{ANN}\n", collection="Lab/{nmae}")


def test_a_row_that_moves_is_the_same_profile(tmp_path: Path) -> None:
    """The daemon looks anew only at what changed."""
    before = listed(tmp_path, f"name,id\nAnn,{ANN}\n").profile("Ann")
    assert listed(tmp_path, f"name,id\nBo,{BO}\nAnn,{ANN}\n").profile("Ann") == before
    assert listed(tmp_path, f"name,id,to\nAnn,{ANN},2021\n").profile("Ann") != before


def test_a_list_stands_for_its_people(tmp_path: Path) -> None:
    """`config show` has the list once, not ten thousand people."""
    shown = {setting.path[:2] for setting in effective(listed(tmp_path, f"name,id\nAnn,{ANN}\n"))}
    assert ("groups", "lab") in shown
    assert ("profiles", "Ann") not in shown


# ── Dates ────────────────────────────────────────────────────────────────────────────────────────

NOW = FakeClock().now()


def planned(span: Span, memory: Memory | None = None, *dates: str | None) -> Plan:
    """Plan papers of these dates for somebody of whom those of a time are wanted."""
    papers = [paper(f"Paper {number} of Its Own", date=date) for number, date in enumerate(dates)]
    return plan("main", view(), memory or Memory(), [intake(*papers, name="Ann", span=span)], NOW)


@pytest.mark.parametrize(
    ("span", "wanted"),
    [
        (Span(), {0, 1, 2, 3}),
        (Span("2021-05-01", "2021-05-01"), {1, 3}),
        (Span("2021-05-02"), {2, 3}),
        (Span("", "2021-04"), {0, 3}),
        (Span("2022"), {2}),
    ],
)
def test_papers_of_the_time_are_wanted_and_no_others(span: Span, wanted: set[int]) -> None:
    """Both ends are in; a paper of which only the year is known is in where it may be."""
    made = planned(span, None, "2021-04-30", "2021-05-01", "2022-01-01", "2021")
    assert {int(action.title.split()[1]) for action in made.actions} == wanted
    assert {action.kind for action in made.actions} == {"create"}
    assert made.profiles[0].papers == 4, "the page still lists them"


@pytest.mark.parametrize(
    ("word", "kind"), [(None, "review"), ("later", "skip"), ("same", "create"), ("different", None)]
)
def test_a_paper_without_a_date_waits(word: str | None, kind: str | None) -> None:
    """It is asked about once, for the profile of which a time is wanted."""
    first = planned(Span("2021"), None, None)
    (asking,) = first.actions
    assert asking.reason == "it has no date, and of Ann papers are wanted since 2021"
    memory = Memory(dated={asking.paper: {profile_mark("Ann"): word}} if word else {})  # type: ignore[dict-item]
    assert [action.kind for action in planned(Span("2021"), memory, None).actions] == ([kind] if kind else [])


# ── Rejections ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        (paper("Lasers", "Ann Lee", doi="10.1000/a"), "unchanged"),
        (paper("Masers, an Overview", "Ann Lee", doi="10.1000/a"), "unchanged"),
        (paper("Lasers", "Ann Lee", doi="10.1000/b"), "create"),
        (paper("Lasers", "Bo Chen"), "create"),
    ],
    ids=["the same", "by its identifier", "of another identifier", "of another author"],
)
def test_a_record_of_a_rejected_paper_is_not_offered(record: Paper, kind: str) -> None:
    """Also where syncd knows no item of it; a namesake with an identifier of its own is another paper."""
    said = Said("Lasers", "2023-04-25", (("Lee", "Ann"),), identifiers=Identifiers("10.1000/a"))
    memory = Memory(rejected={"Ann": {"ABCD2345": said}})
    made = plan("main", view(), memory, [intake(record, name="Ann")], NOW)
    assert [action.kind for action in made.actions] == [kind]
    assert len(made.facts) == (kind == "create")
    (other,) = plan("main", view(), memory, [intake(record, name="Bo")], NOW).actions
    assert other.kind == "create"
