"""Data flows one way: no module imports one that stands to the right of it."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import syncd

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(syncd.__file__).parent
TABLE = Path(__file__).parents[2] / "docs/architecture.md"

# From left to right. A module may import those on its own line and on the lines above it, apart from the
# embedded library, which stands alone: it is a server, and shares only Zotero's schema with its client (and the
# handshake, how patterns are made, and errors).
ORDER = (
    {"text.patterns"},
    {"syncd", "errors", "handshake", "model", "clock", "paths", "lock"},
    {"config"},
    {"sources"},
    {"text"},
    {"parse"},
    {"enrich"},
    {"zotero.schema", "zotero.keys", "zotero.rights"},
    {"zotero.shapes"},
    {"zotero.items"},
    {"library"},
    {"match"},
    {"merge", "filing"},
    {"action"},
    {"identity"},
    {"wanted"},
    {"recognition"},
    {"decide"},
    {"plan"},
    {"plan_file"},
    {"tables"},
    {"migrations", "store"},
    {"place"},
    {"pairings"},
    {"zotero.way"},
    {"zotero.transport"},
    {"zotero.account"},
    {"login"},
    {"logout"},
    {"zotero.client", "zotero.embedded"},
    {"zotero.plugin"},
    {"zotero.consent"},
    {"zotero.index"},
    {"history", "facts"},
    {"journal"},
    {"state"},
    {"recovery"},
    {"desktop_way"},
    {"push"},
    {"session"},
    {"intake"},
    {"troubles"},
    {"edits"},
    {"pipeline", "undo", "amend"},
    {"daemon"},
    {"units", "plugin"},
    {"service"},
    {"doctor"},
    {"cli"},
    {"__main__"},
)
PURE = (
    "model",
    "text",
    "parse",
    "library",
    "match",
    "merge",
    "filing",
    "identity",
    "wanted",
    "recognition",
    "edits",
    "action",
    "decide",
    "plan",
    "plan_file",
    "units",
    "zotero.items",
    "zotero.keys",
    "zotero.rights",
    "zotero.shapes",
)
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


def table() -> list[set[str]]:
    """Return the modules of each row of the table in docs/architecture.md."""
    rows = (
        line.split("|")[1] for line in TABLE.read_text(encoding="utf-8").splitlines() if line[:3] == "| `"
    )
    return [{name.rstrip("/").replace("/", ".") for name in re.findall("`(.+?)`", row)} for row in rows]


def rank(module: str, order: Sequence[set[str]] = ORDER) -> int | None:
    """Return on which line of the order a module stands; the most exact name counts."""
    best: tuple[int, int] | None = None
    for line, names in enumerate(order):
        for name in names:
            if (module == name or module.startswith(name + ".")) and (best is None or len(name) > best[0]):
                best = (len(name), line)
    return best[1] if best else None


def own(imports: set[str]) -> set[str]:
    """Return the imports of syncd's own modules, without the package's name."""
    return {name.removeprefix("syncd.") for name in imports if name.startswith("syncd.")}


MODULES = modules()


@pytest.mark.parametrize("module", sorted(MODULES))
def test_no_module_imports_one_to_its_right(module: str) -> None:
    """The order of design.md holds for every import, also for those inside functions."""
    here = rank(module)
    if here is None:
        assert module == "zotero", f"{module} has no place in the order: give it one"
        return
    wrong = {name for name in own(MODULES[module]) if (there := rank(name)) is not None and there > here}
    assert not wrong


def test_the_table_for_readers_tells_the_same_order() -> None:
    """Every module has a row in docs/architecture.md, and imports only what stands in it or above it."""
    rows, wrong = table(), []
    for module, imports in MODULES.items():
        here = rank(module, rows)
        if here is None:
            assert module in {"syncd", "zotero", "__main__"}, f"{module} has no row in {TABLE.name}"
            continue
        found = [(name, rank(name, rows)) for name in own(imports)]
        wrong += [(module, name) for name, there in found if there is not None and there > here]
    assert not wrong


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
    # Of the handshake there is another in JavaScript, which the same tests ask.
    imports = {i for name, found in MODULES.items() if name.startswith("zotero.embedded") for i in own(found)}
    shared = ("zotero.embedded", "zotero.schema", "errors", "handshake", "text.patterns")
    foreign = {name for name in imports if not name.startswith(shared)}
    assert foreign <= {"zotero"}
