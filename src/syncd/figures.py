"""Draws figures of a profile: each as an SVG with its title, its values and a name for who can't see it; or as CSV.

Pure. Whoever shows a figure, a page, a file or a terminal, gets it from here. A figure takes the colour of the text
around it, and has `class="accent"` where a page may colour it; alone in a file it brings colours for light and dark.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal
from xml.etree.ElementTree import Element, SubElement, tostring

from syncd.text.plain import harmless, on_one_line

Kind = Literal["course", "bars", "ranking", "share"]

# What figures are called, in the order in which they are shown.
TITLES: Final = {
    "h_index": "h-index",
    "citations": "Citations",
    "novelty": "Novelty",
    "ai_score": "AI Score",
    "papers": "Papers Listed",
    "years": "Papers by Year",
    "scores": "Papers by AI Score",
    "categories": "Papers by Category",
    "coauthors": "Co-authors",
    "code": "Papers With Code",
}
# Units of a figure's own size: a page scales it.
WIDTH: Final = 320
HEIGHT: Final = 176
ROW: Final = 30
LEFT, RIGHT, TOP, BOTTOM = 10.0, 310.0, 46.0, 146.0
GAP: Final = 16
SIGNS: Final = "▁▂▃▄▅▆▇█"
MOST_BARS = 24
MOST_ROWS = 8
MOST_TOLD = 24
# Characters of a name beside its bar.
NAME_WIDTH = 22
# Of so many bars each has its value above it.
FEW = 12
STYLE = (
    "svg{color:#1d1d1f;background:#fff;font-family:system-ui,sans-serif}.accent{color:#3b76b8}"
    "@media(prefers-color-scheme:dark){svg{color:#e8e8ea;background:#1e1e20}.accent{color:#79b0ec}}"
)


@dataclass(frozen=True, slots=True)
class Figure:
    """What is drawn.

    Attributes:
        name: what files and scripts call it, such as "h_index".
        title: what people call it.
        kind: "course" over days, "bars" side by side, "ranking" below each other, "share": a part and the rest.
        values: of each day (ISO), year or name, in order.
        unit: is put behind a value, such as "%".
    """

    name: str
    title: str
    kind: Kind
    values: tuple[tuple[str, float], ...]
    unit: str = ""

    def said(self, value: float) -> str:
        """Return a value as it is written.

        >>> Figure("novelty", "Novelty", "course", (), "%").said(57)
        '57%'
        """
        # The narrow space means the same in every language; a point or a comma does not.
        return f"{value:,.10g}".replace(",", "\N{NARROW NO-BREAK SPACE}") + self.unit

    @property
    def share(self) -> tuple[float, str]:
        """The first of two values as a part of both, from 0 to 1, and both as they are written."""
        (_, part), (_, rest) = self.values
        whole = part + rest or 1
        return part / whole, f"{self.said(part)} / {self.said(whole)}"

    @property
    def summary(self) -> str:
        """Title and values in a line, the latest if there are too many; of a share what is drawn."""
        if self.kind == "share":
            part, said = self.share
            return on_one_line(f"{self.title}: {_percent(part)}, {said}")
        told = [f"{label} {self.said(value)}" for label, value in self.values[-MOST_TOLD:]]
        return on_one_line(f"{self.title}: {', '.join(told)}")


def svg(figure: Figure, *, small: bool = False) -> str:
    """Return a figure as an SVG element.

    Args:
        figure: at least one value.
        small: it is for a narrow place: a course is one line, of which several stand below each other.
    """
    is_row = small and figure.kind == "course"
    root = _root(WIDTH, ROW if is_row else HEIGHT, figure.summary, alone=False)
    root.append(_row(figure) if is_row else _drawn(figure))
    return tostring(root, encoding="unicode")


def sheet(figures: Sequence[Figure], title: str) -> str:
    """Return several figures as one SVG file, two in a row."""
    rows = -(-len(figures) // 2)
    width, height = 2 * WIDTH + 3 * GAP, rows * (HEIGHT + GAP) + 40
    root = _root(width, height, on_one_line(title), alone=True)
    root.set("fill", "currentColor")
    _text(root, GAP + LEFT, 28, title, size=16, weight=600)
    for place, figure in enumerate(figures):
        x, y = GAP + place % 2 * (WIDTH + GAP), 40 + place // 2 * (HEIGHT + GAP)
        within = SubElement(root, "g", transform=f"translate({x} {y})")
        within.append(_drawn(figure))
    return tostring(root, encoding="unicode")


def table(figures: Sequence[Figure]) -> str:
    """Return the values of figures as CSV, a line each."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("figure", "of", "value"))
    for figure in figures:
        writer.writerows((figure.name, _no_formula(label), f"{value:.10g}") for label, value in figure.values)
    return out.getvalue()


