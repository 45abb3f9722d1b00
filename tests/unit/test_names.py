"""Personal names are taken apart where that is safe; lists of authors are split and never gain a person."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.text.names import creator, organisation, parse_authors, same_person

SPLIT = [
    ("Pengcheng He", "Pengcheng", "He", ""),
    ("Laurens van der Maaten", "Laurens", "van der Maaten", ""),
    ("van der Maaten, Laurens", "Laurens", "van der Maaten", ""),
    ("Vincent Van Gogh", "Vincent", "Van Gogh", ""),
    ("Laurent El Ghaoui", "Laurent", "El Ghaoui", ""),
    ("Hieu Van Nguyen", "Hieu Van", "Nguyen", ""),
    ("Quoc V. Le", "Quoc V.", "Le", ""),
    ("Di Wang", "Di", "Wang", ""),
    ("Xue Bin Peng", "Xue Bin", "Peng", ""),
    ("Jean-Pierre Serre", "Jean-Pierre", "Serre", ""),
    ("Si-Qing Chen", "Si-Qing", "Chen", ""),
    ("Charles de Gaulle", "Charles", "de Gaulle", ""),
    ("José Ortega y Gasset", "José", "Ortega y Gasset", ""),
    ("Khalid bin Walid", "Khalid", "bin Walid", ""),
    ("Ahmed al-Rashid", "Ahmed", "al-Rashid", ""),
    ("John von Neumann", "John", "von Neumann", ""),
    ("Martin Luther King Jr.", "Martin Luther", "King", "Jr."),
    ("Martin Luther King, Jr.", "Martin Luther", "King", "Jr."),
    ("King, Jr., Martin Luther", "Martin Luther", "King", "Jr."),
    ("Sammy Davis III", "Sammy", "Davis", "III"),
    ("Jane Doe PhD", "Jane", "Doe", ""),
    ("Plato", "", "Plato", ""),
    ("何鹏程", "", "何鹏程", ""),
    ("何 鹏程", "鹏程", "何", ""),
    ("김철수", "", "김철수", ""),
    ("محمد بن سلمان", "", "محمد بن سلمان", ""),
    ("Юрий Гагарин", "Юрий", "Гагарин", ""),
    ("P. He", "P.", "He", ""),
    ("J.R.R. Tolkien", "J.R.R.", "Tolkien", ""),
    ("bell hooks", "bell", "hooks", ""),
    ("Ann Lee*†1", "Ann", "Lee", ""),
    ("Gemini Team", "", "Gemini Team", ""),
    ("World Health Organization", "", "World Health Organization", ""),
    ("National Institutes of Health", "", "National Institutes of Health", ""),
    ("University of California, Berkeley", "", "University of California, Berkeley", ""),
    ("Centers for Disease Control and Prevention", "", "Centers for Disease Control and Prevention", ""),
    ("Institut Pasteur", "", "Institut Pasteur", ""),
    ("Guillaume de l'Hospital", "Guillaume", "de l'Hospital", ""),
    ("Google Research", "", "Google Research", ""),
    ("Ann Lee (MIT)", "Ann", "Lee", ""),
    ("Lee, Ann (MIT)", "Ann", "Lee", ""),
    ("Lukas Heinrich (15649)", "Lukas", "Heinrich", ""),
    ("Ann Lee [2] (MIT", "Ann", "Lee", ""),
    ("William (Bill) Gates", "William (Bill)", "Gates", ""),
    ("Wei Wang (\u738b\u4f1f)", "Wei", "Wang", ""),
    ("(MIT)", "", "(MIT)", ""),
]


@pytest.mark.parametrize(("name", "given_names", "family", "suffix"), SPLIT)
def test_splits_a_name(name: str, given_names: str, family: str, suffix: str) -> None:
    """Particles, suffixes, initials and scripts end up where a bibliography wants them."""
    person = creator(name)
    assert (person.given, person.family, person.suffix) == (given_names, family, suffix)


def test_shows_the_name_as_the_source_does() -> None:
    """The display name is the source's, in reading order."""
    assert creator("Laurens  van der Maaten").name == "Laurens van der Maaten"
    assert creator("van der Maaten, Laurens").name == "Laurens van der Maaten"


