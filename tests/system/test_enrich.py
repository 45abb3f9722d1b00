"""Papers completed by services, as local servers answer in the documented shape: batches, errors, limits, cache."""

from __future__ import annotations

import copy
import json
import random
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import pytest

from builders import paper
from clocks import FakeClock
from ports import free_port
from syncd.enrich.run import Answers, enrich, enrichers
from syncd.model import Creator, Identifiers, Notice, Paper
from syncd.services.huggingface import Api
from syncd.sources.pace import Pace
from syncd.sources.web import Web
from syncd.text.links import classify
from websites import Asked, Reply, Site, website

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

Json = dict[str, Any]

PATHS = {
    "arxiv": "/arxiv/api/query",
    "semanticscholar": "/s2",
    "openalex": "/openalex",
    "crossref": "/crossref",
    "dblp": "/dblp",
    "huggingface": "/hf",
}
BATCH, MATCH = "/s2/paper/batch", "/s2/paper/search/match"
WORKS, CROSSREF, DBLP = "/openalex/works", "/crossref/works", "/dblp/search/publ/api"


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A running server for all services, none of which knows anything yet."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with website() as running:
        running.replies |= {
            PATHS["arxiv"]: Reply(feed()),
            BATCH: lambda asked: Reply([None] * len(json.loads(asked.body)["ids"])),
            MATCH: Reply({"error": "Title match not found"}, 404),
            WORKS: Reply({"meta": {"count": 0}, "results": []}),
            CROSSREF: Reply({"status": "ok", "message": {"items": []}}),
            DBLP: Reply({"result": {"hits": {"@total": "0"}}}),
        }
        yield running


@pytest.fixture
def clock() -> FakeClock:
    """A clock that waits in no time."""
    return FakeClock()


@pytest.fixture
def run(site: Site, clock: FakeClock, tmp_path: Path) -> Iterator[Run]:
    """What enriches papers by the local server."""
    with Web(clock, allow_private=["127.0.0.1"], pace=Pace(0.0)) as web:
        yield Run(site, clock, tmp_path, web)


class Run:
    """Runs over papers, each with what earlier ones left on disk."""

    def __init__(self, site: Site, clock: FakeClock, folder: Path, web: Web) -> None:
        self.site, self.clock, self.folder, self.web = site, clock, folder, web
        self.notices: dict[str, str] = {}
        self.every: tuple[Notice, ...] = ()
        self.bases = {name: site.address + path for name, path in PATHS.items()}
        self.keys: dict[str, str] = {}

    def __call__(self, papers: Paper | Sequence[Paper], *services: str) -> tuple[Paper, ...]:
        """Return the papers, completed by some services or by all."""
        listed = [papers] if isinstance(papers, Paper) else papers
        made = enrichers(services or tuple(PATHS), bases=self.bases, keys=self.keys, contact="me@example.org")
        found, self.every = enrich(listed, made, Answers(self.folder, self.clock), self.web)
        self.notices = {notice.code: notice.message for notice in self.every}
        return tuple(one.paper for one in found)

    def requests(self) -> int:
        """Return how many requests there were since it was last asked."""
        count = len(self.site.asked)
        self.site.asked.clear()
        return count


# Records in the documented shapes


def entry(identifier: str, title: str, *authors: str, **elements: str) -> str:
    """Return an entry of arXiv's feed."""
    published = elements.pop("published", "2023-04-25T17:59:46Z")
    summary = elements.pop("summary", "We do\n  things.")
    category = elements.pop("category", "cs.CV")
    people = "".join(f"<author><name>{escape(name)}</name></author>" for name in authors)
    rest = "".join(f"<arxiv:{name}>{escape(text)}</arxiv:{name}>" for name, text in elements.items())
    return (
        f"<entry><id>http://arxiv.org/abs/{identifier}v2</id><title>{escape(title)}</title>"
        f"<summary>{escape(summary)}</summary><published>{published}</published>{people}{rest}"
        f'<arxiv:primary_category term="{category}"/></entry>'
    )


def feed(*entries: str, total: int | None = None) -> str:
    """Return arXiv's feed."""
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom"'
        ' xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"><title>arXiv Query</title>'
        f"<opensearch:totalResults>{len(entries) if total is None else total}</opensearch:totalResults>"
        f"{''.join(entries)}</feed>"
    )


def s2(title: str, *authors: str, arxiv: str | None = None, doi: str | None = None, **fields: Any) -> Json:
    """Return a paper of Semantic Scholar."""
    ids = {"ArXiv": arxiv, "DOI": doi, "CorpusId": 1}
    return {
        "paperId": "0",
        "externalIds": {name: value for name, value in ids.items() if value},
        "title": title,
        "authors": [{"authorId": "1", "name": name} for name in authors],
        "citationCount": 7,
        **fields,
    }


def openalex(title: str, *authors: str, doi: str | None = None, **fields: Any) -> Json:
    """Return a work of OpenAlex."""
    return {
        "id": "https://openalex.org/W1",
        "doi": doi and f"https://doi.org/{doi}",
        "title": title,
        "type": "article",
        "authorships": [{"author": {"id": None, "display_name": name}} for name in authors],
        "primary_location": {"source": None},
        "cited_by_count": 7,
        **fields,
    }


def crossref(title: str, *authors: str, doi: str = "10.1000/x", **fields: Any) -> Json:
    """Return a work of Crossref."""
    people = []
    for name in authors:
        given, _, family = name.rpartition(" ")
        people.append({"given": given, "family": family} if given else {"name": family})
    return {
        "DOI": doi.upper(),
        "type": "journal-article",
        "title": [title] if title else [],
        "author": people,
        "container-title": ["Annals of Tests"],
        "published": {"date-parts": [[2023, 12]]},
        "reference": [{"key": "1"}],
        **fields,
    }


