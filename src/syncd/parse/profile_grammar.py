"""The lines of a profile page: what each kind of line looks like, as named patterns and tables.

Each pattern judges one line by itself. `profile_page` decides what a line means in its place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from syncd.text.dates import DATE
from syncd.text.identifiers import ARCHIVES, BY_SUFFIX, SUBJECTS
from syncd.text.names import ET_AL, PARTICLES, SUFFIX
from syncd.text.patterns import pattern

_KNOWN = sorted([*SUBJECTS, *BY_SUFFIX, *ARCHIVES], key=len, reverse=True)
CATEGORY = rf"(?:{'|'.join(map(re.escape, _KNOWN))}|[a-z]{{2,8}}(?:-[a-z]{{2,5}})?\.[A-Z]{{2}}|[A-Z]{{2}})"
"""An arXiv category, in full or its suffix. Two capitals are taken for a category that is new at arXiv."""

FIELD = pattern(CATEGORY, hostile="a-")
"""An author's main field.

>>> [bool(FIELD.fullmatch(text)) for text in ("CL", "stat.ML", "hep-th", "optics", "Code", "A")]
[True, True, True, True, False, False]
"""

_GAP = r"[\s·•|,]{0,3}"

HEAD = pattern(
    rf"(?P<score>100(?:\.0+)?|\d{{1,2}}(?:\.\d+)?)?{_GAP}(?P<category>{CATEGORY})?{_GAP}(?P<date>{DATE})?"
    rf"{_GAP}(?P<badges>[A-Z][A-Za-z ]{{0,40}})?",
    hostile=("99 ", " ", ""),
)
"""The line that a paper starts with: score, category, date and badges, run together, any of them missing.

>>> HEAD.fullmatch("99.4AIMay 14Code").groups()
('99.4', 'AI', 'May 14', 'Code')
>>> HEAD.fullmatch("cs.CVApr 25, 2023").groups()
(None, 'cs.CV', 'Apr 25, 2023', None)
"""

CODE_BADGE = "Code"

HEADING = pattern(r"(?P<count>\d[\d,.]*\s?[KkMm]?)\s+Papers?", hostile=("1", " ", ""))
"""The heading of the list of papers.

>>> HEADING.fullmatch("65 Papers")["count"]
'65'
"""

NUMBER = r"(\d[\d,.]*(?: +[\d,.]+)*(?: *[KkMm])?)"


LABELS = {
    "h_index": r"h-?\s?index",
    "paper_count": r"papers?",
    "citations": r"citations?",
    "novelty": r"novelty",
    "ai_score": r"AI\s*score",
}
"""What the header calls the figures, by the profile's field that they fill."""

FIGURES = {
    name: pattern(
        rf"(?:{label})\s*(?::\s*)?{NUMBER}\s*%?|{NUMBER}\s*(?:%\s*)?(?:{label})",
        hostile=("1", " ", ""),
        flags=re.IGNORECASE,
    )
    for name, label in LABELS.items()
}
"""A figure and its label, which may stand on either side.

>>> [FIGURES[name].fullmatch(text) is not None for name, text in (("h_index", "h-index17"), ("novelty", "Novelty57%"))]
[True, True]
>>> FIGURES["citations"].fullmatch("26,281citations").groups()
(None, '26,281')
"""

LABEL = pattern(rf"(?:{'|'.join(LABELS.values())})\s*:?", hostile=("papers", " ", ""), flags=re.IGNORECASE)
VALUE = pattern(rf"{NUMBER}\s*%?", hostile=("1", " ", ""))
"""A label and a value that stand on lines of their own."""

FURNITURE = pattern(
    r"""(?xi) scholar\s?feed | sign\s?(?:in|up|out) | log\s?(?:in|out) | home | feed | search | explore | menu | share
    | (?:load|show|see|view)\s(?:more|all)(?:\spapers)? | next(?:\spage)? | previous(?:\spage)? | back(?:\sto\stop)?
    | about(?:\sus)? | privacy(?:\spolicy)? | terms(?:\sof\s(?:use|service))? | contact(?:\sus)? | cookies? | settings
    | follow(?:ing)? | skip\sto\s(?:main\s)?content | sort\sby\b.{0,30} | newest | most\scited | filters?
    | page\s\d+\sof\s\d+
    | blog | help | faq | feedback | subscribe | notifications | profile | authors? | trending | discover
    | (?: © | \(c\) | copyright\b ) .{0,80} | all\srights\sreserved\.?""",
    hostile=("sort by ", " ", ""),
)
"""A line of navigation or of a footer, which is neither a name nor part of an abstract.

>>> [bool(FURNITURE.fullmatch(text)) for text in ("Sign in", "Load more", "© 2026 Scholar Feed", "Pengcheng He")]
[True, True, True, False]
"""

