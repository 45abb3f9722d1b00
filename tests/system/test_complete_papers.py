"""From a page that cuts authors to a complete item in Zotero, by way of a service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pages import entry, page
from syncd.config import load
from syncd.engine.ports import Ports
from syncd.engine.run import Report, RunOptions, run_once
from websites import Reply, Site, website

if TYPE_CHECKING:
    from collections.abc import Iterator

    from desk import Desk

WORKS = "/crossref/works"
SETTINGS = '\n[enrich]\nservices = ["crossref"]\n\n[http]\nallow_private = ["127.0.0.1"]\n'


def work(title: str) -> dict[str, Any]:
    """Return what Crossref knows of a paper."""
    return {
        "DOI": "10.1162/tacl_a_1",
        "type": "journal-article",
        "title": [title],
        "author": [
            {"given": "Ann", "family": "Lee"},
            {"given": "Bo", "family": "Chen"},
            {"given": "Cy", "family": "Dee"},
        ],
        "container-title": ["Transactions of Tests"],
        "volume": "11",
        "published": {"date-parts": [[2023]]},
    }


@pytest.fixture
def site() -> Iterator[Site]:
    """Serve what Crossref would say."""
    with website() as running:
        running.replies[WORKS] = Reply({"status": "ok", "message": {"items": [work("Alpha Networks")]}})
        yield running


@pytest.fixture
def cut(desk: Desk) -> Desk:
    """Give a desk whose page cuts the authors of its paper."""
    desk.configure(SETTINGS)
    text = page(entry("Alpha Networks", authors="Ann Lee, Bo Chen et al."))
    desk.page.write_text(text, encoding="utf-8")
    return desk


def push(desk: Desk, site: Site | None) -> Report:
    """Push, with the service at the local address."""
    desk.data.create()
    address = f"{site.address}/crossref" if site else "http://127.0.0.1:9/crossref"
    ports = Ports(desk.env, desk.data, desk.clock, services={"crossref": address})
    (report,) = run_once(load(desk.folder / "config.toml", desk.env), RunOptions(), ports)
    return report


def test_a_cut_paper_arrives_complete(cut: Desk, site: Site) -> None:
    """All authors, the DOI, the venue and its item type; the page's own abstract."""
    assert push(cut, site).counts["create"] == 1
    (data,) = cut.zotero.papers().values()
    assert data["itemType"] == "journalArticle"
    assert [creator["lastName"] for creator in data["creators"]] == ["Lee", "Chen", "Dee"]
    assert (data["DOI"], data["publicationTitle"], data["volume"]) == (
        "10.1162/tacl_a_1",
        "Transactions of Tests",
        "11",
    )
    assert data["abstractNote"].startswith("We present Alpha Networks")


def test_a_second_run_asks_nobody(cut: Desk, site: Site) -> None:
    """What is known is known, and nothing is written."""
    push(cut, site)
    asked = len(site.asked)
    again = push(cut, site)
    assert len(site.asked) == asked
    assert again.requests.write == 0


def test_a_paper_that_is_there_is_completed_later(cut: Desk, site: Site) -> None:
    """The service did not know it at first: authors arrive, the type waits for the user's word."""
    site.replies[WORKS] = Reply({"status": "ok", "message": {"items": []}})
    push(cut, site)
    site.replies[WORKS] = Reply({"status": "ok", "message": {"items": [work("Alpha Networks")]}})
    cut.clock.advance(40 * 86_400)
    report = push(cut, site)
    assert report.counts["update"] == 1
    (data,) = cut.zotero.papers().values()
    assert [creator["lastName"] for creator in data["creators"]] == ["Lee", "Chen", "Dee"]
    assert data["itemType"] == "preprint"
    (waiting,) = cut.syncd("review", "--json").json
    assert waiting["record"]["type"] == "journalArticle"
    assert cut.syncd("review", data["key"], "--same").code == 0
    push(cut, site)
    (after,) = cut.zotero.papers().values()
    assert (after["itemType"], after["key"]) == ("journalArticle", data["key"])
    assert push(cut, site).requests.write == 0


def test_a_service_that_is_down_takes_nothing_away(cut: Desk, site: Site) -> None:
    """It is said, the page's own words are pushed, and what was known before stays."""
    report = push(cut, None)
    assert report.counts["create"] == 1
    assert report.plan is not None
    (profile,) = report.plan.profiles
    assert any(notice.code.startswith("enricher-") for notice in profile.notices)
    push(cut, site)
    cut.clock.advance(400 * 86_400)
    for part in cut.data.cache.rglob("*"):
        if part.is_file():
            part.unlink()
    assert push(cut, None).requests.write == 0
