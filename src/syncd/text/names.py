"""Personal names, taken apart as far as that is safe, and lists of authors.

What can't be split stays whole: a wrong surname is worse than none. Names are never completed or reordered
for display.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from syncd.model import Creator
from syncd.text.patterns import pattern
from syncd.text.titles import fold_name

PARTICLES = frozenset(
    [
        *("af", "av", "van", "von", "vom", "zu", "zum", "zur", "den", "der", "ten", "ter", "te", "op", "'t"),
        *(
            "de",
            "del",
            "dela",
            "della",
            "delle",
            "dello",
            "dei",
            "degli",
            "di",
            "da",
            "das",
            "do",
            "dos",
            "du",
        ),
        *(
            "des",
            "la",
            "las",
            "le",
            "les",
            "los",
            "lo",
            "el",
            "al",
            "bin",
            "bint",
            "ibn",
            "ben",
            "abu",
            "ould",
        ),
        *("san", "santa", "st.", "d'", "ap", "nic", "mac", "het", "in", "am", "an"),
    ]
)
"""Words in lower case that a surname starts with: "Laurens van der Maaten"."""

CAPITAL_PARTICLES = frozenset(
    [
        *(
            "Van",
            "Von",
            "Vander",
            "De",
            "Del",
            "Della",
            "Di",
            "Da",
            "Dos",
            "Du",
            "La",
            "Le",
            "Les",
            "El",
            "Al",
        ),
        *("Ibn", "Ter", "Santa", "St.", "Saint"),
    ]
)
"""Words with a capital that a surname starts with, though not behind a given name alone: "El Ghaoui"."""

JOINTS = frozenset({"y", "e", "i"})
"""Words that join two surnames: "Ortega y Gasset"."""

VIETNAMESE = frozenset(
    [
        *(
            "Nguyen",
            "Tran",
            "Le",
            "Pham",
            "Huynh",
            "Hoang",
            "Phan",
            "Vu",
            "Vo",
            "Dang",
            "Bui",
            "Do",
            "Ho",
            "Ngo",
        ),
        *("Duong", "Ly", "Dinh", "Trinh", "Truong", "Luong", "Mai", "Nguyễn", "Trần", "Lê", "Phạm"),
    ]
)
"""Surnames before which "Van" is a middle name: "Hieu Van Nguyen"."""

SUFFIX = pattern(r"(?:Jr|Sr)\.?|I{2,3}|IV|VI{1,3}|2nd|3rd|4th", hostile="I", flags=re.IGNORECASE)
"""An addition behind a name that is no part of the surname.

>>> [bool(SUFFIX.fullmatch(word)) for word in ("Jr.", "III", "sr", "V", "Ivy")]
[True, True, True, False, False]
"""

DEGREE = pattern(r"(?:Ph\.?\s?D|M\.?\s?D|M\.?Sc|B\.?Sc|Dr|Prof|Esq)\.?", hostile="Ph.")
"""A degree or title: neither name nor suffix.

>>> [bool(DEGREE.fullmatch(word)) for word in ("PhD", "M.D.", "Prof.", "Phillips")]
[True, True, True, False]
"""

COLLECTIVE = pattern(
    r"(?<!['\u2019])\b(?:teams?|groups?|consorti(?:um|a)|collaborations?|projects?|initiatives?|communit(?:y|ies)|labs?"
    r"|laborator(?:y|ies)|institutes?|universit(?:y|ies)|committees?|societ(?:y|ies)|associations?|foundations?"
    r"|networks?|alliances?|inc|corp|corporation|ltd|llc|gmbh|company|organi[sz]ations?|agenc(?:y|ies)|ministry"
    r"|departments?|councils?|commissions?|federations?|academ(?:y|ies)|authorit(?:y|ies)|administration"
    r"|cent(?:er|re)s?|college|school|hospital|museum|observatory|library|union|united nations|task force|world bank"
    r"|investigators|collaborators|contributors|developers|workshop|services|research|program(?:me)?|coalition)\b\.?$",
    hostile=" team",
    flags=re.IGNORECASE,
)
"""The end of a name that belongs to no single person.

