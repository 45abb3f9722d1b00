"""HTML to blocks of text as a reader sees them: text that stands together is one block, whatever its elements are.

It knows nothing of profiles. What no reader sees (scripts, styles, hidden elements) and what belongs to the
site instead of the page (navigation, footers, sidebars) is left out.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from syncd.messages import message
from syncd.parse.profile_links import Anchor
from syncd.sources.limits import ATTRIBUTES as MOST_ATTRIBUTES
from syncd.sources.limits import (
    HTML_DEPTH,
    PASSED,
    TAGS,
    TOO_MANY_ATTRIBUTES_OF_ELEMENT,
    TOO_MANY_ELEMENTS_PASSED_OVER,
    TOO_MANY_TAGS,
    TooMuchError,
    within,
)
from syncd.text.patterns import pattern
from syncd.text.plain import clean

HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}

BLOCKS = pattern(
    r"address|article|aside|blockquote|body|caption|center|dd|details|div|dl|dt|fieldset|figcaption"
    r"|figure|footer|form|h1|h2|h3|h4|h5|h6|header|hgroup|hr|html|legend|li|main|ol|p|pre|search|section"
    r"|summary|table|tbody|td|tfoot|th|tr|ul",
    hostile="h1",
)
"""Elements that start and end a block of text; all others run on within it."""

UNSEEN = pattern(
    r"applet|area|audio|canvas|colgroup|datalist|dialog|embed|frame|head|iframe|input|map|meta|meter|nav"
    r"|noscript|object|optgroup|option|param|progress|script|select|source|style|template|textarea|thead"
    r"|track|video",
    hostile="nav",
)
"""Elements that are left out with all that is in them; `thead` only names columns."""

SITE_ROLES = frozenset({"navigation", "contentinfo", "search", "dialog", "alertdialog", "menu", "tooltip"})
"""ARIA roles of elements that belong to the site. `aria-hidden` is left alone: it hides nothing from the eye."""

HIDDEN_STYLE = pattern(
    r"(?i)(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))\b",
    hostile=("display", " ", ""),
)
"""A style that hides an element.

>>> [bool(HIDDEN_STYLE.search(text)) for text in ("color:red; display: none", "display:block")]
[True, False]
"""

HIDDEN_CLASS = pattern(
    r"(?:^|\s)(?:sr-only|visually-hidden|visuallyhidden|screen-reader-text|katex-html)(?:\s|$)",
    hostile=" sr-only",
)
"""Classes of what is not drawn, or drawn a second time (KaTeX).

