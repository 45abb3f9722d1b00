"""Lists the settings as they are in effect, each with where it comes from: a line of the file, or the default.

Secrets appear as the reference that the file holds, and what may hold one is cut short. Nothing is fetched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import BaseModel

from syncd.config.lines import locate
from syncd.config.load import find
from syncd.config.secrets import SecretRef

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncd.config.lines import Path as Setting
    from syncd.config.model import Config

CUT = "…"


@dataclass(frozen=True, slots=True)
class Effective:
    """One setting.

    Attributes:
        path: from the outermost table inwards.
        value: as it stands in JSON; of a secret, where it is kept.
        line: of the file; None where it is the default.
        secrets: the references that it consists of, if it does.
    """

    path: Setting
    value: Any
    line: int | None
    secrets: tuple[SecretRef, ...] = ()


def effective(config: Config) -> list[Effective]:
    """Return every setting that has a value."""
    lines = locate(_text(config)) if config.path else {}
    return list(_walk(config, (), lines))


def _text(config: Config) -> str:
    place = find(config.path, {})
    return place.read_bytes().decode("utf-8-sig").replace("\r\n", "\n") if place else ""


def _walk(table: BaseModel, path: Setting, lines: dict[Setting, int]) -> Iterator[Effective]:
    plain = table.model_dump(mode="json")
    for name in type(table).model_fields:
        value, here = getattr(table, name), (*path, name)
        if isinstance(value, SecretRef):
            yield Effective(here, str(value), lines.get(here), (value,))
        elif isinstance(value, BaseModel):
            yield from _walk(value, here, lines)
        elif isinstance(value, dict):
            for key, inner in value.items():
                yield from _walk(inner, (*here, key), lines)
        elif name == "urls" and value:
            yield Effective(here, [str(ref) for ref in value], lines.get(here), tuple(value))
        elif value is not None:
            yield Effective(here, _cut(here, plain[name]), lines.get(here))


def _cut(path: Setting, value: Any) -> Any:
    """Cut short what others could misuse: who knows a ping's address can ping, and commands may hold passwords."""
    if path == ("ping", "url"):
        parts = urlsplit(value)
        return f"{parts.scheme}://{parts.hostname}/{CUT}"
    if path == ("notify", "command") and len(value) > 1:
        return [value[0], CUT]
    return value
