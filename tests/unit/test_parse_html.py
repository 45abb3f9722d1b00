"""The profile page as HTML: whatever the markup, what is read is what the page as text says."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import escape
from pathlib import Path

import pytest

from syncd.errors import LayoutError, ParseError
from syncd.model import Identifiers, Profile, Snapshot
from syncd.parse.profile_grammar import read_head
from syncd.read import parse

REAL = Path(__file__).parents[2] / "config" / "profiles" / "pengcheng-he.txt"
CAPTURED = datetime(2026, 6, 1, 12, tzinfo=UTC)
SITE = "https://www.scholarfeed.example/author/17"


@dataclass(frozen=True)
class Entry:
    """A paper of the page as text, cut into what a site would mark up."""

    score: str
    category: str
    date: str
    code: bool
    title: str
    authors: str
    affiliations: str
    abstract: tuple[str, ...]


def entries(text: str) -> tuple[list[str], list[Entry]]:
    """Cut the page as text into its header's lines and its papers."""
    header, listed = re.split(r"(?<=\d Papers)\n", text, maxsplit=1)
    made = []
    for part in re.split(r"\n\n(?=[\d.]*[A-Z]{2}[A-Z][a-z]{2} \d)", listed.strip()):
        first, title, _, byline, *abstract = part.strip().split("\n")
        head = read_head(first)
        assert head
        authors, _, affiliations = byline.partition(" · ")
        score = "" if head.score is None else f"{head.score:g}"
        made.append(
            Entry(
                score,
                head.category or "",
                head.date or "",
                bool(head.badges),
                title,
                authors,
                affiliations,
                tuple(filter(None, abstract)),
            )
        )
    return [line for line in header.split("\n") if line], made


FRAME = """<!DOCTYPE html>
<!-- saved from url=(0042){site} -->
<html><head><meta charset="utf-8"><title>{name} | Scholar Feed</title><style>.x{{}}</style>
<script>var a = "<div>CLFeb 5, 2023Code</div><div>No paper</div>";</script></head><body>
<nav><a href="/">Scholar Feed</a><a href="/login">Sign in</a></nav>
{body}
<footer>© 2026 Scholar Feed <a href="https://github.com/scholar-feed/site">GitHub</a></footer></body></html>"""


def frame(name: str, body: str) -> str:
    """Put a page around the profile."""
    return FRAME.format(site=SITE, name=name, body=body)


def as_divs(header: list[str], papers: list[Entry]) -> str:
    """Write nothing but `div` and `span`, with classes, as many frameworks do."""
    out = [f'<div class="name">{header[0]}</div><div class="figures">']
    for line in header[1:]:
        figure = re.fullmatch(r"(\D+?)(\d.*)|(\d[\d,]*)(\D+)", line)
        inner = "".join(
            f"<span>{escape(part)}</span>" for part in (figure.groups() if figure else [line]) if part
        )
        out.append(f'<div class="figure">{inner}</div>')
    out.append("</div>")
    for paper in papers:
        parts = [paper.score, paper.category, paper.date, "Code" if paper.code else ""]
        tags = "\n  ".join(f'<span class="tag">{part}</span>' for part in parts if part)
        names = ", ".join(
            f'<a href="/author/{i}">{escape(n)}</a>' for i, n in enumerate(paper.authors.split(", "))
        )
        aff = f"&nbsp;· <span>{escape(paper.affiliations)}</span>" if paper.affiliations else ""
        text = "".join(f'<div class="p">{escape(p)}</div>' for p in paper.abstract)
        out.append(
            f'<div class="card"><div class="meta">{tags}</div><div class="title">{escape(paper.title)}</div>'
            f'<div class="by">{names}{aff}</div><div class="abs">{text}</div></div>'
        )
    return frame(header[0], "\n".join(out))