LISTS = [
    (
        "Zhendong Wang, Yifan Jiang, Huangjie Zheng et al.",
        ["Zhendong Wang", "Yifan Jiang", "Huangjie Zheng"],
        True,
    ),
    ("Pengcheng He, Jianfeng Gao, Weizhu Chen", ["Pengcheng He", "Jianfeng Gao", "Weizhu Chen"], False),
    ("Ann Lee, et al", ["Ann Lee"], True),
    ("Ann Lee and others", ["Ann Lee"], True),
    ("Ann Lee, Bo Sand, and Cy Dow", ["Ann Lee", "Bo Sand", "Cy Dow"], False),
    ("Ann Lee & Bo Sand", ["Ann Lee", "Bo Sand"], False),
    ("Martin King, Jr., Ann Lee", ["Martin King, Jr.", "Ann Lee"], False),
    ("Lee, Ann; Sand, Bo", ["Ann Lee", "Bo Sand"], False),
    ("Ann Lee, + 5 more", ["Ann Lee"], True),
    ("Ann Lee, ...", ["Ann Lee"], True),
    ("Alexander Anderson, Andy Land", ["Alexander Anderson", "Andy Land"], False),
    ("Ann Lee (MIT, Boston), Bo Sand (1) and Cy Dow [2]", ["Ann Lee", "Bo Sand", "Cy Dow"], False),
    (
        "Ann Lee, Centers for Disease Control and Prevention",
        ["Ann Lee", "Centers for Disease Control and Prevention"],
        False,
    ),
    ("Ann Lee and University of Here", ["Ann Lee", "University of Here"], False),
    ("et al.", [], True),
    ("", [], False),
    (" , ,", [], False),
]


@pytest.mark.parametrize(("line", "names", "cut"), LISTS)
def test_splits_a_list(line: str, names: list[str], cut: bool) -> None:  # noqa: FBT001 - a column of the table
    """Every author is one creator; the mark of a cut list is none."""
    creators, truncated = parse_authors(line)
    assert [person.name for person in creators] == names
    assert truncated is cut


def test_an_organisation_is_never_split() -> None:
    """Whatever it is called, where a source says that it is one name."""
    person = organisation("Ann Lee  Memorial, Fund")
    assert (person.name, person.family, person.given) == (
        "Ann Lee Memorial, Fund",
        "Ann Lee Memorial, Fund",
        "",
    )


@pytest.mark.parametrize(
    "hostile", ["(" * 20_000, "(1)" * 20_000, "[a(" * 20_000, "office " * 20_000 + "!", "team " * 20_000]
)
def test_no_name_takes_long(hostile: str) -> None:
    """A megabyte of brackets is a name like others."""
    start = time.perf_counter()
    creator(hostile)
    parse_authors(hostile)
    same_person(hostile, "Ann Lee")
    assert time.perf_counter() - start < 5.0


@settings(deadline=None, max_examples=150)
@given(st.text(max_size=40))
def test_any_text_is_a_name(text: str) -> None:
    """No text breaks the split, and a surname is never lost."""
    person = creator(text)
    assert bool(person.family.strip()) == bool(person.name.strip())
    parse_authors(text)


NAME_WORD = st.from_regex(r"[A-Z][a-z]{2,7}", fullmatch=True)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(NAME_WORD, NAME_WORD).map(" ".join), min_size=1, max_size=6), st.booleans())
def test_finds_as_many_as_are_listed(names: list[str], cut: bool) -> None:  # noqa: FBT001 - generated
    """A list that is written out is read back."""
    names = [name for name in names if not name.endswith(("Team", "Lab"))] or ["Ann Lee"]
    creators, truncated = parse_authors(", ".join(names) + (" et al." if cut else ""))
    assert [person.name for person in creators] == names
    assert truncated is cut


def test_brackets_behind_a_surname_that_stands_first_are_no_part_of_it() -> None:
    """Whatever they hold."""
    assert (creator("Lee (15649), Ann").family, creator("Lee (MIT), Ann").given) == ("Lee", "Ann")
