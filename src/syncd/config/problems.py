"""Finds what is wrong in a configuration beyond single values, and words every problem for the user's file.

pydantic's own words name Python's types and quote the input; ours name the setting and what it takes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, get_args, get_origin

from pydantic import BaseModel

from syncd.config import values
from syncd.config.model import DESKTOP, EMBEDDED, Config, default_library
from syncd.config.secrets import LiteralSecretError
from syncd.config.toml import BARE_KEY, line_of
from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from syncd.config.toml import Path

MISSING = "this setting is missing"

CHOICE = pattern(r"'([^']*)'", hostile=("'", "a", ""))  # one of those that pydantic lists

# What pydantic calls an error, and how the sentence about it goes on after the setting's name.
SENTENCES: dict[str, str] = {
    "missing": MISSING,
    "string_type": "should be text in quotes",
    "int_type": "should be a whole number, without quotes",
    "int_from_float": "should be a whole number",
    "int_parsing_size": "is too large a number",
    "greater_than_equal": "should be {ge} or more",
    "less_than_equal": "should be {le} or less",
    "bool_type": "should be true or false",
    "date_type": "should be a date such as 2026-06-01, without quotes and time",
    "dict_type": "should be a table",
    "model_type": "should be a table",
    "model_attributes_type": "should be a table",
    "tuple_type": 'should be a list such as ["one", "two"]',
    "string_too_short": "is empty",
    "too_short": "is empty",
}
# The same error says more about some settings. Keyed by the last name of the path.
SPECIAL: dict[tuple[str, str], str] = {
    (
        "string_pattern_mismatch",
        "env",
    ): "should be the name of an environment variable such as ZOTERO_API_KEY",
    ("string_pattern_mismatch", "credential"): "should be the name of a credential, without a slash",
    ("string_pattern_mismatch", "format"): 'should be the name of a format in small letters, such as "auto"',
    (
        "string_pattern_mismatch",
        "[key]",
    ): "a name should have a letter or more, no slash and no control character",
    (
        "tuple_type",
        "allow_private",
    ): "should be a list of the hosts in your own network that syncd may read, such as"
    ' allow_private = ["nas.local", "192.168.1.0/24"]; instead of false write []',
    ("literal_error", "keyring"): "should be true, or left out",
    ("model_type", "key"): 'should say where the key is kept, such as { env = "ZOTERO_API_KEY" }',
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with the configuration.

    Attributes:
        path: the setting, from the outermost table inwards.
        text: what is wrong, as it goes on after the setting's name and a colon.
        meant: the setting's right name, where it is unknown and close to one that is not.
    """

    path: Path
    text: str
    meant: str | None = None


def translate(errors: Iterable[ErrorDetails]) -> list[Problem]:
    """Return one problem for each of pydantic's errors."""
    return [_problem(error) for error in errors]


def worded(problems: Iterable[Problem], *, label: str, lines: dict[Path, int]) -> list[str]:
    """Return the problems as sentences in the order of their lines, each once.

    Args:
        problems: in any order.
        label: the file as the user knows it.
        lines: where each setting is, as `toml.locate` found it.
    """
    problems = list(problems)
    meant = {(*problem.path[:-1], problem.meant) for problem in problems if problem.meant}
    # Where "kye" was to be "key", it is not worth saying that "key" is missing.
    kept = [found for found in problems if found.path not in meant or not found.text.startswith(MISSING)]
    placed = sorted(
        ((line_of(problem.path, lines), problem) for problem in kept), key=lambda pair: pair[0] or 0
    )
    sentences = [
        f"{label}{f':{line}' if line else ''}: {_dotted(problem.path)}{problem.text}"
        for line, problem in placed
    ]
    return [values.masked(sentence) for sentence in dict.fromkeys(sentences)]


def _problem(error: ErrorDetails) -> Problem:
    kind, where = error["type"], error["loc"]
    path = where[:-1] if where[-1:] == ("[key]",) else where
    last = str(where[-1]) if where else ""
    context = error.get("ctx", {})
    if kind == "extra_forbidden":
        meant = values.closest(last, settings_at(where[:-1]))
        return Problem(path, "unknown setting" + values.did_you_mean(meant), meant)
    if kind == "value_error" and isinstance(context["error"], LiteralSecretError):
        return Problem(path, _literal_secret(path, certain=context["error"].certain))
    if kind == "value_error":
        return Problem(path, str(context["error"]))
    if (kind, last) in SPECIAL:
        return Problem(path, SPECIAL[kind, last])
    if kind == "literal_error":
        choices = CHOICE.findall(context["expected"])
        meant = values.closest(str(error["input"]), choices)
        expected = context["expected"].replace("'", '"')
        return Problem(path, f"should be {expected}{values.did_you_mean(meant)}")
    return Problem(path, SENTENCES.get(kind, error["msg"]).format(**context))


