"""Data flows one way: no module imports one that stands to the right of it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import syncd

ROOT = Path(syncd.__file__).parent
TABLE = Path(__file__).parents[2] / "docs/architecture.md"

PURE = ("model", "text", "figures", "parse", "sync", "zotero.items", "zotero.shapes")
WORLDLY = {
    "os",
    "socket",
    "subprocess",
    "requests",
    "httpx2",
    "sqlalchemy",
    "sqlite3",
    "time",
    "pyzotero",
    "random",
}


def modules() -> dict[str, set[str]]:
    """Return what each module imports, functions' imports too."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        imports = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imports |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imports.add(node.module)
                imports |= {f"{node.module}.{alias.name}" for alias in node.names}
        found["syncd" if name == "__init__" else name] = imports
    return found


def order() -> list[set[str]]:
    """Return the packages and modules of each row of the table in docs/architecture.md, from left to right."""
    rows = (
        line.split("|")[1] for line in TABLE.read_text(encoding="utf-8").splitlines() if line[:3] == "| `"
    )
    return [{name.rstrip("/") for name in re.findall("`(.+?)`", row)} for row in rows]


def rank(module: str) -> int | None:
    """Return in which row a module stands."""
    package = module.partition(".")[0]
    return next((row for row, names in enumerate(ORDER) if package in names), None)


def own(imports: set[str]) -> set[str]:
    """Return the imports of syncd's own modules, without the package's name."""
    return {name.removeprefix("syncd.") for name in imports if name.startswith("syncd.")}


MODULES = modules()
ORDER = order()


@pytest.mark.parametrize("module", sorted(MODULES))
def test_no_module_imports_one_to_its_right(module: str) -> None:
    """The order of docs/architecture.md holds for every import, also for those inside functions."""
    here = rank(module)
    if here is None:
        assert module in {"syncd", "__main__"}, f"{module} has no row in {TABLE.name}"
        return
    wrong = {name for name in own(MODULES[module]) if (there := rank(name)) is not None and there > here}
    assert not wrong


def test_every_row_is_there() -> None:
    """The table names nothing that is gone."""
    there = {module.partition(".")[0] for module in MODULES}
    assert not set().union(*ORDER) - there


@pytest.mark.parametrize("module", sorted(name for name in MODULES if name.startswith(PURE)))
def test_pure_modules_do_no_io(module: str) -> None:
    """What design.md calls pure imports nothing that reaches the world."""
    roots = {name.partition(".")[0] for name in MODULES[module]}
    assert not roots & WORLDLY


def test_only_the_client_imports_pyzotero() -> None:
    """There is one border to pyzotero."""
    users = {name for name, imports in MODULES.items() if any(i.startswith("pyzotero") for i in imports)}
    assert users == {"zotero.client"}


def test_the_embedded_library_shares_only_zoteros_schema_with_the_client() -> None:
    """A server that borrowed the client's code would share its mistakes."""
    imports = {i for name, found in MODULES.items() if name.startswith("zotero.embedded") for i in own(found)}
    shared = ("zotero.embedded", "zotero.schema", "errors", "messages", "serve", "text", "text.patterns")
    foreign = {name for name in imports if not name.startswith(shared)}
    assert foreign <= {"zotero"}