def dblp(title: str, *authors: str, **fields: Any) -> Json:
    """Return a hit of DBLP."""
    people: Any = [{"@pid": "1/1", "text": name} for name in authors]
    info = {
        "authors": {"author": people[0] if len(people) == 1 else people},
        "title": f"{title}.",
        "venue": "ICTEST",
        "year": "2023",
        "type": "Conference and Workshop Papers",
        **fields,
    }
    return {"@score": "5", "info": info}


def works(*items: Json) -> Reply:
    """Return Crossref's answer."""
    return Reply({"status": "ok", "message-type": "work-list", "message": {"items": list(items)}})


def hits(*found: Json) -> Reply:
    """Return DBLP's answer."""
    return Reply({"result": {"hits": {"@total": str(len(found)), "hit": list(found)}}})


CUT = replace(
    paper("Patch Diffusion", "Zhendong Wang", "Yifan Jiang", arxiv="2304.12526"), creators_truncated=True
)


# arXiv


def test_arxiv_completes_a_paper_by_its_id(site: Site, run: Run) -> None:
    """All authors, abstract on one line, category, DOI, and the repository that the comment names."""
    site.replies[PATHS["arxiv"]] = Reply(
        feed(
            entry(
                "2304.12526",
                "Patch Diffusion",
                *("Zhendong Wang", "Yifan Jiang", "Pengcheng He"),
                comment="Code: https://github.com/Zhendong-Wang/Patch-Diffusion",
                doi="10.1000/X",
            )
        )
    )
    (found,) = run(CUT, "arxiv")
    assert [creator.name for creator in found.creators] == ["Zhendong Wang", "Yifan Jiang", "Pengcheng He"]
    assert (found.creators_truncated, found.abstract) == (False, "We do things.")
    assert (found.category, found.identifiers.doi) == ("cs.CV", "10.1000/x")
    assert [link.name for link in found.links] == ["Zhendong-Wang/Patch-Diffusion"]
    assert site.asked[0].query["id_list"] == "2304.12526"
    assert run.every == ()


def test_arxiv_is_asked_for_a_hundred_ids_at_once(site: Site, run: Run) -> None:
    """With as many results allowed; what is not known is missing from the answer."""

    def answer(asked: Asked) -> Reply:
        ids = asked.query["id_list"].split(",")
        assert int(asked.query["max_results"]) == len(ids)
        return Reply(feed(*(entry(one, f"Paper {one}", "Ann Lee") for one in ids if not one.endswith("7"))))

    site.replies[PATHS["arxiv"]] = answer
    ids = [f"2301.{number:05}" for number in range(250)]
    found = run([paper(f"Paper {one}", "Ann Lee", arxiv=one) for one in ids], "arxiv")
    assert [len(asked.query["id_list"].split(",")) for asked in site.asked] == [100, 100, 50]
    assert sum(bool(one.abstract) for one in found) == 225


def test_arxiv_is_asked_every_three_seconds(site: Site, clock: FakeClock, tmp_path: Path) -> None:
    """The pace of its host holds between batches."""
    site.replies[PATHS["arxiv"]] = Reply(feed())
    host = site.address.removeprefix("http://")
    papers = [paper("T", "Ann Lee", arxiv=f"2301.{number:05}") for number in range(201)]
    made = enrichers(["arxiv"], bases={"arxiv": site.address + PATHS["arxiv"]})
    with Web(clock, allow_private=["127.0.0.1"], pace=Pace(0.0, {host: 3.0})) as web:
        enrich(papers, made, Answers(tmp_path, clock), web)
    assert len(site.asked) == 3
    assert sum(clock.waits) == pytest.approx(6.0)


def test_arxiv_is_searched_for_several_titles_at_once(site: Site, run: Run) -> None:
    """Only for what has no id; each paper gets its own entry."""

    def answer(asked: Asked) -> Reply:
        assert "id_list" not in asked.query
        return Reply(feed(*(entry(f"2301.{n:05}", f"Paper: no. {n:02}", "Ann Lee") for n in range(10))))

    site.replies[PATHS["arxiv"]] = answer
    found = run([paper(f"Paper no. {n:02}", "Ann Lee") for n in range(10)], "arxiv")
    assert [one.identifiers.arxiv for one in found] == [f"2301.{n:05}" for n in range(10)]
    (asked,) = site.asked
    assert asked.query["search_query"].startswith('ti:"Paper no 00" OR ti:"Paper no 01"')


def test_a_search_that_finds_too_much_is_split(site: Site, run: Run) -> None:
    """One common title must not crowd the others out."""

    def answer(asked: Asked) -> Reply:
        titles = asked.query["search_query"].split(" OR ")
        found = [entry("2301.00001", "Rare title", "Ann Lee")] if titles == ['ti:"Rare title"'] else []
        junk = [entry(f"2302.{n:05}", f"Attention {n}", "Bo Li") for n in range(10 * len(titles))]
        return Reply(feed(*found) if found else feed(*junk, total=5000))

    site.replies[PATHS["arxiv"]] = answer
    found = run([paper("Attention", "Ann Lee"), paper("Rare title", "Ann Lee")], "arxiv")
    assert [one.identifiers.arxiv for one in found] == [None, "2301.00001"]
    assert len(site.asked) == 3


def test_a_feed_that_lost_its_entries_is_a_failure(site: Site, run: Run) -> None:
    """It happens to arXiv at times; a miss that is remembered would be wrong for days."""
    site.replies[PATHS["arxiv"]] = Reply(feed(total=1))
    run(CUT, "arxiv")
    assert list(run.notices) == ["enricher-failed"]


