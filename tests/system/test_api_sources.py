"""Authors from APIs, as local servers answer in the documented shape: pages, errors, limits, plugins, search."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib import metadata
from typing import TYPE_CHECKING, Any

import pytest

from clocks import FakeClock
from syncd import services
from syncd.cli import follow
from syncd.errors import ConfigError, ParseError, SourceError
from syncd.model import Profile, Snapshot
from syncd.read import fetch
from syncd.services import base, plugins, search
from syncd.sources.limits import Limits
from syncd.sources.pace import Pace
from syncd.sources.web import Web
from websites import Asked, Reply, Site, website

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from syncd.services import Api

Json = dict[str, Any]


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A running server, without a proxy before it."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with website() as running:
        yield running


@pytest.fixture
def clock() -> FakeClock:
    """A clock that waits in no time."""
    return FakeClock()


@pytest.fixture
def web(clock: FakeClock) -> Iterator[Web]:
    """A session that may read loopback servers, and would obey a robots.txt."""
    with Web(clock, allow_private=["127.0.0.1"], pace=Pace(0.0)) as session:
        yield session


def apis(site: Site, key: str | None = None) -> dict[str, Api]:
    """Return all APIs, as they would be at the local server."""
    base = site.address
    return {
        "scholarfeed": services.SOURCES["scholarfeed"].module().Api(base, key),
        "openalex": services.SOURCES["openalex"].module().Api(base, key),
        "s2": services.SOURCES["s2"].module().Api(base, key),
        "dblp": services.SOURCES["dblp"].module().Api(base),
        "orcid": services.SOURCES["orcid"].module().Api(base),
        "arxiv": services.SOURCES["arxiv"].module().Api(f"{base}/api/query", f"{base}/a"),
    }


def fetched(source: str, site: Site, web: Web, key: str | None = None) -> Snapshot:
    """Fetch a source that is one snapshot."""
    (snapshot,) = fetch(source, web=web, apis=apis(site, key))
    return snapshot


def profile(snapshot: Snapshot) -> Profile:
    """Parse a snapshot by its media type."""
    parse = services.parser(services.format_of(snapshot.media_type) or "")
    assert parse is not None
    return parse(snapshot)


def titles(of: Profile) -> list[str]:
    """Return the titles of a profile's papers."""
    return [paper.title for paper in of.papers]


# Each API, as it is documented


def scholarfeed(site: Site, count: int, *, total: int | None = None, per_page: int = 50) -> None:
    """Let the server be Scholar Feed with an author of `count` papers."""
    papers = [
        {"arxiv_id": f"2301.{n:05}", "title": f"Paper {n}", "authors": ["Pengcheng He"]} for n in range(count)
    ]

    def page(asked: Asked) -> Reply:
        start = (int(asked.query["page"]) - 1) * per_page
        return Reply({"papers": papers[start : start + per_page], "total": total, "page": 1})

    author = {
        "id": 123,
        "name": "Pengcheng He",
        "h_index": 17,
        "total_papers": count,
        "total_citations": None,
    }
    site.replies |= {"/public/authors/123": Reply(author), "/public/authors/123/papers": page}


@pytest.mark.parametrize(("total", "pages"), [(120, 3), (None, 4)])
def test_scholarfeed_turns_all_pages(site: Site, web: Web, total: int | None, pages: int) -> None:
    """Until the number that it states is reached; where it states none, until a page is empty."""
    scholarfeed(site, 120, total=total)
    snapshot = fetched("scholarfeed:123", site, web)
    found = profile(snapshot)
    assert titles(found) == [f"Paper {n}" for n in range(120)]
    assert (found.name, found.h_index, found.paper_count, found.warnings) == ("Pengcheng He", 17, 120, ())
    assert [asked.query for asked in site.asked[1:]] == [
        {"limit": "50", "page": str(number)} for number in range(1, pages + 1)
    ]
    assert (snapshot.origin, snapshot.media_type) == (
        "scholarfeed:123",
        "application/vnd.syncd.scholarfeed+json",
    )


