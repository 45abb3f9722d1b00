"""The page that shows an embedded library to people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from syncd.zotero.embedded import EmbeddedLibrary

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ATTACK = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


NO_KEY = {"Zotero-API-Key": ""}


def _open(api: Any) -> Any:
    """Open the address that lets a browser in, as it does."""
    return api("GET", api.library.page_address().removeprefix(api.library.url), headers=NO_KEY)


def _cookie(reply: Any) -> dict[str, str]:
    """What the browser sends from then on."""
    return {**NO_KEY, "Cookie": reply.headers["Set-Cookie"].partition(";")[0]}


def _page(api: Any, query: str = "") -> str:
    reply = api("GET", f"/{query}", headers=_cookie(_open(api)))
    assert reply.status == 200, reply.text
    text: str = reply.text
    return text


def test_papers_are_shown_with_what_is_known_of_them(api: Any) -> None:
    """Title, creators, date, venue, tags, abstract and links; trash and collections are counted."""
    profiles = api.create({"name": "Profiles"}, kind="collections")[0]
    somebody = api.create({"name": "Some Body", "parentCollection": profiles}, kind="collections")[0]
    key = api.paper(
        "Patch Diffusion",
        creators=[
            {"creatorType": "author", "firstName": "Zhendong", "lastName": "Wang"},
            {"creatorType": "author", "firstName": "", "lastName": "others"},
        ],
        date="2023-04-25",
        repository="arXiv",
        abstractNote="Diffusion models are powerful.",
        url="https://arxiv.org/abs/2304.12526",
        DOI="10.1000/182",
        tags=[{"tag": "to read"}, {"tag": "cs.CV", "type": 1}],
        collections=[somebody],
    )
    link = {"itemType": "attachment", "linkMode": "linked_url", "parentItem": key, "title": "Code: a/b"}
    api.create({**link, "url": "https://github.com/a/b"})
    api.paper("Gone", deleted=1)
    text = _page(api, f"?collection={somebody}")
    for piece in (
        '<a href="https://arxiv.org/abs/2304.12526" rel="noopener noreferrer">Patch Diffusion</a>',
        "Zhendong Wang, et al.",
        '<time datetime="2023-04-25">25 Apr 2023</time>',
        "arXiv",
        "<summary>Abstract</summary>",
        "Diffusion models are powerful.",
        'href="https://github.com/a/b" rel="noopener noreferrer"><b>Code</b>a/b</a>',
        'href="https://doi.org/10.1000/182"',
        '<span class="chip tag">to read</span>',
        '<span class="chip automatic" title="Automatic tag">cs.CV</span>',
        f'<li id="{somebody}">',
        "<h1>Some Body</h1>",
    ):
        assert piece in text
    assert "Gone" not in text
    assert re.search(r"Trash</span><span class=\"count\">1<", text)
    assert "Gone" in _page(api, "?trash=1")
    assert text.index(">Profiles<") < text.index(">Some Body<")


def test_everything_from_the_library_is_escaped(api: Any) -> None:
    """No text becomes markup, wherever it stands."""
    collection = api.create({"name": ATTACK}, kind="collections")[0]
    author = {"creatorType": "author", "name": ATTACK}
    key = api.paper(
        ATTACK,
        creators=[author],
        date=ATTACK,
        abstractNote=ATTACK,
        repository=ATTACK,
        url=f"https://a.b/{ATTACK}",
        tags=[{"tag": ATTACK}, {"tag": ATTACK + "2", "type": 1}],
        collections=[collection],
    )
    link = {"itemType": "attachment", "linkMode": "linked_url", "parentItem": key, "title": f"Code: {ATTACK}"}
    api.create({**link, "url": f"http://a.b/{ATTACK}"})
    for query in ("", f"?collection={collection}", "?q=%3Cscript%3Ealert(1)%3C/script%3E%22%3E"):
        text = _page(api, query)
        assert "alert(1)" in text
        assert "<script" not in text
        assert "<img" not in text
        assert "\"'>" not in text


def test_only_addresses_of_the_web_become_links(api: Any) -> None:
    """Neither scripts nor files nor addresses without a host."""
    key = api.paper("Paper", url="javascript:alert(1)", DOI="javascript:alert(1)")
    link = {"itemType": "attachment", "linkMode": "linked_url", "parentItem": key}
    bad = ("javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "https://", "//a.b", "http://[")
    api.create(*[{**link, "title": "Code: a/b", "url": url} for url in bad])
    hrefs = set(re.findall(r'href="([^"]*)"', _page(api)))
    assert {href for href in hrefs if not href.startswith(("?", "#", "/"))} == set()


def test_long_lists_have_pages(api: Any) -> None:
    """A hundred items are on a page; the links keep what was asked for."""
    for _ in range(5):
        api.create(*[{"itemType": "preprint", "title": f"Paper {n}", "date": "2020"} for n in range(50)])
    first = _page(api)
    assert first.count('<h2 class="title">') == 100
    assert "250 items, page 1 of 3" in first
    assert 'href="?page=2" rel="next"' in first
    third = _page(api, "?page=3&q=paper")
    assert third.count('<h2 class="title">') == 50
    assert 'href="?q=paper&amp;page=2" rel="prev"' in third
    assert "There is no such page" in _page(api, "?page=9")


def test_papers_can_be_searched(api: Any) -> None:
    """By title, author or year, in all papers or in one collection."""
    collection = api.create({"name": "C"}, kind="collections")[0]
    api.paper("Needle", collections=[collection])
    api.paper("Needle too")
    api.paper("Hay")
    assert "2 items found for “needle”" in _page(api, "?q=needle")
    assert "1 item found for “needle”" in _page(api, f"?q=needle&collection={collection}")
    assert "Nothing found" in _page(api, "?q=thread")


def test_a_very_deep_tree_is_cut(api: Any) -> None:
    """Collections far inside others are reached through those."""
    parent: Any = False
    for level in range(60):
        parent = api.create({"name": f"Level {level}", "parentCollection": parent}, kind="collections")[0]
    assert "Level 29<" in _page(api)
    assert "Level 30<" not in _page(api)
    assert "Level 40<" in _page(api, f"?collection={parent}")


def test_an_empty_library_says_so(api: Any) -> None:
    """No list, no error."""
    assert "No papers yet" in _page(api)
    assert "The trash is empty" in _page(api, "?trash=1")


def test_the_page_is_locked_down(api: Any) -> None:
    """No scripts, nothing from elsewhere, no frames, no referrer; it only reads."""
    reply = api("GET", "/")
    policy = reply.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'nonce-")
    assert "frame-ancestors 'none'" in policy
    nonce = re.search(r"nonce-([^']+)", policy)
    assert nonce
    assert f'<style nonce="{nonce[1]}">' in reply.text
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["Referrer-Policy"] == "no-referrer"
    assert " style=" not in reply.text
    assert api.library.key not in reply.text
    assert api("POST", "/", {}).status == 405
    assert api("GET", "/favicon.ico").status == 204


def test_bad_questions_are_answered_in_words(api: Any) -> None:
    """An unknown collection is 404, a page that is no number 400."""
    assert api("GET", "/?collection=ZZZZ2345").status == 404
    assert api("GET", "/?page=x").status == 400
    assert api("GET", "/?page=99999999999999999999999999").status == 200


def test_the_page_opens_with_an_address_that_works_once(api: Any) -> None:
    """It becomes a cookie that no script and no other site can use; the address shows nothing of it."""
    address = api.library.page_address().removeprefix(api.library.url)
    assert api("HEAD", address, headers=NO_KEY).status == 403
    first, again = (api("GET", address, headers=NO_KEY) for _ in range(2))
    assert (first.status, first.headers["Location"], again.status) == (303, "/", 403)
    assert {"httponly", "samesite=strict"} < set(first.headers["Set-Cookie"].lower().split("; "))
    assert api("GET", "/", headers=_cookie(first)).status == 200
    # Who goes back to the address in the browser that it let in sees the page.
    assert api("GET", address, headers=_cookie(first)).status == 303


def test_without_the_address_nobody_sees_the_page(api: Any) -> None:
    """A sentence says where to get it."""
    api.paper("Secret")
    name = _cookie(_open(api))["Cookie"].partition("=")[0]
    for query, headers in (
        ("", {}),
        ("?once=guessed", {}),
        ("", {"Cookie": f"{name}=guessed"}),
        ("?key=", {}),
    ):
        reply = api("GET", f"/{query}", headers={**NO_KEY, **headers})
        assert reply.status == 403
        assert "'syncd library serve'" in reply.text
        assert "Secret" not in reply.text


def test_pages_of_other_sites_get_nothing(api: Any) -> None:
    """Even with the cookie, which browsers would not send for them."""
    headers = _cookie(_open(api))
    assert api("GET", "/", headers={**headers, "Sec-Fetch-Site": "same-origin"}).status == 200
    for more in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert api("GET", "/", headers={**headers, **more}).status == 403


def test_remote_readers_need_the_key(tmp_path: Path, client_of: Callable[[EmbeddedLibrary], Any]) -> None:
    """With remote access allowed, an address with the key opens the page; it becomes a cookie as well."""
    with EmbeddedLibrary(tmp_path / "l.sqlite", allow_remote=True) as library:
        api = client_of(library)
        collection = api.create({"name": "C"}, kind="collections")[0]
        for query in ("", "?key=", "?key=wrong"):
            assert api("GET", f"/{query}", headers=NO_KEY).status == 403
        address = f"/?key={library.key}&collection={collection}"
        reply = api("GET", address, headers={**NO_KEY, "Host": "nas.example"})
        assert (reply.status, reply.headers["Location"]) == (303, f"/?collection={collection}")
        shown = api("GET", reply.headers["Location"], headers={**_cookie(reply), "Host": "nas.example"})
        assert f'href="?collection={collection}"' in shown.text
        assert library.key not in shown.text
        library.accounts.revoke(library.key)
        assert api("GET", "/", headers=_cookie(reply)).status == 403
