"""Finds what is wrong in a configuration beyond single values, and words every problem for the user's file.

pydantic's own words name Python's types and quote the input; ours name the setting and what it takes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from posixpath import normpath
from typing import TYPE_CHECKING, Any, NamedTuple, get_args, get_origin

from pydantic import BaseModel

from syncd.config import values
from syncd.config.model import DESKTOP, EMBEDDED, Config, default_library
from syncd.config.secrets import LiteralSecretError
from syncd.config.toml import BARE_KEY, line_of
from syncd.messages import message
from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from syncd.config.toml import Path

MISSING = message("setting-missing")
REMARKS = ("[key]", "[address]", "[secret]")

CHOICE = pattern(r"'([^']*)'", hostile=("'", "a", ""))  # one of those that pydantic lists

# What pydantic calls an error, and how the sentence about it goes on after the setting's name.
SENTENCES: dict[str, str] = {
    "missing": MISSING,
    "string_type": message("should-be-text"),
    "int_type": message("should-be-whole-unquoted"),
    "int_from_float": message("should-be-whole"),
    "int_parsing_size": message("number-too-large"),
    "bool_type": message("should-be-true-or-false"),
    "date_type": message("should-be-date"),
    "dict_type": message("should-be-table"),
    "model_type": message("should-be-table"),
    "model_attributes_type": message("should-be-table"),
    "tuple_type": message("should-be-list"),
    "string_too_short": message("is-empty"),
    "too_short": message("is-empty"),
}
# The same error says more about some settings. Keyed by the last name of the path.
SPECIAL: dict[tuple[str, str], str] = {
    (
        "string_pattern_mismatch",
        "env",
    ): message("should-be-variable"),
    ("string_pattern_mismatch", "credential"): message("should-be-credential"),
    ("string_pattern_mismatch", "format"): message("should-be-format"),
    (
        "string_pattern_mismatch",
        "[key]",
    ): message("name-too-odd"),
    (
        "tuple_type",
        "allow_private",
    ): message("should-be-hosts"),
    ("literal_error", "keyring"): message("should-be-true"),
    ("model_type", "key"): message("should-say-where-key-is"),
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
        message("at", place=f"{label}{f':{line}' if line else ''}{_dotted(problem.path)}", words=problem.text)
        for line, problem in placed
    ]
    return [values.masked(sentence) for sentence in dict.fromkeys(sentences)]


def _problem(error: ErrorDetails) -> Problem:
    kind, where = error["type"], error["loc"]
    # pydantic's and our own remarks on the value stand in brackets.
    path = tuple(part for part in where if part not in REMARKS)
    last = str(where[-1]) if where else ""
    context = error.get("ctx", {})
    if kind == "extra_forbidden":
        meant = values.closest(last, settings_at(where[:-1]))
        return Problem(path, values.did_you_mean(message("setting-unknown"), meant), meant)
    if kind == "value_error" and isinstance(context["error"], LiteralSecretError):
        return Problem(path, _literal_secret(path, certain=context["error"].certain))
    if kind == "value_error":
        return Problem(path, context["error"].args[0])
    if (kind, last) in SPECIAL:
        return Problem(path, SPECIAL[kind, last])
    if kind == "literal_error":
        choices = CHOICE.findall(context["expected"])
        meant = values.closest(str(error["input"]), choices)
        expected = context["expected"].replace("'", '"')
        return Problem(path, values.did_you_mean(message("should-be", expected=expected), meant))
    return Problem(path, _sentence(error))


def _sentence(error: ErrorDetails) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "greater_than_equal":
        return message("should-be-or-more", least=context["ge"])
    if kind == "less_than_equal":
        return message("should-be-or-less", most=context["le"])
    return SENTENCES.get(kind, error["msg"])


def _literal_secret(path: Path, *, certain: bool) -> str:
    """Say where a secret belongs that stands in the file: each setting has its own form and its own variable."""
    noun, setting, variable = "key", "key = ", "ZOTERO_API_KEY"
    if path[:1] == ("notify",):
        noun, setting, variable = "address", "", "SYNCD_NOTIFY_URL"
    elif path[:1] == ("database",):
        noun, setting, variable = "address", "url = ", "SYNCD_DATABASE_URL"
    elif path[:1] == ("services",):
        variable = f"{str(path[1]).upper()}_API_KEY"
    written = f'{setting}{{ env = "{variable}" }}'
    if certain:
        return message("holds-secret", secret=noun, setting=written)
    return message("seems-to-hold-secret", secret=noun, setting=written)


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
    """Write `path` as TOML would, with a colon before it. Positions in lists are left to the line number."""
    parts = [part for part in path if isinstance(part, str)]
    name = ".".join(part if BARE_KEY.fullmatch(part) else json.dumps(part) for part in parts)
    return f": {name}" if name else ""


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
        yield from _check_reference(("profiles", name), profile, libraries)
    for name, group in _tables(raw, "groups").items():
        yield from _check_reference(("groups", name), group, libraries)
    seen: dict[str, int] = {}
    for number, output in enumerate(_rows(raw, "outputs")):
        yield from _check_output(number, output, libraries, seen)


def _check_output(
    number: int, output: Mapping[str, Any], libraries: Mapping[str, Mapping[str, Any]], seen: dict[str, int]
) -> Iterator[Problem]:
    path = ("outputs", number)
    if output.get("profiles"):
        for name in ("collection", "library"):
            if name in output:
                yield Problem((*path, name), message("output-profiles-alone"))
    else:
        yield from _check_reference(path, output, libraries)
    if "style" in output and output.get("format") != "html":
        yield Problem((*path, "style"), message("style-of-html-alone"))
    if isinstance(file := output.get("file"), str):
        name = normpath(file)
        if name in seen:
            yield Problem((*path, "file"), message("output-file-twice", path=file))
        seen[name] = number


def _rows(raw: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    rows = raw.get(name)
    return [row if isinstance(row, dict) else {} for row in rows] if isinstance(rows, list) else []


def _check_library(name: str, library: Mapping[str, Any]) -> Iterator[Problem]:
    kind = library.get("type")
    if not isinstance(kind, str) or kind not in NEEDS:
        return
    # Signing in also finds the number of a user's own library, where that is not known yet.
    required = ("id",) if kind == "user" and "key" in library else NEEDS[kind].required
    for setting in required:
        if setting not in library:
            yield Problem(
                ("libraries", name, setting), message("setting-missing-number", missing=MISSING, type=kind)
            )
    for setting in NEEDS[kind].refused:
        if setting in library:
            yield Problem(("libraries", name, setting), message("setting-without-meaning", type=kind))


def _check_reference(
    table: Path, profile: Mapping[str, Any], libraries: Mapping[str, Mapping[str, Any]]
) -> Iterator[Problem]:
    path = (*table, "library")
    wanted = profile.get("library")
    if wanted is None and libraries and default_library(libraries) is None:
        yield Problem(path, message("library-to-choose", missing=MISSING, libraries=", ".join(libraries)))
    if isinstance(wanted, str) and wanted not in (libraries or {EMBEDDED: {}}):
        missing = message("no-such-library", name=wanted)
        yield Problem(path, values.did_you_mean(missing, values.closest(wanted, libraries)))


def _tables(raw: Mapping[str, Any], name: str) -> dict[str, Mapping[str, Any]]:
    tables = raw.get(name)
    if not isinstance(tables, dict):
        return {}
    return {key: table for key, table in tables.items() if isinstance(table, dict)}
