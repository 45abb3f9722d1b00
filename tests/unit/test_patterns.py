"""No regular expression holds syncd up: each is run on its own hostile example, grown to 100 kB."""

from __future__ import annotations

import ast
import importlib
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import syncd
from growth import trouble
from syncd.text.patterns import RECORDED, pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROOT = Path(syncd.__file__).parent
MAKER = "text/patterns.py"
LONG = 100_000
MOST = 0.25  # seconds; a linear pattern takes a tenth of that at most, a quadratic one some seconds
TRIFLE = 0.02  # seconds in which a quadratic pattern could not look at 100 kB
USES: dict[str, Callable[[re.Pattern[Any], Any], object]] = {
    "match": lambda form, text: form.match(text),
    "fullmatch": lambda form, text: form.fullmatch(text),
    "search": lambda form, text: form.search(text),
    "sub": lambda form, text: form.sub(text[:0], text),
    "split": lambda form, text: form.split(text),
    "findall": lambda form, text: form.findall(text),
    "finditer": lambda form, text: sum(1 for _ in form.finditer(text)),
}
ALL_WAYS = frozenset({"match", "fullmatch", "search"})


def sources() -> dict[str, str]:
    """Return the text of each module, by its path within the package."""
    return {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in sorted(ROOT.rglob("*.py"))
    }


# Each process of the tests collects this module, and few run it: what takes a second is done when it is asked for.
@cache
def nodes() -> dict[str, list[ast.AST]]:
    """Return all nodes of each module, by its path within the package."""
    return {path: list(ast.walk(ast.parse(text))) for path, text in sources().items()}


def calls(among: Iterable[ast.AST], name: str) -> list[ast.Call]:
    """Return the calls of a function that goes by a bare name."""
    return [
        node
        for node in among
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    ]


@cache
def uses() -> dict[str, set[str]]:
    """Return by which methods each name is used anywhere: {"LINE": {"fullmatch"}}."""
    found: dict[str, set[str]] = {}
    for every in nodes().values():
        for node in every:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in USES:
                for part in ast.walk(node.func.value):
                    name = getattr(part, "id", None) or getattr(part, "attr", None)
                    if isinstance(name, str):
                        found.setdefault(name, set()).add(node.func.attr)
    return found


def names() -> dict[re.Pattern[Any], set[str]]:
    """Return what each pattern is called, after every module that makes one was imported."""
    found: dict[re.Pattern[Any], set[str]] = {}
    for path, text in sources().items():
        if path == MAKER or " pattern(" not in text:
            continue
        module = importlib.import_module(
            ".".join(("syncd", *Path(path).with_suffix("").parts)).removesuffix(".__init__")
        )
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern):
                found.setdefault(value, set()).add(name)
    return found


NAMES = names()


def ways(form: re.Pattern[Any]) -> list[str]:
    """Return how a pattern is used; all ways where that can't be seen, as with patterns in a table."""
    used = set().union(*(uses().get(name, set()) for name in NAMES.get(form, ())))
    return sorted(used or ALL_WAYS)


def slow(form: re.Pattern[Any], example: tuple[Any, Any, Any], way: str) -> str | None:
    """Grow the example, and say what is wrong if the time grows faster than the text."""
    start, again, end = example

    def run(length: int, after: Any) -> Callable[[], object]:
        text = start + again * (length // len(again)) + after
        return lambda: USES[way](form, text)

    for after in (end, end + (b"\n\0" if isinstance(again, bytes) else "\n\0")):
        if found := trouble(lambda length, after=after: run(length, after), LONG, MOST, TRIFLE):  # type: ignore[misc]
            return f"{way}: {found}"
    return None


@pytest.mark.parametrize(
    ("form", "example"), RECORDED, ids=[f"{min(NAMES.get(form, {'-'}))}" for form, _ in RECORDED]
)
def test_no_pattern_takes_more_than_linear_time(form: re.Pattern[Any], example: tuple[Any, Any, Any]) -> None:
    """The hostile example of each pattern, grown to 100 kB, is answered in time that grows as it does."""
    assert [found for way in ways(form) if (found := slow(form, example, way))] == []


@pytest.mark.parametrize(
    ("expression", "hostile", "way"),
    [
        (r"(?:\s+|<!--.*?-->)*<rss", "<!---->", "search"),
        (r"\s*(?:-+)\s*", " ", "sub"),
        (r"https?://[^\s/]+\S*", ("https://", "a", " "), "fullmatch"),
        (r"(?:a|aa)+b", "a", "match"),
    ],
)
def test_a_bad_pattern_is_found_out(expression: str, hostile: Any, way: str) -> None:
    """Exponential and quadratic patterns, such as syncd once had, do not pass, and do not hold up the tests."""
    form = pattern(expression, hostile=hostile)
    example = RECORDED.pop()[1]
    assert slow(form, example, way)


def test_every_pattern_is_recorded() -> None:
    """Every call that makes a pattern names its hostile example, and is made once, as the module is imported."""
    made = {path: calls(every, "pattern") for path, every in nodes().items() if path != MAKER}
    assert len(NAMES) > 100
    for path, found in made.items():
        bare = [call.lineno for call in found if "hostile" not in {word.arg for word in call.keywords}]
        assert not bare, f"{path}: patterns without a hostile example in lines {bare}"
        functions = [n for n in nodes()[path] if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
        late = [call.lineno for function in functions for call in calls(ast.walk(function), "pattern")]
        assert not late, f"{path}: patterns that are made in a function, in lines {late}"
    assert all(again for _, (_, again, _) in RECORDED)


def test_no_other_regular_expression_is_used() -> None:
    """`re` is used for its types, its flags and `re.escape`; all else goes through `pattern`."""
    allowed = {"Pattern", "Match", "escape", *re.RegexFlag.__members__}
    wrong = []
    for path, every in nodes().items():
        if path == MAKER:
            continue
        for node in every:
            odd = isinstance(node, ast.ImportFrom) and node.module == "re"
            renamed = isinstance(node, ast.Import) and any(a.name == "re" and a.asname for a in node.names)
            used = (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id == "re"
                and node.attr not in allowed
            )
            if odd or renamed or used:
                wrong.append(f"{path}:{getattr(node, 'lineno', 0)}")
    assert wrong == []
