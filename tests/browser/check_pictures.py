"""Sheets of the dashboard's pages, for eyes and for its documentation: `make pictures` draws them anew.

A sheet shows one page at three widths, in the light theme and below in the dark one.
"""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from test_pages import CHROMIUM, WIDTHS, Tab, browser, opened  # noqa: F401 - the fixture

from boards import with_dashboard
from clocks import FakeClock
from owner import TWO_DAYS, Owner
from pages import REAL_PAGE
from websites import Reply, website

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from desk import Desk
    from websites import Site

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="there is no Chromium here: make browser installs it"
)

SHEETS: Final = Path(__file__).parents[2] / "docs" / "dashboard"
HEIGHT: Final = 1000
# A window's pixels for each of a sheet.
SCALE: Final = 2
TEXT: Final = {"Content-Type": "text/plain"}
# A second profile, whose page is missing in the end.
SECOND: Final = """
[http]
allow_private = ["127.0.0.1"]
[profiles.second]
source = "{address}/second"
"""
OWN: Final = f"""
[profiles.third]
source = {str(REAL_PAGE)!r}
library = "own"
[libraries.own]
type = "embedded"
"""
FOUND: Final = [
    {
        "id": f"https://openalex.org/A500000000{number}",
        "display_name": "Pengcheng He",
        "works_count": works,
        "cited_by_count": cited,
        "last_known_institutions": [{"display_name": place}],
        "topics": [{"display_name": topic} for topic in topics],
    }
    for number, (works, cited, place, topics) in enumerate(
        [
            (65, 26281, "Microsoft Research", ["Natural Language Processing", "Topic Modeling"]),
            (12, 87, "Wuhan University", ["Remote Sensing", "Soil Moisture"]),
        ]
    )
]
SHEET: Final = """<!doctype html><body style="margin:0;background:#888"><style>
div {{ display: flex; gap: 8px; padding: 8px }}
</style>{rows}"""


@pytest.fixture
def clock() -> FakeClock:
    """Give a clock that shows the day of the first run."""
    return FakeClock(datetime.now(UTC) - timedelta(days=17))


def lived(desk: Desk, site: Site) -> None:
    """Let weeks pass: papers and figures come; an owner edits, deletes, and has one already; a page goes missing."""
    owner, text = Owner(desk.zotero), REAL_PAGE.read_text(encoding="utf-8")
    head, *papers = re.split(r"(?m)^(?=[A-Z]{2}[A-Z][a-z]{2} \d+, \d{4})", text)
    titles = [paper.splitlines()[1] for paper in papers]
    for h_index, late in ((14, 12), (16, 9), (17, 5), (17, 0)):
        shown = "".join([head.replace("h-index17", f"h-index{h_index}"), *papers[: len(papers) - late]])
        site.replies["/first"] = Reply(shown, headers=TEXT)
        second = head.replace("Pengcheng He", "Weizhu Chen") + "".join(papers[20 : 26 - late // 3])
        site.replies["/second"] = Reply(second if late else "", 200 if late else 404, TEXT)
        desk.run()
        if h_index == 14:
            owner.edit(titles[1], title="OmniTab (my notes on tables)")
            owner.edit(titles[3], deleted=1)
            writer = {"creatorType": "author", "firstName": "Xinbei", "lastName": "Ma"}
            owner.own(titles[-1].replace("Pre-training", "Pretraining"), creators=[writer], date="2021")
        desk.clock.advance(2 * TWO_DAYS)


def test_pictures(desk: Desk, browser: Browser) -> None:  # noqa: F811 - the fixture
    """Draw each page."""
    with website() as site:
        with_dashboard(desk, SECOND.format(address=site.address))
        settings = desk.folder / "config.toml"
        # No picture shows where this computer has its files.
        settings.write_text(settings.read_text().replace("page.txt", f"{site.address}/first"))
        site.replies |= {
            "/authors": Reply({"results": FOUND}),
            "/public/authors/discover": Reply({"authors": []}),
        }
        lived(desk, site)
        settings.write_text(settings.read_text() + OWN)
        assert desk.syncd("push", "third").code == 0
        with opened(desk, openalex=site.address, scholarfeed=site.address) as board:
            tabs = {theme: Tab(browser, board.invite(), color_scheme=theme) for theme in ("light", "dark")}
            pages = {
                "today": "/",
                "reviews": "/reviews",
                "runs": "/runs",
                "profiles": "/profiles",
                "profile": "/profiles/main/ann",
                "paper": f"/papers/main/{Owner(desk.zotero).item('OmniTab (my notes on tables)')['key']}",
                "exceptions": "/exceptions",
                "library": "/library",
                "follow": "/follow?name=Pengcheng+He",
            }
            SHEETS.mkdir(exist_ok=True)
            for name, path in pages.items():
                rows = "".join(row(tab, path) for tab in tabs.values())
                sheet = browser.new_page(viewport={"width": sum(WIDTHS) // SCALE + 60, "height": 100})
                sheet.set_content(SHEET.format(rows=rows))
                sheet.screenshot(path=SHEETS / f"{name}.png", full_page=True)
                sheet.close()
            assert [tab.wrong for tab in tabs.values()] == [[], []]


def row(tab: Tab, path: str) -> str:
    """Return a sheet's row: a page at each width."""
    shown = ""
    for width in WIDTHS:
        tab.page.set_viewport_size({"width": width, "height": HEIGHT})
        tab.go(path)
        picture = base64.b64encode(tab.page.screenshot()).decode()
        shown += f'<img width="{width // SCALE}" src="data:image/png;base64,{picture}">'
    return f"<div>{shown}</div>"