def as_articles(header: list[str], papers: list[Entry]) -> str:
    """Write articles with headings, lists and paragraphs, each part of the first line an element of its own."""
    figures = "".join(f"<li>{escape(line)}</li>" for line in header[1:-1])
    out = [f"<main><header><h1>{header[0]}</h1><ul>{figures}</ul></header><section><h2>{header[-1]}</h2>"]
    for number, paper in enumerate(papers):
        badge = (
            '<li><a class="badge" href="https://github.com/ann/badge-test">Code</a></li>'
            if paper.code
            else ""
        )
        score = f"<li>{paper.score}</li>" if paper.score else ""
        names = "".join(
            f"<a href='/a/{n}'>{escape(n)}</a>" for n in paper.authors.removesuffix(" et al.").split(", ")
        )
        cut = " et al." if paper.authors.endswith(" et al.") else ""
        aff = "".join(f"<li>{slug}</li>" for slug in paper.affiliations.split(", ") if slug)
        text = "".join(f"<p>{escape(p)}" for p in paper.abstract)  # the end tags of p may be left out
        out.append(
            f"<article><ul>{score}<li>{paper.category}</li><li><time>{paper.date}</time></li>{badge}</ul>"
            f'<h3><a href="/paper/2304.{12000 + number}">{escape(paper.title)}</a></h3><p>{names}{cut}</p>'
            f'<ul>{aff}</ul>{text}<footer><button>Share</button><a href="/save">Save</a></footer></article>'
        )
    return frame(
        header[0], "".join(out) + "<button>Load more</button></section><aside>Related authors</aside></main>"
    )


def as_table(header: list[str], papers: list[Entry]) -> str:
    """Write rows of a table, of a site from long ago: upper case, no quotes, line breaks, entities."""
    out = [
        f"<CENTER><FONT SIZE=5>{header[0]}</FONT><BR>{'<BR>'.join(map(escape, header[1:]))}</CENTER><TABLE>"
    ]
    out.append("<THEAD><TR><TH>Area<TH>Date<TH>Code<TH>Paper</THEAD>")
    for paper in papers:
        text = "<BR><BR>".join(escape(p).replace("é", "&eacute;") for p in paper.abstract)
        by = escape(paper.authors) + (f" &middot; {escape(paper.affiliations)}" if paper.affiliations else "")
        score = f"<TD>{paper.score}" if paper.score else ""
        badge = "<TD><IMG SRC=code.gif ALT=Code>" if paper.code else "<TD>"
        out.append(
            f"<TR>{score}<TD>{paper.category}<TD>{paper.date}{badge}"
            f"<TD><B>{escape(paper.title)}</B><BR>{by}<BR><BR>{text}"
        )
    return frame(header[0], "\n".join(out) + "</TABLE>")


MARKUPS = {"divs": as_divs, "articles": as_articles, "table": as_table}


def read(html: str | bytes, origin: str = "page.html", charset: str | None = None) -> Profile:
    """Parse a page that was saved on 1 June 2026."""
    data = html.encode() if isinstance(html, str) else html
    return parse(Snapshot(data, origin, CAPTURED, charset=charset), "html")


@pytest.fixture(scope="module")
def real() -> Profile:
    """The page that the project follows, as text."""
    return parse(Snapshot(REAL.read_bytes(), "page.txt", CAPTURED), "profile-page")


def bare(profile: Profile) -> Profile:
    """Take off what only markup knows."""
    papers = (
        replace(
            paper,
            url=None,
            identifiers=Identifiers(),
            links=tuple(link for link in paper.links if "badge-test" not in link.url),
        )
        for paper in profile.papers
    )
    return replace(profile, papers=tuple(papers))


@pytest.mark.parametrize("markup", MARKUPS)
def test_markup_changes_nothing(real: Profile, markup: str) -> None:
    """The same 50 papers, header and warnings, from three kinds of markup, as from the page as text."""
    html = MARKUPS[markup](*entries(REAL.read_text(encoding="utf-8")))
    profile = read(html)
    assert len(profile.papers) == 50
    for found, wanted in zip(bare(profile).papers, real.papers, strict=True):
        assert found == wanted
    assert bare(profile) == real


def test_what_markup_knows(real: Profile) -> None:
    """A title's link is the paper's page, and its arXiv id where it ends in one; a badge's is its repository."""
    profile = read(as_articles(*entries(REAL.read_text(encoding="utf-8"))))
    assert [paper.identifiers.arxiv for paper in profile.papers] == [f"2304.{12000 + i}" for i in range(50)]
    assert profile.papers[0].url == "https://www.scholarfeed.example/paper/2304.12000"
    marked = [any("badge-test" in link.url for link in paper.links) for paper in profile.papers]
    assert marked == [paper.has_code for paper in real.papers]


def test_repository_of_the_site_is_nobodys(real: Profile) -> None:
    """What stands in the site's footer belongs to no paper."""
    for markup in MARKUPS.values():
        profile = read(markup(*entries(REAL.read_text(encoding="utf-8"))))
        assert "scholar-feed" not in repr(profile)
    assert "scholar-feed" not in repr(real)


