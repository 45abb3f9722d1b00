"""A page of no known layout: what it tells machines is read, and where it tells nothing, what works is named."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from syncd.errors import ParseError
from syncd.model import Creator, Profile, Snapshot
from syncd.read import parse

HIGHWIRE = """<meta name="citation_title" content="A &lt;i&gt;Title&lt;/i&gt;">
<meta name="citation_author" content="Lee, Ann">
<meta name="citation_author" content="Bo Sand"><meta name="citation_publication_date" content="2020/3/4">
<meta name="citation_journal_title" content="J. X"><meta name="citation_volume" content="3">
<meta name="citation_firstpage" content="1"><meta name="citation_lastpage" content="9">
<meta name="citation_doi" content="10.1000/x">"""

JSON_LD = """<script type="application/ld+json">{"@context": "https://schema.org", "@graph": [
{"@type": "Person", "@id": "#lee", "givenName": "Ann", "familyName": "Lee"},
{"@type": "ScholarlyArticle", "headline": "A Title",
 "author": [{"@id": "#lee"}, {"@type": "Person", "name": "Bo Sand"}],
 "datePublished": "2020-03-04", "sameAs": "https://doi.org/10.1000/x", "pagination": "1-9",
 "isPartOf": {"@type": "PublicationVolume", "volumeNumber": 3, "isPartOf": {"@type": "Periodical", "name": "J. X"}},
 "citation": [{"@type": "ScholarlyArticle", "name": "Another's"}]}]}</script>"""

BIBTEX = """<div>Cite as:<pre>@article{he, title = {A Title}, author = {Lee, Ann and Bo Sand}, journal = {J. X},
volume = 3, pages = {1--9}, year = 2020, month = mar, day = 4, doi = {10.1000/x}}</pre></div>"""

COINS = """<span class="Z3988" title="ctx_ver=Z39.88-2004&amp;rft_val_fmt=info%3Aofi%2Ffmt%3Akev%3Amtx%3Ajournal
&amp;rft.genre=article&amp;rft.atitle=A+Title&amp;rft.jtitle=J.+X&amp;rft.volume=3&amp;rft.pages=1-9&amp;rft.date=2020-03-04
&amp;rft.au=Ann+Lee&amp;rft.au=Bo+Sand&amp;rft_id=info%3Adoi%2F10.1000%2Fx"></span>""".replace("\n", "")


def read(html: str, origin: str = "page.html", title: str = "Papers") -> Profile:
    """Parse a page."""
    page = f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{html}</body></html>"
    return parse(Snapshot(page.encode(), origin, datetime(2026, 6, 1, tzinfo=UTC)))


@pytest.mark.parametrize(
    "html", [HIGHWIRE, JSON_LD, BIBTEX, COINS], ids=["tags", "json-ld", "bibtex", "coins"]
)
def test_what_a_page_tells_machines(html: str) -> None:
    """Each way of telling gives the same paper, and the warnings say what was read."""
    profile = read(html)
    (paper,) = profile.papers
    assert (paper.title, paper.date, paper.identifiers.doi) == ("A Title", "2020-03-04", "10.1000/x")
    assert paper.creators == (Creator("Ann Lee", "Lee", "Ann"), Creator("Bo Sand", "Sand", "Bo"))
    assert (paper.venue, paper.published_as, paper.volume, paper.pages) == (
        "J. X",
        "journalArticle",
        "3",
        "1-9",
    )
    assert [notice.code for notice in profile.warnings] == ["page-metadata"]


def test_the_kind_that_tells_of_most_papers_is_taken() -> None:
    """A page about one paper that lists three others with COinS is a list."""
    listed = "".join(COINS.replace("A+Title", f"Title+{number}") for number in range(3))
    assert [paper.title for paper in read(HIGHWIRE + listed).papers] == ["Title 0", "Title 1", "Title 2"]


def test_a_linked_list_is_named() -> None:
    """A bibliographic file that the page links is named, whether the page tells of papers itself or not."""
    link = '<a href="files/lee.bib">BibTeX</a>'
    profile = read(COINS + link, "https://a.org/~lee/")
    assert "https://a.org/~lee/files/lee.bib" in profile.warnings[-1].message
    with pytest.raises(ParseError) as caught:
        read(f"<p>My papers {link}</p>", "https://a.org/~lee/")
    assert caught.value.hint.endswith("Name it as the source: https://a.org/~lee/files/lee.bib")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("https://scholar.google.com/citations?user=x", "Export the profile there as BibTeX"),
        ("https://openreview.net/profile?id=~Ann_Lee1", 'syncd follow "NAME"'),
        ("https://www.researchgate.net/profile/Ann-Lee", 'syncd follow "NAME"'),
        ("https://www.semanticscholar.org/search?q=lee", "s2:1735303"),
        ("https://dblp.org/search?q=lee", "dblp:116/8665"),
        ("https://aclanthology.org/people/a/ann-lee/", "2021.tacl-1.bib"),
    ],
)
def test_what_works_in_place_of_pages_that_tell_nothing(address: str, words: str) -> None:
    """Of the sites that people try first, the error says what to do."""
    with pytest.raises(ParseError) as caught:
        read(f'<link rel="canonical" href="{address}"><p>Ann Lee</p>')
    assert words in caught.value.hint


@pytest.mark.parametrize(
    "html",
    [
        f'<script type="application/ld+json">{"[" * 5000}</script>',
        '<script type="application/ld+json">{"@type": "ScholarlyArticle", "name": {"a": 1}, "author": 7}</script>',
        '<span class="Z3988" title="' + "rft.au=x&amp;" * 1000 + '"></span>',
        '<meta name="citation_title" content=" "><meta name="citation_author">',
        "<pre>@article{a, title = {</pre>",
    ],
)
def test_broken_metadata_tells_nothing(html: str) -> None:
    """What can't be read is no paper, and no crash."""
    with pytest.raises(ParseError, match=r"page\.html:1: this is not a profile page"):
        read(f"<p>{'Some words. ' * 30}</p>{html}")


@pytest.mark.parametrize(
    ("types", "form"), [(["Thesis", "Chapter"], "thesis"), (["Chapter", "Thesis"], "bookSection")]
)
def test_of_several_types_the_first_counts(types: list[str], form: str) -> None:
    """It must not differ from one look to the next."""
    work = json.dumps({"@type": types, "name": "A title", "volume": 1})
    (paper,) = read(f'<script type="application/ld+json">{work}</script>').papers
    assert paper.published_as == form


def test_a_number_of_thousands_of_digits_costs_only_itself() -> None:
    """Python refuses the whole of such JSON."""
    work = '{"@type": "ScholarlyArticle", "name": "A title", "position": ' + "9" * 5000 + "}"
    (paper,) = read(f'<script type="application/ld+json">{work}</script>').papers
    assert paper.title == "A title"