def test_scholarfeed_with_smaller_pages_than_asked_for(site: Site, web: Web) -> None:
    """A server that gives 20 at a time is read to its end all the same."""
    scholarfeed(site, 45, per_page=20)
    assert len(profile(fetched("scholarfeed:123", site, web)).papers) == 45


def test_scholarfeed_that_ignores_the_page_is_left(site: Site, web: Web) -> None:
    """The same page again brings nothing new."""
    scholarfeed(site, 3)
    site.replies["/public/authors/123/papers"] = Reply([{"title": "A"}, {"title": "B"}, None])
    assert titles(profile(fetched("scholarfeed:123", site, web))) == ["A", "B"]
    assert len(site.asked) == 3


def test_scholarfeed_key_is_optional(site: Site, web: Web) -> None:
    """It goes into a header, and into nothing that is shown."""
    scholarfeed(site, 1, total=1)
    fetched("scholarfeed:123", site, web)
    fetched("scholarfeed:123", site, web, "sf_secret")
    keys = [asked.headers["Authorization"] for asked in site.asked]
    assert keys == [None, None, "Bearer sf_secret", "Bearer sf_secret"]
    assert "sf_secret" not in repr(services.SOURCES["scholarfeed"].module().Api(key="sf_secret"))


def test_unknown_fields_are_kept(site: Site, web: Web) -> None:
    """They are in the snapshot, for whoever learns to read them."""
    scholarfeed(site, 1, total=1)
    new = {"title": "A", "brand_new": {"x": [1]}}
    site.replies["/public/authors/123/papers"] = Reply({"papers": [new], "total": 1})
    assert json.loads(fetched("scholarfeed:123", site, web).data)["papers"] == [new]


def openalex(site: Site, pages: list[list[Json]]) -> None:
    """Let the server be OpenAlex with these pages of works."""

    def works(asked: Asked) -> Reply:
        number = 0 if asked.query["cursor"] == "*" else int(asked.query["cursor"][1:])
        following = f"c{number + 1}" if number + 1 < len(pages) else None
        meta = {"count": 3, "db_response_time_ms": len(site.asked), "next_cursor": following}
        return Reply({"meta": meta, "results": pages[number]})

    author = {"id": "https://openalex.org/A5023888391", "display_name": "Pengcheng He", "works_count": 3}
    site.replies |= {"/authors/A5023888391": Reply(author), "/works": works}


def work(title: str | None, **more: Any) -> Json:
    """Return a work with the least that a work has."""
    return {"id": "https://openalex.org/W1", "title": title, "authorships": [], "type": "article"} | more


def test_openalex_follows_the_cursor(site: Site, web: Web) -> None:
    """All works of the author, with no more fields than are read."""
    openalex(site, [[work("A"), work("B")], [work("C")], []])
    found = profile(fetched("https://openalex.org/authors/a5023888391", site, web))
    assert (found.name, titles(found), found.warnings) == ("Pengcheng He", ["A", "B", "C"], ())
    asked = site.asked[1].query
    assert (asked["filter"], asked["per-page"]) == ("author.id:A5023888391", "100")
    assert "cited_by_count" not in asked["select"]
    assert [query.query["cursor"] for query in site.asked[1:]] == ["*", "c1", "c2"]


def test_openalex_author_who_was_merged(site: Site, web: Web) -> None:
    """The old identifier leads to the new one, by which the works are asked for."""
    openalex(site, [[work("A")]])
    site.replies["/authors/A1111"] = Reply(b"", 301, {"Location": "/authors/A5023888391"})
    assert titles(profile(fetched("openalex:A1111", site, web, "key"))) == ["A"]
    assert site.asked[-1].query["filter"] == "author.id:A5023888391"
    assert all(asked.query["api_key"] == "key" for asked in site.asked)


def test_same_content_is_the_same_bytes(site: Site, web: Web) -> None:
    """What changes with each request, such as times and the order of fields, is not in the snapshot."""
    digests = set()
    for record in (work("A"), dict(reversed(work("A").items()))):
        openalex(site, [[record]])
        digests.add(fetched("openalex:A5023888391", site, web).digest)
    assert len(digests) == 1