PAPER = """<div><span>CL</span><span>Feb 5, 2023</span>{badge}</div><h3>{title}</h3>
<p>Ann Lee, Bo Sand et al. · apple-ml</p><p>{abstract}</p>{after}"""


def page(*papers: str, before: str = "", after: str = "") -> str:
    """Return a page of these papers."""
    body = "".join(f"<article>{paper}</article>" for paper in papers)
    return f"<body>{before}<h1>Ann Lee</h1><p>h-index17</p><h2>{len(papers)} Papers</h2><div>{body}</div>{after}</body>"


def paper(title: str = "A Title", abstract: str = "We do things.", badge: str = "", after: str = "") -> str:
    """Return a paper."""
    return PAPER.format(title=title, abstract=abstract, badge=badge, after=after)


@pytest.mark.parametrize(
    ("href", "arxiv", "doi", "url"),
    [
        ("https://arxiv.org/abs/2304.12526v2", "2304.12526", None, "https://arxiv.org/abs/2304.12526v2"),
        ("/paper/2304.12526", "2304.12526", None, "https://a.org/paper/2304.12526"),
        (
            "paper/hep-th/9901001?tab=1",
            "hep-th/9901001",
            None,
            "https://a.org/author/paper/hep-th/9901001?tab=1",
        ),
        (
            "https://doi.org/10.1162/tacl_a_00123",
            None,
            "10.1162/tacl_a_00123",
            "https://doi.org/10.1162/tacl_a_00123",
        ),
        (
            "https://doi.org/10.1000/2304.12526",
            None,
            "10.1000/2304.12526",
            "https://doi.org/10.1000/2304.12526",
        ),
        ("/paper/about-1234", None, None, "https://a.org/paper/about-1234"),
        ("#top", None, None, None),
        ("javascript:open()", None, None, None),
        ("http://[", None, None, None),
    ],
)
def test_links_of_titles(href: str, arxiv: str | None, doi: str | None, url: str | None) -> None:
    """A title's link is the paper's own page, and names it where it can."""
    made = read(page(paper(title=f'<a href="{href}">A Title</a>')), "https://a.org/author/1").papers[0]
    assert (made.identifiers, made.url) == (Identifiers(doi, arxiv), url)


def test_without_an_address_relative_links_still_name_the_paper() -> None:
    """A file does not say where it is from: no address is made up, and the arXiv id is read."""
    made = read(page(paper(title='<a href="/paper/2304.12526">A Title</a>'))).papers[0]
    assert (made.identifiers.arxiv, made.url) == ("2304.12526", None)


@pytest.mark.parametrize(
    "head",
    [
        '<base href="https://a.org/x/">',
        '<link rel="canonical" href="https://a.org/x/y">',
        '<meta property="og:url" content="https://a.org/x/y">',
        "<!-- saved from url=(0017)https://a.org/x/y -->",
        "<!--\n Page saved with SingleFile \n url: https://a.org/x/y \n-->",
    ],
)
def test_a_saved_page_says_where_it_is_from(head: str) -> None:
    """Browsers and sites note a page's address in several ways."""
    made = read(head + page(paper(title='<a href="p/1">A Title</a>'))).papers[0]
    assert made.url == "https://a.org/x/p/1"


@pytest.mark.parametrize(
    "badge",
    [
        '<a href="https://github.com/a/b">Code</a>',
        '<a href="https://github.com/a/b.git"><svg aria-label="Code"></svg></a>',
        '<span><a href="https://github.com/A/b/tree/main"><img alt="Code"></a></span>',
    ],
)
def test_badges_with_links(badge: str) -> None:
    """A badge that leads to a repository is both a badge and a link."""
    made = read(page(paper(badge=badge))).papers[0]
    assert made.has_code
    assert [link.url.lower() for link in made.links] == ["https://github.com/a/b"]


def test_buttons_below_a_paper() -> None:
    """Buttons are no abstract; they tell code, repositories and the paper's arXiv id; the rest is dropped."""
    buttons = (
        '<div><a href="https://arxiv.org/pdf/2304.12526">PDF</a> · <a href="https://github.com/a/b">GitHub</a>'
        '<button>Share</button><a href="/x">Read more</a></div><div><a href="https://huggingface.co/a/m">Model</a></div>'
        '<a href="https://twitter.com/intent/tweet?u=1"><svg></svg></a>'
    )
    made = read(page(paper(after=buttons), paper(title="Next"))).papers[0]
    assert made.abstract == "We do things."
    assert made.identifiers.arxiv == "2304.12526"
    assert [(link.kind, link.name) for link in made.links] == [("code", "a/b"), ("model", "a/m")]
    assert made.has_code