def test_an_inferred_year_becomes_that_of_the_first_version(site: Site, run: Run) -> None:
    """Where month and day are the same."""
    site.replies[PATHS["arxiv"]] = Reply(feed(entry("2304.12526", "T", "Ann Lee")))
    known = paper("T", "Ann Lee", arxiv="2304.12526", date="2026-04-25", date_inferred=True)
    (found,) = run(known, "arxiv")
    assert (found.date, found.date_inferred) == ("2023-04-25", False)


@pytest.mark.parametrize(
    "elements",
    [
        {"summary": "This paper has been withdrawn by the author due to an error."},
        {"comment": "12 pages. This submission is withdrawn"},
    ],
)
def test_a_withdrawn_paper_is_told(site: Site, run: Run, elements: dict[str, str]) -> None:
    """The notice names it, and the withdrawal is no abstract."""
    site.replies[PATHS["arxiv"]] = Reply(feed(entry("2304.12526", "T", "Ann Lee", **elements)))
    (found,) = run(paper("T", "Ann Lee", arxiv="2304.12526"), "arxiv")
    assert found.retracted
    assert found.abstract == ""
    assert "'T'" in run.notices["retracted"]
    assert "arXiv" in run.notices["retracted"]


def test_one_id_that_is_refused_holds_up_no_other(site: Site, run: Run) -> None:
    """ArXiv answers 400 for the whole batch; the halves find the one to blame."""

    def answer(asked: Asked) -> Reply:
        ids = asked.query["id_list"].split(",")
        if "2301.00013" in ids:
            return Reply(feed(entry("errors", "Error", "arXiv api core")), 400)
        return Reply(feed(*(entry(one, "T", "Ann Lee") for one in ids)))

    site.replies[PATHS["arxiv"]] = answer
    found = run([paper("T", "Ann Lee", arxiv=f"2301.{n:05}") for n in range(100)], "arxiv")
    assert [n for n, one in enumerate(found) if not one.abstract] == [13]
    assert run.notices == {"enricher-refused": "arXiv did not take 1 question"}


# Semantic Scholar


def test_semantic_scholar_is_asked_for_five_hundred_at_once(site: Site, run: Run) -> None:
    """By arXiv id or DOI, in their order, with null for what is not known."""

    def answer(asked: Asked) -> Reply:
        ids = json.loads(asked.body)["ids"]
        return Reply(
            [s2("T", "Ann Lee", doi=f"10.1000/{one[-3:]}") if "ARXIV" in one else None for one in ids]
        )

    site.replies[BATCH] = answer
    papers = [paper("T", "Ann Lee", arxiv=f"2301.{n:05}") for n in range(600)]
    found = run([*papers, paper("T", "Ann Lee", doi="10.1000/y")], "semanticscholar")
    assert [len(json.loads(asked.body)["ids"]) for asked in site.asked] == [500, 101]
    assert found[599].identifiers.doi == "10.1000/599"
    assert found[600] == paper("T", "Ann Lee", doi="10.1000/y")


def test_semantic_scholar_gets_its_key_as_a_header(site: Site, run: Run) -> None:
    """And a key that it does not accept is named as the reason, not shown."""
    run.keys = {"s2": "secret"}
    run(CUT, "semanticscholar")
    assert site.asked[0].headers["x-api-key"] == "secret"
    site.replies[BATCH] = Reply({"message": "Forbidden"}, 403)
    run(paper("U", "Ann Lee", doi="10.1000/y"), "semanticscholar")
    assert "key is not accepted (403)" in run.notices["enricher-failed"]
    assert "secret" not in run.notices["enricher-failed"]


def test_a_batch_of_which_nothing_is_known_is_one_request(site: Site, run: Run) -> None:
    """Semantic Scholar answers 400 then, which is every day's case for new papers, and says nothing about the batch."""
    site.replies[BATCH] = Reply({"error": "No valid paper ids given"}, 400)
    papers = [paper(f"T{n}", "Ann Lee", arxiv=f"2301.{n:05}") for n in range(20)]
    assert run(papers, "semanticscholar") == tuple(papers)
    assert (run.requests(), run.notices) == (1, {})
    run(papers, "semanticscholar")
    assert run.requests() == 0  # it said so lately


def test_a_batch_that_is_refused_for_another_reason_is_asked_by_halves(site: Site, run: Run) -> None:
    """One identifier that the service does not take holds up no other."""

    def answer(asked: Asked) -> Reply:
        ids = json.loads(asked.body)["ids"]
        if "ARXIV:2301.00003" in ids:
            return Reply({"error": "Unsupported id"}, 400)
        return Reply([s2("T", "Ann Lee", doi=f"10.1000/{one[-3:]}") for one in ids])

    site.replies[BATCH] = answer
    found = run([paper("T", "Ann Lee", arxiv=f"2301.{n:05}") for n in range(8)], "semanticscholar")
    assert [n for n, one in enumerate(found) if not one.identifiers.doi] == [3]
    assert list(run.notices) == ["enricher-refused"]


@pytest.mark.parametrize("body", [[], [None, None], {"data": [None]}])
def test_a_batch_of_another_length_is_a_failure(site: Site, run: Run, body: Any) -> None:
    """Nobody knows which paper is which."""
    site.replies[BATCH] = Reply(body)
    assert run(CUT, "semanticscholar") == (CUT,)
    assert list(run.notices) == ["enricher-failed"]