>>> [bool(COLLECTIVE.search(name)) for name in ("Gemini Team", "World Health Organization", "Ann Labelle")]
[True, True, False]
"""

COLLECTIVE_OF = pattern(
    r"\b(?:universit(?:y|ies|[ée]|[äa]t)|universidade?|institut(?:e|es|o)?|departments?|ministry|cent(?:er|re)s?|bureau"
    r"|offices?|schools?|colleges?|faculty|academ(?:y|ies)|societ(?:y|ies)|councils?|committees?|commissions?"
    r"|associations?|boards?|agenc(?:y|ies)|organi[sz]ations?|federations?|foundations?|librar(?:y|ies)|banks?"
    r"|alliances?|coalitions?|networks?|groups?|consortium) (?:of|for|on|de|für|zu)\b"
    r"|^(?:the )?(?:universit(?:y|[ée]|[äa]t)|universidade?|institut[eo]?|ministry|minist[èe]re|department) ",
    hostile="office ",
    flags=re.IGNORECASE,
)
"""A name that no person has: an office and its subject or place.

>>> names = "National Institutes of Health", "University of California, Berkeley", "Institut Pasteur"
>>> [bool(COLLECTIVE_OF.search(name)) for name in (*names, "Charles de Gaulle")]
[True, True, True, False]
"""

BRACKETS = pattern(r" ?(?:\([^()]*\)?|\[[^\[\]]*\]?)$", hostile="(")
"""Brackets behind a name, with an institution or a number in them.

>>> [BRACKETS.sub("", name) for name in ("Ann Lee (MIT)", "Bo Sand [2]", "William (Bill) Gates", "Ann Lee (MIT")]
['Ann Lee', 'Bo Sand', 'William (Bill) Gates', 'Ann Lee']
"""

MOST_BRACKETS = 3
"""How many pairs of brackets behind one name are taken off."""

LISTED_BRACKETS = pattern(
    r" ?\([^()]*\)(?= ?(?:[,;，、]|and |& |$))",  # noqa: RUF001 - Chinese commas
    hostile="(",
)
"""Brackets within a list of names. A comma in them separates no names.

>>> LISTED_BRACKETS.sub("", "Ann Lee (MIT, Boston), Bo Sand (1) and William (Bill) Gates")
'Ann Lee, Bo Sand and William (Bill) Gates'
"""

FOOTNOTE_MARKS = "*†‡§¶∗⋆✉0123456789⁰¹²³⁴⁵⁶⁷⁸⁹, "  # noqa: RUF001 - marks that pages set behind names
"""Marks that pages set behind a name: "Ann Lee*†1"."""

ET_AL = pattern(
    r"""(?xi)
      (?: ^ | [\s,;] ) (?: and\s )?
      (?: et\.?\sal\b\.? | others | (?: \+\s? )? \d+\s(?: more | others? ) (?: \sauthors? )? )
      [\s.]{0,3} $
    | [,\s]{0,3} (?: \.\.\. | … ) $""",
    hostile=" et al ",
)
"""The mark at the end of a list of authors that was cut.

>>> [bool(ET_AL.search(text)) for text in ("A Lee et al.", "A Lee, and others", "A Lee, + 3 more", "Weird Al")]
[True, True, True, False]
"""

SPLIT_SCRIPTS = ("LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "GEORGIAN")
"""Scripts in which given names come first and the surname last."""

FAMILY_FIRST_SCRIPTS = ("CJK", "HANGUL", "HIRAGANA", "KATAKANA", "IDEOGRAPHIC")
"""Scripts in which the surname comes first, where a blank sets it apart at all."""


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0].partition("-")[0]


def creator(name: str) -> Creator:
    """Take a personal name apart.

    Args:
        name: plain Unicode: "Given Family", "Family, Given", "Family, Jr., Given" or a single name.

    Returns:
        The name with its parts. `family` is the whole name where it can't be split: single names,
        collectives, scripts that are not known to put the surname last.

    >>> creator("Laurens van der Maaten")
    Creator(name='Laurens van der Maaten', family='van der Maaten', given='Laurens', suffix='')
    >>> creator("King, Jr., Martin Luther").suffix, creator("何鹏程").family, creator("Plato").given
    ('Jr.', '何鹏程', '')
    """
    shown = bare(name)
    if is_collective(shown):
        return organisation(shown)
    parts = [bare(part) for part in shown.split(",") if part.strip()]
    if len(parts) > 1 and not all(_is_addition(part) for part in parts[1:]):
        return _family_first(shown, parts)
    words = shown.replace(",", " ").split()
    return _given_first(shown, words)


def organisation(name: str) -> Creator:
    """Return the name of an organisation, or any other that is one name and never split.

    >>> organisation("World Health  Organization").family
    'World Health Organization'
    """
    shown = " ".join(name.split())
    return Creator(shown, shown)


def is_collective(name: str) -> bool:
    """Tell whether a name is that of an organisation or a group.

    >>> [is_collective(name) for name in ("World Health Organization", "Bureau of Meteorology", "Ann Lee")]
    [True, True, False]
    """
    return bool(COLLECTIVE.search(name) or COLLECTIVE_OF.search(name))


LOWER_WORD = pattern(r"(?<= )[a-z].*", hostile=" A")
"""A name from its first word in lower case on.