def test_links_in_an_abstract_identify_nothing() -> None:
    """An abstract's links are kept as links; they lead to other works."""
    abstract = 'As in <a href="https://arxiv.org/abs/1706.03762">this</a>, <a href="https://github.com/a/b">here</a>.'
    made = read(page(paper(abstract=abstract))).papers[0]
    assert made.identifiers == Identifiers()
    assert made.abstract == "As in this, here."
    assert [link.kind for link in made.links] == ["paper", "code"]
    assert not made.has_code


KATEX = (
    '<span class="katex"><math><semantics><mi>x</mi><annotation encoding="application/x-tex">x^2'
    '</annotation></semantics></math><span class="katex-html">x2</span></span> holds'
)


@pytest.mark.parametrize(
    ("abstract", "text"),
    [
        ("in<b>line</b> ele<wbr>ments &amp; en&shy;tities&nbsp;here", "inline elements & entities here"),
        ("x<sup>2</sup> and H<sub>2</sub>O", "x² and H₂O"),
        ("One<br>two<br><br>three", "One two\n\nthree"),
        ("a\n   b <script>no()</script><style>no</style><!-- no -->c", "a b c"),
        (
            'a <span style="display: none">no</span><span hidden>no</span><span class="sr-only">no</span>b',
            "a b",
        ),
        ('seen <span aria-hidden="true">too</span>', "seen too"),
        (KATEX, "x² holds"),
        ("<div>One</div><ul><li>Two</li></ul>Three", "One\n\nTwo\n\nThree"),
        ("Abstract that <i>goes", "Abstract that goes"),
    ],
)
def test_inline_markup(abstract: str, text: str) -> None:
    """What the eye sees as one word is one word, and what it does not see is not there."""
    assert read(page(paper(abstract=abstract))).papers[0].abstract == text


@pytest.mark.parametrize(
    "byline",
    [
        '<p><a href="/1">Ann Lee</a><a href="/2">Bo Sand</a> et al.</p>',
        '<p><a href="/1">Ann Lee</a>\n<a href="/2">Bo Sand</a> et al.</p>',
        "<ul><li>Ann Lee</li><li>Bo Sand et al.</li></ul>",
        "<p>Ann Lee<sup>1,2</sup>, Bo Sand<sup>*</sup> et al.</p>",
    ],
)
def test_authors_that_only_a_style_sheet_separates(byline: str) -> None:
    """Authors without commas are still several."""
    html = page(
        paper().replace("<p>Ann Lee, Bo Sand et al. · apple-ml</p>", byline + "<p>· apple-ml, gatech</p>")
    )
    made = read(html).papers[0]
    assert [person.name for person in made.creators] == ["Ann Lee", "Bo Sand"]
    assert made.creators_truncated
    assert made.affiliations == ("apple-ml", "gatech")


def test_what_stands_around_the_list_is_no_abstract() -> None:
    """Text behind the last paper's element, and a heading behind the list, end the last paper."""
    html = page(
        paper(), paper(title="Last"), after="<div>Showing 2 of 65</div><h2>Related</h2><p>Bo Sand</p>"
    )
    assert read(html).papers[-1].abstract == "We do things."


@pytest.mark.parametrize("title", ["AI", "CLFeb 5", "May 14", "Code", "65 Papers"])
@pytest.mark.parametrize("markup", MARKUPS)
def test_titles_that_look_like_something_else(markup: str, title: str) -> None:
    """A title is what stands behind the first line, whatever it looks like."""
    papers = [
        Entry(
            "99.4",
            "CL",
            "Feb 5, 2023",
            code=False,
            title=title,
            authors="Ann Lee",
            affiliations="",
            abstract=("We.",),
        ),
        Entry(
            "",
            "cs.CV",
            "May 14",
            code=True,
            title="B",
            authors="Ann Lee, Bo Sand",
            affiliations="",
            abstract=("We do.",),
        ),
    ]
    profile = read(MARKUPS[markup](["Ann Lee", "CL", "2papers", "2 Papers"], papers))
    assert [(made.title, made.abstract, made.has_code) for made in profile.papers] == [
        (title, "We.", False),
        ("B", "We do.", True),
    ]