def _no_formula(label: str) -> str:
    """Return a name that a spreadsheet does not take for something to compute."""
    text = on_one_line(harmless(label))
    return f"'{text}" if text[:1] in {"=", "+", "-", "@"} else text


def spark(values: Sequence[float]) -> str:
    """Return a course of values as a line of signs, the largest as the tallest.

    >>> spark([1, 5, 0, 10])
    '▂▅▁█'
    """
    most = max(values, default=0) or 1
    return "".join(SIGNS[round(value / most * (len(SIGNS) - 1))] for value in values)


def recent(years: Mapping[int, int], most: int) -> list[tuple[int, int]]:
    """Return the latest years with what they count; one without anything keeps its place.

    >>> recent({2020: 3, 2022: 1, 1990: 4}, 3)
    [(2020, 3), (2021, 0), (2022, 1)]
    """
    if not years:
        return []
    last = max(years)
    first = max(min(years), last - most + 1)
    return [(year, years.get(year, 0)) for year in range(first, last + 1)]


# Drawing


def _root(width: float, height: float, label: str, *, alone: bool) -> Element:
    size = {"width": str(width), "height": str(height)} if alone else {"class": "figure"}
    seen = {"viewBox": f"0 0 {width:g} {height:g}", "role": "img", "aria-label": harmless(label)}
    root = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", **seen, **size})
    if alone:
        SubElement(root, "title").text = harmless(label)
        SubElement(root, "style").text = STYLE
    return root


def _drawn(figure: Figure) -> Element:
    group = Element("g", {"fill": "currentColor"})
    _text(group, LEFT, 20, figure.title, size=12.5, weight=600)
    DRAWN[figure.kind](group, figure)
    return group


def _course(group: Element, figure: Figure) -> None:
    """Draw a line over days at their true distance."""
    if len(figure.values) == 1:
        ((day, value),) = figure.values
        _text(group, LEFT, 86, figure.said(value), size=34, weight=300)
        _text(group, LEFT, 112, day, faint=True)
        return
    _text(group, RIGHT, 20, figure.said(figure.values[-1][1]), size=12.5, weight=600, anchor="end")
    _line(group, LEFT, BOTTOM, RIGHT, BOTTOM)
    _curve(_accent(group), figure, (LEFT + 4, RIGHT - 4), (BOTTOM - 8, TOP + 8))
    first, last = figure.values[0], figure.values[-1]
    _text(group, LEFT, BOTTOM + 16, f"{first[0]}: {figure.said(first[1])}", faint=True)
    _text(group, RIGHT, BOTTOM + 16, last[0], faint=True, anchor="end")


def _curve(
    accent: Element, figure: Figure, across: tuple[float, float], upwards: tuple[float, float]
) -> None:
    """Draw the line itself into a place, with a dot for each day."""
    days = [date.fromisoformat(day).toordinal() for day, _ in figure.values]
    values = [value for _, value in figure.values]
    along = _scale(min(days), max(days), *across)
    up = _scale(min(values), max(values), *upwards)
    points = [(along(day), up(value)) for day, value in zip(days, values, strict=True)]
    drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    line = {"fill": "none", "stroke": "currentColor", "stroke-width": "2", "stroke-linejoin": "round"}
    SubElement(accent, "polyline", {"points": drawn, **line})
    for (x, y), (day, value) in zip(points, figure.values, strict=True):
        dot = SubElement(accent, "circle", {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "2.8"})
        _tip(dot, f"{day}: {figure.said(value)}")


def _row(figure: Figure) -> Element:
    """Draw a course in one line: its title, its last value, and how it moved between its least and its greatest."""
    group = Element("g", {"fill": "currentColor"})
    values = [value for _, value in figure.values]
    _text(group, LEFT, 19, figure.title, size=12.5, faint=True)
    _text(group, 154, 19, figure.said(values[-1]), size=12.5, weight=600, anchor="end")
    if len(values) > 1:
        _curve(_accent(group), figure, (168, 262), (25, 5))
        for value, y in {max(values): 12, min(values): 25}.items():
            _text(group, 270, y if min(values) != max(values) else 19, figure.said(value), faint=True)
    return group


