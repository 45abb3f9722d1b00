"""Lines of settings in TOML that is not laid out simply."""

from __future__ import annotations

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from syncd.config.toml import line_of, locate

TRICKY = '''\
top = 1 # [not.a.table]
text = """
[also.not]
x = "no" \\""" still
""""
raw = \'\'\'
y = 1\'\'\'\'
[a."b.c".'d e']
"quoted \\u00e9" = 'z'
x . y = { p = 1, q = [ { r = "}" }, { r = "]" } ] }
[[list]]
n = [ # one
  "two, three",
  [4, 5], # ]
]
[[list]]
n = 2026-06-01 07:00:00
[list.sub]
deep.er = true
'''


def test_lines_of_tricky_toml() -> None:
    """Multi-line strings, comments, quoted and dotted keys, inline tables, arrays of tables."""
    lines = locate(TRICKY)
    assert lines[("top",)] == 1
    assert lines[("text",)] == 2
    assert lines[("raw",)] == 6
    assert lines["a", "b.c", "d e"] == 8
    assert lines["a", "b.c", "d e", "quoted é"] == 9
    assert lines["a", "b.c", "d e", "x", "y", "q", 1, "r"] == 10
    assert lines["list", 0] == 11
    assert lines["list", 0, "n", 0] == 13
    assert lines["list", 0, "n", 1, 1] == 14
    assert lines["list", 1] == 16
    assert lines["list", 1, "sub", "deep", "er"] == 19
    assert line_of(("list", 1, "sub", "nowhere"), lines) == 18
    assert line_of(("nowhere",), lines) is None


def paths_of(node: Any, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    """Return the path of everything in a parsed document."""
    parts = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return {path} | {found for key, value in parts for found in paths_of(value, (*path, key))}


def test_no_setting_of_tricky_toml_is_without_a_line_or_made_up() -> None:
    """What has a line is exactly what `tomllib` sees."""
    assert paths_of(tomllib.loads(TRICKY)) - {()} == set(locate(TRICKY))


SCALARS = st.one_of(
    st.integers(),
    st.booleans(),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8),
    st.dates(),
)
KEYS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=4)
DOCUMENTS = st.dictionaries(
    KEYS,
    st.recursive(
        SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)
    ),
    max_size=5,
)


def quoted(text: str) -> str:
    """Write a string as TOML."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def toml(value: Any) -> str:
    """Write a value as TOML on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(key)} = {toml(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(toml(part) for part in value) + "]"
    return quoted(value) if isinstance(value, str) else str(value)


@given(DOCUMENTS)
def test_any_setting_is_found_on_its_line(document: dict[str, Any]) -> None:
    """A document of one setting a line: each, and all inside it, is found there."""
    text = "".join(f"{quoted(key)} = {toml(value)}\n" for key, value in document.items())
    assert tomllib.loads(text) == document
    located = locate(text)
    for number, key in enumerate(document, start=1):
        for path in paths_of(document[key], (key,)):
            assert located[path] == number
