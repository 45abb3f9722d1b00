"""The dashboard in a real browser: what each page shows, what can be done there, and for whom it can be read.

They need Chromium and the Python package playwright; `make browser` installs Debian's.
"""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from background import Background, looks, until, write
from boards import with_dashboard
from clocks import FakeClock
from owner import Owner, show
from pages import entry, page
from syncd.cli.export import say_kept
from syncd.clock import SystemClock
from syncd.config import load
from syncd.engine.ports import Ports
from syncd.web.alone import Alone
from websites import Reply, website

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, ConsoleMessage, Locator, Page

    from desk import Desk

playwright = pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed here")
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))),
    None,
)
pytestmark = pytest.mark.skipif(
    CHROMIUM is None,
    reason="there is no Chromium here (make browser installs Debian's): the dashboard is seen in no browser",
)
ATTACK = "<script>document.title='hit'</script><img src=x onerror=\"document.title='hit'\">"
# Bytes of a page with all its parts.
HEAVIEST = 300_000
WIDTHS = (360, 1280, 2560)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start Chromium, once for all tests."""
    with playwright.sync_playwright() as made:
        started = made.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def clock() -> FakeClock:
    """Give a clock that shows what pages call today."""
    return FakeClock(datetime.now(UTC) - timedelta(days=3))


@pytest.fixture
def board(desk: Desk) -> Iterator[Alone]:
    """Give the dashboard of a desk with papers, of which one has a hostile title; one waits for a decision."""
    with_dashboard(desk, "[http]\nallow_private = ['127.0.0.1']\n")
    Owner(desk.zotero).own(
        "Gamma of Things", date="1999", creators=[{"creatorType": "author", "name": "Ann Lee"}]
    )
    papers = [
        entry("Alpha of Things"),
        entry(f"Beta {ATTACK}"),
        entry("Gamma of Things", line="CLMay 2, 2020"),
    ]
    desk.page.write_text(page(*papers), encoding="utf-8")
    desk.run()
    desk.clock.advance(2 * 86400)
    text = page(*papers, entry("Delta of Things", authors=f"Ann Lee, {ATTACK}"))
    desk.page.write_text(text.replace("h-index7", "h-index9"), encoding="utf-8")
    desk.run()
    with opened(desk) as made:
        yield made


def opened(desk: Desk, **services: str) -> Alone:
    """Show the dashboard of a desk, in this process, by the machine's clock: its looks wait in earnest."""
    path = desk.folder / "config.toml"
    desk.data.create()
    world = Ports(desk.env, desk.data, SystemClock(), services=services)
    return Alone(load(path, desk.env), path, world, say_kept)


class Tab:
    """A tab in which the dashboard is open.

    Args:
        browser: whose it is.
        url: an address that opens the dashboard.
        context: how the browser is set up, as playwright names it.
    """

    def __init__(self, browser: Browser, url: str, **context: Any) -> None:
        self.page: Page = browser.new_context(**{"locale": "en-GB", **context}).new_page()
        self.page.set_default_timeout(15_000)
        self.root = re.match(r"http://[^/]+", url)[0]  # type: ignore[index]
        self.wrong: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(url)

    def _note(self, line: ConsoleMessage) -> None:
        if line.type == "error":
            self.wrong.append(line.text)

    def text(self) -> str:
        """Return what stands in the page."""
        words: str = self.page.inner_text("main")
        return words

    def go(self, path: str) -> str:
        """Open a page, and return what stands in it."""
        self.page.goto(self.root + path)
        return self.text()

    def follow(self, link: Locator) -> str:
        """Follow a link, and return what stands in the page there."""
        with self.page.expect_navigation():
            link.click()
        return self.text()

    def press(self, name: str) -> str:
        """Press a button, and return what stands in the page then."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=name, exact=True).first.click()
        return self.text()


def every_page(desk: Desk, tab: Tab) -> list[str]:
    """Return the addresses of all kinds of pages."""
    key = Owner(desk.zotero).item("Alpha of Things")["key"]
    tab.go("/runs")
    run = tab.page.get_attribute("table a >> nth=-1", "href")
    assert run
    profile = "/profiles/main/ann"
    plain = ["/", "/reviews", "/runs", run, f"{run}/undo", "/profiles", profile, f"/papers/main/{key}"]
    return [
        *plain,
        "/exceptions",
        "/library",
        "/follow",
        "/follow?name=openalex:A5023888391",
        f"{profile}?q={ATTACK}",
        "/nowhere",
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_can_be_read(desk: Desk, board: Alone, browser: Browser, theme: str) -> None:
    """By eyes, keyboards and screen readers, at each width; it asks nobody else for anything, and weighs little."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    tab = Tab(browser, board.invite(), color_scheme=theme, viewport={"width": 1280, "height": 900})
    for path in every_page(desk, tab):
        tab.go(path)
        found = axe.run(tab.page).response["violations"]
        assert not [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found], path
        for width in WIDTHS:
            tab.page.set_viewport_size({"width": width, "height": 900})
            wide = "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth)"
            found = tab.page.evaluate(
                f"{wide}.filter(e => !e.closest('.scroll, svg, .unseen')).map(e => e.outerHTML)"
            )
            assert found == [], (path, width)
        assert tab.page.title() != "hit"
        sizes = "performance.getEntries().reduce((sum, one) => sum + (one.decodedBodySize || 0), 0)"
        assert tab.page.evaluate(sizes) < HEAVIEST, path
    assert [line for line in tab.wrong if "404" not in line] == []
    assert {url for url in tab.asked if not url.startswith(tab.root)} == set()


