"""What the dashboard says: every label in both languages, sentences by their codes, days and numbers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fluent.runtime.errors import FluentReferenceError

import syncd.plugin
from syncd.messages import message
from syncd.web.difference import difference
from syncd.web.strings import FOLDERS, strings

LOCALES = Path(syncd.plugin.__file__).parent / "source" / "locale"
# What labels may be given: numbers, and words by which some are told apart.
NUMBERS = "count papers profiles runs bad month total number trashed reverted left failed first last listed"
WORDS = (
    "title author service profile name time day year field kind verdict by figure fate percent score value"
)
KINDS = "guard cause"
VALUES = dict.fromkeys(re.findall(r"\w+", NUMBERS), 2) | dict.fromkeys(
    re.findall(r"\w+", f"{WORDS} {KINDS}"), "x"
)


@pytest.mark.parametrize("language", FOLDERS)
def test_every_label_can_be_said(language: str) -> None:
    """With all that it may be given, and without a hole or a sign of Fluent's in it."""
    text = (LOCALES / FOLDERS[language] / "syncd-dashboard.ftl").read_text(encoding="utf-8")
    names = re.findall(r"^(syncd-[a-z-]+) =", text, flags=re.MULTILINE)
    assert len(names) > 100
    said = {name: strings(language).label(name, **VALUES) for name in names}
    assert [name for name, words in said.items() if not words.strip() or "{" in words] == []


def test_a_label_without_what_it_needs_is_a_fault() -> None:
    """Rather than a page with a hole in it."""
    with pytest.raises(FluentReferenceError):
        strings("en").label("syncd-dashboard-run-of")


def test_sentences_are_said_in_german_by_their_codes() -> None:
    """With sentences in them; what somebody else said stays."""
    say = strings("de")
    failing = message("failing-for", length="2 h", reason=message("no-key-file", path="key.txt"))
    assert say.sentence(failing) != failing
    assert "key.txt" in say.sentence(failing)
    assert say.sentence("Not Found") == "Not Found"
    assert strings("en").sentence(failing) == failing


def test_days_and_numbers_are_written_as_people_do() -> None:
    """Words that are no day stay as they are."""
    english, german = strings("en"), strings("de")
    assert (english.day("2026-06-02"), german.day("2026-06-02")) == ("2 Jun 2026", "2. Juni 2026")
    assert (english.day("in press"), english.day("2026")) == ("in press", "2026")
    assert (english.number(12345.5), german.number(12345.5)) == ("12,345.5", "12.345,5")


def test_texts_are_compared_word_by_word() -> None:
    """Each is whole when its pieces are put together; a hostile one takes no longer."""
    one, other = difference("Deep nets, 2023", "Deep Nets (2023)")
    assert ("".join(text for text, _ in one), "".join(text for text, _ in other)) == (
        "Deep nets, 2023",
        "Deep Nets (2023)",
    )
    assert [text.strip() for text, differs in one if differs] == ["nets,"]
    assert difference("Deep nets of 2023", "Deep nets of 2024")[0] == [
        ("Deep nets of ", False),
        ("2023", True),
    ]
    assert difference("", "") == ([], [])
    assert len(difference("a " * 50_000, "b " * 50_000)[0]) == 1
