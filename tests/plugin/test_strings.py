"""The plugin's strings: complete in both languages, and none asked for that isn't there."""

from __future__ import annotations

import json
import re
from functools import cache
from itertools import chain
from pathlib import Path
from string import Formatter

import pytest
from fluent.syntax import FluentParser, ast, visitor

import syncd.plugin
import syncd.web
from syncd.words import WORDS

SOURCE = Path(syncd.plugin.__file__).parent / "source"
# The dashboard says what stands in the same catalogue.
PAGES = Path(syncd.web.__file__).parent
FILES = sorted(path.name for path in (SOURCE / "locale" / "en-US").glob("*.ftl"))
# A string's id as scripts and panes write it, or the beginning of one that goes on: `syncd-field-${name}`.
ID = re.compile(r"""["'`](syncd(?:-[a-z0-9]+)+)(?:["'`]|-\$\{)""")
ONE = "/one"
# What is called the same in both languages: identifiers, settings, a protocol.
SAME = {"by-doi", "http-status", "key-problem"}
# What comes before ids of elements, classes and headers, which look the same.
NO_STRING = re.compile(
    r"""(?:(?i:\b\w*id|\blist|\bclass|\bfor)\s*[:=]\s*(?:\w+ && )?|id === |\[|\b(?:getElementById|icon|_cell)\()$"""
)


class Variables(visitor.Visitor):
    """The variables that a message takes."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_VariableReference(self, node: ast.VariableReference) -> None:  # noqa: N802 - fluent.syntax's name
        """Remember a variable."""
        self.names.add(node.id.name)


@cache
def messages(language: str, file: str) -> dict[str, ast.Message]:
    """Return the messages of a file by their ids."""
    parsed = FluentParser().parse((SOURCE / "locale" / language / file).read_text(encoding="utf-8"))
    wrong = [entry.content for entry in parsed.body if isinstance(entry, ast.Junk)]
    assert not wrong
    found = [entry for entry in parsed.body if isinstance(entry, ast.Message)]
    assert len({message.id.name for message in found}) == len(found), "an id is there twice"
    return {message.id.name: message for message in found}


def shape(message: ast.Message) -> tuple[bool, set[str], set[str]]:
    """Return whether a message has a value, its attributes, and its variables."""
    variables = Variables()
    variables.visit(message)
    return message.value is not None, {each.id.name for each in message.attributes}, variables.names


def defined() -> set[str]:
    """Return the ids of all messages."""
    return set(chain.from_iterable(messages("en-US", file) for file in FILES))


def named(*, surely: bool) -> set[str]:
    """Return the ids that the source names, and the beginnings of such.

    Args:
        surely: leave out those that may be ids of elements and the like.
    """
    found: set[str] = set()
    pages = chain(PAGES.rglob("*.html"), PAGES.rglob("*.py"))
    for path in chain(SOURCE.rglob("*.js"), SOURCE.rglob("*.xhtml"), pages):
        text = path.read_text(encoding="utf-8")
        for match in ID.finditer(text):
            before = text[max(0, match.start() - 40) : match.start()]
            if not surely or before.endswith(("l10n-id=", "l10nID: ")) or not NO_STRING.search(before):
                found.add(match[1])
    return found


@pytest.mark.parametrize("file", FILES)
def test_every_string_is_there_in_both_languages(file: str) -> None:
    """With a value, attributes and variables of the same names."""
    english, german = messages("en-US", file), messages("de", file)
    assert english.keys() == german.keys()
    different = {name for name in english if shape(english[name]) != shape(german[name])}
    assert not different


def test_no_language_has_a_file_of_its_own() -> None:
    """What is not there in English would never be asked for."""
    assert sorted(path.name for path in (SOURCE / "locale" / "de").glob("*.ftl")) == FILES


def test_all_that_syncd_says_is_there_in_german() -> None:
    """A code that is there no more would never be said. German may have words for one where English has none."""
    german = spoken()
    assert list(german) == sorted(german)
    assert [code for code in WORDS if code not in german] == []
    counted = {f"{code}{ONE}" for code, words in WORDS.items() if "count" in names(words)}
    assert german.keys() - WORDS.keys() <= counted


def test_what_syncd_says_has_the_same_parameters_in_german() -> None:
    """One that is missing would tell less, and one that is not there would never be filled in."""
    wrong = []
    for code, words in spoken().items():
        wanted = names(WORDS.get(code) or WORDS[code.removesuffix(ONE)])
        # Where there is one of a thing, the number need not be told.
        need = wanted - {"count"} if code.endswith(ONE) else wanted
        if not need <= names(words) <= wanted:
            wrong.append(code)
    assert wrong == []


def test_nothing_is_said_in_english_in_german() -> None:
    """Only what has no word but parameters, or the same name in both languages, reads the same."""
    german = spoken()
    same = {code for code, words in WORDS.items() if german.get(code) == words}
    assert {code for code in same if re.search("[A-Za-z]", re.sub(r"{\w+}", "", WORDS[code]))} == SAME


def test_the_plugin_can_fill_in_every_parameter() -> None:
    """It knows names in single braces, and nothing else that Python takes."""
    assert all(re.fullmatch(r"\w+", name) for words in WORDS.values() for name, _, _ in parameters(words))
    assert all((form, way) == ("", None) for words in WORDS.values() for _, form, way in parameters(words))


def spoken() -> dict[str, str]:
    """Return what syncd says in German, by codes."""
    said: dict[str, str] = json.loads(
        (SOURCE / "locale" / "de" / "messages.json").read_text(encoding="utf-8")
    )
    return said


def names(words: str) -> set[str]:
    """Return the names of the parameters in a text."""
    return {name for name, _, _ in parameters(words)}


def parameters(words: str) -> set[tuple[str, str, str | None]]:
    """Return what stands in braces, with how it is to be written."""
    return {(name, form or "", way) for _, name, form, way in Formatter().parse(words) if name is not None}


def test_every_string_that_is_asked_for_exists() -> None:
    """A missing one would be an empty label."""
    there = defined()
    assert not {
        name for name in named(surely=True) - there if not any(each.startswith(f"{name}-") for each in there)
    }


def test_every_string_is_asked_for() -> None:
    """What nobody asks for is not kept."""
    wanted = named(surely=False)
    assert not {
        name for name in defined() - wanted if not any(name.startswith(f"{each}-") for each in wanted)
    }