def test_reviews_are_decided_by_keys(desk: Desk, board: Alone, browser: Browser) -> None:
    """Both records stand side by side with marks; a decision can be taken back, and the next run does as it says."""
    tab = Tab(browser, board.invite())
    assert "One paper waits for your decision." in tab.go("/")
    tab.follow(tab.page.get_by_role("link", name="One paper waits"))
    assert tab.page.locator("mark").all_inner_texts()
    for key, words in (("3", "stays for later"), ("2", "is another one")):
        with tab.page.expect_navigation():
            tab.page.keyboard.press(key)
        assert words in tab.text()
    assert "Nothing waits for you." in tab.text()
    assert tab.page.get_by_role("button", name="Take Back: Gamma of Things").count() == 1
    assert "waits for your decision again" in tab.press("Take Back")
    with tab.page.expect_navigation():
        tab.page.keyboard.press("1")
    desk.clock.advance(2 * 86400)
    desk.run()
    gamma = [data for data in desk.zotero.items().values() if data.get("title") == "Gamma of Things"]
    assert len(gamma) == 1
    assert "Nothing waits for you." in tab.go("/reviews")


def test_a_run_is_undone(desk: Desk, board: Alone, browser: Browser) -> None:
    """What it will do is shown first; the page of the run tells of the other one then."""
    tab = Tab(browser, board.invite())
    tab.go("/runs")
    assert "2 new" in tab.follow(tab.page.locator("table a").nth(-1))
    shown = tab.follow(tab.page.get_by_role("link", name="Undo This Run…"))
    assert "It moves 2 papers to the trash." in shown
    assert (
        tab.page.get_by_role("listitem")
        .filter(has_text="Alpha of Things")
        .get_by_text("To the trash")
        .count()
        == 1
    )
    assert len(desk.zotero.papers()) == 4
    shown = tab.press("Undo")
    assert "2 papers are in the trash." in shown
    assert "This run was undone" in shown
    assert sorted(desk.zotero.papers()) == ["Delta of Things", "Gamma of Things"]


def test_a_profile_with_its_papers(desk: Desk, board: Alone, browser: Browser) -> None:
    """Its figures have names, its papers are searched and sorted by the server; it rests, and is followed no longer."""
    tab = Tab(browser, board.invite())
    assert "Ann Lee" in tab.go("/profiles?q=lee")
    assert "Nothing was found." in tab.go("/profiles?q=nobody")
    tab.go("/profiles/main/ann")
    assert tab.page.get_by_role("img", name=re.compile(r"^h-index: .* 7, .* 9$")).count() == 1
    assert tab.page.get_by_role("img", name=re.compile(r"^Papers With Code: .* 3 . 3$")).count() == 1
    assert tab.page.locator("main").get_by_role("link", name="Profiles", exact=True).count() == 1
    names = tab.page.locator(".paper h3")
    assert names.count() == 3
    tab.page.get_by_role("searchbox").fill("delta")
    assert tab.press("Search").count("of Things") == 1
    tab.go("/profiles/main/ann?sort=title")
    assert names.first.inner_text() == "Alpha of Things"
    assert "syncd rests until you resume it." in tab.press("Pause")
    assert "syncd goes on." in tab.press("Resume")
    with tab.page.expect_download() as download:
        tab.page.get_by_role("link", name="CSV").click()
    assert "h_index" in download.value.path().read_text(encoding="utf-8")
    tab.page.get_by_text("Stop Following…").click()
    assert "ann is followed no longer" in tab.press("Stop Following")
    assert "[profiles.ann]" not in (desk.folder / "config.toml").read_text(encoding="utf-8")


