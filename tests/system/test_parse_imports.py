"""What a command imports: what it uses, and no more. An import that nobody needs costs every start its time."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import distribution, packages_distributions
from typing import TYPE_CHECKING

import pytest

from pages import REAL_PAGE

if TYPE_CHECKING:
    from pathlib import Path

TELL = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); "
RUN = "sys.argv = ['syncd', *sys.argv[1:]]; from syncd.cli.main import main; main()"

HTTP = {"requests", "httpx2", "urllib3", "protego"}
FORMATS = {"pybtex", "rispy", "feedparser", "selectolax", "html.parser"}
"""What other formats than that of the page need."""


def imported(code: str, *words: object) -> set[str]:
    """Return the modules that some code imported at its end, which is given words as arguments."""
    found = []
    for each in (code, ""):  # what Python imports by itself does not count
        command = [sys.executable, "-c", TELL + each, *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found.append(set(done.stderr.splitlines()[-1].split()))
    return found[0] - found[1]


def brought_by(package: str) -> set[str]:
    """Return the distributions that come with one, and with these in turn."""
    found: set[str] = set()
    waiting = [package]
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name not in found:
            found.add(name)
            needs = [need for need in distribution(name).requires or () if "extra ==" not in need]
            waiting += [word[0] for need in needs if ";" not in need and (word := re.match(r"[\w.-]+", need))]
    return found


def libraries(modules: set[str]) -> set[str]:
    """Return the distributions that modules belong to."""
    owners = packages_distributions()
    tops = {module.partition(".")[0] for module in modules}
    return {re.sub(r"[-_.]+", "-", owner).lower() for top in tops for owner in owners.get(top, ())}


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no configuration of whoever runs the tests be found."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SYNCD_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("SYNCD_CONFIG", raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)


def test_help_needs_no_library_but_the_command_lines() -> None:
    """`syncd --help` answers at once; and it checks no values, for which the command line has a slow library."""
    modules = imported(RUN, "--help")
    assert "syncd.cli.main" in modules
    assert libraries(modules) - {"syncd"} <= brought_by("typer")
    assert "pydantic" not in modules


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_parse_of_a_file_needs_its_parser(words: tuple[str, ...], tmp_path: Path) -> None:
    """It opens no library, asks no server, reads no configuration and makes no data folder."""
    modules = imported(RUN, "parse", REAL_PAGE, *words)
    assert "syncd.parse.profile_page" in modules
    assert not modules & (HTTP | FORMATS | {"sqlalchemy", "alembic", "pyzotero"})
    others = "config|sources.web|services.base|enrich|zotero|sync|state|engine|daemon"
    assert not {module for module in modules if re.match(rf"syncd\.({others})\b", module)}
    assert not (tmp_path / "data").exists()


def test_reading_records_of_services_needs_no_network() -> None:
    """What a service's answer says is read without an HTTP client."""
    code = "from syncd import services; [each.module() for each in services.SOURCES.values()]"
    modules = imported(code)
    assert "syncd.services.openalex" in modules
    assert not modules & (HTTP | {"syncd.sources.web"})
