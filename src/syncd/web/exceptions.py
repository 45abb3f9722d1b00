"""The page of the papers that syncd does not treat like the rest, with the reasons.

They failed, or are kept as their reader changed them, or were deleted or ruled out. Nothing is written here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from syncd.messages import message
from syncd.state.libraries import remembered
from syncd.state.rejections import Rejections
from syncd.state.state import State
from syncd.web.board import Ask, Page
from syncd.web.pages import library_of, plain, slice_of

# What is shown, in this order: what state calls the cause, and by whose doing it is, where that matters.
CAUSES: Final[Mapping[str, tuple[str, str | None]]] = {
    "failed": ("failed", None),
    "refused": ("refused", None),
    "waiting": ("waiting", None),
    "kept": ("kept", None),
    "restored": ("restored", None),
    "deleted": ("deleted", "user"),
    "undone": ("deleted", "syncd"),
    "rejected": ("rejected", None),
    "paused": ("paused", None),
    "skipped": ("not adopted", None),
}
ROWS: Final = 100


@dataclass(frozen=True, slots=True)
class Exceptional:
    """A paper that is not treated like the rest.

    Attributes:
        paper: its key.
        key: its item's key, if it has one.
        title: its title.
        detail: a sentence, or empty.
        values: by property, the reader's value and the source's.
        run: in which it was rejected; None where it was not.
    """

    paper: str
    key: str | None
    title: str
    detail: str
    values: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    run: str | None = None


def exceptions(ask: Ask) -> Page:
    """Show the papers of one cause, of a library."""
    library = library_of(ask, ask.query.get("library"))
    with remembered(library, ask.ports.data, ask.ports.clock) as state:
        numbers = state.standings.numbers()
        counts = {
            name: sum(n for (one, by), n in numbers.items() if one == cause and side in {None, by})
            for name, (cause, side) in CAUSES.items()
        }
        counts = {name: number for name, number in counts.items() if number}
        chosen = next((name for name in counts if name == ask.query.get("cause")), next(iter(counts), None))
        start, part = slice_of(ask, "/exceptions", counts[chosen] if chosen else 0, ROWS)
        rows = _rows(state, chosen, start) if chosen else []
    facts = {
        "plain": plain,
        "library": library.name,
        "libraries": list(ask.config.libraries),
        "counts": counts,
        "chosen": chosen,
        "rows": rows,
        "part": part,
    }
    return Page("exceptions.html", ask.say.label("syncd-dashboard-exceptions"), facts)


def _rows(state: State, chosen: str, start: int) -> list[Exceptional]:
    if chosen == "rejected":
        with state.reading() as connection:
            found = Rejections(connection, state.number).all(ROWS, start)
        return [
            Exceptional(
                one.paper, one.key, one.title, message("not-by-profile", profile=one.profile), run=one.run
            )
            for one in found
        ]
    cause, side = CAUSES[chosen]
    return [
        Exceptional(one.paper, one.key, one.title, one.detail, one.values)
        for one in state.standings.of(cause, side, ROWS, start)
    ]