>>> [bool(HIDDEN_CLASS.search(text)) for text in ("tag sr-only", "not-sr-only")]
[True, False]
"""

TEX = pattern(r"application/x-tex|latex", hostile="late", flags=re.IGNORECASE)

ELEMENT = pattern(r"</?[A-Za-z][^>]*(?:>|\Z)", hostile="<a")

ATTRIBUTE = r"""[\s/]+|[^\s/>][^\s/>=]*(?:\s*=\s*(?:"[^"]*(?:"|\Z)|'[^']*(?:'|\Z)|[^\s>"'][^\s>]*)?)?"""

TAG = pattern(
    rf"<!--(?:-?>|(?>.*?(?:--!?>|\Z)))|<[!?](?>[^>]*)"
    rf"|<(?P<close>/?)(?P<name>[A-Za-z][^\s/>]*)(?P<attributes>(?>{ATTRIBUTE})*)",
    hostile="<a b='",
    flags=re.DOTALL,
)
"""A tag, as HTML's rules take it apart; or a comment, without a name.

>>> [found["name"] for found in TAG.finditer("<a b='</a>' c=d>e<!-- </a> --></a>")]
['a', None, 'a']
"""

ATTRIBUTES = pattern(ATTRIBUTE, hostile="a='")

RAW = {
    name: pattern(rf"(?i)</{name}(?=[\s/>])", hostile=f"</{name}")
    for name in ("script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes")
}
"""Elements whose content is text and no markup, with the tag that ends it."""

VOID = pattern(
    r"area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr|p|li|dt|dd|tr|td|th|option",
    hostile="br",
)
"""Elements without an end tag, or mostly without one."""

SCRIPT = pattern(
    r"(?i)<!--(?P<whole>-*>)?|(?P<uncommented>-->)|<(?P<end>/?)script(?=[\s/>])", hostile=("<!--", "-", "")
)
"""What matters within a script: a comment in it may hold another script, whose end tag does not end the first."""

HOSTS = ("desc", "foreignobject", "title", "annotation-xml", "mi", "mo", "mn", "ms", "mtext")
"""Elements of SVG and MathML that hold HTML."""

WALLS = frozenset(["applet", "caption", "html", "marquee", "object", "table", "template", *HOSTS])
"""Elements that no end tag of an outer element ends."""

BARRIERS = frozenset(BLOCKS.pattern.split("|"))
FIRM = BARRIERS | {"applet", "button", "marquee", "object", "template"}
"""Elements whose end tag ends everything that is open in them. The end tags of others stop at a barrier."""

ESCAPES = pattern(
    r"blockquote|body|br|center|dd|div|dl|dt|embed|h1|h2|h3|h4|h5|h6|head|hr|img|li|listing|menu|meta|ol|p|pre|ruby"
    r"|span|sub|sup|table|ul|var",
    hostile="h1",
)
"""Elements that end an SVG or MathML element in which they start."""

FORMATTING = pattern(
    r"(?i)<(/?)(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s/>])", hostile="<b"
)
"""Elements that a browser starts anew in each paragraph until they are ended: 2,000 of them in 2,000 paragraphs are
four million. They mean nothing here."""

KEPT_LABEL = "Code"
"""The one label of buttons and pictures that counts as text: the badge of papers with code."""

SCHEME = pattern(r"([A-Za-z][A-Za-z0-9+.-]*):", hostile="a+")
NOTE_MARKS = pattern(r"[\d*†‡§¶,\s]+", hostile="1 ")
"""Raised signs behind an author's name.

>>> bool(NOTE_MARKS.fullmatch("1,2 *"))
True
"""


SELECT = pattern(r"(?i)<(/?)select(?=[\s/>])", hostile="<select")
"""A list to choose from, over whose options the parser takes quadratic time; nothing of either is shown."""


class Place:
    """The element that a block stands in, as a chain of elements up to the root."""

    __slots__ = ("depth", "parent")

    def __init__(self, parent: Place | None = None) -> None:
        self.parent = parent
        self.depth: int = parent.depth + 1 if parent else 0

    def at(self, depth: int) -> Place:
        """The element around it at that depth, or the place itself."""
        place = self
        while place.parent is not None and place.depth > depth:
            place = place.parent
        return place

    def inside(self, other: Place) -> bool:
        """Whether it is `other`, or stands in it."""
        return self.at(other.depth) is other

    def common(self, other: Place) -> Place:
        """The innermost element around both."""
        depth = min(self.depth, other.depth)
        while self.at(depth) is not other.at(depth):
            depth -= 1
        return self.at(depth)


@dataclass(frozen=True, slots=True)
class Block:
    """A block of text.

    Attributes:
        text: on one line; empty where a link has an icon and no text.
        place: the element that it stands in.
        anchors: the links in it, in its order.
        heading: 1 to 6 within a heading, else 0.
        soft: only a line break stands before it.
        item: it is the item of a list.
    """

    text: str
    place: Place
    anchors: tuple[Anchor, ...] = ()
    heading: int = 0
    soft: bool = False
    item: bool = False


def tree_of(html: str) -> LexborHTMLParser:
    """Parse HTML, unless the parser would take too long over it.

    Raises:
        TooMuchError: it could.
    """
    html = SELECT.sub(r"<\1datalist", FORMATTING.sub(r"<\1span", html))
    _check(html)
    try:
        return LexborHTMLParser(html)
    except SelectolaxError:
        raise TooMuchError(message("does-not-fit-into-memory")) from None


def _check(html: str) -> None:
    """Look at the tags without the parser, whose time grows with the square of depth and of attributes."""
    opened = _Opened()
    tags, at = 0, 0
    while found := TAG.search(html, at):
        at = found.end()
        if found["name"] is None:
            continue
        tags += 1
        within(tags, TAGS, TOO_MANY_TAGS)
        name = found["name"].lower()
        if len(found["attributes"]) > MOST_ATTRIBUTES:
            within(_attributes(found["attributes"]), MOST_ATTRIBUTES, TOO_MANY_ATTRIBUTES_OF_ELEMENT)
        if found["close"]:
            opened.end(name)
            continue
        drawing = opened.in_drawing()
        if drawing and ESCAPES.fullmatch(name):
            opened.leave_drawing()
        elif drawing and found["attributes"].endswith("/"):
            continue
        if VOID.fullmatch(name):
            continue
        opened.names.append(name)
        opened.counts[name] += 1
        if len(opened.names) > HTML_DEPTH:
            raise TooMuchError(message("elements-too-deep", most=f"{HTML_DEPTH:,}"))
        if name in RAW and not drawing:
            at = _end_of_text(name, html, at)


@dataclass(slots=True)
class _Opened:
    """The elements that are open, as far as the tags tell."""

    names: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    passed: int = 0

    def end(self, name: str) -> None:
        """End an element with those in it, unless an end tag can't: what ends nothing must not hide how deep it is."""
        if not self.counts[name]:
            return
        firm = name in FIRM
        for index in range(len(self.names) - 1, -1, -1):
            inner = self.names[index]
            if inner == name:
                self._cut(index)
                return
            wall = inner in WALLS and (name, inner) != ("table", "caption")
            if wall or (not firm and inner in BARRIERS):
                self.passed += len(self.names) - index
                within(self.passed, PASSED, TOO_MANY_ELEMENTS_PASSED_OVER)
                return

    def in_drawing(self) -> bool:
        """Whether SVG or MathML is open, and in it nothing that holds HTML."""
        if not self.counts["svg"] and not self.counts["math"]:
            return False
        return not any(self.counts[name] for name in HOSTS)

    def leave_drawing(self) -> None:
        """End SVG and MathML."""
        self._cut(min(self.names.index(name) for name in ("svg", "math") if self.counts[name]))

    def _cut(self, index: int) -> None:
        self.counts.subtract(self.names[index:])
        del self.names[index:]


def _end_of_text(name: str, html: str, at: int) -> int:
    """Find where the content of an element ends that is text."""
    if name != "script":
        end = RAW[name].search(html, at)
        return end.start() if end else len(html)
    commented, inner = False, False
    for found in SCRIPT.finditer(html, at):
        if found["uncommented"]:
            commented = inner = False
        elif found["end"] is None:
            commented = commented or not found["whole"]
        elif not found["end"]:
            inner = commented
        elif inner:
            inner = False
        else:
            return found.start()
    return len(html)


def _attributes(text: str) -> int:
    return sum(not found[0][0].isspace() and found[0][0] != "/" for found in ATTRIBUTES.finditer(text))


def read_blocks(tree: LexborHTMLParser, base: str = "", *, names: bool = True) -> list[Block]:
    """Read the blocks of a document.

    Args:
        tree: the parsed document.
        base: the address that its links are relative to, or nothing.
        names: authors may be named in it: what is raised behind a name is a mark.
    """
    reader = _Reader(base, names=names)
    node = tree.body
    while node is not None:
        entered = reader.enter(node)
        below = node.first_child if entered else None
        if below is not None:
            node = below
            continue
        node = _next(reader, node, entered=entered)
    reader.flush()
    return reader.blocks


def plain_text(html: str) -> str:
    r"""Convert a piece of HTML to text, its paragraphs apart by blank lines.

    >>> plain_text("<p>a <b>b</b>c &amp; x<sup>2</sup></p><p>d</p>")
    'a bc & x^{2}\n\nd'
    """
    try:
        tree = tree_of(html)
    except TooMuchError:
        return clean(ELEMENT.sub(" ", html))
    return "\n\n".join(block.text for block in read_blocks(tree, names=False) if block.text)


def _next(reader: _Reader, node: LexborNode, *, entered: bool) -> LexborNode | None:
    """Leave a node, and those that end with it; return the one that follows in the document."""
    current: LexborNode | None = node
    while current is not None and current.tag != "body":
        if entered:
            reader.leave(current)
        if current.next is not None:
            return current.next
        current, entered = current.parent, True
    return None


def absolute(url: str, base: str) -> str:
    """Complete the address of a link; nothing where it leads to no page.

    >>> absolute("/paper/1", "https://a.org/x"), absolute("/paper/1", ""), absolute("mailto:a@b.c", "")
    ('https://a.org/paper/1', '/paper/1', '')
    """
    bare = "".join(url.split())
    if not bare or bare.startswith("#"):
        return ""
    try:
        whole = urljoin(base, bare)
    except ValueError:
        return ""
    scheme = SCHEME.match(whole)
    return whole if scheme is None or scheme[1].lower() in {"http", "https"} else ""


class _Reader:
    """The state of one reading: nodes in their order in, blocks out."""

    def __init__(self, base: str, *, names: bool) -> None:
        self.base = base
        self.names = names
        self.blocks: list[Block] = []
        self.place = Place()
        self.pieces: list[tuple[str, int]] = []  # text, and the link that it is part of
        self.urls: list[str] = [""]  # the links by number; 0 is none
        self.open_links: list[int] = [0]
        self.scripts: list[int] = []  # where raised or lowered text starts
        self.heading = 0
        self.item = False
        self.breaks = 0  # line breaks since the last text

    # Nodes

    def enter(self, node: LexborNode) -> bool:
        """Take what a node starts; return whether to go into it."""
        tag = node.tag or ""
        if tag == "-text":
            self.put(node.text_content or "")
            return False
        if not tag[:1].isalpha() or UNSEEN.fullmatch(tag) or _left_out(node, tag):
            return False
        if tag in {"img", "svg", "button", "math"}:
            self.put(_shown(node, tag))
            return False
        if BLOCKS.fullmatch(tag):
            self.start_block(tag)
        elif tag == "br":
            self.flush()
            self.breaks += 1
        elif tag == "a":
            self.start_link(node)
        elif tag in {"sup", "sub"}:
            self.scripts.append(len(self.pieces))
        return True

    def leave(self, node: LexborNode) -> None:
        """Take what a node ends."""
        tag = node.tag or ""
        if BLOCKS.fullmatch(tag):
            self.flush()
            self.breaks = 0
            self.place = self.place.parent or self.place
            self.heading = 0 if tag in HEADINGS else self.heading
            self.item = False
        elif tag == "a":
            self.open_links.pop()
        elif tag in {"sup", "sub"}:
            self.end_script("^" if tag == "sup" else "_")

    def start_block(self, tag: str) -> None:
        self.flush()
        self.breaks = 0
        self.place = Place(self.place)
        self.heading = HEADINGS.get(tag, self.heading)
        self.item = tag == "li"

    def start_link(self, node: LexborNode) -> None:
        self.urls.append(absolute(node.attributes.get("href") or "", self.base))
        self.open_links.append(len(self.urls) - 1)
        self.put("")

    def end_script(self, sign: str) -> None:
        """Write raised and lowered text as LaTeX does, which the text's conversion knows."""
        start = self.scripts.pop()
        inner = "".join(text for text, _ in self.pieces[start:])
        if start >= len(self.pieces) or not inner.strip():
            return
        link = self.pieces[start][1]
        del self.pieces[start:]
        inner = inner.strip()
        marks = bool(NOTE_MARKS.fullmatch(inner))
        if marks and self.names:
            inner = "".join(inner.replace(",", "").split())
        bare = marks and not any(map(str.isalnum, inner))  # a dagger, which is raised as it is
        self.put(inner if bare else f"{sign}{{{inner}}}", link)

    # Text

    def put(self, text: str, link: int | None = None) -> None:
        self.pieces.append((text, self.open_links[-1] if link is None else link))

    def flush(self) -> None:
        """End the block that is open."""
        text = clean(" ".join("".join(text for text, _ in self.pieces).split()))
        anchors = self._anchors(alone=not text)
        self.pieces.clear()
        if text or anchors:
            soft = self.breaks == 1 and bool(self.blocks)
            self.blocks.append(Block(text, self.place, anchors, self.heading, soft, self.item))
        if text:
            self.breaks = 0

    def _anchors(self, *, alone: bool) -> tuple[Anchor, ...]:
        """The links in the open block; where it has no text, only those that ended in it."""
        labels: dict[int, str] = {}
        for text, link in self.pieces:
            if self.urls[link] and not (alone and link in self.open_links):
                labels[link] = labels.get(link, "") + text
        return tuple(Anchor(clean(label), self.urls[link]) for link, label in labels.items())


def _left_out(node: LexborNode, tag: str) -> bool:
    """Whether an element is hidden, or belongs to the site."""
    if tag == "aside":
        return node.css_first("h1") is None
    if tag == "footer":
        return not _in_article(node)
    attributes = node.attributes
    return (
        "hidden" in attributes
        or (attributes.get("role") or "") in SITE_ROLES
        or bool(HIDDEN_STYLE.search(attributes.get("style") or ""))
        or bool(HIDDEN_CLASS.search(attributes.get("class") or ""))
    )


def _in_article(node: LexborNode) -> bool:
    parent = node.parent
    while parent is not None:
        if parent.tag in {"article", "li"}:
            return True
        parent = parent.parent
    return False


def _shown(node: LexborNode, tag: str) -> str:
    """What a picture, a button or a formula shows that is text."""
    attributes = node.attributes
    if tag == "math":
        tex = next(
            (part for part in node.css("annotation") if TEX.search(part.attributes.get("encoding") or "")),
            None,
        )
        return f"${(tex.text() or '').strip().strip('$')}$" if tex else _formula(node)
    says = node.text() if tag == "button" else attributes.get("alt") or attributes.get("aria-label") or ""
    return KEPT_LABEL if says.strip() == KEPT_LABEL else ""


SCRIPTS = {"msub": ("_",), "munder": ("_",), "msup": ("^",), "mover": ("^",), "msubsup": ("_", "^")}
"""Elements of MathML whose first part is followed by lowered or raised ones."""

MAX_FORMULA = 50
"""The depth of a formula. Deeper elements are written as plain text."""


def _formula(node: LexborNode, depth: int = 0) -> str:
    """Write a formula in MathML as LaTeX has it, as far as scripts, fractions and roots go."""
    if node.tag == "-text":
        return (node.text_content or "").strip()
    if depth > MAX_FORMULA:
        return node.text()
    parts = [
        _formula(child, depth + 1) for child in node.iter(include_text=True) if child.tag != "annotation"
    ]
    parts = [part for part in parts if part]
    signs = SCRIPTS.get(node.tag or "")
    if signs and len(parts) == len(signs) + 1:
        return parts[0] + "".join(f"{sign}{{{part}}}" for sign, part in zip(signs, parts[1:], strict=True))
    if node.tag == "mfrac" and len(parts) == 2:
        return f"{_whole(parts[0])}/{_whole(parts[1])}"
    return f"√{_whole(''.join(parts))}" if node.tag == "msqrt" else "".join(parts)


def _whole(part: str) -> str:
    return part if part.isalnum() else f"({part})"