def test_openalex_that_never_ends_is_cut(site: Site, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many pages, and the profile says that it is not all."""
    monkeypatch.setattr("syncd.services.base.MOST_PAGES", 3)
    openalex(site, [[work(str(number))] for number in range(9)])
    found = profile(fetched("openalex:A5023888391", site, web))
    assert titles(found) == ["0", "1", "2"]
    assert found.warnings[0].code == "partial-page"


def test_openalex_cursor_that_stands_still_ends(site: Site, web: Web) -> None:
    """A server that gives the cursor it was asked with has no more."""
    openalex(site, [])
    site.replies["/works"] = Reply({"results": [work("A")], "meta": {"next_cursor": "*"}})
    assert titles(profile(fetched("openalex:A5023888391", site, web))) == ["A"]


def s2_papers(asked: Asked) -> Reply:
    """Answer as Semantic Scholar with three papers, two at a time."""
    offset = int(asked.query["offset"])
    data = [{"paperId": str(n), "title": f"Paper {n}"} for n in range(offset, min(offset + 2, 3))]
    return Reply({"offset": offset, "data": data} | ({"next": offset + 2} if offset + 2 < 3 else {}))


def test_s2_follows_next(site: Site, web: Web) -> None:
    """As long as there is one."""
    site.replies |= {
        "/author/1735303": Reply({"authorId": "1735303", "name": "P. He", "paperCount": 3}),
        "/author/1735303/papers": s2_papers,
    }
    address = "https://www.semanticscholar.org/author/Pengcheng-He/1735303"
    found = profile(fetched(address, site, web, "key"))
    assert (found.name, titles(found), found.warnings) == ("P. He", ["Paper 0", "Paper 1", "Paper 2"], ())
    assert [asked.query["offset"] for asked in site.asked[1:]] == ["0", "2"]
    assert all(asked.headers["x-api-key"] == "key" for asked in site.asked)
    assert "externalIds" in site.asked[1].query["fields"].split(",")


def test_dblp_hands_its_xml_on(site: Site, web: Web) -> None:
    """One request has it all."""
    xml = (
        '<?xml version="1.0"?><dblpperson name="Pengcheng He" pid="116/8665" n="1"><r><article key="a/b/1">'
        "<author>Pengcheng He</author><title>A Title.</title><year>2021</year><journal>J</journal>"
        "</article></r></dblpperson>"
    )
    site.replies["/pid/116/8665.xml"] = Reply(xml)
    snapshot = fetched("https://dblp.uni-trier.de/pid/116/8665.html?view=by-year", site, web)
    assert (snapshot.origin, snapshot.data) == ("dblp:116/8665", xml.encode())
    assert titles(profile(snapshot)) == ["A Title"]


def orcid(site: Site, count: int) -> None:
    """Let the server be ORCID with a researcher of `count` works, each of which two sources know."""

    def summary(code: int, index: str, title: str) -> Json:
        return {
            "put-code": code,
            "display-index": index,
            "title": {"title": {"value": title}},
            "type": "report",
        }

    groups = [
        {"work-summary": [summary(1000 + n, "0", f"Other {n}"), summary(n, "1", f"Summary {n}")]}
        for n in range(1, count + 1)
    ]

    def bulk(asked: Asked) -> Reply:
        whole = []
        for code in asked.path.rpartition("/")[2].split(","):
            people = {"contributor": [{"credit-name": {"value": "Ann Lee"}, "contributor-attributes": None}]}
            title = {"title": {"value": f"Work {code}"}}
            whole.append({"work": {"put-code": int(code), "title": title, "contributors": people}})
        return Reply({"bulk": [{"error": {"error-code": 9039}}, None, *whole[1:]]})

    base = "/0000-0002-1825-0097"
    codes = [str(n) for n in range(1, count + 1)]
    site.replies |= {
        f"{base}/person": Reply({"name": {"given-names": {"value": "Josiah"}, "family-name": None}}),
        f"{base}/works": Reply({"group": [*groups, {"work-summary": []}, None]}),
    }
    for start in range(0, count, 100):
        site.replies[f"{base}/works/{','.join(codes[start : start + 100])}"] = bulk


def test_orcid_asks_for_whole_works_by_the_hundred(site: Site, web: Web) -> None:
    """The preferred source of each counts; a work that can't be shown whole stays as its summary."""
    orcid(site, 150)
    found = profile(fetched("0000-0002-1825-0097", site, web))
    assert found.name == "Josiah"
    assert titles(found)[:2] == ["Summary 1", "Work 2"]
    assert titles(found)[100:102] == ["Summary 101", "Work 102"]
    assert len(found.papers) == 150
    assert {"no-title", "odd-record"} <= {notice.code for notice in found.warnings}  # the last two groups
    assert [author.name for author in found.papers[1].creators] == ["Ann Lee"]
    assert len(site.asked) == 4
    assert all(asked.headers["Accept"] == "application/json" for asked in site.asked)


def test_orcid_with_a_typing_error_asks_nobody(site: Site, web: Web) -> None:
    """The check digit tells."""
    with pytest.raises(SourceError, match="check digit"):
        fetched("orcid:0000-0002-1825-0098", site, web)
    assert site.asked == []


ATOM = b"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>%b</title><updated>2026-06-01T00:00:00Z</updated>
<entry><id>http://arxiv.org/abs/2304.12526v2</id><title>A
  Title</title><summary>Text.</summary><published>2023-04-25T00:00:00Z</published>
<author><name>Pengcheng He</name></author></entry></feed>"""


def test_arxiv_by_identifier_and_by_name(site: Site, web: Web) -> None:
    """The feed of an author, or a search for everybody of that name; both are Atom."""
    site.replies |= {
        "/a/he_p_1.atom2": Reply(
            ATOM % b"P. He&#39;s articles on arXiv", headers={"Content-Type": "text/xml; charset=utf-8"}
        ),
        "/api/query": Reply(ATOM % b"arXiv Query: search_query=au:&quot;Pengcheng He&quot;"),
    }
    for source in ("arxiv:he_p_1", "https://arxiv.org/a/he_p_1.html"):
        snapshot = fetched(source, site, web)
        assert (snapshot.origin, snapshot.charset) == ("arxiv:he_p_1", "utf-8")
        found = profile(snapshot)
        assert (found.name, titles(found)) == ("P. He", ["A Title"])
        assert found.papers[0].identifiers.arxiv == "2304.12526"
    searched = fetched("https://arxiv.org/search/?searchtype=author&query=He%2C+Pengcheng", site, web)
    assert (searched.origin, profile(searched).name) == ("arxiv:Pengcheng He", "Pengcheng He")
    query = site.asked[-1].query
    assert (query["search_query"], query["max_results"]) == ('au:"Pengcheng He"', "2000")


# Errors and limits, the same for all

AUTHORS = {
    "scholarfeed:123": "/public/authors/123",
    "openalex:A5023888391": "/authors/A5023888391",
    "s2:1735303": "/author/1735303",
    "dblp:116/8665": "/pid/116/8665.xml",
    "orcid:0000-0002-1825-0097": "/0000-0002-1825-0097/person",
    "arxiv:he_p_1": "/a/he_p_1.atom2",
}


def failing(source: str, site: Site, web: Web, key: str | None = None) -> SourceError:
    """Return the error that fetching ends in: a sentence that names the source."""
    with pytest.raises(SourceError) as caught:
        fetched(source, site, web, key)
    assert not any(word in str(caught.value) for word in ("Error(", "Traceback", "object at"))
    return caught.value


@pytest.mark.parametrize("source", AUTHORS)
def test_author_who_is_not_known(site: Site, web: Web, source: str) -> None:
    """Is told as such, for good; robots.txt is not asked, for an API is made for programs."""
    error = failing(source, site, web)
    assert "knows no such author" in str(error)
    assert (error.origin, error.transient) == (source, False)
    assert site.paths == [AUTHORS[source]]


@pytest.mark.parametrize("source", AUTHORS)
def test_busy_api_is_waited_for(site: Site, web: Web, clock: FakeClock, source: str) -> None:
    """As long as it asks, in bounds; then the error says so."""
    site.replies[AUTHORS[source]] = Reply(b"", 429, {"Retry-After": "9"})
    error = failing(source, site, web)
    assert error.transient
    assert error.retry_after == 9.0
    assert clock.waits == [9.0, 9.0, 9.0]


@pytest.mark.parametrize("source", ["scholarfeed:123", "openalex:A5023888391", "s2:1735303"])
def test_key_that_is_not_accepted(site: Site, web: Web, source: str) -> None:
    """The hint is the key, which is not shown."""
    site.replies[AUTHORS[source]] = Reply({"error": "bad key secret"}, 401)
    error = failing(source, site, web, "secret")
    assert "API key" in error.hint
    assert "secret" not in f"{error} {error.hint}"


@pytest.mark.parametrize("body", [b"<html>", b"", b'{"papers": ', b'"text"', b"3", b'{"papers": 3}', b"null"])
@pytest.mark.parametrize("source", ["scholarfeed:123", "openalex:A5023888391", "s2:1735303"])
def test_answer_of_another_shape_fails_the_whole(site: Site, web: Web, source: str, body: bytes) -> None:
    """Half a list would look like papers that are gone."""
    path = AUTHORS[source]
    for known in (path, f"{path}/papers", "/works"):
        site.replies[known] = Reply(body)
    assert failing(source, site, web).transient


@pytest.mark.parametrize("status", [500, 404, 403])
def test_error_in_the_middle_fails_the_whole(site: Site, web: Web, status: int) -> None:
    """Though a first page came."""
    site.replies |= {
        "/author/1735303": Reply({"name": "P. He"}),
        "/author/1735303/papers": [Reply({"data": [{"title": "A"}], "next": 1}), Reply(b"", status)],
    }
    failing("s2:1735303", site, web)


def test_size_limit_counts_all_pages(site: Site, clock: FakeClock) -> None:
    """Each alone is within it."""
    site.replies |= {
        "/author/1735303": Reply({"name": "P. He"}),
        "/author/1735303/papers": [
            Reply({"data": [{"title": "A" * 600}], "next": 1}),
            Reply({"data": [{"title": "B" * 600}]}),
        ],
    }
    with Web(clock, allow_private=["127.0.0.1"], pace=Pace(0.0), limits=Limits(size=1000)) as web:
        assert "sends more than 1000 bytes" in str(failing("s2:1735303", site, web))


def test_captured_is_when_the_api_answered(site: Site, web: Web, clock: FakeClock) -> None:
    """By its clock, or by ours."""
    site.replies |= {
        "/author/1735303": Reply({"name": "P. He"}),
        "/author/1735303/papers": Reply({"data": []}),
    }
    assert fetched("s2:1735303", site, web).captured == clock.now()
    dated = {"Date": "Mon, 01 Jun 2026 07:30:00 GMT"}
    site.replies["/author/1735303/papers"] = Reply({"data": []}, headers=dated)
    assert fetched("s2:1735303", site, web).captured == datetime(2026, 6, 1, 7, 30, tzinfo=UTC)


def test_unchanged_api_costs_304s(site: Site, clock: FakeClock, tmp_path: Path) -> None:
    """And gives the same snapshot."""

    def once(asked: Asked) -> Reply:
        known = asked.headers["If-None-Match"] == '"1"'
        return Reply(b"", 304) if known else Reply(b"<dblpperson name='A'/>", headers={"ETag": '"1"'})

    site.replies["/pid/116/8665.xml"] = once
    digests = set()
    for _ in range(2):
        with Web(clock, allow_private=["127.0.0.1"], pace=Pace(0.0), cache=tmp_path) as web:
            digests.add(fetched("dblp:116/8665", site, web).digest)
    assert len(digests) == 1
    assert site.asked[1].headers["If-None-Match"] == '"1"'


def test_the_own_network_is_closed(site: Site) -> None:
    """Also to APIs: their addresses may come from a configuration that somebody else wrote."""
    with Web() as web, pytest.raises(SourceError, match="own network"):
        fetch("dblp:116/8665", web=web, apis=apis(site))
    assert site.asked == []


# What is an author at an API


@pytest.mark.parametrize(
    "source",
    [
        "profiles/pengcheng-he.txt",
        "https://example.org/author/123",
        "https://arxiv.org/abs/2304.12526",
        "https://openalex.org/W2741809807",
        "https://www.semanticscholar.org/paper/649def",
        "https://dblp.org/rec/conf/iclr/HeGC23.html",
        "https://evil.example/?x=https://orcid.org/0000-0002-1825-0097",
        "https://orcid.org.evil.example/0000-0002-1825-0097",
        "http://scholarfeed.org@evil.example/author/1",
        "arxiv:2304.12526",
        "s2:abc",
        "",
    ],
)
def test_what_is_no_author(source: str) -> None:
    """Files, pages, papers, and addresses of other hosts that only look alike."""
    assert services.recognise(source) is None


def test_mistyped_author_gets_an_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For it is taken for a file, which is not there."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError) as caught:
        fetch("openalex:Pengcheng")
    assert "openalex:A5023888391" in caught.value.hint


def test_every_api_has_its_parts() -> None:
    """A module that fetches, an example that is recognised, and a parser."""
    for name, service in services.SOURCES.items():
        example = service.example
        recognised = services.recognise(example)
        assert recognised is not None
        assert (recognised.name, recognised.source) == (name, example)
        assert callable(services.api(name).fetch)
        assert callable(service.module().read)


# Search


def test_search_asks_those_that_know_most(site: Site, web: Web) -> None:
    """What it finds is what can be followed; records without name or number are left out."""
    site.replies |= {
        "/public/authors/discover": Reply(
            {
                "authors": [
                    {
                        "id": 123,
                        "name": "Pengcheng He",
                        "h_index": 17,
                        "total_papers": None,
                        "primary_field": "cs.CL",
                    },
                    {"id": None, "name": "Nobody"},
                    {"id": 5, "name": None},
                ]
            }
        ),
        "/authors": Reply(
            {
                "results": [
                    {
                        "id": "https://openalex.org/A5023888391",
                        "display_name": "Pengcheng He",
                        "works_count": 65,
                        "last_known_institutions": [{"display_name": "Microsoft"}],
                    },
                    None,
                ]
            }
        ),
    }
    found = search("Pengcheng He", web, apis=apis(site))
    assert [author.source for author in found] == ["scholarfeed:123", "openalex:A5023888391"]
    assert (found[0].service, found[0].h_index, found[0].papers, found[0].field) == (
        "Scholar Feed",
        17,
        None,
        "cs.CL",
    )
    assert (found[1].service, found[1].papers, found[1].affiliation) == ("OpenAlex", 65, "Microsoft")
    assert site.asked[0].query["q"] == site.asked[1].query["search"] == "Pengcheng He"
    assert all(services.recognise(author.source) for author in found)


def test_search_with_one_api_out_of_order(site: Site, web: Web) -> None:
    """The other one's authors come, and who asks learns of the failure; with none left it fails."""
    site.replies["/authors"] = Reply({"results": [{"id": "https://openalex.org/A1111", "display_name": "A"}]})
    failures: list[SourceError] = []
    found = search("A", web, apis=apis(site), failures=failures)
    assert [author.source for author in found] == ["openalex:A1111"]
    assert len(failures) == 1
    assert "Scholar Feed" in str(failures[0])
    del site.replies["/authors"]
    with pytest.raises(SourceError):
        search("A", web, apis=apis(site))


def test_following_a_name_tells_which_service_was_silent(
    site: Site, web: Web, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever misses the right author in the list knows where nobody looked."""
    site.replies["/authors"] = Reply({"results": [{"id": "https://openalex.org/A1111", "display_name": "A"}]})
    with pytest.raises(ConfigError, match="nobody is here to choose from 1 author"):
        follow._chosen("A", web, apis(site))
    told = capsys.readouterr()
    assert "warning: one of them could not be searched: " in told.err
    assert "Scholar Feed" in told.err
    assert "openalex:A1111" in told.out


# Plugins


class Good:
    """A plugin that works."""

    name = "scopus"

    def recognise(self, source: str) -> str | None:
        """Know a short form and addresses of one host."""
        return source.removeprefix("scopus:") if source.startswith("scopus:") else None

    def fetch(self, author: str, web: Web) -> Snapshot:
        """Bring what the site under test says."""
        return Snapshot(web.get(author).data, "anything", web.clock.now())

    def parse(self, snapshot: Snapshot) -> Profile:
        """Take the content for the author's name."""
        return Profile(snapshot.data.decode())


class Entry:
    """An entry point, as `importlib.metadata` gives it."""

    def __init__(self, name: str, loaded: object) -> None:
        self.name = name
        self.loaded = loaded

    def load(self) -> object:
        """Return what the package has, or fail as its import does."""
        if isinstance(self.loaded, Exception):
            raise self.loaded
        return self.loaded


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Entry]]:
    """Plugins that are installed: as many as the test puts in."""
    entries: list[Entry] = []
    monkeypatch.setattr(metadata, "entry_points", lambda group: entries if group == "syncd.sources" else [])
    plugins.load.cache_clear()
    yield entries
    plugins.load.cache_clear()


