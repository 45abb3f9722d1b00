"""An Atom feed of papers: RFC 4287, with PRISM's elements for what Atom has none for.

A paper is published, for those who read the feed, when it came into the library. No time of writing stands in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape, quoteattr

from syncd.lists.page import OTHERS, UNTITLED, links_of
from syncd.lists.reference import Reference, web_address
from syncd.text.patterns import pattern

HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:prism="http://prismstandard.org/namespaces/1.2/basic/">\n'
)
NEVER = "1970-01-01T00:00:00Z"
NOT_XML = pattern("[^\\t\\n\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]", hostile="\ufffe")
"""What XML has no way to write."""

FIELDS = (
    ("prism:publicationName", "publicationTitle"),
    ("prism:volume", "volume"),
    ("prism:number", "issue"),
    ("prism:publisher", "publisher"),
)
TIME = pattern(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})", hostile="1")


def pieces(references: Iterable[Reference], title: str, uri: str, updated: str) -> Iterator[str]:
    """Yield a feed, an entry at a time.

    Args:
        references: in the order in which they are shown.
        title: of the feed.
        uri: means this feed and no other.
        updated: ISO time of the last change of any of them.
    """
    yield "".join(
        (
            HEAD,
            f"  <id>{uri}</id>\n",
            f"  <title>{_text(title)}</title>\n",
            f"  <updated>{_time(updated)}</updated>\n",
            f"  <author><name>{_text(title)}</name></author>\n",
            "  <generator>syncd</generator>\n",
        )
    )
    for reference in references:
        yield "".join(("  <entry>\n", *(f"    {line}\n" for line in _entry(reference)), "  </entry>\n"))
    yield "</feed>\n"


def _entry(reference: Reference) -> Iterator[str]:
    added = reference.added if TIME.fullmatch(reference.added) else ""
    yield f"<id>{reference.uri}</id>"
    yield f"<title>{_text(reference.title or UNTITLED)}</title>"
    yield f"<updated>{_time(reference.modified or reference.added)}</updated>"
    yield from _elements("published", added)
    for name in (*(person.name for person in reference.authors), *([OTHERS] if reference.cut else [])):
        yield f"<author><name>{_text(name)}</name></author>"
    yield from _links(reference)
    for term in filter(None, dict.fromkeys((reference.category, *reference.tags))):
        yield f"<category term={_quoted(term)}/>"
    yield from _elements("summary", reference.abstract)
    yield from _elements("prism:doi", reference.doi)
    yield from _elements("prism:publicationDate", reference.date)
    for element, name in FIELDS:
        yield from _elements(element, reference.fields.get(name, ""))
    first, _, last = reference.fields.get("pages", "").partition("-")
    yield from _elements("prism:startingPage", first)
    yield from _elements("prism:endingPage", last)


def _elements(name: str, text: str) -> Iterator[str]:
    """Yield an element, if it says something."""
    if text:
        yield f"<{name}>{_text(text)}</{name}>"


def _links(reference: Reference) -> Iterator[str]:
    address = web_address(reference.address)
    if address:
        yield f'<link rel="alternate" href={_quoted(address)}/>'
    else:
        # An entry that leads nowhere must have it, if only empty.
        yield "<content/>"
    for name, url in links_of(reference):
        if (other := web_address(url)) and other != address:
            yield f'<link rel="related" href={_quoted(other)} title={_quoted(name)}/>'


def _time(text: str) -> str:
    return text if TIME.fullmatch(text) else NEVER


def _text(text: str) -> str:
    return escape(NOT_XML.sub("", text))


def _quoted(text: str) -> str:
    return quoteattr(NOT_XML.sub("", text))
