"""Two profiles that share a paper: neither overwrites the other, nor brings back what the user took away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from owner import forget, pushes, show
from pages import entry, page

if TYPE_CHECKING:
    from desk import Desk
    from owner import Owner

BO = '[profiles.bo]\nsource = "bo.txt"\ncaptured = 2026-06-01\n'


@pytest.fixture
def shared(desk: Desk) -> Desk:
    """Give a desk with two profiles; both list Beta, with another category and another abstract."""
    desk.configure(BO)
    show(desk)
    bo = page(entry("Beta", line="CVApr 25, 2023", abstract="Bo's words."), entry("Delta"), name="Bo Chen")
    (desk.folder / "bo.txt").write_text(bo, encoding="utf-8")
    return desk


@pytest.mark.parametrize("first", ["ann", "bo"])
def test_profiles_pushed_in_turn_do_not_overwrite_each_other(shared: Desk, owner: Owner, first: str) -> None:
    """One item, the first one's record, the tags, links and collections of both; then nothing moves."""
    turns = sorted(("ann", "bo"), reverse=first == "bo")
    for name in turns:
        pushes(shared, names=(name,))
    beta = owner.item("Beta")
    own = {"ann": "We present Beta. Code is at https://github.com/ann/beta.", "bo": "Bo's words."}
    assert beta["abstractNote"] == own[first]
    assert {tag["tag"] for tag in beta["tags"]} == {"cs.CL", "cs.CV", "microsoft-research", "code"}
    homes = {owner.zotero.collections()[name]["key"] for name in ("Ann Lee", "Bo Chen")}
    assert set(beta["collections"]) == homes
    assert set(owner.links(beta["key"])) == {"Code: ann/beta"}
    for names in (*((name,) for name in turns * 2), ()):
        assert pushes(shared, names=names).requests.write == 0
    forget(shared)
    for names in (*((name,) for name in turns[::-1] * 2), ()):
        assert pushes(shared, names=names).requests.write == 0
    assert owner.item("Beta") == beta


def test_a_profile_pushed_alone_takes_away_no_tag_of_the_other(shared: Desk, owner: Owner) -> None:
    """Only what no profile gives any more goes, and only when all were read."""
    pushes(shared)
    shown = page(entry("Alpha"), entry("Beta", line="LGApr 25, 2023"), entry("Gamma"))
    shared.page.write_text(shown, encoding="utf-8")
    pushes(shared, names=("bo",))
    pushes(shared, names=("ann",))
    tags = {tag["tag"] for tag in owner.item("Beta")["tags"]}
    assert {"cs.CV", "cs.LG"} <= tags
    pushes(shared)
    assert {tag["tag"] for tag in owner.item("Beta")["tags"]} == tags - {"cs.CL"}
    for names in (("ann",), ("bo",), ()):
        assert pushes(shared, names=names).requests.write == 0


@pytest.mark.parametrize("state", ["kept", "lost"])
def test_what_the_user_took_from_a_shared_paper_stays_away_whoever_is_pushed(
    shared: Desk, owner: Owner, state: str
) -> None:
    """A tag, a link and a collection of the one are not put back after a push of the other."""
    pushes(shared)
    beta = owner.item("Beta")
    bo = owner.zotero.collections()["Bo Chen"]["key"]
    tags = [tag for tag in beta["tags"] if tag["tag"] not in {"cs.CL", "code"}]
    owner.change(beta["key"], tags=tags, collections=[bo])
    (link,) = owner.children(beta["key"])
    owner.change(link["key"], deleted=1)
    if state == "lost":
        forget(shared)
    for names in (("bo",), ("ann",), ("bo",), ()):
        assert pushes(shared, names=names).requests.write == 0
    after = owner.item("Beta")
    assert after["collections"] == [bo]
    assert owner.links(beta["key"]) == {}
