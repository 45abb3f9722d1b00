"""What all settings have in common: frozen, strict about names and types, silent about what they held."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

from syncd.config import values

if TYPE_CHECKING:
    from collections.abc import Callable

Name = Annotated[str, StringConstraints(pattern=r"^[^/\x00-\x1f\x7f]+$")]
Duration = Annotated[
    timedelta,
    BeforeValidator(values.read_duration),
    PlainSerializer(values.write_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^(0|[0-9]{1,6}[smhdw])$"}),
]


def text(check: Callable[[str], str]) -> AfterValidator:
    """Return the validator that passes a text through `check`."""
    return AfterValidator(check)


class Settings(BaseModel):
    """A table of the configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)