def _literal_secret(path: Path, *, certain: bool) -> str:
    """Say where a secret belongs that stands in the file: each setting has its own form and its own variable."""
    noun, setting, variable = "key", "key = ", "ZOTERO_API_KEY"
    if path[:1] == ("notify",):
        noun, setting, variable = "address", "", "SYNCD_NOTIFY_URL"
    elif path[:1] == ("services",):
        variable = f"{str(path[1]).upper()}_API_KEY"
    holds = "holds" if certain else "seems to hold"
    return (
        f'{holds} the {noun} itself, where others can find it; write {setting}{{ env = "{variable}" }}'
        f" and put the {noun} into that environment variable"
    )


def settings_at(path: Path) -> tuple[str, ...]:
    """Return the names of the settings that the table at `path` may hold.

    >>> settings_at(("guards",))
    ('max_create',)
    """
    model: type[BaseModel] = Config
    chosen = False  # the next part is a name of the user's choice, not a setting's
    for part in path:
        field = None if chosen else model.model_fields.get(str(part))
        chosen = field is not None and get_origin(field.annotation) is dict
        if field is not None:
            model = _model_in(field.annotation) or model
    return tuple(model.model_fields)


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for part in get_args(annotation) if (model := _model_in(part))), None)


def _dotted(path: Path) -> str:
    """Write `path` as TOML would, with a colon after it. Positions in lists are left to the line number."""
    parts = [part for part in path if isinstance(part, str)]
    name = ".".join(part if BARE_KEY.fullmatch(part) else json.dumps(part) for part in parts)
    return f"{name}: " if name else ""


class Needs(NamedTuple):
    """What a type of library needs and what makes no sense for it."""

    required: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


# Without a key, a library is chosen and nobody has signed in to it yet: `syncd login` adds the key.
NEEDS: dict[str, Needs] = {
    "user": Needs(),
    "group": Needs(required=("id",)),
    DESKTOP: Needs(refused=("id",)),
    EMBEDDED: Needs(refused=("id", "key", "endpoint")),
}


def cross_check(raw: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what does not fit together in `raw`, the tables as TOML gives them."""
    libraries = _tables(raw, "libraries")
    for name, library in libraries.items():
        yield from _check_library(name, library)
    for name, profile in _tables(raw, "profiles").items():
        yield from _check_reference(name, profile, libraries)


def _check_library(name: str, library: Mapping[str, Any]) -> Iterator[Problem]:
    kind = library.get("type")
    if not isinstance(kind, str) or kind not in NEEDS:
        return
    # Signing in also finds the number of a user's own library, where that is not known yet.
    required = ("id",) if kind == "user" and "key" in library else NEEDS[kind].required
    for setting in required:
        if setting not in library:
            yield Problem(("libraries", name, setting), f"{MISSING}; it is the number of the {kind}")
    for setting in NEEDS[kind].refused:
        if setting in library:
            yield Problem(("libraries", name, setting), f'has no meaning for type = "{kind}", leave it out')


def _check_reference(
    name: str, profile: Mapping[str, Any], libraries: Mapping[str, Mapping[str, Any]]
) -> Iterator[Problem]:
    path = ("profiles", name, "library")
    wanted = profile.get("library")
    if wanted is None and libraries and default_library(libraries) is None:
        yield Problem(path, f"{MISSING}, and there are several libraries: {', '.join(libraries)}")
    if isinstance(wanted, str) and wanted not in (libraries or {EMBEDDED: {}}):
        known = values.did_you_mean(values.closest(wanted, libraries))
        yield Problem(path, f'there is no library "{wanted}"{known}')


def _tables(raw: Mapping[str, Any], name: str) -> dict[str, Mapping[str, Any]]:
    tables = raw.get(name)
    if not isinstance(tables, dict):
        return {}
    return {key: table for key, table in tables.items() if isinstance(table, dict)}
