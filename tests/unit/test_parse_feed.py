"""Feeds: arXiv's own, those of publishers and others; whole, cut and broken."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from syncd.errors import ParseError
from syncd.model import Identifiers, Profile, Snapshot
from syncd.read import parse

if TYPE_CHECKING:
    from pathlib import Path

CAPTURED = datetime(2026, 6, 1, tzinfo=UTC)


def read(text: str | bytes, origin: str = "feed.xml", charset: str | None = None) -> Profile:
    """Parse a feed."""
    data = text.encode() if isinstance(text, str) else text
    return parse(Snapshot(data, origin, CAPTURED, charset=charset), "feed")


def notices(profile: Profile) -> list[tuple[str, str]]:
    """The warnings."""
    return [(notice.code, notice.message) for notice in profile.warnings]


ENTRY = """
  <entry>
    <id>http://arxiv.org/abs/2006.03654v6</id>
    <published>2020-06-05T19:54:34Z</published>
    <updated>2021-10-06T20:03:24Z</updated>
    <title>DeBERTa: Decoding-enhanced
  BERT with $\\ge 2$ Heads</title>
    <summary>  We reach $p &lt; 0.05$, see
https://github.com/microsoft/DeBERTa.
</summary>
    <author><name>Pengcheng He</name><arxiv:affiliation>Microsoft</arxiv:affiliation></author>
    <author><name>Laurens van der Maaten</name></author>
    <author><name>S\\'ebastien Bubeck</name></author>
    <arxiv:doi>10.1162/TACL_a_00123</arxiv:doi>
    <arxiv:comment>20 pages, code at https://github.com/other/code</arxiv:comment>
    <arxiv:journal_ref>TACL 9 (2021) 100-112</arxiv:journal_ref>
    <link href="http://arxiv.org/abs/2006.03654v6" rel="alternate" type="text/html"/>
    <link title="pdf" href="http://arxiv.org/pdf/2006.03654v6" rel="related" type="application/pdf"/>
    <arxiv:primary_category term="cs.CL" scheme="http://arxiv.org/schemas/atom"/>
    <category term="cs.LG" scheme="http://arxiv.org/schemas/atom"/>
  </entry>"""


def atom(*entries: str, title: str = "ArXiv Query: search_query=au:He", more: str = "") -> str:
    """Return an answer of arXiv's API."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom"'
        ' xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">'
        f"<title>{title}</title>{more}{''.join(entries)}\n</feed>\n"
    )


def item(title: str, authors: str = "Ann Lee", summary: str = "We do.", link: str = "https://a.org/1") -> str:
    """Return an entry of an Atom feed."""
    return (
        f'<entry><title type="html">{title}</title><link href="{link}"/><id>{link}</id>'
        f"<author><name>{authors}</name></author><summary>{summary}</summary></entry>"
    )


def test_arxivs_api() -> None:
    """Every element that has a place is there."""
    profile = read(atom(ENTRY))
    (paper,) = profile.papers
    assert paper.title == "DeBERTa: Decoding-enhanced BERT with ≥ 2 Heads"
    assert [person.family for person in paper.creators] == ["He", "van der Maaten", "Bubeck"]
    assert paper.creators[2].given == "Sébastien"
    assert paper.abstract == "We reach p < 0.05, see https://github.com/microsoft/DeBERTa."
    assert (paper.date, paper.category) == ("2020-06-05", "cs.CL")
    assert paper.identifiers == Identifiers("10.1162/tacl_a_00123", "2006.03654")
    assert (paper.venue, paper.published_as) == ("TACL 9 (2021) 100-112", None)
    assert paper.url == "http://arxiv.org/abs/2006.03654v6"
    assert [link.name for link in paper.links] == ["microsoft/DeBERTa", "other/code"]
    assert not profile.warnings


RSS = """<?xml version='1.0' encoding='UTF-8'?>
<rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0">
<channel><title>cs.CL updates on arXiv.org</title><link>http://rss.arxiv.org/rss/cs.CL</link>
<item><title>A Title</title><link>https://arxiv.org/abs/2304.12526</link>
<description>arXiv:2304.12526v1 Announce Type: new
Abstract: We do $x^2$.</description>
<guid isPermaLink="false">oai:arXiv.org:2304.12526v1</guid><category>cs.CL</category><category>cs.AI</category>
<pubDate>Tue, 25 Apr 2023 00:00:00 -0400</pubDate><arxiv:announce_type>new</arxiv:announce_type>
<dc:creator>Ann Lee, Bo Sand</dc:creator><arxiv:DOI>10.1000/x</arxiv:DOI></item></channel></rss>"""