def test_semantic_scholar_matches_titles_of_what_has_no_identifier(site: Site, run: Run) -> None:
    """404 is none; another title is not used, and said."""

    def answer(asked: Asked) -> Reply:
        if asked.query["query"] == "Known":
            return Reply({"data": [s2("Known", "A. Lee", arxiv="2301.00001") | {"matchScore": 99.5}]})
        if asked.query["query"] == "Nearly":
            return Reply({"data": [s2("Nearly so", "A. Lee", arxiv="2301.00002")]})
        return Reply({"error": "Title match not found"}, 404)

    site.replies[MATCH] = answer
    found = run([paper(title, "Ann Lee") for title in ("Known", "Nearly", "Nothing")], "semanticscholar")
    assert [one.identifiers.arxiv for one in found] == ["2301.00001", None, None]
    assert list(run.notices) == ["no-certain-match"]
    assert "Semantic Scholar" in run.notices["no-certain-match"]
    assert "1 paper;" in run.notices["no-certain-match"]


def test_semantic_scholars_arxiv_is_no_venue(site: Site, run: Run) -> None:
    """It calls preprints journal articles of arXiv.org."""
    record = s2(
        *("T", "Ann Lee"),
        arxiv="2304.12526",
        venue="arXiv.org",
        publicationTypes=["JournalArticle"],
        journal={"name": "ArXiv", "volume": "abs/2304.12526"},
    )
    site.replies[BATCH] = Reply([record])
    (found,) = run(paper("T", "Ann Lee", arxiv="2304.12526"), "semanticscholar")
    assert (found.published_as, found.venue, found.volume) == (None, None, None)


# OpenAlex


def test_openalex_is_asked_for_fifty_dois_at_once(site: Site, run: Run) -> None:
    """Those that arXiv registers too; the key goes along and is nowhere stored."""

    def answer(asked: Asked) -> Reply:
        dois = asked.query["filter"].removeprefix("doi:").split("|")
        return Reply({"results": [openalex("T", "Ann Lee", doi=doi.upper()) for doi in dois]})

    site.replies[WORKS] = answer
    run.keys = {"openalex": "secret"}
    papers = [paper("T", "Ann Lee", arxiv=f"2301.{n:05}") for n in range(60)]
    run([*papers, paper("T", "Ann Lee", doi="10.1000/y")], "openalex")
    assert [asked.query["filter"].count("|") + 1 for asked in site.asked] == [50, 11]
    assert site.asked[0].query["filter"].startswith("doi:10.48550/arxiv.2301.00000|")
    assert {asked.query["api_key"] for asked in site.asked} == {"secret"}
    assert not any(b"secret" in path.read_bytes() for path in run.folder.rglob("*") if path.is_file())


def test_a_doi_that_would_end_a_filter_is_not_looked_up(site: Site, run: Run) -> None:
    """A comma or a bar in it: the paper is searched by title."""
    run([paper("T", "Ann Lee", doi="10.1000/a,b"), paper("U", "Bo Li", doi="10.1000/a|b")], "openalex")
    assert [asked.query["filter"] for asked in site.asked] == ["title.search:T", "title.search:U"]


def test_openalex_gives_the_published_form_and_retractions(site: Site, run: Run) -> None:
    """The abstract is put together from its index."""
    work = openalex(
        *("T", "Ann Lee", "Bo Li"),
        doi="10.1000/x",
        publication_date="2023-12-01",
        primary_location={"source": {"display_name": "Annals of Tests", "type": "journal"}},
        biblio={"volume": "3", "issue": "1", "first_page": "1", "last_page": "9"},
        abstract_inverted_index={"do.": [1], "We": [0]},
        is_retracted=True,
    )
    site.replies[WORKS] = Reply({"results": [work]})
    (found,) = run(paper("T", "Ann Lee", date="2023-04-25"), "openalex")
    assert (found.published_as, found.venue, found.pages) == ("journalArticle", "Annals of Tests", "1-9")
    assert (found.identifiers.doi, found.abstract, found.date) == ("10.1000/x", "We do.", "2023-04-25")
    assert found.retracted
    assert "OpenAlex" in run.notices["retracted"]
    assert site.asked[0].query["filter"] == "title.search:T"


@pytest.mark.parametrize("kind", ["erratum", "retraction", "book-review"])
def test_what_is_about_a_paper_is_not_the_paper(site: Site, run: Run, kind: str) -> None:
    """OpenAlex lists it under the paper's very title."""
    journal = {"source": {"display_name": "Annals of Tests", "type": "journal"}}
    note = openalex("T", "Ann Lee", doi="10.1000/e", type=kind, primary_location=journal)
    site.replies[WORKS] = Reply({"results": [note]})
    assert run(paper("T", "Ann Lee"), "openalex") == (paper("T", "Ann Lee"),)


# Crossref


def test_crossref_completes_by_doi(site: Site, run: Run) -> None:
    """Several DOIs a request, and the contact for the polite pool."""
    work = crossref("T", "Ann Lee", volume="3", page="1-9", publisher="P", abstract="<jats:p>We do.</jats:p>")
    site.replies[CROSSREF] = works(work)
    found, other = run(
        [paper("T", "Ann Lee", doi="10.1000/x"), paper("U", "Bo Li", doi="10.1000/y")], "crossref"
    )
    assert (found.venue, found.volume, found.pages, found.publisher) == ("Annals of Tests", "3", "1-9", "P")
    assert (found.abstract, found.date) == ("We do.", "2023-04-25")
    assert other == paper("U", "Bo Li", doi="10.1000/y")
    (asked,) = site.asked
    assert asked.query["filter"] == "doi:10.1000/x,doi:10.1000/y"
    assert asked.query["mailto"] == "me@example.org"


@pytest.mark.parametrize(
    "fields",
    [
        {"updated-by": [{"type": "retraction", "DOI": "10.1000/r"}]},
        {"title": ["RETRACTED ARTICLE: T"]},
        {"relation": {"is-retracted-by": [{"id": "10.1000/r", "id-type": "doi"}]}},
    ],
)
def test_crossref_tells_retractions(site: Site, run: Run, fields: Json) -> None:
    """However its publisher says so."""
    site.replies[CROSSREF] = works(crossref("T", "Ann Lee") | fields)
    (found,) = run(paper("T", "Ann Lee", doi="10.1000/x"), "crossref")
    assert found.retracted
    assert found.title == "T"


