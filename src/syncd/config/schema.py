"""The JSON schema of the configuration, from which editors complete and check it.

`python -m syncd.config` prints it; a test compares the file in `config/` with it.
"""

from __future__ import annotations

import json
from typing import Any

from syncd.config.model import Config

# Editors for TOML read the drafts up to this one.
DRAFT = "http://json-schema.org/draft-07/schema#"
TITLE = "Configuration of syncd"


def json_schema() -> dict[str, Any]:
    """Return the schema of `config.toml`, without references, as simple editors want it."""
    # As for serialization, for then defaults are shown as the file would have them.
    schema = Config.model_json_schema(mode="serialization")
    definitions = schema.pop("$defs")
    description = schema.pop("description").partition("\n")[0]
    return {"$schema": DRAFT, "title": TITLE, "description": description, **_plain(schema, definitions)}


def schema_text() -> str:
    """Return the schema as the file in `config/` holds it."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _plain(node: Any, definitions: dict[str, Any]) -> Any:
    """Return `node` with references replaced, and without what a person editing TOML has no use for."""
    if isinstance(node, list):
        return [_plain(part, definitions) for part in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target = definitions[node["$ref"].rsplit("/", 1)[-1]]
        return _plain({**target, **_without(node, "$ref")}, definitions)
    if "anyOf" in node:
        # Only a setting that may be left out has a choice, of its type and null, which TOML does not have.
        choice = next(part for part in node["anyOf"] if part != {"type": "null"})
        return _plain({**choice, **_without(node, "anyOf")}, definitions)
    if "patternProperties" in node:
        node = {**node, "additionalProperties": False}
    return {key: _plain(value, definitions) for key, value in node.items() if not _is_noise(key, value)}


def _without(node: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in node.items() if name != key}


def _is_noise(key: str, value: Any) -> bool:
    """Tell whether this is a title made from a name, or the default of a setting or table left out."""
    return (key == "title" and isinstance(value, str)) or (
        key == "default" and not isinstance(value, (str, int, list))
    )
