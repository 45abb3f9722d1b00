"""No document holds syncd up: what a stranger can write into a page or a file is read in time that grows as it does.

`test_patterns` has the single regular expressions; here are the functions around them, and the libraries that syncd
reads files with.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING

import pytest

from growth import trouble
from syncd.errors import ParseError
from syncd.model import Snapshot
from syncd.read import parse

if TYPE_CHECKING:
    from collections.abc import Callable

CAPTURED = datetime(2026, 6, 1, tzinfo=UTC)
LONG = 24_000
MOST = 2.0  # seconds; the slowest takes a quarter of one
TRIFLE = 0.05

PAGE = "Ann Lee\n\nCL\n\n1 Paper\n\nCLFeb 5, 2023\n{title}\n\n{authors}\n\n{abstract}\n"
HTML = (
    "<!DOCTYPE html><html><body><h1>Ann Lee</h1><p>h-index17</p><h2>1 Paper</h2><p>CLFeb 5, 2023</p>"
    "<h3>{title}</h3><p>{authors}</p><p>{abstract}</p></body></html>"
)
RIS = "TY  - JOUR\nTI  - {title}\nAU  - {authors}\nAB  - {abstract}\nER  - \n"
BIBTEX = "@article{{a,\n title = {{{title}}},\n author = {{{authors}}},\n abstract = {{{abstract}}}\n}}\n"
ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><entry><title type="html">{title}</title>'
    '<author><name>{authors}</name></author><summary type="html">{abstract}</summary></entry></feed>'
)
RSS = (
    '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>T</title><item>'
    "<title>{title}</title><dc:creator>{authors}</dc:creator><description>{abstract}</description></item></channel></rss>"
)


def csl(title: str, authors: str, abstract: str) -> str:
    """Return a paper in CSL-JSON."""
    return json.dumps(
        [{"type": "book", "title": title, "abstract": abstract, "author": [{"literal": authors}]}]
    )


WRITERS: dict[str, Callable[[str], str]] = {
    "profile-page": lambda text: PAGE.format(title=text, authors=text, abstract=text),
    "html": lambda text: HTML.format(title=escape(text), authors=escape(text), abstract=escape(text)),
    "bibtex": lambda text: BIBTEX.format(title=text, authors=text, abstract=text),
    "ris": lambda text: RIS.format(title=text, authors=text, abstract=text),
    "csl-json": lambda text: csl(text, text, text),
    "feed": lambda text: ATOM.format(title=escape(text), authors=escape(text), abstract=escape(text)),
}
"""A paper with a text for its title, authors and abstract, in each format."""

SIGNS = ["{", "$", "\\", "<", "("]
"""What has a meaning in some format, and is not closed."""

TEXTS = ["{a}", "$a", "\\a{", "www.a", "https://a.b/ ", "https://github.com/a/b/./", " and ", "a, "]
"""What has a meaning in LaTeX, in addresses and among names: the same functions read it in every format."""

DOCUMENTS: dict[str, tuple[str, Callable[[int], str]]] = {
    "a page that starts with comments": ("auto", lambda n: "<!---->" * (n // 7) + "<"),
    "a page of comments": ("html", lambda n: "<!DOCTYPE html><body>" + "<!---->" * (n // 7)),
    "a page of comments that never end": ("auto", lambda n: "<!--" * (n // 4)),
    "blanks before a feed": ("feed", lambda n: "\n" * n + ATOM),
    "a declaration in a feed": ("feed", lambda n: "<?a " + 'encoding="" ' * (n // 13) + "\n?>" + ATOM),
    "a comment before a feed": ("feed", lambda n: "<!--" + "\n<!DOCTYPE" * (n // 10) + "-->" + ATOM),
    "a feed whose author is one long word": (
        "feed",
        lambda n: RSS.format(title="T", authors="a" * n, abstract=""),
    ),
    "a feed that ends in comments": ("feed", lambda n: ATOM[:-4] + "</feed>" + "<!---->" * (n // 7) + "<"),
    "strings that are put together": ("bibtex", lambda n: "@misc{a, title = " + '"a" # ' * (n // 6) + '"b"}'),
    "braces within quotes": ("bibtex", lambda n: '@misc{a, title = "' + "{}" * (n // 2) + '"}'),
    "names in braces": ("bibtex", lambda n: "@misc{a, title={T}, author={" + "{a}b " * (n // 5) + "}}"),
    "entries that never end": ("bibtex", lambda n: "@a{\n" * (n // 4)),
    "blanks where an entry might start": ("bibtex", lambda n: "@misc{a, title={T\n@a{" + "\t" * n + "}}"),
    "blanks outside of entries": ("bibtex", lambda n: "@misc{a, title={T}}\n" + "\t" * n + '"'),
    "blank lines": ("ris", lambda n: "TY  - JOUR\nTI  - T\nER  - \n" + " \n" * (n // 2)),
}
"""Documents that once took minutes, or are near to such."""


def reading(text: str, form: str) -> Callable[[], object]:
    """Return what reads a document, or refuses it."""
    snapshot = Snapshot(text.encode(), "source", CAPTURED)

    def read() -> None:
        with suppress(ParseError):
            parse(snapshot, form)

    return read


@pytest.mark.parametrize(
    ("form", "again"), [(form, sign) for form in WRITERS if form not in {"ris", "csl-json"} for sign in SIGNS]
)
def test_a_field_of_one_sign_is_read_in_linear_time(form: str, again: str) -> None:
    """A brace, a dollar sign, a backslash and the like, over and over, hold no format up that reads signs."""
    write = WRITERS[form]
    assert trouble(lambda n: reading(write(again * n), form), LONG // 2, MOST, TRIFLE) is None


@pytest.mark.parametrize("again", TEXTS)
def test_a_field_of_one_text_is_read_in_linear_time(again: str) -> None:
    """Macros, addresses and names, over and over, hold nothing up."""
    write = WRITERS["csl-json"]
    found = trouble(lambda n: reading(write(again * (n // len(again))), "csl-json"), LONG, MOST, TRIFLE)
    assert found is None


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_read_or_refused_in_linear_time(name: str) -> None:
    """What is around the fields holds nothing up either, nor do the libraries that read it."""
    form, write = DOCUMENTS[name]
    assert trouble(lambda n: reading(write(n), form), 2 * LONG, MOST, TRIFLE) is None


def test_a_page_with_45_comments_is_read_at_once() -> None:
    """500 bytes, which once took longer than anybody waits, whether or not a page follows."""
    comments = "<!-- -->\n" * 45
    page = HTML.format(title="A Title", authors="Bo Sand", abstract="We do.").removeprefix("<!DOCTYPE html>")
    found: list[str] = []

    def read() -> None:
        found.extend(
            paper.title for paper in parse(Snapshot((comments + page).encode(), "saved", CAPTURED)).papers
        )
        with pytest.raises(ParseError):
            parse(Snapshot((comments + "<hr>").encode(), "saved", CAPTURED))

    assert trouble(lambda _: read, 1, MOST, MOST) is None
    assert set(found) == {"A Title"}
