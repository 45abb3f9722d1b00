"""The examples in the modules run: those of functions and those under named patterns."""

from __future__ import annotations

import ast
import doctest
import importlib
from pathlib import Path

import pytest

import syncd

ROOT = Path(syncd.__file__).parent
MODULES = sorted(
    ".".join(("syncd", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
    for path in ROOT.rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


def examples(name: str) -> list[doctest.DocTest]:
    """Every example of a module, with those that stand under an assignment, which doctest itself overlooks."""
    module = importlib.import_module(name)
    source = Path(module.__file__ or "").read_text(encoding="utf-8")
    parser = doctest.DocTestParser()
    found = []
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            test = parser.get_doctest(
                node.value.value, dict(vars(module)), name, module.__file__, node.lineno - 1
            )
            found += [test] if test.examples else []
    return found


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name: str) -> None:
    """Each example gives what it says."""
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for test in examples(name):
        runner.run(test)
    assert runner.summarize(verbose=False).failed == 0


def test_there_are_examples() -> None:
    """The collection finds examples at all."""
    assert sum(len(test.examples) for name in MODULES for test in examples(name)) > 280
