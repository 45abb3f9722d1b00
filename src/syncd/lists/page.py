"""A page of publications in HTML: one file, without a script, that a lab can put on its web server as it is.

All that comes from outside is escaped. Addresses other than those of the web lead nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from html import escape
from itertools import groupby

from syncd.lists.reference import Reference, web_address
from syncd.text.patterns import pattern
from syncd.zotero.items import LINK_TITLES

STYLE = """
:root { color-scheme: light dark; --text: #1f2328; --dim: #59636e; --back: #fff; --line: #d1d9e0; --link: #0550ae; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6edf3; --dim: #9aa4b0; --back: #0d1117; --line: #3d444d; --link: #6cb6ff; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 1rem/1.55 system-ui, sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.8rem; line-height: 1.2; margin: 0 0 1rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 0.4rem; padding-bottom: 0.3rem; border-bottom: 1px solid var(--line); }
ul { list-style: none; margin: 0; padding: 0; }
li { padding: 0.8rem 0; overflow-wrap: anywhere; }
p { margin: 0; }
.title { font-weight: 600; }
.authors, .venue, details { font-size: 0.93rem; }
.venue, details > p { color: var(--dim); }
.links { display: flex; flex-wrap: wrap; gap: 0.2rem 0.9rem; margin-top: 0.15rem; font-size: 0.93rem; }
.links a { display: inline-block; min-height: 1.5rem; min-width: 1.5rem; }
a { color: var(--link); text-underline-offset: 0.15em; text-decoration-thickness: 1px; }
.title a { color: inherit; text-decoration-color: var(--dim); }
a:hover { text-decoration-thickness: 2px; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }
summary { cursor: pointer; color: var(--dim); min-height: 1.5rem; width: fit-content; }
details > p { margin: 0.2rem 0 0.3rem; }
@media print { details { display: none; } main { max-width: none; padding: 0; } }
"""

RICH = pattern(r"&lt;(?P<tag>i|b|sub|sup)&gt;(?P<text>(?:(?!&lt;).)*)&lt;/(?P=tag)&gt;", hostile="&lt;i&gt;")
"""What Zotero lets its users write in titles, escaped.

>>> RICH.sub(r"<\\g<tag>>\\g<text></\\g<tag>>", "H&lt;sub&gt;2&lt;/sub&gt;O &lt;b&gt;")
'H<sub>2</sub>O &lt;b&gt;'
"""

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September", "October"),
    *("November", "December"),
)
UNDATED = "Without a year"
UNTITLED = "[no title]"
OTHERS = "et al."


def pieces(
    references: Iterable[Reference],
    title: str,
    *,
    by_year: bool,
    styled: Callable[[Reference], str] | None = None,
) -> Iterator[str]:
    """Yield a page, a paper at a time.

    Args:
        references: in the order in which they are shown.
        title: of the page.
        by_year: they are in the order of their years, each of which gets a heading.
        styled: returns a paper as a citation style has it, as HTML; without it, syncd's own way.
    """
    name = escape(title)
    yield (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="generator" content="syncd">\n<title>{name}</title>\n<style>{STYLE}</style>\n</head>\n'
        f"<body>\n<main>\n<h1>{name}</h1>\n"
    )
    if by_year:
        for year, papers in groupby(references, key=lambda reference: reference.year):
            anchor = f' id="year-{year}"' if year else ""
            yield f"<h2{anchor}>{year or UNDATED}</h2>\n<ul>\n"
            yield from (_paper(paper, styled) for paper in papers)
            yield "</ul>\n"
    else:
        papers = iter(references)
        first = next(papers, None)
        if first:
            yield "<ul>\n" + _paper(first, styled)
            yield from (_paper(paper, styled) for paper in papers)
            yield "</ul>\n"
    yield "</main>\n</body>\n</html>\n"


def _paper(reference: Reference, styled: Callable[[Reference], str] | None) -> str:
    anchor, paper = escape(reference.citation_key), (styled or shown)(reference)
    return f'<li id="{anchor}">\n{paper}\n{_links(reference)}{_abstract(reference)}</li>\n'


def shown(reference: Reference) -> str:
    """Return a paper as HTML: its title, who wrote it, where it appeared."""
    title = rich(reference.title) or UNTITLED
    if address := web_address(reference.address):
        title = f'<a href="{escape(address)}">{title}</a>'
    lines = [f'<p class="title">{title}</p>']
    if authors := authors_of(reference):
        lines.append(f'<p class="authors">{escape(authors)}</p>')
    if venue := venue_of(reference):
        lines.append(f'<p class="venue">{escape(venue)}</p>')
    return "\n".join(lines)


def rich(title: str) -> str:
    """Return a title as HTML: italics and the like as Zotero's users write them, all else as it stands."""
    return RICH.sub(r"<\g<tag>>\g<text></\g<tag>>", escape(title))


def authors_of(reference: Reference) -> str:
    """Return the authors as people read them; the editors, where there are no authors."""
    people = reference.authors or reference.others.get("editor", ())
    names = [person.name for person in people] + ([OTHERS] if reference.cut else [])
    return ", ".join(names)


def venue_of(reference: Reference) -> str:
    """Return where and when a paper appeared, such as "Nature 12(3), 100-112, April 2021"."""
    said = reference.fields
    number = "".join((said.get("volume", ""), f"({said['issue']})" if "issue" in said else ""))
    place = reference.venue or said.get("publisher") or said.get("organization", "")
    pages = said.get("pages", "")
    return ", ".join(
        filter(
            None,
            (" ".join(filter(None, (place, number))), pages, month_of(reference.date) or said.get("date")),
        )
    )


def month_of(date: str) -> str:
    """Return the month of a date of ISO 8601, or its year.

    >>> month_of("2021-04-30"), month_of("2021")
    ('April 2021', '2021')
    """
    year, _, rest = date.partition("-")
    return f"{MONTHS[int(rest[:2]) - 1]} {year}" if rest else year


def links_of(reference: Reference) -> Iterator[tuple[str, str]]:
    """Yield what leads from a paper: what to call it, and its address."""
    if reference.doi:
        yield "DOI", f"https://doi.org/{reference.doi}"
    if reference.arxiv:
        yield "arXiv", f"https://arxiv.org/abs/{reference.arxiv}"
    for link in reference.links:
        yield LINK_TITLES[link.kind], link.url


def _links(reference: Reference) -> str:
    title = escape(reference.title)
    found = [
        f'<a href="{escape(address)}" aria-label="{name}: {title}">{name}</a>'
        for name, url in links_of(reference)
        if (address := web_address(url))
    ]
    return f'<p class="links">{" ".join(found)}</p>\n' if found else ""


def _abstract(reference: Reference) -> str:
    paragraphs = [f"<p>{rich(text)}</p>" for text in reference.abstract.split("\n") if text]
    return f"<details><summary>Abstract</summary>{''.join(paragraphs)}</details>\n" if paragraphs else ""
