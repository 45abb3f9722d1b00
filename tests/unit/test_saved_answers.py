"""Answers of known services, saved to a file from a browser or a script, are read like any source."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from syncd.errors import ParseError
from syncd.model import Profile, Snapshot
from syncd.read import parse

OPENALEX = {
    "id": "https://openalex.org/W1",
    "title": "A Title",
    "type": "article",
    "publication_year": 2020,
    "authorships": [{"author": {"display_name": "Ann Lee"}, "raw_author_name": "Ann Lee"}],
}
S2 = {"paperId": "1f", "title": "A Title", "year": 2020, "authors": [{"authorId": "1", "name": "Ann Lee"}]}
ORCID = {
    "put-code": 7,
    "title": {"title": {"value": "A Title"}},
    "publication-date": {"year": {"value": "2020"}},
    "contributors": {"contributor": [{"credit-name": {"value": "Ann Lee"}, "contributor-attributes": None}]},
}
DBLP = {
    "@id": "1",
    "info": {
        "authors": {"author": {"@pid": "1/2", "text": "Ann Lee 0001"}},
        "title": "A Title.",
        "year": "2020",
        "type": "Journal Articles",
    },
}
DBLP_XML = (
    '<?xml version="1.0"?>\n<dblpperson name="Ann Lee 0001"><r><article key="x"><author>Ann Lee 0001</author>'
    "<title>A Title.</title><year>2020</year></article></r></dblpperson>"
)

ANSWERS = {
    "openalex works": {"meta": {"count": 1}, "results": [OPENALEX]},
    "openalex work": OPENALEX,
    "s2 papers": {"offset": 0, "data": [S2]},
    "s2 batch": [None, S2],
    "s2 author": {"authorId": "1", "name": "Ann Lee", "papers": [S2]},
    "orcid bulk": {"bulk": [{"work": ORCID}]},
    "orcid works": {"group": [{"work-summary": [ORCID]}]},
    "dblp search": {"result": {"hits": {"@total": "1", "hit": [DBLP]}}},
    "dblp person": DBLP_XML,
    "syncd's own": {"source": "s2", "id": "1", "author": {"name": "Ann Lee"}, "papers": [S2]},
}


def read(answer: object) -> Profile:
    """Parse an answer as a file."""
    text = answer if isinstance(answer, str) else json.dumps(answer)
    name = "ann-lee.xml" if text.startswith("<") else "ann-lee.json"
    return parse(Snapshot(text.encode(), name, datetime(2026, 6, 1, tzinfo=UTC)))


@pytest.mark.parametrize("name", ANSWERS)
def test_a_saved_answer_is_read(name: str) -> None:
    """Each service's own form, whole or a single record, gives the paper, and the file's name its owner."""
    profile = read(ANSWERS[name])
    (paper,) = profile.papers
    assert (profile.name, paper.title, paper.date) == ("Ann Lee", "A Title", "2020")
    assert [creator.name for creator in paper.creators] == ["Ann Lee"]
    assert "no-name" not in {notice.code for notice in profile.warnings}


def test_a_page_of_an_answer_is_known_as_such() -> None:
    """Where a service says that there are more papers, so do the warnings."""
    for answer in ({"meta": {"count": 300}, "results": [OPENALEX]}, {"next": 100, "data": [S2]}):
        assert "partial-page" in [notice.code for notice in read(answer).warnings]


def test_an_answer_without_papers_is_refused() -> None:
    """An author's record, or an error, is no list of papers."""
    with pytest.raises(ParseError, match="no paper in this answer"):
        read({"id": "https://openalex.org/A1", "display_name": "Ann Lee"})
