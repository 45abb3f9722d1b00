"""BibTeX and BibLaTeX files, cut into entries that pybtex parses one by one, so that size and errors cost little.

A broken entry ends where the next one starts. Month names and `@string` are known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from pybtex.database import Person
from pybtex.database.input.bibtex import LowLevelParser, UndefinedMacro, month_names
from pybtex.exceptions import PybtexError
from pybtex.scanner import Token

from syncd.messages import message
from syncd.model import Creator, Profile, Snapshot
from syncd.parse.decode import read_text
from syncd.parse.listing import Listing
from syncd.parse.record import ARXIV_NOTE, Record, one_line, paper_of
from syncd.sources.limits import (
    ENTRIES,
    ENTRY,
    EXPANSION,
    TOO_MANY_CHARACTERS_ADDED,
    TOO_MANY_ENTRIES_AND_MACROS,
    within,
)
from syncd.text.dates import iso_date
from syncd.text.latex_tables import JOURNALS
from syncd.text.names import ET_AL, PARTICLES, bare, creator, is_collective, organisation, parse_authors
from syncd.text.patterns import pattern
from syncd.text.urls import mend, trim

Kind = Literal["entry", "string", "preamble", "comment", "broken"]

OPENING = pattern(r"@[ \t\r\n]*(?P<type>[A-Za-z][\w+:.-]*)[ \t\r\n]*(?P<open>[{(])", hostile=("@", " ", ""))
"""The start of an entry, a macro or the like. All other text is a comment.

>>> OPENING.search("text @ Article {key,")["type"]
'Article'
"""

_NEXT = (
    r"\n[ \t]*@[ \t]*(?:(?:string|preamble|comment)\b"
    r"|[A-Za-z]+[ \t]*[{(][ \t]*(?:[^\s,={}\"@]+[ \t]*)?,[ \t]*(?:$|\n|[A-Za-z_]+[ \t]*=))"
)

BRACED = pattern(rf"\{{|\}}|{_NEXT}", hostile=("\n@a{", " ", ""), flags=re.IGNORECASE | re.MULTILINE)
"""What matters within an entry in braces: braces, and another entry that starts in a line of its own.

Each alternative starts with a character, not with a class or a group: `re` then skips what starts with none of them.
"""

PARENTHESISED = pattern(
    rf"\{{|\}}|\"|\)|{_NEXT}", hostile=("\n@a(", " ", ""), flags=re.IGNORECASE | re.MULTILINE
)
"""The same within an entry in parentheses."""

LEFTOVER = pattern(r"(?m)^[ \t]*(?:,[ \t]*)?[A-Za-z][\w-]*[ \t]*=[ \t]*[{\"\d]", hostile=" ")
"""A field outside of any entry: the entry before it ended too early.

>>> [bool(LEFTOVER.search(text)) for text in ('  year = {2023},', "a comment: x = y")]
[True, False]
"""

SPECIAL: dict[str, Kind] = {"string": "string", "preamble": "preamble", "comment": "comment"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a BibTeX file.

    Attributes:
        kind: "broken" where it does not end as it should.
        text: as it stands, from its "@" to its end.
        line: where it starts, counted from 1.
        lost: the line of a field behind it that belongs to no entry, or 0.
    """

    kind: Kind
    text: str
    line: int
    lost: int = 0


def pieces(text: str) -> Iterator[Piece]:
    r"""Cut a BibTeX file.

    >>> [(p.kind, p.line) for p in pieces("@string{a = {b}}\n\n@misc{k, title={T}}\n@misc{j, title={\n@book{l, x=1}")]
    [('string', 1), ('entry', 3), ('broken', 4), ('entry', 5)]
    """
    line, at = 1, 0
    opening = OPENING.search(text)
    while opening:
        line += text.count("\n", at, opening.start())
        at = opening.start()
        end, whole = _end(text, opening)
        kind = SPECIAL.get(opening["type"].lower(), "entry") if whole else "broken"
        following = OPENING.search(text, end)
        gap_end = following.start() if following else len(text)
        lost = LEFTOVER.search(text, end, gap_end) if kind == "entry" else None
        lines_to_lost = text.count("\n", at, lost.end()) if lost else 0
        yield Piece(kind, text[at:end], line, line + lines_to_lost if lost else 0)
        opening = following


