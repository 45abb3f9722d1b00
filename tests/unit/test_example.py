"""The files in `config/` are right and current: example, demo and schema; and what the image is built from."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from syncd.config import Config, load
from syncd.config.schema import json_schema, schema_text

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIG = Path(__file__).parents[2] / "config"
EXAMPLE = (CONFIG / "syncd.example.toml").read_text(encoding="utf-8")
# In the example, "#" without a space after it stands before a setting that is switched off.
SWITCHED_OFF = re.compile(r"^#(?=[\[a-z])", re.MULTILINE)


def settings(node: dict[str, Any]) -> Iterator[str]:
    """Yield the name of each setting and table in a schema."""
    for name, part in node.get("properties", {}).items():
        yield name
        yield from settings(part)
    for part in node.get("patternProperties", {}).values():
        yield from settings(part)


def test_example_loads() -> None:
    """As it is, it is a right configuration."""
    config = load(CONFIG / "syncd.example.toml", {})
    assert list(config.libraries) == ["main"]


def test_example_loads_with_all_that_is_switched_off(tmp_path: Path) -> None:
    """Taking away each "#" before a setting gives a right configuration too."""
    (tmp_path / "config.toml").write_text(SWITCHED_OFF.sub("", EXAMPLE), encoding="utf-8")
    (tmp_path / "people.csv").write_text("name,id\nAnn Lee,0000-0002-1825-0097\n", encoding="utf-8")
    config = load(tmp_path / "config.toml", {})
    assert {"main", "desktop", "lab"} == set(config.libraries)
    assert config.http.contact == "you@example.org"


def test_example_names_every_setting() -> None:
    """A setting that is added is explained there, too."""
    text = SWITCHED_OFF.sub("", EXAMPLE)
    named = set(re.findall(r"(?:^|[{,] ?|\[|\.)([a-z_0-9]+)(?= =|[.\]])", text, re.MULTILINE))
    assert set(settings(json_schema())) - named == set()


def test_example_and_demo_point_editors_to_the_schema() -> None:
    """In their first line, as editors want it."""
    for name in ("syncd.example.toml", "demo.toml"):
        assert (CONFIG / name).read_text().splitlines()[0] == "#:schema ./syncd.schema.json"


def test_example_shows_the_defaults() -> None:
    """Where a setting has a default, the example has it, so that copying the example changes nothing."""
    shown = load(CONFIG / "syncd.example.toml", {}).profile("pengcheng-he").model_dump()
    default = Config.model_validate({"profiles": {"a": {"source": "a"}}}).profile("a").model_dump()
    own = {"source", "captured", "library", "collection"}
    assert {key: value for key, value in shown.items() if key not in own} == {
        key: value for key, value in default.items() if key not in own
    }


def test_demo_needs_no_account() -> None:
    """The embedded library, the real page, and the day on which it was saved."""
    config = load(CONFIG / "demo.toml", {})
    profile = config.profile("pengcheng-he")
    assert config.library_of(profile).type == "embedded"
    assert Path(profile.source).is_file()
    assert profile.captured == date(2026, 6, 1)


def test_schema_file_is_current() -> None:
    """`make schema` writes it; this is what it would write."""
    assert (CONFIG / "syncd.schema.json").read_text(encoding="utf-8") == schema_text()


def test_schema_can_be_printed() -> None:
    """`python -m syncd.config` prints it, and nothing else."""
    done = subprocess.run([sys.executable, "-m", "syncd.config"], capture_output=True, check=True)
    assert json.loads(done.stdout) == json_schema()
    assert done.stderr == b""


def every_part(node: Any) -> Iterator[dict[str, Any]]:
    """Yield each object in a schema."""
    if isinstance(node, dict):
        yield node
    for part in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from every_part(part)


def test_schema_is_simple_enough_for_editors() -> None:
    """No references, no choices, no null; a description for each setting; no unknown settings."""
    parts = list(every_part(json_schema()))
    assert not any({"$ref", "$defs", "anyOf", "allOf"} & set(part) for part in parts)
    assert not any(part.get("type") == "null" for part in parts)
    for part in parts:
        for name, setting in part.get("properties", {}).items():
            assert setting["description"].strip(), name
            # An address of a database is a text, or says where it is kept.
            assert "type" in setting or name == "url", name
    assert all(part["additionalProperties"] is False for part in parts if part.get("type") == "object")


def test_schema_knows_the_defaults_as_the_file_has_them() -> None:
    """A length of time is "1d" there, not Python's or ISO's form."""
    profile = next(iter(json_schema()["properties"]["profiles"]["patternProperties"].values()))
    defaults = {
        name: setting["default"] for name, setting in profile["properties"].items() if "default" in setting
    }
    assert defaults["settle"] == "1d"
    assert defaults["tags"] == ["{category}", "{affiliation}", "code", "{score_band}"]


@pytest.mark.parametrize("name", ["Profiles", "Pengcheng He", "pengcheng-he", "何"])
def test_schema_takes_the_names_that_the_configuration_takes(name: str) -> None:
    """Names of profiles and libraries are free but for slashes and control characters."""
    (pattern,) = json_schema()["properties"]["profiles"]["patternProperties"]
    assert re.search(pattern, name)
    assert not re.search(pattern, f"{name}/x")


def test_image_is_built_from_what_was_looked_at() -> None:
    """Its base is named by digest, all that pip fetches by hash, and what builds syncd is what its project says."""
    root = CONFIG.parent
    docker = (root / "Dockerfile").read_text(encoding="utf-8")
    bases = re.findall(r"^FROM (\S+)(?: AS (\S+))?$", docker, re.MULTILINE)
    stages = {name for _, name in bases}
    assert bases
    assert all(base in stages or re.search(r"@sha256:[0-9a-f]{64}$", base) for base, _ in bases)
    installs = re.findall(r"pip (?:install|wheel) .*", docker)
    assert len(installs) == 4
    assert all(re.search("--require-hashes|--no-index|--no-build-isolation", line) for line in installs)
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["build-system"]["requires"] == project["dependency-groups"]["build"]
    assert "hatchling==" in (root / "requirements-build.lock").read_text(encoding="utf-8")
