"""A sentence that is kept or sent comes back with its code, and whatever else was kept as the words that it is."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from syncd.config.values import masked
from syncd.errors import ConfigError
from syncd.messages import (
    Message,
    alternatives,
    chained,
    kept,
    listed,
    message,
    neither,
    recalled,
    reworded,
    together,
    told,
    untold,
    with_said,
)

if TYPE_CHECKING:
    from collections.abc import Callable

INNER = message("by-doi")
OUTER = message("item-known-by", by=INNER)


@pytest.mark.parametrize("said", [INNER, OUTER, message("at", place="{x}", words="a: {y}")])
def test_a_sentence_is_kept_with_its_code_and_parameters(said: Message) -> None:
    """Also one within another."""
    again = recalled(kept(said))
    assert isinstance(again, Message)
    assert (again, again.code, again.params) == (said, said.code, said.params)
    assert told(again) == told(said)
    assert json.loads(kept(said)) == told(said)


def test_a_sentence_within_another_keeps_its_code() -> None:
    """It is a `Message` again, not only its words."""
    again = recalled(kept(OUTER))
    assert isinstance(again, Message)
    by = again.params["by"]
    assert isinstance(by, Message)
    assert by.code == INNER.code


@pytest.mark.parametrize(
    "words", ["", "Not Found", "{", "{}", '{"a": 1}', "{not json}", '["x"]', '{"code": "by-doi"}', "null"]
)
def test_words_without_a_code_are_kept_as_they_are(words: str) -> None:
    """So does every row that was written before there were codes."""
    assert kept(words) == words
    assert recalled(words) == words
    assert not isinstance(recalled(words), Message)


def test_words_of_somebody_elses_that_look_like_what_is_kept_stay_theirs() -> None:
    """A server can't say that something else was said."""
    words = kept(INNER)
    fake = str(words)
    assert recalled(kept(fake)) == fake
    assert not isinstance(recalled(kept(fake)), Message)


@pytest.mark.parametrize(
    "value",
    [
        {"code": "said-by-a-later-syncd", "params": {}, "words": "new words"},
        {"code": "item-known-by", "params": {}, "words": "new words"},
        {"code": "item-known-by", "params": None, "words": "new words"},
        {"code": ["x"], "params": {}, "words": "new words"},
        {"code": None, "params": {}, "words": "new words"},
    ],
)
def test_what_this_syncd_does_not_know_comes_back_as_its_words(value: object) -> None:
    """A code that is gone, or whose parameters are others now."""
    assert recalled(json.dumps(value)) == "new words"
    assert not isinstance(untold(value), Message)


def test_copies_keep_the_code() -> None:
    """Plans are copied whole."""
    again = copy.deepcopy(OUTER)
    assert (again, again.code, again.params) == (OUTER, OUTER.code, OUTER.params)


def test_each_sentence_of_an_answer_has_its_code_beside_it() -> None:
    """None where there is no sentence; a list for a list."""
    value = {"reason": OUTER, "hint": None, "reasons": [INNER, "x"], "key": "A"}
    said = with_said(value, "reason", "hint", "reasons")
    assert {name: said[name] for name in value} == value
    assert said["reason_said"] == told(OUTER)
    assert said["hint_said"] is None
    assert [one["code"] for one in said["reasons_said"]] == ["by-doi", None]


@pytest.mark.parametrize("join", [listed, chained, alternatives, together, neither])
def test_sentences_that_are_told_as_one_keep_their_codes(join: Callable[[list[str]], str]) -> None:
    """Each of them, and words without a code as they are; one alone is told as it is."""
    assert codes_in(told(join([INNER, "Not Found", OUTER]))) >= {"by-doi", "item-known-by"}
    assert join([OUTER]) is OUTER
    assert join([]) == ""


def codes_in(said: dict[str, Any]) -> set[str]:
    """Return all codes in what is told."""
    inner = (codes_in(each) for each in said["params"].values() if isinstance(each, dict))
    return {said["code"]}.union(*inner)


def test_as_many_sentences_as_there_are_can_be_kept() -> None:
    """A configuration may have a problem a line."""
    problems = [message("at", place=f"config.toml:{line}", words=INNER) for line in range(5000)]
    words = ConfigError(list[str](problems)).words
    assert words == "; ".join(problems)
    assert recalled(kept(words)) == words


def test_a_change_of_words_keeps_the_code() -> None:
    """Also of those within, as where a key is taken out of a sentence."""
    key = "AbCdEfGhIjKlMnOpQrStUvW1"
    said = masked(message("at", place="config.toml", words=message("no-such-profile", name=key)))
    assert said == 'config.toml: there is no profile "(a key, not shown)"'
    assert codes_in(told(said)) == {"at", "no-such-profile"}
    assert reworded("a b", str.upper) == "A B"