AFFILIATIONS = pattern(r"(?:^|(?<!\s)\s+)·\s*", hostile=" ")
"""What stands between the authors and their affiliations.

>>> AFFILIATIONS.split("Ann Lee et al. · apple-ml, microsoft-research", maxsplit=1)
['Ann Lee et al.', 'apple-ml, microsoft-research']
"""

SLUGS = pattern(r"[\w&.-]+(?:\s*,\s*[\w&.-]+)*", hostile="a, ")
"""Affiliations as slugs.

>>> bool(SLUGS.fullmatch("apple-ml, microsoft-research"))
True
"""

SENTENCE_END = pattern(r"[.!?:;…]$", hostile=".")
INITIAL_END = pattern(r"(?:^|[\s.-])\w\.$", hostile="a.")
"""A dot that ends an initial and not a sentence.

>>> [bool(INITIAL_END.search(text)) for text in ("Lee J.", "the end.")]
[True, False]
"""

MAX_NAME_WORDS = 8
MAX_AUTHORS_LENGTH = 20_000
"""A longer line is not taken for a list of authors."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a paper's first line says, as written."""

    score: float | None
    category: str | None
    date: str | None
    badges: str

    @property
    def whole(self) -> bool:
        """The line has category and date, and no unknown badge. Hardly any other line looks like that."""
        return bool(self.category and self.date and self.badges in {"", CODE_BADGE})


def read_head(line: str) -> Head | None:
    """Read a line as the first line of a paper, or None if it can't be one.

    >>> read_head("CLFeb 5")
    Head(score=None, category='CL', date='Feb 5', badges='')
    >>> read_head("Code") is None, read_head("MLMarkov chains") is None
    (True, True)
    """
    if len(line) > 120:
        return None
    found = HEAD.fullmatch(line)
    if not found or not (found["category"] or found["date"]):
        return None
    badges = (found["badges"] or "").strip()
    if badges not in {"", CODE_BADGE} and not found["date"]:
        return None
    return Head(float(found["score"]) if found["score"] else None, found["category"], found["date"], badges)


def looks_like_authors(line: str) -> bool:
    """Tell a list of authors from the first line of an abstract.

    >>> [looks_like_authors(line) for line in ("Ann Lee, Bo Sand et al. · apple-ml", "Plato", "Lee J., Wu K.")]
    [True, True, True]
    >>> [looks_like_authors(line) for line in ("We study, at length, two models.", "In this paper we learn")]
    [False, False]
    """
    if not line or len(line) > MAX_AUTHORS_LENGTH:
        return False
    names, *affiliations = AFFILIATIONS.split(line, maxsplit=1)
    if affiliations and SLUGS.fullmatch(affiliations[0]):
        return True
    if SENTENCE_END.search(names) and not ET_AL.search(names) and not _ends_name(names):
        return False
    pieces = [piece.split() for piece in ET_AL.sub("", names).split(",") if piece.strip()]
    if any(len(words) > MAX_NAME_WORDS for words in pieces):
        return False
    words = [word for piece in pieces for word in piece if word not in PARTICLES and word not in {"and", "&"}]
    capital = sum(not word[0].islower() for word in words)
    return not words or 2 * capital > len(words)


def _ends_name(names: str) -> bool:
    last = names.rsplit(maxsplit=1)[-1]
    return bool(SUFFIX.fullmatch(last) or INITIAL_END.search(names))


THOUSANDS = pattern(r"\d{1,3}(?:[.,]\d{3})+", hostile="123,")
"""A whole number whose thousands are set apart."""


def count(text: str) -> int:
    """Read a figure with thousands separators or a magnitude.

    >>> count("26,281"), count("26.3K"), count("1.2M"), count("1 234"), count("57.5")
    (26281, 26300, 1200000, 1234, 58)
    """
    digits = "".join(text.split()).rstrip(",.")
    factor = {"k": 1_000, "m": 1_000_000}.get(digits[-1:].lower(), 1)
    digits = digits.rstrip("KkMm")
    if factor == 1 and THOUSANDS.fullmatch(digits):
        return int(digits.replace(",", "").replace(".", ""))
    whole, _, rest = digits.replace(",", ".").partition(".")
    return round(
        float(f"{whole or 0}.{''.join(sign for sign in rest if sign in '0123456789') or 0}") * factor
    )