def test_crossrefs_subtitle_belongs_to_the_title(site: Site, run: Run) -> None:
    """A main title alone is another paper's."""
    site.replies[CROSSREF] = works(crossref("Rain", "Ann Lee", subtitle=["A Study"]))
    found, other = run([paper("Rain: a study", "Ann Lee"), paper("Rain", "Ann Lee")], "crossref")
    assert (found.venue, other.venue) == ("Annals of Tests", None)


def test_a_notice_of_retraction_is_not_the_paper(site: Site, run: Run) -> None:
    """It may have the paper's very title."""
    notice = crossref("T", "Ann Lee", doi="10.1000/r", **{"update-to": [{"type": "retraction"}]})
    site.replies[CROSSREF] = works(notice)
    assert run(paper("T", "Ann Lee"), "crossref") == (paper("T", "Ann Lee"),)


def test_crossrefs_odd_records_harm_nothing(site: Site, run: Run) -> None:
    """No title, no names, dates of nulls, groups as authors: the right one is still found."""
    odd: Json = {"DOI": None, "title": None, "author": [None, {}], "published": {"date-parts": [[None]]}}
    right = crossref("T", "The Test Team", "Ann Lee", subtitle=["T"], published={"date-parts": []})
    site.replies[CROSSREF] = works(crossref(""), odd, {"title": "T"}, right)
    (found,) = run(paper("T", "Ann Lee"), "crossref")
    assert found.identifiers.doi == "10.1000/x"
    assert site.asked[0].query["query.bibliographic"] == "T Lee"


@pytest.mark.parametrize(
    ("author", "person"),
    [
        (
            {"name": "World Health Organization"},
            Creator("World Health Organization", "World Health Organization"),
        ),
        ({"name": "Ann Lee Fund"}, Creator("Ann Lee Fund", "Ann Lee Fund")),
        ({"family": "Red Cross"}, Creator("Red Cross", "Red Cross")),
        ({"family": "Sand (MIT)", "given": "Bo"}, Creator("Bo Sand", "Sand", "Bo")),
        ({"family": "O'BRIEN", "given": "J. R."}, Creator("J. R. O'Brien", "O'Brien", "J. R.")),
    ],
)
def test_crossrefs_organisations_are_one_name(site: Site, run: Run, author: Json, person: Creator) -> None:
    """What has no parts is never split; brackets are no surname, nor are capitals its spelling."""
    work = crossref("T", "Ann Lee")
    site.replies[CROSSREF] = works(work | {"author": [*work["author"], author]})
    shown = replace(paper("T", "Ann Lee", doi="10.1000/x"), creators_truncated=True)
    (found,) = run(shown, "crossref")
    assert found.creators[1] == person


# DBLP


def test_dblp_prefers_the_publication_to_the_preprint(site: Site, run: Run) -> None:
    """Homonyms lose their numbers and titles their stop."""
    informal = {"venue": "CoRR", "volume": "abs/2304.12526", "type": "Informal and Other Publications"}
    site.replies[DBLP] = hits(
        dblp("T", "Ann Lee", **informal),
        dblp("T", "Ann Lee 0001", "Bo Li 0002", pages="1-9", venue=["ICTEST", "x"]),
    )
    (found,) = run(paper("T", "Ann Lee", creators_truncated=True), "dblp")
    assert (found.published_as, found.venue, found.pages) == ("conferencePaper", "ICTEST", "1-9")
    assert [creator.name for creator in found.creators] == ["Ann Lee", "Bo Li"]


def test_dblp_tells_withdrawals(site: Site, run: Run) -> None:
    """By the kind of the record."""
    site.replies[DBLP] = hits(dblp("T", "Ann Lee", venue="CoRR", type="Withdrawn Items"))
    (found,) = run(paper("T", "Ann Lee"), "dblp")
    assert (found.retracted, found.published_as) == (True, None)


def test_dblp_writes_one_author_and_one_hit_without_a_list(site: Site, run: Run) -> None:
    """And no hits not at all."""
    site.replies[DBLP] = [
        Reply({"result": {"hits": {"@total": "1", "hit": dblp("Q &amp; A", "Ann Lee")}}}),
        Reply({"result": {"hits": {"@total": "0"}}}),
    ]
    found, other = run([paper("Q & A", "Ann Lee"), paper("U", "Bo Li")], "dblp")
    assert (found.venue, other.venue) == ("ICTEST", None)
    assert run.every == ()


# Hugging Face


def test_hugging_face_is_asked_for_code_that_has_no_link(site: Site, run: Run) -> None:
    """404 does not mean that there is none; what has a link, or no badge, is not asked for."""
    site.replies["/hf/api/papers/2301.00001"] = Reply(
        {
            "id": "2301.00001",
            "title": "T",
            "authors": [{"name": "Ann Lee"}],
            "githubRepo": "https://github.com/a/b",
            "githubStars": 5,
            "projectPage": "https://a.example.org/b",
        }
    )
    badge = [paper("T", "Ann Lee", arxiv=f"2301.0000{n}", has_code=True) for n in (1, 2)]
    plain = paper("T", "Ann Lee", arxiv="2301.00003")
    code = classify("https://github.com/c/d")
    assert code
    linked = paper("T", "Ann Lee", arxiv="2301.00004", has_code=True, links=(code,))
    found, unknown, *others = run([*badge, plain, linked], "huggingface")
    assert [(link.kind, link.url) for link in found.links] == [
        ("code", "https://github.com/a/b"),
        ("project", "https://a.example.org/b"),
    ]
    assert (unknown.links, others) == ((), [plain, linked])
    assert site.paths == ["/hf/api/papers/2301.00001", "/hf/api/papers/2301.00002"]