def _end(text: str, opening: re.Match[str]) -> tuple[int, bool]:
    """Find where a piece ends, and whether it ends as it should."""
    braced = opening["open"] == "{"
    depth, quoted = 0, False
    for found in (BRACED if braced else PARENTHESISED).finditer(text, opening.end()):
        sign = found[0]
        if sign[0] == "\n":
            return found.start() + 1, False
        if sign == "{":
            depth += 1
        elif sign == "}":
            if braced and depth == 0:
                return found.end(), True
            depth = max(depth - 1, 0)
        elif sign == '"':
            quoted = quoted != (depth == 0)
        elif depth == 0 and not quoted:
            return found.end(), True
    return len(text), False


EXPECTED = message("expected-bibtex")

FORMS = {
    "article": "journalArticle",
    "periodical": "journalArticle",
    "inproceedings": "conferencePaper",
    "conference": "conferencePaper",
    "incollection": "bookSection",
    "inbook": "bookSection",
    "suppbook": "bookSection",
    "inreference": "bookSection",
    "book": "book",
    "mvbook": "book",
    "booklet": "book",
    "collection": "book",
    "proceedings": "book",
    "phdthesis": "thesis",
    "mastersthesis": "thesis",
    "thesis": "thesis",
    "techreport": "report",
    "report": "report",
    "manual": "report",
    "dataset": "dataset",
    "data": "dataset",
    "software": "computerProgram",
    "standard": "standard",
}
"""Zotero's item type by the type of the entry; all others (`misc`, `unpublished`, `online`) are preprints."""

FIELDS = {
    "abstract": ("abstract",),
    "volume": ("volume",),
    "issue": ("number", "issue"),
    "pages": ("pages", "eid", "articleno"),
    "publisher": ("publisher", "school", "institution", "organization"),
}
"""The fields of BibTeX that make a field of a record: the first one that is there."""

VENUES = {
    "journalArticle": ("journal", "journaltitle", "booktitle"),
    "conferencePaper": ("booktitle", "maintitle", "journal", "journaltitle"),
    "bookSection": ("booktitle", "maintitle"),
    None: ("journal", "journaltitle"),
}
"""The fields that name the venue, by the form; books, theses and reports have none."""

DOIS = ("doi", "url", "howpublished")
"""Fields that may hold the DOI of the entry itself, the best first."""

ANYTHING = pattern(r".*", hostile="a")
DBLP_VOLUME = pattern(r"abs/\S+", hostile=("abs/", "a", " "))
ARXIV_NUMBER = pattern(r"(?i)arxiv:.*", hostile=("arxiv:", "a", "\n"))

ARXIVS = {
    "journal": ANYTHING,
    "journaltitle": ANYTHING,
    "volume": DBLP_VOLUME,
    "url": ANYTHING,
    "howpublished": ANYTHING,
    "doi": ANYTHING,
    "number": ARXIV_NUMBER,
    "note": ARXIV_NOTE,
}
"""Fields that may hold the entry's own arXiv id, the best first, each with the form that its text has then."""

LINKED = ("note", "howpublished", "code", "annote", "addendum")
"""Fields besides the abstract in which links are looked for."""

CATEGORIES = ("primaryclass", "eprintclass")
ARCHIVES = ("archiveprefix", "eprinttype")

MONTH_MACROS = {**month_names, **{name.lower(): name for name in month_names.values()}, "sept": "September"}
"""The months as macros: those of BibTeX, and those that people take for such."""

NOT_INHERITED = frozenset(
    {"title", "author", "abstract", "url", "doi", "crossref", "pages", "note", "eprint"}
)
"""Fields that an entry does not take from the one that `crossref` names."""

CROSSREF = pattern(r"(?i)\bcrossref\s*=\s*[{\"]\s*([^\s{}\",]+)", hostile=("", "crossref = {", ""))
"""The entry that an entry belongs to.

>>> CROSSREF.search("crossref = {acl2023},")[1]
'acl2023'
"""

URL_MACRO = pattern(r"\\(?:url|href|path)\s*\{([^{}]*)\}|(https?://[^\s{}]+)", hostile="\\url{")
r"""The address in a field, bare or as LaTeX has it.

>>> URL_MACRO.search(r"Available at \url{https://a.org/x_1}")[1]
'https://a.org/x_1'
"""

KEY = pattern(
    r"(?P<start>@\s*[\w+:.-]+\s*[{(])(?P<key>[^,={}\"()]*,|\s*(?:[^\s,={}\"()]+\s+)?(?=[A-Za-z][\w-]*\s*=))",
    hostile=("@a{", "a ", ""),
)
"""The start of an entry: its key may hold blanks, and be missing with its comma, as EndNote writes it.

>>> KEY.match("@article{He 2021, title = 1")["key"], KEY.match("@article{\\n  title = {")["key"]
('He 2021,', '\\n  ')
"""

