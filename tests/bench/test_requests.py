"""What a push costs in requests, measured against a script that searches by title and posts one by one."""

from __future__ import annotations

import shutil
import time
import urllib.parse
from typing import TYPE_CHECKING, Any

from desk import Zotero
from doubles import FaultyLibrary
from pages import REAL_PAGE
from syncd import read
from syncd.read import fetch
from syncd.zotero.items import Policy, draft

if TYPE_CHECKING:
    from pathlib import Path

    from desk import Desk


def one_by_one(zotero: Zotero) -> int:
    """Push the page as the usual script does; return the number of requests."""
    (snapshot,) = fetch(str(REAL_PAGE))
    requests = 0
    for paper in read.parse(snapshot).papers:
        made = draft(paper, Policy("Pengcheng He"))
        query = urllib.parse.urlencode({"q": made.fields["title"], "format": "versions"})
        requests += 1
        if zotero.get(f"/items?{query}"):
            continue
        filled = {name: text for name, text in made.fields.items() if text}
        parent = zotero.post({"itemType": "preprint", **filled, "creators": list(made.creators)})
        requests += 1
        for url, title in made.links:
            zotero.post(
                {
                    "itemType": "attachment",
                    "linkMode": "linked_url",
                    "parentItem": parent,
                    "title": title,
                    "url": url,
                }
            )
            requests += 1
    return requests


def timed(function: Any, *words: Any) -> tuple[Any, float]:
    """Return what a function gives and the seconds that it takes."""
    start = time.perf_counter()
    value = function(*words)
    return value, time.perf_counter() - start


def test_a_push_against_a_script(desk: Desk, zotero: Zotero, tmp_path: Path) -> None:
    """Count requests of a first push and of one with nothing new, for both; print a table."""
    with FaultyLibrary(tmp_path / "script.sqlite") as other:
        script, script_first = timed(one_by_one, Zotero(other))
        script_again, script_second = timed(one_by_one, Zotero(other))
    shutil.copy(REAL_PAGE, desk.page)
    first, first_seconds = timed(desk.run)
    again, again_seconds = timed(desk.run)
    rows = (
        ("one by one, first", script, script_first),
        ("syncd, first", first.requests.total, first_seconds),
        ("one by one, nothing new", script_again, script_second),
        ("syncd, nothing new", again.requests.total, again_seconds),
    )
    lines = [f"{name:<26}{requests:>5} requests{seconds:>8.2f} s" for name, requests, seconds in rows]
    ratios = f"{script / first.requests.total:.0f} and {script_again / again.requests.total:.0f}"
    print("", *lines, f"ratios of requests: {ratios}", sep="\n")  # noqa: T201 - the figures are what this is for
    assert len(zotero.papers()) == 50
    assert first.requests.total == 5
    assert first.requests.total * 10 < script
    assert again.requests.total == 1