def test_arxivs_rss() -> None:
    """What arXiv writes around abstract, authors and identifiers is taken off."""
    (paper,) = read(RSS).papers
    assert (paper.title, paper.abstract, paper.date) == ("A Title", "We do x².", "2023-04-25")
    assert [person.name for person in paper.creators] == ["Ann Lee", "Bo Sand"]
    assert (paper.identifiers, paper.category) == (Identifiers("10.1000/x", "2304.12526"), "cs.CL")


def test_arxivs_older_rss() -> None:
    """RSS 1.0 of before 2024, with the identifier behind the title and authors as links."""
    text = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>cs.CL</title></channel>'
        '<item rdf:about="http://arxiv.org/abs/2304.12526"><title>A Title. (arXiv:2304.12526v1 [cs.CL])</title>'
        "<description>&lt;p&gt;We do.&lt;/p&gt;&lt;p&gt;More.&lt;/p&gt;</description><dc:creator>"
        '&lt;a href="http://arxiv.org/a/1"&gt;Ann Lee&lt;/a&gt;, &lt;a href="x"&gt;Bo Sand&lt;/a&gt;'
        "</dc:creator></item></rdf:RDF>"
    )
    (paper,) = read(text).papers
    assert (paper.title, paper.abstract, paper.category) == ("A Title", "We do.\n\nMore.", "cs.CL")
    assert paper.identifiers.arxiv == "2304.12526"
    assert [person.name for person in paper.creators] == ["Ann Lee", "Bo Sand"]


def test_publishers_rss() -> None:
    """PRISM's elements make a published paper."""
    text = (
        '<rss version="2.0" xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Journal X</title><item><title>A Title</title>'
        "<link>https://pub.org/a</link><dc:creator>Ann Lee</dc:creator><dc:creator>Bo Sand</dc:creator>"
        "<prism:doi>10.1000/X1</prism:doi><prism:publicationName>Journal X</prism:publicationName>"
        "<prism:volume>9</prism:volume><prism:number>2</prism:number><prism:startingPage>1</prism:startingPage>"
        "<prism:endingPage>12</prism:endingPage></item></channel></rss>"
    )
    profile = read(text)
    (paper,) = profile.papers
    assert (paper.venue, paper.published_as, paper.volume) == ("Journal X", "journalArticle", "9")
    assert (paper.issue, paper.pages, paper.identifiers.doi) == ("2", "1-12", "10.1000/x1")
    assert [person.name for person in paper.creators] == ["Ann Lee", "Bo Sand"]
    assert profile.name == "Journal X"


def test_links_in_the_markup_of_a_description_are_links() -> None:
    """Their addresses are not in its text."""
    item = (
        '<item><title>A title</title><description>&lt;a href="https://github.com/a/b"&gt;code&lt;/a&gt;'
        "</description></item>"
    )
    (paper,) = read(f'<rss version="2.0"><channel><title>T</title>{item}</channel></rss>').papers
    assert (paper.abstract, [link.url for link in paper.links]) == ("code", ["https://github.com/a/b"])


@pytest.mark.parametrize(
    ("authors", "names", "cut"),
    [
        ("Ann Lee, Bo Sand et al.", ["Ann Lee", "Bo Sand"], True),
        ("Ann Lee and Bo Sand", ["Ann Lee", "Bo Sand"], False),
        ("Lee, Ann", ["Ann Lee"], False),
        ("Ann Lee", ["Ann Lee"], False),
    ],
)
def test_authors_in_one_element(authors: str, names: list[str], cut: bool) -> None:  # noqa: FBT001
    """A single element may hold one name, in either order, or all of them."""
    (paper,) = read(atom(item("A", authors))).papers
    assert ([person.name for person in paper.creators], paper.creators_truncated) == (names, cut)