JOURNAL_MACRO = pattern(r"\{?\\([a-z]+)\s*\}?", hostile=("\\a", " ", ""))
r"""A journal as the ADS names it.

>>> JOURNAL_MACRO.fullmatch(r"\mnras")[1]
'mnras'
"""

FIELD = pattern(r"[{}\"]|(?P<name>[^\s={},\"#][^={},\"#\n]{0,60}?)(?=[ \t]*=)", hostile="a ")
"""What matters in an entry that can't be read: braces, quotes and names of fields, odd ones too.

>>> FIELD.search("funding_text 1 = {We")["name"]
'funding_text 1'
"""

NO_NAME = pattern(r"(?a)\A\d|[^\w+:.-]", hostile="é")
"""What the name of a field may not have: a digit at its start, blanks, letters with accents."""

ENCODING = pattern(rb"(?im)^%?[ \t]*Encoding:[ \t]*(?:x-)?([\w.:-]{2,40})", hostile=b"\n ")
"""Where JabRef says how its files are encoded.

>>> ENCODING.search(b"% Encoding: windows-1252")[1]
b'windows-1252'
"""

SIGNS = pattern(r"[@{}\"]", hostile="@")
"""What pybtex looks for in an entry."""

JOINT = pattern(r"(?i)[{}]| and ", hostile="{a")
"""The word between two names, and the braces within which it is part of a name."""

MAX_NAME = 2_000
"""Characters of one name: pybtex takes quadratic time over its braces."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry: its type and key in lower case, its fields by name in lower case, and what is wrong with it."""

    type: str
    key: str
    fields: dict[str, str]
    problem: str = ""
    unknown: tuple[str, ...] = ()


class _Reader(LowLevelParser):  # type: ignore[misc]  # pybtex tells no types
    """pybtex's reader with a search in linear time. Its own searches the rest of an entry again for each sign."""

    pos: int

    def skip_to(self, patterns: list[Any]) -> Token | None:
        """Go behind the first of these signs; return it with what stands before it."""
        kinds = {"@": self.AT, "{": self.LBRACE, "}": self.RBRACE, '"': self.QUOTE}
        for found in SIGNS.finditer(self.text, self.pos):
            if kinds[found[0]] in patterns:
                value = self.text[self.pos : found.end()]
                self.pos = found.end()
                self.update_lineno(value)
                return Token(value, kinds[found[0]])
        return None


class _Macros(dict[str, str]):
    """Macros by name, whatever their case. It counts the characters that they add to the file."""

    added = 0

    def __getitem__(self, name: str) -> str:
        text = super().__getitem__(name.lower())
        self.add(text)
        return text

    def add(self, *texts: str) -> None:
        """Count what is put in place of something shorter.

        Raises:
            TooMuchError: it is too much.
        """
        self.added += sum(map(len, texts))
        within(self.added, EXPANSION, TOO_MANY_CHARACTERS_ADDED)

    def __setitem__(self, name: str, text: str) -> None:
        super().__setitem__(name.lower(), text)


def parse(snapshot: Snapshot) -> Profile:
    """Read a BibTeX file.

    A broken entry is left out and noted with its line: half a paper, without its authors, would get another
    Zotero key than the whole one.

    Raises:
        ParseError: it is no text, or no entry in it can be read.
        TooMuchError: it goes past a limit.
    """
    stated = ENCODING.search(snapshot.data[:500])
    text = read_text(snapshot, stated[1].decode("ascii") if stated else None)
    listing = Listing(snapshot.origin)
    macros = _Macros(MONTH_MACROS)
    parents = _parents(text)
    for number, piece in enumerate(pieces(text), 1):
        within(number, 2 * ENTRIES, TOO_MANY_ENTRIES_AND_MACROS)
        if piece.kind == "broken":
            listing.note("broken-entry", message("entry-without-end", line=piece.line))
        elif piece.kind in {"entry", "string"}:
            _take(listing, piece, macros, parents)
        if piece.lost:
            listing.note("broken-entry", message("field-without-entry", line=piece.lost))
    return listing.profile(EXPECTED)


