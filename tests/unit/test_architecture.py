"""Data flows one way: no module imports one that stands to the right of it."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import syncd

ROOT = Path(syncd.__file__).parent
TABLE = Path(__file__).parents[2] / "docs/architecture.md"

PURE = ("model", "text", "figures", "digest", "parse", "sync", "zotero.items", "zotero.shapes")
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


@cache
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


@cache
def order() -> list[set[str]]:
    """Return the packages and modules of each row of the table in docs/architecture.md, from left to right."""
    rows = (
        line.split("|")[1] for line in TABLE.read_text(encoding="utf-8").splitlines() if line[:3] == "| `"
    )
    return [{name.rstrip("/") for name in re.findall("`(.+?)`", row)} for row in rows]


def rank(module: str) -> int | None:
    """Return in which row a module stands."""
    package = module.partition(".")[0]
    return next((row for row, names in enumerate(order()) if package in names), None)


def own(imports: set[str]) -> set[str]:
    """Return the imports of syncd's own modules, without the package's name."""
    return {name.removeprefix("syncd.") for name in imports if name.startswith("syncd.")}


def test_every_module_has_a_row() -> None:
    """The table leaves nothing out."""
    assert [module for module in modules() if rank(module) is None] == ["syncd", "__main__"]


def test_no_module_imports_one_to_its_right() -> None:
    """The order of docs/architecture.md holds for every import, also for those inside functions."""
    rows = {module: row for module in modules() if (row := rank(module)) is not None}
    wrong = {
        module: behind
        for module, here in rows.items()
        if (behind := {name for name in own(modules()[module]) if (rank(name) or 0) > here})
    }
    assert wrong == {}


def test_every_row_is_there() -> None:
    """The table names nothing that is gone."""
    there = {module.partition(".")[0] for module in modules()}
    assert not set().union(*order()) - there


def test_pure_modules_do_no_io() -> None:
    """What the table calls pure imports nothing that reaches the world."""
    wrong = {
        module: worldly
        for module, imports in modules().items()
        if module.startswith(PURE) and (worldly := {name.partition(".")[0] for name in imports} & WORLDLY)
    }
    assert wrong == {}


def test_only_the_client_imports_pyzotero() -> None:
    """There is one border to pyzotero."""
    users = {name for name, imports in modules().items() if any(i.startswith("pyzotero") for i in imports)}
    assert users == {"zotero.client"}


def test_the_embedded_library_shares_only_zoteros_schema_with_the_client() -> None:
    """A server that borrowed the client's code would share its mistakes."""
    imports = {
        i for name, found in modules().items() if name.startswith("zotero.embedded") for i in own(found)
    }
    shared = ("zotero.embedded", "zotero.schema", "errors", "messages", "serve", "text", "text.patterns")
    foreign = {name for name in imports if not name.startswith(shared)}
    assert foreign <= {"zotero"}
