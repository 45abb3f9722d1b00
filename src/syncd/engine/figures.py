"""Which figures a profile has: over time as its source told them, and of its papers that are in the library.

No library is asked, and nothing is drawn here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from syncd.figures import TITLES, Figure
from syncd.state.facts import FIGURES
from syncd.state.papers import Papers
from syncd.state.state import State
from syncd.text.names import same_person
from syncd.zotero.items import OTHERS

# Papers by AI Score are counted in steps of so many points.
STEP: Final = 10
UNITS: Final = {"novelty": "%"}
MOST_PEOPLE = 8
MOST_CATEGORIES = 8


def figures_of(
    state: State, profile: str, author: str, titles: Mapping[str, str] = TITLES
) -> tuple[Figure, ...]:
    """Return the figures of a profile of which anything is known, in the order of `TITLES`.

    Args:
        state: of its library.
        profile: its name in state.
        author: whose profile it is: no co-author.
        titles: what each figure is called.
    """
    told = state.facts.figures(profile)
    found = [
        Figure(
            name,
            titles[name],
            "course",
            tuple((one["day"], one[name]) for one in told if one[name] is not None),
            UNITS.get(name, ""),
        )
        for name in FIGURES
    ]
    with state.reading() as connection:
        counted = Papers(connection, state.number).counted(profile)
    years = {year: number for year, number in counted.years.items() if year is not None}
    scores = {score: number for score, number in counted.scores.items() if score is not None}
    found.append(Figure("years", titles["years"], "bars", _without_gaps(years)))
    found.append(Figure("scores", titles["scores"], "bars", _in_steps(scores)))
    categories = sorted(counted.categories.items(), key=lambda one: (-one[1], one[0]))
    named = tuple(one for one in categories if one[0])
    found.append(Figure("categories", titles["categories"], "ranking", named[:MOST_CATEGORIES]))
    with_whom = [
        (name, number)
        for name, number in counted.creators.most_common(MOST_PEOPLE + 4)
        if name not in {"", OTHERS["lastName"]} and not same_person(name, author)
    ]
    found.append(Figure("coauthors", titles["coauthors"], "ranking", tuple(with_whom[:MOST_PEOPLE])))
    code = (("code", counted.code[True]), ("no code", counted.code[False])) if counted.code[True] else ()
    found.append(Figure("code", titles["code"], "share", code))
    return tuple(figure for figure in found if figure.values)


def _without_gaps(years: Mapping[int, int]) -> tuple[tuple[str, int], ...]:
    if not years:
        return ()
    return tuple((str(year), years.get(year, 0)) for year in range(min(years), max(years) + 1))


def _in_steps(scores: Mapping[float, int]) -> tuple[tuple[str, int], ...]:
    """Return how many papers have a score from 0 to below 10 and so on; 100 belongs to the last step.

    >>> _in_steps({99.0: 1, 100.0: 2, 3.5: 1})[::9]
    (('0', 1), ('90', 3))
    """
    if not scores:
        return ()
    counts = dict.fromkeys(range(0, 100, STEP), 0)
    for score, number in scores.items():
        counts[min(max(int(score), 0), 99) // STEP * STEP] += number
    return tuple((str(low), number) for low, number in counts.items())