@pytest.mark.parametrize(
    ("title", "origin", "name"),
    [
        ("Pengcheng He's articles on arXiv", "feed.xml", "Pengcheng He"),
        ("Ann Lee's blog", "feed.xml", "Ann Lee's blog"),
        ("ArXiv Query: x", "https://export.arxiv.org/api/query?search_query=x", "query"),
        ("ArXiv Query: x", "bo-sand.xml", "Bo Sand"),
    ],
)
def test_whose_profile_it_is(title: str, origin: str, name: str) -> None:
    """An author's feed says so; else file and papers do; else its title, if that is one."""
    profile = read(atom(item("A"), item("B", "Bo Sand"), title=title), origin)
    assert profile.name == name


def test_a_part_of_a_longer_answer() -> None:
    """Where the feed says how many there are, the profile does."""
    profile = read(atom(ENTRY, more="<opensearch:totalResults>65</opensearch:totalResults>"))
    assert profile.paper_count == 65
    assert notices(profile) == [("partial-page", "the feed lists 1 of 65 papers")]


def test_cut_and_broken_feeds() -> None:
    """The last entry of a feed that was cut off is left out; other faults are read over, and noticed."""
    whole = atom(item("A"), item("B"))
    cut = read(whole[: whole.rindex("</name>")])
    assert [paper.title for paper in cut.papers] == ["A"]
    assert notices(cut) == [("broken-feed", "the feed is cut off; its last entry was left out")]
    odd = read(whole.replace("We do.", "R&D <b> here", 1))
    assert [paper.title for paper in odd.papers] == ["A", "B"]
    assert [code for code, _ in notices(odd)] == ["broken-feed"]


FAULT = """<entry><id>https://arxiv.org/api/errors#incorrect_id_format_for_abc</id><title>Error</title>
<summary>incorrect id format for abc</summary><author><name>arXiv api core</name></author></entry>"""


def test_arxivs_error_is_no_paper() -> None:
    """It stands in an entry like a paper: it is said, and the papers beside it are read."""
    profile = read(atom(FAULT, item("A"), title="arXiv Search Results"), "arxiv-answer.xml")
    assert [paper.title for paper in profile.papers] == ["A"]
    assert profile.name == "arxiv-answer"
    message = "arXiv reports an error in place of a paper: incorrect id format for abc"
    assert notices(profile) == [("source-error", message)]
    with pytest.raises(ParseError, match="incorrect id format for abc"):
        read(atom(FAULT))


@pytest.mark.parametrize(
    ("data", "charset"),
    [
        (atom(item("Café")).replace("UTF-8", "iso-8859-1").encode("latin-1"), None),
        (atom(item("Café")).replace(' encoding="UTF-8"', "").encode("latin-1"), "iso-8859-1"),
    ],
)
def test_character_sets(data: bytes, charset: str | None) -> None:
    """The feed or the server says what it is written in."""
    assert read(data, charset=charset).papers[0].title == "Café"


def test_fetches_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A feed that is nothing but an address or a file's name is no feed; nothing is opened for it."""
    secret = tmp_path / "feed.xml"
    secret.write_text(atom(item("Secret")), encoding="utf-8")
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("it fetches"))
    for text in (str(secret), f"file://{secret}", "http://127.0.0.1:9/feed"):
        with pytest.raises(ParseError):
            read(text)
    entity = f'<!DOCTYPE feed [<!ENTITY x SYSTEM "file://{secret}">]>'
    with pytest.raises(ParseError, match="declares entities"):
        read(atom(item("A &x;")).replace("\n<feed", f"\n{entity}<feed", 1))


def test_a_feed_that_names_single_characters_is_read() -> None:
    """Some declare those of HTML."""
    text = atom(item("A&eacute;B")).replace(
        "\n<feed", '\n<!DOCTYPE feed [\n<!ENTITY eacute "&#233;">\n]>\n<feed', 1
    )
    assert read(text).papers[0].title == "AéB"


@pytest.mark.parametrize("data", [b"<feed/>", atom().encode()])
def test_other_files_are_refused(data: bytes) -> None:
    """What is no feed, or has no entries, is refused."""
    with pytest.raises(ParseError) as caught:
        read(data)
    assert caught.value.origin == "feed.xml"