def _take(listing: Listing, piece: Piece, macros: _Macros, parents: Mapping[str, _Entry]) -> None:
    entry = _entry(piece, macros)
    if entry.problem:
        listing.note("broken-entry", message("entry-broken", reason=entry.problem, line=piece.line))
    if entry.problem or piece.kind == "string":
        return
    for name in entry.unknown:
        listing.note("unknown-macro", message("macro-unknown", line=piece.line, macro=name))
    if entry.key in parents and "author" not in entry.fields:
        return  # proceedings that others refer to
    parent = parents.get(entry.fields.get("crossref", "").strip().lower())
    if parent:
        macros.add(*parent.fields.values())
    paper = paper_of(_record(entry.type, _inherited(entry, parent) if parent else entry.fields))
    if paper:
        listing.add(paper, message("line-number", line=piece.line))
    else:
        listing.note("no-title", message("entry-in-line-without-title", line=piece.line))


def _entry(piece: Piece, macros: _Macros) -> _Entry:
    """Let pybtex read an entry, or a macro's definition, which it adds to `macros`."""
    if len(piece.text) > ENTRY:
        return _Entry("", "", {}, message("longer-than-characters", most=ENTRY))
    keyed = KEY.match(piece.text) if piece.kind == "entry" else None
    text = piece.text
    if keyed:
        text = keyed["start"] + "\n" * keyed["key"].count("\n") + text[keyed.end() :]
    entry = _read(piece, text, macros, keyless=bool(keyed))
    if entry.problem and keyed:
        mended = _mended(text)
        entry = entry if mended == text else _read(piece, mended, macros, keyless=True)
    return replace(entry, key=keyed["key"].strip(" \t\r\n,").lower()) if keyed else entry


def _read(piece: Piece, text: str, macros: _Macros, *, keyless: bool) -> _Entry:
    errors: list[PybtexError] = []
    parser = _Reader(text, keyless_entries=keyless, macros=macros, handle_error=errors.append)
    try:
        command, (key, values) = next(iter(parser), ("", ("", [])))
    except (PybtexError, EOFError, RecursionError) as error:
        return _Entry("", "", {}, message("at-line", line=piece.line, words=error))
    faults = [error for error in errors if not isinstance(error, UndefinedMacro)]
    unknown = tuple(str(error.args[0]) for error in errors if isinstance(error, UndefinedMacro))
    if faults:
        line = piece.line + getattr(faults[0], "lineno", 1) - 1
        return _Entry("", "", {}, message("at-line", line=line, words=faults[0].args[0]))
    if piece.kind == "string":
        return _Entry("", "", {})
    fields: dict[str, str] = {}
    for name, parts in values:
        fields.setdefault(name.lower(), "".join(parts))
    return _Entry(command.lower(), (key or "").strip().lower(), fields, unknown=unknown)


def _mended(text: str) -> str:
    """Give the fields of an entry names that can be read, and commas; their texts stay as they are.

    Scopus writes "funding_text 1 = {...}": such a field is not used, and costs nothing but itself.
    """
    opening = KEY.match(text)
    start = opening.end("start") if opening else 0
    out, at, depth, quoted = [text[:start]], start, 0, False
    for found in FIELD.finditer(text, start):
        sign = found[0]
        if sign == '"':
            quoted = quoted != (depth == 0)
        elif sign in "{}":
            depth += 1 if sign == "{" else -1
        elif depth == 0 and not quoted:
            before = text[at : found.start()]
            ends = before.rstrip()
            comma = "," if ends.endswith(("}", '"')) else ""
            out += [ends, comma, before[len(ends) :], NO_NAME.sub("_", sign)]
            at = found.end()
    return "".join([*out, text[at:]])


def _parents(text: str) -> dict[str, _Entry]:
    """The entries that others name as `crossref`, by key; they may stand anywhere in the file."""
    keys = {found.lower() for found in CROSSREF.findall(text)} if "crossref" in text.lower() else set()
    macros = _Macros(MONTH_MACROS)
    parents: dict[str, _Entry] = {}
    for piece in pieces(text) if keys else ():
        named = KEY.match(piece.text)
        if piece.kind == "string" or (
            piece.kind == "entry" and named and named["key"].strip(" \t\r\n,").lower() in keys
        ):
            entry = _entry(piece, macros)
            if entry.key and not entry.problem:
                parents.setdefault(entry.key, entry)
    return parents


def _inherited(entry: _Entry, parent: _Entry) -> dict[str, str]:
    given = {name: text for name, text in parent.fields.items() if name not in NOT_INHERITED}
    title = parent.fields.get("booktitle") or parent.fields.get("title")
    return ({"booktitle": title} if title else {}) | given | entry.fields


def _first(fields: Mapping[str, str], names: Iterable[str]) -> str:
    return next((fields[name] for name in names if fields.get(name, "").strip()), "")