@pytest.mark.parametrize(
    ("html", "charset"),
    [
        ('<meta charset="iso-8859-1">', None),
        ('<meta http-equiv="Content-Type" content="text/html; charset=windows-1252">', None),
        ("", "latin-1"),
    ],
)
def test_declared_character_sets(html: str, charset: str | None) -> None:
    """The page or the server says what it is written in."""
    profile = read((html + page(paper(title="Café"))).encode("cp1252"), charset=charset)
    assert profile.papers[0].title == "Café"
    assert not profile.warnings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_byte_order_marks_and_wrong_declarations(encoding: str) -> None:
    """UTF-8 that says that it is something else is UTF-8 still."""
    html = '<meta charset="iso-8859-1">' + page(paper(title="Café"))
    assert read(html.encode(encoding)).papers[0].title == "Café"


def test_archive_of_a_page() -> None:
    """The MHTML archive that Chrome saves is read, and knows the page's address."""
    archive = (
        "From: <Saved by Blink>\r\nSnapshot-Content-Location: https://a.org/x\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/related;\r\n\ttype="text/html";\r\n\tboundary="--b"\r\n\r\n\r\n----b\r\n'
        "Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n"
        "Content-Location: https://a.org/x\r\n\r\n"
        + page(paper(title="<a href='/p/2304.12526'>Café</a>")).replace("=", "=3D").replace("é", "=C3=A9")
        + "\r\n----b--\r\n"
    )
    made = parse(Snapshot(archive.encode(), "page.mhtml", CAPTURED)).papers[0]
    assert (made.title, made.url) == ("Café", "https://a.org/p/2304.12526")


LOGIN = '<title>Sign in</title><form action="/login"><input name=u><input type="password"></form><p>Welcome back</p>'


@pytest.mark.parametrize(
    ("html", "what"),
    [
        (LOGIN, "this is a login page"),
        ("<h1>Log in to continue</h1><p>You must log in to see this page.</p>", "this is a login page"),
        (
            "<title>Just a moment...</title><script src=/cdn-cgi/challenge-platform/x.js></script>",
            "checks for robots",
        ),
        ("<h1>Verify you are human</h1><p>Complete the security check</p>", "checks for robots"),
        ('<div class="g-recaptcha"></div><p>One more step</p>', "checks for robots"),
        ("<div id=root></div><script>render()</script>", "empty until a browser runs its scripts"),
    ],
)
def test_pages_in_the_way_are_named(html: str, what: str) -> None:
    """A sign-in, a check for robots and an empty shell are called by their names, with what to do."""
    with pytest.raises(ParseError, match=what) as caught:
        read(html)
    assert "save it" in caught.value.hint


def test_a_readable_page_with_a_sign_in_form_is_read() -> None:
    """A form on a page that can be read is in nobody's way."""
    assert read(page(paper(), before=LOGIN)).papers


def test_other_order_is_a_layout_alarm() -> None:
    """Titles above the first line would be read as abstracts: refused rather than mangled."""
    swapped = "<h3>A Title</h3><div>CLFeb 5, 2023</div><p>Ann Lee, Bo Sand</p><p>We do a thing, and well.</p>"
    with pytest.raises(LayoutError, match="no authors"):
        read(page(*[swapped.replace("A Title", f"A Title {i}") for i in range(4)]))


@pytest.mark.parametrize("html", ["", " ", "<p>Not found", "<html><body>Not found</body></html>", "\ufeff"])
def test_other_pages_are_refused(html: str) -> None:
    """What is no profile page is refused as such."""
    with pytest.raises(ParseError, match=r"profile page|empty"):
        read(html)


def test_a_page_that_promises_papers_and_shows_none() -> None:
    """Without papers it is a layout alarm, not an empty profile."""
    with pytest.raises(LayoutError, match="65 papers"):
        read("<h1>Ann Lee</h1><p>h-index17</p><p>65papers</p><h2>65 Papers</h2><div>Loading</div>")


@pytest.mark.parametrize("piece", ["<div>", "<ul><li>", "<b><i>", "<svg>", "<table><tr><td>"])
def test_deep_pages_are_refused_soon(piece: str) -> None:
    """HTML's own rules are slow over elements within elements; nobody waits for that."""
    with pytest.raises(ParseError):
        read(piece * 60_000)