# All of them


def everything(site: Site) -> list[Paper]:
    """Let all services know something, and return papers without identifiers."""
    site.replies |= {
        PATHS["arxiv"]: Reply(
            feed(
                entry("2304.12526", "Patch Diffusion", "Zhendong Wang", "Yifan Jiang", "Bo Li"),
                entry("2304.00002", "Second", "Ann Lee"),
            )
        ),
        BATCH: lambda asked: Reply(
            [
                s2(
                    *("Patch Diffusion", "Z. Wang"),
                    arxiv="2304.12526",
                    doi="10.1000/x",
                    venue="Ann. Tests",
                    publicationTypes=["JournalArticle"],
                    journal={"volume": "3"},
                )
                if "12526" in one
                else None
                for one in json.loads(asked.body)["ids"]
            ]
        ),
        CROSSREF: lambda asked: (
            works(crossref("Patch Diffusion", "Zhendong Wang")) if "filter" in asked.query else works()
        ),
        DBLP: hits(dblp("Something else", "Ann Lee")),
        "/hf/api/papers/2304.12526": Reply({"id": "2304.12526", "title": "Patch Diffusion"}),
    }
    return [
        replace(CUT, identifiers=Identifiers(), has_code=True),
        paper("Second", "Ann Lee"),
        paper("Unknown", "Ann Lee"),
    ]


def test_each_service_builds_on_what_others_found(site: Site, run: Run) -> None:
    """ArXiv finds the id, Semantic Scholar the DOI by it, Crossref the journal's right name by that."""
    first, second, third = run(everything(site))
    assert first.volume == "3"
    assert first.identifiers == Identifiers("10.1000/x", "2304.12526")
    assert (first.venue, first.published_as, len(first.creators)) == ("Annals of Tests", "journalArticle", 3)
    assert second.identifiers == Identifiers(None, "2304.00002")
    assert third == paper("Unknown", "Ann Lee")


def test_a_second_run_asks_nobody(site: Site, run: Run) -> None:
    """And says the same: papers and notices."""
    papers = everything(site)
    first, notices = run(papers), run.every
    assert run.requests() > 5
    assert run(papers) == first
    assert run.every == notices
    assert run.requests() == 0


def test_misses_are_asked_for_sooner_than_hits(site: Site, run: Run, clock: FakeClock) -> None:
    """What is not known today may be known in three days; what is known holds a month."""
    papers = everything(site)
    first = run(papers, "arxiv")
    assert run.every == ()  # that of the others is nothing like it
    run.requests()
    clock.advance(timedelta(days=3, seconds=1).total_seconds())
    assert run(papers, "arxiv") == first
    (asked,) = site.asked
    assert asked.query["search_query"] == 'ti:"Unknown"'
    run.requests()
    clock.advance(timedelta(days=27).total_seconds())
    run(papers, "arxiv")
    (asked,) = site.asked
    assert asked.query["search_query"].count("ti:") == 3


def test_what_is_damaged_on_disk_is_asked_for_again(site: Site, run: Run) -> None:
    """Cut, empty, or no record at all: a miss, not an error."""
    papers = everything(site)
    first = run(papers)
    files = sorted(run.folder.rglob("*.answer"))
    assert len(files) > 6
    run.requests()
    for number, path in enumerate(files):
        path.write_bytes((b"", b"{", path.read_bytes()[:-5], b'{"a": 1}\n[]')[number % 4])
    assert run(papers) == first
    assert run.requests() > 5


def test_the_folder_may_not_be_written(site: Site, run: Run) -> None:
    """That costs requests, and nothing else."""
    (run.folder / "enrich").write_text("a file in the way")
    papers = everything(site)
    assert run(papers) == run(papers)


# What goes wrong


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_a_failing_service_leaves_papers_as_they_were(site: Site, run: Run, status: int) -> None:
    """It is named once, and not asked any more in this run; the others are."""
    papers = everything(site)
    site.replies[CROSSREF] = Reply(b"<html>no</html>", status)
    site.replies[BATCH] = Reply([None, None])
    found = run(papers)
    assert found[0].identifiers.arxiv == "2304.12526"
    failed = [notice for notice in run.every if notice.code == "enricher-failed"]
    assert len(failed) == 1
    assert "Crossref" in failed[0].message
    assert "?" not in failed[0].message
    assert "me@example.org" not in failed[0].message
    assert site.paths.count(CROSSREF) <= 4  # one question, repeated where that makes sense
    assert DBLP in site.paths


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'"x"', b"<html>Sign in</html>", b'{"message": 3}', b"null", b"\xff"]
)
@pytest.mark.parametrize("service", list(PATHS))
def test_an_answer_that_makes_no_sense_is_a_failure(site: Site, run: Run, service: str, body: bytes) -> None:
    """Papers stay as they were, it is said, and nothing is remembered of it."""
    known = paper("T", "Ann Lee", arxiv="2304.12526" if service == "huggingface" else None, has_code=True)
    paths = (PATHS["arxiv"], BATCH, MATCH, WORKS, CROSSREF, DBLP, "/hf/api/papers/2304.12526")
    for path in paths:
        site.replies[path] = Reply(body)
    assert run(known, service) == (known,)
    assert list(run.notices) == ["enricher-failed"]
    run.requests()
    run(known, service)
    assert run.requests() == 1


