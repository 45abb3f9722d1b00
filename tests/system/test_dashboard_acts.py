"""What is done from the dashboard without a terminal: the same as by the commands, and said on the next page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from background import until
from boards import Reader, Shown, with_dashboard
from owner import NEWS, Owner, pushes, show
from pages import entry, page
from syncd.cli.export import say_kept
from syncd.clock import SystemClock
from syncd.config import load
from syncd.engine.ports import Ports
from syncd.web.alone import Alone
from websites import Reply, website

if TYPE_CHECKING:
    from collections.abc import Iterator

    from desk import Desk

ATTACK = "<script>document.title='hit'</script>"
OUTPUTS = '[[outputs]]\nfile = "papers.bib"\nformat = "bibtex"\n'


@pytest.fixture
def reader(desk: Desk) -> Iterator[Reader]:
    """Give a reader of the dashboard of a desk whose page lists three papers; nothing was pushed yet."""
    port = with_dashboard(desk, f"[guards]\nmax_create = 3\n{OUTPUTS}")
    show(desk)
    with Shown(desk) as shown:
        yield Reader(shown.told["url"], port)


def pressed(reader: Reader, path: str, words: str, where: str = "/") -> str:
    """Press the button of these words that a page has for an act, and return the page there."""
    forms = re.findall(r"<form[^>]*>.*?</form>", reader.get(where).text, flags=re.DOTALL)
    (form,) = [one for one in forms if f'action="{path}"' in one and words in one]
    values = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    return reader.follow(reader.post(path, values))


def test_a_first_run_that_was_too_large_is_let_in(desk: Desk, reader: Reader) -> None:
    """The number is on the button, and holds for this time; another guard still stops what it is for."""
    show(desk, entry("Delta"))
    assert desk.run().error
    assert desk.zotero.papers() == {}
    assert "Add All 4 Papers" in reader.get("/profiles/main/ann").text
    told = pressed(reader, "/push-past", "Add All 4 Papers")
    assert "syncd went on, and added 4 papers." in told
    assert len(desk.zotero.papers()) == 4
    assert "Delta" in (desk.folder / "papers.bib").read_text(encoding="utf-8")
    assert "Add All" not in told
    desk.page.write_text(page(entry("Alpha")), encoding="utf-8")
    assert desk.run().unread
    assert "syncd went on, and there was nothing to add." in pressed(reader, "/push-past", "Believe the Page")
    refused = reader.post("/push-past", {"name": "ann", "guard": "all", "papers": "9"})
    assert 'class="note failed"' in reader.follow(refused)


def test_a_list_that_its_owner_changed_is_kept_and_said(
    desk: Desk, capfd: pytest.CaptureFixture[str]
) -> None:
    """Where the dashboard was begun, for no page shows lists."""
    port = with_dashboard(desk, OUTPUTS)
    show(desk)
    pushes(desk)
    publications = desk.folder / "papers.bib"
    publications.write_text("mine", encoding="utf-8")
    beta = {"library": "main", "paper": Owner(desk.zotero).item("Beta")["key"], "profile": "ann"}
    with Shown(desk) as shown:
        reader = Reader(shown.told["url"], port)
        assert "was rejected" in reader.follow(reader.post("/reject", beta))
    assert publications.read_text(encoding="utf-8") == "mine"
    assert str(publications) in capfd.readouterr().err


def test_what_was_deleted_or_rejected_comes_back(desk: Desk, reader: Reader) -> None:
    """One page lists both with the reasons, and what was kept as its owner changed it beside what the source says."""
    pushes(desk)
    owner = Owner(desk.zotero)
    assert "There are none." in reader.get("/exceptions").text
    owner.change(owner.item("Gamma")["key"], deleted=1)
    owner.edit("Alpha", abstractNote=f"Mine {ATTACK}")
    show(desk, alpha=NEWS)
    beta = {"library": "main", "paper": owner.item("Beta")["key"], "profile": "ann"}
    assert "was rejected" in reader.follow(reader.post("/reject", beta))
    pushes(desk)
    kept = reader.get("/exceptions?cause=kept").text
    assert f"the source says: {NEWS}" in kept
    assert ATTACK not in kept
    assert "“Gamma” is back." in pressed(reader, "/restore", "", "/exceptions?cause=deleted")
    undo = re.search(r'href="(/runs/[^"]+/undo)"', reader.get("/exceptions?cause=rejected").text)
    assert undo
    assert "Beta" not in (desk.folder / "papers.bib").read_text(encoding="utf-8")
    assert "is undone" in pressed(reader, undo[1], "", undo[1])
    assert "Beta" in (desk.folder / "papers.bib").read_text(encoding="utf-8")
    assert not owner.item("Beta").get("deleted")
    assert not owner.item("Gamma").get("deleted")


@pytest.mark.parametrize("erased", [False, True])
def test_a_deleted_collection_is_started_anew(desk: Desk, reader: Reader, *, erased: bool) -> None:
    """Today names the ways out that there are; the one of syncd is a button, and the profile goes on at once."""
    pushes(desk)
    owner = Owner(desk.zotero)
    owner.delete_collection("Ann Lee")
    if erased:
        owner.empty_trash()
    pushes(desk)
    assert ("out of Zotero’s trash" in reader.get("/").text) is not erased
    show(desk, entry("Delta"))
    assert "fresh collection" in pressed(reader, "/start-anew", "Start")
    until(lambda: "Delta" in desk.zotero.papers())
    until(lambda: "/start-anew" not in reader.get("/").text)


def test_a_person_is_forgotten(desk: Desk, reader: Reader) -> None:
    """Who is still followed is not; then nothing is left of the profile but its papers."""
    pushes(desk)
    assert "is still followed" in reader.follow(reader.post("/forget", {"name": "ann"}))
    reader.follow(reader.post("/unfollow", {"name": "ann"}))
    assert "is forgotten" in pressed(reader, "/forget", "Forget", "/profiles/main/ann")
    assert reader.get("/profiles/main/ann").status == 404
    assert len(desk.zotero.papers()) == 3


def test_recent_papers_tell_who_is_who(desk: Desk) -> None:
    """Asked for one author at a time, with one request; hostile ones are shown as they are."""
    port = with_dashboard(desk, "[http]\nallow_private = ['127.0.0.1']\n")
    ann = {"id": "https://openalex.org/A5023888391", "display_name": "Ann Lee"}
    works = [
        {"title": f"Old {ATTACK}", "publication_date": "2019-01-01", "type": "article"},
        {
            "title": "New",
            "publication_date": "2026-01-02",
            "type": "article",
            "authorships": [{"author": ann, "institutions": [{"display_name": "ETH"}]}],
            "primary_location": {"landing_page_url": "javascript:alert(1)"},
        },
    ]
    with website() as site:
        found = ann | {"topics": [{"display_name": "Optics"}, {"display_name": ATTACK}]}
        site.replies |= {
            "/authors": Reply({"results": [found]}),
            "/works": Reply({"results": works}),
            "/public/authors/discover": Reply({"authors": []}),
        }
        services = dict.fromkeys(("openalex", "scholarfeed"), site.address)
        path = desk.folder / "config.toml"
        desk.data.create()
        world = Ports(desk.env, desk.data, SystemClock(), services=services)
        with Alone(load(path, desk.env), path, world, say_kept) as board:
            reader = Reader(board.invite(), port)
            people = reader.get("/follow?name=Ann+Lee").text
            assert "Optics, &lt;script&gt;" in people
            asked = len(site.asked)
            link = re.search(r'href="(/follow/papers[^"]+)"', people)
            assert link
            shown = reader.get(link[1].replace("&amp;", "&")).text
            assert len(site.asked) == asked + 1
            assert shown.index("New") < shown.index("Old")
            assert ("ETH" in shown, ATTACK in shown, "javascript:" in shown) == (True, False, False)
            assert reader.get("/follow/papers?source=dblp:116/8665").status == 404
