"""Titles and surnames reduced to what identifies them, so that spellings of one title compare equal.

What these functions return decides the Zotero keys of created items: it must never change for a given
title. They never translate and never drop a word.
"""

from __future__ import annotations

import hashlib
import unicodedata
from functools import lru_cache

from syncd.text.patterns import pattern

NO_LETTERS = pattern(r"[\W_]+", hostile="_")

KEPT_SIGNS = "+#"
"""Signs that tell titles apart, such as those on C++ and on C#."""

UNMARKED_SCRIPTS = ("LATIN", "GREEK", "CYRILLIC")
"""Scripts in which a letter stays the same letter without its accent; in others a mark is a vowel."""

LETTERS = str.maketrans(
    {
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ħ": "h",
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
        "ŋ": "n",
        "ŧ": "t",
        "ƀ": "b",
        "ɨ": "i",
        "ɓ": "b",
        "ɗ": "d",
        "ə": "e",
    }
)
"""Letters that Unicode does not decompose, though people and databases write them without their stroke."""


_ASCII_NO_LETTERS = bytes(code for code in range(128) if not chr(code).isalnum())
_ASCII_DROPPED = dict.fromkeys(
    code for code in range(128) if not chr(code).isalnum() and chr(code) not in KEPT_SIGNS
)


@lru_cache(maxsize=4096)
def _loses_marks(base: str) -> bool:
    return unicodedata.name(base, "").startswith(UNMARKED_SCRIPTS)


def _fold(text: str) -> str:
    if text.isascii():
        return text.lower().translate(_ASCII_DROPPED)
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    kept: list[str] = []
    base = ""
    for character in folded:
        if unicodedata.category(character).startswith("M"):
            if base and not _loses_marks(base):
                kept.append(character)
        elif character.isalnum() or character in KEPT_SIGNS:
            kept.append(character)
            base = character
        else:
            base = ""
    return "".join(kept).translate(LETTERS)


def fold_title(title: str) -> str:
    """Reduce a title to its letters, digits, `+` and `#`, without case, accents, blanks and punctuation.

    Args:
        title: plain Unicode.

    Returns:
        The folded title; the title in lower case if it has no letter or digit; empty only for a blank one.

    >>> fold_title("DeBERTaV3: Improving DeBERTa — using ELECTRA-Style…")
    'debertav3improvingdebertausingelectrastyle'
    >>> fold_title("τ²-Bench"), fold_title("C++"), fold_title("?!")
    ('τ2bench', 'c++', '?!')
    """
    return _fold(title) or title.strip().casefold()


@lru_cache(maxsize=65_536)
def fold_name(surname: str) -> str:
    """Reduce a surname likewise.

    >>> fold_name("Müller-Lüdenscheidt"), fold_name("Sørensen"), fold_name("Łukasiewicz"), fold_name("Groß")
    ('mullerludenscheidt', 'sorensen', 'lukasiewicz', 'gross')
    """
    return _fold(surname) or surname.strip().casefold()


def digest_of_text(text: str) -> str:
    """Return a digest that is equal for two spellings of one abstract; empty for a blank one.

    >>> digest_of_text("We show …") == digest_of_text("we  show"), digest_of_text(" ")
    (True, '')
    """
    if text.isascii():
        # The same, and six times as fast.
        letters = text.lower().encode().translate(None, _ASCII_NO_LETTERS)
    else:
        letters = NO_LETTERS.sub("", unicodedata.normalize("NFKD", text).casefold()).encode()
    return hashlib.sha256(letters).hexdigest()[:16] if letters else ""


WORD = pattern(r"\w+", hostile="a")
# Endings that tell forms of one word apart, the longest first; what is left of a word has four letters at least.
ENDINGS = ("ings", "ions", "ing", "ion", "ers", "ed", "er", "es", "s", "e")
MIN_STEM = 4
# Of longer titles so many characters are compared: the time grows with the square, and a title that long is none.
MOST_LETTERS = 1000


@lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    for ending in ENDINGS if word.endswith(ENDINGS) else ():
        if word.endswith(ending) and len(word) - len(ending) >= MIN_STEM:
            return word.removesuffix(ending)
    return word


def words_of(title: str) -> str:
    """Return the words of a title without their endings, in the order of the alphabet.

    >>> words_of("Reading Long Documents") == words_of("Long Document Reading")
    True
    >>> words_of("Calibration for Text Generation") == words_of("Calibrating for Generating Texts")
    True
    """
    words = WORD.findall(title[:MOST_LETTERS].casefold())
    return " ".join(sorted(map(_stem, words)))