def test_a_dead_host_is_tried_once(run: Run) -> None:
    """However many papers there are."""
    run.bases["dblp"] = f"http://127.0.0.1:{free_port()}"
    papers = [paper(f"Paper {n}", "Ann Lee") for n in range(20)]
    assert run(papers, "dblp") == tuple(papers)
    assert [notice.code for notice in run.every] == ["enricher-failed"]
    assert "DBLP" in run.notices["enricher-failed"]


def test_without_a_network_one_notice_says_so(run: Run) -> None:
    """Not one for each service."""
    for name in run.bases:
        run.bases[name] = f"http://127.0.0.1:{free_port()}"
    papers = [paper("A paper of some length", "Ann Lee", has_code=True)]
    assert run(papers) == tuple(papers)
    assert [notice.code for notice in run.every] == ["enricher-offline"]
    assert "arXiv, Semantic Scholar, OpenAlex, Crossref, DBLP could not be reached" in run.every[0].message


def test_a_service_that_is_down_keeps_what_it_said_earlier(site: Site, run: Run, clock: FakeClock) -> None:
    """What went to Zotero must not be taken back because a server rests."""
    papers = everything(site)
    first = run(papers)
    clock.advance(timedelta(days=90).total_seconds())
    for path in (PATHS["arxiv"], BATCH, MATCH, WORKS, CROSSREF, DBLP, "/hf/api/papers/2304.12526"):
        site.replies[path] = Reply(b"down", 503)
    assert run(papers) == first
    assert [notice.code for notice in run.every].count("enricher-failed") == 6


def test_a_batch_that_fails_keeps_the_batches_before(site: Site, run: Run) -> None:
    """The next run asks only for the rest."""

    def answer(asked: Asked) -> Reply:
        ids = asked.query["id_list"].split(",")
        if len(site.asked) > 1:
            return Reply(b"down", 500)
        return Reply(feed(*(entry(one, "T", "Ann Lee") for one in ids)))

    site.replies[PATHS["arxiv"]] = answer
    papers = [paper("T", "Ann Lee", arxiv=f"2301.{n:05}") for n in range(250)]
    found = run(papers, "arxiv")
    assert sum(bool(one.abstract) for one in found) == 100
    run.requests()
    site.replies[PATHS["arxiv"]] = lambda asked: Reply(
        feed(*(entry(one, "T", "Ann Lee") for one in asked.query["id_list"].split(",")))
    )
    found = run(papers, "arxiv")
    assert all(one.abstract for one in found)
    assert run.requests() == 2


def test_a_busy_service_is_asked_again_when_it_says(site: Site, run: Run, clock: FakeClock) -> None:
    """A short wait is waited for; a long one ends its turn."""
    site.replies[BATCH] = [
        Reply(b"slow", 429, {"Retry-After": "7"}),
        Reply([s2("T", "Ann Lee", arxiv="2304.12526", doi="10.1000/x")]),
    ]
    known = paper("T", "Ann Lee", arxiv="2304.12526")
    (found,) = run(known, "semanticscholar")
    assert found.identifiers.doi == "10.1000/x"
    assert sum(clock.waits) >= 7
    site.replies[BATCH] = Reply(b"tomorrow", 429, {"Retry-After": "86400"})
    run(paper("U", "Ann Lee", arxiv="2304.00001"), "semanticscholar")
    assert list(run.notices) == ["enricher-failed"]
    assert sum(clock.waits) < 60


def test_a_service_that_takes_no_question_is_given_up(site: Site, run: Run) -> None:
    """An API that changed answers 400 to everything: a few requests, not one a paper."""
    site.replies[DBLP] = Reply(b"Bad request", 400)
    papers = [paper(f"Paper {n}", "Ann Lee") for n in range(50)]
    assert run(papers, "dblp") == tuple(papers)
    assert list(run.notices) == ["enricher-failed"]
    assert run.requests() == 4


