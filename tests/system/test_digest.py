"""`syncd digest`: what came in the last days and what waits, from syncd's own records."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pages import entry, page
from syncd.config import load
from syncd.digest import Moved
from syncd.engine.digest import digest_of
from syncd.state.libraries import remembered

if TYPE_CHECKING:
    from datetime import datetime

    from desk import Desk, Zotero
    from syncd.digest import Digest

AUTHORS = [{"creatorType": "author", "firstName": "Ann", "lastName": "Lee"}]


def lists(desk: Desk, *titles: str, h_index: int = 7) -> None:
    """Let the page list papers, and a push bring them in."""
    text = page(*(entry(title) for title in titles)).replace("h-index7", f"h-index{h_index}")
    desk.page.write_text(text, encoding="utf-8")
    assert desk.run().error is None


def told(desk: Desk, since: datetime) -> Digest:
    """Return the digest of the desk's library."""
    library = load(desk.folder / "config.toml", desk.env).library()
    with remembered(library, desk.data, desk.clock) as state:
        return digest_of(state, library, since)


def titles_of(digest: Digest) -> set[str]:
    """Return the titles of the papers that a digest names."""
    return {paper.title for group in digest.new for paper in group.papers}


def test_a_digest_of_a_push_and_for_scripts(desk: Desk) -> None:
    """What came, with its address in Zotero; the same as JSON; nothing of a time in which nothing came."""
    desk.page.write_text(page(entry("Alpha"), entry("Beta")), encoding="utf-8")
    assert desk.syncd("push").code == 0
    done = desk.syncd("digest", "--since", "1d")
    assert done.code == 0, done.err
    assert "Ann Lee: 2 new papers\n- Alpha\n  zotero://select/library/items/" in done.out
    (library,) = desk.syncd("digest", "--json").json["libraries"]
    assert (library["papers"], library["new"][0]["author"]) == (2, "Ann Lee")
    assert "Nothing has come since" in desk.syncd("digest", "--since", "0").out
    assert "--since" in desk.syncd("digest", "--since", "soon").err


def test_a_digest_is_of_its_time(desk: Desk, zotero: Zotero) -> None:
    """Papers of before are none of it, nor what went again; figures show what they were; what waits is counted."""
    lists(desk, "Alpha")
    desk.clock.advance(7 * 86400)
    since = desk.clock.now() - timedelta(days=1)
    zotero.write({"itemType": "preprint", "title": "Delta", "date": "1999", "creators": AUTHORS})
    lists(desk, "Alpha", "Beta", "Gamma", "Delta", h_index=9)
    zotero.edit("Gamma", deleted=1)
    desk.run()
    digest = told(desk, since)
    assert titles_of(digest) == {"Beta"}
    assert digest.papers == 1
    assert Moved("Ann Lee", "h_index", 7, 9) in digest.moved
    assert (digest.reviews, digest.asked) == (1, ("Delta",))
