"""The profile page as HTML, saved or at its address. It is laid out as the lines of the page as text and read so.

A page that stands in the way, such as a sign-in or a check for robots, is named as such.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser

from syncd.errors import LayoutError, ParseError
from syncd.messages import message
from syncd.model import Profile, Snapshot
from syncd.parse.decode import read_text, unpacked
from syncd.parse.html_blocks import Block, absolute, read_blocks, tree_of
from syncd.parse.page_metadata import linked_lists, metadata
from syncd.parse.profile_grammar import (
    AFFILIATIONS,
    CATEGORY,
    CODE_BADGE,
    HEADING,
    looks_like_authors,
    read_head,
)
from syncd.parse.profile_links import Anchor
from syncd.parse.profile_page import EXPECTED, read_lines
from syncd.sources.statuses import instead
from syncd.text.dates import DATE
from syncd.text.patterns import pattern
from syncd.text.plain import clean

ROBOT_TEXT = pattern(
    r"""(?xi) captcha | just\sa\smoment | checking\s(?:if\sthe\ssite|your\sbrowser)
    | (?:you\sare|you're)\s(?:a\s)?(?:human|not\sa\srobot) | are\syou\sa\s(?:robot|human)
    | attention\srequired | unusual\s(?:traffic|activity) | security\s(?:check|verification)
    | enable\sjavascript\sand\scookies | ddos\sprotection | bot\sdetection""",
    hostile="are you a ",
)
"""What a page says that lets only people through.

>>> [bool(ROBOT_TEXT.search(text)) for text in ("Just a moment...", "Verify you are human", "A robot that reads")]
[True, True, False]
"""

ROBOT_MARKUP = (
    'iframe[src*="captcha" i], iframe[src*="challenges.cloudflare" i], script[src*="challenge-platform" i],'
    ' script[src*="captcha" i], [class*="g-recaptcha" i], [class*="h-captcha" i], [class*="cf-turnstile" i],'
    ' [id*="captcha" i], form[id*="challenge" i]'
)
"""Elements that only a page has that lets only people through."""

LOGIN_TEXT = pattern(
    r"(?i)\b(?:(?:sign|log)[ -]?(?:in|on)|einloggen|anmelden|se connecter|create an account)\b",
    hostile="sign ",
)
"""What sign-in pages say in their title, or in so many words.

>>> [bool(LOGIN_TEXT.search(text)) for text in ("Log in · Scholar", "Sign-in", "Design in nature")]
[True, True, False]
"""

LOGIN_MARKUP = (
    'input[type="password" i], form[action*="login" i], form[action*="signin" i], form[action*="sign_in" i]'
)

SHORT = 2_000
"""The most characters of text on a page that only stands in the way of another one."""

EMPTY = 200
"""The most characters of text on a page that is empty until a browser runs its scripts."""

IN_BROWSER = message("save-in-browser")


def wall(tree: LexborHTMLParser, text: str) -> tuple[str, str] | None:
    """Tell what stands in the way of a page.

    Args:
        tree: the page.
        text: what it shows.

    Returns:
        What it is, and what to do; None if it is no such page.
    """
    title = tree.css_first("title")
    shown = f"{title.text() if title else ''}\n{text if len(text) < SHORT else ''}"
    if len(text) < SHORT and (ROBOT_TEXT.search(shown) or tree.css_first(ROBOT_MARKUP)):
        return message("page-checks-for-robots"), IN_BROWSER
    if tree.css_first(LOGIN_MARKUP) or LOGIN_TEXT.search(shown):
        return message("page-wants-login"), message("save-in-browser-signed-in")
    if len(text) < EMPTY and tree.css_first("script"):
        return message("page-empty-without-browser"), IN_BROWSER
    return None


META_CHARSET = pattern(
    rb"""(?i)<meta[^>]{0,200}?\bcharset\s*=\s*(?:["']\s*)?([\w.:-]{2,40})""",
    hostile=(b"<meta charset=", b" ", b""),
)
"""How HTML and XHTML state their character set.

>>> META_CHARSET.search(b'<meta http-equiv=x content="text/html; charset=koi8-r">')[1]
b'koi8-r'
"""

SAVED_FROM = pattern(
    r"<!--\s*saved from url=\(\d+\)(?P<url>\S+)\s*-->|(?<!\S)url:\s*(?P<single>https?://\S+)\s",
    hostile="url:https://",
)
"""Where browsers (and SingleFile) note the address of a page that they save.

>>> SAVED_FROM.search("<!-- saved from url=(0022)https://a.org/author/1 -->")["url"]
'https://a.org/author/1'
"""

PIECE = pattern(rf"100(?:\.0+)?|\d{{1,2}}(?:\.\d+)?|{CATEGORY}|{DATE}|{CODE_BADGE}|[·•|,]", hostile="May  ")
"""A part of a paper's first line that is a block of its own.

>>> [bool(PIECE.fullmatch(text)) for text in ("99.4", "CL", "Apr 25, 2023", "Code", "A title")]
[True, True, True, True, False]
"""

MAX_PIECES = 8

_LABEL = r"""
    (?: (?:view|read|open|get|download|see)\s(?:the\s)?(?:on\s|in\s|at\s)? )?
    (?: code | git\s?hub | git\s?lab | hugging\s?face | pdf | html | ar[xχ]iv | doi | paper | project(?:\s?page)?
      | demo | models? | data(?:set)?s? | video | slides | poster | web\s?site | home\s?page | abstract | tl;?dr
      | share | saved? | bookmark(?:ed)? | cite | bib\s?tex | copy(?:\slink)? | like | more | less | details
      | semantic\sscholar | open\s?review | source | summary )
    | show\s(?:more|less|abstract)
    """

BUTTONS = pattern(
    rf"(?xi) (?: (?:{_LABEL}) (?>[\s·•|/,:…]*) ){{1,9}}", hostile=("read more " * 8 + "code", " ", "x")
)
"""A block that is nothing but the labels of buttons, or the label of a part of an entry.

>>> [bool(BUTTONS.fullmatch(text)) for text in ("Code PDF", "View on arXiv", "Abstract:", "Code is at")]
[True, True, True, False]
"""

MAX_BUTTONS = 100
"""Characters of a block of buttons."""

SLUGS = pattern(r"[a-z0-9]+(?:-[a-z0-9]+)*(?:\s*,\s*[a-z0-9]+(?:-[a-z0-9]+)*)*", hostile="a-a, ")
"""Affiliations in a block of their own.

>>> [bool(SLUGS.fullmatch(text)) for text in ("apple-ml, gatech", "A word", "tbd.")]
[True, False, False]
"""


def parse(snapshot: Snapshot) -> Profile:
    """Read a profile page from HTML, or from the MHTML archive that a browser saves.

    A page of another layout is read by what it tells machines.

    Raises:
        ParseError: it is not such a page; a sign-in page and a check for robots are named.
        LayoutError: it is such a page, promises papers and shows none, or none with authors.
        TooMuchError: it goes past a limit.
    """
    snapshot, address = unpacked(snapshot)
    found = META_CHARSET.search(snapshot.data[:4096])
    html = read_text(snapshot, found[1].decode("ascii") if found else None)
    tree = tree_of(html)
    base = _base(tree, html, address or snapshot.origin)
    blocks = read_blocks(tree, base)
    lines, anchors = lay_out(blocks)
    try:
        profile = read_lines(snapshot, lines, anchors)
        _refuse_without_authors(snapshot.origin, profile)
    except ParseError as error:
        told = metadata(tree, snapshot, base)
        if told:
            return told
        in_the_way = wall(tree, " ".join(block.text for block in blocks))
        if in_the_way:
            what, hint = in_the_way
            hint = instead(base) or hint
            raise ParseError(what, origin=snapshot.origin, expected=EXPECTED, hint=hint) from error
        error.hint = _advice(tree, base) or error.hint
        raise
    return profile


def _advice(tree: LexborHTMLParser, base: str) -> str:
    """What works in place of a page without papers."""
    lists = linked_lists(tree, base)
    if lists:
        return message("name-linked-list", address=lists[0])
    return instead(base)


def _base(tree: LexborHTMLParser, html: str, origin: str) -> str:
    """The address that links are relative to: as stated, as noted when the page was saved, or as fetched."""
    saved = SAVED_FROM.search(html[:4096])
    page = (saved["url"] or saved["single"]) if saved else origin if "://" in origin else ""
    for query, name in (
        ("base[href]", "href"),
        ('link[rel="canonical"]', "href"),
        ('[property="og:url"]', "content"),
    ):
        node = tree.css_first(query)
        url = absolute((node.attributes.get(name) or "") if node else "", page)
        if "://" in url:
            return url
    return page if page.startswith(("http://", "https://")) else ""


def _refuse_without_authors(origin: str, profile: Profile) -> None:
    """Refuse a page whose papers stand in another order of lines: it would be read wrong."""
    nameless = sum(not paper.creators for paper in profile.papers)
    if len(profile.papers) > 2 and 2 * nameless > len(profile.papers):
        raise LayoutError(
            message("papers-without-authors", nameless=nameless, papers=len(profile.papers)),
            origin=origin,
            expected=message("expected-lines-of-paper"),
        )


# Blocks to lines


@dataclass(frozen=True, slots=True)
class _Start:
    """Where a paper starts: its first block, how many make up its first line, and that line."""

    at: int
    pieces: int
    line: str

    @property
    def title(self) -> int:
        """The block of the title."""
        return self.at + self.pieces


@dataclass(slots=True)
class _Lines:
    """The lines so far, and the links in them."""

    lines: list[str] = field(default_factory=list)
    anchors: dict[int, tuple[Anchor, ...]] = field(default_factory=dict)

    def put(self, text: str, anchors: tuple[Anchor, ...] = ()) -> None:
        if anchors:
            self.anchors[len(self.lines)] = anchors
        self.lines.append(text)


def lay_out(blocks: list[Block]) -> tuple[list[str], dict[int, tuple[Anchor, ...]]]:
    """Write blocks as the lines of the page as text.

    Returns:
        The lines, and the links in each by its index; a blank line that has links is one of buttons.
    """
    texts = [block for block in blocks if block.text]
    icons = _icons(blocks)
    starts = _starts(texts)
    ends = [*(start.at for start in starts[1:]), _end(texts, starts)]
    out = _Lines()
    for block in texts[: starts[0].at if starts else len(texts)]:
        out.put(block.text)
    for start, following in zip(starts, ends, strict=False):  # without papers, an end alone
        head = texts[start.at : start.title]
        out.put("")
        out.put(start.line, _all_anchors(head, icons, start.at))
        at, title = _title(texts, start.title, following)
        out.put(title, _all_anchors(texts[start.title : at], icons, start.title))
        out.put("")
        _put_body(out, texts, icons, at, following)
    return out.lines, out.anchors


def _icons(blocks: list[Block]) -> dict[int, tuple[Anchor, ...]]:
    """The links without text, by the number of the text before them."""
    icons: dict[int, list[Anchor]] = {}
    texts = 0
    for block in blocks:
        if block.text:
            texts += 1
        elif texts:
            icons.setdefault(texts - 1, []).extend(block.anchors)
    return {index: tuple(anchors) for index, anchors in icons.items()}


def _all_anchors(blocks: list[Block], icons: dict[int, tuple[Anchor, ...]], at: int) -> tuple[Anchor, ...]:
    return tuple(
        anchor for index, block in enumerate(blocks, at) for anchor in (*block.anchors, *icons.get(index, ()))
    )


def _starts(texts: list[Block]) -> list[_Start]:
    """Find where papers start. Where most titles are headings, all are."""
    starts: list[_Start] = []
    listing = False
    at = 0
    while at < len(texts):
        start = _start(texts, at, listing=listing)
        if start:
            starts.append(start)
            at = start.title + 1
        else:
            at += 1
        listing = listing or bool(start) or bool(HEADING.fullmatch(texts[at - 1].text))
    headed = [start for start in starts if texts[start.title].heading]
    return headed if 2 * len(headed) > len(starts) else starts


def _start(texts: list[Block], at: int, *, listing: bool) -> _Start | None:
    """Read blocks as the first line of a paper: as many as bear that out, best those before title and authors."""
    whole: _Start | None = None
    for pieces in range(min(_pieces(texts, at), len(texts) - at - 1), 0, -1):
        line = " ".join(block.text for block in texts[at : at + pieces])
        head = read_head(line)
        if not head or (pieces > 1 and not (head.category and head.date)) or not (listing or head.whole):
            continue
        start = _Start(at, pieces, line)
        third = start.title + 1
        if third < len(texts) and looks_like_authors(texts[third].text) and not read_head(texts[third].text):
            return start
        if head.whole and not texts[start.title].text.endswith("."):
            whole = whole or start
    return whole


def _pieces(texts: list[Block], at: int) -> int:
    count = 0
    while count < MAX_PIECES and at + count < len(texts) and PIECE.fullmatch(texts[at + count].text):
        count += 1
    return max(count, 1)


def _end(texts: list[Block], starts: list[_Start]) -> int:
    """Where the last paper ends at the latest: at the end of its element, of the list, or at a heading."""
    if not starts:
        return len(texts)
    last = starts[-1]
    title = texts[last.title]
    limit = None
    if len(starts) > 1:
        around = texts[starts[-2].at].place.common(texts[last.at].place)
        own = texts[last.at].place.at(around.depth + 1)
        limit = own if title.place.inside(own) else around
    for at in range(last.title + 1, len(texts)):
        block = texts[at]
        if limit and not block.place.inside(limit):
            return at
        if 0 < block.heading <= (title.heading or 3) and not block.soft:
            return at
    return len(texts)


def _title(texts: list[Block], at: int, end: int) -> tuple[int, str]:
    """The title, and the block after it: a heading may be broken into lines."""
    first = at
    at += 1
    while at < end and texts[at].soft and texts[at].heading and texts[at].place is texts[first].place:
        at += 1
    return at, " ".join(block.text for block in texts[first:at])


def _put_body(
    out: _Lines, texts: list[Block], icons: dict[int, tuple[Anchor, ...]], at: int, end: int
) -> None:
    """Write the authors and the abstract of a paper, and its buttons as blank lines with links."""
    authors, body = _authors(texts, at, end)
    if authors:
        out.put(authors)
        out.put("", icons.get(body - 1, ()))
    for index in range(body, end):
        block = texts[index]
        if len(block.text) <= MAX_BUTTONS and BUTTONS.fullmatch(block.text):
            out.put("", block.anchors or (Anchor(block.text),))
        else:
            if not block.soft:
                out.put("")
            out.put(block.text, block.anchors)
        if index in icons:
            out.put("", icons[index])


def _authors(texts: list[Block], at: int, end: int) -> tuple[str, int]:
    """Join the blocks that name authors and affiliations; return them, and the block that follows."""
    if at == end or not looks_like_authors(first := _separated(texts[at])):
        return "", at
    names, slugs = [first], list[str]()
    for index in range(at + 1, end):
        block = texts[index]
        listed = block.item and texts[at].item and block.place.parent is texts[at].place.parent
        if block.text.startswith("·") or SLUGS.fullmatch(block.text):
            slugs.append(block.text.lstrip("· "))
        elif listed and not slugs and looks_like_authors(block.text):
            names.append(block.text)
        else:
            end = index
            break
    joint = ", " if AFFILIATIONS.search(first) else " · "
    return ", ".join(names) + (joint + ", ".join(slugs) if slugs else ""), end


def _separated(block: Block) -> str:
    """The text, with commas where authors are links that only a style sheet sets apart."""
    labels = [anchor.label for anchor in block.anchors if anchor.label]
    glued = "".join("".join(labels).split())
    text = "".join(block.text.split())
    if len(labels) < 2 or "," in block.text.partition("·")[0] or not text.startswith(glued):
        return block.text
    rest = clean(block.text)
    for label in labels:
        rest = rest.removeprefix(label).lstrip()
    return ", ".join(labels) + (f" {rest}" if rest else "")