>>> LOWER_WORD.search("National Institutes of Health")[0]
'of Health'
"""


def former_surnames(person: Creator) -> tuple[str, ...]:
    """Return what syncd once took for the surname of an organisation, which it split like a person's name.

    The keys of items that it created then are made of these.

    >>> former_surnames(organisation("National Institutes of Health")), former_surnames(creator("Ann Lee"))
    (('Health', 'of Health'), ())
    >>> former_surnames(organisation("University of California, Berkeley"))
    ('University of California', 'California', 'of California')
    """
    words = person.family.partition(",")[0].split()
    if person.given or person.suffix or " " not in person.family or not _splits(person.family):
        return ()
    last = _given_first(person.name, words).family
    from_lower = LOWER_WORD.findall(" ".join(words))
    before_comma = [" ".join(words)] if "," in person.family else []
    found = dict.fromkeys((*before_comma, last, *from_lower))
    return tuple(name for name in found if name != person.family)


def bare(name: str) -> str:
    """Return a name without marks and brackets behind it; a name of nothing else stays as it is.

    >>> bare("Ann  Lee*1 (MIT) [2]"), bare("(15649)")
    ('Ann Lee', '(15649)')
    """
    shown = " ".join(name.split())
    for _ in range(MOST_BRACKETS):
        shown = BRACKETS.sub("", shown.rstrip(FOOTNOTE_MARKS)) or shown
    return shown.rstrip(FOOTNOTE_MARKS) or shown


def same_person(one: str, other: str) -> bool:
    """Tell whether two names may be one person's, in any order, with parts left out or cut to initials.

    Names in two scripts can't be compared, and may be.

    >>> same_person("Éric Huysecom", "Huysecom, E."), same_person("Jevin West", "Jevin D. West")
    (True, True)
    >>> same_person("David Val-Laillet", "Rasse, Michel"), same_person("Ann Lee", "Bo Lee")
    (False, False)
    >>> same_person("John R. Smith", "Smith JR"), same_person("Wei Wang", "王伟")
    (True, True)
    """
    if not _scripts(one) & _scripts(other):
        return True
    fewer, more = sorted((_parts(one), _parts(other)), key=len)
    whole = False
    for part in sorted(fewer, key=len, reverse=True):
        place = next((at for at, there in enumerate(more) if there == part), None)
        whole = whole or (place is not None and len(part) > 1)
        if place is None:
            short = (
                at for at, there in enumerate(more) if 1 in (len(part), len(there)) and part[0] == there[0]
            )
            place = next(short, None)
        if place is None:
            return False
        del more[place]
    return whole


NAME_PART = pattern(r"\w+", hostile="a")
INITIALS = pattern(r"[A-Z]{2,3}", hostile="A")
MOST_PARTS = 20
"""The most words of a name that are compared."""


def _parts(name: str) -> list[str]:
    """Return the folded words of a name, initials that are written together apart."""
    words = NAME_PART.findall(bare(name).replace("'", "").replace("\N{RIGHT SINGLE QUOTATION MARK}", ""))
    words, apart = words[:MOST_PARTS], not name.isupper()
    return [
        fold_name(part) for word in words for part in (word if apart and INITIALS.fullmatch(word) else [word])
    ]


def _scripts(name: str) -> set[str]:
    return {_script(letter) for letter in name if letter.isalpha()}


def _is_addition(part: str) -> bool:
    return bool(SUFFIX.fullmatch(part) or DEGREE.fullmatch(part))


def _family_first(shown: str, parts: list[str]) -> Creator:
    """Read "Family, Given", "Family, Jr., Given" and "Family, Given, Jr."."""
    suffix = next((part for part in parts[1:] if SUFFIX.fullmatch(part)), "")
    given = " ".join(part for part in parts[1:] if not _is_addition(part))
    name = " ".join(word for word in (given, parts[0], suffix) if word)
    return Creator(name if _splits(shown) else shown, parts[0], given, suffix)


def _given_first(shown: str, words: list[str]) -> Creator:
    while len(words) > 1 and DEGREE.fullmatch(words[-1]):
        words = words[:-1]
    while len(words) > 1 and DEGREE.fullmatch(words[0]):
        words = words[1:]
    suffix = ""
    if len(words) > 2 and SUFFIX.fullmatch(words[-1]) and words[-1] != words[-1].lower():
        words, suffix = words[:-1], words[-1]
    letters = [character for character in "".join(words) if character.isalpha()]
    if len(words) == 2 and letters and all(_script(letter) in FAMILY_FIRST_SCRIPTS for letter in letters):
        return Creator(shown, words[0], words[1])
    if len(words) < 2 or not _splits(shown):
        return Creator(shown, " ".join(words) if words else shown, suffix=suffix)
    start = _surname_start(words)
    return Creator(shown, " ".join(words[start:]), " ".join(words[:start]), suffix)


def _splits(shown: str) -> bool:
    return all(_script(letter) in SPLIT_SCRIPTS for letter in shown if letter.isalpha() and _script(letter))


def _surname_start(words: list[str]) -> int:
    """Where the surname starts: at its first particle, else at the last word."""
    last = len(words) - 1
    for index in range(last):
        if words[index] in PARTICLES or words[index].startswith(("al-", "el-")):
            return index
        if words[index] in JOINTS and index > 1:
            return index - 1
    start = last
    while start > 1 and words[start - 1] in CAPITAL_PARTICLES and words[start] not in VIETNAMESE:
        start -= 1
    return start


def parse_authors(line: str) -> tuple[tuple[Creator, ...], bool]:
    """Split a list of authors.

    Args:
        line: names separated by commas, or by semicolons where names are written "Family, Given"; "and"
            may stand before the last one.

    Returns:
        The authors in their order, and whether the list was cut: "et al.", "and others". The mark itself
        never becomes an author.

    >>> authors, cut = parse_authors("Zhendong Wang, Yifan Jiang, Huangjie Zheng et al.")
    >>> [author.family for author in authors], cut
    (['Wang', 'Jiang', 'Zheng'], True)
    >>> [author.name for author in parse_authors("Martin King, Jr., Ann Lee and Si-Qing Chen")[0]]
    ['Martin King, Jr.', 'Ann Lee', 'Si-Qing Chen']
    """
    listed = " ".join(line.split())
    names = ET_AL.sub("", listed).strip(" ,;")
    cut = names != listed.strip(" ,;")
    return tuple(creator(name) for name in _names(names)), cut


LAST_JOINT = pattern(r"(?:^|(?<!\s)\s+)(?:and|&)\s+", hostile=" ")
"""The word before the last author.

>>> LAST_JOINT.split("Ann Lee and Bo Sand")
['Ann Lee', 'Bo Sand']
"""


COMMAS = pattern("[,，、]", hostile=",")  # noqa: RUF001 - Chinese commas
SEMICOLONS = pattern("[;，、]", hostile=";")  # noqa: RUF001 - the same


def _names(listed: str) -> list[str]:
    separator = SEMICOLONS if ";" in listed else COMMAS
    listed = LISTED_BRACKETS.sub("", listed)
    pieces = [piece.strip() for piece in separator.split(listed)]
    last = pieces[-1]
    if not (COLLECTIVE.search(last) or COLLECTIVE_OF.search(last.partition(" and ")[0])):
        pieces[-1:] = LAST_JOINT.split(pieces[-1])
    names: list[str] = []
    for piece in pieces:
        if names and _is_addition(piece):
            names[-1] += f", {piece}"
        elif piece:
            names.append(piece)
    return names