def test_a_paper_field_by_field(desk: Desk, board: Alone, browser: Browser) -> None:
    """What its owner changed stands beside what the source says; a paper of somebody else's is rejected."""
    owner = Owner(desk.zotero)
    owner.edit("Alpha of Things", title="My Alpha")
    desk.clock.advance(2 * 86400)
    desk.run()
    key = owner.item("My Alpha")["key"]
    tab = Tab(browser, board.invite())
    tab.go(f"/papers/main/{key}")
    row = tab.page.get_by_role("row", name=re.compile("^Title"))
    assert row.locator("td").all_inner_texts() == ["My Alpha\nYours: it stays", "Alpha of Things"]
    link = tab.page.get_by_role("link", name="Open in Zotero")
    assert link.get_attribute("href") == f"zotero://select/library/items/{key}"
    delta = owner.item("Delta of Things")["key"]
    tab.go(f"/papers/main/{delta}")
    tab.page.get_by_text("Not by This Person…").click()
    assert "was rejected, and is in the trash." in tab.press("Not by This Person")
    assert owner.item("Delta of Things")["deleted"]


def test_an_author_is_followed(desk: Desk, board: Alone, browser: Browser) -> None:
    """By the address of a page; one that can't be read is said, and nothing is followed."""
    tab = Tab(browser, board.invite())
    with website() as site:
        site.replies["/bo"] = Reply(
            page(entry("Epsilon"), name="Bo Chen").encode(), headers={"Content-Type": "text/plain"}
        )
        tab.go(f"/follow?name={site.address}/gone")
        assert "404" in tab.press(f"Follow {site.address}/gone at {site.address}/gone")
        tab.go(f"/follow?name={site.address}/bo")
        assert "Bo Chen is followed now." in tab.press(f"Follow {site.address}/bo at {site.address}/bo")
        assert "[profiles.bo-chen]" in (desk.folder / "config.toml").read_text(encoding="utf-8")
        tab.press("Sync Now")
        until(lambda: "Epsilon" in desk.zotero.papers())
        tab.page.get_by_role("heading", name="Epsilon").wait_for()


def test_recent_papers_are_shown_in_place(desk: Desk, browser: Browser) -> None:
    """Below the author whom a reader wants to know better, and for a screen reader; others stay where they are."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    with_dashboard(desk, "[http]\nallow_private = ['127.0.0.1']\n")
    authors = [{"id": f"https://openalex.org/A500000000{n}", "display_name": "Ann Lee"} for n in range(2)]
    with website() as site:
        site.replies |= {
            "/authors": Reply({"results": authors}),
            "/works": Reply({"results": [{"title": f"Work {ATTACK}", "type": "article"}]}),
            "/public/authors/discover": Reply({"authors": []}),
        }
        with opened(desk, openalex=site.address, scholarfeed=site.address) as board:
            tab = Tab(browser, board.invite(), viewport={"width": 360, "height": 900})
            tab.go("/follow?name=Ann+Lee")
            recent = tab.page.get_by_role("link", name="Recent Papers").last
            follow = tab.page.get_by_role("button", name="Follow Ann Lee at OpenAlex").last
            for act in (recent, follow):
                playwright.expect(act).to_have_accessible_description(re.compile("A5000000001"))
            tab.page.get_by_role("link", name="Recent Papers").first.click()
            row = tab.page.get_by_role("listitem").filter(has_text="A5000000000")
            row.get_by_text("Work").wait_for()
            assert tab.page.get_by_role("link", name="Recent Papers").count() == 1
            assert tab.page.evaluate("document.activeElement.matches('[data-found]')")
            assert axe.run(tab.page).response["violations"] == []
            assert (tab.page.title() == "hit", tab.wrong) == (False, [])


def test_pages_are_drawn_anew(desk: Desk, browser: Browser) -> None:
    """What the daemon finds is there without a reload, in the reader's language; so is that it rests."""
    with_dashboard(desk)
    show(desk)
    with Background(desk) as daemon:
        daemon.until(lambda: looks(daemon))
        tab = Tab(browser, desk.syncd("dashboard", "--no-browser", "--json").json["url"], locale="de-DE")
        assert "3 neue Artikel" in tab.text()
        write(desk.page, "Alpha", "Beta", "Gamma", "Delta")
        tab.page.get_by_role("heading", name="Delta").wait_for()
        desk.syncd("pause")
        tab.page.get_by_text("syncd ist angehalten.").wait_for()
    assert tab.wrong == [] or all("events" in line or "ERR_" in line for line in tab.wrong)


def test_an_empty_desk(desk: Desk, browser: Browser) -> None:
    """Without any paper each page says what there is to do."""
    with_dashboard(desk)
    with opened(desk) as board:
        tab = Tab(browser, board.invite())
        assert "No paper came in the last seven days." in tab.text()
        assert "Nothing waits for you." in tab.go("/reviews")
        assert "None yet" in tab.go("/runs")
        assert "Not run yet" in tab.go("/profiles")
        assert "There are no papers yet." in tab.go("/profiles/main/ann")
        assert tab.wrong == []