def _record(type_: str, fields: Mapping[str, str]) -> Record:
    form = FORMS.get(type_)
    title = ": ".join(filter(None, (fields.get("title", "").strip(), fields.get("subtitle", "").strip())))
    creators, truncated = _authors(fields.get("author", ""))
    category = one_line(_first(fields, CATEGORIES))
    year = fields.get("date") or fields.get("year", "")
    return Record(
        title=title,
        creators=creators,
        truncated=truncated,
        date=iso_date(*(_bare(text) for text in (year, fields.get("month", ""), fields.get("day", "")))),
        category=category or None,
        dois=[mend(fields[name]) for name in DOIS if name in fields],
        arxivs=_arxivs(fields),
        url=_address(_first(fields, ("url", "howpublished", "link"))),
        texts=[fields[name] for name in LINKED if name in fields],
        venue=_venue(_first(fields, VENUES.get(form, ()))),
        form=form,
        **{name: _first(fields, names) for name, names in FIELDS.items()},
    )


def _venue(text: str) -> str:
    """The name of a journal, which the ADS writes as a macro."""
    macro = JOURNAL_MACRO.fullmatch(text.strip())
    return JOURNALS.get(macro[1], text) if macro else text


def _arxivs(fields: Mapping[str, str]) -> list[str]:
    archive = _bare(_first(fields, ARCHIVES)).lower()
    found = [fields["eprint"]] if "eprint" in fields and archive in {"", "arxiv"} else []
    return [
        *map(_bare, found),
        *(
            _bare(fields[name])
            for name, form in ARXIVS.items()
            if name in fields and form.fullmatch(_bare(fields[name]))
        ),
    ]


def _bare(text: str) -> str:
    return " ".join(text.replace("{", "").replace("}", "").replace("~", " ").split())


def _address(text: str) -> str:
    found = URL_MACRO.search(text)
    return trim(mend(found[1] or found[2])) if found else ""


# Names


def _authors(text: str) -> tuple[tuple[Creator, ...], bool]:
    """Split a list of names; what is not written as BibTeX wants it is read as people write it."""
    names = " ".join(text.split())
    if not names:
        return (), False
    split = _split(names)
    if len(split) == 1 and (";" in names or names.count(",") > 2) and "{" not in names:
        return parse_authors(one_line(names))
    cut = any(ET_AL.fullmatch(name.strip()) for name in split)
    creators = (_creator(name) for name in split if not ET_AL.fullmatch(name.strip()))
    return tuple(person for person in creators if person.name), cut


def _is_braced(name: str) -> bool:
    """Tell whether braces make one name of it: those around the whole, not two pairs with something between.

    >>> [_is_braced(name) for name in ("{World Health Organization}", "{Lee}, {Ann}", "Ann Lee")]
    [True, False, False]
    """
    depth = 0
    for place, sign in enumerate(name):
        depth += (sign == "{") - (sign == "}")
        if depth == 0:
            return sign == "}" and place == len(name) - 1
    return False


def _split(names: str) -> list[str]:
    """Split a list of names at each "and" that stands outside of braces.

    >>> _split("Lee, Ann and {Ben and Bo} AND Cy")
    ['Lee, Ann', '{Ben and Bo}', 'Cy']
    """
    found, start, depth = [], 0, 0
    for sign in JOINT.finditer(names):
        if sign[0] == "{":
            depth += 1
        elif sign[0] == "}":
            depth = max(depth - 1, 0)
        elif depth == 0:
            found.append(names[start : sign.start()].strip())
            start = sign.end()
    return [*found, names[start:].strip()]


@lru_cache(maxsize=4096)
def _creator(name: str) -> Creator:
    """Take a name apart as BibTeX does: von and last part are the surname, "Jr" is a suffix."""
    plain = one_line(name)
    if _is_braced(name) or is_collective(plain):
        return organisation(plain)
    if len(name) > MAX_NAME:
        return creator(plain)
    try:
        person = Person(bare(name))
    except (PybtexError, ValueError, IndexError, RecursionError):
        return creator(plain)
    von = person.prelast_names
    family = bare(one_line(" ".join([*von, *person.last_names])))
    given = one_line(" ".join(person.bibtex_first_names))
    suffix = one_line(" ".join(person.lineage_names))
    small = not given and "," not in name and not PARTICLES.issuperset(von)  # "danah boyd"
    if not family or small or plain.upper() == plain.lower():
        return creator(plain)
    return Creator(" ".join(part for part in (given, family, suffix) if part), family, given, suffix)