def test_a_service_is_not_asked_without_end(site: Site, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source of a hundred thousand papers is completed over several runs, each going on where one stopped."""
    papers = [paper(f"Paper {n:03}", "Ann Lee") for n in range(25)]
    monkeypatch.setattr("syncd.enrich.run.MOST_REQUESTS", 5)
    run(papers, "dblp")
    assert run.requests() == 5
    assert run.notices == {"enricher-later": "DBLP will be asked about 20 more papers in the next runs"}
    monkeypatch.setattr("syncd.enrich.run.MOST_REQUESTS", 20)
    run(papers, "dblp")
    assert [asked.query["q"] for asked in site.asked] == [one.title for one in papers[-20:]]
    assert run.every == ()


def test_contradicting_identifiers_are_not_used_and_said(site: Site, run: Run) -> None:
    """The same title and author, and another arXiv id."""
    site.replies[DBLP] = hits(dblp("T", "Ann Lee", doi="10.48550/arXiv.2304.99999"))
    known = paper("T", "Ann Lee", arxiv="2304.12526")
    assert run(known, "dblp") == (known,)
    assert list(run.notices) == ["identifier-conflict"]


def test_one_paper_twice_is_asked_for_once(site: Site, run: Run) -> None:
    """And both are completed."""
    site.replies[PATHS["arxiv"]] = Reply(feed(entry("2304.12526", "T", "Ann Lee")))
    found = run([paper("T", "Ann Lee", arxiv="2304.12526")] * 2, "arxiv")
    assert [one.abstract for one in found] == ["We do things."] * 2
    assert site.asked[0].query["id_list"] == "2304.12526"


def test_no_papers_no_requests(run: Run) -> None:
    """Nothing is asked for nothing, nor for a title without an author."""
    assert run([]) == ()
    nobody = replace(paper("T"), creators=())
    assert run(nobody) == (nobody,)
    assert run.requests() == 0


def test_facts_and_stages_are_told(site: Site, run: Run) -> None:
    """Which service is asked, and which gave what."""
    stages: list[str] = []
    made = enrichers(["arxiv", "crossref"], bases=run.bases)
    papers = everything(site)
    found, _ = enrich(papers, made, Answers(run.folder, run.clock), run.web, stage=stages.append)
    assert stages == ["asking arXiv", "asking Crossref"]
    assert ("creators", "arXiv") in found[0].facts
    assert found[2].facts == ()


WRONG: tuple[Any, ...] = (
    None,
    [],
    {},
    ["x"],
    {"a": 1},
    0,
    -3,
    10**30,
    1e308,
    True,
    "",
    "x",
    "\ud800",
    [[None]],
)


def mutated(whole: Any, chance: random.Random) -> Any:
    """Return an answer with some of its parts gone or something else."""
    if chance.random() < 0.08:
        return copy.deepcopy(chance.choice(WRONG))
    if isinstance(whole, dict):
        return {name: mutated(part, chance) for name, part in whole.items() if chance.random() > 0.04}
    return [mutated(part, chance) for part in whole] if isinstance(whole, list) else whole


def test_no_answer_of_whatever_shape_ends_a_run(site: Site, run: Run, tmp_path: Path) -> None:
    """All services at once answer with parts of other kinds, a few times: papers stay what they are."""
    chance = random.Random(13)
    people, titles = ("Ann Lee", "Bo Li"), [f"On Rain {n}" for n in range(4)]
    hf = {
        "id": "2304.00001",
        "title": titles[0],
        "githubRepo": "https://github.com/a/b",
        "authors": [{"name": "Ann Lee"}],
    }
    answers: dict[str, Any] = {
        BATCH: [s2(one, *people, doi="10.1000/x") for one in titles[:2]],
        MATCH: {"data": [s2(titles[2], *people, doi="10.1000/x")]},
        WORKS: {"results": [openalex(one, *people, doi="10.1000/x") for one in titles]},
        CROSSREF: {"message": {"items": [crossref(one, *people) for one in titles]}},
        DBLP: {"result": {"hits": {"hit": [dblp(one, *people) for one in titles]}}},
        f"{PATHS['huggingface']}/api/papers/2304.00001": hf,
    }
    papers = [paper(titles[0], *people, arxiv="2304.00001"), paper(titles[1], *people, doi="10.1000/y")]
    papers = [
        replace(one, has_code=True) for one in (*papers, paper(titles[2], *people), paper(titles[3], *people))
    ]
    for n in range(4):
        site.replies |= {path: Reply(mutated(whole, chance)) for path, whole in answers.items()}
        run.folder = tmp_path / str(n)
        found = run(papers)
        assert [one.title for one in found] == titles
        assert [one.creators for one in found] == [one.creators for one in papers]


@pytest.mark.parametrize(
    "odd", [{"author": 7, "title": ["B"]}, {"published": {"date-parts": [[2020, 10**30]]}}, {"type": []}]
)
def test_an_odd_record_costs_no_other(site: Site, run: Run, odd: Json) -> None:
    """In the same answer, that is."""
    items = [crossref("A", "Ann Lee", doi="10.1000/a") | odd, None, crossref("B", "Bo Li", doi="10.1000/b")]
    site.replies[CROSSREF] = Reply({"message": {"items": items}})
    _, found = run([paper("A", "Ann Lee", doi="10.1000/a"), paper("B", "Bo Li", doi="10.1000/b")], "crossref")
    assert found.venue == "Annals of Tests"


def test_no_record_of_whatever_shape_is_too_much_for_a_reader() -> None:
    """Hundreds of them for each service: a paper, or none."""
    chance = random.Random(7)
    people = ("Ann Lee", "Bo Li")
    records: dict[str, Json] = {
        "semanticscholar": s2(
            "T", *people, arxiv="2304.00001", doi="10.1000/x", journal={"name": "J", "volume": "1"}
        ),
        "openalex": openalex("T", *people, doi="10.1000/x", biblio={"volume": "1", "first_page": "2"}),
        "crossref": crossref("T", *people, subtitle=["S"], relation={"is-retracted-by": [{"id": "x"}]}),
        "dblp": dblp("T", *people, doi="10.1000/x", ee=["https://a.org"])["info"],
        "huggingface": {
            "id": "2304.00001",
            "title": "T",
            "githubRepo": "https://github.com/a/b",
            "authors": [{"name": "A"}],
        },
        "arxiv": {
            "id": "http://arxiv.org/abs/2304.00001v1",
            "title": "T",
            "summary": "S",
            "authors": ["Ann Lee"],
            "category": "cs.CL",
        },
    }
    for service in enrichers(records):
        assert service.read_paper(records[service.name]) is not None
        for _ in range(300):
            odd = mutated(records[service.name], chance)
            read = service.read_paper(odd if isinstance(odd, dict) else {})
            assert read is None or read.title


class Unreadable(Api):
    """A service whose records nobody can read."""

    def read_paper(self, record: Json) -> Paper | None:
        """Fail as a parser does that expected something else."""
        raise TypeError(record)


def test_records_that_can_not_be_read_are_said(site: Site, run: Run) -> None:
    """How many there were, and of which service."""
    site.replies["/hf/api/papers/2304.00001"] = Reply({"id": "2304.00001", "title": "T"})
    known = replace(paper("T", "Ann Lee", arxiv="2304.00001"), has_code=True)
    found, notices = enrich(
        [known], [Unreadable(run.bases["huggingface"])], Answers(run.folder, run.clock), run.web
    )
    assert [one.paper for one in found] == [known]
    (said,) = (notice.message for notice in notices if notice.code == "odd-record")
    assert said.startswith("Hugging Face gave 1 record in a form")