def test_plugin_is_a_source_like_the_others(site: Site, web: Web, installed: list[Entry]) -> None:
    """It recognises, fetches through the session, and parses; syncd adds where it came from."""
    installed.append(Entry("scopus", Good))
    site.replies["/7004"] = Reply(b"Pengcheng He")
    snapshot = fetched(f"scopus:{site.address}/7004", site, web)
    assert snapshot.origin == f"scopus:{site.address}/7004"
    assert profile(snapshot).name == "Pengcheng He"


def test_broken_plugins_are_named_and_break_nothing(site: Site, web: Web, installed: list[Entry]) -> None:
    """One that can't be imported, one that lacks a part, one with a name that is none."""
    bad_name = type("BadName", (Good,), {"name": "Not A Name"})
    installed += [
        Entry("a", ImportError("no module\nnamed x")),
        Entry("b", object()),
        Entry("c", bad_name),
        Entry("d", Good()),
    ]
    site.replies["/1"] = Reply(b"A")
    assert profile(fetched(f"scopus:{site.address}/1", site, web)).name == "A"
    failures = plugins.load().failures
    assert sorted(failures) == ["a", "b", "c"]
    assert "the plugin 'a' does not work: ImportError: no module named x" in str(failures["a"])
    assert "recognise" in str(failures["b"])
    with pytest.raises(SourceError) as caught:
        fetch("unheard:of")
    assert "the plugin 'a' does not work" in caught.value.hint


