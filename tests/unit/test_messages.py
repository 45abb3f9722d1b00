"""Every sentence in the code has its words, and every one of the words is said: code, parameters, entry."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import syncd
from syncd.messages import message
from syncd.words import WORDS

SOURCE = Path(syncd.__file__).parent
CODE = re.compile(r"([a-z]+|utf8)(-([a-z]+|utf8))*")
ONE = "/one"


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Yield each call of `message` in the code, with where it stands."""
    for file in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _name(node.func) == "message":
                yield f"{file.relative_to(SOURCE)}:{node.lineno}", node


def _name(called: ast.expr) -> str:
    return called.id if isinstance(called, ast.Name) else ""


def code_of(call: ast.Call) -> str | None:
    """Return the code that a call says; None where it stands there in no plain letters."""
    first = call.args[0] if len(call.args) == 1 else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


def parameters(code: str) -> set[str]:
    """Return what the words of a code name. Where `code/one` leaves out the number, the number is named still."""
    named = _named(code)
    if code + ONE in WORDS:
        named |= _named(code + ONE)
    return named


def _named(code: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(WORDS[code]) if name is not None}


def test_no_code_is_built_at_run_time() -> None:
    """Each call names its code in plain letters."""
    assert [where for where, call in calls() if code_of(call) is None] == []


def test_every_message_has_words_and_gives_just_what_they_name() -> None:
    """Each call names an entry, and gives the parameters of its words, no more."""
    wrong = []
    for where, call in calls():
        code = code_of(call) or ""
        given = {keyword.arg for keyword in call.keywords}
        if code not in WORDS or given != parameters(code):
            wrong.append((where, code, sorted(map(str, given))))
    assert wrong == []


def test_every_entry_is_said() -> None:
    """No words are left that nothing says."""
    said = {code_of(call) for _, call in calls()}
    assert [code for code in WORDS if code.removesuffix(ONE) not in said] == []


def test_words_for_one_stand_beside_words_for_many() -> None:
    """`code/one` needs `code`, and a `count`."""
    lone = [
        code for code in WORDS if code.endswith(ONE) and "count" not in parameters(code.removesuffix(ONE))
    ]
    assert lone == []


def test_no_entry_repeats_anothers_words() -> None:
    """One sentence has one code."""
    assert [words for words, times in Counter(WORDS.values()).items() if times > 1] == []


def test_codes_and_parameters_are_plain_words() -> None:
    """A code is lower-case words and hyphens, and nothing is numbered."""
    odd_codes = [code for code in WORDS if not CODE.fullmatch(code.removesuffix(ONE))]
    assert odd_codes == []
    odd = {name for code in WORDS for name in _named(code) if not re.fullmatch(r"[a-z]+", name)}
    assert odd == set()


def test_no_entry_is_a_command_to_paste() -> None:
    """A command is the same in every language."""
    assert [
        code for code, words in WORDS.items() if re.match(r"(rm|mv|chmod|sudo|pip|syncd [a-z]+$) ?", words)
    ] == []


@pytest.mark.parametrize("code", [code for code in WORDS if code.endswith(ONE)])
def test_one_is_said_otherwise_than_two(code: str) -> None:
    """What `code/one` says is another sentence."""
    code = code.removesuffix(ONE)
    params = dict.fromkeys(parameters(code), "x")
    one, two = message(code, **{**params, "count": 1}), message(code, **{**params, "count": 2})
    assert (one.code, two.code) == (code, code)
    assert one.replace("1", "2") != two