def _bars(group: Element, figure: Figure) -> None:
    """Draw bars side by side, the latest if there are too many."""
    values = figure.values[-MOST_BARS:]
    most = max(value for _, value in values) or 1
    # Few bars would be as broad as the figure.
    step = (RIGHT - LEFT) / max(len(values), 8)
    tall = BOTTOM - TOP - 4
    _line(group, LEFT, BOTTOM, RIGHT, BOTTOM)
    accent = _accent(group)
    every = -(-len(values) // 8)
    tallest = max(range(len(values)), key=lambda place: values[place][1])
    for place, (label, value) in enumerate(values):
        x, high = LEFT + place * step, value / most * tall
        middle = x + step * 0.4
        if value:
            rectangle = _box(accent, x, BOTTOM - high, step * 0.8, high)
            _tip(rectangle, f"{label}: {figure.said(value)}")
        if value and (len(values) <= FEW or place == tallest):
            _text(group, middle, BOTTOM - high - 4, figure.said(value), faint=True, anchor="middle")
        if (len(values) - 1 - place) % every == 0:
            _text(group, middle, BOTTOM + 16, label, faint=True, anchor="middle")


def _ranking(group: Element, figure: Figure) -> None:
    """Draw bars below each other, with their names."""
    values = figure.values[:MOST_ROWS]
    most = max(value for _, value in values) or 1
    begin, room = 146.0, RIGHT - 146.0 - 34
    accent = _accent(group)
    for place, (label, value) in enumerate(values):
        y = 34 + place * 17
        shown = label if len(label) <= NAME_WIDTH else label[: NAME_WIDTH - 1] + "…"
        _tip(_text(group, LEFT, y + 10, shown, size=11), label)
        width = value / most * room
        _tip(_box(accent, begin, y + 1, max(width, 1), 10), f"{label}: {figure.said(value)}")
        _text(group, begin + width + 6, y + 10, figure.said(value), faint=True)


def _percent(part: float) -> str:
    return f"{round(part * 100)}\N{NARROW NO-BREAK SPACE}%"


def _share(group: Element, figure: Figure) -> None:
    """Draw the first of two values as a part of both."""
    share, said = figure.share
    _text(group, LEFT, 86, _percent(share), size=34, weight=300)
    track = _box(group, LEFT, 104, RIGHT - LEFT, 10)
    track.set("fill-opacity", ".12")
    filled = _box(_accent(group), LEFT, 104, (RIGHT - LEFT) * share, 10)
    _tip(filled, said)
    _text(group, LEFT, 134, said, faint=True)


DRAWN: Final[dict[Kind, Callable[[Element, Figure], None]]] = {
    "course": _course,
    "bars": _bars,
    "ranking": _ranking,
    "share": _share,
}


def _accent(group: Element) -> Element:
    return SubElement(group, "g", {"class": "accent", "fill": "currentColor"})


def _text(  # noqa: PLR0913 - each is a property of a text
    parent: Element,
    x: float,
    y: float,
    words: str,
    *,
    size: float = 10.5,
    weight: int = 400,
    anchor: str = "start",
    faint: bool = False,
) -> Element:
    how = {"x": f"{x:.1f}", "y": f"{y:.1f}", "font-size": f"{size:g}"}
    how |= {"font-weight": str(weight)} if weight != 400 else {}
    how |= {"text-anchor": anchor} if anchor != "start" else {}
    how |= {"fill-opacity": ".72"} if faint else {}
    text = SubElement(parent, "text", how)
    text.text = on_one_line(harmless(words))
    return text


def _tip(element: Element, words: str) -> None:
    SubElement(element, "title").text = on_one_line(harmless(words))


def _box(parent: Element, x: float, y: float, width: float, height: float) -> Element:
    place = {"x": x, "y": y, "width": width, "height": height}
    return SubElement(parent, "rect", {name: f"{value:.1f}" for name, value in place.items()} | {"rx": "1.5"})


def _line(parent: Element, x1: float, y1: float, x2: float, y2: float) -> None:
    place = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
    drawn = {name: f"{value:.1f}" for name, value in place.items()}
    SubElement(parent, "line", {**drawn, "stroke": "currentColor", "stroke-opacity": ".3"})


def _scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    """Return what turns a value into a place; what never moves lies in the middle."""
    if high == low:
        return lambda _: (start + end) / 2
    return lambda value: start + (value - low) / (high - low) * (end - start)