def test_plugin_that_fails_in_use_is_named(site: Site, web: Web, installed: list[Entry]) -> None:
    """Whichever part of it; its own `SourceError`s pass as they are."""

    class Failing(Good):
        name = "failing"

        def recognise(self, source: str) -> str | None:
            if source.startswith("https://"):
                raise KeyError("oops")
            return source.removeprefix("failing:") if source.startswith("failing:") else None

        def fetch(self, author: str, web: Web) -> Snapshot:
            del web
            if author == "known":
                raise SourceError("on purpose", origin=author)
            raise ZeroDivisionError("by zero")

        def parse(self, snapshot: Snapshot) -> Profile:
            raise IndexError(f"list index of {snapshot.origin}")

    installed += [Entry("failing", Failing), Entry("scopus", Good)]
    assert services.recognise("https://example.org/") is None
    assert "failing" in plugins.load().failures
    with pytest.raises(SourceError, match="the plugin 'failing' failed: ZeroDivisionError: by zero"):
        fetched("failing:x", site, web)
    with pytest.raises(SourceError, match="on purpose"):
        fetched("failing:known", site, web)
    parse = services.parser("failing")
    assert parse is not None
    with pytest.raises(ParseError, match="the plugin 'failing' failed: IndexError: list index of failing:x"):
        parse(Snapshot(b"", "failing:x", datetime(2026, 6, 2, tzinfo=UTC)))


def test_own_sources_come_before_plugins(installed: list[Entry]) -> None:
    """A plugin can't take over what syncd knows."""
    greedy = type("Greedy", (Good,), {"name": "greedy", "recognise": lambda _, source: source})
    installed.append(Entry("greedy", greedy))
    assert services.recognise("s2:1") == services.Recognised("s2", "1")
    assert services.recognise("https://example.org/") == services.Recognised("greedy", "https://example.org/")
    assert services.recognise("page.txt") is None


def test_bounds_are_sane() -> None:
    """The most pages of an author at each API hold more than anybody wrote."""
    assert base.MOST_PAGES * 50 >= 10_000
