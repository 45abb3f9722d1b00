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


# What takes sentences for people, beside errors: progress, log lines, commands, what `status` and `doctor` show.
SAYING = frozenset(
    {"stage", "say", "_say", "tell", "_tell", "_warn", "print", "echo"}
    | {"debug", "info", "warning", "error", "exception", "critical", "log"}
    | {"Notice", "Finding", "Hindrance", "Failing", "Failure", "Problem"}
)
# Names of what is said a little later, as variables and as parameters.
SAID = frozenset({"words", "said", "msg", "hint", "mend", "problem", "reason", "expected"})
# Errors that others than syncd's user read.
FOR_OTHERS = {
    "RefusalError": "the embedded library refuses in the words of Zotero's server, which programs know",
    "ConnectTimeoutError": "urllib3 wants a sentence; `sources.network` tells of the error in words of its own",
}
# Sentences without a code, by the place that says them.
WITHOUT_CODE = {
    ("cli/status.py", "x: x of x"): "a heading",
    ("config/toml.py", "not the TOML that was expected at offset x"): "caught by who edits the file",
    ("text/dates.py", "no year has a day x in month x"): "caught by `parse_date`",
    ("zotero/account.py", "no user in it"): "caught by `rights`",
    ("zotero/embedded/__init__.py", "module x has no attribute x"): "Python's own words",
    (
        "zotero/embedded/server.py",
        "A library is called 'users/1' or 'groups/5', not x.",
    ): "for who writes a program with the library",
}


def sentences(tree: ast.AST) -> Iterator[str]:
    """Yield the sentences that a piece of code says in plain letters, with "x" for what is put in."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _says(node.func):
            # What a finding begins with is a heading.
            said = node.args[1:] if _last(node.func) == "Finding" else node.args
        elif isinstance(node, ast.keyword | ast.Assign | ast.AnnAssign) and SAID & _names(node):
            said = [node.value] if node.value else []
        else:
            continue
        yield from (words for part in said for words in _literals(part) if SENTENCE.match(words))


# Two words, the second no heading's, of which one is not put in; and no command to paste.
SENTENCE = re.compile(
    r"(?!\s*(?:chmod|export|mv|pip|rm|sudo|syncd|timedatectl) )"
    r".*(?:[A-Za-z][\w'’-]+,? [a-z]|\bx,? [a-z]{2,})",
    re.DOTALL,
)
MARKUP = re.compile(r"\[/?[a-z ]*\]")


def _says(called: ast.expr) -> bool:
    name = _last(called)
    return name in SAYING or (name.endswith("Error") and name not in FOR_OTHERS)


def _names(node: ast.keyword | ast.Assign | ast.AnnAssign) -> set[str]:
    """Return the names that are given a value."""
    if isinstance(node, ast.keyword):
        return {node.arg or ""}
    return set(map(_last, node.targets if isinstance(node, ast.Assign) else [node.target]))


def _last(named: ast.expr) -> str:
    return named.attr if isinstance(named, ast.Attribute) else _name(named)


def _literals(node: ast.AST) -> Iterator[str]:
    """Yield texts in an expression, those of f-strings whole; not what is said with a code."""
    if isinstance(node, ast.Call) and _name(node.func) == "message":
        return
    if isinstance(node, ast.JoinedStr):
        parts = (part.value if isinstance(part, ast.Constant) else "x" for part in node.values)
        yield MARKUP.sub("", "".join(map(str, parts)))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield MARKUP.sub("", node.value)
    for inner in ast.iter_child_nodes(node):
        # The pieces of an f-string are no sentences; what is put in may be one.
        if not (isinstance(node, ast.JoinedStr) and isinstance(inner, ast.Constant)):
            yield from _literals(inner)


def test_nothing_is_said_without_a_code() -> None:
    """A sentence in an error, in progress, in a log line, or printed by a command stands in `words`."""
    found = {
        (str(file.relative_to(SOURCE)), words)
        for file in sorted(SOURCE.rglob("*.py"))
        for words in sentences(ast.parse(file.read_text(encoding="utf-8")))
    }
    assert found - WITHOUT_CODE.keys() == set()
    assert WITHOUT_CODE.keys() - found == set()


@pytest.mark.parametrize(
    "code",
    [
        'raise ConfigError(["no library is named"])',
        'raise SourceError(message("not-json"), hint=f"look at {place}")',
        'progress.stage(f"reading {source}")',
        'self._log.warning("the clock was set back" if back else message("ending"))',
        "tell(\"\\n\" + f\"{len(papers)} papers, {'none new' if old else message('ended')}\")",
        "print(f\"[bold]{escape(f'it is {place}')}[/]\")",
        'words = "nothing was done"',
    ],
)
def test_a_sentence_without_a_code_is_found(code: str) -> None:
    """Wherever it stands, and however it is put together."""
    assert list(sentences(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        'raise ConfigError([message("no-main-library", main=MAIN, libraries=", ".join(names))])',
        'print(f"[bold red]error:[/] {escape(words)}", soft_wrap=True)',
        'typer.prompt("Which one", type=int)',
        'self._log.info(message("ending"), signal="SIGTERM")',
    ],
)
def test_labels_and_codes_are_no_sentences(code: str) -> None:
    """What has a code, a label before what is told, and a question."""
    assert list(sentences(ast.parse(code))) == []


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
