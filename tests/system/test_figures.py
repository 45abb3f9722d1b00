"""What `syncd figures` tells of a profile, on the screen and in files; and the line of signs in `syncd status`."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING
from xml.etree import ElementTree  # noqa: ICN001 - its own name

import pytest

from pages import entry, page
from syncd.figures import Figure, svg

if TYPE_CHECKING:
    from desk import Desk

HOSTILE = 'Bo "</title><script>alert(1)</script>'
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def followed(desk: Desk) -> Desk:
    """Give a desk whose profile's figures moved, and whose papers are of several years and people."""
    first = (
        entry("Alpha of Things", line="CLApr 25, 2021", authors="Ann Lee, Bo Chen"),
        entry("Beta of Things", line="CVApr 25, 2023", authors=f"A. Lee, Bo Chen, {HOSTILE}"),
    )
    desk.page.write_text(page(*first), encoding="utf-8")
    desk.run()
    desk.clock.advance(2 * 86400)
    text = page(*first, entry("Gamma of Things", line="CLMay 2, 2023", authors="Ann Lee, Cy Day"))
    desk.page.write_text(text.replace("h-index7", "h-index9"), encoding="utf-8")
    desk.run()
    return desk


def test_figures_as_values(followed: Desk) -> None:
    """Each value has a line: over days, by year, by category, with whom, with code."""
    done = followed.syncd("figures", "ann", "-o", "figures.csv")
    assert done.code == 0, done.err
    rows = list(csv.reader(io.StringIO((followed.folder / "figures.csv").read_text(encoding="utf-8"))))
    values = {(name, of): value for name, of, value in rows[1:]}
    assert [value for name, _, value in rows if name == "h_index"] == ["7", "9"]
    assert [(of, value) for name, of, value in rows if name == "years"] == [
        ("2021", "1"),
        ("2022", "0"),
        ("2023", "2"),
    ]
    assert (values["categories", "cs.CL"], values["categories", "cs.CV"]) == ("2", "1")
    assert values["coauthors", "Bo Chen"] == "2"
    assert not [of for name, of, _ in rows if name == "coauthors" and "Lee" in of]
    assert (values["code", "code"], values["code", "no code"]) == ("3", "0")


def test_figures_as_a_picture(followed: Desk) -> None:
    """Each has its title, its values for who can't see it, colours for both themes; no name becomes markup."""
    done = followed.syncd("figures", "Ann Lee", "-o", "figures.svg")
    assert done.code == 0, done.err
    root = ElementTree.fromstring((followed.folder / "figures.svg").read_text(encoding="utf-8"))  # noqa: S314 - our own
    assert (root.tag, root.get("role")) == (f"{SVG}svg", "img")
    assert {"h-index", "Citations", "Papers by Year", "Co-authors", "2023: 2"} <= set(root.itertext())
    assert any("script" in text for text in root.itertext())
    assert {element.tag for element in root.iter()} == {
        f"{SVG}{name}"
        for name in ("svg", "title", "style", "g", "text", "line", "polyline", "circle", "rect")
    }
    assert "prefers-color-scheme:dark" in (root.findtext(f"{SVG}style") or "")


def test_a_course_is_one_line_where_there_is_little_room() -> None:
    """With its last value, its least and its greatest, and a name with all of them; one value alone draws no line."""

    def drawn(*values: tuple[str, float]) -> ElementTree.Element:
        small = svg(Figure("novelty", HOSTILE, "course", values, "%"), small=True)
        return ElementTree.fromstring(small)  # noqa: S314 - our own

    root = drawn(("2026-01-01", 57), ("2026-03-01", 61), ("2026-11-01", 60))
    assert root.get("viewBox") == "0 0 320 30"
    assert (root.get("aria-label") or "").endswith("2026-01-01 57%, 2026-03-01 61%, 2026-11-01 60%")
    assert [text.text for text in root.iter(f"{SVG}text")] == [HOSTILE, "60%", "61%", "57%"]
    assert [len(line.attrib["points"].split()) for line in root.iter(f"{SVG}polyline")] == [3]
    alone = drawn(("2026-01-01", 57))
    assert [text.text for text in alone.iter(f"{SVG}text")] == [HOSTILE, "57%"]
    assert not list(alone.iter(f"{SVG}polyline"))


def test_figures_on_the_screen(followed: Desk) -> None:
    """A line each, with a course that one sees; `syncd status` has that of the years."""
    out = followed.syncd("figures", "ann").out
    assert "▆█" in next(line for line in out.splitlines() if line.startswith("h-index"))
    assert "Bo Chen 2" in out
    row = next(line for line in followed.syncd("status").out.splitlines() if line.startswith("ann "))
    assert "▅▁█" in row


def test_what_can_not_be_drawn_is_said(followed: Desk) -> None:
    """Another kind of file, a folder that is not there, an unknown profile: nothing is written."""
    assert followed.syncd("figures", "ann", "-o", "figures.pdf").code == 2
    gone = followed.syncd("figures", "ann", "-o", "nowhere/figures.svg")
    assert (gone.code, "can't be written" in gone.err) == (1, True)
    assert followed.syncd("figures", "nobody").code == 1
